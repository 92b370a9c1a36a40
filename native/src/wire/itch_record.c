/* itch_record.c: each message as a table of its fields, and the loops that read and write
 * by it, so that the two cannot differ. */
#include "wire/itch_record.h"

typedef struct itch_field {
    uint8_t at;     /* offset in the message */
    uint8_t size;   /* bytes there */
    uint8_t member; /* offset in the struct */
    uint8_t is_number;
} itch_field;

#define NUMBER(at, size, name) { at, size, offsetof(cp_itch_record, name), 1 }
#define LETTER(at, name) { at, 1, offsetof(cp_itch_record, name), 0 }
#define TEXT(at, name)                                                                   \
    { at, sizeof(((cp_itch_record *)NULL)->name), offsetof(cp_itch_record, name), 0 }

static_assert(sizeof(cp_itch_record) <= UINT8_MAX, "a field's offset is a byte");

static const itch_field header[] = {
    LETTER(0, type),
    NUMBER(1, 2, locate),
    NUMBER(3, 2, tracking),
    NUMBER(5, 6, time_ns),
};
static const itch_field system_event[] = { LETTER(11, code) };
static const itch_field directory[] = {
    TEXT(11, symbol),        LETTER(19, code),      LETTER(20, flag),
    NUMBER(21, 4, count),    LETTER(25, odd_lots),  LETTER(26, class),
    TEXT(27, subtype),       LETTER(29, state),     LETTER(30, short_sale),
    LETTER(31, offering),    LETTER(32, luld_tier), LETTER(33, traded_product),
    NUMBER(34, 4, leverage), LETTER(38, inverse),
};
static const itch_field trading_action[] = {
    TEXT(11, symbol),
    LETTER(19, code),
    LETTER(20, flag),
    TEXT(21, reason),
};
static const itch_field short_sale_rule[] = { TEXT(11, symbol), LETTER(19, code) };
static const itch_field market_maker[] = {
    TEXT(11, mpid),   TEXT(15, symbol),  LETTER(23, flag),
    LETTER(24, code), LETTER(25, state),
};
static const itch_field breaker_levels[] = {
    NUMBER(11, 8, highest),
    NUMBER(19, 8, lowest),
    NUMBER(27, 8, level_3),
};
static const itch_field breaker_status[] = { LETTER(11, code) };
static const itch_field offering_quote[] = {
    TEXT(11, symbol),
    NUMBER(19, 4, when),
    LETTER(23, code),
    NUMBER(24, 4, price),
};
static const itch_field auction_collar[] = {
    TEXT(11, symbol),     NUMBER(19, 4, price), NUMBER(23, 4, upper),
    NUMBER(27, 4, lower), NUMBER(31, 4, count),
};
static const itch_field operational_halt[] = {
    TEXT(11, symbol),
    LETTER(19, flag),
    LETTER(20, code),
};
static const itch_field add[] = {
    NUMBER(11, 8, order_ref), LETTER(19, side),     NUMBER(20, 4, shares),
    TEXT(24, symbol),         NUMBER(32, 4, price),
};
static const itch_field add_attributed[] = {
    NUMBER(11, 8, order_ref), LETTER(19, side),     NUMBER(20, 4, shares),
    TEXT(24, symbol),         NUMBER(32, 4, price), TEXT(36, mpid),
};
static const itch_field executed[] = {
    NUMBER(11, 8, order_ref),
    NUMBER(19, 4, shares),
    NUMBER(23, 8, match),
};
static const itch_field executed_at[] = {
    NUMBER(11, 8, order_ref), NUMBER(19, 4, shares), NUMBER(23, 8, match),
    LETTER(31, code),         NUMBER(32, 4, price),
};
static const itch_field cancelled[] = { NUMBER(11, 8, order_ref), NUMBER(19, 4, shares) };
static const itch_field deleted[] = { NUMBER(11, 8, order_ref) };
static const itch_field replaced[] = {
    NUMBER(11, 8, order_ref),
    NUMBER(19, 8, new_ref),
    NUMBER(27, 4, shares),
    NUMBER(31, 4, price),
};
static const itch_field trade[] = {
    NUMBER(11, 8, order_ref), LETTER(19, side),     NUMBER(20, 4, shares),
    TEXT(24, symbol),         NUMBER(32, 4, price), NUMBER(36, 8, match),
};
static const itch_field cross[] = {
    NUMBER(11, 8, shares), TEXT(19, symbol), NUMBER(27, 4, price),
    NUMBER(31, 8, match),  LETTER(39, code),
};
static const itch_field broken[] = { NUMBER(11, 8, match) };
static const itch_field imbalance[] = {
    NUMBER(11, 8, shares), NUMBER(19, 8, imbalance), LETTER(27, side),
    TEXT(28, symbol),      NUMBER(36, 4, upper),     NUMBER(40, 4, lower),
    NUMBER(44, 4, price),  LETTER(48, code),         LETTER(49, flag),
};
static const itch_field retail_interest[] = { TEXT(11, symbol), LETTER(19, side) };
static const itch_field direct_listing[] = {
    TEXT(11, symbol),       LETTER(19, code),     NUMBER(20, 4, lowest),
    NUMBER(24, 4, highest), NUMBER(28, 4, price), NUMBER(32, 8, when),
    NUMBER(40, 4, lower),   NUMBER(44, 4, upper),
};

