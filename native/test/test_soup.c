/* SoupBinTCP: packets found in a stream however it is cut, logins in every padding, and
 * lengths that make nobody wait. */
#include "test.h"
#include "base/random.h"
#include "wire/soup.h"

static const uint8_t types[] = "+AJSHZLURO";

/* Frame an exact copy, so that the address sanitizer sees a byte read too many. */
static int frame_copy(const uint8_t *bytes, uint32_t size, uint32_t size_max,
                      cp_soup_packet *packet)
{
    uint8_t *copy = malloc(size + (size == 0));
    CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    int result = cp_soup_frame(copy, size, size_max, packet);
    if (result == 0) {
        CHECK(packet->size <= size && packet->payload_size + 3 == packet->size);
        volatile uint8_t sum = 0;
        for (uint32_t i = 0; i < packet->payload_size; i++)
            sum = (uint8_t)(sum + packet->payload[i]);
        packet->payload = bytes + (packet->payload - copy);
    }
    free(copy);
    return result;
}

/* Write the smallest packet of a type; its size. */
static uint32_t make_smallest(uint8_t type, uint8_t *bytes)
{
    cp_soup_login login = { .username = "user", .password = "word", .sequence = 1 };
    cp_soup_accepted accepted = { .session = "1689192121", .sequence = 135 };
    uint32_t size = 0;
    if (type == CP_SOUP_LOGIN) {
        CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
        return CP_SOUP_LOGIN_SIZE;
    }
    if (type == CP_SOUP_ACCEPTED) {
        CHECK_EQ(0, cp_soup_encode_accepted(&accepted, bytes));
        return CP_SOUP_ACCEPTED_SIZE;
    }
    if (type == CP_SOUP_REJECTED) {
        cp_soup_encode_rejected(CP_SOUP_NO_SESSION, bytes);
        return CP_SOUP_REJECTED_SIZE;
    }
    CHECK_EQ(0, cp_soup_encode(type, NULL, 0, bytes, CP_SOUP_PACKET_MAX, &size));
    return size;
}

static void writes_heartbeats_and_answers_as_the_protocol_has_them(void)
{
    uint8_t bytes[8];
    uint32_t size;
    CHECK_EQ(0, cp_soup_encode('R', NULL, 0, bytes, sizeof bytes, &size));
    CHECK(size == 3 && memcmp(bytes, "\0\1R", 3) == 0);
    CHECK_EQ(0, cp_soup_encode('H', NULL, 0, bytes, sizeof bytes, &size));
    CHECK(size == 3 && memcmp(bytes, "\0\1H", 3) == 0);
    CHECK_EQ(0, cp_soup_encode('+', (const uint8_t *)"hello", 5, bytes, 8, &size));
    CHECK(size == 8 && memcmp(bytes, "\0\6+hello", 8) == 0);
    cp_soup_encode_rejected('A', bytes);
    CHECK(memcmp(bytes, "\0\2JA", 4) == 0);
}

static void reads_back_every_type(void)
{
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    cp_soup_packet packet;
    for (const uint8_t *type = types; *type != 0; type++) {
        uint32_t size = make_smallest(*type, bytes);
        CHECK_EQ(0, frame_copy(bytes, size, size, &packet));
        CHECK_EQ(*type, packet.type);
        CHECK_EQ(size, packet.size);
        CHECK(packet.payload == bytes + 3);
    }
}

static void asks_for_more_wherever_a_packet_is_cut_off(void)
{
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    cp_soup_packet packet;
    for (const uint8_t *type = types; *type != 0; type++) {
        uint32_t size = make_smallest(*type, bytes);
        for (uint32_t cut = 0; cut < size; cut++) {
            CHECK_EQ(-EAGAIN, frame_copy(bytes, cut, CP_SOUP_PACKET_MAX, &packet));
            CHECK_EQ(cut < 3 ? 3 : size, packet.size);
        }
    }
}

