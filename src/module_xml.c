/* See module.h: all that calls libxml2, which brings ICU and C++ along. */
#include "module.h"
#include "probe/domains.h"
#include "vm/definition.h"
#include "vm/guest.h"
#include "vm/lint.h"
#include "vm/lint_parts.h"
#include "vm/tune_xml.h"

/* clang-format off */
#define ROWS(FUNCTION, PROCEDURE) \
	FUNCTION(char *, definition_xml, (const struct definition *definition), (definition)) \
	PROCEDURE(void, domain_describe, \
		(const char *text, size_t length, const char *path, GString *out, \
		 GPtrArray *roms), \
		(text, length, path, out, roms)) \
	PROCEDURE(void, guest_free_xml, (struct guest *guest), (guest)) \
	FUNCTION(struct guest *, guest_read_xml, \
		(const char *text, size_t length, char **malformed, GError **error), \
		(text, length, malformed, error)) \
	FUNCTION(char *, guest_xml, (const struct guest *guest), (guest)) \
	FUNCTION(GPtrArray *, lint_mend, \
		(struct guest *guest, const GPtrArray *findings), (guest, findings)) \
	PROCEDURE(void, lint_schema, (struct lint *lint), (lint)) \
	PROCEDURE(void, tune_apply, (struct guest *guest, const struct tune *tune), (guest, tune)) \
	FUNCTION(bool, tune_is_done, \
		(const struct guest *guest, const struct tune *tune), (guest, tune))
/* clang-format on */

MODULE(MODULE_XML, ROWS)
