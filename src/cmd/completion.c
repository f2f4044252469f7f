/* vfiokit completion SHELL: completion scripts, made from the same tables as the help. */
#include <string.h>

#include "cmd/command.h"

/* ---- words ---- */

static void print_option_words(FILE *out, const struct option_row *rows)
{
	for (; rows && rows->name; rows++)
		fprintf(out, " --%s", rows->name);
}

static void print_command_words(FILE *out, const struct command *const *list)
{
	for (size_t i = 0; list && list[i]; i++)
		if (!(list[i]->flags & COMMAND_HIDDEN))
			fprintf(out, " %s", command_word(list[i]));
}

/* Does the command take PCI addresses, so that those of this machine can be offered? */
static bool takes_devices(const struct command *command)
{
	return command->arguments && strstr(command->arguments, "DEVICE");
}

/* ---- bash ---- */

/* The words behind each command; for one with parts their names, too. */
static void print_bash_cases(FILE *out, const struct command *const *list)
{
	for (size_t i = 0; list && list[i]; i++) {
		fprintf(out, "\t'%s') options+='", list[i]->name);
		print_option_words(out, list[i]->options);
		print_command_words(out, list[i]->parts);
		fprintf(out, "'%s ;;\n", takes_devices(list[i]) ? " devices=1" : "");
		print_bash_cases(out, list[i]->parts);
	}
}

/* A second word belongs to the command when it names a part of it. */
static void print_bash_parts(FILE *out)
{
	fputs("\t\tcase \"$command $word\" in\n\t\t' '*) command=$word ;;\n", out);
	for (size_t i = 0; commands[i]; i++)
		for (size_t j = 0; commands[i]->parts && commands[i]->parts[j]; j++)
			fprintf(out, "\t\t'%s') command+=\" $word\" ;;\n",
				commands[i]->parts[j]->name);
	fputs("\t\tesac\n", out);
}

static void print_bash(FILE *out)
{
	fputs("# bash completion for vfiokit, made by 'vfiokit completion bash'\n"
	      "_vfiokit()\n{\n"
	      "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal command= word options= devices=\n"
	      "\tCOMPREPLY=()\n"
	      "\tcase $previous in\n"
	      "\t--root) COMPREPLY=($(compgen -d -- \"$current\")); return ;;\n"
	      "\t--host) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n"
	      "\t--color) COMPREPLY=($(compgen -W 'auto always never' -- \"$current\")); return "
	      ";;\n"
	      "\tesac\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tcase $word in -*) continue ;; esac\n",
	      out);
	print_bash_parts(out);
	fputs("\tdone\n\toptions='", out);
	print_option_words(out, global_options);
	fputs("'\n\tcase $command in\n\t'') options+='", out);
	print_command_words(out, commands);
	fputs("' ;;\n", out);
	print_bash_cases(out, commands);
	fputs("\tesac\n"
	      "\tif [[ $devices && $current != -* ]]; then\n"
	      "\t\toptions=$(cd /sys/bus/pci/devices 2>/dev/null && echo *)\n"
	      "\t\toptions+=\" ${options//0000:/}\"\n"
	      "\t\tcompopt +o default 2>/dev/null\n"
	      "\tfi\n"
	      "\tCOMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
	      "\tdeclare -F __ltrim_colon_completions >/dev/null && "
	      "__ltrim_colon_completions \"$current\"\n"
	      "\treturn 0\n"
	      "}\n"
	      "complete -F _vfiokit vfiokit\n",
	      out);
}

/* ---- zsh ---- */

/* Text inside a quoted zsh specification. */
static void print_zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_zsh_options(FILE *out, const struct option_row *rows, const char *indent)
{
	for (; rows && rows->name; rows++) {
		fprintf(out, "%s'--%s[", indent, rows->name);
		print_zsh_text(out, rows->help);
		fputc(']', out);
		if (rows->choices)
			fprintf(out, ":%s:(%s)", rows->argument, rows->choices);
		else if (rows->argument)
			fprintf(out, ":%s:%s", rows->argument,
				strcmp(rows->argument, "DIR") == 0 ? "_files -/" : "_files");
		fputs("' \\\n", out);
	}
}

static void print_zsh_list(FILE *out, const struct command *const *list, const char *indent)
{
	fprintf(out, "%slocal -a list=(\n", indent);
	for (size_t i = 0; list[i]; i++) {
		if (list[i]->flags & COMMAND_HIDDEN)
			continue;
		fprintf(out, "%s  '%s:", indent, command_word(list[i]));
		print_zsh_text(out, list[i]->summary);
		fputs("'\n", out);
	}
	fprintf(out, "%s)\n%s_describe command list", indent, indent);
}

static void print_zsh_arguments(FILE *out, const struct command *command, const char *indent)
{
	fprintf(out, "%s_arguments \\\n", indent);
	print_zsh_options(out, command->options, "        ");
	fprintf(out, "        '*:argument:%s' ;;\n",
		takes_devices(command) ? "_vfiokit_devices" : "_files");
}

