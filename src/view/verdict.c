/* See verdict.h. */
#include "view/verdict.h"

#include <string.h>

/* ---- words ---- */

static const struct {
	const char *answer;
	enum role role;
} states[] = {
	[IOMMU_STATE_UNKNOWN] = { .answer = "not known", .role = ROLE_WARN },
	[IOMMU_ENABLED] = { .answer = "on", .role = ROLE_GOOD },
	[IOMMU_OFF_IN_FIRMWARE] = { .answer = "off in the firmware", .role = ROLE_BAD },
	[IOMMU_OFF_IN_KERNEL] = { .answer = "off in the kernel", .role = ROLE_BAD },
	[IOMMU_UNSUPPORTED] = { .answer = "not supported", .role = ROLE_BAD },
};

static const char *const vendor_words[] = {
	[IOMMU_VENDOR_UNKNOWN] = NULL,   [IOMMU_INTEL] = "Intel VT-d",
	[IOMMU_AMD] = "AMD-Vi",          [IOMMU_ARM] = "Arm SMMU",
	[IOMMU_VIRTIO] = "virtio-iommu", [IOMMU_OTHER] = "another kind",
};

bool verdict_is_good(const struct iommu_verdict *verdict)
{
	return verdict->state == IOMMU_ENABLED && verdict->interrupt_remapping != TRI_NO;
}

/* ---- for people ---- */

static void print_state(const struct term *term, const struct iommu_verdict *verdict)
{
	const char *vendor = vendor_words[verdict->vendor];
	const char *domain = verdict->state == IOMMU_ENABLED ? verdict->default_domain : NULL;

	term_print(term, ROLE_STRONG, "IOMMU: ");
	term_print(term, states[verdict->state].role, "%s", states[verdict->state].answer);
	if (vendor || domain)
		fprintf(term->out, " (%s%s%s)", vendor ? vendor : "", vendor && domain ? ", " : "",
			domain ? domain : "");
	fputc('\n', term->out);
	if (verdict->cause)
		term_paragraph(term, ROLE_PLAIN, 2, 0, 2, verdict->cause);
	if (verdict->remedy)
		term_paragraph(term, ROLE_WARN, 2, 0, 2, verdict->remedy);
}

static void print_interrupts(const struct term *term, const struct host *host,
			     const struct iommu_verdict *verdict)
{
	if (verdict->state != IOMMU_ENABLED)
		return;
	term_print(term, ROLE_STRONG, "Interrupt remapping: ");
	if (verdict->interrupt_remapping == TRI_YES) {
		term_print(term, ROLE_GOOD, "on\n");
		return;
	}
	if (verdict->interrupt_remapping == TRI_UNKNOWN) {
		fprintf(term->out, "not known\n");
		return;
	}
	term_print(term, ROLE_BAD, "off\n");
	term_paragraph(
		term, ROLE_PLAIN, 2, 0, 2,
		"Devices can be bound, but a virtual machine will not start with them "
		"(\"Operation not permitted\"): a guest could forge interrupts of the host.");
	term_paragraph(
		term, ROLE_WARN, 2, 0, 2,
		verdict->vendor == IOMMU_VIRTIO
			? VIRTIO_REMAPS_NONE
			: "Remove intremap=off or nox2apic from the kernel command line, and "
			  "look for an x2APIC option in the firmware setup.");
	if (host->iommu.unsafe_interrupts == TRI_YES)
		term_paragraph(term, ROLE_WARN, 2, 0, 2,
			       "allow_unsafe_interrupts is set: guests will start, without that "
			       "protection.");
}

static void print_virtualization(const struct term *term, const struct iommu_verdict *verdict)
{
	if (verdict->virtualization != TRI_NO)
		return;
	term_print(term, ROLE_STRONG, "Virtualisation: ");
	term_print(term, ROLE_BAD, "off");
	g_autofree char *note = g_strdup_printf("(%s)", verdict->virtualization_note);
	unsigned printed = (unsigned)strlen("Virtualisation: off ");
	fputc(' ', term->out);
	term_paragraph(term, ROLE_PLAIN, printed, printed, 2, note);
}

