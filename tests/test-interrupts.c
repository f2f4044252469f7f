/* Interrupts: which there are and whose, where each should go while a guest has CPUs for itself,
 * and what the kernel answers. */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "apply/step.h"
#include "base/root.h"
#include "base/root_write.h"
#include "base/tree.h"
#include "fixture.h"
#include "model/host.h"
#include "plan/interrupts_plan.h"
#include "probe/interrupts.h"

#define PCI "/sys/devices/pci0000:00/"

#define FUNCTION(at, address, class_code)                                                          \
	PCI at "/vendor = 0x10de", PCI at "/device = 0x1c03", PCI at "/class = " class_code,       \
		"/sys/bus/pci/devices/" address " -> ../../../devices/pci0000:00/" at

static const char *const machine[] = {
	FUNCTION("0000:00:14.0", "0000:00:14.0", "0x0c0330"),
	PCI "0000:00:14.0/msi_irqs/30 = msi",
	FUNCTION("0000:01:00.0", "0000:01:00.0", "0x030000"),
	PCI "0000:01:00.0/msi_irqs/40 = msix",
	FUNCTION("0000:01:00.1", "0000:01:00.1", "0x040300"),
	"/proc/irq/default_smp_affinity = f",
	"/proc/irq/0/smp_affinity_list = 0-3",
	"/sys/kernel/irq/0/actions = timer",
	"/proc/irq/5/smp_affinity_list = 0-3", /* nobody handles it */
	"/proc/irq/30/smp_affinity_list = 0-3",
	"/sys/kernel/irq/30/actions = xhci_hcd",
	"/proc/irq/9/smp_affinity_list = 2",
	"/sys/kernel/irq/9/actions = acpi,\033[31mred",
	"/proc/irq/40/smp_affinity_list = 0-3",
	"/sys/kernel/irq/40/actions = vfio-msix[0](0000:01:00.0)",
	"/proc/irq/45/smp_affinity_list = 1",
	"/sys/kernel/irq/45/actions = vfio-intx(0000:01:00.1)",
	"/proc/irq/46/spurious = count 0", /* its CPUs cannot be read */
	"/sys/kernel/irq/46/actions = eth0",
	"/proc/1/comm = systemd",
	NULL,
};

static const char *const balanced[] = { "/proc/77/comm = irqbalance", NULL };

static char *say(const struct host *host, const struct interrupts *interrupts)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < interrupts->list->len; i++) {
		const struct interrupt *one = &g_array_index(interrupts->list, struct interrupt, i);
		char address[PCI_ADDR_SIZE] = "-";
		if (one->pci >= 0)
			pci_addr_format(host->pci[one->pci].addr, address);
		g_string_append_printf(text, "%u %s %s %s%s\n", one->number, one->cpus, address,
				       one->names, interrupt_is_vfio(one) ? " !" : "");
	}
	return g_string_free(text, FALSE);
}

static void test_read(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree, machine);
	ROOT_AUTO struct root *root = root_from_tree(tree);
	HOST_AUTO struct host *host = fixture_host(root);
	INTERRUPTS_AUTO struct interrupts *interrupts = interrupts_probe(root, host);
	g_autofree char *text = say(host, interrupts);
	g_assert_cmpstr(text, ==,
			"0 0-3 - timer\n"
			"9 2 - acpi,?[31mred\n"
			"30 0-3 0000:00:14.0 xhci_hcd\n"
			"40 0-3 0000:01:00.0 vfio-msix[0](0000:01:00.0) !\n"
			"45 1 0000:01:00.1 vfio-intx(0000:01:00.1) !\n");
	g_assert_false(interrupts->irqbalance);

	fixture_put(tree, balanced);
	INTERRUPTS_AUTO struct interrupts *again = interrupts_probe(root, host);
	g_assert_true(again->irqbalance);
}

/* A tree in which no kernel runs has none. */
static void test_none(void)
{
	ROOT_AUTO struct root *root = root_from_tree(tree_new());
	HOST_AUTO struct host *host = host_new(HOST_TREE);

	g_assert_null(interrupts_probe(root, host));
}

/* ---- where they should go ---- */

static GArray *list_of(const char *text)
{
	return cpu_list_parse(text);
}

/* Node 0 has CPUs 0-3 and 16-19, node 1 has 4-5; the guest's devices are functions 0 and 1. */
static const struct topo_cpu cpus[] = {
	{ .os = 0, .node = 0 },  { .os = 1, .node = 0 },  { .os = 2, .node = 0 },
	{ .os = 3, .node = 0 },  { .os = 4, .node = 1 },  { .os = 5, .node = 1 },
	{ .os = 16, .node = 0 }, { .os = 17, .node = 0 }, { .os = 18, .node = 0 },
	{ .os = 19, .node = 0 },
};

