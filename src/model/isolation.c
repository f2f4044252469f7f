/* Every unknown fact is a fork: the kernel's rule is asked in each world that can be, and only
 * where all worlds agree is the answer known. So the rule stands here once, as the kernel has it,
 * and never guesses.
 */
#include "model/isolation.h"

enum {
	MAX_QUIRKS = 8, /* rows for one id */
	N_TYPES = 17,
};

/* ---- what can be ---- */

enum header {
	HEADER_ANY,
	HEADER_ENDPOINT,
	HEADER_BRIDGE,
};

/* Without the header, the class says whether a function is a bridge; 0680 ("other") does not. */
static enum header header_of(const struct pci_dev *dev)
{
	int class = dev->class_code >> 8;

	if (dev->caps && dev->caps->header_type >= 0)
		return dev->caps->header_type == 0 ? HEADER_ENDPOINT : HEADER_BRIDGE;
	if (dev->class_code < 0 || class == 0x0680)
		return HEADER_ANY;
	return class == 0x0604 || class == 0x0607 || class == 0x0609 ? HEADER_BRIDGE
								     : HEADER_ENDPOINT;
}

static uint32_t types_by_header(const struct pci_dev *dev)
{
	const uint32_t endpoint = QUIRK_TYPE(PCIE_ENDPOINT) | QUIRK_TYPE(PCIE_LEGACY_ENDPOINT) |
				  QUIRK_TYPE(PCIE_RC_ENDPOINT) |
				  QUIRK_TYPE(PCIE_RC_EVENT_COLLECTOR) | TYPE_CONVENTIONAL;
	const uint32_t bridge = QUIRK_TYPE(PCIE_ROOT_PORT) | QUIRK_TYPE(PCIE_UPSTREAM_PORT) |
				QUIRK_TYPE(PCIE_DOWNSTREAM_PORT) | QUIRK_TYPE(PCIE_TO_PCI_BRIDGE) |
				QUIRK_TYPE(PCI_TO_PCIE_BRIDGE) | TYPE_CONVENTIONAL;

	switch (header_of(dev)) {
	case HEADER_ENDPOINT:
		return endpoint;
	case HEADER_BRIDGE:
		return bridge;
	case HEADER_ANY:
		break;
	}
	return endpoint | bridge;
}

bool isolation_may_be_bridge(const struct pci_dev *dev)
{
	return header_of(dev) != HEADER_ENDPOINT;
}

uint32_t isolation_types(const struct pci_dev *dev)
{
	enum pcie_type type = dev->caps ? dev->caps->pcie_type : PCIE_TYPE_UNKNOWN;

	if (type == PCIE_CONVENTIONAL)
		return TYPE_CONVENTIONAL;
	return (int)type >= 0 ? QUIRK_TYPE(type) : types_by_header(dev);
}

/* What the ACS capability can say of itself. */
enum acs_state {
	ACS_ABSENT,
	ACS_LACKING,
	ACS_ENOUGH,
};

/* Sets of worlds: bit n of a set is there when value n can be. */
struct worlds {
	const struct acs_quirk *quirks[MAX_QUIRKS];
	unsigned n_quirks;
	uint32_t types;
	unsigned multifunction; /* bits of false and true */
	unsigned root_bus;
	unsigned amd;
	unsigned acs; /* bits of enum acs_state */
	unsigned spt; /* the same for a control word at + 8 */
	uint16_t missing;
	uint16_t spt_missing;
	bool assumed;
	bool spt_assumed;
	bool virtual;
};

struct world {
	unsigned type; /* 0 to 15, or 16: conventional */
	bool multifunction;
	bool root_bus;
	bool amd;
	enum acs_state acs;
	enum acs_state spt;
};

static unsigned tri_set(enum tri value)
{
	return value == TRI_UNKNOWN ? 3 : 1U << value;
}

/* With the IOMMU on, control words are as they are; else the kernel will switch on what there is.
 */
static unsigned control_set(const struct isolation_host *host, uint16_t missing, bool *assumed)
{
	if (missing == 0)
		return 1U << ACS_ENOUGH;
	if (host->iommu_on)
		return 1U << ACS_LACKING;
	if (host->acs_by_cmdline)
		return 1U << ACS_LACKING | 1U << ACS_ENOUGH;
	*assumed = true;
	return 1U << ACS_ENOUGH;
}

static unsigned unread_set(const struct isolation_host *host, bool *assumed)
{
	if (host->iommu_on || host->acs_by_cmdline)
		return 1U << ACS_LACKING | 1U << ACS_ENOUGH;
	*assumed = true;
	return 1U << ACS_ENOUGH;
}

