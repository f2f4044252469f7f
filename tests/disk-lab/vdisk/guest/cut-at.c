/* Runs a program and stops it for ever as it is about to make its Nth system call that leaves
 * something behind:   cut-at N CONSOLE PROGRAM [ARGUMENT…]
 * Then it writes "@cut N CALL" to CONSOLE, and waits for the power to be cut. Status 3: the program
 * ended before. N counts the calls of the program itself, not of what it starts. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* The journal is synced after each record, files are renamed, programs are started and awaited. */
static const struct {
	long number;
	const char *name;
} calls[] = {
	{ SYS_fsync, "fsync" },   { SYS_renameat, "renameat" }, { SYS_clone, "clone" },
	{ SYS_clone3, "clone3" }, { SYS_vfork, "vfork" },       { SYS_unlinkat, "unlinkat" },
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

static void tell(const char *console, int seen, const char *name)
{
	char line[64];
	int fd = open(console, O_WRONLY);

	snprintf(line, sizeof(line), "@cut %d %s\n", seen, name);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		perror(console);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int status, wanted = argc > 3 ? atoi(argv[1]) : 0, seen = 0, signal_number = 0, inside = 0;
	pid_t pid = wanted > 0 ? fork() : -1;

	if (pid == 0)
		start(argv + 3);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		fprintf(stderr, "usage: cut-at N CONSOLE PROGRAM [ARGUMENT...]\n");
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
		tell(argv[2], seen, call_name((long)regs.orig_rax));
	}
	printf("ended after %d\n", seen);
	return 3;
}
