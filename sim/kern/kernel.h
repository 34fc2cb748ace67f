/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the fake kernel share; no driver ever includes this.
 *
 * State.  `kernel` points to the one struct kernel of the running world.  It has
 * one sub-struct for each file that keeps state, and only that file touches it.
 * kern_boot() makes it, kern_halt() forgets it.  Besides what <sys/kernel.h> and
 * <sys/systm.h> promise to drivers (hz, tick, cold, panicstr; all set by kern_boot()), the
 * kernel side has no other variable.
 *
 * Recording.  A function that a driver may call opens with KCALL(), which records the
 * call and may let another context run, and ends with KRET().  The kernel itself never
 * calls such a function: each has an inner one without records, declared below.
 * Both macros must stand in the function the driver calls, never in a helper, because
 * they record its return address.
 *
 * Checks.  The kernel asserts what the real one asserts, in the same builds, and
 * nothing else.  Rules about drivers live on the other side of the door.
 */
#ifndef SIM_KERN_KERNEL_H
#define SIM_KERN_KERNEL_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/device_impl.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>
#include <uvm/uvm_page.h>

#include "door.h"

/* ---- Recording ---- */

#define KERN_SITE()	__builtin_return_address(0)
#define KERN_U64(x)	((uint64_t)(x))

/* KCALL(MUTEX_ENTER, ordinal): up to five integer arguments, missing ones are 0. */
#define KCALL(id, ...) \
	KCALL_PAD(HW_CALL_##id, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define KCALL_PAD(call, a0, a1, a2, a3, a4, ...) \
	hw_call((call), KERN_SITE(), KERN_U64(a0), KERN_U64(a1), \
	    KERN_U64(a2), KERN_U64(a3), KERN_U64(a4))

/* KRET(CV_TIMEDWAIT, error); for functions without a result KRET(CV_SIGNAL, 0). */
#define KRET(id, result) \
	hw_ret(HW_CALL_##id, KERN_SITE(), KERN_U64(result))
/* KRETURN(CV_TIMEDWAIT, error): the same, and returns it. */
#define KRETURN(id, result) do { \
	__typeof__(result) kern_result = (result); \
	KRET(id, kern_result); \
	return kern_result; \
} while (/*CONSTCOND*/0)

/* KNOTE(MUTEX_HELD, ordinal, ipl): up to five values, missing ones are 0. */
#define KNOTE(id, ...) \
	KNOTE_PAD(HW_NOTE_##id, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define KNOTE_PAD(note, a0, a1, a2, a3, a4, ...) \
	hw_note((note), KERN_U64(a0), KERN_U64(a1), KERN_U64(a2), \
	    KERN_U64(a3), KERN_U64(a4))

/*
 * Does an armed fault strike this call?  As hw_fault(), but an injected shortage, which is
 * HW_FAULT_BLOCK there, is waited out by a call that `waits`, and else is an error like any
 * other: `otherwise`.
 */
int	kern_fault(enum hw_call call, int queue, bool waits, int otherwise);

static inline int
kern_fault_waited(enum hw_call call)
{

	return kern_fault(call, -1, true, 0);
}

/* The number that stands for a text in a record; NULL reads as "(null)". */
uint64_t kern_text(const char *text);

/* ---- The kernel's own assertions (options DIAGNOSTIC) ---- */

/*
 * KERN_ASSERT(e): what KASSERT(e) is in a NetBSD source file, but switched by
 * hw_machine() at run time.  KERN_PANICIF(e, fmt, ...): a test under
 * #ifdef DIAGNOSTIC that ends in panic(fmt, ...).  Neither does anything once the
 * kernel has panicked.
 */
#define KERN_ASSERT(e) do { \
	if (kern_diagnostic() && !(e)) \
		kern_assert_fail(#e, __FILE__, __LINE__); \
} while (/*CONSTCOND*/0)
#define KERN_PANICIF(e, ...) do { \
	if (kern_diagnostic() && (e)) \
		kern_panic(__VA_ARGS__); \
} while (/*CONSTCOND*/0)

/* DIAGNOSTIC kernel that has not panicked yet. */
static inline bool kern_diagnostic(void);
void	kern_assert_fail(const char *expression, const char *file, int line)
	    __attribute__((noreturn));
void	kern_panic(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));

/* ---- subr_lockdebug.c: which address is which numbered object ---- */

/*
 * The live objects of one kind by ordinal.  An object that claims to be live and is not
 * registered under its number is a copy, or memory that was never initialised.
 */
struct kern_registry {
	const void	**kr_at;
	uint32_t	 kr_size;
};

void	registry_set(struct kern_registry *, uint32_t ordinal, const void *object);
bool	registry_has(const struct kern_registry *, uint32_t ordinal, const void *object);

