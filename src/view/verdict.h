/* The verdict on the IOMMU, and what a group is, in words and colours: the same in every command.
 */
#pragma once

#include "model/host.h"
#include "view/device.h"
#include "view/json.h"
#include "view/term.h"

/* "IOMMU: on (Intel VT-d, passthrough)", with cause and remedy where it is not; evidence when
 * verbose. */
void verdict_print(const struct term *term, const struct host *host,
		   const struct iommu_verdict *verdict, bool verbose);

/* The object "iommu" of the contract. */
void verdict_json(struct json *json, const struct host *host, const struct iommu_verdict *verdict);

/* Marks of a function, appended to text: "gpu boot-display isolated viable", or "gbiv". */
enum mark_form { MARKS_WORDS, MARKS_LETTERS };
void device_marks(const struct host *host, const struct pci_dev *dev, enum mark_form form,
		  GString *text);

/* Prints what the letters mean. */
void marks_print_legend(const struct term *term);

/* How a function should look in a list. */
enum role device_role(const struct host *host, const struct pci_dev *dev);

/* Is the IOMMU as it must be for guests: on, and interrupts not known to bypass it? */
bool verdict_is_good(const struct iommu_verdict *verdict);
