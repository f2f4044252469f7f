/* See qemu_pairs.h: what the pairs say. */
#include "vm/qemu_pairs.h"

#include <string.h>

#include "base/text.h"

const char *pairs_option(const char *word)
{
	return word[0] != '-' ? NULL : word[1] == '-' ? word + 2 : word + 1;
}

const char *pairs_get(const GArray *pairs, const char *key)
{
	for (guint i = pairs->len; i-- > 0;)
		if (strcmp(g_array_index(pairs, struct pair, i).key, key) == 0)
			return g_array_index(pairs, struct pair, i).value;
	return NULL;
}

const char *pairs_get_implied(const GArray *pairs, const char *key)
{
	const char *value = pairs_get(pairs, key);

	return value ? value : pairs_get(pairs, "");
}

bool pairs_is_on(const char *value)
{
	return value && (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0 ||
			 strcmp(value, "true") == 0);
}

int pairs_int(const char *text)
{
	uint32_t value;

	return text && text_to_u32(text, 10, INT32_MAX, &value) ? (int)value : -1;
}

uint64_t pairs_size(const char *text, uint64_t plain)
{
	static const char letters[] = "BKMGT";
	g_autofree char *digits = text ? g_strndup(text, strspn(text, "0123456789")) : NULL;
	uint64_t value;

	if (!digits || !text_to_u64(digits, 10, &value))
		return 0;
	char letter = g_ascii_toupper(text[strlen(digits)]);
	const char *found = letter ? strchr(letters, letter) : NULL;
	uint64_t unit = letter == '\0' ? plain : found ? (uint64_t)1 << 10 * (found - letters) : 0;
	return unit > 0 && value <= UINT64_MAX / unit ? value * unit : 0;
}
