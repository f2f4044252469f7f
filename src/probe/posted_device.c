/* The line that begins a function: an address, then class, name, ids, revision, in one of the ways
 * that lspci and the scripts around it print them. One parser for each way, tried in order; each
 * leaves the line alone when it is not its own.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

#define MAX_CLASS_NAME 48

/* ---- pieces ---- */

static struct slice slice_between(const char *text, const char *end)
{
	struct slice slice = { text, end > text ? (size_t)(end - text) : 0 };

	slice = slice_chomp(slice_skip_blanks(slice));
	return slice.length > 0 ? slice : (struct slice){ 0 };
}

bool posted_ids_scan(const char *text, int32_t *vendor, int32_t *device)
{
	uint32_t left, right;

	if (text[0] != '[' || !text_hex(text + 1, 4, &left) || text[5] != ':' ||
	    !text_hex(text + 6, 4, &right) || text[10] != ']')
		return false;
	*vendor = (int32_t)left;
	*device = (int32_t)right;
	return true;
}

/* "(rev a1)", "(prog-if 30 [XHCI])": the number behind word, -1; *at is moved to it. */
static int take_parenthesis(const char *text, const char *word, const char **at)
{
	size_t n = strlen(word);
	uint32_t value;

	for (const char *found = strstr(text, word); found; found = strstr(found + 1, word)) {
		if (!text_hex(found + n, 2, &value))
			continue;
		if (found < *at)
			*at = found;
		return (int)value;
	}
	return -1;
}

/* The last "[8086:191f]" before end; NULL: none. */
static const char *find_ids(const char *text, const char *end, struct posted_device *ret)
{
	const char *last = NULL;

	for (const char *at = strchr(text, '['); at && at < end; at = strchr(at + 1, '['))
		if (posted_ids_scan(at, &ret->vendor, &ret->device))
			last = at;
	return last;
}

/* "[8086... (rev 02)": lspci cuts names that are too long for it. */
static const char *find_cut_ids(const char *text, const char *end, struct posted_device *ret)
{
	uint32_t vendor;

	for (const char *at = strchr(text, '['); at && at < end; at = strchr(at + 1, '['))
		if (text_hex(at + 1, 4, &vendor) && strncmp(at + 5, "...", 3) == 0) {
			ret->vendor = (int32_t)vendor;
			return at;
		}
	return NULL;
}

/* Scripts print "Driver: nvidia" at the end of the line. */
static const char *find_driver(const char *text, const char *end, struct posted_device *ret)
{
	const char *at = strstr(text, " Driver: ");

	if (!at)
		return end;
	const char *word = at + strlen(" Driver: ");
	word += strspn(word, " ");
	ret->driver = (struct slice){ word, strcspn(word, " ") };
	return at < end ? at : end;
}

/* Everything behind the class. */
static void take_name(const char *text, struct posted_device *ret)
{
	const char *end = text + strlen(text);
	int prog_if, revision;

	end = find_driver(text, end, ret);
	prog_if = take_parenthesis(text, "(prog-if ", &end);
	revision = take_parenthesis(text, "(rev ", &end);
	const char *ids = find_ids(text, end, ret);
	if (!ids)
		ids = find_cut_ids(text, end, ret);
	ret->name = slice_between(text, ids ? ids : end);
	ret->prog_if = prog_if;
	ret->revision = revision;
}

/* ---- the ways to print a function ---- */

static bool is_class_name(struct slice slice)
{
	unsigned words = 1;

	if (slice.length < 2 || slice.length > MAX_CLASS_NAME ||
	    !(g_ascii_isupper(slice.text[0]) || g_ascii_isdigit(slice.text[0])))
		return false;
	for (size_t i = 0; i < slice.length; i++) {
		if (!g_ascii_isalnum(slice.text[i]) && !strchr(" /()-.,&", slice.text[i]))
			return false;
		words += slice.text[i] == ' ';
	}
	return words <= 6;
}

static bool take_quoted(const char **at, struct slice *ret)
{
	const char *start = *at + strspn(*at, " ");
	const char *end = start[0] == '"' ? strchr(start + 1, '"') : NULL;

	if (!end)
		return false;
	*ret = slice_between(start + 1, end);
	*at = end + 1;
	return true;
}

