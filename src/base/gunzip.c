/* See gunzip.h. */
#include "base/gunzip.h"

#include <glib.h>
#include <zlib.h>

#define STEP        (64 * 1024)
#define GZIP_WINDOW (16 + MAX_WBITS) /* inflateInit2: a gzip header, the largest window */

char *gunzip(const char *data, size_t length, size_t max)
{
	z_stream stream = {
		.next_in = (Bytef *)(gpointer)data,
		.avail_in = (uInt)MIN(length, G_MAXINT),
	};
	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return NULL;

	GString *out = g_string_new(NULL);
	int r = Z_OK;
	while (r == Z_OK && out->len < max) {
		gsize old = out->len;
		gsize room = MIN(STEP, max - old);
		g_string_set_size(out, old + room);
		stream.next_out = (Bytef *)out->str + old;
		stream.avail_out = (uInt)room;
		r = inflate(&stream, Z_NO_FLUSH);
		g_string_set_size(out, old + room - stream.avail_out);
	}
	inflateEnd(&stream);
	return g_string_free(out, out->len == 0 && r != Z_STREAM_END);
}
