/* The processor by /proc/cpuinfo: the first one of it, which stands for all. The kernel takes flags
 * away that the firmware has locked, so "no" here and "yes" by CPUID is the firmware's doing. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define CPUINFO     "/proc/cpuinfo"
#define CPUINFO_MAX (16 * 1024) /* far more than the first processor takes… */
#define CPUINFO_ONE (4 * 1024)  /* … which mostly fits in here: the kernel asks every one shown */

/* Arm Architecture Reference Manual, MIDR_EL1.Implementer. */
static const struct {
	const char *code;
	const char *name;
} implementers[] = {
	{ "0x41", "ARM" },     { "0x42", "Broadcom" },  { "0x43", "Cavium" },
	{ "0x46", "Fujitsu" }, { "0x48", "HiSilicon" }, { "0x4e", "NVIDIA" },
	{ "0x50", "APM" },     { "0x51", "Qualcomm" },  { "0x53", "Samsung" },
	{ "0x61", "Apple" },   { "0x6d", "Microsoft" }, { "0x70", "Phytium" },
	{ "0xc0", "Ampere" },
};

static const char *implementer_name(const char *code, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(implementers); i++)
		if (strlen(implementers[i].code) == length &&
		    memcmp(implementers[i].code, code, length) == 0)
			return implementers[i].name;
	return NULL;
}

/* ---- one function per line of cpuinfo ---- */

struct cpuinfo {
	struct host *host;
	struct cpu *cpu;
};

static void read_vendor(struct cpuinfo *info, const char *value, size_t length)
{
	static const char *const x86[] = { "GenuineIntel", "AuthenticAMD", "HygonGenuine",
					   "CentaurHauls", "Shanghai" };

	info->cpu->vendor = host_string_n(info->host, value, length);
	for (size_t i = 0; i < G_N_ELEMENTS(x86); i++)
		if (strcmp(info->cpu->vendor, x86[i]) == 0)
			info->cpu->x86 = true;
}

static void read_implementer(struct cpuinfo *info, const char *value, size_t length)
{
	const char *name = implementer_name(value, length);

	info->cpu->vendor = name ? name : host_string_n(info->host, value, length);
}

static void read_model(struct cpuinfo *info, const char *value, size_t length)
{
	/* Some are padded inside: "Intel(R) Xeon(R) CPU           X7550  @ 2.00GHz". */
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < length; i++)
		if (value[i] != ' ' || text->len == 0 || text->str[text->len - 1] != ' ')
			g_string_append_c(text, value[i]);
	info->cpu->model_name = host_string(info->host, text->str);
}

static enum tri has_flag(const char *flags, size_t length, const char *flag)
{
	size_t n = strlen(flag);

	for (size_t at = 0; at < length;) {
		size_t end = at;
		while (end < length && flags[end] != ' ')
			end++;
		if (end - at == n && memcmp(flags + at, flag, n) == 0)
			return TRI_YES;
		at = end + 1;
	}
	return TRI_NO;
}

static void read_flags(struct cpuinfo *info, const char *value, size_t length)
{
	info->cpu->x86 = true;
	info->cpu->flag_vmx = has_flag(value, length, "vmx");
	info->cpu->flag_svm = has_flag(value, length, "svm");
	info->cpu->hypervisor = has_flag(value, length, "hypervisor");
	info->cpu->pdpe1gb = has_flag(value, length, "pdpe1gb");
}

/* "39 bits physical, 48 bits virtual" */
static void read_sizes(struct cpuinfo *info, const char *value, size_t length)
{
	g_autofree char *text = g_strndup(value, length);
	g_auto(GStrv) words = g_strsplit(text, " ", 2);
	uint32_t bits;

	if (words[0] && text_to_u32(words[0], 10, 64, &bits))
		info->cpu->phys_bits = (int)bits;
}

static const struct {
	const char *key;
	void (*read)(struct cpuinfo *info, const char *value, size_t length);
} keys[] = {
	{ "vendor_id", read_vendor }, { "CPU implementer", read_implementer },
	{ "model name", read_model }, { "Model Name", read_model }, /* LoongArch */
	{ "uarch", read_model },                                    /* RISC-V */
	{ "cpu", read_model },                                      /* POWER */
	{ "flags", read_flags },      { "address sizes", read_sizes },
};

static void read_line(struct cpuinfo *info, const char *line, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		size_t n;
		const char *value = platform_value(line, length, keys[i].key, &n);
		if (!value)
			continue;
		info->cpu->arch_known = true;
		if (n > 0)
			keys[i].read(info, value, n);
	}
}

/* Reads as much of cpuinfo as its first processor takes, at most CPUINFO_MAX bytes. */
static ssize_t read_first(struct root *root, char *text)
{
	ssize_t r = root_read(root, CPUINFO, text, CPUINFO_ONE);

	if (r == CPUINFO_ONE - 1 && !strstr(text, "\n\n"))
		r = root_read(root, CPUINFO, text, CPUINFO_MAX);
	return r;
}

void platform_probe_cpu(struct root *root, struct host *host)
{
	struct cpuinfo info = { host, &host->platform.cpu };
	g_autofree char *text = g_malloc(CPUINFO_MAX);
	ssize_t r = read_first(root, text);
	const char *cursor = text, *line;
	size_t length, ignored;
	bool processor = false;

	if (r < 0) {
		host_gap(host, CPUINFO, (int)-r);
		return;
	}
	while ((line = text_next_line(&cursor, &length))) {
		if (length == 0 && processor)
			return;
		processor |= platform_value(line, length, "processor", &ignored) != NULL;
		read_line(&info, line, length);
	}
}
