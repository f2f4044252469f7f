/* Explanations: each reason and each remedy, where it applies and where it does not. */
#include <string.h>

#include <glib.h>

#include "model/explain.h"
#include "model/host.h"
#include "topology.h"

struct subject {
	struct host *host;
	struct prediction prediction;
	struct explanation why;
};

static struct pci_addr address_of(const char *text)
{
	struct pci_addr addr;

	g_assert_true(pci_addr_parse(text, &addr));
	return addr;
}

static void subject_open(struct subject *subject, const char *const *lines, int source,
			 const char *cmdline, const char *address)
{
	subject->host = topology_host(lines, source);
	subject->host->platform.kernel.cmdline = cmdline;
	predict_groups(subject->host, &subject->prediction);
	explain_group(subject->host, &subject->prediction,
		      host_find_pci(subject->host, address_of(address)), &subject->why);
}

static void subject_close(struct subject *subject)
{
	explanation_clear(&subject->why);
	prediction_clear(&subject->prediction);
	host_free(subject->host);
}

/* The index of the sentence with a word in it; -1: none. */
static int find(char *const *list, unsigned n, const char *word)
{
	for (unsigned i = 0; i < n; i++)
		if (strstr(list[i], word))
			return (int)i;
	return -1;
}

static int reason(const struct subject *subject, const char *word)
{
	return find(subject->why.reasons, subject->why.n_reasons, word);
}

static int remedy(const struct subject *subject, const char *word)
{
	return find(subject->why.remedies, subject->why.n_remedies, word);
}

static int note(const struct subject *subject, const char *word)
{
	return find(subject->why.notes, subject->why.n_notes, word);
}

/* Two slots on ports of one multifunction device without ACS: the usual case. */
static const char *const two_slots[] = {
	"00:01.0 8086:1901 root mf bus=1-1 slot g=1",
	"00:01.1 8086:1905 root mf bus=2-2 slot g=1",
	"00:1c.0 8086:a33c root bus=3-3 slot acs g=2",
	"00:1c.4 8086:a33d root bus=4-4 slot acs g=3",
	"01:00.0 10de:1b80 leg mf class=0300 g=1",
	"01:00.1 10de:10f0 ep mf class=0403 g=1",
	"02:00.0 144d:a808 ep class=0108 g=1",
	"04:00.0 8086:1539 ep g=4",
	NULL,
};

static void test_shared(void)
{
	struct subject subject;

	subject_open(&subject, two_slots, HOST_TREE, NULL, "01:00.0");
	g_assert_cmpuint(subject.why.n_steps, ==, 1);
	g_assert_cmpint(subject.why.steps[0].isolated, ==, TRI_NO);
	g_assert_cmpstr(subject.why.steps[0].text, ==,
			"00:01.0 (root port) has no ACS capability, so the kernel cannot rule out "
			"peer-to-peer traffic below it");
	g_assert_cmpint(reason(&subject, "01:00.0 and 01:00.1 lie behind 00:01.0 (root port)"), ==,
			0);
	g_assert_cmpint(reason(&subject, "00:01.0 and 00:01.1 are functions of one slot"), >, 0);
	g_assert_cmpint(reason(&subject, "02:00.0 lies behind 00:01.1 (root port)"), >, 0);
	/* the order of preference */
	int slot = remedy(&subject, "another slot"), firmware = remedy(&subject, "firmware");
	int kernel = remedy(&subject, "newer kernel"), whole = remedy(&subject, "whole group");
	int idle = remedy(&subject, "vfio-pci"), override = remedy(&subject, "pcie_acs_override");
	g_assert_cmpint(slot, ==, 0);
	g_assert_cmpint(firmware, >, slot);
	g_assert_cmpint(kernel, >, firmware);
	g_assert_cmpint(whole, >, kernel);
	g_assert_cmpint(idle, >, whole);
	g_assert_cmpint(override, >, idle);
	g_assert_cmpint(override, ==, (int)subject.why.n_remedies - 1);
	/* 00:1c.0 is free, 00:1c.4 is not */
	g_assert_nonnull(strstr(subject.why.remedies[slot], "00:1c.0"));
	g_assert_null(strstr(subject.why.remedies[slot], "00:1c.4"));
	g_assert_nonnull(strstr(subject.why.remedies[whole], "01:00.0, 01:00.1 and 02:00.0"));
	g_assert_null(strstr(subject.why.remedies[idle], "01:00.1"));
	g_assert_cmpuint(subject.why.n_notes, ==, 0);
	subject_close(&subject);
}

static void test_alone(void)
{
	struct subject subject;

	subject_open(&subject, two_slots, HOST_TREE, NULL, "04:00.0");
	g_assert_cmpuint(subject.why.n_reasons, ==, 1);
	g_assert_cmpint(reason(&subject, "04:00.0 is alone in its group: every port above it is "
					 "isolated"),
			==, 0);
	g_assert_cmpuint(subject.why.n_remedies, ==, 0);
	g_assert_cmpint(subject.why.steps[0].isolated, ==, TRI_YES);
	subject_close(&subject);
}

