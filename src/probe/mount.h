/* A line of a table of mounts (/proc/PID/mountinfo, proc(5)). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount {
	uint32_t major;
	uint32_t minor;
	char *target;
	char *type;
	char *source;
	char *options; /* of the file system, "rw,addr=192.0.2.1"; "": none */
	bool system;   /* the machine does not run without it */
};

/* Parses "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw". False: it is no such
 * line, and nothing has to be cleared. */
bool mount_parse(const char *line, size_t length, struct mount *ret);
void mount_clear(struct mount *mount);

/* A copy in which \040 and the like are what they stand for; the caller's to free. */
char *mount_unescape(const char *text, size_t length);
