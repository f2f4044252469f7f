#!/bin/sh
# What this machine can pass through: its IOMMU and all groups. Runs `vfiokit check`: the program as
# it was built beside this script, else the one that is installed.
here=$(dirname "$0")
program=$here/../build/vfiokit
if [ ! -x "$program" ]; then
	program=vfiokit
fi
if ! command -v "$program" >/dev/null 2>&1; then
	echo "check-iommu.sh: vfiokit is neither built nor installed: give 'make' in the folder above" >&2
	exit 2
fi
exec "$program" check "$@"
