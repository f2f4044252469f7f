/* See input.h. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define INPUT_MAX (64U * 1024 * 1024)

static char *read_all(int fd, size_t *length, int *error)
{
	GByteArray *data = g_byte_array_new();
	uint8_t chunk[64 * 1024];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0 && data->len <= INPUT_MAX) {
		if (n > 0)
			g_byte_array_append(data, chunk, (guint)n);
		else if (errno != EINTR)
			break;
	}
	*error = n < 0 ? errno : data->len > INPUT_MAX ? EFBIG : 0;
	*length = data->len;
	g_byte_array_append(data, (const uint8_t *)"", 1);
	return (char *)g_byte_array_free(data, FALSE);
}

char *input_read(const char *path, size_t *length, GError **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 ? errno : 0;
	char *text = NULL;

	if (fd >= 0)
		text = read_all(fd, length, &failed);
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (failed == 0)
		return text;
	g_free(text);
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "cannot read '%s': %s", path,
		    g_strerror(failed));
	return NULL;
}

bool input_exists(const char *path)
{
	return access(path, R_OK) == 0;
}
