/* A child process that reads and writes files for its parent, where the kernel may never answer: it
 * can be left behind. What is asked and answered is in memory that both share; a byte in a pair of
 * sockets says whose turn it is. It has nothing of its parent's open but the root, and ends with
 * its parent: after what it is at, not before. For programs with one thread only. */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct root;
struct worker;

/* A question and its answers. Only what is used of it is there. */
struct exchange {
	bool writes;        /* what stands behind the one path, in one write; else all are read */
	unsigned n;         /* of paths that are read */
	size_t size;        /* of each, at most: less than data has room for */
	atomic_uint n_done; /* answers that are there: fewer than paths where data is full */
	char paths[8192];   /* in the root, one behind the other, each with its NUL */
	_Alignas(16) char data[32768]; /* of struct answer */
};

struct answer {
	ssize_t result; /* bytes of text that were read; 0: it is written; or -errno */
	char text[];
};

/* The answer behind another one; the first one behind NULL. */
struct answer *exchange_next(struct exchange *exchange, const struct answer *answer);

/* Starts one that takes paths in root, which must be one of a file system. NULL and errno. */
struct worker *worker_new(const struct root *root);
struct exchange *worker_exchange(struct worker *worker);

/* Is it the child of this process? Who was forked since has none. */
bool worker_is_own(const struct worker *worker);

/* Asks what is in the exchange. lock: a descriptor that stays open until the kernel is done with
 * that, also when the parent is killed before; -1: none. 0: all is answered. -ETIMEDOUT: it took
 * more than the seconds given; -ECHILD: the child has ended. It is of no use then but for
 * worker_end(). */
int worker_ask(struct worker *worker, int lock, unsigned seconds);

/* Kills and frees it. The pid when not even that ends it, because the kernel holds it; else 0. */
pid_t worker_end(struct worker *worker);

/* Ends and frees one that is not asked anything. */
void worker_free(struct worker *worker);
