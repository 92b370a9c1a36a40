/* A run of messages, visited: every type, every field, against the decoder that goes by the
 * tables of the specification. */
#include "test.h"
#include "wire/itch_visit.h"

static const char all_types[] = "SRHYLVWKJhAFECXDUPQBINO";

#define ROUNDS 200u
static uint8_t bytes[ROUNDS * 23 * (2 + CP_ITCH_LENGTH_MAX) + 64];
static uint64_t size;

typedef struct reader {
    uint64_t offset; /* of the record expected next */
    uint64_t count;
} reader;

/* Encoded again, a record is the message it came from only if all its fields are right. */
static void is_the_message(void *context, const cp_itch_record *record)
{
    reader *at = context;
    uint8_t again[CP_ITCH_LENGTH_MAX];
    uint32_t length = cp_load_u16(bytes + at->offset);
    CHECK_EQ(bytes[at->offset + 2], record->type);
    CHECK_EQ(0, cp_itch_record_encode(record, again));
    CHECK(memcmp(bytes + at->offset + 2, again, length) == 0);
    at->offset += 2u + length;
    at->count++;
}

static void put_noise(uint8_t type, uint32_t *seed)
{
    uint32_t length = cp_itch_length(type);
    cp_store_u16(bytes + size, (uint16_t)length);
    for (uint32_t i = 1; i < length; i++)
        bytes[size + 2 + i] = (uint8_t)((*seed = *seed * 1664525u + 1013904223u) >> 24);
    bytes[size + 2] = type;
    size += 2 + length;
}

static void hands_over_every_field_of_every_type(void)
{
    cp_itch_visitors visitors = { 0 };
    for (uint32_t i = 0; i < 23; i++)
        visitors.by_type[(uint8_t)all_types[i]] = is_the_message;
    uint32_t seed = 1;
    size = 0;
    for (uint32_t i = 0; i < ROUNDS * 23; i++)
        put_noise((uint8_t)all_types[(i * 7 + i / 23) % 23], &seed);
    reader at = { 0 };
    visitors.context = &at;
    uint64_t offset = 0;
    CHECK_EQ(-EPIPE, cp_itch_visit(bytes, size, &offset, &visitors));
    CHECK_EQ(size, at.offset);
    CHECK_EQ(size, offset);
    CHECK_EQ(ROUNDS * 23, at.count);
}

static void count_one(void *context, const cp_itch_record *record)
{
    CHECK_EQ('D', record->type);
    ++*(uint64_t *)context;
}

static void passes_over_what_nobody_asked_for(void)
{
    uint64_t count = 0, offset = 0;
    cp_itch_visitors visitors = { .context = &count };
    visitors.by_type['D'] = count_one;
    uint32_t seed = 2;
    size = 0;
    for (uint32_t i = 0; i < 230; i++)
        put_noise((uint8_t)all_types[i % 23], &seed);
    static const uint8_t unknown[] = { 0, 11, 200, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    memcpy(bytes + size, unknown, sizeof unknown);
    size += sizeof unknown;
    put_noise('D', &seed);
    memset(bytes + size, 0, 2);
    CHECK_EQ(-ENODATA, cp_itch_visit(bytes, size + 2, &offset, &visitors));
    CHECK_EQ(size + 2, offset);
    CHECK_EQ(11, count);
    offset = 0;
    CHECK_EQ(-EPROTO, cp_itch_visit(bytes, size - 1, &offset, &visitors));
    CHECK_EQ(size - 2 - 19, offset);
}

int main(void)
{
    RUN(hands_over_every_field_of_every_type);
    RUN(passes_over_what_nobody_asked_for);
    return 0;
}
