/* Taking turns: of many processes that are started to look at the state of the machine, one works,
 * at most one waits, and all others may go, since the one that waits has not looked yet. */
#pragma once

struct root;

/* Waits for the turn. path names a file, which is made when it is not there (its directory, too);
 * beside it one with ".next". Returns a descriptor: closing it ends the turn. -EALREADY: another
 * process waits already, and will see all that this one could; else -errno.
 *
 * due: a file by which others know that somebody is on the way, so that nobody else is needed. It
 * is removed as the turn begins, before anybody looks; who is sent away leaves it to the one that
 * waits. */
int turn_take(struct root *root, const char *path, const char *due);
