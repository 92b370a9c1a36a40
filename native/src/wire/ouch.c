/* ouch.c: OUCH 5.0 as tables of fields, and the two loops that read and write by them.
 *
 * Each field of each type is written down once, so reading and writing cannot differ.
 * A field of the struct has the size of the field on the wire.
 */
#include "wire/ouch.h"

/* ---- fields ------------------------------------------------------------------------ */

typedef struct ouch_field {
    uint8_t at;     /* offset in the message */
    uint8_t size;   /* bytes, there and in the struct */
    uint8_t member; /* offset in the struct */
    uint8_t is_text;
} ouch_field;

#define MEMBER_SIZE(name) sizeof(((cp_ouch_message *)NULL)->name)
#define NUMBER(at, name) { at, MEMBER_SIZE(name), offsetof(cp_ouch_message, name), 0 }
#define TEXT(at, name) { at, MEMBER_SIZE(name), offsetof(cp_ouch_message, name), 1 }

static_assert(offsetof(cp_ouch_message, form) <= UINT8_MAX, "a field's offset is a byte");

static const ouch_field in_enter[] = {
    NUMBER(1, user_ref_num), NUMBER(5, side),   NUMBER(6, quantity), TEXT(10, symbol),
    NUMBER(18, price),       NUMBER(26, tif),   NUMBER(27, display), NUMBER(28, capacity),
    NUMBER(29, iso),         NUMBER(30, cross), TEXT(31, cl_ord_id),
};
static const ouch_field in_replace[] = {
    NUMBER(1, orig_user_ref_num),
    NUMBER(5, user_ref_num),
    NUMBER(9, quantity),
    NUMBER(13, price),
    NUMBER(21, tif),
    NUMBER(22, display),
    NUMBER(23, iso),
    TEXT(24, cl_ord_id),
};
static const ouch_field in_cancel[] = { NUMBER(1, user_ref_num), NUMBER(5, quantity) };
static const ouch_field in_modify[] = {
    NUMBER(1, user_ref_num),
    NUMBER(5, side),
    NUMBER(6, quantity),
};
static const ouch_field in_mass_cancel[] = {
    NUMBER(1, user_ref_num),
    TEXT(5, firm),
    TEXT(9, symbol),
};
static const ouch_field in_order_entry[] = { NUMBER(1, user_ref_num), TEXT(5, firm) };

static const ouch_field out_system[] = { NUMBER(1, timestamp_ns), NUMBER(9, event) };
static const ouch_field out_accepted[] = {
    NUMBER(1, timestamp_ns), NUMBER(9, user_ref_num), NUMBER(13, side),
    NUMBER(14, quantity),    TEXT(18, symbol),        NUMBER(26, price),
    NUMBER(34, tif),         NUMBER(35, display),     NUMBER(36, order_ref),
    NUMBER(44, capacity),    NUMBER(45, iso),         NUMBER(46, cross),
    NUMBER(47, state),       TEXT(48, cl_ord_id),
};
static const ouch_field out_replaced[] = {
    NUMBER(1, timestamp_ns),  NUMBER(9, orig_user_ref_num),
    NUMBER(13, user_ref_num), NUMBER(17, side),
    NUMBER(18, quantity),     TEXT(22, symbol),
    NUMBER(30, price),        NUMBER(38, tif),
    NUMBER(39, display),      NUMBER(40, order_ref),
    NUMBER(48, capacity),     NUMBER(49, iso),
    NUMBER(50, cross),        NUMBER(51, state),
    TEXT(52, cl_ord_id),
};
static const ouch_field out_cancelled[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    NUMBER(13, quantity),
    NUMBER(17, reason),
};
static const ouch_field out_aiq_cancelled[] = {
    NUMBER(1, timestamp_ns), NUMBER(9, user_ref_num),   NUMBER(13, quantity),
    NUMBER(17, reason),      NUMBER(18, qty_prevented), NUMBER(22, price),
    NUMBER(30, liquidity),   NUMBER(31, aiq_strategy),
};
static const ouch_field out_executed[] = {
    NUMBER(1, timestamp_ns), NUMBER(9, user_ref_num), NUMBER(13, quantity),
    NUMBER(17, price),       NUMBER(25, liquidity),   NUMBER(26, match_number),
};
static const ouch_field out_broken[] = {
    NUMBER(1, timestamp_ns), NUMBER(9, user_ref_num), NUMBER(13, match_number),
    NUMBER(21, reason),      TEXT(22, cl_ord_id),
};
static const ouch_field out_rejected[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    NUMBER(13, reject),
    TEXT(15, cl_ord_id),
};
/* Cancel Pending, Cancel Reject, Account Query Response. */
static const ouch_field out_reference[] = { NUMBER(1, timestamp_ns),
                                            NUMBER(9, user_ref_num) };
