/* See term.h. */
#include "view/term.h"

#include <glib.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

static const char *const sequences[] = {
	[ROLE_PLAIN] = "",           [ROLE_GOOD] = "\033[32m",  [ROLE_WARN] = "\033[33m",
	[ROLE_BAD] = "\033[1;31m",   [ROLE_STRONG] = "\033[1m", [ROLE_DIM] = "\033[2m",
	[ROLE_COMMAND] = "\033[36m",
};

static bool wants_colour(bool tty, enum colour_when when)
{
	const char *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */

	if (when != COLOUR_AUTO)
		return when == COLOUR_ALWAYS;
	return tty && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}

static int find_width(FILE *out, bool tty)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	uint32_t set = 0;
	int width = columns && text_to_u32(columns, 10, 10000, &set) ? (int)set : 0;

	if (!tty)
		return 0;
	if (width <= 0 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	return width > 0 ? MAX(width, 40) : 80;
}

void term_init(struct term *term, FILE *out, enum colour_when when)
{
	bool tty = isatty(fileno(out));

	*term = (struct term){
		.out = out,
		.tty = tty,
		.colour = wants_colour(tty, when),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.width = find_width(out, tty),
	};
}

const char *term_on(const struct term *term, enum role role)
{
	return term->colour ? sequences[role] : "";
}

const char *term_off(const struct term *term)
{
	return term->colour ? "\033[0m" : "";
}

void term_print(const struct term *term, enum role role, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	/* The role ends before the line does: what follows on the next line has its own. */
	size_t length = strlen(text);
	while (length > 0 && text[length - 1] == '\n')
		length--;
	bool paint = term->colour && role != ROLE_PLAIN && length > 0;
	fprintf(term->out, "%s%.*s%s%s", paint ? sequences[role] : "", (int)length, text,
		paint ? term_off(term) : "", text + length);
}

static unsigned text_width(const char *text, size_t length)
{
	glong n = g_utf8_strlen(text, (gssize)length);

	return n < 0 ? (unsigned)length : (unsigned)n;
}

void term_paragraph(const struct term *term, enum role role, unsigned first, unsigned printed,
		    unsigned rest, const char *text)
{
	unsigned width = term->width > 0 ? (unsigned)term->width : G_MAXUINT;
	unsigned column = MAX(first, printed);
	bool line_start = true;

	fprintf(term->out, "%*s", (int)(column - printed), "");
	fputs(role == ROLE_PLAIN ? "" : term_on(term, role), term->out);
	while (*text) {
		size_t length = strcspn(text, " ");
		unsigned columns = text_width(text, length);
		if (!line_start && column + 1 + columns > width) {
			fprintf(term->out, "\n%*s", (int)rest, "");
			column = rest;
			line_start = true;
		}
		if (!line_start) {
			fputc(' ', term->out);
			column++;
		}
		fwrite(text, 1, length, term->out);
		column += columns;
		line_start = false;
		text += length;
		text += strspn(text, " ");
	}
	fputs(role == ROLE_PLAIN ? "" : term_off(term), term->out);
	fputc('\n', term->out);
}

void term_complain(const char *front, const char *text)
{
	unsigned width = text_width(front, strlen(front));
	struct term term;

	term_init(&term, stderr, COLOUR_NEVER);
	fputs(front, stderr);
	if (term.width > 0)
		term_paragraph(&term, ROLE_PLAIN, width, width, width, text);
	else
		fprintf(stderr, "%s\n", text);
}

void term_warn(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	g_autofree char *text = g_strdup_vprintf(format, list);
	va_end(list);
	term_complain("vfiokit: warning: ", text);
}

const char *term_symbol(const struct term *term, const char *unicode, const char *ascii)
{
	return term->utf8 ? unicode : ascii;
}
