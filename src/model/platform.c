/* The kernel's command line, split as the kernel splits it (lib/cmdline.c, next_arg): at blanks
 * that are not in double quotes; the quotes around a whole word or a whole value are no part of it.
 */
#include "model/platform.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

/* A piece of the command line. */
struct piece {
	const char *text;
	size_t length;
};

static bool is_blank(char c)
{
	return g_ascii_isspace(c);
}

/* The next word, quotes and all; false at the end, or at "--", behind which init's words come. */
static bool next_word(const char **cursor, struct piece *ret)
{
	const char *at = *cursor;
	bool quoted = false;

	while (is_blank(*at))
		at++;
	ret->text = at;
	for (; *at && (quoted || !is_blank(*at)); at++)
		if (*at == '"')
			quoted = !quoted;
	ret->length = (size_t)(at - ret->text);
	*cursor = at;
	return ret->length > 0 && !(ret->length == 2 && memcmp(ret->text, "--", 2) == 0);
}

static struct piece unquote(struct piece piece)
{
	if (piece.length > 0 && *piece.text == '"') {
		piece.text++;
		piece.length--;
		if (piece.length > 0 && piece.text[piece.length - 1] == '"')
			piece.length--;
	}
	return piece;
}

/* Splits NAME=VALUE; false when there is no value. */
static bool split_word(struct piece word, struct piece *name, struct piece *value)
{
	const char *equals = memchr(word.text, '=', word.length);

	*name = word;
	if (!equals)
		return false;
	name->length = (size_t)(equals - word.text);
	*value = unquote((struct piece){ equals + 1, word.length - name->length - 1 });
	return true;
}

/* In names, '-' and '_' are the same to the kernel. */
static bool names_equal(struct piece a, struct piece b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		char left = a.text[i] == '-' ? '_' : a.text[i];
		char right = b.text[i] == '-' ? '_' : b.text[i];
		if (left != right)
			return false;
	}
	return true;
}

static bool pieces_equal(struct piece a, struct piece b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* Is wanted the value, or one of those that it lists between commas? */
static bool value_holds(struct piece value, struct piece wanted)
{
	if (pieces_equal(value, wanted))
		return true;
	for (;;) {
		const char *comma = memchr(value.text, ',', value.length);
		struct piece one = value;
		if (comma)
			one.length = (size_t)(comma - value.text);
		if (pieces_equal(one, wanted))
			return true;
		if (!comma)
			return false;
		value.length -= one.length + 1;
		value.text = comma + 1;
	}
}

bool cmdline_has(const char *cmdline, const char *word)
{
	struct piece wanted = { word, strlen(word) };
	struct piece wanted_name, wanted_value, one, name, value;
	bool with_value = split_word(wanted, &wanted_name, &wanted_value);

	while (cmdline && next_word(&cmdline, &one)) {
		bool has_value = split_word(unquote(one), &name, &value);
		if (has_value == with_value && names_equal(name, wanted_name) &&
		    (!with_value || value_holds(value, wanted_value)))
			return true;
	}
	return false;
}
