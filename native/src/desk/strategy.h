/* strategy.h: what a strategy is, what it sees, and what it may ask for.
 *
 * A strategy is a table of functions over a block of memory the desk gives it. Each call
 * hands it a seat: the market it watches, what it holds, what it has working. It answers
 * by leaving wishes in the seat, which the desk turns into orders, or refuses. A strategy
 * has no other way in or out, so it is a pure function of what it was told; floats are
 * its own affair.
 *
 *   quote   "I want this much resting at this price on this side"; the desk keeps one
 *           order a side that way, with one change under way at a time
 *   take    "trade up to this much now, no worse than this price"
 */
#ifndef CP_STRATEGY_H
#define CP_STRATEGY_H

#include "desk/feed.h"

#define CP_STRATEGY_STATE_SIZE 4096 /* bytes of a strategy's own memory */

typedef struct cp_wish {
    int64_t price;
    uint32_t qty; /* 0: nothing, or no more */
    uint8_t side; /* of a take */
    bool asked;   /* said since the desk last looked */
} cp_wish;

/* An order of the seat's by the venue's name, to be found in the book. */
typedef struct cp_own_quote {
    uint64_t order_ref; /* 0: none */
    int64_t price;
} cp_own_quote;

typedef struct cp_seat {
    /* told by the desk */
    const cp_touch *touch;
    const cp_feed *feed;
    const cp_book *book; /* the depth behind the touch */
    const double *parameters;
    uint64_t now_ns;
    int64_t position;         /* lots, confirmed */
    int64_t working_price[2]; /* by cp_side; CP_PRICE_NONE without a quote */
    uint32_t working_qty[2];  /* lots left of the quote */
    cp_own_quote own[2][2];   /* by cp_side: what rests now, and what rested before it */
    bool taking;              /* a take is under way: another would be ignored */
    bool changing[2]; /* by cp_side: a change of the quote is under way, and the book may
                         show it before the venue has said so */
    /* the second symbol of a kind that trades two; else NULL and nothing */
    const cp_touch *touch2;
    int64_t position2;
    bool taking2;
    /* left by the strategy */
    cp_wish quotes[2];
    cp_wish take;
    cp_wish take2; /* in the second symbol */
    double signal; /* its own figure, for the screen */
} cp_seat;

static inline void cp_seat_quote(cp_seat *seat, cp_side side, int64_t price, uint32_t qty)
{
    seat->quotes[side] = (cp_wish){ price, qty, (uint8_t)side, true };
}

static inline void cp_seat_cancel(cp_seat *seat, cp_side side)
{
    cp_seat_quote(seat, side, 0, 0);
}

static inline void cp_seat_take(cp_seat *seat, cp_side side, int64_t price, uint32_t qty)
{
    seat->take = (cp_wish){ price, qty, (uint8_t)side, qty > 0 };
}

static inline void cp_seat_take2(cp_seat *seat, cp_side side, int64_t price, uint32_t qty)
{
    seat->take2 = (cp_wish){ price, qty, (uint8_t)side, qty > 0 };
}

/* A price on both sides that can be trusted. */
static inline bool cp_touch_is_market(const cp_touch *touch)
{
    return !touch->stale && touch->price[CP_BUY] != CP_PRICE_NONE &&
           touch->price[CP_SELL] != CP_PRICE_NONE;
}

static inline bool cp_seat_has_market(const cp_seat *seat)
{
    return cp_touch_is_market(seat->touch);
}

/* Lots in the book at this price that are the seat's own. The order before the last may
 * still be there: its report can be ahead of the market data. */
static inline uint64_t cp_seat_own_qty(const cp_seat *seat, cp_side side, int64_t price)
{
    const cp_own_quote *own = seat->own[side];
    uint64_t qty = 0;
    for (int i = 0; i < 2; i++) {
        if (CP_LIKELY(own[i].order_ref == 0 || own[i].price != price))
            continue;
        uint32_t index = cp_feed_find(seat->feed, own[i].order_ref);
        qty += index == CP_NONE ? 0 : seat->feed->pool.orders[index].qty;
    }
    return qty;
}

/* The best price of a side, and the quantity there, without the seat's own quote: a fair
 * price must not follow itself. Exact while nothing of it is changing. False: nobody else
 * is there. */
static inline bool cp_seat_others(const cp_seat *seat, cp_side side, int64_t *price,
                                  uint64_t *qty)
{
    *price = seat->touch->price[side];
    *qty = seat->touch->qty[side];
    while (*price != CP_PRICE_NONE) {
        uint64_t own = cp_seat_own_qty(seat, side, *price);
        if (CP_LIKELY(*qty > own)) {
            *qty -= own;
            return true;
        }
        *price = cp_book_next_price(seat->book, side, *price);
        if (*price != CP_PRICE_NONE)
            *qty = cp_book_level_at(seat->book, side, *price)->qty;
    }
    return false;
}

/* Which changes of the market a strategy is called for. */
#define CP_WANTS_PRICE CP_FEED_PRICE
#define CP_WANTS_QTY CP_FEED_QTY
#define CP_WANTS_TRADE CP_FEED_TRADE

typedef struct cp_strategy_kind {
    const char *name;
    const char *help;
    const cp_parameter *parameters;
    uint32_t parameter_count;
    uint32_t wants;      /* CP_WANTS_* */
    bool two_symbols;    /* it has a second market, and is called for that one too */
    bool works_parent;   /* a set quantity, once: not to be begun again by a restart */
    uint32_t state_size; /* at most CP_STRATEGY_STATE_SIZE */
    void (*start)(void *state, cp_seat *seat); /* state is zeroed */
    void (*on_book)(void *state, cp_seat *seat);
    void (*on_trade)(void *state, cp_seat *seat); /* NULL allowed */
    void (*on_fill)(void *state, cp_seat *seat, cp_side side,
                    uint32_t qty);                /* likewise */
    void (*on_timer)(void *state, cp_seat *seat); /* likewise */
    const cp_plugin *plugin; /* a user's: called instead of all these; else NULL */
} cp_strategy_kind;

extern const cp_strategy_kind cp_mean_reversion;
extern const cp_strategy_kind cp_momentum;
extern const cp_strategy_kind cp_market_maker;
extern const cp_strategy_kind cp_avellaneda_stoikov;
extern const cp_strategy_kind cp_glft_maker;
extern const cp_strategy_kind cp_breakout;
extern const cp_strategy_kind cp_imbalance;
extern const cp_strategy_kind cp_flow_taker;
extern const cp_strategy_kind cp_pairs;
extern const cp_strategy_kind cp_twap;
extern const cp_strategy_kind cp_vwap;
extern const cp_strategy_kind cp_pov;
extern const cp_strategy_kind cp_almgren_chriss;

/* NULL past the last. Those of a user's come after the built-in ones. */
const cp_strategy_kind *cp_strategy_kind_at(uint32_t kind);
/* 0, or -EINVAL when a parameter is not finite, not whole where it must be, or out of
 * its table's range. */
int cp_strategy_check_parameters(const cp_strategy_kind *kind, const double *parameters);

#endif /* CP_STRATEGY_H */
