/* Between guest_lines.c, which finds command lines, guest_qemu.c, which reads their options,
 * guest_qemu_disk.c, which has those for disks, guest_qemu_device.c, which reads -device, and
 * guest_qemu_names.c, which knows who asks for whom. */
#pragma once

#include "vm/guest.h"
#include "vm/qemu_pairs.h"

struct reader {
	struct guest *guest;
	GHashTable *nodes;   /* id of a drive or block device → struct node */
	GHashTable *names;   /* ids that options give; a set */
	GHashTable *memory;  /* id of an object that is memory → its size, uint64_t */
	GArray *uses;        /* of struct guest_use: ids that options ask for */
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
	int placed; /* index in guest.devices of the disk that -drive makes of it; -1: none */
};

/* The drive or block device of that id, or what is below it and has a path; NULL: none. */
struct node *reader_node(struct reader *reader, const char *id);

/* Read what stands behind -pflash, -drive, -hda and -blockdev. */
void reader_pflash(struct reader *reader, const GArray *pairs);
void reader_drive(struct reader *reader, const GArray *pairs);
void reader_hda(struct reader *reader, const GArray *pairs);
void reader_blockdev(struct reader *reader, const GArray *pairs);

/* Flash that -machine names, once all block devices are read. */
void reader_finish_pflash(struct reader *reader);

/* Reads what stands behind -device. */
void reader_device(struct reader *reader, const GArray *pairs);

/* Notes which ids an option gives, and which it asks for. */
void reader_names(struct reader *reader, const char *option, const GArray *pairs);

/* What is asked for and not given, once all options are read. */
void reader_finish_names(struct reader *reader);

/* A port has one slot only: what is put there without an address gets it. */
void reader_finish_ports(struct reader *reader);

/* Reads the words (of struct shell_word *) of a command of a shell, from that one on, which is
 * QEMU. */
struct guest *reader_command(const GPtrArray *command, guint first);

/* Reads the value of a -cpu that libvirt hands through: of two, the last one counts for QEMU, with
 * all that belongs to it. */
void guest_pass_cpu(struct guest *guest, const char *value);
