/* MoldUDP64: what is handed out, what is refused, what a packet has room for. */
#include "pcap.h"
#include "base/random.h"
#include "wire/itch.h"
#include "wire/mold.h"

static const char session[CP_MOLD_SESSION_SIZE] = { '0', '0', '0', '0', '1',
                                                    '0', '0', '5', '9', 'B' };

/* Decode an exact copy, so that the address sanitizer sees a byte read too many. All
 * messages are read to their last byte. */
static int decode_copy(const uint8_t *bytes, uint32_t size, uint32_t *count)
{
    uint8_t *copy = malloc(size + (size == 0));
    CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    cp_mold_packet packet;
    int result = cp_mold_decode(copy, size, &packet);
    *count = 0;
    if (result == 0) {
        const uint8_t *message;
        uint32_t length, used = CP_MOLD_HEADER_SIZE;
        volatile uint8_t sum = 0;
        while (cp_mold_next(&packet, &message, &length)) {
            for (uint32_t i = 0; i < length; i++)
                sum = (uint8_t)(sum + message[i]);
            used += CP_MOLD_BLOCK_SIZE + length;
            ++*count;
        }
        CHECK_EQ(size, used);
        CHECK(packet.sequence == packet.header.sequence + *count);
    }
    free(copy);
    return result;
}

static uint32_t make_packet(uint8_t *bytes, uint32_t size_max, const uint32_t *lengths,
                            uint32_t count)
{
    static uint8_t message[65535];
    memset(message, 'm', sizeof message);
    cp_mold_builder builder;
    cp_mold_begin(&builder, bytes, size_max, session, 1);
    for (uint32_t i = 0; i < count; i++)
        CHECK_EQ(0, cp_mold_add(&builder, message, lengths[i]));
    return builder.size;
}

static void lays_out_a_packet_as_the_protocol_has_it(void)
{
    static const uint8_t want[] = {
        '0',  '0',  '0',  '0',  '1',  '0',  '0',  '5',  '9', 'B', /* session */
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,           /* sequence */
        0,    3,                                                  /* count */
        0,    2,    'h',  'i',  0,    0,    0,    1,    'x',      /* blocks */
    };
    uint8_t bytes[sizeof want];
    cp_mold_builder builder;
    cp_mold_begin(&builder, bytes, sizeof bytes, session, 0x0102030405060708u);
    CHECK_EQ(0, cp_mold_add(&builder, (const uint8_t *)"hi", 2));
    CHECK_EQ(0, cp_mold_add(&builder, NULL, 0));
    uint8_t *room = cp_mold_claim(&builder, 1);
    CHECK(room != NULL);
    *room = 'x';
    cp_mold_publish(&builder, 1);
    CHECK_EQ(sizeof want, builder.size);
    CHECK(memcmp(want, bytes, sizeof want) == 0);

    cp_mold_packet packet;
    const uint8_t *message;
    uint32_t size;
    CHECK_EQ(0, cp_mold_decode(want, sizeof want, &packet));
    CHECK(memcmp(packet.header.session, session, sizeof session) == 0);
    CHECK(packet.header.sequence == 0x0102030405060708u && !packet.is_end);
    CHECK(cp_mold_next(&packet, &message, &size) && size == 2 && message == want + 22);
    CHECK(packet.sequence - 1 == 0x0102030405060708u);
    CHECK(cp_mold_next(&packet, &message, &size) && size == 0);
    CHECK(cp_mold_next(&packet, &message, &size) && size == 1 && *message == 'x');
    CHECK(packet.sequence - 1 == 0x010203040506070Au);
    CHECK(!cp_mold_next(&packet, &message, &size));
}

static void tells_heartbeats_and_the_end_of_a_session(void)
{
    uint8_t bytes[CP_MOLD_HEADER_SIZE + 1] = { 0 };
    cp_mold_packet packet;
    cp_mold_header header = { .sequence = UINT64_MAX, .count = 0 };
    cp_mold_encode_header(&header, bytes);
    CHECK_EQ(0, cp_mold_decode(bytes, CP_MOLD_HEADER_SIZE, &packet));
    CHECK(!packet.is_end && packet.left == 0 && packet.header.sequence == UINT64_MAX);
    header.count = CP_MOLD_END;
    cp_mold_encode_header(&header, bytes);
    CHECK_EQ(0, cp_mold_decode(bytes, CP_MOLD_HEADER_SIZE, &packet));
    CHECK(packet.is_end && packet.left == 0);
    /* A message more would be outside what the count says. */
    CHECK_EQ(-EPROTO, cp_mold_decode(bytes, CP_MOLD_HEADER_SIZE + 1, &packet));
}

