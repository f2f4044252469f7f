/* See plan_fixture.h. */
#include "plan_fixture.h"

#include <string.h>

#include "base/recording.h"
#include "base/root.h"
#include "fixture.h"
#include "probe/probe.h"

struct tree *bundled_tree(const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *file = g_strconcat(name, ".host", NULL);
	g_autofree char *path =
		g_build_filename(g_getenv("VFIOKIT_TESTS"), "..", "hosts", file, NULL);
	g_autofree char *text = NULL;
	gsize length;

	g_file_get_contents(path, &text, &length, &error);
	g_assert_no_error(error);
	struct tree *tree = recording_parse(text, length, &error);
	g_assert_no_error(error);
	return tree;
}

static struct root *bundled_root(const char *name, const char *const *lines)
{
	struct tree *tree = bundled_tree(name);

	if (lines)
		fixture_put(tree, lines);
	return root_from_tree(tree);
}

struct host *bundled_host(const char *name, const char *const *lines)
{
	g_autoptr(GError) error = NULL;
	struct root *root ROOT_AUTO = bundled_root(name, lines);
	struct host *host = host_probe(root, PROBE_ALL & ~(unsigned)PROBE_TOPOLOGY, &error);

	g_assert_no_error(error);
	return host;
}

struct host *bundled_host_for(const char *name, const char *const *lines, const char *words)
{
	g_autoptr(GError) error = NULL;
	struct root *root ROOT_AUTO = bundled_root(name, lines);
	struct host *host = host_probe(root, PROBE_FEW, &error);

	g_assert_no_error(error);
	g_autoptr(GArray) list = functions_of(host, words);
	host_probe_handover(root, host, (const int *)(const void *)list->data, list->len);
	return host;
}

GArray *functions_of(const struct host *host, const char *words)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));
	g_auto(GStrv) split = g_strsplit(words, " ", -1);

	for (char **word = split; *word; word++) {
		struct pci_addr addr;
		g_assert_true(pci_addr_parse(*word, &addr));
		int index = host_find_pci(host, addr);
		g_assert_cmpint(index, >=, 0);
		g_array_append_val(list, index);
	}
	return list;
}

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static void append_write(GString *text, const struct step *step)
{
	g_autofree char *front = g_strdup_printf("/sys/bus/pci/devices/%s/", step->address);

	g_assert_true(g_str_has_prefix(step->path, front));
	g_string_append_printf(text, "write %s %s %s %s %s\n", step->address,
			       step->path + strlen(front), or_none(step->old),
			       step->loose ? "~>" : "->", or_none(step->new_value));
}

static void append_step(GString *text, const struct step *step)
{
	g_assert_nonnull(step->why);
	switch (step->kind) {
	case STEP_MODULE:
		g_string_append_printf(text, "module %s\n", step->path);
		break;
	case STEP_SYSFS_WRITE:
		append_write(text, step);
		break;
	case STEP_UNBIND:
		g_assert_true(strstr(step->path, step->old) != NULL);
		g_string_append_printf(text, "unbind %s %s\n", step->address, step->old);
		break;
	case STEP_PROBE:
		g_assert_cmpstr(step->path, ==, "/sys/bus/pci/drivers_probe");
		g_string_append_printf(text, "probe %s %s\n", step->address,
				       or_none(step->new_value));
		break;
	case STEP_FILE:
	case STEP_RUN:
	case STEP_IMAGE:
	case STEP_GUEST:
	case STEP_GUEST_START:
	case STEP_FOLDER:
	case STEP_INTERRUPT:
	case STEP_COPY:
		g_assert_not_reached();
	}
}

char *steps_text(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->steps->len; i++)
		append_step(text, plan->steps->pdata[i]);
	return g_string_free(text, FALSE);
}

char *objections_text(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_string_append_printf(text, "%s %s %s: %s\n",
				       refusal->overridable ? "refused" : "never", refusal->id,
				       refusal->subject, refusal->what);
	}
	for (guint i = 0; i < plan->warnings->len; i++) {
		const struct warning *warning = plan->warnings->pdata[i];
		g_string_append_printf(text, "warning %s: %s\n", warning->id, warning->what);
	}
	return g_string_free(text, FALSE);
}
