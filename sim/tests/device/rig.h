/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test rig: a world with a balloon device, and the simplest guest that can drive it.
 *
 * The guest has one page for each part of each queue, one page of buffers a queue, and
 * writes rings by hand; nothing of the fake kernel is linked.
 */
#ifndef VIOSIM_TESTS_DEVICE_RIG_H
#define VIOSIM_TESTS_DEVICE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device/balloon/balloon.h"
#include "machine/world.h"

#define RIG_QUEUES 2
#define RIG_SIZE 8			/* entries a queue */
#define RIG_PAGES 4096			/* of guest memory, from frame 0 */
#define RIG_BUFFER_BYTES (64 * 4096)	/* a queue's buffers: contiguous */

struct rig_options {
	bool modern, msix;
	enum balloon_model model;
	struct balloon_config config;
	uint64_t request;		/* features that the guest wants */
};

struct rig_queue {
	uint8_t *desc, *driver, *device;
	uint64_t desc_bus, driver_bus, device_bus;
	uint8_t *buffer;
	uint64_t buffer_bus;
	uint16_t avail;
};

struct rig {
	struct world world;
	struct device device;
	struct rig_queue queue[RIG_QUEUES];
	struct event *event;		/* all events so far */
	size_t events, events_max;
	uint32_t *entry;		/* payload of the last DEV_TAKE */
	size_t entries;
	bool modern;
};

/* Legacy transport, QEMU, 8 entries a queue. */
void rig_options_init(struct rig_options *options);
/* Power on. */
struct rig *rig_new(const struct rig_options *options);
/* The same, and brought up to DRIVER_OK with both queues. */
struct rig *rig_new_live(const struct rig_options *options);
void rig_free(struct rig *rig);

/* A file's options, default before each test, and the rig that the test makes of them. */
#define RIG_FIXTURE \
	static struct rig_options options; \
	static struct rig *rig; \
	static void setup(void) { rig_options_init(&options); rig = NULL; } \
	static void teardown(void) { if (rig != NULL) rig_free(rig); }

uint64_t rig_read(struct rig *rig, enum hw_region region, unsigned offset, unsigned width);
void rig_write(struct rig *rig, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value);
/* The registers that both faces have. */
uint8_t rig_status(struct rig *rig);
void rig_set_status(struct rig *rig, uint8_t status);
uint8_t rig_isr(struct rig *rig);
uint32_t rig_config(struct rig *rig, unsigned offset);
void rig_set_config(struct rig *rig, unsigned offset, unsigned width, uint64_t value);
void rig_bring_up(struct rig *rig, uint64_t request);

/* Rings by hand. */
void rig_desc(struct rig *rig, unsigned q, uint16_t index, uint64_t address, uint32_t length,
    uint16_t flags, uint16_t next);
void rig_avail(struct rig *rig, unsigned q, uint16_t head);
void rig_notify(struct rig *rig, unsigned q);
/* One descriptor `head` of n page numbers from `first` at the start of the buffer; made
 * available, and the device notified. */
void rig_request(struct rig *rig, unsigned q, uint16_t head, uint32_t first, uint32_t n);
/* Three of one number each, made available before the device is notified. */
void rig_three(struct rig *rig, unsigned q);
uint16_t rig_used(struct rig *rig, unsigned q);		/* index of the used ring */
void rig_used_entry(struct rig *rig, unsigned q, uint16_t at, uint32_t *id, uint32_t *length);
void rig_expect_used(struct rig *rig, unsigned q, uint16_t at, uint32_t id, uint32_t length);

/* Let virtual time pass. */
void rig_pass(struct rig *rig, uint64_t ns);

/* How many events of a kind; the last of them (zeroes if there is none). */
unsigned rig_count(const struct rig *rig, enum event_kind kind);
struct event rig_last(const struct rig *rig, enum event_kind kind);
/* Events that record the behaviour of that name. */
unsigned rig_behaved(const struct rig *rig, const char *word);

#endif /* VIOSIM_TESTS_DEVICE_RIG_H */
