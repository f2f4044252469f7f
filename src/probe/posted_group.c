/* What scripts print in front of an address. Tokens are taken off one by one until something stands
 * there that is none; whether that is an address is for the caller to see.
 */
#include "probe/posted_parts.h"

#include <string.h>

#include "base/text.h"

#define MAX_TOKENS 8

/* Bullets, comment signs, table lines: everything beyond ASCII counts (├── • │). */
static const char *skip_bullets(const char *text)
{
	const char *comment = text_after(text, "//");

	text = comment ? comment : text;
	size_t digits = strspn(text, "0123456789"); /* "1. ", "12) ": a list with numbers */
	if (digits > 0 && (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ')
		text += digits + 2;
	while (*text && (strchr(" #*|`+-=;_\\", *text) || (unsigned char)*text >= 0x80))
		text++;
	return text;
}

/* The word, whatever its case, and nothing that goes on behind it. */
static const char *after_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (g_ascii_strncasecmp(text, word, n) != 0 || g_ascii_isalpha(text[n]))
		return NULL;
	return text + n;
}

static const char *take_number(const char *text, int *ret)
{
	int value = 0;
	unsigned digits = 0;

	while (digits < 7 && g_ascii_isdigit(text[digits]))
		value = value * 10 + (text[digits++] - '0');
	if (digits == 0 || digits == 7)
		return NULL;
	*ret = value;
	return text + digits;
}

static const char *after_iommu(const char *text)
{
	const char *at = after_word(text, "IOMMU");

	return at ? at + strspn(at, " _-") : text;
}

/* "IOMMU Group 12", "Group: 12", "iommu_group=12", "IOMMU-Gruppe 12", "Groupe IOMMU 12". */
static const char *take_group(const char *text, int *group)
{
	static const char *const words[] = { "group", "gruppe", "groupe", "grupo", "gruppo" };
	const char *at = NULL;
	const char *rest;

	for (size_t i = 0; !at && i < G_N_ELEMENTS(words); i++)
		at = after_word(after_iommu(text), words[i]);
	if (!at)
		return NULL;
	at = after_iommu(at + strspn(at, " "));
	at += strspn(at, " :#=");
	rest = take_number(at, group);
	/* a number that goes on is an id or an address */
	if (!rest || g_ascii_isxdigit(*rest) || *rest == '.')
		return NULL;
	return rest + strspn(rest, " :#");
}

static const char *take_path(const char *text, int *group)
{
	const char *at = text_after(text, "/sys/kernel/iommu_groups/");
	const char *rest = at ? take_number(at, group) : NULL;

	if (!rest)
		return NULL;
	at = text_after(rest, "/devices/");
	return at ? at : text_after(rest, "/devices:");
}

#define MAX_MARK 16

/* "[8086:191f]", "[R]", "[RESET]", "(12)": the number of the group. */
static const char *take_mark(const char *text, struct posted_prefix *ret)
{
	size_t end = 1;
	int group;

	if (text[0] != '[' && text[0] != '(')
		return NULL;
	while (end < MAX_MARK && text[end] && text[end] != ']' && text[end] != ')')
		end++;
	if (text[end] != (text[0] == '[' ? ']' : ')'))
		return NULL;
	if (!posted_ids_scan(text, &ret->vendor, &ret->device) && text[0] == '(' &&
	    take_number(text + 1, &group) == text + end && ret->group < 0)
		ret->group = group;
	return text + end + 1;
}

static const char *const labels[] = {
	"Group Device:", "Device:", "Devices:", "PCI:", "BDF:", "Address:",
};

static const char *take_label(const char *text, struct posted_prefix *ret)
{
	const char *slot = text_after(text, "Slot:");

	if (slot) {
		ret->slot = true;
		return slot;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		if (g_ascii_strncasecmp(text, labels[i], strlen(labels[i])) == 0)
			return text + strlen(labels[i]);
	return NULL;
}

void posted_prefix_scan(const char *text, struct posted_prefix *ret)
{
	*ret = (struct posted_prefix){ .group = -1, .vendor = -1, .device = -1 };
	const char *at = skip_bullets(text);

	ret->marked = at != text;
	for (unsigned i = 0; i < MAX_TOKENS; i++) {
		const char *rest = take_path(at, &ret->group);
		if (!rest)
			rest = take_group(at, &ret->group);
		if (!rest)
			rest = take_label(at, ret);
		if (!rest)
			rest = take_mark(at, ret);
		if (!rest)
			break;
		ret->marked = true;
		at = skip_bullets(rest);
	}
	ret->rest = at;
}

bool posted_group_header(const char *text, int *group)
{
	struct posted_prefix prefix;

	posted_prefix_scan(text, &prefix);
	if (prefix.group < 0 || *prefix.rest != '\0')
		return false;
	*group = prefix.group;
	return true;
}

bool posted_has_address(const char *text)
{
	struct posted_prefix prefix;
	struct pci_addr addr;

	posted_prefix_scan(text, &prefix);
	return pci_addr_scan(prefix.rest, &addr) > 0;
}
