/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/found: files of findings, never one in place of another.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/balloon/balloon.h"
#include "explore/found.h"
#include "rules/rules.h"
#include "tests/explore/rig.h"
#include "tests/stderr.h"
#include "tests/suite.h"

static struct suite_folder folder;
static char place[60];			/* .../scenarios/found */
static struct scenario_doc *doc;
static struct trial_finding finding;
static struct found found;

static void
set_up(void)
{
	size_t count;

	folder = suite_folder_new();
	snprintf(place, sizeof(place), "%s/scenarios", folder.path);
	ck_assert_int_eq(mkdir(place, 0777), 0);
	strcat(place, "/found");
	doc = rig_doc("t.yaml", "format: 1\nscenario: t\nsummary: s\nsteps:\n"
	    "  - target: 3 pages\n");
	finding = (struct trial_finding){
		.rule = rules_catalogue(&count)[0], .line = 12, .key = 99,
		.function = "drv_send", .file = "drv.c",
		.text = "a sentence so long that it does not fit on one line of a comment, "
		    "which is why it must be broken between two of its words",
	};
	found = (struct found){
		.edit = rig_edit(doc, 0), .finding = &finding, .driver = "drv.so",
		.why = "it came between two lines",
	};
}

static void
tear_down(void)
{
	edit_free(found.edit);
	scenario_doc_free(doc);
	suite_remove(&folder);
}

static bool
save(char path[FOUND_PATH_MAX])
{
	return found_save(&found, place, path);
}

/* It has its name, and loads as what it was. */
static void
check_file(const char *path, const char *name, uint64_t pages)
{
	HEAP(text) = suite_read(path);
	DOC(saved) = rig_doc(path, text);

	ck_assert_msg(strstr(path, name) != NULL &&
	    strcmp(strstr(path, name), name) == 0, "%s", path);
	ck_assert_uint_eq(balloon_target_of(&saved->scenario[0]->steps.step[0])->pages, pages);
}

TEST(the_file_says_what_it_is)
{
	char path[FOUND_PATH_MAX], name[100], line[FOUND_PATH_MAX + 100];
	HEAP(text) = NULL;

	ck_assert(save(path));
	snprintf(name, sizeof(name), "found/%s-drv_send.yaml", finding.rule->id);
	check_file(path, name, 3);
	text = suite_read(path);
	snprintf(line, sizeof(line), "# finding: %s in drv_send (drv.c:12)\n",
	    finding.rule->id);
	HAS(text, line, "# a sentence so long", "\n# why: it came between two lines\n");
	snprintf(line, sizeof(line), "# replay: viosim run --driver drv.so %s\n", path);
	HAS(text, line);
	for (const char *s = text; *s == '#'; s += strcspn(s, "\n") + 1)
		ck_assert(strncmp(s, "# replay", 8) == 0 || strcspn(s, "\n") <= 100);
	ck_assert_uint_eq(suite_files(place), 1);
}

/* For reports: of its own name and meaning, not those of the scenario that it came from. */
TEST(without_its_head)
{
	char summary[400];
	HEAP(text) = PRINTED(to, found_print(&found, FOUND_FOLDER "/reduced.yaml", true, to));

	snprintf(summary, sizeof(summary), "Violates %s: %s.", finding.rule->id,
	    finding.rule->title);
	ck_assert_int_eq(strncmp(text, "format: 1\nscenario: found/reduced\n", 34), 0);
	HAS(text, summary);
	ck_assert_ptr_null(strchr(text, '#'));
}

/* The host's first step. */
static void
ask_for(uint64_t pages)
{
	struct balloon_target *target = found.edit->scenario.steps.step[0].own.object;

	target->pages = pages;
}

