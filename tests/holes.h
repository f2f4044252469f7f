/* For tests: copies of hosts of which less is known. */
#pragma once

struct host;

/* A copy in which facts are missing: of holes in 100 functions something each, of missing in 100
 * bridges all. The host must have groups; the copy keeps at least one. */
struct host *holes_copy(const struct host *host, int holes, int missing);
