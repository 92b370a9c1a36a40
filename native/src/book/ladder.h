/* ladder.h: one side of a book: its prices, and which of them have orders.
 *
 * Prices are an array, cut into pages so that only stretches with orders take memory. A
 * bit a level, a bit a word of those, a bit a page and a bit a word of those make "the
 * next price with orders" a few bit scans, however far away it is.
 *
 * A page is taken when the first order comes to one of its prices and given back when the
 * last one leaves, so what bounds a venue is how many stretches have orders at a time.
 */
#ifndef CP_LADDER_H
#define CP_LADDER_H

#include "base/base.h"

#define CP_LEVEL_QTY_MAX ((1ull << 40) - 1) /* lots at one price */
#define CP_LEVEL_COUNT_MAX ((1u << 24) - 1) /* orders at one price */

typedef struct cp_book_level {
    uint32_t head; /* index of the first order, CP_NONE when empty */
    uint32_t tail; /* likewise */
    union {
        struct {
            uint64_t qty : 40;
            uint64_t count : 24;
        };
        uint64_t sums; /* both, to add to at once */
    };
} cp_book_level;

#define CP_LEVEL_ONE (1ull << 40) /* one order more, in sums */

static_assert(sizeof(cp_book_level) == 16, "four to a line");

/* One page of a ladder: CP_PAGE_LEVELS neighbouring prices. */
#define CP_PAGE_BITS 10
#define CP_PAGE_LEVELS (1u << CP_PAGE_BITS)

typedef struct cp_page {
    cp_book_level levels[CP_PAGE_LEVELS];
    uint64_t occupied[CP_PAGE_LEVELS / 64];
    uint64_t summary;   /* bit i: occupied[i] is not zero */
    uint32_t next_free; /* while it is free: the next free page, or CP_NONE */
    uint32_t reserved[13];
} cp_page;

static_assert(sizeof(cp_page) % CP_LINE == 0, "pages begin on a line");
static_assert(CP_PAGE_LEVELS / 64 <= 64, "one word sums up a page");

/* Pages for all ladders that share it. Free pages are always clean. */
typedef struct cp_pages {
    cp_page *pages;
    uint32_t free_head;
    uint32_t taken_count;
    uint32_t capacity;
} cp_pages;

int cp_pages_init(cp_pages *pages, uint32_t capacity);
void cp_pages_free(cp_pages *pages);

/* Pages to provide for one book: all it can ever use, or CP_PAGES_PER_BOOK, which is
 * orders in 256 stretches of CP_PAGE_LEVELS prices at a time. */
#define CP_PAGES_PER_BOOK 256u
static inline uint32_t cp_pages_for(uint32_t price_max)
{
    uint32_t both_sides = 2 * ((price_max >> CP_PAGE_BITS) + 1);
    return both_sides < CP_PAGES_PER_BOOK ? both_sides : CP_PAGES_PER_BOOK;
}

typedef struct cp_ladder {
    cp_page **table;     /* by price >> CP_PAGE_BITS: its page, or NULL */
    uint64_t *occupied;  /* bit a page: it has orders */
    uint64_t *summary;   /* bit a word of occupied: it is not zero */
    uint32_t page_count; /* entries of table */
    uint32_t summary_count;
    int64_t best; /* CP_PRICE_NONE when empty */
} cp_ladder;

int cp_ladder_init(cp_ladder *ladder, uint32_t price_max);
void cp_ladder_free(cp_ladder *ladder);

/* A pointer is what it is from here on: left to itself, gcc forgets it and works it out
 * again, out of parts it keeps in vector registers for the purpose; and turns a choice
 * between two of them into a branch. */
#define CP_SETTLED(pointer) __asm__("" : "+r"(pointer))

/* ---- bits: the nearest one strictly below or above a place, or -1 --------------- */

static inline int cp_bit_below(uint64_t word, uint32_t bit)
{
    word &= (1ull << bit) - 1;
    return word ? 63 - __builtin_clzll(word) : -1;
}

