/* See shell_words.h. */
#include "vm/shell_words.h"

#include <string.h>

#include "base/text.h"
#include "vm/shell_document.h"
#include "vm/shell_scan.h"

/* Words of a command, bytes of a word: variables that name each other could grow without end. */
#define MAX_WORDS 20000

struct scanner {
	const char *text; /* all of it */
	const char *at;
	GHashTable *values;  /* variable → GPtrArray of its words */
	GPtrArray *commands; /* what is returned */
	GPtrArray *command;  /* the one that is read */
	GPtrArray *array;    /* "NAME=(" is open: what is read goes there; NULL */
	GPtrArray *expected; /* of char *: what ends the documents that begin at the next line */
	GArray *documents;   /* of struct shell_document */
};

/* ---- lists of words ---- */

static void free_word(void *data)
{
	struct shell_word *word = data;

	g_free(word->text);
	g_free(word);
}

static GPtrArray *new_words(void)
{
	return g_ptr_array_new_with_free_func(free_word);
}

/* text is taken. */
static void push(GPtrArray *words, char *text, size_t start, size_t end)
{
	struct shell_word *word = g_new(struct shell_word, 1);

	*word = (struct shell_word){ .text = text, .start = start, .end = end };
	g_ptr_array_add(words, word);
}

/* ---- variables ---- */

static size_t name_length(const char *text)
{
	size_t n = 0;

	if (g_ascii_isdigit(text[0]))
		return 0;
	while (g_ascii_isalnum(text[n]) || text[n] == '_')
		n++;
	return n;
}

/* The variable that stands at text, which starts with "$"; *length is how far it goes. */
static GPtrArray *find_variable(const struct scanner *scanner, const char *text, size_t *length)
{
	bool braces = text[1] == '{';
	const char *name = text + 1 + braces;
	size_t n = name_length(name);
	const char *end = name + n;

	if (n == 0)
		return NULL;
	if (braces && (g_str_has_prefix(end, "[@]") || g_str_has_prefix(end, "[*]")))
		end += 3;
	if (braces && *end != '}')
		return NULL;
	*length = (size_t)(end - text) + braces;
	g_autofree char *key = g_strndup(name, n);
	return g_hash_table_lookup(scanner->values, key);
}

static char *join(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
				       ((const struct shell_word *)words->pdata[i])->text);
	return g_string_free(text, FALSE);
}

/* "${NAME:-text}", "${NAME-text}": how long it is, and where text stands in it; 0: it is none. */
static size_t find_default(const char *at, size_t *text)
{
	size_t n = at[1] == '{' ? name_length(at + 2) : 0;
	const char *end = n > 0 ? strchr(at + 2 + n, '}') : NULL;

	*text = 2 + n + (at[1] == '{' && at[2 + n] == ':');
	if (!end || at[*text] != '-')
		return 0;
	*text += 1;
	return strpbrk(at + *text, "${") && strpbrk(at + *text, "${") < end
		       ? 0
		       : (size_t)(end + 1 - at);
}

/* The value of a variable that has a default, which counts where the text gives it none. */
static bool fill_default(const struct scanner *scanner, GString *text, const char **word)
{
	size_t start, length = find_default(*word, &start), ignored;

	if (length == 0)
		return false;
	g_autofree char *plain = g_strdup_printf("${%.*s}", (int)name_length(*word + 2), *word + 2);
	GPtrArray *value = find_variable(scanner, plain, &ignored);
	g_autofree char *joined = value ? join(value) : NULL;
	if (joined && *joined)
		g_string_append(text, joined);
	else
		g_string_append_len(text, *word + start, (gssize)(length - 1 - start));
	*word += length;
	return true;
}

/* The word with its variables filled in. */
static char *fill_in(const struct scanner *scanner, const char *word)
{
	GString *text = g_string_new(NULL);

	while (*word && text->len < MAX_WORDS) {
		size_t length = 1;
		if (*word == '$' && fill_default(scanner, text, &word))
			continue;
		GPtrArray *value = *word == '$' ? find_variable(scanner, word, &length) : NULL;
		g_autofree char *joined = value ? join(value) : NULL;
		if (value)
			g_string_append(text, joined);
		else
			g_string_append_len(text, word, (gssize)(length = 1));
		word += length;
	}
	return g_string_free(text, FALSE);
}

/* Adds a word, which starts there, to list; one that is a variable and nothing else becomes as many
 * as it holds, which stand where they were given to it. */
static void add_word(const struct scanner *scanner, GPtrArray *list, const char *word,
		     const char *start)
{
	size_t length = 0;
	GPtrArray *value = *word == '$' ? find_variable(scanner, word, &length) : NULL;

	if (list->len >= MAX_WORDS)
		return;
	if (!value || word[length]) {
		push(list, fill_in(scanner, word), (size_t)(start - scanner->text),
		     (size_t)(scanner->at - scanner->text));
		return;
	}
	for (guint i = 0; i < value->len && list->len < MAX_WORDS; i++) {
		const struct shell_word *held = value->pdata[i];
		push(list, g_strdup(held->text), held->start, held->end);
	}
}

/* What a variable holds that is put into a command line without quotes: its words. */
static void add_split(GPtrArray *list, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t\n", -1);

	for (int i = 0; words[i]; i++)
		if (*words[i] && list->len < MAX_WORDS)
			push(list, g_strdup(words[i]), 0, 0);
}

