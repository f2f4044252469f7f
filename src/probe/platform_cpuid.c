/* The processor by its own CPUID instruction, which firmware cannot make lie about virtualisation.
 * Asked on the live machine only; a recording carries the answer. */
#include <stdlib.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* Intel SDM vol. 2A and AMD APM vol. 3, CPUID: leaf 1 ECX 5 VMX, ECX 31 hypervisor; leaf 80000001
 * ECX 2 SVM, EDX 26 pages of 1 GiB; leaf 80000008 EAX 7:0 physical address bits. */
static char *ask_cpuid(struct root *root)
{
	unsigned eax, ebx, ecx, edx;
	unsigned basic[3] = { 0 }, features, more[2] = { 0 }, sizes = 0;

	if (!__get_cpuid(0, &eax, &basic[0], &basic[2], &basic[1]) ||
	    !__get_cpuid(1, &eax, &ebx, &features, &edx))
		return NULL;
	if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) {
		more[0] = ecx;
		more[1] = edx;
	}
	if (__get_cpuid(0x80000008, &eax, &ebx, &ecx, &edx))
		sizes = eax & 0xff;
	return g_strdup_printf("vendor=%.12s\nvmx=%u\nsvm=%u\nhypervisor=%u\npdpe1gb=%u\n"
			       "phys_bits=%u\n",
			       (const char *)basic, features >> 5 & 1, more[0] >> 2 & 1,
			       features >> 31 & 1, more[1] >> 26 & 1, sizes);
}
#else
static char *ask_cpuid(struct root *root)
{
	return NULL;
}
#endif

static enum tri read_tri(const char *text, const char *key)
{
	size_t length;
	const char *value = text_uevent(text, key, &length);

	if (!value || length != 1 || (*value != '0' && *value != '1'))
		return TRI_UNKNOWN;
	return *value == '1' ? TRI_YES : TRI_NO;
}

static enum tri either(enum tri a, enum tri b)
{
	if (a == TRI_YES || b == TRI_YES)
		return TRI_YES;
	return a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_NO;
}

/* What /proc/cpuinfo has said goes first: that is what the kernel goes by. */
static void fill_in(struct host *host, const char *text)
{
	struct cpu *cpu = &host->platform.cpu;
	size_t length;
	const char *value = text_uevent(text, "vendor", &length);

	if (value && !cpu->vendor)
		cpu->vendor = host_string_n(host, value, length);
	if (cpu->hypervisor == TRI_UNKNOWN)
		cpu->hypervisor = read_tri(text, "hypervisor");
	if (cpu->pdpe1gb == TRI_UNKNOWN)
		cpu->pdpe1gb = read_tri(text, "pdpe1gb");
	value = text_uevent(text, "phys_bits", &length);
	if (value && cpu->phys_bits < 0 && g_ascii_isdigit(*value))
		cpu->phys_bits = (int)MIN(strtoul(value, NULL, 10), 64);
	if (cpu->phys_bits == 0)
		cpu->phys_bits = -1;
}

void platform_probe_cpuid(struct root *root, struct host *host)
{
	g_autofree char *text = root_fact(root, "cpuid", ask_cpuid);

	if (!text)
		return;
	host->platform.cpu.x86 = true;
	host->platform.cpu.arch_known = true;
	host->platform.cpu.cpuid_virt = either(read_tri(text, "vmx"), read_tri(text, "svm"));
	fill_in(host, text);
}
