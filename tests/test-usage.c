/* What the host does with its devices: each source of facts on a small tree, then real machines
 * with udev's own conclusions to compare with, then hostile trees. */
#include <errno.h>
#include <string.h>

#include <glib.h>

#include "base/root.h"
#include "base/tree.h"
#include "model/loss.h"
#include "udev_db.h"
#include "usage_fixture.h"

/* ---- disks ---- */

#define STICK "../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host6/6:0:0:0/block/"
#define NVME  "../../devices/pci0000:00/0000:00:1c.0/0000:03:00.0/nvme/nvme0/"
#define VIRT  "../../devices/virtual/block/"

static void test_partitions(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "nvme0n1 -> " NVME "nvme0n1", BLOCK "nvme0n1p1 -> " NVME "nvme0n1/nvme0n1p1",
		BLOCK "nvme0n1p2 -> " NVME "nvme0n1/nvme0n1p2",
		BLOCK "nvme0n1p3 -> " NVME "nvme0n1/nvme0n1p3", BLOCK "sda -> " SATA "sda",
		BLOCK "sdb -> " STICK "sdb", BLOCK "sdb1 -> " STICK "sdb/sdb1",
		BLOCK "loop0 -> " VIRT "loop0",
		DEV "0000:00:1c.0/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/dev = 259:1",
		DEV "0000:00:1c.0/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p2/dev = 259:2",
		DEV "0000:00:1c.0/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p3/dev = 259:3",
		DEV
		"0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/device/model = Spinner  ",
		DEV "0000:00:14.0/usb1/1-4/1-4:1.0/host6/6:0:0:0/block/sdb/sdb1/dev = 8:17",
		"/sys/devices/virtual/block/loop0/dev = 7:0",
		"/proc/self/mountinfo = 22 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
		"23 22 259:1 / /boot/efi rw shared:1 - vfat /dev/nvme0n1p1 rw\n"
		"24 22 8:17 / /media/my\\040stick rw - vfat /dev/sdb1 rw\n"
		"25 22 7:0 / /snap rw - squashfs /dev/loop0 ro\n"
		"26 22 0:5 / /proc rw - proc proc rw\n"
		"27 22 259:2 /x /home rw - ext4 /dev/nvme0n1p2 rw\n"
		"27 22 259:2 /x /home rw - ext4 /dev/nvme0n1p2 rw",
		"/proc/swaps = Filename Type Size Used Priority\n"
		"/dev/nvme0n1p3                          partition 1 0 -2",
		NULL });

	expect(host, "0000:03:00.0",
	       "root-disk nvme0n1p2 [mounted on /, /home]\n"
	       "mounted-disk nvme0n1p1 [mounted on /boot/efi]\n"
	       "mounted-disk nvme0n1p3 [swap]\n");
	expect(host, "0000:00:17.0", "disk sda [Spinner]\n");
	expect(host, "0000:00:14.0", "mounted-disk sdb1 [mounted on /media/my stick]1-4\n");
	expect(host, "-", "");
	g_assert_true(usage_kind_known(&host->usages, USAGE_ROOT_DISK));
	g_assert_true(usage_kind_known(&host->usages, USAGE_DISK));
}

/* Where "/" is put together from elsewhere (composefs) or lies in memory: the disk that it stands
 * on. */
static void test_root_elsewhere(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda", BLOCK "nvme0n1 -> " NVME "nvme0n1",
		BLOCK "sdb -> " STICK "sdb",
		"/proc/self/mountinfo = 22 1 0:30 / / rw - overlay composefs rw\n"
		"23 22 0:31 / /sysroot rw - btrfs /dev/sda rw\n"
		"24 22 0:32 / /nix rw - btrfs /dev/nvme0n1 rw\n"
		"25 22 0:33 / /sysroot2 rw - btrfs /dev/sdb rw",
		NULL });

	expect(host, "0000:00:17.0", "root-disk sda [mounted on /sysroot]\n");
	expect(host, "0000:03:00.0", "root-disk nvme0n1 [mounted on /nix]\n");
	expect(host, "0000:00:14.0", "mounted-disk sdb [mounted on /sysroot2]1-4\n");
}

/* Root on LVM in a LUKS container on a mirror of two disks; the mount table names a node of udev.
 */
