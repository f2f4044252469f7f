/* Plans of bind and unbind: exact steps on the bundled hosts, and what the second run has to do. */
#include <glib.h>

#include "plan/bind_plan.h"
#include "plan_fixture.h"

#define GPU   "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/"
#define SOUND "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/"
#define NIC   "/sys/devices/pci0000:00/0000:00:02.1/0000:10:00.0/"

/* A function that a driver has: the kernel says so in its uevent. */
#define SUBSYSTEM      "\nPCI_SUBSYS_ID=1043:85AC"
#define GPU_ON(driver) GPU "uevent = DRIVER=" driver "\nPCI_CLASS=30000\nPCI_ID=10DE:1C03" SUBSYSTEM
#define SOUND_ON(driver)                                                                           \
	SOUND "uevent = DRIVER=" driver "\nPCI_CLASS=40300\nPCI_ID=10DE:10F1" SUBSYSTEM

struct plan_case {
	const char *name;
	const char *host;
	const char *functions;
	bool group;
	bool unbind;
	const char *lines[12]; /* on top of the host */
	struct bind_memory before[2];
	const char *steps;
	const char *objections; /* NULL: not looked at here */
};

#define FIRST                                                                                      \
	{                                                                                          \
		.domain = 0, .bus = 1, .slot = 0, .function = 0                                    \
	}
#define SECOND                                                                                     \
	{                                                                                          \
		.domain = 0, .bus = 1, .slot = 0, .function = 1                                    \
	}

/* Both functions of the guide's card as they are after bind. */
#define BOUND                                                                                      \
	GPU_ON("vfio-pci"), GPU "driver_override = vfio-pci", GPU "power/control = auto",          \
		SOUND_ON("vfio-pci"), SOUND "driver_override = vfio-pci",                          \
		SOUND "power/control = auto"

