/* The threads of a running guest, and the CPUs that the kernel lets each run on: what has come of a
 * pinning, whatever a definition says. */
#pragma once

#include <glib.h>
#include <stdint.h>

enum guest_thread_kind {
	THREAD_EMULATOR, /* the first thread of the process; others of its own go with it */
	THREAD_VCPU,
	THREAD_IO,
};

struct guest_thread {
	enum guest_thread_kind kind;
	int number; /* vCPU, from 0; I/O thread, from 1 as libvirt counts; -1: the emulator */
	int tid;
	char *cpus; /* as the kernel writes the list: "2,18" */
};

struct guest_threads {
	int pid;
	uint64_t memlock; /* bytes that the process may lock; UINT64_MAX: all; 0: not known */
	GArray *list;     /* of struct guest_thread, by kind and number */
};

void guest_threads_free(struct guest_threads *threads);
static inline void guest_threads_auto_free(struct guest_threads **threads)
{
	guest_threads_free(*threads);
}
#define GUEST_THREADS_AUTO __attribute__((cleanup(guest_threads_auto_free)))

/* Finds a thread; NULL: there is none. */
const struct guest_thread *guest_threads_find(const struct guest_threads *threads,
					      enum guest_thread_kind kind, int number);

/* "vCPU 3", "I/O thread 1", "emulator"; the caller's. */
char *guest_thread_name(enum guest_thread_kind kind, int number);
