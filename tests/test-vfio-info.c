/* Decoding what VFIO answers: whole, cut off at every byte, in loops, out of range. */
#include <glib.h>
#include <linux/vfio.h>
#include <string.h>

#include "vfio/info.h"

/* ---- making answers ---- */

static void add(GByteArray *to, const void *data, size_t size)
{
	g_byte_array_append(to, data, (guint)size);
}

/* Appends a capability with its body; next is the offset of what follows it (0: the end). */
static void add_cap(GByteArray *to, uint16_t id, uint32_t next, const void *body, size_t size)
{
	struct vfio_info_cap_header header = { .id = id, .version = 1, .next = next };

	add(to, &header, sizeof(header));
	add(to, body, size);
}

#define HEAD ((uint32_t)sizeof(struct vfio_iommu_type1_info))

/* An answer of the IOMMU with two ranges and the number of mappings left. */
static GByteArray *make_iommu(uint32_t first, uint32_t second)
{
	struct vfio_iommu_type1_info head = {
		.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		.iova_pgsizes = 0x40201000,
		.cap_offset = first,
	};
	struct {
		uint32_t n, reserved;
		struct vfio_iova_range ranges[2];
	} ranges = { .n = 2, .ranges = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } } };
	uint32_t avail = 65535;
	GByteArray *bytes = g_byte_array_new();

	add(bytes, &head, sizeof(head));
	add_cap(bytes, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, second, &ranges, sizeof(ranges));
	add_cap(bytes, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 0, &avail, sizeof(avail));
	return bytes;
}

#define SECOND (HEAD + 8 + 8 + 32)

/* Decodes from memory of exactly that length: a sanitizer sees every byte too far. */
static void decode(const GByteArray *bytes, size_t length, struct vfio_iommu_facts *ret)
{
	g_autofree uint8_t *copy = g_malloc(length ? length : 1);

	memcpy(copy, bytes->data, length);
	vfio_iommu_decode((struct vfio_bytes){ copy, length }, ret);
}

/* ---- the IOMMU ---- */

static void test_iommu(void)
{
	g_autoptr(GByteArray) bytes = make_iommu(HEAD, SECOND);
	struct vfio_iommu_facts facts;

	decode(bytes, bytes->len, &facts);
	g_assert_false(facts.malformed);
	g_assert_true(facts.page_sizes_known);
	g_assert_cmphex(facts.page_sizes, ==, 0x40201000);
	g_assert_true(facts.ranges_known);
	g_assert_cmpuint(facts.n_ranges, ==, 2);
	g_assert_cmphex(facts.ranges[0].end, ==, 0xfedfffff);
	g_assert_cmphex(facts.ranges[1].start, ==, 0xfef00000);
	g_assert_cmpint(facts.dma_avail, ==, 65535);
}

static void test_iommu_truncated(void)
{
	g_autoptr(GByteArray) bytes = make_iommu(HEAD, SECOND);
	struct vfio_iommu_facts facts;

	for (size_t length = 0; length < bytes->len; length++) {
		decode(bytes, length, &facts);
		g_assert_true(facts.malformed);
		g_assert_cmpint(facts.dma_avail, ==, -1);
		g_assert_true(facts.ranges_known == (length >= HEAD + 16));
	}
}

/* What stands before the bad link is still known. */
static void test_iommu_links(void)
{
	static const uint32_t bad[] = { HEAD, SECOND + 5, 4000, UINT32_MAX, UINT32_MAX - 7 };
	struct vfio_iommu_facts facts;

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GByteArray) bytes = make_iommu(HEAD, bad[i]);
		decode(bytes, bytes->len, &facts);
		g_assert_true(facts.malformed);
		g_assert_cmpuint(facts.n_ranges, ==, 2);
		g_assert_cmpint(facts.dma_avail, ==, -1);
		g_autoptr(GByteArray) first = make_iommu(bad[i], SECOND);
		decode(first, first->len, &facts);
		g_assert_true(facts.malformed == (bad[i] != HEAD));
	}
}

