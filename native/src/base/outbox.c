#include "base/outbox.h"

int cp_outbox_init(cp_outbox *outbox, uint32_t capacity)
{
    *outbox = (cp_outbox){ 0 };
    if (capacity == 0)
        return -EINVAL;
    size_t size = (size_t)capacity * CP_LINE;
    outbox->lines = aligned_alloc(CP_LINE, size);
    if (!outbox->lines)
        return -ENOMEM;
    memset(outbox->lines, 0, size); /* touch every page now, not on the hot path */
    outbox->capacity = outbox->limit = capacity;
    outbox->own_lines = outbox->lines;
    outbox->mask = UINT64_MAX;
    return 0;
}

void cp_outbox_bind(cp_outbox *outbox, const cp_ring *ring)
{
    CP_ASSERT(outbox->count == 0 && ring->line_size == CP_LINE);
    CP_ASSERT(cp_ring_capacity(ring) >= outbox->capacity);
    outbox->lines = ring->lines;
    outbox->first = atomic_load_explicit(&ring->published, memory_order_relaxed);
    outbox->mask = ring->mask;
    outbox->bound = true;
}

void cp_outbox_free(cp_outbox *outbox)
{
    free(outbox->own_lines);
    *outbox = (cp_outbox){ 0 };
}
