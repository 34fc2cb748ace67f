/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/junit.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "report/formats.h"
#include "tests/suite.h"

static char *text;
static size_t size;
static xmlDocPtr doc;
static struct results *results;

static void
add(const char *id, enum verdict verdict, const char *message, const char *printed)
{
	struct result_case *c = results_case(results, id, verdict);

	c->message = message;
	c->text = printed;
}

static void
setup(void)
{
	struct result_case *c;

	results = results_new("run");
	results->driver = "build/viomb.so";
	results->wall_ns = UINT64_C(1234999999);
	c = results_case(results, "inflate/odd-target#1.0,bounce", VERDICT_PASS);
	c->wall_ns = 1500000;
	c->virtual_ns = UINT64_C(1200345000000);
	add("deflate/steps#legacy,bounce", VERDICT_FAIL, "a < b & \"c\"\001",
	    "line one\nline \033[1;31mtwo\033[0m\033\xff ]]> \n");
	results_problem(results, &(struct problem){ .rule = "page.double-free", .text = "x",
	    .place = { .file = "viomb.c", .line = 7 } }, true);
	c = results_case(results, "inflate/big", VERDICT_PASS);
	*vec_add(&c->known) = "viomb-03: pages get lost";
	add("deflate/none", VERDICT_SKIPPED, "no such machine", NULL);
	add("loose", VERDICT_BROKEN, NULL, "viosim itself died of signal 11");
}

static void
print(void)
{
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert(junit_print(stream, results));
	ck_assert_int_eq(fclose(stream), 0);
	doc = xmlReadMemory(text, (int)size, NULL, NULL, XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
}

static void
teardown(void)
{
	xmlFreeDoc(doc);
	free(text);
	results_free(results);
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

static void
check_property(xmlNodePtr suite, const char *name, const char *expected)
{
	xmlNodePtr node = child(suite, "properties", 0)->children;
	xmlChar *is = NULL;

	for (; node != NULL; node = node->next) {
		is = xmlGetProp(node, (const xmlChar *)"name");
		if (is != NULL && strcmp((const char *)is, name) == 0)
			break;
		xmlFree(is);
	}
	ck_assert_msg(node != NULL, "no property %s", name);
	check_attribute(node, "value", expected);
	xmlFree(is);
}

TEST(suites_have_properties)
{
	xmlNodePtr suite;

	print();
	suite = child(xmlDocGetRootElement(doc), "testsuite", 0);
	check_property(suite, "driver", "build/viomb.so");
	check_property(suite, "virtual seconds", "1200.345");
	check_property(suite, "machine", "1.0,bounce");
}

TEST(suites_are_areas_in_order)
{
	xmlNodePtr root, suite;

	print();
	root = xmlDocGetRootElement(doc);
	check_attribute(root, "tests", "5");
	check_attribute(root, "failures", "1");
	check_attribute(root, "errors", "1");
	/* Schemas have it on suites only. */
	ck_assert_ptr_null(xmlHasProp(root, (const xmlChar *)"skipped"));
	check_attribute(child(root, "testsuite", 1), "skipped", "1");
	check_attribute(root, "time", "1.234");
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

	print();
	suite = child(xmlDocGetRootElement(doc), "testsuite", 0);
	node = child(suite, "testcase", 0);
	check_attribute(node, "classname", "inflate");
	check_attribute(node, "name", "inflate/odd-target#1.0,bounce");
	check_attribute(node, "time", "0.001");
	/* In no schema. */
	ck_assert_ptr_null(xmlHasProp(node, (const xmlChar *)"file"));
	ck_assert_ptr_null(child(node, "failure", 0));
	ck_assert_ptr_null(child(node, "system-out", 0));
}

TEST(known_defects_pass_and_are_listed)
{
	xmlNodePtr node;

	print();
	node = child(child(xmlDocGetRootElement(doc), "testsuite", 0), "testcase", 1);
	ck_assert_ptr_null(child(node, "failure", 0));
	ck_assert_ptr_null(child(node, "skipped", 0));
	check_content(child(node, "system-out", 0),
	    "known defects that showed:\nviomb-03: pages get lost\n");
	check_property(child(xmlDocGetRootElement(doc), "testsuite", 0), "known defect",
	    "viomb-03: pages get lost");
}

TEST(outcomes_have_their_elements)
{
	xmlNodePtr root, deflate, failure;

	print();
	root = xmlDocGetRootElement(doc);
	deflate = child(root, "testsuite", 1);
	failure = child(child(deflate, "testcase", 0), "failure", 0);
	check_attribute(failure, "message", "a < b & \"c\"?");
	check_attribute(failure, "type", "page.double-free");
	check_content(failure, "line one\nline two?? ]]> \n");
	check_attribute(child(child(deflate, "testcase", 1), "skipped", 0), "message",
	    "no such machine");
	check_content(child(child(child(root, "testsuite", 2), "testcase", 0), "error", 0),
	    "viosim itself died of signal 11");
}

TEST(no_case_is_a_document_too)
{
	results_free(results);
	results = results_new("run");
	print();
	check_attribute(xmlDocGetRootElement(doc), "tests", "0");
}

TEST(full_disk_is_seen)
{
	FILE *stream = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(stream);
	setvbuf(stream, NULL, _IONBF, 0);
	ck_assert(!junit_print(stream, results));
	fclose(stream);
}

SUITE(report_junit, .setup = setup, .teardown = teardown)
