/* vfiokit vm: guests. */
#include "cmd/command.h"

extern const struct command command_vm_lint;

static const struct command *const parts[] = {
	&command_vm_lint,
	NULL,
};

const struct command command_vm = {
	.name = "vm",
	.summary = "definitions of guests",
	.parts = parts,
};
