/* See net_storage.h. */
#include "probe/net_storage.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "probe/mount.h"
#include "probe/route.h"

#define MAX_TABLE  (64 * 1024 * 1024) /* bytes of a mount table */
#define TEXT_SIZE  1024               /* of an attribute */
#define MAX_THINGS 3                  /* that are named for an interface */
#define UNKNOWN    "?"

/* What lies behind an interface. */
struct way {
	char *interface;
	bool system;
	GPtrArray *things; /* char *, each once */
};

struct finder {
	struct root *root;
	GPtrArray *ways; /* struct way * */
};

static void way_free(gpointer data)
{
	struct way *way = data;

	g_free(way->interface);
	g_ptr_array_unref(way->things);
	g_free(way);
}

/* ---- which way ---- */

static struct way *get_way(struct finder *finder, const char *interface, bool system)
{
	for (guint i = 0; i < finder->ways->len; i++) {
		struct way *way = finder->ways->pdata[i];
		if (way->system == system && strcmp(way->interface, interface) == 0)
			return way;
	}
	struct way *way = g_new0(struct way, 1);
	way->interface = g_strdup(interface);
	way->system = system;
	way->things = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(finder->ways, way);
	return way;
}

static void add_thing(struct finder *finder, const char *interface, bool system, const char *thing)
{
	struct way *way = get_way(finder, interface, system);

	if (!g_ptr_array_find_with_equal_func(way->things, thing, g_str_equal, NULL))
		g_ptr_array_add(way->things, g_strdup(thing));
}

/* The address at the front of "10.0.0.7:/srv", "[2001:db8::7]:3260", "10.0.0.7@tcp:/scratch". */
static char *front_address(const char *text)
{
	if (*text == '[')
		return g_strndup(text + 1, strcspn(text + 1, "]"));
	return g_strndup(text, strcspn(text, ":,/@"));
}

/* server: begins with its address, or is its name; NULL: not told. */
static void add_server(struct finder *finder, const char *server, bool system, const char *thing)
{
	g_autofree char *front = front_address(server ? server : "");
	g_autofree char *name = NULL;

	if (!server || (!route_interface(finder->root, server, &name) &&
			!route_interface(finder->root, front, &name)))
		add_thing(finder, UNKNOWN, system, thing);
	else if (name)
		add_thing(finder, name, system, thing);
}

/* ---- mounts ---- */

/* The value of an option in "rw,addr=10.0.0.7,…"; the caller's, NULL: it is not there. */
static char *find_option(const char *options, const char *name)
{
	g_auto(GStrv) words = g_strsplit(options, ",", -1);

	for (char **word = words; *word; word++) {
		const char *value = text_after(*word, name);
		if (value && *value == '=')
			return g_strdup(value + 1);
	}
	return NULL;
}

/* File systems whose data lie at a server, and the option that has its address. */
static const struct net_type {
	const char *name;
	const char *address; /* NULL, or where it is missing: the source begins with it */
	const char *only;    /* in the options; NULL: always over a network */
} types[] = {
	{ .name = "nfs", .address = "addr" },
	{ .name = "nfs4", .address = "addr" },
	{ .name = "cifs", .address = "addr" },
	{ .name = "smb3", .address = "addr" },
	{ .name = "ceph", .address = "mon_addr" },
	{ .name = "9p", .only = "trans=tcp" },
	{ .name = "9p", .only = "trans=rdma" },
	{ .name = "lustre" },
	{ .name = "afs" },
	{ .name = "fuse.ceph-fuse" },
	{ .name = "fuse.glusterfs" },
	{ .name = "fuse.sshfs" },
};

/* The type of a line of a table; most lines are of none that lies behind a network. */
static const struct net_type *find_type(const char *line, size_t length)
{
	const char *dash = memmem(line, length, " - ", 3);
	const char *name = dash ? dash + 3 : line;
	size_t n = length - (size_t)(name - line);
	const char *end = memchr(name, ' ', n);

	n = end ? (size_t)(end - name) : n;
	for (size_t i = 0; dash && i < G_N_ELEMENTS(types); i++) {
		const char *only = types[i].only;
		if (strlen(types[i].name) == n && strncmp(types[i].name, name, n) == 0 &&
		    (!only ||
		     memmem(name, length - (size_t)(name - line), only, strlen(only)) != NULL))
			return &types[i];
	}
	return NULL;
}

static void take_line(struct finder *finder, const char *line, size_t length)
{
	const struct net_type *type = find_type(line, length);
	struct mount mount = { 0 };

	if (!type || !mount_parse(line, length, &mount))
		return;
	g_autofree char *address = type->address ? find_option(mount.options, type->address) : NULL;
	g_autofree char *plain = text_printable(mount.target, strlen(mount.target));
	g_autofree char *thing = g_strdup_printf("%s (%s)", plain, mount.type);
	add_server(finder, address ? address : mount.source, mount.system, thing);
	mount_clear(&mount);
}

