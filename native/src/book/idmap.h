/* idmap.h: from an owner's name of an order to its index in the pool.
 *
 * A hash table of buckets, a cache line each: fifteen slots of 32 bits and a count of the
 * names that found their bucket full and went on to the next. A slot is an order's index
 * and, in the bits above it, a part of the name's hash: a whole bucket is compared at once,
 * and seldom is an order looked at that is not the one meant. A name that leaves makes its
 * slot empty and nobody moves, so a table that has seen a billion orders is like a new one.
 *
 * The memory is for every order of the pool, but while there are few they are kept in a
 * small part of it: scattered over all of it, a few thousand would miss the cache each
 * time. When half of the slots are taken the next larger part takes over, some 10 ns a
 * name, a dozen times in a life at most.
 */
#ifndef CP_IDMAP_H
#define CP_IDMAP_H

#include "book/book.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define CP_BUCKET_SLOTS 15u /* and the count of those who went on */
#define CP_SLOT_EMPTY UINT32_MAX
#define CP_IDMAP_CAPACITY_MAX (1u << 27)

typedef struct cp_bucket {
    alignas(CP_LINE) uint32_t slots[CP_BUCKET_SLOTS];
    uint32_t passed; /* names of this bucket or one before it that stand further on */
} cp_bucket;

static_assert(sizeof(cp_bucket) == CP_LINE, "a bucket is a line");

typedef struct cp_idmap {
    cp_bucket *buckets;
    uint64_t mask; /* buckets in use - 1 */
    const cp_pool *pool;
    uint32_t index_mask; /* of a slot; the bits above are the tag */
    uint32_t tag_mask;   /* those but the lowest */
    uint32_t count;
    uint32_t grow_count; /* when it reaches this, the next larger part takes over */
    cp_bucket *parts[3]; /* two small ones that take turns, and the one for all */
    uint64_t part_limit; /* buckets of the larger small part */
    uint64_t limit;      /* buckets of the one for all */
} cp_idmap;

/* Room for every order of the pool. -EINVAL: it has more than CP_IDMAP_CAPACITY_MAX. */
int cp_idmap_init(cp_idmap *map, const cp_pool *pool);
void cp_idmap_free(cp_idmap *map);
/* Go over to the next larger part: for cp_idmap_put. */
void cp_idmap_grow(cp_idmap *map);

static inline uint64_t cp_idmap_hash(uint16_t owner, uint64_t id)
{
    cp_u128 product = (cp_u128)(id ^ 0x9e3779b97f4a7c15u) *
                      (0xd6e8feb86659fd93u + owner * 0x2545f4914f6cdd1eu);
    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* The tag, where it stands in a slot. Its lowest bit is 0, so that it is never an empty
 * slot's. */
static inline uint32_t cp_idmap_tag(const cp_idmap *map, uint64_t hash)
{
    return (uint32_t)(hash >> 32) & map->tag_mask;
}

/* Bit i: slot i, looked at through `mask`, is `value`. */
static inline uint32_t cp_bucket_find(const cp_bucket *bucket, uint32_t mask,
                                      uint32_t value)
{
#if defined(__AVX512F__)
    __m512i slots = _mm512_load_si512(bucket);
    slots = _mm512_and_si512(slots, _mm512_set1_epi32((int)mask));
    uint32_t found = _mm512_cmpeq_epi32_mask(slots, _mm512_set1_epi32((int)value));
#elif defined(__AVX2__)
    const __m256i *halves = (const __m256i *)(const void *)bucket;
    __m256i bits = _mm256_set1_epi32((int)mask), wanted = _mm256_set1_epi32((int)value);
    __m256i low = _mm256_and_si256(_mm256_load_si256(halves), bits);
    __m256i high = _mm256_and_si256(_mm256_load_si256(halves + 1), bits);
    low = _mm256_cmpeq_epi32(low, wanted);
    high = _mm256_cmpeq_epi32(high, wanted);
    uint32_t found = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(low)) |
                     (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(high)) << 8;
#else
    uint32_t found = 0;
    for (uint32_t i = 0; i < CP_BUCKET_SLOTS; i++)
        found |= (uint32_t)((bucket->slots[i] & mask) == value) << i;
#endif
    return found & ((1u << CP_BUCKET_SLOTS) - 1);
}

/* Bit i: slot i is empty. The count beside the slots is never that high. */
static inline uint32_t cp_bucket_empty(const cp_bucket *bucket)
{
#if defined(__AVX512F__)
    return _mm512_cmpeq_epi32_mask(_mm512_load_si512(bucket), _mm512_set1_epi32(-1));
#else
    return cp_bucket_find(bucket, UINT32_MAX, CP_SLOT_EMPTY);
#endif
}

/* The key is (owner, id) of the order, which stay as they are while it is in the map. The
 * caller sees to it that it is not there yet. */
