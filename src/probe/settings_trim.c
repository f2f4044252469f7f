/* What a recording keeps of files that hold more than the rules ask for: see mask.c. */
#include <string.h>

#include "base/text.h"
#include "model/settings.h"
#include "probe/settings.h"

char *settings_trim_loaded(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *line;
	size_t length;

	while ((line = text_next_line(&text, &length))) {
		const char *blank = memchr(line, ' ', length);
		g_string_append_printf(out, "%.*s\n", (int)(blank ? blank - line : (long)length),
				       line);
	}
	return g_string_free(out, FALSE);
}

char *settings_trim_limits(const char *text)
{
	GString *out = g_string_new(NULL);
	const char *line;
	size_t length;

	while ((line = text_next_line(&text, &length)))
		if (text_after(line, "Max locked memory"))
			g_string_append_printf(out, "%.*s\n", (int)length, line);
	return g_string_free(out, FALSE);
}

/* Names of groups and of the system's own users say what is set up, and nobody's name. */
static bool is_ordinary(const char *who)
{
	return *who == '*' || *who == '@' || *who == '%' || strcmp(who, "root") == 0 ||
	       strcmp(who, "qemu") == 0 || strcmp(who, "libvirt-qemu") == 0;
}

char *settings_trim_pam(const char *text)
{
	GString *out = g_string_new(NULL);
	char *line;

	while ((line = config_line(&text))) {
		if (strstr(line, "memlock")) {
			size_t n = strcspn(line, " \t");
			g_autofree char *who = g_strndup(line, n);
			g_string_append_printf(out, "%s%s\n", is_ordinary(who) ? who : "someone",
					       line + n);
		}
		g_free(line);
	}
	return g_string_free(out, FALSE);
}

static const char *const libvirt_keys[] = {
	"cgroup_device_acl",
	"clear_emulator_capabilities",
	"dynamic_ownership",
	"group",
	"namespaces",
	"relaxed_acs_check",
	"seccomp_sandbox",
	"security_default_confined",
	"security_driver",
	"security_require_confined",
	"user",
};

char *settings_trim_libvirt(const char *text)
{
	GString *out = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(libvirt_keys); i++) {
		g_autofree char *value = config_value(text, libvirt_keys[i]);
		if (value && *value == '[')
			g_string_append_printf(out, "%s = %s\n", libvirt_keys[i], value);
		else if (value)
			g_string_append_printf(out, "%s = \"%s\"\n", libvirt_keys[i], value);
	}
	return g_string_free(out, FALSE);
}
