/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/access: what instrumented code reports.
 */
#include <string.h>

#include "bare.h"
#include "tests/suite.h"

/* What a compiler calls in code built with -fsanitize=thread. */
void	__tsan_read4(void *);
void	__tsan_read8(void *);
void	__tsan_write1(void *);
void	__tsan_write4(void *);
void	__tsan_volatile_read4(void *);
void	*__tsan_memcpy(void *, const void *, size_t);
void	*__tsan_memset(void *, int, size_t);
uint32_t __tsan_atomic32_load(const volatile uint32_t *, int);
void	__tsan_atomic32_store(volatile uint32_t *, uint32_t, int);
uint32_t __tsan_atomic32_fetch_add(volatile uint32_t *, uint32_t, int);
int	__tsan_atomic32_compare_exchange_strong(volatile uint32_t *, uint32_t *, uint32_t, int,
	    int);
uint32_t __tsan_atomic32_compare_exchange_val(volatile uint32_t *, uint32_t, uint32_t, int,
	    int);

/* An observer that remembers what it was shown, and returns what it was set to. */
static struct {
	struct access_event last;
	unsigned shown, changed, forgot;
	enum access_verdict answer;
} seen;

static enum access_verdict
look(void *self, const struct access_event *event)
{
	(void)self;
	seen.last = *event;
	seen.shown++;
	return seen.answer;
}

static void
forget(void *self)
{
	(void)self;
	seen.forgot++;
}

static void
memory_changes(void *self, unsigned what, uintptr_t low, uintptr_t high, uint64_t number)
{
	(void)self;
	(void)what;
	(void)low;
	(void)high;
	(void)number;
	seen.changed++;
}

static struct bare *
watching(void)
{
	struct bare *bare = bare_new(NULL);

	memset(&seen, 0, sizeof(seen));
	access_observe(&bare->world.access, &(const struct access_observer){
		.look = look, .forget = forget, .memory = memory_changes,
	});
	return bare;
}

#define WATCHING_TEST(name) TEST_WITH(name, struct bare *bare, watching(), bare_free)

/* A context runs, as far as accesses can tell; and memory with tags. */
static uint32_t *
run_as(struct bare *bare, uint32_t number)
{
	static struct context as[4];

	as[number].ordinal = number;
	bare->world.running = &as[number];
	access_switch(&bare->world.access, number);
	return (uint32_t *)bare->world.memory.arena;
}

WATCHING_TEST(accesses_are_counted)
{
	uint32_t word = 5, copy = 0;

	__tsan_read4(&word);
	__tsan_write4(&word);
	ck_assert_uint_eq(access_count(&bare->world.access), 2);
	/* The range functions do the work too. */
	__tsan_memcpy(&copy, &word, sizeof(copy));
	ck_assert_uint_eq(copy, 5);
	__tsan_memset(&copy, 0, sizeof(copy));
	ck_assert_uint_eq(copy, 0);
	ck_assert_uint_eq(access_count(&bare->world.access), 5);
	/* Nobody runs: the machine looks at memory as it likes. */
	ck_assert_uint_eq(seen.shown, 0);
}

WATCHING_TEST(what_is_ordinary_is_shown_once)
{
	uint32_t *word = run_as(bare, 1);

	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 1);
	ck_assert_uint_eq(seen.last.address, (uintptr_t)word);
	ck_assert_uint_eq(seen.last.size, 4);
	ck_assert(seen.last.write && !seen.last.marked);
	__tsan_write4(word);
	__tsan_read4(word);
	__tsan_write1(word);
	ck_assert_uint_eq(seen.shown, 1);
	__tsan_read4(word + 1);
	ck_assert_uint_eq(seen.shown, 2);
	/* That it was read says nothing of writes. */
	__tsan_write4(word + 1);
	ck_assert_uint_eq(seen.shown, 3);
	/* Both halves of a long one count. */
	__tsan_read8(word);
	ck_assert_uint_eq(seen.shown, 3);
	__tsan_read8(word + 2);
	ck_assert_uint_eq(seen.shown, 4);
	ck_assert_uint_eq(access_count(&bare->world.access), 8);
}

