/* See images.h. Recorded for each image: a line for each name, "! WHY" where it is not known, or
 * "? SECONDS" where looking would have taken too long. */
#include "probe/images.h"

#include <string.h>

#include "base/initrd.h"
#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

/* Seconds of each processor for all images: who asks for much else does not wait long for them. */
#define PATIENCE 0.6

/* An image that is looked into. */
struct look {
	struct root *root;
	struct boot_kernel *kernel;
	char *name; /* under which it is recorded */
	char *text; /* what is recorded of it */
};

/* ---- looking ---- */

static char *list_image(struct root *root, const char *path)
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

static void look_into(gpointer data, gpointer unused)
{
	struct look *look = data;

	look->text = list_image(look->root, look->kernel->initramfs);
}

/* Several at a time: unpacking keeps a processor busy. The newest kernels first: they are started.
 */
static void look_into_all(struct look *looks, unsigned n, bool whole)
{
	unsigned processors = MIN(g_get_num_processors(), n);
	GThreadPool *pool = g_thread_pool_new(look_into, NULL, (gint)processors, TRUE, NULL);
	double left = PATIENCE * processors;

	for (unsigned i = n; i-- > 0;) {
		struct look *look = &looks[i];
		double seconds = whole ? 0 : initrd_seconds(look->root, look->kernel->initramfs);
		if (seconds > MIN(left, PATIENCE)) {
			look->text = g_strdup_printf("? %.0f\n", seconds);
			continue;
		}
		left -= seconds;
		g_thread_pool_push(pool, look, NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

/* ---- what was seen ---- */

static void fill_names(struct host *host, const char *text, struct boot_kernel *kernel)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char **names = host_alloc(host, (g_strv_length(lines) + 1) * sizeof(*names));

	for (char **line = lines; *line; line++)
		if (**line)
			names[kernel->n_vfio_names++] = host_string(host, *line);
	kernel->vfio_names = names;
}

static void fill_kernel(struct host *host, const char *text, struct boot_kernel *kernel)
{
	const char *why = text_after(text, "! "), *seconds = text_after(text, "? ");

	if (why)
		kernel->image_error = host_string_n(host, why, strcspn(why, "\n"));
	else if (seconds)
		kernel->image_seconds = (unsigned)MAX(1, g_ascii_strtoull(seconds, NULL, 10));
	else
		fill_names(host, text, kernel);
}

static void probe_some(struct root *root, struct host *host, struct boot_kernel *kernels, bool all)
{
	unsigned n = host->boot.n_kernels, n_looks = 0;
	g_autofree struct look *looks = g_new0(struct look, n);

	for (unsigned i = 0; i < n; i++) {
		if (!kernels[i].initramfs)
			continue;
		g_autofree char *name = g_strconcat("initramfs/", kernels[i].release, NULL);
		g_autofree char *kept = root_kept(root, name);
		if (kept)
			fill_kernel(host, kept, &kernels[i]);
		else
			looks[n_looks++] = (struct look){ .root = root,
							  .kernel = &kernels[i],
							  .name = g_steal_pointer(&name) };
	}
	look_into_all(looks, n_looks, all);
	for (unsigned i = 0; i < n_looks; i++) {
		root_keep(root, looks[i].name, looks[i].text);
		fill_kernel(host, looks[i].text, looks[i].kernel);
		g_free(looks[i].name);
		g_free(looks[i].text);
	}
}

void images_probe(struct root *root, struct host *host, bool all)
{
	unsigned n = host->boot.n_kernels;
	struct boot_kernel *kernels;

	if (host->bindings.n == 0 || n == 0)
		return;
	kernels = host_alloc(host, n * sizeof(*kernels));
	memcpy(kernels, host->boot.kernels, n * sizeof(*kernels));
	probe_some(root, host, kernels, all);
	host->boot.kernels = kernels;
}
