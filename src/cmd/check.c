/* vfiokit check: is the IOMMU on, and which groups are there? As list, as tree, as JSON. */
#include "cmd/command.h"
#include "model/predict.h"
#include "probe/probe.h"
#include "view/device.h"
#include "view/table.h"
#include "view/verdict.h"

struct check_options {
	bool tree;
	bool predict;
};

static const struct option_row check_option_rows[] = {
	{ .name = "tree",
	  .letter = 't',
	  .kind = OPTION_FLAG,
	  .help = "show the functions along the PCI topology",
	  .offset = offsetof(struct check_options, tree) },
	{ .name = "predict",
	  .letter = 'p',
	  .kind = OPTION_FLAG,
	  .help = "work out what the groups are, or would be with the IOMMU on",
	  .offset = offsetof(struct check_options, predict) },
	{ 0 },
};

/* All that the writers below need. */
struct check {
	struct context *context;
	const struct host *host;
	const struct iommu_verdict *verdict;
	const struct prediction *prediction; /* NULL: not asked for */
	struct device_view view;
	bool *shown; /* which functions; NULL: all */
};

static bool is_shown(const struct check *check, unsigned pci)
{
	return !check->shown || check->shown[pci];
}

/* Groups are shown as a whole. */
static bool is_group_shown(const struct check *check, const struct iommu_group *group)
{
	return !check->shown || (group->n_members > 0 && check->shown[group->members[0]]);
}

/* Is what is predicted what the kernel made? Functions whose group is not known are listed apart.
 */
static enum tri prediction_agrees(const struct check *check)
{
	const struct prediction *prediction = check->prediction;

	if (prediction->n_differences > 0)
		return TRI_NO;
	return check->host->n_groups > 0 && prediction->n_groups > 0 ? TRI_YES : TRI_UNKNOWN;
}

/* ---- JSON ---- */

static void json_group(const struct check *check, struct json *json,
		       const struct iommu_group *group)
{
	json_object(json, NULL);
	json_int(json, "id", group->id);
	json_text(json, "type", group->type);
	json_tri(json, "viable", iommu_group_viable(check->host, group));
	json_tri(json, "isolated", iommu_group_isolated(check->host, group));
	if (group->n_others > 0) {
		json_array_flat(json, "other_devices");
		for (unsigned i = 0; i < group->n_others; i++)
			json_text(json, NULL, group->others[i]);
		json_array_end(json);
	}
	json_array(json, "devices");
	for (unsigned i = 0; i < group->n_members; i++)
		device_json(json, &check->view, &check->host->pci[group->members[i]]);
	json_array_end(json);
	json_object_end(json);
}

static void json_address(const struct check *check, struct json *json, int index)
{
	char buf[PCI_ADDR_SIZE];

	json_text(json, NULL, pci_addr_format(check->host->pci[index].addr, buf));
}

static void json_prediction(const struct check *check, struct json *json)
{
	const struct prediction *prediction = check->prediction;

	json_object(json, "prediction");
	json_array(json, "groups");
	for (unsigned i = 0; i < prediction->n_groups; i++) {
		json_array_flat(json, NULL);
		for (unsigned j = prediction->starts[i]; j < prediction->starts[i + 1]; j++)
			json_address(check, json, prediction->members[j]);
		json_array_end(json);
	}
	json_array_end(json);
	json_array_flat(json, "unknown");
	for (unsigned i = 0; i < prediction->n_fns; i++)
		if (prediction->fns[i].group == PREDICTION_UNKNOWN)
			json_address(check, json, (int)i);
	json_array_end(json);
	json_tri(json, "equal", prediction_agrees(check));
	json_array_flat(json, "different");
	for (unsigned i = 0; i < prediction->n_differences; i++)
		json_address(check, json, prediction->differences[i].pci);
	json_array_end(json);
	json_array(json, "notes");
	for (guint i = 0; i < prediction->notes->len; i++)
		json_text(json, NULL, prediction->notes->pdata[i]);
	json_array_end(json);
	json_object_end(json);
}

