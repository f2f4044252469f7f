/* Reading QEMU's command line into a guest. */
#include <json-c/json.h>
#include <string.h>

#include "base/text.h"
#include "vm/guest.h"
#include "vm/shell_words.h"

/* ---- "key=value,key=value" ---- */

struct pair {
	char *key; /* "" for a first value without one */
	char *value;
};

static void clear_pair(void *data)
{
	struct pair *pair = data;

	g_free(pair->key);
	g_free(pair->value);
}

static void add_pair(GArray *pairs, char *key, char *value)
{
	const struct pair pair = { .key = key, .value = value };

	g_array_append_val(pairs, pair);
}

/* One piece; a first one without "=" is the implied value, a later one a switch. */
static void add_piece(GArray *pairs, const char *piece)
{
	const char *equals = strchr(piece, '=');

	if (equals)
		add_pair(pairs, g_strndup(piece, (gsize)(equals - piece)), g_strdup(equals + 1));
	else if (pairs->len == 0)
		add_pair(pairs, g_strdup(""), g_strdup(piece));
	else
		add_pair(pairs, g_strdup(piece), g_strdup("on"));
}

/* Nested objects become "file.filename". */
static void add_json(GArray *pairs, struct json_object *object, const char *prefix, int depth)
{
	json_object_object_foreach(object, key, value)
	{
		g_autofree char *name = g_strdup_printf("%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_object_is_type(value, json_type_object) && depth < 8)
			add_json(pairs, value, name, depth + 1);
		else if (json_object_is_type(value, json_type_boolean))
			add_pair(pairs, g_steal_pointer(&name),
				 g_strdup(json_object_get_boolean(value) ? "on" : "off"));
		else if (value)
			add_pair(pairs, g_steal_pointer(&name),
				 g_strdup(json_object_get_string(value)));
	}
}

static void split_plain(GArray *pairs, const char *text)
{
	g_autoptr(GString) piece = g_string_new(NULL);

	for (; *text; text++) {
		if (text[0] == ',' && text[1] == ',') {
			g_string_append_c(piece, ',');
			text++;
		} else if (*text == ',') {
			add_piece(pairs, piece->str);
			g_string_truncate(piece, 0);
		} else {
			g_string_append_c(piece, *text);
		}
	}
	if (piece->len > 0)
		add_piece(pairs, piece->str);
}

static GArray *split(const char *text)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
	struct json_object *object = *text == '{' ? json_tokener_parse(text) : NULL;

	g_array_set_clear_func(pairs, clear_pair);
	if (object && json_object_is_type(object, json_type_object))
		add_json(pairs, object, "", 0);
	else
		split_plain(pairs, text);
	json_object_put(object);
	return pairs;
}

/* The value of a key; the last one counts, as with QEMU. NULL: not there. */
static const char *get(const GArray *pairs, const char *key)
{
	for (guint i = pairs->len; i-- > 0;)
		if (strcmp(g_array_index(pairs, struct pair, i).key, key) == 0)
			return g_array_index(pairs, struct pair, i).value;
	return NULL;
}

static const char *get_implied(const GArray *pairs, const char *key)
{
	const char *value = get(pairs, key);

	return value ? value : get(pairs, "");
}

static bool is_on(const char *value)
{
	return value && (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0 ||
			 strcmp(value, "true") == 0);
}

static int to_int(const char *text)
{
	uint32_t value;

	return text && text_to_u32(text, 10, INT32_MAX, &value) ? (int)value : -1;
}

/* "8G"; without a letter it is MiB for -m, bytes elsewhere. */
static uint64_t to_size(const char *text, uint64_t plain)
{
	static const char letters[] = "BKMGT";
	g_autofree char *digits = text ? g_strndup(text, strspn(text, "0123456789")) : NULL;
	uint64_t value;

	if (!digits || !text_to_u64(digits, 10, &value))
		return 0;
	char letter = g_ascii_toupper(text[strlen(digits)]);
	const char *found = letter ? strchr(letters, letter) : NULL;
	uint64_t unit = letter == '\0' ? plain : found ? (uint64_t)1 << 10 * (found - letters) : 0;
	return unit > 0 && value <= UINT64_MAX / unit ? value * unit : 0;
}

