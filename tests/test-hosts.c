/* The bundled hosts: each is a recording as the program itself would write it, and what is found in
 * it is what its table says: state, functions, groups, and groups that the kernel's rules give. */
#include <string.h>

#include <glib.h>

#include "base/recording.h"
#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "model/predict.h"
#include "probe/probe.h"

static const struct row {
	const char *name;
	enum iommu_state state;
	const char *cause; /* id of the verdict; NULL: enabled */
	unsigned n_pci;
	unsigned n_groups;
	enum tri predicted; /* is the prediction equal to the groups? */
	unsigned n_usb_ctrls;
} rows[] = {
	{ "guide-example", IOMMU_ENABLED, NULL, 19, 12, TRI_YES, 2 },
	{ "laptop-one-gpu", IOMMU_ENABLED, NULL, 13, 8, TRI_YES, 1 },
	{ "identical-gpus", IOMMU_ENABLED, NULL, 44, 29, TRI_YES, 3 },
	{ "gpu-server", IOMMU_ENABLED, NULL, 56, 55, TRI_YES, 0 },
	{ "vm-without-iommu", IOMMU_OFF_IN_FIRMWARE, "guest-no-nested", 11, 0, TRI_UNKNOWN, 1 },
};

static char *read_text(const char *name)
{
	const char *tests = g_getenv("VFIOKIT_TESTS");
	g_autofree char *file = g_strconcat(name, ".host", NULL);
	g_autofree char *path =
		g_build_filename(tests ? tests : "tests", "..", "hosts", file, NULL);
	char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* The lines behind "# " at the front. */
static char **read_notes(const char *text)
{
	GPtrArray *notes = g_ptr_array_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines + 1; *line && g_str_has_prefix(*line, "# "); line++)
		g_ptr_array_add(notes, g_strdup(*line + 2));
	g_ptr_array_add(notes, NULL);
	return (char **)g_ptr_array_free(notes, FALSE);
}

static void test_canonical(gconstpointer data)
{
	const struct row *row = data;
	g_autofree char *text = read_text(row->name);
	g_auto(GStrv) notes = read_notes(text);
	g_autoptr(GError) error = NULL;
	struct tree *tree = recording_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	g_autofree char *again = recording_emit(tree, (const char *const *)notes);
	g_auto(GStrv) wanted = g_strsplit(text, "\n", -1);
	g_auto(GStrv) written = g_strsplit(again, "\n", -1);
	for (guint i = 0; wanted[i] || written[i]; i++)
		g_assert_cmpstr(written[i], ==, wanted[i]);
	g_assert_cmpuint(strlen(text), <, 300000);
	tree_free(tree);
}

static struct root *open_root(const char *name)
{
	g_autofree char *text = read_text(name);

	return root_from_tree(recording_parse(text, strlen(text), NULL));
}

static void test_facts(gconstpointer data)
{
	const struct row *row = data;
	struct root *root = open_root(row->name);
	struct iommu_verdict verdict = { 0 };
	struct prediction prediction;
	g_autoptr(GError) error = NULL;
	struct host *host = host_probe(root, PROBE_ALL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(host->n_pci, ==, row->n_pci);
	g_assert_cmpuint(host->n_groups, ==, row->n_groups);
	g_assert_cmpuint(host->usb.n_ctrls, ==, row->n_usb_ctrls);
	for (guint i = 0; i < host->gaps->len; i++)
		g_test_message("gap: %s: %s", g_array_index(host->gaps, struct gap, i).path,
			       g_array_index(host->gaps, struct gap, i).reason);
	g_assert_cmpuint(host->gaps->len, ==, 0);

	iommu_judge(host, &verdict);
	g_assert_cmpint(verdict.state, ==, row->state);
	g_assert_cmpstr(verdict.id, ==, row->cause);
	iommu_verdict_clear(&verdict);

	predict_groups(host, &prediction);
	for (unsigned i = 0; i < prediction.n_differences; i++) {
		char text[PCI_ADDR_SIZE];
		const struct prediction_difference *one = &prediction.differences[i];
		g_test_message("predicted otherwise: %s",
			       pci_addr_format(host->pci[one->pci].addr, text));
	}
	g_assert_cmpuint(prediction.n_differences, ==, 0);
	g_assert_cmpint(prediction.equal, ==, row->predicted);
	g_assert_cmpuint(prediction.n_unknown, ==, 0);
	prediction_clear(&prediction);
	host_free(host);
	root_free(root);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *canonical = g_strdup_printf("/hosts/%s/canonical", rows[i].name);
		g_autofree char *facts = g_strdup_printf("/hosts/%s/facts", rows[i].name);
		g_test_add_data_func(canonical, &rows[i], test_canonical);
		g_test_add_data_func(facts, &rows[i], test_facts);
	}
	return g_test_run();
}
