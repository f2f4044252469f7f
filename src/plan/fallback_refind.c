/* The way back in refind_linux.conf: one line more. See fallback.h. */
#include <string.h>

#include "base/text.h"
#include "plan/fallback_menu.h"
#include "plan/kept.h"

#define INITRD "initrd="

/* The word by which the kernel was told of the file at path, which is in the folder of the kernels.
 * NULL: there is none. The caller's. */
static char *find_told(const struct cmdline_job *job, const char *path)
{
	const char *cmdline = job->host->platform.kernel.cmdline;
	g_autofree char *name = g_path_get_basename(path);
	struct slice word;

	while (cmdline && cmdline_next(&cmdline, &word)) {
		g_autofree char *copy = g_strndup(word.text, word.length);
		const char *value = text_after(copy, INITRD);
		g_autofree char *slashed =
			value ? g_strdelimit(g_strconcat("/", value, NULL), "\\", '/') : NULL;
		g_autofree char *folder = slashed ? g_path_get_dirname(slashed) : NULL;
		if (slashed && g_str_has_suffix(slashed, name) &&
		    slashed[strlen(slashed) - strlen(name) - 1] == '/' &&
		    (g_str_has_suffix(folder, "/boot") || strspn(folder, "/") == strlen(folder)))
			return g_steal_pointer(&copy);
	}
	return NULL;
}

/* The words that tell of an initramfs, with that of the copy in place of the one told. The
 * caller's.
 */
static char *tell_copy(const char *words, const char *told, const char *copy, bool any)
{
	GString *text = g_string_new(NULL);
	struct slice word;

	while (words && cmdline_next(&words, &word)) {
		g_autofree char *now = g_strndup(word.text, word.length);
		bool initrd = g_str_has_prefix(now, INITRD);
		bool same = strcmp(now, told) == 0 || (initrd && any && strstr(now, "%v"));
		if (initrd)
			g_string_append_printf(text, " %s", same ? copy : now);
	}
	return g_string_free(text, FALSE);
}

/* Parameters that start the copy. Where they name no initramfs, rEFInd finds it by the name of the
 * kernel (linux.html): then all that it told is written down, if no other kernel is there for which
 * it would be wrong; the same for "%v", the name of the kernel. NULL: it cannot be. The caller's.
 */
static char *name_refind_copy(const struct cmdline_job *job, const char *value)
{
	const char *path = kept_running(job->boot), *rest = value;
	g_autofree char *told = path ? find_told(job, path) : NULL;
	bool alone = job->boot->n_kernels == 1;

	if (!told)
		return NULL;
	size_t folder = strlen(told) - strlen(strrchr(path, '/') + 1);
	g_autofree char *copy =
		g_strdup_printf("%.*s" KEPT_OWN "%s", (int)folder, told, told + folder);
	g_autofree char *named = tell_copy(value, told, copy, alone);
	if (!*named && alone) {
		g_free(named);
		named = tell_copy(job->host->platform.kernel.cmdline, told, copy, false);
	}
	GString *text = g_string_new(NULL);
	struct slice word;
	while (cmdline_next(&rest, &word))
		if (!g_str_has_prefix(word.text, INITRD))
			g_string_append_printf(text, "%s%.*s", text->len > 0 ? " " : "",
					       (int)word.length, word.text);
	g_string_append(text, named);
	return g_string_free(text, strstr(named, copy) == NULL);
}

/* The caller's. */
static char *make_refind_line(struct cmdline_job *job, const char *value)
{
	g_autofree char *named = name_refind_copy(job, value);
	bool is_kept = strstr(value, KEPT_OWN) || kept_initramfs(job, named != NULL);
	g_auto(GStrv) quoted = g_strsplit(is_kept && named ? named : value, "\"", -1);
	g_autofree char *doubled = g_strjoinv("\"\"", quoted);
	const char *off = edit_has(value, &fallback_parameters, OFF_WORD) ? "" : " " OFF_WORD;

	return g_strdup_printf("\"Boot (" WITHOUT_TITLE ")\" \"%s%s\"", doubled, off);
}

/* The text with a line that boots without our changes; one that is there starts copies from now on.
 * The caller's. */
static char *add_refind_line(struct cmdline_job *job, const char *text, const char *value)
{
	static const struct edit_place first = { EDIT_REFIND, NULL, 0, false, false };
	const char *own = strstr(text, "\"Boot (" WITHOUT_TITLE ")\"");
	bool newline = g_str_has_suffix(text, "\n");

	if (!own) {
		g_autofree char *line = make_refind_line(job, value);
		return g_strdup_printf("%s%s%s%s", text, newline ? "" : "\n", line,
				       newline ? "\n" : "");
	}
	size_t length = strcspn(own, "\r\n");
	g_autofree char *there = g_strndup(own, length);
	g_autofree char *now = edit_value(there, &first, 0);
	g_autofree char *line = now ? make_refind_line(job, now) : g_strdup(there);
	return g_strdup_printf("%.*s%s%s", (int)(own - text), text, line, own + length);
}

/* The line that was booted is changed; where that is not known, the first, which rEFInd takes
 * unless another is chosen. */
bool fallback_refind(struct cmdline_job *job)
{
	struct edit_place place = { EDIT_REFIND, NULL, 0, false, false };
	const char *path = "/boot/refind_linux.conf";
	const char *text = boot_text(job->boot, path);

	place.which = text ? MAX(fallback_find_current(job, text, &place, NULL), 0) : 0;
	g_autofree char *value = text ? edit_value(text, &place, (unsigned)place.which) : NULL;

	if (!value && job_is_empty(job)) {
		fallback_hint(job);
		return true;
	}
	if (!value)
		return job_refuse(job, "boot-unreadable", path,
				  "this file holds no parameters that can be read");
	if (!job->way_back && fallback_is_as_wanted(job, value))
		return true;
	g_autofree char *longer = add_refind_line(job, text, value);
	return fallback_keep_last(job, job_edit_text(job, path, text, longer, &place));
}
