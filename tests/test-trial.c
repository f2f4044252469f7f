/* Trials: entries for the loaders, where a loader could not forget them, and the steps. */
#include <glib.h>
#include <string.h>

#include "plan/fallback.h"
#include "plan/trial.h"
#include "plan_fixture.h"

/* ---- entries ---- */

static const char menu[] = "### BEGIN /etc/grub.d/10_linux ###\n"
			   "if [ \"${next_entry}\" ] ; then set default=\"${next_entry}\"; fi\n"
			   "menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option "
			   "'gnulinux-simple-1' {\n"
			   "\tload_video\n"
			   "\tif [ x$feature_platform_search_hint = xy ]; then\n"
			   "\t  search --no-floppy --fs-uuid --set=root 1\n"
			   "\tfi\n"
			   "\tlinux\t/boot/vmlinuz-6.1 root=UUID=1 ro  quiet\n"
			   "\tinitrd\t/boot/initrd.img-6.1\n"
			   "}\n"
			   "submenu 'Advanced' {\n"
			   "\tmenuentry 'old' {\n"
			   "\t\tlinux\t/boot/vmlinuz-5.10 root=UUID=1\n"
			   "\t}\n"
			   "}\n"
			   "source ${config_directory}/custom.cfg\n";

static GPtrArray *make_words(const char *word)
{
	GPtrArray *words = g_ptr_array_new();

	g_ptr_array_add(words, (gpointer)word);
	return words;
}

static void test_grub_entry(void)
{
	g_autoptr(GPtrArray) words = make_words("intel_iommu=on");
	g_autofree char *entry = trial_grub_entry(menu, words);
	g_autofree char *bare = trial_grub_entry(menu, NULL);

	g_assert_cmpstr(strstr(entry, "menuentry"), ==,
			"menuentry 'Trial of vfiokit' --id vfiokit-trial {\n"
			"\tload_video\n"
			"\tif [ x$feature_platform_search_hint = xy ]; then\n"
			"\t  search --no-floppy --fs-uuid --set=root 1\n"
			"\tfi\n"
			"\tlinux\t/boot/vmlinuz-6.1 root=UUID=1 ro  quiet vfiokit=trial "
			"intel_iommu=on\n"
			"\tinitrd\t/boot/initrd.img-6.1\n"
			"}\n");
	g_assert_nonnull(strstr(bare, "quiet vfiokit=trial\n"));
	g_autofree char *added = trial_entry_words(entry);
	g_autofree char *nothing = trial_entry_words(bare);
	g_assert_cmpstr(added, ==, "intel_iommu=on");
	g_assert_cmpstr(nothing, ==, "");
	g_assert_null(trial_entry_words(menu));
}

static void test_bad_menus(void)
{
	static const char *const menus[] = {
		"",
		"menuentry 'no kernel' {\n\tchainloader +1\n}\n",
		"menuentry 'two kernels' {\n\tlinux /a\n\tlinux /b\n}\n",
		"menuentry 'no end' {\n\tlinux /a\n",
		"submenu 'below' {\n\tmenuentry 'a' {\n\t\tlinux /a\n\t}\n}\n",
		"menuentry 'in one line' { linux /a; }\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(menus); i++) {
		g_autofree char *entry = trial_grub_entry(menus[i], NULL);
		if (entry)
			g_error("taken for an entry: %s", menus[i]);
	}
}

static void test_sdboot_entry(void)
{
	static const char text[] = "# Boot Loader Specification type#1 entry\n"
				   "title      Debian GNU/Linux\n"
				   "version    6.1\n"
				   "sort-key   debian\n"
				   "options    root=LABEL=r ro quiet\n"
				   "linux      /x/linux\n"
				   "initrd     /x/initrd\n";
	g_autofree char *entry = trial_entry(text, NULL);
	g_autofree char *none = trial_entry("title x\nlinux /x\n", NULL);

	g_assert_nonnull(strstr(entry, "title Trial of vfiokit\nversion    6.1\n"
				       "sort-key zz-vfiokit\n"
				       "options    root=LABEL=r ro quiet vfiokit=trial\n"
				       "linux      /x/linux\ninitrd     /x/initrd\n"));
	g_assert_null(none);
}

