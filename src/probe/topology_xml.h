/* Processors and nodes out of hwloc's XML. Pure. The text may come from a stranger's recording, so
 * it is read by GLib's markup parser, which knows no entities and opens no files. */
#pragma once

struct host;

/* Fills cpus and numa of host.platform.topology from its xml. What is no such XML leaves them
 * unknown. small: the efficiency cores as the kernel lists them, "16-23"; NULL: it does not, and
 * they are told by hwloc's kinds. */
void topology_read_xml(struct host *host, const char *small);
