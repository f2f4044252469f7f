/* Packages, cores, caches and nodes, by hwloc. It runs in a child process, since it is steered by
 * its environment, and hands back its XML, which a recording carries. For another tree it is given
 * a copy of the files it needs: it follows links by itself, which could lead out of that tree. The
 * XML is read by ourselves (topology_xml.h), never by hwloc: it may come from a stranger. */
#include <string.h>

#include "base/child.h"
#include "base/root.h"
#include "base/scratch.h"
#include "base/text.h"
#include "model/host.h"
#include "probe/platform_parts.h"
#include "probe/topology_hwloc.h"
#include "probe/topology_xml.h"

#define SECONDS 20 /* a large server takes one */

/* Which <info> lines stay: the others name the machine, its maker, its owner's kernel. */
static const char *const kept_infos[] = {
	"CPU", "CoreType", "Frequency", "LinuxCapacity", "Inclusive", "MemoryTier",
};

static bool line_is_kept(const char *line)
{
	line += strspn(line, " ");
	const char *name = text_after(line, "<info name=\"");

	if (text_after(line, "<support "))
		return false;
	for (size_t i = 0; name && i < G_N_ELEMENTS(kept_infos); i++)
		if (text_after(name, kept_infos[i]))
			return true;
	return !name;
}

static char *trim_xml(const char *xml)
{
	GString *out = g_string_new(NULL);
	const char *line;
	size_t length;

	while ((line = text_next_line(&xml, &length)))
		if (line_is_kept(line))
			g_string_append_printf(out, "%.*s\n", (int)length, line);
	return g_string_free(out, FALSE);
}

/* In the child. data: the directory that stands for "/"; NULL: the running machine. */
static char *export_topology(void *data)
{
	return topology_export(data);
}

static char *ask_live(void)
{
	g_autofree char *xml = child_text(export_topology, NULL, SECONDS);

	return xml ? trim_xml(xml) : NULL;
}

/* What hwloc looks at for processors and memory; the last tells it which nodes are a GPU's memory.
 */
static const char *const sources[] = {
	"sys/devices/system/cpu",
	"sys/devices/system/node",
	"sys/devices/cpu_core",
	"sys/devices/cpu_atom",
	"sys/devices/virtual/dmi/id",
	"sys/kernel/mm/hugepages",
	"proc/cpuinfo",
	"proc/meminfo",
	"proc/driver/nvidia/gpus",
};

static char *ask_tree(struct root *root)
{
	if (!root_exists(root, "/sys/devices/system/cpu"))
		return NULL;

	struct scratch *scratch SCRATCH_AUTO = scratch_new();
	if (!scratch)
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
		scratch_copy(scratch, root, sources[i]);
	g_autofree char *path = g_strdup(scratch_path(scratch));
	g_autofree char *xml = child_text(export_topology, path, SECONDS);
	return xml ? trim_xml(xml) : NULL;
}

static char *ask(struct root *root)
{
	return root_is_live(root) ? ask_live() : ask_tree(root);
}

static int count(const char *xml, const char *element)
{
	int n = 0;

	for (const char *at = strstr(xml, element); at; at = strstr(at + 1, element))
		n++;
	return n > 0 ? n : -1;
}

void platform_probe_topology(struct root *root, struct host *host)
{
	struct topology *topology = &host->platform.topology;
	g_autofree char *xml = root_digest(root, "hwloc.xml", ask);

	if (!xml)
		return;
	topology->xml = host_text(host, xml);
	topology->packages = count(xml, "<object type=\"Package\"");
	topology->cores = count(xml, "<object type=\"Core\"");
	topology->threads = count(xml, "<object type=\"PU\"");
	topology->nodes = count(xml, "<object type=\"NUMANode\"");
	topology->l3 = count(xml, "<object type=\"L3Cache\"");
	topology->efficiency_kinds = count(xml, "<cpukind ");
	/* Intel's machines with two kinds of cores; not every hwloc reads it. */
	topology_read_xml(host, platform_line(root, host, "/sys/devices/cpu_atom/cpus"));
}
