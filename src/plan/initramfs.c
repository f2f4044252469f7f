/* See initramfs.h.
 *
 * Sources: initramfs-tools(7) and its hook-functions; dracut.conf(5); mkinitcpio(8), where drop-ins
 * are read after mkinitcpio.conf. None of them loads the modules because of this: a rule of udev in
 * the image does, once it has said which device they may take. */
#include "plan/initramfs.h"

#include <string.h>

#include "base/text.h"
#include "plan/fallback.h"

#define MADE_BY "# Written by vfiokit; 'vfiokit undo' or 'unbind --persist' takes it away.\n"

/* ---- what the generators read ---- */

static char *hook_text(const struct initramfs_wish *wish)
{
	GString *text = g_string_new("#!/bin/sh\n" MADE_BY "[ \"$1\" != prereqs ] || exit 0\n"
				     ". /usr/share/initramfs-tools/hook-functions\n");

	for (size_t i = 0; wish->files[i]; i++)
		g_string_append_printf(text,
				       "mkdir -p \"$DESTDIR%.*s\"\n"
				       "cp -p %s \"$DESTDIR%s\"\n",
				       (int)(strrchr(wish->files[i], '/') - wish->files[i]),
				       wish->files[i], wish->files[i], wish->files[i]);
	for (size_t i = 0; wish->modules[i]; i++)
		g_string_append_printf(text, "manual_add_modules %s\n", wish->modules[i]);
	return g_string_free(text, FALSE);
}

static char *joined(const char *const *words)
{
	return g_strjoinv(" ", (char **)(void *)words);
}

/* The blanks inside the quotes keep what others add apart. */
static char *dracut_text(const struct initramfs_wish *wish)
{
	g_autofree char *files = joined(wish->files);
	g_autofree char *modules = joined(wish->modules);

	return g_strdup_printf(MADE_BY "install_items+=\" %s \"\nadd_drivers+=\" %s \"\n", files,
			       modules);
}

/* First among the modules, so that no driver of a display is loaded before. */
static char *mkinitcpio_text(const struct initramfs_wish *wish)
{
	g_autofree char *files = joined(wish->files);
	g_autofree char *modules = joined(wish->modules);

	return g_strdup_printf(MADE_BY "FILES+=(%s)\nMODULES=(%s \"${MODULES[@]}\")\n", files,
			       modules);
}

#define MAX_ARGS 8

static const struct generator {
	char *(*text)(const struct initramfs_wish *wish); /* of initramfs_own_file() */
	unsigned mode;
	const char *rebuild[MAX_ARGS];
	bool beside; /* builds an image beside the one that is there (update-initramfs: ".new") */
} generators[] = {
	[INITRAMFS_TOOLS] = { hook_text, 0755, { "update-initramfs", "-u", "-k", "all" }, true },
	[INITRAMFS_DRACUT] = { dracut_text, 0, { "dracut", "--force", "--regenerate-all" } },
	[INITRAMFS_MKINITCPIO] = { mkinitcpio_text, 0, { "mkinitcpio", "-P" } },
	[INITRAMFS_BOOSTER] = { NULL, 0, { "/usr/lib/booster/regenerate_images" } },
	[INITRAMFS_NIXOS] = { NULL },
};

static const struct generator *find_generator(const struct host *host)
{
	enum initramfs initramfs = host->boot.initramfs;

	return initramfs < G_N_ELEMENTS(generators) ? &generators[initramfs] : NULL;
}

static void warn_late(const struct host *host, struct plan *plan)
{
	if (host->boot.initramfs == INITRAMFS_UNKNOWN)
		plan_warn(plan, "initramfs-unknown",
			  "It is not known what makes this machine's initramfs. If it loads a "
			  "driver for the device, that comes first, and the device is taken off it "
			  "only later.");
	else
		plan_warn(plan, "initramfs-late",
			  "%s takes no rules into the initramfs. If it loads a driver for the "
			  "device, that comes first, and the device is taken off it only later.",
			  initramfs_name(host->boot.initramfs));
}

bool initramfs_add_files(const struct host *host, const struct initramfs_wish *wish,
			 struct plan *plan)
{
	const struct generator *generator = find_generator(host);
	const char *own = initramfs_own_file(host->boot.initramfs);

	if (host->boot.chain == BOOT_OSTREE)
		return false; /* it is told the files themselves */
	if (!generator || !own) {
		if (wish)
			warn_late(host, plan);
		return false;
	}
	const char *now = boot_text(&host->boot, own);
	g_autofree char *text = wish ? generator->text(wish) : NULL;
	if (g_strcmp0(now, text) == 0)
		return false;
	plan_add(plan, STEP_FILE, own, now, text,
		 text ? "takes it into the initramfs of every kernel" : "nothing needs it any more")
		->mode = generator->mode;
	return true;
}

/* ---- building ---- */

