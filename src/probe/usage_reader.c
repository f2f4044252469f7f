/* See usage_reader.h. */
#include "probe/usage_reader.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "model/host.h"

#define TEXT_SIZE 256 /* of a buffer for names that devices and drivers have */

static const char *host_printable(struct host *host, const char *text)
{
	g_autofree char *clean = text ? text_printable(text, strlen(text)) : NULL;

	return host_string(host, clean);
}

void usage_add_process(struct usage_reader *reader, enum usage_kind kind, struct place place,
		       const char *name, const char *detail, int pid)
{
	struct usage usage = {
		.kind = kind,
		.name = host_printable(reader->host, name),
		.detail = host_printable(reader->host, detail),
		.pci = place.pci,
		.usb = place.usb,
		.outer = place.outer,
		.pid = pid,
	};

	g_array_append_val(reader->list, usage);
}

void usage_add(struct usage_reader *reader, enum usage_kind kind, struct place place,
	       const char *name, const char *detail)
{
	usage_add_process(reader, kind, place, name, detail, 0);
}

/* ---- classes ---- */

/* Several parts list the same class: what is wrong with it is told once. */
static void note_gap(struct host *host, const char *path, int error)
{
	for (guint i = 0; i < host->gaps->len; i++)
		if (strcmp(g_array_index(host->gaps, struct gap, i).path, path) == 0)
			return;
	host_gap(host, path, error);
}

/* Reads the links of all entries. False: one of them may not be looked at. */
static bool read_links(struct class_dir *dir)
{
	char link[PATH_MAX];
	bool all = true;

	dir->links = g_ptr_array_new_full(dir->names->len, g_free);
	for (guint i = 0; i < dir->names->len; i++) {
		ssize_t n = root_dir_link(&dir->dir, dir->names->pdata[i], link, sizeof(link));
		g_ptr_array_add(dir->links, n > 0 ? g_strdup(link) : NULL);
		all = all && n != -EACCES && n != -EPERM;
	}
	return all;
}

bool class_dir_open(struct usage_reader *reader, const char *name, unsigned kinds,
		    struct class_dir *ret)
{
	char *path = g_strconcat("/sys/class/", name, NULL);

	*ret = (struct class_dir){ .root = reader->root, .dir = ROOT_DIR_CLOSED, .path = path };
	int r = root_dir_open(reader->root, path, &ret->dir);
	if (r == 0)
		r = root_dir_list(&ret->dir, &ret->names);
	if (r < 0)
		note_gap(reader->host, path, -r);
	reader->shut = (r == 0 && !read_links(ret)) || reader->shut;
	if (r == 0 || (r == -ENOENT && root_is_whole(reader->root)))
		reader->host->usages.known |= kinds;
	return r == 0;
}

void class_dir_close(struct class_dir *dir)
{
	root_dir_close(&dir->dir);
	if (dir->names)
		g_ptr_array_unref(dir->names);
	g_free(dir->path);
	if (dir->links)
		g_ptr_array_unref(dir->links);
	dir->names = dir->links = NULL;
	dir->path = NULL;
}

bool class_dir_place(const struct usage_reader *reader, const struct class_dir *dir, guint i,
		     struct place *ret, const char **path)
{
	char link[PATH_MAX];

	if (!dir->links->pdata[i]) { /* a folder, whose device is named in it */
		g_autofree char *device = g_strconcat(dir->names->pdata[i], "/device", NULL);
		if (root_dir_link(&dir->dir, device, link, sizeof(link)) < 0)
			return false;
		dir->links->pdata[i] = g_strdup(link);
	}
	*ret = devpath_place(reader->host, dir->links->pdata[i]);
	if (path)
		*path = dir->links->pdata[i];
	return true;
}

static bool is_wanted(const struct usage_reader *reader, const struct place *place)
{
	return (place->pci >= 0 && reader->wanted[place->pci]) ||
	       (place->outer >= 0 && reader->wanted[place->outer]);
}

bool class_dir_is_wanted(const struct usage_reader *reader, const struct class_dir *dir,
			 const char *prefix)
{
	struct place place;
	const char *path;

	for (guint i = 0; reader->wanted && i < dir->names->len; i++) {
		const char *name = dir->names->pdata[i];
		if ((prefix && !name_is_numbered(name, prefix)) ||
		    !class_dir_place(reader, dir, i, &place, &path))
			continue;
		if (is_wanted(reader, &place) || strstr(path, "/nvme-subsystem/") ||
		    strstr(path, "/uhid/0005:"))
			return true;
	}
	return !reader->wanted;
}

char *class_dir_path(const struct class_dir *dir, const char *entry, const char *name)
{
	return g_strjoin("/", dir->path, entry, name, NULL);
}

bool name_is_numbered(const char *name, const char *prefix)
{
	const char *number = text_after(name, prefix);

	return number && *number != '\0' && number[strspn(number, "0123456789")] == '\0';
}

char *class_dir_text(const struct class_dir *dir, const char *entry, const char *attribute)
{
	char buf[TEXT_SIZE];
	g_autofree char *path = class_dir_path(dir, entry, attribute);

	if (root_read(dir->root, path, buf, sizeof(buf)) <= 0)
		return NULL;
	buf[strcspn(buf, "\n")] = '\0';
	g_strstrip(buf);
	return *buf ? g_strdup(buf) : NULL;
}
