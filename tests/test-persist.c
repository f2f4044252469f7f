/* Binding at every boot: the record, who is who, the rule, and the plan for each generator of
 * initramfs images. That the rule does what it says is seen in the disk lab. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "plan/persist.h"
#include "plan/refusal.h"
#include "plan_fixture.h"
#include "probe/boot.h"

#define CARD  "/sys/bus/pci/devices/0000:01:00.0/firmware_node/path = \\_SB_.PCI0.PEG0.PEGP"
#define OTHER "/sys/bus/pci/devices/0000:01:00.0/firmware_node/path = \\_SB_.PCI0.PEG1.PEGP"
#define ENTRY "0000:01:00.0 10de:1c03 1043:85ac vfio-pci \\_SB_.PCI0.PEG0.PEGP"

/* ---- the record ---- */

static void test_record(void)
{
	static const char text[] = "# a comment\n"
				   "0000:02:00.0 8086:10d3 - vfio-pci -\n"
				   "\n"
				   "  " ENTRY "\n"
				   "0000:01:00.1 10de:10f1 1043:85ac vfio-pci ../../\\_SB_.PCI0\n";
	HOST_AUTO struct host *host = host_new(HOST_TREE);

	bindings_parse(host, text);
	g_assert_cmpint(host->bindings.bad_line, ==, 0);
	g_assert_cmpuint(host->bindings.n, ==, 3);
	const struct binding *list = host->bindings.list;
	g_assert_cmpstr(list[0].who.slot, ==, "\\_SB_.PCI0.PEG0.PEGP");
	g_assert_cmpuint(list[0].who.slot_up, ==, 0);
	g_assert_cmpstr(list[1].who.slot, ==, "\\_SB_.PCI0");
	g_assert_cmpuint(list[1].who.slot_up, ==, 2);
	g_assert_cmpint(list[2].who.subsystem_vendor, ==, -1);
	g_assert_null(list[2].who.slot);

	/* Written and read again it is the same. */
	g_autofree char *once = bindings_format(host->bindings.list, host->bindings.n);
	bindings_parse(host, once);
	g_autofree char *twice = bindings_format(host->bindings.list, host->bindings.n);
	g_assert_cmpuint(host->bindings.n, ==, 3);
	g_assert_cmpstr(once, ==, twice);
	bindings_parse(host, NULL);
	g_assert_cmpuint(host->bindings.n, ==, 0);
}

/* Whatever makes no sense is left out, and told. */
static void test_bad_record(void)
{
	static const char *const bad[] = {
		"0000:01:00.0",
		"0000:01:00.8 10de:1c03 - vfio-pci -",
		"0000:01:00.0 10de1c03 - vfio-pci -",
		"0000:01:00.0 10de:1c03: - vfio-pci -",
		"0000:01:00.0 10de:1c03 - vfio\"pci -",
		"0000:01:00.0 10de:1c03 - vfio-pci ../",
		"0000:01:00.0 10de:1c03 - vfio-pci - more",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		HOST_AUTO struct host *host = host_new(HOST_TREE);
		g_autofree char *text = g_strconcat("# one\n", bad[i], "\n" ENTRY "\n", NULL);
		bindings_parse(host, text);
		if (host->bindings.bad_line != 2 || host->bindings.n != 1)
			g_error("'%s' is taken for an entry", bad[i]);
	}
}

/* ---- how the machine stands to it ---- */