/* ---- block devices by their ids ---- */

struct reader {
	struct guest *guest;
	GHashTable *nodes;   /* id of a drive or block device → struct node */
	const char *pflash0; /* of -machine: nodes */
	const char *pflash1;
	const char *shown; /* the option that is read, as evidence */
	int value;         /* index of its value in guest.words; -1: it has none */
};

struct node {
	const char *path; /* NULL: it has another node below */
	const char *below;
	const char *io, *cache;
	enum tri readonly;
	bool used;
};

static struct node *node_of(struct reader *reader, const char *id)
{
	struct node *node = id ? g_hash_table_lookup(reader->nodes, id) : NULL;

	for (int depth = 0; node && !node->path && node->below && depth < 16; depth++) {
		struct node *below = g_hash_table_lookup(reader->nodes, node->below);
		if (!below)
			break;
		node = below;
	}
	return node;
}

static struct node *add_node(struct reader *reader, const char *id)
{
	struct node *node = g_new0(struct node, 1);

	node->readonly = TRI_UNKNOWN;
	g_hash_table_insert(reader->nodes, g_strdup(id), node);
	return node;
}

/* ---- options ---- */

static void read_name(struct reader *reader, const GArray *pairs)
{
	reader->guest->name = guest_string(reader->guest, get_implied(pairs, "guest"));
}

static void read_accel(struct reader *reader, const char *value)
{
	if (value)
		reader->guest->kvm = strstr(value, "kvm") ? TRI_YES : TRI_NO;
}

static void read_machine(struct reader *reader, const GArray *pairs)
{
	const char *type = get_implied(pairs, "type");

	if (type)
		reader->guest->machine = guest_string(reader->guest, type);
	read_accel(reader, get(pairs, "accel"));
	if (get(pairs, "pflash0"))
		reader->pflash0 = guest_string(reader->guest, get(pairs, "pflash0"));
	if (get(pairs, "pflash1"))
		reader->pflash1 = guest_string(reader->guest, get(pairs, "pflash1"));
}

static void read_accel_option(struct reader *reader, const GArray *pairs)
{
	read_accel(reader, get_implied(pairs, "accel"));
}

static void read_enable_kvm(struct reader *reader, const GArray *pairs)
{
	(void)pairs;
	reader->guest->kvm = TRI_YES;
}

/* A flag is off by "=off" or a "-" before it, and on by "=on", a "+" or its name alone. */
static bool is_off(const char *key, const char *value)
{
	return *key == '-' || (*key != '+' && *value && !is_on(value));
}

static void read_cpu_flag(struct guest *guest, const char *key, const char *value)
{
	if (g_str_has_prefix(key, "hv_") || g_str_has_prefix(key, "hv-")) {
		g_autofree char *name = g_strdelimit(g_strdup(key + 3), "_", '-');
		const char *kept = guest_string(guest, name);
		if (strcmp(name, "vendor-id") == 0)
			guest->vendor_id = guest_string(guest, value);
		if (strcmp(value, "off") != 0)
			g_array_append_val(guest->hyperv, kept);
	} else if (strcmp(key, "kvm") == 0 || strcmp(key, "-kvm") == 0) {
		guest->hidden = is_off(key, value);
	} else if (strcmp(key, "hypervisor") == 0 || strcmp(key, "-hypervisor") == 0) {
		guest->hypervisor_off = is_off(key, value);
	} else if (strcmp(key, "topoext") == 0 || strcmp(key, "+topoext") == 0 ||
		   strcmp(key, "-topoext") == 0) {
		guest->topoext = is_off(key, value) ? TRI_NO : TRI_YES;
	}
}

static void read_cpu(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	const char *model = get(pairs, "");

	guest->cpu = !model                       ? NULL
		     : strcmp(model, "host") == 0 ? "host-passthrough"
						  : guest_string(guest, model);
	for (guint i = 0; i < pairs->len; i++) {
		const struct pair *pair = &g_array_index(pairs, struct pair, i);
		read_cpu_flag(guest, pair->key, pair->value);
	}
}

