/* vfiokit setup: prepares the machine. Answers, plan, confirmation; what is done is the plan that
 * was shown. */
#include <stdlib.h>
#include <string.h>

#include "base/root.h"
#include "cmd/ask.h"
#include "cmd/setup_answers.h"
#include "cmd/trial.h"
#include "probe/group.h"
#include "probe/probe.h"
#include "view/device.h"

#define PROBE_FOR_SETUP                                                                            \
	(PROBE_DETAIL | PROBE_REGIONS | PROBE_USB | PROBE_USAGE | PROBE_HOLDERS | PROBE_MACHINE |  \
	 PROBE_PLATFORM | PROBE_BOOT | PROBE_BINDINGS)

static const struct option_row setup_option_rows[] = {
	{ .name = "gpu",
	  .kind = OPTION_TEXT,
	  .argument = "DEVICE",
	  .help = "the GPU for guests, with all functions of its slot; 'auto' or 'none'",
	  .offset = offsetof(struct setup_options, gpu) },
	{ .name = "usb",
	  .kind = OPTION_TEXT,
	  .argument = "DEVICE",
	  .help = "the USB controller for guests; 'auto' or 'none'",
	  .offset = offsetof(struct setup_options, usb) },
	{ .name = "device",
	  .kind = OPTION_TEXTS,
	  .argument = "DEVICE",
	  .help = "another device for guests; may be repeated",
	  .offset = offsetof(struct setup_options, devices) },
	{ .name = "group",
	  .letter = 'g',
	  .kind = OPTION_FLAG,
	  .help = "take everything that is in the same IOMMU groups, too",
	  .offset = offsetof(struct setup_options, group) },
	{ .name = "bind",
	  .kind = OPTION_CHOICE,
	  .argument = "WHEN",
	  .choices = "boot modules demand",
	  .help = "at every boot by address (boot), by options of modules (modules), or on demand",
	  .offset = offsetof(struct setup_options, bind) },
	{ .name = "blacklist",
	  .kind = OPTION_FLAG,
	  .help = "with --bind=modules: keep the drivers of these devices from loading",
	  .offset = offsetof(struct setup_options, blacklist) },
	{ .name = "hugepages",
	  .kind = OPTION_TEXT,
	  .argument = "SIZE",
	  .help = "keep that much memory in huge pages for guests, as 8G",
	  .offset = offsetof(struct setup_options, memory) },
	{ .name = "iommu-pt",
	  .kind = OPTION_FLAG,
	  .help = "add iommu=pt: the host's devices are not kept out of its memory",
	  .offset = offsetof(struct setup_options, iommu_pt) },
	{ .name = "kernel-arg",
	  .kind = OPTION_TEXTS,
	  .argument = "ARG",
	  .help = "add a parameter to the kernel's command line; may be repeated",
	  .offset = offsetof(struct setup_options, words) },
	{ .name = "no-packages",
	  .kind = OPTION_FLAG,
	  .help = "install nothing",
	  .offset = offsetof(struct setup_options, no_packages) },
	{ .name = "trial",
	  .kind = OPTION_FLAG,
	  .help = "for the next boot only; lasting once that went well, and gone if it did not",
	  .offset = offsetof(struct setup_options, trial) },
	{ .name = "boot",
	  .kind = OPTION_TEXT,
	  .argument = "CHAIN",
	  .help = "what boots this machine, where that is not found out: grub, systemd-boot, …",
	  .offset = offsetof(struct setup_options, chain) },
	OPTION_OFFLINE(struct setup_options),
	OPTION_DRY_RUN(struct setup_options),
	OPTION_ALLOW(struct setup_options),
	OPTION_YES(struct setup_options),
	{ 0 },
};

/* ---- before ---- */

static int set_unknown_chain(const struct boot *boot, const char *name, GError **error)
{
	g_autoptr(GString) names = g_string_new("grub, systemd-boot, uki, limine, proxmox");

	for (unsigned i = BOOT_UNCERTAIN + 1; i < BOOT_CHAINS; i++)
		g_string_append_printf(names, ", %s", boot_chain_name(i));
	if (boot->uncertain)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "option '--boot' cannot be '%s': %s", name, boot->uncertain);
	else
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "there is no boot chain '%s'",
			    name);
	error_hint(error, "known are %s", names->str);
	return -1;
}

