/* vfiokit verify: is what shall be bound at every boot, and if not, why? A unit of systemd runs it
 * at the end of each boot, so that the answer is in the journal. */
#include <errno.h>

#include "apply/boot_status.h"
#include "base/root.h"
#include "cmd/trial.h"
#include "probe/probe.h"
#include "view/binding.h"

struct verify_options {
	bool boot;
};

static const struct option_row verify_option_rows[] = {
	{ .name = "boot",
	  .kind = OPTION_FLAG,
	  .help = "keep the answer for this boot in /run (what the unit does)",
	  .offset = offsetof(struct verify_options, boot) },
	{ 0 },
};

static void print_json(struct context *context, const struct host *host)
{
	struct json json;

	context_json(context, &json, "vfiokit.verify/1");
	bindings_json(&json, host);
	json_object_end(&json);
	json_end(&json);
}

static bool all_bound(const struct host *host)
{
	for (unsigned i = 0; i < host->bindings.n; i++) {
		g_autofree char *why = NULL;
		if (binding_judge(host, &host->bindings.list[i], &why) != BINDING_BOUND)
			return false;
	}
	return host->bindings.bad_line == 0;
}

/* A line for each function, as people read them in the journal, too. */
static bool keep(struct context *context, const struct host *host, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (unsigned i = 0; i < host->bindings.n; i++) {
		g_autofree char *line = binding_line(host, &host->bindings.list[i]);
		g_string_append_printf(text, "%s\n", line);
	}
	int r = boot_status_write(context->root, text->str);
	if (r == 0)
		return true;
	g_set_error(error, VFIOKIT_ERROR, r == -EACCES ? STATUS_NEED_ROOT : STATUS_FAILED,
		    "cannot keep what was found: %s", g_strerror(-r));
	return false;
}

/* ---- a trial ---- */

static void say_trial(struct context *context, enum role role, const char *text)
{
	if (!context->json)
		term_paragraph(&context->term, role, 0, 0, 4, text);
}

/* What there is to say of the trial that runs, and, at the end of its boot, to do. */
static bool judge_running(struct context *context, const struct trial *trial, bool good,
			  GError **error)
{
	const struct verify_options *options = context->options;

	if (!good) {
		say_trial(context, ROLE_BAD,
			  "this is a trial, and not all is as it should be: the next start is as "
			  "before");
		return false;
	}
	if (!options->boot) {
		say_trial(context, ROLE_GOOD, "this is a trial, and it went well");
		return true;
	}
	say_trial(context, ROLE_GOOD, "the trial went well: now it is made to last");
	return trial_keep(context, trial->id, error);
}

static bool judge_trial(struct context *context, bool good, GError **error)
{
	struct trial trial;
	bool went = true;

	trial_find(context, &trial);
	if (!context->json)
		trial_print(&context->term, &trial);
	if (trial.state == TRIAL_LOST)
		went = false;
	else if (trial.state == TRIAL_RUNS)
		went = judge_running(context, &trial, good, error);
	trial_clear(&trial);
	return went;
}

static int run_verify(struct context *context, GError **error)
{
	const struct verify_options *options = context->options;
	const struct host *host = context_host(context, PROBE_DETAIL | PROBE_BINDINGS, error);
	bool live = context->root && root_is_live(context->root);
	g_autoptr(GError) failed = NULL;

	if (!host)
		return -1;
	if (context->json)
		print_json(context, host);
	else
		bindings_print(&context->term, host, 0);
	if (options->boot && live && !keep(context, host, error))
		return -1;
	bool good = all_bound(host);
	bool went = !live || judge_trial(context, good, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return -1;
	}
	return good && went ? STATUS_OK : STATUS_FOUND;
}

const struct command command_verify = {
	.name = "verify",
	.summary = "whether what shall be bound at every boot is",
	.help = "Compares what 'bind --persist' recorded with what is: each function must be the "
		"one that was chosen, in the place where it was, on its driver. What is not is "
		"named with the reason: where another device has taken an address, nothing is "
		"bound.\n"
		"\n"
		"A unit of systemd, vfiokit-boot.service, runs it at the end of each boot: "
		"'journalctl -u vfiokit-boot' shows what it found. In the boot of a trial "
		"('bind --persist --trial') it makes the change last when all is as it should "
		"be; after a trial that did not come to its end it says so.",
	.options = verify_option_rows,
	.options_size = sizeof(struct verify_options),
	.run = run_verify,
};
