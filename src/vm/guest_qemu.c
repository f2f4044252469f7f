/* Reading QEMU's command line into a guest. */
#include <string.h>

#include "vm/guest.h"
#include "vm/qemu_reader.h"
#include "vm/shell_words.h"

/* ---- options ---- */

static void read_name(struct reader *reader, const GArray *pairs)
{
	reader->guest->name = guest_string(reader->guest, pairs_get_implied(pairs, "guest"));
}

static void read_accel(struct reader *reader, const char *value)
{
	if (value)
		reader->guest->kvm = strstr(value, "kvm") ? TRI_YES
				     : strchr(value, '$') ? TRI_UNKNOWN
							  : TRI_NO;
}

static void read_machine(struct reader *reader, const GArray *pairs)
{
	const char *type = pairs_get_implied(pairs, "type");

	if (type)
		reader->guest->machine = guest_string(reader->guest, type);
	if (type && strchr(type, '$'))
		reader->guest->open = guest_string(reader->guest, type);
	read_accel(reader, pairs_get(pairs, "accel"));
	if (pairs_get(pairs, "pflash0"))
		reader->pflash0 = guest_string(reader->guest, pairs_get(pairs, "pflash0"));
	if (pairs_get(pairs, "pflash1"))
		reader->pflash1 = guest_string(reader->guest, pairs_get(pairs, "pflash1"));
}

static void read_accel_option(struct reader *reader, const GArray *pairs)
{
	read_accel(reader, pairs_get_implied(pairs, "accel"));
}

static void read_enable_kvm(struct reader *reader, const GArray *pairs)
{
	(void)pairs;
	reader->guest->kvm = TRI_YES;
}

/* A flag is off by "=off" or a "-" before it, and on by "=on", a "+" or its name alone. */
static bool is_off(const char *key, const char *value)
{
	return *key == '-' || (*key != '+' && *value && !pairs_is_on(value));
}

