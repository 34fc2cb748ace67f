/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs that are drawn: see draw.h.
 */
#include "explore/draw.h"

#include <inttypes.h>
#include <stdlib.h>

#include "explore/generate.h"
#include "explore/same.h"
#include "explore/walk_out.h"

struct drawing {
	struct walker *walker;
	const struct draw_plan *plan;
	const struct edit *skeleton;
	struct trial_result base;
	struct walk_out out;
};

static void
run_plain(struct drawing *drawing)
{
	struct edit *edit = edit_copy(drawing->skeleton);
	struct scenario_case c;

	edit_case(edit, &c);
	trial_run(&drawing->walker->trial, &c, &drawing->walker->base, &drawing->base);
	if (drawing->plan->tell_plain)
		walk_out_run(&drawing->out, &(struct walk_run){
			.drawn = "", .edit = edit, .result = &drawing->base, .cause = "",
		});
	scenario_case_fini(&c);
	edit_free(edit);
	drawing->out.moments = drawing->walker->base.count;
}

static struct edit *
variant(struct drawing *drawing, struct choice *choice, double *bound)
{
	const struct moments *moments = &drawing->walker->base;

	*bound = 0;
	if (drawing->plan->depth > 0)
		return generate_pct(choice, drawing->skeleton, moments, drawing->plan->depth,
		    bound);
	return generate(choice, drawing->skeleton, moments,
	    drawing->walker->trial.nodiag != NULL);
}

static void
run_drawn(struct drawing *drawing, uint64_t seed)
{
	struct trial *trial = &drawing->walker->trial;
	struct walk_run told = { .parent = &drawing->base, .cause = "a drawn run" };
	struct trial_result result;
	struct scenario_case c;
	struct choice choice;
	char drawn[48], *why = NULL;

	snprintf(drawn, sizeof(drawn), "seed %" PRIu64, seed);
	told.drawn = drawn;
	choice_init_seed(&choice, seed);
	told.edit = variant(drawing, &choice, &told.bound);
	choice_fini(&choice);
	edit_case(told.edit, &c);
	trial_run(trial, &c, NULL, &result);
	told.result = &result;
	if (walk_out_run(&drawing->out, &told) || drawing->out.runs % WALK_AGAIN_EACH == 0)
		why = same_again(trial, &c, result.digest, drawing->plan->noise);
	if (why != NULL)
		walk_out_differ(&drawing->out, drawn, why);
	free(why);
	scenario_case_fini(&c);
	edit_free(told.edit);
}

void
draw_runs(struct walker *walker, size_t number, const struct draw_plan *plan, FILE *out)
{
	struct drawing drawing = {
		.walker = walker, .plan = plan,
		.skeleton = walker_skeleton(walker, number, plan->c),
	};

	walk_out_init(&drawing.out, out, plan->c->id, plan->lines);
	run_plain(&drawing);
	for (uint64_t i = 0; i < plan->count; i++)
		run_drawn(&drawing, plan->seed + i);
	walk_out_end(&drawing.out);
}