/* ---- init_main.c: kern_boot(), kern_halt() ---- */

/* ---- kern_mutex.c: mutex(9) ---- */

/* What struct cpu_info keeps for spin mutexes (sys/cpu_data.h). */
struct mutex_cpu {
	int	mc_count;	/* spin mutexes held on this CPU */
	int	mc_oldspl;	/* level before the first of them */
};

struct kern_mutex {
	struct mutex_cpu	*km_cpu;	/* one a CPU */
	struct sleepq_waiter	*km_waiters;	/* of adaptive mutexes, FIFO */
	struct kern_registry	 km_live;	/* kmutex_t */
};

void	mutex_boot(void);
/*
 * The effects of mutex_init(9), mutex_enter(9), mutex_exit(9), without a record.
 * mutex_setup() makes a mutex without an ordinal: observers do not hear of it.
 */
void	mutex_setup(kmutex_t *, int type, int ipl);
void	mutex_acquire(kmutex_t *);
void	mutex_release(kmutex_t *);
void	mutex_teardown(kmutex_t *);
bool	mutex_is_held(const kmutex_t *);
/* Panic unless the mutex is between init and destroy. */
void	mutex_check(const kmutex_t *, const char *function);
/*
 * Raise the level and count one spin mutex, or undo it: what holding a lock of the
 * scheduler means.  The first returns the level before.  mutex_spin_state() is where this
 * CPU counts.
 */
int	mutex_spl_raise(int ipl);
void	mutex_spl_restore(void);
struct mutex_cpu *mutex_spin_state(void);

/* ---- kern_condvar.c: condvar(9) ---- */

struct kern_condvar {
	struct kern_registry	kc_live;	/* kcondvar_t */
};

/* ---- kern_lock.c: the kernel lock, KERNEL_LOCK() and friends ---- */

struct kern_lock {
	unsigned	kl_cpu;		/* who holds it */
	int		kl_count;	/* how many times; 0: nobody */
	int		kl_own[HW_CONTEXTS + 1]; /* l_blcnt: of these, by context */
};

/*
 * kern_lock_take: take it `count` times, spinning while another CPU holds it.
 * kern_lock_drop: undo one.  kern_lock_drop_all: undo all of this context, before a sleep;
 * returns the count that kern_lock_take() needs afterwards.
 * Recursive; held by a CPU; no record.
 */
void	kern_lock_take(int count);
void	kern_lock_drop(void);
int	kern_lock_drop_all(void);
bool	kern_lock_is_held(void);	/* KERNEL_LOCKED_P() */

/* ---- kern_synch.c: sleeping; kpause(9), delay(9) ---- */

/*
 * Give up the CPU, as mi_switch().  The caller has called mutex_spl_raise(IPL_SCHED), as
 * if it held the lock of a sleep queue, and put itself where a waker finds it; this
 * undoes the raise after the sleep.  The kernel lock is dropped meanwhile.  Threads only,
 * and soft interrupts for a mutex; no other spin mutex held (asserted).  kern_sleep() does both,
 * for those whose waker knows the context.
 */
void	kern_block(enum hw_sleep why, uint64_t object, uint64_t ticks);
void	kern_sleep(enum hw_sleep why, uint64_t object, uint64_t ticks);
/* One that waits for a condvar, a mutex or memory, with those that wait for the same. */
struct sleepq_waiter {
	uint32_t	 sw_context;
	pri_t		 sw_priority;
	const kmutex_t	*sw_mutex;	/* that it waits for */
	bool		 sw_is_woken;	/* taken off the queue by a waker */
	bool		 sw_catches;	/* signals: cv_*wait_sig() */
	struct sleepq_waiter *sw_next;
};

/* Highest priority first, FIFO among equals; out of the queue again, if it is there. */
void	sleepq_insert(struct sleepq_waiter **queue, struct sleepq_waiter *);
void	sleepq_remove(struct sleepq_waiter **queue, const struct sleepq_waiter *);

/* ---- kern_kthread.c: kthread(9) ---- */

struct lwp {
	uint32_t	 l_ordinal;	/* the machine's number of the context */
	pri_t		 l_priority;
	int		 l_flags;	/* KTHREAD_* */
	void		(*l_func)(void *);
	void		*l_arg;
	char		 l_name[MAXCOMLEN];
	bool		 l_is_leaving;	/* in kthread_exit(), until it is joined */
	bool		 l_is_done;	/* it has ended */
	int		 l_nopreempt;	/* kpreempt_disable() */
	uint32_t	 l_joiner;	/* context in kthread_join(), or 0 */
	struct lwp	*l_next;
};