static void read_cpu_flag(struct guest *guest, const char *key, const char *value)
{
	if (g_str_has_prefix(key, "hv_") || g_str_has_prefix(key, "hv-")) {
		g_autofree char *name = g_strdelimit(g_strdup(key + 3), "_", '-');
		const char *kept = guest_string(guest, name);
		if (strcmp(name, "vendor-id") == 0)
			guest->vendor_id = guest_vendor(guest, value);
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

static void read_cpu_pairs(struct guest *guest, const GArray *pairs)
{
	const char *model = pairs_get(pairs, "");

	guest->cpu = !model                       ? NULL
		     : strcmp(model, "host") == 0 ? "host-passthrough"
						  : guest_string(guest, model);
	for (guint i = 0; i < pairs->len; i++) {
		const struct pair *pair = &g_array_index(pairs, struct pair, i);
		read_cpu_flag(guest, pair->key, pair->value);
	}
}

static void read_cpu(struct reader *reader, const GArray *pairs)
{
	read_cpu_pairs(reader->guest, pairs);
}

void guest_pass_cpu(struct guest *guest, const char *value)
{
	g_autoptr(GArray) pairs = pairs_split(value);

	guest->cpu_passed = true;
	guest->cpu_replaced = guest->hyperv->len > 0 || guest->hidden || guest->hypervisor_off ||
			      guest->topoext != TRI_UNKNOWN;
	guest->hidden = guest->hypervisor_off = false;
	guest->vendor_id = NULL;
	guest->topoext = TRI_UNKNOWN;
	g_array_set_size(guest->hyperv, 0);
	read_cpu_pairs(guest, pairs);
}

static void read_smp(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	int n = pairs_int(pairs_get_implied(pairs, "cpus")),
	    max = pairs_int(pairs_get(pairs, "maxcpus"));

	guest->vcpus = (unsigned)MAX(MAX(n, max), 0);
	guest->sockets = pairs_int(pairs_get(pairs, "sockets"));
	guest->dies = pairs_int(pairs_get(pairs, "dies"));
	guest->clusters = pairs_int(pairs_get(pairs, "clusters"));
	guest->cores = pairs_int(pairs_get(pairs, "cores"));
	guest->threads = pairs_int(pairs_get(pairs, "threads"));
}

static void read_memory(struct reader *reader, const GArray *pairs)
{
	reader->guest->memory = pairs_size(pairs_get_implied(pairs, "size"), 1 << 20);
}

/* The size of pages is the mount's; where there are two, its name tells it by custom. */
static void read_mem_path(struct reader *reader, const GArray *pairs)
{
	const char *path = pairs_get_implied(pairs, "mem-path");

	if (!path || !strstr(path, "hugepages"))
		return;
	reader->guest->hugepages = true;
	if (strstr(path, "1G") || strstr(path, "1048576"))
		reader->guest->hugepage_size = (uint64_t)1 << 30;
}

static void read_object(struct reader *reader, const GArray *pairs)
{
	struct guest *guest = reader->guest;
	const char *type = pairs_get_implied(pairs, "qom-type");

	if (!type)
		return;
	if (strcmp(type, "iothread") == 0)
		guest->iothreads++;
	read_mem_path(reader, pairs);
	if (g_str_has_prefix(type, "memory-backend-") && pairs_get(pairs, "id")) {
		uint64_t size = pairs_size(pairs_get(pairs, "size"), 1);
		g_hash_table_insert(reader->memory, g_strdup(pairs_get(pairs, "id")),
				    g_memdup2(&size, sizeof(size)));
	}
	if (strcmp(type, "memory-backend-memfd") == 0 && pairs_is_on(pairs_get(pairs, "hugetlb"))) {
		guest->hugepages = true;
		guest->hugepage_size = pairs_size(pairs_get(pairs, "hugetlbsize"), 1);
	}
}

/* What stands in a file is not known. */
static void read_config(struct reader *reader, const GArray *pairs)
{
	const char *path = pairs_get(pairs, "");

	reader->guest->config = guest_string(reader->guest, path ? path : "");
	reader->guest->open = reader->shown;
}

static void read_bios(struct reader *reader, const GArray *pairs)
{
	reader->guest->bios = guest_string(reader->guest, pairs_get(pairs, ""));
}

static void read_net(struct reader *reader, const GArray *pairs)
{
	const char *what = pairs_get(pairs, "");

	if (g_strcmp0(what, "nic") != 0)
		return;
	struct guest_device *device = guest_add(reader->guest, GUEST_NIC, reader->shown);
	device->mac = guest_string(reader->guest, pairs_get(pairs, "macaddr"));
	device->model = pairs_get(pairs, "model")
				? guest_string(reader->guest, pairs_get(pairs, "model"))
				: "e1000";
}

static void read_nic(struct reader *reader, const GArray *pairs)
{
	if (g_strcmp0(pairs_get(pairs, ""), "none") == 0)
		return;
	struct guest_device *device = guest_add(reader->guest, GUEST_NIC, reader->shown);
	device->model = pairs_get(pairs, "model")
				? guest_string(reader->guest, pairs_get(pairs, "model"))
				: "e1000";
}

static void read_balloon(struct reader *reader, const GArray *pairs)
{
	reader->guest->balloon = g_strcmp0(pairs_get(pairs, ""), "none") == 0 ? TRI_NO : TRI_YES;
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
	{ "readconfig", read_config, false },
	{ "bios", read_bios, false },
	{ "pflash", reader_pflash, false },
	{ "drive", reader_drive, false },
	{ "hda", reader_hda, false },
	{ "hdb", reader_hda, false },
	{ "blockdev", reader_blockdev, false },
	{ "net", read_net, false },
	{ "nic", read_nic, false },
	{ "balloon", read_balloon, false },
	{ "device", reader_device, true },
};

static void read_option(struct reader *reader, const char *name, const char *value, bool late)
{
	g_autoptr(GArray) pairs = pairs_split(value ? value : "");

	reader->shown =
		guest_format(reader->guest, "-%s%s%s", name, value ? " " : "", value ? value : "");
	if (!late)
		reader_names(reader, name, pairs);
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (options[i].late == late && strcmp(options[i].name, name) == 0)
			options[i].read(reader, pairs);
}

/* Does QEMU take the word behind this option for another one? */
static bool is_switch(const char *name)
{
	static const char *const switches[] = { "enable-kvm",
						"nographic",
						"daemonize",
						"nodefaults",
						"no-user-config",
						"usb",
						"snapshot",
						"S",
						"s",
						"no-reboot",
						"no-shutdown",
						"mem-prealloc",
						"full-screen",
						"no-hpet",
						"no-acpi",
						"only-migratable",
						NULL };

	return g_strv_contains(switches, name);
}

/* Words that stand where an option should, and are not known: "$@", "$(options)". */
static void read_loose(struct guest *guest, const char *word)
{
	if (*word == '$' || *word == '`')
		guest->open = word;
}

static bool is_value(const char *word)
{
	return word[0] != '-' || g_ascii_isdigit(word[1]);
}

static void read_options(struct reader *reader, bool late)
{
	const GPtrArray *words = reader->guest->words;

	for (guint i = 1; i < words->len; i++) {
		const char *word = words->pdata[i];
		const char *name = pairs_option(word);
		if (!name) {
			read_loose(reader->guest, word);
			continue;
		}
		bool has_value =
			!is_switch(name) && i + 1 < words->len && is_value(words->pdata[i + 1]);
		reader->value = has_value ? (int)i + 1 : -1;
		read_option(reader, name, has_value ? words->pdata[i + 1] : NULL, late);
		i += has_value;
	}
}

struct guest *reader_command(const GPtrArray *command, guint first)
{
	struct guest *guest = guest_new(GUEST_QEMU);
	struct reader reader = {
		.guest = guest,
		.nodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.memory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.uses = g_array_new(FALSE, FALSE, sizeof(struct guest_use)),
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
	reader_finish_pflash(&reader);
	reader_finish_ports(&reader);
	reader_finish_names(&reader);
	if (guest->open && guest->kvm == TRI_NO)
		guest->kvm = TRI_UNKNOWN;
	g_hash_table_unref(reader.nodes);
	g_hash_table_unref(reader.names);
	g_hash_table_unref(reader.memory);
	g_array_unref(reader.uses);
	return guest;
}
