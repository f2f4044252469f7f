/* See usage.h: one table says how each kind of use is worded. */
#include "view/usage.h"

/* %n is the name, %d the detail; without a detail the second form, where there is one. */
static const struct {
	const char *with_detail;
	const char *without;
} phrases[USAGE_N_KINDS] = {
	[USAGE_ROOT_DISK] = { "%n %d", "%n" },
	[USAGE_DISK] = { "%n %d", "%n" },
	[USAGE_BLOCK] = { "disk %n (%d)", "disk %n" },
	[USAGE_ROUTE] = { "%n with the %d", "%n" },
	[USAGE_NETWORK] = { "network %n (%d)", "network %n" },
	[USAGE_KEYBOARD] = { "keyboard (%d)", "keyboard" },
	[USAGE_MOUSE] = { "mouse (%d)", "mouse" },
	[USAGE_INPUT] = { "input (%d)", "input %n" },
	[USAGE_DISPLAY] = { "monitor on %n", "monitor on %n" },
	[USAGE_DRM] = { "%n", "%n" },
	[USAGE_FRAMEBUFFER] = { "%n (%d)", "%n" },
	[USAGE_SOUND] = { "sound %n (%d)", "sound %n" },
	[USAGE_BLUETOOTH] = { "Bluetooth %n", "Bluetooth %n" },
	[USAGE_VIDEO] = { "camera (%d)", "camera %n" },
	[USAGE_VFIO] = { "guest of %d", "a guest" },
	[USAGE_HOLDER] = { "%d", "a process" },
	[USAGE_OTHER] = { "%n %d", "%n" },
};

char *usage_phrase(const struct usage *usage)
{
	const char *format =
		usage->detail ? phrases[usage->kind].with_detail : phrases[usage->kind].without;
	GString *text = g_string_new(NULL);

	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 'n')
			g_string_append(text, usage->name);
		else if (format[0] == '%' && format[1] == 'd')
			g_string_append(text, usage->detail);
		else
			g_string_append_c(text, *format);
		format += *format == '%';
	}
	return g_string_free(text, FALSE);
}

/* A keyboard has further input devices for its volume and power keys; sound cards for their jacks.
 */
bool usage_is_told(const struct host *host, const struct usage *usage)
{
	unsigned n;
	const struct usage *list = usage_of_pci(host, usage->pci, &n);

	if (usage->kind != USAGE_INPUT)
		return true;
	for (unsigned i = 0; i < n; i++)
		if (list[i].usb == usage->usb && list[i].kind != USAGE_INPUT)
			return false;
	return true;
}

static void json_address(struct json *json, const char *key, const struct host *host, int pci)
{
	char buf[PCI_ADDR_SIZE];

	json_text(json, key, pci < 0 ? NULL : pci_addr_format(host->pci[pci].addr, buf));
}

void usage_json(struct json *json, const struct host *host, const struct usage *usage)
{
	json_object(json, NULL);
	json_text(json, "kind", usage_kind_name(usage->kind));
	json_text(json, "name", usage->name);
	json_text(json, "detail", usage->detail);
	json_address(json, "address", host, usage->pci);
	json_text(json, "usb", usage->usb < 0 ? NULL : host->usb.devs[usage->usb].name);
	json_count(json, "pid", usage->pid > 0 ? usage->pid : -1);
	json_object_end(json);
}

void loss_json(struct json *json, const struct host *host, const struct loss *loss)
{
	json_object(json, "loss");
	json_tri(json, "critical", loss_is_critical(loss));
	json_tri(json, "root_disk", loss->root_disk);
	json_tri(json, "mounted_disk", loss->mounted_disk);
	json_tri(json, "network_in_use", loss->network_in_use);
	json_tri(json, "keyboard", loss->keyboard);
	json_tri(json, "last_keyboard", loss->last_keyboard);
	json_tri(json, "monitor", loss->monitor);
	json_tri(json, "last_monitor", loss->last_monitor);
	json_array(json, "uses");
	for (unsigned i = 0; i < loss->n; i++)
		usage_json(json, host, loss->list[i]);
	json_array_end(json);
	json_object_end(json);
}

static void append_none_left(GString *text, const struct loss *loss)
{
	bool keyboard = loss->last_keyboard == TRI_YES, monitor = loss->last_monitor == TRI_YES;

	if (keyboard || monitor)
		g_string_append_printf(text, "; no %s%s%s would be left",
				       keyboard ? "keyboard" : "",
				       keyboard && monitor ? " and no " : "",
				       monitor ? "monitor" : "");
}

char *loss_phrase(const struct host *host, const struct loss *loss, unsigned max)
{
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *text = g_string_new(NULL);
	unsigned n = 0;

	for (unsigned i = 0; i < loss->n; i++) {
		char *phrase =
			usage_is_told(host, loss->list[i]) ? usage_phrase(loss->list[i]) : NULL;
		if (!phrase || !g_hash_table_add(told, phrase))
			continue;
		if (n++ < max)
			g_string_append_printf(text, "%s%s", n > 1 ? ", " : "", phrase);
	}
	if (n > max)
		g_string_append_printf(text, " and %u more", n - max);
	append_none_left(text, loss);
	return g_string_free(text, FALSE);
}

char *loss_unknown(const struct loss *loss)
{
	const struct {
		enum tri answer;
		const char *words;
	} questions[] = {
		{ loss->root_disk == TRI_UNKNOWN ? TRI_UNKNOWN : loss->mounted_disk, "disks" },
		{ loss->network_in_use, "network" },
		{ loss->keyboard, "keyboards" },
		{ loss->monitor, "monitors" },
	};
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++)
		if (questions[i].answer == TRI_UNKNOWN)
			g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
					       questions[i].words);
	return g_string_free(text, FALSE);
}
