/* Installed kernels, and the images of each: see model/boot.h. */
#include <string.h>

#include "base/root.h"
#include "model/host.h"
#include "probe/boot.h"
#include "probe/platform_parts.h"

#define BUILTIN_MAX ((size_t)1024 * 1024)

/* Names of images and of initial RAM disks; %s is the release, or the name of the package where
 * one is known (Arch: "linux-lts"). */
static const char *const image_names[] = { "/boot/vmlinuz-%s", "/lib/modules/%s/vmlinuz" };
static const char *const initramfs_names[] = { "/boot/initrd.img-%s", "/boot/initramfs-%s.img",
					       "/boot/initrd-%s", "/boot/booster-%s.img" };

static const char *find_image(struct root *root, struct host *host, const char *const *names,
			      size_t n, const char *release)
{
	for (size_t i = 0; release && i < n; i++) {
		g_auto(GStrv) parts = g_strsplit(names[i], "%s", 2);
		g_autofree char *path = g_strjoinv(release, parts);
		if (root_look(root, path) == 0)
			return host_string(host, path);
	}
	return NULL;
}

static enum tri read_builtin(struct root *root, const char *release)
{
	g_autofree char *path = g_strdup_printf("/lib/modules/%s/modules.builtin", release);
	g_autofree char *text = root_read_all(root, path, BUILTIN_MAX, NULL, NULL);
	g_autofree char *found = text ? platform_trim_modules(text) : NULL;

	return !text ? TRI_UNKNOWN : *found ? TRI_YES : TRI_NO;
}

static bool is_kernel(struct root *root, const char *release)
{
	static const char *const proofs[] = { "modules.dep", "modules.builtin", "kernel" };

	for (size_t i = 0; i < G_N_ELEMENTS(proofs); i++) {
		g_autofree char *path = g_strdup_printf("/lib/modules/%s/%s", release, proofs[i]);
		if (root_look(root, path) == 0)
			return true;
	}
	return false;
}

/* The file that the preset of a package names; NULL: none, or it is not there. */
static const char *find_in_preset(struct root *root, struct host *host, const char *package,
				  const char *key)
{
	g_autofree char *preset = g_strdup_printf("/etc/mkinitcpio.d/%s.preset", package);
	const char *text = boot_text(&host->boot, preset);
	const char *path = text ? boot_value(host, text, key) : NULL;

	return path && *path == '/' && root_look(root, path) == 0 ? path : NULL;
}

/* Names by the package, as Arch and those after it have them. */
static void find_packaged(struct root *root, struct host *host, const char *package,
			  struct boot_kernel *kernel)
{
	const char *image = find_in_preset(root, host, package, "ALL_kver");
	const char *initramfs = find_in_preset(root, host, package, "default_image");

	if (!kernel->image || image)
		kernel->image = image ? image : find_image(root, host, image_names, 1, package);
	kernel->initramfs = initramfs ? initramfs
				      : find_image(root, host, initramfs_names,
						   G_N_ELEMENTS(initramfs_names), package);
}

static void add_kernel(struct root *root, struct host *host, const char *release, GArray *kernels)
{
	const char *running = host->platform.kernel.release;
	g_autofree char *base = g_strdup_printf("/lib/modules/%s/pkgbase", release);
	char package[128];
	bool named = root_read(root, base, package, sizeof(package)) > 0 &&
		     !strchr(g_strstrip(package), '/');
	struct boot_kernel kernel = {
		.release = host_string(host, release),
		.image = find_image(root, host, image_names, G_N_ELEMENTS(image_names), release),
		.vfio_builtin = read_builtin(root, release),
		.running = running && strcmp(running, release) == 0,
	};

	if (named)
		find_packaged(root, host, package, &kernel);
	else
		kernel.initramfs = find_image(root, host, initramfs_names,
					      G_N_ELEMENTS(initramfs_names), release);
	g_array_append_val(kernels, kernel);
}

void boot_probe_kernels(struct root *root, struct host *host)
{
	g_autoptr(GArray) kernels = g_array_new(FALSE, FALSE, sizeof(struct boot_kernel));
	g_autoptr(GPtrArray) names = NULL;

	if (root_list(root, "/lib/modules", &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++)
		if (is_kernel(root, names->pdata[i]))
			add_kernel(root, host, names->pdata[i], kernels);
	host->boot.kernels = host_keep(host, kernels);
	host->boot.n_kernels = kernels->len;
}