/* lspci prints another word than the kernel uses there; that one, the kernel has switched on. */
static unsigned spt_set(const struct isolation_host *host, const struct pci_caps *caps,
			struct worlds *worlds)
{
	if (caps->acs_bits_known && caps->acs_ctrl_spt_known) {
		worlds->spt_missing = ACS_ASKED & caps->acs_cap & (uint16_t)~caps->acs_ctrl_spt;
		return control_set(host, worlds->spt_missing, &worlds->spt_assumed);
	}
	worlds->spt_assumed = true;
	if (host->acs_by_cmdline || (host->iommu_on && !host->posted))
		return 1U << ACS_LACKING | 1U << ACS_ENOUGH;
	return 1U << ACS_ENOUGH;
}

static void fork_acs(const struct isolation_host *host, const struct pci_dev *dev, bool no_sv,
		     struct worlds *worlds)
{
	const struct pci_caps *caps = dev->caps;
	uint16_t asked = ACS_ASKED;

	if (caps && caps->acs == TRI_NO) {
		worlds->acs = worlds->spt = 1U << ACS_ABSENT;
		return;
	}
	if (no_sv)
		asked &= (uint16_t)~ACS_SOURCE_VALIDATION;
	if (caps && caps->acs_bits_known) {
		worlds->missing = asked & caps->acs_cap & (uint16_t)~caps->acs_ctrl;
		worlds->acs = control_set(host, worlds->missing, &worlds->assumed);
	} else {
		worlds->acs = unread_set(host, &worlds->assumed);
	}
	worlds->spt = caps && caps->acs == TRI_YES ? spt_set(host, caps, worlds)
						   : unread_set(host, &worlds->spt_assumed);
	if (!caps || caps->acs == TRI_UNKNOWN) {
		worlds->acs |= 1U << ACS_ABSENT;
		worlds->spt |= 1U << ACS_ABSENT;
	}
}

static void fork_worlds(const struct isolation_host *host, const struct pci_dev *dev,
			const struct isolation_place *place, uint32_t id, struct worlds *ret)
{
	uint16_t vendor = (uint16_t)(id >> 16), device = (uint16_t)id;
	const struct acs_quirk *quirk = NULL;

	*ret = (struct worlds){
		.types = isolation_types(dev),
		.multifunction = tri_set(place->multifunction),
		.root_bus = tri_set(place->root_bus),
		.amd = tri_set(host->amd_iommu),
		.virtual = dev->is_virtfn,
	};
	while (ret->n_quirks < MAX_QUIRKS && (quirk = quirk_acs_next(vendor, device, quirk)))
		ret->quirks[ret->n_quirks++] = quirk;
	fork_acs(host, dev, quirk_lacks_source_validation(vendor, device), ret);
}

/* ---- the rule ---- */

struct answer {
	bool isolated;
	enum isolation_why why;
	const struct acs_quirk *quirk;
	bool spt;
};

static bool quirk_answers(const struct acs_quirk *quirk, const struct world *world,
			  struct answer *ret)
{
	if (quirk->types && (world->type > 15 || !(quirk->types >> world->type & 1)))
		return false;
	*ret = (struct answer){ .isolated = true, .why = WHY_QUIRK, .quirk = quirk };
	switch ((enum quirk_answer)quirk->answer) {
	case QUIRK_ISOLATED:
		return true;
	case QUIRK_NOT_ISOLATED:
		ret->isolated = false;
		return true;
	case QUIRK_AMD_SB:
		return world->multifunction && world->root_bus && world->amd;
	case QUIRK_PCH:
		ret->why = WHY_CHIPSET;
		return true;
	case QUIRK_SPT:
		ret->isolated = world->spt == ACS_ENOUGH;
		ret->why = ret->isolated ? WHY_ACS : WHY_ACS_LACKING;
		ret->spt = true;
		return world->spt != ACS_ABSENT;
	}
	return false;
}

static struct answer answer_by_acs(const struct world *world)
{
	static const enum isolation_why whys[] = {
		[ACS_ABSENT] = WHY_NO_ACS,
		[ACS_LACKING] = WHY_ACS_LACKING,
		[ACS_ENOUGH] = WHY_ACS,
	};

	return (struct answer){ .isolated = world->acs == ACS_ENOUGH, .why = whys[world->acs] };
}

/* pci_acs_enabled() of the kernel. */
static struct answer answer_of(const struct worlds *worlds, const struct world *world)
{
	struct answer answer;

	for (unsigned i = 0; i < worlds->n_quirks; i++)
		if (quirk_answers(worlds->quirks[i], world, &answer))
			return answer;
	switch (world->type) {
	case N_TYPES - 1:
		return (struct answer){ .isolated = false, .why = WHY_CONVENTIONAL };
	case PCIE_TO_PCI_BRIDGE:
	case PCI_TO_PCIE_BRIDGE:
	case PCIE_RC_EVENT_COLLECTOR:
		return (struct answer){ .isolated = false, .why = WHY_BRIDGE_TYPE };
	case PCIE_ROOT_PORT:
	case PCIE_DOWNSTREAM_PORT:
		return answer_by_acs(world);
	case PCIE_ENDPOINT:
	case PCIE_LEGACY_ENDPOINT:
	case PCIE_UPSTREAM_PORT:
	case PCIE_RC_ENDPOINT:
		if (world->multifunction)
			return answer_by_acs(world);
		break;
	default:
		break; /* reserved types: the kernel lets them pass */
	}
	return (struct answer){ .isolated = true,
				.why = worlds->virtual ? WHY_VIRTUAL_FUNCTION
						       : WHY_SINGLE_FUNCTION };
}

