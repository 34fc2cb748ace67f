/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the file of a driver module says about it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
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

/* What viosim-cc adds to a module: cksum(1) of all before, and how much that is. */
#define SEAL		"\nviosim-cc cksum "
#define SEAL_LENGTH	(sizeof(SEAL) - 1 + 10 + 1 + 10 + 1)

/* The CRC of cksum(1), POSIX.1-2017. */
static uint32_t
crc_add(uint32_t crc, uint8_t byte)
{
	crc ^= (uint32_t)byte << 24;
	for (int i = 0; i < 8; i++)
		crc = crc << 1 ^ ((crc & 0x80000000u) != 0 ? 0x04c11db7u : 0);
	return crc;
}

static uint32_t
cksum(const char *bytes, size_t size)
{
	uint32_t table[256], crc = 0;

	for (unsigned i = 0; i < 256; i++)
		table[i] = crc_add(0, (uint8_t)i);
	for (size_t i = 0; i < size; i++)
		crc = crc << 8 ^ table[(crc >> 24 ^ (uint8_t)bytes[i]) & 0xff];
	for (; size > 0; size >>= 8)
		crc = crc_add(crc, (uint8_t)size);
	return ~crc;
}

/* Is it as it was made?  One that was made otherwise has no seal, which is no fault. */
static bool
is_as_made(const struct module_file *file)
{
	char expected[SEAL_LENGTH + 11];	/* a longer file would be no module */
	const char *seal;
	size_t size;

	if (file->size < SEAL_LENGTH)
		return true;
	size = file->size - SEAL_LENGTH;
	seal = file->image + size;
	if (memcmp(seal, SEAL, sizeof(SEAL) - 1) != 0)
		return true;
	snprintf(expected, sizeof(expected), SEAL "%010" PRIu32 " %010zu\n",
	    cksum(file->image, size), size);
	return memcmp(seal, expected, SEAL_LENGTH) == 0;
}

/* Are all segments and tables within the file?  The loader would die of a cut one. */
static bool
is_complete(const struct module_file *file, const GElf_Ehdr *ehdr)
{
	uint64_t file_size = file->size;
	size_t count = 0;

	if (ehdr->e_shoff > file_size ||
	    (uint64_t)ehdr->e_shnum * ehdr->e_shentsize > file_size - ehdr->e_shoff ||
	    elf_getphdrnum(file->elf, &count) != 0)
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
	GElf_Ehdr ehdr;

	if (!is_as_made(file))
		return refuse(file, why, "the file is damaged: it is not as viosim-cc made it; "
		    "make it again");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return refuse(file, why, elf_errmsg(-1));
	file->elf = elf_memory(file->image, file->size);
	if (file->elf == NULL || elf_kind(file->elf) != ELF_K_ELF ||
	    gelf_getclass(file->elf) != ELFCLASS64 ||
	    gelf_getehdr(file->elf, &ehdr) == NULL || ehdr.e_type != ET_DYN)
		return refuse(file, why,
		    "not a driver module (viosim-cc makes one)");
	if (MACHINE != EM_NONE && ehdr.e_machine != MACHINE)
		return refuse(file, why,
		    "made for another kind of machine than this");
	if (!is_complete(file, &ehdr))
		return refuse(file, why, "the file is damaged: it ends too early; make it again "
		    "with viosim-cc");
	return true;
}

static bool
read_image(struct module_file *file, int fd, FILE *why)
{
	size_t got = 0;
	ssize_t n;

	if (fstat(fd, &file->st) == -1)
		return refuse(file, why, strerror(errno));
	if (!S_ISREG(file->st.st_mode))
		return refuse(file, why, "not a file");
	file->size = (size_t)file->st.st_size;
	file->image = malloc(file->size + 1);
	if (file->image == NULL)
		return refuse(file, why, strerror(errno));
	while (got < file->size && ((n = read(fd, file->image + got, file->size - got)) > 0 ||
	    (n == -1 && errno == EINTR)))
		got += n > 0 ? (size_t)n : 0;
	return got == file->size || refuse(file, why, "cannot be read to its end");
}

