/* book.h: an order-by-order book: the orders of one symbol in price-time priority.
 *
 *     pool    orders in one array, named by 32-bit index; shared by all books
 *     level   the orders at one price, first in first out, linked through the pool
 *     ladder  one side: levels in pages of an array indexed by price, and bitmaps over
 *             them, so that the next price with orders is a bit scan
 *
 * The venue keeps its books in it by client id, the desk its copy of them by the venue's
 * order reference: which name an order has is the owner's business (idmap.h).
 */
#ifndef CP_BOOK_H
#define CP_BOOK_H

#include "base/base.h"

typedef struct cp_book_order {
    uint64_t id;     /* the owner's name for it */
    uint32_t price;  /* increments */
    uint32_t qty;    /* lots left */
    uint32_t next;   /* behind it at its price, or CP_NONE */
    uint32_t prev;   /* before it, or CP_NONE */
    uint32_t serial; /* the owner's: tells two users of one index apart */
    uint16_t owner;  /* participant at the venue; strategy slot or CP_NOBODY at the desk */
    uint16_t symbol : 15;
    uint16_t side : 1;
} cp_book_order;

static_assert(sizeof(cp_book_order) == 32, "two to a line");

typedef struct cp_book_level {
    uint32_t head; /* index of the first order, CP_NONE when empty */
    uint32_t tail;
    uint64_t qty : 40;
    uint64_t count : 24;
} cp_book_level;

static_assert(sizeof(cp_book_level) == 16, "four to a line");

/* Orders, taken and given back. */
typedef struct cp_pool {
    cp_book_order *orders;
    uint32_t free_head;
    uint32_t taken_count;
    uint32_t capacity;
} cp_pool;

int cp_pool_init(cp_pool *pool, uint32_t capacity);
void cp_pool_free(cp_pool *pool);

/* Index of an order to fill in, or CP_NONE when all are taken. */
static inline uint32_t cp_pool_take(cp_pool *pool)
{
    uint32_t index = pool->free_head;
    if (CP_UNLIKELY(index == CP_NONE))
        return CP_NONE;
    pool->free_head = pool->orders[index].next;
    pool->taken_count++;
    return index;
}

static inline void cp_pool_give(cp_pool *pool, uint32_t index)
{
    CP_ASSERT(index < pool->capacity && pool->taken_count > 0);
    pool->orders[index].next = pool->free_head;
    pool->free_head = index;
    pool->taken_count--;
}

/* One page of a ladder: CP_PAGE_LEVELS neighbouring prices. */
#define CP_PAGE_BITS 10
#define CP_PAGE_LEVELS (1u << CP_PAGE_BITS)

typedef struct cp_page {
    cp_book_level levels[CP_PAGE_LEVELS];
    uint64_t occupied[CP_PAGE_LEVELS / 64];
    uint64_t summary; /* bit i: occupied[i] is not zero */
    uint64_t reserved[7];
} cp_page;

/* Pages for all ladders that share it. */
typedef struct cp_pages {
    cp_page *pages;
    uint32_t taken_count;
    uint32_t capacity;
} cp_pages;

int cp_pages_init(cp_pages *pages, uint32_t capacity);
void cp_pages_free(cp_pages *pages);

typedef struct cp_ladder {
    uint32_t *table;     /* page number by price >> CP_PAGE_BITS, or CP_NONE */
    uint64_t *occupied;  /* bit a page: it has orders */
    uint32_t page_count; /* entries of table */
    int64_t best;        /* CP_PRICE_NONE when empty */
} cp_ladder;

typedef struct cp_book {
    cp_pool *pool;
    cp_pages *pages;
    cp_ladder ladders[2]; /* by cp_side */
    uint32_t price_max;
    uint32_t order_count;
} cp_book;

int cp_book_init(cp_book *book, cp_pool *pool, cp_pages *pages, uint32_t price_max);
void cp_book_free(cp_book *book);

/* Put a filled-in order at the back of its price. -ENOSPC: no page left for it;
 * -ERANGE: price outside 0 .. price_max. */
int cp_book_add(cp_book *book, uint32_t index);
/* Take it off its level. The caller gives the index back to the pool. */
void cp_book_remove(cp_book *book, uint32_t index);
/* Take qty off an order, which keeps its place; qty < what it has. */
void cp_book_reduce(cp_book *book, uint32_t index, uint32_t qty);

static inline int64_t cp_book_best(const cp_book *book, cp_side side)
{
    return book->ladders[side].best;
}

/* The level at a price, or NULL when nothing rests there. */
const cp_book_level *cp_book_level_at(const cp_book *book, cp_side side, int64_t price);
/* The order to be executed next, or CP_NONE. */
uint32_t cp_book_front(const cp_book *book, cp_side side);
/* The nearest price with orders strictly behind `price`, or CP_PRICE_NONE. */
int64_t cp_book_next_price(const cp_book *book, cp_side side, int64_t price);
/* Copy the best levels, at most `capacity`; how many. own_qty is left 0. */
uint32_t cp_book_depth(const cp_book *book, cp_side side, cp_level *levels,
                       uint32_t capacity);
/* Lots standing before the order at its price. O(orders before it). */
uint64_t cp_book_qty_ahead(const cp_book *book, uint32_t index);
/* Walk everything and assert: uncrossed, sorted, linked both ways, sums and counts
 * right, bitmaps right. For tests and debug builds. */
void cp_book_check(const cp_book *book);

#endif /* CP_BOOK_H */
