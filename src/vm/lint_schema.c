/* libvirt's own schema, by libxml2, whose messages about interleaved elements tell nothing: which
 * element is wrong is found by leaving out one after the other. */
#include <libxml/relaxng.h>
#include <string.h>

#include "vm/lint_parts.h"
#include "vm/xml_read.h"

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

/* False only when it was judged, and is not valid. */
static bool is_valid(xmlRelaxNG *schema, xmlDoc *doc)
{
	xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(schema);

	if (!context)
		return true;
	xmlRelaxNGSetValidStructuredErrors(context, ignore, NULL);
	int status = xmlRelaxNGValidateDoc(context, doc);
	xmlRelaxNGFreeValidCtxt(context);
	return status <= 0;
}

/* Puts node back where it was. */
static void put_back(xmlNode *node, xmlNode *parent, xmlNode *next)
{
	if (next)
		xmlAddPrevSibling(next, node);
	else
		xmlAddChild(parent, node);
}

/* The child of parent without which the document is valid; NULL: none, or more than one is wrong.
 */
static xmlNode *find_culprit(xmlRelaxNG *schema, xmlDoc *doc, xmlNode *parent)
{
	for (xmlNode *node = node_child(parent, NULL), *next; node; node = node_next(next, NULL)) {
		next = node->next;
		xmlUnlinkNode(node);
		bool valid = is_valid(schema, doc);
		put_back(node, parent, next);
		if (valid)
			return node;
	}
	return NULL;
}

/* The innermost element that is wrong by itself. */
static xmlNode *find_innermost(xmlRelaxNG *schema, xmlDoc *doc)
{
	xmlNode *culprit = NULL, *inner = xmlDocGetRootElement(doc);

	for (int depth = 0; inner && depth < 8; depth++) {
		inner = find_culprit(schema, doc, inner);
		culprit = inner ? inner : culprit;
	}
	return culprit;
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
	xmlDoc *copy = is_valid(schema, lint->guest->doc) ? NULL : xmlCopyDoc(lint->guest->doc, 1);
	if (copy) {
		const xmlNode *culprit = find_innermost(schema, copy);
		g_autofree char *shown = culprit ? node_show(culprit) : NULL;
		struct finding *finding =
			lint_add(lint, FINDING_FAIL, shown,
				 "it is not valid by the schema of the installed libvirt");
		finding_evidence(finding, "schema: %s", path);
		finding_cause(finding,
			      "an element or attribute is misspelt, in the wrong place, or "
			      "younger than this libvirt");
		xmlFreeDoc(copy);
	}
	xmlRelaxNGFree(schema);
}
