/* journal_kit.h: a journal kept in memory, to be broken as a test likes, and an engine in
 * virtual time that records into it. What "survives" is what the kit holds: the files, of
 * each how much was synced, and the ring. */
#ifndef CP_JOURNAL_KIT_H
#define CP_JOURNAL_KIT_H

#include "base/mishap.h"
#include "base/random.h"
#include "drive/engine.h"
#include "test.h"

#define MEMORY_FILES 4096

typedef struct memory_file {
    uint64_t first;
    uint8_t *bytes;
    uint64_t size, capacity, synced;
} memory_file;

typedef struct memory_store {
    memory_file files[MEMORY_FILES];
    uint32_t count;
    bool is_open;
    uint8_t *head; /* NULL: none */
    uint64_t sync_count, write_count;
} memory_store;

static inline uint32_t memory_count(void *self)
{
    return ((memory_store *)self)->count;
}

static inline int memory_map(void *self, uint32_t index, const uint8_t **bytes,
                             uint64_t *size, uint64_t *first)
{
    const memory_file *file = &((memory_store *)self)->files[index];
    *bytes = file->bytes;
    *size = file->size;
    *first = file->first;
    return 0;
}

static inline int memory_reopen(void *self, uint32_t count, uint64_t size)
{
    memory_store *store = self;
    for (; store->count > count; store->count--)
        free(store->files[store->count - 1].bytes);
    store->is_open = count > 0;
    if (count > 0) {
        memory_file *file = &store->files[count - 1];
        file->size = size;
        file->synced = file->synced < size ? file->synced : size;
    }
    return 0;
}

static inline int memory_open(void *self, uint64_t first, uint64_t size_max)
{
    memory_store *store = self;
    (void)size_max;
    if (store->count == MEMORY_FILES)
        return -ENOSPC;
    store->files[store->count++] = (memory_file){ .first = first };
    store->is_open = true;
    return 0;
}

static inline int memory_write(void *self, const void *bytes, uint64_t size)
{
    memory_store *store = self;
    memory_file *file = &store->files[store->count - 1];
    CHECK(store->is_open);
    if (file->size + size > file->capacity) {
        file->capacity = 2 * (file->size + size);
        file->bytes = realloc(file->bytes, file->capacity);
        CHECK(file->bytes != NULL);
    }
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
    store->write_count++;
    return 0;
}

static inline int memory_sync(void *self)
{
    memory_store *store = self;
    for (uint32_t i = 0; i < store->count; i++)
        store->files[i].synced = store->files[i].size;
    store->sync_count++;
    return 0;
}

static inline void memory_close(void *self)
{
    ((memory_store *)self)->is_open = false;
}

static inline int memory_head(void *self, uint64_t journal_id, bool make,
                              uint8_t **memory)
{
    memory_store *store = self;
    (void)journal_id;
    if (!store->head && make) {
        store->head = calloc(1, CP_JOURNAL_HEAD_SIZE);
        CHECK(store->head != NULL);
    }
    *memory = store->head;
    return 0;
}

static inline void memory_drop_head(void *self)
{
    memory_store *store = self;
    free(store->head);
    store->head = NULL;
}

static inline void memory_keep(void *self)
{
    (void)self; /* the desk is gone, what it wrote is not */
}

static inline cp_store memory_as_store(memory_store *store)
{
    return (cp_store){ .self = store,
                       .count = memory_count,
                       .map = memory_map,
                       .reopen = memory_reopen,
                       .open = memory_open,
                       .write = memory_write,
                       .sync = memory_sync,
                       .close = memory_close,
                       .head = memory_head,
                       .drop_head = memory_drop_head,
                       .destroy = memory_keep };
}

static inline void memory_free(memory_store *store)
{
    for (uint32_t i = 0; i < store->count; i++)
        free(store->files[i].bytes);
    free(store->head);
    *store = (memory_store){ .count = 0 };
}

static inline void memory_copy(memory_store *to, const memory_store *from)
{
    *to = *from;
    to->is_open = false;
    for (uint32_t i = 0; i < from->count; i++) {
        memory_file *file = &to->files[i];
        file->capacity = file->size + 1;
        file->bytes = malloc(file->capacity);
        CHECK(file->bytes != NULL);
        memcpy(file->bytes, from->files[i].bytes, file->size);
    }
    if (from->head) {
        to->head = malloc(CP_JOURNAL_HEAD_SIZE);
        CHECK(to->head != NULL);
        memcpy(to->head, from->head, CP_JOURNAL_HEAD_SIZE);
    }
}

