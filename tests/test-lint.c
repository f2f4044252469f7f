/* Rules about definitions of guests: a good definition in which nothing is wrong, in XML and as a
 * command line, and for each rule a small change that makes it bad. Then mending: what was bad is
 * good again, and all else is as before. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "base/recording.h"
#include "base/root.h"
#include "lint_rows.h"
#include "lint_samples.h"
#include "model/host.h"
#include "probe/probe.h"
#include "vm/lint.h"

#define LINT_PARTS                                                                                 \
	(PROBE_DETAIL | PROBE_USB | PROBE_USAGE | PROBE_PLATFORM | PROBE_TOPOLOGY |                \
	 PROBE_MACHINE | PROBE_DOMAINS)

/* text with every from replaced; NULL when it is not there. The caller's. */
static char *replace(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, -1);

	return parts[1] ? g_strjoinv(to, parts) : NULL;
}

static struct host *read_host(const char *name, const char *from, const char *to)
{
	g_autofree char *file = g_strconcat(name, ".host", NULL);
	g_autofree char *path =
		g_build_filename(g_getenv("VFIOKIT_TESTS"), "..", "hosts", file, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct host *host = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	g_autofree char *paged = replace(text, PAGES, PAGES_THERE);
	g_autofree char *changed = from ? replace(paged ? paged : text, from, to) : NULL;
	const char *use = changed ? changed : paged ? paged : text;
	if (from && !changed)
		g_error("%s.host has no '%s'", name, from);
	struct tree *tree = recording_parse(use, strlen(use), &error);
	g_assert_no_error(error);
	ROOT_AUTO struct root *root = root_from_tree(tree);
	host = host_probe(root, LINT_PARTS, &error);
	g_assert_no_error(error);
	return host;
}

static enum tri exists(void *data, const char *path)
{
	(void)data;
	if (strstr(path, "unreadable"))
		return TRI_UNKNOWN;
	return strstr(path, "missing") ? TRI_NO : TRI_YES;
}

/* The good definition as it runs: one of its threads may even use less than it may. */
static const struct guest_thread running[] = {
	{ .kind = THREAD_EMULATOR, .number = -1, .tid = 70, .cpus = (char *)"6" },
	{ .kind = THREAD_VCPU, .number = 0, .tid = 71, .cpus = (char *)"1" },
	{ .kind = THREAD_VCPU, .number = 1, .tid = 72, .cpus = (char *)"7" },
	{ .kind = THREAD_VCPU, .number = 2, .tid = 73, .cpus = (char *)"2" },
	{ .kind = THREAD_VCPU, .number = 3, .tid = 74, .cpus = (char *)"8" },
	{ .kind = THREAD_IO, .number = 1, .tid = 75, .cpus = (char *)"3" },
};

#define Q "qemu-system-x86_64 "
#define V " -device vfio-pci,host=01:00.0"

static GPtrArray *judge(const struct guest *guest, const struct host *host)
{
	GPtrArray *findings = findings_new();
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(running[0]));
	const struct guest_threads threads = { .pid = 70,
					       .memlock = (uint64_t)9 << 30,
					       .list = list };
	const struct lint_input input = { .guest = guest,
					  .subject = "guest",
					  .host = host,
					  .threads = &threads,
					  .exists = exists };

	g_array_append_vals(list, running, G_N_ELEMENTS(running));
	lint_run(&input, findings);
	return findings;
}

static struct guest *read_guest(const char *text)
{
	g_autofree char *malformed = NULL;
	g_autoptr(GError) error = NULL;

	if (*text == '<') {
		struct guest *guest = guest_read_xml(text, strlen(text), &malformed, &error);
		g_assert_no_error(error);
		return guest;
	}
	g_autoptr(GPtrArray) guests = guest_read_qemu(text);
	g_assert_cmpint(guests->len, ==, 1);
	struct guest *guest = guests->pdata[0];
	guests->pdata[0] = NULL;
	return guest;
}

/* ---- the rules ---- */

