/* See firmware.h. */
#include "vm/firmware.h"

#include <fnmatch.h>
#include <json-c/json.h>
#include <string.h>

#include "model/guests.h"

#define ARCHITECTURE "x86_64"
#define MACHINE      "pc-q35-10.0" /* any version: descriptors have patterns like pc-q35-* */

/* ---- questions about JSON ---- */

static json_object *member(json_object *object, const char *name)
{
	json_object *found = NULL;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	json_object_object_get_ex(object, name, &found);
	return found;
}

static const char *text_member(json_object *object, const char *name)
{
	json_object *found = member(object, name);

	return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : NULL;
}

static size_t length_of(json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static bool has_word(json_object *array, const char *word)
{
	for (size_t i = 0; i < length_of(array); i++)
		if (g_strcmp0(json_object_get_string(json_object_array_get_idx(array, i)), word) ==
		    0)
			return true;
	return false;
}

static bool matches_machine(json_object *patterns)
{
	for (size_t i = 0; i < length_of(patterns); i++) {
		const char *pattern =
			json_object_get_string(json_object_array_get_idx(patterns, i));
		if (pattern && fnmatch(pattern, MACHINE, 0) == 0)
			return true;
	}
	return false;
}

static bool is_for_us(json_object *top)
{
	json_object *targets = member(top, "targets");

	for (size_t i = 0; i < length_of(targets); i++) {
		json_object *target = json_object_array_get_idx(targets, i);
		if (g_strcmp0(text_member(target, "architecture"), ARCHITECTURE) == 0 &&
		    matches_machine(member(target, "machines")))
			return has_word(member(top, "interface-types"), "uefi");
	}
	return false;
}

/* Images for encrypted guests (SEV, TDX) have variables of their own or none: never for others. */
static bool is_wished(json_object *features, const struct firmware_wish *wish)
{
	if (wish->secure_boot)
		return has_word(features, "secure-boot") && has_word(features, "enrolled-keys");
	return !has_word(features, "secure-boot") && !has_word(features, "enrolled-keys");
}

static bool take_image(json_object *top, struct firmware_image *ret)
{
	json_object *mapping = member(top, "mapping");
	json_object *code = member(mapping, "executable");
	json_object *vars = member(mapping, "nvram-template");
	const char *mode = text_member(mapping, "mode");

	if (g_strcmp0(text_member(mapping, "device"), "flash") != 0 ||
	    (mode && strcmp(mode, "split") != 0) || !text_member(code, "filename") ||
	    !text_member(vars, "filename"))
		return false;
	ret->code = g_strdup(text_member(code, "filename"));
	ret->code_format = g_strdup(text_member(code, "format"));
	ret->vars = g_strdup(text_member(vars, "filename"));
	ret->vars_format = g_strdup(text_member(vars, "format"));
	ret->needs_smm = has_word(member(top, "features"), "requires-smm");
	return true;
}

bool firmware_find(const struct guest_facts *guests, const struct firmware_wish *wish,
		   struct firmware_image *ret)
{
	bool found = false;

	*ret = (struct firmware_image){ 0 };
	for (unsigned i = 0; !found && i < guests->n_firmware; i++) {
		json_object *top = json_tokener_parse(guests->firmware[i].text);
		found = is_for_us(top) && is_wished(member(top, "features"), wish) &&
			take_image(top, ret);
		if (found)
			ret->descriptor = g_strdup(guests->firmware[i].name);
		json_object_put(top);
	}
	return found;
}
