#include "book/flat.h"
#include "book/memory.h"

#define LOW (CP_FLAT_NEAR - 2u)          /* near levels, when there are far ones */
#define MOVED 2u                         /* from near to far or back, at once */
#define WINDOW (1u << CP_FLAT_CLASS_MIN) /* far levels looked at at once */

/* ---- memory -------------------------------------------------------------------------- */

static uint32_t lines_of(const cp_flat *flat, uint32_t class)
{
    size_t level_size = sizeof(uint32_t) + flat->columns * sizeof(uint64_t);
    return (uint32_t)((level_size << class) / CP_LINE);
}

static uint8_t *chunk_at(const cp_flat *flat, uint32_t line)
{
    return flat->arena + (size_t)line * CP_LINE;
}

/* Where a chunk of that class begins, or CP_NONE. */
static uint32_t take_chunk(cp_flat *flat, uint32_t class)
{
    uint32_t line_count = lines_of(flat, class);
    uint32_t *free_chunk = &flat->free_chunks[class], line = *free_chunk;
    if (line != CP_NONE) {
        memcpy(free_chunk, chunk_at(flat, line), sizeof *free_chunk);
    } else {
        if (flat->line_count - flat->line_next < line_count)
            return CP_NONE;
        line = flat->line_next;
        flat->line_next += line_count;
    }
    return line;
}

static void give_chunk(cp_flat *flat, uint32_t line, uint32_t class)
{
    memcpy(chunk_at(flat, line), &flat->free_chunks[class], sizeof line);
    flat->free_chunks[class] = line;
}

int cp_flat_init(cp_flat *flat, uint32_t symbol_count, uint32_t columns,
                 uint32_t far_count)
{
    *flat = (cp_flat){ .side_count = 2 * symbol_count, .columns = columns };
    if (symbol_count == 0 || symbol_count > UINT16_MAX + 1u)
        return -EINVAL;
    CP_ASSERT(columns == 1 || columns == 2);
    for (uint32_t i = 0; i <= CP_FLAT_CLASS_MAX; i++)
        flat->free_chunks[i] = CP_NONE;
    uint64_t level_size = sizeof(uint32_t) + columns * sizeof(uint64_t);
    flat->line_count = (uint32_t)(far_count * level_size / CP_LINE);
    flat->arena = cp_memory_take((size_t)flat->line_count * CP_LINE);
    flat->sides = cp_memory_take(flat->side_count * cp_flat_side_size(columns));
    if (!flat->arena || !flat->sides) {
        cp_flat_free(flat);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < flat->side_count; i++)
        memset(cp_flat_side_at(flat, i, columns)->keys, 0xff,
               CP_FLAT_NEAR * sizeof(uint32_t)); /* CP_FLAT_EMPTY */
    return 0;
}

void cp_flat_free(cp_flat *flat)
{
    cp_memory_give(flat->arena);
    cp_memory_give(flat->sides);
    *flat = (cp_flat){ 0 };
}

/* ---- far ----------------------------------------------------------------------------- */

static uint32_t *far_keys(const cp_flat *flat, const cp_flat_side *side)
{
    return (uint32_t *)(void *)chunk_at(flat, side->chunk);
}

static uint64_t *far_values(const cp_flat *flat, const cp_flat_side *side, uint32_t place)
{
    uint32_t *end = far_keys(flat, side) + (1u << side->far_class);
    return (uint64_t *)(void *)end + (size_t)place * flat->columns;
}

/* How many of the far levels are worse than `key`. */
static uint32_t far_rank(const cp_flat *flat, const cp_flat_side *side, uint32_t key)
{
    const uint32_t *keys = far_keys(flat, side);
    uint32_t low = 0, left = side->far_count;
    while (left > WINDOW) {
        uint32_t half = left / 2;
        bool above = keys[low + half - 1] < key;
        low += above ? half : 0;
        left = above ? left - half : half;
    }
    uint32_t rank = low; /* all of the window, whatever is left: no branch */
    for (uint32_t i = 0; i < WINDOW; i++)
        rank += (i < left) & (keys[low + i] < key);
    return rank;
}

/* Room for `more` far levels. */
static bool far_has_room(cp_flat *flat, cp_flat_side *side, uint32_t more)
{
    bool has_chunk = side->far_class != 0;
    if (CP_LIKELY(has_chunk && side->far_count + more <= 1u << side->far_class))
        return true;
    uint32_t class = has_chunk ? side->far_class + 1u : CP_FLAT_CLASS_MIN;
    uint32_t chunk = class > CP_FLAT_CLASS_MAX ? CP_NONE : take_chunk(flat, class);
    if (chunk == CP_NONE)
        return false;
    if (has_chunk) {
        cp_flat_side larger = { .chunk = chunk, .far_class = (uint8_t) class };
        memcpy(far_keys(flat, &larger), far_keys(flat, side),
               side->far_count * sizeof(uint32_t));
        memcpy(far_values(flat, &larger, 0), far_values(flat, side, 0),
               side->far_count * flat->columns * sizeof(uint64_t));
        give_chunk(flat, side->chunk, side->far_class);
    }
    side->chunk = chunk;
    side->far_class = (uint8_t) class;
    return true;
}

