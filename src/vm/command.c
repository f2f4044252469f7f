/* A definition as a QEMU command line. See definition.h. */
#include <inttypes.h>
#include <string.h>

#include "base/size.h"
#include "vm/command_parts.h"
#include "vm/definition.h"

static void free_option(gpointer data)
{
	struct command_option *option = data;

	g_free(option->name);
	g_free(option->value);
	g_free(option);
}

void command_add(GPtrArray *line, const char *name, const char *format, ...)
{
	struct command_option *option = g_new0(struct command_option, 1);
	va_list args;

	option->name = g_strdup(name);
	if (format) {
		va_start(args, format);
		option->value = g_strdup_vprintf(format, args);
		va_end(args);
	}
	g_ptr_array_add(line, option);
}

/* A comma ends a value: two stand for one. */
char *command_value(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", -1);

	return g_strjoinv(",,", parts);
}

/* ---- the machine ---- */

static void write_machine(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-name", "%s,debug-threads=on", made->name);
	command_add(line, "-nodefaults", NULL);
	command_add(line, "-no-user-config", NULL);
	command_add(line, "-machine",
		    "q35,accel=kvm,kernel-irqchip=on,smm=%s,vmport=off,hpet=off%s",
		    made->secure_boot ? "on" : "off",
		    made->n_cells == 0 ? ",memory-backend=mem0" : "");
}

static void write_firmware(GPtrArray *line, const struct definition *made)
{
	if (!made->has_firmware)
		return;
	g_autofree char *code = command_value(made->firmware.code);
	g_autofree char *own = definition_vars(made);
	g_autofree char *vars = command_value(own);

	if (made->firmware.needs_smm)
		command_add(line, "-global", "driver=cfi.pflash01,property=secure,value=on");
	command_add(line, "-drive", "if=pflash,unit=0,format=%s,readonly=on,file=%s",
		    made->firmware.code_format ? made->firmware.code_format : "raw", code);
	command_add(line, "-drive", "if=pflash,unit=1,format=%s,file=%s",
		    made->firmware.vars_format ? made->firmware.vars_format : "raw", vars);
}

/* ---- CPUs ---- */

static const char hyperv[] = ",hv-relaxed=on,hv-vapic=on,hv-spinlocks=8191,hv-vpindex=on,"
			     "hv-runtime=on,hv-synic=on,hv-stimer=on,hv-stimer-direct=on,"
			     "hv-time=on,hv-frequencies=on,hv-tlbflush=on,hv-ipi=on";

static void write_cpu(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-cpu", "host,migratable=off,host-cache-info=on,host-phys-bits=on%s%s%s",
		    made->topoext ? ",topoext=on" : "", made->hyperv ? hyperv : "",
		    made->hide_kvm ? ",hv-vendor-id=vfiokit,kvm=off" : "");
	command_add(line, "-smp", "%u,sockets=%u,dies=1,cores=%u,threads=%u", made->vcpus,
		    made->sockets, made->cores, made->threads);
}

/* ---- memory ---- */

/* A list as repeated keys: "0-3,8-11" is ",KEY=0-3,KEY=8-11". */
static char *say_list(const char *key, const char *list)
{
	g_auto(GStrv) parts = g_strsplit(list, ",", -1);
	GString *text = g_string_new(NULL);

	for (char **part = parts; *part; part++)
		g_string_append_printf(text, ",%s=%s", key, *part);
	return g_string_free(text, FALSE);
}

static void add_memory(GPtrArray *line, const struct definition *made, unsigned index,
		       uint64_t bytes, const char *nodes)
{
	g_autofree char *pages =
		made->page_size == 0
			? g_strdup("")
			: g_strdup_printf(",hugetlb=on,hugetlbsize=%" PRIu64 "M,prealloc=on",
					  made->page_size / MIB);

	command_add(line, "-object", "%s,id=mem%u,size=%" PRIu64 "M,merge=off%s%s%s",
		    made->page_size > 0 ? "memory-backend-memfd,share=off" : "memory-backend-ram",
		    index, bytes / MIB, pages, nodes, *nodes ? ",policy=bind" : "");
}

static void write_memory(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-m", "%" PRIu64 "M", made->memory / MIB);
	if (made->n_cells == 0) {
		g_autofree char *nodes =
			made->nodes ? say_list("host-nodes", made->nodes) : g_strdup("");
		add_memory(line, made, 0, made->memory, nodes);
		return;
	}
	for (unsigned i = 0; i < made->n_cells; i++) {
		const struct definition_cell *cell = &made->cells[i];
		g_autofree char *node = g_strdup_printf(",host-nodes=%d", cell->node);
		g_autofree char *vcpus = say_list("cpus", cell->vcpus);
		add_memory(line, made, i, cell->memory, node);
		command_add(line, "-numa", "node,nodeid=%u,memdev=mem%u%s", i, i, vcpus);
	}
}

/* ---- time and power ---- */

static void write_clock(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-rtc", "base=%s,driftfix=slew", made->localtime ? "localtime" : "utc");
	command_add(line, "-global", "kvm-pit.lost_tick_policy=delay");
	command_add(line, "-global", "ICH9-LPC.disable_s3=1");
	command_add(line, "-global", "ICH9-LPC.disable_s4=1");
	command_add(line, "-boot", "menu=off,strict=on");
}

/* What a guest that breaks out of the emulator cannot do then. */
static void write_sandbox(GPtrArray *line, const struct definition *made)
{
	command_add(line, "-sandbox",
		    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	command_add(line, made->guest->windows ? "-monitor" : "-serial",
		    made->guest->windows ? "stdio" : "mon:stdio");
}

/* ---- the whole ---- */

static void (*const sections[])(GPtrArray *line, const struct definition *made) = {
	write_machine, write_firmware,        write_cpu,     write_memory,
	write_clock,   command_write_devices, write_sandbox,
};

/* Beside the disk. */
static char *own_file(const struct definition *made, const char *suffix)
{
	g_autofree char *folder = made->disk_is_block ? g_strdup("/var/lib/libvirt/images")
						      : g_path_get_dirname(made->disk);

	return g_strdup_printf("%s/%s%s", folder, made->name, suffix);
}

char *definition_vars(const struct definition *definition)
{
	return own_file(definition, "_VARS.fd");
}

char *definition_tpm(const struct definition *definition)
{
	return own_file(definition, "_TPM");
}

GPtrArray *definition_command(const struct definition *definition)
{
	GPtrArray *line = g_ptr_array_new_with_free_func(free_option);
	const char *program = definition->host->guests.qemu;

	command_add(line, program ? program : "qemu-system-x86_64", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
		sections[i](line, definition);
	return line;
}

char *shell_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	return *word && strspn(word, plain) == strlen(word) ? g_strdup(word) : g_shell_quote(word);
}