static const struct finding *find(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++)
		if (strcmp(((const struct finding *)findings->pdata[i])->id, id) == 0)
			return findings->pdata[i];
	return NULL;
}

/* The good ones: nothing is wrong, on the host that they were written for. */
static void test_good(void)
{
	const char *const texts[] = { good_xml, good_line };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		/* The script's devices are not handed over by anything: they must be bound. */
		HOST_AUTO struct host *host =
			read_host("guide-example", i == 1 ? "/bus/pci/drivers/nvidia" : NULL,
				  "/bus/pci/drivers/vfio-pci");
		GUEST_AUTO struct guest *guest = read_guest(texts[i]);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		for (guint j = 0; j < findings->len; j++) {
			const struct finding *finding = findings->pdata[j];
			bool expected = strcmp(finding->id, "schema-invalid") == 0 ||
					strcmp(finding->id, "hostdev-unmanaged") == 0;
			if (finding->verdict != FINDING_PASS && !expected)
				g_error("%s: %s", finding->id, finding->what);
		}
		g_assert_cmpstr(guest->name, ==, "win");
		g_assert_cmpint(guest->memory >> 30, ==, 8);
	}
}

static void test_bad(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];
		HOST_AUTO struct host *host = read_host(row->host ? row->host : "guide-example",
							row->host_from, row->host_to);
		g_autofree char *text =
			row->from ? replace(row->text, row->from, row->to) : g_strdup(row->text);
		if (!text)
			g_error("%s: there is no '%s'", row->id, row->from);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		const struct finding *finding = find(findings, row->id);
		if (!finding || finding->verdict != row->verdict)
			g_error("row %zu, %s (%s): %s", i, row->id, row->to ? row->to : "",
				finding ? finding->what : "nothing is found");
	}
}

/* Other guests that take nothing away: they have it in turn, or have another device. */
static void test_claims(void)
{
	static const char *const good[] = {
		DOMAINS DOMAIN("other", "01:00.1", RUNS_NOT),
		DOMAINS DOMAIN("other", "02:00.0", RUNS),
		DOMAINS DOMAIN("other", "01:00.1", "" /* not known */),
		DOMAINS DOMAIN("win", "01:00.1", AUTOSTART RUNS),
		DOMAINS DOMAIN("other", "01:00.1", AUTOSTART RUNS_NOT)
			DOMAIN("win", "01:00.1", RUNS),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		HOST_AUTO struct host *host = read_host("guide-example", NO_DOMAINS, good[i]);
		GUEST_AUTO struct guest *guest = read_guest(good_xml);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		const struct finding *finding = find(findings, "hostdev-claimed");
		if (!finding || finding->verdict != FINDING_PASS)
			g_error("row %zu: %s", i, finding ? finding->what : "not asked");
	}
}

static void test_near(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(near); i++) {
		HOST_AUTO struct host *host =
			read_host(near[i].host ? near[i].host : "guide-example", NULL, NULL);
		g_autofree char *text = near[i].from
						? replace(near[i].text, near[i].from, near[i].to)
						: g_strdup(near[i].text);
		if (!text)
			g_error("row %zu, %s: there is no '%s'", i, near[i].id, near[i].from);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		const struct finding *finding = find(findings, near[i].id);
		if (!finding || finding->verdict != FINDING_PASS)
			g_error("row %zu, %s: %s", i, near[i].id,
				finding ? finding->what : "not asked");
	}
}

/* Pins of some CPUs only: the others have places for themselves, or are not there yet. */
static void test_near_incomplete(void)
{
	static const char *const attributes[] = { "'static' cpuset='2,8'", "'static' current='3'" };
	g_autofree char *unpinned = replace(XML, "    <vcpupin vcpu='3' cpuset='8'/>\n", "");

	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++) {
		HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);
		g_autofree char *text = replace(unpinned, "'static'", attributes[i]);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		g_assert_cmpint(find(findings, "pin-incomplete")->verdict, ==, FINDING_PASS);
	}
}

