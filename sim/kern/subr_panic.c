/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * panic(9), kern_assert(9) and the kernel's own assertions, after vpanic() in
 * sys/kern/subr_prf.c and sys/lib/libkern/kern_assert.c.
 */
#include "kernel.h"

static void panic_now(const char *fmt, va_list, bool is_assertion) __dead
    __printflike(1, 0);

/* The first panic is the one that panicstr keeps. */
static void
panic_now(const char *fmt, va_list ap, bool is_assertion)
{
	char text[sizeof(kernel->kn_prf.kp_panic)];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (panicstr == NULL) {
		(void)strlcpy(kernel->kn_prf.kp_panic, text, sizeof(text));
		panicstr = kernel->kn_prf.kp_panic;
	}
	hw_panic(text, is_assertion);
}

static void
panic_assertion(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_now(fmt, ap, true);
}

void
kern_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	panic_now(fmt, ap, false);
}

void
vpanic(const char *fmt, va_list ap)
{
	char text[sizeof(kernel->kn_prf.kp_panic)];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	KCALL(PANIC, kern_text(text));
	kern_panic("%s", text);
}

void
panic(const char *fmt, ...)
{
	char text[sizeof(kernel->kn_prf.kp_panic)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	KCALL(PANIC, kern_text(text));
	kern_panic("%s", text);
}

/*
 * A module compiled with DIAGNOSTIC may run on a machine without it; its assertions are
 * then evaluated but not enforced.
 */
void
kern_assert(const char *fmt, ...)
{
	va_list ap;

	if (!kern_diagnostic())
		return;
	va_start(ap, fmt);
	panic_now(fmt, ap, true);
}

static const char *
panic_basename(const char *path)
{
	const char *base = path;

	for (; *path != '\0'; path++) {
		if (*path == '/')
			base = path + 1;
	}
	return base;
}

void
kern_assert_fail(const char *expression, const char *file, int line)
{

	panic_assertion("kernel diagnostic assertion \"%s\" failed: "
	    "file \"%s\", line %d ", expression, panic_basename(file), line);
	__builtin_unreachable();
}
