/* See route.h. */
#include "probe/route.h"

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"

#define MAX_TABLE (16 * 1024 * 1024)

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

bool route_interface(struct root *root, const char *address, char **name)
{
	struct in6_addr bytes;

	*name = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		if (inet_pton(tables[i].family, address, &bytes) != 1)
			continue;
		if (is_loopback(tables[i].family, &bytes))
			return true;
		*name = look_up(root, &tables[i], &bytes);
		return *name != NULL;
	}
	return false;
}
