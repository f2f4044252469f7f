/* The kernel's device tables for IOMMU groups; see quirks.h. The order of rows is the kernel's,
 * because the first answer wins.
 */
#include "model/quirks.h"

#define N_ELEMENTS(table) (sizeof(table) / sizeof((table)[0]))

#define ROOT       QUIRK_TYPE(PCIE_ROOT_PORT)
#define DOWNSTREAM QUIRK_TYPE(PCIE_DOWNSTREAM_PORT)
#define RC_END     QUIRK_TYPE(PCIE_RC_ENDPOINT)

enum {
	BASE_ANY = 0x00,
	BASE_STORAGE = 0x01,
	BASE_NETWORK = 0x02,
	BASE_AUDIO = 0x04,
	BASE_BRIDGE = 0x06,
	BASE_SYSTEM = 0x08,
	BASE_SERIAL = 0x0c,
};

/* Rows of one quirk: ids from a to b. */
#define ROW(name, v, a, b, st, t, c, ans)                                                          \
	{                                                                                          \
		.function = (name), .vendor = (v), .first = (a), .last = (b), .step = (st),        \
		.types = (t), .class = (c), .answer = (ans)                                        \
	}
#define PORT(name, v, a, b, t) ROW(name, v, a, b, 0, t, BASE_BRIDGE, QUIRK_ISOLATED)

#define AMD_SB(v, a, c)   ROW("pci_quirk_amd_sb_acs", v, a, a, 0, 0, c, QUIRK_AMD_SB)
#define MF_OF(v, a, b, c) ROW("pci_quirk_mf_endpoint_acs", v, a, b, 0, 0, c, QUIRK_ISOLATED)
#define MF(v, a, b)       MF_OF(v, a, b, BASE_NETWORK)
#define QCOM(v, a, b)     PORT("pci_quirk_qcom_rp_acs", v, a, b, 0)
#define INTEL_PCH(a, b, st)                                                                        \
	ROW("pci_quirk_intel_pch_acs", 0x8086, a, b, st, ROOT, BASE_BRIDGE, QUIRK_PCH)
#define PCH(a, b)      INTEL_PCH(a, b, 0)
#define PCH_EVEN(a, b) INTEL_PCH(a, b, 2)
#define SPT(a, b)      ROW("pci_quirk_intel_spt_pch_acs", 0x8086, a, b, 0, ROOT, BASE_BRIDGE, QUIRK_SPT)
#define CAVIUM(a, b)   PORT("pci_quirk_cavium_acs", 0x177d, a, b, ROOT)
#define XGENE(v, a, b) PORT("pci_quirk_xgene_acs", v, a, b, 0)
#define LOONGSON(a)    PORT("pci_quirk_loongson_acs", 0x0014, a, a, 0)
#define NXP(a, b)      PORT("pci_quirk_nxp_rp_acs", 0x1957, a, b, 0)
#define ZHAOXIN(a, b, r)                                                                           \
	ROW("pci_quirk_zhaoxin_pcie_ports_acs", 0x1d17, a, b, 0, ROOT | DOWNSTREAM, BASE_BRIDGE, r)
#define WANGXUN(a, b, r) ROW("pci_quirk_wangxun_nic_acs", 0x8088, a, b, 0, 0, BASE_NETWORK, r)

