/* See change.h. A line is a word that says what it is, and keys with values: one row each in a
 * table of readers. */
#include <string.h>

#include "apply/change.h"
#include "base/text.h"

#define MAGIC     "vfiokit-change 1"
#define SUM_WIDTH 9 /* eight digits and a blank */

/* ---- writing ---- */

/* CRC-32 as in gzip, four bits at a time: zlib is not worth loading for a few lines. */
static uint32_t sum(const char *text, size_t length)
{
	static const uint32_t crcs[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= (unsigned char)text[i];
		crc = crc >> 4 ^ crcs[crc & 15];
		crc = crc >> 4 ^ crcs[crc & 15];
	}
	return ~crc;
}

void change_line(GString *text, const char *words)
{
	g_string_append_printf(text, "%08x %s\n", sum(words, strlen(words)), words);
}

void change_word(GString *words, const char *key, const char *value)
{
	static const char hex[] = "0123456789abcdef";

	if (!value)
		return;
	g_string_append_c(words, ' ');
	g_string_append(words, key);
	g_string_append_c(words, '=');
	for (const unsigned char *at = (const unsigned char *)value; *at; at++) {
		if (*at <= ' ' || *at == '%' || *at == 0x7f) {
			const char code[] = { '%', hex[*at >> 4], hex[*at & 15] };
			g_string_append_len(words, code, sizeof(code));
		} else {
			g_string_append_c(words, (char)*at);
		}
	}
}

static void add_identity(GString *text, const struct change *change)
{
	g_autoptr(GString) words = g_string_new("change");
	g_autofree char *sequence = g_strdup_printf("%" G_GUINT64_FORMAT, change->sequence);

	change_word(words, "id", change->id);
	change_word(words, "sequence", sequence);
	change_word(words, "when", change->when);
	change_word(words, "boot", change->boot);
	change_word(words, "who", change->who);
	change_line(text, words->str);

	g_string_assign(words, "command");
	change_word(words, "verb", change->verb);
	change_word(words, "effect", change->effect == EFFECT_NOW ? "now" : "next-boot");
	change_word(words, "line", change->line);
	change_word(words, "undoes", change->undoes);
	change_line(text, words->str);
}

static void add_step(GString *text, const struct step *step)
{
	g_autoptr(GString) words = g_string_new("step");
	g_autofree char *mode = g_strdup_printf("%04o", step->mode);

	change_word(words, "kind", step_kind_name(step->kind));
	change_word(words, "path", step->path);
	change_word(words, "old", step->old);
	change_word(words, "new", step->new_value);
	change_word(words, "address", step->address);
	change_word(words, "loose", step->loose ? "yes" : NULL);
	change_word(words, "own", step->own ? "yes" : NULL);
	change_word(words, "last", step->last ? "yes" : NULL);
	change_word(words, "mode", step->mode != 0 ? mode : NULL);
	for (char **arg = step->argv; arg && *arg; arg++)
		change_word(words, "arg", *arg);
	for (char **arg = step->undo; arg && *arg; arg++)
		change_word(words, "undo", *arg);
	change_word(words, "stays", step->undo && !*step->undo ? "yes" : NULL);
	change_word(words, "why", step->why);
	change_line(text, words->str);
}

char *change_head(const struct change *change)
{
	GString *text = g_string_new(NULL);
	g_autofree char *planned = g_strdup_printf("planned n=%u", change->steps->len);

	change_line(text, MAGIC);
	add_identity(text, change);
	for (guint i = 0; i < change->memories->len; i++) {
		const struct change_memory *memory = change->memories->pdata[i];
		g_autoptr(GString) words = g_string_new("remember");
		change_word(words, "path", memory->path);
		change_word(words, "value", memory->value);
		change_line(text, words->str);
	}
	for (guint i = 0; i < change->steps->len; i++)
		add_step(text, change->steps->pdata[i]);
	change_line(text, planned);
	return g_string_free(text, FALSE);
}

/* ---- reading ---- */

static char *decode(const char *text)
{
	GString *value = g_string_new(NULL);
	uint32_t byte;

	for (; *text; text++) {
		if (*text == '%' && text_hex(text + 1, 2, &byte) && byte != 0) {
			g_string_append_c(value, (char)byte);
			text += 2;
		} else {
			g_string_append_c(value, *text);
		}
	}
	return g_string_free(value, FALSE);
}

/* The value of a key among words; the caller's; NULL when it is not there. */
static char *take(char **words, const char *key)
{
	for (char **word = words; *word; word++) {
		const char *value = text_after(*word, key);
		if (value && *value == '=')
			return decode(value + 1);
	}
	return NULL;
}

static void take_into(char **words, const char *key, char **ret)
{
	g_free(*ret);
	*ret = take(words, key);
}

static unsigned take_number(char **words, const char *key)
{
	g_autofree char *text = take(words, key);
	uint32_t number;

	return text && text_to_u32(text, 10, G_MAXINT, &number) ? number : 0;
}

static void read_identity(struct change *change, char **words)
{
	take_into(words, "id", &change->id);
	change->sequence = take_number(words, "sequence");
	take_into(words, "when", &change->when);
	take_into(words, "boot", &change->boot);
	take_into(words, "who", &change->who);
}

