/* ITCH 5.0 whole: every type written as its layout says, and what was recorded comes out as
 * the same bytes. */
#include "wire/itch_encode.h"
#include "wire/itch_record.h"
#include "pcap.h"
#include "wire/mold.h"

static const char all_types[] = "SRHYLVWKJhAFECXDUPQBINO";

/* Every byte of a message is read into some field and written from it: no other message
 * has the same fields. */
static void keeps_every_byte_of_every_type(void)
{
    uint32_t seed = 1;
    for (uint32_t t = 0; all_types[t] != '\0'; t++) {
        uint8_t bytes[CP_ITCH_LENGTH_MAX], back[CP_ITCH_LENGTH_MAX];
        uint32_t size = cp_itch_length((uint8_t)all_types[t]);
        for (uint32_t round = 0; round < 200; round++) {
            for (uint32_t i = 1; i < size; i++)
                bytes[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
            bytes[0] = (uint8_t)all_types[t];
            cp_itch_record record;
            CHECK_EQ(0, cp_itch_record_decode(bytes, size, &record));
            memset(back, 0xEE, sizeof back);
            CHECK_EQ(0, cp_itch_record_encode(&record, back));
            CHECK(memcmp(bytes, back, size) == 0);
            if (size < CP_ITCH_LENGTH_MAX)
                CHECK_EQ(0xEE, back[size]);
        }
    }
    CHECK_EQ(23, sizeof all_types - 1);
}

/* One message by its table in the specification, all fields of it different. */
static void reads_fields_where_the_specification_has_them(void)
{
    uint8_t bytes[50] = { 'I', 0, 7, 0, 9, 0, 0, 0, 0, 1, 2 };
    cp_store_u64(bytes + 11, 1111);
    cp_store_u64(bytes + 19, 2222);
    bytes[27] = 'B';
    memcpy(bytes + 28, "ACME    ", 8);
    cp_store_u32(bytes + 36, 33);
    cp_store_u32(bytes + 40, 44);
    cp_store_u32(bytes + 44, 55);
    bytes[48] = 'O';
    bytes[49] = 'L';
    cp_itch_record r;
    CHECK_EQ(0, cp_itch_record_decode(bytes, 50, &r));
    CHECK_EQ(7, r.locate);
    CHECK_EQ(9, r.tracking);
    CHECK_EQ(258, r.time_ns);
    CHECK_EQ(1111, r.shares);
    CHECK_EQ(2222, r.imbalance);
    CHECK_EQ('B', r.side);
    CHECK(memcmp(r.symbol, "ACME    ", 8) == 0);
    CHECK_EQ(33, r.upper);
    CHECK_EQ(44, r.lower);
    CHECK_EQ(55, r.price);
    CHECK_EQ('O', r.code);
    CHECK_EQ('L', r.flag);
}

static void refuses_wrong_lengths_and_numbers_that_do_not_fit(void)
{
    uint8_t bytes[CP_ITCH_LENGTH_MAX + 1] = { 'A' };
    cp_itch_record record;
    CHECK_EQ(-EPROTO, cp_itch_record_decode(bytes, 35, &record));
    CHECK_EQ(-EPROTO, cp_itch_record_decode(bytes, 37, &record));
    CHECK_EQ(-ENOTSUP, cp_itch_record_decode(bytes, 0, &record));
    bytes[0] = 'z';
    CHECK_EQ(-ENOTSUP, cp_itch_record_decode(bytes, 36, &record));
    record = (cp_itch_record){ .type = 'A', .shares = 1ull << 32 };
    CHECK_EQ(-EINVAL, cp_itch_record_encode(&record, bytes));
    record = (cp_itch_record){ .type = 'D', .time_ns = 1ull << 48 };
    CHECK_EQ(-EINVAL, cp_itch_record_encode(&record, bytes));
    record = (cp_itch_record){ .type = 200 };
    CHECK_EQ(-ENOTSUP, cp_itch_record_encode(&record, bytes));
}

/* The short way and the table agree on every byte. */
static void writes_a_book_as_the_tables_do(void)
{
    cp_itch_record add = { .locate = 3,
                           .time_ns = 86399999999999u,
                           .order_ref = 1ull << 63,
                           .shares = 4000000000u,
                           .price = 1999999900u,
                           .type = 'A',
                           .side = 'S',
                           .symbol = "ABCDEFG" };
    add.symbol[7] = ' ';
    uint8_t want[CP_ITCH_LENGTH_MAX], got[CP_ITCH_LENGTH_MAX];
    CHECK_EQ(0, cp_itch_record_encode(&add, want));
    cp_itch_put_add(got, 3, add.time_ns, add.order_ref, CP_SELL, 4000000000u, add.symbol,
                    1999999900u);
    CHECK(memcmp(want, got, 36) == 0);

    cp_itch_record other = { .locate = 3,
                             .time_ns = 5,
                             .order_ref = 77,
                             .new_ref = 88,
                             .match = 99,
                             .shares = 12,
                             .price = 34,
                             .side = 'B' };
    memcpy(other.symbol, add.symbol, 8);
    other.type = 'E';
    CHECK_EQ(0, cp_itch_record_encode(&other, want));
    cp_itch_put_executed(got, 3, 5, 77, 12, 99);
    CHECK(memcmp(want, got, 31) == 0);
    other.type = 'X';
    CHECK_EQ(0, cp_itch_record_encode(&other, want));
    cp_itch_put_cancel(got, 3, 5, 77, 12);
    CHECK(memcmp(want, got, 23) == 0);
    other.type = 'D';
    CHECK_EQ(0, cp_itch_record_encode(&other, want));
    cp_itch_put_delete(got, 3, 5, 77);
    CHECK(memcmp(want, got, 19) == 0);
    other.type = 'U';
    CHECK_EQ(0, cp_itch_record_encode(&other, want));
    cp_itch_put_replace(got, 3, 5, 77, 88, 12, 34);
    CHECK(memcmp(want, got, 35) == 0);
    other.type = 'P';
    other.order_ref = 0;
    CHECK_EQ(0, cp_itch_record_encode(&other, want));
    cp_itch_put_trade(got, 3, 5, CP_BUY, 12, other.symbol, 34, 99);
    CHECK(memcmp(want, got, 44) == 0);
}

static void writes_and_reads_the_end_of_a_snapshot(void)
{
    const uint64_t numbers[] = { 0, 1, 9, 10, 1234567890, UINT64_MAX };
    for (uint32_t i = 0; i < 6; i++) {
        uint8_t bytes[CP_ITCH_SNAPSHOT_END_SIZE];
        uint64_t back;
        cp_itch_snapshot_end_encode(numbers[i], bytes);
        CHECK_EQ(0, cp_itch_snapshot_end_decode(bytes, sizeof bytes, &back));
        CHECK(back == numbers[i]);
    }
    uint64_t ignored;
    CHECK_EQ(-EPROTO, cp_itch_snapshot_end_decode(
                          (const uint8_t *)"G                    ", 21, &ignored));
    CHECK_EQ(-EPROTO, cp_itch_snapshot_end_decode(
                          (const uint8_t *)"G                  1x", 21, &ignored));
    CHECK_EQ(-EPROTO, cp_itch_snapshot_end_decode(
                          (const uint8_t *)"G99999999999999999999", 21, &ignored));
}

static uint32_t recorded_count;

static void rebuild(const uint8_t *message, uint32_t size)
{
    cp_itch_record record;
    uint8_t back[CP_ITCH_LENGTH_MAX];
    CHECK_EQ(0, cp_itch_record_decode(message, size, &record));
    CHECK_EQ(0, cp_itch_record_encode(&record, back));
    CHECK(memcmp(message, back, size) == 0);
    recorded_count++;
}

static void rebuild_file(const char *data, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/itch50/%s", data, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    static uint8_t bytes[4 << 20];
    uint64_t size = fread(bytes, 1, sizeof bytes, file), offset = 0;
    fclose(file);
    const uint8_t *message;
    uint32_t length;
    while (cp_itch_frame(bytes, size, &offset, &message, &length) == 0)
        rebuild(message, length);
    CHECK(offset == size);
}

static void take_datagram(const uint8_t *payload, uint32_t size, const char *name)
{
    cp_mold_packet packet;
    const uint8_t *message;
    uint32_t length;
    (void)name;
    CHECK_EQ(0, cp_mold_decode(payload, size, &packet));
    while (cp_mold_next(&packet, &message, &length))
        rebuild(message, length);
}

static void rebuilds_what_was_recorded(void)
{
    const char *data = getenv("COCKPIT_DATA");
    if (data == NULL)
        data = "../../shared/data";
    rebuild_file(data, "nasdaq_itch50_aapl_20200130/locate-13-10k.bin");
    rebuild_file(data, "nasdaq_itch50_start_of_day/start_of_day_1000.itch");
    uint32_t packets = cp_pcap_take_all("Itch.v5.0", take_datagram);
    if (recorded_count == 0) {
        printf("skipped: no recordings (COCKPIT_DATA)\n");
        return;
    }
    printf("rebuilt %u recorded messages, %u packets\n", recorded_count, packets);
}

int main(void)
{
    RUN(keeps_every_byte_of_every_type);
    RUN(reads_fields_where_the_specification_has_them);
    RUN(refuses_wrong_lengths_and_numbers_that_do_not_fit);
    RUN(writes_a_book_as_the_tables_do);
    RUN(writes_and_reads_the_end_of_a_snapshot);
    RUN(rebuilds_what_was_recorded);
    return 0;
}
