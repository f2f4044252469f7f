/* What the steps of a probe share; for src/vfio/probe_*.c only. */
#pragma once

#include <glib.h>

#include "base/root.h"
#include "model/host.h"
#include "vfio/probe_steps.h"
#include "vfio/vfio.h"

#define CONFIG_SIZE 256

/* A probe under way. Descriptors are -1 while they are closed. */
struct probe {
	struct root *root;
	const struct host *host;
	const struct pci_dev *dev;
	const struct iommu_group *group; /* NULL: none */
	const struct probe_options *options;
	struct probe_report *report;
	char address[PCI_ADDR_SIZE];
	int group_fd;
	int container_fd;
	int device_fd;
	bool attached; /* the group is in the container */

	struct vfio_iommu_facts iommu;
	struct vfio_device_facts device;
	uint8_t config[CONFIG_SIZE];
	int config_length;
	struct vfio_dependent *dependents; /* what a bus reset would hit */
	unsigned n_dependents;
	bool bus_reset; /* … and every one of them may be reset so */
};

/* Sets what a step saw. */
void probe_says(struct probe_result *result, enum probe_verdict verdict, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Sets what it means for a guest. */
void probe_means(struct probe_result *result, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Sets that a call failed: "cannot WHAT: ERROR"; error is negative. */
void probe_says_error(struct probe_result *result, const char *what, int error);

/* Reads an attribute of the function as it is now; false where it cannot be read. */
bool probe_attribute(const struct probe *probe, const char *name, char *buf, size_t size);

/* The region with that index; NULL: there is none. */
const struct vfio_region *probe_region(const struct probe *probe, unsigned index);

/* "4 KiB", "256 MiB", "12345 bytes": the largest unit that leaves a whole number. */
const char *probe_size(uint64_t size, char buf[32]);

/* Members of the group that host drivers have ("0000:01:00.1 on snd_hda_intel, …"), "" for none. */
char *probe_host_members(const struct host *host, const struct iommu_group *group);

/* ---- the steps ---- */

void step_driver(struct probe *probe, struct probe_result *result);
void step_group_node(struct probe *probe, struct probe_result *result);
void step_group_open(struct probe *probe, struct probe_result *result);
void step_group_viable(struct probe *probe, struct probe_result *result);
void step_container(struct probe *probe, struct probe_result *result);
void step_iommu_type(struct probe *probe, struct probe_result *result);
void step_set_container(struct probe *probe, struct probe_result *result);
void step_set_iommu(struct probe *probe, struct probe_result *result);
void step_iommu_info(struct probe *probe, struct probe_result *result);
void step_memlock(struct probe *probe, struct probe_result *result);
void step_dma_small(struct probe *probe, struct probe_result *result);
void step_dma_huge(struct probe *probe, struct probe_result *result);
void step_device_open(struct probe *probe, struct probe_result *result);
void step_power_state(struct probe *probe, struct probe_result *result);
void step_device_info(struct probe *probe, struct probe_result *result);
void step_regions(struct probe *probe, struct probe_result *result);
void step_config(struct probe *probe, struct probe_result *result);
void step_mmap(struct probe *probe, struct probe_result *result);
void step_rom(struct probe *probe, struct probe_result *result);
void step_interrupts(struct probe *probe, struct probe_result *result);
void step_hot_reset(struct probe *probe, struct probe_result *result);
void step_reset(struct probe *probe, struct probe_result *result);
void step_after_reset(struct probe *probe, struct probe_result *result);
void step_link(struct probe *probe, struct probe_result *result);