static void print_zsh_command(FILE *out, const struct command *command)
{
	fprintf(out, "    %s)\n", command->name);
	if (command->parts) {
		fputs("      if (( CURRENT == 2 )); then\n", out);
		print_zsh_list(out, command->parts, "        ");
		fputs("\n      fi\n      case $words[2] in\n", out);
		for (size_t i = 0; command->parts[i]; i++) {
			fprintf(out, "      %s) shift words; (( CURRENT-- ))\n",
				command_word(command->parts[i]));
			print_zsh_arguments(out, command->parts[i], "        ");
		}
		fputs("      *)\n", out);
		print_zsh_arguments(out, command, "        ");
		fputs("      esac ;;\n", out);
	} else {
		print_zsh_arguments(out, command, "      ");
	}
}

static void print_zsh(FILE *out)
{
	fputs("#compdef vfiokit\n"
	      "# zsh completion for vfiokit, made by 'vfiokit completion zsh'\n"
	      "_vfiokit_devices() { local -a devices; devices=(/sys/bus/pci/devices/*(N:t)); "
	      "compadd -a devices; compadd -- ${devices#0000:}; }\n"
	      "_vfiokit() {\n"
	      "  local line state\n"
	      "  _arguments -C \\\n",
	      out);
	print_zsh_options(out, global_options, "    ");
	fputs("    '1:command:->command' '*::argument:->argument'\n"
	      "  case $state in\n"
	      "  command)\n",
	      out);
	print_zsh_list(out, commands, "    ");
	fputs(" ;;\n  argument)\n    case $line[1] in\n", out);
	for (size_t i = 0; commands[i]; i++)
		print_zsh_command(out, commands[i]);
	fputs("    esac ;;\n  esac\n}\n_vfiokit \"$@\"\n", out);
}

/* ---- fish ---- */

static void print_fish_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		fprintf(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('\'', out);
}

static void print_fish_options(FILE *out, const struct option_row *rows, const char *condition)
{
	for (; rows && rows->name; rows++) {
		fprintf(out, "complete -c vfiokit %s-l %s", condition, rows->name);
		if (rows->letter)
			fprintf(out, " -s %c", rows->letter);
		if (rows->choices)
			fprintf(out, " -x -a '%s'", rows->choices);
		else if (rows->argument)
			fputs(" -r", out);
		fputs(" -d ", out);
		print_fish_text(out, rows->help);
		fputc('\n', out);
	}
}

/* The commands of a list, offered while the condition holds; before: what must have been seen for
 * their own options, with "; and " behind it. */
static void print_fish_commands(FILE *out, const struct command *const *list, const char *condition,
				const char *before)
{
	for (size_t i = 0; list && list[i]; i++) {
		const struct command *command = list[i];
		g_autofree char *seen = g_strdup_printf("%s__fish_seen_subcommand_from %s", before,
							command_word(command));
		g_autofree char *when = g_strdup_printf("-n '%s' ", seen);
		g_autofree char *inside = g_strconcat(seen, "; and ", NULL);
		if (!(command->flags & COMMAND_HIDDEN)) {
			fprintf(out, "complete -c vfiokit -n '%s' -a %s -d ", condition,
				command_word(command));
			print_fish_text(out, command->summary);
			fputc('\n', out);
		}
		print_fish_options(out, command->options, when);
		if (takes_devices(command))
			fprintf(out,
				"complete -c vfiokit %s-a '(ls /sys/bus/pci/devices "
				"2>/dev/null)'\n",
				when);
		print_fish_commands(out, command->parts, seen, inside);
	}
}

static void print_fish(FILE *out)
{
	fputs("# fish completion for vfiokit, made by 'vfiokit completion fish'\n"
	      "complete -c vfiokit -f\n",
	      out);
	print_fish_options(out, global_options, "");
	print_fish_commands(out, commands, "__fish_use_subcommand", "");
}

/* ---- the command ---- */

static const struct {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{ .name = "bash", .print = print_bash },
	{ .name = "zsh", .print = print_zsh },
	{ .name = "fish", .print = print_fish },
};

static int run_completion(struct context *context, GError **error)
{
	const char *name = context->n_arguments == 1 ? context->arguments[0] : "";

	for (size_t i = 0; i < G_N_ELEMENTS(shells); i++) {
		if (strcmp(shells[i].name, name) == 0) {
			shells[i].print(context->term.out);
			return STATUS_OK;
		}
	}
	g_set_error(error, VFIOKIT_ERROR, STATUS_USAGE,
		    "cannot complete for '%s': name one of bash, zsh, fish", name);
	return -1;
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "print the completion script of a shell",
	.help = "To use it now: source <(vfiokit completion bash)",
	.flags = COMMAND_NO_ROOT | COMMAND_NO_JSON,
	.run = run_completion,
};
