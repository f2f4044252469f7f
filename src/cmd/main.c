/* From the command line to a command and back: global options, help, version, the error at the end.
 */
#include "cmd/main.h"

#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/context.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "config.h"

static int run_command(struct context *context, const struct command *command, char **words,
		       unsigned n, GError **error)
{
	g_autoptr(GPtrArray) rest = g_ptr_array_new();
	g_autofree void *values = g_malloc0(command->options_size + 1);
	const struct option_target targets[] = {
		{ command->options, values },
		{ global_options, context },
	};

	bool ok = options_read(targets, G_N_ELEMENTS(targets), words, n, false, NULL, rest, error);
	int status = -1;
	if (ok && context->help) {
		help_command(command);
		status = STATUS_OK;
	} else if (ok) {
		g_ptr_array_add(rest, NULL);
		context->arguments = (const char **)rest->pdata;
		context->n_arguments = rest->len - 1;
		context->options = values;
		status = context_run(context, command, error);
	} else {
		error_hint(error, "'vfiokit %s --help' lists its options", command->name);
	}
	options_clear(&targets[0]);
	return status;
}

/* Points at the command that was meant, when one is near. */
static void set_unknown(const char *word, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "unknown command '%s'", word);
	for (size_t i = 0; commands[i]; i++)
		if (text_is_near(word, commands[i]->name)) {
			error_hint(error, "did you mean 'vfiokit %s'?", commands[i]->name);
			return;
		}
	error_hint(error, "'vfiokit --help' lists the commands");
}

static void set_needs_part(const struct command *command, const char *word, GError **error)
{
	g_autoptr(GString) words = g_string_new(NULL);

	for (size_t i = 0; command->parts[i]; i++)
		g_string_append_printf(words, "%s%s", i > 0 ? ", " : "",
				       command_word(command->parts[i]));
	if (word)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "unknown command '%s %s'",
			    command->name, word);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' does nothing by itself",
			    command->name);
	error_hint(error, "'%s' is followed by one of %s", command->name, words->str);
}

/* Which part of a command is meant: the first word names it, and is taken out of words. Options may
 * stand before it. The command itself when none is named and it can be run, or help is asked for.
 */
static const struct command *choose_part(struct context *context, const struct command *command,
					 char **words, unsigned *n, GError **error)
{
	g_autofree void *values = g_malloc0(command->options_size + 1);
	const struct option_target targets[] = {
		{ command->options, values },
		{ global_options, context },
	};
	unsigned at;

	bool ok = options_read(targets, G_N_ELEMENTS(targets), words, *n, true, &at, NULL, error);
	options_clear(&targets[0]);
	if (!ok) {
		error_hint(error, "'vfiokit %s --help' lists its options", command->name);
		return NULL;
	}
	const char *word = at < *n ? words[at] : NULL;
	const struct command *part = word ? command_part(command, word) : NULL;
	if (part) {
		memmove(words + at, words + at + 1, (*n - at - 1) * sizeof(*words));
		--*n;
		return part;
	}
	if (command->run || (context->help && !word))
		return command;
	set_needs_part(command, word, error);
	return NULL;
}

static int run_line(struct context *context, int argc, char **argv, GError **error)
{
	const struct option_target global = { global_options, context };
	char **words = argv + 1;
	unsigned n = argc > 1 ? (unsigned)argc - 1 : 0, used = 0;

	if (!options_read(&global, 1, words, n, true, &used, NULL, error)) {
		error_hint(error, "'vfiokit --help' lists the commands, and the options of all; "
				  "those of one command stand behind it");
		return -1;
	}
	if (context->version) {
		printf("vfiokit %s\n", VERSION);
		return STATUS_OK;
	}
	if (context->help && used == n) {
		help_all();
		return STATUS_OK;
	}
	const char *name = used < n ? words[used] : "overview";
	const struct command *command = command_find(name);
	if (!command) {
		set_unknown(name, error);
		return -1;
	}
	unsigned skip = MIN(used + 1, n);
	words += skip;
	n -= skip;
	if (command->parts)
		command = choose_part(context, command, words, &n, error);
	return command ? run_command(context, command, words, n, error) : -1;
}

/* What was typed, or read, may be in it: nothing that upsets a terminal is printed. */
static char *make_printable(const char *message, size_t length)
{
	g_autofree char *copy = g_strndup(message, length);
	g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);

	for (char **line = lines; *line; line++) {
		char *text = text_printable(*line, strlen(*line));
		g_free(*line);
		*line = text;
	}
	return g_strjoinv("\n", lines);
}

static void print_error(const GError *error)
{
	size_t length;
	const char *hint = error_split_hint(error->message, &length);

	g_autofree char *text = make_printable(error->message, length);
	term_complain("vfiokit: ", text);
	if (hint)
		term_complain("hint: ", hint);
}

/* Output that could not be written (a full disk, a closed pipe) is an error, too. */
static int finish_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "vfiokit: cannot write standard output\n");
	return STATUS_FAILED;
}

int vfiokit_main(int argc, char **argv)
{
	struct context context = { .colour = "auto" };
	g_autoptr(GError) error = NULL;
	int status = run_line(&context, argc, argv, &error);

	context_clear(&context);
	if (error) {
		fflush(stdout);
		print_error(error);
		status = error->domain == VFIOKIT_ERROR ? error->code : STATUS_USAGE;
	}
	return finish_output(status);
}
