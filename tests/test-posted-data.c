/* The reader of posted text, on everything that people really posted ($VFIOKIT_DATA): compared with
 * the tables made of the same texts, with the bytes beside the words, with itself in disguise, and
 * with what the real lspci makes of bytes. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "model/host.h"
#include "posted-helper.h"

/* ---- the tables ---- */

enum column { GROUP, BDF, CLASS_CODE, CLASS_NAME, IDS, NAME, DRIVER, SUBSYSTEM, REV, N_COLUMNS };

static const char *const column_names[N_COLUMNS] = {
	"group", "bdf",    "class_code", "class_name", "vendor_device",
	"name",  "driver", "subsystem",  "rev",
};

/* The value of a column, "-" when it is not known; the caller's to free. */
static char *column_of(const struct pci_dev *dev, enum column column)
{
	char buf[PCI_ADDR_SIZE];

	if (column == GROUP && dev->group_id >= 0)
		return g_strdup_printf("%d", dev->group_id);
	if (column == BDF)
		return g_strdup(pci_addr_format(dev->addr, buf));
	if (column == CLASS_CODE && dev->class_code >= 0)
		return g_strdup_printf("%04x", (unsigned)dev->class_code >> 8);
	if (column == CLASS_NAME && dev->text_class)
		return g_strdup(dev->text_class);
	if (column == IDS && dev->vendor >= 0 && dev->device >= 0)
		return g_strdup_printf("%04x:%04x", dev->vendor, dev->device);
	if (column == NAME && dev->text_name)
		return g_strdup(dev->text_name);
	if (column == DRIVER && dev->driver)
		return g_strdup(dev->driver);
	if (column == SUBSYSTEM && dev->subsystem_vendor >= 0)
		return g_strdup_printf("%04x:%04x", dev->subsystem_vendor, dev->subsystem_device);
	if (column == REV && dev->revision >= 0)
		return g_strdup_printf("%02x", dev->revision);
	return g_strdup("-");
}

/* Several blanks are one: where the table's maker joined wrapped lines there are two. */
static char *squeeze(const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; words[i]; i++)
		if (words[i][0])
			g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", words[i]);
	return g_string_free(out, FALSE);
}

/* The tables' maker cut "(prog-if 20 [IO(X)-APIC])" at its first ")", and left the rest in the
 * name, with the ids before it. */
static char *mend_name(const char *name)
{
	char *mended = squeeze(name);

	if (g_str_has_suffix(mended, "-APIC])")) {
		mended[strlen(mended) - strlen("-APIC])")] = '\0';
		char *ids = strrchr(mended, '[');
		if (ids && strlen(ids) == strlen("[8086:2026]") && ids[5] == ':')
			*ids = '\0';
		g_strchomp(mended);
	}
	return mended;
}

/* "-" says that the table does not know: ids, classes and subsystems may have been looked up by
 * name, and drivers may be in another listing of the same text than the one that was tabulated. */
static bool may_know_more(enum column column)
{
	return column == CLASS_CODE || column == IDS || column == SUBSYSTEM || column == DRIVER;
}

static unsigned compare_row(const char *file, const struct host *host, char **row)
{
	struct pci_addr addr;
	unsigned wrong = 0;

	g_assert_true(pci_addr_parse(row[BDF], &addr));
	int index = host_find_pci(host, addr);
	if (index < 0) {
		g_test_message("%s: %s is missing", file, row[BDF]);
		return 1;
	}
	for (enum column column = GROUP; column < N_COLUMNS; column++) {
		g_autofree char *got = column_of(&host->pci[index], column);
		g_autofree char *ours = squeeze(got);
		g_autofree char *theirs = mend_name(row[column]);
		if (strcmp(ours, theirs) == 0 ||
		    (strcmp(theirs, "-") == 0 && may_know_more(column)))
			continue;
		g_test_message("%s: %s: %s is \"%s\", read \"%s\"", file, row[BDF],
			       column_names[column], theirs, ours);
		wrong++;
	}
	return wrong;
}

