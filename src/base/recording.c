/* Recording → tree, see recording.h. Line by line: an entry is kept open while its rows follow, and
 * is put into the tree when the next one begins. Strict in what a line may say, so that a damaged
 * recording is told from a machine that lacks something. */
#include "base/recording.h"

#include <errno.h>
#include <string.h>

#include "base/errno_name.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/text.h"

#define FIRST_LINE "vfiokit-host "
#define MAX_NAME   255
#define MAX_ERRNO  4095

/* What the rows behind an entry are. */
enum rows {
	ROWS_NONE,  /* it has none */
	ROWS_LINES, /* lines of text */
	ROWS_BYTES, /* rows of hex */
};

struct parser {
	struct tree *tree;
	const char *at; /* what is not read yet */
	const char *end;
	unsigned line;               /* number of the line that is being read */
	size_t total;                /* bytes of "x" entries so far */
	const struct tree_node *dir; /* of the section; NULL: before the first one */
	GString *path;               /* of dir, with a slash behind it */
	bool ended;                  /* by [end] */

	/* The entry whose rows may follow. */
	bool open;
	enum tree_kind kind;
	enum rows rows;
	bool newline; /* text: ends with one */
	unsigned n_rows;
	char name[MAX_NAME + 1];
	GString *data;
};

static bool fail(const struct parser *parser, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static bool fail(const struct parser *parser, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *clean = text_printable(what, strlen(what));
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "line %u: %s", parser->line, clean);
	return false;
}

/* ---- pieces of lines ---- */

static struct slice skip_quotes(struct slice line)
{
	line = slice_skip_blanks(line);
	while (line.length > 0 && *line.text == '>')
		line = slice_skip_blanks(slice_from(line, 1));
	return line;
}

