#include "book/idmap.h"

int cp_idmap_init(cp_idmap *map, const cp_pool *pool)
{
    CP_ASSERT(pool->capacity > 0);
    *map = (cp_idmap){ .pool = pool };
    uint64_t count = 16;
    while (count < 2 * (uint64_t)pool->capacity)
        count *= 2;
    map->slots = aligned_alloc(CP_LINE, count * sizeof(*map->slots));
    if (!map->slots)
        return -ENOMEM;
    for (uint64_t i = 0; i < count; i++)
        map->slots[i] = CP_IDMAP_EMPTY;
    map->mask = count - 1;
    return 0;
}

void cp_idmap_free(cp_idmap *map)
{
    free(map->slots);
    *map = (cp_idmap){ 0 };
}
