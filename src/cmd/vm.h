/* What `vm xml`, `vm qemu` and `vm define` share: their options, and the definition made of them.
 */
#pragma once

#include "cmd/change.h"
#include "cmd/command.h"
#include "vm/definition.h"

struct vm_options {
	struct change_options change; /* allow is of all, the rest of vm define */
	const char *profile;
	const char *name;
	const char *guest;
	GPtrArray *gpu;
	GPtrArray *usb_controller;
	GPtrArray *usb_device;
	const char *disk;
	GPtrArray *iso;
	const char *memory;
	const char *cpus;
	const char *hugepages;
	const char *pin;
	bool legacy_nvidia;
	const char *rom;
	const char *looking_glass;
	GPtrArray *evdev;
	const char *target;
	/* vm define */
	bool start;
	bool replace;
	const char *connect;
};

#define VM_ROW(NAME, KIND, ARGUMENT, CHOICES, HELP, FIELD)                                         \
	{                                                                                          \
		.name = (NAME), .kind = (KIND), .argument = (ARGUMENT), .choices = (CHOICES),      \
		.help = (HELP), .offset = offsetof(struct vm_options, FIELD)                       \
	}

/* Options of all three, as rows of a table. */
#define VM_OPTION_ROWS                                                                             \
	VM_ROW("profile", OPTION_CHOICE, "PROFILE",                                                \
	       "windows-gaming ubuntu-workstation gpu-compute",                                    \
	       "what the guest is for: "                                                           \
	       "windows-gaming, ubuntu-workstation or gpu-compute",                                \
	       profile),                                                                           \
		VM_ROW("name", OPTION_TEXT, "NAME", NULL,                                          \
		       "name of the guest (default: the profile's)", name),                        \
		VM_ROW("guest", OPTION_CHOICE, "SYSTEM",                                           \
		       "win10 win11 ubuntu debian fedora arch linux",                              \
		       "system in it: win10, win11, ubuntu, debian, fedora, arch or linux",        \
		       guest),                                                                     \
		VM_ROW("gpu", OPTION_TEXTS, "DEVICE", NULL,                                        \
		       "GPU, which goes with all its functions; may be repeated", gpu),            \
		VM_ROW("usb-controller", OPTION_TEXTS, "DEVICE", NULL,                             \
		       "USB controller, with all that is plugged into it; may be repeated",        \
		       usb_controller),                                                            \
		VM_ROW("usb-device", OPTION_TEXTS, "ID", NULL,                                     \
		       "USB device, by ids (046d:c52b), port (1-4.2) or bus and number "           \
		       "(001:003); may be "                                                        \
		       "repeated",                                                                 \
		       usb_device),                                                                \
		VM_ROW("disk", OPTION_TEXT, "PATH", NULL,                                          \
		       "disk image or block device (default: NAME.qcow2 where libvirt keeps "      \
		       "images)",                                                                  \
		       disk),                                                                      \
		VM_ROW("iso", OPTION_TEXTS, "PATH", NULL, "disc to install from; may be repeated", \
		       iso),                                                                       \
		VM_ROW("memory", OPTION_TEXT, "SIZE", NULL, "memory, as 16G or 12288M", memory),   \
		VM_ROW("cpus", OPTION_TEXT, "N", NULL, "CPUs (default: auto, by the machine)",     \
		       cpus),                                                                      \
		VM_ROW("hugepages", OPTION_CHOICE, "SIZE", "auto 2M 1G off",                       \
		       "huge pages: auto (where the host has enough), 2M, 1G or off", hugepages),  \
		VM_ROW("pin", OPTION_CHOICE, "HOW", "auto off",                                    \
		       "pin CPUs to the host's: auto or off", pin),                                \
		VM_ROW("legacy-nvidia-driver", OPTION_FLAG, NULL, NULL,                            \
		       "hide the virtual machine from NVIDIA drivers older than 465",              \
		       legacy_nvidia),                                                             \
		VM_ROW("rom", OPTION_TEXT, "FILE", NULL, "ROM for the GPU; it is checked first",   \
		       rom),                                                                       \
		VM_ROW("looking-glass", OPTION_TEXT, "WxH", NULL,                                  \
		       "shared memory for Looking Glass, for that resolution", looking_glass),     \
		VM_ROW("evdev", OPTION_TEXTS, "PATH", NULL,                                        \
		       "keyboard or mouse of the host to share, /dev/input/by-id/…; may be "     \
		       "repeated",                                                                 \
		       evdev),                                                                     \
		VM_ROW("target", OPTION_TEXT, "VERSIONS", NULL,                                    \
		       "write for these, as qemu=7.2,libvirt=9.0 (default: what is installed)",    \
		       target)

/* Connects to libvirt to read what guests it has. Those of the running machine are none of another
 * one's (--root, --host): there, uri must be given. An error is bad input, as nothing is changed.
 * The caller's to close. */
struct libvirt *vm_libvirt(struct context *context, const char *uri, GError **error);

/* A definition, and what it is made of. */
struct vm_made {
	const struct host *host;
	struct definition *definition;
	struct plan *plan; /* refusals, as far as they concern the devices, and warnings */
};

/* Makes the definition that the options ask for. uuid: of the definition that it takes the place
 * of; NULL: none. paths: firmware is needed by its paths (where --root and --host do not tell them,
 * they are assumed, with a warning). False and *error; made is to be cleared all the same. */
bool vm_make(struct context *context, bool paths, const char *uuid, struct vm_made *made,
	     GError **error);
void vm_made_clear(struct vm_made *made);