void verdict_print(const struct term *term, const struct host *host,
		   const struct iommu_verdict *verdict, bool verbose)
{
	print_state(term, verdict);
	print_interrupts(term, host, verdict);
	print_virtualization(term, verdict);
	if (!verbose && verdict->state == IOMMU_ENABLED)
		return;
	for (unsigned i = 0; i < verdict->n_evidence; i++)
		term_paragraph(term, ROLE_DIM, 2, 0, 4, verdict->evidence[i]);
}

/* ---- JSON ---- */

void verdict_json(struct json *json, const struct host *host, const struct iommu_verdict *verdict)
{
	json_object(json, "iommu");
	json_text(json, "state", iommu_state_name(verdict->state));
	json_text(json, "vendor", iommu_vendor_name(verdict->vendor));
	if (host->iommu.units_known) {
		json_array_flat(json, "units");
		for (unsigned i = 0; i < host->iommu.n_units; i++)
			json_text(json, NULL, host->iommu.units[i].name);
		json_array_end(json);
	} else {
		json_null(json, "units");
	}
	json_text(json, "default_domain", verdict->default_domain);
	json_tri(json, "interrupt_remapping", verdict->interrupt_remapping);
	json_text(json, "verdict", verdict->id);
	json_text(json, "cause", verdict->cause);
	json_text(json, "remedy", verdict->remedy);
	json_tri(json, "virtualization", verdict->virtualization);
	json_array(json, "evidence");
	for (unsigned i = 0; i < verdict->n_evidence; i++)
		json_text(json, NULL, verdict->evidence[i]);
	json_array_end(json);
	json_object_end(json);
}

/* ---- marks ---- */

enum mark { MARK_GPU, MARK_BOOT_DISPLAY, MARK_ISOLATED, MARK_SHARED, MARK_VIABLE };

static const struct {
	char letter;
	const char *word;
} marks[] = {
	[MARK_GPU] = { .letter = 'g', .word = "gpu" },
	[MARK_BOOT_DISPLAY] = { .letter = 'b', .word = "boot-display" },
	[MARK_ISOLATED] = { .letter = 'i', .word = "isolated" },
	[MARK_SHARED] = { .letter = 's', .word = "shared" },
	[MARK_VIABLE] = { .letter = 'v', .word = "viable" },
};

static void add_mark(GString *text, enum mark_form form, enum mark mark)
{
	if (form == MARKS_LETTERS) {
		g_string_append_c(text, marks[mark].letter);
		return;
	}
	if (text->len > 0)
		g_string_append_c(text, ' ');
	g_string_append(text, marks[mark].word);
}

void device_marks(const struct host *host, const struct pci_dev *dev, enum mark_form form,
		  GString *text)
{
	if (dev->kind == KIND_GPU)
		add_mark(text, form, MARK_GPU);
	if (dev->boot_vga == TRI_YES)
		add_mark(text, form, MARK_BOOT_DISPLAY);
	if (pci_dev_is_bridge(dev) || dev->group < 0)
		return;
	const struct iommu_group *group = &host->groups[dev->group];
	enum tri isolated = iommu_group_isolated(host, group);
	if (isolated != TRI_UNKNOWN)
		add_mark(text, form, isolated ? MARK_ISOLATED : MARK_SHARED);
	if (iommu_group_viable(host, group) == TRI_YES)
		add_mark(text, form, MARK_VIABLE);
}

void marks_print_legend(const struct term *term)
{
	g_autoptr(GString) text = g_string_new("Marks:");

	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		g_string_append_printf(text, "%s %c %s", i ? "," : "", marks[i].letter,
				       marks[i].word);
	term_paragraph(term, ROLE_DIM, 0, 0, 0, text->str);
}

enum role device_role(const struct host *host, const struct pci_dev *dev)
{
	if (pci_dev_is_bridge(dev))
		return ROLE_DIM;
	if (dev->boot_vga == TRI_YES)
		return ROLE_WARN;
	if (dev->group < 0)
		return ROLE_PLAIN;
	enum tri isolated = iommu_group_isolated(host, &host->groups[dev->group]);
	if (dev->kind == KIND_GPU && isolated != TRI_UNKNOWN)
		return isolated ? ROLE_GOOD : ROLE_WARN;
	return ROLE_PLAIN;
}
