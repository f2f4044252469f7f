/* Changing configuration files of others as text: a word goes in, or comes out, and every other
 * byte stays as it was. Pure: from a text to a new one.
 *
 * A format is a function that finds the places of a text where words stand, its slots; one engine
 * puts words into slots and takes them out, so that all formats keep the same laws (held by
 * tests/test-edit.c and fuzz/fuzz-edit.c, and by edit_add() itself, which refuses rather than break
 * one):
 *
 *   add(add(x)) = add(x)                what is there is not added again
 *   remove(add(x)) = x, byte for byte   for a word that x did not have
 *   the slots and what is between them are x
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum edit_format {
	EDIT_CMDLINE, /* /etc/kernel/cmdline, /etc/cmdline.d: the first line that says something;
		       * words are taken out of the others, too */
	EDIT_SHELL, /* NAME="…", NAME+=…, NAME=(…): /etc/default/grub, mkinitcpio.conf, dracut.conf,
		     * /etc/default/limine; key: the name, as it stands in front of '=' */
	EDIT_ENTRY,    /* loader/entries: lines "KEY VALUE"; key: "options" */
	EDIT_REFIND,   /* refind_linux.conf: the second string of each line; no key */
	EDIT_LIMINE,   /* limine.conf: lines "KEY: VALUE"; key: "cmdline" (also "kernel_cmdline") */
	EDIT_MODPROBE, /* modprobe.d: key: command and module, "options vfio-pci" */
	EDIT_YAML,     /* booster.yaml: "KEY: A,B"; key: that of the top level */
	EDIT_LINES,    /* one word, or a line of them, on each line: initramfs-tools/modules,
			* modules-load.d, /etc/modules; no key. Words are whole lines. */
};

/* Where words go. */
struct edit_place {
	enum edit_format format;
	const char *key; /* NULL where the format has none */
	int which;       /* of several slots: EDIT_LAST, or 0, 1, … */
	bool first;      /* in front of the words that are there, not behind them */
	bool padded;     /* a new line has blanks inside its quotes, as dracut wants them */
};

#define EDIT_LAST (-1)

/* Is the word there, in a slot that takes effect? A parameter whose value is a list
 * ("iommu=pt,off") is there when all elements of word's value are. */
bool edit_has(const char *text, const struct edit_place *place, const char *word);

/* The text with the word in it; the caller's. Where there is no slot for it, a line is added at the
 * end, with a comment that says who did. Words of lists are merged: "intel_iommu=igfx_off" and
 * "intel_iommu=on" become "intel_iommu=igfx_off,on". NULL and STATUS_REFUSED when the text cannot
 * be changed without breaking a law. */
char *edit_add(const char *text, const struct edit_place *place, const char *word, GError **error);

/* The text without the word, wherever it takes effect; the caller's. */
char *edit_remove(const char *text, const struct edit_place *place, const char *word);

/* What stands in slot number n of those that take effect, as the reader of the file sees it; NULL
 * when there are not so many. The caller's. */
char *edit_value(const char *text, const struct edit_place *place, unsigned n);

/* Does the text set the value whatever it was before it is read: "NAME=…", and not by itself? */
bool edit_sets_anew(const char *text, const struct edit_place *place);
