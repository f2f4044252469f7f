/* Is this program in a container? */
#pragma once

#include <stdbool.h>

/* Is a part of the running machine hidden from us: has the container processes of its own, did its
 * manager leave a mark, or is a folder of the kernel's empty? */
bool container_hides(void);
