/* books.c: how a message changes a book. Every function that does exists twice, with queues
 * and without, by a constant argument: gcc makes two of each. */
#include "book/books.h"
#include "book/itch_change.h"
#include "book/memory.h"

#define SIDE_SHIFT 31
#define KEY_MASK 0x7fffffffu
#define NO_ENDS UINT64_MAX /* CP_NONE twice */
#define INLINE __attribute__((always_inline)) static inline

int cp_books_init(cp_books *books, int kind, const cp_books_limits *limits)
{
    CP_ASSERT(kind == CP_BOOKS_LEVELS || kind == CP_BOOKS_QUEUES);
    bool queues = kind == CP_BOOKS_QUEUES;
    *books = (cp_books){ 0 };
    int result = cp_refs_init(&books->refs, limits->ref_max, limits->page_count);
    if (result == 0)
        result = cp_flat_init(&books->flat, limits->symbol_count, queues ? 2 : 1,
                              limits->level_count);
    if (result == 0) {
        uint64_t slot_count = cp_refs_slot_count(&books->refs);
        if (queues)
            books->queued = cp_memory_take(slot_count * sizeof *books->queued);
        else
            books->orders = cp_memory_take(slot_count * sizeof *books->orders);
        if (!books->queued && !books->orders)
            result = -ENOMEM;
    }
    if (result != 0)
        cp_books_free(books);
    return result;
}

void cp_books_free(cp_books *books)
{
    cp_refs_free(&books->refs);
    cp_flat_free(&books->flat);
    cp_memory_give(books->orders);
    cp_memory_give(books->queued);
    *books = (cp_books){ 0 };
}

INLINE cp_books_order *order_at(const cp_books *books, uint32_t slot, bool queues)
{
    return queues ? &books->queued[slot].order : &books->orders[slot];
}

/* ---- one change ---------------------------------------------------------------------- */

/* Why cp_refs_place named no slot, or one that is not as it should be. */
static int misfit(const cp_books *books, uint64_t ref, uint32_t slot, uint32_t adds)
{
    if (!adds)
        return -ENOENT;
    if (slot != CP_NONE)
        return -EEXIST;
    return ref >= books->refs.limit ? -ERANGE : -ENOSPC;
}

/* A level with nothing at it yet. Out of the way: one change in ten comes here. */
static __attribute__((noinline)) int open_level(cp_flat *flat, cp_flat_side *side,
                                                uint32_t place, int32_t key)
{
    if (CP_UNLIKELY(side->count == side->capacity)) {
        int result = cp_flat_grow(flat, side);
        if (result != 0)
            return result;
    }
    cp_flat_open_keys(cp_flat_keys(flat, side), side->count, place, key);
    cp_flat_open_column(cp_flat_column(flat, side, 0), side->count, place, 0);
    if (flat->columns == 2)
        cp_flat_open_column(cp_flat_column(flat, side, 1), side->count, place, NO_ENDS);
    side->count++;
    return 0;
}

static __attribute__((noinline)) void close_level(cp_flat *flat, cp_flat_side *side,
                                                  uint32_t place)
{
    cp_flat_close_keys(cp_flat_keys(flat, side), side->count, place);
    cp_flat_close_column(cp_flat_column(flat, side, 0), side->count, place);
    if (flat->columns == 2)
        cp_flat_close_column(cp_flat_column(flat, side, 1), side->count, place);
    side->count--;
}

/* One of two places, without a branch: where in its queue an order stands is a coin's
 * throw. */
INLINE uint32_t *choose(bool first, uint32_t *a, uint32_t *b)
{
    uintptr_t mask = 0 - (uintptr_t)first;
    return (uint32_t *)(((uintptr_t)a & mask) | ((uintptr_t)b & ~mask));
}

/* Put an order behind the last of its level, or take it out, or leave it where it is: what
 * changes is what its neighbours name, or the ends of the level where it has none. -ENOENT:
 * they do not name it, so the level is that of another symbol. */
