/* See run.h. Both outputs come through one pipe; the program leads a group of its own, so that it
 * can be ended with all that it started. */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

#define KEPT  4096        /* bytes of output, from its end */
#define PIECE (64 * 1024) /* bytes that are read at once */

static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

char *run_find(const char *name)
{
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? g_strdup(name) : NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *path = g_build_filename(folders[i], name, NULL);
		if (access(path, X_OK) == 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

bool run_can(const char *name)
{
	g_autofree char *path = run_find(name);

	return path != NULL;
}

/* input -1: nothing; both outputs go into out, or only the first where there is an input. */
static int spawn(const char *path, const char *const *argv, int input, int out, pid_t *pid)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						   "HOME=/", "DEBIAN_FRONTEND=noninteractive",
						   NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;

	posix_spawn_file_actions_init(&actions);
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&actions, input, 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (input >= 0)
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, out, 2);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes,
				   &none); /* ours are held back while a change is made */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	int r = posix_spawn(pid, path, &actions, &attributes, (char *const *)argv,
			    (char *const *)environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return r;
}

struct reader {
	void (*take)(const char *data, size_t length, void *user);
	void *user;
};

/* Until it closes its output, or the time is up. */
static void read_output(int fd, const struct reader *reader, gint64 deadline)
{
	char buf[PIECE];

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		gint64 left = (deadline - g_get_monotonic_time()) / 1000;
		int r = left > 0 ? poll(&wait, 1, (int)MIN(left, G_MAXINT)) : 0;
		if (r < 0 && errno == EINTR)
			continue;
		ssize_t n = r > 0 ? read(fd, buf, sizeof(buf)) : 0;
		if (n <= 0)
			return;
		reader->take(buf, (size_t)n, reader->user);
	}
}

/* Keeps the end of it. */
static void keep_tail(const char *data, size_t length, void *user)
{
	GString *output = user;

	g_string_append_len(output, data, (gssize)length);
	if (output->len > KEPT)
		g_string_erase(output, 0, (gssize)(output->len - KEPT));
}

/* It may have closed its output and go on: looked at until the time is up. */
static bool wait_for(pid_t pid, gint64 deadline, int *status)
{
	pid_t r;

	while ((r = waitpid(pid, status, WNOHANG)) == 0 && g_get_monotonic_time() < deadline)
		g_usleep(5000);
	if (r == pid)
		return true;
	kill(-pid, SIGKILL);
	for (unsigned i = 0; i < 100 && waitpid(pid, status, WNOHANG) == 0; i++)
		g_usleep(10000); /* one that the kernel holds is left behind */
	return false;
}

static void set_failed(const char *name, bool ended, int status, GString *output, GError **error)
{
	g_autofree char *shown = text_printable(text_chomp(output->str), strlen(output->str));
	const char *line = strrchr(shown, '\n');
	const char *last = *shown ? (line ? line + 1 : shown) : "it says nothing";

	if (!ended)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "'%s' does not end: %s", name,
			    last);
	else if (WIFSIGNALED(status))
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "'%s' was ended by signal %d: %s",
			    name, WTERMSIG(status), last);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "'%s' ended with status %d: %s",
			    name, WEXITSTATUS(status), last);
}

/* What is printed in the end is said in the error, where reader keeps it in output. */
static bool run_with(const char *const *argv, int input, const struct reader *reader,
		     GString *output, unsigned seconds, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)seconds * G_TIME_SPAN_SECOND;
	g_autofree char *path = run_find(argv[0]);
	int fds[2], status = 0;
	pid_t pid = -1;

	if (!path || pipe2(fds, O_CLOEXEC) < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot run '%s': %s", argv[0],
			    path ? g_strerror(errno) : "there is no such program");
		return false;
	}
	int r = spawn(path, argv, input, fds[1], &pid);
	close(fds[1]);
	if (r == 0)
		read_output(fds[0], reader, deadline);
	close(fds[0]);
	if (r != 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot run '%s': %s", path,
			    g_strerror(r));
		return false;
	}
	bool ended = wait_for(pid, deadline, &status);
	if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	set_failed(argv[0], ended, status, output, error);
	return false;
}

bool run_program(const char *const *argv, unsigned seconds, GError **error)
{
	g_autoptr(GString) output = g_string_new(NULL);
	const struct reader reader = { keep_tail, output };

	return run_with(argv, -1, &reader, output, seconds, error);
}

bool run_filter(const char *const *argv, int input,
		void (*take)(const char *data, size_t length, void *user), void *user,
		unsigned seconds, GError **error)
{
	g_autoptr(GString) nothing = g_string_new(NULL);
	const struct reader reader = { take, user };

	return run_with(argv, input, &reader, nothing, seconds, error);
}

static void keep_all(const char *data, size_t length, void *user)
{
	g_string_append_len(user, data, (gssize)length);
}

char *run_output(const char *const *argv, unsigned seconds, GError **error)
{
	GString *output = g_string_new(NULL);
	const struct reader reader = { keep_all, output };
	bool ok = run_with(argv, -1, &reader, output, seconds, error);

	return g_string_free(output, !ok);
}
