/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events, times, pages and contexts in words.
 *
 * A `struct words` is a reader's place in the record: it knows what went before (who sleeps
 * since when, who is called what, how many pages are where).  Every text is one line without
 * a newline, fit for any report (report_clean).
 */
#ifndef VIOSIM_REPORT_WORDS_H
#define VIOSIM_REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/trace.h"
#include "machine/world.h"

#define WORDS_TEXT 512			/* bytes that any text of this file fits into */
#define WORDS_NAME 24			/* the same for names of contexts */
#define WORDS_UNKNOWN UINT64_MAX

/* Pages, as far as the record has them; WORDS_UNKNOWN before its kept part does. */
struct words_pages {
	uint64_t driver;		/* allocated by the driver and not freed */
	uint64_t host;			/* the host has */
	uint64_t free;			/* on the kernel's free list */
};

struct words_context {
	char name[WORDS_NAME];
	uint64_t asleep_ns;		/* since when; WORDS_UNKNOWN: is not */
	uint16_t last_call;		/* enum hw_call it made last, HW_CALL_NONE: none */
	uint32_t call;			/* the event of that call */
	bool in_call;			/* it has not returned from there */
	bool begun;			/* and something has come of it */
	bool is_there;			/* between its beginning and its end */
	uint32_t site;			/* the driver position of that call */
};

struct words {
	const struct world *world;
	struct words_context context[CONTEXTS_MAX + 1];	/* by ordinal; 0: the machine */
	struct words_pages pages;
	uint64_t held[HW_DEVICES];	/* pages.host by device */
};

/* Stand before the first event that is kept. */
void words_init(struct words *words, const struct world *world);
/* The number of that event; trace.count if there is none. */
uint32_t words_first(const struct trace *trace);
/* Go past an event (the next one in order).  It has been printed already, if at all. */
void words_follow(struct words *words, const struct event *event);

/* ---- of an event, before words_follow() ---- */

/* What happened, as a sentence without its subject. */
void words_event(const struct words *words, const struct event *event, char *text, size_t size);
/* The subject: "host", "device", "viomb", "irq0", "scenario", ...; of a second device "device/1" */
const char *words_who(const struct words *words, const struct event *event);
/* The colour of its line on a terminal (SGR parameters). */
const char *words_colour(const struct event *event);
/* Shown without --verbose too? */
bool words_is_main(const struct words *words, const struct event *event);
/* A driver's match function has been asked: what it says is told with its position. */
bool words_is_match(const struct event *event);
/* Events of equal shape may stand for each other in a summary. */
uint64_t words_shape(const struct event *event);

/* A context's name, of an ordinal; by its kind where the record does not have the name. */
const char *words_context_name(const struct words *words, uint32_t ordinal,
    enum hw_context kind);

/*
 * Where a context stands that could go on: "before mutex_enter(mutex1)", "in cv_signal(cv1)",
 * "after mutex_exit(mutex1)"; its driver position is context[ordinal].site.  False: it is asleep,
 * has made no call, or there is none.
 */
bool words_stand(const struct words *words, uint32_t ordinal, char *text, size_t size);
/* The same of one that may be asleep. */
bool words_place(const struct words *words, uint32_t ordinal, char *text, size_t size);
/* The first word of that: "before", "in" or "after" its last call. */
const char *words_place_word(const struct words_context *context);

/* ---- single values ---- */

/* "   1.234567s": seconds with six decimals (the rest cut off), at least 12 columns. */
void words_time(uint64_t ns, char *text, size_t size);
/* A recorded value by its letter (DOOR_CALLS, TRACE_KINDS). */
void words_value(const struct words *words, char letter, uint64_t value, char *text,
    size_t size);

/* What `code` of such an event means: a word, or NULL if it means nothing. */
const char *words_code(const struct words *words, const struct event *event);
/* How a run ended, as a sentence. */
const char *words_end(enum world_end end);

#endif /* VIOSIM_REPORT_WORDS_H */
