/* See posted.h. Lines → functions. A text falls into sections: runs of functions that one command
 * printed. A section is read as a whole before it is added to the machine, since what one of its
 * functions shows ("Kernel driver in use", "IOMMU group") says how to read the others, and since a
 * section of another machine must leave no trace.
 */
#include "probe/posted.h"

#include <string.h>

#include "base/error.h"
#include "base/recording.h"
#include "base/text.h"
#include "probe/posted_parts.h"

#define MAX_FUNCTIONS 65536 /* of a machine; more are no machine */

struct section {
	GPtrArray *fns;    /* of struct posted_fn, owned */
	GHashTable *index; /* address → struct posted_fn */
	bool grouped;      /* a listing of groups */
};

struct reader {
	struct host *host;
	struct posted_names *names;
	GPtrArray *machine; /* of struct posted_fn, owned */
	GHashTable *machine_index;
	struct section section;
	struct posted_fn *fn; /* whose block is read; NULL: none */
	unsigned line;        /* number of the current line */

	/* the listing of groups */
	int group;         /* -1: in none */
	bool group_inline; /* the number stood in front of a function */
	bool group_blank;  /* a blank line or prose since */
	bool group_fresh;  /* its header was the last thing read */
	unsigned group_indent;

	/* the text as a whole */
	bool extended;  /* an extended capability was named */
	bool all_bytes; /* a hex dump goes beyond 256 bytes */
	bool two_machines;
	bool groups_differ;
	bool lost_paths;
	bool too_many;
};

/* ---- tables by address ---- */

static GHashTable *index_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void index_add(GHashTable *index, struct posted_fn *fn)
{
	gint64 *key = g_new(gint64, 1);

	*key = (gint64)pci_addr_key(fn->dev.addr);
	g_hash_table_insert(index, key, fn);
}

static struct posted_fn *index_find(GHashTable *index, struct pci_addr addr)
{
	gint64 key = (gint64)pci_addr_key(addr);

	return g_hash_table_lookup(index, &key);
}

static void note(struct reader *reader, bool *once, unsigned line, const char *reason)
{
	g_autofree char *where = g_strdup_printf("posted text, line %u", line);

	if (!*once)
		host_gap_text(reader->host, where, reason);
	*once = true;
}

/* ---- the end of a section ---- */

static void section_init(struct section *section)
{
	*section = (struct section){
		.fns = g_ptr_array_new_with_free_func((GDestroyNotify)posted_fn_free),
		.index = index_new(),
	};
}

static void section_clear(struct section *section)
{
	g_ptr_array_free(section->fns, TRUE);
	g_hash_table_destroy(section->index);
}

/* What is known of a function because others of its section show it. */
static void finish_fn(const struct reader *reader, struct posted_fn *fn, bool drivers, bool groups)
{
	bool whole = fn->ended && !fn->cut;

	fn->ended = whole;
	fn->dev.driver_known |= fn->has_driver_line || (drivers && whole);
	if (groups && fn->verbose && whole)
		fn->dev.group_known = true;
	posted_caps_finish(fn, reader->extended);
	posted_hex_finish(fn, reader->all_bytes);
	posted_names_take(reader->names, reader->host, fn);
	if (fn->dev.class_code >= 0 && !fn->dev.prog_if_known && fn->prog_if >= 0) {
		fn->dev.class_code |= fn->prog_if;
		fn->dev.prog_if_known = true;
	}
}

static void finish_section(struct reader *reader)
{
	const GPtrArray *fns = reader->section.fns;
	bool drivers = false, groups = false;

	for (unsigned i = 0; i < fns->len; i++) {
		const struct posted_fn *fn = fns->pdata[i];
		drivers |= fn->has_driver_line;
		groups |= fn->group_line;
	}
	for (unsigned i = 0; i < fns->len; i++)
		finish_fn(reader, fns->pdata[i], drivers, groups);
}

/* Is the section of the machine that is read? Behind a second machine, only what is known is. */
static bool belongs(struct reader *reader)
{
	const GPtrArray *fns = reader->section.fns;

	for (unsigned i = 0; i < fns->len; i++) {
		const struct posted_fn *fn = fns->pdata[i];
		const struct posted_fn *known = index_find(reader->machine_index, fn->dev.addr);
		if (known && posted_fn_differs(known, fn)) {
			note(reader, &reader->two_machines, fn->line,
			     "another machine begins here, which is left out");
			return false;
		}
		if (!known && reader->two_machines)
			return false;
	}
	return true;
}

static void add_to_machine(struct reader *reader, struct posted_fn **slot)
{
	struct posted_fn *fn = *slot;
	struct posted_fn *known = index_find(reader->machine_index, fn->dev.addr);

	if (known) {
		if (!posted_fn_merge(known, fn))
			note(reader, &reader->groups_differ, fn->line,
			     "the groups differ from those above, which are kept");
		return;
	}
	if (reader->machine->len >= MAX_FUNCTIONS) {
		note(reader, &reader->too_many, fn->line,
		     "too many functions: the rest is left out");
		return;
	}
	g_ptr_array_add(reader->machine, fn);
	index_add(reader->machine_index, fn);
	*slot = NULL; /* moved */
}