static const struct acs_quirk acs_quirks[] = {
	AMD_SB(0x1002, 0x4385, BASE_SERIAL),
	AMD_SB(0x1002, 0x439c, BASE_STORAGE),
	AMD_SB(0x1002, 0x4383, BASE_AUDIO),
	AMD_SB(0x1002, 0x439d, BASE_BRIDGE),
	AMD_SB(0x1002, 0x4384, BASE_BRIDGE),
	AMD_SB(0x1002, 0x4399, BASE_SERIAL),
	AMD_SB(0x1022, 0x780f, BASE_BRIDGE),
	AMD_SB(0x1022, 0x7809, BASE_SERIAL),
	/* Solarflare */
	MF(0x1924, 0x0903, 0x0903),
	MF(0x1924, 0x0923, 0x0923),
	MF(0x1924, 0x0a03, 0x0a03),
	/* Intel 82598, 82599, X520 and their kin */
	MF(0x8086, 0x10c6, 0x10c6),
	MF(0x8086, 0x10db, 0x10db),
	MF(0x8086, 0x10dd, 0x10dd),
	MF(0x8086, 0x10e1, 0x10e1),
	MF(0x8086, 0x10f1, 0x10f1),
	MF(0x8086, 0x10f7, 0x10fc),
	MF(0x8086, 0x1507, 0x1507),
	MF(0x8086, 0x1514, 0x1514),
	MF(0x8086, 0x151c, 0x151c),
	MF(0x8086, 0x1529, 0x152a),
	MF(0x8086, 0x154d, 0x154d),
	MF(0x8086, 0x154f, 0x154f),
	MF(0x8086, 0x1551, 0x1551),
	MF(0x8086, 0x1558, 0x1558),
	/* 82580 */
	MF(0x8086, 0x1509, 0x1509),
	MF(0x8086, 0x150e, 0x1511),
	MF(0x8086, 0x1516, 0x1516),
	MF(0x8086, 0x1527, 0x1527),
	/* 82576 */
	MF(0x8086, 0x10c9, 0x10c9),
	MF(0x8086, 0x10e6, 0x10e8),
	MF(0x8086, 0x150a, 0x150a),
	MF(0x8086, 0x150d, 0x150d),
	MF(0x8086, 0x1518, 0x1518),
	MF(0x8086, 0x1526, 0x1526),
	/* 82575 */
	MF(0x8086, 0x10a7, 0x10a7),
	MF(0x8086, 0x10a9, 0x10a9),
	MF(0x8086, 0x10d6, 0x10d6),
	/* I350 */
	MF(0x8086, 0x1521, 0x1524),
	/* 82571 */
	MF(0x8086, 0x105e, 0x1060),
	MF(0x8086, 0x10d9, 0x10d9),
	/* I219 */
	MF(0x8086, 0x15b7, 0x15b8),
	ROW("pci_quirk_rciep_acs", 0x8086, 0x0000, 0xffff, 0, RC_END, BASE_ANY, QUIRK_ISOLATED),
	/* QDF2xxx, SA8775P, Hamoa, Glymur; HXT SD4800 */
	QCOM(0x17cb, 0x0400, 0x0401),
	QCOM(0x17cb, 0x0115, 0x0115),
	QCOM(0x17cb, 0x0111, 0x0111),
	QCOM(0x17cb, 0x0120, 0x0120),
	QCOM(0x1dbf, 0x0401, 0x0401),
	/* Ibex Peak, Cougar Point, Panther Point, Lynx Point, Wildcat Point, X79, X99 */
	PCH(0x3b42, 0x3b51),
	PCH(0x1c10, 0x1c1f),
	PCH(0x1e10, 0x1e1f),
	PCH(0x8c10, 0x8c1f),
	PCH(0x9c10, 0x9c1b),
	PCH(0x9c90, 0x9c9b),
	PCH_EVEN(0x1d10, 0x1d1e),
	PCH(0x8d10, 0x8d1e),
	PCH_EVEN(0x8c90, 0x8c9e),
	/* Sunrise Point, Union Point, 7th and 8th generation mobile */
	SPT(0xa110, 0xa11f),
	SPT(0xa167, 0xa16a),
	SPT(0xa290, 0xa29f),
	SPT(0xa2e7, 0xa2ee),
	SPT(0x9d10, 0x9d1b),
	/* Emulex BE3-R, Skyhawk-R */
	MF(0x19a2, 0x0710, 0x0710),
	MF(0x10df, 0x0720, 0x0720),
	/* Cavium ThunderX 1, 2, 3 */
	CAVIUM(0xa000, 0xa7ff),
	CAVIUM(0xaf84, 0xaf84),
	CAVIUM(0xb884, 0xb884),
	MF(0x177d, 0xa026, 0xa026),
	MF(0x177d, 0xa059, 0xa059),
	MF(0x177d, 0xa060, 0xa060),
	/* APM X-Gene, Ampere */
	XGENE(0x10e8, 0xe004, 0xe004),
	XGENE(0x1def, 0xe005, 0xe00c),
	/* Broadcom */
	MF(0x14e4, 0x16d7, 0x16d7),
	MF(0x14e4, 0x1750, 0x1752),
	MF(0x14e4, 0x1760, 0x1763),
	PORT("pci_quirk_brcm_acs", 0x14e4, 0xd714, 0xd714, 0),
	LOONGSON(0x3c09),
	LOONGSON(0x3c19),
	LOONGSON(0x3c29),
	LOONGSON(0x7a09),
	LOONGSON(0x7a19),
	LOONGSON(0x7a29),
	LOONGSON(0x7a39),
	LOONGSON(0x7a49),
	LOONGSON(0x7a59),
	LOONGSON(0x7a69),
	/* Annapurna Labs */
	PORT("pci_quirk_al_acs", 0x1c36, 0x0031, 0x0031, ROOT),
	MF_OF(0x1d17, 0x3038, 0x3038, BASE_SERIAL),
	MF_OF(0x1d17, 0x3104, 0x3104, BASE_SERIAL),
	MF_OF(0x1d17, 0x9083, 0x9083, BASE_STORAGE),
	NXP(0x8d80, 0x8d83),
	NXP(0x8d88, 0x8d8b),
	NXP(0x8d90, 0x8d93),
	NXP(0x8d98, 0x8d9b),
	NXP(0x8da0, 0x8da1),
	NXP(0x8da8, 0x8da9),
	NXP(0x8db0, 0x8db1),
	NXP(0x8db8, 0x8db9),
	/* Zhaoxin ports and Wangxun cards: any other id is said not to be isolated */
	ZHAOXIN(0x0710, 0x071e, QUIRK_ISOLATED),
	ZHAOXIN(0x0721, 0x0721, QUIRK_ISOLATED),
	ZHAOXIN(0x0723, 0x0752, QUIRK_ISOLATED),
	ZHAOXIN(0x0000, 0xffff, QUIRK_NOT_ISOLATED),
	WANGXUN(0x0100, 0x010f, QUIRK_ISOLATED),
	WANGXUN(0x1001, 0x1001, QUIRK_ISOLATED),
	WANGXUN(0x2001, 0x2001, QUIRK_ISOLATED),
	WANGXUN(0x5010, 0x5010, QUIRK_ISOLATED),
	WANGXUN(0x5025, 0x5025, QUIRK_ISOLATED),
	WANGXUN(0x5040, 0x5040, QUIRK_ISOLATED),
	WANGXUN(0x5110, 0x5110, QUIRK_ISOLATED),
	WANGXUN(0x5125, 0x5125, QUIRK_ISOLATED),
	WANGXUN(0x5140, 0x5140, QUIRK_ISOLATED),
	WANGXUN(0x0000, 0xffff, QUIRK_NOT_ISOLATED),
};

