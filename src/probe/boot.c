/* See boot.h. What is read is what decides, or what a plan would edit: texts of a few kilobytes. */
#include "probe/boot.h"

#include <errno.h>
#include <string.h>

#include "base/root.h"
#include "base/text.h"
#include "model/host.h"

#define TEXT_MAX ((size_t)256 * 1024)

/* ---- what is looked for ---- */

enum look {
	LOOK_READ, /* the text */
	LOOK_THERE,
	LOOK_FOLDER,      /* is it there, and the names in it */
	LOOK_FOLDER_READ, /* and the texts of its files */
};

struct place {
	const char *path;
	enum look look;
	const char *suffix; /* in folders: of the names that count; NULL: all */
};

static const struct place places[] = {
	{ "/etc/NIXOS", LOOK_THERE },
	{ "/run/ostree-booted", LOOK_THERE },
	{ "/etc/pve", LOOK_THERE },
	{ "/etc/kernel/proxmox-boot-uuids", LOOK_THERE },
	{ "/etc/kernelstub/configuration", LOOK_READ },
	{ "/etc/os-release", LOOK_READ },
	{ "/usr/lib/os-release", LOOK_READ },
	{ "/etc/sysconfig/bootloader", LOOK_READ },
	{ "/etc/sdboot-manage.conf", LOOK_READ },
	{ "/etc/default/limine", LOOK_READ },
	{ "/etc/default/grub", LOOK_READ },
	{ "/etc/default/grub.d", LOOK_FOLDER_READ, ".cfg" },
	{ "/etc/grub.d/45_vfiokit", LOOK_READ },
	{ "/etc/kernel/cmdline", LOOK_READ },
	{ "/usr/lib/kernel/cmdline", LOOK_READ },
	{ "/etc/kernel/install.conf", LOOK_READ },
	{ "/usr/lib/kernel/install.conf", LOOK_READ },
	{ "/etc/cmdline.d", LOOK_FOLDER_READ, ".conf" },
	{ "/etc/mkinitcpio.conf", LOOK_READ },
	{ "/etc/mkinitcpio.conf.d", LOOK_FOLDER_READ, ".conf" },
	{ "/etc/mkinitcpio.d", LOOK_FOLDER_READ, ".preset" },
	{ "/etc/dracut.conf", LOOK_READ },
	{ "/etc/dracut.conf.d", LOOK_FOLDER_READ, ".conf" },
	{ "/usr/lib/dracut/dracut.conf.d", LOOK_FOLDER_READ, ".conf" },
	{ "/etc/booster.yaml", LOOK_READ },
	{ "/etc/initramfs-tools/modules", LOOK_READ },
	{ "/etc/initramfs-tools/initramfs.conf", LOOK_READ },
	{ "/usr/share/initramfs-tools/hook-functions", LOOK_THERE },
	{ "/usr/share/initramfs-tools/hooks", LOOK_THERE },
	{ "/etc/modules", LOOK_READ },
	{ "/etc/modprobe.d", LOOK_FOLDER_READ, ".conf" },
	{ "/etc/modules-load.d", LOOK_FOLDER_READ, ".conf" },
	{ "/etc/sysctl.d/80-vfiokit-hugepages.conf", LOOK_READ },
	{ "/boot/grub", LOOK_THERE },
	{ "/boot/grub/grub.cfg", LOOK_THERE },
	{ "/boot/grub/grubenv", LOOK_READ },
	{ "/boot/grub2", LOOK_THERE },
	{ "/boot/grub2/grub.cfg", LOOK_THERE },
	{ "/boot/grub2/grubenv", LOOK_READ },
	{ "/boot/refind_linux.conf", LOOK_READ },
	{ "/boot/extlinux.conf", LOOK_THERE },
	{ "/boot/extlinux/extlinux.conf", LOOK_THERE },
	{ "/boot/syslinux/syslinux.cfg", LOOK_THERE },
	{ "/boot/firmware/cmdline.txt", LOOK_THERE },
	{ "/boot/cmdline.txt", LOOK_THERE },
	{ "/etc/default/u-boot", LOOK_THERE },
	{ "/etc/lilo.conf", LOOK_THERE },
	{ "/etc/update-extlinux.conf", LOOK_THERE },
	{ "/boot/limine", LOOK_THERE },
	{ "/boot/limine/limine.conf", LOOK_READ },
	/* what binds at every boot (plan/persist.h, plan/initramfs.h) */
	{ "/etc/vfiokit/bindings", LOOK_READ },
	{ "/etc/vfiokit/trial", LOOK_READ },
	{ "/boot/grub/custom.cfg", LOOK_THERE },
	{ "/boot/grub2/custom.cfg", LOOK_THERE },
	{ "/etc/udev/rules.d/10-vfiokit.rules", LOOK_READ },
	{ "/etc/initramfs-tools/hooks/vfiokit", LOOK_READ },
	{ "/etc/systemd/system/vfiokit-boot.service", LOOK_READ },
	{ "/etc/systemd/system/multi-user.target.d/vfiokit.conf", LOOK_READ },
	/* what the roles of model/packages.c are known by */
	{ "/usr/libexec/qemu-kvm", LOOK_THERE },
	{ "/usr/share/OVMF", LOOK_FOLDER, ".fd" },
	{ "/usr/share/edk2/ovmf", LOOK_FOLDER },
	{ "/usr/share/edk2/x64", LOOK_FOLDER },
	{ "/usr/share/edk2-ovmf/x64", LOOK_FOLDER },
	{ "/usr/share/edk2-ovmf", LOOK_FOLDER, ".fd" },
	{ "/usr/share/edk2/OvmfX64", LOOK_FOLDER },
	{ "/usr/share/qemu", LOOK_FOLDER, ".bin" },
	{ "/usr/share/qemu/edk2-x86_64-code.fd", LOOK_THERE },
	{ "/run/libvirt/nix-emulators/qemu-system-x86_64", LOOK_THERE },
	{ "/run/libvirt/nix-ovmf", LOOK_FOLDER },
};

