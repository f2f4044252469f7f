/* What is mounted over the network, and which card leads there: small trees of /proc and /sys. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "probe/net_storage.h"
#include "usage_fixture.h"

/* The routes: a default one by eno1, nets of their own at eno2. */
#define ROUTES                                                                                     \
	"/proc/net/route = Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"        \
	"eno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\n"                                    \
	"eno2\t0002000A\t00000000\t0001\t0\t0\t101\t00FFFFFF"
#define ROUTES6                                                                                    \
	"/proc/net/ipv6_route = "                                                                  \
	"20010db8000000010000000000000000 40 00000000000000000000000000000000 00 "                 \
	"00000000000000000000000000000000 00000064 00000001 00000000 00000001     eno2"

#define MOUNTS "/proc/1/mountinfo = "
#define ISCSI  "/sys/class/iscsi_connection/connection1:0/"
#define NVME   "/sys/class/nvme/nvme1/"

static const struct {
	const char *lines[3]; /* besides the routes and a table of mounts, if there is none here */
	const char *text;
} storages[] = {
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 nas:/srv rw,vers=4.2,addr=10.0.2.7" },
	  "eno2\tother\t/srv (nfs4)\n" },
	{ { MOUNTS "30 1 0:40 / / rw - nfs nas:/srv rw,mountaddr=10.0.3.7,addr=10.0.2.7" },
	  "eno2\tsystem\t/ (nfs)\n" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 nas:/ rw,addr=10.0.3.7" },
	  "eno1\tother\t/srv (nfs4)\n" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 nas:/ rw,addr=2001:db8:0:1::7" },
	  "eno2\tother\t/srv (nfs4)\n" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 [2001:db8:0:1::7]:/srv rw" },
	  "eno2\tother\t/srv (nfs4)\n" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 localhost:/ rw,addr=127.0.0.1" }, "" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 nas:/srv rw" }, "?\tother\t/srv (nfs4)\n" },
	{ { MOUNTS "30 1 0:40 / /srv rw - nfs4 nas:/srv rw,addr=2001:db8:0:2::7" },
	  "?\tother\t/srv (nfs4)\n" }, /* no route */
	{ { MOUNTS "30 1 0:40 / /srv rw - autofs nfs rw,fd=6,addr=10.0.2.7" }, "" },
	{ { MOUNTS "30 1 0:40 / /my\\040win rw shared:7 - cifs //win/c rw,addr=10.0.2.8,port=1" },
	  "eno2\tother\t/my win (cifs)\n" },
	{ { MOUNTS "30 1 0:40 / /c rw - ceph 10.0.2.1:6789,10.0.2.2:6789:/ rw,name=a" },
	  "eno2\tother\t/c (ceph)\n" },
	{ { MOUNTS "30 1 0:40 / /c rw - ceph a@0-0.fs=/ rw,mon_addr=10.0.2.1:6789/10.0.2.2:6789" },
	  "eno2\tother\t/c (ceph)\n" },
	{ { MOUNTS "30 1 0:40 / /9 rw - 9p 10.0.2.1 rw,trans=tcp,port=564" },
	  "eno2\tother\t/9 (9p)\n" },
	{ { MOUNTS "30 1 0:40 / /9 rw - 9p share rw,trans=virtio" }, "" },
	{ { MOUNTS "30 1 0:40 / /s rw - fuse.sshfs me@box:/ rw" }, "?\tother\t/s (fuse.sshfs)\n" },
	{ { MOUNTS "30 1 0:40 / /s rw - fuse.portal portal rw" }, "" },
	{ { MOUNTS "1 1 0:4 / /b rw - nfs4 n:/ rw,addr=10.0.2.7\n"
		   "2 1 0:4 / /b rw - nfs4 n:/ rw,addr=10.0.2.7\n"
		   "3 1 0:5 / / rw - nfs4 n:/ rw,addr=10.0.2.7\n"
		   "4 1 0:6 / /c rw - nfs4 n:/ rw,addr=10.0.2.7\n"
		   "5 1 0:6 / /d rw - nfs4 n:/ rw,addr=10.0.2.7\n"
		   "6 1 0:6 / /e rw - nfs4 n:/ rw,addr=10.0.2.7" },
	  "eno2\tother\t/b (nfs4), /c (nfs4), /d (nfs4), …\neno2\tsystem\t/ (nfs4)\n" },
	{ { ISCSI "address = 10.0.2.9", ISCSI "persistent_address = san.example" },
	  "eno2\tother\tdisks over iSCSI\n" },
	{ { ISCSI "persistent_address = 10.0.2.9" }, "eno2\tother\tdisks over iSCSI\n" },
	{ { ISCSI "persistent_address = san.example" }, "?\tother\tdisks over iSCSI\n" },
	{ { NVME "transport = tcp", NVME "address = traddr=10.0.2.9,trsvcid=4420" },
	  "eno2\tother\tdisks over NVMe-oF\n" },
	{ { NVME "transport = tcp", NVME "address = traddr=10.0.3.9,host_iface=eno2" },
	  "eno2\tother\tdisks over NVMe-oF\n" },
	{ { NVME "transport = pcie", NVME "address = 0000:03:00.0" }, "" },
	{ { "/sys/block/nbd0/pid = 812" }, "?\tother\tdisks over nbd\n" },
	{ { "/sys/block/nbd0/size = 0" }, "" },
	{ { "/sys/bus/rbd/devices/0/name = vm" }, "?\tother\tdisks of Ceph\n" },
};

