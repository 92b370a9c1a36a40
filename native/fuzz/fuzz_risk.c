/* fuzz_risk.c: the risk check cannot be passed.
 *
 *     fuzz_risk [N [SEED]]  N steps of a desk: orders of strategies, several of one in one
 *                           step, orders by hand, replaces, cancels, fills, answers,
 *                           marks, edits of the limits and stops, with numbers from the
 *                           ends of their types
 *
 * A venue of its own answers as it likes. What is held and what may be at the venue is
 * counted here from the orders sent and the answers given alone, and each order that
 * leaves is held against the limits in force, the global ones and those of its symbol and
 * its strategy, and against what is stopped (stops.h): nothing of the desk's own sums is
 * believed. And after every step the sums of exposure that it keeps are what adding all
 * symbols up gives.
 */
#include "desk/inside.h"
#include "fuzz.h"
#include "stops.h"

#define SYMBOLS 3u
#define ORDERS_MAX 96u
#define ASKED_MAX 48u /* with more at the venue nobody asks for another */
#define PRICE_MAX 4294967294u
#define SENT_MAX 64u

/* An order as the venue may have it: at its old terms, at its new ones, or at both. */
typedef struct model_order {
    uint64_t id, new_id; /* new_id: of a replace under way, or 0 */
    int64_t price, new_price;
    uint32_t leaves, new_qty;
    uint16_t symbol, strategy;
    uint8_t side;
    bool accepted, rests;
    stops_bounds bounds;
} model_order;

typedef struct model {
    cp_desk *desk;
    cp_random random;
    uint64_t now_ns, sequence, next_ref, next_match;
    int64_t limits[CP_LIMIT_MAX];
    uint32_t scoped_count;
    cp_scoped_limit scoped[CP_SCOPED_MAX];
    stops stops;
    bool full;  /* the link takes nothing */
    bool owed;  /* a cancel of all, since then */
    bool leaps; /* the market: then losses halt the desk again and again */
    uint64_t sent_ns[CP_SLOT_COUNT][SENT_MAX]; /* of its messages, round and round */
    uint32_t sent_next[CP_SLOT_COUNT];
    int64_t mark2[SYMBOLS], last[SYMBOLS], bid[SYMBOLS], ask[SYMBOLS], point[SYMBOLS];
    cp_i128 position[SYMBOLS];
    cp_i128 own[CP_SLOT_COUNT][SYMBOLS]; /* the same, by slot */
    uint32_t count;
    model_order orders[ORDERS_MAX];
    uint64_t sent_count, replace_count, refused_count, fill_count;
    uint64_t wild_count, wild_refused_count;
} model;

static uint32_t below(model *m, uint32_t bound)
{
    return cp_fuzz_below(&m->random, bound);
}

/* ---- the oracle -------------------------------------------------------------------- */

/* Lots of one side if all that may trade does; positive is more of that side. */
static cp_i128 side_lots(const model *m, uint32_t symbol, uint32_t side)
{
    cp_i128 lots = side == CP_BUY ? m->position[symbol] : -m->position[symbol];
    for (uint32_t i = 0; i < m->count; i++)
        if (m->orders[i].symbol == symbol && m->orders[i].side == side)
            lots += (cp_i128)m->orders[i].leaves + m->orders[i].new_qty;
    return lots;
}

static cp_i128 worst_lots(const model *m, uint32_t symbol)
{
    cp_i128 longest = side_lots(m, symbol, CP_BUY);
    cp_i128 shortest = side_lots(m, symbol, CP_SELL);
    return longest > shortest ? longest : shortest;
}

/* Twice the money, exactly: lots below 2^40, marks 2^33, points 2^44. */
static cp_i128 money2(const model *m, uint32_t symbol, cp_i128 lots)
{
    return m->mark2[symbol] > 0 ? lots * m->mark2[symbol] * m->point[symbol] : 0;
}

static cp_i128 gross2(const model *m)
{
    cp_i128 sum = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        sum += money2(m, i, worst_lots(m, i));
    return sum;
}

static cp_i128 net2(const model *m, uint32_t side)
{
    cp_i128 sum = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        sum += money2(m, i, side_lots(m, i, side));
    return sum;
}

static void check_price(const model *m, const cp_order *order, bool opens)
{
    cp_i128 mark2 = m->mark2[order->symbol], last = m->last[order->symbol];
    cp_i128 from_mid2 = 2 * (cp_i128)order->price - mark2;
    from_mid2 = from_mid2 < 0 ? -from_mid2 : from_mid2;
    CP_ASSERT(from_mid2 * 10000 <= mark2 * m->limits[CP_LIMIT_PRICE_COLLAR]);
    if (!opens)
        return;
    cp_i128 from_last = order->price > last ? order->price - last : last - order->price;
    CP_ASSERT(last <= 0 || from_last * 10000 <= last * m->limits[CP_LIMIT_LAST_COLLAR]);
    CP_ASSERT(m->bid[order->symbol] > 0 && m->ask[order->symbol] > 0);
    cp_i128 spread = m->ask[order->symbol] - m->bid[order->symbol];
    CP_ASSERT(spread * 2 * 10000 <= mark2 * m->limits[CP_LIMIT_SPREAD]);
}

