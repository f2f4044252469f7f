/* See vm.h: from options to a definition. */
#include <string.h>

#include "base/input.h"
#include "base/root.h"
#include "base/size.h"
#include "base/text.h"
#include "cmd/vm.h"
#include "model/rom.h"
#include "plan/refusal.h"
#include "probe/probe.h"
#include "vm/libvirt.h"

#define PROBE_FOR_VM                                                                               \
	(PROBE_DETAIL | PROBE_REGIONS | PROBE_USB | PROBE_USAGE | PROBE_TOPOLOGY | PROBE_MACHINE | \
	 PROBE_DOMAINS | PROBE_GUESTS)

static bool usage_error(GError **error, const char *hint, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static bool usage_error(GError **error, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "%s", what);
	if (hint)
		error_hint(error, "%s", hint);
	return false;
}

/* ---- numbers ---- */

static bool parse_memory(const char *text, uint64_t *ret, GError **error)
{
	if (!text || (size_read(text, ret) && *ret > 0))
		return true;
	return usage_error(error, "write it as 16G or 12288M", "option '--memory' cannot be '%s'",
			   text);
}

static bool parse_cpus(const char *text, unsigned *ret, GError **error)
{
	uint32_t value;

	if (!text || strcmp(text, "auto") == 0)
		return true;
	if (!text_to_u32(text, 10, UINT32_MAX, &value) || value == 0)
		return usage_error(error, "write a number from 1 on, or auto",
				   "option '--cpus' cannot be '%s'", text);
	*ret = value;
	return true;
}

#define MAX_PIXELS 16384 /* in a line or column */

static bool parse_glass(const char *text, struct definition_request *request, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text ? text : "", "x", 2);
	uint32_t width, height;

	if (!text)
		return true;
	if (g_strv_length(parts) != 2 || !text_to_u32(parts[0], 10, MAX_PIXELS, &width) ||
	    !text_to_u32(parts[1], 10, MAX_PIXELS, &height) || width == 0 || height == 0)
		return usage_error(error, "write it as 1920x1080",
				   "option '--looking-glass' cannot be '%s'", text);
	request->glass_width = width;
	request->glass_height = height;
	return true;
}

static const struct {
	const char *word;
	enum definition_pages pages;
} page_words[] = {
	{ "auto", PAGES_AUTO },
	{ "off", PAGES_OFF },
	{ "2M", PAGES_2M },
	{ "1G", PAGES_1G },
};

static enum definition_pages parse_pages(const char *word)
{
	for (size_t i = 0; word && i < G_N_ELEMENTS(page_words); i++)
		if (strcmp(page_words[i].word, word) == 0)
			return page_words[i].pages;
	return PAGES_AUTO;
}

/* ---- devices ---- */

/* One function stands for each GPU. */
static bool find_gpus(const struct host *host, const GPtrArray *arguments, GArray *found,
		      GError **error)
{
	for (guint i = 0; arguments && i < arguments->len; i++) {
		guint before = found->len;
		if (!context_find_slot(host, arguments->pdata[i], found, error))
			return false;
		g_array_set_size(found, before + 1);
	}
	return true;
}

/* Of a slot only its controllers; ids must mean one. */
static bool find_ctrls(const struct host *host, const GPtrArray *arguments, GArray *found,
		       GError **error)
{
	for (guint i = 0; arguments && i < arguments->len; i++) {
		guint before = found->len;
		if (!context_find_slot(host, arguments->pdata[i], found, error))
			return false;
		for (guint j = found->len; found->len > before + 1 && j > before; j--)
			if (!pci_dev_is_kind(&host->pci[g_array_index(found, int, j - 1)],
					     KIND_USB_CONTROLLER))
				g_array_remove_index(found, j - 1);
	}
	return true;
}

/* ---- files ---- */

/* Is it a ROM, and of the GPU? *path is absolute then, the caller's. */
static bool judge_rom(const struct host *host, const char *file, const GArray *gpus, char **path,
		      GError **error)
{
	struct rom_wish wish = { .vendor = -1, .device = -1, .efi = true };
	struct rom rom;
	size_t length;

	if (!file)
		return true;
	g_autofree char *bytes = input_read(file, &length, error);
	if (!bytes)
		return false;
	if (gpus->len > 0) {
		wish.vendor = host->pci[g_array_index(gpus, int, 0)].vendor;
		wish.device = host->pci[g_array_index(gpus, int, 0)].device;
	}
	if (!rom_read((const uint8_t *)bytes, length, &rom, error) ||
	    !rom_judge(&rom, &wish, error)) {
		g_prefix_error(error, "cannot use ROM '%s': ", file);
		return false;
	}
	*path = g_canonicalize_filename(file, NULL);
	return true;
}

/* What the first bytes of the disk say, where it can be read. */
static const char *sniff_disk(struct context *context, const char *path)
{
	char magic[8] = "";

	if (!context->root || !path || root_read(context->root, path, magic, sizeof(magic)) < 4)
		return NULL;
	return memcmp(magic, "QFI\xfb", 4) == 0 ? "qcow2" : NULL;
}

/* ---- does the host run it, and what would the guest take from it ---- */

static void judge_kvm(struct vm_made *made)
{
	struct iommu_verdict verdict;

	iommu_judge(made->host, &verdict);
	if (verdict.virtualization == TRI_NO)
		plan_warn(made->plan, "no-kvm",
			  "KVM cannot run on this machine, so the guest does "
			  "not start: %s. 'vfiokit check' says what to do.",
			  verdict.virtualization_note);
	iommu_verdict_clear(&verdict);
}

