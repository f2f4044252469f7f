/* The parts of `vfiokit usb` that are commands of their own. */
#pragma once

#include "cmd/command.h"

extern const struct command command_usb_identify;
