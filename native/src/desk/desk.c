/* desk.c: create, destroy, and the steps: market data, report, timer. */
#include <stdarg.h>

#include "desk/inside.h"

/* ---- create ---- */

__attribute__((format(printf, 2, 3))) static int invalid(char *error, const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, CP_ERROR_SIZE, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int check_instrument(const cp_instrument *instrument, uint32_t index, char *error)
{
    /* A lot's worth at the highest price must fit the money type with room to add. */
    const int64_t value_max = (int64_t)1 << 44;
    if (instrument->increment <= 0 || instrument->point_value <= 0 ||
        instrument->point_value > value_max)
        return invalid(error, "instrument %u: increment and point value must be positive",
                       index);
    if (instrument->price_max == 0 || instrument->price_max == UINT32_MAX)
        return invalid(error, "instrument %u: price_max must be 1 .. 2^32 - 2", index);
    return 0;
}

static int check_config(const cp_config *config, char *error)
{
    if (config->symbol_count == 0 || config->symbol_count > CP_SYMBOL_MAX)
        return invalid(error, "symbol_count must be 1 .. %d", CP_SYMBOL_MAX);
    if (config->order_capacity == 0 || config->order_capacity >= CP_NONE / 4)
        return invalid(error, "order_capacity must be 1 .. 2^30");
    if (config->desk_order_capacity == 0 || config->desk_order_capacity >= CP_NONE / 8)
        return invalid(error, "desk_order_capacity must be 1 .. 2^29");
    for (uint32_t i = 0; i < config->symbol_count; i++) {
        int failed = check_instrument(&config->instruments[i], i, error);
        if (failed)
            return failed;
    }
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        if (!cp_risk_limit_is_valid(i, config->limits[i]))
            return invalid(error, "limit %s is outside its range",
                           cp_limit_parameter(i)->name);
    }
    return 0;
}

static int init_limits(cp_desk *desk, const cp_config *config, char *error)
{
    cp_limits limits = { .version = config->limits_version };
    int failed =
        cp_limits_take(&limits, desk, config->limits, config->triggers, config->scoped,
                       config->scoped_count, config->limits_hash);
    if (failed == -EBADMSG)
        return invalid(error, "the limits do not come to the hash they were given with");
    if (failed)
        return invalid(error, "a trigger, or a limit of a symbol or a strategy, is "
                              "outside its range, out of order or of nothing");
    cp_limits_enforce(desk, &limits);
    return 0;
}

static int init_parts(cp_desk *desk, const cp_config *config)
{
    int error = cp_feed_init(&desk->feed, desk->instruments, desk->symbol_count,
                             config->order_capacity);
    if (!error)
        error = cp_orders_init(&desk->orders, config->desk_order_capacity);
    if (!error)
        error = cp_outbox_init(&desk->orders_out, CP_DESK_ORDERS_MAX);
    if (!error)
        error = cp_outbox_init(&desk->notes_out, CP_DESK_NOTES_MAX);
    desk->histograms = calloc(CP_HOP_COUNT, sizeof(cp_histogram));
    if (error || !desk->histograms)
        return error ? error : -ENOMEM;
    cp_prefault(desk->histograms, CP_HOP_COUNT * sizeof(cp_histogram));
    return 0;
}

static int init_strategies(cp_desk *desk, const cp_config *config, char *error)
{
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++) {
        cp_slot *slot = &desk->slots[i];
        slot->quotes[CP_BUY] = slot->quotes[CP_SELL] = CP_NONE;
        slot->take = slot->take2 = slot->close = CP_NONE;
        slot->last_refusal = CP_REFUSE_COUNT;
    }
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        const cp_strategy_config *strategy = &config->strategies[i];
        if (!strategy->used)
            continue;
        if (cp_seats_check(desk, strategy) != 0)
            return invalid(error,
                           "strategy %u: kind, symbol, mode or a parameter is "
                           "outside its range",
                           i);
        cp_seats_configure(desk, i, strategy);
    }
    return 0;
}

int cp_desk_create(cp_desk **desk, const cp_config *config, char *error)
{
    *desk = NULL;
    error[0] = 0;
    int failed = check_config(config, error);
    if (failed)
        return failed;
    cp_desk *made = aligned_alloc(alignof(cp_desk), sizeof(cp_desk));
    if (!made)
        return -ENOMEM;
    memset(made, 0, sizeof(*made));
    made->symbol_count = config->symbol_count;
    memcpy(made->instruments, config->instruments, sizeof(made->instruments));
    made->over = CP_NONE;
    made->hash = cp_mix(0, config->seed);
    made->stranger_policy = config->journal.stranger_policy;
    failed = init_limits(made, config, error);
    if (!failed)
        failed = init_parts(made, config);
    if (!failed)
        failed = init_strategies(made, config, error);
    if (failed) {
        cp_desk_destroy(made);
        return failed;
    }
    /* What the files ask for at the start is nobody's doing, and has no time yet. */
    cp_outbox_clear(&made->notes_out);
    made->note_sequence = 0;
    *desk = made;
    return 0;
}

