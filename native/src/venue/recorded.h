/* recorded.h: the orders a recording says are alive, by its own reference.
 *
 * Open addressing with linear probing; removal shifts back, so a day of a billion
 * references leaves nothing behind. Pointers hold until the next put or remove.
 */
#ifndef CP_RECORDED_H
#define CP_RECORDED_H

#include "base/base.h"

#define CP_RECORDED_UNSEEN 1u  /* its entry is in no message */
#define CP_RECORDED_TOUCHED 2u /* the desk has traded with it */

typedef struct cp_recorded {
    uint64_t ref;
    uint32_t price;
    uint32_t qty; /* left by the recording; 0: its recorded life is over */
    uint16_t symbol;
    uint8_t side;
    uint8_t flags;
    uint32_t used; /* 0: the slot is empty */
} cp_recorded;

typedef struct cp_recorded_table {
    cp_recorded *slots;
    uint64_t mask;
    uint64_t count;
    uint64_t limit; /* entries it takes: three quarters of the slots */
} cp_recorded_table;

/* Room for `capacity` orders and half as many again. -ENOMEM. */
int cp_recorded_init(cp_recorded_table *table, uint32_t capacity);
void cp_recorded_free(cp_recorded_table *table);

cp_recorded *cp_recorded_get(const cp_recorded_table *table, uint64_t ref);
/* An entry to fill in for a reference that is not there; NULL when the table is full. */
cp_recorded *cp_recorded_put(cp_recorded_table *table, uint64_t ref);
void cp_recorded_remove(cp_recorded_table *table, cp_recorded *order);

#endif /* CP_RECORDED_H */