static void test_stack(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda", BLOCK "sda1 -> " SATA "sda/sda1",
		BLOCK "nvme0n1 -> " NVME "nvme0n1", BLOCK "md0 -> " VIRT "md0",
		BLOCK "dm-0 -> " VIRT "dm-0", BLOCK "dm-1 -> " VIRT "dm-1",
		"/sys/devices/virtual/block/md0/slaves/sda1 -> x",
		"/sys/devices/virtual/block/md0/slaves/nvme0n1 -> x",
		"/sys/devices/virtual/block/dm-0/slaves/md0 -> x",
		"/sys/devices/virtual/block/dm-1/slaves/dm-0 -> x",
		"/sys/devices/virtual/block/dm-1/dm/name = vg-root",
		"/proc/self/mountinfo = 22 1 0:30 /@ / rw - btrfs /dev/mapper/vg-root rw\n"
		"23 22 0:30 /@boot /boot rw - btrfs /dev/mapper/vg-root rw",
		"/proc/swaps = Filename\n/dev/dm-1 partition 1 0 -2", NULL });

	expect(host, "0000:00:17.0",
	       "root-disk sda1 [mounted on / (dm-1), /boot (dm-1); swap (dm-1)]\n");
	expect(host, "0000:03:00.0",
	       "root-disk nvme0n1 [mounted on / (dm-1), /boot (dm-1); swap (dm-1)]\n");
}

/* A btrfs on two disks names one of them as its source; the other is below it as well. */
static void test_btrfs(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda", BLOCK "nvme0n1 -> " NVME "nvme0n1",
		"/sys/fs/btrfs/features/", "/sys/fs/btrfs/0123/devices/sda -> x",
		"/sys/fs/btrfs/0123/devices/nvme0n1 -> x", "/dev/disk/by-uuid/0123 -> ../../sda",
		"/proc/self/mountinfo = 22 1 0:30 /@ / rw - btrfs /dev/disk/by-uuid/0123 rw",
		NULL });

	expect(host, "0000:00:17.0", "root-disk sda [mounted on /]\n");
	expect(host, "0000:03:00.0", "root-disk nvme0n1 [mounted on /]\n");
	g_assert_false(usage_kind_known(&host->usages, USAGE_DISK) &&
		       !usage_kind_known(&host->usages, USAGE_ROOT_DISK));
}

/* The head of a multipath disk is virtual: it is on all controllers of its subsystem. */
static void test_nvme_multipath(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "nvme0n1 -> ../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1",
		BLOCK "nvme0n1p1 -> "
		      "../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1",
		BLOCK "nvme0c0n1 -> " NVME "nvme0c0n1",
		"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/nvme0n1p1/dev = 259:1",
		"/sys/class/nvme-subsystem/nvme-subsys0 -> "
		"../../devices/virtual/nvme-subsystem/nvme-subsys0",
		"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0 -> "
		"../../../pci0000:00/0000:00:1c.0/0000:03:00.0/nvme/nvme0",
		"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme1 -> "
		"../../../pci0000:00/0000:00:1c.0/0000:04:00.0/nvme/nvme1",
		"/proc/self/mountinfo = 22 1 259:1 / / rw - ext4 /dev/root rw", NULL });

	expect(host, "0000:03:00.0", "root-disk nvme0n1p1 [mounted on /]\n");
	expect(host, "0000:04:00.0", "root-disk nvme0n1p1 [mounted on /]\n");
}

