/* Config space → struct pci_caps.
 *
 * The walk mirrors the kernel's (pci_find_capability, pci_find_ext_capability): where the kernel
 * gives up on a list, a capability that was not met is absent for the kernel, so it is "no" here
 * too. Where our bytes end before the list does, it is unknown. Sources: PCI Local Bus and PCI
 * Express Base Specification; offsets as in the kernel's pci_regs.h.
 */
#include "model/pci.h"

enum {
	OFFSET_STATUS = 0x06,
	OFFSET_HEADER_TYPE = 0x0e,
	OFFSET_SECONDARY_BUS = 0x19,
	OFFSET_SUBORDINATE_BUS = 0x1a,
	OFFSET_CAPS = 0x34,
	OFFSET_CAPS_CARDBUS = 0x14,
	SIZE_HEADER = 0x40,
	SIZE_STANDARD = 0x100,
	SIZE_EXTENDED = 0x1000,
	STATUS_CAP_LIST = 0x10,
	MAX_STANDARD_STEPS = 48,  /* kernel: PCI_FIND_CAP_TTL */
	MAX_EXTENDED_STEPS = 480, /* kernel: (4096 - 256) / 8 */
};

enum {
	CAP_PM = 0x01,
	CAP_PCIE = 0x10,
	CAP_AF = 0x13,
	ECAP_ACS = 0x0d,
	ECAP_SRIOV = 0x10,
	ECAP_REBAR = 0x15,
};

struct config {
	const uint8_t *bytes;
	size_t length;
};

/* All readers return false, and leave *ret alone, where the bytes end. */
static bool read_8(const struct config *config, size_t offset, uint8_t *ret)
{
	if (offset >= config->length)
		return false;
	*ret = config->bytes[offset];
	return true;
}

static bool read_16(const struct config *config, size_t offset, uint16_t *ret)
{
	if (offset + 2 > config->length)
		return false;
	*ret = (uint16_t)(config->bytes[offset] | config->bytes[offset + 1] << 8);
	return true;
}

static bool read_32(const struct config *config, size_t offset, uint32_t *ret)
{
	uint16_t low, high;

	if (!read_16(config, offset, &low) || !read_16(config, offset + 2, &high))
		return false;
	*ret = (uint32_t)high << 16 | low;
	return true;
}

void pci_caps_init(struct pci_caps *caps)
{
	*caps = (struct pci_caps){
		.depth = CONFIG_NONE,
		.header_type = -1,
		.multifunction = TRI_UNKNOWN,
		.secondary_bus = -1,
		.subordinate_bus = -1,
		.pcie_type = PCIE_TYPE_UNKNOWN,
		.slot = TRI_UNKNOWN,
		.acs = TRI_UNKNOWN,
		.flr = TRI_UNKNOWN,
		.af_flr = TRI_UNKNOWN,
		.pm_reset = TRI_UNKNOWN,
		.sriov = TRI_UNKNOWN,
		.rebar = TRI_UNKNOWN,
		.max_link_speed = -1,
		.max_link_width = -1,
		.link_speed = -1,
		.link_width = -1,
	};
}

static void list_add(struct pci_caps *caps, uint16_t id, size_t offset, uint8_t version)
{
	if (caps->n_list == PCI_MAX_CAPS) {
		caps->malformed = true;
		return;
	}
	caps->list[caps->n_list++] = (struct pci_cap){
		.id = id,
		.offset = (uint16_t)offset,
		.version = version,
	};
}

/* ---- the header ---- */

bool pci_caps_are_dead(const struct pci_caps *caps)
{
	return caps->malformed && caps->header_type < 0;
}

/* Ids are not looked at for ff: virtual functions have none of their own and read as ffff. */
static bool header_is_dead(const struct config *config)
{
	uint32_t ids;
	uint8_t type;

	if (read_8(config, OFFSET_HEADER_TYPE, &type) && type == 0xff)
		return true;
	return read_32(config, 0, &ids) && ids == 0;
}

static void decode_header(const struct config *config, struct pci_caps *caps)
{
	uint8_t type, bus;

	if (!read_8(config, OFFSET_HEADER_TYPE, &type))
		return;
	caps->multifunction = type & 0x80 ? TRI_YES : TRI_NO;
	type &= 0x7f;
	if (type > 2) {
		caps->malformed = true;
		return;
	}
	caps->header_type = type;
	if (type == 0)
		return;
	/* 0 is "not set up yet": nothing is behind bus 0 */
	if (read_8(config, OFFSET_SECONDARY_BUS, &bus) && bus > 0)
		caps->secondary_bus = bus;
	if (read_8(config, OFFSET_SUBORDINATE_BUS, &bus) && bus > 0)
		caps->subordinate_bus = bus;
}

