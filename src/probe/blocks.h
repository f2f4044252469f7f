/* The block devices of a machine as a graph: partitions on disks, md, dm and bcache on those below
 * them. A use of any of them is a use of the disks at the bottom. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/usage_reader.h"

struct block;
struct blocks;

/* Reads /sys/class/block; never NULL. The reader must live as long. */
struct blocks *blocks_read(struct usage_reader *reader);
void blocks_free(struct blocks *blocks);

/* Was there a class of block devices to be read? */
bool blocks_known(const struct blocks *blocks);

/* Finds a device; NULL: there is none. By number as in the mount table; major 0 has none. */
struct block *blocks_by_number(const struct blocks *blocks, uint32_t major, uint32_t minor);
/* By the kernel's name: "sda1". */
struct block *blocks_by_name(const struct blocks *blocks, const char *name);
/* By the path of its node: "/dev/sda1", "/dev/mapper/root", "/dev/disk/by-id/…". */
struct block *blocks_by_node(const struct blocks *blocks, const char *path);

enum block_use {
	BLOCK_MOUNTED, /* what: the mount point */
	BLOCK_OTHER,   /* what: words, as "swap" */
};

/* Notes a use of block, by a file system or else, at the devices below it. kind: USAGE_ROOT_DISK or
 * USAGE_DISK. */
void blocks_use(struct blocks *blocks, struct block *block, enum usage_kind kind,
		enum block_use use, const char *what);

/* Calls visit for the places of the disks below block. */
void blocks_visit(struct blocks *blocks, struct block *block,
		  void (*visit)(const struct place *place, void *data), void *data);

/* Adds what was noted, and the disks that nothing uses, to the reader's list. */
void blocks_emit(struct blocks *blocks);
