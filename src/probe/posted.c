/* See posted.h. Lines → functions. A text falls into sections: runs of functions that one command
 * printed (posted_machine.c says why). Here it is decided where one ends, and which group a line is
 * in.
 */
#include "probe/posted.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "probe/posted_parts.h"

struct reader {
	struct host *host;
	struct posted_machine *machine;
	struct posted_fn *fn; /* whose block is read; NULL: none */
	bool lost_paths;      /* noted already */

	/* the listing of groups */
	int group;         /* -1: in none */
	bool group_inline; /* the number stood in front of a function */
	bool group_blank;  /* a blank line or prose since */
	bool group_fresh;  /* its header was the last thing read */
	unsigned group_indent;
};

static void end_section(struct reader *reader)
{
	reader->fn = NULL;
	posted_end_section(reader->machine);
}

/* ---- a function begins ---- */

/* Follows a -P path. Returns false where a bus number is not known. */
static bool walk_path(const struct reader *reader, struct posted_device *device)
{
	for (unsigned i = 0; i < device->n_steps; i++) {
		const struct posted_step *step = &device->steps[i];
		int bus = step->bus >= 0 ? step->bus
					 : posted_bus_behind(reader->machine, device->addr);
		if (bus < 0)
			return false;
		device->has_parent = true;
		device->parent = device->addr;
		device->addr.bus = (uint8_t)bus;
		device->addr.slot = step->slot;
		device->addr.function = step->function;
	}
	return true;
}

/* The group that the line is in, -1: none. */
static int group_of(struct reader *reader, const struct posted_device *device,
		    const struct posted_line *line)
{
	bool inside = line->indent > reader->group_indent || device->prefix.marked;

	if (device->prefix.group >= 0) {
		reader->group_inline =
			reader->group != device->prefix.group || reader->group_inline;
		reader->group = device->prefix.group;
		reader->group_indent = line->indent;
		return reader->group;
	}
	if (reader->group >= 0 && !inside && (reader->group_inline || reader->group_blank))
		reader->group = -1;
	return reader->group;
}

static struct posted_fn *begin_fn(struct reader *reader, const struct posted_device *device,
				  int group, unsigned line)
{
	struct posted_fn *fn = posted_begin_fn(reader->machine, device->addr, group >= 0);

	if (!fn)
		return NULL;
	fn->line = line;
	fn->vmm = device->prefix.slot;
	if (group >= 0) {
		fn->dev.group_id = group;
		fn->dev.group_known = true;
	}
	return fn;
}

static const char *keep(struct reader *reader, struct slice slice)
{
	return slice.text ? host_string_n(reader->host, slice.text, slice.length) : NULL;
}

static void take_names(struct reader *reader, struct pci_dev *dev,
		       const struct posted_device *device)
{
	dev->text_class = keep(reader, device->class_name);
	dev->text_name = keep(reader, device->name);
	if (!device->device_name.text)
		return;
	g_autofree char *name =
		g_strdup_printf("%.*s%s%.*s", (int)device->name.length,
				device->name.text ? device->name.text : "",
				device->name.text ? " " : "", (int)device->device_name.length,
				device->device_name.text);
	dev->text_name = host_string(reader->host, name);
}

/* "[ffff:ffff]", "[ffff]": nothing answers there. */
static int32_t answer(int32_t number)
{
	return number == 0xffff ? -1 : number;
}

static void take_line(struct reader *reader, struct posted_fn *fn,
		      const struct posted_device *device)
{
	struct pci_dev *dev = &fn->dev;

	dev->vendor = answer(device->vendor);
	dev->device = dev->vendor == device->vendor ? device->device : -1;
	if (dev->vendor == device->vendor)
		take_names(reader, dev, device);
	if (device->subsystem_vendor >= 0 && device->subsystem_device >= 0) {
		dev->subsystem_vendor = device->subsystem_vendor;
		dev->subsystem_device = device->subsystem_device;
	}
	dev->revision = (int16_t)device->revision;
	if (answer(device->class_code) >= 0)
		dev->class_code = device->class_code << 8;
	fn->prog_if = device->prog_if;
	if (device->driver.length > 0) {
		dev->driver_known = true;
		dev->driver = keep(reader, device->driver);
	}
	dev->has_path_parent = device->has_parent;
	dev->path_parent = device->parent;
	dev->on_root_bus = device->on_root_bus;
}

static void end_fn(struct reader *reader)
{
	if (reader->fn)
		reader->fn->ended = true;
}

