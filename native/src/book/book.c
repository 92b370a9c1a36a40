#include "book/book.h"

#include "book/memory.h"

int cp_pool_init(cp_pool *pool, uint32_t capacity)
{
    *pool = (cp_pool){ .free_head = CP_NONE };
    if (capacity == 0 || capacity == CP_NONE)
        return -EINVAL;
    pool->orders = cp_memory_take((size_t)capacity * sizeof(cp_book_order));
    if (!pool->orders)
        return -ENOMEM;
    pool->capacity = capacity;
    return 0;
}

void cp_pool_free(cp_pool *pool)
{
    cp_memory_give(pool->orders);
    *pool = (cp_pool){ .free_head = CP_NONE };
}

int cp_book_init(cp_book *book, cp_pool *pool, cp_pages *pages, uint32_t price_max)
{
    *book = (cp_book){ .pool = pool, .pages = pages, .price_max = price_max };
    int result = cp_ladder_init(&book->ladders[CP_BUY], price_max);
    if (result == 0)
        result = cp_ladder_init(&book->ladders[CP_SELL], price_max);
    if (result != 0)
        cp_book_free(book);
    return result;
}

void cp_book_free(cp_book *book)
{
    cp_ladder_free(&book->ladders[CP_BUY]);
    cp_ladder_free(&book->ladders[CP_SELL]);
    book->order_count = 0;
}

const cp_book_level *cp_book_level_at(const cp_book *book, cp_side side, int64_t price)
{
    if (price < 0 || price > book->price_max)
        return NULL;
    const cp_ladder *ladder = &book->ladders[side];
    if (ladder->table[price >> CP_PAGE_BITS] == NULL)
        return NULL;
    const cp_book_level *level = cp_ladder_level(ladder, (uint32_t)price);
    return level->count > 0 ? level : NULL;
}

uint32_t cp_book_depth(const cp_book *book, cp_side side, cp_level *levels,
                       uint32_t capacity)
{
    uint32_t count = 0;
    int64_t price = cp_book_best(book, side);
    while (price != CP_PRICE_NONE && count < capacity) {
        const cp_book_level *level =
            cp_ladder_level(&book->ladders[side], (uint32_t)price);
        levels[count++] = (cp_level){ .price = price,
                                      .qty = level->qty,
                                      .order_count = (uint32_t)level->count };
        price = cp_book_next_price(book, side, price);
    }
    return count;
}

uint64_t cp_book_qty_ahead(const cp_book *book, uint32_t index)
{
    CP_ASSERT(index < book->pool->capacity);
    uint64_t qty = 0;
    const cp_book_order *orders = book->pool->orders;
    for (uint32_t i = orders[index].prev; i != CP_NONE; i = orders[i].prev)
        qty += orders[i].qty;
    return qty;
}

/* ---- check ---------------------------------------------------------------------- */

/* Every order of a level; how many. */
static uint32_t check_level(const cp_book *book, const cp_book_level *level, cp_side side,
                            uint32_t price)
{
    const cp_book_order *orders = book->pool->orders;
    uint32_t prev = CP_NONE;
    uint32_t count = 0;
    uint64_t qty = 0;
    for (uint32_t i = level->head; i != CP_NONE; i = orders[i].next) {
        CP_ASSERT(i < book->pool->capacity && count < level->count);
        CP_ASSERT(orders[i].prev == prev && orders[i].price == price);
        CP_ASSERT(orders[i].side == side && orders[i].qty > 0);
        qty += orders[i].qty;
        count++;
        prev = i;
    }
    CP_ASSERT(level->tail == prev);
    CP_ASSERT(level->count == count && level->qty == qty);
    return count;
}

/* Every level of a page, by walking all of them and not by the bits it checks. */
static uint32_t check_page(const cp_book *book, const cp_page *page, cp_side side,
                           uint32_t first_price)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < CP_PAGE_LEVELS; slot++) {
        const cp_book_level *level = &page->levels[slot];
        bool marked = page->occupied[slot / 64] >> (slot % 64) & 1;
        CP_ASSERT(marked == (level->count > 0));
        count += check_level(book, level, side, first_price + slot);
    }
    for (uint32_t word = 0; word < CP_PAGE_LEVELS / 64; word++)
        CP_ASSERT((page->summary >> word & 1) == (page->occupied[word] != 0));
    CP_ASSERT(page->summary >> (CP_PAGE_LEVELS / 64) == 0);
    CP_ASSERT(count > 0); /* an empty page is given back */
    return count;
}

/* The best price as the levels themselves have it. */
static int64_t find_best(const cp_book *book, cp_side side)
{
    const cp_ladder *ladder = &book->ladders[side];
    int64_t best = CP_PRICE_NONE;
    for (uint32_t place = 0; place < ladder->page_count; place++) {
        const cp_page *page = ladder->table[place];
        if (!page)
            continue;
        for (uint32_t slot = 0; slot < CP_PAGE_LEVELS; slot++) {
            int64_t price = (int64_t)place * CP_PAGE_LEVELS + slot;
            if (page->levels[slot].count > 0 &&
                (best == CP_PRICE_NONE || cp_price_is_better(side, price, best)))
                best = price;
        }
    }
    return best;
}

static uint32_t check_ladder(const cp_book *book, cp_side side)
{
    const cp_ladder *ladder = &book->ladders[side];
    uint32_t count = 0;
    for (uint32_t place = 0; place < ladder->page_count; place++) {
        const cp_page *page = ladder->table[place];
        bool marked = ladder->occupied[place / 64] >> (place % 64) & 1;
        CP_ASSERT(marked == (page != NULL));
        if (!page)
            continue;
        CP_ASSERT(page >= book->pages->pages &&
                  page < book->pages->pages + book->pages->capacity);
        CP_ASSERT(ladder->summary[place / 4096] >> (place / 64 % 64) & 1);
        count += check_page(book, page, side, place * CP_PAGE_LEVELS);
    }
    for (uint32_t word = 0; word < (ladder->page_count + 63) / 64; word++)
        CP_ASSERT((ladder->summary[word / 64] >> (word % 64) & 1) ==
                  (ladder->occupied[word] != 0));
    CP_ASSERT(ladder->best == find_best(book, side));
    return count;
}

void cp_book_check_structure(const cp_book *book)
{
    uint32_t count = check_ladder(book, CP_BUY) + check_ladder(book, CP_SELL);
    CP_ASSERT(count == book->order_count);
}

void cp_book_check(const cp_book *book)
{
    cp_book_check_structure(book);
    int64_t bid = cp_book_best(book, CP_BUY);
    int64_t ask = cp_book_best(book, CP_SELL);
    CP_ASSERT(bid == CP_PRICE_NONE || ask == CP_PRICE_NONE || bid < ask);
}