WATCHING_TEST(part_of_a_cell_is_not_the_cell)
{
	uint8_t *byte = (uint8_t *)run_as(bare, 1);

	__tsan_write1(byte);
	__tsan_write1(byte);
	__tsan_write1(byte + 1);
	ck_assert_uint_eq(seen.shown, 3);
}

WATCHING_TEST(another_context_is_shown)
{
	uint32_t *word = run_as(bare, 1);

	__tsan_write4(word);
	run_as(bare, 2);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 2);
	run_as(bare, 1);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 3);
}

WATCHING_TEST(a_new_look_is_to_be_had)
{
	struct access *access = &bare->world.access;
	uint32_t *word = run_as(bare, 1);

	__tsan_write4(word);
	access_anew(access, 2, false);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 1);
	access_anew(access, 1, false);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 2);
	access_forget(access, (uintptr_t)word, (uintptr_t)word + 1);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 3);
	/* Shown each time, and what was ordinary before is so again. */
	access_show(access, (uintptr_t)word, (uintptr_t)(word + 1), true);
	seen.answer = ACCESS_SHOW;
	__tsan_write4(word);
	__tsan_read4(word);
	ck_assert_uint_eq(seen.shown, 5);
	access_show(access, (uintptr_t)word, (uintptr_t)(word + 1), false);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 5);
}

/* The same again by a thread with nothing held is not shown, but can be asked for. */
WATCHING_TEST(the_same_again_is_remembered)
{
	struct access *access = &bare->world.access;
	uint32_t *word = run_as(bare, 1);
	unsigned first = access_anew(access, 1, true), second;

	__tsan_write4(word);
	ck_assert_uint_eq(access_last(access, (uintptr_t)word).number, first);
	second = access_anew(access, 1, true);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 1);
	ck_assert_uint_eq(access_last(access, (uintptr_t)word).number, second);
	ck_assert_uint_eq(access_last(access, (uintptr_t)word).context, 1);
	ck_assert(access_last(access, (uintptr_t)word).write);
	/* Something else is shown: a read, or a level, or a mutex. */
	access_anew(access, 1, true);
	__tsan_read4(word);
	ck_assert_uint_eq(seen.shown, 2);
	access_anew(access, 1, true);
	bare->world.cpu[0].ipl = 6;
	__tsan_read4(word);
	ck_assert_uint_eq(seen.shown, 3);
	bare->world.cpu[0].ipl = 0;
	access_anew(access, 1, false);
	__tsan_read4(word);
	ck_assert_uint_eq(seen.shown, 4);
}

WATCHING_TEST(tags_run_out)
{
	struct access *access = &bare->world.access;
	uint32_t *word = run_as(bare, 1);

	access_arena_in_use(access, 2 * MEMORY_PAGE_SIZE);
	__tsan_write4(word);
	for (unsigned i = 0; i < 2 * ACCESS_TAGS; i++)
		access_anew(access, 2, false);
	ck_assert_uint_ge(seen.forgot, 1);
	ck_assert_uint_eq(access_last(access, (uintptr_t)word).number, 0);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 2);
}

WATCHING_TEST(atomic_and_volatile_are_marked)
{
	uint32_t *word = run_as(bare, 1);

	*word = 7;
	ck_assert_uint_eq(__tsan_atomic32_load(word, __ATOMIC_SEQ_CST), 7);
	ck_assert(seen.last.marked && !seen.last.write);
	ck_assert_uint_eq(__tsan_atomic32_fetch_add(word, 3, __ATOMIC_SEQ_CST), 7);
	ck_assert(seen.last.marked && seen.last.write);
	ck_assert_uint_eq(*word, 10);
	__tsan_atomic32_store(word, 1, __ATOMIC_SEQ_CST);
	ck_assert_uint_eq(*word, 1);
	__tsan_volatile_read4(word + 8);
	ck_assert(seen.last.marked);
}

TEST(compare_and_exchange)
{
	uint32_t word = 1, old = 2;

	world_current = NULL;
	ck_assert(!__tsan_atomic32_compare_exchange_strong(&word, &old, 3, 0, 0));
	ck_assert_uint_eq(old, 1);
	ck_assert(__tsan_atomic32_compare_exchange_strong(&word, &old, 3, 0, 0));
	ck_assert_uint_eq(word, 3);
	ck_assert_uint_eq(__tsan_atomic32_compare_exchange_val(&word, 3, 4, 0, 0), 3);
	ck_assert_uint_eq(word, 4);
}

