/* See restore.h. */
#include "apply/restore.h"

#include <errno.h>
#include <string.h>

#include "apply/restore_runs.h"
#include "apply/step.h"
#include "base/merge.h"
#include "base/root.h"

/* Something that the change touched: what it was before, and what the change made of it. */
struct item {
	const struct step *first; /* its old value was there before */
	const struct step *last;  /* its new value is what the change left, if it came to that */
	char *key;
	char *now;
	char *merged; /* a file that has been changed elsewhere since: without the change; NULL */
	const char *meanwhile; /* an override: what it has to be for the driver to come back; NULL:
				* what it was */
	bool differs;          /* from what was before */
};

static void item_free(gpointer data)
{
	struct item *item = data;

	g_free(item->key);
	g_free(item->now);
	g_free(item->merged);
	g_free(item);
}

static struct item *find_item(const GPtrArray *items, const char *key)
{
	for (guint i = 0; i < items->len; i++) {
		struct item *item = items->pdata[i];
		if (strcmp(item->key, key) == 0)
			return item;
	}
	return NULL;
}

static bool is_driver(const struct item *item)
{
	return item->first->kind == STEP_UNBIND || item->first->kind == STEP_PROBE;
}

/* Everything that begun steps change, in the order in which they did, but what is held. */
static GPtrArray *list_items(const struct change *change, const char *held)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(item_free);

	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		g_autofree char *key = step_key(step);
		if (!key || step->loose || change_step_state(change, i) == STEP_PLANNED)
			continue; /* what is loose is remembered better: see add_memories() */
		if (held && g_strcmp0(step->address, held) == 0)
			continue;
		struct item *item = find_item(items, key);
		if (!item) {
			item = g_new0(struct item, 1);
			item->first = step;
			item->key = g_steal_pointer(&key);
			g_ptr_array_add(items, item);
		}
		item->last = step;
	}
	return items;
}

/* A definition that was handed to libvirt, which is what came of it is not told any more. */
static bool is_unsettled(const struct change *change, const struct item *item)
{
	for (guint i = 0; i < change->steps->len; i++)
		if (change->steps->pdata[i] == item->last)
			return item->last->kind == STEP_GUEST &&
			       change_step_state(change, i) == STEP_BEGUN;
	return false;
}

/* A value that was there at some time of the change is ours to replace. */
static bool is_ours(const struct change *change, const struct item *item)
{
	if (is_driver(item) || g_strcmp0(item->now, item->first->old) == 0 ||
	    is_unsettled(change, item))
		return true;
	for (guint i = 0; i < change->steps->len; i++) {
		const struct step *step = change->steps->pdata[i];
		g_autofree char *key = step_key(step);
		if (g_strcmp0(key, item->key) == 0 && g_strcmp0(item->now, step->new_value) == 0)
			return true;
	}
	return false;
}

/* A file that a person has changed since: only what was added goes, if that can be told apart. */
static void merge_file(struct item *item, struct plan *plan)
{
	const char *before = item->first->old, *after = item->last->new_value;

	if (before && after && item->now)
		item->merged = merge_back(before, after, item->now);
	if (item->merged) {
		item->differs = g_strcmp0(item->merged, item->now) != 0;
		return;
	}
	if (item->last->own) {
		plan_warn(
			plan, "changed-since",
			"%s has been changed since, but is of vfiokit alone: it goes all the same",
			item->last->path);
		return;
	}
	item->differs = false;
	plan_refuse(plan, "changed-since", item->first->path, true,
		    "this file has been changed since, at the same place. It was to be changed as "
		    "is shown below; do that by hand, or leave it with --allow changed-since");
	plan_refuse_diff(plan, item->now, before);
}

/* What comes and goes is not touched where it is not as the change left it: it may be another. */
static bool is_left(const struct item *item)
{
	return g_strcmp0(item->now, item->first->old) != 0 &&
	       g_strcmp0(item->now, item->last->new_value) == 0;
}

static void compare(struct root *root, const struct change *change, struct item *item,
		    struct plan *plan)
{
	const struct step *step = item->first;
	const char *subject = step->address ? step->address : step->path;
	int r = step_read(root, step, &item->now);

