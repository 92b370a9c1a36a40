#include "venue/records.h"

int cp_records_init(cp_records *records, uint32_t capacity)
{
    CP_ASSERT(capacity > 0);
    *records = (cp_records){ .free_head = CP_NONE, .capacity = capacity, .mask = 1 };
    while (records->mask < capacity)
        records->mask = records->mask * 2 + 1;
    size_t size = capacity * sizeof(cp_record);
    size_t chains_size = ((size_t)records->mask + 1) * sizeof(uint32_t);
    records->records = aligned_alloc(CP_LINE, (size + CP_LINE - 1) / CP_LINE * CP_LINE);
    records->chains = malloc(chains_size);
    if (!records->records || !records->chains) {
        cp_records_free(records);
        return -ENOMEM;
    }
    memset(records->chains, 0xff, chains_size); /* CP_NONE */
    memset(records->records, 0, size);
    for (uint32_t i = 0; i < capacity; i++)
        records->records[i].next = i + 1 < capacity ? i + 1 : CP_NONE;
    records->free_head = 0;
    return 0;
}

void cp_records_free(cp_records *records)
{
    free(records->records);
    free(records->chains);
    *records = (cp_records){ .free_head = CP_NONE };
}

cp_record *cp_records_put(cp_records *records, uint32_t index)
{
    uint32_t at = records->free_head;
    if (at == CP_NONE)
        return NULL;
    cp_record *record = &records->records[at];
    records->free_head = record->next;
    uint32_t *chain = &records->chains[cp_records_chain(records, index)];
    *record = (cp_record){ .index = index, .next = *chain };
    *chain = at;
    records->count++;
    return record;
}

void cp_records_remove(cp_records *records, uint32_t index)
{
    uint32_t *link = &records->chains[cp_records_chain(records, index)];
    while (*link != CP_NONE && records->records[*link].index != index)
        link = &records->records[*link].next;
    uint32_t at = *link;
    CP_ASSERT(at != CP_NONE && records->count > 0);
    *link = records->records[at].next;
    records->records[at].next = records->free_head;
    records->free_head = at;
    records->count--;
}
