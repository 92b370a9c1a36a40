/* engine.h: one engine: a venue, a flow, perhaps a desk, and what joins them.
 *
 * live.c moves it with two threads and rings, sim.c with one thread and delay lines under
 * a virtual clock. Venue and desk are the same objects in both and cannot tell.
 */
#ifndef CP_ENGINE_H
#define CP_ENGINE_H

#include "base/clock.h"
#include "base/ring.h"
#include "base/snapshot.h"
#include "base/thread.h"
#include "desk/desk.h"
#include "drive/delay.h"
#include "venue/flow.h"

#define CP_ORDER_RING_CAPACITY 4096
#define CP_REPORT_RING_CAPACITY 16384
#define CP_CONTROL_RING_CAPACITY 64
#define CP_NOTE_RING_CAPACITY 8192
#define CP_SNAPSHOT_NS 25000000      /* how often a thread shows its state: 25 ms */
#define CP_SNAPSHOT_LATE_NS 50000000 /* when it does so even though it is busy */

static_assert(CP_REPORT_RING_CAPACITY > CP_VENUE_REPORT_MAX, "one step always fits");
static_assert(CP_ORDER_RING_CAPACITY > CP_DESK_ORDERS_MAX, "one step always fits");

/* What one thread has piled up since its picture was last shown. */
typedef struct cp_account {
    uint64_t loop_ns;  /* start of this round */
    uint64_t shown_ns; /* when the picture was written */
    uint64_t busy_ns, total_ns;
    bool was_busy;
} cp_account;

struct cp_engine {
    cp_config config;
    cp_venue *venue;
    cp_desk *desk; /* NULL: the venue alone */
    cp_flow_synthetic *synthetic;
    cp_flow_replay *replay;
    cp_clock clock;
    uint64_t start_ns;
    bool started;

    /* What the drive counts about the venue. Of the venue's thread. */
    cp_venue_picture venue_picture;
    bool md_stalled;
    cp_account venue_account;

    /* Live. */
    alignas(CP_LINE_PAIR) _Atomic bool running;
    cp_ring md_ring, report_ring, order_ring, control_ring, note_ring;
    cp_thread venue_thread, desk_thread;
    cp_snapshot venue_snapshot, desk_snapshot;

    /* Of the desk's thread. */
    alignas(CP_LINE_PAIR) cp_desk_picture desk_picture;
    cp_account desk_account;
    uint64_t timer_ns; /* when the desk's timer is due */
    _Atomic uint64_t note_lost_count;

    /* Virtual time. */
    cp_delay md_delay, report_delay, order_delay;

    /* Of the reading thread. */
    uint64_t *counts; /* CP_HISTOGRAM_COUNTS of them */
};

/* engine.c: what both drives do the same way. */

uint64_t cp_engine_flow_next_ns(const cp_engine *engine);
void cp_engine_flow_start(cp_engine *engine, uint64_t now_ns);
/* Submit the flow's next event. */
void cp_engine_flow_step(cp_engine *engine, uint64_t now_ns);
/* Give an order of the desk to the venue, and measure what it moved. */
void cp_engine_take_order(cp_engine *engine, const cp_order *order, uint64_t now_ns);
/* Tell the flow about its own orders; true when the report is the desk's instead. */
bool cp_engine_sort_report(cp_engine *engine, const cp_report *report);
void cp_engine_show_venue(cp_engine *engine, uint64_t now_ns);
void cp_engine_show_desk(cp_engine *engine, uint64_t now_ns);
void cp_engine_carry_notes(cp_engine *engine);

/* live.c */
int cp_live_start(cp_engine *engine);
int cp_live_stop(cp_engine *engine);

/* sim.c */
int cp_sim_run(cp_engine *engine, uint64_t md_events);
void cp_sim_command(cp_engine *engine, const cp_control *control);
uint64_t cp_sim_hash(const cp_engine *engine);

#endif /* CP_ENGINE_H */
