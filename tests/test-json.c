/* The JSON writer: what it writes is read back by json-c, a reader that is not ours. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "json-reader.h"
#include "view/json.h"

struct written {
	char *text;
	size_t length;
	FILE *file;
	struct json json;
};

static void begin(struct written *written)
{
	written->file = open_memstream(&written->text, &written->length);
	json_begin(&written->json, written->file);
}

static struct reader *finish(struct written *written)
{
	json_end(&written->json);
	fclose(written->file);
	struct reader *reader = reader_parse(written->text, written->length);
	g_assert_nonnull(reader);
	free(written->text);
	return reader;
}

static void test_values(void)
{
	struct written w;

	begin(&w);
	json_object(&w.json, NULL);
	json_text(&w.json, "text", "a \"quoted\" \\ line\n\t\x01 é");
	json_text(&w.json, "bytes", "bad \xff\xc3 end");
	json_text(&w.json, "none", NULL);
	json_int(&w.json, "negative", INT64_MIN);
	json_uint(&w.json, "large", UINT64_MAX);
	json_hex(&w.json, "id", 0x1c3, 4);
	json_hex(&w.json, "no_id", -1, 4);
	json_tri(&w.json, "maybe", TRI_UNKNOWN);
	json_tri(&w.json, "yes", TRI_YES);
	json_count(&w.json, "no_count", -1);
	json_words(&w.json, "words", " flr  bus ");
	json_words(&w.json, "no_words", "");
	json_object_end(&w.json);

	struct reader *r = finish(&w);
	g_assert_cmpstr(reader_text(r, "text"), ==, "a \"quoted\" \\ line\n\t\x01 é");
	g_assert_cmpstr(reader_text(r, "bytes"), ==, "bad \xef\xbf\xbd\xef\xbf\xbd end");
	g_assert_true(reader_is_null(r, "none"));
	g_assert_cmpint(reader_int(r, "negative"), ==, INT64_MIN);
	g_assert_true(reader_uint(r, "large") == UINT64_MAX);
	g_assert_cmpstr(reader_text(r, "id"), ==, "01c3");
	g_assert_true(reader_is_null(r, "no_id"));
	g_assert_true(reader_is_null(r, "maybe"));
	g_assert_true(reader_bool(r, "yes"));
	g_assert_true(reader_is_null(r, "no_count"));
	g_assert_cmpint(reader_length(r, "words"), ==, 2);
	g_assert_cmpint(reader_length(r, "no_words"), ==, 0);
	reader_free(r);
}

static void test_nesting(void)
{
	struct written w;

	begin(&w);
	json_object(&w.json, NULL);
	json_array(&w.json, "empty");
	json_array_end(&w.json);
	json_array(&w.json, "outer");
	for (int i = 0; i < 3; i++) {
		json_array_flat(&w.json, NULL);
		json_int(&w.json, NULL, i);
		json_int(&w.json, NULL, i + 1);
		json_array_end(&w.json);
	}
	json_object(&w.json, NULL);
	json_object_end(&w.json);
	json_array_end(&w.json);
	json_object_end(&w.json);

	struct reader *r = finish(&w);
	g_assert_cmpint(reader_length(r, "outer"), ==, 4);
	g_assert_cmpint(reader_int(r, "outer.2.1"), ==, 3);
	reader_free(r);
}

/* More than the buffer holds: nothing is lost where it is flushed. */
static void test_long(void)
{
	struct written w;
	const int n = 50000;

	begin(&w);
	json_array(&w.json, NULL);
	for (int i = 0; i < n; i++)
		json_int(&w.json, NULL, i);
	json_array_end(&w.json);
	struct reader *r = finish(&w);
	g_assert_cmpint(reader_length(r, ""), ==, n);
	g_assert_cmpint(reader_int(r, "49999"), ==, n - 1);
	reader_free(r);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/values", test_values);
	g_test_add_func("/json/nesting", test_nesting);
	g_test_add_func("/json/long", test_long);
	return g_test_run();
}
