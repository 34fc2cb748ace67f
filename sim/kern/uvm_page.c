/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: segments and free pages, after sys/uvm/uvm_page.c and uvm_physseg.c.
 *
 * The real free lists are per CPU, colour and bucket; here a bit a page says whether it is
 * in use, which gives uvm_pglistalloc() the same answers, because that searches by
 * address.  Bits, summary bits and struct vm_page of memory that was never used are never
 * touched, so a guest of any size starts at no cost.
 */
#include "kernel.h"

#define UVM_WORD	64		/* pages a word of a bitmap */

static uint64_t
uvm_words(uint64_t bits)
{

	return howmany(bits, UVM_WORD);
}

/* ---- Boot ---- */

/* First frame after free lists 5 FIRST16 .. 1 FIRST1T (amd64 vmparam.h). */
static const uint64_t uvm_freelist_end[UVM_FREELISTS] = {
	[5] = atop(UINT64_C(16) << 20),
	[4] = atop(UINT64_C(1) << 30),
	[3] = atop(UINT64_C(4) << 30),
	[2] = atop(UINT64_C(64) << 30),
	[1] = atop(UINT64_C(1) << 40),
	[0] = UINT64_MAX,
};

static unsigned
uvm_freelist_of(uint64_t pfn)
{
	unsigned list = UVM_FREELISTS - 1;

	while (pfn >= uvm_freelist_end[list])
		list--;
	return list;
}

/* VM_PSTRAT_BIGFIRST: before the first smaller one. */
static void
uvm_physload(uint64_t start, uint64_t pages, unsigned freelist)
{
	struct kern_uvm *ku = &kernel->kn_uvm;
	unsigned place = 0, i;

	if (ku->ku_seg_count == UVM_SEGS_MAX)
		kern_panic("uvm_page_physload: too many segments");
	while (place < ku->ku_seg_count && ku->ku_segs[place].us_pages >= pages)
		place++;
	for (i = ku->ku_seg_count; i > place; i--)
		ku->ku_segs[i] = ku->ku_segs[i - 1];
	ku->ku_segs[place] = (struct uvm_seg){
		.us_start = start,
		.us_pages = pages,
		.us_freelist = freelist,
	};
	ku->ku_seg_count++;
	ku->ku_total += pages;
}

static void
uvm_physload_split(struct hw_segment segment)
{

	while (segment.npages > 0) {
		unsigned list = uvm_freelist_of(segment.pfn);
		uint64_t n = uvm_freelist_end[list] - segment.pfn;

		if (n > segment.npages)
			n = segment.npages;
		uvm_physload(segment.pfn, n, list);
		segment.pfn += n;
		segment.npages -= n;
	}
}

/* Bytes of the tables of a segment; with a base, also where they lie. */
static size_t
uvm_seg_tables(struct uvm_seg *seg, uint8_t *base)
{
	uint64_t words = uvm_words(seg->us_pages);
	size_t used = seg->us_pages * sizeof(struct vm_page);
	size_t others = used + words * sizeof(uint64_t);
	size_t full = others + words * sizeof(uint64_t);

	if (base != NULL) {
		seg->us_page = (void *)base;
		seg->us_used = (void *)(base + used);
		seg->us_others = (void *)(base + others);
		seg->us_full = (void *)(base + full);
	}
	return full + uvm_words(words) * sizeof(uint64_t);
}

/* What a bitmap has beyond its last bit counts as used. */
static void
uvm_pad(uint64_t *map, uint64_t bits)
{

	if (bits % UVM_WORD != 0)
		map[bits / UVM_WORD] = ~UINT64_C(0) << bits % UVM_WORD;
}

static void
uvm_boot_tables(void)
{
	struct kern_uvm *ku = &kernel->kn_uvm;
	size_t size = 0;
	uint8_t *base;

	for (unsigned i = 0; i < ku->ku_seg_count; i++)
		size += uvm_seg_tables(&ku->ku_segs[i], NULL);
	base = hw_table(size);
	for (unsigned i = 0; i < ku->ku_seg_count; i++) {
		struct uvm_seg *seg = &ku->ku_segs[i];

		base += uvm_seg_tables(seg, base);
		hw_page_structs(seg->us_page, seg->us_start, seg->us_pages);
		uvm_pad(seg->us_used, seg->us_pages);
		uvm_pad(seg->us_full, uvm_words(seg->us_pages));
	}
}

