/* The reader of posted text, on small texts that each show one oddity (tests/posted/NAME.txt, what
 * is to be understood of them in NAME.out), on nonsense, and on mutilated texts. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "base/pci_ids.h"
#include "model/host.h"
#include "posted-helper.h"
#include "probe/posted.h"

/* ---- oddities ---- */

static const char *const oddities[] = {
	"lists",
	"log",
	"bytes",
	"crlf",
	"cut",
	"denied",
	"groups",
	"html",
	"machine-readable",
	"machines",
	"merged",
	"names",
	"quoted-printable",
	"paths",
	"quoted",
	"sriov",
	"vmd",
	"wrapped",
};

static void test_oddity(gconstpointer name)
{
	g_autofree char *in_name = g_strconcat(name, ".txt", NULL);
	g_autofree char *out_name = g_strconcat(name, ".out", NULL);
	size_t length, expected_length;
	g_autofree char *text = posted_fixture(in_name, &length);
	g_autofree char *expected = posted_fixture(out_name, &expected_length);

	g_assert_nonnull(text);
	HOST_AUTO struct host *host = posted_must_read(text, length);
	g_autofree char *got = posted_describe(host);
	if (g_getenv("POSTED_PRINT")) /* to write a new .out, to be read before it is kept */
		g_print("%s", got);
	else
		g_assert_cmpstr(got, ==, expected);
	g_assert_cmpint(host->source, ==, HOST_POSTED);
}

static void test_two_machines(void)
{
	size_t length;
	g_autofree char *text = posted_fixture("machines.txt", &length);
	HOST_AUTO struct host *host = posted_must_read(text, length);

	g_assert_cmpuint(host->gaps->len, ==, 1);
	const struct gap *gap = &g_array_index(host->gaps, struct gap, 0);
	g_assert_cmpstr(gap->path, ==, "posted text, line 13");
	g_assert_nonnull(strstr(gap->reason, "another machine"));
}

/* Links alone do not say what is a bridge: whether a group is shared is not known, unless it has
 * one slot only. */
static void test_bare_groups(void)
{
	static const char bare[] = "/sys/kernel/iommu_groups/1/devices/0000:00:01.0\n"
				   "/sys/kernel/iommu_groups/1/devices/0000:01:00.0\n"
				   "/sys/kernel/iommu_groups/2/devices/0000:02:00.0\n"
				   "/sys/kernel/iommu_groups/2/devices/0000:02:00.1\n";
	static const char named[] = "IOMMU Group 1 00:02.0 Audio device [0403]: A [8086:1901]\n"
				    "IOMMU Group 1 01:00.0 Audio device [0403]: B [8086:1912]\n";
	HOST_AUTO struct host *host = posted_must_read(bare, strlen(bare));
	HOST_AUTO struct host *other = posted_must_read(named, strlen(named));

	g_assert_cmpuint(host->n_groups, ==, 2);
	g_assert_cmpint(iommu_group_isolated(host, &host->groups[0]), ==, TRI_UNKNOWN);
	g_assert_cmpint(iommu_group_isolated(host, &host->groups[1]), ==, TRI_YES);
	g_assert_cmpint(iommu_group_isolated(other, &other->groups[0]), ==, TRI_NO);
}

/* Groups are those of the first listing; that there is another is said. */
static void test_groups_differ(void)
{
	const char *text =
		"IOMMU Group 0:\n\t00:01.0 PCI bridge [0604]: A [8086:1901]\n"
		"IOMMU Group 1:\n\t00:02.0 VGA compatible controller [0300]: B [8086:1912]\n"
		"\nWith the other firmware:\n\n"
		"IOMMU Group 0:\n\t00:01.0 PCI bridge [0604]: A [8086:1901]\n"
		"\t00:02.0 VGA compatible controller [0300]: B [8086:1912]\n";
	HOST_AUTO struct host *host = posted_must_read(text, strlen(text));

	g_assert_cmpuint(host->n_groups, ==, 2);
	g_assert_cmpint(host->pci[1].group_id, ==, 1);
	g_assert_cmpuint(host->gaps->len, ==, 1);
}

/* lspci -v names the group of every function: then no other groups exist. */
static void test_groups_known(void)
{
	const char *whole = "00:00.0 Host bridge: A\n\tFlags: fast devsel, IOMMU group 0\n\n"
			    "00:00.2 IOMMU: B\n\tFlags: fast devsel\n\n"
			    "00:01.0 Host bridge: C\n\tFlags: fast devsel, IOMMU group 1\n\n";
	const char *hole = "00:00.0 Host bridge: A\n\tFlags: fast devsel, IOMMU group 0\n\n"
			   "00:01.0 Host bridge: C\n\tFlags: fast devsel, IOMMU group 2\n\n";
	HOST_AUTO struct host *host = posted_must_read(whole, strlen(whole));
	HOST_AUTO struct host *other = posted_must_read(hole, strlen(hole));

	g_assert_true(host->iommu.groups_known);
	g_assert_true(host->pci[1].group_known);
	g_assert_cmpint(host->pci[1].group_id, ==, -1);
	g_assert_false(other->iommu.groups_known);
}

