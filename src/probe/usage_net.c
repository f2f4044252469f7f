/* Network interfaces, and which of them carry a default route: directly, or below a bridge, bond or
 * VLAN (their sysfs entries name the interfaces below as links lower_NAME), or below a tunnel,
 * which does not say what it goes over: whatever leads to a gateway, as the way to its other end
 * does. And which lead to what is mounted over the network (net_storage.h), in the same way. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"
#include "probe/net_storage.h"
#include "probe/session.h"
#include "probe/usage_reader.h"

#define MAX_TABLE   (16 * 1024 * 1024) /* bytes of a routing table */
#define RTF_UP      0x0001u            /* linux/route.h */
#define RTF_GATEWAY 0x0002u
#define RTF_REJECT  0x0200u

struct nets {
	struct usage_reader *reader;
	const struct class_dir *dir;
	GHashTable *routes; /* interface → the one with the route that it is below; both owned */
	GHashTable *gateways; /* interfaces that lead to the world, or to one host, by a gateway;
				 owned */
	GHashTable *ways;     /* interfaces on the way to what is mounted; owned */
	char *session;        /* the one that carries this ssh session and no route; NULL: none */
	bool lost;            /* a default route goes over something unknown */
};

/* What a line of a routing table says. */
struct route {
	const char *name; /* of the interface */
	uint32_t flags;
	bool is_default;
	bool is_host; /* to a single one */
};

/* ---- default routes ---- */

/* A line of /proc/net/route: interface, destination, gateway, flags, …, mask in column 7. */
static bool parse_route_4(char **columns, guint n, struct route *ret)
{
	if (n < 8 || !text_to_u32(columns[3], 16, UINT32_MAX, &ret->flags))
		return false;
	ret->name = columns[0];
	ret->is_default =
		strcmp(columns[1], "00000000") == 0 && strcmp(columns[7], "00000000") == 0;
	ret->is_host = g_ascii_strcasecmp(columns[7], "FFFFFFFF") == 0;
	return true;
}

/* A line of /proc/net/ipv6_route: destination, prefix length, …, flags in column 8, interface. */
static bool parse_route_6(char **columns, guint n, struct route *ret)
{
	if (n < 10 || !text_to_u32(columns[8], 16, UINT32_MAX, &ret->flags))
		return false;
	ret->name = columns[9];
	ret->is_default = strspn(columns[0], "0") == 32 && strcmp(columns[1], "00") == 0;
	ret->is_host = strcmp(columns[1], "80") == 0;
	return true;
}

static char **split_columns(const char *line, size_t length)
{
	g_autofree char *copy = g_strndup(line, length);
	GPtrArray *columns = g_ptr_array_new();
	char *save = NULL;

	for (char *word = strtok_r(copy, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
		g_ptr_array_add(columns, g_strdup(word));
	g_ptr_array_add(columns, NULL);
	return (char **)g_ptr_array_free(columns, FALSE);
}

static void take_route(const struct nets *nets, const struct route *route)
{
	if (!(route->flags & RTF_UP) || route->flags & RTF_REJECT || strcmp(route->name, "lo") == 0)
		return;
	if (route->is_default)
		g_hash_table_replace(nets->routes, g_strdup(route->name), g_strdup(route->name));
	if (route->flags & RTF_GATEWAY && (route->is_default || route->is_host))
		g_hash_table_add(nets->gateways, g_strdup(route->name));
}

/* Returns 0, or an errno value when the table cannot be read. */
static int read_routes(struct nets *nets, const char *path,
		       bool (*parse_route)(char **columns, guint n, struct route *ret))
{
	int error = 0;
	g_autofree char *text = root_read_all(nets->reader->root, path, MAX_TABLE, NULL, &error);
	const char *cursor = text, *line;
	size_t length;

	if (!text) {
		host_gap(nets->reader->host, path, error);
		return error;
	}
	while ((line = text_next_line(&cursor, &length))) {
		g_auto(GStrv) columns = split_columns(line, length);
		struct route route = { 0 };
		if (parse_route(columns, g_strv_length(columns), &route))
			take_route(nets, &route);
	}
	return 0;
}

/* ---- what is below ---- */

/* Notes that lower is below name, and has to be looked at, if that is new. */
static void add_carrier(const struct nets *nets, const char *name, const char *lower,
			GPtrArray *todo)
{
	if (g_hash_table_contains(nets->routes, lower))
		return;
	g_hash_table_insert(nets->routes, g_strdup(lower),
			    g_strdup(g_hash_table_lookup(nets->routes, name)));
	g_ptr_array_add(todo, g_strdup(lower));
}

/* Adds the interfaces below name. False: it names none. */
static bool add_lower(const struct nets *nets, const char *name, GPtrArray *todo)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *path = class_dir_path(nets->dir, name, ".");
	bool any = false;

	if (root_list(nets->reader->root, path, &names) < 0)
		return false;
	for (guint i = 0; i < names->len; i++) {
		const char *lower = text_after(names->pdata[i], "lower_");
		any |= lower != NULL;
		if (lower)
			add_carrier(nets, name, lower, todo);
	}
	return any;
}

static bool is_virtual(const struct nets *nets, const char *name)
{
	struct place place;

	return devpath_of_entry(nets->reader->host, &nets->dir->dir, name, &place) &&
	       place.is_virtual;
}

/* What a tunnel (a VPN) goes over is told nowhere. */
static void add_below_tunnel(struct nets *nets, const char *name, GPtrArray *todo)
{
	GHashTableIter iter;
	gpointer lower;
	bool any = false;

	g_hash_table_iter_init(&iter, nets->gateways);
	while (g_hash_table_iter_next(&iter, &lower, NULL)) {
		if (strcmp(lower, name) == 0)
			continue;
		any = true;
		add_carrier(nets, name, lower, todo);
	}
	nets->lost |= !any;
}

static void spread_routes(struct nets *nets)
{
	g_autoptr(GPtrArray) todo = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, nets->routes);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(todo, g_strdup(key));
	for (guint i = 0; i < todo->len; i++) {
		const char *name = todo->pdata[i];
		if (!add_lower(nets, name, todo) && is_virtual(nets, name))
			add_below_tunnel(nets, name, todo);
	}
}

