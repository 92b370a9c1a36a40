/* orders.c: see orders.h. */
#include "desk/orders.h"

/* Short names so that the table reads as one. BACK: to where the order would be without
 * the change that was refused. */
#define NO CP_STATE_NO_ANSWER
#define BACK 254
#define NEW_ CP_STATE_PENDING_NEW
#define LIVE CP_STATE_LIVE
#define PART CP_STATE_PARTIAL
#define PCAN CP_STATE_PENDING_CANCEL
#define PREP CP_STATE_PENDING_REPLACE
#define FILL CP_STATE_FILLED
#define CANC CP_STATE_CANCELLED
#define REJD CP_STATE_REJECTED
#define EXPD CP_STATE_EXPIRED
#define UNKN CP_STATE_UNKNOWN

/* clang-format off */
static const uint8_t next_states[CP_STATE_COUNT][CP_EVENT_COUNT] = {
/*                               ours                 the venue's                                                                              ours     by asking
                                 NEW   CANCEL REPLACE ACCEPTED EXECUTED FILLED REDUCED CANCELLED REPLACED REJECTED C_REJ R_REJ EXPIRED DOUBTED  FOUND GONE */
    [CP_STATE_FREE]            = { NEW_, NO,   NO,    NO,      NO,      NO,    NO,     NO,       NO,      NO,      NO,   NO,   NO,     NO,      NO,   NO   },
    [CP_STATE_PENDING_NEW]     = { NO,   PCAN, NO,    LIVE,    NEW_,    FILL,  NEW_,   CANC,     NO,      REJD,    NO,   NO,   EXPD,   UNKN,    LIVE, CANC },
    [CP_STATE_LIVE]            = { NO,   PCAN, PREP,  NO,      PART,    FILL,  LIVE,   CANC,     NO,      NO,      NO,   NO,   EXPD,   UNKN,    LIVE, CANC },
    [CP_STATE_PARTIAL]         = { NO,   PCAN, PREP,  NO,      PART,    FILL,  PART,   CANC,     NO,      NO,      NO,   NO,   EXPD,   UNKN,    PART, CANC },
    [CP_STATE_PENDING_CANCEL]  = { NO,   PCAN, NO,    PCAN,    PCAN,    FILL,  PCAN,   CANC,     PCAN,    REJD,    BACK, PCAN, EXPD,   UNKN,    PCAN, CANC },
    [CP_STATE_PENDING_REPLACE] = { NO,   PCAN, NO,    NO,      PREP,    FILL,  PREP,   CANC,     BACK,    NO,      NO,   BACK, EXPD,   UNKN,    PREP, CANC },
    [CP_STATE_FILLED]          = { NO,   NO,   NO,    NO,      NO,      NO,    NO,     NO,       NO,      NO,      FILL, FILL, NO,     NO,      NO,   NO   },
    [CP_STATE_CANCELLED]       = { NO,   NO,   NO,    NO,      NO,      NO,    NO,     NO,       NO,      NO,      CANC, CANC, NO,     NO,      NO,   NO   },
    [CP_STATE_REJECTED]        = { NO,   NO,   NO,    NO,      NO,      NO,    NO,     NO,       NO,      NO,      REJD, REJD, NO,     NO,      NO,   NO   },
    [CP_STATE_EXPIRED]         = { NO,   NO,   NO,    NO,      NO,      NO,    NO,     NO,       NO,      NO,      EXPD, EXPD, NO,     NO,      NO,   NO   },
    [CP_STATE_UNKNOWN]         = { NO,   UNKN, NO,    BACK,    UNKN,    FILL,  UNKN,   CANC,     BACK,    REJD,    UNKN, UNKN, EXPD,   NO,      BACK, CANC },
};
/* clang-format on */