/* The BIOS owns page 0 (x86 init_x86_clusters()). */
static void
uvm_reserve_page_zero(void)
{
	struct uvm_seg *seg = uvm_seg_of_frame(0);
	uint64_t pfn, next;

	if (seg == NULL)
		return;
	(void)uvm_seg_take(seg, 0, 1, 1, &pfn, &next);
	hw_pages(HW_PAGE_KERNEL, &pfn, 1);
}

void
uvm_boot(void)
{
	struct kern_uvm *ku = &kernel->kn_uvm;
	struct hw_segment segments[UVM_SEGS_MAX / UVM_FREELISTS];
	unsigned n = hw_mem_segments(segments, __arraycount(segments));

	for (unsigned i = 0; i < n; i++)
		uvm_physload_split(segments[i]);
	uvm_boot_tables();
	ku->ku_free = ku->ku_total;
	ku->ku_reserve = kernel->kn_machine.reserve;
	uvm_reserve_page_zero();
}

/* ---- Segments ---- */

/* Free list by free list, in each from the last segment to the first. */
struct uvm_seg *
uvm_seg_in_order(unsigned place)
{
	struct kern_uvm *ku = &kernel->kn_uvm;

	for (unsigned list = 0; list < UVM_FREELISTS; list++) {
		for (unsigned i = ku->ku_seg_count; i-- > 0; ) {
			if (ku->ku_segs[i].us_freelist == list && place-- == 0)
				return &ku->ku_segs[i];
		}
	}
	return NULL;
}

struct uvm_seg *
uvm_seg_of(const struct vm_page *p, uint64_t *index)
{
	struct kern_uvm *ku = &kernel->kn_uvm;

	for (unsigned i = 0; i < ku->ku_seg_count; i++) {
		struct uvm_seg *seg = &ku->ku_segs[i];
		uintptr_t offset = (uintptr_t)p - (uintptr_t)seg->us_page;

		if (offset < seg->us_pages * sizeof(*p)) {
			*index = offset / sizeof(*p);
			return offset % sizeof(*p) == 0 ? seg : NULL;
		}
	}
	return NULL;
}

struct uvm_seg *
uvm_seg_of_frame(uint64_t pfn)
{
	struct kern_uvm *ku = &kernel->kn_uvm;

	for (unsigned i = 0; i < ku->ku_seg_count; i++) {
		if (pfn - ku->ku_segs[i].us_start < ku->ku_segs[i].us_pages)
			return &ku->ku_segs[i];
	}
	return NULL;
}

static void
uvm_bit_set(uint64_t *map, uint64_t bit)
{

	map[bit / UVM_WORD] |= UINT64_C(1) << bit % UVM_WORD;
}

/* First zero bit at or after `from` and below bits; bits if there is none. */
static uint64_t
uvm_bit_next_zero(const uint64_t *map, uint64_t from, uint64_t bits)
{
	uint64_t word = from / UVM_WORD, zeros;

	if (from >= bits)
		return bits;
	zeros = ~map[word] & ~UINT64_C(0) << from % UVM_WORD;
	while (zeros == 0) {
		if (++word >= uvm_words(bits))
			return bits;
		zeros = ~map[word];
	}
	return word * UVM_WORD + (unsigned)__builtin_ctzll(zeros);
}

/* The first free page at or after `from`, or a number not below limit. */
static uint64_t
uvm_seg_next_free(const struct uvm_seg *seg, uint64_t from, uint64_t limit)
{
	uint64_t words = uvm_words(seg->us_pages), word = from / UVM_WORD;
	uint64_t zeros;

	if (from >= limit)
		return limit;
	zeros = ~seg->us_used[word] & ~UINT64_C(0) << from % UVM_WORD;
	if (zeros == 0) {
		word = uvm_bit_next_zero(seg->us_full, word + 1, words);
		if (word * UVM_WORD >= limit)
			return limit;
		zeros = ~seg->us_used[word];
	}
	return word * UVM_WORD + (unsigned)__builtin_ctzll(zeros);
}

