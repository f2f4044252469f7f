/* Over which interface this ssh session runs: small trees of /proc. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "fixture.h"
#include "probe/session.h"
#include "usage_fixture.h"

/* The routes: a default one by eno1, a net of its own at eno2, a route for one host at wg0. */
#define ROUTES                                                                                     \
	"/proc/net/route = Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"        \
	"eno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\n"                                    \
	"eno2\t0002000A\t00000000\t0001\t0\t0\t101\t00FFFFFF\n"                                    \
	"eno3\t0002000A\t00000000\t0001\t0\t0\t102\t00FFFFFF\n"                                    \
	"wg0\t0902000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF"
#define ROUTES6                                                                                    \
	"/proc/net/ipv6_route = "                                                                  \
	"20010db8000000010000000000000000 40 00000000000000000000000000000000 00 "                 \
	"00000000000000000000000000000000 00000064 00000001 00000000 00000001     eno2\n"          \
	"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "                 \
	"fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eno1\n"          \
	"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "                 \
	"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo"

static char *find_session(const char *environment, gsize length, const char *const *lines)
{
	struct tree *tree = tree_new();

	fixture_put(tree, (const char *const[]){ ROUTES, ROUTES6, NULL });
	tree_put_file(tree, "/proc/1200/environ", environment, length);
	if (lines)
		fixture_put(tree, lines);
	struct root *root ROOT_AUTO = root_from_tree(tree);
	return session_find(root);
}

/* sudo has cleared this process's environment; the shell's still tells. */
static const char *const parents[] = {
	"/proc/self/environ = SUDO_USER=somebody",
	"/proc/self/stat = 1400 (vfiokit) S 1300 1 1",
	"/proc/1300/environ = ",
	"/proc/1300/stat = 1300 (odd) name) S 1 (x) S 1200 1 1",
	"/proc/1200/stat = 1200 (bash) S 1 1 1",
	NULL,
};

struct session {
	const char *client;
	const char *interface;
};

static const struct session sessions[] = {
	{ "10.0.2.7 52144 10.0.2.1 22", "eno2" }, /* of two equal ones the first */
	{ "10.0.2.9 52144 10.0.2.1 22", "wg0" },  /* the longest prefix, wherever it stands */
	{ "198.51.100.3 1 10.0.2.1 22", "eno1" },
	{ "2001:db8:0:1::7 1 2001:db8:0:1::1 22", "eno2" },
	{ "2001:db8:0:2::7 1 2001:db8:0:1::1 22", "eno1" },
	{ "fe80::1%eno3 1 fe80::2%eno3 22", "eno3" },
	{ "127.0.0.1 1 127.0.0.1 22", NULL },
	{ "::1 1 ::1 22", NULL },
	{ "UNKNOWN 65535 UNKNOWN 65535", NULL },
	{ "", NULL },
};

static void test_sessions(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sessions); i++) {
		g_autofree char *environment =
			g_strdup_printf("HOME=/\nSSH_CONNECTION=%s\nA=b\n", sessions[i].client);
		gsize length = strlen(environment);
		g_strdelimit(environment, "\n", '\0');
		g_autofree char *found = find_session(environment, length, parents);
		g_test_message("%s", sessions[i].client);
		g_assert_cmpstr(found, ==, sessions[i].interface);
	}
}

static void test_none(void)
{
	static const char environment[] = "HOME=/\0XSSH_CONNECTION=10.0.2.7 1 10.0.2.1 22\0";
	g_autofree char *found = find_session(environment, sizeof(environment) - 1, parents);
	g_autofree char *orphan = find_session("SSH_CONNECTION=10.0.2.7 1", 25, NULL);

	g_assert_null(found);
	g_assert_null(orphan); /* no way from this process to that one */
}

/* A parent that is its own, and one that cannot be parsed. */
static void test_hostile(void)
{
	static const char *const loops[] = { "/proc/self/stat = 7 (x) S 7 1 1",
					     "/proc/7/stat = 7 (x) S 7 1 1", NULL };
	static const char *const broken[] = { "/proc/self/stat = 7 (x", NULL };
	g_autofree char *loop = find_session("", 0, loops);
	g_autofree char *cut = find_session("", 0, broken);

	g_assert_null(loop);
	g_assert_null(cut);
}

/* The interface of the session counts as one in use, and what is below it. */
static void test_usage(void)
{
	HOST_AUTO struct host *host = host_of((const char *const[]){
		"/sys/class/net/eno2 -> "
		"../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/eno2",
		"/sys/class/net/br0 -> ../../devices/virtual/net/br0",
		"/sys/devices/virtual/net/br0/lower_eno2 -> ../../../x", "/vfiokit/session = br0",
		"/proc/net/route = Iface", NULL });

	expect(host, "0000:02:00.0", "default-route eno2 [ssh session through br0]\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/session/interfaces", test_sessions);
	g_test_add_func("/session/none", test_none);
	g_test_add_func("/session/hostile", test_hostile);
	g_test_add_func("/session/usage", test_usage);
	return g_test_run();
}
