/* See step_guest.h. */
#include "apply/step_guest.h"

#include <errno.h>
#include <string.h>

#include "apply/step.h"
#include "base/error.h"
#include "base/root.h"
#include "vm/libvirt.h"

/* Connects to what the path names; *name points into it. */
static struct libvirt *open_path(const char *path, const char **name, GError **error)
{
	const char *sign = strrchr(path, '#'); /* names have none */
	g_autofree char *uri = sign ? g_strndup(path, (gsize)(sign - path)) : NULL;

	*name = sign ? sign + 1 : path;
	return libvirt_open(uri, error);
}

int guest_read(struct root *root, const struct step *step, char **value)
{
	const char *name;

	if (!root_is_live(root))
		return -EROFS;
	LIBVIRT_AUTO struct libvirt *virt = open_path(step->path, &name, NULL);
	return virt && libvirt_definition(virt, name, value, NULL) ? 0 : -EIO;
}

/* libvirt fills in what a definition leaves out: that there is one is all that can be compared. */
bool guest_define(struct stepper *stepper, const struct step *step, GError **error)
{
	g_autofree char *now = NULL;
	const char *name;
	LIBVIRT_AUTO struct libvirt *virt = open_path(step->path, &name, error);

	if (!virt)
		return false;
	bool done = step->new_value ? libvirt_define(virt, step->new_value, error)
				    : libvirt_undefine(virt, name, error);
	if (!done || !libvirt_definition(virt, name, &now, error))
		return false;
	if ((now != NULL) == (step->new_value != NULL))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "guest '%s' is %s afterwards", name,
		    now ? "still defined" : "not defined");
	return false;
}

bool guest_start(struct stepper *stepper, const struct step *step, GError **error)
{
	enum libvirt_state state;
	const char *name;
	LIBVIRT_AUTO struct libvirt *virt = open_path(step->path, &name, error);

	if (!virt || !libvirt_start(virt, name, error) || !libvirt_state(virt, name, &state, error))
		return false;
	if (state == LIBVIRT_RUNNING)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "guest '%s' was started and does not run",
		    name);
	return false;
}
