/* See bounded.h. */
#include "base/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/root_write.h"
#include "base/worker.h"

#define READ_SECONDS 3 /* the kernel needs microseconds */

/* A directory whose attributes do not come, and the child that waits for one. */
struct silent {
	dev_t device; /* where the directory is: several paths lead there */
	ino_t inode;
	pid_t pid;
};

struct bounded {
	struct root *root;
	struct worker *worker; /* NULL: none */
	GArray *silent;        /* of struct silent */
	GHashTable *ahead;     /* path → struct answer, both owned: what was read ahead */
};

static const char *const waiting[] = {
	"driver_override", "sriov_numvfs", "uevent", "manufacturer", "product", "serial", NULL,
};

bool bounded_waits(const char *name)
{
	const char *slash = strrchr(name, '/');

	return g_strv_contains(waiting, slash ? slash + 1 : name);
}

struct bounded *bounded_new(struct root *root)
{
	struct bounded *bounded = g_new0(struct bounded, 1);

	bounded->root = root;
	bounded->silent = g_array_new(FALSE, FALSE, sizeof(struct silent));
	bounded->ahead = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return bounded;
}

void bounded_free(struct bounded *bounded)
{
	if (!bounded)
		return;
	worker_free(bounded->worker);
	g_array_free(bounded->silent, TRUE);
	g_hash_table_unref(bounded->ahead);
	g_free(bounded);
}

/* ---- what does not answer ---- */

/* Attributes of a device that are in folders below its own count as another's: they are few. */
static bool find_directory(struct root *root, const char *path, struct silent *ret)
{
	g_autofree char *directory = g_path_get_dirname(path);
	int fd = root_open_file(root, directory, O_PATH | O_DIRECTORY, 0);
	struct stat st;

	if (fd < 0)
		return false;
	bool found = fstat(fd, &st) == 0;
	close(fd);
	if (found)
		*ret = (struct silent){ .device = st.st_dev, .inode = st.st_ino };
	return found;
}

/* Does the child of an earlier question in this directory still wait? Once it is gone, the device
 * has answered. */
static bool is_silent(struct bounded *bounded, const char *path)
{
	struct silent here;

	if (bounded->silent->len == 0 || !find_directory(bounded->root, path, &here))
		return false;
	for (guint i = 0; i < bounded->silent->len; i++) {
		struct silent *silent = &g_array_index(bounded->silent, struct silent, i);
		if (silent->device != here.device || silent->inode != here.inode)
			continue;
		waitpid(silent->pid, NULL, WNOHANG);
		if (kill(silent->pid, 0) == 0)
			return true;
		g_array_remove_index_fast(bounded->silent, i);
		return false;
	}
	return false;
}

static pid_t give_up(struct bounded *bounded, const char *path)
{
	pid_t stuck = worker_end(g_steal_pointer(&bounded->worker));
	struct silent silent;

	if (stuck > 0 && find_directory(bounded->root, path, &silent)) {
		silent.pid = stuck;
		g_array_append_val(bounded->silent, silent);
	}
	return stuck;
}

/* ---- one question ---- */

/* The exchange with a child that is ours, and waits for a question; NULL and errno. */
static struct exchange *get_ready(struct bounded *bounded)
{
	if (bounded->worker && !worker_is_own(bounded->worker))
		worker_free(g_steal_pointer(&bounded->worker));
	if (!bounded->worker)
		bounded->worker = worker_new(bounded->root);
	return bounded->worker ? worker_exchange(bounded->worker) : NULL;
}

/* Asks for n paths; 0, or how the child was lost. */
static int ask_reads(struct bounded *bounded, unsigned n, size_t size)
{
	struct exchange *exchange = worker_exchange(bounded->worker);

	exchange->writes = false;
	exchange->n = n;
	exchange->size = size;
	return worker_ask(bounded->worker, -1, READ_SECONDS);
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
	struct exchange *exchange = get_ready(bounded);
	if (!exchange)
		return -ENOSYS;
	if (g_strlcpy(exchange->paths, path, sizeof(exchange->paths)) >= sizeof(exchange->paths))
		return -ENAMETOOLONG;
	const size_t room = sizeof(exchange->data) - sizeof(struct answer);
	int lost = ask_reads(bounded, 1, MIN(size - 1, room));
	if (lost < 0) {
		give_up(bounded, path);
		return lost;
	}
	return copy_answer(exchange_next(exchange, NULL), buf, size);
}

int bounded_write(struct bounded *bounded, const char *path, const char *text, int lock,
		  unsigned seconds, pid_t *stuck)
{
	size_t path_size = strlen(path) + 1, text_size = strlen(text) + 1;
	struct exchange *exchange = get_ready(bounded);

	*stuck = 0;
	if (!exchange)
		return -errno;
	if (path_size + text_size > sizeof(exchange->paths))
		return -E2BIG;
	memcpy(exchange->paths, path, path_size);
	memcpy(exchange->paths + path_size, text, text_size);
	exchange->writes = true;
	int lost = worker_ask(bounded->worker, lock, seconds);
	if (lost < 0) {
		*stuck = give_up(bounded, path);
		return lost;
	}
	return (int)exchange_next(exchange, NULL)->result;
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
	const struct answer *answer = NULL;

	for (unsigned i = 0; i < n; i++) {
		answer = exchange_next(worker_exchange(bounded->worker), answer);
		size_t size = sizeof(*answer) + (size_t)MAX(answer->result, 0);
		g_hash_table_replace(bounded->ahead, g_strdup(paths->pdata[from + i]),
				     g_memdup2(answer, size));
	}
}

void bounded_read_ahead(struct bounded *bounded, const GPtrArray *paths)
{
	unsigned n;

	bounded_forget(bounded);
	for (guint from = 0; from < paths->len; from += n) {
		struct exchange *exchange = get_ready(bounded);
		n = exchange ? fill_paths(exchange, paths, from) : 0;
		if (n == 0)
			return;
		int lost = ask_reads(bounded, n, AHEAD_SIZE);
		unsigned done = exchange->n_done;
		if (lost < 0) {
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
