/* risk.c: the limits, and the words of the core. */
#include "desk/risk.h"

#define OF_DESK (1u << CP_SCOPE_GLOBAL)
#define OF_SYMBOLS (OF_DESK | 1u << CP_SCOPE_SYMBOL)
#define OF_STRATEGIES (OF_DESK | 1u << CP_SCOPE_STRATEGY)
#define ALL (OF_SYMBOLS | OF_STRATEGIES)

/* Money is declared in currency, as people write it, and compared in money units. */
static const cp_parameter limits[CP_LIMIT_COUNT] = {
    [CP_LIMIT_ORDER_QTY] = { "max_order_qty", "lots", "Size of one order", 1, 1000000000,
                             50, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_ORDER_VALUE] = { "max_order_value", "currency",
                               "Price times size of one order", 1, 1e10, 10000,
                               CP_PARAMETER_MONEY, ALL },
    [CP_LIMIT_POSITION] = { "max_position", "lots",
                            "Position in one symbol if every working order fills", 1,
                            1000000000, 200, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_GROSS_EXPOSURE] = { "max_gross_exposure", "currency",
                                  "Worst-case positions of all symbols at market price",
                                  1, 1e10, 100000, CP_PARAMETER_MONEY, OF_SYMBOLS },
    [CP_LIMIT_OPEN_ORDERS] = { "max_open_orders", "orders", "Orders working at once", 1,
                               1000000, 20, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_MESSAGE_RATE] = { "max_message_rate", "per second",
                                "Orders, replaces and cancels of the last second; "
                                "cancels count but are never held back",
                                1, 10000000, 500, CP_PARAMETER_INTEGER, OF_STRATEGIES },
    [CP_LIMIT_PRICE_COLLAR] = { "price_collar", "bp", "Distance of an order from the mid",
                                1, 10000, 50, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_DAILY_LOSS] = { "max_daily_loss", "currency",
                              "Realised and unrealised loss with fees that halts trading",
                              0.01, 1e10, 2000, CP_PARAMETER_MONEY, OF_STRATEGIES },
    [CP_LIMIT_NET_EXPOSURE] = { "max_net_exposure", "currency",
                                "Long less short, or short less long, of all symbols if "
                                "one side's working orders fill",
                                1, 1e10, 100000, CP_PARAMETER_MONEY, OF_DESK },
    [CP_LIMIT_SAME_ORDERS] = { "max_same_orders", "per second",
                               "Orders of one strategy with the same symbol, side, price "
                               "and size",
                               1, 1000000000, 100, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_SELF_CROSS] = { "max_self_cross", "lots",
                              "Own resting lots, of any strategy, that an order would "
                              "meet",
                              0, 1000000000, 0, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_DATA_AGE] = { "max_data_age", "ms",
                            "Age of the symbol's latest market data", 1, 86400000, 10000,
                            CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_SPREAD] = { "max_spread", "bp",
                          "Distance of the best prices; a side that is empty is beyond "
                          "any",
                          1, 1000000000, 100, CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_LAST_COLLAR] = { "last_collar", "bp",
                               "Distance of an order from the last trade", 1, 10000, 100,
                               CP_PARAMETER_INTEGER, ALL },
    [CP_LIMIT_DRAWDOWN] = { "max_drawdown", "currency",
                            "Fall of the profit from the day's best that halts trading",
                            0.01, 1e10, 2500, CP_PARAMETER_MONEY, OF_DESK },
};