/* Without the flag there is no chain, whatever stands in its place. */
static void test_iommu_plain(void)
{
	struct vfio_iommu_type1_info head = { .flags = VFIO_IOMMU_INFO_PGSIZES,
					      .iova_pgsizes = 0x1000,
					      .cap_offset = 77 };
	struct vfio_iommu_facts facts;
	struct vfio_bytes info = { (const uint8_t *)&head,
				   offsetof(struct vfio_iommu_type1_info, cap_offset) };

	vfio_iommu_decode(info, &facts);
	g_assert_false(facts.malformed);
	g_assert_false(facts.ranges_known);
	g_assert_cmphex(facts.page_sizes, ==, 0x1000);
}

static void test_iommu_counts(void)
{
	g_autoptr(GByteArray) bytes = make_iommu(HEAD, SECOND);
	uint32_t huge = UINT32_MAX;
	struct vfio_iommu_facts facts;

	memcpy(bytes->data + HEAD + 8, &huge, sizeof(huge));
	decode(bytes, bytes->len, &facts);
	g_assert_true(facts.malformed);
	g_assert_cmpuint(facts.n_ranges, <=, VFIO_MAX_RANGES);
	/* A range that ends before it starts is none. */
	g_autoptr(GByteArray) turned = make_iommu(HEAD, SECOND);
	uint64_t start = UINT64_MAX;
	memcpy(turned->data + HEAD + 16, &start, sizeof(start));
	decode(turned, turned->len, &facts);
	g_assert_true(facts.malformed);
	g_assert_cmpuint(facts.n_ranges, ==, 0);
}

static void test_random(void)
{
	for (int i = 0; i < 20000; i++) {
		g_autoptr(GByteArray) bytes = make_iommu(HEAD, SECOND);
		struct vfio_iommu_facts facts;
		struct vfio_region region;
		struct vfio_dependent dependent;
		for (int n = g_test_rand_int_range(1, 12); n > 0; n--)
			bytes->data[g_test_rand_int_range(0, (gint32)bytes->len)] =
				(uint8_t)g_test_rand_int();
		size_t length = (size_t)g_test_rand_int_range(0, (gint32)bytes->len + 1);
		decode(bytes, length, &facts);
		g_assert_cmpuint(facts.n_ranges, <=, VFIO_MAX_RANGES);
		struct vfio_bytes info = { bytes->data, length };
		if (vfio_region_decode(info, &region))
			g_assert_cmpuint(region.n_areas, <=, VFIO_MAX_AREAS);
		if (vfio_dependent_decode(info, 3, &dependent))
			g_assert_cmpuint(dependent.addr.function, <=, 7);
	}
}

/* ---- addresses for DMA ---- */

static void test_iova(void)
{
	const uint64_t big = UINT64_C(2) << 20;
	struct vfio_iommu_facts facts = { .ranges_known = true };
	uint64_t iova = 0;

	g_assert_false(vfio_iova_pick(&facts, 4096, &iova));
	facts.ranges[facts.n_ranges++] = (struct iova_range){ 0, 0x1fffff };
	g_assert_true(vfio_iova_pick(&facts, 4096, &iova));
	g_assert_cmphex(iova, ==, 0x100000);
	g_assert_false(vfio_iova_pick(&facts, big, &iova));
	facts.ranges[facts.n_ranges++] = (struct iova_range){ 0x300001, 0x5fffff };
	g_assert_true(vfio_iova_pick(&facts, big, &iova));
	g_assert_cmphex(iova, ==, 0x400000);
	/* At the end of all addresses nothing wraps around. */
	facts.n_ranges = 1;
	facts.ranges[0] = (struct iova_range){ UINT64_MAX - 0x1000, UINT64_MAX };
	g_assert_false(vfio_iova_pick(&facts, big, &iova));
	facts.ranges_known = false;
	g_assert_true(vfio_iova_pick(&facts, big, &iova));
	g_assert_cmphex(iova, ==, big);
}

/* ---- regions ---- */

static GByteArray *make_region(uint32_t areas, uint64_t offset, uint64_t size)
{
	struct vfio_region_info head = {
		.index = 4,
		.size = 0x10000,
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			 VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		.cap_offset = sizeof(struct vfio_region_info),
	};
	struct {
		uint32_t n, reserved;
		struct vfio_region_sparse_mmap_area area;
	} body = { .n = areas, .area = { offset, size } };
	GByteArray *bytes = g_byte_array_new();

	add(bytes, &head, sizeof(head));
	add_cap(bytes, VFIO_REGION_INFO_CAP_SPARSE_MMAP, 0, &body, sizeof(body));
	return bytes;
}

