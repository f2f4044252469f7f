/* See shell_scan.h. */
#include "vm/shell_scan.h"

#include <string.h>

/* "{…}" up to the brace that closes it, quotes and all. */
static void scan_braces(struct shell_cursor *cursor, GString *word)
{
	int depth = 0;
	bool quoted = false;

	for (; *cursor->at && *cursor->at != '\n'; cursor->at++) {
		char c = *cursor->at;
		g_string_append_c(word, c);
		if (c == '"')
			quoted = !quoted;
		depth += quoted ? 0 : (c == '{') - (c == '}');
		if (depth == 0 && c == '}') {
			cursor->at++;
			return;
		}
	}
}

/* "$(…)": kept as it is. */
static void scan_substitution(struct shell_cursor *cursor, GString *word)
{
	int depth = 0;

	for (; *cursor->at; cursor->at++) {
		g_string_append_c(word, *cursor->at);
		depth += (*cursor->at == '(') - (*cursor->at == ')');
		if (depth == 0 && *cursor->at == ')') {
			cursor->at++;
			return;
		}
	}
}

static void scan_single_quoted(struct shell_cursor *cursor, GString *word)
{
	for (cursor->at++; *cursor->at && *cursor->at != '\''; cursor->at++)
		g_string_append_c(word, *cursor->at);
	cursor->at += *cursor->at != '\0';
}

static void scan_double_quoted(struct shell_cursor *cursor, GString *word)
{
	for (cursor->at++; *cursor->at && *cursor->at != '"';) {
		if (cursor->at[0] == '\\' && cursor->at[1] == '\n') {
			cursor->at += 2;
		} else if (cursor->at[0] == '\\' && cursor->at[1] &&
			   strchr("\"\\$`", cursor->at[1])) {
			g_string_append_c(word, cursor->at[1]);
			cursor->at += 2;
		} else if (cursor->at[0] == '$' && cursor->at[1] == '(') {
			g_string_append_c(word, *cursor->at++);
			scan_substitution(cursor, word);
		} else {
			g_string_append_c(word, *cursor->at++);
		}
	}
	cursor->at += *cursor->at != '\0';
}

static void scan_escaped(struct shell_cursor *cursor, GString *word)
{
	if (cursor->at[1] == '\r' && cursor->at[2] == '\n') {
		cursor->at += 3;
	} else if (cursor->at[1] == '\n') {
		cursor->at += 2;
	} else if (cursor->at[1]) {
		g_string_append_c(word, cursor->at[1]);
		cursor->at += 2;
	} else {
		cursor->at++;
	}
}

bool shell_ends_word(const struct shell_cursor *cursor)
{
	char c = *cursor->at;

	return !c || shell_is_blank(c) || strchr("\n;|&<>)", c) || (c == '(' && !cursor->in_array);
}

char *shell_scan_word(struct shell_cursor *cursor)
{
	GString *word = g_string_new(NULL);

	if (*cursor->at == '{' && cursor->at[1] == '"')
		scan_braces(cursor, word);
	while (!shell_ends_word(cursor)) {
		char c = *cursor->at;
		if (c == '\'') {
			scan_single_quoted(cursor, word);
		} else if (c == '"') {
			scan_double_quoted(cursor, word);
		} else if (c == '\\') {
			scan_escaped(cursor, word);
		} else {
			g_string_append_c(word, *cursor->at++);
			if (c == '$' && *cursor->at == '(')
				scan_substitution(cursor, word);
		}
	}
	return g_string_free(word, FALSE);
}