static void print_json(const struct check *check)
{
	const struct host *host = check->host;
	struct json json;

	context_json(check->context, &json, "vfiokit.check/1");
	verdict_json(&json, host, check->verdict);
	json_array(&json, "groups");
	for (unsigned i = 0; i < host->n_groups; i++)
		if (is_group_shown(check, &host->groups[i]))
			json_group(check, &json, &host->groups[i]);
	json_array_end(&json);
	json_array(&json, "ungrouped");
	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].group < 0 && is_shown(check, i))
			device_json(&json, &check->view, &host->pci[i]);
	json_array_end(&json);
	if (check->prediction)
		json_prediction(check, &json);
	context_json_gaps(&json, host);
	json_object_end(&json);
	json_end(&json);
}

/* ---- list ---- */

enum { COLUMN_GROUP, COLUMN_ADDRESS, COLUMN_IDS, COLUMN_DRIVER, COLUMN_NAME, COLUMN_MARKS };

static const struct column list_columns[] = {
	[COLUMN_GROUP] = { .heading = "GROUP", .right = true },
	[COLUMN_ADDRESS] = { .heading = "ADDRESS" },
	[COLUMN_IDS] = { .heading = "IDS" },
	[COLUMN_DRIVER] = { .heading = "DRIVER" },
	[COLUMN_NAME] = { .heading = "NAME", .width = 0.3, .truncate = true },
	[COLUMN_MARKS] = { .heading = "MARKS" },
};

#define WIDE 110 /* columns from which on names are as lspci writes them, and marks are words */

static bool is_wide(const struct term *term)
{
	return term->width == 0 || term->width >= WIDE;
}

static enum device_name_form name_form(const struct term *term)
{
	return is_wide(term) ? DEVICE_FULL : DEVICE_SHORT;
}

static enum mark_form mark_form(const struct term *term)
{
	return is_wide(term) ? MARKS_WORDS : MARKS_LETTERS;
}

static void add_device(const struct check *check, struct table *table, const struct pci_dev *dev,
		       const char *group)
{
	const struct host *host = check->host;
	struct table_row *row = table_add(table, NULL);
	enum role role = device_role(host, dev);
	g_autofree char *name = device_name(&check->view, dev, name_form(&check->context->term));
	GString *marks = g_string_new(NULL);
	char buf[PCI_ADDR_SIZE];

	device_marks(host, dev, mark_form(&check->context->term), marks);
	table_set_role(table, row, COLUMN_GROUP, group, role);
	table_set_role(table, row, COLUMN_ADDRESS, device_address(&check->view, dev->addr, buf),
		       role);
	table_set_role(table, row, COLUMN_IDS, device_ids(dev, buf), role);
	table_set_role(table, row, COLUMN_DRIVER,
		       dev->driver         ? dev->driver
		       : dev->driver_known ? "-"
					   : "?",
		       role);
	table_set_role(table, row, COLUMN_NAME, name, role);
	table_set_role(table, row, COLUMN_MARKS, marks->str, role);
	g_string_free(marks, TRUE);
}

static void print_list(const struct check *check)
{
	const struct host *host = check->host;
	struct table *table =
		table_new(&check->context->term, list_columns, G_N_ELEMENTS(list_columns));

	for (unsigned i = 0; i < host->n_groups; i++) {
		char id[16];
		const struct iommu_group *group = &host->groups[i];
		g_snprintf(id, sizeof(id), "%d", group->id);
		for (unsigned j = 0; j < group->n_members && is_group_shown(check, group); j++)
			add_device(check, table, &host->pci[group->members[j]], id);
	}
	for (unsigned i = 0; i < host->n_pci; i++)
		if (host->pci[i].group < 0 && is_shown(check, i))
			add_device(check, table, &host->pci[i],
				   host->pci[i].group_known ? "-" : "?");
	table_print(table);
}

/* ---- tree ---- */

enum { TREE_DEVICE, TREE_GROUP, TREE_DRIVER, TREE_MARKS };

static const struct column tree_columns[] = {
	[TREE_DEVICE] = { .heading = "DEVICE", .width = 0.5, .truncate = true, .tree = true },
	[TREE_GROUP] = { .heading = "GROUP", .right = true },
	[TREE_DRIVER] = { .heading = "DRIVER" },
	[TREE_MARKS] = { .heading = "MARKS" },
};

static struct table_row *add_root_bus(const struct check *check, struct table *table,
				      const struct pci_dev *dev)
{
	struct table_row *row = table_add(table, NULL);
	g_autofree char *text = g_strdup_printf("bus %04x:%02x", dev->addr.domain, dev->addr.bus);

	table_set_role(table, row, TREE_DEVICE, text, ROLE_STRONG);
	return row;
}

