/* See pinning.h. */
#include "view/pinning.h"

static void json_list(struct json *json, const char *key, const GArray *list)
{
	json_array_flat(json, key);
	for (guint i = 0; i < list->len; i++)
		json_int(json, NULL, g_array_index(list, int, i));
	json_array_end(json);
}

void pinning_json(struct json *json, const struct pinning *pinning)
{
	if (!pinning) {
		json_null(json, "pinning");
		return;
	}
	json_object(json, "pinning");
	json_list(json, "vcpus", pinning->vcpus);
	json_list(json, "emulator", pinning->emulator);
	json_list(json, "iothreads", pinning->iothreads);
	json_list(json, "host", pinning->host);
	json_list(json, "spare", pinning->spare);
	json_list(json, "nodes", pinning->nodes);
	json_uint(json, "threads", pinning->threads);
	json_array_flat(json, "gave_way");
	for (int i = 0; i < GAVE_WAY_N; i++)
		if (pinning->gave_way >> i & 1)
			json_text(json, NULL, gave_way_name(1 << i));
	json_array_end(json);
	json_object_end(json);
}

/* "2 18 3 19": the order matters, so no ranges. */
static char *format_vcpus(const GArray *vcpus)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < vcpus->len; i++)
		g_string_append_printf(text, "%s%d", i > 0 ? " " : "",
				       g_array_index(vcpus, int, i));
	return g_string_free(text, FALSE);
}

#define INDENT 15

void pinning_row(const struct term *term, enum role role, const char *label, const char *text)
{
	int pad = INDENT - (int)g_utf8_strlen(label, -1);

	term_print(term, role, "%s", label);
	fprintf(term->out, "%*s", pad, "");
	term_paragraph(term, ROLE_PLAIN, INDENT, INDENT, INDENT, text);
}

/* text is freed. */
static void print_list(const struct term *term, const char *label, char *text)
{
	if (*text)
		pinning_row(term, ROLE_PLAIN, label, text);
	g_free(text);
}

/* "vCPU 0–3" */
static char *vcpus_label(const struct term *term, guint n)
{
	if (n == 1)
		return g_strdup("vCPU 0");
	return g_strdup_printf("vCPU 0%s%u", term_symbol(term, "–", "-"), n - 1);
}

void pinning_print(const struct term *term, const struct pinning *pinning)
{
	g_autofree char *label = vcpus_label(term, pinning->vcpus->len);

	print_list(term, label, format_vcpus(pinning->vcpus));
	print_list(term, "emulator", cpu_list_format(pinning->emulator));
	print_list(term, "I/O threads", cpu_list_format(pinning->iothreads));
	print_list(term, "host", cpu_list_format(pinning->host));
	print_list(term, "unused", cpu_list_format(pinning->spare));
	print_list(term, "NUMA nodes", cpu_list_format(pinning->nodes));
	for (int i = 0; i < GAVE_WAY_N; i++)
		if (pinning->gave_way >> i & 1)
			pinning_row(term, ROLE_WARN, "gave way", gave_way_text(1 << i));
}
