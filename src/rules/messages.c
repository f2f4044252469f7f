/* See messages.h: how a line is looked up in the tables of messages_table.h. */
#include "rules/messages.h"

#include <stdint.h>
#include <string.h>

#include "rules/messages_table.h"

static const struct message *const tables[] = { messages_programs, messages_kernel,
						messages_others };

const struct message *message_get(unsigned number)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
		for (const struct message *row = tables[i]; row->id; row++)
			if (number-- == 0)
				return row;
	return NULL;
}

const struct message *message_meaning(const struct message *message)
{
	const struct message *row;

	for (unsigned i = 0; message->as && (row = message_get(i)); i++)
		if (strcmp(row->id, message->as) == 0)
			return row;
	return message;
}

/* "Code 43" must not be found in "Code 431". */
static bool ends_a_number(const char *pattern, const char *behind, const char *end)
{
	size_t n = strlen(pattern);

	return !g_ascii_isdigit(pattern[n - 1]) || behind == end || !g_ascii_isdigit(*behind);
}

static bool matches(const char *pattern, const char *line, size_t length)
{
	const char *end = line + length;

	while (*pattern) {
		size_t n = strcspn(pattern, "*");
		const char *at = memmem(line, (size_t)(end - line), pattern, n);
		if (!at)
			return false;
		line = at + n;
		if (pattern[n] == '\0')
			return ends_a_number(pattern, line, end);
		pattern += n + 1;
	}
	return true;
}

/* Which pairs of letters are in a line, roughly: nearly every line is told by them to hold none of
 * the texts, so that a log of gigabytes is read once and not once for each row. */
#define PAIR_BITS 1024

struct pairs {
	uint64_t bits[PAIR_BITS / 64];
};

static unsigned pair_of(const char *at)
{
	return ((unsigned char)at[0] * 31U + (unsigned char)at[1]) % PAIR_BITS;
}

static void collect_pairs(const char *line, size_t length, struct pairs *ret)
{
	*ret = (struct pairs){ 0 };
	for (size_t i = 0; i + 1 < length; i++) {
		unsigned pair = pair_of(line + i);
		ret->bits[pair / 64] |= 1ULL << pair % 64;
	}
}

/* Can the line hold what the pattern begins with? */
static bool may_hold(const struct pairs *pairs, const char *pattern)
{
	for (size_t i = 0; pattern[i] != '*' && pattern[i + 1] != '*' && pattern[i + 1]; i++) {
		unsigned pair = pair_of(pattern + i);
		if (!(pairs->bits[pair / 64] & 1ULL << pair % 64))
			return false;
	}
	return true;
}

const struct message *message_match(const char *line, size_t length)
{
	struct pairs pairs;

	collect_pairs(line, length, &pairs);
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
		for (const struct message *row = tables[i]; row->id; row++)
			if (may_hold(&pairs, row->pattern) && matches(row->pattern, line, length))
				return row;
	return NULL;
}