static struct table_row *add_node(const struct check *check, struct table *table,
				  struct table_row *parent, const struct pci_dev *dev)
{
	struct table_row *row = table_add(table, parent);
	enum role role = device_role(check->host, dev);
	g_autofree char *name = device_name(&check->view, dev, name_form(&check->context->term));
	GString *marks = g_string_new(NULL);
	char buf[PCI_ADDR_SIZE], group[16] = "-";

	g_autofree char *text =
		g_strdup_printf("%s %s", device_address(&check->view, dev->addr, buf), name);
	if (dev->group_id >= 0)
		g_snprintf(group, sizeof(group), "%d", dev->group_id);
	device_marks(check->host, dev, mark_form(&check->context->term), marks);
	table_set_role(table, row, TREE_DEVICE, text, role);
	table_set_role(table, row, TREE_GROUP, group, role);
	table_set_role(table, row, TREE_DRIVER, dev->driver, role);
	table_set_role(table, row, TREE_MARKS, marks->str, role);
	g_string_free(marks, TRUE);
	return row;
}

/* Is it shown, or on the way to what is? The caller's. */
static bool *find_branches(const struct check *check)
{
	const struct host *host = check->host;
	bool *wanted = g_new0(bool, host->n_pci + 1);

	for (unsigned i = 0; i < host->n_pci; i++)
		for (int j = is_shown(check, i) ? (int)i : -1; j >= 0 && !wanted[j];
		     j = host->pci[j].parent)
			wanted[j] = true;
	return wanted;
}

/* Parents have lower bus numbers than what is behind them, so in order of addresses each row's
 * parent is there before it; only VMD's domains come after the function that they hang on, as well.
 */
static void print_tree(const struct check *check)
{
	const struct host *host = check->host;
	struct table *table =
		table_new(&check->context->term, tree_columns, G_N_ELEMENTS(tree_columns));
	g_autofree struct table_row **rows = g_new0(struct table_row *, host->n_pci + 1);
	g_autofree bool *wanted = find_branches(check);
	struct table_row *bus = NULL;
	int64_t bus_key = -1;

	for (unsigned i = 0; i < host->n_pci; i++) {
		if (!wanted[i])
			continue;
		const struct pci_dev *dev = &host->pci[i];
		int64_t key = (int64_t)(pci_addr_key(dev->addr) >> 8);
		struct table_row *parent = dev->parent >= 0 ? rows[dev->parent] : NULL;
		if (!parent && key != bus_key) {
			bus = add_root_bus(check, table, dev);
			bus_key = key;
		}
		rows[i] = add_node(check, table, parent ? parent : bus, dev);
	}
	table_print(table);
}

/* ---- prediction ---- */

static void add_address(const struct check *check, GString *text, int index)
{
	char buf[PCI_ADDR_SIZE];

	g_string_append_printf(text, "%s%s", text->len ? " " : "",
			       device_address(&check->view, check->host->pci[index].addr, buf));
}

#define LIST_INDENT 13

static void print_addresses(const struct check *check, const char *label, const GString *text)
{
	const struct term *term = &check->context->term;
	unsigned printed = (unsigned)fprintf(term->out, "  %s", label);

	term_paragraph(term, ROLE_PLAIN, *label ? LIST_INDENT : printed, printed,
		       *label ? LIST_INDENT : printed, text->str);
}

static void print_predicted_groups(const struct check *check)
{
	const struct prediction *prediction = check->prediction;

	for (unsigned i = 0; i < prediction->n_groups; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		for (unsigned j = prediction->starts[i]; j < prediction->starts[i + 1]; j++)
			add_address(check, text, prediction->members[j]);
		print_addresses(check, "", text);
	}
}

static void print_exceptions(const struct check *check)
{
	const struct prediction *prediction = check->prediction;
	g_autoptr(GString) unknown = g_string_new(NULL);
	g_autoptr(GString) different = g_string_new(NULL);

	for (unsigned i = 0; i < prediction->n_fns; i++)
		if (prediction->fns[i].group == PREDICTION_UNKNOWN)
			add_address(check, unknown, (int)i);
	for (unsigned i = 0; i < prediction->n_differences; i++)
		add_address(check, different, prediction->differences[i].pci);
	if (unknown->len > 0)
		print_addresses(check, "not known:", unknown);
	if (different->len > 0)
		print_addresses(check, "different:", different);
}

