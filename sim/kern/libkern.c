/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory(9), string(9) and what byteorder(3) needs, after sys/lib/libkern and
 * common/lib/libc/string.
 *
 * Those that the compiler may itself put in place of a loop are the C library's: a loop
 * written here could be compiled into a call of itself.
 */
#include "kernel.h"

void	*libkern_memcpy(void *, const void *, size_t) __asm__("memcpy");
void	*libkern_memmove(void *, const void *, size_t) __asm__("memmove");
void	*libkern_memset(void *, int, size_t) __asm__("memset");
int	libkern_memcmp(const void *, const void *, size_t) __asm__("memcmp");
size_t	libkern_strlen(const char *) __asm__("strlen");

void *
memcpy(void *dst, const void *src, size_t n)
{

	hw_touch(src, n, false, KERN_SITE());
	hw_touch(dst, n, true, KERN_SITE());
	return libkern_memcpy(dst, src, n);
}

void *
memmove(void *dst, const void *src, size_t n)
{

	hw_touch(src, n, false, KERN_SITE());
	hw_touch(dst, n, true, KERN_SITE());
	return libkern_memmove(dst, src, n);
}

void *
memset(void *dst, int c, size_t n)
{

	hw_touch(dst, n, true, KERN_SITE());
	return libkern_memset(dst, c, n);
}

int
memcmp(const void *a, const void *b, size_t n)
{

	hw_work(n);
	return libkern_memcmp(a, b, n);
}

size_t
strlen(const char *s)
{
	size_t n = libkern_strlen(s);

	hw_work(n);
	return n;
}

int
strncmp(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i] && a[i] != '\0')
		i++;
	hw_work(i);
	return i < n ? (unsigned char)a[i] - (unsigned char)b[i] : 0;
}

int
strcmp(const char *a, const char *b)
{

	return strncmp(a, b, SIZE_MAX);
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t length = strlen(src);
	size_t n;

	if (size > 0) {
		n = length < size ? length : size - 1;
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return length;
}

uint16_t
kern_swap16(uint16_t value)
{

	return kernel->kn_machine.swaps_bytes ? bswap16(value) : value;
}

uint32_t
kern_swap32(uint32_t value)
{

	return kernel->kn_machine.swaps_bytes ? bswap32(value) : value;
}

uint64_t
kern_swap64(uint64_t value)
{

	return kernel->kn_machine.swaps_bytes ? bswap64(value) : value;
}
