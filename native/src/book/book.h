/* book.h: an order-by-order book: the orders of one symbol in price-time priority.
 *
 *     pool    orders in one array, named by 32-bit index; shared by all books
 *     level   the orders at one price, first in first out, linked through the pool
 *     ladder  one side: levels in pages of an array indexed by price, and bitmaps over
 *             them, so that the next price with orders is a bit scan (ladder.h)
 *
 * The venue keeps its books in it by client id, the desk its copy of them by the venue's
 * order reference: which name an order has is the owner's business (idmap.h).
 *
 * What every market data event runs through is inline: on a shared library's boundary the
 * calls alone cost as much as the work.
 */
#ifndef CP_BOOK_H
#define CP_BOOK_H

#include "book/ladder.h"

typedef struct cp_book_order {
    uint64_t id;     /* the owner's name for it */
    uint32_t price;  /* increments */
    uint32_t qty;    /* lots left */
    uint32_t next;   /* behind it at its price, or CP_NONE */
    uint32_t prev;   /* before it, or CP_NONE */
    uint32_t serial; /* the owner's: tells two users of one index apart */
    uint16_t owner; /* participant at the venue; strategy slot or CP_NOBODY at the desk */
    union {
        struct {
            uint16_t symbol : 15;
            uint16_t side : 1;
        };
        uint16_t place; /* both, to write at once: cp_book_order_place */
    };
} cp_book_order;

static_assert(sizeof(cp_book_order) == 32, "two to a line");

/* Both at once: apart, each would read and write the other's bits. */
static inline void cp_book_order_place(cp_book_order *order, uint16_t symbol,
                                       cp_side side)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    order->place = (uint16_t)((symbol & 0x7fffu) | (uint32_t)side << 15);
#else
    order->symbol = symbol & 0x7fffu;
    order->side = (unsigned)side & 1u;
#endif
}

/* Orders, taken and given back. Those from `fresh` on have never been taken; a free one
 * has qty 0. */
typedef struct cp_pool {
    cp_book_order *orders;
    uint32_t free_head;
    uint32_t fresh;
    uint32_t taken_count;
    uint32_t capacity;
} cp_pool;

int cp_pool_init(cp_pool *pool, uint32_t capacity);
void cp_pool_free(cp_pool *pool);

/* Index of an order to fill in, or CP_NONE when all are taken. */
static inline uint32_t cp_pool_take(cp_pool *pool)
{
    uint32_t index = pool->free_head;
    if (CP_LIKELY(index != CP_NONE))
        pool->free_head = pool->orders[index].next;
    else if (pool->fresh < pool->capacity)
        index = pool->fresh++;
    else
        return CP_NONE;
    pool->taken_count++;
    return index;
}

/* Give one back that is known to be taken. */
static inline void cp_pool_return(cp_pool *pool, cp_book_order *order, uint32_t index)
{
    order->qty = 0;
    order->next = pool->free_head;
    pool->free_head = index;
    pool->taken_count--;
}

static inline void cp_pool_give(cp_pool *pool, uint32_t index)
{
    CP_ASSERT(index < pool->capacity && pool->taken_count > 0);
    cp_pool_return(pool, &pool->orders[index], index);
}

typedef struct cp_book {
    cp_pool *pool;
    cp_pages *pages;
    cp_ladder ladders[2]; /* by cp_side */
    uint32_t price_max;
    uint32_t order_count;
} cp_book;

int cp_book_init(cp_book *book, cp_pool *pool, cp_pages *pages, uint32_t price_max);
void cp_book_free(cp_book *book);

static inline int64_t cp_book_best(const cp_book *book, cp_side side)
{
    return book->ladders[side].best;
}

/* Would this price come before that one on this side? */
static inline bool cp_price_is_better(cp_side side, int64_t price, int64_t than)
{
    int64_t more = price - than, flip = -(int64_t)side; /* sides come at random: */
    return (more ^ flip) - flip > 0;                    /* no branch to be guessed */
}

