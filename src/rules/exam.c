/* See exam.h. */
#include "rules/exam.h"

#include <string.h>

struct finding *exam_add(struct exam *exam, enum finding_verdict verdict, const char *subject,
			 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	struct finding *finding = finding_add_list(exam->findings, exam->rule->id, verdict,
						   subject ? subject : "host", format, args);
	va_end(args);
	finding->see = exam->rule->see;
	return finding;
}

/* Why something cannot be told, and what helps who is not root. */
static const struct {
	const char *why;
	const char *remedy;
} reasons[] = {
	[HOST_LIVE] = { "it could not be read", "; run as root" },
	[HOST_TREE] = { "it is not there to be read; look on the machine itself", "" },
	[HOST_POSTED] = { "it was not posted; look on the machine itself", "" },
	[HOST_RECORDING] = { "it is not in this recording", "; make another one as root" },
};

void exam_quote_unknown(const struct exam *exam, struct finding *finding, const char *path,
			const char *reason)
{
	const struct host *host = exam->host;

	if (host->part)
		finding_evidence(finding, "%s: not known (%s; look on the host itself)", path,
				 reason ? reason : "it is not seen from inside a container");
	else
		finding_evidence(finding, "%s: not known (%s%s)", path,
				 reason ? reason : reasons[host->source].why,
				 host->privileged ? "" : reasons[host->source].remedy);
}

struct finding *exam_unknown(struct exam *exam, const char *subject, const char *path,
			     const char *what)
{
	struct finding *finding = exam_add(exam, FINDING_UNKNOWN, subject, "%s", what);

	exam_quote_unknown(exam, finding, path, NULL);
	return finding;
}

void evidence_attribute(struct finding *finding, const struct host *host, int index,
			const char *name, const char *value)
{
	finding_evidence(finding, "/sys/bus/pci/devices/%s/%s: %s", ADDRESS(host, index), name,
			 value ? value : "none");
}

void evidence_driver(struct finding *finding, const struct host *host, int index)
{
	const struct pci_dev *dev = &host->pci[index];

	evidence_attribute(finding, host, index, "driver",
			   dev->driver_known ? dev->driver : "not known");
}

void evidence_setting(struct finding *finding, const struct host *host, const char *path)
{
	char buf[SETTING_LINE];
	const char *line = setting_line(host, path, buf);

	if (line)
		finding_evidence(finding, "%s: %s", path, line);
}

int next_chosen(const struct exam *exam, unsigned *index)
{
	while (*index < exam->host->n_pci) {
		unsigned at = (*index)++;
		if (exam->chosen[at] && !pci_dev_is_bridge(&exam->host->pci[at]))
			return (int)at;
	}
	return -1;
}

int next_chosen_kind(const struct exam *exam, enum pci_kind kind, unsigned *index)
{
	int at;

	while ((at = next_chosen(exam, index)) >= 0)
		if (pci_dev_is_kind(&exam->host->pci[at], kind))
			return at;
	return -1;
}

bool is_first_of_group(const struct exam *exam, int index)
{
	int group = exam->host->pci[index].group;

	if (group < 0)
		return false;
	for (int i = 0; i < index; i++)
		if (exam->chosen[i] && exam->host->pci[i].group == group &&
		    !pci_dev_is_bridge(&exam->host->pci[i]))
			return false;
	return true;
}

#define SHOWN 4 /* of a list in a sentence */

char *join_words(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);
	guint shown = words->len <= SHOWN + 1 ? words->len : SHOWN;

	for (guint i = 0; i < shown; i++)
		g_string_append_printf(text, "%s%s",
				       i == 0                ? ""
				       : i + 1 == words->len ? " and "
							     : ", ",
				       (const char *)words->pdata[i]);
	if (shown < words->len)
		g_string_append_printf(text, " and %u more", words->len - shown);
	return g_string_free(text, FALSE);
}

const char *log_line(const struct host *host, const char *text)
{
	return log_line_of(host, -1, text);
}

const char *log_line_of(const struct host *host, int index, const char *text)
{
	const struct kernel *kernel = &host->platform.kernel;

	for (unsigned i = kernel->n_log; i-- > 0;) /* the last one is the state of now */
		if (strstr(kernel->log[i], text) &&
		    (index < 0 || strstr(kernel->log[i], ADDRESS(host, index))))
			return kernel->log[i];
	return NULL;
}