static void print_prediction(const struct check *check)
{
	const struct prediction *prediction = check->prediction;
	const struct term *term = &check->context->term;
	enum tri agrees = prediction_agrees(check);

	fputc('\n', term->out);
	term_print(term, ROLE_STRONG, "Predicted groups: ");
	if (agrees == TRI_UNKNOWN)
		fprintf(term->out, "what the kernel will make of these devices\n");
	else if (agrees == TRI_NO)
		term_print(term, ROLE_BAD, "not those of the kernel, which is right\n");
	else
		term_print(term, ROLE_GOOD, "equal to the kernel's%s\n",
			   prediction->n_unknown > 0 ? ", as far as they are known" : "");
	if (!check->context->quiet)
		print_predicted_groups(check);
	print_exceptions(check);
	for (guint i = 0; i < prediction->notes->len; i++)
		term_paragraph(term, ROLE_DIM, 2, 0, 2, prediction->notes->pdata[i]);
}

/* ---- the command ---- */

/* Marks the functions that the DEVICE arguments name, with all of their groups. */
static bool select_functions(struct check *check, GError **error)
{
	const struct host *host = check->host;
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(int));

	for (unsigned i = 0; i < check->context->n_arguments; i++)
		if (!context_find_devices(host, check->context->arguments[i], found, error))
			return false;
	if (check->context->n_arguments == 0)
		return true;
	check->shown = g_new0(bool, host->n_pci + 1);
	for (guint i = 0; i < found->len; i++) {
		int index = g_array_index(found, int, i), group = host->pci[index].group;
		check->shown[index] = true;
		for (unsigned j = 0; group >= 0 && j < host->groups[group].n_members; j++)
			check->shown[host->groups[group].members[j]] = true;
	}
	return true;
}

static void print_check(const struct check *check, const struct check_options *options)
{
	struct context *context = check->context;

	if (context->json) {
		print_json(check);
		return;
	}
	verdict_print(&context->term, check->host, check->verdict, context->verbose);
	if (check->host->n_pci > 0)
		fputc('\n', context->term.out);
	if (options->tree)
		print_tree(check);
	else
		print_list(check);
	if (!is_wide(&context->term) && !context->quiet)
		marks_print_legend(&context->term);
	if (check->prediction)
		print_prediction(check);
	context_print_gaps(context, check->host);
}

static int run_check(struct context *context, GError **error)
{
	const struct check_options *options = context->options;
	unsigned what = options->predict || options->tree ? PROBE_CONFIG : PROBE_BASE;
	const struct host *host = context_host(context, what, error);
	struct iommu_verdict verdict;
	struct prediction prediction;

	if (!host)
		return -1;
	iommu_judge(host, &verdict);
	if (options->predict)
		predict_groups(host, &prediction);
	struct check check = {
		.context = context,
		.host = host,
		.verdict = &verdict,
		.prediction = options->predict ? &prediction : NULL,
	};
	device_view_init(&check.view, host, context_names(context));
	bool ok = select_functions(&check, error);
	if (ok)
		print_check(&check, options);
	int status = verdict_is_good(&verdict) ? STATUS_OK : STATUS_FOUND;
	iommu_verdict_clear(&verdict);
	if (options->predict)
		prediction_clear(&prediction);
	g_free(check.shown);
	return ok ? status : -1;
}

const struct command command_check = {
	.name = "check",
	.arguments = "[DEVICE…]",
	.summary = "is the IOMMU on, and which groups are there",
	.help = "Prints the verdict on the IOMMU with its cause and what to do, then every group "
		"with its functions, or only the devices named and what is in their groups.\n"
		"\n"
		"DEVICE is an address (01:00.0), a slot (01:00) or ids (10de:1c03). Marks: "
		"isolated, the group holds the functions of one slot only (bridges apart); shared, "
		"it does not; viable, no driver of the host uses it, so a guest can have it.\n"
		"\n"
		"Exit status 1: the IOMMU is not on, or interrupt remapping is off.",
	.options = check_option_rows,
	.options_size = sizeof(struct check_options),
	.run = run_check,
};
