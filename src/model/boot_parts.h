/* The parts of boot_judge(): which loader started the kernel (boot_loader.c), which tools feed it
 * (boot_chain.c, boot_grub.c), whether their file is what was booted (boot_check.c); what they
 * share is in boot_note.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/host.h"

enum loader {
	LOADER_UNKNOWN,
	LOADER_GRUB,
	LOADER_SDBOOT,
	LOADER_UKI, /* a unified kernel image, whatever started it */
	LOADER_REFIND,
	LOADER_LIMINE,
};

struct boot_judge {
	struct host *host;
	struct boot *boot;
	GPtrArray *evidence; /* of const char *, strings of the host */
};

/* Which loader started the kernel, with evidence of it; LOADER_UNKNOWN: that cannot be told. */
enum loader boot_find_loader(struct boot_judge *judge);

/* The same by what the loader itself has said, in EFI variables. */
enum loader boot_loader_by_variables(struct boot_judge *judge);

/* Adds a line of evidence. */
void boot_note(struct boot_judge *judge, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Sets the chain to BOOT_UNCERTAIN, and why. Returns BOOT_UNCERTAIN. */
enum boot_chain boot_doubt(struct boot_judge *judge, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same where no loader was found whose chains are known: what else it may be. */
enum boot_chain boot_doubt_others(struct boot_judge *judge);

/* The chain that feeds that loader on this machine, with entry, grub_cfg, limine_conf; or doubt. */
enum boot_chain boot_chain_of(struct boot_judge *judge, enum loader loader);

/* The same for GRUB alone. */
enum boot_chain boot_chain_grub(struct boot_judge *judge);

/* Does text hold a line "KEY=VALUE", quotes around the value or not, that is no comment? */
bool boot_has_setting(const char *text, const char *key, const char *value);

/* Is there a file of that path, or a program of that name? */
bool boot_is_there(const struct boot *boot, const char *name);

/* Is there something at any of "/boot", "/efi", "/boot/efi" + path? NULL: no. */
const char *boot_on_partition(const struct boot *boot, const char *path);

/* A word of the command line that is in none of the files that the chain takes it from, which are
 * told in *sources (static words); NULL: all are there, or there is nothing to compare. */
char *boot_stranger(const struct host *host, enum boot_chain chain, const char **sources);
