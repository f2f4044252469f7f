/* See settings.h. */
#include "model/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"

/* ---- finding ---- */

static int compare_path(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

static const struct setting *find(const struct host *host, const char *path)
{
	const struct settings *settings = &host->settings;

	if (settings->n == 0)
		return NULL;
	return bsearch(path, settings->list, settings->n, sizeof(*settings->list), compare_path);
}

const char *setting_text(const struct host *host, const char *path)
{
	const struct setting *setting = find(host, path);

	return setting ? setting->text : NULL;
}

const char *setting_line(const struct host *host, const char *path, char buf[SETTING_LINE])
{
	const char *text = setting_text(host, path);

	if (!text)
		return NULL;
	g_strlcpy(buf, text, SETTING_LINE);
	buf[strcspn(buf, "\n")] = '\0';
	return g_strstrip(buf);
}

enum tri setting_there(const struct host *host, const char *path)
{
	const struct setting *setting = find(host, path);

	if (!setting)
		return TRI_UNKNOWN;
	if (setting->text)
		return TRI_YES;
	if (setting->error == ENOENT)
		return host->settings.whole ? TRI_NO : TRI_UNKNOWN;
	return setting->error == EACCES || setting->error == EPERM ? TRI_UNKNOWN : TRI_YES;
}

bool setting_folder(const struct host *host, const char *path)
{
	const struct settings *settings = &host->settings;

	for (unsigned i = 0; !settings->whole && i < settings->n_folders; i++)
		if (strcmp(settings->folders[i], path) == 0)
			return true;
	return settings->whole;
}

enum tri setting_switch(const struct host *host, const char *module, const char *parameter)
{
	char buf[SETTING_LINE];
	g_autofree char *path = g_strdup_printf("/sys/module/%s/parameters/%s", module, parameter);
	const char *line = setting_line(host, path, buf);

	if (!line)
		return TRI_UNKNOWN;
	if (*line == 'Y' || *line == '1')
		return TRI_YES;
	return *line == 'N' || *line == '0' ? TRI_NO : TRI_UNKNOWN;
}

/* Lines of /proc/modules: "vfio_pci 16384 0 - Live 0x0000000000000000". */
static enum tri is_listed(const char *text, const char *module)
{
	const char *line;
	size_t length, n = strlen(module);

	if (!text)
		return TRI_UNKNOWN;
	while ((line = text_next_line(&text, &length)))
		if (length >= n && memcmp(line, module, n) == 0 && (length == n || line[n] == ' '))
			return TRI_YES;
	return TRI_NO;
}

enum tri setting_module(const struct host *host, const char *module)
{
	g_autofree char *pattern = g_strdup_printf("/sys/module/%s/parameters/*", module);
	unsigned index = 0;

	while (setting_next(host, pattern, &index))
		if (host->settings.list[index - 1].text)
			return TRI_YES;
	return is_listed(setting_text(host, "/proc/modules"), module);
}

const struct setting *setting_next(const struct host *host, const char *pattern, unsigned *index)
{
	while (*index < host->settings.n) {
		const struct setting *setting = &host->settings.list[(*index)++];
		if (g_pattern_match_simple(pattern, setting->path))
			return setting;
	}
	return NULL;
}

const struct node *setting_node(const struct host *host, const char *path)
{
	const struct settings *settings = &host->settings;

	if (settings->n_nodes == 0)
		return NULL;
	return bsearch(path, settings->nodes, settings->n_nodes, sizeof(*settings->nodes),
		       compare_path);
}

const struct node *setting_next_node(const struct host *host, const char *pattern, unsigned *index)
{
	while (*index < host->settings.n_nodes) {
		const struct node *node = &host->settings.nodes[(*index)++];
		if (g_pattern_match_simple(pattern, node->path))
			return node;
	}
	return NULL;
}

/* ---- texts ---- */

char *config_line(const char **cursor)
{
	const char *line;
	size_t length;

	while ((line = text_next_line(cursor, &length))) {
		const char *comment = memchr(line, '#', length);
		g_autofree char *copy = g_strndup(line, comment ? (gsize)(comment - line) : length);
		g_strstrip(copy);
		if (*copy)
			return g_steal_pointer(&copy);
	}
	return NULL;
}

/* "KEY = rest": the rest; NULL where the line is about something else. */
static const char *value_of(const char *line, const char *key)
{
	const char *rest = text_after(line, key);

	if (!rest)
		return NULL;
	rest += strspn(rest, " \t");
	if (*rest != '=')
		return NULL;
	rest++;
	return rest + strspn(rest, " \t");
}

/* Takes the further lines of a list that is open on, up to its bracket. */
static char *join_list(const char *first, const char **cursor)
{
	GString *text = g_string_new(first);
	char *line;

	while (!strchr(text->str, ']') && (line = config_line(cursor))) {
		g_string_append_printf(text, " %s", line);
		g_free(line);
	}
	return g_string_free(text, FALSE);
}

static char *unquote(char *value)
{
	size_t length = strlen(value);

	if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
		memmove(value, value + 1, length - 2);
		value[length - 2] = '\0';
	}
	return value;
}

char *config_value(const char *text, const char *key)
{
	char *line, *value = NULL;

	while (text && (line = config_line(&text))) {
		const char *rest = value_of(line, key);
		if (rest) {
			g_free(value);
			value = *rest == '[' ? join_list(rest, &text) : unquote(g_strdup(rest));
		}
		g_free(line);
	}
	return value;
}
