/* See error.h. The hint is kept inside the message, behind a separator that no text contains. */
#include "base/error.h"

#include <string.h>

#define HINT_SEPARATOR "\n\001"

GQuark vfiokit_error_quark(void)
{
	return g_quark_from_static_string("vfiokit");
}

void error_hint(GError **error, const char *format, ...)
{
	if (!error || !*error)
		return;

	va_list args;
	va_start(args, format);
	g_autofree char *hint = g_strdup_vprintf(format, args);
	va_end(args);

	char *whole = g_strconcat((*error)->message, HINT_SEPARATOR, hint, NULL);
	g_free((*error)->message);
	(*error)->message = whole;
}

const char *error_split_hint(const char *message, size_t *length)
{
	const char *separator = strstr(message, HINT_SEPARATOR);

	*length = separator ? (size_t)(separator - message) : strlen(message);
	return separator ? separator + strlen(HINT_SEPARATOR) : NULL;
}
