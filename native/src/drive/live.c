/* live.c: real time: the venue and the desk on threads of their own, joined by rings.
 *
 * Market data and reports are never dropped: before the venue takes an order or an event
 * of the flow it sees that whatever comes of it fits into both rings, and otherwise waits
 * for the desk, which shows as the ring's full count and as the flow's lateness. The desk
 * never waits for the venue: an order that does not fit is refused by the desk itself. So
 * neither can hold the other up for ever.
 *
 * In two processes what is missing here is on the other side of sockets, which a third
 * thread sees to: to the rings it is the desk, or the venue. Where cores are few the venue's
 * or desk's thread does that itself, between its own rounds.
 */
#include <sched.h>

#include "drive/exchange.h"
#include "drive/rehearsal.h"
#include "drive/remote.h"

#define BATCH 32 /* messages taken from one ring before looking at the others */

static void wait_for_sockets(cp_engine *engine, cp_thread *thread, uint64_t until_ns);

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

/* The round did something or not; is it time for a picture? */
static bool note_round(cp_thread *thread, cp_account *account, bool busy)
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
    return show;
}

/* Wait if the round had nothing to do, and say when it is time for a picture. */
static bool end_round(cp_thread *thread, cp_account *account, bool busy)
{
    bool show = note_round(thread, account, busy);
    if (busy)
        cp_thread_found_work(thread);
    else
        cp_thread_wait(thread);
    return show;
}

/* The same for a thread that sees to the sockets as well. */
static bool end_round_inline(cp_engine *engine, cp_thread *thread, cp_account *account,
                             bool busy, uint64_t until_ns)
{
    bool show = note_round(thread, account, busy);
    if (busy)
        cp_thread_found_work(thread);
    else
        wait_for_sockets(engine, thread, until_ns);
    return show;
}

static void ring_bell_of(cp_thread *thread)
{
    if (thread->waiting == CP_WAIT_PARK)
        cp_bell_ring(&thread->bell);
}

/* ---- sockets -------------------------------------------------------------------------- */

static cp_net *net_of(const cp_engine *engine)
{
    return engine->exchange ? &engine->exchange->net
           : engine->remote ? &engine->remote->net
                            : NULL;
}

/* The thread behind the sockets has been given something. */
static void ring_bell_of_net(cp_engine *engine)
{
    if (engine->net_thread.waiting == CP_WAIT_PARK && !engine->net_inline)
        cp_net_ring(net_of(engine));
}

static bool net_receive(cp_engine *engine, uint64_t now_ns)
{
    return engine->exchange ? cp_exchange_receive(engine->exchange, now_ns)
                            : cp_remote_receive(engine->remote, now_ns);
}

static bool net_send(cp_engine *engine)
{
    return engine->exchange
               ? cp_exchange_send(engine->exchange, cp_clock_now_ns(&engine->clock))
               : cp_remote_send(engine->remote);
}

/* Nothing to do: wait for sockets as the thread's waiting says, until_ns at the latest. */
static void wait_for_sockets(cp_engine *engine, cp_thread *thread, uint64_t until_ns)
{
    thread->idle_count++;
    if (thread->waiting != CP_WAIT_PARK || thread->idle_count < CP_PARK_AFTER / 20) {
        if (thread->waiting != CP_WAIT_SPIN)
            sched_yield();
        return;
    }
    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    uint64_t most_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    if (most_ns > CP_PARK_NS)
        most_ns = CP_PARK_NS;
    if (engine->exchange)
        cp_net_park(net_of(engine), most_ns, cp_exchange_is_idle, engine->exchange);
    else
        cp_net_park(net_of(engine), most_ns, cp_remote_is_idle, engine->remote);
}

