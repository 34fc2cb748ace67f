/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kmem(9), after sys/kern/subr_kmem.c 1.87, and the kernel's own memory.
 *
 * A driver's block lies in page frames of its own, so that it has a physical address and
 * costs the guest memory.  Small blocks that are given back are kept for the next block of the
 * same size class, as a pool would; large ones are mapped for themselves and give back their
 * frames at once.
 */
#include "kernel.h"

#define KMEM_ARENA_MIN	((size_t)16 << 10)	/* bytes; each is twice the one before */
#define KMEM_CLASS_MIN	16
#define KMEM_BLANK	0xa5	/* what a new block is filled with */
#define KMEM_POOLED_MAX	((size_t)16 << 10)	/* bytes; larger blocks come from no cache */

static size_t
kmem_class_size(unsigned class)
{

	return (size_t)KMEM_CLASS_MIN << class;
}

static unsigned
kmem_class(size_t size)
{
	unsigned class = 0;

	while (class + 1 < KMEM_CLASSES && kmem_class_size(class) < size)
		class++;
	return class;
}

/* ---- The kernel's own ---- */

struct kmem_idle {
	struct kmem_idle *next;
};

static void *
kmem_carve(size_t size)
{
	struct kern_kmem *kk = &kernel->kn_kmem;
	void *p;

	if (kk->kk_fresh_size < size) {
		kk->kk_arena_size = kk->kk_arena_size == 0 ? KMEM_ARENA_MIN :
		    2 * kk->kk_arena_size;
		kk->kk_fresh_size = MAX(size, kk->kk_arena_size);
		kk->kk_fresh = hw_table(kk->kk_fresh_size);
	}
	p = kk->kk_fresh;
	kk->kk_fresh += size;
	kk->kk_fresh_size -= size;
	return p;
}

void *
kmem_take(size_t size)
{
	unsigned class = kmem_class(size);
	struct kmem_idle **idle = &kernel->kn_kmem.kk_idle[class];
	struct kmem_idle *p = *idle;

	if (p == NULL)
		return kmem_carve(kmem_class_size(class));
	*idle = p->next;
	p->next = NULL;
	return p;
}

void
kmem_give(void *p, size_t size)
{
	unsigned class = kmem_class(size);
	struct kmem_idle **idle = &kernel->kn_kmem.kk_idle[class];
	struct kmem_idle *first = memset(p, 0, kmem_class_size(class));

	first->next = *idle;
	*idle = first;
}

/* ---- The driver's ---- */

/*
 * Where the driver's memory is stands here as a distance, so that pointers to a block in the
 * kernel's memory are those that a driver has handed over (sim/rules/kernel/mem_lost.c).
 */
struct kmem_block {
	uintptr_t		 kb_distance;	/* of its address, from the kernel's state */
	uint32_t		 kb_ordinal;
	unsigned		 kb_class;
	size_t			 kb_size;	/* as asked for */
	uint64_t		*kb_pfns;	/* large ones: their frames */
	struct kmem_block	*kb_next;
};

static void *
kmem_address(const struct kmem_block *b)
{

	return (void *)((uintptr_t)kernel + b->kb_distance);
}

static uintptr_t
kmem_distance(const void *p)
{

	return (uintptr_t)p - (uintptr_t)kernel;
}

static struct kmem_block **
kmem_bucket(const void *p)
{

	return &kernel->kn_kmem.kk_used[(uintptr_t)p / KMEM_CLASS_MIN % KMEM_BUCKETS];
}

/* Frames behind n pages of kernel virtual memory, into pfns; NULL when either is short. */
static void *
kmem_map(size_t n, uint64_t *pfns)
{
	void *va;

	if (uvm_frames_take(n, false, pfns) != 0)
		return NULL;
	va = hw_map(pfns, n);
	if (va == NULL)
		uvm_frames_give(pfns, n);
	return va;
}

bool
kmem_is_idle(const void *p)
{
	const struct kmem_block *b;

	for (unsigned class = 0; class < KMEM_CLASSES; class++)
		for (b = kernel->kn_kmem.kk_free[class]; b != NULL; b = b->kb_next)
			if ((uintptr_t)p - (uintptr_t)kmem_address(b) < kmem_class_size(class))
				return true;
	return false;
}

static void
kmem_put_free(struct kmem_block *b)
{
	struct kmem_block **list = &kernel->kn_kmem.kk_free[b->kb_class];

	b->kb_next = *list;
	*list = b;
}

/* Blocks smaller than a page share one, first address first out. */
static bool
kmem_grow(unsigned class)
{
	size_t size = kmem_class_size(class);
	size_t count = size < PAGE_SIZE ? PAGE_SIZE / size : 1;
	uint64_t pfns[KMEM_POOLED_MAX / PAGE_SIZE];
	uint8_t *va = kmem_map(count * size / PAGE_SIZE, pfns);
	struct kmem_block *b;

	if (va == NULL)
		return false;
	for (size_t i = count; i-- > 0; ) {
		b = kmem_take(sizeof(*b));
		b->kb_distance = kmem_distance(va + i * size);
		b->kb_class = class;
		kmem_put_free(b);
	}
	return true;
}

