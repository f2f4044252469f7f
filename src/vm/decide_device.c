/* Decisions about the host's PCI functions: which go, where the guest sees them, who else wants
 * them. */
#include <string.h>

#include "base/error.h"
#include "vm/decide.h"

/* ---- PCI functions ---- */

static const char *address_of(struct deciding *deciding, int pci)
{
	char buf[PCI_ADDR_SIZE];

	return decide_text(deciding, "%s", pci_addr_format(deciding->host->pci[pci].addr, buf));
}

/* Classes of cards that compute or show: display controllers, processing accelerators, and
 * coprocessors (PCI Code and ID Assignment Specification). */
static bool is_gpu(const struct pci_dev *dev)
{
	int32_t class_code = dev->class_code >> 8;

	return dev->class_code < 0 || class_code >> 8 == 0x03 || class_code >> 8 == 0x12 ||
	       class_code == 0x0b40;
}

static bool is_taken(const struct deciding *deciding, int pci)
{
	const GArray *functions = deciding->made->functions;

	for (guint i = 0; i < functions->len; i++)
		if (g_array_index(functions, struct definition_function, i).pci == pci)
			return true;
	return false;
}

static bool check_endpoint(struct deciding *deciding, int pci, GError **error)
{
	const struct pci_dev *dev = &deciding->host->pci[pci];

	if (pci_dev_is_bridge(dev) || pci_dev_is_kind(dev, KIND_HOST_BRIDGE))
		return decide_fail(error, "'%s' is a bridge: it cannot be given to a guest",
				   address_of(deciding, pci));
	if (is_taken(deciding, pci))
		return decide_fail(error, "'%s' is named twice", address_of(deciding, pci));
	return true;
}

static struct definition_function *add_function(struct deciding *deciding, int pci, bool gpu)
{
	struct definition_function function = { .pci = pci, .gpu = gpu };

	g_array_append_val(deciding->made->functions, function);
	return &g_array_index(deciding->made->functions, struct definition_function,
			      deciding->made->functions->len - 1);
}

static bool goes_along(const struct pci_dev *dev, const struct pci_dev *other)
{
	return pci_addr_same_slot(dev->addr, other->addr) && !pci_dev_is_bridge(other) &&
	       !other->is_virtfn;
}

static bool fail_kind(GError **error, const char *kind, const char *lister, const char *address)
{
	decide_fail(error, "'%s' is no %s", address, kind);
	error_hint(error, "'%s' lists them", lister);
	return false;
}

/* QEMU: vfio_pci_enable_rp_atomics(): from 8.1 on, for cards that are alone in their slot. */
static void note_atomics(struct deciding *deciding, const struct pci_dev *dev)
{
	const struct definition *made = deciding->made;

	if (dev->vendor == 0x1002 && strcmp(made->profile->name, "gpu-compute") == 0)
		decide_note(
			deciding, "no-atomics",
			"QEMU gives a card with several functions in one slot no PCIe "
			"AtomicOps; where ROCm misses them, move the card's sound to a root port "
			"of its own, and take multifunction off the card");
}

/* All functions of a card go, at the functions that they have on the host: drivers look for the
 * others of their slot. A virtual function is a card of its own. The first of them must be function
 * 0 in the guest, else nothing in that slot is found. */
static bool add_gpu(struct deciding *deciding, int pci, GError **error)
{
	const struct host *host = deciding->host;
	const struct pci_dev *dev = &host->pci[pci];
	guint before = deciding->made->functions->len;
	bool any_gpu = false;

	for (int i = 0; i < (int)host->n_pci; i++) {
		if (dev->is_virtfn ? i != pci : !goes_along(dev, &host->pci[i]))
			continue;
		if (!check_endpoint(deciding, i, error))
			return false;
		struct definition_function *function = add_function(deciding, i, true);
		function->function = dev->is_virtfn ? 0 : host->pci[i].addr.function;
		any_gpu |= is_gpu(&host->pci[i]);
	}
	if (deciding->made->functions->len == before)
		return check_endpoint(deciding, pci, error);
	if (!any_gpu)
		return fail_kind(error, "GPU", "vfiokit", address_of(deciding, pci));
	struct definition_function *first =
		&g_array_index(deciding->made->functions, struct definition_function, before);
	first->function = 0;
	first->first = true;
	first->multifunction = deciding->made->functions->len > before + 1;
	if (first->multifunction)
		note_atomics(deciding, dev);
	return true;
}