static void judge_devices(struct vm_made *made)
{
	const GArray *functions = made->definition->functions;
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < functions->len; i++)
		g_array_append_val(list,
				   g_array_index(functions, struct definition_function, i).pci);
	const struct refusal_query query = {
		.when = REFUSAL_DEFINE,
		.functions = (const int *)(const void *)list->data,
		.n = list->len,
		.asked = (const int *)(const void *)list->data,
		.n_asked = list->len,
	};
	if (list->len > 0)
		refusal_judge(made->host, &query, made->plan);
	for (guint i = 0; i < made->definition->notes->len; i++) {
		const struct definition_note *note = made->definition->notes->pdata[i];
		plan_warn(made->plan, note->id, "%s", note->what);
	}
}

/* ---- reading guests ---- */

struct libvirt *vm_libvirt(struct context *context, const char *uri, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (!uri && (!context->root || !root_is_live(context->root))) {
		usage_error(error, "leave '--root' and '--host' away",
			    "libvirt is asked on the running machine only");
		return NULL;
	}
	struct libvirt *virt = libvirt_open(uri, &why);
	if (!virt && why->code == STATUS_FAILED)
		why->code = STATUS_USAGE;
	if (!virt)
		g_propagate_error(error, g_steal_pointer(&why));
	return virt;
}

/* ---- the whole ---- */

static bool is_allowed(const GPtrArray *allowed, const char *id)
{
	for (guint i = 0; allowed && i < allowed->len; i++)
		if (strcmp(allowed->pdata[i], id) == 0)
			return true;
	return false;
}

static bool check_allowed(const GPtrArray *allowed, GError **error)
{
	for (guint i = 0; allowed && i < allowed->len; i++) {
		bool known;
		refusal_is_overridable(allowed->pdata[i], &known);
		if (!known && strcmp(allowed->pdata[i], "device-claimed") != 0)
			return usage_error(error, NULL, "there is no rule '%s'",
					   (const char *)allowed->pdata[i]);
	}
	return true;
}

static bool read_numbers(const struct vm_options *options, struct definition_request *request,
			 struct target *target, GError **error)
{
	request->pin = !options->pin || strcmp(options->pin, "off") != 0;
	request->pages = parse_pages(options->hugepages);
	return check_allowed(options->change.allow, error) &&
	       parse_memory(options->memory, &request->memory, error) &&
	       parse_cpus(options->cpus, &request->cpus, error) &&
	       parse_glass(options->looking_glass, request, error) &&
	       (!options->target || target_parse(options->target, target, error));
}

static bool check_machine(const struct host *host, GError **error)
{
	const struct cpu *cpu = &host->platform.cpu;

	return !cpu->arch_known || cpu->x86 ||
	       usage_error(error, NULL, "guests are written for x86-64 machines only");
}

/* Paths as libvirt and QEMU take them, from whatever directory: of char *. */
static GPtrArray *absolute_paths(const GPtrArray *paths)
{
	GPtrArray *absolute = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; paths && i < paths->len; i++)
		g_ptr_array_add(absolute, g_canonicalize_filename(paths->pdata[i], NULL));
	return absolute;
}

static bool make(struct context *context, struct definition_request *request, struct vm_made *made,
		 GError **error)
{
	const struct vm_options *options = context->options;
	g_autoptr(GArray) gpus = g_array_new(FALSE, FALSE, sizeof(int));
	g_autoptr(GArray) ctrls = g_array_new(FALSE, FALSE, sizeof(int));
	g_autofree char *rom = NULL;
	g_autoptr(GPtrArray) iso = absolute_paths(options->iso);
	g_autofree char *disk = options->disk ? g_canonicalize_filename(options->disk, NULL) : NULL;

	if (!find_gpus(made->host, options->gpu, gpus, error) ||
	    !find_ctrls(made->host, options->usb_controller, ctrls, error) ||
	    !judge_rom(made->host, options->rom, gpus, &rom, error))
		return false;
	request->gpus = (const int *)(const void *)gpus->data;
	request->n_gpus = gpus->len;
	request->ctrls = (const int *)(const void *)ctrls->data;
	request->n_ctrls = ctrls->len;
	request->rom = rom;
	request->iso = iso;
	request->disk = disk;
	request->disk_format = sniff_disk(context, disk);
	made->definition = definition_make(made->host, request, error);
	return made->definition != NULL;
}

bool vm_make(struct context *context, bool paths, const char *uuid, struct vm_made *made,
	     GError **error)
{
	const struct vm_options *options = context->options;
	struct target target;
	struct definition_request request = {
		.profile = options->profile,
		.name = options->name ? options->name : options->profile,
		.uuid = uuid,
		.guest = options->guest,
		.usb = options->usb_device,
		.evdev = options->evdev,
		.legacy_nvidia = options->legacy_nvidia,
		.firmware_paths = paths,
		.may_share = is_allowed(options->change.allow, "device-claimed"),
		.target = &target,
	};

	*made = (struct vm_made){ .plan = plan_new("vm define") };
	if (!options->profile)
		return usage_error(error, "windows-gaming, ubuntu-workstation or gpu-compute",
				   "option '--profile' is missing: what the guest is for");
	made->host = context_host(context, PROBE_FOR_VM, error);
	if (!made->host || !check_machine(made->host, error))
		return false;
	target_of(&made->host->guests, &target);
	request.replaces = request.name;
	if (!read_numbers(options, &request, &target, error) ||
	    !make(context, &request, made, error))
		return false;
	judge_kvm(made);
	judge_devices(made);
	return true;
}

void vm_made_clear(struct vm_made *made)
{
	definition_free(made->definition);
	plan_free(made->plan);
}
