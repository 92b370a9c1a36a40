/* flat.h: the price levels of many books, each side a sorted array with its best at the end.
 *
 * Made for following a whole exchange: thousands of symbols, few levels each, and nearly
 * all that happens happens at the best few. Finding a price looks at sixteen levels at
 * once from the best on, without a branch on what is there; a new level moves only those
 * that are better than it. The price of that is a level far behind a long side: its coming
 * and going moves all before it, 8 bytes of memory traffic a level and column.
 *
 * Prices are kept as keys, turned around on the sell side, so that better is always larger.
 * A side is one chunk of an arena: keys, then one or two columns of eight bytes a level.
 * When it is full it goes over to a chunk of twice the size, and its old one waits for
 * another side; no chunk is given back otherwise. All memory is taken at init.
 */
#ifndef CP_FLAT_H
#define CP_FLAT_H

#include "base/base.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define CP_FLAT_WINDOW 16u            /* levels looked at once; the smallest chunk */
#define CP_FLAT_LEVELS_MAX (1u << 15) /* of a side */
#define CP_FLAT_CLASSES 12            /* 16, 32, ... CP_FLAT_LEVELS_MAX levels */
#define CP_FLAT_PRICE_MAX (INT32_MAX - 1)
#define CP_FLAT_EMPTY INT32_MAX /* the key of a level that is none */

/* The first column: lots and orders at a level. */
#define CP_FLAT_COUNT_SHIFT 40
#define CP_FLAT_QTY_MAX ((1ull << CP_FLAT_COUNT_SHIFT) - 1)
#define CP_FLAT_COUNT_MAX ((1u << 24) - 1)

typedef struct cp_flat_side {
    uint32_t chunk; /* where, in lines of the arena */
    uint16_t count; /* levels */
    uint16_t capacity;
} cp_flat_side;

static_assert(sizeof(cp_flat_side) == 8, "the sides of four symbols to a line");

typedef struct cp_flat {
    cp_flat_side *sides; /* symbol by symbol: buy, sell */
    uint8_t *arena;
    uint32_t side_count;
    uint32_t columns; /* 1 or 2 */
    uint32_t line_count, line_next;
    uint32_t free_chunks[CP_FLAT_CLASSES]; /* lists through the chunks' first words */
} cp_flat;

/* `level_count` levels to share, besides the first CP_FLAT_WINDOW of each side: a side
 * that has grown to n levels, a power of two, has used up 2n at most. -EINVAL, -ENOMEM. */
int cp_flat_init(cp_flat *flat, uint32_t symbol_count, uint32_t columns,
                 uint32_t level_count);
void cp_flat_free(cp_flat *flat);
/* Twice the room for a full side. -ENOSPC: the arena is used up, or the side is as long as
 * sides get. */
int cp_flat_grow(cp_flat *flat, cp_flat_side *side);

static inline cp_flat_side *cp_flat_side_of(const cp_flat *flat, uint32_t symbol,
                                            uint32_t side)
{
    return &flat->sides[2 * symbol + side];
}

static inline int32_t *cp_flat_keys(const cp_flat *flat, const cp_flat_side *side)
{
    return (int32_t *)(void *)(flat->arena + (size_t)side->chunk * CP_LINE);
}

static inline uint64_t *cp_flat_column(const cp_flat *flat, const cp_flat_side *side,
                                       uint32_t column)
{
    return (uint64_t *)(void *)(cp_flat_keys(flat, side) + side->capacity) +
           (size_t)column * side->capacity;
}

/* Key of a price up to CP_FLAT_PRICE_MAX, and back. */
static inline int32_t cp_flat_key(uint32_t side, uint32_t price)
{
    uint32_t sells = 0 - side; /* sides come at random: no branch */
    return (int32_t)((price ^ sells) + (((uint32_t)CP_FLAT_PRICE_MAX + 1) & sells));
}

static inline uint32_t cp_flat_price(uint32_t side, int32_t key)
{
    return side == CP_BUY ? (uint32_t)key : (uint32_t)(CP_FLAT_PRICE_MAX - key);
}

/* How many of a window's keys are larger: what every change asks, so not left to the
 * compiler's liking. */
static inline uint32_t cp_flat_larger(const int32_t *keys, int32_t key)
{
#if defined(__AVX512F__)
    __m512i window = _mm512_loadu_si512(keys);
    uint32_t larger = _mm512_cmpgt_epi32_mask(window, _mm512_set1_epi32(key));
    return (uint32_t)__builtin_popcount(larger);
#elif defined(__AVX2__)
    __m256i than = _mm256_set1_epi32(key), low, high;
    memcpy(&low, keys, sizeof low);
    memcpy(&high, keys + CP_FLAT_WINDOW / 2, sizeof high);
    low = _mm256_cmpgt_epi32(low, than);
    high = _mm256_cmpgt_epi32(high, than);
    int larger = _mm256_movemask_epi8(_mm256_packs_epi32(low, high)); /* 2 bits a key */
    return (uint32_t)__builtin_popcount((uint32_t)larger) / 2;
#else
    uint32_t count = 0;
    for (uint32_t i = 0; i < CP_FLAT_WINDOW; i++)
        count += keys[i] > key;
    return count;
#endif
}

