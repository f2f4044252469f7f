/* See loss.h: functions are marked, then one pass over the uses sorts them into lost and kept. */
#include "model/loss.h"

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "model/host.h"

/* Marks what is given away; what is behind it is told by struct usage.outer. */
static bool *mark_given(const struct host *host, const int *pci, unsigned n)
{
	bool *given = g_new0(bool, host->n_pci + 1);

	for (unsigned i = 0; i < n; i++)
		if (pci[i] >= 0 && (unsigned)pci[i] < host->n_pci &&
		    !pci_dev_is_bridge(&host->pci[pci[i]]))
			given[pci[i]] = true;
	return given;
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

static bool is_given(const struct usage *usage, const bool *given)
{
	return (usage->pci >= 0 && given[usage->pci]) || (usage->outer >= 0 && given[usage->outer]);
}

/* One use can be listed at several functions (a keyboard by radio when there are two adapters). */
static bool is_kept(const struct usage *usage, enum usage_kind kind, const bool *given,
		    GHashTable *lost_names)
{
	return usage->kind == kind && !is_given(usage, given) &&
	       !g_hash_table_contains(lost_names, usage->name);
}

/* Is the last one of a kind lost? */
static enum tri is_last(const struct host *host, const struct loss *loss, const bool *given,
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

void loss_of(const struct host *host, const int *pci, unsigned n, struct loss *ret)
{
	bool *given = mark_given(host, pci, n);
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
	g_free(given);
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
