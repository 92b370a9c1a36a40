/* itch.h: Nasdaq TotalView-ITCH 5.0, from bytes to messages.
 *
 *     frame    a file is records of a two-byte big-endian length and a message;
 *              cp_itch_frame finds the next and holds its length against its type
 *     decode   the messages that touch a book or print a trade, and the directory
 *
 * Stateless: what a message means for a book is the reader's business. Prices stay as
 * sent, in 1/10000 of the currency.
 */
#ifndef CP_ITCH_H
#define CP_ITCH_H

#include "base/base.h"

#define CP_ITCH_SYMBOL_SIZE 8 /* bytes, padded with spaces */
#define CP_ITCH_LENGTH_MAX 50 /* of the types there are */
#define CP_ITCH_HEADER_SIZE 11
#define CP_ITCH_MONEY 10000 /* money in one step of a price on the wire */

typedef struct cp_itch_message {
    uint64_t time_ns; /* since midnight, exchange time */
    uint64_t ref;     /* A F E C X D U: the order */
    uint64_t new_ref; /* U: its name from now on */
    uint64_t match;   /* E C P Q: match number */
    uint64_t shares;  /* A F U: displayed; E C X P Q: this time */
    uint32_t price;   /* A F U: displayed; C P Q: of the trade; 1/10000 */
    uint16_t locate;
    uint8_t type;      /* the letter */
    uint8_t side;      /* A F P: cp_side */
    uint8_t printable; /* C: 0 when the shares are part of a later Q; else 1 */
    char symbol[CP_ITCH_SYMBOL_SIZE]; /* A F P Q R: as sent, padded */
} cp_itch_message;

/* Bytes of a message of that type, or 0 for a type ITCH 5.0 does not have. */
static inline uint32_t cp_itch_length(uint8_t type)
{
    static const uint8_t lengths[256] = {
        ['S'] = 12, ['R'] = 39, ['H'] = 25, ['Y'] = 20, ['L'] = 26, ['V'] = 35,
        ['W'] = 12, ['K'] = 28, ['J'] = 35, ['h'] = 21, ['A'] = 36, ['F'] = 40,
        ['E'] = 31, ['C'] = 36, ['X'] = 23, ['D'] = 19, ['U'] = 35, ['P'] = 44,
        ['Q'] = 40, ['B'] = 19, ['I'] = 50, ['N'] = 20, ['O'] = 48,
    };
    return lengths[type];
}

/* Does it change a book? */
static inline bool cp_itch_is_book(uint8_t type)
{
    return type == 'A' || type == 'F' || type == 'E' || type == 'C' || type == 'X' ||
           type == 'D' || type == 'U';
}

/* Does it change a book, or print a trade? */
static inline bool cp_itch_is_flow(uint8_t type)
{
    return cp_itch_is_book(type) || type == 'P' || type == 'Q';
}

static inline uint16_t cp_itch_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap16(value);
}

/* The fields every message has. */
static inline uint16_t cp_itch_locate(const uint8_t *message)
{
    return cp_itch_u16(message + 1);
}

static inline uint64_t cp_itch_time_ns(const uint8_t *message)
{
    uint64_t value; /* the eight bytes that end with the six of the time */
    memcpy(&value, message + 3, sizeof value);
    return __builtin_bswap64(value) & 0xffffffffffffu;
}

/* Frame the record at *offset of a file: *message is its first byte, *length how many,
 * and *offset moves past it. A type that ITCH 5.0 does not have passes by its length,
 * if that is room for the header all messages share.
 *   0         framed
 *   -ENODATA  the end-of-session mark: *offset moves past it
 *   -EPIPE    the bytes ended before a record: the end of a file without the mark
 *   -EPROTO   wrong length for the type, or the bytes end inside the record */
static inline int cp_itch_frame(const uint8_t *bytes, uint64_t size, uint64_t *offset,
                                const uint8_t **message, uint32_t *length)
{
    uint64_t left = size - *offset;
    CP_ASSERT(*offset <= size);
    if (left == 0)
        return -EPIPE;
    if (left < 2)
        return -EPROTO;
    uint32_t said = cp_itch_u16(bytes + *offset);
    if (said == 0) {
        *offset += 2;
        return -ENODATA;
    }
    if (left - 2 < said)
        return -EPROTO;
    uint32_t expected = cp_itch_length(bytes[*offset + 2]);
    if (expected != 0 ? said != expected : said < CP_ITCH_HEADER_SIZE)
        return -EPROTO;
    *message = bytes + *offset + 2;
    *length = said;
    *offset += 2 + (uint64_t)said;
    return 0;
}

/* Read the fields of one message of `length` bytes.
 *   0         decoded (of types without an entry above only the header is)
 *   -EPROTO   the length is not the type's, or the side is neither buy nor sell
 *   -ENOTSUP  a type that ITCH 5.0 does not have */
int cp_itch_decode(const uint8_t *message, uint32_t length, cp_itch_message *decoded);

#endif /* CP_ITCH_H */
