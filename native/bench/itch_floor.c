/* itch_floor.c: the least that keeping books from ITCH can cost.
 *
 * An order is its shares and the number of its level, found directly by its reference, with
 * queues also its neighbours; a side is a sorted array of level numbers with its best at the
 * end, searched one by one from there. Nothing is looked at twice, refused or counted.
 */
#include "bench/itch.h"
#include "book/memory.h"
#include "wire/bytes.h"
#include "wire/itch.h"

#define LEVELS_MAX (1u << 22)
#define SIDES (2u * 65536u)

typedef struct floor_order {
    uint32_t qty, level;
    uint32_t link[]; /* with queues: next, previous reference; 0 for none */
} floor_order;

typedef struct floor_level {
    uint32_t price, qty, count, side;
} floor_level;

typedef struct floor_side {
    uint32_t *levels;
    uint32_t count, capacity;
} floor_side;

typedef struct floor_book {
    uint8_t *orders;
    floor_level *levels;
    uint32_t (*ends)[2]; /* with queues: first and last of a level */
    floor_side *sides;
    uint32_t free_level, next_level;
} floor_book;

#define INLINE __attribute__((always_inline)) static inline

INLINE floor_order *order_at(const floor_book *b, uint64_t ref, bool queues)
{
    return (floor_order *)(void *)(b->orders + ref * (queues ? 16 : 8));
}

static uint32_t open_level(floor_book *b, uint32_t number, uint32_t place, uint32_t price)
{
    floor_side *side = &b->sides[number];
    if (side->count == side->capacity) {
        side->capacity = side->capacity ? 2 * side->capacity : 8;
        side->levels = realloc(side->levels, side->capacity * sizeof(uint32_t));
        CP_ASSERT(side->levels);
    }
    memmove(side->levels + place + 1, side->levels + place,
            (side->count++ - place) * sizeof(uint32_t));
    uint32_t level = b->free_level;
    if (level != 0)
        b->free_level = b->levels[level].qty;
    else
        level = b->next_level++;
    CP_ASSERT(level < LEVELS_MAX);
    b->levels[level] = (floor_level){ .price = price, .side = number };
    return side->levels[place] = level;
}

INLINE void add(floor_book *b, uint32_t number, uint64_t ref, uint32_t qty,
                uint32_t price, bool queues)
{
    const floor_side *side = &b->sides[number];
    uint32_t at = side->count;
    if (number & 1)
        while (at > 0 && b->levels[side->levels[at - 1]].price < price)
            at--;
    else
        while (at > 0 && b->levels[side->levels[at - 1]].price > price)
            at--;
    uint32_t level = at > 0 ? side->levels[at - 1] : 0;
    if (at == 0 || b->levels[level].price != price)
        level = open_level(b, number, at, price);
    floor_order *order = order_at(b, ref, queues);
    order->qty = qty;
    order->level = level;
    if (queues) {
        uint32_t last = b->levels[level].count ? b->ends[level][1] : 0;
        order->link[0] = 0;
        order->link[1] = last;
        *(last ? &order_at(b, last, true)->link[0] : &b->ends[level][0]) = (uint32_t)ref;
        b->ends[level][1] = (uint32_t)ref;
    }
    b->levels[level].qty += qty;
    b->levels[level].count++;
}

static void close_level(floor_book *b, uint32_t level)
{
    floor_side *side = &b->sides[b->levels[level].side];
    uint32_t at = side->count - 1;
    while (side->levels[at] != level)
        at--;
    memmove(side->levels + at, side->levels + at + 1,
            (--side->count - at) * sizeof(uint32_t));
    b->levels[level].qty = b->free_level;
    b->free_level = level;
}

INLINE void take(floor_book *b, uint64_t ref, uint32_t qty, bool queues)
{
    floor_order *order = order_at(b, ref, queues);
    uint32_t level = order->level;
    b->levels[level].qty -= qty;
    order->qty -= qty;
    if (order->qty != 0)
        return;
    if (queues) {
        uint32_t next = order->link[0], last = order->link[1];
        *(last ? &order_at(b, last, true)->link[0] : &b->ends[level][0]) = next;
        *(next ? &order_at(b, next, true)->link[1] : &b->ends[level][1]) = last;
    }
    if (--b->levels[level].count == 0)
        close_level(b, level);
}

INLINE void play(floor_book *b, const uint8_t *bytes, uint64_t size, bool queues)
{
    for (uint64_t offset = 0; offset + 2 <= size;) {
        const uint8_t *m = bytes + offset + 2;
        uint32_t length = cp_load_u16(bytes + offset);
        if (length == 0)
            break;
        offset += 2 + length;
        uint32_t number = 2u * cp_itch_locate(m);
        uint64_t ref;
        switch (m[0]) {
        case 'A':
        case 'F':
            add(b, number + (m[19] == 'S'), cp_load_u64(m + 11), cp_load_u32(m + 20),
                cp_load_u32(m + 32), queues);
            break;
        case 'E':
        case 'C':
        case 'X':
            take(b, cp_load_u64(m + 11), cp_load_u32(m + 19), queues);
            break;
        case 'D':
            ref = cp_load_u64(m + 11);
            take(b, ref, order_at(b, ref, queues)->qty, queues);
            break;
        case 'U':
            ref = cp_load_u64(m + 11);
            number = b->levels[order_at(b, ref, queues)->level].side;
            take(b, ref, order_at(b, ref, queues)->qty, queues);
            add(b, number, cp_load_u64(m + 19), cp_load_u32(m + 27), cp_load_u32(m + 31),
                queues);
            break;
        default:
            break;
        }
    }
}

int cp_bench_itch_floor(const uint8_t *bytes, uint64_t size, uint64_t ref_max,
                        bool queues, uint64_t *elapsed_ns)
{
    if (ref_max > CP_BENCH_REF_MAX)
        return -E2BIG;
    floor_book b = { .next_level = 1 };
    b.orders = cp_memory_take((ref_max + 1) * (queues ? 16 : 8));
    b.levels = cp_memory_take(LEVELS_MAX * sizeof *b.levels);
    b.ends = cp_memory_take(LEVELS_MAX * sizeof *b.ends);
    b.sides = cp_memory_take(SIDES * sizeof *b.sides);
    int result = b.orders && b.levels && b.ends && b.sides ? 0 : -ENOMEM;
    if (result == 0) {
        uint64_t begin_ns = cp_bench_thread_ns();
        if (queues)
            play(&b, bytes, size, true);
        else
            play(&b, bytes, size, false);
        *elapsed_ns = cp_bench_thread_ns() - begin_ns;
        for (uint32_t i = 0; i < SIDES; i++)
            free(b.sides[i].levels);
    }
    cp_memory_give(b.orders);
    cp_memory_give(b.levels);
    cp_memory_give(b.ends);
    cp_memory_give(b.sides);
    return result;
}
