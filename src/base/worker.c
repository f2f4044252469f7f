/* See worker.h. */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/root_parts.h"
#include "base/root_write.h"

#define STACK_SIZE ((size_t)128 * 1024)

/* All that the child works with is in here: it may come back from the kernel, and find there what
 * it left, long after it was given up. */
struct worker {
	pid_t owner; /* who started it */
	pid_t pid;
	int fd;       /* the parent's socket */
	int child_fd; /* the child's, in the child */
	struct root root;
	struct exchange exchange;
	_Alignas(16) char stack[STACK_SIZE];
};

/* How much room an answer takes at most, with what aligns the next one. */
#define ANSWER_ROOM(size) ((sizeof(struct answer) + (size) + 7) & ~(size_t)7)

struct answer *exchange_next(struct exchange *exchange, const struct answer *answer)
{
	size_t at = 0;

	if (answer)
		at = (size_t)((const char *)answer - exchange->data) +
		     ANSWER_ROOM((size_t)MAX(answer->result, 0));
	return (struct answer *)(void *)(exchange->data + at);
}

/* ---- whose turn it is ---- */

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* With a descriptor, which the other side gets; -1: without. */
static bool pass_turn(int fd, int lock)
{
	union control control = { 0 };
	struct iovec byte = { .iov_base = (char[]){ 0 }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1 };

	if (lock >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &lock, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) == 1;
}

/* False: there is no other side any more. */
static bool take_turn(int fd, int *lock)
{
	union control control = { 0 };
	char byte;
	struct iovec room = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &room,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	*lock = -1;
	if (n == 1 && CMSG_FIRSTHDR(&message))
		memcpy(lock, CMSG_DATA(&control.header), sizeof(int));
	return n == 1;
}

/* ---- the child ---- */

static ssize_t read_path(struct root *root, const char *path, char *buf, size_t size)
{
	int fd = root_open_file(root, path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, buf, size)) < 0 && errno == EINTR)
		;
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static void read_paths(struct root *root, struct exchange *exchange)
{
	const char *path = exchange->paths, *end = exchange->data + sizeof(exchange->data);
	struct answer *answer = exchange_next(exchange, NULL);

	while (exchange->n_done < exchange->n &&
	       (size_t)(end - (const char *)answer) >= ANSWER_ROOM(exchange->size)) {
		answer->result = read_path(root, path, answer->text, exchange->size);
		exchange->n_done++;
		answer = exchange_next(exchange, answer);
		path += strlen(path) + 1;
	}
}

static void write_path(struct root *root, struct exchange *exchange)
{
	const char *path = exchange->paths;

	exchange_next(exchange, NULL)->result = root_write(root, path, path + strlen(path) + 1);
}

static void close_range_of(int first, int last)
{
	if (first > last || syscall(SYS_close_range, first, last, 0U) == 0)
		return;
	for (int fd = first; fd <= MIN(last, 65535); fd++)
		close(fd);
}

/* A stuck child would keep its parent's pipes and locks: who waits for them would wait with it. */
static void close_but(int a, int b)
{
	close_range_of(0, MIN(a, b) - 1);
	close_range_of(MIN(a, b) + 1, MAX(a, b) - 1);
	close_range_of(MAX(a, b) + 1, G_MAXINT);
}

static int serve(void *data)
{
	struct worker *worker = data;
	struct exchange *exchange = &worker->exchange;
	int lock;

	close_but(worker->root.fd, worker->child_fd);
	while (take_turn(worker->child_fd, &lock)) {
		if (exchange->writes)
			write_path(&worker->root, exchange);
		else
			read_paths(&worker->root, exchange);
		if (lock >= 0)
			close(lock);
		if (!pass_turn(worker->child_fd, -1))
			break;
	}
	return 0;
}

/* ---- the parent ---- */

/* Signals are for the parent: it decides what ends. The memory is shared, for a copy is most of
 * what a child costs (bench/README.md): page tables, and a fault for each page that either of them
 * touches. So errno, too, is that of both: the child works only while its parent waits for it, and
 * who waits looks at no errno. It takes nothing from the heap, and what it works with is not freed
 * while it is there. */
static bool start(struct worker *worker)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	worker->pid = clone(serve, worker->stack + STACK_SIZE, CLONE_VM | SIGCHLD, worker);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return worker->pid > 0;
}

#define WAITS 10 /* in a second */

struct worker *worker_new(const struct root *root)
{
	const struct timeval wait = { .tv_usec = G_USEC_PER_SEC / WAITS };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return NULL;
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/* Without zeros: only what is used of it shall be there. */
	struct worker *worker = g_malloc(sizeof(struct worker));
	worker->owner = getpid();
	worker->fd = fds[0];
	worker->child_fd = fds[1];
	worker->root = *root;
	bool started = start(worker);
	int error = errno;
	close(fds[1]);
	if (started)
		return worker;
	close(fds[0]);
	g_free(worker);
	errno = error;
	return NULL;
}

struct exchange *worker_exchange(struct worker *worker)
{
	return &worker->exchange;
}

bool worker_is_own(const struct worker *worker)
{
	return worker->owner == getpid();
}

int worker_ask(struct worker *worker, int lock, unsigned seconds)
{
	ssize_t n = -1;
	char byte;

	worker->exchange.n_done = 0;
	if (!pass_turn(worker->fd, lock))
		return -ECHILD;
	/* In many small waits: while the whole machine stands still, as a guest may, only one of
	 * them ends. */
	for (unsigned i = 0; n < 0 && i < seconds * WAITS; i++)
		n = recv(worker->fd, &byte, 1, 0);
	if (n < 0)
		return -ETIMEDOUT;
	return n > 0 ? 0 : -ECHILD;
}

pid_t worker_end(struct worker *worker)
{
	pid_t stuck = child_end(worker->pid);

	close(worker->fd);
	if (stuck == 0)
		g_free(worker);
	return stuck;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	close(worker->fd);
	if (worker_is_own(worker)) {
		kill(worker->pid, SIGKILL); /* it waits for a question */
		while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	g_free(worker);
}
