/* See bind_plan.h. Three questions one after the other: which functions change hands, what forbids
 * it, and the steps: first who may take each function (driver_override, of all of them), then
 * function by function off the one driver and on to the other. So no driver that the kernel would
 * choose by itself can come in between.
 *
 * Order: sound before the display on the way out, the display first on the way back, because the
 * sound function of a graphics card is powered through its display function (kernel:
 * drivers/pci/quirks.c, quirk_gpu_hda). */
#include "plan/bind_plan.h"

#include <string.h>

#include "base/int_list.h"
#include "model/reset.h"
#include "plan/refusal_parts.h"

#define DEVICES "/sys/bus/pci/devices/"
#define PROBE   "/sys/bus/pci/drivers_probe"

struct handover {
	const struct host *host;
	const struct bind_request *request;
	struct plan *plan;
	GArray *chosen; /* of int: those asked for, and their groups with --group; no bridges */
	GArray *moving; /* of int: those of them that change hands, in the order in which they do */
};

/* ---- which ---- */

static const struct pci_dev *dev_at(const struct handover *handover, const GArray *list, guint i)
{
	return &handover->host->pci[g_array_index(list, int, i)];
}

static void choose(struct handover *handover, int pci)
{
	if (!pci_dev_is_bridge(&handover->host->pci[pci]) && !int_list_has(handover->chosen, pci))
		g_array_append_val(handover->chosen, pci);
}

static void choose_group(struct handover *handover, int group)
{
	const struct iommu_group *members = &handover->host->groups[group];

	for (unsigned i = 0; i < members->n_members; i++)
		choose(handover, members->members[i]);
}

/* A bridge that was named brings nothing with it: it is refused. */
static void choose_all(struct handover *handover)
{
	for (unsigned i = 0; i < handover->request->n; i++) {
		const struct pci_dev *dev = &handover->host->pci[handover->request->functions[i]];
		choose(handover, handover->request->functions[i]);
		if (handover->request->group && dev->group >= 0 && !pci_dev_is_bridge(dev))
			choose_group(handover, dev->group);
	}
}

/* 0: sound, 1: USB, 2: others, as the controller of a card's USB socket, 3: displays. */
static int rank_of(const struct pci_dev *dev)
{
	switch (dev->kind) {
	case KIND_AUDIO:
		return 0;
	case KIND_USB_CONTROLLER:
		return 1;
	case KIND_GPU:
		return 3;
	default:
		return 2;
	}
}

static gint compare_moves(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct handover *handover = data;
	int left = *(const int *)a, right = *(const int *)b;
	int left_rank = rank_of(&handover->host->pci[left]);
	int right_rank = rank_of(&handover->host->pci[right]);

	if (left_rank != right_rank)
		return left_rank < right_rank ? -1 : 1;
	return left < right ? -1 : left > right;
}

static void choose_moving(struct handover *handover,
			  bool (*moves)(const struct handover *handover, const struct pci_dev *dev))
{
	for (guint i = 0; i < handover->chosen->len; i++) {
		int pci = g_array_index(handover->chosen, int, i);
		if (moves(handover, &handover->host->pci[pci]))
			g_array_append_val(handover->moving, pci);
	}
	g_array_sort_with_data(handover->moving, compare_moves, handover);
}

static gint compare_indexes(gconstpointer a, gconstpointer b)
{
	int left = *(const int *)a, right = *(const int *)b;

	return left < right ? -1 : left > right;
}

/* People read of functions in the order of addresses. */
static void judge(const struct handover *handover, enum refusal_when when)
{
	g_autoptr(GArray) functions = g_array_copy(handover->moving);

	g_array_sort(functions, compare_indexes);
	const struct refusal_query query = {
		.when = when,
		.functions = (const int *)(const void *)functions->data,
		.n = functions->len,
		.asked = handover->request->functions,
		.n_asked = handover->request->n,
		.group = handover->request->group,
	};

	refusal_judge(handover->host, &query, handover->plan);
}

static void handover_init(struct handover *handover, const struct host *host,
			  const struct bind_request *request, struct plan *plan)
{
	*handover = (struct handover){
		.host = host,
		.request = request,
		.plan = plan,
		.chosen = g_array_new(FALSE, FALSE, sizeof(int)),
		.moving = g_array_new(FALSE, FALSE, sizeof(int)),
	};
	choose_all(handover);
}

