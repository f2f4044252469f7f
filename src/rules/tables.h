/* The tables of rules, one in each file; each ends with a row without an id. */
#pragma once

struct rule;

extern const struct rule rules_cpu[];     /* cpu.c: the processor and KVM */
extern const struct rule rules_iommu[];   /* iommu.c */
extern const struct rule rules_choice[];  /* choice.c: what is meant for guests is there */
extern const struct rule rules_group[];   /* group.c: what is in the groups */
extern const struct rule rules_reset[];   /* reset.c: resets, power, links, errors */
extern const struct rule rules_binding[]; /* binding.c: drivers, and who uses what */
extern const struct rule rules_persist[]; /* persist.c: what shall be bound at every boot */
extern const struct rule rules_boot[];    /* boot.c: how it is bound at boot */
extern const struct rule rules_display[]; /* display.c: screens and framebuffers */
extern const struct rule rules_memory[];  /* memory.c: memory, huge pages, windows */
extern const struct rule rules_usb[];     /* usb.c */
extern const struct rule rules_guests[];  /* guests.c: programs, libvirt, definitions */
extern const struct rule rules_audit[];   /* audit.c: the security of the host */
extern const struct rule rules_libvirt[]; /* audit_libvirt.c: the security of libvirt */
