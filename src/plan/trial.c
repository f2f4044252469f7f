/* See trial.h. Sources: GRUB's manual (grub-reboot, "Environment block": not written on LVM, RAID
 * and most file systems with checksums; 41_custom reads custom.cfg), bootctl(1), and the Boot
 * Loader Specification ("Sorting"). */
#include "plan/trial.h"

#include <string.h>

#include "plan/fallback.h"

#define HEAD         "# Written by vfiokit for a trial; 'vfiokit undo' takes it away.\n"
#define ENTRY        "vfiokit-trial"
#define SDBOOT_ENTRY SDBOOT_OWN "trial.conf"

static bool refuse(struct plan *plan, const char *what)
{
	plan_refuse(plan, "trial-impossible", NULL, false,
		    "%s. Without --trial, the loader's menu keeps an entry that boots as before.",
		    what);
	return false;
}

/* What means something to GRUB's shell cannot be in an entry of ours. */
static bool are_plain_words(const GPtrArray *words)
{
	for (guint i = 0; words && i < words->len; i++)
		if (strpbrk(words->pdata[i], " \t\n'\"\\$;{}<>|&#"))
			return false;
	return true;
}

static void append_words(GString *text, const GPtrArray *words)
{
	g_string_append(text, " " TRIAL_WORD);
	for (guint i = 0; words && i < words->len; i++)
		g_string_append_printf(text, " %s", (const char *)words->pdata[i]);
}

/* ---- GRUB ---- */

static bool is_linux_line(const char *line)
{
	line += strspn(line, " \t");
	size_t length = strcspn(line, " \t");

	return (length == 5 && strncmp(line, "linux", 5) == 0) ||
	       (length == 8 && strncmp(line, "linuxefi", 8) == 0);
}

/* Copies the lines of an entry up to its brace; how many of them start a kernel, -1 where no brace
 * ends it. */
static int copy_body(char **lines, const GPtrArray *words, GString *text)
{
	int kernels = 0;

	for (; *lines; lines++) {
		if (strcmp(*lines, "}") == 0)
			return kernels;
		g_string_append(text, *lines);
		if (is_linux_line(*lines)) {
			append_words(text, words);
			kernels++;
		}
		g_string_append_c(text, '\n');
	}
	return -1;
}

char *trial_grub_entry(const char *grub_cfg, const GPtrArray *words)
{
	g_auto(GStrv) lines = g_strsplit(grub_cfg, "\n", -1);
	GString *text = g_string_new(HEAD "menuentry 'Trial of vfiokit' --id " ENTRY " {\n");
	size_t i = 0;

	while (lines[i] && !g_str_has_prefix(lines[i], "menuentry "))
		i++;
	if (lines[i] && g_str_has_suffix(lines[i], "{") &&
	    copy_body(lines + i + 1, words, text) == 1) {
		g_string_append(text, "}\n");
		return g_string_free(text, FALSE);
	}
	g_string_free(text, TRUE);
	return NULL;
}

/* The line of mountinfo of the deepest folder that holds path: its type and source (proc(5)). */
static bool find_mount(const char *mounts, const char *path, char **type, char **source)
{
	g_auto(GStrv) lines = g_strsplit(mounts, "\n", -1);
	size_t deepest = 0;

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		const char *dash = strstr(*line, " - ");
		size_t length = g_strv_length(words) > 5 ? strlen(words[4]) : 0;
		bool holds = length == 1 || (length > 1 && strncmp(path, words[4], length) == 0 &&
					     strchr("/", path[length]));
		g_auto(GStrv) tail = dash ? g_strsplit(dash + 3, " ", 3) : NULL;
		if (!holds || length < deepest || !tail || g_strv_length(tail) < 2)
			continue;
		deepest = length;
		g_free(*type);
		g_free(*source);
		*type = g_strdup(tail[0]);
		*source = g_strdup(tail[1]);
	}
	return deepest > 0;
}

bool trial_is_plain(const char *mounts, const char *path)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "vfat", NULL };
	g_autofree char *type = NULL, *source = NULL;

	return find_mount(mounts, path, &type, &source) && g_strv_contains(types, type) &&
	       g_str_has_prefix(source, "/dev/") && !g_str_has_prefix(source, "/dev/mapper/") &&
	       !g_str_has_prefix(source, "/dev/md") && !g_str_has_prefix(source, "/dev/dm-");
}

static const char *why_not_grub(const struct host *host, const struct trial_request *request,
				const char *folder, const char *custom)
{
	g_autofree char *environment = g_strconcat(folder, "/grubenv", NULL);

	if (!request->grub_cfg || !strstr(request->grub_cfg, "next_entry") ||
	    !strstr(request->grub_cfg, "custom.cfg"))
		return "GRUB's menu cannot be read, or was made without boots that happen once";
	if (boot_has(&host->boot, custom) != TRI_NO)
		return "GRUB's custom.cfg, where the entry would go, is in use";
	if (!boot_text(&host->boot, environment))
		return "GRUB has no environment block";
	if (!request->mounts || !trial_is_plain(request->mounts, folder))
		return "GRUB cannot write where its environment block is, and so could not forget "
		       "the trial";
	return NULL;
}