static void read_smp(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	int n = to_int(get_implied(pairs, "cpus")), max = to_int(get(pairs, "maxcpus"));

	guest->vcpus = (unsigned)MAX(MAX(n, max), 0);
	guest->sockets = to_int(get(pairs, "sockets"));
	guest->dies = to_int(get(pairs, "dies"));
	guest->clusters = to_int(get(pairs, "clusters"));
	guest->cores = to_int(get(pairs, "cores"));
	guest->threads = to_int(get(pairs, "threads"));
}

static void read_memory(struct reader *reader, const GArray *pairs)
{
	reader->guest->memory = to_size(get_implied(pairs, "size"), 1 << 20);
}

static void read_mem_path(struct reader *reader, const GArray *pairs)
{
	const char *path = get_implied(pairs, "mem-path");

	if (path && strstr(path, "hugepages"))
		reader->guest->hugepages = true;
}

static void read_object(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	const char *type = get_implied(pairs, "qom-type");

	if (!type)
		return;
	if (strcmp(type, "iothread") == 0)
		guest->iothreads++;
	read_mem_path(reader, pairs);
	if (strcmp(type, "memory-backend-memfd") == 0 && is_on(get(pairs, "hugetlb"))) {
		guest->hugepages = true;
		guest->hugepage_size = to_size(get(pairs, "hugetlbsize"), 1);
	}
}

static void read_bios(struct reader *reader, const GArray *pairs)
{
	reader->guest->bios = guest_string(reader->guest, get(pairs, ""));
}

static void set_pflash(struct guest *guest, const char *path, enum tri readonly)
{
	if (!path)
		return;
	if (!guest->code) {
		guest->code = path;
		guest->code_readonly = readonly == TRI_UNKNOWN ? TRI_NO : readonly;
	} else {
		guest->vars = path;
		guest->vars_readonly = readonly == TRI_YES;
	}
}

static void read_pflash(struct reader *reader, const GArray *pairs)
{
	set_pflash(reader->guest, guest_string(reader->guest, get(pairs, "")), TRI_NO);
}

static void read_drive(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	const char *interface = get(pairs, "if"), *id = get(pairs, "id");
	const char *path = guest_string(guest, get(pairs, "file"));
	const char *readonly = get(pairs, "readonly");

	if (!readonly)
		readonly = get(pairs, "read-only");
	enum tri ro = readonly ? (enum tri)is_on(readonly) : TRI_UNKNOWN;
	if (g_strcmp0(interface, "pflash") == 0) {
		set_pflash(guest, path, ro);
		return;
	}
	if (id) {
		struct node *node = add_node(reader, id);
		node->path = path;
		node->io = guest_string(guest, get(pairs, "aio"));
		node->cache = guest_string(guest, get(pairs, "cache"));
	}
	if (g_strcmp0(interface, "none") == 0)
		return;
	struct guest_device *device = guest_add(guest, GUEST_DISK, reader->shown);
	device->type = g_strcmp0(get(pairs, "media"), "cdrom") == 0 ? "cdrom" : "disk";
	device->bus_type = interface ? guest_string(guest, interface) : "ide";
	device->path = path;
	device->io = guest_string(guest, get(pairs, "aio"));
	device->cache = guest_string(guest, get(pairs, "cache"));
}

static void read_hda(struct reader *reader, const GArray *pairs)
{
	struct guest_device *device = guest_add(reader->guest, GUEST_DISK, reader->shown);

	device->type = "disk";
	device->bus_type = "ide";
	device->path = guest_string(reader->guest, get(pairs, ""));
}

static void read_blockdev(struct reader *reader, const GArray *pairs)
{
	const char *id = get(pairs, "node-name");
	const char *path = get(pairs, "filename"), *readonly = get(pairs, "read-only");

	if (!id)
		return;
	struct node *node = add_node(reader, id);
	node->path = guest_string(reader->guest, path ? path : get(pairs, "file.filename"));
	node->below = guest_string(reader->guest, get(pairs, "file"));
	if (readonly)
		node->readonly = is_on(readonly) ? TRI_YES : TRI_NO;
	node->io = guest_string(reader->guest, get(pairs, "aio"));
	const char *direct = get(pairs, "cache.direct");
	node->cache = !direct ? NULL : is_on(direct) ? "none" : "writeback";
}

