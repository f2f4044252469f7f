/* Tuning a guest: its definition with a pinning in it, and the plan for pages, clocks and the
 * host's own work. */
#include <glib.h>
#include <string.h>

#include "plan/tune_plan.h"
#include "vm/guest.h"
#include "vm/tune_xml.h"

static const char plain[] = "<domain type='kvm'>\n"
			    "  <name>a&amp;b</name>\n"
			    "  <memory unit='GiB'>4</memory>\n"
			    "  <vcpu placement='static' cpuset='0-7'>2</vcpu>\n"
			    "  <iothreads>2</iothreads>\n"
			    "  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n"
			    "  <cpu mode='host-passthrough'>\n"
			    "    <topology sockets='2' dies='2' cores='1' threads='1'/>\n"
			    "    <feature policy='require' name=\"topoext\"/>\n"
			    "  </cpu>\n"
			    "  <!-- \"kept\" -->\n"
			    "  <devices/>\n"
			    "</domain>\n";

static const char tuned[] =
	"<domain type='kvm'>\n"
	"  <name>a&amp;b</name>\n"
	"  <memory unit='GiB'>4</memory>\n"
	"  <memoryBacking>\n    <hugepages>\n"
	"      <page size='2048' unit='KiB'/>\n    </hugepages>\n"
	"  </memoryBacking>\n"
	"  <vcpu placement='static'>4</vcpu>\n"
	"  <iothreads>2</iothreads>\n"
	"  <cputune>\n"
	"    <vcpupin vcpu='0' cpuset='2'/>\n    <vcpupin vcpu='1' cpuset='18'/>\n"
	"    <vcpupin vcpu='2' cpuset='3'/>\n    <vcpupin vcpu='3' cpuset='19'/>\n"
	"    <emulatorpin cpuset='0,16'/>\n"
	"    <iothreadpin iothread='1' cpuset='1,17'/>\n"
	"    <iothreadpin iothread='2' cpuset='1,17'/>\n"
	"  </cputune>\n"
	"  <numatune>\n    <memory mode='strict' nodeset='1'/>\n  </numatune>\n"
	"  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n"
	"  <cpu mode='host-passthrough'>\n"
	"    <topology sockets='1' dies='1' cores='2' threads='2'/>\n"
	"    <feature policy='require' name=\"topoext\"/>\n"
	"  </cpu>\n"
	"  <!-- \"kept\" -->\n"
	"  <devices/>\n"
	"</domain>\n";

/* ---- a pinning ---- */

static GArray *list_of(const char *text)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));
	g_auto(GStrv) words = g_strsplit(text, " ", -1);

	for (int i = 0; words[i] && *words[i]; i++) {
		int value = (int)g_ascii_strtoll(words[i], NULL, 10);
		g_array_append_val(list, value);
	}
	return list;
}

static struct pinning pinning_of(const char *vcpus, const char *nodes, const char *host)
{
	return (struct pinning){
		.vcpus = list_of(vcpus),
		.emulator = list_of("0 16"),
		.iothreads = list_of("1 17"),
		.host = list_of(host),
		.spare = list_of(""),
		.nodes = list_of(nodes),
		.threads = 2,
	};
}

static struct guest *read_guest(const char *xml)
{
	g_autofree char *malformed = NULL;
	g_autoptr(GError) error = NULL;
	struct guest *guest = guest_read_xml(xml, strlen(xml), &malformed, &error);

	g_assert_no_error(error);
	return guest;
}

/* ---- the definition ---- */

static void test_definition(void)
{
	struct pinning pinning = pinning_of("2 18 3 19", "1", "0 1 16 17");
	const struct tune tune = { .pinning = &pinning,
				   .bind_memory = true,
				   .hugepage_size = 1 << 21 };
	GUEST_AUTO struct guest *guest = read_guest(plain);

	g_assert_false(tune_is_done(guest, &tune));
	tune_apply(guest, &tune);
	g_autofree char *xml = guest_xml(guest);
	g_assert_cmpstr(xml, ==, tuned);
	GUEST_AUTO struct guest *again = read_guest(xml);
	g_assert_true(tune_is_done(again, &tune));
	pinning_clear(&pinning);
}

