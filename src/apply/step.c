/* See step.h. That a write succeeded proves nothing (drivers_probe returns success when the probe
 * failed): what counts is what is read afterwards. */
#include "apply/step.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "apply/image_check.h"
#include "apply/step_guest.h"
#include "base/error.h"
#include "base/root.h"
#include "base/root_write.h"
#include "base/run.h"
#include "base/text.h"

#define DEVICES        "/sys/bus/pci/devices/"
#define MAX_FILE_BYTES ((size_t)4 * 1024 * 1024)

const struct step_limits step_limits_default = { .driver = 10, .attribute = 60, .program = 600 };

static bool fail(GError **error, const char *what, const char *subject, int r)
{
	/* Of base/bounded.h, or of a write that was given up. */
	bool silent = r == -ETIMEDOUT;

	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot %s '%s': %s", what, subject,
		    silent ? "the device does not answer" : g_strerror(r < 0 ? -r : r));
	return false;
}

/* ---- writing to the kernel ---- */

/* In a child: a driver may wait for ever for those who use its device, and with it whatever else
 * wants to write to that device. */
static int watched_write(struct stepper *stepper, const char *path, const char *text,
			 unsigned seconds, pid_t *stuck)
{
	return root_write_bounded(stepper->root, path, text, stepper->lock, seconds, stuck);
}

static void add_stuck(struct stepper *stepper, pid_t stuck, GError **error)
{
	stepper->held = stuck > 0;
	if (stepper->held)
		error_hint(error,
			   "process %d is held in the kernel and cannot be ended: what uses the "
			   "device must let go of it, else only a restart helps",
			   stuck);
}

/* ---- attributes ---- */

/* An override that is not set reads as "(null)", or as nothing. */
static int read_attribute(struct root *root, const struct step *step, char **value)
{
	char buf[4096];
	ssize_t n = root_read(root, step->path, buf, sizeof(buf));

	if (n < 0)
		return (int)n;
	text_chomp(buf);
	*value = *buf && strcmp(buf, "(null)") != 0 ? g_strdup(buf) : NULL;
	return 0;
}

static bool write_attribute(struct stepper *stepper, const struct step *step, GError **error)
{
	pid_t stuck;
	int r = watched_write(stepper, step->path, step->new_value ? step->new_value : "\n",
			      stepper->limits.attribute, &stuck);

	if (r == 0)
		return true;
	fail(error, "write", step->path, r);
	add_stuck(stepper, stuck, error);
	return false;
}

/* ---- interrupts ---- */

/* What the kernel answers where it chooses the CPUs itself (kernel: kernel/irq/proc.c; newer ones
 * say -EPERM), where these CPUs have no vector left, and when the interrupt is gone: no reason to
 * take back the rest. */
static bool is_kept(int r)
{
	return r == -EIO || r == -EPERM || r == -ENOSPC || r == -ENOENT;
}

static bool move_interrupt(struct stepper *stepper, const struct step *step, GError **error)
{
	pid_t stuck;
	int r = watched_write(stepper, step->path, step->new_value, stepper->limits.attribute,
			      &stuck);

	if (r == 0 || is_kept(r))
		return true;
	fail(error, "write", step->path, r);
	add_stuck(stepper, stuck, error);
	return false;
}

/* ---- drivers ---- */

static int read_driver(struct root *root, const struct step *step, char **value)
{
	g_autofree char *device = g_strconcat(DEVICES, step->address, NULL);
	g_autofree char *path = g_strconcat(device, "/driver", NULL);
	char target[512];
	ssize_t n = root_link(root, path, target, sizeof(target));

	if (n < 0 && !root_exists(root, device))
		return -ENODEV;
	if (n < 0 && n != -ENOENT)
		return (int)n;
	const char *slash = n > 0 ? strrchr(target, '/') : NULL;
	*value = n > 0 ? g_strdup(slash ? slash + 1 : target) : NULL;
	return 0;
}

static int write_address(struct stepper *stepper, const struct step *step, pid_t *stuck)
{
	return watched_write(stepper, step->path, step->address, stepper->limits.driver, stuck);
}

