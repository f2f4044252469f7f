/* Which modules could drive a function, and which VFIO variant is made for it. */
#include <glib.h>
#include <string.h>

#include "base/root.h"
#include "base/tree.h"
#include "model/host.h"
#include "probe/probe.h"

#define GPU   "/sys/bus/pci/devices/0000:01:00.0/"
#define AUDIO "/sys/bus/pci/devices/0000:01:00.1/"

#define GPU_ALIAS   "pci:v000010DEd00002342sv000010DEsd000016EBbc03sc02i00"
#define AUDIO_ALIAS "pci:v000010DEd000010F1sv00001043sd000085ACbc04sc03i00"

static const char aliases[] =
	"# Aliases extracted from modules themselves.\n"
	"alias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia\n"
	"alias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia_drm\n"
	"alias pci:v000010DEd*sv*sd*bc03sc* nouveau\n"
	"alias pci:v000010DEd*sv*sd*bc03sc* nouveau\n"
	"alias pci:v00001002d*sv*sd*bc03sc* amdgpu\n"
	"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
	"alias vfio_pci:v000010DEd00002342sv*sd*bc*sc*i* nvgrace_gpu_vfio_pci\n"
	"alias vfio_pci:v000010DEd00002343sv*sd*bc*sc*i* other_vfio_pci\n"
	"alias pci:v000010DEd000010F1sv*sd*bc*sc*i* by_ids\n"
	"alias pci:v000010DEd000010F2sv*sd*bc*sc*i* not_by_ids\n"
	"alias usb:v046DpC52Bd* hid_logitech_dj\n"
	"alias pci:broken\n"
	"alias pci:v000010[DE]Ed00002342sv*sd*bc*sc*i* by_set\n"
	"alias pci:v000010[AB]Ed00002342sv*sd*bc*sc*i* not_by_set\n"
	"alias pci:v000010DEd0000234?sv*sd*bc*sc*i* by_digit\n"
	"alias " GPU_ALIAS " in_full\n"
	"alias pci:v000010DEd00002342sv000010DEsd000016EBbc03sc02i0 too_short\n"
	"alias " GPU_ALIAS "0 too_long\n"
	"alias pci:v*d0000234*sv*sd0000*EBbc*sc*i* by_stars\n"
	"alias pci:v*d0000234*sv*sd0000*ECbc*sc*i* not_by_stars\n"
	"alias pci:v* any\n"
	"alias pci:v*d*sv*sd*bc04sc03i00* snd_hda_intel\n";

static void put(struct tree *tree, const char *path, const char *text)
{
	g_assert_cmpint(tree_put_file(tree, path, text, strlen(text)), ==, 0);
}

static struct root *machine(void)
{
	struct tree *tree = tree_new();

	put(tree, "/proc/sys/kernel/osrelease", "6.12.9-test\n");
	put(tree, "/lib/modules/6.12.9-test/modules.alias", aliases);
	put(tree, GPU "modalias", GPU_ALIAS "\n");
	put(tree, GPU "uevent", "PCI_ID=10DE:2342\nPCI_CLASS=30200\nMODALIAS=" GPU_ALIAS "\n");
	put(tree, AUDIO "modalias", AUDIO_ALIAS "\n");
	put(tree, AUDIO "uevent", "PCI_ID=10DE:10F1\nPCI_CLASS=40300\nMODALIAS=" AUDIO_ALIAS "\n");
	put(tree, "/sys/bus/pci/slots/4/address", "0000:01:00\n");
	put(tree, "/sys/bus/pci/slots/odd/address", "nonsense\n");
	return root_from_tree(tree);
}

static void test_modules(void)
{
	struct root *root ROOT_AUTO = machine();
	HOST_AUTO struct host *host = host_probe(root, PROBE_DETAIL, NULL);

	g_assert_cmpint(host->n_pci, ==, 2);
	g_assert_cmpstr(host->pci[0].detail->modules, ==,
			"nvidia nvidia_drm nouveau by_set by_digit in_full by_stars any");
	g_assert_cmpstr(host->pci[0].detail->variant, ==, "nvgrace_gpu_vfio_pci");
	g_assert_cmpstr(host->pci[0].detail->slot_name, ==, "4");
	g_assert_cmpstr(host->pci[1].detail->modules, ==, "by_ids any snd_hda_intel");
	g_assert_null(host->pci[1].detail->variant);
	g_assert_cmpstr(host->pci[1].detail->slot_name, ==, "4");
}

/* Of functions that change hands only the variant is asked for. */
static void test_handover(void)
{
	static const int functions[] = { 0, 1 };
	struct root *root ROOT_AUTO = machine();
	HOST_AUTO struct host *host = host_probe(root, PROBE_FEW, NULL);

	host_probe_handover(root, host, functions, G_N_ELEMENTS(functions));
	g_assert_cmpstr(host->pci[0].detail->variant, ==, "nvgrace_gpu_vfio_pci");
	g_assert_null(host->pci[0].detail->modules);
	g_assert_null(host->pci[1].detail->variant);
}

/* Without the file nothing is known; that is not the same as "none". */
static void test_unknown(void)
{
	struct tree *tree = tree_new();
	put(tree, GPU "uevent", "PCI_ID=10DE:2342\nMODALIAS=" GPU_ALIAS "\n");
	struct root *root ROOT_AUTO = root_from_tree(tree);
	HOST_AUTO struct host *host = host_probe(root, PROBE_DETAIL, NULL);

	g_assert_null(host->pci[0].detail->modules);
	g_assert_null(host->pci[0].detail->slot_name);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/modules/aliases", test_modules);
	g_test_add_func("/modules/handover", test_handover);
	g_test_add_func("/modules/unknown", test_unknown);
	return g_test_run();
}
