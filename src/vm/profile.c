/* See profile.h. */
#include "vm/profile.h"

#include <stddef.h>
#include <string.h>

const struct guest_kind guest_kinds[] = {
	{ .name = "win10", .windows = true },
	{ .name = "win11", .windows = true, .secure_boot = true },
	{ .name = "ubuntu" },
	{ .name = "debian" },
	{ .name = "fedora" },
	{ .name = "arch" },
	{ .name = "linux" },
	{ 0 },
};

const struct profile profiles[] = {
	{ .name = "windows-gaming",
	  .summary = "Windows with a graphics card, for games",
	  .guest = "win10",
	  .max_cores = 8,
	  .memory_gib = 16,
	  .share = 2,
	  .iothreads = 1,
	  .one_cache = true },
	{ .name = "ubuntu-workstation",
	  .summary = "a Linux desktop with a graphics card",
	  .guest = "ubuntu",
	  .max_cores = 6,
	  .memory_gib = 16,
	  .share = 2,
	  .iothreads = 1,
	  .one_cache = true,
	  .screen = true },
	{ .name = "gpu-compute",
	  .summary = "Linux without a screen, for computing on GPUs",
	  .guest = "ubuntu",
	  .memory_gib = 64,
	  .share = 3,
	  .iothreads = 2,
	  .headless = true },
	{ 0 },
};

const struct guest_kind *guest_kind_find(const char *name)
{
	for (const struct guest_kind *kind = guest_kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}

const struct profile *profile_find(const char *name)
{
	for (const struct profile *profile = profiles; profile->name; profile++)
		if (strcmp(profile->name, name) == 0)
			return profile;
	return NULL;
}