static void net_run(void *argument)
{
    cp_engine *engine = argument;
    cp_thread *thread = &engine->net_thread;
    /* Pairs with the release in cp_live_stop. */
    while (atomic_load_explicit(&engine->running, memory_order_acquire)) {
        uint64_t now_ns = begin_round(engine, &engine->net_account);
        bool busy = net_receive(engine, now_ns);
        busy |= net_send(engine);
        note_round(thread, &engine->net_account, busy);
        if (busy)
            cp_thread_found_work(thread);
        else
            wait_for_sockets(engine, thread, UINT64_MAX);
    }
}

/* ---- venue --------------------------------------------------------------------------- */

/* Whatever one step can say fits. */
static bool venue_has_room(cp_engine *engine)
{
    bool room =
        !engine->has_listener ||
        (cp_ring_room(&engine->md_ring, CP_VENUE_MD_MAX) >= CP_VENUE_MD_MAX &&
         cp_ring_room(&engine->report_ring, CP_VENUE_REPORT_MAX) >= CP_VENUE_REPORT_MAX);
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
        if (!cp_engine_sort_report(engine, report))
            continue;
        cp_report *line = cp_ring_claim(&engine->report_ring, sent++);
        memcpy(line, report, CP_LINE);
        cp_engine_count_report(engine, line);
    }
    if (sent)
        cp_ring_publish(&engine->report_ring, sent);

    if (engine->has_listener && md->count) {
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
    if (engine->exchange && (sent || md->count))
        ring_bell_of_net(engine);
    cp_outbox_clear(reports);
    cp_outbox_clear(md);
    cp_engine_take_copies(engine);
}

