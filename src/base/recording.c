/* Recording → tree, see recording.h. Line by line, and strict in what a line may say, so that a
 * damaged recording is told from a machine that lacks something. */
#include "base/recording.h"

#include <string.h>

#include "base/error.h"
#include "base/recording_parts.h"

#define FIRST_LINE "vfiokit-host "

/* ---- pieces of lines ---- */

static struct slice skip_quotes(struct slice line)
{
	line = slice_skip_blanks(line);
	while (line.length > 0 && *line.text == '>')
		line = slice_skip_blanks(slice_from(line, 1));
	return line;
}

/* The next line without quote marks and the blanks around it. */
static bool next_line(struct recording_parser *parser, struct slice *ret)
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

/* ---- sections ---- */

/* Moves from parser->dir to the directory called name in it, which is made if need be. */
static bool enter(struct recording_parser *parser, struct slice name, GError **error)
{
	char text[RECORDING_MAX_NAME + 1];
	int ignored;

	if (!recording_name(parser, name, text, error))
		return false;
	const struct tree_node *next = tree_find(parser->tree, parser->dir, text, false, &ignored);
	if (next && next->kind != TREE_DIR)
		return recording_fail(parser, error, "'%s' is no directory", text);

	g_string_append(parser->path, text);
	if (!next && tree_put_dir(parser->tree, parser->path->str) < 0)
		return recording_fail(parser, error, "cannot make the directory '%s'",
				      parser->path->str);
	parser->dir = next ? next : tree_find(parser->tree, parser->dir, text, false, &ignored);
	g_string_append_c(parser->path, '/');
	return true;
}

static bool read_section(struct recording_parser *parser, struct slice line, GError **error)
{
	if (slice_is_word(line, "[end]")) {
		parser->ended = true;
		return true;
	}
	if (line.length < 3 || line.text[1] != '/' || line.text[line.length - 1] != ']')
		return recording_fail(parser, error, "no [/directory]: '%.*s'",
				      (int)MIN(line.length, 40), line.text);

	const char *at = line.text + 2;
	const char *end = line.text + line.length - 1;
	unsigned depth = 0;
	parser->dir = tree_root(parser->tree);
	g_string_assign(parser->path, "/");
	while (at < end) {
		const char *slash = memchr(at, '/', (size_t)(end - at));
		const char *stop = slash ? slash : end;
		if (++depth > RECORDING_MAX_DEPTH)
			return recording_fail(parser, error, "directories nested too deeply");
		if (!enter(parser, (struct slice){ at, (size_t)(stop - at) }, error))
			return false;
		at = slash ? slash + 1 : end;
	}
	return true;
}

static bool read_line(struct recording_parser *parser, struct slice line, GError **error)
{
	struct slice rest = slice_from(line, 1);
	bool alone = rest.length == 0 || slice_blank(rest) > 0;

	if (memchr(line.text, '\0', line.length))
		return recording_fail(parser, error, "a NUL byte");
	switch (*line.text) {
	case '#':
		return true;
	case '|':
		return recording_read_row(parser, rest, error);
	case '+':
	case '~':
		if (!alone)
			break;
		return recording_read_fold(parser, rest, *line.text == '+', error);
	case '[':
		return recording_close_entry(parser, error) && read_section(parser, line, error);
	default:
		break;
	}
	return recording_close_entry(parser, error) && recording_read_entry(parser, line, error);
}

/* ---- the whole ---- */

/* Reads up to and with the first line of the recording; *version is what follows its word. */
static bool find_start(struct recording_parser *parser, struct slice *version)
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
	struct recording_parser parser = { .at = text, .end = text + length };
	struct slice version;

	return find_start(&parser, &version);
}

static bool read_all(struct recording_parser *parser, GError **error)
{
	struct slice line;

	if (!find_start(parser, &line)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no recorded host: no line '%s1'",
			    FIRST_LINE);
		return false;
	}
	if (!slice_is_word(line, "1")) {
		recording_fail(parser, error, "a recording of version '%.*s'; only 1 is known here",
			       (int)MIN(line.length, 10), line.text);
		error_hint(error,
			   "read it with the version of vfiokit that made it, or a newer one");
		return false;
	}
	while (!parser->ended && next_line(parser, &line))
		if (line.length > 0 && !read_line(parser, line, error))
			return false;
	if (!parser->ended) {
		recording_fail(parser, error,
			       "the recording is cut off here: there is no line '[end]'");
		error_hint(error,
			   "what is missing would look like something this host does not have");
		return false;
	}
	return recording_close_entry(parser, error);
}

struct tree *recording_parse(const char *text, size_t length, GError **error)
{
	struct recording_parser parser = {
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
