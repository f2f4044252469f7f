/* Which processes hold devices: from /proc, from what is recorded of it, and when it hides some. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "base/open_files.h"
#include "base/tree.h"
#include "model/loss.h"
#include "usage_fixture.h"

#define STAT_THREAD "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0"
#define STAT_USER   "9 (a) b) S 1 9 9 0 -1 4194560 0 0 0 0"

static const char *const processes[] = {
	"/sys/class/drm/card0 -> " GPU "drm/card0",
	"/sys/class/drm/renderD128 -> " GPU "drm/renderD128",
	"/sys/class/sound/card1 -> " GPU "sound/card1",
	BLOCK "sda -> " SATA "sda",
	DEV "0000:00:1c.0/0000:04:00.0/driver -> ../../../../bus/pci/drivers/vfio-pci",
	DEV "0000:00:1c.0/0000:04:00.0/iommu_group -> ../../../../kernel/iommu_groups/12",
	"/sys/kernel/iommu_groups/12/devices/0000:04:00.0 -> x",
	"/proc/1/fd/0 -> /dev/null",
	"/proc/1/comm = init",
	"/proc/812/comm = Xorg",
	"/proc/812/fd/3 -> /dev/dri/card0",
	"/proc/812/fd/4 -> /dev/dri/card0",
	"/proc/812/fd/5 -> /dev/dri/renderD128",
	"/proc/812/fd/6 -> socket:[123]",
	"/proc/900/comm = qemu",
	"/proc/900/fd/3 -> /dev/vfio/vfio",
	"/proc/900/fd/4 -> /dev/vfio/12",
	"/proc/900/fd/5 -> anon_inode:[vfio-device]",
	"/proc/900/fdinfo/5 = pos: 0\nvfio-device-syspath: "
	"/sys/devices/pci0000:00/0000:00:1c.0/0000:04:00.0",
	"/proc/900/fd/6 -> /dev/sda",
	"/proc/900/fd/7 -> /dev/bus/usb/001/007",
	"/proc/1000/comm = game",
	"/proc/1000/fd/3 -> /dev/dri/renderD200", /* renamed in a container: fdinfo tells */
	"/proc/1000/fdinfo/3 = pos:\t0\ndrm-driver:\tamdgpu\ndrm-pdev:\t0000:01:00.0",
	"/proc/1000/fd/4 -> /dev/snd/pcmC1D3p",
	"/proc/1000/fd/5 -> /dev/snd/seq",
	"/proc/1001/comm = trainer",
	"/proc/1001/fd/3 -> /dev/nvidia0",
	"/proc/1001/fd/4 -> /dev/nvidia77",
	"/proc/driver/nvidia/gpus/0000:03:00.0/information = Model: X\nDevice Minor: \t 0",
	"/proc/999999999999/fd/3 -> /dev/nvidia0",
	NULL,
};

static void test_processes(void)
{
	HOST_AUTO struct host *host = host_of(processes);

	expect(host, "0000:01:00.0",
	       "display-node card0 []\ndisplay-node renderD128 []\nsound card1 []\n"
	       "process card0, renderD128 [Xorg (pid 812)]\n"
	       "process renderD200, pcmC1D3p [game (pid 1000)]\n");
	expect(host, "0000:04:00.0", "guest 12, anon_inode:[vfio-device] [qemu (pid 900)]\n");
	expect(host, "0000:00:17.0", "disk sda []\nprocess sda [qemu (pid 900)]\n");
	expect(host, "0000:00:14.0", "process 007 [qemu (pid 900)]1-4\n");
	expect(host, "0000:03:00.0", "process nvidia0 [trainer (pid 1001)]\n");
	g_assert_true(host->usages.holders_known);

	struct loss loss LOSS_AUTO;
	int pci = find(host, "0000:04:00.0");
	loss_of(host, &pci, 1, &loss);
	g_assert_cmpint(loss.held, ==, TRI_YES);
}

/* Kernel threads have no files; whoever has and hides them makes the answer unknown, once. */
static void test_hidden_processes(void)
{
	struct tree *tree = tree_new();
	const struct gap *gap;

	fixture_put(tree, functions);
	fixture_put(tree, processes);
	fixture_put(tree, (const char *const[]){ "/proc/2/stat = " STAT_THREAD,
						 "/proc/9/stat = " STAT_USER,
						 "/proc/10/stat = garbage", NULL });
	for (int pid = 2; pid <= 10; pid += pid == 2 ? 7 : 1) {
		g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
		g_assert_cmpint(tree_put_error(tree, path, EACCES), ==, 0);
	}
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_assert_false(host->usages.holders_known);
	g_assert_cmpuint(host->gaps->len, ==, 1);
	gap = &g_array_index(host->gaps, struct gap, 0);
	g_assert_cmpstr(gap->reason, ==, "the open files of 2 processes: permission denied");

	struct loss loss LOSS_AUTO;
	int pci = find(host, "0000:02:00.0");
	loss_of(host, &pci, 1, &loss);
	g_assert_cmpint(loss.held, ==, TRI_UNKNOWN);
}

