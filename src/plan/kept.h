/* Copies of what an entry without our changes starts, where building images anew writes them in
 * place. */
#pragma once

#include "plan/cmdline_job.h"

/* The text of an entry (at path) that boots without our changes, with copies in place of what
 * building images anew writes in place; adds the steps that make them, or the warning "no-copy".
 * The same text where nothing is at risk. The caller's. */
char *kept_entry(struct cmdline_job *job, const char *entry, const char *text);

/* The path of the running kernel's initramfs; NULL: not known. Not owned. */
const char *kept_running(const struct boot *boot);

/* The same for a menu that is not made of entries: the name of the running kernel's initramfs,
 * whose copy has KEPT_OWN in front of it. named: the menu names it, so that the copy can be named
 * in its place. NULL: nothing is at risk, or it cannot be kept. Not owned. */
const char *kept_initramfs(struct cmdline_job *job, bool named);
#define KEPT_OWN "vfiokit-"