	if (step_is_passing(step)) {
		item->differs = r == 0 && is_left(item);
		return;
	}
	if (r == -ENODEV || r == -ENOENT) {
		plan_warn(plan, "device-gone", "%s is gone: there is nothing to give back to it",
			  subject);
		return;
	}
	if (r < 0) {
		plan_warn(plan, "unreadable", "%s cannot be read: %s", step->path, g_strerror(-r));
		return;
	}
	item->differs = g_strcmp0(item->now, step->old) != 0;
	if (item->differs && step->kind == STEP_FILE && !is_ours(change, item)) {
		merge_file(item, plan);
	} else if (item->differs && !is_ours(change, item)) {
		plan_warn(plan, "changed-since",
			  "%s has been changed since by something else: it stays as it is",
			  step->path);
		item->differs = false;
	}
}

static void set_address(struct step *step, const struct item *item)
{
	step->address = g_strdup(item->first->address);
}

/* Devices on a wrong driver lose it, those without a memory of one, too. */
static void add_unbinds(const GPtrArray *items, struct plan *plan)
{
	for (guint i = 0; i < items->len; i++) {
		const struct item *item = items->pdata[i];
		if (!is_driver(item) || !item->differs || !item->now)
			continue;
		g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/driver/unbind",
							item->first->address);
		g_autofree char *why = g_strdup_printf("it was %s%s before",
						       item->first->old ? "on " : "without driver",
						       item->first->old ? item->first->old : "");
		set_address(plan_add(plan, STEP_UNBIND, path, item->now, NULL, why), item);
	}
}

/* A way back goes last; one that had gone comes back first: its file had gone, or an undo has taken
 * it out of a file that stayed. */
static bool is_late(const struct change *change, const struct item *item)
{
	bool had_gone = item->first->old && (!item->last->new_value || change->undoes);

	return item->last->last && !had_gone;
}

/* When a value is brought back. */
enum phase {
	PHASE_LEAVING, /* while the driver has the device that is to go */
	PHASE_FREE,    /* while none has it */
	PHASE_DRIVEN,  /* when the driver has it that it had before */
	PHASE_LAST,
};

/* Virtual functions are switched by the driver of a device: before it goes they go, and they come
 * with it (kernel: sriov_numvfs_store() in drivers/pci/iov.c). */
static enum phase phase_of(const struct change *change, const struct item *item)
{
	if (is_late(change, item))
		return PHASE_LAST;
	if (!g_str_has_suffix(item->first->path, "/sriov_numvfs"))
		return PHASE_FREE;
	return g_strcmp0(item->first->old, "0") == 0 ? PHASE_LEAVING : PHASE_DRIVEN;
}

static struct item *find_override(const GPtrArray *items, const char *address)
{
	g_autofree char *key =
		g_strdup_printf("attribute /sys/bus/pci/devices/%s/driver_override", address);

	return find_item(items, key);
}

/* Drivers that fit no device by themselves: an override makes them, or an id that they were told.
 */
static bool is_vfio(const char *driver)
{
	return g_str_has_suffix(driver, "vfio-pci") || g_str_has_suffix(driver, "vfio_pci");
}

/* An override that was written while another driver had the device would keep that out now; and
 * without one VFIO's does not take it. */
static void settle_overrides(const GPtrArray *items)
{
	for (guint i = 0; i < items->len; i++) {
		const struct item *item = items->pdata[i];
		const char *driver = item->first->old;
		struct item *override =
			is_driver(item) ? find_override(items, item->first->address) : NULL;
		if (!override || !item->differs || !driver)
			continue;
		const char *then = override->first->old;
		if (then ? strcmp(then, driver) != 0 : is_vfio(driver))
			override->meanwhile = driver;
	}
}

static void add_override(const struct item *item, enum phase phase, struct plan *plan)
{
	const char *path = item->first->path, *then = item->first->old;
	struct step *step = NULL;

	if (phase == PHASE_FREE && g_strcmp0(item->now, item->meanwhile) != 0)
		step = plan_add(plan, STEP_SYSFS_WRITE, path, item->now, item->meanwhile,
				"the driver that it had may take it");
	else if (phase == PHASE_DRIVEN)
		step = plan_add(plan, STEP_SYSFS_WRITE, path, item->meanwhile, then,
				"as it was before");
	if (step)
		set_address(step, item);
}