static void check_meets_none(const model *m, const cp_order *order)
{
    cp_i128 met = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const model_order *other = &m->orders[i];
        if (other->symbol != order->symbol || other->side == order->side || !other->rests)
            continue;
        bool buys = order->side == CP_BUY;
        if (buys ? other->price <= order->price : other->price >= order->price)
            met += other->leaves;
        if (other->new_id != 0 &&
            (buys ? other->new_price <= order->price : other->new_price >= order->price))
            met += other->new_qty;
    }
    CP_ASSERT(met <= m->limits[CP_LIMIT_SELF_CROSS]);
}

/* ---- narrower limits --------------------------------------------------------------- */

static cp_i128 own_lots(const model *m, const cp_order *order)
{
    cp_i128 held = m->own[order->strategy][order->symbol];
    cp_i128 lots = order->side == CP_BUY ? held : -held;
    for (uint32_t i = 0; i < m->count; i++)
        if (m->orders[i].symbol == order->symbol && m->orders[i].side == order->side &&
            m->orders[i].strategy == order->strategy)
            lots += (cp_i128)m->orders[i].leaves + m->orders[i].new_qty;
    return lots;
}

static int64_t count_orders(const model *m, const cp_order *order, bool of_symbol)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < m->count; i++)
        count += of_symbol ? m->orders[i].symbol == order->symbol
                           : m->orders[i].strategy == order->strategy;
    return count;
}

/* In the last second, this one with them; never more than SENT_MAX. */
static int64_t count_messages(const model *m, uint32_t strategy)
{
    int64_t count = 0;
    for (uint32_t i = 0; i < SENT_MAX; i++) {
        uint64_t sent_ns = m->sent_ns[strategy][i];
        count += sent_ns != 0 && m->now_ns - sent_ns < 1000000000;
    }
    return count;
}

static void check_narrower(const model *m, const cp_order *order,
                           const cp_scoped_limit *limit, cp_i128 worst_before, bool opens)
{
    bool of_symbol = limit->scope == CP_SCOPE_SYMBOL;
    cp_i128 most = limit->value;
    cp_i128 mark2 = m->mark2[order->symbol];
    cp_i128 away2 = 2 * (cp_i128)order->price - mark2;
    cp_i128 worst = worst_lots(m, order->symbol);
    switch (limit->limit) {
    case CP_LIMIT_ORDER_QTY:
        CP_ASSERT(order->qty <= most);
        break;
    case CP_LIMIT_ORDER_VALUE:
        CP_ASSERT((cp_i128)order->price * order->qty * m->point[order->symbol] <= most);
        break;
    case CP_LIMIT_POSITION:
        CP_ASSERT((of_symbol ? side_lots(m, order->symbol, order->side)
                             : own_lots(m, order)) <= most);
        break;
    case CP_LIMIT_GROSS_EXPOSURE:
        CP_ASSERT(worst == worst_before || money2(m, order->symbol, worst) <= 2 * most);
        break;
    case CP_LIMIT_OPEN_ORDERS:
        CP_ASSERT(order->kind == CP_ORDER_REPLACE ||
                  count_orders(m, order, of_symbol) <= most);
        break;
    case CP_LIMIT_MESSAGE_RATE:
        CP_ASSERT(count_messages(m, order->strategy) <= most);
        break;
    case CP_LIMIT_PRICE_COLLAR:
        CP_ASSERT((away2 < 0 ? -away2 : away2) * 10000 <= mark2 * most);
        break;
    case CP_LIMIT_SPREAD:
        CP_ASSERT(!opens ||
                  ((cp_i128)m->ask[order->symbol] - m->bid[order->symbol]) * 20000 <=
                      mark2 * most);
        break;
    default:
        break;
    }
}

static void check_all_narrower(const model *m, const cp_order *order,
                               cp_i128 worst_before, bool opens)
{
    for (uint32_t i = 0; i < m->scoped_count; i++) {
        const cp_scoped_limit *limit = &m->scoped[i];
        uint32_t target =
            limit->scope == CP_SCOPE_SYMBOL ? order->symbol : order->strategy;
        if (limit->target == target)
            check_narrower(m, order, limit, worst_before, opens);
    }
}

/* The sums it keeps, against the desk's own figures added up. */
static void check_sums(model *m)
{
    cp_i128 gross = 0, net[2] = { 0, 0 };
    cp_desk_add_exposure(m->desk);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        const int64_t *working = m->desk->orders.working_qty[i];
        int64_t held = m->desk->positions[i].qty;
        int64_t mark2 = cp_desk_touch(m->desk, i)->mark2;
        gross += cp_desk_exposure(m->desk, i);
        net[CP_BUY] += cp_risk_net((cp_i128)held + working[CP_BUY], mark2, m->point[i]);
        net[CP_SELL] += cp_risk_net((cp_i128)working[CP_SELL] - held, mark2, m->point[i]);
    }
    const cp_exposure *all = &m->desk->exposures.all;
    CP_ASSERT(all->gross == gross && all->net[CP_BUY] == net[CP_BUY] &&
              all->net[CP_SELL] == net[CP_SELL]);
}

