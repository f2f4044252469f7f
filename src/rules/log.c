/* See messages.h: a log as it is read. Bounded: a few hundred findings and a few lines are kept. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/pci.h"
#include "rules/messages.h"
#include "rules/see.h"

#define MAX_SEEN   200 /* messages of devices that are told apart */
#define MAX_ODD    3   /* lines that look like failures and are not known */
#define LINE_SHOWN 300 /* bytes of a line that are quoted */
#define WRAP_MIN   20  /* bytes of a line that a mail program, or a forum, may have broken */
#define WRAP_MAX   100
#define WRAP_FRONT 40 /* of a line that may be the rest of one: no "name: " in so many */

/* One message of one device. */
struct seen {
	const struct message *message;
	char *subject; /* the device's address; "log" */
	char *line;    /* the first one */
	uint64_t number;
	uint64_t count;
};

struct log_reader {
	char *name;
	GArray *seen;   /* of struct seen */
	GPtrArray *odd; /* of char *: "NUMBER: line" */
	uint64_t odd_count;
	uint64_t lines;
	GString *before;  /* the line before, as the next may go on with it; empty: it cannot */
	GString *joined;  /* both together; kept for its memory: there may be millions of lines */
	bool before_odd;  /* it counts as odd */
	bool before_kept; /* and is in odd */
};

static void clear_seen(void *data)
{
	struct seen *seen = data;

	g_free(seen->subject);
	g_free(seen->line);
}

struct log_reader *log_reader_new(const char *name)
{
	struct log_reader *reader = g_new0(struct log_reader, 1);

	reader->name = g_strdup(name);
	reader->seen = g_array_new(FALSE, FALSE, sizeof(struct seen));
	g_array_set_clear_func(reader->seen, clear_seen);
	reader->odd = g_ptr_array_new_with_free_func(g_free);
	reader->before = g_string_new(NULL);
	reader->joined = g_string_new(NULL);
	return reader;
}

/* The first address in the line, as a subject; the caller's. Times ("12:34:56.7") are none: a slot
 * ends below 32, and an address starts where a word does. */
static char *find_subject(const char *line)
{
	struct pci_addr addr;
	char buf[PCI_ADDR_SIZE];

	for (const char *at = line; *at; at++) {
		bool starts = at == line || !(g_ascii_isalnum(at[-1]) || strchr(":.-_", at[-1]));
		size_t n = starts ? pci_addr_scan(at, &addr) : 0;
		if (n > 0 && !g_ascii_isalnum(at[n]))
			return g_strdup(pci_addr_format(addr, buf));
	}
	return g_strdup("log");
}

static void add_seen(struct log_reader *reader, const struct message *message, char *line)
{
	g_autofree char *subject = find_subject(line);

	for (guint i = 0; i < reader->seen->len; i++) {
		struct seen *seen = &g_array_index(reader->seen, struct seen, i);
		if (seen->message == message && strcmp(seen->subject, subject) == 0) {
			seen->count++;
			return;
		}
	}
	if (reader->seen->len == MAX_SEEN)
		return;
	struct seen seen = {
		.message = message,
		.subject = g_steal_pointer(&subject),
		.line = g_strdup(line),
		.number = reader->lines,
		.count = 1,
	};
	g_array_append_val(reader->seen, seen);
}

/* Words of lines that tell of a failure, whatever it is. */
static bool looks_bad(const char *line, size_t length)
{
	static const char *const words[] = { "error", "Error", "ERROR", "fail", "Fail", "annot " };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (memmem(line, length, words[i], strlen(words[i])))
			return true;
	return false;
}

/* ---- lines as they are posted ---- */

/* A line with quotation marks as word processors and forums set them made plain: the caller's.
 * NULL: it has none. U+2018 and U+2019 are E2 80 98 and 99, U+201C and U+201D end in 9C and 9D. */
static GString *plain_quotes(const char *line, size_t length)
{
	if (!memmem(line, length, "\xe2\x80", 2))
		return NULL;
	GString *text = g_string_sized_new(length);
	for (size_t i = 0; i < length; i++) {
		unsigned char last = i + 2 < length && memcmp(line + i, "\xe2\x80", 2) == 0
					     ? (unsigned char)line[i + 2]
					     : 0;
		char plain = last == 0x98 || last == 0x99   ? '\''
			     : last == 0x9c || last == 0x9d ? '"'
							    : '\0';
		g_string_append_c(text, plain ? plain : line[i]);
		i += plain ? 2 : 0;
	}
	return text;
}

/* Without the marks of quoted mail, and blanks, in front and the blanks at the end. */
static const char *strip_line(const char *line, size_t *length)
{
	while (*length > 0 && (*line == '>' || g_ascii_isspace(*line))) {
		line++;
		(*length)--;
	}
	while (*length > 0 && g_ascii_isspace(line[*length - 1]))
		(*length)--;
	return line;
}

/* Could it be the rest of the line before? Lines of logs begin with a time, or a name and a colon.
 */
