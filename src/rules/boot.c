/* How devices come to vfio-pci at boot: options, order, initramfs. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "rules/exam.h"
#include "rules/modprobe.h"
#include "rules/remedy.h"
#include "rules/see.h"
#include "rules/tables.h"

/* ---- options of vfio-pci ---- */

static bool is_there(const struct host *host, const struct vfio_id *id)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (vfio_id_matches(id, &host->pci[i]))
			return true;
	return false;
}

static void judge_id(struct exam *exam, const struct vfio_id *id)
{
	struct finding *finding;

	if (id->valid && (is_there(exam->host, id) || exam->host->n_pci == 0))
		return;
	if (id->valid) {
		finding = exam_warn(exam, NULL,
				    "No device of this machine has the ids %s that vfio-pci is to "
				    "take.",
				    id->text);
		finding_cause(finding, "A typing error, or a card that is no longer there.");
		finding_fix(finding, "vfiokit check");
	} else {
		finding = exam_fail(exam, NULL, "vfio-pci cannot read the ids '%s' in its options.",
				    id->text);
		finding_cause(finding, "Ids are written as VENDOR:DEVICE, in hexadecimal without "
				       "0x, with commas and no blanks between them.");
	}
	finding_evidence(finding, "%s: ids=%s", id->path, id->text);
	finding_fix(finding, "# Correct the line in %s.", id->path);
	if (strcmp(id->path, "/proc/cmdline") != 0)
		remedy_initramfs(exam, finding);
}

static void judge_options(struct exam *exam)
{
	g_autoptr(GArray) ids = vfio_ids_read(exam->host);
	const struct vfio_id *first = NULL, *other = NULL;

	for (guint i = 0; i < ids->len; i++) {
		const struct vfio_id *id = &g_array_index(ids, struct vfio_id, i);
		judge_id(exam, id);
		first = first ? first : id;
		other = id->line != first->line ? id : other;
	}
	if (!other)
		return;
	struct finding *finding = exam_warn(exam, NULL,
					    "ids= is given to vfio-pci more than once: "
					    "only one of the lists counts.");
	finding_evidence(finding, "%s: ids=%s", first->path, first->text);
	finding_evidence(finding, "%s: ids=%s", other->path, other->text);
	finding_cause(finding, "A parameter that is given twice keeps its last value; lists are "
			       "not joined.");
	finding_fix(finding, "# Put all ids into one line, with commas between them.");
	remedy_initramfs(exam, finding);
}

/* Is it to be taken by its ids, and was not? What came to vfio-pci came in the right order. */
static bool is_late(const struct exam *exam, int pci)
{
	return exam->chosen[pci] & CHOSEN_IDS && !pci_driver_is_vfio(exam->host->pci[pci].driver);
}

static bool is_any_late(const struct exam *exam)
{
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen(exam, &index)) >= 0)
		if (is_late(exam, pci))
			return true;
	return false;
}

static void judge_builtin(struct exam *exam)
{
	g_autoptr(GArray) ids = vfio_ids_read(exam->host);
	const struct kernel *kernel = &exam->host->platform.kernel;
	const struct vfio_id *ignored = NULL;
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < ids->len; i++) {
		const struct vfio_id *id = &g_array_index(ids, struct vfio_id, i);
		if (strcmp(id->path, "/proc/cmdline") == 0)
			return;
		ignored = id;
		g_string_append_printf(list, "%s%s", list->len ? "," : "", id->text);
	}
	if (kernel->vfio_pci_builtin == TRI_NO || (ignored && !is_any_late(exam)))
		exam_settle(exam);
	if (!ignored || kernel->vfio_pci_builtin != TRI_YES || !is_any_late(exam))
		return;
	struct finding *finding = exam_fail(exam, NULL,
					    "vfio-pci is a part of this kernel, so its options in "
					    "%s are not read.",
					    ignored->path);
	finding_evidence(finding, "/lib/modules/%s/modules.builtin: vfio-pci.ko",
			 kernel->release ? kernel->release : "RELEASE");
	finding_evidence(finding, "%s: ids=%s", ignored->path, ignored->text);
	finding_cause(finding, "Files of modprobe are for modules; what is built in takes options "
			       "from the command line only.");
	g_autofree char *argument = g_strdup_printf("vfio-pci.ids=%s", list->str);
	remedy_kernel_arg_add(exam, finding, argument);
}

/* ---- the order of drivers ---- */

