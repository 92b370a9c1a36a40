/* itch.c: framing, decoding, and the scan that decides whether a file can be played. */
#include "wire/itch.h"

#define LOCATE_COUNT 65536u

static uint32_t get_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}

/* ---- decoding -------------------------------------------------------------- */

static int decode_side(uint8_t letter, uint8_t *side)
{
    if (letter != 'B' && letter != 'S')
        return -EPROTO;
    *side = letter == 'B' ? CP_BUY : CP_SELL;
    return 0;
}

/* A, F and P begin alike. */
static int decode_order(const uint8_t *message, cp_itch_message *decoded)
{
    decoded->ref = get_u64(message + 11);
    decoded->shares = get_u32(message + 20);
    memcpy(decoded->symbol, message + 24, CP_ITCH_SYMBOL_SIZE);
    decoded->price = get_u32(message + 32);
    return decode_side(message[19], &decoded->side);
}

static void decode_execution(const uint8_t *message, cp_itch_message *decoded)
{
    decoded->ref = get_u64(message + 11);
    decoded->shares = get_u32(message + 19);
    decoded->match = get_u64(message + 23);
    decoded->printable = 1;
}

static void decode_replace(const uint8_t *message, cp_itch_message *decoded)
{
    decoded->ref = get_u64(message + 11);
    decoded->new_ref = get_u64(message + 19);
    decoded->shares = get_u32(message + 27);
    decoded->price = get_u32(message + 31);
}

static void decode_cross(const uint8_t *message, cp_itch_message *decoded)
{
    decoded->shares = get_u64(message + 11);
    memcpy(decoded->symbol, message + 19, CP_ITCH_SYMBOL_SIZE);
    decoded->price = get_u32(message + 27);
    decoded->match = get_u64(message + 31);
}

int cp_itch_decode(const uint8_t *message, uint32_t length, cp_itch_message *decoded)
{
    uint32_t expected = length == 0 ? 0 : cp_itch_length(message[0]);
    if (expected == 0)
        return -ENOTSUP;
    if (length != expected)
        return -EPROTO;
    *decoded = (cp_itch_message){ .time_ns = cp_itch_time_ns(message),
                                  .locate = cp_itch_locate(message),
                                  .type = message[0] };
    switch (message[0]) {
    case 'A':
    case 'F':
        return decode_order(message, decoded);
    case 'P':
        decoded->match = get_u64(message + 36);
        return decode_order(message, decoded);
    case 'E':
        decode_execution(message, decoded);
        break;
    case 'C':
        decode_execution(message, decoded);
        decoded->printable = message[31] != 'N';
        decoded->price = get_u32(message + 32);
        break;
    case 'X':
        decoded->shares = get_u32(message + 19);
        decoded->ref = get_u64(message + 11);
        break;
    case 'D':
        decoded->ref = get_u64(message + 11);
        break;
    case 'U':
        decode_replace(message, decoded);
        break;
    case 'Q':
        decode_cross(message, decoded);
        break;
    case 'R':
        memcpy(decoded->symbol, message + 11, CP_ITCH_SYMBOL_SIZE);
        break;
    default:
        break;
    }
    return 0;
}

/* ---- scan ------------------------------------------------------------------ */

static uint32_t gcd_u32(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void take_name(cp_itch_symbol *symbol, const char *padded)
{
    uint32_t length = CP_ITCH_SYMBOL_SIZE;
    while (length > 0 && padded[length - 1] == ' ')
        length--;
    memset(symbol->name, 0, sizeof symbol->name);
    memcpy(symbol->name, padded, length);
}

static void take_price(cp_itch_symbol *symbol, uint32_t price)
{
    if (symbol->price_gcd == 0 || price % symbol->price_gcd != 0)
        symbol->price_gcd = gcd_u32(price, symbol->price_gcd);
    if (price > symbol->price_max)
        symbol->price_max = price;
    if (symbol->price_first == 0)
        symbol->price_first = price;
}

static void take_message(cp_itch_symbol *symbols, const cp_itch_message *message)
{
    cp_itch_symbol *symbol = &symbols[message->locate];
    if (message->type == 'R') {
        take_name(symbol, message->symbol);
        return;
    }
    if (!cp_itch_is_book(message->type))
        return;
    symbol->message_count++;
    if (message->type == 'A' || message->type == 'F') {
        symbol->add_count++;
        if (symbol->name[0] == 0) /* a slice without the directory */
            take_name(symbol, message->symbol);
        take_price(symbol, message->price);
    } else if (message->type == 'U') {
        take_price(symbol, message->price);
    }
}

/* All records into scan and symbols (by locate; *locate_end is past the highest). The
 * offset of the record being read is kept in scan->error_offset, so that it is there when
 * reading stops. */
static int scan_records(const uint8_t *bytes, uint64_t size, cp_itch_scan *scan,
                        cp_itch_symbol *symbols, uint32_t *locate_end)
{
    uint64_t offset = 0;
    uint64_t known_count = 0;
    for (;;) {
        const uint8_t *record;
        uint32_t length;
        scan->error_offset = offset;
        int result = cp_itch_frame(bytes, size, &offset, &record, &length);
        if (result == -EPIPE || (result == -ENODATA && scan->message_count > 0)) {
            scan->complete = result == -ENODATA;
            break;
        }
        if (result != 0) /* also an end mark before any message: no such file */
            return -EPROTO;
        scan->message_count++;
        scan->type_count[record[0] < 128 ? record[0] : 0]++;
        cp_itch_message message;
        result = cp_itch_decode(record, length, &message);
        if (result == -ENOTSUP)
            continue;
        if (result != 0)
            return result;
        if (known_count++ == 0)
            scan->first_ns = message.time_ns;
        scan->last_ns = message.time_ns;
        take_message(symbols, &message);
        if (message.locate >= *locate_end)
            *locate_end = message.locate + 1u;
    }
    scan->error_offset = 0;
    return known_count > 0 ? 0 : -EPROTO;
}

int cp_itch_scan_file(const uint8_t *bytes, uint64_t size, cp_itch_scan *scan,
                      cp_itch_symbol *symbols, uint32_t capacity)
{
    *scan = (cp_itch_scan){ 0 };
    cp_itch_symbol *by_locate = calloc(LOCATE_COUNT, sizeof *by_locate);
    if (by_locate == NULL)
        return -ENOMEM;
    uint32_t locate_end = 0;
    int result = scan_records(bytes, size, scan, by_locate, &locate_end);
    for (uint32_t locate = 0; result == 0 && locate < locate_end; locate++) {
        if (by_locate[locate].add_count == 0)
            continue;
        if (scan->symbol_count == capacity) {
            result = -ENOSPC;
        } else {
            symbols[scan->symbol_count] = by_locate[locate];
            symbols[scan->symbol_count++].locate = (uint16_t)locate;
        }
    }
    free(by_locate);
    return result;
}
