/* vfiokit: everything is in cmd/; here the user's character set is taken over. */
#include <locale.h>

#include "cmd/main.h"

#ifdef __SANITIZE_ADDRESS__
/* libpci does not give back what it opens to look into the hardware database. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:udev_new\nleak:udev_hwdb_new\n";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

int main(int argc, char **argv)
{
	/* Characters as the user has them; messages and numbers stay the same everywhere. */
	setlocale(LC_CTYPE, "");
	return vfiokit_main(argc, argv);
}
