/* Clean lines → logical lines. Every line is given a kind by what it begins with; a line that
 * begins with nothing known may be the rest of the line before it, which a mail program or a
 * terminal broke. Whether it is, the kind of the line before and the width of the whole text
 * decide.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

#define MAX_PIECES 8 /* of one logical line */

/* How the text was wrapped. */
struct wrap {
	unsigned width; /* columns that next to no line is wider than */
	bool soft;      /* narrow enough to be wrapped by a mail program */
	unsigned full;  /* columns of the terminal that it was copied from; 0: from none */
	bool ids;       /* functions have ids: lspci -nn */
};

/* ---- kinds ---- */

/* "Word:", "Two words:", "L1SubCap:" … the beginning of a line of lspci, or of prose. */
static bool is_label(const char *text)
{
	size_t n = 0;

	if (!g_ascii_isalnum(text[0]))
		return false;
	while (n < 32 && text[n] && text[n] != ':')
		if (!g_ascii_isalnum(text[n]) && !strchr(" /#()+-._", text[n]))
			return false;
		else
			n++;
	return n > 0 && text[n] == ':' && (text[n + 1] == ' ' || text[n + 1] == '\0');
}

static bool is_cmdline(const char *text)
{
	return text_after(text, "BOOT_IMAGE=") != NULL;
}

/* "[...]", "<snip>", "--" as grep prints it between matches */
static bool is_cut(const char *text)
{
	return strcmp(text, "--") == 0 || text_after(text, "...") || text_after(text, "[...") ||
	       text_after(text, "…") || text_after(text, "[…") || text_after(text, "<snip") ||
	       text_after(text, "[snip") || text_after(text, "[cut");
}

/* Rulers and the like; the "total 0" of ls -l */
static bool is_ornament(const char *text)
{
	const char *total = text_after(text, "total ");

	if (total && g_ascii_isdigit(*total))
		return true;
	for (; *text; text++)
		if (g_ascii_isalnum(*text))
			return false;
	return true;
}

static enum posted_kind kind_of(const char *text)
{
	struct posted_device device;
	bool deep;
	int group;

	if (text[0] == '\0')
		return POSTED_BLANK;
	if (posted_hex_known(text))
		return POSTED_HEX;
	if (posted_device_scan(text, &device))
		return POSTED_DEVICE;
	if (posted_group_header(text, &group))
		return POSTED_GROUP;
	if (posted_property_known(text, &deep))
		return POSTED_PROPERTY;
	if (is_cmdline(text))
		return POSTED_CMDLINE;
	if (is_cut(text))
		return POSTED_CUT;
	if (is_ornament(text))
		return POSTED_IGNORED;
	return is_label(text) ? POSTED_LABEL : POSTED_OTHER;
}

/* ---- how the text was wrapped ---- */

/* "user@host:~$ …": never the rest of a line */
static bool is_prompt(const char *text)
{
	const char *at = strpbrk(text, " @");

	return at && *at == '@';
}

static bool has_class_number(const char *text)
{
	for (const char *at = strchr(text, '['); at; at = strchr(at + 1, '[')) {
		uint32_t class;
		if (text_hex(at + 1, 4, &class) && at[5] == ']' && at[6] == ':')
			return true;
	}
	return false;
}

static bool has_ids(const char *text)
{
	int32_t vendor, device;

	for (const char *at = strchr(text, '['); at; at = strchr(at + 1, '['))
		if (posted_ids_scan(at, &vendor, &device))
			return true;
	return false;
}

#define MAX_WIDTH 400

static struct wrap wrap_measure(const GArray *lines)
{
	unsigned counts[MAX_WIDTH + 1] = { 0 };
	unsigned full = 0, wider = 0;
	struct wrap wrap = { 0 };

