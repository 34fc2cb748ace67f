/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/scenario share.
 */
#include "tests/scenario/fixture.h"

#include "run/run.h"
#include "tests/suite.h"

static const char *const calls[] = {
	"mutex_enter", "uvm_pglistalloc", "virtio_dequeue", "virtio_enqueue_prep",
	"virtio_enqueue_reserve", NULL
};
static const char *const faults[] = {
	"uvm_pglistalloc.enomem", "virtio_enqueue_prep.eagain",
	"virtio_enqueue_reserve.eagain", NULL
};
static const char *const errnos[] = { "EAGAIN", "ENOMEM", NULL };
static const char *const rules[] = { "live.settle", "page.leak", NULL };

const struct scenario_vocab *
fixture_vocab(void)
{
	static struct scenario_vocab vocab;

	vocab = *run_vocab();
	vocab.calls = calls;
	vocab.faults = faults;
	vocab.errnos = errnos;
	vocab.errno_texts = NULL;
	vocab.rules = rules;
	return &vocab;
}

const char fixture_example[] =
	"format: 1\n"
	"scenario: inflate/odd-target\n"
	"summary: The host asks for 300 pages; the driver hands over exactly 300.\n"
	"tags: [smoke, inflate]\n"
	"\n"
	"machine: {memory: 64MiB, hz: 100}\n"
	"device: {type: balloon, features: [MUST_TELL_HOST], latency: 1ms}\n"
	"\n"
	"steps:\n"
	"  - at: 1s\n"
	"    name: host asks for 300 pages\n"
	"    target: 300 pages\n"
	"  - expect: host.actual == 300\n"
	"    within: 2s\n"
	"  - expect: host.held == 300            # by the device's own count\n"
	"  - at: 10s\n"
	"    target: 0 pages\n"
	"  - settle: {within: 60s}\n"
	"\n"
	"always:\n"
	"  - mem.free + mem.balloon + mem.others == mem.total\n"
	"never:\n"
	"  - host.discarded_in_use > 0\n"
	"finally:\n"
	"  - mem.balloon == 0\n";