/* What the breakers trip at. The figure is the first beyond the count. */
static const cp_parameter triggers[CP_TRIGGER_COUNT] = {
    [CP_TRIGGER_REJECT_COUNT] = { "reject_count", "rejects",
                                  "Orders and changes refused by the venue in the window",
                                  1, 1000000, 20, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_REJECT_WINDOW] = { "reject_window", "ms", "Window of reject_count", 100,
                                   60000, 1000, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_SLOW_COUNT] = { "slow_count", "answers",
                                "Answers in a row, each later than slow_answer", 1, 10000,
                                5, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_SLOW_ANSWER] = { "slow_answer", "ms",
                                 "Time after which an answer of the venue is late", 1,
                                 60000, 500, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_FILL_COUNT] = { "fill_count", "executions",
                                "Executions in the window; 0: as max_message_rate", 0,
                                1000000, 0, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_FILL_WINDOW] = { "fill_window", "ms", "Window of fill_count", 100, 60000,
                                 1000, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_SAME_FILL_COUNT] = { "same_fill_count", "executions",
                                     "Executions of one strategy at the same terms in "
                                     "the "
                                     "window; 0: as max_same_orders",
                                     0, 1000000, 0, CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_SAME_FILL_WINDOW] = { "same_fill_window", "ms",
                                      "Window of same_fill_count", 100, 60000, 1000,
                                      CP_PARAMETER_INTEGER, OF_DESK },
    [CP_TRIGGER_FEED_SILENCE] = { "feed_silence", "ms",
                                  "Time without market data while orders work; 0: as "
                                  "max_data_age",
                                  0, 86400000, 0, CP_PARAMETER_INTEGER, OF_DESK },
};

static const char *const scope_names[CP_SCOPE_COUNT] = {
    [CP_SCOPE_GLOBAL] = "global",
    [CP_SCOPE_SYMBOL] = "symbol",
    [CP_SCOPE_STRATEGY] = "strategy",
};

static const char *const refusal_names[CP_REFUSE_COUNT] = {
    [CP_REFUSE_STATE] = "risk_state",    [CP_REFUSE_STALE] = "stale_book",
    [CP_REFUSE_LINK] = "link_full",      [CP_REFUSE_CAPACITY] = "order_table_full",
    [CP_REFUSE_MALFORMED] = "malformed", [CP_REFUSE_DOUBT] = "in_doubt",
    [CP_REFUSE_IDS] = "no_client_ids",   [CP_REFUSE_SYMBOL_HALTED] = "symbol_halted",
    [CP_REFUSE_CLOSING] = "closing",
};

static const char *const reason_names[CP_REASON_COUNT] = {
    [CP_REASON_NONE] = "none",
    [CP_REASON_USER] = "user",
    [CP_REASON_IOC] = "ioc",
    [CP_REASON_NO_LIQUIDITY] = "no_liquidity",
    [CP_REASON_SYMBOL] = "symbol",
    [CP_REASON_PRICE] = "price",
    [CP_REASON_QTY] = "qty",
    [CP_REASON_DUPLICATE_ID] = "duplicate_id",
    [CP_REASON_UNKNOWN_ORDER] = "unknown_order",
    [CP_REASON_CAPACITY] = "capacity",
    [CP_REASON_SWEEP] = "sweep",
    [CP_REASON_MALFORMED] = "malformed",
    [CP_REASON_FOK] = "fok",
    [CP_REASON_MIN_QTY] = "min_qty",
    [CP_REASON_POST_ONLY] = "post_only",
    [CP_REASON_SMP] = "smp",
    [CP_REASON_STOP] = "stop",
    [CP_REASON_PHASE] = "phase",
    [CP_REASON_BAND] = "band",
    [CP_REASON_THROTTLE] = "throttle",
    [CP_REASON_EXPIRED] = "expired",
    [CP_REASON_DISCONNECT] = "disconnect",
    [CP_REASON_DEAD_MAN] = "dead_man",
};

static const char *const state_names[CP_STATE_COUNT] = {
    [CP_STATE_FREE] = "free",
    [CP_STATE_PENDING_NEW] = "pending_new",
    [CP_STATE_LIVE] = "live",
    [CP_STATE_PARTIAL] = "partial",
    [CP_STATE_PENDING_CANCEL] = "pending_cancel",
    [CP_STATE_PENDING_REPLACE] = "pending_replace",
    [CP_STATE_FILLED] = "filled",
    [CP_STATE_CANCELLED] = "cancelled",
    [CP_STATE_REJECTED] = "rejected",
    [CP_STATE_EXPIRED] = "expired",
    [CP_STATE_UNKNOWN] = "unknown",
};

