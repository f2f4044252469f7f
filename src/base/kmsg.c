/* See kmsg.h. One of the few facts about a machine that are no file. */
#include "base/kmsg.h"

#include <errno.h>
#include <glib.h>
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
