/* Where the console is shown: framebuffer devices, the memory that a framebuffer of the firmware
 * holds in a BAR of the graphics card, and the driver that the virtual terminals are bound to. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define GRAPHICS  "/sys/class/graphics"
#define CONSOLES  "/sys/class/vtconsole"
#define IOMEM     "/proc/iomem"
#define IOMEM_MAX (4 * 1024 * 1024)

/* Who may hold the framebuffer that the firmware has set up (drivers/firmware/sysfb*.c,
 * drivers/video/fbdev, drivers/gpu/drm/sysfb), as /proc/iomem calls them. */
static const char *const holders[] = {
	"BOOTFB", "efifb", "vesafb", "simplefb", "simpledrm", "efidrm", "vesadrm", "ofdrm",
};

static void add_framebuffer(struct host *host, GArray *list, const char *name, const char *driver,
			    uint64_t start, uint64_t end)
{
	struct framebuffer one = {
		.name = host_string(host, name),
		.driver = driver,
		.start = start,
		.end = end,
	};

	g_array_append_val(list, one);
}

static void probe_devices(struct root *root, struct host *host, GArray *list)
{
	g_autoptr(GPtrArray) names = NULL;
	uint32_t number;

	if (root_list(root, GRAPHICS, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const char *digits = text_after(name, "fb");
		if (!digits || !text_to_u32(digits, 10, 255, &number))
			continue;
		g_autofree char *path = g_strconcat(GRAPHICS "/", name, "/name", NULL);
		add_framebuffer(host, list, name, platform_line(root, host, path), 0, 0);
	}
}

/* "  c0000000-c07effff : BOOTFB"; zeros for who may not see the addresses. */
static bool read_range(const char *line, size_t length, uint64_t *start, uint64_t *end)
{
	g_autofree char *copy = g_strndup(line, length);
	g_auto(GStrv) words = g_strsplit(g_strstrip(copy), "-", 2);

	if (!words[0] || !words[1])
		return false;
	words[1][strcspn(words[1], " ")] = '\0';
	return text_to_u64(words[0], 16, start) && text_to_u64(words[1], 16, end);
}

static bool is_holder(const char *name, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(holders); i++)
		if (strlen(holders[i]) == length && memcmp(holders[i], name, length) == 0)
			return true;
	return false;
}

static void read_iomem(struct host *host, const char *text, GArray *list)
{
	const char *line;
	size_t length;
	uint64_t start, end;

	while ((line = text_next_line(&text, &length))) {
		const char *colon = memmem(line, length, " : ", 3);
		const char *name = colon ? colon + 3 : line;
		size_t name_length = length - (size_t)(name - line);
		if (!colon || !is_holder(name, name_length) ||
		    !read_range(line, (size_t)(colon - line), &start, &end))
			continue;
		if (start == 0 && end == 0)
			host_gap_text(host, IOMEM, "shows its addresses to root only");
		g_autofree char *copy = g_strndup(name, name_length);
		add_framebuffer(host, list, copy, NULL, start, end);
	}
}

static void probe_iomem(struct root *root, struct host *host, GArray *list)
{
	int error = ENOENT;
	g_autofree char *text = root_read_all(root, IOMEM, IOMEM_MAX, NULL, &error);

	if (text)
		read_iomem(host, text, list);
	else
		host_gap(host, IOMEM, error);
}

/* "(M) frame buffer device" → "frame buffer device" */
static const char *skip_mark(const char *name)
{
	const char *close = *name == '(' ? strchr(name, ')') : NULL;

	return close ? close + 1 + strspn(close + 1, " ") : name;
}

static void probe_console(struct root *root, struct host *host)
{
	g_autoptr(GPtrArray) names = NULL;
	char buf[8];

	if (root_list(root, CONSOLES, &names) < 0)
		return;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *bind = g_strconcat(CONSOLES "/", names->pdata[i], "/bind", NULL);
		g_autofree char *path = g_strconcat(CONSOLES "/", names->pdata[i], "/name", NULL);
		ssize_t n = root_read(root, bind, buf, sizeof(buf));
		if (n < 0)
			host_gap(host, bind, (int)-n);
		if (n <= 0 || *buf != '1')
			continue;
		const char *name = platform_line(root, host, path);
		if (name)
			host->platform.console_driver = host_string(host, skip_mark(name));
	}
}

void platform_probe_display(struct root *root, struct host *host)
{
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(struct framebuffer));

	probe_devices(root, host, list);
	probe_iomem(root, host, list);
	probe_console(root, host);
	if (list->len == 0)
		return;
	host->platform.framebuffers = host_keep(host, list);
	host->platform.n_framebuffers = list->len;
}
