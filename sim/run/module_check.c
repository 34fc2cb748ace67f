/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does this program have every function that a driver module wants?
 */
#include <dlfcn.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "run/module_file.h"
#include "run/source.h"

/* A symbol that this program does not have, and the first line in need. */
struct missing {
	const char	*name;
	bool		 is_called;	/* by a call instruction */
	struct source_pos pos;		/* line 0: not known */
};

struct missing_list {
	struct missing	*items;
	size_t		 count;
	struct source	*source;
};

static const struct {
	const char	*prefix;
	const char	*page;
} manpages[] = {
#define MANPAGE(prefix, page) { prefix, page },
#include "run/manpage.def"
#undef MANPAGE
};

void
module_manpage(const char *name, char *page, size_t size)
{
	for (size_t i = 0; i < sizeof(manpages) / sizeof(manpages[0]); i++) {
		const char *prefix = manpages[i].prefix;

		if (strncmp(name, prefix, strlen(prefix)) == 0) {
			snprintf(page, size, "%s", manpages[i].page);
			return;
		}
	}
	snprintf(page, size, "%s(9)", name);
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
	void *items;

	if (symbol->sym.st_shndx != SHN_UNDEF || symbol->is_versioned ||
	    GELF_ST_BIND(symbol->sym.st_info) != STB_GLOBAL ||
	    symbol->name[0] == '\0' || is_compiler_support(symbol->name) ||
	    is_exported_here(symbol->name))
		return;
	items = reallocarray(list->items, list->count + 1,
	    sizeof(*list->items));
	if (items == NULL)
		err(3, "checking a driver");
	list->items = items;
	list->items[list->count++] = (struct missing){ .name = symbol->name };
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

	for (size_t i = 0; i < list->count; i++) {
		struct missing *m = &list->items[i];

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

static void
print_missing(const struct module_file *file, const struct missing *m,
    FILE *out)
{
	char page[128];

	module_manpage(m->name, page, sizeof(page));
	if (m->pos.line == 0)
		fprintf(out, "%s: ", file->path);
	else
		fprintf(out, "%s:%u: ", m->pos.file, m->pos.line);
	fprintf(out, "the shim has no %s %s (manual page %s); "
	    "see sim/kern/README.md\n",
	    m->is_called ? "function" : "function or variable", m->name, page);
}

size_t
module_file_check(const struct module_file *file, FILE *out)
{
	struct missing_list list = { .items = NULL };

	module_file_each_symbol(file, SHT_DYNSYM, note_if_missing, &list);
	if (list.count == 0)
		return 0;
	list.source = source_new(file->path);
	module_file_each_reference(file, note_reference, &list);
	qsort(list.items, list.count, sizeof(*list.items), compare_missing);
	for (size_t i = 0; i < list.count; i++)
		print_missing(file, &list.items[i], out);
	source_free(list.source);
	free(list.items);
	return list.count;
}