TEST(another_finding_gets_a_number)
{
	char first[FOUND_PATH_MAX], path[FOUND_PATH_MAX];

	ck_assert(save(first));
	finding.line = 13;
	ask_for(4);
	ck_assert(save(path));
	check_file(path, "-drv_send-2.yaml", 4);
	finding.line = 14;
	ask_for(5);
	ck_assert(save(path));
	check_file(path, "-drv_send-3.yaml", 5);
	check_file(first, "-drv_send.yaml", 3);
	/* Found again, it takes its own place. */
	finding.line = 13;
	ask_for(6);
	ck_assert(save(path));
	check_file(path, "-drv_send-2.yaml", 6);
	ck_assert_uint_eq(suite_files(place), 3);
}

TEST(another_reason_gets_a_number)
{
	char path[FOUND_PATH_MAX];

	ck_assert(save(path));
	found.why = "it came between two other lines";
	ck_assert(save(path));
	check_file(path, "-drv_send-2.yaml", 3);
	found.why = NULL;
	ck_assert(save(path));
	check_file(path, "-drv_send-3.yaml", 3);
	ck_assert(save(path));
	check_file(path, "-drv_send-3.yaml", 3);
	found.why = "it came between two lines";
	ck_assert(save(path));
	check_file(path, "-drv_send.yaml", 3);
	ck_assert_uint_eq(suite_files(place), 3);
}

TEST(a_pipe_is_written_to)
{
	char path[FOUND_PATH_MAX], text[100] = "";
	struct stat st;
	FILE *reader;

	snprintf(path, sizeof(path), "%s/pipe", folder.path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	reader = fopen(path, "r+");
	ck_assert_ptr_nonnull(reader);
	ck_assert(found_write(&found, path));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), reader));
	ck_assert_str_eq(text, "# SPDX-License-Identifier: BSD-2-Clause\n");
	fclose(reader);
}

TEST(without_a_place_the_sentence_tells_them_apart)
{
	char path[FOUND_PATH_MAX];

	finding.line = 0;
	finding.function[0] = '\0';
	strcpy(finding.text, "17 pages are gone");
	ck_assert(save(path));
	strcpy(finding.text, "3 pages are gone");
	ck_assert(save(path));
	ck_assert_uint_eq(suite_files(place), 1);
	strcpy(finding.text, "3 pages are left");
	ck_assert(save(path));
	check_file(path, "-2.yaml", 3);
	ck_assert_uint_eq(suite_files(place), 2);
}

TEST(a_file_of_somebody_else_stays)
{
	char theirs[100], path[FOUND_PATH_MAX];
	HEAP(text) = NULL;

	ck_assert_int_eq(mkdir(place, 0777), 0);
	snprintf(theirs, sizeof(theirs), "%s/%s-drv_send.yaml", place, finding.rule->id);
	suite_write(theirs, "mine\n");
	ck_assert(save(path));
	check_file(path, "-drv_send-2.yaml", 3);
	text = suite_read(theirs);
	ck_assert_str_eq(text, "mine\n");
}

TEST(text_is_saved_under_its_new_name)
{
	static const char old[] = "# old\nformat: 1\nscenario: a/b\nsummary: s\nseed: 4\n"
	    "machines:\n  - {transport: legacy, dma: coherent}\nsteps:\n  - target: 7\n";
	char path[FOUND_PATH_MAX];
	HEAP(text) = NULL;

	ck_assert(found_save_text(old, &finding, NULL, "drv.so", place, path));
	check_file(path, "-drv_send.yaml", 7);
	text = suite_read(path);
	HAS(text, "\nseed: 4\n", "{transport: legacy, dma: coherent}");
	LACKS(text, "# old");
	stderr_keep();
	ck_assert(!found_save_text("format: 1\nscenario: a\nsteps: 3\n", &finding, NULL,
	    "drv.so", place, path));
	stderr_kept_has("does not load");
}

TEST(what_cannot_be_written_is_said)
{
	char path[FOUND_PATH_MAX];

	stderr_keep();
	ck_assert(!found_save(&found, "/dev/null/found", path));
	stderr_kept_has("cannot make the folder /dev/null/found");
	stderr_keep();
	ck_assert(!found_write(&found, "/dev/null/x.yaml"));
	stderr_kept_has("cannot write /dev/null/x.yaml");
}

SUITE(explore_found, .setup = set_up, .teardown = tear_down)