/* Whatever differs from what was chosen is seen; what was not asked for is left. */
static void test_done(void)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
		{ "vcpu='1' cpuset='18'", "vcpu='1' cpuset='17'" },
		{ "vcpu='1' cpuset='18'", "vcpu='7' cpuset='18'" },
		{ "<emulatorpin cpuset='0,16'/>", "" },
		{ "iothread='2' cpuset='1,17'", "iothread='2' cpuset='2'" },
		{ "nodeset='1'", "nodeset='0'" },
		{ "size='2048'", "size='1048576'" },
		{ "cores='2' threads='2'", "cores='4' threads='1'" },
		{ "'>4</vcpu>", "'>8</vcpu>" },
	};
	struct pinning pinning = pinning_of("2 18 3 19", "1", "0 1 16 17");
	const struct tune all = { .pinning = &pinning,
				  .bind_memory = true,
				  .hugepage_size = 1 << 21 };
	const struct tune pins = { .pinning = &pinning };

	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_auto(GStrv) parts = g_strsplit(tuned, changes[i].from, -1);
		g_assert_nonnull(parts[1]);
		g_autofree char *xml = g_strjoinv(changes[i].to, parts);
		GUEST_AUTO struct guest *guest = read_guest(xml);
		if (tune_is_done(guest, &all))
			g_error("'%s' is not seen", changes[i].to);
		bool memory = strstr(changes[i].from, "nodeset") || strstr(changes[i].from, "size");
		g_assert_cmpint(tune_is_done(guest, &pins), ==, memory);
	}
	pinning_clear(&pinning);
}

/* Quotes stay as they were. */
static void test_quotes(void)
{
	static const char *const texts[] = {
		"<domain a=\"b\" c=\"it's\"><name>\"x'</name></domain>\n",
		"<domain a='b' c='d' e=\"it's\" f='\"'><!-- a=\"b\" "
		"--><name>a=\"b\"</name></domain>\n",
		"<?xml version='1.0' encoding='UTF-8'?>\n<domain a='&lt;&gt;'><b "
		"c='ü'/></domain>\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		GUEST_AUTO struct guest *guest = read_guest(texts[i]);
		g_autofree char *xml = guest_xml(guest);
		g_auto(GStrv) lines = g_strsplit(xml, "<domain", 2);
		g_auto(GStrv) expected = g_strsplit(texts[i], "<domain", 2);
		g_assert_cmpstr(lines[1], ==, expected[1]);
	}
}

/* ---- the plan ---- */

#define PAGES(where, total_pages, free_pages)                                                      \
	{                                                                                          \
		.node = (where), .size = 1 << 21, .total = (total_pages), .free = (free_pages)     \
	}

static const struct {
	const char *nodes;
	struct hugepages pools[3];
	unsigned n_pools;
	const char *steps; /* "node:old:new" */
	bool warns;
} pages[] = {
	{ "0", { PAGES(0, 2048, 2048) }, 1, "", false },
	{ "0", { PAGES(0, 2047, 2047) }, 1, "0:2047:2048", false },
	{ "0", { PAGES(0, 3000, 1000) }, 1, "0:3000:4048", false },
	{ "0", { PAGES(-1, 0, 0) }, 1, "-1:0:2048", false },
	{ "1", { PAGES(0, 4096, 4096), PAGES(1, 0, 0) }, 2, "1:0:2048", false },
	{ "0 1", { PAGES(0, 0, 0), PAGES(1, 0, 0) }, 2, "0:0:1024 1:0:1024", false },
	{ "0 1", { PAGES(0, 0, 0), PAGES(-1, 0, 0) }, 2, "0:0:1024", true },
	{ "", { PAGES(-1, 1, 1) }, 1, "-1:1:2048", false },
	{ "0", { PAGES(0, -1, -1) }, 1, "", true },
	{ "0", { { .node = 0, .size = 1 << 30, .total = 9, .free = 9 } }, 1, "", true },
};

/* The steps that write numbers of pages. */
static char *say_pages(const struct plan *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		const char *node = strstr(step->path ? step->path : "", "/node/node");
		if (step->kind == STEP_SYSFS_WRITE)
			g_string_append_printf(text, "%s%.*s:%s:%s", text->len ? " " : "",
					       node ? 1 : 2, node ? node + 10 : "-1", step->old,
					       step->new_value);
	}
	return g_string_free(text, FALSE);
}

