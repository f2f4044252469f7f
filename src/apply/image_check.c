/* See image_check.h. */
#include "apply/image_check.h"

#include <string.h>

#include "base/error.h"
#include "base/initrd.h"
#include "base/text.h"

/* ---- what a line means ---- */

static bool has_file(const GPtrArray *names, const char *path)
{
	for (guint i = 0; i < names->len; i++)
		if (strcmp(names->pdata[i], path) == 0)
			return true;
	return false;
}

static bool lacks_file(const GPtrArray *names, const char *path)
{
	return !has_file(names, path);
}

static bool has_module(const GPtrArray *names, const char *module)
{
	return initrd_has_module((const char *const *)names->pdata, names->len, module);
}

static const struct {
	const char *word;
	bool (*holds)(const GPtrArray *names, const char *subject);
	const char *before; /* the words of an error, around the subject */
	const char *after;
	const char *reverse; /* the word that is meant once it is taken back; NULL: none */
} wants[] = {
	{ "file ", has_file, "", "is not in it", "without " },
	{ "module ", has_module, "the module ", "is not in it", NULL },
	{ "without ", lacks_file, "", "is still in it", "file " },
};

/* The row of a line; *subject is what follows its word. */
static int find_want(const char *line, const char **subject)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wants); i++) {
		*subject = text_after(line, wants[i].word);
		if (*subject)
			return (int)i;
	}
	return -1;
}

/* ---- all lines ---- */

static bool check_line(const GPtrArray *names, const char *path, const char *line, GError **error)
{
	const char *subject;
	int want = find_want(line, &subject);

	if (want < 0 && *line == '\0')
		return true;
	if (want >= 0 && wants[want].holds(names, subject))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "the image '%s' was built, but %s'%s' %s",
		    path, want < 0 ? "" : wants[want].before, want < 0 ? line : subject,
		    want < 0 ? "makes no sense" : wants[want].after);
	return false;
}

bool image_check(struct root *root, const char *path, const char *wanted, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(wanted, "\n", -1);
	g_autoptr(GPtrArray) names = initrd_list(root, path, error);

	if (!names)
		return false;
	for (char **line = lines; *line; line++)
		if (!check_line(names, path, *line, error))
			return false;
	return true;
}

char *image_check_reverse(const char *wanted)
{
	g_auto(GStrv) lines = g_strsplit(wanted, "\n", -1);
	GString *text = g_string_new(NULL);

	for (char **line = lines; *line; line++) {
		const char *subject;
		int want = find_want(*line, &subject);
		if (want >= 0 && wants[want].reverse)
			g_string_append_printf(text, "%s%s%s", text->len > 0 ? "\n" : "",
					       wants[want].reverse, subject);
	}
	return g_string_free(text, text->len == 0);
}