static void read_usbdevice(struct reader *reader, const GArray *pairs)
{
	const char *what = get(pairs, "");

	if (what && g_str_has_prefix(what, "host:"))
		reader->guest->usb_legacy = true;
}

static void read_soundhw(struct reader *reader, const GArray *pairs)
{
	(void)pairs;
	reader->guest->sound_legacy = true;
}

static void read_net(struct reader *reader, const GArray *pairs)
{
	const char *what = get(pairs, "");

	if (g_strcmp0(what, "nic") != 0)
		return;
	struct guest_device *device = guest_add(reader->guest, GUEST_NIC, reader->shown);
	device->model =
		get(pairs, "model") ? guest_string(reader->guest, get(pairs, "model")) : "e1000";
}

static void read_nic(struct reader *reader, const GArray *pairs)
{
	if (g_strcmp0(get(pairs, ""), "none") == 0)
		return;
	struct guest_device *device = guest_add(reader->guest, GUEST_NIC, reader->shown);
	device->model =
		get(pairs, "model") ? guest_string(reader->guest, get(pairs, "model")) : "e1000";
}

static void read_balloon(struct reader *reader, const GArray *pairs)
{
	reader->guest->balloon = g_strcmp0(get(pairs, ""), "none") == 0 ? TRI_NO : TRI_YES;
}

/* ---- -device ---- */

static void place(struct guest *guest, struct guest_device *device, const GArray *pairs)
{
	const char *addr = get(pairs, "addr"), *multi = get(pairs, "multifunction");

	device->bus = guest_string(guest, get(pairs, "bus"));
	device->id = guest_string(guest, get(pairs, "id"));
	if (multi)
		device->multifunction = is_on(multi) ? TRI_YES : TRI_NO;
	if (!addr)
		return;
	g_auto(GStrv) parts = g_strsplit(addr, ".", 2);
	uint32_t slot, function = 0;
	if (!parts[0] || !text_to_u32(parts[0], 16, 255, &slot) ||
	    (parts[1] && !text_to_u32(parts[1], 16, 7, &function)))
		return;
	device->slot = (int)slot;
	device->function = (int)function;
}

static void read_vfio(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	const char *host = get(pairs, "host"), *sysfs = get(pairs, "sysfsdev");
	const char *slash = sysfs ? strrchr(sysfs, '/') : NULL;

	device->kind = GUEST_HOSTDEV;
	device->mediated = !(host && pci_addr_parse(host, &device->source)) &&
			   !(slash && pci_addr_parse(slash + 1, &device->source));
	if (device->mediated && sysfs)
		device->which = guest_format(reader->guest, "mediated device %s",
					     slash && slash[1] ? slash + 1 : sysfs);
	device->rom = guest_string(reader->guest, get(pairs, "romfile"));
	if (device->rom && !*device->rom)
		device->rom = NULL;
	device->other_x_vga = is_on(get(pairs, "x-vga"));
	device->unmanaged = true;
}

static int to_id(const char *text)
{
	uint32_t value;

	return text && text_to_u32(text, 16, 0xffff, &value) ? (int)value : -1;
}

static void read_usb_host(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	device->kind = GUEST_USB;
	device->usb_vendor = to_id(get(pairs, "vendorid"));
	device->usb_product = to_id(get(pairs, "productid"));
	device->usb_by_address = get(pairs, "hostaddr") || get(pairs, "hostport");
	if (get(pairs, "hostbus") && device->usb_by_address)
		device->which =
			guest_format(reader->guest, "USB device %s:%s", get(pairs, "hostbus"),
				     get(pairs, get(pairs, "hostaddr") ? "hostaddr" : "hostport"));
}

static void read_disk(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	static const struct {
		const char *prefix, *bus;
	} buses[] = { { "virtio-blk", "virtio" },
		      { "ide-", "ide" },
		      { "scsi-", "scsi" },
		      { "usb-", "usb" },
		      { "nvme", "nvme" } };
	const char *driver = device->model;
	struct node *node = node_of(reader, get(pairs, "drive"));

	device->kind = GUEST_DISK;
	device->type = g_str_has_suffix(driver, "cd") ? "cdrom" : "disk";
	for (size_t i = 0; i < G_N_ELEMENTS(buses); i++)
		if (g_str_has_prefix(driver, buses[i].prefix))
			device->bus_type = buses[i].bus;
	device->iothread = get(pairs, "iothread") ? 1 : -1;
	if (!node)
		return;
	device->path = node->path;
	device->io = node->io;
	device->cache = node->cache;
}