static void handover_clear(struct handover *handover)
{
	g_array_unref(handover->chosen);
	g_array_unref(handover->moving);
}

GArray *bind_choose(const struct host *host, const struct bind_request *request)
{
	struct handover handover;

	handover_init(&handover, host, request, NULL);
	GArray *chosen = g_array_ref(handover.chosen);
	handover_clear(&handover);
	return chosen;
}

/* ---- steps ---- */

/* Adds a step about an attribute of a function; why is freed. */
static struct step *add_write(const struct handover *handover, const struct pci_dev *dev,
			      const char *attribute, const char *old, const char *new_value,
			      char *why)
{
	char address[PCI_ADDR_SIZE];
	g_autofree char *path =
		g_strconcat(DEVICES, pci_addr_format(dev->addr, address), "/", attribute, NULL);
	struct step *step = plan_add(handover->plan, STEP_SYSFS_WRITE, path, old, new_value, why);

	step->address = g_strdup(address);
	g_free(why);
	return step;
}

static void add_override(const struct handover *handover, const struct pci_dev *dev,
			 const char *driver)
{
	struct address_text address = address_text(dev->addr);

	if (dev->driver_override_known && g_strcmp0(dev->driver_override, driver) == 0)
		return;
	add_write(handover, dev, "driver_override", dev->driver_override, driver,
		  driver ? g_strdup_printf("only %s may take %s from now on", driver, address.text)
			 : g_strdup_printf("any driver that suits may take %s again",
					   address.text));
}

static void add_unbind(const struct handover *handover, const struct pci_dev *dev)
{
	char address[PCI_ADDR_SIZE];
	struct address_text text = address_text(dev->addr);
	bool back = pci_driver_is_vfio(dev->driver);

	if (!dev->driver)
		return;
	g_autofree char *path = g_strconcat("/sys/bus/pci/drivers/", dev->driver, "/unbind", NULL);
	g_autofree char *why =
		g_strdup_printf(back ? "guests cannot have %s any more" : "the host stops using %s",
				text.text);
	plan_add(handover->plan, STEP_UNBIND, path, dev->driver, NULL, why)->address =
		g_strdup(pci_addr_format(dev->addr, address));
}

/* driver NULL: whichever the kernel chooses, or none. */
static void add_probe(const struct handover *handover, const struct pci_dev *dev,
		      const char *driver)
{
	char address[PCI_ADDR_SIZE];
	struct address_text text = address_text(dev->addr);
	g_autofree char *why =
		g_strdup_printf(pci_driver_is_vfio(driver) ? "from now on a guest can have %s"
							   : "the host can use %s again",
				text.text);

	plan_add(handover->plan, STEP_PROBE, PROBE, NULL, driver, why)->address =
		g_strdup(pci_addr_format(dev->addr, address));
}

/* ---- bind ---- */

const char *bind_driver(const struct pci_dev *dev)
{
	return dev->detail && dev->detail->variant ? dev->detail->variant : "vfio-pci";
}

static bool moves_to_vfio(const struct handover *handover, const struct pci_dev *dev)
{
	return !pci_driver_is_vfio(dev->driver);
}

static bool is_there(const struct handover *handover, const char *driver)
{
	const struct kernel *kernel = &handover->host->platform.kernel;

	if (strcmp(driver, "vfio-pci") == 0 &&
	    (kernel->vfio_pci_loaded == TRI_YES || kernel->vfio_pci_builtin == TRI_YES))
		return true;
	for (unsigned i = 0; i < handover->host->n_pci; i++)
		if (g_strcmp0(handover->host->pci[i].driver, driver) == 0)
			return true;
	return false;
}

static void add_modules(const struct handover *handover)
{
	g_autoptr(GPtrArray) added = g_ptr_array_new();

	for (guint i = 0; i < handover->moving->len; i++) {
		const char *driver = bind_driver(dev_at(handover, handover->moving, i));
		if (is_there(handover, driver) ||
		    g_ptr_array_find_with_equal_func(added, driver, g_str_equal, NULL))
			continue;
		g_autofree char *why =
			g_strdup_printf("the driver that hands devices to guests%s",
					strcmp(driver, "vfio-pci") == 0 ? ""
									: ", made for this one");
		plan_add(handover->plan, STEP_MODULE, driver, NULL, NULL, why);
		g_ptr_array_add(added, (gpointer)driver);
	}
}

