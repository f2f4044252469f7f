/* Help texts and completions, made from the tables of commands and options. */
#pragma once

struct command;

/* Prints the list of commands. */
void help_all(void);

/* Prints how one command is used. */
void help_command(const struct command *command);
