/* See guests.h. */
#include "probe/guests.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/run.h"
#include "base/text.h"
#include "model/host.h"

#define SECONDS        10 /* that a program may take to tell its version */
#define MAX_DESCRIPTOR ((size_t)64 * 1024)

/* ---- programs ---- */

static char *ask(const char *program, const char *question, const char *word)
{
	const char *const argv[] = { program, question, word, NULL };

	return run_output(argv, SECONDS, NULL);
}

/* The first word of text that starts with a digit and has a dot: "QEMU emulator version 7.2.22
 * (Debian …)", "libvirtd (libvirt) 9.0.0", "9.0.0". */
static char *find_version(const char *text)
{
	for (const char *at = text; *at; at++) {
		if (!g_ascii_isdigit(*at) || (at > text && !g_ascii_isspace(at[-1])))
			continue;
		size_t length = strspn(at, "0123456789.");
		if (memchr(at, '.', length))
			return g_strndup(at, length);
	}
	return NULL;
}

/* Lines like: name "virtio-blk-pci", bus virtio-bus. */
static char *list_devices(const char *help)
{
	GString *words = g_string_new(NULL);

	for (size_t i = 0; guests_devices[i]; i++) {
		g_autofree char *line = g_strdup_printf("name \"%s\"", guests_devices[i]);
		if (strstr(help, line))
			g_string_append_printf(words, "%s%s", words->len ? " " : "",
					       guests_devices[i]);
	}
	return g_string_free(words, FALSE);
}

static const char *const emulators[] = { "qemu-system-x86_64", "/usr/libexec/qemu-kvm",
					 "qemu-kvm" };

/* Three lines: the program, its version, devices. */
static char *ask_qemu(struct root *root)
{
	const char *program = NULL;

	for (size_t i = 0; !program && i < G_N_ELEMENTS(emulators); i++)
		program = run_can(emulators[i]) ? emulators[i] : NULL;
	if (!root_is_live(root) || !program)
		return NULL;
	g_autofree char *said = ask(program, "-version", NULL);
	g_autofree char *version = said ? find_version(said) : NULL;
	g_autofree char *help = ask(program, "-device", "help");
	if (!version || !help)
		return NULL;
	g_autofree char *devices = list_devices(help);
	return g_strdup_printf("%s\n%s\n%s\n", program, version, devices);
}

static const char *const daemons[] = { "virtqemud", "libvirtd", "virsh" };

static char *ask_libvirt(struct root *root)
{
	for (size_t i = 0; root_is_live(root) && i < G_N_ELEMENTS(daemons); i++) {
		if (!run_can(daemons[i]))
			continue;
		g_autofree char *said = ask(daemons[i], "--version", NULL);
		g_autofree char *version = said ? find_version(said) : NULL;
		if (version)
			return g_strconcat(version, "\n", NULL);
	}
	return NULL;
}

static void probe_programs(struct root *root, struct host *host)
{
	g_autofree char *qemu = root_fact(root, "qemu", ask_qemu);
	g_autofree char *libvirt = root_fact(root, "libvirt", ask_libvirt);
	g_auto(GStrv) lines = g_strsplit(qemu ? qemu : "", "\n", -1);

	if (g_strv_length(lines) >= 3) {
		host->guests.qemu = host_string(host, lines[0]);
		host->guests.qemu_version = host_string(host, lines[1]);
		host->guests.qemu_devices = host_string(host, lines[2]);
	}
	if (libvirt)
		host->guests.libvirt_version = host_string(host, text_chomp(libvirt));
}

/* ---- firmware ---- */

/* The first folder that has a name has the word on it; an empty file there hides it. */
static const char *const firmware_folders[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware" };

static void add_descriptors(struct root *root, struct host *host, const char *folder,
			    GHashTable *found)
{
	g_autoptr(GPtrArray) names = NULL;
	int r = root_list(root, folder, &names);

	if (r < 0 && r != -ENOENT)
		host_gap(host, folder, -r);
	host->guests.firmware_known &= r >= 0 || r == -ENOENT;
	for (guint i = 0; r >= 0 && i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *path = g_build_filename(folder, name, NULL);
		if (!g_str_has_suffix(name, ".json") || g_hash_table_contains(found, name))
			continue;
		char *text = root_read_all(root, path, MAX_DESCRIPTOR, NULL, NULL);
		g_hash_table_insert(found, g_strdup(name), text ? text : g_strdup(""));
	}
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(a, b);
}

static void probe_firmware(struct root *root, struct host *host)
{
	g_autoptr(GHashTable) found =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autofree char *own = g_build_filename(g_get_user_config_dir(), "qemu", "firmware", NULL);

	host->guests.firmware_known = root_is_whole(root);
	if (root_is_live(root))
		add_descriptors(root, host, own, found);
	for (size_t i = 0; i < G_N_ELEMENTS(firmware_folders); i++)
		add_descriptors(root, host, firmware_folders[i], found);

	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(found), compare_names);
	struct guest_firmware *list =
		host_alloc(host, (g_hash_table_size(found) + 1) * sizeof(*list));
	unsigned n = 0;
	for (GList *at = names; at; at = at->next) {
		const char *text = g_hash_table_lookup(found, at->data);
		if (*text)
			list[n++] = (struct guest_firmware){ host_string(host, at->data),
							     host_text(host, text) };
	}
	host->guests.firmware = list;
	host->guests.n_firmware = n;
}

void guests_probe(struct root *root, struct host *host)
{
	host->guests.probed = true;
	probe_programs(root, host);
	probe_firmware(root, host);
}
