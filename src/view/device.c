/* See device.h. */
#include "view/device.h"

#include <string.h>

#include "base/text.h"

void device_view_init(struct device_view *view, const struct host *host, struct names *names)
{
	*view = (struct device_view){ .host = host, .names = names };
	for (unsigned i = 0; i < host->n_pci; i++)
		view->domains = view->domains || host->pci[i].addr.domain != 0;
}

/* ---- getters ---- */

static void get_address(const struct device_view *view, const struct pci_dev *dev,
			struct field_value *value)
{
	value->text = pci_addr_format(dev->addr, value->buf);
}

static void get_class(const struct device_view *view, const struct pci_dev *dev,
		      struct field_value *value)
{
	value->number = dev->class_code;
	value->digits = 6;
	if (dev->class_code >= 0 && !dev->prog_if_known) {
		value->number = dev->class_code >> 8;
		value->digits = 4;
	}
}

static void get_class_name(const struct device_view *view, const struct pci_dev *dev,
			   struct field_value *value)
{
	value->text = dev->class_code >= 0 ? names_class(view->names, dev->class_code, value->buf)
					   : dev->text_class;
}

static void get_vendor(const struct device_view *view, const struct pci_dev *dev,
		       struct field_value *value)
{
	value->number = dev->vendor;
}

static void get_device(const struct device_view *view, const struct pci_dev *dev,
		       struct field_value *value)
{
	value->number = dev->device;
}

static void get_subsystem_vendor(const struct device_view *view, const struct pci_dev *dev,
				 struct field_value *value)
{
	value->number = dev->subsystem_vendor;
}

static void get_subsystem_device(const struct device_view *view, const struct pci_dev *dev,
				 struct field_value *value)
{
	value->number = dev->subsystem_device;
}

static void get_revision(const struct device_view *view, const struct pci_dev *dev,
			 struct field_value *value)
{
	value->number = dev->revision;
}

static void get_vendor_name(const struct device_view *view, const struct pci_dev *dev,
			    struct field_value *value)
{
	value->text = names_vendor(view->names, dev->vendor, value->buf);
}

/* What a text called it, where the text gave no ids: vendor and device are then one name. */
static void get_device_name(const struct device_view *view, const struct pci_dev *dev,
			    struct field_value *value)
{
	value->text = names_device(view->names, dev->vendor, dev->device, value->buf);
	if (value->text || !dev->text_name)
		return;
	const char *vendor = names_vendor(view->names, dev->vendor, value->buf);
	const char *rest = vendor ? text_after(dev->text_name, vendor) : NULL;
	value->text = rest && *rest == ' ' ? rest + 1 : dev->text_name;
}

static void get_kind(const struct device_view *view, const struct pci_dev *dev,
		     struct field_value *value)
{
	value->text = pci_kind_name(dev->kind);
}

static void get_driver(const struct device_view *view, const struct pci_dev *dev,
		       struct field_value *value)
{
	value->text = dev->driver;
}

static void get_override(const struct device_view *view, const struct pci_dev *dev,
			 struct field_value *value)
{
	value->text = dev->driver_override;
}

static void get_boot_vga(const struct device_view *view, const struct pci_dev *dev,
			 struct field_value *value)
{
	value->number = (enum tri)dev->boot_vga;
}

static void get_numa_node(const struct device_view *view, const struct pci_dev *dev,
			  struct field_value *value)
{
	value->number = dev->numa_node;
}

static void get_reset_methods(const struct device_view *view, const struct pci_dev *dev,
			      struct field_value *value)
{
	value->text = dev->reset_methods;
}