static void end_section(struct reader *reader)
{
	GPtrArray *fns = reader->section.fns;

	reader->fn = NULL;
	if (fns->len == 0)
		return;
	finish_section(reader);
	if (belongs(reader))
		for (unsigned i = 0; i < fns->len; i++)
			add_to_machine(reader, (struct posted_fn **)&fns->pdata[i]);
	section_clear(&reader->section);
	section_init(&reader->section);
}

/* ---- a function begins ---- */

/* The bus behind the bridge at addr, as far as read; -1. */
static int bus_behind(const struct reader *reader, struct pci_addr addr)
{
	const struct posted_fn *fn = index_find(reader->section.index, addr);

	if (!fn)
		fn = index_find(reader->machine_index, addr);
	return fn && fn->dev.caps ? fn->dev.caps->secondary_bus : -1;
}

/* Follows a -P path. Returns false where a bus number is not known. */
static bool walk_path(const struct reader *reader, struct posted_device *device)
{
	for (unsigned i = 0; i < device->n_steps; i++) {
		const struct posted_step *step = &device->steps[i];
		int bus = step->bus >= 0 ? step->bus : bus_behind(reader, device->addr);
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
				  int group)
{
	bool again = index_find(reader->section.index, device->addr) != NULL;

	if (again || reader->section.grouped != (group >= 0))
		end_section(reader);
	if (reader->section.fns->len >= MAX_FUNCTIONS)
		return NULL;

	struct posted_fn *fn = posted_fn_new(device->addr);
	reader->section.grouped = group >= 0;
	g_ptr_array_add(reader->section.fns, fn);
	index_add(reader->section.index, fn);
	fn->line = reader->line;
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
			note(reader, &reader->lost_paths, line->number,
			     "paths (lspci -P) without bus numbers: such functions are left out");
			reader->fn = NULL;
			continue;
		}
		/* seen in this listing of groups: another listing begins */
		if (device.prefix.group < 0 && !reader->group_fresh && reader->section.grouped &&
		    index_find(reader->section.index, device.addr))
			reader->group = group = -1;
		reader->fn = begin_fn(reader, &device, group);
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
	reader->line = line->number;
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

/* What must be known before the first section ends. */
static void look_ahead(struct reader *reader, const GArray *lines)
{
	for (unsigned i = 0; i < lines->len; i++) {
		const struct posted_line *line = &g_array_index(lines, struct posted_line, i);
		const char *offset = text_after(line->text, "Capabilities: [");
		if (offset && strspn(offset, "0123456789abcdef") == 3)
			reader->extended = true;
		if (line->kind == POSTED_HEX && line->text[3] == ':')
			reader->all_bytes = true;
	}
}

static void read_lines(struct reader *reader, const GArray *lines)
{
	look_ahead(reader, lines);
	for (unsigned i = 0; i < lines->len; i++)
		read_line(reader, &g_array_index(lines, struct posted_line, i));
	/* the last block may have been cut off, unless it shows its end */
	if (reader->fn && (reader->fn->has_driver_line || reader->fn->config))
		reader->fn->ended = true;
	end_section(reader);
}

/* ---- the door ---- */

struct host *posted_read(const char *text, size_t length, GError **error)
{
	struct reader reader = {
		.host = host_new(HOST_POSTED),
		.names = posted_names_new(),
		.machine = g_ptr_array_new_with_free_func((GDestroyNotify)posted_fn_free),
		.machine_index = index_new(),
		.group = -1,
	};
	struct posted_text clean;

	section_init(&reader.section);
	posted_text_clean(text, length, &clean);
	posted_text_join(&clean);
	read_lines(&reader, clean.lines);
	posted_text_clear(&clean);

	struct host *host = reader.host;
	if (reader.machine->len == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "no PCI function is named in the text");
		error_hint(error, "post the output of lspci -nnk, or better of sudo lspci -nnvv");
		g_clear_pointer(&host, host_free);
	} else {
		posted_host_fill(host, reader.machine);
	}
	section_clear(&reader.section);
	posted_names_free(reader.names);
	g_ptr_array_free(reader.machine, TRUE);
	g_hash_table_destroy(reader.machine_index);
	return host;
}

bool posted_looks_like(const char *text, size_t length)
{
	struct posted_text clean;
	bool found = false;

	if (length == 0 || recording_looks_like(text, length))
		return false;
	posted_text_clean(text, length, &clean);
	posted_text_join(&clean);
	for (unsigned i = 0; i < clean.lines->len && !found; i++) {
		const struct posted_line *line = &g_array_index(clean.lines, struct posted_line, i);
		struct posted_device device;
		found = line->kind == POSTED_DEVICE && posted_device_scan(line->text, &device) &&
			(!device.bare || device.prefix.group >= 0 || device.prefix.slot);
	}
	posted_text_clear(&clean);
	return found;
}