/* ---- standard capabilities ---- */

static bool pcie_type_has_link(enum pcie_type type)
{
	return type != PCIE_RC_ENDPOINT && type != PCIE_RC_EVENT_COLLECTOR;
}

static void decode_pcie(const struct config *config, size_t at, struct pci_caps *caps)
{
	uint16_t flags, status;
	uint32_t word;

	if (!read_16(config, at + 0x02, &flags))
		return;
	caps->pcie_type = (enum pcie_type)(flags >> 4 & 0xf);
	if (caps->pcie_type == PCIE_ROOT_PORT || caps->pcie_type == PCIE_DOWNSTREAM_PORT)
		caps->slot = flags & 0x100 ? TRI_YES : TRI_NO;
	if (read_32(config, at + 0x04, &word))
		caps->flr = word & 1U << 28 ? TRI_YES : TRI_NO;
	if (!pcie_type_has_link(caps->pcie_type))
		return;
	if (read_32(config, at + 0x0c, &word)) {
		caps->max_link_speed = (int)(word & 0xf);
		caps->max_link_width = (int)(word >> 4 & 0x3f);
	}
	if (read_16(config, at + 0x12, &status)) {
		caps->link_speed = status & 0xf;
		caps->link_width = status >> 4 & 0x3f;
	}
}

/* Reset by Advanced Features needs the "transactions pending" bit too (kernel: pci_af_flr). */
static void decode_af(const struct config *config, size_t at, struct pci_caps *caps)
{
	uint8_t bits;

	if (read_8(config, at + 0x03, &bits))
		caps->af_flr = (bits & 3) == 3 ? TRI_YES : TRI_NO;
}

static void decode_pm(const struct config *config, size_t at, struct pci_caps *caps)
{
	uint16_t status;

	if (read_16(config, at + 0x04, &status))
		caps->pm_reset = status & 1 << 3 ? TRI_NO : TRI_YES;
}

/* What the walk met, whether or not its registers could be read too. */
struct standard_found {
	bool pcie, af, pm;
};

/* The first one of a kind counts, as in the kernel. */
static void decode_standard_cap(const struct config *config, uint8_t id, size_t at,
				struct standard_found *found, struct pci_caps *caps)
{
	if (id == CAP_PCIE && !found->pcie)
		decode_pcie(config, at, caps);
	else if (id == CAP_AF && !found->af)
		decode_af(config, at, caps);
	else if (id == CAP_PM && !found->pm)
		decode_pm(config, at, caps);
	found->pcie |= id == CAP_PCIE;
	found->af |= id == CAP_AF;
	found->pm |= id == CAP_PM;
}

/* Follows the list from pointer. Returns false where the bytes end before it does. */
static bool walk_standard(const struct config *config, uint8_t pointer, struct pci_caps *caps,
			  struct standard_found *found)
{
	uint64_t seen = 0; /* one bit for each of the 64 places */

	for (unsigned step = 0; step <= MAX_STANDARD_STEPS; step++) {
		uint8_t id, next;
		pointer &= 0xfc;
		if (pointer == 0)
			return true;
		if (pointer < SIZE_HEADER || seen & UINT64_C(1) << (pointer / 4)) {
			caps->malformed = true;
			return true;
		}
		seen |= UINT64_C(1) << (pointer / 4);
		if (!read_8(config, pointer, &id) || !read_8(config, pointer + 1U, &next))
			return false;
		if (id == 0xff) {
			caps->malformed = true;
			return true;
		}
		list_add(caps, id, pointer, 0);
		decode_standard_cap(config, id, pointer, found, caps);
		pointer = next;
	}
	return true;
}

static void mark_standard_absent(const struct standard_found *found, struct pci_caps *caps)
{
	if (!found->pcie) {
		caps->pcie_type = PCIE_CONVENTIONAL;
		caps->flr = TRI_NO;
	}
	if (!found->af)
		caps->af_flr = TRI_NO;
	if (!found->pm)
		caps->pm_reset = TRI_NO;
}

