/* Identifiers in texts: MAC addresses, UUIDs, and what udev makes of them. Each is found by its
 * shape and replaced by a made-up one of the same shape, always by the same, so that a masked
 * recording still fits together. */
#include <string.h>

#include "probe/mask.h"
#include "probe/mask_state.h"

#define MAC_LENGTH   17 /* "02:00:00:00:00:01" */
#define UUID_LENGTH  36
#define MADE_UP_MAC  "02:00:00:00:" /* locally administered: nobody's */
#define MADE_UP_UUID "00000000-0000-0000-0000-"
#define ID128_LENGTH 32 /* a machine ID, or a UUID without dashes */

/* Names of EFI variables and the like: the same everywhere. */
static const char *const public_uuids[] = {
	"8be4df61-93ca-11d2-aa0d-00e098032b8c", /* EFI global variables */
};

/* The names of machines that say nothing; replaced, they would only spoil the text. */
static const char *const ordinary_words[] = {
	"arch",   "boot",      "build",   "data",   "debian",  "default",     "desktop",
	"fedora", "gentoo",    "home",    "host",   "kvm",     "laptop",      "linux",
	"local",  "localhost", "manjaro", "nixos",  "none",    "nvme",        "proxmox",
	"pve",    "qemu",      "root",    "server", "storage", "swap",        "system",
	"ubuntu", "unraid",    "user",    "vfio",   "work",    "workstation",
};

void mask_init(struct mask *mask, const char *hostname)
{
	*mask = (struct mask){
		.made_up = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.hostname = hostname && strlen(hostname) > 2 ? hostname : NULL,
	};
	for (size_t i = 0; mask->hostname && i < G_N_ELEMENTS(ordinary_words); i++)
		if (g_ascii_strcasecmp(mask->hostname, ordinary_words[i]) == 0)
			mask->hostname = NULL;
}

void mask_clear(struct mask *mask)
{
	g_hash_table_unref(mask->made_up);
}

/* ---- made-up identifiers ---- */

static const char *find_made_up(const struct mask *mask, const char *real, size_t length)
{
	g_autofree char *key = g_ascii_strdown(real, (gssize)length);

	return g_hash_table_lookup(mask->made_up, key);
}

/* Takes made_up over and returns it. */
static const char *add_made_up(struct mask *mask, const char *real, size_t length, char *made_up)
{
	g_hash_table_insert(mask->made_up, g_ascii_strdown(real, (gssize)length), made_up);
	return made_up;
}

/* mac: six pairs of digits, separated by anything. */
static const char *mask_mac(struct mask *mask, const char *mac)
{
	const char *known = find_made_up(mask, mac, MAC_LENGTH);

	if (known)
		return known;
	unsigned n = ++mask->n_macs;
	return add_made_up(mask, mac, MAC_LENGTH,
			   g_strdup_printf(MADE_UP_MAC "%02x:%02x", n >> 8 & 0xff, n & 0xff));
}

static const char *mask_uuid(struct mask *mask, const char *uuid)
{
	const char *known = find_made_up(mask, uuid, UUID_LENGTH);

	if (known)
		return known;
	return add_made_up(mask, uuid, UUID_LENGTH,
			   g_strdup_printf(MADE_UP_UUID "%012x", ++mask->n_uuids));
}

const char *mask_label(struct mask *mask, const char *name, size_t length)
{
	const char *part = g_strrstr_len(name, (gssize)length, "-part");
	size_t whole = part ? (size_t)(part - name) : length;
	const char *known = find_made_up(mask, name, length);

	if (known)
		return known;
	const char *disk = find_made_up(mask, name, whole);
	if (!disk)
		disk = add_made_up(mask, name, whole, g_strdup_printf("disk-%u", ++mask->n_labels));
	if (whole == length)
		return disk;
	return add_made_up(mask, name, length,
			   g_strdup_printf("%s%.*s", disk, (int)(length - whole), part));
}

/* ---- shapes: each returns how many bytes at text are an identifier, having put what stands for
 * them into out; 0 when there is none. text ends with a NUL. ---- */

static size_t hex_run(const char *text, size_t max)
{
	size_t n = 0;

	while (n < max && g_ascii_isxdigit(text[n]))
		n++;
	return n;
}

static bool is_end(char c)
{
	return !g_ascii_isalnum(c);
}

/* How many pairs of digits follow one another, with the same separator between them. */
static size_t count_pairs(const char *text, char separator)
{
	size_t n = 0;

	while (hex_run(text, 3) == 2) {
		n++;
		if (text[2] != separator)
			break;
		text += 3;
	}
	return n;
}

static bool is_nothing(const char *text, size_t length)
{
	static const char *const nothings[] = { "0:-", "fF:-" };

	for (size_t i = 0; i < G_N_ELEMENTS(nothings); i++)
		if (strspn(text, nothings[i]) >= length)
			return true;
	return false;
}

/* "00:1b:21:3c:4d:5e", also with '-'; more than six pairs (InfiniBand) are all replaced. */
static size_t take_mac(struct mask *mask, const char *text, GString *out)
{
	size_t pairs = 0, length;

	if (hex_run(text, 3) == 2 && (text[2] == ':' || text[2] == '-'))
		pairs = count_pairs(text, text[2]);
	if (pairs < 6 || !is_end(text[pairs * 3 - 1]))
		return 0;
	length = pairs * 3 - 1;
	if (is_nothing(text, length) || g_ascii_strncasecmp(text, MADE_UP_MAC, 12) == 0) {
		g_string_append_len(out, text, (gssize)length);
		return length;
	}
	const char *made_up = mask_mac(mask, text + length - MAC_LENGTH);
	for (size_t i = 6; i < pairs; i++)
		g_string_append_printf(out, "00%c", text[2]);
	for (; *made_up; made_up++)
		g_string_append_c(out, *made_up == ':' ? text[2] : *made_up);
	return length;
}

