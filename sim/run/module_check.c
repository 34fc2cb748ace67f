/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does this program have every function that a driver module wants?
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "machine/trace.h"
#include "run/module_file.h"
#include "run/source.h"
#include "scenario/text.h"

/* A symbol that this program does not have, and the first line in need. */
struct missing {
	const char	*name;
	bool		 is_called;	/* by a call instruction */
	struct source_pos pos;		/* line 0: not known */
};

struct missing_list {
	VEC_MEMBERS(struct missing);
	struct source	*source;
};

static const struct {
	const char	*page;
	const char	*names;		/* words; `x*` is all that begin with x */
} manpages[] = {
#define MANPAGE(page, names) { page, names },
#include "run/manpage.def"
#undef MANPAGE
};

#define MANPAGES (sizeof(manpages) / sizeof(manpages[0]))

/* The word after `word` (NULL: the first), and its length; NULL: that was the last. */
static const char *
next_name(const char *names, const char *word, size_t *length)
{
	word = word == NULL ? names : word + *length;
	word += strspn(word, " ");
	*length = strcspn(word, " ");
	return *length == 0 ? NULL : word;
}

static bool
is_in(const char *names, const char *name, bool as_prefix)
{
	size_t length = 0;

	for (const char *word = NULL; (word = next_name(names, word, &length)) != NULL;) {
		bool is_prefix = word[length - 1] == '*';

		if (is_prefix == as_prefix && (is_prefix ?
		    strncmp(word, name, length - 1) == 0 : text_is(word, length, name)))
			return true;
	}
	return false;
}

const char *
module_manpage(const char *name, bool *is_certain)
{
	size_t length = strlen(name);

	*is_certain = true;
	for (size_t i = 0; i < MANPAGES; i++)
		if ((strncmp(manpages[i].page, name, length) == 0 &&
		    manpages[i].page[length] == '(') || is_in(manpages[i].names, name, false))
			return manpages[i].page;
	*is_certain = false;
	for (size_t i = 0; i < MANPAGES; i++)
		if (is_in(manpages[i].names, name, true))
			return manpages[i].page;
	return NULL;
}

/*
 * Compilers call these for what is not a call in the text; libc's serve as
 * well as any.
 */
static bool
is_compiler_support(const char *name)
{
	return strcmp(name, "memcpy") == 0 || strcmp(name, "memmove") == 0 ||
	    strcmp(name, "memset") == 0 || strcmp(name, "memcmp") == 0;
}

/* Where this program lies, as the linker tells it. */
extern const char __executable_start[], _end[];

/* In this program itself: a name that only libc has is not the kernel's. */
static bool
is_exported_here(const char *name)
{
	uintptr_t addr = (uintptr_t)dlsym(RTLD_DEFAULT, name);

	return addr >= (uintptr_t)__executable_start && addr < (uintptr_t)_end;
}

static void
note_if_missing(const struct module_symbol *symbol, void *arg)
{
	struct missing_list *list = arg;

	if (symbol->sym.st_shndx != SHN_UNDEF || symbol->is_versioned ||
	    GELF_ST_BIND(symbol->sym.st_info) != STB_GLOBAL ||
	    symbol->name[0] == '\0' || is_compiler_support(symbol->name) ||
	    is_exported_here(symbol->name))
		return;
	*(struct missing *)vec_add(list) = (struct missing){ .name = symbol->name };
}

static bool
is_call(uint32_t type)
{
#if defined(__x86_64__)
	/* The latter where the call goes through a table (-fno-plt). */
	return type == R_X86_64_PLT32 || type == R_X86_64_GOTPCRELX;
#elif defined(__aarch64__)
	return type == R_AARCH64_CALL26 || type == R_AARCH64_JUMP26;
#else
	return false;
#endif
}

static void
note_reference(const char *name, const GElf_Rela *rela, void *arg)
{
	struct missing_list *list = arg;
	struct source_pos pos;

	vec_each(m, list) {
		if (strcmp(m->name, name) != 0)
			continue;
		if (is_call((uint32_t)GELF_R_TYPE(rela->r_info)))
			m->is_called = true;
		/* The reference is inside its instruction, not behind it. */
		if (source_lookup(list->source, rela->r_offset + 1, &pos) &&
		    (m->pos.line == 0 || pos.line < m->pos.line))
			m->pos = pos;
	}
}

/* By line, those without one last; then by name. */
static int
compare_missing(const void *a, const void *b)
{
	const struct missing *x = a, *y = b;

	if (x->pos.line - 1 != y->pos.line - 1)
		return x->pos.line - 1 < y->pos.line - 1 ? -1 : 1;
	return strcmp(x->name, y->name);
}

/*
 * The kernel's function that is most like it.  This program exports much that is not the
 * kernel's, so the candidates are the recorded calls and what has a manual page.
 */
static void
offer_functions(struct text_nearest *near, char *buffer, size_t size)
{
	size_t length = 0;

	/* Names are long and like each other: closer than words of a scenario. */
	near->distance = strlen(near->word) / 4 + 1;
	for (unsigned call = HW_CALL_NONE + 1; call < HW_CALLS; call++)
		text_nearest_offer(near, trace_call_name((enum hw_call)call));
	for (size_t i = 0; i < MANPAGES; i++)
		for (const char *word = NULL;
		    (word = next_name(manpages[i].names, word, &length)) != NULL;) {
			char name[64];

			snprintf(name, sizeof(name), "%.*s", (int)length, word);
			if (!is_exported_here(name))
				continue;
			text_nearest_offer(near, name);
			if (near->best == name) {
				snprintf(buffer, size, "%s", name);
				near->best = buffer;
			}
		}
}

static void
print_missing(const struct module_file *file, const struct missing *m,
    FILE *out)
{
	const char *kind = m->is_called ? "function" : "function or variable";
	struct text_nearest near = text_nearest(m->name);
	bool is_certain;
	const char *page = module_manpage(m->name, &is_certain);
	char buffer[64];

	if (!is_certain)
		offer_functions(&near, buffer, sizeof(buffer));
	if (m->pos.line == 0)
		fprintf(out, "%s: ", file->path);
	else
		fprintf(out, "%s:%u: ", m->pos.file, m->pos.line);
	fprintf(out, "the fake kernel has no %s %s", kind, m->name);
	if (near.best != NULL)
		fprintf(out, "%s\n", text_nearest_hint(&near, ""));
	else if (page != NULL)
		fprintf(out, " (manual page %s); see sim/kern/README.md\n", page);
	else
		fprintf(out, "; see sim/kern/README.md\n");
}

size_t
module_file_check(const struct module_file *file, FILE *out)
{
	struct missing_list list = { 0 };
	size_t count;

	module_file_each_symbol(file, SHT_DYNSYM, note_if_missing, &list);
	if (list.count == 0)
		return 0;
	list.source = source_new(file->image, file->size);
	module_file_each_reference(file, note_reference, &list);
	qsort(list.item, list.count, sizeof(list.item[0]), compare_missing);
	for (size_t i = 0; i < list.count; i++)
		print_missing(file, &list.item[i], out);
	source_free(list.source);
	count = list.count;
	vec_fini(&list);
	return count;
}