struct kern_kthread {
	struct lwp	*kt_lwps;
	unsigned	 kt_count;	/* that have not ended */
	int		 kt_nopreempt;	/* of lwp0 */
};

/* The running kernel thread, or NULL.  Priority of the running context, for sleep queues. */
struct lwp *kthread_self(void);
pri_t	kthread_priority(void);

/* ---- kern_softint.c: softint(9) ---- */

struct kern_softint {
	uint32_t	 ks_ordinal;
	uint32_t	 ks_line;	/* the machine's number; 0: it was disestablished */
	u_int		 ks_flags;
	void		(*ks_func)(void *);
	void		*ks_arg;
};

/* softint_disestablish(9) of the machine's soft interrupt, without a record. */
void	kern_softint_end(uint32_t line);

/* ---- kern_sysctl.c: sysctl(9) ---- */

struct sysctl_entry;

#define SYSCTL_BUCKETS	256

struct kern_sysctl {
	struct sysctl_entry	*ks_root;
	struct sysctl_entry	*ks_named[SYSCTL_BUCKETS];
};

void	sysctl_boot(void);

/* ---- subr_autoconf.c: autoconf(9) ---- */

struct autoconf_device;

/* A driver that config_found() may pick. */
struct autoconf_driver {
	struct cfattach	*ad_cfattach;
	cfdata_t	 ad_cfdata;
	bool		 ad_is_module;	/* by config_init_component() */
};

struct kern_autoconf {
	struct autoconf_driver ka_drivers[HW_DRIVERS];
	unsigned	 ka_driver_count;
	struct autoconf_device *ka_devices;
	device_t	 ka_pci;	/* pci0 */
	struct kern_bus {		/* a device at the door */
		device_t kb_virtio;	/* "virtio0", once attached */
		device_t kb_child;	/* its newest child */
	}		 ka_bus[HW_DEVICES];
};

void	autoconf_boot(const struct hw_driver *, unsigned count);
/* Ask all drivers about a device that is none of theirs, as happens for each on a bus. */
void	autoconf_ask(device_t parent, void *aux);

/* ---- subr_kmem.c: kmem(9) ---- */

struct kmem_block;
struct kmem_idle;

#define KMEM_CLASSES	44	/* powers of two, from 16 bytes: more than there can be */
#define KMEM_BUCKETS	64

struct kern_kmem {
	struct kmem_idle *kk_idle[KMEM_CLASSES]; /* kernel-internal, given back */
	uint8_t		*kk_fresh;		/* never used yet */
	size_t		 kk_fresh_size;
	size_t		 kk_arena_size;	/* newest piece of fresh memory */
	struct kmem_block *kk_used[KMEM_BUCKETS]; /* the driver's, by address */
	struct kmem_block *kk_free[KMEM_CLASSES]; /* the driver's, given back */
};

/*
 * The kernel's own memory: zeroed, 16-byte aligned, never fails, not recorded, has no
 * physical address.  size must be given back as it was asked for.
 */
void	*kmem_take(size_t size);
void	 kmem_give(void *, size_t size);
/* Does it lie in memory of kmem_alloc that is not allocated? */
bool	 kmem_is_idle(const void *);

/* ---- subr_prf.c: the console ---- */

struct kern_prf {
	char		 kp_panic[256];	/* what panicstr points to */
};

/* A text in the making, cut to its size, and its end. */
struct prf_out {
	char	*buf;
	size_t	 size;
	size_t	 length;	/* wanted so far */
};

void	prf_char(struct prf_out *, char c);
int	prf_end(struct prf_out *);	/* its length, as snprintf(9) returns it */