INLINE int link_order(cp_books *books, uint32_t slot, uint64_t *ends, uint32_t adds,
                      uint32_t gone)
{
    cp_books_queued *queued = books->queued, *self = &queued[slot];
    uint32_t head = (uint32_t)*ends, tail = (uint32_t)(*ends >> 32), mask = 0 - adds;
    uint32_t prev = (tail & mask) | (self->prev & ~mask);
    uint32_t next = self->next | mask; /* CP_NONE behind an order that comes */
    uint32_t *before = choose(prev == CP_NONE, &head, &queued[prev].next);
    uint32_t *behind = choose(next == CP_NONE, &tail, &queued[next].prev);
    if (CP_UNLIKELY((((*before ^ slot) | (*behind ^ slot)) & ~mask) != 0))
        return -ENOENT;
    uint32_t stays = gone - 1; /* all ones unless it goes */
    *before = (slot & stays) | (next & ~stays);
    *behind = (slot & stays) | (prev & ~stays);
    *ends = (uint64_t)tail << 32 | head;
    self->prev = prev;
    self->next = next;
    return 0;
}

/* An order comes with `qty` shares, or one that is there loses as many: which of the two is
 * a selection and not a branch, and so is whether it goes. What is left to branch on is
 * whether a level comes or goes. */
INLINE int change(cp_books *books, uint32_t symbol, uint64_t ref, uint32_t adds,
                  uint32_t qty, uint32_t word, bool queues)
{
    uint32_t slot = cp_refs_place(&books->refs, ref);
    if (CP_UNLIKELY(slot == CP_NONE))
        return misfit(books, ref, slot, adds);
    cp_books_order *order = order_at(books, slot, queues);
    uint32_t had = order->qty;
    if (CP_UNLIKELY((had == 0) != adds))
        return misfit(books, ref, slot, adds);
    uint32_t mask = 0 - adds;
    word = (word & mask) | (order->word & ~mask);
    uint32_t lost = qty < had ? qty : had; /* 0 of an order that comes */
    uint32_t gone = (adds ^ 1) & (lost == had);
    uint64_t by = lost + (qty & mask) + ((uint64_t)(adds + gone) << CP_FLAT_COUNT_SHIFT);
    uint64_t sign = (uint64_t)adds - 1;
    by = (by ^ sign) - sign;

    cp_flat *flat = &books->flat;
    cp_flat_side *side = cp_flat_side_of(flat, symbol, word >> SIDE_SHIFT);
    int32_t key = (int32_t)(word & KEY_MASK);
    int32_t *keys = cp_flat_keys(flat, side);
    uint32_t rank = cp_flat_rank(keys, side->count, key);
    int changed = rank == side->count ? CP_BOOKS_LEVEL | CP_BOOKS_BEST : CP_BOOKS_LEVEL;
    uint32_t place = rank - (rank != 0); /* of rank 0, none has this key */
    if (keys[place] != key) {
        int result = adds ? open_level(flat, side, rank, key) : -ENOENT;
        if (CP_UNLIKELY(result != 0))
            return result;
        place = rank;
    }
    uint64_t *value = cp_flat_column(flat, side, 0) + place;
    uint64_t before = *value & CP_FLAT_QTY_MAX, now = *value + by;
    uint64_t after = now & CP_FLAT_QTY_MAX;
    if (CP_UNLIKELY(((after > before) != adds) |
                    ((now >> CP_FLAT_COUNT_SHIFT == 0) != (after == 0))))
        return adds ? -EOVERFLOW : -ENOENT; /* its level is that of another symbol */
    if (queues) {
        uint64_t *ends = cp_flat_column(flat, side, 1) + place;
        int result = link_order(books, slot, ends, adds, gone);
        if (CP_UNLIKELY(result != 0))
            return result;
    }
    *value = now;
    if (now == 0)
        close_level(flat, side, place);
    order->qty = had - lost + (qty & mask);
    order->word = word;
    cp_refs_count(&books->refs, ref, adds, gone);
    cp_books_counts *counts = &books->counts;
    counts->excess_count += (adds ^ 1) & (qty > had) & (qty != UINT32_MAX);
    counts->live_count += (uint64_t)adds - gone;
    return changed;
}

