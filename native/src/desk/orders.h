/* orders.h: every order of ours that is at the venue or on its way there.
 *
 * An order's state changes by one table, [state][event]; what the table has no answer for
 * is counted and leaves the order as it was. Lots are never lost track of: what an order
 * may still trade counts as working until the venue has said that it cannot.
 *
 * An order that is over while the venue still owes an answer to a change of it keeps its
 * place until that answer is here.
 *
 * An order the venue owes an answer to for too long is UNKNOWN: it counts as working, and
 * nothing is sent for it again before the venue has been asked how it stands.
 */
#ifndef CP_ORDERS_H
#define CP_ORDERS_H

#include "base/message.h"
#include "book/idmap.h"
#include "desk/matches.h"

typedef enum cp_order_event {
    CP_EVENT_NEW = 0,     /* ours: sent */
    CP_EVENT_CANCEL = 1,  /* ours: asked, alone or with all others */
    CP_EVENT_REPLACE = 2, /* ours: asked */
    CP_EVENT_ACCEPTED = 3,
    CP_EVENT_EXECUTED = 4, /* some remain */
    CP_EVENT_FILLED = 5,   /* executed, none remain */
    CP_EVENT_REDUCED = 6,
    CP_EVENT_CANCELLED = 7,
    CP_EVENT_REPLACED = 8,
    CP_EVENT_REJECTED = 9,
    CP_EVENT_CANCEL_REJECTED = 10,
    CP_EVENT_REPLACE_REJECTED = 11,
    CP_EVENT_EXPIRED = 12, /* taken off by its own terms */
    CP_EVENT_DOUBTED = 13, /* ours: no answer in time, or missing where it should be */
    CP_EVENT_FOUND = 14,   /* asked for, and it rests */
    CP_EVENT_GONE = 15,    /* asked for, and the venue has no such order */
    CP_EVENT_COUNT = 16
} cp_order_event;

#define CP_STATE_NO_ANSWER 255

/* The state after the event, or CP_STATE_NO_ANSWER. `was_filled`: some lots traded;
 * `was_accepted`: the venue has acknowledged it. They decide where a rejected change
 * leads back to. */
uint8_t cp_order_next_state(uint8_t state, cp_order_event event, bool was_filled,
                            bool was_accepted);

typedef enum cp_purpose {
    CP_PURPOSE_QUOTE = 0,
    CP_PURPOSE_TAKE = 1,
    CP_PURPOSE_CLOSE = 2,     /* flattening */
    CP_PURPOSE_INHERITED = 3, /* from before a restart, or a stranger: only to be ended */
    CP_PURPOSE_OPERATOR = 4
} cp_purpose;

/* Places in cp_way's hop_ns. */
enum { CP_WAY_FEED, CP_WAY_DECIDE, CP_WAY_RISK, CP_WAY_SEND, CP_WAY_ACK };

static_assert(CP_WAY_ACK + 1 == CP_WAY_HOPS, "a place for each");

/* From one stamp to the next; 0 when the first was never taken. */
static inline uint32_t cp_way_span(uint64_t from_ns, uint64_t to_ns)
{
    uint64_t passed = from_ns != 0 && to_ns > from_ns ? to_ns - from_ns : 0;
    return passed < UINT32_MAX ? (uint32_t)passed : UINT32_MAX;
}

typedef struct cp_own_order {
    uint64_t client_id;
    uint64_t pending_id;  /* of the replace under way, or 0 */
    uint64_t order_ref;   /* the venue's name, once accepted */
    uint64_t cause_ns;    /* T1 */
    uint64_t passed_ns;   /* T3 of the latest message */
    uint64_t sent_ns;     /* T4 of the latest message; 0 until known */
    uint64_t accepted_ns; /* T5 */
    uint64_t tick_to_order_ns;
    int64_t price;
    int64_t pending_price;
    int64_t arrival2; /* twice the mid when it was last decided on; 0: there was none */
    int64_t expected; /* the price worth expecting then, should it take */
    uint32_t qty;     /* as last agreed: filled + leaves */
    uint32_t asked;   /* open quantity as last asked for */
    uint32_t leaves;
    uint32_t filled;
    uint32_t pending_qty; /* open quantity of the replace under way */
    uint32_t next, prev;  /* among the working, oldest first; CP_NONE at the ends */
    uint32_t name, pending_name; /* entries of the table's names; CP_NONE */
    uint16_t symbol;
    uint16_t strategy;
    uint8_t side;
    uint8_t state; /* cp_order_state */
    uint8_t purpose;
    uint8_t time_in_force;
    bool accepted;
    bool cancel_sent;  /* the venue owes an answer to a cancel of this order alone */
    bool replace_sent; /* likewise to a replace */
    bool swept;        /* a cancel of all orders covers it */
    bool pulled;       /* to be cancelled as soon as that can be said */
    uint64_t told_ns;  /* when the venue was last told or asked something about it */
    uint32_t listed;   /* the round of reconciliation in which the venue listed it */
    uint64_t asked_ns; /* when the venue was last asked about it; 0: never */
    cp_way way;
} cp_own_order;