/* The interface over which we are logged in counts as one with a route. */
static void add_session(struct nets *nets)
{
	char *name = session_interface(nets->reader->root);

	if (!name || g_hash_table_contains(nets->routes, name)) {
		g_free(name);
		return;
	}
	g_hash_table_insert(nets->routes, g_strdup(name), g_strdup(name));
	nets->session = name;
}

/* ---- interfaces ---- */

static void add_net(const struct nets *nets, guint i)
{
	const char *name = nets->dir->names->pdata[i];
	struct place place;
	const char *top = g_hash_table_lookup(nets->routes, name);

	if (!class_dir_place(nets->reader, nets->dir, i, &place, NULL) || place.is_virtual)
		return;
	if (!top && g_hash_table_contains(nets->ways, name))
		return;
	if (!top) {
		g_autofree char *state = class_dir_text(nets->dir, name, "operstate");
		usage_add(nets->reader, USAGE_NETWORK, place, name,
			  g_strcmp0(state, "unknown") == 0 ? NULL : state);
		return;
	}
	const char *what = g_strcmp0(top, nets->session) == 0 ? "ssh session" : "default route";
	g_autofree char *detail = g_strdup_printf("%s through %s", what, top);
	usage_add(nets->reader, USAGE_ROUTE, place, name, strcmp(top, name) == 0 ? what : detail);
}

/* ---- what is mounted over the network ---- */

static GHashTable *new_routes(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

/* Adds that the way to things goes over the cards that interface consists of. */
static void add_way(struct nets *nets, const char *interface, bool system, const char *things)
{
	g_autoptr(GHashTable) routes = new_routes();
	struct nets way = *nets;
	struct place place;

	way.routes = routes;
	way.lost = false;
	g_hash_table_insert(routes, g_strdup(interface), g_strdup(interface));
	spread_routes(&way);
	nets->lost |= way.lost;
	for (guint i = 0; i < nets->dir->names->len; i++) {
		const char *name = nets->dir->names->pdata[i];
		if (!g_hash_table_contains(routes, name) ||
		    !class_dir_place(nets->reader, nets->dir, i, &place, NULL) || place.is_virtual)
			continue;
		bool direct = strcmp(name, interface) == 0;
		g_autofree char *detail =
			g_strdup_printf("%s%s%s%s", system ? USAGE_WAY_OF_SYSTEM : USAGE_WAY,
					things, direct ? "" : " through ", direct ? "" : interface);
		usage_add(nets->reader, USAGE_ROUTE, place, name, detail);
		g_hash_table_add(nets->ways, g_strdup(name));
	}
}

static bool has_interface(const struct nets *nets, const char *name)
{
	return g_ptr_array_find_with_equal_func(nets->dir->names, name, g_str_equal, NULL);
}

/* A line of net_storage_read(). */
static void take_storage(struct nets *nets, const char *line, size_t length)
{
	g_autofree char *copy = g_strndup(line, length);
	g_auto(GStrv) words = g_strsplit(copy, "\t", 3);

	if (g_strv_length(words) < 3)
		return;
	if (has_interface(nets, words[0])) {
		add_way(nets, words[0], strcmp(words[1], "system") == 0, words[2]);
		return;
	}
	g_autofree char *reason =
		g_strdup_printf("do not tell which interface leads to %s", words[2]);
	host_gap_text(nets->reader->host, "/proc/net/route", reason);
	nets->lost = true;
}

static void add_storage(struct nets *nets)
{
	g_autofree char *text = net_storage_read(nets->reader->root);
	const char *cursor = text, *line;
	size_t length;

	nets->lost |= !text && root_is_live(nets->reader->root);
	while (text && (line = text_next_line(&cursor, &length)))
		take_storage(nets, line, length);
}

/* ---- all ---- */

void usage_read_nets(struct usage_reader *reader)
{
	struct class_dir dir CLASS_DIR_AUTO = { .dir = ROOT_DIR_CLOSED };
	g_autoptr(GHashTable) routes = new_routes();
	g_autoptr(GHashTable) gateways =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) ways = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct nets nets = {
		.reader = reader, .dir = &dir, .routes = routes, .gateways = gateways, .ways = ways
	};

	if (!class_dir_open(reader, "net", KIND_BIT(USAGE_NETWORK), &dir))
		return;
	if (!class_dir_is_wanted(reader, &dir, NULL)) {
		reader->host->usages.known |= KIND_BIT(USAGE_ROUTE);
		return;
	}
	int error_4 = read_routes(&nets, "/proc/net/route", parse_route_4);
	int error_6 = read_routes(&nets, "/proc/net/ipv6_route", parse_route_6);
	add_session(&nets);
	spread_routes(&nets);
	add_storage(&nets);
	if (error_4 == 0 && (error_6 == 0 || error_6 == ENOENT) && !nets.lost) /* without IPv6 */
		reader->host->usages.known |= KIND_BIT(USAGE_ROUTE);
	for (guint i = 0; i < dir.names->len; i++)
		add_net(&nets, i);
	g_free(nets.session);
}