static void add_values(const struct change *change, const GPtrArray *items, enum phase phase,
		       struct plan *plan)
{
	for (guint i = items->len; i > 0; i--) {
		const struct item *item = items->pdata[i - 1];
		if (item->meanwhile)
			add_override(item, phase, plan);
		if (is_driver(item) || item->meanwhile || !item->differs ||
		    phase_of(change, item) != phase)
			continue;
		struct step *step =
			plan_add(plan, item->first->kind, item->first->path, item->now,
				 item->merged ? item->merged : item->first->old,
				 item->merged ? "without what was added; what has been changed "
						"since stays"
					      : "as it was before");
		step->mode = item->first->mode;
		step->last = item->last->last;
		set_address(step, item);
	}
}

/* The driver is asked by name where it can be: no other may come first. */
static char *probe_path(struct root *root, const char *driver)
{
	g_autofree char *path = g_strdup_printf("/sys/bus/pci/drivers/%s/bind", driver);

	if (root_exists(root, path))
		return g_steal_pointer(&path);
	return g_strdup("/sys/bus/pci/drivers_probe");
}

static void add_probes(struct root *root, const GPtrArray *items, struct plan *plan)
{
	for (guint i = items->len; i > 0; i--) {
		const struct item *item = items->pdata[i - 1];
		if (!is_driver(item) || !item->differs || !item->first->old)
			continue;
		g_autofree char *path = probe_path(root, item->first->old);
		set_address(plan_add(plan, STEP_PROBE, path, NULL, item->first->old,
				     "the driver it had"),
			    item);
	}
}

static bool is_touched(const struct plan *plan, const char *path)
{
	for (guint i = 0; i < plan->steps->len; i++) {
		const struct step *step = plan->steps->pdata[i];
		if ((step->kind == STEP_UNBIND || step->kind == STEP_PROBE) &&
		    strstr(path, step->address))
			return true;
	}
	return false;
}

/* Folders that were made for the files; what is deeper goes first. */
static void add_folders(struct root *root, const struct change *change, struct plan *plan)
{
	for (guint i = change->memories->len; i > 0; i--) {
		const struct change_memory *memory = change->memories->pdata[i - 1];
		size_t length = strlen(memory->path);
		if (memory->value || length < 2 || memory->path[length - 1] != '/')
			continue;
		g_autofree char *path = g_strndup(memory->path, length - 1);
		if (root_exists(root, path))
			plan_add(plan, STEP_FOLDER, path, "folder", NULL,
				 "it was not there before");
	}
}

/* Drivers set these as they come and go: written after them, whatever they are by then. */
static void add_memories(struct root *root, const struct change *change, const char *held,
			 struct plan *plan)
{
	for (guint i = 0; i < change->memories->len; i++) {
		const struct change_memory *memory = change->memories->pdata[i];
		const struct step look = { .kind = STEP_SYSFS_WRITE, .path = memory->path };
		g_autofree char *now = NULL;
		if (!memory->value || (held && strstr(memory->path, held)) ||
		    step_read(root, &look, &now) < 0)
			continue;
		bool touched = is_touched(plan, memory->path);
		bool same = g_strcmp0(now, memory->value) == 0;
		/* Drivers set power/control as they come and go, nothing else.
		 * What nothing of this plan touches, and the change is over: set by somebody since.
		 */
		if (same && (!touched || !g_str_has_suffix(memory->path, "/power/control")))
			continue;
		if (!touched && change->state == CHANGE_DONE)
			continue;
		plan_add(plan, STEP_SYSFS_WRITE, memory->path, now, memory->value,
			 same ? "as it is now: drivers set it as they come and go"
			      : "as it was before")
			->loose = true;
	}
}

void restore_plan(struct root *root, const struct change *change, enum restore_past past,
		  const char *held, struct plan *plan)
{
	g_autoptr(GPtrArray) items = list_items(change, held);

	if (held)
		plan_warn(plan, "device-held", "'%s' is left as the kernel leaves it", held);
	for (guint i = 0; i < items->len; i++)
		compare(root, change, items->pdata[i], plan);
	plan->effect = change->effect;
	settle_overrides(items);
	add_values(change, items, PHASE_LEAVING, plan);
	add_unbinds(items, plan);
	add_values(change, items, PHASE_FREE, plan);
	add_probes(root, items, plan);
	add_values(change, items, PHASE_DRIVEN, plan);
	add_memories(root, change, held, plan);
	bool made_again = restore_runs_plan(change, past, plan);
	add_values(change, items, PHASE_LAST, plan);
	if (made_again)
		restore_runs_last(change, plan);
	add_folders(root, change, plan);
}
