/* vfiokit vm lint: what is wrong, dangerous or slow in a guest's definition. */
#include <errno.h>
#include <string.h>

#include "base/input.h"
#include "base/root.h"
#include "cmd/vm.h"
#include "cmd/vm_lint.h"
#include "probe/probe.h"
#include "probe/threads.h"
#include "view/finding.h"
#include "vm/libvirt.h"
#include "vm/lint.h"

struct lint_options {
	bool fix;
	const char *connect;
	const char *schema;
};

static const struct option_row lint_option_rows[] = {
	{ .name = "fix",
	  .kind = OPTION_FLAG,
	  .help = "print the mended definition in place of the findings; all else in it stays",
	  .offset = offsetof(struct lint_options, fix) },
	{ .name = "connect",
	  .kind = OPTION_TEXT,
	  .argument = "URI",
	  .help = "ask this libvirt for DOMAIN (default: " LIBVIRT_SYSTEM ")",
	  .offset = offsetof(struct lint_options, connect) },
	{ .name = "schema",
	  .kind = OPTION_TEXT,
	  .argument = "FILE",
	  .help = "compare with this domain.rng in place of the installed one",
	  .offset = offsetof(struct lint_options, schema) },
	{ 0 },
};

/* ---- what is to be judged ---- */

/* A text, and what to call it. */
struct subject {
	char *text;
	size_t length;
	const char *name;
};

static bool read_subject(struct context *context, const char *argument, struct subject *subject,
			 GError **error)
{
	const struct lint_options *options = context->options;

	subject->name = argument;
	if (strpbrk(argument, " \t\n") && !input_exists(argument)) {
		subject->name = "command line";
		subject->text = g_strconcat(argument, "\n", NULL);
	} else if (strcmp(argument, "-") == 0 || strchr(argument, '/') || input_exists(argument)) {
		subject->text = input_read(argument, &subject->length, error);
	} else {
		LIBVIRT_AUTO struct libvirt *virt = vm_libvirt(context, options->connect, error);
		subject->text = virt ? libvirt_dump(virt, argument, true, error) : NULL;
		if (!subject->text)
			g_prefix_error(error, "'%s' is no file, nor known as a guest: ", argument);
	}
	if (subject->text && subject->length == 0)
		subject->length = strlen(subject->text);
	return subject->text != NULL;
}

static bool is_xml(const struct subject *subject)
{
	const char *text = subject->text;

	if (g_str_has_prefix(text, "\xef\xbb\xbf"))
		text += 3;
	return text[strspn(text, " \t\r\n")] == '<';
}

/* ---- judging ---- */

static enum tri find_path(void *data, const char *path)
{
	const struct context *context = data;
	char target[8];

	if (!context->root || !root_is_live(context->root))
		return TRI_UNKNOWN;
	if (root_exists(context->root, path))
		return TRI_YES;
	ssize_t n = root_link(context->root, path, target, sizeof(target));
	return n == -ENOENT || n == -ENOTDIR ? TRI_NO : TRI_UNKNOWN;
}

void vm_lint_guest(struct context *context, const struct host *host, const struct guest *guest,
		   const char *name, const char *schema, GPtrArray *findings)
{
	static const char installed[] = "/usr/share/libvirt/schemas/domain.rng";
	GUEST_THREADS_AUTO struct guest_threads *threads =
		context->root && guest->uuid ? threads_probe(context->root, guest->uuid) : NULL;
	const struct lint_input input = {
		.guest = guest,
		.subject = guest->name && *guest->name ? guest->name : name,
		.host = host,
		.threads = threads,
		.schema = schema                    ? schema
			  : input_exists(installed) ? installed
						    : NULL,
		.exists = find_path,
		.data = context,
	};

	lint_run(&input, findings);
}

static void judge(struct context *context, const struct host *host, const struct guest *guest,
		  const char *name, GPtrArray *findings)
{
	const struct lint_options *options = context->options;

	vm_lint_guest(context, host, guest, name, options->schema, findings);
}

/* ---- showing ---- */

static int show(struct context *context, GPtrArray *findings)
{
	struct json json;

	findings_sort(findings);
	if (context->json) {
		context_json(context, &json, "vfiokit.findings/1");
		findings_json(&json, findings);
		json_object_end(&json);
		json_end(&json);
	} else {
		findings_print(&context->term, findings, context->verbose);
	}
	return findings_are_bad(findings) ? STATUS_FOUND : STATUS_OK;
}

