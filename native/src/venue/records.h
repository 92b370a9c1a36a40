/* records.h: what some orders have beyond a cp_book_order: a hidden part, a history, a
 * trigger. Few have, so it is not kept with all of them but found by the order's index:
 * a hash of chains, bounded, allocated at once.
 */
#ifndef CP_RECORDS_H
#define CP_RECORDS_H

#include "base/base.h"

typedef struct cp_record {
    uint32_t index; /* of its order */
    uint32_t next;  /* in its chain, or the next free one */
    uint32_t used; /* executed or lost to self-match prevention, with those it replaced */
    uint32_t hidden;
    uint32_t display; /* 0: all is shown */
    uint32_t limit;   /* stop-limit: its price once triggered */
    uint8_t type;     /* cp_order_type */
    uint8_t smp;      /* of a stop */
    uint8_t place;    /* cp_record_place */
    uint8_t reserved[5];
} cp_record;

/* An order replaced again and again can use up more than 32 bits hold. No message asks for
 * as much, so the largest value stands for all above it. */
static inline void cp_use(uint32_t *used, uint32_t qty)
{
    *used = qty <= UINT32_MAX - *used ? *used + qty : UINT32_MAX;
}

typedef enum cp_record_place {
    CP_PLACE_BOOK = 0,
    CP_PLACE_WAITING = 1, /* a stop in its book */
    CP_PLACE_DUE = 2      /* a stop in the line */
} cp_record_place;

typedef struct cp_records {
    cp_record *records;
    uint32_t *chains;
    uint32_t mask; /* chains - 1 */
    uint32_t free_head;
    uint32_t count;
    uint32_t capacity;
} cp_records;

int cp_records_init(cp_records *records, uint32_t capacity);
void cp_records_free(cp_records *records);
/* A zeroed one for an order that has none; NULL: all are taken. */
cp_record *cp_records_put(cp_records *records, uint32_t index);
void cp_records_remove(cp_records *records, uint32_t index);

static inline uint32_t cp_records_chain(const cp_records *records, uint32_t index)
{
    return (index * 0x9e3779b1u) >> 7 & records->mask;
}

/* It must be there. */
static inline cp_record *cp_records_get(const cp_records *records, uint32_t index)
{
    uint32_t at = records->chains[cp_records_chain(records, index)];
    while (at != CP_NONE && records->records[at].index != index)
        at = records->records[at].next;
    CP_ASSERT(at != CP_NONE);
    return &records->records[at];
}

#endif /* CP_RECORDS_H */
