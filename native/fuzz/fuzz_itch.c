/* ITCH 5.0. An input is a file: records of a length and a message. */
#include "fuzz.h"
#include "wire/bytes.h"
#include "wire/itch.h"

static uint32_t make_record(cp_random *random, uint8_t *bytes)
{
    static const char types[] = "SRHYLVWKJhAFECXDUPQBINOAFECXDU";
    uint8_t type = (uint8_t)types[cp_fuzz_below(random, sizeof types - 1)];
    uint32_t length = cp_itch_length(type);
    cp_store_u16(bytes, (uint16_t)length);
    cp_fuzz_fill(random, bytes + 2, length);
    bytes[2] = type;
    if (length > 19 && cp_fuzz_below(random, 4) != 0)
        bytes[2 + 19] = cp_fuzz_below(random, 2) == 0 ? 'B' : 'S';
    return 2 + length;
}

static uint32_t make(cp_random *random, uint8_t *bytes)
{
    uint32_t size = 0;
    for (uint32_t count = 1 + cp_fuzz_below(random, 8); count > 0; count--)
        size += make_record(random, bytes + size);
    if (cp_fuzz_below(random, 2) == 0) {
        cp_store_u16(bytes + size, 0); /* the end mark */
        size += 2;
    }
    return size;
}

/* Give each record the length of its type, as far as the bytes reach. */
static void mend(uint8_t *bytes, uint32_t size)
{
    uint32_t at = 0;
    while (size - at >= 3) {
        uint32_t length = cp_itch_length(bytes[at + 2]);
        if (length == 0)
            length = cp_load_u16(bytes + at);
        if (length > size - at - 2)
            length = size - at - 2;
        cp_store_u16(bytes + at, (uint16_t)length);
        at += 2 + length;
    }
}

/* The scan has a table for all locates to clear, so it looks at one file in many. */
static bool is_chosen(const uint8_t *bytes, uint32_t size)
{
    uint64_t hash = size;
    for (uint32_t i = 0; i < size; i++)
        hash = cp_mix(hash, bytes[i]);
    return (hash & 1023) == 0;
}

static void check_scan(const uint8_t *bytes, uint32_t size, bool is_framed)
{
    static cp_itch_scan scan;
    static cp_itch_symbol symbols[8];
    int result = cp_itch_scan_file(bytes, size, &scan, symbols, 8);
    CP_ASSERT(result == 0 || result == -EPROTO || result == -ENOSPC);
    CP_ASSERT(scan.symbol_count <= 8 && scan.error_offset <= size);
    CP_ASSERT(is_framed || result != 0 || scan.complete != 0);
}

static bool check(const uint8_t *bytes, uint32_t size)
{
    uint64_t offset = 0, before = 0;
    const uint8_t *record;
    uint32_t length;
    int result;
    while ((result = cp_itch_frame(bytes, size, &offset, &record, &length)) == 0) {
        CP_ASSERT(length > 0 && record + length <= bytes + size);
        CP_ASSERT(offset == before + 2 + length);
        before = offset;
        cp_itch_message message;
        int decoded = cp_itch_decode(record, length, &message);
        CP_ASSERT(decoded == 0 || decoded == -EPROTO || decoded == -ENOTSUP);
        CP_ASSERT((decoded == -ENOTSUP) == (cp_itch_length(record[0]) == 0));
        if (decoded == 0)
            CP_ASSERT(message.type == record[0] && message.time_ns < (uint64_t)1 << 48);
    }
    CP_ASSERT(result == -EPIPE || result == -ENODATA || result == -EPROTO);
    if (is_chosen(bytes, size))
        check_scan(bytes, size, result != -EPROTO);
    return offset == size && result != -EPROTO;
}

const cp_fuzz_target cp_fuzz_target_here = { "itch", make, mend, check };
