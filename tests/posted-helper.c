/* See posted-helper.h. */
#include "posted-helper.h"

#include <string.h>

#include "model/host.h"
#include "probe/posted.h"

/* ---- a host in words ---- */

static const char *tri_text(enum tri value)
{
	return value == TRI_UNKNOWN ? "?" : value == TRI_YES ? "+" : "-";
}

static void describe_numbers(GString *out, const struct pci_dev *dev)
{
	if (dev->class_code >= 0 && dev->prog_if_known)
		g_string_append_printf(out, " class=%06x", (unsigned)dev->class_code);
	else if (dev->class_code >= 0)
		g_string_append_printf(out, " class=%04x", (unsigned)dev->class_code >> 8);
	if (dev->device >= 0)
		g_string_append_printf(out, " id=%04x:%04x", dev->vendor, dev->device);
	else if (dev->vendor >= 0)
		g_string_append_printf(out, " id=%04x:?", dev->vendor);
	for (unsigned i = 0; i < dev->n_candidates; i++)
		g_string_append_printf(out, "%s%04x:%04x", i == 0 ? " maybe=" : "|",
				       dev->candidates[i] >> 16, dev->candidates[i] & 0xffff);
	if (dev->subsystem_vendor >= 0)
		g_string_append_printf(out, " sub=%04x:%04x", dev->subsystem_vendor,
				       dev->subsystem_device);
	if (dev->revision >= 0)
		g_string_append_printf(out, " rev=%02x", dev->revision);
}

static void describe_words(GString *out, const struct pci_dev *dev)
{
	if (dev->group_known && dev->group_id >= 0)
		g_string_append_printf(out, " group=%d", dev->group_id);
	else if (dev->group_known)
		g_string_append(out, " group=none");
	if (dev->driver_known)
		g_string_append_printf(out, " driver=%s", dev->driver ? dev->driver : "none");
	if (dev->text_modules)
		g_string_append_printf(out, " modules=%s", dev->text_modules);
	if (dev->numa_node >= 0)
		g_string_append_printf(out, " node=%d", dev->numa_node);
	if (dev->text_class || dev->text_name)
		g_string_append_printf(out, " \"%s: %s\"", dev->text_class ? dev->text_class : "?",
				       dev->text_name ? dev->text_name : "?");
}

static void describe_place(GString *out, const struct host *host, const struct pci_dev *dev)
{
	char buf[PCI_ADDR_SIZE];

	if (dev->on_root_bus)
		g_string_append(out, " root");
	if (dev->parent >= 0)
		g_string_append_printf(out, " below=%s",
				       pci_addr_format(host->pci[dev->parent].addr, buf));
	if (dev->is_virtfn)
		g_string_append_printf(out, " vf-of=%s", pci_addr_format(dev->physfn, buf));
}

static void describe_caps(GString *out, const struct pci_caps *caps)
{
	if (!caps)
		return;
	g_string_append_printf(out, " | depth=%d header=%d", (int)caps->depth, caps->header_type);
	if (caps->secondary_bus >= 0)
		g_string_append_printf(out, " bus=%02x-%02x", (unsigned)caps->secondary_bus,
				       (unsigned)caps->subordinate_bus);
	g_string_append_printf(out, " type=%d slot%s acs%s", (int)caps->pcie_type,
			       tri_text(caps->slot), tri_text(caps->acs));
	if (caps->acs_bits_known)
		g_string_append_printf(out, "%02x/%02x", caps->acs_cap & 0x7fU,
				       caps->acs_ctrl & 0x7fU);
	g_string_append_printf(out, " flr%s af%s pm%s sriov%s rebar%s", tri_text(caps->flr),
			       tri_text(caps->af_flr), tri_text(caps->pm_reset),
			       tri_text(caps->sriov), tri_text(caps->rebar));
	if (caps->max_link_width > 0)
		g_string_append_printf(out, " link=%dx%d", caps->max_link_speed,
				       caps->max_link_width);
	g_string_append(out, caps->malformed ? " malformed" : "");
	for (unsigned i = 0; i < caps->n_list; i++)
		g_string_append_printf(out, "%s%x@%x", i == 0 ? " list=" : ",", caps->list[i].id,
				       caps->list[i].offset);
}

static void describe_detail(GString *out, const struct pci_detail *detail)
{
	if (!detail)
		return;
	for (unsigned i = 0; i < PCI_N_BARS; i++)
		if (detail->bars_known && detail->bars[i].size > 0)
			g_string_append_printf(out, " bar%u=%s%s%s%" G_GINT64_MODIFIER "x", i,
					       detail->bars[i].io ? "io" : "mem",
					       detail->bars[i].is_64bit ? "64" : "",
					       detail->bars[i].prefetchable ? "p:" : ":",
					       detail->bars[i].size);
	if (detail->sriov_totalvfs >= 0)
		g_string_append_printf(out, " vfs=%d/%d", detail->sriov_numvfs,
				       detail->sriov_totalvfs);
}