static void finds_all_packets_of_a_stream_that_comes_in_pieces(void)
{
    static uint8_t stream[20000];
    cp_random random;
    cp_random_init(&random, 3);
    uint32_t size = 0, sent = 0;
    while (size < 19000) {
        uint8_t payload[300];
        uint32_t length = (uint32_t)(cp_random_u64(&random) % sizeof payload), taken;
        memset(payload, (int)sent, sizeof payload);
        CHECK_EQ(0, cp_soup_encode('S', payload, length, stream + size,
                                   (uint32_t)sizeof stream - size, &taken));
        size += taken;
        sent++;
    }
    /* What has arrived grows by a few bytes; whole packets are taken off its front. */
    uint32_t start = 0, end = 0, found = 0;
    while (start < size) {
        cp_soup_packet packet;
        int result = frame_copy(stream + start, end - start, 303, &packet);
        if (result == 0) {
            for (uint32_t i = 0; i < packet.payload_size; i++)
                CHECK_EQ((uint8_t)found, packet.payload[i]);
            start += packet.size;
            found++;
            continue;
        }
        CHECK_EQ(-EAGAIN, result);
        CHECK(packet.size > end - start);
        end += 1 + (uint32_t)(cp_random_u64(&random) % 40);
        end = end > size ? size : end;
    }
    CHECK_EQ(sent, found);
}