const struct device_field device_fields[] = {
	{ .key = "address", .label = "Address", .kind = FIELD_TEXT, .get = get_address },
	{ .key = "class", .label = "Class", .kind = FIELD_HEX, .get = get_class },
	{ .key = "class_name", .label = "Class", .kind = FIELD_TEXT, .get = get_class_name },
	{ .key = "vendor",
	  .label = "Vendor id",
	  .kind = FIELD_HEX,
	  .digits = 4,
	  .get = get_vendor },
	{ .key = "device",
	  .label = "Device id",
	  .kind = FIELD_HEX,
	  .digits = 4,
	  .get = get_device },
	{ .key = "subsystem_vendor",
	  .label = "Subsystem vendor id",
	  .kind = FIELD_HEX,
	  .digits = 4,
	  .get = get_subsystem_vendor },
	{ .key = "subsystem_device",
	  .label = "Subsystem id",
	  .kind = FIELD_HEX,
	  .digits = 4,
	  .get = get_subsystem_device },
	{ .key = "revision",
	  .label = "Revision",
	  .kind = FIELD_HEX,
	  .digits = 2,
	  .get = get_revision },
	{ .key = "vendor_name", .label = "Vendor", .kind = FIELD_TEXT, .get = get_vendor_name },
	{ .key = "device_name", .label = "Device", .kind = FIELD_TEXT, .get = get_device_name },
	{ .key = "kind", .label = "Kind", .kind = FIELD_TEXT, .get = get_kind },
	{ .key = "driver", .label = "Driver", .kind = FIELD_TEXT, .get = get_driver },
	{ .key = "driver_override",
	  .label = "Driver override",
	  .kind = FIELD_TEXT,
	  .get = get_override },
	{ .key = "boot_vga", .label = "Boot display", .kind = FIELD_TRI, .get = get_boot_vga },
	{ .key = "numa_node", .label = "NUMA node", .kind = FIELD_COUNT, .get = get_numa_node },
	{ .key = "reset_methods",
	  .label = "Reset methods",
	  .kind = FIELD_WORDS,
	  .get = get_reset_methods },
	{ 0 },
};

/* ---- writers ---- */

static void write_field(struct json *json, const struct device_field *field,
			const struct field_value *value)
{
	switch (field->kind) {
	case FIELD_TEXT:
		json_text(json, field->key, value->text);
		break;
	case FIELD_HEX:
		json_hex(json, field->key, value->number,
			 value->digits ? value->digits : field->digits);
		break;
	case FIELD_COUNT:
		json_count(json, field->key, value->number);
		break;
	case FIELD_TRI:
		json_tri(json, field->key, (enum tri)value->number);
		break;
	case FIELD_WORDS:
		json_words(json, field->key, value->text);
		break;
	}
}

void device_json_fields(struct json *json, const struct device_view *view,
			const struct pci_dev *dev)
{
	struct field_value value;

	for (const struct device_field *field = device_fields; field->key; field++) {
		value.text = NULL;
		value.number = -1;
		value.digits = 0;
		field->get(view, dev, &value);
		write_field(json, field, &value);
	}
}

void device_json(struct json *json, const struct device_view *view, const struct pci_dev *dev)
{
	json_object(json, NULL);
	device_json_fields(json, view, dev);
	json_object_end(json);
}

const char *device_address(const struct device_view *view, struct pci_addr addr,
			   char buf[PCI_ADDR_SIZE])
{
	pci_addr_format(addr, buf);
	return view->domains ? buf : buf + strlen("0000:");
}

const char *device_ids(const struct pci_dev *dev, char buf[16])
{
	if (dev->vendor < 0 || dev->device < 0)
		return "?";
	g_snprintf(buf, 16, "%04x:%04x", (unsigned)dev->vendor & 0xffff,
		   (unsigned)dev->device & 0xffff);
	return buf;
}

char *device_name(const struct device_view *view, const struct pci_dev *dev,
		  enum device_name_form form)
{
	struct field_value class = { 0 }, device = { 0 }, vendor = { 0 };

	get_class_name(view, dev, &class);
	get_device_name(view, dev, &device);
	get_vendor_name(view, dev, &vendor);
	const char *what = class.text ? class.text : "unknown device";
	if (!device.text)
		return g_strdup(what);
	if (dev->vendor < 0)
		vendor.text = NULL;
	bool nameless = g_str_has_prefix(device.text, "Device ");
	if (form == DEVICE_SHORT && !nameless)
		return g_strdup(device.text);
	g_autofree char *name = g_strdup_printf("%s%s%s", vendor.text ? vendor.text : "",
						vendor.text ? " " : "", device.text);
	if (form == DEVICE_MAKER)
		return g_steal_pointer(&name);
	if (form == DEVICE_SHORT)
		return g_strdup_printf("%s (%s)", what, device.text);
	return g_strdup_printf("%s: %s", what, name);
}