static void refuses_a_packet_cut_off_anywhere(void)
{
    static const uint32_t lengths[] = { 36, 0, 19, 1, 50 };
    uint8_t bytes[256];
    uint32_t size = make_packet(bytes, sizeof bytes, lengths, 5), count;
    for (uint32_t cut = 0; cut < size; cut++)
        CHECK_EQ(-EPROTO, decode_copy(bytes, cut, &count));
    CHECK_EQ(0, decode_copy(bytes, size, &count));
    CHECK_EQ(5, count);
    bytes[size] = 0;
    CHECK_EQ(-EPROTO, decode_copy(bytes, size + 1, &count));
}

static void refuses_counts_and_lengths_that_do_not_fill_the_packet(void)
{
    static const uint32_t lengths[] = { 3, 3 };
    uint8_t bytes[64], wrong[64];
    uint32_t size = make_packet(bytes, sizeof bytes, lengths, 2), count;
    for (uint32_t said = 0; said <= UINT16_MAX; said++) {
        memcpy(wrong, bytes, size);
        cp_store_u16(wrong + 18, (uint16_t)said);
        CHECK_EQ(said == 2 ? 0 : -EPROTO, decode_copy(wrong, size, &count));
        memcpy(wrong, bytes, size);
        cp_store_u16(wrong + 20, (uint16_t)said);
        CHECK_EQ(said == 3 ? 0 : -EPROTO, decode_copy(wrong, size, &count));
    }
}

static void refuses_message_numbers_past_the_last(void)
{
    static const uint32_t lengths[] = { 1, 1 };
    uint8_t bytes[64];
    uint32_t size = make_packet(bytes, sizeof bytes, lengths, 2), count;
    cp_store_u64(bytes + 10, UINT64_MAX - 2);
    CHECK_EQ(0, decode_copy(bytes, size, &count));
    cp_store_u64(bytes + 10, UINT64_MAX - 1);
    CHECK_EQ(-EPROTO, decode_copy(bytes, size, &count));
}

static void reads_requests_and_refuses_what_cannot_be_asked(void)
{
    cp_mold_header want = { .sequence = 77, .count = CP_MOLD_COUNT_MAX }, got;
    memcpy(want.session, session, sizeof session);
    uint8_t bytes[CP_MOLD_HEADER_SIZE + 1] = { 0 };
    cp_mold_encode_header(&want, bytes);
    for (uint32_t size = 0; size <= sizeof bytes; size++) {
        uint8_t *copy = malloc(size + (size == 0));
        CHECK(copy != NULL);
        memcpy(copy, bytes, size);
        CHECK_EQ(size == CP_MOLD_HEADER_SIZE ? 0 : -EPROTO,
                 cp_mold_decode_request(copy, size, &got));
        free(copy);
    }
    CHECK(got.sequence == 77 && got.count == CP_MOLD_COUNT_MAX);
    CHECK(memcmp(got.session, session, sizeof session) == 0);
    cp_store_u16(bytes + 18, 0);
    CHECK_EQ(-EPROTO, cp_mold_decode_request(bytes, CP_MOLD_HEADER_SIZE, &got));
    cp_store_u16(bytes + 18, CP_MOLD_END);
    CHECK_EQ(-EPROTO, cp_mold_decode_request(bytes, CP_MOLD_HEADER_SIZE, &got));
    cp_store_u16(bytes + 18, 3);
    cp_store_u64(bytes + 10, UINT64_MAX - 2);
    CHECK_EQ(-EPROTO, cp_mold_decode_request(bytes, CP_MOLD_HEADER_SIZE, &got));
}

static void never_builds_a_packet_past_its_bound(void)
{
    uint8_t message[1472] = { 0 };
    for (uint32_t size_max = CP_MOLD_HEADER_SIZE; size_max < 200; size_max++) {
        uint8_t *bytes = malloc(size_max);
        CHECK(bytes != NULL);
        cp_mold_builder builder;
        cp_mold_begin(&builder, bytes, size_max, session, 1);
        uint32_t room = size_max - CP_MOLD_HEADER_SIZE, count = 0;
        CHECK_EQ(-EMSGSIZE, cp_mold_add(&builder, message, room - 1));
        CHECK_EQ(-EMSGSIZE, cp_mold_add(&builder, message, UINT32_MAX));
        while (cp_mold_add(&builder, message, 7) == 0)
            count++;
        CHECK_EQ(room / 9, count);
        CHECK_EQ(CP_MOLD_HEADER_SIZE + 9 * count, builder.size);
        CHECK_EQ(room < 9 ? -EMSGSIZE : -ENOBUFS, cp_mold_add(&builder, message, 7));
        free(bytes);
    }
}

