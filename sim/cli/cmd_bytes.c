/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim bytes: the scenario that a fuzzer's bytes mean.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "cli/cli.h"
#include "explore/generate.h"
#include "explore/found.h"
#include "explore/shrink.h"

#define SECONDS_DEFAULT 20
#define SECONDS_MAX 86400
#define SIZE_MAX_BYTES (1u << 20)

struct converting {
	struct cli_driver driver;
	const char *path;
	const char *folder;		/* for the small ones; NULL: do not keep them */
	unsigned seconds;
	bool no_shrink, save;
	uint8_t *data;
	size_t size;
	struct cli_subject subject;
	struct trial trial;
	struct bytes bytes;
};

/* ---- what it was about ---- */

static bool
read_bytes(struct converting *converting)
{
	FILE *stream;
	int wrong = 0;

	converting->data = xmalloc(SIZE_MAX_BYTES + 1);
	errno = 0;
	stream = fopen(converting->path, "rb");
	if (stream != NULL)
		converting->size = fread(converting->data, 1, SIZE_MAX_BYTES + 1, stream);
	/* Of the call that failed, before another one is made. */
	if (stream == NULL || ferror(stream))
		wrong = errno != 0 ? errno : EIO;
	if (stream != NULL)
		fclose(stream);
	if (wrong != 0)
		fprintf(stderr, "viosim bytes: cannot read %s: %s\n", converting->path,
		    strerror(wrong));
	else if (converting->size > SIZE_MAX_BYTES)
		fprintf(stderr, "viosim bytes: %s has more than %u bytes: no fuzzer wrote "
		    "that\n", converting->path, SIZE_MAX_BYTES);
	return wrong == 0 && converting->size <= SIZE_MAX_BYTES;
}

/* The fuzzer's: the bytes say which of them, by number. */
static bool
open_subject(struct converting *converting, char *const *names, size_t count)
{
	char *ordinary[16];
	size_t i = 0;

	for (; count == 0 && bytes_scenarios[i] != NULL; i++)
		ordinary[i] = (char *)(uintptr_t)bytes_scenarios[i];
	return cli_subject_open(&converting->subject, &converting->driver,
	    count == 0 ? ordinary : names, count == 0 ? i : count);
}

/* ---- what is printed ---- */

static void
say_finding(const struct trial_finding *finding)
{
	printf("# %s: %s\n", finding->rule->id, finding->text);
	if (finding->line != 0)
		printf("#   at %s:%u (%s)\n", finding->file, finding->line, finding->function);
	if (finding->defect != NULL)
		printf("#   may be the known defect %s\n", finding->defect->id);
}

/* The scenario, with what came of it: a file that loads. */
static void
say_variant(const struct converting *converting, struct edit *edit,
    const struct trial_result *result)
{
	const struct bytes_base *base = bytes_base_of(&converting->bytes, converting->data,
	    converting->size);
	char summary[200];

	snprintf(summary, sizeof(summary), "What the bytes of a fuzzer make of %s.",
	    base->of->id);
	edit_print(edit, "found/bytes", summary, "SPDX-License-Identifier: BSD-2-Clause\n",
	    stdout);
	if (result->findings == 0)
		puts("# no rule is broken");
	for (unsigned i = 0; i < result->findings; i++)
		say_finding(&result->finding[i]);
}

/* ---- shrinking ---- */

static bool
tell(void *arg, const struct shrink_result *result, const struct found *found)
{
	struct converting *converting = arg;
	char path[FOUND_PATH_MAX] = FOUND_FOLDER "/reduced.yaml";

	if (converting->folder != NULL && !found_save(found, converting->folder, path))
		return false;
	printf("\n");
	found_print(found, path, false, stdout);
	cli_small_effort("# ", result);
	if (converting->folder != NULL)
		printf("# written to %s\n", path);
	fflush(stdout);
	return true;
}

