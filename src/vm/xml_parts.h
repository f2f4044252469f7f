/* The parts of the XML writer: elements and comments, and the files that write <devices>. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "vm/definition.h"

/* Adds an element with attributes: pairs of name and value, ended by NULL; a pair whose value is
 * NULL ends them, too. */
xmlNode *xml_add(xmlNode *parent, const char *name, ...) G_GNUC_NULL_TERMINATED;

/* Adds an element with a text; both are copied and escaped. */
xmlNode *xml_add_text(xmlNode *parent, const char *name, const char *text);

/* Sets an attribute from a number or another printed value. */
void xml_set(xmlNode *node, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Adds a comment that says why what follows is there. */
void xml_say(xmlNode *parent, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Adds the place on a root port of the guest. */
void xml_set_port(xmlNode *device, unsigned port);

/* <devices> and all in it. */
void xml_write_devices(xmlNode *domain, const struct definition *definition);
