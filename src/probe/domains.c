/* See domains.h: which definitions there are, and from their lines to the model. */
#include "probe/domains.h"

#include <errno.h>
#include <string.h>

#include "base/errno_name.h"
#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/rom.h"

#define DEFINITIONS "/etc/libvirt/qemu"
#define AUTOSTART   DEFINITIONS "/autostart"
#define RUNNING     "/run/libvirt/qemu" /* one file for each guest that runs */
#define XML_MAX     (1024 * 1024)
#define MAX_DOMAINS 1000

/* ---- what there is ---- */

static void add_state(struct root *root, const char *file, GString *out)
{
	g_autofree char *autostart = g_strconcat(AUTOSTART "/", file, NULL);
	g_autofree char *running = g_strconcat(RUNNING "/", file, NULL);
	char target[512];

	if (root_link(root, autostart, target, sizeof(target)) > 0 || root_exists(root, autostart))
		g_string_append(out, "autostart\tyes\n");
	if (root_exists(root, running))
		g_string_append(out, "running\tyes\n");
	else if (root_is_whole(root))
		g_string_append(out, "running\tno\n");
}

static void add_definition(struct root *root, const char *folder, const char *file, GString *out,
			   GPtrArray *roms)
{
	g_autofree char *path = g_strconcat(folder, "/", file, NULL);
	size_t length = 0;
	int error = 0;
	g_autofree char *text = root_read_all(root, path, XML_MAX, &length, &error);

	if (!text) {
		if (error == EACCES || error == EPERM)
			g_string_append_printf(out, "unreadable\t%s\n", path);
		return;
	}
	domain_describe(text, length, path, out, roms);
	add_state(root, file, out);
}

static bool is_definition(const char *name)
{
	return g_str_has_suffix(name, ".xml") && strlen(name) > strlen(".xml");
}

/* Guests that run without a definition of their own are described by their state. */
static void add_transient(struct root *root, const GPtrArray *defined, GString *out,
			  GPtrArray *roms)
{
	g_autoptr(GPtrArray) names = NULL;

	if (root_list(root, RUNNING, &names) < 0)
		return;
	for (guint i = 0; i < names->len && i < MAX_DOMAINS; i++) {
		bool known = false;
		for (guint j = 0; j < defined->len && !known; j++)
			known = strcmp(defined->pdata[j], names->pdata[i]) == 0;
		if (!known && is_definition(names->pdata[i]))
			add_definition(root, RUNNING, names->pdata[i], out, roms);
	}
}

static char *ask_domains(struct root *root)
{
	g_autoptr(GPtrArray) names = NULL;
	g_autoptr(GPtrArray) roms = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);
	int r = root_list(root, DEFINITIONS, &names);

	if (r < 0 && (r != -ENOENT || !root_is_whole(root))) {
		const char *name = errno_name(-r);
		g_string_append_printf(out, "! %s\n", name ? name : "EIO");
		return g_string_free(out, FALSE);
	}
	if (r < 0)
		names = g_ptr_array_new();
	for (guint i = 0; i < names->len && i < MAX_DOMAINS; i++)
		if (is_definition(names->pdata[i]))
			add_definition(root, DEFINITIONS, names->pdata[i], out, roms);
	add_transient(root, names, out, roms);
	for (guint i = 0; i < roms->len; i++)
		rom_describe(root, roms->pdata[i], out);
	return g_string_free(out, FALSE);
}

/* ---- from lines to the model ---- */

/* While the lines are read. */
struct filler {
	struct host *host;
	GArray *domains; /* of struct domain */
	GArray *roms;    /* of struct rom_file */
	GArray *pci;     /* of struct domain_pci, of the last domain */
	GArray *usb;
	bool shut; /* a definition was not for us */
};

static void *keep(struct host *host, const GArray *array, size_t size)
{
	void *copy = host_alloc(host, (array->len + 1) * size);

	if (array->len > 0)
		memcpy(copy, array->data, array->len * size);
	return copy;
}

static struct domain *last_domain(struct filler *filler)
{
	if (filler->domains->len == 0)
		return NULL;
	return &g_array_index(filler->domains, struct domain, filler->domains->len - 1);
}

static void finish_domain(struct filler *filler)
{
	struct domain *domain = last_domain(filler);

	if (!domain)
		return;
	domain->pci = keep(filler->host, filler->pci, sizeof(struct domain_pci));
	domain->n_pci = filler->pci->len;
	domain->usb = keep(filler->host, filler->usb, sizeof(struct domain_usb));
	domain->n_usb = filler->usb->len;
	g_array_set_size(filler->pci, 0);
	g_array_set_size(filler->usb, 0);
}

static void start_domain(struct filler *filler, char **words)
{
	finish_domain(filler);
	const struct domain domain = {
		.name = host_string(filler->host, words[1]),
		.path = host_string(filler->host, words[2]),
		.running = TRI_UNKNOWN,
	};
	g_array_append_val(filler->domains, domain);
}

/* What follows '=' in a word that starts with key; NULL: another word. */
static const char *word_value(const char *word, const char *key)
{
	const char *rest = text_after(word, key);

	return rest && *rest == '=' ? rest + 1 : NULL;
}

static bool parse_ids(const char *text, int32_t *vendor, int32_t *product)
{
	uint32_t left, right;

	if (strlen(text) != 9 || text[4] != ':' || !text_hex(text, 4, &left) ||
	    !text_hex(text + 5, 4, &right))
		return false;
	*vendor = (int32_t)left;
	*product = (int32_t)right;
	return true;
}

static int parse_number(const char *text)
{
	uint32_t value;

	return text_to_u32(text, 10, G_MAXINT, &value) ? (int)value : -1;
}

