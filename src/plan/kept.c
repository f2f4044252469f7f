/* Copies of what the entry without our changes starts, where building images anew writes them in
 * place: half of one starts nothing, and without a copy both entries would be lost to a power cut
 * at that moment. See kept.h. */
#include <string.h>

#include "plan/kept.h"

#define IMAGES "/EFI/Linux/"

/* Left free in MiB: what is built anew is larger by some modules. */
#define MARGIN 8

struct kept {
	const struct cmdline_job *job;
	const char *entry; /* path */
	GPtrArray *from;   /* paths that are copied (of char *, owned), and where to */
	GPtrArray *to;
	int size;     /* MiB of all that are known */
	int room;     /* MiB; -1: not known */
	bool there;   /* some are copies of ours already */
	bool missing; /* one was not found */
};

/* ---- one file ---- */

static bool is_initramfs(const struct boot *boot, const char *path)
{
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (g_strcmp0(boot->kernels[i].initramfs, path) == 0)
			return true;
	return false;
}

/* Where the file is: names are those of the partition, which need not be that of the entries. */
static char *find_file(const struct kept *kept, const char *value, size_t length)
{
	g_autofree char *path = boot_entry_path(kept->entry, value, length);
	g_autofree char *plain = boot_entry_path("", value, length);
	bool elsewhere =
		!boot_image_find(kept->job->boot, path) && boot_image_find(kept->job->boot, plain);

	return elsewhere ? g_steal_pointer(&plain) : g_steal_pointer(&path);
}

static bool is_rewritten(const struct kept *kept, const char *path)
{
	const struct boot *boot = kept->job->boot;

	return boot_copies_all(boot) || strstr(path, IMAGES) || is_initramfs(boot, path);
}

/* "/a/b" → "/a/vfiokit-b". In the folder of unified images each one becomes an entry of its own:
 * their copies go to the top. */
static char *name_copy(const char *path)
{
	const char *folder = strstr(path, IMAGES);
	const char *slash = strrchr(path, '/');
	int length = (int)((folder ? folder : slash) - path);

	return g_strdup_printf("%.*s/" KEPT_OWN "%s", length, path, slash + 1);
}

static void add_copy(struct kept *kept, char *path)
{
	const struct boot_image *image = boot_image_find(kept->job->boot, path);

	kept->missing |= !image;
	if (image && image->size >= 0)
		kept->size += image->size;
	if (image && image->room >= 0)
		kept->room = image->room;
	g_ptr_array_add(kept->from, path);
	g_ptr_array_add(kept->to, name_copy(path));
}

/* ---- an entry ---- */

/* The text with the names of copies in it; fills kept. */
static char *name_copies(struct kept *kept, const char *text)
{
	GString *out = g_string_new(NULL);
	const char *cursor = text, *done = text, *value;
	size_t length;

	while (boot_entry_next(&cursor, &value, &length)) {
		g_autofree char *name = g_strndup(value, length);
		g_autofree char *path = find_file(kept, value, length);
		bool ours = g_str_has_prefix(strrchr(path, '/'), "/" KEPT_OWN);
		kept->there |= ours;
		kept->missing |= ours && !boot_image_find(kept->job->boot, path);
		if (ours || !is_rewritten(kept, path))
			continue;
		g_autofree char *slashed = g_strconcat(*name == '/' ? "" : "/", name, NULL);
		g_autofree char *copy = name_copy(slashed);
		g_string_append_printf(out, "%.*s%s", (int)(value - done), done, copy);
		done = value + length;
		add_copy(kept, g_steal_pointer(&path));
	}
	g_string_append(out, done);
	return g_string_free(out, FALSE);
}

#define LOST                                                                                       \
	"if the power fails while images are built anew, the entry without vfiokit does not "      \
	"start either"

/* May copies be made? Else a warning says why not. */
static bool can_keep(const struct kept *kept)
{
	struct plan *plan = kept->job->plan;

	if (kept->missing || (kept->from->len == 0 && !kept->there))
		plan_warn(plan, "no-copy",
			  "what %s starts was not found, so that no copy of it is kept: " LOST,
			  strrchr(kept->entry, '/') + 1);
	else if (kept->room >= 0 && kept->room < kept->size + MARGIN)
		plan_warn(plan, "no-copy",
			  "there is no room for a copy of what %s starts (%d MiB are needed, %d "
			  "MiB are free): " LOST,
			  strrchr(kept->entry, '/') + 1, kept->size + MARGIN, kept->room);
	else
		return true;
	return false;
}

static void add_steps(const struct kept *kept)
{
	for (guint i = 0; kept->job->kept && i < kept->from->len; i++)
		plan_add(kept->job->plan, STEP_COPY, kept->to->pdata[i], NULL, kept->from->pdata[i],
			 "a power cut while images are built anew does not reach it")
			->last = true;
}

/* Are images built anew, in place, by this plan? */
static bool is_at_risk(const struct cmdline_job *job)
{
	enum boot_chain chain = job->boot->chain;

	return boot_is_in_place(job->boot) &&
	       (job->way_back || boot_copies_all(job->boot) || chain == BOOT_UKI_MKINITCPIO ||
		chain == BOOT_UKI_DRACUT);
}

char *kept_entry(struct cmdline_job *job, const char *entry, const char *text)
{
	g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) to = g_ptr_array_new_with_free_func(g_free);
	struct kept kept = { .job = job, .entry = entry, .from = from, .to = to, .room = -1 };

	if (!is_at_risk(job))
		return g_strdup(text);
	g_autofree char *named = name_copies(&kept, text);
	job->kept = can_keep(&kept);
	if (!job->kept)
		return g_strdup(text);
	add_steps(&kept);
	return g_steal_pointer(&named);
}

/* ---- without entries ---- */

/* A name that means nothing to a shell, nor to sed. */
static bool is_plain(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-";

	return name[strspn(name, plain)] == '\0';
}

const char *kept_running(const struct boot *boot)
{
	for (unsigned i = 0; i < boot->n_kernels; i++)
		if (boot->kernels[i].running)
			return boot->kernels[i].initramfs;
	return NULL;
}

const char *kept_initramfs(struct cmdline_job *job, bool named)
{
	g_autoptr(GPtrArray) from = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) to = g_ptr_array_new_with_free_func(g_free);
	struct kept kept = {
		.job = job, .entry = "/the running kernel", .from = from, .to = to, .room = -1
	};
	const char *path = named ? kept_running(job->boot) : NULL;

	if (!is_at_risk(job))
		return NULL;
	if (!named) {
		plan_warn(job->plan, "no-copy",
			  "the menu does not say which initramfs the running kernel is started "
			  "with, so that no copy of it is kept: " LOST);
		return NULL;
	}
	if (path && is_plain(strrchr(path, '/') + 1))
		add_copy(&kept, g_strdup(path));
	job->kept = can_keep(&kept);
	add_steps(&kept);
	return job->kept && path ? strrchr(path, '/') + 1 : NULL;
}
