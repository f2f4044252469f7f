/* How the kernel was built, from wherever the distribution keeps its configuration. Only the
 * symbols of the table are looked at, and only they are recorded. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/gunzip.h"
#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define CONFIG_MAX (4 * 1024 * 1024)

static const struct {
	const char *name;
	size_t offset; /* in struct kernel */
} symbols[] = {
	{ "CONFIG_AMD_IOMMU", offsetof(struct kernel, amd_iommu) },
	{ "CONFIG_INTEL_IOMMU", offsetof(struct kernel, intel_iommu) },
	{ "CONFIG_INTEL_IOMMU_DEFAULT_OFF", offsetof(struct kernel, intel_default_off) },
	{ "CONFIG_INTEL_IOMMU_DEFAULT_ON", offsetof(struct kernel, intel_default_on) },
	{ "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF",
	  offsetof(struct kernel, intel_default_igpu_off) },
	{ "CONFIG_IOMMUFD", offsetof(struct kernel, iommufd) },
	{ "CONFIG_IRQ_REMAP", offsetof(struct kernel, irq_remap) },
	{ "CONFIG_VFIO_DEVICE_CDEV", offsetof(struct kernel, vfio_cdev) },
	{ "CONFIG_VFIO_NOIOMMU", offsetof(struct kernel, vfio_noiommu) },
	{ "CONFIG_VFIO_PCI", offsetof(struct kernel, vfio_pci) },
	{ "CONFIG_VIRTIO_IOMMU", offsetof(struct kernel, virtio_iommu) },
};

/* %s: the release. */
static const struct {
	const char *path;
	bool packed;
} places[] = {
	{ "/boot/config-%s", false },
	{ "/lib/modules/%s/config", false },
	{ "/usr/lib/modules/%s/config", false },
	{ "/proc/config.gz", true },
};

static int find_symbol(const char *name, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++)
		if (strlen(symbols[i].name) == length && memcmp(symbols[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

/* Reads the lines "CONFIG_NAME=y" into values; what has no such line is not set: 'n'. False when
 * there is no line of a configuration at all. */
static bool read_symbols(const char *text, char values[G_N_ELEMENTS(symbols)])
{
	const char *line;
	size_t length;
	bool any = false;

	memset(values, 'n', G_N_ELEMENTS(symbols));
	while ((line = text_next_line(&text, &length))) {
		if (strncmp(line, "CONFIG_", 7) != 0) {
			any |= strncmp(line, "# CONFIG_", 9) == 0;
			continue;
		}
		any = true;
		const char *equals = memchr(line, '=', length);
		int i = equals ? find_symbol(line, (size_t)(equals - line)) : -1;
		if (i >= 0 && (equals[1] == 'y' || equals[1] == 'm'))
			values[i] = equals[1];
	}
	return any;
}

char *platform_trim_config(const char *text)
{
	char values[G_N_ELEMENTS(symbols)];

	if (!read_symbols(text, values))
		return NULL;
	GString *out = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++) {
		if (values[i] == 'n')
			g_string_append_printf(out, "# %s is not set\n", symbols[i].name);
		else
			g_string_append_printf(out, "%s=%c\n", symbols[i].name, values[i]);
	}
	return g_string_free(out, FALSE);
}

static char *read_place(struct root *root, const char *path, bool packed)
{
	size_t length;
	g_autofree char *data = root_read_all(root, path, CONFIG_MAX, &length, NULL);

	if (!data)
		return NULL;
	g_autofree char *text = packed ? gunzip(data, length, CONFIG_MAX) : g_steal_pointer(&data);
	return text ? platform_trim_config(text) : NULL;
}

/* "path=/boot/config-6.1.0\n" and the lines that matter, from the first place that has them. */
static char *find_config(struct root *root)
{
	char buf[256];
	ssize_t n = root_read(root, "/proc/sys/kernel/osrelease", buf, sizeof(buf));
	char *release = n > 0 ? g_strstrip(buf) : NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		bool has_release = strchr(places[i].path, '%') != NULL;
		if (has_release && (!release || !*release || strchr(release, '/')))
			continue;
		g_auto(GStrv) parts = g_strsplit(places[i].path, "%s", 2);
		g_autofree char *path = g_strjoinv(has_release ? release : "", parts);
		g_autofree char *config = read_place(root, path, places[i].packed);
		if (config)
			return g_strdup_printf("path=%s\n%s", path, config);
	}
	return NULL;
}

void platform_probe_config(struct root *root, struct host *host)
{
	struct kernel *kernel = &host->platform.kernel;
	char values[G_N_ELEMENTS(symbols)];
	g_autofree char *text = root_digest(root, "kernel-config", find_config);
	size_t length;

	const char *path = text ? text_uevent(text, "path", &length) : NULL;
	if (!path || !read_symbols(text, values))
		return;
	kernel->config = host_string_n(host, path, length);
	for (size_t i = 0; i < G_N_ELEMENTS(symbols); i++)
		*((char *)kernel + symbols[i].offset) = values[i];
}
