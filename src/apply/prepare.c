/* See prepare.h. */
#include "apply/prepare.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/root_write.h"
#include "base/run.h"

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
	}
	for (guint i = 0; i < rooms->len; i++)
		close(g_array_index(rooms, int, i));
	return ok;
}
