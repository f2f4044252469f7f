/* See binding.h. */
#include "view/binding.h"

static const enum role roles[] = {
	[BINDING_BOUND] = ROLE_GOOD, [BINDING_GONE] = ROLE_WARN, [BINDING_CHANGED] = ROLE_BAD,
	[BINDING_FREE] = ROLE_BAD,   [BINDING_HOST] = ROLE_BAD,  [BINDING_UNKNOWN] = ROLE_WARN,
};

char *binding_line(const struct host *host, const struct binding *binding)
{
	g_autofree char *why = NULL;
	char address[PCI_ADDR_SIZE];

	pci_addr_format(binding->who.addr, address);
	if (binding_judge(host, binding, &why) == BINDING_BOUND)
		return g_strdup_printf("%s is on %s", address, binding->driver);
	return g_strdup_printf("%s: %s", address, why);
}

void bindings_print(const struct term *term, const struct host *host, unsigned indent)
{
	const struct bindings *bindings = &host->bindings;

	if (bindings->n == 0 && bindings->bad_line == 0)
		fprintf(term->out, "nothing is bound at every boot\n");
	for (unsigned i = 0; i < bindings->n; i++) {
		g_autofree char *line = binding_line(host, &bindings->list[i]);
		g_autofree char *why = NULL;
		term_paragraph(term, roles[binding_judge(host, &bindings->list[i], &why)], indent,
			       0, indent + 4, line);
	}
	if (bindings->bad_line > 0)
		term_print(term, ROLE_BAD, "%*s%s: line %d makes no sense, and is left out\n",
			   (int)indent, "", BINDINGS_PATH, bindings->bad_line);
}

void bindings_json(struct json *json, const struct host *host)
{
	const struct bindings *bindings = &host->bindings;

	json_array(json, "bindings");
	for (unsigned i = 0; i < bindings->n; i++) {
		const struct binding *binding = &bindings->list[i];
		g_autofree char *why = NULL;
		char address[PCI_ADDR_SIZE];
		enum binding_state state = binding_judge(host, binding, &why);
		json_object(json, NULL);
		json_text(json, "address", pci_addr_format(binding->who.addr, address));
		json_text(json, "driver", binding->driver);
		json_text(json, "state", binding_state_name(state));
		json_text(json, "why", why);
		json_object_end(json);
	}
	json_array_end(json);
}
