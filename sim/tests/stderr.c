/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/stderr.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *kept;
static int before = -1;		/* standard error as it was */

void
stderr_keep(void)
{
	ck_assert_int_eq(before, -1);
	kept = tmpfile();
	ck_assert_ptr_nonnull(kept);
	fflush(stderr);
	before = dup(STDERR_FILENO);
	ck_assert_int_ge(before, 0);
	ck_assert_int_ge(dup2(fileno(kept), STDERR_FILENO), 0);
}

char *
stderr_kept(void)
{
	char *text;
	long size;

	fflush(stderr);
	ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
	close(before);
	before = -1;
	ck_assert_int_eq(fseek(kept, 0, SEEK_END), 0);
	size = ftell(kept);
	ck_assert_int_ge(size, 0);
	rewind(kept);
	text = malloc((size_t)size + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(fread(text, 1, (size_t)size, kept), (size_t)size);
	text[size] = '\0';
	fclose(kept);
	return text;
}

void
stderr_kept_has(const char *words)
{
	char *text = stderr_kept();

	ck_assert_msg(strstr(text, words) != NULL, "standard error has no \"%s\":\n%s", words,
	    text);
	free(text);
}