/* Levels that are not better than `key`: it is the last of these, or would come behind
 * them. For sides longer than a window. */
uint32_t cp_flat_search(const int32_t *keys, uint32_t count, int32_t key);

/* Where the window over the end of `count` levels begins. */
static inline uint32_t cp_flat_window(uint32_t count)
{
    return (count < CP_FLAT_WINDOW ? CP_FLAT_WINDOW : count) - CP_FLAT_WINDOW;
}

/* As cp_flat_search. Levels past the end of a short side are CP_FLAT_EMPTY, larger than
 * all. */
static inline uint32_t cp_flat_rank(const int32_t *keys, uint32_t count, int32_t key)
{
    uint32_t begin = cp_flat_window(count);
    uint32_t larger = cp_flat_larger(keys + begin, key);
    if (CP_UNLIKELY(larger / CP_FLAT_WINDOW * begin >
                    0)) /* all are, and there are more */
        return cp_flat_search(keys, begin, key);
    return begin + CP_FLAT_WINDOW - larger;
}

/* Make room at `place` by moving the levels from it to the end one up. The last window is
 * moved whole, chosen by comparison; what is before it, seldom, in one go. It looks at the
 * word before a column and the word behind it, which belong to the arena. */
static inline void cp_flat_open_keys(int32_t *keys, uint32_t count, uint32_t place,
                                     int32_t key)
{
    uint32_t begin = cp_flat_window(count + 1);
    int32_t moved[CP_FLAT_WINDOW];
    const int32_t *stay = keys + begin, *come = stay - 1;
    for (uint32_t i = 0; i < CP_FLAT_WINDOW; i++) {
        int32_t value = begin + i < place ? stay[i] : come[i];
        moved[i] = begin + i == place ? key : value;
    }
    memcpy(keys + begin, moved, sizeof moved);
    if (CP_UNLIKELY(place < begin)) {
        memmove(keys + place + 1, keys + place, (begin - 1 - place) * sizeof *keys);
        keys[place] = key;
    }
}

static inline void cp_flat_open_column(uint64_t *column, uint32_t count, uint32_t place,
                                       uint64_t value)
{
    uint32_t begin = cp_flat_window(count + 1);
    uint64_t moved[CP_FLAT_WINDOW];
    const uint64_t *stay = column + begin, *come = stay - 1;
    for (uint32_t i = 0; i < CP_FLAT_WINDOW; i++) {
        uint64_t old = begin + i < place ? stay[i] : come[i];
        moved[i] = begin + i == place ? value : old;
    }
    memcpy(column + begin, moved, sizeof moved);
    if (CP_UNLIKELY(place < begin)) {
        memmove(column + place + 1, column + place, (begin - 1 - place) * sizeof *column);
        column[place] = value;
    }
}

/* Close the gap that the level at `place` leaves. */
static inline void cp_flat_close_keys(int32_t *keys, uint32_t count, uint32_t place)
{
    uint32_t begin = cp_flat_window(count);
    if (CP_UNLIKELY(place < begin)) {
        memmove(keys + place, keys + place + 1, (begin - place) * sizeof *keys);
        place = begin;
    }
    int32_t moved[CP_FLAT_WINDOW];
    const int32_t *stay = keys + begin, *come = stay + 1;
    for (uint32_t i = 0; i < CP_FLAT_WINDOW; i++)
        moved[i] = begin + i < place ? stay[i] : come[i];
    moved[CP_FLAT_WINDOW - 1] = CP_FLAT_EMPTY; /* what came in is not a key */
    memcpy(keys + begin, moved, sizeof moved);
}

static inline void cp_flat_close_column(uint64_t *column, uint32_t count, uint32_t place)
{
    uint32_t begin = cp_flat_window(count);
    if (CP_UNLIKELY(place < begin)) {
        memmove(column + place, column + place + 1, (begin - place) * sizeof *column);
        place = begin;
    }
    uint64_t moved[CP_FLAT_WINDOW];
    const uint64_t *stay = column + begin, *come = stay + 1;
    for (uint32_t i = 0; i < CP_FLAT_WINDOW; i++)
        moved[i] = begin + i < place ? stay[i] : come[i];
    memcpy(column + begin, moved, sizeof moved);
}

#endif /* CP_FLAT_H */
