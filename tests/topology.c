/* Small machines as tables of words; see topology.h. */
#include "topology.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"

static const struct {
	const char *name;
	int type;
	bool bridge;
} types[] = {
	{ "conv", PCIE_CONVENTIONAL, false },  { "root", PCIE_ROOT_PORT, true },
	{ "up", PCIE_UPSTREAM_PORT, true },    { "down", PCIE_DOWNSTREAM_PORT, true },
	{ "ep", PCIE_ENDPOINT, false },        { "leg", PCIE_LEGACY_ENDPOINT, false },
	{ "rciep", PCIE_RC_ENDPOINT, false },  { "rcec", PCIE_RC_EVENT_COLLECTOR, false },
	{ "topci", PCIE_TO_PCI_BRIDGE, true }, { "frompci", PCI_TO_PCIE_BRIDGE, true },
	{ "?", PCIE_TYPE_UNKNOWN, false },
};

static void read_ids(const char *text, int32_t *vendor, int32_t *device)
{
	uint32_t a, b = 0;

	if (strcmp(text, "-") == 0)
		return;
	g_assert_true(text_hex(text, 4, &a) && text[4] == ':' && text_hex(text + 5, 4, &b));
	*vendor = (int32_t)a;
	*device = (int32_t)b;
}

static void read_type(const char *text, struct pci_caps *caps)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(types[i].name, text) != 0)
			continue;
		caps->pcie_type = (enum pcie_type)types[i].type;
		caps->header_type = types[i].bridge;
		return;
	}
	g_error("type '%s'?", text);
}

static void read_acs(const char *value, struct pci_caps *caps)
{
	char *end;

	caps->acs = TRI_YES;
	caps->acs_bits_known = true;
	caps->acs_cap = (uint16_t)strtoul(value, &end, 16);
	caps->acs_ctrl = (uint16_t)strtoul(end + 1, NULL, 16);
}

static void read_bus(const char *value, struct pci_caps *caps)
{
	char *end;

	caps->header_type = 1;
	caps->secondary_bus = (int)strtol(value, &end, 10);
	caps->subordinate_bus = *end == '-' ? (int)strtol(end + 1, NULL, 10) : caps->secondary_bus;
}

static bool read_caps_word(const char *word, struct pci_caps *caps)
{
	const char *value;

	if (strcmp(word, "mf") == 0)
		caps->multifunction = TRI_YES;
	else if (strcmp(word, "mf?") == 0)
		caps->multifunction = TRI_UNKNOWN;
	else if (strcmp(word, "slot") == 0)
		caps->slot = TRI_YES;
	else if (strcmp(word, "acs") == 0)
		read_acs("1d/1d", caps);
	else if (strcmp(word, "acs?") == 0)
		caps->acs = TRI_UNKNOWN;
	else if (strcmp(word, "bits?") == 0)
		caps->acs = TRI_YES;
	else if (strcmp(word, "header?") == 0)
		caps->header_type = -1;
	else if ((value = text_after(word, "acs=")))
		read_acs(value, caps);
	else if ((value = text_after(word, "bus=")))
		read_bus(value, caps);
	else if ((value = text_after(word, "spt="))) {
		caps->acs_ctrl_spt = (uint16_t)strtoul(value, NULL, 16);
		caps->acs_ctrl_spt_known = true;
	} else
		return false;
	return true;
}

static void add_candidate(struct host *host, struct pci_dev *dev, const char *value)
{
	uint32_t *list = host_alloc(host, (dev->n_candidates + 1) * sizeof(*list));
	int32_t vendor = 0, device = 0;

	read_ids(value, &vendor, &device);
	for (unsigned i = 0; i < dev->n_candidates; i++)
		list[i] = dev->candidates[i];
	list[dev->n_candidates++] = (uint32_t)vendor << 16 | (uint32_t)device;
	dev->candidates = list;
}

static void read_word(struct host *host, struct pci_dev *dev, const char *word)
{
	const char *value;

	if (strcmp(word, "rootbus") == 0)
		dev->on_root_bus = true;
	else if (strcmp(word, "dead") == 0) {
		pci_caps_init(dev->caps);
		dev->caps->malformed = true;
	} else if (strcmp(word, "g=none") == 0)
		dev->group_known = true;
	else if ((value = text_after(word, "g="))) {
		dev->group_known = true;
		dev->group_id = (int)strtol(value, NULL, 10);
	} else if ((value = text_after(word, "vf=")))
		dev->is_virtfn = pci_addr_parse(value, &dev->physfn);
	else if ((value = text_after(word, "above=")))
		dev->has_path_parent = pci_addr_parse(value, &dev->path_parent);
	else if ((value = text_after(word, "class=")))
		dev->class_code = (int32_t)strtol(value, NULL, 16) << 8;
	else if ((value = text_after(word, "sub=")))
		read_ids(value, &dev->subsystem_vendor, &dev->subsystem_device);
	else if ((value = text_after(word, "or=")))
		add_candidate(host, dev, value);
	else
		g_error("word '%s'?", word);
}

static void add_line(struct host *host, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	struct pci_addr addr;
	struct pci_dev *dev;

	g_assert_true(pci_addr_parse(words[0], &addr));
	dev = host_add_pci(host, addr);
	dev->caps = host_alloc(host, sizeof(*dev->caps));
	pci_caps_init(dev->caps);
	dev->caps->depth = CONFIG_EXTENDED;
	dev->caps->multifunction = TRI_NO;
	dev->caps->acs = TRI_NO;
	read_ids(words[1], &dev->vendor, &dev->device);
	read_type(words[2], dev->caps);
	for (char **word = words + 3; *word; word++)
		if (**word && !read_caps_word(*word, dev->caps))
			read_word(host, dev, *word);
	if (dev->class_code < 0)
		dev->class_code = dev->caps->header_type > 0 ? 0x060400 : 0x020000;
	dev->kind = (int8_t)pci_class_kind(dev->class_code);
}

struct host *topology_host(const char *const *lines, int source)
{
	struct host *host = host_new((enum host_source)source);

	for (; *lines; lines++)
		add_line(host, *lines);
	host_link(host);
	return host;
}

static void append_function(const struct host *host, unsigned index, GString *text)
{
	char buf[PCI_ADDR_SIZE];

	pci_addr_format(host->pci[index].addr, buf);
	if (text->len > 0)
		g_string_append_c(text, ' ');
	g_string_append(text, host->pci[index].addr.domain ? buf : buf + 5);
}

static void append_special(const struct host *host, const struct prediction *prediction, int group,
			   const char *mark, GString *text)
{
	bool first = true;

	for (unsigned i = 0; i < prediction->n_fns; i++) {
		if (prediction->fns[i].group != group)
			continue;
		if (first)
			g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", mark);
		append_function(host, i, text);
		first = false;
	}
}

char *topology_groups(const struct host *host, const struct prediction *prediction)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < prediction->n_groups; i++) {
		if (i > 0)
			g_string_append(text, " |");
		for (unsigned k = prediction->starts[i]; k < prediction->starts[i + 1]; k++)
			append_function(host, (unsigned)prediction->members[k], text);
	}
	append_special(host, prediction, PREDICTION_UNKNOWN, "?", text);
	append_special(host, prediction, PREDICTION_NONE, "-", text);
	return g_string_free(text, FALSE);
}