static bool may_go_on(const char *line, size_t length)
{
	return length > 0 && *line != '[' && !memmem(line, MIN(length, WRAP_FRONT), ": ", 2);
}

/* The row that explains the line before together with this one: both are in reader->joined. */
static const struct message *match_joined(struct log_reader *reader, const char *line,
					  size_t length)
{
	line = strip_line(line, &length);
	if (reader->before->len == 0 || !may_go_on(line, length))
		return NULL;
	g_string_truncate(reader->joined, 0);
	g_string_append_len(reader->joined, reader->before->str, (gssize)reader->before->len);
	g_string_append_c(reader->joined, ' ');
	g_string_append_len(reader->joined, line, (gssize)length);
	return message_match(reader->joined->str, reader->joined->len);
}

static void forget_before(struct log_reader *reader, bool explained)
{
	if (explained && reader->before_odd) {
		reader->odd_count--;
		if (reader->before_kept)
			g_ptr_array_remove_index(reader->odd, reader->odd->len - 1);
	}
	g_string_truncate(reader->before, 0);
	reader->before_odd = reader->before_kept = false;
}

static void keep_before(struct log_reader *reader, const char *line, size_t length, bool odd)
{
	line = strip_line(line, &length);
	if (length >= WRAP_MIN && length <= WRAP_MAX)
		g_string_append_len(reader->before, line, (gssize)length);
	reader->before_odd = odd;
}

static void take_unknown(struct log_reader *reader, const char *line, size_t length)
{
	bool odd = looks_bad(line, length);

	forget_before(reader, false);
	keep_before(reader, line, length, odd);
	reader->odd_count += odd;
	reader->before_kept = odd && reader->odd->len < MAX_ODD;
	if (!reader->before_kept)
		return;
	g_autofree char *shown = text_printable(line, MIN(length, LINE_SHOWN));
	g_ptr_array_add(reader->odd, g_strdup_printf("%" PRIu64 ": %s", reader->lines, shown));
}

void log_reader_line(struct log_reader *reader, const char *line, size_t length)
{
	g_autoptr(GString) plain = plain_quotes(line, length);

	reader->lines++;
	if (plain) {
		line = plain->str;
		length = plain->len;
	}
	const struct message *message = message_match(line, length);
	bool alone = message != NULL;
	if (!alone && (message = match_joined(reader, line, length))) {
		line = reader->joined->str;
		length = reader->joined->len;
	}
	if (!message) {
		take_unknown(reader, line, length);
		return;
	}
	forget_before(reader, !alone);
	g_autofree char *shown = text_printable(line, MIN(length, LINE_SHOWN));
	add_seen(reader, message, shown);
}

/* ---- what is told ---- */

static void tell_seen(const struct log_reader *reader, const struct seen *seen, GPtrArray *findings)
{
	const struct message *message = message_meaning(seen->message);
	struct finding *finding = finding_add(findings, message->rule ? message->rule : message->id,
					      message->verdict, seen->subject, "%s", message->what);

	finding->see = message->see;
	finding_evidence(finding, "%s:%" PRIu64 ": %s", reader->name, seen->number, seen->line);
	if (seen->count > 1)
		finding_evidence(finding, "and %" PRIu64 " more line%s like it", seen->count - 1,
				 seen->count == 2 ? "" : "s");
	if (message->cause)
		finding_cause(finding, "%s", message->cause);
	for (size_t i = 0; i < G_N_ELEMENTS(message->fix) && message->fix[i]; i++)
		finding_fix(finding, "%s", message->fix[i]);
}

/* Honest about what is not in the table. */
static void tell_unknown(const struct log_reader *reader, GPtrArray *findings)
{
	struct finding *finding;

	if (reader->odd->len > 0)
		finding =
			finding_add(findings, "log-not-known", FINDING_UNKNOWN, "log",
				    "%" PRIu64 " line%s like a failure, and %s not known to this "
				    "program.",
				    reader->odd_count, reader->odd_count == 1 ? " looks" : "s look",
				    reader->odd_count == 1 ? "is" : "are");
	else if (reader->seen->len == 0)
		finding =
			finding_add(findings, "log-not-known", FINDING_UNKNOWN, "log",
				    "Nothing in the %" PRIu64 " lines of this log is known to this "
				    "program.",
				    reader->lines);
	else
		return;
	finding->see = SEE_DEBUG;
	for (guint i = 0; i < reader->odd->len; i++)
		finding_evidence(finding, "%s:%s", reader->name, (char *)reader->odd->pdata[i]);
}

void log_reader_finish(struct log_reader *reader, GPtrArray *findings, bool silent)
{
	for (guint i = 0; i < reader->seen->len; i++)
		tell_seen(reader, &g_array_index(reader->seen, struct seen, i), findings);
	if (!silent)
		tell_unknown(reader, findings);
	g_free(reader->name);
	g_string_free(reader->before, TRUE);
	g_string_free(reader->joined, TRUE);
	g_array_unref(reader->seen);
	g_ptr_array_unref(reader->odd);
	g_free(reader);
}
