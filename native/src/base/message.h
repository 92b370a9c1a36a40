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

static_assert(sizeof(cp_md) == CP_LINE, "one line");
static_assert(sizeof(cp_order) == CP_LINE, "one line");
static_assert(sizeof(cp_report) == CP_LINE, "one line");
static_assert(sizeof(cp_note) == CP_LINE, "one line");
static_assert(sizeof(cp_flow_event) == CP_LINE, "one line");

#endif /* CP_MESSAGE_H */
