/* Memory: of guests, huge pages, what may be locked, and windows for large BARs. */
#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"
#include "model/packages.h"
#include "rules/exam.h"
#include "rules/see.h"
#include "rules/tables.h"

static const char *sysfs_pool(uint64_t size, char buf[80])
{
	g_snprintf(buf, 80, "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
		   size / 1024);
	return buf;
}

/* The pool of that size of the whole machine; NULL: there is none. */
static const struct hugepages *find_pool(const struct host *host, uint64_t size)
{
	for (unsigned i = 0; i < host->platform.memory.n_pools; i++) {
		const struct hugepages *pool = &host->platform.memory.pools[i];
		if (pool->node < 0 && pool->size == size)
			return pool;
	}
	return NULL;
}

/* The size that pages have which are asked for without one. */
static uint64_t default_size(const struct host *host)
{
	const char *cmdline = host->platform.kernel.cmdline;

	return cmdline && cmdline_has(cmdline, "default_hugepagesz=1G") ? GIB : 2 * MIB;
}

/* ---- huge pages ---- */

static void judge_pool_of(struct exam *exam, const struct domain *domain)
{
	uint64_t size = domain->page_size > 0 ? domain->page_size : default_size(exam->host);
	const struct hugepages *pool = find_pool(exam->host, size);
	uint64_t wanted = (domain->memory + size - 1) / size;
	char path[80];

	if (!domain->hugepages || domain->memory == 0 || domain->running == TRI_YES)
		return;
	if (exam->host->platform.memory.n_pools == 0 || (pool && pool->free < 0)) {
		exam_unknown(exam, domain->name, "/sys/kernel/mm/hugepages",
			     "Whether there are huge pages for the guest is not known.");
		return;
	}
	int64_t there = pool ? pool->free : 0;
	if ((uint64_t)there >= wanted)
		return;
	struct finding *finding = exam_fail(exam, domain->name,
					    "The guest needs %" PRIu64 " huge pages of %s, and "
					    "%" PRId64 " are free.",
					    wanted, size >= GIB ? "1 GiB" : "2 MiB", there);
	finding_evidence(finding, "%s: %s, %" PRIu64 " MiB", domain->path,
			 domain->page_size ? "page size given" : "<hugepages/> without a size",
			 domain->memory / MIB);
	finding_evidence(finding, "%s: %" PRId64 ", free %" PRId64, sysfs_pool(size, path),
			 pool ? pool->total : 0, there);
	finding_cause(finding, "The pool is not reserved, too small, or of another page size than "
			       "the guest asks for.");
	int64_t total = pool ? pool->total : 0;
	finding_fix(finding, "echo %" PRIu64 " > %s", (uint64_t)(total - there) + wanted, path);
	finding_fix(finding, "# If fewer are there afterwards, memory is in pieces: restart, or "
			     "reserve them on the kernel's command line.");
}

static void judge_pool(struct exam *exam)
{
	const struct host *host = exam->host;

	if (exam->domain) {
		judge_pool_of(exam, exam->domain);
		return;
	}
	for (unsigned i = 0; i < host->domains.n; i++)
		judge_pool_of(exam, &host->domains.list[i]);
}

static bool any_uses_pages(const struct host *host)
{
	for (unsigned i = 0; i < host->domains.n; i++)
		if (host->domains.list[i].hugepages)
			return true;
	return false;
}

static void judge_leak(struct exam *exam)
{
	const struct memory *memory = &exam->host->platform.memory;

	if (any_uses_pages(exam->host))
		exam_settle(exam);
	if (exam->settled || !exam->host->domains.known)
		return;
	for (unsigned i = 0; i < memory->n_pools; i++) {
		const struct hugepages *pool = &memory->pools[i];
		char path[80];
		if (pool->node < 0 && pool->total != 0 && (pool->total < 0 || pool->free < 0))
			exam_unknown(exam, NULL, "/sys/kernel/mm/hugepages",
				     "Whether huge pages are in use is not known.");
		if (pool->node >= 0 || pool->total <= 0 || pool->free != pool->total)
			continue;
		struct finding *finding =
			exam_warn(exam, NULL,
				  "%" PRId64 " huge pages (%" PRIu64 " MiB) are kept free, and no "
				  "guest is defined that uses them.",
				  pool->total, (uint64_t)pool->total * pool->size / MIB);
		finding_evidence(finding, "%s: %" PRId64, sysfs_pool(pool->size, path),
				 pool->total);
		finding_cause(finding, "Reserved pages are lost to everything else, also while no "
				       "guest runs.");
		finding_fix(finding, "echo 0 > %s", path);
	}
}

/* ---- memory ---- */