/* The order is in the model already; `worst_before` is from before it. One that closes a
 * position, and one that can only bring it nearer to none in REDUCING or by hand, is not
 * asked everything. */
static void check_sent(const model *m, const cp_order *order, cp_i128 worst_before,
                       bool closes)
{
    const int64_t *limits = m->limits;
    uint32_t symbol = order->symbol;
    cp_i128 value = (cp_i128)order->price * order->qty * m->point[symbol];
    cp_i128 lots = side_lots(m, symbol, order->side);
    bool may_reduce =
        order->strategy == CP_OPERATOR || m->stops.state == CP_RISK_REDUCING;
    bool opens = !closes && !(may_reduce && lots <= 0);
    CP_ASSERT(order->qty > 0 && order->price > 0);
    CP_ASSERT(order->qty <= limits[CP_LIMIT_ORDER_QTY]);
    CP_ASSERT(value <= limits[CP_LIMIT_ORDER_VALUE]);
    CP_ASSERT(lots <= limits[CP_LIMIT_POSITION]);
    CP_ASSERT(worst_lots(m, symbol) == worst_before ||
              gross2(m) <= 2 * (cp_i128)limits[CP_LIMIT_GROSS_EXPOSURE]);
    CP_ASSERT(!opens ||
              net2(m, order->side) <= 2 * (cp_i128)limits[CP_LIMIT_NET_EXPOSURE]);
    CP_ASSERT(order->kind == CP_ORDER_REPLACE ||
              m->count <= limits[CP_LIMIT_OPEN_ORDERS]);
    check_price(m, order, opens);
    check_meets_none(m, order);
    check_all_narrower(m, order, worst_before, opens);
}

/* Likewise, against what is stopped: does it close? */
static bool check_stops(model *m, const cp_order *order, model_order *own)
{
    stops_leaving leaving = { .symbol = order->symbol,
                              .slot = order->strategy,
                              .is_new = order->kind == CP_ORDER_NEW,
                              .is_immediate = order->time_in_force == CP_IOC,
                              .side_lots = side_lots(m, order->symbol, order->side),
                              .own_lots = own_lots(m, order) };
    stops_bounds bounds;
    bool closes = stops_check(&m->stops, &leaving, &bounds);
    /* What one strategy holds and another owes is closed too: the symbol goes further. */
    for (uint32_t i = 0; i < m->count && closes; i++)
        if (m->orders[i].symbol == order->symbol)
            m->orders[i].bounds.symbol = false;
    own->bounds.symbol |= bounds.symbol;
    own->bounds.own |= bounds.own;
    return closes;
}

/* Whatever traded and changed since it left, it keeps what it was let out for. */
static void check_fill(const model *m, const model_order *order)
{
    cp_i128 sign = order->side == CP_BUY ? 1 : -1;
    CP_ASSERT(!order->bounds.symbol || sign * m->position[order->symbol] <= 0);
    CP_ASSERT(!order->bounds.own || sign * m->own[order->strategy][order->symbol] <= 0);
}

/* ---- the venue --------------------------------------------------------------------- */

static model_order *find(model *m, uint64_t id)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (m->orders[i].id == id)
            return &m->orders[i];
    return NULL;
}

static void on_sent(model *m, const cp_order *order)
{
    cp_i128 worst_before = 0;
    model_order *own = NULL;
    if (order->kind != CP_ORDER_NEW && order->kind != CP_ORDER_REPLACE)
        return;
    worst_before = worst_lots(m, order->symbol);
    if (order->kind == CP_ORDER_NEW) {
        CP_ASSERT(m->count < ORDERS_MAX);
        own = &m->orders[m->count++];
        *own = (model_order){ .id = order->client_id,
                              .price = order->price,
                              .leaves = order->qty,
                              .symbol = order->symbol,
                              .strategy = order->strategy,
                              .side = order->side,
                              .rests = order->time_in_force == CP_DAY };
        m->sent_count++;
    } else {
        own = find(m, order->original_id);
        CP_ASSERT(own && own->new_id == 0);
        own->new_id = order->client_id;
        own->new_price = order->price;
        own->new_qty = order->qty;
        m->replace_count++;
    }
    uint32_t *next = &m->sent_next[order->strategy];
    m->sent_ns[order->strategy][(*next)++ % SENT_MAX] = m->now_ns;
    check_sent(m, order, worst_before, check_stops(m, order, own));
}

static void carry_once(model *m)
{
    cp_outbox *orders = cp_desk_orders(m->desk), *notes = cp_desk_notes(m->desk);
    for (uint32_t i = 0; i < orders->count; i++)
        on_sent(m, cp_outbox_at(orders, i));
    for (uint32_t i = 0; i < notes->count; i++)
        m->refused_count +=
            ((const cp_note *)cp_outbox_at(notes, i))->kind == CP_NOTE_REFUSAL;
    cp_outbox_clear(orders);
    cp_outbox_clear(notes);
}

