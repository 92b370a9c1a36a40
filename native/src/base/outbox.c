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
    return 0;
}

void cp_outbox_free(cp_outbox *outbox)
{
    free(outbox->lines);
    *outbox = (cp_outbox){ 0 };
}