/* Each new finding; the worst exit code. */
static int
shrink_all(struct converting *converting, const struct edit *edit,
    const struct trial_result *result)
{
	int code = CLI_OK;

	for (unsigned i = 0; i < result->findings; i++) {
		const struct trial_finding *finding = &result->finding[i];
		int now = CLI_FOUND;

		if (!bytes_is_new(&converting->bytes, finding))
			continue;
		if (!converting->no_shrink)
			now = cli_make_small(&converting->trial, edit, finding->key,
			    converting->seconds, converting->driver.path, tell, converting);
		code = now > code ? now : code;
	}
	return code;
}

static int
convert(struct converting *converting)
{
	struct edit *edit = bytes_edit(&converting->bytes, converting->data, converting->size);
	struct trial_result result;
	int code;

	trial_run(&converting->trial, edit_case(edit), NULL, &result);
	say_variant(converting, edit, &result);
	code = shrink_all(converting, edit, &result);
	edit_free(edit);
	return code;
}

static int
convert_with(struct converting *converting)
{
	int code = CLI_USAGE;

	trial_init(&converting->trial, converting->subject.module, converting->subject.known);
	bytes_init(&converting->bytes, &converting->trial);
	for (size_t i = 0; i < converting->subject.cases.count; i++)
		bytes_add(&converting->bytes, converting->subject.cases.item[i].c);
	if (converting->bytes.left_out > 0)
		fprintf(stderr, "viosim: %zu case%s never chosen: a byte picks one of %d "
		    "scenarios\n", converting->bytes.left_out,
		    plural(converting->bytes.left_out), BYTES_BASES_MAX);
	if (converting->bytes.count > 0)
		code = convert(converting);
	else
		fputs("viosim: no scenario can be run with that driver; `viosim-cc DRIVER.c -o "
		    "DRIVER.so` makes all that it needs\n", stderr);
	bytes_fini(&converting->bytes);
	trial_fini(&converting->trial);
	return code;
}

/* ---- the command ---- */

static const struct cli_option bytes_options[] = {
	CLI_OPTION_DRIVER(struct converting),
	CLI_OPTION_MANIFEST(struct converting),
	{ 0, "seconds", "N", "shrink each for so long at most (default 20)",
	    CLI_NUMBER(struct converting, seconds, 1, SECONDS_MAX) },
	{ 0, "no-shrink", NULL, "print the scenario as the bytes make it, no more",
	    CLI_FLAG(struct converting, no_shrink), .not_with = "save output" },
	{ 0, "save", NULL, "write the small ones into " FOUND_FOLDER,
	    CLI_FLAG(struct converting, save), .not_with = "output" },
	{ 'o', "output", "FOLDER", "write them into FOLDER", CLI_TEXT(struct converting, folder) },
	CLI_OPTIONS_END
};

static int
bytes_main(void *values, char **names, size_t count)
{
	struct converting *converting = values;
	int code = CLI_USAGE;

	if (count == 0)
		return cli_usage_error(&cli_bytes, "say which file has the bytes");
	if (converting->save)
		converting->folder = FOUND_FOLDER;
	converting->path = names[0];
	if (read_bytes(converting) && open_subject(converting, names + 1, count - 1))
		code = convert_with(converting);
	free(converting->data);
	cli_subject_fini(&converting->subject);
	return code;
}

const struct cli_command cli_bytes = {
	.name = "bytes",
	.summary = "the scenario that a fuzzer's bytes mean",
	.operands = "FILE [SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Prints the scenario that the bytes in FILE make, an input of `make fuzz` or of any "
	    "origin, and what comes of it.  A new finding (an error that is no known defect and "
	    "that the scenarios do not show as they stand) is shrunk to a small scenario.  "
	    "Scenarios and driver must be those that the fuzzer had.",
	.options = bytes_options,
	CLI_FLAGS(struct converting, .driver.path = CLI_DRIVER_DEFAULT, .seconds = SECONDS_DEFAULT),
	.after =
	    "examples:\n"
	    "  viosim bytes --save build/fuzz/driver/crashes/crash-0123\n"
	    "  viosim bytes --no-shrink build/fuzz/driver/corpus/plain > bytes.yaml\n",
	.main = bytes_main,
};
