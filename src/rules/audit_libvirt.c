/* The security of libvirt: how its guests are confined, and what definitions take back. */
#include <string.h>

#include "model/packages.h"
#include "rules/exam.h"
#include "rules/see.h"
#include "rules/tables.h"

#define CONF "/etc/libvirt/qemu.conf"

/* ---- qemu.conf ---- */

static bool is_installed(const struct exam *exam)
{
	return exam->host->domains.n > 0 || setting_text(exam->host, CONF) ||
	       package_role_there(&exam->host->boot, ROLE_LIBVIRT) == TRI_YES;
}

/* Is the file unreadable though libvirt is there? Then says so; its default is safe. */
static bool is_conf_unknown(struct exam *exam)
{
	if (setting_text(exam->host, CONF) || setting_there(exam->host, CONF) == TRI_NO ||
	    !is_installed(exam))
		return false;
	exam_unknown(exam, NULL, CONF, "How libvirt is configured is not known.");
	return true;
}

static struct finding *warn_conf(struct exam *exam, enum finding_verdict verdict, const char *key,
				 const char *value, const char *what)
{
	struct finding *finding = exam_add(exam, verdict, NULL, "%s", what);

	finding_evidence(finding, CONF ": %s = %s", key, value);
	finding_fix(finding, "sed -i '/^%s/d' " CONF, key);
	finding_fix(finding, "systemctl restart %s",
		    boot_has(&exam->host->boot, "virtqemud") == TRI_YES ? "virtqemud" : "libvirtd");
	return finding;
}

static char *conf_value(const struct exam *exam, const char *key)
{
	return config_value(setting_text(exam->host, CONF), key);
}

static void judge_seccomp(struct exam *exam)
{
	g_autofree char *value = conf_value(exam, "seccomp_sandbox");

	if (is_conf_unknown(exam) || g_strcmp0(value, "0") != 0)
		return;
	struct finding *finding = warn_conf(exam, FINDING_FAIL, "seccomp_sandbox", value,
					    "QEMU may make any system call.");
	finding_cause(finding, "A guest that breaks into QEMU finds the whole kernel open.");
}

static void judge_user(struct exam *exam)
{
	g_autofree char *user = conf_value(exam, "user");
	g_autofree char *capabilities = conf_value(exam, "clear_emulator_capabilities");

	if (is_conf_unknown(exam))
		return;
	if (g_strcmp0(user, "root") == 0 || g_strcmp0(user, "+0") == 0) {
		struct finding *finding =
			warn_conf(exam, FINDING_FAIL, "user", user, "QEMU runs as root.");
		finding_cause(finding, "Older guides advise it against \"permission denied\"; "
				       "libvirt gives its guests what they need without it.");
	}
	if (g_strcmp0(capabilities, "0") == 0)
		warn_conf(exam, FINDING_FAIL, "clear_emulator_capabilities", capabilities,
			  "QEMU keeps the rights of root.");
}

static void judge_namespaces(struct exam *exam)
{
	g_autofree char *value = conf_value(exam, "namespaces");

	if (is_conf_unknown(exam) || !value || strstr(value, "mount"))
		return;
	struct finding *finding = warn_conf(exam, FINDING_WARN, "namespaces", value,
					    "Guests see all device nodes of the host.");
	finding_cause(finding, "With a namespace of its own a guest sees the nodes of its own "
			       "devices only.");
}

/* What libvirt allows by itself (libvirt: src/qemu/qemu_cgroup.c, defaultDeviceACL). */
static const char *const usual_nodes[] = { "/dev/null",   "/dev/full",        "/dev/zero",
					   "/dev/random", "/dev/urandom",     "/dev/ptmx",
					   "/dev/kvm",    "/dev/userfaultfd", "/dev/rtc",
					   "/dev/hpet",   "/dev/vfio/vfio" };

/* Nodes that give more than a device for one guest. */
static const char *const dangerous_nodes[] = { "/dev/mem", "/dev/kmem",   "/dev/sd",  "/dev/nvme",
					       "/dev/dm-", "/dev/mapper", "/dev/port" };

