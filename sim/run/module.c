/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver module in this process.
 */
#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "machine/trace.h"
#include "run/module.h"
#include "run/module_file.h"
#include "run/source.h"

struct module {
	struct module_file file;
	void		*handle;	/* of dlopen */
	uintptr_t	 base;		/* what offset 0 would be */
	struct module_range all;	/* addresses here, as those of data are */
	struct module_ranges data;
	uint8_t		*pristine;	/* contents of data, one after another */
	struct { VEC_MEMBERS(struct module_attachment); } attachments;
	struct module_frames frames;
	struct source	*source;	/* NULL: not asked for */
};

void
module_error_fini(struct module_error *error)
{
	free(error->text);
	*error = (struct module_error){ .text = NULL };
}

static void
add_attachment(const struct module_symbol *symbol, void *arg)
{
	struct module *m = arg;
	size_t len = strlen(symbol->name);

	if (symbol->sym.st_shndx == SHN_UNDEF ||
	    GELF_ST_TYPE(symbol->sym.st_info) != STT_OBJECT ||
	    len <= 3 || strcmp(symbol->name + len - 3, "_ca") != 0)
		return;
	*(struct module_attachment *)vec_add(&m->attachments) = (struct module_attachment){
		.name = xstrndup(symbol->name, len - 3),
		.cfattach = (void *)(m->base + symbol->sym.st_value),
	};
}

static int
compare_attachments(const void *a, const void *b)
{
	const struct module_attachment *x = a, *y = b;

	if (x->cfattach == y->cfattach)
		return strcmp(x->name, y->name);
	return (uintptr_t)x->cfattach < (uintptr_t)y->cfattach ? -1 : 1;
}

static void
find_attachments(struct module *m, const struct module_file *file)
{
	module_file_each_symbol(file, SHT_DYNSYM, add_attachment, m);
	if (m->attachments.count > 1)
		qsort(m->attachments.item, m->attachments.count,
		    sizeof(m->attachments.item[0]), compare_attachments);
}

static void
move(struct module_range *range, uintptr_t base)
{
	range->start += base;
	range->end += base;
}

static void
find_extents(struct module *m, const struct module_file *file)
{
	m->all = module_file_extent(file);
	m->data = module_file_data(file);
	move(&m->all, m->base);
	for (size_t i = 0; i < m->data.count; i++)
		move(&m->data.item[i], m->base);
}

static void
keep_pristine(struct module *m)
{
	size_t size = 0;

	for (size_t i = 0; i < m->data.count; i++) {
		const struct module_range *range = &m->data.item[i];
		size_t more = range->end - range->start;

		m->pristine = xrealloc(m->pristine, size + more, 1);
		memcpy(m->pristine + size, (const void *)range->start, more);
		size += more;
	}
}

void
module_reset(struct module *m)
{
	const uint8_t *from = m->pristine;

	vec_each(range, &m->data) {
		memcpy((void *)range->start, from, range->end - range->start);
		from += range->end - range->start;
	}
}

static struct module *
module_new(const struct module_file *file, void *handle, uintptr_t base)
{
	struct module *m = xmalloc(sizeof(*m));

	*m = (struct module){ .file = *file, .handle = handle, .base = base };
	find_extents(m, file);
	find_attachments(m, file);
	m->frames = module_file_frames(file);
	keep_pristine(m);
	return m;
}

static struct module *
open_file(const struct module_file *file, FILE *why, size_t *missing_count)
{
	uintptr_t base;
	void *handle;

	*missing_count = module_file_check(file, why);
	if (*missing_count > 0)
		return NULL;
	handle = module_file_load(file, why, &base);
	return handle == NULL ? NULL : module_new(file, handle, base);
}

struct module *
module_open(const char *path, struct module_error *error)
{
	struct module_file file;
	struct module *m = NULL;
	struct sbuf buf;
	FILE *why = sbuf_open(&buf);

	*error = (struct module_error){ .text = NULL };
	if (module_file_open(&file, path, why)) {
		m = open_file(&file, why, &error->missing_count);
		if (m == NULL)
			module_file_close(&file);
	}
	error->text = sbuf_close(&buf);
	if (m != NULL)
		module_error_fini(error);
	return m;
}

void
module_close(struct module *m)
{
	if (m == NULL)
		return;
	source_free(m->source);
	dlclose(m->handle);
	for (size_t i = 0; i < m->attachments.count; i++)
		free(m->attachments.item[i].name);
	vec_fini(&m->attachments);
	free(m->pristine);
	vec_fini(&m->frames);
	vec_fini(&m->data);
	module_file_close(&m->file);
	free(m);
}

bool
module_nodiag_path(const char *path, char *nodiag, size_t size)
{
	size_t len = strlen(path);
	int written;

	if (len < 3 || strcmp(path + len - 3, ".so") != 0)
		return false;
	written = snprintf(nodiag, size, "%.*s.nodiag.so", (int)(len - 3), path);
	return written > 0 && (size_t)written < size;
}