static void
uvm_seg_use_bits(struct uvm_seg *seg, uint64_t word, uint64_t bits, size_t n)
{

	seg->us_used[word] |= bits;
	if (~seg->us_used[word] == 0)
		uvm_bit_set(seg->us_full, word);
	kernel->kn_uvm.ku_free -= n;
}

/* Take at most n of the free pages that `zeros` names in a word. */
static size_t
uvm_seg_take_word(struct uvm_seg *seg, uint64_t word, uint64_t zeros, size_t n,
    uint64_t *pfns)
{
	uint64_t base = seg->us_start + word * UVM_WORD, taken = 0;
	size_t got = 0;

	while (zeros != 0 && got < n) {
		uint64_t low = zeros & -zeros;

		pfns[got++] = base + (unsigned)__builtin_ctzll(zeros);
		taken |= low;
		zeros ^= low;
	}
	uvm_seg_use_bits(seg, word, taken, got);
	return got;
}

size_t
uvm_seg_take(struct uvm_seg *seg, uint64_t from, uint64_t limit, size_t n,
    uint64_t *pfns, uint64_t *next)
{
	size_t got = 0;

	*next = limit;
	while ((from = uvm_seg_next_free(seg, from, limit)) < limit) {
		uint64_t word = from / UVM_WORD, last = (word + 1) * UVM_WORD;
		uint64_t zeros = ~seg->us_used[word] &
		    ~UINT64_C(0) << from % UVM_WORD;

		if (limit < last)
			zeros &= ~(~UINT64_C(0) << limit % UVM_WORD);
		got += uvm_seg_take_word(seg, word, zeros, n - got, pfns + got);
		if (got == n) {
			*next = pfns[got - 1] - seg->us_start + 1;
			break;
		}
		from = last;
	}
	return got;
}

/* The last used page of [first, first + n); false if all are free. */
static bool
uvm_seg_last_used(const struct uvm_seg *seg, uint64_t first, uint64_t n,
    uint64_t *index)
{

	for (*index = first + n; (*index)-- > first; ) {
		if (uvm_seg_is_used(seg, *index))
			return true;
	}
	return false;
}

/* Search [try, limit) in frame numbers, as uvm_pglistalloc_c_ps(). */
static bool
uvm_seg_find_run(const struct uvm_seg *seg, uint64_t try, uint64_t limit, uint64_t n,
    uint64_t align, uint64_t boundary, uint64_t *index)
{
	uint64_t used;

	try = roundup2(try, align);
	while (try + n <= limit) {
		if (boundary != 0 && ((try ^ (try + n - 1)) & -boundary) != 0) {
			try = roundup2((try + n - 1) & -boundary, align);
			continue;
		}
		if (!uvm_seg_last_used(seg, try - seg->us_start, n, &used)) {
			*index = try - seg->us_start;
			return true;
		}
		try = roundup2(seg->us_start + used + 1, align);
	}
	return false;
}

bool
uvm_seg_take_run(struct uvm_seg *seg, uint64_t low, uint64_t high, uint64_t n,
    uint64_t align, uint64_t boundary, uint64_t *index)
{
	uint64_t first = MAX(low, seg->us_start);
	uint64_t limit = MIN(high, seg->us_start + seg->us_pages);
	uint64_t hint = seg->us_start + seg->us_hint;

	if (!uvm_seg_find_run(seg, MAX(low, hint), limit, n, align, boundary, index) &&
	    !uvm_seg_find_run(seg, first, MIN(limit, hint), n, align, boundary, index))
		return false;
	for (uint64_t i = *index; i < *index + n; i++)
		uvm_seg_use_bits(seg, i / UVM_WORD, UINT64_C(1) << i % UVM_WORD, 1);
	seg->us_hint = *index + n;
	return true;
}

paddr_t
uvm_vm_page_to_phys(const struct vm_page *pg)
{

	return pg->phys_addr & ~(paddr_t)PAGE_MASK;
}