/* The power goes: the ring with it, and of what was not synced any sectors stay, go or
 * come out wrong. */
static inline void memory_lose_power(memory_store *store, cp_random *random)
{
    memory_drop_head(store);
    store->is_open = false;
    for (uint32_t i = 0; i < store->count; i++) {
        memory_file *file = &store->files[i];
        for (uint64_t at = file->synced; at < file->size;) {
            uint64_t end = (at / 512 + 1) * 512;
            end = end < file->size ? end : file->size;
            uint64_t fate = cp_random_below(random, 4);
            for (uint64_t k = at; k < end && fate > 0; k++)
                file->bytes[k] = fate == 1   ? 0
                                 : fate == 2 ? (uint8_t)cp_random_u64(random)
                                             : file->bytes[k];
            at = end;
        }
        if (file->size > file->synced && cp_random_below(random, 2) == 0)
            file->size -= cp_random_below(random, file->size - file->synced + 1);
    }
    /* The last file's name may not have reached the directory. */
    while (store->count > 1 && store->files[store->count - 1].synced == 0 &&
           cp_random_below(random, 2) == 0)
        free(store->files[--store->count].bytes);
}

/* ---- an engine on it ---------------------------------------------------------------------- */

static inline cp_config journal_kit_config(uint64_t seed)
{
    cp_config c = { .seed = seed,
                    .virtual_time = 1,
                    .desk = 1,
                    .symbol_count = 2,
                    .order_capacity = 1 << 12,
                    .desk_order_capacity = 64,
                    .ring_capacity = 16384,
                    .waiting = CP_WAIT_YIELD,
                    .venue_cpu = -2,
                    .desk_cpu = -2,
                    .link_latency_ns = 5000 };
    c.flow = (cp_flow_config){ .kind = CP_FLOW_SYNTHETIC,
                               .rate = 20000,
                               .depth = 100,
                               .order_qty = 100,
                               .volatility = 20,
                               .drift = 5,
                               .half_spread = 1.5 };
    for (uint32_t i = 0; i < c.symbol_count; i++) {
        c.instruments[i] = (cp_instrument){ .increment = 1000000,
                                            .point_value = 1000000,
                                            .maker_fee = -200000,
                                            .taker_fee = 300000,
                                            .price_max = 1 << 16,
                                            .price_start = 15000 };
        snprintf(c.instruments[i].name, CP_NAME_SIZE, "S%u", i);
    }
    for (uint32_t i = 0; cp_limit_parameter(i); i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        c.limits[i] = (int64_t)(limit->standard * scale);
    }
    c.limits[CP_LIMIT_MESSAGE_RATE] = 1000000;
    static const char *const kinds[] = { "market_maker", "market_maker", "momentum" };
    for (uint32_t slot = 0; slot < 3; slot++) {
        cp_strategy_config *s = &c.strategies[slot];
        *s = (cp_strategy_config){ .mode = CP_MODE_LIVE, .used = 1, .symbol = slot % 2 };
        snprintf(s->name, CP_NAME_SIZE, "s%u", slot);
        while (strcmp(cp_strategy_kind_name(s->kind), kinds[slot]) != 0)
            s->kind++;
        for (uint32_t i = 0; i < cp_strategy_parameter_count(s->kind); i++)
            s->parameters[i] = cp_strategy_parameter(s->kind, i)->standard;
    }
    c.journal.level = CP_JOURNAL_BACKGROUND;
    c.journal.segment_records = 1024;
    return c;
}

/* A new engine; its desk goes on from the store. 0, or why not. */
static inline int journal_kit_try(cp_engine **engine, const cp_config *config,
                                  memory_store *store, char *error)
{
    cp_store given = memory_as_store(store);
    int result = cp_engine_create(engine, config, error);
    CHECK_EQ(0, result);
    result = cp_engine_recover(*engine, &given, error);
    if (result != 0) {
        cp_engine_destroy(*engine);
        *engine = NULL;
    }
    return result;
}

static inline cp_engine *journal_kit_open(const cp_config *config, memory_store *store)
{
    char error[CP_ERROR_SIZE];
    cp_engine *engine;
    int result = journal_kit_try(&engine, config, store, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    CHECK_EQ(0, result);
    return engine;
}

/* As if its process had died. */
static inline void journal_kit_kill(cp_engine *engine)
{
    if (engine->journal)
        engine->journal->slots = NULL; /* it does not get to close its books */
    cp_engine_destroy(engine);
}

#endif /* CP_JOURNAL_KIT_H */
