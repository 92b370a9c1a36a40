/* examine.c: why an order may not go out: every limit by itself, in 128 bits.
 *
 * cp_risk_check comes here with the few orders that may be beyond a limit, or whose
 * figures are too large for 64 bits; what is decided here holds.
 */
#include "desk/risk.h"

static bool exceeds(cp_i128 current, cp_i128 would_be, int64_t limit,
                    cp_risk_finding *finding)
{
    if (CP_LIKELY(would_be <= limit))
        return false;
    *finding = (cp_risk_finding){ limit, cp_saturate(current), cp_saturate(would_be),
                                  CP_SCOPE_GLOBAL };
    return true;
}

/* As exceeds, of a narrower limit. */
static bool exceeds_in(cp_scope scope, cp_i128 current, cp_i128 would_be, int64_t limit,
                       cp_risk_finding *finding)
{
    if (!exceeds(current, would_be, limit, finding))
        return false;
    finding->scope = scope;
    return true;
}

/* As exceeds for that share, but nothing is divided while it does not. */
static bool share_exceeds(cp_i128 part, cp_i128 whole, int64_t limit,
                          cp_risk_finding *finding)
{
    int64_t scaled, most;
    bool fits = (int64_t)part == part && (int64_t)whole == whole &&
                !__builtin_mul_overflow((int64_t)part, CP_COLLAR_UNIT, &scaled) &&
                !__builtin_mul_overflow((int64_t)whole, limit, &most);
    if (CP_LIKELY(fits ? scaled <= most : part * CP_COLLAR_UNIT <= whole * limit))
        return false;
    *finding = (cp_risk_finding){ limit, 0, cp_saturate(cp_risk_share(part, whole)),
                                  CP_SCOPE_GLOBAL };
    return true;
}

/* Whatever else works trades too: can the order only bring the symbol's position and its
 * strategy's own nearer to none? */
static bool reduces(const cp_risk_ask *ask)
{
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 after = (cp_i128)ask->position * sign + ask->working[ask->side] + ask->qty;
    cp_i128 own =
        (cp_i128)ask->own_position * sign + ask->own_working[ask->side] + ask->qty;
    return after <= 0 && own <= 0;
}

/* ACTIVE allows everything, REDUCING what reduces, PAUSED and FLATTENING what closes,
 * HALTED nothing. */
static bool state_allows(cp_risk_state state, const cp_risk_ask *ask)
{
    if (CP_LIKELY(state == CP_RISK_ACTIVE))
        return true;
    if (state == CP_RISK_REDUCING && reduces(ask))
        return true;
    return state != CP_RISK_HALTED && ask->reduces_only;
}

static uint32_t refused(const cp_risk *risk, const cp_risk_ask *ask, uint32_t limit,
                        cp_risk_finding *finding)
{
    finding->scope = cp_risk_scope_of(risk, ask, limit);
    return limit;
}

static bool is_lost(cp_scope scope, int64_t loss, int64_t limit, cp_risk_finding *finding)
{
    if (CP_LIKELY(loss < limit))
        return false;
    *finding = (cp_risk_finding){ limit, loss, loss, scope };
    return true;
}

/* What is asked of an order that opens something: never in the way of one that closes.
 */
static uint32_t check_opening(const cp_risk *risk, const cp_risk_ask *ask,
                              cp_risk_finding *finding)
{
    const int64_t *limits = risk->limits;
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    if (is_lost(CP_SCOPE_GLOBAL, risk->loss, limits[CP_LIMIT_DAILY_LOSS], finding) ||
        is_lost(CP_SCOPE_STRATEGY, risk->strategy_loss[ask->strategy],
                own[CP_LIMIT_DAILY_LOSS], finding))
        return CP_LIMIT_DAILY_LOSS;
    if (is_lost(CP_SCOPE_GLOBAL, risk->drawdown, limits[CP_LIMIT_DRAWDOWN], finding))
        return CP_LIMIT_DRAWDOWN;
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 side_before = (cp_i128)ask->position * sign + ask->working[ask->side];
    cp_i128 net = ask->net_elsewhere +
                  cp_risk_net(side_before + ask->qty, ask->mark2, ask->point_value);
    if (CP_UNLIKELY(net > limits[CP_LIMIT_NET_EXPOSURE])) {
        cp_i128 before =
            ask->net_elsewhere + cp_risk_net(side_before, ask->mark2, ask->point_value);
        exceeds(before, net, limits[CP_LIMIT_NET_EXPOSURE], finding);
        return CP_LIMIT_NET_EXPOSURE;
    }
    if (exceeds(ask->same_count, (cp_i128)ask->same_count + 1,
                tightest[CP_LIMIT_SAME_ORDERS], finding))
        return refused(risk, ask, CP_LIMIT_SAME_ORDERS, finding);
    int64_t age_max = tightest[CP_LIMIT_DATA_AGE];
    if (CP_UNLIKELY((cp_i128)ask->age_ns > (cp_i128)age_max * 1000000)) {
        int64_t age = cp_risk_age_ms(ask->age_ns);
        *finding = (cp_risk_finding){ age_max, age, age, CP_SCOPE_GLOBAL };
        return refused(risk, ask, CP_LIMIT_DATA_AGE, finding);
    }
    if (share_exceeds(2 * (cp_i128)ask->spread, ask->mark2, tightest[CP_LIMIT_SPREAD],
                      finding))
        return refused(risk, ask, CP_LIMIT_SPREAD, finding);
    cp_i128 last2 = 2 * (cp_i128)ask->last;
    if (last2 > 0 && share_exceeds(cp_risk_distance2(ask->price, last2), last2,
                                   tightest[CP_LIMIT_LAST_COLLAR], finding))
        return refused(risk, ask, CP_LIMIT_LAST_COLLAR, finding);
    return CP_REFUSE_COUNT;
}

