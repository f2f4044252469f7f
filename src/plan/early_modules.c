/* See early_modules.h. */
#include "plan/early_modules.h"

#include <string.h>

#include "edit/edit.h"
#include "plan/initramfs.h"

#define CONF "/etc/modprobe.d/vfiokit.conf"

struct early {
	const struct host *host;
	const int *functions;
	unsigned n;
	struct plan *plan;
};

static const struct pci_dev *dev_at(const struct early *early, unsigned i)
{
	return &early->host->pci[early->functions[i]];
}

static bool is_chosen(const struct early *early, unsigned pci)
{
	for (unsigned i = 0; i < early->n; i++)
		if (early->functions[i] == (int)pci)
			return true;
	return false;
}

/* ---- ids ---- */

static bool has_same_ids(const struct pci_dev *a, const struct pci_dev *b)
{
	return a->vendor == b->vendor && a->device == b->device;
}

static bool check_ids(const struct early *early)
{
	for (unsigned i = 0; i < early->n; i++)
		for (unsigned j = 0; j < early->host->n_pci; j++) {
			const struct pci_dev *mine = dev_at(early, i);
			const struct pci_dev *other = &early->host->pci[j];
			char buf[PCI_ADDR_SIZE], other_buf[PCI_ADDR_SIZE];
			if (is_chosen(early, j) || !has_same_ids(mine, other))
				continue;
			plan_refuse(early->plan, "ids-ambiguous", pci_addr_format(mine->addr, buf),
				    false,
				    "%s has the same ids, %04x:%04x, and options of modules would "
				    "take both. Binding by address takes this one only.",
				    pci_addr_format(other->addr, other_buf), (unsigned)mine->vendor,
				    (unsigned)mine->device);
			return false;
		}
	return true;
}

/* "10de:1c03,10de:10f1": each once. The caller's. */
static char *join_ids(const struct early *early)
{
	GString *ids = g_string_new(NULL);

	for (unsigned i = 0; i < early->n; i++) {
		const struct pci_dev *dev = dev_at(early, i);
		g_autofree char *id =
			g_strdup_printf("%04x:%04x", (unsigned)dev->vendor, (unsigned)dev->device);
		if (!strstr(ids->str, id))
			g_string_append_printf(ids, "%s%s", ids->len > 0 ? "," : "", id);
	}
	return g_string_free(ids, FALSE);
}

/* ---- drivers that could take them ---- */

static bool is_vfio(const char *module)
{
	return strstr(module, "vfio") != NULL;
}

static void add_name(GPtrArray *names, const char *name)
{
	if (*name && !is_vfio(name) &&
	    !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
		g_ptr_array_add(names, g_strdup(name));
}

/* All modules whose aliases fit one of the functions, and the drivers that have them now. */
static GPtrArray *list_drivers(const struct early *early)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < early->n; i++) {
		const struct pci_dev *dev = dev_at(early, i);
		const char *modules = dev->detail ? dev->detail->modules : NULL;
		g_auto(GStrv) words = g_strsplit(modules ? modules : "", " ", -1);
		for (char **word = words; *word; word++)
			add_name(names, *word);
		if (dev->driver && !modules)
			add_name(names, dev->driver);
	}
	return names;
}

static bool drives(const struct pci_dev *dev, const char *module)
{
	const char *modules = dev->detail ? dev->detail->modules : NULL;
	g_auto(GStrv) words = g_strsplit(modules ? modules : "", " ", -1);

	return g_strv_contains((const char *const *)words, module) ||
	       g_strcmp0(dev->driver, module) == 0;
}

static bool check_shared(const struct early *early, const GPtrArray *drivers)
{
	for (guint i = 0; i < drivers->len; i++)
		for (unsigned j = 0; j < early->host->n_pci; j++) {
			char buf[PCI_ADDR_SIZE];
			const struct pci_dev *dev = &early->host->pci[j];
			if (is_chosen(early, j) || !drives(dev, drivers->pdata[i]))
				continue;
			plan_refuse(early->plan, "driver-shared", pci_addr_format(dev->addr, buf),
				    false,
				    "the driver %s cannot be blacklisted: this device needs it, "
				    "and is not given away",
				    (const char *)drivers->pdata[i]);
			return false;
		}
	return true;
}

