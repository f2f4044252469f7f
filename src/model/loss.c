/* See loss.h: functions are marked, then one pass over the uses sorts them into lost and kept. */
#include "model/loss.h"

#include <glib.h>

#include "model/host.h"

/* What is given away: functions, or USB devices. */
struct given {
	bool *pci; /* for each of host.pci; what is behind it is told by struct usage.outer */
	bool *usb; /* for each of host.usb.devs */
};

static struct given given_new(const struct host *host)
{
	return (struct given){
		.pci = g_new0(bool, host->n_pci + 1),
		.usb = g_new0(bool, host->usb.n_devs + 1),
	};
}

static void mark_functions(const struct host *host, struct given *given, const int *pci, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (pci[i] >= 0 && (unsigned)pci[i] < host->n_pci &&
		    !pci_dev_is_bridge(&host->pci[pci[i]]))
			given->pci[pci[i]] = true;
}

/* With what is plugged into it, where it is a hub. */
static void mark_usb(const struct host *host, struct given *given, int usb)
{
	for (unsigned i = 0; i < host->usb.n_devs; i++)
		if (usb_is_behind(&host->usb, (int)i, usb))
			given->usb[i] = true;
}

/* Most important first; kinds are listed in that order. */
static gint compare_usages(gconstpointer a, gconstpointer b)
{
	const struct usage *left = *(const struct usage *const *)a;
	const struct usage *right = *(const struct usage *const *)b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return left < right ? -1 : left > right;
}

/* Yes when a use of the kind is lost, no when all of them are known and none is. */
static enum tri is_lost(const struct host *host, const unsigned *lost, enum usage_kind kind)
{
	if (lost[kind] > 0)
		return TRI_YES;
	return usage_kind_known(&host->usages, kind) ? TRI_NO : TRI_UNKNOWN;
}

static bool is_given(const struct usage *usage, const struct given *given)
{
	return (usage->pci >= 0 && given->pci[usage->pci]) ||
	       (usage->outer >= 0 && given->pci[usage->outer]) ||
	       (usage->usb >= 0 && given->usb[usage->usb]);
}

/* One use can be listed at several functions (a keyboard by radio when there are two adapters). */
static bool is_kept(const struct usage *usage, enum usage_kind kind, const struct given *given,
		    GHashTable *lost_names)
{
	return usage->kind == kind && !is_given(usage, given) &&
	       !g_hash_table_contains(lost_names, usage->name);
}

/* Is the last one of a kind lost? */
static enum tri is_last(const struct host *host, const struct loss *loss, const struct given *given,
			enum usage_kind kind, enum tri any_lost)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	if (any_lost != TRI_YES)
		return any_lost;
	for (unsigned i = 0; i < loss->n; i++)
		if (loss->list[i]->kind == kind)
			g_hash_table_add(names, (gpointer)loss->list[i]->name);
	for (unsigned i = 0; i < host->usages.n; i++)
		if (is_kept(&host->usages.list[i], kind, given, names))
			return TRI_NO;
	return usage_kind_known(&host->usages, kind) ? TRI_YES : TRI_UNKNOWN;
}

static enum tri is_held(const struct host *host, const unsigned *lost)
{
	if (lost[USAGE_HOLDER] > 0 || lost[USAGE_VFIO] > 0)
		return TRI_YES;
	return host->usages.holders_known ? TRI_NO : TRI_UNKNOWN;
}

static void judge_given(const struct host *host, const struct given *given, struct loss *ret)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	unsigned lost[USAGE_N_KINDS] = { 0 };

	for (unsigned i = 0; i < host->usages.n; i++) {
		const struct usage *usage = &host->usages.list[i];
		if (!is_given(usage, given))
			continue;
		lost[usage->kind]++;
		g_ptr_array_add(list, (gpointer)usage);
	}
	g_ptr_array_sort(list, compare_usages);
	*ret = (struct loss){
		.n = list->len,
		.root_disk = is_lost(host, lost, USAGE_ROOT_DISK),
		.mounted_disk = is_lost(host, lost, USAGE_DISK),
		.network_in_use = is_lost(host, lost, USAGE_ROUTE),
		.keyboard = is_lost(host, lost, USAGE_KEYBOARD),
		.monitor = is_lost(host, lost, USAGE_DISPLAY),
		.held = is_held(host, lost),
	};
	ret->list = (const struct usage **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
	ret->last_keyboard = is_last(host, ret, given, USAGE_KEYBOARD, ret->keyboard);
	ret->last_monitor = is_last(host, ret, given, USAGE_DISPLAY, ret->monitor);
}

static void given_clear(struct given *given)
{
	g_free(given->pci);
	g_free(given->usb);
}

void loss_of(const struct host *host, const int *pci, unsigned n, struct loss *ret)
{
	struct given given = given_new(host);

	mark_functions(host, &given, pci, n);
	judge_given(host, &given, ret);
	given_clear(&given);
}

void loss_of_usb(const struct host *host, int usb, struct loss *ret)
{
	struct given given = given_new(host);

	mark_usb(host, &given, usb);
	judge_given(host, &given, ret);
	given_clear(&given);
}

void loss_of_group(const struct host *host, int group, struct loss *ret)
{
	const struct iommu_group *members = &host->groups[group];

	loss_of(host, members->members, members->n_members, ret);
}

void loss_clear(struct loss *loss)
{
	g_free(loss->list);
	*loss = (struct loss){ 0 };
}

enum tri loss_is_critical(const struct loss *loss)
{
	const enum tri answers[] = {
		loss->root_disk,     loss->mounted_disk, loss->network_in_use,
		loss->last_keyboard, loss->monitor,
	};
	enum tri ret = TRI_NO;

	for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
		if (answers[i] == TRI_YES)
			return TRI_YES;
		if (answers[i] == TRI_UNKNOWN)
			ret = TRI_UNKNOWN;
	}
	return ret;
}

unsigned loss_count(const struct loss *loss, enum usage_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < loss->n; i++)
		n += loss->list[i]->kind == kind;
	return n;
}