static bool venue_take_orders(cp_engine *engine, uint64_t now_ns)
{
    uint64_t ready = cp_ring_ready(&engine->order_ring);
    uint64_t count = 0;
    while (count < ready && count < BATCH && venue_has_room(engine)) {
        const cp_order *order = cp_ring_peek(&engine->order_ring, 0);
        if (cp_transit_holds(&engine->transits[CP_LEG_ORDERS], order->sent_ns, now_ns))
            return true; /* soon */
        cp_engine_take_order(engine, order, now_ns);
        cp_transit_pass(&engine->transits[CP_LEG_ORDERS]);
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

/* What the venue has to do by the clock: its phases, the dead man's switch, what is left of
 * a cross. */
static bool venue_run_timer(cp_engine *engine, uint64_t now_ns)
{
    if (now_ns < engine->venue_timer_ns || !venue_has_room(engine))
        return false;
    bool more = cp_day_step(&engine->day, now_ns);
    venue_carry(engine);
    if (!more)
        engine->venue_timer_ns = now_ns + CP_DESK_TIMER_NS;
    return more;
}

static void venue_run(void *argument)
{
    cp_engine *engine = argument;
    bool has_timer = engine->exchange || engine->day.used;
    while (has_timer && venue_run_timer(engine, engine->start_ns))
        ; /* the phase the day begins with, before anybody trades */
    /* Pairs with the release in cp_live_stop. */
    while (atomic_load_explicit(&engine->running, memory_order_acquire)) {
        uint64_t now_ns = begin_round(engine, &engine->venue_account);
        bool busy = engine->net_inline && net_receive(engine, now_ns);
        bool ordered = venue_take_orders(engine, now_ns);
        if (engine->net_inline && ordered)
            net_send(engine); /* its answer does not wait for what the market does */
        busy |= ordered;
        busy |= venue_play_flow(engine, now_ns);
        busy |= has_timer && venue_run_timer(engine, now_ns);
        bool show;
        if (engine->net_inline) {
            busy |= net_send(engine);
            show = end_round_inline(engine, &engine->venue_thread, &engine->venue_account,
                                    busy, cp_engine_flow_next_ns(engine));
        } else {
            show = end_round(&engine->venue_thread, &engine->venue_account, busy);
        }
        if (show)
            cp_engine_show_venue(engine, now_ns);
    }
    cp_engine_show_venue(engine, cp_clock_now_ns(&engine->clock));
}

/* ---- desk ---------------------------------------------------------------------------- */

static void desk_make_room(cp_engine *engine)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    uint64_t held = engine->held_count;
    uint64_t room = cp_ring_room(&engine->order_ring, orders->capacity + held) - held;
    if (engine->remote && !cp_remote_is_up(engine->remote))
        room = 0;
    orders->limit = room < orders->capacity ? (uint32_t)room : orders->capacity;
    cp_engine_record_begin(engine, engine->desk_account.loop_ns);
}

/* The first `count` lines behind the ring's last one leave. */
static void desk_send(cp_engine *engine, uint64_t count)
{
    uint64_t sent_ns = cp_clock_now_ns(&engine->clock);
    for (uint64_t i = 0; i < count; i++)
        ((cp_order *)cp_ring_claim(&engine->order_ring, i))->sent_ns = sent_ns;
    cp_ring_publish(&engine->order_ring, count);
    if (!engine->remote)
        ring_bell_of(&engine->venue_thread);
    else
        ring_bell_of_net(engine); /* inline they are sent at the end of the round */
    /* They lie there until we write over them, whoever has read them meanwhile. */
    for (uint64_t i = 0; i < count; i++)
        cp_desk_on_sent(engine->desk, cp_ring_claim(&engine->order_ring, i - count),
                        sent_ns);
}

/* Orders held for their records: those on disk by now leave. With the journal in trouble
 * nothing new ever does; what only takes orders off goes at once. */
static bool desk_release_held(cp_engine *engine, uint64_t now_ns)
{
    uint64_t safe = cp_journal_safe(engine->journal), count = 0;
    while (count < engine->held_count && engine->held[count] <= safe)
        count++;
    if (count > 0) {
        desk_send(engine, count);
        engine->held_count -= count;
        memmove(engine->held, engine->held + count,
                engine->held_count * sizeof *engine->held);
    }
    if (engine->seen == CP_TROUBLE_NONE || engine->held_count == 0)
        return count > 0;
    uint64_t kept = 0, held = engine->held_count;
    engine->held_count = 0;
    for (uint64_t i = 0; i < held; i++) {
        cp_order order = *(const cp_order *)cp_ring_claim(&engine->order_ring, i);
        if (order.kind == CP_ORDER_NEW || order.kind == CP_ORDER_REPLACE)
            cp_engine_record_drop(engine, &order, now_ns);
        else
            memcpy(cp_ring_claim(&engine->order_ring, kept++), &order, CP_LINE);
    }
    if (kept > 0)
        desk_send(engine, kept);
    return true;
}

static void desk_carry_once(cp_engine *engine)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    uint64_t recorded = cp_engine_record_step(engine);
    if (orders->count) {
        for (uint32_t i = 0; i < orders->count; i++)
            memcpy(cp_ring_claim(&engine->order_ring, engine->held_count + i),
                   cp_outbox_at(orders, i), CP_LINE);
        if (CP_UNLIKELY(engine->held != NULL && engine->seen == CP_TROUBLE_NONE)) {
            for (uint32_t i = 0; i < orders->count; i++)
                engine->held[engine->held_count++] = recorded;
        } else {
            desk_send(engine, orders->count);
        }
        orders->limit -= orders->count;
        cp_outbox_clear(orders);
    }
    cp_engine_carry_notes(engine);
}

/* Orders do not wait for what the step has to say beside them. */
static void desk_carry(cp_engine *engine)
{
    do
        desk_carry_once(engine);
    while (cp_desk_finish(engine->desk));
}

/* When the desk has something: now, or, of what came over a socket, when it left the
 * socket. What is later than the desk's last step counts as that step's time. */
static uint64_t desk_time(cp_engine *engine, uint64_t received_ns)
{
    if (!engine->remote)
        return cp_clock_now_ns(&engine->clock);
    if (received_ns > engine->desk_now_ns)
        engine->desk_now_ns = received_ns;
    return engine->desk_now_ns;
}