/* In each folder that may be the EFI system partition. */
static const char *const partitions[] = { "/boot", "/efi", "/boot/efi" };

static const struct place partition_places[] = {
	{ "", LOOK_THERE },
	{ "/loader/loader.conf", LOOK_READ },
	{ "/loader/entries", LOOK_FOLDER_READ, ".conf" },
	{ "/EFI", LOOK_THERE },
	{ "/EFI/systemd", LOOK_FOLDER, ".efi" },
	{ "/EFI/Linux", LOOK_FOLDER, ".efi" },
	{ "/EFI/Slackware/elilo.conf", LOOK_THERE },
	{ "/EFI/centos/grub.cfg", LOOK_THERE },
	{ "/EFI/fedora/grub.cfg", LOOK_THERE },
	{ "/EFI/redhat/grub.cfg", LOOK_THERE },
	{ "/EFI/refind/refind.conf", LOOK_READ },
	{ "/EFI/BOOT/limine.conf", LOOK_READ },
	{ "/EFI/limine/limine.conf", LOOK_READ },
	{ "/limine.conf", LOOK_READ },
};

/* Programs; read: those whose text tells who made them. */
static const struct {
	const char *name;
	bool read;
} programs[] = {
	{ "apt-get" },
	{ "booster" },
	{ "bootctl" },
	{ "bootc" },
	{ "dnf" },
	{ "dracut" },
	{ "grub-mkconfig", true },
	{ "grub2-mkconfig", true },
	{ "grub-reboot" },
	{ "grub2-reboot" },
	{ "grubby" },
	{ "kernel-install" },
	{ "kernelstub" },
	{ "kvm" },
	{ "libvirtd" },
	{ "limine-dracut" },
	{ "limine-mkinitcpio" },
	{ "limine-update" },
	{ "mkinitcpio" },
	{ "nixos-rebuild" },
	{ "pacman" },
	{ "proxmox-boot-tool" },
	{ "qemu-kvm" },
	{ "qemu-system-x86_64" },
	{ "reinstall-kernels" },
	{ "rpm-ostree" },
	{ "sdboot-manage" },
	{ "sdbootutil" },
	{ "swtpm" },
	{ "transactional-update" },
	{ "ukify" },
	{ "update-bootloader" },
	{ "update-grub" },
	{ "update-initramfs", true },
	{ "virt-install" },
	{ "virtqemud" },
	{ "zypper" },
};

static const char *const program_folders[] = { "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/",
					       "/run/current-system/sw/bin/" /* NixOS */ };

/* ---- files ---- */

struct reader {
	struct root *root;
	struct host *host;
	GArray *files; /* of struct boot_file */
};

static void add_file(struct reader *reader, const char *path, const char *text, int error)
{
	const struct boot_file file = {
		.path = host_string(reader->host, path),
		.text = host_text(reader->host, text),
		.error = error,
	};

	g_array_append_val(reader->files, file);
	if (error != 0 && error != ENODATA)
		host_gap(reader->host, path, error);
}

static void look_there(struct reader *reader, const char *path)
{
	int r = root_look(reader->root, path);

	add_file(reader, path, NULL, r == 0 ? ENODATA : -r);
}

/* A text with a NUL in it is no text: it is there, and not read. */
static void read_file(struct reader *reader, const char *path)
{
	size_t length = 0;
	int error = 0;
	g_autofree char *text = root_read_all(reader->root, path, TEXT_MAX, &length, &error);

	if (text && strlen(text) != length)
		add_file(reader, path, NULL, ENODATA);
	else
		add_file(reader, path, text, text ? 0 : error);
}

static void read_folder(struct reader *reader, const char *folder, const struct place *place)
{
	g_autoptr(GPtrArray) names = NULL;
	int r = root_list(reader->root, folder, &names);

	add_file(reader, folder, NULL, r == 0 ? ENODATA : -r);
	for (guint i = 0; r == 0 && i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *path = g_strconcat(folder, "/", name, NULL);
		if (place->suffix && !g_str_has_suffix(name, place->suffix))
			continue;
		if (place->look == LOOK_FOLDER_READ)
			read_file(reader, path);
		else
			add_file(reader, path, NULL, ENODATA);
	}
}