/* A guest with devices has all its memory locked from the start. */
static void judge_ram(struct exam *exam)
{
	const struct host *host = exam->host;
	const struct domain *domain = exam->domain;
	const struct memory *memory = &host->platform.memory;

	if (domain->running == TRI_YES || domain->hugepages || domain->n_pci == 0)
		return;
	if (memory->available == 0 || domain->memory == 0) {
		exam_unknown(exam, domain->name, "/proc/meminfo",
			     "Whether there is memory for the guest is not known.");
		return;
	}
	if (domain->memory <= memory->available)
		return;
	struct finding *finding = exam_fail(exam, domain->name,
					    "The guest needs %" PRIu64 " MiB at once, and "
					    "%" PRIu64 " MiB are available.",
					    domain->memory / MIB, memory->available / MIB);
	finding_evidence(finding, "/proc/meminfo: MemAvailable %" PRIu64 " kB",
			 memory->available / 1024);
	finding_evidence(finding, "%s: memory %" PRIu64 " MiB", domain->path, domain->memory / MIB);
	finding_cause(finding, "A device can reach all memory of its guest at any time, so it is "
			       "locked as a whole and cannot be swapped.");
	finding_fix(finding, "virsh edit %s", domain->name);
	finding_fix(finding, "# Give it less memory, or end what else uses memory.");
}

/* "Max locked memory  8388608  8388608  bytes": the soft limit; G_MAXUINT64: none. */
static bool read_limit(const struct host *host, uint64_t *ret)
{
	const char *text = setting_text(host, "/proc/self/limits");
	const char *at = text ? strstr(text, "Max locked memory") : NULL;

	if (!at)
		return false;
	at += strlen("Max locked memory");
	at += strspn(at, " ");
	if (g_str_has_prefix(at, "unlimited")) {
		*ret = G_MAXUINT64;
		return true;
	}
	g_autofree char *number = g_strndup(at, strspn(at, "0123456789"));
	return text_to_u64(number, 10, ret);
}

/* libvirt sets the limit of its guests itself, and Proxmox runs them as root: this is about QEMU
 * run by hand. */
static void judge_memlock(struct exam *exam)
{
	const struct host *host = exam->host;
	uint64_t limit;

	if (package_role_there(&host->boot, ROLE_LIBVIRT) == TRI_YES || host->domains.n > 0 ||
	    !package_role_wanted(&host->boot, ROLE_LIBVIRT) ||
	    package_role_there(&host->boot, ROLE_QEMU) == TRI_NO) {
		exam_settle(exam);
		return;
	}
	if (!read_limit(host, &limit)) {
		exam_unknown(exam, NULL, "/proc/self/limits",
			     "How much memory may be locked is not known.");
		return;
	}
	if (limit >= GIB)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "Users may lock %" PRIu64 " MiB of memory only, too little for any "
			  "guest with a device.",
			  limit / MIB);
	finding_evidence(finding, "/proc/self/limits: Max locked memory %" PRIu64, limit);
	finding_cause(finding, "QEMU, run as a user, must lock all memory of the guest; libvirt "
			       "would raise the limit by itself.");
	finding_fix(finding,
		    "echo '@kvm - memlock %" PRIu64 "' > /etc/security/limits.d/vfiokit.conf",
		    (host->platform.memory.total ? host->platform.memory.total : 16 * GIB) / 1024);
	finding_fix(finding, "# Log in again, as a member of the group kvm.");
}

#define DMA_ENTRIES 65535 /* default (kernel: drivers/vfio/vfio_iommu_type1.c) */

static void judge_entries(struct exam *exam)
{
	const char *path = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit";
	char buf[SETTING_LINE];
	const char *line = setting_line(exam->host, path, buf);
	uint64_t limit;

	if (!line || !text_to_u64(line, 10, &limit) || limit >= DMA_ENTRIES)
		return;
	struct finding *finding =
		exam_warn(exam, NULL, "A guest may have %" PRIu64 " DMA mappings only.", limit);
	evidence_setting(finding, exam->host, path);
	finding_cause(finding, "Guests with an IOMMU of their own, and with many devices, need "
			       "tens of thousands.");
	finding_fix(finding, "echo %d > %s", DMA_ENTRIES, path);
}

/* ---- windows ---- */

static uint64_t round_up_power(uint64_t size)
{
	uint64_t power = 1;

	while (power < size && power < 1ULL << 62)
		power <<= 1;
	return power;
}

static uint64_t large_bars(const struct exam *exam)
{
	uint64_t sum = 0;
	unsigned index = 0;
	int pci;

	while ((pci = next_chosen(exam, &index)) >= 0) {
		const struct pci_detail *detail = exam->host->pci[pci].detail;
		for (int i = 0; detail && i < PCI_N_BARS; i++)
			if (detail->bars[i].is_64bit && detail->bars[i].prefetchable &&
			    detail->bars[i].size <= 1ULL << 48)
				sum += round_up_power(detail->bars[i].size);
	}
	return sum;
}

