/* The kernel's command line, split as the kernel splits it (lib/cmdline.c, next_arg): at blanks
 * that are not in double quotes; the quotes around a whole word or a whole value are no part of it.
 */
#include "model/platform.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

static bool is_blank(char c)
{
	return g_ascii_isspace(c);
}

bool cmdline_next(const char **cursor, struct slice *ret)
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

static struct slice unquote(struct slice piece)
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
static bool split_word(struct slice word, struct slice *name, struct slice *value)
{
	const char *equals = memchr(word.text, '=', word.length);

	*name = word;
	if (!equals)
		return false;
	name->length = (size_t)(equals - word.text);
	*value = unquote((struct slice){ equals + 1, word.length - name->length - 1 });
	return true;
}

/* In names, '-' and '_' are the same to the kernel. */
static bool names_equal(struct slice a, struct slice b)
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

/* Is wanted the value, or one of those that it lists between commas? */
static bool value_holds(struct slice value, struct slice wanted)
{
	if (slice_equal(value, wanted))
		return true;
	for (;;) {
		const char *comma = memchr(value.text, ',', value.length);
		struct slice one = value;
		if (comma)
			one.length = (size_t)(comma - value.text);
		if (slice_equal(one, wanted))
			return true;
		if (!comma)
			return false;
		value.length -= one.length + 1;
		value.text = comma + 1;
	}
}

bool cmdline_has(const char *cmdline, const char *word)
{
	struct slice wanted = { word, strlen(word) };
	struct slice wanted_name, wanted_value = { 0 }, one, name, value = { 0 };
	bool with_value = split_word(wanted, &wanted_name, &wanted_value);

	while (cmdline && cmdline_next(&cmdline, &one)) {
		bool has_value = split_word(unquote(one), &name, &value);
		if (has_value == with_value && names_equal(name, wanted_name) &&
		    (!with_value || value_holds(value, wanted_value)))
			return true;
	}
	return false;
}
