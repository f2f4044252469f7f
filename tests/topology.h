/* For tests: hosts written as small tables, and predictions written back as text. */
#pragma once

#include "model/predict.h"

struct host;

/* A host of one function a line, ending with NULL:
 *
 *   ADDRESS VENDOR:DEVICE TYPE WORD…
 *
 * ids may be "-". TYPE: conv, root, up, down, ep, leg, rciep, rcec, topci, frompci, or "?".
 * WORDs: mf (header type bit 7), mf?; bus=SEC-SUB (decimal: a bridge); acs (all bits implemented
 * and on), acs=CAP/CTRL, acs? (not known), bits? (there, but not its bits), spt=CTRL; header? (of
 * what kind it is, is not known); dead; class=CCSS; sub=VENDOR:DEVICE; g=N, g=none (known to be in
 * none); vf=ADDRESS (of its physical function); rootbus; above=ADDRESS (in the sysfs path); slot;
 * or=V:D (one of several ids). Without them: all of the config space is known, a single function,
 * no ACS. */
struct host *topology_host(const char *const *lines, int source);

/* "00:00.0 | 00:01.0 01:00.0 ? 02:00.0 - 00:00.2": groups, what is unknown, what is in none. The
 * caller's to free. */
char *topology_groups(const struct host *host, const struct prediction *prediction);
