/* The least that binding can cost: the writes of `vfiokit bind` and nothing else, no look at the
 * machine, no journal, no check. Built for the lab, where both run in the same boot:
 *
 *   bind-raw DRIVER ADDRESS…    override of all, then off the old driver and probe, one by one
 *   bind-raw - ADDRESS…         the way back
 *   bind-raw --time COMMAND…    runs a command (output to nowhere) and times it as a whole
 *   bind-raw --phase N OF       waits until N OFths of a tick of the kernel's are over
 *
 * Prints microseconds: all of it, and how much of that the writes to unbind and drivers_probe took,
 * which is the drivers' own time. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices/"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

static double drivers(const char *address)
{
	char path[256];
	double start = now();

	snprintf(path, sizeof(path), DEVICES "%s/driver/unbind", address);
	put(path, address);
	put("/sys/bus/pci/drivers_probe", address);
	return now() - start;
}

static int run(char **command)
{
	double start = now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY);
		dup2(nowhere, 1);
		execvp(command[0], command);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	printf("%.0f\n", now() - start);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#define TICK 4000000L /* ns, of Debian's kernels (CONFIG_HZ=250) */

/* Drivers wait for the kernel's RCU, whose periods end with a tick: what is begun at one place of
 * the tick only, as an emulated machine does, has one and the same luck each time. */
static int wait_for_phase(long n, long of)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	long ns = (TICK + TICK * n / of - time.tv_nsec % TICK) % TICK;
	time = (struct timespec){ .tv_nsec = ns };
	return nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
	double start = now(), in_drivers = 0;
	char path[256];

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "--time") == 0)
		return run(argv + 2);
	if (strcmp(argv[1], "--phase") == 0)
		return argc == 4 ? wait_for_phase(atol(argv[2]), atol(argv[3])) : 2;
	for (int i = 2; i < argc; i++) {
		snprintf(path, sizeof(path), DEVICES "%s/driver_override", argv[i]);
		put(path, strcmp(argv[1], "-") == 0 ? "\n" : argv[1]);
	}
	for (int i = 2; i < argc; i++)
		in_drivers += drivers(argv[i]);
	printf("%.0f %.0f\n", now() - start, in_drivers);
	return 0;
}
