/* What definitions stand on: targets, firmware descriptors, ROMs. Whole definitions are the
 * business of test-vm-command, which has libvirt and QEMU read them. */
#include <string.h>

#include "base/error.h"
#include "model/guests.h"
#include "model/rom.h"
#include "vm/firmware.h"
#include "vm/target.h"

static void check_error(GError **error, const char *words)
{
	g_assert_error(*error, VFIOKIT_ERROR, STATUS_USAGE);
	if (!strstr((*error)->message, words))
		g_error("'%s' is not in '%s'", words, (*error)->message);
	g_clear_error(error);
}

/* ---- targets ---- */

static void test_target(void)
{
	const struct guest_facts nothing = { 0 };
	const struct guest_facts installed = { .qemu_version = "7.2.22",
					       .libvirt_version = "9.0.0" };
	struct target target;

	target_of(&nothing, &target);
	g_assert_cmpuint(target.qemu, ==, TARGET_ASSUMED_QEMU);
	g_assert_cmpint(target.libvirt_source, ==, TARGET_ASSUMED);
	target_of(&installed, &target);
	g_assert_cmpuint(target.qemu, ==, 7002);
	g_assert_cmpuint(target.libvirt, ==, 9000);
	g_assert_cmpint(target.qemu_source, ==, TARGET_INSTALLED);
	g_assert_true(target_parse("libvirt=12.8", &target, NULL));
	g_assert_cmpuint(target.libvirt, ==, 12008);
	g_assert_cmpint(target.libvirt_source, ==, TARGET_NAMED);
	g_assert_cmpint(target.qemu_source, ==, TARGET_INSTALLED);
}

static void test_target_features(void)
{
	struct target target = { .qemu = 9000, .libvirt = 9011 };

	g_assert_false(target_has(&target, TARGET_QUEUE_MAPPING));
	target.libvirt = 10000;
	g_assert_true(target_has(&target, TARGET_QUEUE_MAPPING));
	target.qemu = 8002;
	g_assert_false(target_has(&target, TARGET_QUEUE_MAPPING));
	target.libvirt = 8006;
	g_assert_false(target_has(&target, TARGET_MAXPHYSADDR));
	target.libvirt = 8007;
	g_assert_true(target_has(&target, TARGET_MAXPHYSADDR));
}

static void test_target_errors(void)
{
	static const char *const bad[] = {
		"",        "qemu",      "qemu=",   "qemu=x", "qemu=7.x",
		"xen=4.0", "qemu=7.2,", "qemu7.2", "=7",     "libvirt=-9"
	};
	struct target target = { 0 };
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(target_parse(bad[i], &target, &error));
		check_error(&error, "is no target");
	}
	g_assert_false(target_parse("qemu=2.12", &target, &error));
	check_error(&error, "older than 5.2");
}

/* ---- firmware ---- */

#define DESCRIPTOR(machines, features, device, path)                                               \
	"{\"description\": \"x\", \"interface-types\": [\"uefi\"], \"mapping\": {\"device\": "     \
	"\"" device "\", \"executable\": {\"filename\": \"" path "\", \"format\": \"raw\"}, "      \
	"\"nvram-template\": {\"filename\": \"" path ".vars\", \"format\": \"raw\"}}, "            \
	"\"targets\": [{\"architecture\": \"x86_64\", \"machines\": [\"" machines "\"]}], "        \
	"\"features\": [" features "], \"tags\": []}"

static const struct guest_firmware descriptors[] = {
	{ "10-broken.json", "{\"mapping\": " },
	{ "20-array.json", "[1, 2]" },
	{ "25-no-flash.json", DESCRIPTOR("pc-q35-*", "", "memory", "/memory") },
	{ "26-i440fx.json", DESCRIPTOR("pc-i440fx-*", "", "flash", "/i440fx") },
	{ "30-secure.json",
	  DESCRIPTOR("pc-q35-*", "\"secure-boot\", \"requires-smm\"", "flash", "/secure") },
	{ "40-enrolled.json",
	  DESCRIPTOR("pc-q35-*", "\"enrolled-keys\", \"requires-smm\", \"secure-boot\"", "flash",
		     "/enrolled") },
	{ "60-plain.json", DESCRIPTOR("pc-q35-*", "\"acpi-s3\"", "flash", "/plain") },
};

static const struct guest_facts firmware_guests = {
	.firmware = descriptors,
	.n_firmware = G_N_ELEMENTS(descriptors),
};

static void check_firmware(bool secure_boot, const char *code, bool smm)
{
	const struct firmware_wish wish = { .secure_boot = secure_boot };
	g_autofree char *vars = g_strconcat(code, ".vars", NULL);
	struct firmware_image image;

	g_assert_true(firmware_find(&firmware_guests, &wish, &image));
	g_assert_cmpstr(image.code, ==, code);
	g_assert_cmpstr(image.vars, ==, vars);
	g_assert_true(image.needs_smm == smm);
	firmware_image_clear(&image);
}

