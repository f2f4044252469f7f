/* See usb_parts.h. */
#include "cmd/usb_parts.h"

#include "base/root.h"
#include "base/run.h"
#include "base/usb_ids.h"
#include "view/usb.h"

#define MAX_FILE (1024 * 1024)

static char *read_file(struct context *context, const char *path)
{
	return context->root ? root_read_all(context->root, path, MAX_FILE, NULL, NULL) : NULL;
}

GPtrArray *usb_follows_read(struct context *context, struct usb_files *files, GError **error)
{
	*files = (struct usb_files){
		.record = read_file(context, USB_FOLLOW_PATH),
		.rule = read_file(context, USB_RULE_PATH),
		.unit = read_file(context, USB_UNIT_PATH),
		.hook = read_file(context, USB_HOOK_PATH),
	};
	GPtrArray *follows = usb_follows_parse(files->record, error);
	if (!follows)
		usb_files_clear(files);
	return follows;
}

/* Where this program is. */
static char *find_program(struct context *context)
{
	char path[4096];
	ssize_t n =
		context->root ? root_link(context->root, "/proc/self/exe", path, sizeof(path)) : -1;

	return g_strdup(n > 0 ? path : "/usr/bin/vfiokit");
}

/* The unit of libvirt's daemon that runs guests of QEMU: the modular one where it is on. */
static const char *find_daemon(struct context *context)
{
	static const char *const folders[] = { "/usr/lib/systemd/system", "/lib/systemd/system" };
	static const struct {
		const char *unit;
		const char *sign; /* of its being used; NULL: that it is there */
	} daemons[] = {
		{ "virtqemud.service", "/run/libvirt/virtqemud-sock" },
		{ "libvirtd.service", NULL },
		{ "virtqemud.service", NULL },
	};

	for (size_t i = 0; context->root && i < G_N_ELEMENTS(daemons); i++) {
		if (daemons[i].sign && !root_exists(context->root, daemons[i].sign))
			continue;
		for (size_t j = 0; j < G_N_ELEMENTS(folders); j++) {
			g_autofree char *path = g_build_filename(folders[j], daemons[i].unit, NULL);
			if (root_exists(context->root, path))
				return daemons[i].unit;
		}
	}
	return NULL;
}

void usb_follows_plan(struct context *context, const GPtrArray *follows,
		      const struct usb_files *files, struct plan *plan)
{
	g_autofree char *program = find_program(context);
	g_autofree char *systemctl = run_find("systemctl");
	const struct usb_request request = {
		.follows = follows,
		.now = *files,
		.program = program,
		.systemctl = systemctl ? systemctl : "/usr/bin/systemctl",
		.daemon = find_daemon(context),
	};

	usb_plan(&request, plan);
}

bool usb_needs_live(const struct context *context, const char *command, GError **error)
{
	if (context->root && root_is_live(context->root))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
		    "'%s' changes the running machine only: nothing is done", command);
	error_hint(error, "leave '--root' and '--host' away to do it here");
	return false;
}

char *usb_dev_words(const struct usb_dev *dev)
{
	struct usb_ids *ids = usb_ids_new(NULL);
	g_autofree char *title = usb_dev_title(dev, ids);
	char buf[16];
	char *words = g_strdup_printf("%s %s (%s)", dev->name, title, usb_dev_ids(dev, buf));

	usb_ids_free(ids);
	return words;
}
