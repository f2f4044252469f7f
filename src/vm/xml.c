/* libvirt's XML of a definition: all but <devices>. See definition.h. Elements and their values are
 * those of libvirt's formatdomain; why they are chosen stands beside them, for whoever reads the
 * result. */
#include <inttypes.h>
#include <libxml/tree.h>
#include <string.h>

#include "base/size.h"
#include "vm/definition.h"
#include "vm/xml_parts.h"

/* ---- elements ---- */

xmlNode *xml_add(xmlNode *parent, const char *name, ...)
{
	xmlNode *node = xmlNewChild(parent, NULL, BAD_CAST name, NULL);
	const char *attribute, *value;
	va_list args;

	va_start(args, name);
	while ((attribute = va_arg(args, const char *)) && (value = va_arg(args, const char *)))
		xmlNewProp(node, BAD_CAST attribute, BAD_CAST value);
	va_end(args);
	return node;
}

xmlNode *xml_add_text(xmlNode *parent, const char *name, const char *text)
{
	return xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text);
}

void xml_set(xmlNode *node, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *value = g_strdup_vprintf(format, args);
	va_end(args);
	xmlNewProp(node, BAD_CAST name, BAD_CAST value);
}

#define WIDTH 88 /* of a line of a comment */

/* Breaks the words of a comment into lines that go on under its first word. */
static char *wrap(const char *text, size_t indent)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GString *lines = g_string_new(NULL);
	size_t column = indent;

	for (char **word = words; *word; word++) {
		bool fits = word == words || column + 1 + strlen(*word) <= WIDTH;
		if (!fits)
			g_string_append_printf(lines, "\n%*s", (int)indent, "");
		else if (word != words)
			g_string_append_c(lines, ' ');
		column = (fits ? column + 1 : indent) + strlen(*word);
		g_string_append(lines, *word);
	}
	return g_string_free(lines, FALSE);
}

void xml_say(xmlNode *parent, const char *format, ...)
{
	size_t indent = strlen("<!-- ");
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	for (char *dashes = text; (dashes = strstr(dashes, "--"));)
		dashes[1] = ' '; /* two may not stand in a comment */
	for (const xmlNode *node = parent; node && node->type == XML_ELEMENT_NODE;
	     node = node->parent)
		indent += 2;
	g_autofree char *lines = wrap(text, indent);
	g_autofree char *spaced = g_strconcat(" ", lines, " ", NULL);
	xmlAddChild(parent, xmlNewComment(BAD_CAST spaced));
}

void xml_set_port(xmlNode *device, unsigned port)
{
	xmlNode *address = xml_add(device, "address", "type", "pci", "domain", "0x0000", NULL);

	xml_set(address, "bus", "0x%02x", port);
	xml_set(address, "slot", "0x00");
	xml_set(address, "function", "0x0");
}

/* ---- sizes ---- */

/* The largest unit in which it is a whole number. */
static const struct {
	const char *unit;
	uint64_t bytes;
} units[] = { { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB } };

static size_t unit_of(uint64_t bytes)
{
	size_t i = 0;

	while (i + 1 < G_N_ELEMENTS(units) && bytes % units[i].bytes != 0)
		i++;
	return i;
}

static void add_size(xmlNode *parent, const char *name, uint64_t bytes)
{
	size_t unit = unit_of(bytes);
	g_autofree char *number = g_strdup_printf("%" PRIu64, bytes / units[unit].bytes);

	xmlNewProp(xml_add_text(parent, name, number), BAD_CAST "unit", BAD_CAST units[unit].unit);
}

/* ---- memory ---- */

static void write_memory(xmlNode *domain, const struct definition *made)
{
	xml_say(domain, "all of it is the guest's while it runs: a device of the host may write "
			"anywhere in it, so it can neither shrink nor be swapped out");
	add_size(domain, "memory", made->memory);
	add_size(domain, "currentMemory", made->memory);
	xmlNode *backing = xml_add(domain, "memoryBacking", NULL);
	if (made->page_size > 0) {
		bool gib = made->page_size == GIB;
		xml_say(backing, "large pages: fewer look-ups of addresses, and a quicker start");
		xml_add(xml_add(backing, "hugepages", NULL), "page", "size", gib ? "1" : "2",
			"unit", gib ? "G" : "M", NULL);
	}
	xml_say(backing,
		"never merged with equal pages of other guests: what is timed is not seen");
	xml_add(backing, "nosharepages", NULL);
}

/* ---- CPUs ---- */

static void write_counts(xmlNode *domain, const struct definition *made)
{
	g_autofree char *vcpus = g_strdup_printf("%u", made->vcpus);
	g_autofree char *iothreads = g_strdup_printf("%u", made->iothreads);

	xmlNewProp(xml_add_text(domain, "vcpu", vcpus), BAD_CAST "placement", BAD_CAST "static");
	xml_say(domain, "threads of their own for the disk, so that it does not wait for the "
			"emulator");
	xml_add_text(domain, "iothreads", iothreads);
}

