/* See module.h: all that calls hwloc, json-c or zlib. */
#include "base/gunzip.h"
#include "module.h"
#include "probe/topology_hwloc.h"
#include "vm/firmware.h"
#include "vm/qemu_pairs.h"

/* clang-format off */
#define ROWS(FUNCTION, PROCEDURE) \
	FUNCTION(bool, firmware_find, \
		(const struct guest_facts *guests, const struct firmware_wish *wish, \
		 struct firmware_image *ret), \
		(guests, wish, ret)) \
	FUNCTION(char *, gunzip, \
		(const char *data, size_t length, size_t max), (data, length, max)) \
	FUNCTION(GArray *, pairs_split, (const char *text), (text)) \
	FUNCTION(char *, topology_export, (const char *fsroot), (fsroot))
/* clang-format on */

MODULE(MODULE_READ, ROWS)
