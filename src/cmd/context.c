/* See context.h: from --root, --host or "/" to the model, and what all commands print alike. */
#include "cmd/context.h"

#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/names.h"
#include "base/recording.h"
#include "base/root.h"
#include "base/text.h"
#include "cmd/command.h"
#include "probe/posted.h"
#include "probe/probe.h"

/* ---- opening ---- */

static bool open_host_file(struct context *context, GError **error)
{
	size_t length;
	g_autofree char *text = input_read(context->host_path, &length, error);

	if (!text)
		return false;
	if (recording_looks_like(text, length)) {
		struct tree *tree = recording_parse(text, length, error);
		if (tree)
			context->root = root_from_tree(tree);
	} else {
		context->posted = posted_read(text, length, error);
	}
	if (!context->root && !context->posted) {
		g_prefix_error(error, "cannot read host '%s': ", context->host_path);
		return false;
	}
	return true;
}

static bool open_machine(struct context *context, GError **error)
{
	if (context->host_path && context->root_path) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "options '--root' and '--host' exclude each other");
		return false;
	}
	if (context->host_path)
		return open_host_file(context, error);
	context->root = root_open(context->root_path ? context->root_path : "/", error);
	return context->root != NULL;
}

static bool check_flags(const struct context *context, const struct command *command,
			GError **error)
{
	if (command->flags & COMMAND_NO_JSON && context->json) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' has no JSON form",
			    command->name);
		return false;
	}
	if (!command->arguments && context->n_arguments > 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'%s' takes no arguments, but got '%s'", command->name,
			    context->arguments[0]);
		return false;
	}
	if (command->flags & COMMAND_NEEDS_ROOT && geteuid() != 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_NEED_ROOT, "'%s' needs root",
			    command->name);
		error_hint(error, "run it with sudo");
		return false;
	}
	return true;
}

static enum colour_when colour_when(const char *word)
{
	if (strcmp(word, "always") == 0)
		return COLOUR_ALWAYS;
	return strcmp(word, "never") == 0 ? COLOUR_NEVER : COLOUR_AUTO;
}

int context_run(struct context *context, const struct command *command, GError **error)
{
	term_init(&context->term, stdout, colour_when(context->colour));
	if (!check_flags(context, command, error))
		return -1;
	if (!(command->flags & COMMAND_NO_ROOT) && !open_machine(context, error))
		return -1;
	return command->run(context, error);
}

void context_clear(struct context *context)
{
	host_free(context->host);
	host_free(context->posted);
	g_clear_pointer(&context->names, names_free);
	root_free(context->root);
}

/* ---- for the commands ---- */

const struct host *context_host(struct context *context, unsigned what, GError **error)
{
	if (context->posted)
		return context->posted;
	if (!context->host)
		context->host = host_probe(context->root, what, error);
	return context->host;
}

void context_detail(struct context *context, const int *functions, unsigned n)
{
	if (context->host)
		host_probe_detail(context->root, context->host, functions, n);
}

void context_handover(struct context *context, const int *functions, unsigned n)
{
	if (context->host)
		host_probe_handover(context->root, context->host, functions, n);
}

struct names *context_names(struct context *context)
{
	if (!context->names)
		context->names = names_new();
	return context->names;
}

void context_json(struct context *context, struct json *json, const char *schema)
{
	json_begin(json, context->term.out);
	json_object(json, NULL);
	json_text(json, "schema", schema);
}

void context_json_gaps(struct json *json, const struct host *host)
{
	json_array(json, "gaps");
	for (guint i = 0; i < host->gaps->len; i++) {
		const struct gap *gap = &g_array_index(host->gaps, struct gap, i);
		json_object(json, NULL);
		json_text(json, "path", gap->path);
		json_text(json, "reason", gap->reason);
		json_object_end(json);
	}
	json_array_end(json);
}

#define GAPS_SHOWN 4