typedef struct itch_layout {
    const itch_field *fields;
    uint32_t count;
} itch_layout;

#define LAYOUT(fields) { fields, sizeof fields / sizeof fields[0] }

static const itch_layout layouts[128] = {
    ['S'] = LAYOUT(system_event),
    ['R'] = LAYOUT(directory),
    ['H'] = LAYOUT(trading_action),
    ['Y'] = LAYOUT(short_sale_rule),
    ['L'] = LAYOUT(market_maker),
    ['V'] = LAYOUT(breaker_levels),
    ['W'] = LAYOUT(breaker_status),
    ['K'] = LAYOUT(offering_quote),
    ['J'] = LAYOUT(auction_collar),
    ['h'] = LAYOUT(operational_halt),
    ['A'] = LAYOUT(add),
    ['F'] = LAYOUT(add_attributed),
    ['E'] = LAYOUT(executed),
    ['C'] = LAYOUT(executed_at),
    ['X'] = LAYOUT(cancelled),
    ['D'] = LAYOUT(deleted),
    ['U'] = LAYOUT(replaced),
    ['P'] = LAYOUT(trade),
    ['Q'] = LAYOUT(cross),
    ['B'] = LAYOUT(broken),
    ['I'] = LAYOUT(imbalance),
    ['N'] = LAYOUT(retail_interest),
    ['O'] = LAYOUT(direct_listing),
};

static const itch_layout header_layout = LAYOUT(header);

static void read_fields(const itch_layout *layout, const uint8_t *bytes, uint8_t *record)
{
    for (uint32_t i = 0; i < layout->count; i++) {
        const itch_field *field = &layout->fields[i];
        if (field->is_number) {
            uint64_t value = cp_load_number(bytes + field->at, field->size);
            memcpy(record + field->member, &value, sizeof value);
        } else {
            memcpy(record + field->member, bytes + field->at, field->size);
        }
    }
}

static int write_fields(const itch_layout *layout, const uint8_t *record, uint8_t *bytes)
{
    for (uint32_t i = 0; i < layout->count; i++) {
        const itch_field *field = &layout->fields[i];
        if (!field->is_number) {
            memcpy(bytes + field->at, record + field->member, field->size);
            continue;
        }
        uint64_t value;
        memcpy(&value, record + field->member, sizeof value);
        if (!cp_number_fits(value, field->size))
            return -EINVAL;
        cp_store_number(bytes + field->at, field->size, value);
    }
    return 0;
}

int cp_itch_record_decode(const uint8_t *bytes, uint32_t size, cp_itch_record *record)
{
    uint32_t expected = size == 0 ? 0 : cp_itch_length(bytes[0]);
    if (expected == 0)
        return -ENOTSUP;
    if (size != expected)
        return -EPROTO;
    memset(record, 0, sizeof *record);
    read_fields(&header_layout, bytes, (uint8_t *)record);
    read_fields(&layouts[bytes[0]], bytes, (uint8_t *)record);
    return 0;
}

int cp_itch_record_encode(const cp_itch_record *record, uint8_t *bytes)
{
    if (cp_itch_length(record->type) == 0)
        return -ENOTSUP;
    int result = write_fields(&header_layout, (const uint8_t *)record, bytes);
    if (result == 0)
        result = write_fields(&layouts[record->type], (const uint8_t *)record, bytes);
    return result;
}

void cp_itch_snapshot_end_encode(uint64_t sequence,
                                 uint8_t bytes[CP_ITCH_SNAPSHOT_END_SIZE])
{
    bytes[0] = CP_ITCH_SNAPSHOT_END;
    memset(bytes + 1, ' ', CP_ITCH_SNAPSHOT_END_SIZE - 1);
    uint32_t at = CP_ITCH_SNAPSHOT_END_SIZE;
    do {
        bytes[--at] = (uint8_t)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence > 0);
}

int cp_itch_snapshot_end_decode(const uint8_t *bytes, uint32_t size, uint64_t *sequence)
{
    if (size != CP_ITCH_SNAPSHOT_END_SIZE || bytes[0] != CP_ITCH_SNAPSHOT_END)
        return -EPROTO;
    uint32_t from = 1, to = size;
    while (from < to && bytes[from] == ' ')
        from++;
    while (from < to && bytes[to - 1] == ' ')
        to--;
    if (from == to)
        return -EPROTO;
    uint64_t value = 0;
    for (uint32_t i = from; i < to; i++) {
        if (bytes[i] < '0' || bytes[i] > '9' ||
            __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(bytes[i] - '0'), &value))
            return -EPROTO;
    }
    *sequence = value;
    return 0;
}
