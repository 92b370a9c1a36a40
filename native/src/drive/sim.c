/* sim.c: virtual time: one thread, and the next thing that is due is what happens.
 *
 * Between venue and desk every message takes link_latency_ns. When several things are due
 * at one instant, their order is fixed: the order of `enum due`. Nothing else decides, so
 * equal inputs give equal outputs.
 */
#include "drive/engine.h"

enum due { DUE_VENUE, DUE_ORDER, DUE_FLOW, DUE_REPORT, DUE_MD, DUE_TIMER, DUE_NOTHING };

static bool venue_has_room(cp_engine *engine)
{
    bool room =
        !engine->desk || (cp_delay_room(&engine->md_delay) >= CP_VENUE_MD_MAX &&
                          cp_delay_room(&engine->report_delay) >= CP_VENUE_REPORT_MAX);
    if (CP_UNLIKELY(engine->hooks != NULL))
        room &= engine->hooks->has_room(engine->hooks->self);
    if (!room && !engine->md_stalled)
        engine->md_delay.full_count++;
    engine->md_stalled = !room;
    return room;
}

static void consider(enum due candidate, uint64_t due_ns, enum due *next,
                     uint64_t *next_ns)
{
    if (due_ns < *next_ns) {
        *next = candidate;
        *next_ns = due_ns;
    }
}

/* The next thing due, and when. */
static enum due find_next(cp_engine *engine, uint64_t *next_ns)
{
    enum due next = DUE_NOTHING;
    *next_ns = UINT64_MAX;
    if (venue_has_room(engine)) {
        consider(DUE_ORDER, cp_delay_next_ns(&engine->order_delay), &next, next_ns);
        consider(DUE_FLOW, cp_engine_flow_next_ns(engine), &next, next_ns);
        bool first = next != DUE_NOTHING && engine->venue_timer_ns <= *next_ns;
        if (engine->day.used && first) {
            next = DUE_VENUE;
            *next_ns = engine->venue_timer_ns;
        }
    }
    if (engine->desk) {
        consider(DUE_REPORT, cp_delay_next_ns(&engine->report_delay), &next, next_ns);
        consider(DUE_MD, cp_delay_next_ns(&engine->md_delay), &next, next_ns);
        if (next != DUE_NOTHING) /* the timer alone does not keep time going */
            consider(DUE_TIMER, engine->timer_ns, &next, next_ns);
    }
    return next;
}

static void venue_carry(cp_engine *engine, uint64_t now_ns)
{
    cp_outbox *md = cp_venue_md(engine->venue);
    cp_outbox *reports = cp_venue_reports(engine->venue);
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (!cp_engine_sort_report(engine, report))
            continue;
        if (CP_UNLIKELY(engine->hooks != NULL))
            engine->hooks->on_report(engine->hooks->self, report, now_ns);
        else
            cp_engine_count_report(engine,
                                   cp_delay_put(&engine->report_delay, report, now_ns));
    }
    if (CP_UNLIKELY(engine->hooks != NULL)) {
        for (uint32_t i = 0; i < md->count; i++)
            engine->hooks->on_md(engine->hooks->self, cp_outbox_at(md, i), now_ns);
    } else if (engine->desk) {
        for (uint32_t i = 0; i < md->count; i++) {
            cp_md *line = cp_delay_put(&engine->md_delay, cp_outbox_at(md, i), now_ns);
            line->sent_ns = now_ns;
        }
    }
    cp_outbox_clear(reports);
    cp_outbox_clear(md);
    cp_engine_take_copies(engine);
}

static void desk_make_room(cp_engine *engine)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    uint64_t room = cp_delay_room(&engine->order_delay);
    orders->limit = room < orders->capacity ? (uint32_t)room : orders->capacity;
    if (CP_UNLIKELY(engine->hooks != NULL) &&
        !engine->hooks->has_order_room(engine->hooks->self))
        orders->limit = 0;
    cp_engine_record_begin(engine, engine->clock.base_ns);
}

