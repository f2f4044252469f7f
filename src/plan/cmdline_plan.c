/* See cmdline_plan.h: a row for each chain. Facts about the tools: design notes, from their manuals
 * (grub-mkconfig, grubby(8), kernel-install(8), mkinitcpio(8), dracut.conf(5), rpm-ostree(1)). */
#include "plan/cmdline_plan.h"

#include "plan/cmdline_chains.h"
#include "plan/fallback.h"

/* ---- where nothing is changed ---- */

static bool plan_nixos(struct cmdline_job *job)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; job->add && i < job->add->len; i++)
		g_string_append_printf(list, " \"%s\"", (const char *)job->add->pdata[i]);
	g_autofree char *gone = job_words(job->remove);
	plan_warn(job->plan, "nixos",
		  "NixOS is configured in one place, and nothing is changed here. Write into its "
		  "configuration: boot.kernelParams = [%s ];%s%s then run: nixos-rebuild boot",
		  list->str, *gone ? " without " : "", gone);
	return true;
}

static bool plan_uncertain(struct cmdline_job *job)
{
	g_autofree char *what =
		g_strdup_printf("it is not certain what boots this machine: %s (--boot=CHAIN says "
				"it)",
				job->boot->uncertain ? job->boot->uncertain : "nothing was found");

	return job_refuse(job, "boot-uncertain", "host", what);
}

/* ---- all of them ---- */

static bool (*const chains[BOOT_CHAINS])(struct cmdline_job *job) = {
	[BOOT_UNCERTAIN] = plan_uncertain,
	[BOOT_NIXOS] = plan_nixos,
	[BOOT_OSTREE] = chain_ostree,
	[BOOT_PROXMOX] = chain_proxmox,
	[BOOT_PROXMOX_GRUB] = chain_proxmox_grub,
	[BOOT_KERNELSTUB] = chain_kernelstub,
	[BOOT_GRUB_DROPIN] = chain_grub,
	[BOOT_GRUB] = chain_grub,
	[BOOT_GRUB_BLS] = chain_grubby,
	[BOOT_SDBOOTUTIL] = chain_sdbootutil,
	[BOOT_SDBOOT_MANAGE] = chain_sdboot_manage,
	[BOOT_KERNEL_INSTALL] = chain_kernel_install,
	[BOOT_ENTRIES] = chain_entries,
	[BOOT_UKI_MKINITCPIO] = chain_uki_mkinitcpio,
	[BOOT_UKI_DRACUT] = chain_uki_dracut,
	[BOOT_REFIND] = fallback_refind,
	[BOOT_LIMINE_TOOL] = chain_limine_tool,
	[BOOT_LIMINE] = fallback_limine,
};

/* Without words: those chains whose menu we write can have an entry, others only a hint. */
static bool plan_way_back(struct cmdline_job *job)
{
	switch (job->boot->chain) {
	case BOOT_GRUB:
	case BOOT_GRUB_DROPIN:
	case BOOT_PROXMOX_GRUB:
	case BOOT_ENTRIES:
	case BOOT_REFIND:
	case BOOT_LIMINE:
		return chains[job->boot->chain](job);
	case BOOT_GRUB_BLS:
		return fallback_bls(job, "");
	case BOOT_KERNEL_INSTALL:
		return fallback_installed(job);
	case BOOT_KERNELSTUB:
		return fallback_kernelstub(job);
	case BOOT_UKI_MKINITCPIO:
	case BOOT_UKI_DRACUT:
		return fallback_image(job);
	case BOOT_UNCERTAIN:
	case BOOT_NIXOS:
		return true;
	default:
		fallback_hint(job);
		return true;
	}
}

void cmdline_keep_way_back(const struct host *host, struct plan *plan)
{
	static const bool copies[BOOT_CHAINS] = {
		[BOOT_KERNEL_INSTALL] = true, [BOOT_KERNELSTUB] = true,
		[BOOT_ENTRIES] = true,        [BOOT_GRUB_BLS] = true,
		[BOOT_UKI_MKINITCPIO] = true, [BOOT_UKI_DRACUT] = true,
		[BOOT_GRUB] = true,           [BOOT_GRUB_DROPIN] = true,
		[BOOT_REFIND] = true,         [BOOT_LIMINE] = true,
	};
	const struct cmdline_request nothing = { .way_back = true };
	const struct boot *boot = &host->boot;
	bool in_it = boot->entry && fallback_is_copy(boot->entry);

	if (copies[boot->chain] && boot_is_in_place(boot) && !in_it)
		cmdline_plan(host, &nothing, plan);
}

void cmdline_end_way_back(struct plan *plan)
{
	for (guint i = plan->steps->len; i > 0; i--) {
		const struct step *step = plan->steps->pdata[i - 1];
		if (step->kind == STEP_RUN && step->last && step->undo && *step->undo)
			plan_add_run(plan, (const char *const *)step->undo, plan_no_undo,
				     "all is built: the next start is as usual")
				->last = true;
	}
}

bool cmdline_plan(const struct host *host, const struct cmdline_request *request, struct plan *plan)
{
	struct cmdline_job job = {
		.host = host,
		.boot = &host->boot,
		.plan = plan,
		.add = request->add,
		.remove = request->remove,
		.way_back = request->way_back,
	};

	if (job_is_empty(&job))
		return !job.way_back || plan_way_back(&job);
	return chains[host->boot.chain](&job);
}
