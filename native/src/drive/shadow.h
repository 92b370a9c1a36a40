/* shadow.h: every live order of a feed, by the exchange's name for it.
 *
 * ITCH names an order once in full and afterwards by reference alone. Both ends of a feed
 * need the rest of it: the client to say what a message means, the server to tell a late
 * comer what rests. Orders are kept in the order in which they took their place, so
 * listing them from the first to the last builds the same books again.
 */
#ifndef CP_SHADOW_H
#define CP_SHADOW_H

#include "base/message.h"
#include "book/idmap.h"

typedef struct cp_shadow {
    cp_pool pool; /* next and prev: by arrival, over all books */
    cp_idmap refs;
    uint32_t first, last;   /* CP_NONE when empty */
    uint64_t refused_count; /* messages that did not fit */
} cp_shadow;

int cp_shadow_init(cp_shadow *shadow, uint32_t order_capacity);
void cp_shadow_free(cp_shadow *shadow);
void cp_shadow_clear(cp_shadow *shadow);

static inline const cp_book_order *cp_shadow_at(const cp_shadow *shadow, uint32_t index)
{
    return &shadow->pool.orders[index];
}

static inline uint32_t cp_shadow_find(const cp_shadow *shadow, uint64_t order_ref)
{
    return cp_idmap_get(&shadow->refs, 0, order_ref);
}

/* An order takes its place. -EEXIST: the name is in use; -ENOSPC; -EINVAL: no quantity. */
int cp_shadow_add(cp_shadow *shadow, uint64_t order_ref, uint16_t symbol, uint8_t side,
                  uint32_t price, uint32_t qty);
/* It loses qty, and is gone when that is all of it. */
void cp_shadow_reduce(cp_shadow *shadow, uint32_t index, uint32_t qty);
void cp_shadow_remove(cp_shadow *shadow, uint32_t index);

#endif /* CP_SHADOW_H */