/* A GPU whose number is not told may be the one that is held; one with another number is not. */
static void test_unknown_minor(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		DEV "0000:00:1c.0/0000:01:00.0/uevent = DRIVER=nvidia\nPCI_CLASS=30000\n"
		    "PCI_ID=10DE:1C03",
		DEV "0000:00:1c.0/0000:03:00.0/uevent = DRIVER=nvidia\nPCI_CLASS=30000\n"
		    "PCI_ID=10DE:1C03",
		"/proc/driver/nvidia/gpus/0000:03:00.0/information = Device Minor: 1",
		"/vfiokit/holders = 9\t/dev/nvidia0\t-\tX", NULL });

	expect(host, "0000:01:00.0", "process nvidia0 [X (pid 9)]\n");
	expect(host, "0000:03:00.0", "");
}

/* A recording carries the text instead of /proc; without either nothing is known. */
static void test_recorded_processes(void)
{
	HOST_AUTO struct host *none =
		host_of((const char *const[]){ "/proc/1/mountinfo = x", NULL });
	g_assert_false(none->usages.holders_known);

	HOST_AUTO struct host *host = host_of((const char *const[]){
		"/vfiokit/holders = 812\t/dev/dri/card0\t0000:01:00.0\tX\torg\n"
		"x\t/dev/dri/card0\t0000:01:00.0\tY\n\t\t\t\n\n812\n"
		"813\t/dev/dri/../../x\t-\tZ\n814\t/dev/snd/C\t-\tZ\n815\t/dev/bus/usb/1\t-\tZ\n"
		"816\t/dev/vfio/noiommu-7\t-\tZ\n817\t/dev/nvidia254\t-\tZ",
		NULL });
	g_assert_true(host->usages.holders_known);
	expect(host, "0000:01:00.0", "process card0 [X?org (pid 812)]\n");
}

/* A child that waits to be killed, with its own table of open files or with ours. */
static pid_t start_child(unsigned long flags)
{
	pid_t pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0UL, 0UL, 0UL, 0UL);

	for (; pid == 0;)
		pause();
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Threads of the kernel are told by this: whoever has files of its own must not be. */
static void test_shared_files(void)
{
	if (!open_files_are_shared(getpid(), getpid())) {
		g_test_skip("the kernel does not tell who has files in common");
		return;
	}
	pid_t sharing = start_child(CLONE_FILES), apart = start_child(0);
	g_assert_true(open_files_are_shared(getpid(), sharing));
	g_assert_false(open_files_are_shared(getpid(), apart));
	end_child(sharing);
	end_child(apart);
	g_assert_false(open_files_are_shared(getpid(), apart));
}

static void test_many_processes(void)
{
	struct tree *tree = tree_new();
	const unsigned n = 2000, files = 50;

	fixture_put(tree, functions);
	fixture_put(tree,
		    (const char *const[]){ "/sys/class/drm/card0 -> " GPU "drm/card0", NULL });
	for (unsigned i = 1; i <= n; i++) {
		for (unsigned j = 0; j < files; j++) {
			g_autofree char *path = g_strdup_printf("/proc/%u/fd/%u", i, j);
			tree_put_link(tree, path, j + 1 == files ? "/dev/dri/card0" : "socket:[1]");
		}
	}
	gint64 start = g_get_monotonic_time();
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_test_message("%u processes in %.2f s", n, (double)(g_get_monotonic_time() - start) / 1e6);
	unsigned found;
	usage_of_pci(host, find(host, "0000:01:00.0"), &found);
	g_assert_cmpuint(found, ==, n + 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/holders/processes", test_processes);
	g_test_add_func("/holders/hidden", test_hidden_processes);
	g_test_add_func("/holders/unknown-minor", test_unknown_minor);
	g_test_add_func("/holders/recorded", test_recorded_processes);
	g_test_add_func("/holders/shared-files", test_shared_files);
	g_test_add_func("/holders/many", test_many_processes);
	return g_test_run();
}
