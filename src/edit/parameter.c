/* See parameter.h. */
#include "edit/parameter.h"

#include <glib.h>
#include <string.h>

/* Those whose values are lists that add up. */
static const char *const lists[] = {
	"intel_iommu",
	"amd_iommu",
	"iommu",
	"vfio-pci.ids",
	"ids",
	"module_blacklist",
	"modprobe.blacklist",
	"rd.driver.blacklist",
	"rd.driver.pre",
	"pci",
};

/* The length of the name; the whole, where there is no value. '-' is '_' in names. */
static size_t name_length(const char *word)
{
	return strcspn(word, "=");
}

static bool has_equal_name(const char *a, const char *b)
{
	size_t n = name_length(a);

	if (n != name_length(b) || (a[n] == '=') != (b[n] == '='))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

static bool is_list(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autofree char *sample = g_strconcat(lists[i], "=", NULL);
		if (has_equal_name(word, sample))
			return word[name_length(word) + 1] != '\0' && !strpbrk(word, "\"'\\$");
	}
	return false;
}

static const char *value_of(const char *word)
{
	size_t n = name_length(word);

	return word[n] == '=' ? word + n + 1 : "";
}

static bool list_has(const char *value, const char *element)
{
	g_auto(GStrv) elements = g_strsplit(value, ",", -1);

	return g_strv_contains((const char *const *)elements, element);
}

bool parameter_covers(const char *there, const char *word)
{
	if (!has_equal_name(there, word))
		return false;
	if (strcmp(value_of(there), value_of(word)) == 0)
		return true;
	if (!parameter_joins(there, word))
		return false;
	g_auto(GStrv) elements = g_strsplit(value_of(word), ",", -1);
	for (char **element = elements; *element; element++)
		if (!list_has(value_of(there), *element))
			return false;
	return true;
}

bool parameter_touches(const char *there, const char *word)
{
	if (parameter_covers(there, word))
		return true;
	if (!parameter_joins(there, word))
		return false;
	g_auto(GStrv) elements = g_strsplit(value_of(word), ",", -1);
	for (char **element = elements; *element; element++)
		if (list_has(value_of(there), *element))
			return true;
	return false;
}

bool parameter_joins(const char *there, const char *word)
{
	return has_equal_name(there, word) && is_list(there) && is_list(word);
}

char *parameter_join(const char *there, const char *word)
{
	g_auto(GStrv) elements = g_strsplit(value_of(word), ",", -1);
	GString *joined = g_string_new(there);

	for (char **element = elements; *element; element++)
		if (!list_has(value_of(joined->str), *element))
			g_string_append_printf(joined, ",%s", *element);
	return g_string_free(joined, FALSE);
}

char *parameter_without(const char *there, const char *word)
{
	g_auto(GStrv) elements = g_strsplit(value_of(there), ",", -1);
	GString *left = g_string_new_len(there, (gssize)MIN(name_length(there) + 1, strlen(there)));
	size_t before = left->len;

	for (char **element = elements; is_list(there) && *element; element++)
		if (!list_has(value_of(word), *element))
			g_string_append_printf(left, "%s%s", left->len > before ? "," : "",
					       *element);
	return g_string_free(left, left->len == before);
}
