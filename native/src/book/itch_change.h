/* itch_change.h: what an ITCH 5.0 message does to a book, read without asking its type.
 *
 * Which of the seven types comes next is a coin's throw, and a branch on it is mispredicted
 * every other time. So the type is looked up in a table that says where in the message the
 * fields are; fields that a type does not have are read from its reference, and not used.
 */
#ifndef CP_ITCH_CHANGE_H
#define CP_ITCH_CHANGE_H

#include "wire/bytes.h"
#include "wire/itch.h"

#define CP_CHANGE_NONE 0 /* no book changes */
#define CP_CHANGE_ADD 1
#define CP_CHANGE_REDUCE 2
#define CP_CHANGE_DELETE 3
#define CP_CHANGE_REPLACE 4

typedef struct cp_change_layout {
    uint8_t kind;
    uint8_t shares_at, price_at, side_at, new_ref_at;
} cp_change_layout;

static inline cp_change_layout cp_change_layout_of(uint8_t type)
{
    static const cp_change_layout layouts[256] = {
        ['A'] = { CP_CHANGE_ADD, 20, 32, 19, 11 },
        ['F'] = { CP_CHANGE_ADD, 20, 32, 19, 11 },
        ['E'] = { CP_CHANGE_REDUCE, 19, 11, 11, 11 },
        ['C'] = { CP_CHANGE_REDUCE, 19, 11, 11, 11 },
        ['X'] = { CP_CHANGE_REDUCE, 19, 11, 11, 11 },
        ['D'] = { CP_CHANGE_DELETE, 11, 11, 11, 11 },
        ['U'] = { CP_CHANGE_REPLACE, 27, 31, 11, 19 },
    };
    return layouts[type];
}

/* The side a letter stands for, more than CP_SELL when it is neither. */
static inline uint32_t cp_change_side(uint8_t letter)
{
    static_assert(('B' ^ 'S') == 0x11 && CP_BUY == 0 && CP_SELL == 1, "or look it up");
    uint32_t differs = letter ^ (uint32_t)'B', sells = differs & 1;
    return sells | (differs ^ sells * 0x11) << 1;
}

typedef struct cp_change {
    uint64_t ref;
    uint64_t new_ref; /* REPLACE */
    uint32_t qty;     /* DELETE: UINT32_MAX, all there is */
    uint32_t price;   /* ADD, REPLACE */
    uint16_t symbol;
    uint8_t kind;
    uint8_t side; /* ADD; more than CP_SELL when the letter is neither */
} cp_change;

static inline void cp_change_read(const uint8_t *message, cp_change *change)
{
    cp_change_layout layout = cp_change_layout_of(message[0]);
    /* All ones where there is no number of shares. */
    uint32_t all = 0u - (layout.kind == CP_CHANGE_DELETE);
    change->ref = cp_load_u64(message + 11);
    change->new_ref = cp_load_u64(message + layout.new_ref_at);
    change->qty = cp_load_u32(message + layout.shares_at) | all;
    change->price = cp_load_u32(message + layout.price_at);
    change->symbol = cp_itch_locate(message);
    change->kind = layout.kind;
    change->side = (uint8_t)cp_change_side(message[layout.side_at]);
}

/* Frame messages from *offset on and read those about books, at most `capacity`. How many
 * were framed and how many read; what cp_itch_frame said last. */
static inline int cp_change_read_block(const uint8_t *bytes, uint64_t size,
                                       uint64_t *offset, cp_change *changes,
                                       uint32_t capacity, uint32_t *framed_count,
                                       uint32_t *change_count)
{
    uint32_t framed = 0, count = 0;
    int result = 0;
    while (count < capacity) {
        const uint8_t *message;
        uint32_t length;
        result = cp_itch_frame(bytes, size, offset, &message, &length);
        if (result != 0)
            break;
        framed++;
        if (CP_LIKELY(cp_itch_is_book(message[0])))
            cp_change_read(message, &changes[count++]);
    }
    *framed_count = framed;
    *change_count = count;
    return result;
}

#endif /* CP_ITCH_CHANGE_H */