/* Is vfio-pci made to come before the module: by softdep, or by an install line? */
static bool comes_after_vfio(const GArray *softdeps, const GArray *installs, const char *module)
{
	for (guint i = 0; i < softdeps->len; i++) {
		const struct modprobe_line *line =
			&g_array_index(softdeps, struct modprobe_line, i);
		const char *pre = strstr(line->rest, "pre:");
		if (module_equal(line->module, module) && pre &&
		    (strstr(pre, "vfio-pci") || strstr(pre, "vfio_pci")))
			return true;
	}
	for (guint i = 0; i < installs->len; i++) {
		const struct modprobe_line *line =
			&g_array_index(installs, struct modprobe_line, i);
		if (module_equal(line->module, module))
			return true;
	}
	return false;
}

/* Is vfio-pci loaded before all others by the initramfs? */
static bool is_early(const struct host *host)
{
	const struct boot_file *file;
	unsigned index = 0;
	static const char *const patterns[] = { "/etc/mkinitcpio.conf*", "/etc/dracut.conf*",
						"/etc/booster.yaml" };

	for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++)
		for (index = 0; (file = boot_match(&host->boot, patterns[i], &index));)
			if (file->text &&
			    (strstr(file->text, "vfio_pci") || strstr(file->text, "vfio-pci")))
				return true;
	const char *cmdline = host->platform.kernel.cmdline;
	return cmdline && strstr(cmdline, "rd.driver.pre=vfio");
}

static void add_missing(const GArray *softdeps, const GArray *installs, const GArray *blacklist,
			const char *modules, GPtrArray *missing)
{
	g_auto(GStrv) names = g_strsplit(modules ? modules : "", " ", -1);

	for (char **name = names; *name; name++)
		if (**name && !module_equal(*name, "vfio_pci") &&
		    !comes_after_vfio(softdeps, installs, *name) &&
		    !modprobe_find(blacklist, *name) &&
		    !g_ptr_array_find_with_equal_func(missing, *name, g_str_equal, NULL))
			g_ptr_array_add(missing, g_strdup(*name));
}

static void judge_softdep(struct exam *exam)
{
	const struct host *host = exam->host;
	g_autoptr(GArray) softdeps = modprobe_lines(host, "softdep");
	g_autoptr(GArray) installs = modprobe_lines(host, "install");
	g_autoptr(GArray) blacklist = modprobe_lines(host, "blacklist");
	g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen(exam, &index)) >= 0)
		if (is_late(exam, pci) &&
		    !(host->pci[pci].detail && host->pci[pci].detail->modules))
			exam_unknown(exam, ADDRESS(host, pci), "/lib/modules/RELEASE/modules.alias",
				     "Which modules could take the device is not known.");
		else if (is_late(exam, pci))
			add_missing(softdeps, installs, blacklist, host->pci[pci].detail->modules,
				    missing);
	if (missing->len == 0 || host->platform.kernel.vfio_pci_builtin == TRI_YES ||
	    is_early(host))
		return;
	g_autofree char *names = join_words(missing);
	struct finding *finding =
		exam_warn(exam, NULL,
			  "Nothing makes vfio-pci come before %s: whoever is first at "
			  "boot gets the device.",
			  names);
	finding_evidence(finding, "/etc/modprobe.d: no softdep … pre: vfio-pci for %s", names);
	finding_cause(finding, "Modules that could drive the device are loaded when it is found; "
			       "the option ids= works only once vfio-pci is loaded.");
	for (guint i = 0; i < missing->len; i++)
		finding_fix(finding, "echo 'softdep %s pre: vfio-pci' >> /etc/modprobe.d/vfio.conf",
			    (const char *)missing->pdata[i]);
	remedy_initramfs(exam, finding);
}

/* ---- blacklists ---- */

/* A GPU that stays with the host and has no driver, whose module is on a blacklist; -1: none. */
static int find_victim(const struct exam *exam, const char *module)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (!pci_dev_is_kind(dev, KIND_GPU) || exam->chosen[i] || !dev->driver_known ||
		    dev->driver || !dev->detail || !dev->detail->modules)
			continue;
		g_auto(GStrv) names = g_strsplit(dev->detail->modules, " ", -1);
		for (char **name = names; *name; name++)
			if (module_equal(*name, module))
				return (int)i;
	}
	return -1;
}