static const struct plan_case cases[] = {
	{ .name = "/bind/card-and-sound",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .steps = "module vfio-pci\n"
		   "write 0000:01:00.1 driver_override - -> vfio-pci\n"
		   "write 0000:01:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:01:00.1 snd_hda_intel\n"
		   "probe 0000:01:00.1 vfio-pci\n"
		   "unbind 0000:01:00.0 nvidia\n"
		   "probe 0000:01:00.0 vfio-pci\n",
	  .objections = "" },
	{ .name = "/bind/group-brings-the-sound",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .group = true,
	  .steps = "module vfio-pci\n"
		   "write 0000:01:00.1 driver_override - -> vfio-pci\n"
		   "write 0000:01:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:01:00.1 snd_hda_intel\n"
		   "probe 0000:01:00.1 vfio-pci\n"
		   "unbind 0000:01:00.0 nvidia\n"
		   "probe 0000:01:00.0 vfio-pci\n",
	  .objections = "" },
	{ .name = "/bind/one-of-two",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .steps = "module vfio-pci\n"
		   "write 0000:01:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:01:00.0 nvidia\n"
		   "probe 0000:01:00.0 vfio-pci\n",
	  .objections =
		  "refused group-not-viable 0000:01:00.0: 01:00.1 (snd_hda_intel) of group 1 would "
		  "stay with the host, and a group is given away as a whole or not at all: the "
		  "guest would not start. Name all of it, or take the whole group with --group.\n"
		  "warning slot-incomplete: 01:00.0 can be reset only together with 01:00.1, which "
		  "stays with the host, so it is not reset between guests. Bind all of them.\n" },
	{ .name = "/bind/module-is-there",
	  .host = "guide-example",
	  .functions = "03:00.0",
	  .lines = { "/sys/module/vfio_pci/" },
	  .steps = "write 0000:03:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:03:00.0 xhci_hcd\n"
		   "probe 0000:03:00.0 vfio-pci\n" },
	{ .name = "/bind/nothing-has-it",
	  .host = "guide-example",
	  .functions = "00:14.2",
	  .lines = { "/lib/modules/6.1.0-18-amd64/modules.builtin = "
		     "kernel/drivers/vfio/pci/vfio-pci.ko" },
	  .steps = "write 0000:00:14.2 driver_override - -> vfio-pci\n"
		   "probe 0000:00:14.2 vfio-pci\n" },
	{ .name = "/bind/already-kept-for-it",
	  .host = "guide-example",
	  .functions = "00:14.2",
	  .lines = { "/sys/module/vfio_pci/",
		     "/sys/devices/pci0000:00/0000:00:14.2/driver_override = vfio-pci" },
	  .steps = "probe 0000:00:14.2 vfio-pci\n" },
	{ .name = "/bind/another-override",
	  .host = "guide-example",
	  .functions = "03:00.0",
	  .lines = { "/sys/module/vfio_pci/",
		     "/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0/driver_override = "
		     "pci-stub" },
	  .steps = "write 0000:03:00.0 driver_override pci-stub -> vfio-pci\n"
		   "unbind 0000:03:00.0 xhci_hcd\n"
		   "probe 0000:03:00.0 vfio-pci\n" },
	{ .name = "/bind/second-run",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .lines = { BOUND },
	  .steps = "",
	  .objections = "" },
	{ .name = "/bind/half-done",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .lines = { "/sys/module/vfio_pci/", SOUND_ON("vfio-pci"),
		     SOUND "driver_override = vfio-pci", GPU "driver_override = vfio-pci" },
	  .steps = "unbind 0000:01:00.0 nvidia\n"
		   "probe 0000:01:00.0 vfio-pci\n",
	  .objections = "" },
	{ .name = "/bind/with-a-guest-on-it-there-is-nothing-to-do",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .lines = { BOUND, "/vfiokit/holders = 4242\t/dev/vfio/1\t-\tqemu-system-x86" },
	  .steps = "",
	  .objections = "" },
	/* The twin of the card that a guest has: nothing is said of the twin. */
	{ .name = "/bind/identical-second",
	  .host = "identical-gpus",
	  .functions = "0b:00.0 0b:00.1",
	  .steps = "",
	  .objections = "" },
	{ .name = "/bind/identical-first",
	  .host = "identical-gpus",
	  .functions = "0a:00.0 0a:00.1",
	  .steps = "write 0000:0a:00.1 driver_override - -> vfio-pci\n"
		   "write 0000:0a:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:0a:00.1 snd_hda_intel\n"
		   "probe 0000:0a:00.1 vfio-pci\n"
		   "unbind 0000:0a:00.0 nvidia\n"
		   "probe 0000:0a:00.0 vfio-pci\n" },
	/* A group behind a port without ACS: the bridge of it stays. */
	{ .name = "/bind/group-without-its-bridge",
	  .host = "identical-gpus",
	  .functions = "07:00.3",
	  .group = true,
	  .steps = "write 0000:07:00.1 driver_override - -> vfio-pci\n"
		   "write 0000:07:00.3 driver_override - -> vfio-pci\n"
		   "write 0000:07:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:07:00.1 xhci_hcd\n"
		   "probe 0000:07:00.1 vfio-pci\n"
		   "unbind 0000:07:00.3 xhci_hcd\n"
		   "probe 0000:07:00.3 vfio-pci\n"
		   "probe 0000:07:00.0 vfio-pci\n" },
	{ .name = "/bind/server",
	  .host = "gpu-server",
	  .functions = "43:00.0 45:00.0",
	  .steps = "write 0000:45:00.0 driver_override - -> vfio-pci\n"
		   "write 0000:43:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:45:00.0 mlx5_core\n"
		   "probe 0000:45:00.0 vfio-pci\n"
		   "unbind 0000:43:00.0 nvidia\n"
		   "probe 0000:43:00.0 vfio-pci\n",
	  .objections = "" },
	{ .name = "/bind/variant",
	  .host = "gpu-server",
	  .functions = "43:00.0 45:00.0",
	  .lines = { "/vfiokit/modules = alias vfio_pci:v000010DEd000020B2sv*sd*bc*sc*i* "
		     "nvgrace_gpu_vfio_pci" },
	  .steps = "module nvgrace_gpu_vfio_pci\n"
		   "write 0000:45:00.0 driver_override - -> vfio-pci\n"
		   "write 0000:43:00.0 driver_override - -> nvgrace_gpu_vfio_pci\n"
		   "unbind 0000:45:00.0 mlx5_core\n"
		   "probe 0000:45:00.0 vfio-pci\n"
		   "unbind 0000:43:00.0 nvidia\n"
		   "probe 0000:43:00.0 nvgrace_gpu_vfio_pci\n" },
	/* Goes only with --allow sriov-pf, and then the virtual functions go first. */
	{ .name = "/bind/virtual-functions",
	  .host = "gpu-server",
	  .functions = "10:00.0",
	  .lines = { NIC "sriov_numvfs = 4" },
	  .steps = "write 0000:10:00.0 sriov_numvfs 4 -> 0\n"
		   "write 0000:10:00.0 driver_override - -> vfio-pci\n"
		   "unbind 0000:10:00.0 ixgbe\n"
		   "probe 0000:10:00.0 vfio-pci\n" },
	{ .name = "/bind/bridge",
	  .host = "guide-example",
	  .functions = "00:01.0",
	  .group = true,
	  .steps = "",
	  .objections = "never bridge 0000:00:01.0: 00:01.0 is a bridge, and bridges stay with the "
			"host: guests are given what is behind them, here 01:00.0 and 01:00.1.\n" },

	{ .name = "/unbind/remembered",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .unbind = true,
	  .lines = { BOUND },
	  .before = { { .addr = SECOND,
			.driver_known = true,
			.driver = "snd_hda_intel",
			.power_control = "auto",
			.d3cold_allowed = 1 },
		      { .addr = FIRST,
			.driver_known = true,
			.driver = "nvidia",
			.power_control = "on",
			.d3cold_allowed = 0 } },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> -\n"
		   "write 0000:01:00.1 driver_override vfio-pci -> -\n"
		   "unbind 0000:01:00.0 vfio-pci\n"
		   "probe 0000:01:00.0 nvidia\n"
		   "write 0000:01:00.0 power/control on ~> on\n"
		   "write 0000:01:00.0 d3cold_allowed 1 -> 0\n"
		   "unbind 0000:01:00.1 vfio-pci\n"
		   "probe 0000:01:00.1 snd_hda_intel\n"
		   "write 0000:01:00.1 power/control on ~> auto\n",
	  .objections = "" },
	{ .name = "/unbind/not-remembered",
	  .host = "guide-example",
	  .functions = "01:00.1",
	  .group = true,
	  .unbind = true,
	  .lines = { BOUND },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> -\n"
		   "write 0000:01:00.1 driver_override vfio-pci -> -\n"
		   "unbind 0000:01:00.0 vfio-pci\n"
		   "probe 0000:01:00.0 -\n"
		   "unbind 0000:01:00.1 vfio-pci\n"
		   "probe 0000:01:00.1 -\n",
	  .objections = "" },
	{ .name = "/unbind/had-no-driver",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .unbind = true,
	  .lines = { BOUND },
	  .before = { { .addr = FIRST,
			.driver_known = true,
			.driver_override = "pci-stub",
			.d3cold_allowed = -1 } },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> pci-stub\n"
		   "unbind 0000:01:00.0 vfio-pci\n" },
	/* An override that was written while the driver had it keeps that out. */
	{ .name = "/unbind/override-of-others",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .unbind = true,
	  .lines = { BOUND },
	  .before = { { .addr = FIRST,
			.driver_known = true,
			.driver = "nvidia",
			.driver_override = "none",
			.d3cold_allowed = -1 } },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> -\n"
		   "unbind 0000:01:00.0 vfio-pci\n"
		   "probe 0000:01:00.0 nvidia\n"
		   "write 0000:01:00.0 driver_override - -> none\n" },
	{ .name = "/unbind/override-of-its-own",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .unbind = true,
	  .lines = { BOUND },
	  .before = { { .addr = FIRST,
			.driver_known = true,
			.driver = "nvidia",
			.driver_override = "nvidia",
			.d3cold_allowed = -1 } },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> nvidia\n"
		   "unbind 0000:01:00.0 vfio-pci\n"
		   "probe 0000:01:00.0 nvidia\n" },
	{ .name = "/unbind/second-run",
	  .host = "guide-example",
	  .functions = "01:00.0 01:00.1",
	  .unbind = true,
	  .before = { { .addr = FIRST,
			.driver_known = true,
			.driver = "nvidia",
			.power_control = "on",
			.d3cold_allowed = 1 } },
	  .steps = "",
	  .objections = "" },
	{ .name = "/unbind/was-there-before-us",
	  .host = "identical-gpus",
	  .functions = "0b:00.0",
	  .unbind = true,
	  .before = { { .addr = { .bus = 0xb },
			.driver_known = true,
			.driver = "vfio-pci",
			.driver_override = "vfio-pci",
			.d3cold_allowed = -1 } },
	  .steps = "",
	  .objections = "" },
	/* A crash between letting go and taking: its driver is gone, and has to come back. */
	{ .name = "/unbind/driver-lost",
	  .host = "guide-example",
	  .functions = "00:14.2",
	  .unbind = true,
	  .before = { { .addr = { .slot = 0x14, .function = 2 },
			.driver_known = true,
			.driver = "intel_pmc",
			.d3cold_allowed = -1 } },
	  .steps = "probe 0000:00:14.2 intel_pmc\n" },
	{ .name = "/unbind/only-kept",
	  .host = "guide-example",
	  .functions = "01:00.0",
	  .unbind = true,
	  .lines = { GPU "driver_override = vfio-pci" },
	  .steps = "write 0000:01:00.0 driver_override vfio-pci -> -\n" },
};

