/* Tables and trees in the terminal, by libsmartcols: widths, wrapping, colours, UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "view/term.h"

struct column {
	const char *heading;
	double width;  /* hint: share of the terminal (below 1) or columns; 0: as needed */
	bool right;    /* aligned to the right */
	bool truncate; /* may be cut when the terminal is narrow */
	bool wrap;     /* may be wrapped when the terminal is narrow */
	bool tree;     /* carries the lines of the tree */
};

struct table;
struct table_row;

struct table *table_new(const struct term *term, const struct column *columns, size_t n);

/* Adds a row; parent NULL: at the top (or no tree at all). Rows belong to the table. */
struct table_row *table_add(struct table *table, struct table_row *parent);

/* Sets a cell; text is copied, NULL leaves it empty. */
void table_set(struct table_row *row, size_t column, const char *text);
void table_set_role(struct table *table, struct table_row *row, size_t column, const char *text,
		    enum role role);

/* Prints the table and frees it. On a terminal so narrow that texts would be cut to a few letters,
 * they stand below the rest of their row. */
void table_print(struct table *table);
