/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of findings: see finding.h.
 */
#include "rules/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "rules/rules.h"

void
findings_init(struct findings *findings)
{
	memset(findings, 0, sizeof(*findings));
}

void
findings_fini(struct findings *findings)
{
	vec_fini(findings);
}

/* Without a site only the words tell places apart. */
static bool
is_same_place(const struct finding *finding, const struct rule *rule, uint32_t site,
    const char *text)
{
	if (finding->rule != rule || finding->site != site)
		return false;
	return site != 0 || strcmp(finding->text, text) == 0;
}

static struct finding *
find(struct findings *findings, const struct rule *rule, uint32_t site, const char *text)
{
	for (size_t i = 0; i < findings->count; i++)
		if (is_same_place(&findings->item[i], rule, site, text))
			return &findings->item[i];
	return NULL;
}

/*
 * A sentence in one line, whatever a driver put into it: what would move a terminal's cursor or
 * end the line is escaped as in C; blanks at the end go.  One that is too long ends in dots.
 */
static void
print_sentence(char *text, size_t size, const char *format, va_list args)
{
	char raw[sizeof(((struct finding *)0)->text)];
	int all = vsnprintf(raw, sizeof(raw), format, args);
	size_t length = strlen(raw), at = 0;
	bool cut = all < 0 || (size_t)all >= sizeof(raw);

	while (length > 0 && strchr(" \t\r\n", raw[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)raw[i];
		bool plain = byte >= ' ' && byte < 0x7f;

		if (at + (plain ? 1 : 4) >= size) {
			cut = true;
			break;
		}
		at += (size_t)snprintf(text + at, size - at, plain ? "%c" : byte == '\n' ?
		    "\\n" : byte == '\t' ? "\\t" : "\\x%02x", byte);
	}
	text[at] = '\0';
	if (cut && at >= 3)
		memcpy(text + at - 3, "...", 3);
}

void
finding_addv(struct findings *findings, const struct rule *rule, const struct event *event,
    uint32_t site, const char *format, va_list args)
{
	struct finding fresh = {
		.rule = rule, .distance = rule->distance,
		.time_ns = event->time_ns, .seq = event->seq, .site = site,
		.ctx = event->ctx, .ctx_kind = event->ctx_kind, .count = 1,
	};
	struct finding *finding;

	print_sentence(fresh.text, sizeof(fresh.text), format, args);
	finding = find(findings, rule, site, fresh.text);
	findings->is_fresh = finding == NULL;
	if (finding != NULL)
		finding->count++;
	else
		*vec_add(findings) = fresh;
}

void
finding_add(struct findings *findings, const struct rule *rule, const struct event *event,
    uint32_t site, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	finding_addv(findings, rule, event, site, format, args);
	va_end(args);
}

void
finding_because(struct findings *findings, uint32_t seq, uint32_t site, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	if (!findings->is_fresh)
		return;
	finding = &findings->item[findings->count - 1];
	if (finding->becauses == BECAUSE_MAX)
		internal_error("a finding of %s has more than %d causes", finding->rule->id,
		    BECAUSE_MAX);
	finding->because[finding->becauses].seq = seq;
	finding->because[finding->becauses].site = site;
	va_start(args, format);
	print_sentence(finding->because[finding->becauses++].what,
	    sizeof(finding->because[0].what), format, args);
	va_end(args);
}

void
finding_set_distance(struct findings *findings, enum rule_distance distance)
{
	if (findings->is_fresh)
		findings->item[findings->count - 1].distance = distance;
}
