/* message.h: the messages inside the core, one cache line each.
 *
 * Codecs translate at the edge; between venue and desk nothing else travels.
 */
#ifndef CP_MESSAGE_H
#define CP_MESSAGE_H

#include "base/base.h"

/* Something happened in a book. Numbered without a gap over all symbols. */
typedef struct cp_md {
    uint64_t sequence;  /* from 1 */
    uint64_t time_ns;   /* when it happened at the venue */
    uint64_t sent_ns;   /* when the venue put it on the link; 0 inside the venue */
    uint64_t order_ref; /* the venue's name of the order */
    uint64_t other_ref; /* REPLACE: the new order; EXECUTE, TRADE: the match number */
    int64_t price;
    uint32_t qty;
    uint32_t leaves;
    uint16_t symbol;
    uint8_t kind;        /* cp_md_kind */
    uint8_t side;        /* of the resting order */
    uint32_t price_rest; /* TRADE: money past `price` increments */
} cp_md;

/* What a participant asks of the venue. */
typedef struct cp_order {
    uint64_t client_id;   /* unique among the participant's orders */
    uint64_t original_id; /* CANCEL, REDUCE, REPLACE: the order meant */
    uint64_t cause_ns;    /* T1 of the data it answers */
    uint64_t sent_ns;     /* T4 */
    int64_t price;        /* unused by MARKET */
    uint32_t qty;         /* REPLACE: the new open quantity; REDUCE: what to take off */
    uint16_t symbol;
    uint16_t participant;
    uint8_t kind; /* cp_order_kind */
    uint8_t side;
    uint8_t type; /* cp_order_type */
    uint8_t time_in_force;
    uint16_t strategy;    /* for the desk's own books; the venue ignores it */
    uint8_t flags;        /* CP_POST_ONLY, CP_POST_SLIDE, CP_TOTAL */
    uint8_t smp;          /* cp_smp */
    uint32_t display_qty; /* shown at a time; 0: all */
    union {
        uint32_t min_qty;    /* LIMIT, MARKET: least to execute at once; 0: any */
        uint32_t stop_price; /* STOP, STOP_LIMIT */
    };
} cp_order;

/* What the venue answers. */
typedef struct cp_report {
    uint64_t time_ns;
    uint64_t client_id;
    union {
        uint64_t original_id; /* REPLACED, CHANGE_REJECTED: the order that was meant */
        int64_t fee;          /* EXECUTED: money, a cost above 0 */
    };
    uint64_t order_ref;
    uint64_t match_ref; /* EXECUTED */
    int64_t price;
    uint32_t qty; /* EXECUTED: traded now; CANCELLED: taken off */
    uint32_t leaves;
    uint16_t symbol;
    uint16_t participant;
    uint8_t kind; /* cp_report_kind */
    uint8_t side;
    uint8_t reason;    /* cp_reason */
    uint8_t liquidity; /* cp_liquidity */
} cp_report;

static_assert(sizeof(cp_md) == CP_LINE, "one line");
static_assert(sizeof(cp_order) == CP_LINE, "one line");
static_assert(sizeof(cp_report) == CP_LINE, "one line");
static_assert(sizeof(cp_note) == CP_LINE, "one line");
static_assert(sizeof(cp_flow_event) == CP_LINE, "one line");

#endif /* CP_MESSAGE_H */