INLINE uint32_t word_of(uint32_t side, uint32_t price)
{
    return ((uint32_t)cp_flat_key(side, price) & KEY_MASK) | side << SIDE_SHIFT;
}

INLINE int replace(cp_books *books, const cp_change *c, bool queues)
{
    uint32_t slot = cp_refs_find(&books->refs, c->ref);
    if (slot == CP_NONE || order_at(books, slot, queues)->qty == 0)
        return -ENOENT;
    uint32_t side = order_at(books, slot, queues)->word >> SIDE_SHIFT;
    int first = change(books, c->symbol, c->ref, 0, UINT32_MAX, 0, queues);
    if (first < 0)
        return first;
    if (CP_UNLIKELY(c->qty == 0 || c->price > CP_FLAT_PRICE_MAX))
        return c->qty == 0 ? -EINVAL : -ERANGE;
    uint32_t word = word_of(side, c->price);
    int second = change(books, c->symbol, c->new_ref, 1, c->qty, word, queues);
    return second < 0 ? second : first | second;
}

static __attribute__((noinline)) int replace_level(cp_books *books, const cp_change *c)
{
    return replace(books, c, false);
}

static __attribute__((noinline)) int replace_queued(cp_books *books, const cp_change *c)
{
    return replace(books, c, true);
}

INLINE int apply(cp_books *books, const cp_change *c, bool queues)
{
    if (CP_UNLIKELY(2u * c->symbol >= books->flat.side_count))
        return -ERANGE;
    if (c->kind == CP_CHANGE_REPLACE)
        return queues ? replace_queued(books, c) : replace_level(books, c);
    uint32_t adds = c->kind == CP_CHANGE_ADD;
    if (CP_UNLIKELY(c->qty == 0))
        return -EINVAL;
    /* Of an order that comes; else they are bytes of something else. */
    if (CP_UNLIKELY(((c->price + 1ull) >> 31 | c->side >> 1) & (0 - (uint64_t)adds)))
        return c->side > CP_SELL ? -EINVAL : -ERANGE;
    uint32_t word = word_of(c->side & 1u, c->price);
    return change(books, c->symbol, c->ref, adds, c->qty, word, queues);
}

static void count_misfit(cp_books_counts *counts, int result)
{
    counts->unknown_count += result == -ENOENT;
    counts->refused_count += result != -ENOENT;
    counts->no_space_count += result == -ENOSPC;
}

int cp_books_apply(cp_books *books, const uint8_t *message)
{
    books->counts.message_count++;
    if (!cp_itch_is_book(message[0]))
        return 0;
    books->counts.change_count++;
    cp_change c;
    cp_change_read(message, &c);
    int result = books->queued ? apply(books, &c, true) : apply(books, &c, false);
    if (CP_UNLIKELY(result < 0))
        count_misfit(&books->counts, result);
    return result;
}

/* ---- many changes -------------------------------------------------------------------- */

/* Nothing that a message touches is likely to be near, and each part of it is found through
 * another. So messages are looked at in blocks and in turns, and memory answers meanwhile:
 * which slot, which side, which level and neighbours, behind whom, and then the changes
 * themselves. What an earlier change of the block moves makes a later guess wrong, which
 * costs time only. (Inline by force: gcc drops calls of functions that only ask for memory
 * as calls that do nothing.) */
#define BLOCK 64u

typedef struct guess {
    const cp_flat_side *side;
    const uint64_t *ends; /* of the level, with queues */
    uint32_t slot, word;
} guess;

INLINE void ask_for_slot(const cp_books *books, const cp_change *c, guess *g, bool queues)
{
    uint32_t slot = cp_refs_find(&books->refs, c->ref);
    bool fits = (slot != CP_NONE) & (2u * c->symbol < books->flat.side_count);
    g->slot = fits ? slot : 0; /* which is as good as any to ask for */
    g->side = &books->flat.sides[fits ? 2u * c->symbol : 0];
    __builtin_prefetch(order_at(books, g->slot, queues), 1);
}

