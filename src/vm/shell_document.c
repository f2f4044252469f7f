/* See shell_document.h. */
#include "vm/shell_document.h"

#include <string.h>

const char *shell_document_expect(const char *at, GPtrArray *expected)
{
	at += strlen("<<");
	at += *at == '-';
	at += strspn(at, " \t");
	size_t length = strcspn(at, " \t\r\n;|&<>()");
	if (*at != '<' && length > 0)
		g_ptr_array_add(expected, g_strndup(at, length));
	return at + length + (*at == '<');
}

/* The line that ends it, from there on; NULL: none does. */
static const char *find_end(const char *at, const char *delimiter)
{
	size_t length = strlen(delimiter);

	while (at && *at) {
		const char *text = at + strspn(at, "\t");
		if (strncmp(text, delimiter, length) == 0 && strchr("\r\n", text[length]))
			return at;
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return NULL;
}

/* The caller's. */
static char *without_quotes(const char *word)
{
	GString *plain = g_string_new(NULL);

	for (; *word; word++)
		if (!strchr("'\"\\", *word))
			g_string_append_c(plain, *word);
	return g_string_free(plain, FALSE);
}

const char *shell_document_skip(const char *text, const char *at, const char *word,
				GArray *documents)
{
	g_autofree char *delimiter = without_quotes(word);
	const char *end = *delimiter ? find_end(at, delimiter) : NULL;

	if (!end)
		return at;
	const struct shell_document document = { .start = (size_t)(at - text),
						 .end = (size_t)(end - text),
						 .quoted = strcmp(delimiter, word) != 0 };
	g_array_append_val(documents, document);
	end += strcspn(end, "\n");
	return end + (*end == '\n');
}

/* Without quotes two backslashes are one: "\\\\" at the end of a line continues it. */
static void unescape(char *text, size_t start, size_t end)
{
	for (size_t i = start; i + 1 < end; i++)
		if (text[i] == '\\' && text[i + 1] == '\\')
			text[i++] = ' ';
}

char *shell_documents_only(const char *text, const GArray *documents)
{
	char *only = g_strnfill(strlen(text), '\n');

	for (guint i = 0; i < documents->len; i++) {
		const struct shell_document *document =
			&g_array_index(documents, struct shell_document, i);
		memcpy(only + document->start, text + document->start,
		       document->end - document->start);
		if (!document->quoted)
			unescape(only, document->start, document->end);
	}
	return only;
}
