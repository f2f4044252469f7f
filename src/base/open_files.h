/* Which processes have their open files in common. */
#pragma once

#include <stdbool.h>

/* Have two processes of the running machine one table of open files, as all threads of the kernel
 * have (kernel/kthread.c)? By kcmp(2); false also where that cannot be known. */
bool open_files_are_shared(int a, int b);
