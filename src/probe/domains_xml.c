/* From the XML of a definition to the lines of domains.h. One row per fact that is a single
 * expression; devices are walked. */
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "model/domain.h"
#include "probe/domains.h"

/* What is read of one definition. */
struct reader {
	xmlDoc *doc;
	xmlXPathContext *context;
	GString *out;
	GPtrArray *roms;
};

/* The nodes that an expression finds from node on; to be freed. NULL: not one. */
static xmlXPathObject *find(struct reader *reader, xmlNode *node, const char *path)
{
	reader->context->node = node;
	xmlXPathObject *found = xmlXPathEval((const xmlChar *)path, reader->context);

	if (found && (found->type != XPATH_NODESET || xmlXPathNodeSetIsEmpty(found->nodesetval))) {
		xmlXPathFreeObject(found);
		return NULL;
	}
	return found;
}

/* A text of the document in one printable line, without what would part our fields. */
static char *clean(xmlChar *raw)
{
	if (!raw)
		return NULL;
	g_autofree char *stripped = g_strstrip(g_strdup((const char *)raw));
	xmlFree(raw);
	return text_printable(stripped, strlen(stripped));
}

static char *attribute(xmlNode *node, const char *name)
{
	return clean(xmlGetProp(node, (const xmlChar *)name));
}

/* A number as libvirt writes it: "0x0a" or "10"; -1: none. */
static int number_of(xmlNode *node, const char *name)
{
	g_autofree char *text = attribute(node, name);
	uint32_t value;
	const char *digits = text ? text_after(text, "0x") : NULL;

	if (!text || !text_to_u32(digits ? digits : text, digits ? 16 : 10, G_MAXINT, &value))
		return -1;
	return (int)value;
}

static xmlNode *child(xmlNode *node, const char *name)
{
	for (xmlNode *at = node ? node->children : NULL; at; at = at->next)
		if (at->type == XML_ELEMENT_NODE && strcmp((const char *)at->name, name) == 0)
			return at;
	return NULL;
}

/* ---- single facts ---- */

/* The size is what the element holds, or its attribute "size" (of huge pages). */
static void add_size(struct reader *reader, const char *key, xmlNode *node)
{
	g_autofree char *unit = attribute(node, "unit");
	g_autofree char *size = attribute(node, "size");
	g_autofree char *text = size ? NULL : clean(xmlNodeGetContent(node));
	uint64_t bytes;

	if (size_parse(size ? size : text, unit, &bytes))
		g_string_append_printf(reader->out, "%s\t%" G_GUINT64_FORMAT "\n", key, bytes);
}

/* All texts that were found, between blanks: names of networks may be several. */
static void add_text(struct reader *reader, const char *key, const xmlNodeSet *nodes)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (int i = 0; i < nodes->nodeNr; i++) {
		g_autofree char *text = clean(xmlNodeGetContent(nodes->nodeTab[i]));
		if (text && *text)
			g_string_append_printf(all, "%s%s", all->len ? " " : "", text);
	}
	if (all->len > 0)
		g_string_append_printf(reader->out, "%s\t%s\n", key, all->str);
}

static void add_field(struct reader *reader, const struct domain_field *field, xmlNode *domain)
{
	xmlXPathObject *found = find(reader, domain, field->path);

	if (!found)
		return;
	if (field->kind == DOMAIN_FLAG)
		g_string_append_printf(reader->out, "%s\tyes\n", field->key);
	else if (field->kind == DOMAIN_SIZE)
		add_size(reader, field->key, found->nodesetval->nodeTab[0]);
	else
		add_text(reader, field->key, found->nodesetval);
	xmlXPathFreeObject(found);
}

/* ---- devices ---- */

static bool address_of(xmlNode *node, struct pci_addr *ret)
{
	int domain = number_of(node, "domain"), bus = number_of(node, "bus");
	int slot = number_of(node, "slot"), function = number_of(node, "function");

	if (bus < 0 || bus > 0xff || slot < 0 || slot > 0x1f || function < 0 || function > 7)
		return false;
	*ret = (struct pci_addr){
		.domain = (uint32_t)MAX(domain, 0),
		.bus = (uint8_t)bus,
		.slot = (uint8_t)slot,
		.function = (uint8_t)function,
	};
	return true;
}

