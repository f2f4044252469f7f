/* What the halves of the reader of recordings share: recording.c takes lines and sections,
 * recording_entry.c the entries in them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/tree.h"

#define RECORDING_MAX_NAME 255

/* What the rows behind an entry are. */
enum rows {
	ROWS_NONE,  /* it has none */
	ROWS_LINES, /* lines of text */
	ROWS_BYTES, /* rows of hex */
};

struct recording_parser {
	struct tree *tree;
	const char *at; /* what is not read yet */
	const char *end;
	unsigned line;               /* number of the line that is being read */
	size_t total;                /* bytes of "x" entries so far */
	const struct tree_node *dir; /* of the section; NULL: before the first one */
	GString *path;               /* of dir, with a slash behind it */
	bool ended;                  /* by [end] */

	/* The entry whose rows may follow. */
	bool open;
	enum tree_kind kind;
	enum rows rows;
	bool newline; /* text: ends with one */
	unsigned n_rows;
	char name[RECORDING_MAX_NAME + 1];
	GString *data;
};

/* Sets an error that names the line. Returns false. */
bool recording_fail(const struct recording_parser *parser, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Decodes one name of a path. */
bool recording_name(const struct recording_parser *parser, struct slice slice,
		    char ret[RECORDING_MAX_NAME + 1], GError **error);

/* Puts the open entry, if there is one, into the tree. */
bool recording_close_entry(struct recording_parser *parser, GError **error);

/* Reads the line of a new entry, which stays open while its rows follow. */
bool recording_read_entry(struct recording_parser *parser, struct slice line, GError **error);

/* Reads a row of the open entry: what stands behind its "|". */
bool recording_read_row(struct recording_parser *parser, struct slice row, GError **error);

/* Lets the last line of the open entry go on with rest, after a blank or at once. */
bool recording_read_fold(struct recording_parser *parser, struct slice rest, bool blank,
			 GError **error);
