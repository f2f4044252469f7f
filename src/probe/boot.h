/* What boots this machine: the files that say so, from a table of paths, the EFI variables of the
 * loader, the installed kernels; then boot_judge() (model/boot.h) decides. */
#pragma once

struct host;
struct root;

/* Fills host->boot; the platform must have been probed with PLATFORM_VERDICT | PLATFORM_MACHINE. */
void boot_probe(struct root *root, struct host *host);

/* Of it the installed kernels. */
void boot_probe_kernels(struct root *root, struct host *host);

/* Of it the files that the loader starts, once the rest is judged. */
void boot_probe_images(struct root *root, struct host *host);

/* The variables of the Boot Loader Interface as lines "NAME=VALUE", as they are recorded; NULL
 * where there are none. The caller's. For root_digest(). */
char *boot_read_variables(struct root *root);

/* The value of a line "KEY=VALUE" of a shell's text, with its quotes taken off; NULL: none. The
 * host's. */
const char *boot_value(struct host *host, const char *text, const char *key);
