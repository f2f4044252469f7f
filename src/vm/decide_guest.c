/* Decisions about the guest itself: its system, firmware, disk, screen, and where its devices sit.
 */
#include "base/error.h"
#include "base/size.h"
#include "vm/decide.h"

#define IMAGES         "/var/lib/libvirt/images/"
#define MAX_NET_QUEUES 8
#define MAX_QUEUES     4 /* of a disk: more help only disks that are very fast */
#define MAX_ISOS       6 /* ports of the SATA controller */
#define SPARE_PORTS    3 /* for what is plugged in later: pcie-root itself takes nothing then */

/* ---- the system in it ---- */

bool decide_guest(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const char *name = deciding->request->guest;

	made->guest = guest_kind_find(name ? name : made->profile->guest);
	if (!made->guest)
		return decide_fail(error, "there is no guest system '%s'", name);
	made->hyperv = made->guest->windows;
	made->localtime = made->guest->windows;
	made->secure_boot = made->guest->secure_boot;
	made->tpm = made->guest->secure_boot;
	made->hide_kvm = deciding->request->legacy_nvidia;
	return true;
}

/* ---- firmware ---- */

/* A machine that is looked at from elsewhere, and does not tell: no other one is asked in its
 * place. */
static void assume_firmware(struct deciding *deciding, const struct firmware_wish *wish)
{
	firmware_assume(wish, &deciding->made->firmware);
	deciding->made->has_firmware = true;
	decide_note(deciding, "firmware-assumed",
		    "where this machine has UEFI firmware for guests is not known: the paths are "
		    "those of Debian's ovmf");
}

/* A machine that says what firmware it has, and has none that fits, cannot run the guest. */
bool decide_firmware(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const struct guest_facts *guests = &deciding->host->guests;
	const struct firmware_wish wish = { .secure_boot = made->secure_boot };

	made->has_firmware = firmware_find(guests, &wish, &made->firmware);
	if (made->has_firmware)
		return true;
	if (guests->n_firmware > 0) {
		decide_fail(error,
			    "no firmware descriptor of this machine fits: the guest needs "
			    "UEFI for x86-64 %s",
			    wish.secure_boot ? "with Secure Boot and enrolled keys"
					     : "without Secure Boot");
		error_hint(error, "install it (Debian, Ubuntu: ovmf; Fedora, Arch: edk2-ovmf)");
		return false;
	}
	if (deciding->host->source == HOST_LIVE)
		decide_note(deciding, "no-firmware",
			    "no UEFI firmware for guests is installed here: no file in "
			    "/usr/share/qemu/firmware describes one");
	else if (deciding->request->firmware_paths)
		assume_firmware(deciding, &wish);
	return true;
}

/* ---- the disk ---- */

static const struct {
	const char *suffix;
	const char *format;
} formats[] = {
	{ ".qcow2", "qcow2" }, { ".raw", "raw" }, { ".img", "raw" },
	{ ".vmdk", "vmdk" },   { ".vdi", "vdi" }, { ".vhdx", "vhdx" },
};

static const char *format_of(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
		if (g_str_has_suffix(path, formats[i].suffix))
			return formats[i].format;
	return "qcow2";
}

/* Paths go into XML and option lists: whatever can be written there is taken. */
static bool check_path(const char *option, const char *path, GError **error)
{
	bool good = g_path_is_absolute(path) && g_utf8_validate(path, -1, NULL);

	for (const char *at = path; good && *at; at++)
		good = (unsigned char)*at >= ' ' && *at != 0x7f;
	return good ||
	       decide_fail(error, "option '--%s' cannot be '%s': it is no path %s", option, path,
			   g_path_is_absolute(path) ? "of printable characters"
						    : "from the root on (/…)");
}

static bool take_isos(struct deciding *deciding, GError **error)
{
	const GPtrArray *asked = deciding->request->iso;

	if (asked && asked->len > MAX_ISOS)
		return decide_fail(error, "a guest takes %d discs at most", MAX_ISOS);
	for (guint i = 0; asked && i < asked->len; i++) {
		if (!check_path("iso", asked->pdata[i], error))
			return false;
		g_ptr_array_add(deciding->made->iso,
				(char *)decide_text(deciding, "%s", (char *)asked->pdata[i]));
	}
	return true;
}

