/* Every command, in the order of the help. Adding one: its file, and a line here. */
#include "cmd/command.h"

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