static void read_nic_device(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	device->kind = GUEST_NIC;
	device->mac = guest_string(reader->guest, get(pairs, "mac"));
}

static void read_controller(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	(void)reader;
	(void)pairs;
	device->kind = GUEST_CONTROLLER;
}

static void read_balloon_device(struct reader *reader, struct guest_device *device,
				const GArray *pairs)
{
	(void)device;
	(void)pairs;
	reader->guest->balloon = TRI_YES;
}

static void read_assign(struct reader *reader, struct guest_device *device, const GArray *pairs)
{
	reader->guest->assign_legacy = true;
	read_vfio(reader, device, pairs);
}

static const struct {
	const char *prefix;
	void (*read)(struct reader *reader, struct guest_device *device, const GArray *pairs);
} drivers[] = {
	{ "vfio-pci", read_vfio },
	{ "pci-assign", read_assign },
	{ "kvm-pci-assign", read_assign },
	{ "usb-host", read_usb_host },
	{ "virtio-blk", read_disk },
	{ "ide-", read_disk },
	{ "scsi-hd", read_disk },
	{ "scsi-cd", read_disk },
	{ "usb-storage", read_disk },
	{ "nvme", read_disk },
	{ "virtio-net", read_nic_device },
	{ "e1000", read_nic_device },
	{ "rtl8139", read_nic_device },
	{ "virtio-balloon", read_balloon_device },
	{ "pcie-root-port", read_controller },
	{ "ioh3420", read_controller },
	{ "pcie-pci-bridge", read_controller },
	{ "i82801b11-bridge", read_controller },
	{ "pci-bridge", read_controller },
	{ "x3130-upstream", read_controller },
	{ "xio3130-downstream", read_controller },
	{ "pxb", read_controller },
};

static void read_device(struct reader *reader, const GArray *pairs)
{
	const char *driver = get_implied(pairs, "driver");
	struct guest *guest = reader->guest;

	if (!driver)
		return;
	struct guest_device *device = guest_add(guest, GUEST_OTHER, reader->shown);
	device->word = reader->value;
	device->model = guest_string(guest, driver);
	place(guest, device, pairs);
	for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++)
		if (g_str_has_prefix(driver, drivers[i].prefix)) {
			drivers[i].read(reader, device, pairs);
			return;
		}
}

/* ---- the command line ---- */

static const struct {
	const char *name;
	void (*read)(struct reader *reader, const GArray *pairs);
	bool late; /* it names what other options define, wherever they stand */
} options[] = {
	{ "name", read_name, false },
	{ "machine", read_machine, false },
	{ "M", read_machine, false },
	{ "accel", read_accel_option, false },
	{ "enable-kvm", read_enable_kvm, false },
	{ "cpu", read_cpu, false },
	{ "smp", read_smp, false },
	{ "m", read_memory, false },
	{ "mem-path", read_mem_path, false },
	{ "object", read_object, false },
	{ "bios", read_bios, false },
	{ "pflash", read_pflash, false },
	{ "drive", read_drive, false },
	{ "hda", read_hda, false },
	{ "hdb", read_hda, false },
	{ "blockdev", read_blockdev, false },
	{ "usbdevice", read_usbdevice, false },
	{ "soundhw", read_soundhw, false },
	{ "net", read_net, false },
	{ "nic", read_nic, false },
	{ "balloon", read_balloon, false },
	{ "device", read_device, true },
};

static void read_option(struct reader *reader, const char *name, const char *value, bool late)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (options[i].late != late || strcmp(options[i].name, name) != 0)
			continue;
		g_autoptr(GArray) pairs = split(value ? value : "");
		reader->shown = guest_format(reader->guest, "-%s%s%s", name, value ? " " : "",
					     value ? value : "");
		options[i].read(reader, pairs);
		return;
	}
}