bool decide_disk(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const char *path = deciding->request->disk;
	const char *known = deciding->request->disk_format;

	if (path && !check_path("disk", path, error))
		return false;
	made->disk = path ? decide_text(deciding, "%s", path)
			  : decide_text(deciding, "%s%s.qcow2", IMAGES, made->name);
	made->disk_is_block = g_str_has_prefix(made->disk, "/dev/");
	made->disk_format = known                 ? decide_text(deciding, "%s", known)
			    : made->disk_is_block ? "raw"
						  : format_of(made->disk);
	made->disk_queues = MIN(made->vcpus, MAX_QUEUES);
	made->iothreads = target_has(&made->target, TARGET_QUEUE_MAPPING)
				  ? MIN(made->profile->iothreads, made->disk_queues)
				  : 1;
	made->net_queues = MIN(made->vcpus, MAX_NET_QUEUES);
	return take_isos(deciding, error);
}

/* ---- the screen ---- */

static bool has_gpu(const struct definition *made)
{
	for (guint i = 0; i < made->functions->len; i++)
		if (g_array_index(made->functions, struct definition_function, i).gpu)
			return true;
	return false;
}

/* Can it be used at the GPU's own screen: does it have keys of its own? */
static bool has_input(const struct definition *made)
{
	for (guint i = 0; i < made->functions->len; i++)
		if (!g_array_index(made->functions, struct definition_function, i).gpu)
			return true;
	return made->usb->len > 0 || made->evdev->len > 0;
}

/* Three frames of 4 bytes for each pixel, lines on 256 bytes, and 4 MiB, as a power of two (Looking
 * Glass, "Determining memory"). */
static unsigned glass_size(unsigned width, unsigned height)
{
	uint64_t line = ((uint64_t)width * 4 + 255) / 256 * 256;
	uint64_t bytes = line * height * 3 + 4 * MIB;
	unsigned mib = 1;

	while (mib * MIB < bytes)
		mib *= 2;
	return mib;
}

/* SPICE where QEMU has it (that which has QXL has it), else VNC. */
static enum definition_display choose_display(const struct deciding *deciding)
{
	return guests_have_device(&deciding->host->guests, "qxl-vga") == TRI_NO ? DISPLAY_VNC
										: DISPLAY_SPICE;
}

bool decide_screen(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	const struct definition_request *request = deciding->request;
	bool gpu = has_gpu(made);

	made->glass_mib = request->glass_width > 0
				  ? glass_size(request->glass_width, request->glass_height)
				  : 0;
	if (made->glass_mib > 0 && !gpu)
		return decide_fail(error,
				   "option '--looking-glass' shows a GPU's picture, and none is "
				   "given");
	if (made->profile->headless && made->glass_mib == 0)
		return true;
	if (gpu && has_input(made) && !made->profile->screen && made->glass_mib == 0)
		return true; /* all that is needed is at the GPU */
	made->video = made->guest->windows ? VIDEO_VGA : VIDEO_VIRTIO;
	made->display = choose_display(deciding);
	if (gpu && !made->profile->screen && made->glass_mib == 0)
		decide_note(deciding, "second-screen",
			    "the guest has no keyboard of its own yet, so it keeps a window on the "
			    "host; give it a --usb-controller, --usb-device or --evdev");
	return true;
}

/* ---- where its devices sit ---- */

/* A root port for each, as on a real board. Functions of one card share theirs. */
bool decide_ports(struct deciding *deciding, GError **error)
{
	struct definition *made = deciding->made;
	unsigned port = 0;

	made->disk_port = ++port;
	made->net_port = ++port;
	made->usb_port = ++port;
	made->serial_port = ++port;
	made->rng_port = ++port;
	for (guint i = 0; i < made->functions->len; i++) {
		struct definition_function *function =
			&g_array_index(made->functions, struct definition_function, i);
		port += function->first;
		function->port = port;
	}
	made->n_ports = port + SPARE_PORTS;
	if (made->n_ports > 200)
		return decide_fail(error, "a guest cannot have that many devices");
	return true;
}
