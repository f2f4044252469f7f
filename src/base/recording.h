/* A recorded host as text: what `vfiokit record` writes and --host reads. Pure: text ⇄ struct tree.
 *
 * Made to be read, compared with diff and pasted into a forum post:
 *
 *     vfiokit-host 1
 *     # a comment
 *
 *     [/sys/devices/pci0000:00/0000:01:00.0]       the directory of what follows
 *     vendor = 0x10de                              one line, with its newline
 *     name =- text                                 one line, without a newline
 *     resource :                                   several lines (":-": the last has no newline)
 *     | 0x00000000f6000000 0x00000000f6ffffff
 *     + 0x0000000000040200                         goes on the line before, after one blank
 *     ~ 0                                          goes on the line before at once
 *     driver -> ../../../../bus/pci/drivers/nvidia a link
 *     config x 4096                                bytes: those that are not given are zero
 *     | 000: de 10 03 1c 07 00 10 00 a1 00 00 03 10 00 80 00
 *     | 100-1ff: ff                                a run of one value, both ends included
 *     reset_method ! EACCES                        reading it fails with this error
 *     power/                                       an empty directory
 *     [end]
 *
 * %XX stands for a byte that would not survive (blanks at either end of a value, control
 * characters, invalid UTF-8, anything unusual in a name). Blank lines and lines that begin with #
 * mean nothing. What pasting does is forgiven: text before the first line and behind [end], quote
 * marks ("> "), blanks in front, blanks behind, CR LF. Anything else wrong is an error with its
 * line number. A recording without [end] was cut off: refused, since what is missing would look
 * like something that the machine does not have.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/tree.h"

#define RECORDING_MAX_BYTES (1024 * 1024) /* of one "x" entry */
#define RECORDING_MAX_TOTAL                                                                        \
	(128 * 1024 * 1024)      /* of all "x" entries: they are larger than their text */
#define RECORDING_MAX_DEPTH 128  /* of directories */
#define RECORDING_MAX_LINK  4095 /* bytes of a link, as the kernel's PATH_MAX */

/* Does text hold the first line of a recording? */
bool recording_looks_like(const char *text, size_t length);

/* Reads a recording of length bytes. Returns the tree, the caller's to free, or NULL and an error
 * (STATUS_USAGE) that names the line. Takes time and memory in proportion to the text, apart from
 * the "x" entries within their limits above. */
struct tree *recording_parse(const char *text, size_t length, GError **error);

/* Writes tree as a recording, with a comment line for each of notes (NULL-terminated; may be NULL).
 * The text is the caller's. recording_parse() of it gives an equal tree, for every tree within the
 * limits above. */
char *recording_emit(const struct tree *tree, const char *const *notes);
