/* engine.h: one engine: a venue, a flow, perhaps a desk, and what joins them.
 *
 * live.c moves it with two threads and rings, sim.c with one thread and delay lines under
 * a virtual clock. Venue and desk are the same objects in both and cannot tell. In two
 * processes each has one of them, and exchange.h or remote.h on the other end of the rings.
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

typedef struct cp_exchange cp_exchange; /* exchange.h */
typedef struct cp_remote cp_remote;     /* remote.h */

struct cp_engine {
    cp_config config;
    cp_venue *venue;       /* NULL: it is in another process */
    cp_desk *desk;         /* NULL: the venue alone, or for desks of other processes */
    cp_exchange *exchange; /* NULL unless the role is EXCHANGE */
    cp_remote *remote;     /* NULL unless the role is REMOTE */
    bool has_listener;     /* somebody takes what the venue says off the rings */
    bool net_inline;       /* the venue's or desk's thread sees to the sockets */
    cp_flow_synthetic *synthetic;
    cp_flow_replay *replay;
    cp_clock clock;
    uint64_t start_ns;
    bool started;

    /* What the drive counts about the venue. Of the venue's thread. */
    cp_venue_picture venue_picture;
    bool md_stalled;
    uint64_t venue_timer_ns; /* when the venue's timer is due */
    cp_account venue_account;

    /* Live. */
    alignas(CP_LINE_PAIR) _Atomic bool running;
    cp_ring md_ring, report_ring, order_ring, control_ring, note_ring;
    cp_thread venue_thread, desk_thread, net_thread;
    cp_snapshot venue_snapshot, desk_snapshot;

    /* Of the desk's thread. */
    alignas(CP_LINE_PAIR) cp_desk_picture desk_picture;
    cp_account desk_account;
    uint64_t desk_now_ns; /* time given to the desk last: it never goes back */
    uint64_t timer_ns;    /* when the desk's timer is due */
    _Atomic uint64_t note_lost_count;

    /* Of the thread that sees to the sockets. */
    alignas(CP_LINE_PAIR) cp_account net_account;

    /* Virtual time. */
    cp_delay md_delay, report_delay, order_delay;

    /* Of the reading thread. */
    uint64_t *counts; /* CP_HISTOGRAM_COUNTS of them */
};

/* engine.c: what both drives do the same way. */

/* What the venue calls the n-th user of an exchange. The first is to it what the desk is
 * to an embedded one, so that a replay measures what it does to the recording. */
uint16_t cp_engine_participant(uint32_t user);

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