void cp_desk_destroy(cp_desk *desk)
{
    if (!desk)
        return;
    free(desk->map);
    free(desk->histograms);
    cp_outbox_free(&desk->notes_out);
    cp_outbox_free(&desk->orders_out);
    cp_orders_free(&desk->orders);
    cp_feed_free(&desk->feed);
    free(desk);
}

/* ---- steps ---- */

#define ALL_SYMBOLS(desk) (UINT32_MAX >> (CP_SYMBOL_MAX - (desk)->symbol_count))

static void begin(cp_desk *desk, uint64_t now_ns, uint64_t cause_ns,
                  const cp_clock *clock)
{
    if (CP_UNLIKELY(desk->leaving_count > 0 || desk->has_filled || desk->over != CP_NONE))
        cp_desk_finish(desk); /* nobody carried it */
    desk->now_ns = now_ns;
    desk->cause_ns = cause_ns;
    desk->decided_ns = desk->published_ns = desk->passed_ns = 0;
    desk->clock = clock;
}

/* A book in doubt: nothing of a strategy may rest in its market. */
static void on_doubt(cp_desk *desk, uint32_t changed, uint32_t symbol)
{
    if (changed & CP_FEED_GAP) {
        cp_note *note =
            cp_desk_note(desk, CP_NOTE_GAP, CP_CRITICAL, CP_NOBODY, CP_NOBODY);
        if (note) {
            note->a = (int64_t)desk->feed.gap_expected;
            note->b = (int64_t)desk->feed.gap_received;
        }
    }
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_slot *slot = &desk->slots[i];
        if (!slot->kind || (!(changed & CP_FEED_GAP) && !cp_seats_trade(slot, symbol)))
            continue;
        slot->refusal_noted_ns[CP_REFUSE_STALE] = 0;
        cp_seats_pull(desk, i);
    }
}

void cp_desk_on_md(cp_desk *desk, const cp_md *md, uint64_t now_ns, const cp_clock *clock)
{
    begin(desk, now_ns, now_ns, clock);
    desk->published_ns = md->sent_ns;
    if (md->sent_ns != 0)
        cp_desk_record(desk, CP_HOP_FEED, md->sent_ns, now_ns);
    bool rehearse = desk->would_be_count > 0;
    if (CP_UNLIKELY(rehearse))
        cp_would_be_before(desk, md);
    uint32_t changed = cp_feed_on_md(&desk->feed, md, now_ns);
    if (changed & ~CP_FEED_QTY) /* its mark may have moved; by a gap, every symbol's */
        cp_desk_has_moved(desk, changed & CP_FEED_GAP ? ALL_SYMBOLS(desk)
                                                      : UINT32_C(1) << md->symbol);
    if (CP_UNLIKELY(rehearse))
        cp_would_be_after(desk, md);
    if (CP_LIKELY(changed == 0))
        return;
    if (CP_UNLIKELY(changed & (CP_FEED_GAP | CP_FEED_DOUBT)))
        on_doubt(desk, changed, md->symbol);
    if (changed & (CP_FEED_PRICE | CP_FEED_QTY | CP_FEED_TRADE))
        cp_seats_on_market(desk, md->symbol, changed);
}

static void note_unexpected(cp_desk *desk, const cp_report *report,
                            const cp_order_outcome *outcome)
{
    desk->counters.unexpected_report_count++;
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_ORDER_STATE, CP_WARNING, report->symbol, CP_NOBODY);
    if (!note)
        return;
    note->client_id = report->client_id;
    note->a = report->kind;
    note->b = outcome->place == CP_NONE ? -1 : desk->orders.orders[outcome->place].state;
}

static void note_duplicate(cp_desk *desk, const cp_report *report)
{
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_RECONCILE, CP_WARNING, report->symbol, CP_NOBODY);
    if (!note)
        return;
    note->client_id = report->client_id;
    note->a = CP_FOUND_DUPLICATE;
    note->c = report->qty;
    note->d = report->price;
}

void cp_desk_book_position(cp_desk *desk, const cp_own_order *own, int64_t price,
                           uint32_t qty, int64_t fee)
{
    cp_side side = own->side == CP_SELL ? CP_SELL : CP_BUY;
    cp_position_fill(&desk->positions[own->symbol], side, price, qty, fee);
    cp_position_fill(&desk->cells[own->strategy][own->symbol], side, price, qty, fee);
    cp_desk_has_moved(desk, UINT32_C(1) << own->symbol);
}