static void test_zfs(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda", BLOCK "sda1 -> " SATA "sda/sda1",
		BLOCK "nvme0n1 -> " NVME "nvme0n1",
		"/dev/disk/by-id/ata-Spinner_SERIAL-part1 -> ../../sda1",
		"/etc/zfs/zpool.cache = x\001path\002/dev/disk/by-id/ata-Spinner_SERIAL-part1\003y",
		"/proc/self/mountinfo = 22 1 0:30 / / rw - zfs rpool/ROOT/debian rw", NULL });

	expect(host, "0000:00:17.0", "root-disk sda1 [mounted on /]\n");
	expect(host, "0000:03:00.0", "disk nvme0n1 []\n");
	g_assert_cmpuint(host->gaps->len, ==, 0);

	HOST_AUTO struct host *without = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda",
		"/proc/self/mountinfo = 22 1 0:30 / / rw - zfs rpool/ROOT/debian rw", NULL });
	g_assert_cmpuint(without->gaps->len, ==, 1);
	g_assert_false(usage_kind_known(&without->usages, USAGE_ROOT_DISK));
	g_assert_false(usage_kind_known(&without->usages, USAGE_DISK));

	HOST_AUTO struct host *udev = host_of((const char *const[]){
		BLOCK "sda -> " SATA "sda", BLOCK "nvme0n1 -> " NVME "nvme0n1",
		"/sys/dev/block/8:0 -> " SATA "sda", "/sys/dev/block/259:0 -> " NVME "nvme0n1",
		"/run/udev/data/b8:0 = I:1\nE:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem",
		"/run/udev/data/b259:0 = I:1\nE:ID_FS_TYPE=zfs_member\nE:ID_FS_USAGE=raid",
		"/run/udev/data/c1:1 = E:ID_FS_TYPE=zfs_member\nI:1",
		"/proc/self/mountinfo = 22 1 0:30 / / rw - zfs rpool/ROOT/debian rw", NULL });
	expect(udev, "0000:03:00.0", "root-disk nvme0n1 [mounted on /]\n");
	expect(udev, "0000:00:17.0", "disk sda []\n");
	g_assert_true(usage_kind_known(&udev->usages, USAGE_ROOT_DISK));
}

/* ---- network ---- */

#define NET  "/sys/class/net/"
#define NIC  "../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/"
#define WLAN "../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/net/"

#define ROUTE_HEAD "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"

static void test_network(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		NET "lo -> ../../devices/virtual/net/lo", NET "eth0 -> " NIC "eth0",
		NET "eth1 -> " NIC "eth1", NET "wlan0 -> " WLAN "wlan0",
		NET "bond0 -> ../../devices/virtual/net/bond0",
		NET "br0 -> ../../devices/virtual/net/br0",
		"/sys/devices/virtual/net/br0/lower_bond0 -> ../bond0",
		"/sys/devices/virtual/net/bond0/lower_eth0 -> x",
		"/sys/devices/virtual/net/bond0/lower_br0 -> ../br0", /* a loop */
		DEV "0000:00:1c.0/0000:02:00.0/net/eth1/operstate = down",
		"/proc/net/route = " ROUTE_HEAD
		"br0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\n"
		"eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0",
		"/proc/net/ipv6_route = "
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe80000000000000000000000000abcd 00000400 00000002 00000000 00000003    wlan0\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200     eth1",
		NULL });

	expect(host, "0000:02:00.0",
	       "default-route eth0 [default route through br0]\nnetwork eth1 [down]\n");
	expect(host, "0000:00:14.0", "default-route wlan0 [default route]1-4\n");
	g_assert_true(usage_kind_known(&host->usages, USAGE_ROUTE));
}

#define TUNNEL                                                                                     \
	NET "eth0 -> " NIC "eth0", NET "eth1 -> " NIC "eth1",                                      \
		NET "tun0 -> ../../devices/virtual/net/tun0"
#define TUNNEL_ROUTES                                                                              \
	"/proc/net/route = " ROUTE_HEAD "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\n"   \
	"eth1\t0000000A\t0101A8C0\t0003\t0\t0\t0\t000000FF\t0\n"

/* The default route of a VPN: the card over which its other end is reached carries it. */
static void test_tunnel(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		TUNNEL, TUNNEL_ROUTES "eth0\t076433C6\t0101A8C0\t0007\t0\t0\t0\tFFFFFFFF\t0",
		NULL });

	expect(host, "0000:02:00.0",
	       "default-route eth0 [default route through tun0]\nnetwork eth1 []\n");
	g_assert_true(usage_kind_known(&host->usages, USAGE_ROUTE));

	HOST_AUTO struct host *unknown =
		host_of((const char *const[]){ TUNNEL, TUNNEL_ROUTES, NULL });
	expect(unknown, "0000:02:00.0", "network eth0 []\nnetwork eth1 []\n");
	g_assert_false(usage_kind_known(&unknown->usages, USAGE_ROUTE));
}

