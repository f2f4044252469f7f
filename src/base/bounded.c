/* See bounded.h. Question and answer are in memory that both processes share, with two semaphores:
 * a round costs a few microseconds, which counts where each function of a machine is read. */
#include "base/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
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
	unsigned n;         /* of paths that are asked for */
	atomic_uint n_done; /* answers that are there: fewer where data is full */
	size_t size;        /* of the caller's buffer, for each */
	char paths[8192];   /* one behind the other, each with its NUL */
	char data[32768];   /* of struct answer, one behind the other; only what is used is there */
};

struct answer {
	ssize_t result; /* bytes of text, or -errno */
	char text[];
};

/* How much room an answer takes at most, with what aligns the next one. */
#define ANSWER_ROOM(size) ((sizeof(struct answer) + (size) + 7) & ~(size_t)7)

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
	GArray *silent;    /* of struct silent */
	GHashTable *ahead; /* path → struct answer, both owned: what was read ahead */
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
	bounded->ahead = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return bounded;
}

/* ---- the child ---- */

static ssize_t read_path(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, size)) < 0 && errno == EINTR)
		;
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static struct answer *answer_at(struct exchange *exchange, size_t at)
{
	return (struct answer *)(void *)(exchange->data + at);
}

static size_t answer_end(const struct answer *answer, size_t at)
{
	return at + ANSWER_ROOM((size_t)MAX(answer->result, 0));
}

static void read_paths(struct exchange *exchange)
{
	const char *path = exchange->paths;
	size_t at = 0;

	for (unsigned i = 0;
	     i < exchange->n && sizeof(exchange->data) - at >= ANSWER_ROOM(exchange->size); i++) {
		struct answer *answer = answer_at(exchange, at);
		answer->result = read_path(path, answer->text, exchange->size);
		exchange->n_done = i + 1;
		at = answer_end(answer, at);
		path += strlen(path) + 1;
	}
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
		read_paths(exchange);
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

/* Is there a child to ask, and one that is ours? */
static bool is_ready(struct bounded *bounded)
{
	return (bounded->child != 0 && bounded->owner == getpid()) || start_child(bounded);
}

/* Asks for n paths; false when not all of the answers came. */
static bool ask(struct exchange *exchange, unsigned n, size_t size)
{
	exchange->n = n;
	exchange->n_done = 0;
	exchange->size = size;
	sem_post(&exchange->asked);
	return wait_for_answer(exchange);
}

static ssize_t copy_answer(const struct answer *answer, char *buf, size_t size)
{
	if (answer->result < 0)
		return answer->result;
	size_t n = MIN((size_t)answer->result, size - 1);
	memcpy(buf, answer->text, n);
	buf[n] = '\0';
	return (ssize_t)n;
}

ssize_t bounded_read(struct bounded *bounded, const char *path, void *buf, size_t size)
{
	if (is_silent(bounded, path))
		return -ETIMEDOUT;
	if (!is_ready(bounded))
		return -ENOSYS;
	struct exchange *exchange = bounded->exchange;
	if (g_strlcpy(exchange->paths, path, sizeof(exchange->paths)) >= sizeof(exchange->paths))
		return -ENAMETOOLONG;
	if (!ask(exchange, 1, MIN(size - 1, sizeof(exchange->data) - sizeof(struct answer))))
		return give_up(bounded, path);
	return copy_answer(answer_at(exchange, 0), buf, size);
}

/* ---- ahead ---- */

#define AHEAD_SIZE 4096 /* a page: no attribute of sysfs is longer */

/* Puts as many of the paths as have room into the question; how many. */
static unsigned fill_paths(struct exchange *exchange, const GPtrArray *paths, guint from)
{
	size_t at = 0;
	unsigned n = 0;

	while (from + n < paths->len) {
		const char *path = paths->pdata[from + n];
		size_t length = strlen(path) + 1;
		if (length > sizeof(exchange->paths) - at)
			break;
		memcpy(exchange->paths + at, path, length);
		at += length;
		n++;
	}
	return n;
}

static void keep_answers(struct bounded *bounded, const GPtrArray *paths, guint from, unsigned n)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct answer *answer = answer_at(bounded->exchange, at);
		size_t size = sizeof(*answer) + (size_t)MAX(answer->result, 0);
		g_hash_table_replace(bounded->ahead, g_strdup(paths->pdata[from + i]),
				     g_memdup2(answer, size));
		at = answer_end(answer, at);
	}
}

void bounded_read_ahead(struct bounded *bounded, const GPtrArray *paths)
{
	unsigned n;

	bounded_forget(bounded);
	for (guint from = 0; from < paths->len; from += n) {
		if (!is_ready(bounded))
			return;
		n = fill_paths(bounded->exchange, paths, from);
		if (n == 0)
			return;
		bool came = ask(bounded->exchange, n, AHEAD_SIZE);
		unsigned done = bounded->exchange->n_done;
		if (!came) {
			give_up(bounded, paths->pdata[from + MIN(done, n - 1)]);
			return;
		}
		n = done;
		keep_answers(bounded, paths, from, n);
	}
}

ssize_t bounded_take(struct bounded *bounded, const char *path, void *buf, size_t size)
{
	const struct answer *kept = g_hash_table_lookup(bounded->ahead, path);

	if (!kept)
		return -ENOSYS;
	ssize_t n = copy_answer(kept, buf, size);
	g_hash_table_remove(bounded->ahead, path);
	return n;
}

void bounded_forget(struct bounded *bounded)
{
	g_hash_table_remove_all(bounded->ahead);
}

void bounded_free(struct bounded *bounded)
{
	if (!bounded)
		return;
	if (bounded->child > 0 && bounded->owner == getpid()) {
		/* It waits for a question, so it can die; whoever is done need not wait for that.
		 */
		kill(bounded->child, SIGKILL);
		waitpid(bounded->child, NULL, WNOHANG);
	}
	forget_child(bounded);
	g_array_free(bounded->silent, TRUE);
	g_hash_table_unref(bounded->ahead);
	g_free(bounded);
}
