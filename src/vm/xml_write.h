/* Small changes to libxml2's tree that keep it readable: a new element gets a line of its own, with
 * the indentation of virsh. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

/* An attribute. */
void node_set(xmlNode *node, const char *name, const char *value);
void node_unset(xmlNode *node, const char *name);

/* The node goes, and the indentation before it. */
void node_drop(xmlNode *node);

/* Adds an element at the end of parent. */
xmlNode *node_append(xmlNode *parent, const char *name);

/* The child of that name, made where there is none. */
xmlNode *node_ensure(xmlNode *parent, const char *name);

/* The child of <domain> of that name, made where libvirt would write it. */
xmlNode *domain_ensure(xmlNode *domain, const char *name);

/* XML as libxml2 writes it, with its attributes between single quotes where that can be. The
 * caller's to free. */
char *xml_single_quoted(const char *xml);