uint8_t cp_order_next_state(uint8_t state, cp_order_event event, bool was_filled,
                            bool was_accepted)
{
    CP_ASSERT(state < CP_STATE_COUNT && event < CP_EVENT_COUNT);
    uint8_t next = next_states[state][event];
    if (next == BACK)
        next = !was_accepted ? NEW_ : was_filled ? PART : LIVE;
    /* An order that traded before its acknowledgement came. */
    else if (next == LIVE && was_filled)
        next = PART;
    return next;
}

int cp_orders_init(cp_orders *orders, uint32_t capacity)
{
    CP_ASSERT(capacity > 0 && capacity < CP_NONE / 2);
    memset(orders, 0, sizeof(*orders));
    orders->capacity = capacity;
    orders->first = orders->last = CP_NONE;
    orders->next_id = 1;
    orders->id_end = UINT64_MAX;
    orders->orders = calloc(capacity, sizeof(*orders->orders));
    if (!orders->orders)
        return -ENOMEM;
    for (uint32_t i = 0; i < capacity; i++)
        orders->orders[i].next = i + 1 < capacity ? i + 1 : CP_NONE;
    /* Two names an order: its own, and that of a replace under way. */
    int error = cp_pool_init(&orders->names, 2 * capacity);
    if (!error)
        error = cp_idmap_init(&orders->by_name, &orders->names);
    if (error)
        cp_orders_free(orders);
    return error;
}

void cp_orders_free(cp_orders *orders)
{
    free(orders->orders);
    cp_idmap_free(&orders->by_name);
    cp_pool_free(&orders->names);
    memset(orders, 0, sizeof(*orders));
}

void cp_orders_list(cp_orders *orders)
{
    for (uint32_t i = 0; i < orders->unlisted_count; i++)
        cp_idmap_put(&orders->by_name, orders->unlisted[i]);
    orders->unlisted_count = 0;
}

static uint32_t name_give(cp_orders *orders, uint32_t place, uint64_t client_id)
{
    uint32_t name = cp_pool_take(&orders->names);
    CP_ASSERT(name != CP_NONE); /* two an order, by cp_orders_init */
    cp_book_order *entry = &orders->names.orders[name];
    entry->id = client_id;
    entry->serial = place;
    entry->owner = 0;
    if (CP_UNLIKELY(orders->unlisted_count == CP_UNLISTED_MAX))
        cp_orders_list(orders);
    orders->unlisted[orders->unlisted_count++] = name;
    orders->guesses[client_id % CP_GUESSES] = place;
    return name;
}

static void name_take_back(cp_orders *orders, uint32_t *name)
{
    if (*name == CP_NONE)
        return;
    cp_orders_list(orders);
    cp_idmap_remove(&orders->by_name, *name);
    cp_pool_give(&orders->names, *name);
    *name = CP_NONE;
}

static uint32_t look_up(const cp_orders *orders, uint64_t client_id)
{
    uint32_t name = cp_idmap_get(&orders->by_name, 0, client_id);
    for (uint32_t i = 0; name == CP_NONE && i < orders->unlisted_count; i++)
        if (orders->names.orders[orders->unlisted[i]].id == client_id)
            name = orders->unlisted[i];
    return name == CP_NONE ? CP_NONE : orders->names.orders[name].serial;
}

uint32_t cp_orders_find(const cp_orders *orders, uint64_t client_id)
{
    uint32_t guess = orders->guesses[client_id % CP_GUESSES];
    const cp_own_order *own = &orders->orders[guess];
    bool its_own = own->client_id == client_id;
    bool pending = own->replace_sent && own->pending_id == client_id;
    if (CP_LIKELY((its_own || pending) && own->state != CP_STATE_FREE))
        return guess;
    return look_up(orders, client_id);
}

/* Every change of what an order may trade goes through a pair of these. */
static void count_out(cp_orders *orders, const cp_own_order *order)
{
    int64_t qty = cp_order_worst_qty(order);
    orders->working_qty[order->symbol][order->side] -= qty;
    orders->slot_qty[order->strategy][order->symbol][order->side] -= qty;
    orders->symbol_orders[order->symbol] -= cp_state_is_working(order->state);
    orders->working_count -= cp_state_is_working(order->state);
    orders->swept_count -= order->swept && cp_state_is_working(order->state);
}

