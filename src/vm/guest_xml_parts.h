/* Between guest_xml.c, which reads the domain, guest_xml_device.c, which reads its devices, and
 * guest_xml_passed.c, which reads what libvirt hands through to QEMU. */
#pragma once

#include <libxml/tree.h>

#include "vm/guest.h"

/* text is taken, and kept by the guest; NULL stays NULL. */
const char *xml_keep(struct guest *guest, char *text);

/* An attribute, kept by the guest. */
const char *xml_string(struct guest *guest, const xmlNode *node, const char *name);

/* A number, decimal or with 0x; -1: none. */
int xml_number(const xmlNode *node, const char *name);

/* A size with its unit, and that of an element, in bytes; 0: none. */
uint64_t xml_scale(const char *text, const char *unit);
uint64_t xml_size(const xmlNode *node);

/* "on" or "yes", "off" or "no". */
enum tri xml_yes_no(const xmlNode *node, const char *name);

/* An element in <devices>. */
void guest_xml_device(struct guest *guest, xmlNode *node);

/* <qemu:commandline>, <qemu:override> and <qemu:capabilities>, once the devices are read. */
void guest_xml_passed(struct guest *guest, const xmlNode *domain);