static unsigned compare_table(const char *directory, const char *name, unsigned *rows)
{
	g_autofree char *raw_name = g_strdup_printf("%s/raw/%s", directory, name);
	g_autofree char *base = g_strndup(name, strlen(name) - strlen(".txt"));
	g_autofree char *tsv_name = g_strdup_printf("%s/tsv/%s.tsv", directory, base);
	size_t length, tsv_length;
	g_autofree char *text = posted_data(raw_name, &length);
	g_autofree char *tsv = posted_data(tsv_name, &tsv_length);
	unsigned wrong = 0;

	g_assert_nonnull(text);
	g_assert_nonnull(tsv);
	HOST_AUTO struct host *host = posted_must_read(text, length);
	g_assert_cmpuint(host->gaps->len, ==, 0); /* one machine each */
	g_auto(GStrv) lines = g_strsplit(tsv, "\n", -1);
	for (unsigned i = 1; lines[i]; i++) {
		g_auto(GStrv) row = g_strsplit(lines[i], "\t", -1);
		if (g_strv_length(row) != N_COLUMNS)
			continue;
		wrong += compare_row(name, host, row);
		(*rows)++;
	}
	return wrong;
}

static void test_tables(gconstpointer directory)
{
	g_autofree char *raw = g_strconcat(directory, "/raw", NULL);
	g_autoptr(GPtrArray) names = posted_data_names(raw);
	unsigned rows = 0, wrong = 0;

	if (!names) {
		g_test_skip("no data");
		return;
	}
	for (unsigned i = 0; i < names->len; i++)
		wrong += compare_table(directory, names->pdata[i], &rows);
	g_test_message("%s: %u texts, %u functions, %u differences", (const char *)directory,
		       names->len, rows, wrong);
	g_assert_cmpuint(rows, >, 0);
	g_assert_cmpuint(wrong, ==, 0);
}

/* ---- whole machines with groups and capabilities ---- */

static unsigned count_lines(const char *text, const char *what)
{
	g_autoptr(GRegex) regex = g_regex_new(what, G_REGEX_MULTILINE | G_REGEX_OPTIMIZE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	unsigned n = 0;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match); n++)
		g_match_info_next(match, NULL);
	return n;
}

#define DEVICE_LINE "^([0-9a-f]{4,5}:)?[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7] "

static void check_oracle(const char *name)
{
	g_autofree char *path = g_strconcat("lspci-oracle/", name, NULL);
	size_t length;
	g_autofree char *text = posted_data(path, &length);
	HOST_AUTO struct host *host = posted_must_read(text, length);
	unsigned groups = 0, acs = 0, drivers = 0, unknown = 0;

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		groups += dev->group_id >= 0;
		drivers += dev->driver != NULL;
		acs += dev->caps && dev->caps->acs_bits_known;
		unknown += !dev->caps || dev->caps->depth < CONFIG_EXTENDED;
		g_assert_true(dev->on_root_bus || dev->parent >= 0);
	}
	g_test_message("%s: %u functions, %u in groups, %u with ACS, %u unknown", name, host->n_pci,
		       groups, acs, unknown);
	g_assert_cmpuint(host->n_pci, ==, count_lines(text, DEVICE_LINE));
	g_assert_cmpuint(groups, ==, count_lines(text, "IOMMU group:? [0-9]"));
	g_assert_cmpuint(drivers, ==, count_lines(text, "Kernel driver in use:"));
	g_assert_cmpuint(acs, ==, count_lines(text, "ACSCtl:"));
	g_assert_cmpuint(unknown, ==, count_lines(text, "!!! Unknown header type"));
}

static void test_oracle(void)
{
	g_autoptr(GPtrArray) names = posted_data_names("lspci-oracle");

	if (!names) {
		g_test_skip("no data");
		return;
	}
	for (unsigned i = 0; i < names->len; i++)
		if (g_str_has_suffix(names->pdata[i], ".txt"))
			check_oracle(names->pdata[i]);
}

