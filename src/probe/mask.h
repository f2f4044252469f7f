/* What a recording does not tell of a host: serial numbers, MAC addresses, UUIDs, names of the
 * machine and its users, and what makes it large without being looked at. The table of paths in
 * mask.c says what is done to which file. */
#pragma once

struct tree;

/* A copy of text in which each MAC address and UUID is replaced by a made-up one, the same for the
 * same; their shape stays. Those that are made up already stay as they are. The caller's to free.
 */
char *mask_text(const char *text);

/* A masked copy of what was traced: files, links, and names, which still fit together. hostname
 * (NULL: not known) is replaced, too, where a machine's name is put. The caller's to free. */
struct tree *mask_tree(const struct tree *tree, const char *hostname);
