/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that cannot be changed unnoticed: see seal.h.
 */
#include "explore/seal.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "machine/trace.h"

#define TAIL_BYTES (sizeof(",\"sum\":\"0123456789abcdef\"}") - 1)

/* Of `length` bytes, behind the lines so far. */
static uint64_t
sum_of(const struct seal *seal, const char *bytes, size_t length)
{
	uint64_t both[2] = { seal->sum, trace_hash(bytes, length) };

	return trace_hash(both, sizeof(both));
}

static void
print_tail(char tail[TAIL_BYTES + 1], uint64_t sum)
{
	snprintf(tail, TAIL_BYTES + 1, ",\"sum\":\"%016" PRIx64 "\"}", sum);
}

void
seal_write(struct seal *seal, const char *line, size_t length, FILE *stream)
{
	char tail[TAIL_BYTES + 1];

	assert(length > 2 && line[length - 1] == '}');
	seal->sum = sum_of(seal, line, length);
	print_tail(tail, seal->sum);
	fwrite(line, 1, length - 1, stream);
	fputs(tail, stream);
	fputc('\n', stream);
}

bool
seal_open(struct seal *seal, char *line, size_t *length)
{
	char tail[TAIL_BYTES + 1], was[TAIL_BYTES];
	size_t bare;
	uint64_t sum;

	if (*length <= TAIL_BYTES)
		return false;
	bare = *length - TAIL_BYTES;
	memcpy(was, line + bare, TAIL_BYTES);
	line[bare] = '}';
	sum = sum_of(seal, line, bare + 1);
	print_tail(tail, sum);
	if (memcmp(was, tail, TAIL_BYTES) != 0) {
		line[bare] = was[0];
		return false;
	}
	seal->sum = sum;
	line[bare + 1] = '\0';
	*length = bare + 1;
	return true;
}
