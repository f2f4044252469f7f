/* Reads struct domains: what libvirt's definitions say that the rules ask for.
 *
 * A recording keeps not the definitions, which hold passwords and names, but these lines (digest
 * "domains"), fields between tabs:
 *
 *   ! REASON                      the definitions could not be listed (name of an errno)
 *   domain  NAME  PATH            what follows belongs to it
 *   KEY  VALUE                    a row of domain_fields
 *   pci  ADDRESS  WORD…           hostdev: managed, rom-off, rom=PATH, multi, at=BUS:SLOT.FUNCTION
 *   usb  WORD…                    hostdev: ids=VVVV:PPPP, bus=N, number=N, port=P, optional
 *   rom  PATH  WORD…              a ROM file: absent, valid, efi, ids=VVVV:DDDD, leading=N,
 *                                 mode=OOOO, uid=N
 */
#pragma once

#include <glib.h>
#include <stddef.h>

struct host;
struct root;

void domains_probe(struct root *root, struct host *host);

/* ---- the parts of it: domain_fields.c, domains_xml.c ---- */

enum domain_field_kind {
	DOMAIN_TEXT,
	DOMAIN_FLAG,
	DOMAIN_SIZE,  /* bytes */
	DOMAIN_COUNT, /* unsigned */
};

struct domain_field {
	const char *key;
	enum domain_field_kind kind;
	const char *path; /* XPath from <domain>; NULL: not from the XML */
	size_t offset;    /* in struct domain */
};

/* Ends with a row without a key. */
extern const struct domain_field domain_fields[];

/* Appends the lines of the definition in text (as a file at path); the paths of its ROM files are
 * added to roms (of char *). Text that is no definition gives the line "malformed\tyes". */
void domain_describe(const char *text, size_t length, const char *path, GString *out,
		     GPtrArray *roms);
