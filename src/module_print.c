/* See module.h: all that calls libpci, which brings libudev along, or libsmartcols. */
#include "base/names.h"
#include "module.h"
#include "view/table.h"

/* clang-format off */
#define ROWS(FUNCTION, PROCEDURE) \
	FUNCTION(struct names *, names_new, (void), ()) \
	PROCEDURE(void, names_free, (struct names *names), (names)) \
	FUNCTION(const char *, names_vendor, \
		(struct names *names, int32_t vendor, char buf[NAMES_SIZE]), (names, vendor, buf)) \
	FUNCTION(const char *, names_device, \
		(struct names *names, int32_t vendor, int32_t device, char buf[NAMES_SIZE]), \
		(names, vendor, device, buf)) \
	FUNCTION(const char *, names_subsystem, \
		(struct names *names, int32_t vendor, int32_t device, int32_t subsystem_vendor, \
		 int32_t subsystem_device, char buf[NAMES_SIZE]), \
		(names, vendor, device, subsystem_vendor, subsystem_device, buf)) \
	FUNCTION(const char *, names_class, \
		(struct names *names, int32_t class_code, char buf[NAMES_SIZE]), \
		(names, class_code, buf)) \
	FUNCTION(const char *, names_prog_if, \
		(struct names *names, int32_t class_code, char buf[NAMES_SIZE]), \
		(names, class_code, buf)) \
	FUNCTION(struct table *, table_new, \
		(const struct term *term, const struct column *columns, size_t n), \
		(term, columns, n)) \
	FUNCTION(struct table_row *, table_add, \
		(struct table *table, struct table_row *parent), (table, parent)) \
	PROCEDURE(void, table_set, \
		(struct table_row *row, size_t column, const char *text), (row, column, text)) \
	PROCEDURE(void, table_set_role, \
		(struct table *table, struct table_row *row, size_t column, const char *text, \
		 enum role role), \
		(table, row, column, text, role)) \
	PROCEDURE(void, table_print, (struct table *table), (table))
/* clang-format on */

MODULE(MODULE_PRINT, ROWS)