static void add_guest_address(struct reader *reader, xmlNode *hostdev)
{
	xmlNode *address = child(hostdev, "address");
	struct pci_addr at;

	if (!address || !address_of(address, &at))
		return;
	g_autofree char *multi = attribute(address, "multifunction");
	g_string_append_printf(reader->out, "\tat=%02x:%02x.%x", at.bus, at.slot, at.function);
	if (multi && strcmp(multi, "on") == 0)
		g_string_append(reader->out, "\tmulti");
}

static void add_rom(struct reader *reader, xmlNode *hostdev)
{
	xmlNode *rom = child(hostdev, "rom");
	g_autofree char *file = rom ? attribute(rom, "file") : NULL;
	g_autofree char *bar = rom ? attribute(rom, "bar") : NULL;

	if (bar && strcmp(bar, "off") == 0)
		g_string_append(reader->out, "\trom-off");
	if (!file || *file != '/')
		return;
	g_string_append_printf(reader->out, "\trom=%s", file);
	g_ptr_array_add(reader->roms, g_strdup(file));
}

/* The function that <source> names. holder: the element that says whether it is managed. */
static bool add_source(struct reader *reader, xmlNode *source, xmlNode *holder)
{
	g_autofree char *managed = attribute(holder, "managed");
	struct pci_addr addr;
	char buf[PCI_ADDR_SIZE];

	if (!address_of(child(source, "address"), &addr))
		return false;
	g_string_append_printf(reader->out, "pci\t%s", pci_addr_format(addr, buf));
	if (managed && strcmp(managed, "yes") == 0)
		g_string_append(reader->out, "\tmanaged");
	return true;
}

static void add_pci(struct reader *reader, xmlNode *hostdev)
{
	if (!add_source(reader, child(hostdev, "source"), hostdev))
		return;
	add_guest_address(reader, hostdev);
	add_rom(reader, hostdev);
	g_string_append_c(reader->out, '\n');
}

/* Is there such a disk of the same function before this one? They are its name spaces. */
static bool is_repeated(xmlNode *disk, struct pci_addr addr)
{
	struct pci_addr other;

	for (xmlNode *node = disk->prev; node; node = node->prev) {
		g_autofree char *type =
			node->type == XML_ELEMENT_NODE ? attribute(node, "type") : NULL;
		if (g_strcmp0(type, "nvme") == 0 &&
		    address_of(child(child(node, "source"), "address"), &other) &&
		    pci_addr_equal(addr, other))
			return true;
	}
	return false;
}

/* A disk that QEMU drives itself: to the guest it is no function of PCI. */
static void add_nvme(struct reader *reader, xmlNode *disk)
{
	xmlNode *source = child(disk, "source");
	struct pci_addr addr;

	if (address_of(child(source, "address"), &addr) && !is_repeated(disk, addr) &&
	    add_source(reader, source, source))
		g_string_append_c(reader->out, '\n');
}

static void add_usb(struct reader *reader, xmlNode *hostdev)
{
	xmlNode *source = child(hostdev, "source");
	xmlNode *address = child(source, "address");
	int vendor = number_of(child(source, "vendor"), "id");
	int product = number_of(child(source, "product"), "id");
	g_autofree char *policy = source ? attribute(source, "startupPolicy") : NULL;
	g_autofree char *port = address ? attribute(address, "port") : NULL;

	g_string_append(reader->out, "usb");
	if (vendor >= 0 && vendor <= 0xffff && product >= 0 && product <= 0xffff)
		g_string_append_printf(reader->out, "\tids=%04x:%04x", (unsigned)vendor,
				       (unsigned)product);
	if (number_of(address, "bus") >= 0)
		g_string_append_printf(reader->out, "\tbus=%d", number_of(address, "bus"));
	if (number_of(address, "device") >= 0)
		g_string_append_printf(reader->out, "\tnumber=%d", number_of(address, "device"));
	if (port)
		g_string_append_printf(reader->out, "\tport=%s", port);
	if (policy && (strcmp(policy, "optional") == 0 || strcmp(policy, "requisite") == 0))
		g_string_append(reader->out, "\toptional");
	g_string_append_c(reader->out, '\n');
}