static void desk_carry_once(cp_engine *engine, uint64_t now_ns)
{
    cp_outbox *orders = cp_desk_orders(engine->desk);
    cp_engine_record_step(engine);
    for (uint32_t i = 0; i < orders->count; i++) {
        if (CP_UNLIKELY(engine->hooks != NULL)) {
            engine->hooks->on_order(engine->hooks->self, cp_outbox_at(orders, i), now_ns);
            cp_desk_on_sent(engine->desk, cp_outbox_at(orders, i), now_ns);
            continue;
        }
        cp_order *line =
            cp_delay_put(&engine->order_delay, cp_outbox_at(orders, i), now_ns);
        line->sent_ns = now_ns;
        cp_desk_on_sent(engine->desk, line, now_ns);
    }
    orders->limit -= orders->count;
    cp_outbox_clear(orders);
    cp_engine_carry_notes(engine);
}

static void desk_carry(cp_engine *engine, uint64_t now_ns)
{
    do
        desk_carry_once(engine, now_ns);
    while (cp_desk_finish(engine->desk));
}

static void play(cp_engine *engine, enum due next, uint64_t now_ns)
{
    switch (next) {
    case DUE_VENUE: {
        bool more = cp_day_step(&engine->day, now_ns);
        venue_carry(engine, now_ns);
        engine->venue_timer_ns = more ? now_ns : now_ns + CP_DESK_TIMER_NS;
        return;
    }
    case DUE_ORDER:
        cp_engine_take_order(engine, cp_delay_take(&engine->order_delay), now_ns);
        venue_carry(engine, now_ns);
        return;
    case DUE_FLOW:
        cp_engine_flow_step(engine, now_ns);
        venue_carry(engine, now_ns);
        return;
    case DUE_REPORT: {
        const cp_report *report = cp_delay_take(&engine->report_delay);
        desk_make_room(engine);
        cp_engine_record_report(engine, report, now_ns);
        cp_desk_on_report(engine->desk, report, now_ns, &engine->clock);
        desk_carry(engine, now_ns);
        return;
    }
    case DUE_MD:
        desk_make_room(engine);
        cp_desk_on_md(engine->desk, cp_delay_take(&engine->md_delay), now_ns,
                      &engine->clock);
        desk_carry(engine, now_ns);
        return;
    case DUE_TIMER:
        engine->timer_ns = now_ns + CP_DESK_TIMER_NS;
        desk_make_room(engine);
        cp_desk_on_timer(engine->desk, now_ns, &engine->clock);
        desk_carry(engine, now_ns);
        cp_engine_record_timer(engine, now_ns);
        return;
    case DUE_NOTHING:
        return;
    }
}

int cp_sim_run(cp_engine *engine, uint64_t md_events)
{
    if (!engine->started) {
        engine->start_ns = engine->clock.base_ns;
        cp_engine_flow_start(engine, engine->start_ns);
        engine->timer_ns = engine->start_ns + CP_DESK_TIMER_NS;
        engine->venue_timer_ns = engine->start_ns;
        cp_day_start(&engine->day, engine->start_ns);
        engine->started = true;
    }
    const cp_venue_counters *counts = cp_venue_counts(engine->venue);
    uint64_t target = counts->md_count + md_events;
    while (counts->md_count < target) {
        uint64_t due_ns;
        enum due next = find_next(engine, &due_ns);
        if (next == DUE_NOTHING)
            break;
        if (due_ns > engine->clock.base_ns)
            engine->clock.base_ns = due_ns;
        if (CP_UNLIKELY(engine->hooks != NULL))
            engine->hooks->before(engine->hooks->self);
        play(engine, next, engine->clock.base_ns);
        if (CP_UNLIKELY(engine->hooks != NULL))
            engine->hooks->after(engine->hooks->self);
    }
    cp_engine_show_venue(engine, engine->clock.base_ns);
    if (engine->desk)
        cp_engine_show_desk(engine, engine->clock.base_ns);
    return 0;
}

void cp_sim_command(cp_engine *engine, const cp_control *control)
{
    desk_make_room(engine);
    cp_engine_record_control(engine, control, engine->clock.base_ns);
    cp_desk_on_control(engine->desk, control, engine->clock.base_ns);
    desk_carry(engine, engine->clock.base_ns);
    cp_engine_show_desk(engine, engine->clock.base_ns);
}

uint64_t cp_sim_hash(const cp_engine *engine)
{
    const cp_venue_counters *counts = cp_venue_counts(engine->venue);
    uint64_t hash = cp_mix(counts->hash, counts->md_count);
    hash = cp_mix(hash, engine->clock.base_ns);
    return engine->desk ? cp_mix(hash, cp_desk_hash(engine->desk)) : hash;
}
