/* See libvirt_calls.h. */
#include "vm/libvirt_calls.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"

#define LIBRARY "libvirt.so.0"

#define CALL(name)                                                                                 \
	{                                                                                          \
		"vir" #name, offsetof(struct libvirt_calls, name)                                  \
	}

static const struct {
	const char *name;
	size_t offset;
} call_rows[] = {
	CALL(ConnectOpen),
	CALL(ConnectClose),
	CALL(ConnectListAllDomains),
	CALL(DomainLookupByName),
	CALL(DomainLookupByUUIDString),
	CALL(DomainFree),
	CALL(DomainGetName),
	CALL(DomainGetUUIDString),
	CALL(DomainIsActive),
	CALL(DomainIsPersistent),
	CALL(DomainGetXMLDesc),
	CALL(DomainDefineXMLFlags),
	CALL(DomainUndefineFlags),
	CALL(DomainCreate),
	CALL(DomainAttachDeviceFlags),
	CALL(DomainDetachDeviceFlags),
	CALL(GetLastError),
	CALL(SetErrorFunc),
};

/* Libraries that come with it, the largest of them. In one go each of their thousands of symbols
 * would be looked for in all fifty that come; what was loaded before looks in its own few only.
 * That, and to look up no function before it is called, halves the time (callgrind: 41 to 21
 * million instructions). One that is not there, or has another name, is no matter. */
static const char *const parts[] = { "libcrypto.so.3", "libgnutls.so.30", "libxml2.so.2",
				     "libcurl-gnutls.so.4", "libgio-2.0.so.0" };

static void *load_library(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		const void *part = dlopen(parts[i], RTLD_LAZY | RTLD_LOCAL);
		if (!part)
			dlerror(); /* forgets why */
	}
	return dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
}

bool libvirt_load(struct libvirt_calls *ret, GError **error)
{
	void *library = load_library();

	if (!library) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot load libvirt: %s",
			    dlerror());
		error_hint(error, "install it (Debian, Ubuntu: libvirt-daemon-system; Fedora: "
				  "libvirt; Arch: libvirt)");
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(call_rows); i++) {
		void *address = dlsym(library, call_rows[i].name);
		if (!address) {
			g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
				    "libvirt is too old: it has no %s", call_rows[i].name);
			return false;
		}
		memcpy((char *)ret + call_rows[i].offset, &address, sizeof(address));
	}
	return true;
}
