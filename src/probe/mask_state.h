/* What the parts of the masking share: which made-up identifier stands for which real one. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct mask {
	GHashTable *made_up; /* real identifier, in lower case → made-up one; both owned */
	unsigned n_macs;
	unsigned n_uuids;
	unsigned n_labels;
	const char *hostname; /* NULL: none, or one that is an ordinary word */
};

/* hostname: of the machine, borrowed; NULL: not known. */
void mask_init(struct mask *mask, const char *hostname);
void mask_clear(struct mask *mask);

/* Appends text to out, MAC addresses, UUIDs and the like replaced. */
void mask_append(struct mask *mask, const char *text, size_t length, GString *out);

/* A copy of text in which the machine's name is replaced; the caller's to free. */
char *mask_hostname(const struct mask *mask, const char *text);

/* A made-up name for name, one in a directory like /dev/disk/by-id: "disk-1", with the "-part2" of
 * name behind it. */
const char *mask_label(struct mask *mask, const char *name, size_t length);