static bool starts_with_any(const char *text, const char *const *fronts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (g_str_has_prefix(text, fronts[i]))
			return true;
	return false;
}

static bool is_usual(const char *node)
{
	for (size_t i = 0; i < G_N_ELEMENTS(usual_nodes); i++)
		if (strcmp(node, usual_nodes[i]) == 0)
			return true;
	return false;
}

static void judge_acl(struct exam *exam)
{
	g_autofree char *value = conf_value(exam, "cgroup_device_acl");
	g_autoptr(GPtrArray) extra = g_ptr_array_new_with_free_func(g_free);
	bool dangerous = false;

	if (is_conf_unknown(exam) || !value)
		return;
	g_auto(GStrv) words = g_strsplit_set(value, "[]\", \t", -1);
	for (char **word = words; *word; word++)
		if (**word == '/' && !is_usual(*word)) {
			g_ptr_array_add(extra, g_strdup(*word));
			dangerous = dangerous || starts_with_any(*word, dangerous_nodes,
								 G_N_ELEMENTS(dangerous_nodes));
		}
	if (extra->len == 0)
		return;
	g_autofree char *list = join_words(extra);
	struct finding *finding = exam_add(exam, dangerous ? FINDING_FAIL : FINDING_WARN, NULL,
					   "Every guest may open %s.", list);
	finding_evidence(finding, CONF ": cgroup_device_acl with %s", list);
	finding_cause(finding, "The list counts for all guests, not for the one that needs a "
			       "node.");
	finding_fix(finding, "# Take what no guest needs out of cgroup_device_acl in " CONF
			     "; <input type='evdev'> needs no entry.");
}

/* ---- confinement ---- */

static bool is_selinux_enforcing(const struct host *host)
{
	char buf[SETTING_LINE];

	return g_strcmp0(setting_line(host, "/sys/fs/selinux/enforce", buf), "1") == 0;
}

static void judge_confinement(struct exam *exam)
{
	const struct host *host = exam->host;
	char buf[SETTING_LINE];
	const char *lsm = setting_line(host, "/sys/kernel/security/lsm", buf);
	g_autofree char *driver = conf_value(exam, "security_driver");
	g_autofree char *confined = conf_value(exam, "security_default_confined");

	if (!is_installed(exam) || is_conf_unknown(exam))
		return;
	if (driver && strstr(driver, "none")) {
		warn_conf(exam, FINDING_FAIL, "security_driver", driver,
			  "libvirt was told not to confine its guests.");
		return;
	}
	if (g_strcmp0(confined, "0") == 0) {
		warn_conf(exam, FINDING_WARN, "security_default_confined", confined,
			  "Guests are confined only if their definition asks for it.");
		return;
	}
	if (!lsm && !is_selinux_enforcing(host)) {
		exam_unknown(exam, NULL, "/sys/kernel/security/lsm",
			     "Whether AppArmor or SELinux confines guests is not known.");
		return;
	}
	if (is_selinux_enforcing(host) || (lsm && strstr(lsm, "apparmor")))
		return;
	struct finding *finding = exam_warn(exam, NULL,
					    "Neither AppArmor nor SELinux confines the "
					    "guests.");
	finding_evidence(finding, "/sys/kernel/security/lsm: %s", lsm ? lsm : "");
	finding_cause(finding, "A guest that breaks into QEMU can read what QEMU's user can read, "
			       "the disks of other guests too.");
	finding_fix(finding, "# Install AppArmor or switch SELinux on, as the distribution does by "
			     "default.");
}

static void judge_unconfined(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n; i++) {
		const struct domain *domain = &domains->list[i];
		if (!domain->unconfined)
			continue;
		struct finding *finding = exam_fail(exam, domain->name,
						    "This guest is not confined: its definition "
						    "says so.");
		finding_evidence(finding, "%s: <seclabel type='none'/>", domain->path);
		finding_fix(finding, "virsh edit %s", domain->name);
		finding_fix(finding, "# Take <seclabel type='none'/> out.");
	}
}

/* ---- definitions ---- */

