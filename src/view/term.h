/* The terminal: where to, how wide, with colour or not, UTF-8 or not. Text for people goes through
 * here, so that the same words look right on 80 columns, on 200, in a pipe and in a log. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum colour_when {
	COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set or TERM is dumb */
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

/* What a text means; what it looks like is decided here, once. */
enum role {
	ROLE_PLAIN,
	ROLE_GOOD,    /* as it should be */
	ROLE_WARN,    /* look at this */
	ROLE_BAD,     /* this stops you */
	ROLE_STRONG,  /* headings, the answer */
	ROLE_DIM,     /* there, but beside the point */
	ROLE_COMMAND, /* to be typed */
};

struct term {
	FILE *out;
	bool tty;
	bool colour;
	bool utf8;
	int width; /* columns; 0: unlimited (not a terminal) */
};

void term_init(struct term *term, FILE *out, enum colour_when when);

/* The escape sequence that starts a role ("" without colour), and the one that ends it. */
const char *term_on(const struct term *term, enum role role);
const char *term_off(const struct term *term);

/* Prints formatted text in a role. */
void term_print(const struct term *term, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints text as a paragraph: wrapped at the width between words, the first line indented by first
 * columns (of which the caller has already printed `printed`), further ones by rest; a newline
 * behind it. Without a width it stays one line. */
void term_paragraph(const struct term *term, enum role role, unsigned first, unsigned printed,
		    unsigned rest, const char *text);

/* Prints a message to standard error, behind what it begins with ("vfiokit: "): wrapped between
 * words where that is a terminal, else in one line. */
void term_complain(const char *front, const char *text);

/* The same for a warning. */
void term_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* unicode where the terminal has UTF-8, else ascii. */
const char *term_symbol(const struct term *term, const char *unicode, const char *ascii);
