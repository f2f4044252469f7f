/* Mending a command line: one function for each rule whose remedy leaves no choice. Only the pieces
 * that are wrong are changed; see line_edit.h. */
#include <string.h>

#include "base/text.h"
#include "vm/lint.h"
#include "vm/lint_parts.h"
#include "vm/qemu_pairs.h"

struct mender {
	const struct guest *guest;
	struct line_edits *edits;
};

/* ---- options ---- */

static const char *word_of(const struct guest *guest, guint index)
{
	return index < guest->words->len ? guest->words->pdata[index] : "";
}

static const struct guest_place *place_of(const struct guest *guest, int index)
{
	return &g_array_index(guest->places, struct guest_place, index);
}

/* The next value of an option of one of these names (between blanks) from *index on, which is moved
 * to it; NULL: none. */
static const struct guest_place *next_option(const struct mender *mender, const char *names,
					     guint *index)
{
	g_auto(GStrv) list = g_strsplit(names, " ", -1);

	while (*index + 2 < mender->guest->words->len) {
		const char *name = pairs_option(word_of(mender->guest, ++*index));
		if (name && g_strv_contains((const char *const *)list, name))
			return place_of(mender->guest, (int)++*index);
	}
	return NULL;
}

/* Is the first piece of the value this one? */
static bool starts_with(const struct mender *mender, guint index, const char *prefix)
{
	return g_str_has_prefix(word_of(mender->guest, index), prefix);
}

static bool has_piece(const struct mender *mender, guint index, const char *piece)
{
	g_auto(GStrv) pieces = g_strsplit(word_of(mender->guest, index), ",", -1);

	return g_strv_contains((const char *const *)pieces, piece);
}

/* ---- one for each rule ---- */

static bool mend_machine(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "machine M", &i));)
		mended |= line_set_first(mender->edits, value, "type", "q35");
	return mended;
}

/* Takes pieces out of -cpu. */
static bool drop_cpu(struct mender *mender, const char *const *keys)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "cpu", &i));)
		for (const char *const *key = keys; *key; key++)
			mended |= line_drop(mender->edits, value, *key);
	return mended;
}

static bool mend_hidden(struct mender *mender)
{
	static const char *const keys[] = {
		"kvm", "-kvm", "hv_vendor_id", "hv-vendor-id", "-hypervisor", "hypervisor", NULL
	};

	return drop_cpu(mender, keys);
}

static bool mend_topoext_intel(struct mender *mender)
{
	static const char *const keys[] = { "topoext", "+topoext", NULL };

	return drop_cpu(mender, keys);
}

static bool mend_topoext(struct mender *mender)
{
	static const char *const minus[] = { "-topoext", NULL };
	guint i = 0;
	const struct guest_place *value = next_option(mender, "cpu", &i);

	if (!value || !line_set(mender->edits, value, "topoext", "on"))
		return false;
	drop_cpu(mender, minus);
	return true;
}

static bool mend_balloon(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "device balloon", &i));)
		if (starts_with(mender, i, "virtio-balloon") ||
		    (starts_with(mender, i, "virtio") &&
		     strcmp(word_of(mender->guest, i - 1), "-balloon") == 0))
			mended |= line_drop_words(mender->edits,
						  place_of(mender->guest, (int)i - 1), value);
	return mended;
}

/* The first flash is the code. */
static bool mend_writable(struct mender *mender)
{
	const struct guest_place *value;

	for (guint i = 0; (value = next_option(mender, "drive", &i));)
		if (has_piece(mender, i, "if=pflash"))
			return line_set(mender->edits, value,
					line_has(mender->edits, value, "read-only") ? "read-only"
										    : "readonly",
					"on");
	return false;
}