static void count_in(cp_orders *orders, const cp_own_order *order)
{
    int64_t qty = cp_order_worst_qty(order);
    orders->working_qty[order->symbol][order->side] += qty;
    orders->slot_qty[order->strategy][order->symbol][order->side] += qty;
    orders->symbol_orders[order->symbol] += cp_state_is_working(order->state);
    orders->changed |= UINT32_C(1) << order->symbol;
    orders->working_count += cp_state_is_working(order->state);
    orders->swept_count += order->swept && cp_state_is_working(order->state);
}

/* Off the free list and behind all the others, when its fields are there. */
static void enter(cp_orders *orders, uint32_t place, uint32_t next_free)
{
    cp_own_order *own = &orders->orders[place];
    CP_ASSERT(own->symbol < CP_SYMBOL_MAX && own->side <= CP_SELL && own->qty > 0);
    CP_ASSERT(own->strategy < CP_SLOT_COUNT);
    orders->free_head = next_free;
    own->pending_name = CP_NONE;
    own->name = name_give(orders, place, own->client_id);
    own->next = CP_NONE;
    own->prev = orders->last;
    if (orders->last == CP_NONE)
        orders->first = place;
    else
        orders->orders[orders->last].next = place;
    orders->last = place;
    count_in(orders, own);
}

uint32_t cp_orders_open(cp_orders *orders, const cp_own_terms *terms)
{
    CP_ASSERT(cp_orders_has_id(orders));
    uint32_t place = orders->free_head;
    if (place == CP_NONE)
        return CP_NONE;
    cp_own_order *own = &orders->orders[place];
    own->client_id = orders->next_id++;
    own->price = terms->price;
    own->qty = own->asked = own->leaves = terms->qty;
    own->symbol = terms->symbol;
    own->strategy = terms->strategy;
    own->side = terms->side;
    own->purpose = terms->purpose;
    own->time_in_force = terms->time_in_force;
    own->state = cp_order_next_state(CP_STATE_FREE, CP_EVENT_NEW, false, false);
    enter(orders, place, own->next);
    return place;
}

uint32_t cp_orders_adopt(cp_orders *orders, const cp_own_order *order)
{
    CP_ASSERT(order->state < CP_STATE_COUNT && order->state != CP_STATE_FREE);
    uint32_t place = orders->free_head;
    if (place == CP_NONE)
        return CP_NONE;
    cp_own_order *own = &orders->orders[place];
    uint32_t next_free = own->next;
    *own = *order;
    enter(orders, place, next_free);
    if (own->replace_sent)
        own->pending_name = name_give(orders, place, own->pending_id);
    return place;
}

void cp_orders_recount(cp_orders *orders)
{
    memset(orders->slot_qty, 0, sizeof(orders->slot_qty));
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next) {
        const cp_own_order *own = &orders->orders[i];
        orders->slot_qty[own->strategy][own->symbol][own->side] +=
            cp_order_worst_qty(own);
    }
}

void cp_orders_close(cp_orders *orders, uint32_t place)
{
    cp_own_order *own = &orders->orders[place];
    CP_ASSERT(own->state != CP_STATE_FREE && !cp_state_is_working(own->state));
    name_take_back(orders, &own->name);
    name_take_back(orders, &own->pending_name);
    if (own->prev == CP_NONE)
        orders->first = own->next;
    else
        orders->orders[own->prev].next = own->next;
    if (own->next == CP_NONE)
        orders->last = own->prev;
    else
        orders->orders[own->next].prev = own->prev;
    *own = (cp_own_order){ .state = CP_STATE_FREE, .next = orders->free_head };
    orders->free_head = place;
}

bool cp_orders_doubt(cp_orders *orders, uint32_t place)
{
    cp_own_order *own = &orders->orders[place];
    uint8_t next = cp_order_next_state(own->state, CP_EVENT_DOUBTED, false, false);
    if (next == CP_STATE_NO_ANSWER)
        return false;
    own->state = next; /* as much at risk as before: nothing to count anew */
    own->asked_ns = 0;
    return true;
}

