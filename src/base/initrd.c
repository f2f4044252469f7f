/* See initrd.h. Unpacking is left to the system's own programs: the one that packed is there. */
#include "base/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cpio.h"
#include "base/error.h"
#include "base/root_write.h"
#include "base/run.h"

#define UNPACK_SECONDS 300

struct bytes {
	const uint8_t *data;
	size_t length;
};

struct image {
	int fd;
	GMappedFile *map;
	struct bytes file;
	struct bytes initrd; /* the part of it that the kernel unpacks */
};

/* ---- which program ---- */

#define MAX_MAGIC 6

static const struct packing {
	uint8_t magic[MAX_MAGIC];
	size_t length; /* of magic */
	unsigned rate; /* MB of what is packed in a second: seen on a slow processor of today */
	const char *argv[4];
} packings[] = {
	{ { 0x1f, 0x8b }, 2, 40, { "gzip", "-dc" } },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, 220, { "zstd", "-dcq" } },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, 14, { "xz", "-dc" } },
	{ { 0x02, 0x21, 0x4c, 0x18 }, 4, 290, { "lz4", "-dcq" } }, /* as the kernel has it */
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, 290, { "lz4", "-dcq" } },
	{ { 'B', 'Z', 'h' }, 3, 10, { "bzip2", "-dc" } },
	{ { 0x5d, 0, 0 }, 3, 12, { "xz", "--format=lzma", "-dc" } },
	{ { 0x89, 'L', 'Z', 'O' }, 4, 200, { "lzop", "-dc" } },
};

static const struct packing *find_packing(struct bytes bytes)
{
	for (size_t i = 0; i < G_N_ELEMENTS(packings); i++)
		if (bytes.length >= MAX_MAGIC &&
		    memcmp(bytes.data, packings[i].magic, packings[i].length) == 0)
			return &packings[i];
	return NULL;
}

/* ---- unpacking ---- */

static void take_unpacked(const char *data, size_t length, void *user)
{
	cpio_feed(user, (const uint8_t *)data, length);
}

/* A file in memory: what is behind an image in its file is nothing for the program. */
static int keep_in_memory(struct bytes bytes, GError **error)
{
	int fd = memfd_create("vfiokit-initrd", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : file_append(fd, (const char *)bytes.data, bytes.length, false);

	if (r == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot keep it in memory: %s",
		    g_strerror(r < 0 ? -r : errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A file whose next byte is the first of bytes, a part of the image; the caller's to close. */
static int open_part(const struct image *image, struct bytes bytes, GError **error)
{
	const struct bytes *file = &image->file;

	if (bytes.data + bytes.length != file->data + file->length ||
	    lseek(image->fd, bytes.data - file->data, SEEK_SET) < 0)
		return keep_in_memory(bytes, error);
	return dup(image->fd);
}

static bool unpack(const struct image *image, struct bytes bytes, struct cpio_reader *reader,
		   GError **error)
{
	const struct packing *packing = find_packing(bytes);

	if (!packing) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED,
			    "it is packed in a way that is not known");
		return false;
	}
	int fd = open_part(image, bytes, error);
	if (fd < 0)
		return false;
	g_autoptr(GError) failed = NULL;
	guint before = reader->names->len;
	bool ok = run_filter(packing->argv, fd, take_unpacked, reader, UNPACK_SECONDS, &failed);
	close(fd);
	/* Padding behind the end makes some of them complain: what counts is what came out. */
	if (cpio_is_whole(reader) && reader->names->len > before)
		return true;
	if (ok)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "it is cut off or damaged");
	else
		g_propagate_error(error, g_steal_pointer(&failed));
	return false;
}

/* ---- unified kernel images ---- */

static uint32_t little_u32(struct bytes bytes, size_t offset)
{
	const uint8_t *at = bytes.data + offset;

	return offset + 4 > bytes.length ? 0
					 : at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
						   (uint32_t)at[3] << 24;
}

static uint32_t little_u16(struct bytes bytes, size_t offset)
{
	return little_u32(bytes, offset) & 0xffff;
}

/* The section ".initrd" of a PE file (Microsoft: PE Format); all of it when it is no PE file. */
static struct bytes find_initrd(struct bytes file)
{
	const size_t size_of_section = 40;

	if (file.length < 64 || memcmp(file.data, "MZ", 2) != 0)
		return file;
	size_t header = little_u32(file, 0x3c);
	size_t table = header + 24 + little_u16(file, header + 20);
	for (uint32_t i = 0; i < little_u16(file, header + 6); i++) {
		size_t section = table + i * size_of_section;
		if (section + size_of_section > file.length)
			break;
		if (memcmp(file.data + section, ".initrd", 8) != 0)
			continue;
		size_t length = MIN(little_u32(file, section + 8), little_u32(file, section + 16));
		size_t start = little_u32(file, section + 20);
		if (start <= file.length && length <= file.length - start)
			return (struct bytes){ file.data + start, length };
	}
	return (struct bytes){ file.data, 0 };
}

/* ---- all of it ---- */

static bool image_open(struct root *root, const char *path, struct image *image, GError **error)
{
	g_autoptr(GError) failed = NULL;

	*image = (struct image){ .fd = root_open_file(root, path, O_RDONLY | O_CLOEXEC, 0) };
	if (image->fd >= 0)
		image->map = g_mapped_file_new_from_fd(image->fd, FALSE, &failed);
	if (!image->map) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "cannot read '%s': %s", path,
			    failed ? failed->message : g_strerror(-image->fd));
		return false;
	}
	image->file = (struct bytes){ (const uint8_t *)g_mapped_file_get_contents(image->map),
				      g_mapped_file_get_length(image->map) };
	image->initrd = find_initrd(image->file);
	return true;
}