/* An address that is nobody's costs a walk of the page tables: ask for its own again. */
INLINE void ask_for_neighbour(const cp_books *books, uint32_t slot, uint32_t own)
{
    uint32_t nobody = 0u - (slot == CP_NONE);
    __builtin_prefetch(&books->queued[(slot & ~nobody) | (own & nobody)], 1);
}

INLINE void ask_for_side(const cp_books *books, const cp_change *c, guess *g, bool queues)
{
    uint32_t mask = 0u - (c->kind == CP_CHANGE_ADD);
    uint32_t there = order_at(books, g->slot, queues)->word;
    g->word = (word_of(c->side & 1u, c->price) & mask) | (there & ~mask);
    g->side += g->word >> SIDE_SHIFT;
    uint32_t best = (uint32_t)g->side->count - (g->side->count != 0);
    __builtin_prefetch(&cp_flat_keys(&books->flat, g->side)[best], 1);
    if (queues) {
        const cp_books_queued *self = &books->queued[g->slot];
        ask_for_neighbour(books, self->prev, g->slot);
        ask_for_neighbour(books, self->next, g->slot);
    }
}

INLINE void ask_for_level(const cp_books *books, guess *g, bool queues)
{
    const int32_t *keys = cp_flat_keys(&books->flat, g->side);
    uint32_t rank = cp_flat_rank(keys, g->side->count, (int32_t)(g->word & KEY_MASK));
    uint32_t place = rank - (rank != 0);
    __builtin_prefetch(cp_flat_column(&books->flat, g->side, 0) + place, 1);
    if (queues) {
        g->ends = cp_flat_column(&books->flat, g->side, 1) + place;
        __builtin_prefetch(g->ends, 1);
    }
}

/* Behind whom an order that comes will stand. */
INLINE void ask_for_tail(const cp_books *books, const guess *g)
{
    ask_for_neighbour(books, (uint32_t)(*g->ends >> 32), g->slot);
}

INLINE int play(cp_books *books, const uint8_t *bytes, uint64_t size, uint64_t *offset,
                bool queues)
{
    cp_change changes[BLOCK];
    guess guesses[BLOCK];
    int result = 0;
    while (result == 0) {
        uint32_t framed, count;
        result =
            cp_change_read_block(bytes, size, offset, changes, BLOCK, &framed, &count);
        for (uint32_t i = 0; i < count; i++)
            ask_for_slot(books, &changes[i], &guesses[i], queues);
        for (uint32_t i = 0; i < count; i++)
            ask_for_side(books, &changes[i], &guesses[i], queues);
        for (uint32_t i = 0; i < count; i++)
            ask_for_level(books, &guesses[i], queues);
        for (uint32_t i = 0; queues && i < count; i++)
            ask_for_tail(books, &guesses[i]);
        for (uint32_t i = 0; i < count; i++) {
            int applied = apply(books, &changes[i], queues);
            if (CP_UNLIKELY(applied < 0))
                count_misfit(&books->counts, applied);
        }
        books->counts.message_count += framed;
        books->counts.change_count += count;
    }
    return result;
}

int cp_books_play(cp_books *books, const uint8_t *bytes, uint64_t size, uint64_t *offset)
{
    return books->queued ? play(books, bytes, size, offset, true)
                         : play(books, bytes, size, offset, false);
}

/* ---- reading ------------------------------------------------------------------------- */

uint32_t cp_books_level_count(const cp_books *books, uint16_t locate, cp_side side)
{
    if (2u * locate >= books->flat.side_count)
        return 0;
    return cp_flat_side_of(&books->flat, locate, side)->count;
}

