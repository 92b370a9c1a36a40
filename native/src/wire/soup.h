/* soup.h: SoupBinTCP 3.00, packets of a byte stream read and written.
 *
 *     frame    find the next packet in what has arrived; ask for more where it is cut off
 *     decode   the logins and their answers
 *     encode   any packet; or its header alone, before a payload written in place
 *
 * Stateless: buffers, sequence numbers and timers are the session's business. A packet
 * points into the bytes it was framed from. The two-byte length bounds a packet to 65,537
 * bytes, and what the caller will hold bounds it further: no prefix, whatever it claims,
 * makes anyone allocate or wait for more.
 */
#ifndef CP_SOUP_H
#define CP_SOUP_H

#include "wire/bytes.h"

#define CP_SOUP_HEADER_SIZE 3     /* length and type */
#define CP_SOUP_PAYLOAD_MAX 65534 /* what the length field can say */
#define CP_SOUP_PACKET_MAX 65537

#define CP_SOUP_USERNAME_SIZE 6
#define CP_SOUP_PASSWORD_SIZE 10
#define CP_SOUP_SESSION_SIZE 10
#define CP_SOUP_SEQUENCE_SIZE 20

#define CP_SOUP_LOGIN_SIZE 49 /* whole packets */
#define CP_SOUP_ACCEPTED_SIZE 33
#define CP_SOUP_REJECTED_SIZE 4

typedef enum cp_soup_type {
    CP_SOUP_DEBUG = '+', /* both: free text, to be ignored */
    /* from the server */
    CP_SOUP_ACCEPTED = 'A',
    CP_SOUP_REJECTED = 'J',
    CP_SOUP_SEQUENCED = 'S', /* one message; takes the next sequence number */
    CP_SOUP_SERVER_HEARTBEAT = 'H',
    CP_SOUP_END = 'Z', /* the session, not only the connection, is over */
    /* from the client */
    CP_SOUP_LOGIN = 'L',
    CP_SOUP_UNSEQUENCED = 'U', /* one message; some servers send it, too */
    CP_SOUP_CLIENT_HEARTBEAT = 'R',
    CP_SOUP_LOGOUT = 'O'
} cp_soup_type;

typedef enum cp_soup_role { CP_SOUP_CLIENT = 0, CP_SOUP_SERVER = 1 } cp_soup_role;

/* What a Login Rejected says. */
#define CP_SOUP_NOT_AUTHORIZED 'A' /* no such user, or not this password */
#define CP_SOUP_NO_SESSION 'S'     /* the session asked for is not to be had */

typedef struct cp_soup_packet {
    const uint8_t *payload;
    uint32_t payload_size;
    uint32_t size; /* of the whole packet; with -EAGAIN: bytes needed to go on */
    uint8_t type;  /* cp_soup_type, or a letter the protocol does not have */
} cp_soup_packet;

/* Find the packet at the start of `size` bytes; packets over `size_max` bytes are refused
 * as soon as their length is there, those of a known type with a wrong length as soon as
 * their type is.
 *   0          framed; packet->size bytes are used up
 *   -EAGAIN    not all there: packet->size says how many bytes must be
 *   -EPROTO    length 0, or not the length of its type
 *   -EMSGSIZE  larger than size_max */
int cp_soup_frame(const uint8_t *bytes, uint64_t size, uint32_t size_max,
                  cp_soup_packet *packet);

/* May that side send that type? Server: `U` counts as one that may. */
bool cp_soup_may_send(cp_soup_role role, uint8_t type);

/* ---- login ------------------------------------------------------------------------- */

/* On which side the filling spaces stand. The specification has them on the left of
 * numbers and of an accepted session; nasdaq-protocols writes them on the right. */
typedef enum cp_soup_padding {
    CP_SOUP_PAD_LEFT = 0,
    CP_SOUP_PAD_RIGHT = 1
} cp_soup_padding;

/* Texts are without padding and end with NUL. */
typedef struct cp_soup_login {
    uint64_t sequence;        /* next wanted; 0: from the newest on */
    uint32_t session_padding; /* cp_soup_padding; blank or full: LEFT */
    uint32_t sequence_padding;
    char username[CP_SOUP_USERNAME_SIZE + 1];
    char password[CP_SOUP_PASSWORD_SIZE + 1];
    char session[CP_SOUP_SESSION_SIZE + 1]; /* empty: the current one */
} cp_soup_login;

typedef struct cp_soup_accepted {
    uint64_t sequence; /* of the next Sequenced Data */
    uint32_t session_padding;
    uint32_t sequence_padding;
    char session[CP_SOUP_SESSION_SIZE + 1];
} cp_soup_accepted;

/* Read a framed packet of that type (anything else is a programmer's error). Spaces and
 * NULs are taken off both ends of every field; a blank sequence is 0.
 *   0         decoded
 *   -EPROTO   a field has a byte that is not printable ASCII, or a sequence is not a
 * number below 2^64 */
int cp_soup_decode_login(const cp_soup_packet *packet, cp_soup_login *login);
int cp_soup_decode_accepted(const cp_soup_packet *packet, cp_soup_accepted *accepted);
/* The reason's letter: CP_SOUP_NOT_AUTHORIZED, CP_SOUP_NO_SESSION or one not known. */
uint8_t cp_soup_decode_rejected(const cp_soup_packet *packet);

/* ---- writing ----------------------------------------------------------------------- */

/* Write a header before a payload that stands, or will stand, right after it. The caller
 * answers for payload_size being at most CP_SOUP_PAYLOAD_MAX and right for the type. */
void cp_soup_encode_header(uint8_t bytes[CP_SOUP_HEADER_SIZE], uint8_t type,
                           uint32_t payload_size);

/* Write a packet of any type but the logins and their answers; *size is its size.
 *   0          written
 *   -EMSGSIZE  the payload is over CP_SOUP_PAYLOAD_MAX
 *   -EINVAL    the type has another length: a heartbeat with a payload
 *   -ENOBUFS   over `capacity` bytes: nothing is written */
int cp_soup_encode(uint8_t type, const uint8_t *payload, uint32_t payload_size,
                   uint8_t *bytes, uint32_t capacity, uint32_t *size);

/* Write a login or an answer to one. -EINVAL: a text holds what decoding would refuse or
 * lose (an unprintable byte, a space at an end), or is longer than its field. */
int cp_soup_encode_login(const cp_soup_login *login, uint8_t bytes[CP_SOUP_LOGIN_SIZE]);
int cp_soup_encode_accepted(const cp_soup_accepted *accepted,
                            uint8_t bytes[CP_SOUP_ACCEPTED_SIZE]);
void cp_soup_encode_rejected(uint8_t reason, uint8_t bytes[CP_SOUP_REJECTED_SIZE]);

#endif /* CP_SOUP_H */
