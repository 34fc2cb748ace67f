/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the step `device:` has in every class: the behaviours of a queue, DEVICE_NEEDS_RESET, and
 * for how many completions.  A class puts a struct device_step first into the struct of its own
 * step, and its own keys between the two groups of rows.
 */
#ifndef VIOSIM_DEVICE_LANGUAGE_H
#define VIOSIM_DEVICE_LANGUAGE_H

#include "device/behaviour.h"

struct device_step {
	const char *queue[BEHAVIOURS];	/* name, NULL: not this behaviour */
	int length, id;			/* enum used_length, used_id: what wrong_len, wrong_id do */
	bool needs_reset, gone;
	int snapshot, restore;		/* number of its name from 1, 0: none */
	uint64_t count;			/* for so many completions (1) */
};

extern const struct field_word device_snapshot_words[];

#define DEVICE_STEP_ROW(code, id, word, when, breaks, what, help_) \
	FIELD_ROW(#word, FIELD_VOCAB, 0, device_step, queue[BEHAVIOUR_##id], help_, \
	    FIELD_NAMES_OF(vqs)),
#define DEVICE_STEP_ROWS_FIRST \
	QUEUE_BEHAVIOURS(DEVICE_STEP_ROW) \
	FIELD_ROW("length", FIELD_WORD, 0, device_step, length, \
	    "the length that wrong_len gives (max32)", .words = used_length_words), \
	FIELD_ROW("id", FIELD_WORD, 0, device_step, id, \
	    "the id that wrong_id gives (next)", .words = used_id_words), \
	FIELD_ROW("needs_reset", FIELD_FLAG, 0, device_step, needs_reset, \
	    "the device sets DEVICE_NEEDS_RESET and stops (false)"), \
	FIELD_ROW("gone", FIELD_FLAG, 0, device_step, gone, \
	    "the device is pulled out: its registers read all ones (false)"), \
	FIELD_ROW("snapshot", FIELD_WORD, 0, device_step, snapshot, \
	    "save the state of device and host (none)", .words = device_snapshot_words), \
	FIELD_ROW("restore", FIELD_WORD, 0, device_step, restore, \
	    "take the state back; the guest is as it is (none)", \
	    .words = device_snapshot_words)
#define DEVICE_STEP_ROWS_LAST \
	FIELD_ROW("count", FIELD_COUNT, 0, device_step, count, \
	    "for how many completions (1)", FIELD_RANGE(1, UINT32_MAX))
#define DEVICE_STEP_DEFAULT { .count = 1, .length = USED_LENGTH_MAX32 }
#define DEVICE_STEP_CODE 4

/* The data of a step that is one (verb code DEVICE_STEP_CODE in every class); else NULL. */
const struct device_step *device_step_of(const struct scenario_step *step);

/* The behaviours of the queues; the rest comes after what the class does itself. */
void device_step_act(struct device *device, const struct device_step *step);
void device_step_act_last(struct device *device, const struct device_step *step);

/* For map.check; more: keys of the class are there. */
void device_step_check(struct map_check *check, const struct device_step *step, bool more);
/* For verb.check: a resume needs a pause before it.  One bit of *memory a queue. */
void device_step_check_order(struct map_check *check, const struct device_step *step,
    const char *const *queues, uint64_t *memory);

#endif /* VIOSIM_DEVICE_LANGUAGE_H */