static bool acs_quirk_matches(const struct acs_quirk *row, uint16_t vendor, uint16_t device)
{
	return row->vendor == vendor && device >= row->first && device <= row->last &&
	       (row->step == 0 || (device - row->first) % row->step == 0);
}

const struct acs_quirk *quirk_acs_next(uint16_t vendor, uint16_t device,
				       const struct acs_quirk *after)
{
	for (size_t i = after ? (size_t)(after - acs_quirks) + 1 : 0; i < N_ELEMENTS(acs_quirks);
	     i++)
		if (acs_quirk_matches(&acs_quirks[i], vendor, device))
			return &acs_quirks[i];
	return NULL;
}

/* ---- DMA under other addresses ---- */

#define DEVFN(slot, function) ((slot) << 3 | (function))

#define ALIAS(name, v, a, b, k, c)                                                                 \
	{                                                                                          \
		.function = (name), .vendor = (v), .first = (a), .last = (b), .kind = (k),         \
		.class = (c)                                                                       \
	}
#define FUNCTION_0(v, a, c)    ALIAS("quirk_dma_func0_alias", v, a, a, ALIAS_FUNCTION_0, c)
#define FUNCTION_1(v, a)       FUNCTION_1_OF(v, a, BASE_STORAGE)
#define FUNCTION_1_OF(v, a, c) ALIAS("quirk_dma_func1_alias", v, a, a, ALIAS_FUNCTION_1, c)
#define VCA(a, b)              ALIAS("quirk_pex_vca_alias", 0x8086, a, b, ALIAS_VCA, BASE_ANY)
#define MIC_X200(a)                                                                                \
	{                                                                                          \
		.function = "quirk_mic_x200_dma_alias", .vendor = 0x8086, .first = (a),            \
		.last = (a), .kind = ALIAS_FIXED, .n_devfns = 3,                                   \
		.devfns = { DEVFN(0x10, 0), DEVFN(0x11, 0), DEVFN(0x12, 3) },                      \
	}