static const char *const risk_state_names[] = {
    [CP_RISK_ACTIVE] = "active",         [CP_RISK_PAUSED] = "paused",
    [CP_RISK_FLATTENING] = "flattening", [CP_RISK_HALTED] = "halted",
    [CP_RISK_REDUCING] = "reducing",
};

static const char *const hop_names[CP_HOP_COUNT] = {
    [CP_HOP_FEED] = "feed",
    [CP_HOP_DECIDE] = "decide",
    [CP_HOP_RISK] = "risk",
    [CP_HOP_SEND] = "send",
    [CP_HOP_TICK_TO_ORDER] = "tick_to_order",
    [CP_HOP_ACK] = "ack",
    [CP_HOP_QUEUE_WAIT] = "queue_wait",
};

static const char *const journal_kind_names[] = {
    [CP_JOURNAL_SEGMENT] = "segment",   [CP_JOURNAL_INSTRUMENT] = "instrument",
    [CP_JOURNAL_POSITION] = "position", [CP_JOURNAL_WORKING] = "working",
    [CP_JOURNAL_MATCHES] = "matches",   [CP_JOURNAL_COSTS] = "costs",
    [CP_JOURNAL_LOTS] = "lots",         [CP_JOURNAL_EXPECTED] = "expected",
    [CP_JOURNAL_STATE] = "state",       [CP_JOURNAL_SNAPSHOT_END] = "snapshot_end",
    [CP_JOURNAL_IDS] = "ids",           [CP_JOURNAL_ORDER] = "order",
    [CP_JOURNAL_REPORT] = "report",     [CP_JOURNAL_CONTROL] = "control",
    [CP_JOURNAL_CHAIN] = "chain",       [CP_JOURNAL_NOTE] = "note",
    [CP_JOURNAL_DROPPED] = "dropped",   [CP_JOURNAL_CLOSED] = "closed",
    [CP_JOURNAL_STRATEGY] = "strategy", [CP_JOURNAL_NEW_DAY] = "new_day",
    [CP_JOURNAL_LIMITS] = "limits",     [CP_JOURNAL_PARAMETERS] = "parameters",
};

static const char *const finding_names[CP_FOUND_COUNT] = {
    [CP_FOUND_UNANSWERED] = "unanswered",
    [CP_FOUND_ALIVE] = "alive",
    [CP_FOUND_GONE] = "gone",
    [CP_FOUND_LOST] = "lost",
    [CP_FOUND_QTY] = "qty",
    [CP_FOUND_STRANGER] = "stranger",
    [CP_FOUND_EXECUTIONS] = "executions",
    [CP_FOUND_RESTART] = "restart",
    [CP_FOUND_ACCEPTED] = "accepted",
    [CP_FOUND_RECOVERED] = "recovered",
    [CP_FOUND_DUPLICATE] = "duplicate",
    [CP_FOUND_FEWER] = "fewer",
    [CP_FOUND_LEFT] = "left",
};

#define NAME_AT(names, index)                                                            \
    ((index) < sizeof(names) / sizeof((names)[0]) ? (names)[index] : NULL)

const cp_parameter *cp_limit_parameter(uint32_t limit)
{
    return limit < CP_LIMIT_COUNT ? &limits[limit] : NULL;
}

const cp_parameter *cp_trigger_parameter(uint32_t trigger)
{
    return trigger < CP_TRIGGER_COUNT ? &triggers[trigger] : NULL;
}

const char *cp_scope_name(uint32_t scope)
{
    return NAME_AT(scope_names, scope);
}

const char *cp_hop_name(uint32_t hop)
{
    return NAME_AT(hop_names, hop);
}

const char *cp_refusal_name(uint32_t refusal)
{
    return refusal < CP_LIMIT_COUNT ? limits[refusal].name
                                    : NAME_AT(refusal_names, refusal);
}

const char *cp_reason_name(uint32_t reason)
{
    return NAME_AT(reason_names, reason);
}