/* Native I/O through the host's cache: cache.direct counts more than cache. */
static bool is_native_cached(const struct mender *mender, guint index)
{
	static const char *const direct[] = { "none", "directsync", NULL };
	g_autoptr(GArray) pairs = pairs_split(word_of(mender->guest, index));
	const char *cache = pairs_get(pairs, "cache"), *on = pairs_get(pairs, "cache.direct");

	if (g_strcmp0(pairs_get(pairs, "aio"), "native") != 0)
		return false;
	return on ? !pairs_is_on(on) : !cache || !g_strv_contains(direct, cache);
}

static bool mend_cache(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "drive blockdev", &i));) {
		bool whole = g_str_has_suffix(word_of(mender->guest, i - 1), "drive") &&
			     !line_has(mender->edits, value, "cache.direct");
		if (is_native_cached(mender, i))
			mended |= line_set(mender->edits, value, whole ? "cache" : "cache.direct",
					   whole ? "none" : "on");
	}
	return mended;
}

/* Is a disk that has another place the drive of that id? */
static bool is_placed_twice(const struct mender *mender, const char *drive)
{
	const GArray *devices = mender->guest->devices;
	g_autofree char *piece = g_strdup_printf("drive=%s", drive);

	for (guint i = 0; i < devices->len; i++) {
		const struct guest_device *device = &g_array_index(devices, struct guest_device, i);
		if (device->placed_twice && device->word >= 0 &&
		    has_piece(mender, (guint)device->word, piece))
			return true;
	}
	return false;
}

static bool mend_placed_twice(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "drive", &i));) {
		g_autoptr(GArray) pairs = pairs_split(word_of(mender->guest, i));
		const char *id = pairs_get(pairs, "id");
		if (id && is_placed_twice(mender, id))
			mended |= line_set(mender->edits, value, "if", "none");
	}
	return mended;
}

static bool is_slow_nic(const struct mender *mender, guint index)
{
	g_auto(GStrv) pieces = g_strsplit(word_of(mender->guest, index), ",", -1);

	const char *named = pieces[0] ? text_after(pieces[0], "driver=") : NULL;

	return pieces[0] && lint_is_slow_nic(named ? named : pieces[0]);
}

/* "-net nic" and "-nic user" have a slow card where none is named. */
static bool is_slow_net(const struct mender *mender, guint index)
{
	g_autoptr(GArray) pairs = pairs_split(word_of(mender->guest, index));
	const char *option = word_of(mender->guest, index - 1), *model = pairs_get(pairs, "model");
	bool has_card = g_str_has_suffix(option, "-nic") ? !starts_with(mender, index, "none")
							 : starts_with(mender, index, "nic");

	return has_card && (!model || lint_is_slow_nic(model));
}

static bool mend_nics(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "device net nic", &i));) {
		bool device = g_str_has_suffix(word_of(mender->guest, i - 1), "device");
		if (device && is_slow_nic(mender, i))
			mended |= line_set_first(mender->edits, value, "driver", "virtio-net-pci");
		else if (!device && is_slow_net(mender, i))
			mended |= line_set(mender->edits, value, "model", "virtio-net-pci");
	}
	return mended;
}

static bool mend_assignment(struct mender *mender)
{
	const struct guest_place *value;
	bool mended = false;

	for (guint i = 0; (value = next_option(mender, "device", &i));)
		if (starts_with(mender, i, "pci-assign") ||
		    starts_with(mender, i, "kvm-pci-assign"))
			mended |= line_set_first(mender->edits, value, "driver", "vfio-pci");
	return mended;
}

/* ---- devices ---- */

static const struct guest_device *device_at(const struct mender *mender, guint index)
{
	const struct guest_device *device =
		&g_array_index(mender->guest->devices, struct guest_device, index);

	return device->kind == GUEST_HOSTDEV && device->word >= 0 ? device : NULL;
}

static bool mend_x_vga(struct mender *mender)
{
	bool mended = false;

	for (guint i = 0; i < mender->guest->devices->len; i++) {
		const struct guest_device *device = device_at(mender, i);
		if (device && device->other_x_vga)
			mended |= line_drop(mender->edits, place_of(mender->guest, device->word),
					    "x-vga");
	}
	return mended;
}

