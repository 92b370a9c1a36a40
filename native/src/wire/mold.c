/* mold.c: MoldUDP64 headers read and written, blocks walked and packed. */
#include "wire/mold.h"

static void read_header(const uint8_t *bytes, cp_mold_header *header)
{
    memcpy(header->session, bytes, CP_MOLD_SESSION_SIZE);
    header->sequence = cp_load_u64(bytes + 10);
    header->count = cp_load_u16(bytes + 18);
}

/* The number after the last must be one, too: receivers wait for it. */
static bool numbers_fit(uint64_t sequence, uint32_t count)
{
    return count <= UINT64_MAX - sequence;
}

static bool blocks_fill(const uint8_t *block, uint32_t size, uint32_t count)
{
    for (; count > 0; count--) {
        if (size < CP_MOLD_BLOCK_SIZE)
            return false;
        uint32_t taken = CP_MOLD_BLOCK_SIZE + (uint32_t)cp_load_u16(block);
        if (size < taken)
            return false;
        block += taken;
        size -= taken;
    }
    return size == 0;
}

int cp_mold_decode(const uint8_t *bytes, uint32_t size, cp_mold_packet *packet)
{
    if (size < CP_MOLD_HEADER_SIZE)
        return -EPROTO;
    cp_mold_header header;
    read_header(bytes, &header);
    bool is_end = header.count == CP_MOLD_END;
    uint32_t count = is_end ? 0 : header.count;
    const uint8_t *blocks = bytes + CP_MOLD_HEADER_SIZE;
    if (!numbers_fit(header.sequence, count) ||
        !blocks_fill(blocks, size - CP_MOLD_HEADER_SIZE, count))
        return -EPROTO;
    *packet = (cp_mold_packet){ .header = header,
                                .block = blocks,
                                .sequence = header.sequence,
                                .left = count,
                                .is_end = is_end };
    return 0;
}

int cp_mold_decode_request(const uint8_t *bytes, uint32_t size, cp_mold_header *request)
{
    if (size != CP_MOLD_HEADER_SIZE)
        return -EPROTO;
    cp_mold_header header;
    read_header(bytes, &header);
    if (header.count == 0 || header.count == CP_MOLD_END ||
        !numbers_fit(header.sequence, header.count))
        return -EPROTO;
    *request = header;
    return 0;
}

void cp_mold_encode_header(const cp_mold_header *header,
                           uint8_t bytes[CP_MOLD_HEADER_SIZE])
{
    memcpy(bytes, header->session, CP_MOLD_SESSION_SIZE);
    cp_store_u64(bytes + 10, header->sequence);
    cp_store_u16(bytes + 18, header->count);
}

/* ---- building ---------------------------------------------------------------------- */

void cp_mold_begin(cp_mold_builder *builder, uint8_t *bytes, uint32_t size_max,
                   const char session[CP_MOLD_SESSION_SIZE], uint64_t sequence)
{
    CP_ASSERT(size_max >= CP_MOLD_HEADER_SIZE && size_max <= CP_MOLD_SIZE_MAX);
    *builder = (cp_mold_builder){ .bytes = bytes,
                                  .size_max = size_max,
                                  .size = CP_MOLD_HEADER_SIZE,
                                  .claimed = CP_NONE };
    cp_mold_header header = { .sequence = sequence };
    memcpy(header.session, session, CP_MOLD_SESSION_SIZE);
    cp_mold_encode_header(&header, bytes);
}

static_assert((CP_MOLD_SIZE_MAX - CP_MOLD_HEADER_SIZE) / CP_MOLD_BLOCK_SIZE <
                  CP_MOLD_COUNT_MAX,
              "a datagram is full before its count is");

uint8_t *cp_mold_claim(cp_mold_builder *builder, uint32_t size)
{
    uint32_t room = builder->size_max - builder->size;
    if (room < CP_MOLD_BLOCK_SIZE || room - CP_MOLD_BLOCK_SIZE < size)
        return NULL;
    builder->claimed = size;
    return builder->bytes + builder->size + CP_MOLD_BLOCK_SIZE;
}

void cp_mold_publish(cp_mold_builder *builder, uint32_t size)
{
    CP_ASSERT(builder->claimed != CP_NONE && size <= builder->claimed);
    cp_store_u16(builder->bytes + builder->size, (uint16_t)size);
    builder->size += CP_MOLD_BLOCK_SIZE + size;
    builder->count++;
    builder->claimed = CP_NONE;
    cp_store_u16(builder->bytes + 18, (uint16_t)builder->count);
}

int cp_mold_add(cp_mold_builder *builder, const uint8_t *message, uint32_t size)
{
    if (size > builder->size_max - CP_MOLD_HEADER_SIZE ||
        size + CP_MOLD_BLOCK_SIZE > builder->size_max - CP_MOLD_HEADER_SIZE)
        return -EMSGSIZE;
    uint8_t *room = cp_mold_claim(builder, size);
    if (room == NULL)
        return -ENOBUFS;
    if (size > 0)
        memcpy(room, message, size);
    cp_mold_publish(builder, size);
    return 0;
}
