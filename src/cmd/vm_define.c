/* vfiokit vm define: a guest's definition, handed to libvirt as a change like any other: shown
 * first, written to the journal, taken back by undo. */
#include "base/root.h"
#include "cmd/vm.h"
#include "vm/libvirt.h"

static const struct option_row define_option_rows[] = {
	VM_OPTION_ROWS,
	VM_ROW("start", OPTION_FLAG, NULL, NULL, "start it, too", start),
	VM_ROW("replace", OPTION_FLAG, NULL, NULL,
	       "take the place of the guest of that name; 'undo' brings its definition back",
	       replace),
	VM_ROW("connect", OPTION_TEXT, "URI", NULL,
	       "connection of libvirt (default: " LIBVIRT_SYSTEM ")", connect),
	OPTION_DRY_RUN(struct vm_options),
	OPTION_ALLOW(struct vm_options),
	OPTION_YES(struct vm_options),
	{ 0 },
};

/* What libvirt has under that name now. */
struct present {
	char *xml; /* its definition; NULL: none */
	char *uuid;
	enum libvirt_state state;
};

static void present_clear(struct present *present)
{
	g_free(present->xml);
	g_free(present->uuid);
}

/* Plans for other machines are made without asking: nothing is there then. */
static bool look(struct context *context, const char *name, struct present *present, GError **error)
{
	const struct vm_options *options = context->options;

	*present = (struct present){ 0 };
	if (!context->root || !root_is_live(context->root))
		return true;
	LIBVIRT_AUTO struct libvirt *virt = libvirt_open(options->connect, error);
	if (!virt || !libvirt_state(virt, name, &present->state, error) ||
	    !libvirt_definition(virt, name, &present->xml, error))
		return false;
	present->uuid = present->xml ? libvirt_uuid(virt, name) : NULL;
	return true;
}

static bool check_present(const struct vm_options *options, const char *name,
			  const struct present *present, GError **error)
{
	if (present->state == LIBVIRT_RUNNING) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
			    "'vm define' is refused: guest '%s' is running (guest-running)", name);
		error_hint(error, "shut it down first: virsh shutdown %s", name);
		return false;
	}
	if (present->xml && !options->replace) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
			    "'vm define' is refused: there is a guest '%s' already (guest-exists)",
			    name);
		error_hint(error, "give it another --name, or take its place with --replace");
		return false;
	}
	return true;
}

static void add_steps(const struct vm_options *options, const struct definition *definition,
		      const struct present *present, struct plan *plan)
{
	g_autofree char *xml = definition_xml(definition);
	const char *uri = options->connect ? options->connect : LIBVIRT_SYSTEM;
	g_autofree char *path = g_strdup_printf("%s#%s", uri, definition->name);

	plan_add(plan, STEP_GUEST, path, present->xml, xml,
		 present->xml ? "takes the place of the definition of before"
			      : "a guest made for this machine");
	if (options->start)
		plan_add(plan, STEP_GUEST_START, path, NULL, NULL, "it was asked for");
}

static int finish(struct context *context, const struct vm_made *made, GError **error)
{
	const struct vm_options *options = context->options;
	g_autofree char *done = g_strdup_printf("guest '%s' is defined%s", made->definition->name,
						options->start ? " and runs" : "");

	return change_finish(context, &options->change, made->plan, NULL, done, error);
}

static int run_define(struct context *context, GError **error)
{
	const struct vm_options *options = context->options;
	const char *name = options->name ? options->name : options->profile;
	struct present present = { 0 };
	struct vm_made made = { 0 };
	int status = -1;

	if (!name || (look(context, name, &present, error) &&
		      check_present(options, name, &present, error))) {
		if (vm_make(context, false, present.uuid, &made, error)) {
			add_steps(options, made.definition, &present, made.plan);
			status = finish(context, &made, error);
		}
		vm_made_clear(&made);
	}
	present_clear(&present);
	return status;
}

extern const struct command command_vm_define;
const struct command command_vm_define = {
	.name = "vm define",
	.summary = "define a guest with libvirt, and start it",
	.help = "Hands the definition that 'vm xml' prints to libvirt. A guest that is there "
		"already is left alone, or with --replace its definition is kept for 'undo'. "
		"Devices that the host itself needs are refused, as by 'bind'.",
	.options = define_option_rows,
	.options_size = sizeof(struct vm_options),
	.flags = COMMAND_CHANGES,
	.run = run_define,
};
