/* vfiokit tables: the tables of commands and options as JSON. The manual pages are made from it,
 * and tests compare with it; it is not in the list of commands. */
#include "cmd/command.h"

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

static int run_tables(struct context *context, GError **error)
{
	struct json json;

	context_json(context, &json, "vfiokit.tables/1");
	json_options(&json, global_options);
	json_array(&json, "commands");
	json_commands(&json, commands);
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
	return STATUS_OK;
}

const struct command command_tables = {
	.name = "tables",
	.summary = "print the tables of commands and options as JSON",
	.flags = COMMAND_NO_ROOT | COMMAND_HIDDEN,
	.run = run_tables,
};