/* Is there a good sample by which the rule is asked? A bad one is a small change of it. */
static bool has_good(const char *id, const GPtrArray *of_xml, const GPtrArray *of_line)
{
	const struct finding *xml = find(of_xml, id), *line = find(of_line, id);

	for (size_t i = 0; i < G_N_ELEMENTS(near); i++)
		if (strcmp(near[i].id, id) == 0)
			return true;
	return (xml && xml->verdict == FINDING_PASS) || (line && line->verdict == FINDING_PASS);
}

/* Every rule has a bad sample and a good one here, but the one that needs libvirt's schema. */
static void test_complete(void)
{
	HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);
	GUEST_AUTO struct guest *xml = read_guest(good_xml), *line = read_guest(good_line);
	g_autoptr(GPtrArray) of_xml = judge(xml, host);
	g_autoptr(GPtrArray) of_line = judge(line, host);
	const char *id;

	for (unsigned i = 0; (id = lint_rule_id(i)); i++) {
		bool needs_schema = strcmp(id, "schema-invalid") == 0, bad = needs_schema;
		for (size_t j = 0; j < G_N_ELEMENTS(rows); j++)
			bad |= strcmp(rows[j].id, id) == 0;
		if (!bad)
			g_error("'%s' has no bad sample", id);
		if (!needs_schema && !has_good(id, of_xml, of_line))
			g_error("'%s' has no good sample", id);
	}
}

/* A text whose command line is another's: found, and the words around it are no guests. */
static void test_wrapped(void)
{
	static const struct {
		const char *text;
		unsigned n;
		const char *cpu; /* of the first guest */
	} texts[] = {
		{ "ExecStart=/bin/sh -c 'exec " Q "-cpu qemu64 -m 1" V "'", 1, "qemu64" },
		{ "tmux new -d \"" Q "-cpu qemu64 -m 1" V "\"", 1, "qemu64" },
		{ "echo \"" Q "-cpu qemu64 -m 1" V "\"", 0, NULL },
		{ "echo " Q "-cpu qemu64 -m 1" V, 0, NULL },
		{ "cat <<E\n" Q "-cpu qemu64 -m 1" V "\nE\n" Q "-cpu host -m 1" V, 1,
		  "host-passthrough" },
		{ "cat >f <<E\n" Q "-cpu qemu64 \\\\\n -m 1" V "\nE\n", 1, "qemu64" },
		{ "declare -a A=(-cpu qemu64)\n" Q "-m 1" V " \"${A[@]}\"", 1, "qemu64" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) guests = guest_read_qemu(texts[i].text);
		const struct guest *first = guests->len > 0 ? guests->pdata[0] : NULL;
		if (guests->len != texts[i].n || g_strcmp0(first ? first->cpu : NULL, texts[i].cpu))
			g_error("row %zu: %u guests, CPU %s", i, guests->len,
				first ? first->cpu : "none");
	}
}

/* A disk with two places is one disk; firmware that is no UEFI wants the old VGA addresses; huge
 * pages have the size that their folder tells. */
