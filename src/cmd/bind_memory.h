/* What functions were before they were bound, from the journals of former changes. */
#pragma once

#include <glib.h>

#include "plan/bind_plan.h"

struct root;

struct bind_memories {
	GArray *list;       /* of struct bind_memory */
	GPtrArray *changes; /* what their texts point into */
};

/* Looks up every function of host that some change handed to a vfio driver and none has taken back
 * since. False: the journals cannot be read. */
bool bind_memories_read(struct root *root, const struct host *host, struct bind_memories *ret,
			GError **error);
void bind_memories_clear(struct bind_memories *memories);
