/* See child.h. The text comes through a pipe, with a byte behind it that says it is whole. */
#include "base/child.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_TEXT (64 * 1024 * 1024)
#define WHOLE    '\004'
#define PATIENCE 500 /* ms for a killed child to be gone */

static void write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

static void run_child(int fd, char *(*work)(void *data), void *data) G_GNUC_NORETURN;

static void run_child(int fd, char *(*work)(void *data), void *data)
{
	const char whole = WHOLE;
	char *text = work(data);

	if (text) {
		write_all(fd, text, strlen(text));
		write_all(fd, &whole, 1);
	}
	_exit(0);
}

/* Reads until the end, or until the time is up. */
static void read_child(int fd, GString *text, gint64 deadline)
{
	char buf[16 * 1024];

	while (text->len < MAX_TEXT) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;
		if (left <= 0)
			return;
		int r = poll(&wait, 1, (int)MIN(left, G_MAXINT));
		if (r < 0 && errno == EINTR)
			continue;
		ssize_t n = r > 0 ? read(fd, buf, sizeof(buf)) : 0;
		if (n <= 0)
			return;
		g_string_append_len(text, buf, n);
	}
}

char *child_text(char *(*work)(void *data), void *data, unsigned seconds)
{
	g_autoptr(GString) text = g_string_new(NULL);
	int fds[2];

	if (pipe(fds) < 0)
		return NULL;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		run_child(fds[1], work, data);
	}
	close(fds[1]);
	if (pid > 0) {
		read_child(fds[0], text,
			   g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND);
		kill(pid, SIGKILL); /* it has nothing left to do, or no time left */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	if (text->len == 0 || text->str[text->len - 1] != WHOLE)
		return NULL;
	return g_strndup(text->str, text->len - 1);
}

pid_t child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	for (unsigned i = 0; i < PATIENCE; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return 0;
		g_usleep(1000);
	}
	return pid;
}
