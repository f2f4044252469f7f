/* See table.h. The only file that knows libsmartcols; rows are its lines. */
#include "view/table.h"

#include <glib.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define NARROW     80 /* columns below which a table may be stacked */
#define ROOM       24 /* that a text should have, which may be cut or wrapped */
#define DEEPER     2  /* that a branch of a tree is further right */
#define BELOW      4  /* that is further right what belongs to the line above */
#define MAX_COLUMN 8

struct table {
	struct libscols_table *scols;
	const struct term *term;
	const struct column *columns;
	size_t n;
};

static unsigned column_flags(const struct column *column)
{
	return (column->right ? SCOLS_FL_RIGHT : 0U) | (column->truncate ? SCOLS_FL_TRUNC : 0U) |
	       (column->wrap ? SCOLS_FL_WRAP : 0U) | (column->tree ? SCOLS_FL_TREE : 0U);
}

struct table *table_new(const struct term *term, const struct column *columns, size_t n)
{
	struct table *table = g_new0(struct table, 1);

	g_assert(n <= MAX_COLUMN);
	table->term = term;
	table->columns = columns;
	table->n = n;
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
		scols_cell_set_userdata(cell, GINT_TO_POINTER((int)role));
	}
}

/* ---- stacked: on narrow terminals, texts below what is short, in place of two letters of each
 * ---- */

struct stack {
	const struct table *table;
	unsigned widths[MAX_COLUMN]; /* of the columns that are no texts; 0: not kept */
	bool tree;
};

static bool is_text(const struct column *column)
{
	return column->truncate || column->wrap;
}

static unsigned width_of(const char *text)
{
	return (unsigned)g_utf8_strlen(text, -1);
}

static const char *text_of(struct libscols_cell *cell)
{
	const char *text = cell ? scols_cell_get_data(cell) : NULL;

	return text ? text : "";
}

static struct libscols_cell *heading_of(const struct table *table, size_t column)
{
	return scols_column_get_header(scols_table_get_column(table->scols, column));
}

static unsigned widest(const struct table *table, size_t column)
{
	unsigned width = width_of(table->columns[column].heading);
	size_t lines = scols_table_get_nlines(table->scols);

	for (size_t i = 0; i < lines; i++) {
		struct libscols_line *line = scols_table_get_line(table->scols, i);
		width = MAX(width, width_of(text_of(scols_line_get_cell(line, column))));
	}
	return width;
}

/* Fills stack.widths where all that is short has room side by side. */
static bool is_stacked(const struct table *table, struct stack *stack)
{
	unsigned width = table->term->width > 0 ? (unsigned)table->term->width : NARROW;
	unsigned shorts = 0, texts = 0;

	*stack = (struct stack){ .table = table };
	for (size_t i = 0; i < table->n && width < NARROW; i++) {
		unsigned own = widest(table, i);
		stack->tree |= table->columns[i].tree;
		stack->widths[i] = own;
		if (is_text(&table->columns[i]))
			texts += MIN(own, ROOM) + 1;
		else
			shorts += own + 1;
	}
	if (shorts > width + 1 || stack->tree)
		memset(stack->widths, 0, sizeof(stack->widths));
	return texts > 0 && shorts + texts > width + 1;
}

/* Where the next cell of a line is to be, in columns. */
struct line_end {
	unsigned column, indent;
	bool started;
};

/* Numbers in a tree, which has no headings, are named. */
static void put_short(const struct stack *stack, size_t index, struct libscols_cell *cell,
		      struct line_end *end)
{
	const struct term *term = stack->table->term;
	const struct column *column = &stack->table->columns[index];
	g_autofree char *named =
		stack->tree && column->right ? g_ascii_strdown(column->heading, -1) : NULL;
	g_autofree char *text =
		g_strconcat(named ? named : "", named ? " " : "", text_of(cell), NULL);
	unsigned own = width_of(text), kept = MAX(stack->widths[index], own);
	unsigned before = column->right ? kept - own : 0;

	if (end->started && *text && end->column + 1 + before + own > (unsigned)term->width) {
		fprintf(term->out, "\n%*s", (int)end->indent, "");
		end->column = end->indent;
		before = 0;
	} else if (end->started) {
		before++;
	}
	fprintf(term->out, "%*s", (int)before, "");
	term_print(term, (enum role)GPOINTER_TO_INT(scols_cell_get_userdata(cell)), "%s", text);
	end->started = true;
	end->column += before + own;
}

/* Where the texts of a row start: behind its number, where it has one. */
static unsigned text_indent(const struct stack *stack)
{
	bool number = stack->table->columns[0].right && stack->widths[0] > 0;

	return number ? stack->widths[0] + 1 : BELOW;
}

/* What is short of a row, or of the headings (line NULL). Blanks at its end are not printed. */
static void put_shorts(const struct stack *stack, struct libscols_line *line, unsigned indent)
{
	const struct table *table = stack->table;
	struct line_end end = { .column = indent,
				.indent = stack->tree ? indent : text_indent(stack) };
	unsigned owed = 0;

	for (size_t i = 0; i < table->n; i++) {
		struct libscols_cell *cell =
			line ? scols_line_get_cell(line, i) : heading_of(table, i);
		unsigned own = width_of(text_of(cell));
		if (is_text(&table->columns[i]) || (own == 0 && stack->widths[i] == 0))
			continue;
		if (own == 0) {
			owed += stack->widths[i] + 1;
			continue;
		}
		fprintf(table->term->out, "%*s", (int)(end.started ? owed : indent + owed), "");
		end.column += owed;
		put_short(stack, i, cell, &end);
		owed = table->columns[i].right || stack->widths[i] < own ? 0
									 : stack->widths[i] - own;
	}
	if (end.started)
		fputc('\n', table->term->out);
}

