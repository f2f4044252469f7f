/* See setup_answers.h. */
#include "cmd/setup_answers.h"

#include <string.h>

#include "base/int_list.h"
#include "base/names.h"
#include "base/size.h"
#include "cmd/ask.h"

struct asking {
	struct context *context;
	const struct host *host;
	const struct setup_options *options;
	struct setup_answers *answers;
	bool ask;
};

static bool add_device(struct asking *asking, const char *argument, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));

	if (!context_find_devices(asking->host, argument, found, error))
		return false;
	for (guint i = 0; i < found->len; i++)
		int_list_add_once(asking->answers->functions, g_array_index(found, int, i));
	return true;
}

/* "01:00.0" of a card means its slot: a function alone is no use to a guest. */
static bool add_slot(struct asking *asking, const char *argument, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));

	if (!context_find_devices(asking->host, argument, found, error))
		return false;
	for (guint i = 0; i < found->len; i++) {
		const struct pci_dev *dev = &asking->host->pci[g_array_index(found, int, i)];
		for (unsigned j = 0; j < asking->host->n_pci; j++)
			if (pci_addr_same_slot(asking->host->pci[j].addr, dev->addr) &&
			    !pci_dev_is_bridge(&asking->host->pci[j]))
				int_list_add_once(asking->answers->functions, (int)j);
	}
	return true;
}

static char *device_words(struct asking *asking, int pci)
{
	const struct pci_dev *dev = &asking->host->pci[pci];
	struct names *names = context_names(asking->context);
	char address[PCI_ADDR_SIZE], vendor_buf[NAMES_SIZE], device_buf[NAMES_SIZE];
	const char *vendor = names_vendor(names, dev->vendor, vendor_buf);
	const char *device = names_device(names, dev->vendor, dev->device, device_buf);

	return g_strdup_printf("%s %s %s", pci_addr_format(dev->addr, address),
			       vendor ? vendor : "", device ? device : "");
}

static void print_choices(struct asking *asking, enum pci_kind kind)
{
	for (unsigned i = 0; i < asking->host->n_pci; i++) {
		const struct pci_dev *dev = &asking->host->pci[i];
		if (!pci_dev_is_kind(dev, kind))
			continue;
		g_autofree char *words = device_words(asking, (int)i);
		fprintf(asking->context->term.out, "  %s%s\n", words,
			dev->boot_vga == TRI_YES ? " (boot display)" : "");
	}
}

static char *suggestion(const struct asking *asking, enum pci_kind kind)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	char address[PCI_ADDR_SIZE];
	int usb = -1;

	if (kind == KIND_GPU)
		setup_suggest_gpu(asking->host, found);
	else
		usb = setup_suggest_usb(asking->host);
	if (usb >= 0)
		g_array_append_val(found, usb);
	if (found->len == 0)
		return g_strdup("none");
	return g_strdup(
		pci_addr_format(asking->host->pci[g_array_index(found, int, 0)].addr, address));
}

static bool has_kind(const struct host *host, enum pci_kind kind)
{
	for (unsigned i = 0; i < host->n_pci; i++)
		if (pci_dev_is_kind(&host->pci[i], kind))
			return true;
	return false;
}

static bool set_ended(GError **error)
{
	g_set_error(error, VFIOKIT_ERROR, STATUS_REFUSED, "the questions were not answered");
	return false;
}

/* One device of a kind: the option's, or asked for. */
static bool choose_device(struct asking *asking, enum pci_kind kind, const char *option,
			  const char *question, GError **error)
{
	g_autofree char *fitting = suggestion(asking, kind);
	g_autofree char *answer = g_strdup(option ? option : "none");

	if (!option && asking->ask && has_kind(asking->host, kind)) {
		print_choices(asking, kind);
		g_free(answer);
		answer = ask_text(asking->context, question, fitting);
		if (!answer)
			return set_ended(error);
	}
	if (strcmp(answer, "none") == 0)
		return true;
	const char *device = strcmp(answer, "auto") == 0 ? fitting : answer;
	if (strcmp(device, "none") == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "there is no %s that this machine could spare",
			    kind == KIND_GPU ? "GPU" : "USB controller");
		error_hint(error, "'vfiokit' says what is in the way of each; to hear what would "
				  "happen all the same, name one by its address");
		return false;
	}
	return kind == KIND_GPU ? add_slot(asking, device, error)
				: add_device(asking, device, error);
}

static bool choose_devices(struct asking *asking, GError **error)
{
	const struct setup_options *options = asking->options;

	for (guint i = 0; options->devices && i < options->devices->len; i++)
		if (!add_device(asking, options->devices->pdata[i], error))
			return false;
	return choose_device(asking, KIND_GPU, options->gpu,
			     "Which GPU goes to guests (address, or none)?", error) &&
	       choose_device(asking, KIND_USB_CONTROLLER, options->usb,
			     "Which USB controller goes to guests (address, or none)?", error);
}