/* Orders and messages: each scope counts its own. */
static uint32_t check_counts(const cp_risk *risk, const cp_risk_ask *ask,
                             cp_risk_finding *finding)
{
    const int64_t *limits = risk->limits;
    const int64_t *of_symbol = risk->symbol_limits[ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    bool is_more = !ask->is_replace;
    if (is_more &&
        (exceeds(ask->open_orders, (cp_i128)ask->open_orders + 1,
                 limits[CP_LIMIT_OPEN_ORDERS], finding) ||
         exceeds_in(CP_SCOPE_SYMBOL, ask->symbol_orders, (cp_i128)ask->symbol_orders + 1,
                    of_symbol[CP_LIMIT_OPEN_ORDERS], finding) ||
         exceeds_in(CP_SCOPE_STRATEGY, ask->own_orders, (cp_i128)ask->own_orders + 1,
                    own[CP_LIMIT_OPEN_ORDERS], finding)))
        return CP_LIMIT_OPEN_ORDERS;
    if (exceeds(ask->message_count, (cp_i128)ask->message_count + 1,
                limits[CP_LIMIT_MESSAGE_RATE], finding) ||
        exceeds_in(CP_SCOPE_STRATEGY, ask->own_messages, (cp_i128)ask->own_messages + 1,
                   own[CP_LIMIT_MESSAGE_RATE], finding))
        return CP_LIMIT_MESSAGE_RATE;
    return CP_REFUSE_COUNT;
}

/* Positions and what they are worth. Only the side the order adds to can get worse: one
 * that works against a position passes until it would carry it through to the other side's
 * limit. */
static uint32_t check_position(const cp_risk *risk, const cp_risk_ask *ask,
                               cp_risk_finding *finding)
{
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 side_before = (cp_i128)ask->position * sign + ask->working[ask->side];
    cp_i128 side_after = side_before + ask->qty;
    if (exceeds(side_before, side_after, tightest[CP_LIMIT_POSITION], finding))
        return refused(risk, ask, CP_LIMIT_POSITION, finding);
    cp_i128 own_before = (cp_i128)ask->own_position * sign + ask->own_working[ask->side];
    if (exceeds_in(CP_SCOPE_STRATEGY, own_before, own_before + ask->qty,
                   own[CP_LIMIT_POSITION], finding))
        return CP_LIMIT_POSITION;

    cp_i128 worst_before =
        cp_risk_worst(ask->position, ask->working[CP_BUY], ask->working[CP_SELL]);
    if (side_after <= worst_before)
        return CP_REFUSE_COUNT;
    int64_t after = cp_risk_exposure(side_after, ask->mark2, ask->point_value);
    int64_t most = risk->limits[CP_LIMIT_GROSS_EXPOSURE];
    int64_t most_here = risk->symbol_limits[ask->symbol][CP_LIMIT_GROSS_EXPOSURE];
    if (CP_LIKELY(ask->exposure_elsewhere + after <= most && after <= most_here))
        return CP_REFUSE_COUNT;
    int64_t before = cp_risk_exposure(worst_before, ask->mark2, ask->point_value);
    if (!exceeds(ask->exposure_elsewhere + before, ask->exposure_elsewhere + after, most,
                 finding))
        exceeds_in(CP_SCOPE_SYMBOL, before, after, most_here, finding);
    return CP_LIMIT_GROSS_EXPOSURE;
}

/* Limit by limit, in 128 bits. */
uint32_t cp_risk_examine(const cp_risk *risk, const cp_risk_ask *ask,
                         cp_risk_finding *finding)
{
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    if (CP_UNLIKELY(!state_allows(risk->state, ask)))
        return CP_REFUSE_STATE;
    if (CP_UNLIKELY(ask->stale || ask->mark2 <= 0))
        return CP_REFUSE_STALE;
    if (CP_UNLIKELY(ask->qty == 0 || ask->price < 1))
        return CP_REFUSE_MALFORMED;
    if (exceeds(0, ask->qty, tightest[CP_LIMIT_ORDER_QTY], finding))
        return refused(risk, ask, CP_LIMIT_ORDER_QTY, finding);
    int64_t steps, value;
    bool fits = !__builtin_mul_overflow(ask->price, (int64_t)ask->qty, &steps) &&
                !__builtin_mul_overflow(steps, ask->point_value, &value);
    if (CP_UNLIKELY(!fits))
        value = INT64_MAX; /* of a price, a size and a point above 0: beyond 64 bits */
    if (exceeds(0, value, tightest[CP_LIMIT_ORDER_VALUE], finding))
        return refused(risk, ask, CP_LIMIT_ORDER_VALUE, finding);
    uint32_t refusal = check_position(risk, ask, finding);
    if (refusal == CP_REFUSE_COUNT)
        refusal = check_counts(risk, ask, finding);
    if (CP_UNLIKELY(refusal != CP_REFUSE_COUNT))
        return refusal;
    if (share_exceeds(cp_risk_distance2(ask->price, ask->mark2), ask->mark2,
                      tightest[CP_LIMIT_PRICE_COLLAR], finding))
        return refused(risk, ask, CP_LIMIT_PRICE_COLLAR, finding);
    if (exceeds(0, ask->own_met, tightest[CP_LIMIT_SELF_CROSS], finding))
        return refused(risk, ask, CP_LIMIT_SELF_CROSS, finding);
    /* In REDUCING nothing comes this far that opens anything. */
    if (CP_UNLIKELY(ask->reduces_only || risk->state == CP_RISK_REDUCING))
        return CP_REFUSE_COUNT;
    return check_opening(risk, ask, finding);
}
