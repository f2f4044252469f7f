/* See help.h. */
#include "cmd/help.h"

#include <string.h>

#include "cmd/command.h"

#define OPTION_COLUMN 22

static void print_options(const struct term *term, const struct option_row *rows)
{
	for (; rows && rows->name; rows++) {
		g_autofree char *letter =
			rows->letter ? g_strdup_printf("-%c, ", rows->letter) : g_strdup("");
		g_autofree char *left = g_strdup_printf("  %s--%s%s%s", letter, rows->name,
							rows->argument ? " " : "",
							rows->argument ? rows->argument : "");
		fputs(left, term->out);
		unsigned n = (unsigned)strlen(left);
		if (n >= OPTION_COLUMN) {
			fputc('\n', term->out);
			n = 0;
		}
		term_paragraph(term, ROLE_PLAIN, OPTION_COLUMN, n, OPTION_COLUMN, rows->help);
	}
}

/* Paragraphs are apart by newlines. Indented ones are examples: printed as they are. */
static void print_paragraphs(const struct term *term, const char *text)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n", -1);

	for (char **paragraph = paragraphs; *paragraph; paragraph++) {
		if (**paragraph == '\0')
			continue;
		fputc('\n', term->out);
		if (**paragraph == ' ')
			fprintf(term->out, "%s\n", *paragraph);
		else
			term_paragraph(term, ROLE_PLAIN, 0, 0, 0, *paragraph);
	}
}

static void print_row(const struct command *command)
{
	if (command->run && !(command->flags & COMMAND_HIDDEN))
		printf("  %-12s %s\n", command->name, command->summary);
}

static void print_rows(const struct command *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		print_row(list[i]);
		print_rows(list[i]->parts);
	}
}

void help_all(void)
{
	struct term term;

	term_init(&term, stdout, COLOUR_AUTO);
	printf("Usage: vfiokit [OPTION…] COMMAND [ARGUMENT…]\n\n"
	       "Gives a PCI or USB device of this machine to a virtual machine, and takes it "
	       "back.\n"
	       "Without a command: this machine at a glance, and what to do next.\n\nCommands:\n");
	print_rows(commands);
	printf("\nOptions of every command:\n");
	print_options(&term, global_options);
	printf("\n'vfiokit COMMAND --help' tells more of one; 'man vfiokit' where the guide is.\n"
	       "Exit status: 0 done, 1 found something wrong, 2 usage or bad input, 3 refused,\n"
	       "4 failed (all was taken back), 5 needs root.\n");
}

void help_command(const struct command *command)
{
	struct term term;

	term_init(&term, stdout, COLOUR_AUTO);
	if (command->run)
		printf("Usage: vfiokit %s%s%s%s\n\n", command->name, " [OPTION…]",
		       command->arguments ? " " : "", command->arguments ? command->arguments : "");
	else
		printf("Usage: vfiokit %s COMMAND [OPTION…]\n\n", command->name);
	term_paragraph(&term, ROLE_PLAIN, 0, 0, 0, command->summary);
	if (command->help)
		print_paragraphs(&term, command->help);
	if (command->parts) {
		printf("\nCommands:\n");
		print_rows(command->parts);
	}
	if (command->options && command->options->name) {
		printf("\nOptions:\n");
		print_options(&term, command->options);
	}
	printf("\nOptions of every command:\n");
	print_options(&term, global_options);
}

static int run_help(struct context *context, GError **error)
{
	if (context->n_arguments == 0) {
		help_all();
		return STATUS_OK;
	}
	const struct command *command = command_find(context->arguments[0]);
	for (unsigned i = 1; command && i < context->n_arguments; i++)
		command = command_part(command, context->arguments[i]);
	if (!command) {
		g_autofree char *words = g_strjoinv(" ", (char **)context->arguments);
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "unknown command '%s'", words);
		error_hint(error, "'vfiokit --help' lists the commands");
		return -1;
	}
	help_command(command);
	return STATUS_OK;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "print the help of a command",
	.flags = COMMAND_NO_ROOT | COMMAND_NO_JSON,
	.run = run_help,
};