/* Only with --allow sriov-pf: vfio-pci takes no function that has virtual ones. */
static void add_sriov_off(const struct handover *handover, const struct pci_dev *dev)
{
	char old[16];

	if (!dev->detail || dev->detail->sriov_numvfs <= 0)
		return;
	g_snprintf(old, sizeof(old), "%d", dev->detail->sriov_numvfs);
	add_write(handover, dev, "sriov_numvfs", old, "0",
		  g_strdup_printf("the virtual functions of %s go", address_text(dev->addr).text));
}

static void add_bind_steps(const struct handover *handover)
{
	const GArray *moving = handover->moving;

	add_modules(handover);
	for (guint i = 0; i < moving->len; i++)
		add_sriov_off(handover, dev_at(handover, moving, i));
	for (guint i = 0; i < moving->len; i++) {
		const struct pci_dev *dev = dev_at(handover, moving, i);
		add_override(handover, dev, bind_driver(dev));
	}
	for (guint i = 0; i < moving->len; i++) {
		const struct pci_dev *dev = dev_at(handover, moving, i);
		add_unbind(handover, dev);
		add_probe(handover, dev, bind_driver(dev));
	}
}

/* ---- what a guest could not do with it ---- */

static bool is_same_bus(const struct pci_dev *a, const struct pci_dev *b)
{
	return pci_addr_key(a->addr) >> 8 == pci_addr_key(b->addr) >> 8;
}

/* Those on the bus of a function that do not go with it. */
static GArray *list_left_behind(const struct handover *handover, const struct pci_dev *dev)
{
	GArray *left = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < handover->host->n_pci; i++) {
		const struct pci_dev *other = &handover->host->pci[i];
		int pci = (int)i;
		if (is_same_bus(dev, other) && !int_list_has(handover->chosen, pci) &&
		    !pci_driver_is_vfio(other->driver))
			g_array_append_val(left, pci);
	}
	return left;
}

static void warn_of_neighbours(const struct handover *handover, const struct pci_dev *dev)
{
	g_autoptr(GArray) left = list_left_behind(handover, dev);
	g_autofree char *names =
		functions_text(handover->host, (const int *)(const void *)left->data, left->len);

	if (left->len > 0)
		plan_warn(handover->plan, "slot-incomplete",
			  "%s can be reset only together with %s, which %s with the host, so it is "
			  "not reset between guests. Bind all of them.",
			  address_text(dev->addr).text, names, left->len == 1 ? "stays" : "stay");
}

/* Is it the first on its bus? What is on one bus is reset together, and told once. */
static bool is_first_on_bus(const struct handover *handover, guint i)
{
	for (guint j = 0; j < i; j++)
		if (is_same_bus(dev_at(handover, handover->moving, i),
				dev_at(handover, handover->moving, j)))
			return false;
	return true;
}

static void warn_of_resets(const struct handover *handover)
{
	g_autoptr(GArray) never = g_array_new(FALSE, FALSE, sizeof(int));

	for (guint i = 0; i < handover->moving->len; i++) {
		const struct pci_dev *dev = dev_at(handover, handover->moving, i);
		struct reset reset;
		reset_judge(handover->host, dev, &reset);
		if (reset.kind == RESET_NONE)
			g_array_append_val(never, g_array_index(handover->moving, int, i));
		else if (reset.kind == RESET_BUS_ALL && is_first_on_bus(handover, i))
			warn_of_neighbours(handover, dev);
	}
	if (never->len == 0)
		return;
	g_array_sort(never, compare_indexes);
	g_autofree char *names =
		functions_text(handover->host, (const int *)(const void *)never->data, never->len);
	plan_warn(handover->plan, "no-reset",
		  "%s cannot be reset: the next guest, or the host, may find %s in a state that "
		  "only a restart of the machine mends.",
		  names, never->len == 1 ? "it" : "them");
}

void bind_plan(const struct host *host, const struct bind_request *request, struct plan *plan)
{
	struct handover handover;

	handover_init(&handover, host, request, plan);
	choose_moving(&handover, moves_to_vfio);
	judge(&handover, REFUSAL_BIND);
	warn_of_resets(&handover);
	add_bind_steps(&handover);
	handover_clear(&handover);
}

/* ---- unbind ---- */

