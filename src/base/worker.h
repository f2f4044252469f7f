/* A child process that does one thing after the other, as it is asked: for what may never come back
 * from the kernel, such as a write that a driver must answer. Its parent waits as long as it likes.
 * For programs with one thread only. */
#pragma once

#include <stddef.h>

struct worker;

#define WORKER_REQUEST_MAX 8192

/* Starts one, which sees its parent's memory as it is now. What work() returns for a request is the
 * answer; it must not print. The child ends with its parent, or when it is freed: after what it is
 * at, not before. NULL and errno. */
struct worker *worker_new(int (*work)(void *data, const char *request, size_t length), void *data);

/* Asks, and returns the answer. When it took more than the seconds given (-ETIMEDOUT) or ended
 * without an answer (-ECHILD), the worker is ended and freed, and *worker is NULL; when not even
 * SIGKILL ends it, its pid is put in *stuck (else 0) and it is left to itself. */
int worker_ask(struct worker **worker, const char *request, size_t length, unsigned seconds,
	       int *stuck);

/* Does not wait until it has ended. */
void worker_free(struct worker *worker);
