/* See journal.h. */
#include "apply/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "apply/step.h"
#include "base/error.h"
#include "base/root.h"
#include "base/root_write.h"
#include "base/text.h"

#define MAX_JOURNAL ((size_t)16 * 1024 * 1024)

/* ---- the lock ---- */

static void set_locked(int fd, GError **error)
{
	char buf[32] = "";
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	uint32_t pid;

	buf[MAX(n, 0)] = '\0';
	if (n > 0 && text_to_u32(buf, 10, G_MAXINT, &pid))
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
			    "another change is being made (process %u)", pid);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED, "another change is being made");
	error_hint(error, "wait until it has ended; 'vfiokit history' shows it");
}

int journal_lock(struct root *root, GError **error)
{
	char pid[32];
	int fd = root_open_file(root, JOURNAL_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);

	/* The tree of an image may have no /run yet. */
	if (fd == -ENOENT && !root_is_live(root) && root_make_dir(root, "/run", 0755) == 0)
		fd = root_open_file(root, JOURNAL_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
	if (fd < 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot lock '%s': %s",
			    JOURNAL_LOCK, g_strerror(-fd));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		set_locked(fd, error);
		close(fd);
		return -1;
	}
	int length = g_snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)length, 0) < 0)
		return fd; /* locked all the same: only its holder has no name */
	return fd;
}

/* Unlocked for all who inherited it: a child that the kernel holds must not keep it. */
void journal_unlock(int lock)
{
	if (lock < 0)
		return;
	flock(lock, LOCK_UN);
	close(lock);
}

bool journal_is_locked(struct root *root)
{
	int fd = root_open_file(root, JOURNAL_LOCK, O_RDONLY | O_NOFOLLOW, 0);

	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	journal_unlock(fd);
	return locked;
}

/* ---- reading ---- */

static char *journal_path(const char *id)
{
	return g_strconcat(JOURNAL_DIR "/", id, NULL);
}

/* IDs name files: nothing else may stand in them. */
static bool is_id(const char *id)
{
	return *id && *id != '.' &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz-") == strlen(id);
}

static struct change *read_change(struct root *root, const char *id)
{
	g_autofree char *path = journal_path(id);
	size_t length;
	g_autofree char *text = root_read_all(root, path, MAX_JOURNAL, &length, NULL);
	struct change *change = text ? change_parse(text, length) : NULL;

	/* The name of the file is what undo and history go by. */
	if (change) {
		g_free(change->id);
		change->id = g_strdup(id);
	}
	return change;
}

static gint compare_changes(gconstpointer a, gconstpointer b)
{
	const struct change *x = *(const struct change *const *)a;
	const struct change *y = *(const struct change *const *)b;

	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? 1 : -1;
	return strcmp(y->id, x->id);
}

GPtrArray *journal_list(struct root *root, GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	GPtrArray *changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
	int r = root_list(root, JOURNAL_DIR, &names);

	if (r < 0 && r != -ENOENT) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot read '%s': %s",
			    JOURNAL_DIR, g_strerror(-r));
		g_ptr_array_unref(changes);
		return NULL;
	}
	for (guint i = 0; r == 0 && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct change *change = is_id(name) ? read_change(root, name) : NULL;
		if (change)
			g_ptr_array_add(changes, change);
	}
	g_ptr_array_sort(changes, compare_changes);
	return changes;
}

/* ---- writing ---- */

struct journal {
	int fd;
	char *path;
	bool lasting; /* some of what it tells of is there after a restart */
};

char *journal_boot_id(struct root *root)
{
	char buf[64];

	if (root_read(root, "/proc/sys/kernel/random/boot_id", buf, sizeof(buf)) <= 0)
		return NULL;
	return g_strdup(text_chomp(buf));
}

#define EPOCH 719163 /* 1 January 1970, as GDate counts days */