static const struct bind_memory *recall(const struct handover *handover, const struct pci_dev *dev)
{
	for (unsigned i = 0; i < handover->request->n_before; i++)
		if (pci_addr_equal(handover->request->before[i].addr, dev->addr))
			return &handover->request->before[i];
	return NULL;
}

/* Was it already with VFIO before we were asked? Then there is nothing to go back to. */
static bool is_as_before(const struct pci_dev *dev, const struct bind_memory *before)
{
	return before && before->driver_known && g_strcmp0(before->driver, dev->driver) == 0 &&
	       g_strcmp0(before->driver_override, dev->driver_override) == 0;
}

/* On a vfio driver, or kept for one by its override, or left without the driver that it had. */
static bool moves_back(const struct handover *handover, const struct pci_dev *dev)
{
	const struct bind_memory *before = recall(handover, dev);

	if (is_as_before(dev, before))
		return false;
	return pci_driver_is_vfio(dev->driver) || pci_driver_is_vfio(dev->driver_override) ||
	       (before && before->driver && dev->driver_known && !dev->driver);
}

/* Would the override that it had keep out the driver that it had? It may have been written while
 * that had the device already. */
static bool is_kept_out(const struct pci_dev *dev, const struct bind_memory *before)
{
	return before && before->driver_known && before->driver && before->driver_override &&
	       strcmp(before->driver, before->driver_override) != 0 &&
	       g_strcmp0(before->driver, dev->driver) != 0;
}

static void restore_override(const struct handover *handover, const struct pci_dev *dev)
{
	const struct bind_memory *before = recall(handover, dev);

	if (before)
		add_override(handover, dev,
			     is_kept_out(dev, before) ? NULL : before->driver_override);
	else if (pci_driver_is_vfio(dev->driver_override))
		add_override(handover, dev, NULL);
}

static void restore_driver(const struct handover *handover, const struct pci_dev *dev)
{
	const struct bind_memory *before = recall(handover, dev);
	bool known = before && before->driver_known;

	if (known && g_strcmp0(before->driver, dev->driver) == 0)
		return;
	if (pci_driver_is_vfio(dev->driver))
		add_unbind(handover, dev);
	else if (dev->driver)
		return; /* a driver of the host has it: only the override was ours */
	if (!known || before->driver)
		add_probe(handover, dev, known ? before->driver : NULL);
	if (is_kept_out(dev, before))
		add_write(handover, dev, "driver_override", NULL, before->driver_override,
			  g_strdup_printf("from now on only %s may take %s, as before",
					  before->driver_override, address_text(dev->addr).text));
}

/* vfio-pci lets the kernel suspend what it has ("auto") and forbids it when it lets go ("on"), and
 * the next driver may change that again (kernel: drivers/vfio/pci/vfio_pci_core.c). */
static void restore_power(const struct handover *handover, const struct pci_dev *dev)
{
	const struct bind_memory *before = recall(handover, dev);
	struct address_text address = address_text(dev->addr);
	char d3cold[16], now[16];

	if (before && before->power_control)
		add_write(handover, dev, "power/control", "on", before->power_control,
			  g_strdup_printf("%s saves power as it did before", address.text))
			->loose = true;
	if (!before || before->d3cold_allowed < 0 || !dev->detail ||
	    dev->detail->d3cold_allowed < 0 ||
	    dev->detail->d3cold_allowed == before->d3cold_allowed)
		return;
	g_snprintf(d3cold, sizeof(d3cold), "%d", before->d3cold_allowed);
	g_snprintf(now, sizeof(now), "%d", dev->detail->d3cold_allowed);
	add_write(handover, dev, "d3cold_allowed", now, d3cold,
		  g_strdup_printf("%s may be cut off from power as it could before", address.text));
}

void unbind_plan(const struct host *host, const struct bind_request *request, struct plan *plan)
{
	struct handover handover;

	handover_init(&handover, host, request, plan);
	choose_moving(&handover, moves_back);
	judge(&handover, REFUSAL_UNBIND);
	for (guint i = handover.moving->len; i > 0; i--)
		restore_override(&handover, dev_at(&handover, handover.moving, i - 1));
	for (guint i = handover.moving->len; i > 0; i--) {
		const struct pci_dev *dev = dev_at(&handover, handover.moving, i - 1);
		restore_driver(&handover, dev);
		restore_power(&handover, dev);
	}
	handover_clear(&handover);
}