/* A GPU without a driver, of which no list says what could drive it; -1: none. */
static int find_unmatched(const struct exam *exam)
{
	const struct host *host = exam->host;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		if (pci_dev_is_kind(dev, KIND_GPU) && !exam->chosen[i] && dev->driver_known &&
		    !dev->driver && !(dev->detail && dev->detail->modules))
			return (int)i;
	}
	return -1;
}

static void judge_blacklist(struct exam *exam)
{
	g_autoptr(GArray) blacklist = modprobe_lines(exam->host, "blacklist");
	int unmatched = blacklist->len > 0 ? find_unmatched(exam) : -1;

	if (unmatched >= 0)
		exam_unknown(exam, ADDRESS(exam->host, unmatched),
			     "/lib/modules/RELEASE/modules.alias",
			     "Which module could drive this GPU is not known.");
	for (guint i = 0; i < blacklist->len; i++) {
		const struct modprobe_line *line =
			&g_array_index(blacklist, struct modprobe_line, i);
		int victim = find_victim(exam, line->module);
		if (victim < 0)
			continue;
		struct finding *finding = exam_fail(exam, ADDRESS(exam->host, victim),
						    "The host's own GPU has no driver: %s is "
						    "on the blacklist.",
						    line->module);
		finding_evidence(finding, "%s: blacklist %s", line->path, line->module);
		evidence_driver(finding, exam->host, victim);
		finding_cause(finding,
			      "A blacklist takes the driver from every card, not only from "
			      "the one that is meant for the guest.");
		finding_fix(finding, "# Take that line out of %s.", line->path);
		remedy_initramfs(exam, finding);
		remedy_reboot(finding);
	}
}

/* ---- what is gone ---- */

/* Has the kernel a module vfio_virqfd of its own? Until 6.2 (kernel: drivers/vfio/Makefile). */
static bool has_virqfd(const char *release)
{
	unsigned major = 0, minor = 0;
	char *end = NULL;

	major = (unsigned)strtoul(release, &end, 10);
	if (*end == '.')
		minor = (unsigned)strtoul(end + 1, NULL, 10);
	return major < 6 || (major == 6 && minor < 2);
}

static bool any_kernel_has_virqfd(const struct host *host)
{
	for (unsigned i = 0; i < host->boot.n_kernels; i++)
		if (has_virqfd(host->boot.kernels[i].release))
			return true;
	return false;
}

static const char *const module_lists[] = {
	"/etc/modules",          "/etc/modules-load.d/*.conf", "/etc/initramfs-tools/modules",
	"/etc/mkinitcpio.conf*", "/etc/dracut.conf*",
};

/* The line of text that holds word, comments apart; the caller's. NULL: none. */
static char *find_line(const char *text, const char *word)
{
	char *line;

	while (text && (line = config_line(&text))) {
		if (strstr(line, word))
			return line;
		g_free(line);
	}
	return NULL;
}

static void judge_virqfd(struct exam *exam)
{
	const struct host *host = exam->host;
	const char *release = host->platform.kernel.release;

	if (release && has_virqfd(release))
		exam_settle(exam);
	if (!release || exam->settled)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(module_lists); i++) {
		const struct boot_file *file;
		unsigned index = 0;
		while ((file = boot_match(&host->boot, module_lists[i], &index))) {
			g_autofree char *line = find_line(file->text, "vfio_virqfd");
			if (!line)
				continue;
			struct finding *finding =
				exam_warn(exam, NULL,
					  "%s asks for the module vfio_virqfd, which "
					  "is gone since Linux 6.2.",
					  file->path);
			finding_evidence(finding, "%s: %s", file->path, line);
			finding_evidence(finding, "/proc/sys/kernel/osrelease: %s", release);
			finding_cause(finding,
				      "It has become a part of vfio; the service that "
				      "loads modules fails at boot, and mkinitcpio reports "
				      "an error.");
			if (any_kernel_has_virqfd(host))
				finding_fix(finding, "# Keep it while a kernel before 6.2 is "
						     "installed; else:");
			finding_fix(finding, "sed -i 's/\\<vfio_virqfd\\>//' %s", file->path);
			if (i >= 2)
				remedy_initramfs(exam, finding);
		}
	}
}

/* ---- mkinitcpio ---- */

