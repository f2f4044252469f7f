/* See xml_read.h. */
#include "vm/xml_read.h"

#include <glib.h>

#define MAX_SHOWN 120 /* bytes of an element that are shown */

bool node_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name);
}

xmlNode *node_next(xmlNode *node, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && (!name || node_is(node, name)))
			return node;
	return NULL;
}

xmlNode *node_child(const xmlNode *node, const char *name)
{
	return node ? node_next(node->children, name) : NULL;
}

xmlNode *node_find(const xmlNode *node, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	for (int i = 0; names[i] && node; i++)
		node = node_child(node, names[i]);
	return (xmlNode *)node;
}

char *node_attribute(const xmlNode *node, const char *name)
{
	xmlChar *value = node ? xmlGetNoNsProp(node, BAD_CAST name) : NULL;
	char *copy = value ? g_strdup((const char *)value) : NULL;

	xmlFree(value);
	return copy;
}

bool node_says(const xmlNode *node, const char *name, const char *value)
{
	g_autofree char *own = node_attribute(node, name);

	return g_strcmp0(own, value) == 0;
}

char *node_text(const xmlNode *node)
{
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	char *copy = text ? g_strstrip(g_strdup((const char *)text)) : NULL;

	xmlFree(text);
	return copy;
}

char *node_show(const xmlNode *node)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "line %ld: <%s", xmlGetLineNo(node), (const char *)node->name);
	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		g_autofree char *value = node_attribute(node, (const char *)attr->name);
		g_string_append_printf(text, " %s='%s'", (const char *)attr->name,
				       value ? value : "");
	}
	if (text->len > MAX_SHOWN) {
		g_string_truncate(text, MAX_SHOWN);
		g_string_append(text, "…");
	}
	g_string_append(text, node->children ? ">" : "/>");
	return g_string_free(text, FALSE);
}
