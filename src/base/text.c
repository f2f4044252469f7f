/* See text.h. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_to_u64(const char *text, unsigned base, uint64_t *ret)
{
	while (g_ascii_isspace(*text))
		text++;
	if (!g_ascii_isxdigit(*text))
		return false;

	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, (int)base);
	if (errno != 0 || end == text)
		return false;
	while (g_ascii_isspace(*end))
		end++;
	if (*end != '\0')
		return false;

	*ret = value;
	return true;
}

bool text_to_u32(const char *text, unsigned base, uint32_t max, uint32_t *ret)
{
	uint64_t value;

	if (!text_to_u64(text, base, &value) || value > max)
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool text_hex(const char *text, unsigned digits, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < digits; i++) {
		int digit = text_hex_digit(text[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*ret = value;
	return true;
}

const char *text_next_line(const char **cursor, size_t *length)
{
	const char *line = *cursor;

	if (*line == '\0')
		return NULL;

	const char *end = strchr(line, '\n');
	size_t n = end ? (size_t)(end - line) : strlen(line);
	*cursor = end ? end + 1 : line + n;
	while (n > 0 && line[n - 1] == '\r')
		n--;
	*length = n;
	return line;
}

const char *text_after(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncmp(text, word, n) == 0 ? text + n : NULL;
}

const char *text_uevent(const char *text, const char *key, size_t *length)
{
	size_t key_length = strlen(key);
	const char *line;

	while ((line = text_next_line(&text, length))) {
		if (*length > key_length && line[key_length] == '=' &&
		    memcmp(line, key, key_length) == 0) {
			*length -= key_length + 1;
			return line + key_length + 1;
		}
	}
	return NULL;
}

int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *text_chomp(char *text)
{
	return g_strchomp(text);
}

char *text_printable(const char *text, size_t length)
{
	GString *out = g_string_sized_new(length);

	for (size_t i = 0; i < length;) {
		if (text[i] >= ' ' && text[i] <= '~') { /* nearly all: no need to decode them */
			g_string_append_c(out, text[i++]);
			continue;
		}
		gunichar c = g_utf8_get_char_validated(text + i, (gssize)(length - i));
		if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isprint(c)) {
			g_string_append_c(out, '?');
			i++;
			continue;
		}
		g_string_append_unichar(out, c);
		i += (size_t)(g_utf8_next_char(text + i) - (text + i));
	}
	return g_string_free(out, FALSE);
}

bool text_is_near(const char *a, const char *b)
{
	if (g_str_has_prefix(a, b) || g_str_has_prefix(b, a))
		return *a != '\0' && *b != '\0';
	while (*a == *b) {
		a++;
		b++;
	}
	return strcmp(a + 1, b) == 0 || strcmp(a, b + 1) == 0 || strcmp(a + 1, b + 1) == 0 ||
	       (a[0] == b[1] && a[1] == b[0] && a[1] && strcmp(a + 2, b + 2) == 0);
}
