#include "book/idmap.h"

#define FIRST_SLOT_COUNT 16384u

static uint64_t *allocate_slots(uint64_t count)
{
    uint64_t *slots = aligned_alloc(CP_LINE, count * sizeof(*slots));
    if (slots)
        memset(slots, 0xff, count * sizeof(*slots)); /* CP_IDMAP_EMPTY, and maps it all */
    return slots;
}

static void use(cp_idmap *map, uint64_t slot_count)
{
    bool last = slot_count >= 2 * (uint64_t)map->pool->capacity;
    map->mask = slot_count - 1;
    map->grow_count = last ? CP_NONE : (uint32_t)(slot_count / 4);
}

/* Two parts take turns, so the one that is not the largest need only be half as large. */
int cp_idmap_init(cp_idmap *map, const cp_pool *pool)
{
    CP_ASSERT(pool->capacity > 0);
    *map = (cp_idmap){ .pool = pool };
    uint64_t slot_count = FIRST_SLOT_COUNT;
    uint32_t growths = 0;
    for (; slot_count < 2 * (uint64_t)pool->capacity; slot_count *= 2)
        growths++;
    uint64_t *largest = allocate_slots(slot_count);
    uint64_t *half = growths > 0 ? allocate_slots(slot_count / 2) : NULL;
    map->slots = growths % 2 == 0 ? largest : half;
    map->spare = growths % 2 == 0 ? half : largest;
    if (!largest || (growths > 0 && !half)) {
        cp_idmap_free(map);
        return -ENOMEM;
    }
    use(map, FIRST_SLOT_COUNT);
    return 0;
}

void cp_idmap_free(cp_idmap *map)
{
    free(map->slots);
    free(map->spare);
    *map = (cp_idmap){ 0 };
}

void cp_idmap_grow(cp_idmap *map)
{
    uint64_t *from = map->slots;
    uint64_t count = map->mask + 1;
    CP_ASSERT(map->spare && count < 2 * (uint64_t)map->pool->capacity);
    map->slots = map->spare;
    map->spare = from;
    use(map, 2 * count);
    for (uint64_t i = 0; i < count; i++) {
        if (from[i] == CP_IDMAP_EMPTY)
            continue;
        uint64_t place = from[i] >> 32 & map->mask;
        while (map->slots[place] != CP_IDMAP_EMPTY)
            place = (place + 1) & map->mask;
        map->slots[place] = from[i];
        from[i] = CP_IDMAP_EMPTY; /* left clean for the turn after the next */
    }
}
