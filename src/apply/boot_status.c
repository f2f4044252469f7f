/* See boot_status.h. */
#include "apply/boot_status.h"

#include <string.h>

#include "base/root_write.h"
#include "plan/persist.h"

int boot_status_write(struct root *root, const char *text)
{
	int r = root_make_dir(root, "/run/vfiokit", 0755);

	return r == 0 ? root_replace(root, PERSIST_STATUS_PATH, text, strlen(text), 0644) : r;
}