bool cp_orders_ask_cancel(cp_orders *orders, uint32_t place, bool with_all)
{
    cp_own_order *own = &orders->orders[place];
    uint8_t next = cp_order_next_state(own->state, CP_EVENT_CANCEL, false, false);
    if (next == CP_STATE_NO_ANSWER)
        return false;
    count_out(orders, own);
    own->state = next;
    own->cancel_sent |= !with_all;
    own->swept |= with_all;
    own->pulled = false;
    count_in(orders, own);
    return true;
}

bool cp_orders_ask_replace(cp_orders *orders, uint32_t place, int64_t price, uint32_t qty)
{
    CP_ASSERT(qty > 0);
    cp_own_order *own = &orders->orders[place];
    uint8_t next = cp_order_next_state(own->state, CP_EVENT_REPLACE, false, false);
    if (next == CP_STATE_NO_ANSWER)
        return false;
    CP_ASSERT(!own->replace_sent && cp_orders_has_id(orders));
    /* It worked and still does, so nothing changes but its lots. */
    CP_ASSERT(cp_state_is_working(own->state) && cp_state_is_working(next));
    own->state = next;
    own->replace_sent = true;
    own->pending_id = orders->next_id++;
    own->pending_price = price;
    own->pending_qty = qty;
    own->pending_name = name_give(orders, place, own->pending_id);
    orders->working_qty[own->symbol][own->side] += qty;
    orders->slot_qty[own->strategy][own->symbol][own->side] += qty;
    orders->changed |= UINT32_C(1) << own->symbol;
    return true;
}

/* A replace that got through shows as an order by the new name; one that did not, as none
 * by that name. */
static int event_of_status(const cp_own_order *own, const cp_report *report)
{
    bool rests = report->reason == CP_REASON_NONE && report->leaves > 0;
    bool is_new_name = own->replace_sent && report->client_id == own->pending_id;
    if (!rests && report->reason != CP_REASON_UNKNOWN_ORDER)
        return -1; /* the venue cannot say */
    if (is_new_name)
        return rests ? CP_EVENT_REPLACED : CP_EVENT_REPLACE_REJECTED;
    return rests ? CP_EVENT_FOUND : CP_EVENT_GONE;
}

static int event_of(const cp_own_order *own, const cp_report *report)
{
    switch (report->kind) {
    case CP_REPORT_ACCEPTED:
        return CP_EVENT_ACCEPTED;
    case CP_REPORT_EXECUTED:
        /* By our own count: what the venue has left after a lost message may differ. */
        return report->qty >= own->leaves ? CP_EVENT_FILLED : CP_EVENT_EXECUTED;
    case CP_REPORT_CANCELLED:
        if (report->leaves > 0 && report->qty < own->leaves)
            return CP_EVENT_REDUCED;
        return report->reason == CP_REASON_IOC ||
                       report->reason == CP_REASON_NO_LIQUIDITY ||
                       report->reason == CP_REASON_FOK
                   ? CP_EVENT_EXPIRED
                   : CP_EVENT_CANCELLED;
    case CP_REPORT_REPLACED:
        return CP_EVENT_REPLACED;
    case CP_REPORT_REJECTED:
        return CP_EVENT_REJECTED;
    case CP_REPORT_CHANGE_REJECTED:
        return own->replace_sent && report->client_id == own->pending_id
                   ? CP_EVENT_REPLACE_REJECTED
                   : CP_EVENT_CANCEL_REJECTED;
    case CP_REPORT_STATUS:
        return event_of_status(own, report);
    default:
        return -1;
    }
}