static void read_command(struct change *change, char **words)
{
	g_autofree char *effect = take(words, "effect");

	take_into(words, "verb", &change->verb);
	take_into(words, "line", &change->line);
	take_into(words, "undoes", &change->undoes);
	change->effect = g_strcmp0(effect, "next-boot") == 0 ? EFFECT_NEXT_BOOT : EFFECT_NOW;
}

static void read_memory(struct change *change, char **words)
{
	g_autofree char *path = take(words, "path");
	g_autofree char *value = take(words, "value");

	if (path)
		change_remember(change, path, value);
}

/* All values of a key; NULL when there are none. */
static char **take_args(char **words, const char *key)
{
	GPtrArray *args = g_ptr_array_new();

	for (char **word = words; *word; word++) {
		const char *value = text_after(*word, key);
		if (value && *value == '=')
			g_ptr_array_add(args, decode(value + 1));
	}
	g_ptr_array_add(args, NULL);
	if (args->len > 1)
		return (char **)(void *)g_ptr_array_free(args, FALSE);
	g_ptr_array_free(args, TRUE);
	return NULL;
}

static unsigned take_mode(const char *text)
{
	uint32_t mode;

	return text && text_to_u32(text, 8, 07777, &mode) ? mode : 0;
}

static void read_step(struct change *change, char **words)
{
	g_autofree char *kind = take(words, "kind");
	g_autofree char *loose = take(words, "loose");
	g_autofree char *own = take(words, "own");
	g_autofree char *last = take(words, "last");
	g_autofree char *stays = take(words, "stays");
	g_autofree char *mode = take(words, "mode");
	enum step_kind known;

	if (!kind || !step_kind_by_name(kind, &known))
		return;
	struct step *step = g_new0(struct step, 1);
	step->kind = known;
	step->path = take(words, "path");
	step->old = take(words, "old");
	step->new_value = take(words, "new");
	step->address = take(words, "address");
	step->argv = take_args(words, "arg");
	step->undo = take_args(words, "undo");
	if (stays && !step->undo)
		step->undo = g_new0(char *, 1);
	step->why = take(words, "why");
	step->loose = loose != NULL;
	step->own = own != NULL;
	step->last = last != NULL;
	step->mode = take_mode(mode);
	g_ptr_array_add(change->steps, step);
}

/* All steps must be there: one of a kind that this program does not know would be missing. */
static void read_planned(struct change *change, char **words)
{
	if (take_number(words, "n") == change->steps->len) {
		g_array_set_size(change->states, change->steps->len);
		change->state = CHANGE_UNFINISHED;
	}
}

static void set_step(struct change *change, char **words, enum step_state state)
{
	unsigned n = take_number(words, "n");

	if (n > 0 && n <= change->states->len)
		g_array_index(change->states, enum step_state, n - 1) = state;
}

static void read_begin(struct change *change, char **words)
{
	set_step(change, words, STEP_BEGUN);
}

static void read_did(struct change *change, char **words)
{
	unsigned n = take_number(words, "n");
	g_autofree char *now = take(words, "now");

	set_step(change, words, STEP_DONE);
	if (!now || n == 0 || n > change->steps->len)
		return;
	struct step *step = change->steps->pdata[n - 1];
	g_free(step->new_value);
	step->new_value = g_steal_pointer(&now);
}

static void read_fail(struct change *change, char **words)
{
	set_step(change, words, STEP_FAILED);
	take_into(words, "reason", &change->reason);
}

static void read_end(struct change *change, char **words)
{
	g_autofree char *state = take(words, "state");

	for (size_t i = CHANGE_DONE; state && i <= CHANGE_BROKEN; i++)
		if (strcmp(change_state_name((enum change_state)i), state) == 0)
			change->state = (enum change_state)i;
}

static void read_undone(struct change *change, char **words)
{
	change->state = CHANGE_UNDONE;
	take_into(words, "by", &change->undone_by);
}

static const struct {
	const char *word;
	void (*read)(struct change *change, char **words);
} lines[] = {
	{ "change", read_identity }, { "command", read_command }, { "remember", read_memory },
	{ "step", read_step },       { "planned", read_planned }, { "begin", read_begin },
	{ "did", read_did },         { "fail", read_fail },       { "end", read_end },
	{ "undone", read_undone },
};

/* The next line without its checksum, when it is whole; NULL at the end, and where it is not. */
static char *next_line(const char **cursor, const char *end)
{
	const char *start = *cursor;
	const char *newline = memchr(start, '\n', (size_t)(end - start));
	uint32_t said;

	if (!newline || newline - start < SUM_WIDTH || !text_hex(start, 8, &said) ||
	    start[8] != ' ')
		return NULL;
	size_t length = (size_t)(newline - start) - SUM_WIDTH;
	if (sum(start + SUM_WIDTH, length) != said)
		return NULL;
	*cursor = newline + 1;
	return g_strndup(start + SUM_WIDTH, length);
}

static void read_line(struct change *change, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (g_strcmp0(words[0], lines[i].word) == 0)
			lines[i].read(change, words + 1);
}

struct change *change_parse(const char *text, size_t length)
{
	const char *cursor = text, *end = text + length;
	g_autofree char *magic = next_line(&cursor, end);
	char *line;

	if (g_strcmp0(magic, MAGIC) != 0)
		return NULL;
	struct change *change = change_new();
	while ((line = next_line(&cursor, end))) {
		read_line(change, line);
		g_free(line);
	}
	change->whole = (size_t)(cursor - text);
	change->cut = cursor < end;
	return change;
}
