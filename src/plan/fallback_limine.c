/* The way back in limine.conf: one entry more. See fallback.h. */
#include <string.h>

#include "plan/fallback_menu.h"
#include "plan/kept.h"

static const struct edit_place limine_line = { EDIT_LIMINE, "cmdline", 0, false, false };

/* Titles begin with "/", with ":" in limine.cfg of before version 8; one more for each level
 * (CONFIG.md, "Entries and sub-entries"). */
static bool is_title(const char *line)
{
	line += strspn(line, " \t");
	return *line == '/' || *line == ':';
}

static unsigned count_slots(const char *text)
{
	unsigned n = 0;
	char *value;

	while ((value = edit_value(text, &limine_line, n))) {
		g_free(value);
		n++;
	}
	return n;
}

/* The lines from a title up to the next one. */
static char *take_entry(char **lines)
{
	GString *text = g_string_new(NULL);

	do {
		g_string_append_printf(text, "%s\n", *lines++);
	} while (*lines && !is_title(*lines));
	return g_string_free(text, FALSE);
}

/* The entry that slot number which is in. NULL: it is in none. The caller's. */
static char *find_entry(char **lines, unsigned which)
{
	for (unsigned n = 0; *lines; lines++) {
		g_autofree char *entry = is_title(*lines) ? take_entry(lines) : NULL;
		unsigned in_it = entry ? count_slots(entry) : 0;
		if (which < n + in_it)
			return in_it == 1 ? g_steal_pointer(&entry) : NULL;
		n += in_it;
	}
	return NULL;
}

/* "//Title\n…" → "\n/Title (without vfiokit)\n…" on the first level, with the switch. NULL: it
 * cannot be. */
static char *make_entry(const char *entry)
{
	const char *mark = entry + strspn(entry, " \t");
	const char *title = mark + strspn(mark, mark[0] == ':' ? ":+" : "/+");
	const char *body = strchr(title, '\n') + 1;
	g_autofree char *name = g_strchomp(g_strndup(title, (size_t)(body - title)));
	g_autofree char *switched = edit_add(body, &limine_line, OFF_WORD, NULL);

	return switched ? g_strdup_printf("\n%c%s (" WITHOUT_TITLE ")\n%s", *mark, name,
					  g_strchomp(switched))
			: NULL;
}

/* Is the default entry one of those that are there, by its number or by its name? One that is
 * counted behind the last would be ours. */
static bool default_is_there(const char *text, char **lines)
{
	static const struct edit_place chosen = { EDIT_LIMINE, "default_entry", 0, false, false };
	g_autofree char *value = edit_value(text, &chosen, 0);
	guint64 number = value ? g_ascii_strtoull(value, NULL, 10) : 0, titles = 0;

	for (; *lines; lines++)
		titles += is_title(*lines);
	return number <= titles;
}

/* What a line says of an initramfs: a path on the partition of limine.conf. NULL: nothing. */
static const char *find_module(const char *line)
{
	static const char *const key = "module_path", *const places[] = { "boot():", "boot://" };

	line += strspn(line, " \t");
	if (g_ascii_strncasecmp(line, key, strlen(key)) != 0)
		return NULL;
	line += strlen(key);
	if (*line != ':' && *line != '=')
		return NULL;
	line += 1 + strspn(line + 1, " \t");
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (g_ascii_strncasecmp(line, places[i], strlen(places[i])) == 0)
			return line + strlen(places[i]);
	return NULL;
}

/* Where the partition of a file is: the folder that it is below; "": the root. */
static size_t partition_length(const char *path)
{
	static const char *const folders[] = { "/boot/efi/", "/efi/", "/boot/" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (g_str_has_prefix(path, folders[i]))
			return strlen(folders[i]) - 1;
	return 0;
}

/* The entry with the name of a copy in place of the running kernel's initramfs. NULL: it does not
 * start that. The caller's. */
static char *name_limine_copy(const struct cmdline_job *job, const char *entry)
{
	const char *conf = job->boot->limine_conf, *path = kept_running(job->boot);
	const char *done = entry, *next;
	GString *text = g_string_new(NULL);

	for (const char *line = entry; path && *line; line = next) {
		const char *value = find_module(line);
		size_t length = value ? strcspn(value, " \t\r\n#") : 0;
		g_autofree char *full = g_strdup_printf("%.*s%.*s", (int)partition_length(conf),
							conf, (int)length, value ? value : "");
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (!value || strcmp(full, path) != 0)
			continue;
		const char *name = value + length - strlen(strrchr(path, '/') + 1);
		g_string_append_printf(text, "%.*s" KEPT_OWN, (int)(name - done), done);
		done = name;
	}
	g_string_append(text, done);
	return g_string_free(text, done == entry);
}

static bool starts_running(const struct cmdline_job *job, const char *text, unsigned which)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *entry = find_entry(lines, which);
	g_autofree char *named = entry ? name_limine_copy(job, entry) : NULL;

	return named != NULL;
}

/* The entry of ours that is there; NULL: none. The caller's. */
static char *find_own(char **lines)
{
	for (; *lines; lines++)
		if (is_title(*lines) && strstr(*lines, "(" WITHOUT_TITLE ")"))
			return g_strchomp(take_entry(lines));
	return NULL;
}

/* entry, or what starts a copy; the caller's. */
static char *keep_entry(struct cmdline_job *job, const char *entry)
{
	g_autofree char *named = name_limine_copy(job, entry);

	if (strstr(entry, "/" KEPT_OWN) || !kept_initramfs(job, named != NULL) || !named)
		return g_strdup(entry);
	return g_steal_pointer(&named);
}

/* The text with an entry that boots without our changes, at its end; one that is there starts
 * copies from now on. The caller's. NULL: there is none to be copied, or it would not be as safe.
 */
static char *add_limine_entry(struct cmdline_job *job, const char *text, unsigned which)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *own = find_own(lines);
	g_autofree char *entry = own ? g_strdup(own) : find_entry(lines, which);

	if (!own && (!entry || !default_is_there(text, lines)))
		return NULL;
	const char *there = own ? strstr(text, own) : NULL;
	g_autofree char *kept = keep_entry(job, entry);
	if (there)
		return g_strdup_printf("%.*s%s%s", (int)(there - text), text, kept,
				       there + strlen(own));
	g_autofree char *copy = make_entry(kept);
	return copy ? g_strdup_printf("%s%s%s\n", text, g_str_has_suffix(text, "\n") ? "" : "\n",
				      copy)
		    : NULL;
}

bool fallback_limine(struct cmdline_job *job)
{
	const char *path = job->boot->limine_conf;
	const char *text = path ? boot_text(job->boot, path) : NULL;
	int which = text ? fallback_find_current(job, text, &limine_line, starts_running) : -1;
	const struct edit_place place = { EDIT_LIMINE, "cmdline", which, false, false };

	if (which < 0 && job_is_empty(job)) {
		fallback_hint(job);
		return true;
	}
	if (which < 0)
		return job_refuse(job, "boot-uneditable", path ? path : "limine.conf",
				  "it is not certain which entry was booted");
	g_autofree char *value = edit_value(text, &limine_line, (unsigned)which);
	if (!job->way_back && fallback_is_as_wanted(job, value))
		return true;
	g_autofree char *longer = add_limine_entry(job, text, (unsigned)which);
	if (!longer)
		fallback_hint(job);
	return fallback_keep_last(job,
				  job_edit_text(job, path, text, longer ? longer : text, &place));
}
