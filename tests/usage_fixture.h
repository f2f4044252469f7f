/* For tests: a small machine with what uses its devices, and uses as text. */
#pragma once

#include "fixture.h"
#include "model/host.h"

#define BUS "/sys/bus/pci/devices/"
#define DEV "/sys/devices/pci0000:00/"

/* Where devices of that machine have their class links lead to. */
#define BLOCK "/sys/class/block/"
#define SATA  "../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/"
#define GPU   "../../devices/pci0000:00/0000:00:1c.0/0000:01:00.0/"

/* GPU at 01:00.0, USB controller 00:14.0, SATA 00:17.0, NIC 02:00.0, NVMe 03:00.0 and 04:00.0. */
extern const char *const functions[];

/* That machine with lines (see fixture_put()) besides. */
struct host *host_of(const char *const *lines);

/* The index of a function; a missing one ends the test. */
int find(const struct host *host, const char *address);

/* Ends the test unless the uses of a function ("-": of none) are these, one a line: "kind name
 * [detail]", and behind it the USB device. */
void expect(const struct host *host, const char *address, const char *text);
