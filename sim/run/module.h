/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver module: a shared object made by sim/tools/viosim-cc, loaded into
 * this process.
 *
 * The module may use only what this program exports (the fake kernel, linked
 * -rdynamic).  That is checked from the file before anything of it is loaded,
 * so that a missing kernel function is one message which names it, the driver
 * line that wants it and its manual page.
 */
#ifndef SIM_RUN_MODULE_H
#define SIM_RUN_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/stack.h"

struct module;
struct source;
struct source_pos;

/* Why a module was not opened. */
struct module_error {
	char	*text;		/* one or more lines, each ends in '\n' */
	size_t	 missing_count;	/* kernel functions it lacks; 0: other reason */
};

void	module_error_fini(struct module_error *);

/*
 * Load the driver in `path`.  NULL on failure with `*err` filled in (its old
 * contents are not looked at); end it with module_error_fini().  On success
 * `*err` is empty and needs no end.
 *
 * Each kernel function that the module lacks has its line in err->text:
 * "viomb.c:12: the fake kernel has no function NAME (manual page PAGE(9)); see
 * sim/kern/README.md", or what may have been meant.  Other reasons begin with
 * the path.  A damaged file is such a reason: what dies or hangs as it is
 * loaded does so in a child process.
 *
 * The file is read and copied here; it may then be replaced or removed.
 *
 * What the driver's variables hold is copied here, for module_reset().  A
 * module must not be opened twice at the same time: it would be loaded once.
 */
struct module *module_open(const char *path, struct module_error *err);

/* Unload.  Nothing of the driver may be running.  NULL is ignored. */
void	module_close(struct module *);

/* The build of X.so without DIAGNOSTIC is X.nodiag.so; false: no such name. */
bool	module_nodiag_path(const char *path, char *nodiag, size_t size);

/* The path as given. */
const char *module_path(const struct module *);
/* Of all bytes of its file, as they were when it was loaded. */
uint64_t module_hash(const struct module *);
/* "$NetBSD: viomb.c,v 1.13 ...$", by __KERNEL_RCSID() of its first source; NULL: it has none. */
const char *module_rcsid(const struct module *);
/* The era of the virtio bus that its first source is for; NULL: unknown (coverage builds). */
const char *module_era(const struct module *);

/*
 * Put the module's writable memory back to what it was right after loading,
 * so that every static variable of the driver starts fresh.  Counters of a
 * coverage build are left alone.
 */
void	module_reset(struct module *);

/* The address of a symbol the module itself exports, or NULL. */
void	*module_symbol(const struct module *, const char *name);

/*
 * The module's attachments: its `struct cfattach` objects, that is, exported
 * objects named `<name>_ca`, in order of address.
 */
struct module_attachment {
	char	*name;		/* "viomb" for viomb_ca */
	void	*cfattach;
};

size_t	module_attachment_count(const struct module *);
const struct module_attachment *module_attachment(const struct module *,
	    size_t index);
/* By name; NULL if the module has no such attachment. */
const struct module_attachment *module_attachment_find(const struct module *,
	    const char *name);

/*
 * Addresses.  An offset is what the file calls an address, the same in every process: the
 * distance from the base.
 */
uintptr_t module_base(const struct module *);
/* The span that contains() tests: [*low, *high). */
void	module_bounds(const struct module *, uintptr_t *low, uintptr_t *high);
bool	module_contains(const struct module *, uintptr_t addr);

/*
 * The driver's variables (.data and .bss), in order of address: what
 * module_reset() restores.  Not what the loader needs, nor coverage counters.
 */
bool	module_data_contains(const struct module *, uintptr_t addr);
/* They lie in [*low, *high), among what else can be read there; both 0: it has none. */
void	module_data_bounds(const struct module *, uintptr_t *low, uintptr_t *high);

/* What its functions need of a kernel stack; the module's own. */
struct stack_frames module_frames(const struct module *);

/*
 * The texts that a module was made of, read from its file without loading it.  `name` is as
 * positions have it.  All-zero is none; module_texts_fini() ends it.
 */
struct module_text { char *name, *text; };
struct module_texts {
	VEC_MEMBERS(struct module_text);
	uint64_t hash;			/* as module_hash() */
};
/* False: the file is no module; *why says so, on the heap in any case. */
bool	module_texts_read(const char *path, struct module_texts *texts, char **why);
void	module_texts_fini(struct module_texts *texts);

/* Source positions of the module (sim/run/source.h); opened when used. */
struct source *module_source(struct module *);

/*
 * Call `fn` for each instruction of the module that refers to something it does not define
 * (kernel functions, and what its instrumentation calls), in the order of the file.  Some stand
 * several times for one line (inlined functions).
 */
typedef void	module_call_fn(const char *name, const struct source_pos *pos, void *arg);
void	module_each_call(struct module *, module_call_fn *fn, void *arg);

/*
 * Does the driver's text access memory at that line?  `*below` and `*above` become the nearest
 * lines before and behind it that do, 0 where there is none.  Goes through the whole module: for
 * messages, not for each run.
 */
bool	module_line_has_access(struct module *, unsigned line, unsigned *below, unsigned *above);

#endif /* SIM_RUN_MODULE_H */