static void test_lines(void)
{
	static const struct {
		const char *id, *line;
		unsigned n;
	} lines[] = {
		{ "disk-emulated", Q "-m 1 -drive id=a,file=/a -device ide-hd,drive=a", 1 },
		{ "disk-emulated", Q "-m 1 -drive id=a,file=/a -drive id=b,file=/b", 2 },
		{ "x-vga-with-uefi", Q "-m 1 -bios /x/seabios.bin" V ",x-vga=on", 0 },
		{ "x-vga-with-uefi", Q "-m 1 -bios /x/OVMF.fd" V ",x-vga=on", 1 },
		{ "machine-i440fx", Q "-m 1 -device vfio-pci,host=00:02.0", 0 },
		{ "machine-i440fx", Q "-m 1 -device vfio-pci,host=01:00.0", 1 },
		{ "machine-i440fx", Q "-m 1 -M pc+pve0 -device vfio-pci,host=01:00.0", 1 },
		{ "guest-bus-missing", Q "-readconfig f" V ",bus=rp1", 0 },
		{ "guest-bus-missing", Q "-m 1" V ",bus=rp1", 1 },
		{ "no-kvm", Q "-m 1 -s $OPTIONS" V, 0 },
		{ "no-kvm", Q "-m 1 -s" V, 1 },
		{ "no-kvm", Q "-m 1 -machine $MACHINE" V, 0 },
		{ "option-removed", Q "-m 1 -redir a -redir b", 1 },
		{ "hugepages-pool", Q "-m 8G -mem-path /dev/hugepages -S", 0 },
		{ "hugepages-pool", Q "-m 8G -mem-path /dev/hugepages1G -S", 1 },
	};
	HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		GUEST_AUTO struct guest *guest = read_guest(lines[i].line);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		unsigned n = 0;
		for (guint j = 0; j < findings->len; j++) {
			const struct finding *finding = findings->pdata[j];
			n += strcmp(finding->id, lines[i].id) == 0 &&
			     (finding->verdict == FINDING_WARN || finding->verdict == FINDING_FAIL);
		}
		if (n != lines[i].n)
			g_error("row %zu, %s: %u findings", i, lines[i].id, n);
	}
}

/* Of two -cpu the last one counts for QEMU: that is the one which libvirt hands through. */
static void test_passed_cpu(void)
{
	static const struct {
		const char *value, *id;
		bool bad;
	} cpus[] = {
		{ "host,kvm=off", "hidden-kvm", true },
		{ "host,kvm=on", "hidden-kvm", false },
		{ "host,hv-vendor-id=Microsoft Hv", "hidden-kvm", false },
		{ "Penryn,vendor=GenuineIntel", "cpu-model", false },
		{ "qemu64,+avx", "cpu-model", true },
		{ "host,hv-synic,hv-vpindex", "hyperv-dependency", false },
		{ "host,hv-synic", "hyperv-dependency", true },
	};
	HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);
	g_autofree char *hidden =
		replace(XML, "<hyperv>", "<kvm><hidden state='on'/></kvm><hyperv>");
	g_autofree char *without = replace(hidden, "mode='host-passthrough'", "");

	for (size_t i = 0; i < G_N_ELEMENTS(cpus); i++) {
		g_autofree char *arguments =
			g_strconcat("'-cpu'/><qemu:arg value='", cpus[i].value, "'/>", NULL);
		g_autofree char *text = replace(without, "'-overcommit'/>", arguments);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		if (findings_has_bad(findings, cpus[i].id) != cpus[i].bad)
			g_error("row %zu, %s", i, cpus[i].value);
		g_autoptr(GPtrArray) mended = lint_mend(guest, findings);
		g_autofree char *xml = guest_xml(guest);
		g_assert_nonnull(strstr(xml, "<hidden state='on'/>"));
	}
}

/* Of guests of other hypervisors nothing is said that is true of QEMU's. */
static void test_other_hypervisor(void)
{
	static const struct {
		const char *type;
		bool judged;
	} types[] = { { "type='xen'", false }, { "type='hvf'", true } };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *bad = replace(XML, "<synic state='on'/>", "");
		g_autofree char *text = replace(bad, "type='kvm'", types[i].type);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, NULL);
		g_assert_cmpint(findings_has_bad(findings, "hyperv-dependency"), ==,
				types[i].judged);
		g_assert_cmpint(findings_count(findings, FINDING_SKIPPED) > 50, !=,
				types[i].judged);
	}
}

/* Without a host nothing is said of it: such findings are unknown, and none is wrong. */
static void test_unknown_host(void)
{
	GUEST_AUTO struct guest *guest = read_guest(good_xml);
	g_autoptr(GPtrArray) findings = judge(guest, NULL);
	static const char *const ids[] = { "hostdev-missing", "usb-duplicate", "topoext-missing",
					   "pin-splits-core", "hugepages-pool" };

	for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
		g_assert_cmpint(find(findings, ids[i])->verdict, ==, FINDING_UNKNOWN);
	g_assert_false(findings_are_bad(findings));
}

