/* Modules: parts of the program that call libraries other than GLib, loaded at their first call. To
 * map and to relocate those was most of the start of the program, and few commands need them all.
 *
 * A module is linked with its libraries by the linker, and seen by the packagers' tools, as usual.
 * src/meson.build says which sources belong to it; nothing in them, and nobody who calls them,
 * knows of it. What is called from outside stands in src/module_NAME.c, a row for each function. It
 * is compiled twice:
 *
 * - into the module: each row is an entry of a table of functions, the one symbol it exports;
 * - into the program, and into other modules: each row is a function of that name, which calls the
 *   one in the table.
 *
 * So a further function is a further row, without which nothing links. Tests are linked with the
 * functions themselves. Program and modules have copies of the same code of other layers: nothing
 * may be in it that could differ between two copies. */
#pragma once

#include "config.h"

enum module {
	MODULE_PRINT,
	MODULE_READ,
	MODULE_XML,
};

/* What is looked for in a module. */
struct module_table {
	const char *version; /* must be the program's */
	const void *functions;
};

#define MODULE_SYMBOL "vfiokit_module"
extern const struct module_table vfiokit_module;

/* The functions of a module, which is loaded if it is not yet. If it is missing, or of another
 * version, that ends the program: as where a library is, there is nobody to tell but the user. */
const void *module_functions(enum module module);

/* What becomes of a row: FUNCTION(type, name, (parameters), (arguments)), or PROCEDURE of one that
 * returns nothing, which ISO C has no return for. */
#define MODULE_MEMBER(type, name, parameters, arguments) __typeof__(name) *(name);
#define MODULE_ENTRY(type, name, parameters, arguments)  .name = (name),
#define MODULE_FUNCTION(type, name, parameters, arguments)                                         \
	type name parameters                                                                       \
	{                                                                                          \
		return functions()->name arguments;                                                \
	}
#define MODULE_PROCEDURE(type, name, parameters, arguments)                                        \
	type name parameters                                                                       \
	{                                                                                          \
		functions()->name arguments;                                                       \
	}

#ifdef IN_MODULE
#define MODULE_SIDE(module, ROWS)                                                                  \
	static const struct functions table = { ROWS(MODULE_ENTRY, MODULE_ENTRY) };                \
	const struct module_table vfiokit_module = { VERSION, &table };
#else
#define MODULE_SIDE(module, ROWS)                                                                  \
	static const struct functions *functions(void)                                             \
	{                                                                                          \
		return module_functions(module);                                                   \
	}                                                                                          \
	ROWS(MODULE_FUNCTION, MODULE_PROCEDURE)
#endif

/* All of module_NAME.c, by its list: a macro ROWS(FUNCTION, PROCEDURE). */
#define MODULE(module, ROWS)                                                                       \
	struct functions {                                                                         \
		ROWS(MODULE_MEMBER, MODULE_MEMBER)                                                 \
	};                                                                                         \
	MODULE_SIDE(module, ROWS)
