/* What a rule's function works with: the host, what is meant for guests, and how to say what was
 * found. */
#pragma once

#include "model/iommu.h"
#include "rules/rule.h"

/* Why a function is taken to be meant for guests. */
enum chosen_by {
	CHOSEN_ARGUMENT = 1 << 0, /* named on the command line */
	CHOSEN_DOMAIN = 1 << 1,   /* a definition has it */
	CHOSEN_BOUND = 1 << 2,    /* a VFIO driver has it */
	CHOSEN_OVERRIDE = 1 << 3, /* driver_override names a VFIO driver */
	CHOSEN_IDS = 1 << 4,      /* the options of vfio-pci name its ids */
};

/* A device that is asked for and not on the machine. */
struct absentee {
	struct pci_addr addr;
	const struct domain *domain;
};

struct exam {
	const struct host *host;
	const struct rule *rule;
	const struct iommu_verdict *verdict;
	const struct domain *domain; /* NULL: not about one guest */
	const unsigned *chosen;      /* CHOSEN_ flags for each of host.pci */
	const struct loss *loss; /* what goes with all that is chosen, and is still the host's */
	GPtrArray *findings;
	bool settled; /* see exam_settle() */
};

/* Works out which functions are meant for guests: those of the request, else all that something
 * points to. An array of n_pci flags; the caller's. */
unsigned *chosen_find(const struct rules_request *request);

/* Says what was found. subject: see finding_add(); NULL is "host". The finding gets the rule's id
 * and its place in the guide. */
struct finding *exam_add(struct exam *exam, enum finding_verdict verdict, const char *subject,
			 const char *format, ...) G_GNUC_PRINTF(4, 5);
#define exam_fail(exam, subject, ...) exam_add(exam, FINDING_FAIL, subject, __VA_ARGS__)
#define exam_warn(exam, subject, ...) exam_add(exam, FINDING_WARN, subject, __VA_ARGS__)
#define exam_pass(exam, subject, ...) exam_add(exam, FINDING_PASS, subject, __VA_ARGS__)

/* Says that it cannot be told, and why: reason as "run as root", path as what was not readable. */
struct finding *exam_unknown(struct exam *exam, const char *subject, const char *path,
			     const char *what);

/* What a rule's function calls where nothing is wrong whatever else is not known, as of a device
 * that the rule is not about. Without it, and with nothing found, all that the rule names in its
 * `reads` must be known (known.h). */
static inline void exam_settle(struct exam *exam)
{
	exam->settled = true;
}

/* Quotes what is not known, and how to find out. reason: as in struct gap; NULL: not known. */
void exam_quote_unknown(const struct exam *exam, struct finding *finding, const char *path,
			const char *reason);

/* The address of host->pci[index] as text, good in the block where it is written. */
#define ADDRESS(host, index) pci_addr_format((host)->pci[index].addr, (char[PCI_ADDR_SIZE]){ 0 })

/* Quotes an attribute of a function: "/sys/bus/pci/devices/ADDRESS/NAME: value". NULL is shown as
 * "none". */
void evidence_attribute(struct finding *finding, const struct host *host, int index,
			const char *name, const char *value);

/* The same for the driver, which may be none, or not known. */
void evidence_driver(struct finding *finding, const struct host *host, int index);

/* Quotes the first line of a file of host.settings, if it is there. */
void evidence_setting(struct finding *finding, const struct host *host, const char *path);

/* The next chosen function from *index on, which goes behind it; -1 at the end. */
int next_chosen(const struct exam *exam, unsigned *index);

/* The same, of one kind only. */
int next_chosen_kind(const struct exam *exam, enum pci_kind kind, unsigned *index);

/* Is the function the first chosen one of its group? Groups are told once. */
bool is_first_of_group(const struct exam *exam, int index);

/* Names between commas with "and" before the last; the caller's. */
char *join_words(const GPtrArray *words);

/* Does the first of several rows look at the lines of the kernel's log that hold text? Returns the
 * line; NULL: none, or the log is not known. */
const char *log_line(const struct host *host, const char *text);

/* The same for lines that name that function, too. */
const char *log_line_of(const struct host *host, int index, const char *text);
