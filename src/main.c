/* vfiokit: reads the options, finds the command, runs it, and prints the error if there is one. */
#include <locale.h>

#include "cmd/main.h"

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	return vfiokit_main(argc, argv);
}