struct stand {
	const char *name;
	const char *const *lines; /* on top of the host guide-example */
	const char *entry;
	enum binding_state state;
	const char *why;
};

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct stand stands[] = {
	{ "host", LINES(CARD), ENTRY, BINDING_HOST, "nvidia has it, not vfio-pci" },
	{ "switched off", LINES(CARD, "/proc/cmdline = ro vfiokit=off"), ENTRY, BINDING_HOST,
	  "nvidia has it, not vfio-pci: this boot is without it (vfiokit=off)" },
	{ "recovery", LINES(CARD, "/proc/cmdline = ro single"), ENTRY, BINDING_HOST,
	  "nvidia has it, not vfio-pci: this boot is without it (single)" },
	{ "another word", LINES(CARD, "/proc/cmdline = ro vfiokit=offline singles"), ENTRY,
	  BINDING_HOST, "nvidia has it, not vfio-pci" },
	{ "free", NULL, "0000:00:14.2 8086:a36f - vfio-pci -", BINDING_FREE,
	  "vfio-pci has not taken it" },
	{ "slot not known", NULL, ENTRY, BINDING_HOST, "nvidia has it, not vfio-pci" },
	{ "another slot", LINES(OTHER), ENTRY, BINDING_CHANGED,
	  "nothing was bound: it was chosen in the slot \\_SB_.PCI0.PEG0.PEGP, and this is "
	  "\\_SB_.PCI0.PEG1.PEGP" },
	{ "another device", LINES(CARD), "0000:01:00.0 10de:1c04 - vfio-pci -", BINDING_CHANGED,
	  "nothing was bound: 10de:1c04 was chosen, and 10de:1c03 of the board 1043:85ac is here" },
	{ "another board", LINES(CARD), "0000:01:00.0 10de:1c03 1043:85ad vfio-pci -",
	  BINDING_CHANGED,
	  "nothing was bound: 10de:1c03 of the board 1043:85ad was chosen, and 10de:1c03 of the "
	  "board 1043:85ac is here" },
	{ "moved", LINES(CARD), "0000:01:00.1 10de:1c03 1043:85ac vfio-pci \\_SB_.PCI0.PEG0.PEGP",
	  BINDING_CHANGED,
	  "nothing was bound: 10de:1c03 of the board 1043:85ac was chosen, and 10de:10f1 of the "
	  "board 1043:85ac is here; a device like it is at 0000:01:00.0" },
	{ "gone", LINES(CARD), "0000:07:00.0 10de:1c03 1043:85ac vfio-pci -", BINDING_GONE,
	  "nothing is at this address, where 10de:1c03 of the board 1043:85ac was chosen; a device "
	  "like it is at 0000:01:00.0" },
	{ "gone for good", LINES(CARD), "0000:07:00.0 10de:ffff - vfio-pci -", BINDING_GONE,
	  "nothing is at this address, where 10de:ffff was chosen" },
};

static void test_stand(gconstpointer data)
{
	const struct stand *stand = data;
	HOST_AUTO struct host *host = bundled_host("guide-example", stand->lines);
	g_autofree char *why = NULL;

	bindings_parse(host, stand->entry);
	g_assert_cmpuint(host->bindings.n, ==, 1);
	enum binding_state state = binding_judge(host, host->bindings.list, &why);
	g_assert_cmpstr(why, ==, stand->why);
	g_assert_cmpstr(binding_state_name(state), ==, binding_state_name(stand->state));
}

static void test_bound(void)
{
	HOST_AUTO struct host *host = bundled_host("identical-gpus", NULL);
	g_autofree char *why = NULL;

	bindings_parse(host, "0000:0b:00.0 10de:2484 - vfio-pci -");
	g_assert_cmpint(binding_judge(host, host->bindings.list, &why), ==, BINDING_BOUND);
	g_assert_null(why);
	bindings_parse(host, "0000:0a:00.0 10de:2484 - vfio-pci -"); /* its twin */
	g_assert_cmpint(binding_judge(host, host->bindings.list, &why), ==, BINDING_HOST);
}

