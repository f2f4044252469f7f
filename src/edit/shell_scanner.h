/* The parts of shell_slots(): assignments (shell_assignment.c), and the commands between which they
 * stand (shell.c). Positions are bytes of the text. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "edit/slot.h"

#define WORD_ENDS " \t\r\n;&|()<>"

struct shell_scanner {
	const char *text;
	size_t at;
	const char *key;
	GArray *slots;
	bool open;         /* a quote or a parenthesis was not closed */
	int depth;         /* of compound commands and functions around */
	bool command;      /* an assignment may stand here */
	bool depends;      /* on the command in front: behind "&&" or "||" */
	bool declares;     /* "export", "declare": words of this command set names */
	guint first;       /* of the slots, the first of this command */
	struct slice feed; /* the word that ends a text fed by "<<"; behind this line it begins */
};

/* Does a word end in front of that character? Also for the NUL at the end. */
bool shell_is_end_of_word(char c);

/* Steps over whatever starts at at: a quoted text, an escaped character, a comment, or one byte.
 */
size_t shell_skip_one(struct shell_scanner *scanner, size_t at);

/* at: of the opening parenthesis. Returns what is behind the closing one. */
size_t shell_skip_parenthesis(struct shell_scanner *scanner, size_t at);

/* Adds a slot as what is around it makes it; nothing while no slots are wanted. */
void shell_add_slot(struct shell_scanner *scanner, size_t start, size_t end, enum quoting quoting,
		    bool fresh);

/* Is there "NAME=", "NAME+=" or "NAME[…]=" at the scanner? Then it moves behind the '='.
 * append: "+="; wanted: it is the key. */
bool shell_take_name(struct shell_scanner *scanner, bool *append, bool *wanted);

/* The value behind it: a slot for each piece, when it is wanted. */
void shell_take_assignment(struct shell_scanner *scanner, bool append, bool wanted);
