/* libvirt's own schema, by libxml2, whose messages about interleaved elements tell nothing: which
 * elements are wrong is found by leaving out all, and putting back one after the other. */
#include <libxml/relaxng.h>

#include "vm/lint_parts.h"
#include "vm/xml_read.h"

#define MAX_SHOWN 5
#define MAX_DEPTH 8

static void ignore(void *data, xmlErrorPtr error)
{
	(void)data;
	(void)error;
}

static xmlRelaxNG *load(const char *path)
{
	xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt(path);

	if (!parser)
		return NULL;
	xmlRelaxNGSetParserStructuredErrors(parser, ignore, NULL);
	xmlRelaxNG *schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

/* The first element that a message names. */
static void keep_node(void *data, xmlErrorPtr error)
{
	xmlNode **node = data;
	xmlNode *named = error->node;

	if (!*node && named && named->type == XML_ELEMENT_NODE)
		*node = named;
}

/* False only when it was judged, and is not valid. *named (NULL: not asked) is then an element that
 * libxml2 has something against. */
static bool is_valid(xmlRelaxNG *schema, xmlDoc *doc, xmlNode **named)
{
	xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(schema);

	if (!context)
		return true;
	xmlRelaxNGSetValidStructuredErrors(context, named ? keep_node : ignore, named);
	int status = xmlRelaxNGValidateDoc(context, doc);
	xmlRelaxNGFreeValidCtxt(context);
	return status <= 0;
}

/* ---- what is wrong ---- */

struct search {
	xmlRelaxNG *schema;
	xmlDoc *doc;
	GPtrArray *wrong; /* of xmlNode */
};

/* Collects what can be left out of parent: <domain> is not valid without some, of which <os> has
 * more. */
static void collect(const xmlNode *parent, bool is_domain, GPtrArray *elements)
{
	for (xmlNode *node = node_child(parent, NULL); node; node = node_next(node->next, NULL)) {
		if (is_domain && node_is(node, "os"))
			collect(node, true, elements);
		else if (!is_domain || !(node_is(node, "name") || node_is(node, "memory") ||
					 node_is(node, "type")))
			g_ptr_array_add(elements, node);
	}
}

/* Comments that stand where the elements stood. */
static GPtrArray *leave_out(const struct search *search, const GPtrArray *elements)
{
	GPtrArray *comments = g_ptr_array_new();

	for (guint i = 0; i < elements->len; i++) {
		g_ptr_array_add(comments, xmlNewDocComment(search->doc, BAD_CAST ""));
		xmlReplaceNode(elements->pdata[i], comments->pdata[i]);
	}
	return comments;
}

/* The document is not valid for what is in parent, and for nothing else. */
static void find_wrong(struct search *search, xmlNode *parent, int depth)
{
	g_autoptr(GPtrArray) elements = g_ptr_array_new();
	collect(parent, depth == 0, elements);
	g_autoptr(GPtrArray) comments = leave_out(search, elements);
	bool within = depth < MAX_DEPTH && is_valid(search->schema, search->doc, NULL);

	if (!within && depth > 0)
		g_ptr_array_add(search->wrong, parent);
	for (guint i = 0; i < elements->len; i++) {
		xmlReplaceNode(comments->pdata[i], elements->pdata[i]);
		if (!within || is_valid(search->schema, search->doc, NULL))
			continue;
		find_wrong(search, elements->pdata[i], depth + 1);
		xmlReplaceNode(elements->pdata[i], comments->pdata[i]);
	}
	for (guint i = 0; i < elements->len; i++) {
		xmlNode *comment = comments->pdata[i];
		if (comment->parent)
			xmlReplaceNode(comment, elements->pdata[i]);
		xmlFreeNode(comment);
	}
}

/* Where leaving out does not help, the message may tell. */
static GPtrArray *find_all_wrong(xmlRelaxNG *schema, xmlDoc *doc)
{
	struct search search = { schema, doc, g_ptr_array_new() };
	xmlNode *named = NULL;

	find_wrong(&search, xmlDocGetRootElement(doc), 0);
	if (search.wrong->len == 0 && !is_valid(schema, doc, &named) && named)
		g_ptr_array_add(search.wrong, named);
	return search.wrong;
}

static void add_invalid(struct lint *lint, xmlRelaxNG *schema, xmlDoc *copy)
{
	g_autoptr(GPtrArray) wrong = find_all_wrong(schema, copy);
	struct finding *finding =
		lint_add(lint, FINDING_FAIL, NULL,
			 "it is not valid by the schema of the installed libvirt");

	for (guint i = 0; i < MIN(wrong->len, MAX_SHOWN); i++) {
		g_autofree char *shown = node_show(wrong->pdata[i]);
		finding_evidence(finding, "%s", shown);
	}
	if (wrong->len > MAX_SHOWN)
		finding_evidence(finding, "%u more", wrong->len - MAX_SHOWN);
	finding_evidence(finding, "schema: %s", lint->input->schema);
	finding_cause(finding, "an element or attribute is misspelt, in the wrong place, or "
			       "younger than this libvirt");
}

void lint_schema(struct lint *lint)
{
	const char *path = lint->input->schema;

	if (lint->guest->form != GUEST_XML)
		return;
	lint_ask(lint);
	xmlRelaxNG *schema = path ? load(path) : NULL;
	if (!schema) {
		lint_add(lint, FINDING_UNKNOWN, NULL,
			 "libvirt's schema is not installed, so whether it is valid is not known");
		return;
	}
	if (!is_valid(schema, lint->guest->doc, NULL)) {
		xmlDoc *copy = xmlCopyDoc(lint->guest->doc, 1);
		if (copy)
			add_invalid(lint, schema, copy);
		xmlFreeDoc(copy);
	}
	xmlRelaxNGFree(schema);
}