/* The place is that of the function itself, or of the first bridge above that has a name. */
static void test_place(void)
{
	static const char *const bridge[] = {
		"/sys/bus/pci/devices/0000:00:01.0/firmware_node/path = \\_SB_.PCI0.PEG0", NULL
	};
	HOST_AUTO struct host *host = bundled_host("guide-example", bridge);
	g_autoptr(GArray) functions = functions_of(host, "01:00.1 00:1f.3");
	const struct identity below =
		identity_of(host, &host->pci[g_array_index(functions, int, 0)]);
	const struct identity none =
		identity_of(host, &host->pci[g_array_index(functions, int, 1)]);

	g_assert_cmpstr(below.slot, ==, "\\_SB_.PCI0.PEG0");
	g_assert_cmpuint(below.slot_up, ==, 1);
	g_assert_null(none.slot);
	g_assert_cmpuint(none.slot_up, ==, 0);
}

/* ---- the rule ---- */

static void test_rule(void)
{
	static const char expected[] =
		"\n# 0000:01:00.0\n"
		"ATTR{[pci/0000:01:00.0]vendor}==\"0x10de\", "
		"ATTR{[pci/0000:01:00.0]device}==\"0x1c03\", "
		"ATTR{[pci/0000:01:00.0]subsystem_vendor}==\"0x1043\", "
		"ATTR{[pci/0000:01:00.0]subsystem_device}==\"0x85ac\", "
		"ATTR{[pci/0000:01:00.0]firmware_node/path}==\"?_SB_.PCI0.PEG0.PEGP\", "
		"GOTO=\"vfiokit_1\"\n"
		"GOTO=\"vfiokit_1_end\"\n"
		"LABEL=\"vfiokit_1\"\n"
		"ATTR{[pci/0000:01:00.0]driver_override}!=\"vfio-pci\", "
		"ATTR{[pci/0000:01:00.0]driver_override}=\"vfio-pci\"\n"
		"KERNEL!=\"0000:01:00.0\", GOTO=\"vfiokit_1_end\"\n"
		"IMPORT{db}=\"VFIOKIT\"\n"
		"ENV{VFIOKIT}!=\"seen\", ATTR{[pci/0000:01:00.0]driver}==\"?*\", "
		"ATTR{[pci/0000:01:00.0]driver}!=\"vfio-pci\", "
		"ATTR{[pci/0000:01:00.0]driver/unbind}=\"0000:01:00.0\"\n"
		"ENV{VFIOKIT}=\"seen\", ATTR{[subsystem/pci]drivers_probe}=\"0000:01:00.0\", "
		"RUN{builtin}+=\"kmod load vfio-pci\"\n"
		"LABEL=\"vfiokit_1_end\"\n"
		"\nLABEL=\"vfiokit_end\"\n";
	HOST_AUTO struct host *host = host_new(HOST_TREE);

	bindings_parse(host, ENTRY);
	g_autofree char *rule = persist_rules(host->bindings.list, host->bindings.n, false);
	const char *part = strstr(rule, "\n# 0000:");
	g_assert_cmpstr(part, ==, expected);
	g_assert_nonnull(strstr(rule, "ENV{vfiokit}==\"off\", GOTO=\"vfiokit_end\"\n"));
	g_assert_null(persist_rules(NULL, 0, false));

	/* A trial's acts in its own boot only. */
	g_autofree char *trial = persist_rules(host->bindings.list, host->bindings.n, true);
	static const char gate[] = "ENV{vfiokit}!=\"trial\", GOTO=\"vfiokit_end\"\n\n# 0000:";
	g_assert_nonnull(strstr(trial, gate));
	g_assert_null(strstr(rule, "trial"));
}

/* Nothing that the firmware calls a place can mean more to udev than the place. */
static void test_rule_pattern(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);

	bindings_parse(host, "0000:01:00.0 10de:1c03 - vfio-pci ../\\_SB_|*[a]$%k");
	g_autofree char *rule = persist_rules(host->bindings.list, host->bindings.n, false);
	g_assert_nonnull(strstr(rule, "ATTR{[pci/0000:01:00.0]../firmware_node/path}=="
				      "\"?_SB_???a???k\", GOTO"));
}

/* ---- plans ---- */

/* The host guide-example with these lines on top, and with no other boot files than they are. */
static struct host *boot_host(const char *const *lines)
{
	struct host *host = bundled_host("guide-example", lines);
	struct tree *tree = tree_new();