static void test_region(void)
{
	struct vfio_region region;
	struct vfio_area area;
	char buf[16];

	g_autoptr(GByteArray) good = make_region(1, 0x2000, 0xe000);
	g_assert_true(vfio_region_decode((struct vfio_bytes){ good->data, good->len }, &region));
	g_assert_cmpstr(vfio_region_name(region.index, buf), ==, "bar4");
	g_assert_true(region.sparse);
	g_assert_true(vfio_region_mapping(&region, &area));
	g_assert_cmphex(area.offset, ==, 0x2000);
	g_assert_cmphex(area.size, ==, 0xe000);
	/* No area: nothing can be mapped, though the flag is there. */
	g_autoptr(GByteArray) none = make_region(0, 0, 0);
	g_assert_true(vfio_region_decode((struct vfio_bytes){ none->data, none->len }, &region));
	g_assert_false(vfio_region_mapping(&region, &area));
	/* An area outside of the region is none. */
	g_autoptr(GByteArray) outside = make_region(1, 0x2000, 0xe001);
	g_assert_true(
		vfio_region_decode((struct vfio_bytes){ outside->data, outside->len }, &region));
	g_assert_true(region.malformed);
	g_assert_false(vfio_region_mapping(&region, &area));
	g_assert_false(vfio_region_decode((struct vfio_bytes){ good->data, 31 }, &region));
	g_assert_cmpstr(vfio_region_name(12, buf), ==, "region12");
}

static void test_region_without_chain(void)
{
	struct vfio_region_info head = { .size = 4096, .flags = VFIO_REGION_INFO_FLAG_MMAP };
	struct vfio_region region;
	struct vfio_area area;

	g_assert_true(
		vfio_region_decode((struct vfio_bytes){ (const uint8_t *)&head, sizeof(head) },
				   &region));
	g_assert_true(vfio_region_mapping(&region, &area));
	g_assert_cmpuint(area.offset, ==, 0);
	g_assert_cmpuint(area.size, ==, 4096);
}

/* ---- bus reset ---- */

static void test_dependents(void)
{
	struct vfio_pci_hot_reset_info head = { .count = 5 };
	struct vfio_pci_dependent_device two[] = {
		{ .group_id = 7, .segment = 0, .bus = 1, .devfn = 0x00 },
		{ .group_id = 8, .segment = 1, .bus = 2, .devfn = 0xff },
	};
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct vfio_dependent dependent;

	add(bytes, &head, sizeof(head));
	add(bytes, two, sizeof(two));
	struct vfio_bytes info = { bytes->data, bytes->len };
	g_assert_true(vfio_dependent_decode(info, 1, &dependent));
	g_assert_cmpint(dependent.group, ==, 8);
	g_assert_cmpuint(dependent.addr.domain, ==, 1);
	g_assert_cmpuint(dependent.addr.slot, ==, 31);
	g_assert_cmpuint(dependent.addr.function, ==, 7);
	/* It says five; there are two. */
	g_assert_false(vfio_dependent_decode(info, 2, &dependent));
	info.length--;
	g_assert_false(vfio_dependent_decode(info, 1, &dependent));
	g_assert_true(vfio_dependent_decode(info, 0, &dependent));
	g_assert_false(vfio_dependent_decode((struct vfio_bytes){ 0 }, 0, &dependent));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vfio-info/iommu", test_iommu);
	g_test_add_func("/vfio-info/iommu/truncated", test_iommu_truncated);
	g_test_add_func("/vfio-info/iommu/links", test_iommu_links);
	g_test_add_func("/vfio-info/iommu/plain", test_iommu_plain);
	g_test_add_func("/vfio-info/iommu/counts", test_iommu_counts);
	g_test_add_func("/vfio-info/random", test_random);
	g_test_add_func("/vfio-info/iova", test_iova);
	g_test_add_func("/vfio-info/region", test_region);
	g_test_add_func("/vfio-info/region/without-chain", test_region_without_chain);
	g_test_add_func("/vfio-info/dependents", test_dependents);
	return g_test_run();
}
