/* See qemu_pairs.h. */
#include "vm/qemu_pairs.h"

#include <json-c/json.h>
#include <string.h>

#include "base/text.h"

const char *pairs_option(const char *word)
{
	return word[0] != '-' ? NULL : word[1] == '-' ? word + 2 : word + 1;
}

static void clear_pair(void *data)
{
	struct pair *pair = data;

	g_free(pair->key);
	g_free(pair->value);
}

static void add_pair(GArray *pairs, char *key, char *value)
{
	const struct pair pair = { .key = key, .value = value };

	g_array_append_val(pairs, pair);
}

/* One piece; a first one without "=" is the implied value, a later one a switch. */
static void add_piece(GArray *pairs, const char *piece)
{
	const char *equals = strchr(piece, '=');

	if (equals)
		add_pair(pairs, g_strndup(piece, (gsize)(equals - piece)), g_strdup(equals + 1));
	else if (pairs->len == 0)
		add_pair(pairs, g_strdup(""), g_strdup(piece));
	else
		add_pair(pairs, g_strdup(piece), g_strdup("on"));
}

/* Nested objects become "file.filename". */
static void add_json(GArray *pairs, struct json_object *object, const char *prefix, int depth)
{
	json_object_object_foreach(object, key, value)
	{
		g_autofree char *name = g_strdup_printf("%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_object_is_type(value, json_type_object) && depth < 8)
			add_json(pairs, value, name, depth + 1);
		else if (json_object_is_type(value, json_type_boolean))
			add_pair(pairs, g_steal_pointer(&name),
				 g_strdup(json_object_get_boolean(value) ? "on" : "off"));
		else if (value)
			add_pair(pairs, g_steal_pointer(&name),
				 g_strdup(json_object_get_string(value)));
	}
}

static void split_plain(GArray *pairs, const char *text)
{
	g_autoptr(GString) piece = g_string_new(NULL);

	for (; *text; text++) {
		if (text[0] == ',' && text[1] == ',') {
			g_string_append_c(piece, ',');
			text++;
		} else if (*text == ',') {
			add_piece(pairs, piece->str);
			g_string_truncate(piece, 0);
		} else {
			g_string_append_c(piece, *text);
		}
	}
	if (piece->len > 0)
		add_piece(pairs, piece->str);
}

GArray *pairs_split(const char *text)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
	struct json_object *object = *text == '{' ? json_tokener_parse(text) : NULL;

	g_array_set_clear_func(pairs, clear_pair);
	if (object && json_object_is_type(object, json_type_object))
		add_json(pairs, object, "", 0);
	else
		split_plain(pairs, text);
	json_object_put(object);
	return pairs;
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
