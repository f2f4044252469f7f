/* Errno values by their symbolic names: the numbers differ between architectures, the names do not.
 */
#pragma once

/* "EACCES" for EACCES; NULL for a value without a name here. */
const char *errno_name(int error);

/* EACCES for "EACCES"; 0 for a name that is not known. */
int errno_by_name(const char *name);