/* ---- no posted text ---- */

static const char *const nonsense[] = {
	"",
	"\n\n\n",
	"I have two GPUs, and 01:00.0 is the one that I want to pass through.\n",
	"01:00.0 is: the card\n",
	"12:30.5 Lunch: pizza, as always\n",
	"IOMMU Group 1 contains my card\n",
	"IOMMU Group 7:\nIOMMU Group 8:\n",
	"[    0.2] pci 0000:00:1f.0: [8086:a2c9] type 00 class 0x060100\n",
	"00: 86 80 01 19 07 04 10 00\n10: 00 00 00 00 00 00 00 00\n",
	"-[0000:00]-+-00.0  Intel Corporation Device 4660\n           +-01.0-[01]----00.0\n",
	"\tKernel driver in use: nvidia\n\tCapabilities: [40] Express Endpoint\n",
	"\xff\xfe\x00\x01 00:00.0",
};

static void test_nonsense(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(nonsense); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(posted_read(nonsense[i], strlen(nonsense[i]), &error));
		g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
	}
}

/* A path whose buses are not known is no function; the error says so. */
static void test_lost_paths(void)
{
	const char *text = "00:1c.0/00.0 PCI bridge: PLX Technology, Inc. PEX 8111\n";
	g_autoptr(GError) error = NULL;

	g_assert_null(posted_read(text, strlen(text), &error));
	g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
	g_assert_nonnull(strstr(error->message, "lspci -P"));
}

/* ---- disguises ---- */

static const char *const disguised[] = { "merged.txt", "sriov.txt", "vmd.txt", "denied.txt" };

static void test_disguises(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(disguised); i++) {
		size_t length;
		g_autofree char *text = posted_fixture(disguised[i], &length);
		HOST_AUTO struct host *plain = posted_must_read(text, length);
		g_autofree char *expected = posted_describe(plain);
		for (unsigned k = 0; k < posted_n_disguises; k++) {
			g_autofree char *worn = posted_disguises[k].put_on(text);
			HOST_AUTO struct host *host = posted_must_read(worn, strlen(worn));
			g_autofree char *got = posted_describe(host);
			g_test_message("%s %s", disguised[i], posted_disguises[k].name);
			g_assert_cmpstr(got, ==, expected);
		}
	}
}

/* ---- mutilated texts ---- */

#define ROUNDS  2000
#define SECONDS 5

static void mutilate(GString *text)
{
	unsigned n = (unsigned)g_test_rand_int_range(1, 8);

	for (unsigned i = 0; i < n && text->len > 1; i++) {
		gsize at = (gsize)g_test_rand_int_range(0, (gint32)text->len);
		switch (g_test_rand_int_range(0, 5)) {
		case 0:
			g_string_truncate(text, at);
			break;
		case 1:
			text->str[at] = (char)g_test_rand_int_range(0, 256);
			break;
		case 2:
			g_string_erase(text, (gssize)at, (gssize)MIN(text->len - at, 40));
			break;
		case 3:
			g_string_insert_c(text, (gssize)at, "[]():.\n\t >\"<&=/"[at % 15]);
			break;
		default:
			text->str[at] = text->str[(at * 7 + 13) % text->len];
			break;
		}
	}
}

/* Whatever a text looks like there is a host or an error. The seed is
 * printed by the test framework (--seed). */
static void test_mutilated(void)
{
	gint64 end = g_get_monotonic_time() + SECONDS * G_TIME_SPAN_SECOND;
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	unsigned round;

	for (unsigned i = 0; i < G_N_ELEMENTS(oddities); i++) {
		g_autofree char *name = g_strconcat(oddities[i], ".txt", NULL);
		size_t length;
		g_ptr_array_add(texts, posted_fixture(name, &length));
	}
	for (round = 0; round < ROUNDS && g_get_monotonic_time() < end; round++) {
		g_autoptr(GString) text = g_string_new(texts->pdata[round % texts->len]);
		mutilate(text);
		/* a copy without a NUL behind it: reading too far is seen */
		g_autofree char *exact = g_memdup2(text->str, text->len);
		g_autoptr(GError) error = NULL;
		HOST_AUTO struct host *host = posted_read(exact, text->len, &error);
		g_assert_true((host != NULL) == (error == NULL));
		if (!host) {
			g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
			continue;
		}
		g_assert_cmpuint(host->n_pci, >, 0);
		g_autofree char *words = posted_describe(host);
		g_assert_true(g_utf8_validate(words, -1, NULL));
	}
	g_test_message("%u rounds", round);
}

/* Ten times the text takes about ten times as long; 4 MB in less than ten seconds even with
 * sanitizers. */
