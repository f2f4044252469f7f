/* See turn.h. */
#include "base/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib.h>

#include "base/root_write.h"

static int lock(struct root *root, const char *path, int how)
{
	int r, fd = root_open_file(root, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fd;
	do
		r = flock(fd, how);
	while (r != 0 && errno == EINTR);
	if (r == 0)
		return fd;
	int error = errno;
	close(fd);
	return error == EWOULDBLOCK ? -EALREADY : -error;
}

int turn_take(struct root *root, const char *path, const char *due)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *next_path = g_strconcat(path, ".next", NULL);
	int r = root_make_dir(root, folder, 0755);

	if (r < 0)
		return r;
	int next = lock(root, next_path, LOCK_EX | LOCK_NB);
	if (next < 0)
		return next;
	int turn = lock(root, path, LOCK_EX);
	close(next); /* from here on somebody else may be the next */
	/* Only now: who was sent away meanwhile has left it for us. */
	root_remove(root, due);
	return turn;
}
