/* See json.h. Numbers and ids are formatted by hand: printf would be most of the time of `check`.
 */
#include "view/json.h"

#include <string.h>

#define FLUSH_AT (60 * 1024)

static void flush(struct json *json)
{
	fwrite(json->buffer->str, 1, json->buffer->len, json->out);
	g_string_truncate(json->buffer, 0);
}

/* Hundreds of thousands of these make an output: what fits is copied here and now. */
static inline void put(struct json *json, const char *text, size_t length)
{
	GString *buffer = json->buffer;

	if (buffer->len + length >= buffer->allocated_len) {
		g_string_append_len(buffer, text, (gssize)length);
		return;
	}
	memcpy(buffer->str + buffer->len, text, length);
	buffer->len += length;
	buffer->str[buffer->len] = '\0';
}

static void put_escaped_char(struct json *json, unsigned char c)
{
	static const char names[] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
				      ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\' };

	if (c < sizeof(names) && names[c])
		g_string_append_printf(json->buffer, "\\%c", names[c]);
	else
		g_string_append_printf(json->buffer, "\\u%04x", c);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_quoted(struct json *json, const char *text)
{
	put(json, "\"", 1);
	while (*text) {
		size_t n = 0;
		while (is_plain((unsigned char)text[n]))
			n++;
		put(json, text, n);
		text += n;
		if (*text == '\0')
			break;
		gunichar c = g_utf8_get_char_validated(text, -1);
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			put(json, "\xef\xbf\xbd", 3);
			text++;
		} else if (c < 0x80) {
			put_escaped_char(json, (unsigned char)c);
			text++;
		} else {
			size_t length = (size_t)(g_utf8_next_char(text) - text);
			put(json, text, length);
			text += length;
		}
	}
	put(json, "\"", 1);
}

static void put_newline(struct json *json)
{
	static const char blanks[] = "\n                                ";

	put(json, blanks, 1 + MIN(json->depth * 2, sizeof(blanks) - 2));
}

static void put_key(struct json *json, const char *key)
{
	if (!json->first)
		put(json, ",", 1);
	if (json->flat && !json->first)
		put(json, " ", 1);
	else if (!json->flat && json->depth > 0)
		put_newline(json);
	json->first = false;
	if (key) {
		put(json, "\"", 1);
		put(json, key, strlen(key));
		put(json, "\": ", 3);
	}
	if (json->buffer->len > FLUSH_AT)
		flush(json);
}

void json_begin(struct json *json, FILE *out)
{
	*json = (struct json){ .out = out, .first = true };
	json->buffer = g_string_sized_new(FLUSH_AT + 4096);
}

void json_end(struct json *json)
{
	put(json, "\n", 1);
	flush(json);
	g_string_free(json->buffer, TRUE);
	json->buffer = NULL;
}

static void open_with(struct json *json, const char *key, const char *bracket)
{
	put_key(json, key);
	put(json, bracket, 1);
	json->depth++;
	json->first = true;
}

static void close_with(struct json *json, const char *bracket)
{
	bool empty = json->first;

	json->depth--;
	if (!empty && !json->flat)
		put_newline(json);
	put(json, bracket, 1);
	json->first = false;
	json->flat = false;
}

void json_object(struct json *json, const char *key)
{
	open_with(json, key, "{");
}

void json_object_end(struct json *json)
{
	close_with(json, "}");
}

void json_array(struct json *json, const char *key)
{
	open_with(json, key, "[");
}

void json_array_flat(struct json *json, const char *key)
{
	open_with(json, key, "[");
	json->flat = true;
}

void json_array_end(struct json *json)
{
	close_with(json, "]");
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (!text) {
		json_null(json, key);
		return;
	}
	put_key(json, key);
	put_quoted(json, text);
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	put_key(json, key);
	put(json, digits + at, sizeof(digits) - at);
}

void json_int(struct json *json, const char *key, int64_t value)
{
	if (value >= 0) {
		json_uint(json, key, (uint64_t)value);
		return;
	}
	put_key(json, key);
	g_string_append_printf(json->buffer, "%" G_GINT64_FORMAT, value);
}

void json_count(struct json *json, const char *key, int64_t value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_uint(json, key, (uint64_t)value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_tri(struct json *json, const char *key, enum tri value)
{
	if (value == TRI_UNKNOWN)
		json_null(json, key);
	else
		json_bool(json, key, value == TRI_YES);
}

void json_null(struct json *json, const char *key)
{
	put_key(json, key);
	put(json, "null", 4);
}

void json_hex(struct json *json, const char *key, int64_t value, unsigned digits)
{
	static const char alphabet[] = "0123456789abcdef";
	char text[18] = "\"";

	if (value < 0 || digits > 16) {
		json_null(json, key);
		return;
	}
	for (unsigned i = 0; i < digits; i++)
		text[1 + i] = alphabet[value >> (4 * (digits - 1 - i)) & 0xf];
	text[1 + digits] = '"';
	put_key(json, key);
	put(json, text, digits + 2);
}

void json_words(struct json *json, const char *key, const char *words)
{
	if (!words) {
		json_null(json, key);
		return;
	}
	json_array_flat(json, key);
	g_auto(GStrv) list = g_strsplit_set(words, " \t\n", -1);
	for (char **word = list; *word; word++)
		if (**word)
			json_text(json, NULL, *word);
	json_array_end(json);
}