/* The nearest price with orders strictly behind `price`, or CP_PRICE_NONE. */
static inline int64_t cp_book_next_price(const cp_book *book, cp_side side, int64_t price)
{
    CP_ASSERT(price >= 0 && price <= book->price_max);
    return side == CP_BUY ? cp_ladder_below(&book->ladders[side], (uint32_t)price)
                          : cp_ladder_above(&book->ladders[side], (uint32_t)price);
}

/* The order to be executed next, or CP_NONE. */
static inline uint32_t cp_book_front(const cp_book *book, cp_side side)
{
    const cp_ladder *ladder = &book->ladders[side];
    if (ladder->best == CP_PRICE_NONE)
        return CP_NONE;
    return cp_ladder_level(ladder, (uint32_t)ladder->best)->head;
}

/* The first order has come to a price: it is marked, and may be the best. */
static inline void cp_ladder_mark(cp_ladder *ladder, cp_page *page, cp_side side,
                                  uint32_t price)
{
    uint32_t slot = price & (CP_PAGE_LEVELS - 1);
    page->occupied[slot >> 6] |= 1ull << (slot & 63);
    page->summary |= 1ull << (slot >> 6);
    if (ladder->best == CP_PRICE_NONE || cp_price_is_better(side, price, ladder->best))
        ladder->best = price;
}

/* The last order has left a price. */
static inline void cp_ladder_unmark(cp_ladder *ladder, cp_pages *pages, cp_page *page,
                                    cp_side side, uint32_t price)
{
    uint32_t slot = price & (CP_PAGE_LEVELS - 1);
    uint64_t left = page->occupied[slot >> 6] & ~(1ull << (slot & 63));
    page->occupied[slot >> 6] = left;
    page->summary &= ~((uint64_t)(left == 0) << (slot >> 6)); /* a coin's throw, too */
    if (price == ladder->best)
        ladder->best = side == CP_BUY ? cp_ladder_below(ladder, price)
                                      : cp_ladder_above(ladder, price);
    if (CP_UNLIKELY(page->summary == 0))
        cp_ladder_close(ladder, pages, price >> CP_PAGE_BITS);
}

/* Put an order of so many lots at the back of a level, which has room for it; whether it
 * is the first there. */
static inline bool cp_level_append(cp_book_level *level, cp_book_order *orders,
                                   cp_book_order *order, uint32_t index, uint32_t qty)
{
    uint64_t sums = level->sums;
    uint32_t tail = level->tail; /* CP_NONE when it is empty */
    order->next = CP_NONE;
    order->prev = tail;
    level->tail = index;
    level->sums = sums + qty + CP_LEVEL_ONE;
    if (sums == 0)
        level->head = index;
    else
        orders[tail].next = index;
    return sums == 0;
}

/* Take an order off its level; whether it was the last one there. */
static inline bool cp_level_unlink(cp_book_level *level, cp_book_order *orders,
                                   const cp_book_order *order, uint32_t index)
{
    uint64_t sums = level->sums, its = order->qty + CP_LEVEL_ONE;
    CP_ASSERT(sums >= its);
    level->sums = sums - its;
    if (sums == its) {
        CP_ASSERT(level->head == index && level->tail == index);
        level->head = level->tail = CP_NONE;
        return true;
    }
    /* Where an order stands is a coin's throw: chosen places, not branches. */
    uint32_t next = order->next, prev = order->prev;
    uint32_t *before = &orders[prev].next, *behind = &orders[next].prev;
    CP_SETTLED(before);
    CP_SETTLED(behind);
    before = prev == CP_NONE ? &level->head : before;
    behind = next == CP_NONE ? &level->tail : behind;
    *before = next;
    *behind = prev;
    return false;
}

/* Put a filled-in order at the back of its price. -ENOSPC: no page left for it;
 * -ERANGE: price outside 0 .. price_max; -EOVERFLOW: its price holds CP_LEVEL_QTY_MAX
 * lots or CP_LEVEL_COUNT_MAX orders. Nothing has changed then. */
