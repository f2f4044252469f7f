/* See shell_scan.h. */
#include "vm/shell_scan.h"

#include <string.h>

/* Each of these starts at "at", adds what it reads to word, and returns where that ends. */

/* "{…}" up to the brace that closes it, quotes and all. */
static const char *scan_braces(const char *at, GString *word)
{
	int depth = 0;
	bool quoted = false;

	while (*at && *at != '\n') {
		char c = *at++;
		g_string_append_c(word, c);
		if (c == '"')
			quoted = !quoted;
		depth += quoted ? 0 : (c == '{') - (c == '}');
		if (depth == 0 && c == '}')
			break;
	}
	return at;
}

/* "(…)" behind "$": kept as it is. */
static const char *scan_substitution(const char *at, GString *word)
{
	int depth = 0;

	while (*at) {
		char c = *at++;
		g_string_append_c(word, c);
		depth += (c == '(') - (c == ')');
		if (depth == 0 && c == ')')
			break;
	}
	return at;
}

static const char *scan_single_quoted(const char *at, GString *word)
{
	const char *end = strchrnul(at + 1, '\'');

	g_string_append_len(word, at + 1, end - at - 1);
	return end + (*end != '\0');
}

static const char *scan_double_quoted(const char *at, GString *word)
{
	for (at++; *at && *at != '"';) {
		if (at[0] == '\\' && at[1] == '\n') {
			at += 2;
		} else if (at[0] == '\\' && at[1] && strchr("\"\\$`", at[1])) {
			g_string_append_c(word, at[1]);
			at += 2;
		} else if (at[0] == '$' && at[1] == '(') {
			g_string_append_c(word, *at);
			at = scan_substitution(at + 1, word);
		} else {
			g_string_append_c(word, *at++);
		}
	}
	return at + (*at != '\0');
}

static const char *scan_escaped(const char *at, GString *word)
{
	if (at[1] == '\r' && at[2] == '\n')
		return at + 3;
	if (at[1] == '\n')
		return at + 2;
	if (at[1] == '\0')
		return at + 1;
	g_string_append_c(word, at[1]);
	return at + 2;
}

bool shell_ends_word(const char *at, bool in_array)
{
	char c = *at;

	return !c || shell_is_blank(c) || strchr("\n;|&<>)", c) || (c == '(' && !in_array);
}

char *shell_scan_word(const char **at, bool in_array)
{
	GString *word = g_string_new(NULL);
	const char *now = *at;

	if (now[0] == '{' && now[1] == '"')
		now = scan_braces(now, word);
	while (!shell_ends_word(now, in_array)) {
		char c = *now;
		if (c == '\'') {
			now = scan_single_quoted(now, word);
		} else if (c == '"') {
			now = scan_double_quoted(now, word);
		} else if (c == '\\') {
			now = scan_escaped(now, word);
		} else {
			g_string_append_c(word, *now++);
			if (c == '$' && *now == '(')
				now = scan_substitution(now, word);
		}
	}
	*at = now;
	return g_string_free(word, FALSE);
}
