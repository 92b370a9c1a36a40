/* SoupBinTCP. An input is what has arrived on a connection. */
#include "fuzz.h"
#include "wire/soup.h"

#define SIZE_MAX_HERE 1024 /* a session's bound on a packet */

static void make_field(cp_random *random, uint8_t *field, uint32_t size)
{
    static const char bytes[] = "0123456789 09AZaz ~";
    uint32_t from = cp_fuzz_below(random, size + 1), to = cp_fuzz_below(random, size + 1);
    memset(field, cp_fuzz_below(random, 8) == 0 ? 0 : ' ', size);
    for (uint32_t i = from; i < to; i++)
        field[i] = (uint8_t)bytes[cp_fuzz_below(random, sizeof bytes - 1)];
}

static void make_number(cp_random *random, uint8_t *field)
{
    char text[32];
    bool is_left = cp_fuzz_below(random, 2) == 0;
    snprintf(text, sizeof text, is_left ? "%-20llu" : "%20llu",
             (unsigned long long)cp_fuzz_number(random));
    memcpy(field, text, CP_SOUP_SEQUENCE_SIZE);
}

static uint32_t make_packet(cp_random *random, uint8_t *bytes)
{
    static const uint8_t types[] = "+AJSHZLUROSUSU";
    uint8_t type = types[cp_fuzz_below(random, sizeof types - 1)];
    uint8_t *payload = bytes + CP_SOUP_HEADER_SIZE;
    uint32_t size = cp_fuzz_below(random, 60);
    if (type == CP_SOUP_LOGIN) {
        size = CP_SOUP_LOGIN_SIZE - CP_SOUP_HEADER_SIZE;
        make_field(random, payload, 6);
        make_field(random, payload + 6, 10);
        make_field(random, payload + 16, 10);
        make_number(random, payload + 26);
    } else if (type == CP_SOUP_ACCEPTED) {
        size = CP_SOUP_ACCEPTED_SIZE - CP_SOUP_HEADER_SIZE;
        make_field(random, payload, 10);
        make_number(random, payload + 10);
    } else {
        if (type == CP_SOUP_REJECTED)
            size = 1;
        else if (type != '+' && type != 'S' && type != 'U')
            size = 0;
        cp_fuzz_fill(random, payload, size);
    }
    cp_soup_encode_header(bytes, type, size);
    return CP_SOUP_HEADER_SIZE + size;
}

static uint32_t make(cp_random *random, uint8_t *bytes)
{
    uint32_t size = 0;
    for (uint32_t count = 1 + cp_fuzz_below(random, 5); count > 0; count--)
        size += make_packet(random, bytes + size);
    return size;
}

/* Let the last packet end where the bytes do. */
static void mend(uint8_t *bytes, uint32_t size)
{
    uint32_t at = 0;
    while (size - at >= CP_SOUP_HEADER_SIZE) {
        uint32_t next = at + 2 + cp_load_u16(bytes + at);
        if (next >= size || next == at + 2) {
            cp_store_u16(bytes + at, (uint16_t)(size - at - 2));
            return;
        }
        at = next;
    }
}

static void check_login(const cp_soup_packet *packet)
{
    cp_soup_login login, back;
    cp_soup_packet again;
    uint8_t bytes[CP_SOUP_LOGIN_SIZE];
    int result = cp_soup_decode_login(packet, &login);
    CP_ASSERT(result == 0 || result == -EPROTO);
    if (result != 0)
        return;
    CP_ASSERT(cp_soup_encode_login(&login, bytes) == 0);
    CP_ASSERT(cp_soup_frame(bytes, sizeof bytes, sizeof bytes, &again) == 0);
    CP_ASSERT(cp_soup_decode_login(&again, &back) == 0);
    CP_ASSERT(login.sequence == back.sequence);
    CP_ASSERT(strcmp(login.username, back.username) == 0);
    CP_ASSERT(strcmp(login.password, back.password) == 0);
    CP_ASSERT(strcmp(login.session, back.session) == 0);
}

static void check_accepted(const cp_soup_packet *packet)
{
    cp_soup_accepted accepted, back;
    cp_soup_packet again;
    uint8_t bytes[CP_SOUP_ACCEPTED_SIZE];
    int result = cp_soup_decode_accepted(packet, &accepted);
    CP_ASSERT(result == 0 || result == -EPROTO);
    if (result != 0)
        return;
    CP_ASSERT(cp_soup_encode_accepted(&accepted, bytes) == 0);
    CP_ASSERT(cp_soup_frame(bytes, sizeof bytes, sizeof bytes, &again) == 0);
    CP_ASSERT(cp_soup_decode_accepted(&again, &back) == 0);
    CP_ASSERT(accepted.sequence == back.sequence);
    CP_ASSERT(strcmp(accepted.session, back.session) == 0);
}

static void check_packet(const cp_soup_packet *packet, const uint8_t *bytes)
{
    uint8_t again[SIZE_MAX_HERE];
    uint32_t size;
    CP_ASSERT(packet->size <= SIZE_MAX_HERE && packet->payload == bytes + 3);
    CP_ASSERT(cp_soup_encode(packet->type, packet->payload, packet->payload_size, again,
                             packet->size - 1, &size) == -ENOBUFS);
    CP_ASSERT(cp_soup_encode(packet->type, packet->payload, packet->payload_size, again,
                             packet->size, &size) == 0);
    CP_ASSERT(size == packet->size && memcmp(again, bytes, size) == 0);
    if (packet->type == CP_SOUP_LOGIN)
        check_login(packet);
    else if (packet->type == CP_SOUP_ACCEPTED)
        check_accepted(packet);
    else if (packet->type == CP_SOUP_REJECTED)
        CP_ASSERT(cp_soup_decode_rejected(packet) == packet->payload[0]);
}

static bool check(const uint8_t *bytes, uint32_t size)
{
    cp_soup_packet packet;
    uint32_t at = 0;
    int result;
    while ((result = cp_soup_frame(bytes + at, size - at, SIZE_MAX_HERE, &packet)) == 0) {
        CP_ASSERT(packet.size <= size - at);
        check_packet(&packet, bytes + at);
        at += packet.size;
    }
    if (result == -EAGAIN)
        CP_ASSERT(packet.size > size - at && packet.size <= SIZE_MAX_HERE);
    else
        CP_ASSERT(result == -EPROTO || result == -EMSGSIZE);
    return at == size && size > 0;
}

const cp_fuzz_target cp_fuzz_target_here = { "soup", make, mend, check };
