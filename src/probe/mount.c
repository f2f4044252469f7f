/* See mount.h. */
#include "probe/mount.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"

void mount_clear(struct mount *mount)
{
	g_free(mount->target);
	g_free(mount->type);
	g_free(mount->source);
	g_free(mount->options);
}

char *mount_unescape(const char *text, size_t length)
{
	g_autofree char *copy = g_strndup(text, length);

	return g_strcompress(copy);
}

/* Where "/" is made of what lies elsewhere, that is what the system runs from: /sysroot on systems
 * of ostree (composefs), /nix where the root is in memory. */
static bool is_system_mount(const char *target)
{
	static const char *const targets[] = { "/",        "/boot", "/usr",
					       "/sysroot", "/nix",  "/nix/store" };

	for (size_t i = 0; i < G_N_ELEMENTS(targets); i++)
		if (strcmp(target, targets[i]) == 0)
			return true;
	return false;
}

bool mount_parse(const char *line, size_t length, struct mount *ret)
{
	g_autofree char *copy = g_strndup(line, length);
	g_auto(GStrv) words = g_strsplit(copy, " ", -1);
	guint n = g_strv_length(words);
	guint dash = 6;

	while (dash < n && strcmp(words[dash], "-") != 0)
		dash++;
	if (dash + 2 >= n)
		return false;
	char *colon = strchr(words[2], ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (!text_to_u32(words[2], 10, UINT32_MAX, &ret->major) ||
	    !text_to_u32(colon + 1, 10, UINT32_MAX, &ret->minor))
		return false;
	ret->target = mount_unescape(words[4], strlen(words[4]));
	ret->type = g_strdup(words[dash + 1]);
	ret->source = mount_unescape(words[dash + 2], strlen(words[dash + 2]));
	ret->options = g_strdup(dash + 3 < n ? words[dash + 3] : "");
	ret->system = is_system_mount(ret->target);
	return true;
}
