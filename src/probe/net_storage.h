/* What this machine has mounted, or has as disks, at the other end of a network: the card that
 * leads there must not go. */
#pragma once

struct root;

/* One line for each interface that leads to such things, of fields between tabs: the interface ("?"
 * where the server is a name or no route leads to it), "system" or "other" (can the machine run
 * without them?), and which they are: "/srv (nfs4), disks over iSCSI". No addresses: a recording
 * keeps this text (the fact "net-storage"). The caller's to free; NULL: not known. */
char *net_storage_read(struct root *root);
