/* See machine.h. Cores are grouped by package, node and cache, in the order of their first CPU; a
 * level that is the same for the whole machine, or not known, is left out. */
#include "view/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/int_list.h"

/* ---- marks ---- */

enum mark {
	MARK_NONE, /* no pinning */
	MARK_GUEST,
	MARK_HELPER, /* emulator or I/O threads */
	MARK_HOST,
	MARK_SPARE,
	N_MARKS,
};

static const struct {
	const char *letter;
	enum role role;
	const char *text;
} marks[N_MARKS] = {
	[MARK_NONE] = { "", ROLE_PLAIN, NULL },
	[MARK_GUEST] = { "G", ROLE_GOOD, "guest" },
	[MARK_HELPER] = { "E", ROLE_WARN, "host, with emulator or I/O threads" },
	[MARK_HOST] = { "h", ROLE_PLAIN, "host" },
	[MARK_SPARE] = { "-", ROLE_DIM, "nobody" },
};

static enum mark mark_of(const struct pinning *pinning, int cpu)
{
	if (!pinning)
		return MARK_NONE;
	if (int_list_has(pinning->vcpus, cpu))
		return MARK_GUEST;
	if (int_list_has(pinning->emulator, cpu) || int_list_has(pinning->iothreads, cpu))
		return MARK_HELPER;
	return int_list_has(pinning->spare, cpu) ? MARK_SPARE : MARK_HOST;
}

/* ---- the drawing ---- */

struct drawing {
	const struct term *term;
	const struct topology *topology;
	const struct pinning *pinning;
	const struct machine_note *notes;
	unsigned n_notes;
	const struct topo_cpu **cpus; /* in the order that they are drawn */
	int digits;                   /* of the largest number */
	unsigned seen;                /* marks that were drawn */
	bool weak_seen;               /* efficiency cores were drawn */
	unsigned depth;               /* of the cores */
};

