# A thin front for Meson, for the few commands that people give. The build itself is described in
# meson.build; the tests' tiers in build-aux/check; what is installed by `make deps` in
# build-aux/dependencies.

BUILD  = build
PREFIX = /usr/local
TIER   =
# What a tier needs beside the build, as build-aux/dependencies calls it; unit lint, if not told.
DEPS_lab       = lab
DEPS_lab-usual = lab
DEPS_disk      = disk
DEPS_guests    = disk lab
DEPS_packages  = packages
# make DEV=1: the developers' build, with sanitizers and warnings as errors, in build-check.
DEV    =
FUZZ_SECONDS = 600

MESON_SETUP = meson setup --buildtype=release --prefix=$(PREFIX)

all: $(if $(DEV),dev,release)

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make           build the program: build/vfiokit (DEV=1: build-check/vfiokit, with sanitizers)
release: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

dev:
	@build-aux/check --build-only

$(BUILD)/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || \
		{ echo "make: meson and ninja are missing: give 'make deps' first" >&2; exit 1; }
	$(MESON_SETUP) $(BUILD)

#: make deps      install what is missing to build and to test (apt; elsewhere it says what to do)
deps:
	@build-aux/deps build unit lint lab

#: make demo      build, then show what this machine can pass through
demo:
	@build-aux/deps build
	@$(MAKE) --no-print-directory release
	@build-aux/demo $(BUILD)/vfiokit

#: make check     the tests, on real kernels in QEMU, too; TIER=unit, lab, disk, guests or packages: some
check:
	@build-aux/deps build $(or $(DEPS_$(TIER)),unit lint)
	@$(if $(TIER),:,build-aux/deps lab || echo "deps: going on without the lab: its tests will be skipped")
	@build-aux/check $(TIER)

#: make lab-shell a prompt in an emulated machine that has an IOMMU (SCENARIO=intel-translated)
lab-shell:
	@build-aux/deps build lab
	@$(MAKE) --no-print-directory release
	@tests/lab/run --shell $(SCENARIO)

#: make bench     how fast it is, beside loops that do only the reading, and lspci
bench:
	@build-aux/deps build unit
	@$(MAKE) --no-print-directory release
	@bench/run $(BUILD)

#: make fuzz      run the fuzzers for a longer time (FUZZ_SECONDS=600 each)
fuzz:
	@build-aux/deps build unit
	@build-aux/check --fuzz $(FUZZ_SECONDS)

#: make format    lay out the C files as .clang-format says
format:
	clang-format -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')

#: make lint      the static checks alone
lint:
	@build-aux/deps build lint
	@build-aux/check --suite lint

#: make install   install the program (PREFIX=/usr/local, DESTDIR=)
install: release
	@meson setup --reconfigure --prefix=$(PREFIX) $(BUILD) >/dev/null
	@ninja -C $(BUILD)
	DESTDIR='$(DESTDIR)' meson install -C $(BUILD) --no-rebuild

#: make uninstall removes what make install put there
uninstall:
	@ninja -C $(BUILD) uninstall

#: make clean     remove all that was built
clean:
	rm -rf build build-check build-lab build-fuzz

.PHONY: all help release dev deps demo check lab-shell bench fuzz format lint install uninstall clean