	if (lines)
		fixture_put(tree, lines);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	host->boot = (struct boot){ 0 };
	boot_probe(root, host);
	return host;
}

static char *plan_lines(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		g_autofree char *argv = step->argv ? g_strjoinv(" ", step->argv) : NULL;
		g_autofree char *wanted = g_strdup(step->new_value ? step->new_value : "");
		g_string_append_printf(text, "%s %s", step_kind_name(step->kind),
				       argv ? argv : step->path);
		if (step->kind == STEP_FILE && !step->new_value)
			g_string_append(text, " gone");
		if (step->kind == STEP_IMAGE)
			g_string_append_printf(text, ": %s", g_strdelimit(wanted, "\n", ','));
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

struct generator {
	const char *name;
	const char *const *lines;
	const char *expected;
};

#define RECORD_FILES                                                                               \
	"file /etc/vfiokit/bindings\n"                                                             \
	"file /etc/udev/rules.d/10-vfiokit.rules\n"
#define UNIT_FILES                                                                                 \
	"file /etc/systemd/system/vfiokit-boot.service\n"                                          \
	"file /etc/systemd/system/multi-user.target.d/vfiokit.conf\n"
#define RULE_IN "file etc/udev/rules.d/10-vfiokit.rules"
#define KERNELS                                                                                    \
	"/lib/modules/6.1.0-1/modules.builtin = kernel/fs/ext4/ext4.ko",                           \
		"/lib/modules/6.8.0-2/modules.builtin = kernel/drivers/vfio/pci/vfio-pci.ko"

static const struct generator generators[] = {
	{ "initramfs-tools",
	  LINES(KERNELS, "/usr/sbin/update-initramfs = #!/bin/sh",
		"/usr/share/initramfs-tools/hook-functions = #", "/boot/initrd.img-6.1.0-1 = x",
		"/boot/initrd.img-6.8.0-2 = x"),
	  RECORD_FILES "file /etc/initramfs-tools/hooks/vfiokit\n" UNIT_FILES
		       "run update-initramfs -u -k all\n"
		       "image-check /boot/initrd.img-6.1.0-1: " RULE_IN ",module vfio-pci\n"
		       "image-check /boot/initrd.img-6.8.0-2: " RULE_IN "\n" },
	{ "dracut",
	  LINES(KERNELS, "/usr/bin/dracut = #!/bin/bash", "/boot/initramfs-6.1.0-1.img = x"),
	  RECORD_FILES "file /etc/dracut.conf.d/90-vfiokit.conf\n" UNIT_FILES
		       "run dracut --force --regenerate-all\n"
		       "image-check /boot/initramfs-6.1.0-1.img: " RULE_IN ",module vfio-pci\n" },
	{ "mkinitcpio",
	  LINES(KERNELS, "/usr/bin/mkinitcpio = #!/bin/bash",
		"/etc/mkinitcpio.conf = HOOKS=(base udev kms)",
		"/lib/modules/6.1.0-1/pkgbase = linux", "/boot/initramfs-linux.img = x"),
	  RECORD_FILES "file /etc/mkinitcpio.conf.d/vfiokit.conf\n" UNIT_FILES "run mkinitcpio -P\n"
		       "image-check /boot/initramfs-linux.img: " RULE_IN ",module vfio-pci\n" },
	{ "dracut-that-must-be-told",
	  LINES(KERNELS, "/usr/bin/dracut = #!/bin/bash", "/lib/modules/6.1.0-1/pkgbase = linux",
		"/boot/initramfs-linux.img = x"),
	  RECORD_FILES "file /etc/dracut.conf.d/90-vfiokit.conf\n" UNIT_FILES
		       "run dracut --force /boot/initramfs-linux.img 6.1.0-1\n"
		       "image-check /boot/initramfs-linux.img: " RULE_IN ",module vfio-pci\n" },
};

static struct plan *make_plan(const struct host *host, const char *words,
			      const struct pci_addr *remove)
{
	struct plan *plan = plan_new("bind");
	g_autoptr(GArray) functions = functions_of(host, words);
	const struct persist_request request = {
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
		.remove = remove,
		.n_remove = remove ? 1 : 0,
		.program = "/usr/bin/vfiokit",
		.judge = REFUSAL_BIND,
	};

	persist_plan(host, &request, plan);
	g_assert_cmpint(plan->effect, ==, EFFECT_NEXT_BOOT);
	return plan;
}

static void test_generator(gconstpointer data)
{
	const struct generator *generator = data;
	HOST_AUTO struct host *host = boot_host(generator->lines);
	PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);
	g_autofree char *text = plan_lines(plan);

	g_assert_cmpstr(text, ==, generator->expected);
}

