/* warm.h: the memory an order is made of, kept in the cache while nothing happens.
 *
 * A market that is quiet for a millisecond is time enough for other memory to take the
 * place of ours in the cache, and the next order then waits for some hundred lines from
 * main memory, several microseconds. So a desk that waits goes round the regions that an
 * order touches and fetches them, a few lines at a time. That changes no word of what the
 * desk decides by.
 */
#ifndef CP_WARM_H
#define CP_WARM_H

#include "base/base.h"

#define CP_WARM_REGIONS 384u
#define CP_WARM_LINES 8u /* fetched at a time */

typedef struct cp_warm_region {
    const uint8_t *from;
    uint32_t line_count;
} cp_warm_region;

/* Where the round is. The regions are collected anew each time, since the best prices and
 * the orders are elsewhere by then. */
typedef struct cp_warm {
    uint32_t count;
    uint32_t region, line;
    cp_warm_region regions[CP_WARM_REGIONS];
} cp_warm;

#endif /* CP_WARM_H */