void context_print_gaps(struct context *context, const struct host *host)
{
	guint n = host->gaps->len;
	guint shown = context->verbose ? n : MIN(n, GAPS_SHOWN);

	if (n == 0 || context->quiet)
		return;
	fputc('\n', context->term.out);
	term_print(&context->term, ROLE_STRONG, "Not known:\n");
	for (guint i = 0; i < shown; i++) {
		const struct gap *gap = &g_array_index(host->gaps, struct gap, i);
		g_autofree char *line = g_strdup_printf("%s: %s", gap->path, gap->reason);
		term_paragraph(&context->term, ROLE_PLAIN, 2, 0, 4, line);
	}
	if (shown < n)
		fprintf(context->term.out, "  and %u more (--verbose shows them)\n", n - shown);
}

/* ---- DEVICE arguments ---- */

static void find_by_ids(const struct host *host, uint32_t vendor, uint32_t device, GArray *found)
{
	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (host->pci[i].vendor == (int32_t)vendor &&
		    host->pci[i].device == (int32_t)device)
			g_array_append_val(found, index);
	}
}

/* "01:00" and "0000:01:00": every function of the slot. */
static bool find_by_slot(const struct host *host, const char *argument, GArray *found)
{
	g_autofree char *first = g_strconcat(argument, ".0", NULL);
	struct pci_addr addr;

	if (!pci_addr_parse(first, &addr))
		return false;
	for (unsigned i = 0; i < host->n_pci; i++) {
		int index = (int)i;
		if (pci_addr_same_slot(host->pci[i].addr, addr))
			g_array_append_val(found, index);
	}
	return true;
}

bool context_find_devices(const struct host *host, const char *argument, GArray *found,
			  GError **error)
{
	struct pci_addr addr;
	uint32_t vendor, device;
	guint before = found->len;

	if (pci_addr_parse(argument, &addr)) {
		int index = host_find_pci(host, addr);
		if (index >= 0)
			g_array_append_val(found, index);
	} else if (strlen(argument) == 9 && argument[4] == ':' && text_hex(argument, 4, &vendor) &&
		   text_hex(argument + 5, 4, &device)) {
		find_by_ids(host, vendor, device, found);
	} else if (!find_by_slot(host, argument, found)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is no device", argument);
		error_hint(error, "write an address (01:00.0), a slot (01:00) or ids (10de:1c03)");
		return false;
	}
	if (found->len == before) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no device '%s' on this machine",
			    argument);
		error_hint(error, "'vfiokit check' lists what there is");
		return false;
	}
	return true;
}

bool context_find_slot(const struct host *host, const char *argument, GArray *found, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);
	guint before = found->len;
	bool same = true;

	if (!context_find_devices(host, argument, found, error))
		return false;
	for (guint i = before; i < found->len; i++) {
		char buf[PCI_ADDR_SIZE];
		struct pci_addr addr = host->pci[g_array_index(found, int, i)].addr;
		struct pci_addr first = host->pci[g_array_index(found, int, before)].addr;
		same &= pci_addr_same_slot(addr, first);
		g_string_append_printf(names, "%s%s", i > before ? ", " : "",
				       pci_addr_format(addr, buf));
	}
	if (same)
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is more than one device: %s",
		    argument, names->str);
	error_hint(error, "name the one that is meant by its address");
	return false;
}

char *context_command(const struct context *context)
{
	if (context->host_path)
		return g_strdup_printf("vfiokit --host %s", context->host_path);
	if (context->root_path)
		return g_strdup_printf("vfiokit --root %s", context->root_path);
	return g_strdup("vfiokit");
}

/* ---- this program ---- */

/* Where systems install programs. */
static const char *const installed[] = { "/usr/", "/opt/", "/bin/", "/sbin/", "/nix/store/" };

char *context_program(struct context *context)
{
	char path[4096];

	if (!context->root || root_link(context->root, "/proc/self/exe", path, sizeof(path)) < 0)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(installed); i++)
		if (g_str_has_prefix(path, installed[i]) && !strpbrk(path, " \t\"'\\%$"))
			return g_strdup(path);
	return NULL;
}