static bool mend_iommu(struct mender *mender)
{
	int word = mender->guest->iommu.word;

	return word >= 0 &&
	       line_set(mender->edits, place_of(mender->guest, word), "caching-mode", "on");
}

/* Function 0 of a slot of the guest in which that device has another function. */
static bool is_zero_of(const struct guest_device *zero, const struct guest_device *device)
{
	return zero && device && zero != device && zero->slot >= 0 && zero->function == 0 &&
	       device->function > 0 && zero->slot == device->slot &&
	       g_strcmp0(zero->bus, device->bus) == 0;
}

static bool mend_multifunction(struct mender *mender)
{
	bool mended = false;

	for (guint i = 0; i < mender->guest->devices->len; i++) {
		const struct guest_device *zero = device_at(mender, i);
		bool shared = false;
		for (guint j = 0; j < mender->guest->devices->len; j++)
			shared |= is_zero_of(zero, device_at(mender, j));
		if (shared && zero->multifunction != TRI_YES)
			mended |= line_set(mender->edits, place_of(mender->guest, zero->word),
					   "multifunction", "on");
	}
	return mended;
}

/* A function of the card into the slot of its first, at the function that it has on the host. */
static bool join_function(struct mender *mender, const struct guest_device *first,
			  const struct guest_device *other)
{
	const struct guest_place *value = place_of(mender->guest, other->word);
	g_autofree char *addr =
		g_strdup_printf("%02x.%x", (unsigned)first->slot, other->source.function);

	if (first->bus && !line_set(mender->edits, value, "bus", first->bus))
		return false;
	return line_set(mender->edits, value, "addr", addr);
}

/* Where the first has no place of its own, there is no telling which one is free. */
static bool mend_split(struct mender *mender)
{
	const GArray *devices = mender->guest->devices;
	bool mended = false;

	for (guint i = 0; i < devices->len; i++) {
		const struct guest_device *first = device_at(mender, i);
		bool joined = false;
		if (!first || first->mediated || first->source.function != 0 ||
		    first->function != 0 || first->slot < 0)
			continue;
		for (guint j = 0; j < devices->len; j++) {
			const struct guest_device *other = device_at(mender, j);
			if (other && !other->mediated && i != j &&
			    pci_addr_same_slot(first->source, other->source))
				joined |= join_function(mender, first, other);
		}
		if (joined && first->multifunction != TRI_YES)
			line_set(mender->edits, place_of(mender->guest, first->word),
				 "multifunction", "on");
		mended |= joined;
	}
	return mended;
}

/* ---- the table ---- */

static const struct {
	const char *id;
	bool (*mend)(struct mender *mender);
} mends[] = {
	{ "machine-unknown", mend_machine },
	{ "functions-split", mend_split },
	{ "multifunction-missing", mend_multifunction },
	{ "legacy-assignment", mend_assignment },
	{ "x-vga-with-uefi", mend_x_vga },
	{ "guest-iommu", mend_iommu },
	{ "address-conflict", mend_split },
	{ "firmware-writable", mend_writable },
	{ "hidden-kvm", mend_hidden },
	{ "topoext-missing", mend_topoext },
	{ "topoext-on-intel", mend_topoext_intel },
	{ "balloon", mend_balloon },
	{ "native-io-cache", mend_cache },
	{ "disk-placed-twice", mend_placed_twice },
	{ "nic-emulated", mend_nics },
};

void lint_mend_line(const struct guest *guest, const GPtrArray *findings, struct line_edits *edits,
		    GPtrArray *mended)
{
	struct mender mender = { .guest = guest, .edits = edits };

	for (size_t i = 0; i < G_N_ELEMENTS(mends); i++)
		if (findings_has_bad(findings, mends[i].id) && mends[i].mend(&mender))
			g_ptr_array_add(mended, (char *)mends[i].id);
}