/* A machine whose routing table cannot be read may have a route anywhere. */
static void test_no_routes(void)
{
	HOST_AUTO struct host *host =
		host_of((const char *const[]){ NET "eth0 -> " NIC "eth0", NULL });
	struct loss loss LOSS_AUTO;
	int pci = find(host, "0000:02:00.0");

	g_assert_false(usage_kind_known(&host->usages, USAGE_ROUTE));
	loss_of(host, &pci, 1, &loss);
	g_assert_cmpint(loss.network_in_use, ==, TRI_UNKNOWN);
	g_assert_cmpint(loss.last_keyboard, ==, TRI_UNKNOWN);
	g_assert_cmpint(loss_is_critical(&loss), ==, TRI_UNKNOWN);
}

/* ---- input ---- */

#define INPUT "/sys/class/input/"
#define HID   "../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/0003:046D:C52B.0001/input/"
#define RADIO "../../devices/virtual/misc/uhid/0005:046D:B35B.0007/input/"

#define KEYBOARD_64 "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe"
#define KEYBOARD_32 "4 2000000 3803078 f800d001 feffffdf ffefffff ffffffff fffffffe"

static void test_input(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		INPUT "input0 -> ../../devices/platform/i8042/serio0/input/input0",
		INPUT "input1 -> " HID "input1", INPUT "input2 -> " HID "input2",
		INPUT "input3 -> ../../devices/LNXSYSTM:00/LNXPWRBN:00/input/input3",
		INPUT "input4 -> ../../devices/virtual/input/input4",
		INPUT "event0 -> ../../devices/platform/i8042/serio0/input/input0/event0",
		INPUT "input1/capabilities/key = " KEYBOARD_64,
		INPUT "input1/name = Receiver Keyboard",
		INPUT "input2/capabilities/key = ffff0000 0 0 0 0",
		INPUT "input2/capabilities/ev = 17",
		INPUT "input3/capabilities/key = 10000000000000 0",
		INPUT "input4/capabilities/key = " KEYBOARD_64, NULL });

	expect(host, "0000:00:14.0",
	       "keyboard input1 [Receiver Keyboard]1-4\nmouse input2 []1-4\n");
	expect(host, "-", "input input0 []\ninput input3 []\n");
}

/* Kernels of 32 bits print words of 32. */
static void test_input_32(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		INPUT "input1 -> " HID "input1", INPUT "input2 -> " HID "input2",
		INPUT "input3 -> " HID "input3", INPUT "input1/capabilities/key = " KEYBOARD_32,
		INPUT "input2/capabilities/key = 70000 0 0 0 0 0 0 0 0",
		INPUT "input2/capabilities/ev = 7", INPUT "input3/capabilities/key = not a bitmap",
		NULL });

	expect(host, "0000:00:14.0",
	       "keyboard input1 []1-4\nmouse input2 []1-4\ninput input3 []1-4\n");
}

/* The keyboard that BlueZ made is lost with the adapter, and is no other keyboard then. */
static void test_input_by_radio(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		INPUT "input9 -> " RADIO "input9",
		"/sys/devices/virtual/misc/uhid/0005:046D:B35B.0007/input/input9/capabilities/key "
		"= " KEYBOARD_64,
		"/sys/class/bluetooth/hci0 -> "
		"../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/bluetooth/hci0",
		"/sys/class/bluetooth/hci0:256 -> "
		"../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/bluetooth/hci0/hci0:256",
		NULL });
	struct loss loss LOSS_AUTO;
	int pci = find(host, "0000:00:14.0");

	expect(host, "0000:00:14.0", "keyboard input9 []1-4\nbluetooth hci0 []1-4\n");
	loss_of(host, &pci, 1, &loss);
	g_assert_cmpint(loss.last_keyboard, ==, TRI_YES);
}

/* ---- displays and the like ---- */