const char *cp_journal_kind_name(uint32_t kind)
{
    return NAME_AT(journal_kind_names, kind);
}

const char *cp_finding_name(uint32_t finding)
{
    return NAME_AT(finding_names, finding);
}

const char *cp_order_state_name(uint32_t state)
{
    return NAME_AT(state_names, state);
}

const char *cp_risk_state_name(uint32_t state)
{
    return NAME_AT(risk_state_names, state);
}

static int64_t in_core_units(const cp_parameter *limit, double value)
{
    return (int64_t)(limit->kind == CP_PARAMETER_MONEY ? value * CP_MONEY_SCALE : value);
}

bool cp_risk_limit_is_valid(uint32_t limit, int64_t value)
{
    CP_ASSERT(limit < CP_LIMIT_COUNT);
    const cp_parameter *declared = &limits[limit];
    return value >= in_core_units(declared, declared->minimum) &&
           value <= in_core_units(declared, declared->maximum);
}

int cp_risk_check_limits(const int64_t values[CP_LIMIT_MAX])
{
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        if (!cp_risk_limit_is_valid(i, values[i]))
            return -EINVAL;
    }
    return 0;
}

bool cp_risk_scoped_is_valid(const cp_scoped_limit *scoped)
{
    bool is_narrower =
        scoped->scope == CP_SCOPE_SYMBOL || scoped->scope == CP_SCOPE_STRATEGY;
    return is_narrower && scoped->limit < CP_LIMIT_COUNT &&
           (limits[scoped->limit].scopes >> scoped->scope & 1) != 0 &&
           cp_risk_limit_is_valid(scoped->limit, scoped->value);
}

bool cp_risk_trigger_is_valid(uint32_t trigger, int64_t value)
{
    CP_ASSERT(trigger < CP_TRIGGER_COUNT);
    const cp_parameter *declared = &triggers[trigger];
    return value == 0 || (value >= in_core_units(declared, declared->minimum) &&
                          value <= in_core_units(declared, declared->maximum));
}

int64_t cp_risk_trigger_standard(uint32_t trigger)
{
    CP_ASSERT(trigger < CP_TRIGGER_COUNT);
    return in_core_units(&triggers[trigger], triggers[trigger].standard);
}

int64_t cp_trigger_rank(uint32_t trigger, int64_t value, const int64_t *values)
{
    CP_ASSERT(trigger < CP_TRIGGER_COUNT);
    cp_limit stand_in = cp_risk_stand_in((cp_trigger)trigger);
    if (value == 0)
        value = stand_in != CP_LIMIT_COUNT ? values[stand_in]
                                           : cp_risk_trigger_standard(trigger);
    bool is_window = trigger == CP_TRIGGER_REJECT_WINDOW ||
                     trigger == CP_TRIGGER_FILL_WINDOW ||
                     trigger == CP_TRIGGER_SAME_FILL_WINDOW;
    return is_window ? -value : value;
}

uint64_t cp_limits_hash(const int64_t *global, const int64_t *tripping,
                        const cp_scoped_limit *scoped, uint32_t scoped_count)
{
    uint64_t hash = cp_mix(0, scoped_count);
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        hash = cp_mix(hash, (uint64_t)global[i]);
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        hash = cp_mix(hash, (uint64_t)(tripping[i] != 0 ? tripping[i]
                                                        : cp_risk_trigger_standard(i)));
    for (uint32_t i = 0; i < scoped_count; i++) {
        const cp_scoped_limit *limit = &scoped[i];
        hash = cp_mix(hash, (uint64_t)limit->scope << 32 | (uint64_t)limit->limit << 16 |
                                limit->target);
        hash = cp_mix(hash, (uint64_t)limit->value);
    }
    return hash;
}

