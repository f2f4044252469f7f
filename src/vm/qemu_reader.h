/* Between guest_qemu.c, which reads options, and guest_qemu_device.c, which reads -device. */
#pragma once

#include "vm/guest.h"
#include "vm/qemu_pairs.h"

struct reader {
	struct guest *guest;
	GHashTable *nodes;   /* id of a drive or block device → struct node */
	const char *pflash0; /* of -machine: nodes */
	const char *pflash1;
	const char *shown; /* the option that is read, as evidence */
	int value;         /* index of its value in guest.words; -1: it has none */
};

struct node {
	const char *path; /* NULL: it has another node below */
	const char *below;
	const char *io, *cache;
	enum tri readonly;
	bool used;
};

/* The drive or block device of that id, or what is below it and has a path; NULL: none. */
struct node *reader_node(struct reader *reader, const char *id);

/* Reads what stands behind -device. */
void reader_device(struct reader *reader, const GArray *pairs);