static void add_run(struct plan *plan, const char *why, const char *const *argv)
{
	plan_add(plan, STEP_RUN, NULL, NULL, NULL, why)->argv = g_strdupv((char **)(void *)argv);
}

/* kernel-install copies kernel and initramfs to where the boot loader finds them; it builds what it
 * is not given, by dracut or mkinitcpio (50-dracut.install, 50-mkinitcpio.install). */
static bool installs_images(const struct host *host)
{
	return host->boot.chain == BOOT_KERNEL_INSTALL &&
	       (host->boot.initramfs == INITRAMFS_DRACUT ||
		host->boot.initramfs == INITRAMFS_MKINITCPIO);
}

bool initramfs_installs(const struct host *host)
{
	bool all = installs_images(host);

	for (unsigned i = 0; i < host->boot.n_kernels; i++)
		all &= host->boot.kernels[i].image != NULL;
	return all;
}

static void add_dracut(const struct boot_kernel *kernel, struct plan *plan)
{
	const char *const argv[] = { "dracut", "--force", kernel->initramfs, kernel->release,
				     NULL };

	add_run(plan, "builds the initramfs of this kernel", argv);
}

/* dracut's image in /boot is made anew, and then copied by kernel-install; without one
 * kernel-install makes it in its place. */
static void add_kernel_install(const struct host *host, const struct boot_kernel *kernel,
			       struct plan *plan)
{
	bool beside = kernel->initramfs && host->boot.initramfs == INITRAMFS_DRACUT;
	const char *const install[] = { "kernel-install",
					"add",
					kernel->release,
					kernel->image,
					beside ? kernel->initramfs : NULL,
					NULL };

	if (beside)
		add_dracut(kernel, plan);
	if (kernel->image)
		add_run(plan, "copies them to where the boot loader finds them", install);
	else
		plan_warn(plan, "kernel-not-found",
			  "The image of kernel %s was not found: its boot loader entry stays as it "
			  "is.",
			  kernel->release);
}

/* As dracut calls the image of that kernel by itself. */
static bool has_usual_name(const struct boot_kernel *kernel)
{
	static const char *const usual[] = { "/boot/initramfs-", "/boot/initrd-",
					     "/boot/initrd.img-" };

	for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
		const char *rest = text_after(kernel->initramfs, usual[i]);
		if (rest)
			return text_after(rest, kernel->release) != NULL;
	}
	return false;
}

/* Does an image have another name than dracut gives one by itself, as those that are named by the
 * package of their kernel? Then dracut must be told: else it makes one more, which nothing starts.
 */
static bool has_other_names(const struct boot *boot)
{
	if (boot->initramfs != INITRAMFS_DRACUT || boot->chain == BOOT_KERNEL_INSTALL)
		return false;
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].initramfs && !has_usual_name(&boot->kernels[i]))
			return true;
	return false;
}

/* Where images do not stay where the generator puts them, a tool has it build them, and puts them
 * where the loader finds them: sdbootutil under names of their own, once told not to go on using
 * what is there (sdbootutil: reuse_initrd()), Limine's beside the kernels. */
static const struct builder {
	enum boot_chain chain;
	enum initramfs initramfs;
	const char *argv[4];
} builders[] = {
	{ BOOT_SDBOOTUTIL,
	  INITRAMFS_DRACUT,
	  { "sdbootutil", "--no-reuse-initrd", "add-all-kernels" } },
	{ BOOT_LIMINE_TOOL, INITRAMFS_MKINITCPIO, { "limine-mkinitcpio" } },
	{ BOOT_LIMINE_TOOL, INITRAMFS_DRACUT, { "limine-dracut" } },
};

/* NULL: there is none. */
static const struct builder *find_builder(const struct boot *boot)
{
	for (size_t i = 0; i < G_N_ELEMENTS(builders); i++)
		if (builders[i].chain == boot->chain && builders[i].initramfs == boot->initramfs &&
		    boot_has(boot, builders[i].argv[0]) == TRI_YES)
			return &builders[i];
	return NULL;
}

static void add_build(const struct host *host, struct plan *plan)
{
	const struct generator *generator = find_generator(host);
	const struct builder *builder = find_builder(&host->boot);

	if (builder) {
		add_run(plan, "builds the initramfs of every kernel, where the loader finds it",
			builder->argv);
		return;
	}
	bool install = installs_images(host), named = has_other_names(&host->boot);
	for (unsigned i = 0; i < host->boot.n_kernels; i++) {
		const struct boot_kernel *kernel = &host->boot.kernels[i];
		if (install)
			add_kernel_install(host, kernel, plan);
		else if (named && kernel->initramfs)
			add_dracut(kernel, plan);
	}
	if (install || named)
		return;
	if (generator && generator->rebuild[0])
		add_run(plan, "builds the initramfs of every kernel", generator->rebuild);
}

/* ---- rpm-ostree ---- */