static const struct alias_quirk alias_quirks[] = {
	/* Ricoh, Glenfly */
	FUNCTION_0(0x1180, 0xe832, BASE_SERIAL),
	FUNCTION_0(0x1180, 0xe476, BASE_BRIDGE),
	FUNCTION_0(0x6766, 0x3d40, BASE_AUDIO),
	FUNCTION_0(0x6766, 0x3d41, BASE_AUDIO),
	/* Marvell, HighPoint, JMicron, Plextor: SATA controllers */
	FUNCTION_1(0x1b4b, 0x9120),
	FUNCTION_1(0x1b4b, 0x9123),
	FUNCTION_1(0x1b4b, 0x9125),
	FUNCTION_1(0x1b4b, 0x9128),
	FUNCTION_1(0x1b4b, 0x9130),
	FUNCTION_1(0x1b4b, 0x9170),
	FUNCTION_1(0x1b4b, 0x9172),
	FUNCTION_1(0x1b4b, 0x917a),
	FUNCTION_1(0x1b4b, 0x9182),
	FUNCTION_1(0x1b4b, 0x9183),
	FUNCTION_1(0x1b4b, 0x91a0),
	FUNCTION_1(0x1b4b, 0x9215),
	FUNCTION_1(0x1b4b, 0x9220),
	FUNCTION_1(0x1b4b, 0x9230),
	FUNCTION_1(0x1b4b, 0x9235),
	FUNCTION_1(0x1103, 0x0642),
	FUNCTION_1(0x1103, 0x0645),
	FUNCTION_1_OF(0x197b, 0x2392, BASE_SYSTEM),
	FUNCTION_1(0x1c28, 0x0122),
	/* Adaptec 3405 and 3805 */
	{
		.function = "quirk_fixed_dma_alias",
		.vendor = 0x9005,
		.first = 0x0285,
		.last = 0x0285,
		.kind = ALIAS_FIXED,
		.class = BASE_STORAGE,
		.n_devfns = 1,
		.devfns = { DEVFN(1, 0) },
		.subsystem_vendor = 0x9005,
		.subsystem_first = 0x02bb,
		.subsystem_last = 0x02bc,
	},
	MIC_X200(0x2260),
	MIC_X200(0x2264),
	VCA(0x2954, 0x2956),
	VCA(0x2958, 0x295a),
	ALIAS("quirk_plx_ntb_dma_alias", 0x10b5, 0x87b0, 0x87b1, ALIAS_ALL, BASE_ANY),
};

static bool subsystem_fits(const struct alias_quirk *row, int32_t vendor, int32_t device)
{
	if (row->subsystem_vendor == 0)
		return true;
	return (vendor < 0 || vendor == row->subsystem_vendor) &&
	       (device < 0 || (device >= row->subsystem_first && device <= row->subsystem_last));
}

const struct alias_quirk *quirk_alias(uint16_t vendor, uint16_t device, int32_t subsystem_vendor,
				      int32_t subsystem_device)
{
	for (size_t i = 0; i < N_ELEMENTS(alias_quirks); i++) {
		const struct alias_quirk *row = &alias_quirks[i];
		if (row->vendor == vendor && device >= row->first && device <= row->last &&
		    subsystem_fits(row, subsystem_vendor, subsystem_device))
			return row;
	}
	return NULL;
}

static bool class_fits(uint8_t base, int32_t class_code)
{
	return base == BASE_ANY || class_code < 0 || class_code >> 16 == base;
}