static inline int cp_bit_above(uint64_t word, uint32_t bit)
{
    word &= ~1ull << bit; /* bit 63: nothing is left */
    return word ? __builtin_ctzll(word) : -1;
}

static inline int64_t cp_page_below(const cp_page *page, uint32_t slot)
{
    uint32_t word = slot >> 6;
    int bit = cp_bit_below(page->occupied[word], slot & 63);
    if (bit < 0) {
        int other = cp_bit_below(page->summary, word);
        if (other < 0)
            return -1;
        word = (uint32_t)other;
        bit = 63 - __builtin_clzll(page->occupied[word]);
    }
    return (int64_t)word * 64 + bit;
}

static inline int64_t cp_page_above(const cp_page *page, uint32_t slot)
{
    uint32_t word = slot >> 6;
    int bit = cp_bit_above(page->occupied[word], slot & 63);
    if (bit < 0) {
        int other = cp_bit_above(page->summary, word);
        if (other < 0)
            return -1;
        word = (uint32_t)other;
        bit = __builtin_ctzll(page->occupied[word]);
    }
    return (int64_t)word * 64 + bit;
}

static inline int64_t cp_page_lowest(const cp_page *page)
{
    uint32_t word = (uint32_t)__builtin_ctzll(page->summary);
    return (int64_t)word * 64 + __builtin_ctzll(page->occupied[word]);
}

static inline int64_t cp_page_highest(const cp_page *page)
{
    uint32_t word = 63u - (uint32_t)__builtin_clzll(page->summary);
    return (int64_t)word * 64 + (63 - __builtin_clzll(page->occupied[word]));
}

/* ---- the ladder ----------------------------------------------------------------- */

/* The nearest price with orders below or above this one in another page: the seldom half
 * of cp_ladder_below and _above. */
int64_t cp_ladder_page_below(const cp_ladder *ladder, uint32_t place);
int64_t cp_ladder_page_above(const cp_ladder *ladder, uint32_t place);

/* The nearest price with orders strictly below `price`, or CP_PRICE_NONE. */
static inline int64_t cp_ladder_below(const cp_ladder *ladder, uint32_t price)
{
    uint32_t place = price >> CP_PAGE_BITS;
    const cp_page *page = ladder->table[place];
    if (CP_LIKELY(page != NULL)) {
        int64_t slot = cp_page_below(page, price & (CP_PAGE_LEVELS - 1));
        if (CP_LIKELY(slot >= 0))
            return ((int64_t)place << CP_PAGE_BITS) + slot;
    }
    return cp_ladder_page_below(ladder, place);
}

/* The nearest price with orders strictly above `price`, or CP_PRICE_NONE. */
static inline int64_t cp_ladder_above(const cp_ladder *ladder, uint32_t price)
{
    uint32_t place = price >> CP_PAGE_BITS;
    const cp_page *page = ladder->table[place];
    if (CP_LIKELY(page != NULL)) {
        int64_t slot = cp_page_above(page, price & (CP_PAGE_LEVELS - 1));
        if (CP_LIKELY(slot >= 0))
            return ((int64_t)place << CP_PAGE_BITS) + slot;
    }
    return cp_ladder_page_above(ladder, place);
}

/* Take a page for this place of the table, or NULL when none is left. */
cp_page *cp_ladder_open(cp_ladder *ladder, cp_pages *pages, uint32_t place);
/* Give the page, which has no orders any more, back. */
void cp_ladder_close(cp_ladder *ladder, cp_pages *pages, uint32_t place);

/* The level at this price, which must have a page. */
static inline cp_book_level *cp_ladder_level(const cp_ladder *ladder, uint32_t price)
{
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    CP_ASSERT(page != NULL);
    return &page->levels[price & (CP_PAGE_LEVELS - 1)];
}

#endif /* CP_LADDER_H */
