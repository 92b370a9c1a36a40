/* outbox.h: where a step function leaves its messages; the drive carries them off.
 *
 * Bounded: the owner of the object that fills it sizes it for the most one step can
 * say. The drive lowers `limit` below `capacity` when the way out has less room, so
 * that a full link is known before a message is made, not after.
 */
#ifndef CP_OUTBOX_H
#define CP_OUTBOX_H

#include "base/base.h"

typedef struct cp_outbox {
    uint8_t *lines; /* capacity x CP_LINE bytes, line aligned */
    uint32_t count;
    uint32_t limit; /* at most capacity */
    uint32_t capacity;
} cp_outbox;

int cp_outbox_init(cp_outbox *outbox, uint32_t capacity);
void cp_outbox_free(cp_outbox *outbox);

static inline bool cp_outbox_is_full(const cp_outbox *outbox)
{
    return outbox->count >= outbox->limit;
}

/* The next line to fill. Asking a full outbox is a programmer's error. */
static inline void *cp_outbox_add(cp_outbox *outbox)
{
    CP_ASSERT(outbox->count < outbox->capacity);
    return outbox->lines + (size_t)outbox->count++ * CP_LINE;
}

static inline const void *cp_outbox_at(const cp_outbox *outbox, uint32_t index)
{
    return outbox->lines + (size_t)index * CP_LINE;
}

static inline void cp_outbox_clear(cp_outbox *outbox)
{
    outbox->count = 0;
}

#endif /* CP_OUTBOX_H */
