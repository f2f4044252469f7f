/* See topology_hwloc.h. The only file that knows hwloc. */
#include "probe/topology_hwloc.h"

#include <glib.h>
#include <hwloc.h>
#include <stdlib.h>

static void set_environment(const char *fsroot)
{
	static const char *const unset[] = { "HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_CPUID_PATH",
					     "HWLOC_FSROOT", "HWLOC_DEBUG_VERBOSE" };

	for (size_t i = 0; i < G_N_ELEMENTS(unset); i++)
		unsetenv(unset[i]);
	setenv("HWLOC_COMPONENTS", "linux,stop", 1);
	setenv("HWLOC_PLUGINS_PATH", "/nonexistent", 1); /* they bring in graphics libraries */
	setenv("HWLOC_LIBXML", "0", 1);
	setenv("HWLOC_HIDE_ERRORS", "2", 1);
	if (fsroot)
		setenv("HWLOC_FSROOT", fsroot, 1);
}

static void choose_objects(hwloc_topology_t topology)
{
	hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_NONE);
	hwloc_topology_set_type_filter(topology, HWLOC_OBJ_MISC, HWLOC_TYPE_FILTER_KEEP_NONE);
	/* The machine, not only what this process may run on. */
	hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
}

char *topology_export(const char *fsroot)
{
	hwloc_topology_t topology;
	char *xml = NULL;
	int length;

	set_environment(fsroot);
	if (hwloc_topology_init(&topology) < 0)
		return NULL;
	choose_objects(topology);
	if (hwloc_topology_load(topology) < 0 ||
	    hwloc_topology_export_xmlbuffer(topology, &xml, &length, 0) < 0)
		return NULL;
	return xml;
}
