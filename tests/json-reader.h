/* Reading JSON in tests by json-c, a reader that is not ours. Apart from it: its names are those of
 * our writer. Paths are keys and indexes between dots: "outer.2.1". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;

/* NULL when the text is not one strictly well-formed JSON value. */
struct reader *reader_parse(const char *text, size_t length);
void reader_free(struct reader *reader);

/* The value at path; a missing one ends the test. */
const char *reader_text(const struct reader *reader, const char *path);
int64_t reader_int(const struct reader *reader, const char *path);
uint64_t reader_uint(const struct reader *reader, const char *path);
bool reader_bool(const struct reader *reader, const char *path);
bool reader_is_null(const struct reader *reader, const char *path);
/* Elements of an array. */
size_t reader_length(const struct reader *reader, const char *path);
