/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run that a debugger stops at an event.
 *
 * The debugger has a breakpoint at debug_stop_here(), which is called right after the event
 * debug_stop_at was recorded, where it came about: on the stack of the driver if that did it.
 * There is no need to call anything then: what there is to say stands in debug_texts.  All of these
 * are exported, so that they are found in a program without debugging information too.
 */
#ifndef VIOSIM_CLI_DEBUG_STOP_H
#define VIOSIM_CLI_DEBUG_STOP_H

#include <stdint.h>

#include "run/module.h"
#include "scenario/scenario.h"

/* The number of the event to stop at next. */
extern uint32_t debug_stop_at;
/* How many events there are now: more than one behind that, and the texts are of the past. */
extern uint32_t debug_events;

/*
 * "module": its path; "source FILE" for each: the driver's text.  Once it was stopped also "event",
 * "contexts", "rings", "pages": see report/inspect.h; "registers NAME" and "registers NUMBER" of
 * each context, likewise.  Ends with NULL; NULL before the run and after it.
 */
extern const struct debug_text {
	const char *what, *text;
} *debug_texts;

/* Does nothing. */
void debug_stop_here(uint32_t event);

/* Run it once in this process; what came of it in one line on standard output. */
void debug_run(const struct scenario_case *c, struct module *module, uint32_t event);

#endif /* VIOSIM_CLI_DEBUG_STOP_H */
