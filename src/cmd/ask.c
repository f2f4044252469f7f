/* See ask.h. */
#include "cmd/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/command.h"

bool ask_can(const struct context *context)
{
	return isatty(STDIN_FILENO) && context->term.tty;
}

char *ask_text(struct context *context, const char *question, const char *otherwise)
{
	char *line = NULL;
	size_t size = 0;

	fputs(question, context->term.out);
	term_print(&context->term, ROLE_DIM, " [%s] ", otherwise);
	fflush(context->term.out);
	ssize_t n = getline(&line, &size, stdin);
	g_autofree char *typed = n >= 0 ? g_strdup(line) : NULL;
	free(line);
	if (!typed) {
		fputc('\n', context->term.out);
		return NULL;
	}
	g_strstrip(typed);
	return g_strdup(*typed ? typed : otherwise);
}

bool ask_yes(struct context *context, const char *question, bool otherwise, bool *ended)
{
	for (;;) {
		g_autofree char *answer = ask_text(context, question, otherwise ? "Y/n" : "y/N");
		if (ended)
			*ended = answer == NULL;
		if (!answer)
			return false;
		if (strcmp(answer, "Y/n") == 0 || strcmp(answer, "y/N") == 0)
			return otherwise;
		if (g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0)
			return true;
		if (g_ascii_strcasecmp(answer, "n") == 0 || g_ascii_strcasecmp(answer, "no") == 0)
			return false;
		fprintf(context->term.out, "Please answer y or n.\n");
	}
}
