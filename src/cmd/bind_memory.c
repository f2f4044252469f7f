/* See bind_memory.h. The newest change that moved a function tells: if it moved it to a vfio
 * driver, then what it found there is what the function was. */
#include "cmd/bind_memory.h"

#include <string.h>

#include "apply/journal.h"
#include "base/text.h"

/* An undo says nothing of what was: with what it took back it is as if neither had been. */
static bool tells(const struct change *change)
{
	if (change->undoes)
		return false;
	return change->state == CHANGE_DONE || change->state == CHANGE_UNFINISHED ||
	       change->state == CHANGE_BROKEN;
}

/* The first and the last begun step of a change about the driver of a function. */
static bool find_moves(const struct change *change, const char *address, const struct step **first,
		       const struct step **last)
{
	*first = *last = NULL;
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		if ((step->kind != STEP_UNBIND && step->kind != STEP_PROBE) ||
		    g_strcmp0(step->address, address) != 0 ||
		    change_step_state(change, i) == STEP_PLANNED)
			continue;
		*first = *first ? *first : step;
		*last = step;
	}
	return *first != NULL;
}

static const char *first_override(const struct change *change, const char *address)
{
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/driver_override", address);

	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		if (step->kind == STEP_SYSFS_WRITE && strcmp(step->path, path) == 0)
			return step->old;
	}
	return NULL;
}

static const char *recall_attribute(const struct change *change, const char *address,
				    const char *name)
{
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/%s", address, name);
	const char *value = NULL;

	change_recall(change, path, &value);
	return value;
}

/* After a restart the driver may be another, or not there: then the kernel chooses. */
static void fill(struct bind_memory *memory, const struct change *change, const struct step *first,
		 const char *boot)
{
	char address[PCI_ADDR_SIZE];
	uint32_t d3cold;

	pci_addr_format(memory->addr, address);
	memory->driver_known = g_strcmp0(change->boot, boot) == 0;
	memory->driver = memory->driver_known ? first->old : NULL;
	memory->driver_override = memory->driver_known ? first_override(change, address) : NULL;
	memory->power_control = recall_attribute(change, address, "power/control");
	const char *text = recall_attribute(change, address, "d3cold_allowed");
	memory->d3cold_allowed = text && text_to_u32(text, 10, 1, &d3cold) ? (int)d3cold : -1;
}

static void look_up(const struct pci_dev *dev, const char *boot, struct bind_memories *memories)
{
	char address[PCI_ADDR_SIZE];
	const struct step *first, *last;

	pci_addr_format(dev->addr, address);
	for (guint i = 0; i < memories->changes->len; i++) {
		const struct change *change = memories->changes->pdata[i];
		if (!tells(change) || !find_moves(change, address, &first, &last))
			continue;
		bool stopped = change->state != CHANGE_DONE;
		if (stopped && pci_driver_is_vfio(first->old))
			continue; /* on the way back: what it was before, an older one tells */
		struct bind_memory memory = { .addr = dev->addr };
		fill(&memory, change, first, boot);
		if (pci_driver_is_vfio(last->new_value) || stopped)
			g_array_append_val(memories->list, memory);
		return;
	}
}

bool bind_memories_read(struct root *root, const struct host *host, struct bind_memories *ret,
			GError **error)
{
	g_autofree char *boot = journal_boot_id(root);

	ret->list = g_array_new(FALSE, FALSE, sizeof(struct bind_memory));
	ret->changes = journal_list(root, error);
	for (unsigned i = 0; ret->changes && i < host->n_pci; i++)
		look_up(&host->pci[i], boot, ret);
	return ret->changes != NULL;
}

void bind_memories_clear(struct bind_memories *memories)
{
	g_array_unref(memories->list);
	if (memories->changes)
		g_ptr_array_unref(memories->changes);
}
