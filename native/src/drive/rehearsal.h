/* rehearsal.h: a desk that waits walks the way of an order, so that it is quick when one is
 * due.
 *
 * Between two orders of a quiet market pass tens of milliseconds, in which the processor
 * forgets that way: its code and how its branches went. A desk that never sleeps therefore
 * walks it again and again: market data, strategy, risk, order, journal, ring, report. It
 * does so with an understudy: an engine of its own, of the same code and config, in a toy
 * market. What it sends is answered here and goes nowhere else. It shares no memory with the
 * desk it stands in for, which is why no rehearsal can change what that one does.
 *
 * Strategies of a user's are not rehearsed: what such a file keeps for itself is its own.
 */
#ifndef CP_REHEARSAL_H
#define CP_REHEARSAL_H

#include "drive/engine.h"

#define CP_REHEARSAL_NS 10000     /* from one to the next: 10 us */
#define CP_REHEARSALS_FIRST 2000u /* before anything else: about 2 ms */

/* For a live desk of this config. -ENOMEM, or as cp_desk_create. */
int cp_rehearsal_create(cp_rehearsal **rehearsal, const cp_config *config,
                        const cp_clock *clock, char *error);
void cp_rehearsal_destroy(cp_rehearsal *rehearsal);

/* Put the next scene, an event or a fill, into the understudy's rings. What is to be moved
 * now, as the real one would be, is returned. */
cp_engine *cp_rehearsal_prompt(cp_rehearsal *rehearsal, uint64_t now_ns);
/* Take the orders it has left, and answer them. */
void cp_rehearsal_answer(cp_rehearsal *rehearsal, uint64_t now_ns);
/* New orders, replaces and cancels of all rehearsals so far. */
uint64_t cp_rehearsal_order_count(const cp_rehearsal *rehearsal);

#endif /* CP_REHEARSAL_H */
