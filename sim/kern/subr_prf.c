/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Printing: printf(9), snprintf(9), aprint_normal(9), panic(9), kern_assert(9), after
 * sys/kern/subr_prf.c and sys/lib/libkern/kern_assert.c.
 *
 * The machine is booted neither quiet nor verbose nor with debugging (AB_*), so
 * aprint_naive and aprint_debug print nothing, and aprint_verbose goes to the log only.
 */
#include "kernel.h"

/* ---- vsnprintf ---- */

struct prf_spec {
	unsigned flags;		/* bits as in prf_flags */
	int	 width;
	int	 precision;	/* -1: none */
	int	 bytes;		/* of the argument: 1, 2, 4 or 8 */
};

static const char prf_flags[] = "-0+ #";
#define PRF_LEFT	1U

void
prf_char(struct prf_out *out, char c)
{

	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

int
prf_end(struct prf_out *out)
{

	if (out->size > 0)
		out->buf[out->length < out->size ? out->length : out->size - 1] = '\0';
	return (int)out->length;
}

static void
prf_repeat(struct prf_out *out, char c, int n)
{

	while (n-- > 0)
		prf_char(out, c);
}

static void
prf_string(struct prf_out *out, const struct prf_spec *spec, const char *s)
{
	int n = 0;

	if (s == NULL)
		s = "(null)";
	while ((spec->precision < 0 || n < spec->precision) && s[n] != '\0')
		n++;
	if ((spec->flags & PRF_LEFT) == 0)
		prf_repeat(out, ' ', spec->width - n);
	for (int i = 0; i < n; i++)
		prf_char(out, s[i]);
	if ((spec->flags & PRF_LEFT) != 0)
		prf_repeat(out, ' ', spec->width - n);
}

/* snprintf(3); that can format a number, but its %s is not where the driver's crash should be. */
int	prf_libc(char *, size_t, const char *, ...) __asm__("snprintf");

static void
prf_number(struct prf_out *out, const struct prf_spec *spec, char conversion,
    uint64_t value)
{
	size_t room = out->length < out->size ? out->size - out->length : 0;
	char format[16] = "%", *p = format + 1;

	for (unsigned i = 0; prf_flags[i] != '\0'; i++)
		if ((spec->flags >> i & 1) != 0)
			*p++ = prf_flags[i];
	*p++ = '*';
	*p++ = '.';
	*p++ = '*';
	*p++ = 'j';
	*p = conversion;
	out->length += (size_t)prf_libc(room > 0 ? out->buf + out->length : NULL, room,
	    format, spec->width, spec->precision, value);
}

static bool
prf_flag(struct prf_spec *spec, char c)
{

	for (unsigned i = 0; prf_flags[i] != '\0'; i++)
		if (prf_flags[i] == c) {
			spec->flags |= 1U << i;
			return true;
		}
	return false;
}

/* A struct, because the address of a va_list parameter has no portable type. */
struct prf_args {
	va_list ap;
};

static const char *
prf_parse_count(const char *fmt, struct prf_args *args, int *count)
{

	*count = 0;
	if (*fmt == '*') {
		*count = va_arg(args->ap, int);
		return fmt + 1;
	}
	while (*fmt >= '0' && *fmt <= '9' && *count < 100000)
		*count = 10 * *count + (*fmt++ - '0');
	return fmt;
}

static const char *
prf_parse_length(const char *fmt, struct prf_spec *spec)
{

	spec->bytes = 4;
	for (;; fmt++) {
		switch (*fmt) {
		case 'h':
			spec->bytes = spec->bytes > 1 ? spec->bytes / 2 : 1;
			break;
		case 'l':
		case 'q':
		case 'j':
		case 'z':
		case 't':
			spec->bytes = 8;
			break;
		default:
			return fmt;
		}
	}
}

/* From after the '%' to the conversion character. */
static const char *
prf_parse(const char *fmt, struct prf_args *args, struct prf_spec *spec)
{

	*spec = (struct prf_spec){ .precision = -1 };
	while (prf_flag(spec, *fmt))
		fmt++;
	fmt = prf_parse_count(fmt, args, &spec->width);
	if (spec->width < 0) {
		spec->flags |= PRF_LEFT;
		spec->width = -spec->width;
	}
	if (*fmt == '.')
		fmt = prf_parse_count(fmt + 1, args, &spec->precision);
	return prf_parse_length(fmt, spec);
}

static uint64_t
prf_integer(const struct prf_spec *spec, struct prf_args *args, bool is_signed)
{
	uint64_t value = spec->bytes == 8 ? va_arg(args->ap, uint64_t) :
	    va_arg(args->ap, unsigned int);
	int shift = 64 - 8 * spec->bytes;

	if (is_signed)
		return (uint64_t)((int64_t)(value << shift) >> shift);
	return value << shift >> shift;
}

static void
prf_convert(struct prf_out *out, const struct prf_spec *spec, char conversion,
    struct prf_args *args)
{

	switch (conversion) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		prf_number(out, spec, conversion,
		    prf_integer(spec, args, conversion == 'd' || conversion == 'i'));
		break;
	case 'c':
		prf_char(out, (char)va_arg(args->ap, int));
		break;
	case 's':
		prf_string(out, spec, va_arg(args->ap, const char *));
		break;
	case 'p':
		/* An address would make equal runs differ. */
		prf_string(out, spec,
		    va_arg(args->ap, void *) != NULL ? "(pointer)" : "0x0");
		break;
	default:
		prf_char(out, conversion);
		break;
	}
}

