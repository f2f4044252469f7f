/* libvirt, as far as this program needs it: libvirt.c is the only file with calls of it.
 *
 * The library is loaded when the first connection is opened, so the program neither needs it to
 * start nor waits for the forty others that it brings. Its documentation is libvirt's own:
 * https://libvirt.org/html/libvirt-libvirt-domain.html
 *
 * Domains are named as virsh names them: by name or by UUID. All texts that are returned are the
 * caller's. Functions that fail set *error with STATUS_FAILED and libvirt's reason, or as they say.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct libvirt;

#define LIBVIRT_SYSTEM "qemu:///system"

/* Loads the library and connects; uri NULL: LIBVIRT_SYSTEM. NULL and *error: there is no libvirt on
 * this machine (the hint says how to get it), no daemon answers, or it does not let us in
 * (STATUS_NEED_ROOT). */
struct libvirt *libvirt_open(const char *uri, GError **error);
void libvirt_close(struct libvirt *virt);
static inline void libvirt_auto_close(struct libvirt **virt)
{
	libvirt_close(*virt);
}
#define LIBVIRT_AUTO __attribute__((cleanup(libvirt_auto_close)))

/* ---- what is there ---- */

enum libvirt_state {
	LIBVIRT_ABSENT,  /* no domain of that name */
	LIBVIRT_OFF,     /* defined, not running */
	LIBVIRT_RUNNING, /* or paused */
};

struct libvirt_domain {
	char *name;
	char *xml; /* as it runs; of one that has ended a moment ago, its definition */
};

/* The domains that run (of struct libvirt_domain), sorted by name; the array owns them. */
GPtrArray *libvirt_list_running(struct libvirt *virt, GError **error);

/* Is there such a domain, and does it run? None is no error. */
bool libvirt_state(struct libvirt *virt, const char *domain, enum libvirt_state *ret,
		   GError **error);

/* The XML of a domain: as it runs, or (defined) as it is defined. NULL and STATUS_USAGE when there
 * is no such domain. */
char *libvirt_dump(struct libvirt *virt, const char *domain, bool defined, GError **error);

/* The UUID of a domain; NULL: there is no such one. */
char *libvirt_uuid(struct libvirt *virt, const char *domain);

/* The definition of a domain, or NULL in *xml when none is defined: no error. */
bool libvirt_definition(struct libvirt *virt, const char *domain, char **xml, GError **error);

/* ---- changes: for apply/ ---- */

/* Defines the domain, or gives the one with its name and UUID another definition. libvirt compares
 * it with its schema first. */
bool libvirt_define(struct libvirt *virt, const char *xml, GError **error);

/* Takes the definition away; the guest's UEFI variables and TPM state stay on the disk. One that
 * runs goes on running. */
bool libvirt_undefine(struct libvirt *virt, const char *domain, GError **error);

bool libvirt_start(struct libvirt *virt, const char *domain, GError **error);

/* Adds a device to a running domain, or takes it away: xml is one element of <devices>, as
 * <hostdev>. Its definition stays as it is. */
bool libvirt_attach(struct libvirt *virt, const char *domain, const char *xml, GError **error);
bool libvirt_detach(struct libvirt *virt, const char *domain, const char *xml, GError **error);
