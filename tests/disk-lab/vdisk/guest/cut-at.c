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
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void start(char **argv)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
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

/* Is it, stopped at a call or behind it, about to sync its journal? */
static int is_about_to(pid_t pid, int *inside)
{
	struct user_regs_struct regs;

	*inside = !*inside;
	return *inside && ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0 &&
	       regs.orig_rax == SYS_fsync && is_journal(pid, regs.rdi);
}

/* Follows it to its end; how many records it wrote. */
static int follow(pid_t pid, int *wanted, char **list)
{
	int status, signal_number = 0, inside = 0, seen = 0;

	while (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_number) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		signal_number = WSTOPSIG(status);
		if (signal_number != (SIGTRAP | 0x80)) {
			signal_number = signal_number == SIGTRAP ? 0 : signal_number;
			continue;
		}
		signal_number = 0;
		if (!is_about_to(pid, &inside) || ++seen != *wanted)
			continue;
		stop_before(seen);
		*wanted = next_number(list);
	}
	return seen;
}

int main(int argc, char **argv)
{
	char *list = argc > 2 ? argv[1] : "";
	int status, wanted = next_number(&list);
	pid_t pid = wanted > 0 ? fork() : -1;

	if (pid == 0)
		start(argv + 2);
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		fprintf(stderr, "usage: cut-at N,N... PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	printf("@ended after %d\n", follow(pid, &wanted, &list));
	return wanted > 0 ? 3 : 0;
}
