/* What the kernel has logged about the IOMMU, VFIO and virtualisation since it started. Evidence
 * for people; no verdict is made of it. The buffer is a ring: old lines may be gone. */
#include <string.h>

#include "base/errno_name.h"
#include "base/kmsg.h"
#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/mask.h"
#include "probe/platform_parts.h"

#define MAX_LINES 300
#define MAX_LINE  400 /* bytes of a line that are kept */

#define USB_GONE ": USB disconnect"
#define GONE_MAX 3 /* lines of that for one port: there is one each time that it is pulled out */

static const char *const topics[] = {
	"iommu",
	"IOMMU",
	"DMAR",
	"AMD-Vi",
	"IVRS",
	"SMMU",
	"smmu",
	"vfio",
	"VFIO",
	"x2apic",
	"VT-d",
	"VMX",
	"SVM",
	"kvm:",
	"kvm_",
	"IRQ remapping",
	"vgaarb",
	"BOOTFB",
	"efifb",
	"simple-framebuffer",
	"simpledrm",
	"can't reserve",
	"D3cold",
	"NVRM",
	"not ready",
	"AER:",
	"stuck in D3",
	"Lockdown",
	"locked down",
	"Unknown kernel command line",
	"Unknown command line",
	"Secure boot",
	"profile=\"libvirt-",
	":svirt",
	USB_GONE,
};

/* One line for each function: sysfs says the same. */
static const char *const chatter[] = {
	"to iommu group",
	"to group",
};

static bool holds_any(const char *line, size_t length, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memmem(line, length, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Takes "<6>[    0.000000][    T0] " off the front of a line; false when it is not the kernel's own
 * (a facility above 0: programs may write there, too). */
static bool take_header(const char **line, size_t *length)
{
	const char *at = *line, *end = at + *length;

	if (at < end && *at == '<') {
		unsigned priority = 0;
		for (at++; at < end && g_ascii_isdigit(*at) && priority < 1000; at++)
			priority = priority * 10 + (unsigned)(*at - '0');
		if (at == end || *at != '>' || priority > 7)
			return false;
		at++;
	}
	while (at < end && *at == '[') {
		const char *close = memchr(at, ']', (size_t)(end - at));
		const char *word = at + 1 + strspn(at + 1, " T");
		if (!close || !g_ascii_isdigit(*word))
			break;
		at = close + 1;
		while (at < end && *at == ' ')
			at++;
	}
	*length = (size_t)(end - at);
	*line = at;
	return true;
}

/* Is it one line too many about devices that come and go at the same port? */
static bool is_repeated(GHashTable *seen, const char *line, size_t length)
{
	const char *at = memmem(line, length, USB_GONE, strlen(USB_GONE));

	if (!at)
		return false;
	char *port = g_strndup(line, (gsize)(at - line));
	unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, port));
	g_hash_table_insert(seen, port, GUINT_TO_POINTER(n + 1));
	return n >= GONE_MAX;
}

/* The lines that matter, one after the other; the caller's. */
static char *filter_log(const char *text)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	const char *line;
	size_t length;

	for (unsigned n = 0; n < MAX_LINES && (line = text_next_line(&text, &length));) {
		if (!take_header(&line, &length) ||
		    !holds_any(line, length, topics, G_N_ELEMENTS(topics)) ||
		    holds_any(line, length, chatter, G_N_ELEMENTS(chatter)) ||
		    is_repeated(seen, line, length))
			continue;
		g_autofree char *clean = text_printable(line, MIN(length, MAX_LINE));
		g_string_append_printf(out, "%s\n", clean);
		n++;
	}
	return mask_text(out->str);
}

/* "! EPERM" in place of the lines when they may not be read. */
static char *ask_log(struct root *root)
{
	g_autofree char *text = NULL;
	int r = kmsg_read(&text);

	if (r < 0) {
		const char *name = errno_name(-r);
		return g_strdup_printf("! %s\n", name ? name : "EIO");
	}
	return filter_log(text);
}

static void fill_lines(struct host *host, const char *text)
{
	struct kernel *kernel = &host->platform.kernel;
	const char **lines = host_alloc(host, MAX_LINES * sizeof(*lines));
	const char *line;
	size_t length;

	while (kernel->n_log < MAX_LINES && (line = text_next_line(&text, &length)))
		lines[kernel->n_log++] = host_string_n(host, line, length);
	kernel->log = lines;
}

void platform_probe_log(struct root *root, struct host *host)
{
	g_autofree char *text = root_fact(root, "kernel-log", ask_log);

	if (!text)
		return;
	const char *denied = text_after(text, "! ");
	if (!denied) {
		fill_lines(host, text);
		return;
	}
	int error = errno_by_name(text_chomp(text) + strlen("! "));
	host_gap_text(host, "kernel log", error ? g_strerror(error) : denied);
}