static void test_pages(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
		HOST_AUTO struct host *host = host_new(HOST_TREE);
		PLAN_AUTO struct plan *plan = plan_new("tune");
		struct pinning pinning = pinning_of("2 18", pages[i].nodes, "0 16");
		const struct tune_request request = { .pinning = &pinning,
						      .memory = (uint64_t)4 << 30,
						      .page_size = 1 << 21 };
		host->platform.memory.pools = pages[i].pools;
		host->platform.memory.n_pools = pages[i].n_pools;
		tune_plan(host, &request, plan);
		g_autofree char *said = say_pages(plan);
		g_assert_cmpstr(said, ==, pages[i].steps);
		g_assert_cmpint(plan->warnings->len, ==, pages[i].warns);
		/* Memory is moved together once, before the first. */
		bool compacts = plan->steps->len > 0;
		if (compacts) {
			const struct step *first = plan->steps->pdata[0];
			g_assert_cmpint(first->kind, ==, STEP_RUN);
			g_assert_null(first->undo[0]);
		}
		pinning_clear(&pinning);
	}
}

static void test_host(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	PLAN_AUTO struct plan *plan = plan_new("tune");
	struct pinning pinning = pinning_of("2 18", "0", "0 1 16");
	const struct tune_setting governors[] = { { .path = "/g2", .now = "schedutil" },
						  { .path = "/g18", .now = "performance" } };
	const struct tune_setting units[] = {
		{ .path = "/c1", .name = "system.slice", .now = "" },
		{ .path = "/c2", .name = "init.scope", .now = "0-1,16" },
		{ .path = "/c3", .name = "user.slice", .now = "0-3" }
	};
	const struct tune_request request = {
		.pinning = &pinning,
		.governors = governors,
		.n_governors = 2,
		.units = units,
		.n_units = 3,
		.guest = "u#a",
		.old_xml = "<a/>",
		.new_xml = "<b/>",
	};

	tune_plan(host, &request, plan);
	g_assert_cmpint(plan->steps->len, ==, 4);
	const struct step *governor = plan->steps->pdata[0], *system = plan->steps->pdata[1];
	const struct step *user = plan->steps->pdata[2], *guest = plan->steps->pdata[3];
	g_assert_cmpstr(governor->path, ==, "/g2");
	g_assert_cmpstr(governor->old, ==, "schedutil");
	g_assert_cmpstr(system->argv[5], ==, "AllowedCPUs=0-1,16");
	g_assert_cmpstr(system->undo[5], ==, "AllowedCPUs=");
	g_assert_cmpstr(user->argv[4], ==, "user.slice");
	g_assert_cmpstr(user->undo[5], ==, "AllowedCPUs=0-3");
	g_assert_cmpint(guest->kind, ==, STEP_GUEST);
	g_assert_cmpstr(guest->old, ==, "<a/>");
	pinning_clear(&pinning);
}

/* What is as it should be gets no step; a host without CPUs cannot be kept on them. */
static void test_nothing(void)
{
	HOST_AUTO struct host *host = host_new(HOST_TREE);
	PLAN_AUTO struct plan *done = plan_new("tune");
	PLAN_AUTO struct plan *all = plan_new("tune");
	struct pinning pinning = pinning_of("2 18", "0", "0 16");
	struct pinning taken = pinning_of("0 1", "0", "");
	const struct tune_setting unit = { .path = "/c", .name = "init.scope", .now = "0,16" };
	const struct tune_setting governor = { .path = "/g", .now = "performance" };
	struct tune_request request = { .pinning = &pinning,
					.units = &unit,
					.n_units = 1,
					.governors = &governor,
					.n_governors = 1 };

	tune_plan(host, &request, done);
	g_assert_cmpint(done->steps->len, ==, 0);
	request.pinning = &taken;
	tune_plan(host, &request, all);
	g_assert_cmpint(all->steps->len, ==, 0);
	g_assert_cmpstr(((struct warning *)all->warnings->pdata[0])->id, ==, "no-host-cpus");
	pinning_clear(&pinning);
	pinning_clear(&taken);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tune/definition", test_definition);
	g_test_add_func("/tune/done", test_done);
	g_test_add_func("/tune/quotes", test_quotes);
	g_test_add_func("/tune/pages", test_pages);
	g_test_add_func("/tune/host", test_host);
	g_test_add_func("/tune/nothing", test_nothing);
	return g_test_run();
}
