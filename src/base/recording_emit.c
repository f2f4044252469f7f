/* Tree → recording, see recording.h. A directory becomes a section, in the order of names; each
 * entry takes the most readable of the forms that keep it whole. Lines are folded at blanks, so
 * that nothing on the way to a forum folds them for us. */
#include "base/recording.h"

#include <string.h>

#include "base/errno_name.h"
#include "base/text.h"

#define WIDTH    96 /* columns, where it can be kept */
#define ROW_SIZE 16 /* bytes in a row of hex */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ---- names and values ---- */

static void put_escaped(GString *out, char c)
{
	g_string_append_printf(out, "%%%02x", (unsigned char)c);
}

static void put_name(GString *out, const char *name)
{
	for (const char *at = name; *at; at++) {
		bool plain = g_ascii_isalnum(*at) || strchr("._:@-", *at) ||
			     (at > name && strchr(",=+~()", *at));
		if (plain)
			g_string_append_c(out, *at);
		else
			put_escaped(out, *at);
	}
}

/* How many bytes at text can be written as they are: a printable character, or 0. */
static size_t plain_bytes(const char *text, size_t length)
{
	if (*text == '\t')
		return 1;
	if (*text == '%') {
		bool escape = length > 2 && g_ascii_isxdigit(text[1]) && g_ascii_isxdigit(text[2]);
		return escape ? 0 : 1;
	}
	gunichar c = g_utf8_get_char_validated(text, (gssize)length);
	if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isprint(c) || c == 0xa0)
		return 0;
	return (size_t)(g_utf8_next_char(text) - text);
}

/* One line with everything escaped that would not survive. front: blanks in front survive. */
static GString *encode(const char *text, size_t length, bool front)
{
	GString *out = g_string_sized_new(length + 8);

	for (size_t i = 0; i < length;) {
		size_t n = plain_bytes(text + i, length - i);
		bool edge = (i == 0 && !front) || i == length - 1;
		if (n == 0 || (edge && is_blank(text[i]))) {
			put_escaped(out, text[i++]);
			continue;
		}
		g_string_append_len(out, text + i, (gssize)n);
		i += n;
	}
	return out;
}

/* Where a line of more than width bytes is folded: at a single blank, else between any two
 * characters (*hard), else not at all (0). */
static size_t fold_at(const char *text, size_t width, bool *hard)
{
	*hard = false;
	for (size_t i = width; i > 0; i--)
		if (text[i] == ' ' && !is_blank(text[i - 1]) && !is_blank(text[i + 1]))
			return i;

	*hard = true;
	for (size_t i = width; i > 2; i--) {
		bool inside = ((unsigned char)text[i] & 0xc0) == 0x80 || text[i - 1] == '%' ||
			      text[i - 2] == '%';
		if (!inside && !is_blank(text[i]) && !is_blank(text[i - 1]))
			return i;
	}
	return 0;
}

/* Puts one line of text behind the column-wide beginning of a line that is in out already. */
static void put_line(GString *out, size_t column, const char *text, size_t length, bool front)
{
	GString *line = encode(text, length, front);
	const char *rest = line->str;
	size_t left = line->len;

	while (column + left > WIDTH) {
		bool hard;
		size_t n = fold_at(rest, column + 24 < WIDTH ? WIDTH - column : 24, &hard);
		if (n == 0 || n >= left)
			break;
		g_string_append_len(out, rest, (gssize)n);
		g_string_append(out, hard ? "\n~ " : "\n+ ");
		n += hard ? 0 : 1;
		rest += n;
		left -= n;
		column = 2;
	}
	g_string_append_len(out, rest, (gssize)left);
	g_string_append_c(out, '\n');
	g_string_free(line, TRUE);
}

/* The name and how its value is given: "name = ". No blank is left at the end of a line. */
static void put_entry(GString *out, const char *name, const char *how, const char *text,
		      size_t length)
{
	size_t start = out->len;

	put_name(out, name);
	g_string_append(out, how);
	if (length > 0)
		g_string_append_c(out, ' ');
	put_line(out, out->len - start, text, length, false);
}

/* ---- files ---- */

static void put_lines(GString *out, const struct tree_node *node, bool newline)
{
	const char *text = node->data;
	const char *end = text + node->length - (newline ? 1 : 0);

	put_entry(out, node->name, newline ? " :" : " :-", "", 0);
	for (;;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		g_string_append(out, length > 0 ? "| " : "|");
		put_line(out, 2, text, length, true);
		if (!stop)
			return;
		text = stop + 1;
	}
}