static bool unbind(struct stepper *stepper, const struct step *step, GError **error)
{
	pid_t stuck;
	int r = write_address(stepper, step, &stuck);

	if (r == 0)
		return true;
	if (r == -ETIMEDOUT)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "driver '%s' does not let go of '%s' within %u s", step->old,
			    step->address, stepper->limits.driver);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "cannot take driver '%s' off '%s': %s", step->old, step->address,
			    g_strerror(-r));
	add_stuck(stepper, stuck, error);
	return false;
}

static bool probe(struct stepper *stepper, const struct step *step, GError **error)
{
	const char *driver = step->new_value ? step->new_value : "a driver";
	pid_t stuck;
	int r = write_address(stepper, step, &stuck);

	if (r == 0)
		return true;
	if (r == -ETIMEDOUT)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "'%s' does not take '%s' within %u s", driver, step->address,
			    stepper->limits.driver);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot bind '%s' to '%s': %s",
			    step->address, driver, g_strerror(-r));
	add_stuck(stepper, stuck, error);
	return false;
}

/* ---- modules and programs ---- */

/* A module that is built in has no directory there when it takes no parameters: modprobe knows. */
static bool is_loaded(struct root *root, const char *module)
{
	g_autofree char *path = g_strconcat("/sys/module/", module, NULL);

	return root_exists(root, g_strdelimit(path, "-", '_'));
}

static bool load_module(struct stepper *stepper, const struct step *step, GError **error)
{
	const char *const argv[] = { "modprobe", "--", step->path, NULL };

	if (is_loaded(stepper->root, step->path))
		return true;
	if (run_program(argv, stepper->limits.program, error))
		return true;
	g_prefix_error(error, "cannot load module '%s': ", step->path);
	return false;
}

/* A program that says it succeeded may have left out what matters. */
static bool check_made(struct root *root, const struct step *step, GError **error)
{
	int r = 0;
	g_autofree char *text = root_read_all(root, step->path, MAX_FILE_BYTES, NULL, &r);

	if (!text)
		return fail(error, "read", step->path, -r);
	if (strstr(text, step->new_value))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
		    "'%s' ended without an error, but '%s' does not hold '%s' afterwards",
		    step->argv[0], step->path, step->new_value);
	return false;
}

static bool run(struct stepper *stepper, const struct step *step, GError **error)
{
	if (!run_program((const char *const *)step->argv, stepper->limits.program, error))
		return false;
	sync(); /* what it wrote is on the disk before the journal says so */
	return !step->path || !step->new_value || check_made(stepper->root, step, error);
}

static bool look_into_image(struct stepper *stepper, const struct step *step, GError **error)
{
	return image_check(stepper->root, step->path, step->new_value, error);
}

/* ---- files ---- */

static int read_file(struct root *root, const struct step *step, char **value)
{
	int error = 0;

	*value = root_read_all(root, step->path, MAX_FILE_BYTES, NULL, &error);
	return *value || error == ENOENT ? 0 : -error;
}

static bool write_file(struct stepper *stepper, const struct step *step, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(step->path);
	const char *text = step->new_value;

	if (!text) {
		int r = root_remove(stepper->root, step->path);
		return r == 0 || fail(error, "remove", step->path, r);
	}
	int r = root_make_dir(stepper->root, parent, 0755);
	if (r == 0)
		r = root_replace(stepper->root, step->path, text, strlen(text),
				 step->mode != 0 ? step->mode : 0644);
	return r == 0 || fail(error, "write", step->path, r);
}

/* ---- copies ---- */

/* Of which file it is a copy cannot be seen: that of the step. */
static int read_copy(struct root *root, const struct step *step, char **value)
{
	int r = root_look(root, step->path);

	if (r == 0)
		*value = g_strdup(step->new_value ? step->new_value : step->old);
	return r == -ENOENT ? 0 : r;
}

static bool copy_file(struct stepper *stepper, const struct step *step, GError **error)
{
	if (!step->new_value) {
		int r = root_remove(stepper->root, step->path);
		return r == 0 || fail(error, "remove", step->path, r);
	}
	int r = root_copy(stepper->root, step->new_value, step->path);
	return r == 0 || fail(error, "copy", step->new_value, r);
}

/* ---- folders ---- */

/* One that somebody has put something into since stays. */
static bool remove_folder(struct stepper *stepper, const struct step *step, GError **error)
{
	int r = root_remove_dir(stepper->root, step->path);

	return r == 0 || r == -ENOTEMPTY || r == -EEXIST || r == -ENOENT ||
	       fail(error, "remove", step->path, r);
}

