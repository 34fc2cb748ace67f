/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the file of a driver module says about it, read with libelf before
 * anything is loaded.  For sim/run/module*.c only.
 */
#ifndef SIM_RUN_MODULE_FILE_H
#define SIM_RUN_MODULE_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "machine/stack.h"

/* The file is read once: what is done to it later changes nothing here. */
struct module_file {
	char		*path;		/* as given */
	struct stat	 st;		/* when it was read */
	char		*image;		/* all its bytes */
	size_t		 size;
	Elf		*elf;		/* in image */
};

/* Addresses of the file: [start, end). */
struct module_range {
	uint64_t	start;
	uint64_t	end;
};

struct module_ranges { VEC_MEMBERS(struct module_range); };

/*
 * Read a shared object for this machine.  False, with one line of reason
 * written to `why`, if it is not one, or not as viosim-cc made it.
 */
bool	module_file_open(struct module_file *, const char *path, FILE *why);
void	module_file_close(struct module_file *);

/* One piece that is loaded. */
struct module_segment {
	struct module_range range;
	uint64_t	 sealed_end;	/* the loader makes it read-only up to here; or 0 */
	bool		 is_readable, is_writable, is_code;
};

/* The index-th of them; false: there are fewer. */
bool	module_file_segment(const struct module_file *, size_t index,
	    struct module_segment *);

/* All that the module occupies once loaded. */
struct module_range module_file_extent(const struct module_file *);

/*
 * The driver's variables, in order: writable segments without what the loader
 * makes read-only and without coverage counters.  vec_fini() ends it.
 */
struct module_ranges module_file_data(const struct module_file *);

/*
 * One symbol of a table at a time.  `name` and `version` point into the file's
 * memory; version is true for a symbol that a library of the module's own
 * (coverage builds) is to supply.
 */
struct module_symbol {
	GElf_Sym	 sym;
	const char	*name;
	bool		 is_versioned;
};

typedef void	module_symbol_fn(const struct module_symbol *, void *arg);

/* Call `fn` for each symbol of each table of that type (SHT_DYNSYM, ...). */
void	module_file_each_symbol(const struct module_file *, uint32_t table,
	    module_symbol_fn *fn, void *arg);

/* What a section that is not loaded holds, in the image of `elf`; NULL: there is none. */
const char *module_elf_section(Elf *elf, const char *name, size_t *size);

/*
 * Call `fn` for each place in the module's code that refers to a symbol which the
 * module does not define.  The loader's own relocations lead to tables of
 * pointers; those that viosim-cc has the linker keep (-q) lead to the
 * instructions.
 */
typedef void	module_reference_fn(const char *name, const GElf_Rela *rela, void *arg);
void	module_file_each_reference(const struct module_file *,
	    module_reference_fn *fn, void *arg);

/*
 * What each function's frame takes in an optimised build, in order of address; vec_fini() ends
 * it.  None: the module does not say (coverage builds).
 */
struct module_frames { VEC_MEMBERS(struct stack_frame); };
struct module_frames module_file_frames(const struct module_file *);

/*
 * Write one line to `out` for each function that the module wants and this
 * program does not export; returns how many.
 */
size_t	module_file_check(const struct module_file *, FILE *out);

/*
 * Load it into this process: the handle of dlopen() and where offset 0 is, or NULL with a line in
 * `why`.  A child process loads the module first: the dynamic linker trusts what it reads, and a
 * constructor runs before anything can guard against it.  What dies or hangs there never gets
 * into this process.
 *
 * What is loaded is no longer backed by the file: that may be replaced or overwritten.
 */
void	*module_file_load(const struct module_file *, FILE *why, uintptr_t *base);

/*
 * The manual page of NetBSD that documents a kernel name, such as "mutex(9)", or NULL.
 * `*is_certain`: it is known that NetBSD has that very name.
 */
const char *module_manpage(const char *name, bool *is_certain);

#endif /* SIM_RUN_MODULE_FILE_H */