static void test_firmware(void)
{
	check_firmware(true, "/enrolled", true);
	check_firmware(false, "/plain", false);
}

static void test_firmware_none(void)
{
	const struct guest_facts few = { .firmware = descriptors, .n_firmware = 5 };
	const struct firmware_wish wish = { .secure_boot = true };
	struct firmware_image image;

	g_assert_false(firmware_find(&few, &wish, &image));
	g_assert_null(image.code);
}

/* What is assumed is what Debian's descriptors say of the same wish. */
static void test_firmware_assumed(void)
{
	for (int secure = 0; secure < 2; secure++) {
		const struct firmware_wish wish = { .secure_boot = secure };
		struct firmware_image image;

		firmware_assume(&wish, &image);
		g_assert_true(image.assumed);
		g_assert_true(image.needs_smm == (secure == 1));
		g_assert_true((strstr(image.code, ".ms.") != NULL) == (secure == 1));
		g_assert_true(
			g_str_has_suffix(image.vars, secure ? "_VARS_4M.ms.fd" : "_VARS_4M.fd"));
		firmware_image_clear(&image);
	}
}

/* ---- ROMs ---- */

#define IMAGE_SIZE 1024

static const uint8_t image_head[] = { 0x55, 0xaa, 2, 0, 0xf1, 0x0e, 0, 0, 0x0b, 0, 0x64, 0x86 };
static const uint8_t pcir_head[] = { 'P', 'C', 'I', 'R', 0xde, 0x10, 0, 0, 0, 0,
				     24,  0,   0,   0,   0,    3,    2, 0, 0, 0 };

/* An image as on a card: 55 AA, PCIR at 0x1c, two blocks long. */
static void put_image(uint8_t *at, uint16_t device, uint8_t kind, bool last)
{
	memset(at, 0x90, IMAGE_SIZE);
	memcpy(at, image_head, sizeof(image_head));
	at[0x18] = 0x1c;
	at[0x19] = 0;
	uint8_t *pcir = at + 0x1c;
	memcpy(pcir, pcir_head, sizeof(pcir_head));
	pcir[6] = (uint8_t)device;
	pcir[7] = (uint8_t)(device >> 8);
	pcir[0x14] = kind;
	pcir[0x15] = last ? 0x80 : 0;
}

struct rom_fixture {
	uint8_t bytes[4 * IMAGE_SIZE];
	size_t length;
};

static struct rom_fixture good_rom(void)
{
	struct rom_fixture rom = { .length = (size_t)2 * IMAGE_SIZE };

	put_image(rom.bytes, 0x1c03, ROM_X86, false);
	put_image(rom.bytes + IMAGE_SIZE, 0x1c03, ROM_EFI, true);
	return rom;
}

static const struct rom_wish gpu_wish = { .vendor = 0x10de, .device = 0x1c03, .efi = true };

static bool judge(const struct rom_fixture *fixture, GError **error)
{
	/* a copy of that length: reading too far is seen */
	g_autofree uint8_t *bytes = g_memdup2(fixture->bytes, fixture->length);
	struct rom rom;

	return rom_read(bytes, fixture->length, &rom, error) && rom_judge(&rom, &gpu_wish, error);
}

static void check_bad(const struct rom_fixture *fixture, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(judge(fixture, &error));
	check_error(&error, words);
}

static void test_rom_good(void)
{
	struct rom_fixture fixture = good_rom();
	g_autoptr(GError) error = NULL;
	struct rom rom;

	judge(&fixture, &error);
	g_assert_no_error(error);
	g_assert_true(rom_read(fixture.bytes, fixture.length, &rom, NULL));
	g_assert_cmpuint(rom.n_images, ==, 2);
	g_assert_true(rom.complete);
	g_assert_cmphex(rom.images[1].machine, ==, 0x8664);
	fixture.length += 100; /* what flash chips have behind it */
	g_assert_true(judge(&fixture, NULL));
}

static void test_rom_bytes(void)
{
	struct rom_fixture fixture = { .length = 0 };

	check_bad(&fixture, "empty");
	fixture.length = IMAGE_SIZE;
	check_bad(&fixture, "every byte of it is 00");
	memset(fixture.bytes, 0xff, IMAGE_SIZE);
	check_bad(&fixture, "every byte of it is ff");
	memcpy(fixture.bytes, "MZ", 2);
	check_bad(&fixture, "no ROM of a PCI device");
	fixture = good_rom();
	fixture.bytes[0x1c] = 'X';
	fixture.bytes[IMAGE_SIZE + 0x1c] = 'X';
	check_bad(&fixture, "no ROM of a PCI device");
}

