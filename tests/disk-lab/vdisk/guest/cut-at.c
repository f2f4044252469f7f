/* Runs vfiokit and stops, and it with it, as it is about to put certain records of its journal on
 * the disk:   cut-at N,N,… PROGRAM [ARGUMENT…] Before the Nth it prints "@cut N" and stops itself,
 * until it gets SIGCONT: what the disk holds then is what a power cut would leave. There is a
 * record before each step, and one at the end. When the program has ended it prints "@ended after
 * N", with status 3 when there were fewer than asked for.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "traced.h" /* tests/lab/guest */

#define JOURNALS "/var/lib/vfiokit/changes/"

/* Is this descriptor of a process the journal of a change? It is written anew under a name with a
 * dot in front, and its folder is synced, too. */
static int is_journal(pid_t pid, unsigned long long fd)
{
	char link[64], path[256] = "";

	snprintf(link, sizeof(link), "/proc/%d/fd/%llu", (int)pid, fd);
	return readlink(link, path, sizeof(path) - 1) > (ssize_t)strlen(JOURNALS) &&
	       strncmp(path, JOURNALS, strlen(JOURNALS)) == 0 && path[strlen(JOURNALS)] != '.';
}

static void stop_before(int seen)
{
	printf("@cut %d\n", seen);
	fflush(stdout);
	raise(SIGSTOP);
}

/* The next number of the list; 0: there is none. */
static int next_number(char **list)
{
	int number = (int)strtol(*list, list, 10);

	*list += **list == ',';
	return number;
}

/* Follows it to its end; how many records it wrote. */
static int follow(struct traced *traced, int *wanted, char **list)
{
	int r, seen = 0;

	while ((r = traced_go_on(traced)) >= 0) {
		const struct user_regs_struct *regs = &traced->regs;
		if (r != 1 || regs->orig_rax != SYS_fsync || !is_journal(traced->pid, regs->rdi) ||
		    ++seen != *wanted)
			continue;
		stop_before(seen);
		*wanted = next_number(list);
	}
	return seen;
}

int main(int argc, char **argv)
{
	char *list = argc > 2 ? argv[1] : "";
	int wanted = next_number(&list);
	struct traced traced;

	if (wanted <= 0 || !traced_start(&traced, argv + 2)) {
		fprintf(stderr, "usage: cut-at N,N... PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	printf("@ended after %d\n", follow(&traced, &wanted, &list));
	return wanted > 0 ? 3 : 0;
}
