/* Assignments in a shell's text: where each value stands, in which quotes. Enough of the shell's
 * grammar for files that are sourced: comments, quotes of all kinds, line continuation, "+=",
 * arrays, several assignments on a line; what runs commands is stepped over, and so are subshells
 * and texts that are fed to commands (<<). An assignment that may not be reached is marked so. */
#include <string.h>

#include "base/text.h"
#include "edit/shell_scanner.h"

/* Words in front of a command, and what they do to the depth. */
static const struct {
	const char *word;
	int depth;
	bool command; /* a command follows, or an assignment */
	bool declares;
} reserved[] = {
	{ "if", 1, true },
	{ "then", 0, true },
	{ "elif", 0, true },
	{ "else", 0, true },
	{ "fi", -1, false },
	{ "while", 1, true },
	{ "until", 1, true },
	{ "do", 0, true },
	{ "done", -1, false },
	{ "for", 1, false },
	{ "select", 1, false },
	{ "case", 1, false },
	{ "esac", -1, false },
	{ "{", 1, true },
	{ "}", -1, false },
	{ "!", 0, true },
	{ "function", 1, false },
	{ "export", 0, true, .declares = true },
	{ "readonly", 0, true, .declares = true },
	{ "declare", 0, true, .declares = true },
	{ "typeset", 0, true, .declares = true },
	{ "local", 0, true, .declares = true },
};

/* Steps over a word of the table, and over options behind it; false: there is none. */
static bool take_reserved(struct shell_scanner *scanner)
{
	const char *at = scanner->text + scanner->at;

	for (size_t i = 0; i < G_N_ELEMENTS(reserved); i++) {
		const char *behind = text_after(at, reserved[i].word);
		if (!behind || !shell_is_end_of_word(*behind))
			continue;
		while (behind[0] == ' ' && behind[1] == '-')
			behind += 2 + strcspn(behind + 2, WORD_ENDS);
		scanner->at = (size_t)(behind - scanner->text);
		scanner->command = reserved[i].command;
		scanner->declares = reserved[i].declares;
		scanner->depth = MAX(scanner->depth + reserved[i].depth, 0);
		return true;
	}
	return false;
}

/* What is run here may set the name, too: a place without words. */
static void note_others(struct shell_scanner *scanner)
{
	static const char *const words[] = { ".", "source", "eval", "unset", "read", "printf" };
	const char *at = scanner->text + scanner->at;
	bool depends = scanner->depends;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *behind = text_after(at, words[i]);
		if (!behind || (*behind != ' ' && *behind != '\t'))
			continue;
		scanner->depends = true;
		shell_add_slot(scanner, scanner->at, scanner->at, QUOTING_BARE, false);
		scanner->depends = depends;
	}
}

/* A command of which it depends on the shell whether assignments in front of it last: those of the
 * standard that are part of the shell ("special"), and what only an expansion tells. */
static bool may_keep(const char *at)
{
	static const char *const words[] = { ":",     ".",    "break",  "continue", "eval",
					     "exec",  "exit", "return", "set",      "shift",
					     "times", "trap", "unset" };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *behind = text_after(at, words[i]);
		if (behind && shell_is_end_of_word(*behind))
			return true;
	}
	return *at == '$' || *at == '`';
}

static void begin_command(struct shell_scanner *scanner)
{
	scanner->command = true;
	scanner->declares = false;
	scanner->first = scanner->slots ? scanner->slots->len : 0;
}

/* At a word that is no assignment: those in front of it are for this command alone. */
static void take_command(struct shell_scanner *scanner)
{
	const char *at = scanner->text + scanner->at;
	guint end = scanner->slots ? scanner->slots->len : 0;

	scanner->command = false;
	for (guint i = scanner->first; i < end && !scanner->declares; i++) {
		struct slot *slot = &g_array_index(scanner->slots, struct slot, i);
		slot->fresh = false;
		slot->maybe = true;
	}
	if (end > scanner->first && !scanner->declares && !may_keep(at))
		g_array_set_size(scanner->slots, scanner->first);
	note_others(scanner);
}

/* "2>FILE" in front of a command's first word: steps over it. */
static bool take_redirection(struct shell_scanner *scanner)
{
	const char *text = scanner->text;
	size_t at = scanner->at + strspn(text + scanner->at, "0123456789");

	if (text[at] != '<' && text[at] != '>')
		return false;
	at += strspn(text + at, "<>&|");
	at += strspn(text + at, " \t");
	while (!shell_is_end_of_word(text[at]))
		at = shell_skip_one(scanner, at);
	scanner->at = at;
	return true;
}