/* The mended definition on standard output, what was mended on standard error. */
static int show_mended(struct context *context, const char *text, const GPtrArray *mended)
{
	fputs(text ? text : "", context->term.out);
	for (guint i = 0; i < mended->len && !context->quiet; i++)
		fprintf(stderr, "vfiokit: mended: %s\n", (const char *)mended->pdata[i]);
	return STATUS_OK;
}

static int mend_xml(struct context *context, struct guest *guest, const GPtrArray *findings)
{
	g_autoptr(GPtrArray) mended = lint_mend(guest, findings);
	g_autofree char *xml = guest_xml(guest);

	return show_mended(context, xml, mended);
}

static int run_xml(struct context *context, const struct host *host, const struct subject *subject,
		   GError **error)
{
	const struct lint_options *options = context->options;
	g_autoptr(GPtrArray) findings = findings_new();
	g_autofree char *malformed = NULL;
	GUEST_AUTO struct guest *guest =
		guest_read_xml(subject->text, subject->length, &malformed, error);

	if (!guest && (!malformed || options->fix)) {
		g_prefix_error(error, "'%s': ", subject->name);
		return -1;
	}
	if (!guest) {
		g_clear_error(error);
		lint_malformed(subject->name, malformed, findings);
		return show(context, findings);
	}
	judge(context, host, guest, subject->name, findings);
	return options->fix ? mend_xml(context, guest, findings) : show(context, findings);
}

/* A text may hold several command lines: each is judged, and mended, by itself. */
static int mend_qemu(struct context *context, const struct host *host,
		     const struct subject *subject, const GPtrArray *guests)
{
	LINE_EDITS_AUTO struct line_edits *edits = line_edits_new(subject->text);
	g_autoptr(GPtrArray) mended = g_ptr_array_new();

	for (guint i = 0; i < guests->len; i++) {
		g_autoptr(GPtrArray) findings = findings_new();
		judge(context, host, guests->pdata[i], subject->name, findings);
		lint_mend_line(guests->pdata[i], findings, edits, mended);
	}
	g_autofree char *text = line_edits_apply(edits);
	return show_mended(context, text, mended);
}

static int run_qemu(struct context *context, const struct host *host, const struct subject *subject,
		    GError **error)
{
	const struct lint_options *options = context->options;
	g_autoptr(GPtrArray) findings = findings_new();
	g_autoptr(GPtrArray) guests = guest_read_qemu(subject->text);

	if (guests->len == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'%s' is neither libvirt's XML nor a command line of QEMU",
			    subject->name);
		error_hint(error,
			   "give a file, the name of a guest, or a command line between quotes");
		return -1;
	}
	if (options->fix)
		return mend_qemu(context, host, subject, guests);
	for (guint i = 0; i < guests->len; i++)
		judge(context, host, guests->pdata[i], subject->name, findings);
	return show(context, findings);
}

static int run_vm_lint(struct context *context, GError **error)
{
	struct subject subject = { 0 };

	if (context->n_arguments != 1) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'vm lint' needs one FILE, DOMAIN or command line");
		error_hint(error,
			   "'-' is standard input: virsh dumpxml DOMAIN | vfiokit vm lint -");
		return -1;
	}
	if (!read_subject(context, context->arguments[0], &subject, error))
		return -1;
	const struct host *host = context_host(context, LINT_PARTS, error);
	int status = -1;
	if (host)
		status = is_xml(&subject) ? run_xml(context, host, &subject, error)
					  : run_qemu(context, host, &subject, error);
	g_free(subject.text);
	return status;
}

const struct command command_vm_lint = {
	.name = "vm lint",
	.arguments = "FILE|DOMAIN|'COMMAND LINE'",
	.summary = "judge a guest's definition for passthrough",
	.help = "Reads libvirt's XML (a file, or of a guest that libvirt knows) or a command line "
		"of QEMU (a file, a script, or the words themselves between quotes), and says what "
		"is wrong, dangerous or slow in it, with what to put in its place. Scripts are "
		"read, never run.\n"
		"\n"
		"What only this machine can tell (are the devices there, are there huge pages) is "
		"asked of it, or of --root or --host. The exit status is 1 when something is "
		"wrong.",
	.options = lint_option_rows,
	.options_size = sizeof(struct lint_options),
	.run = run_vm_lint,
};
