/* Texts: a log that is handed over; of one guest, its definition and the log that QEMU wrote. */
#include <string.h>

#include "base/input.h"
#include "base/root.h"
#include "base/text.h"
#include "cmd/doctor.h"
#include "cmd/vm_lint.h"
#include "rules/messages.h"

#define LINE_MAX_BYTES 8192
#define DEFINITION_MAX (1024U * 1024)
#define GUEST_LOG_MAX  (4U * 1024 * 1024) /* QEMU's own log is some kilobytes for each start */

static void take_line(const char *text, size_t length, void *data)
{
	log_reader_line(data, text, length);
}

bool doctor_read_log(const char *path, GPtrArray *findings, GError **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct log_reader *reader = log_reader_new(is_stdin ? "standard input" : path);
	bool done = input_each_line(path, LINE_MAX_BYTES, take_line, reader, error);

	log_reader_finish(reader, findings, false);
	return done;
}

/* The lines of the guest's last start: what came before was mended since, or will come again. */
static const char *last_start(const char *text)
{
	const char *start = text, *line;
	size_t length;

	while ((line = text_next_line(&text, &length)))
		if (memmem(line, length, ": starting up libvirt version:",
			   strlen(": starting up libvirt version:")))
			start = line;
	return start;
}

void doctor_read_guest_log(struct doctor *doctor, GPtrArray *findings)
{
	g_autofree char *path =
		g_strdup_printf("/var/log/libvirt/qemu/%s.log", doctor->domain->name);
	struct root *root = doctor->context->root;
	g_autofree char *text = root && !strchr(doctor->domain->name, '/')
					? root_read_all(root, path, GUEST_LOG_MAX, NULL, NULL)
					: NULL;
	const char *cursor = text ? last_start(text) : NULL, *line;
	size_t length;

	if (!text)
		return;
	struct log_reader *reader = log_reader_new(path);
	while ((line = text_next_line(&cursor, &length)))
		log_reader_line(reader, line, length);
	log_reader_finish(reader, findings, true);
}

/* ---- the definition ---- */

/* What doctor's own rules judge of guests, with more of the host at hand. */
static const char *const own_topics[] = {
	"hostdev-missing",   "hostdev-no-iommu",      "hostdev-not-viable", "hostdev-unmanaged",
	"functions-missing", "usb-duplicate",         "usb-missing",        "hugepages-pool",
	"memlock",           "memory-more-than-host",
};

static bool is_own_topic(const char *id)
{
	for (size_t i = 0; i < G_N_ELEMENTS(own_topics); i++)
		if (strcmp(id, own_topics[i]) == 0)
			return true;
	return false;
}

void doctor_read_definition(struct doctor *doctor, GPtrArray *findings)
{
	struct context *context = doctor->context;
	size_t length = 0;
	g_autofree char *text = context->root ? root_read_all(context->root, doctor->domain->path,
							      DEFINITION_MAX, &length, NULL)
					      : NULL;
	g_autofree char *malformed = NULL;
	guint before = findings->len;

	if (!text)
		return;
	GUEST_AUTO struct guest *guest = guest_read_xml(text, length, &malformed, NULL);
	if (guest)
		vm_lint_guest(context, doctor->host, guest, doctor->domain->name, NULL, findings);
	for (guint i = findings->len; i-- > before;)
		if (is_own_topic(((const struct finding *)findings->pdata[i])->id))
			g_ptr_array_remove_index(findings, i);
}
