/* ring.h: the link inside one process: one producer, one consumer, no lock.
 *
 * Lines are filled where they lie and published by one release store; a batch is claimed
 * and published at once, which more than halves the cost of a line. The two sides write
 * two cache lines apart, and each keeps the other's index as last read, so the shared
 * lines move only when one side runs into that.
 *
 *     producer  cp_ring_room, cp_ring_claim(i) .. fill .., cp_ring_publish(n)
 *     consumer  cp_ring_ready, cp_ring_peek(i) .. read .., cp_ring_release(n)
 *
 * What happens when it is full is the producer's decision; it counts that here.
 */
#ifndef CP_RING_H
#define CP_RING_H

#include <stdatomic.h>

#include "base/base.h"

typedef struct cp_ring {
    /* Set by init. */
    uint8_t *lines;
    uint64_t mask;      /* capacity - 1 */
    uint32_t line_size; /* bytes, a multiple of 8 */

    /* Written by the producer. */
    alignas(CP_LINE_PAIR) _Atomic uint64_t published; /* lines ever published */
    uint64_t released_seen;
    _Atomic uint64_t high_water; /* most lines ever waiting, as the producer saw it */
    _Atomic uint64_t full_count; /* times it had to wait, or to give up */

    /* Written by the consumer. */
    alignas(CP_LINE_PAIR) _Atomic uint64_t released; /* lines ever released */
    uint64_t published_seen;
} cp_ring;

/* -EINVAL unless capacity is a power of two and line_size a multiple of 8. */
int cp_ring_init(cp_ring *ring, uint32_t capacity, uint32_t line_size);
void cp_ring_free(cp_ring *ring);

static inline uint64_t cp_ring_capacity(const cp_ring *ring)
{
    return ring->mask + 1;
}

/* Lines the producer may claim now; looks again only when fewer than `wanted` are known. */
static inline uint64_t cp_ring_room(cp_ring *ring, uint64_t wanted)
{
    uint64_t published = atomic_load_explicit(&ring->published, memory_order_relaxed);
    uint64_t waiting = published - ring->released_seen;
    if (CP_UNLIKELY(cp_ring_capacity(ring) - waiting < wanted)) {
        /* Pairs with the release in cp_ring_release: the lines are read and done with. */
        ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
        waiting = published - ring->released_seen;
    }
    return cp_ring_capacity(ring) - waiting;
}

/* The line `offset` past the last published; the caller has asked for room. */
static inline void *cp_ring_claim(cp_ring *ring, uint64_t offset)
{
    uint64_t at = atomic_load_explicit(&ring->published, memory_order_relaxed) + offset;
    return ring->lines + (at & ring->mask) * ring->line_size;
}

static inline void cp_ring_publish(cp_ring *ring, uint64_t count)
{
    uint64_t published =
        atomic_load_explicit(&ring->published, memory_order_relaxed) + count;
    uint64_t waiting = published - ring->released_seen;
    CP_ASSERT(waiting <= cp_ring_capacity(ring));
    if (waiting > atomic_load_explicit(&ring->high_water, memory_order_relaxed)) {
        /* The index last seen is old: look before calling it a record. Pairs with the
         * release in cp_ring_release. */
        ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
        waiting = published - ring->released_seen;
        if (waiting > atomic_load_explicit(&ring->high_water, memory_order_relaxed))
            atomic_store_explicit(&ring->high_water, waiting, memory_order_relaxed);
    }
    /* Pairs with the acquire in cp_ring_ready: the lines are written. */
    atomic_store_explicit(&ring->published, published, memory_order_release);
}

/* The producer found no room and waits, or gives its line up. */
static inline void cp_ring_count_full(cp_ring *ring)
{
    uint64_t count = atomic_load_explicit(&ring->full_count, memory_order_relaxed);
    atomic_store_explicit(&ring->full_count, count + 1, memory_order_relaxed);
}

/* Lines the consumer may read now; looks again only when none is known. */
static inline uint64_t cp_ring_ready(cp_ring *ring)
{
    uint64_t released = atomic_load_explicit(&ring->released, memory_order_relaxed);
    if (released == ring->published_seen) {
        /* Pairs with the release in cp_ring_publish: the lines are written. */
        ring->published_seen =
            atomic_load_explicit(&ring->published, memory_order_acquire);
    }
    return ring->published_seen - released;
}

/* The line `offset` past the last released; the caller has asked how many are ready. */
static inline const void *cp_ring_peek(const cp_ring *ring, uint64_t offset)
{
    uint64_t at = atomic_load_explicit(&ring->released, memory_order_relaxed) + offset;
    return ring->lines + (at & ring->mask) * ring->line_size;
}

static inline void cp_ring_release(cp_ring *ring, uint64_t count)
{
    uint64_t released =
        atomic_load_explicit(&ring->released, memory_order_relaxed) + count;
    CP_ASSERT(released <= ring->published_seen);
    /* Pairs with the acquires in cp_ring_room and cp_ring_publish. */
    atomic_store_explicit(&ring->released, released, memory_order_release);
}

/* For the screen, from any thread. */
void cp_ring_read(const cp_ring *ring, const char *name, cp_ring_picture *picture);

#endif /* CP_RING_H */
