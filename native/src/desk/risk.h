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
    uint32_t loss_limited; /* bit a slot: its losses have a limit of their own */
    uint64_t refusal_count[CP_LIMIT_MAX]; /* by whichever scope */
    uint64_t symbol_refusals[CP_SYMBOL_MAX][CP_LIMIT_MAX];
    uint64_t strategy_refusals[CP_SLOT_COUNT][CP_LIMIT_MAX];
    uint32_t passed;     /* of the two below: the latest order that did */
    cp_risk_ask asks[2]; /* and one to be filled in for the next */
} cp_risk;

static inline const cp_risk_ask *cp_risk_passed(const cp_risk *risk)
{
    return &risk->asks[risk->passed];
}

/* Where the next is asked; when it has passed, turn over. */
static inline cp_risk_ask *cp_risk_next(cp_risk *risk)
{
    return &risk->asks[risk->passed ^ 1];
}

/* Whether it is inside the range its table declares. */
bool cp_risk_limit_is_valid(uint32_t limit, int64_t value);
/* 0, or -EINVAL when one of them is not. */
int cp_risk_check_limits(const int64_t limits[CP_LIMIT_MAX]);
/* Whether there is such a limit of such a scope, and its value is inside the range. */
bool cp_risk_scoped_is_valid(const cp_scoped_limit *scoped);
/* Whether a trigger is inside its range, or 0 for the standard. */
bool cp_risk_trigger_is_valid(uint32_t trigger, int64_t value);
int64_t cp_risk_trigger_standard(uint32_t trigger);
/* The limit that stands in for a trigger of 0; CP_LIMIT_COUNT: it is never 0. */
static inline cp_limit cp_risk_stand_in(cp_trigger trigger)
{
    switch (trigger) {
    case CP_TRIGGER_FILL_COUNT:
        return CP_LIMIT_MESSAGE_RATE;
    case CP_TRIGGER_SAME_FILL_COUNT:
        return CP_LIMIT_SAME_ORDERS;
    case CP_TRIGGER_FEED_SILENCE:
        return CP_LIMIT_DATA_AGE;
    default:
        return CP_LIMIT_COUNT;
    }
}
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

/* Milliseconds, those begun counted whole. */
static inline int64_t cp_risk_age_ms(uint64_t age_ns)
{
    return (int64_t)(age_ns / 1000000 + (age_ns % 1000000 != 0));
}

/* ---- in 64 bits ----
 * Most orders keep every limit by far, and of those nothing else is asked. True means that
 * a limit may be exceeded, or that a figure is too large to tell: then cp_risk_examine
 * decides. */

static inline int64_t cp_risk_magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* The numbers are below 2^62. */
static inline bool cp_risk_share_may_exceed(int64_t part, int64_t whole, int64_t limit)
{
    int64_t scaled, most;
    return __builtin_mul_overflow(part, CP_COLLAR_UNIT, &scaled) ||
           __builtin_mul_overflow(whole, limit, &most) || scaled > most;
}

/* Terms, age and distances. */
static inline bool cp_risk_terms_may_exceed(const cp_risk_ask *ask,
                                            const int64_t *tightest)
{
    const int64_t most = INT64_MAX / 4;
    int64_t price = ask->price, mark2 = ask->mark2, last = ask->last;
    int64_t steps, value, oldest;
    if (price < 1 || price > most || mark2 < 1 || mark2 > most || ask->qty == 0 ||
        last > most || ask->spread < 0 || ask->spread > most || ask->stale ||
        ask->age_ns > INT64_MAX)
        return true;
    return ask->qty > tightest[CP_LIMIT_ORDER_QTY] ||
           __builtin_mul_overflow(price, (int64_t)ask->qty, &steps) ||
           __builtin_mul_overflow(steps, ask->point_value, &value) ||
           value > tightest[CP_LIMIT_ORDER_VALUE] ||
           __builtin_mul_overflow(tightest[CP_LIMIT_DATA_AGE], 1000000, &oldest) ||
           (int64_t)ask->age_ns > oldest ||
           cp_risk_share_may_exceed(cp_risk_magnitude(2 * price - mark2), mark2,
                                    tightest[CP_LIMIT_PRICE_COLLAR]) ||
           cp_risk_share_may_exceed(2 * ask->spread, mark2, tightest[CP_LIMIT_SPREAD]) ||
           (last > 0 &&
            cp_risk_share_may_exceed(cp_risk_magnitude(2 * (price - last)), 2 * last,
                                     tightest[CP_LIMIT_LAST_COLLAR]));
}

