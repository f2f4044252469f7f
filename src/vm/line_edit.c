/* See line_edit.h. */
#include "vm/line_edit.h"

#include <string.h>

struct edit {
	size_t start, end;
	char *text;
};

struct line_edits {
	const char *text;
	GArray *list; /* of struct edit */
};

/* Where a piece stands, without the quotes around it. */
struct piece {
	size_t start, end;
	ssize_t comma; /* in front of it; -1: it is the first */
	bool sound;    /* no quote begins or ends inside of it without its other half */
};

static void clear_edit(void *data)
{
	g_free(((struct edit *)data)->text);
}

struct line_edits *line_edits_new(const char *text)
{
	struct line_edits *edits = g_new0(struct line_edits, 1);

	edits->text = text;
	edits->list = g_array_new(FALSE, FALSE, sizeof(struct edit));
	g_array_set_clear_func(edits->list, clear_edit);
	return edits;
}

void line_edits_free(struct line_edits *edits)
{
	if (!edits)
		return;
	g_array_unref(edits->list);
	g_free(edits);
}

static void add(struct line_edits *edits, size_t start, size_t end, const char *text)
{
	const struct edit edit = { .start = start, .end = end, .text = g_strdup(text) };

	g_array_append_val(edits->list, edit);
}

/* ---- pieces ---- */

/* The quote that is open behind text[at], which is not the second half of an escape; *skip: how
 * many bytes at stands for. */
static char next_quote(const char *text, size_t at, char open, size_t *skip)
{
	char c = text[at];

	*skip = c == '\\' && open != '\'' && text[at + 1] ? 2 : 1;
	if (open)
		return c == open ? '\0' : open;
	return c == '\'' || c == '"' ? c : '\0';
}

static struct piece trim(const char *text, size_t start, size_t end, char open)
{
	struct piece piece = { .start = start, .end = end };
	size_t skip;

	while (piece.start < end && text[piece.start] == '\\' && text[piece.start + 1] == '\n')
		piece.start += 2;
	if (!open && piece.start < end && strchr("'\"", text[piece.start]))
		open = text[piece.start++];
	char quote = open, before = open;
	for (size_t at = piece.start; at < end; at += skip) {
		before = quote;
		quote = next_quote(text, at, quote, &skip);
	}
	bool closes = open && piece.end > piece.start && before == open && quote == '\0' &&
		      text[end - 1] == open;
	piece.end -= closes;
	piece.sound = closes || quote == open;
	return piece;
}

/* None for a word that stands nowhere as such, and for JSON. */
static GArray *split(const struct line_edits *edits, const struct guest_place *word)
{
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	const char *text = edits->text;
	size_t start = word->start, skip;
	ssize_t comma = -1;
	char quote = '\0', open = '\0';

	for (size_t at = word->start; at < word->end; at += skip) {
		bool doubled = text[at] == ',' && at + 1 < word->end && text[at + 1] == ',';
		bool ends = text[at] == ',' && !doubled;
		quote = next_quote(text, at, quote, &skip);
		skip = doubled ? 2 : skip;
		if (!ends && at + skip < word->end)
			continue;
		struct piece piece = trim(text, start, ends ? at : word->end, open);
		piece.comma = comma;
		g_array_append_val(pieces, piece);
		comma = (ssize_t)at;
		start = at + 1;
		open = quote;
	}
	if (pieces->len > 0 && text[g_array_index(pieces, struct piece, 0).start] == '{')
		g_array_set_size(pieces, 0);
	return pieces;
}

static bool has_key(const struct line_edits *edits, const struct piece *piece, const char *key)
{
	const char *text = edits->text + piece->start;
	size_t length = strlen(key), whole = piece->end - piece->start;

	return whole >= length && strncmp(text, key, length) == 0 &&
	       (whole == length || text[length] == '=');
}

/* The last piece of this key; NULL: none. */
static const struct piece *find(const struct line_edits *edits, const GArray *pieces,
				const char *key)
{
	for (guint i = pieces->len; i-- > 0;) {
		const struct piece *piece = &g_array_index(pieces, struct piece, i);
		if (has_key(edits, piece, key))
			return piece;
	}
	return NULL;
}

bool line_has(const struct line_edits *edits, const struct guest_place *word, const char *key)
{
	g_autoptr(GArray) pieces = split(edits, word);

	return find(edits, pieces, key) != NULL;
}

/* ---- changes of pieces ---- */

