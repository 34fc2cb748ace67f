/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the file of a driver module says about it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/module_file.h"

#if defined(__x86_64__)
#define MACHINE	EM_X86_64
#elif defined(__aarch64__)
#define MACHINE	EM_AARCH64
#else
#define MACHINE	EM_NONE
#endif

static bool
refuse(struct module_file *file, FILE *why, const char *reason)
{
	fprintf(why, "%s: %s\n", file->path, reason);
	return false;
}

/* Are all segments within the file?  The loader would die of a cut one. */
static bool
is_complete(const struct module_file *file, uint64_t file_size)
{
	size_t count = 0;

	if (elf_getphdrnum(file->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(file->elf, (int)i, &phdr) == NULL ||
		    phdr.p_offset > file_size ||
		    phdr.p_filesz > file_size - phdr.p_offset)
			return false;
	}
	return count > 0;
}

static bool
is_usable(struct module_file *file, FILE *why)
{
	struct stat st;
	GElf_Ehdr ehdr;

	if (fstat(file->fd, &st) == -1)
		return refuse(file, why, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(file, why, "not a file");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return refuse(file, why, elf_errmsg(-1));
	file->elf = elf_begin(file->fd, ELF_C_READ, NULL);
	if (file->elf == NULL || elf_kind(file->elf) != ELF_K_ELF ||
	    gelf_getehdr(file->elf, &ehdr) == NULL || ehdr.e_type != ET_DYN)
		return refuse(file, why,
		    "not a driver module (viosim-cc makes one)");
	if (MACHINE != EM_NONE && ehdr.e_machine != MACHINE)
		return refuse(file, why,
		    "made for another kind of machine than this");
	if (!is_complete(file, (uint64_t)st.st_size))
		return refuse(file, why, "the file is damaged");
	return true;
}

bool
module_file_open(struct module_file *file, const char *path, FILE *why)
{
	file->path = path;
	file->elf = NULL;
	/* Not to wait for a writer, should it be a FIFO. */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd == -1)
		return refuse(file, why, strerror(errno));
	if (is_usable(file, why))
		return true;
	module_file_close(file);
	return false;
}

void
module_file_close(struct module_file *file)
{
	if (file->elf != NULL)
		elf_end(file->elf);
	close(file->fd);
	file->elf = NULL;
	file->fd = -1;
}

/* The index-th program header if it is of that type. */
static bool
segment_at(const struct module_file *file, size_t index, uint32_t type,
    GElf_Phdr *phdr)
{
	return gelf_getphdr(file->elf, (int)index, phdr) != NULL &&
	    phdr->p_type == type;
}

static size_t
segment_count(const struct module_file *file)
{
	size_t count = 0;

	return elf_getphdrnum(file->elf, &count) == 0 ? count : 0;
}

struct module_range
module_file_extent(const struct module_file *file)
{
	struct module_range all = { UINT64_MAX, 0 };
	GElf_Phdr phdr;

	for (size_t i = 0; i < segment_count(file); i++) {
		if (!segment_at(file, i, PT_LOAD, &phdr))
			continue;
		if (phdr.p_vaddr < all.start)
			all.start = phdr.p_vaddr;
		if (phdr.p_vaddr + phdr.p_memsz > all.end)
			all.end = phdr.p_vaddr + phdr.p_memsz;
	}
	return all;
}

static void
ranges_add(struct module_ranges *list, uint64_t start, uint64_t end)
{
	void *ranges;

	if (start >= end)
		return;
	ranges = reallocarray(list->ranges, list->count + 1,
	    sizeof(*list->ranges));
	if (ranges == NULL)
		err(3, "loading a driver");
	list->ranges = ranges;
	list->ranges[list->count++] = (struct module_range){ start, end };
}

/* Take [start, end) out of the ranges. */
static void
ranges_remove(struct module_ranges *list, uint64_t start, uint64_t end)
{
	struct module_ranges old = *list;

	*list = (struct module_ranges){ .ranges = NULL };
	for (size_t i = 0; i < old.count; i++) {
		struct module_range r = old.ranges[i];

		if (end <= r.start || r.end <= start) {
			ranges_add(list, r.start, r.end);
			continue;
		}
		ranges_add(list, r.start, start);
		ranges_add(list, end, r.end);
	}
	free(old.ranges);
}

static bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* gcc and clang each have a name for the arrays they count in. */
static void
remove_counter(const struct module_symbol *symbol, void *arg)
{
	const GElf_Sym *sym = &symbol->sym;

	if (sym->st_shndx == SHN_UNDEF ||
	    GELF_ST_TYPE(sym->st_info) != STT_OBJECT)
		return;
	if (has_prefix(symbol->name, "__gcov") ||
	    has_prefix(symbol->name, "__llvm_gcov"))
		ranges_remove(arg, sym->st_value,
		    sym->st_value + sym->st_size);
}

struct module_ranges
module_file_data(const struct module_file *file)
{
	struct module_ranges list = { .ranges = NULL };
	GElf_Phdr phdr;

	for (size_t i = 0; i < segment_count(file); i++)
		if (segment_at(file, i, PT_LOAD, &phdr) &&
		    (phdr.p_flags & PF_W) != 0)
			ranges_add(&list, phdr.p_vaddr,
			    phdr.p_vaddr + phdr.p_memsz);
	for (size_t i = 0; i < segment_count(file); i++)
		if (segment_at(file, i, PT_GNU_RELRO, &phdr))
			ranges_remove(&list, phdr.p_vaddr,
			    phdr.p_vaddr + phdr.p_memsz);
	module_file_each_symbol(file, SHT_SYMTAB, remove_counter, &list);
	return list;
}

/* The table of version numbers that goes with a table of symbols, or NULL. */
static Elf_Data *
find_versions(const struct module_file *file, Elf_Scn *symbols)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(file->elf, scn)) != NULL)
		if (gelf_getshdr(scn, &shdr) != NULL &&
		    shdr.sh_type == SHT_GNU_versym &&
		    shdr.sh_link == elf_ndxscn(symbols))
			return elf_getdata(scn, NULL);
	return NULL;
}

static void
each_symbol_of(const struct module_file *file, Elf_Scn *scn, size_t strings,
    module_symbol_fn *fn, void *arg)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	Elf_Data *versions = find_versions(file, scn);
	struct module_symbol symbol;

	for (int i = 1; data != NULL; i++) {
		GElf_Versym version = VER_NDX_GLOBAL;

		if (gelf_getsym(data, i, &symbol.sym) == NULL)
			return;
		symbol.name = elf_strptr(file->elf, strings,
		    symbol.sym.st_name);
		if (symbol.name == NULL)
			continue;
		if (versions != NULL)
			gelf_getversym(versions, i, &version);
		symbol.is_versioned = (version & 0x7fff) > VER_NDX_GLOBAL;
		fn(&symbol, arg);
	}
}

void
module_file_each_symbol(const struct module_file *file, uint32_t table,
    module_symbol_fn *fn, void *arg)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(file->elf, scn)) != NULL)
		if (gelf_getshdr(scn, &shdr) != NULL &&
		    shdr.sh_type == table)
			each_symbol_of(file, scn, shdr.sh_link, fn, arg);
}

/* All references of one table, whose symbols are in section `symtab`. */
static void
each_of_table(const struct module_file *file, Elf_Scn *scn, Elf_Scn *symtab,
    module_reference_fn *fn, void *arg)
{
	Elf_Data *relas = elf_getdata(scn, NULL);
	Elf_Data *symbols = elf_getdata(symtab, NULL);
	GElf_Shdr shdr;
	GElf_Rela rela;
	GElf_Sym sym;

	if (relas == NULL || symbols == NULL ||
	    gelf_getshdr(symtab, &shdr) == NULL)
		return;
	for (int i = 0; gelf_getrela(relas, i, &rela) != NULL; i++) {
		const char *name;

		if (gelf_getsym(symbols, (int)GELF_R_SYM(rela.r_info),
		    &sym) == NULL || sym.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(file->elf, shdr.sh_link, sym.st_name);
		if (name != NULL)
			fn(name, &rela, arg);
	}
}

void
module_file_each_reference(const struct module_file *file,
    module_reference_fn *fn, void *arg)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr, target;

	while ((scn = elf_nextscn(file->elf, scn)) != NULL) {
		Elf_Scn *symtab, *code;

		if (gelf_getshdr(scn, &shdr) == NULL ||
		    shdr.sh_type != SHT_RELA ||
		    (shdr.sh_flags & SHF_ALLOC) != 0)
			continue;
		symtab = elf_getscn(file->elf, shdr.sh_link);
		code = elf_getscn(file->elf, shdr.sh_info);
		if (symtab != NULL && code != NULL &&
		    gelf_getshdr(code, &target) != NULL &&
		    (target.sh_flags & SHF_EXECINSTR) != 0)
			each_of_table(file, scn, symtab, fn, arg);
	}
}