/* Whether the report can be about this order as it stands, beyond what its state says. */
static bool fits(const cp_own_order *own, const cp_report *report, cp_order_event event)
{
    switch (event) {
    case CP_EVENT_ACCEPTED:
        return !own->accepted;
    case CP_EVENT_REJECTED:
        return !own->accepted && own->filled == 0;
    case CP_EVENT_EXECUTED:
    case CP_EVENT_FILLED:
        return report->qty > 0 && own->leaves > 0 && report->price >= 0;
    case CP_EVENT_REPLACED:
        return own->replace_sent && report->client_id == own->pending_id &&
               report->leaves > 0;
    case CP_EVENT_CANCEL_REJECTED:
        return own->cancel_sent;
    case CP_EVENT_REPLACE_REJECTED:
        return own->replace_sent;
    default:
        return true;
    }
}

static void end_replace(cp_orders *orders, cp_own_order *own)
{
    own->replace_sent = false;
    own->pending_id = 0;
    own->pending_qty = 0;
    name_take_back(orders, &own->pending_name);
}

/* Lots that traded unseen before the venue was asked how the replaced order stands. */
static uint32_t take_new_terms(cp_orders *orders, cp_own_order *own,
                               const cp_report *report)
{
    bool unseen = report->kind == CP_REPORT_STATUS &&
                  report->match_ref > orders->execution_count &&
                  report->leaves < own->pending_qty;
    uint32_t traded = unseen ? own->pending_qty - report->leaves : 0;
    name_take_back(orders, &own->name);
    own->name = own->pending_name;
    own->pending_name = CP_NONE;
    own->client_id = own->pending_id;
    own->price = own->pending_price;
    own->asked = own->pending_qty;
    own->leaves = report->leaves;
    own->filled += traded;
    own->qty = own->filled + own->leaves;
    own->order_ref = report->order_ref;
    end_replace(orders, own);
    return traded;
}

/* It rests, and what we asked for since has not reached the venue: the question came
 * after. A cancel is to be said again. Lots we did not hear of have traded if the venue
 * counts more executions than came here, and were taken off otherwise. Of lots that are left
 * although we heard that they had traded, both is counted: they are held, and may trade. */
static uint32_t take_status(cp_orders *orders, cp_own_order *own, const cp_report *report)
{
    uint32_t less = report->leaves < own->leaves ? own->leaves - report->leaves : 0;
    uint32_t more = report->leaves > own->leaves ? report->leaves - own->leaves : 0;
    bool traded = report->match_ref > orders->execution_count;
    own->accepted = true;
    own->order_ref = report->order_ref;
    own->leaves += more - less;
    own->qty += more;
    if (traded)
        own->filled += less;
    else
        own->qty -= less;
    if (own->state != CP_STATE_UNKNOWN)
        return traded ? less : 0;
    own->pulled |= own->cancel_sent || own->swept;
    own->cancel_sent = own->swept = false;
    if (own->replace_sent)
        end_replace(orders, own);
    return traded ? less : 0;
}

static uint32_t apply(cp_orders *orders, cp_own_order *own, const cp_report *report,
                      cp_order_event event, uint64_t now_ns)
{
    uint32_t traded = 0;
    switch (event) {
    case CP_EVENT_ACCEPTED:
        own->accepted = true;
        own->accepted_ns = now_ns;
        own->order_ref = report->order_ref;
        break;
    case CP_EVENT_EXECUTED:
    case CP_EVENT_FILLED:
        traded = report->qty < own->leaves ? report->qty : own->leaves;
        own->leaves -= traded;
        own->filled += traded;
        break;
    case CP_EVENT_REDUCED:
        own->leaves -= report->qty;
        own->qty -= report->qty;
        break;
    case CP_EVENT_CANCELLED:
        /* The venue's answer to our cancel is this; any other end leaves it owing one. */
        if (report->reason == CP_REASON_USER)
            own->cancel_sent = false;
        break;
    case CP_EVENT_REPLACED:
        traded = take_new_terms(orders, own, report);
        break;
    case CP_EVENT_CANCEL_REJECTED:
        own->cancel_sent = false;
        break;
    case CP_EVENT_REPLACE_REJECTED:
        end_replace(orders, own);
        break;
    case CP_EVENT_FOUND:
        traded = take_status(orders, own, report);
        break;
    case CP_EVENT_GONE:
        own->cancel_sent = false;
        if (own->replace_sent)
            end_replace(orders, own);
        break;
    default:
        break;
    }
    return traded;
}