static void write_pins(xmlNode *domain, const struct definition *made)
{
	if (!made->pinned)
		return;
	const struct pinning *pinning = &made->pinning;
	g_autofree char *emulator = cpu_list_format(pinning->emulator);
	g_autofree char *iothreads = cpu_list_format(pinning->iothreads);

	xml_say(domain, "whole cores of the host, near the devices; threads of one core are "
			"neighbours in the guest, too. The emulator and the disk stay off them");
	xmlNode *tune = xml_add(domain, "cputune", NULL);
	for (guint i = 0; i < pinning->vcpus->len; i++) {
		xmlNode *vcpu = xml_add(tune, "vcpupin", NULL);
		xml_set(vcpu, "vcpu", "%u", i);
		xml_set(vcpu, "cpuset", "%d", g_array_index(pinning->vcpus, int, i));
	}
	xml_add(tune, "emulatorpin", "cpuset", emulator, NULL);
	for (unsigned i = 1; i <= made->iothreads; i++) {
		xmlNode *thread = xml_add(tune, "iothreadpin", NULL);
		xml_set(thread, "iothread", "%u", i);
		xml_set(thread, "cpuset", "%s", iothreads);
	}
}

static void write_nodes(xmlNode *domain, const struct definition *made)
{
	if (!made->nodes)
		return;
	xml_say(domain, "memory from where its CPUs are");
	xmlNode *tune = xml_add(domain, "numatune", NULL);
	xml_add(tune, "memory", "mode", "strict", "nodeset", made->nodes, NULL);
	for (unsigned i = 0; i < made->n_cells; i++) {
		xmlNode *node = xml_add(tune, "memnode", NULL);
		xml_set(node, "cellid", "%u", i);
		xml_set(node, "mode", "strict");
		xml_set(node, "nodeset", "%d", made->cells[i].node);
	}
}

/* ---- firmware ---- */

static void add_firmware_feature(xmlNode *firmware, const char *name, bool enabled)
{
	xml_add(firmware, "feature", "enabled", enabled ? "yes" : "no", "name", name, NULL);
}

static void write_os(xmlNode *domain, const struct definition *made)
{
	const struct target *target = &made->target;

	xml_say(domain, "UEFI, chosen by libvirt from what is installed: graphics cards start with "
			"it. q35 has PCI Express, which their drivers look for");
	xmlNode *os = xml_add(domain, "os", "firmware", "efi", NULL);
	xmlNode *type = xml_add_text(os, "type", "hvm");
	xmlNewProp(type, BAD_CAST "arch", BAD_CAST "x86_64");
	xmlNewProp(type, BAD_CAST "machine", BAD_CAST "q35");
	if (target_has(target, TARGET_FIRMWARE_FEATURES)) {
		xmlNode *firmware = xml_add(os, "firmware", NULL);
		add_firmware_feature(firmware, "secure-boot", made->secure_boot);
		if (made->secure_boot)
			add_firmware_feature(firmware, "enrolled-keys", true);
	}
	if (made->secure_boot && !target_has(target, TARGET_SECURE_BOOT_ALONE))
		xml_add(os, "loader", "secure", "yes", NULL);
	xml_add(os, "bootmenu", "enable", "no", NULL);
}

/* ---- features ---- */

/* What Windows can be told by its own hypervisor's interface, so that it waits less: QEMU's
 * docs/system/i386/hyperv, "Recommendations". */
static const struct {
	const char *name;
	const char *attribute; /* NULL: none */
	const char *value;
	const char *inner; /* an element inside, switched on, too; NULL: none */
} enlightenments[] = {
	{ .name = "relaxed" },
	{ .name = "vapic" },
	{ .name = "spinlocks", .attribute = "retries", .value = "8191" },
	{ .name = "vpindex" },
	{ .name = "runtime" },
	{ .name = "synic" },
	{ .name = "stimer", .inner = "direct" },
	{ .name = "frequencies" },
	{ .name = "tlbflush" },
	{ .name = "ipi" },
};

static void write_hyperv(xmlNode *features, const struct definition *made)
{
	if (!made->hyperv && !made->hide_kvm)
		return;
	xmlNode *hyperv = xml_add(features, "hyperv", NULL);
	for (size_t i = 0; made->hyperv && i < G_N_ELEMENTS(enlightenments); i++) {
		xmlNode *node = xml_add(hyperv, enlightenments[i].name, "state", "on",
					enlightenments[i].attribute, enlightenments[i].value, NULL);
		if (enlightenments[i].inner)
			xml_add(node, enlightenments[i].inner, "state", "on", NULL);
	}
	if (made->hide_kvm) {
		xml_add(hyperv, "vendor_id", "state", "on", "value", "vfiokit", NULL);
		xml_say(features, "drivers of NVIDIA before 465 stop with code 43 where they see a "
				  "virtual machine");
		xml_add(xml_add(features, "kvm", NULL), "hidden", "state", "on", NULL);
	}
}