static void judge_commandline(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n; i++) {
		const struct domain *domain = &domains->list[i];
		if (!domain->commandline)
			continue;
		struct finding *finding = exam_warn(exam, domain->name,
						    "This guest has arguments for QEMU that "
						    "libvirt does not look at.");
		finding_evidence(finding, "%s: <qemu:commandline>", domain->path);
		finding_cause(finding, "What they open is not labelled, not in the guest's device "
				       "list and not locked against another guest.");
		finding_fix(finding, "virsh edit %s", domain->name);
		finding_fix(finding, "# Say it with elements of libvirt; nearly all that older "
				     "guides pass by arguments has one by now.");
	}
}

static void judge_roms(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n_roms; i++) {
		const struct rom_file *rom = &domains->roms[i];
		bool shared = rom->mode >= 0 && rom->mode & 0022;
		bool foreign = rom->uid > 0 && exam->host->source != HOST_TREE;
		if (!shared && !foreign)
			continue;
		struct finding *finding = exam_fail(exam, rom->path,
						    "Others than root can change the firmware "
						    "that a guest's card is started with.");
		finding_evidence(finding, "%s: mode %04o, owner %lld", rom->path,
				 (unsigned)rom->mode, (long long)rom->uid);
		finding_cause(finding, "The guest runs that ROM before anything else.");
		if (foreign)
			finding_fix(finding, "chown root:root %s", rom->path);
		finding_fix(finding, "chmod 644 %s", rom->path);
	}
}

static void judge_rom_place(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;
	static const char *const homes[] = { "/home/", "/root/", "/tmp/", "/var/tmp/" };

	for (unsigned i = 0; i < domains->n_roms; i++) {
		const char *path = domains->roms[i].path;
		if (!starts_with_any(path, homes, G_N_ELEMENTS(homes)))
			continue;
		struct finding *finding = exam_warn(exam, path,
						    "The ROM of a guest's card is kept among "
						    "somebody's own files.");
		finding_evidence(finding, "%s: named in a definition", path);
		finding_cause(finding, "Nobody can tell where it came from, and confinement keeps "
				       "QEMU from reading it there.");
		finding_fix(finding,
			    "install -D -m 644 -o root -g root %s "
			    "/usr/share/vgabios/$(basename %s)",
			    path, path);
		finding_fix(finding, "# Name that file in the definition; use only what you have "
				     "read out of the card yourself.");
	}
}

static void judge_screens(struct exam *exam)
{
	const struct domains *domains = &exam->host->domains;

	for (unsigned i = 0; i < domains->n; i++) {
		const struct domain *domain = &domains->list[i];
		if (!domain->listen || domain->password)
			continue;
		struct finding *finding = exam_fail(exam, domain->name,
						    "The guest's screen and keyboard are open to "
						    "the whole network.");
		finding_evidence(finding, "%s: <graphics listen='%s'> without a password",
				 domain->path, domain->listen);
		finding_fix(finding, "virsh edit %s", domain->name);
		finding_fix(finding, "# listen='127.0.0.1', and an ssh tunnel from elsewhere.");
	}
}

static void judge_backup(struct exam *exam)
{
	const struct host *host = exam->host;
	unsigned index = 0;
	const struct node *git = setting_node(host, "/etc/.git");

	if (host->domains.n == 0)
		return;
	if (!git) {
		exam_unknown(exam, NULL, "/var/backups, /etc/.git",
			     "Whether there is a copy of the definitions is not known.");
		return;
	}
	if (git->type || setting_next_node(host, "/var/backups/libvirt/*", &index))
		return;
	struct finding *finding = exam_warn(exam, NULL,
					    "There is no copy of the definitions of %u "
					    "guest%s.",
					    host->domains.n, host->domains.n == 1 ? "" : "s");
	finding_evidence(finding, "/var/backups/libvirt, /etc/.git: not there");
	finding_cause(finding,
		      "The variables of a guest's firmware and what was found out by trial "
		      "are in no package.");
	finding_fix(finding, "install -d -m 700 /var/backups/libvirt");
	finding_fix(finding, "tar -czf /var/backups/libvirt/$(date +%%F).tar.gz /etc/libvirt "
			     "/var/lib/libvirt/qemu/nvram");
}