/* Where an order that is live really stands: with a change under way. The venue refusing
 * one because it has no such order contradicts us: that is for a question to settle. */
static uint8_t settle(const cp_own_order *own, uint8_t next, const cp_report *report)
{
    bool contradicted = report->kind == CP_REPORT_CHANGE_REJECTED &&
                        report->reason == CP_REASON_UNKNOWN_ORDER;
    if (contradicted && cp_state_is_working(next))
        return CP_STATE_UNKNOWN;
    if (next != CP_STATE_LIVE && next != CP_STATE_PARTIAL && next != CP_STATE_PENDING_NEW)
        return next;
    if (own->cancel_sent || own->swept)
        return CP_STATE_PENDING_CANCEL;
    return own->replace_sent ? CP_STATE_PENDING_REPLACE : next;
}

static uint32_t find_for(const cp_orders *orders, const cp_report *report)
{
    bool of_change =
        report->kind == CP_REPORT_REPLACED || report->kind == CP_REPORT_CHANGE_REJECTED;
    uint32_t place = CP_NONE;
    if (of_change && report->original_id != 0)
        place = cp_orders_find(orders, report->original_id);
    return place != CP_NONE ? place : cp_orders_find(orders, report->client_id);
}

/* Whether it is the first we hear of this execution. */
static bool count_execution(cp_orders *orders, const cp_report *report)
{
    if (report->kind != CP_REPORT_EXECUTED)
        return true;
    if (!cp_matches_add(&orders->matches, report->client_id, report->match_ref)) {
        orders->duplicate_count++;
        return false;
    }
    orders->execution_count++;
    return true;
}

cp_order_outcome cp_orders_on_report(cp_orders *orders, const cp_report *report,
                                     uint64_t now_ns)
{
    cp_order_outcome outcome = { .place = find_for(orders, report) };
    if (!count_execution(orders, report)) {
        outcome.is_duplicate = true;
        return outcome;
    }
    if (outcome.place == CP_NONE)
        return outcome;
    cp_own_order *own = &orders->orders[outcome.place];
    int found = event_of(own, report);
    if (found < 0)
        return outcome;
    cp_order_event event = (cp_order_event)found;
    outcome.event = event;
    outcome.was_unknown = own->state == CP_STATE_UNKNOWN;
    if (!fits(own, report, event))
        return outcome;
    bool filled = own->filled > 0 || event == CP_EVENT_EXECUTED;
    bool accepted =
        own->accepted || event == CP_EVENT_ACCEPTED || event == CP_EVENT_FOUND;
    uint8_t next = cp_order_next_state(own->state, event, filled, accepted);
    if (next == CP_STATE_NO_ANSWER)
        return outcome;
    /* Odd, yet a fact: an execution before the acknowledgement, or of more than we
     * thought was left. */
    bool odd = (event == CP_EVENT_EXECUTED || event == CP_EVENT_FILLED) &&
               (!own->accepted || report->qty > own->leaves);
    outcome.expected = !odd;
    bool worked = cp_state_is_working(own->state);
    count_out(orders, own);
    outcome.filled = apply(orders, own, report, event, now_ns);
    outcome.missed = report->kind == CP_REPORT_STATUS ? outcome.filled : 0;
    if (outcome.missed > 0 && next == CP_STATE_LIVE)
        next = CP_STATE_PARTIAL;
    own->state = settle(own, next, report);
    if (own->state == CP_STATE_UNKNOWN)
        own->asked_ns = outcome.was_unknown ? own->asked_ns : 0;
    count_in(orders, own);
    outcome.ended = worked && !cp_state_is_working(own->state);
    outcome.done =
        !cp_state_is_working(own->state) && !own->cancel_sent && !own->replace_sent;
    return outcome;
}