/* ---- mending ---- */

/* Which of the XML rows are mended; tests/test-xml-text.c looks at what stays. */
static void test_mend(void)
{
	static const char *const mended_ids[] = {
		"machine-unknown",
		"hostdev-unmanaged",
		"functions-split",
		"legacy-assignment",
		"firmware-writable",
		"hidden-kvm",
		"topoext-on-intel",
		"balloon",
		"memory-partial",
		"memlock",
		"iothread-bus",
		"iothread-number",
		"native-io-cache",
		"nic-emulated",
		"guest-iommu",
		"secure-boot-smm",
		NULL,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];
		if (row->text != XML || row->host || !g_strv_contains(mended_ids, row->id))
			continue;
		HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);
		g_autofree char *text = replace(row->text, row->from, row->to);
		GUEST_AUTO struct guest *guest = read_guest(text);
		g_autoptr(GPtrArray) findings = judge(guest, host);
		g_autoptr(GPtrArray) mended = lint_mend(guest, findings);
		g_autofree char *xml = guest_xml(guest);
		GUEST_AUTO struct guest *again = read_guest(xml);
		g_autoptr(GPtrArray) left = judge(again, host);
		const struct finding *finding = find(left, row->id);
		g_assert_cmpint(mended->len, ==, 1);
		g_assert_cmpstr(mended->pdata[0], ==, row->id);
		if (finding && finding->verdict != FINDING_PASS)
			g_error("%s is not mended: %s\n%s", row->id, finding->what, xml);
		g_assert_nonnull(strstr(xml, "<!-- kept -->"));
	}
}

/* The text mended, and the ids of what was: the caller's. */
static char *mend_line(const char *text, const struct host *host, GPtrArray *mended)
{
	LINE_EDITS_AUTO struct line_edits *edits = line_edits_new(text);
	g_autoptr(GPtrArray) guests = guest_read_qemu(text);

	for (guint i = 0; i < guests->len; i++) {
		g_autoptr(GPtrArray) findings = judge(guests->pdata[i], host);
		lint_mend_line(guests->pdata[i], findings, edits, mended);
	}
	return line_edits_apply(edits);
}

/* Which of the rows with a command line are mended; what is good is as it was, byte for byte. */
static void test_mend_line(void)
{
	static const char *const ids[] = {
		"machine-unknown",
		"multifunction-missing",
		"legacy-assignment",
		"x-vga-with-uefi",
		"firmware-writable",
		"hidden-kvm",
		"topoext-on-intel",
		"balloon",
		"native-io-cache",
		"disk-placed-twice",
		"nic-emulated",
		"guest-iommu",
		NULL,
	};
	HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);
	g_autoptr(GPtrArray) nothing = g_ptr_array_new();
	g_autofree char *same = mend_line(good_line, host, nothing);

	g_assert_cmpstr(same, ==, good_line);
	g_assert_cmpuint(nothing->len, ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct row *row = &rows[i];
		if (row->text != LINE || row->host || !g_strv_contains(ids, row->id))
			continue;
		g_autofree char *text = replace(row->text, row->from, row->to);
		g_autoptr(GPtrArray) mended = g_ptr_array_new();
		g_autofree char *line = mend_line(text, host, mended);
		GUEST_AUTO struct guest *again = read_guest(line);
		g_autoptr(GPtrArray) left = judge(again, host);
		g_assert_cmpuint(mended->len, ==, 1);
		g_assert_cmpstr(mended->pdata[0], ==, row->id);
		if (findings_has_bad(left, row->id))
			g_error("%s is not mended:\n%s", row->id, line);
		g_assert_true(g_str_has_prefix(line, "#!/bin/sh\n# start it\nulimit -l 9437184\n"));
		g_assert_nonnull(strstr(line, "-m $MEM \\\n"));
	}
}

