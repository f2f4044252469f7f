/* See xml_write.h. */
#include "vm/xml_write.h"

#include <stdbool.h>
#include <string.h>

#include "vm/xml_read.h"

void node_set(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

void node_unset(xmlNode *node, const char *name)
{
	xmlUnsetProp(node, BAD_CAST name);
}

void node_drop(xmlNode *node)
{
	xmlNode *before = node->prev;

	xmlUnlinkNode(node);
	xmlFreeNode(node);
	if (before && xmlIsBlankNode(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
}

/* How deep a node is, for its indentation. */
static unsigned depth_of(const xmlNode *node)
{
	unsigned depth = 0;

	for (node = node->parent; node && node->type == XML_ELEMENT_NODE; node = node->parent)
		depth++;
	return depth;
}

static xmlNode *new_indent(const xmlNode *node, unsigned depth)
{
	g_autofree char *text = g_strdup_printf("\n%*s", (int)depth * 2, "");

	return xmlNewDocText(node->doc, BAD_CAST text);
}

/* What stands before a child (NULL: the last one), so that a new one gets its owner's indentation.
 */
static xmlNode *indent_like(const xmlNode *parent, const xmlNode *child)
{
	for (const xmlNode *node = parent->last; node && !child; node = node->prev)
		child = node->type == XML_ELEMENT_NODE ? node : NULL;
	if (child && child->prev && xmlIsBlankNode(child->prev))
		return xmlNewDocText(parent->doc, child->prev->content);
	return new_indent(parent, depth_of(parent) + 1);
}

/* The new node comes first: libxml2 joins texts that meet. */
xmlNode *node_append(xmlNode *parent, const char *name)
{
	xmlNode *child = xmlNewDocNode(parent->doc, parent->ns, BAD_CAST name, NULL);
	xmlNode *last = parent->last, *indent = indent_like(parent, NULL);

	if (last && xmlIsBlankNode(last)) {
		xmlAddPrevSibling(last, child);
	} else {
		xmlAddChild(parent, child);
		xmlAddNextSibling(child, new_indent(parent, depth_of(parent)));
	}
	xmlAddPrevSibling(child, indent);
	return child;
}

xmlNode *node_ensure(xmlNode *parent, const char *name)
{
	xmlNode *child = node_child(parent, name);

	return child ? child : node_append(parent, name);
}

/* The order in which libvirt writes what stands before <devices>. */
static const char *const domain_order[] = {
	"name",      "uuid",    "genid",         "title",       "description", "metadata",
	"maxMemory", "memory",  "currentMemory", "blkiotune",   "memtune",     "memoryBacking",
	"vcpu",      "vcpus",   "iothreads",     "iothreadids", "cputune",     "numatune",
	"resource",  "sysinfo", "bootloader",    "os",          "idmap",       "features",
	"cpu",
};

static int order_of(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(domain_order); i++)
		if (strcmp(domain_order[i], name) == 0)
			return (int)i;
	return G_MAXINT;
}

xmlNode *domain_ensure(xmlNode *domain, const char *name)
{
	xmlNode *child = node_child(domain, name), *before = NULL;

	if (child)
		return child;
	for (xmlNode *node = node_child(domain, NULL); node; node = node_next(node->next, NULL))
		if (order_of((const char *)node->name) < order_of(name))
			before = node;
	if (!before)
		return node_append(domain, name);
	child = xmlNewDocNode(domain->doc, domain->ns, BAD_CAST name, NULL);
	xmlAddNextSibling(before, child);
	xmlAddPrevSibling(child, indent_like(domain, before));
	return child;
}

/* ---- quotes ---- */

/* Where what starts at "<" and is no element ends; NULL: it is an element. */
static const char *skip_other(const char *at)
{
	static const struct {
		const char *start, *end;
	} others[] = { { "<!--", "-->" }, { "<![CDATA[", "]]>" }, { "<?", "?>" }, { "<!", ">" } };

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		if (!g_str_has_prefix(at, others[i].start))
			continue;
		const char *end = strstr(at, others[i].end);
		return end ? end + strlen(others[i].end) : at + strlen(at);
	}
	return NULL;
}

/* Puts a value, which starts behind its quote and ends before the next, between single ones. */
static void put_value(GString *out, const char *value, size_t length)
{
	g_autofree char *text = g_strndup(value, length);
	bool can = strchr(text, '\'') == NULL;
	g_auto(GStrv) parts = g_strsplit(text, "&quot;", -1);
	g_autofree char *plain = g_strjoinv("\"", parts);

	if (can)
		g_string_append_printf(out, "'%s'", plain);
	else
		g_string_append_printf(out, "\"%s\"", text);
}

/* An element from "<" to ">". */
static const char *put_element(GString *out, const char *at)
{
	while (*at && *at != '>') {
		const char *end = *at == '"' ? strchr(at + 1, '"') : NULL;
		if (*at == '\'' && (end = strchr(at + 1, '\''))) {
			g_string_append_len(out, at, end + 1 - at);
			at = end + 1;
		} else if (end) {
			put_value(out, at + 1, (size_t)(end - at - 1));
			at = end + 1;
		} else {
			g_string_append_c(out, *at++);
		}
	}
	return at;
}

char *xml_single_quoted(const char *xml)
{
	GString *out = g_string_new(NULL);

	while (*xml) {
		const char *other = *xml == '<' ? skip_other(xml) : NULL;
		if (other) {
			g_string_append_len(out, xml, other - xml);
			xml = other;
		} else if (*xml == '<') {
			xml = put_element(out, xml);
		} else {
			g_string_append_c(out, *xml++);
		}
	}
	return g_string_free(out, FALSE);
}
