/* flow_synthetic.c: a zero-intelligence market about a drifting efficient price.
 *
 * Each symbol has an efficient price nobody sees: a random walk that is pulled slowly
 * towards a wandering anchor, drifts up or down for some seconds at a time, and carries a
 * noise that dies out within a second. About it, events come as a Poisson process:
 *
 *   - quoters: limit orders, geometrically far behind half_spread from the efficient price;
 *     cancels, the more the deeper the book is already; replaces; reduces;
 *   - uninformed: market and immediate orders of either side, which pay the spread;
 *   - informed: immediate orders at quotes that the efficient price has left behind.
 *
 * Where clustering is asked for, events set off others: a Hawkes process with an exponential
 * kernel, drawn exactly (Dassios and Zhao, 2013). Its mean rate is the same. Where crashes
 * are asked for, a symbol's efficient price falls off now and then, rests, and comes back
 * most of the way.
 *
 * What there is for the desk to find follows: a quoter earns the spread from the
 * uninformed and loses to the informed, the drift can be followed, the noise can be
 * faded.
 *
 * Time is the schedule's own (when an event was due, not when it was played), so a late
 * process changes nothing of what is sent. Prices move with time and events with the
 * rate: where events are too few to keep quotes with the price, the price moves less (see
 * WALK_PER_EVENT). All doubles here go through + - * / and sqrt alone.
 */
#include <math.h>

#include "base/random.h"
#include "venue/flow.h"

#define QUOTER_COUNT 4u /* participants who quote; the slot of an order says which */
#define PARTICIPANT_UNINFORMED (CP_PARTICIPANT_BACKGROUND + QUOTER_COUNT)
#define PARTICIPANT_INFORMED (PARTICIPANT_UNINFORMED + 1u)

#define DEPTH_MAX 1000000u       /* resting orders a symbol */
#define ORDER_QTY_MAX 100000000u /* mean lots; the largest order is seven times that */
#define FIGURE_MAX 1e6           /* volatility, drift, half_spread */

/* The shares of events, in 1/65536. What remains is limit orders and cancels. */
#define SHARE_UNINFORMED 6554u /* 10 % */
#define SHARE_INFORMED 6554u   /* 10 % look for a stale quote, few find one */
#define SHARE_REPLACE 2621u    /* 4 % */
#define SHARE_REDUCE 655u      /* 1 % */

/* The most the efficient price walks or drifts between two events of its symbol, in
 * increments: about what that many orders can carry a book along. */
#define WALK_PER_EVENT 0.3
#define DRIFT_PER_EVENT 0.02

#define NOISE_EVENTS                                                                     \
    200.0                  /* noise outlives a second where events are fewer than this   \
                            */
#define REGIME_NOISES 5.0  /* mean length of a regime, in lives of the noise */
#define ANCHOR_NOISES 60.0 /* how long the anchor takes to pull the price back */
#define CRASH_PER_EVENT 0.15 /* the most it falls between two events of its symbol */
#define CRASH_REST 1.0       /* at the bottom, in times it took to fall */
#define CRASH_BACK 4.0       /* and on the way back, */
#define CRASH_RETURN 0.8     /* which goes so far of the fall */
#define UPDATE_EVENTS 8.0    /* events of a symbol between two looks at its price */
#define UPDATE_NS_MIN 1000000u
#define UPDATE_NS_MAX 50000000u

#define EXPONENTIAL_COUNT 1024u
#define DISTANCE_COUNT 1024u
#define QTY_COUNT 256u
#define NO_SLOT UINT32_MAX

/* A quoter's order, at the venue or a moment from being off it. */
typedef struct slot {
    uint32_t generation; /* of the client id in use, or last used */
    uint32_t position;   /* in the slots of its symbol; below the live count: it rests */
    uint32_t price;
    uint16_t symbol;
    uint16_t side;
} slot;

typedef struct symbol {
    int64_t bid_base; /* the best price a quoter buys at */
    int64_t ask_base;
    uint64_t update_due_ns;
    uint64_t updated_ns;
    uint32_t *slots; /* numbers of all its slots, the live ones first */
    uint32_t live_count;
    uint32_t price_max;
    double efficient;
    double anchor;
    double noise;
    double drift; /* of the regime, increments a second */
    double lowest, highest;
    uint64_t regime_until_ns;
    uint64_t crash_ns; /* when the last fell off, or the next will */
} symbol;

