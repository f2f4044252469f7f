/* Formats of one line for each thing: where the words stand. See edit.h for what each is of. */
#include <string.h>

#include "edit/slot.h"

static size_t skip_blanks(const char *text, size_t at)
{
	return at + strspn(text + at, " \t");
}

static void add_slot(GArray *slots, size_t start, size_t end, enum quoting quoting)
{
	const struct slot slot = { start, end, quoting, false };

	g_array_append_val(slots, slot);
}

static GArray *new_slots(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct slot));
}

static bool is_comment(const char *text, size_t at)
{
	at = skip_blanks(text, at);
	return text[at] == '#' || text[at] == '\n' || text[at] == '\r' || text[at] == '\0';
}

/* ---- the first line that says something ---- */

/* Of further lines it depends on the reader whether they count: kernel-install takes them all,
 * proxmox-boot-tool the first one. */

GArray *cmdline_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		end = line_end(text, at);
		if (is_comment(text, at))
			continue;
		add_slot(slots, at, end, QUOTING_NONE);
		g_array_index(slots, struct slot, slots->len - 1).maybe = slots->len > 1;
	}
	if (slots->len == 0 && !strpbrk(text, "#"))
		add_slot(slots, 0, line_end(text, 0), QUOTING_NONE);
	return slots;
}

/* ---- "KEY VALUE" ---- */

GArray *entry_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t length = strlen(key), end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		size_t start = skip_blanks(text, at);
		end = line_end(text, at);
		if (strncmp(text + start, key, length) == 0 &&
		    (text[start + length] == ' ' || text[start + length] == '\t'))
			add_slot(slots, skip_blanks(text, start + length), end, QUOTING_NONE);
	}
	return slots;
}

/* ---- "TITLE" "OPTIONS" ---- */

/* at: of a quote. Returns where the string is closed; a doubled quote is one of its characters. 0
 * when it is not. */
static size_t find_string_end(const char *text, size_t at)
{
	for (at++; text[at] && text[at] != '\n'; at++) {
		if (text[at] == '"' && text[at + 1] == '"')
			at++;
		else if (text[at] == '"')
			return at;
	}
	return 0;
}

GArray *refind_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		size_t title = skip_blanks(text, at);
		end = line_end(text, at);
		size_t title_end = text[title] == '"' ? find_string_end(text, title) : 0;
		size_t options = title_end > 0 ? skip_blanks(text, title_end + 1) : 0;
		size_t options_end =
			options > 0 && text[options] == '"' ? find_string_end(text, options) : 0;
		if (options_end > 0)
			add_slot(slots, options + 1, options_end, QUOTING_REFIND);
	}
	return slots;
}

/* ---- "KEY: VALUE" ---- */

static size_t match_key(const char *text, size_t at, const char *key)
{
	size_t length = strlen(key);

	if (g_ascii_strncasecmp(text + at, "kernel_", 7) == 0)
		at += 7;
	return g_ascii_strncasecmp(text + at, key, length) == 0 ? at + length : 0;
}

GArray *limine_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		size_t behind = match_key(text, skip_blanks(text, at), key);
		end = line_end(text, at);
		if (behind == 0 || (text[behind] != ':' && text[behind] != '='))
			continue; /* '=': limine.cfg of before version 8 */
		size_t start = skip_blanks(text, behind + 1);
		if (start > behind + 1 || text[behind] == '=')
			add_slot(slots, start, end, QUOTING_NONE);
	}
	return slots;
}

GArray *yaml_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t length = strlen(key), end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		end = line_end(text, at);
		if (strncmp(text + at, key, length) != 0 || text[at + length] != ':')
			continue;
		size_t start = skip_blanks(text, at + length + 1);
		const char *comment = memmem(text + start, end - start, " #", 2);
		size_t stop = comment ? (size_t)(comment - text) : end;
		while (stop > start && strchr(" \t\r", text[stop - 1]))
			stop--;
		if (start < stop && !strchr("\"'[{|>&*!#", text[start]))
			add_slot(slots, start, stop, QUOTING_COMMAS);
	}
	return slots;
}

/* ---- modprobe.d: "COMMAND MODULE WORDS" ---- */

static bool is_same_name(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

/* Takes one word of key and of the line; false when they differ. In names, '-' is '_'. */
static bool match_word(const char *text, size_t *at, const char **key)
{
	*at = skip_blanks(text, *at);
	while (**key && **key != ' ' && is_same_name(text[*at], **key)) {
		(*at)++;
		(*key)++;
	}
	if (**key && **key != ' ')
		return false;
	*key += **key == ' ';
	return text[*at] == '\0' || strchr(" \t\r\n\\", text[*at]) != NULL;
}

GArray *modprobe_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		const char *rest = key;
		size_t start = at;
		bool same = true;
		end = line_end_continued(text, at);
		while (same && *rest)
			same = match_word(text, &start, &rest);
		if (same)
			add_slot(slots, MIN(skip_blanks(text, start), end), end, QUOTING_NONE);
	}
	return slots;
}

/* ---- whole lines ---- */

GArray *lines_slots(const char *text, const char *key)
{
	GArray *slots = new_slots();
	size_t end;

	for (size_t at = 0; text[at]; at = end + (text[end] == '\n')) {
		end = line_end(text, at);
		if (!is_comment(text, at))
			add_slot(slots, at, end, QUOTING_WHOLE);
	}
	return slots;
}
