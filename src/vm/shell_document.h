/* Here-documents of a shell script: where they are, and the text with nothing else in it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Without the line that ends it. */
struct shell_document {
	size_t start, end;
	bool quoted; /* a backslash is one, as for 'EOF' */
};

/* What stands behind "<<", at which it is called: adds to expected (of char *) the word that ends
 * the document, which begins at the next line. Returns where the line goes on. */
const char *shell_document_expect(const char *at, GPtrArray *expected);

/* Adds the document that begins at "at" to the array (of struct shell_document), and returns what
 * is behind it. Where no line ends it, it was none ("1<<2"), and "at" is returned. */
const char *shell_document_skip(const char *text, const char *at, const char *word,
				GArray *documents);

/* The text with its here-documents only: what is around them is blank, and every word stands where
 * it stood. The caller's. */
char *shell_documents_only(const char *text, const GArray *documents);
