/* Processors and nodes out of hwloc's XML. Pure. The text may come from a stranger's recording, so
 * it is read by GLib's markup parser, which knows no entities and opens no files. */
#pragma once

struct host;

/* Fills cpus and numa of host.platform.topology from its xml. What is no such XML leaves them
 * unknown. */
void topology_read_xml(struct host *host);
