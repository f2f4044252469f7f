/* vfiokit doctor --fix: the commands that findings show become one plan, as far as the program can
 * do them with a way back. What it does is what it shows: each command that it knows is a row. */
#include <string.h>

#include "base/int_list.h"
#include "base/root.h"
#include "base/text.h"
#include "cmd/doctor.h"
#include "plan/bind_plan.h"

#define FILE_MAX (256U * 1024)

/* A file of ours that commands write to, several perhaps. */
struct pending {
	char *path;
	char *old; /* NULL: there is none */
	char *text;
	const char *why;
};

struct fixer {
	struct doctor *doctor;
	struct root *root;
	struct plan *plan;
	const struct finding *finding; /* the one that is being looked at */
	GArray *functions;             /* to be bound: indexes in host.pci */
	bool group;
	const char *vfio_why; /* vfio-pci is to be loaded, for this; NULL: it is not */
	GArray *files;        /* of struct pending */
	GPtrArray *runs;      /* of char *: programs that make images anew, each once */
	GPtrArray *left;      /* of const char *: what is left to the user */
};

static void clear_pending(void *data)
{
	struct pending *pending = data;

	g_free(pending->path);
	g_free(pending->old);
	g_free(pending->text);
}

/* ---- commands ---- */

/* What a file holds, without the newline at its end; NULL: it cannot be read. */
static char *read_text(const struct fixer *fixer, const char *path, bool whole)
{
	char *text = root_read_all(fixer->root, path, FILE_MAX, NULL, NULL);

	return text && !whole ? text_chomp(text) : text;
}

static bool is_planned(const struct plan *plan, const char *path)
{
	for (guint i = 0; i < plan->steps->len; i++)
		if (g_strcmp0(((const struct step *)plan->steps->pdata[i])->path, path) == 0)
			return true;
	return false;
}

/* "echo VALUE > /sys/…" */
static bool fix_attribute(struct fixer *fixer, const char *value, const char *path)
{
	g_autofree char *old = read_text(fixer, path, false);

	if (!old)
		return false;
	if (strcmp(old, value) != 0 && !is_planned(fixer->plan, path))
		plan_add(fixer->plan, STEP_SYSFS_WRITE, path, old, *value ? value : NULL,
			 fixer->finding->what);
	return true;
}

static struct pending *find_file(struct fixer *fixer, const char *path)
{
	for (guint i = 0; i < fixer->files->len; i++) {
		struct pending *pending = &g_array_index(fixer->files, struct pending, i);
		if (strcmp(pending->path, path) == 0)
			return pending;
	}
	char *old = read_text(fixer, path, true);
	const struct pending pending = {
		.path = g_strdup(path),
		.old = old,
		.text = g_strdup(old ? old : ""),
		.why = fixer->finding->what,
	};
	g_array_append_val(fixer->files, pending);
	return &g_array_index(fixer->files, struct pending, fixer->files->len - 1);
}

/* "echo 'LINE' > /etc/…", and with ">>": only into files that are made of lines of their own. */
static bool fix_file(struct fixer *fixer, const char *line, const char *path, bool append)
{
	struct pending *pending = find_file(fixer, path);
	g_autofree char *whole = g_strconcat(line, "\n", NULL);

	if (append && strstr(pending->text, whole))
		return true;
	char *text = append ? g_strconcat(pending->text, whole, NULL) : g_strdup(whole);
	g_free(pending->text);
	pending->text = text;
	return true;
}

static bool is_own_place(const char *path)
{
	return g_str_has_prefix(path, "/etc/modprobe.d/") ||
	       g_str_has_prefix(path, "/etc/udev/rules.d/90-vfiokit-") ||
	       g_str_has_prefix(path, "/etc/security/limits.d/");
}

static bool fix_echo(struct fixer *fixer, const char *rest)
{
	const char *arrow = strrchr(rest, '>');
	bool append = arrow && arrow > rest && arrow[-1] == '>';

	if (!arrow || arrow[1] != ' ')
		return false;
	const char *path = arrow + 2;
	g_autofree char *text = g_strndup(rest, (gsize)(arrow - rest - append));
	char *value = g_strstrip(text);
	size_t length = strlen(value);
	bool quoted = length >= 2 && *value == '\'' && value[length - 1] == '\'';
	if (quoted)
		value[length - 1] = '\0';
	value += quoted;
	if (g_str_has_prefix(path, "/sys/") && !append)
		return fix_attribute(fixer, value, path);
	return is_own_place(path) && fix_file(fixer, value, path, append);
}

static bool fix_bind(struct fixer *fixer, const char *rest)
{
	const char *address = text_after(rest, "--group ");
	struct pci_addr addr;
	int index;

	fixer->group = fixer->group || address;
	if (!pci_addr_parse(address ? address : rest, &addr))
		return false; /* "--persist ADDRESS", "DEVICE" */
	index = host_find_pci(fixer->doctor->host, addr);
	if (index >= 0)
		int_list_add_once(fixer->functions, index);
	return index >= 0;
}

static bool fix_modprobe(struct fixer *fixer, const char *rest)
{
	if (strchr(rest, ' '))
		return false;
	if (strcmp(rest, "vfio-pci") == 0)
		fixer->vfio_why = fixer->finding->what;
	else if (!is_planned(fixer->plan, rest))
		plan_add(fixer->plan, STEP_MODULE, rest, NULL, NULL, fixer->finding->what);
	return true;
}