/* Takes " [8086]" off the end of slice, or makes a number of "8086" alone; -1: there is none. */
static int32_t take_id(struct slice *slice)
{
	uint32_t id;
	size_t n = slice->length;

	if (n == 4 && text_hex(slice->text, 4, &id)) {
		*slice = (struct slice){ 0 };
		return (int32_t)id;
	}
	if (n < 6 || slice->text[n - 1] != ']' || slice->text[n - 6] != '[' ||
	    !text_hex(slice->text + n - 5, 4, &id))
		return -1;
	*slice = slice_between(slice->text, slice->text + n - 6);
	return (int32_t)id;
}

/* -mm: "Host bridge [0600]" "Intel Corporation [8086]" "Device [4660]" -r02 -p00 "…" "…" */
static bool scan_machine(const char *text, struct posted_device *ret)
{
	struct slice class, vendor, device, sub_vendor, sub_device;
	uint32_t number;

	if (!take_quoted(&text, &class) || !take_quoted(&text, &vendor) ||
	    !take_quoted(&text, &device))
		return false;
	ret->class_code = take_id(&class);
	ret->vendor = take_id(&vendor);
	ret->device = take_id(&device);
	ret->class_name = class;
	ret->name = vendor;
	ret->device_name = device;
	for (text += strspn(text, " "); *text == '-'; text += strspn(text, " ")) {
		if (text[1] == 'r' && text_hex(text + 2, 2, &number))
			ret->revision = (int)number;
		else if (text[1] == 'p' && text_hex(text + 2, 2, &number))
			ret->prog_if = (int)number;
		text += strcspn(text, " ");
	}
	if (take_quoted(&text, &sub_vendor) && take_quoted(&text, &sub_device)) {
		ret->subsystem_vendor = take_id(&sub_vendor);
		ret->subsystem_device = take_id(&sub_device);
	}
	return true;
}

/* -n: "0600: 8086:191f (rev 07)" */
static bool scan_numeric(const char *text, struct posted_device *ret)
{
	const char *class = text_after(text, "Class ");
	const char *at = class ? class : text;
	uint32_t code, vendor, device;

	if (!text_hex(at, 4, &code) || at[4] != ':' || at[5] != ' ' ||
	    !text_hex(at + 6, 4, &vendor) || at[10] != ':' || !text_hex(at + 11, 4, &device) ||
	    g_ascii_isxdigit(at[15]))
		return false;
	take_name(at + 15, ret);
	ret->name = (struct slice){ 0 };
	ret->class_code = (int32_t)code;
	ret->vendor = (int32_t)vendor;
	ret->device = (int32_t)device;
	return true;
}

/* -nn: "Host bridge [0600]: …" */
static bool scan_bracketed(const char *text, struct posted_device *ret)
{
	uint32_t code;

	for (const char *at = strchr(text, '['); at && at - text <= MAX_CLASS_NAME;
	     at = strchr(at + 1, '[')) {
		if (!text_hex(at + 1, 4, &code) || at[5] != ']' || at[6] != ':')
			continue;
		ret->class_name = slice_between(text, at);
		ret->class_code = (int32_t)code;
		take_name(at + 7, ret);
		return true;
	}
	return false;
}

/* "Host bridge: …" */
static bool scan_named(const char *text, struct posted_device *ret)
{
	const char *colon = strstr(text, ": ");

	if (!colon)
		return false;
	struct slice class = slice_between(text, colon);
	const char *name = colon + 2 + strspn(colon + 2, " ");
	/* prose goes on in small letters, vendors do not ("nVidia Corporation") */
	if (!is_class_name(class) || !*name ||
	    (g_ascii_islower(name[0]) && g_ascii_islower(name[1])))
		return false;
	ret->class_name = class;
	take_name(name, ret);
	return true;
}

/* "Host bridge                 Device 14da": columns, as some scripts print them */
static bool scan_columns(const char *text, struct posted_device *ret)
{
	text += strspn(text, " ");
	const char *gap = strstr(text, "  ");

	if (!gap)
		return false;
	struct slice class = slice_between(text, gap);
	if (!is_class_name(class))
		return false;
	ret->class_name = class;
	take_name(gap, ret);
	return ret->name.length > 0;
}

static bool scan_body(const char *text, struct posted_device *ret)
{
	bool columns = text[0] == ' ' && text[1] == ' ';
	const char *at = text + strspn(text, " ");

	if (text_after(at, "- "))
		at += 2;
	if (*at == '\0') {
		ret->bare = true;
		ret->next = at;
		return true;
	}
	return scan_machine(at, ret) || scan_numeric(at, ret) || scan_bracketed(at, ret) ||
	       (columns && scan_columns(text, ret)) || scan_named(at, ret) ||
	       scan_columns(text, ret);
}

