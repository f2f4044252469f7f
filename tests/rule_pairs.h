/* For tests of rules: each rule with a machine that breaks it and one, nearly the same, that does
 * not. A machine is a bundled host with some of its files changed, read by the real probes. */
#pragma once

#include "model/finding.h"

struct rule_side {
	const char *lines[8]; /* as fixture_put() takes them */
	const char *devices;  /* what the rules are about; NULL: see the pair */
};

struct rule_pair {
	const char *rule;
	const char *host;    /* a bundled host; NULL: nothing but the lines */
	const char *domain;  /* the guest that it is about; NULL: none */
	const char *devices; /* addresses between blanks; NULL: none */
	enum finding_verdict verdict;
	const char *what; /* words of the finding */
	struct rule_side bad, good;
};

/* Each ends with a row without a rule. */
extern const struct rule_pair pairs_machine[]; /* processor, IOMMU, memory, programs */
extern const struct rule_pair pairs_device[];  /* what is meant for guests, groups, drivers */
extern const struct rule_pair pairs_guest[];   /* definitions, USB, boot files */
extern const struct rule_pair pairs_audit[];

/* The host "identical-gpus": its second card, its USB controllers. */
#define CARD2  "/sys/devices/pci0000:00/0000:00:03.2/0000:0b:00.0/"
#define SOUND2 "/sys/devices/pci0000:00/0000:00:03.2/0000:0b:00.1/"
#define CARD1  "/sys/devices/pci0000:00/0000:00:03.1/0000:0a:00.0/"
/* "guide-example": the GTX 1060, the processor's GPU. */
#define GTX                        "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/"
#define IGPU                       "/sys/devices/pci0000:00/0000:00:02.0/"
#define UEVENT(driver, class, ids) "uevent = DRIVER=" driver "\nPCI_CLASS=" class "\nPCI_ID=" ids
#define LOG(text)                  "/vfiokit/kernel-log = " text
#define DOMAIN(text)               "/vfiokit/domains = domain\twin\t/etc/libvirt/qemu/win.xml\nrunning\tno\n" text
