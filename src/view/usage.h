/* Uses and losses in words and in JSON. */
#pragma once

#include "model/host.h"
#include "model/loss.h"
#include "view/json.h"

/* A use in a few words: "sdb1 mounted on /media", "keyboard Logitech K120", "Xorg (pid 812)". The
 * caller's to free. */
char *usage_phrase(const struct usage *usage);

/* Is it worth telling among others? Buttons and jacks of a device that is something else are not.
 */
bool usage_is_told(const struct host *host, const struct usage *usage);

/* Writes a use as an object in an array: kind, name, detail, address, usb, pid. */
void usage_json(struct json *json, const struct host *host, const struct usage *usage);

/* Writes a loss as the object "loss": uses, and the answers of struct loss. */
void loss_json(struct json *json, const struct host *host, const struct loss *loss);

/* What is lost, in a list of words without the same twice, at most max and then "N more"; "" when
 * it is nothing. The caller's to free. */
char *loss_phrase(const struct host *host, const struct loss *loss, unsigned max);

/* What might be lost besides, for it is not known: "disks, network"; "" when all is known. The
 * caller's to free. */
char *loss_unknown(const struct loss *loss);
