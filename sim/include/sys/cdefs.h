/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/cdefs.h>: compiler macros of the NetBSD kernel, and the fake kernel's own
 * __KERN_NAME (at the end), which keeps kernel and libc names apart.
 */
#ifndef _SYS_CDEFS_H_
#define	_SYS_CDEFS_H_

#define	__BEGIN_DECLS
#define	__END_DECLS

#define	__CONCAT(x, y)		___CONCAT(x, y)
#define	___CONCAT(x, y)		x ## y
#define	__STRING(x)		#x
#define	___STRING(x)		__STRING(x)

#define	__GNUC_PREREQ__(major, minor)					\
	(__GNUC__ > (major) ||						\
	 (__GNUC__ == (major) && __GNUC_MINOR__ >= (minor)))

/* __dead: never returns.  __unused: may go unused.  __used: keep though unreferenced. */
#define	__dead			__attribute__((__noreturn__))
#define	__packed		__attribute__((__packed__))
#define	__aligned(n)		__attribute__((__aligned__(n)))
#define	__section(name)		__attribute__((__section__(name)))
#define	__unused		__attribute__((__unused__))
#define	__used			__attribute__((__used__))
#define	__pure			__attribute__((__pure__))
#define	__constfunc		__attribute__((__const__))
#define	__noinline		__attribute__((__noinline__))
#define	__always_inline		__attribute__((__always_inline__))
#define	__returns_twice		__attribute__((__returns_twice__))
#define	__weak			__attribute__((__weak__))
#define	__printflike(fmt, args)	__attribute__((__format__(__printf__, fmt, args)))
#define	__read_mostly
#define	__cacheline_aligned	__aligned(64)
#define	__FALLTHROUGH		__attribute__((__fallthrough__))
#define	__nothing		((void)0)

/* The name in the object file, where two versions of a function have one name in the source. */
#define	__RENAME(name)		___RENAME(name)
#define	___RENAME(name)		__asm__(#name)

#define	__predict_true(e)	__builtin_expect((e) != 0, 1)
#define	__predict_false(e)	__builtin_expect((e) != 0, 0)

/* Variables that only KASSERT (or only KDASSERT) looks at. */
#ifdef DIAGNOSTIC
#define	__diagused
#else
#define	__diagused		__unused
#endif
#ifdef DEBUG
#define	__debugused
#else
#define	__debugused		__unused
#endif

/* The spelling is that of <bsd/sys/cdefs.h>, which defines it again. */
#define	__arraycount(__x)	(sizeof(__x) / sizeof(__x[0]))

#define	__UNCONST(p)		((void *)(__UINTPTR_TYPE__)(const void *)(p))
#define	__UNVOLATILE(p)		((void *)(__UINTPTR_TYPE__)(volatile void *)(p))

/* bits(3) */
#define	__BIT(n)							\
	(((__UINTMAX_TYPE__)(n) >= 8 * sizeof(__UINTMAX_TYPE__)) ? 0 :	\
	 (__UINTMAX_TYPE__)1 << ((n) & (8 * sizeof(__UINTMAX_TYPE__) - 1)))
#define	__BITS(hi, lo)							\
	((__BIT(((hi) > (lo) ? (hi) : (lo)) + 1) - 1) ^			\
	 (__BIT((hi) < (lo) ? (hi) : (lo)) - 1))
#define	__LOWEST_SET_BIT(mask)	((((mask) - 1) & (mask)) ^ (mask))
#define	__SHIFTOUT(x, mask)	(((x) & (mask)) / __LOWEST_SET_BIT(mask))
#define	__SHIFTIN(x, mask)	((x) * __LOWEST_SET_BIT(mask))

/*
 * ctassert(9): x is an integer constant expression; a false one does not compile.
 * May be repeated on different lines; the user writes the semicolon.
 */
#define	__CTASSERT(x)		__CTASSERT0(x, __ctassert, __COUNTER__)
#define	__CTASSERT0(x, y, z)	__CTASSERT1(x, y, z)
#define	__CTASSERT1(x, y, z)						\
	typedef char y ## z[(x) ? 1 : -1] __unused

/* Identification of a source file; the user writes the semicolon. */
#define	__KERNEL_RCSID(n, text)	__asm__(".ident \"" text "\"")
#define	__RCSID(text)		__KERNEL_RCSID(0, text)

/*
 * The fake kernel's own: the link name of a kernel function whose name libc has too.  The text
 * of a driver stays `printf`, its object file asks for `kern_printf`.
 */
#define	__KERN_NAME(name)	__asm__("kern_" #name)

#endif /* !_SYS_CDEFS_H_ */
