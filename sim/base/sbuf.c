/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text in the making: see sbuf.h.
 */
#include "base/sbuf.h"

#include "base/alloc.h"

FILE *
sbuf_open(struct sbuf *buf)
{
	buf->text = NULL;
	buf->length = 0;
	buf->stream = open_memstream(&buf->text, &buf->length);
	if (buf->stream == NULL)
		out_of_memory();
	return buf->stream;
}

char *
sbuf_close(struct sbuf *buf)
{
	/* Memory is the only thing that such a stream can lack. */
	if (ferror(buf->stream) || fclose(buf->stream) != 0)
		out_of_memory();
	buf->stream = NULL;
	return buf->text;
}
