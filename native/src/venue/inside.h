/* inside.h: the venue's own: what its files share and nobody else sees.
 *
 *     venue.c     made, freed, looked at; a message goes to whom it is for
 *     enter.c     new orders            change.c   cancel, reduce, replace
 *     match.c     taking                stops.c    orders that wait for a price
 *     pull.c      many orders at once   cross.c    one price for all
 *     phases.c    the trading day       sessions.c participants' settings, fees, drop copy
 *     query.c     how orders stand
 *     records.c   what some orders have beyond a cp_book_order
 *
 * The rules and their ids (M1, C1 ...) are docs/matching.md.
 */
#ifndef CP_VENUE_INSIDE_H
#define CP_VENUE_INSIDE_H

#include "book/idmap.h"
#include "venue/records.h"
#include "venue/venue.h"

/* A cp_book_order's serial: the number, and what the venue marks it with. */
#define CP_SERIAL_RECORD (1u << 31) /* it has a record */
#define CP_SERIAL_GTC (1u << 30)
#define CP_SERIAL_MASK (CP_SERIAL_GTC - 1)

#define CP_PARTICIPANT_COUNT 65536u
#define CP_STOP_PAGES_MAX 16u /* of one symbol */

/* An order by its age: the larger, the earlier it was accepted. */
typedef struct cp_aged {
    uint32_t age;
    uint32_t index;
} cp_aged;

typedef struct cp_session_state {
    cp_session settings;
    uint64_t window_start_ns;
    uint32_t window_count;
    bool armed;      /* the dead man has a deadline */
    uint8_t pulling; /* cp_reason of the bulk pull that goes on, or 0 */
    uint64_t deadline_ns;
    uint64_t traded_qty;
} cp_session_state;

typedef struct cp_symbol_state {
    cp_book stops; /* waiting ones, by trigger; sides the other way round, see stops.c */
    int64_t last;  /* price of the last execution, CP_PRICE_NONE before */
    int64_t reference;            /* given from outside, 0: none */
    uint32_t band;                /* 0: none */
    uint8_t phase;                /* cp_phase */
    bool expiring;                /* DAY orders go */
    int64_t maker_fee, taker_fee; /* money a lot */
    int64_t cross_price;
    uint64_t cross_left; /* lots the cross still has to match */
} cp_symbol_state;

struct cp_venue {
    uint64_t now_ns;
    uint32_t serial; /* of the latest order accepted */
    uint32_t units;  /* of work left to this step */
    uint32_t symbol_count;
    uint32_t waiting_count; /* stops in their books */
    uint32_t due_count;     /* stops in the line */
    uint32_t due_head, due_tail;
    uint32_t odd_count; /* symbols not in CONTINUOUS or with a band */
    bool hashing;
    bool watching;          /* somebody looks at each report: the hash, or sessions */
    uint64_t name_hash;     /* of the name this step's message means */
    uint32_t guess;         /* the order that probably has it */
    uint64_t checked_steps; /* CP_CHECKED builds */
    cp_venue_counters counters;
    cp_outbox md;
    cp_outbox reports;
    cp_outbox copies;
    cp_pool pool;
    cp_pages pages;
    cp_pages stop_pages;
    cp_idmap names; /* (participant, client id) -> index */
    cp_records records;
    uint32_t *resting_counts;   /* by participant: orders and stops */
    uint16_t *session_of;       /* by participant: index + 1, or 0 */
    cp_session_state *sessions; /* in order of participant */
    uint32_t session_count;
    uint32_t tier_count;
    cp_fee_tier tiers[CP_TIER_MAX];
    cp_aged *aged; /* scratch of one step */
    uint32_t aged_capacity;
    cp_symbol_state symbols[CP_SYMBOL_MAX];
    cp_book books[CP_SYMBOL_MAX];
};