static const struct {
	const char *names;
	const char *cpus;
	int pci;
	const char *wanted; /* NULL: no step */
} rows[] = {
	{ "xhci_hcd", "0-19", 2, "0-1,3,5-17" },            /* all but the guest's */
	{ "xhci_hcd", "0-1", 2, NULL },                     /* it is off them already */
	{ "nvme0q2", "2", 2, "0-1,16-17" },                 /* nothing is left of its own */
	{ "nvme0q2", "19", 2, "0-1,16-17" },                /* a thread that nobody has */
	{ "acpi", "0,18", -1, "0" },                        /* of no function */
	{ "vfio-msi[0](0000:01:00.0)", "0-19", 0, "2,18" }, /* on node 0 */
	{ "vfio-msi[0](0000:01:00.0)", "2,18", 0, NULL },
	{ "vfio-msi[0](0000:02:00.0)", "0-19", 1, "4" },    /* on node 1 */
	{ "vfio-msi[0](0000:03:00.0)", "0-4", 2, "0-1,3" }, /* of another guest */
	{ "nvidia", "0-19", 0, NULL },                      /* ends when the guest starts */
};

static void test_plan(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	struct pci_dev devs[3] = { { .numa_node = 0 }, { .numa_node = 1 }, { .numa_node = 0 } };
	const int functions[] = { 0, 1 };
	struct pinning pinning = { .vcpus = list_of("2,4,18"),
				   .emulator = list_of("0"),
				   .iothreads = list_of("0"),
				   .host = list_of("0-1,16-17"),
				   .spare = list_of("19"),
				   .nodes = list_of("0-1") };

	host->platform.topology.cpus = cpus;
	host->platform.topology.n_cpus = G_N_ELEMENTS(cpus);
	host->platform.topology.n_numa = 2;
	host->pci = devs;
	host->n_pci = 3;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		PLAN_AUTO struct plan *plan = plan_new("tune");
		struct interrupt one = { .number = 30,
					 .cpus = (char *)rows[i].cpus,
					 .names = (char *)rows[i].names,
					 .pci = rows[i].pci };
		struct interrupts all = { .list = g_array_new(FALSE, FALSE, sizeof(one)) };
		const struct interrupts_request request = { .interrupts = &all,
							    .pinning = &pinning,
							    .functions = functions,
							    .n_functions = 2 };
		g_array_append_val(all.list, one);
		interrupts_plan(host, &request, plan);
		const struct step *step = plan->steps->len > 0 ? plan->steps->pdata[0] : NULL;
		g_assert_cmpstr(step ? step->new_value : NULL, ==, rows[i].wanted);
		if (step) {
			g_assert_cmpstr(step->path, ==, "/proc/irq/30/smp_affinity_list");
			g_assert_cmpstr(step->old, ==, rows[i].cpus);
		}
		g_array_unref(all.list);
	}
	host->pci = NULL;
	host->n_pci = 0;
	pinning_clear(&pinning);
}

static const char *warned(const struct plan *plan)
{
	return plan->warnings->len > 0 ? ((struct warning *)plan->warnings->pdata[0])->id : NULL;
}

/* The daemon is only in the way of what is moved; what is not known is said. */
static void test_warnings(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	struct pinning pinning = { .vcpus = list_of("1"),
				   .host = list_of("0"),
				   .spare = list_of("") };
	struct interrupt one = {
		.number = 1, .cpus = (char *)"0-1", .names = (char *)"eth0", .pci = -1
	};
	struct interrupts all = { .list = g_array_new(FALSE, FALSE, sizeof(one)) };
	struct interrupts_request request = { .interrupts = &all, .pinning = &pinning };
	static const struct {
		bool known, irqbalance, fixed;
		const char *cpus, *warning;
	} cases[] = {
		{ true, false, false, "0-1", NULL },
		{ true, true, false, "0-1", "irqbalance-runs" },
		{ true, true, false, "0", NULL },
		{ false, true, false, "0-1", "interrupts-unknown" },
		{ true, true, true, "0-1", "interrupts-kept" },
		{ true, true, true, "0", NULL },
	};

	g_array_append_val(all.list, one);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		PLAN_AUTO struct plan *plan = plan_new("tune");
		g_array_index(all.list, struct interrupt, 0).cpus = (char *)cases[i].cpus;
		g_array_index(all.list, struct interrupt, 0).fixed = cases[i].fixed;
		all.irqbalance = cases[i].irqbalance;
		request.interrupts = cases[i].known ? &all : NULL;
		interrupts_plan(host, &request, plan);
		g_assert_cmpstr(warned(plan), ==, cases[i].warning);
		g_assert_cmpuint(plan->warnings->len, <=, 1);
	}
	g_array_unref(all.list);
	pinning_clear(&pinning);
}

