/* idmap.h: from an owner's name of an order to its index in the pool.
 *
 * Open addressing with linear probing. A slot holds the index and the key's hash, so that
 * probing and shifting touch no order but the one that is meant. Removal shifts back, so
 * there are no tombstones: a table that has seen a billion orders probes like a new one.
 *
 * The memory is for every order of the pool, but only as much of it is used as the orders
 * there are ask for: scattered over all of it, a few thousand would miss the cache each
 * time. When more than a quarter is full the next larger part takes over, the last up to
 * half; that step copies the slots, some 5 ns an order, a dozen times in a life at most.
 */
#ifndef CP_IDMAP_H
#define CP_IDMAP_H

#include "book/book.h"

typedef struct cp_idmap {
    uint64_t *slots; /* hash above, index below; CP_IDMAP_EMPTY when free */
    uint64_t mask;   /* slots in use - 1 */
    const cp_pool *pool;
    uint32_t count;
    uint32_t grow_count; /* when it reaches this, the next larger part takes over */
    uint64_t *spare;     /* all empty, for the next larger part */
} cp_idmap;

#define CP_IDMAP_EMPTY UINT64_MAX

/* Room for every order of the pool at half load or less. */
int cp_idmap_init(cp_idmap *map, const cp_pool *pool);
void cp_idmap_free(cp_idmap *map);
/* Go over to twice the slots: for cp_idmap_put. */
void cp_idmap_grow(cp_idmap *map);

static inline uint32_t cp_idmap_hash(uint16_t owner, uint64_t id)
{
    return (uint32_t)(cp_mix(owner * 0x9e3779b97f4a7c15u, id) >> 32);
}

/* The key is (owner, id) of the order, which stay as they are while it is in the map. The
 * caller sees to it that it is not there yet. */
static inline void cp_idmap_put(cp_idmap *map, uint32_t index)
{
    CP_ASSERT(index < map->pool->capacity && map->count < map->pool->capacity);
    if (CP_UNLIKELY(map->count == map->grow_count))
        cp_idmap_grow(map);
    const cp_book_order *order = &map->pool->orders[index];
    uint32_t hash = cp_idmap_hash(order->owner, order->id);
    uint64_t place = hash & map->mask;
    while (map->slots[place] != CP_IDMAP_EMPTY)
        place = (place + 1) & map->mask;
    map->slots[place] = (uint64_t)hash << 32 | index;
    map->count++;
}

/* Index of the order, or CP_NONE. */
static inline uint32_t cp_idmap_get(const cp_idmap *map, uint16_t owner, uint64_t id)
{
    uint32_t hash = cp_idmap_hash(owner, id);
    for (uint64_t place = hash & map->mask;; place = (place + 1) & map->mask) {
        uint64_t slot = map->slots[place];
        if (slot == CP_IDMAP_EMPTY)
            return CP_NONE;
        if (slot >> 32 != hash)
            continue;
        const cp_book_order *order = &map->pool->orders[(uint32_t)slot];
        if (order->id == id && order->owner == owner)
            return (uint32_t)slot;
    }
}

/* It must be there. */
static inline void cp_idmap_remove(cp_idmap *map, uint32_t index)
{
    CP_ASSERT(index < map->pool->capacity && map->count > 0);
    const cp_book_order *order = &map->pool->orders[index];
    uint64_t *slots = map->slots;
    uint64_t mask = map->mask;
    uint64_t hole = cp_idmap_hash(order->owner, order->id) & mask;
    while ((uint32_t)slots[hole] != index) {
        CP_ASSERT(slots[hole] != CP_IDMAP_EMPTY);
        hole = (hole + 1) & mask;
    }
    /* Whoever stands behind the hole and would be found sooner in it moves up. */
    for (uint64_t place = (hole + 1) & mask; slots[place] != CP_IDMAP_EMPTY;
         place = (place + 1) & mask) {
        uint64_t home = slots[place] >> 32 & mask;
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            slots[hole] = slots[place];
            hole = place;
        }
    }
    slots[hole] = CP_IDMAP_EMPTY;
    map->count--;
}

#endif /* CP_IDMAP_H */
