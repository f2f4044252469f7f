/* See slot.h: words in slots, by the rules of who reads them. */
#include "edit/slot.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t line_end(const char *text, size_t at)
{
	return at + strcspn(text + at, "\n");
}

size_t line_end_continued(const char *text, size_t at)
{
	size_t end = line_end(text, at);

	while (text[end] == '\n' && end > at && text[end - 1] == '\\')
		end = line_end(text, end + 1);
	return end;
}

/* ---- between words ---- */

const char *slot_separator(enum quoting quoting)
{
	return quoting == QUOTING_BARE ? "\\ " : quoting == QUOTING_COMMAS ? "," : " ";
}

size_t slot_separator_at(const char *text, size_t at, size_t end, enum quoting quoting)
{
	if (at >= end || quoting == QUOTING_WHOLE)
		return 0;
	if (text[at] == '\\' && at + 1 < end &&
	    (text[at + 1] == '\n' || (quoting == QUOTING_BARE && is_blank(text[at + 1]))))
		return quoting == QUOTING_SINGLE || quoting == QUOTING_REFIND ? 0 : 2;
	if (quoting == QUOTING_COMMAS && text[at] == ',')
		return 1;
	return quoting != QUOTING_BARE && is_blank(text[at]) ? 1 : 0;
}

size_t slot_separator_before(const char *text, size_t from, size_t at, enum quoting quoting)
{
	for (size_t n = 2; n > 0; n--)
		if (at >= from + n && slot_separator_at(text, at - n, at, quoting) == n)
			return n;
	return 0;
}

/* Separators, and comments in arrays. */
static size_t skip_between(const char *text, size_t at, size_t end, enum quoting quoting)
{
	for (;;) {
		size_t n = slot_separator_at(text, at, end, quoting);
		if (n == 0 && quoting == QUOTING_ARRAY && at < end && text[at] == '#')
			n = MIN(line_end(text, at), end) - at;
		if (n == 0)
			return at;
		at += n;
	}
}

/* ---- words ---- */

/* How many bytes at text[at] belong together, and whether they open or close the kernel's quotes.
 */
static size_t take_unit(const char *text, size_t at, size_t end, enum quoting quoting,
			bool *toggles)
{
	bool two = at + 1 < end;

	*toggles = false;
	switch (quoting) {
	case QUOTING_NONE:
	case QUOTING_SINGLE:
		*toggles = text[at] == '"';
		return 1;
	case QUOTING_REFIND:
		*toggles = two && text[at] == '"' && text[at + 1] == '"';
		return *toggles ? 2 : 1;
	case QUOTING_DOUBLE:
	case QUOTING_BARE:
		*toggles = two && text[at] == '\\' && text[at + 1] == '"';
		return two && text[at] == '\\' ? 2 : 1;
	default:
		return 1;
	}
}

/* "$(…)" and `…` inside double quotes: the shell's business, blanks and all. */
static size_t skip_command(const char *text, size_t at, size_t end)
{
	unsigned depth = 0;

	if (text[at] == '`') {
		const char *close = memchr(text + at + 1, '`', end - at - 1);
		return close ? (size_t)(close - text) + 1 : end;
	}
	for (at++; at < end; at++) {
		depth += text[at] == '(';
		depth -= text[at] == ')';
		if (depth == 0)
			return at + 1;
	}
	return end;
}

static bool is_command(const char *text, size_t at, size_t end, enum quoting quoting)
{
	return (quoting == QUOTING_DOUBLE || quoting == QUOTING_BARE) &&
	       (text[at] == '`' || (text[at] == '$' && at + 1 < end && text[at + 1] == '('));
}

