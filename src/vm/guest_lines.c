/* Finding command lines of QEMU in a text, which may be a script, a log or a unit of systemd. */
#include <string.h>

#include "base/text.h"
#include "vm/guest.h"
#include "vm/qemu_reader.h"
#include "vm/shell_words.h"

static bool is_qemu(const char *word)
{
	const char *slash = strrchr(word, '/');
	const char *name = slash ? slash + 1 : word;

	return g_str_has_prefix(name, "qemu-system-") || strcmp(name, "qemu-kvm") == 0 ||
	       strcmp(name, "kvm") == 0;
}

static const char *word_of(const GPtrArray *command, guint index)
{
	return ((const struct shell_word *)command->pdata[index])->text;
}

/* "qemu-system-x86_64 --version", "which qemu-system-x86_64": no guests. */
static bool starts_guest(const GPtrArray *command, guint first)
{
	unsigned n = 0;

	for (guint i = first + 1; i < command->len; i++)
		n += word_of(command, i)[0] == '-';
	return n >= 2;
}

/* "ulimit -l 16777216", in KiB; of a unit of systemd "LimitMEMLOCK=16G". */
static uint64_t read_memlock(const GPtrArray *command)
{
	const char *unit = text_after(word_of(command, 0), SHELL_MEMLOCK);
	uint64_t kib;

	if (unit)
		return strcmp(unit, "infinity") == 0 ? UINT64_MAX : pairs_size(unit, 1);
	if (command->len < 3 || strcmp(word_of(command, 0), "ulimit") != 0 ||
	    !strchr(word_of(command, 1), 'l'))
		return 0;
	if (strcmp(word_of(command, 2), "unlimited") == 0)
		return UINT64_MAX;
	return text_to_u64(word_of(command, 2), 10, &kib) && kib <= UINT64_MAX >> 10 ? kib << 10
										     : 0;
}

/* Where the words of a command end that stand before there; 0: none does. */
static size_t end_before(const GPtrArray *command, size_t there)
{
	size_t end = 0;

	for (guint i = 0; i < command->len; i++) {
		const struct shell_word *word = command->pdata[i];
		end = word->end <= there ? MAX(end, word->end) : end;
	}
	return end;
}

/* Is there nothing in it but comments, the ends of lines and variables, whose words stand
 * elsewhere? "x ;;" before "-v)" is no cut, nor is what stands behind an empty line. */
static bool is_gap(const char *between)
{
	const char *at = between;

	while (*(at += strspn(at, " \t\r\n\\"))) {
		bool variable = *at == '$' || g_str_has_prefix(at, "\"$");
		if (*at != '#' && !variable)
			return false;
		at += strcspn(at, variable ? " \t\r\n" : "\n");
	}
	return !strstr(between, "\n\n") || strstr(between, "\\\n");
}

/* The options behind a command that the shell takes for another command, since a line does not end
 * with a backslash, or a comment stands between: "-vga none"; NULL. */
static char *find_cut(const char *text, const GPtrArray *command, const GPtrArray *next)
{
	const struct shell_word *first = next->pdata[0], *last = next->pdata[next->len - 1];
	const char *name = first->text + strspn(first->text, "-");

	if (name == first->text || !g_ascii_isalpha(*name) || first->end == 0)
		return NULL;
	size_t end = end_before(command, first->start);
	g_autofree char *between = g_strndup(text + end, first->start - end);
	if (!is_gap(between))
		return NULL;
	char *cut = g_strndup(text + first->start, MAX(last->end, first->end) - first->start);
	cut[strcspn(cut, "\\\r\n")] = '\0';
	return g_strchomp(cut);
}

static void free_guest(void *guest)
{
	guest_free(guest);
}

/* Does a text say that devices are handed over before the guest starts: by its own commands, or by
 * libvirt or Proxmox, which have made it? */
static bool hands_over(const char *text)
{
	static const char *const words[] = {
		"nodedev-detach", "driver_override",
		"new_id",         "driverctl",
		"vfio-pci/bind",  "bind-vfio",
		"vfio-bind",      "vfiokit bind",
		"/qemu-server/",  "/var/lib/libvirt/qemu/domain-",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void hand_over(const struct guest *guest)
{
	for (guint i = 0; i < guest->devices->len; i++)
		g_array_index(guest->devices, struct guest_device, i).unmanaged = false;
}

/* What only shows a command line to people. */
static bool only_shows(const GPtrArray *command)
{
	static const char *const programs[] = { "echo",  "printf", "grep", "pgrep",
						"pkill", "log",    NULL };

	return g_strv_contains(programs, word_of(command, 0));
}

/* The guest of a command; NULL: it starts none. */
static struct guest *read_guest(const GPtrArray *command)
{
	for (guint i = 0; i < command->len; i++)
		if (is_qemu(word_of(command, i)) && starts_guest(command, i))
			return reader_command(command, i);
	return NULL;
}

/* The guest of "sh -c 'qemu-system-x86_64 …'": its words stand nowhere as such. NULL: none. */
static struct guest *read_quoted(const GPtrArray *command)
{
	struct guest *guest = NULL;

	for (guint i = 1; i < command->len && !guest; i++) {
		const char *word = word_of(command, i);
		if (!strpbrk(word, " \n") || !(strstr(word, "qemu") || strstr(word, "kvm")))
			continue;
		g_autoptr(GPtrArray) inner = shell_commands(word, false);
		for (guint j = 0; j < inner->len && !guest; j++)
			guest = only_shows(inner->pdata[j]) ? NULL : read_guest(inner->pdata[j]);
	}
	for (guint i = 0; guest && i < guest->places->len; i++)
		g_array_index(guest->places, struct guest_place, i) = (struct guest_place){ 0 };
	return guest;
}

/* Adds the guests of these commands of the text. */
static void add_guests(GPtrArray *guests, const char *text, const GPtrArray *commands)
{
	uint64_t memlock = 0;

	for (guint i = 0; i < commands->len; i++) {
		const GPtrArray *command = commands->pdata[i];
		uint64_t limit = read_memlock(command);
		memlock = limit ? limit : memlock;
		struct guest *guest = only_shows(command) ? NULL : read_guest(command);
		g_autofree char *cut = guest && i + 1 < commands->len
					       ? find_cut(text, command, commands->pdata[i + 1])
					       : NULL;
		if (!guest && !only_shows(command))
			guest = read_quoted(command);
		if (!guest)
			continue;
		guest->cut = guest_string(guest, cut);
		guest->memlock = memlock;
		if (hands_over(text))
			hand_over(guest);
		g_ptr_array_add(guests, guest);
	}
}

GPtrArray *guest_read_qemu(const char *text)
{
	GPtrArray *guests = g_ptr_array_new_with_free_func(free_guest);

	for (int documents = 0; documents < 2 && guests->len == 0; documents++) {
		g_autoptr(GPtrArray) commands = shell_commands(text, documents);
		add_guests(guests, text, commands);
	}
	return guests;
}
