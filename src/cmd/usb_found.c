/* See usb_found.h. */
#include "cmd/usb_found.h"

#include <string.h>

#include "base/usb_ids.h"
#include "model/loss.h"
#include "model/usb_advice.h"
#include "view/device.h"
#include "view/usage.h"
#include "view/usb.h"

#define LABEL_WIDTH 14 /* columns before a value */
#define MAX_OTHERS  6  /* that are named */

/* All that is said of one device. */
struct story {
	struct context *context;
	const struct usb_found *found;
	const struct host *host;
	const struct usb_dev *dev;
	int pci; /* the controller; -1 */
	struct device_view device;
	struct usb_ids *ids;
	struct usb_advice advice;
};

static const struct {
	const char *name; /* in JSON */
	const char *words;
} events[] = {
	[FOUND_PLUG] = { "plug", "Plugged in" },
	[FOUND_UNPLUG] = { "unplug", "Unplugged" },
	[FOUND_PRESS] = { "press", "Pressed" },
};

static void story_init(struct story *story, struct context *context, const struct usb_found *found)
{
	const struct host *host = found->host;
	const struct usb_dev *dev = &host->usb.devs[found->dev];

	*story = (struct story){
		.context = context,
		.found = found,
		.host = host,
		.dev = dev,
		.pci = dev->ctrl >= 0 ? host->usb.ctrls[dev->ctrl].pci : -1,
		.ids = usb_ids_new(NULL),
	};
	device_view_init(&story->device, host, context_names(context));
	usb_advise(host, found->dev, &story->advice);
}

static void story_clear(struct story *story)
{
	usb_advice_clear(&story->advice);
	usb_ids_free(story->ids);
}

/* Is it on the same controller, and neither the device, nor plugged into it, nor a hub? */
static bool is_other(const struct story *story, unsigned index)
{
	const struct usb *usb = &story->host->usb;
	const struct usb_dev *dev = &usb->devs[index];

	return dev->ctrl == story->dev->ctrl && dev->ctrl >= 0 && !usb_dev_is_hub(dev) &&
	       !usb_is_behind(usb, (int)index, story->found->dev);
}

/* ---- for people ---- */

static void print_line(const struct story *story, const char *label, const char *text)
{
	const struct term *term = &story->context->term;

	if (!text || !*text)
		return;
	fputs("  ", term->out);
	term_print(term, ROLE_DIM, "%s", label);
	for (size_t i = strlen(label) + 2; i < LABEL_WIDTH; i++)
		fputc(' ', term->out);
	term_paragraph(term, ROLE_PLAIN, LABEL_WIDTH, LABEL_WIDTH, LABEL_WIDTH, text);
}

static void print_title(const struct story *story)
{
	const struct term *term = &story->context->term;
	g_autofree char *title = usb_dev_title(story->dev, story->ids);
	char ids[16];

	term_print(term, ROLE_STRONG, "%s: %s", events[story->found->event].words, title);
	fprintf(term->out, " (%s)\n", usb_dev_ids(story->dev, ids));
}

static void print_port(const struct story *story)
{
	const struct usb_dev *dev = story->dev;
	g_autofree char *speed = usb_speed_text(dev->speed);
	g_autofree char *number =
		dev->number >= 0 ? g_strdup_printf(", device %d", dev->number) : g_strdup("");
	g_autofree char *text = g_strdup_printf("%s (bus %d%s%s%s)", dev->name, dev->bus, number,
						speed ? ", " : "", speed ? speed : "");

	print_line(story, "port", text);
	if (dev->parent < 0 || story->host->usb.devs[dev->parent].parent < 0)
		return;
	const struct usb_dev *hub = &story->host->usb.devs[dev->parent];
	g_autofree char *title = usb_dev_title(hub, story->ids);
	g_autofree char *where = g_strdup_printf("%s %s", hub->name, title);
	print_line(story, "on the hub", where);
}

