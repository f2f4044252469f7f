/* See definition.h: the table of decisions, and who a guest may be. */
#include "vm/definition.h"

#include <string.h>

#include "base/error.h"
#include "vm/decide.h"

#define MAX_NAME 64 /* bytes: the name becomes a part of file names and of socket paths */

/* In this order: each may stand on those before it. */
static bool (*const decisions[])(struct deciding *deciding, GError **error) = {
	decide_name,  decide_guest,    decide_functions, decide_claims, decide_rom,
	decide_usb,   decide_inputs,   decide_memory,    decide_cpus,   decide_nodes,
	decide_pages, decide_firmware, decide_disk,      decide_screen, decide_ports,
};

/* ---- what decisions share ---- */

const char *decide_text(struct deciding *deciding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	return g_string_chunk_insert_const(deciding->made->strings, text);
}

void decide_note(struct deciding *deciding, const char *id, const char *format, ...)
{
	struct definition_note *note = g_new(struct definition_note, 1);
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	note->id = id;
	note->what = g_string_chunk_insert_const(deciding->made->strings, text);
	g_ptr_array_add(deciding->made->notes, note);
}

bool decide_fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "%s", text);
	return false;
}

/* ---- the name ---- */

/* A name becomes a part of files, sockets, comments and commands: nothing that means something to
 * one of them may be in it. */
static bool is_plain(gunichar c)
{
	return g_unichar_isalnum(c) || (c < 128 && strchr("._+-", (int)c));
}

bool decide_name(struct deciding *deciding, GError **error)
{
	const char *name = deciding->request->name;
	bool good = *name && strlen(name) <= MAX_NAME && g_utf8_validate(name, -1, NULL) &&
		    g_unichar_isalnum(g_utf8_get_char(name));

	for (const char *at = name; good && *at; at = g_utf8_next_char(at))
		good = is_plain(g_utf8_get_char(at));
	if (!good) {
		decide_fail(error, "'%s' cannot be the name of a guest", name);
		error_hint(error,
			   "a name has letters, digits and . _ + -, starts with a letter or digit, "
			   "and is no longer than %d bytes",
			   MAX_NAME);
		return false;
	}
	deciding->made->name = decide_text(deciding, "%s", name);
	if (deciding->request->uuid)
		deciding->made->uuid = decide_text(deciding, "%s", deciding->request->uuid);
	return true;
}

/* ---- making ---- */

struct definition *definition_make(const struct host *host,
				   const struct definition_request *request, GError **error)
{
	struct definition *made = g_new0(struct definition, 1);
	struct deciding deciding = { host, request, made };

	made->host = host;
	made->target = *request->target;
	made->profile = profile_find(request->profile);
	made->strings = g_string_chunk_new(512);
	made->notes = g_ptr_array_new_with_free_func(g_free);
	made->functions = g_array_new(FALSE, TRUE, sizeof(struct definition_function));
	made->usb = g_array_new(FALSE, TRUE, sizeof(struct definition_usb));
	made->evdev = g_ptr_array_new();
	made->iso = g_ptr_array_new();
	for (size_t i = 0; i < G_N_ELEMENTS(decisions); i++) {
		if (decisions[i](&deciding, error))
			continue;
		definition_free(made);
		return NULL;
	}
	return made;
}

void definition_free(struct definition *definition)
{
	if (!definition)
		return;
	if (definition->pinned)
		pinning_clear(&definition->pinning);
	firmware_image_clear(&definition->firmware);
	g_ptr_array_unref(definition->notes);
	g_ptr_array_unref(definition->evdev);
	g_ptr_array_unref(definition->iso);
	g_array_unref(definition->functions);
	g_array_unref(definition->usb);
	g_free(definition->cells);
	g_string_chunk_free(definition->strings);
	g_free(definition);
}
