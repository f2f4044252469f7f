/* vfiokit completion SHELL: completion scripts, made from the same tables as the help. */
#include <string.h>

#include "cmd/command.h"

/* ---- words ---- */

static void print_option_words(FILE *out, const struct option_row *rows)
{
	for (; rows && rows->name; rows++)
		fprintf(out, " --%s", rows->name);
}

static void print_command_words(FILE *out)
{
	for (size_t i = 0; commands[i]; i++)
		if (!(commands[i]->flags & COMMAND_HIDDEN))
			fprintf(out, " %s", commands[i]->name);
}

/* Does the command take PCI addresses, so that those of this machine can be offered? */
static bool takes_devices(const struct command *command)
{
	return command->arguments && strstr(command->arguments, "DEVICE");
}

/* ---- bash ---- */

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
	      "\t\tcase $word in -*) ;; *) command=$word; break ;; esac\n"
	      "\tdone\n"
	      "\toptions='",
	      out);
	print_option_words(out, global_options);
	fputs("'\n\tcase $command in\n\t'') options+='", out);
	print_command_words(out);
	fputs("' ;;\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "\t%s) options+='", commands[i]->name);
		print_option_words(out, commands[i]->options);
		fprintf(out, "'%s ;;\n", takes_devices(commands[i]) ? " devices=1" : "");
	}
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
	      "  command)\n    local -a list=(\n",
	      out);
	for (size_t i = 0; commands[i]; i++) {
		if (commands[i]->flags & COMMAND_HIDDEN)
			continue;
		fprintf(out, "      '%s:", commands[i]->name);
		print_zsh_text(out, commands[i]->summary);
		fputs("'\n", out);
	}
	fputs("    )\n    _describe command list ;;\n  argument)\n    case $line[1] in\n", out);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(out, "    %s) _arguments \\\n", commands[i]->name);
		print_zsh_options(out, commands[i]->options, "        ");
		fprintf(out, "        '*:argument:%s' ;;\n",
			takes_devices(commands[i]) ? "_vfiokit_devices" : "_files");
	}
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

static void print_fish(FILE *out)
{
	fputs("# fish completion for vfiokit, made by 'vfiokit completion fish'\n"
	      "complete -c vfiokit -f\n",
	      out);
	print_fish_options(out, global_options, "");
	for (size_t i = 0; commands[i]; i++) {
		g_autofree char *condition =
			g_strdup_printf("-n '__fish_seen_subcommand_from %s' ", commands[i]->name);
		if (!(commands[i]->flags & COMMAND_HIDDEN)) {
			fprintf(out, "complete -c vfiokit -n __fish_use_subcommand -a %s -d ",
				commands[i]->name);
			print_fish_text(out, commands[i]->summary);
			fputc('\n', out);
		}
		print_fish_options(out, commands[i]->options, condition);
		if (takes_devices(commands[i]))
			fprintf(out,
				"complete -c vfiokit %s-a '(ls /sys/bus/pci/devices "
				"2>/dev/null)'\n",
				condition);
	}
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
