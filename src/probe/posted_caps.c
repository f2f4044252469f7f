/* "Capabilities: [100 v1] …" and the lines under it, in the words of lspci. Words for the same
 * thing changed over the years; the tables hold all that were met. What a register says is taken
 * only under its own capability.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

#define CAP_UNNUMBERED 0xffff
#define EXTENDED       0x100 /* offsets from here on are of extended capabilities */

struct word {
	const char *text;
	unsigned id;
};

static const struct word acs_words[] = {
	{ "SrcValid", ACS_SOURCE_VALIDATION },      { "TransBlk", ACS_TRANSLATION_BLOCKING },
	{ "ReqRedir", ACS_REQUEST_REDIRECT },       { "CmpltRedir", ACS_COMPLETION_REDIRECT },
	{ "UpstreamFwd", ACS_UPSTREAM_FORWARDING }, { "EgressCtrl", ACS_EGRESS_CONTROL },
	{ "DirectTrans", ACS_DIRECT_TRANSLATED },
};

/* ---- words ---- */

/* "FLReset+" is yes, "FLReset-" no. */
static enum tri flag_of(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	char sign = '\0';

	if (at)
		sign = at[strlen(word)];
	if (sign != '+' && sign != '-')
		return TRI_UNKNOWN;
	return sign == '+' ? TRI_YES : TRI_NO;
}

/* The number behind word; -1. */
static int number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	gint64 value;

	if (!at || !g_ascii_isdigit(at[strlen(word)]))
		return -1;
	value = g_ascii_strtoll(at + strlen(word), NULL, 10);
	return value <= 0xffff ? (int)value : -1;
}

/* ---- registers ---- */

/* All seven words, or the line was cut. Returns false then. */
static bool read_acs(const char *text, uint16_t *bits)
{
	unsigned value = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(acs_words); i++) {
		enum tri flag = flag_of(text, acs_words[i].text);
		if (flag == TRI_UNKNOWN)
			return false;
		if (flag == TRI_YES)
			value |= acs_words[i].id;
	}
	*bits = (uint16_t)value;
	return true;
}

static void take_acs_cap(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->acs_cap_seen = read_acs(value, &fn->caps.acs_cap);
}

static void take_acs_ctrl(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->acs_ctrl_seen = read_acs(value, &fn->caps.acs_ctrl);
}

/* lspci prints it for endpoints; on anything else the bit is reserved. */
static void take_devcap(struct host *host, struct posted_fn *fn, const char *value)
{
	enum pcie_type type = fn->caps.pcie_type;
	bool endpoint = type == PCIE_ENDPOINT || type == PCIE_LEGACY_ENDPOINT ||
			type == PCIE_RC_ENDPOINT || type == PCIE_TYPE_UNKNOWN;

	fn->caps.flr = flag_of(value, "FLReset");
	if (fn->caps.flr == TRI_UNKNOWN && !endpoint)
		fn->caps.flr = TRI_NO;
}

/* Speeds by their number in the registers; the kernel's words in sysfs. */
static const struct {
	const char *text;
	const char *words;
} speeds[] = {
	[1] = { "2.5GT/s", "2.5 GT/s PCIe" }, [2] = { "5GT/s", "5.0 GT/s PCIe" },
	[3] = { "8GT/s", "8.0 GT/s PCIe" },   [4] = { "16GT/s", "16.0 GT/s PCIe" },
	[5] = { "32GT/s", "32.0 GT/s PCIe" }, [6] = { "64GT/s", "64.0 GT/s PCIe" },
};

static void read_link(const char *value, int *speed, int *width, const char **words)
{
	const char *at = strstr(value, "Speed ");

	for (size_t i = 1; at && i < G_N_ELEMENTS(speeds); i++) {
		if (!text_after(at + strlen("Speed "), speeds[i].text))
			continue;
		*speed = (int)i;
		*words = speeds[i].words;
	}
	*width = number_after(value, "Width x");
}

static void take_link_cap(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_detail *detail = posted_fn_detail(fn);

	read_link(value, &fn->caps.max_link_speed, &fn->caps.max_link_width,
		  &detail->max_link_speed);
	detail->max_link_width = fn->caps.max_link_width;
}

static void take_link_status(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_detail *detail = posted_fn_detail(fn);

	read_link(value, &fn->caps.link_speed, &fn->caps.link_width, &detail->link_speed);
	detail->link_width = fn->caps.link_width;
}

/* "D0 NoSoftRst- PME-Enable-": the register can say D3 only for D3hot. */
static void take_power(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_detail *detail = posted_fn_detail(fn);

	fn->caps.pm_reset = tri_not(flag_of(value, "NoSoftRst"));
	if (text_after(value, "D3"))
		detail->power_state = "D3hot";
	else if (value[0] == 'D' && value[1] >= '0' && value[1] <= '2')
		detail->power_state = host_string_n(host, value, 2);
}

