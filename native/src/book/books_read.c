/* books_read.c: what the books hold, for those who ask and for those who doubt it. */
#include "book/books.h"

/* ---- reading ------------------------------------------------------------------------- */

static uint32_t columns_of(const cp_books *books)
{
    return books->queues.lines ? 2 : 1;
}

uint32_t cp_books_level_count(const cp_books *books, uint16_t locate, cp_side side)
{
    uint32_t number = 2u * locate + side;
    if (number >= books->flat.side_count)
        return 0;
    return cp_flat_count(cp_flat_side_at(&books->flat, number, columns_of(books)));
}

uint32_t cp_books_depth(const cp_books *books, uint16_t locate, cp_side side,
                        cp_level *levels, uint32_t capacity)
{
    uint32_t there = cp_books_level_count(books, locate, side);
    uint32_t count = there < capacity ? there : capacity;
    const cp_flat_side *at =
        cp_flat_side_at(&books->flat, 2u * locate + side, columns_of(books));
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t *values;
        uint32_t key = cp_flat_level(&books->flat, at, i, &values);
        levels[i] =
            (cp_level){ .price = cp_flat_price(side, key),
                        .qty = values[0] & CP_FLAT_QTY_MAX,
                        .order_count = (uint32_t)(values[0] >> CP_FLAT_COUNT_SHIFT) };
    }
    return count;
}

uint32_t cp_books_queue(const cp_books *books, uint16_t locate, cp_side side,
                        uint32_t price, cp_books_place *places, uint32_t capacity)
{
    CP_ASSERT(books->queues.lines);
    uint32_t number = 2u * locate + side, key = cp_flat_key(side, price);
    if (number >= books->flat.side_count || price > CP_FLAT_PRICE_MAX)
        return 0;
    cp_flat_side *at = cp_flat_side_at(&books->flat, number, 2);
    const uint64_t *values = cp_flat_near(at, key, 2);
    if (values == NULL)
        values = cp_flat_far(&books->flat, at, key);
    if (values == NULL)
        return 0;
    uint32_t count = 0;
    const cp_queue_line *line;
    for (uint32_t next = (uint32_t)values[1]; next != CP_NONE; next = line->next) {
        line = &books->queues.lines[next];
        for (uint32_t i = 0; i < CP_QUEUE_SLOTS && line->slots[i] != CP_NONE; i++) {
            if (count == capacity)
                return count;
            uint32_t slot = line->slots[i];
            places[count++] = (cp_books_place){ .ref = cp_refs_of(&books->refs, slot),
                                                .qty = books->orders[slot].qty };
        }
    }
    return count;
}

/* ---- checking ------------------------------------------------------------------------ */

typedef struct total {
    uint64_t qty, order_count;
} total;

static uint32_t orders_of(const cp_queue_line *line)
{
    uint32_t count = 0;
    while (count < CP_QUEUE_SLOTS && line->slots[count] != CP_NONE)
        count++;
    for (uint32_t i = count; i < CP_QUEUE_SLOTS; i++)
        CP_ASSERT(line->slots[i] == CP_NONE);
    return count;
}

/* What the queue of a level holds, its links proved on the way. */
static total walk_queue(const cp_books *books, uint64_t ends, uint32_t number,
                        uint32_t key)
{
    total found = { 0 };
    uint32_t prev = CP_NONE;
    const cp_queue_line *line;
    for (uint32_t at = (uint32_t)ends; at != CP_NONE; prev = at, at = line->next) {
        line = &books->queues.lines[at];
        uint32_t count = orders_of(line);
        CP_ASSERT(line->prev == prev && line->side == number && line->key == key);
        CP_ASSERT(count > 0);
        for (uint32_t i = 0; i < count; i++) {
            const cp_books_order *order = &books->orders[line->slots[i]];
            CP_ASSERT(order->qty > 0 &&
                      order->word == (at | number << CP_BOOKS_SIDE_SHIFT));
            found.qty += order->qty;
            found.order_count++;
        }
    }
    CP_ASSERT(prev == (uint32_t)(ends >> 32));
    return found;
}

static total walk_side(const cp_books *books, uint32_t number)
{
    const cp_flat_side *at = cp_flat_side_at(&books->flat, number, columns_of(books));
    total found = { 0 };
    uint32_t better = CP_FLAT_EMPTY;
    CP_ASSERT(at->near_count > 0 || at->far_count == 0);
    for (uint32_t i = 0; i < cp_flat_count(at); i++) {
        const uint64_t *values;
        uint32_t key = cp_flat_level(&books->flat, at, i, &values);
        total level = { values[0] & CP_FLAT_QTY_MAX, values[0] >> CP_FLAT_COUNT_SHIFT };
        CP_ASSERT(level.qty > 0 && level.order_count > 0 && key < better);
        better = key;
        if (books->queues.lines) {
            total queue = walk_queue(books, values[1], number, key);
            CP_ASSERT(queue.qty == level.qty && queue.order_count == level.order_count);
        }
        found.qty += level.qty;
        found.order_count += level.order_count;
    }
    for (uint32_t i = at->near_count; i < CP_FLAT_NEAR; i++)
        CP_ASSERT(at->keys[i] == CP_FLAT_EMPTY);
    return found;
}

static total walk_page(const cp_books *books, uint32_t page)
{
    total found = { 0 };
    for (uint32_t i = 0; i < CP_REFS_PAGE_SLOTS; i++) {
        uint32_t qty = books->orders[page << CP_REFS_PAGE_BITS | i].qty;
        found.qty += qty;
        found.order_count += qty > 0;
    }
    return found;
}

void cp_books_check(const cp_books *books)
{
    total levels = { 0 }, orders = { 0 };
    for (uint32_t i = 0; i < books->flat.side_count; i++) {
        total side = walk_side(books, i);
        levels.qty += side.qty;
        levels.order_count += side.order_count;
    }
    uint32_t page_count = 0;
    for (uint64_t i = 0; i < books->refs.limit >> CP_REFS_PAGE_BITS; i++) {
        uint32_t entry = books->refs.directory[i];
        if (entry == 0)
            continue;
        total page = walk_page(books, entry >> CP_REFS_LIVE_BITS);
        CP_ASSERT(page.order_count == (entry & ((1u << CP_REFS_LIVE_BITS) - 1)));
        CP_ASSERT(books->refs.homes[entry >> CP_REFS_LIVE_BITS] == i);
        orders.qty += page.qty;
        orders.order_count += page.order_count;
        page_count++;
    }
    CP_ASSERT(page_count + books->refs.free_count == books->refs.page_count);
    CP_ASSERT(levels.qty == orders.qty && levels.order_count == orders.order_count);
    CP_ASSERT(orders.order_count == books->counts.live_count);
}