const struct rule rules_libvirt[] = {
	{
		.id = "libvirt-confinement",
		.title = "Are guests confined?",
		.reads = CONF ", /sys/kernel/security/lsm, /sys/fs/selinux/enforce",
		.explain = "libvirt gives each guest a label (SELinux) or a profile (AppArmor) so "
			   "that QEMU can open the files of its own guest only. 'none' in "
			   "security_driver, a common advice against \"permission denied\", "
			   "switches that off for all guests.",
		.good = "Guests are confined, or there is no libvirt.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_confinement,
	},
	{
		.id = "domain-unconfined",
		.title = "Does any guest opt out of confinement?",
		.reads = "/etc/libvirt/qemu",
		.explain = "<seclabel type='none'/> takes one guest out of confinement.",
		.good = "No guest opts out.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_unconfined,
	},
	{
		.id = "libvirt-seccomp",
		.title = "Are QEMU's system calls filtered?",
		.reads = CONF,
		.explain = "QEMU needs a part of the kernel's calls only; libvirt filters the rest "
			   "(seccomp).",
		.good = "QEMU's system calls are filtered.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_seccomp,
	},
	{
		.id = "libvirt-user",
		.title = "Does QEMU run without root's rights?",
		.reads = CONF,
		.explain = "QEMU runs as a user of its own, without capabilities. libvirt changes "
			   "the owner of what a guest needs, nodes of VFIO included.",
		.good = "QEMU runs without root's rights.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_user,
	},
	{
		.id = "libvirt-namespaces",
		.title = "Have guests a /dev of their own?",
		.reads = CONF,
		.explain = "With a mount namespace a guest's /dev holds its own devices only.",
		.good = "Guests have a /dev of their own.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_namespaces,
	},
	{
		.id = "libvirt-device-acl",
		.title = "Which devices may every guest open?",
		.reads = CONF,
		.explain = "cgroup_device_acl widens what all guests may open. Guides add input "
			   "and GPU nodes there for one guest.",
		.good = "Guests may open what libvirt allows by itself.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_acl,
	},
	{
		.id = "qemu-commandline",
		.title = "Do definitions go past libvirt?",
		.reads = "/etc/libvirt/qemu",
		.explain = "<qemu:commandline> hands arguments to QEMU that libvirt neither "
			   "understands nor guards.",
		.good = "No definition goes past libvirt.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_commandline,
	},
	{
		.id = "rom-writable",
		.title = "Can only root change ROM files?",
		.reads = "ROM files that definitions name",
		.explain = "A ROM file is code that runs first in the guest, with the device.",
		.good = "Only root can change the ROM files of guests.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_roms,
	},
	{
		.id = "rom-origin",
		.title = "Are ROM files where the system's files are?",
		.reads = "/etc/libvirt/qemu",
		.explain = "A ROM from a collection on the web is code of a stranger. Read it out "
			   "of your own card, and keep it where only root writes.",
		.good = "ROM files are kept with the system's files, or there are none.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_rom_place,
	},
	{
		.id = "screen-open",
		.title = "Who can reach the guests' screens?",
		.reads = "/etc/libvirt/qemu",
		.explain = "VNC and SPICE without a password, listening on all addresses, give the "
			   "guest to whoever finds the port.",
		.good = "No guest's screen is open to the network.",
		.see = SEE_SECURITY,
		.ground = "/etc",
		.sets = RULE_AUDIT,
		.judge = judge_screens,
	},
	{
		.id = "definitions-backup",
		.title = "Is there a copy of the definitions?",
		.reads = "/var/backups/libvirt, /etc/.git",
		.explain =
			"A definition that works is the result of much trying. A copy of "
			"/etc/libvirt, in /var/backups/libvirt or by etckeeper, is all it takes.",
		.good = "There is a copy of the definitions, or there are none.",
		.see = SEE_PRACTICES,
		.ground = "/etc",
		.needs = PROBE_SETTINGS,
		.sets = RULE_AUDIT,
		.judge = judge_backup,
	},
	{ 0 },
};
