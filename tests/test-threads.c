/* Threads of a running guest: which process it is, which threads, and where each may run. */
#include <glib.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "probe/threads.h"

#define UUID "8f2c1e1a-0000-4000-8000-0123456789ab"

#define STATUS(tid, name, cpus)                                                                    \
	"/proc/70/task/" tid "/status = Name:\t" name "\nUmask:\t0022\nCpus_allowed:\tff\n"        \
	"Cpus_allowed_list:\t" cpus "\nMems_allowed_list:\t0"

static const char *const guest[] = {
	STATUS("70", "qemu-system-x86", "0,6"),
	STATUS("71", "worker", "0,6"),
	STATUS("72", "IO iothread1", "3"),
	STATUS("73", "IO mon_iothread", "0,6"), /* libvirt's own, none of the guest's */
	STATUS("74", "CPU 10/KVM", "8"),
	STATUS("75", "CPU 9/KVM", "2"),
	STATUS("76", "CPU 0/TCG", "0-11"),
	STATUS("77", "CPU 1", "1"),          /* no thread of QEMU is called so */
	STATUS("78", "CPU x/KVM", "1"),      /* nor so */
	"/proc/70/task/79/comm = CPU 2/KVM", /* it has ended meanwhile */
	"/proc/70/limits = Limit                     Soft Limit           Hard Limit           "
	"Units\nMax locked memory         1342177280           unlimited            bytes\n"
	"Max address space         unlimited            unlimited            bytes",
	"/proc/irq/1/smp_affinity_list = 0",
	NULL,
};

static void put_process(struct tree *tree, const char *pid, const char *words, size_t length)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/cmdline", pid);

	g_assert_cmpint(tree_put_file(tree, path, words, length), ==, 0);
}

#define WORDS(text) (text), sizeof(text) /* with the NUL behind the last */

static struct root *make(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree, guest);
	put_process(tree, "1", WORDS("systemd"));
	put_process(tree, "2", WORDS("grep\0" UUID));
	put_process(tree, "3", WORDS("qemu-system-x86_64\0-uuid\0" UUID "0"));
	put_process(tree, "4", WORDS("qemu-system-x86_64\0-uuid")); /* cut off */
	put_process(tree, "5", "", 0);                              /* a kernel thread */
	put_process(tree, "70",
		    WORDS("qemu-system-x86_64\0-name\0guest=a\0-uuid\0" UUID "\0-m\0"
			  "1"));
	return root_from_tree(tree);
}

static void test_threads(void)
{
	ROOT_AUTO struct root *root = make();
	GUEST_THREADS_AUTO struct guest_threads *threads = threads_probe(root, UUID);
	g_autoptr(GString) text = g_string_new(NULL);

	g_assert_nonnull(threads);
	g_assert_cmpint(threads->pid, ==, 70);
	g_assert_cmpuint(threads->memlock, ==, 1342177280);
	for (guint i = 0; i < threads->list->len; i++) {
		const struct guest_thread *thread =
			&g_array_index(threads->list, struct guest_thread, i);
		g_autofree char *name = guest_thread_name(thread->kind, thread->number);
		g_string_append_printf(text, "%s %d %s\n", name, thread->tid, thread->cpus);
	}
	g_assert_cmpstr(text->str, ==,
			"emulator 70 0,6\n"
			"vCPU 0 76 0-11\n"
			"vCPU 9 75 2\n"
			"vCPU 10 74 8\n"
			"I/O thread 1 72 3\n");
	g_assert_cmpint(guest_threads_find(threads, THREAD_VCPU, 9)->tid, ==, 75);
	g_assert_null(guest_threads_find(threads, THREAD_VCPU, 1));
	g_assert_null(guest_threads_find(threads, THREAD_IO, 9));
}

/* A guest that does not run, and one that has no UUID. */
static void test_none(void)
{
	ROOT_AUTO struct root *root = make();

	g_assert_null(threads_probe(root, "8f2c1e1a-0000-4000-8000-0123456789ac"));
	g_assert_null(threads_probe(root, ""));
	g_assert_null(threads_probe(root, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/threads/threads", test_threads);
	g_test_add_func("/threads/none", test_none);
	return g_test_run();
}
