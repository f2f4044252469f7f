/* See json-reader.h. */
#include "json-reader.h"

#include <glib.h>
#include <json-c/json.h>
#include <stdlib.h>

struct reader {
	struct json_object *top;
};

struct reader *reader_parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();

	/* json-c 0.18 takes the letters of UTF-8 for control characters where it is strict:
	 * there Python's reader, which test-golden asks, must do. */
	if (g_str_is_ascii(text))
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	struct json_object *top = json_tokener_parse_ex(tokener, text, (int)length);
	bool ok = json_tokener_get_error(tokener) == json_tokener_success;
	json_tokener_free(tokener);
	if (!ok)
		return NULL;
	struct reader *reader = g_new0(struct reader, 1);
	reader->top = top;
	return reader;
}

void reader_free(struct reader *reader)
{
	json_object_put(reader->top);
	g_free(reader);
}

static struct json_object *find(const struct reader *reader, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ".", -1);
	struct json_object *object = reader->top;

	for (char **name = names; *name && **name; name++) {
		if (json_object_is_type(object, json_type_array)) {
			size_t index = (size_t)atoi(*name);
			g_assert_cmpuint(index, <, json_object_array_length(object));
			object = json_object_array_get_idx(object, index);
		} else {
			g_assert_true(json_object_object_get_ex(object, *name, &object));
		}
	}
	return object;
}

const char *reader_text(const struct reader *reader, const char *path)
{
	struct json_object *object = find(reader, path);

	g_assert_true(json_object_is_type(object, json_type_string));
	return json_object_get_string(object);
}

int64_t reader_int(const struct reader *reader, const char *path)
{
	struct json_object *object = find(reader, path);

	g_assert_true(json_object_is_type(object, json_type_int));
	return json_object_get_int64(object);
}

uint64_t reader_uint(const struct reader *reader, const char *path)
{
	return json_object_get_uint64(find(reader, path));
}

bool reader_bool(const struct reader *reader, const char *path)
{
	struct json_object *object = find(reader, path);

	g_assert_true(json_object_is_type(object, json_type_boolean));
	return json_object_get_boolean(object);
}

bool reader_is_null(const struct reader *reader, const char *path)
{
	return find(reader, path) == NULL;
}

size_t reader_length(const struct reader *reader, const char *path)
{
	struct json_object *object = find(reader, path);

	g_assert_true(json_object_is_type(object, json_type_array));
	return json_object_array_length(object);
}