/* An order while it looks for others to trade with. */
typedef struct cp_taker {
    uint64_t client_id;
    uint64_t ref;
    int64_t limit; /* worst price it takes */
    int64_t price; /* as its owner gave it, CP_PRICE_NONE: any */
    uint32_t leaves;
    uint32_t used; /* executed or lost to self-match prevention */
    uint16_t symbol;
    uint16_t participant;
    cp_side side;
    uint8_t smp;
} cp_taker;

typedef enum cp_match_end {
    CP_MATCH_DONE = 0,  /* nothing is left, or nobody is within the limit */
    CP_MATCH_SWEPT = 1, /* no unit is left, and more was to be had */
    CP_MATCH_SELF = 2   /* it met one of its own, and goes */
} cp_match_end;

/* ---- names ---------------------------------------------------------------------- */

static inline uint32_t cp_next_serial(cp_venue *venue)
{
    venue->serial = (venue->serial + 1) & CP_SERIAL_MASK;
    if (CP_UNLIKELY(venue->serial == 0)) /* so that no reference is ever 0 */
        venue->serial = 1;
    return venue->serial;
}

static inline uint64_t cp_make_ref(uint32_t serial, uint32_t index)
{
    return (uint64_t)(serial & CP_SERIAL_MASK) << 32 | index;
}

static inline uint64_t cp_ref_of(const cp_venue *venue, uint32_t index)
{
    return cp_make_ref(venue->pool.orders[index].serial, index);
}

static inline uint32_t cp_age_of(const cp_venue *venue, const cp_book_order *order)
{
    return (venue->serial - order->serial) & CP_SERIAL_MASK;
}

static inline cp_side cp_opposite(cp_side side)
{
    return side == CP_BUY ? CP_SELL : CP_BUY;
}

/* ---- what it says --------------------------------------------------------------- */

void cp_hash_md(cp_venue *venue, const cp_md *md);
/* For the hash and the drop copies. */
void cp_watch_report(cp_venue *venue, const cp_report *report);
void cp_copy_report(cp_venue *venue, const cp_report *report);

static inline cp_session_state *cp_session_of(const cp_venue *venue, uint16_t participant)
{
    uint16_t number = venue->session_of[participant];
    return CP_LIKELY(number == 0) ? NULL : &venue->sessions[number - 1];
}

/* The lines are filled where they lie, field by field: a literal would be built on the
 * stack and copied from there. */
static inline void cp_emit_order_md(cp_venue *venue, cp_md_kind kind, int64_t price,
                                    uint16_t symbol, uint8_t side, uint64_t order_ref,
                                    uint64_t other_ref, uint32_t qty, uint32_t leaves)
{
    cp_md *md = cp_outbox_add(&venue->md);
    md->sequence = ++venue->counters.md_count;
    md->time_ns = venue->now_ns;
    md->sent_ns = 0;
    md->order_ref = order_ref;
    md->other_ref = other_ref;
    md->price = price;
    md->qty = qty;
    md->leaves = leaves;
    md->symbol = symbol;
    md->kind = (uint8_t)kind;
    md->side = side;
    md->price_rest = 0;
    if (CP_UNLIKELY(venue->hashing))
        cp_hash_md(venue, md);
}

static inline void cp_emit_md(cp_venue *venue, cp_md_kind kind,
                              const cp_book_order *order, uint64_t order_ref,
                              uint64_t other_ref, uint32_t qty, uint32_t leaves)
{
    cp_emit_order_md(venue, kind, order->price, order->symbol, order->side, order_ref,
                     other_ref, qty, leaves);
}

/* Of the symbol, not of an order. */
static inline void cp_emit_symbol_md(cp_venue *venue, cp_md_kind kind, uint16_t symbol,
                                     uint64_t match, int64_t price, uint32_t qty)
{
    cp_md *md = cp_outbox_add(&venue->md);
    *md = (cp_md){ .sequence = ++venue->counters.md_count,
                   .time_ns = venue->now_ns,
                   .other_ref = match,
                   .price = price,
                   .qty = qty,
                   .symbol = symbol,
                   .kind = (uint8_t)kind };
    if (venue->hashing)
        cp_hash_md(venue, md);
}