static void read_device(struct reader *reader, const struct posted_line *line)
{
	struct posted_device device;
	const char *text = line->text;

	end_fn(reader);
	while (text && posted_device_scan(text, &device)) {
		int group = group_of(reader, &device, line);
		text = device.next;
		/* an address alone is a member of a listing, or a word of a sentence */
		if (device.bare && group < 0 && !device.linked && !device.prefix.slot)
			continue;
		if (!walk_path(reader, &device)) {
			posted_note(reader->host, &reader->lost_paths, line->number,
				    "paths (lspci -P) without bus numbers: such functions are left "
				    "out");
			reader->fn = NULL;
			continue;
		}
		/* seen in this listing of groups: another listing begins */
		if (device.prefix.group < 0 && !reader->group_fresh && reader->group >= 0 &&
		    posted_in_section(reader->machine, device.addr))
			reader->group = group = -1;
		reader->fn = begin_fn(reader, &device, group, line->number);
		if (reader->fn)
			take_line(reader, reader->fn, &device);
	}
	reader->group_blank = reader->group_fresh = false;
}

/* ---- lines ---- */

/* "IOMMU group: 7" is a header of some script, or a line of lspci -v. */
static bool is_group_property(const struct reader *reader, const char *text)
{
	return reader->fn && !reader->fn->ended && reader->fn->verbose &&
	       text_after(text, "IOMMU group: ");
}

static void read_group(struct reader *reader, const struct posted_line *line)
{
	if (is_group_property(reader, line->text)) {
		posted_property_take(reader->host, reader->fn, line->text);
		return;
	}
	end_fn(reader);
	reader->fn = NULL;
	posted_group_header(line->text, &reader->group);
	reader->group_inline = reader->group_blank = false;
	reader->group_fresh = true;
	reader->group_indent = line->indent;
}

static void read_prose(struct reader *reader)
{
	/* right below a property it is something that was broken or put in */
	if (reader->fn && !reader->fn->ended)
		reader->fn->cut = true;
	end_section(reader);
	reader->group_blank = true;
}

static void read_line(struct reader *reader, const struct posted_line *line)
{
	switch (line->kind) {
	case POSTED_DEVICE:
		read_device(reader, line);
		break;
	case POSTED_GROUP:
		read_group(reader, line);
		break;
	case POSTED_PROPERTY:
		if (reader->fn)
			posted_property_take(reader->host, reader->fn, line->text);
		break;
	case POSTED_HEX:
		if (reader->fn)
			posted_hex_take(reader->fn, line->text);
		break;
	case POSTED_BLANK:
		end_fn(reader);
		reader->group_blank = true;
		break;
	case POSTED_CUT:
		if (reader->fn)
			reader->fn->cut = true;
		break;
	case POSTED_OTHER:
		read_prose(reader);
		break;
	case POSTED_LABEL:
		/* a word with a colon is of lspci only inside a block */
		if (reader->fn && reader->fn->ended)
			read_prose(reader);
		break;
	case POSTED_CMDLINE:
		if (!reader->host->platform.kernel.cmdline)
			reader->host->platform.kernel.cmdline =
				host_string(reader->host, line->text);
		break;
	case POSTED_IGNORED:
		break;
	}
}

static void read_lines(struct reader *reader, const GArray *lines)
{
	for (unsigned i = 0; i < lines->len; i++)
		read_line(reader, &g_array_index(lines, struct posted_line, i));
	/* the last block may have been cut off, unless it shows its end */
	if (reader->fn && (reader->fn->has_driver_line || reader->fn->config))
		reader->fn->ended = true;
	end_section(reader);
}

/* ---- the door ---- */

/* What must be known before the first section ends: whether lspci could see extended capabilities,
 * and whether it dumped them. */
static struct posted_machine *machine_for(struct host *host, const GArray *lines)
{
	bool extended = false, all_bytes = false;

	for (unsigned i = 0; i < lines->len; i++) {
		const struct posted_line *line = &g_array_index(lines, struct posted_line, i);
		const char *offset = text_after(line->text, "Capabilities: [");
		if (offset && strspn(offset, "0123456789abcdef") == 3)
			extended = true;
		if (line->kind == POSTED_HEX && line->text[3] == ':')
			all_bytes = true;
	}
	return posted_machine_new(host, extended, all_bytes);
}

static void set_nothing(const struct reader *reader, GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    reader->lost_paths ? "the text names PCI functions by paths only (lspci -P), "
					 "whose bus numbers are not in it"
				       : "no PCI function is named in the text");
	error_hint(error, "post the output of lspci -nnk, or better of sudo lspci -nnvv");
}

/* Reads all functions; false and *error when there is none. */
static bool fill(struct host *host, const char *text, size_t length, GError **error)
{
	struct reader reader = { .host = host, .group = -1 };
	struct posted_text clean;

	posted_text_clean(text, length, &clean);
	posted_text_join(&clean);
	reader.machine = machine_for(host, clean.lines);
	read_lines(&reader, clean.lines);
	posted_text_clear(&clean);

	GPtrArray *fns = posted_machine_fns(reader.machine);
	bool any = fns->len > 0;
	if (any)
		posted_host_fill(host, fns);
	posted_machine_free(reader.machine);
	if (!any)
		set_nothing(&reader, error);
	return any;
}

struct host *posted_read(const char *text, size_t length, GError **error)
{
	struct host *host = host_new(HOST_POSTED);

	if (fill(host, text, length, error))
		return host;
	host_free(host);
	return NULL;
}
