/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Undefined behaviour of the driver's C, as the compiler's instrumentation reports it.
 *
 * A driver module is compiled with the undefined-behaviour checks that need no knowledge of
 * objects (array bounds, shifts, signed overflow, division) and linked without their runtime;
 * the __ubsan_* functions it wants are in undefined.c.  Each report is one event; a division by
 * zero or that overflows ends the world (WORLD_TRAP).
 */
#ifndef VIOSIM_MACHINE_UNDEFINED_H
#define VIOSIM_MACHINE_UNDEFINED_H

/* X(ID, "what happened") */
#define UNDEFINED_KINDS(X) \
	X(BOUNDS, "an index outside its array") \
	X(SHIFT, "a shift by too much or of a negative number") \
	X(OVERFLOW, "a signed number that overflows")

enum undefined {
#define X(id, what) UNDEFINED_##id,
	UNDEFINED_KINDS(X)
#undef X
	UNDEFINED_ALL
};

const char *undefined_text(enum undefined what);

#endif /* VIOSIM_MACHINE_UNDEFINED_H */
