/* Bytes → clean lines. One pass that copies, dropping what mail programs, forums and terminals add:
 * quote marks, HTML, escape sequences, control characters. A clean text is never longer than the
 * original, so one pool holds all of it.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

/* ---- quoted-printable ---- */

#define MAX_QUOTED_PRINTABLE 76 /* columns of a line (RFC 2045) */

/* Raw mail from an archive. "=3D" alone is no proof, since hex digits follow "=" in lspci's output,
 * too; many short lines that end with "=" are. */
static bool is_quoted_printable(const char *text, size_t length)
{
	unsigned soft_breaks = 0, long_lines = 0;
	const char *start = text, *end;

	while ((end = memchr(start, '\n', length - (size_t)(start - text)))) {
		const char *last = end > start && end[-1] == '\r' ? end - 1 : end;
		soft_breaks += last > start && last[-1] == '=';
		long_lines += last - start > MAX_QUOTED_PRINTABLE;
		start = end + 1;
	}
	if (soft_breaks <= long_lines)
		return false;
	return soft_breaks >= 3 || g_strstr_len(text, (gssize)length, "=3D") != NULL;
}

static size_t soft_break(const char *text, size_t left)
{
	if (left >= 2 && text[1] == '\n')
		return 2;
	return left >= 3 && text[1] == '\r' && text[2] == '\n' ? 3 : 0;
}

static char *decode_quoted_printable(const char *text, size_t *length)
{
	char *out = g_malloc0(*length + 1);
	size_t n = 0;

	for (size_t i = 0; i < *length;) {
		size_t skip = text[i] == '=' ? soft_break(text + i, *length - i) : 0;
		if (skip > 0) {
			i += skip;
			continue;
		}
		int high = text[i] == '=' && i + 2 < *length ? text_hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? text_hex_digit(text[i + 2]) : -1;
		if (low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 3;
		} else {
			out[n++] = text[i++];
		}
	}
	*length = n;
	return out;
}

/* ---- what is dropped inside a line ---- */

static const char *const tags[] = {
	"a",   "b",     "blockquote", "br",  "code", "div",  "em",   "font",   "i",
	"li",  "ol",    "p",          "pre", "s",    "samp", "span", "strong", "sub",
	"sup", "table", "td",         "tr",  "tt",   "u",    "ul",
};

/* Those that begin a new line. */
static const char *const breaks[] = { "br", "div", "li", "p", "pre", "table", "tr" };

static bool is_among(const char *const *names, size_t n, const char *name, size_t length)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == length && g_ascii_strncasecmp(names[i], name, length) == 0)
			return true;
	return false;
}

/* The length of an HTML tag at text, 0: it is none. lspci prints <access denied>, <?>, <512ns. */
static size_t tag_length(const char *text, size_t left, bool *new_line)
{
	size_t start = left > 1 && text[1] == '/' ? 2 : 1;
	size_t end = start;

	while (end < left && g_ascii_isalpha(text[end]))
		end++;
	if (!is_among(tags, G_N_ELEMENTS(tags), text + start, end - start))
		return 0;
	*new_line = is_among(breaks, G_N_ELEMENTS(breaks), text + start, end - start);
	while (end < left && end < 200 && text[end] != '>')
		end++;
	return end < left && text[end] == '>' ? end + 1 : 0;
}

static const struct {
	const char *name;
	char value;
} entities[] = {
	{ "&lt;", '<' },   { "&gt;", '>' },   { "&amp;", '&' },
	{ "&quot;", '"' }, { "&nbsp;", ' ' }, { "&#39;", '\'' },
};

static size_t entity_length(const char *text, size_t left, char *value)
{
	for (size_t i = 0; i < G_N_ELEMENTS(entities); i++) {
		size_t n = strlen(entities[i].name);
		if (left >= n && memcmp(text, entities[i].name, n) == 0) {
			*value = entities[i].value;
			return n;
		}
	}
	return 0;
}

/* The length of an escape sequence at text (ESC [ … letter), at least 1. */
static size_t escape_length(const char *text, size_t left)
{
	size_t n = 1;

	if (left < 2 || text[1] != '[')
		return 1;
	for (n = 2; n < left && n < 32; n++)
		if (g_ascii_isalpha(text[n]))
			return n + 1;
	return n;
}

/* One character beyond ASCII. Returns how many bytes it took; *out grows by at most as many. */
static size_t copy_wide(const char *text, size_t left, char **out)
{
	gunichar c = g_utf8_get_char_validated(text, (gssize)left);

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*(*out)++ = '?';
		return 1;
	}
	size_t n = (size_t)(g_utf8_next_char(text) - text);
	if (g_unichar_isspace(c)) /* no-break spaces and their kin */
		*(*out)++ = ' ';
	else if (g_unichar_isprint(c))
		for (size_t i = 0; i < n; i++)
			*(*out)++ = text[i];
	return n;
}

/* ---- a line ---- */

/* Columns, with tabs every eight. */
static unsigned text_columns(const char *text, size_t length)
{
	unsigned columns = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\t')
			columns = (columns | 7) + 1;
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			columns++;
	}
	return columns;
}

