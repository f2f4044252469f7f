/* See uevent.h. */
#include "base/uevent.h"

#include <string.h>

#include "base/text.h"

static const char *const actions[] = { "add",    "remove",  "change", "move",
				       "online", "offline", "bind",   "unbind" };

/* Which of the kernel's words stands before the '@'; NULL: none. */
static const char *find_action(const char *head)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
		const char *rest = text_after(head, actions[i]);
		if (rest && *rest == '@')
			return actions[i];
	}
	return NULL;
}

static void take_pair(const char *pair, struct uevent *ret)
{
	const struct {
		const char *key;
		const char **field;
	} keys[] = {
		{ "SUBSYSTEM=", &ret->subsystem },
		{ "DEVTYPE=", &ret->devtype },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *value = text_after(pair, keys[i].key);
		if (value)
			*keys[i].field = value;
	}
}

bool uevent_parse(const char *data, size_t length, struct uevent *ret)
{
	if (length == 0 || data[length - 1] != '\0')
		return false;
	*ret = (struct uevent){ .action = find_action(data), .subsystem = "", .devtype = "" };
	if (!ret->action)
		return false;
	ret->devpath = data + strlen(ret->action) + 1;
	if (*ret->devpath != '/')
		return false;
	for (const char *at = data + strlen(data) + 1; at < data + length; at += strlen(at) + 1)
		take_pair(at, ret);
	return true;
}
