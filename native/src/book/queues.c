#include "book/queues.h"
#include "book/memory.h"

int cp_queues_init(cp_queues *queues, uint32_t line_count)
{
    *queues = (cp_queues){ .free_head = CP_NONE, .fresh = 1 };
    if (line_count == 0 || line_count >= INT32_MAX)
        return -EINVAL;
    queues->capacity = line_count + 1;
    queues->lines = cp_memory_take(queues->capacity * sizeof *queues->lines);
    return queues->lines ? 0 : -ENOMEM;
}

void cp_queues_free(cp_queues *queues)
{
    cp_memory_give(queues->lines);
    *queues = (cp_queues){ 0 };
}

uint32_t cp_queues_take(cp_queues *queues, uint32_t prev, uint32_t slot)
{
    uint32_t number = queues->free_head;
    if (number != CP_NONE)
        queues->free_head = queues->lines[number].next;
    else if (queues->fresh < queues->capacity)
        number = queues->fresh++;
    else
        return CP_NONE;
    cp_queue_line *line = &queues->lines[number];
    memset(line, 0xff, sizeof *line); /* CP_NONE everywhere */
    line->slots[0] = slot;
    line->prev = prev;
    if (prev != CP_NONE)
        queues->lines[prev].next = number;
    return number;
}

void cp_queues_give(cp_queues *queues, uint32_t number)
{
    CP_ASSERT(number != 0 && number < queues->capacity);
    cp_queue_line *line = &queues->lines[number];
    if (line->prev != CP_NONE)
        queues->lines[line->prev].next = line->next;
    if (line->next != CP_NONE)
        queues->lines[line->next].prev = line->prev;
    line->next = queues->free_head;
    queues->free_head = number;
}