/* What leaves is held against the state it leaves in; what comes of it afterwards, a
 * breaker that trips, is seen then. */
static void carry(model *m)
{
    do
        carry_once(m);
    while (cp_desk_finish(m->desk));
    stops_see(&m->stops, m->desk->risk.state);
}

/* The model is told first: what the report makes the desk send is held against it. */
static void report(model *m, cp_report what)
{
    what.time_ns = m->now_ns;
    what.participant = CP_DESK_PARTICIPANT;
    cp_desk_on_report(m->desk, &what, m->now_ns, NULL);
    carry(m);
}

static void drop(model *m, model_order *order)
{
    *order = m->orders[--m->count];
}

static cp_report about(model *m, cp_report_kind kind, const model_order *order)
{
    return (cp_report){ .kind = (uint8_t)kind,
                        .client_id = order->id,
                        .order_ref = m->next_ref++,
                        .price = order->price,
                        .qty = order->leaves,
                        .leaves = order->leaves,
                        .symbol = order->symbol,
                        .side = order->side };
}

static void fill(model *m, model_order *order)
{
    uint32_t qty = below(m, 2) ? order->leaves : 1 + below(m, order->leaves);
    cp_report what = about(m, CP_REPORT_EXECUTED, order);
    what.match_ref = ++m->next_match;
    what.qty = qty;
    what.leaves = order->leaves - qty;
    what.liquidity = CP_MAKER;
    cp_i128 signed_qty = order->side == CP_BUY ? qty : -(cp_i128)qty;
    m->position[order->symbol] += signed_qty;
    m->own[order->strategy][order->symbol] += signed_qty;
    order->leaves -= qty;
    m->fill_count++;
    check_fill(m, order);
    /* A replace under way finds nothing to replace. */
    cp_report too_late = about(m, CP_REPORT_CHANGE_REJECTED, order);
    uint64_t new_id = order->new_id;
    bool over = order->leaves == 0;
    if (over && new_id == 0)
        drop(m, order);
    report(m, what);
    if (!over || new_id == 0)
        return;
    too_late.original_id = too_late.client_id;
    too_late.client_id = new_id;
    too_late.reason = CP_REASON_UNKNOWN_ORDER;
    drop(m, order);
    report(m, too_late);
}

static void refuse_replace(model *m, model_order *order)
{
    cp_report what = about(m, CP_REPORT_CHANGE_REJECTED, order);
    what.original_id = order->id;
    what.client_id = order->new_id;
    what.reason = CP_REASON_PRICE;
    order->new_id = 0;
    order->new_qty = 0;
    report(m, what);
}

static void answer_replace(model *m, model_order *order)
{
    if (below(m, 3) == 0) {
        refuse_replace(m, order);
        return;
    }
    cp_report what = about(m, CP_REPORT_REPLACED, order);
    what.original_id = order->id;
    what.client_id = order->new_id;
    what.price = order->price = order->new_price;
    what.qty = what.leaves = order->leaves = order->new_qty;
    order->id = order->new_id;
    order->new_id = 0;
    order->new_qty = 0;
    report(m, what);
}

static void answer(model *m)
{
    if (m->count == 0)
        return;
    model_order *order = &m->orders[below(m, m->count)];
    if (!order->accepted && order->new_id == 0 && below(m, 8) == 0) {
        cp_report what = about(m, CP_REPORT_REJECTED, order);
        what.reason = CP_REASON_PRICE;
        drop(m, order);
        report(m, what);
    } else if (!order->accepted) {
        order->accepted = true;
        report(m, about(m, CP_REPORT_ACCEPTED, order));
    } else if (order->new_id != 0 && below(m, 2)) {
        answer_replace(m, order);
    } else if (below(m, 2) || order->new_id != 0) {
        fill(m, order);
    } else {
        cp_report what = about(m, CP_REPORT_CANCELLED, order);
        what.leaves = 0;
        what.reason = order->rests ? CP_REASON_USER : CP_REASON_IOC;
        drop(m, order);
        report(m, what);
    }
}

/* ---- everybody else ---------------------------------------------------------------- */

static void md(model *m, cp_md what)
{
    what.sequence = ++m->sequence;
    what.time_ns = what.sent_ns = m->now_ns;
    cp_desk_on_md(m->desk, &what, m->now_ns, NULL);
    carry(m);
}