static size_t take_uuid(struct mask *mask, const char *text, GString *out)
{
	static const unsigned char groups[] = { 8, 4, 4, 4, 12 };
	size_t length = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
		if (hex_run(text + length, 13) != groups[i])
			return 0;
		length += groups[i];
		if (i < 4 && text[length++] != '-')
			return 0;
	}
	if (!is_end(text[length]))
		return 0;
	bool keep = strncmp(text, MADE_UP_UUID, strlen(MADE_UP_UUID)) == 0;
	for (size_t i = 0; i < G_N_ELEMENTS(public_uuids); i++)
		keep |= g_ascii_strncasecmp(text, public_uuids[i], UUID_LENGTH) == 0;
	if (keep)
		g_string_append_len(out, text, UUID_LENGTH);
	else
		g_string_append(out, mask_uuid(mask, text));
	return length;
}

/* A UUID without dashes, as machine IDs and md arrays have. */
static size_t take_id128(struct mask *mask, const char *text, GString *out)
{
	if (hex_run(text, ID128_LENGTH + 1) != ID128_LENGTH || !is_end(text[ID128_LENGTH]))
		return 0;
	for (int i = 0; i < ID128_LENGTH; i++)
		g_string_append_c(out, '0');
	return ID128_LENGTH;
}

/* "enx001b213c4d5e": systemd's name for an interface without a better one. */
static size_t take_interface(struct mask *mask, const char *text, GString *out)
{
	static const char *const kinds[] = { "enx", "wlx", "wwx", "ibx" };

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strncmp(text, kinds[i], 3) != 0 || hex_run(text + 3, 13) != 12)
			continue;
		g_autoptr(GString) mac = g_string_new(NULL);
		for (size_t j = 0; j < 12; j += 2)
			g_string_append_printf(mac, "%s%.2s", j ? ":" : "", text + 3 + j);
		g_string_append(out, kinds[i]);
		bool made_up = g_str_has_prefix(mac->str, MADE_UP_MAC);
		const char *at = made_up ? mac->str : mask_mac(mask, mac->str);
		for (; *at; at++)
			if (*at != ':')
				g_string_append_c(out, *at);
		return 15;
	}
	return 0;
}

/* "UUID=1A2B-3C4D": what FAT, NTFS and partition tables have instead of a UUID. */
static size_t take_short_uuid(struct mask *mask, const char *text, GString *out)
{
	const char *value = strncmp(text, "UUID=", 5) == 0 ? text + 5 : NULL;
	size_t length = value ? strspn(value, "0123456789abcdefABCDEF-") : 0;

	if (length == 0 || length >= UUID_LENGTH)
		return 0;
	g_string_append(out, "UUID=");
	for (size_t i = 0; i < length; i++)
		g_string_append_c(out, value[i] == '-' ? '-' : '0');
	return 5 + length;
}

/* "by-id/ata-MODEL_SERIAL-part2" */
static size_t take_link(struct mask *mask, const char *text, GString *out)
{
	static const char *const folders[] = { "by-id/", "by-uuid/", "by-partuuid/", "by-label/",
					       "by-partlabel/" };

	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		size_t n = strlen(folders[i]);
		if (strncmp(text, folders[i], n) != 0)
			continue;
		size_t length = strcspn(text + n, "/ \t\n,:");
		g_string_append(out, folders[i]);
		if (length > 0 && strncmp(text + n, "disk-", 5) != 0)
			g_string_append(out, mask_label(mask, text + n, length));
		else
			g_string_append_len(out, text + n, (gssize)length);
		return n + length;
	}
	return 0;
}

/* In this order at the front of each word. */
static size_t (*const shapes[])(struct mask *mask, const char *text, GString *out) = {
	take_uuid, take_mac, take_id128, take_interface, take_link, take_short_uuid,
};

static size_t take_any(struct mask *mask, const char *text, GString *out)
{
	size_t n = 0;

	for (size_t i = 0; n == 0 && i < G_N_ELEMENTS(shapes); i++)
		n = shapes[i](mask, text, out);
	return n;
}

void mask_append(struct mask *mask, const char *text, size_t length, GString *out)
{
	const char *end = text + length;
	char before = ' ';

	while (text < end) {
		bool fresh = is_end(before) || (*text == 'U' && g_ascii_isupper(before));
		size_t n = fresh && g_ascii_isalnum(*text) ? take_any(mask, text, out) : 0;
		if (n == 0) {
			g_string_append_c(out, *text);
			n = 1;
		}
		text += n;
		before = text[-1];
	}
}

char *mask_text(const char *text)
{
	struct mask mask;
	GString *out = g_string_new(NULL);

	mask_init(&mask, NULL);
	mask_append(&mask, text, strlen(text), out);
	mask_clear(&mask);
	return g_string_free(out, FALSE);
}

char *mask_hostname(const struct mask *mask, const char *text)
{
	GString *out = g_string_new(NULL);
	size_t n = mask->hostname ? strlen(mask->hostname) : 0;
	char before = ' ';

	while (*text) {
		bool here = n > 0 && is_end(before) && before != '_' &&
			    strncmp(text, mask->hostname, n) == 0 && is_end(text[n]) &&
			    text[n] != '_';
		if (here)
			g_string_append(out, "host");
		else
			g_string_append_c(out, *text);
		before = here ? 't' : *text;
		text += here ? n : 1;
	}
	return g_string_free(out, FALSE);
}
