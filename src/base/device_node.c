/* See device_node.h. Only the live machine's nodes are opened: a node in another tree would lead to
 * a driver of this machine all the same. */
#include "base/device_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/root.h"
#include "base/root_write.h"

int device_node_open(struct root *root, const char *path)
{
	struct stat st;

	if (!root_is_live(root))
		return -EROFS;
	int fd = root_open_file(root, path, O_RDWR, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
		return fd;
	close(fd);
	return -ENODEV;
}