/* Reset needs the "transactions pending" bit, too (kernel: pci_af_flr). */
static void take_af(struct host *host, struct posted_fn *fn, const char *value)
{
	enum tri pending = flag_of(value, "TP"), reset = flag_of(value, "FLR");

	if (pending != TRI_UNKNOWN && reset != TRI_UNKNOWN)
		fn->caps.af_flr = pending == TRI_YES && reset == TRI_YES ? TRI_YES : TRI_NO;
}

static void take_vf_control(struct host *host, struct posted_fn *fn, const char *value)
{
	fn->vf_enabled = flag_of(value, "Enable") == TRI_YES;
}

/* "Initial VFs: 8, Total VFs: 8, Number of VFs: 4, Function Dependency Link: 00" */
static void take_vf_counts(struct host *host, struct posted_fn *fn, const char *value)
{
	struct pci_detail *detail = posted_fn_detail(fn);
	int n = number_after(value, "Number of VFs: ");

	detail->sriov_totalvfs = number_after(value, "Total VFs: ");
	detail->sriov_numvfs = fn->vf_enabled ? n : 0;
	fn->vf_n = n > 0 && fn->vf_enabled ? (unsigned)n : 0;
}

static void take_vf_places(struct host *host, struct posted_fn *fn, const char *value)
{
	int offset = number_after(value, ""), stride = number_after(value, "stride: ");

	fn->vf_offset = offset > 0 ? (unsigned)offset : 0;
	fn->vf_stride = stride > 0 ? (unsigned)stride : 0;
}

static const struct {
	const char *key;
	void (*take)(struct host *host, struct posted_fn *fn, const char *value);
	unsigned cap;
	bool extended;
} registers[] = {
	{ .key = "ACSCap:", .take = take_acs_cap, .cap = POSTED_ECAP_ACS, .extended = true },
	{ .key = "ACSCtl:", .take = take_acs_ctrl, .cap = POSTED_ECAP_ACS, .extended = true },
	{ .key = "DevCap:", .take = take_devcap, .cap = POSTED_CAP_PCIE },
	{ .key = "LnkCap:", .take = take_link_cap, .cap = POSTED_CAP_PCIE },
	{ .key = "LnkSta:", .take = take_link_status, .cap = POSTED_CAP_PCIE },
	{ .key = "Status:", .take = take_power, .cap = POSTED_CAP_PM },
	{ .key = "AFCap:", .take = take_af, .cap = POSTED_CAP_AF },
	{ .key = "IOVCtl:", .take = take_vf_control, .cap = POSTED_ECAP_SRIOV, .extended = true },
	{ .key = "Initial VFs:",
	  .take = take_vf_counts,
	  .cap = POSTED_ECAP_SRIOV,
	  .extended = true },
	{ .key = "VF offset:", .take = take_vf_places, .cap = POSTED_ECAP_SRIOV, .extended = true },
};

/* ---- capabilities ---- */

/* "#19", "Capability ID 0x15 [0000]", "Extended Capability ID 0x2a" */
static unsigned unnamed_id(const char *text)
{
	const char *at = strstr(text, "Capability ID 0x");
	int digit;
	unsigned id = 0;

	if (text[0] == '#')
		at = text + 1;
	else if (at)
		at += strlen("Capability ID 0x");
	else
		return CAP_UNNUMBERED;
	for (unsigned i = 0; i < 4 && (digit = text_hex_digit(at[i])) >= 0; i++)
		id = id << 4 | (unsigned)digit;
	return id;
}

static void take_express(struct posted_fn *fn, const char *text)
{
	struct pci_caps *caps = &fn->caps;

	text += strlen("Express");
	text += strspn(text, " ");
	if (text_after(text, "(v"))
		text += strcspn(text, " ");
	text += strspn(text, " ");
	int type = posted_pcie_type(text);
	if (type >= 0)
		caps->pcie_type = (enum pcie_type)type;
	if (type == PCIE_ROOT_PORT || type == PCIE_DOWNSTREAM_PORT)
		caps->slot = flag_of(text, "Slot");
}

/* A capability is named: what that alone says. */
static void meet(struct host *host, struct posted_fn *fn, const char *text)
{
	struct pci_caps *caps = &fn->caps;
	bool extended = fn->cap_offset >= EXTENDED;

	if (!extended) {
		if (fn->cap_id == POSTED_CAP_PCIE && !fn->seen_pcie)
			take_express(fn, text);
		fn->seen_pcie |= fn->cap_id == POSTED_CAP_PCIE;
		fn->seen_pm |= fn->cap_id == POSTED_CAP_PM;
		fn->seen_af |= fn->cap_id == POSTED_CAP_AF;
		return;
	}
	fn->seen_extended = true;
	if (fn->cap_id == POSTED_ECAP_ACS)
		caps->acs = TRI_YES;
	else if (fn->cap_id == POSTED_ECAP_SRIOV)
		caps->sriov = TRI_YES;
	else if (fn->cap_id == POSTED_ECAP_REBAR)
		caps->rebar = TRI_YES;
}

