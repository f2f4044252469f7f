/* See shell_scanner.h: what is quoted, names and values. */
#include "edit/shell_scanner.h"

#include <string.h>

static bool is_name(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

bool shell_is_end_of_word(char c)
{
	return c == '\0' || strchr(WORD_ENDS, c) != NULL;
}

/* ---- quotes ---- */

/* at: behind the opening quote. Returns where the closing one is. */
static size_t find_double_end(struct shell_scanner *scanner, size_t at)
{
	const char *text = scanner->text;

	while (text[at] && text[at] != '"') {
		if (text[at] == '\\' && text[at + 1])
			at += 2;
		else if (text[at] == '$' && text[at + 1] == '(')
			at = shell_skip_parenthesis(scanner, at + 1);
		else
			at++;
	}
	scanner->open |= text[at] == '\0';
	return at;
}

static size_t find_close(struct shell_scanner *scanner, size_t at, char quote)
{
	const char *close = strchr(scanner->text + at, quote);

	scanner->open |= close == NULL;
	return close ? (size_t)(close - scanner->text) : strlen(scanner->text);
}

size_t shell_skip_one(struct shell_scanner *scanner, size_t at)
{
	const char *text = scanner->text;

	switch (text[at]) {
	case '"':
		at = find_double_end(scanner, at + 1);
		return at + (text[at] == '"');
	case '\'':
	case '`':
		at = find_close(scanner, at + 1, text[at]);
		return at + (text[at] != '\0');
	case '\\':
		return at + (text[at + 1] ? 2 : 1);
	case '$':
		return text[at + 1] == '(' ? shell_skip_parenthesis(scanner, at + 1) : at + 1;
	case '#':
		return at == 0 || shell_is_end_of_word(text[at - 1]) ? line_end(text, at) : at + 1;
	default:
		return at + 1;
	}
}

size_t shell_skip_parenthesis(struct shell_scanner *scanner, size_t at)
{
	const char *text = scanner->text;
	unsigned depth = 0;

	while (text[at]) {
		depth += text[at] == '(';
		if (text[at] == ')' && --depth == 0)
			return at + 1;
		at = text[at] == '(' || text[at] == ')' ? at + 1 : shell_skip_one(scanner, at);
	}
	scanner->open = true;
	return at;
}

/* ---- values ---- */

void shell_add_slot(struct shell_scanner *scanner, size_t start, size_t end, enum quoting quoting,
		    bool fresh)
{
	bool maybe = scanner->depth > 0 || scanner->depends;
	const struct slot slot = { start, end, quoting, fresh && !maybe, maybe };

	if (scanner->slots)
		g_array_append_val(scanner->slots, slot);
}

static size_t find_bare_end(struct shell_scanner *scanner, size_t at)
{
	const char *text = scanner->text;

	while (!shell_is_end_of_word(text[at]) && text[at] != '"' && text[at] != '\'')
		at = shell_skip_one(scanner, at);
	return at;
}

/* A value is one piece or several without a blank between them: each is a slot. */
static void take_value(struct shell_scanner *scanner, bool fresh, bool wanted)
{
	const char *text = scanner->text;
	size_t at = scanner->at, end;
	bool first = true;

	while (first || !shell_is_end_of_word(text[at])) {
		enum quoting quoting = text[at] == '"'    ? QUOTING_DOUBLE
				       : text[at] == '\'' ? QUOTING_SINGLE
							  : QUOTING_BARE;
		size_t start = at + (quoting != QUOTING_BARE);
		if (quoting == QUOTING_DOUBLE)
			end = find_double_end(scanner, start);
		else if (quoting == QUOTING_SINGLE)
			end = find_close(scanner, start, '\'');
		else
			end = find_bare_end(scanner, start);
		if (wanted)
			shell_add_slot(scanner, start, end, quoting, fresh && first);
		at = end + (quoting != QUOTING_BARE && text[end] != '\0');
		first = false;
	}
	scanner->at = at;
}

static void take_array(struct shell_scanner *scanner, bool fresh, bool wanted)
{
	size_t start = scanner->at + 1;

	scanner->at = shell_skip_parenthesis(scanner, scanner->at);
	if (wanted && !scanner->open)
		shell_add_slot(scanner, start, scanner->at - 1, QUOTING_ARRAY, fresh);
}

/* ---- names ---- */

bool shell_take_name(struct shell_scanner *scanner, bool *append, bool *wanted)
{
	const char *text = scanner->text;
	size_t start = scanner->at, at = start;

	while (is_name(text[at]))
		at++;
	if (at == start || g_ascii_isdigit(text[start]))
		return false;
	if (text[at] == '[')
		at += strcspn(text + at, "]\n \t");
	at += text[at] == ']';
	size_t length = at - start;
	*append = text[at] == '+' && text[at + 1] == '=';
	at += *append;
	if (text[at] != '=')
		return false;
	*wanted = scanner->key && strlen(scanner->key) == length &&
		  strncmp(text + start, scanner->key, length) == 0;
	scanner->at = at + 1;
	return true;
}

/* Does a value use the variable itself? Then what stood before goes on to count. */
static bool refers_to_itself(const struct shell_scanner *scanner, const struct slot *slot)
{
	g_autofree char *value = g_strndup(scanner->text + slot->start, slot->end - slot->start);
	g_autofree char *plain = g_strconcat("$", scanner->key, NULL);
	g_autofree char *braces = g_strconcat("${", scanner->key, NULL);
	const char *at = strstr(value, plain);

	return slot->quoting != QUOTING_SINGLE &&
	       ((at && !is_name(at[strlen(plain)])) || strstr(value, braces));
}

void shell_take_assignment(struct shell_scanner *scanner, bool append, bool wanted)
{
	guint before = scanner->slots ? scanner->slots->len : 0;

	if (scanner->text[scanner->at] == '(')
		take_array(scanner, !append, wanted);
	else
		take_value(scanner, !append, wanted);
	for (guint i = before; wanted && scanner->slots && i < scanner->slots->len; i++) {
		struct slot *slot = &g_array_index(scanner->slots, struct slot, i);
		if (refers_to_itself(scanner, slot))
			g_array_index(scanner->slots, struct slot, before).fresh = false;
	}
}
