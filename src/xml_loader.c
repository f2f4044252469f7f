/* See xml_module.h: the program's side. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config.h"
#include "xml_module.h"

/* A part of the program is missing: as where a library is, there is nobody to tell but the user. */
static void G_GNUC_NORETURN fail(const char *reason)
{
	fprintf(stderr, "vfiokit: cannot load its part that reads and writes XML: %s\n", reason);
	fputs("hint: it is installed with the program; install vfiokit anew\n", stderr);
	exit(STATUS_FAILED);
}

/* Where the module may be: beside the program where both are built; where it is installed, relative
 * to the program, so that another root does as well; where it was built, for copies of the program.
 * Looked for here and not by DT_RPATH, which the start of every command would pay for: with it each
 * library is looked for in these places first (ten calls each, glibc's hwcaps). */
static const char *const places[] = { "", MODULE_DIR, MODULE_BUILT_IN };

static void *open_module(void)
{
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = program ? g_path_get_dirname(program) : g_strdup("/usr/bin");
	void *library = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(places) && !library; i++) {
		bool whole = g_path_is_absolute(places[i]);
		g_autofree char *path =
			g_build_filename(whole ? "/" : folder, places[i], XML_MODULE, NULL);
		if (i == 0 || *places[i])
			library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return library;
}

/* Loads the module; again it is a search in a list of what is loaded. */
static const struct xml_module *xml(void)
{
	void *library = open_module();
	const struct xml_module *module = library ? dlsym(library, XML_MODULE_SYMBOL) : NULL;

	if (!module)
		fail(dlerror());
	if (strcmp(module->version, VERSION) != 0)
		fail(XML_MODULE " is of another version");
	return module;
}

char *definition_xml(const struct definition *definition)
{
	return xml()->definition_xml(definition);
}

void domain_describe(const char *text, size_t length, const char *path, GString *out,
		     GPtrArray *roms)
{
	xml()->domain_describe(text, length, path, out, roms);
}

void guest_free_xml(struct guest *guest)
{
	xml()->guest_free_xml(guest);
}

struct guest *guest_read_xml(const char *text, size_t length, char **malformed, GError **error)
{
	return xml()->guest_read_xml(text, length, malformed, error);
}

char *guest_xml(const struct guest *guest)
{
	return xml()->guest_xml(guest);
}

GPtrArray *lint_mend(struct guest *guest, const GPtrArray *findings)
{
	return xml()->lint_mend(guest, findings);
}

void lint_schema(struct lint *lint)
{
	xml()->lint_schema(lint);
}

void tune_apply(struct guest *guest, const struct tune *tune)
{
	xml()->tune_apply(guest, tune);
}

bool tune_is_done(const struct guest *guest, const struct tune *tune)
{
	return xml()->tune_is_done(guest, tune);
}
