/* Which network interface leads to an address, as the tables of routes have it. */
#pragma once

#include <stdbool.h>

struct root;

/* The name of the interface, the caller's to free; NULL where the address is this machine's own
 * (loopback). False: that is no address, or no route leads there. */
bool route_interface(struct root *root, const char *address, char **name);
