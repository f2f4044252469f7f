/* Who asks for whom on QEMU's command line: options name each other by ids. */
#include <string.h>

#include "vm/qemu_reader.h"

/* What gives an id, and under which key. */
static const struct {
	const char *option, *key;
} givers[] = {
	{ "netdev", "id" },          { "net", "id" },      { "object", "id" }, { "chardev", "id" },
	{ "audio", "id" },           { "audiodev", "id" }, { "tpmdev", "id" }, { "drive", "id" },
	{ "blockdev", "node-name" }, { "device", "id" },
};

/* What asks for one. */
static const struct {
	const char *option, *key, *what;
} askers[] = {
	{ "device", "netdev", "network" },
	{ "device", "drive", "disk" },
	{ "device", "chardev", "channel" },
	{ "device", "tpmdev", "TPM" },
	{ "device", "audiodev", "sound" },
	{ "device", "rng", "source of random numbers" },
	{ "device", "memdev", "memory" },
	{ "device", "iothread", "I/O thread" },
	{ "device", "iommufd", "object of iommufd" },
	{ "tpmdev", "chardev", "channel" },
	{ "numa", "memdev", "memory" },
	{ "machine", "memory-backend", "memory" },
};

void reader_names(struct reader *reader, const char *option, const GArray *pairs)
{
	if (strcmp(option, "M") == 0)
		option = "machine";
	for (size_t i = 0; i < G_N_ELEMENTS(givers); i++) {
		const char *id = pairs_get(pairs, givers[i].key);
		if (id && strcmp(option, givers[i].option) == 0)
			g_hash_table_add(reader->names, g_strdup(id));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(askers); i++) {
		const char *id = pairs_get(pairs, askers[i].key);
		if (!id || !*id || strcmp(option, askers[i].option) != 0)
			continue;
		const struct guest_use use = { .what = askers[i].what,
					       .id = guest_string(reader->guest, id),
					       .shown = reader->shown };
		g_array_append_val(reader->uses, use);
	}
}

void reader_finish_names(struct reader *reader)
{
	for (guint i = 0; i < reader->uses->len; i++) {
		const struct guest_use *use = &g_array_index(reader->uses, struct guest_use, i);
		bool known = strchr(use->id, '$') || g_hash_table_contains(reader->names, use->id);
		if (!known)
			g_array_append_val(reader->guest->absent, *use);
	}
}
