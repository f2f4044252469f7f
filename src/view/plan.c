/* See plan.h. One row for each kind of step: its words, and its fields in JSON. */
#include "view/plan.h"

#include <string.h>

#include "base/text.h"
#include "view/diff.h"
#include "view/pinning.h"
#include "view/threads.h"

static const char *shown(const char *value)
{
	return value ? value : "nothing";
}

/* ---- words ---- */

static char *say_write(const struct step *step)
{
	g_autofree char *folder =
		step->address ? g_strconcat("/sys/bus/pci/devices/", step->address, "/", NULL)
			      : NULL;
	bool inside = folder && g_str_has_prefix(step->path, folder);

	return g_strdup_printf("%s%s%s: %s → %s", inside ? step->address : "", inside ? ": " : "",
			       inside ? step->path + strlen(folder) : step->path, shown(step->old),
			       shown(step->new_value));
}

static char *say_interrupt(const struct step *step)
{
	const char *number = text_after(step->path, "/proc/irq/");

	return g_strdup_printf("interrupt %.*s: CPUs %s → %s",
			       number ? (int)strcspn(number, "/") : 0, number ? number : "",
			       shown(step->old), shown(step->new_value));
}

static char *say_unbind(const struct step *step)
{
	return g_strdup_printf("%s: take driver %s off", step->address, shown(step->old));
}

static char *say_probe(const struct step *step)
{
	return g_strdup_printf("%s: bind to %s", step->address,
			       step->new_value ? step->new_value : "the driver that fits");
}

static char *say_module(const struct step *step)
{
	return g_strdup_printf("load module %s", step->path);
}

static char *say_file(const struct step *step)
{
	return g_strdup_printf("%s file %s",
			       !step->old         ? "write"
			       : !step->new_value ? "remove"
						  : "change",
			       step->path);
}

static char *say_copy(const struct step *step)
{
	return step->new_value ? g_strdup_printf("copy %s to %s", step->new_value, step->path)
			       : g_strdup_printf("remove file %s", step->path);
}

static char *say_folder(const struct step *step)
{
	return g_strdup_printf("remove folder %s, if it is empty", step->path);
}

/* As a shell needs it, so that what is shown can be copied. */
static void append_word(GString *text, const char *word)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-+=:,./@%";
	bool is_plain = *word && word[strspn(word, plain)] == '\0';
	g_autofree char *quoted = is_plain ? NULL : g_shell_quote(word);

	g_string_append_printf(text, " %s", is_plain ? word : quoted);
}

static char *say_run(const struct step *step)
{
	GString *text = g_string_new("run");

	for (char **arg = step->argv; *arg; arg++)
		append_word(text, *arg);
	return g_string_free(text, FALSE);
}

static char *say_image(const struct step *step)
{
	return g_strdup_printf("look into %s", step->path);
}

static const char *guest_name(const struct step *step)
{
	const char *sign = strrchr(step->path, '#');

	return sign ? sign + 1 : step->path;
}

static char *say_guest(const struct step *step)
{
	return g_strdup_printf("%s guest %s",
			       !step->old         ? "define"
			       : !step->new_value ? "undefine"
						  : "change the definition of",
			       guest_name(step));
}

static char *say_guest_start(const struct step *step)
{
	return g_strdup_printf("start guest %s", guest_name(step));
}

/* ---- JSON ---- */

static void json_values(struct json *json, const struct step *step)
{
	json_text(json, "path", step->path);
	json_text(json, "old", step->old);
	json_text(json, "new", step->new_value);
}

static void json_file(struct json *json, const struct step *step)
{
	g_autofree char *diff = diff_unified(step->path, step->old, step->new_value);

	json_text(json, "path", step->path);
	json_text(json, "diff", diff);
}

static void json_run(struct json *json, const struct step *step)
{
	json_array_flat(json, "argv");
	for (char **arg = step->argv; *arg; arg++)
		json_text(json, NULL, *arg);
	json_array_end(json);
}

static void json_image(struct json *json, const struct step *step)
{
	g_auto(GStrv) lines = g_strsplit(step->new_value, "\n", -1);

	json_text(json, "path", step->path);
	json_array_flat(json, "wanted");
	for (char **line = lines; *line; line++)
		json_text(json, NULL, *line);
	json_array_end(json);
}

static const struct {
	char *(*say)(const struct step *step);
	void (*json)(struct json *json, const struct step *step);
} kinds[] = {
	[STEP_SYSFS_WRITE] = { say_write, json_values },
	[STEP_UNBIND] = { say_unbind, json_values },
	[STEP_PROBE] = { say_probe, json_values },
	[STEP_MODULE] = { say_module, json_values },
	[STEP_FILE] = { say_file, json_file },
	[STEP_RUN] = { say_run, json_run },
	[STEP_IMAGE] = { say_image, json_image },
	[STEP_GUEST] = { say_guest, json_file },
	[STEP_GUEST_START] = { say_guest_start, json_values },
	[STEP_FOLDER] = { say_folder, json_values },
	[STEP_INTERRUPT] = { say_interrupt, json_values },
	[STEP_COPY] = { say_copy, json_values },
};