/* ---- the file ---- */

static char *make_text(const char *ids, const GPtrArray *drivers, bool blacklist)
{
	GString *text = g_string_new("# Written by vfiokit; 'vfiokit undo' takes it away.\n");

	g_string_append_printf(text, "options vfio-pci ids=%s\n", ids);
	for (guint i = 0; i < drivers->len; i++)
		g_string_append_printf(text, "softdep %s pre: vfio-pci\n",
				       (const char *)drivers->pdata[i]);
	for (guint i = 0; blacklist && i < drivers->len; i++)
		g_string_append_printf(text, "blacklist %s\n", (const char *)drivers->pdata[i]);
	return g_string_free(text, FALSE);
}

static bool is_builtin(const struct boot *boot)
{
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].vfio_builtin == TRI_YES)
			return true;
	return false;
}

/* ---- the initramfs ---- */

static const char *const conf_files[] = { CONF, NULL };
static const char *const vfio_modules[] = { "vfio-pci", NULL };
static const char *const no_modules[] = { NULL };

static struct initramfs_wish wish_of(const struct host *host)
{
	return (struct initramfs_wish){
		.files = conf_files,
		.modules = is_builtin(&host->boot) ? no_modules : vfio_modules,
	};
}

/* booster has no modprobe: it loads what its own file names, with the command line's options. */
static bool force_load(const struct host *host, struct plan *plan)
{
	static const struct edit_place place = { EDIT_YAML, "modules_force_load", EDIT_LAST, false,
						 false };
	static const char *const path = "/etc/booster.yaml";
	const char *old = boot_text(&host->boot, path);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = edit_add(old ? old : "", &place, "vfio_pci", &error);

	if (!text) {
		plan_refuse(plan, "initramfs-uneditable", path, false, "%s", error->message);
		return false;
	}
	if (g_strcmp0(old, text) == 0)
		return false;
	plan_add(plan, STEP_FILE, path, old, text, "vfio-pci is loaded before other drivers");
	return true;
}

void early_modules_rebuild(const struct host *host, struct plan *plan)
{
	const struct initramfs_wish wish = wish_of(host);

	initramfs_add_rebuild(host, &wish, NULL, plan);
}

bool early_modules_plan(const struct host *host, const int *functions, unsigned n, bool blacklist,
			GPtrArray *words, struct plan *plan, bool *rebuild)
{
	const struct early early = { host, functions, n, plan };
	const char *old = boot_text(&host->boot, CONF);
	const struct initramfs_wish wish = wish_of(host);
	bool booster = host->boot.initramfs == INITRAMFS_BOOSTER;

	if (!check_ids(&early))
		return false;
	g_autoptr(GPtrArray) drivers = list_drivers(&early);
	if (blacklist && !check_shared(&early, drivers))
		return false;
	g_autofree char *ids = join_ids(&early);
	if (is_builtin(&host->boot) || booster)
		g_ptr_array_add(words, g_strconcat("vfio-pci.ids=", ids, NULL));
	g_autofree char *text = make_text(ids, drivers, blacklist);
	*rebuild = g_strcmp0(old, text) != 0;
	if (*rebuild)
		plan_add(plan, STEP_FILE, CONF, old, text,
			 "vfio-pci comes before every driver that could take these devices");
	if (host->boot.chain == BOOT_OSTREE)
		plan_warn(
			plan, "initramfs-late",
			"rpm-ostree lays files over the initramfs, and no modules: a driver of the "
			"host's that is in it comes before vfio-pci. '--bind boot' does not need "
			"the module there.");
	*rebuild |= booster ? force_load(host, plan) : initramfs_add_files(host, &wish, plan);
	return true;
}
