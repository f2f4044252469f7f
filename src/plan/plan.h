/* What a command that changes the machine would do: a list of steps, decided before anything is
 * done. --dry-run prints the very plan that apply/ would get. Pure data; strings are owned. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Kinds of steps; apply/ has one row for each. */
enum step_kind {
	STEP_SYSFS_WRITE, /* write text into an attribute whose value can be read back */
	STEP_UNBIND,      /* take the driver `old` off a function, in a watched child */
	STEP_PROBE,       /* let the kernel choose a driver; afterwards it must be `new` */
	STEP_MODULE,      /* load a module; undone by leaving it loaded */
	STEP_FILE,  /* a file of ours: from the text `old` (NULL: absent) to `new` (NULL: gone) */
	STEP_RUN,   /* run a program: one whose work can be done again, as update-initramfs, or one
		     * that another takes back */
	STEP_IMAGE, /* look into the initramfs image `path`: `new` says what must be in it, and what
		     * not, as lines (see apply/image_check.h) */
	STEP_GUEST, /* a guest's definition, in libvirt; path: "URI#NAME" */
	STEP_GUEST_START, /* start it; undone by leaving it running */
	STEP_FOLDER,      /* a directory that is taken away if it is empty, else left */
	STEP_INTERRUPT,   /* the CPUs of an interrupt; one that the kernel keeps for itself stays */
	STEP_COPY,        /* `path` becomes a copy of the file `new`, or goes (NULL) */
};

struct step {
	enum step_kind kind;
	char *path;      /* file or attribute; STEP_MODULE: the module; STEP_RUN: the file that it
			  * makes, in which `new` must stand afterwards; NULL: nothing to look at */
	char *old;       /* must be so now, else nothing is done; restored on undo. NULL: nothing */
	char *new_value; /* as it must be afterwards. NULL: nothing */
	char *address;   /* the function it is about, "0000:01:00.0"; NULL: none */
	char **argv;     /* STEP_RUN; NULL-terminated */
	char **undo;     /* STEP_RUN: what takes it back; NULL: argv once more, when files that it
			  * works on are back; {NULL}: nothing, it stays done */
	unsigned mode;   /* STEP_FILE: of a file that is new there; 0: 0644 */
	bool loose;      /* STEP_SYSFS_WRITE: a step before changes it by itself, so `old` is only
			  * what is expected: not compared; passed over when it is `new` by then */
	bool own;        /* STEP_FILE: a new one, of this program alone, that tools change with all
			  * others of its kind: undo takes it away whatever it holds by then */
	bool last;       /* part of a way back: when it is undone, it goes after all else, when what
			  * was built anew has been looked into. STEP_RUN with an undo: is also run
			  * once more before that */
	bool beside;     /* STEP_IMAGE: it is built beside the one that is there, which it then
			  * replaces: there must be room for both */
	char *why;       /* one sentence for people */
};

/* Something that forbids the plan, by a rule that can be named. */
struct refusal {
	const char *id;   /* "mounted-disk", …: see refusal.h */
	char *subject;    /* the address */
	char *what;       /* what is in the way, with names */
	bool overridable; /* --allow ID lets it pass */
	bool group;       /* --group takes it out of the way */
	char *from, *to;  /* texts whose difference is shown; NULL: nothing is */
};

struct warning {
	const char *id;
	char *what;
};

struct guest_threads;
struct pinning;

enum plan_effect {
	EFFECT_NOW,
	EFFECT_NEXT_BOOT,
};

struct plan {
	const char *command; /* "bind", … */
	enum plan_effect effect;
	GPtrArray *steps;    /* of struct step */
	GPtrArray *refusals; /* of struct refusal */
	GPtrArray *warnings; /* of struct warning */

	/* Tuning: the CPUs that the steps are about, shown beside them; NULL: none. Not owned. */
	const struct pinning *pinning;
	const struct guest_threads *threads; /* of the guest as it runs; NULL: none. Not owned */
};

struct plan *plan_new(const char *command);
void plan_free(struct plan *plan);
static inline void plan_auto_free(struct plan **plan)
{
	plan_free(*plan);
}
#define PLAN_AUTO __attribute__((cleanup(plan_auto_free)))

/* Adds a step; all strings are copied, NULL stays NULL. Returns it. */
struct step *plan_add(struct plan *plan, enum step_kind kind, const char *path, const char *old,
		      const char *new_value, const char *why);

/* Adds a step that runs argv (NULL-terminated); undo: see struct step. Both are copied. */
struct step *plan_add_run(struct plan *plan, const char *const *argv, const char *const *undo,
			  const char *why);

/* No undo: what was run stays done. */
extern const char *const plan_no_undo[];

void plan_refuse(struct plan *plan, const char *id, const char *subject, bool overridable,
		 const char *format, ...) G_GNUC_PRINTF(5, 6);
/* --group takes out of the way what was refused last. */
void plan_refuse_group(struct plan *plan);
/* Shows the difference between two texts with the refusal that was added last; both are copied, and
 * NULL is a file that is not there. */
void plan_refuse_diff(struct plan *plan, const char *from, const char *to);
void plan_warn(struct plan *plan, const char *id, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Takes the refusals away that allowed (of const char *; may be NULL) names and that can be
 * overridden. Returns how many stay. */
unsigned plan_allow(struct plan *plan, const GPtrArray *allowed);

/* "sysfs-write", "unbind", … as in JSON. */
const char *step_kind_name(enum step_kind kind);

/* The other way round; false for a name that is none. */
bool step_kind_by_name(const char *name, enum step_kind *ret);
