/* The parts of probe/platform.c, one file per source of facts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct host;
struct root;

void platform_probe_cpu(struct root *root, struct host *host);      /* /proc/cpuinfo */
void platform_probe_cpuid(struct root *root, struct host *host);    /* the instruction */
void platform_probe_kernel(struct root *root, struct host *host);   /* release, command line */
void platform_probe_config(struct root *root, struct host *host);   /* its configuration */
void platform_probe_loaded(struct root *root, struct host *host);   /* vfio-pci */
void platform_probe_builtin(struct root *root, struct host *host);  /* in modules.builtin? */
void platform_probe_log(struct root *root, struct host *host);      /* its log */
void platform_probe_firmware(struct root *root, struct host *host); /* lockdown, EFI, DMI */
void platform_probe_memory(struct root *root, struct host *host);   /* size, huge pages */
void platform_probe_display(struct root *root, struct host *host);  /* framebuffers, console */
void platform_probe_topology(struct root *root, struct host *host); /* hwloc */

/* The first line of a small file without the white space around it, as a string of the host; NULL
 * when it is empty or not there; a gap is noted when it may not be read. */
const char *platform_line(struct root *root, struct host *host, const char *path);

/* The value of "key : value", blanks around it left out; not terminated, length in *value_length.
 * NULL when the line does not have that key. */
const char *platform_value(const char *line, size_t length, const char *key, size_t *value_length);

/* The same in all of text: the first such line. */
const char *platform_find(const char *text, const char *key, size_t *length);

/* The lines of a kernel configuration that the program looks at, in a fixed order, with those left
 * out as "is not set"; NULL when text is no configuration. The caller's. */
char *platform_trim_config(const char *text);

/* The lines of modules.builtin that the program looks at. The caller's. */
char *platform_trim_modules(const char *text);
