/* The parts of edit.h: slots, and the words in them. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* How words are written in a slot. */
enum quoting {
	QUOTING_NONE,   /* the kernel's: blanks between words, "…" keeps a word together */
	QUOTING_DOUBLE, /* inside "…" of a shell */
	QUOTING_SINGLE, /* inside '…' of a shell */
	QUOTING_BARE,   /* a shell's word without quotes: blanks are "\ " */
	QUOTING_ARRAY,  /* inside (…) of a shell: words with quotes of their own, comments */
	QUOTING_REFIND, /* inside "…", where "" is a quote */
	QUOTING_COMMAS, /* between commas */
	QUOTING_WHOLE,  /* the slot is one word: a line, blanks folded */
};

/* A place for words: bytes of the text. */
struct slot {
	size_t start, end;
	enum quoting quoting;
	bool fresh; /* what stood before does not count any more: "NAME=", not "NAME+=" */
	bool maybe; /* takes effect only if a shell gets there: in "if", a function, behind "&&" */
};

/* A word in a slot. */
struct word {
	size_t start, end;
	char *value; /* as the reader sees it; owned */
};

/* The words of a slot (of struct word; the array owns them). */
GArray *slot_words(const char *text, const struct slot *slot);

/* value as it must be written; the caller's. NULL: it cannot be. */
char *slot_encode(const char *value, enum quoting quoting);

/* What is put between two words. */
const char *slot_separator(enum quoting quoting);

/* How many bytes in front of at, not before from, or behind at, are one separator; 0: none. */
size_t slot_separator_before(const char *text, size_t from, size_t at, enum quoting quoting);
size_t slot_separator_at(const char *text, size_t at, size_t end, enum quoting quoting);

/* Each format: the slots of a text for key, in order (of struct slot). */
GArray *shell_slots(const char *text, const char *key);
GArray *cmdline_slots(const char *text, const char *key);
GArray *entry_slots(const char *text, const char *key);
GArray *refind_slots(const char *text, const char *key);
GArray *limine_slots(const char *text, const char *key);
GArray *modprobe_slots(const char *text, const char *key);
GArray *yaml_slots(const char *text, const char *key);
GArray *lines_slots(const char *text, const char *key);

/* Are all quotes of a shell's text closed? */
bool shell_is_sound(const char *text);

/* The end of the line that at is in: of its newline, or of the text. */
size_t line_end(const char *text, size_t at);

/* The same, where a backslash in front of a newline goes on. */
size_t line_end_continued(const char *text, size_t at);
