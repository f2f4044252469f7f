/* A program that is followed from one system call to the next, by ptrace. For the small programs of
 * both labs, each of which is one file. */
#pragma once

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct traced {
	pid_t pid;
	int signal_number; /* that it gets as it goes on */
	int inside;        /* a call */
	struct user_regs_struct regs;
};

/* Starts it, and stops it before its first call. It dies with its tracer. False: it cannot. */
static inline int traced_start(struct traced *traced, char **argv)
{
	int status;

	*traced = (struct traced){ .pid = fork() };
	if (traced->pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (traced->pid < 0 || waitpid(traced->pid, &status, 0) < 0)
		return 0;
	ptrace(PTRACE_SETOPTIONS, traced->pid, NULL,
	       (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	return 1;
}

/* Goes on to the next stop: 1 at the start of a system call, whose registers are then in regs; 0 at
 * another; -1: it has ended. */
static inline int traced_go_on(struct traced *traced)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, traced->pid, NULL, (void *)(long)traced->signal_number) != 0 ||
	    waitpid(traced->pid, &status, 0) != traced->pid || !WIFSTOPPED(status))
		return -1;
	traced->signal_number = WSTOPSIG(status);
	if (traced->signal_number != (SIGTRAP | 0x80)) {
		if (traced->signal_number == SIGTRAP)
			traced->signal_number = 0;
		return 0;
	}
	traced->signal_number = 0;
	traced->inside = !traced->inside;
	return traced->inside && ptrace(PTRACE_GETREGS, traced->pid, NULL, &traced->regs) == 0;
}
