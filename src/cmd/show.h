/* What the parts of `show` share: one function under the glass. */
#pragma once

#include "cmd/command.h"
#include "model/explain.h"
#include "model/loss.h"
#include "model/predict.h"
#include "model/reset.h"
#include "view/device.h"

struct show {
	struct context *context;
	const struct host *host;
	const struct prediction *prediction;
	struct device_view view;
	int index; /* of the function in host.pci */
	const struct pci_dev *dev;
	const struct explanation *why; /* of its group */
	const struct loss *loss;       /* what goes with its group */
	struct reset reset;
};

/* Prints it for people. */
void show_print(const struct show *show);

/* Prints the command that comes next for it; nothing where there is none. */
void show_print_next(const struct show *show);

/* Writes it as a JSON object. */
void show_json(const struct show *show, struct json *json);