static const ouch_field out_priority[] = {
    NUMBER(1, timestamp_ns), NUMBER(9, user_ref_num), NUMBER(13, price),
    NUMBER(21, display),     NUMBER(22, order_ref),
};
static const ouch_field out_modified[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    NUMBER(13, side),
    NUMBER(14, quantity),
};
static const ouch_field out_restated[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    NUMBER(13, reason),
};
static const ouch_field out_mass_cancel[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    TEXT(13, firm),
    TEXT(17, symbol),
};
static const ouch_field out_order_entry[] = {
    NUMBER(1, timestamp_ns),
    NUMBER(9, user_ref_num),
    TEXT(13, firm),
};

/* ---- types ------------------------------------------------------------------------- */

/* What the specification says of the appendage length. */
typedef enum appendage {
    APPENDAGE_NONE = 0,
    APPENDAGE_OPTIONAL = 1, /* written only with options */
    APPENDAGE_ALWAYS = 2
} appendage;

typedef struct ouch_layout {
    const ouch_field *fields;
    uint8_t field_count;
    uint8_t fixed_size; /* 0: no such type */
    uint8_t appendage;
    uint32_t tags; /* listed for the type, bit n for tag n */
} ouch_layout;

#define LAYOUT(fields, size, appendage, tags)                                            \
    { fields, sizeof fields / sizeof fields[0], size, appendage, tags }
#define TAGS_2_TO_7 0x000000FCu
#define TAGS_9_TO_13 0x00003E00u
#define TAGS_15_TO_17 0x00038000u
#define TAG(n) (1u << (n))
#define IDX TAG(CP_OUCH_USER_REF_IDX)