const char fixture_everything[] =
	"format: 1\n"
	"scenario: all\n"
	"summary: \"Every key: of the format\"\n"
	"tags: [a, b-1]\n"
	"seeds: [7, 3, 12]\n"
	"matrix: {pages: [512, 1MiB],\n"
	"  call: [virtio_enqueue_prep.eagain, virtio_enqueue_reserve.eagain]}\n"
	"machine: {segments: [{at: 0, size: 3GiB}, {at: 4GiB, size: 5GiB}],\n"
	"  reserve: 1MiB, hz: 1000}\n"
	"machines:\n"
	"  - {transport: legacy, dma: coherent, interrupts: msix, softc: straddle}\n"
	"  - {memory: 32MiB, cpus: 2, diagnostic: false}\n"
	"device:\n"
	"  type: balloon\n"
	"  model: firecracker\n"
	"  features: [none]\n"
	"  latency: {inflate: 1ms, jitter: 3ticks}\n"
	"  initial: {target: 5, actual: 7 pages, held: 3}\n"
	"  queue_size: {inflate: 64, deflate: 0}\n"
	"  reset_keeps_actual: false\n"
	"  keeps_actual: true\n"
	"  ack: in-notify\n"
	"  config_irq: on-change\n"
	"limits: {time: 300s, events: 5000}\n"
	"policy: lenient\n"
	"rules: {off: [live.settle], why: the device completes nothing}\n"
	"needs: [possible.uvm_pglistalloc.enomem > 0, feature.MUST_TELL_HOST == 1]\n"
	"steps:\n"
	"  - target: {pages: $pages, irq: none}\n"
	"  - at: 0\n"
	"    target: 4MiB\n"
	"  - at: +3ticks\n"
	"    storm: {targets: [1, 2 pages], every: 1us, count: 9, irq: none}\n"
	"  - fail: {id: f1, call: uvm_pglistalloc, nth: 3, count: forever,\n"
	"      probability: 12.5%, errno: ENOMEM}\n"
	"  - fail: {id: f2, call: $call, vq: deflate, count: 2}\n"
	"  - fail: {id: f3, call: uvm_pglistalloc, block: true}\n"
	"  - heal: f1\n"
	"  - heal: all\n"
	"  - device: {latency: 5ms, jitter: 1us}\n"
	"  - device: {latency: {deflate: 5ms}, pause: inflate, resume: inflate}\n"
	"  - device: {drop: inflate, duplicate: deflate, count: 3}\n"
	"  - device: {wrong_queue: inflate, wrong_id: deflate, wrong_len: inflate, "
	"no_irq: inflate, coalesce: deflate}\n"
	"  - device: {needs_reset: true, actual: 9}\n"
	"  - irq: {source: config, spurious: false, count: 4}\n"
	"  - irq: {source: deflate}\n"
	"  - deliver: {irq: config, at: inflate entry}\n"
	"  - deliver: {irq: inflate, at: \"virtio_dequeue#2 after\"}\n"
	"  - deliver: {irq: inflate, at: virtio_dequeue}\n"
	"  - deliver: {irq: inflate, at: \"line 351#2\", answer: true}\n"
	"  - hold: {thread: viomb, at: line 7, for: 5ms}\n"
	"  - hold: {thread: viomb, at: access#17, for: 5ms}\n"
	"  - hold: {thread: viomb, until: \"a name: with, marks\"}\n"
	"  - name: \"a name: with, marks\"\n"
	"    guest: {use: 1000 pages}\n"
	"  - guest: {release: 500 pages}\n"
	"  - guest: {reboot: true}\n"
	"  - guest: {attach: again}\n"
	"  - guest: {detach: true}\n"
	"  - guest: {busy: 30s}\n"
	"  - expect: host.actual + 5 pages - host.held in 500..520\n"
	"    within: 1min\n"
	"    for: 2us\n"
	"  - expect: log ~ \"a \\\"quoted\\\" text\"\n"
	"  - expect: count(log ~ \"x, y\") == 2\n"
	"    for: 7ns\n"
	"  - expect-trace: [virtio_reset, {notify: {queue: deflate}}, {status: {status: RESET}},\n"
	"      {bus_dmamap_sync: {ops: PREREAD|PREWRITE, offset: 0}}, {cv_init: {wmesg: 'a: b'}},\n"
	"      {uvm_pglistalloc: {low: 0x10, waitok: true, nsegs: -1}}, slot: {state: freed}]\n"
	"    exactly: true\n"
	"    within: 5s\n"
	"  - wait: thread.state != waiting-memory\n"
	"    within: 1500us\n"
	"  - expect: thread.sleep <= 100ticks\n"
	"  - expect: sysctl.hw.viomb.npages == 4096 pages\n"
	"  - expect: vq.inflate.kicks + calls.uvm_pglistalloc == fail.f2.hits\n"
	"  - settle: {within: 2s}\n"
	"  - note: \"- a dash\"\n"
	"always:\n"
	"  - mem.free > 0\n"
	"  - {id: c1, that: mem.free >= mem.balloon}\n"
	"never:\n"
	"  - irq.config > 100\n"
	"finally:\n"
	"  - attach.result == ok\n"
	"  - {that: device.status == driver-ok, id: c2}\n";

void
fixture_free(struct scenario_doc **doc)
{
	scenario_doc_free(*doc);
}

static char *
capture_diags(struct diag_list *diags)
{
	return PRINTED(to, diag_list_print(diags, to, false));
}

struct scenario_doc *
fixture_doc(const char *path, const char *text, const struct scenario_vocab *vocab)
{
	struct diag_list diags;
	struct scenario_doc *doc;
	char *errors;

	diag_list_init(&diags);
	doc = scenario_load_text(path, text, strlen(text), vocab, &diags);
	errors = capture_diags(&diags);
	ck_assert_str_eq(errors, "");
	ck_assert_ptr_nonnull(doc);
	free(errors);
	diag_list_fini(&diags);
	return doc;
}

struct scenario_doc *
fixture_load_as(const char *path, const char *text)
{
	return fixture_doc(path, text, fixture_vocab());
}

struct scenario_doc *
fixture_load(const char *text)
{
	return fixture_load_as("t.yaml", text);
}

char *
fixture_errors_with(const char *path, const char *text, size_t size,
    const struct scenario_vocab *vocab)
{
	struct diag_list diags;
	struct scenario_doc *doc;
	char *errors = NULL;

	diag_list_init(&diags);
	doc = scenario_load_text(path, text, size, vocab, &diags);
	if (doc == NULL) {
		ck_assert_uint_gt(diags.count, 0);
		errors = capture_diags(&diags);
	} else {
		ck_assert_uint_eq(diags.reported, 0);
	}
	scenario_doc_free(doc);
	diag_list_fini(&diags);
	return errors;
}

char *
fixture_errors_of(const char *path, const char *text, size_t size)
{
	return fixture_errors_with(path, text, size, fixture_vocab());
}

char *
fixture_errors(const char *text)
{
	return fixture_errors_of("t.yaml", text, strlen(text));
}

char *
fixture_print(const struct scenario *sc)
{
	return PRINTED(to, scenario_print(sc, to));
}
