/* Runs a program, and does something to it as it is about to make its Nth system call that leaves
 * something behind in the machine, or waits for what does:
 *
 *   at-place N kill PROGRAM [ARGUMENT…]       it is killed there (SIGKILL); its children live on
 *   at-place N 'COMMAND' PROGRAM [ARGUMENT…]  the shell's command runs while it stands still there;
 *                                             then it goes on to its end
 *
 * The place is told on standard error. Status: 3 when the program ended before it came to its Nth
 * place, 0 when it was killed there, else 10 and the program's own status. So a loop over N = 1, 2,
 * … goes through every place that matters. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "traced.h"

/* Records of the journal, and what programs and the child that writes to the kernel are asked and
 * waited for; that child also reads, before anything is left behind: which counts from there on. */
static const struct {
	long number;
	const char *name;
	int asks;
} calls[] = {
	{ SYS_write, "write", 0 },       { SYS_pwrite64, "pwrite", 0 },
	{ SYS_fsync, "fsync", 0 },       { SYS_renameat, "renameat", 0 },
	{ SYS_mkdirat, "mkdirat", 0 },   { SYS_ftruncate, "ftruncate", 0 },
	{ SYS_clone, "clone", 1 },       { SYS_clone3, "clone3", 1 },
	{ SYS_vfork, "vfork", 1 },       { SYS_fork, "fork", 1 },
	{ SYS_wait4, "wait4", 1 },       { SYS_sendmsg, "sendmsg", 1 },
	{ SYS_recvfrom, "recvfrom", 1 },
};

static const char *call_name(const struct user_regs_struct *regs, int seen)
{
	if (regs->orig_rax == SYS_write && regs->rdi <= STDERR_FILENO)
		return NULL; /* what people read changes nothing */
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if ((unsigned long)calls[i].number == regs->orig_rax)
			return calls[i].asks && seen == 0 ? NULL : calls[i].name;
	return NULL;
}

/* Stops it at the wanted place: its name, or NULL when it ended before. */
static const char *find_place(struct traced *traced, int wanted, int *seen)
{
	int r;

	while ((r = traced_go_on(traced)) >= 0) {
		const char *name = r == 1 ? call_name(&traced->regs, *seen) : NULL;
		if (name && ++*seen == wanted)
			return name;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int status = 0, wanted = argc > 3 ? atoi(argv[1]) : 0, seen = 0;
	struct traced traced;

	if (wanted <= 0 || !traced_start(&traced, argv + 3)) {
		fprintf(stderr, "usage: at-place N kill|COMMAND PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	const char *place = find_place(&traced, wanted, &seen);
	if (!place) {
		fprintf(stderr, "at-place: it ended after %d places\n", seen);
		return 3;
	}
	fprintf(stderr, "at-place: %d, %s\n", seen, place);
	if (strcmp(argv[2], "kill") == 0) {
		kill(traced.pid, SIGKILL);
		waitpid(traced.pid, &status, 0);
		return 0;
	}
	if (system(argv[2]) != 0)
		fprintf(stderr, "at-place: '%s' failed\n", argv[2]);
	ptrace(PTRACE_DETACH, traced.pid, NULL, NULL);
	waitpid(traced.pid, &status, 0);
	return WIFEXITED(status) ? 10 + WEXITSTATUS(status) : 9;
}
