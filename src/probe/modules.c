/* See modules.h. The file has tens of thousands of lines, and few matter to one machine: only those
 * are kept, and in a recording only those are carried (the fact "modules"). */
#include "probe/modules.h"

#include <fnmatch.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

#define ALIAS_MAX (32U * 1024 * 1024)

/* A line "alias pci:v000010DEd*sv*sd*bc03sc00i* nouveau". */
struct alias {
	const char *pattern;
	const char *module;
	size_t literal; /* how much of the pattern stands before its first wildcard */
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
	*ret = (struct alias){ pattern, blank + 1, strcspn(pattern, "*?[\\") };
	return true;
}

static bool alias_matches(const struct alias *alias, const char *modalias)
{
	return strncmp(alias->pattern, modalias, alias->literal) == 0 &&
	       fnmatch(alias->pattern, modalias, 0) == 0;
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

/* Four hexadecimal digits, as modaliases write them; false: others, as where a wildcard is. */
static bool take_id(const char *text, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = text[i];
		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*ret = value;
	return true;
}

/* Vendor and device of a modalias, "pci:v000010DEd00001C03…": nearly all patterns name both, and
 * few of thousands are of this machine. False: one of them is a wildcard. */
static bool ids_of(const char *modalias, uint32_t *ret)
{
	const char *at = strncmp(modalias, "vfio_", 5) == 0 ? modalias + 5 : modalias;
	uint32_t vendor, device;

	if (strncmp(at, "pci:v0000", 9) != 0 || !take_id(at + 9, &vendor) ||
	    strncmp(at + 13, "d0000", 5) != 0 || !take_id(at + 18, &device))
		return false;
	*ret = vendor << 16 | device;
	return true;
}

static GHashTable *list_ids(const GPtrArray *modaliases)
{
	GHashTable *all = g_hash_table_new(NULL, NULL);
	uint32_t ids;

	for (guint i = 0; i < modaliases->len; i++)
		if (ids_of(modaliases->pdata[i], &ids))
			g_hash_table_add(all, GUINT_TO_POINTER(ids));
	return all;
}

/* Is the line of other devices? Asked first of all: it is so for nearly every line. */
static bool is_of_others(const char *line, GHashTable *all_ids)
{
	const char *pattern = text_after(line, "alias ");
	uint32_t ids;

	return !pattern ||
	       (ids_of(pattern, &ids) && !g_hash_table_contains(all_ids, GUINT_TO_POINTER(ids)));
}

static bool matches_any(const struct alias *alias, const GPtrArray *modaliases)
{
	for (guint i = 0; i < modaliases->len; i++)
		if (alias_matches(alias, modaliases->pdata[i]))
			return true;
	return false;
}

static char *read_aliases(struct root *root)
{
	char release[128];

	if (root_read(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) <= 0)
		return NULL;
	text_chomp(release);
	g_autofree char *path = g_strdup_printf("/lib/modules/%s/modules.alias", release);
	return root_read_all(root, path, ALIAS_MAX, NULL, NULL);
}

/* The lines that matter to this machine; NULL where there is no such file. */
static char *find_aliases(struct root *root, const void *host)
{
	g_autofree char *text = read_aliases(root);
	if (!text)
		return NULL;

	g_autoptr(GPtrArray) modaliases = list_modaliases(host);
	g_autoptr(GHashTable) all_ids = list_ids(modaliases);
	GString *kept = g_string_new(NULL);
	for (char *line = text, *next; line; line = next) {
		struct alias alias;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!is_of_others(line, all_ids) && alias_parse(line, &alias) &&
		    matches_any(&alias, modaliases))
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
			   guint n)
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
	dev->detail->modules = host_string(host, modules->str);
}

void modules_probe(struct root *root, struct host *host)
{
	g_autofree char *text = root_digest_of(root, "modules", find_aliases, host);

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
				       aliases->len);
}
