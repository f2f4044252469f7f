/* Writing JSON as a stream: nothing is kept, so thousands of devices cost no memory.
 *
 * Keys are NULL inside arrays and at the top. Unknown is null: NULL texts, TRI_UNKNOWN, and ids of
 * -1 become it. Text that is not UTF-8 is written with U+FFFD for the bytes that are wrong.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/tri.h"

struct json {
	FILE *out;
	GString *buffer;
	unsigned depth;
	bool first; /* nothing stands before the next element of this object or array */
	bool flat;  /* inside an array that is written on one line */
};

void json_begin(struct json *json, FILE *out);
/* Ends the text with a newline and frees what json holds. */
void json_end(struct json *json);

void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
/* An array whose elements stand on one line: for short values. */
void json_array_flat(struct json *json, const char *key);
void json_array_end(struct json *json);

void json_text(struct json *json, const char *key, const char *text);
void json_int(struct json *json, const char *key, int64_t value);
void json_uint(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_tri(struct json *json, const char *key, enum tri value);
void json_null(struct json *json, const char *key);
/* An id: digits lower-case hexadecimal digits, or null below 0. */
void json_hex(struct json *json, const char *key, int64_t value, unsigned digits);
/* A number, or null below 0. */
void json_count(struct json *json, const char *key, int64_t value);
/* Words between blanks as an array of texts; null for NULL, [] for "". */
void json_words(struct json *json, const char *key, const char *words);