static void look_at(struct reader *reader, const char *path, const struct place *place)
{
	switch (place->look) {
	case LOOK_READ:
		read_file(reader, path);
		break;
	case LOOK_THERE:
		look_there(reader, path);
		break;
	case LOOK_FOLDER:
	case LOOK_FOLDER_READ:
		read_folder(reader, path, place);
		break;
	}
}

static void look_for_program(struct reader *reader, const char *name, bool read)
{
	g_autofree char *text = NULL;
	int error = ENOENT;

	for (size_t i = 0; i < G_N_ELEMENTS(program_folders) && error != ENODATA; i++) {
		g_autofree char *path = g_strconcat(program_folders[i], name, NULL);
		size_t length = 0;
		int r = root_look(reader->root, path);
		if (r != 0) {
			error = r == -ENOENT || r == -ENOTDIR ? error : -r;
			continue;
		}
		error = ENODATA;
		if (read)
			text = root_read_all(reader->root, path, TEXT_MAX, &length, NULL);
		if (text && strlen(text) != length)
			g_clear_pointer(&text, g_free);
	}
	add_file(reader, name, text, text ? 0 : error);
}

static gint compare_files(gconstpointer a, gconstpointer b)
{
	return strcmp(((const struct boot_file *)a)->path, ((const struct boot_file *)b)->path);
}

static void probe_files(struct root *root, struct host *host)
{
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(struct boot_file));
	struct reader reader = { root, host, files };

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		look_at(&reader, places[i].path, &places[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(partitions); i++)
		for (size_t j = 0; j < G_N_ELEMENTS(partition_places); j++) {
			g_autofree char *path =
				g_strconcat(partitions[i], partition_places[j].path, NULL);
			look_at(&reader, path, &partition_places[j]);
		}
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++)
		look_for_program(&reader, programs[i].name, programs[i].read);
	g_array_sort(files, compare_files);
	host->boot.files = host_keep(host, files);
	host->boot.n_files = files->len;
}

/* ---- os-release: shell assignments of one line (os-release(5)) ---- */

const char *boot_value(struct host *host, const char *text, const char *key)
{
	size_t length;
	const char *value = text_uevent(text, key, &length);

	if (!value || length == 0)
		return NULL;
	if (length >= 2 && (*value == '"' || *value == '\'') && value[length - 1] == *value) {
		value++;
		length -= 2;
	}
	return host_string_n(host, value, length);
}

static void probe_os(struct host *host)
{
	struct os_release *os = &host->boot.os;
	const char *text = boot_text(&host->boot, "/etc/os-release");

	if (!text)
		text = boot_text(&host->boot, "/usr/lib/os-release");
	if (!text)
		return;
	os->id = boot_value(host, text, "ID");
	os->id_like = boot_value(host, text, "ID_LIKE");
	os->version = boot_value(host, text, "VERSION_ID");
	os->name = boot_value(host, text, "PRETTY_NAME");
}

/* ---- EFI variables ---- */

#define VARIABLES "/sys/firmware/efi/efivars/"
#define VENDOR    "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" /* Boot Loader Interface */

static const char *const variables[] = { "LoaderInfo", "StubInfo", "LoaderEntrySelected" };

/* Four bytes of attributes, then UTF-16LE with a NUL behind it. */
static char *read_variable(struct root *root, const char *name)
{
	g_autofree char *path = g_strconcat(VARIABLES, name, VENDOR, NULL);
	char buf[1024];
	GString *text = g_string_new(NULL);
	ssize_t n = root_read(root, path, buf, sizeof(buf));

	for (ssize_t i = 4; i + 1 < n; i += 2) {
		gunichar c = (unsigned char)buf[i] | (gunichar)(unsigned char)buf[i + 1] << 8;
		if (c == 0 || c == '\n')
			break;
		g_string_append_unichar(text, c >= 0xd800 && c < 0xe000 ? '?' : c);
	}
	return g_string_free(text, text->len == 0);
}

char *boot_read_variables(struct root *root)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++) {
		g_autofree char *value = read_variable(root, variables[i]);
		if (value)
			g_string_append_printf(text, "%s=%s\n", variables[i], value);
	}
	return g_string_free(text, text->len == 0);
}

static void probe_variables(struct root *root, struct host *host)
{
	g_autofree char *text = root_digest(root, "efi-loader", boot_read_variables);

	if (!text)
		return;
	host->boot.loader_info = boot_value(host, text, "LoaderInfo");
	host->boot.stub_info = boot_value(host, text, "StubInfo");
	host->boot.entry_selected = boot_value(host, text, "LoaderEntrySelected");
}

void boot_probe(struct root *root, struct host *host)
{
	host->boot.probed = true;
	probe_files(root, host);
	probe_os(host);
	probe_variables(root, host);
	boot_probe_kernels(root, host);
	boot_judge(host);
	boot_probe_images(root, host);
}