/* The report is written: what else is to be done with it. */
static inline void cp_finish_report(cp_venue *venue, const cp_report *report)
{
    if (CP_UNLIKELY(venue->watching))
        cp_watch_report(venue, report);
}

static inline void cp_emit_report(cp_venue *venue, const cp_report *report)
{
    cp_report *line = cp_outbox_add(&venue->reports);
    *line = *report;
    line->time_ns = venue->now_ns;
    cp_finish_report(venue, line);
}

/* About an order that rests or has just been accepted to. */
static inline void cp_report_order(cp_venue *venue, cp_report_kind kind,
                                   uint64_t order_ref, const cp_book_order *order,
                                   uint64_t original_id, uint32_t qty, uint32_t leaves,
                                   cp_reason reason)
{
    cp_report *line = cp_outbox_add(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = order->id;
    line->original_id = original_id;
    line->order_ref = order_ref;
    line->match_ref = 0;
    line->price = order->price;
    line->qty = qty;
    line->leaves = leaves;
    line->symbol = order->symbol;
    line->participant = order->owner;
    line->kind = (uint8_t)kind;
    line->side = order->side;
    line->reason = (uint8_t)reason;
    line->liquidity = CP_MAKER;
    cp_finish_report(venue, line);
}

static inline void cp_report_fill(cp_venue *venue, uint64_t client_id, uint64_t order_ref,
                                  uint64_t match, int64_t price, uint32_t qty,
                                  uint32_t leaves, uint16_t symbol, uint16_t participant,
                                  cp_side side, cp_liquidity liquidity, int64_t fee)
{
    cp_report *line = cp_outbox_add(&venue->reports);
    line->time_ns = venue->now_ns;
    line->client_id = client_id;
    line->fee = fee;
    line->order_ref = order_ref;
    line->match_ref = match;
    line->price = price;
    line->qty = qty;
    line->leaves = leaves;
    line->symbol = symbol;
    line->participant = participant;
    line->kind = CP_REPORT_EXECUTED;
    line->side = (uint8_t)side;
    line->reason = CP_REASON_NONE;
    line->liquidity = (uint8_t)liquidity;
    cp_finish_report(venue, line);
}

/* A message is refused: REJECTED, or CHANGE_REJECTED where it meant an order. */
void cp_refuse(cp_venue *venue, const cp_order *order, cp_reason reason);
/* About a taker: some or all of it is cancelled. */
void cp_cancel_taker(cp_venue *venue, const cp_taker *taker, uint32_t qty,
                     uint32_t leaves, cp_reason reason);

/* ---- fees ------------------------------------------------------------------------ */

int64_t cp_session_fee(cp_venue *venue, cp_session_state *session, int64_t fee,
                       cp_liquidity liquidity, uint32_t qty);

static inline int64_t cp_saturating_fee(int64_t fee, uint32_t qty)
{
    int64_t money;
    if (CP_UNLIKELY(__builtin_mul_overflow(fee, (int64_t)qty, &money) ||
                    money == INT64_MIN)) /* as far down as up: it can be negated */
        money = fee > 0 ? INT64_MAX : -INT64_MAX;
    return money;
}

/* What an execution costs the participant; it counts towards his tier. */
static inline int64_t cp_charge(cp_venue *venue, uint16_t symbol, uint16_t participant,
                                cp_liquidity liquidity, uint32_t qty)
{
    const cp_symbol_state *state = &venue->symbols[symbol];
    int64_t fee = liquidity == CP_MAKER ? state->maker_fee : state->taker_fee;
    cp_session_state *session = cp_session_of(venue, participant);
    if (CP_UNLIKELY(session != NULL))
        return cp_session_fee(venue, session, fee, liquidity, qty);
    return cp_saturating_fee(fee, qty);
}

/* ---- orders ---------------------------------------------------------------------- */

static inline cp_record *cp_record_of(const cp_venue *venue, uint32_t index)
{
    uint32_t serial = venue->pool.orders[index].serial;
    return CP_LIKELY(!(serial & CP_SERIAL_RECORD))
               ? NULL
               : cp_records_get(&venue->records, index);
}

/* The record of an order, made if it has none; NULL: all are taken. */
cp_record *cp_record_for(cp_venue *venue, uint32_t index);
void cp_record_drop(cp_venue *venue, uint32_t index);

static inline uint32_t cp_open_qty(const cp_venue *venue, uint32_t index)
{
    const cp_record *record = cp_record_of(venue, index);
    return venue->pool.orders[index].qty + (record ? record->hidden : 0);
}

/* The order or stop that an order message means, or CP_NONE. The guess was made ahead of
 * time: where it holds, the names need not be waited for. Free places have qty 0. */
static inline uint32_t cp_find_meant(const cp_venue *venue, const cp_order *order)
{
    if (CP_LIKELY(venue->guess < venue->pool.capacity)) {
        const cp_book_order *meant = &venue->pool.orders[venue->guess];
        if (CP_LIKELY(meant->id == order->original_id &&
                      meant->owner == order->participant && meant->qty > 0))
            return venue->guess;
    }
    return cp_idmap_get_hashed(&venue->names, venue->name_hash, order->participant,
                               order->original_id);
}

/* A new name, and one order more of its owner. */
static inline void cp_name(cp_venue *venue, uint32_t index)
{
    venue->resting_counts[venue->pool.orders[index].owner]++;
    cp_idmap_put(&venue->names, index);
}

static inline void cp_unname(cp_venue *venue, uint32_t index)
{
    uint32_t *count = &venue->resting_counts[venue->pool.orders[index].owner];
    CP_ASSERT(*count > 0);
    --*count;
    cp_idmap_remove(&venue->names, index);
}

/* It is in no book and no line any more: its name, record and place go. */
static inline void cp_forget(cp_venue *venue, uint32_t index)
{
    if (CP_UNLIKELY(venue->pool.orders[index].serial & CP_SERIAL_RECORD))
        cp_record_drop(venue, index);
    cp_unname(venue, index);
    cp_pool_give(&venue->pool, index);
}

static inline bool cp_is_marketable(const cp_book *book, cp_side side, int64_t limit)
{
    int64_t best = cp_book_best(book, cp_opposite(side));
    if (best == CP_PRICE_NONE)
        return false;
    return !cp_price_is_better(side, best, limit);
}

/* Take any order or stop off and say so (C1). */
void cp_pull(cp_venue *venue, uint32_t index, cp_reason reason);
/* Up to CP_SWEEP_MAX of a participant's, newest first; how many are left of those meant. */
uint32_t cp_pull_many(cp_venue *venue, uint16_t participant, uint16_t symbol,
                      uint8_t side, cp_reason reason, uint32_t *pulled);
/* By age, the youngest first. */
void cp_sort_by_age(cp_aged *items, uint32_t count);

/* ---- matching -------------------------------------------------------------------- */

cp_match_end cp_match(cp_venue *venue, cp_taker *taker);
/* Would it execute at least `need`? (M7, M8) */
bool cp_match_would(const cp_venue *venue, const cp_taker *taker, uint32_t need);
/* A resting order executes: market data, report, refresh or removal. The match number. */
uint64_t cp_fill_resting(cp_venue *venue, uint32_t index, uint32_t qty);
/* Match an order whose place is taken, filled in and named, then let it rest or not. */
void cp_match_then_rest(cp_venue *venue, uint32_t index, uint8_t smp);
/* Put it in its book, tip first if it is an iceberg. */
int cp_rest(cp_venue *venue, uint32_t index);

/* ---- rules of the hour ------------------------------------------------------------ */

static inline bool cp_is_collecting(uint8_t phase)
{
    return phase >= CP_PHASE_PRE_OPEN && phase <= CP_PHASE_PRE_CLOSE;
}
/* Does the phase take a new order, or a replace, like this? (P1) */
bool cp_phase_takes(uint8_t phase, const cp_order *order);
/* Is a limit order at this price within the band? (P9) */
bool cp_band_takes(const cp_venue *venue, uint16_t symbol, cp_side side, int64_t price);
/* Why a market order did not find more. */
cp_reason cp_market_rest(const cp_venue *venue, uint16_t symbol, cp_side side);
/* The worst price a market order may take. */
int64_t cp_market_limit(const cp_venue *venue, uint16_t symbol, cp_side side);
static inline bool cp_is_crossing(const cp_venue *venue, uint16_t symbol)
{
    uint8_t phase = venue->symbols[symbol].phase;
    return phase == CP_PHASE_OPENING_CROSS || phase == CP_PHASE_CLOSING_CROSS;
}
/* The price of an order with a post-only flag, slid if it asks for it; CP_PRICE_NONE:
 * refused. */
int64_t cp_post_price(const cp_order *order, const cp_book *book, cp_side side);
/* May a session send this now? Counts it. */
bool cp_throttle_passes(cp_venue *venue, const cp_order *order);
/* Whether a cross has begun; then cp_cross_step until nothing is left. */
bool cp_cross_begin(cp_venue *venue, uint16_t symbol);
void cp_cross_step(cp_venue *venue, uint16_t symbol);

/* ---- messages --------------------------------------------------------------------- */

void cp_on_new(cp_venue *venue, const cp_order *order);
/* One that never rests, once it is known to be right. */
void cp_on_new_immediate(cp_venue *venue, const cp_order *order);
void cp_on_cancel(cp_venue *venue, const cp_order *order);
void cp_on_reduce(cp_venue *venue, const cp_order *order);
void cp_on_replace(cp_venue *venue, const cp_order *order);
void cp_on_mass_cancel(cp_venue *venue, const cp_order *order);
void cp_on_query(cp_venue *venue, const cp_order *order);
void cp_session_hear(cp_venue *venue, cp_session_state *session);

/* ---- stops ------------------------------------------------------------------------- */

void cp_on_new_stop(cp_venue *venue, const cp_order *order);
bool cp_is_stop(const cp_record *record);
/* The side and the price its owner gave it. */
cp_side cp_side_of(const cp_venue *venue, uint32_t index);
int64_t cp_price_of(const cp_venue *venue, uint32_t index);
/* Out of its book or of the line. */
void cp_stop_remove(cp_venue *venue, uint32_t index);
void cp_stop_reduce(cp_venue *venue, uint32_t index, uint32_t qty);
/* Prices from low to high were executed: who is due joins the line. */
void cp_stops_wake(cp_venue *venue, uint16_t symbol, int64_t low, int64_t high);
void cp_stops_run(cp_venue *venue);
/* Is one due whose symbol trades? */
bool cp_stops_may_run(const cp_venue *venue);
/* One session's bulk pull, if one is owed (P11, P12); and whether one is. */
void cp_sessions_do(cp_venue *venue);
bool cp_sessions_have_more(const cp_venue *venue);

/* Remember what was executed: the first and the last price of one taking. */
static inline void cp_traded(cp_venue *venue, uint16_t symbol, int64_t first,
                             int64_t last)
{
    venue->symbols[symbol].last = last;
    if (CP_UNLIKELY(venue->waiting_count > 0))
        cp_stops_wake(venue, symbol, first < last ? first : last,
                      first < last ? last : first);
}

static inline void cp_begin_step(cp_venue *venue, uint64_t now_ns)
{
    venue->now_ns = now_ns;
    venue->units = CP_SWEEP_MAX;
}

/* In builds that check themselves, after every CP_CHECKED steps. */
static inline void cp_check_step(cp_venue *venue)
{
#ifdef CP_CHECKED
    if (++venue->checked_steps % CP_CHECKED == 0)
        cp_venue_check(venue);
#else
    (void)venue;
#endif
}

static inline void cp_end_step(cp_venue *venue)
{
    if (CP_UNLIKELY(venue->due_count > 0))
        cp_stops_run(venue);
    cp_check_step(venue);
}

#endif /* CP_VENUE_INSIDE_H */