/* A market near where it was, or anywhere at all. */
static void move_market(model *m)
{
    uint16_t symbol = (uint16_t)below(m, SYMBOLS);
    uint64_t any = m->leaps && below(m, 3) == 0 ? cp_fuzz_number(&m->random) : 0;
    int64_t middle = any ? 1 + (int64_t)(any % (PRICE_MAX - 1)) : 10000 + below(m, 50);
    int64_t ask = middle + 1 + below(m, 4);
    ask = ask < (int64_t)PRICE_MAX ? ask : (int64_t)PRICE_MAX - 1;
    int64_t bid = ask > middle ? middle : ask - 1;
    if (bid < 1)
        return;
    md(m, (cp_md){ .kind = CP_MD_CLEAR, .symbol = symbol });
    for (int side = CP_BUY; side <= CP_SELL; side++)
        md(m, (cp_md){ .kind = CP_MD_ADD,
                       .symbol = symbol,
                       .side = (uint8_t)side,
                       .price = side == CP_BUY ? bid : ask,
                       .qty = 1000,
                       .leaves = 1000,
                       .order_ref = m->next_ref++ });
    m->bid[symbol] = bid;
    m->ask[symbol] = ask;
    m->mark2[symbol] = bid + ask;
    if (below(m, 2) == 0)
        return;
    m->last[symbol] = bid;
    md(m, (cp_md){ .kind = CP_MD_TRADE, .symbol = symbol, .price = bid, .qty = 1 });
}

static int64_t any_price(model *m, uint32_t symbol)
{
    return below(m, 4) == 0 ? (int64_t)cp_fuzz_number(&m->random)
                            : m->mark2[symbol] / 2 + below(m, 9) - 4;
}

static uint32_t any_qty(model *m)
{
    return below(m, 4) == 0 ? (uint32_t)cp_fuzz_number(&m->random) : 1 + below(m, 20);
}

/* While something is stopped, oftener out of a position than into one. */
static cp_side any_side(model *m, uint32_t symbol)
{
    if (stops_any(&m->stops) && below(m, 2) == 0)
        return m->position[symbol] > 0 ? CP_SELL : CP_BUY;
    return (cp_side)below(m, 2);
}

static void ask_for_order(model *m)
{
    static const cp_purpose purposes[] = { CP_PURPOSE_QUOTE, CP_PURPOSE_TAKE };
    uint32_t symbol = below(m, SYMBOLS), slot = below(m, CP_STRATEGY_MAX);
    m->desk->now_ns = m->now_ns;
    if (m->count < ASKED_MAX && slot != STOPS_SEAT)
        cp_desk_send_new(m->desk, slot, symbol, any_side(m, symbol), any_price(m, symbol),
                         any_qty(m), purposes[below(m, 2)]);
    carry(m);
}

/* Several things at once, of the strategy that asks for nothing of its own: looked at
 * when it is called, for the timer or for a trade. */
static void wish(model *m)
{
    cp_seat *seat = &m->desk->slots[STOPS_SEAT].seat;
    if (m->count >= ASKED_MAX)
        return;
    for (uint32_t count = 1 + below(m, 4); count > 0; count--) {
        uint32_t symbol = below(m, 2);
        cp_side side = any_side(m, symbol);
        if (symbol == 1)
            cp_seat_take2(seat, side, any_price(m, symbol), any_qty(m));
        else if (below(m, 2))
            cp_seat_take(seat, side, any_price(m, symbol), any_qty(m));
        else
            cp_seat_quote(seat, side, any_price(m, symbol), any_qty(m));
    }
    if (below(m, 4) == 0)
        move_market(m);
    cp_desk_on_timer(m->desk, m->now_ns, NULL);
    carry(m);
}

static void order_by_hand(model *m)
{
    uint16_t symbol = (uint16_t)below(m, SYMBOLS);
    cp_control control = { .kind = CP_CONTROL_ORDER };
    control.ticket = (cp_ticket){ .price = any_price(m, symbol),
                                  .qty = any_qty(m),
                                  .symbol = symbol,
                                  .side = (uint8_t)any_side(m, symbol),
                                  .type = below(m, 4) == 0 ? CP_MARKET : CP_LIMIT,
                                  .time_in_force = (uint8_t)below(m, 3) };
    if (m->count < ASKED_MAX)
        cp_desk_on_control(m->desk, &control, m->now_ns);
    carry(m);
}

/* What rests for the strategy is moved by the desk itself, as its mode allows. */
static void ask_for_change(model *m)
{
    if (m->count == 0)
        return;
    const model_order *order = &m->orders[below(m, m->count)];
    uint32_t place = cp_orders_find(&m->desk->orders, order->id);
    CP_ASSERT(place != CP_NONE);
    const cp_own_order *own = &m->desk->orders.orders[place];
    m->desk->now_ns = m->now_ns;
    if (order->strategy == STOPS_SEAT && m->stops.mode != CP_MODE_LIVE)
        cp_desk_pull(m->desk, place);
    else if (own->state == CP_STATE_LIVE || own->state == CP_STATE_PARTIAL)
        cp_desk_send_replace(m->desk, place, any_price(m, order->symbol), any_qty(m));
    carry(m);
}

/* ---- limits ------------------------------------------------------------------------ */

static int64_t any_within(model *m, uint32_t i)
{
    const cp_parameter *limit = cp_limit_parameter(i);
    double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
    int64_t least = (int64_t)(limit->minimum * scale);
    int64_t most = (int64_t)(limit->maximum * scale);
    int64_t standard = (int64_t)(limit->standard * scale);
    switch (below(m, 3)) {
    case 0:
        return least + (int64_t)(cp_fuzz_number(&m->random) % (uint64_t)(most - least));
    case 1:
        return standard / 4 > least ? standard / 4 : least;
    default:
        return standard;
    }
}

