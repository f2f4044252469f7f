/* Work in a child process: for libraries that are steered by environment variables, keep state of
 * their own, or might not come back. The parent sees nothing of it but a text. */
#pragma once

#include <sys/types.h>

/* Runs work(data) in a forked child and returns the text it returned there; NULL when it returned
 * NULL, crashed, or took more than the seconds given. The caller's to free. The child may change
 * its environment as it likes; it must not print, and it exits without cleaning up. For programs
 * with one thread only. */
char *child_text(char *(*work)(void *data), void *data, unsigned seconds);

/* Kills a child, and waits only as long as one that can die needs. Returns its pid when it is held
 * in the kernel, and goes when that lets go of it; else 0. */
pid_t child_end(pid_t pid);
