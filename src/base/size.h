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
