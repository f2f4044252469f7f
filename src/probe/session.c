/* See session.h. */
#include "probe/session.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"

#define MAX_PARENTS 64
#define MAX_ENVIRON (4 * 1024 * 1024)
#define MAX_TABLE   (16 * 1024 * 1024)
#define STAT_SIZE   1024

/* ---- who is logged in ---- */

/* The first word of "SSH_CONNECTION=192.0.2.7 52144 192.0.2.1 22". */
static char *find_client(const char *environment, size_t length)
{
	for (const char *at = environment; at < environment + length; at += strlen(at) + 1) {
		const char *value = text_after(at, "SSH_CONNECTION=");
		if (value && *value)
			return g_strndup(value, strcspn(value, " "));
	}
	return NULL;
}

/* "1234 (name) S 1200 …": the name may hold anything. */
static bool read_parent(struct root *root, const char *pid, char parent[16])
{
	char buf[STAT_SIZE];
	g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
	uint32_t number;

	if (root_read(root, path, buf, sizeof(buf)) <= 0)
		return false;
	const char *close = strrchr(buf, ')');
	g_auto(GStrv) words = g_strsplit(close ? close : "", " ", 4);
	if (g_strv_length(words) < 3 || !text_to_u32(words[2], 10, INT32_MAX, &number))
		return false;
	g_snprintf(parent, 16, "%u", number);
	return number > 1;
}

static char *read_client(struct root *root)
{
	char pid[16] = "self", parent[16];

	for (unsigned i = 0; i < MAX_PARENTS; i++) {
		g_autofree char *path = g_strdup_printf("/proc/%s/environ", pid);
		size_t length = 0;
		g_autofree char *text = root_read_all(root, path, MAX_ENVIRON, &length, NULL);
		char *client = text ? find_client(text, length) : NULL;
		if (client)
			return client;
		if (!read_parent(root, pid, parent))
			return NULL;
		g_strlcpy(pid, parent, sizeof(pid));
	}
	return NULL;
}

/* ---- which interface leads there ---- */

/* A line of a table of routes: the length of the prefix when it covers the address, else -1. The
 * interface is *name. */
struct route_table {
	const char *path;
	int family;
	int (*covers)(char **columns, guint n, const void *address, const char **name);
};

/* /proc/net/route: numbers in hexadecimal, as they lie in memory. */
static int covers_4(char **columns, guint n, const void *address, const char **name)
{
	struct in_addr in;
	uint32_t destination, mask;

	memcpy(&in, address, sizeof(in));
	if (n < 8 || !text_to_u32(columns[1], 16, UINT32_MAX, &destination) ||
	    !text_to_u32(columns[7], 16, UINT32_MAX, &mask) || (in.s_addr & mask) != destination)
		return -1;
	*name = columns[0];
	return __builtin_popcount(mask);
}

/* /proc/net/ipv6_route: destination of 32 digits, length of the prefix, …, interface. */
static int covers_6(char **columns, guint n, const void *address, const char **name)
{
	const uint8_t *bytes = address;
	uint32_t length;

	if (n < 10 || strlen(columns[0]) != 32 || !text_to_u32(columns[1], 16, 128, &length) ||
	    strcmp(columns[9], "lo") == 0)
		return -1;
	for (uint32_t bit = 0; bit < length; bit++) {
		int digit = text_hex_digit(columns[0][bit / 4]);
		if (digit < 0 ||
		    (digit >> (3 - bit % 4) & 1) != (bytes[bit / 8] >> (7 - bit % 8) & 1))
			return -1;
	}
	*name = columns[9];
	return (int)length;
}

static const struct route_table tables[] = {
	{ "/proc/net/route", AF_INET, covers_4 },
	{ "/proc/net/ipv6_route", AF_INET6, covers_6 },
};

/* The interface of the longest prefix; of equal ones the first, which the kernel prefers. */
static char *look_up(struct root *root, const struct route_table *table, const void *address)
{
	g_autofree char *text = root_read_all(root, table->path, MAX_TABLE, NULL, NULL);
	const char *cursor = text, *line;
	char *found = NULL;
	size_t length;
	int best = -1;

	while (text && (line = text_next_line(&cursor, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		g_autofree char **columns = g_new0(char *, length / 2 + 2);
		guint n = 0;
		char *save = NULL;
		for (char *word = strtok_r(copy, " \t", &save); word;
		     word = strtok_r(NULL, " \t", &save))
			columns[n++] = word;
		const char *name = NULL;
		int prefix = table->covers(columns, n, address, &name);
		if (prefix <= best)
			continue;
		best = prefix;
		g_free(found);
		found = g_strdup(name);
	}
	return found;
}

static bool is_loopback(int family, const void *address)
{
	struct in6_addr in6;

	if (family == AF_INET)
		return *(const uint8_t *)address == 127;
	memcpy(&in6, address, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6);
}

char *session_find(struct root *root)
{
	g_autofree char *client = read_client(root);
	const char *scope = client ? strchr(client, '%') : NULL;
	struct in6_addr address;

	if (!client || scope)
		return scope ? g_strdup(scope + 1) : NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
		if (inet_pton(tables[i].family, client, &address) == 1)
			return is_loopback(tables[i].family, &address)
				       ? NULL
				       : look_up(root, &tables[i], &address);
	return NULL;
}

char *session_interface(struct root *root)
{
	char *name = root_fact(root, "session", session_find);

	return name ? text_chomp(name) : NULL;
}
