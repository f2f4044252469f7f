/* A command is a row: name, words for the help, options, and the function that runs it. Help,
 * completions and the check of the man pages come from these tables. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/host.h"
#include "view/json.h"
#include "view/term.h"

struct names;
struct root;

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_CHOICE, /* const char *, one of choices */
	OPTION_TEXTS,  /* GPtrArray * of const char *: may be repeated */
};

struct option_row {
	const char *name; /* long name without dashes */
	char letter;      /* 0: none */
	enum option_kind kind;
	const char *argument; /* its name in the help; NULL for flags */
	const char *choices;  /* OPTION_CHOICE: words between blanks */
	const char *help;
	size_t offset; /* of the value in the struct that the options are read into */
};

/* What every command gets. */
struct context {
	const char *root_path; /* --root; NULL: none */
	const char *host_path; /* --host; NULL: none */
	bool json;
	bool quiet;
	bool verbose;
	bool help;
	bool version;
	const char *colour;

	struct term term;       /* standard output */
	struct root *root;      /* the opened root; NULL with a posted --host */
	struct host *host;      /* after context_host(); freed with the context */
	struct host *posted;    /* a posted text that was read already */
	struct names *names;    /* after context_names(); freed with the context */
	const char **arguments; /* what is left after the options, NULL-terminated */
	unsigned n_arguments;
	void *options; /* the command's own struct */
	bool tracing;  /* root has a trace on it: record */
};

enum command_flag {
	COMMAND_NEEDS_ROOT = 1 << 0,
	COMMAND_CHANGES = 1 << 1, /* changes the machine: not with --root or --host */
	COMMAND_NO_JSON = 1 << 2, /* has no JSON form */
	COMMAND_NO_ROOT = 1 << 3, /* needs no machine at all: none is opened */
	COMMAND_HIDDEN = 1 << 4,  /* not in the list of commands */
};

/* A command, or a part of one: "vm xml" is a row of its own among the parts of "vm". */
struct command {
	const char *name;                 /* as typed: "check", "vm xml" */
	const char *arguments;            /* as in the usage line; NULL: takes none */
	const char *summary;              /* one line, for the list */
	const char *help;                 /* paragraphs under the usage line; NULL: none */
	const struct option_row *options; /* ends with a row without a name; NULL: none */
	size_t options_size;              /* of the struct behind context.options */
	unsigned flags;
	const struct command *const *parts; /* ends with NULL; NULL: it has none */
	/* Returns an exit status (STATUS_OK, STATUS_FOUND), or -1 and sets *error. NULL: only its
	 * parts can be run. */
	int (*run)(struct context *context, GError **error);
};

/* Every command, in the order of the help; ends with NULL. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

/* The part that word names ("xml" of "vm"); NULL: none. */
const struct command *command_part(const struct command *command, const char *word);

/* What is typed for it last: "xml" of "vm xml". */
const char *command_word(const struct command *command);

/* Options that every command takes. */
extern const struct option_row global_options[];

/* Probes the machine that --root, --host or "/" name. what: PROBE_ flags of probe/probe.h. The host
 * belongs to the context. NULL and *error when it cannot be read at all. */
const struct host *context_host(struct context *context, unsigned what, GError **error);

/* Adds the detail of some functions (indices of host.pci) to the host that context_host() gave,
 * which was asked for without PROBE_DETAIL; nothing where it comes from posted text. */
void context_detail(struct context *context, const int *functions, unsigned n);

/* The same with all that has to be known to hand them over: see host_probe_handover(). */
void context_handover(struct context *context, const int *functions, unsigned n);

/* "vfiokit", with the options that lead back to the machine that is looked at. The caller's. */
char *context_command(const struct context *context);

/* The path of this program, where a unit may start it as root: it is installed where only root may
 * write. The caller's to free; NULL: it is not. */
char *context_program(struct context *context);

/* The names of ids, loaded when first asked for. */
struct names *context_names(struct context *context);

/* Starts the JSON object of a command: {"schema": SCHEMA, … The caller ends both. */
void context_json(struct context *context, struct json *json, const char *schema);

/* Writes "gaps": [{"path": …, "reason": …}]. */
void context_json_gaps(struct json *json, const struct host *host);
/* Prints what could not be read, in a few lines, if anything. */
void context_print_gaps(struct context *context, const struct host *host);

/* Finds the functions that a DEVICE argument means (cli.md): "01:00.0", "01:00", "10de:1c03".
 * Appends indexes in host.pci to found (of int). Fails with STATUS_USAGE when nothing matches. */
bool context_find_devices(const struct host *host, const char *argument, GArray *found,
			  GError **error);

/* The same where one card is meant: functions of several slots are an error, too. */
bool context_find_slot(const struct host *host, const char *argument, GArray *found,
		       GError **error);