	for (unsigned i = 0; i < lines->len; i++) {
		const struct posted_line *line = &g_array_index(lines, struct posted_line, i);
		if (line->kind == POSTED_BLANK || line->kind == POSTED_HEX)
			continue;
		counts[MIN(line->width, MAX_WIDTH)]++;
		full++;
		wrap.ids |= has_ids(line->text);
	}
	for (wrap.width = MAX_WIDTH; wrap.width > 0; wrap.width--) {
		wider += counts[wrap.width];
		if (wider > full / 50)
			break;
	}
	wrap.soft = wrap.width >= 60 && wrap.width <= 100;
	unsigned widest = MAX_WIDTH;
	while (widest > 0 && counts[widest] == 0)
		widest--;
	if (widest >= 80 && widest < MAX_WIDTH && counts[widest] >= 2)
		wrap.full = widest;
	return wrap;
}

/* Columns of a word that may be broken off: longer ones are prompts and addresses. */
#define MAX_WORD 40

/* Would the first word of next have fitted on the line? If so nothing broke it there. */
static bool wrap_explains(const struct wrap *wrap, const struct posted_line *line,
			  const struct posted_line *next)
{
	size_t word = strcspn(next->text, " ");

	if (!wrap->soft || (word > MAX_WORD && !strchr(next->text, '=')))
		return false;
	return line->flowed || line->width + 1 + word > wrap->width;
}

/* ---- does it go on? ---- */

/* "… [8086:7ae2] (rev": a parenthesis that nothing closes */
static bool is_open(const char *text)
{
	const char *open = strrchr(text, '(');

	return open && !strchr(open, ')');
}

static bool device_goes_on(const struct wrap *wrap, const char *text,
			   const struct posted_line *last, const struct posted_line *next)
{
	bool ids = has_ids(text);

	if (text_after(next->text, "(rev ") || text_after(next->text, "(prog-if "))
		return true;
	if (!ids && posted_ids_scan(next->text, &(int32_t){ 0 }, &(int32_t){ 0 }))
		return true;
	if (is_open(text) && next->kind == POSTED_OTHER && strchr(next->text, ')'))
		return true;
	if (strstr(text, "(rev "))
		return false;
	if (wrap->ids && has_class_number(text) && !ids)
		return true;
	return !ids && wrap_explains(wrap, last, next);
}

/* Properties: deep ones go on whatever follows, texts only where wrapping explains it. */
static bool property_goes_on(const struct wrap *wrap, const char *text,
			     const struct posted_line *last, const struct posted_line *next)
{
	bool deep;

	/* "Flags: …, IOMMU" and "group 7" */
	if (next->kind == POSTED_GROUP)
		return text_after(text, "Flags:") &&
		       (g_str_has_suffix(text, ", IOMMU") || g_str_has_suffix(text, ","));
	if (next->kind != POSTED_OTHER)
		return false;
	if (posted_property_known(text, &deep) && deep)
		return true;
	if (wrap->ids && text_after(text, "Subsystem:") && !has_ids(text) && has_ids(next->text))
		return true;
	return g_str_has_suffix(text, ",") || wrap_explains(wrap, last, next);
}

/* text: the logical line so far; last: its last piece; next: the line behind it. */
static bool goes_on(const struct wrap *wrap, enum posted_kind kind, const char *text,
		    const struct posted_line *last, const struct posted_line *next)
{
	if (is_prompt(next->text))
		return false;
	if (kind == POSTED_DEVICE)
		return (next->kind == POSTED_OTHER || next->kind == POSTED_LABEL) &&
		       device_goes_on(wrap, text, last, next);
	if (kind == POSTED_PROPERTY)
		return property_goes_on(wrap, text, last, next);
	return kind == POSTED_CMDLINE && next->kind == POSTED_OTHER &&
	       wrap_explains(wrap, last, next);
}

/* ---- joining ---- */

static struct posted_line *line_at(struct posted_text *text, unsigned i)
{
	return &g_array_index(text->lines, struct posted_line, i);
}

/* Does the last piece fill the terminal that it was copied from, so that it goes on in next? */
static bool is_full(const struct wrap *wrap, const struct posted_line *last,
		    const struct posted_line *next)
{
	char end = last->text[0] ? last->text[strlen(last->text) - 1] : '\0';

	/* a blank in the last column was cut off */
	return wrap->full > 0 && last->width + last->flowed == wrap->full && end != ')' &&
	       end != ']' && next->indent <= 1 && !is_prompt(next->text) &&
	       (next->kind == POSTED_OTHER || next->kind == POSTED_LABEL ||
		next->kind == POSTED_IGNORED);
}

