/* What this machine is told, apart from its devices: module parameters, small attributes of the
 * kernel, configuration files, and the owners and modes of files and nodes that matter. Read by
 * probe/settings.c from a table of paths; judged by rules. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/tri.h"

struct host;

/* A file of the table that was looked for. */
struct setting {
	const char *path;
	const char *text; /* NULL: not read */
	int error;        /* 0; an errno value: why it could not be read. Files that are not
			   * there are in the list only where they are named in full */
};

/* A file, directory or device node whose owner and mode matter. */
struct node {
	const char *path;
	char type;     /* as ls shows it: '-', 'd', 'c', …; 0: known not to be there */
	unsigned mode; /* permission bits */
	uint32_t uid;
	uint32_t gid;
};

/* A program that libvirt runs when guests start and stop. */
struct hook {
	const char *path;
	const char *interpreter; /* behind "#!"; NULL: there is none */
	enum tri interpreter_there;
	const char *virsh; /* a line in which it calls virsh, so libvirt; NULL: none */
};

struct settings {
	bool probed;
	const struct setting *list; /* sorted by path */
	unsigned n;
	const struct node *nodes; /* sorted by path */
	unsigned n_nodes;
	bool nodes_known;
	const struct hook *hooks;
	unsigned n_hooks;
	bool hooks_known;
	bool whole; /* what is in no list is not there on this machine */
	const char *const
		*folders; /* where it is not whole: those of SETTING_FOLDERS that are there */
	unsigned n_folders;
};

/* Parts of a machine have some of these, and others not: what is in none of those is not known. */
#define SETTING_FOLDERS                                                                            \
	"/dev", "/etc", "/proc", "/sys/bus", "/sys/class", "/sys/devices/system/cpu",              \
		"/sys/firmware", "/sys/kernel", "/sys/module", "/sys/power"

/* Is that one of SETTING_FOLDERS there, so that what is not in it is not there on this machine? */
bool setting_folder(const struct host *host, const char *path);

/* The text of a file; NULL: not there, not read, or not in the table. */
const char *setting_text(const struct host *host, const char *path);

/* The first line of it without white space around it, in a buffer of the caller; NULL as above. */
#define SETTING_LINE 256
const char *setting_line(const struct host *host, const char *path, char buf[SETTING_LINE]);

/* Is the file there? TRI_UNKNOWN where another reason kept it from being read. */
enum tri setting_there(const struct host *host, const char *path);

/* A parameter of a module that is switched with Y and N, or 1 and 0. TRI_UNKNOWN: the module is
 * not loaded, or it has no such parameter, or it could not be read. */
enum tri setting_switch(const struct host *host, const char *module, const char *parameter);

/* Is the module loaded, or built in with something to see? */
enum tri setting_module(const struct host *host, const char *module);

/* The next file whose path matches pattern ('*' also stands for slashes); *index is where to go
 * on, 0 at first. NULL at the end. */
const struct setting *setting_next(const struct host *host, const char *pattern, unsigned *index);

/* What is known of the file or node at path; NULL: nothing. */
const struct node *setting_node(const struct host *host, const char *path);
const struct node *setting_next_node(const struct host *host, const char *pattern, unsigned *index);

/* ---- texts ---- */

/* Takes the next line of a configuration file off *cursor, without its comment ('#' to the end) and
 * the white space around it; empty lines are left out. The caller's to free; NULL at the end. */
char *config_line(const char **cursor);

/* The value of the last line "KEY = VALUE" (libvirt's qemu.conf, shell assignments), with quotes
 * taken off; the caller's. NULL: there is none. A list in brackets is returned whole, with all its
 * lines. */
char *config_value(const char *text, const char *key);
