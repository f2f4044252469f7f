/* vfiokit vm xml, vm qemu: a guest's definition for this machine, printed. */
#include "cmd/vm.h"
#include "view/pinning.h"
#include "view/plan.h"

static const struct option_row vm_option_rows[] = {
	VM_OPTION_ROWS,
	OPTION_ALLOW(struct vm_options),
	{ 0 },
};

/* ---- what people should know of it ---- */

/* What would be refused when it is started is no reason not to print it. */
static void print_notes(struct context *context, const struct vm_made *made)
{
	for (guint i = 0; !context->quiet && i < made->plan->refusals->len; i++) {
		const struct refusal *refusal = made->plan->refusals->pdata[i];
		term_warn("%s (%s)", refusal->what, refusal->id);
	}
	for (guint i = 0; !context->quiet && i < made->plan->warnings->len; i++) {
		const struct warning *warning = made->plan->warnings->pdata[i];
		term_warn("%s (%s)", warning->what, warning->id);
	}
}

static void json_version(struct json *json, const char *key, unsigned version)
{
	g_autofree char *text = g_strdup_printf("%u.%u", version / 1000, version % 1000);

	json_text(json, key, text);
}

/* All but what was written. */
static void json_definition(struct json *json, const struct vm_made *made)
{
	const struct definition *definition = made->definition;

	json_text(json, "name", definition->name);
	json_text(json, "profile", definition->profile->name);
	json_text(json, "guest", definition->guest->name);
	json_uint(json, "memory", definition->memory);
	json_uint(json, "cpus", definition->vcpus);
	json_object(json, "target");
	json_version(json, "qemu", definition->target.qemu);
	json_version(json, "libvirt", definition->target.libvirt);
	json_bool(json, "assumed",
		  definition->target.qemu_source == TARGET_ASSUMED ||
			  definition->target.libvirt_source == TARGET_ASSUMED);
	json_object_end(json);
	pinning_json(json, definition->pinned ? &definition->pinning : NULL);
	plan_notes_json(json, made->plan);
}

/* ---- vm xml ---- */

static void print_xml(struct context *context, const struct vm_made *made)
{
	g_autofree char *xml = definition_xml(made->definition);
	struct json json;

	if (!context->json) {
		fputs(xml, context->term.out);
		print_notes(context, made);
		return;
	}
	context_json(context, &json, "vfiokit.vm/1");
	json_definition(&json, made);
	json_text(&json, "xml", xml);
	json_object_end(&json);
	json_end(&json);
}

static int run_xml(struct context *context, GError **error)
{
	struct vm_made made;
	bool ok = vm_make(context, false, NULL, &made, error);

	if (ok)
		print_xml(context, &made);
	vm_made_clear(&made);
	return ok ? STATUS_OK : -1;
}

/* ---- vm qemu ---- */

/* "vfiokit bind 0000:01:00.0 …"; NULL without functions. */
static char *say_bind(const struct definition *made)
{
	GString *text = g_string_new("vfiokit bind");

	for (guint i = 0; i < made->functions->len; i++) {
		int pci = g_array_index(made->functions, struct definition_function, i).pci;
		char address[PCI_ADDR_SIZE];
		g_string_append_printf(text, " %s",
				       pci_addr_format(made->host->pci[pci].addr, address));
	}
	return g_string_free(text, made->functions->len == 0);
}

/* What has to be done before, as commands. */
static GPtrArray *list_before(const struct definition *made)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	char *bind = say_bind(made);
	g_autofree char *vars = definition_vars(made);
	g_autofree char *vars_word = shell_word(vars);
	g_autofree char *template = shell_word(made->firmware.vars);
	g_autofree char *tpm = definition_tpm(made);
	g_autofree char *tpm_word = shell_word(tpm);

	if (bind)
		g_ptr_array_add(list, bind);
	g_ptr_array_add(list, g_strdup_printf("cp -n %s %s", template, vars_word));
	if (made->tpm)
		g_ptr_array_add(list, g_strdup_printf("mkdir -p %s", tpm_word));
	if (made->tpm)
		g_ptr_array_add(list,
				g_strdup_printf("swtpm socket --tpm2 --tpmstate dir=%s --ctrl "
						"type=unixio,path=%s/socket --daemon",
						tpm_word, tpm_word));
	return list;
}

/* The emulator's threads have names by which they can be found and pinned. */
static char *say_pins(const struct definition *made)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; made->pinned && i < made->pinning.vcpus->len; i++)
		g_string_append_printf(text, "%s%u→%d", i > 0 ? " " : "", i,
				       g_array_index(made->pinning.vcpus, int, i));
	return g_string_free(text, FALSE);
}