static void set_pci_word(struct host *host, struct domain_pci *pci, const char *word)
{
	const char *rom = word_value(word, "rom"), *at = word_value(word, "at");
	struct pci_addr guest;

	pci->managed = pci->managed || strcmp(word, "managed") == 0;
	pci->rom_off = pci->rom_off || strcmp(word, "rom-off") == 0;
	pci->guest_multi = pci->guest_multi || strcmp(word, "multi") == 0;
	if (rom)
		pci->rom = host_string(host, rom);
	if (at && pci_addr_parse(at, &guest)) {
		pci->guest_bus = guest.bus;
		pci->guest_slot = guest.slot;
		pci->guest_function = guest.function;
	}
}

static void add_pci(struct filler *filler, char **words)
{
	struct domain_pci pci = { .guest_bus = -1, .guest_slot = -1, .guest_function = -1 };

	if (!pci_addr_parse(words[1], &pci.addr))
		return;
	for (char **word = words + 2; *word; word++)
		set_pci_word(filler->host, &pci, *word);
	g_array_append_val(filler->pci, pci);
}

static void add_usb(struct filler *filler, char **words)
{
	struct domain_usb usb = { .vendor = -1, .product = -1, .bus = -1, .number = -1 };

	for (char **word = words + 1; *word; word++) {
		const char *ids = word_value(*word, "ids"), *bus = word_value(*word, "bus");
		const char *number = word_value(*word, "number"), *port = word_value(*word, "port");
		if (ids)
			parse_ids(ids, &usb.vendor, &usb.product);
		if (bus)
			usb.bus = parse_number(bus);
		if (number)
			usb.number = parse_number(number);
		if (port)
			usb.port = host_string(filler->host, port);
		usb.optional = usb.optional || strcmp(*word, "optional") == 0;
	}
	g_array_append_val(filler->usb, usb);
}

static void add_unreadable(struct filler *filler, char **words)
{
	host_gap(filler->host, words[1], EACCES);
	filler->shut = true;
}

static void add_rom(struct filler *filler, char **words)
{
	struct rom_file rom;

	if (rom_parse(filler->host, words, &rom))
		g_array_append_val(filler->roms, rom);
}

static void set_field(struct filler *filler, char **words)
{
	struct domain *domain = last_domain(filler);
	const struct domain_field *field = domain_fields;

	while (field->key && strcmp(field->key, words[0]) != 0)
		field++;
	if (!field->key || !domain)
		return;
	if (strcmp(field->key, "running") == 0) {
		domain->running = strcmp(words[1], "yes") == 0 ? TRI_YES : TRI_NO;
		return;
	}
	void *at = (char *)domain + field->offset;
	switch (field->kind) {
	case DOMAIN_TEXT:
		*(const char **)at = host_string(filler->host, words[1]);
		break;
	case DOMAIN_FLAG:
		*(bool *)at = true;
		break;
	case DOMAIN_SIZE:
		text_to_u64(words[1], 10, at);
		break;
	case DOMAIN_COUNT:
		text_to_u32(words[1], 10, G_MAXINT, at);
		break;
	}
}

static void fill_line(struct filler *filler, const char *line)
{
	static const struct {
		const char *key;
		guint words; /* at least */
		void (*fill)(struct filler *filler, char **words);
	} lines[] = {
		{ "domain", 3, start_domain },
		{ "pci", 2, add_pci },
		{ "usb", 2, add_usb },
		{ "rom", 2, add_rom },
		{ "unreadable", 2, add_unreadable },
	};
	g_auto(GStrv) words = g_strsplit(line, "\t", -1);
	guint n = g_strv_length(words);

	for (size_t i = 0; n > 0 && i < G_N_ELEMENTS(lines); i++)
		if (strcmp(words[0], lines[i].key) == 0 && n >= lines[i].words) {
			lines[i].fill(filler, words);
			return;
		}
	if (n >= 2)
		set_field(filler, words);
}

static gint compare_domains(gconstpointer a, gconstpointer b)
{
	return strcmp(((const struct domain *)a)->name, ((const struct domain *)b)->name);
}

static void fill(struct host *host, const char *text)
{
	struct filler filler = {
		.host = host,
		.domains = g_array_new(FALSE, FALSE, sizeof(struct domain)),
		.roms = g_array_new(FALSE, FALSE, sizeof(struct rom_file)),
		.pci = g_array_new(FALSE, FALSE, sizeof(struct domain_pci)),
		.usb = g_array_new(FALSE, FALSE, sizeof(struct domain_usb)),
	};
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++)
		fill_line(&filler, *line);
	finish_domain(&filler);
	g_array_sort(filler.domains, compare_domains);
	host->domains.list = keep(host, filler.domains, sizeof(struct domain));
	host->domains.n = filler.domains->len;
	host->domains.roms = keep(host, filler.roms, sizeof(struct rom_file));
	host->domains.n_roms = filler.roms->len;
	host->domains.known = !filler.shut;
	g_array_unref(filler.domains);
	g_array_unref(filler.roms);
	g_array_unref(filler.pci);
	g_array_unref(filler.usb);
}

void domains_probe(struct root *root, struct host *host)
{
	g_autofree char *text = root_digest(root, "domains", ask_domains);
	const char *denied = text ? text_after(text, "! ") : NULL;

	host->domains.probed = true;
	if (!text)
		return;
	if (!denied) {
		fill(host, text);
		return;
	}
	g_autofree char *name = g_strndup(denied, strcspn(denied, "\n"));
	int error = errno_by_name(name);
	if (error != ENOENT)
		host_gap_text(host, DEFINITIONS, error ? g_strerror(error) : name);
}
