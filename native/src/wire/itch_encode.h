/* itch_encode.h: the ITCH 5.0 messages of a book, written where they are to stand.
 *
 * The short way for what an exchange sends all day; itch_record.h writes every type. Each
 * call fills the whole message, cp_itch_length() of its type. Times are nanoseconds since
 * midnight, prices 1/10000, symbols eight bytes padded with spaces.
 */
#ifndef CP_ITCH_ENCODE_H
#define CP_ITCH_ENCODE_H

#include "wire/bytes.h"
#include "wire/itch.h"

static inline void cp_itch_put_header(uint8_t *bytes, uint8_t type, uint16_t locate,
                                      uint64_t time_ns)
{
    /* Tracking number and time are eight bytes together, of which time is six. */
    cp_store_u64(bytes + 3, time_ns & 0xffffffffffffu);
    bytes[0] = type;
    cp_store_u16(bytes + 1, locate);
}

static inline void cp_itch_put_add(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                   uint64_t ref, uint8_t side, uint32_t shares,
                                   const char symbol[CP_ITCH_SYMBOL_SIZE], uint32_t price)
{
    cp_itch_put_header(bytes, 'A', locate, time_ns);
    cp_store_u64(bytes + 11, ref);
    bytes[19] = side == CP_BUY ? 'B' : 'S';
    cp_store_u32(bytes + 20, shares);
    memcpy(bytes + 24, symbol, CP_ITCH_SYMBOL_SIZE);
    cp_store_u32(bytes + 32, price);
}

static inline void cp_itch_put_executed(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                        uint64_t ref, uint32_t shares, uint64_t match)
{
    cp_itch_put_header(bytes, 'E', locate, time_ns);
    cp_store_u64(bytes + 11, ref);
    cp_store_u32(bytes + 19, shares);
    cp_store_u64(bytes + 23, match);
}

static inline void cp_itch_put_cancel(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                      uint64_t ref, uint32_t shares)
{
    cp_itch_put_header(bytes, 'X', locate, time_ns);
    cp_store_u64(bytes + 11, ref);
    cp_store_u32(bytes + 19, shares);
}

static inline void cp_itch_put_delete(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                      uint64_t ref)
{
    cp_itch_put_header(bytes, 'D', locate, time_ns);
    cp_store_u64(bytes + 11, ref);
}

static inline void cp_itch_put_replace(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                       uint64_t ref, uint64_t new_ref, uint32_t shares,
                                       uint32_t price)
{
    cp_itch_put_header(bytes, 'U', locate, time_ns);
    cp_store_u64(bytes + 11, ref);
    cp_store_u64(bytes + 19, new_ref);
    cp_store_u32(bytes + 27, shares);
    cp_store_u32(bytes + 31, price);
}

/* A print against hidden interest; `side` is the resting order's. */
static inline void cp_itch_put_trade(uint8_t *bytes, uint16_t locate, uint64_t time_ns,
                                     uint8_t side, uint32_t shares,
                                     const char symbol[CP_ITCH_SYMBOL_SIZE],
                                     uint32_t price, uint64_t match)
{
    cp_itch_put_header(bytes, 'P', locate, time_ns);
    cp_store_u64(bytes + 11, 0);
    bytes[19] = side == CP_BUY ? 'B' : 'S';
    cp_store_u32(bytes + 20, shares);
    memcpy(bytes + 24, symbol, CP_ITCH_SYMBOL_SIZE);
    cp_store_u32(bytes + 32, price);
    cp_store_u64(bytes + 36, match);
}

#endif /* CP_ITCH_ENCODE_H */