static void test_classes(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		"/sys/class/drm/card0 -> " GPU "drm/card0",
		"/sys/class/drm/card0-DP-1 -> " GPU "drm/card0/card0-DP-1",
		"/sys/class/drm/card0-HDMI-A-1 -> " GPU "drm/card0/card0-HDMI-A-1",
		"/sys/class/drm/renderD128 -> " GPU "drm/renderD128",
		"/sys/class/drm/card9 -> ../../devices/platform/vkms/drm/card9",
		"/sys/class/drm/version = drm 1.1.0",
		"/sys/class/drm/card0-DP-1/status = disconnected",
		"/sys/class/drm/card0-HDMI-A-1/status = connected",
		"/sys/class/graphics/fb0 -> " GPU "graphics/fb0",
		"/sys/class/graphics/fb0/name = amdgpudrmfb",
		"/sys/class/graphics/fbcon -> ../../devices/virtual/graphics/fbcon",
		"/sys/class/sound/card1 -> " GPU "sound/card1", "/sys/class/sound/card1/id = HDMI",
		"/sys/class/sound/controlC1 -> " GPU "sound/card1/controlC1",
		"/sys/class/video4linux/video0 -> "
		"../../devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/video4linux/video0",
		"/sys/class/video4linux/video0/name = Cam\033[2J", NULL });

	expect(host, "0000:01:00.0",
	       "monitor HDMI-A-1 [card0]\ndisplay-node card0 []\ndisplay-node renderD128 []\n"
	       "framebuffer fb0 [amdgpudrmfb]\nsound card1 [HDMI]\n");
	expect(host, "0000:00:14.0", "camera video0 [Cam?[2J]1-4\n");
	expect(host, "-", "display-node card9 []\n");

	struct loss loss LOSS_AUTO;
	int pci = find(host, "0000:01:00.0");
	loss_of(host, &pci, 1, &loss);
	g_assert_cmpint(loss.monitor, ==, TRI_YES);
	g_assert_cmpint(loss.last_monitor, ==, TRI_YES);
}

/* A class that may not be listed leaves its kinds unknown, and is told once. */
static void test_unreadable_class(void)
{
	struct tree *tree = tree_new();

	fixture_put(tree, functions);
	g_assert_cmpint(tree_put_error(tree, "/sys/class/drm", EACCES), ==, 0);
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_assert_false(usage_kind_known(&host->usages, USAGE_DRM));
	g_assert_false(usage_kind_known(&host->usages, USAGE_DISPLAY));
	g_assert_cmpuint(host->gaps->len, ==, 1);
	g_assert_cmpstr(g_array_index(host->gaps, struct gap, 0).path, ==, "/sys/class/drm");
}

/* ---- losses ---- */

static void test_loss(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BUS "10000:e0:01.0 -> ../../../devices/pci0000:00/0000:00:17.0/pci10000:e0/"
		    "10000:e0:01.0",
		DEV "0000:00:17.0/pci10000:e0/10000:e0:01.0/class = 0x010802",
		BLOCK "nvme0n1 -> ../../devices/pci0000:00/0000:00:17.0/pci10000:e0/10000:e0:01.0/"
		      "nvme/nvme0/nvme0n1",
		DEV "0000:00:17.0/pci10000:e0/10000:e0:01.0/nvme/nvme0/nvme0n1/dev = 259:0",
		"/proc/self/mountinfo = 22 1 259:0 / /srv rw - ext4 /dev/nvme0n1 rw",
		"/proc/swaps = Filename", "/proc/net/route = " ROUTE_HEAD,
		"/proc/net/ipv6_route = ", "/sys/class/net/", "/sys/class/drm/",
		INPUT "input0 -> ../../devices/platform/i8042/serio0/input/input0",
		INPUT "input1 -> " HID "input1", INPUT "input1/capabilities/key = " KEYBOARD_64,
		"/proc/1/fd/", NULL });
	struct loss loss LOSS_AUTO;
	int usb = find(host, "0000:00:14.0");
	int both[] = { usb, find(host, "0000:00:17.0") };
	int bridge = find(host, "0000:00:1c.0");

	loss_of(host, &usb, 1, &loss);
	g_assert_cmpuint(loss.n, ==, 1);
	g_assert_cmpint(loss.keyboard, ==, TRI_YES);
	g_assert_cmpint(loss.last_keyboard, ==, TRI_YES);
	g_assert_cmpint(loss.root_disk, ==, TRI_NO);
	g_assert_cmpint(loss.mounted_disk, ==, TRI_NO);
	g_assert_cmpint(loss.network_in_use, ==, TRI_NO);
	g_assert_cmpint(loss.monitor, ==, TRI_NO);
	g_assert_cmpint(loss.held, ==, TRI_NO);
	g_assert_cmpint(loss_is_critical(&loss), ==, TRI_YES);
	loss_clear(&loss);

	/* The disk is behind a function of another domain that 00:17.0 makes (VMD). */
	loss_of(host, both, 2, &loss);
	g_assert_cmpint(loss.mounted_disk, ==, TRI_YES);
	g_assert_cmpint(loss.list[0]->kind, ==, USAGE_DISK);
	g_assert_cmpint(loss.list[1]->kind, ==, USAGE_KEYBOARD);
	loss_clear(&loss);

	loss_of(host, &bridge, 1, &loss);
	g_assert_cmpuint(loss.n, ==, 0);
}

