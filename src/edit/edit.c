/* See edit.h: the engine. */
#include "edit/edit.h"

#include <string.h>

#include "base/error.h"
#include "edit/parameter.h"
#include "edit/slot.h"

/* A comment in front of lines that are added to files of others: removal knows them by it. */
#define MARK "# added by vfiokit\n"

static const struct {
	const char *name;
	GArray *(*slots)(const char *text, const char *key);
	const char *line; /* that is added where there is no slot: KEY, and WORD for the word */
	const char *line_padded; /* for padded places */
} formats[] = {
	[EDIT_CMDLINE] = { "a command line", cmdline_slots, "WORD", NULL },
	[EDIT_SHELL] = { "a shell's assignments", shell_slots, "KEY=\"WORD\"", "KEY+=\" WORD \"" },
	[EDIT_ENTRY] = { "a boot loader entry", entry_slots, "KEY WORD", NULL },
	[EDIT_REFIND] = { "refind_linux.conf", refind_slots, NULL, NULL },
	[EDIT_LIMINE] = { "limine.conf", limine_slots, NULL, NULL },
	[EDIT_MODPROBE] = { "modprobe's configuration", modprobe_slots, "KEY WORD", NULL },
	[EDIT_YAML] = { "YAML", yaml_slots, "KEY: WORD", NULL },
	[EDIT_LINES] = { "a list of lines", lines_slots, "WORD", NULL },
};

/* ---- slots ---- */

/* The slots that take effect: those behind the last one that starts anew. */
static GArray *find_slots(const char *text, const struct edit_place *place)
{
	GArray *slots = formats[place->format].slots(text, place->key);

	for (guint i = slots->len; i > 0; i--)
		if (g_array_index(slots, struct slot, i - 1).fresh) {
			g_array_remove_range(slots, 0, i - 1);
			break;
		}
	return slots;
}

static const struct slot *slot_at(const GArray *slots, guint i)
{
	return &g_array_index(slots, struct slot, i);
}

static const struct word *word_at(const GArray *words, guint i)
{
	return &g_array_index(words, struct word, i);
}

/* Can the format be looked for in it at all: are all quotes closed? */
static bool is_sound(const char *text, enum edit_format format)
{
	return format != EDIT_SHELL || shell_is_sound(text);
}

char *edit_value(const char *text, const struct edit_place *place, unsigned n)
{
	g_autoptr(GArray) slots = find_slots(text, place);

	for (guint i = slots->len; i > 0; i--)
		if (slot_at(slots, i - 1)->maybe)
			g_array_remove_index(slots, i - 1);
	if (n >= slots->len)
		return NULL;
	GString *value = g_string_new(NULL);
	g_autoptr(GArray) words = slot_words(text, slot_at(slots, n));
	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(value, "%s%s", i > 0 ? " " : "", word_at(words, i)->value);
	return g_string_free(value, FALSE);
}

bool edit_sets_anew(const char *text, const struct edit_place *place)
{
	g_autoptr(GArray) slots = find_slots(text, place);

	return slots->len > 0 && slot_at(slots, 0)->fresh;
}

/* ---- comparing ---- */

/* The words of a format's lines have blanks that do not matter. */
static char *normal_word(const struct edit_place *place, const char *word)
{
	const struct slot whole = { 0, strlen(word), QUOTING_WHOLE, false };
	g_autoptr(GArray) words = place->format == EDIT_LINES ? slot_words(word, &whole) : NULL;

	return g_strdup(words && words->len > 0 ? word_at(words, 0)->value : word);
}

static bool is_equal(const struct edit_place *place, const char *there, const char *word)
{
	if (place->format == EDIT_LINES)
		return strcmp(there, word) == 0;
	return parameter_covers(there, word);
}

bool edit_has(const char *text, const struct edit_place *place, const char *word)
{
	g_autoptr(GArray) slots = find_slots(text, place);
	g_autofree char *wanted = normal_word(place, word);

	for (guint i = 0; i < slots->len; i++) {
		g_autoptr(GArray) words = slot_words(text, slot_at(slots, i));
		for (guint j = 0; j < words->len && !slot_at(slots, i)->maybe; j++)
			if (is_equal(place, word_at(words, j)->value, wanted))
				return true;
	}
	return false;
}

/* ---- taking out ---- */

static char *cut(const char *text, size_t start, size_t end)
{
	return g_strdup_printf("%.*s%s", (int)start, text, text + end);
}

