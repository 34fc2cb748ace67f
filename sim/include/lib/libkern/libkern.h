/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <lib/libkern/libkern.h>: assertions and the kernel's small C library.
 */
#ifndef _LIB_LIBKERN_LIBKERN_H_
#define	_LIB_LIBKERN_LIBKERN_H_

#include <sys/types.h>
#include <sys/inttypes.h>
#include <sys/null.h>

#ifndef offsetof
#define	offsetof(type, member)	__builtin_offsetof(type, member)
#endif
#ifndef container_of
#define	container_of(ptr, type, member)					\
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#endif

/*
 * kassert(9).  With DIAGNOSTIC a false expression panics with the text
 *	kernel diagnostic assertion "<e>" failed: file "<f>", line <n>
 * Without it the expression is compiled but not evaluated.  KDASSERT is the same for
 * DEBUG.  CTASSERT is checked by the compiler.
 */
#define	CTASSERT(x)	__CTASSERT(x)

#define	__KASSERT_TEXT "kernel %sassertion \"%s\" failed: file \"%s\", line %d "
#define	__KASSERT_ON(kind, e)						\
	(__predict_true((e)) ? (void)0 :				\
	    kern_assert(__KASSERT_TEXT, kind, #e, __FILE__, __LINE__))
#define	__KASSERT_ON_MSG(kind, e, msg, ...)				\
	(__predict_true((e)) ? (void)0 :				\
	    kern_assert(__KASSERT_TEXT msg, kind, #e, __FILE__,		\
		__LINE__, ## __VA_ARGS__))
#define	__KASSERT_OFF(e)	((void)sizeof((long)(e)))

#ifdef DIAGNOSTIC
#define	KASSERT(e)		__KASSERT_ON("diagnostic ", e)
#define	KASSERTMSG(e, ...)	__KASSERT_ON_MSG("diagnostic ", e, __VA_ARGS__)
#else
#define	KASSERT(e)		__KASSERT_OFF(e)
#define	KASSERTMSG(e, ...)	__KASSERT_OFF(e)
#endif
#ifdef DEBUG
#define	KDASSERT(e)		__KASSERT_ON("debugging ", e)
#define	KDASSERTMSG(e, ...)	__KASSERT_ON_MSG("debugging ", e, __VA_ARGS__)
#else
#define	KDASSERT(e)		__KASSERT_OFF(e)
#define	KDASSERTMSG(e, ...)	__KASSERT_OFF(e)
#endif

/* kassert(9): report a failed assertion and panic; returns only during a panic. */
void	kern_assert(const char *fmt, ...) __printflike(1, 2);

/*
 * memory(9), string(9).  Contracts as in the C library; strlcpy(3) returns strlen(src).
 */
void	*memcpy(void *dst, const void *src, size_t n) __KERN_NAME(memcpy);
void	*memmove(void *dst, const void *src, size_t n) __KERN_NAME(memmove);
void	*memset(void *dst, int c, size_t n) __KERN_NAME(memset);
int	memcmp(const void *a, const void *b, size_t n) __KERN_NAME(memcmp);
size_t	strlen(const char *s) __KERN_NAME(strlen);
int	strcmp(const char *a, const char *b) __KERN_NAME(strcmp);
int	strncmp(const char *a, const char *b, size_t n) __KERN_NAME(strncmp);
size_t	strlcpy(char *dst, const char *src, size_t size) __KERN_NAME(strlcpy);

/*
 * snprintb(3): the text of a bit mask.  fmt begins with "\20" (old style: bits counted
 * from 1) or "\177\20" (new style: items `b`, bit counted from 0, name, NUL).  Returns
 * the length wanted.
 */
int	snprintb(char *buf, size_t size, const char *fmt, uint64_t val);

/* kernel min and max of fixed types. */
#define	__LIBKERN_MINMAX(type, minname, maxname)			\
static inline __always_inline __unused type				\
minname(type a, type b)							\
{									\
	return a < b ? a : b;						\
}									\
static inline __always_inline __unused type				\
maxname(type a, type b)							\
{									\
	return a > b ? a : b;						\
}
__LIBKERN_MINMAX(int, imin, imax)
__LIBKERN_MINMAX(u_int, uimin, uimax)
__LIBKERN_MINMAX(long, lmin, lmax)
__LIBKERN_MINMAX(u_long, ulmin, ulmax)

#endif /* !_LIB_LIBKERN_LIBKERN_H_ */
