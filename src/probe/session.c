/* See session.h. */
#include "probe/session.h"

#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "probe/route.h"

#define MAX_PARENTS 64
#define MAX_ENVIRON (4 * 1024 * 1024)
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

char *session_find(struct root *root)
{
	g_autofree char *client = read_client(root);
	const char *scope = client ? strchr(client, '%') : NULL;
	char *name = NULL;

	if (!client || scope)
		return scope ? g_strdup(scope + 1) : NULL;
	route_interface(root, client, &name);
	return name;
}

char *session_interface(struct root *root)
{
	char *name = root_fact(root, "session", session_find);

	return name ? text_chomp(name) : NULL;
}
