/* Packages, cores, caches and nodes, by hwloc. */
#pragma once

/* hwloc's XML of the machine below a directory that stands for "/", NULL: of the running one. The
 * caller's to free; NULL: hwloc cannot. For a child process (base/child.h): hwloc is steered by the
 * environment, which is changed here. */
char *topology_export(const char *fsroot);
