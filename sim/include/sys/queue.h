/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/queue.h>: queue(3).
 *
 * The lists are libbsd's (a copy below build/include), which have NetBSD's layout and
 * plain semantics: no FOREACH is safe against removal of the current element but the
 * _SAFE forms.  On top of them come NetBSD's names, and what a DIAGNOSTIC kernel adds
 * since queue.h 1.76: TAILQ insertion and removal check the links they are about to
 * change and panic, and removal poisons the links of the removed element.  The panics
 * name no address, so that equal runs print equal text.  (NetBSD checks LIST likewise;
 * that is left out here.)
 */
#ifndef _SYS_QUEUE_H_
#define	_SYS_QUEUE_H_

#include <sys/null.h>

#include <bsd/sys/queue.h>

/* The link fields of a removed element hold this in a DIAGNOSTIC kernel. */
#define	_QUEUE_POISON	((void *)1)

#if defined(_KERNEL) && defined(DIAGNOSTIC)

#define	_TAILQ_FAIL(op, what)						\
	panic("%s: %s, file \"%s\", line %d", op, what, __FILE__, __LINE__)

/* The links around an element that is on a list: its neighbours point back at it. */
#define	_TAILQ_CHECK_ELM(op, elm, field) do {				\
	if ((elm)->field.tqe_next != NULL &&				\
	    (elm)->field.tqe_next->field.tqe_prev !=			\
	    &(elm)->field.tqe_next)					\
		_TAILQ_FAIL(op, "next element does not point back");	\
	if (*(elm)->field.tqe_prev != (elm))				\
		_TAILQ_FAIL(op, "previous element does not point here"); \
} while (0)

#undef TAILQ_INSERT_HEAD
#define	TAILQ_INSERT_HEAD(head, elm, field) do {			\
	if ((head)->tqh_first != NULL &&				\
	    (head)->tqh_first->field.tqe_prev != &(head)->tqh_first)	\
		_TAILQ_FAIL("TAILQ_INSERT_HEAD",			\
		    "first element does not point at the head");	\
	(elm)->field.tqe_next = (head)->tqh_first;			\
	if ((elm)->field.tqe_next != NULL)				\
		(head)->tqh_first->field.tqe_prev =			\
		    &(elm)->field.tqe_next;				\
	else								\
		(head)->tqh_last = &(elm)->field.tqe_next;		\
	(head)->tqh_first = (elm);					\
	(elm)->field.tqe_prev = &(head)->tqh_first;			\
} while (0)

#undef TAILQ_INSERT_TAIL
#define	TAILQ_INSERT_TAIL(head, elm, field) do {			\
	if (*(head)->tqh_last != NULL)					\
		_TAILQ_FAIL("TAILQ_INSERT_TAIL",			\
		    "last element has a successor");			\
	(elm)->field.tqe_next = NULL;					\
	(elm)->field.tqe_prev = (head)->tqh_last;			\
	*(head)->tqh_last = (elm);					\
	(head)->tqh_last = &(elm)->field.tqe_next;			\
} while (0)

#undef TAILQ_INSERT_AFTER
#define	TAILQ_INSERT_AFTER(head, listelm, elm, field) do {		\
	_TAILQ_CHECK_ELM("TAILQ_INSERT_AFTER", listelm, field);		\
	(elm)->field.tqe_next = (listelm)->field.tqe_next;		\
	if ((elm)->field.tqe_next != NULL)				\
		(elm)->field.tqe_next->field.tqe_prev =			\
		    &(elm)->field.tqe_next;				\
	else								\
		(head)->tqh_last = &(elm)->field.tqe_next;		\
	(listelm)->field.tqe_next = (elm);				\
	(elm)->field.tqe_prev = &(listelm)->field.tqe_next;		\
} while (0)

#undef TAILQ_INSERT_BEFORE
#define	TAILQ_INSERT_BEFORE(listelm, elm, field) do {			\
	_TAILQ_CHECK_ELM("TAILQ_INSERT_BEFORE", listelm, field);	\
	(elm)->field.tqe_prev = (listelm)->field.tqe_prev;		\
	(elm)->field.tqe_next = (listelm);				\
	*(listelm)->field.tqe_prev = (elm);				\
	(listelm)->field.tqe_prev = &(elm)->field.tqe_next;		\
} while (0)

#undef TAILQ_REMOVE
#define	TAILQ_REMOVE(head, elm, field) do {				\
	if ((elm)->field.tqe_next == NULL &&				\
	    (head)->tqh_last != &(elm)->field.tqe_next)			\
		_TAILQ_FAIL("TAILQ_REMOVE",				\
		    "last element of another list");			\
	_TAILQ_CHECK_ELM("TAILQ_REMOVE", elm, field);			\
	if ((elm)->field.tqe_next != NULL)				\
		(elm)->field.tqe_next->field.tqe_prev =			\
		    (elm)->field.tqe_prev;				\
	else								\
		(head)->tqh_last = (elm)->field.tqe_prev;		\
	*(elm)->field.tqe_prev = (elm)->field.tqe_next;			\
	(elm)->field.tqe_next = _QUEUE_POISON;				\
	(elm)->field.tqe_prev = _QUEUE_POISON;				\
} while (0)

#endif /* _KERNEL && DIAGNOSTIC */

#define	TAILQ_REPLACE(head, elm, elm2, field) do {			\
	if (((elm2)->field.tqe_next = (elm)->field.tqe_next) != NULL)	\
		(elm2)->field.tqe_next->field.tqe_prev =		\
		    &(elm2)->field.tqe_next;				\
	else								\
		(head)->tqh_last = &(elm2)->field.tqe_next;		\
	(elm2)->field.tqe_prev = (elm)->field.tqe_prev;			\
	*(elm2)->field.tqe_prev = (elm2);				\
} while (0)

/* NetBSD's name for the singly linked tail queue. */
#define	SIMPLEQ_HEAD			STAILQ_HEAD
#define	SIMPLEQ_HEAD_INITIALIZER	STAILQ_HEAD_INITIALIZER
#define	SIMPLEQ_ENTRY			STAILQ_ENTRY
#define	SIMPLEQ_INIT			STAILQ_INIT
#define	SIMPLEQ_EMPTY			STAILQ_EMPTY
#define	SIMPLEQ_FIRST			STAILQ_FIRST
#define	SIMPLEQ_NEXT			STAILQ_NEXT
#define	SIMPLEQ_LAST			STAILQ_LAST
#define	SIMPLEQ_END			STAILQ_END
#define	SIMPLEQ_FOREACH			STAILQ_FOREACH
#define	SIMPLEQ_FOREACH_SAFE(var, head, field, next)			\
	STAILQ_FOREACH_SAFE(var, head, field, next)
#define	SIMPLEQ_INSERT_HEAD		STAILQ_INSERT_HEAD
#define	SIMPLEQ_INSERT_TAIL		STAILQ_INSERT_TAIL
#define	SIMPLEQ_INSERT_AFTER		STAILQ_INSERT_AFTER
#define	SIMPLEQ_REMOVE			STAILQ_REMOVE
#define	SIMPLEQ_REMOVE_HEAD		STAILQ_REMOVE_HEAD
#define	SIMPLEQ_REMOVE_AFTER		STAILQ_REMOVE_AFTER
#define	SIMPLEQ_CONCAT			STAILQ_CONCAT

#endif /* !_SYS_QUEUE_H_ */
