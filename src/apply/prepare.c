/* See prepare.h. */
#include "apply/prepare.h"

#include <string.h>

#include "base/error.h"
#include "base/root.h"
#include "base/root_write.h"
#include "base/run.h"
#include "base/size.h"

static bool check_program(const struct step *step, GError **error)
{
	if (run_can(step->argv[0]))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
		    "nothing was done: there is no program '%s' any more", step->argv[0]);
	return false;
}

static bool check_file(struct root *root, const struct step *step, GArray *rooms, GError **error)
{
	const char *text = step->new_value ? step->new_value : "";
	int fd = root_try_room(root, step->path, text, strlen(text));

	if (fd >= 0) {
		g_array_append_val(rooms, fd);
		return true;
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "nothing was done: cannot write '%s': %s",
		    step->path, g_strerror(-fd));
	return false;
}

/* A program that runs out of room leaves the old image, but all that was done before would be done
 * for nothing. What cannot be asked is left to the program. */
static bool check_image(struct root *root, const struct step *step, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(step->path);
	struct root_node image;
	uint64_t there;

	if (!step->beside || root_stat(root, step->path, &image) < 0 ||
	    root_space(root, folder, &there) < 0 || there >= image.size)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
		    "nothing was done: no room in '%s' to build '%s' anew: about %" G_GUINT64_FORMAT
		    " MiB are needed, %" G_GUINT64_FORMAT " MiB are free",
		    folder, step->path, (image.size + MIB - 1) / MIB, there / MIB);
	error_hint(error, "kernels that are not needed any more take most of the room there");
	return false;
}

/* Files that are taken away need no room: their trial is of nothing, and shows whether the folder
 * may be written. */
bool prepare_check(struct root *root, const struct plan *plan, bool room, GError **error)
{
	g_autoptr(GArray) rooms = g_array_new(FALSE, FALSE, sizeof(int));
	bool ok = true;

	for (guint i = 0; ok && i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		if (step->kind == STEP_RUN)
			ok = check_program(step, error);
		else if (room && step->kind == STEP_FILE)
			ok = check_file(root, step, rooms, error);
		else if (room && step->kind == STEP_IMAGE)
			ok = check_image(root, step, error);
	}
	for (guint i = 0; i < rooms->len; i++)
		root_leave_room(g_array_index(rooms, int, i));
	return ok;
}
