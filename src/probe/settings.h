/* Reads struct settings from a table of paths; and their text forms, which a recording keeps. */
#pragma once

#include <glib.h>

struct host;
struct root;

void settings_probe(struct root *root, struct host *host);

/* What mask.c keeps of files that hold more than the rules ask for; each is the caller's. */
char *settings_trim_loaded(const char *text);  /* /proc/modules: names */
char *settings_trim_limits(const char *text);  /* /proc/self/limits: locked memory */
char *settings_trim_pam(const char *text);     /* limits.conf: locked memory, no user names */
char *settings_trim_libvirt(const char *text); /* qemu.conf: keys that rules ask for */