/* What stands how is left as it stands; what does not stand there as such is left alone. */
static void test_mend_places(void)
{
	static const struct {
		const char *before, *after; /* NULL: nothing is mended */
	} texts[] = {
		{ Q "-cpu host,kvm=off -m 1" V, Q "-cpu host -m 1" V },
		{ Q "-cpu 'host,kvm=off' -m 1" V, Q "-cpu 'host' -m 1" V },
		{ Q "-cpu \"host\",kvm=off,x=1" V, Q "-cpu \"host\",x=1" V },
		{ Q "-cpu host,\"kvm=off\",x=1 -m 1" V, NULL },
		{ Q "-cpu host,\\\nkvm=off,x=1 -m 1" V, NULL },
		{ Q "-cpu host,kvm=off,hv_vendor_id=a,hv-vendor-id=b" V, Q "-cpu host" V },
		{ Q "-cpu host,hv_vendor_id=\"a b\",x=1" V, Q "-cpu host,x=1" V },
		{ Q "-cpu host,kvm_x=1,kvm=off,,x" V, Q "-cpu host,kvm_x=1" V },
		{ "A=(-cpu host,kvm=off # why\n-m 1)\nA+=(" V ")\n" Q "\"${A[@]}\"",
		  "A=(-cpu host # why\n-m 1)\nA+=(" V ")\n" Q "\"${A[@]}\"" },
		{ "A=(-cpu host,kvm=off -m 1" V ")\n" Q "\"${A[@]}\"\n" Q "\"${A[@]}\"\n",
		  "A=(-cpu host -m 1" V ")\n" Q "\"${A[@]}\"\n" Q "\"${A[@]}\"\n" },
		{ "C=host,kvm=off\n" Q "-cpu $C -m 1" V, NULL },
		{ "N=4\n" Q "-cpu host,kvm=off,x=$N -m 1" V, "N=4\n" Q "-cpu host,x=$N -m 1" V },
		{ Q "-m 1 -device virtio-balloon" V, Q "-m 1" V },
		{ Q "-m 1 \\\n  -device virtio-balloon \\\n " V "\n", Q "-m 1 \\\n " V "\n" },
		{ Q "-m 1 \\\r\n  -device virtio-balloon \\\r\n " V "\r\n",
		  Q "-m 1 \\\r\n " V "\r\n" },
		{ Q "-m 1" V " \\\n  -device virtio-balloon\nexit 0\n", Q "-m 1" V "\nexit 0\n" },
		{ Q "-m 1" V " \\\n  -device virtio-balloon", Q "-m 1" V },
		{ Q "-m 1" V " \\\n  -device virtio-balloon -s \\\n -S\n",
		  Q "-m 1" V " \\\n -s \\\n -S\n" },
		{ "A=(-m 1\n  -device virtio-balloon\n" V "\n)\n" Q "\"${A[@]}\"",
		  "A=(-m 1\n" V "\n)\n" Q "\"${A[@]}\"" },
		{ Q "-balloon virtio" V " -m 1", "qemu-system-x86_64" V " -m 1" },
		{ Q "-m 1 -device '{\"driver\":\"e1000\"}'", NULL },
		{ Q "-m 1 -device driver=e1000,id=a", Q "-m 1 -device driver=virtio-net-pci,id=a" },
		{ Q "-m 1 -net nic -net user", Q "-m 1 -net nic,model=virtio-net-pci -net user" },
		{ Q "-m 1 -net nic -net nic,model=virtio",
		  Q "-m 1 -net nic,model=virtio-net-pci -net nic,model=virtio" },
		{ Q "-m 1 -drive id=a,file=/a -device ide-hd,drive=a -drive id=b,file=/b",
		  Q "-m 1 -drive id=a,file=/a,if=none -device ide-hd,drive=a -drive id=b,file=/b" },
		{ Q "-m 1 -drive if=virtio,id=a -device virtio-blk-pci,drive=a",
		  Q "-m 1 -drive if=none,id=a -device virtio-blk-pci,drive=a" },
		{ Q "-m 1 -nic user,model=e1000", Q "-m 1 -nic user,model=virtio-net-pci" },
		{ Q "-m 1 -nic none", NULL },
		{ Q "-m 1 -drive file=/a,aio=native,cache=writeback",
		  Q "-m 1 -drive file=/a,aio=native,cache=none" },
		{ Q "-m 1 -drive file=\"$A\",aio=native,if=virtio",
		  Q "-m 1 -drive file=\"$A\",aio=native,if=virtio,cache=none" },
		{ Q "-m 1 -drive aio=native,file=\"$A\"",
		  Q "-m 1 -drive aio=native,file=\"$A\",cache=none" },
		{ Q "-machine type=pc-q35,accel=kvm -m 1", Q "-machine type=q35,accel=kvm -m 1" },
		{ Q "-m 1 -device intel-iommu -device vfio-pci,host=01:00.0",
		  Q "-m 1 -device intel-iommu,caching-mode=on -device vfio-pci,host=01:00.0" },
		{ Q "-m 1 -device pcie-root-port,id=r -device vfio-pci,host=01:00.0,bus=r"
		    " -device vfio-pci,host=01:00.1,bus=r",
		  Q "-m 1 -device pcie-root-port,id=r -device "
		    "vfio-pci,host=01:00.0,bus=r,multifunction=on"
		    " -device vfio-pci,host=01:00.1,bus=r,addr=00.1" },
		{ Q "-m 1 -device pcie-root-port,id=r -device vfio-pci,host=01:00.0,bus=r,addr=0.0"
		    " -device vfio-pci,host=01:00.1",
		  Q "-m 1 -device pcie-root-port,id=r -device "
		    "vfio-pci,host=01:00.0,bus=r,addr=0.0,multifunction=on"
		    " -device vfio-pci,host=01:00.1,bus=r,addr=00.1" },
	};
	HOST_AUTO struct host *host = read_host("guide-example", NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) mended = g_ptr_array_new();
		g_autofree char *text = mend_line(texts[i].before, host, mended);
		const char *wanted = texts[i].after ? texts[i].after : texts[i].before;
		if (strcmp(text, wanted) != 0 || (mended->len > 0) != (texts[i].after != NULL))
			g_error("row %zu:\n%s\nis\n%s\nand not\n%s", i, texts[i].before, text,
				wanted);
	}
}

