/* The words of lspci for capabilities and port types. They changed over the years; the tables hold
 * all that were met. First match, by the beginning.
 */
#include "probe/posted_parts.h"

#include "base/text.h"

struct word {
	const char *text;
	unsigned id;
};

/* What follows the offset, by its beginning. */
static const struct word standard_words[] = {
	{ "Power Management", POSTED_CAP_PM },
	{ "AGP version", 0x02 },
	{ "Vital Product Data", 0x03 },
	{ "Slot ID", 0x04 },
	{ "MSI-X", 0x11 },
	{ "MSI", 0x05 },
	{ "Message Signalled Interrupts", 0x05 },
	{ "CompactPCI hot-swap", 0x06 },
	{ "PCI-X", 0x07 },
	{ "HyperTransport", 0x08 },
	{ "Vendor Specific Information", 0x09 },
	{ "Debug port", 0x0a },
	{ "CompactPCI central", 0x0b },
	{ "Hot-plug capable", 0x0c },
	{ "Subsystem", POSTED_CAP_SUBSYSTEM },
	{ "Bridge", POSTED_CAP_SUBSYSTEM },
	{ "AGP3", 0x0e },
	{ "Secure device", 0x0f },
	{ "Express", POSTED_CAP_PCIE },
	{ "SATA HBA", 0x12 },
	{ "PCI Advanced Features", POSTED_CAP_AF },
	{ "Enhanced Allocation", 0x14 },
	{ "Null", 0x00 },
};

static const struct word extended_words[] = {
	{ "Null", 0x00 },
	{ "Advanced Error Reporting", 0x01 },
	{ "Virtual Channel", 0x02 },
	{ "Device Serial Number", 0x03 },
	{ "Power Budgeting", 0x04 },
	{ "Root Complex Link", 0x05 },
	{ "Root Complex Internal Link", 0x06 },
	{ "Root Complex Event Collector", 0x07 },
	{ "Multi-Function Virtual Channel", 0x08 },
	{ "Root Complex Register", 0x0a },
	{ "Root Bridge Control", 0x0a },
	{ "Vendor Specific Information", 0x0b },
	{ "Configuration Access", 0x0c },
	{ "Config Access", 0x0c },
	{ "Access Control Services", POSTED_ECAP_ACS },
	{ "Alternative Routing-ID", 0x0e },
	{ "Address Translation Service", 0x0f },
	{ "Single Root I/O Virtualization", POSTED_ECAP_SRIOV },
	{ "Multi-Root I/O Virtualization", 0x11 },
	{ "Multicast", 0x12 },
	{ "Page Request Interface", 0x13 },
	{ "Resizable BAR", POSTED_ECAP_REBAR },
	{ "Physical Resizable BAR", POSTED_ECAP_REBAR },
	{ "Dynamic Power Allocation", 0x16 },
	{ "Transaction Processing Hints", 0x17 },
	{ "Latency Tolerance Reporting", 0x18 },
	{ "Secondary PCI Express", 0x19 },
	{ "Protocol Multiplexing", 0x1a },
	{ "Process Address Space ID", 0x1b },
	{ "LN Requester", 0x1c },
	{ "Downstream Port Containment", 0x1d },
	{ "L1 PM Substates", 0x1e },
	{ "Precision Time Measurement", 0x1f },
	{ "PCI Express over M_PHY", 0x20 },
	{ "FRS Queueing", 0x21 },
	{ "Readiness Time Reporting", 0x22 },
	{ "Designated Vendor-Specific", 0x23 },
	{ "VF Resizable BAR", 0x24 },
	{ "Virtual Resizable BAR", 0x24 },
	{ "Data Link Feature", 0x25 },
	{ "Physical Layer 16.0 GT/s", 0x26 },
	{ "Lane Margining", 0x27 },
	{ "Hierarchy ID", 0x28 },
	{ "Native PCIe Enclosure", 0x29 },
	{ "Physical Layer 32.0 GT/s", 0x2a },
	{ "Alternate Protocol", 0x2b },
	{ "System Firmware Intermediary", 0x2c },
	{ "Shadow Functions", 0x2d },
	{ "Data Object Exchange", 0x2e },
	{ "Device 3", 0x2f },
	{ "Integrity & Data Encryption", 0x30 },
	{ "Physical Layer 64.0 GT/s", 0x31 },
};

static const struct word type_words[] = {
	{ "Endpoint", PCIE_ENDPOINT },
	{ "Legacy Endpoint", PCIE_LEGACY_ENDPOINT },
	{ "Root Port", PCIE_ROOT_PORT },
	{ "Upstream Port", PCIE_UPSTREAM_PORT },
	{ "Downstream Port", PCIE_DOWNSTREAM_PORT },
	{ "PCI-Express to PCI", PCIE_TO_PCI_BRIDGE },
	{ "PCI Express to PCI", PCIE_TO_PCI_BRIDGE },
	{ "PCI/PCI-X Bridge", PCIE_TO_PCI_BRIDGE },
	{ "PCI/PCI-X to PCI", PCI_TO_PCIE_BRIDGE },
	{ "Root Complex Integrated Endpoint", PCIE_RC_ENDPOINT },
	{ "Root Complex Event Collector", PCIE_RC_EVENT_COLLECTOR },
};

static int find_word(const struct word *words, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (text_after(text, words[i].text))
			return (int)words[i].id;
	return -1;
}

int posted_cap_id(const char *text, bool extended)
{
	if (extended)
		return find_word(extended_words, G_N_ELEMENTS(extended_words), text);
	return find_word(standard_words, G_N_ELEMENTS(standard_words), text);
}

int posted_pcie_type(const char *text)
{
	return find_word(type_words, G_N_ELEMENTS(type_words), text);
}