static void print_controller(const struct story *story)
{
	if (story->pci < 0) {
		print_line(story, "controller",
			   story->dev->ctrl >= 0 ? story->host->usb.ctrls[story->dev->ctrl].name
						 : "not known");
		return;
	}
	const struct pci_dev *pci = &story->host->pci[story->pci];
	char address[PCI_ADDR_SIZE];
	g_autofree char *name = device_name(&story->device, pci, DEVICE_MAKER);
	g_autofree char *text =
		g_strdup_printf("%s %s", device_address(&story->device, pci->addr, address), name);
	print_line(story, "controller", text);
}

static void print_group(const struct story *story)
{
	int index = story->pci >= 0 ? story->host->pci[story->pci].group : -1;
	g_autoptr(GString) text = g_string_new(NULL);
	unsigned n = 0;

	if (story->pci < 0)
		return;
	if (index < 0) {
		print_line(story, "group", story->host->pci[story->pci].group_known ? "none" : "?");
		return;
	}
	const struct iommu_group *group = &story->host->groups[index];
	g_string_append_printf(text, "%d", group->id);
	for (unsigned i = 0; i < group->n_members; i++) {
		const struct pci_dev *other = &story->host->pci[group->members[i]];
		char address[PCI_ADDR_SIZE];
		if (group->members[i] != story->pci && !pci_dev_is_bridge(other))
			g_string_append_printf(text, "%s%s", n++ == 0 ? ", with " : " ",
					       device_address(&story->device, other->addr,
							      address));
	}
	print_line(story, "group", text->str);
}

static void print_others(const struct story *story)
{
	const struct usb *usb = &story->host->usb;
	unsigned n = usb_count_others(story->host, story->found->dev), shown = 0;
	g_autoptr(GString) text = g_string_new(n == 0 ? "nothing" : NULL);

	if (story->dev->ctrl < 0)
		return;
	for (unsigned i = 0; i < usb->n_devs && shown < MAX_OTHERS; i++) {
		if (!is_other(story, i))
			continue;
		g_autofree char *title = usb_dev_title(&usb->devs[i], story->ids);
		g_string_append_printf(text, "%s%s %s", shown++ > 0 ? ", " : "", usb->devs[i].name,
				       title);
	}
	if (shown < n)
		g_string_append_printf(text, " and %u more", n - shown);
	print_line(story, "also on it", text->str);
}

static void print_uses(const struct story *story)
{
	LOSS_AUTO struct loss loss = { 0 };

	loss_of_usb(story->host, story->found->dev, &loss);
	g_autofree char *text = loss_phrase(story->host, &loss, MAX_OTHERS);
	print_line(story, "used for", text);
}

static void print_command(const struct story *story)
{
	const struct term *term = &story->context->term;
	char address[PCI_ADDR_SIZE];

	if (story->advice.give == USB_GIVE_NEITHER || story->found->event == FOUND_UNPLUG)
		return;
	fputc('\n', term->out);
	if (story->advice.give == USB_GIVE_CONTROLLER)
		term_print(term, ROLE_COMMAND, "  vfiokit bind %s",
			   device_address(&story->device, story->host->pci[story->pci].addr,
					  address));
	else
		term_print(term, ROLE_COMMAND, "  vfiokit usb attach %s DOMAIN", story->dev->name);
	fputc('\n', term->out);
}

static void print_advice(const struct story *story)
{
	static const char *const heads[] = {
		[USB_GIVE_NEITHER] = "Give a guest neither the device nor the controller",
		[USB_GIVE_DEVICE] = "Give a guest the device, not the controller",
		[USB_GIVE_CONTROLLER] = "Give a guest the whole controller",
	};
	const struct term *term = &story->context->term;

	fputc('\n', term->out);
	term_print(term, ROLE_STRONG, "%s\n", heads[story->advice.give]);
	for (guint i = 0; i < story->advice.reasons->len; i++) {
		const struct usb_reason *reason = story->advice.reasons->pdata[i];
		fputs("  - ", term->out);
		term_paragraph(term, ROLE_PLAIN, 4, 4, 4, reason->what);
	}
	print_command(story);
}