static bool desk_take_controls(cp_engine *engine, uint64_t now_ns)
{
    uint64_t ready = cp_ring_ready(&engine->control_ring);
    if (ready > 0 && engine->remote)
        now_ns = desk_time(engine, now_ns);
    for (uint64_t i = 0; i < ready; i++) {
        desk_make_room(engine);
        cp_engine_record_control(engine, cp_ring_peek(&engine->control_ring, 0), now_ns);
        cp_desk_on_control(engine->desk, cp_ring_peek(&engine->control_ring, 0), now_ns);
        cp_ring_release(&engine->control_ring, 1);
        desk_carry(engine);
    }
    if (ready > 0)
        engine->desk_account.shown_ns = 0; /* whoever asked is waiting for the answer */
    return ready > 0;
}

static void desk_hear(cp_engine *engine, const cp_md *line)
{
    if (!engine->remote) {
        cp_desk_on_md(engine->desk, line, cp_clock_arrived_ns(&engine->clock, line),
                      &engine->clock);
        return;
    }
    cp_md md = *line;
    md.sent_ns = line->time_ns; /* when the exchange says it happened */
    cp_desk_on_md(engine->desk, &md, desk_time(engine, line->sent_ns), &engine->clock);
}

/* Whether the first message of that way is not there yet. */
static bool desk_holds(cp_engine *engine, cp_leg leg, uint64_t sent_ns)
{
    cp_transit *transit = &engine->transits[leg];
    return CP_UNLIKELY(transit->model != NULL) &&
           cp_transit_holds(transit, sent_ns, cp_clock_now_ns(&engine->clock));
}

static bool desk_take_reports(cp_engine *engine)
{
    uint64_t ready = cp_ring_ready(&engine->report_ring);
    for (uint64_t i = 0; i < ready; i++) {
        desk_make_room(engine);
        const cp_report *report = cp_ring_peek(&engine->report_ring, 0);
        if (desk_holds(engine, CP_LEG_REPORTS, report->time_ns))
            return true; /* soon */
        uint64_t now_ns = engine->remote ? desk_time(engine, report->time_ns)
                                         : cp_clock_arrived_ns(&engine->clock, report);
        cp_engine_record_report(engine, report, now_ns);
        cp_desk_on_report(engine->desk, report, now_ns, &engine->clock);
        cp_transit_pass(&engine->transits[CP_LEG_REPORTS]);
        cp_ring_release(&engine->report_ring, 1);
        desk_carry(engine);
    }
    return ready > 0;
}

static bool desk_take_md(cp_engine *engine)
{
    uint64_t ready = cp_ring_ready(&engine->md_ring);
    uint64_t most = ready < BATCH ? ready : BATCH, count = 0;
    while (count < most) {
        const cp_md *line = cp_ring_peek(&engine->md_ring, count);
        if (desk_holds(engine, CP_LEG_FEED, line->sent_ns))
            break;
        desk_make_room(engine);
        desk_hear(engine, line);
        desk_carry(engine);
        if (engine->net_inline && cp_ring_ready(&engine->order_ring) > 0)
            net_send(engine); /* nor does it wait for the rest of the data */
        cp_transit_pass(&engine->transits[CP_LEG_FEED]);
        count++;
    }
    if (count)
        cp_ring_release(&engine->md_ring, count);
    return ready > 0;
}

static bool desk_run_timer(cp_engine *engine, uint64_t now_ns)
{
    if (now_ns < engine->timer_ns)
        return false;
    engine->timer_ns = now_ns + CP_DESK_TIMER_NS;
    now_ns = engine->remote ? desk_time(engine, now_ns) : now_ns;
    desk_make_room(engine);
    cp_desk_on_timer(engine->desk, now_ns, &engine->clock);
    desk_carry(engine);
    cp_engine_record_timer(engine, now_ns);
    return true;
}

