/* Runs a program and kills it (SIGKILL) as it is about to make its Nth system call that leaves
 * something behind in the machine:   kill-at N PROGRAM [ARGUMENT…]
 * Status 0: it was killed there, and what it was about to do is printed; 3: it ended before. So a
 * loop over N = 1, 2, … kills it at every place that matters. Its children live on. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each record of the journal is synced, each unbind and probe is a child: these are the places. */
static const struct {
	long number;
	const char *name;
} calls[] = {
	{ SYS_fsync, "fsync" },   { SYS_renameat, "renameat" },   { SYS_clone, "clone" },
	{ SYS_clone3, "clone3" }, { SYS_vfork, "vfork" },         { SYS_fork, "fork" },
	{ SYS_wait4, "wait4" },   { SYS_ftruncate, "ftruncate" },
};

static const char *call_name(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}

static void start(char **argv)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	int status, wanted = argc > 2 ? atoi(argv[1]) : 0, seen = 0, signal_number = 0, inside = 0;
	pid_t pid = wanted > 0 ? fork() : -1;

	if (pid == 0)
		start(argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		fprintf(stderr, "usage: kill-at N PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	while (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_number) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		struct user_regs_struct regs;
		signal_number = WSTOPSIG(status);
		if (signal_number != (SIGTRAP | 0x80)) {
			signal_number = signal_number == SIGTRAP ? 0 : signal_number;
			continue;
		}
		signal_number = 0;
		inside = !inside;
		if (!inside || ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0 ||
		    !call_name((long)regs.orig_rax) || ++seen < wanted)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		printf("killed at %d: %s\n", seen, call_name((long)regs.orig_rax));
		return 0;
	}
	printf("ended after %d\n", seen);
	return 3;
}