uint64_t
module_hash(const struct module *m)
{
	return trace_hash(m->file.image, m->file.size);
}

const char *
module_rcsid(const struct module *m)
{
	size_t length;
	const char *text = module_elf_section(m->file.elf, ".viosim.source", &length);
	const char *image = m->file.image, *end = text != NULL ? text : image + m->file.size;
	const char *found = memmem(image, (size_t)(end - image), "$NetBSD", strlen("$NetBSD"));

	return found != NULL && memchr(found, '\0', (size_t)(end - found)) != NULL ? found : NULL;
}

const char *
module_era(const struct module *m)
{
	size_t length;
	const char *era = module_elf_section(m->file.elf, ".viosim.era", &length);

	return era != NULL && memchr(era, '\0', length) != NULL ? era : NULL;
}

const char *
module_path(const struct module *m)
{
	return m->file.path;
}

void *
module_symbol(const struct module *m, const char *name)
{
	void *addr = dlsym(m->handle, name);

	/* A coverage build brings libc along, which dlsym() searches too. */
	return module_contains(m, (uintptr_t)addr) ? addr : NULL;
}

size_t
module_attachment_count(const struct module *m)
{
	return m->attachments.count;
}

const struct module_attachment *
module_attachment(const struct module *m, size_t index)
{
	assert(index < m->attachments.count);
	return &m->attachments.item[index];
}

const struct module_attachment *
module_attachment_find(const struct module *m, const char *name)
{
	for (size_t i = 0; i < m->attachments.count; i++)
		if (strcmp(m->attachments.item[i].name, name) == 0)
			return &m->attachments.item[i];
	return NULL;
}

uintptr_t
module_base(const struct module *m)
{
	return m->base;
}

void
module_bounds(const struct module *m, uintptr_t *low, uintptr_t *high)
{
	/* Offsets count from the load address; that is where the first segment lies. */
	*low = m->base;
	*high = m->all.end;
}

bool
module_contains(const struct module *m, uintptr_t addr)
{
	return addr >= m->all.start && addr < m->all.end;
}

void
module_data_bounds(const struct module *m, uintptr_t *low, uintptr_t *high)
{
	*low = *high = 0;
	vec_each(range, &m->data) {
		if (*high == 0 || range->start < *low)
			*low = range->start;
		if (range->end > *high)
			*high = range->end;
	}
}

bool
module_data_contains(const struct module *m, uintptr_t addr)
{
	for (size_t i = 0; i < m->data.count; i++)
		if (addr >= m->data.item[i].start && addr < m->data.item[i].end)
			return true;
	return false;
}

struct stack_frames
module_frames(const struct module *m)
{
	return (struct stack_frames){ .frame = m->frames.item, .count = m->frames.count };
}

struct source *
module_source(struct module *m)
{
	if (m->source == NULL)
		m->source = source_new(m->file.image, m->file.size);
	return m->source;
}

/* ---- where the driver calls the kernel and accesses memory ---- */

struct listing {
	struct source *source;
	module_call_fn *fn;
	void *arg;
};

static void
note_reference(const char *name, const GElf_Rela *rela, void *arg)
{
	struct listing *listing = arg;
	struct source_pos pos;

	/* The reference is inside its instruction, not behind it. */
	if (source_lookup(listing->source, rela->r_offset + 1, &pos))
		listing->fn(name, &pos, listing->arg);
}

void
module_each_call(struct module *module, module_call_fn *fn, void *arg)
{
	struct listing listing = { .source = module_source(module), .fn = fn, .arg = arg };

	module_file_each_reference(&module->file, note_reference, &listing);
}

/* ---- accesses ---- */

struct search {
	struct source *source;
	unsigned line, below, above;
	bool found;
};

static bool
is_access(const char *name)
{
	static const char *const prefixes[] = {
		"__tsan_read", "__tsan_write", "__tsan_unaligned_", "__tsan_mem",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void
look_at(const char *name, const GElf_Rela *rela, void *arg)
{
	struct search *search = arg;
	unsigned line;

	/* The reference is inside its instruction, not behind it. */
	if (!is_access(name) ||
	    (line = source_line(search->source, rela->r_offset + 1)) == 0)
		return;
	if (line == search->line)
		search->found = true;
	else if (line < search->line && line > search->below)
		search->below = line;
	else if (line > search->line && (search->above == 0 || line < search->above))
		search->above = line;
}

bool
module_line_has_access(struct module *module, unsigned line, unsigned *below, unsigned *above)
{
	struct search search = { .source = module_source(module), .line = line };

	module_file_each_reference(&module->file, look_at, &search);
	*below = search.below;
	*above = search.above;
	return search.found;
}
