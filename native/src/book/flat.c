#include "book/flat.h"
#include "book/memory.h"

static uint32_t class_of(uint32_t capacity)
{
    return (uint32_t)__builtin_ctz(capacity / CP_FLAT_WINDOW);
}

static uint32_t lines_of(const cp_flat *flat, uint32_t capacity)
{
    size_t size = capacity * (sizeof(int32_t) + flat->columns * sizeof(uint64_t));
    return (uint32_t)(size / CP_LINE);
}

static uint8_t *chunk_at(const cp_flat *flat, uint32_t line)
{
    return flat->arena + (size_t)line * CP_LINE;
}

/* A chunk for `capacity` levels, all of them empty, or CP_NONE. */
static uint32_t take_chunk(cp_flat *flat, uint32_t capacity)
{
    uint32_t line_count = lines_of(flat, capacity);
    uint32_t *free_chunk = &flat->free_chunks[class_of(capacity)];
    uint32_t line = *free_chunk;
    if (line != CP_NONE) {
        memcpy(free_chunk, chunk_at(flat, line), sizeof *free_chunk);
    } else {
        if (flat->line_count - flat->line_next < line_count)
            return CP_NONE;
        line = flat->line_next;
        flat->line_next += line_count;
    }
    memset(chunk_at(flat, line), 0, (size_t)line_count * CP_LINE);
    int32_t *keys = (int32_t *)(void *)chunk_at(flat, line);
    for (uint32_t i = 0; i < capacity; i++)
        keys[i] = CP_FLAT_EMPTY;
    return line;
}

static void give_chunk(cp_flat *flat, uint32_t line, uint32_t capacity)
{
    uint32_t *free_chunk = &flat->free_chunks[class_of(capacity)];
    memcpy(chunk_at(flat, line), free_chunk, sizeof *free_chunk);
    *free_chunk = line;
}

/* A line before the first chunk and one behind the last are there to be looked at. */
static int take_memory(cp_flat *flat, uint32_t level_count)
{
    uint64_t level_size = sizeof(int32_t) + flat->columns * sizeof(uint64_t);
    uint64_t lines = (uint64_t)flat->side_count * lines_of(flat, CP_FLAT_WINDOW) +
                     level_count * level_size / CP_LINE + 2;
    if (lines >= CP_NONE)
        return -EINVAL;
    flat->line_count = (uint32_t)lines - 1;
    flat->line_next = 1;
    flat->arena = cp_memory_take((size_t)lines * CP_LINE);
    flat->sides = cp_memory_take(flat->side_count * sizeof *flat->sides);
    return flat->arena && flat->sides ? 0 : -ENOMEM;
}

int cp_flat_init(cp_flat *flat, uint32_t symbol_count, uint32_t columns,
                 uint32_t level_count)
{
    *flat = (cp_flat){ .side_count = 2 * symbol_count, .columns = columns };
    if (symbol_count == 0 || symbol_count > UINT16_MAX + 1u)
        return -EINVAL;
    CP_ASSERT(columns == 1 || columns == 2);
    for (uint32_t i = 0; i < CP_FLAT_CLASSES; i++)
        flat->free_chunks[i] = CP_NONE;
    int result = take_memory(flat, level_count);
    if (result != 0) {
        cp_flat_free(flat);
        return result;
    }
    for (uint32_t i = 0; i < flat->side_count; i++) {
        uint32_t chunk = take_chunk(flat, CP_FLAT_WINDOW);
        CP_ASSERT(chunk != CP_NONE);
        flat->sides[i] = (cp_flat_side){ .chunk = chunk, .capacity = CP_FLAT_WINDOW };
    }
    return 0;
}

void cp_flat_free(cp_flat *flat)
{
    cp_memory_give(flat->arena);
    cp_memory_give(flat->sides);
    *flat = (cp_flat){ 0 };
}

int cp_flat_grow(cp_flat *flat, cp_flat_side *side)
{
    CP_ASSERT(side->count == side->capacity);
    if (side->capacity == CP_FLAT_LEVELS_MAX)
        return -ENOSPC;
    cp_flat_side larger = { .count = side->count };
    larger.capacity = (uint16_t)(2u * side->capacity);
    larger.chunk = take_chunk(flat, larger.capacity);
    if (larger.chunk == CP_NONE)
        return -ENOSPC;
    memcpy(cp_flat_keys(flat, &larger), cp_flat_keys(flat, side),
           side->count * sizeof(int32_t));
    for (uint32_t column = 0; column < flat->columns; column++)
        memcpy(cp_flat_column(flat, &larger, column), cp_flat_column(flat, side, column),
               side->count * sizeof(uint64_t));
    give_chunk(flat, side->chunk, side->capacity);
    *side = larger;
    return 0;
}

uint32_t cp_flat_search(const int32_t *keys, uint32_t count, int32_t key)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (keys[middle] > key)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
