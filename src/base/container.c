/* See container.h. */
#include "base/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

/* What container managers leave for those inside, and what is gone with them. */
static const char *const container_marks[] = { "/run/.containerenv", "/run/systemd/container" };

/* This one stays in images that are made a machine of: there the first process sees what we see. */
static bool is_docker(void)
{
	struct stat first, own;

	return access("/.dockerenv", F_OK) == 0 && stat("/proc/1/ns/mnt", &first) == 0 &&
	       stat("/proc/self/ns/mnt", &own) == 0 && first.st_ino != own.st_ino;
}

/* What no kernel that runs leaves empty, where nobody hides it. */
static const char *const never_empty[] = { "/sys/bus", "/sys/class", "/sys/kernel", "/sys/module",
					   "/dev" };

static bool is_name(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Looks at the first few names only: readdir() would ask for as many as 32 KiB have room for. */
static bool is_empty(const char *path)
{
	_Alignas(struct dirent64) char names[512];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent64 *entry;
	bool empty = true;
	ssize_t n;

	while (empty && fd >= 0 && (n = getdents64(fd, names, sizeof(names))) > 0)
		for (ssize_t at = 0; empty && at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(names + at);
			empty = !is_name(entry->d_name);
		}
	if (fd >= 0)
		close(fd);
	return empty;
}

/* The first PID namespace has a number of its own (kernel: PROC_PID_INIT_INO). */
#define FIRST_PIDS "pid:[4026531836]"

bool container_hides(void)
{
	char pids[64];
	ssize_t n = readlink("/proc/self/ns/pid", pids, sizeof(pids) - 1);

	if (n > 0) {
		pids[n] = '\0';
		if (strcmp(pids, FIRST_PIDS) != 0)
			return true;
	} else if (is_empty("/proc")) { /* not listed where it need not be: that names all processes
					 */
		return true;
	}
	if (is_docker())
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(container_marks); i++)
		if (access(container_marks[i], F_OK) == 0)
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(never_empty); i++)
		if (is_empty(never_empty[i]))
			return true;
	return false;
}