static void print_story(const struct story *story)
{
	print_title(story);
	print_port(story);
	print_controller(story);
	print_group(story);
	print_others(story);
	print_uses(story);
	print_advice(story);
}

/* A key of a keyboard that is not on USB, or a device that is gone before it was looked at. */
static void print_elsewhere(const struct context *context, const struct usb_found *found)
{
	const struct term *term = &context->term;

	if (found->event == FOUND_PRESS)
		fprintf(term->out, "Pressed: %s, which is on no USB port.\n", found->name);
	else
		fprintf(term->out, "%s: something at port %s, which is gone again.\n",
			events[found->event].words, found->name);
}

/* ---- JSON ---- */

static void json_device(const struct story *story, struct json *json)
{
	LOSS_AUTO struct loss loss = { 0 };

	json_object(json, "device");
	usb_dev_json(json, story->dev, story->ids);
	loss_of_usb(story->host, story->found->dev, &loss);
	loss_json(json, story->host, &loss);
	json_object_end(json);
}

static void json_controller(const struct story *story, struct json *json)
{
	if (story->pci < 0) {
		json_null(json, "controller");
		return;
	}
	const struct pci_dev *pci = &story->host->pci[story->pci];
	json_object(json, "controller");
	device_json_fields(json, &story->device, pci);
	json_count(json, "group", pci->group_id);
	json_array_flat(json, "group_devices");
	for (unsigned i = 0; pci->group >= 0 && i < story->host->groups[pci->group].n_members;
	     i++) {
		int member = story->host->groups[pci->group].members[i];
		char address[PCI_ADDR_SIZE];
		json_text(json, NULL, pci_addr_format(story->host->pci[member].addr, address));
	}
	json_array_end(json);
	json_object_end(json);
}

static void json_others(const struct story *story, struct json *json)
{
	json_array(json, "others");
	for (unsigned i = 0; i < story->host->usb.n_devs; i++) {
		if (!is_other(story, i))
			continue;
		json_object(json, NULL);
		usb_dev_json(json, &story->host->usb.devs[i], story->ids);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_advice(const struct story *story, struct json *json)
{
	json_object(json, "advice");
	json_text(json, "give", usb_give_name(story->advice.give));
	json_array(json, "reasons");
	for (guint i = 0; i < story->advice.reasons->len; i++) {
		const struct usb_reason *reason = story->advice.reasons->pdata[i];
		json_object(json, NULL);
		json_text(json, "id", reason->id);
		json_text(json, "what", reason->what);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void json_story(const struct story *story, struct json *json)
{
	json_device(story, json);
	json_controller(story, json);
	json_others(story, json);
	json_advice(story, json);
}

static void json_nothing(struct json *json)
{
	static const char *const keys[] = { "device", "controller", "others", "advice" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		json_null(json, keys[i]);
}

static void print_json(struct context *context, const struct usb_found *found,
		       const struct story *story)
{
	struct json json;

	context_json(context, &json, "vfiokit.usb-identify/1");
	json_text(&json, "event", events[found->event].name);
	json_text(&json, "name", found->name);
	if (story)
		json_story(story, &json);
	else
		json_nothing(&json);
	json_object_end(&json);
	json_end(&json);
}

void usb_found_print(struct context *context, const struct usb_found *found)
{
	struct story story;
	bool known = found->event != FOUND_NOTHING && found->dev >= 0;

	if (known)
		story_init(&story, context, found);
	if (context->json)
		print_json(context, found, known ? &story : NULL);
	else if (known)
		print_story(&story);
	else if (found->event != FOUND_NOTHING)
		print_elsewhere(context, found);
	if (known)
		story_clear(&story);
}
