/* The kernel that runs: release, command line, and whether vfio-pci is in it. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define DRIVER "/sys/bus/pci/drivers/vfio-pci" /* there too when it is built in */

#define MODULES_MAX (1024 * 1024) /* modules.builtin is some 30 kB */

void platform_probe_kernel(struct root *root, struct host *host)
{
	struct kernel *kernel = &host->platform.kernel;

	kernel->release = platform_line(root, host, "/proc/sys/kernel/osrelease");
	kernel->cmdline = platform_line(root, host, "/proc/cmdline");
}

static bool is_module(const char *line, size_t length, const char *module)
{
	size_t n = strlen(module);

	return length > n && line[length - n - 1] == '/' &&
	       memcmp(line + length - n, module, n) == 0;
}

char *platform_trim_modules(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *line;
	size_t length;

	while ((line = text_next_line(&text, &length)))
		if (is_module(line, length, "vfio-pci.ko"))
			g_string_append_printf(out, "%.*s\n", (int)length, line);
	return g_string_free(out, FALSE);
}

void platform_probe_builtin(struct root *root, struct host *host)
{
	struct kernel *kernel = &host->platform.kernel;

	if (kernel->vfio_pci == 'y')
		kernel->vfio_pci_builtin = TRI_YES;
	if (!kernel->release || strchr(kernel->release, '/'))
		return;
	g_autofree char *path = g_strdup_printf("/lib/modules/%s/modules.builtin", kernel->release);
	int error = ENOENT;
	g_autofree char *text = root_read_all(root, path, MODULES_MAX, NULL, &error);
	if (!text) {
		host_gap(host, path, error);
		return;
	}
	g_autofree char *found = platform_trim_modules(text);
	kernel->vfio_pci_builtin = *found || kernel->vfio_pci == 'y' ? TRI_YES : TRI_NO;
}

void platform_probe_loaded(struct root *root, struct host *host)
{
	if (root_exists(root, "/sys/module"))
		host->platform.kernel.vfio_pci_loaded =
			root_exists(root, "/sys/module/vfio_pci") || root_exists(root, DRIVER)
				? TRI_YES
				: TRI_NO;
}
