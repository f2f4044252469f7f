/* See guest.h. */
#include "vm/guest.h"

#include <stdarg.h>
#include <string.h>

struct guest *guest_new(enum guest_form form)
{
	struct guest *guest = g_new0(struct guest, 1);

	*guest = (struct guest){
		.form = form,
		.words = g_ptr_array_new(),
		.places = g_array_new(FALSE, FALSE, sizeof(struct guest_place)),
		.devices = g_array_new(FALSE, FALSE, sizeof(struct guest_device)),
		.pins = g_array_new(FALSE, FALSE, sizeof(struct guest_pin)),
		.helpers = g_array_new(FALSE, FALSE, sizeof(struct guest_pin)),
		.hyperv = g_array_new(FALSE, FALSE, sizeof(const char *)),
		.passed = g_array_new(FALSE, FALSE, sizeof(const char *)),
		.properties = g_array_new(FALSE, FALSE, sizeof(struct guest_property)),
		.smm = TRI_UNKNOWN,
		.iommu = { .caching = TRI_UNKNOWN, .remapping = TRI_UNKNOWN, .word = -1 },
		.absent = g_array_new(FALSE, FALSE, sizeof(struct guest_use)),
		.kvm = TRI_UNKNOWN,
		.sockets = -1,
		.dies = -1,
		.clusters = -1,
		.cores = -1,
		.threads = -1,
		.topoext = TRI_UNKNOWN,
		.balloon = TRI_UNKNOWN,
		.code_readonly = TRI_UNKNOWN,
		.strings = g_string_chunk_new(4096),
	};
	return guest;
}

void guest_free(struct guest *guest)
{
	if (!guest)
		return;
	if (guest->doc)
		guest_free_xml(guest);
	g_ptr_array_unref(guest->words);
	g_array_unref(guest->places);
	g_array_unref(guest->devices);
	g_array_unref(guest->pins);
	g_array_unref(guest->helpers);
	g_array_unref(guest->hyperv);
	g_array_unref(guest->passed);
	g_array_unref(guest->absent);
	g_array_unref(guest->properties);
	g_string_chunk_free(guest->strings);
	g_free(guest);
}

const char *guest_string(struct guest *guest, const char *text)
{
	return text ? g_string_chunk_insert(guest->strings, text) : NULL;
}

const char *guest_format(struct guest *guest, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return guest_string(guest, text);
}

const char *guest_usb_place(struct guest *guest, int bus, int device, const char *port)
{
	if (bus < 0 || (device < 0 && !port))
		return NULL;
	return device >= 0 ? guest_format(guest, "USB device %d:%d", bus, device)
			   : guest_format(guest, "USB device %d-%s", bus, port);
}

struct guest_device *guest_add(struct guest *guest, enum guest_device_kind kind, const char *shown)
{
	const struct guest_device device = {
		.kind = kind,
		.shown = shown,
		.word = -1,
		.slot = -1,
		.multifunction = TRI_UNKNOWN,
		.usb_vendor = -1,
		.usb_product = -1,
		.iothread = -1,
		.index = -1,
		.chassis = -1,
		.port = -1,
	};

	g_array_append_val(guest->devices, device);
	return &g_array_index(guest->devices, struct guest_device, guest->devices->len - 1);
}

unsigned guest_count(const struct guest *guest, enum guest_device_kind kind)
{
	unsigned n = 0;

	for (guint i = 0; i < guest->devices->len; i++)
		n += g_array_index(guest->devices, struct guest_device, i).kind == kind;
	return n;
}

enum tri guest_is_q35(const struct guest *guest)
{
	const char *machine = guest->machine;

	if (guest->arch && strcmp(guest->arch, "x86_64") != 0 && strcmp(guest->arch, "i686") != 0)
		return TRI_UNKNOWN;
	if (!machine && guest->open)
		return TRI_UNKNOWN;
	if (!machine || strcmp(machine, "pc") == 0 || g_str_has_prefix(machine, "pc+") ||
	    strstr(machine, "i440fx") || g_str_has_prefix(machine, "pc-0.") ||
	    g_str_has_prefix(machine, "pc-1."))
		return TRI_NO;
	return strstr(machine, "q35") ? TRI_YES : TRI_UNKNOWN;
}

/* QEMU: target/i386/cpu.c, "hv-vendor-id". */
const char *guest_vendor(struct guest *guest, const char *vendor)
{
	return g_strcmp0(vendor, "Microsoft Hv") == 0 ? NULL : guest_string(guest, vendor);
}
