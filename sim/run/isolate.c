/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes for cases: see isolate.h.
 *
 * What a child gives to the pool is its struct isolated, with the texts behind it.
 */
#include "run/isolate.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sbuf.h"
#include "run/pool.h"

struct isolating {
	const struct isolate_work *work;
	struct regions regions;		/* in the parent it stays empty */
	size_t reported;
	bool stop;			/* done() has said so */
};

static bool
piece(void *arg, size_t index, FILE *out)
{
	struct isolating *isolating = arg;
	struct isolated result = { 0 };
	struct sbuf buf[ISOLATE_TEXTS];
	FILE *stream[ISOLATE_TEXTS];

	for (int i = 0; i < ISOLATE_TEXTS; i++)
		stream[i] = sbuf_open(&buf[i]);
	isolating->work->child(isolating->work->arg, index, &isolating->regions, &result,
	    stream);
	for (int i = 0; i < ISOLATE_TEXTS; i++) {
		sbuf_close(&buf[i]);
		result.length[i] = buf[i].length;
	}
	fwrite(&result, sizeof(result), 1, out);
	for (int i = 0; i < ISOLATE_TEXTS; i++) {
		fwrite(buf[i].text, 1, buf[i].length, out);
		free(buf[i].text);
	}
	return result.reusable;
}

/* The texts are copied: each has a NUL of its own. */
static void
unpack(const struct pool_result *from, struct isolated *result)
{
	size_t at = sizeof(*result);

	memcpy(result, from->text, sizeof(*result));
	for (int i = 0; i < ISOLATE_TEXTS; i++) {
		result->text[i] = xmalloc(result->length[i] + 1);
		memcpy(result->text[i], from->text + at, result->length[i]);
		result->text[i][result->length[i]] = '\0';
		at += result->length[i];
	}
}

static bool
pass_on(struct isolating *isolating, struct isolated *result)
{
	const struct isolate_work *work = isolating->work;
	bool more = work->done(work->arg, isolating->reported++, result);

	for (int i = 0; i < ISOLATE_TEXTS; i++)
		free(result->text[i]);
	return more;
}

/* A result without any text. */
static bool
pass_on_none(struct isolating *isolating, enum verdict verdict, const char *why,
    const struct crash_note *note)
{
	struct isolated result = { .note = *note };

	for (int i = 0; i < ISOLATE_TEXTS; i++)
		result.text[i] = xstrdup("");
	verdict_none(&result.verdict, verdict, "%s", why);
	return pass_on(isolating, &result);
}

static bool
done(void *arg, size_t index, const struct pool_result *from)
{
	struct isolating *isolating = arg;
	struct isolated result;
	bool more;

	(void)index;
	/* It may have been killed by the same signal. */
	if (cleanup_asked() != 0)
		return false;
	if (from->text != NULL) {
		unpack(from, &result);
		more = pass_on(isolating, &result);
	} else {
		/* Nothing is wrong with viosim or the driver where the host has too little. */
		more = pass_on_none(isolating, from->no_memory ? VERDICT_SKIPPED :
		    VERDICT_BROKEN, from->why, &from->note);
	}
	isolating->stop = !more && isolating->work->stopped != NULL;
	return !isolating->stop;
}

static bool
tick(void *arg, size_t reported)
{
	(void)arg;
	(void)reported;
	return cleanup_asked() == 0;
}

bool
isolate_run(const struct isolate_work *work)
{
	const struct crash_note none = { .in_run = false };
	struct isolating isolating = { .work = work };
	int error;
	char *why;

	error = pool_run(&(struct pool_work){
		.count = work->count, .jobs = work->jobs,
		.seconds = work->seconds != 0 ? work->seconds : ISOLATE_SECONDS,
		.piece = piece, .done = done, .tick = tick, .arg = &isolating,
	});
	why = cleanup_asked() != 0 ? xasprintf("viosim was ended: %s", strsignal(cleanup_asked())) :
	    isolating.stop ? xstrdup(work->stopped) :
	    xasprintf("cannot start a process: %s", strerror(error));

	while (isolating.reported < work->count)
		pass_on_none(&isolating, VERDICT_SKIPPED, why, &none);
	free(why);
	return error == 0;
}
