/* The floor under `vfiokit check --json`: exactly the reads that its output needs, each once, in
 * the cheapest way there is, and nothing done with what was read. No output.
 *
 *   loop-floor ROOT
 *
 * Keep it in step with src/probe: a file that check starts to read is added here only when the
 * output cannot be had without it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const function_files[] = {
	"revision",
	"numa_node",
	"driver_override",
	"reset_method",
};

static const char *const host_files[] = {
	"proc/cmdline",
	"proc/cpuinfo",
	"proc/interrupts",
	"proc/sys/kernel/osrelease",
	"sys/firmware/acpi/tables/DMAR",
};

static const char *const host_dirs[] = {
	"sys/class/iommu",
	"sys/firmware/acpi/tables",
};

/* The names of vendors and devices are part of the output. */
static const char *const name_files[] = {
	"/usr/share/misc/pci.ids",
	"/usr/share/hwdata/pci.ids",
};

/* Returns how many bytes were read; absent is no error. */
static ssize_t read_file(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;

	ssize_t n = read(fd, buf, size - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

static int open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

/* Calls visit, if there is one, for each name in a directory; closes dir. */
static void each_name(int dir, void (*visit)(int dir, const char *name))
{
	_Alignas(struct dirent64) char buf[32768];
	ssize_t n;

	while ((n = getdents64(dir, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buf + at);
			if (visit && entry->d_name[0] != '.')
				visit(dir, entry->d_name);
			at += entry->d_reclen;
		}
	}
	close(dir);
}

static void read_function(int bus, const char *address)
{
	char buf[PATH_MAX];

	if (readlinkat(bus, address, buf, sizeof(buf)) < 0)
		buf[0] = '\0'; /* where it sits in the tree */
	int dir = open_dir(bus, address);
	bool is_display =
		read_file(dir, "uevent", buf, sizeof(buf)) > 0 && strstr(buf, "PCI_CLASS=300");
	for (size_t i = 0; i < sizeof(function_files) / sizeof(function_files[0]); i++)
		read_file(dir, function_files[i], buf, sizeof(buf));
	if (is_display)
		read_file(dir, "boot_vga", buf, sizeof(buf));
	if (readlinkat(dir, "iommu_group", buf, sizeof(buf)) < 0)
		buf[0] = '\0';
	close(dir);
}

static void read_group(int groups, const char *name)
{
	char path[PATH_MAX], buf[64];

	snprintf(path, sizeof(path), "%s/type", name);
	read_file(groups, path, buf, sizeof(buf));
	snprintf(path, sizeof(path), "%s/devices", name);
	each_name(open_dir(groups, path), NULL);
}

static void read_host(void)
{
	char *buf = malloc(4 << 20);

	for (size_t i = 0; i < sizeof(host_files) / sizeof(host_files[0]); i++)
		read_file(AT_FDCWD, host_files[i], buf, 1 << 20);
	for (size_t i = 0; i < sizeof(host_dirs) / sizeof(host_dirs[0]); i++)
		each_name(open_dir(AT_FDCWD, host_dirs[i]), NULL);
	for (size_t i = 0; i < sizeof(name_files) / sizeof(name_files[0]); i++) {
		if (read_file(AT_FDCWD, name_files[i], buf, 4 << 20) > 0)
			break;
	}
	free(buf);
}

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: loop-floor ROOT\n");
		return 2;
	}
	read_host();
	each_name(open_dir(AT_FDCWD, "sys/bus/pci/devices"), read_function);
	each_name(open_dir(AT_FDCWD, "sys/kernel/iommu_groups"), read_group);
	return 0;
}
