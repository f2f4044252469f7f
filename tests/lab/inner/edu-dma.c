/* Makes the edu device do DMA: bytes from memory into the device, and back to another place. Prints
 * "edu-dma ok" when they arrive unchanged.
 *
 *   edu-dma /sys/bus/pci/devices/ADDRESS
 *
 * Registers: QEMU's docs/specs/edu.txt. The device reaches the first 256 MiB only, so the machine
 * must have no more. As root: where memory lies is asked of /proc/self/pagemap.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BAR_SIZE   (1 << 20)
#define PAGE       4096
#define LENGTH     1024
#define EDU_MEMORY 0x40000

enum {
	REG_ID = 0x00,
	REG_CHECK = 0x04,
	REG_SOURCE = 0x80,
	REG_TARGET = 0x88,
	REG_COUNT = 0x90,
	REG_COMMAND = 0x98
};
enum { START = 1, TO_MEMORY = 2 };

static int open_in(const char *directory, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_RDWR);
	if (fd < 0)
		perror(path);
	return fd;
}

/* Memory space and bus mastering on: command register, bits 1 and 2. */
static int switch_on(const char *directory)
{
	uint16_t command = 0;
	int fd = open_in(directory, "config");

	if (fd < 0 || pread(fd, &command, 2, 4) != 2)
		return -1;
	command |= 6;
	return pwrite(fd, &command, 2, 4) == 2 ? 0 : -1;
}

static uint64_t where_is(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, 8, (uintptr_t)page / PAGE * 8) != 8 || !(entry >> 63))
		return 0;
	return (entry & ((UINT64_C(1) << 55) - 1)) * PAGE;
}

static int copy(volatile uint8_t *bar, uint64_t source, uint64_t target, uint32_t command)
{
	*(volatile uint64_t *)(bar + REG_SOURCE) = source;
	*(volatile uint64_t *)(bar + REG_TARGET) = target;
	*(volatile uint64_t *)(bar + REG_COUNT) = LENGTH;
	*(volatile uint64_t *)(bar + REG_COMMAND) = START | command;
	for (int turn = 0; turn < 1000; turn++) {
		if (!(*(volatile uint64_t *)(bar + REG_COMMAND) & START))
			return 0;
		usleep(10000);
	}
	return -1;
}

int main(int argc, char **argv)
{
	if (argc != 2 || switch_on(argv[1]) < 0)
		return 1;
	int fd = open_in(argv[1], "resource0");
	volatile uint8_t *bar = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	if (fd < 0 || bar == MAP_FAILED || pages == MAP_FAILED)
		return 1;
	*(volatile uint32_t *)(bar + REG_CHECK) = 0x12345678;
	printf("edu-id %08x, check %08x\n", *(volatile uint32_t *)(bar + REG_ID),
	       *(volatile uint32_t *)(bar + REG_CHECK));
	for (int i = 0; i < LENGTH; i++)
		pages[i] = (uint8_t)(i * 7 + 3);
	uint64_t from = where_is(pages), to = where_is(pages + PAGE);
	if (!from || !to || copy(bar, from, EDU_MEMORY, 0) < 0 ||
	    copy(bar, EDU_MEMORY, to, TO_MEMORY) < 0) {
		printf("edu-dma does not end\n");
		return 1;
	}
	printf("edu-dma %s\n", memcmp(pages, pages + PAGE, LENGTH) == 0 ? "ok" : "wrong bytes");
	return 0;
}
