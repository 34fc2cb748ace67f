/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source positions: which line of the driver an address belongs to.
 *
 * Reads the module's DWARF with elfutils' libdw.  Nothing is opened before
 * the first look-up, and each answer is remembered, so a run that prints no
 * position pays nothing.
 */
#ifndef SIM_RUN_SOURCE_H
#define SIM_RUN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

struct source_pos {
	const char	*function;	/* as the driver's text names it */
	const char	*file;		/* last component of the driver's file;
					   a header: as compiled */
	unsigned	 line;		/* from 1 */
};

/*
 * Positions of an object file, whose bytes stay the caller's and must outlive
 * this.  Never NULL: ends the process when the host has no memory.  A file that
 * is none or has no DWARF shows as look-ups that find nothing.
 */
struct source *source_new(const char *image, size_t size);
void	source_free(struct source *);

/*
 * The position of the call that returns to `offset`: the instruction looked
 * up is the one that ends there (offset - 1).
 *
 * Inlined functions are seen through: the answer is the innermost function
 * with its line.  Inline functions of headers (`*.h`) are passed over for the
 * one that calls them, because a driver's defect is in the driver's text; a
 * header's own position is the answer only if there is nothing else.
 *
 * The strings live as long as the source.  False, and `*pos` untouched, when
 * nothing is known of that offset.
 */
bool	source_lookup(struct source *, uint64_t offset, struct source_pos *pos);

/*
 * The line in the driver's own text of the call that returns to `offset`; 0 when nothing is
 * known of it, or it is in a function of a header.  The points of scenarios are counted by it.
 */
unsigned source_line(struct source *, uint64_t offset);

/*
 * Line `line`, from 1, of the driver's file of that name (source_pos.file) as it was compiled: so
 * many bytes, without the newline, which live as long as the source.  NULL: not known.
 */
const char *source_text(struct source *, const char *file, unsigned line, size_t *length);
/* The whole text; NULL: not known. */
const char *source_text_all(struct source *, const char *file, size_t *length);
/* The names of the files whose text there is, from 0; NULL: there are no more. */
const char *source_text_file(struct source *, unsigned n);

/*
 * What the driver's text calls `size` bytes that the instruction before `site` touches, `offset`
 * bytes from the start of an object of `object_size`: the member, by a pointer that the function
 * there has to such a structure ("sc->sc_target"), or else by the structure's name.  With
 * `object_size` 0 the offset is from the start of the module, and the name that of a variable.
 * Bytes of no single member have the name of the smallest that has them all.  False: unknown.
 */
#define SOURCE_NAME 96			/* bytes of a name, at most */
bool source_name(struct source *, uint64_t site, uint64_t object_size, uint64_t offset,
    uint64_t size, char *name, size_t name_size);

/*
 * Call `fn` with the name of each function that the module's text defines, inlined ones and those
 * of its headers too.  The names live as long as the source.
 */
typedef void	source_function_fn(const char *name, void *arg);
void	source_each_function(struct source *, source_function_fn *fn, void *arg);

#endif /* SIM_RUN_SOURCE_H */