/* Joins the lines from first on that belong together. Returns how many pieces that took. */
static unsigned join_line(struct posted_text *text, const struct wrap *wrap, unsigned first)
{
	struct posted_line *line = line_at(text, first);
	g_autoptr(GString) joined = NULL;
	unsigned n = 1;

	while (n < MAX_PIECES && first + n < text->lines->len) {
		const struct posted_line *last = line_at(text, first + n - 1);
		const struct posted_line *next = line_at(text, first + n);
		const char *so_far = joined ? joined->str : line->text;
		bool full = is_full(wrap, last, next);
		if (!full && !goes_on(wrap, line->kind, so_far, last, next))
			break;
		if (!joined)
			joined = g_string_new(line->text);
		if (!full || last->flowed || next->indent == 1)
			g_string_append_c(joined, ' ');
		g_string_append(joined, next->text);
		n++;
	}
	if (joined)
		line->text = g_string_chunk_insert(text->joined, joined->str);
	return n;
}

/* "00:13.0 Non-Volatile memory" is no device line until the next line is joined to it. */
static bool join_broken_device(struct posted_text *text, unsigned first)
{
	struct posted_line *line = line_at(text, first);
	struct posted_device device;

	if (first + 1 >= text->lines->len || !posted_has_address(line->text))
		return false;
	const struct posted_line *next = line_at(text, first + 1);
	if (next->kind != POSTED_OTHER && next->kind != POSTED_LABEL)
		return false;
	/* a wider gap between columns may be where the line broke */
	g_autofree char *joined = g_strdup_printf("%s %s", line->text, next->text);
	if (!posted_device_scan(joined, &device)) {
		g_free(joined);
		joined = g_strdup_printf("%s  %s", line->text, next->text);
		if (!posted_device_scan(joined, &device) || !device.prefix.marked)
			return false;
	}
	if (device.bare)
		return false;
	line->text = g_string_chunk_insert(text->joined, joined);
	line->kind = POSTED_DEVICE;
	line->width = next->width;
	line->flowed = next->flowed;
	return true;
}

static void remove_line(struct posted_text *text, unsigned i)
{
	line_at(text, i)->kind = POSTED_IGNORED;
	line_at(text, i)->text = "";
}

/* Lines that go on a line nobody wants ("DevCap2: …" and what hangs below it) are no prose. */
static void ignore_tails(struct posted_text *text)
{
	bool tail = false;

	for (unsigned i = 0; i < text->lines->len; i++) {
		struct posted_line *line = line_at(text, i);
		if (line->kind == POSTED_OTHER && tail)
			line->kind = POSTED_IGNORED;
		else if (line->kind != POSTED_IGNORED)
			tail = line->kind == POSTED_LABEL || line->kind == POSTED_PROPERTY;
	}
}

void posted_text_join(struct posted_text *text)
{
	for (unsigned i = 0; i < text->lines->len; i++)
		line_at(text, i)->kind = kind_of(line_at(text, i)->text);

	struct wrap wrap = wrap_measure(text->lines);
	for (unsigned i = 0; i < text->lines->len; i++) {
		enum posted_kind first = line_at(text, i)->kind;
		if ((first == POSTED_OTHER || first == POSTED_LABEL) &&
		    join_broken_device(text, i)) {
			/* the second piece goes on as if it were the first */
			struct posted_line line = *line_at(text, i);
			remove_line(text, i);
			*line_at(text, ++i) = line;
		}
		enum posted_kind kind = line_at(text, i)->kind;
		if (kind != POSTED_DEVICE && kind != POSTED_PROPERTY && kind != POSTED_CMDLINE)
			continue;
		unsigned pieces = join_line(text, &wrap, i);
		for (unsigned k = 1; k < pieces; k++)
			remove_line(text, i + k);
		i += pieces - 1;
	}
	ignore_tails(text);
}
