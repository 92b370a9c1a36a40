/* books.c: how a message changes a book. Every function that does exists twice, with queues
 * and without, by a constant argument: gcc makes two of each. */
#include "book/books.h"
#include "book/itch_change.h"
#include "book/memory.h"

#define ONE_ORDER (1ull << CP_FLAT_COUNT_SHIFT)
#define INLINE __attribute__((always_inline)) static inline
#define NOINLINE __attribute__((noinline)) static

int cp_books_init(cp_books *books, int kind, const cp_books_limits *limits)
{
    CP_ASSERT(kind == CP_BOOKS_LEVELS || kind == CP_BOOKS_QUEUES);
    bool queues = kind == CP_BOOKS_QUEUES;
    *books = (cp_books){ 0 };
    int result = cp_refs_init(&books->refs, limits->ref_max, limits->page_count);
    if (result == 0)
        result = cp_flat_init(&books->flat, limits->symbol_count, queues ? 2 : 1,
                              limits->level_count);
    if (result == 0 && queues)
        result = cp_queues_init(&books->queues, limits->line_count);
    if (result == 0) {
        uint64_t slot_count = cp_refs_slot_count(&books->refs);
        books->orders = cp_memory_take(slot_count * sizeof *books->orders);
        if (!books->orders)
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
    cp_queues_free(&books->queues);
    cp_memory_give(books->orders);
    *books = (cp_books){ 0 };
}

/* ---- levels -------------------------------------------------------------------------- */

INLINE cp_flat_side *side_at(const cp_books *books, uint32_t number, bool queues)
{
    return cp_flat_side_at(&books->flat, number, queues ? 2 : 1);
}

/* Values of a level: shares and orders, and with queues the lines at both ends. */
INLINE uint64_t *find_level(const cp_books *books, cp_flat_side *side, uint32_t key,
                            bool queues)
{
    uint64_t *values = cp_flat_near(side, key, queues ? 2 : 1);
    return CP_LIKELY(values != NULL) ? values : cp_flat_far(&books->flat, side, key);
}

/* Is a change at this price one of the side's best? */
static int describe(const cp_flat_side *side, uint32_t key)
{
    bool best = side->near_count == 0 || side->keys[0] <= key;
    return best ? CP_BOOKS_LEVEL | CP_BOOKS_BEST : CP_BOOKS_LEVEL;
}

/* ---- queues -------------------------------------------------------------------------- */

INLINE uint64_t ends_of(uint32_t first, uint32_t last)
{
    return (uint64_t)last << 32 | first;
}

/* An order comes to a level that has no line with room: its line, or CP_NONE. */
NOINLINE uint32_t append_line(cp_books *books, uint64_t *values, uint32_t number,
                              uint32_t key, uint32_t slot)
{
    uint32_t last = values[0] == 0 ? CP_NONE : (uint32_t)(values[1] >> 32);
    uint32_t taken = cp_queues_take(&books->queues, last, slot);
    if (taken == CP_NONE)
        return CP_NONE;
    books->queues.lines[taken].side = number;
    books->queues.lines[taken].key = key;
    values[1] = ends_of(last == CP_NONE ? taken : (uint32_t)values[1], taken);
    return taken;
}

NOINLINE void remove_line(cp_books *books, uint64_t *values, uint32_t number)
{
    const cp_queue_line *line = &books->queues.lines[number];
    uint32_t first = (uint32_t)values[1], last = (uint32_t)(values[1] >> 32);
    values[1] =
        ends_of(first == number ? line->next : first, last == number ? line->prev : last);
    cp_queues_give(&books->queues, number);
}

/* ---- one change ---------------------------------------------------------------------- */

INLINE bool has_side(const cp_books *books, uint32_t number)
{
    return number < books->flat.side_count;
}

/* A level that is not near: far, or not there yet. */
NOINLINE uint64_t *find_or_open(cp_books *books, cp_flat_side *side, uint32_t key)
{
    uint64_t *values = cp_flat_far(&books->flat, side, key);
    return values ? values : cp_flat_open(&books->flat, side, key);
}

/* An order comes to a side that there is. */
INLINE int add(cp_books *books, uint64_t ref, uint32_t number, uint32_t qty,
               uint32_t price, bool queues, bool tells)
{
    if (CP_UNLIKELY(qty == 0 || price > CP_FLAT_PRICE_MAX))
        return qty == 0 ? -EINVAL : -ERANGE;
    uint32_t slot = cp_refs_place(&books->refs, ref);
    if (CP_UNLIKELY(slot == CP_NONE))
        return ref >= books->refs.limit ? -ERANGE : -ENOSPC;
    cp_books_order *order = &books->orders[slot];
    if (CP_UNLIKELY(order->qty != 0))
        return -EEXIST;
    cp_flat_side *side = side_at(books, number, queues);
    uint32_t key = cp_flat_key(number & 1, price), low = key;
    int changed = tells ? describe(side, key) : 0;
    uint64_t *values = cp_flat_near(side, key, queues ? 2 : 1);
    if (CP_UNLIKELY(values == NULL)) {
        values = find_or_open(books, side, key);
        if (CP_UNLIKELY(values == NULL))
            return -ENOSPC;
    }
    uint64_t sums = values[0] + qty + ONE_ORDER;
    /* Shares that ran over count as an order more, orders as none at all. */
    if (CP_UNLIKELY((sums >> CP_FLAT_COUNT_SHIFT) !=
                    (values[0] >> CP_FLAT_COUNT_SHIFT) + 1))
        return -EOVERFLOW;
    if (queues) {
        low = (uint32_t)(values[1] >> 32);
        if (CP_UNLIKELY(!cp_queue_append(&books->queues.lines[low], slot))) {
            low = append_line(books, values, number, key, slot);
            if (CP_UNLIKELY(low == CP_NONE)) {
                if (values[0] == 0)
                    cp_flat_close(&books->flat, side, key);
                return -ENOSPC;
            }
        }
    }
    values[0] = sums;
    *order = (cp_books_order){ qty, low | (number & 1) << CP_BOOKS_SIDE_SHIFT };
    cp_refs_count(&books->refs, ref, 1, 0);
    books->counts.live_count++;
    return changed;
}

/* An order of that symbol loses `qty` shares, or all it has. *number is of its side. */
INLINE int take(cp_books *books, uint64_t ref, uint32_t symbol, uint32_t qty, bool all,
                uint32_t *number, bool queues, bool tells)
{
    uint32_t slot = cp_refs_find(&books->refs, ref);
    if (CP_UNLIKELY(slot == CP_NONE))
        return -ENOENT;
    cp_books_order *order = &books->orders[slot];
    uint32_t had = order->qty, word = order->word, key = word & CP_BOOKS_LOW_BITS;
    if (CP_UNLIKELY(had == 0))
        return -ENOENT;
    *number = 2 * symbol + (word >> CP_BOOKS_SIDE_SHIFT);
    cp_queue_line *line = &books->queues.lines[key];
    if (queues) {
        if (CP_UNLIKELY(line->side != *number))
            return -ENOENT;
        key = line->key;
    }
    cp_flat_side *side = side_at(books, *number, queues);
    uint64_t *values = find_level(books, side, key, queues);
    if (CP_UNLIKELY(values == NULL))
        return -ENOENT;
    int changed = tells ? describe(side, key) : 0;
    bool goes = all || qty >= had;
    uint64_t lost = goes ? had + ONE_ORDER : qty;
    /* Else it is the level of another symbol: all orders and no share, or the reverse. */
    uint64_t sums = values[0] - lost;
    if (CP_UNLIKELY(sums > values[0] ||
                    (sums < ONE_ORDER) != ((sums & CP_FLAT_QTY_MAX) == 0)))
        return -ENOENT;
    values[0] = sums;
    if (goes) {
        order->qty = 0;
        if (queues && CP_UNLIKELY(cp_queue_remove(line, slot)))
            remove_line(books, values, word & CP_BOOKS_LOW_BITS);
        if (CP_UNLIKELY(sums == 0))
            cp_flat_close(&books->flat, side, key);
        cp_refs_count(&books->refs, ref, 0, 1);
        books->counts.live_count--;
        books->counts.excess_count += !all && qty > had;
    } else {
        order->qty = had - qty;
    }
    return changed;
}

INLINE int replace(cp_books *books, const uint8_t *m, uint32_t symbol, bool queues,
                   bool tells)
{
    uint32_t number;
    int first = take(books, cp_change_ref(m), symbol, 0, true, &number, queues, tells);
    if (CP_UNLIKELY(first < 0))
        return first;
    int second = add(books, cp_load_u64(m + 19), number, cp_load_u32(m + 27),
                     cp_load_u32(m + 31), queues, tells);
    return second < 0 ? second : first | second;
}

INLINE int reduce(cp_books *books, const uint8_t *m, uint32_t symbol, bool queues,
                  bool tells)
{
    uint32_t number, qty = cp_load_u32(m + 19);
    if (CP_UNLIKELY(qty == 0))
        return -EINVAL;
    return take(books, cp_change_ref(m), symbol, qty, false, &number, queues, tells);
}

/* The few messages that are neither orders that come nor orders that go. */
NOINLINE int apply_other(cp_books *books, const uint8_t *m, uint32_t symbol)
{
    if (m[0] == 'U')
        return replace(books, m, symbol, false, false);
    return reduce(books, m, symbol, false, false);
}

NOINLINE int apply_other_queued(cp_books *books, const uint8_t *m, uint32_t symbol)
{
    if (m[0] == 'U')
        return replace(books, m, symbol, true, false);
    return reduce(books, m, symbol, true, false);
}

INLINE int apply(cp_books *books, const uint8_t *m, bool queues, bool tells)
{
    uint32_t symbol = cp_itch_locate(m), number;
    if (CP_UNLIKELY(!has_side(books, 2 * symbol)))
        return -ERANGE;
    if (m[0] == 'A' || m[0] == 'F') {
        uint32_t side = cp_change_side(m);
        if (CP_UNLIKELY(side > CP_SELL))
            return -EINVAL;
        return add(books, cp_change_ref(m), 2 * symbol + side, cp_load_u32(m + 20),
                   cp_load_u32(m + 32), queues, tells);
    }
    if (m[0] == 'D')
        return take(books, cp_change_ref(m), symbol, 0, true, &number, queues, tells);
    if (!tells)
        return queues ? apply_other_queued(books, m, symbol)
                      : apply_other(books, m, symbol);
    return m[0] == 'U' ? replace(books, m, symbol, queues, true)
                       : reduce(books, m, symbol, queues, true);
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
    int result = books->queues.lines ? apply(books, message, true, true)
                                     : apply(books, message, false, true);
    if (CP_UNLIKELY(result < 0))
        count_misfit(&books->counts, result);
    return result;
}

/* ---- many changes -------------------------------------------------------------------- */

/* Nothing that a message touches is likely to be near, and each part of it is found through
 * another. So messages are looked at in blocks and in turns, and memory answers meanwhile:
 * which slot, which side, with queues which line, and then the changes themselves. What an
 * earlier change moves makes a later guess wrong, which costs time only. Messages are sorted
 * by what is to be asked for, so nothing has to be asked about them. (Inline by force: gcc
 * drops calls of functions that only ask for memory as calls that do nothing.) */
#define BLOCK 8u
#define BLOCKS 4u /* underway at once */

static_assert(BLOCK < 256, "counts are bytes");

typedef struct block {
    const uint8_t *messages[BLOCK]; /* about books */
    const uint8_t *adds[BLOCK];     /* of these, orders that come */
    const uint8_t *others[BLOCK];   /* and those that change or go, */
    const uint8_t *replaces[BLOCK]; /* among them those another comes for */
    uint32_t other_slots[BLOCK], replace_slots[BLOCK];
    uint32_t types;        /* how many there are: sums of CP_CHANGE_* */
    uint32_t framed_count; /* messages of any type */
} block;

INLINE uint32_t add_count(uint32_t types)
{
    return types & 0xff;
}

INLINE uint32_t other_count(uint32_t types)
{
    return types >> 8 & 0xff;
}

INLINE uint32_t replace_count(uint32_t types)
{
    return types >> 16;
}

INLINE uint32_t change_count(uint32_t types)
{
    return add_count(types) + other_count(types);
}

/* A slot of the reference's, if it has one. */
INLINE uint32_t guess_slot(const cp_refs *refs, uint64_t ref)
{
    uint64_t page = ref < refs->limit ? ref >> CP_REFS_PAGE_BITS : 0;
    return cp_refs_slot(refs->directory[page], ref);
}

/* Write a message down as the next of whatever it may be. */
INLINE void note(const cp_books *books, const uint8_t *message, uint32_t types, block *at)
{
    uint32_t slot = guess_slot(&books->refs, cp_change_ref(message));
    __builtin_prefetch(&books->orders[slot], 1);
    at->messages[change_count(types)] = at->adds[add_count(types)] = message;
    at->others[other_count(types)] = at->replaces[replace_count(types)] = message;
    at->other_slots[other_count(types)] = at->replace_slots[replace_count(types)] = slot;
}

/* Frame a block of messages and ask for the slots of their orders. What cp_itch_frame said
 * last. */
INLINE int frame_block(const cp_books *books, const uint8_t *bytes, uint64_t size,
                       uint64_t *offset, block *at)
{
    const uint64_t most = 2 + CP_ITCH_LENGTH_MAX;
    uint64_t next = *offset, safe = size > most ? size - most : 0;
    uint32_t types = 0, framed = 0;
    int result = 0;
    while (change_count(types) < BLOCK && CP_LIKELY(next < safe)) {
        const uint8_t *message = bytes + next + 2;
        uint32_t said = cp_load_u16(bytes + next);
        uint64_t type = cp_change_type(message[0]);
        if (CP_UNLIKELY((uint32_t)type != (said | CP_CHANGE_KNOWN)))
            break;
        note(books, message, types, at);
        types += (uint32_t)(type >> CP_CHANGE_SHIFT);
        next += 2 + said;
        framed++;
    }
    *offset = next;
    if (CP_UNLIKELY(change_count(types) < BLOCK)) {
        /* The end is near, or it is not a message as there are. */
        const uint8_t *message;
        uint32_t length;
        result = cp_itch_frame(bytes, size, offset, &message, &length);
        framed += result == 0;
        if (result == 0 && cp_itch_is_book(message[0])) {
            note(books, message, types, at);
            types += (uint32_t)(cp_change_type(message[0]) >> CP_CHANGE_SHIFT);
        }
    }
    at->types = types;
    at->framed_count = framed;
    return result;
}

INLINE uint32_t some_side(const cp_books *books, uint32_t number)
{
    return has_side(books, number) ? number : 0;
}

INLINE uint32_t side_of_add(const cp_books *books, const uint8_t *m)
{
    return some_side(books, 2u * cp_itch_locate(m) + (m[19] == 'S'));
}

INLINE uint32_t side_of_other(const cp_books *books, const uint8_t *m, uint32_t word)
{
    return some_side(books, 2u * cp_itch_locate(m) + (word >> CP_BOOKS_SIDE_SHIFT));
}

/* Keys and the best few levels. */
INLINE void ask_for_side(const cp_books *books, uint32_t number, bool queues)
{
    const uint8_t *side = (const uint8_t *)side_at(books, number, queues);
    __builtin_prefetch(side, 1);
    __builtin_prefetch(side + CP_LINE, 1);
}

INLINE void ask_for_sides(const cp_books *books, const block *at, bool queues)
{
    for (uint32_t i = 0; i < add_count(at->types); i++)
        ask_for_side(books, side_of_add(books, at->adds[i]), queues);
    for (uint32_t i = 0; i < other_count(at->types); i++) {
        uint32_t word = books->orders[at->other_slots[i]].word;
        ask_for_side(books, side_of_other(books, at->others[i], word), queues);
        if (queues)
            __builtin_prefetch(&books->queues.lines[word & CP_BOOKS_LOW_BITS], 1);
    }
}

/* The line behind which an order that comes will stand, or where its level is looked for. */
INLINE void ask_for_line(const cp_books *books, uint32_t number, uint32_t price)
{
    const cp_flat_side *side = side_at(books, number, true);
    uint32_t match = cp_flat_match(side, cp_flat_key(number & 1, price));
    if (CP_UNLIKELY(match == 0)) {
        cp_flat_ask_for_far(&books->flat, side, 2);
        return;
    }
    uint64_t ends = side->values[2 * (uint32_t)__builtin_ctz(match) + 1];
    __builtin_prefetch(&books->queues.lines[ends >> 32], 1);
}

INLINE void ask_for_lines(const cp_books *books, const block *at)
{
    for (uint32_t i = 0; i < add_count(at->types); i++) {
        const uint8_t *m = at->adds[i];
        ask_for_line(books, side_of_add(books, m), cp_load_u32(m + 32));
    }
    for (uint32_t i = 0; i < replace_count(at->types); i++) {
        const uint8_t *m = at->replaces[i];
        uint32_t word = books->orders[at->replace_slots[i]].word;
        ask_for_line(books, side_of_other(books, m, word), cp_load_u32(m + 31));
    }
}

INLINE void apply_block(cp_books *books, const block *at, bool queues)
{
    for (uint32_t i = 0; i < change_count(at->types); i++) {
        int applied = apply(books, at->messages[i], queues, false);
        if (CP_UNLIKELY(applied < 0))
            count_misfit(&books->counts, applied);
    }
    books->counts.message_count += at->framed_count;
    books->counts.change_count += change_count(at->types);
}

/* Each round a block comes and each that is underway takes its next turn. */
INLINE int play(cp_books *books, const uint8_t *bytes, uint64_t size, uint64_t *offset,
                bool queues)
{
    block blocks[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++)
        blocks[i].types = blocks[i].framed_count = 0;
    const uint32_t turns = queues ? 4 : 3;
    int result = 0;
    for (uint64_t round = 0, left = turns; left > 0; round++) {
        block *at = &blocks[round % BLOCKS];
        at->types = at->framed_count = 0;
        if (result == 0)
            result = frame_block(books, bytes, size, offset, at);
        left -= result != 0;
        ask_for_sides(books, &blocks[(round - 1) % BLOCKS], queues);
        if (queues)
            ask_for_lines(books, &blocks[(round - 2) % BLOCKS]);
        apply_block(books, &blocks[(round - turns + 1) % BLOCKS], queues);
    }
    return result;
}

int cp_books_play(cp_books *books, const uint8_t *bytes, uint64_t size, uint64_t *offset)
{
    return books->queues.lines ? play(books, bytes, size, offset, true)
                               : play(books, bytes, size, offset, false);
}
