/* The module that holds all code which calls libxml2. That library brings ICU and C++ along, whose
 * relocation is most of the start of a program that seldom has XML before it; so the program is
 * linked without them, and the module with them, by the linker and the packagers' tools as usual.
 *
 * The functions of the module are declared where they belong, in vm/ and probe/; nothing there
 * knows of it. In the program xml_loader.c defines them, and goes to the module at the first call;
 * tests link the functions themselves. Both are made of the same code of base/ and model/, which
 * holds nothing that could differ between two copies of it. */
#pragma once

#include "probe/domains.h"
#include "vm/definition.h"
#include "vm/guest.h"
#include "vm/lint.h"
#include "vm/lint_parts.h"
#include "vm/tune_xml.h"

struct xml_module {
	const char *version; /* program and module must be of one build */
	__typeof__(definition_xml) *definition_xml;
	__typeof__(domain_describe) *domain_describe;
	__typeof__(guest_free_xml) *guest_free_xml;
	__typeof__(guest_read_xml) *guest_read_xml;
	__typeof__(guest_xml) *guest_xml;
	__typeof__(lint_mend) *lint_mend;
	__typeof__(lint_schema) *lint_schema;
	__typeof__(tune_apply) *tune_apply;
	__typeof__(tune_is_done) *tune_is_done;
};

/* The one symbol that is looked for in it. */
extern const struct xml_module vfiokit_xml_module;
#define XML_MODULE_SYMBOL "vfiokit_xml_module"
