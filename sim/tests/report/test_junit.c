/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/junit.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "report/junit.h"
#include "tests/suite.h"

static const struct junit_case cases[] = {
	{ .id = "inflate/odd-target#1.0,bounce", .file = "scenarios/inflate/odd-target.yaml",
	    .line = 3, .verdict = VERDICT_PASS, .virtual_ns = 1500000000 },
	{ .id = "deflate/steps#legacy,bounce", .verdict = VERDICT_FAIL,
	    .message = "a < b & \"c\"\001",
	    .text = "line one\nline \033[1;31mtwo\033[0m\033\xff ]]> \n" },
	{ .id = "inflate/big", .verdict = VERDICT_PASS, .known = "viomb-03 pages get lost\n" },
	{ .id = "deflate/none", .verdict = VERDICT_SKIPPED, .message = "no such machine" },
	{ .id = "loose", .verdict = VERDICT_BROKEN, .text = "viosim itself died of signal 11" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static char *text;
static size_t size;
static xmlDocPtr doc;

static void
print(const struct junit_case *c, size_t count)
{
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert(junit_print(stream, c, count));
	ck_assert_int_eq(fclose(stream), 0);
	doc = xmlReadMemory(text, (int)size, NULL, NULL, XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
}

static void
teardown(void)
{
	xmlFreeDoc(doc);
	free(text);
	doc = NULL;
	text = NULL;
}

/* The n-th child element of that name, from 0. */
static xmlNodePtr
child(xmlNodePtr node, const char *name, unsigned n)
{
	for (node = node->children; node != NULL; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)node->name, name) == 0 && n-- == 0)
			return node;
	return NULL;
}

static void
check_attribute(xmlNodePtr node, const char *name, const char *expected)
{
	xmlChar *value;

	ck_assert_ptr_nonnull(node);
	value = xmlGetProp(node, (const xmlChar *)name);
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq((const char *)value, expected);
	xmlFree(value);
}

static void
check_content(xmlNodePtr node, const char *expected)
{
	xmlChar *value = xmlNodeGetContent(node);

	ck_assert_str_eq((const char *)value, expected);
	xmlFree(value);
}

TEST(suites_are_areas_in_order)
{
	xmlNodePtr root, suite;

	print(cases, CASES);
	root = xmlDocGetRootElement(doc);
	check_attribute(root, "tests", "5");
	check_attribute(root, "failures", "1");
	check_attribute(root, "errors", "1");
	/* Schemas have it on suites only. */
	ck_assert_ptr_null(xmlHasProp(root, (const xmlChar *)"skipped"));
	check_attribute(child(root, "testsuite", 1), "skipped", "1");
	check_attribute(root, "time", "1.500000000");
	suite = child(root, "testsuite", 0);
	check_attribute(suite, "name", "inflate");
	check_attribute(suite, "tests", "2");
	check_attribute(child(root, "testsuite", 1), "name", "deflate");
	check_attribute(child(root, "testsuite", 2), "name", "scenarios");
	ck_assert_ptr_null(child(root, "testsuite", 3));
}

TEST(case_tells_where_it_is)
{
	xmlNodePtr suite, node;

	print(cases, CASES);
	suite = child(xmlDocGetRootElement(doc), "testsuite", 0);
	node = child(suite, "testcase", 0);
	check_attribute(node, "classname", "inflate");
	check_attribute(node, "name", "inflate/odd-target#1.0,bounce");
	check_attribute(node, "file", "scenarios/inflate/odd-target.yaml");
	check_attribute(node, "line", "3");
	check_attribute(node, "time", "1.500000000");
	ck_assert_ptr_null(child(node, "failure", 0));
	ck_assert_ptr_null(child(node, "system-out", 0));
}

TEST(known_defects_pass_and_are_listed)
{
	xmlNodePtr node;

	print(cases, CASES);
	node = child(child(xmlDocGetRootElement(doc), "testsuite", 0), "testcase", 1);
	ck_assert_ptr_null(child(node, "failure", 0));
	ck_assert_ptr_null(child(node, "skipped", 0));
	check_content(child(node, "system-out", 0),
	    "known defects that showed:\nviomb-03 pages get lost\n");
}

TEST(outcomes_have_their_elements)
{
	xmlNodePtr root, deflate, failure;

	print(cases, CASES);
	root = xmlDocGetRootElement(doc);
	deflate = child(root, "testsuite", 1);
	failure = child(child(deflate, "testcase", 0), "failure", 0);
	check_attribute(failure, "message", "a < b & \"c\"?");
	check_content(failure, "line one\nline two?? ]]> \n");
	check_attribute(child(child(deflate, "testcase", 1), "skipped", 0), "message",
	    "no such machine");
	check_content(child(child(child(root, "testsuite", 2), "testcase", 0), "error", 0),
	    "viosim itself died of signal 11");
}

TEST(no_case_is_a_document_too)
{
	print(NULL, 0);
	check_attribute(xmlDocGetRootElement(doc), "tests", "0");
}

TEST(full_disk_is_seen)
{
	FILE *stream = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(stream);
	setvbuf(stream, NULL, _IONBF, 0);
	ck_assert(!junit_print(stream, cases, CASES));
	fclose(stream);
}

SUITE(report_junit, .teardown = teardown)
