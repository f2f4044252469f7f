/* Remedies as commands for this machine's distribution, added to a finding: what several rules
 * advise is written here once. */
#pragma once

#include "model/packages.h"
#include "rules/exam.h"

/* Puts a parameter on the kernel's command line, or takes it off. */
void remedy_kernel_arg_add(const struct exam *exam, struct finding *finding, const char *argument);
void remedy_kernel_arg_remove(const struct exam *exam, struct finding *finding,
			      const char *argument);

/* Builds the initramfs of every kernel anew. */
void remedy_initramfs(const struct exam *exam, struct finding *finding);

/* Says that a restart of the machine is needed for it. */
void remedy_reboot(struct finding *finding);

/* Sets an option of a module now (where its parameter can be written) and at every boot. */
void remedy_module_option(const struct exam *exam, struct finding *finding, const char *module,
			  const char *option, const char *value);

/* Takes the function off its driver and gives it to VFIO, or back. */
void remedy_bind(const struct exam *exam, struct finding *finding, int index);

/* Installs what the role stands for. */
void remedy_package(const struct exam *exam, struct finding *finding, enum package_role role);
