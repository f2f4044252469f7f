/* The names in cpio archives (the "newc" form, kernel: Documentation/driver-api/early-userspace/
 * buffer-format.rst), read piece by piece as they come out of a program. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpio_reader {
	GPtrArray *names;    /* of char *: without a leading "/" or "./"; owned */
	GByteArray *pending; /* a header, and the name behind it, as far as it came */
	size_t need;         /* bytes that pending must have */
	uint64_t skip;       /* bytes of a file, and of padding, that are passed over */
	bool between;        /* at the front, or behind the end of an archive */
	bool broken;         /* this is no such archive, from here on */
};

void cpio_reader_init(struct cpio_reader *reader);
void cpio_reader_clear(struct cpio_reader *reader);

/* Takes in bytes. Several archives may follow each other, with zeros between them. Returns how many
 * were taken: it stops in front of what is no archive, as a compressed one is none. */
size_t cpio_feed(struct cpio_reader *reader, const uint8_t *data, size_t length);

/* Did what was fed end where an archive does? */
static inline bool cpio_is_whole(const struct cpio_reader *reader)
{
	return reader->between && !reader->broken;
}
