/* flat.h: the price levels of many books, for following a whole exchange: thousands of
 * symbols, few levels each, and nearly all that happens happens at the best few.
 *
 *     near    the best levels of a side, in lines of its own that its number alone names:
 *             keys, best first, and values; the best level shares a line with the keys
 *     far     the others, in a chunk of an arena, sorted, the best of them at the end
 *
 * A price is looked for among the near levels with one comparison of all of them. When the
 * near ones are full, the worst of them go to the end of the far ones; when they run low,
 * they are filled up from there. A far level that comes or goes moves all far ones that are
 * better, 12 or 20 bytes each.
 *
 * Prices are kept as keys, turned around on the sell side, so that better is always larger.
 * A chunk that is full is given up for one of twice the size and waits for another side; no
 * chunk is given back otherwise. All memory is taken at init.
 */
#ifndef CP_FLAT_H
#define CP_FLAT_H

#include "base/base.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define CP_FLAT_NEAR 9u
#define CP_FLAT_CLASS_MIN 4 /* the smallest chunk: 16 levels */
#define CP_FLAT_CLASS_MAX 15
#define CP_FLAT_LEVELS_MAX (1u << CP_FLAT_CLASS_MAX) /* of a side */
#define CP_FLAT_PRICE_MAX (INT32_MAX - 1)
#define CP_FLAT_EMPTY UINT32_MAX /* the key of a near level that is none */

/* What is kept of a level: the first value of a level with nothing at it is 0. */
#define CP_FLAT_COUNT_SHIFT 40 /* value 0: shares below, orders above */
#define CP_FLAT_QTY_MAX ((1ull << CP_FLAT_COUNT_SHIFT) - 1)

typedef struct cp_flat_side {
    uint32_t chunk; /* of far levels: where, in lines of the arena */
    uint16_t far_count;
    uint8_t far_class; /* room for 1 << far_class of them; 0: it has no chunk */
    uint8_t near_count;
    uint32_t keys[CP_FLAT_NEAR]; /* of near levels, best first */
    uint32_t reserved;
    uint64_t values[]; /* of near levels, one or two each */
} cp_flat_side;

static_assert(offsetof(cp_flat_side, values) == 48,
              "the best level is in the first line");

typedef struct cp_flat {
    uint8_t *sides; /* symbol by symbol: buy, sell */
    uint8_t *arena;
    uint32_t side_count;
    uint32_t columns; /* values of a level, 1 or 2 */
    uint32_t line_count, line_next;
    uint32_t free_chunks[CP_FLAT_CLASS_MAX + 1]; /* lists through their first words */
} cp_flat;

/* `far_count` levels to share, besides the CP_FLAT_NEAR of each side: a side that has grown
 * to n far levels, a power of two, has used up 2n at most. -EINVAL, -ENOMEM. */
int cp_flat_init(cp_flat *flat, uint32_t symbol_count, uint32_t columns,
                 uint32_t far_count);
void cp_flat_free(cp_flat *flat);

/* Bytes of a side: two or three lines. */
static inline size_t cp_flat_side_size(uint32_t columns)
{
    return CP_LINE * (1 + (size_t)columns);
}

/* `columns` as a constant, where it is one: it saves the multiplication. */
static inline cp_flat_side *cp_flat_side_at(const cp_flat *flat, uint32_t number,
                                            uint32_t columns)
{
    return (cp_flat_side *)(void *)(flat->sides + number * cp_flat_side_size(columns));
}

/* Key of a price up to CP_FLAT_PRICE_MAX, and back. */
static inline uint32_t cp_flat_key(uint32_t side, uint32_t price)
{
    uint32_t sells = 0 - side; /* sides come at random: no branch */
    return (price ^ sells) + (((uint32_t)CP_FLAT_PRICE_MAX + 1) & sells);
}

static inline uint32_t cp_flat_price(uint32_t side, uint32_t key)
{
    return side == CP_BUY ? key : (uint32_t)CP_FLAT_PRICE_MAX - key;
}

/* Which near levels have that key: bit by bit, one at most. What every message asks, so not
 * left to the compiler's liking. It touches nothing but keys: a wide load that overlapped a
 * value written just before would have to wait for it to reach the cache. */
static inline uint32_t cp_flat_match(const cp_flat_side *side, uint32_t key)
{
#ifdef __AVX2__
    __m256i wanted = _mm256_set1_epi32((int)key), first, last;
    memcpy(&first, side->keys, sizeof first);
    memcpy(&last, side->keys + CP_FLAT_NEAR - 8, sizeof last);
    first = _mm256_cmpeq_epi32(first, wanted);
    last = _mm256_cmpeq_epi32(last, wanted);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(first)) |
           (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(last)) << (CP_FLAT_NEAR - 8);
#else
    uint32_t match = 0;
    for (uint32_t i = 0; i < CP_FLAT_NEAR; i++)
        match |= (uint32_t)(side->keys[i] == key) << i;
    return match;
#endif
}

/* Values of a near level, or NULL. */
static inline uint64_t *cp_flat_near(cp_flat_side *side, uint32_t key, uint32_t columns)
{
    uint32_t match = cp_flat_match(side, key);
    if (CP_UNLIKELY(match == 0))
        return NULL;
    return side->values + (size_t)columns * (uint32_t)__builtin_ctz(match);
}

/* Ask for the memory where a far level is looked for, and the best of them are. (Inline by
 * force: gcc drops calls of functions that only ask for memory.) */
__attribute__((always_inline)) static inline void
cp_flat_ask_for_far(const cp_flat *flat, const cp_flat_side *side, uint32_t columns)
{
    const uint8_t *keys = flat->arena + (size_t)side->chunk * CP_LINE;
    const uint8_t *values = keys + (sizeof(uint32_t) << side->far_class);
    __builtin_prefetch(keys, 1);
    __builtin_prefetch(values + side->far_count * columns * sizeof(uint64_t) - 1, 1);
}

/* Values of a far level, or NULL. */
uint64_t *cp_flat_far(const cp_flat *flat, const cp_flat_side *side, uint32_t key);
/* Values of a level that was not there, all 0, or NULL: the arena is used up, or the side
 * is as long as sides get. */
uint64_t *cp_flat_open(cp_flat *flat, cp_flat_side *side, uint32_t key);
/* Take out a level, which is there. */
void cp_flat_close(cp_flat *flat, cp_flat_side *side, uint32_t key);

static inline uint32_t cp_flat_count(const cp_flat_side *side)
{
    return side->near_count + side->far_count;
}

/* The level that has `index` better ones: its key and values. */
uint32_t cp_flat_level(const cp_flat *flat, const cp_flat_side *side, uint32_t index,
                       const uint64_t **values);

#endif /* CP_FLAT_H */
