/* Small questions about text: numbers, lines, fields, key=value. All pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses the whole of text (blanks around it allowed) as a number in the base given, 16 also with
 * 0x. Returns false, and leaves *ret alone, for anything else: empty, a sign, trailing characters,
 * out of range. */
bool text_to_u64(const char *text, unsigned base, uint64_t *ret);

/* The same, for numbers up to and including max. */
bool text_to_u32(const char *text, unsigned base, uint32_t max, uint32_t *ret);

/* Parses exactly digits hexadecimal digits at text. Returns false when there are fewer. */
bool text_hex(const char *text, unsigned digits, uint32_t *ret);

/* The value of one hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* Takes the next line off *cursor (which moves behind it): returned without its newline or carriage
 * return, as a pointer into the text, length in *length. NULL at the end of the text. */
const char *text_next_line(const char **cursor, size_t *length);

/* Is there the word at the front of text? If so returns what follows it, else NULL. */
const char *text_after(const char *text, const char *word);

/* The value of the line "KEY=…" (kernel uevent files) in text; not terminated, length in *length.
 * NULL when there is no such line. */
const char *text_uevent(const char *text, const char *key, size_t *length);

/* Is b what somebody may have meant who typed a: one begins with the other, or one letter is
 * missing, too many, another one, or has changed places with the next? */
bool text_is_near(const char *a, const char *b);

/* For sorting arrays of char *, as by g_ptr_array_sort(). */
int text_compare(const void *a, const void *b);

/* Cuts trailing white space off text, in place. Returns text. */
char *text_chomp(char *text);

/* A copy of length bytes in which everything that could upset a terminal (control characters,
 * escape sequences, invalid UTF-8) is replaced by '?'. The caller's to free. */
char *text_printable(const char *text, size_t length);