/* The texts of a row that carry the tree, or the others. */
static void put_texts(const struct stack *stack, struct libscols_line *line, bool tree,
		      unsigned indent)
{
	const struct table *table = stack->table;

	for (size_t i = 0; i < table->n; i++) {
		struct libscols_cell *cell =
			line ? scols_line_get_cell(line, i) : heading_of(table, i);
		if (is_text(&table->columns[i]) && table->columns[i].tree == tree && *text_of(cell))
			term_paragraph(table->term,
				       (enum role)GPOINTER_TO_INT(scols_cell_get_userdata(cell)),
				       indent, 0, indent + (tree ? BELOW : 0), text_of(cell));
	}
}

static void put_row(const struct stack *stack, struct libscols_line *line, unsigned depth)
{
	unsigned indent = depth * DEEPER;
	struct libscols_line *child;

	put_texts(stack, line, true, indent);
	put_shorts(stack, line, stack->tree ? indent + BELOW : indent);
	put_texts(stack, line, false, indent + text_indent(stack));
	if (!line || !scols_line_has_children(line))
		return;
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	while (scols_line_next_child(line, iter, &child) == 0)
		put_row(stack, child, depth + 1);
	scols_free_iter(iter);
}

static void print_stacked(const struct stack *stack)
{
	size_t lines = scols_table_get_nlines(stack->table->scols);

	if (lines > 0 && !stack->tree)
		put_row(stack, NULL, 0);
	for (size_t i = 0; i < lines; i++) {
		struct libscols_line *line = scols_table_get_line(stack->table->scols, i);
		if (!scols_line_get_parent(line))
			put_row(stack, line, 0);
	}
}

/* ---- trees: names that have no room are broken between words, so that nothing is cut ---- */

/* text, which starts behind indent columns of the tree's lines, with a new line at each word that
 * would end behind column room. The caller's. */
static char *break_words(const char *text, unsigned indent, unsigned room)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GString *broken = g_string_new(NULL);
	unsigned column = indent;

	for (char **word = words; *word; word++) {
		unsigned own = width_of(*word);
		bool first = word == words, breaks = !first && column + 1 + own > room;
		g_string_append_printf(broken, "%s%*s%s", breaks ? "\n" : "",
				       breaks  ? (int)(indent + BELOW)
				       : first ? 0
					       : 1,
				       "", *word);
		column = breaks ? indent + BELOW + own : column + !first + own;
	}
	return g_string_free(broken, FALSE);
}

static void break_branch(const struct table *table, size_t column, struct libscols_line *line,
			 unsigned indent, unsigned room)
{
	struct libscols_cell *cell = scols_line_get_cell(line, column);
	g_autofree char *broken = break_words(text_of(cell), indent, room);
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *child;

	scols_cell_set_data(cell, broken);
	while (scols_line_next_child(line, iter, &child) == 0)
		break_branch(table, column, child, indent + DEEPER, room);
	scols_free_iter(iter);
}

static void break_tree(const struct table *table, size_t column)
{
	struct libscols_column *names = scols_table_get_column(table->scols, column);
	size_t lines = scols_table_get_nlines(table->scols);
	unsigned room = (unsigned)table->term->width;

	for (size_t i = 0; i < table->n; i++)
		if (i != column)
			room -= MIN(widest(table, i) + 1, room);
	room = MAX(room, ROOM);
	for (size_t i = 0; i < lines; i++) {
		struct libscols_line *line = scols_table_get_line(table->scols, i);
		if (!scols_line_get_parent(line))
			break_branch(table, column, line, 0, room);
	}
	scols_column_set_flags(names, SCOLS_FL_TREE | SCOLS_FL_WRAP);
	scols_column_set_safechars(names, "\n");
	scols_column_set_wrapfunc(names, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

/* libsmartcols fills each line up to its last column; blanks at its end are not printed. */
static void print_trimmed(const struct table *table)
{
	char *text = NULL;

	if (scols_print_table_to_string(table->scols, &text) != 0)
		return;
	for (const char *line = text, *end; line && *line; line = *end ? end + 1 : end) {
		size_t n = strcspn(line, "\n");
		end = line + n;
		while (n > 0 && line[n - 1] == ' ')
			n--;
		fprintf(table->term->out, "%.*s\n", (int)n, line);
	}
	free(text);
}

void table_print(struct table *table)
{
	struct stack stack;

	bool stacked = is_stacked(table, &stack);
	for (size_t i = 0; i < table->n && !stacked && table->term->width > 0; i++)
		if (table->columns[i].tree)
			break_tree(table, i);
	if (stacked)
		print_stacked(&stack);
	else
		print_trimmed(table);
	scols_unref_table(table->scols);
	g_free(table);
}