/* The words in the brackets of NAME=(…); the caller's. NULL: there is no such line. */
static char **shell_list(const char *text, const char *name)
{
	char *line;

	while (text && (line = config_line(&text))) {
		const char *rest = text_after(line, name);
		const char *open = rest && *rest == '=' ? strchr(rest, '(') : NULL;
		if (open) {
			g_autofree char *inner = g_strndup(open + 1, strcspn(open + 1, ")"));
			g_free(line);
			return g_strsplit(g_strstrip(inner), " ", -1);
		}
		g_free(line);
	}
	return NULL;
}

static int index_of(char **words, const char *word)
{
	for (int i = 0; words && words[i]; i++)
		if (module_equal(words[i], word))
			return i;
	return -1;
}

/* The first of MODULES that could take a chosen card before vfio_pci does; NULL: none. */
static const char *find_rival(char **modules)
{
	static const char *const rivals[] = { "nvidia", "nouveau", "amdgpu",   "radeon",
					      "i915",   "xe",      "nova_core" };
	int vfio = index_of(modules, "vfio_pci");

	for (size_t i = 0; i < G_N_ELEMENTS(rivals); i++) {
		int at = index_of(modules, rivals[i]);
		if (at >= 0 && at < vfio)
			return rivals[i];
	}
	return NULL;
}

static bool is_any_gpu_late(const struct exam *exam)
{
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen_kind(exam, KIND_GPU, &index)) >= 0)
		if (is_late(exam, pci))
			return true;
	return false;
}

static void judge_mkinitcpio(struct exam *exam)
{
	const char *path = "/etc/mkinitcpio.conf";
	const char *text = boot_text(&exam->host->boot, path);
	g_auto(GStrv) hooks = shell_list(text, "HOOKS");
	g_auto(GStrv) modules = shell_list(text, "MODULES");
	const char *rival = find_rival(modules);
	bool kms = index_of(hooks, "kms") >= 0 && index_of(modules, "vfio_pci") < 0;

	bool other = exam->host->boot.initramfs != INITRAMFS_MKINITCPIO &&
		     exam->host->boot.initramfs != INITRAMFS_UNKNOWN;
	if (other)
		exam_settle(exam);
	if (exam->host->boot.initramfs != INITRAMFS_MKINITCPIO || !is_any_gpu_late(exam) ||
	    (!kms && !rival))
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "In the initramfs %s comes before vfio-pci, and takes the card.",
			  rival ? rival : "the hook kms with the graphics drivers");
	if (rival)
		finding_evidence(finding, "%s: MODULES has %s before vfio_pci", path, rival);
	else
		finding_evidence(finding, "%s: HOOKS has kms, MODULES has no vfio_pci", path);
	finding_fix(finding, "# In %s: MODULES=(vfio_pci vfio vfio_iommu_type1 …), these first.",
		    path);
	remedy_initramfs(exam, finding);
}

/* ---- files that wait for a restart ---- */

/* Words of the boot files, and whether the machine has what they are for without them. */
static const struct {
	const char *word;
	bool for_iommu;
} pending[] = {
	{ "intel_iommu=on", true },
	{ "iommu=pt", true },
	{ "vfio-pci.ids=", false },
	{ "hugepages=", false },
};

static void tell_pending(struct exam *exam, const char *path, const char *line, const char *word)
{
	const struct boot *boot = &exam->host->boot;
	struct finding *finding =
		exam_warn(exam, NULL, "%s has %s, and the running kernel was started without it.",
			  path, word);

	finding_evidence(finding, "%s: %s", path, line);
	finding_evidence(finding, "/proc/cmdline: %s", exam->host->platform.kernel.cmdline);
	finding_cause(finding, "The boot loader was not told after the file was changed, it reads "
			       "another file, or the machine has not been restarted since.");
	if (boot->chain != BOOT_UNCERTAIN)
		finding_fix(finding, "# This machine boots by %s.", boot_chain_words(boot->chain));
	g_autofree char *argument =
		g_strndup(strstr(line, word), strcspn(strstr(line, word), " \"'"));
	remedy_kernel_arg_add(exam, finding, argument);
}

static void judge_pending_file(struct exam *exam, const struct boot_file *file)
{
	const char *cmdline = exam->host->platform.kernel.cmdline;
	bool on = exam->verdict->state == IOMMU_ENABLED;

	for (size_t i = 0; file->text && i < G_N_ELEMENTS(pending); i++) {
		g_autofree char *line = find_line(file->text, pending[i].word);
		if (line && !strstr(cmdline, pending[i].word) && !(pending[i].for_iommu && on))
			tell_pending(exam, file->path, line, pending[i].word);
	}
}

