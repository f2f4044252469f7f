/* See plan.h. A plan is three arrays that own what is in them. */
#include "plan/plan.h"

#include <string.h>

static void step_free(gpointer data)
{
	struct step *step = data;

	g_free(step->path);
	g_free(step->old);
	g_free(step->new_value);
	g_free(step->address);
	g_strfreev(step->argv);
	g_strfreev(step->undo);
	g_free(step->why);
	g_free(step);
}

static void refusal_free(gpointer data)
{
	struct refusal *refusal = data;

	g_free(refusal->subject);
	g_free(refusal->what);
	g_free(refusal->from);
	g_free(refusal->to);
	g_free(refusal);
}

static void warning_free(gpointer data)
{
	struct warning *warning = data;

	g_free(warning->what);
	g_free(warning);
}

struct plan *plan_new(const char *command)
{
	struct plan *plan = g_new0(struct plan, 1);

	plan->command = command;
	plan->effect = EFFECT_NOW;
	plan->steps = g_ptr_array_new_with_free_func(step_free);
	plan->refusals = g_ptr_array_new_with_free_func(refusal_free);
	plan->warnings = g_ptr_array_new_with_free_func(warning_free);
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->steps);
	g_ptr_array_unref(plan->refusals);
	g_ptr_array_unref(plan->warnings);
	g_free(plan);
}

struct step *plan_add(struct plan *plan, enum step_kind kind, const char *path, const char *old,
		      const char *new_value, const char *why)
{
	struct step *step = g_new0(struct step, 1);

	step->kind = kind;
	step->path = g_strdup(path);
	step->old = g_strdup(old);
	step->new_value = g_strdup(new_value);
	step->why = g_strdup(why);
	g_ptr_array_add(plan->steps, step);
	return step;
}

const char *const plan_no_undo[] = { NULL };

struct step *plan_add_run(struct plan *plan, const char *const *argv, const char *const *undo,
			  const char *why)
{
	struct step *step = plan_add(plan, STEP_RUN, NULL, NULL, NULL, why);

	step->argv = g_strdupv((char **)argv);
	step->undo = g_strdupv((char **)undo);
	return step;
}

void plan_refuse(struct plan *plan, const char *id, const char *subject, bool overridable,
		 const char *format, ...)
{
	struct refusal *refusal = g_new0(struct refusal, 1);
	va_list args;

	refusal->id = id;
	refusal->subject = g_strdup(subject);
	refusal->overridable = overridable;
	va_start(args, format);
	refusal->what = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(plan->refusals, refusal);
}

static struct refusal *last_refusal(struct plan *plan)
{
	return plan->refusals->pdata[plan->refusals->len - 1];
}

void plan_refuse_group(struct plan *plan)
{
	last_refusal(plan)->group = true;
}

void plan_refuse_diff(struct plan *plan, const char *from, const char *to)
{
	struct refusal *refusal = last_refusal(plan);

	refusal->from = g_strdup(from);
	refusal->to = g_strdup(to);
}

void plan_warn(struct plan *plan, const char *id, const char *format, ...)
{
	struct warning *warning = g_new0(struct warning, 1);
	va_list args;

	warning->id = id;
	va_start(args, format);
	warning->what = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(plan->warnings, warning);
}

static bool is_allowed(const struct refusal *refusal, const GPtrArray *allowed)
{
	for (guint i = 0; refusal->overridable && allowed && i < allowed->len; i++)
		if (strcmp(refusal->id, allowed->pdata[i]) == 0)
			return true;
	return false;
}

unsigned plan_allow(struct plan *plan, const GPtrArray *allowed)
{
	for (guint i = plan->refusals->len; i > 0; i--)
		if (is_allowed(plan->refusals->pdata[i - 1], allowed))
			g_ptr_array_remove_index(plan->refusals, i - 1);
	return plan->refusals->len;
}

static const char *const kind_names[] = {
	[STEP_SYSFS_WRITE] = "sysfs-write",
	[STEP_UNBIND] = "unbind",
	[STEP_PROBE] = "probe",
	[STEP_MODULE] = "module",
	[STEP_FILE] = "file",
	[STEP_RUN] = "run",
	[STEP_GUEST] = "guest",
	[STEP_GUEST_START] = "guest-start",
	[STEP_IMAGE] = "image-check",
	[STEP_FOLDER] = "folder",
	[STEP_INTERRUPT] = "interrupt",
	[STEP_COPY] = "copy",
};

const char *step_kind_name(enum step_kind kind)
{
	return kind < G_N_ELEMENTS(kind_names) ? kind_names[kind] : NULL;
}

bool step_kind_by_name(const char *name, enum step_kind *ret)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kind_names); i++)
		if (strcmp(kind_names[i], name) == 0) {
			*ret = (enum step_kind)i;
			return true;
		}
	return false;
}