/* kernel-install copies the image to where the boot loader finds it: both are looked into. */
static void test_entries(void)
{
	static const char *const lines[] = {
		"/lib/modules/6.1.0-1/modules.builtin = kernel/fs/ext4/ext4.ko",
		"/usr/bin/dracut = #!/bin/bash",
		"/boot/vmlinuz-6.1.0-1 = x",
		"/boot/initrd.img-6.1.0-1 = x",
		"/efi/loader/entries/old.conf = version 5.10\ninitrd /old/initrd",
		"/efi/loader/entries/new.conf = version 6.1.0-1\ninitrd /ucode\ninitrd /id/initrd",
		NULL
	};
	HOST_AUTO struct host *host = boot_host(lines);

	host->boot.chain = BOOT_KERNEL_INSTALL;
	PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);
	g_autofree char *text = plan_lines(plan);
	g_assert_cmpstr(strstr(text, "run "), ==,
			"run dracut --force /boot/initrd.img-6.1.0-1 6.1.0-1\n"
			"run kernel-install add 6.1.0-1 /boot/vmlinuz-6.1.0-1 "
			"/boot/initrd.img-6.1.0-1\n"
			"image-check /boot/initrd.img-6.1.0-1: " RULE_IN ",module vfio-pci\n"
			"image-check /efi/id/initrd: " RULE_IN ",module vfio-pci\n");
}

/* mkinitcpio has no presets there, and kernel-install calls it. */
static void test_installed(void)
{
	HOST_AUTO struct host *host =
		boot_host(LINES("/lib/modules/6.1.0-1/modules.builtin = kernel/fs/ext4/ext4.ko",
				"/usr/bin/mkinitcpio = #", "/lib/modules/6.1.0-1/vmlinuz = x",
				"/efi/loader/entries/a.conf = version 6.1.0-1\ninitrd /id/initrd"));

	host->boot.chain = BOOT_KERNEL_INSTALL;
	PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);
	g_autofree char *text = plan_lines(plan);
	g_assert_cmpstr(strstr(text, "run "), ==,
			"run kernel-install add 6.1.0-1 /lib/modules/6.1.0-1/vmlinuz\n"
			"image-check /efi/id/initrd: " RULE_IN ",module vfio-pci\n");
}