/* ---- what came of it ---- */

static void test_kept(void)
{
	PLAN_AUTO struct plan *moved = plan_new("tune");
	PLAN_AUTO struct plan *kept = plan_new("tune");

	plan_add(moved, STEP_INTERRUPT, "/proc/irq/30/smp_affinity_list", "0-3", "0", NULL);
	plan_add(moved, STEP_SYSFS_WRITE, "/sys/a", "1", "1", NULL);
	interrupts_note_kept(moved);
	g_assert_null(warned(moved));
	plan_add(kept, STEP_INTERRUPT, "/proc/irq/31/smp_affinity_list", "2", "2", NULL);
	plan_add(kept, STEP_INTERRUPT, "/proc/irq/32/smp_affinity_list", "3", "3", NULL);
	interrupts_note_kept(kept);
	g_assert_cmpstr(warned(kept), ==, "interrupts-kept");
	g_assert_nonnull(strstr(((struct warning *)kept->warnings->pdata[0])->what, "31-32"));
}

/* Files of this machine that answer as interrupts may: memory that is not there, a disk that is
 * full, a number that is none, nothing there. Only what is wrong with the request itself fails. */
static void test_answers(void)
{
	static const struct {
		const char *path;
		int answer;
		bool passes;
	} files[] = {
		{ "/proc/self/mem", -EIO, true },
		{ "/dev/full", -ENOSPC, true },
		{ "/proc/irq/none/smp_affinity_list", -ENOENT, true },
		{ "/proc/self/oom_score_adj", -EINVAL, false },
	};
	ROOT_AUTO struct root *root = root_open("/", NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		struct stepper stepper = { .root = root,
					   .limits = step_limits_default,
					   .lock = -1 };
		const struct step step = { .kind = STEP_INTERRUPT,
					   .path = (char *)files[i].path,
					   .old = (char *)"0-1",
					   .new_value = (char *)"0-3" };
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(root_write(root, step.path, step.new_value), ==, files[i].answer);
		g_assert_cmpint(step_do(&stepper, &step, &error), ==, files[i].passes);
		g_assert_cmpint(error == NULL, ==, files[i].passes);
	}
}

/* This machine's own: each is told to stay where it is, which moves nothing. Those that the kernel
 * does not let be moved say so even then (-EIO, -EPERM); the step passes, and what is settled is
 * what is so. */
static void test_kernel(void)
{
	ROOT_AUTO struct root *root = root_open("/", NULL);
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	INTERRUPTS_AUTO struct interrupts *all = root ? interrupts_probe(root, host) : NULL;
	unsigned refused = 0;

	if (geteuid() != 0 || !all) {
		g_test_skip("it needs root, and interrupts");
		return;
	}
	for (guint i = 0; i < all->list->len; i++) {
		const struct interrupt *one = &g_array_index(all->list, struct interrupt, i);
		g_autofree char *path =
			g_strdup_printf("/proc/irq/%u/smp_affinity_list", one->number);
		struct stepper stepper = { .root = root,
					   .limits = step_limits_default,
					   .lock = -1 };
		const struct step step = { .kind = STEP_INTERRUPT,
					   .path = path,
					   .old = one->cpus,
					   .new_value = one->cpus };
		g_autoptr(GError) error = NULL;
		int r = root_write(root, path, one->cpus);
		refused += r == -EIO || r == -EPERM;
		if (r == -EROFS || r == -EACCES)
			continue; /* in a container: nothing may be written */
		if (one->fixed)
			g_assert_true(r == -EIO || r == -EPERM);
		g_assert_true(step_do(&stepper, &step, &error));
		g_autofree char *settled = step_settled(root, &step);
		g_assert_cmpstr(settled, ==, one->cpus);
	}
	g_test_message("%u of %u stay with the kernel", refused, all->list->len);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/interrupts/read", test_read);
	g_test_add_func("/interrupts/none", test_none);
	g_test_add_func("/interrupts/plan", test_plan);
	g_test_add_func("/interrupts/warnings", test_warnings);
	g_test_add_func("/interrupts/kept", test_kept);
	g_test_add_func("/interrupts/answers", test_answers);
	g_test_add_func("/interrupts/kernel", test_kernel);
	return g_test_run();
}