static void add_hostdevs(struct reader *reader, xmlNode *domain, const char *path,
			 void (*add)(struct reader *reader, xmlNode *hostdev))
{
	xmlXPathObject *found = find(reader, domain, path);

	for (int i = 0; found && i < found->nodesetval->nodeNr; i++)
		add(reader, found->nodesetval->nodeTab[i]);
	xmlXPathFreeObject(found);
}

/* Files that guests share memory through: of Looking Glass, and what raw arguments name. */
static void add_nodes(struct reader *reader, xmlNode *domain)
{
	g_autoptr(GString) nodes = g_string_new(NULL);
	xmlXPathObject *found = find(reader, domain, "devices/shmem/@name");

	for (int i = 0; found && i < found->nodesetval->nodeNr; i++) {
		g_autofree char *name = clean(xmlNodeGetContent(found->nodesetval->nodeTab[i]));
		g_string_append_printf(nodes, "%s/dev/shm/%s", nodes->len ? " " : "", name);
	}
	xmlXPathFreeObject(found);
	found = find(reader, domain, "*[local-name() = 'commandline']/*/@value");
	for (int i = 0; found && i < found->nodesetval->nodeNr; i++) {
		g_autofree char *value = clean(xmlNodeGetContent(found->nodesetval->nodeTab[i]));
		const char *at = strstr(value, "mem-path");
		at = at ? strchr(at, '/') : NULL;
		if (at)
			g_string_append_printf(nodes, "%s%.*s", nodes->len ? " " : "",
					       (int)strcspn(at, ",\" }"), at);
	}
	xmlXPathFreeObject(found);
	if (nodes->len > 0)
		g_string_append_printf(reader->out, "nodes\t%s\n", nodes->str);
}

/* ---- the definition ---- */

/* <domain>, also inside the <domstatus> of a running one; NULL: there is none. */
static xmlNode *find_domain(xmlDoc *doc)
{
	xmlNode *top = xmlDocGetRootElement(doc);

	if (top && strcmp((const char *)top->name, "domain") == 0)
		return top;
	return child(top, "domain");
}

static void describe(struct reader *reader, xmlNode *domain)
{
	for (const struct domain_field *field = domain_fields; field->key; field++)
		if (field->path)
			add_field(reader, field, domain);
	add_nodes(reader, domain);
	add_hostdevs(reader, domain, "devices/hostdev[@type = 'pci']", add_pci);
	add_hostdevs(reader, domain, "devices/interface[@type = 'hostdev']", add_pci);
	add_hostdevs(reader, domain, "devices/disk[@type = 'nvme']", add_nvme);
	add_hostdevs(reader, domain, "devices/hostdev[@type = 'usb']", add_usb);
}

/* The file is named after the guest: what is no XML has a name, too. */
static char *name_of(xmlNode *domain, const char *path)
{
	g_autofree char *name = domain && child(domain, "name")
					? clean(xmlNodeGetContent(child(domain, "name")))
					: NULL;
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;

	if (name && *name)
		return g_steal_pointer(&name);
	return g_strndup(file, strlen(file) - (g_str_has_suffix(file, ".xml") ? 4 : 0));
}

void domain_describe(const char *text, size_t length, const char *path, GString *out,
		     GPtrArray *roms)
{
	xmlDoc *doc = xmlReadMemory(text, (int)MIN(length, G_MAXINT), "domain.xml", NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNode *domain = doc ? find_domain(doc) : NULL;
	g_autofree char *name = name_of(domain, path);
	struct reader reader = {
		.doc = doc,
		.context = doc ? xmlXPathNewContext(doc) : NULL,
		.out = out,
		.roms = roms,
	};

	g_string_append_printf(out, "domain\t%s\t%s\n", name, path);
	if (domain && reader.context)
		describe(&reader, domain);
	else
		g_string_append(out, "malformed\tyes\n");
	xmlXPathFreeContext(reader.context);
	xmlFreeDoc(doc);
}
