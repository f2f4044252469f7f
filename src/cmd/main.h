/* The program apart from main(): tests and fuzzers call it, too. */
#pragma once

/* Runs one command line. Returns the exit status; messages go to standard error. */
int vfiokit_main(int argc, char **argv);