static inline void cp_idmap_put_hashed(cp_idmap *map, uint64_t hash, uint32_t index)
{
    CP_ASSERT(index < map->pool->capacity && map->count < map->pool->capacity);
    if (CP_UNLIKELY(map->count == map->grow_count))
        cp_idmap_grow(map);
    for (uint64_t place = hash & map->mask;; place = (place + 1) & map->mask) {
        cp_bucket *bucket = &map->buckets[place];
        uint32_t empty = cp_bucket_find(bucket, UINT32_MAX, CP_SLOT_EMPTY);
        if (CP_LIKELY(empty != 0)) {
            bucket->slots[__builtin_ctz(empty)] = cp_idmap_tag(map, hash) | index;
            map->count++;
            return;
        }
        bucket->passed++;
    }
}

static inline void cp_idmap_put(cp_idmap *map, uint32_t index)
{
    const cp_book_order *order = &map->pool->orders[index];
    cp_idmap_put_hashed(map, cp_idmap_hash(order->owner, order->id), index);
}

/* Index of the order, or CP_NONE. */
static inline uint32_t cp_idmap_get_hashed(const cp_idmap *map, uint64_t hash,
                                           uint16_t owner, uint64_t id)
{
    uint32_t tag = cp_idmap_tag(map, hash);
    for (uint64_t place = hash & map->mask;; place = (place + 1) & map->mask) {
        const cp_bucket *bucket = &map->buckets[place];
        uint32_t found = cp_bucket_find(bucket, ~map->index_mask, tag);
        for (; found != 0; found &= found - 1) {
            uint32_t index = bucket->slots[__builtin_ctz(found)] & map->index_mask;
            const cp_book_order *order = &map->pool->orders[index];
            if (CP_LIKELY(order->id == id && order->owner == owner))
                return index;
        }
        if (CP_LIKELY(bucket->passed == 0))
            return CP_NONE;
    }
}

static inline uint32_t cp_idmap_get(const cp_idmap *map, uint16_t owner, uint64_t id)
{
    return cp_idmap_get_hashed(map, cp_idmap_hash(owner, id), owner, id);
}

/* It must be there, and is an index of the pool. */
static inline void cp_idmap_remove_hashed(cp_idmap *map, uint64_t hash, uint32_t index)
{
    uint32_t slot = cp_idmap_tag(map, hash) | index;
    for (uint64_t place = hash & map->mask;; place = (place + 1) & map->mask) {
        cp_bucket *bucket = &map->buckets[place];
        uint32_t found = cp_bucket_find(bucket, UINT32_MAX, slot);
        if (CP_LIKELY(found != 0)) {
            bucket->slots[__builtin_ctz(found)] = CP_SLOT_EMPTY;
            map->count--;
            return;
        }
        CP_ASSERT(bucket->passed > 0);
        bucket->passed--;
    }
}

static inline void cp_idmap_remove(cp_idmap *map, uint32_t index)
{
    CP_ASSERT(index < map->pool->capacity);
    const cp_book_order *order = &map->pool->orders[index];
    cp_idmap_remove_hashed(map, cp_idmap_hash(order->owner, order->id), index);
}

/* ---- the usual case of a new name, with one look at its bucket --------------------- */

/* An empty slot where a name that is not there yet may stand; NULL: to be found out the
 * long way, with cp_idmap_get and cp_idmap_put. */
static inline uint32_t *cp_idmap_vacancy(const cp_idmap *map, uint64_t hash)
{
    cp_bucket *bucket = &map->buckets[hash & map->mask];
    uint32_t alike = cp_bucket_find(bucket, ~map->index_mask, cp_idmap_tag(map, hash));
    uint32_t empty = cp_bucket_empty(bucket);
    if (CP_UNLIKELY((alike | bucket->passed) != 0))
        return NULL;
    if (CP_UNLIKELY(empty == 0) || CP_UNLIKELY(map->count == map->grow_count))
        return NULL;
    return &bucket->slots[__builtin_ctz(empty)];
}

static inline void cp_idmap_settle(cp_idmap *map, uint32_t *slot, uint64_t hash,
                                   uint32_t index)
{
    *slot = cp_idmap_tag(map, hash) | index;
    map->count++;
}

/* ---- ahead of time: names that will be asked for soon ------------------------------ */

static inline void cp_idmap_prefetch(const cp_idmap *map, uint64_t hash)
{
    cp_fetch(&map->buckets[hash & map->mask]);
}

/* The order that probably has this name, without looking at it; where none has, anything:
 * some other order, or a number above all of them. */
static inline uint32_t cp_idmap_guess(const cp_idmap *map, uint64_t hash)
{
    const cp_bucket *bucket = &map->buckets[hash & map->mask];
    uint32_t found = cp_bucket_find(bucket, ~map->index_mask, cp_idmap_tag(map, hash));
    return bucket->slots[__builtin_ctz(found | 1u << (CP_BUCKET_SLOTS - 1))] &
           map->index_mask;
}

#endif /* CP_IDMAP_H */
