/* See errno_name.h. One table, walked both ways: what a read from /sys or /proc can fail with. */
#include "base/errno_name.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

#define ROW(name)                                                                                  \
	{                                                                                          \
#name, name                                                                        \
	}

static const struct {
	const char *name;
	int error;
} errors[] = {
	ROW(EPERM),      ROW(ENOENT),  ROW(ESRCH),     ROW(EINTR),        ROW(EIO),
	ROW(ENXIO),      ROW(E2BIG),   ROW(EBADF),     ROW(EAGAIN),       ROW(ENOMEM),
	ROW(EACCES),     ROW(EFAULT),  ROW(EBUSY),     ROW(EEXIST),       ROW(EXDEV),
	ROW(ENODEV),     ROW(ENOTDIR), ROW(EISDIR),    ROW(EINVAL),       ROW(ENFILE),
	ROW(EMFILE),     ROW(ENOTTY),  ROW(EFBIG),     ROW(ENOSPC),       ROW(ESPIPE),
	ROW(EROFS),      ROW(EPIPE),   ROW(ERANGE),    ROW(ENAMETOOLONG), ROW(ENOSYS),
	ROW(ELOOP),      ROW(ENODATA), ROW(EPROTO),    ROW(EOVERFLOW),    ROW(EILSEQ),
	ROW(EOPNOTSUPP), ROW(ESTALE),  ROW(ETIMEDOUT), ROW(EREMOTEIO),    ROW(ECANCELED),
	ROW(ESHUTDOWN),  ROW(EUCLEAN), ROW(EBADMSG),   ROW(EALREADY),     ROW(ECONNREFUSED),
};

const char *errno_name(int error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return NULL;
}

int errno_by_name(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	return 0;
}