static const ouch_layout layouts[2][128] = {
    [CP_OUCH_INBOUND]['O'] = LAYOUT(in_enter, 45, APPENDAGE_ALWAYS,
                                    TAGS_2_TO_7 | TAGS_9_TO_13 | TAGS_15_TO_17 | TAG(24) |
                                        TAG(25) | TAG(26) | IDX),
    [CP_OUCH_INBOUND]['U'] =
        LAYOUT(in_replace, 38, APPENDAGE_ALWAYS,
               TAG(3) | TAG(5) | TAG(6) | TAG(7) | TAGS_9_TO_13 | TAGS_15_TO_17 |
                   TAG(25) | TAG(26) | TAG(27) | IDX),
    [CP_OUCH_INBOUND]['X'] = LAYOUT(in_cancel, 9, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_INBOUND]['M'] =
        LAYOUT(in_modify, 10, APPENDAGE_OPTIONAL, TAG(25) | TAG(26) | IDX),
    [CP_OUCH_INBOUND]['C'] =
        LAYOUT(in_mass_cancel, 17, APPENDAGE_ALWAYS, TAG(24) | TAG(27) | IDX),
    [CP_OUCH_INBOUND]['D'] = LAYOUT(in_order_entry, 9, APPENDAGE_ALWAYS, IDX),
    [CP_OUCH_INBOUND]['E'] = LAYOUT(in_order_entry, 9, APPENDAGE_ALWAYS, IDX),
    [CP_OUCH_INBOUND]['Q'] = { NULL, 0, 1, APPENDAGE_OPTIONAL, IDX },

    [CP_OUCH_OUTBOUND]['S'] = LAYOUT(out_system, 10, APPENDAGE_NONE, 0),
    [CP_OUCH_OUTBOUND]['A'] =
        LAYOUT(out_accepted, 62, APPENDAGE_ALWAYS,
               TAGS_2_TO_7 | TAGS_9_TO_13 | TAG(14) | TAGS_15_TO_17 | TAG(18) | TAG(24) |
                   TAG(25) | IDX),
    [CP_OUCH_OUTBOUND]['U'] = LAYOUT(out_replaced, 66, APPENDAGE_ALWAYS,
                                     TAG(2) | TAG(3) | TAG(5) | TAG(6) | TAG(12) |
                                         TAGS_15_TO_17 | TAG(18) | IDX),
    [CP_OUCH_OUTBOUND]['C'] = LAYOUT(out_cancelled, 18, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['D'] = LAYOUT(out_aiq_cancelled, 32, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['E'] = LAYOUT(out_executed, 34, APPENDAGE_ALWAYS, IDX),
    [CP_OUCH_OUTBOUND]['B'] = LAYOUT(out_broken, 36, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['J'] = LAYOUT(out_rejected, 29, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['P'] = LAYOUT(out_reference, 13, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['I'] = LAYOUT(out_reference, 13, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['T'] = LAYOUT(out_priority, 30, APPENDAGE_OPTIONAL, IDX),
    [CP_OUCH_OUTBOUND]['M'] =
        LAYOUT(out_modified, 18, APPENDAGE_OPTIONAL, TAG(25) | TAG(26) | IDX),
    [CP_OUCH_OUTBOUND]['R'] =
        LAYOUT(out_restated, 14, APPENDAGE_ALWAYS, TAG(1) | TAG(22) | TAG(23) | IDX),
    [CP_OUCH_OUTBOUND]['X'] =
        LAYOUT(out_mass_cancel, 25, APPENDAGE_ALWAYS, TAG(24) | TAG(27) | IDX),
    [CP_OUCH_OUTBOUND]['G'] = LAYOUT(out_order_entry, 17, APPENDAGE_ALWAYS, IDX),
    [CP_OUCH_OUTBOUND]['K'] = LAYOUT(out_order_entry, 17, APPENDAGE_ALWAYS, IDX),
    [CP_OUCH_OUTBOUND]['Q'] = LAYOUT(out_reference, 13, APPENDAGE_OPTIONAL, IDX),
};

/* The layout of a type, or NULL when that direction does not have it. */
static const ouch_layout *find_layout(cp_ouch_direction direction, uint8_t type)
{
    CP_ASSERT(direction == CP_OUCH_INBOUND || direction == CP_OUCH_OUTBOUND);
    if (type >= 128 || layouts[direction][type].fixed_size == 0)
        return NULL;
    return &layouts[direction][type];
}

uint32_t cp_ouch_fixed_size(cp_ouch_direction direction, uint8_t type)
{
    const ouch_layout *layout = find_layout(direction, type);
    return layout == NULL ? 0 : layout->fixed_size;
}

uint32_t cp_ouch_listed_tags(cp_ouch_direction direction, uint8_t type)
{
    const ouch_layout *layout = find_layout(direction, type);
    return layout == NULL ? 0 : layout->tags;
}

bool cp_ouch_has_appendage(cp_ouch_direction direction, uint8_t type)
{
    const ouch_layout *layout = find_layout(direction, type);
    return layout != NULL && layout->appendage != APPENDAGE_NONE;
}

uint32_t cp_ouch_tag_size(uint8_t tag)
{
    static const uint8_t sizes[32] = {
        [1] = 8,  [2] = 4,  [3] = 4,  [4] = 1,  [5] = 4,  [6] = 1,  [7] = 4,  [9] = 8,
        [10] = 1, [11] = 4, [12] = 1, [13] = 4, [14] = 4, [15] = 4, [16] = 1, [17] = 1,
        [18] = 1, [22] = 4, [23] = 8, [24] = 2, [25] = 1, [26] = 4, [27] = 1, [28] = 1,
    };
    return tag < 32 ? sizes[tag] : 0;
}

/* ---- options ----------------------------------------------------------------------- */

static uint32_t find_option(const cp_ouch_message *message, uint8_t tag)
{
    uint32_t index = 0;
    while (index < message->option_count && message->tags[index] != tag)
        index++;
    return index;
}

static void add_option(cp_ouch_message *message, uint8_t tag, uint32_t size,
                       uint64_t value)
{
    uint32_t index = message->option_count++;
    CP_ASSERT(index < CP_OUCH_OPTION_MAX);
    message->tags[index] = tag;
    message->sizes[index] = (uint8_t)size;
    message->values[index] = value;
}

uint64_t cp_ouch_option(const cp_ouch_message *message, cp_ouch_tag tag, uint64_t absent)
{
    if (!cp_ouch_has(message, tag))
        return absent;
    return message->values[find_option(message, (uint8_t)tag)];
}

void cp_ouch_set_option(cp_ouch_message *message, cp_ouch_tag tag, uint64_t value)
{
    uint32_t size = cp_ouch_tag_size((uint8_t)tag);
    CP_ASSERT(size != 0);
    if (cp_ouch_has(message, tag)) {
        message->values[find_option(message, (uint8_t)tag)] = value;
        return;
    }
    message->present |= TAG(tag);
    add_option(message, (uint8_t)tag, size, value);
}

/* ---- reading ----------------------------------------------------------------------- */

static void read_fields(const ouch_layout *layout, const uint8_t *bytes, uint8_t *message)
{
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const ouch_field *f = &layout->fields[i];
        const uint8_t *from = bytes + f->at;
        uint8_t *to = message + f->member;
        if (f->is_text) {
            memcpy(to, from, f->size);
        } else if (f->size == 1) {
            *to = *from;
        } else if (f->size == 4) {
            uint32_t value = cp_load_u32(from);
            memcpy(to, &value, sizeof value);
        } else if (f->size == 8) {
            uint64_t value = cp_load_u64(from);
            memcpy(to, &value, sizeof value);
        } else {
            uint16_t value = cp_load_u16(from);
            memcpy(to, &value, sizeof value);
        }
    }
}

static int read_option(cp_ouch_message *message, uint8_t tag, const uint8_t *value,
                       uint32_t size)
{
    uint32_t expected = cp_ouch_tag_size(tag);
    if (expected != 0) {
        if (size != expected || cp_ouch_has(message, (cp_ouch_tag)tag))
            return -EPROTO;
        message->present |= TAG(tag);
    } else if (size > 8 || message->unknown_count == CP_OUCH_UNKNOWN_MAX) {
        message->skipped_count++;
        return 0;
    } else {
        message->unknown_count++;
    }
    add_option(message, tag, size, cp_load_number(value, size));
    return 0;
}

static int read_elements(cp_ouch_message *message, const uint8_t *element, uint32_t size)
{
    while (size > 0) {
        uint32_t length = element[0]; /* of tag and value */
        if (length == 0 || size - 1 < length ||
            read_option(message, element[1], element + 2, length - 1) != 0)
            return -EPROTO;
        element += 1 + length;
        size -= 1 + length;
    }
    return 0;
}

int cp_ouch_decode(cp_ouch_direction direction, const uint8_t *bytes, uint32_t size,
                   cp_ouch_message *message)
{
    if (size == 0)
        return -EPROTO;
    const ouch_layout *layout = find_layout(direction, bytes[0]);
    if (layout == NULL)
        return -ENOTSUP;
    if (size < layout->fixed_size)
        return -EPROTO;
    memset(message, 0, offsetof(cp_ouch_message, tags));
    message->type = bytes[0];
    message->form = CP_OUCH_FORM_BARE;
    read_fields(layout, bytes, (uint8_t *)message);
    uint32_t left = size - layout->fixed_size;
    if (left == 0)
        return 0;
    const uint8_t *tail = bytes + layout->fixed_size;
    if (layout->appendage == APPENDAGE_NONE || left < 2 || cp_load_u16(tail) != left - 2)
        return -EPROTO;
    message->form = CP_OUCH_FORM_LENGTH;
    return read_elements(message, tail + 2, left - 2);
}

/* ---- writing ----------------------------------------------------------------------- */

static void write_fields(const ouch_layout *layout, const uint8_t *message,
                         uint8_t *bytes)
{
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const ouch_field *f = &layout->fields[i];
        const uint8_t *from = message + f->member;
        uint8_t *to = bytes + f->at;
        if (f->is_text) {
            memcpy(to, from, f->size);
        } else if (f->size == 1) {
            *to = *from;
        } else if (f->size == 4) {
            uint32_t value;
            memcpy(&value, from, sizeof value);
            cp_store_u32(to, value);
        } else if (f->size == 8) {
            uint64_t value;
            memcpy(&value, from, sizeof value);
            cp_store_u64(to, value);
        } else {
            uint16_t value;
            memcpy(&value, from, sizeof value);
            cp_store_u16(to, value);
        }
    }
}

/* Bytes of all elements, or CP_NONE when a value does not fit its size. */
static uint32_t elements_size(const cp_ouch_message *message)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < message->option_count; i++) {
        uint32_t size = message->sizes[i];
        if (size > 8 || !cp_number_fits(message->values[i], size))
            return CP_NONE;
        total += 2 + size;
    }
    return total;
}

static void write_elements(const cp_ouch_message *message, uint8_t *bytes)
{
    for (uint32_t i = 0; i < message->option_count; i++) {
        uint32_t size = message->sizes[i];
        bytes[0] = (uint8_t)(size + 1);
        bytes[1] = message->tags[i];
        cp_store_number(bytes + 2, size, message->values[i]);
        bytes += 2 + size;
    }
}

static bool writes_length(const ouch_layout *layout, const cp_ouch_message *message)
{
    if (message->form == CP_OUCH_FORM_STANDARD)
        return layout->appendage == APPENDAGE_ALWAYS || message->option_count > 0;
    return message->form == CP_OUCH_FORM_LENGTH;
}

int cp_ouch_encode(cp_ouch_direction direction, const cp_ouch_message *message,
                   uint8_t *bytes, uint32_t capacity, uint32_t *size)
{
    CP_ASSERT(message->option_count <= CP_OUCH_OPTION_MAX);
    const ouch_layout *layout = find_layout(direction, message->type);
    if (layout == NULL)
        return -ENOTSUP;
    bool has_length = writes_length(layout, message);
    uint32_t elements = elements_size(message);
    if (elements == CP_NONE || (has_length && layout->appendage == APPENDAGE_NONE) ||
        (!has_length && elements > 0))
        return -EINVAL;
    uint32_t total = layout->fixed_size + (has_length ? 2 + elements : 0);
    if (capacity < total)
        return -ENOBUFS;
    bytes[0] = message->type;
    write_fields(layout, (const uint8_t *)message, bytes);
    if (has_length) {
        cp_store_u16(bytes + layout->fixed_size, (uint16_t)elements);
        write_elements(message, bytes + layout->fixed_size + 2);
    }
    *size = total;
    return 0;
}
