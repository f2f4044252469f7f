/* vfiokit tune DOMAIN: the plan for a guest that libvirt knows. What is so now is read here; what
 * has to be done is plan/'s business. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "cmd/tune.h"
#include "cmd/vm.h"
#include "plan/tune_plan.h"
#include "probe/interrupts.h"
#include "probe/threads.h"
#include "vm/libvirt.h"
#include "vm/tune_xml.h"

void tune_made_clear(struct tune_made *made)
{
	if (made->pinned)
		pinning_clear(&made->pinning);
	guest_free(made->guest);
	guest_threads_free(made->threads);
	g_free(made->xml);
}

bool tune_read_guest(struct context *context, const char *domain, struct tune_made *made,
		     GError **error)
{
	const struct tune_options *options = context->options;
	g_autofree char *malformed = NULL;
	LIBVIRT_AUTO struct libvirt *virt = vm_libvirt(context, options->connect, error);

	if (!virt || !libvirt_definition(virt, domain, &made->xml, error)) {
		g_prefix_error(error, "cannot look for guest '%s': ", domain);
		return false;
	}
	if (!made->xml) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "no guest '%s' on this machine",
			    domain);
		error_hint(error, "'virsh list --all' lists what there is");
		return false;
	}
	made->guest = guest_read_xml(made->xml, strlen(made->xml), &malformed, error);
	if (made->guest && context->root)
		made->threads = threads_probe(context->root, made->guest->uuid);
	return made->guest != NULL;
}

GArray *tune_functions(const struct host *host, const struct guest *guest)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; guest && i < guest->devices->len; i++) {
		const struct guest_device *device =
			&g_array_index(guest->devices, struct guest_device, i);
		int index = device->kind == GUEST_HOSTDEV && !device->mediated
				    ? host_find_pci(host, device->source)
				    : -1;
		if (index >= 0)
			g_array_append_val(list, index);
	}
	return list;
}

/* ---- what is so now ---- */

/* What is in the file, its newline left out; NULL: it is not there. */
static char *read_line(struct root *root, const char *path)
{
	char buf[4096];
	ssize_t n = root ? root_read(root, path, buf, sizeof(buf)) : -ENOENT;

	return n >= 0 ? g_strdup(text_chomp(buf)) : NULL;
}

static void clear_setting(void *data)
{
	struct tune_setting *setting = data;

	g_free((char *)setting->path);
	g_free((char *)setting->now);
}

static GArray *new_settings(void)
{
	GArray *settings = g_array_new(FALSE, FALSE, sizeof(struct tune_setting));

	g_array_set_clear_func(settings, clear_setting);
	return settings;
}

static void add_setting(GArray *settings, char *path, const char *name, char *now)
{
	const struct tune_setting setting = { .path = path, .name = name, .now = now };

	g_array_append_val(settings, setting);
}

/* CPUs without a governor (in guests, with some drivers) have nothing to be set. */
static GArray *read_governors(const struct context *context, const struct pinning *pinning)
{
	GArray *settings = new_settings();

	for (guint i = 0; i < pinning->vcpus->len; i++) {
		char *path =
			g_strdup_printf("/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor",
					g_array_index(pinning->vcpus, int, i));
		char *now = read_line(context->root, path);
		if (now)
			add_setting(settings, path, NULL, now);
		else
			g_free(path);
	}
	return settings;
}

/* All that systemd starts but guests, which are in machine.slice. A unit without limits has no such
 * file, or an empty one. */
static GArray *read_units(const struct context *context)
{
	static const char *const units[] = { "system.slice", "user.slice", "init.scope" };
	GArray *settings = new_settings();

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		char *path = g_strdup_printf("/sys/fs/cgroup/%s/cpuset.cpus", units[i]);
		char *now = read_line(context->root, path);
		add_setting(settings, path, units[i], now ? now : g_strdup(""));
	}
	return settings;
}