bool
module_file_open(struct module_file *file, const char *path, FILE *why)
{
	bool good;
	int fd;

	*file = (struct module_file){ .path = xstrdup(path) };
	/* Not to wait for a writer, should it be a FIFO. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1) {
		refuse(file, why, strerror(errno));
	} else {
		good = read_image(file, fd, why);
		close(fd);
		if (good && is_usable(file, why))
			return true;
	}
	module_file_close(file);
	return false;
}

void
module_file_close(struct module_file *file)
{
	if (file->elf != NULL)
		elf_end(file->elf);
	free(file->image);
	free(file->path);
	*file = (struct module_file){ .path = NULL };
}

/* The next program header of that type from number *i on, which moves behind it. */
static bool
next_segment(const struct module_file *file, uint32_t type, size_t *i, GElf_Phdr *phdr)
{
	size_t count = 0;

	if (elf_getphdrnum(file->elf, &count) != 0)
		return false;
	while (*i < count)
		if (gelf_getphdr(file->elf, (int)(*i)++, phdr) != NULL && phdr->p_type == type)
			return true;
	return false;
}

bool
module_file_segment(const struct module_file *file, size_t index,
    struct module_segment *segment)
{
	GElf_Phdr phdr, relro;
	size_t i = 0;

	do
		if (!next_segment(file, PT_LOAD, &i, &phdr))
			return false;
	while (index-- > 0);
	*segment = (struct module_segment){
		.range = { phdr.p_vaddr, phdr.p_vaddr + phdr.p_memsz },
		.is_readable = (phdr.p_flags & PF_R) != 0,
		.is_writable = (phdr.p_flags & PF_W) != 0,
		.is_code = (phdr.p_flags & PF_X) != 0,
	};
	for (i = 0; next_segment(file, PT_GNU_RELRO, &i, &relro);)
		if (relro.p_vaddr - phdr.p_vaddr < phdr.p_memsz)
			segment->sealed_end = relro.p_vaddr + relro.p_memsz;
	return true;
}

struct module_range
module_file_extent(const struct module_file *file)
{
	struct module_range all = { UINT64_MAX, 0 };
	GElf_Phdr phdr;

	for (size_t i = 0; next_segment(file, PT_LOAD, &i, &phdr);) {
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
	if (start < end)
		*(struct module_range *)vec_add(list) = (struct module_range){ start, end };
}

/* Take [start, end) out of the ranges. */
static void
ranges_remove(struct module_ranges *list, uint64_t start, uint64_t end)
{
	struct module_ranges old = *list;

	*list = (struct module_ranges){ 0 };
	for (size_t i = 0; i < old.count; i++) {
		struct module_range r = old.item[i];

		if (end <= r.start || r.end <= start) {
			ranges_add(list, r.start, r.end);
			continue;
		}
		ranges_add(list, r.start, start);
		ranges_add(list, end, r.end);
	}
	vec_fini(&old);
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
	struct module_ranges list = { 0 };
	GElf_Phdr phdr;

	for (size_t i = 0; next_segment(file, PT_LOAD, &i, &phdr);)
		if ((phdr.p_flags & PF_W) != 0)
			ranges_add(&list, phdr.p_vaddr,
			    phdr.p_vaddr + phdr.p_memsz);
	for (size_t i = 0; next_segment(file, PT_GNU_RELRO, &i, &phdr);)
		ranges_remove(&list, phdr.p_vaddr, phdr.p_vaddr + phdr.p_memsz);
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

const char *
module_elf_section(Elf *elf, const char *name, size_t *size)
{
	size_t names;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf_Data *data;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		const char *found;

		if (gelf_getshdr(scn, &shdr) == NULL || shdr.sh_type != SHT_PROGBITS)
			continue;
		found = elf_strptr(elf, names, shdr.sh_name);
		if (found == NULL || strcmp(found, name) != 0)
			continue;
		data = elf_getdata(scn, NULL);
		*size = data != NULL ? data->d_size : 0;
		return data != NULL ? data->d_buf : NULL;
	}
	return NULL;
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