/* Lots at worst on the order's side, with it; false: beyond 64 bits. */
static inline bool cp_risk_side_after(const cp_risk_ask *ask, int64_t position,
                                      const int64_t working[2], int64_t *after)
{
    int64_t sign = ask->side == CP_BUY ? 1 : -1;
    return !__builtin_mul_overflow(position, sign, after) &&
           !__builtin_add_overflow(*after, working[ask->side], after) &&
           !__builtin_add_overflow(*after, (int64_t)ask->qty, after);
}

/* Positions and what they are worth. */
static inline bool cp_risk_position_may_exceed(const cp_risk *risk,
                                               const cp_risk_ask *ask,
                                               const int64_t *tightest)
{
    const int64_t *limits = risk->limits;
    int64_t after, own_after, steps2, money, gross, net;
    int64_t gross_elsewhere = (int64_t)ask->exposure_elsewhere;
    int64_t net_elsewhere = (int64_t)ask->net_elsewhere;
    if (!cp_risk_side_after(ask, ask->position, ask->working, &after) ||
        !cp_risk_side_after(ask, ask->own_position, ask->own_working, &own_after) ||
        gross_elsewhere != ask->exposure_elsewhere || net_elsewhere != ask->net_elsewhere)
        return true;
    if (after > tightest[CP_LIMIT_POSITION] ||
        own_after > risk->strategy_limits[ask->strategy][CP_LIMIT_POSITION] ||
        __builtin_mul_overflow(after, ask->mark2, &steps2))
        return true;
    int64_t steps = (steps2 >> 1) + (steps2 & 1); /* rounded up, as cp_risk_net does */
    if (__builtin_mul_overflow(steps, ask->point_value, &money) || money == INT64_MAX)
        return true;
    int64_t here = money > 0 ? money : 0;
    return __builtin_add_overflow(gross_elsewhere, here, &gross) ||
           __builtin_add_overflow(net_elsewhere, money, &net) ||
           gross > limits[CP_LIMIT_GROSS_EXPOSURE] ||
           here > risk->symbol_limits[ask->symbol][CP_LIMIT_GROSS_EXPOSURE] ||
           net > limits[CP_LIMIT_NET_EXPOSURE];
}

/* Orders, messages, own lots met, and what is lost. */
static inline bool cp_risk_counts_may_exceed(const cp_risk *risk, const cp_risk_ask *ask,
                                             const int64_t *tightest)
{
    const int64_t *limits = risk->limits;
    const int64_t *own = risk->strategy_limits[ask->strategy];
    int64_t more = !ask->is_replace; /* which is no further order */
    int64_t met = (int64_t)ask->own_met;
    return ask->open_orders + more > limits[CP_LIMIT_OPEN_ORDERS] ||
           ask->symbol_orders + more >
               risk->symbol_limits[ask->symbol][CP_LIMIT_OPEN_ORDERS] ||
           ask->own_orders + more > own[CP_LIMIT_OPEN_ORDERS] ||
           ask->message_count >= limits[CP_LIMIT_MESSAGE_RATE] ||
           ask->own_messages >= own[CP_LIMIT_MESSAGE_RATE] ||
           ask->same_count >= tightest[CP_LIMIT_SAME_ORDERS] || met != ask->own_met ||
           met > tightest[CP_LIMIT_SELF_CROSS] ||
           risk->loss >= limits[CP_LIMIT_DAILY_LOSS] ||
           risk->drawdown >= limits[CP_LIMIT_DRAWDOWN] ||
           risk->strategy_loss[ask->strategy] >= own[CP_LIMIT_DAILY_LOSS];
}

/* Limit by limit, whatever the numbers: what cp_risk_check answers. */
uint32_t cp_risk_examine(const cp_risk *risk, const cp_risk_ask *ask,
                         cp_risk_finding *finding);

/* CP_REFUSE_COUNT when it may go; otherwise a cp_limit or cp_refusal, and for a limit
 * the figures behind it in `finding`. */
static inline uint32_t cp_risk_check(const cp_risk *risk, const cp_risk_ask *ask,
                                     cp_risk_finding *finding)
{
    const int64_t *tightest = risk->tightest[ask->strategy][ask->symbol];
    *finding = (cp_risk_finding){ 0, 0, 0, CP_SCOPE_GLOBAL };
    if (CP_LIKELY(risk->state == CP_RISK_ACTIVE &&
                  !cp_risk_terms_may_exceed(ask, tightest) &&
                  !cp_risk_position_may_exceed(risk, ask, tightest) &&
                  !cp_risk_counts_may_exceed(risk, ask, tightest)))
        return CP_REFUSE_COUNT;
    return cp_risk_examine(risk, ask, finding);
}

#endif /* CP_RISK_H */
