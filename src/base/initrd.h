/* What is in the first file system of a kernel (initramfs), whoever made it: an image of archives
 * one after the other, of which the last may be compressed (kernel: init/initramfs.c), or a unified
 * kernel image that holds one. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct root;

/* The names in the image at path (of char *, without a leading "/"; the caller's). NULL and
 * STATUS_FAILED: it cannot be read, is damaged, or is compressed by what no program here unpacks.
 */
GPtrArray *initrd_list(struct root *root, const char *path, GError **error);

/* About how many seconds a processor is busy with unpacking the image; 0 where nothing is packed,
 * or where that cannot be told: then initrd_list() says why. By the size: the same image costs the
 * same.
 */
double initrd_seconds(struct root *root, const char *path);

/* Is the module among the first n files of an image, however it is packed ("…/vfio-pci.ko.xz")? */
bool initrd_has_module(const char *const *names, size_t n, const char *module);