struct cp_flow_synthetic {
    cp_random random;
    uint64_t due_ns;
    uint64_t taker_count; /* immediate orders sent: their client ids */
    uint32_t seed_count;  /* events still due at once, to fill the books */
    uint32_t symbol_count;
    uint32_t slots_each; /* of a symbol */
    uint32_t depth;
    double cancel_slope; /* of the cancel share by resting orders */
    double gap_ns;       /* mean time between events */
    double volatility, drift, half_spread, noise_size;
    double noise_s;                            /* life of the noise, seconds */
    double clustering, cluster_ns, excitement; /* in events a life of a cluster */
    double crash_every_ns, crash_ns, crash_size;
    uint64_t update_ns;
    slot *slots;
    uint32_t *slot_numbers;
    symbol symbols[CP_SYMBOL_MAX];
    double exponential[EXPONENTIAL_COUNT]; /* quantiles: -ln(1 - i / count) */
    uint16_t distance[DISTANCE_COUNT];     /* increments behind the base */
    uint32_t qty[QTY_COUNT];
};

/* ---- chance --------------------------------------------------------------------- */

static double hold_between(double value, double lowest, double highest)
{
    return value < lowest ? lowest : value > highest ? highest : value;
}

/* -ln(u), u in (0, 1]: u = m / 2^k with m in [1, 2), ln m = 2 atanh((m - 1) / (m + 1)).
 */
static double minus_ln(double u)
{
    double k = 0;
    for (; u < 1.0; u *= 2.0)
        k += 1.0;
    double t = (u - 1.0) / (u + 1.0), t2 = t * t, sum = 0;
    for (int i = 21; i >= 1; i -= 2)
        sum = sum * t2 + 1.0 / i;
    return k * 0.69314718055994530942 - 2.0 * t * sum;
}

/* Increments behind the base: one quote in four wants to be first and stands about two
 * away, the others so far that a page of the book has about ten orders a price. */
static void fill_distances(cp_flow_synthetic *flow)
{
    double far = hold_between(flow->depth / 24.0, 3.0, 400.0);
    uint32_t eager_count = DISTANCE_COUNT / 4;
    for (uint32_t i = 0; i < DISTANCE_COUNT; i++) {
        bool eager = i < eager_count;
        double u = eager ? (i + 0.5) / eager_count
                         : (i - eager_count + 0.5) / (DISTANCE_COUNT - eager_count);
        flow->distance[i] = (uint16_t)((eager ? 2.0 : far) * minus_ln(1.0 - u));
    }
}

static void fill_tables(cp_flow_synthetic *flow, uint32_t order_qty)
{
    fill_distances(flow);
    for (uint32_t i = 0; i < EXPONENTIAL_COUNT; i++)
        flow->exponential[i] = minus_ln(1.0 - i / (double)EXPONENTIAL_COUNT);
    for (uint32_t i = 0; i < QTY_COUNT; i++)
        flow->qty[i] =
            1 + (uint32_t)((order_qty - 1) * minus_ln(1.0 - (i + 0.5) / QTY_COUNT) + 0.5);
}

/* Exponential with mean 1: a table, straight between its points. The last cell has no
 * end; what lies beyond it is exponential again. */
static inline double draw_exponential(cp_flow_synthetic *flow)
{
    double beyond = 0;
    for (;;) {
        uint64_t bits = cp_random_u64(&flow->random);
        uint32_t cell = (uint32_t)(bits >> 54);
        if (CP_LIKELY(cell < EXPONENTIAL_COUNT - 1)) {
            double low = flow->exponential[cell], high = flow->exponential[cell + 1];
            double part = (double)(bits << 10 >> 32) * 0x1p-32;
            return beyond + low + (high - low) * part;
        }
        beyond += flow->exponential[EXPONENTIAL_COUNT - 1];
    }
}

/* e to the power of -x, x from 0. */
static double decay(double x)
{
    if (x > 700.0)
        return 0;
    uint32_t squares = 0;
    for (; x > 1.0 / 64; x *= 0.5)
        squares++;
    double result = 1.0 - x * (1.0 - x * (0.5 - x * (1.0 / 6 - x * (1.0 / 24))));
    while (squares-- > 0)
        result *= result;
    return result;
}

