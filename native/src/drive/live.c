/* live.c: real time: the venue and the desk on threads of their own, joined by rings.
 *
 * Market data and reports are never dropped: before the venue takes an order or an event
 * of the flow it sees that whatever comes of it fits into both rings, and otherwise waits
 * for the desk, which shows as the ring's full count and as the flow's lateness. The desk
 * never waits for the venue: an order that does not fit is refused by the desk itself. So
 * neither can hold the other up for ever.
 */
#include "drive/engine.h"

#define BATCH 32 /* messages taken from one ring before looking at the others */

/* ---- accounts ------------------------------------------------------------------------ */

/* A round begins: charge the last one. The time of day for this round. */
static uint64_t begin_round(cp_engine *engine, cp_account *account)
{
    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    if (account->loop_ns) {
        uint64_t spent_ns = now_ns - account->loop_ns;
        account->total_ns += spent_ns;
        if (account->was_busy)
            account->busy_ns += spent_ns;
    }
    account->loop_ns = now_ns;
    return now_ns;
}

/* The round did something or not: wait if not, and say when it is time for a picture. */
static bool end_round(cp_thread *thread, cp_account *account, bool busy)
{
    account->was_busy = busy;
    uint64_t age_ns = account->loop_ns - account->shown_ns;
    bool show = age_ns >= (busy ? CP_SNAPSHOT_LATE_NS : CP_SNAPSHOT_NS);
    if (show) {
        account->shown_ns = account->loop_ns;
        atomic_store_explicit(&thread->busy_ns, account->busy_ns, memory_order_relaxed);
        atomic_store_explicit(&thread->total_ns, account->total_ns, memory_order_relaxed);
        atomic_store_explicit(&thread->heartbeat_ns, account->loop_ns,
                              memory_order_relaxed);
    }
    if (busy)
        cp_thread_found_work(thread);
    else
        cp_thread_wait(thread);
    return show;
}

static void ring_bell_of(cp_thread *thread)
{
    if (thread->waiting == CP_WAIT_PARK)
        cp_bell_ring(&thread->bell);
}

/* ---- venue --------------------------------------------------------------------------- */

/* Whatever one step can say fits. */
static bool venue_has_room(cp_engine *engine)
{
    bool room = !engine->desk || (cp_ring_room(&engine->md_ring, CP_VENUE_MD_MAX) >=
                                      CP_VENUE_MD_MAX &&
                                  cp_ring_room(&engine->report_ring, CP_VENUE_REPORT_MAX) >=
                                      CP_VENUE_REPORT_MAX);
    if (!room && !engine->md_stalled)
        cp_ring_count_full(&engine->md_ring);
    engine->md_stalled = !room;
    return room;
}

/* Carry off what the last step said. */
static void venue_carry(cp_engine *engine)
{
    cp_outbox *md = cp_venue_md(engine->venue);
    cp_outbox *reports = cp_venue_reports(engine->venue);

    uint32_t sent = 0;
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (cp_engine_sort_report(engine, report))
            memcpy(cp_ring_claim(&engine->report_ring, sent++), report, CP_LINE);
    }
    if (sent)
        cp_ring_publish(&engine->report_ring, sent);

    if (engine->desk && md->count) {
        uint64_t sent_ns = cp_clock_now_ns(&engine->clock);
        for (uint32_t i = 0; i < md->count; i++) {
            cp_md *line = cp_ring_claim(&engine->md_ring, i);
            memcpy(line, cp_outbox_at(md, i), CP_LINE);
            line->sent_ns = sent_ns;
        }
        cp_ring_publish(&engine->md_ring, md->count);
    }
    if (engine->desk && (sent || md->count))
        ring_bell_of(&engine->desk_thread);
    cp_outbox_clear(reports);
    cp_outbox_clear(md);
}

static bool venue_take_orders(cp_engine *engine, uint64_t now_ns)
{
    uint64_t ready = cp_ring_ready(&engine->order_ring);
    uint64_t count = 0;
    while (count < ready && count < BATCH && venue_has_room(engine)) {
        const cp_order *order = cp_ring_peek(&engine->order_ring, 0);
        cp_engine_take_order(engine, order, now_ns);
        cp_ring_release(&engine->order_ring, 1);
        venue_carry(engine);
        count++;
    }
    return count > 0;
}

static bool venue_play_flow(cp_engine *engine, uint64_t now_ns)
{
    uint32_t count = 0;
    while (count < BATCH && cp_engine_flow_next_ns(engine) <= now_ns &&
           venue_has_room(engine)) {
        cp_engine_flow_step(engine, now_ns);
        venue_carry(engine);
        count++;
    }
    return count > 0;
}

static void venue_run(void *argument)
{
    cp_engine *engine = argument;
    /* Pairs with the release in cp_live_stop. */
    while (atomic_load_explicit(&engine->running, memory_order_acquire)) {
        uint64_t now_ns = begin_round(engine, &engine->venue_account);
        bool busy = venue_take_orders(engine, now_ns);
        busy |= venue_play_flow(engine, now_ns);
        if (end_round(&engine->venue_thread, &engine->venue_account, busy))
            cp_engine_show_venue(engine, now_ns);
    }
    cp_engine_show_venue(engine, cp_clock_now_ns(&engine->clock));
}

/* ---- desk ---------------------------------------------------------------------------- */

static void desk_make_room(cp_engine *engine)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    uint64_t room = cp_ring_room(&engine->order_ring, orders->capacity);
    orders->limit = room < orders->capacity ? (uint32_t)room : orders->capacity;
}

