/* The decisions behind a definition, by what they are about; definition.c has their table. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "vm/definition.h"

/* A definition on its way. Each decision may read what those before it set. */
struct deciding {
	const struct host *host;
	const struct definition_request *request;
	struct definition *made;
};

/* A text that lives as long as the definition. */
const char *decide_text(struct deciding *deciding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Tells people something; id is static. */
void decide_note(struct deciding *deciding, const char *id, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Sets STATUS_USAGE; always false. */
bool decide_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Each sets its part of the definition; false and *error when what is asked for cannot be. */
bool decide_name(struct deciding *deciding, GError **error);
bool decide_functions(struct deciding *deciding, GError **error);
bool decide_claims(struct deciding *deciding, GError **error);
bool decide_rom(struct deciding *deciding, GError **error);
bool decide_usb(struct deciding *deciding, GError **error);
bool decide_inputs(struct deciding *deciding, GError **error);
bool decide_memory(struct deciding *deciding, GError **error);
bool decide_cpus(struct deciding *deciding, GError **error);
bool decide_nodes(struct deciding *deciding, GError **error);
bool decide_pages(struct deciding *deciding, GError **error);
bool decide_guest(struct deciding *deciding, GError **error);
bool decide_firmware(struct deciding *deciding, GError **error);
bool decide_disk(struct deciding *deciding, GError **error);
bool decide_screen(struct deciding *deciding, GError **error);
bool decide_ports(struct deciding *deciding, GError **error);
