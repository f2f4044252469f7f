/* See threads.h. */
#include "probe/threads.h"

#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "probe/processes.h"

#define CMDLINE_MAX ((size_t)256 * 1024)
#define STATUS_SIZE 8192 /* of a thread's status: its list of CPUs is near the end */

/* ---- the process ---- */

/* Does "-uuid" with this one stand among the words, each of which ends with a NUL? */
static bool has_uuid(const char *words, size_t length, const char *uuid)
{
	const char *end = words + length;

	for (const char *word = words; word < end;) {
		const char *next = word + strnlen(word, (size_t)(end - word)) + 1;
		if (strcmp(word, "-uuid") == 0 && next < end && strcmp(next, uuid) == 0)
			return true;
		word = next;
	}
	return false;
}

static bool is_guest(struct root *root, const char *pid, const char *uuid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);
	size_t length = 0;
	g_autofree char *words = root_read_all(root, path, CMDLINE_MAX, &length, NULL);

	return words && has_uuid(words, length, uuid);
}

static char *find_process(struct root *root, const char *uuid)
{
	PROCESSES_AUTO struct processes processes;

	if (processes_open(root, &processes) < 0)
		return NULL;
	for (guint i = 0; i < processes.pids->len; i++)
		if (is_guest(root, processes.pids->pdata[i], uuid))
			return g_strdup(processes.pids->pdata[i]);
	return NULL;
}

/* ---- its threads ---- */

/* "CPU 3/KVM", "IO iothread1". */
static bool read_name(const char *name, struct guest_thread *thread)
{
	const char *vcpu = text_after(name, "CPU "), *io = text_after(name, "IO iothread");
	const char *text = vcpu ? vcpu : io;
	size_t digits = text ? strspn(text, "0123456789") : 0;
	g_autofree char *number = g_strndup(text ? text : "", digits);
	uint32_t value;

	if (!text_to_u32(number, 10, G_MAXINT, &value) || (vcpu && text[digits] != '/') ||
	    (io && text[digits]))
		return false;
	thread->kind = vcpu ? THREAD_VCPU : THREAD_IO;
	thread->number = (int)value;
	return true;
}

/* The value of a line of status; the caller's; NULL: there is no such line. */
static char *find_line(const char *status, const char *key)
{
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const char *value = text_after(line, key);
		if (value)
			return g_strndup(value + strspn(value, " \t"),
					 strcspn(value + strspn(value, " \t"), "\n"));
	}
	return NULL;
}

static void add_thread(struct root *root, const char *pid, const char *tid, GArray *list)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/task/%s/status", pid, tid);
	struct guest_thread thread = { .kind = THREAD_EMULATOR, .number = -1 };
	char status[STATUS_SIZE];
	uint32_t number;

	if (!text_to_u32(tid, 10, G_MAXINT, &number) ||
	    root_read(root, path, status, sizeof(status)) <= 0)
		return;
	g_autofree char *name = find_line(status, "Name:");
	g_autofree char *cpus = find_line(status, "Cpus_allowed_list:");
	if (!cpus || !((name && read_name(name, &thread)) || strcmp(pid, tid) == 0))
		return;
	thread.tid = (int)number;
	thread.cpus = g_steal_pointer(&cpus);
	g_array_append_val(list, thread);
}

static int compare_threads(const void *a, const void *b)
{
	const struct guest_thread *first = a, *second = b;

	return first->kind != second->kind ? (int)first->kind - (int)second->kind
					   : first->number - second->number;
}

static void clear_thread(void *data)
{
	g_free(((struct guest_thread *)data)->cpus);
}

/* "Max locked memory  1342177280  1342177280  bytes": what counts is the first, the soft limit. */
static uint64_t read_memlock(struct root *root, const char *pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/limits", pid);
	char limits[STATUS_SIZE];
	uint64_t value;

	if (root_read(root, path, limits, sizeof(limits)) <= 0)
		return 0;
	g_autofree char *line = find_line(limits, "Max locked memory");
	if (!line)
		return 0;
	if (g_str_has_prefix(line, "unlimited"))
		return UINT64_MAX;
	line[strspn(line, "0123456789")] = '\0';
	return text_to_u64(line, 10, &value) ? value : 0;
}

struct guest_threads *threads_probe(struct root *root, const char *uuid)
{
	g_autofree char *pid = uuid && *uuid ? find_process(root, uuid) : NULL;
	g_autofree char *folder = g_strdup_printf("/proc/%s/task", pid ? pid : "none");
	g_autoptr(GPtrArray) names = NULL;

	if (!pid || root_list(root, folder, &names) < 0)
		return NULL;
	struct guest_threads *threads = g_new0(struct guest_threads, 1);
	threads->pid = (int)g_ascii_strtoll(pid, NULL, 10);
	threads->memlock = read_memlock(root, pid);
	threads->list = g_array_new(FALSE, FALSE, sizeof(struct guest_thread));
	g_array_set_clear_func(threads->list, clear_thread);
	for (guint i = 0; i < names->len; i++)
		add_thread(root, pid, names->pdata[i], threads->list);
	g_array_sort(threads->list, compare_threads);
	return threads;
}