/* topoext is added where AMD's CPU needs it; nothing is mended in what is good. */
static void test_mend_topoext(void)
{
	HOST_AUTO struct host *amd = read_host("identical-gpus", NULL, NULL);
	HOST_AUTO struct host *intel = read_host("guide-example", NULL, NULL);
	GUEST_AUTO struct guest *guest = read_guest(good_xml);
	g_autoptr(GPtrArray) good = judge(guest, intel);
	g_autoptr(GPtrArray) nothing = lint_mend(guest, good);
	g_autoptr(GPtrArray) bad = judge(guest, amd);

	g_assert_cmpint(nothing->len, ==, 0);
	g_assert_cmpint(find(bad, "topoext-missing")->verdict, ==, FINDING_WARN);
	g_autoptr(GPtrArray) mended = lint_mend(guest, bad);
	g_autofree char *xml = guest_xml(guest);
	g_assert_nonnull(strstr(xml, "<feature policy='require' name='topoext'/>\n  </cpu>"));
}

/* ---- reading what is hostile or broken ---- */

static void test_malformed(void)
{
	static const char *const texts[] = {
		"<domain><name>a</domain>",
		"<domain autoport='yes' listen type='none'/>",
		"<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><domain><name>&b;</name>"
		"</domain>",
		"<!DOCTYPE d [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><domain><name>&a;</name>"
		"</domain>",
		"<",
		"",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *malformed = NULL;
		g_autoptr(GError) error = NULL;
		g_assert_null(guest_read_xml(texts[i], strlen(texts[i]), &malformed, &error));
		g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
		g_assert_nonnull(malformed);
	}
	g_autoptr(GPtrArray) findings = findings_new();
	lint_malformed("a", "line 1: no", findings);
	g_assert_cmpint(findings_count(findings, FINDING_FAIL), ==, 1);
	g_assert_cmpint(findings_count(findings, FINDING_SKIPPED), >, 40);
	g_autofree char *malformed = NULL;
	g_autoptr(GError) error = NULL;
	g_assert_null(guest_read_xml("<network/>", 10, &malformed, &error));
	g_assert_null(malformed);
	g_assert_error(error, VFIOKIT_ERROR, STATUS_USAGE);
}

