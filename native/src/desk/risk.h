/* risk.h: may this order go out? One function, for new orders and replaces alike.
 *
 * Everything is measured on worst-case exposure: what would be held if every working
 * order on a side filled. Integers throughout, 128 bits wide where a product could leave
 * 64, so that no figure, however large, wraps round to a small one.
 *
 * A limit is the largest figure allowed: at the limit passes, one more does not. There are
 * those of the desk, those of single symbols and those of single strategies, and the
 * tightest holds. Where they are asked of the same figure (all but open orders, messages,
 * losses, exposure, and a strategy's position) the tightest is worked out when they are
 * set and not when they are asked.
 */
#ifndef CP_RISK_H
#define CP_RISK_H

#include "base/base.h"
#include "desk/positions.h"

#define CP_COLLAR_UNIT 10000 /* basis points in one */

#define CP_LIMIT_NONE INT64_MAX /* of a scope in which the limit is not set */

#define CP_RISK_BEYOND ((cp_i128)1 << 100) /* money no other figure makes up for */

/* An order about to be sent, and all that its check needs to know. What is left at zero
 * never refuses anything. */
typedef struct cp_risk_ask {
    cp_side side;
    bool reduces_only; /* closes a position: what must not keep one in it is not asked */
    bool is_replace;
    bool stale;
    uint16_t symbol;
    uint16_t strategy; /* its slot */
    uint32_t qty;      /* lots it may trade, once out */
    int64_t price;     /* increments */
    int64_t mark2;     /* twice the price of the market; <= 0: none */
    int64_t last;      /* price of the latest trade; <= 0: none */
    int64_t spread;  /* increments between the best prices; INT64_MAX: a side is empty */
    uint64_t age_ns; /* since the symbol's latest market data */
    int64_t point_value;
    int64_t position;          /* of the symbol, lots */
    int64_t working[2];        /* lots working in the symbol by side, before this order */
    int64_t would_be_position; /* of a strategy in SHADOW: added to what is real */
    int64_t would_be_working[2];
    cp_i128 exposure_elsewhere; /* money, all other symbols */
    cp_i128 net_elsewhere;      /* likewise, at worst on this order's side; signed */
    cp_i128 own_met;        /* own lots resting on the other side that it would meet */
    uint32_t open_orders;   /* before this one */
    uint32_t message_count; /* in the last second, before this one */
    uint32_t same_count;    /* with the same terms in the last second, before this */
    /* the same of the strategy alone, or of the symbol */
    int64_t own_position;
    int64_t own_working[2];
    uint32_t own_orders;
    uint32_t own_messages;
    uint32_t symbol_orders;
} cp_risk_ask;

/* What the check found, in the limit's own unit. */
typedef struct cp_risk_finding {
    int64_t limit;
    int64_t current;  /* as things stand */
    int64_t would_be; /* with the order */
    cp_scope scope;   /* of the limit */
} cp_risk_finding;

typedef struct cp_risk {
    cp_risk_state state;
    int64_t loss;     /* money lost today when last evaluated; negative is a gain */
    int64_t drawdown; /* money below the day's best, likewise */
    int64_t strategy_loss[CP_SLOT_COUNT]; /* likewise, of those with such a limit */
    /* by cp_limit; CP_LIMIT_NONE where none is set. After a change: cp_risk_settle. */
    int64_t limits[CP_LIMIT_MAX];
    int64_t symbol_limits[CP_SYMBOL_MAX][CP_LIMIT_MAX];
    int64_t strategy_limits[CP_SLOT_COUNT][CP_LIMIT_MAX];
    /* the least of the three; of positions, whose figure is the symbol's, of two */
    int64_t tightest[CP_SLOT_COUNT][CP_SYMBOL_MAX][CP_LIMIT_MAX];
    uint64_t refusal_count[CP_LIMIT_MAX]; /* by whichever scope */
    uint64_t symbol_refusals[CP_SYMBOL_MAX][CP_LIMIT_MAX];
    uint64_t strategy_refusals[CP_SLOT_COUNT][CP_LIMIT_MAX];
    cp_risk_ask passed; /* the latest order that did */
} cp_risk;

