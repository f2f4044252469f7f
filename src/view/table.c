/* See table.h. The only file that knows libsmartcols; rows are its lines. */
#include "view/table.h"

#include <glib.h>
#include <libsmartcols/libsmartcols.h>

struct table {
	struct libscols_table *scols;
	const struct term *term;
};

static unsigned column_flags(const struct column *column)
{
	return (column->right ? SCOLS_FL_RIGHT : 0U) | (column->truncate ? SCOLS_FL_TRUNC : 0U) |
	       (column->wrap ? SCOLS_FL_WRAP : 0U) | (column->tree ? SCOLS_FL_TREE : 0U);
}

struct table *table_new(const struct term *term, const struct column *columns, size_t n)
{
	struct table *table = g_new0(struct table, 1);

	table->term = term;
	table->scols = scols_new_table();
	scols_table_set_stream(table->scols, term->out);
	scols_table_enable_colors(table->scols, term->colour);
	scols_table_enable_ascii(table->scols, !term->utf8);
	scols_table_set_termforce(table->scols,
				  term->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (term->width > 0)
		scols_table_set_termwidth(table->scols, (size_t)term->width);
	for (size_t i = 0; i < n; i++)
		scols_table_new_column(table->scols, columns[i].heading, columns[i].width,
				       (int)column_flags(&columns[i]));
	return table;
}

struct table_row *table_add(struct table *table, struct table_row *parent)
{
	return (struct table_row *)(void *)
		scols_table_new_line(table->scols, (struct libscols_line *)(void *)parent);
}

void table_set(struct table_row *row, size_t column, const char *text)
{
	if (text)
		scols_line_set_data((struct libscols_line *)(void *)row, column, text);
}

void table_set_role(struct table *table, struct table_row *row, size_t column, const char *text,
		    enum role role)
{
	table_set(row, column, text);
	if (text && table->term->colour && role != ROLE_PLAIN) {
		struct libscols_cell *cell =
			scols_line_get_cell((struct libscols_line *)(void *)row, column);
		scols_cell_set_color(cell, term_on(table->term, role));
	}
}

void table_print(struct table *table)
{
	scols_print_table(table->scols);
	scols_unref_table(table->scols);
	g_free(table);
}