static void put_text(GString *out, const struct tree_node *node)
{
	bool newline = node->length > 0 && node->data[node->length - 1] == '\n';
	size_t length = node->length - (newline ? 1 : 0);

	if (memchr(node->data, '\n', length))
		put_lines(out, node, newline);
	else
		put_entry(out, node->name, newline ? " =" : " =-", node->data, length);
}

/* The length of the run of whole rows, from at on, in which every byte is the same; or 0. */
static size_t uniform_run(const char *bytes, size_t at, size_t length)
{
	size_t end = at;

	while (end < length && bytes[end] == bytes[at])
		end++;
	return end == length ? end - at : (end - at) / ROW_SIZE * ROW_SIZE;
}

static void put_row(GString *out, const char *bytes, size_t at, size_t n)
{
	g_string_append_printf(out, "| %03zx:", at);
	for (size_t i = 0; i < n; i++)
		g_string_append_printf(out, " %02x", (unsigned char)bytes[at + i]);
	g_string_append_c(out, '\n');
}

static void put_bytes(GString *out, const struct tree_node *node)
{
	g_autofree char *how = g_strdup_printf(" x %zu", node->length);
	const char *bytes = node->data;
	size_t length = node->length;

	put_entry(out, node->name, how, "", 0);
	for (size_t at = 0, n; at < length; at += n) {
		n = uniform_run(bytes, at, length);
		if (n == 0) {
			n = MIN(ROW_SIZE, length - at);
			put_row(out, bytes, at, n);
		} else if (bytes[at] != 0) {
			g_string_append_printf(out, "| %03zx-%03zx: %02x\n", at, at + n - 1,
					       (unsigned char)bytes[at]);
		}
	}
}

/* Text, unless much of it would have to be escaped. */
static bool is_text(const struct tree_node *node)
{
	size_t escaped = 0;

	for (size_t i = 0; i < node->length;) {
		size_t n = plain_bytes(node->data + i, node->length - i);
		if (n == 0 && node->data[i] != '\n')
			escaped++;
		i += n > 0 ? n : 1;
	}
	return escaped * 8 <= node->length;
}

/* ---- the tree ---- */

static void put_error(GString *out, const struct tree_node *node)
{
	const char *name = errno_name(node->error);

	put_name(out, node->name);
	if (name)
		g_string_append_printf(out, " ! %s\n", name);
	else
		g_string_append_printf(out, " ! %d\n", node->error);
}

static bool is_empty_dir(const struct tree_node *node)
{
	return !node->children || g_hash_table_size(node->children) == 0;
}

static void put_node(GString *out, const struct tree_node *node)
{
	switch (node->kind) {
	case TREE_FILE:
		if (is_text(node) || node->length > RECORDING_MAX_BYTES)
			put_text(out, node);
		else
			put_bytes(out, node);
		break;
	case TREE_LINK:
		put_entry(out, node->name, " ->", node->data, node->length);
		break;
	case TREE_ERROR:
		put_error(out, node);
		break;
	case TREE_DIR:
		put_name(out, node->name);
		g_string_append(out, "/\n");
		break;
	}
}

/* path: of dir, already escaped, with a slash behind it. */
static void put_section(GString *out, const struct tree_node *dir, GString *path)
{
	g_autoptr(GPtrArray) names = tree_names(dir);
	bool headed = false;

	for (guint i = 0; i < names->len; i++) {
		const struct tree_node *node = g_hash_table_lookup(dir->children, names->pdata[i]);
		if (node->kind == TREE_DIR && !is_empty_dir(node))
			continue;
		if (!headed)
			g_string_append_printf(out, "\n[%.*s]\n",
					       (int)(path->len > 1 ? path->len - 1 : 1), path->str);
		headed = true;
		put_node(out, node);
	}
	for (guint i = 0; i < names->len; i++) {
		const struct tree_node *node = g_hash_table_lookup(dir->children, names->pdata[i]);
		gsize length = path->len;
		if (node->kind != TREE_DIR || is_empty_dir(node))
			continue;
		put_name(path, node->name);
		g_string_append_c(path, '/');
		put_section(out, node, path);
		g_string_truncate(path, length);
	}
}

char *recording_emit(const struct tree *tree, const char *const *notes)
{
	GString *out = g_string_new("vfiokit-host 1\n");
	g_autoptr(GString) path = g_string_new("/");

	for (; notes && *notes; notes++) {
		g_autofree char *note = text_printable(*notes, strlen(*notes));
		g_string_append_printf(out, "# %s\n", note);
	}
	put_section(out, tree_root(tree), path);
	g_string_append(out, "\n[end]\n");
	return g_string_free(out, FALSE);
}