static void test_own_slot_only(void)
{
	static const char *const lines[] = {
		"00:01.0 8086:1901 root bus=1-1 acs g=1",
		"01:00.0 10de:1b80 leg mf class=0300 g=2",
		"01:00.1 10de:10f0 ep mf class=0403 g=2",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, NULL, "01:00.1");
	g_assert_cmpint(reason(&subject, "01:00.0 and 01:00.1 are functions of one slot"), ==, 0);
	g_assert_cmpint(reason(&subject, "each has no ACS capability"), ==, 0);
	/* a card that is given as a whole needs no splitting */
	g_assert_cmpuint(subject.why.n_remedies, ==, 0);
	subject_close(&subject);
}

static void test_conventional(void)
{
	static const char *const lines[] = {
		"00:1c.0 8086:a33c root bus=1-2 acs",
		"01:00.0 1b21:1080 topci bus=2-2",
		"02:00.0 1102:0002 conv class=0401",
		"02:01.0 109e:036e conv class=0400",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, NULL, "02:00.0");
	g_assert_cmpint(reason(&subject, "02:00.0 and 02:01.0 lie behind 01:00.0 (PCIe-to-PCI "
					 "bridge)"),
			==, 0);
	g_assert_cmpint(remedy(&subject, "PCI Express card"), >=, 0);
	g_assert_cmpint(remedy(&subject, "newer kernel"), <, 0);
	g_assert_cmpint(remedy(&subject, "pcie_acs_override"), <, 0);
	g_assert_cmpint(note(&subject, "prediction"), >=, 0);
	subject_close(&subject);
}

static void test_bits(void)
{
	static const char *const lines[] = {
		"00:1c.0 8086:a33c root bus=1-2 slot acs=1f/1b g=0",
		"01:00.0 1b21:1182 up bus=2-4 g=0",
		"02:03.0 1b21:1182 down bus=3-3 acs g=0",
		"02:07.0 1b21:1182 down bus=4-4 acs g=0",
		"03:00.0 144d:a808 ep class=0108 g=0",
		"04:00.0 144d:a808 ep class=0108 g=0",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, "quiet pci=disable_acs_redir=00:1c.0", "03:00.0");
	g_assert_cmpuint(subject.why.n_steps, ==, 3);
	g_assert_nonnull(strstr(subject.why.steps[2].text,
				"implements ACS, but a bit of it is off: P2P Request Redirect"));
	g_assert_cmpint(remedy(&subject, "Take pci=disable_acs_redir= off"), ==, 0);
	g_assert_cmpint(remedy(&subject, "pci=config_acs=xxxx1xx@0000:00:1c.0"), >, 0);
	g_assert_cmpint(note(&subject, "disable_acs_redir"), >=, 0);
	subject_close(&subject);
}

static void test_quirks(void)
{
	static const char *const lines[] = {
		"00:0e.0 8086:467f rciep class=0104",
		"00:1c.0 8086:1c10 root bus=1-1",
		"01:00.0 1b4b:9172 leg class=0106",
		"01:00.1 1b4b:91a4 leg mf acs=0/0 class=0101",
		"10000:00:06.0 8086:a74d root bus=1-1 acs",
		"10000:01:00.0 144d:a80c ep class=0108",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, NULL, "01:00.1");
	g_assert_cmpint(reason(&subject, "quirk_dma_func1_alias"), ==, 0);
	g_assert_nonnull(strstr(subject.why.steps[0].text, "pci_quirk_intel_pch_acs"));
	g_assert_cmpint(note(&subject, "chipset"), >=, 0);
	subject_close(&subject);

	subject_open(&subject, lines, HOST_TREE, NULL, "10000:01:00.0");
	g_assert_cmpint(reason(&subject, "under the address of 00:0e.0"), ==, 0);
	g_assert_cmpint(remedy(&subject, "Switch Intel VMD off"), >=, 0);
	subject_close(&subject);
}

static void test_unknown(void)
{
	static const char *const lines[] = {
		"00:01.0 8086:1901 ? header? acs? bus=1-1 g=1",
		"01:00.0 10de:1b80 ? acs? g=1",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, NULL, "01:00.0");
	g_assert_cmpint(reason(&subject, "cannot be told"), ==, 0);
	g_assert_cmpint(reason(&subject, "00:01.0"), >, 0);
	g_assert_cmpint(reason(&subject, "run as root"), >, 0);
	g_assert_cmpint(subject.why.steps[0].isolated, ==, TRI_UNKNOWN);
	subject_close(&subject);
	subject_open(&subject, lines, HOST_POSTED, NULL, "01:00.0");
	g_assert_cmpint(reason(&subject, "run as root"), <, 0);
	g_assert_cmpint(reason(&subject, "lspci -vv"), >, 0);
	subject_close(&subject);
}

static void test_gap(void)
{
	static const char *const lines[] = { "03:00.0 10de:1b80 ep", NULL };
	struct subject subject;

	subject_open(&subject, lines, HOST_POSTED, NULL, "03:00.0");
	g_assert_cmpint(reason(&subject, "The bridge above 03:00.0 is not in the listing."), >, 0);
	g_assert_cmpuint(subject.why.n_steps, ==, 0);
	subject_close(&subject);
}

