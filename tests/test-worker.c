/* A child that answers, one that does not, and one that goes away. */
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/worker.h"

#define LONG 60 /* s: nothing here takes so long, however busy the machine is */

/* "die" and "hang" do; the length of anything else is added to what came before. */
static int work(void *data, const char *request, size_t length)
{
	int *sum = data;

	if (length == 3 && memcmp(request, "die", 3) == 0)
		raise(SIGKILL);
	while (length == 4 && memcmp(request, "hang", 4) == 0)
		sleep(1000);
	*sum += (int)length;
	return *sum;
}

static void test_answers(void)
{
	int sum = 100, stuck;
	struct worker *worker = worker_new(work, &sum);

	g_assert_nonnull(worker);
	g_assert_cmpint(worker_ask(&worker, "sum", 3, LONG, &stuck), ==, 103);
	g_assert_cmpint(worker_ask(&worker, "sum\0more", 8, LONG, &stuck), ==, 111);
	g_assert_cmpint(stuck, ==, 0);
	g_assert_cmpint(sum, ==, 100); /* its memory is its own */
	worker_free(worker);
	worker_free(NULL);
}

/* An answer that reads like a lost worker's is none. */
static int say_timeout(void *data, const char *request, size_t length)
{
	return -ETIMEDOUT;
}

static void test_answer_of_the_kernel(void)
{
	int stuck;
	struct worker *worker = worker_new(say_timeout, NULL);

	g_assert_cmpint(worker_ask(&worker, "x", 1, LONG, &stuck), ==, -ETIMEDOUT);
	g_assert_nonnull(worker);
	worker_free(worker);
}

static void test_lost(void)
{
	static const struct {
		const char *request;
		unsigned seconds;
		int answer;
	} rows[] = {
		{ "die", LONG, -ECHILD },
		{ "hang", 1, -ETIMEDOUT },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		int sum = 0, stuck = -1;
		struct worker *worker = worker_new(work, &sum);
		g_assert_cmpint(worker_ask(&worker, rows[i].request, strlen(rows[i].request),
					   rows[i].seconds, &stuck),
				==, rows[i].answer);
		g_assert_null(worker);
		g_assert_cmpint(stuck, ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/worker/answers", test_answers);
	g_test_add_func("/worker/answer-of-the-kernel", test_answer_of_the_kernel);
	g_test_add_func("/worker/lost", test_lost);
	return g_test_run();
}
