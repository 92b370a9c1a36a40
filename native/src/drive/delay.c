#include "drive/delay.h"

int cp_delay_init(cp_delay *delay, uint32_t capacity, uint64_t delay_ns)
{
    if (capacity == 0 || (capacity & (capacity - 1)) != 0)
        return -EINVAL;
    *delay = (cp_delay){ .mask = capacity - 1, .delay_ns = delay_ns };
    delay->lines = calloc(capacity, sizeof *delay->lines);
    return delay->lines ? 0 : -ENOMEM;
}

void cp_delay_free(cp_delay *delay)
{
    free(delay->lines);
    delay->lines = NULL;
}

void cp_delay_read(const cp_delay *delay, const char *name, cp_ring_picture *picture)
{
    memset(picture, 0, sizeof *picture);
    snprintf(picture->name, sizeof picture->name, "%s", name);
    picture->capacity = delay->mask + 1;
    picture->fill = delay->put_count - delay->taken_count;
    picture->high_water = delay->high_water;
    picture->full_count = delay->full_count;
}