/* Of some symbols and strategies, some limits. */
static void edit_narrower(model *m, cp_control *control)
{
    m->scoped_count = 0;
    for (uint32_t scope = CP_SCOPE_SYMBOL; scope < CP_SCOPE_COUNT; scope++) {
        uint32_t targets = scope == CP_SCOPE_SYMBOL ? SYMBOLS : CP_STRATEGY_MAX;
        for (uint32_t target = 0; target < targets; target++) {
            for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
                bool can_be = cp_limit_parameter(i)->scopes >> scope & 1;
                if (!can_be || i == CP_LIMIT_DAILY_LOSS || below(m, 12) != 0 ||
                    m->scoped_count == CP_SCOPED_MAX)
                    continue;
                m->scoped[m->scoped_count++] = (cp_scoped_limit){
                    .value = any_within(m, i),
                    .target = (uint16_t)target,
                    .scope = (uint8_t)scope,
                    .limit = (uint8_t)i,
                };
            }
        }
    }
    control->scoped_count = m->scoped_count;
    memcpy(control->scoped, m->scoped, sizeof(m->scoped));
}

static void check_in_force(const model *m)
{
    static cp_desk_picture shown;
    cp_desk_read(m->desk, &shown, m->now_ns);
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        CP_ASSERT(shown.limits[i].limit == m->limits[i]);
    CP_ASSERT(shown.scoped_count == m->scoped_count);
    for (uint32_t i = 0; i < m->scoped_count; i++)
        CP_ASSERT(memcmp(&shown.scoped[i].limit, &m->scoped[i], sizeof(m->scoped[i])) ==
                  0);
}

static void edit_limits(model *m)
{
    cp_control control = { .kind = CP_CONTROL_LIMITS };
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        int64_t least = (int64_t)(limit->minimum * scale);
        int64_t most = (int64_t)(limit->maximum * scale);
        control.limits[i] = most;
        /* Few at once are tight: else hardly anything leaves. */
        if (i == CP_LIMIT_DAILY_LOSS || i == CP_LIMIT_DRAWDOWN || below(m, 4) != 0)
            continue;
        control.limits[i] = below(m, 2) ? (int64_t)(limit->standard * scale)
                                        : least + (int64_t)(cp_fuzz_number(&m->random) %
                                                            (uint64_t)(most - least));
    }
    edit_narrower(m, &control);
    memcpy(m->limits, control.limits, sizeof(m->limits));
    cp_desk_on_control(m->desk, &control, m->now_ns);
    carry(m);
    check_in_force(m);
}

static bool is_in_range(uint32_t i, int64_t value)
{
    const cp_parameter *limit = cp_limit_parameter(i);
    double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
    return value >= (int64_t)(limit->minimum * scale) &&
           value <= (int64_t)(limit->maximum * scale);
}

static bool can_be_set(const cp_control *control)
{
    uint64_t before = 0;
    if (control->scoped_count > CP_SCOPED_MAX)
        return false;
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        if (!is_in_range(i, control->limits[i]))
            return false;
    for (uint32_t i = 0; i < control->scoped_count; i++) {
        const cp_scoped_limit *row = &control->scoped[i];
        uint64_t rank =
            1 + ((uint64_t)row->scope << 32 | (uint64_t)row->target << 16 | row->limit);
        bool of_symbol = row->scope == CP_SCOPE_SYMBOL;
        if ((!of_symbol && row->scope != CP_SCOPE_STRATEGY) || rank <= before ||
            row->limit >= CP_LIMIT_COUNT ||
            row->target >= (of_symbol ? SYMBOLS : CP_STRATEGY_MAX) ||
            !(cp_limit_parameter(row->limit)->scopes >> row->scope & 1) ||
            !is_in_range(row->limit, row->value))
            return false;
        before = rank;
    }
    return true;
}

static bool is_of_loss(uint32_t limit)
{
    return limit == CP_LIMIT_DAILY_LOSS || limit == CP_LIMIT_DRAWDOWN;
}

/* One number of those in force becomes any number at all. */
static void make_wild(model *m, cp_control *control)
{
    uint64_t any = cp_fuzz_number(&m->random);
    uint32_t at = below(m, CP_LIMIT_COUNT);
    cp_scoped_limit *row =
        m->scoped_count > 0 ? &control->scoped[below(m, m->scoped_count)] : NULL;
    uint32_t what = below(m, row ? 6 : 2);
    if (what == 0 && !is_of_loss(at))
        control->limits[at] = (int64_t)any;
    else if (what == 1) /* rows there are not are zeros: of no scope */
        control->scoped_count = (uint32_t)any;
    else if (what == 2)
        row->value = (int64_t)any;
    else if (what == 3)
        row->target = (uint16_t)any;
    else if (what == 4)
        row->scope = (uint8_t)any;
    else if (what == 5 && !is_of_loss((uint8_t)any))
        row->limit = (uint8_t)any;
}

