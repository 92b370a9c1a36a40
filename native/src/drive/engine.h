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
#include "drive/day.h"
#include "drive/delay.h"
#include "drive/journal.h"
#include "drive/versions.h"
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

typedef struct cp_exchange cp_exchange;   /* exchange.h */
typedef struct cp_remote cp_remote;       /* remote.h */
typedef struct cp_rehearsal cp_rehearsal; /* rehearsal.h */

/* What a test does to an engine in virtual time: it stands on the links, where it passes
 * on what it likes, and is asked before and told after each thing that happens. */
typedef struct cp_sim_hooks {
    bool (*has_room)(void *self);
    void (*on_order)(void *self, const cp_order *order, uint64_t now_ns);
    void (*on_report)(void *self, const cp_report *report, uint64_t now_ns);
    void (*on_md)(void *self, const cp_md *md, uint64_t now_ns);
    bool (*has_order_room)(void *self);
    void (*before)(void *self);
    void (*after)(void *self);
    void *self;
} cp_sim_hooks;

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
    bool has_run; /* it was started, and not in vain */
    bool memory_locked;

    /* What the drive counts about the venue. Of the venue's thread. */
    cp_venue_picture venue_picture;
    uint64_t executed_count; /* executions the desk was told of */
    bool md_stalled;
    uint64_t venue_timer_ns; /* when the venue's timer is due */
    cp_day day;
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
    cp_journal *journal;     /* NULL: nothing is written down */
    cp_journal_trouble seen; /* what the desk has been told of it */
    uint64_t ids_end;        /* client ids set aside, and the record that says so */
    uint64_t said_recorded;  /* notes there had been when the state was last looked at */
    uint64_t ids_sequence;
    uint64_t recovered_hash;
    cp_versions versions;    /* of what strategies run with; as the journal has them */
    int64_t segment_wall_ns; /* of the segment begun last: as cp_journal_segment has it */
    bool new_day;            /* the journal's last record is of an earlier one */
    uint64_t held_count; /* lines behind the ring's last that wait for their records */
    cp_rehearsal *rehearsal; /* NULL unless it spins */
    uint64_t rehearsal_ns;   /* when the next is due */
    uint64_t *held;          /* which records those are, by line; level 2 only */

    /* Of the thread that sees to the sockets. */
    alignas(CP_LINE_PAIR) cp_account net_account;

    /* Virtual time. */
    cp_delay md_delay, report_delay, order_delay;
    const cp_sim_hooks *hooks; /* NULL but in a test */

    /* Each of whoever takes the messages off: venue, desk or the sockets' thread. */
    alignas(CP_LINE_PAIR) cp_transit transits[CP_LEG_COUNT];

    /* Of the reading thread. */
    uint64_t *counts; /* CP_HISTOGRAM_COUNTS of them */
};

/* engine.c: what both drives do the same way. */

/* What the venue calls the n-th user of an exchange. The first is to it what the desk is
 * to an embedded one, so that a replay measures what it does to the recording. */
uint16_t cp_engine_participant(uint32_t user);

/* What the config says of the venue's day, of bounds and of delays. -ENOSPC. */
int cp_engine_set_rules(cp_engine *engine);
void cp_engine_set_latency(cp_engine *engine);
uint64_t cp_engine_flow_next_ns(const cp_engine *engine);
void cp_engine_flow_start(cp_engine *engine, uint64_t now_ns);
/* Submit the flow's next event. */
void cp_engine_flow_step(cp_engine *engine, uint64_t now_ns);
/* Give an order of the desk to the venue, and measure what it moved. */
void cp_engine_take_order(cp_engine *engine, const cp_order *order, uint64_t now_ns);
/* A report on its way to the desk: executions are counted, and answers about orders say
 * how many there were. */
void cp_engine_count_report(cp_engine *engine, cp_report *report);
/* Tell the flow about its own orders; true when the report is the desk's instead. */
bool cp_engine_sort_report(cp_engine *engine, const cp_report *report);
/* drop_copy.c: have the venue tell of the desk's trades beside its reports; and add up
 * what it told in the last step. */
int cp_engine_open_copies(cp_engine *engine);
void cp_engine_take_copies(cp_engine *engine);
void cp_engine_show_venue(cp_engine *engine, uint64_t now_ns);
void cp_engine_show_desk(cp_engine *engine, uint64_t now_ns);
void cp_engine_carry_notes(cp_engine *engine);

/* record.c: the desk's steps, written down. Nothing is done without a journal. */

/* The report or control that the step is about. */
void cp_engine_record_report(cp_engine *engine, const cp_report *report, uint64_t now_ns);
void cp_engine_record_control(cp_engine *engine, const cp_control *control,
                              uint64_t now_ns);
void cp_recorded_begin(cp_engine *engine, uint64_t now_ns);
uint64_t cp_recorded_step(cp_engine *engine);

/* Before a step: halt the desk if the journal could not take what it may say. */
static inline void cp_engine_record_begin(cp_engine *engine, uint64_t now_ns)
{
    if (engine->journal)
        cp_recorded_begin(engine, now_ns);
}

/* After it, before anything leaves: what the desk has decided. The sequence of the last
 * record; what was recorded counts from now on. */
static inline uint64_t cp_engine_record_step(cp_engine *engine)
{
    return engine->journal ? cp_recorded_step(engine) : 0;
}

/* Between steps, now and then: ids, stalls, a new segment. */
void cp_engine_record_timer(cp_engine *engine, uint64_t now_ns);
/* It was recorded and will not leave: the desk is told so. */
void cp_engine_record_drop(cp_engine *engine, const cp_order *order, uint64_t now_ns);

/* Begin a segment: with a snapshot. */
void cp_engine_record_segment(cp_engine *engine, uint64_t now_ns);

/* recovery.c */

/* Open the journal the config names, or take over `store`; restore the desk from it. */
int cp_engine_recover(cp_engine *engine, const cp_store *store, char *error);
/* The first client id of a desk that begins with no journal, or a new one. */
uint64_t cp_engine_first_id(const cp_engine *engine);
/* Before trading begins: the writer runs, a snapshot and the first ids are on disk. */
int cp_engine_record_start(cp_engine *engine);
/* When it has ended: the rest is on disk. */
void cp_engine_record_stop(cp_engine *engine);

/* live.c */
int cp_live_start(cp_engine *engine);
int cp_live_stop(cp_engine *engine);
/* One rehearsal: no other desk hears or knows of it. */
void cp_live_rehearse(cp_rehearsal *rehearsal, uint64_t now_ns);

/* sim.c */
int cp_sim_run(cp_engine *engine, uint64_t md_events);
void cp_sim_command(cp_engine *engine, const cp_control *control);
uint64_t cp_sim_hash(const cp_engine *engine);

#endif /* CP_ENGINE_H */