static void write_features(xmlNode *domain, const struct definition *made)
{
	if (made->hyperv)
		xml_say(domain, "the hyperv ones tell Windows that it is a guest: it then waits "
				"less for locks, timers and interrupts");
	xmlNode *features = xml_add(domain, "features", NULL);
	xml_add(features, "acpi", NULL);
	xml_add(features, "apic", NULL);
	write_hyperv(features, made);
	xml_add(features, "vmport", "state", "off", NULL);
	if (made->secure_boot) {
		xml_say(features, "Secure Boot keeps its variables where only firmware can write");
		xml_add(features, "smm", "state", "on", NULL);
	}
}

/* ---- the CPU that the guest sees ---- */

static void write_cells(xmlNode *cpu, const struct definition *made)
{
	if (made->n_cells == 0)
		return;
	xmlNode *numa = xml_add(cpu, "numa", NULL);
	for (unsigned i = 0; i < made->n_cells; i++) {
		size_t unit = unit_of(made->cells[i].memory);
		xmlNode *cell = xml_add(numa, "cell", NULL);
		xml_set(cell, "id", "%u", i);
		xml_set(cell, "cpus", "%s", made->cells[i].vcpus);
		xml_set(cell, "memory", "%" PRIu64, made->cells[i].memory / units[unit].bytes);
		xml_set(cell, "unit", "%s", units[unit].unit);
	}
}

static void write_cpu(xmlNode *domain, const struct definition *made)
{
	xml_say(domain, "the host's own CPU; cores and threads as they are pinned");
	xmlNode *cpu = xml_add(domain, "cpu", "mode", "host-passthrough", "check", "none",
			       "migratable", "off", NULL);
	xmlNode *topology = xml_add(cpu, "topology", NULL);
	xml_set(topology, "sockets", "%u", made->sockets);
	xml_set(topology, "dies", "1");
	xml_set(topology, "cores", "%u", made->cores);
	xml_set(topology, "threads", "%u", made->threads);
	xml_add(cpu, "cache", "mode", "passthrough", NULL);
	if (target_has(&made->target, TARGET_MAXPHYSADDR)) {
		xml_say(cpu, "addresses as wide as the host's: room for large BARs");
		xml_add(cpu, "maxphysaddr", "mode", "passthrough", NULL);
	}
	if (made->topoext) {
		xml_say(cpu, "AMD: without it the guest does not see which threads share a core");
		xml_add(cpu, "feature", "policy", "require", "name", "topoext", NULL);
	}
	write_cells(cpu, made);
}

/* ---- time and power ---- */

static void write_clock(xmlNode *domain, const struct definition *made)
{
	if (made->localtime)
		xml_say(domain, "Windows keeps local time in the clock of the board; its own timer "
				"spares it the slow emulated ones");
	xmlNode *clock =
		xml_add(domain, "clock", "offset", made->localtime ? "localtime" : "utc", NULL);
	xml_add(clock, "timer", "name", "rtc", "tickpolicy", "catchup", NULL);
	xml_add(clock, "timer", "name", "pit", "tickpolicy", "delay", NULL);
	xml_add(clock, "timer", "name", "hpet", "present", "no", NULL);
	if (made->hyperv) {
		xml_add(clock, "timer", "name", "hypervclock", "present", "yes", NULL);
		xml_add(clock, "timer", "name", "tsc", "present", "yes", "mode", "native", NULL);
	}
}

static void write_power(xmlNode *domain, const struct definition *made)
{
	xml_add_text(domain, "on_poweroff", "destroy");
	xml_add_text(domain, "on_reboot", "restart");
	xml_add_text(domain, "on_crash", "destroy");
	xml_say(domain, "no sleep: cards of the host often do not wake up from it");
	xmlNode *pm = xml_add(domain, "pm", NULL);
	xml_add(pm, "suspend-to-mem", "enabled", "no", NULL);
	xml_add(pm, "suspend-to-disk", "enabled", "no", NULL);
}

/* ---- the whole ---- */

static void write_head(xmlNode *domain, const struct definition *made)
{
	g_autofree char *target = target_describe(&made->target);

	xml_say(domain, "made by vfiokit: %s; %s, for %s", made->profile->summary,
		made->guest->name, target);
	xml_add_text(domain, "name", made->name);
	if (made->uuid)
		xml_add_text(domain, "uuid", made->uuid);
}

static void (*const sections[])(xmlNode *domain, const struct definition *made) = {
	write_head,     write_memory, write_counts, write_pins,  write_nodes,       write_os,
	write_features, write_cpu,    write_clock,  write_power, xml_write_devices,
};

char *definition_xml(const struct definition *definition)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *domain = xmlNewDocNode(doc, NULL, BAD_CAST "domain", NULL);
	xmlBuffer *buffer = xmlBufferCreate();

	xmlDocSetRootElement(doc, domain);
	xmlNewProp(domain, BAD_CAST "type", BAD_CAST "kvm");
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		sections[i](domain, definition);
	xmlNodeDump(buffer, doc, domain, 0, 1);
	char *text = g_strconcat((const char *)xmlBufferContent(buffer), "\n", NULL);
	xmlBufferFree(buffer);
	xmlFreeDoc(doc);
	return text;
}