/* A tool that puts images where the loader finds them builds them, where there is one. */
static void test_builders(void)
{
	static const struct {
		enum boot_chain chain;
		enum initramfs initramfs;
		const char *program;
		const char *expected;
	} builders[] = {
		{ BOOT_SDBOOTUTIL, INITRAMFS_DRACUT, "/usr/bin/sdbootutil = #",
		  "run sdbootutil --no-reuse-initrd add-all-kernels\n" },
		{ BOOT_SDBOOTUTIL, INITRAMFS_DRACUT, "/usr/bin/bootctl = #",
		  "run dracut --force --regenerate-all\n" },
		{ BOOT_GRUB, INITRAMFS_DRACUT, "/usr/bin/sdbootutil = #",
		  "run dracut --force --regenerate-all\n" },
		{ BOOT_LIMINE_TOOL, INITRAMFS_MKINITCPIO, "/usr/bin/limine-mkinitcpio = #",
		  "run limine-mkinitcpio\n" },
		{ BOOT_LIMINE, INITRAMFS_MKINITCPIO, "/usr/bin/limine-mkinitcpio = #",
		  "run mkinitcpio -P\n" },
		{ BOOT_LIMINE_TOOL, INITRAMFS_DRACUT, "/usr/bin/limine-dracut = #",
		  "run limine-dracut\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(builders); i++) {
		HOST_AUTO struct host *host = boot_host(LINES(builders[i].program));
		host->boot.chain = builders[i].chain;
		host->boot.initramfs = builders[i].initramfs;
		PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);
		g_autofree char *text = plan_lines(plan);
		g_assert_nonnull(strstr(text, builders[i].expected));
	}
}

/* rpm-ostree lays the file over an image that comes with the system; one that is there already
 * stays there when this is taken back. */
static void test_ostree(void)
{
	static const char rule[] = "/etc/udev/rules.d/10-vfiokit.rules";
	const struct pci_addr address = { .bus = 1 };
	const char *const lines[] = {
		"/usr/bin/dracut = #!/bin/bash", "/etc/udev/rules.d/10-vfiokit.rules = old",
		"/etc/vfiokit/bindings = 0000:01:00.0 10de:1c03 1043:85ac vfio-pci -", NULL
	};
	g_autofree char *track =
		g_strconcat("run rpm-ostree initramfs-etc --force-sync --track=", rule, "\n", NULL);
	HOST_AUTO struct host *fresh = boot_host(LINES("/usr/bin/dracut = #!/bin/bash"));
	HOST_AUTO struct host *there = boot_host(lines);

	fresh->boot.chain = there->boot.chain = BOOT_OSTREE;
	PLAN_AUTO struct plan *first = make_plan(fresh, "01:00.0", NULL);
	g_autofree char *text = plan_lines(first);
	g_autofree char *expected = g_strconcat(RECORD_FILES UNIT_FILES, track, NULL);
	g_assert_cmpstr(text, ==, expected);
	const struct step *step = first->steps->pdata[first->steps->len - 1];
	g_assert_true(g_str_has_prefix(step->undo[3], "--untrack="));

	PLAN_AUTO struct plan *more = make_plan(there, "01:00.1", NULL);
	step = more->steps->pdata[more->steps->len - 1];
	g_assert_true(g_str_has_prefix(step->argv[3], "--track="));
	g_assert_null(step->undo);

	PLAN_AUTO struct plan *less = make_plan(there, "", &address);
	step = less->steps->pdata[less->steps->len - 1];
	g_assert_true(g_str_has_prefix(step->argv[3], "--untrack="));
	g_assert_true(g_str_has_prefix(step->undo[3], "--track="));
}

/* What each generator reads, to the letter. */
static void test_texts(void)
{
	static const struct {
		unsigned generator;
		const char *text;
	} texts[] = {
		{ 0, "cp -p /etc/udev/rules.d/10-vfiokit.rules "
		     "\"$DESTDIR/etc/udev/rules.d/10-vfiokit.rules\"\nmanual_add_modules "
		     "vfio-pci\n" },
		{ 1, "install_items+=\" /etc/udev/rules.d/10-vfiokit.rules \"\n"
		     "add_drivers+=\" vfio-pci \"\n" },
		{ 2, "FILES+=(/etc/udev/rules.d/10-vfiokit.rules)\n"
		     "MODULES=(vfio-pci \"${MODULES[@]}\")\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		const struct generator *generator = &generators[texts[i].generator];
		HOST_AUTO struct host *host = boot_host(generator->lines);
		PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);
		const struct step *step = plan->steps->pdata[2];
		g_assert_true(g_str_has_suffix(step->new_value, texts[i].text));
		g_assert_cmpuint(step->mode, ==, i == 0 ? 0755 : 0);
	}
}