static size_t find_word_end(const char *text, size_t at, size_t end, enum quoting quoting)
{
	bool quoted = false, toggles;
	char shell_quote = '\0';

	while (at < end) {
		if (quoting == QUOTING_ARRAY && (text[at] == '"' || text[at] == '\''))
			shell_quote = shell_quote == '\0'       ? text[at]
				      : shell_quote == text[at] ? '\0'
								: shell_quote;
		if (!quoted && !shell_quote && slot_separator_at(text, at, end, quoting) > 0)
			break;
		if (is_command(text, at, end, quoting)) {
			at = skip_command(text, at, end);
			continue;
		}
		at += take_unit(text, at, end, quoting, &toggles);
		quoted ^= toggles;
	}
	return at;
}

/* ---- the value of a word ---- */

static bool is_escaped(const char *text, size_t at, size_t end, enum quoting quoting)
{
	if (text[at] != '\\' || at + 1 >= end)
		return false;
	return quoting == QUOTING_BARE ||
	       (quoting == QUOTING_DOUBLE && strchr("\"\\$`", text[at + 1]));
}

static char *fold_blanks(const char *text, size_t start, size_t end)
{
	GString *value = g_string_new(NULL);

	for (size_t i = start; i < end; i++) {
		bool blank = is_blank(text[i]);
		if (!blank)
			g_string_append_c(value, text[i]);
		else if (value->len > 0 && value->str[value->len - 1] != ' ')
			g_string_append_c(value, ' ');
	}
	if (value->len > 0 && value->str[value->len - 1] == ' ')
		g_string_truncate(value, value->len - 1);
	return g_string_free(value, FALSE);
}

static char *decode(const char *text, size_t start, size_t end, enum quoting quoting)
{
	GString *value = g_string_new(NULL);

	if (quoting == QUOTING_WHOLE) {
		g_string_free(value, TRUE);
		return fold_blanks(text, start, end);
	}
	for (size_t i = start; i < end; i++) {
		bool doubled = quoting == QUOTING_REFIND && text[i] == '"' && i + 1 < end &&
			       text[i + 1] == '"';
		bool quote = quoting == QUOTING_ARRAY && (text[i] == '"' || text[i] == '\'');
		if (is_escaped(text, i, end, quoting) || doubled)
			i++;
		if (!quote)
			g_string_append_c(value, text[i]);
	}
	return g_string_free(value, FALSE);
}

static void clear_word(gpointer data)
{
	g_free(((struct word *)data)->value);
}

GArray *slot_words(const char *text, const struct slot *slot)
{
	GArray *words = g_array_new(FALSE, FALSE, sizeof(struct word));
	size_t at = slot->start;

	g_array_set_clear_func(words, clear_word);
	while ((at = skip_between(text, at, slot->end, slot->quoting)) < slot->end) {
		struct word word = { .start = at };
		word.end = find_word_end(text, at, slot->end, slot->quoting);
		word.value = decode(text, word.start, word.end, slot->quoting);
		g_array_append_val(words, word);
		at = word.end;
	}
	return words;
}

/* ---- writing one ---- */

char *slot_encode(const char *value, enum quoting quoting)
{
	static const char *const unsafe[] = {
		[QUOTING_SINGLE] = "'",
		[QUOTING_ARRAY] = " \t\"'\\$`()#;&|<>",
		[QUOTING_COMMAS] = " ,\t\"'#:",
	};
	GString *text = g_string_new(NULL);
	bool fits =
		!strpbrk(value, "\n\r") && !(quoting < G_N_ELEMENTS(unsafe) && unsafe[quoting] &&
					     strpbrk(value, unsafe[quoting]));

	for (; fits && *value; value++) {
		if ((quoting == QUOTING_DOUBLE && strchr("\"\\$`", *value)) ||
		    (quoting == QUOTING_BARE && !g_ascii_isalnum(*value) &&
		     !strchr("_=.,:/@%+-", *value)))
			g_string_append_c(text, '\\');
		else if (quoting == QUOTING_REFIND && *value == '"')
			g_string_append_c(text, '"');
		g_string_append_c(text, *value);
	}
	return g_string_free(text, !fits);
}
