/* See qemu_pairs.h: the pairs of a text. */
#include <json-c/json.h>
#include <string.h>

#include "vm/qemu_pairs.h"

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