bool line_drop(struct line_edits *edits, const struct guest_place *word, const char *key)
{
	g_autoptr(GArray) pieces = split(edits, word);
	bool dropped = false;

	for (guint i = 1; i < pieces->len; i++) {
		const struct piece *piece = &g_array_index(pieces, struct piece, i);
		if (!has_key(edits, piece, key) || !piece->sound ||
		    piece->start != (size_t)piece->comma + 1)
			continue;
		add(edits, (size_t)piece->comma, piece->end, "");
		dropped = true;
	}
	return dropped;
}

bool line_set(struct line_edits *edits, const struct guest_place *word, const char *key,
	      const char *value)
{
	g_autoptr(GArray) pieces = split(edits, word);
	const struct piece *old = find(edits, pieces, key);

	if (pieces->len == 0)
		return false;
	const struct piece *last = &g_array_index(pieces, struct piece, pieces->len - 1);
	g_autofree char *text = g_strdup_printf("%s%s=%s", old ? "" : ",", key, value);
	if (!(old ? old : last)->sound)
		return false;
	add(edits, old ? old->start : last->end, old ? old->end : last->end, text);
	return true;
}

bool line_set_first(struct line_edits *edits, const struct guest_place *word, const char *key,
		    const char *value)
{
	g_autoptr(GArray) pieces = split(edits, word);

	if (pieces->len > 0 && find(edits, pieces, key))
		return line_set(edits, word, key, value);
	const struct piece *first =
		pieces->len > 0 ? &g_array_index(pieces, struct piece, 0) : NULL;
	if (!first || !first->sound ||
	    memchr(edits->text + first->start, '=', first->end - first->start))
		return false;
	add(edits, first->start, first->end, value);
	return true;
}

/* ---- changes of words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* How long the end of a line is at text: "\\\n" and "\\\r\n" go on in the next one; 0: it is none.
 */
static size_t line_end(const char *text, bool *goes_on)
{
	const char *at = text + (*text == '\\');

	*goes_on = at > text;
	at += *at == '\r';
	return *at == '\n' ? (size_t)(at + 1 - text) : 0;
}

/* Where the mark of a continued line in front of this line starts, with the blanks before it; line
 * where there is none. */
static size_t continuation_before(const char *text, size_t line)
{
	size_t at = line;

	at -= at > 0 && text[at - 1] == '\n';
	at -= at > 0 && text[at - 1] == '\r';
	if (at == line || at == 0 || text[at - 1] != '\\')
		return line;
	at--;
	while (at > 0 && is_blank(text[at - 1]))
		at--;
	return at;
}

bool line_drop_words(struct line_edits *edits, const struct guest_place *first,
		     const struct guest_place *last)
{
	const char *text = edits->text;
	size_t start = first->start, end = last->end;
	bool goes_on;

	if (first->end == 0 || last->end == 0 || last->end < first->end)
		return false;
	while (start > 0 && is_blank(text[start - 1]))
		start--;
	while (is_blank(text[end]))
		end++;
	bool whole = start == 0 || text[start - 1] == '\n';
	size_t length = line_end(text + end, &goes_on);
	if (!whole || (length == 0 && text[end]))
		end = last->end; /* other words are on this line */
	else if (goes_on || continuation_before(text, start) == start)
		end += length;
	else
		start = continuation_before(text, start);
	add(edits, start, end, "");
	return true;
}

/* ---- all of it ---- */

static int compare_edits(const void *a, const void *b)
{
	const struct edit *first = *(const struct edit *const *)a;
	const struct edit *second = *(const struct edit *const *)b;

	if (first->start != second->start)
		return first->start < second->start ? -1 : 1;
	return first->end < second->end ? -1 : first->end > second->end;
}

/* Guests that share a word share its changes: what is behind the one before is done once. */
char *line_edits_apply(const struct line_edits *edits)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	const struct edit *before = NULL;
	size_t at = 0;

	for (guint i = 0; i < edits->list->len; i++)
		g_ptr_array_add(sorted, &g_array_index(edits->list, struct edit, i));
	g_ptr_array_sort(sorted, compare_edits);
	for (guint i = 0; i < sorted->len; i++) {
		const struct edit *edit = sorted->pdata[i];
		bool again = before && before->start == edit->start && before->end == edit->end &&
			     strcmp(before->text, edit->text) == 0;
		if (again || edit->start < at)
			continue;
		g_string_append_len(text, edits->text + at, (gssize)(edit->start - at));
		g_string_append(text, edit->text);
		at = edit->end;
		before = edit;
	}
	g_string_append(text, edits->text + at);
	return g_string_free(text, FALSE);
}
