/* Fuzzes the reader of what people post: any text gives a host or an error. */
#include <stdint.h>
#include <stdlib.h>

#include "model/host.h"
#include "model/predict.h"
#include "probe/posted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iommu_verdict verdict = { 0 };
	struct prediction prediction;
	GError *error = NULL;
	struct host *host = posted_read((const char *)data, size, &error);

	if (!host && !error)
		abort(); /* neither a result nor a clear error */
	g_clear_error(&error);
	if (host) {
		if (host->n_pci == 0)
			abort();
		iommu_judge(host, &verdict);
		iommu_verdict_clear(&verdict);
		predict_groups(host, &prediction);
		prediction_clear(&prediction);
	}
	host_free(host);
	return 0;
}