/* The caller's (g_strfreev). */
static char **overlay_argv(const char *option, const char *const *files)
{
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup("rpm-ostree"));
	g_ptr_array_add(argv, g_strdup("initramfs-etc"));
	g_ptr_array_add(argv, g_strdup("--force-sync"));
	for (size_t i = 0; files[i]; i++)
		g_ptr_array_add(argv, g_strconcat(option, files[i], NULL));
	g_ptr_array_add(argv, NULL);
	return (char **)(void *)g_ptr_array_free(argv, FALSE);
}

/* The images come with the system, and each deployment lays files of /etc over them (rpm-ostree(1),
 * initramfs-etc). Files that are there are in it already: then undo makes it as it makes any image,
 * by what the files hold. */
static void add_overlay(const struct host *host, const struct initramfs_wish *wish,
			const char *const *without, struct plan *plan)
{
	const char *const *files = wish ? wish->files : without;
	g_auto(GStrv) track = overlay_argv("--track=", files);
	g_auto(GStrv) untrack = overlay_argv("--untrack=", files);
	bool there = boot_text(&host->boot, files[0]) != NULL;

	if (wish)
		plan_add_run(plan, (const char *const *)track,
			     there ? NULL : (const char *const *)untrack,
			     "makes a new deployment, with it in the initramfs");
	else
		plan_add_run(plan, (const char *const *)untrack, (const char *const *)track,
			     "makes a new deployment, without it in the initramfs");
}

/* ---- looking into what was built ---- */

static char *wanted_text(const struct boot_kernel *kernel, const struct initramfs_wish *wish,
			 const char *const *without)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; wish && wish->files[i]; i++)
		g_string_append_printf(text, "file %s\n", wish->files[i] + 1);
	for (size_t i = 0; wish && wish->modules[i]; i++)
		if (kernel->vfio_builtin != TRI_YES || strcmp(wish->modules[i], "vfio-pci") != 0)
			g_string_append_printf(text, "module %s\n", wish->modules[i]);
	for (size_t i = 0; without && without[i]; i++)
		g_string_append_printf(text, "without %s\n", without[i] + 1);
	if (text->len > 0)
		g_string_truncate(text, text->len - 1);
	return g_string_free(text, FALSE);
}

/* The value of the last line "KEY VALUE" of a loader's entry; the caller's. */
static char *entry_value(const char *text, const char *key)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	char *value = NULL;

	for (char **line = lines; *line; line++) {
		const char *rest = text_after(*line, key);
		if (!rest || !g_ascii_isspace(*rest))
			continue;
		g_free(value);
		value = g_strstrip(g_strdup(rest));
	}
	return value;
}

/* Where kernel-install has put the image of a kernel, by the entries of the loader; the caller's.
 * NULL: none of them names it. */
static char *find_installed(const struct boot *boot, const char *release)
{
	const struct boot_file *file;
	unsigned index = 0;

	while ((file = boot_match(boot, "*/loader/entries/*.conf", &index))) {
		const char *folder = strstr(file->path, "/loader/entries/");
		g_autofree char *version = file->text ? entry_value(file->text, "version") : NULL;
		g_autofree char *initrd = version ? entry_value(file->text, "initrd") : NULL;
		if (initrd && strcmp(version, release) == 0 && !fallback_is_copy(file->path))
			return g_strdup_printf("%.*s%s%s", (int)(folder - file->path), file->path,
					       *initrd == '/' ? "" : "/", initrd);
	}
	return NULL;
}

static void add_check(const struct host *host, const struct boot_kernel *kernel,
		      const struct initramfs_wish *wish, const char *const *without,
		      struct plan *plan)
{
	const struct boot *boot = &host->boot;
	g_autofree char *wanted = wanted_text(kernel, wish, without);
	g_autofree char *why = g_strdup_printf("is it in the image of %s?", kernel->release);
	g_autofree char *installed = find_installed(boot, kernel->release);

	if (!kernel->initramfs && !installed)
		plan_warn(plan, "initramfs-not-found",
			  "The initramfs of %s is not where it usually is: whether all is in it "
			  "cannot be seen.",
			  kernel->release);
	if (kernel->initramfs && *wanted)
		plan_add(plan, STEP_IMAGE, kernel->initramfs, NULL, wanted, why)->beside =
			find_generator(host)->beside;
	if (installed && *wanted && g_strcmp0(installed, kernel->initramfs) != 0)
		plan_add(plan, STEP_IMAGE, installed, NULL, wanted, why);
}

void initramfs_add_rebuild(const struct host *host, const struct initramfs_wish *wish,
			   const char *const *without, struct plan *plan)
{
	if (host->boot.chain == BOOT_OSTREE) {
		add_overlay(host, wish, without, plan);
		return;
	}
	add_build(host, plan);
	if (!initramfs_own_file(host->boot.initramfs))
		return;
	for (unsigned i = 0; i < host->boot.n_kernels; i++)
		add_check(host, &host->boot.kernels[i], wish, without, plan);
}
