/* See input.h. */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define INPUT_MAX   (64U * 1024 * 1024)
#define INPUT_CHUNK (64U * 1024)

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

GMappedFile *input_map(const char *path, const char *const *paths, size_t n)
{
	GMappedFile *file = path ? g_mapped_file_new(path, FALSE, NULL) : NULL;

	for (size_t i = 0; !path && !file && i < n; i++)
		file = g_mapped_file_new(paths[i], FALSE, NULL);
	return file;
}

bool input_exists(const char *path)
{
	return access(path, R_OK) == 0;
}

/* A line while it comes in, in pieces. */
struct splitter {
	char *line;
	size_t length;
	size_t max;
	void (*give)(const char *text, size_t length, void *data);
	void *data;
};

static void take_chunk(struct splitter *splitter, const char *chunk, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(chunk, '\n', length);
		size_t n = newline ? (size_t)(newline - chunk) : length;
		size_t kept = MIN(n, splitter->max - splitter->length);
		memcpy(splitter->line + splitter->length, chunk, kept);
		splitter->length += kept;
		if (newline) {
			splitter->give(splitter->line, splitter->length, splitter->data);
			splitter->length = 0;
			n++;
		}
		chunk += n;
		length -= n;
	}
}

bool input_each_line(const char *path, size_t max,
		     void (*line)(const char *text, size_t length, void *data), void *data,
		     GError **error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	g_autofree char *chunk = g_malloc(INPUT_CHUNK);
	g_autofree char *buffer = g_malloc(max);
	struct splitter splitter = { .line = buffer, .max = max, .give = line, .data = data };
	ssize_t n = fd < 0 ? -1 : 0;

	while (fd >= 0 && ((n = read(fd, chunk, INPUT_CHUNK)) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			take_chunk(&splitter, chunk, (size_t)n);
	int failed = n < 0 ? errno : 0;
	if (splitter.length > 0)
		line(buffer, splitter.length, data);
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (failed != 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE, "cannot read '%s': %s", path,
			    g_strerror(failed));
	return failed == 0;
}
