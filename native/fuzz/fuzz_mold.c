/* MoldUDP64. An input is one datagram, read as a downstream packet and as a request. */
#include "fuzz.h"
#include "wire/mold.h"

static uint32_t make(cp_random *random, uint8_t *bytes)
{
    cp_mold_header header = { .sequence = cp_fuzz_number(random) >> 1 };
    cp_fuzz_fill(random, (uint8_t *)header.session, sizeof header.session);
    uint32_t count = cp_fuzz_below(random, 12);
    if (count == 11)
        count = CP_MOLD_END;
    header.count = (uint16_t)count;
    cp_mold_encode_header(&header, bytes);
    uint32_t size = CP_MOLD_HEADER_SIZE;
    for (; count > 0 && count != CP_MOLD_END; count--) {
        uint32_t length = cp_fuzz_below(random, 60);
        cp_store_u16(bytes + size, (uint16_t)length);
        cp_fuzz_fill(random, bytes + size + 2, length);
        size += 2 + length;
    }
    return size;
}

/* Count the blocks there are, and let the last end where the bytes do. */
static void mend(uint8_t *bytes, uint32_t size)
{
    uint32_t at = CP_MOLD_HEADER_SIZE, count = 0;
    if (size < CP_MOLD_HEADER_SIZE)
        return;
    for (; size - at >= 2; count++) {
        uint32_t length = cp_load_u16(bytes + at), room = size - at - 2;
        if (length > room || room - length < 2)
            cp_store_u16(bytes + at, (uint16_t)(length = room));
        at += 2 + length;
    }
    cp_store_u16(bytes + 18, (uint16_t)count);
}

static void check_request(const uint8_t *bytes, uint32_t size)
{
    cp_mold_header request;
    uint8_t again[CP_MOLD_HEADER_SIZE];
    int result = cp_mold_decode_request(bytes, size, &request);
    CP_ASSERT(result == 0 || result == -EPROTO);
    if (result != 0)
        return;
    CP_ASSERT(request.count >= 1 && request.count <= CP_MOLD_COUNT_MAX);
    CP_ASSERT(request.sequence + request.count > request.sequence);
    cp_mold_encode_header(&request, again);
    CP_ASSERT(size == sizeof again && memcmp(again, bytes, size) == 0);
}

/* Building a packet of the messages of another gives the same bytes. */
static bool check(const uint8_t *bytes, uint32_t size)
{
    cp_mold_packet packet;
    cp_mold_builder builder;
    uint8_t again[CP_FUZZ_SIZE_MAX];
    const uint8_t *message;
    uint32_t length;
    check_request(bytes, size);
    int result = cp_mold_decode(bytes, size, &packet);
    CP_ASSERT(result == 0 || result == -EPROTO);
    if (result != 0)
        return false;
    if (packet.is_end) {
        CP_ASSERT(size == CP_MOLD_HEADER_SIZE &&
                  !cp_mold_next(&packet, &message, &length));
        return true;
    }
    cp_mold_begin(&builder, again, size, packet.header.session, packet.header.sequence);
    while (cp_mold_next(&packet, &message, &length))
        CP_ASSERT(cp_mold_add(&builder, message, length) == 0);
    CP_ASSERT(packet.sequence == packet.header.sequence + packet.header.count);
    CP_ASSERT(builder.size == size && memcmp(again, bytes, size) == 0);
    CP_ASSERT(cp_mold_claim(&builder, 0) == NULL);
    return true;
}

const cp_fuzz_target cp_fuzz_target_here = { "mold", make, mend, check };
