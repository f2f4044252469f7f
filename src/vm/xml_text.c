/* See xml_text.h. A scanner walks over the text and the tree side by side: both have the same nodes
 * in the same order, since libxml2 joins all text between two marks to one node. */
#include "vm/xml_text.h"

#include <string.h>

#include "vm/xml_read.h"
#include "vm/xml_write.h"

#define BLANKS " \t\r\n"

/* Where a node stands in the text. */
struct origin {
	size_t start, end;       /* of an element: its start tag */
	size_t close, close_end; /* of an element: its end tag; both 0: it is empty, "<a/>" */
	xmlNode *copy;           /* of an element: as it was, with its attributes, alone */
	char *content;           /* of anything else: as it was */
};

struct xml_text {
	char *text;
	size_t length;
	GPtrArray *origins; /* of struct origin */
};

static void free_origin(void *data)
{
	struct origin *origin = data;

	xmlFreeNode(origin->copy);
	g_free(origin->content);
	g_free(origin);
}

void xml_text_free(struct xml_text *text)
{
	if (!text)
		return;
	g_ptr_array_unref(text->origins);
	g_free(text->text);
	g_free(text);
}

/* ---- finding the nodes ---- */

/* Behind the ">" of a tag, which may stand in a value, too; NULL: none. */
static const char *end_of_tag(const char *at)
{
	for (char quote = '\0'; *at; at++) {
		if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '\'')
			quote = *at;
		else if (*at == '>')
			return at + 1;
	}
	return NULL;
}

static const char *behind(const char *at, const char *mark)
{
	const char *found = strstr(at, mark);

	return found ? found + strlen(mark) : NULL;
}

/* Behind the node of that type that starts there; NULL: another stands there. */
static const char *end_of_node(const char *at, xmlElementType type)
{
	switch ((int)type) {
	case XML_ELEMENT_NODE:
		return at[0] == '<' && !strchr("!?/", at[1]) ? end_of_tag(at) : NULL;
	case XML_TEXT_NODE:
		return *at && *at != '<' ? at + strcspn(at, "<") : NULL;
	case XML_COMMENT_NODE:
		return g_str_has_prefix(at, "<!--") ? behind(at + 4, "-->") : NULL;
	case XML_CDATA_SECTION_NODE:
		return g_str_has_prefix(at, "<![CDATA[") ? behind(at + 9, "]]>") : NULL;
	case XML_PI_NODE:
		return g_str_has_prefix(at, "<?") ? behind(at, "?>") : NULL;
	default:
		return NULL;
	}
}

static struct origin *add_origin(struct xml_text *text, xmlNode *node, const char *at,
				 const char *end)
{
	struct origin *origin = g_new0(struct origin, 1);

	origin->start = (size_t)(at - text->text);
	origin->end = (size_t)(end - text->text);
	if (node->type == XML_ELEMENT_NODE)
		origin->copy = xmlCopyNode(node, 2);
	else
		origin->content = g_strdup((const char *)node->content);
	g_ptr_array_add(text->origins, origin);
	node->_private = origin;
	return origin;
}

/* Behind the node and all that is in it; NULL: tree and text do not fit. libxml2 refuses documents
 * that are deeper than 256 elements. */
static const char *find_node(struct xml_text *text, xmlNode *node, const char *at)
{
	const char *end = end_of_node(at, node->type);

	if (!end)
		return NULL;
	struct origin *origin = add_origin(text, node, at, end);
	if (node->type != XML_ELEMENT_NODE || end[-2] == '/')
		return end;
	for (xmlNode *child = node->children; child && end; child = child->next)
		end = find_node(text, child, end);
	if (!end || !g_str_has_prefix(end, "</"))
		return NULL;
	origin->close = (size_t)(end - text->text);
	end = end_of_tag(end);
	origin->close_end = end ? (size_t)(end - text->text) : 0;
	return end;
}

/* The start of the first element, behind declaration and comments; NULL: none. */
static const char *find_root(const char *at)
{
	while (at && (at = strchr(at, '<'))) {
		if (at[1] == '?')
			at = behind(at, "?>");
		else if (g_str_has_prefix(at, "<!--"))
			at = behind(at, "-->");
		else
			return at;
	}
	return NULL;
}

struct xml_text *xml_text_new(const char *text, size_t length, xmlDoc *doc)
{
	struct xml_text *kept = g_new0(struct xml_text, 1);

	kept->text = g_strndup(text, length);
	kept->length = strlen(kept->text);
	kept->origins = g_ptr_array_new_with_free_func(free_origin);
	const char *at = find_root(kept->text);
	if (!at || !find_node(kept, xmlDocGetRootElement(doc), at)) {
		xml_text_free(kept);
		return NULL;
	}
	return kept;
}

/* ---- writing ---- */

struct writer {
	const struct xml_text *text;
	GString *out;
	bool single_quotes;
};