/* The kernel is right. */
static void test_difference(void)
{
	static const char *const lines[] = {
		"00:01.0 8086:1901 root bus=1-1 g=1",
		"01:00.0 10de:1b80 leg mf class=0300 g=2",
		"01:00.1 10de:10f0 ep mf class=0403 g=3",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, "pcie_acs_override=downstream,multifunction",
		     "01:00.0");
	g_assert_cmpint(reason(&subject, "The kernel's group 2 holds 01:00.0; "), ==, 0);
	g_assert_cmpint(reason(&subject, "The kernel is right"), ==, 0);
	g_assert_cmpint(reason(&subject, "override"), ==, 0);
	g_assert_cmpint(note(&subject, "pcie_acs_override="), >=, 0);
	subject_close(&subject);
}

static void test_none(void)
{
	static const char *const lines[] = {
		"00:00.0 1022:1480 conv class=0600 g=none",
		"00:01.0 1022:1482 conv class=0600 g=0",
		NULL,
	};
	struct subject subject;

	subject_open(&subject, lines, HOST_TREE, NULL, "00:00.0");
	g_assert_cmpint(reason(&subject, "does not cover 00:00.0"), ==, 0);
	g_assert_cmpuint(subject.why.n_remedies, ==, 0);
	subject_close(&subject);
}

/* Intel's GPU, left out by the kernel's own choice; not so with the parameter, nor another GPU. */
static void test_left_out(void)
{
	static const char *const lines[] = {
		"00:02.0 8086:5917 rciep class=0300 g=none",
		"00:03.0 1002:1636 rciep class=0300 g=none",
		"00:04.0 8086:5914 conv class=0600 g=0",
		NULL,
	};
	static const struct {
		const char *address, *cmdline;
		char igpu_off;
		int sentence;
	} rows[] = {
		{ "00:02.0", "quiet", 'y', 1 },
		{ "00:02.0", "quiet", 'n', -1 },
		{ "00:02.0", "intel_iommu=on", 'y', -1 },
		{ "00:03.0", "quiet", 'y', -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct subject subject;
		subject_open(&subject, lines, HOST_TREE, rows[i].cmdline, rows[i].address);
		explanation_clear(&subject.why);
		subject.host->platform.kernel.intel_default_igpu_off = rows[i].igpu_off;
		explain_group(subject.host, &subject.prediction,
			      host_find_pci(subject.host, address_of(rows[i].address)),
			      &subject.why);
		g_assert_cmpint(reason(&subject, "intel_iommu=on"), ==, rows[i].sentence);
		subject_close(&subject);
	}
}

static void check_sentences(const char *const *lines, int source)
{
	static const char *const addresses[] = { "00:01.0", "01:00.0", "01:00.1" };

	for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
		struct subject subject;
		subject_open(&subject, lines, source, NULL, addresses[i]);
		g_assert_cmpuint(subject.why.n_reasons, >, 0);
		for (unsigned s = 0; s < subject.why.n_reasons; s++)
			g_assert_true(g_str_has_suffix(subject.why.reasons[s], "."));
		subject_close(&subject);
	}
}

/* Whatever is asked, of whatever is known: sentences, and no crash. */
static void test_all_words(void)
{
	static const char *const words[] = { "",        "acs", "acs?", "bits?",    "dead",
					     "header?", "mf",  "mf?",  "acs=1f/00" };
	static const char *const kinds[] = { "conv",  "root", "up",    "down",    "ep", "leg",
					     "rciep", "rcec", "topci", "frompci", "?" };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds) * G_N_ELEMENTS(words); i++) {
		const char *kind = kinds[i % G_N_ELEMENTS(kinds)];
		const char *word = words[i / G_N_ELEMENTS(kinds)];
		g_autofree char *bridge =
			g_strdup_printf("00:01.0 8086:1901 %s %s bus=1-1", kind, word);
		g_autofree char *function = g_strdup_printf("01:00.1 - %s %s", kind, word);
		const char *const lines[] = { bridge, "01:00.0 10de:1b80 leg mf", function, NULL };
		check_sentences(lines, HOST_TREE);
		check_sentences(lines, HOST_POSTED);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/explain/shared", test_shared);
	g_test_add_func("/explain/alone", test_alone);
	g_test_add_func("/explain/own-slot-only", test_own_slot_only);
	g_test_add_func("/explain/conventional", test_conventional);
	g_test_add_func("/explain/bits", test_bits);
	g_test_add_func("/explain/quirks", test_quirks);
	g_test_add_func("/explain/unknown", test_unknown);
	g_test_add_func("/explain/gap", test_gap);
	g_test_add_func("/explain/difference", test_difference);
	g_test_add_func("/explain/none", test_none);
	g_test_add_func("/explain/left-out", test_left_out);
	g_test_add_func("/explain/all-words", test_all_words);
	return g_test_run();
}