static uint64_t *open_far(cp_flat *flat, cp_flat_side *side, uint32_t key)
{
    if (!far_has_room(flat, side, 1))
        return NULL;
    uint32_t rank = far_rank(flat, side, key), moved = side->far_count++ - rank;
    uint32_t *keys = far_keys(flat, side) + rank;
    uint64_t *values = far_values(flat, side, rank);
    size_t size = flat->columns * sizeof *values;
    memmove(keys + 1, keys, moved * sizeof *keys);
    memmove(values + flat->columns, values, moved * size);
    *keys = key;
    memset(values, 0, size);
    return values;
}

static void close_far(cp_flat *flat, cp_flat_side *side, uint32_t key)
{
    uint32_t rank = far_rank(flat, side, key), moved = --side->far_count - rank;
    uint32_t *keys = far_keys(flat, side) + rank;
    uint64_t *values = far_values(flat, side, rank);
    CP_ASSERT(*keys == key);
    memmove(keys, keys + 1, moved * sizeof *keys);
    memmove(values, values + flat->columns, moved * flat->columns * sizeof *values);
}

uint64_t *cp_flat_far(const cp_flat *flat, const cp_flat_side *side, uint32_t key)
{
    if (side->far_count == 0)
        return NULL;
    uint32_t rank = far_rank(flat, side, key);
    if (rank == side->far_count || far_keys(flat, side)[rank] != key)
        return NULL;
    return far_values(flat, side, rank);
}

/* ---- near ---------------------------------------------------------------------------- */

static uint64_t *near_values(const cp_flat *flat, cp_flat_side *side, uint32_t place)
{
    return side->values + (size_t)place * flat->columns;
}

/* The worst near levels become the best far ones. */
static bool spill(cp_flat *flat, cp_flat_side *side)
{
    if (!far_has_room(flat, side, MOVED))
        return false;
    for (uint32_t i = 0; i < MOVED; i++) {
        uint32_t from = --side->near_count, to = side->far_count++;
        far_keys(flat, side)[to] = side->keys[from];
        memcpy(far_values(flat, side, to), near_values(flat, side, from),
               flat->columns * sizeof(uint64_t));
        side->keys[from] = CP_FLAT_EMPTY;
    }
    return true;
}

/* And back. */
static void refill(const cp_flat *flat, cp_flat_side *side)
{
    for (uint32_t i = 0; i < MOVED && side->far_count > 0; i++) {
        uint32_t to = side->near_count++, from = --side->far_count;
        side->keys[to] = far_keys(flat, side)[from];
        memcpy(near_values(flat, side, to), far_values(flat, side, from),
               flat->columns * sizeof(uint64_t));
    }
}

uint64_t *cp_flat_open(cp_flat *flat, cp_flat_side *side, uint32_t key)
{
    if (cp_flat_count(side) == CP_FLAT_LEVELS_MAX)
        return NULL;
    uint32_t place = 0;
    while (place < side->near_count && side->keys[place] > key)
        place++;
    if (place == side->near_count && (side->far_count > 0 || place == CP_FLAT_NEAR))
        return open_far(flat, side, key);
    if (side->near_count == CP_FLAT_NEAR) {
        if (!spill(flat, side))
            return NULL;
        if (place > side->near_count)
            return open_far(flat, side, key);
    }
    uint32_t moved = side->near_count++ - place;
    uint64_t *values = near_values(flat, side, place);
    size_t size = flat->columns * sizeof *values;
    memmove(side->keys + place + 1, side->keys + place, moved * sizeof(uint32_t));
    memmove(values + flat->columns, values, moved * size);
    side->keys[place] = key;
    memset(values, 0, size);
    return values;
}

void cp_flat_close(cp_flat *flat, cp_flat_side *side, uint32_t key)
{
    uint32_t match = cp_flat_match(side, key);
    if (match == 0) {
        close_far(flat, side, key);
        return;
    }
    uint32_t place = (uint32_t)__builtin_ctz(match), moved = --side->near_count - place;
    uint64_t *values = near_values(flat, side, place);
    memmove(side->keys + place, side->keys + place + 1, moved * sizeof(uint32_t));
    memmove(values, values + flat->columns, moved * flat->columns * sizeof *values);
    side->keys[side->near_count] = CP_FLAT_EMPTY;
    if (CP_UNLIKELY(side->near_count < LOW))
        refill(flat, side);
}

/* ---- all ----------------------------------------------------------------------------- */

uint32_t cp_flat_level(const cp_flat *flat, const cp_flat_side *side, uint32_t index,
                       const uint64_t **values)
{
    CP_ASSERT(index < cp_flat_count(side));
    if (index < side->near_count) {
        *values = side->values + (size_t)index * flat->columns;
        return side->keys[index];
    }
    uint32_t place = side->far_count - 1u - (index - side->near_count);
    *values = far_values(flat, side, place);
    return far_keys(flat, side)[place];
}
