/* Steps that define and start guests: what libvirt is asked for. Their path is "URI#NAME". */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct root;
struct step;
struct stepper;

/* The definition that libvirt has under the step's name; *value NULL: none. 0, or -EIO where
 * libvirt does not answer; -EROFS on other machines than the running one. */
int guest_read(struct root *root, const struct step *step, char **value);

/* Gives libvirt the definition `new`, or with NULL takes the one away that it has. */
bool guest_define(struct stepper *stepper, const struct step *step, GError **error);

/* Starts the guest of the step's name, and looks whether it runs. */
bool guest_start(struct stepper *stepper, const struct step *step, GError **error);
