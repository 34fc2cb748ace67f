/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one door between the two sides of viosim.
 *
 * Below it (side H): the fake hardware, sim/machine, and the device behind it.
 * Above it (side K): the fake kernel, sim/kern, and the driver under test.
 * Calls that go down are named hw_*, calls that come up are named kern_*.
 * Only base C types pass; what one side owns never leaves it as a pointer
 * the other side may follow, unless the comment says so.
 *
 * Numbers: a context, mutex, map, ... is named by its ordinal, counted from 1 in
 * order of creation; 0 means "none" or "never initialised".  A page is named by its
 * page frame number (physical address / 4096).  Times are nanoseconds of virtual time.
 */
#ifndef VIOSIM_DOOR_H
#define VIOSIM_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * ---- Recorded values ----
 *
 * Arguments of calls, notes and events are listed as `(letter, name) (letter, name) ...`: the
 * letter says how a value is shown, the name what it is.  From such a list are made the members
 * of a struct, the letters, and the text "name:letter name:letter ".
 *   m mutex   c condvar   t context   d DMA map   g DMA memory   q virtqueue index
 *   s slot    n sysctl node  D device  f softint  h module
 *   i signed  u unsigned  x hexadecimal  e errno  b flag  k ticks  p pages
 *   P IPL     y sync ops  S string (recorded text)
 *   A step of attach  B callback  G edge  Z state of a slot  U device status
 *   V interrupt vector  R region  E errno  K kernel call  F fault row  C kind of context
 *   W how a run ended
 */
#define ARGS_MEMBERS(args) ARGS_END(ARGS_MEMBER_A args)
#define ARGS_LETTERS(args) ARGS_END(ARGS_LETTER_A args) ""
#define ARGS_TEXT(args) ARGS_END(ARGS_TEXT_A args) ""
/* Each pair in brackets calls the one name, then the other, until the list ends. */
#define ARGS_MEMBER_A(letter, name) uint64_t name; ARGS_MEMBER_B
#define ARGS_MEMBER_B(letter, name) uint64_t name; ARGS_MEMBER_A
#define ARGS_LETTER_A(letter, name) #letter ARGS_LETTER_B
#define ARGS_LETTER_B(letter, name) #letter ARGS_LETTER_A
#define ARGS_TEXT_A(letter, name) #name ":" #letter " " ARGS_TEXT_B
#define ARGS_TEXT_B(letter, name) #name ":" #letter " " ARGS_TEXT_A
#define ARGS_END(...) ARGS_END_(__VA_ARGS__)
#define ARGS_END_(...) __VA_ARGS__##_END
#define ARGS_MEMBER_A_END
#define ARGS_MEMBER_B_END
#define ARGS_LETTER_A_END
#define ARGS_LETTER_B_END
#define ARGS_TEXT_A_END
#define ARGS_TEXT_B_END

/*
 * ---- The kernel calls that a driver can make ----
 *
 * X(ID, name, arguments, result): one row a kernel function.  The name is the one a
 * driver writes.  `result` is one letter, or "" for void.
 * Pure accessors without effect (VM_PAGE_TO_PHYS, device_private, device_xname,
 * mstohz) are not recorded.
 */
