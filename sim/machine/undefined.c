/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Undefined behaviour of the driver: see undefined.h.
 *
 * The __ubsan_* names and the layout of their first argument are the interface that gcc and
 * clang call in code compiled with -fsanitize=bounds,shift,... (LLVM compiler-rt,
 * ubsan_handlers.h).
 */
#include "machine/undefined.h"

#include <stdio.h>
#include <string.h>

#include "machine/world.h"

const char *
undefined_text(enum undefined what)
{
	static const char *const text[] = {
#define X(id, t) [UNDEFINED_##id] = t,
		UNDEFINED_KINDS(X)
#undef X
	};

	return what < UNDEFINED_ALL ? text[what] : "?";
}

struct source_location {
	const char *file;
	uint32_t line, column;
};

struct type_descriptor {
	uint16_t kind, info;
	char name[];			/* of the C type, in quotes */
};

/* What all handlers' data begin with. */
struct undefined_data {
	struct source_location location;
	const struct type_descriptor *type;
};

static void
report(enum undefined what, const struct undefined_data *data, uint64_t left, uint64_t right,
    const void *pc)
{
	struct world *world = world_current;

	if (world == NULL || world->running == NULL)
		return;
	world->running->site = world_site_of(world, pc);
	world_emit(world, EV_UNDEFINED, what, left, right,
	    trace_text(&world->trace, data->type->name, strlen(data->type->name)), 0, 0);
}

/* Called by compilers, which want no declaration. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define PC __builtin_return_address(0)
#define HANDLER1(name, what) \
	void __ubsan_handle_##name(struct undefined_data *data, uintptr_t value) \
	{ report(what, data, value, 0, PC); }
#define HANDLER2(name, what) \
	void __ubsan_handle_##name(struct undefined_data *data, uintptr_t left, \
	    uintptr_t right) \
	{ report(what, data, left, right, PC); }

HANDLER1(out_of_bounds, UNDEFINED_BOUNDS)
HANDLER1(negate_overflow, UNDEFINED_OVERFLOW)
HANDLER2(shift_out_of_bounds, UNDEFINED_SHIFT)
HANDLER2(add_overflow, UNDEFINED_OVERFLOW)
HANDLER2(sub_overflow, UNDEFINED_OVERFLOW)
HANDLER2(mul_overflow, UNDEFINED_OVERFLOW)

/* Undefined in C, and an exception of the processor that a kernel does not survive. */
void
__ubsan_handle_divrem_overflow(struct undefined_data *data, uintptr_t left, uintptr_t right)
{
	struct world *world = world_current;
	char text[96];

	(void)left;
	if (world == NULL || world->running == NULL)
		return;
	snprintf(text, sizeof(text), right == 0 ? "the driver divides by zero, type %.40s" :
	    "the driver divides the least number of its type %.40s by -1", data->type->name);
	world_finish(world, WORLD_TRAP, text);
}
