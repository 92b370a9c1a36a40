#include "base/ring.h"

int cp_ring_init(cp_ring *ring, uint32_t capacity, uint32_t line_size)
{
    bool power_of_two = capacity > 0 && (capacity & (capacity - 1)) == 0;
    if (!power_of_two || line_size == 0 || line_size % sizeof(uint64_t) != 0)
        return -EINVAL;

    memset(ring, 0, sizeof *ring);
    size_t size = (size_t)capacity * line_size;
    ring->lines = aligned_alloc(CP_LINE, (size + CP_LINE - 1) / CP_LINE * CP_LINE);
    if (!ring->lines)
        return -ENOMEM;
    memset(ring->lines, 0, size); /* touch every page now, not on the hot path */
    ring->mask = capacity - 1;
    ring->line_size = line_size;
    return 0;
}

void cp_ring_free(cp_ring *ring)
{
    free(ring->lines);
    ring->lines = NULL;
}

void cp_ring_read(const cp_ring *ring, const char *name, cp_ring_picture *picture)
{
    /* Released first: a ring that moves meanwhile then looks fuller, never negative. */
    uint64_t released = atomic_load_explicit(&ring->released, memory_order_relaxed);
    uint64_t published = atomic_load_explicit(&ring->published, memory_order_relaxed);
    uint64_t fill = published > released ? published - released : 0;

    memset(picture, 0, sizeof *picture);
    snprintf(picture->name, sizeof picture->name, "%s", name);
    picture->capacity = ring->mask + 1;
    picture->fill = fill < picture->capacity ? fill : picture->capacity;
    picture->high_water = atomic_load_explicit(&ring->high_water, memory_order_relaxed);
    picture->full_count = atomic_load_explicit(&ring->full_count, memory_order_relaxed);
}
