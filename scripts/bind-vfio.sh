#!/bin/sh
# Hands devices to vfio-pci and takes them back: bind-vfio.sh bind|unbind ADDRESS…  Runs
# `vfiokit bind` or `vfiokit unbind`: the program as it was built beside this script, else the one
# that is installed.
here=$(dirname "$0")
program=$here/../build/vfiokit
if [ ! -x "$program" ]; then
	program=vfiokit
fi
if ! command -v "$program" >/dev/null 2>&1; then
	echo "bind-vfio.sh: vfiokit is neither built nor installed: give 'make' in the folder above" >&2
	exit 2
fi
case ${1-} in
bind | unbind) exec "$program" "$@" ;;
esac
echo "usage: $0 bind|unbind ADDRESS..." >&2
exit 2