/* ---- all worlds ---- */

/* Takes the next fork off *number: the n-th member of a set of size members. */
static unsigned take(uint32_t set, unsigned *number)
{
	unsigned size = (unsigned)__builtin_popcount(set);
	unsigned skip = *number % size;
	unsigned value = 0;

	*number /= size;
	for (;; value++)
		if (set >> value & 1 && skip-- == 0)
			return value;
}

static struct world world_number(const struct worlds *worlds, unsigned number)
{
	struct world world;

	world.acs = (enum acs_state)take(worlds->acs, &number);
	world.spt = (enum acs_state)take(worlds->spt, &number);
	world.type = take(worlds->types, &number);
	world.multifunction = take(worlds->multifunction, &number);
	world.root_bus = take(worlds->root_bus, &number);
	world.amd = take(worlds->amd, &number);
	return world;
}

static unsigned count_worlds(const struct worlds *worlds)
{
	const uint32_t sets[] = { worlds->acs,           worlds->spt,      worlds->types,
				  worlds->multifunction, worlds->root_bus, worlds->amd };
	unsigned n = 1;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		n *= (unsigned)__builtin_popcount(sets[i]);
	return n;
}

static enum isolation_why why_unknown(const struct isolation_host *host, const struct pci_dev *dev)
{
	const struct pci_caps *caps = dev->caps;

	if (caps && pci_caps_are_dead(caps))
		return WHY_DEAD;
	if (!caps || caps->pcie_type == PCIE_TYPE_UNKNOWN)
		return WHY_CAPS_UNREAD;
	if (caps->acs == TRI_UNKNOWN)
		return WHY_EXTENDED_UNREAD;
	if (caps->acs == TRI_YES && !caps->acs_bits_known)
		return WHY_BITS_UNREAD;
	if (caps->acs == TRI_YES && host->acs_by_cmdline && !host->iommu_on)
		return WHY_COMMAND_LINE;
	return dev->vendor < 0 || dev->device < 0 ? WHY_IDS_UNKNOWN : WHY_OTHER_UNKNOWN;
}

/* Adds the answers of one id to ret; false: they differ. */
static bool judge_id(const struct isolation_host *host, const struct pci_dev *dev,
		     const struct isolation_place *place, uint32_t id, struct isolation *ret)
{
	struct worlds worlds;

	fork_worlds(host, dev, place, id, &worlds);
	for (unsigned i = 0, n = count_worlds(&worlds); i < n; i++) {
		struct world world = world_number(&worlds, i);
		struct answer answer = answer_of(&worlds, &world);
		enum tri isolated = answer.isolated ? TRI_YES : TRI_NO;
		if (ret->isolated != TRI_UNKNOWN && ret->isolated != isolated)
			return false;
		if (ret->isolated != TRI_UNKNOWN)
			continue;
		ret->isolated = isolated;
		ret->why = answer.why;
		ret->quirk = answer.quirk;
		if (answer.why == WHY_ACS || answer.why == WHY_ACS_LACKING) {
			ret->missing = answer.spt ? worlds.spt_missing : worlds.missing;
			ret->assumed = answer.spt ? worlds.spt_assumed : worlds.assumed;
		}
	}
	return true;
}

/* The ids that dev can have; all the kernel's tables tell apart, where nothing is known. */
static const uint32_t *possible_ids(const struct pci_dev *dev, uint32_t buf[QUIRK_MAX_SAMPLES],
				    unsigned *n)
{
	if (dev->vendor >= 0 && dev->device >= 0) {
		buf[0] = (uint32_t)dev->vendor << 16 | (uint32_t)dev->device;
		*n = 1;
		return buf;
	}
	if (dev->n_candidates > 0) {
		*n = dev->n_candidates;
		return dev->candidates;
	}
	*n = quirk_samples(dev->vendor, dev->class_code, buf);
	return buf;
}

void isolation_judge(const struct isolation_host *host, const struct pci_dev *dev,
		     const struct isolation_place *place, struct isolation *ret)
{
	uint32_t buf[QUIRK_MAX_SAMPLES];
	unsigned n;
	const uint32_t *ids = possible_ids(dev, buf, &n);
	bool agreed = true;

	*ret = (struct isolation){ .isolated = TRI_UNKNOWN };
	for (unsigned i = 0; agreed && i < n; i++)
		agreed = judge_id(host, dev, place, ids[i], ret);
	if (!agreed)
		*ret = (struct isolation){
			.isolated = TRI_UNKNOWN,
			.why = why_unknown(host, dev),
		};
}
