/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping at an event: see debug_stop.h.
 */
#include "cli/debug_stop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "machine/crash.h"
#include "report/inspect.h"
#include "run/run.h"
#include "run/source.h"

uint32_t debug_stop_at, debug_events;
const struct debug_text *debug_texts;

/* What a debugger is told. */
struct telling {
	struct report_input input;
	struct { VEC_MEMBERS(struct debug_text); } texts;
};

__attribute__((noinline)) void
debug_stop_here(uint32_t event)
{
	__asm__ volatile("" : : "r"(event) : "memory");
}

static void
add_text(struct telling *telling, char *what, char *text)
{
	*vec_add(&telling->texts) = (struct debug_text){ what, text };
}

static void
add_registers(void *telling, const char *context, const char *registers)
{
	add_text(telling, xasprintf("registers %s", context), xstrdup(registers));
}

static void
forget(struct telling *telling)
{
	debug_texts = NULL;
	vec_each(text, &telling->texts) {
		free((void *)(uintptr_t)text->what);
		free((void *)(uintptr_t)text->text);
	}
	vec_fini(&telling->texts);
}

/* What does not change. */
static void
begin_texts(struct telling *telling)
{
	const struct report_input *input = &telling->input;
	const char *file;
	size_t length;

	forget(telling);
	add_text(telling, xstrdup("module"), xstrdup(module_path(input->module)));
	for (unsigned i = 0; (file = source_text_file(input->source, i)) != NULL; i++) {
		const char *text = source_text_all(input->source, file, &length);

		add_text(telling, xasprintf("source %s", file), xstrndup(text, length));
	}
}

static void
end_texts(struct telling *telling)
{
	add_text(telling, NULL, NULL);
	debug_texts = telling->texts.item;
}

static void
tell(struct telling *telling)
{
	static const struct {
		const char *what;
		void (*say)(FILE *stream, const struct report_input *input);
	} texts[] = {
		{ "event", inspect_event }, { "contexts", inspect_contexts },
		{ "rings", inspect_rings }, { "pages", inspect_pages },
	};
	const struct report_input *input = &telling->input;

	begin_texts(telling);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(telling, xstrdup(texts[i].what),
		    SBUF_TEXT(stream, texts[i].say(stream, input)));
	inspect_registers(input, add_registers, telling);
	end_texts(telling);
}

static void
see(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	(void)site, (void)payload;
	debug_events = event->seq + 1;
	if (event->seq != debug_stop_at)
		return;
	tell(arg);
	debug_stop_here(event->seq);
}

static void
started(void *arg, struct world *world)
{
	struct telling *telling = arg;

	telling->input.world = world;
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_MAX, .see = see, .self = telling,
	});
}

static void
finished(void *arg, struct world *world, const struct run_result *result)
{
	(void)world;
	forget(arg);
	printf("the run is over: %" PRIu32 " events, digest %016" PRIx64 "\n",
	    result->counts.events, result->digest);
}

void
debug_run(const struct scenario_case *c, struct module *module, uint32_t event)
{
	struct telling telling = {
		.input = { .source = module_source(module), .module = module },
	};
	struct run_options options = {
		.module = module, .keep_trace = true, .started = started, .finished = finished,
		.arg = &telling,
	};
	struct run_result result;

	debug_stop_at = event;
	begin_texts(&telling);
	end_texts(&telling);
	crash_install();
	run_case(c, &options, &result);
	run_result_fini(&result);
}
