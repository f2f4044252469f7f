/* `show` for people: sections in the order of the questions that they ask. */
#include <string.h>

#include "cmd/show.h"
#include "view/verdict.h"

#define LABEL 18 /* columns of the labels on the left */

/* ---- lines ---- */

static void print_heading(const struct show *show, const char *text)
{
	fputc('\n', show->context->term.out);
	term_paragraph(&show->context->term, ROLE_STRONG, 0, 0, 2, text);
}

static void print_line(const struct show *show, const char *label, enum role role, const char *text)
{
	const struct term *term = &show->context->term;
	unsigned printed = (unsigned)fprintf(term->out, "  %s:", label);

	term_paragraph(term, role, LABEL, printed, LABEL, text);
}

static void print_format(const struct show *show, const char *label, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void print_format(const struct show *show, const char *label, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	print_line(show, label, ROLE_PLAIN, text);
}

static void print_item(const struct show *show, enum role role, const char *text)
{
	const struct term *term = &show->context->term;
	unsigned printed = (unsigned)fprintf(term->out, "  %s ", term_symbol(term, "•", "-")) -
			   (term->utf8 ? 2 : 0);

	term_paragraph(term, role, printed, printed, 4, text);
}

/* ---- what it is ---- */

static void print_identity(const struct show *show)
{
	const struct pci_dev *dev = show->dev;
	const struct term *term = &show->context->term;
	g_autofree char *name = device_name(&show->view, dev, DEVICE_FULL);
	char buf[NAMES_SIZE], ids[16], address[PCI_ADDR_SIZE];

	g_autofree char *title =
		g_strdup_printf("%s  %s", pci_addr_format(dev->addr, address), name);
	term_paragraph(term, ROLE_STRONG, 0, 0, 4, title);
	GString *marks = g_string_new(NULL);
	device_marks(show->host, dev, MARKS_WORDS, marks);
	print_format(show, "Ids", "%s%s", device_ids(dev, ids),
		     dev->text_name && dev->vendor < 0 ? " (the text gives none)" : "");
	const char *subsystem =
		dev->subsystem_vendor > 0
			? names_subsystem(context_names(show->context), dev->vendor, dev->device,
					  dev->subsystem_vendor, dev->subsystem_device, buf)
			: NULL;
	if (subsystem)
		print_format(show, "Subsystem", "%s [%04x:%04x]", subsystem,
			     (unsigned)dev->subsystem_vendor & 0xffff,
			     (unsigned)dev->subsystem_device & 0xffff);
	if (marks->len > 0)
		print_line(show, "Marks", device_role(show->host, dev), marks->str);
	if (dev->numa_node >= 0)
		print_format(show, "NUMA node", "%d", dev->numa_node);
	g_string_free(marks, TRUE);
}

/* ---- who has it ---- */

static void print_driver(const struct show *show)
{
	const struct pci_dev *dev = show->dev;
	const char *modules =
		dev->detail && dev->detail->modules ? dev->detail->modules : dev->text_modules;

	print_heading(show, "Driver and use");
	print_line(show, "Driver", pci_driver_is_vfio(dev->driver) ? ROLE_GOOD : ROLE_PLAIN,
		   dev->driver         ? dev->driver
		   : dev->driver_known ? "none"
				       : "not known");
	if (dev->driver_override)
		print_line(show, "Override", ROLE_WARN, dev->driver_override);
	else if (dev->silent)
		print_line(show, "Override", ROLE_WARN, "unknown (the device does not answer)");
	if (modules && *modules)
		print_line(show, "Modules", ROLE_PLAIN, modules);
	if (dev->detail && dev->detail->variant)
		print_line(show, "VFIO variant", ROLE_PLAIN, dev->detail->variant);
}

/* "eth0, default route" */
static char *use_text(const struct usage *use)
{
	return use->detail ? g_strdup_printf("%s, %s", use->name, use->detail)
			   : g_strdup(use->name);
}

static void print_uses(const struct show *show)
{
	unsigned n;
	const struct usage *list = usage_of_pci(show->host, show->index, &n);

	for (unsigned i = 0; i < n; i++) {
		g_autofree char *text = use_text(&list[i]);
		print_line(show, usage_kind_name(list[i].kind),
			   usage_is_critical(list[i].kind) ? ROLE_WARN : ROLE_PLAIN, text);
	}
	if (!show->host->usages.probed)
		print_line(show, "Use", ROLE_PLAIN, "not known");
	else if (!show->host->usages.holders_known)
		print_line(show, "Held by", ROLE_PLAIN,
			   "not known: not every process could be looked at (run as root)");
}

/* ---- hardware ---- */

static void print_link(const struct show *show)
{
	const struct pci_detail *detail = show->dev->detail;

	if (!detail || !detail->max_link_speed || detail->max_link_width <= 0)
		return;
	bool narrow = detail->link_width >= 0 && detail->link_width < detail->max_link_width;
	g_autofree char *lanes =
		detail->link_width >= 0 ? g_strdup_printf("%d", detail->link_width) : g_strdup("?");
	g_autofree char *text =
		g_strdup_printf("%s x%s of %s x%d%s", detail->link_speed ? detail->link_speed : "?",
				lanes, detail->max_link_speed, detail->max_link_width,
				narrow ? ": fewer lanes than it could use" : "");
	print_line(show, "Link", narrow ? ROLE_WARN : ROLE_PLAIN, text);
}

static void print_bars(const struct show *show)
{
	const struct pci_detail *detail = show->dev->detail;

	for (int i = 0; detail && i < PCI_N_BARS; i++) {
		const struct pci_bar *bar = &detail->bars[i];
		if (bar->size == 0)
			continue;
		g_autofree char *label = g_strdup_printf("BAR %d", i);
		g_autofree char *size = g_format_size_full(bar->size, G_FORMAT_SIZE_IEC_UNITS);
		print_format(show, label, "%s %s%s%s", size, bar->io ? "I/O ports" : "memory",
			     bar->is_64bit ? ", 64-bit" : "",
			     bar->prefetchable ? ", prefetchable" : "");
	}
}

static void print_reset(const struct show *show)
{
	const struct reset *reset = &show->reset;
	g_autofree char *text = NULL;
	enum role role = ROLE_PLAIN;

	switch (reset->kind) {
	case RESET_UNKNOWN:
		text = g_strdup("not known");
		break;
	case RESET_FUNCTION:
		text = g_strdup_printf("the function alone, by %s", reset->method);
		role = ROLE_GOOD;
		break;
	case RESET_BUS_ALL:
		text = g_strdup_printf(
			"only together with %u other function%s on its bus: a guest must have "
			"them all, or it cannot be reset between guests",
			reset->n_others, reset->n_others == 1 ? "" : "s");
		role = ROLE_WARN;
		break;
	case RESET_NONE:
		text = g_strdup("none: it stays as the last guest left it");
		role = ROLE_WARN;
		break;
	}
	print_line(show, "Reset", role, text);
}

static void print_hardware(const struct show *show)
{
	const struct pci_dev *dev = show->dev;
	const struct pci_detail *detail = dev->detail;

	print_heading(show, "Hardware");
	if (dev->caps && dev->caps->depth != CONFIG_NONE)
		print_line(show, "Type", ROLE_PLAIN, pcie_type_name(dev->caps->pcie_type));
	if (detail && detail->slot_name)
		print_line(show, "Slot", ROLE_PLAIN, detail->slot_name);
	print_link(show);
	print_bars(show);
	print_reset(show);
	if (detail && detail->power_state)
		print_format(show, "Power", "%s, control %s", detail->power_state,
			     detail->power_control ? detail->power_control : "not known");
	if (detail && detail->sriov_totalvfs > 0)
		print_format(show, "SR-IOV", "%d of %d virtual functions", detail->sriov_numvfs,
			     detail->sriov_totalvfs);
}

static void print_capabilities(const struct show *show)
{
	const struct pci_caps *caps = show->dev->caps;

	if (!show->context->verbose || !caps || caps->n_list == 0)
		return;
	print_heading(show, "Capabilities");
	for (unsigned i = 0; i < caps->n_list; i++) {
		const struct pci_cap *cap = &caps->list[i];
		const char *name = pci_cap_name(cap->id, cap->offset >= 0x100);
		fprintf(show->context->term.out, "  [%03x] %s\n", cap->offset,
			name ? name : "unknown");
	}
	if (caps->malformed)
		print_item(show, ROLE_WARN, "the list is damaged: what is behind is not shown");
}

/* ---- the group ---- */

static void print_member(const struct show *show, const struct pci_dev *dev)
{
	g_autofree char *name = device_name(&show->view, dev, DEVICE_SHORT);
	char buf[PCI_ADDR_SIZE];
	const char *driver = dev->driver         ? dev->driver
			     : dev->driver_known ? "no driver"
						 : "driver not known";

	g_autofree char *text =
		g_strdup_printf("%s %s (%s)", device_address(&show->view, dev->addr, buf), name,
				driver);
	bool in_the_way = !pci_dev_is_bridge(dev) && !pci_driver_is_harmless(dev->driver);
	print_item(show, dev == show->dev ? ROLE_STRONG : in_the_way ? ROLE_WARN : ROLE_DIM, text);
}

static void print_regions(const struct show *show, const struct iommu_group *group)
{
	for (unsigned i = 0; i < group->n_regions; i++) {
		if (strcmp(group->regions[i].type, "direct") != 0)
			continue;
		print_item(show, ROLE_BAD,
			   "The firmware demands a fixed mapping for it (reserved region "
			   "\"direct\"): the kernel will not give it to a guest.");
		return;
	}
}

static void print_group(const struct show *show)
{
	const struct pci_dev *dev = show->dev;

	if (dev->group < 0) {
		print_heading(show,
			      dev->group_known ? "IOMMU group: none" : "IOMMU group: not known");
		return;
	}
	const struct iommu_group *group = &show->host->groups[dev->group];
	static const char *const viability[] = { "in use by drivers of the host",
						 "viable: a guest can have it" };
	enum tri viable = iommu_group_viable(show->host, group);
	g_autofree char *heading =
		g_strdup_printf("IOMMU group %d (%s%s%s)", group->id,
				viable == TRI_UNKNOWN ? "drivers not known" : viability[viable],
				group->type ? ", " : "", group->type ? group->type : "");
	print_heading(show, heading);
	for (unsigned i = 0; i < group->n_members; i++)
		print_member(show, &show->host->pci[group->members[i]]);
	print_regions(show, group);
}

static void print_sentences(const struct show *show, const char *heading, char *const *list,
			    unsigned n)
{
	if (n == 0)
		return;
	print_heading(show, heading);
	for (unsigned i = 0; i < n; i++)
		print_item(show, ROLE_PLAIN, list[i]);
}

static void print_why(const struct show *show)
{
	const struct explanation *why = show->why;

	if (why->n_steps > 0)
		print_heading(show, "The way to the root");
	for (unsigned i = 0; i < why->n_steps; i++)
		print_item(show,
			   why->steps[i].isolated == TRI_YES  ? ROLE_GOOD
			   : why->steps[i].isolated == TRI_NO ? ROLE_WARN
							      : ROLE_PLAIN,
			   why->steps[i].text);
	print_sentences(show,
			show->dev->group >= 0      ? "Why the group is as it is"
			: show->host->n_groups > 0 ? "Why it is in none"
						   : "Its group, once there are any",
			why->reasons, why->n_reasons);
	print_sentences(show, "What could split it, best first", why->remedies, why->n_remedies);
	print_sentences(show, "To know", why->notes, why->n_notes);
}

/* ---- what it would take ---- */

static void print_losses(const struct show *show)
{
	const struct loss *loss = show->loss;

	if (loss->n == 0)
		return;
	print_heading(show, "What the host would lose with it");
	for (unsigned i = 0; i < loss->n; i++) {
		const struct usage *use = loss->list[i];
		g_autofree char *what = use_text(use);
		g_autofree char *text = g_strdup_printf("%s: %s", usage_kind_name(use->kind), what);
		print_item(show, usage_is_critical(use->kind) ? ROLE_WARN : ROLE_PLAIN, text);
	}
	if (loss->last_keyboard == TRI_YES)
		print_item(show, ROLE_BAD,
			   loss_count(loss, USAGE_KEYBOARD) > 1
				   ? "It carries all keyboards of the host."
				   : "It carries the only keyboard of the host.");
	if (loss->last_monitor == TRI_YES)
		print_item(show, ROLE_BAD, "It carries the only monitor of the host.");
}

void show_print(const struct show *show)
{
	print_identity(show);
	print_driver(show);
	print_uses(show);
	print_hardware(show);
	print_capabilities(show);
	print_group(show);
	print_why(show);
	print_losses(show);
	show_print_next(show);
}