/* Only the controller itself: what else is in its slot (SRAM, sensors, sound) is of the board. */
static bool add_ctrl(struct deciding *deciding, int pci, GError **error)
{
	const struct pci_dev *dev = &deciding->host->pci[pci];

	if (!check_endpoint(deciding, pci, error))
		return false;
	if (dev->class_code >= 0 && !pci_dev_is_kind(dev, KIND_USB_CONTROLLER))
		return fail_kind(error, "USB controller", "vfiokit usb", address_of(deciding, pci));
	add_function(deciding, pci, false)->first = true;
	return true;
}

bool decide_functions(struct deciding *deciding, GError **error)
{
	const struct definition_request *request = deciding->request;

	for (unsigned i = 0; i < request->n_gpus; i++)
		if (!add_gpu(deciding, request->gpus[i], error))
			return false;
	for (unsigned i = 0; i < request->n_ctrls; i++)
		if (!add_ctrl(deciding, request->ctrls[i], error))
			return false;
	return true;
}

/* ---- who else has them ---- */

static const struct domain *find_other(const struct deciding *deciding, struct pci_addr addr)
{
	const struct domains *domains = &deciding->host->domains;

	for (unsigned i = 0; i < domains->n; i++)
		if (g_strcmp0(domains->list[i].name, deciding->request->replaces) != 0 &&
		    domain_has(&domains->list[i], addr))
			return &domains->list[i];
	return NULL;
}

static bool claim(struct deciding *deciding, int pci, GError **error)
{
	const struct domain *other = find_other(deciding, deciding->host->pci[pci].addr);

	if (!other)
		return true;
	if (deciding->request->may_share) {
		decide_note(deciding, "device-claimed",
			    "%s is also in the definition of guest '%s': only one of them can run "
			    "at a time",
			    address_of(deciding, pci), other->name);
		return true;
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
		    "'%s' is refused: guest '%s' has it in its definition (device-claimed)",
		    address_of(deciding, pci), other->name);
	error_hint(error, "'--allow device-claimed' lets both have it, to be run in turn");
	return false;
}

bool decide_claims(struct deciding *deciding, GError **error)
{
	const GArray *functions = deciding->made->functions;

	for (guint i = 0; i < functions->len; i++)
		if (!claim(deciding, g_array_index(functions, struct definition_function, i).pci,
			   error))
			return false;
	if (functions->len > 0 && deciding->host->source == HOST_LIVE &&
	    !deciding->host->domains.known)
		decide_note(deciding, "claims-unknown",
			    "whether another guest has these devices is not known: its definitions "
			    "cannot be read (run as root)");
	return true;
}

/* ---- the card's ROM ---- */

static bool is_boot_display(const struct pci_dev *dev)
{
	return dev->boot_vga == TRI_YES;
}

static bool is_without_screen(const struct pci_dev *dev)
{
	return dev->class_code >> 8 == PCI_CLASS_3D;
}

bool decide_rom(struct deciding *deciding, GError **error)
{
	const GArray *functions = deciding->made->functions;
	struct definition_function *first =
		functions->len > 0 ? &g_array_index(functions, struct definition_function, 0)
				   : NULL;

	if (deciding->request->rom) {
		if (!first || !first->gpu)
			return decide_fail(error, "option '--rom' is for a GPU, and none is given");
		first->rom = decide_text(deciding, "%s", deciding->request->rom);
	}
	for (guint i = 0; i < functions->len; i++) {
		struct definition_function *function =
			&g_array_index(functions, struct definition_function, i);
		const struct pci_dev *dev = &deciding->host->pci[function->pci];
		function->rom_off = !function->rom && is_without_screen(dev);
		if (function->gpu && !function->rom && is_boot_display(dev))
			decide_note(
				deciding, "rom-shadow",
				"%s showed the host's boot screen, so the ROM that the guest "
				"would see may be a used copy: if its screen stays dark, give a "
				"clean one with --rom",
				address_of(deciding, function->pci));
	}
	return true;
}
