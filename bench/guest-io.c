/* What a guest can do with its disk and its network, in operations and bytes a second. See
 * bench/guests.
 *
 *   guest-io disk DEVICE       in the guest: 4 KiB at random places, 256 KiB in a row; no cache
 *   guest-io net ADDRESS PORT  in the guest: round trips of one byte, and bytes in a row
 *   guest-io serve PORT        on the host: the other end of it, until it is killed
 *
 * Each line of output is a name and a number. All is measured ROUNDS times, in turn: what else the
 * machine does changes while it runs. Built as a static program.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECONDS 3.0 /* of each measurement */
#define ROUNDS  3
#define START   ((off_t)49 << 20) /* behind the file system that the guest was started from */
#define LENGTH  ((off_t)14 << 20) /* of what is read and written */
#define SMALL   ((size_t)4096)
#define LARGE   ((size_t)256 * 1024)

static char *buffer;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* The same places in each run: xorshift, from a fixed start. */
static off_t next_place(uint32_t *state, size_t size)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return (off_t)(*state % (uint32_t)(LENGTH / (off_t)size)) * (off_t)size;
}

static void measure_disk(int fd, const char *name, int writes, int at_random, size_t size)
{
	uint32_t state = 2463534242;
	double began = now(), ended;
	off_t place = 0;
	unsigned long n = 0;

	do {
		place = at_random ? next_place(&state, size) : (place + (off_t)size) % LENGTH;
		ssize_t done = writes ? pwrite(fd, buffer, size, START + place)
				      : pread(fd, buffer, size, START + place);
		if (done != (ssize_t)size) {
			perror(name);
			exit(1);
		}
		n++;
		ended = now();
	} while (ended - began < SECONDS);
	double rate = (double)n / (ended - began);
	printf("%s %.1f\n", name, at_random ? rate : rate * (double)size / 1e6);
}

static int run_disk(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT);

	if (fd < 0) {
		perror(path);
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		measure_disk(fd, "random-read", 0, 1, SMALL);
		measure_disk(fd, "random-write", 1, 1, SMALL);
		measure_disk(fd, "sequential-read", 0, 0, LARGE);
		measure_disk(fd, "sequential-write", 1, 0, LARGE);
	}
	return close(fd) == 0 ? 0 : 1;
}

static in_port_t port_of(const char *text)
{
	return htons((uint16_t)strtoul(text, NULL, 10));
}

static int dial(const char *address, const char *port)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = port_of(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	inet_pton(AF_INET, address, &there.sin_addr);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(fd, (struct sockaddr *)&there, sizeof(there)) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static int measure_trips(const char *address, const char *port)
{
	int fd = dial(address, port);
	double began = now(), ended;
	unsigned long n = 0;

	do {
		if (write(fd, "r", 1) != 1 || read(fd, buffer, 1) != 1)
			return 1;
		n++;
		ended = now();
	} while (ended - began < SECONDS);
	printf("round-trips %.1f\n", (double)n / (ended - began));
	return close(fd);
}

static int measure_throughput(const char *address, const char *port)
{
	int fd = dial(address, port);
	double began = now(), ended, bytes = 0;

	memset(buffer, 't', LARGE); /* told from round trips: nothing comes back */
	do {
		ssize_t done = write(fd, buffer, LARGE);
		if (done < 0)
			return 1;
		bytes += (double)done;
		ended = now();
	} while (ended - began < SECONDS);
	printf("throughput %.1f\n", bytes / (ended - began) / 1e6);
	return close(fd);
}

static int run_net(const char *address, const char *port)
{
	for (int i = 0; i < ROUNDS; i++)
		if (measure_trips(address, port) != 0 || measure_throughput(address, port) != 0)
			return 1;
	return 0;
}

static void answer(int fd)
{
	ssize_t n;

	while ((n = read(fd, buffer, LARGE)) > 0)
		if (buffer[0] == 'r' && write(fd, buffer, (size_t)n) != n)
			break;
	close(fd);
}

static int run_serve(const char *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = port_of(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0 || listen(fd, 4) < 0) {
		perror("listen");
		close(fd);
		return 1;
	}
	for (int peer; (peer = accept(fd, NULL, NULL)) >= 0;) {
		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		answer(peer);
	}
	close(fd);
	return 1;
}

int main(int argc, char **argv)
{
	if (posix_memalign((void **)&buffer, SMALL, LARGE) != 0)
		return 1;
	memset(buffer, 0x5a, LARGE);
	if (argc == 3 && strcmp(argv[1], "disk") == 0)
		return run_disk(argv[2]);
	if (argc == 4 && strcmp(argv[1], "net") == 0)
		return run_net(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return run_serve(argv[2]);
	fputs("usage: guest-io disk DEVICE | net ADDRESS PORT | serve PORT\n", stderr);
	return 2;
}
