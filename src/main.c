/* vfiokit: reads the options, finds the command, runs it, and prints the error if there is one. */
#include <locale.h>

#include "cmd/main.h"

int main(int argc, char **argv)
{
	/* Characters as the user has them; messages and numbers stay the same everywhere. */
	setlocale(LC_CTYPE, "");
	return vfiokit_main(argc, argv);
}