void cp_desk_on_fill(cp_desk *desk, const cp_own_order *own, const cp_report *report,
                     uint32_t qty)
{
    bool maker = report->liquidity == CP_MAKER;
    cp_slot *slot = &desk->slots[own->strategy];
    const cp_position *cell = &desk->cells[own->strategy][own->symbol];
    cp_desk_book_position(desk, own, report->price, qty,
                          cp_desk_fee(desk, own->symbol, report, qty));
    cp_seats_show_position(slot, own->symbol, cell->qty);
    slot->fill_count++;
    desk->counters.fill_count++;
    desk->hash = cp_mix(desk->hash, own->client_id);
    desk->hash = cp_mix(desk->hash, (uint64_t)report->price);
    desk->hash = cp_mix(desk->hash, (uint64_t)qty << 1 | maker);
    CP_ASSERT(!desk->has_filled); /* a report is of one fill */
    bool queued = maker && own->filled == qty;
    desk->has_filled = true;
    desk->filled = (cp_filled){ .fill = { .time_ns = desk->now_ns,
                                          .client_id = own->client_id,
                                          .price = report->price,
                                          .mid2 = cp_desk_touch(desk, own->symbol)->mark2,
                                          .tick_to_order_ns = own->tick_to_order_ns,
                                          .qty = qty,
                                          .symbol = own->symbol,
                                          .strategy = own->strategy,
                                          .side = own->side,
                                          .liquidity = report->liquidity,
                                          .way = own->way },
                                .arrival2 = own->arrival2,
                                .expected = own->expected,
                                .queued_ns = queued ? own->accepted_ns : 0,
                                .leaves = own->leaves };
}

static void note_reject(cp_desk *desk, const cp_own_order *own, const cp_report *report,
                        cp_order_kind kind)
{
    desk->slots[own->strategy].reject_count++;
    desk->counters.reject_count++;
    cp_breakers_on_reject(desk, own);
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_REJECT, CP_WARNING, own->symbol, own->strategy);
    if (!note)
        return;
    note->client_id = report->client_id;
    note->a = report->reason;
    note->b = kind;
    note->side = own->side;
}

static void on_answer(cp_desk *desk, cp_own_order *own, const cp_report *report,
                      cp_order_event event)
{
    bool acknowledged = event == CP_EVENT_ACCEPTED || event == CP_EVENT_REPLACED;
    if (acknowledged) {
        desk->counters.ack_count++;
        if (own->sent_ns != 0) {
            cp_desk_record(desk, CP_HOP_ACK, own->sent_ns, desk->now_ns);
            own->way.hop_ns[CP_WAY_ACK] = cp_way_span(own->sent_ns, desk->now_ns);
            cp_breakers_on_answer(
                desk, own, desk->now_ns > own->sent_ns ? desk->now_ns - own->sent_ns : 0);
        }
    }
    if (event == CP_EVENT_REJECTED)
        note_reject(desk, own, report, CP_ORDER_NEW);
    /* A change that came too late for an order that is over is no rejection worth a
     * word: nothing was left to change. */
    if (event == CP_EVENT_CANCEL_REJECTED && cp_state_is_working(own->state))
        note_reject(desk, own, report, CP_ORDER_CANCEL);
    if (event == CP_EVENT_REPLACE_REJECTED && cp_state_is_working(own->state))
        note_reject(desk, own, report, CP_ORDER_REPLACE);
}

void cp_desk_detach(cp_desk *desk, const cp_own_order *own, bool by_us)
{
    cp_slot *slot = &desk->slots[own->strategy];
    CP_ASSERT(slot->working_count > 0);
    slot->working_count--;
    if (own->purpose == CP_PURPOSE_TAKE) {
        cp_seats_end_take(slot, own);
    } else if (own->purpose == CP_PURPOSE_CLOSE) {
        slot->close = CP_NONE;
    } else if (own->purpose == CP_PURPOSE_QUOTE) {
        slot->quotes[own->side] = CP_NONE;
        /* A wish to change it has nothing left to change; one said after we took it off
         * ourselves is for its successor. */
        if (!by_us)
            slot->wishes[own->side].asked = false;
    }
}