/* %p prints no address, so that equal runs print equal text. */
int
vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct prf_out out = { .buf = buf, .size = size };
	struct prf_spec spec;
	struct prf_args args;

	va_copy(args.ap, ap);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt != '%') {
			prf_char(&out, *fmt);
			continue;
		}
		fmt = prf_parse(fmt + 1, &args, &spec);
		if (*fmt == '\0')
			break;
		prf_convert(&out, &spec, *fmt, &args);
	}
	va_end(args.ap);
	return prf_end(&out);
}

int
snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return length;
}

/* ---- The console ---- */

#define PRF_TEXT_SIZE	512

/* A formatted message of any length. */
struct prf_text {
	char	*text;
	size_t	 length;
	size_t	 size;			/* of text, when not in small */
	char	 small[PRF_TEXT_SIZE];
};

static size_t
prf_put_name(char *buf, size_t size, device_t dev)
{

	if (dev == NULL)
		return 0;
	return (size_t)snprintf(buf, size, "%s: ", device_xname(dev));
}

/* dev: whose name and ": " go in front, or NULL. */
static void
prf_text_init(struct prf_text *t, device_t dev, const char *fmt, va_list ap)
{
	size_t name = prf_put_name(t->small, sizeof(t->small), dev);

	t->text = t->small;
	t->size = 0;
	t->length = name + (size_t)vsnprintf(t->small + name,
	    sizeof(t->small) - name, fmt, ap);
	if (t->length < sizeof(t->small))
		return;
	t->size = t->length + 1;
	t->text = kmem_take(t->size);
	(void)prf_put_name(t->text, t->size, dev);
	(void)vsnprintf(t->text + name, t->size - name, fmt, ap);
}

static void
prf_text_fini(struct prf_text *t)
{

	if (t->size != 0)
		kmem_give(t->text, t->size);
}

void
kprint(enum hw_console console, const char *fmt, ...)
{
	struct prf_text t;
	va_list ap;

	va_start(ap, fmt);
	prf_text_init(&t, NULL, fmt, ap);
	va_end(ap);
	hw_console(console, t.text, t.length);
	prf_text_fini(&t);
}

uint64_t
kern_text(const char *text)
{

	if (text == NULL)
		text = "(null)";
	return hw_text(text, strlen(text));
}

/*
 * One function of the family.  They are made by macros so that each records the address
 * it returns to.  console: where the text goes, or PRF_NOWHERE.
 */
#define PRF_NOWHERE	HW_CON_KERNEL
#define PRF_BODY(id, dev, console) do { \
	struct prf_text t; \
	va_list ap; \
	va_start(ap, fmt); \
	prf_text_init(&t, (dev), fmt, ap); \
	va_end(ap); \
	KCALL(id, hw_text(t.text, t.length)); \
	if ((console) != PRF_NOWHERE) \
		hw_console((console), t.text, t.length); \
	KRET(id, 0); \
	prf_text_fini(&t); \
} while (/*CONSTCOND*/0)

#define PRF_FUNCTION(name, id, console) \
void \
name(const char *fmt, ...) \
{ \
	PRF_BODY(id, NULL, console); \
}
#define PRF_DEV_FUNCTION(name, id, console) \
void \
name(device_t dev, const char *fmt, ...) \
{ \
	PRF_BODY(id, dev, console); \
}

PRF_FUNCTION(printf, PRINTF, HW_CON_NORMAL)
PRF_FUNCTION(aprint_normal, APRINT_NORMAL, HW_CON_NORMAL)
PRF_FUNCTION(aprint_error, APRINT_ERROR, HW_CON_ERROR)
PRF_FUNCTION(aprint_verbose, APRINT_VERBOSE, HW_CON_QUIET)
PRF_FUNCTION(aprint_naive, APRINT_NAIVE, PRF_NOWHERE)
PRF_FUNCTION(aprint_debug, APRINT_DEBUG, PRF_NOWHERE)
PRF_DEV_FUNCTION(aprint_normal_dev, APRINT_NORMAL_DEV, HW_CON_NORMAL)
PRF_DEV_FUNCTION(aprint_error_dev, APRINT_ERROR_DEV, HW_CON_ERROR)
PRF_DEV_FUNCTION(aprint_verbose_dev, APRINT_VERBOSE_DEV, HW_CON_QUIET)
PRF_DEV_FUNCTION(aprint_debug_dev, APRINT_DEBUG_DEV, PRF_NOWHERE)
PRF_DEV_FUNCTION(device_printf, DEVICE_PRINTF, HW_CON_NORMAL)

void
vprintf(const char *fmt, va_list ap)
{
	struct prf_text t;

	prf_text_init(&t, NULL, fmt, ap);
	KCALL(PRINTF, hw_text(t.text, t.length));
	hw_console(HW_CON_NORMAL, t.text, t.length);
	KRET(PRINTF, 0);
	prf_text_fini(&t);
}
