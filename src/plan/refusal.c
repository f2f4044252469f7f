/* See refusal.h: the table of rules, and what they share. The rules themselves are in
 * refusal_loss.c (what the host would lose), refusal_use.c (who uses it now) and refusal_iommu.c
 * (what VFIO would not accept). */
#include "plan/refusal.h"

#include <string.h>

#include "plan/refusal_parts.h"

#define LOSS (REFUSAL_BIND | REFUSAL_DEFINE | REFUSAL_UNDO) /* the host would lose something */

/* In the order in which people should read them: the hopeless first. */
static const struct refusal_rule rules[] = {
	{ "no-iommu", false, REFUSAL_BIND | REFUSAL_DEFINE, judge_iommu },
	{ "bridge", false, REFUSAL_BIND | REFUSAL_DEFINE | REFUSAL_UNBIND, judge_bridges },
	{ "identity-changed", true, REFUSAL_BIND | REFUSAL_DEFINE, judge_identity },
	{ "direct-mapped", false, REFUSAL_BIND | REFUSAL_DEFINE, judge_direct_mapping },
	{ "root-disk", false, LOSS, judge_root_disk },
	{ "mounted-disk", true, LOSS, judge_mounted_disk },
	{ "network-in-use", true, LOSS, judge_network },
	{ "last-keyboard", true, LOSS, judge_keyboard },
	{ "host-display", true, LOSS, judge_display },
	{ "guest-running", true, REFUSAL_BIND | REFUSAL_UNBIND | REFUSAL_UNDO, judge_guests },
	{ "device-held", true, REFUSAL_BIND | REFUSAL_UNDO, judge_holders },
	{ "sriov-pf", true, LOSS, judge_virtual_functions },
	{ "no-interrupt-remapping", true, REFUSAL_BIND | REFUSAL_DEFINE, judge_remapping },
	{ "group-not-viable", true, REFUSAL_BIND | REFUSAL_DEFINE, judge_groups },
};

const char *refusal_id(unsigned number)
{
	return number < G_N_ELEMENTS(rules) ? rules[number].id : NULL;
}

bool refusal_is_overridable(const char *id, bool *known)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (strcmp(rules[i].id, id) != 0)
			continue;
		if (known)
			*known = true;
		return rules[i].overridable;
	}
	if (known)
		*known = false;
	return false;
}

void refusal_judge(const struct host *host, const struct refusal_query *query, struct plan *plan)
{
	g_autofree bool *moving = g_new0(bool, host->n_pci + 1);
	LOSS_AUTO struct loss loss = { 0 };
	struct iommu_verdict verdict;

	for (unsigned i = 0; i < query->n; i++)
		moving[query->functions[i]] = true;
	loss_of(host, query->functions, query->n, &loss);
	iommu_judge(host, &verdict);
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		struct judge judge = {
			.host = host,
			.query = query,
			.rule = &rules[i],
			.verdict = &verdict,
			.loss = &loss,
			.moving = moving,
			.plan = plan,
		};
		if (rules[i].when & query->when)
			rules[i].judge(&judge);
	}
	iommu_verdict_clear(&verdict);
}

/* ---- saying it ---- */

G_GNUC_PRINTF(4, 0)
static void refuse(const struct judge *judge, int pci, bool overridable, const char *format,
		   va_list args)
{
	char buf[PCI_ADDR_SIZE];
	const char *subject = pci < 0 ? "host" : pci_addr_format(judge->host->pci[pci].addr, buf);
	g_autofree char *what = g_strdup_vprintf(format, args);

	plan_refuse(judge->plan, judge->rule->id, subject, overridable, "%s", what);
}

void judge_refuse(const struct judge *judge, int pci, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	refuse(judge, pci, judge->rule->overridable, format, args);
	va_end(args);
}

void judge_forbid(const struct judge *judge, int pci, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	refuse(judge, pci, false, format, args);
	va_end(args);
}

void judge_warn(const struct judge *judge, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	plan_warn(judge->plan, judge->rule->id, "%s", what);
}

bool judge_concerns(const struct judge *judge, unsigned kinds)
{
	kinds |= 1U << KIND_OTHER | 1U << KIND_UNKNOWN;
	for (unsigned i = 0; i < judge->query->n; i++)
		if (kinds & 1U << judge->host->pci[judge->query->functions[i]].kind)
			return true;
	return false;
}

/* ---- words ---- */

struct address_text address_text(struct pci_addr addr)
{
	struct address_text ret;
	char buf[PCI_ADDR_SIZE];
	const char *text = pci_addr_format(addr, buf);

	g_strlcpy(ret.text, addr.domain == 0 ? text + strlen("0000:") : text, sizeof(ret.text));
	return ret;
}

struct address_text function_text(const struct host *host, int pci)
{
	return address_text(host->pci[pci].addr);
}

#define SHOWN 4 /* of a list in a sentence */

char *words_join(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);
	guint shown = words->len <= SHOWN + 1 ? words->len : SHOWN;

	for (guint i = 0; i < shown; i++) {
		bool last = i + 1 == words->len;
		g_string_append_printf(text, "%s%s",
				       i == 0 ? ""
				       : last ? " and "
					      : ", ",
				       (const char *)words->pdata[i]);
	}
	if (shown < words->len)
		g_string_append_printf(text, " and %u more", words->len - shown);
	return g_string_free(text, FALSE);
}

char *functions_text(const struct host *host, const int *list, unsigned n)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < n; i++)
		g_ptr_array_add(words, g_strdup(function_text(host, list[i]).text));
	return words_join(words);
}

/* ---- who was meant (persist) ---- */

static char *ids_text(int32_t vendor, int32_t device, int32_t subsystem_vendor,
		      int32_t subsystem_device)
{
	GString *text = g_string_new(NULL);

	if (vendor >= 0 && device >= 0)
		g_string_printf(text, "%04x:%04x", (unsigned)vendor, (unsigned)device);
	if (subsystem_vendor > 0 && subsystem_device >= 0)
		g_string_append_printf(text, " of the board %04x:%04x", (unsigned)subsystem_vendor,
				       (unsigned)subsystem_device);
	return g_string_free(text, FALSE);
}

static void judge_one_identity(const struct judge *judge, const struct identity *identity)
{
	int pci = host_find_pci(judge->host, identity->addr);
	struct address_text address = address_text(identity->addr);
	g_autofree char *expected =
		ids_text(identity->vendor, identity->device, identity->subsystem_vendor,
			 identity->subsystem_device);

	if (pci < 0) {
		judge_refuse(judge, -1,
			     "%s was chosen with %s in it, and now there is nothing at that "
			     "address. If the device was moved, choose it again where it is now.",
			     address.text, expected);
		return;
	}
	const struct identity now = identity_of(judge->host, &judge->host->pci[pci]);
	if (!identity_is_kind(identity, &now)) {
		g_autofree char *found = ids_text(now.vendor, now.device, now.subsystem_vendor,
						  now.subsystem_device);
		judge_refuse(judge, pci,
			     "%s was chosen with %s in it, and now there is %s: another device has "
			     "taken the address. Choose again, by the addresses of now.",
			     address.text, expected, found);
	} else if (!identity_matches(identity, &now)) {
		judge_refuse(judge, pci,
			     "%s was chosen in the slot %s, and now that address is in the slot "
			     "%s: it may be another card of the same kind. Choose again.",
			     address.text, identity->slot, now.slot);
	}
}

void judge_identity(const struct judge *judge)
{
	for (unsigned i = 0; i < judge->query->n_expected; i++)
		judge_one_identity(judge, &judge->query->expected[i]);
}