static void fills_a_datagram_to_the_last_byte(void)
{
    static uint8_t bytes[CP_MOLD_SIZE_MAX];
    static const uint8_t message[65535] = { 0 };
    cp_mold_builder builder;
    uint32_t count;
    cp_mold_begin(&builder, bytes, CP_MOLD_SIZE_MAX, session, 1);
    CHECK_EQ(-EMSGSIZE, cp_mold_add(&builder, message, CP_MOLD_SIZE_MAX - 21));
    CHECK_EQ(0, cp_mold_add(&builder, message, CP_MOLD_SIZE_MAX - 22));
    CHECK_EQ(CP_MOLD_SIZE_MAX, builder.size);
    CHECK_EQ(0, decode_copy(bytes, builder.size, &count));

    cp_mold_begin(&builder, bytes, CP_MOLD_SIZE_MAX, session, 1);
    while (cp_mold_add(&builder, message, 0) == 0)
        ;
    CHECK_EQ((CP_MOLD_SIZE_MAX - 20) / 2, builder.count);
    CHECK_EQ(0, decode_copy(bytes, builder.size, &count));
    CHECK_EQ(builder.count, count);
}

static void adds_nothing_for_a_claim_given_up(void)
{
    uint8_t bytes[64];
    cp_mold_builder builder;
    cp_mold_begin(&builder, bytes, sizeof bytes, session, 1);
    CHECK(cp_mold_claim(&builder, 42) != NULL);
    CHECK(cp_mold_claim(&builder, 43) == NULL);
    CHECK_EQ(CP_MOLD_HEADER_SIZE, builder.size);
    uint32_t count;
    CHECK_EQ(0, decode_copy(bytes, builder.size, &count));
    CHECK_EQ(0, count);
}

static void survives_random_bytes(void)
{
    cp_random random;
    cp_random_init(&random, 64);
    uint8_t bytes[128];
    uint32_t count, good = 0;
    for (uint32_t round = 0; round < 200000; round++) {
        uint32_t size = (uint32_t)(cp_random_u64(&random) % sizeof bytes);
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(cp_random_u64(&random) >> 7);
        if (size >= 22) { /* small numbers get past the first look */
            bytes[18] = 0;
            bytes[19] &= 3;
            bytes[20] = 0;
            bytes[21] &= 31;
        }
        good += decode_copy(bytes, size, &count) == 0;
    }
    CHECK(good > 0);
}

static uint32_t recorded_messages;

static void take_recorded(const uint8_t *payload, uint32_t size, const char *file)
{
    cp_mold_packet packet;
    cp_mold_builder builder;
    const uint8_t *message;
    uint32_t length;
    uint8_t again[CP_MOLD_SIZE_ETHERNET];
    (void)file;
    CHECK_EQ(0, cp_mold_decode(payload, size, &packet));
    cp_mold_begin(&builder, again, sizeof again, packet.header.session,
                  packet.header.sequence);
    while (cp_mold_next(&packet, &message, &length)) {
        CHECK_EQ(cp_itch_length(message[0]), length);
        CHECK_EQ(0, cp_mold_add(&builder, message, length));
        recorded_messages++;
    }
    CHECK_EQ(size, builder.size);
    CHECK(memcmp(payload, again, size) == 0);
    for (uint32_t cut = 0; cut < size; cut++)
        CHECK_EQ(-EPROTO, decode_copy(payload, cut, &length));
}

static void rebuilds_recorded_packets_byte_for_byte(void)
{
    uint32_t count = cp_pcap_take_all("Itch.v5.0", take_recorded);
    if (count == 0) {
        puts("skipped rebuilds_recorded_packets_byte_for_byte: no recordings here");
        return;
    }
    printf("   %u packets, %u messages\n", count, recorded_messages);
}

int main(void)
{
    RUN(lays_out_a_packet_as_the_protocol_has_it);
    RUN(tells_heartbeats_and_the_end_of_a_session);
    RUN(refuses_a_packet_cut_off_anywhere);
    RUN(refuses_counts_and_lengths_that_do_not_fill_the_packet);
    RUN(refuses_message_numbers_past_the_last);
    RUN(reads_requests_and_refuses_what_cannot_be_asked);
    RUN(never_builds_a_packet_past_its_bound);
    RUN(fills_a_datagram_to_the_last_byte);
    RUN(adds_nothing_for_a_claim_given_up);
    RUN(survives_random_bytes);
    RUN(rebuilds_recorded_packets_byte_for_byte);
    return 0;
}