/* The rows without a class are NTBs and parts of co-processors. */
static bool alias_class_fits(uint8_t base, int32_t class_code)
{
	if (base != BASE_ANY)
		return class_fits(base, class_code);
	return class_code < 0 || class_code >> 16 == BASE_BRIDGE ||
	       class_code >> 16 == BASE_SYSTEM || class_code >> 16 == 0x0b ||
	       class_code >> 16 > BASE_SERIAL;
}

const struct alias_quirk *quirk_alias_possible(int32_t vendor, int32_t class_code)
{
	const struct alias_quirk *widest = NULL;

	for (size_t i = 0; i < N_ELEMENTS(alias_quirks); i++)
		if ((vendor < 0 || vendor == alias_quirks[i].vendor) &&
		    alias_class_fits(alias_quirks[i].class, class_code) &&
		    (!widest || alias_quirks[i].kind > widest->kind))
			widest = &alias_quirks[i];
	return widest;
}

bool quirk_alias_covers(const struct alias_quirk *quirk, struct pci_addr addr, uint8_t devfn)
{
	switch ((enum alias_kind)quirk->kind) {
	case ALIAS_FUNCTION_0:
		return addr.function != 0 && devfn == DEVFN(addr.slot, 0);
	case ALIAS_FUNCTION_1:
		return addr.function != 1 && devfn == DEVFN(addr.slot, 1);
	case ALIAS_FIXED:
		for (unsigned i = 0; i < quirk->n_devfns; i++)
			if (quirk->devfns[i] == devfn)
				return true;
		return false;
	case ALIAS_VCA:
		return (devfn & 7) < 5;
	case ALIAS_ALL:
		return true;
	}
	return false;
}

/* ---- lists of ids ---- */

#define ID(vendor, device) ((uint32_t)(vendor) << 16 | (device))

static bool id_listed(const uint32_t *list, size_t n, uint16_t vendor, uint16_t device)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == ID(vendor, device))
			return true;
	return false;
}

bool quirk_is_vmd(uint16_t vendor, uint16_t device)
{
	static const uint32_t ids[] = {
		ID(0x8086, 0x201d), ID(0x8086, 0x28c0), ID(0x8086, 0x467f), ID(0x8086, 0x4c3d),
		ID(0x8086, 0x7d0b), ID(0x8086, 0x9a0b), ID(0x8086, 0xa77f), ID(0x8086, 0xad0b),
		ID(0x8086, 0xb06f), ID(0x8086, 0xb07f), ID(0x8086, 0xb60b),
	};

	return id_listed(ids, N_ELEMENTS(ids), vendor, device);
}

bool quirk_is_translation_root(uint16_t vendor, uint16_t device)
{
	static const uint32_t ids[] = { ID(0x14e4, 0x9000), ID(0x14e4, 0x9084) };

	return id_listed(ids, N_ELEMENTS(ids), vendor, device);
}

bool quirk_bridge_keeps_address(uint16_t vendor, uint16_t device)
{
	static const uint32_t ids[] = { ID(0x1a03, 0x1150) };

	return id_listed(ids, N_ELEMENTS(ids), vendor, device);
}

bool quirk_lacks_source_validation(uint16_t vendor, uint16_t device)
{
	static const uint32_t ids[] = { ID(0x111d, 0x80b5), ID(0x111d, 0x8090) };

	return id_listed(ids, N_ELEMENTS(ids), vendor, device);
}

unsigned quirk_samples(int32_t vendor, int32_t class_code, uint32_t ids[QUIRK_MAX_SAMPLES])
{
	unsigned n = 0;

	_Static_assert(N_ELEMENTS(acs_quirks) + 2 <= QUIRK_MAX_SAMPLES, "more room for samples");
	ids[n++] = ID(vendor < 0 ? 0 : vendor, 0); /* no row has device 0 alone */
	if (vendor < 0 || vendor == 0x111d)
		ids[n++] = ID(0x111d, 0x80b5);
	for (size_t i = 0; i < N_ELEMENTS(acs_quirks); i++)
		if ((vendor < 0 || acs_quirks[i].vendor == vendor) &&
		    class_fits(acs_quirks[i].class, class_code))
			ids[n++] = ID(acs_quirks[i].vendor, acs_quirks[i].first);
	return n;
}
