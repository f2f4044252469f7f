/* The threads of a guest that QEMU runs, by their names (QEMU: "-name …,debug-threads=on", which
 * libvirt always gives) and /proc/PID/task/TID/status. */
#pragma once

#include "model/threads.h"

struct root;

/* The caller's; NULL where no process has this UUID on its command line ("-uuid", which libvirt
 * always gives), or it cannot be read. */
struct guest_threads *threads_probe(struct root *root, const char *uuid);
