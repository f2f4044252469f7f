/* See watch.h. One poll() over the kernel's netlink socket, a signalfd, and the input devices. */
#include "base/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/root.h"
#include "base/root_write.h"

#define KERNEL_GROUP 1 /* what the kernel says; 2 is what udev adds */
#define RECEIVE_SIZE (8 * 1024 * 1024)

enum { FD_UEVENTS, FD_SIGNALS, FD_INPUTS };

struct watch {
	GArray *fds;       /* of struct pollfd: FD_UEVENTS, FD_SIGNALS, then inputs */
	GPtrArray *inputs; /* names of the inputs, in the same order */
	unsigned forbidden;
	sigset_t before;
	char data[UEVENT_MAX];
};

/* ---- starting ---- */

static void add_fd(struct watch *watch, int fd)
{
	const struct pollfd entry = { .fd = fd, .events = POLLIN };

	g_array_append_val(watch->fds, entry);
}

static int open_uevents(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	const int size = RECEIVE_SIZE;
	int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	/* For storms. Without privilege the limit of the system holds, which is well, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int open_signals(struct watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &watch->before);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static void open_inputs(struct watch *watch, struct root *root)
{
	g_autoptr(GPtrArray) names = NULL;

	if (root_list(root, "/dev/input", &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strconcat("/dev/input/", names->pdata[i], NULL);
		if (!g_str_has_prefix(names->pdata[i], "event"))
			continue;
		int fd = root_open_file(root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
		watch->forbidden += fd == -EACCES || fd == -EPERM;
		if (fd < 0)
			continue;
		add_fd(watch, fd);
		g_ptr_array_add(watch->inputs, g_strdup(names->pdata[i]));
	}
}

struct watch *watch_new(struct root *root, GError **error)
{
	struct watch *watch = g_new0(struct watch, 1);
	int uevents = open_uevents();

	watch->fds = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	watch->inputs = g_ptr_array_new_with_free_func(g_free);
	add_fd(watch, uevents);
	add_fd(watch, open_signals(watch));
	open_inputs(watch, root);
	if (uevents >= 0)
		return watch;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot listen to the kernel's events: %s",
		    g_strerror(-uevents));
	watch_free(watch);
	return NULL;
}

/* A signal that has come meanwhile was told of, or came when nothing was waited for: it is taken
 * out of the queue, so that it does not end the program after all. */
static void drain_signals(int fd)
{
	struct signalfd_siginfo info;

	while (fd >= 0 && read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	drain_signals(g_array_index(watch->fds, struct pollfd, FD_SIGNALS).fd);
	sigprocmask(SIG_SETMASK, &watch->before, NULL);
	for (guint i = 0; i < watch->fds->len; i++)
		if (g_array_index(watch->fds, struct pollfd, i).fd >= 0)
			close(g_array_index(watch->fds, struct pollfd, i).fd);
	g_array_unref(watch->fds);
	g_ptr_array_unref(watch->inputs);
	g_free(watch);
}

unsigned watch_inputs(const struct watch *watch)
{
	return watch->inputs->len;
}

unsigned watch_forbidden(const struct watch *watch)
{
	return watch->forbidden;
}

/* ---- waiting ---- */

/* Programs may send to the same group: only the kernel has the address 0. False: nothing of it. */
static bool take_uevent(struct watch *watch, int fd, enum watch_result *result,
			struct watch_event *ret)
{
	struct sockaddr_nl sender = { 0 };
	socklen_t size = sizeof(sender);
	ssize_t n = recvfrom(fd, watch->data, sizeof(watch->data), MSG_TRUNC,
			     (struct sockaddr *)(void *)&sender, &size);

	if (n < 0 && errno == ENOBUFS) {
		*result = WATCH_LOST;
		return true;
	}
	if (n <= 0 || n > (ssize_t)sizeof(watch->data) || sender.nl_pid != 0)
		return false;
	*result = WATCH_UEVENT;
	return uevent_parse(watch->data, (size_t)n, &ret->uevent);
}

/* Reads all that is there, and says whether a key or a button went down. */
static bool was_pressed(struct pollfd *entry)
{
	struct input_event events[32];
	bool pressed = false;
	ssize_t n;

	while ((n = read(entry->fd, events, sizeof(events))) > 0)
		for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++)
			pressed |= events[i].type == EV_KEY && events[i].value == 1;
	if (n < 0 && errno == ENODEV) { /* it was unplugged */
		close(entry->fd);
		entry->fd = -1;
	}
	explicit_bzero(events, sizeof(events));
	return pressed;
}

static bool take_press(struct watch *watch, struct watch_event *ret)
{
	for (guint i = FD_INPUTS; i < watch->fds->len; i++) {
		struct pollfd *entry = &g_array_index(watch->fds, struct pollfd, i);
		if (entry->revents == 0 || !was_pressed(entry))
			continue;
		ret->input = watch->inputs->pdata[i - FD_INPUTS];
		return true;
	}
	return false;
}

/* False when what woke us up means nothing. */
static bool take_any(struct watch *watch, enum watch_result *result, struct watch_event *ret)
{
	const struct pollfd *fds = (const struct pollfd *)(const void *)watch->fds->data;

	if (fds[FD_SIGNALS].revents != 0) {
		*result = WATCH_STOPPED;
		return true;
	}
	if (fds[FD_UEVENTS].revents != 0 && take_uevent(watch, fds[FD_UEVENTS].fd, result, ret))
		return true;
	*result = WATCH_PRESS;
	return take_press(watch, ret);
}

static int time_left(gint64 end)
{
	return end < 0 ? -1 : (int)MAX((end - g_get_monotonic_time() + 999) / 1000, 0);
}

enum watch_result watch_wait(struct watch *watch, int milliseconds, struct watch_event *ret)
{
	gint64 end = milliseconds < 0 ? -1 : g_get_monotonic_time() + (gint64)milliseconds * 1000;
	enum watch_result result;

	for (;;) {
		struct pollfd *fds = (struct pollfd *)(void *)watch->fds->data;
		int n = poll(fds, watch->fds->len, time_left(end));
		if (n == 0)
			return WATCH_TIMEOUT;
		if (n > 0 && take_any(watch, &result, ret))
			return result;
		if (n < 0 && errno != EINTR)
			return WATCH_STOPPED;
	}
}