static int compare_places(const void *a, const void *b)
{
	const struct topo_cpu *x = *(const struct topo_cpu *const *)a;
	const struct topo_cpu *y = *(const struct topo_cpu *const *)b;
	const int keys[][2] = { { x->package, y->package },
				{ x->node, y->node },
				{ x->l3, y->l3 },
				{ x->core, y->core },
				{ x->os, y->os } };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

static unsigned count_digits(int number)
{
	unsigned n = 1;

	for (; number >= 10; number /= 10)
		n++;
	return n;
}

/* Prints a core, "[ 2G 18G]"; in round brackets those that are weak. */
static void print_core(struct drawing *drawing, unsigned first, unsigned end)
{
	FILE *out = drawing->term->out;
	bool weak = drawing->cpus[first]->efficient;

	drawing->weak_seen |= weak;
	fputc(weak ? '(' : '[', out);
	for (unsigned i = first; i < end; i++) {
		enum mark mark = mark_of(drawing->pinning, drawing->cpus[i]->os);
		drawing->seen |= 1u << mark;
		if (i > first)
			fputc(' ', out);
		term_print(drawing->term, marks[mark].role, "%*d%s", drawing->digits,
			   drawing->cpus[i]->os, marks[mark].letter);
	}
	fputc(weak ? ')' : ']', out);
}

static unsigned core_width(const struct drawing *drawing, unsigned threads)
{
	unsigned cell = (unsigned)drawing->digits + (drawing->pinning ? 1 : 0);

	return threads * (cell + 1) + 1;
}

static unsigned core_end(const struct drawing *drawing, unsigned first)
{
	unsigned end = first + 1;

	while (end < drawing->topology->n_cpus &&
	       drawing->cpus[end]->core == drawing->cpus[first]->core)
		end++;
	return end;
}

/* Cores stand side by side, as many as fit on a line. */
static void print_cores(struct drawing *drawing, unsigned first, unsigned end)
{
	unsigned indent = drawing->depth * 2, at = 0;
	unsigned width = drawing->term->width > 0 ? (unsigned)drawing->term->width : 80;

	for (unsigned i = first, next; i < end; i = next) {
		next = core_end(drawing, i);
		unsigned needs = core_width(drawing, next - i);
		if (at > 0 && at + 1 + needs > width) {
			fputc('\n', drawing->term->out);
			at = 0;
		}
		if (at == 0)
			at = (unsigned)fprintf(drawing->term->out, "%*s", (int)indent, "");
		else
			at += (unsigned)fprintf(drawing->term->out, " ");
		print_core(drawing, i, next);
		at += needs;
	}
	fputc('\n', drawing->term->out);
}

/* ---- levels ---- */

struct level {
	int (*key)(const struct topo_cpu *cpu);
	void (*print)(const struct drawing *drawing, const struct topo_cpu *cpu);
};

static int key_package(const struct topo_cpu *cpu)
{
	return cpu->package;
}

static int key_node(const struct topo_cpu *cpu)
{
	return cpu->node;
}

static int key_l3(const struct topo_cpu *cpu)
{
	return cpu->l3;
}

static void print_size(const struct term *term, int64_t size, const char *of)
{
	if (size < 0)
		return;
	if (size >= (int64_t)1 << 30)
		fprintf(term->out, ", %.0f GiB%s", (double)size / (1 << 30), of);
	else
		fprintf(term->out, ", %.0f MiB%s", (double)size / (1 << 20), of);
}

static void print_notes(const struct drawing *drawing, int node, unsigned indent)
{
	for (unsigned i = 0; i < drawing->n_notes; i++) {
		const struct machine_note *note = &drawing->notes[i];
		if (note->node != node)
			continue;
		fprintf(drawing->term->out, "%*s", (int)indent, "");
		term_paragraph(drawing->term, ROLE_STRONG, indent, indent, indent + 2, note->text);
	}
}

static void print_package(const struct drawing *drawing, const struct topo_cpu *cpu)
{
	term_print(drawing->term, ROLE_STRONG, "package %d", cpu->package);
	fputc('\n', drawing->term->out);
}

static void print_node(const struct drawing *drawing, const struct topo_cpu *cpu)
{
	const struct topo_node *node = topology_node(drawing->topology, cpu->node);

	if (cpu->node < 0) {
		fputs("no NUMA node\n", drawing->term->out);
		return;
	}
	term_print(drawing->term, ROLE_STRONG, "NUMA node %d", cpu->node);
	if (node && node->memory == 0)
		fputs(", no memory", drawing->term->out);
	else
		print_size(drawing->term, node ? node->memory : -1, " of memory");
	fputc('\n', drawing->term->out);
}

static void print_l3(const struct drawing *drawing, const struct topo_cpu *cpu)
{
	if (cpu->l3 < 0) {
		fputs("no L3 cache\n", drawing->term->out);
		return;
	}
	fputs("L3 cache", drawing->term->out);
	print_size(drawing->term, cpu->l3_size, "");
	fputc('\n', drawing->term->out);
}

static const struct level levels[] = {
	{ key_package, print_package },
	{ key_node, print_node },
	{ key_l3, print_l3 },
};

/* Is anything known of this level? */
static bool level_is_known(const struct drawing *drawing, const struct level *level)
{
	for (unsigned i = 0; i < drawing->topology->n_cpus; i++)
		if (level->key(&drawing->topology->cpus[i]) >= 0)
			return true;
	return false;
}

/* Draws the processors [first, end), which are equal in all levels before this one. */
static void print_level(struct drawing *drawing, size_t index, unsigned first, unsigned end)
{
	const struct level *level = &levels[index];
	bool known = index < G_N_ELEMENTS(levels) && level_is_known(drawing, level);

	if (index == G_N_ELEMENTS(levels)) {
		print_cores(drawing, first, end);
		return;
	}
	for (unsigned i = first, next; i < end; i = next) {
		int key = level->key(drawing->cpus[i]);
		for (next = i + 1; next < end && level->key(drawing->cpus[next]) == key;)
			next++;
		if (known) {
			fprintf(drawing->term->out, "%*s", (int)drawing->depth * 2, "");
			level->print(drawing, drawing->cpus[i]);
		}
		drawing->depth += known;
		if (known && level->key == key_node)
			print_notes(drawing, key, drawing->depth * 2);
		print_level(drawing, index + 1, i, next);
		drawing->depth -= known;
	}
}

/* One mark and what it means; *column is where the line stands. */
static void print_mark(const struct drawing *drawing, enum role role, const char *letter,
		       const char *text, unsigned *column)
{
	const struct term *term = drawing->term;
	unsigned width = (unsigned)(strlen(letter) + 1 + strlen(text));

	if (*column > 0 && term->width > 0 && *column + 3 + width > (unsigned)term->width) {
		fputc('\n', term->out);
		*column = 0;
	}
	if (*column > 0) {
		fputs("   ", term->out);
		width += 3;
	}
	term_print(term, role, "%s", letter);
	fprintf(term->out, " %s", text);
	*column += width;
}

static void print_legend(const struct drawing *drawing)
{
	unsigned column = 0;

	for (int mark = MARK_GUEST; mark < N_MARKS; mark++)
		if (drawing->seen >> mark & 1)
			print_mark(drawing, marks[mark].role, marks[mark].letter, marks[mark].text,
				   &column);
	if (drawing->weak_seen)
		print_mark(drawing, ROLE_PLAIN, "( )", "efficiency core", &column);
	if (column > 0)
		fputc('\n', drawing->term->out);
}

void machine_print(const struct term *term, const struct topology *topology,
		   const struct pinning *pinning, const struct machine_note *notes,
		   unsigned n_notes)
{
	struct drawing drawing = {
		.term = term,
		.topology = topology,
		.pinning = pinning,
		.notes = notes,
		.n_notes = n_notes,
		.cpus = g_new0(const struct topo_cpu *, topology->n_cpus + 1),
	};

	for (unsigned i = 0; i < topology->n_cpus; i++) {
		drawing.cpus[i] = &topology->cpus[i];
		drawing.digits = MAX(drawing.digits, (int)count_digits(topology->cpus[i].os));
	}
	qsort(drawing.cpus, topology->n_cpus, sizeof(*drawing.cpus), compare_places);
	print_notes(&drawing, -1, 0);
	print_level(&drawing, 0, 0, topology->n_cpus);
	print_legend(&drawing);
	g_free(drawing.cpus);
}
