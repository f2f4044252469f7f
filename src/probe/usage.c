/* See usage.h: the parts add uses to one list, which is sorted at the end. */
#include "probe/usage.h"

#include <string.h>

#include "model/host.h"
#include "probe/blocks.h"
#include "probe/usage_reader.h"

static gint compare_usages(gconstpointer a, gconstpointer b)
{
	const struct usage *left = a, *right = b;

	if (left->pci != right->pci)
		return left->pci < right->pci ? -1 : 1;
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	int order = strcmp(left->name, right->name);
	if (order != 0)
		return order;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return g_strcmp0(left->detail, right->detail);
}

void usage_probe(struct root *root, struct host *host, const struct usage_request *request)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct usage));
	struct usage_reader reader = {
		.root = root, .host = host, .list = list, .wanted = request->wanted
	};

	usage_read_blocks(&reader);
	usage_read_nets(&reader);
	usage_read_inputs(&reader);
	usage_read_classes(&reader);
	if (request->holders)
		usage_read_holders(&reader);
	if (reader.shut)
		host->usages.known = 0;
	if (reader.blocks)
		blocks_free(reader.blocks);
	g_array_sort(list, compare_usages);

	host->usages.list = host_keep(host, list);
	host->usages.n = list->len;
	host->usages.probed = true;
}
