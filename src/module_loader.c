/* See module.h: how the program finds and loads its modules. */
#include <dlfcn.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config.h"
#include "module.h"

static const struct {
	const char *file, *task;
} modules[] = {
	[MODULE_PRINT] = { "vfiokit-print.so", "prints tables and names of ids" },
	[MODULE_READ] = { "vfiokit-read.so", "reads topology, JSON and packed files" },
	[MODULE_XML] = { "vfiokit-xml.so", "reads and writes XML" },
};

/* Where a module may be: beside the program where both are built; where it is installed, relative
 * to the program, so that another root does as well; where it was built, for copies of the program.
 * Looked for here and not by DT_RPATH, which the start of every command would pay for: with it each
 * library is looked for in these places first (ten calls each, glibc's hwcaps). */
static const char *const places[] = { "", MODULE_DIR, MODULE_BUILT_IN };

/* The functions of what is loaded, which stays so. */
static const void *loaded[G_N_ELEMENTS(modules)];

static void G_GNUC_NORETURN fail(enum module module, const char *reason)
{
	fprintf(stderr, "vfiokit: cannot load its part that %s: %s\n", modules[module].task,
		reason);
	fputs("hint: it is installed with the program; install vfiokit anew\n", stderr);
	exit(STATUS_FAILED);
}

static void *open_module(const char *file)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : g_strdup("/usr/bin");
	void *library = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(places) && !library; i++) {
		bool whole = g_path_is_absolute(places[i]);
		g_autofree char *path =
			g_build_filename(whole ? "/" : folder, places[i], file, NULL);
		if (i == 0 || *places[i])
			library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	}
	return library;
}

static const void *load(enum module module)
{
	void *library = open_module(modules[module].file);
	const struct module_table *table = library ? dlsym(library, MODULE_SYMBOL) : NULL;

	if (!table)
		fail(module, dlerror());
	if (strcmp(table->version, VERSION) != 0)
		fail(module, "it is of another version");
	return table->functions;
}

const void *module_functions(enum module module)
{
	const void *functions = g_atomic_pointer_get(&loaded[module]);

	if (!functions) {
		functions = load(module);
		g_atomic_pointer_set(&loaded[module], functions);
	}
	return functions;
}