/* A word goes with the separator in front of it; the first one with that behind it, if any other
 * word is left. */
static char *cut_word(const char *text, const struct slot *slot, const GArray *words, guint i)
{
	size_t start = word_at(words, i)->start, end = word_at(words, i)->end;

	if (i > 0)
		start -= slot_separator_before(text, slot->start, start, slot->quoting);
	else if (words->len > 1)
		end += slot_separator_at(text, end, slot->end, slot->quoting);
	return cut(text, start, end);
}

/* Does word take something out of what is there? */
static bool touches(const struct edit_place *place, const char *there, const char *word)
{
	if (place->format == EDIT_LINES)
		return strcmp(there, word) == 0;
	return parameter_touches(there, word);
}

static char *replace_word(const char *text, const struct slot *slot, const struct word *word,
			  const char *value)
{
	g_autofree char *encoded = slot_encode(value, slot->quoting);

	return encoded ? g_strdup_printf("%.*s%s%s", (int)word->start, text, encoded,
					 text + word->end)
		       : NULL;
}

/* A line that was added for this word alone goes as a whole, with its mark. */
static char *cut_line(const char *text, size_t at)
{
	size_t start = at, end = line_end(text, at), mark = strlen(MARK);

	while (start > 0 && text[start - 1] != '\n')
		start--;
	if (start < mark || strncmp(text + start - mark, MARK, mark) != 0)
		return NULL;
	start -= mark;
	if (text[end] == '\n')
		end++;
	else if (start > 0)
		start--; /* the text had no newline at its end, and gets none */
	return cut(text, start, end);
}

/* Is there no other word than number i, apart from one that is the variable itself? */
static bool is_alone(const struct edit_place *place, const GArray *words, guint i)
{
	g_autofree char *itself = g_strconcat("$", place->key ? place->key : "", NULL);

	return words->len == 1 || (words->len == 2 && i == 1 && place->format == EDIT_SHELL &&
				   strcmp(word_at(words, 0)->value, itself) == 0);
}

/* The text without word number i of the slot, or without what it has of word. */
static char *take_out(const char *text, const struct edit_place *place, const struct slot *slot,
		      const GArray *words, guint i, const char *word)
{
	const struct word *found = word_at(words, i);
	bool whole = place->format == EDIT_LINES;
	g_autofree char *left = whole ? NULL : parameter_without(found->value, word);
	char *line = is_alone(place, words, i) && !left ? cut_line(text, found->start) : NULL;

	if (left)
		return replace_word(text, slot, found, left);
	if (line)
		return line;
	if (whole)
		return cut(text, slot->start, slot->end + (text[slot->end] == '\n'));
	return cut_word(text, slot, words, i);
}

/* The text without the first occurrence of the word; NULL: there is none. */
static char *remove_one(const char *text, const struct edit_place *place, const char *word)
{
	g_autoptr(GArray) slots = find_slots(text, place);

	for (guint i = 0; i < slots->len; i++) {
		g_autoptr(GArray) words = slot_words(text, slot_at(slots, i));
		for (guint j = 0; j < words->len; j++)
			if (touches(place, word_at(words, j)->value, word))
				return take_out(text, place, slot_at(slots, i), words, j, word);
	}
	return NULL;
}

char *edit_remove(const char *text, const struct edit_place *place, const char *word)
{
	g_autofree char *wanted = normal_word(place, word);
	char *now = g_strdup(text), *next;

	while ((next = remove_one(now, place, wanted))) {
		g_free(now);
		now = next;
	}
	return now;
}

/* ---- putting in ---- */

static char *insert(const char *text, size_t at, const char *a, const char *b)
{
	return g_strdup_printf("%.*s%s%s%s", (int)at, text, a, b, text + at);
}

/* The form of a new line behind slots of which the last, if there are any, may not take effect: the
 * line must keep what they may have set. NULL: there is none. */
static const char *choose_form(const struct edit_place *place, const GArray *slots)
{
	const struct slot *last = slots->len > 0 ? slot_at(slots, slots->len - 1) : NULL;

	if (place->padded || !last || !last->maybe)
		return place->padded ? formats[place->format].line_padded
				     : formats[place->format].line;
	if (strchr(place->key, '['))
		return NULL;
	return last->quoting == QUOTING_ARRAY ? "KEY+=(WORD)" : "KEY=\"$KEY WORD\"";
}

/* A new line at the end, behind a mark. The text ends with a newline afterwards where it did
 * before. */