static unsigned count_memories(const struct plan_case *one)
{
	unsigned n = 0;

	while (n < G_N_ELEMENTS(one->before) &&
	       (one->before[n].driver_known || one->before[n].driver))
		n++;
	return n;
}

static void expect_plan(const struct plan_case *one, const struct host *host)
{
	g_autoptr(GArray) functions = functions_of(host, one->functions);
	PLAN_AUTO struct plan *plan = plan_new(one->unbind ? "unbind" : "bind");
	const struct bind_request request = {
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
		.group = one->group,
		.before = one->before,
		.n_before = count_memories(one),
	};

	if (one->unbind)
		unbind_plan(host, &request, plan);
	else
		bind_plan(host, &request, plan);
	g_autofree char *steps = steps_text(plan);
	g_autofree char *objections = objections_text(plan);
	g_assert_cmpstr(steps, ==, one->steps);
	if (one->objections)
		g_assert_cmpstr(objections, ==, one->objections);
}

/* Of all that can be read, and of what is read for these functions alone. */
static void test_case(gconstpointer data)
{
	const struct plan_case *one = data;
	HOST_AUTO struct host *all = bundled_host(one->host, one->lines);
	HOST_AUTO struct host *little = bundled_host_for(one->host, one->lines, one->functions);

	expect_plan(one, all);
	expect_plan(one, little);
}

