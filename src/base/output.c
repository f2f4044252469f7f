/* See output.h. */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static bool write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		length -= (size_t)n;
	}
	return fsync(fd) == 0 || errno == EINVAL;
}

/* mkstemp() makes it private: the user's umask says how it should be. */
static void apply_umask(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) < 0)
		return; /* it stays private */
}

/* Gives the file its name, unless something has it. Not every file system knows RENAME_NOREPLACE.
 */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(from, to) < 0)
		return -1;
	return unlink(from);
}

bool output_write(const char *path, const char *data, size_t length, bool replace, GError **error)
{
	g_autofree char *temporary = g_strconcat(path, ".XXXXXX", NULL);
	int fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	if (good) {
		good = write_all(fd, data, length);
		apply_umask(fd);
		good = close(fd) == 0 && good;
		good = good &&
		       (replace ? rename(temporary, path) : rename_new(temporary, path)) == 0;
	}
	if (good)
		return true;
	int saved = errno;
	if (fd >= 0)
		unlink(temporary);
	bool there = saved == EEXIST && !replace;
	g_set_error(error, VFIOKIT_ERROR, there ? STATUS_REFUSED : STATUS_USAGE,
		    "cannot write '%s': %s", path, g_strerror(saved));
	if (there)
		error_hint(error, "choose another name, or add --force to replace it");
	return false;
}