char *posted_describe(const struct host *host)
{
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; i < host->n_pci; i++) {
		const struct pci_dev *dev = &host->pci[i];
		char buf[PCI_ADDR_SIZE];
		g_string_append(out, pci_addr_format(dev->addr, buf));
		describe_numbers(out, dev);
		describe_place(out, host, dev);
		describe_words(out, dev);
		describe_caps(out, dev->caps);
		describe_detail(out, dev->detail);
		g_string_append_c(out, '\n');
	}
	if (host->platform.kernel.cmdline)
		g_string_append_printf(out, "cmdline: %s\n", host->platform.kernel.cmdline);
	return g_string_free(out, FALSE);
}

struct host *posted_must_read(const char *text, size_t length)
{
	g_autoptr(GError) error = NULL;
	struct host *host = posted_read(text, length, &error);

	g_assert_no_error(error);
	g_assert_nonnull(host);
	return host;
}

/* ---- disguises ---- */

/* Puts before in front of every line and after behind it. */
static char *dress(const char *text, const char *before, const char *after)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; lines[i]; i++)
		if (lines[i][0] || lines[i + 1])
			g_string_append_printf(out, "%s%s%s\n", before, lines[i], after);
	return g_string_free(out, FALSE);
}

static char *put_crlf(const char *text)
{
	return dress(text, "", "\r");
}

static char *put_quoted(const char *text)
{
	return dress(text, "> ", "");
}

static char *put_quoted_deeply(const char *text)
{
	return dress(text, ">> > ", "");
}

static char *put_indented(const char *text)
{
	return dress(text, "    ", "  ");
}

static char *replace(const char *text, const char *from, const char *to)
{
	g_auto(GStrv) parts = g_strsplit(text, from, -1);

	return g_strjoinv(to, parts);
}

static char *put_spaces(const char *text)
{
	return replace(text, "\t", "        ");
}

static char *put_no_break_spaces(const char *text)
{
	return replace(text, "\t", "\xc2\xa0\xc2\xa0");
}

static char *put_html(const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text, -1);

	return g_strconcat("<pre><code>", escaped, "</code></pre>\n", NULL);
}

/* Breaks lines at blanks where they are wider than width, as mail programs do. */
static void wrap_line(GString *out, const char *line, size_t width)
{
	size_t column = 0, start = out->len;

	for (const char *word = line; *word;) {
		size_t blanks = strspn(word, " "), n = blanks + strcspn(word + blanks, " ");
		if (column > 0 && column + n > width && out->len > start + blanks) {
			g_string_append_c(out, '\n');
			word += blanks;
			n -= blanks;
			column = 0;
		}
		g_string_append_len(out, word, (gssize)n);
		column += n;
		word += n;
	}
	g_string_append_c(out, '\n');
}

static char *put_wrapped(const char *text)
{
	g_autofree char *spaces = put_spaces(text);
	g_auto(GStrv) lines = g_strsplit(spaces, "\n", -1);
	GString *out = g_string_new(NULL);

	for (unsigned i = 0; lines[i]; i++)
		if (lines[i][0] || lines[i + 1])
			wrap_line(out, g_strchomp(lines[i]), 76);
	return g_string_free(out, FALSE);
}

/* Breaks lines after 80 columns, wherever that is: a copy from a terminal. */
static char *put_broken(const char *text)
{
	g_autofree char *spaces = put_spaces(text);
	GString *out = g_string_new(NULL);
	unsigned column = 0;

	for (const char *c = spaces; *c; c++) {
		if (column == 80 && *c != '\n') {
			g_string_append_c(out, '\n');
			column = 0;
		}
		g_string_append_c(out, *c);
		column = *c == '\n' ? 0 : column + 1;
	}
	return g_string_free(out, FALSE);
}

const struct disguise posted_disguises[] = {
	{ "crlf", put_crlf },
	{ "quoted", put_quoted },
	{ "quoted-deeply", put_quoted_deeply },
	{ "indented", put_indented },
	{ "spaces", put_spaces },
	{ "no-break-spaces", put_no_break_spaces },
	{ "html", put_html },
	{ "wrapped", put_wrapped },
	{ "broken", put_broken },
};
const unsigned posted_n_disguises = G_N_ELEMENTS(posted_disguises);

/* ---- files ---- */

static char *read_under(const char *variable, const char *directory, const char *name,
			size_t *length)
{
	const char *top = g_getenv(variable);
	g_autofree char *path = top ? g_build_filename(top, directory, name, NULL) : NULL;
	char *text = NULL;

	if (path)
		g_file_get_contents(path, &text, length, NULL);
	return text;
}

char *posted_fixture(const char *name, size_t *length)
{
	return read_under("VFIOKIT_TESTS", "posted", name, length);
}

char *posted_data(const char *name, size_t *length)
{
	return read_under("VFIOKIT_DATA", "", name, length);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *posted_data_names(const char *directory)
{
	const char *top = g_getenv("VFIOKIT_DATA");
	g_autofree char *path = top ? g_build_filename(top, directory, NULL) : NULL;
	g_autoptr(GDir) dir = path ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;

	if (!dir)
		return NULL;
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	while ((name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}