static void test_large(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	gint64 start = g_get_monotonic_time();

	for (unsigned i = 0; i < 8192; i++) {
		g_string_append_printf(text,
				       "%04x:%02x:%02x.%u Ethernet controller: No such name %u\n",
				       i >> 13, i >> 5 & 0xff, i & 0x1f, i & 7, i);
		for (unsigned k = 0; k < 8; k++)
			g_string_append(text,
					"\tCapabilities: [100 v1] Advanced Error Reporting\n");
	}
	HOST_AUTO struct host *host = posted_must_read(text->str, text->len);
	g_assert_cmpuint(host->n_pci, ==, 8192);
	g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_TIME_SPAN_SECOND);
}

/* ---- ids by name ---- */

static const char ids_text[] = "# a comment\n"
			       "1af4  Red Hat, Inc.\n"
			       "\t1000  Virtio network device\n"
			       "\t\t1af4 0001  A subsystem\n"
			       "\t1041  Virtio 1.0 network device\n"
			       "8086  Intel Corporation\n"
			       "\t10d3  82574L Gigabit Network Connection\n"
			       "\t100e  82540EM Gigabit Ethernet Controller\n"
			       "\t1015  82540EM Gigabit Ethernet Controller\n"
			       "8087  Intel Corporation\n"
			       "\t10d3  Another thing\n"
			       "ffff  Illegal Vendor ID\n"
			       "\n"
			       "C 02  Network controller\n"
			       "\t00  Ethernet controller\n"
			       "\t80  Network controller\n"
			       "C 03  Display controller\n"
			       "\t00  VGA compatible controller\n"
			       "\t\t00  VGA controller";

static void test_ids(void)
{
	struct pci_ids *ids = pci_ids_from_text(g_strdup(ids_text));
	struct pci_ids_found found;

	pci_ids_find(ids, "red hat, Inc. Virtio network device", &found);
	g_assert_cmpuint(found.n, ==, 1);
	g_assert_cmphex(found.ids[0], ==, 0x1af41000);
	pci_ids_find(ids, "Intel Corporation 82540EM Gigabit Ethernet Controller", &found);
	g_assert_cmpuint(found.n, ==, 2);
	g_assert_cmphex(found.ids[0], ==, 0x8086100e);
	g_assert_cmphex(found.ids[1], ==, 0x80861015);
	g_assert_cmphex(found.vendor, ==, 0x8086);
	/* two vendors have that name */
	pci_ids_find(ids, "Intel Corporation Device abcd", &found);
	g_assert_cmpuint(found.n, ==, 2);
	g_assert_cmpint(found.vendor, ==, -1);
	pci_ids_find(ids, "Intel Corporation Nothing", &found);
	g_assert_cmpuint(found.n, ==, 0);
	g_assert_cmpint(found.vendor, ==, -1);
	pci_ids_find(ids, "Red Hat, Inc. Nothing", &found);
	g_assert_cmphex(found.vendor, ==, 0x1af4);
	pci_ids_find(ids, "Red Hat, Inc. A subsystem", &found);
	g_assert_cmpuint(found.n, ==, 0);

	g_assert_cmphex(pci_ids_class(ids, "VGA compatible Controller"), ==, 0x0300);
	g_assert_cmphex(pci_ids_class(ids, "Network controller"), ==, 0x0280);
	g_assert_cmpint(pci_ids_class(ids, "VGA controller"), ==, -1);
	g_assert_cmpint(pci_ids_class(ids, ""), ==, -1);
	pci_ids_free(ids);
}

static void test_ids_nonsense(void)
{
	static const char *const texts[] = { "",     "8086",        "8086  ", "C 0",
					     "C 03", "8086  X\n\t", "\t" };

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct pci_ids *ids = pci_ids_from_text(g_strdup(texts[i]));
		struct pci_ids_found found;
		pci_ids_find(ids, "X Y", &found);
		g_assert_cmpuint(found.n, ==, 0);
		g_assert_cmpint(pci_ids_class(ids, "Y"), ==, -1);
		pci_ids_free(ids);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(oddities); i++) {
		g_autofree char *path = g_strconcat("/posted/oddity/", oddities[i], NULL);
		g_test_add_data_func(path, oddities[i], test_oddity);
	}
	g_test_add_func("/posted/two-machines", test_two_machines);
	g_test_add_func("/posted/bare-groups", test_bare_groups);
	g_test_add_func("/posted/groups-differ", test_groups_differ);
	g_test_add_func("/posted/groups-known", test_groups_known);
	g_test_add_func("/posted/nonsense", test_nonsense);
	g_test_add_func("/posted/lost-paths", test_lost_paths);
	g_test_add_func("/posted/disguises", test_disguises);
	g_test_add_func("/posted/mutilated", test_mutilated);
	g_test_add_func("/posted/large", test_large);
	g_test_add_func("/posted/ids", test_ids);
	g_test_add_func("/posted/ids-nonsense", test_ids_nonsense);
	return g_test_run();
}
