/* Definitions that are mended: what is not mended stays as it was. */
#include <glib.h>
#include <string.h>

#include "vm/lint.h"

#define H                                                                                          \
	"<domain type='kvm'><os><type machine='q35'>hvm</type></os><cpu "                          \
	"mode='host-model'/><devices>"                                                             \
	"<hostdev type='pci'><source><address bus='1' slot='0'/></source></hostdev>"
#define E "</devices></domain>"

/* What is not mended stays, byte by byte, however it is written. */
static void test_mend_bytes(void)
{
	static const struct {
		const char *before, *after; /* NULL: nothing is mended */
	} texts[] = {
		{ "<!-- > -->\r\n<domain  type=\"kvm\"\r\n id='1'><a b='>' c = \"x'&#65;&amp;\"/>"
		  "<![CDATA[<x>]]><?pi ?>\t<e></e ></domain>\n\n<!-- end -->",
		  NULL },
		{ H "<memballoon model=\"virtio\" x='1'>\n <address/>\n</memballoon>" E,
		  H "<memballoon model=\"none\"/>" E },
		{ H "<memballoon model='virtio'></memballoon >" E,
		  H "<memballoon model='none'></memballoon >" E },
		{ H "<memballoon model='virtio'>\n <!-- a -->\n <address/>\n</memballoon>" E,
		  H "<memballoon model='none'>\n <!-- a -->\n</memballoon>" E },
		{ H "<memballoon/>" E, H "<memballoon model='none'/>" E },
		{ H "<memballoon />" E, H "<memballoon model='none' />" E },
		{ H "\n\t\t<x/>\n\t" E, H "\n\t\t<x/>\n\t\t<memballoon model='none'/>\n\t" E },
		{ H
		  "<memballoon model='none'/><hostdev type='pci'/><interface><model type=\"e1000\" "
		  "a='&lt;'/></interface>" E,
		  H "<memballoon model='none'/><hostdev type='pci'/><interface><model "
		    "type=\"virtio\" "
		    "a='&lt;'/></interface>" E },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *malformed = NULL;
		g_autoptr(GError) error = NULL;
		GUEST_AUTO struct guest *guest =
			guest_read_xml(texts[i].before, strlen(texts[i].before), &malformed,
				       &error);
		g_assert_no_error(error);
		const struct lint_input input = { .guest = guest, .subject = "guest" };
		g_autoptr(GPtrArray) findings = findings_new();
		lint_run(&input, findings);
		g_autoptr(GPtrArray) mended = lint_mend(guest, findings);
		g_autofree char *xml = guest_xml(guest);
		const char *wanted = texts[i].after ? texts[i].after : texts[i].before;
		g_assert_cmpstr(xml, ==, wanted);
		g_assert_cmpint(mended->len > 0, ==, texts[i].after != NULL);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/xml-text/mend", test_mend_bytes);
	return g_test_run();
}
