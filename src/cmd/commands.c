/* Every command, in the order of the help, and the options that all take. Adding one: its file, and
 * a line here. */
#include "cmd/command.h"

#include <string.h>

extern const struct command command_overview, command_check, command_show, command_usb,
	command_bind, command_unbind, command_probe, command_history, command_undo, command_record,
	command_setup, command_tune, command_vm, command_doctor, command_audit, command_completion,
	command_tables, command_help, command_verify;

const struct command *const commands[] = {
	&command_overview, &command_check,      &command_show,    &command_usb,    &command_bind,
	&command_unbind,   &command_probe,      &command_verify,  &command_setup,  &command_tune,
	&command_vm,       &command_undo,       &command_history, &command_doctor, &command_audit,
	&command_record,   &command_completion, &command_help,    &command_tables, NULL,
};

const struct option_row global_options[] = {
	{ .name = "root",
	  .kind = OPTION_TEXT,
	  .argument = "DIR",
	  .help = "read the file system tree under DIR instead of /",
	  .offset = offsetof(struct context, root_path) },
	{ .name = "host",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .help = "read a recorded host, or posted lspci output or group listing (- for standard "
		  "input)",
	  .offset = offsetof(struct context, host_path) },
	{ .name = "json",
	  .kind = OPTION_FLAG,
	  .help = "print one JSON object",
	  .offset = offsetof(struct context, json) },
	{ .name = "color",
	  .kind = OPTION_CHOICE,
	  .argument = "WHEN",
	  .choices = "auto always never",
	  .help = "colour: auto, always or never",
	  .offset = offsetof(struct context, colour) },
	{ .name = "quiet",
	  .letter = 'q',
	  .kind = OPTION_FLAG,
	  .help = "print less",
	  .offset = offsetof(struct context, quiet) },
	{ .name = "verbose",
	  .letter = 'v',
	  .kind = OPTION_FLAG,
	  .help = "print more",
	  .offset = offsetof(struct context, verbose) },
	{ .name = "help",
	  .letter = 'h',
	  .kind = OPTION_FLAG,
	  .help = "print this help",
	  .offset = offsetof(struct context, help) },
	{ .name = "version",
	  .letter = 'V',
	  .kind = OPTION_FLAG,
	  .help = "print the version",
	  .offset = offsetof(struct context, version) },
	{ 0 },
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const char *command_word(const struct command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

const struct command *command_part(const struct command *command, const char *word)
{
	for (size_t i = 0; command->parts && command->parts[i]; i++)
		if (strcmp(command_word(command->parts[i]), word) == 0)
			return command->parts[i];
	return NULL;
}