static void on_order_report(cp_desk *desk, const cp_report *report)
{
    cp_order_outcome outcome = cp_orders_on_report(&desk->orders, report, desk->now_ns);
    if (outcome.is_duplicate) {
        note_duplicate(desk, report);
        return;
    }
    if (!outcome.expected)
        note_unexpected(desk, report, &outcome);
    cp_reconcile_on_fill(desk, report, &outcome);
    if (outcome.place == CP_NONE)
        return;
    cp_own_order *own = &desk->orders.orders[outcome.place];
    uint32_t slot = own->strategy;
    cp_side side = own->side == CP_SELL ? CP_SELL : CP_BUY;
    bool is_quote = own->purpose == CP_PURPOSE_QUOTE;
    if (outcome.expected)
        on_answer(desk, own, report, outcome.event);
    if (outcome.filled > 0)
        cp_desk_on_fill(desk, own, report, outcome.filled);
    if (CP_UNLIKELY(outcome.ended && slot == CP_OPERATOR))
        cp_tickets_end(desk, own, report);
    if (outcome.ended)
        cp_desk_detach(desk, own,
                       outcome.event == CP_EVENT_CANCELLED &&
                           report->reason == CP_REASON_USER);
    else if (own->pulled)
        cp_desk_pull(desk, outcome.place);
    if (outcome.done)
        cp_desk_close(desk, outcome.place);
    if (is_quote) {
        cp_seats_settle(desk, slot, side);
        cp_seats_refresh_later(desk, slot, side);
    }
    if (outcome.filled > 0) {
        cp_desk_evaluate(desk);
        cp_seats_on_fill(desk, slot, side, outcome.filled);
    }
    cp_seats_apply_waiting(desk, slot);
}

void cp_desk_on_report(cp_desk *desk, const cp_report *report, uint64_t now_ns,
                       const cp_clock *clock)
{
    begin(desk, now_ns, now_ns, clock);
    /* Each order the venue pulled has had its own report; those still there when a second
     * has passed are asked for again by the timer. */
    if (report->kind == CP_REPORT_STATUS)
        cp_reconcile_on_status(desk, report);
    else if (report->kind != CP_REPORT_ALL_CANCELLED)
        on_order_report(desk, report);
    cp_breakers_settle(desk);
    cp_desk_stamp_passed(desk);
}

/* Windows that are moved on now and then are near where the next order wants them. What they
 * say does not depend on it. */
static void move_windows(cp_desk *desk)
{
    cp_rate_count(&desk->rate, desk->now_ns);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        if (desk->slots[i].kind)
            cp_rate_count(&desk->slot_rates[i], desk->now_ns);
}

void cp_desk_on_timer(cp_desk *desk, uint64_t now_ns, const cp_clock *clock)
{
    begin(desk, now_ns, 0, clock);
    move_windows(desk);
    cp_desk_evaluate(desk);
    cp_breakers_on_timer(desk);
    cp_breakers_settle(desk);
    bool remain = desk->orders.swept_count > 0 && now_ns - desk->sweep_ns >= CP_SECOND_NS;
    if (desk->sweep_due || remain)
        cp_desk_sweep(desk);
    if (desk->pull_due)
        cp_desk_pull_again(desk);
    cp_reconcile_on_timer(desk);
    cp_flatten_on_timer(desk);
    cp_seats_on_timer(desk);
    cp_desk_stamp_passed(desk);
}

void cp_desk_on_sent(cp_desk *desk, const cp_order *order, uint64_t sent_ns)
{
    if (order->kind != CP_ORDER_NEW && order->kind != CP_ORDER_REPLACE)
        return;
    uint32_t place = cp_orders_find(&desk->orders, order->client_id);
    if (place == CP_NONE)
        return;
    cp_own_order *own = &desk->orders.orders[place];
    own->sent_ns = sent_ns;
    if (own->cause_ns == 0)
        return;
    cp_desk_record(desk, CP_HOP_SEND, own->passed_ns, sent_ns);
    own->way.hop_ns[CP_WAY_SEND] = cp_way_span(own->passed_ns, sent_ns);
    cp_desk_record(desk, CP_HOP_TICK_TO_ORDER, own->cause_ns, sent_ns);
    own->tick_to_order_ns = sent_ns > own->cause_ns ? sent_ns - own->cause_ns : 0;
}

/* ---- reading ---- */

cp_outbox *cp_desk_orders(cp_desk *desk)
{
    return &desk->orders_out;
}

cp_outbox *cp_desk_notes(cp_desk *desk)
{
    return &desk->notes_out;
}

uint64_t cp_desk_passed_ns(const cp_desk *desk)
{
    return desk->passed_ns;
}

uint64_t cp_desk_said(const cp_desk *desk)
{
    return desk->note_sequence;
}

cp_histogram *cp_desk_histogram(cp_desk *desk, cp_hop hop)
{
    CP_ASSERT(hop < CP_HOP_COUNT);
    return &desk->histograms[hop];
}

uint64_t cp_desk_hash(const cp_desk *desk)
{
    uint64_t hash = desk->hash;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const cp_position *position = &desk->positions[i];
        hash = cp_mix(hash, (uint64_t)position->qty);
        hash = cp_mix(hash, (uint64_t)position->cost);
        hash = cp_mix(hash, (uint64_t)position->realised);
        hash = cp_mix(hash, (uint64_t)position->fees);
    }
    return hash;
}

uint32_t cp_desk_working_count(const cp_desk *desk)
{
    return desk->orders.working_count;
}
