/* See kmsg.h. One of the few facts about a machine that are no file. */
#include "base/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

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

/* ---- from a moment on ---- */

#define MAX_RECORD 8192 /* more than a record can be (PRINTK_MESSAGE_MAX) */

struct kmsg_tail {
	int fd;
	GPtrArray *lines;
};

struct kmsg_tail *kmsg_tail_new(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return NULL;
	if (lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return NULL;
	}
	struct kmsg_tail *tail = g_new(struct kmsg_tail, 1);
	*tail = (struct kmsg_tail){ .fd = fd, .lines = g_ptr_array_new_with_free_func(g_free) };
	return tail;
}

void kmsg_tail_free(struct kmsg_tail *tail)
{
	if (!tail)
		return;
	close(tail->fd);
	g_ptr_array_unref(tail->lines);
	g_free(tail);
}

/* A record is "LEVEL,NUMBER,TIME,FLAGS;TEXT\n" and lines of what it is about
 * (Documentation/ABI/testing/dev-kmsg). */
const GPtrArray *kmsg_tail_read(struct kmsg_tail *tail)
{
	char record[MAX_RECORD + 1];
	ssize_t n;

	/* EPIPE: the next one has fallen out; the read after that goes on behind it. */
	while ((n = read(tail->fd, record, MAX_RECORD)) > 0 ||
	       (n < 0 && (errno == EINTR || errno == EPIPE))) {
		record[MAX(n, 0)] = '\0';
		const char *text = strchr(record, ';');
		if (text)
			g_ptr_array_add(tail->lines, g_strndup(text + 1, strcspn(text + 1, "\n")));
	}
	return tail->lines;
}