#define DOOR_CALLS(X) \
	X(MUTEX_INIT, mutex_init, (m, mutex) (i, type) (P, ipl), "") \
	X(MUTEX_DESTROY, mutex_destroy, (m, mutex), "") \
	X(MUTEX_ENTER, mutex_enter, (m, mutex), "") \
	X(MUTEX_EXIT, mutex_exit, (m, mutex), "") \
	X(MUTEX_TRYENTER, mutex_tryenter, (m, mutex), "b") \
	X(MUTEX_SPIN_ENTER, mutex_spin_enter, (m, mutex), "") \
	X(MUTEX_SPIN_EXIT, mutex_spin_exit, (m, mutex), "") \
	X(MUTEX_OWNED, mutex_owned, (m, mutex), "b") \
	X(CV_INIT, cv_init, (c, condvar) (S, wmesg), "") \
	X(CV_DESTROY, cv_destroy, (c, condvar), "") \
	X(CV_WAIT, cv_wait, (c, condvar) (m, mutex), "") \
	X(CV_WAIT_SIG, cv_wait_sig, (c, condvar) (m, mutex), "e") \
	X(CV_TIMEDWAIT, cv_timedwait, (c, condvar) (m, mutex) (k, ticks), "e") \
	X(CV_TIMEDWAIT_SIG, cv_timedwait_sig, (c, condvar) (m, mutex) (k, ticks), "e") \
	X(CV_SIGNAL, cv_signal, (c, condvar), "") \
	X(CV_BROADCAST, cv_broadcast, (c, condvar), "") \
	X(CV_HAS_WAITERS, cv_has_waiters, (c, condvar), "b") \
	X(KTHREAD_CREATE, kthread_create, (i, priority) (x, flags) (S, name), "e") \
	X(KTHREAD_EXIT, kthread_exit, (i, code), "") \
	X(KTHREAD_JOIN, kthread_join, (t, thread), "e") \
	X(KPAUSE, kpause, (S, wmesg) (b, intr) (k, ticks) (m, mutex), "e") \
	X(SOFTINT_ESTABLISH, softint_establish, (x, flags), "f") \
	X(SOFTINT_DISESTABLISH, softint_disestablish, (f, softint), "") \
	X(SOFTINT_SCHEDULE, softint_schedule, (f, softint), "") \
	X(SPLRAISE, splraise, (P, ipl), "P") \
	X(SPLX, splx, (P, ipl), "") \
	X(DELAY, delay, (u, us), "") \
	X(PRINTF, printf, (S, text), "") \
	X(APRINT_NORMAL, aprint_normal, (S, text), "") \
	X(APRINT_ERROR, aprint_error, (S, text), "") \
	X(APRINT_VERBOSE, aprint_verbose, (S, text), "") \
	X(APRINT_NAIVE, aprint_naive, (S, text), "") \
	X(APRINT_DEBUG, aprint_debug, (S, text), "") \
	X(APRINT_NORMAL_DEV, aprint_normal_dev, (S, text), "") \
	X(APRINT_ERROR_DEV, aprint_error_dev, (S, text), "") \
	X(APRINT_VERBOSE_DEV, aprint_verbose_dev, (S, text), "") \
	X(APRINT_DEBUG_DEV, aprint_debug_dev, (S, text), "") \
	X(DEVICE_PRINTF, device_printf, (S, text), "") \
	X(PANIC, panic, (S, text), "") \
	X(KMEM_ALLOC, kmem_alloc, (u, size) (x, flags), "b") \
	X(KMEM_ZALLOC, kmem_zalloc, (u, size) (x, flags), "b") \
	X(KMEM_FREE, kmem_free, (u, block) (u, size), "") \
	X(UVM_PGLISTALLOC, uvm_pglistalloc, \
	    (u, size) (x, low) (x, high) (i, nsegs) (b, waitok), "e") \
	X(UVM_PGLISTFREE, uvm_pglistfree, (p, count), "") \
	X(BUS_DMAMAP_CREATE, bus_dmamap_create, \
	    (u, size) (i, nsegs) (u, maxsegsz) (u, boundary) (x, flags), "e") \
	X(BUS_DMAMAP_DESTROY, bus_dmamap_destroy, (d, map), "") \
	X(BUS_DMAMAP_LOAD, bus_dmamap_load, (d, map) (u, length) (x, flags), "e") \
	X(BUS_DMAMAP_UNLOAD, bus_dmamap_unload, (d, map), "") \
	X(BUS_DMAMAP_SYNC, bus_dmamap_sync, (d, map) (u, offset) (u, length) (y, ops), "") \
	X(BUS_DMAMEM_ALLOC, bus_dmamem_alloc, \
	    (u, size) (u, alignment) (i, nsegs) (x, flags), "e") \
	X(BUS_DMAMEM_FREE, bus_dmamem_free, (g, memory) (i, nsegs), "") \
	X(BUS_DMAMEM_MAP, bus_dmamem_map, (g, memory) (u, size) (x, flags), "e") \
	X(BUS_DMAMEM_UNMAP, bus_dmamem_unmap, (g, memory) (u, size), "") \
	X(SYSCTL_CREATEV, sysctl_createv, (x, flags) (i, type) (S, name), "e") \
	X(SYSCTL_TEARDOWN, sysctl_teardown, , "") \
	X(VIRTIO_CHILD, virtio_child, , "b") \
	X(VIRTIO_CHILD_ATTACH_START, virtio_child_attach_start, \
	    (P, ipl) (i, flags) (x, features) (b, has_callback), "") \
	X(VIRTIO_CHILD_ATTACH_SET_VQS, virtio_child_attach_set_vqs, (i, pairs), "") \
	X(VIRTIO_CHILD_ATTACH_FINISH, virtio_child_attach_finish, , "i") \
	X(VIRTIO_CHILD_ATTACH_FAILED, virtio_child_attach_failed, , "") \
	X(VIRTIO_CHILD_DETACH, virtio_child_detach, , "") \
	X(VIRTIO_NEGOTIATE_FEATURES, virtio_negotiate_features, (x, features), "") \
	X(VIRTIO_FEATURES, virtio_features, , "x") \
	X(VIRTIO_DMAT, virtio_dmat, , "") \
	X(VIRTIO_ALLOC_VQ, virtio_alloc_vq, \
	    (q, queue) (u, maxsegsize) (i, maxnsegs) (S, name), "i") \
	X(VIRTIO_FREE_VQ, virtio_free_vq, (q, queue), "e") \
	X(VIRTIO_ENQUEUE_PREP, virtio_enqueue_prep, (q, queue), "e") \
	X(VIRTIO_ENQUEUE_RESERVE, virtio_enqueue_reserve, (q, queue) (s, slot) (i, nsegs), "e") \
	X(VIRTIO_ENQUEUE, virtio_enqueue, (q, queue) (s, slot) (d, map) (b, write), "i") \
	X(VIRTIO_ENQUEUE_P, virtio_enqueue_p, \
	    (q, queue) (s, slot) (d, map) (u, length) (b, write), "i") \
	X(VIRTIO_ENQUEUE_COMMIT, virtio_enqueue_commit, (q, queue) (s, slot) (b, notify), "i") \
	X(VIRTIO_ENQUEUE_ABORT, virtio_enqueue_abort, (q, queue) (s, slot), "i") \
	X(VIRTIO_DEQUEUE, virtio_dequeue, (q, queue), "e") \
	X(VIRTIO_DEQUEUE_COMMIT, virtio_dequeue_commit, (q, queue) (s, slot), "i") \
	X(VIRTIO_VQ_IS_ENQUEUED, virtio_vq_is_enqueued, (q, queue), "b") \
	X(VIRTIO_VQ_INTR, virtio_vq_intr, , "i") \
	X(VIRTIO_STOP_VQ_INTR, virtio_stop_vq_intr, (q, queue), "") \
	X(VIRTIO_START_VQ_INTR, virtio_start_vq_intr, (q, queue), "i") \
	X(VIRTIO_POSTPONE_INTR, virtio_postpone_intr, (q, queue) (u, nslots), "i") \
	X(VIRTIO_READ_DEVICE_CONFIG, virtio_read_device_config, (u, offset) (i, width), "x") \
	X(VIRTIO_WRITE_DEVICE_CONFIG, virtio_write_device_config, \
	    (u, offset) (i, width) (x, value), "") \
	X(VIRTIO_READ_DEVICE_CONFIG_LE, virtio_read_device_config_le, \
	    (u, offset) (i, width), "x") \
	X(VIRTIO_WRITE_DEVICE_CONFIG_LE, virtio_write_device_config_le, \
	    (u, offset) (i, width) (x, value), "") \
	X(VIRTIO_RESET, virtio_reset, , "") \
	X(VIRTIO_REINIT_START, virtio_reinit_start, , "e") \
	X(VIRTIO_REINIT_END, virtio_reinit_end, , "") \
	X(VIRTIO_SET_STATUS, virtio_set_status, (U, status), "") \
	X(CONFIG_INIT_COMPONENT, config_init_component, , "e") \
	X(CONFIG_FINI_COMPONENT, config_fini_component, , "e") \
	X(CONFIG_DEFER, config_defer, , "") \
	X(CONFIG_INTERRUPTS, config_interrupts, , "") \
	X(CONFIG_MOUNTROOT, config_mountroot, , "") \
	X(CONFIG_FINALIZE_REGISTER, config_finalize_register, , "e") \
	X(VIRTIO_INIT_VQ, virtio_init_vq, (q, queue), "") \
	X(VIRTIO_INIT_VQ_VQDONE, virtio_init_vq_vqdone, (q, queue), "")