/* Every function of every bundled host, alone: what is read for it alone leads to the same plan. */
static void test_little(void)
{
	static const char *const names[] = { "guide-example", "gpu-server", "identical-gpus",
					     "laptop-one-gpu" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		HOST_AUTO struct host *all = bundled_host(names[i], NULL);
		for (unsigned j = 0; j < all->n_pci; j++) {
			char address[PCI_ADDR_SIZE];
			int pci = (int)j;
			HOST_AUTO struct host *little =
				bundled_host_for(names[i], NULL,
						 pci_addr_format(all->pci[j].addr, address));
			const struct bind_request request = { .functions = &pci, .n = 1 };
			PLAN_AUTO struct plan *plan = plan_new("bind"), *same = plan_new("bind");
			bind_plan(all, &request, plan);
			bind_plan(little, &request, same);
			g_autofree char *text = objections_text(plan), *steps = steps_text(plan);
			g_autofree char *same_text = objections_text(same);
			g_autofree char *same_steps = steps_text(same);
			g_assert_cmpstr(same_text, ==, text);
			g_assert_cmpstr(same_steps, ==, steps);
		}
	}
}

/* However the functions are named, the plan is the same. */
static void test_order(void)
{
	static const char *const orders[] = { "01:00.0 01:00.1", "01:00.1 01:00.0" };
	char *texts[2];

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		HOST_AUTO struct host *host = bundled_host("guide-example", NULL);
		g_autoptr(GArray) functions = functions_of(host, orders[i]);
		PLAN_AUTO struct plan *plan = plan_new("bind");
		const struct bind_request request = {
			.functions = (const int *)(const void *)functions->data,
			.n = functions->len,
		};
		bind_plan(host, &request, plan);
		texts[i] = steps_text(plan);
	}
	g_assert_cmpstr(texts[0], ==, texts[1]);
	g_free(texts[0]);
	g_free(texts[1]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add_data_func(cases[i].name, &cases[i], test_case);
	g_test_add_func("/bind/any-order", test_order);
	g_test_add_func("/bind/little-is-read", test_little);
	return g_test_run();
}