/* The same once more is nothing to do; one function more changes the record and the rule; taking
 * the last away takes everything away. */
static void test_again(void)
{
	const struct pci_addr address = { .bus = 1 };
	HOST_AUTO struct host *host = boot_host(generators[0].lines);
	PLAN_AUTO struct plan *first = make_plan(host, "01:00.0", NULL);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < 5; i++) {
		const struct step *step = first->steps->pdata[i];
		g_autofree char *text = g_strndup(step->new_value, strlen(step->new_value) - 1);
		g_ptr_array_add(lines, g_strdup_printf("%s = %s", step->path, text));
	}
	for (const char *const *line = generators[0].lines; *line; line++)
		g_ptr_array_add(lines, g_strdup(*line));
	g_ptr_array_add(lines, NULL);
	HOST_AUTO struct host *after = boot_host((const void *)lines->pdata);
	PLAN_AUTO struct plan *again = make_plan(after, "01:00.0", NULL);
	g_assert_cmpuint(again->steps->len, ==, 0);
	g_assert_cmpuint(again->refusals->len, ==, 0);

	PLAN_AUTO struct plan *more = make_plan(after, "01:00.1", NULL);
	g_autofree char *more_text = plan_lines(more);
	g_assert_true(g_str_has_prefix(more_text, RECORD_FILES "run update-initramfs -u -k all\n"));

	PLAN_AUTO struct plan *less = make_plan(after, "", &address);
	g_autofree char *less_text = plan_lines(less);
	g_assert_cmpstr(less_text, ==,
			"file /etc/vfiokit/bindings gone\n"
			"file /etc/udev/rules.d/10-vfiokit.rules gone\n"
			"file /etc/initramfs-tools/hooks/vfiokit gone\n"
			"file /etc/systemd/system/vfiokit-boot.service gone\n"
			"file /etc/systemd/system/multi-user.target.d/vfiokit.conf gone\n"
			"run update-initramfs -u -k all\n"
			"image-check /boot/initrd.img-6.1.0-1: without "
			"etc/udev/rules.d/10-vfiokit.rules\n"
			"image-check /boot/initrd.img-6.8.0-2: without "
			"etc/udev/rules.d/10-vfiokit.rules\n");
}

/* An address in the record that something else has taken is refused, and can be chosen anew. */
static void test_changed(void)
{
	static const char *const lines[] = {
		"/etc/vfiokit/bindings = 0000:01:00.0 10de:1b80 - vfio-pci -", NULL
	};
	HOST_AUTO struct host *host = boot_host(lines);
	PLAN_AUTO struct plan *plan = make_plan(host, "01:00.0", NULL);

	g_autofree char *said = objections_text(plan);
	g_assert_nonnull(strstr(said, "refused identity-changed 0000:01:00.0: "));
	const struct step *step = plan->steps->pdata[0];
	g_assert_nonnull(strstr(step->new_value, "0000:01:00.0 10de:1c03 1043:85ac vfio-pci -"));
	g_assert_null(strstr(step->new_value, "1b80"));
}

/* Not while a trial waits; but a trial itself says so by its own rule. */
static void test_trial_waits(void)
{
	static const char *const lines[] = { "/etc/vfiokit/trial = bind", NULL };
	HOST_AUTO struct host *waits = boot_host(lines);
	HOST_AUTO struct host *free_host = boot_host(NULL);
	PLAN_AUTO struct plan *refused = make_plan(waits, "01:00.0", NULL);
	PLAN_AUTO struct plan *good = make_plan(free_host, "01:00.0", NULL);
	g_autofree char *said = objections_text(refused);
	g_autofree char *nothing = objections_text(good);

	g_assert_nonnull(strstr(said, "never trial-waits "));
	g_assert_null(strstr(nothing, "trial-waits"));
}