static bool choose_binding(struct asking *asking, GError **error)
{
	struct setup_request *request = &asking->answers->request;
	const char *option = asking->options->bind;
	bool ended = false;

	if (!option && asking->ask && asking->answers->functions->len > 0) {
		bool boot = ask_yes(asking->context,
				    "Shall they be bound at every boot (else on demand)?", true,
				    &ended);
		option = boot ? "boot" : "demand";
	}
	if (ended)
		return set_ended(error);
	request->early = !option || strcmp(option, "boot") == 0 ? EARLY_ADDRESS
			 : strcmp(option, "modules") == 0       ? EARLY_MODULES
								: EARLY_NONE;
	return true;
}

static bool choose_memory(struct asking *asking, GError **error)
{
	struct setup_request *request = &asking->answers->request;
	const char *option = asking->options->memory;
	g_autofree char *answer = NULL;

	if (!option && asking->ask) {
		answer = ask_text(asking->context,
				  "Memory to keep in huge pages for guests (as 8G, or none)?",
				  "none");
		if (!answer)
			return set_ended(error);
		option = answer;
	}
	if (!option || strcmp(option, "none") == 0 || strcmp(option, "0") == 0)
		return true;
	if (!size_read(option, &request->hugepages)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'%s' is no amount of memory",
			    option);
		error_hint(error, "write it as 8G or 512M");
		return false;
	}
	uint64_t total = asking->host->platform.memory.total;
	if (total > 0 && request->hugepages > total / 10 * 9) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "%s in huge pages would leave the host too little: this machine has "
			    "%.1f GiB of memory",
			    option, (double)total / (1 << 30));
		return false;
	}
	return true;
}

static bool choose_passthrough(struct asking *asking, GError **error)
{
	struct setup_request *request = &asking->answers->request;
	bool ended = false;

	request->iommu_pt = asking->options->iommu_pt;
	if (request->iommu_pt || !asking->ask)
		return true;
	request->iommu_pt = ask_yes(
		asking->context,
		"iommu=pt: the host's own devices reach memory untranslated. Some\n"
		"become a little faster, but nothing then keeps a faulty or hostile device\n"
		"of the host's out of its memory. Add it?",
		false, &ended);
	return !ended || set_ended(error);
}

/* Each must be one word to the kernel. */
static bool check_words(const GPtrArray *words, GError **error)
{
	for (guint i = 0; words && i < words->len; i++) {
		const char *text = words->pdata[i], *cursor = text;
		struct slice word = { 0 };
		if (cmdline_next(&cursor, &word) && word.text == text &&
		    word.length == strlen(text))
			continue;
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
			    "'%s' is not one parameter of the kernel", text);
		error_hint(error, "give --kernel-arg once for each");
		return false;
	}
	return true;
}

bool setup_answer(struct context *context, const struct host *host,
		  const struct setup_options *options, bool ask, struct setup_answers *ret,
		  GError **error)
{
	struct asking asking = { context, host, options, ret, ask };

	ret->functions = g_array_new(FALSE, FALSE, sizeof(int));
	ret->request = (struct setup_request){
		.group = options->group,
		.blacklist = options->blacklist,
		.packages = !options->no_packages,
		.words = options->words,
	};
	bool ok = check_words(options->words, error) && choose_devices(&asking, error) &&
		  choose_binding(&asking, error) && choose_memory(&asking, error) &&
		  choose_passthrough(&asking, error);
	ret->request.functions = (const int *)(const void *)ret->functions->data;
	ret->request.n = ret->functions->len;
	return ok;
}

static void add_arg(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	if (value)
		g_ptr_array_add(argv, g_strdup(value));
}

static void add_args(GPtrArray *argv, const char *option, const GPtrArray *values)
{
	for (guint i = 0; values && i < values->len; i++)
		add_arg(argv, option, values->pdata[i]);
}

char **setup_answers_argv(const struct host *host, const struct setup_options *options,
			  const struct setup_answers *answers)
{
	GPtrArray *argv = g_ptr_array_new();

	add_arg(argv, "setup", NULL);
	add_arg(argv, "--yes", NULL);
	add_arg(argv, "--no-packages", NULL);
	for (guint i = 0; i < answers->functions->len; i++) {
		char address[PCI_ADDR_SIZE];
		int pci = g_array_index(answers->functions, int, i);
		add_arg(argv, "--device", pci_addr_format(host->pci[pci].addr, address));
	}
	if (options->group)
		add_arg(argv, "--group", NULL);
	if (answers->request.iommu_pt)
		add_arg(argv, "--iommu-pt", NULL);
	if (options->chain)
		add_arg(argv, "--boot", options->chain);
	if (answers->request.hugepages > 0) {
		g_autofree char *bytes =
			g_strdup_printf("%" G_GUINT64_FORMAT, answers->request.hugepages);
		add_arg(argv, "--hugepages", bytes);
	}
	add_args(argv, "--kernel-arg", options->words);
	add_args(argv, "--allow", options->change.allow);
	g_ptr_array_add(argv, NULL);
	return (char **)(void *)g_ptr_array_free(argv, FALSE);
}

void setup_answers_clear(struct setup_answers *answers)
{
	if (answers->functions)
		g_array_unref(answers->functions);
}
