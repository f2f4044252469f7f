/* See platform.h: which part asks which source. */
#include "probe/platform.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define LINE_SIZE                                                                                  \
	8192 /* of the longest line read here: the kernel's command line is below 4096             \
	      */

const char *platform_line(struct root *root, struct host *host, const char *path)
{
	char buf[LINE_SIZE];
	const char *cursor = buf;
	size_t length = 0;
	ssize_t n = root_read(root, path, buf, sizeof(buf));

	if (n < 0) {
		host_gap(host, path, (int)-n);
		return NULL;
	}
	const char *line = text_next_line(&cursor, &length);
	if (!line)
		return NULL;
	buf[length] = '\0';
	char *text = g_strstrip(buf);
	return *text ? host_string(host, text) : NULL;
}

const char *platform_value(const char *line, size_t length, const char *key, size_t *value_length)
{
	size_t n = strlen(key);

	if (length <= n || memcmp(line, key, n) != 0)
		return NULL;
	const char *at = line + n;
	const char *end = line + length;
	while (at < end && g_ascii_isspace(*at))
		at++;
	if (at == end || *at != ':')
		return NULL;
	for (at++; at < end && g_ascii_isspace(*at);)
		at++;
	while (end > at && g_ascii_isspace(end[-1]))
		end--;
	*value_length = (size_t)(end - at);
	return at;
}

const char *platform_find(const char *text, const char *key, size_t *length)
{
	const char *line, *value;
	size_t line_length;

	while ((line = text_next_line(&text, &line_length)))
		if ((value = platform_value(line, line_length, key, length)))
			return value;
	return NULL;
}

static const struct {
	unsigned parts; /* any of them asks for it */
	void (*probe)(struct root *root, struct host *host);
} sources[] = {
	{ PLATFORM_KERNEL | PLATFORM_CONFIG | PLATFORM_BUILTIN, platform_probe_kernel },
	{ PLATFORM_CPU, platform_probe_cpu },
	{ PLATFORM_CPU, platform_probe_cpuid },
	{ PLATFORM_CONFIG, platform_probe_config },
	{ PLATFORM_LOADED, platform_probe_loaded },
	{ PLATFORM_BUILTIN, platform_probe_builtin },
	{ PLATFORM_LOG, platform_probe_log },
	{ PLATFORM_FIRMWARE, platform_probe_firmware },
	{ PLATFORM_MEMORY, platform_probe_memory },
	{ PLATFORM_DISPLAY, platform_probe_display },
	{ PLATFORM_TOPOLOGY, platform_probe_topology },
};

void platform_probe(struct root *root, struct host *host, unsigned what)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
		if (what & sources[i].parts)
			sources[i].probe(root, host);
}
