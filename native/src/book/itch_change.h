/* itch_change.h: which ITCH 5.0 messages change a book, and where their fields are. */
#ifndef CP_ITCH_CHANGE_H
#define CP_ITCH_CHANGE_H

#include "wire/bytes.h"
#include "wire/itch.h"

/* Of a type, in one word: what a record of it says as its length, with a bit that no record
 * can say and types that ITCH 5.0 does not have lack; above it what the type does to a book,
 * a byte each, so that sums of it count them all. */
#define CP_CHANGE_KNOWN 0x10000u
#define CP_CHANGE_SHIFT 32
#define CP_CHANGE_ADD 0x000001u     /* an order comes */
#define CP_CHANGE_OTHER 0x000100u   /* an order changes or goes */
#define CP_CHANGE_REPLACE 0x010100u /* it goes and another comes */

static inline uint64_t cp_change_type(uint8_t letter)
{
#define TYPE(length, change)                                                             \
    ((length) | CP_CHANGE_KNOWN | (uint64_t)(change) << CP_CHANGE_SHIFT)
    static const uint64_t types[256] = {
        ['S'] = TYPE(12, 0),
        ['R'] = TYPE(39, 0),
        ['H'] = TYPE(25, 0),
        ['Y'] = TYPE(20, 0),
        ['L'] = TYPE(26, 0),
        ['V'] = TYPE(35, 0),
        ['W'] = TYPE(12, 0),
        ['K'] = TYPE(28, 0),
        ['J'] = TYPE(35, 0),
        ['h'] = TYPE(21, 0),
        ['A'] = TYPE(36, CP_CHANGE_ADD),
        ['F'] = TYPE(40, CP_CHANGE_ADD),
        ['E'] = TYPE(31, CP_CHANGE_OTHER),
        ['C'] = TYPE(36, CP_CHANGE_OTHER),
        ['X'] = TYPE(23, CP_CHANGE_OTHER),
        ['D'] = TYPE(19, CP_CHANGE_OTHER),
        ['U'] = TYPE(35, CP_CHANGE_REPLACE),
        ['P'] = TYPE(44, 0),
        ['Q'] = TYPE(40, 0),
        ['B'] = TYPE(19, 0),
        ['I'] = TYPE(50, 0),
        ['N'] = TYPE(20, 0),
        ['O'] = TYPE(48, 0),
    };
#undef TYPE
    return types[letter];
}

static inline uint64_t cp_change_ref(const uint8_t *message)
{
    return cp_load_u64(message + 11);
}

/* The side an A or F says, more than CP_SELL when it is neither. */
static inline uint32_t cp_change_side(const uint8_t *message)
{
    static_assert(('B' ^ 'S') == 0x11 && CP_BUY == 0 && CP_SELL == 1, "or look it up");
    uint32_t differs = message[19] ^ (uint32_t)'B', sells = differs & 1;
    return sells | (differs ^ sells * 0x11) << 1;
}

#endif /* CP_ITCH_CHANGE_H */
