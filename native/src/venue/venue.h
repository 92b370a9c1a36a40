/* venue.h: the exchange: one book a symbol, price-time matching, sessions, reports.
 *
 * A step function object: it is told an order and the time, and leaves what happened in
 * two outboxes, market data and reports, which the drive carries off and clears after
 * each call. It knows participants by number and nothing of what they are.
 *
 * Every rule, with the order of what is said, is in docs/matching.md. A step has
 * CP_SWEEP_MAX units of work, and CP_CROSS_MATCHES_MAX matches of a cross, which bounds
 * what it can say: CP_VENUE_MD_MAX and CP_VENUE_REPORT_MAX lines.
 *
 * order_ref is a serial number above the index of the order in the venue's pool (CP_NONE
 * for an order that can never rest). It is never 0, and no two orders that could be taken
 * for each other share one: a serial comes back after a billion orders.
 */
#ifndef CP_VENUE_H
#define CP_VENUE_H

#include "base/message.h"
#include "base/outbox.h"
#include "book/book.h"

#define CP_VENUE_BATCH_LINES                                                             \
    256 /* an outbox with more is carried off before the next step */
#define CP_CROSS_MATCHES_MAX 1024u /* matches of a cross in one step */
/* The longest step: a cross, with up to five market data lines and four reports a match,
 * and then a whole cascade of stops. A mass cancel before the cascade says less. */
#define CP_VENUE_MD_MAX                                                                  \
    (5 * CP_CROSS_MATCHES_MAX + CP_SWEEP_MAX + 8 + CP_VENUE_BATCH_LINES)
#define CP_VENUE_REPORT_MAX                                                              \
    (4 * CP_CROSS_MATCHES_MAX + 2 * CP_SWEEP_MAX + 8 + CP_VENUE_BATCH_LINES)
#define CP_PARTICIPANT_DESK 1        /* the drive's desk */
#define CP_PARTICIPANT_BACKGROUND 2  /* this and above: the flow's */
#define CP_VENUE_QTY_MAX 1000000000u /* lots of one order */

typedef struct cp_venue cp_venue;

typedef struct cp_venue_counters {
    uint64_t md_count;    /* market data events emitted: the last sequence */
    uint64_t trade_count; /* executions: the last match number */
    uint64_t traded_qty;
    uint64_t hash;            /* of every market data event and report, times left out */
    uint64_t copy_lost_count; /* drop copies that found their outbox full */
} cp_venue_counters;

#define CP_SESSION_MAX 1024u
/* Orders that have more to them than a resting order has: icebergs, stops, and those
 * partly executed. One for sixteen orders, but at least and at most so many. */
#define CP_RECORD_MIN 1024u
#define CP_RECORD_MAX 65536u

/* What a participant has asked for, or is held to. */
typedef struct cp_session {
    uint16_t participant;
    uint16_t group;          /* self-match prevention; 0: himself alone */
    uint32_t throttle_count; /* new orders and replaces a window; 0: any number */
    uint64_t throttle_window_ns;
    uint64_t dead_man_ns; /* silence after which his orders are pulled; 0: none */
    bool cancel_on_disconnect;
    bool drop_copy;
} cp_session;

/* `order_capacity`: orders resting, all symbols together. -EINVAL: no instrument, more
 * than CP_SYMBOL_MAX, one whose price_max is 0, or no capacity. -ENOMEM. */
int cp_venue_create(cp_venue **venue, const cp_instrument *instruments,
                    uint32_t symbol_count, uint32_t order_capacity);
void cp_venue_destroy(cp_venue *venue);

void cp_venue_on_order(cp_venue *venue, const cp_order *order, uint64_t now_ns);
/* Messages that wait one behind the other: the same, one step each, but what the later ones
 * will need is fetched while the earlier ones are worked on. How many were taken: all, or
 * fewer when what was said has to be carried off first. */
uint32_t cp_venue_on_orders(cp_venue *venue, const cp_order *orders, uint32_t count,
                            uint64_t now_ns);

/* ---- sessions and phases: the rules are P1 .. P15 ------------------------------- */

/* -EINVAL: a throttle without a window. -ENOSPC: CP_SESSION_MAX are set. */
int cp_venue_set_session(cp_venue *venue, const cp_session *session);
/* Ascending by from_qty; -EINVAL otherwise, or more than CP_TIER_MAX. */
int cp_venue_set_tiers(cp_venue *venue, const cp_fee_tier *tiers, uint32_t count);
void cp_venue_on_disconnect(cp_venue *venue, uint16_t participant, uint64_t now_ns);
/* True: more is to do now; carry off what was said and call again. */
bool cp_venue_on_timer(cp_venue *venue, uint64_t now_ns);
/* -EINVAL: no such symbol, or this phase cannot follow the present one. */
int cp_venue_set_phase(cp_venue *venue, uint16_t symbol, cp_phase phase, uint64_t now_ns);
cp_phase cp_venue_phase(const cp_venue *venue, uint16_t symbol);
/* Price 0: none. -EINVAL: no such symbol, or price. */
int cp_venue_set_reference(cp_venue *venue, uint16_t symbol, int64_t price);
/* Width in increments, 0: none. -EINVAL: no such symbol, or width. */
int cp_venue_set_band(cp_venue *venue, uint16_t symbol, uint32_t width);
/* The price of the symbol's last execution, CP_PRICE_NONE before the first. */
int64_t cp_venue_last(const cp_venue *venue, uint16_t symbol);
/* Reports repeated for those who watch; the drive clears them like the others. */
cp_outbox *cp_venue_drop_copies(cp_venue *venue);
/* Keep cp_venue_counters.hash, or not (it is kept at first). */
void cp_venue_keep_hash(cp_venue *venue, bool keep);
/* Walk everything and assert that it fits together. For tests and CP_CHECKED builds. */
void cp_venue_check(const cp_venue *venue);

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
/* The resting order of that name, or NULL (a stop that waits does not rest). Valid until
 * the next call. */
const cp_book_order *cp_venue_find(const cp_venue *venue, uint16_t participant,
                                   uint64_t client_id);
uint32_t cp_venue_resting_count(const cp_venue *venue);

#endif /* CP_VENUE_H */
