#!/bin/sh
# Prepares the system for passthrough: setup-system.sh [OPTION…]  Runs `vfiokit setup`: the program
# as it was built beside this script, else the one that is installed.
here=$(dirname "$0")
program=$here/../build/vfiokit
if [ ! -x "$program" ]; then
	program=vfiokit
fi
if ! command -v "$program" >/dev/null 2>&1; then
	echo "setup-system.sh: vfiokit is neither built nor installed: give 'make' in the folder above" >&2
	exit 2
fi
exec "$program" setup "$@"