static void test_pciutils(void)
{
	g_autoptr(GPtrArray) names = posted_data_names("lspci-dumps/pciutils-tests");

	if (!names) {
		g_test_skip("no data");
		return;
	}
	for (unsigned i = 0; i < names->len; i++) {
		g_autofree char *path =
			g_build_filename("lspci-dumps/pciutils-tests", names->pdata[i], NULL);
		size_t length;
		g_autofree char *text = posted_data(path, &length);
		HOST_AUTO struct host *host = posted_must_read(text, length);
		g_assert_cmpuint(host->n_pci, ==, count_lines(text, DEVICE_LINE));
		for (unsigned k = 0; k < host->n_pci; k++)
			g_assert_nonnull(host->pci[k].caps);
	}
}

/* ---- in disguise ---- */

static unsigned compare_disguised(const char *name, const char *text)
{
	HOST_AUTO struct host *plain = posted_must_read(text, strlen(text));
	g_autofree char *expected = posted_describe(plain);
	unsigned wrong = 0;

	for (unsigned k = 0; k < posted_n_disguises; k++) {
		g_autofree char *worn = posted_disguises[k].put_on(text);
		HOST_AUTO struct host *host = posted_must_read(worn, strlen(worn));
		g_autofree char *got = posted_describe(host);
		if (strcmp(got, expected) == 0)
			continue;
		g_test_message("%s is not the same %s", name, posted_disguises[k].name);
		wrong++;
	}
	return wrong;
}

/* Tags of its own would be escaped with the rest. */
static bool has_tags(const char *text)
{
	return strstr(text, "<strong>") != NULL;
}

static void test_disguised(gconstpointer directory)
{
	g_autoptr(GPtrArray) names = posted_data_names(directory);
	unsigned n = 0, wrong = 0;

	if (!names) {
		g_test_skip("no data");
		return;
	}
	for (unsigned i = 0; i < names->len; i++) {
		g_autofree char *path = g_build_filename(directory, names->pdata[i], NULL);
		size_t length;
		g_autofree char *text = posted_data(path, &length);
		if (!g_str_has_suffix(path, ".txt") || length > 100000 || has_tags(text))
			continue;
		wrong += compare_disguised(names->pdata[i], text);
		n++;
	}
	g_test_message("%s: %u texts in %u disguises, %u differ", (const char *)directory, n,
		       posted_n_disguises, wrong);
	g_assert_cmpuint(n, >, 0);
	g_assert_cmpuint(wrong, ==, 0);
}

/* ---- words and bytes ---- */

/* The lines of text that name functions and hold bytes. */
static char *only_bytes(const char *text)
{
	g_autoptr(GRegex) device = g_regex_new(DEVICE_LINE, G_REGEX_OPTIMIZE, 0, NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);
	GString *name = g_string_new(NULL);

	for (unsigned i = 0; lines[i]; i++) {
		const char *line = lines[i];
		size_t digits = strspn(line, "0123456789abcdef");
		if (g_regex_match(device, line, 0, NULL)) {
			g_string_printf(name, "\n%s\n", line);
		} else if (digits >= 2 && digits <= 3 && line[digits] == ':' &&
			   line[digits + 1] == ' ') {
			g_string_append_printf(out, "%s%s\n", name->str, line);
			g_string_truncate(name, 0);
		}
	}
	g_string_free(name, TRUE);
	return g_string_free(out, FALSE);
}

static char *run_lspci(const char *bytes, const char *path_option)
{
	g_autofree char *file = g_build_filename(g_get_tmp_dir(), "posted-XXXXXX", NULL);
	char *out = NULL;
	int fd = g_mkstemp(file);

	g_assert_cmpint(fd, >=, 0);
	g_assert_true(g_file_set_contents(file, bytes, -1, NULL));
	const char *const argv[] = { "lspci", "-F", file, "-nnvv", path_option, NULL };
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		     NULL, NULL, &out, NULL, NULL, NULL);
	g_remove(file);
	g_close(fd, NULL);
	return out;
}

/* lspci has words for seven bits of ACS only; and where its words name no extended capability at
 * all, whether there are any is unknown. */
