/* For tests: archives of the data collection, unpacked for a while; small trees written as text. */
#pragma once

struct host;
struct root;
struct tree;

/* Unpacks $VFIOKIT_DATA/NAME into a new directory, the caller's to remove and free; NULL (the test
 * is then skipped) where the collection is not there. */
char *fixture_unpack(const char *name);
void fixture_remove(char *directory);

/* Puts files, directories and links into a tree: "PATH = text", "PATH -> target", "PATH/". Ends
 * with NULL. */
void fixture_put(struct tree *tree, const char *const *lines);

/* A host read from root: PCI functions, then USB, then usages with those of processes. */
struct host *fixture_host(struct root *root);

/* The same from a tree, which is freed. */
struct host *fixture_host_of(struct tree *tree);
