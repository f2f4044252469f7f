/* Words for functions and for what the kernel thinks of them. */
#include "model/explain_parts.h"

#include <stdarg.h>
#include <string.h>

struct explain_address explain_address(const struct host *host, int index)
{
	struct explain_address ret = { "" };
	struct pci_addr addr = host->pci[index].addr;

	pci_addr_format(addr, ret.text);
	if (addr.domain == 0)
		memmove(ret.text, ret.text + 5, strlen(ret.text + 5) + 1);
	return ret;
}

static bool is_bridge(const struct pci_dev *dev)
{
	if (dev->caps && dev->caps->header_type >= 0)
		return dev->caps->header_type > 0;
	return dev->class_code >= 0 && dev->class_code >> 8 == 0x0604;
}

char *explain_name(const struct host *host, int index)
{
	const struct pci_dev *dev = &host->pci[index];
	enum pcie_type type = dev->caps ? dev->caps->pcie_type : PCIE_TYPE_UNKNOWN;
	struct explain_address address = explain_address(host, index);

	if (!is_bridge(dev))
		return g_strdup(address.text);
	if (type == PCIE_CONVENTIONAL)
		return g_strdup_printf("%s (conventional PCI bridge)", address.text);
	if (type == PCIE_TYPE_UNKNOWN)
		return g_strdup_printf("%s (bridge)", address.text);
	return g_strdup_printf("%s (%s)", address.text, pcie_type_name(type));
}

char *explain_list(const struct host *host, const int *list, unsigned n)
{
	enum { SHOWN = 8 };
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < n && i < SHOWN; i++) {
		bool last = i + 1 == n;
		g_string_append(text, i == 0 ? "" : last ? " and " : ", ");
		g_string_append(text, explain_address(host, list[i]).text);
	}
	if (n > SHOWN)
		g_string_append_printf(text, " and %u more", n - SHOWN);
	return g_string_free(text, FALSE);
}

/* ---- ACS ---- */

static const struct {
	uint16_t bit;
	const char *name;
} bit_names[] = {
	{ ACS_SOURCE_VALIDATION, "Source Validation" },
	{ ACS_REQUEST_REDIRECT, "P2P Request Redirect" },
	{ ACS_COMPLETION_REDIRECT, "P2P Completion Redirect" },
	{ ACS_UPSTREAM_FORWARDING, "Upstream Forwarding" },
};

static char *name_bits(uint16_t bits)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(bit_names); i++)
		if (bits & bit_names[i].bit)
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
					       bit_names[i].name);
	return g_string_free(text, FALSE);
}

static char *clause_acs(const struct isolation *isolation)
{
	g_autofree char *bits = name_bits(isolation->missing);

	if (isolation->missing && isolation->assumed)
		return g_strdup_printf("implements ACS, of which the kernel will switch on what is "
				       "still off (%s)",
				       bits);
	if (isolation->assumed)
		return g_strdup("implements ACS, which the kernel switches on");
	return g_strdup("has all ACS bits on that the kernel asks for and that it implements");
}

static char *clause_lacking(const struct isolation *isolation)
{
	g_autofree char *bits = name_bits(isolation->missing);

	return g_strdup_printf("implements ACS, but %s off: %s",
			       isolation->missing & (isolation->missing - 1) ? "bits of it are"
									     : "a bit of it is",
			       bits);
}

static bool from_text(const struct explain *explain)
{
	return explain->host->source == HOST_POSTED;
}

static const char *clause_unread(const struct explain *explain, enum isolation_why why)
{
	switch (why) {
	case WHY_DEAD:
		return "does not answer: its config space reads as ff";
	case WHY_CAPS_UNREAD:
		return from_text(explain) ? "has capabilities that are not in the text (sudo lspci "
					    "-vv prints them)"
					  : "has capabilities that were not read (run as root)";
	case WHY_EXTENDED_UNREAD:
		return from_text(explain) ? "has extended capabilities, ACS among them, that are "
					    "not in the text (sudo lspci -vv prints them)"
					  : "has extended capabilities, ACS among them, that were "
					    "not read (run as root)";
	case WHY_BITS_UNREAD:
		return "has ACS, but which bits are on is not in the text (sudo lspci -vv prints "
		       "it)";
	case WHY_COMMAND_LINE:
		return "has ACS, but the command line changes it";
	case WHY_IDS_UNKNOWN:
		return "may have a quirk in the kernel: its ids are not known";
	default:
		return "cannot be judged by what is known of it";
	}
}

char *explain_clause(const struct explain *explain, int index)
{
	const struct isolation *isolation = &explain->prediction->fns[index].isolation;

	switch (isolation->why) {
	case WHY_ACS:
		return clause_acs(isolation);
	case WHY_ACS_LACKING:
		return clause_lacking(isolation);
	case WHY_NO_ACS:
		return g_strdup("has no ACS capability");
	case WHY_SINGLE_FUNCTION:
		return g_strdup("is the only function of its slot");
	case WHY_VIRTUAL_FUNCTION:
		return g_strdup("is a virtual function");
	case WHY_CONVENTIONAL:
		return g_strdup("is conventional PCI, which has no ACS");
	case WHY_BRIDGE_TYPE:
		return g_strdup("is of a type that has no ACS");
	case WHY_QUIRK:
		return g_strdup_printf("is judged by the kernel's quirk %s",
				       isolation->quirk->function);
	case WHY_CHIPSET:
		return g_strdup_printf("is isolated by a chipset register that the kernel sets "
				       "(quirk %s)",
				       isolation->quirk->function);
	default:
		return g_strdup(clause_unread(explain, isolation->why));
	}
}

/* What it means for what is behind the bridge. */
static const char *consequence(const struct prediction_fn *fn)
{
	if (fn->alias == TRI_YES)
		return ": all that is behind it uses one address on the bus above, and shares a "
		       "group";
	switch (fn->isolation.isolated) {
	case TRI_YES:
		return ": isolated";
	case TRI_NO:
		return ", so the kernel cannot rule out peer-to-peer traffic below it";
	default:
		return ": whether it is isolated is not known";
	}
}

char *explain_step_text(const struct explain *explain, int index)
{
	g_autofree char *name = explain_name(explain->host, index);
	g_autofree char *clause = explain_clause(explain, index);

	return g_strconcat(name, " ", clause, consequence(&explain->prediction->fns[index]), NULL);
}

void explain_add(GPtrArray *list, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(list, g_strdup_vprintf(format, args));
	va_end(args);
}