/* The words that NAME is given now: the old ones first with "+=". */
static GPtrArray *assign(struct scanner *scanner, const char *name, size_t length, bool append)
{
	g_autofree char *key = g_strndup(name, length);
	GPtrArray *value = g_hash_table_lookup(scanner->values, key);

	if (value && append)
		return value;
	value = new_words();
	g_hash_table_insert(scanner->values, g_steal_pointer(&key), value);
	return value;
}

/* "declare -a NAME=(…)" gives a value as "NAME=(…)" does. */
static bool may_assign(const struct scanner *scanner)
{
	static const char *const declaring[] = { "declare",  "export",  "local",
						 "readonly", "typeset", NULL };
	const struct shell_word *first =
		scanner->command->len > 0 ? scanner->command->pdata[0] : NULL;

	return !first || g_strv_contains(declaring, first->text);
}

/* In a unit of systemd: what stands behind "ExecStart=" is a command, behind "Environment=" an
 * assignment. What it may lock is no value that a command line could use, but said of it. */
static const char *skip_unit_key(const char *word)
{
	const char *command = text_after(word, "ExecStart=");
	const char *variable = text_after(word, "Environment=");

	if (command)
		return command + strspn(command, "-@+!:|");
	return variable ? variable : word;
}

/* Is the word "NAME=…" at the front of a command? Then it is taken in. */
static bool take_assignment(struct scanner *scanner, const char *word)
{
	size_t n = name_length(word);
	bool append = n > 0 && word[n] == '+' && word[n + 1] == '=';

	if (n == 0 || (word[n] != '=' && !append) || !may_assign(scanner) ||
	    g_str_has_prefix(word, SHELL_MEMLOCK))
		return false;
	const char *text = word + n + append + 1;
	bool opens = *text == '\0' && *scanner->at == '(';
	g_autofree char *filled = fill_in(scanner, text);
	GPtrArray *value = assign(scanner, word, n, append);
	if (opens)
		scanner->array = value;
	else
		add_split(value, filled);
	scanner->at += opens;
	return true;
}

/* ---- commands ---- */

static void end_command(struct scanner *scanner)
{
	if (scanner->command->len == 0)
		return;
	g_ptr_array_add(scanner->commands, scanner->command);
	scanner->command = new_words();
}

static void skip_comment(struct scanner *scanner)
{
	while (*scanner->at && *scanner->at != '\n')
		scanner->at++;
}

/* The documents that the line has asked for begin. */
static void skip_documents(struct scanner *scanner)
{
	for (guint i = 0; i < scanner->expected->len; i++)
		scanner->at = shell_document_skip(scanner->text, scanner->at,
						  scanner->expected->pdata[i], scanner->documents);
	g_ptr_array_set_size(scanner->expected, 0);
}

/* What is neither blank nor a word. */
static void scan_separator(struct scanner *scanner)
{
	if (scanner->at[0] == '<' && scanner->at[1] == '<') {
		scanner->at = shell_document_expect(scanner->at, scanner->expected);
		return;
	}
	char c = *scanner->at++;
	if (c == '\n')
		skip_documents(scanner);
	if (c == ')' && scanner->array)
		scanner->array = NULL;
	else if (!scanner->array)
		end_command(scanner);
}

static bool is_continuation(const char *at)
{
	return at[0] == '\\' && (at[1] == '\n' || (at[1] == '\r' && at[2] == '\n'));
}

static void scan_next(struct scanner *scanner)
{
	if (shell_is_blank(*scanner->at)) {
		scanner->at++;
		return;
	}
	if (is_continuation(scanner->at)) {
		scanner->at += scanner->at[1] == '\r' ? 3 : 2;
		return;
	}
	if (*scanner->at == '#') {
		skip_comment(scanner);
		return;
	}
	if (shell_ends_word(scanner->at, scanner->array != NULL)) {
		scan_separator(scanner);
		return;
	}
	const char *before = scanner->at;
	g_autofree char *scanned = shell_scan_word(&scanner->at, scanner->array != NULL);
	const char *word = scanner->command->len == 0 ? skip_unit_key(scanned) : scanned;
	if (scanner->at == before) {
		scanner->at++; /* nothing that could be a word */
		return;
	}
	if (!scanner->array && take_assignment(scanner, word))
		return;
	add_word(scanner, scanner->array ? scanner->array : scanner->command, word, before);
}

static void free_words(void *words)
{
	g_ptr_array_unref(words);
}

static void scan_all(struct scanner *scanner, const char *text)
{
	scanner->text = scanner->at = text;
	while (*scanner->at)
		scan_next(scanner);
	end_command(scanner);
	scanner->array = NULL;
	g_ptr_array_set_size(scanner->expected, 0);
}

GPtrArray *shell_commands(const char *text, bool documents)
{
	struct scanner scanner = {
		.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_words),
		.commands = g_ptr_array_new_with_free_func(free_words),
		.command = new_words(),
		.expected = g_ptr_array_new_with_free_func(g_free),
		.documents = g_array_new(FALSE, FALSE, sizeof(struct shell_document)),
	};

	scan_all(&scanner, text);
	if (documents) {
		g_autofree char *only = shell_documents_only(text, scanner.documents);
		g_ptr_array_set_size(scanner.commands, 0);
		scan_all(&scanner, only);
	}
	g_ptr_array_unref(scanner.command);
	g_ptr_array_unref(scanner.expected);
	g_array_unref(scanner.documents);
	g_hash_table_unref(scanner.values);
	return scanner.commands;
}