/* To the next event of a Hawkes process. What comes of itself and what is set off are
 * drawn apart, and the earlier one is the next: the second may never come. */
static double draw_clustered_gap(cp_flow_synthetic *flow)
{
    double alone = flow->gap_ns / (1.0 - flow->clustering);
    double gap = draw_exponential(flow) * alone;
    double left = 1.0 - draw_exponential(flow) / flow->excitement;
    if (left > 0 && flow->excitement > 0) {
        double set_off = minus_ln(left) * flow->cluster_ns;
        gap = set_off < gap ? set_off : gap;
    }
    flow->excitement =
        flow->excitement * decay(gap / flow->cluster_ns) + flow->clustering;
    return gap;
}

/* Near to standard normal: the sum of four uniforms of one draw. Walks add up many. */
static inline double draw_step(cp_flow_synthetic *flow)
{
    uint64_t bits = cp_random_u64(&flow->random);
    uint64_t sum =
        (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    return ((double)sum - 131070.0) * (1.0 / 37837.2);
}

/* ---- the efficient price -------------------------------------------------------- */

static void set_bases(const cp_flow_synthetic *flow, symbol *s)
{
    double fair = s->efficient + s->noise;
    double bid = fair - flow->half_spread, ask = fair + flow->half_spread;
    s->bid_base = bid > 1.0 ? (int64_t)bid : 1;
    s->ask_base = (int64_t)ask;
    if ((double)s->ask_base < ask)
        s->ask_base++;
    if (s->ask_base <= s->bid_base)
        s->ask_base = s->bid_base + 1;
}

/* Calm half of the time; else up or down, away from the border when near one. */
static void begin_regime(cp_flow_synthetic *flow, symbol *s, uint64_t now_ns)
{
    uint64_t choice = cp_random_below(&flow->random, 4);
    double direction = choice == 0 ? 1.0 : choice == 1 ? -1.0 : 0.0;
    double margin = (s->highest - s->lowest) / 8.0;
    if (s->anchor > s->highest - margin && direction > 0)
        direction = -1.0;
    if (s->anchor < s->lowest + margin && direction < 0)
        direction = 1.0;
    s->drift = direction * flow->drift;
    double length_ns = draw_exponential(flow) * REGIME_NOISES * flow->noise_s * 1e9;
    s->regime_until_ns = now_ns + (uint64_t)length_ns;
}

/* How fast the price moves for a crash, increments a second. */
static double crash_drift(cp_flow_synthetic *flow, symbol *s, uint64_t now_ns)
{
    if (now_ns < s->crash_ns)
        return 0;
    double since = (double)(now_ns - s->crash_ns) / flow->crash_ns;
    double speed = flow->crash_size / flow->crash_ns * 1e9;
    if (since < 1.0)
        return -speed;
    if (since < 1.0 + CRASH_REST)
        return 0;
    if (since < 1.0 + CRASH_REST + CRASH_BACK)
        return speed * CRASH_RETURN / CRASH_BACK;
    s->crash_ns = now_ns + (uint64_t)(draw_exponential(flow) * flow->crash_every_ns);
    return 0;
}

static void update_price(cp_flow_synthetic *flow, symbol *s, uint64_t now_ns)
{
    if (now_ns >= s->regime_until_ns)
        begin_regime(flow, s, now_ns);
    double dt = (double)(now_ns - s->updated_ns) * 1e-9;
    if (dt > flow->noise_s *
                 0.5) /* a hole in the schedule: the steps below are linear in dt */
        dt = flow->noise_s * 0.5;
    double root = sqrt(dt), lives = dt / flow->noise_s;
    double carried = s->drift * dt;
    if (flow->crash_every_ns > 0)
        carried += crash_drift(flow, s, now_ns) * dt;
    s->efficient += flow->volatility * root * draw_step(flow) + carried +
                    (s->anchor - s->efficient) * lives * (1.0 / ANCHOR_NOISES);
    s->anchor += 0.5 * flow->volatility * root * draw_step(flow) + carried;
    s->noise += flow->noise_size * root * draw_step(flow) - s->noise * lives;
    s->efficient = hold_between(s->efficient, s->lowest, s->highest);
    s->anchor = hold_between(s->anchor, s->lowest, s->highest);
    s->updated_ns = now_ns;
    s->update_due_ns = now_ns + flow->update_ns;
    set_bases(flow, s);
}

/* ---- what is live --------------------------------------------------------------- */

static inline uint64_t client_id_of(uint32_t generation, uint32_t number)
{
    return (uint64_t)generation << 32 | number;
}

static inline uint16_t participant_of(uint32_t number)
{
    return (uint16_t)(CP_PARTICIPANT_BACKGROUND + number % QUOTER_COUNT);
}

/* Trade places with the slot at another position of the same symbol. */
static inline void move_slot(cp_flow_synthetic *flow, symbol *s, uint32_t number,
                             uint32_t to)
{
    uint32_t from = flow->slots[number].position;
    uint32_t other = s->slots[to];
    s->slots[to] = number;
    s->slots[from] = other;
    flow->slots[other].position = from;
    flow->slots[number].position = to;
}

static inline void drop(cp_flow_synthetic *flow, uint32_t number)
{
    symbol *s = &flow->symbols[flow->slots[number].symbol];
    CP_ASSERT(s->live_count > 0);
    if (flow->slots[number].position < s->live_count)
        move_slot(flow, s, number, --s->live_count);
}

void cp_flow_synthetic_on_report(cp_flow_synthetic *flow, const cp_report *report)
{
    bool change =
        report->kind == CP_REPORT_REPLACED || report->kind == CP_REPORT_CHANGE_REJECTED;
    uint64_t id = change ? report->original_id : report->client_id;
    uint32_t number = (uint32_t)id;
    if (report->participant < CP_PARTICIPANT_BACKGROUND ||
        report->participant >= PARTICIPANT_UNINFORMED ||
        number >= flow->symbol_count * flow->slots_each)
        return;
    slot *own = &flow->slots[number];
    if (own->generation != id >> 32 ||
        own->position >= flow->symbols[own->symbol].live_count)
        return; /* about an order that is off already */
    switch (report->kind) {
    case CP_REPORT_EXECUTED:
    case CP_REPORT_CANCELLED:
        if (report->leaves == 0)
            drop(flow, number);
        break;
    case CP_REPORT_REJECTED:
        drop(flow, number);
        break;
    case CP_REPORT_REPLACED:
        own->generation = (uint32_t)(report->client_id >> 32);
        own->price = (uint32_t)report->price;
        break;
    case CP_REPORT_CHANGE_REJECTED:
        if (report->reason == CP_REASON_UNKNOWN_ORDER)
            drop(flow, number);
        break;
    default:
        break;
    }
}

/* ---- events --------------------------------------------------------------------- */

static inline int64_t quote_price(const cp_flow_synthetic *flow, const symbol *s,
                                  cp_side side, uint64_t bits)
{
    int64_t away = flow->distance[bits % DISTANCE_COUNT];
    int64_t price = side == CP_BUY ? s->bid_base - away : s->ask_base + away;
    return price < 1 ? 1 : price > s->price_max ? s->price_max : price;
}

static inline uint32_t draw_qty(const cp_flow_synthetic *flow, uint64_t bits)
{
    return flow->qty[bits % QTY_COUNT];
}

/* Number of a resting order of the symbol; there must be one. */
static inline uint32_t pick(cp_flow_synthetic *flow, const symbol *s)
{
    return s->slots[cp_random_below(&flow->random, s->live_count)];
}

static inline int64_t distance_of(const symbol *s, const slot *own)
{
    int64_t away2 = 2 * (int64_t)own->price - s->bid_base - s->ask_base;
    return away2 < 0 ? -away2 : away2;
}

static void make_limit(cp_flow_synthetic *flow, symbol *s, cp_order *order, uint64_t bits)
{
    uint32_t number = s->slots[s->live_count++];
    slot *own = &flow->slots[number];
    cp_side side = (cp_side)(bits >> 31 & 1);
    order->kind = CP_ORDER_NEW;
    order->side = (uint8_t)side;
    order->price = quote_price(flow, s, side, bits >> 20);
    order->qty = draw_qty(flow, bits >> 12);
    order->participant = participant_of(number);
    own->side = order->side;
    own->price = (uint32_t)order->price;
    order->client_id = client_id_of(++own->generation, number);
}

/* Any order; one time in four the one farther out of two, so that nothing stays for ever
 * where the price has been. */
static void make_cancel(cp_flow_synthetic *flow, const symbol *s, cp_order *order,
                        uint64_t bits)
{
    uint32_t number = pick(flow, s);
    if ((bits >> 12 & 3) == 0) {
        uint32_t other = pick(flow, s);
        if (distance_of(s, &flow->slots[other]) > distance_of(s, &flow->slots[number]))
            number = other;
    }
    order->kind = CP_ORDER_CANCEL;
    order->participant = participant_of(number);
    order->original_id = client_id_of(flow->slots[number].generation, number);
}

/* Half of them move to another price, half only change what they offer. */
static void make_replace(cp_flow_synthetic *flow, const symbol *s, cp_order *order,
                         uint64_t bits)
{
    uint32_t number = pick(flow, s);
    const slot *own = &flow->slots[number];
    order->kind = CP_ORDER_REPLACE;
    order->side = (uint8_t)own->side;
    order->price = bits >> 31 & 1 ? quote_price(flow, s, (cp_side)own->side, bits >> 20)
                                  : own->price;
    order->qty = draw_qty(flow, bits >> 12);
    order->participant = participant_of(number);
    order->original_id = client_id_of(own->generation, number);
    order->client_id = client_id_of(own->generation + 1, number);
}

static void make_reduce(cp_flow_synthetic *flow, const symbol *s, cp_order *order,
                        uint64_t bits)
{
    uint32_t number = pick(flow, s);
    order->kind = CP_ORDER_REDUCE;
    order->qty = draw_qty(flow, bits >> 12) / 4 + 1;
    order->participant = participant_of(number);
    order->original_id = client_id_of(flow->slots[number].generation, number);
}

/* An order that takes what it finds and does not stay. Its client id has no slot. */
static void make_taker(cp_flow_synthetic *flow, cp_order *order, uint16_t participant,
                       cp_side side)
{
    order->kind = CP_ORDER_NEW;
    order->time_in_force = CP_IOC;
    order->side = (uint8_t)side;
    order->participant = participant;
    order->client_id = client_id_of((uint32_t)++flow->taker_count, NO_SLOT);
}

/* Half at any price, half within two increments of the touch. */
static void make_uninformed(cp_flow_synthetic *flow, const symbol *s, const cp_book *book,
                            cp_order *order, uint64_t bits)
{
    cp_side side = (cp_side)(bits >> 31 & 1);
    make_taker(flow, order, PARTICIPANT_UNINFORMED, side);
    order->qty = draw_qty(flow, bits >> 12);
    int64_t touch = cp_book_best(book, side == CP_BUY ? CP_SELL : CP_BUY);
    if ((bits >> 30 & 1) || touch == CP_PRICE_NONE) {
        order->type = CP_MARKET;
        return;
    }
    int64_t price = side == CP_BUY ? touch + 2 : touch - 2;
    order->price = price < 1 ? 1 : price > s->price_max ? s->price_max : price;
}

/* A quote on the wrong side of where quoters would now quote; false: there is none. */
static bool make_informed(cp_flow_synthetic *flow, const symbol *s, const cp_book *book,
                          cp_order *order, uint64_t bits)
{
    int64_t bid = cp_book_best(book, CP_BUY), ask = cp_book_best(book, CP_SELL);
    bool buy = ask != CP_PRICE_NONE && ask <= s->bid_base;
    if (!buy && (bid == CP_PRICE_NONE || bid < s->ask_base))
        return false;
    make_taker(flow, order, PARTICIPANT_INFORMED, buy ? CP_BUY : CP_SELL);
    order->price = buy ? s->bid_base : s->ask_base;
    order->qty = 4 * draw_qty(flow, bits >> 12);
    return true;
}

/* In balance as many orders leave as come: executions and cancels against limit orders.
 * The cancel share among the two grows with what rests and is what holds the depth. */
static void make_quote(cp_flow_synthetic *flow, symbol *s, cp_order *order, uint64_t bits)
{
    double share = 0.42 + flow->cancel_slope * ((double)s->live_count - flow->depth);
    bool full = s->live_count == flow->slots_each;
    if (full || (s->live_count > 0 && (double)(bits & 0xfff) < share * 4096.0))
        make_cancel(flow, s, order, bits);
    else
        make_limit(flow, s, order, bits);
}

/* Of the event's 64 random bits: 63..48 the symbol, 47..32 what it is, 31 side, 30 a
 * choice of its own, 29..20 distance, 19..12 quantity, 11..0 quote or cancel. */
static void make_event(cp_flow_synthetic *flow, symbol *s, const cp_book *book,
                       cp_order *order, uint64_t bits)
{
    uint32_t choice = bits >> 32 & 0xffff;
    if (choice < SHARE_UNINFORMED) {
        make_uninformed(flow, s, book, order, bits);
        return;
    }
    choice -= SHARE_UNINFORMED;
    if (choice < SHARE_INFORMED && make_informed(flow, s, book, order, bits))
        return;
    choice -=
        SHARE_INFORMED; /* wraps for an informed one that found nothing: it quotes */
    if (choice < SHARE_REPLACE && s->live_count > 0)
        make_replace(flow, s, order, bits);
    else if (choice - SHARE_REPLACE < SHARE_REDUCE && s->live_count > 0)
        make_reduce(flow, s, order, bits);
    else
        make_quote(flow, s, order, bits);
}

void cp_flow_synthetic_step(cp_flow_synthetic *flow, cp_venue *venue, uint64_t now_ns)
{
    uint64_t bits = cp_random_u64(&flow->random);
    cp_order order = { 0 };
    if (CP_UNLIKELY(flow->seed_count > 0)) {
        /* The symbols in turn, so that all are there at once. */
        flow->seed_count--;
        order.symbol = (uint16_t)(flow->seed_count % flow->symbol_count);
        make_limit(flow, &flow->symbols[order.symbol], &order, bits);
    } else {
        order.symbol = (uint16_t)((bits >> 48) * flow->symbol_count >> 16);
        symbol *s = &flow->symbols[order.symbol];
        if (flow->due_ns >= s->update_due_ns)
            update_price(flow, s, flow->due_ns);
        make_event(flow, s, cp_venue_book(venue, order.symbol), &order, bits);
    }
    if (flow->seed_count == 0) {
        double gap = CP_LIKELY(flow->clustering <= 0)
                         ? draw_exponential(flow) * flow->gap_ns
                         : draw_clustered_gap(flow);
        flow->due_ns += (uint64_t)(gap + 0.5);
    }
    cp_venue_on_order(venue, &order, now_ns);
}

uint64_t cp_flow_synthetic_next_ns(const cp_flow_synthetic *flow)
{
    return flow->due_ns;
}

/* ---- lifetime ------------------------------------------------------------------- */

static bool is_within(double figure, double highest)
{
    return figure >= 0.0 && figure <= highest; /* false for NaN */
}

static bool is_valid(const cp_flow_config *config, const cp_instrument *instruments,
                     uint32_t symbol_count)
{
    if (symbol_count == 0 || symbol_count > CP_SYMBOL_MAX || config->rate == 0 ||
        config->depth == 0 || config->depth > DEPTH_MAX || config->order_qty == 0 ||
        config->order_qty > ORDER_QTY_MAX)
        return false;
    for (uint32_t i = 0; i < symbol_count; i++)
        if (instruments[i].price_start == 0 ||
            instruments[i].price_start > instruments[i].price_max)
            return false;
    return is_within(config->volatility, FIGURE_MAX) &&
           is_within(config->drift, FIGURE_MAX) &&
           is_within(config->half_spread, FIGURE_MAX) &&
           is_within(config->clustering, 0.95) &&
           is_within(config->cluster_life, FIGURE_MAX) &&
           (config->clustering <= 0 || config->cluster_life > 0) &&
           is_within(config->crash_every, FIGURE_MAX) &&
           is_within(config->crash_size, FIGURE_MAX);
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static void set_pace(cp_flow_synthetic *flow, const cp_flow_config *config)
{
    double events_s = (double)config->rate / flow->symbol_count; /* of one symbol */
    flow->gap_ns = 1e9 / config->rate;
    flow->volatility = lesser(config->volatility, WALK_PER_EVENT * sqrt(events_s));
    flow->drift = lesser(config->drift, DRIFT_PER_EVENT * events_s);
    flow->half_spread = config->half_spread;
    flow->noise_s = events_s < NOISE_EVENTS ? NOISE_EVENTS / events_s : 1.0;
    /* So that in the long run the noise deviates by half of half_spread. */
    flow->noise_size = 0.5 * config->half_spread * sqrt(2.0 / flow->noise_s);
    double update_ns = UPDATE_EVENTS / events_s * 1e9;
    flow->update_ns = update_ns < UPDATE_NS_MIN   ? UPDATE_NS_MIN
                      : update_ns > UPDATE_NS_MAX ? UPDATE_NS_MAX
                                                  : (uint64_t)update_ns;
    flow->cancel_slope = 2.0 / flow->depth;
    flow->clustering = config->clustering;
    flow->cluster_ns = config->cluster_life * 1e9;
    /* It begins as excited as it is on average. */
    flow->excitement = config->clustering * config->rate * config->cluster_life;
    if (config->crash_size > 0) {
        flow->crash_every_ns = config->crash_every * 1e9;
        flow->crash_size = config->crash_size;
        flow->crash_ns = config->crash_size / (CRASH_PER_EVENT * events_s) * 1e9;
    }
}

static void set_symbol(cp_flow_synthetic *flow, uint32_t at,
                       const cp_instrument *instrument)
{
    symbol *s = &flow->symbols[at];
    double start = instrument->price_start, half = instrument->price_max / 2.0;
    s->price_max = instrument->price_max;
    s->efficient = s->anchor = start;
    s->lowest = start / 4.0;
    s->highest = half > start ? half : start;
    s->slots = &flow->slot_numbers[at * flow->slots_each];
    for (uint32_t i = 0; i < flow->slots_each; i++) {
        uint32_t number = at * flow->slots_each + i;
        s->slots[i] = number;
        flow->slots[number] = (slot){ .position = i, .symbol = (uint16_t)at };
    }
    set_bases(flow, s);
}

int cp_flow_synthetic_create(cp_flow_synthetic **created, const cp_flow_config *config,
                             const cp_instrument *instruments, uint32_t symbol_count,
                             uint64_t seed)
{
    *created = NULL;
    if (!is_valid(config, instruments, symbol_count))
        return -EINVAL;
    cp_flow_synthetic *flow = calloc(1, sizeof(*flow));
    if (!flow)
        return -ENOMEM;
    flow->symbol_count = symbol_count;
    flow->depth = config->depth;
    flow->slots_each = 2 * config->depth + 64;
    size_t slot_count = (size_t)symbol_count * flow->slots_each;
    flow->slots = malloc(slot_count * sizeof(*flow->slots));
    flow->slot_numbers = malloc(slot_count * sizeof(*flow->slot_numbers));
    if (!flow->slots || !flow->slot_numbers) {
        cp_flow_synthetic_destroy(flow);
        return -ENOMEM;
    }
    cp_random_init(&flow->random, seed);
    set_pace(flow, config);
    fill_tables(flow, config->order_qty);
    for (uint32_t i = 0; i < symbol_count; i++)
        set_symbol(flow, i, &instruments[i]);
    *created = flow;
    return 0;
}

void cp_flow_synthetic_destroy(cp_flow_synthetic *flow)
{
    if (!flow)
        return;
    free(flow->slot_numbers);
    free(flow->slots);
    free(flow);
}

void cp_flow_synthetic_start(cp_flow_synthetic *flow, uint64_t start_ns)
{
    flow->due_ns = start_ns;
    flow->seed_count = flow->depth * flow->symbol_count;
    for (uint32_t i = 0; i < flow->symbol_count; i++) {
        symbol *s = &flow->symbols[i];
        s->updated_ns = start_ns;
        if (flow->crash_every_ns > 0)
            s->crash_ns =
                start_ns + (uint64_t)(draw_exponential(flow) * flow->crash_every_ns);
    }
}
