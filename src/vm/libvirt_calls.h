/* libvirt's side: the prototypes of its public ABI, which has only grown since version 1.0. With
 * them there is nothing of libvirt to install where this is built. Internal to libvirt*.c. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The front of struct _virError. */
struct virt_error {
	int code;
	int domain;
	char *message;
};

struct connection;
struct domain;

/* The functions that are used, each under its name without "vir". */
struct libvirt_calls {
	struct connection *(*ConnectOpen)(const char *uri);
	int (*ConnectClose)(struct connection *connection);
	int (*ConnectListAllDomains)(struct connection *connection, struct domain ***domains,
				     unsigned flags);
	struct domain *(*DomainLookupByName)(struct connection *connection, const char *name);
	struct domain *(*DomainLookupByUUIDString)(struct connection *connection, const char *uuid);
	int (*DomainFree)(struct domain *domain);
	const char *(*DomainGetName)(struct domain *domain);
	int (*DomainGetUUIDString)(struct domain *domain, char *uuid);
	int (*DomainIsActive)(struct domain *domain);
	int (*DomainIsPersistent)(struct domain *domain);
	char *(*DomainGetXMLDesc)(struct domain *domain, unsigned flags);
	struct domain *(*DomainDefineXMLFlags)(struct connection *connection, const char *xml,
					       unsigned flags);
	int (*DomainUndefineFlags)(struct domain *domain, unsigned flags);
	int (*DomainCreate)(struct domain *domain);
	int (*DomainAttachDeviceFlags)(struct domain *domain, const char *xml, unsigned flags);
	int (*DomainDetachDeviceFlags)(struct domain *domain, const char *xml, unsigned flags);
	struct virt_error *(*GetLastError)(void);
	void (*SetErrorFunc)(void *data, void (*handler)(void *data, struct virt_error *error));
};

/* Loads the library, and looks all of them up. False and STATUS_FAILED: there is none on this
 * machine, or an older one. It stays loaded. */
bool libvirt_load(struct libvirt_calls *ret, GError **error);
