/* See bounded.h. Question and answer are in memory that both processes share, with two semaphores:
 * a round costs a few microseconds, which counts where each function of a machine is read. */
#include "base/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"

/* Three seconds: the kernel needs microseconds. */
#define WAITS 30
#define WAIT  (G_USEC_PER_SEC / 10)

/* What parent and child share. */
struct exchange {
	sem_t asked;
	sem_t answered;
	size_t size; /* of the caller's buffer */
	ssize_t result;
	char path[4096];
	char data[16384];
};

/* A directory whose attributes do not come, and the child that waits for one. */
struct silent {
	dev_t device; /* where the directory is: several paths lead there */
	ino_t inode;
	pid_t pid;
};

struct bounded {
	pid_t owner; /* who forked the child */
	pid_t child; /* 0: none */
	struct exchange *exchange;
	GArray *silent; /* of struct silent */
};

static const char *const waiting[] = {
	"driver_override", "sriov_numvfs", "uevent", "manufacturer", "product", "serial", NULL,
};

bool bounded_waits(const char *name)
{
	const char *slash = strrchr(name, '/');

	return g_strv_contains(waiting, slash ? slash + 1 : name);
}

struct bounded *bounded_new(void)
{
	struct bounded *bounded = g_new0(struct bounded, 1);

	bounded->silent = g_array_new(FALSE, FALSE, sizeof(struct silent));
	return bounded;
}

/* ---- the child ---- */

static ssize_t read_path(struct exchange *exchange)
{
	int fd = open(exchange->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, exchange->data, exchange->size)) < 0 && errno == EINTR)
		;
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

/* Nothing of its parent's stays open in it: a stuck child would keep pipes and locks. */
static void close_all(void)
{
	if (syscall(SYS_close_range, 0U, ~0U, 0U) == 0)
		return;
	for (int fd = 0, end = (int)sysconf(_SC_OPEN_MAX); fd < MIN(end, 65536); fd++)
		close(fd);
}

static void G_GNUC_NORETURN serve(struct exchange *exchange, pid_t parent)
{
	close_all();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(0);
	for (;;) {
		while (sem_wait(&exchange->asked) != 0)
			;
		exchange->result = read_path(exchange);
		sem_post(&exchange->answered);
	}
}

/* ---- the parent ---- */

static struct exchange *new_exchange(void)
{
	const int shared = MAP_SHARED | MAP_ANONYMOUS;
	// cppcheck-suppress invalidFunctionArg // no file: -1 is as it should be
	void *room = mmap(NULL, sizeof(struct exchange), PROT_READ | PROT_WRITE, shared, -1, 0);
	struct exchange *exchange = room;

	if (room == MAP_FAILED)
		return NULL;
	sem_init(&exchange->asked, 1, 0);
	sem_init(&exchange->answered, 1, 0);
	return exchange;
}

static void forget_child(struct bounded *bounded)
{
	if (bounded->exchange)
		munmap(bounded->exchange, sizeof(*bounded->exchange));
	bounded->exchange = NULL;
	bounded->child = 0;
}

/* Signals are for the parent: it decides what ends. */
static bool start_child(struct bounded *bounded)
{
	sigset_t all, before;

	forget_child(bounded);
	bounded->exchange = new_exchange();
	if (!bounded->exchange)
		return false;
	bounded->owner = getpid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	bounded->child = fork();
	if (bounded->child == 0)
		serve(bounded->exchange, bounded->owner);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (bounded->child > 0)
		return true;
	forget_child(bounded);
	return false;
}

/* Attributes of a device that are in folders below its own count as another's: they are few. */
static bool find_directory(const char *path, struct silent *ret)
{
	g_autofree char *directory = g_path_get_dirname(path);
	struct stat st;

	if (stat(directory, &st) != 0)
		return false;
	*ret = (struct silent){ .device = st.st_dev, .inode = st.st_ino };
	return true;
}

/* Does the child of an earlier read in this directory still wait? Once it is gone, the device has
 * answered. */
static bool is_silent(struct bounded *bounded, const char *path)
{
	struct silent here;

	if (bounded->silent->len == 0 || !find_directory(path, &here))
		return false;
	for (guint i = 0; i < bounded->silent->len; i++) {
		struct silent *silent = &g_array_index(bounded->silent, struct silent, i);
		if (silent->device != here.device || silent->inode != here.inode)
			continue;
		if (bounded->owner != getpid() || waitpid(silent->pid, NULL, WNOHANG) == 0)
			return true;
		g_array_remove_index_fast(bounded->silent, i);
		return false;
	}
	return false;
}

static ssize_t give_up(struct bounded *bounded, const char *path)
{
	pid_t stuck = child_end(bounded->child);
	struct silent silent;

	if (stuck > 0 && find_directory(path, &silent)) {
		silent.pid = stuck;
		g_array_append_val(bounded->silent, silent);
	}
	forget_child(bounded);
	return -ETIMEDOUT;
}

/* In many small waits: while the whole machine stands still, as a guest may, only one of them ends.
 */
static bool wait_for_answer(struct exchange *exchange)
{
	struct timespec until;

	for (unsigned i = 0; i < WAITS; i++) {
		gint64 end = g_get_monotonic_time() + WAIT;
		until = (struct timespec){ .tv_sec = end / G_USEC_PER_SEC,
					   .tv_nsec = end % G_USEC_PER_SEC * 1000 };
		int r;
		while ((r = sem_clockwait(&exchange->answered, CLOCK_MONOTONIC, &until)) != 0 &&
		       errno == EINTR)
			;
		if (r == 0)
			return true;
	}
	return false;
}

ssize_t bounded_read(struct bounded *bounded, const char *path, void *buf, size_t size)
{
	struct exchange *exchange;

	if (is_silent(bounded, path))
		return -ETIMEDOUT;
	if ((bounded->child == 0 || bounded->owner != getpid()) && !start_child(bounded))
		return -ENOSYS;
	exchange = bounded->exchange;
	if (g_strlcpy(exchange->path, path, sizeof(exchange->path)) >= sizeof(exchange->path))
		return -ENAMETOOLONG;
	exchange->size = MIN(size - 1, sizeof(exchange->data));
	sem_post(&exchange->asked);
	if (!wait_for_answer(exchange))
		return give_up(bounded, path);
	ssize_t n = exchange->result;
	if (n >= 0) {
		memcpy(buf, exchange->data, (size_t)n);
		((char *)buf)[n] = '\0';
	}
	return n;
}

void bounded_free(struct bounded *bounded)
{
	if (!bounded)
		return;
	if (bounded->child > 0 && bounded->owner == getpid()) {
		kill(bounded->child, SIGKILL); /* it waits for a question, so it can die */
		while (waitpid(bounded->child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	forget_child(bounded);
	g_array_free(bounded->silent, TRUE);
	g_free(bounded);
}
