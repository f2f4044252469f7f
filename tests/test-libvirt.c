/* The real library, on the test driver that it has built in: every connection to test:///default
 * is a machine of its own in memory, with one running guest "test". */
#include <string.h>

#include "base/error.h"
#include "vm/libvirt.h"

#define URI "test:///default"

static const char guest[] = "<domain type='test'><name>one &lt;&amp;></name>"
			    "<memory unit='MiB'>64</memory>"
			    "<os><type arch='i686'>hvm</type></os></domain>";
static const char guest_name[] = "one <&>";

static struct libvirt *connect(void)
{
	g_autoptr(GError) error = NULL;
	struct libvirt *virt = libvirt_open(URI, &error);

	if (!virt && error && strstr(error->message, "cannot load"))
		g_test_skip("there is no libvirt here");
	else
		g_assert_no_error(error);
	return virt;
}

static enum libvirt_state state_of(struct libvirt *virt, const char *name)
{
	enum libvirt_state state = LIBVIRT_ABSENT;

	g_assert_true(libvirt_state(virt, name, &state, NULL));
	return state;
}

static void test_list(void)
{
	LIBVIRT_AUTO struct libvirt *virt = connect();

	if (!virt)
		return;
	g_assert_true(libvirt_define(virt, guest, NULL)); /* which does not run */
	g_autoptr(GPtrArray) list = libvirt_list_running(virt, NULL);
	g_assert_nonnull(list);
	g_assert_cmpuint(list->len, ==, 1);
	const struct libvirt_domain *domain = list->pdata[0];
	g_assert_cmpstr(domain->name, ==, "test");
	g_autofree char *uuid = libvirt_uuid(virt, "test");
	g_assert_nonnull(strstr(domain->xml, uuid));
	g_assert_cmpint(state_of(virt, uuid), ==, LIBVIRT_RUNNING);
	g_assert_true(libvirt_undefine(virt, guest_name, NULL));
	g_assert_null(libvirt_uuid(virt, "nobody"));
}

static void test_life(void)
{
	LIBVIRT_AUTO struct libvirt *virt = connect();
	g_autofree char *xml = NULL;
	g_autofree char *none = NULL;

	if (!virt)
		return;
	g_assert_true(libvirt_definition(virt, guest_name, &none, NULL));
	g_assert_null(none);
	g_assert_true(libvirt_define(virt, guest, NULL));
	g_assert_cmpint(state_of(virt, guest_name), ==, LIBVIRT_OFF);
	g_assert_true(libvirt_definition(virt, guest_name, &xml, NULL));
	g_assert_nonnull(strstr(xml, "<name>one &lt;&amp;&gt;</name>"));
	g_assert_true(libvirt_start(virt, guest_name, NULL));
	g_assert_cmpint(state_of(virt, guest_name), ==, LIBVIRT_RUNNING);
	g_assert_true(libvirt_undefine(virt, guest_name, NULL)); /* it runs on */
	g_assert_cmpint(state_of(virt, guest_name), ==, LIBVIRT_RUNNING);
}

static void check_error(GError **error, int code, const char *words)
{
	g_assert_error(*error, VFIOKIT_ERROR, code);
	if (!strstr((*error)->message, words))
		g_error("'%s' is not in '%s'", words, (*error)->message);
	g_clear_error(error);
}

static void test_errors(void)
{
	LIBVIRT_AUTO struct libvirt *virt = connect();
	g_autoptr(GError) error = NULL;

	if (!virt)
		return;
	g_assert_null(libvirt_dump(virt, "nobody", false, &error));
	check_error(&error, STATUS_USAGE, "no guest 'nobody'");
	g_assert_false(libvirt_define(virt, "<domain><name>x</name>", &error));
	check_error(&error, STATUS_FAILED, "cannot define");
	g_assert_false(libvirt_start(virt, "test", &error));
	check_error(&error, STATUS_FAILED, "cannot start 'test'");
	g_assert_false(libvirt_attach(virt, "test", "<hostdev", &error));
	check_error(&error, STATUS_FAILED, "cannot add a device to 'test'");
	g_assert_null(libvirt_open("nowhere:///", &error));
	check_error(&error, STATUS_FAILED, "cannot connect to 'nowhere:///'");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/libvirt/list", test_list);
	g_test_add_func("/libvirt/life", test_life);
	g_test_add_func("/libvirt/errors", test_errors);
	return g_test_run();
}
