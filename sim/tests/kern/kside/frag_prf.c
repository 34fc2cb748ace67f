/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about printf(9), aprint_normal(9), snprintb(3), panic(9) and string(9).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/mutex.h>

#include "child.h"

FRAG(printf_is_void)
{
	f->out[0] = __builtin_types_compatible_p(__typeof__(printf("x")), void);
	f->out[1] = __builtin_types_compatible_p(__typeof__(snprintf(NULL, 0, "x")), int);
}

/* Also a hard handler. */
FRAG(printf_under_lock)
{
	kmutex_t lock;

	mutex_init(&lock, MUTEX_DEFAULT, IPL_VM);
	mutex_enter(&lock);
	printf("printed under a lock\n");
	mutex_exit(&lock);
	frag_mark(f, 'p');
}

/* Lines of text that the test compares with what the C library prints. */
FRAG(printf_formats)
{
	printf("%d|%i|%u|%x|%X|%o|%c|%s|%%|", -5, 7, 7u, 255u, 255u, 8u, 'x', "text");
	printf("%5d|%-5d|%05d|%+d|% d|%#x|%#o|", 42, 42, 42, 42, 42, 42u, 8u);
	printf("%.3d|%8.3d|%.2s|%8s|%-8s|%*d|%-*d|%.*s|", 7, 7, "abc", "abc", "abc", 4, 1,
	    4, 1, 2, "xyz");
	/* Not a literal, or the compiler would warn of what is cut off here. */
	strlcpy(f->text, "%hhd|%hd|", sizeof(f->text));
	printf(f->text, 300, 70000);
	printf("%ld|%lld|%zu|%" PRIu64 "|%" PRIx64 "|%jd|%td|", -1L, -1LL,
	    (size_t)-1, UINT64_MAX, UINT64_MAX, (intmax_t)-2, (ptrdiff_t)-3);
	printf("%d|%lld|%u|%.0d|%s", -2147483647 - 1, (long long)INT64_MIN, UINT32_MAX, 0,
	    "end");
}

FRAG(aprint_family)
{
	aprint_normal("normal\n");
	aprint_error("error\n");
	aprint_naive("naive\n");
	aprint_verbose("verbose\n");
	aprint_debug("debug\n");
}

FRAG(aprint_dev)
{
	aprint_normal_dev(child->sc_dev, "one %d\n", 1);
	aprint_error_dev(child->sc_dev, "two\n");
	device_printf(child->sc_dev, "three\n");
	aprint_verbose_dev(child->sc_dev, "four\n");
	aprint_debug_dev(child->sc_dev, "five\n");
}

/* Longer than any buffer in the kernel, and a pointer, which must not print. */
FRAG(printf_long)
{
	static char text[2001];

	memset(text, 'z', sizeof(text) - 1);
	printf("[%s]", text);
	printf("%p %p", (void *)text, NULL);
}

FRAG(snprintb_new)
{
	f->out[0] = snprintb(f->text, sizeof(f->text), VIRTIO_COMMON_FLAG_BITS
	    "b\x00" "TELL\0" "b\x01" "STATS\0", (uint64_t)f->in[0]);
}

FRAG(snprintb_old)
{
	f->out[0] = snprintb(f->text, sizeof(f->text), "\20\1ONE\2TWO\5FIVE",
	    (uint64_t)f->in[0]);
}

/* The child's old-style items behind the new prefix. */
FRAG(snprintb_mixed)
{
	snprintb(f->text, sizeof(f->text), VIRTIO_COMMON_FLAG_BITS "\1TELL\2STATS\0",
	    (uint64_t)f->in[0]);
}

FRAG(panic)
{
	frag_mark(f, panicstr == NULL ? '0' : '1');
	panic("the number is %d", 42);
}

FRAG(string)
{
	char buf[4];

	f->out[0] = (int64_t)strlcpy(buf, "abcdef", sizeof(buf));
	f->out[1] = strcmp(buf, "abc");
	f->out[2] = strncmp("abx", "aby", 2);
	f->out[3] = strcmp("a", "b") < 0 && strcmp("\xff", "a") > 0;
	f->out[4] = memcmp("ab", "ac", 2) < 0;
	memmove(f->text, "0123456789", 11);
	memmove(f->text + 2, f->text, 5);
	f->out[5] = snprintf(buf, sizeof(buf), "%d", 123456);
	f->out[6] = strcmp(buf, "123");
}
