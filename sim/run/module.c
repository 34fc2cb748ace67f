/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver module in this process.
 */
#include <assert.h>
#include <dlfcn.h>
#include <err.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "run/module.h"
#include "run/module_file.h"
#include "run/module_load.h"
#include "run/source.h"

struct module {
	struct module_file file;
	void		*handle;	/* of dlopen */
	uintptr_t	 base;		/* what offset 0 would be */
	struct module_extent all;
	struct module_extent *data;
	size_t		 data_count;
	uint8_t		*pristine;	/* contents of data, one after another */
	struct module_attachment *attachments;
	size_t		 attachment_count;
	struct stack_frame *frames;
	size_t		 frame_count;
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
	struct module_attachment *new;

	if (symbol->sym.st_shndx == SHN_UNDEF ||
	    GELF_ST_TYPE(symbol->sym.st_info) != STT_OBJECT ||
	    len <= 3 || strcmp(symbol->name + len - 3, "_ca") != 0)
		return;
	m->attachments = xrealloc(m->attachments, m->attachment_count + 1,
	    sizeof(*m->attachments));
	new = &m->attachments[m->attachment_count++];
	new->name = xstrndup(symbol->name, len - 3);
	new->cfattach = (void *)(m->base + symbol->sym.st_value);
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
	if (m->attachment_count > 1)
		qsort(m->attachments, m->attachment_count,
		    sizeof(*m->attachments), compare_attachments);
}

static struct module_extent
extent_of(const struct module *m, const struct module_range *range)
{
	return (struct module_extent){
		.start = m->base + range->start,
		.size = range->end - range->start,
	};
}

static void
find_extents(struct module *m, const struct module_file *file)
{
	struct module_range all = module_file_extent(file);
	struct module_ranges data = module_file_data(file);

	m->all = extent_of(m, &all);
	m->data_count = data.count;
	m->data = xrealloc(NULL, data.count + 1, sizeof(*m->data));
	for (size_t i = 0; i < data.count; i++)
		m->data[i] = extent_of(m, &data.ranges[i]);
	free(data.ranges);
}

static void
keep_pristine(struct module *m)
{
	size_t size = 0;

	for (size_t i = 0; i < m->data_count; i++)
		size += m->data[i].size;
	m->pristine = xrealloc(NULL, size + 1, 1);
	size = 0;
	for (size_t i = 0; i < m->data_count; i++) {
		memcpy(m->pristine + size, (const void *)m->data[i].start,
		    m->data[i].size);
		size += m->data[i].size;
	}
}

void
module_reset(struct module *m)
{
	size_t at = 0;

	for (size_t i = 0; i < m->data_count; i++) {
		memcpy((void *)m->data[i].start, m->pristine + at,
		    m->data[i].size);
		at += m->data[i].size;
	}
}

static struct module *
module_new(const struct module_file *file, void *handle)
{
	struct module *m = xrealloc(NULL, 1, sizeof(*m));
	struct link_map *map;

	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0)
		errx(3, "%s: %s", file->path, dlerror());
	*m = (struct module){
		.file = *file,
		.handle = handle,
		.base = map->l_addr,
	};
	find_extents(m, file);
	find_attachments(m, file);
	m->frames = module_file_frames(file, &m->frame_count);
	keep_pristine(m);
	return m;
}

static struct module *
open_file(const struct module_file *file, FILE *why, size_t *missing_count)
{
	void *handle;

	*missing_count = module_file_check(file, why);
	if (*missing_count > 0)
		return NULL;
	handle = module_load(file, why);
	return handle == NULL ? NULL : module_new(file, handle);
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
	for (size_t i = 0; i < m->attachment_count; i++)
		free(m->attachments[i].name);
	free(m->attachments);
	free(m->pristine);
	free(m->frames);
	free(m->data);
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
	return m->attachment_count;
}

const struct module_attachment *
module_attachment(const struct module *m, size_t index)
{
	assert(index < m->attachment_count);
	return &m->attachments[index];
}

const struct module_attachment *
module_attachment_find(const struct module *m, const char *name)
{
	for (size_t i = 0; i < m->attachment_count; i++)
		if (strcmp(m->attachments[i].name, name) == 0)
			return &m->attachments[i];
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
	*high = m->all.start + m->all.size;
}

bool
module_contains(const struct module *m, uintptr_t addr)
{
	return addr - m->all.start < m->all.size;
}

bool
module_data_contains(const struct module *m, uintptr_t addr)
{
	for (size_t i = 0; i < m->data_count; i++)
		if (addr - m->data[i].start < m->data[i].size)
			return true;
	return false;
}

struct stack_frames
module_frames(const struct module *m)
{
	return (struct stack_frames){ .frame = m->frames, .count = m->frame_count };
}

struct source *
module_source(struct module *m)
{
	if (m->source == NULL)
		m->source = source_new(m->file.image, m->file.size);
	return m->source;
}

const struct module_file *
module_file_of(const struct module *m)
{
	return &m->file;
}