static void refuses_lengths_as_soon_as_they_are_there(void)
{
    static const uint8_t none[] = { 0, 0 }, most[] = { 0xFF, 0xFF };
    /* "4 GB" from a client that thinks of a longer prefix begins like one of these. */
    static const uint8_t four_gigabytes[] = { 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t four_gigabytes_swapped[] = { 0, 0, 0, 1 };
    cp_soup_packet packet;
    CHECK_EQ(-EPROTO, frame_copy(none, 2, CP_SOUP_PACKET_MAX, &packet));
    CHECK_EQ(-EMSGSIZE, frame_copy(most, 2, 1024, &packet));
    CHECK_EQ(-EMSGSIZE, frame_copy(four_gigabytes, 4, 1024, &packet));
    CHECK_EQ(-EPROTO, frame_copy(four_gigabytes_swapped, 4, 1024, &packet));
    for (uint32_t length = 1; length <= UINT16_MAX; length++) {
        uint8_t header[] = { (uint8_t)(length >> 8), (uint8_t)length, 'S' };
        int want = length + 2 > 1024 ? -EMSGSIZE : length == 1 ? 0 : -EAGAIN;
        CHECK_EQ(want, frame_copy(header, 3, 1024, &packet));
    }
}

static void refuses_the_wrong_length_of_a_type_at_its_header(void)
{
    static const struct {
        uint8_t type;
        uint32_t length;
    } fixed[] = { { 'L', 47 }, { 'A', 31 }, { 'J', 2 }, { 'H', 1 },
                  { 'R', 1 },  { 'Z', 1 },  { 'O', 1 } };
    cp_soup_packet packet;
    for (uint32_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        for (uint32_t length = 1; length <= UINT16_MAX; length++) {
            uint8_t header[] = { (uint8_t)(length >> 8), (uint8_t)length, fixed[i].type };
            int want = length != fixed[i].length ? -EPROTO : length == 1 ? 0 : -EAGAIN;
            CHECK_EQ(want, frame_copy(header, 3, CP_SOUP_PACKET_MAX, &packet));
        }
    }
}

static void carries_the_largest_payload_and_no_larger(void)
{
    static uint8_t payload[CP_SOUP_PAYLOAD_MAX + 1], bytes[CP_SOUP_PACKET_MAX];
    cp_soup_packet packet;
    uint32_t size = 0;
    memset(payload, 0xA5, sizeof payload);
    CHECK_EQ(
        0, cp_soup_encode('U', payload, CP_SOUP_PAYLOAD_MAX, bytes, sizeof bytes, &size));
    CHECK_EQ(CP_SOUP_PACKET_MAX, size);
    CHECK_EQ(0, frame_copy(bytes, size, CP_SOUP_PACKET_MAX, &packet));
    CHECK(packet.payload_size == CP_SOUP_PAYLOAD_MAX);
    CHECK(memcmp(packet.payload, payload, CP_SOUP_PAYLOAD_MAX) == 0);
    CHECK_EQ(-EMSGSIZE, frame_copy(bytes, size, CP_SOUP_PACKET_MAX - 1, &packet));
    CHECK_EQ(-ENOBUFS, cp_soup_encode('U', payload, CP_SOUP_PAYLOAD_MAX, bytes,
                                      sizeof bytes - 1, &size));
    CHECK_EQ(-EMSGSIZE, cp_soup_encode('U', payload, CP_SOUP_PAYLOAD_MAX + 1, bytes,
                                       sizeof bytes, &size));
    CHECK_EQ(-EMSGSIZE,
             cp_soup_encode('U', payload, UINT32_MAX, bytes, sizeof bytes, &size));
    CHECK_EQ(-EINVAL, cp_soup_encode('H', payload, 1, bytes, sizeof bytes, &size));
    CHECK_EQ(-EINVAL, cp_soup_encode('L', payload, 45, bytes, sizeof bytes, &size));
}

static void knows_who_may_send_what(void)
{
    for (uint32_t type = 0; type < 256; type++) {
        bool client = type != 0 && strchr("+LURO", (int)type) != NULL;
        bool server = type != 0 && strchr("+AJSHZU", (int)type) != NULL;
        CHECK_EQ(client, cp_soup_may_send(CP_SOUP_CLIENT, (uint8_t)type));
        CHECK_EQ(server, cp_soup_may_send(CP_SOUP_SERVER, (uint8_t)type));
    }
}

/* ---- logins ------------------------------------------------------------------------ */

/* A whole login of four fields as they stand on the wire. */
static int decode_login(const char *fields, cp_soup_login *login)
{
    uint8_t bytes[CP_SOUP_LOGIN_SIZE] = { 0, 47, 'L' };
    cp_soup_packet packet;
    memcpy(bytes + 3, fields, 46);
    CHECK_EQ(0, cp_soup_frame(bytes, sizeof bytes, sizeof bytes, &packet));
    return cp_soup_decode_login(&packet, login);
}

static void writes_a_login_in_both_paddings(void)
{
    cp_soup_login login = { .username = "user", .password = "password" };
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
    CHECK(memcmp(bytes,
                 "\0\057L"
                 "user  "
                 "password  "
                 "          "
                 "                   0",
                 sizeof bytes) == 0);
    login = (cp_soup_login){ .username = "abcdef",
                             .password = "0123456789",
                             .session = "S1",
                             .sequence = UINT64_MAX,
                             .session_padding = CP_SOUP_PAD_RIGHT,
                             .sequence_padding = CP_SOUP_PAD_RIGHT };
    CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
    CHECK(memcmp(bytes,
                 "\0\057L"
                 "abcdef"
                 "0123456789"
                 "S1        "
                 "18446744073709551615",
                 sizeof bytes) == 0);
    login.sequence = 7;
    CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
    CHECK(memcmp(bytes + 29, "7                   ", 20) == 0);
    login.session_padding = login.sequence_padding = CP_SOUP_PAD_LEFT;
    CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
    CHECK(memcmp(bytes + 19, "        S1", 10) == 0);
    CHECK(memcmp(bytes + 29, "                   7", 20) == 0);
}

static void reads_a_login_in_every_padding(void)
{
    cp_soup_login login;
    CHECK_EQ(0, decode_login("user  password            "
                             "                   0",
                             &login));
    CHECK(strcmp(login.username, "user") == 0 && strcmp(login.password, "password") == 0);
    CHECK(login.session[0] == '\0' && login.sequence == 0);
    CHECK_EQ(CP_SOUP_PAD_LEFT, login.session_padding);
    CHECK_EQ(CP_SOUP_PAD_LEFT, login.sequence_padding);

    CHECK_EQ(0, decode_login("  user  password"
                             "SESS      "
                             "12                  ",
                             &login));
    CHECK(strcmp(login.username, "user") == 0 && strcmp(login.password, "password") == 0);
    CHECK(strcmp(login.session, "SESS") == 0 && login.sequence == 12);
    CHECK_EQ(CP_SOUP_PAD_RIGHT, login.session_padding);
    CHECK_EQ(CP_SOUP_PAD_RIGHT, login.sequence_padding);

    CHECK_EQ(0, decode_login("u\0\0\0\0\0p w\0\0\0\0\0\0\0"
                             "0123456789"
                             "00000000000000000042",
                             &login));
    CHECK(strcmp(login.username, "u") == 0 && strcmp(login.password, "p w") == 0);
    CHECK(strcmp(login.session, "0123456789") == 0 && login.sequence == 42);

    CHECK_EQ(0, decode_login("                          "
                             "                    ",
                             &login));
    CHECK(login.username[0] == '\0' && login.sequence == 0);
    CHECK_EQ(0, decode_login("                          "
                             "18446744073709551615",
                             &login));
    CHECK(login.sequence == UINT64_MAX);
}

static void refuses_numbers_and_texts_that_are_none(void)
{
    cp_soup_login login;
    CHECK_EQ(-EPROTO, decode_login("user  password            "
                                   "18446744073709551616",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  password            "
                                   "99999999999999999999",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  password            "
                                   "                  -1",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  password            "
                                   "                 1 2",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  password            "
                                   "                0x10",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("us\0er password            "
                                   "                   0",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  pass\nword           "
                                   "                   0",
                                   &login));
    CHECK_EQ(-EPROTO, decode_login("user  password  S\xff        "
                                   "                   0",
                                   &login));
}

static void writes_no_text_that_would_not_come_back(void)
{
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    cp_soup_login login = { .username = " user" };
    CHECK_EQ(-EINVAL, cp_soup_encode_login(&login, bytes));
    login = (cp_soup_login){ .password = "word " };
    CHECK_EQ(-EINVAL, cp_soup_encode_login(&login, bytes));
    login = (cp_soup_login){ .session = "a\tb" };
    CHECK_EQ(-EINVAL, cp_soup_encode_login(&login, bytes));
    login = (cp_soup_login){ 0 };
    memset(login.username, 'x', sizeof login.username); /* no end in its field */
    CHECK_EQ(-EINVAL, cp_soup_encode_login(&login, bytes));
    cp_soup_accepted accepted = { .session = "s " };
    CHECK_EQ(-EINVAL, cp_soup_encode_accepted(&accepted, bytes));
}

static void brings_logins_back_as_they_were(void)
{
    static const uint64_t numbers[] = {
        0, 1, 9, 10, 135, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX
    };
    static const char *const sessions[] = { "", "a", "A B", "012345678", "0123456789" };
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    cp_soup_packet packet;
    for (uint32_t n = 0; n < 8; n++) {
        for (uint32_t s = 0; s < 5; s++) {
            for (uint32_t padding = 0; padding < 4; padding++) {
                cp_soup_login login = { .username = "o",
                                        .password = "~!",
                                        .sequence = numbers[n],
                                        .session_padding = padding & 1,
                                        .sequence_padding = padding >> 1 };
                cp_soup_accepted accepted = { .sequence = numbers[n],
                                              .session_padding = padding & 1,
                                              .sequence_padding = padding >> 1 },
                                 accepted_back;
                cp_soup_login login_back;
                strcpy(login.session, sessions[s]);
                strcpy(accepted.session, sessions[s]);
                CHECK_EQ(0, cp_soup_encode_login(&login, bytes));
                CHECK_EQ(0, frame_copy(bytes, CP_SOUP_LOGIN_SIZE, 49, &packet));
                CHECK_EQ(0, cp_soup_decode_login(&packet, &login_back));
                CHECK(login_back.sequence == login.sequence);
                CHECK(strcmp(login_back.session, login.session) == 0);
                CHECK(strcmp(login_back.username, "o") == 0);
                CHECK(strcmp(login_back.password, "~!") == 0);
                CHECK_EQ(0, cp_soup_encode_accepted(&accepted, bytes));
                CHECK_EQ(0, frame_copy(bytes, CP_SOUP_ACCEPTED_SIZE, 33, &packet));
                CHECK_EQ(0, cp_soup_decode_accepted(&packet, &accepted_back));
                CHECK(accepted_back.sequence == accepted.sequence);
                CHECK(strcmp(accepted_back.session, accepted.session) == 0);
            }
        }
    }
}

/* As in a recorded session: the client asks for 0, the server says 135. */
static void rebuilds_logins_byte_for_byte(void)
{
    static const char accepted_bytes[] = "\0\037A"
                                         "1689192121"
                                         "                 135";
    static const char login_bytes[] = "\0\057L"
                                      "user  "
                                      "password  "
                                      "          "
                                      "                   0";
    uint8_t again[CP_SOUP_LOGIN_SIZE];
    cp_soup_packet packet;
    cp_soup_accepted accepted;
    cp_soup_login login;
    CHECK_EQ(0, frame_copy((const uint8_t *)accepted_bytes, 33, 33, &packet));
    CHECK_EQ(0, cp_soup_decode_accepted(&packet, &accepted));
    CHECK(strcmp(accepted.session, "1689192121") == 0 && accepted.sequence == 135);
    CHECK_EQ(0, cp_soup_encode_accepted(&accepted, again));
    CHECK(memcmp(again, accepted_bytes, 33) == 0);
    CHECK_EQ(0, frame_copy((const uint8_t *)login_bytes, 49, 49, &packet));
    CHECK_EQ(0, cp_soup_decode_login(&packet, &login));
    CHECK_EQ(0, cp_soup_encode_login(&login, again));
    CHECK(memcmp(again, login_bytes, 49) == 0);
    CHECK_EQ(0, frame_copy((const uint8_t *)"\0\2JS", 4, 4, &packet));
    CHECK_EQ(CP_SOUP_NO_SESSION, cp_soup_decode_rejected(&packet));
}

static void survives_random_bytes(void)
{
    cp_random random;
    cp_random_init(&random, 30);
    uint8_t bytes[64];
    uint32_t framed = 0, read = 0;
    for (uint32_t round = 0; round < 200000; round++) {
        uint32_t size = (uint32_t)(cp_random_u64(&random) % sizeof bytes);
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(cp_random_u64(&random) >> 9);
        if (size == 49 || (round & 3) == 0) {
            bytes[0] = 0;
            bytes[1] = size == 49 ? 47 : bytes[1] & 63;
            bytes[2] = size == 49 ? 'L' : types[bytes[2] % 10];
            for (uint32_t i = 3; size == 49 && i < 49; i++)
                bytes[i] = (uint8_t)(i < 30 ? ' ' + bytes[i] % 96 : '0' + bytes[i] % 11);
        }
        cp_soup_packet packet;
        cp_soup_login login;
        if (frame_copy(bytes, size, CP_SOUP_PACKET_MAX, &packet) != 0)
            continue;
        framed++;
        if (packet.type == CP_SOUP_LOGIN)
            read += cp_soup_decode_login(&packet, &login) == 0;
    }
    CHECK(framed > 100);
    CHECK(read > 0 && read < framed);
}

int main(void)
{
    RUN(writes_heartbeats_and_answers_as_the_protocol_has_them);
    RUN(reads_back_every_type);
    RUN(asks_for_more_wherever_a_packet_is_cut_off);
    RUN(finds_all_packets_of_a_stream_that_comes_in_pieces);
    RUN(refuses_lengths_as_soon_as_they_are_there);
    RUN(refuses_the_wrong_length_of_a_type_at_its_header);
    RUN(carries_the_largest_payload_and_no_larger);
    RUN(knows_who_may_send_what);
    RUN(writes_a_login_in_both_paddings);
    RUN(reads_a_login_in_every_padding);
    RUN(refuses_numbers_and_texts_that_are_none);
    RUN(writes_no_text_that_would_not_come_back);
    RUN(brings_logins_back_as_they_were);
    RUN(rebuilds_logins_byte_for_byte);
    RUN(survives_random_bytes);
    return 0;
}
