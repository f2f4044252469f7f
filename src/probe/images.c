/* See images.h. Recorded for each image: a line for each name, or "! WHY" where it is not known. */
#include "probe/images.h"

#include <string.h>

#include "base/initrd.h"
#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

static char *ask_image(struct root *root, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) names = initrd_list(root, path, &error);
	GString *text = g_string_new(NULL);

	if (!names)
		g_string_append_printf(text, "! %s\n", error->message);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *clean = text_printable(name, strlen(name));
		if (strstr(clean, "vfio"))
			g_string_append_printf(text, "%s\n", clean);
	}
	return g_string_free(text, FALSE);
}

static void fill_names(struct host *host, const char *text, struct boot_kernel *kernel)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char **names = host_alloc(host, (g_strv_length(lines) + 1) * sizeof(*names));

	for (char **line = lines; *line; line++)
		if (**line)
			names[kernel->n_vfio_names++] = host_string(host, *line);
	kernel->vfio_names = names;
}

static void probe_image(struct root *root, struct host *host, struct boot_kernel *kernel)
{
	g_autofree char *name = g_strconcat("initramfs/", kernel->release, NULL);
	g_autofree char *text = root_digest_of(root, name, ask_image, kernel->initramfs);
	const char *why = text ? text_after(text, "! ") : NULL;

	if (why)
		kernel->image_error = host_string_n(host, why, strcspn(why, "\n"));
	else if (text)
		fill_names(host, text, kernel);
}

void images_probe(struct root *root, struct host *host)
{
	unsigned n = host->boot.n_kernels;
	struct boot_kernel *kernels;

	if (host->bindings.n == 0 || n == 0)
		return;
	kernels = host_alloc(host, n * sizeof(*kernels));
	memcpy(kernels, host->boot.kernels, n * sizeof(*kernels));
	for (unsigned i = 0; i < n; i++)
		if (kernels[i].initramfs)
			probe_image(root, host, &kernels[i]);
	host->boot.kernels = kernels;
}
