/* See xml_module.h: the module's side. */
#include "xml_module.h"

#include "config.h"

const struct xml_module vfiokit_xml_module = {
	.version = VERSION,
	.definition_xml = definition_xml,
	.domain_describe = domain_describe,
	.guest_free_xml = guest_free_xml,
	.guest_read_xml = guest_read_xml,
	.guest_xml = guest_xml,
	.lint_mend = lint_mend,
	.lint_schema = lint_schema,
	.tune_apply = tune_apply,
	.tune_is_done = tune_is_done,
};