/* "<<WORD", "<<-'WORD'": remembers the word. */
static void take_feed(struct shell_scanner *scanner)
{
	const char *at = scanner->text + scanner->at + 2;

	at += *at == '-';
	at += strspn(at, " \t\"'\\");
	scanner->feed = (struct slice){ at, strcspn(at, WORD_ENDS "\"'") };
	scanner->at = (size_t)(at + scanner->feed.length - scanner->text);
}

/* The line that at is in says only WORD. */
static bool is_feed_end(const struct shell_scanner *scanner, size_t at)
{
	const char *line = scanner->text + at + strspn(scanner->text + at, "\t");
	size_t length = scanner->feed.length;

	return strncmp(line, scanner->feed.text, length) == 0 &&
	       (line[length] == '\0' || line[length] == '\n' || line[length] == '\r');
}

/* At a newline: behind it, and behind the text that is fed to the command of this line. */
static void end_line(struct shell_scanner *scanner)
{
	const char *text = scanner->text;

	scanner->at++;
	while (scanner->feed.length > 0 && text[scanner->at]) {
		bool last = is_feed_end(scanner, scanner->at);
		size_t end = line_end(text, scanner->at);
		scanner->at = end + (text[end] == '\n');
		if (last)
			break;
	}
	scanner->feed.length = 0;
	scanner->depends = false;
	begin_command(scanner);
}

/* Steps over what separates commands; false: something else is here. */
static bool take_separator(struct shell_scanner *scanner)
{
	const char *at = scanner->text + scanner->at;

	if (*at == '\n') {
		end_line(scanner);
	} else if (strncmp(at, "<<", 2) == 0 && at[2] != '<') {
		take_feed(scanner);
	} else if (*at == '(' && scanner->command) {
		scanner->at = shell_skip_parenthesis(scanner, scanner->at);
	} else if (*at != '\0' && strchr(";&|)", *at)) {
		begin_command(scanner);
		scanner->depends = at[0] == at[1] && *at != ';' ? true
				   : *at == ';'                 ? false
								: scanner->depends;
		scanner->at += 1 + (at[0] == at[1]);
	} else if (strncmp(at, "\\\n", 2) == 0) {
		scanner->at += 2;
	} else if (*at != '\0' && strchr(" \t\r", *at)) {
		scanner->at++;
	} else {
		return false;
	}
	return true;
}

static void scan(struct shell_scanner *scanner)
{
	bool append, wanted;

	scanner->command = true;
	while (scanner->text[scanner->at]) {
		if (take_separator(scanner) || (scanner->command && take_reserved(scanner)))
			continue;
		if (scanner->command && shell_take_name(scanner, &append, &wanted)) {
			shell_take_assignment(scanner, append, wanted);
			continue; /* another may follow on the same line */
		}
		if (scanner->command && take_redirection(scanner))
			continue;
		if (scanner->command && scanner->text[scanner->at] != '#')
			take_command(scanner);
		scanner->at = shell_skip_one(scanner, scanner->at);
	}
}

static gint compare_starts(gconstpointer a, gconstpointer b)
{
	size_t left = ((const struct slot *)a)->start, right = ((const struct slot *)b)->start;

	return left < right ? -1 : left > right;
}

/* "${NAME:=…}" and "${NAME=…}", wherever they stand, set the name if it has no value yet: places
 * without words. */
static void note_defaults(struct shell_scanner *scanner)
{
	g_autofree char *open = g_strconcat("${", scanner->key, NULL);
	const char *at = scanner->text;

	for (; (at = strstr(at, open)); at++) {
		const char *behind = at + strlen(open);
		size_t start = (size_t)(at - scanner->text);
		const struct slot slot = { start, start, QUOTING_BARE, false, true };
		if (*behind == '=' || (behind[0] == ':' && behind[1] == '='))
			g_array_append_val(scanner->slots, slot);
	}
	g_array_sort(scanner->slots, compare_starts);
}

GArray *shell_slots(const char *text, const char *key)
{
	struct shell_scanner scanner = { .text = text, .key = key };

	scanner.slots = g_array_new(FALSE, FALSE, sizeof(struct slot));
	scan(&scanner);
	note_defaults(&scanner);
	return scanner.slots;
}

bool shell_is_sound(const char *text)
{
	struct shell_scanner scanner = { .text = text };

	scan(&scanner);
	return !scanner.open;
}