static void desk_carry(cp_engine *engine)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    if (orders->count) {
        uint64_t sent_ns = cp_clock_now_ns(&engine->clock);
        for (uint32_t i = 0; i < orders->count; i++) {
            cp_order *line = cp_ring_claim(&engine->order_ring, i);
            memcpy(line, cp_outbox_at(orders, i), CP_LINE);
            line->sent_ns = sent_ns;
        }
        cp_ring_publish(&engine->order_ring, orders->count);
        ring_bell_of(&engine->venue_thread);
        for (uint32_t i = 0; i < orders->count; i++)
            cp_desk_on_sent(engine->desk, cp_outbox_at(orders, i), sent_ns);
        cp_outbox_clear(orders);
    }
    cp_engine_carry_notes(engine);
}

static bool desk_take_controls(cp_engine *engine, uint64_t now_ns)
{
    uint64_t ready = cp_ring_ready(&engine->control_ring);
    for (uint64_t i = 0; i < ready; i++) {
        desk_make_room(engine);
        cp_desk_on_control(engine->desk, cp_ring_peek(&engine->control_ring, 0), now_ns);
        cp_ring_release(&engine->control_ring, 1);
        desk_carry(engine);
    }
    return ready > 0;
}

static bool desk_take_reports(cp_engine *engine)
{
    uint64_t ready = cp_ring_ready(&engine->report_ring);
    for (uint64_t i = 0; i < ready; i++) {
        desk_make_room(engine);
        cp_desk_on_report(engine->desk, cp_ring_peek(&engine->report_ring, 0),
                          cp_clock_now_ns(&engine->clock), &engine->clock);
        cp_ring_release(&engine->report_ring, 1);
        desk_carry(engine);
    }
    return ready > 0;
}

static bool desk_take_md(cp_engine *engine)
{
    uint64_t ready = cp_ring_ready(&engine->md_ring);
    uint64_t count = ready < BATCH ? ready : BATCH;
    for (uint64_t i = 0; i < count; i++) {
        desk_make_room(engine);
        cp_desk_on_md(engine->desk, cp_ring_peek(&engine->md_ring, i),
                      cp_clock_now_ns(&engine->clock), &engine->clock);
        desk_carry(engine);
    }
    if (count)
        cp_ring_release(&engine->md_ring, count);
    return count > 0;
}

static bool desk_run_timer(cp_engine *engine, uint64_t now_ns)
{
    if (now_ns < engine->timer_ns)
        return false;
    engine->timer_ns = now_ns + CP_DESK_TIMER_NS;
    desk_make_room(engine);
    cp_desk_on_timer(engine->desk, now_ns, &engine->clock);
    desk_carry(engine);
    return true;
}

static void desk_run(void *argument)
{
    cp_engine *engine = argument;
    /* Pairs with the release in cp_live_stop. */
    while (atomic_load_explicit(&engine->running, memory_order_acquire)) {
        uint64_t now_ns = begin_round(engine, &engine->desk_account);
        bool busy = desk_take_controls(engine, now_ns);
        busy |= desk_take_reports(engine);
        busy |= desk_take_md(engine);
        busy |= desk_run_timer(engine, now_ns);
        if (end_round(&engine->desk_thread, &engine->desk_account, busy))
            cp_engine_show_desk(engine, now_ns);
    }
    cp_engine_show_desk(engine, cp_clock_now_ns(&engine->clock));
}

/* ---- start and stop -------------------------------------------------------------------- */

static int32_t cpu_for(int32_t asked, uint32_t n)
{
    return asked == -1 ? cp_thread_choose_cpu(n) : asked;
}

int cp_live_start(cp_engine *engine)
{
    if (atomic_load_explicit(&engine->running, memory_order_relaxed))
        return -EALREADY;

    engine->venue_thread.run = venue_run;
    engine->desk_thread.run = desk_run;
    engine->venue_thread.argument = engine->desk_thread.argument = engine;
    cp_waiting waiting = cp_thread_resolve((cp_waiting)engine->config.waiting);
    /* A spinning or yielding thread wants a core; parked ones are better left to the
     * scheduler when cores are few. */
    bool few = cp_thread_cpu_count() < 4;
    bool place = waiting != CP_WAIT_PARK || !few;
    engine->venue_thread.cpu =
        cpu_for(engine->config.venue_cpu == -1 && !place ? -2 : engine->config.venue_cpu, 1);
    engine->desk_thread.cpu =
        cpu_for(engine->config.desk_cpu == -1 && !place ? -2 : engine->config.desk_cpu, 0);
    engine->venue_thread.waiting = engine->desk_thread.waiting = waiting;

    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    if (!engine->started) {
        engine->start_ns = now_ns;
        cp_engine_flow_start(engine, now_ns);
        engine->started = true;
    }
    /* Pairs with the acquires in the threads. */
    atomic_store_explicit(&engine->running, true, memory_order_release);
    int result = cp_thread_start(&engine->venue_thread);
    if (result == 0 && engine->desk)
        result = cp_thread_start(&engine->desk_thread);
    if (result != 0)
        cp_live_stop(engine);
    return result;
}

int cp_live_stop(cp_engine *engine)
{
    atomic_store_explicit(&engine->running, false, memory_order_release);
    cp_bell_ring(&engine->venue_thread.bell);
    cp_bell_ring(&engine->desk_thread.bell);
    cp_thread_join(&engine->venue_thread);
    cp_thread_join(&engine->desk_thread);
    return 0;
}
