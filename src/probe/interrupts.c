/* See interrupts.h. */
#include "probe/interrupts.h"

#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/processes.h"

#define LINE_SIZE 4096

/* The file's line, printable; NULL: not there, or empty. */
static char *read_line(struct root *root, const char *path)
{
	char buf[LINE_SIZE];

	if (root_read(root, path, buf, sizeof(buf)) <= 0 || !*text_chomp(buf))
		return NULL;
	return text_printable(buf, strlen(buf));
}

/* ---- whose they are ---- */

/* Number of an interrupt → index of the function + 1. A line without MSI is shared: nobody's. */
static GHashTable *map_functions(struct root *root, const struct host *host)
{
	GHashTable *map = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < host->n_pci; i++) {
		char address[PCI_ADDR_SIZE];
		g_autoptr(GPtrArray) names = NULL;
		g_autofree char *path =
			g_strdup_printf("/sys/bus/pci/devices/%s/msi_irqs",
					pci_addr_format(host->pci[i].addr, address));
		uint32_t number;
		if (root_list(root, path, &names) < 0)
			continue;
		for (guint j = 0; j < names->len; j++)
			if (text_to_u32(names->pdata[j], 10, G_MAXINT, &number))
				g_hash_table_insert(map, GUINT_TO_POINTER(number),
						    GINT_TO_POINTER((int)i + 1));
	}
	return map;
}

/* VFIO names a line of the old kind by its function, too: "vfio-intx(0000:01:00.0)". */
static int function_of_name(const struct host *host, const char *names)
{
	const char *open = g_str_has_prefix(names, "vfio-") ? strchr(names, '(') : NULL;
	g_autofree char *address = open ? g_strndup(open + 1, strcspn(open + 1, ")")) : NULL;
	struct pci_addr addr;

	return address && pci_addr_parse(address, &addr) ? host_find_pci(host, addr) : -1;
}

/* ---- one by one ---- */

static void clear_interrupt(void *data)
{
	struct interrupt *interrupt = data;

	g_free(interrupt->cpus);
	g_free(interrupt->names);
}

/* Newer kernels make the file read-only then (kernel/irq/proc.c). */
static bool is_fixed(struct root *root, const char *path)
{
	struct root_node node;

	return root_stat(root, path, &node) == 0 && (node.mode & 0222) == 0;
}

static void add_interrupt(struct root *root, const struct host *host, GHashTable *map,
			  unsigned number, GArray *list)
{
	g_autofree char *cpus_path = g_strdup_printf("/proc/irq/%u/smp_affinity_list", number);
	g_autofree char *names_path = g_strdup_printf("/sys/kernel/irq/%u/actions", number);
	g_autofree char *cpus = read_line(root, cpus_path);
	g_autofree char *names = read_line(root, names_path);

	if (!cpus || !names)
		return;
	int pci = GPOINTER_TO_INT(g_hash_table_lookup(map, GUINT_TO_POINTER(number))) - 1;
	if (pci < 0)
		pci = function_of_name(host, names);
	const struct interrupt interrupt = {
		.number = number,
		.pci = pci,
		.fixed = is_fixed(root, cpus_path),
		.cpus = g_steal_pointer(&cpus),
		.names = g_steal_pointer(&names),
	};
	g_array_append_val(list, interrupt);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct interrupt *first = a, *second = b;

	return first->number < second->number ? -1 : first->number > second->number;
}

/* ---- the daemon ---- */

static bool runs_irqbalance(struct root *root)
{
	PROCESSES_AUTO struct processes processes;

	if (processes_open(root, &processes) < 0)
		return false;
	for (guint i = 0; i < processes.pids->len; i++) {
		g_autofree char *path = g_strconcat(processes.pids->pdata[i], "/comm", NULL);
		char comm[32];
		if (root_dir_read(&processes.proc, path, comm, sizeof(comm)) > 0 &&
		    strcmp(text_chomp(comm), "irqbalance") == 0)
			return true;
	}
	return false;
}

struct interrupts *interrupts_probe(struct root *root, const struct host *host)
{
	g_autoptr(GPtrArray) names = NULL;

	if (root_list(root, "/proc/irq", &names) < 0)
		return NULL;
	struct interrupts *interrupts = g_new0(struct interrupts, 1);
	g_autoptr(GHashTable) map = map_functions(root, host);
	interrupts->list = g_array_new(FALSE, FALSE, sizeof(struct interrupt));
	g_array_set_clear_func(interrupts->list, clear_interrupt);
	for (guint i = 0; i < names->len; i++) {
		uint32_t number;
		if (text_to_u32(names->pdata[i], 10, G_MAXINT, &number))
			add_interrupt(root, host, map, number, interrupts->list);
	}
	g_array_sort(interrupts->list, compare_numbers);
	interrupts->irqbalance = runs_irqbalance(root);
	return interrupts;
}