static bool check_cgroups(const struct context *context, GError **error)
{
	const struct tune_options *options = context->options;

	if (!options->isolate || !context->root || !root_is_live(context->root) ||
	    root_exists(context->root, "/sys/fs/cgroup/cgroup.controllers"))
		return true;
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "option '--isolate' needs systemd's unified control groups (version 2)");
	return false;
}

/* ---- the plan ---- */

static uint64_t page_size(const struct tune_options *options)
{
	if (g_strcmp0(options->hugepages, "2M") == 0)
		return (uint64_t)1 << 21;
	return g_strcmp0(options->hugepages, "1G") == 0 ? (uint64_t)1 << 30 : 0;
}

/* Have all of the guest's nodes memory, as far as that is known? A node without cannot give it any.
 */
static bool nodes_have_memory(const struct tune_made *made)
{
	const struct topology *topology = &made->host->platform.topology;
	const GArray *nodes = made->pinning.nodes;

	for (guint i = 0; i < nodes->len; i++) {
		const struct topo_node *node =
			topology_node(topology, g_array_index(nodes, int, i));
		if (node && node->memory == 0)
			return false;
	}
	return nodes->len > 0;
}

/* The definition as it should be, the caller's; NULL: it is so. */
static char *tuned_xml(struct tune_made *made, uint64_t size)
{
	const struct tune tune = {
		.pinning = &made->pinning,
		.bind_memory = made->host->platform.topology.n_numa > 1 && nodes_have_memory(made),
		.hugepage_size = size,
	};

	if (tune_is_done(made->guest, &tune))
		return NULL;
	tune_apply(made->guest, &tune);
	return guest_xml(made->guest);
}

static void warn_gave_way(const struct pinning *pinning, struct plan *plan)
{
	for (int i = 0; i < GAVE_WAY_N; i++)
		if (pinning->gave_way >> i & 1)
			plan_warn(plan, gave_way_name(1 << i), "%s", gave_way_text(1 << i));
}

int tune_guest(struct context *context, const char *domain, struct tune_made *made, GError **error)
{
	const struct tune_options *options = context->options;
	uint64_t size = page_size(options), own = made->guest->hugepage_size;
	g_autofree char *path =
		g_strdup_printf("%s#%s", options->connect ? options->connect : LIBVIRT_SYSTEM,
				domain);
	g_autofree char *said =
		g_strdup_printf("guest '%s' is tuned; it counts from its next start", domain);
	PLAN_AUTO struct plan *plan = plan_new("tune");

	if (!check_cgroups(context, error))
		return -1;
	g_autofree char *xml = tuned_xml(made, size);
	g_autoptr(GArray) governors =
		options->performance ? read_governors(context, &made->pinning) : new_settings();
	g_autoptr(GArray) units = options->isolate ? read_units(context) : new_settings();
	g_autoptr(GArray) functions = tune_functions(made->host, made->guest);
	INTERRUPTS_AUTO struct interrupts *interrupts =
		options->interrupts && context->root ? interrupts_probe(context->root, made->host)
						     : NULL;
	const struct interrupts_request moved = {
		.interrupts = interrupts,
		.pinning = &made->pinning,
		.functions = (const int *)(const void *)functions->data,
		.n_functions = functions->len,
	};
	const struct tune_request request = {
		.pinning = &made->pinning,
		.guest = path,
		.old_xml = made->xml,
		.new_xml = xml,
		.memory = made->guest->memory,
		.page_size = size                     ? size
			     : made->guest->hugepages ? (own ? own : 1 << 21)
						      : 0,
		.governors = (const void *)governors->data,
		.n_governors = governors->len,
		.units = (const void *)units->data,
		.n_units = units->len,
		.interrupts = options->interrupts ? &moved : NULL,
	};
	tune_plan(made->host, &request, plan);
	warn_gave_way(&made->pinning, plan);
	plan->pinning = &made->pinning;
	plan->threads = made->threads;
	return change_finish(context, &options->change, plan, NULL, said, error);
}