/* Copies up to the end of the line, or to a tag that begins a new one. Returns how many bytes of
 * text that took. */
static size_t copy_clean(const char *text, size_t length, char **out_end)
{
	char *out = *out_end;
	bool new_line = false;
	size_t i = 0;

	while (i < length && !new_line) {
		char value;
		size_t n = 0;
		if (text[i] == '<')
			n = tag_length(text + i, length - i, &new_line);
		else if (text[i] == '&') {
			n = entity_length(text + i, length - i, &value);
			if (n > 0)
				*out++ = value;
		} else if (text[i] == '\033')
			n = escape_length(text + i, length - i);
		else if ((unsigned char)text[i] >= 0x80)
			n = copy_wide(text + i, length - i, &out);
		if (n > 0) {
			i += n;
			continue;
		}
		if (text[i] == '\t' || (text[i] >= ' ' && text[i] != 0x7f))
			*out++ = text[i];
		i++;
	}
	*out = '\0';
	*out_end = out;
	return i;
}

/* Words of lspci that begin with the mark of a quotation: a wrapped line may begin with them. */
static bool is_flag_word(const char *text)
{
	return text_after(text, ">SERR") || text_after(text, ">TAbort") ||
	       text_after(text, ">Reset");
}

/* Skips "> > " and the like. */
static char *skip_quotes(char *text)
{
	char *at = text;

	for (;;) {
		char *mark = at;
		while (*mark == ' ' || *mark == '\t')
			mark++;
		if (*mark != '>' || is_flag_word(mark))
			return at;
		at = mark + 1;
		/* one blank belongs to the mark */
		if (*at == ' ')
			at++;
	}
}

static void finish_line(struct posted_text *text, char *start, char *end, unsigned number)
{
	char *at = skip_quotes(start);
	struct posted_line line = { .number = number, .flowed = end > at && end[-1] == ' ' };

	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	char *first = at;
	while (*first == ' ' || *first == '\t')
		first++;
	line.indent = text_columns(at, (size_t)(first - at));
	line.width = text_columns(at, (size_t)(end - at));
	line.text = first;
	line.kind = *first == '\0' ? POSTED_BLANK : POSTED_OTHER;
	for (char *c = first; *c; c++)
		if (*c == '\t')
			*c = ' ';
	g_array_append_val(text->lines, line);
}

/* ---- the text ---- */

/* Some forums put a blank line behind every line: then blank lines mean nothing. */
static void drop_doubled_blanks(GArray *lines)
{
	unsigned pairs = 0, full = 0, kept = 0;

	for (unsigned i = 0; i < lines->len; i++) {
		const struct posted_line *line = &g_array_index(lines, struct posted_line, i);
		if (line->kind == POSTED_BLANK)
			continue;
		full++;
		if (i + 1 < lines->len &&
		    g_array_index(lines, struct posted_line, i + 1).kind == POSTED_BLANK)
			pairs++;
	}
	if (full < 10 || pairs < full - full / 10)
		return;
	for (unsigned i = 0; i < lines->len; i++) {
		struct posted_line line = g_array_index(lines, struct posted_line, i);
		if (line.kind != POSTED_BLANK)
			g_array_index(lines, struct posted_line, kept++) = line;
	}
	g_array_set_size(lines, kept);
}

/* A line of the text: several clean ones where tags break it. Returns the end of the pool. */
static char *add_line(struct posted_text *text, const char *line, size_t length, unsigned number,
		      char *out)
{
	size_t done = 0;

	do {
		char *start = out;
		done += copy_clean(line + done, length - done, &out);
		/* nothing but tags is no blank line */
		if (out == start && (done < length || line[0] == '<'))
			continue;
		finish_line(text, start, out, number);
		out++;
	} while (done < length);
	return out;
}

static void clean(const char *text, size_t length, struct posted_text *ret)
{
	unsigned number = 0;

	*ret = (struct posted_text){
		.pool = g_malloc(length + 2),
		.joined = g_string_chunk_new(4096),
		.lines = g_array_new(FALSE, FALSE, sizeof(struct posted_line)),
	};
	char *out = ret->pool;
	for (size_t i = 0; i < length;) {
		const char *end = memchr(text + i, '\n', length - i);
		size_t n = end ? (size_t)(end - text) - i : length - i;
		out = add_line(ret, text + i, n, ++number, out);
		i += n + 1;
	}
	drop_doubled_blanks(ret->lines);
}

void posted_text_clean(const char *text, size_t length, struct posted_text *ret)
{
	if (!text) /* of length 0 */
		text = "";
	if (!is_quoted_printable(text, length)) {
		clean(text, length, ret);
		return;
	}
	char *decoded = decode_quoted_printable(text, &length);
	clean(decoded, length, ret);
	g_free(decoded);
}

void posted_text_clear(struct posted_text *text)
{
	g_free(text->pool);
	g_string_chunk_free(text->joined);
	g_array_free(text->lines, TRUE);
}