/* The next line without quote marks and the blanks around it. */
static bool next_line(struct parser *parser, struct slice *ret)
{
	if (parser->at == parser->end)
		return false;

	size_t left = (size_t)(parser->end - parser->at);
	const char *stop = memchr(parser->at, '\n', left);
	struct slice line = { parser->at, stop ? (size_t)(stop - parser->at) : left };
	parser->at = stop ? stop + 1 : parser->end;
	parser->line++;
	*ret = slice_chomp(skip_quotes(line));
	return true;
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

/* One name, without %XX afterwards. */
static bool decode_name(const struct parser *parser, struct slice slice, char ret[MAX_NAME + 1],
			GError **error)
{
	g_autoptr(GString) name = g_string_sized_new(MIN(slice.length, 1024));

	decode(slice, name);
	bool good = name->len > 0 && name->len <= MAX_NAME && !memchr(name->str, '/', name->len) &&
		    !memchr(name->str, '\0', name->len) && strcmp(name->str, ".") != 0 &&
		    strcmp(name->str, "..") != 0;
	if (!good)
		return fail(parser, error, "'%.*s' cannot be the name of a file",
			    (int)MIN(slice.length, 40), slice.text);
	memcpy(ret, name->str, name->len + 1);
	return true;
}

/* ---- entries ---- */

static bool put_entry(const struct parser *parser, const char *path)
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

/* Puts the open entry, if there is one, into the tree. */
static bool close_entry(struct parser *parser, GError **error)
{
	if (!parser->open)
		return true;
	parser->open = false;
	if (parser->rows == ROWS_LINES && parser->n_rows == 0)
		return fail(parser, error, "no lines follow '%s'", parser->name);
	if (parser->kind == TREE_FILE && parser->newline)
		g_string_append_c(parser->data, '\n');
	if (parser->kind == TREE_LINK && (memchr(parser->data->str, '\0', parser->data->len) ||
					  parser->data->len > RECORDING_MAX_LINK))
		return fail(parser, error, "'%s' cannot be a link", parser->name);

	g_autofree char *path = g_strconcat(parser->path->str, parser->name, NULL);
	if (!put_entry(parser, path))
		return fail(parser, error, "cannot put '%s' there", parser->name);
	return true;
}

static bool begin_text(struct parser *parser, struct slice value, GError **error)
{
	decode(value, parser->data);
	return true;
}

static bool begin_lines(struct parser *parser, struct slice value, GError **error)
{
	if (value.length > 0)
		return fail(parser, error, "nothing may stand behind '%s :'", parser->name);
	return true;
}

static bool begin_bytes(struct parser *parser, struct slice value, GError **error)
{
	size_t length;

	if (!slice_take_number(&value, 10, &length) || value.length > 0)
		return fail(parser, error, "the length of '%s' is no number", parser->name);
	if (length > RECORDING_MAX_BYTES)
		return fail(parser, error, "'%s' is too long: at most %d bytes are read",
			    parser->name, RECORDING_MAX_BYTES);
	if (length > RECORDING_MAX_TOTAL - parser->total)
		return fail(parser, error, "more than %d bytes of binary files",
			    RECORDING_MAX_TOTAL);
	parser->total += length;
	g_string_set_size(parser->data, length);
	memset(parser->data->str, 0, length);
	return true;
}

/* An error is no entry that rows could follow: it is put at once. */
static bool begin_error(struct parser *parser, struct slice value, GError **error)
{
	g_autofree char *name = g_strndup(value.text, MIN(value.length, 40));
	uint32_t number;

	parser->open = false;
	if (!text_to_u32(name, 10, MAX_ERRNO, &number))
		number = (uint32_t)errno_by_name(name);
	if (number == 0)
		return fail(parser, error, "'%s' is no error known here", name);

	g_autofree char *path = g_strconcat(parser->path->str, parser->name, NULL);
	if (tree_put_error(parser->tree, path, (int)number) < 0)
		return fail(parser, error, "cannot put '%s' there", parser->name);
	return true;
}

static const struct form {
	const char *sign;
	enum tree_kind kind;
	enum rows rows;
	bool newline;
	bool (*begin)(struct parser *parser, struct slice value, GError **error);
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

static bool open_entry(struct parser *parser, struct slice name, const struct form *form,
		       GError **error)
{
	int ignored;

	if (!parser->dir)
		return fail(parser, error, "an entry before the first [/directory]");
	if (!decode_name(parser, name, parser->name, error))
		return false;
	const struct tree_node *old =
		tree_find(parser->tree, parser->dir, parser->name, false, &ignored);
	if (old && !(old->kind == TREE_DIR && !form))
		return fail(parser, error, "'%s' is there twice", parser->name);

	parser->open = true;
	parser->kind = form ? form->kind : TREE_DIR;
	parser->rows = form ? form->rows : ROWS_NONE;
	parser->newline = form && form->newline;
	parser->n_rows = 0;
	g_string_truncate(parser->data, 0);
	return true;
}

static bool read_entry(struct parser *parser, struct slice line, GError **error)
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
	return fail(parser, error, "not understood: '%.*s'", (int)MIN(line.length, 40), line.text);
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

static bool read_bytes(struct parser *parser, struct slice row, GError **error)
{
	char *data = parser->data->str;
	size_t length = parser->data->len;
	size_t from, to;

	if (!read_range(&row, &from, &to))
		return fail(parser, error, "no row of bytes: '%.*s'", (int)MIN(row.length, 40),
			    row.text);
	bool run = to > from;
	for (size_t at = from; row.length > 0; at++) {
		uint32_t byte;
		if (row.length < 2 || !text_hex(row.text, 2, &byte))
			return fail(parser, error, "no byte: '%.*s'", (int)MIN(row.length, 40),
				    row.text);
		if (at >= length || to >= length)
			return fail(parser, error, "bytes behind the end of '%s'", parser->name);
		if (run && at > from)
			return fail(parser, error, "a run has one value");
		memset(data + at, (int)byte, run ? to - from + 1 : 1);
		row = slice_skip_blanks(slice_from(row, 2));
	}
	return true;
}

static bool read_row(struct parser *parser, struct slice row, GError **error)
{
	if (!parser->open || parser->rows == ROWS_NONE)
		return fail(parser, error, "a row that belongs to nothing");
	if (parser->rows == ROWS_BYTES)
		return read_bytes(parser, slice_skip_blanks(row), error);

	if (parser->n_rows++ > 0)
		g_string_append_c(parser->data, '\n');
	size_t n = slice_blank(row);
	decode(slice_from(row, n), parser->data);
	return true;
}

/* A folded line goes on. */
static bool read_fold(struct parser *parser, struct slice rest, bool blank, GError **error)
{
	if (!parser->open || parser->rows == ROWS_BYTES || parser->kind == TREE_DIR ||
	    (parser->rows == ROWS_LINES && parser->n_rows == 0))
		return fail(parser, error, "no line that could go on here");
	if (blank)
		g_string_append_c(parser->data, ' ');
	decode(slice_skip_blanks(rest), parser->data);
	return true;
}

/* ---- sections ---- */

/* Moves from parser->dir to the directory called name in it, which is made if need be. */
static bool enter(struct parser *parser, struct slice name, GError **error)
{
	char text[MAX_NAME + 1];
	int ignored;

	if (!decode_name(parser, name, text, error))
		return false;
	const struct tree_node *next = tree_find(parser->tree, parser->dir, text, false, &ignored);
	if (next && next->kind != TREE_DIR)
		return fail(parser, error, "'%s' is no directory", text);

	g_string_append(parser->path, text);
	if (!next && tree_put_dir(parser->tree, parser->path->str) < 0)
		return fail(parser, error, "cannot make the directory '%s'", parser->path->str);
	parser->dir = next ? next : tree_find(parser->tree, parser->dir, text, false, &ignored);
	g_string_append_c(parser->path, '/');
	return true;
}

static bool read_section(struct parser *parser, struct slice line, GError **error)
{
	if (slice_is_word(line, "[end]")) {
		parser->ended = true;
		return true;
	}
	if (line.length < 3 || line.text[1] != '/' || line.text[line.length - 1] != ']')
		return fail(parser, error, "no [/directory]: '%.*s'", (int)MIN(line.length, 40),
			    line.text);

	const char *at = line.text + 2;
	const char *end = line.text + line.length - 1;
	unsigned depth = 0;
	parser->dir = tree_root(parser->tree);
	g_string_assign(parser->path, "/");
	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		const char *stop = slash ? slash : end;
		if (++depth > RECORDING_MAX_DEPTH)
			return fail(parser, error, "directories nested too deeply");
		if (!enter(parser, (struct slice){ at, (size_t)(stop - at) }, error))
			return false;
		at = slash ? slash + 1 : end;
	}
	return true;
}

static bool read_line(struct parser *parser, struct slice line, GError **error)
{
	struct slice rest = slice_from(line, 1);
	bool alone = rest.length == 0 || slice_blank(rest) > 0;

	if (memchr(line.text, '\0', line.length))
		return fail(parser, error, "a NUL byte");
	switch (*line.text) {
	case '#':
		return true;
	case '|':
		return read_row(parser, rest, error);
	case '+':
	case '~':
		if (!alone)
			break;
		return read_fold(parser, rest, *line.text == '+', error);
	case '[':
		return close_entry(parser, error) && read_section(parser, line, error);
	default:
		break;
	}
	return close_entry(parser, error) && read_entry(parser, line, error);
}

/* ---- the whole ---- */

/* Reads up to and with the first line of the recording; *version is what follows its word. */
static bool find_start(struct parser *parser, struct slice *version)
{
	struct slice line;
	size_t word = strlen(FIRST_LINE);

	while (next_line(parser, &line)) {
		if (line.length <= word || memcmp(line.text, FIRST_LINE, word) != 0)
			continue;
		*version = slice_from(line, word);
		if (g_ascii_isdigit(*version->text))
			return true;
	}
	return false;
}

bool recording_looks_like(const char *text, size_t length)
{
	struct parser parser = { .at = text, .end = text + length };
	struct slice version;

	return find_start(&parser, &version);
}

static bool read_all(struct parser *parser, GError **error)
{
	struct slice line;

	if (!find_start(parser, &line)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no recorded host: no line '%s1'",
			    FIRST_LINE);
		return false;
	}
	if (!slice_is_word(line, "1")) {
		fail(parser, error, "a recording of version '%.*s'; only 1 is known here",
		     (int)MIN(line.length, 10), line.text);
		error_hint(error,
			   "read it with the version of vfiokit that made it, or a newer one");
		return false;
	}
	while (!parser->ended && next_line(parser, &line))
		if (line.length > 0 && !read_line(parser, line, error))
			return false;
	if (!parser->ended) {
		fail(parser, error, "the recording is cut off here: there is no line '[end]'");
		error_hint(error,
			   "what is missing would look like something this host does not have");
		return false;
	}
	return close_entry(parser, error);
}

struct tree *recording_parse(const char *text, size_t length, GError **error)
{
	struct parser parser = {
		.tree = tree_new(),
		.at = text,
		.end = text + length,
		.path = g_string_new(NULL),
		.data = g_string_new(NULL),
	};

	if (!read_all(&parser, error)) {
		tree_free(parser.tree);
		parser.tree = NULL;
	}
	g_string_free(parser.path, TRUE);
	g_string_free(parser.data, TRUE);
	return parser.tree;
}
