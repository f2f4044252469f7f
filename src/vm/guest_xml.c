/* Reading libvirt's XML into a guest. The text may come from anybody: libxml2 may load nothing, and
 * a document type, which only a text with tricks has, is refused. */
#include <libxml/parser.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "vm/guest_xml_parts.h"
#include "vm/xml_read.h"
#include "vm/xml_text.h"

static void read_feature(struct guest *guest, const xmlNode *feature)
{
	bool on = node_says(feature, "policy", "require") || node_says(feature, "policy", "force");

	if (node_says(feature, "name", "topoext"))
		guest->topoext = on ? TRI_YES : TRI_NO;
	else if (node_says(feature, "name", "hypervisor"))
		guest->hypervisor_off = node_says(feature, "policy", "disable");
}

static void read_cpu(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *cpu = node_child(domain, "cpu"), *topology = node_child(cpu, "topology");
	const xmlNode *vcpu = node_child(domain, "vcpu");
	g_autofree char *vcpus = node_text(vcpu), *placed = node_attribute(vcpu, "cpuset");
	uint32_t n;

	guest->vcpus = vcpus && text_to_u32(vcpus, 10, 65535, &n) ? n : vcpus ? 0 : 1;
	guest->vcpus_now = (unsigned)MAX(xml_number(vcpu, "current"), 0);
	guest->vcpus_placed = placed != NULL;
	guest->cpu = xml_string(guest, cpu, "mode");
	if (cpu && !guest->cpu)
		guest->cpu = xml_keep(guest, node_text(node_child(cpu, "model")));
	guest->sockets = xml_number(topology, "sockets");
	guest->dies = xml_number(topology, "dies");
	guest->clusters = xml_number(topology, "clusters");
	guest->cores = xml_number(topology, "cores");
	guest->threads = xml_number(topology, "threads");
	for (xmlNode *feature = node_child(cpu, "feature"); feature;
	     feature = node_next(feature->next, "feature"))
		read_feature(guest, feature);
}

static void add_pin(struct guest *guest, GArray *pins, const xmlNode *node)
{
	const struct guest_pin pin = {
		.vcpu = xml_number(node, "vcpu"),
		.iothread = xml_number(node, "iothread"),
		.cpus = xml_string(guest, node, "cpuset"),
	};

	if (pin.cpus)
		g_array_append_val(pins, pin);
}

static void read_pins(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *tune = node_child(domain, "cputune");

	for (xmlNode *node = node_child(tune, NULL); node; node = node_next(node->next, NULL)) {
		if (node_is(node, "vcpupin"))
			add_pin(guest, guest->pins, node);
		else if (node_is(node, "emulatorpin") || node_is(node, "iothreadpin"))
			add_pin(guest, guest->helpers, node);
	}
	guest->nodeset = xml_string(guest, node_find(domain, "numatune/memory"), "nodeset");
}

static void read_hugepages(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *pages = node_find(domain, "memoryBacking/hugepages");
	const xmlNode *page = node_child(pages, "page");
	g_autofree char *size = node_attribute(page, "size");
	g_autofree char *unit = node_attribute(page, "unit");

	guest->hugepages = pages != NULL;
	guest->hugepage_size = xml_scale(size, unit);
}

/* libvirt: virDomainDefPostParseMemory(). Modules are counted in <memory>, too. */
static void read_cells(struct guest *guest, const xmlNode *domain)
{
	xmlNode *cell = node_find(domain, "cpu/numa/cell");

	for (; cell && !node_find(domain, "devices/memory"); cell = node_next(cell->next, "cell")) {
		g_autofree char *size = node_attribute(cell, "memory");
		g_autofree char *unit = node_attribute(cell, "unit");
		guest->cells += size ? xml_scale(size, unit) : 0;
	}
}

/* <libosinfo:os id='http://microsoft.com/win/11'/>, as virt-manager notes it. */
static void read_system(struct guest *guest, const xmlNode *domain)
{
	guest->system = xml_string(guest, node_find(domain, "metadata/libosinfo/os"), "id");
}

static void read_memory(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *current = node_child(domain, "currentMemory");

	guest->memory = xml_size(node_child(domain, "memory"));
	guest->current = current ? xml_size(current) : 0;
	guest->hard_limit = xml_size(node_find(domain, "memtune/hard_limit"));
	read_hugepages(guest, domain);
	read_cells(guest, domain);
}

static bool path_is_firmware(const char *path)
{
	return path && (strcasestr(path, "OVMF") || strcasestr(path, "edk2") ||
			strcasestr(path, "AAVMF") || strcasestr(path, "qemu-efi"));
}

static void read_os(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *os = node_child(domain, "os"), *type = node_child(os, "type");
	const xmlNode *loader = node_child(os, "loader"), *nvram = node_child(os, "nvram");
	const char *path = xml_keep(guest, node_text(loader)),
		   *vars = xml_keep(guest, node_text(nvram));

	guest->machine = xml_string(guest, type, "machine");
	guest->arch = xml_string(guest, type, "arch");
	guest->efi = node_says(os, "firmware", "efi");
	if (path && *path && node_says(loader, "type", "pflash"))
		guest->code = path;
	else if (path_is_firmware(path))
		guest->bios = path;
	guest->code_readonly = xml_yes_no(loader, "readonly");
	guest->secure_loader = node_says(loader, "secure", "yes");
	guest->smm = xml_yes_no(node_find(domain, "features/smm"), "state");
	if (guest->smm == TRI_UNKNOWN && node_find(domain, "features/smm"))
		guest->smm = TRI_YES;
	guest->split_ioapic = node_says(node_find(domain, "features/ioapic"), "driver", "qemu");
	guest->vars = vars && *vars ? vars : NULL;
	guest->vars_template = xml_string(guest, nvram, "template");
}

