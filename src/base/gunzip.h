/* Unpacking a gzip file, as /proc/config.gz is one. */
#pragma once

#include <stddef.h>

/* Unpacks length bytes into a text of at most max bytes (the rest is cut off) with a NUL behind it,
 * the caller's to free. What comes before damaged data is kept. NULL when it is no gzip file. */
char *gunzip(const char *data, size_t length, size_t max);
