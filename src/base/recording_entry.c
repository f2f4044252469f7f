/* The entries of a recording and their rows. An entry is kept open while its rows follow, and is
 * put into the tree when the next one begins. */
#include "base/recording.h"

#include <string.h>

#include "base/errno_name.h"
#include "base/error.h"
#include "base/recording_parts.h"
#include "base/text.h"

#define MAX_ERRNO 4095

bool recording_fail(const struct recording_parser *parser, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *clean = text_printable(what, strlen(what));
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "line %u: %s", parser->line, clean);
	return false;
}

static void decode(struct slice slice, GString *out)
{
	const char *text = slice.text;

	for (size_t i = 0; i < slice.length; i++) {
		uint32_t byte;
		if (text[i] == '%' && slice.length - i > 2 && text_hex(text + i + 1, 2, &byte)) {
			g_string_append_c(out, (char)byte);
			i += 2;
		} else {
			g_string_append_c(out, text[i]);
		}
	}
}

bool recording_name(const struct recording_parser *parser, struct slice slice,
		    char ret[RECORDING_MAX_NAME + 1], GError **error)
{
	g_autoptr(GString) name = g_string_sized_new(MIN(slice.length, 1024));

	decode(slice, name);
	bool good = name->len > 0 && name->len <= RECORDING_MAX_NAME &&
		    !memchr(name->str, '/', name->len) && !memchr(name->str, '\0', name->len) &&
		    strcmp(name->str, ".") != 0 && strcmp(name->str, "..") != 0;
	if (!good)
		return recording_fail(parser, error, "'%.*s' cannot be the name of a file",
				      (int)MIN(slice.length, 40), slice.text);
	memcpy(ret, name->str, name->len + 1);
	return true;
}

/* ---- entries ---- */

static bool put_entry(const struct recording_parser *parser, const char *path)
{
	const GString *data = parser->data;

	switch (parser->kind) {
	case TREE_FILE:
		return tree_put_file(parser->tree, path, data->str, data->len) == 0;
	case TREE_LINK:
		return tree_put_link(parser->tree, path, data->str) == 0;
	default:
		return tree_put_dir(parser->tree, path) == 0;
	}
}

bool recording_close_entry(struct recording_parser *parser, GError **error)
{
	if (!parser->open)
		return true;
	parser->open = false;
	if (parser->rows == ROWS_LINES && parser->n_rows == 0)
		return recording_fail(parser, error, "no lines follow '%s'", parser->name);
	if (parser->kind == TREE_FILE && parser->newline)
		g_string_append_c(parser->data, '\n');
	if (parser->kind == TREE_LINK && (memchr(parser->data->str, '\0', parser->data->len) ||
					  parser->data->len > RECORDING_MAX_LINK))
		return recording_fail(parser, error, "'%s' cannot be a link", parser->name);

	g_autofree char *path = g_strconcat(parser->path->str, parser->name, NULL);
	if (!put_entry(parser, path))
		return recording_fail(parser, error, "cannot put '%s' there", parser->name);
	return true;
}

static bool begin_text(struct recording_parser *parser, struct slice value, GError **error)
{
	decode(value, parser->data);
	return true;
}

static bool begin_lines(struct recording_parser *parser, struct slice value, GError **error)
{
	if (value.length > 0)
		return recording_fail(parser, error, "nothing may stand behind '%s :'",
				      parser->name);
	return true;
}

static bool begin_bytes(struct recording_parser *parser, struct slice value, GError **error)
{
	size_t length;

	if (!slice_take_number(&value, 10, &length) || value.length > 0)
		return recording_fail(parser, error, "the length of '%s' is no number",
				      parser->name);
	if (length > RECORDING_MAX_BYTES)
		return recording_fail(parser, error, "'%s' is too long: at most %d bytes are read",
				      parser->name, RECORDING_MAX_BYTES);
	if (length > RECORDING_MAX_TOTAL - parser->total)
		return recording_fail(parser, error, "more than %d bytes of binary files",
				      RECORDING_MAX_TOTAL);
	parser->total += length;
	g_string_set_size(parser->data, length);
	memset(parser->data->str, 0, length);
	return true;
}

/* An error is no entry that rows could follow: it is put at once. */
static bool begin_error(struct recording_parser *parser, struct slice value, GError **error)
{
	g_autofree char *name = g_strndup(value.text, MIN(value.length, 40));
	uint32_t number;

	parser->open = false;
	if (!text_to_u32(name, 10, MAX_ERRNO, &number))
		number = (uint32_t)errno_by_name(name);
	if (number == 0)
		return recording_fail(parser, error, "'%s' is no error known here", name);

	g_autofree char *path = g_strconcat(parser->path->str, parser->name, NULL);
	if (tree_put_error(parser->tree, path, (int)number) < 0)
		return recording_fail(parser, error, "cannot put '%s' there", parser->name);
	return true;
}

