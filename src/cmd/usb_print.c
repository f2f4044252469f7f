/* `vfiokit usb` for people: the tree of what is plugged where, and below it, for each controller,
 * what giving it away would cost. */
#include <string.h>

#include "cmd/usb.h"
#include "view/table.h"
#include "view/usage.h"
#include "view/usb.h"

enum { COLUMN_DEVICE, COLUMN_IDS, COLUMN_GROUP, COLUMN_USE };

static const struct column columns[] = {
	[COLUMN_DEVICE] = { .heading = "DEVICE", .width = 0.5, .truncate = true, .tree = true },
	[COLUMN_IDS] = { .heading = "IDS" },
	[COLUMN_GROUP] = { .heading = "GROUP", .right = true },
	[COLUMN_USE] = { .heading = "DRIVER / USED FOR", .width = 0.3, .wrap = true },
};

#define MAX_LOST 8 /* things that a loss names */

/* ---- the tree ---- */

static void append_phrase(GString *text, GHashTable *told, char *phrase)
{
	if (g_hash_table_add(told, phrase))
		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", phrase);
}

/* The device's name stands in its row: what it is used for need not say it again. */
static char *short_phrase(const struct usage *usage)
{
	static const enum usage_kind named[] = { USAGE_KEYBOARD, USAGE_MOUSE, USAGE_VIDEO,
						 USAGE_INPUT };
	struct usage without = *usage;

	for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
		if (usage->kind == named[i])
			return g_strdup(usage_kind_name(usage->kind));
	if (usage->kind == USAGE_BLOCK || usage->kind == USAGE_SOUND)
		without.detail = NULL;
	return usage_phrase(&without);
}

static char *describe_uses(const struct usb_view *view, unsigned dev, enum role *role)
{
	const struct host *host = view->host;
	int ctrl = host->usb.devs[dev].ctrl;
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *text = g_string_new(NULL);
	unsigned n;
	const struct usage *list =
		usage_of_pci(host, ctrl >= 0 ? host->usb.ctrls[ctrl].pci : -1, &n);

	for (unsigned i = 0; i < n; i++) {
		if (list[i].usb != (int)dev || !usage_is_told(host, &list[i]))
			continue;
		if (usage_is_critical(list[i].kind))
			*role = ROLE_WARN;
		append_phrase(text, told, short_phrase(&list[i]));
	}
	return g_string_free(text, FALSE);
}

/* "bus 1: 480 Mbit/s, 16 ports" or "4.2  Logitech Unifying Receiver". */
static char *describe_device(const struct usb_view *view, const struct usb_dev *dev)
{
	if (g_str_has_prefix(dev->name, "usb")) {
		g_autofree char *speed = usb_speed_text(dev->speed);
		g_autofree char *ports =
			dev->ports > 0 ? g_strdup_printf(", %d ports", dev->ports) : g_strdup("");
		return g_strdup_printf("bus %d%s%s%s", dev->bus, speed ? ": " : "",
				       speed ? speed : "", ports);
	}
	g_autofree char *title = usb_dev_title(dev, view->ids);
	return g_strdup_printf("%s %s", dev->name, title);
}

static void add_devices(const struct usb_view *view, struct table *table, struct table_row *parent,
			unsigned first)
{
	for (unsigned at = first; at != 0; at = view->next_sibling[at - 1]) {
		const struct usb_dev *dev = &view->host->usb.devs[at - 1];
		enum role role = ROLE_PLAIN;
		char ids[16];
		if (!view->shown[at - 1])
			continue;
		struct table_row *row = table_add(table, parent);
		g_autofree char *text = describe_device(view, dev);
		g_autofree char *uses = describe_uses(view, at - 1, &role);
		bool is_bus = g_str_has_prefix(dev->name, "usb");
		table_set_role(table, row, COLUMN_DEVICE, text, is_bus ? ROLE_DIM : ROLE_PLAIN);
		if (!is_bus)
			table_set(row, COLUMN_IDS, usb_dev_ids(dev, ids));
		table_set_role(table, row, COLUMN_USE, uses, role);
		add_devices(view, table, row, view->first_child[at - 1]);
	}
}

static const char *driver_text(const struct pci_dev *dev)
{
	if (dev->driver)
		return dev->driver;
	return dev->driver_known ? "no driver" : "driver not known";
}

#define WIDE 110 /* columns from which on controllers are written with their maker */

static enum device_name_form name_form(const struct term *term)
{
	return term->width == 0 || term->width >= WIDE ? DEVICE_MAKER : DEVICE_SHORT;
}

static void add_ctrl(const struct usb_view *view, struct table *table, unsigned index)
{
	const struct usb_view_ctrl *ctrl = &view->ctrls[index];
	struct table_row *row = table_add(table, NULL);

	if (ctrl->pci >= 0) {
		const struct pci_dev *dev = &view->host->pci[ctrl->pci];
		g_autofree char *name =
			device_name(&view->device, dev, name_form(&view->context->term));
		char address[PCI_ADDR_SIZE], ids[16], group[16] = "-";
		g_autofree char *text =
			g_strdup_printf("%s %s", device_address(&view->device, dev->addr, address),
					name);
		if (dev->group_id >= 0)
			g_snprintf(group, sizeof(group), "%d", dev->group_id);
		table_set_role(table, row, COLUMN_DEVICE, text, ROLE_STRONG);
		table_set(row, COLUMN_IDS, device_ids(dev, ids));
		table_set(row, COLUMN_GROUP, dev->group_known || dev->group_id >= 0 ? group : "?");
		table_set(row, COLUMN_USE, driver_text(dev));
	} else {
		table_set_role(table, row, COLUMN_DEVICE, ctrl->name, ROLE_STRONG);
		struct pci_addr addr;
		table_set(row, COLUMN_USE,
			  pci_addr_parse(ctrl->name, &addr) ? "not known" : "not on PCI");
	}
	if (view->host->usb.known)
		add_devices(view, table, row, view->first_hub[index]);
}