static void read_options(struct reader *reader, bool late)
{
	const GPtrArray *words = reader->guest->words;

	for (guint i = 1; i < words->len; i++) {
		const char *word = words->pdata[i];
		const char *next = i + 1 < words->len ? words->pdata[i + 1] : NULL;
		bool has_value = next && (next[0] != '-' || g_ascii_isdigit(next[1]));
		if (!word || word[0] != '-')
			continue;
		const char *name = word + 1 + (word[1] == '-');
		reader->value = has_value ? (int)i + 1 : -1;
		read_option(reader, name, has_value ? next : NULL, late);
		i += has_value;
	}
}

static void finish_pflash(struct reader *reader)
{
	const struct node *code = node_of(reader, reader->pflash0);
	const struct node *top =
		reader->pflash0 ? g_hash_table_lookup(reader->nodes, reader->pflash0) : NULL;
	const struct node *vars = node_of(reader, reader->pflash1);

	if (code && code->path)
		set_pflash(reader->guest, code->path,
			   top && top->readonly != TRI_UNKNOWN ? top->readonly : code->readonly);
	if (vars && vars->path)
		set_pflash(reader->guest, vars->path, vars->readonly);
}

static struct guest *read_command(const GPtrArray *command, guint first)
{
	struct guest *guest = guest_new(GUEST_QEMU);
	struct reader reader = {
		.guest = guest,
		.nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	};

	for (guint i = first; i < command->len; i++) {
		const struct shell_word *word = command->pdata[i];
		const struct guest_place place = { .start = word->start, .end = word->end };
		g_ptr_array_add(guest->words, (char *)guest_string(guest, word->text));
		g_array_append_val(guest->places, place);
	}
	guest->vcpus = 1;
	guest->balloon = TRI_NO;
	guest->kvm = TRI_NO;
	const char *dash = strrchr(guest->words->pdata[0], '-');
	if (dash && strcmp(dash + 1, "kvm") != 0)
		guest->arch = guest_string(guest, dash + 1);
	else
		guest->kvm = TRI_YES; /* "kvm", "qemu-kvm" */
	read_options(&reader, false);
	read_options(&reader, true);
	finish_pflash(&reader);
	g_hash_table_unref(reader.nodes);
	return guest;
}

static bool is_qemu(const char *word)
{
	const char *slash = strrchr(word, '/');
	const char *name = slash ? slash + 1 : word;

	return g_str_has_prefix(name, "qemu-system-") || strcmp(name, "qemu-kvm") == 0 ||
	       strcmp(name, "kvm") == 0;
}

static const char *word_of(const GPtrArray *command, guint index)
{
	return ((const struct shell_word *)command->pdata[index])->text;
}

/* "qemu-system-x86_64 --version", "which qemu-system-x86_64": no guests. */
static bool starts_guest(const GPtrArray *command, guint first)
{
	unsigned n = 0;

	for (guint i = first + 1; i < command->len; i++)
		n += word_of(command, i)[0] == '-';
	return n >= 2;
}

/* "ulimit -l 16777216", in KiB. */
static uint64_t read_ulimit(const GPtrArray *command)
{
	uint64_t kib;

	if (command->len < 3 || strcmp(word_of(command, 0), "ulimit") != 0 ||
	    !strchr(word_of(command, 1), 'l') || !text_to_u64(word_of(command, 2), 10, &kib))
		return 0;
	return kib <= UINT64_MAX >> 10 ? kib << 10 : 0;
}

static void free_guest(void *guest)
{
	guest_free(guest);
}

GPtrArray *guest_read_qemu(const char *text)
{
	GPtrArray *guests = g_ptr_array_new_with_free_func(free_guest);
	g_autoptr(GPtrArray) commands = shell_commands(text);
	uint64_t memlock = 0;

	for (guint i = 0; i < commands->len; i++) {
		const GPtrArray *command = commands->pdata[i];
		uint64_t limit = read_ulimit(command);
		memlock = limit ? limit : memlock;
		for (guint j = 0; j < command->len; j++) {
			if (!is_qemu(word_of(command, j)) || !starts_guest(command, j))
				continue;
			struct guest *guest = read_command(command, j);
			guest->memlock = memlock;
			g_ptr_array_add(guests, guest);
			break;
		}
	}
	return guests;
}
