/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about queue(3).  Compiled twice, as frag_param.c is.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/queue.h>

#include "frag.h"

struct item {
	TAILQ_ENTRY(item) i_list;
	char		i_name;
};
TAILQ_HEAD(itemlist, item);

/* The compiler is not to see through the lists, or it would warn of what is done to them. */
#define FORGET()	__asm__ volatile("" ::: "memory")

static struct itemlist frag_list;
static struct item frag_item[4];

static void
fill(void)
{
	TAILQ_INIT(&frag_list);
	for (int i = 0; i < 4; i++) {
		frag_item[i].i_name = (char)('a' + i);
		TAILQ_INSERT_TAIL(&frag_list, &frag_item[i], i_list);
	}
}

/* What a removed element's links hold. */
FRAG(tailq_poison)
{
	fill();
	TAILQ_REMOVE(&frag_list, &frag_item[1], i_list);
	f->out[0] = (uintptr_t)frag_item[1].i_list.tqe_next == 1;
	f->out[1] = (uintptr_t)frag_item[1].i_list.tqe_prev == 1;
	f->out[2] = frag_item[1].i_list.tqe_next == &frag_item[2];
}

FRAG(tailq_remove_twice)
{
	fill();
	TAILQ_REMOVE(&frag_list, &frag_item[1], i_list);
	FORGET();
	TAILQ_REMOVE(&frag_list, &frag_item[1], i_list);
	frag_mark(f, '!');
}

#ifndef FRAG_PLAIN

CTASSERT(offsetof(struct itemlist, tqh_first) == 0);
CTASSERT(offsetof(struct itemlist, tqh_last) == sizeof(void *));

FRAG(tailq_layout)
{
	struct item *p;

	fill();
	f->out[0] = TAILQ_FIRST(&frag_list)->i_name;
	f->out[1] = TAILQ_LAST(&frag_list, itemlist)->i_name;
	f->out[2] = TAILQ_PREV(&frag_item[0], itemlist, i_list) == NULL;
	f->out[3] = TAILQ_PREV(&frag_item[2], itemlist, i_list)->i_name;
	f->out[4] = TAILQ_NEXT(&frag_item[3], i_list) == NULL;
	TAILQ_FOREACH(p, &frag_list, i_list)
		frag_mark(f, p->i_name);
	TAILQ_FOREACH_REVERSE(p, &frag_list, itemlist, i_list)
		frag_mark(f, p->i_name);
}

/* The body removes each element it sees: the loop follows the poison of the first. */
FRAG(tailq_foreach_removal)
{
	struct item *p;

	fill();
	TAILQ_FOREACH(p, &frag_list, i_list) {
		frag_mark(f, p->i_name);
		TAILQ_REMOVE(&frag_list, p, i_list);
		FORGET();
	}
	frag_mark(f, '!');
}

FRAG(tailq_foreach_reverse_removal)
{
	struct item *p;

	fill();
	TAILQ_FOREACH_REVERSE(p, &frag_list, itemlist, i_list) {
		frag_mark(f, p->i_name);
		TAILQ_REMOVE(&frag_list, p, i_list);
		FORGET();
	}
	frag_mark(f, '!');
}

/* The last element of one list, removed from another. */
FRAG(tailq_wrong_list)
{
	struct itemlist other = TAILQ_HEAD_INITIALIZER(other);

	fill();
	TAILQ_REMOVE(&other, &frag_item[3], i_list);
	frag_mark(f, '!');
}

FRAG(tailq_init_forgets)
{
	fill();
	TAILQ_INIT(&frag_list);
	f->out[0] = TAILQ_EMPTY(&frag_list);
	TAILQ_INSERT_HEAD(&frag_list, &frag_item[2], i_list);
	f->out[1] = TAILQ_FIRST(&frag_list)->i_name;
	f->out[2] = TAILQ_NEXT(TAILQ_FIRST(&frag_list), i_list) == NULL;
}

struct simple {
	SIMPLEQ_ENTRY(simple) s_list;
	char		s_name;
};
SIMPLEQ_HEAD(simplelist, simple);

FRAG(simpleq_fifo)
{
	struct simplelist list;
	struct simple item[3], *p;

	SIMPLEQ_INIT(&list);
	for (int i = 0; i < 3; i++) {
		item[i].s_name = (char)('a' + i);
		SIMPLEQ_INSERT_TAIL(&list, &item[i], s_list);
	}
	SIMPLEQ_REMOVE_HEAD(&list, s_list);
	SIMPLEQ_INSERT_TAIL(&list, &item[0], s_list);
	SIMPLEQ_FOREACH(p, &list, s_list)
		frag_mark(f, p->s_name);
}

#endif /* !FRAG_PLAIN */
