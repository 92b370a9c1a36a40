/* venue.h: the exchange: one book a symbol, price-time matching, reports.
 *
 * A step function object: it is told an order and the time, and leaves what happened in
 * two outboxes, market data and reports, which the drive carries off and clears after
 * each call. It knows participants by number and nothing of what they are.
 *
 * One order may execute against at most CP_SWEEP_MAX resting orders; what is left of it
 * then is cancelled with CP_REASON_SWEEP. That bounds what one step can say:
 * CP_VENUE_MD_MAX and CP_VENUE_REPORT_MAX lines.
 *
 * What it answers, in this order
 *   new          ACCEPTED, then for each resting order met EXECUTED to its owner (MAKER)
 * and to the sender (TAKER), then what rests (market data only) or, for a rest that may
 * not, CANCELLED with the reason. Or REJECTED, and nothing else: an order that could not
 * rest for lack of room does not trade either. cancel       CANCELLED, leaves 0 reduce
 * CANCELLED, leaves > 0; taking off all there is or more is a cancel replace REPLACED,
 * then as for a new order. Side and symbol are the original's, whatever the message says.
 * The same price and no more quantity than is open keeps order_ref and place; anything
 * else is a new order_ref at the back. cancel all   CANCELLED for each, newest first, at
 * most CP_SWEEP_MAX of them; then ALL_CANCELLED: qty were pulled, leaves still rest (ask
 * again), no symbol a refused cancel, reduce or replace: CHANGE_REJECTED, nothing has
 * changed
 *
 * order_ref is a serial number above the index of the order in the venue's pool (CP_NONE
 * for an order that can never rest). It is never 0, and no two orders that could be taken
 * for each other share one: a serial comes back after four billion orders.
 *
 * A participant's orders may meet each other.
 */
#ifndef CP_VENUE_H
#define CP_VENUE_H

#include "base/message.h"
#include "base/outbox.h"
#include "book/book.h"

#define CP_VENUE_MD_MAX (CP_SWEEP_MAX + 8)
#define CP_VENUE_REPORT_MAX (2 * CP_SWEEP_MAX + 8)
#define CP_PARTICIPANT_DESK 1        /* the drive's desk */
#define CP_PARTICIPANT_BACKGROUND 2  /* this and above: the flow's */
#define CP_VENUE_QTY_MAX 1000000000u /* lots of one order */

typedef struct cp_venue cp_venue;

typedef struct cp_venue_counters {
    uint64_t md_count;    /* market data events emitted: the last sequence */
    uint64_t trade_count; /* executions: the last match number */
    uint64_t traded_qty;
    uint64_t hash; /* of every market data event and report, times left out */
} cp_venue_counters;

/* `order_capacity`: orders resting, all symbols together. -EINVAL: no instrument, more
 * than CP_SYMBOL_MAX, one whose price_max is 0, or no capacity. -ENOMEM. */
int cp_venue_create(cp_venue **venue, const cp_instrument *instruments,
                    uint32_t symbol_count, uint32_t order_capacity);
void cp_venue_destroy(cp_venue *venue);

void cp_venue_on_order(cp_venue *venue, const cp_order *order, uint64_t now_ns);

/* Replay only: a recorded order trades qty although others stand before it. The order
 * is named by participant and client id; -ENOENT when it does not rest, -ERANGE when qty
 * is 0 or more than it has left. Emits the same market data and reports as a match, with
 * no report for the unnamed aggressor. */
int cp_venue_execute_directly(cp_venue *venue, uint16_t participant, uint64_t client_id,
                              uint32_t qty, uint64_t now_ns);

/* Replay only: publish a trade against hidden interest (CP_MD_TRADE). It counts as a
 * trade. */
void cp_venue_print(cp_venue *venue, uint16_t symbol, uint8_t side, int64_t price,
                    uint32_t price_rest, uint32_t qty, uint64_t now_ns);

cp_outbox *cp_venue_md(cp_venue *venue);
cp_outbox *cp_venue_reports(cp_venue *venue);
const cp_book *cp_venue_book(const cp_venue *venue, uint16_t symbol);
const cp_venue_counters *cp_venue_counts(const cp_venue *venue);
/* The resting order of that name, or NULL. Valid until the next call. */
const cp_book_order *cp_venue_find(const cp_venue *venue, uint16_t participant,
                                   uint64_t client_id);
uint32_t cp_venue_resting_count(const cp_venue *venue);

#endif /* CP_VENUE_H */
