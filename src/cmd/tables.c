/* vfiokit tables: the tables of commands, options and profiles as JSON. The manual pages are made
 * from it, and tests compare with it; it is not in the list of commands. */
#include "cmd/command.h"
#include "vm/profile.h"

static void json_letter(struct json *json, char letter)
{
	const char text[2] = { letter, '\0' };

	json_text(json, "letter", letter ? text : NULL);
}

static void json_options(struct json *json, const struct option_row *rows)
{
	json_array(json, "options");
	for (; rows && rows->name; rows++) {
		json_object(json, NULL);
		json_text(json, "name", rows->name);
		json_letter(json, rows->letter);
		json_text(json, "argument", rows->argument);
		json_text(json, "choices", rows->choices);
		json_text(json, "help", rows->help);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_commands(struct json *json, const struct command *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		json_object(json, NULL);
		json_text(json, "name", list[i]->name);
		json_text(json, "arguments", list[i]->arguments);
		json_text(json, "summary", list[i]->summary);
		json_text(json, "help", list[i]->help);
		json_bool(json, "runs", list[i]->run != NULL);
		json_bool(json, "hidden", (list[i]->flags & COMMAND_HIDDEN) != 0);
		json_options(json, list[i]->options);
		json_object_end(json);
		json_commands(json, list[i]->parts);
	}
}

static void json_profiles(struct json *json)
{
	json_array(json, "profiles");
	for (const struct profile *profile = profiles; profile->name; profile++) {
		json_object(json, NULL);
		json_text(json, "name", profile->name);
		json_text(json, "summary", profile->summary);
		json_text(json, "guest", profile->guest);
		json_uint(json, "max_cores", profile->max_cores);
		json_uint(json, "memory_gib", profile->memory_gib);
		json_uint(json, "share", profile->share);
		json_uint(json, "iothreads", profile->iothreads);
		json_bool(json, "one_cache", profile->one_cache);
		json_bool(json, "headless", profile->headless);
		json_bool(json, "screen", profile->screen);
		json_object_end(json);
	}
	json_array_end(json);
}

static void json_guest_kinds(struct json *json)
{
	json_array(json, "guests");
	for (const struct guest_kind *kind = guest_kinds; kind->name; kind++) {
		json_object(json, NULL);
		json_text(json, "name", kind->name);
		json_bool(json, "windows", kind->windows);
		json_bool(json, "secure_boot", kind->secure_boot);
		json_object_end(json);
	}
	json_array_end(json);
}

static int run_tables(struct context *context, GError **error)
{
	struct json json;

	context_json(context, &json, "vfiokit.tables/1");
	json_options(&json, global_options);
	json_array(&json, "commands");
	json_commands(&json, commands);
	json_array_end(&json);
	json_profiles(&json);
	json_guest_kinds(&json);
	json_object_end(&json);
	json_end(&json);
	return STATUS_OK;
}

const struct command command_tables = {
	.name = "tables",
	.summary = "print the tables of commands, options and profiles as JSON",
	.flags = COMMAND_NO_ROOT | COMMAND_HIDDEN,
	.run = run_tables,
};