static void print_tree(const struct usb_view *view)
{
	struct table *table = table_new(&view->context->term, columns, G_N_ELEMENTS(columns));

	for (unsigned i = 0; i < view->n_ctrls; i++)
		if (view->ctrls[i].shown)
			add_ctrl(view, table, i);
	add_devices(view, table, NULL, view->first_orphan);
	table_print(table);
}

/* ---- what it would cost ---- */

/* The others of the group, bridges apart: they go with it. */
static char *describe_group(const struct usb_view *view, const struct pci_dev *dev)
{
	const struct host *host = view->host;
	GString *text = g_string_new(NULL);
	unsigned n = 0;

	if (dev->group < 0)
		return g_string_free(text, FALSE);
	const struct iommu_group *group = &host->groups[dev->group];
	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *other = &host->pci[group->members[i]];
		char buf[PCI_ADDR_SIZE];
		if (other == dev || pci_dev_is_bridge(other))
			continue;
		g_string_append_printf(text, "%s%s", n++ == 0 ? "with " : " ",
				       device_address(&view->device, other->addr, buf));
	}
	if (n > 0)
		g_string_append_printf(text, " (group %d): ", group->id);
	return g_string_free(text, FALSE);
}

static const struct {
	enum role role;
	const char *unicode;
	const char *ascii;
} marks[] = {
	[TRI_NO] = { ROLE_GOOD, "✓", "+" },
	[TRI_YES] = { ROLE_BAD, "✗", "x" },
};

static char *describe_loss(const struct usb_view *view, const struct usb_view_ctrl *ctrl)
{
	g_autofree char *group = describe_group(view, &view->host->pci[ctrl->pci]);
	g_autofree char *lost = loss_phrase(view->host, &ctrl->loss, MAX_LOST);
	g_autofree char *unknown = loss_unknown(&ctrl->loss);
	const char *nothing = *unknown ? "nothing is seen" : "nothing of the host is on it";

	if (iommu_is_off(view->host))
		return g_strdup("not without an IOMMU");
	return g_strdup_printf("%s%s%s%s%s", group, *lost ? "the host would lose " : "",
			       *lost ? lost : nothing, *unknown ? "; not known: " : "", unknown);
}

static void print_loss(const struct usb_view *view, const struct usb_view_ctrl *ctrl)
{
	const struct term *term = &view->context->term;
	enum tri critical = iommu_is_off(view->host) ? TRI_YES : loss_is_critical(&ctrl->loss);
	bool some = critical == TRI_UNKNOWN || (critical == TRI_NO && ctrl->loss.n > 0);
	enum role role = some ? ROLE_WARN : marks[critical].role;
	const char *mark = some ? (critical == TRI_UNKNOWN ? "?" : "!")
				: term_symbol(term, marks[critical].unicode, marks[critical].ascii);
	g_autofree char *text = describe_loss(view, ctrl);
	char buf[PCI_ADDR_SIZE];
	const char *address = device_address(&view->device, view->host->pci[ctrl->pci].addr, buf);

	fputs("  ", term->out);
	term_print(term, role, "%s", mark);
	fprintf(term->out, " %s  ", address);
	unsigned printed = (unsigned)strlen(address) + 6;
	term_paragraph(term, ROLE_PLAIN, printed, printed, printed, text);
}

/* Of which nothing is found and not all is known: these are told in one line. */
static bool is_open(const struct usb_view_ctrl *ctrl)
{
	return ctrl->loss.n == 0 && loss_is_critical(&ctrl->loss) == TRI_UNKNOWN;
}

static void print_open(const struct usb_view *view, const struct usb_view_ctrl *one, bool all)
{
	const struct term *term = &view->context->term;
	g_autofree char *unknown = loss_unknown(&one->loss);
	g_autofree char *text = g_strdup_printf("what the host would lose %sis not known: %s",
						all ? "" : "with the others ", unknown);

	fputs("  ", term->out);
	term_print(term, ROLE_WARN, "?");
	fputc(' ', term->out);
	term_paragraph(term, ROLE_PLAIN, 4, 4, 4, text);
}

static void print_losses(const struct usb_view *view)
{
	const struct term *term = &view->context->term;
	const struct usb_view_ctrl *open = NULL;
	unsigned n = 0, n_open = 0;

	for (unsigned i = 0; i < view->n_ctrls; i++) {
		const struct usb_view_ctrl *ctrl = &view->ctrls[i];
		if (!ctrl->shown || ctrl->pci < 0)
			continue;
		if (n++ == 0) {
			fputc('\n', term->out);
			term_print(term, ROLE_STRONG, "Giving a controller to a guest\n");
		}
		if (is_open(ctrl)) {
			open = ctrl;
			n_open++;
		} else {
			print_loss(view, ctrl);
		}
	}
	if (open)
		print_open(view, open, n_open == n);
}

void usb_print(const struct usb_view *view)
{
	const struct term *term = &view->context->term;

	if (view->n_ctrls == 0 && view->host->usb.n_devs == 0) {
		fputs(view->host->usb.known || view->host->n_pci > 0 ? "No USB controller.\n"
								     : "USB: not known.\n",
		      term->out);
	} else {
		print_tree(view);
		print_losses(view);
	}
	if (!view->host->usb.known && view->n_ctrls > 0)
		term_paragraph(term, ROLE_DIM, 0, 0, 0,
			       "What is plugged in is not known: the bus could not be listed.");
	context_print_gaps(view->context, view->host);
}