static bool plan_grub(const struct host *host, const struct trial_request *request,
		      struct plan *plan)
{
	bool two = host->boot.grub_cfg && strstr(host->boot.grub_cfg, "/grub2/");
	g_autofree char *folder =
		host->boot.grub_cfg ? g_path_get_dirname(host->boot.grub_cfg) : g_strdup("");
	g_autofree char *custom = g_strconcat(folder, "/custom.cfg", NULL);
	const char *const once[] = { two ? "grub2-reboot" : "grub-reboot", ENTRY, NULL };
	const char *const never[] = { two ? "grub2-editenv" : "grub-editenv", "-", "unset",
				      "next_entry", NULL };
	const char *why = why_not_grub(host, request, folder, custom);

	if (why)
		return refuse(plan, why);
	g_autofree char *entry = trial_grub_entry(request->grub_cfg, request->words);
	if (!entry)
		return refuse(plan, "the first entry of GRUB's menu has not the usual form");
	plan_add(plan, STEP_FILE, custom, NULL, entry, "the entry of the trial");
	plan_add_run(plan, once, never, "the next start, and only that, is the trial");
	return true;
}

/* ---- systemd-boot ---- */

char *trial_entry(const char *entry, const GPtrArray *words)
{
	g_autofree char *chomped = g_strchomp(g_strdup(entry));
	g_auto(GStrv) lines = g_strsplit(chomped, "\n", -1);
	GString *text = g_string_new(HEAD);
	int options = 0;

	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "title"))
			g_string_append(text, "title Trial of vfiokit");
		else if (g_str_has_prefix(*line, "sort-key"))
			g_string_append(text, "sort-key zz-vfiokit");
		else
			g_string_append(text, *line);
		if (g_str_has_prefix(*line, "options") && options++ == 0)
			append_words(text, words);
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, options == 0);
}

static bool plan_sdboot(const struct host *host, const struct trial_request *request,
			struct plan *plan)
{
	static const char *const once[] = { "bootctl", "set-oneshot", SDBOOT_ENTRY, NULL };
	static const char *const never[] = { "bootctl", "set-oneshot", "", NULL };
	const struct boot *boot = &host->boot;
	const struct boot_file *now = boot_started_entry(boot);

	if (!now || fallback_is_copy(now->path))
		return refuse(plan, "it is not known which entry systemd-boot starts usually");
	if (!fallback_is_aside(boot))
		return refuse(plan, "this systemd-boot could take the entry of the trial for the "
				    "default");
	g_autofree char *folder = g_path_get_dirname(now->path);
	g_autofree char *path = g_strconcat(folder, "/" SDBOOT_ENTRY, NULL);
	g_autofree char *entry = now->text ? trial_entry(now->text, request->words) : NULL;
	if (!entry)
		return refuse(plan, "the entry that systemd-boot has started cannot be read");
	plan_add(plan, STEP_FILE, path, boot_text(boot, path), entry, "the entry of the trial");
	plan_add_run(plan, once, never, "the next start, and only that, is the trial");
	return true;
}

/* ---- all ---- */

static bool (*const loaders[BOOT_CHAINS])(const struct host *host,
					  const struct trial_request *request,
					  struct plan *plan) = {
	[BOOT_GRUB_DROPIN] = plan_grub,
	[BOOT_GRUB] = plan_grub,
	[BOOT_KERNEL_INSTALL] = plan_sdboot,
	[BOOT_ENTRIES] = plan_sdboot,
};

static char *record_text(const struct trial_request *request)
{
	GString *text =
		g_string_new(HEAD "# What is run when the trial went well, a word a line:\n");

	for (size_t i = 0; request->argv[i]; i++)
		g_string_append_printf(text, "%s\n", request->argv[i]);
	return g_string_free(text, FALSE);
}

char **trial_argv(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GPtrArray *words = g_ptr_array_new();

	for (char **line = lines; *line; line++)
		if (**line && **line != '#')
			g_ptr_array_add(words, g_strdup(*line));
	bool any = words->len > 0;
	g_ptr_array_add(words, NULL);
	char **argv = (char **)(void *)g_ptr_array_free(words, FALSE);
	if (any)
		return argv;
	g_strfreev(argv);
	return NULL;
}

char *trial_entry_words(const char *entry)
{
	const char *word = strstr(entry, " " TRIAL_WORD);

	if (!word)
		return NULL;
	word += strlen(" " TRIAL_WORD);
	return g_strstrip(g_strndup(word, strcspn(word, "\n")));
}

bool trial_plan(const struct host *host, const struct trial_request *request, struct plan *plan)
{
	const struct boot *boot = &host->boot;

	plan->effect = EFFECT_NEXT_BOOT;
	if (!loaders[boot->chain])
		return refuse(plan, "a boot that happens once is known of GRUB and of systemd-boot "
				    "with entries only");
	if (!request->installed)
		return refuse(plan, "this program is not installed where only root may write "
				    "('make install'), so nothing could say that the trial went "
				    "well");
	if (boot_text(boot, TRIAL_PATH))
		return refuse(plan, "a trial waits already ('vfiokit undo' takes it back)");
	if (!are_plain_words(request->words))
		return refuse(plan, "a parameter holds what means something to the loader");
	g_autofree char *record = record_text(request);
	plan_add(plan, STEP_FILE, TRIAL_PATH, NULL, record, "what is tried");
	return loaders[boot->chain](host, request, plan);
}