/* The guest's firmware keeps an eighth of the address space for BARs (edk2: PlatformInitLib). */
static void judge_window(struct exam *exam)
{
	int bits = exam->host->platform.cpu.phys_bits;
	uint64_t needed = large_bars(exam);

	if (needed < GIB)
		return;
	if (exam->host->platform.cpu.arch_known && !exam->host->platform.cpu.x86) {
		exam_settle(exam); /* that firmware takes the window from QEMU */
		return;
	}
	if (bits <= 0) {
		exam_unknown(exam, NULL, "/proc/cpuinfo",
			     "How many address bits the processor has is not known.");
		return;
	}
	uint64_t window = (uint64_t)1 << MIN(bits - 3, 46);
	if (needed < window)
		return;
	struct finding *finding =
		exam_warn(exam, NULL,
			  "The devices have %" PRIu64 " GiB of large BARs, and the window for them "
			  "in a guest is %" PRIu64 " GiB at most.",
			  needed / GIB, window / GIB);
	finding_evidence(finding, "/proc/cpuinfo: address sizes: %d bits physical", bits);
	finding_cause(finding, "The guest's firmware keeps an eighth of the processor's address "
			       "space for them; what does not fit stays without memory (Windows: "
			       "Code 12).");
	finding_fix(finding,
		    "# Switch off \"Re-Size BAR\" in the firmware setup, or give the guest "
		    "fewer devices.");
}

const struct rule rules_memory[] = {
	{
		.id = "hugepages-pool",
		.title = "Are there huge pages for the guest?",
		.reads = "/sys/kernel/mm/hugepages, definitions, /proc/cmdline",
		.explain = "A guest that asks for huge pages starts only when enough of that size "
			   "are free. <hugepages/> without a size means the default size, 2 MiB "
			   "unless default_hugepagesz= says otherwise: pages of 1 GiB in the pool "
			   "do not count then.",
		.good = "There are enough huge pages, or no guest asks for them.",
		.see = SEE_HUGEPAGES,
		.ground = "/sys/kernel",
		.needs = PROBE_MACHINE | PROBE_DOMAINS,
		.sets = RULE_DOCTOR,
		.judge = judge_pool,
	},
	{
		.id = "hugepages-leak",
		.title = "Are huge pages kept for nobody?",
		.reads = "/sys/kernel/mm/hugepages, definitions",
		.explain = "A pool that was reserved for a guest stays reserved when the guest is "
			   "gone.",
		.good = "No huge pages are kept for nobody.",
		.see = SEE_HUGEPAGES,
		.ground = "/sys/kernel",
		.needs = PROBE_MACHINE | PROBE_DOMAINS,
		.sets = RULE_DOCTOR,
		.judge = judge_leak,
	},
	{
		.id = "ram-overcommit",
		.title = "Is there memory for the guest?",
		.reads = "/proc/meminfo, the definition",
		.explain = "A guest with a device has all its memory locked when it starts. There "
			   "is no balloon and no swap for it.",
		.good = "There is memory for the guest.",
		.see = SEE_LIBVIRT,
		.needs = PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.of_domain = true,
		.judge = judge_ram,
	},
	{
		.id = "memlock",
		.title = "May QEMU lock the guest's memory?",
		.reads = "/proc/self/limits",
		.explain = "libvirt raises the limit for its guests. QEMU that is run by a user "
			   "fails with \"cannot allocate memory\" (-12) where the limit is below "
			   "the guest's memory and a gibibyte more.",
		.good = "Enough memory may be locked, or libvirt sees to it.",
		.see = SEE_DEBUG,
		.after = "devices-chosen",
		.needs = PROBE_SETTINGS | PROBE_MACHINE,
		.sets = RULE_DOCTOR,
		.judge = judge_memlock,
	},
	{
		.id = "dma-entry-limit",
		.title = "May a guest have enough DMA mappings?",
		.reads = "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
		.explain = "The limit keeps one guest from filling the kernel's memory with "
			   "mappings. The default of 65535 is enough for nearly all.",
		.good = "The limit of DMA mappings is the default, or higher.",
		.see = SEE_DEBUG,
		.ground = "/sys/module",
		.needs = PROBE_SETTINGS,
		.sets = RULE_DOCTOR,
		.judge = judge_entries,
	},
	{
		.id = "mmio64-window",
		.title = "Do the large BARs fit into a guest?",
		.reads = "resource, /proc/cpuinfo",
		.explain = "Cards with much memory show all of it in one BAR. The guest's firmware "
			   "has a window for such BARs, as large as the processor's address bits "
			   "allow; <maxphysaddr mode='passthrough'/> makes it as large as it can "
			   "be.",
		.good = "The BARs of what is meant for guests fit.",
		.see = SEE_CODE_43,
		.after = "devices-chosen",
		.needs = PROBE_DETAIL,
		.sets = RULE_DOCTOR,
		.judge = judge_window,
	},
	{ 0 },
};