/* With a PS/2 keyboard beside it the one on USB is not the last. */
static void test_other_keyboard(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		INPUT "input0 -> ../../devices/platform/i8042/serio0/input/input0",
		INPUT "input1 -> " HID "input1",
		"/sys/devices/platform/i8042/serio0/input/input0/capabilities/key = " KEYBOARD_64,
		INPUT "input1/capabilities/key = " KEYBOARD_64, NULL });
	struct loss loss LOSS_AUTO;
	int usb = find(host, "0000:00:14.0");

	loss_of(host, &usb, 1, &loss);
	g_assert_cmpint(loss.keyboard, ==, TRI_YES);
	g_assert_cmpint(loss.last_keyboard, ==, TRI_NO);
}

/* ---- real machines ---- */

static const struct usage *find_usage(const struct host *host, const char *name,
				      enum usage_kind kind)
{
	for (unsigned i = 0; i < host->usages.n; i++)
		if (host->usages.list[i].kind == kind &&
		    strcmp(host->usages.list[i].name, name) == 0)
			return &host->usages.list[i];
	return NULL;
}

struct score {
	unsigned keyboards;
	unsigned mice;
	unsigned placed;
};

/* udev says of pointing devices of all sorts what we call a mouse. */
static bool udev_says_mouse(const struct udev_record *record)
{
	static const char *const keys[] = { "ID_INPUT_MOUSE", "ID_INPUT_TOUCHPAD",
					    "ID_INPUT_POINTINGSTICK" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (*udev_get(record, keys[i]))
			return true;
	return false;
}

static void check_input(const struct host *host, const struct udev_record *record,
			struct score *score)
{
	bool keyboard = *udev_get(record, "ID_INPUT_KEYBOARD") != '\0';
	bool mouse = udev_says_mouse(record);

	if (!g_str_has_prefix(record->name, "input") || strstr(record->path, "/virtual/"))
		return;
	g_assert_true(keyboard == (find_usage(host, record->name, USAGE_KEYBOARD) != NULL));
	g_assert_true(mouse == (find_usage(host, record->name, USAGE_MOUSE) != NULL));
	score->keyboards += keyboard;
	score->mice += mouse;
}

/* Where udev says that it is: the PCI function in ID_PATH, and nothing when there is none. */
static void check_place(const struct host *host, const struct udev_record *record,
			enum usage_kind kind, struct score *score)
{
	const struct usage *usage = find_usage(host, record->name, kind);
	g_autofree char *address = udev_id_path_pci(record);
	char buf[PCI_ADDR_SIZE];

	if (!usage || *udev_get(record, "ID_PATH") == '\0')
		return;
	score->placed++;
	if (!address) {
		g_assert_cmpint(usage->pci, ==, -1);
		return;
	}
	g_assert_cmpint(usage->pci, >=, 0);
	g_assert_cmpstr(pci_addr_format(host->pci[usage->pci].addr, buf), ==, address);
	g_assert_true((usage->usb >= 0) == (strstr(udev_get(record, "ID_PATH"), "-usb-") != NULL));
}

static const struct {
	const char *subsystem;
	enum usage_kind kind;
} places[] = {
	{ "block", USAGE_BLOCK },         { "net", USAGE_NETWORK },
	{ "sound", USAGE_SOUND },         { "drm", USAGE_DRM },
	{ "input", USAGE_KEYBOARD },      { "input", USAGE_MOUSE },
	{ "input", USAGE_INPUT },         { "graphics", USAGE_FRAMEBUFFER },
	{ "bluetooth", USAGE_BLUETOOTH }, { "video4linux", USAGE_VIDEO },
};

static void check_machine(const char *file, struct score *score)
{
	g_autoptr(GPtrArray) records = udev_db_read(file);
	HOST_AUTO struct host *host = fixture_host_of(udev_db_tree(records));

	for (guint i = 0; i < records->len; i++) {
		const struct udev_record *record = records->pdata[i];
		const char *subsystem = udev_get(record, "SUBSYSTEM");
		if (strcmp(subsystem, "input") == 0)
			check_input(host, record, score);
		for (size_t j = 0; j < G_N_ELEMENTS(places); j++)
			if (strcmp(subsystem, places[j].subsystem) == 0)
				check_place(host, record, places[j].kind, score);
	}
}

static void test_udev_db(void)
{
	g_autoptr(GPtrArray) files = udev_db_files();
	struct score score = { 0 };

	if (!files) {
		g_test_skip("the data collection is not there");
		return;
	}
	for (guint i = 0; i < files->len; i++)
		check_machine(files->pdata[i], &score);
	g_test_message("%u machines: %u keyboards, %u mice, %u places as udev says", files->len,
		       score.keyboards, score.mice, score.placed);
	g_assert_cmpuint(score.keyboards, >, 0);
	g_assert_cmpuint(score.placed, >, 0);
}

static void write_file(const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A real /sys, with a mount table of ours: root on its md0, which has sda9. */
static void test_thinkpad(void)
{
	char *directory = fixture_unpack("hosts-sysfs/captures/eudev-test-sys.tar.xz");

	if (!directory)
		return;
	write_file(directory, "proc/self/mountinfo",
		   "1 1 9:0 / / rw - ext4 /dev/md0 rw\n2 1 8:17 / /mnt rw - vfat /dev/sdb1 rw\n");
	write_file(directory, "proc/swaps", "Filename\n/dev/sda5 partition 1 1 1\n");
	g_autoptr(GError) error = NULL;
	ROOT_AUTO struct root *root = root_open(directory, &error);
	g_assert_no_error(error);
	HOST_AUTO struct host *host = fixture_host(root);

	expect(host, "0000:00:1f.2",
	       "root-disk sda9 [mounted on / (md0)]\nmounted-disk sda5 [swap]\n");
	/* The tree has the controller 00:1d.7, but the bus does not list it. */
	const struct usage *stick = find_usage(host, "sdb1", USAGE_DISK);
	g_assert_nonnull(stick);
	g_assert_cmpint(stick->pci, ==, -1);
	g_assert_cmpstr(host->usb.devs[stick->usb].name, ==, "5-1");
	expect(host, "0000:00:1d.2", "mouse input8 [Logitech USB-PS/2 Optical Mouse]3-1\n");
	g_assert_nonnull(find_usage(host, "input0", USAGE_KEYBOARD));
	g_assert_cmpint(find_usage(host, "input0", USAGE_KEYBOARD)->pci, ==, -1);
	fixture_remove(directory);
}

/* ---- hostile ---- */

static void test_loops(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		BLOCK "dm-0 -> " VIRT "dm-0", BLOCK "dm-1 -> " VIRT "dm-1",
		BLOCK "dm-2 -> " VIRT "dm-2", BLOCK "sda -> sda", BLOCK "sdb -> " SATA "sdb/sdb",
		BLOCK "sdc -> /", BLOCK "sdd -> ../../../../../../0000:00:17.0",
		"/sys/devices/virtual/block/dm-0/slaves/dm-0 -> x",
		"/sys/devices/virtual/block/dm-1/slaves/dm-2 -> x",
		"/sys/devices/virtual/block/dm-2/slaves/dm-1 -> x",
		"/sys/devices/virtual/block/dm-2/slaves/gone -> x",
		"/sys/devices/virtual/block/dm-0/dev = 253:0",
		"/sys/devices/virtual/block/dm-1/dev = 253:1",
		"/sys/devices/virtual/block/dm-2/dev = 4294967296:-1",
		"/proc/self/mountinfo = 1 1 253:0 / / rw - ext4 /dev/dm-0 rw\n"
		"1 1 253:1 / /a rw - ext4 /dev/dm-1 rw\n1 1 253:1\n- - -\n\n"
		"1 1 x:y / / rw - ext4 /dev/x rw\n1 1 99999999999:1 / / rw - a b\n"
		"1 1 0:1 / / rw - btrfs /dev/mapper/ rw\n1 1 0:1 / \\0\\777 rw - a /dev/: rw",
		"/proc/swaps = \n\n \n/dev/", NULL });

	g_assert_true(usage_kind_known(&host->usages, USAGE_ROOT_DISK));
	g_assert_null(find_usage(host, "dm-0", USAGE_ROOT_DISK));
}

