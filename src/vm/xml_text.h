/* The text that a document was read from: what is changed in libxml2's tree is written back into
 * it, and every other byte stays as its owner wrote it: quotes, line ends, blanks, comments. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

struct xml_text;

/* Finds each node of a document, as it comes from the parser, in its text, of which it keeps a
 * copy. Marks the nodes (_private), so it must live as long as the document is written. NULL: text
 * and tree do not fit, as with an encoding that is not a superset of ASCII. */
struct xml_text *xml_text_new(const char *text, size_t length, xmlDoc *doc);
void xml_text_free(struct xml_text *text);

/* The document as it is now. Elements that are new are written with quotes of that kind. The
 * caller's to free. */
char *xml_text_write(const struct xml_text *text, const xmlDoc *doc, bool single_quotes);