/* Places in a ring whose lines nobody writes soon: it is their pages that are wanted. */
#define BEHIND ((uint64_t) - 8)
#define AHEAD 48u
#define NEXT_LINES 4u

static void fetch_links(cp_engine *engine)
{
    cp_fetch_read(cp_ring_peek(&engine->md_ring, BEHIND));
    cp_fetch_read(cp_ring_peek(&engine->md_ring, AHEAD));
    cp_fetch_read(cp_ring_peek(&engine->report_ring, BEHIND));
    cp_fetch_read(cp_ring_peek(&engine->report_ring, AHEAD));
    for (uint64_t i = 0; i < NEXT_LINES; i++) {
        cp_fetch(cp_ring_claim(&engine->order_ring, engine->held_count + i));
        cp_fetch(cp_ring_claim(&engine->note_ring, i));
    }
    if (engine->journal)
        cp_journal_fetch(engine->journal, NEXT_LINES);
}

void cp_live_rehearse(cp_rehearsal *rehearsal, uint64_t now_ns)
{
    cp_engine *understudy = cp_rehearsal_prompt(rehearsal, now_ns);
    desk_take_reports(understudy);
    desk_take_md(understudy);
    cp_rehearsal_answer(rehearsal, now_ns);
}

/* A desk that never sleeps has time: it keeps at hand what the next order will touch, and
 * now and then walks the way an order takes, with an understudy in its place (rehearsal.h). */
static void desk_practise(cp_engine *engine, uint64_t now_ns)
{
    if (!engine->rehearsal)
        return;
    if (engine->net_inline && cp_remote_expects(engine->remote, now_ns))
        return; /* the answer is not to find it practising */
    fetch_links(engine);
    cp_desk_keep_warm(engine->desk);
    if (now_ns < engine->rehearsal_ns)
        return;
    engine->rehearsal_ns = now_ns + CP_REHEARSAL_NS;
    cp_live_rehearse(engine->rehearsal, now_ns);
    if (engine->remote && engine->net_inline)
        cp_remote_practise(engine->remote);
}

/* The first order of the day is not to be the slowest. */
static void desk_practise_first(cp_engine *engine)
{
    for (uint32_t i = 0; engine->rehearsal && i < CP_REHEARSALS_FIRST; i++)
        cp_live_rehearse(engine->rehearsal, cp_clock_now_ns(&engine->clock));
}

static void desk_run(void *argument)
{
    cp_engine *engine = argument;
    desk_practise_first(engine);
    /* Pairs with the release in cp_live_stop. */
    while (atomic_load_explicit(&engine->running, memory_order_acquire)) {
        uint64_t now_ns = begin_round(engine, &engine->desk_account);
        bool busy = engine->net_inline && net_receive(engine, now_ns);
        busy |= desk_take_controls(engine, now_ns);
        busy |= desk_take_reports(engine);
        if (engine->net_inline && cp_ring_ready(&engine->order_ring) > 0)
            busy |= net_send(engine); /* what a report made of it is not kept waiting */
        busy |= desk_take_md(engine);
        busy |= desk_run_timer(engine, now_ns);
        if (engine->held_count > 0)
            busy |= desk_release_held(engine, now_ns);
        if (!busy)
            desk_practise(engine, now_ns);
        bool show;
        if (engine->net_inline) {
            busy |= net_send(engine);
            show = end_round_inline(engine, &engine->desk_thread, &engine->desk_account,
                                    busy, engine->timer_ns);
        } else {
            show = end_round(&engine->desk_thread, &engine->desk_account, busy);
        }
        if (show)
            cp_engine_show_desk(engine, now_ns);
    }
    cp_engine_show_desk(engine, cp_clock_now_ns(&engine->clock));
}

/* ---- start and stop -------------------------------------------------------------------- */

static int32_t cpu_for(int32_t asked, uint32_t n)
{
    return asked == -1 ? cp_thread_choose_cpu(n) : asked;
}

