/* idmap.h: from an owner's name of an order to its index in the pool.
 *
 * Open addressing with linear probing over 32-bit indices; the key itself lives in the
 * order, so a slot costs four bytes. Removal shifts back, so there are no tombstones and
 * a table that has seen a billion orders probes like a new one.
 */
#ifndef CP_IDMAP_H
#define CP_IDMAP_H

#include "book/book.h"

typedef struct cp_idmap {
    uint32_t *slots; /* index, or CP_NONE */
    uint64_t mask;
    const cp_pool *pool;
} cp_idmap;

/* Room for every order of the pool at half load or less. */
int cp_idmap_init(cp_idmap *map, const cp_pool *pool);
void cp_idmap_free(cp_idmap *map);

/* The key is (owner, id) of the order. The caller sees to it that it is not there yet. */
void cp_idmap_put(cp_idmap *map, uint32_t index);
uint32_t cp_idmap_get(const cp_idmap *map, uint16_t owner, uint64_t id);
void cp_idmap_remove(cp_idmap *map, uint32_t index);

#endif /* CP_IDMAP_H */
