/* See kmsg.h. One of the few facts about a machine that are no file. */
#include "base/kmsg.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/klog.h>

#define READ_ALL    3  /* SYSLOG_ACTION_READ_ALL of syslog(2): does not consume them */
#define SIZE_BUFFER 10 /* SYSLOG_ACTION_SIZE_BUFFER */
#define MAX_SIZE    (64 * 1024 * 1024)

int kmsg_read(char **ret)
{
	int size = klogctl(SIZE_BUFFER, NULL, 0);
	if (size < 0)
		return -errno;
	size = CLAMP(size, 4096, MAX_SIZE);

	char *text = g_malloc((gsize)size + 1);
	int n = klogctl(READ_ALL, text, size);
	if (n < 0) {
		int error = errno;
		g_free(text);
		return -error;
	}
	text[n] = '\0';
	*ret = text;
	return 0;
}

int64_t kmsg_time(const char *line)
{
	const char *bracket = strchr(line, '[');
	char *end;

	if (!bracket)
		return -1;
	double seconds = g_ascii_strtod(bracket + 1, &end);
	return *end == ']' ? (int64_t)(seconds * G_USEC_PER_SEC + 0.5) : -1;
}

int64_t kmsg_newest(void)
{
	char text[2048]; /* read into a small buffer, the log is cut at its start */
	int n = klogctl(READ_ALL, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	const char *newline = strrchr(text, '\n');
	return kmsg_time(newline ? newline + 1 : text);
}