/* Print at a console level, without a record. */
void	kprint(enum hw_console, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* ---- uvm_page.c, uvm_pdaemon.c, uvm_km.c: physical memory ---- */

/*
 * A physical segment in one free list (uvm_physseg).  Indices are pages from its start.
 * A zero bit is a free page, so that memory never used costs nothing here.
 */
struct uvm_seg {
	uint64_t	 us_start;	/* page frame number */
	uint64_t	 us_pages;
	unsigned	 us_freelist;
	uint64_t	 us_hint;	/* index after the last allocation */
	uint64_t	*us_used;	/* bit: page in use */
	uint64_t	*us_full;	/* bit: word of us_used without a zero */
	uint64_t	*us_others;	/* bit: page in use by the rest of the guest */
	uint64_t	 us_others_count;
	struct vm_page	*us_page;
};

#define UVM_FREELISTS	6
/* A segment of the machine falls into at most this many. */
#define UVM_SEGS_MAX	48
/* Pages reported to the machine at once. */
#define UVM_BATCH	1024

struct kern_uvm {
	struct uvm_seg	 ku_segs[UVM_SEGS_MAX];
	unsigned	 ku_seg_count;
	uint64_t	 ku_free;	/* pages that nobody has */
	uint64_t	 ku_total;
	uint64_t	 ku_reserve;
	struct sleepq_waiter *ku_waiters; /* contexts in uvm_wait() */
};

void	uvm_boot(void);
/*
 * n frames for the kernel itself (HW_PAGE_KERNEL), their numbers into
 * pfns[0..n-1] in ascending order within a run; contiguous: one run.  0 or ENOMEM; no
 * fault strikes here and the call never sleeps.
 */
int	uvm_frames_take(size_t n, bool contiguous, uint64_t *pfns);
void	uvm_frames_give(const uint64_t *pfns, size_t n);
/*
 * uvm_pglistalloc(9) of frames for the kernel itself, without a record or a fault: their
 * numbers into pfns, which has room for `size` bytes of them.
 */
int	uvm_pages_take(psize_t size, paddr_t high, paddr_t alignment, paddr_t boundary,
	    int nsegs, bool waitok, uint64_t *pfns);
/* Sleep until there is memory again, as uvm_wait() does. */
void	uvm_wait(const char *wmesg);
/* Sleep until memory is freed or kern_heal() is called: an injected shortage. */
void	uvm_wait_healed(void);

/* Between uvm_page.c and uvm_pglist.c.  low, high: page frame numbers. */
/* The segment at a place in the order of allocation (0 first). */
struct uvm_seg *uvm_seg_in_order(unsigned place);
/* The segment and index of a page; NULL when p points to no page. */
struct uvm_seg *uvm_seg_of(const struct vm_page *p, uint64_t *index);
/* The segment of a page frame, or NULL. */
struct uvm_seg *uvm_seg_of_frame(uint64_t pfn);
/*
 * Take up to n free pages with from <= index < limit in ascending order; their frame
 * numbers into pfns.  Returns how many; *next is one past the last, or limit when the
 * range had fewer than n.
 */
size_t	uvm_seg_take(struct uvm_seg *, uint64_t from, uint64_t limit, size_t n,
	    uint64_t *pfns, uint64_t *next);
/*
 * Take `n` neighbouring free pages from the segment: first index on an `align` multiple (in
 * frame numbers), not crossing a `boundary` multiple (0: any).  False if there are none.
 */
bool	uvm_seg_take_run(struct uvm_seg *, uint64_t low, uint64_t high, uint64_t n,
	    uint64_t align, uint64_t boundary, uint64_t *index);
/* Pages were freed: wake who waits for memory. */
void	uvm_freed(void);

/* ---- bus_dma.c, virtio.c, virtio_vq.c, virtio_pci.c: see also virtio_core.h ---- */

struct kern_dma;

/*
 * virtio_pci_attach: attach "virtio0", of that number at the door, or its like; sets
 * self->dv_private; ends in config_found().
 * virtio_pci_rescan: reset and look for a driver again, unless one is attached.
 * virtio_pci_child_attached: did the last child finish its attachment?
 */
void	virtio_pci_attach(device_t self, unsigned device);
void	virtio_pci_rescan(device_t self);
bool	virtio_pci_child_attached(device_t self);

struct kernel {
	struct hw_machine	kn_machine;
	struct kern_prf		kn_prf;
	struct kern_mutex	kn_mutex;
	struct kern_condvar	kn_condvar;
	struct kern_lock	kn_lock;
	struct kern_kthread	kn_kthread;
	struct kern_sysctl	kn_sysctl;
	struct kern_autoconf	kn_autoconf;
	struct kern_kmem	kn_kmem;
	struct kern_uvm		kn_uvm;
	struct kern_dma		*kn_dma;	/* made when a bus first asks for a tag */
};

extern struct kernel *kernel;

static inline bool
kern_diagnostic(void)
{

	return kernel->kn_machine.diagnostic && panicstr == NULL;
}

/* These two run once a page. */
static inline bool
uvm_seg_is_used(const struct uvm_seg *seg, uint64_t index)
{

	return (seg->us_used[index / 64] >> index % 64 & 1) != 0;
}

/* Page frame numbers. */
static inline bool
uvm_seg_overlaps(const struct uvm_seg *seg, uint64_t low, uint64_t high)
{

	return high > seg->us_start && low < seg->us_start + seg->us_pages;
}

static inline void
uvm_seg_give(struct uvm_seg *seg, uint64_t index)
{
	uint64_t word = index / 64;

	seg->us_used[word] &= ~(UINT64_C(1) << index % 64);
	seg->us_full[word / 64] &= ~(UINT64_C(1) << word % 64);
	kernel->kn_uvm.ku_free++;
}

#endif /* SIM_KERN_KERNEL_H */
