/* tally.h: figures as they were at some executions (cp_tally). */
#ifndef CP_TALLY_H
#define CP_TALLY_H

#include "base/base.h"

static inline void cp_tally_put(cp_tally *tally, const cp_drop_copy *now)
{
    uint64_t count = now->execution_count;
    for (uint32_t row = 0; row < CP_TALLY_ROWS; row++) {
        tally->at[row][count & 1] = *now;
        if (count % 16 != 0)
            return;
        count /= 16;
    }
}

#endif /* CP_TALLY_H */