/* All of it comes into force, or nothing does. */
static void edit_wildly(model *m)
{
    cp_control control = { .kind = CP_CONTROL_LIMITS, .scoped_count = m->scoped_count };
    memcpy(control.limits, m->limits, sizeof(m->limits));
    memcpy(control.scoped, m->scoped, m->scoped_count * sizeof(m->scoped[0]));
    make_wild(m, &control);
    bool taken = can_be_set(&control);
    if (taken) {
        memcpy(m->limits, control.limits, sizeof(m->limits));
        memcpy(m->scoped, control.scoped, sizeof(m->scoped));
        m->scoped_count = control.scoped_count;
    }
    m->wild_count++;
    m->wild_refused_count += !taken;
    cp_desk_on_control(m->desk, &control, m->now_ns);
    carry(m);
    check_in_force(m);
}

/* ---- stops ------------------------------------------------------------------------- */

static void forget_bounds(model *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        m->orders[i].bounds = (stops_bounds){ false, false };
}

static void control_all(model *m, uint32_t kind)
{
    cp_control control = { .kind = kind };
    uint64_t sent = m->desk->counters.cancel_count;
    bool leads = stops_lead(&m->stops, kind);
    if (kind != CP_CONTROL_HALT && kind != CP_CONTROL_PAUSE)
        forget_bounds(m);
    cp_desk_on_control(m->desk, &control, m->now_ns);
    /* Whatever works is pulled, or as soon as the link takes it. */
    bool pulls = leads && kind != CP_CONTROL_RESUME;
    m->owed = pulls && m->full;
    CP_ASSERT(!pulls || m->full || m->count == 0 ||
              m->desk->counters.cancel_count > sent);
    carry(m);
}

static void block_link(model *m)
{
    m->full = true;
    cp_desk_orders(m->desk)->limit = 0;
}

static void free_link(model *m)
{
    m->full = false;
    cp_desk_orders(m->desk)->limit = CP_DESK_ORDERS_MAX;
    for (uint32_t i = below(m, 4); i > 0; i--)
        ask_for_change(m);
    uint64_t sent = m->desk->counters.cancel_count;
    cp_desk_on_timer(m->desk, m->now_ns, NULL);
    CP_ASSERT(!m->owed || m->count == 0 || m->desk->counters.cancel_count > sent);
    m->owed = false;
    carry(m);
}

static void control_some(model *m, uint32_t kind, uint32_t target)
{
    cp_control control = { .kind = kind, .target = target };
    stops_some(&m->stops, kind, target);
    if (kind != CP_CONTROL_HALT_SYMBOL)
        forget_bounds(m);
    cp_desk_on_control(m->desk, &control, m->now_ns);
    carry(m);
}

static void set_mode(model *m, cp_strategy_mode mode)
{
    cp_control control = { .kind = CP_CONTROL_MODE, .target = STOPS_SEAT, .mode = mode };
    stops_seat(&m->stops, mode);
    forget_bounds(m);
    cp_desk_on_control(m->desk, &control, m->now_ns);
    carry(m);
}

static void go_on(model *m)
{
    control_all(m, CP_CONTROL_UNHALT);
    control_all(m, CP_CONTROL_RESUME);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        if (m->stops.halted >> i & 1)
            control_some(m, CP_CONTROL_RESUME_SYMBOL, i);
    set_mode(m, CP_MODE_LIVE);
}

/* The venue does as it was told. */
static void cancel_everything(model *m)
{
    while (m->count > 0) {
        model_order *order = &m->orders[m->count - 1];
        if (order->new_id != 0) {
            refuse_replace(m, order);
            continue; /* which can have made the desk send another */
        }
        cp_report what = about(m, CP_REPORT_CANCELLED, order);
        what.leaves = 0;
        what.reason = CP_REASON_USER;
        drop(m, order);
        report(m, what);
    }
}

static void stop(model *m)
{
    static const uint32_t of_all[] = { CP_CONTROL_REDUCE, CP_CONTROL_REDUCE,
                                       CP_CONTROL_PAUSE, CP_CONTROL_FLATTEN,
                                       CP_CONTROL_HALT };
    static const uint32_t of_slot[] = { CP_CONTROL_HALT_STRATEGY,
                                        CP_CONTROL_FLATTEN_STRATEGY };
    static const uint32_t of_symbol[] = { CP_CONTROL_HALT_SYMBOL,
                                          CP_CONTROL_FLATTEN_SYMBOL };
    static const cp_strategy_mode modes[] = { CP_MODE_OFF, CP_MODE_SHADOW, CP_MODE_REDUCE,
                                              CP_MODE_REDUCE };
    switch (below(m, 5)) {
    case 0:
    case 1:
        control_all(m, of_all[below(m, 5)]);
        break;
    case 2:
        control_some(m, of_symbol[below(m, 2)], below(m, SYMBOLS));
        break;
    case 3:
        if (below(m, 4) == 0)
            control_some(m, CP_CONTROL_FLATTEN_STRATEGY, CP_OPERATOR);
        else
            control_some(m, of_slot[below(m, 2)], STOPS_SEAT);
        break;
    default:
        set_mode(m, modes[below(m, 4)]);
        break;
    }
    if (below(m, 2))
        cancel_everything(m);
}

