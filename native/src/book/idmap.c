#include "book/idmap.h"

#include "book/memory.h"

#define FIRST_BUCKETS 256u
#define SMALL_BUCKETS 16384u /* a megabyte: what a core's own cache may hold */
#define FULL_LOAD 10u        /* names a bucket when every order of the pool has one */

static cp_bucket *allocate(uint64_t count)
{
    cp_bucket *buckets = cp_memory_take(count * sizeof(*buckets));
    if (!buckets)
        return NULL;
    memset(buckets, 0xff, count * sizeof(*buckets)); /* empty slots */
    for (uint64_t i = 0; i < count; i++)
        buckets[i].passed = 0;
    return buckets;
}

static void use(cp_idmap *map, cp_bucket *buckets, uint64_t count)
{
    map->buckets = buckets;
    map->mask = count - 1;
    map->grow_count =
        count == map->limit ? CP_NONE : (uint32_t)(count * CP_BUCKET_SLOTS / 2);
}

/* The part for so many buckets. Small ones take turns, so that the one that is not the
 * largest need only be half as large. */
static cp_bucket *part_for(const cp_idmap *map, uint64_t count)
{
    if (count > map->part_limit)
        return map->parts[2];
    uint32_t turn = 0;
    for (uint64_t size = map->part_limit; size > count; size /= 2)
        turn ^= 1;
    return map->parts[turn];
}

int cp_idmap_init(cp_idmap *map, const cp_pool *pool)
{
    CP_ASSERT(pool->capacity > 0);
    *map = (cp_idmap){ .pool = pool, .index_mask = 1, .limit = FIRST_BUCKETS };
    if (pool->capacity > CP_IDMAP_CAPACITY_MAX)
        return -EINVAL;
    while (map->index_mask < pool->capacity)
        map->index_mask = map->index_mask * 2 + 1;
    map->tag_mask = ~(map->index_mask * 2 + 1);
    while (map->limit * FULL_LOAD < pool->capacity)
        map->limit *= 2;
    map->part_limit = map->limit < SMALL_BUCKETS ? map->limit : SMALL_BUCKETS;
    map->parts[0] = allocate(map->part_limit);
    map->parts[1] = allocate((map->part_limit + 1) / 2);
    if (map->limit > map->part_limit)
        map->parts[2] = allocate(map->limit);
    if (!map->parts[0] || !map->parts[1] ||
        (map->limit > map->part_limit && !map->parts[2])) {
        cp_idmap_free(map);
        return -ENOMEM;
    }
    use(map, part_for(map, FIRST_BUCKETS), FIRST_BUCKETS);
    return 0;
}

void cp_idmap_free(cp_idmap *map)
{
    for (uint32_t i = 0; i < 3; i++)
        cp_memory_give(map->parts[i]);
    *map = (cp_idmap){ 0 };
}

void cp_idmap_grow(cp_idmap *map)
{
    cp_bucket *from = map->buckets;
    uint64_t from_count = map->mask + 1;
    uint64_t count = from_count < map->part_limit ? from_count * 2 : map->limit;
    CP_ASSERT(count > from_count);
    use(map, part_for(map, count), count);
    map->count = 0;
    for (uint64_t i = 0; i < from_count; i++) {
        for (uint32_t slot = 0; slot < CP_BUCKET_SLOTS; slot++) {
            if (from[i].slots[slot] == CP_SLOT_EMPTY)
                continue;
            cp_idmap_put(map, from[i].slots[slot] & map->index_mask);
            from[i].slots[slot] = CP_SLOT_EMPTY; /* left clean for the turn after next */
        }
        from[i].passed = 0;
    }
}