uint32_t cp_books_depth(const cp_books *books, uint16_t locate, cp_side side,
                        cp_level *levels, uint32_t capacity)
{
    uint32_t there = cp_books_level_count(books, locate, side);
    uint32_t count = there < capacity ? there : capacity;
    const cp_flat_side *at = cp_flat_side_of(&books->flat, locate, side);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = at->count - 1u - i;
        uint64_t value = cp_flat_column(&books->flat, at, 0)[place];
        levels[i] = (cp_level){
            .price = cp_flat_price(side, cp_flat_keys(&books->flat, at)[place]),
            .qty = value & CP_FLAT_QTY_MAX,
            .order_count = (uint32_t)(value >> CP_FLAT_COUNT_SHIFT),
        };
    }
    return count;
}

uint32_t cp_books_queue(const cp_books *books, uint16_t locate, cp_side side,
                        uint32_t price, cp_books_place *places, uint32_t capacity)
{
    CP_ASSERT(books->queued);
    if (cp_books_level_count(books, locate, side) == 0 || price > CP_FLAT_PRICE_MAX)
        return 0;
    const cp_flat_side *at = cp_flat_side_of(&books->flat, locate, side);
    const int32_t *keys = cp_flat_keys(&books->flat, at);
    uint32_t rank = cp_flat_rank(keys, at->count, cp_flat_key(side, price));
    if (rank == 0 || keys[rank - 1] != cp_flat_key(side, price))
        return 0;
    uint32_t count = 0;
    uint32_t slot = (uint32_t)cp_flat_column(&books->flat, at, 1)[rank - 1];
    for (; slot != CP_NONE && count < capacity; slot = books->queued[slot].next)
        places[count++] = (cp_books_place){ .ref = cp_refs_of(&books->refs, slot),
                                            .qty = books->queued[slot].order.qty };
    return count;
}

/* ---- checking ------------------------------------------------------------------------ */

typedef struct total {
    uint64_t qty, order_count;
} total;

/* What the queue of a level holds, its links proved on the way. */
static total walk_queue(const cp_books *books, uint64_t ends, uint32_t word)
{
    total found = { 0 };
    uint32_t prev = CP_NONE;
    for (uint32_t slot = (uint32_t)ends; slot != CP_NONE;
         slot = books->queued[slot].next) {
        const cp_books_queued *queued = &books->queued[slot];
        CP_ASSERT(queued->prev == prev && queued->order.word == word);
        CP_ASSERT(queued->order.qty > 0);
        found.qty += queued->order.qty;
        found.order_count++;
        prev = slot;
    }
    CP_ASSERT(prev == (uint32_t)(ends >> 32));
    return found;
}

static total walk_side(const cp_books *books, uint32_t number)
{
    const cp_flat_side *at = &books->flat.sides[number];
    const int32_t *keys = cp_flat_keys(&books->flat, at);
    total found = { 0 };
    for (uint32_t i = 0; i < at->count; i++) {
        uint64_t value = cp_flat_column(&books->flat, at, 0)[i];
        total level = { value & CP_FLAT_QTY_MAX, value >> CP_FLAT_COUNT_SHIFT };
        CP_ASSERT(level.qty > 0 && level.order_count > 0);
        CP_ASSERT(i == 0 || keys[i - 1] < keys[i]);
        if (books->queued) {
            uint32_t word = (uint32_t)keys[i] | (number & 1) << SIDE_SHIFT;
            total queue = walk_queue(books, cp_flat_column(&books->flat, at, 1)[i], word);
            CP_ASSERT(queue.qty == level.qty && queue.order_count == level.order_count);
        }
        found.qty += level.qty;
        found.order_count += level.order_count;
    }
    for (uint32_t i = at->count; i < CP_FLAT_WINDOW; i++)
        CP_ASSERT(keys[i] == CP_FLAT_EMPTY);
    return found;
}

static total walk_page(const cp_books *books, uint32_t page)
{
    total found = { 0 };
    for (uint32_t i = 0; i < CP_REFS_PAGE_SLOTS; i++) {
        uint32_t slot = page << CP_REFS_PAGE_BITS | i;
        uint32_t qty = order_at(books, slot, books->queued != NULL)->qty;
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
