/* Config space as bytes: "00: 86 80 …" lines below a function. Bytes overrule words, wherever they
 * go; what lies behind their end stays as the words say.
 */
#include "probe/posted_parts.h"

#include "base/text.h"

enum {
	SIZE_HEADER = 64,
	SIZE_STANDARD = 256,
	SIZE_EXTENDED = 4096,
	OFFSET_REVISION = 0x08,
	OFFSET_CLASS = 0x09,
	OFFSET_SUBSYSTEM = 0x2c,
	OFFSET_SUBSYSTEM_CARDBUS = 0x40,
};

/* "f0: " and at least one byte. Returns where the bytes begin, NULL: no such line. */
static const char *scan_offset(const char *text, unsigned *offset)
{
	unsigned digits = 0, value = 0;
	uint32_t byte;

	while (digits < 4 && text_hex_digit(text[digits]) >= 0)
		value = value << 4 | (unsigned)text_hex_digit(text[digits++]);
	if (digits < 2 || digits > 3 || text[digits] != ':' || text[digits + 1] != ' ' ||
	    !text_hex(text + digits + 2, 2, &byte) ||
	    (text[digits + 4] != ' ' && text[digits + 4] != '\0'))
		return NULL;
	*offset = value;
	return text + digits + 2;
}

bool posted_hex_known(const char *text)
{
	unsigned offset;

	return scan_offset(text, &offset) != NULL;
}

/* Only lines that go on where the last one ended are taken: behind a gap nothing is known. */
void posted_hex_take(struct posted_fn *fn, const char *text)
{
	unsigned offset;
	uint32_t byte;
	const char *at = scan_offset(text, &offset);

	if (!at || offset != fn->config_length)
		return;
	if (!fn->config)
		fn->config = g_malloc0(SIZE_STANDARD);
	else if (offset == SIZE_STANDARD)
		fn->config = g_realloc(fn->config, SIZE_EXTENDED);
	unsigned room = offset < SIZE_STANDARD ? SIZE_STANDARD : SIZE_EXTENDED;
	for (unsigned i = 0; i < 16 && fn->config_length < room && text_hex(at, 2, &byte); i++) {
		fn->config[fn->config_length++] = (uint8_t)byte;
		at += 2;
		if (*at == ' ')
			at++;
	}
}

/* ---- bytes over words ---- */

static unsigned word_at(const struct posted_fn *fn, unsigned offset)
{
	return offset + 2 <= fn->config_length
		       ? fn->config[offset] | (unsigned)fn->config[offset + 1] << 8
		       : 0;
}

static const struct pci_cap *find_cap(const struct pci_caps *caps, uint16_t id, bool extended)
{
	for (unsigned i = 0; i < caps->n_list; i++)
		if (caps->list[i].id == id && (caps->list[i].offset >= SIZE_STANDARD) == extended)
			return &caps->list[i];
	return NULL;
}

static void take_subsystem(struct posted_fn *fn, const struct pci_caps *caps)
{
	const struct pci_cap *cap = find_cap(caps, POSTED_CAP_SUBSYSTEM, false);
	unsigned offset = 0;

	if (caps->header_type == 0)
		offset = OFFSET_SUBSYSTEM;
	else if (caps->header_type == 2)
		offset = OFFSET_SUBSYSTEM_CARDBUS;
	else if (caps->header_type == 1 && cap)
		offset = cap->offset + 4U;
	if (offset == 0 || offset + 4 > fn->config_length)
		return;
	fn->dev.subsystem_vendor = (int32_t)word_at(fn, offset);
	fn->dev.subsystem_device = (int32_t)word_at(fn, offset + 2);
}

/* Virtual functions read ffff for their ids: theirs are the words'. */
static void take_ids(struct posted_fn *fn)
{
	if (fn->config_length < SIZE_HEADER || word_at(fn, 0) == 0xffff || word_at(fn, 0) == 0)
		return;
	fn->dev.vendor = (int32_t)word_at(fn, 0);
	fn->dev.device = (int32_t)word_at(fn, 2);
	fn->dev.revision = fn->config[OFFSET_REVISION];
	fn->dev.class_code = fn->config[OFFSET_CLASS] | (int32_t)word_at(fn, OFFSET_CLASS + 1) << 8;
	fn->dev.prog_if_known = true;
}

static void take_sriov(struct posted_fn *fn, const struct pci_caps *caps)
{
	const struct pci_cap *cap = find_cap(caps, POSTED_ECAP_SRIOV, true);

	if (!cap || cap->offset + 0x18U > fn->config_length)
		return;
	struct pci_detail *detail = posted_fn_detail(fn);
	fn->vf_enabled = word_at(fn, cap->offset + 0x08U) & 1;
	fn->vf_n = fn->vf_enabled ? word_at(fn, cap->offset + 0x10U) : 0;
	fn->vf_offset = word_at(fn, cap->offset + 0x14U);
	fn->vf_stride = word_at(fn, cap->offset + 0x16U);
	detail->sriov_totalvfs = (int)word_at(fn, cap->offset + 0x0eU);
	detail->sriov_numvfs = (int)fn->vf_n;
}

void posted_hex_finish(struct posted_fn *fn, bool whole)
{
	struct pci_caps bytes;

	if (fn->config_length < SIZE_HEADER)
		return;
	pci_caps_decode(fn->config, fn->config_length, whole && fn->config_length >= SIZE_STANDARD,
			&bytes);
	/* a function that does not answer reads as ones, and the words are all there is */
	if (bytes.header_type < 0)
		return;
	take_ids(fn);
	take_subsystem(fn, &bytes);
	take_sriov(fn, &bytes);
	struct pci_caps words = *posted_fn_caps(fn);
	fn->caps = bytes;
	posted_caps_merge(&fn->caps, &words);
}
