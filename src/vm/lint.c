/* See lint.h. */
#include "vm/lint.h"

#include "vm/lint_parts.h"

/* ---- the rules ---- */

static const struct rule {
	const char *id;
	void (*run)(struct lint *lint);
	const char *good; /* what is so when it finds nothing */
} rules[] = {
	{ "schema-invalid", lint_schema, "it is valid by libvirt's schema" },
	{ "command-cut", lint_cut, "its command line is whole" },
	{ "config-unread", lint_config, "all of it stands here" },
	{ "name-missing", lint_absent, "all that it names is there" },
	{ "machine-unknown", lint_machine_unknown, "QEMU knows its machine" },
	{ "no-kvm", lint_no_kvm, "it is run by KVM" },
	{ "machine-i440fx", lint_machine, "its machine has PCIe" },
	{ "hostdev-missing", lint_hostdev_missing, "its devices are on this machine" },
	{ "hostdev-bridge", lint_hostdev_bridge, "none of its devices is a bridge" },
	{ "hostdev-no-iommu", lint_no_iommu, "its devices are in IOMMU groups" },
	{ "hostdev-not-viable", lint_not_viable, "nothing else of the groups is in use" },
	{ "hostdev-host-needs", lint_host_needs, "the host can do without its devices" },
	{ "hostdev-unmanaged", lint_unmanaged, "its devices are handed over" },
	{ "hostdev-duplicate", lint_duplicate_hostdev, "no device is passed twice" },
	{ "hostdev-claimed", lint_claimed, "no other guest takes its devices away" },
	{ "functions-missing", lint_functions_missing, "its cards are complete" },
	{ "functions-split", lint_functions_split, "each card has one slot in the guest" },
	{ "function-zero-missing", lint_function_zero, "the guest finds all functions" },
	{ "multifunction-missing", lint_multifunction, "shared slots are told as such" },
	{ "address-conflict", lint_address_conflict, "no address is used twice" },
	{ "guest-bus-missing", lint_guest_bus, "its buses exist" },
	{ "guest-bus-conventional", lint_conventional, "its devices are PCIe to it" },
	{ "port-slot", lint_port_slot, "its ports have one device each" },
	{ "port-chassis", lint_chassis, "its ports are told apart" },
	{ "legacy-assignment", lint_legacy_assignment, "its devices are passed by VFIO" },
	{ "guest-iommu", lint_iommu, "its own IOMMU can have its devices behind it" },
	{ "x-vga-with-uefi", lint_x_vga, "no card asks for old VGA addresses" },
	{ "usb-duplicate", lint_usb_duplicate, "each USB device is one only" },
	{ "usb-missing", lint_usb_missing, "its USB devices are plugged in" },
	{ "firmware-as-bios", lint_bios, "its firmware is in flash" },
	{ "firmware-mixed", lint_firmware_mixed, "code and variables belong together" },
	{ "firmware-writable", lint_firmware_writable, "its firmware is read-only" },
	{ "firmware-vars-shared", lint_vars_shared, "its variables are its own" },
	{ "secure-boot-smm", lint_smm, "its firmware has SMM" },
	{ "tpm-missing", lint_tpm, "Windows 11 has its TPM" },
	{ "hidden-kvm", lint_hidden, "it knows what it runs on" },
	{ "hyperv-dependency", lint_hyperv, "its Hyper-V features are complete" },
	{ "hyperv-missing", lint_hyperv_missing, "Windows is told of Hyper-V" },
	{ "option-removed", lint_removed, "QEMU still has its options" },
	{ "qemu-unread", lint_unread, "libvirt reads what is meant for QEMU" },
	{ "set-device", lint_set_device, "QEMU finds the devices of -set" },
	{ "alias-missing", lint_alias, "properties have a device" },
	{ "path-denied", lint_passed, "libvirt knows all of its files" },
	{ "path-missing", lint_paths, "its files are there" },
	{ "cpu-model", lint_cpu_model, "its CPU is a current one" },
	{ "cpu-replaced", lint_cpu_replaced, "what it says of its CPU counts" },
	{ "topology-mismatch", lint_topology, "sockets, cores and threads fit its CPUs" },
	{ "sockets-many", lint_sockets, "Windows uses all of its CPUs" },
	{ "topoext-missing", lint_topoext, "its threads are told as such" },
	{ "topoext-on-intel", lint_topoext_intel, "topoext is there" },
	{ "cpus-more-than-host", lint_too_many_cpus, "the machine has as many CPUs" },
	{ "pin-cpu-missing", lint_pin_cpus, "it is pinned to CPUs that exist" },
	{ "pin-splits-core", lint_pin_splits, "it shares no core with the host" },
	{ "pin-takes-host", lint_pin_host, "the host keeps the first CPU" },
	{ "pin-incomplete", lint_pin_incomplete, "all of its CPUs are pinned" },
	{ "pin-iothread-missing", lint_pin_iothreads, "it has the threads that are pinned" },
	{ "pin-vcpu-missing", lint_pin_vcpus, "it has the CPUs that are pinned" },
	{ "pin-shared", lint_pin_shared, "each of its CPUs has one of the host" },
	{ "pin-siblings", lint_pin_siblings, "its threads are on one core" },
	{ "pin-emulator", lint_pin_emulator, "the emulator has CPUs of its own" },
	{ "pin-away-from-device", lint_pin_node, "it is near its devices" },
	{ "pin-not-in-force", lint_pin_in_force, "its threads run where they should" },
	{ "balloon", lint_balloon, "it has no memory balloon" },
	{ "memory-partial", lint_current_memory, "it has all of its memory" },
	{ "memory-more-than-host", lint_memory, "its memory fits" },
	{ "memory-cells", lint_cells, "its NUMA cells have all of its memory" },
	{ "hugepages-pool", lint_hugepages, "there are as many huge pages" },
	{ "memlock", lint_memlock, "it may lock its memory" },
	{ "memlock-in-force", lint_memlock_in_force, "it may lock its memory as it runs" },
	{ "node-missing", lint_nodeset, "its NUMA nodes exist" },
	{ "shmem-size", lint_shmem, "its shared memory has a size that can be" },
	{ "iothread-bus", lint_iothread_bus, "its I/O threads are where they can be" },
	{ "iothread-number", lint_iothread_number, "its I/O threads exist" },
	{ "native-io-cache", lint_native_cache, "native I/O goes past the cache" },
	{ "cache-unsafe", lint_cache_unsafe, "its disks keep what it writes" },
	{ "disk-duplicate", lint_duplicate_target, "each disk has a name of its own" },
	{ "disk-placed-twice", lint_placed_twice, "each disk has one place" },
	{ "disk-emulated", lint_slow_disk, "its disks are not emulated" },
	{ "nic-emulated", lint_slow_nic, "its network cards are not emulated" },
	{ "mac-invalid", lint_mac, "its cards have addresses" },
	{ "mac-duplicate", lint_mac_duplicate, "each card has an address of its own" },
};