/* ---- where GRUB could not forget it ---- */

static void test_plain(void)
{
	static const struct {
		const char *mounts;
		bool plain;
	} cases[] = {
		{ "25 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw\n", true },
		{ "25 1 254:2 / / rw - btrfs /dev/vda2 rw\n", false },
		{ "25 1 254:2 / / rw - ext4 /dev/mapper/vg-root rw\n", false },
		{ "25 1 254:2 / / rw - ext4 /dev/md0 rw\n", false },
		{ "25 1 254:2 / / rw - btrfs /dev/vda2 rw\n"
		  "26 25 254:1 / /boot rw - ext4 /dev/vda1 rw\n",
		  true },
		{ "26 25 254:1 / /boot rw - btrfs /dev/vda1 rw\n"
		  "25 1 254:2 / / rw - ext4 /dev/vda2 rw\n",
		  false },
		{ "25 1 254:2 / / rw - ext4 /dev/vda2 rw\n"
		  "26 25 254:1 / /boot/gru rw - btrfs /dev/vda1 rw\n",
		  true },
		{ "25 1 0:2 / / rw - zfs rpool/ROOT rw\n", false },
		{ "", false },
		{ "nonsense\n\n - \n", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (trial_is_plain(cases[i].mounts, "/boot/grub") != cases[i].plain)
			g_error("wrong for %s", cases[i].mounts);
}

/* ---- the plan ---- */

#define ROOT_EXT4 "25 1 254:2 / / rw - ext4 /dev/vda2 rw\n"

static const char *const argv[] = { "bind", "--persist", "--yes", "0000:01:00.0", NULL };

static struct trial_request good_request(void)
{
	return (struct trial_request){
		.argv = argv, .grub_cfg = menu, .mounts = ROOT_EXT4, .installed = true
	};
}

static struct host *grub_host(const char *line)
{
	const char *const lines[] = { "/boot/grub/grubenv = # GRUB Environment Block", line, NULL };
	struct host *host = bundled_host("guide-example", lines);

	host->boot.chain = BOOT_GRUB_DROPIN;
	host->boot.grub_cfg = "/boot/grub/grub.cfg";
	return host;
}

static void test_plan_grub(void)
{
	HOST_AUTO struct host *host = grub_host(NULL);
	PLAN_AUTO struct plan *plan = plan_new("bind");
	const struct trial_request request = good_request();

	g_assert_true(trial_plan(host, &request, plan));
	g_assert_cmpuint(plan->steps->len, ==, 3);
	const struct step *record = plan->steps->pdata[0];
	const struct step *entry = plan->steps->pdata[1];
	const struct step *once = plan->steps->pdata[2];
	g_assert_cmpstr(record->path, ==, TRIAL_PATH);
	g_assert_cmpstr(entry->path, ==, "/boot/grub/custom.cfg");
	g_assert_cmpstr(once->argv[0], ==, "grub-reboot");
	g_assert_cmpstr(once->argv[1], ==, "vfiokit-trial");
	g_assert_cmpstr(once->undo[0], ==, "grub-editenv");

	/* What is written down is what will be run. */
	g_auto(GStrv) again = trial_argv(record->new_value);
	g_assert_true(g_strv_equal((const char *const *)again, argv));
	g_assert_null(trial_argv("# nothing\n\n"));
}

static void test_plan_sdboot(void)
{
	static const char *const lines[] = {
		"/boot/efi/loader/entries/debian.conf = options root=LABEL=r", NULL
	};
	HOST_AUTO struct host *host = bundled_host("guide-example", lines);
	PLAN_AUTO struct plan *plan = plan_new("bind");
	const struct trial_request request = { .argv = argv, .installed = true };

	host->boot.chain = BOOT_KERNEL_INSTALL;
	host->boot.entry_selected = "debian.conf";
	g_assert_true(trial_plan(host, &request, plan));
	const struct step *entry = plan->steps->pdata[1];
	const struct step *once = plan->steps->pdata[2];
	g_assert_cmpstr(entry->path, ==, "/boot/efi/loader/entries/0-vfiokit-trial.conf");
	g_assert_cmpstr(once->argv[1], ==, "set-oneshot");
	g_assert_cmpstr(once->argv[2], ==, "0-vfiokit-trial.conf");

	host->boot.entry_selected = "other.conf";
	PLAN_AUTO struct plan *none = plan_new("bind");
	g_assert_false(trial_plan(host, &request, none));
}

/* Where the entry of a trial, or of a boot without the change, could become the default. */
static void test_aside(void)
{
	static const struct {
		const char *loader, *name;
		bool aside;
	} cases[] = {
		{ "systemd-boot 249.11", "0ab-6.1.conf", false },
		{ "systemd-boot 250", "0ab-6.1.conf", true },
		{ "systemd-boot 249.11", "1ab-6.1.conf", true },
		{ "systemd-boot 249.11", "a0.conf", true },
		{ "systemd-boot 249.11", "_a.conf", false },
		{ "systemd-boot 249.11", "0-vfiokit-without.conf", true },
		{ "systemd-boot 249.11", "0-vfio.conf", false },
		{ NULL, "0ab-6.1.conf", false },
		{ "GRUB 257", "0ab-6.1.conf", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line =
			g_strdup_printf("/boot/efi/loader/entries/%s = options ro", cases[i].name);
		const char *const lines[] = { line, NULL };
		HOST_AUTO struct host *host = bundled_host("guide-example", lines);
		host->boot.loader_info = cases[i].loader;
		if (fallback_is_aside(&host->boot) != cases[i].aside)
			g_error("wrong for %s with %s", cases[i].name, cases[i].loader);
	}
}

static void assert_refused(const struct host *host, const struct trial_request *request,
			   const char *why)
{
	PLAN_AUTO struct plan *plan = plan_new("bind");

	g_assert_false(trial_plan(host, request, plan));
	g_assert_cmpuint(plan->refusals->len, ==, 1);
	const struct refusal *refusal = plan->refusals->pdata[0];
	g_assert_cmpstr(refusal->id, ==, "trial-impossible");
	if (!strstr(refusal->what, why))
		g_error("'%s' does not say '%s'", refusal->what, why);
}

/* Each is the good case but for one thing. */
static void test_refused(void)
{
	HOST_AUTO struct host *host = grub_host(NULL);
	HOST_AUTO struct host *used = grub_host("/boot/grub/custom.cfg = menuentry");
	HOST_AUTO struct host *waits = grub_host("/etc/vfiokit/trial = bind");
	HOST_AUTO struct host *limine = grub_host(NULL);
	g_autoptr(GPtrArray) words = make_words("a=$(reboot)");
	struct trial_request request = good_request();

	assert_refused(used, &request, "is in use");
	assert_refused(waits, &request, "a trial waits already");
	limine->boot.chain = BOOT_LIMINE;
	assert_refused(limine, &request, "GRUB and of systemd-boot");
	request.installed = false;
	assert_refused(host, &request, "not installed");
	request = good_request();
	request.mounts = "25 1 254:2 / / rw - btrfs /dev/vda2 rw\n";
	assert_refused(host, &request, "could not forget");
	request = good_request();
	request.grub_cfg = "menuentry 'a' {\n\tlinux /a\n}\n";
	assert_refused(host, &request, "boots that happen once");
	request = good_request();
	request.words = words;
	assert_refused(host, &request, "means something to the loader");
}

int main(int argc, char **argv_of_test)
{
	g_test_init(&argc, &argv_of_test, NULL);
	g_test_add_func("/trial/entry/grub", test_grub_entry);
	g_test_add_func("/trial/entry/bad-menus", test_bad_menus);
	g_test_add_func("/trial/entry/systemd-boot", test_sdboot_entry);
	g_test_add_func("/trial/plain", test_plain);
	g_test_add_func("/trial/plan/grub", test_plan_grub);
	g_test_add_func("/trial/plan/systemd-boot", test_plan_sdboot);
	g_test_add_func("/trial/plan/aside", test_aside);
	g_test_add_func("/trial/refused", test_refused);
	return g_test_run();
}
