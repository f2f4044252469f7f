/* See guest_xml_parts.h. */
#include "vm/guest_xml_parts.h"

#include "base/size.h"
#include "base/text.h"
#include "vm/xml_read.h"

const char *xml_keep(struct guest *guest, char *text)
{
	const char *kept = guest_string(guest, text);

	g_free(text);
	return kept;
}

const char *xml_string(struct guest *guest, const xmlNode *node, const char *name)
{
	return xml_keep(guest, node_attribute(node, name));
}

int xml_number(const xmlNode *node, const char *name)
{
	g_autofree char *text = node_attribute(node, name);
	uint32_t value;

	if (!text)
		return -1;
	if (g_str_has_prefix(text, "0x") || g_str_has_prefix(text, "0X"))
		return text_to_u32(text, 16, INT32_MAX, &value) ? (int)value : -1;
	return text_to_u32(text, 10, INT32_MAX, &value) ? (int)value : -1;
}

uint64_t xml_scale(const char *text, const char *unit)
{
	uint64_t bytes = 0;

	size_parse(text, unit, &bytes);
	return bytes;
}

uint64_t xml_size(const xmlNode *node)
{
	g_autofree char *text = node_text(node);
	g_autofree char *unit = node_attribute(node, "unit");

	return xml_scale(text, unit);
}

enum tri xml_yes_no(const xmlNode *node, const char *name)
{
	if (node_says(node, name, "on") || node_says(node, name, "yes"))
		return TRI_YES;
	return node_says(node, name, "off") || node_says(node, name, "no") ? TRI_NO : TRI_UNKNOWN;
}