/* What a new order is to be. */
typedef struct cp_own_terms {
    int64_t price;
    uint32_t qty;
    uint16_t symbol;
    uint16_t strategy;
    uint8_t side;
    uint8_t purpose;
    uint8_t time_in_force;
} cp_own_terms;

/* Most questions are about one of the latest client ids, which are given in turn. */
#define CP_GUESSES 1024u
#define CP_UNLISTED_MAX 8u

typedef struct cp_orders {
    cp_own_order *orders; /* of free places all is 0 but `next` */
    uint32_t capacity;
    uint32_t free_head;
    uint32_t first, last;   /* working, oldest first; includes those that are over but
                               wait for an answer */
    uint32_t working_count; /* may still trade */
    uint32_t swept_count;   /* of them, covered by a cancel of all */
    uint64_t next_id;
    uint64_t id_end;          /* the first id that is not set aside for use */
    uint64_t execution_count; /* executions heard of since the venue began, each once */
    uint64_t duplicate_count; /* executions heard of again */
    int64_t working_qty[CP_SYMBOL_MAX][2]; /* lots that may still trade, by cp_side */
    int64_t slot_qty[CP_SLOT_COUNT][CP_SYMBOL_MAX][2]; /* the same, by strategy */
    uint32_t symbol_orders[CP_SYMBOL_MAX];             /* working_count, by symbol */
    uint32_t changed; /* bit a symbol whose lots have; its reader clears it */
    cp_pool names; /* client ids to places: `id` is the client id, `serial` the place */
    cp_idmap by_name;
    uint32_t unlisted_count; /* names that are not in by_name yet */
    uint32_t unlisted[CP_UNLISTED_MAX];
    uint32_t guesses[CP_GUESSES]; /* by client id, modulo: the place it was given last */
    cp_matches matches;
} cp_orders;

int cp_orders_init(cp_orders *orders, uint32_t capacity);
void cp_orders_free(cp_orders *orders);

static inline bool cp_orders_is_full(const cp_orders *orders)
{
    return orders->free_head == CP_NONE;
}

/* Whether another client id may be used. */
static inline bool cp_orders_has_id(const cp_orders *orders)
{
    return orders->next_id < orders->id_end;
}

/* It never rests: what does not trade at once is over. */
static inline bool cp_order_is_immediate(const cp_own_order *order)
{
    return order->time_in_force == CP_IOC || order->time_in_force == CP_FOK;
}

/* A state in which the order can still trade. */
static inline bool cp_state_is_working(uint8_t state)
{
    return (state >= CP_STATE_PENDING_NEW && state <= CP_STATE_PENDING_REPLACE) ||
           state == CP_STATE_UNKNOWN;
}

/* Lots it may still trade at worst. The venue sets a replaced order's open quantity
 * whatever was filled on the way, so until it answers both can trade. */
static inline int64_t cp_order_worst_qty(const cp_own_order *order)
{
    if (!cp_state_is_working(order->state))
        return 0;
    return (int64_t)order->leaves + (order->replace_sent ? order->pending_qty : 0);
}

/* Take a place for a new order in PENDING_NEW with the next client id. CP_NONE: the table is
 * full. */
uint32_t cp_orders_open(cp_orders *orders, const cp_own_terms *terms);
/* Take a place for an order that is at the venue under a name given before: `order` as a
 * whole, with its client id and, while a replace is under way, its pending id. */
uint32_t cp_orders_adopt(cp_orders *orders, const cp_own_order *order);
/* The place of the order with that client id, its own or its pending one, or CP_NONE. */
uint32_t cp_orders_find(const cp_orders *orders, uint64_t client_id);
/* There is time: put new client ids where they are found by whoever guesses wrong. Until then
 * that takes a look at each of them. */
void cp_orders_list(cp_orders *orders);

/* The venue owes an answer too long, or left it out: UNKNOWN, if it is still working. */
bool cp_orders_doubt(cp_orders *orders, uint32_t place);

/* We asked for it. False: the state has no such move. */
bool cp_orders_ask_cancel(cp_orders *orders, uint32_t place, bool with_all);
bool cp_orders_ask_replace(cp_orders *orders, uint32_t place, int64_t price,
                           uint32_t qty);

/* What a report did. */
typedef struct cp_order_outcome {
    uint32_t place;  /* the order; valid until cp_orders_close; CP_NONE if unknown */
    uint32_t filled; /* lots traded by this report */
    uint32_t missed; /* of them, learnt from what is left and not from an execution */
    cp_order_event event;
    bool expected;     /* false: unknown order, no answer in the table, or odd figures */
    bool done;         /* nothing more will come: cp_orders_close is due */
    bool ended;        /* it can trade no more, since this report */
    bool is_duplicate; /* an execution that had been counted: nothing has changed */
    bool was_unknown;  /* it was, before this report */
} cp_order_outcome;

cp_order_outcome cp_orders_on_report(cp_orders *orders, const cp_report *report,
                                     uint64_t now_ns);
/* The orders' strategies have changed: add their lots up anew. */
void cp_orders_recount(cp_orders *orders);
/* Give the place back. */
void cp_orders_close(cp_orders *orders, uint32_t place);

#endif /* CP_ORDERS_H */
