/* delay.h: the link under virtual time: a line goes in now and is due later.
 *
 * What was put in first is due first, whatever is drawn for it, so a ring is enough.
 */
#ifndef CP_DELAY_H
#define CP_DELAY_H

#include "drive/latency.h"

typedef struct cp_delayed {
    uint8_t line[CP_LINE];
    uint64_t due_ns;
} cp_delayed;

typedef struct cp_delay {
    cp_delayed *lines;
    uint64_t mask;
    uint64_t put_count, taken_count;
    uint64_t high_water, full_count;
    uint64_t delay_ns;
    cp_transit *transit; /* what is drawn beside delay_ns; NULL: nothing */
    uint64_t late_ns; /* nothing put from now on is due before: the link stands still */
} cp_delay;

/* -EINVAL unless capacity is a power of two. */
int cp_delay_init(cp_delay *delay, uint32_t capacity, uint64_t delay_ns);
void cp_delay_free(cp_delay *delay);
void cp_delay_read(const cp_delay *delay, const char *name, cp_ring_picture *picture);

static inline uint64_t cp_delay_room(const cp_delay *delay)
{
    return delay->mask + 1 - (delay->put_count - delay->taken_count);
}

/* The caller has asked for room. */
static inline void *cp_delay_put(cp_delay *delay, const void *line, uint64_t now_ns)
{
    cp_delayed *slot = &delay->lines[delay->put_count++ & delay->mask];
    memcpy(slot->line, line, CP_LINE);
    slot->due_ns = now_ns + delay->delay_ns;
    if (CP_UNLIKELY(delay->transit != NULL))
        slot->due_ns += cp_transit_draw(delay->transit);
    if (slot->due_ns < delay->late_ns)
        slot->due_ns = delay->late_ns;
    if (CP_UNLIKELY(delay->transit != NULL))
        delay->late_ns = slot->due_ns;
    uint64_t waiting = delay->put_count - delay->taken_count;
    if (waiting > delay->high_water)
        delay->high_water = waiting;
    return slot->line;
}

/* When the first line is due, or UINT64_MAX. */
static inline uint64_t cp_delay_next_ns(const cp_delay *delay)
{
    if (delay->put_count == delay->taken_count)
        return UINT64_MAX;
    return delay->lines[delay->taken_count & delay->mask].due_ns;
}

/* Take the first line; it stays readable until the next put. */
static inline const void *cp_delay_take(cp_delay *delay)
{
    CP_ASSERT(delay->put_count > delay->taken_count);
    return delay->lines[delay->taken_count++ & delay->mask].line;
}

#endif /* CP_DELAY_H */