static inline int cp_book_add(cp_book *book, uint32_t index)
{
    CP_ASSERT(index < book->pool->capacity);
    cp_book_order *orders = book->pool->orders, *order = &orders[index];
    uint32_t price = order->price;
    CP_ASSERT(order->qty > 0);
    if (CP_UNLIKELY(price > book->price_max))
        return -ERANGE;

    cp_ladder *ladder = &book->ladders[order->side];
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    if (CP_UNLIKELY(page == NULL)) {
        page = cp_ladder_open(ladder, book->pages, price >> CP_PAGE_BITS);
        if (page == NULL)
            return -ENOSPC;
    }
    cp_book_level *level = &page->levels[price & (CP_PAGE_LEVELS - 1)];
    uint64_t sums = level->sums;
    if (CP_UNLIKELY((sums & CP_LEVEL_QTY_MAX) + order->qty > CP_LEVEL_QTY_MAX ||
                    sums >> 40 == CP_LEVEL_COUNT_MAX))
        return -EOVERFLOW;
    if (cp_level_append(level, orders, order, index, order->qty))
        cp_ladder_mark(ladder, page, (cp_side)order->side, price);
    book->order_count++;
    return 0;
}

/* Would cp_book_add take an order like this? */
static inline bool cp_book_has_room(const cp_book *book, cp_side side, uint32_t price,
                                    uint32_t qty)
{
    if (price > book->price_max)
        return false;
    const cp_ladder *ladder = &book->ladders[side];
    if (ladder->table[price >> CP_PAGE_BITS] == NULL)
        return book->pages->free_head != CP_NONE;
    const cp_book_level *level = cp_ladder_level(ladder, price);
    return level->qty + (uint64_t)qty <= CP_LEVEL_QTY_MAX &&
           level->count < CP_LEVEL_COUNT_MAX;
}

/* Take it off its level. The caller gives the index back to the pool. */
static inline void cp_book_remove(cp_book *book, uint32_t index)
{
    CP_ASSERT(index < book->pool->capacity && book->order_count > 0);
    cp_book_order *orders = book->pool->orders;
    const cp_book_order *order = &orders[index];
    uint32_t price = order->price;
    cp_ladder *ladder = &book->ladders[order->side];
    cp_page *page = ladder->table[price >> CP_PAGE_BITS];
    CP_ASSERT(page != NULL);
    book->order_count--;
    if (cp_level_unlink(&page->levels[price & (CP_PAGE_LEVELS - 1)], orders, order,
                        index))
        cp_ladder_unmark(ladder, book->pages, page, (cp_side)order->side, price);
}

/* Take qty off an order, which keeps its place; qty < what it has. */
static inline void cp_book_reduce(cp_book *book, uint32_t index, uint32_t qty)
{
    CP_ASSERT(index < book->pool->capacity);
    cp_book_order *order = &book->pool->orders[index];
    cp_book_level *level = cp_ladder_level(&book->ladders[order->side], order->price);
    CP_ASSERT(qty > 0 && qty < order->qty && level->qty >= order->qty);
    order->qty -= qty;
    level->sums -= qty;
}

/* Fetch the level of a price, which will be wanted soon. */
static inline void cp_book_prefetch(const cp_book *book, cp_side side, int64_t price)
{
    uint64_t place = (uint64_t)price <= book->price_max ? (uint64_t)price : 0;
    uintptr_t page = (uintptr_t)book->ladders[side].table[place >> CP_PAGE_BITS];
    /* No page is a place that is not there: to fetch it does nothing. */
    cp_fetch((const void *)(page + offsetof(cp_page, levels) +
                            (place & (CP_PAGE_LEVELS - 1)) * sizeof(cp_book_level)));
}

/* The level at a price, or NULL when nothing rests there. */
const cp_book_level *cp_book_level_at(const cp_book *book, cp_side side, int64_t price);
/* Copy the best levels, at most `capacity`; how many. own_qty is left 0. */
uint32_t cp_book_depth(const cp_book *book, cp_side side, cp_level *levels,
                       uint32_t capacity);
/* Lots standing before the order at its price. O(orders before it). */
uint64_t cp_book_qty_ahead(const cp_book *book, uint32_t index);
/* Walk everything and assert: uncrossed, sorted, linked both ways, sums and counts
 * right, bitmaps right. For tests and debug builds. */
void cp_book_check(const cp_book *book);
/* The same, of a book that may be crossed: before an auction. */
void cp_book_check_structure(const cp_book *book);

#endif /* CP_BOOK_H */
