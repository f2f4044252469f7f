/* Who is in a group of the system (/etc/group): not part of the model, and in no recording, since
 * the names are those of people. */
#pragma once

#include "model/tri.h"

struct root;

/* Is user in the group? TRI_UNKNOWN: there is no such group, or it cannot be read. */
enum tri group_has_user(struct root *root, const char *group, const char *user);
