/* Words for capabilities and port types, as the PCI specifications and lspci call them. Pure
 * tables, indexed by the numbers of the PCI Code and ID Assignment Specification.
 */
#include "model/pci.h"

static const char *const standard_names[] = {
	[0x01] = "Power Management",
	[0x02] = "AGP",
	[0x03] = "Vital Product Data",
	[0x04] = "Slot Identification",
	[0x05] = "MSI",
	[0x06] = "CompactPCI Hot Swap",
	[0x07] = "PCI-X",
	[0x08] = "HyperTransport",
	[0x09] = "Vendor Specific",
	[0x0a] = "Debug Port",
	[0x0b] = "CompactPCI Resource Control",
	[0x0c] = "Hot Plug",
	[0x0d] = "Bridge Subsystem",
	[0x0e] = "AGP 8x",
	[0x0f] = "Secure Device",
	[0x10] = "PCI Express",
	[0x11] = "MSI-X",
	[0x12] = "SATA",
	[0x13] = "Advanced Features",
	[0x14] = "Enhanced Allocation",
	[0x15] = "Flattening Portal Bridge",
};

static const char *const extended_names[] = {
	[0x01] = "Advanced Error Reporting",
	[0x02] = "Virtual Channel",
	[0x03] = "Device Serial Number",
	[0x04] = "Power Budgeting",
	[0x05] = "Root Complex Link Declaration",
	[0x06] = "Root Complex Internal Link Control",
	[0x07] = "Root Complex Event Collector Association",
	[0x08] = "Multi-Function Virtual Channel",
	[0x09] = "Virtual Channel",
	[0x0a] = "Root Complex Register Block",
	[0x0b] = "Vendor Specific",
	[0x0c] = "Configuration Access Correlation",
	[0x0d] = "Access Control Services",
	[0x0e] = "Alternative Routing-ID Interpretation",
	[0x0f] = "Address Translation Services",
	[0x10] = "Single Root I/O Virtualization",
	[0x11] = "Multi-Root I/O Virtualization",
	[0x12] = "Multicast",
	[0x13] = "Page Request Interface",
	[0x15] = "Resizable BAR",
	[0x16] = "Dynamic Power Allocation",
	[0x17] = "TLP Processing Hints",
	[0x18] = "Latency Tolerance Reporting",
	[0x19] = "Secondary PCI Express",
	[0x1a] = "Protocol Multiplexing",
	[0x1b] = "Process Address Space ID",
	[0x1c] = "LN Requester",
	[0x1d] = "Downstream Port Containment",
	[0x1e] = "L1 PM Substates",
	[0x1f] = "Precision Time Measurement",
	[0x20] = "PCI Express over M-PHY",
	[0x21] = "FRS Queueing",
	[0x22] = "Readiness Time Reporting",
	[0x23] = "Designated Vendor-Specific",
	[0x24] = "VF Resizable BAR",
	[0x25] = "Data Link Feature",
	[0x26] = "Physical Layer 16.0 GT/s",
	[0x27] = "Lane Margining at the Receiver",
	[0x28] = "Hierarchy ID",
	[0x29] = "Native PCIe Enclosure Management",
	[0x2a] = "Physical Layer 32.0 GT/s",
	[0x2b] = "Alternate Protocol",
	[0x2c] = "System Firmware Intermediary",
	[0x2d] = "Shadow Functions",
	[0x2e] = "Data Object Exchange",
	[0x2f] = "Device 3",
	[0x30] = "Integrity and Data Encryption",
	[0x31] = "Physical Layer 64.0 GT/s",
	[0x32] = "Flit Logging",
	[0x33] = "Flit Performance Measurement",
	[0x34] = "Flit Error Injection",
	[0x35] = "Streamlined Virtual Channel",
	[0x36] = "MMIO Register Block Locator",
};

const char *pci_cap_name(uint16_t id, bool extended)
{
	if (extended)
		return id < sizeof(extended_names) / sizeof(extended_names[0]) ? extended_names[id]
									       : NULL;
	return id < sizeof(standard_names) / sizeof(standard_names[0]) ? standard_names[id] : NULL;
}

const char *pcie_type_name(enum pcie_type type)
{
	static const char *const names[] = {
		[PCIE_ENDPOINT] = "endpoint",
		[PCIE_LEGACY_ENDPOINT] = "legacy endpoint",
		[PCIE_ROOT_PORT] = "root port",
		[PCIE_UPSTREAM_PORT] = "switch upstream port",
		[PCIE_DOWNSTREAM_PORT] = "switch downstream port",
		[PCIE_TO_PCI_BRIDGE] = "PCIe-to-PCI bridge",
		[PCI_TO_PCIE_BRIDGE] = "PCI-to-PCIe bridge",
		[PCIE_RC_ENDPOINT] = "root complex integrated endpoint",
		[PCIE_RC_EVENT_COLLECTOR] = "root complex event collector",
	};

	if (type == PCIE_CONVENTIONAL)
		return "conventional";
	if ((int)type < 0 || (size_t)type >= sizeof(names) / sizeof(names[0]) || !names[type])
		return "unknown";
	return names[type];
}