static struct kmem_block *
kmem_pooled(size_t size)
{
	unsigned class = kmem_class(size);
	struct kmem_block **list = &kernel->kn_kmem.kk_free[class];
	struct kmem_block *b;

	if (*list == NULL && !kmem_grow(class))
		return NULL;
	b = *list;
	*list = b->kb_next;
	return b;
}

static struct kmem_block *
kmem_large(size_t size)
{
	size_t n = atop(round_page(size));
	struct kmem_block *b;
	uint64_t *pfns;
	void *va;

	/* Such a size can be so large that it is none when it is rounded. */
	if (size > ptoa(kernel->kn_uvm.ku_total))
		return NULL;
	pfns = kmem_take(n * sizeof(pfns[0]));
	va = kmem_map(n, pfns);
	if (va == NULL) {
		kmem_give(pfns, n * sizeof(pfns[0]));
		return NULL;
	}
	b = kmem_take(sizeof(*b));
	b->kb_distance = kmem_distance(va);
	b->kb_pfns = pfns;
	return b;
}

static void
kmem_release(struct kmem_block *b)
{
	size_t n = atop(round_page(b->kb_size));

	if (b->kb_pfns == NULL) {
		kmem_put_free(b);
		return;
	}
	hw_unmap(kmem_address(b), n);
	uvm_frames_give(b->kb_pfns, n);
	kmem_give(b->kb_pfns, n * sizeof(b->kb_pfns[0]));
	kmem_give(b, sizeof(*b));
}

static struct kmem_block *
kmem_get(size_t size, km_flag_t flags)
{
	struct kmem_block **bucket;
	struct kmem_block *b;

	while ((b = size > KMEM_POOLED_MAX ? kmem_large(size) : kmem_pooled(size)) == NULL) {
		if ((flags & KM_SLEEP) == 0)
			return NULL;
		uvm_wait("kmem");
	}
	bucket = kmem_bucket(kmem_address(b));
	b->kb_next = *bucket;
	*bucket = b;
	b->kb_size = size;
	b->kb_ordinal = hw_ordinal(HW_OBJ_KMEM);
	KNOTE(KMEM, b->kb_ordinal, size);
	return b;
}

static void *
kmem_alloc_inner(enum hw_call call, size_t size, km_flag_t flags, enum hw_memory how)
{
	struct kmem_block *b;

	KERN_ASSERT(!cpu_intr_p() && !cpu_softintr_p());
	KERN_ASSERT(size > 0);
	KERN_ASSERT(((flags & KM_SLEEP) == 0) != ((flags & KM_NOSLEEP) == 0));
	if (kern_fault(call, -1, (flags & KM_SLEEP) != 0, ENOMEM) != 0)
		return NULL;
	b = kmem_get(size, flags);
	if (b == NULL)
		return NULL;
	hw_memory(how, kmem_address(b), size, b->kb_ordinal);
	return memset(kmem_address(b), how == HW_MEMORY_ZEROED ? 0 : KMEM_BLANK, size);
}

void *
kmem_alloc(size_t size, km_flag_t flags)
{
	void *p;

	KCALL(KMEM_ALLOC, size, flags);
	p = kmem_alloc_inner(HW_CALL_KMEM_ALLOC, size, flags, HW_MEMORY_BLANK);
	KRET(KMEM_ALLOC, p != NULL);
	return p;
}

void *
kmem_zalloc(size_t size, km_flag_t flags)
{
	void *p;

	KCALL(KMEM_ZALLOC, size, flags);
	p = kmem_alloc_inner(HW_CALL_KMEM_ZALLOC, size, flags, HW_MEMORY_ZEROED);
	KRET(KMEM_ZALLOC, p != NULL);
	return p;
}

static struct kmem_block **
kmem_find(const void *p)
{
	struct kmem_block **link = kmem_bucket(p);

	while (*link != NULL && kmem_address(*link) != p)
		link = &(*link)->kb_next;
	return link;
}

static void
kmem_free_inner(struct kmem_block **link, size_t size)
{
	struct kmem_block *b = *link;

	KERN_ASSERT(!cpu_intr_p());
	KERN_ASSERT(!cpu_softintr_p());
	KERN_ASSERT(size > 0);
	if (b == NULL) {
		/* The real one reads a header that is not there. */
		KERN_PANICIF(true, "kmem_free: no such block, size %zu", size);
		return;
	}
	KERN_PANICIF(b->kb_size != size,
	    "kmem_free(%zu) != allocated size %zu", size, b->kb_size);
	*link = b->kb_next;
	hw_memory(HW_MEMORY_GONE, kmem_address(b), b->kb_size, b->kb_ordinal);
	KNOTE(KMEM_GONE, b->kb_ordinal, size);
	kmem_release(b);
}

void
kmem_free(void *p, size_t size)
{
	struct kmem_block **link = kmem_find(p);

	KCALL(KMEM_FREE, *link != NULL ? (*link)->kb_ordinal : 0, size);
	kmem_free_inner(kmem_find(p), size);
	KRET(KMEM_FREE, 0);
}