/* Each value of the good command line left empty, one by one: it is read all the same. */
static void test_empty_values(void)
{
	unsigned n = 0;

	for (const char *at = good_line; (at = strchr(at, '=')); at++) {
		size_t value = strcspn(at + 1, " ,\n'\"");
		g_autofree char *front = g_strndup(good_line, (gsize)(at + 1 - good_line));
		g_autofree char *text = g_strconcat(front, at + 1 + value, NULL);
		g_autoptr(GPtrArray) guests = guest_read_qemu(text);
		if (guests->len == 1)
			g_ptr_array_unref(judge(guests->pdata[0], NULL));
		n += guests->len;
	}
	g_assert_cmpuint(n, >, 30);
}

/* Mutilated definitions: whatever is found, nothing breaks. The seed is printed by GLib. */
static void test_mutilated(void)
{
	const char *const texts[] = { good_xml, good_line };

	for (int round = 0; round < 400; round++) {
		g_autofree char *text = g_strdup(texts[round % 2]);
		size_t length = strlen(text);
		for (int i = 0; i < 3; i++)
			text[g_test_rand_int_range(1, (int)length)] =
				(char)g_test_rand_int_range(1, 127);
		g_autofree char *malformed = NULL;
		GUEST_AUTO struct guest *guest =
			round % 2 ? NULL : guest_read_xml(text, length, &malformed, NULL);
		g_autoptr(GPtrArray) guests = round % 2 ? guest_read_qemu(text) : NULL;
		g_autofree char *same = guest ? guest_xml(guest) : NULL;
		if (same && strlen(text) == length)
			g_assert_cmpstr(same, ==, text);
		g_autoptr(GPtrArray) changed = g_ptr_array_new();
		g_autofree char *line = round % 2 ? mend_line(text, NULL, changed) : NULL;
		if (guests && guests->len > 0) {
			guest = guests->pdata[0];
			guests->pdata[0] = NULL;
		}
		g_autoptr(GPtrArray) findings = guest ? judge(guest, NULL) : NULL;
		g_autoptr(GPtrArray) mended =
			guest && guest->doc ? lint_mend(guest, findings) : NULL;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lint/good", test_good);
	g_test_add_func("/lint/bad", test_bad);
	g_test_add_func("/lint/claims", test_claims);
	g_test_add_func("/lint/near", test_near);
	g_test_add_func("/lint/near-incomplete", test_near_incomplete);
	g_test_add_func("/lint/complete", test_complete);
	g_test_add_func("/lint/lines", test_lines);
	g_test_add_func("/lint/wrapped", test_wrapped);
	g_test_add_func("/lint/passed-cpu", test_passed_cpu);
	g_test_add_func("/lint/other-hypervisor", test_other_hypervisor);
	g_test_add_func("/lint/unknown-host", test_unknown_host);
	g_test_add_func("/lint/mend", test_mend);
	g_test_add_func("/lint/mend-topoext", test_mend_topoext);
	g_test_add_func("/lint/mend-line", test_mend_line);
	g_test_add_func("/lint/mend-places", test_mend_places);
	g_test_add_func("/lint/malformed", test_malformed);
	g_test_add_func("/lint/empty-values", test_empty_values);
	g_test_add_func("/lint/mutilated", test_mutilated);
	return g_test_run();
}
