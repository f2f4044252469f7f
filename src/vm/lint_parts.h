/* Between lint.c, which has the table of rules, and the files that have their functions. */
#pragma once

#include "vm/lint.h"

struct lint {
	const struct lint_input *input;
	const struct guest *guest;
	const struct host *host; /* NULL: not known */
	GPtrArray *findings;
	const char *id; /* of the rule that runs */
	bool found;     /* it has found something */
	bool asked;     /* it had something to look at */
};

/* Adds a finding of the rule that runs. shown (NULL: none) is its first evidence. */
struct finding *lint_add(struct lint *lint, enum finding_verdict verdict, const char *shown,
			 const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Notes that there was something to look at: without findings the rule passes then. */
static inline void lint_ask(struct lint *lint)
{
	lint->asked = true;
}

/* How to mend it, as it is written in the guest's form. */
static inline void lint_fix(const struct lint *lint, struct finding *finding, const char *xml,
			    const char *qemu)
{
	finding_fix(finding, "%s", lint->guest->form == GUEST_XML ? xml : qemu);
}

/* The same of what may also stand in a -cpu that libvirt hands through. */
static inline void lint_fix_cpu(const struct lint *lint, struct finding *finding, const char *xml,
				const char *qemu)
{
	lint_fix(lint, finding, lint->guest->cpu_passed ? qemu : xml, qemu);
}

/* The next device of that kind from *index on, which is moved behind it; NULL: none. */
const struct guest_device *lint_next(const struct lint *lint, enum guest_device_kind kind,
				     guint *index);

/* The same for functions with an address of the host, and notes that there was something to look
 * at. */
const struct guest_device *lint_next_hostdev(struct lint *lint, guint *index);

/* Has the guest functions of the host? Most rules only matter then. */
bool lint_has_hostdev(const struct lint *lint);

/* The function on the host; NULL: not there, or the host is not known. */
const struct pci_dev *lint_find(const struct lint *lint, const struct guest_device *device);

/* Are the host's PCI functions known? */
bool lint_knows_pci(const struct lint *lint);

/* Is that model of a network card one that is emulated? */
bool lint_is_slow_nic(const char *model);

/* Is that file firmware by UEFI, as far as its name tells? NULL: no. */
bool lint_is_uefi(const char *path);

/* libvirt adds this to a guest's memory for the devices' own (qemuDomainGetMemLockLimitBytes). */
#define MEMLOCK_EXTRA ((uint64_t)1 << 30)

/* Rules; each file says what they are about. */
void lint_schema(struct lint *lint);

void lint_hostdev_missing(struct lint *lint);
void lint_hostdev_bridge(struct lint *lint);
void lint_no_iommu(struct lint *lint);
void lint_not_viable(struct lint *lint);
void lint_host_needs(struct lint *lint);
void lint_unmanaged(struct lint *lint);
void lint_functions_missing(struct lint *lint);
void lint_functions_split(struct lint *lint);
void lint_function_zero(struct lint *lint);
void lint_multifunction(struct lint *lint);
void lint_duplicate_hostdev(struct lint *lint);
void lint_address_conflict(struct lint *lint);
void lint_conventional(struct lint *lint);
void lint_guest_bus(struct lint *lint);
void lint_legacy_assignment(struct lint *lint);
void lint_x_vga(struct lint *lint);
void lint_usb_duplicate(struct lint *lint);
void lint_usb_missing(struct lint *lint);

void lint_port_slot(struct lint *lint);
void lint_chassis(struct lint *lint);
void lint_iommu(struct lint *lint);

void lint_config(struct lint *lint);
void lint_absent(struct lint *lint);
void lint_unread(struct lint *lint);
void lint_set_device(struct lint *lint);
void lint_alias(struct lint *lint);

void lint_machine(struct lint *lint);
void lint_smm(struct lint *lint);
void lint_tpm(struct lint *lint);
void lint_hyperv_missing(struct lint *lint);
void lint_cut(struct lint *lint);
void lint_machine_unknown(struct lint *lint);
void lint_no_kvm(struct lint *lint);
void lint_bios(struct lint *lint);
void lint_firmware_mixed(struct lint *lint);
void lint_firmware_writable(struct lint *lint);
void lint_vars_shared(struct lint *lint);
void lint_hidden(struct lint *lint);
void lint_hyperv(struct lint *lint);
void lint_removed(struct lint *lint);
void lint_passed(struct lint *lint);
void lint_paths(struct lint *lint);

void lint_cpu_model(struct lint *lint);
void lint_cpu_replaced(struct lint *lint);
void lint_topology(struct lint *lint);
void lint_sockets(struct lint *lint);
void lint_topoext(struct lint *lint);
void lint_topoext_intel(struct lint *lint);
void lint_pin_cpus(struct lint *lint);
void lint_pin_splits(struct lint *lint);
void lint_pin_host(struct lint *lint);
void lint_pin_vcpus(struct lint *lint);
void lint_pin_iothreads(struct lint *lint);
void lint_pin_incomplete(struct lint *lint);
void lint_pin_shared(struct lint *lint);
void lint_pin_siblings(struct lint *lint);
void lint_pin_emulator(struct lint *lint);
void lint_pin_node(struct lint *lint);
void lint_too_many_cpus(struct lint *lint);
void lint_pin_in_force(struct lint *lint);
void lint_memlock_in_force(struct lint *lint);
void lint_claimed(struct lint *lint);

void lint_balloon(struct lint *lint);
void lint_current_memory(struct lint *lint);
void lint_memory(struct lint *lint);
void lint_hugepages(struct lint *lint);
void lint_memlock(struct lint *lint);
void lint_nodeset(struct lint *lint);
void lint_cells(struct lint *lint);
void lint_shmem(struct lint *lint);

void lint_iothread_bus(struct lint *lint);
void lint_iothread_number(struct lint *lint);
void lint_slow_disk(struct lint *lint);
void lint_slow_nic(struct lint *lint);
void lint_native_cache(struct lint *lint);
void lint_duplicate_target(struct lint *lint);
void lint_placed_twice(struct lint *lint);
void lint_mac(struct lint *lint);
void lint_mac_duplicate(struct lint *lint);
void lint_cache_unsafe(struct lint *lint);