const char *lint_rule_id(unsigned index)
{
	return index < G_N_ELEMENTS(rules) ? rules[index].id : NULL;
}

#define NOT_WELL_FORMED "not-well-formed"

/* Of another hypervisor's guest only libvirt's schema says something. */
static bool skip_other(const struct lint_input *input, size_t index, GPtrArray *findings)
{
	if (!input->guest->other || rules[index].run == lint_schema)
		return false;
	finding_add(findings, rules[index].id, FINDING_SKIPPED, input->subject,
		    "not asked, because the guest is not QEMU's but of type '%s'",
		    input->guest->other);
	return true;
}

void lint_malformed(const char *subject, const char *message, GPtrArray *findings)
{
	struct finding *finding = finding_add(findings, NOT_WELL_FORMED, FINDING_FAIL, subject,
					      "the XML is not well-formed, so nothing can read it");

	finding_evidence(finding, "%s", message);
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
		finding_add(findings, rules[i].id, FINDING_SKIPPED, subject,
			    "not asked, because of " NOT_WELL_FORMED);
}

void lint_run(const struct lint_input *input, GPtrArray *findings)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		if (skip_other(input, i, findings))
			continue;
		struct lint lint = {
			.input = input,
			.guest = input->guest,
			.host = input->host,
			.findings = findings,
			.id = rules[i].id,
		};
		rules[i].run(&lint);
		if (lint.asked && !lint.found)
			finding_add(findings, rules[i].id, FINDING_PASS, input->subject, "%s",
				    rules[i].good);
	}
}
