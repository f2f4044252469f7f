/* See options.h. "--name VALUE", "--name=VALUE", "-x", "-xVALUE", "-xyz", unambiguous prefixes. */
#include "cmd/options.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cmd/command.h"

struct found {
	const struct option_row *row;
	void *values;
};

static struct found find_letter(const struct option_target *targets, unsigned n, char letter)
{
	for (unsigned i = 0; i < n; i++)
		for (const struct option_row *row = targets[i].rows; row && row->name; row++)
			if (row->letter == letter)
				return (struct found){ row, targets[i].values };
	return (struct found){ 0 };
}

/* An exact name wins; else one that is the only one to start so. */
static struct found find_name(const struct option_target *targets, unsigned n, const char *name,
			      size_t length, bool *ambiguous)
{
	struct found found = { 0 };

	*ambiguous = false;
	for (unsigned i = 0; i < n; i++) {
		for (const struct option_row *row = targets[i].rows; row && row->name; row++) {
			if (strncmp(row->name, name, length) != 0)
				continue;
			if (row->name[length] == '\0')
				return *ambiguous = false, (struct found){ row, targets[i].values };
			*ambiguous = found.row != NULL;
			found = (struct found){ row, targets[i].values };
		}
	}
	return found;
}

static bool is_choice(const char *choices, const char *value)
{
	g_auto(GStrv) words = g_strsplit(choices, " ", -1);

	return g_strv_contains((const char *const *)words, value);
}

static bool set_value(struct found found, const char *value, GError **error)
{
	void *field = (char *)found.values + found.row->offset;

	switch (found.row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return true;
	case OPTION_CHOICE:
		if (!is_choice(found.row->choices, value)) {
			g_auto(GStrv) words = g_strsplit(found.row->choices, " ", -1);
			g_autofree char *list = g_strjoinv(", ", words);
			g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
				    "option '--%s' cannot be '%s': it is one of %s",
				    found.row->name, value, list);
			return false;
		}
		*(const char **)field = value;
		return true;
	case OPTION_TEXT:
		*(const char **)field = value;
		return true;
	case OPTION_TEXTS:
		if (!*(GPtrArray **)field)
			*(GPtrArray **)field = g_ptr_array_new();
		g_ptr_array_add(*(GPtrArray **)field, (char *)value);
		return true;
	}
	return true;
}

/* A cursor over the words. */
struct reader {
	const struct option_target *targets;
	unsigned n_targets;
	char **words;
	unsigned n;
	unsigned at;
	GError **error;
};

/* Says "option 'WORD' WHAT". */
static bool usage_error(struct reader *reader, const char *word, const char *what)
{
	g_set_error(reader->error, VFIOKIT_ERROR, STATUS_USAGE, "option '%s' %s", word, what);
	return false;
}

/* Names the option that may have been meant. */
static bool unknown_error(struct reader *reader, const char *word, const char *name, size_t length)
{
	g_autofree char *typed = g_strndup(name, length);

	for (unsigned i = 0; i < reader->n_targets; i++)
		for (const struct option_row *row = reader->targets[i].rows; row && row->name;
		     row++)
			if (text_is_near(typed, row->name)) {
				g_set_error(reader->error, VFIOKIT_ERROR, STATUS_USAGE,
					    "option '%s' is unknown; did you mean '--%s'?", word,
					    row->name);
				return false;
			}
	return usage_error(reader, word, "is unknown");
}

/* The value of an option that needs one: behind '=', or the next word. */
static bool take_value(struct reader *reader, struct found found, const char *attached)
{
	if (found.row->kind == OPTION_FLAG)
		return set_value(found, NULL, reader->error);
	if (!attached && reader->at + 1 < reader->n)
		attached = reader->words[++reader->at];
	if (!attached)
		return usage_error(reader, reader->words[reader->at], "needs a value");
	return set_value(found, attached, reader->error);
}

static bool read_long(struct reader *reader, const char *word)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");
	const char *attached = name[length] == '=' ? name + length + 1 : NULL;
	bool ambiguous;
	struct found found =
		find_name(reader->targets, reader->n_targets, name, length, &ambiguous);

	if (ambiguous)
		return usage_error(reader, word, "is ambiguous");
	if (!found.row)
		return unknown_error(reader, word, name, length);
	if (attached && found.row->kind == OPTION_FLAG)
		return usage_error(reader, word, "takes no value");
	return take_value(reader, found, attached);
}

static bool read_letters(struct reader *reader, const char *letters)
{
	for (; *letters; letters++) {
		struct found found = find_letter(reader->targets, reader->n_targets, *letters);
		char text[3] = { '-', *letters, '\0' };
		if (!found.row)
			return usage_error(reader, text, "is unknown");
		if (found.row->kind != OPTION_FLAG)
			return take_value(reader, found, letters[1] ? letters + 1 : NULL);
		if (!set_value(found, NULL, reader->error))
			return false;
	}
	return true;
}

bool options_read(const struct option_target *targets, unsigned n_targets, char **words, unsigned n,
		  bool stop_at_word, unsigned *used, GPtrArray *rest, GError **error)
{
	struct reader reader = { targets, n_targets, words, n, 0, error };
	bool only_words = false;

	for (; reader.at < n; reader.at++) {
		const char *word = words[reader.at];
		bool is_option = !only_words && word[0] == '-' && word[1] != '\0';
		if (!is_option && stop_at_word)
			break;
		if (!is_option)
			g_ptr_array_add(rest, (char *)word);
		else if (strcmp(word, "--") == 0)
			only_words = true;
		else if (word[1] == '-' ? !read_long(&reader, word)
					: !read_letters(&reader, word + 1))
			return false;
	}
	if (used)
		*used = reader.at;
	return true;
}

void options_clear(const struct option_target *target)
{
	for (const struct option_row *row = target->rows; row && row->name; row++) {
		GPtrArray **field = (GPtrArray **)(void *)((char *)target->values + row->offset);
		if (row->kind == OPTION_TEXTS && *field)
			g_ptr_array_free(*field, TRUE);
	}
}
