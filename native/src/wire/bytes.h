/* bytes.h: numbers and texts as the exchanges put them on a wire.
 *
 * Numbers are big-endian and sit at any address, so each goes through memcpy: the
 * compiler makes one load and one swap of it. Texts are padded with spaces on the right.
 */
#ifndef CP_BYTES_H
#define CP_BYTES_H

#include "base/base.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for little-endian processors"
#endif

static inline uint16_t cp_load_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t cp_load_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

static inline uint64_t cp_load_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

static inline void cp_store_u16(uint8_t *bytes, uint16_t value)
{
    value = __builtin_bswap16(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void cp_store_u32(uint8_t *bytes, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(bytes, &value, sizeof value);
}

static inline void cp_store_u64(uint8_t *bytes, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(bytes, &value, sizeof value);
}

/* A number of `size` bytes, 0 to 8. */
static inline uint64_t cp_load_number(const uint8_t *bytes, uint32_t size)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < size; i++)
        value = (value << 8) | bytes[i];
    return value;
}

static inline void cp_store_number(uint8_t *bytes, uint32_t size, uint64_t value)
{
    while (size > 0) {
        bytes[--size] = (uint8_t)value;
        value >>= 8;
    }
}

/* Does it fit in `size` bytes? */
static inline bool cp_number_fits(uint64_t value, uint32_t size)
{
    return size >= 8 || value >> (8 * size) == 0;
}

/* Fill a field of `size` bytes from a string, spaces to the right; what is too long is
 * cut. */
static inline void cp_store_text(char *field, uint32_t size, const char *text)
{
    uint32_t length = (uint32_t)strnlen(text, size);
    memcpy(field, text, length);
    memset(field + length, ' ', size - length);
}

/* Length of a field's text without the spaces and NULs to its right. */
static inline uint32_t cp_text_length(const char *field, uint32_t size)
{
    while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
        size--;
    return size;
}

#endif /* CP_BYTES_H */