static void test_find(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(storages); i++) {
		struct tree *tree = tree_new();
		fixture_put(tree,
			    (const char *const[]){
				    ROUTES, ROUTES6,
				    "/proc/self/mountinfo = 1 1 8:1 / / rw - ext4 /dev/sda1 rw",
				    NULL });
		fixture_put(tree, storages[i].lines);
		struct root *root ROOT_AUTO = root_from_tree(tree);
		g_autofree char *text = net_storage_read(root);
		g_test_message("%s", storages[i].lines[0]);
		g_assert_cmpstr(text, ==, storages[i].text);
	}
}

/* A machine whose mounts cannot be read; one whose recording says it. */
static void test_sources(void)
{
	struct root *empty ROOT_AUTO = root_from_tree(tree_new());
	g_autofree char *unknown = net_storage_read(empty);
	struct tree *tree = tree_new();

	fixture_put(tree, (const char *const[]){ "/vfiokit/net-storage = eno2\tother\t/srv (nfs4)",
						 MOUNTS, NULL });
	struct root *root ROOT_AUTO = root_from_tree(tree);
	g_autofree char *kept = net_storage_read(root);
	g_assert_null(unknown);
	g_assert_true(g_str_has_prefix(kept, "eno2\tother\t/srv (nfs4)"));
}

/* ---- the cards ---- */

#define NET "/sys/class/net/"
#define NIC "../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/"

#define CARDS                                                                                      \
	NET "eno1 -> " NIC "eno1", NET "eno2 -> " NIC "eno2", NET "eno3 -> " NIC "eno3",           \
		NET "bond0 -> ../../devices/virtual/net/bond0",                                    \
		NET "vlan7 -> ../../devices/virtual/net/vlan7",                                    \
		"/sys/devices/virtual/net/vlan7/lower_bond0 -> ../bond0",                          \
		"/sys/devices/virtual/net/bond0/lower_eno3 -> x", ROUTES,                          \
		"/proc/net/ipv6_route = "
#define KEPT "/vfiokit/net-storage = "

/* Directly, and below a VLAN on a bond; the card of the default route may be the same. */
static void test_cards(void)
{
	HOST_AUTO struct host *host = host_of(
		(const char *const[]){ CARDS,
				       KEPT "eno2\tother\t/srv (nfs4)\nvlan7\tsystem\t/ (nfs)\n"
					    "eno1\tother\tdisks over iSCSI",
				       NULL });

	expect(host, "0000:02:00.0",
	       "default-route eno1 [default route]\n"
	       "default-route eno1 [way to disks over iSCSI]\n"
	       "default-route eno2 [way to /srv (nfs4)]\n"
	       "default-route eno3 [way of this system to / (nfs) through vlan7]\n");
	g_assert_true(usage_kind_known(&host->usages, USAGE_ROUTE));
}

/* Whose way is not known may be reached by any card; where nothing is mounted, by none. */
static void test_unknown(void)
{
	HOST_AUTO struct host *host =
		host_of((const char *const[]){ CARDS, KEPT "?\tother\t/srv (nfs4)", NULL });
	HOST_AUTO struct host *foreign =
		host_of((const char *const[]){ CARDS, KEPT "eno9\tother\t/srv (nfs4)", NULL });
	HOST_AUTO struct host *none = host_of((const char *const[]){ CARDS, KEPT, NULL });
	static const char nothing[] =
		"default-route eno1 [default route]\nnetwork eno2 []\nnetwork eno3 []\n";

	expect(host, "0000:02:00.0", nothing);
	expect(foreign, "0000:02:00.0", nothing);
	expect(none, "0000:02:00.0", nothing);
	g_assert_false(usage_kind_known(&host->usages, USAGE_ROUTE));
	g_assert_false(usage_kind_known(&foreign->usages, USAGE_ROUTE));
	g_assert_true(usage_kind_known(&none->usages, USAGE_ROUTE));
	g_assert_cmpuint(host->gaps->len, ==, none->gaps->len + 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/net-storage/find", test_find);
	g_test_add_func("/net-storage/sources", test_sources);
	g_test_add_func("/net-storage/cards", test_cards);
	g_test_add_func("/net-storage/unknown", test_unknown);
	return g_test_run();
}