/* Images hold copies of the files: made anew once, when all files are written. */
static bool fix_image(struct fixer *fixer, const char *rest)
{
	if (!g_ptr_array_find_with_equal_func(fixer->runs, rest, g_str_equal, NULL))
		g_ptr_array_add(fixer->runs, g_strdup(rest));
	return true;
}

static const struct {
	const char *front; /* of the command */
	bool whole;        /* the function gets all of it, else what is behind the front */
	bool (*fix)(struct fixer *fixer, const char *rest);
} commands_known[] = {
	{ "echo ", false, fix_echo },
	{ "vfiokit bind ", false, fix_bind },
	{ "modprobe ", false, fix_modprobe },
	{ "update-initramfs -u -k all", true, fix_image },
	{ "dracut --force --regenerate-all", true, fix_image },
	{ "mkinitcpio -P", true, fix_image },
};

static bool fix_command(struct fixer *fixer, const char *command)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands_known); i++) {
		const char *rest = text_after(command, commands_known[i].front);
		if (rest)
			return commands_known[i].fix(fixer,
						     commands_known[i].whole ? command : rest);
	}
	return false;
}

/* A list of commands is a script, up to where it offers another way. */
static void fix_finding(struct fixer *fixer, const struct finding *finding)
{
	if (finding->verdict != FINDING_FAIL && finding->verdict != FINDING_WARN)
		return;
	fixer->finding = finding;
	for (guint i = 0; i < finding->fix->len; i++) {
		const char *command = finding->fix->pdata[i];
		if (g_str_has_prefix(command, "# Or "))
			return;
		if (!fix_command(fixer, command) && !g_str_has_suffix(command, ":"))
			g_ptr_array_add(fixer->left, (gpointer)command);
	}
}

/* ---- the plan ---- */

static void plan_files(struct fixer *fixer)
{
	for (guint i = 0; i < fixer->files->len; i++) {
		const struct pending *pending = &g_array_index(fixer->files, struct pending, i);
		if (g_strcmp0(pending->old, pending->text) == 0)
			continue;
		plan_add(fixer->plan, STEP_FILE, pending->path, pending->old, pending->text,
			 pending->why);
		fixer->plan->effect = EFFECT_NEXT_BOOT;
	}
	for (guint i = 0; i < fixer->runs->len; i++) {
		struct step *step =
			plan_add(fixer->plan, STEP_RUN, NULL, NULL, NULL,
				 "The initramfs holds copies of the files of modprobe.");
		step->argv = g_strsplit(fixer->runs->pdata[i], " ", -1);
		fixer->plan->effect = EFFECT_NEXT_BOOT;
	}
}

static void plan_functions(struct fixer *fixer)
{
	const struct bind_request request = {
		.functions = (const int *)(const void *)fixer->functions->data,
		.n = fixer->functions->len,
		.group = fixer->group,
	};

	if (request.n > 0) /* which loads vfio-pci itself, if it is not there */
		bind_plan(fixer->doctor->host, &request, fixer->plan);
	else if (fixer->vfio_why)
		plan_add(fixer->plan, STEP_MODULE, "vfio-pci", NULL, NULL, fixer->vfio_why);
}

static void tell_left(const struct fixer *fixer)
{
	const struct context *context = fixer->doctor->context;

	if (fixer->left->len == 0 || context->json || context->quiet)
		return;
	fputc('\n', context->term.out);
	term_print(&context->term, ROLE_STRONG, "Left to you:\n");
	for (guint i = 0; i < fixer->left->len; i++) {
		const char *command = fixer->left->pdata[i];
		const char *words = text_after(command, "# ");
		if (words)
			term_paragraph(&context->term, ROLE_PLAIN, 2, 0, 2, words);
		else
			term_print(&context->term, ROLE_COMMAND, "  %s\n", command);
	}
}

int doctor_fix(struct doctor *doctor, const GPtrArray *findings, GError **error)
{
	const struct doctor_options *options = doctor->context->options;
	PLAN_AUTO struct plan *plan =
		plan_new(doctor->set == RULE_AUDIT ? "audit --fix" : "doctor --fix");
	struct fixer fixer = {
		.doctor = doctor,
		.root = doctor->context->root,
		.plan = plan,
		.functions = g_array_new(FALSE, FALSE, sizeof(int)),
		.files = g_array_new(FALSE, FALSE, sizeof(struct pending)),
		.runs = g_ptr_array_new_with_free_func(g_free),
		.left = g_ptr_array_new(),
	};

	g_array_set_clear_func(fixer.files, clear_pending);
	for (guint i = 0; i < findings->len && fixer.root; i++)
		fix_finding(&fixer, findings->pdata[i]);
	plan_functions(&fixer);
	plan_files(&fixer);
	int status = change_finish(doctor->context, &options->change, plan, NULL, NULL, error);
	tell_left(&fixer);
	g_array_unref(fixer.functions);
	g_array_unref(fixer.files);
	g_ptr_array_unref(fixer.runs);
	g_ptr_array_unref(fixer.left);
	return status;
}
