/* would_be.h: the orders a strategy in SHADOW would have, and what would come of them.
 *
 * Its wishes pass the same risk check as any, on top of what it would hold, have working,
 * have sent and have lost, and stop before the venue. A would-be quote stands in the real queue: behind all that rested at
 * its price when it came, moving up as those before it trade or leave. It trades
 *   - when an order that came after it trades at its price, or any at a worse one;
 *   - when somebody's order comes to rest that would have met it instead;
 *   - at once, against what the book shows, as far as it would have taken.
 *
 * What it cannot know: it arrives without delay, takes nothing away from anybody (what it
 * took is there to be taken again), and nobody reacts to it.
 */
#ifndef CP_WOULD_BE_H
#define CP_WOULD_BE_H

#include "base/message.h"
#include "desk/positions.h"

typedef struct cp_would_be_quote {
    int64_t price;
    uint64_t ahead;  /* lots before it at its price */
    uint32_t leaves; /* 0: there is none */
    uint32_t due;    /* of them, to be filled when the book is up to date */
    uint32_t serial; /* orders of a later one came after it */
    uint32_t reserved;
} cp_would_be_quote;

typedef struct cp_would_be {
    cp_would_be_quote quotes[2]; /* by cp_side, in the first symbol */
    cp_position positions[2];    /* in the first and second symbol */
    uint64_t order_count, fill_count, refusal_count;
} cp_would_be;

typedef struct cp_desk cp_desk;

/* A rehearsal begins: nothing held, nothing working. */
void cp_would_be_begin(cp_desk *desk, uint32_t slot);
/* Take its would-be quotes off. */
void cp_would_be_pull(cp_desk *desk, uint32_t slot);
/* What it wishes for, checked and done. */
void cp_would_be_ask_quote(cp_desk *desk, uint32_t slot, cp_side side, int64_t price,
                           uint32_t qty);
void cp_would_be_ask_take(cp_desk *desk, uint32_t slot, bool second, cp_side side,
                          int64_t price, uint32_t qty);
/* Money it would have made, fees taken off. */
cp_i128 cp_would_be_worth(const cp_desk *desk, uint32_t slot);
/* A message about to change a book, and the same when it has. */
void cp_would_be_before(cp_desk *desk, const cp_md *md);
void cp_would_be_after(cp_desk *desk, const cp_md *md);

#endif /* CP_WOULD_BE_H */