/* Links of pages are ordinary while the driver has the page. */
WATCHING_TEST(links_of_pages)
{
	static uint64_t structs[3][4];	/* 32 bytes each */
	static const uint64_t pfn = 11;

	hw_page_structs(structs, 10, 3);
	memory_own(&bare->world.memory, pfn, HW_PAGE_DRIVER);
	bare_thread(bare, 0, BARE_PRIORITY, bare_mark_a);
	bare->world.running = world_context(&bare->world, 1);
	__tsan_read8(&structs[1][0]);
	__tsan_read8(&structs[1][1]);
	ck_assert_uint_eq(seen.shown, 0);
	__tsan_read8(&structs[0][0]);
	__tsan_read8(&structs[0][0]);
	ck_assert_uint_eq(seen.shown, 2);
	memory_own(&bare->world.memory, pfn, HW_PAGE_FREE);
	__tsan_read8(&structs[1][0]);
	ck_assert_uint_eq(seen.shown, 3);
}

static void
use_a_wild_pointer(void *arg)
{
	static uint32_t word;

	seen.answer = ACCESS_WILD;
	bare_mark(arg, '.');
	__tsan_read4(&word);
	bare_mark(arg, '!');
}

static void
use_the_stack(void *arg)
{
	uint32_t word = 0;

	__tsan_write4(&word);
	ck_assert_uint_eq(seen.shown, 0);
	bare_mark(arg, '.');
}

WATCHING_TEST(memory_changes_hands)
{
	uint32_t *word = run_as(bare, 1);

	__tsan_write4(word);
	hw_memory(HW_MEMORY_ZEROED, word, 64, 1);
	ck_assert_uint_eq(seen.changed, 1);
	__tsan_write4(word);
	ck_assert_uint_eq(seen.shown, 2);
}

static uint32_t fenced[4];

static void
touch_the_fence(void *arg)
{
	hw_redzone(&fenced[2], &fenced[3]);
	__tsan_write4(&fenced[1]);
	__tsan_write4(&fenced[3]);
	bare_mark(arg, '.');
	__tsan_read4(&fenced[2]);
	bare_mark(arg, '!');
}

static void
touch_past_an_old_fence(void *arg)
{
	hw_redzone(&fenced[1], &fenced[2]);
	hw_redzone(&fenced[2], &fenced[3]);
	__tsan_read4(&fenced[1]);
	hw_redzone(NULL, NULL);
	__tsan_read4(&fenced[2]);
	bare_mark(arg, '.');
}

static void
touch_for_ever(void *arg)
{
	uint32_t word = 0;

	(void)arg;
	for (;;)
		__tsan_read4(&word);
}

/* Code that never reaches a kernel call. */
BARE_TEST(a_budget_ends_a_loop_of_accesses)
{
	bare_run(bare, touch_for_ever);
	ck_assert_int_eq(bare->world.end, WORLD_ENDLESS);
	ck_assert_uint_eq(access_count(&bare->world.access), bare->world.config.access_limit);
}

static void
touch_and_wait(void *arg)
{
	uint32_t word = 0;

	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 900; k++)
			__tsan_read4(&word);
		hw_delay(1000);
	}
	bare_mark(arg, '.');
}

/* How far a thread comes, and whether that ends the run. */
static const struct {
	void (*fn)(void *);
	enum world_end end;
} threads[] = {
	{ use_a_wild_pointer, WORLD_CRASH }, { touch_the_fence, WORLD_CRASH },
	/* A redzone gives way to the next; the own stack is nobody's business. */
	{ touch_past_an_old_fence, WORLD_RUNNING }, { use_the_stack, WORLD_RUNNING },
	/* The budget is new when time moved. */
	{ touch_and_wait, WORLD_RUNNING },
};

TEST_EACH(what_a_thread_may_touch, threads)
{
	struct bare *bare = watching();

	bare_run(bare, threads[_i].fn);
	ck_assert_int_eq(bare->world.end, threads[_i].end);
	ck_assert_str_eq(bare->order, ".");
	bare_free(bare);
}

TEST(outside_of_a_world_nothing_happens)
{
	uint32_t word = 0;

	world_current = NULL;
	__tsan_write4(&word);
}

SUITE(machine_access)