static void print_command(struct context *context, const struct definition *made,
			  const GPtrArray *line)
{
	FILE *out = context->term.out;
	g_autoptr(GPtrArray) before = list_before(made);
	g_autofree char *pins = say_pins(made);

	fputs("# before it is started (the first time after each boot of the host):\n", out);
	for (guint i = 0; i < before->len; i++)
		fprintf(out, "#   %s\n", (const char *)before->pdata[i]);
	if (made->firmware.assumed)
		fputs("# assumed, as this machine does not tell: where its UEFI firmware is\n",
		      out);
	if (*pins)
		fprintf(out,
			"# when it runs, threads \"CPU n/KVM\" to host CPUs (taskset -cp):\n"
			"#   %s\n",
			pins);
	for (guint i = 0; i < line->len; i++) {
		const struct command_option *option = line->pdata[i];
		g_autofree char *value = option->value ? shell_word(option->value) : NULL;
		fprintf(out, "%s%s%s%s%s\n", i > 0 ? "  " : "", option->name, value ? " " : "",
			value ? value : "", i + 1 < line->len ? " \\" : "");
	}
}

static void json_command(struct context *context, const struct vm_made *made, const GPtrArray *line)
{
	g_autoptr(GPtrArray) before = list_before(made->definition);
	struct json json;

	context_json(context, &json, "vfiokit.vm/1");
	json_definition(&json, made);
	json_object(&json, "firmware");
	json_text(&json, "code", made->definition->firmware.code);
	json_text(&json, "vars", made->definition->firmware.vars);
	json_bool(&json, "assumed", made->definition->firmware.assumed);
	json_object_end(&json);
	json_array(&json, "before");
	for (guint i = 0; i < before->len; i++)
		json_text(&json, NULL, before->pdata[i]);
	json_array_end(&json);
	json_array(&json, "argv");
	for (guint i = 0; i < line->len; i++) {
		const struct command_option *option = line->pdata[i];
		json_text(&json, NULL, option->name);
		if (option->value)
			json_text(&json, NULL, option->value);
	}
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
}

static bool check_firmware(const struct vm_made *made, GError **error)
{
	if (made->definition->has_firmware)
		return true;
	g_set_error(
		error, VFIOKIT_ERROR, STATUS_USAGE,
		"there is no UEFI firmware for guests: /usr/share/qemu/firmware describes none");
	error_hint(error, "install it (Debian, Ubuntu: ovmf; Fedora, Arch: edk2-ovmf)");
	return false;
}

static int run_qemu(struct context *context, GError **error)
{
	struct vm_made made;
	bool ok = vm_make(context, true, NULL, &made, error) && check_firmware(&made, error);

	if (ok) {
		g_autoptr(GPtrArray) line = definition_command(made.definition);
		if (context->json)
			json_command(context, &made, line);
		else
			print_command(context, made.definition, line);
		if (!context->json)
			print_notes(context, &made);
	}
	vm_made_clear(&made);
	return ok ? STATUS_OK : -1;
}

/* ---- the commands ---- */

static const struct command command_vm_xml = {
	.name = "vm xml",
	.summary = "print a guest's definition for libvirt",
	.help = "Prints the XML of a guest that is made for this machine and these devices, with "
		"the reason beside each element. 'vm define' hands the same to libvirt.\n"
		"What is not named is chosen by the machine: CPUs and their pinning, memory and "
		"the pages it is in, firmware, and what QEMU and libvirt know here.\n"
		"  vfiokit vm xml --profile windows-gaming --gpu 01:00 --usb-device 046d:c52b",
	.options = vm_option_rows,
	.options_size = sizeof(struct vm_options),
	.run = run_xml,
};

static const struct command command_vm_qemu = {
	.name = "vm qemu",
	.summary = "print a guest as a QEMU command line",
	.help = "Prints the command that starts the guest without libvirt. In front of it stand, "
		"as comments, what has to be there before the first start, and which of its "
		"threads belong on which CPUs: a command line cannot say that.\n"
		"The devices must be on vfio-pci ('vfiokit bind'), and the memory lock of the user "
		"that starts it at least the guest's memory and 1 GiB (ulimit -l).",
	.options = vm_option_rows,
	.options_size = sizeof(struct vm_options),
	.run = run_qemu,
};

extern const struct command command_vm_define, command_vm_lint;

static const struct command *const vm_parts[] = {
	&command_vm_xml, &command_vm_qemu, &command_vm_define, &command_vm_lint, NULL,
};

extern const struct command command_vm;
const struct command command_vm = {
	.name = "vm",
	.summary = "definitions of guests: make, hand over, judge",
	.parts = vm_parts,
};