/* Even 64 bytes are enough to know that there is no list at all. */
static void decode_standard(const struct config *config, struct pci_caps *caps)
{
	struct standard_found found = { 0 };
	uint16_t status;
	uint8_t pointer = 0;

	if (config->length < SIZE_HEADER || caps->header_type < 0 ||
	    !read_16(config, OFFSET_STATUS, &status))
		return;
	if (status & STATUS_CAP_LIST)
		read_8(config, caps->header_type == 2 ? OFFSET_CAPS_CARDBUS : OFFSET_CAPS,
		       &pointer);
	if (walk_standard(config, pointer, caps, &found))
		mark_standard_absent(&found, caps);
}

/* ---- extended capabilities ---- */

static void decode_acs(const struct config *config, size_t at, struct pci_caps *caps)
{
	uint16_t cap, ctrl;

	if (caps->acs == TRI_YES)
		return;
	caps->acs = TRI_YES;
	if (!read_16(config, at + 0x04, &cap) || !read_16(config, at + 0x06, &ctrl))
		return;
	caps->acs_bits_known = true;
	caps->acs_cap = cap;
	caps->acs_ctrl = ctrl;
	caps->acs_ctrl_spt_known = read_16(config, at + 0x08, &caps->acs_ctrl_spt);
}

/* As walk_standard(). A word of zeros at 0x100 is an empty list; ones are no extended space. */
static bool walk_extended(const struct config *config, struct pci_caps *caps)
{
	uint8_t seen[SIZE_EXTENDED / 4 / 8] = { 0 };
	size_t at = SIZE_STANDARD;

	for (unsigned step = 0; step < MAX_EXTENDED_STEPS; step++) {
		uint32_t head;
		size_t place = at / 4;
		if (seen[place / 8] & 1U << place % 8) {
			caps->malformed = true;
			return true;
		}
		seen[place / 8] |= (uint8_t)(1U << place % 8);
		if (!read_32(config, at, &head))
			return false;
		if (head == 0)
			return true;
		if (head == UINT32_MAX) {
			caps->malformed |= at != SIZE_STANDARD;
			return true;
		}
		uint16_t id = (uint16_t)head;
		list_add(caps, id, at, (uint8_t)(head >> 16 & 0xf));
		if (id == ECAP_ACS)
			decode_acs(config, at, caps);
		else if (id == ECAP_SRIOV)
			caps->sriov = TRI_YES;
		else if (id == ECAP_REBAR)
			caps->rebar = TRI_YES;
		at = head >> 20 & 0xffc;
		if (at == 0)
			return true;
		if (at < SIZE_STANDARD) {
			caps->malformed = true;
			return true;
		}
	}
	return true;
}

static void mark_extended_absent(struct pci_caps *caps)
{
	if (caps->acs == TRI_UNKNOWN)
		caps->acs = TRI_NO;
	if (caps->sriov == TRI_UNKNOWN)
		caps->sriov = TRI_NO;
	if (caps->rebar == TRI_UNKNOWN)
		caps->rebar = TRI_NO;
}

/* A conventional function has no extended space (kernel: pci_cfg_space_size; that of PCI-X 2.0
 * holds nothing we look for), whatever bytes are there. */
static void decode_extended(const struct config *config, bool all, struct pci_caps *caps)
{
	bool complete = all && config->length == SIZE_STANDARD;

	if (caps->pcie_type == PCIE_CONVENTIONAL)
		complete = true;
	else if (config->length > SIZE_STANDARD)
		complete = walk_extended(config, caps);
	if (complete)
		mark_extended_absent(caps);
}

/* ---- all of it ---- */

static enum config_depth depth_of(size_t length, bool all)
{
	if (length < SIZE_HEADER)
		return CONFIG_NONE;
	if (length < SIZE_STANDARD)
		return CONFIG_HEADER;
	return all || length >= SIZE_EXTENDED ? CONFIG_EXTENDED : CONFIG_STANDARD;
}

void pci_caps_decode(const uint8_t *config, size_t length, bool all, struct pci_caps *ret)
{
	struct config in = {
		.bytes = config,
		.length = length < SIZE_EXTENDED ? length : SIZE_EXTENDED,
	};

	pci_caps_init(ret);
	ret->depth = depth_of(in.length, all);
	if (header_is_dead(&in)) {
		ret->malformed = true;
		return;
	}
	decode_header(&in, ret);
	if (in.length < SIZE_HEADER)
		return;
	decode_standard(&in, ret);
	decode_extended(&in, all, ret);
}