static void judge_pending(struct exam *exam)
{
	static const char *const files[] = { "/etc/default/grub", "/etc/default/grub.d/*",
					     "/etc/kernel/cmdline", "/etc/cmdline.d/*" };
	const struct boot_file *file;

	if (!exam->host->platform.kernel.cmdline) {
		exam_unknown(exam, NULL, "/proc/cmdline",
			     "The kernel's command line is not known.");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		unsigned index = 0;
		while ((file = boot_match(&exam->host->boot, files[i], &index)))
			judge_pending_file(exam, file);
	}
}

const struct rule rules_boot[] = {
	{
		.id = "boot-args-pending",
		.title = "Was the kernel started with what the boot files say?",
		.reads = "/etc/default/grub, /etc/kernel/cmdline, /etc/cmdline.d, /proc/cmdline",
		.explain = "A parameter in a file does nothing until the boot loader's own "
			   "configuration is made anew from it, and the machine restarted. On "
			   "machines that boot by other files than one thinks it never does.",
		.good = "The running kernel has what the boot files say about passthrough.",
		.see = SEE_IOMMU,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_pending,
	},
	{
		.id = "modprobe-options",
		.title = "Are the ids of vfio-pci right?",
		.reads = "/etc/modprobe.d, /proc/cmdline, vendor, device",
		.explain = "A typing error in ids= is not reported anywhere: the device is just "
			   "not taken. Two lines with ids= do not add up.",
		.good = "The ids that vfio-pci is given are well formed and on this machine.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_options,
	},
	{
		.id = "modprobe-builtin",
		.title = "Are options of vfio-pci read at all?",
		.reads = "/lib/modules/RELEASE/modules.builtin, /etc/modprobe.d, /proc/cmdline",
		.explain = "Ubuntu and others build vfio-pci into the kernel. Then /etc/modprobe.d "
			   "says nothing to it.",
		.good = "Options of vfio-pci are where they are read.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.needs = PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.judge = judge_builtin,
	},
	{
		.id = "modprobe-softdep",
		.title = "Does vfio-pci come before the drivers of the host?",
		.reads = "/etc/modprobe.d, driver, modules.alias, configuration of the initramfs",
		.explain = "With ids= the device belongs to whoever is loaded first. A softdep for "
			   "every module that could take it makes vfio-pci the first; older guides "
			   "name nvidia and nouveau only, and forget the sound and USB functions.",
		.good = "vfio-pci comes before the drivers that could take what is meant for it.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.needs = PROBE_DETAIL | PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.judge = judge_softdep,
	},
	{
		.id = "blacklist-collateral",
		.title = "Does a blacklist hit the host's own GPU?",
		.reads = "/etc/modprobe.d, class, driver, modules.alias",
		.explain = "Blacklisting nvidia or nouveau is the last resort of old guides. It "
			   "takes the driver from every card of that kind.",
		.good = "No blacklist takes the driver from a GPU of the host.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.needs = PROBE_DETAIL,
		.sets = RULE_DOCTOR,
		.all_functions = true,
		.judge = judge_blacklist,
	},
	{
		.id = "vfio-virqfd-stale",
		.title = "Is no module asked for that is gone?",
		.reads = "/etc/modules, /etc/modules-load.d, /etc/initramfs-tools/modules, "
			 "/etc/mkinitcpio.conf, /etc/dracut.conf, /etc/dracut.conf.d, "
			 "/proc/sys/kernel/osrelease",
		.explain = "vfio_virqfd stands in most guides, and has been a part of vfio since "
			   "Linux 6.2.",
		.good = "vfio_virqfd is not asked for, or this kernel has it.",
		.see = SEE_ISOLATE,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_virqfd,
	},
	{
		.id = "initramfs-kms-race",
		.title = "Is vfio-pci the first in the initramfs?",
		.reads = "/etc/mkinitcpio.conf, /etc/modprobe.d",
		.explain = "mkinitcpio's hook kms puts all graphics drivers into the image, and "
			   "MODULES are loaded in their order. vfio_pci must stand first there.",
		.good = "Nothing in the initramfs comes before vfio-pci, as far as its "
			"configuration tells.",
		.see = SEE_GPU_USED,
		.ground = "/etc",
		.sets = RULE_DOCTOR,
		.judge = judge_mkinitcpio,
	},
	{ 0 },
};