static void add_to_list(struct posted_fn *fn, unsigned version)
{
	struct pci_caps *caps = &fn->caps;

	if (fn->cap_id == CAP_UNNUMBERED)
		return;
	if (caps->n_list == PCI_MAX_CAPS) {
		caps->malformed = true;
		return;
	}
	caps->list[caps->n_list++] = (struct pci_cap){
		.id = (uint16_t)fn->cap_id,
		.offset = (uint16_t)fn->cap_offset,
		.version = (uint8_t)version,
	};
}

/* "[100 v1] Access Control Services", "<access denied>", "<chain looped>" */
static void take_capability(struct host *host, struct posted_fn *fn, const char *value)
{
	unsigned version = 0;
	char *end;

	posted_fn_caps(fn);
	fn->verbose = true;
	fn->context = IN_CAPS;
	fn->cap_id = CAP_UNNUMBERED;
	if (text_after(value, "<access denied>"))
		fn->denied = true;
	if (text_after(value, "<chain"))
		fn->caps.malformed = true;
	if (value[0] != '[')
		return;
	guint64 offset = g_ascii_strtoull(value + 1, &end, 16);
	if (end == value + 1 || offset > 0xfff)
		return;
	end += strspn(end, " ");
	if (*end == 'v' && text_hex_digit(end[1]) >= 0) {
		version = (unsigned)text_hex_digit(end[1]);
		end += 2;
	}
	if (*end != ']')
		return;
	const char *text = end + 1 + strspn(end + 1, " ");
	fn->has_caps = true;
	fn->cap_offset = (unsigned)offset;
	int id = posted_cap_id(text, offset >= EXTENDED);
	fn->cap_id = id >= 0 ? (unsigned)id : unnamed_id(text);
	add_to_list(fn, version);
	meet(host, fn, text);
}

static const char *after_capability(const char *text)
{
	const char *rest = text_after(text, "Capabilities:");

	return rest ? rest + strspn(rest, " ") : NULL;
}

bool posted_caps_known(const char *text)
{
	if (after_capability(text))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++)
		if (text_after(text, registers[i].key))
			return true;
	return false;
}

bool posted_caps_take(struct host *host, struct posted_fn *fn, const char *text)
{
	const char *value = after_capability(text);

	if (value) {
		take_capability(host, fn, value);
		if (fn->cap_id == POSTED_CAP_SUBSYSTEM && fn->cap_offset < EXTENDED &&
		    (value = strstr(value, "Subsystem:"))) {
			fn->context = IN_HEAD;
			posted_property_take(host, fn, value);
			fn->context = IN_CAPS;
		}
		return true;
	}
	if (fn->context != IN_CAPS || !fn->has_caps)
		return false;
	bool extended = fn->cap_offset >= EXTENDED;
	for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
		if (registers[i].cap != fn->cap_id || registers[i].extended != extended)
			continue;
		value = text_after(text, registers[i].key);
		if (!value)
			continue;
		registers[i].take(host, fn, value + strspn(value, " "));
		return true;
	}
	return false;
}

/* ---- what is absent ---- */

static void mark_absent(enum tri *fact)
{
	if (*fact == TRI_UNKNOWN)
		*fact = TRI_NO;
}

/* Does the block tell that there is no list of capabilities at all? */
static bool is_without_list(const struct posted_fn *fn)
{
	if (fn->has_caps || fn->denied || fn->broken || fn->cap_bit == TRI_YES)
		return false;
	return fn->cap_bit == TRI_NO || fn->ended;
}

static void finish_standard(struct posted_fn *fn)
{
	struct pci_caps *caps = &fn->caps;

	if (!fn->seen_pcie) {
		caps->pcie_type = PCIE_CONVENTIONAL;
		mark_absent(&caps->flr);
	}
	if (!fn->seen_af)
		mark_absent(&caps->af_flr);
	if (!fn->seen_pm)
		mark_absent(&caps->pm_reset);
}

void posted_caps_finish(struct posted_fn *fn, bool extended)
{
	if (!fn->verbose)
		return;
	struct pci_caps *caps = posted_fn_caps(fn);
	bool empty = is_without_list(fn);
	bool whole = fn->ended && !fn->broken;

	if (fn->broken)
		caps->malformed = true;
	else
		caps->header_type =
			fn->has_bus_line ? fn->dev.class_code >> 8 == 0x0607 ? 2 : 1 : 0;
	caps->depth = CONFIG_HEADER;
	if (!empty && !fn->has_caps)
		return;
	caps->depth = extended ? CONFIG_EXTENDED : CONFIG_STANDARD;
	if (fn->acs_cap_seen && fn->acs_ctrl_seen)
		caps->acs_bits_known = true;
	if (empty || whole)
		finish_standard(fn);
	/* a conventional function has no extended capabilities */
	if (caps->pcie_type == PCIE_CONVENTIONAL || (extended && whole)) {
		mark_absent(&caps->acs);
		mark_absent(&caps->sriov);
		mark_absent(&caps->rebar);
	}
}
