/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers to requests: what balloon.c (requests), balloon_answer.c (completions and their
 * habits) and balloon_habit.c (habits at a moment) need of each other.
 */
#ifndef VIOSIM_DEVICE_BALLOON_ANSWER_H
#define VIOSIM_DEVICE_BALLOON_ANSWER_H

#include "device/balloon.h"

/* Look at a queue: take, act upon, answer or schedule all that is there. */
void balloon_serve(struct balloon_side *side);

/* Answer a request that was acted upon: at once, or by a timer, oldest first. */
void balloon_answer(struct balloon_side *side, uint16_t head, uint32_t bytes);
/* Answer the oldest request now, though its time has not come; false if there is none. */
bool balloon_answer_oldest(struct balloon_side *side);
/* Send the interrupts that a batch held together. */
void balloon_flush(struct balloon *balloon);
/* Set the timer for the oldest request, unless the side stands still. */
void balloon_arm(struct balloon_side *side);
/* No timer; requests stay. */
void balloon_halt(struct balloon_side *side);
/* No timer, no requests. */
void balloon_forget(struct balloon_side *side);

/* Does a habit hold for this completion?  Counts down, but does not record. */
bool balloon_spend(struct balloon_side *side, enum device_habit habit);
void balloon_emit_habit(struct balloon *balloon, enum device_habit habit, int queue,
    uint64_t what);
void balloon_stop_interrupts(struct balloon *balloon);

/* The driver's ring is wrong: stop, as QEMU does (and say so where status bit 64 exists). */
void balloon_break(struct balloon_side *side, enum virtqueue_fault fault);

#endif /* VIOSIM_DEVICE_BALLOON_ANSWER_H */
