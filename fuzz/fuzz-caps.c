/* Fuzzes the capability walker: any bytes as config space. Besides not crashing, what it says must
 * stay within the bytes that it was given. */
#include <stdlib.h>

#include "model/pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last byte says whether there are no more bytes than these. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_caps caps;

	if (size == 0)
		return 0;
	size_t length = size - 1;
	pci_caps_decode(data, length, data[length] & 1, &caps);

	if (caps.n_list > PCI_MAX_CAPS)
		abort();
	for (unsigned i = 0; i < caps.n_list; i++) {
		if (caps.list[i].offset >= length)
			abort();
	}
	if (length < 64 && caps.depth != CONFIG_NONE)
		abort();
	return 0;
}
