/* Sections → one machine. A section is read as a whole before it is added, since what one of its
 * functions shows ("Kernel driver in use", "IOMMU group") says how to read the others, and since a
 * section of another machine must leave no trace.
 */
#include "probe/posted_parts.h"

#define MAX_FUNCTIONS 65536 /* of a machine; more are no machine */

struct section {
	GPtrArray *fns;    /* of struct posted_fn, owned */
	GHashTable *index; /* address → struct posted_fn */
	bool grouped;      /* a listing of groups */
};

struct posted_machine {
	struct host *host;
	struct posted_names *names;
	GPtrArray *fns; /* of struct posted_fn, owned */
	GHashTable *index;
	struct section section;
	bool extended;  /* an extended capability was named */
	bool all_bytes; /* a hex dump goes beyond 256 bytes */

	/* noted already */
	bool two_machines;
	bool groups_differ;
	bool too_many;
};

/* ---- tables by address ---- */

static GHashTable *index_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void index_add(GHashTable *index, struct posted_fn *fn)
{
	gint64 *key = g_new(gint64, 1);

	*key = (gint64)pci_addr_key(fn->dev.addr);
	g_hash_table_insert(index, key, fn);
}

static struct posted_fn *index_find(GHashTable *index, struct pci_addr addr)
{
	gint64 key = (gint64)pci_addr_key(addr);

	return g_hash_table_lookup(index, &key);
}

void posted_note(struct host *host, bool *once, unsigned line, const char *reason)
{
	g_autofree char *where = g_strdup_printf("posted text, line %u", line);

	if (!*once)
		host_gap_text(host, where, reason);
	*once = true;
}

/* ---- the end of a section ---- */

static void section_init(struct section *section)
{
	*section = (struct section){
		.fns = g_ptr_array_new_with_free_func((GDestroyNotify)posted_fn_free),
		.index = index_new(),
	};
}

static void section_clear(struct section *section)
{
	g_ptr_array_free(section->fns, TRUE);
	g_hash_table_destroy(section->index);
}

/* What is known of a function because others of its section show it. */
static void finish_fn(const struct posted_machine *machine, struct posted_fn *fn, bool drivers,
		      bool groups)
{
	bool whole = fn->ended && !fn->cut;

	fn->ended = whole;
	fn->dev.driver_known |= fn->has_driver_line || (drivers && whole);
	if (groups && fn->verbose && whole)
		fn->dev.group_known = true;
	posted_caps_finish(fn, machine->extended);
	posted_hex_finish(fn, machine->all_bytes);
	posted_names_take(machine->names, machine->host, fn);
	if (fn->dev.class_code >= 0 && !fn->dev.prog_if_known && fn->prog_if >= 0) {
		fn->dev.class_code |= fn->prog_if;
		fn->dev.prog_if_known = true;
	}
}

static void finish_section(struct posted_machine *machine)
{
	const GPtrArray *fns = machine->section.fns;
	bool drivers = false, groups = false;

	for (unsigned i = 0; i < fns->len; i++) {
		const struct posted_fn *fn = fns->pdata[i];
		drivers |= fn->has_driver_line;
		groups |= fn->group_line;
	}
	for (unsigned i = 0; i < fns->len; i++)
		finish_fn(machine, fns->pdata[i], drivers, groups);
}

/* Is the section of the machine that is read? Behind a second machine, only what is known is. */
static bool belongs(struct posted_machine *machine)
{
	const GPtrArray *fns = machine->section.fns;

	for (unsigned i = 0; i < fns->len; i++) {
		const struct posted_fn *fn = fns->pdata[i];
		const struct posted_fn *known = index_find(machine->index, fn->dev.addr);
		if (known && posted_fn_differs(known, fn)) {
			posted_note(machine->host, &machine->two_machines, fn->line,
				    "another machine begins here, which is left out");
			return false;
		}
		if (!known && machine->two_machines)
			return false;
	}
	return true;
}

static void add_to_machine(struct posted_machine *machine, struct posted_fn **slot)
{
	struct posted_fn *fn = *slot;
	struct posted_fn *known = index_find(machine->index, fn->dev.addr);

	if (known) {
		if (!posted_fn_merge(known, fn))
			posted_note(machine->host, &machine->groups_differ, fn->line,
				    "the groups differ from those above, which are kept");
		return;
	}
	if (machine->fns->len >= MAX_FUNCTIONS) {
		posted_note(machine->host, &machine->too_many, fn->line,
			    "too many functions: the rest is left out");
		return;
	}
	g_ptr_array_add(machine->fns, fn);
	index_add(machine->index, fn);
	*slot = NULL; /* moved */
}

void posted_end_section(struct posted_machine *machine)
{
	GPtrArray *fns = machine->section.fns;

	if (fns->len == 0)
		return;
	finish_section(machine);
	if (belongs(machine))
		for (unsigned i = 0; i < fns->len; i++)
			add_to_machine(machine, (struct posted_fn **)&fns->pdata[i]);
	section_clear(&machine->section);
	section_init(&machine->section);
}

/* ---- the door ---- */

struct posted_machine *posted_machine_new(struct host *host, bool extended, bool all_bytes)
{
	struct posted_machine *machine = g_new0(struct posted_machine, 1);

	machine->host = host;
	machine->names = posted_names_new();
	machine->fns = g_ptr_array_new_with_free_func((GDestroyNotify)posted_fn_free);
	machine->index = index_new();
	machine->extended = extended;
	machine->all_bytes = all_bytes;
	section_init(&machine->section);
	return machine;
}

void posted_machine_free(struct posted_machine *machine)
{
	section_clear(&machine->section);
	posted_names_free(machine->names);
	g_ptr_array_free(machine->fns, TRUE);
	g_hash_table_destroy(machine->index);
	g_free(machine);
}

struct posted_fn *posted_begin_fn(struct posted_machine *machine, struct pci_addr addr,
				  bool grouped)
{
	bool again = posted_in_section(machine, addr);

	if (again || machine->section.grouped != grouped)
		posted_end_section(machine);
	if (machine->section.fns->len >= MAX_FUNCTIONS)
		return NULL;

	struct posted_fn *fn = posted_fn_new(addr);
	machine->section.grouped = grouped;
	g_ptr_array_add(machine->section.fns, fn);
	index_add(machine->section.index, fn);
	return fn;
}

bool posted_in_section(const struct posted_machine *machine, struct pci_addr addr)
{
	return index_find(machine->section.index, addr) != NULL;
}

int posted_bus_behind(const struct posted_machine *machine, struct pci_addr addr)
{
	const struct posted_fn *fn = index_find(machine->section.index, addr);

	if (!fn)
		fn = index_find(machine->index, addr);
	return fn && fn->dev.caps ? fn->dev.caps->secondary_bus : -1;
}

GPtrArray *posted_machine_fns(const struct posted_machine *machine)
{
	return machine->fns;
}