static void read_hyperv(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *hyperv = node_find(domain, "features/hyperv");

	if (node_says(hyperv, "mode", "passthrough") || node_says(hyperv, "mode", "host-model")) {
		const char *all = "passthrough";
		g_array_append_val(guest->hyperv, all);
	}
	for (xmlNode *node = node_child(hyperv, NULL); node; node = node_next(node->next, NULL)) {
		const char *name = guest_string(guest, (const char *)node->name);
		if (node_says(node, "state", "on"))
			g_array_append_val(guest->hyperv, name);
		if (node_is(node, "vendor_id") && node_says(node, "state", "on"))
			guest->vendor_id = guest_vendor(guest, xml_string(guest, node, "value"));
	}
	for (xmlNode *timer = node_child(node_child(domain, "clock"), "timer"); timer;
	     timer = node_next(timer->next, "timer")) {
		const char *name = "time";
		if (node_says(timer, "name", "hypervclock") && !node_says(timer, "present", "no"))
			g_array_append_val(guest->hyperv, name);
	}
	guest->hidden = node_says(node_find(domain, "features/kvm/hidden"), "state", "on");
}

static void read_type(struct guest *guest, const char *type)
{
	static const char *const by_qemu[] = { "qemu", "hvf", "kqemu", NULL };

	if (!type)
		return;
	if (strcmp(type, "kvm") == 0)
		guest->kvm = TRI_YES;
	else if (g_strv_contains(by_qemu, type))
		guest->kvm = TRI_NO;
	else
		guest->other = type;
}

static void read_domain(struct guest *guest, const xmlNode *domain)
{
	g_autofree char *iothreads = node_text(node_child(domain, "iothreads"));
	uint32_t n;

	guest->name = xml_keep(guest, node_text(node_child(domain, "name")));
	guest->uuid = xml_keep(guest, node_text(node_child(domain, "uuid")));
	read_type(guest, xml_string(guest, domain, "type"));
	guest->iothreads = iothreads && text_to_u32(iothreads, 10, 65535, &n) ? n : 0;
	for (xmlNode *thread = node_find(domain, "iothreadids/iothread"); thread;
	     thread = node_next(thread->next, "iothread"))
		guest->iothreads =
			MAX(guest->iothreads, (unsigned)MAX(xml_number(thread, "id"), 0));
	read_cpu(guest, domain);
	read_pins(guest, domain);
	read_memory(guest, domain);
	read_os(guest, domain);
	read_hyperv(guest, domain);
	read_system(guest, domain);
	for (xmlNode *node = node_child(node_child(domain, "devices"), NULL); node;
	     node = node_next(node->next, NULL))
		guest_xml_device(guest, node);
	guest_xml_passed(guest, domain);
}

/* ---- parsing ---- */

static xmlDoc *parse(const char *text, size_t length, char **message)
{
	xmlParserCtxt *context = xmlNewParserCtxt();
	xmlDoc *doc = NULL;

	if (context && length < G_MAXINT)
		doc = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL,
					XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
						XML_PARSE_BIG_LINES);
	const xmlError *error = context ? xmlCtxtGetLastError(context) : NULL;
	if (!doc && error && error->message) {
		g_autofree char *line = g_strdup(error->message);
		*message = g_strdup_printf("line %d: %s", error->line, g_strchomp(line));
	} else if (!doc) {
		*message = g_strdup("no XML");
	}
	xmlFreeParserCtxt(context);
	return doc;
}

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

struct guest *guest_read_xml(const char *text, size_t length, char **malformed, GError **error)
{
	*malformed = NULL;
	xmlDoc *doc = parse(text, length, malformed);
	const xmlNode *domain = doc ? xmlDocGetRootElement(doc) : NULL;

	if (doc && doc->intSubset) {
		*malformed = g_strdup("it has a document type, as no definition of a guest has");
		xmlFreeDoc(doc);
		doc = NULL;
	}
	if (!doc) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no well-formed XML: %s",
			    *malformed);
		return NULL;
	}
	if (!domain || !node_is(domain, "domain")) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "no definition of a guest: it starts with <%s>, not <domain>",
			    domain ? (const char *)domain->name : "?");
		xmlFreeDoc(doc);
		return NULL;
	}
	struct guest *guest = guest_new(GUEST_XML);
	guest->doc = doc;
	guest->xml_text = xml_text_new(text, length, doc);
	guest->single_quotes = count(text, "='") >= count(text, "=\"");
	read_domain(guest, domain);
	return guest;
}

char *guest_xml(const struct guest *guest)
{
	xmlChar *dumped = NULL;

	if (guest->xml_text)
		return xml_text_write(guest->xml_text, guest->doc, guest->single_quotes);
	xmlDocDumpMemory(guest->doc, &dumped, NULL);
	char *text = g_strdup((const char *)dumped);
	xmlFree(dumped);
	return text;
}

void guest_free_xml(struct guest *guest)
{
	xml_text_free(guest->xml_text);
	xmlFreeDoc(guest->doc);
}
