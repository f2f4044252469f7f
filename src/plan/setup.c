/* See setup.h. In the order of the plan: can it be done at all, parameters of the kernel, packages
 * and who may use them, early binding, huge pages. */
#include "plan/setup.h"

#include <string.h>

#include "model/packages.h"
#include "plan/cmdline_plan.h"
#include "plan/early_modules.h"
#include "plan/persist.h"
#include "plan/refusal.h"

#define SYSCTL "/etc/sysctl.d/80-vfiokit-hugepages.conf"

struct setup {
	const struct host *host;
	const struct setup_request *request;
	struct plan *plan;
	GPtrArray *add;    /* of char *, owned: words for the command line */
	GPtrArray *remove; /* the same: words to be taken away */
	bool switches_on;  /* the IOMMU is off, and the next boot will have it */
};

/* ---- the IOMMU ---- */

static void add_word(GPtrArray *words, const char *word)
{
	if (!g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
		g_ptr_array_add(words, g_strdup(word));
}

/* What the verdict's row asks for on the command line; the rest is firmware's, or nobody's. */
static void switch_on(struct setup *setup)
{
	static const char *const off[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off" };
	const struct kernel *kernel = &setup->host->platform.kernel;

	for (size_t i = 0; i < G_N_ELEMENTS(off); i++)
		if (kernel->cmdline && cmdline_has(kernel->cmdline, off[i]))
			add_word(setup->remove, off[i]);
	if (setup->host->iommu.has_dmar == TRI_YES && kernel->intel_default_on != 'y')
		add_word(setup->add, "intel_iommu=on");
}

/* Debian's kernels leave the integrated GPU out unless asked. */
static bool misses_group(const struct setup *setup)
{
	for (unsigned i = 0; i < setup->request->n; i++)
		if (setup->host->pci[setup->request->functions[i]].group < 0)
			return setup->host->iommu.has_dmar == TRI_YES &&
			       setup->host->platform.kernel.intel_default_igpu_off == 'y';
	return false;
}

static bool is_curable(const struct iommu_verdict *verdict)
{
	return verdict->id && (strcmp(verdict->id, "disabled-by-cmdline") == 0 ||
			       strcmp(verdict->id, "needs-intel-iommu-on") == 0);
}

static void refuse_verdict(struct setup *setup, const struct iommu_verdict *verdict)
{
	plan_refuse(setup->plan, "no-iommu", "host", false, "%s %s",
		    verdict->cause ? verdict->cause : "There is no IOMMU.",
		    verdict->remedy ? verdict->remedy : "");
}

/* False where nothing else makes sense before the firmware, or the machine, is another. */
static bool judge_iommu(struct setup *setup)
{
	struct iommu_verdict verdict;
	bool ok = true;

	iommu_judge(setup->host, &verdict);
	setup->switches_on = verdict.state == IOMMU_OFF_IN_KERNEL && is_curable(&verdict);
	if (setup->switches_on)
		switch_on(setup);
	else if (verdict.state == IOMMU_STATE_UNKNOWN)
		plan_warn(setup->plan, "iommu-unknown",
			  "It is not known whether the IOMMU is on: no parameter is added for it.");
	else if (verdict.state != IOMMU_ENABLED)
		ok = false;
	if (!ok)
		refuse_verdict(setup, &verdict);
	if (verdict.state == IOMMU_ENABLED && misses_group(setup))
		add_word(setup->add, "intel_iommu=on");
	if (verdict.state == IOMMU_ENABLED && verdict.interrupt_remapping == TRI_NO)
		plan_warn(setup->plan, "no-interrupt-remapping",
			  "Interrupts are not remapped: a guest could forge any. Switch it on in "
			  "the firmware (x2APIC, interrupt remapping) before you give devices to "
			  "guests that you do not trust.");
	if (setup->request->iommu_pt && g_strcmp0(verdict.default_domain, "passthrough") != 0)
		add_word(setup->add, "iommu=pt");
	iommu_verdict_clear(&verdict);
	return ok;
}

static void add_own_words(struct setup *setup)
{
	for (guint i = 0; setup->request->words && i < setup->request->words->len; i++) {
		const char *word = setup->request->words->pdata[i];
		if (strcmp(word, "amd_iommu=on") == 0)
			plan_warn(setup->plan, "unknown-parameter",
				  "The kernel knows no amd_iommu=on: AMD's IOMMU is on unless it "
				  "is switched off.");
		add_word(setup->add, word);
	}
}

/* ---- packages, services, groups ---- */

static unsigned missing_roles(const struct boot *boot)
{
	unsigned roles = 0;

	for (unsigned role = 0; role < ROLE_COUNT; role++)
		if (package_role_wanted(boot, role) && package_role_there(boot, role) == TRI_NO)
			roles |= 1U << role;
	return roles;
}

struct services {
	enum package_manager manager;
	const char *id, *version; /* of releases that are another way; NULL: all others */
	const char *units[6];
};

/* Debian's packages start them by themselves. Fedora from 35 on and RHEL from 9 on have a daemon
 * for each driver (libvirt.org/daemons.html). The first row that fits. */
static const struct services services[] = {
	{ PACKAGES_DNF, "rhel", "8", { "libvirtd.service" } },
	{ PACKAGES_DNF,
	  NULL,
	  NULL,
	  { "virtqemud.socket", "virtnetworkd.socket", "virtnodedevd.socket",
	    "virtstoraged.socket" } },
	{ PACKAGES_ZYPPER, "opensuse-leap", "15", { "libvirtd.service" } },
	{ PACKAGES_ZYPPER,
	  NULL,
	  NULL,
	  { "virtqemud.socket", "virtnetworkd.socket", "virtnodedevd.socket",
	    "virtstoraged.socket" } },
	{ PACKAGES_PACMAN, NULL, NULL, { "libvirtd.service" } },
	{ PACKAGES_RPM_OSTREE, NULL, NULL, { NULL } }, /* after the restart, by its presets */
};

static const struct services *find_services(const struct boot *boot)
{
	for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
		const struct services *row = &services[i];
		if (row->manager != boot->packages)
			continue;
		if (!row->id || (os_is(&boot->os, row->id) && boot->os.version &&
				 g_str_has_prefix(boot->os.version, row->version)))
			return row;
	}
	return NULL;
}

static void start_services(struct setup *setup)
{
	const struct services *row = find_services(&setup->host->boot);

	for (size_t i = 0; row && i < G_N_ELEMENTS(row->units) && row->units[i]; i++) {
		const char *const argv[] = { "systemctl", "enable", "--now", row->units[i], NULL };
		const char *const undo[] = { "systemctl", "disable", "--now", row->units[i], NULL };
		plan_add_run(setup->plan, argv, undo, "libvirt runs now, and after each start");
	}
}

const char *setup_groups(const struct boot *boot)
{
	if (!package_role_wanted(boot, ROLE_LIBVIRT))
		return "kvm";
	return boot->packages == PACKAGES_DNF || boot->packages == PACKAGES_RPM_OSTREE
		       ? "libvirt"
		       : "libvirt kvm";
}

static void join_groups(struct setup *setup)
{
	const struct setup_request *request = setup->request;
	g_auto(GStrv) groups =
		g_strsplit(request->groups_missed ? request->groups_missed : "", " ", -1);

	for (char **group = groups; request->user && *group; group++) {
		const char *const argv[] = { "usermod", "--append",    "--groups",
					     *group,    request->user, NULL };
		const char *const undo[] = { "gpasswd", "--delete", request->user, *group, NULL };
		if (**group)
			plan_add_run(setup->plan, argv, undo,
				     "may use virtual machines without root, from the next login");
	}
}

/* What this program does not install itself. */
static void warn_of_packages(struct setup *setup, unsigned roles)
{
	g_autofree char *line = package_install_line(&setup->host->boot, roles);

	if (line)
		plan_warn(setup->plan, "packages-by-hand",
			  "Programs for guests are missing, and take long to install here: do it "
			  "yourself (%s).",
			  line);
	else
		plan_warn(setup->plan, "packages-unknown",
			  "The names of the packages here are not known: QEMU, libvirt, UEFI "
			  "firmware for guests (edk2) and swtpm are needed.");
}

static void install_packages(struct setup *setup)
{
	const struct boot *boot = &setup->host->boot;
	unsigned roles = setup->request->packages ? missing_roles(boot) : 0;
	g_auto(GStrv) argv = roles ? package_install_argv(boot, roles) : NULL;

	if (roles && !argv)
		warn_of_packages(setup, roles);
	if (argv)
		plan_add_run(setup->plan, (const char *const *)argv, plan_no_undo,
			     "what virtual machines run on; 'undo' leaves it installed");
	if (argv && roles & 1U << ROLE_LIBVIRT)
		start_services(setup);
	if (setup->request->packages)
		join_groups(setup);
}

/* ---- early binding, huge pages ---- */

/* What is refused because there is no IOMMU now, though this plan switches it on: judged again when
 * the devices are bound. */
static void drop_passing_refusals(struct setup *setup)
{
	static const char *const passing[] = { "no-iommu", "no-interrupt-remapping",
					       "group-not-viable", NULL };

	for (guint i = setup->plan->refusals->len; setup->switches_on && i > 0; i--) {
		const struct refusal *refusal = setup->plan->refusals->pdata[i - 1];
		if (g_strv_contains(passing, refusal->id))
			g_ptr_array_remove_index(setup->plan->refusals, i - 1);
	}
}

static struct persist_request persist_request(const struct setup *setup)
{
	const struct setup_request *request = setup->request;

	return (struct persist_request){
		.functions = request->functions,
		.n = request->n,
		.group = request->group,
		.program = request->program,
		.judge = REFUSAL_BIND,
		.trial = request->trial_words != NULL,
	};
}

/* Files of early binding; *rebuild: the initramfs must be built for them. False with a refusal that
 * nothing can override. */
static bool bind_early(struct setup *setup, bool *rebuild)
{
	const struct setup_request *request = setup->request;

	*rebuild = false;
	if (request->n == 0 || request->early == EARLY_NONE)
		return true;
	const struct persist_request persist = persist_request(setup);
	persist_judge(setup->host, &persist, setup->plan);
	drop_passing_refusals(setup);
	if (request->early == EARLY_MODULES)
		return early_modules_plan(setup->host, request->functions, request->n,
					  request->blacklist, setup->add, setup->plan, rebuild);
	*rebuild = persist_add_files(setup->host, &persist, setup->plan);
	return true;
}

static void rebuild_initramfs(struct setup *setup)
{
	const struct persist_request persist = persist_request(setup);

	if (setup->request->early == EARLY_MODULES)
		early_modules_rebuild(setup->host, setup->plan);
	else
		persist_add_rebuild(setup->host, &persist, setup->plan);
}

#define HUGEPAGE ((uint64_t)2 * 1024 * 1024)

static void keep_hugepages(struct setup *setup)
{
	const char *old = boot_text(&setup->host->boot, SYSCTL);
	uint64_t pages = (setup->request->hugepages + HUGEPAGE - 1) / HUGEPAGE;

	if (pages == 0)
		return;
	g_autofree char *text = g_strdup_printf("# Written by vfiokit; 'vfiokit undo' takes it "
						"away.\n# Pages of 2 MiB for guests.\n"
						"vm.nr_hugepages = %" G_GUINT64_FORMAT "\n",
						pages);
	if (g_strcmp0(old, text) != 0)
		plan_add(setup->plan, STEP_FILE, SYSCTL, old, text,
			 "memory that is kept for guests, in pages of 2 MiB");
}

/* ---- all of it ---- */

/* A plan that cannot be done as a whole is not done in parts. */
static void drop_steps(struct plan *plan)
{
	bool stays = false;

	for (guint i = 0; i < plan->refusals->len; i++)
		stays |= !((const struct refusal *)plan->refusals->pdata[i])->overridable;
	if (stays)
		g_ptr_array_set_size(plan->steps, 0);
}

static bool is_same_run(const struct step *a, const struct step *b)
{
	return a->kind == STEP_RUN && b->kind == STEP_RUN && !a->undo && !b->undo &&
	       g_strv_equal((const char *const *)a->argv, (const char *const *)b->argv);
}

/* What is built twice is built once, by the later of the two. */
static void drop_double_runs(struct plan *plan)
{
	for (guint i = plan->steps->len; i > 0; i--) {
		const struct step *step = plan->steps->pdata[i - 1];
		bool again = false;
		for (guint j = i; j < plan->steps->len; j++)
			again |= is_same_run(step, plan->steps->pdata[j]);
		if (again)
			g_ptr_array_remove_index(plan->steps, i - 1);
	}
}

/* Parameters and early binding for one boot. What cannot be for one boot only is refused. */
static void plan_trial(struct setup *setup)
{
	const struct setup_request *request = setup->request;
	const char *why = NULL;
	bool rebuild;

	if (request->n == 0 || request->early != EARLY_ADDRESS)
		why = "a trial is judged by what is bound at boot: name a device, and leave --bind "
		      "as it is";
	else if (setup->remove->len > 0)
		why = "the entry for the trial is that of now with more parameters, and one has "
		      "to go here";
	if (why) {
		plan_refuse(setup->plan, "trial-impossible", "host", false, "%s", why);
		return;
	}
	if (bind_early(setup, &rebuild) && rebuild) {
		cmdline_keep_way_back(setup->host, setup->plan);
		rebuild_initramfs(setup);
	}
	for (guint i = 0; i < setup->add->len; i++)
		g_ptr_array_add(request->trial_words, g_strdup(setup->add->pdata[i]));
}

static void plan_lasting(struct setup *setup)
{
	bool rebuild;

	keep_hugepages(setup);
	if (!bind_early(setup, &rebuild))
		return;
	const struct cmdline_request words = { setup->add, setup->remove, .way_back = rebuild };
	cmdline_plan(setup->host, &words, setup->plan);
	if (rebuild)
		rebuild_initramfs(setup);
}

/* NixOS has one configuration, which is not ours to write. */
static void plan_nixos(struct setup *setup)
{
	const struct cmdline_request words = { .add = setup->add, .remove = setup->remove };
	g_autoptr(GString) ids = g_string_new(NULL);

	for (unsigned i = 0; i < setup->request->n; i++) {
		const struct pci_dev *dev = &setup->host->pci[setup->request->functions[i]];
		g_string_append_printf(ids, "%s%04x:%04x", i > 0 ? "," : "", (unsigned)dev->vendor,
				       (unsigned)dev->device);
	}
	cmdline_plan(setup->host, &words, setup->plan);
	if (ids->len > 0)
		plan_warn(
			setup->plan, "nixos",
			"Write into the configuration, too: boot.initrd.kernelModules = [ "
			"\"vfio_pci\" \"vfio\" \"vfio_iommu_type1\" ]; boot.extraModprobeConfig = "
			"\"options vfio-pci ids=%s\";",
			ids->str);
	plan_warn(setup->plan, "nixos",
		  "Virtual machines there need: virtualisation.libvirtd.enable = true;");
	g_ptr_array_set_size(setup->plan->steps, 0);
}

void setup_plan(const struct host *host, const struct setup_request *request, struct plan *plan)
{
	g_autoptr(GPtrArray) add = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) remove = g_ptr_array_new_with_free_func(g_free);
	struct setup setup = { host, request, plan, add, remove, false };

	plan->effect = EFFECT_NEXT_BOOT;
	if (!judge_iommu(&setup))
		return;
	add_own_words(&setup);
	if (host->boot.chain == BOOT_NIXOS) {
		plan_nixos(&setup);
		return;
	}
	install_packages(&setup);
	if (request->trial_words)
		plan_trial(&setup);
	else
		plan_lasting(&setup);
	cmdline_end_way_back(plan);
	drop_double_runs(plan);
	drop_steps(plan);
}