static void step(model *m)
{
    m->now_ns += below(m, 4) == 0 ? below(m, 2000000000) : 1000;
    switch (below(m, 16)) {
    case 0:
        move_market(m);
        break;
    case 1:
        if (below(m, 20) == 0)
            edit_limits(m);
        else if (below(m, 4) == 0)
            edit_wildly(m);
        break;
    case 2:
        if (below(m, 4) != 0)
            break;
        if (stops_any(&m->stops) && below(m, 3) != 0)
            go_on(m);
        else
            stop(m);
        break;
    case 3:
        order_by_hand(m);
        break;
    case 4:
    case 5:
        wish(m);
        break;
    case 6:
    case 7:
    case 8:
        ask_for_change(m);
        break;
    case 9:
    case 10:
    case 11:
        ask_for_order(m);
        break;
    default:
        answer(m);
        break;
    }
    if (!m->full && below(m, 500) == 0)
        block_link(m);
    else if (m->full && below(m, 20) == 0)
        free_link(m);
    if (m->stops.by_itself)
        go_on(m);
    check_sums(m);
}

static void stay_silent(void *state, cp_seat *seat)
{
    (void)state, (void)seat;
}

static const cp_strategy_kind told = { .name = "told",
                                       .help = "Asks for what it is told to",
                                       .wants = CP_WANTS_TRADE,
                                       .two_symbols = true,
                                       .start = stay_silent,
                                       .on_trade = stay_silent };

static void open_desk(model *m, uint64_t seed)
{
    static const int64_t points[SYMBOLS] = { 1000000, 1, (int64_t)1 << 44 };
    static cp_config config;
    char error[CP_ERROR_SIZE];
    memset(&config, 0, sizeof(config));
    config.symbol_count = SYMBOLS;
    config.order_capacity = 4096;
    config.desk_order_capacity = 4096;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        m->point[i] = points[i];
        config.instruments[i] = (cp_instrument){ .increment = 1000000,
                                                 .point_value = points[i],
                                                 .price_max = PRICE_MAX,
                                                 .price_start = 10000 };
    }
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        config.limits[i] = (int64_t)cp_limit_parameter(i)->maximum;
    CP_ASSERT(cp_desk_create(&m->desk, &config, error) == 0);
    cp_slot *seat = &m->desk->slots[STOPS_SEAT];
    seat->config = (cp_strategy_config){ .used = 1, .symbol2 = 1 };
    seat->kind = &told;
    m->stops.mode = CP_MODE_LIVE;
    m->leaps = seed % 3 == 0;
    cp_seats_set_mode(m->desk, STOPS_SEAT, CP_MODE_LIVE, CP_CAUSE_OPERATOR);
    cp_random_init(&m->random, seed);
    m->now_ns = 1000000000000;
    m->next_ref = 1;
    edit_limits(m);
    for (int i = 0; i < 20; i++)
        move_market(m);
}

int main(int count, char **words)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const uint64_t usual = 200000;
#else
    const uint64_t usual = 1000000;
#endif
    uint64_t steps = count > 1 ? strtoull(words[1], NULL, 10) : usual;
    uint64_t seed = count > 2 ? strtoull(words[2], NULL, 10) : 1;
    static model total;
    for (uint64_t done = 0, round = 0; done < steps; round++) {
        static model m;
        memset(&m, 0, sizeof(m));
        open_desk(&m, seed * 1000003 + round);
        for (uint32_t i = 0; i < 4000 && done < steps; i++, done++)
            step(&m);
        total.sent_count += m.sent_count;
        total.replace_count += m.replace_count;
        total.refused_count += m.refused_count;
        total.fill_count += m.fill_count;
        total.wild_count += m.wild_count;
        total.wild_refused_count += m.wild_refused_count;
        for (uint32_t i = 0; i < STOPS_WHYS; i++)
            total.stops.let_out[i] += m.stops.let_out[i];
        cp_desk_destroy(m.desk);
    }
    const uint64_t *out = total.stops.let_out;
    printf(
        "risk: %llu steps, %llu orders, %llu replaces, %llu fills, %llu refusals noted\n",
        (unsigned long long)steps, (unsigned long long)total.sent_count,
        (unsigned long long)total.replace_count, (unsigned long long)total.fill_count,
        (unsigned long long)total.refused_count);
    printf(
        "      while stopped: %llu that close, %llu by hand, %llu in REDUCING, %llu of "
        "a strategy in REDUCE; %llu of %llu wild edits refused\n",
        (unsigned long long)out[STOPS_CLOSES], (unsigned long long)out[STOPS_PAUSED],
        (unsigned long long)out[STOPS_REDUCING], (unsigned long long)out[STOPS_MODE],
        (unsigned long long)total.wild_refused_count,
        (unsigned long long)total.wild_count);
    bool all = total.sent_count > steps / 100 && total.replace_count > steps / 1000;
    for (uint32_t i = 0; i < STOPS_WHYS; i++)
        all &= out[i] > steps / 20000;
    return all ? 0 : 1;
}