/* Deep stacks and dense ones: each device made of all those below it. */
static void test_dense_stack(void)
{
	struct tree *tree = tree_new();
	g_autoptr(GString) mounts = g_string_new(NULL);
	const unsigned n = 300;

	fixture_put(tree, functions);
	for (unsigned i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf(BLOCK "dm-%u", i);
		g_autofree char *target = g_strdup_printf(VIRT "dm-%u", i);
		g_autofree char *dev = g_strdup_printf("/sys/devices/virtual/block/dm-%u/dev", i);
		g_autofree char *number = g_strdup_printf("253:%u", i);
		tree_put_link(tree, name, target);
		tree_put_file(tree, dev, number, strlen(number));
		for (unsigned j = 0; j < i; j++) {
			g_autofree char *slave =
				g_strdup_printf("/sys/devices/virtual/block/dm-%u/slaves/dm-%u", i,
						j);
			tree_put_link(tree, slave, "x");
		}
	}
	for (unsigned i = 0; i < 100000; i++)
		g_string_append_printf(mounts, "1 1 253:%u / /m%u rw - ext4 x rw\n", i % n, i);
	tree_put_file(tree, "/proc/self/mountinfo", mounts->str, mounts->len);
	gint64 start = g_get_monotonic_time();
	HOST_AUTO struct host *host = fixture_host_of(tree);
	double seconds = (double)(g_get_monotonic_time() - start) / 1e6;
	g_test_message("100000 mounts on a dense stack in %.2f s", seconds);
	g_assert_cmpfloat(seconds, <, 60);
	g_assert_cmpuint(host->gaps->len, ==, 1);
}

