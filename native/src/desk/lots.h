/* lots.h: what is held, oldest first: profit as tax offices and many books reckon it.
 *
 * Closing takes the oldest lots. A run of lots bought at one price is one entry. When the
 * entries are used up the next lots join the newest entry: no money is lost, but which
 * lots were the oldest is from then on only nearly so, and `merged` says that.
 */
#ifndef CP_LOTS_H
#define CP_LOTS_H

#include "base/base.h"

#define CP_LOTS_MAX 512

typedef struct cp_lot {
    cp_i128 cost; /* increments x lots, signed */
    int64_t qty;  /* negative when short */
    int64_t price;
} cp_lot;

typedef struct cp_lots {
    cp_i128 realised; /* increments x lots */
    uint32_t first, count;
    uint32_t merged;
    uint32_t reserved;
    cp_lot ring[CP_LOTS_MAX];
} cp_lots;

static inline cp_lot *cp_lots_at(cp_lots *lots, uint32_t index)
{
    return &lots->ring[(lots->first + index) % CP_LOTS_MAX];
}

void cp_lots_fill(cp_lots *lots, cp_side side, int64_t price, uint32_t qty);
/* Put lots behind the others, as they were. */
void cp_lots_add(cp_lots *lots, int64_t qty, cp_i128 cost, int64_t price);

#endif /* CP_LOTS_H */
