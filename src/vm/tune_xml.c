/* See tune_xml.h. */
#include "vm/tune_xml.h"

#include <string.h>

#include "vm/xml_read.h"
#include "vm/xml_write.h"

/* ---- is it so already? ---- */

static const char *pin_of(const GArray *pins, int vcpu)
{
	for (guint i = 0; i < pins->len; i++)
		if (g_array_index(pins, struct guest_pin, i).vcpu == vcpu)
			return g_array_index(pins, struct guest_pin, i).cpus;
	return NULL;
}

static bool pins_are_done(const struct guest *guest, const struct pinning *pinning)
{
	g_autofree char *emulator = cpu_list_format(pinning->emulator);
	g_autofree char *iothreads = cpu_list_format(pinning->iothreads);

	if (guest->pins->len != pinning->vcpus->len || guest->helpers->len != 1 + guest->iothreads)
		return false;
	for (guint i = 0; i < pinning->vcpus->len; i++) {
		g_autofree char *cpu = g_strdup_printf("%d", g_array_index(pinning->vcpus, int, i));
		if (g_strcmp0(pin_of(guest->pins, (int)i), cpu) != 0)
			return false;
	}
	for (guint i = 0; i < guest->helpers->len; i++) {
		const char *cpus = g_array_index(guest->helpers, struct guest_pin, i).cpus;
		if (strcmp(cpus, emulator) != 0 && strcmp(cpus, iothreads) != 0)
			return false;
	}
	return true;
}

static bool topology_is_done(const struct guest *guest, const struct pinning *pinning)
{
	unsigned n = pinning->vcpus->len;

	return guest->vcpus == n && guest->sockets == 1 &&
	       guest->cores == (int)(n / pinning->threads) &&
	       guest->threads == (int)pinning->threads;
}

bool tune_is_done(const struct guest *guest, const struct tune *tune)
{
	g_autofree char *nodes = cpu_list_format(tune->pinning->nodes);

	return pins_are_done(guest, tune->pinning) && topology_is_done(guest, tune->pinning) &&
	       (!tune->bind_memory || g_strcmp0(guest->nodeset, nodes) == 0) &&
	       (tune->hugepage_size == 0 ||
		(guest->hugepages && guest->hugepage_size == tune->hugepage_size));
}

/* ---- making it so ---- */

static void set_number(xmlNode *node, const char *name, unsigned value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	node_set(node, name, text);
}

static void apply_cpus(xmlNode *domain, const struct pinning *pinning)
{
	unsigned n = pinning->vcpus->len;
	g_autofree char *text = g_strdup_printf("%u", n);
	xmlNode *vcpu = domain_ensure(domain, "vcpu");
	xmlNode *topology = node_ensure(domain_ensure(domain, "cpu"), "topology");

	xmlNodeSetContent(vcpu, BAD_CAST text);
	xmlUnsetProp(vcpu, BAD_CAST "cpuset");
	xmlUnsetProp(vcpu, BAD_CAST "current");
	set_number(topology, "sockets", 1);
	if (!node_says(topology, "dies", NULL))
		set_number(topology, "dies", 1);
	if (!node_says(topology, "clusters", NULL))
		set_number(topology, "clusters", 1);
	set_number(topology, "cores", n / pinning->threads);
	set_number(topology, "threads", pinning->threads);
}

static void drop_pins(xmlNode *tune)
{
	static const char *const names[] = { "vcpupin", "emulatorpin", "iothreadpin" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		for (xmlNode *node; (node = node_child(tune, names[i]));)
			node_drop(node);
}

static void add_pin(xmlNode *tune, const char *name, const char *key, unsigned number,
		    const char *cpus)
{
	xmlNode *pin = node_append(tune, name);

	if (key)
		set_number(pin, key, number);
	node_set(pin, "cpuset", cpus);
}

static void apply_pins(xmlNode *domain, const struct guest *guest, const struct pinning *pinning)
{
	xmlNode *tune = domain_ensure(domain, "cputune");
	g_autofree char *emulator = cpu_list_format(pinning->emulator);
	g_autofree char *iothreads = cpu_list_format(pinning->iothreads);

	drop_pins(tune);
	for (guint i = 0; i < pinning->vcpus->len; i++) {
		g_autofree char *cpu = g_strdup_printf("%d", g_array_index(pinning->vcpus, int, i));
		add_pin(tune, "vcpupin", "vcpu", i, cpu);
	}
	add_pin(tune, "emulatorpin", NULL, 0, emulator);
	for (unsigned i = 1; i <= guest->iothreads; i++)
		add_pin(tune, "iothreadpin", "iothread", i, iothreads);
}

static void apply_nodes(xmlNode *domain, const struct pinning *pinning)
{
	xmlNode *memory = node_ensure(domain_ensure(domain, "numatune"), "memory");
	g_autofree char *nodes = cpu_list_format(pinning->nodes);

	node_set(memory, "mode", "strict");
	node_set(memory, "nodeset", nodes);
	xmlUnsetProp(memory, BAD_CAST "placement");
}

static void apply_pages(xmlNode *domain, uint64_t size)
{
	xmlNode *pages = node_ensure(domain_ensure(domain, "memoryBacking"), "hugepages");

	for (xmlNode *page; (page = node_child(pages, "page"));)
		node_drop(page);
	xmlNode *page = node_append(pages, "page");
	set_number(page, "size", (unsigned)(size >> 10));
	node_set(page, "unit", "KiB");
}

void tune_apply(struct guest *guest, const struct tune *tune)
{
	xmlNode *domain = xmlDocGetRootElement(guest->doc);

	apply_cpus(domain, tune->pinning);
	apply_pins(domain, guest, tune->pinning);
	if (tune->bind_memory && tune->pinning->nodes->len > 0)
		apply_nodes(domain, tune->pinning);
	if (tune->hugepage_size > 0)
		apply_pages(domain, tune->hugepage_size);
}
