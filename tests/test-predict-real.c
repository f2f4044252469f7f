/* Prediction on real machines, in words of lspci and as trees: nothing may be wrong. */
#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "fixture.h"
#include "holes.h"
#include "model/host.h"
#include "model/predict.h"
#include "probe/posted.h"
#include "probe/probe.h"

struct score {
	unsigned files, equal, wrong, split, functions, unknown;
};

static void score_host(const char *name, const struct host *host, struct score *score)
{
	static const char *const verdicts[] = { "part", "DIFFERENT", "equal" };
	struct prediction prediction;

	predict_groups(host, &prediction);
	if (prediction.host.iommu_on) {
		bool split = prediction.overridden;
		score->files++;
		score->functions += host->n_pci;
		score->unknown += prediction.n_unknown;
		score->equal += prediction.equal == TRI_YES;
		score->split += split;
		score->wrong += prediction.n_differences > 0 && !split;
		g_test_message("%-50s %3u functions, %3u groups, %3u unknown, %2u other: %s%s",
			       name, host->n_pci, host->n_groups, prediction.n_unknown,
			       prediction.n_differences, verdicts[prediction.equal + 1],
			       split ? " (split: ACS override)" : "");
	}
	prediction_clear(&prediction);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_data(const char *folder, const char *suffix)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = g_build_filename(data ? data : "", folder, NULL);
	GDir *dir = g_dir_open(path, 0, NULL);
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, suffix))
			g_ptr_array_add(list, g_build_filename(path, name, NULL));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(list, compare_names);
	return list;
}

static void score_texts(const char *folder, struct score *score,
			void (*use)(const char *name, const struct host *host, struct score *score))
{
	g_autoptr(GPtrArray) list = list_data(folder, ".txt");

	for (guint i = 0; i < list->len; i++) {
		g_autofree char *text = NULL;
		g_autofree char *name = g_path_get_basename(list->pdata[i]);
		gsize length;
		g_assert_true(g_file_get_contents(list->pdata[i], &text, &length, NULL));
		HOST_AUTO struct host *host = posted_read(text, length, NULL);
		if (host)
			use(name, host, score);
	}
}

static void test_oracle(void)
{
	struct score score = { 0 };

	score_texts("lspci-oracle", &score, score_host);
	if (score.files == 0) {
		g_test_skip("no data collection");
		return;
	}
	g_assert_cmpuint(score.equal, ==, score.files);
	g_assert_cmpuint(score.unknown, ==, 0);
}

static void test_dumps(void)
{
	struct score score = { 0 };

	score_texts("lspci-dumps/raw", &score, score_host);
	score_texts("iommu-listings/raw", &score, score_host);
	if (score.files == 0) {
		g_test_skip("no data collection");
		return;
	}
	g_test_message("%u files, %u equal, %u split, %u wrong; %u of %u functions unknown",
		       score.files, score.equal, score.split, score.wrong, score.unknown,
		       score.functions);
	g_assert_cmpuint(score.wrong, ==, 0);
	g_assert_cmpuint(score.equal, >=, 6);
}

/* ---- the same with less ---- */

/* What is known of part must be what the kernel made of whole. */
static void check_part(const char *name, const struct host *whole, const struct host *part,
		       struct score *score)
{
	struct prediction prediction;

	predict_groups(part, &prediction);
	for (unsigned i = 0; i < part->n_pci; i++) {
		int group = whole->pci[host_find_pci(whole, part->pci[i].addr)].group;
		int own = prediction.fns[i].group;
		score->functions++;
		score->unknown += own == PREDICTION_UNKNOWN;
		for (unsigned k = 0; own >= 0 && group >= 0 && k < part->n_pci; k++) {
			int other = whole->pci[host_find_pci(whole, part->pci[k].addr)].group;
			char a[PCI_ADDR_SIZE], b[PCI_ADDR_SIZE];
			if ((other == group) != (prediction.fns[k].group == own))
				g_error("%s: %s and %s", name,
					pci_addr_format(part->pci[i].addr, a),
					pci_addr_format(part->pci[k].addr, b));
		}
	}
	prediction_clear(&prediction);
}

static void check_holes(const char *name, const struct host *host, struct score *score)
{
	for (int i = 0; i < 60; i++) {
		HOST_AUTO struct host *part = holes_copy(host, i % 4 * 10, i % 3 * 10);
		check_part(name, host, part, score);
	}
	score->files++;
}

/* As before the IOMMU is switched on. */
static void check_without_groups(const char *name, const struct host *host, struct score *score)
{
	HOST_AUTO struct host *part = holes_copy(host, 0, 0);

	part->n_groups = 0;
	for (unsigned i = 0; i < part->n_pci; i++) {
		part->pci[i].group = part->pci[i].group_id = -1;
		part->pci[i].group_known = false;
	}
	check_part(name, host, part, score);
	score->files++;
}

static void test_holes(void)
{
	struct score score = { 0 };

	score_texts("lspci-oracle", &score, check_holes);
	if (score.files == 0) {
		g_test_skip("no data collection");
		return;
	}
	g_test_message("%u of %u functions unknown", score.unknown, score.functions);
	g_assert_cmpuint(score.unknown, >, 0);
	g_assert_cmpuint(score.unknown, <, score.functions / 2);
}

static void test_off(void)
{
	struct score score = { 0 };

	score_texts("lspci-oracle", &score, check_without_groups);
	if (score.files == 0) {
		g_test_skip("no data collection");
		return;
	}
	g_test_message("%u of %u functions unknown", score.unknown, score.functions);
	g_assert_cmpuint(score.unknown, <, score.functions / 20);
}

static bool has_capabilities(const struct host *host)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].caps && host->pci[i].caps->depth >= CONFIG_STANDARD)
			return true;
	return false;
}

static void score_tree(const char *host_name, struct score *score)
{
	g_autofree char *name = g_strconcat("hosts-sysfs/converted/", host_name, ".tar.gz", NULL);
	char *directory = fixture_unpack(name);

	if (!directory)
		return;
	ROOT_AUTO struct root *root = root_open(directory, NULL);
	g_assert_nonnull(root);
	HOST_AUTO struct host *host = host_probe(root, PROBE_CONFIG, NULL);
	if (host && has_capabilities(host))
		score_host(host_name, host, score);
	fixture_remove(directory);
}

/* Trees of files: those of which the collection says that they have config space. Without any,
 * their nesting is made up: those prove nothing. */
static void test_trees(void)
{
	const char *data = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = g_build_filename(data ? data : "", "hosts-sysfs", "converted",
						 "attributes.tsv", NULL);
	g_autofree char *table = NULL;
	g_autofree char *last = NULL;
	struct score score = { 0 };

	if (!g_file_get_contents(path, &table, NULL, NULL)) {
		g_test_skip("no data collection");
		return;
	}
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) columns = g_strsplit(*line, "\t", 3);
		if (!columns[0] || !columns[1] || !g_str_has_prefix(columns[1], "config") ||
		    g_strcmp0(last, columns[0]) == 0)
			continue;
		g_free(last);
		last = g_strdup(columns[0]);
		score_tree(last, &score);
	}
	g_assert_cmpuint(score.wrong + score.split, ==, 0);
	g_assert_cmpuint(score.equal, >=, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/predict-real/oracle", test_oracle);
	g_test_add_func("/predict-real/dumps", test_dumps);
	g_test_add_func("/predict-real/holes", test_holes);
	g_test_add_func("/predict-real/off", test_off);
	g_test_add_func("/predict-real/trees", test_trees);
	return g_test_run();
}
