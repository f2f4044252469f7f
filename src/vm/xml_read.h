/* Small questions to libxml2's tree. Texts that are returned are the caller's; NULL nodes are
 * allowed and have nothing. */
#pragma once

#include <libxml/tree.h>
#include <stdbool.h>

/* Is it an element of that name? Not for NULL. */
bool node_is(const xmlNode *node, const char *name);

/* The first element of that name (NULL: any) from node on along its siblings; NULL: none. */
xmlNode *node_next(xmlNode *node, const char *name);
xmlNode *node_child(const xmlNode *node, const char *name);

/* The first element at a path below node, "features/kvm/hidden". */
xmlNode *node_find(const xmlNode *node, const char *path);

char *node_attribute(const xmlNode *node, const char *name);
bool node_says(const xmlNode *node, const char *name, const char *value);

/* All text below it, without the white space around. */
char *node_text(const xmlNode *node);

/* "line 12: <hostdev mode='subsystem'>", as evidence. */
char *node_show(const xmlNode *node);