/* "2026-11-26T15:04:05Z". Not by gmtime_r(), which reads the local zone before it leaves it out. */
static char *utc_text(time_t now)
{
	const unsigned second = (unsigned)(now % 86400);
	GDate day;

	g_date_clear(&day, 1);
	g_date_set_julian(&day, (guint32)(EPOCH + now / 86400));
	return g_strdup_printf("%04u-%02u-%02uT%02u:%02u:%02uZ", g_date_get_year(&day),
			       (unsigned)g_date_get_month(&day), g_date_get_day(&day),
			       second / 3600, second / 60 % 60, second % 60);
}

/* "20261126-150405" of that. */
static char *short_time(const char *when)
{
	GString *text = g_string_new(NULL);

	for (; *when; when++)
		if (g_ascii_isdigit(*when))
			g_string_append_c(text, *when);
		else if (*when == 'T')
			g_string_append_c(text, '-');
	return g_string_free(text, FALSE);
}

/* A name that no file has: the time and the verb, and a number when that is taken. */
static char *make_id(struct root *root, const char *when, const char *verb)
{
	g_autofree char *base = short_time(when);
	g_auto(GStrv) words = g_strsplit(verb, " --", -1); /* "bind --persist" */
	g_autofree char *joined = g_strjoinv("-", words);
	g_autofree char *word = g_strdelimit(g_strdup(joined), " ", '-'); /* "usb attach" */

	for (unsigned i = 1;; i++) {
		g_autofree char *id = i == 1 ? g_strdup_printf("%s-%s", base, word)
					     : g_strdup_printf("%s-%s-%u", base, word, i);
		g_autofree char *path = journal_path(id);
		if (!root_exists(root, path))
			return g_steal_pointer(&id);
	}
}

static uint64_t next_sequence(const GPtrArray *changes)
{
	const struct change *newest = changes->len > 0 ? changes->pdata[0] : NULL;

	return newest ? newest->sequence + 1 : 1;
}

static int open_append(struct root *root, const char *path)
{
	return root_open_file(root, path, O_WRONLY | O_APPEND | O_NOFOLLOW, 0);
}

static struct journal *set_unwritable(const char *path, int r, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot write the journal '%s': %s", path,
		    g_strerror(-r));
	return NULL;
}

struct journal *journal_begin(struct root *root, const GPtrArray *changes, struct change *change,
			      GError **error)
{
	change->sequence = next_sequence(changes);
	change->when = utc_text(time(NULL));
	change->id = make_id(root, change->when, change->verb);
	change->boot = journal_boot_id(root);

	g_autofree char *path = journal_path(change->id);
	g_autofree char *head = change_head(change);
	int r = root_make_dir(root, JOURNAL_DIR, 0755);
	if (r == 0)
		r = root_replace(root, path, head, strlen(head), 0644);
	if (r == 0)
		r = open_append(root, path);
	if (r < 0)
		return set_unwritable(path, r, error);

	struct journal *journal = g_new0(struct journal, 1);
	journal->fd = r;
	journal->path = g_steal_pointer(&path);
	for (guint i = 0; i < change->steps->len; i++)
		journal->lasting |= step_is_lasting(change->steps->pdata[i]);
	return journal;
}

bool journal_add(struct journal *journal, const char *lines, GError **error)
{
	int r = file_append(journal->fd, lines, strlen(lines), journal->lasting);

	if (r == 0)
		return true;
	set_unwritable(journal->path, r, error);
	return false;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	close(journal->fd);
	g_free(journal->path);
	g_free(journal);
}

/* A line that was cut off must not swallow the mark: it is left out. */
bool journal_mark_undone(struct root *root, const char *id, const char *by, GError **error)
{
	g_autofree char *path = journal_path(id);
	g_autoptr(GString) words = g_string_new("undone");
	size_t length;
	int r = 0;
	g_autofree char *text = root_read_all(root, path, MAX_JOURNAL, &length, &r);

	if (!text) {
		set_unwritable(path, -r, error);
		return false;
	}
	CHANGE_AUTO struct change *change = change_parse(text, length);
	g_autoptr(GString) marked = g_string_new_len(text, change ? (gssize)change->whole : 0);
	change_word(words, "by", by);
	change_line(marked, words->str);
	r = root_replace(root, path, marked->str, marked->len, 0644);
	if (r == 0)
		return true;
	set_unwritable(path, r, error);
	return false;
}