static void image_close(struct image *image)
{
	g_clear_pointer(&image->map, g_mapped_file_unref);
	if (image->fd >= 0)
		close(image->fd);
}

/* The names of the archives that are not packed; *ret: what is behind them. */
static bool list_plain(const struct image *image, struct cpio_reader *reader, struct bytes *ret)
{
	struct bytes all = image->initrd;
	size_t plain = cpio_feed(reader, all.data, all.length);

	*ret = (struct bytes){ all.data + plain, all.length - plain };
	return !reader->broken && (ret->length > 0 || cpio_is_whole(reader));
}

static bool list_all(const struct image *image, struct cpio_reader *reader, GError **error)
{
	struct bytes rest;

	if (!list_plain(image, reader, &rest)) {
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "it is cut off or damaged");
		return false;
	}
	if (rest.length > 0)
		return unpack(image, rest, reader, error);
	if (reader->names->len == 0)
		g_set_error(error, VFIOKIT_ERROR, STATUS_FAILED, "it is empty");
	return reader->names->len > 0;
}

GPtrArray *initrd_list(struct root *root, const char *path, GError **error)
{
	struct cpio_reader reader;
	GPtrArray *names = NULL;
	struct image image;

	cpio_reader_init(&reader);
	if (image_open(root, path, &image, error)) {
		if (list_all(&image, &reader, error))
			names = g_ptr_array_ref(reader.names);
		else
			g_prefix_error(error, "cannot open the image '%s': ", path);
	}
	image_close(&image);
	cpio_reader_clear(&reader);
	return names;
}

double initrd_seconds(struct root *root, const char *path)
{
	const struct packing *packing = NULL;
	struct cpio_reader reader;
	struct image image;
	struct bytes rest;

	cpio_reader_init(&reader);
	if (image_open(root, path, &image, NULL) && list_plain(&image, &reader, &rest))
		packing = find_packing(rest);
	image_close(&image);
	cpio_reader_clear(&reader);
	return packing ? (double)rest.length / 1e6 / packing->rate : 0;
}

/* ---- what is in it ---- */

/* The kernel takes '-' and '_' for the same in names of modules. */
static bool is_module(const char *path, const char *module)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t i;

	for (i = 0; module[i]; i++)
		if (name[i] != module[i] && !(strchr("-_", module[i]) && name[i] == '-') &&
		    !(strchr("-_", module[i]) && name[i] == '_'))
			return false;
	return strcmp(name + i, ".ko") == 0 || g_str_has_prefix(name + i, ".ko.");
}

bool initrd_has_module(const char *const *names, size_t n, const char *module)
{
	for (size_t i = 0; i < n; i++)
		if (is_module(names[i], module))
			return true;
	return false;
}
