/* See modules.h. The file has tens of thousands of lines, and few matter to one machine: only those
 * are kept, and in a recording only those are carried (the fact "modules"). */
#include "probe/modules.h"

#include <fnmatch.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "model/parts.h"

#define ALIAS_MAX (32U * 1024 * 1024)

/* A line "alias pci:v000010DEd*sv*sd*bc03sc00i* nouveau". */
struct alias {
	const char *pattern;
	const char *module;
	size_t literal; /* how much of the pattern stands before its first wildcard */
	bool stars;     /* "*" is the only wildcard in it, as depmod writes them */
};

/* Splits a line in place. */
static bool alias_parse(char *line, struct alias *ret)
{
	if (!text_after(line, "alias pci:") && !text_after(line, "alias vfio_pci:"))
		return false;
	char *pattern = line + strlen("alias ");
	char *blank = strchr(pattern, ' ');
	if (!blank)
		return false;
	*blank = '\0';
	*ret = (struct alias){
		.pattern = pattern,
		.module = blank + 1,
		.literal = strcspn(pattern, "*?[\\"),
		.stars = !strpbrk(pattern, "?[\\"),
	};
	return true;
}

/* fnmatch() tries all that each of several stars could stand for; the last one is enough. */
static bool stars_match(const char *pattern, const char *text)
{
	const char *star = NULL, *from = text;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}

static bool alias_matches(const struct alias *alias, const char *modalias)
{
	if (strncmp(alias->pattern, modalias, alias->literal) != 0)
		return false;
	return alias->stars ? stars_match(alias->pattern, modalias)
			    : fnmatch(alias->pattern, modalias, 0) == 0;
}

/* ---- which lines matter ---- */

/* The modalias of each function whose detail is asked for, and the same as the VFIO drivers spell
 * it. */
static GPtrArray *list_modaliases(const struct host *host)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < host->n_pci; i++) {
		if (!host->pci[i].detail || !host->pci[i].modalias)
			continue;
		g_ptr_array_add(list, g_strdup(host->pci[i].modalias));
		g_ptr_array_add(list, g_strconcat("vfio_", host->pci[i].modalias, NULL));
	}
	return list;
}

/* How modaliases begin, as those of VFIO do behind "vfio_": ids of vendors have four digits. */
#define COMMON "pci:v0000"

#define LONG_LINE 24 /* "alias vfio_pci:v0000…": shorter ones are compared in full */

/* What follows that in the modaliases of which it is true. */
static GPtrArray *list_tails(const GPtrArray *modaliases)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < modaliases->len; i++) {
		const char *tail = text_after(modaliases->pdata[i], COMMON);
		if (tail)
			g_ptr_array_add(list, (gpointer)tail);
	}
	return list;
}

/* Do they differ before the first wildcard of the pattern? */
static bool differs(const char *pattern, const char *modalias)
{
	while (*pattern == *modalias && *pattern != '\0') {
		pattern++;
		modalias++;
	}
	return *modalias != '\0' && *pattern != '*' && *pattern != '?' && *pattern != '[' &&
	       *pattern != '\\';
}

/* Is the line of other devices? Asked first of all, and without a call: it is so for nearly all of
 * tens of thousands, and most show it by a digit of the vendor. */
static bool is_of_others(const char *line, size_t length, const GPtrArray *tails)
{
	if (length < LONG_LINE)
		return false;
	if (memcmp(line, "alias ", 6) != 0)
		return true;
	const char *pattern = line + (memcmp(line + 6, "vfio_", 5) == 0 ? 11 : 6);
	if (memcmp(pattern, COMMON, strlen(COMMON)) != 0)
		return memcmp(pattern, "pci:", 4) != 0;
	for (guint i = 0; i < tails->len; i++)
		if (!differs(pattern + strlen(COMMON), tails->pdata[i]))
			return false;
	return true;
}

static bool matches_any(const struct alias *alias, const GPtrArray *modaliases)
{
	for (guint i = 0; i < modaliases->len; i++)
		if (alias_matches(alias, modaliases->pdata[i]))
			return true;
	return false;
}

static char *read_aliases(struct root *root, size_t *length)
{
	char release[128];

	if (root_read(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0)
		return NULL;
	text_chomp(release);
	g_autofree char *path = g_strdup_printf("/lib/modules/%s/modules.alias", release);
	return root_read_all(root, path, ALIAS_MAX, length, NULL);
}

#define VFIO_LINE "alias vfio_pci:"

/* The next line that may matter: where few do, the next one for VFIO's drivers. */
static const char *next_line(const char **cursor, const char *end, bool few, size_t *length)
{
	if (few) {
		const char *found =
			memmem(*cursor, (size_t)(end - *cursor), VFIO_LINE, strlen(VFIO_LINE));
		*cursor = found ? found : end;
	}
	return text_next_line(cursor, length);
}

struct question {
	const struct host *host;
	bool few; /* what VFIO's drivers are for, and no more */
};

/* The lines that matter to this machine; NULL where there is no such file. */
static char *find_aliases(struct root *root, const void *data)
{
	const struct question *question = data;
	size_t size, length;
	g_autofree char *text = read_aliases(root, &size);
	if (!text)
		return NULL;

	g_autoptr(GPtrArray) modaliases = list_modaliases(question->host);
	g_autoptr(GPtrArray) tails = list_tails(modaliases);
	GString *kept = g_string_new(NULL);
	const char *cursor = text, *line;
	while ((line = next_line(&cursor, text + size, question->few, &length))) {
		struct alias alias;
		if (is_of_others(line, length, tails))
			continue;
		g_autofree char *copy = g_strndup(line, length);
		if (alias_parse(copy, &alias) && matches_any(&alias, modaliases))
			g_string_append_printf(kept, "alias %s %s\n", alias.pattern, alias.module);
	}
	return g_string_free(kept, FALSE);
}

/* ---- what they say of a function ---- */

static void add_word(GString *words, const char *word)
{
	g_auto(GStrv) list = g_strsplit(words->str, " ", -1);

	if (g_strv_contains((const char *const *)list, word))
		return;
	g_string_append_printf(words, "%s%s", words->len ? " " : "", word);
}

static void match_function(struct host *host, struct pci_dev *dev, const struct alias *aliases,
			   guint n, bool few)
{
	g_autofree char *vfio = g_strconcat("vfio_", dev->modalias, NULL);
	g_autoptr(GString) modules = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		if (alias_matches(&aliases[i], dev->modalias))
			add_word(modules, aliases[i].module);
		/* vfio-pci itself has an alias for everything: a variant names ids. */
		else if (alias_matches(&aliases[i], vfio) &&
			 strcmp(aliases[i].module, "vfio_pci") != 0)
			dev->detail->variant = host_string(host, aliases[i].module);
	}
	if (!few)
		dev->detail->modules = host_string(host, modules->str);
}

void modules_probe(struct root *root, struct host *host, unsigned what)
{
	const struct question question = { host, (what & PROBE_FEW) != 0 };
	g_autofree char *text = root_digest_of(root, "modules", find_aliases, &question);

	if (!text)
		return;

	g_autoptr(GArray) aliases = g_array_new(FALSE, FALSE, sizeof(struct alias));
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct alias alias;
		if (alias_parse(line, &alias))
			g_array_append_val(aliases, alias);
	}
	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].detail && host->pci[i].modalias)
			match_function(host, &host->pci[i],
				       (const struct alias *)(const void *)aliases->data,
				       aliases->len, question.few);
}
