/* desk.h: everything the trading firm owns, as one step function object.
 *
 *     feed -> book -> strategy -> risk -> orders -> positions
 *
 * It is told market data, reports, controls and the time, and leaves orders and notes in
 * two outboxes, which the drive carries off and clears after each call. Time comes in as
 * `now_ns`, by which alone it decides; `clock` is read only to stamp the hops, and under
 * virtual time it always answers `now_ns`.
 *
 * When the orders outbox has reached its limit the link is full: the desk refuses the
 * order itself (CP_REFUSE_LINK) rather than losing it later.
 */
#ifndef CP_DESK_H
#define CP_DESK_H

#include "base/clock.h"
#include "base/histogram.h"
#include "base/message.h"
#include "base/outbox.h"

#define CP_DESK_ORDERS_MAX 1024 /* orders one step can leave */
#define CP_DESK_NOTES_MAX 1024  /* notes one step can leave; more are counted and lost */
#define CP_DESK_PARTICIPANT 1   /* what its orders carry as their participant */
#define CP_DESK_TIMER_NS 10000000 /* how often on_timer is to be called: 10 ms */

typedef struct cp_desk cp_desk;

/* Uses of cp_config: instruments, strategies, limits (with version and hash),
 * order_capacity (its books), desk_order_capacity, seed. -EINVAL with the reason. */
int cp_desk_create(cp_desk **desk, const cp_config *config, char *error);
void cp_desk_destroy(cp_desk *desk);

void cp_desk_on_md(cp_desk *desk, const cp_md *md, uint64_t now_ns,
                   const cp_clock *clock);
void cp_desk_on_report(cp_desk *desk, const cp_report *report, uint64_t now_ns,
                       const cp_clock *clock);
void cp_desk_on_control(cp_desk *desk, const cp_control *control, uint64_t now_ns);
void cp_desk_on_timer(cp_desk *desk, uint64_t now_ns, const cp_clock *clock);

/* The drive has put this order on the link at sent_ns (T4). */
void cp_desk_on_sent(cp_desk *desk, const cp_order *order, uint64_t sent_ns);

cp_outbox *cp_desk_orders(cp_desk *desk);
cp_outbox *cp_desk_notes(cp_desk *desk);
/* By cp_hop; written by the desk's thread only, read by any. */
cp_histogram *cp_desk_histogram(cp_desk *desk, cp_hop hop);
void cp_desk_read(const cp_desk *desk, cp_desk_picture *picture, uint64_t now_ns);
/* Of every order sent, every fill, every position: equal for equal inputs. */
uint64_t cp_desk_hash(const cp_desk *desk);
/* Orders at the venue, or on their way there. */
uint32_t cp_desk_working_count(const cp_desk *desk);

#endif /* CP_DESK_H */
