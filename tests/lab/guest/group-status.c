/* What the kernel itself says of a group through VFIO: may a guest have it?
 *
 * group-status NUMBER prints "viable yes" or "viable no" (VFIO_GROUP_GET_STATUS; the kernel's
 * Documentation/driver-api/vfio.rst). The group must have a function on a vfio driver, or there is
 * no file to ask.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <linux/vfio.h>

int main(int argc, char **argv)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%s", argc > 1 ? argv[1] : "");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) != 0) {
		perror("VFIO_GROUP_GET_STATUS");
		return 1;
	}
	printf("viable %s\n", status.flags & VFIO_GROUP_FLAGS_VIABLE ? "yes" : "no");
	return 0;
}
