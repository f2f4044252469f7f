/* See worker.h. A pair of sockets that keep the bounds of messages: a request is one message, its
 * answer another. */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

struct worker {
	int fd;
	pid_t pid;
};

/* A child that is stuck must not keep its parent's pipes open: who reads them would wait with it.
 */
static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static void G_GNUC_NORETURN serve(int fd,
				  int (*work)(void *data, const char *request, size_t length),
				  void *data)
{
	char request[WORKER_REQUEST_MAX];
	ssize_t n;

	leave_streams();
	for (;;) {
		while ((n = recv(fd, request, sizeof(request), 0)) < 0 && errno == EINTR)
			;
		if (n <= 0)
			_exit(0);
		int answer = work(data, request, (size_t)n);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			_exit(0);
	}
}

struct worker *worker_new(int (*work)(void *data, const char *request, size_t length), void *data)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return NULL;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		serve(fds[1], work, data);
	}
	int error = errno;
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		errno = error;
		return NULL;
	}
	struct worker *worker = g_new0(struct worker, 1);
	worker->fd = fds[0];
	worker->pid = pid;
	return worker;
}

/* 0, or why there is none. */
static int take_answer(int fd, unsigned seconds, int *answer)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int r;

	while ((r = poll(&wait, 1, (int)seconds * 1000)) < 0 && errno == EINTR)
		;
	if (r == 0)
		return -ETIMEDOUT;
	return recv(fd, answer, sizeof(*answer), 0) == sizeof(*answer) ? 0 : -ECHILD;
}

int worker_ask(struct worker **worker, const char *request, size_t length, unsigned seconds,
	       int *stuck)
{
	int fd = (*worker)->fd, answer = 0, lost = -ECHILD;

	*stuck = 0;
	if (send(fd, request, length, MSG_NOSIGNAL) == (ssize_t)length)
		lost = take_answer(fd, seconds, &answer);
	if (lost == 0)
		return answer;
	*stuck = child_end((*worker)->pid);
	close(fd);
	g_free(*worker);
	*worker = NULL;
	return lost;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	close(worker->fd); /* which ends it; whoever is done need not wait for that */
	waitpid(worker->pid, NULL, WNOHANG);
	g_free(worker);
}
