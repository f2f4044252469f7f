/* The facts of a definition that are a single expression: what domains_xml.c looks for, and where
 * domains.c puts it. */
#include "model/domain.h"
#include "probe/domains.h"

#define FIELD(name) offsetof(struct domain, name)

const struct domain_field domain_fields[] = {
	{ "running", DOMAIN_TEXT, NULL, 0 }, /* read apart: it is no fact of the definition */
	{ "malformed", DOMAIN_FLAG, NULL, FIELD(malformed) },
	{ "autostart", DOMAIN_FLAG, NULL, FIELD(autostart) },
	{ "memory", DOMAIN_SIZE, "memory", FIELD(memory) },
	{ "vcpus", DOMAIN_COUNT, "vcpu", FIELD(vcpus) },
	{ "hugepages", DOMAIN_FLAG, "memoryBacking/hugepages", FIELD(hugepages) },
	{ "page-size", DOMAIN_SIZE, "memoryBacking/hugepages/page", FIELD(page_size) },
	{ "locked", DOMAIN_FLAG, "memoryBacking/locked", FIELD(locked) },
	{ "balloon", DOMAIN_FLAG, "devices/memballoon[@model != 'none']", FIELD(balloon) },
	{ "machine", DOMAIN_TEXT, "os/type/@machine", FIELD(machine) },
	{ "loader", DOMAIN_TEXT, "os/loader", FIELD(loader) },
	{ "nvram", DOMAIN_TEXT, "os/nvram", FIELD(nvram) },
	{ "efi", DOMAIN_FLAG, "os[@firmware = 'efi'] | os/loader[@type = 'pflash']", FIELD(efi) },
	{ "tpm", DOMAIN_FLAG, "devices/tpm/backend[@type = 'emulator']", FIELD(tpm) },
	{ "hidden", DOMAIN_FLAG, "features/kvm/hidden[@state = 'on']", FIELD(hidden) },
	{ "commandline", DOMAIN_FLAG, "*[local-name() = 'commandline']/*", FIELD(commandline) },
	{ "xhci", DOMAIN_FLAG,
	  "devices/controller[@type = 'usb'][@model = 'qemu-xhci' or @model = 'nec-xhci']",
	  FIELD(xhci) },
	{ "usb-controller", DOMAIN_FLAG, "devices/controller[@type = 'usb'][@model != 'none']",
	  FIELD(usb_controller) },
	{ "listen", DOMAIN_TEXT,
	  "devices/graphics/listen/@address[. = '0.0.0.0' or . = '::'] | "
	  "devices/graphics/@listen[. = '0.0.0.0' or . = '::']",
	  FIELD(listen) },
	{ "password", DOMAIN_FLAG, "devices/graphics/@passwd", FIELD(password) },
	{ "unconfined", DOMAIN_FLAG, "seclabel[@type = 'none']", FIELD(unconfined) },
	{ "network", DOMAIN_TEXT, "devices/interface[@type = 'network']/source/@network",
	  FIELD(network) },
	{ "nodes", DOMAIN_TEXT, NULL, FIELD(nodes) },
	{ 0 },
};