static char *append_line(const char *text, const struct edit_place *place, const char *form,
			 const char *word)
{
	enum quoting quoting = form && strchr(form, '(')     ? QUOTING_ARRAY
			       : place->format == EDIT_SHELL ? QUOTING_DOUBLE
			       : place->format == EDIT_YAML  ? QUOTING_COMMAS
			       : place->format == EDIT_LINES ? QUOTING_WHOLE
							     : QUOTING_NONE;
	g_autofree char *encoded = form ? slot_encode(word, quoting) : NULL;
	size_t length = strlen(text);

	if (!encoded)
		return NULL;
	g_auto(GStrv) parts = g_strsplit(form, "WORD", 2);
	g_autofree char *line = g_strjoinv(encoded, parts);
	g_auto(GStrv) halves = g_strsplit(line, "KEY", strstr(form, "$KEY") ? 3 : 2);
	bool has_key = g_str_has_prefix(form, "KEY");
	g_autofree char *whole = has_key ? g_strjoinv(place->key, halves) : g_strdup(line);
	if (length == 0 || text[length - 1] == '\n')
		return g_strconcat(text, MARK, whole, "\n", NULL);
	return g_strconcat(text, "\n" MARK, whole, NULL);
}

/* The last word of the slot that is a list with the same name; -1: none. */
static int find_list(const GArray *words, const char *word)
{
	for (guint i = words->len; i > 0; i--)
		if (parameter_joins(word_at(words, i - 1)->value, word))
			return (int)i - 1;
	return -1;
}

static char *add_to_slot(const char *text, const struct slot *slot, const struct edit_place *place,
			 const char *word)
{
	g_autoptr(GArray) words = slot_words(text, slot);
	g_autofree char *encoded = slot_encode(word, slot->quoting);
	const char *separator = slot_separator(slot->quoting);
	int index = find_list(words, word);
	const struct word *list = index >= 0 ? word_at(words, (guint)index) : NULL;
	g_autofree char *joined = list ? parameter_join(list->value, word) : NULL;

	if (!encoded)
		return NULL;
	if (list)
		return replace_word(text, slot, list, joined);
	if (words->len == 0)
		return insert(text, slot->start, encoded, "");
	if (place->first)
		return insert(text, word_at(words, 0)->start, encoded, separator);
	return insert(text, word_at(words, words->len - 1)->end, separator, encoded);
}

/* Is there something to add to? */
static const struct slot *choose_slot(const char *text, const struct edit_place *place,
				      const GArray *slots)
{
	if (place->format == EDIT_CMDLINE)
		return slots->len > 0 ? slot_at(slots, 0) : NULL;
	if (slots->len == 0 || place->format == EDIT_LINES ||
	    slot_at(slots, slots->len - 1)->maybe ||
	    (place->which >= 0 && (guint)place->which >= slots->len))
		return NULL;
	const struct slot *slot =
		slot_at(slots, place->which == EDIT_LAST ? slots->len - 1 : (guint)place->which);
	g_autoptr(GArray) words = slot_words(text, slot);
	return words->len == 0 && place->padded ? NULL : slot;
}

static char *put(const char *text, const struct edit_place *place, const char *word)
{
	g_autoptr(GArray) slots = find_slots(text, place);
	const struct slot *slot = choose_slot(text, place, slots);

	if (slot)
		return add_to_slot(text, slot, place, word);
	return place->which > 0 ? NULL : append_line(text, place, choose_form(place, slots), word);
}

/* Where a part of the word was there before, taking it out takes that part, too. */
static bool holds_laws(const char *before, const char *after, const struct edit_place *place,
		       const char *word)
{
	g_autofree char *back = edit_remove(after, place, word);
	g_autofree char *without = edit_remove(before, place, word);
	bool partly = strcmp(without, before) != 0;

	return edit_has(after, place, word) && (partly || strcmp(back, before) == 0);
}

char *edit_add(const char *text, const struct edit_place *place, const char *word, GError **error)
{
	g_autofree char *wanted = normal_word(place, word);

	if (edit_has(text, place, wanted))
		return g_strdup(text);
	g_autofree char *after =
		is_sound(text, place->format) && *wanted ? put(text, place, wanted) : NULL;
	if (after && holds_laws(text, after, place, wanted))
		return g_steal_pointer(&after);
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
		    "'%s' cannot be put into this text (%s) without touching anything else", word,
		    formats[place->format].name);
	return NULL;
}
