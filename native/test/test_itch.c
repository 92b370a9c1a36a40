/* ITCH 5.0: what is framed, what is refused and where, and what the scan finds. */
#include "test.h"
#include "wire/itch.h"

static uint8_t file[4096];
static uint64_t file_size;

static void put(uint64_t value, uint32_t count)
{
    for (uint32_t i = count; i-- > 0;)
        file[file_size++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
}

static void put_text(const char *text, uint32_t count)
{
    memcpy(file + file_size, text, count);
    file_size += count;
}

static void put_header(uint32_t length, char type, uint16_t locate, uint64_t time_ns)
{
    put(length, 2);
    put((uint8_t)type, 1);
    put(locate, 2);
    put(0, 2);
    put(time_ns, 6);
}

static void put_add(char type, uint16_t locate, uint64_t ref, char side, uint32_t shares,
                    uint32_t price)
{
    put_header(type == 'A' ? 36 : 40, type, locate, 1000 + ref);
    put(ref, 8);
    put((uint8_t)side, 1);
    put(shares, 4);
    put_text("AAPL    ", 8);
    put(price, 4);
    if (type == 'F')
        put_text("NSDQ", 4);
}

static void put_delete(uint16_t locate, uint64_t ref)
{
    put_header(19, 'D', locate, 2000);
    put(ref, 8);
}

static void put_blank(char type, uint16_t locate)
{
    uint32_t length = cp_itch_length((uint8_t)type);
    put_header(length, type, locate, 5);
    memset(file + file_size, 'B', length - CP_ITCH_HEADER_SIZE);
    file_size += length - CP_ITCH_HEADER_SIZE;
}

static int scan_file(cp_itch_scan *scan, cp_itch_symbol *symbols, uint32_t capacity)
{
    /* An exact copy, so that the address sanitizer sees a byte read too many. */
    uint8_t *copy = malloc(file_size + 1);
    CHECK(copy != NULL);
    memcpy(copy + 1, file, file_size);
    int result = cp_itch_scan_file(copy + 1, file_size, scan, symbols, capacity);
    free(copy);
    return result;
}

static void refuses_at(uint64_t offset)
{
    cp_itch_scan scan;
    cp_itch_symbol symbols[4];
    CHECK_EQ(-EPROTO, scan_file(&scan, symbols, 4));
    CHECK_EQ(offset, scan.error_offset);
}

static void frames_all_types_by_their_length(void)
{
    const char types[] = "SRHYLVWKJhAFECXDUPQBINO";
    CHECK_EQ(23, sizeof types - 1);
    file_size = 0;
    for (uint32_t i = 0; i < 23; i++)
        put_blank(types[i], 1);
    cp_itch_scan scan;
    cp_itch_symbol symbols[4];
    CHECK_EQ(0, scan_file(&scan, symbols, 4));
    CHECK_EQ(23, scan.message_count);
    for (uint32_t i = 0; i < 23; i++)
        CHECK_EQ(1, scan.type_count[(uint8_t)types[i]]);
    CHECK_EQ(0, scan.complete);
}

static void refuses_each_type_at_any_other_length(void)
{
    const char types[] = "SRHYLVWKJhAFECXDUPQBINO";
    for (uint32_t i = 0; i < 23; i++) {
        for (int by = -1; by <= 1; by += 2) {
            file_size = 0;
            put_add('A', 1, 1, 'B', 1, 100);
            uint64_t offset = file_size;
            put_blank(types[i], 1);
            file[offset + 1] = (uint8_t)(file[offset + 1] + by);
            put(0, 8); /* bytes enough for the longer one */
            refuses_at(offset);
        }
    }
}

static void refuses_a_file_that_begins_with_no_length(void)
{
    file_size = 0;
    put(0, 2);
    put_text("R", 1);
    put(0, 38);
    refuses_at(0);
}

static void refuses_nothing_at_all(void)
{
    file_size = 0;
    refuses_at(0);
    put(0, 1);
    refuses_at(0);
}

static void refuses_a_cut_message_wherever_it_is_cut(void)
{
    file_size = 0;
    put_add('A', 1, 1, 'B', 1, 100);
    uint64_t first = file_size;
    put_add('F', 1, 2, 'S', 1, 200);
    uint64_t whole = file_size;
    for (file_size = first + 1; file_size < whole; file_size++)
        refuses_at(first);
    for (file_size = 1; file_size < first; file_size++)
        refuses_at(0);
}

static void refuses_a_file_of_unknown_messages_only(void)
{
    file_size = 0;
    put_header(11, 'z', 1, 0);
    put_header(11, 'z', 1, 0);
    refuses_at(0);
}

static void refuses_a_side_that_is_none(void)
{
    file_size = 0;
    put_add('A', 1, 1, 'B', 1, 100);
    uint64_t offset = file_size;
    put_add('A', 1, 2, 'X', 1, 100);
    refuses_at(offset);
}

static void passes_and_counts_unknown_types(void)
{
    file_size = 0;
    put_add('A', 1, 1, 'B', 1, 100);
    put_header(14, 'z', 1, 0);
    put(0, 3);
    put_header(11, (char)200, 1, 0);
    put_delete(1, 1);
    cp_itch_scan scan;
    cp_itch_symbol symbols[4];
    CHECK_EQ(0, scan_file(&scan, symbols, 4));
    CHECK_EQ(4, scan.message_count);
    CHECK_EQ(1, scan.type_count['z']);
    CHECK_EQ(1, scan.type_count[0]);
    CHECK_EQ(2, symbols[0].message_count);
}

static void stops_at_the_end_of_the_session(void)
{
    file_size = 0;
    put_add('A', 1, 1, 'B', 1, 100);
    put(0, 2);
    put_text("what follows is not read", 24);
    cp_itch_scan scan;
    cp_itch_symbol symbols[4];
    CHECK_EQ(0, scan_file(&scan, symbols, 4));
    CHECK_EQ(1, scan.message_count);
    CHECK_EQ(1, scan.complete);
}

static void finds_symbols_and_the_step_of_their_prices(void)
{
    file_size = 0;
    put_delete(13, 99); /* before any add: it counts, the symbol is not yet known */
    put_add('A', 13, 1, 'B', 100, 3201400);
    put_add('F', 13, 2, 'S', 100, 3201550);
    put_header(35, 'U', 13, 4000);
    put(2, 8);
    put(3, 8);
    put(50, 4);
    put(3201525, 4);
    put_add('A', 7, 4, 'B', 100, 0x7735939c);
    put_delete(8, 5); /* never had an order: not a symbol */
    cp_itch_scan scan;
    cp_itch_symbol symbols[4];
    CHECK_EQ(0, scan_file(&scan, symbols, 4));
    CHECK_EQ(2, scan.symbol_count);
    CHECK_EQ(7, symbols[0].locate);
    CHECK_EQ(0x7735939c, symbols[0].price_max);
    CHECK_EQ(0x7735939c, symbols[0].price_gcd);
    CHECK_EQ(13, symbols[1].locate);
    CHECK(strcmp(symbols[1].name, "AAPL") == 0);
    CHECK_EQ(25, symbols[1].price_gcd);
    CHECK_EQ(3201550, symbols[1].price_max);
    CHECK_EQ(3201400, symbols[1].price_first);
    CHECK_EQ(4, symbols[1].message_count);
    CHECK_EQ(2, symbols[1].add_count);
    CHECK_EQ(2000, scan.first_ns);
    CHECK_EQ(2000, scan.last_ns);
}

static void says_when_there_are_more_symbols_than_room(void)
{
    file_size = 0;
    put_add('A', 1, 1, 'B', 1, 100);
    put_add('A', 2, 2, 'B', 1, 100);
    cp_itch_scan scan;
    cp_itch_symbol symbols[1];
    CHECK_EQ(-ENOSPC, scan_file(&scan, symbols, 1));
    CHECK_EQ(1, scan.symbol_count);
    CHECK_EQ(2, scan.message_count);
}

static void decodes_every_field_from_its_place(void)
{
    static const uint8_t bytes[36] = {
        'C',  0x12, 0x34, 0,    0,    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, /* header */
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,                   /* reference */
        0x21, 0x22, 0x23, 0x24,                                           /* shares */
        0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,                   /* match */
        'N',  0x41, 0x42, 0x43, 0x44, /* printable, price */
    };
    cp_itch_message message;
    CHECK_EQ(0, cp_itch_decode(bytes, sizeof bytes, &message));
    CHECK_EQ('C', message.type);
    CHECK_EQ(0x1234, message.locate);
    CHECK_EQ(0x010203040506, message.time_ns);
    CHECK_EQ(0x1112131415161718, message.ref);
    CHECK_EQ(0x21222324, message.shares);
    CHECK_EQ(0x3132333435363738, message.match);
    CHECK_EQ(0, message.printable);
    CHECK_EQ(0x41424344, message.price);
    CHECK_EQ(-EPROTO, cp_itch_decode(bytes, 35, &message));
    CHECK_EQ(-ENOTSUP, cp_itch_decode((const uint8_t *)"z", 1, &message));
    CHECK_EQ(-ENOTSUP, cp_itch_decode(bytes, 0, &message));
}

static void decodes_trades_and_crosses(void)
{
    file_size = 0;
    put_header(44, 'P', 1, 3);
    put(0, 8);
    put('S', 1);
    put(77, 4);
    put_text("MSFT    ", 8);
    put(1234567, 4);
    put(42, 8);
    uint64_t cross = file_size;
    put_header(40, 'Q', 1, 3);
    put(5000000000, 8);
    put_text("MSFT    ", 8);
    put(222, 4);
    put(43, 8);
    put('O', 1);
    cp_itch_message message;
    CHECK_EQ(0, cp_itch_decode(file + 2, 44, &message));
    CHECK_EQ(CP_SELL, message.side);
    CHECK_EQ(77, message.shares);
    CHECK_EQ(1234567, message.price);
    CHECK_EQ(42, message.match);
    CHECK_EQ(0, cp_itch_decode(file + cross + 2, 40, &message));
    CHECK_EQ(5000000000, message.shares);
    CHECK_EQ(222, message.price);
    CHECK_EQ(43, message.match);
    CHECK(memcmp(message.symbol, "MSFT    ", 8) == 0);
}

static void survives_any_bytes(void)
{
    uint64_t state = 88172645463325252u;
    for (uint32_t round = 0; round < 4000; round++) {
        file_size = 0;
        put_add('A', 1, 1, 'B', 1, 100);
        put_add('F', 1, 2, 'S', 1, 200);
        put_delete(1, 1);
        put_blank('U', 1);
        for (uint32_t hit = 0; hit < 3; hit++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            file[(state >> 8) % file_size] = (uint8_t)state;
        }
        cp_itch_scan scan;
        cp_itch_symbol symbols[4];
        int result = scan_file(&scan, symbols, 4);
        CHECK(result == 0 || (result == -EPROTO && scan.error_offset < file_size));
        CHECK(scan.message_count <= file_size / (2 + CP_ITCH_HEADER_SIZE));
    }
}

int main(void)
{
    RUN(frames_all_types_by_their_length);
    RUN(refuses_each_type_at_any_other_length);
    RUN(refuses_a_file_that_begins_with_no_length);
    RUN(refuses_nothing_at_all);
    RUN(refuses_a_cut_message_wherever_it_is_cut);
    RUN(refuses_a_file_of_unknown_messages_only);
    RUN(refuses_a_side_that_is_none);
    RUN(passes_and_counts_unknown_types);
    RUN(stops_at_the_end_of_the_session);
    RUN(finds_symbols_and_the_step_of_their_prices);
    RUN(says_when_there_are_more_symbols_than_room);
    RUN(decodes_every_field_from_its_place);
    RUN(decodes_trades_and_crosses);
    RUN(survives_any_bytes);
    return 0;
}
