/* See group.h: lines "NAME:PASSWORD:GID:USER,USER" (group(5)). */
#include "probe/group.h"

#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"

#define GROUPS_MAX ((size_t)1024 * 1024)

enum tri group_has_user(struct root *root, const char *group, const char *user)
{
	g_autofree char *text = root_read_all(root, "/etc/group", GROUPS_MAX, NULL, NULL);
	const char *cursor = text, *line;
	size_t length;

	while (cursor && (line = text_next_line(&cursor, &length))) {
		g_autofree char *copy = g_strndup(line, length);
		g_auto(GStrv) fields = g_strsplit(copy, ":", -1);
		if (g_strv_length(fields) != 4 || strcmp(fields[0], group) != 0)
			continue;
		g_auto(GStrv) users = g_strsplit(g_strstrip(fields[3]), ",", -1);
		return g_strv_contains((const char *const *)users, user) ? TRI_YES : TRI_NO;
	}
	return TRI_UNKNOWN;
}
