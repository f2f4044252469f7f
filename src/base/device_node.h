/* Opening nodes under /dev: what drivers offer to programs, to be spoken to by ioctl. */
#pragma once

struct root;

/* Opens the character device at path for reading and writing. Returns the descriptor, which the
 * caller closes, or -errno: -ENODEV when something else stands there, -EROFS when root is not the
 * running machine, whose drivers alone stand behind nodes. */
int device_node_open(struct root *root, const char *path);