cp_i128 cp_risk_net_wide(cp_i128 qty, int64_t mark2, int64_t point_value)
{
    CP_ASSERT(mark2 > 0);
    cp_i128 steps2 = (cp_i128)cp_saturate(qty) * mark2;
    cp_i128 steps = cp_saturate(steps2 / 2 + (steps2 % 2 > 0));
    cp_i128 money = steps * point_value;
    return money >= INT64_MAX ? CP_RISK_BEYOND : cp_saturate(money);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void cp_risk_settle(cp_risk *risk)
{
    risk->loss_limited = 0;
    for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
        int64_t loss = risk->strategy_limits[slot][CP_LIMIT_DAILY_LOSS];
        risk->loss_limited |= (uint32_t)(loss != CP_LIMIT_NONE) << slot;
        for (uint32_t symbol = 0; symbol < CP_SYMBOL_MAX; symbol++) {
            int64_t *tightest = risk->tightest[slot][symbol];
            for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
                tightest[i] = least(risk->limits[i], risk->symbol_limits[symbol][i]);
                if (i != CP_LIMIT_POSITION)
                    tightest[i] = least(tightest[i], risk->strategy_limits[slot][i]);
            }
        }
    }
}

cp_scope cp_risk_scope_of(const cp_risk *risk, const cp_risk_ask *ask, uint32_t limit)
{
    int64_t held = risk->tightest[ask->strategy][ask->symbol][limit];
    if (held == risk->limits[limit])
        return CP_SCOPE_GLOBAL;
    return held == risk->symbol_limits[ask->symbol][limit] ? CP_SCOPE_SYMBOL
                                                           : CP_SCOPE_STRATEGY;
}

void cp_risk_count_refusal(cp_risk *risk, const cp_risk_ask *ask, uint32_t limit,
                           cp_scope scope)
{
    CP_ASSERT(limit < CP_LIMIT_COUNT);
    risk->refusal_count[limit]++;
    if (scope == CP_SCOPE_SYMBOL)
        risk->symbol_refusals[ask->symbol][limit]++;
    else if (scope == CP_SCOPE_STRATEGY)
        risk->strategy_refusals[ask->strategy][limit]++;
}

int64_t cp_risk_latest(const cp_risk *risk, uint32_t limit)
{
    const cp_risk_ask *ask = cp_risk_passed(risk);
    if (ask->qty == 0) /* there was none yet */
        return 0;
    cp_i128 steps = (cp_i128)ask->price * ask->qty;
    cp_i128 last2 = 2 * (cp_i128)ask->last;
    switch (limit) {
    case CP_LIMIT_ORDER_QTY:
        return ask->qty;
    case CP_LIMIT_ORDER_VALUE:
        return cp_saturate((cp_i128)cp_saturate(steps) * ask->point_value);
    case CP_LIMIT_PRICE_COLLAR:
        return cp_saturate(
            cp_risk_share(cp_risk_distance2(ask->price, ask->mark2), ask->mark2));
    case CP_LIMIT_SAME_ORDERS:
        return (int64_t)ask->same_count + 1;
    case CP_LIMIT_SELF_CROSS:
        return cp_saturate(ask->own_met);
    case CP_LIMIT_DATA_AGE:
        return cp_risk_age_ms(ask->age_ns);
    case CP_LIMIT_SPREAD:
        return cp_saturate(cp_risk_share(2 * (cp_i128)ask->spread, ask->mark2));
    case CP_LIMIT_LAST_COLLAR:
        return last2 <= 0 ? 0
                          : cp_saturate(cp_risk_share(
                                cp_risk_distance2(ask->price, last2), last2));
    default:
        return 0;
    }
}

/* No check that fewer lots fail is passed by more. */
uint32_t cp_risk_passing_qty(const cp_risk *risk, const cp_risk_ask *ask)
{
    cp_risk_ask tried = *ask;
    cp_risk_finding finding;
    uint64_t passes = 0, fails = (uint64_t)ask->qty + 1;
    while (fails - passes > 1) {
        uint64_t middle = passes + (fails - passes) / 2;
        tried.qty = (uint32_t)middle;
        if (cp_risk_check(risk, &tried, &finding) == CP_REFUSE_COUNT)
            passes = middle;
        else
            fails = middle;
    }
    return (uint32_t)passes;
}