static void test_many_disks(void)
{
	struct tree *tree = tree_new();
	const unsigned n = 100000;

	fixture_put(tree, functions);
	for (unsigned i = 0; i < n; i++) {
		g_autofree char *name = g_strdup_printf(BLOCK "sd%u", i);
		g_autofree char *target = g_strdup_printf(SATA "sd%u", i);
		tree_put_link(tree, name, target);
	}
	gint64 start = g_get_monotonic_time();
	HOST_AUTO struct host *host = fixture_host_of(tree);
	g_test_message("%u disks in %.2f s", n, (double)(g_get_monotonic_time() - start) / 1e6);
	g_assert_cmpuint(host->usages.n, ==, n);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "/usage/partitions", test_partitions },
	{ "/usage/root-elsewhere", test_root_elsewhere },
	{ "/usage/stack", test_stack },
	{ "/usage/btrfs", test_btrfs },
	{ "/usage/nvme-multipath", test_nvme_multipath },
	{ "/usage/zfs", test_zfs },
	{ "/usage/network", test_network },
	{ "/usage/no-routes", test_no_routes },
	{ "/usage/tunnel", test_tunnel },
	{ "/usage/input", test_input },
	{ "/usage/input-32", test_input_32 },
	{ "/usage/input-by-radio", test_input_by_radio },
	{ "/usage/classes", test_classes },
	{ "/usage/unreadable-class", test_unreadable_class },
	{ "/usage/loss", test_loss },
	{ "/usage/other-keyboard", test_other_keyboard },
	{ "/usage/udev-db", test_udev_db },
	{ "/usage/thinkpad", test_thinkpad },
	{ "/usage/loops", test_loops },
	{ "/usage/dense-stack", test_dense_stack },
	{ "/usage/many-disks", test_many_disks },
};

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_func(tests[i].name, tests[i].run);
	return g_test_run();
}
