/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/systm.h>: kernel printing, panic(9) and kpreempt(9).
 *
 * All printing functions may be called from threads, soft and hard interrupts and with
 * spin mutexes up to IPL_VM held; none returns a value, save those that fill a buffer.
 * Names that libc has too carry a link name of their own.
 */
#ifndef _SYS_SYSTM_H_
#define	_SYS_SYSTM_H_

#include <sys/types.h>
#include <sys/stdarg.h>
#include <sys/device_if.h>

#include <machine/endian.h>

#include <lib/libkern/libkern.h>

extern const char	*panicstr;	/* text of the first panic, NULL before it */

/* panic(9): print and stop the system. */
void	panic(const char *fmt, ...) __dead __printflike(1, 2);
void	vpanic(const char *fmt, va_list ap) __dead __printflike(1, 0);

/* printf(9): to console and log.  No return value, unlike the one in libc. */
void	printf(const char *fmt, ...) __KERN_NAME(printf) __printflike(1, 2);
void	vprintf(const char *fmt, va_list ap) __KERN_NAME(vprintf) __printflike(1, 0);

/* printf(9): into buf, at most size bytes with the NUL; returns the length wanted. */
int	snprintf(char *buf, size_t size, const char *fmt, ...)
	    __KERN_NAME(snprintf) __printflike(3, 4);
int	vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	    __KERN_NAME(vsnprintf) __printflike(3, 0);

/*
 * aprint_normal(9), during autoconf:
 *   normal   console unless booted quiet, and log
 *   error    as normal, and counted for the summary of the boot
 *   naive    console only when booted quiet
 *   verbose  console only when booted verbose, and log
 *   debug    only when booted with debugging
 * The _dev forms put the device's name and ": " in front.
 */
void	aprint_normal(const char *fmt, ...) __printflike(1, 2);
void	aprint_error(const char *fmt, ...) __printflike(1, 2);
void	aprint_naive(const char *fmt, ...) __printflike(1, 2);
void	aprint_verbose(const char *fmt, ...) __printflike(1, 2);
void	aprint_debug(const char *fmt, ...) __printflike(1, 2);
void	aprint_normal_dev(device_t dev, const char *fmt, ...) __printflike(2, 3);
void	aprint_error_dev(device_t dev, const char *fmt, ...) __printflike(2, 3);
void	aprint_verbose_dev(device_t dev, const char *fmt, ...) __printflike(2, 3);
void	aprint_debug_dev(device_t dev, const char *fmt, ...) __printflike(2, 3);
/* device_printf(9): printf with the device's name and ": " in front. */
void	device_printf(device_t dev, const char *fmt, ...) __printflike(2, 3);

/*
 * No other thread takes this CPU, and this one stays on it, until the last of as many
 * kpreempt_enable().  kpreempt_disabled(): is that so, also because of the level or of an
 * interrupt?
 */
void	kpreempt_disable(void);
void	kpreempt_enable(void);
bool	kpreempt_disabled(void);

#endif /* !_SYS_SYSTM_H_ */
