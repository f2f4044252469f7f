/* Is in a built initramfs image what a change wanted to have there? What the generator's exit
 * status promises is looked at, since wrong settings leave things out without a word. */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct root;

/* wanted: lines "file PATH" (without a leading "/"), "module NAME" (however it is packed), "without
 * PATH". False: STATUS_FAILED, naming the first that does not hold, or why it cannot be seen. */
bool image_check(struct root *root, const char *path, const char *wanted, GError **error);

/* What holds once the change is taken back: no file of it is there; of modules nothing is said,
 * others may want them. NULL: nothing needs to be looked at. The caller's to free. */
char *image_check_reverse(const char *wanted);
