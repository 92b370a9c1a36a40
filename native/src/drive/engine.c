/* engine.c: what the live and the virtual drive do the same way. */
#include "drive/engine.h"

static_assert(CP_DESK_PARTICIPANT == CP_PARTICIPANT_DESK, "desk and venue mean the same");

uint64_t cp_engine_flow_next_ns(const cp_engine *engine)
{
    if (engine->replay)
        return cp_flow_replay_next_ns(engine->replay);
    if (engine->synthetic)
        return cp_flow_synthetic_next_ns(engine->synthetic);
    return CP_NEVER;
}

void cp_engine_flow_start(cp_engine *engine, uint64_t now_ns)
{
    if (engine->replay)
        cp_flow_replay_start(engine->replay, now_ns);
    if (engine->synthetic)
        cp_flow_synthetic_start(engine->synthetic, now_ns);
}

void cp_engine_flow_step(cp_engine *engine, uint64_t now_ns)
{
    if (engine->replay)
        cp_flow_replay_step(engine->replay, engine->venue, now_ns);
    else
        cp_flow_synthetic_step(engine->synthetic, engine->venue, now_ns);
    engine->venue_picture.event_count++;
}

/* Bid + ask, or 0 when a side is empty. */
static int64_t mid2(const cp_book *book)
{
    int64_t bid = cp_book_best(book, CP_BUY), ask = cp_book_best(book, CP_SELL);
    return bid == CP_PRICE_NONE || ask == CP_PRICE_NONE ? 0 : bid + ask;
}

/* The venue's own choice where the order has none. */
static const cp_order *with_smp(const cp_engine *engine, const cp_order *order,
                                cp_order *made)
{
    bool matches = order->kind == CP_ORDER_NEW || order->kind == CP_ORDER_REPLACE;
    if (engine->config.rules.smp == CP_SMP_NONE || order->smp != CP_SMP_NONE || !matches)
        return order;
    *made = *order;
    made->smp = (uint8_t)engine->config.rules.smp;
    return made;
}

void cp_engine_take_order(cp_engine *engine, const cp_order *order, uint64_t now_ns)
{
    cp_order made;
    order = with_smp(engine, order, &made);
    engine->venue_picture.order_count++;
    if (order->symbol >= engine->config.symbol_count) {
        cp_venue_on_order(engine->venue, order, now_ns); /* which will refuse it */
        return;
    }
    const cp_book *book = cp_venue_book(engine->venue, order->symbol);
    const cp_venue_counters *counts = cp_venue_counts(engine->venue);
    int64_t before = mid2(book);
    uint64_t trade_count = counts->trade_count;

    cp_venue_on_order(engine->venue, order, now_ns);

    int64_t after = mid2(book);
    if (counts->trade_count > trade_count && before && after) {
        engine->venue_picture.impact2 +=
            order->side == CP_BUY ? after - before : before - after;
        engine->venue_picture.impact_count++;
    }
}

int cp_engine_set_rules(cp_engine *engine)
{
    uint16_t participants[CP_USER_MAX] = { CP_PARTICIPANT_DESK };
    uint32_t count = 1;
    if (engine->config.net.role == CP_ROLE_EXCHANGE)
        for (count = 0; count < engine->config.net.user_count; count++)
            participants[count] = cp_engine_participant(count);
    return cp_day_init(&engine->day, engine->venue, &engine->config, participants, count);
}

void cp_engine_set_latency(cp_engine *engine)
{
    for (uint32_t way = 0; way < CP_LEG_COUNT; way++)
        cp_transit_init(&engine->transits[way], &engine->config.latency[way],
                        engine->config.seed + way);
    cp_delay *lines[CP_LEG_COUNT] = { &engine->order_delay, &engine->report_delay,
                                      &engine->md_delay };
    for (uint32_t way = 0; way < CP_LEG_COUNT; way++)
        lines[way]->transit = engine->transits[way].model ? &engine->transits[way] : NULL;
}

#define PARTICIPANT_USERS 0x8000u /* far above the flow's */

uint16_t cp_engine_participant(uint32_t user)
{
    return user == 0 ? CP_PARTICIPANT_DESK : (uint16_t)(PARTICIPANT_USERS + user);
}

void cp_engine_count_report(cp_engine *engine, cp_report *report)
{
    if (report->kind == CP_REPORT_EXECUTED)
        engine->executed_count++;
    else if (report->kind == CP_REPORT_STATUS)
        report->match_ref = engine->executed_count;
}

bool cp_engine_sort_report(cp_engine *engine, const cp_report *report)
{
    if (report->participant == CP_PARTICIPANT_DESK ||
        report->participant >= PARTICIPANT_USERS)
        return engine->has_listener;
    if (engine->replay)
        cp_flow_replay_on_report(engine->replay, report);
    else if (engine->synthetic)
        cp_flow_synthetic_on_report(engine->synthetic, report);
    return false;
}

void cp_engine_show_venue(cp_engine *engine, uint64_t now_ns)
{
    cp_venue_picture *picture = &engine->venue_picture;
    const cp_venue_counters *counts = cp_venue_counts(engine->venue);
    uint64_t due_ns = cp_engine_flow_next_ns(engine);

    picture->time_ns = now_ns;
    picture->md_count = counts->md_count;
    picture->trade_count = counts->trade_count;
    picture->traded_qty = counts->traded_qty;
    picture->resting_count = cp_venue_resting_count(engine->venue);
    picture->late_ns = due_ns < now_ns ? now_ns - due_ns : 0;
    if (engine->replay) {
        cp_flow_replay_read(engine->replay, &picture->replay);
        if (engine->config.flow.replay_speed == 0)
            picture->late_ns = 0; /* as fast as it goes has no schedule */
    }
    cp_snapshot_write(&engine->venue_snapshot, picture);
}

void cp_engine_show_desk(cp_engine *engine, uint64_t now_ns)
{
    cp_desk_read(engine->desk, &engine->desk_picture, now_ns);
    if (engine->journal) {
        cp_journal_picture *journal = &engine->desk_picture.journal;
        cp_journal_read(engine->journal, journal, now_ns);
        journal->recovered_hash = engine->recovered_hash;
    }
    engine->desk_picture.counters.note_lost_count +=
        atomic_load_explicit(&engine->note_lost_count, memory_order_relaxed);
    cp_snapshot_write(&engine->desk_snapshot, &engine->desk_picture);
}

/* Notes are for people: when nobody reads them they are counted and let go. */
void cp_engine_carry_notes(cp_engine *engine)
{
    cp_outbox *notes = cp_desk_notes(engine->desk);
    if (notes->count == 0)
        return;
    uint64_t room = cp_ring_room(&engine->note_ring, notes->count);
    uint64_t count = notes->count < room ? notes->count : room;
    for (uint32_t i = 0; i < count; i++)
        memcpy(cp_ring_claim(&engine->note_ring, i), cp_outbox_at(notes, i), CP_LINE);
    cp_ring_publish(&engine->note_ring, count);
    if (count < notes->count) {
        cp_ring_count_full(&engine->note_ring);
        atomic_fetch_add_explicit(&engine->note_lost_count, notes->count - count,
                                  memory_order_relaxed);
    }
    cp_outbox_clear(notes);
}
