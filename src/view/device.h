/* The fields of a PCI function: one table that feeds JSON, table, tree and `show`, so that they
 * cannot drift apart. */
#pragma once

#include <stdint.h>

#include "base/names.h"
#include "model/host.h"
#include "view/json.h"

struct device_view {
	const struct host *host;
	struct names *names;
	bool domains; /* some function is outside domain 0: addresses are written in full */
};

void device_view_init(struct device_view *view, const struct host *host, struct names *names);

enum field_kind {
	FIELD_TEXT,
	FIELD_HEX,   /* an id of `digits` digits */
	FIELD_COUNT, /* below 0: not known */
	FIELD_TRI,
	FIELD_WORDS, /* an array in JSON */
};

/* A value being passed from a getter to a writer. NULL and -1 mean not known, or none. */
struct field_value {
	const char *text;
	int64_t number;
	unsigned digits;
	char buf[NAMES_SIZE];
};

struct device_field {
	const char *key;   /* in JSON */
	const char *label; /* for people */
	enum field_kind kind;
	unsigned digits; /* FIELD_HEX */
	void (*get)(const struct device_view *view, const struct pci_dev *dev,
		    struct field_value *value);
};

/* In the order of the contract; ends with a row without a key. */
extern const struct device_field device_fields[];

/* Writes the function as a JSON object. */
void device_json(struct json *json, const struct device_view *view, const struct pci_dev *dev);

/* The same fields inside an object that is already open. */
void device_json_fields(struct json *json, const struct device_view *view,
			const struct pci_dev *dev);

/* The address as people write it: without domain where all are in domain 0. */
const char *device_address(const struct device_view *view, struct pci_addr addr,
			   char buf[PCI_ADDR_SIZE]);

/* "10de:1c03", or "?" for what is not known. */
const char *device_ids(const struct pci_dev *dev, char buf[16]);

/* The name for people; NAMES_SIZE. DEVICE_SHORT: "GP106 [GeForce GTX 1060 6GB]"; DEVICE_FULL: as
 * lspci, "VGA compatible controller: NVIDIA Corporation GP106 [GeForce GTX 1060 6GB]". */
enum device_name_form { DEVICE_SHORT, DEVICE_MAKER, DEVICE_FULL };
char *device_name(const struct device_view *view, const struct pci_dev *dev,
		  enum device_name_form form);