/* ---- the address ---- */

/* Steps of lspci -P ("/00.0") and -PP ("/01:00.0"). */
static const char *scan_steps(const char *text, struct posted_device *ret)
{
	while (text[0] == '/' && ret->n_steps < POSTED_MAX_STEPS) {
		struct posted_step step = { .bus = -1 };
		const char *at = text + 1;
		uint32_t bus, slot;
		if (text_hex(at, 2, &bus) && at[2] == ':') {
			step.bus = (int)bus;
			at += 3;
		}
		if (!text_hex(at, 2, &slot) || slot > 31 || at[2] != '.' || at[3] < '0' ||
		    at[3] > '7')
			break;
		step.slot = (uint8_t)slot;
		step.function = (uint8_t)(at[3] - '0');
		ret->steps[ret->n_steps++] = step;
		text = at + 4;
	}
	return text;
}

/* ls -l: "… 0000:01:00.0 -> ../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0" */
static bool scan_link(const char *text, struct posted_device *ret)
{
	const char *target = strstr(text, "/devices/pci");
	const char *groups = strstr(text, "iommu_groups/");
	bool any = false;

	if (!target || !strstr(text, "-> "))
		return false;
	for (const char *at = strchr(target + 1, '/'); at; at = strchr(at + 1, '/')) {
		struct pci_addr addr;
		if (text_after(at, "/pci") && any) {
			any = false; /* a root bus below a device: VMD */
			ret->on_root_bus = true;
			ret->has_parent = false;
			continue;
		}
		if (pci_addr_scan(at + 1, &addr) == 0)
			continue;
		ret->has_parent = any;
		ret->parent = ret->addr;
		ret->addr = addr;
		any = true;
	}
	if (!any)
		return false;
	ret->on_root_bus = !ret->has_parent;
	ret->linked = ret->bare = true;
	if (groups) {
		g_autofree char *path = g_strconcat("/sys/kernel/", groups, NULL);
		posted_prefix_scan(path, &ret->prefix);
		ret->prefix.rest = text;
	}
	return true;
}

/* "pci 0000:01:00.0: Adding to iommu group 5" → where "iommu" stands; NULL: it is none. */
static const char *scan_added(const char *text, struct pci_addr *addr)
{
	const char *words = strstr(text, "Adding to iommu group ");

	for (const char *at = words; at && at > text; at--)
		if (at[-1] == ' ' && pci_addr_scan(at, addr) > 0)
			return words + strlen("Adding to ");
	return NULL;
}

/* Before Linux 5.4: "iommu: Adding device 0000:01:00.0 to group 5" → where "group" stands. */
static const char *scan_added_then(const char *text, struct pci_addr *addr)
{
	const char *words = strstr(text, "Adding device ");
	bool found = words && pci_addr_scan(words + strlen("Adding device "), addr) > 0;
	const char *group = found ? strstr(words, " to group ") : NULL;

	return group ? group + strlen(" to ") : NULL;
}

/* A line of the kernel's log. */
static bool scan_log(const char *text, struct posted_device *ret)
{
	const char *group = scan_added(text, &ret->addr);

	if (!group)
		group = scan_added_then(text, &ret->addr);
	if (!group)
		return false;
	posted_prefix_scan(group, &ret->prefix);
	ret->linked = ret->bare = true;
	return ret->prefix.group >= 0;
}

bool posted_device_scan(const char *text, struct posted_device *ret)
{
	*ret = (struct posted_device){
		.vendor = -1,
		.device = -1,
		.subsystem_vendor = -1,
		.subsystem_device = -1,
		.class_code = -1,
		.prog_if = -1,
		.revision = -1,
	};
	posted_prefix_scan(text, &ret->prefix);

	const char *at = ret->prefix.rest;
	size_t n = pci_addr_scan(at, &ret->addr);
	if (n == 0)
		return scan_link(text, ret) || scan_log(text, ret);
	at = scan_steps(at + n, ret);
	if (*at != ' ' && *at != '\0')
		return false;
	if (!scan_body(at, ret)) {
		struct pci_addr other;
		at += strspn(at, " ");
		if (pci_addr_scan(at, &other) == 0)
			return scan_link(text, ret);
		ret->bare = true; /* ls prints several in one line */
		ret->next = at;
	}
	if (ret->vendor < 0 && ret->device < 0) {
		ret->vendor = ret->prefix.vendor;
		ret->device = ret->prefix.device;
	}
	return true;
}
