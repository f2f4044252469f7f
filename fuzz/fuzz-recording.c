/* Fuzzes the way from a recorded host to a verdict: what is read must be written and read again
 * without a difference, and every reader of the machine must bear what is in it. */
#include <stdlib.h>
#include <string.h>

#include "base/recording.h"
#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "model/predict.h"
#include "probe/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* hwloc is left out: it is not ours, and slow. */
#define PARTS (PROBE_ALL & ~(unsigned)PROBE_TOPOLOGY)

static void judge(struct tree *tree)
{
	struct root *root = root_from_tree(tree);
	struct iommu_verdict verdict = { 0 };
	struct prediction prediction;
	struct host *host = host_probe(root, PARTS, NULL);

	if (host) {
		iommu_judge(host, &verdict);
		iommu_verdict_clear(&verdict);
		predict_groups(host, &prediction);
		prediction_clear(&prediction);
	}
	host_free(host);
	root_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree *tree = recording_parse((const char *)data, size, NULL);
	if (!tree)
		return 0;

	g_autofree char *text = recording_emit(tree, NULL);
	struct tree *again = recording_parse(text, strlen(text), NULL);
	g_autofree char *text_again = again ? recording_emit(again, NULL) : NULL;
	if (!again || strcmp(text, text_again) != 0)
		abort();
	tree_free(again);
	judge(tree);
	return 0;
}
