/* vfiokit show: the whole story of a device, and why its group is as it is. */
#include "cmd/show.h"

#include "probe/probe.h"

#define SHOW_PARTS                                                                                 \
	(PROBE_CONFIG | PROBE_DETAIL | PROBE_REGIONS | PROBE_USB | PROBE_USAGE | PROBE_HOLDERS |   \
	 PROBE_PLATFORM)

static void show_one(struct context *context, const struct host *host,
		     const struct prediction *prediction, int index, struct json *json)
{
	const struct pci_dev *dev = &host->pci[index];
	struct explanation why;
	struct loss loss LOSS_AUTO;

	explain_group(host, prediction, index, &why);
	if (dev->group >= 0)
		loss_of_group(host, dev->group, &loss);
	else
		loss_of(host, &index, 1, &loss);
	struct show show = {
		.context = context,
		.host = host,
		.prediction = prediction,
		.index = index,
		.dev = dev,
		.why = &why,
		.loss = &loss,
	};
	device_view_init(&show.view, host, context_names(context));
	reset_judge(host, dev, &show.reset);
	if (json)
		show_json(&show, json);
	else
		show_print(&show);
	explanation_clear(&why);
}

static void show_all(struct context *context, const struct host *host,
		     const struct prediction *prediction, const GArray *found)
{
	struct json json;

	if (context->json) {
		context_json(context, &json, "vfiokit.show/1");
		json_array(&json, "devices");
	}
	for (guint i = 0; i < found->len; i++) {
		if (!context->json && i > 0)
			fputs("\n\n", context->term.out);
		show_one(context, host, prediction, g_array_index(found, int, i),
			 context->json ? &json : NULL);
	}
	if (context->json) {
		json_array_end(&json);
		context_json_gaps(&json, host);
		json_object_end(&json);
		json_end(&json);
	} else {
		context_print_gaps(context, host);
	}
}

static int run_show(struct context *context, GError **error)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));
	struct prediction prediction;

	if (context->n_arguments == 0) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "'show' needs a DEVICE");
		error_hint(error, "'vfiokit check' lists them; then for example 'vfiokit show "
				  "01:00.0'");
		return -1;
	}
	const struct host *host = context_host(context, SHOW_PARTS, error);
	if (!host)
		return -1;
	for (unsigned i = 0; i < context->n_arguments; i++)
		if (!context_find_devices(host, context->arguments[i], found, error))
			return -1;
	predict_groups(host, &prediction);
	show_all(context, host, &prediction, found);
	prediction_clear(&prediction);
	return STATUS_OK;
}

const struct command command_show = {
	.name = "show",
	.arguments = "DEVICE…",
	.summary = "everything about a device, and why its group is as it is",
	.help = "Names, driver, what the host uses it for, hardware, its IOMMU group and the path "
		"of bridges that makes it so, what could split the group, and what the host would "
		"lose by giving it away. --verbose also lists its capabilities.\n"
		"\n"
		"DEVICE is an address (01:00.0), a slot (01:00) or ids (10de:1c03). Run as root: "
		"others may read only the first 64 bytes of config space, which do not tell why.",
	.run = run_show,
};
