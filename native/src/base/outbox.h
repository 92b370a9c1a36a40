/* outbox.h: where a step function leaves its messages; the drive carries them off.
 *
 * Bounded: the owner of the object that fills it sizes it for the most one step can
 * say. The drive lowers `limit` below `capacity` when the way out has less room, so
 * that a full link is known before a message is made, not after.
 *
 * Bound to a ring, its lines are the ring's own: what is written is where it will be read,
 * and the drive publishes `count` lines and clears, with no copy in between.
 */
#ifndef CP_OUTBOX_H
#define CP_OUTBOX_H

#include "base/base.h"
#include "base/ring.h"

typedef struct cp_outbox {
    uint8_t *lines; /* capacity x CP_LINE bytes, line aligned; or the ring's */
    uint64_t first; /* place of line 0: moves in a ring */
    uint64_t mask;  /* of places: the ring's, or all bits */
    uint32_t count;
    uint32_t limit; /* at most capacity */
    uint32_t capacity;
    bool bound;
    uint8_t *own_lines;
} cp_outbox;

int cp_outbox_init(cp_outbox *outbox, uint32_t capacity);
void cp_outbox_free(cp_outbox *outbox);
/* Write into this ring from now on, whose lines are CP_LINE long and whose capacity is not
 * less. The outbox is empty, and nothing else is published there. Before a step the drive
 * sees to room for all the step may say. */
void cp_outbox_bind(cp_outbox *outbox, const cp_ring *ring);

static inline bool cp_outbox_is_full(const cp_outbox *outbox)
{
    return outbox->count >= outbox->limit;
}

/* The next line to fill. Asking a full outbox is a programmer's error. */
static inline void *cp_outbox_add(cp_outbox *outbox)
{
    CP_ASSERT(outbox->count < outbox->capacity);
    uint64_t place = (outbox->first + outbox->count++) & outbox->mask;
    return outbox->lines + place * CP_LINE;
}

static inline const void *cp_outbox_at(const cp_outbox *outbox, uint32_t index)
{
    return outbox->lines + ((outbox->first + index) & outbox->mask) * CP_LINE;
}

static inline void cp_outbox_clear(cp_outbox *outbox)
{
    outbox->first += outbox->bound ? outbox->count : 0;
    outbox->count = 0;
}

#endif /* CP_OUTBOX_H */