static bool has_warning(const struct plan *plan, const char *id)
{
	for (guint i = 0; i < plan->warnings->len; i++)
		if (strcmp(((const struct warning *)plan->warnings->pdata[i])->id, id) == 0)
			return true;
	return false;
}

/* The last one goes: an entry of an earlier change stays, and is told of. */
static void test_way_back_stays(void)
{
	static const char bound[] =
		"/etc/vfiokit/bindings = 0000:01:00.0 10de:1c03 1043:85ac vfio-pci -";
	static const char rule[] = "/etc/udev/rules.d/10-vfiokit.rules = #";
	const struct pci_addr address = { .bus = 1 };
	HOST_AUTO struct host *with = boot_host(
		LINES(bound, rule,
		      "/etc/grub.d/45_vfiokit = GRUB_DISTRIBUTOR=\"x (without vfiokit)\""));
	HOST_AUTO struct host *without =
		boot_host(LINES(bound, rule, "/etc/grub.d/45_vfiokit = #"));
	PLAN_AUTO struct plan *told = make_plan(with, "", &address);
	PLAN_AUTO struct plan *more = make_plan(with, "01:00.1", NULL);
	PLAN_AUTO struct plan *none = make_plan(without, "", &address);

	g_assert_true(has_warning(told, "way-back-stays"));
	g_assert_false(has_warning(more, "way-back-stays"));
	g_assert_false(has_warning(none, "way-back-stays"));
}

static void test_warnings(void)
{
	static const char *const booster[] = { "/usr/bin/booster = x",
					       "/etc/booster.yaml = universal: false", NULL };
	HOST_AUTO struct host *none = boot_host(NULL);
	HOST_AUTO struct host *late = boot_host(booster);
	HOST_AUTO struct host *good = boot_host(generators[1].lines);
	PLAN_AUTO struct plan *none_plan = make_plan(none, "01:00.0", NULL);
	PLAN_AUTO struct plan *late_plan = make_plan(late, "01:00.0", NULL);
	PLAN_AUTO struct plan *good_plan = make_plan(good, "01:00.0", NULL);

	g_assert_true(has_warning(none_plan, "initramfs-unknown"));
	g_assert_true(has_warning(late_plan, "initramfs-late"));
	g_assert_false(has_warning(good_plan, "initramfs-unknown"));
	g_assert_false(has_warning(good_plan, "initramfs-late"));
	/* one of its two kernels has no image that could be looked into */
	g_assert_true(has_warning(good_plan, "initramfs-not-found"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/persist/record", test_record);
	g_test_add_func("/persist/record/bad", test_bad_record);
	for (size_t i = 0; i < G_N_ELEMENTS(stands); i++) {
		g_autofree char *name = g_strconcat("/persist/stand/", stands[i].name, NULL);
		g_test_add_data_func(name, &stands[i], test_stand);
	}
	g_test_add_func("/persist/stand/bound", test_bound);
	g_test_add_func("/persist/place", test_place);
	g_test_add_func("/persist/rule", test_rule);
	g_test_add_func("/persist/rule/pattern", test_rule_pattern);
	for (size_t i = 0; i < G_N_ELEMENTS(generators); i++) {
		g_autofree char *name = g_strconcat("/persist/plan/", generators[i].name, NULL);
		g_test_add_data_func(name, &generators[i], test_generator);
	}
	g_test_add_func("/persist/plan/entries", test_entries);
	g_test_add_func("/persist/plan/installed", test_installed);
	g_test_add_func("/persist/plan/builders", test_builders);
	g_test_add_func("/persist/plan/texts", test_texts);
	g_test_add_func("/persist/plan/ostree", test_ostree);
	g_test_add_func("/persist/plan/again", test_again);
	g_test_add_func("/persist/plan/way-back-stays", test_way_back_stays);
	g_test_add_func("/persist/plan/changed", test_changed);
	g_test_add_func("/persist/plan/trial-waits", test_trial_waits);
	g_test_add_func("/persist/plan/warnings", test_warnings);
	return g_test_run();
}
