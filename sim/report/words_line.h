/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of text that grows, and the sentences that are said into it.  For the words_*.c.
 */
#ifndef VIOSIM_REPORT_WORDS_LINE_H
#define VIOSIM_REPORT_WORDS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "report/words.h"

struct line {
	char *text;
	size_t size, length;	/* size at least 1; what does not fit is cut */
};

/* What is known of each kind of event; words_event.c. */
extern const struct words_kind {
	const char *who;	/* its subject; NULL: who is running, or words_who() knows */
	bool of_device;		/* there is one for each device */
	const char *colour;	/* of its line; NULL: by the context */
	bool is_main;		/* shown without --verbose; words_is_main() knows better */
	uint8_t shape;		/* bit n: another value n makes it another event */
	const char *template;	/* the sentence (say_template()), or who says it; else the device */
	void (*say)(struct line *line, const struct words *words, const struct event *event);
} words_kinds[EV_KINDS];
#define WORDS_ALONE 0x80	/* each is one of its own */
#define WORDS_INTERRUPT "35"
#define WORDS_THREAD "32"
#define WORDS_KERNEL "2"

void say(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A recorded value by its letter. */
void say_value(struct line *line, const struct words *words, char letter, uint64_t value);
/*
 * $1 .. $5 in the template stand for the values, said by the letters in `args`
 * ("name:letter name:letter").
 */
void say_template(struct line *line, const struct words *words, const char *template,
    const char *args, const uint64_t *value);
/* A recorded text. */
void say_text(struct line *line, const struct words *words, uint64_t number);
/* "MUST_TELL_HOST|VERSION_1", "none". */
void say_features(struct line *line, const struct words *words, uint64_t features);

/* words.c: a thread's name at its EV_CTX_START; it stands in the call that makes the thread. */
const char *words_thread_name(const struct words *words, const struct event *start);

/*
 * words.c: is this (NULL: no) an expectation that held at once, in its step?  One line
 * shows both then.
 */
bool words_holds_at_once(const struct words *words, const struct event *event);

#endif /* VIOSIM_REPORT_WORDS_LINE_H */
