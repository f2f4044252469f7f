/* The least that any program about IOMMU groups has to read: of each function its driver, its group
 * and the header of its config space. No output. What is slower than this does more than this.
 *
 *   loop-minimal ROOT
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void read_function(int bus, const char *address)
{
	char link[PATH_MAX], config[64];
	int dir = openat(bus, address, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : openat(dir, "config", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, config, sizeof(config)) < 0) {
		perror(address);
		exit(1);
	}
	close(fd);
	if (readlinkat(dir, "driver", link, sizeof(link)) < 0)
		link[0] = '\0'; /* no driver */
	if (readlinkat(dir, "iommu_group", link, sizeof(link)) < 0)
		link[0] = '\0'; /* no group */
	close(dir);
}

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: loop-minimal ROOT\n");
		return 2;
	}
	int bus = open("sys/bus/pci/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = opendir("sys/bus/pci/devices");
	if (bus < 0 || !stream) {
		perror("sys/bus/pci/devices");
		return 1;
	}

	for (const struct dirent *entry; (entry = readdir(stream));) {
		if (entry->d_name[0] != '.')
			read_function(bus, entry->d_name);
	}
	closedir(stream);
	close(bus);
	return 0;
}
