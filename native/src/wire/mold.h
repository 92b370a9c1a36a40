/* mold.h: MoldUDP64 1.00, from datagrams to messages and back.
 *
 *     downstream   session, number of the first message, count; then that many blocks of
 * a two-byte length and a message. No count: a heartbeat. Count 0xFFFF: the session has
 * ended request      the same twenty bytes without blocks: "send me these again"
 *
 * Stateless: what is missing and when to ask for it is the receiver's business. Decoding
 * and iterating copy nothing: what they hand out points into the datagram.
 */
#ifndef CP_MOLD_H
#define CP_MOLD_H

#include "wire/bytes.h"

#define CP_MOLD_SESSION_SIZE 10
#define CP_MOLD_HEADER_SIZE 20
#define CP_MOLD_BLOCK_SIZE 2       /* of the length before each message */
#define CP_MOLD_COUNT_MAX 65534    /* messages in a packet */
#define CP_MOLD_END 0xFFFF         /* the count that says the session has ended */
#define CP_MOLD_SIZE_ETHERNET 1472 /* payload of a datagram that fits an MTU of 1,500 */
#define CP_MOLD_SIZE_MAX 65507     /* payload of any datagram over IPv4 */

/* The twenty bytes all packets begin with. */
typedef struct cp_mold_header {
    uint64_t sequence; /* of the first message; without messages: the next to come */
    uint16_t count;    /* messages; 0: heartbeat; CP_MOLD_END */
    char session[CP_MOLD_SESSION_SIZE]; /* ten bytes as sent: NULs are met, too */
} cp_mold_header;

/* A downstream packet whose blocks have all been walked, and a place in it. */
typedef struct cp_mold_packet {
    cp_mold_header header;
    const uint8_t *block; /* the next to hand out */
    uint64_t sequence;    /* of the message in it */
    uint32_t left;        /* blocks to hand out */
    bool is_end;          /* the session has ended at header.sequence */
} cp_mold_packet;

/* Read one datagram of `size` bytes. All blocks are walked before any is handed out.
 *   0         well-formed: cp_mold_next hands out its messages
 *   -EPROTO   shorter than a header; a block that does not end inside the datagram; bytes
 *             after the last block; or message numbers that pass 2^64 */
int cp_mold_decode(const uint8_t *bytes, uint32_t size, cp_mold_packet *packet);

/* The next message, of 0 to 65,535 bytes; false after the last. Its number is
 * packet->sequence - 1 once this has returned. */
static inline bool cp_mold_next(cp_mold_packet *packet, const uint8_t **message,
                                uint32_t *size)
{
    if (packet->left == 0)
        return false;
    *size = cp_load_u16(packet->block);
    *message = packet->block + CP_MOLD_BLOCK_SIZE;
    packet->block += CP_MOLD_BLOCK_SIZE + *size;
    packet->sequence++;
    packet->left--;
    return true;
}

/* Read a request.
 *   0         well-formed, 1 to CP_MOLD_COUNT_MAX messages asked for
 *   -EPROTO   not twenty bytes, no message or CP_MOLD_END of them asked for, or message
 *             numbers that pass 2^64 */
int cp_mold_decode_request(const uint8_t *bytes, uint32_t size, cp_mold_header *request);

/* Write a header alone: a request, a heartbeat (count 0) or an end of session. */
void cp_mold_encode_header(const cp_mold_header *header,
                           uint8_t bytes[CP_MOLD_HEADER_SIZE]);

/* ---- building a downstream packet -------------------------------------------------- */

typedef struct cp_mold_builder {
    uint8_t *bytes;
    uint32_t size_max; /* the packet is never larger */
    uint32_t size;     /* so far: send this many bytes */
    uint32_t claimed;  /* bytes the open claim may take, or CP_NONE */
    uint32_t count;    /* messages so far */
} cp_mold_builder;

/* Begin a packet in the caller's `size_max` bytes, CP_MOLD_HEADER_SIZE to
 * CP_MOLD_SIZE_MAX. Without a message it is a heartbeat. */
void cp_mold_begin(cp_mold_builder *builder, uint8_t *bytes, uint32_t size_max,
                   const char session[CP_MOLD_SESSION_SIZE], uint64_t sequence);

/* Claim room for a message of at most `size` bytes, to be written in place; or NULL when
 * it has no room in this packet, or the packet is full. Claim again or not at all:
 * without a publish nothing is added. */
uint8_t *cp_mold_claim(cp_mold_builder *builder, uint32_t size);
/* Add the message claimed, of `size` bytes, at most what was claimed. */
void cp_mold_publish(cp_mold_builder *builder, uint32_t size);

/* Add a copy of a message.
 *   0          added
 *   -ENOBUFS   no room in this packet: send it, begin the next
 *   -EMSGSIZE  no packet of this size_max can hold it */
int cp_mold_add(cp_mold_builder *builder, const uint8_t *message, uint32_t size);

#endif /* CP_MOLD_H */