static bool check_options(struct context *context, const struct setup_options *options,
			  GError **error)
{
	if (!context->root)
		g_set_error(
			error, VFIOKIT_ERROR, STATUS_USAGE,
			"a posted text is too little to prepare a machine by: what boots it is not "
			"in it");
	else if (options->change.offline && options->trial)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "options '--offline' and '--trial' exclude each other");
	else
		return change_check_offline(context, &options->change, error) &&
		       change_check_allowed(&options->change, error);
	return false;
}

/* Groups that let a user use virtual machines, and that the user behind sudo is not in. */
static char *find_missing_groups(struct context *context, const char *user)
{
	g_auto(GStrv) groups = g_strsplit(setup_groups(&context->host->boot), " ", -1);
	GString *missing = g_string_new(NULL);

	for (char **group = groups; user && *group; group++)
		if (group_has_user(context->root, *group, user) != TRI_YES)
			g_string_append_printf(missing, "%s%s", missing->len > 0 ? " " : "",
					       *group);
	return g_string_free(missing, FALSE);
}

static const char *find_user(const struct context *context)
{
	const char *user = getenv("SUDO_USER");

	return root_is_live(context->root) && user && *user && strcmp(user, "root") != 0 ? user
											 : NULL;
}

/* ---- asking ---- */

static bool is_confirmed(struct context *context, const struct setup_options *options,
			 const struct plan *plan, GError **error)
{
	if (options->change.yes || options->change.dry_run || plan->steps->len == 0 ||
	    plan->refusals->len > 0 || !(root_is_live(context->root) || options->change.offline))
		return true;
	change_print_plan(context, plan);
	if (ask_can(context) && !context->json &&
	    ask_yes(context, "Shall this be done?", false, NULL))
		return true;
	if (ask_can(context) && !context->json) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED, "nothing was done");
	} else {
		g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED,
			    "nothing was done: nobody can be asked");
		error_hint(error, "look at the plan above; '--yes' does it");
	}
	return false;
}

static void print_boot(struct context *context, const struct boot *boot)
{
	if (context->json || context->quiet)
		return;
	g_autofree char *text =
		g_strdup_printf("%s; boot: %s; initramfs: %s",
				boot->os.name ? boot->os.name : "unknown distribution",
				boot_chain_words(boot->chain), initramfs_name(boot->initramfs));
	term_paragraph(&context->term, ROLE_PLAIN, 0, 0, 2, text);
	for (unsigned i = 0; context->verbose && i < boot->n_evidence; i++)
		fprintf(context->term.out, "  %s\n", boot->evidence[i]);
	fputc('\n', context->term.out);
}

/* Where nobody is asked a plan without devices could be taken for all there is to do. */
static void print_unnamed(struct context *context, const struct setup_options *options,
			  const struct setup_answers *answers)
{
	g_autoptr(GArray) spare = g_array_new(FALSE, FALSE, sizeof(int));
	char address[PCI_ADDR_SIZE];
	struct device_view view;

	if (context->json || context->quiet || options->gpu || answers->functions->len > 0)
		return;
	setup_suggest_gpu(context->host, spare);
	if (spare->len == 0)
		return;
	device_view_init(&view, context->host, context_names(context));
	g_autofree char *text = g_strdup_printf(
		"No device is named, so none is bound: '--gpu auto' would take %s.",
		device_address(&view, context->host->pci[g_array_index(spare, int, 0)].addr,
			       address));
	term_paragraph(&context->term, ROLE_PLAIN, 0, 0, 0, text);
	fputc('\n', context->term.out);
}

static void add_trial(struct context *context, const struct setup_answers *answers,
		      struct plan *plan)
{
	g_auto(GStrv) argv = setup_answers_argv(context->host, context->options, answers);

	if (plan->steps->len > 0)
		trial_add(context, context->host, answers->request.trial_words,
			  (const char *const *)argv, plan);
}

/* Of the card's own functions (a USB socket) none is named: they go with it. */
static bool goes_with_gpu(const struct host *host, const GArray *functions,
			  const struct pci_dev *dev)
{
	for (guint i = 0; i < functions->len; i++) {
		const struct pci_dev *other = &host->pci[g_array_index(functions, int, i)];
		if (other != dev && other->kind == KIND_GPU &&
		    pci_addr_same_slot(other->addr, dev->addr))
			return true;
	}
	return false;
}

/* The devices as options of 'vm xml', with the profile that fits the first GPU; NULL: there is
 * none. The caller's. */
