/* Waiting for something to happen to this machine: a device that comes or goes, a key that is
 * pressed, a signal that ends the waiting.
 *
 * Keys: input devices are read beside those who read them already; nothing is grabbed, so every
 * press still goes where it would have gone. Which key it was is forgotten at once: it is neither
 * kept nor returned. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "base/uevent.h"

struct root;
struct watch;

enum watch_result {
	WATCH_TIMEOUT,
	WATCH_STOPPED, /* SIGINT, SIGTERM or SIGHUP */
	WATCH_UEVENT,
	WATCH_PRESS,
	WATCH_LOST, /* more events than the kernel kept: look at the machine itself */
};

struct watch_event {
	struct uevent uevent; /* WATCH_UEVENT; good until the next wait */
	const char *input;    /* WATCH_PRESS: "event3"; as long as the watch lives */
};

/* Starts listening; what happens from now on is not missed. While the watch lives, the signals that
 * it tells of do nothing else. Keys are listened to as far as they may be read. NULL and
 * STATUS_FAILED when the kernel does not let this process listen. */
struct watch *watch_new(struct root *root, GError **error);
void watch_free(struct watch *watch);

/* Input devices that are listened to, and those that this process must not read. */
unsigned watch_inputs(const struct watch *watch);
unsigned watch_forbidden(const struct watch *watch);

/* Waits, for at most so many milliseconds (-1: for ever). */
enum watch_result watch_wait(struct watch *watch, int milliseconds, struct watch_event *ret);

static inline void watch_auto_free(struct watch **watch)
{
	watch_free(*watch);
}
#define WATCH_AUTO __attribute__((cleanup(watch_auto_free)))