char *step_phrase(const struct step *step)
{
	return kinds[step->kind].say(step);
}

void step_json(struct json *json, const struct step *step)
{
	json_text(json, "kind", step_kind_name(step->kind));
	if (step->address)
		json_text(json, "address", step->address);
	kinds[step->kind].json(json, step);
	json_text(json, "why", step->why);
}

void plan_notes_json(struct json *json, const struct plan *plan)
{
	json_array(json, "warnings");
	for (guint i = 0; i < plan->warnings->len; i++) {
		const struct warning *warning = plan->warnings->pdata[i];
		json_object(json, NULL);
		json_text(json, "id", warning->id);
		json_text(json, "what", warning->what);
		json_object_end(json);
	}
	json_array_end(json);
	json_array(json, "refusals");
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		json_object(json, NULL);
		json_text(json, "id", refusal->id);
		json_text(json, "subject", refusal->subject);
		json_text(json, "what", refusal->what);
		json_bool(json, "overridable", refusal->overridable);
		if (refusal->from || refusal->to) {
			g_autofree char *diff =
				diff_unified(refusal->subject, refusal->from, refusal->to);
			json_text(json, "diff", diff);
		}
		json_object_end(json);
	}
	json_array_end(json);
}

void plan_json(struct json *json, const struct plan *plan)
{
	json_text(json, "effect", plan->effect == EFFECT_NOW ? "now" : "next-boot");
	json_array(json, "steps");
	for (guint i = 0; i < plan->steps->len; i++) {
		json_object(json, NULL);
		step_json(json, plan->steps->pdata[i]);
		json_object_end(json);
	}
	json_array_end(json);
	plan_notes_json(json, plan);
	if (plan->pinning)
		pinning_json(json, plan->pinning);
	if (plan->threads)
		threads_json(json, plan->threads);
}

/* ---- for people ---- */

#define INDENT 4

static void print_diff(const struct term *term, const char *path, const char *from, const char *to)
{
	g_autofree char *diff = diff_unified(path, from, to);
	g_auto(GStrv) lines = g_strsplit(diff, "\n", -1);

	for (char **line = lines; *line; line++) {
		enum role role = **line == '+' ? ROLE_GOOD : **line == '-' ? ROLE_BAD : ROLE_DIM;
		if (**line)
			term_print(term, role, "%*s%s\n", INDENT, "", *line);
	}
}

static void print_step(const struct term *term, unsigned number, const struct step *step)
{
	g_autofree char *phrase = step_phrase(step);
	unsigned printed = (unsigned)fprintf(term->out, "%2u. ", number);

	term_paragraph(term, ROLE_PLAIN, INDENT, printed, INDENT, phrase);
	if (step->why)
		term_paragraph(term, ROLE_DIM, INDENT, 0, INDENT, step->why);
	if (step->kind == STEP_FILE || (step->kind == STEP_GUEST && step->old && step->new_value))
		print_diff(term, step->path, step->old, step->new_value);
}

static void print_note(const struct term *term, enum role role, const char *kind, const char *text)
{
	term_print(term, role, "%s", kind);
	term_paragraph(term, ROLE_PLAIN, 9, (unsigned)strlen(kind), 9, text);
}

void plan_print_notes(const struct term *term, const struct plan *plan)
{
	for (guint i = 0; i < plan->warnings->len; i++) {
		const struct warning *warning = plan->warnings->pdata[i];
		print_note(term, ROLE_WARN, "warning: ", warning->what);
	}
	for (guint i = 0; i < plan->refusals->len; i++) {
		const struct refusal *refusal = plan->refusals->pdata[i];
		g_autofree char *text =
			g_strdup_printf("%s (%s): %s", refusal->id,
					refusal->subject ? refusal->subject : "host",
					refusal->what);
		print_note(term, ROLE_BAD, "refused: ", text);
		if (refusal->from || refusal->to)
			print_diff(term, refusal->subject, refusal->from, refusal->to);
	}
}

void plan_print(const struct term *term, const struct plan *plan)
{
	for (guint i = 0; i < plan->steps->len; i++)
		print_step(term, i + 1, plan->steps->pdata[i]);
	if (plan->steps->len == 0 && plan->refusals->len == 0)
		fprintf(term->out, "nothing to do\n");
	plan_print_notes(term, plan);
}