static char *guest_words(struct context *context, const GArray *functions)
{
	const struct host *host = context->host;
	g_autoptr(GString) words = g_string_new(NULL);
	const struct pci_dev *gpu = NULL;
	struct device_view view;
	char address[PCI_ADDR_SIZE];

	device_view_init(&view, host, context_names(context));
	for (guint i = 0; i < functions->len; i++) {
		const struct pci_dev *dev = &host->pci[g_array_index(functions, int, i)];
		bool usb = pci_dev_is_kind(dev, KIND_USB_CONTROLLER);
		if ((dev->kind != KIND_GPU && !usb) || goes_with_gpu(host, functions, dev))
			continue;
		gpu = !gpu && !usb ? dev : gpu;
		g_string_append_printf(words, " --%s %s", usb ? "usb-controller" : "gpu",
				       device_address(&view, dev->addr, address));
	}
	if (!gpu)
		return NULL;
	bool computes = gpu->class_code >= 0 && gpu->class_code >> 8 != 0x0300; /* no VGA */
	return g_strdup_printf("--profile %s%s", computes ? "gpu-compute" : "windows-gaming",
			       words->str);
}

/* A guest for these devices, as an example. */
static void print_guest(struct context *context, const struct setup_answers *answers)
{
	g_autofree char *words = guest_words(context, answers->functions);
	g_autofree char *prefix = context_command(context);

	if (!words || context->json || context->quiet)
		return;
	fputc('\n', context->term.out);
	term_print(&context->term, ROLE_STRONG, "Next: ");
	term_print(&context->term, ROLE_COMMAND, "%s vm xml %s", prefix, words);
	fputc('\n', context->term.out);
	term_paragraph(&context->term, ROLE_DIM, 6, 0, 6,
		       "a guest that gets them, as libvirt's XML; --profile says what it is for");
}

static int make_and_finish(struct context *context, const struct setup_answers *answers,
			   GError **error)
{
	const struct setup_options *options = context->options;
	PLAN_AUTO struct plan *plan = plan_new("setup");

	setup_plan(context->host, &answers->request, plan);
	if (options->trial)
		add_trial(context, answers, plan);
	plan_allow(plan, options->change.allow);
	if (options->change.offline)
		change_drop_programs(plan);
	if (!is_confirmed(context, options, plan, error))
		return -1;
	return change_finish(
		context, &options->change, plan, NULL,
		options->trial ? "It is tried at the next start, and lasts when that goes well."
			       : "It takes effect at the next start; 'vfiokit' then says what "
				 "was achieved.",
		error);
}

static int run_setup(struct context *context, GError **error)
{
	struct setup_options *options = context->options;
	struct setup_answers answers = { 0 };
	const char *user = NULL;
	int status = -1;

	if (!check_options(context, options, error) ||
	    !context_host(context, PROBE_FOR_SETUP, error))
		return -1;
	if (options->chain && !boot_choose(context->host, options->chain))
		return set_unknown_chain(&context->host->boot, options->chain, error);
	user = find_user(context);
	g_autofree char *missing = find_missing_groups(context, user);
	g_autofree char *program = context_program(context);
	g_autoptr(GPtrArray) trial_words = g_ptr_array_new_with_free_func(g_free);
	bool ask = ask_can(context) && !options->change.yes && !options->change.dry_run &&
		   !context->json;
	print_boot(context, &context->host->boot);
	if (setup_answer(context, context->host, options, ask, &answers, error)) {
		answers.request.user = user;
		answers.request.groups_missed = missing;
		answers.request.program = program;
		answers.request.trial_words = options->trial ? trial_words : NULL;
		if (!ask)
			print_unnamed(context, options, &answers);
		status = make_and_finish(context, &answers, error);
		if (status == STATUS_OK)
			print_guest(context, &answers);
	}
	setup_answers_clear(&answers);
	return status;
}

const struct command command_setup = {
	.name = "setup",
	.summary = "prepare this machine: IOMMU, packages, early binding, boot loader",
	.help = "Asks a few questions at a terminal, shows all that it would change, and does it "
		"after one confirmation; every answer is also an option. Parameters of the kernel "
		"are added only where this machine needs them, by the tools that really boot it, "
		"and an entry without them stays in the menu where there is a menu of ours to "
		"write.\n"
		"\n"
		"Where it is not certain what boots the machine, nothing is changed, and what to "
		"do is printed. 'vfiokit undo' takes everything back.\n"
		"\n"
		"Without a terminal nothing is asked: then --yes is needed, and only devices that "
		"are named are bound.",
	.options = setup_option_rows,
	.options_size = sizeof(struct setup_options),
	.flags = COMMAND_CHANGES,
	.run = run_setup,
};