/* ---- the table ---- */

static const struct {
	const char *key; /* NULL: nothing can be read back */
	bool by_address; /* what it changes is known by the address, else by the path */
	bool lasting;    /* what it leaves is there after a restart */
	bool settles;    /* what comes of `new` is known only when it is done */
	bool passing;    /* what it changes comes and goes, and its name is given to others */
	bool beside;     /* it is written beside its path first, and may be left there */
	int (*read)(struct root *root, const struct step *step, char **value);
	bool (*act)(struct stepper *stepper, const struct step *step, GError **error);
} kinds[] = {
	[STEP_SYSFS_WRITE] = { .key = "attribute", .read = read_attribute, .act = write_attribute },
	[STEP_UNBIND] = { .key = "driver", .by_address = true, .read = read_driver, .act = unbind },
	[STEP_PROBE] = { .key = "driver", .by_address = true, .read = read_driver, .act = probe },
	[STEP_MODULE] = { .act = load_module },
	[STEP_FILE] = { .key = "file",
			.lasting = true,
			.beside = true,
			.read = read_file,
			.act = write_file },
	[STEP_RUN] = { .lasting = true, .act = run },
	[STEP_IMAGE] = { .act = look_into_image },
	[STEP_GUEST] = { .key = "guest",
			 .lasting = true,
			 .settles = true,
			 .read = guest_read,
			 .act = guest_define },
	[STEP_GUEST_START] = { .act = guest_start },
	[STEP_INTERRUPT] = { .key = "attribute",
			     .settles = true,
			     .passing = true,
			     .read = read_attribute,
			     .act = move_interrupt },
	[STEP_FOLDER] = { .lasting = true, .act = remove_folder },
	[STEP_COPY] = { .key = "copy",
			.lasting = true,
			.beside = true,
			.read = read_copy,
			.act = copy_file },
};

char *step_key(const struct step *step)
{
	if (!kinds[step->kind].key)
		return NULL;
	return g_strconcat(kinds[step->kind].key, " ",
			   kinds[step->kind].by_address ? step->address : step->path, NULL);
}

bool step_is_lasting(const struct step *step)
{
	return kinds[step->kind].lasting;
}

bool step_is_passing(const struct step *step)
{
	return kinds[step->kind].passing;
}

bool step_is_beside(const struct step *step)
{
	return kinds[step->kind].beside;
}

char *step_settled(struct root *root, const struct step *step)
{
	char *value = NULL;

	if (kinds[step->kind].settles)
		step_read(root, step, &value);
	return value;
}

int step_read(struct root *root, const struct step *step, char **value)
{
	*value = NULL;
	return kinds[step->kind].read ? kinds[step->kind].read(root, step, value) : 0;
}

/* A probe without a driver to be there may end with any, or none. */
static bool is_open_ended(const struct step *step)
{
	return !kinds[step->kind].read || kinds[step->kind].settles ||
	       (step->kind == STEP_PROBE && !step->new_value);
}

static bool verify(struct root *root, const struct step *step, GError **error)
{
	g_autofree char *now = NULL;
	const char *subject = kinds[step->kind].by_address ? step->address : step->path;
	int r = step_read(root, step, &now);

	if (r < 0)
		return fail(error, "read back", subject, r);
	if (g_strcmp0(now, step->new_value) == 0)
		return true;
	if (step->kind == STEP_PROBE)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "cannot bind '%s' to '%s': afterwards %s%s", step->address,
			    step->new_value, now ? "it is on " : "it has no driver",
			    now ? now : "");
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "cannot change '%s': afterwards it is %s, not %s", subject,
			    now ? now : "empty", step->new_value ? step->new_value : "empty");
	return false;
}

bool step_do(struct stepper *stepper, const struct step *step, GError **error)
{
	stepper->held = false;
	if (step->loose) {
		g_autofree char *now = NULL;
		if (step_read(stepper->root, step, &now) == 0 &&
		    g_strcmp0(now, step->new_value) == 0)
			return true;
	}
	if (!kinds[step->kind].act(stepper, step, error))
		return false;
	return is_open_ended(step) || verify(stepper->root, step, error);
}