/* A thread of its own for the sockets wants a core of its own, on this machine perhaps
 * beside the other process's two and the screen's. */
static bool is_inline(const cp_net_config *config)
{
    if (config->placement == CP_NET_AUTO)
        return cp_thread_cpu_count() < 6;
    return config->placement == CP_NET_INLINE;
}

static void place_threads(cp_engine *engine)
{
    const cp_config *config = &engine->config;
    cp_waiting waiting = cp_thread_resolve((cp_waiting)config->waiting);
    /* A spinning or yielding thread wants a core; parked ones are better left to the
     * scheduler when cores are few. */
    bool few = cp_thread_cpu_count() < 4;
    bool place = waiting != CP_WAIT_PARK || !few;
    engine->venue_thread.run = venue_run;
    engine->desk_thread.run = desk_run;
    engine->net_thread.run = net_run;
    /* Exchange and desk may share a machine: they choose different cores. */
    uint32_t net_core = engine->exchange ? 3 : 2;
    engine->venue_thread.cpu =
        cpu_for(config->venue_cpu == -1 && !place ? -2 : config->venue_cpu, 1);
    engine->desk_thread.cpu =
        cpu_for(config->desk_cpu == -1 && !place ? -2 : config->desk_cpu, 0);
    engine->net_thread.cpu =
        cpu_for(config->net.net_cpu == -1 && !place ? -2 : config->net.net_cpu, net_core);
    cp_thread *threads[] = { &engine->venue_thread, &engine->desk_thread,
                             &engine->net_thread };
    for (uint32_t i = 0; i < 3; i++) {
        threads[i]->argument = engine;
        threads[i]->waiting = waiting;
        threads[i]->priority = config->realtime;
    }
    engine->net_inline = net_of(engine) && is_inline(&config->net);
    if (net_of(engine)) {
        net_of(engine)->picture.placement =
            engine->net_inline ? CP_NET_INLINE : CP_NET_THREAD;
        net_of(engine)->polls = waiting != CP_WAIT_PARK;
    }
}

int cp_live_start(cp_engine *engine)
{
    if (atomic_load_explicit(&engine->running, memory_order_relaxed))
        return -EALREADY;
    place_threads(engine);
    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    if (!engine->started) {
        engine->start_ns = now_ns;
        cp_engine_flow_start(engine, now_ns);
        cp_day_start(&engine->day, now_ns);
        engine->started = true;
    }
    if (engine->journal) {
        int result = cp_engine_record_start(engine);
        if (result != 0)
            return result;
    }
    engine->memory_locked = engine->config.lock_memory && cp_thread_lock_memory() == 0;
    /* Pairs with the acquires in the threads. */
    atomic_store_explicit(&engine->running, true, memory_order_release);
    int result = engine->venue ? cp_thread_start(&engine->venue_thread) : 0;
    if (result == 0 && engine->desk)
        result = cp_thread_start(&engine->desk_thread);
    if (result == 0 && net_of(engine) && !engine->net_inline)
        result = cp_thread_start(&engine->net_thread);
    if (result != 0) {
        cp_live_stop(engine);
        engine->has_run = false;
    }
    return result;
}

int cp_live_stop(cp_engine *engine)
{
    bool ran = atomic_load_explicit(&engine->running, memory_order_relaxed);
    atomic_store_explicit(&engine->running, false, memory_order_release);
    cp_bell_ring(&engine->venue_thread.bell);
    cp_bell_ring(&engine->desk_thread.bell);
    cp_thread_join(&engine->venue_thread);
    cp_thread_join(&engine->desk_thread);
    cp_thread_join(&engine->net_thread);
    /* Nobody else is left: what is to be said last can be said from here. */
    if (ran && engine->exchange)
        cp_exchange_close(engine->exchange);
    if (ran && engine->remote)
        cp_remote_close(engine->remote);
    return 0;
}
