/* The reader of posted text: what people paste into a forum or a mail when they ask for help.
 *
 * Understood: lspci in all its modes (-n, -nn, -k, -v to -vvvv, -x to -xxxx, -D, -P, -PP, -mm,
 * -vmm) apart from -t, the group loop of the original guide and the other scripts of its kind,
 * listings of /sys/kernel/iommu_groups (find, ls -l); any mixture of them; quoted, wrapped, cut, as
 * quoted-printable, in markdown or HTML, with prompts and prose between. Facts add up over several
 * listings of one machine. Where a second machine begins (a function seen before has other ids), it
 * is left out and noted in host.gaps.
 *
 * Bytes of a hex dump overrule the words beside them. Names without numbers are looked up in the
 * pci.ids of the machine that the program runs on. What the text does not say stays unknown.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct host;

/* Reads it. NULL and STATUS_USAGE when nothing in it is a PCI function. The host is linked, and the
 * caller's to free. Takes time in proportion to the text. */
struct host *posted_read(const char *text, size_t length, GError **error);