static void test_rom_cut(void)
{
	struct rom_fixture fixture = good_rom();

	for (fixture.length = (size_t)2 * IMAGE_SIZE - 1; fixture.length > 0; fixture.length--)
		g_assert_false(judge(&fixture, NULL));
	fixture.length = (size_t)2 * IMAGE_SIZE - 1;
	check_bad(&fixture, "cut off");
	fixture.length = IMAGE_SIZE;
	check_bad(&fixture, "cut off");
}

static void test_rom_other_card(void)
{
	struct rom_fixture fixture = good_rom();

	put_image(fixture.bytes + IMAGE_SIZE, 0x1c02, ROM_EFI, true);
	check_bad(&fixture, "10de:1c02, and the device is 10de:1c03");
}

static void test_rom_no_efi(void)
{
	struct rom_fixture fixture = good_rom();

	fixture.length = IMAGE_SIZE;
	fixture.bytes[0x1c + 0x15] = 0x80;
	check_bad(&fixture, "no EFI image");
	fixture = good_rom();
	fixture.bytes[IMAGE_SIZE + 4] = 0;
	check_bad(&fixture, "0EF1");
	fixture = good_rom();
	fixture.bytes[IMAGE_SIZE + 0xa] = 0x4c;
	fixture.bytes[IMAGE_SIZE + 0xb] = 0x01;
	check_bad(&fixture, "machine type 014c");
}

/* Files of flash tools have something in front. */
static void test_rom_header(void)
{
	struct rom_fixture good = good_rom();
	struct rom_fixture fixture = { .length = good.length + 0x400 };

	memcpy(fixture.bytes, "NVGI", 4);
	memcpy(fixture.bytes + 0x400, good.bytes, good.length);
	check_bad(&fixture, "1024 bytes of a flash tool's header");
}

/* A ROM of a family names its other members in a list (revision 3 of the structure). */
static void test_rom_family(void)
{
	struct rom_fixture fixture = good_rom();
	static const uint8_t in_list[] = { 0x04, 0x1c, 0x03, 0x1c, 0, 0 };
	static const uint8_t behind_list[] = { 0x04, 0x1c, 0, 0, 0x03, 0x1c };
	uint8_t *pcir = fixture.bytes + IMAGE_SIZE + 0x1c;

	put_image(fixture.bytes + IMAGE_SIZE, 0x1c02, ROM_EFI, true);
	pcir[0x0c] = 3;
	pcir[8] = 0x40;
	memcpy(pcir + 0x40, in_list, sizeof(in_list));
	g_assert_true(judge(&fixture, NULL));
	memcpy(pcir + 0x40, behind_list, sizeof(behind_list));
	check_bad(&fixture, "another card");
}

/* Whatever the bytes are: an answer, and nothing read beyond them. The seed is printed. */
static void test_rom_random(void)
{
	for (unsigned round = 0; round < 20000; round++) {
		struct rom_fixture fixture = good_rom();
		for (int n = g_test_rand_int_range(1, 6); n > 0; n--)
			fixture.bytes[g_test_rand_int_range(0, 2 * IMAGE_SIZE)] =
				(uint8_t)g_test_rand_int();
		for (int n = g_test_rand_int_range(0, 4); n > 0; n--)
			fixture.bytes[IMAGE_SIZE * g_test_rand_int_range(0, 2) +
				      g_test_rand_int_range(0, 0x40)] = (uint8_t)g_test_rand_int();
		fixture.length = (size_t)g_test_rand_int_range(0, 4 * IMAGE_SIZE);
		g_autoptr(GError) error = NULL;
		g_assert_true(judge(&fixture, &error) == (error == NULL));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vm/target", test_target);
	g_test_add_func("/vm/target/features", test_target_features);
	g_test_add_func("/vm/target/errors", test_target_errors);
	g_test_add_func("/vm/firmware", test_firmware);
	g_test_add_func("/vm/firmware/none", test_firmware_none);
	g_test_add_func("/vm/firmware/assumed", test_firmware_assumed);
	g_test_add_func("/vm/rom/good", test_rom_good);
	g_test_add_func("/vm/rom/bytes", test_rom_bytes);
	g_test_add_func("/vm/rom/cut", test_rom_cut);
	g_test_add_func("/vm/rom/other-card", test_rom_other_card);
	g_test_add_func("/vm/rom/no-efi", test_rom_no_efi);
	g_test_add_func("/model/rom.header", test_rom_header);
	g_test_add_func("/vm/rom/family", test_rom_family);
	g_test_add_func("/vm/rom/random", test_rom_random);
	return g_test_run();
}