/* Whether it is inside the range its table declares. */
bool cp_risk_limit_is_valid(uint32_t limit, int64_t value);
/* 0, or -EINVAL when one of them is not. */
int cp_risk_check_limits(const int64_t limits[CP_LIMIT_MAX]);
/* Whether there is such a limit of such a scope, and its value is inside the range. */
bool cp_risk_scoped_is_valid(const cp_scoped_limit *scoped);
/* Whether a trigger is inside its range, or 0 for the standard. */
bool cp_risk_trigger_is_valid(uint32_t trigger, int64_t value);
int64_t cp_risk_trigger_standard(uint32_t trigger);
/* The limits have changed: work out the tightest of each. */
void cp_risk_settle(cp_risk *risk);
/* Whose limit it was, where several are asked of one figure. */
cp_scope cp_risk_scope_of(const cp_risk *risk, const cp_risk_ask *ask, uint32_t limit);
/* It has been refused: count it for whoever's limit it was. */
void cp_risk_count_refusal(cp_risk *risk, const cp_risk_ask *ask, uint32_t limit,
                           cp_scope scope);
/* What the latest order passed came to of a limit on single orders; 0 for the others. */
int64_t cp_risk_latest(const cp_risk *risk, uint32_t limit);
/* The most lots, of those asked for, with which the order would pass; 0: none. */
uint32_t cp_risk_passing_qty(const cp_risk *risk, const cp_risk_ask *ask);

/* Lots at worst: the larger of long and short if one side's working orders fill. */
static inline cp_i128 cp_risk_worst(int64_t position, int64_t working_buy,
                                    int64_t working_sell)
{
    cp_i128 longest = (cp_i128)position + working_buy;
    cp_i128 shortest = (cp_i128)working_sell - position;
    return longest > shortest ? longest : shortest;
}

/* cp_risk_net of whatever numbers; `mark2` above 0. */
cp_i128 cp_risk_net_wide(cp_i128 qty, int64_t mark2, int64_t point_value);

/* Money of so many lots held long, below zero for short; rounded up, so that what one
 * side holds is never made out smaller than it is, nor what it is set against larger.
 * A figure beyond 64 bits is beyond all others together. Most are far from that, and
 * worked out in 64. */
static inline cp_i128 cp_risk_net(cp_i128 qty, int64_t mark2, int64_t point_value)
{
    int64_t lots = (int64_t)qty, steps2, money;
    if (mark2 <= 0)
        return 0;
    bool fits = lots == qty && !__builtin_mul_overflow(lots, mark2, &steps2);
    if (CP_UNLIKELY(!fits))
        return cp_risk_net_wide(qty, mark2, point_value);
    int64_t steps = steps2 / 2 + (steps2 % 2 > 0);
    if (CP_UNLIKELY(__builtin_mul_overflow(steps, point_value, &money) ||
                    money == INT64_MAX))
        return cp_risk_net_wide(qty, mark2, point_value);
    return money;
}

/* Money at worst in one symbol; saturated, so that sums over symbols stay in 128 bits. */
static inline int64_t cp_risk_exposure(cp_i128 worst_qty, int64_t mark2,
                                       int64_t point_value)
{
    return worst_qty <= 0 ? 0 : cp_saturate(cp_risk_net(worst_qty, mark2, point_value));
}

static inline bool cp_risk_exceeds(cp_i128 current, cp_i128 would_be, int64_t limit,
                                   cp_risk_finding *finding)
{
    if (CP_LIKELY(would_be <= limit))
        return false;
    *finding = (cp_risk_finding){ limit, cp_saturate(current), cp_saturate(would_be),
                                  CP_SCOPE_GLOBAL };
    return true;
}

/* As cp_risk_exceeds, of a narrower limit. */
static inline bool cp_risk_exceeds_in(cp_scope scope, cp_i128 current, cp_i128 would_be,
                                      int64_t limit, cp_risk_finding *finding)
{
    if (!cp_risk_exceeds(current, would_be, limit, finding))
        return false;
    finding->scope = scope;
    return true;
}

/* Twice the distance of a price from another, of which twice is given. */
static inline cp_i128 cp_risk_distance2(int64_t price, cp_i128 other2)
{
    cp_i128 distance2 = 2 * (cp_i128)price - other2;
    return distance2 < 0 ? -distance2 : distance2;
}

/* A part of a whole in basis points, rounded up: any part beyond counts. */
static inline cp_i128 cp_risk_share(cp_i128 part, cp_i128 whole)
{
    return (part * CP_COLLAR_UNIT + whole - 1) / whole;
}