static void put(struct writer *writer, size_t start, size_t end)
{
	g_string_append_len(writer->out, writer->text->text + start, (gssize)(end - start));
}

static void put_new(struct writer *writer, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();

	xmlNodeDump(buffer, node->doc, node, 0, 0);
	const char *xml = (const char *)xmlBufferContent(buffer);
	g_autofree char *own = writer->single_quotes ? xml_single_quoted(xml) : g_strdup(xml);
	g_string_append(writer->out, own);
	xmlBufferFree(buffer);
}

static void put_value(struct writer *writer, const char *value, char quote)
{
	g_string_append_c(writer->out, quote);
	for (; *value; value++) {
		if (*value == '&')
			g_string_append(writer->out, "&amp;");
		else if (*value == '<')
			g_string_append(writer->out, "&lt;");
		else if (*value == quote)
			g_string_append(writer->out, quote == '"' ? "&quot;" : "&apos;");
		else
			g_string_append_c(writer->out, *value);
	}
	g_string_append_c(writer->out, quote);
}

/* One attribute, from the blanks before it to its closing quote: as it was, changed or left out.
 * What has a prefix, or is one, is nobody's to change. */
static void put_attribute(struct writer *writer, const xmlNode *node, const xmlNode *before,
			  const char *at, const char *end)
{
	const char *name_at = at + strspn(at, BLANKS);
	g_autofree char *name = g_strndup(name_at, strcspn(name_at, BLANKS "="));
	g_autofree char *was = node_attribute(before, name);
	g_autofree char *is = node_attribute(node, name);
	size_t start = (size_t)(at - writer->text->text);

	if (!was || g_strcmp0(was, is) == 0) {
		put(writer, start, (size_t)(end - writer->text->text));
	} else if (is) {
		const char *value = name_at + strcspn(name_at, "\"'");
		put(writer, start, (size_t)(value - writer->text->text));
		put_value(writer, is, *value);
	}
}

static void put_new_attributes(struct writer *writer, const xmlNode *node, const xmlNode *before)
{
	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		const char *name = (const char *)attr->name;
		g_autofree char *was = node_attribute(before, name);
		g_autofree char *is = was ? NULL : node_attribute(node, name);
		if (!is)
			continue;
		g_string_append_printf(writer->out, " %s=", name);
		put_value(writer, is, writer->single_quotes ? '\'' : '"');
	}
}

/* The start tag without its end, ">" or "/>", and without the blanks before that. */
static const char *put_attributes(struct writer *writer, const xmlNode *node,
				  const struct origin *origin)
{
	const char *text = writer->text->text, *at = text + origin->start;
	const char *end = at + strcspn(at, BLANKS "/>");

	put(writer, origin->start, (size_t)(end - text));
	for (at = end; at[strspn(at, BLANKS)] != '/' && at[strspn(at, BLANKS)] != '>'; at = end) {
		const char *quote = at + strcspn(at, "\"'");
		end = strchr(quote + 1, *quote) + 1;
		put_attribute(writer, node, origin->copy, at, end);
	}
	put_new_attributes(writer, node, origin->copy);
	return at;
}

static void put_node(struct writer *writer, xmlNode *node);

static void put_element(struct writer *writer, xmlNode *node, const struct origin *origin)
{
	const char *text = writer->text->text;
	bool was_empty = origin->close == 0, had_content = origin->close > origin->end;
	bool closes = was_empty ? !node->children : had_content && !node->children;
	const char *rest = put_attributes(writer, node, origin);

	if (closes == was_empty)
		put(writer, (size_t)(rest - text), origin->end);
	else
		g_string_append(writer->out, closes ? "/>" : ">");
	for (xmlNode *child = node->children; child; child = child->next)
		put_node(writer, child);
	if (!was_empty && !closes)
		put(writer, origin->close, origin->close_end);
	else if (!closes)
		g_string_append_printf(writer->out, "</%s>", (const char *)node->name);
}

static void put_node(struct writer *writer, xmlNode *node)
{
	const struct origin *origin = node->_private;

	if (origin && origin->copy)
		put_element(writer, node, origin);
	else if (origin && g_strcmp0(origin->content, (const char *)node->content) == 0)
		put(writer, origin->start, origin->end);
	else
		put_new(writer, node);
}

char *xml_text_write(const struct xml_text *text, const xmlDoc *doc, bool single_quotes)
{
	struct writer writer = {
		.text = text,
		.out = g_string_new(NULL),
		.single_quotes = single_quotes,
	};
	xmlNode *root = xmlDocGetRootElement((xmlDoc *)doc);
	const struct origin *origin = root->_private;

	put(&writer, 0, origin->start);
	put_node(&writer, root);
	put(&writer, origin->close ? origin->close_end : origin->end, text->length);
	return g_string_free(writer.out, FALSE);
}
