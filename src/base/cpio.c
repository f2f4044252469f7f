/* See cpio.h. */
#include "base/cpio.h"

#include <string.h>

#include "base/text.h"

#define HEADER   110 /* bytes */
#define MAX_NAME 4096
#define TRAILER  "TRAILER!!!"

static size_t padded(uint64_t length)
{
	return (size_t)((length + 3) & ~(uint64_t)3);
}

void cpio_reader_init(struct cpio_reader *reader)
{
	*reader = (struct cpio_reader){
		.names = g_ptr_array_new_with_free_func(g_free),
		.pending = g_byte_array_new(),
		.need = HEADER,
		.between = true,
	};
}

void cpio_reader_clear(struct cpio_reader *reader)
{
	g_ptr_array_unref(reader->names);
	g_byte_array_unref(reader->pending);
}

/* Field N of the header: eight hexadecimal digits behind the six of the magic number. */
static bool header_field(const struct cpio_reader *reader, unsigned number, uint32_t *ret)
{
	return text_hex((const char *)reader->pending->data + 6 + (size_t)number * 8, 8, ret);
}

enum { FIELD_SIZE = 6, FIELD_NAME_SIZE = 11 };

static void take_header(struct cpio_reader *reader)
{
	const char *magic = (const char *)reader->pending->data;
	uint32_t size, name_size;

	reader->broken = (memcmp(magic, "070701", 6) != 0 && memcmp(magic, "070702", 6) != 0) ||
			 !header_field(reader, FIELD_SIZE, &size) ||
			 !header_field(reader, FIELD_NAME_SIZE, &name_size) || name_size == 0 ||
			 name_size > MAX_NAME;
	if (!reader->broken)
		reader->need = padded(HEADER + name_size);
}

static void take_name(struct cpio_reader *reader)
{
	const char *name = (const char *)reader->pending->data + HEADER;
	size_t length = strnlen(name, reader->pending->len - HEADER);
	uint32_t size = 0;

	header_field(reader, FIELD_SIZE, &size);
	if (length == strlen(TRAILER) && memcmp(name, TRAILER, length) == 0) {
		reader->between = true;
	} else {
		while (length > 0 && (*name == '/' || (*name == '.' && name[1] == '/'))) {
			length--;
			name++;
		}
		g_ptr_array_add(reader->names, g_strndup(name, length));
		reader->skip = padded(size);
	}
	g_byte_array_set_size(reader->pending, 0);
	reader->need = HEADER;
}

/* Zeros between archives; an archive starts with the digit '0'. Returns how many bytes to pass. */
static size_t pass_between(struct cpio_reader *reader, const uint8_t *data, size_t length)
{
	size_t n = 0;

	while (n < length && data[n] == 0)
		n++;
	if (n < length && data[n] == '0')
		reader->between = false;
	return n;
}

static size_t take_piece(struct cpio_reader *reader, const uint8_t *data, size_t length)
{
	size_t n;

	if (reader->skip > 0) {
		n = (size_t)MIN(reader->skip, length);
		reader->skip -= n;
		return n;
	}
	n = MIN(reader->need - reader->pending->len, length);
	g_byte_array_append(reader->pending, data, (guint)n);
	if (reader->pending->len == HEADER && reader->need == HEADER)
		take_header(reader);
	else if (reader->pending->len == reader->need)
		take_name(reader);
	return n;
}

size_t cpio_feed(struct cpio_reader *reader, const uint8_t *data, size_t length)
{
	size_t done = 0;

	while (done < length && !reader->broken) {
		if (!reader->between) {
			done += take_piece(reader, data + done, length - done);
			continue;
		}
		done += pass_between(reader, data + done, length - done);
		if (reader->between)
			break; /* all of it, or what follows is no archive */
	}
	return done;
}
