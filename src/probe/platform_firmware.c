/* The firmware: EFI or not, Secure Boot and the lockdown that mostly comes of it, and what DMI
 * calls the machine. The attributes with serial numbers and UUIDs are left alone. */
#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define DMI         "/sys/class/dmi/id/"

/* efivarfs: four bytes of attributes, then the value (UEFI specification: 1 is on). */
#define VALUE_OFFSET 4

/* "none [integrity] confidentiality": the one in brackets. */
static void probe_lockdown(struct root *root, struct host *host)
{
	const char *text = platform_line(root, host, "/sys/kernel/security/lockdown");
	const char *open = text ? strchr(text, '[') : NULL;
	const char *close = open ? strchr(open, ']') : NULL;

	if (close)
		host->platform.kernel.lockdown =
			host_string_n(host, open + 1, (size_t)(close - open - 1));
}

static void probe_secure_boot(struct root *root, struct host *host)
{
	struct firmware *firmware = &host->platform.firmware;
	char buf[16];
	ssize_t n = root_read(root, SECURE_BOOT, buf, sizeof(buf));

	if (n > VALUE_OFFSET)
		firmware->secure_boot = buf[VALUE_OFFSET] == 1 ? TRI_YES : TRI_NO;
	else if (n < 0)
		host_gap(host, SECURE_BOOT, (int)-n);
}

/* What boards say that nobody has filled in. */
static const char *const nothings[] = {
	"To be filled by O.E.M.",
	"To Be Filled By O.E.M.",
	"Default string",
	"System manufacturer",
	"System Product Name",
	"Not Specified",
	"None",
	"N/A",
	"O.E.M.",
	"Unknown",
};

static const char *dmi_line(struct root *root, struct host *host, const char *path)
{
	const char *text = platform_line(root, host, path);

	for (size_t i = 0; text && i < G_N_ELEMENTS(nothings); i++)
		if (g_ascii_strcasecmp(text, nothings[i]) == 0)
			return NULL;
	return text;
}

void platform_probe_firmware(struct root *root, struct host *host)
{
	struct firmware *firmware = &host->platform.firmware;

	probe_lockdown(root, host);
	if (root_exists(root, "/sys/firmware"))
		firmware->efi = root_exists(root, "/sys/firmware/efi") ? TRI_YES : TRI_NO;
	if (firmware->efi == TRI_NO)
		firmware->secure_boot = TRI_NO;
	else
		probe_secure_boot(root, host);
	firmware->vendor = dmi_line(root, host, DMI "sys_vendor");
	firmware->product = dmi_line(root, host, DMI "product_name");
	firmware->board = dmi_line(root, host, DMI "board_name");
	firmware->bios_version = dmi_line(root, host, DMI "bios_version");
	firmware->bios_date = dmi_line(root, host, DMI "bios_date");
}