enum hw_call {
	HW_CALL_NONE,
#define X(id, name, args, result) HW_CALL_##id,
	DOOR_CALLS(X)
#undef X
	HW_CALLS
};

/*
 * ---- Down: recording a kernel call ----
 *
 * A kernel function that a driver calls records its entry with hw_call() before it does
 * anything, and its exit with hw_ret() after its effect.  Both are points: another
 * context may run, an interrupt may be delivered, before they return.  `site` is the
 * driver's return address (__builtin_return_address(0)).  Kernel code that needs the
 * same effect for itself uses an inner function that records nothing.
 */
#define HW_ARGS_MAX 5
void hw_call(enum hw_call call, const void *site,
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
void hw_ret(enum hw_call call, const void *site, uint64_t result);

/* Store a text with the record; the number stands for it in arguments of kind S. */
uint64_t hw_text(const char *text, size_t length);

/*
 * Effects inside a call that observers need.  X(ID, name, "word", arguments)
 */
#define DOOR_NOTES(X) \
	X(MUTEX_HELD, mutex_held, "mutex-held", (m, mutex) (P, ipl) (b, spin)) \
		/* ipl: before; this context now holds it */ \
	X(MUTEX_FREED, mutex_freed, "mutex-freed", (m, mutex)) \
		/* this context gave it up (also inside cv_wait) */ \
	X(CV_SLEEP, cv_sleep, "cv-sleep", (c, condvar) (m, mutex) (k, ticks)) \
	X(CV_WOKEN, cv_woken, "cv-woken", (c, condvar) (b, timeout)) \
	X(CV_WAKE, cv_wake, "cv-wake", (c, condvar) (t, context)) \
		/* the context made runnable */ \
	X(DMAMAP, dmamap, "map-created", (d, map) (u, size) (u, segments)) \
	X(DMASEG, dmaseg, "segment", (d, map) (x, address) (u, length) (u, offset)) \
		/* a loaded segment; address: bus address; offset: in the buffer */ \
	X(DMASRC, dmasrc, "buffer", (d, map) (x, address) (u, length) (u, offset) (u, kind)) \
		/* the buffer, by physical address; kind: enum hw_buffer */ \
	X(DMAMAP_GONE, dmamap_gone, "map-gone", (d, map) (b, loaded)) \
	X(DMAMEM, dmamem, "memory", (g, memory) (u, size)) \
	X(DMAMEM_GONE, dmamem_gone, "memory-gone", (g, memory)) \
	X(SLOT, slot, "slot", (q, queue) (s, slot) (Z, state)) \
		/* state: 1 prepared, 2 reserved, 3 committed, 4 freed */ \
	X(DESC, desc, "descriptor", (q, queue) (s, slot) (x, address) (u, length) (x, flags)) \
		/* descriptor written */ \
	X(DEQUEUED, dequeued, "dequeued", (q, queue) (s, slot) (u, length)) \
		/* length: as the device says */ \
	X(VQ, vq, "queue-allocated", (q, queue) (u, size)) \
	X(VQ_GONE, vq_gone, "queue-gone", (q, queue)) \
	X(SYSCTL, sysctl, "node", (n, node) (n, parent)) \
	X(SYSCTL_GONE, sysctl_gone, "node-gone", (n, node)) \
	X(CALLBACK, callback, "callback", (G, edge) (B, callback) (q, queue) (b, refused)) \
		/* edge: 1 enter, 2 leave; callback: enum hw_callback; refused: "not mine" */ \
	X(ATTACH, attach, "attach", (A, step) (x, result) (b, other)) \
		/* step: enum hw_attach; other: a match for no device that the driver knows */ \
	X(THREAD, thread, "thread", (t, context) (i, priority) (x, flags)) \
	X(THREAD_GONE, thread_gone, "thread-gone", (t, context) (b, returned) (i, code)) \
		/* returned: from its function */ \
	X(KMEM, kmem, "kmem", (u, block) (u, size)) \
	X(KMEM_GONE, kmem_gone, "kmem-gone", (u, block) (u, size)) \
		/* size: as given */ \
	X(SOFTINT, softint, "softint", (f, softint) (b, established)) \
	X(HANDLERS, handlers, "handlers", (i, queues) (i, flags) (b, has_callback))
		/* of interrupts, where virtio_child_attach_start() did not say that yet */

enum hw_note {
#define X(id, name, word, args) HW_NOTE_##id,
	DOOR_NOTES(X)
#undef X
	HW_NOTES
};
enum hw_buffer { HW_BUF_FINE, HW_BUF_STACK, HW_BUF_FREED };	/* where it should not lie */
enum hw_callback { HW_CB_CONFIG_CHANGE, HW_CB_VQ_DONE, HW_CB_INTRHAND, HW_CB_SOFTINT };
enum hw_attach {
	HW_ATTACH_MATCH,	/* result: what ca_match returned; 1: for no device it knows */
	HW_ATTACH_BEGIN, HW_ATTACH_STARTED, HW_ATTACH_FINISHED, HW_ATTACH_FAILED,
	HW_ATTACH_END		/* result: 1 attached, 0 not */
};
void hw_note(enum hw_note note, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
/* What is recorded next is at the beginning of this function of the driver. */
void hw_at(const void *function);

/* Number the next object of a kind; each kind counts from 1. */
enum hw_object {
	HW_OBJ_MUTEX, HW_OBJ_CONDVAR, HW_OBJ_DMAMAP, HW_OBJ_DMAMEM, HW_OBJ_SYSCTL,
	HW_OBJ_KMEM, HW_OBJ_SOFTINT, HW_OBJECTS
};
uint32_t hw_ordinal(enum hw_object kind);

/*
 * ---- Down: contexts, CPUs, priority levels ----
 */
enum hw_context { HW_CTX_AUTOCONF, HW_CTX_KTHREAD, HW_CTX_SOFTINT, HW_CTX_HARDINT };
#define HW_CONTEXTS 82			/* ordinals are 1 to this; 0 is the machine */
uint32_t hw_self(void);			/* ordinal of the running context */
enum hw_context hw_self_kind(void);
unsigned hw_cpu(void);			/* CPU it runs on, 0.. */
int hw_ipl(void);			/* this CPU's interrupt priority level */
int hw_splraise(int ipl);		/* to max(now, ipl); returns the level before */
void hw_splx(int ipl);			/* set the level; pending interrupts are delivered here */

/* Start a kernel thread; runnable at once.  Returns its ordinal; 0: there are too many. */
uint32_t hw_thread_start(const char *name, int priority, void (*fn)(void *), void *arg);
void hw_thread_exit(void) __attribute__((noreturn));
/* Others want every CPU: no thread of a lower priority is given one.  0: they do no longer. */
void hw_others_run(int priority);

/*
 * Block the running context until hw_wake() or until the ticks-th clock tick from now
 * (0: no timeout).  The CPU's IPL belongs to the context and is restored.  `why` goes to
 * reports.  Never from a hard interrupt; what a soft one interrupted goes on meanwhile.
 */
enum hw_sleep {
	HW_SLEEP_CV, HW_SLEEP_MUTEX, HW_SLEEP_MEMORY, HW_SLEEP_PAUSE, HW_SLEEP_JOIN,
	HW_SLEEP_INTR	/* for the end of a handler; object: its line */
};
void hw_sleep(enum hw_sleep why, uint64_t object, uint64_t ticks);
void hw_wake(uint32_t context);		/* make a sleeper runnable; no effect on others */
bool hw_is_asleep(uint32_t context);

/* Busy-wait for another CPU: let it run. */
void hw_spin(void);

/*
 * Interrupts.  The handler of a line (hw_line()) runs in a context of its own at `ipl`; arg is
 * passed through.
 */
void hw_intr_establish(unsigned line, int ipl, void (*fn)(void *), void *arg);
void hw_intr_distribute(unsigned line, unsigned cpu);	/* deliver it there */
/*
 * The handler is not called again.  False: it runs on another CPU, or a soft interrupt is still
 * to run; sleep (HW_SLEEP_INTR), which ends when that does, and call again.
 */
bool hw_intr_disestablish(unsigned line);
/* Returns its number, which one that ended may have had; 0: there are too many. */
uint32_t hw_softint_establish(int ipl, void (*fn)(void *), void *arg);
void hw_softint_schedule(uint32_t softint);
bool hw_softint_disestablish(uint32_t softint);	/* as hw_intr_disestablish() */

/* Time passes (delay(9)): busy-wait in virtual time; others may run if IPL permits. */
void hw_delay(uint64_t ns);

/*
 * ---- Down: memory ----
 */
struct hw_segment { uint64_t pfn, npages; };
unsigned hw_mem_segments(struct hw_segment *segments, unsigned max);

/*
 * Who uses a page.  The kernel decides, the machine keeps the account, observers see it.
 * pfns stays the caller's.  Freeing a page that is free is reported and has no effect.
 */
enum hw_owner { HW_PAGE_FREE, HW_PAGE_KERNEL, HW_PAGE_OTHERS, HW_PAGE_DRIVER };
void hw_pages(enum hw_owner owner, const uint64_t *pfns, size_t n);

/* Zeroed host memory for the kernel's own tables, touched only where used; never fails. */
void *hw_table(size_t bytes);
/* Kernel virtual memory for n frames, in order; contents are a fixed pattern.  NULL: none left. */
void *hw_map(const uint64_t *pfns, size_t n);
void hw_unmap(void *va, size_t n);
/* Physical address behind a kernel virtual address (also module data, stacks); ~0 if none. */
uint64_t hw_kvtophys(const void *va);
/*
 * Module data and kernel stacks lie in host memory and get a frame when one is first needed:
 * the page around va lies in that frame from now on.  False when va is neither.
 */
bool hw_lend(const void *va, uint64_t pfn);
bool hw_is_stack(const void *va);

/*
 * What memory is to drivers.  Not part of the record, which has no addresses; `number` is the
 * object's of enum hw_object, 0 where there is none.
 */
enum hw_memory {
	HW_MEMORY_SOFTC,	/* zeroed, the driver's until GONE */
	HW_MEMORY_BLANK,	/* the same from kmem_alloc(9): holds nothing yet */
	HW_MEMORY_ZEROED,	/* from kmem_zalloc(9) */
	HW_MEMORY_DMA,		/* mapped by bus_dmamem_map(9): holds nothing yet */
	HW_MEMORY_GONE,		/* one of these ends; the whole of it */
	HW_MEMORY_MUTEX,	/* a live mutex lies here until ENDED */
	HW_MEMORY_CONDVAR,
	HW_MEMORY_ENDED,	/* the mutex or condvar there is destroyed */
	HW_MEMORY_PUBLIC,	/* a variable of the kernel that drivers may read */
	HW_MEMORY_EXPOSED,	/* of the driver, but users may write it: sysctl node `number` */
	HW_MEMORY_HIDDEN,	/* no longer */
	HW_MEMORY_SPENT,	/* a list of pages was freed, that had `number` of them */
	HW_MEMORY_FILLED	/* the kernel made a list of pages here */
};
void hw_memory(enum hw_memory what, const void *low, size_t size, uint64_t number);
/* The struct vm_page of n frames from pfn up; they are 32 bytes each. */
void hw_page_structs(const void *low, uint64_t pfn, uint64_t n);
/* Kernel code reads or writes memory as the driver asked it to, at `site`. */
void hw_touch(const void *p, size_t size, bool write, const void *site);
/* The kernel goes through so many bytes for the driver: that counts as rounds of a loop. */
void hw_work(size_t bytes);

/*
 * Bytes [low, high) behind the driver's softc that are nobody's: the driver's first access to
 * one is its crash.  There is one such zone, the newest; low == high: none.
 */
void hw_redzone(const void *low, const void *high);

/* Bus addresses are a number range of their own. */
uint64_t hw_bus_address(uint64_t phys);

/* The machine, as it is for good. */
struct hw_machine {
	int hz;
	unsigned ncpu;
	uint64_t reserve;		/* pages that only the pagedaemon may take */
	bool diagnostic;		/* options DIAGNOSTIC */
	bool legacy;			/* the virtio transport */
	bool bounces;			/* DMA: a device sees only copies of buffers */
	bool softc_straddles;		/* a softc lies in two frames that are not neighbours */
	bool swaps_bytes;		/* the CPU is not little endian */
};
struct hw_machine hw_machine(void);

/*
 * ---- Down: the virtio PCI functions ----
 *
 * There are hw_devices() of them, numbered from 0; `device` is such a number.
 */
#define HW_DEVICES 2			/* at most */
unsigned hw_devices(void);
/*
 * The running context deals with this device from now on: so says what is recorded of it.  A
 * thread begins with the device of the context that started it, a handler with that of its line.
 */
void hw_on(unsigned device);
enum hw_region {
	HW_REG_LEGACY,		/* BAR 0 of the legacy interface (spec 4.1.4.8) */
	HW_REG_COMMON,		/* common configuration structure (spec 4.1.4.3) */
	HW_REG_NOTIFY,		/* offset = queue index (spec 4.1.4.4) */
	HW_REG_ISR,		/* spec 4.1.4.5; read clears */
	HW_REG_DEVICE		/* device configuration (spec 4.1.4.6) */
};
unsigned hw_virtio_device_id(unsigned device);
uint64_t hw_reg_read(unsigned device, enum hw_region region, unsigned offset, unsigned width);
void hw_reg_write(unsigned device, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value);
/*
 * Interrupt vectors that the machine wires for each: INTx, and MSI-X messages: message n is
 * vector HW_VEC_MSIX_CONFIG + n.  The kernel uses message 0 for the configuration, 1 for all
 * queues, or 1 + n for queue n.
 */
enum hw_vector {
	HW_VEC_INTX, HW_VEC_MSIX_CONFIG, HW_VEC_MSIX_QUEUE,
	HW_VEC_MSIX_LAST = HW_VEC_MSIX_QUEUE + 7, HW_VECTORS
};
/* The line of a device's vector: the same number for the first device. */
static inline unsigned
hw_line(unsigned device, unsigned vector)
{
	return device * HW_VECTORS + vector;
}
unsigned hw_msix_messages(void);	/* that each function has; 0: no MSI-X */

/*
 * ---- Down: faults, choices, console, the end ----
 *
 * hw_fault asks whether an armed fault strikes this call.  `queue` is the virtqueue index
 * or -1.  Returns 0, or HW_FAULT_BLOCK (sleep as if memory were short, then ask again), or
 * the errno the caller is to get (for calls that return -1 or 1 on failure: any nonzero).
 */
#define HW_FAULT_BLOCK (-1000)
int hw_fault(enum hw_call call, int queue);

enum hw_console { HW_CON_NORMAL, HW_CON_ERROR, HW_CON_QUIET /* log only */, HW_CON_KERNEL };
void hw_console(enum hw_console level, const char *text, size_t length);

/* The kernel cannot go on.  The run ends with a finding.  `assertion`: a failed KASSERT. */
void hw_panic(const char *text, bool assertion) __attribute__((noreturn));
/* The kernel calls this where a healthy device could not have led (e.g. used id out of range). */
void hw_device_fault(const char *text) __attribute__((noreturn));

/*
 * ---- Up: what the machine asks of the kernel ----
 *
 * kern_boot    build the kernel's own state, with the drivers [0, count): HW_DRIVERS at most
 * kern_attach  autoconf: ask the drivers about each device in turn, but for those that one has,
 *              and attach the best match; runs in the autoconf context
 * kern_attached  did a driver attach to it (attach_finish succeeded)?
 * kern_detach  config_detach(9) of the device's driver; errno of NetBSD
 * kern_others  the rest of the guest takes (pages > 0) or gives back (pages < 0) memory;
 *              returns how many pages really moved
 * kern_busy    user processes want every CPU from now on; `is_busy` false: no longer
 * kern_sysctl  value behind a node path such as "hw.viomb.npages"; false if there is none
 * kern_sysctl_path  path of the n-th node, from 0, that has a value; false if there are fewer
 * kern_heal    faults were healed: look again (wakes sleepers in the allocator)
 * kern_halt    forget everything (the world ends); no context runs any more
 */
struct hw_driver {
	const void *cfattach;		/* its struct cfattach */
	const char *name;		/* autoconf's; it may carry a unit: "viomb2" */
};
#define HW_DRIVERS 8
void kern_boot(const struct hw_driver *drivers, unsigned count);
void kern_attach(void);
bool kern_attached(unsigned device);
int kern_detach(unsigned device);
int64_t kern_others(int64_t pages);
void kern_busy(bool is_busy);
bool kern_sysctl(const char *path, int64_t *value);
bool kern_sysctl_path(unsigned n, char *path, size_t size);
void kern_heal(void);
void kern_halt(void);

#endif /* VIOSIM_DOOR_H */
