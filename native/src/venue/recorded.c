#include "venue/recorded.h"

static uint64_t slot_of(const cp_recorded_table *table, uint64_t ref)
{
    return cp_mix(0x9e3779b97f4a7c15u, ref) & table->mask;
}

int cp_recorded_init(cp_recorded_table *table, uint32_t capacity)
{
    uint64_t slot_count = 64;
    while (slot_count < 2 * (uint64_t)capacity)
        slot_count *= 2;
    table->slots = calloc(slot_count, sizeof *table->slots);
    if (table->slots == NULL)
        return -ENOMEM;
    table->mask = slot_count - 1;
    table->limit = slot_count / 4 * 3;
    return 0;
}

void cp_recorded_free(cp_recorded_table *table)
{
    free(table->slots);
    *table = (cp_recorded_table){ 0 };
}

cp_recorded *cp_recorded_get(const cp_recorded_table *table, uint64_t ref)
{
    for (uint64_t at = slot_of(table, ref);; at = (at + 1) & table->mask) {
        cp_recorded *order = &table->slots[at];
        if (!order->used)
            return NULL;
        if (order->ref == ref)
            return order;
    }
}

cp_recorded *cp_recorded_put(cp_recorded_table *table, uint64_t ref)
{
    if (table->count == table->limit)
        return NULL;
    uint64_t at = slot_of(table, ref);
    while (table->slots[at].used)
        at = (at + 1) & table->mask;
    table->count++;
    table->slots[at] = (cp_recorded){ .ref = ref, .used = 1 };
    return &table->slots[at];
}

/* Entries behind move back into the gap, so that no search ends too early. */
void cp_recorded_remove(cp_recorded_table *table, cp_recorded *order)
{
    uint64_t gap = (uint64_t)(order - table->slots);
    CP_ASSERT(order->used && table->count > 0);
    for (uint64_t at = gap;;) {
        at = (at + 1) & table->mask;
        if (!table->slots[at].used)
            break;
        uint64_t home = slot_of(table, table->slots[at].ref);
        if (((at - home) & table->mask) >= ((at - gap) & table->mask)) {
            table->slots[gap] = table->slots[at];
            gap = at;
        }
    }
    table->slots[gap] = (cp_recorded){ 0 };
    table->count--;
}