/* As cp_risk_exceeds for that share, but nothing is divided while it does not. */
static inline bool cp_risk_share_exceeds(cp_i128 part, cp_i128 whole, int64_t limit,
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

/* Milliseconds, those begun counted whole. */
static inline int64_t cp_risk_age_ms(uint64_t age_ns)
{
    return (int64_t)(age_ns / 1000000 + (age_ns % 1000000 != 0));
}

/* Whatever else works trades too: can the order only bring the symbol's position and its
 * strategy's own nearer to none? */
static inline bool cp_risk_reduces(const cp_risk_ask *ask)
{
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 after = (cp_i128)ask->position * sign + ask->working[ask->side] + ask->qty;
    cp_i128 own =
        (cp_i128)ask->own_position * sign + ask->own_working[ask->side] + ask->qty;
    return after <= 0 && own <= 0;
}

/* ACTIVE allows everything, REDUCING what reduces, PAUSED and FLATTENING what closes,
 * HALTED nothing. */
static inline bool cp_risk_state_allows(cp_risk_state state, const cp_risk_ask *ask)
{
    if (CP_LIKELY(state == CP_RISK_ACTIVE))
        return true;
    if (state == CP_RISK_REDUCING && cp_risk_reduces(ask))
        return true;
    return state != CP_RISK_HALTED && ask->reduces_only;
}

static inline uint32_t cp_risk_refused(const cp_risk *risk, const cp_risk_ask *ask,
                                       uint32_t limit, cp_risk_finding *finding)
{
    finding->scope = cp_risk_scope_of(risk, ask, limit);
    return limit;
}

static inline bool cp_risk_is_lost(cp_scope scope, int64_t loss, int64_t limit,
                                   cp_risk_finding *finding)
{
    if (CP_LIKELY(loss < limit))
        return false;
    *finding = (cp_risk_finding){ limit, loss, loss, scope };
    return true;
}

/* What is asked of an order that opens something: never in the way of one that closes.
 */
static inline uint32_t cp_risk_check_opening(const cp_risk *risk, const cp_risk_ask *ask,
                                             cp_risk_finding *finding)
{
    const int64_t *limits = risk->limits;
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    if (cp_risk_is_lost(CP_SCOPE_GLOBAL, risk->loss, limits[CP_LIMIT_DAILY_LOSS],
                        finding) ||
        cp_risk_is_lost(CP_SCOPE_STRATEGY, risk->strategy_loss[ask->strategy],
                        own[CP_LIMIT_DAILY_LOSS], finding))
        return CP_LIMIT_DAILY_LOSS;
    if (cp_risk_is_lost(CP_SCOPE_GLOBAL, risk->drawdown, limits[CP_LIMIT_DRAWDOWN],
                        finding))
        return CP_LIMIT_DRAWDOWN;
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 side_before = (cp_i128)ask->position * sign + ask->working[ask->side];
    cp_i128 net = ask->net_elsewhere +
                  cp_risk_net(side_before + ask->qty, ask->mark2, ask->point_value);
    if (CP_UNLIKELY(net > limits[CP_LIMIT_NET_EXPOSURE])) {
        cp_i128 before =
            ask->net_elsewhere + cp_risk_net(side_before, ask->mark2, ask->point_value);
        cp_risk_exceeds(before, net, limits[CP_LIMIT_NET_EXPOSURE], finding);
        return CP_LIMIT_NET_EXPOSURE;
    }
    if (cp_risk_exceeds(ask->same_count, (cp_i128)ask->same_count + 1,
                        tightest[CP_LIMIT_SAME_ORDERS], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_SAME_ORDERS, finding);
    int64_t age_max = tightest[CP_LIMIT_DATA_AGE];
    if (CP_UNLIKELY((cp_i128)ask->age_ns > (cp_i128)age_max * 1000000)) {
        int64_t age = cp_risk_age_ms(ask->age_ns);
        *finding = (cp_risk_finding){ age_max, age, age, CP_SCOPE_GLOBAL };
        return cp_risk_refused(risk, ask, CP_LIMIT_DATA_AGE, finding);
    }
    if (cp_risk_share_exceeds(2 * (cp_i128)ask->spread, ask->mark2,
                              tightest[CP_LIMIT_SPREAD], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_SPREAD, finding);
    cp_i128 last2 = 2 * (cp_i128)ask->last;
    if (last2 > 0 && cp_risk_share_exceeds(cp_risk_distance2(ask->price, last2), last2,
                                           tightest[CP_LIMIT_LAST_COLLAR], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_LAST_COLLAR, finding);
    return CP_REFUSE_COUNT;
}

/* Orders and messages: each scope counts its own. */
static inline uint32_t cp_risk_check_counts(const cp_risk *risk, const cp_risk_ask *ask,
                                            cp_risk_finding *finding)
{
    const int64_t *limits = risk->limits;
    const int64_t *of_symbol = risk->symbol_limits[ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    bool is_more = !ask->is_replace;
    if (is_more && (cp_risk_exceeds(ask->open_orders, (cp_i128)ask->open_orders + 1,
                                    limits[CP_LIMIT_OPEN_ORDERS], finding) ||
                    cp_risk_exceeds_in(CP_SCOPE_SYMBOL, ask->symbol_orders,
                                       (cp_i128)ask->symbol_orders + 1,
                                       of_symbol[CP_LIMIT_OPEN_ORDERS], finding) ||
                    cp_risk_exceeds_in(CP_SCOPE_STRATEGY, ask->own_orders,
                                       (cp_i128)ask->own_orders + 1,
                                       own[CP_LIMIT_OPEN_ORDERS], finding)))
        return CP_LIMIT_OPEN_ORDERS;
    if (cp_risk_exceeds(ask->message_count, (cp_i128)ask->message_count + 1,
                        limits[CP_LIMIT_MESSAGE_RATE], finding) ||
        cp_risk_exceeds_in(CP_SCOPE_STRATEGY, ask->own_messages,
                           (cp_i128)ask->own_messages + 1, own[CP_LIMIT_MESSAGE_RATE],
                           finding))
        return CP_LIMIT_MESSAGE_RATE;
    return CP_REFUSE_COUNT;
}

/* Positions and what they are worth. Only the side the order adds to can get worse: one
 * that works against a position passes until it would carry it through to the other side's
 * limit. */
static inline uint32_t cp_risk_check_position(const cp_risk *risk, const cp_risk_ask *ask,
                                              cp_risk_finding *finding)
{
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    const int64_t *own = risk->strategy_limits[ask->strategy];
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    cp_i128 side_before = (cp_i128)ask->position * sign + ask->working[ask->side];
    cp_i128 side_after = side_before + ask->qty;
    if (cp_risk_exceeds(side_before, side_after, tightest[CP_LIMIT_POSITION], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_POSITION, finding);
    cp_i128 own_before = (cp_i128)ask->own_position * sign + ask->own_working[ask->side];
    if (cp_risk_exceeds_in(CP_SCOPE_STRATEGY, own_before, own_before + ask->qty,
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
    if (!cp_risk_exceeds(ask->exposure_elsewhere + before,
                         ask->exposure_elsewhere + after, most, finding))
        cp_risk_exceeds_in(CP_SCOPE_SYMBOL, before, after, most_here, finding);
    return CP_LIMIT_GROSS_EXPOSURE;
}

/* CP_REFUSE_COUNT when it may go; otherwise a cp_limit or cp_refusal, and for a limit
 * the figures behind it in `finding`. */
static inline uint32_t cp_risk_check(const cp_risk *risk, const cp_risk_ask *ask,
                                     cp_risk_finding *finding)
{
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    *finding = (cp_risk_finding){ 0, 0, 0, CP_SCOPE_GLOBAL };
    if (CP_UNLIKELY(!cp_risk_state_allows(risk->state, ask)))
        return CP_REFUSE_STATE;
    if (CP_UNLIKELY(ask->stale || ask->mark2 <= 0))
        return CP_REFUSE_STALE;
    if (CP_UNLIKELY(ask->qty == 0 || ask->price < 1))
        return CP_REFUSE_MALFORMED;
    if (cp_risk_exceeds(0, ask->qty, tightest[CP_LIMIT_ORDER_QTY], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_ORDER_QTY, finding);
    int64_t steps, value;
    bool fits = !__builtin_mul_overflow(ask->price, (int64_t)ask->qty, &steps) &&
                !__builtin_mul_overflow(steps, ask->point_value, &value);
    if (CP_UNLIKELY(!fits))
        value = INT64_MAX; /* of a price, a size and a point above 0: beyond 64 bits */
    if (cp_risk_exceeds(0, value, tightest[CP_LIMIT_ORDER_VALUE], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_ORDER_VALUE, finding);
    uint32_t refusal = cp_risk_check_position(risk, ask, finding);
    if (refusal == CP_REFUSE_COUNT)
        refusal = cp_risk_check_counts(risk, ask, finding);
    if (CP_UNLIKELY(refusal != CP_REFUSE_COUNT))
        return refusal;
    if (cp_risk_share_exceeds(cp_risk_distance2(ask->price, ask->mark2), ask->mark2,
                              tightest[CP_LIMIT_PRICE_COLLAR], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_PRICE_COLLAR, finding);
    if (cp_risk_exceeds(0, ask->own_met, tightest[CP_LIMIT_SELF_CROSS], finding))
        return cp_risk_refused(risk, ask, CP_LIMIT_SELF_CROSS, finding);
    /* In REDUCING nothing comes this far that opens anything. */
    if (CP_UNLIKELY(ask->reduces_only || risk->state == CP_RISK_REDUCING))
        return CP_REFUSE_COUNT;
    return cp_risk_check_opening(risk, ask, finding);
}

#endif /* CP_RISK_H */
