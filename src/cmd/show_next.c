/* The command that comes after `show`: binding a function that can be given away, trying one that
 * is bound, or asking doctor why one is in no group. */
#include "cmd/show.h"

#include <string.h>

/* Of the group's endpoints: how many, and are all of them in the slot of dev? */
static unsigned count_endpoints(const struct show *show, bool *one_slot)
{
	const struct iommu_group *group = &show->host->groups[show->dev->group];
	unsigned n = 0;

	*one_slot = true;
	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *member = &show->host->pci[group->members[i]];
		if (pci_dev_is_bridge(member))
			continue;
		n++;
		if (!pci_addr_same_slot(member->addr, show->dev->addr))
			*one_slot = false;
	}
	return n;
}

static void print_command(const struct show *show, const char *command, const char *what)
{
	const struct term *term = &show->context->term;

	fputc('\n', term->out);
	term_print(term, ROLE_STRONG, "Next: ");
	term_print(term, ROLE_COMMAND, "%s", command);
	fputc('\n', term->out);
	term_paragraph(term, ROLE_DIM, 6, 0, 6, what);
}

/* Prints the command with its DEVICE: the slot where the group holds all of one, else the address
 * with what takes in the others. */
static void print_step(const struct show *show, const char *command, const char *others,
		       const char *what)
{
	char buf[PCI_ADDR_SIZE];
	const char *address = device_address(&show->view, show->dev->addr, buf);
	bool one_slot;
	bool alone = count_endpoints(show, &one_slot) == 1;
	size_t length = strlen(address) - (one_slot && !alone ? strlen(".0") : 0);
	g_autofree char *text =
		g_strdup_printf("%s%s %.*s", command, one_slot ? "" : others, (int)length, address);

	print_command(show, text, what);
}

static void print_doctor(const struct show *show, const char *prefix)
{
	char buf[PCI_ADDR_SIZE];
	g_autofree char *text = g_strdup_printf("%s doctor %s", prefix,
						device_address(&show->view, show->dev->addr, buf));

	print_command(show, text, "what keeps it from a guest, and how to mend it");
}

void show_print_next(const struct show *show)
{
	const struct pci_dev *dev = show->dev;

	g_autofree char *prefix = context_command(show->context);
	bool none = dev->group < 0 && (show->host->n_groups > 0 || iommu_is_off(show->host));

	if (none && !pci_dev_is_bridge(dev))
		print_doctor(show, prefix);
	if (dev->group < 0 || pci_dev_is_bridge(dev) || loss_is_critical(show->loss) == TRI_YES)
		return;
	g_autofree char *bind = g_strdup_printf("%s bind --dry-run", prefix);
	if (!pci_driver_is_vfio(dev->driver))
		print_step(show, bind, " --group",
			   "the steps that hand it to vfio-pci; without --dry-run they are done");
	else /* on the machine itself only */
		print_step(show, "vfiokit probe", "", "would a guest be able to use it");
}