static const struct form {
	const char *sign;
	enum tree_kind kind;
	enum rows rows;
	bool newline;
	bool (*begin)(struct recording_parser *parser, struct slice value, GError **error);
} forms[] = {
	{ .sign = "=", .kind = TREE_FILE, .newline = true, .begin = begin_text },
	{ .sign = "=-", .kind = TREE_FILE, .begin = begin_text },
	{ .sign = ":",
	  .kind = TREE_FILE,
	  .rows = ROWS_LINES,
	  .newline = true,
	  .begin = begin_lines },
	{ .sign = ":-", .kind = TREE_FILE, .rows = ROWS_LINES, .begin = begin_lines },
	{ .sign = "->", .kind = TREE_LINK, .begin = begin_text },
	{ .sign = "x", .kind = TREE_FILE, .rows = ROWS_BYTES, .begin = begin_bytes },
	{ .sign = "!", .kind = TREE_ERROR, .begin = begin_error },
};

static bool open_entry(struct recording_parser *parser, struct slice name, const struct form *form,
		       GError **error)
{
	int ignored;

	if (!parser->dir)
		return recording_fail(parser, error, "an entry before the first [/directory]");
	if (!recording_name(parser, name, parser->name, error))
		return false;
	const struct tree_node *old =
		tree_find(parser->tree, parser->dir, parser->name, false, &ignored);
	if (old && !(old->kind == TREE_DIR && !form))
		return recording_fail(parser, error, "'%s' is there twice", parser->name);

	parser->open = true;
	parser->kind = form ? form->kind : TREE_DIR;
	parser->rows = form ? form->rows : ROWS_NONE;
	parser->newline = form && form->newline;
	parser->n_rows = 0;
	g_string_truncate(parser->data, 0);
	return true;
}

bool recording_read_entry(struct recording_parser *parser, struct slice line, GError **error)
{
	struct slice rest = line;
	struct slice name = slice_take_word(&rest);

	if (rest.length == 0 && name.text[name.length - 1] == '/') {
		name.length--;
		return open_entry(parser, name, NULL, error);
	}
	struct slice sign = slice_take_word(&rest);
	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
		if (slice_is_word(sign, forms[i].sign))
			return open_entry(parser, name, &forms[i], error) &&
			       forms[i].begin(parser, rest, error);
	}
	return recording_fail(parser, error, "not understood: '%.*s'", (int)MIN(line.length, 40),
			      line.text);
}

/* ---- rows ---- */

/* "100-1ff: ff" or "000: de 10 03 1c": reads the part before the colon. */
static bool read_range(struct slice *row, size_t *from, size_t *to)
{
	*to = 0;
	if (!slice_take_number(row, 16, from))
		return false;
	bool run = row->length > 0 && *row->text == '-';
	if (run) {
		*row = slice_from(*row, 1);
		if (!slice_take_number(row, 16, to) || *to < *from)
			return false;
	} else {
		*to = *from;
	}
	if (row->length == 0 || *row->text != ':')
		return false;
	*row = slice_skip_blanks(slice_from(*row, 1));
	return row->length > 0;
}

static bool read_bytes(struct recording_parser *parser, struct slice row, GError **error)
{
	char *data = parser->data->str;
	size_t length = parser->data->len;
	size_t from, to;

	if (!read_range(&row, &from, &to))
		return recording_fail(parser, error, "no row of bytes: '%.*s'",
				      (int)MIN(row.length, 40), row.text);
	bool run = to > from;
	for (size_t at = from; row.length > 0; at++) {
		uint32_t byte;
		if (row.length < 2 || !text_hex(row.text, 2, &byte))
			return recording_fail(parser, error, "no byte: '%.*s'",
					      (int)MIN(row.length, 40), row.text);
		if (at >= length || to >= length)
			return recording_fail(parser, error, "bytes behind the end of '%s'",
					      parser->name);
		if (run && at > from)
			return recording_fail(parser, error, "a run has one value");
		memset(data + at, (int)byte, run ? to - from + 1 : 1);
		row = slice_skip_blanks(slice_from(row, 2));
	}
	return true;
}

bool recording_read_row(struct recording_parser *parser, struct slice row, GError **error)
{
	if (!parser->open || parser->rows == ROWS_NONE)
		return recording_fail(parser, error, "a row that belongs to nothing");
	if (parser->rows == ROWS_BYTES)
		return read_bytes(parser, slice_skip_blanks(row), error);

	if (parser->n_rows++ > 0)
		g_string_append_c(parser->data, '\n');
	size_t n = slice_blank(row);
	decode(slice_from(row, n), parser->data);
	return true;
}

bool recording_read_fold(struct recording_parser *parser, struct slice rest, bool blank,
			 GError **error)
{
	if (!parser->open || parser->rows == ROWS_BYTES || parser->kind == TREE_DIR ||
	    (parser->rows == ROWS_LINES && parser->n_rows == 0))
		return recording_fail(parser, error, "no line that could go on here");
	if (blank)
		g_string_append_c(parser->data, ' ');
	decode(slice_skip_blanks(rest), parser->data);
	return true;
}