static bool same_extended(const struct pci_caps *bytes, const struct pci_caps *words)
{
	if (words->depth < CONFIG_EXTENDED)
		return words->acs != TRI_YES;
	if (bytes->acs != words->acs || bytes->acs_bits_known != words->acs_bits_known)
		return false;
	if (bytes->acs_bits_known && ((bytes->acs_cap & 0x7f) != words->acs_cap ||
				      (bytes->acs_ctrl & 0x7f) != words->acs_ctrl))
		return false;
	return bytes->sriov == words->sriov && bytes->rebar == words->rebar;
}

static bool same_caps(const struct pci_caps *bytes, const struct pci_caps *words)
{
	return same_extended(bytes, words) && bytes->header_type == words->header_type &&
	       bytes->secondary_bus == words->secondary_bus &&
	       bytes->subordinate_bus == words->subordinate_bus &&
	       bytes->pcie_type == words->pcie_type && bytes->slot == words->slot &&
	       bytes->flr == words->flr && bytes->af_flr == words->af_flr &&
	       bytes->pm_reset == words->pm_reset &&
	       bytes->max_link_width == words->max_link_width && bytes->n_list == words->n_list;
}

/* Returns how many functions were compared. */
static unsigned compare_words(const char *name, const char *bytes_text, const char *words_text,
			      unsigned *wrong)
{
	HOST_AUTO struct host *bytes = posted_must_read(bytes_text, strlen(bytes_text));
	HOST_AUTO struct host *words = posted_must_read(words_text, strlen(words_text));
	unsigned n = 0;

	for (unsigned i = 0; i < bytes->n_pci; i++) {
		const struct pci_dev *dev = &bytes->pci[i];
		char buf[PCI_ADDR_SIZE];
		int index = host_find_pci(words, dev->addr);
		if (!dev->caps)
			continue; /* does not answer */
		n++;
		if (index >= 0 && words->pci[index].caps &&
		    same_caps(dev->caps, words->pci[index].caps) &&
		    dev->vendor == words->pci[index].vendor &&
		    dev->class_code >> 8 == words->pci[index].class_code >> 8)
			continue;
		g_test_message("%s: %s differs", name, pci_addr_format(dev->addr, buf));
		(*wrong)++;
	}
	return n;
}

static void test_words(gconstpointer path_option)
{
	static const char *const directories[] = { "lspci-dumps/pciutils-tests", "lspci-dumps/raw",
						   "lspci-oracle" };
	g_autofree char *lspci = g_find_program_in_path("lspci");
	unsigned n = 0, wrong = 0;

	for (unsigned d = 0; lspci && d < G_N_ELEMENTS(directories); d++) {
		g_autoptr(GPtrArray) names = posted_data_names(directories[d]);
		for (unsigned i = 0; names && i < names->len; i++) {
			g_autofree char *path =
				g_build_filename(directories[d], names->pdata[i], NULL);
			size_t length;
			g_autofree char *text = posted_data(path, &length);
			g_autofree char *bytes = only_bytes(text);
			g_autofree char *words = bytes[0] ? run_lspci(bytes, path_option) : NULL;
			if (words && words[0])
				n += compare_words(names->pdata[i], bytes, words, &wrong);
		}
	}
	if (n == 0) {
		g_test_skip(lspci ? "no data" : "no lspci");
		return;
	}
	g_test_message("%u functions, %u differ", n, wrong);
	g_assert_cmpuint(wrong, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/posted-data/listings", "iommu-listings", test_tables);
	g_test_add_data_func("/posted-data/dumps", "lspci-dumps", test_tables);
	g_test_add_func("/posted-data/oracle", test_oracle);
	g_test_add_func("/posted-data/pciutils", test_pciutils);
	g_test_add_data_func("/posted-data/disguised/listings", "iommu-listings/raw",
			     test_disguised);
	g_test_add_data_func("/posted-data/disguised/dumps", "lspci-dumps/raw", test_disguised);
	g_test_add_data_func("/posted-data/disguised/oracle", "lspci-oracle", test_disguised);
	g_test_add_data_func("/posted-data/words", NULL, test_words);
	g_test_add_data_func("/posted-data/words/paths", "-PP", test_words);
	return g_test_run();
}