static bool take_mounts(struct finder *finder, const char *path)
{
	g_autofree char *text = root_read_all(finder->root, path, MAX_TABLE, NULL, NULL);
	const char *cursor = text, *line;
	size_t length;

	while (text && (line = text_next_line(&cursor, &length)))
		take_line(finder, line, length);
	return text != NULL;
}

/* ---- disks ---- */

/* The first line of an attribute; the caller's, NULL: it is not there or empty. */
static char *read_attribute(struct root *root, const char *path, const char *name)
{
	char buf[TEXT_SIZE];
	g_autofree char *full = g_strconcat(path, "/", name, NULL);

	if (root_read(root, full, buf, sizeof(buf)) <= 0)
		return NULL;
	buf[strcspn(buf, "\n")] = '\0';
	return *buf ? g_strdup(buf) : NULL;
}

static void take_iscsi(struct finder *finder, const char *path, const char *thing)
{
	g_autofree char *address = read_attribute(finder->root, path, "address");
	g_autofree char *kept = read_attribute(finder->root, path, "persistent_address");

	add_server(finder, address ? address : kept, false, thing);
}

/* "traddr=10.0.0.7,trsvcid=4420,host_iface=eth1"; that of a disk in this machine is of PCI. */
static void take_nvme(struct finder *finder, const char *path, const char *thing)
{
	g_autofree char *transport = read_attribute(finder->root, path, "transport");

	if (g_strcmp0(transport, "tcp") != 0 && g_strcmp0(transport, "rdma") != 0)
		return;
	g_autofree char *text = read_attribute(finder->root, path, "address");
	g_autofree char *interface = text ? find_option(text, "host_iface") : NULL;
	g_autofree char *address = text ? find_option(text, "traddr") : NULL;
	if (interface)
		add_thing(finder, interface, false, thing);
	else
		add_server(finder, address, false, thing);
}

/* The kernel does not tell the other end; one without a process is not connected. */
static void take_nbd(struct finder *finder, const char *path, const char *thing)
{
	g_autofree char *pid = read_attribute(finder->root, path, "pid");

	if (pid)
		add_server(finder, NULL, false, thing);
}

static void take_unknown(struct finder *finder, const char *path, const char *thing)
{
	add_server(finder, NULL, false, thing);
}

static const struct {
	const char *folder;
	const char *prefix; /* of the entries */
	void (*take)(struct finder *finder, const char *path, const char *thing);
	const char *thing;
} disks[] = {
	{ "/sys/class/iscsi_connection", "connection", take_iscsi, "disks over iSCSI" },
	{ "/sys/class/nvme", "nvme", take_nvme, "disks over NVMe-oF" },
	{ "/sys/block", "nbd", take_nbd, "disks over nbd" },
	{ "/sys/bus/rbd/devices", "", take_unknown, "disks of Ceph" },
};

static void take_disks(struct finder *finder)
{
	for (size_t i = 0; i < G_N_ELEMENTS(disks); i++) {
		g_autoptr(GPtrArray) names = NULL;
		if (root_list(finder->root, disks[i].folder, &names) < 0)
			continue;
		for (guint j = 0; j < names->len; j++) {
			g_autofree char *path = g_strconcat(disks[i].folder, "/",
							    (const char *)names->pdata[j], NULL);
			if (g_str_has_prefix(names->pdata[j], disks[i].prefix))
				disks[i].take(finder, path, disks[i].thing);
		}
	}
}

/* ---- all ---- */

static void append_way(const struct way *way, GString *text)
{
	g_string_append_printf(text, "%s\t%s\t", way->interface, way->system ? "system" : "other");
	for (guint i = 0; i < MIN(way->things->len, MAX_THINGS); i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
				       (const char *)way->things->pdata[i]);
	g_string_append(text, way->things->len > MAX_THINGS ? ", …\n" : "\n");
}

/* The table of the first process is that of the machine, its own that of its view. */
static char *net_storage_find(struct root *root)
{
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(way_free);
	struct finder finder = { .root = root, .ways = ways };
	bool known = take_mounts(&finder, "/proc/1/mountinfo");

	known |= take_mounts(&finder, "/proc/self/mountinfo");
	take_disks(&finder);
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < ways->len; i++)
		append_way(ways->pdata[i], text);
	return g_string_free(text, !known);
}

char *net_storage_read(struct root *root)
{
	char *text = root_fact(root, "net-storage", net_storage_find);

	return text || root_is_live(root) ? text : net_storage_find(root);
}
