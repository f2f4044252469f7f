/* vfiokit record: all that the program reads of this machine, as one text. Everything is probed
 * with a trace on the root, and what was traced is masked and written: so a recording holds what
 * the probes read, no more and no less, and there is no second list of files to keep. */
#include <string.h>

#include "base/output.h"
#include "base/recording.h"
#include "base/root.h"
#include "base/tree.h"
#include "cmd/command.h"
#include "config.h"
#include "probe/mask.h"
#include "probe/probe.h"

struct record_options {
	bool force;
};

static const struct option_row record_option_rows[] = {
	{ .name = "force",
	  .letter = 'f',
	  .kind = OPTION_FLAG,
	  .help = "replace FILE if it is there",
	  .offset = offsetof(struct record_options, force) },
	{ 0 },
};

static bool is_machine(const struct context *context, GError **error)
{
	if (!context->host_path)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "'record' reads a machine, and '%s' is a recording already",
		    context->host_path);
	error_hint(error, "leave '--host' away to record this machine");
	return false;
}

/* The machine's name, which is masked; NULL: not known. */
static char *read_hostname(struct root *root)
{
	char buf[256];

	if (root_read(root, "/proc/sys/kernel/hostname", buf, sizeof(buf)) <= 0)
		return NULL;
	return g_strdup(g_strchomp(buf));
}

/* What is traced while everything is probed, masked; the caller's. */
static struct tree *record_tree(struct context *context, GError **error)
{
	g_autofree char *hostname = read_hostname(context->root);
	struct tree *trace = tree_new();
	struct tree *masked = NULL;

	context->tracing = true;
	root_trace(context->root, trace);
	if (context_host(context, PROBE_ALL, error))
		masked = mask_tree(trace, hostname);
	root_trace(context->root, NULL);
	context->tracing = false;
	tree_free(trace);
	return masked;
}

static char *record_text(struct context *context, GError **error)
{
	struct tree *tree = record_tree(context, error);

	if (!tree)
		return NULL;
	const char *const notes[] = {
		"A machine as vfiokit " VERSION
		" read it. Look at it with: vfiokit --host FILE check",
		"Serial numbers, MAC addresses and UUIDs are replaced by made-up ones.",
		context->host->privileged
			? "Read as root."
			: "Read without root: config space beyond 64 bytes was hidden.",
		NULL,
	};
	char *text = recording_emit(tree, notes);
	tree_free(tree);
	return text;
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int record_run(struct context *context, GError **error)
{
	const struct record_options *options = context->options;
	const char *path = context->n_arguments > 0 ? context->arguments[0] : "-";

	if (context->n_arguments > 1) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'record' writes one file, not %u",
			    context->n_arguments);
		return -1;
	}
	if (!is_machine(context, error))
		return -1;
	g_autofree char *text = record_text(context, error);
	if (!text)
		return -1;
	if (strcmp(path, "-") == 0)
		fputs(text, context->term.out);
	else if (!output_write(path, text, strlen(text), options->force, error))
		return -1;
	else if (!context->quiet)
		fprintf(context->term.out, "%s: %zu lines, %zu kB\n", path, count_lines(text),
			strlen(text) / 1000);
	return STATUS_OK;
}

const struct command command_record = {
	.name = "record",
	.arguments = "[FILE]",
	.summary = "write what the program reads of this machine to one text file",
	.help = "The recording goes to FILE, or to standard output. It is plain text, to be read "
		"before it is given away, to be attached to a report, or pasted into a post; "
		"'vfiokit --host FILE COMMAND' then prints what COMMAND prints here.\n\n"
		"Serial numbers, MAC addresses and UUIDs are replaced by made-up ones of the same "
		"shape. Run as root, it holds the whole of config space and the kernel's log about "
		"the IOMMU; without root it says what could not be read.",
	.options = record_option_rows,
	.options_size = sizeof(struct record_options),
	.flags = COMMAND_NO_JSON,
	.run = record_run,
};
