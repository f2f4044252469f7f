/* Sizes in bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* A decimal number and libvirt's name of its unit ("MiB", "GB"; NULL: KiB), as bytes (libvirt:
 * formatdomain, <memory>). False, and *ret stays: it is none, or larger than 64 bits. */
bool size_parse(const char *number, const char *unit, uint64_t *ret);

/* The same of memory as people write it: "16G", "512mb", "1TiB". The unit must be there, from K to
 * T, and is one of 1024s whatever it is called. Below 2^63. */
bool size_read(const char *text, uint64_t *ret);
