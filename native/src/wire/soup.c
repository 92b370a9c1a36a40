/* soup.c: SoupBinTCP packets framed, logins read in every padding, packets written. */
#include "wire/soup.h"

/* ---- framing ----------------------------------------------------------------------- */

/* What the length field must say for a type; 0 when any length may be. */
static uint32_t length_of(uint8_t type)
{
    switch (type) {
    case CP_SOUP_LOGIN:
        return CP_SOUP_LOGIN_SIZE - 2;
    case CP_SOUP_ACCEPTED:
        return CP_SOUP_ACCEPTED_SIZE - 2;
    case CP_SOUP_REJECTED:
        return CP_SOUP_REJECTED_SIZE - 2;
    case CP_SOUP_SERVER_HEARTBEAT:
    case CP_SOUP_CLIENT_HEARTBEAT:
    case CP_SOUP_END:
    case CP_SOUP_LOGOUT:
        return 1;
    default:
        return 0;
    }
}

static bool length_is_wrong(uint8_t type, uint32_t length)
{
    uint32_t expected = length_of(type);
    return expected != 0 && length != expected;
}

int cp_soup_frame(const uint8_t *bytes, uint64_t size, uint32_t size_max,
                  cp_soup_packet *packet)
{
    *packet = (cp_soup_packet){ .size = CP_SOUP_HEADER_SIZE };
    if (size < 2)
        return -EAGAIN;
    uint32_t length = cp_load_u16(bytes);
    if (length == 0)
        return -EPROTO;
    if (length + 2 > size_max)
        return -EMSGSIZE;
    if (size < CP_SOUP_HEADER_SIZE)
        return -EAGAIN;
    if (length_is_wrong(bytes[2], length))
        return -EPROTO;
    packet->size = length + 2;
    if (size < packet->size)
        return -EAGAIN;
    packet->type = bytes[2];
    packet->payload = bytes + CP_SOUP_HEADER_SIZE;
    packet->payload_size = length - 1;
    return 0;
}

bool cp_soup_may_send(cp_soup_role role, uint8_t type)
{
    switch (type) {
    case CP_SOUP_DEBUG:
    case CP_SOUP_UNSEQUENCED:
        return true;
    case CP_SOUP_LOGIN:
    case CP_SOUP_CLIENT_HEARTBEAT:
    case CP_SOUP_LOGOUT:
        return role == CP_SOUP_CLIENT;
    case CP_SOUP_ACCEPTED:
    case CP_SOUP_REJECTED:
    case CP_SOUP_SEQUENCED:
    case CP_SOUP_SERVER_HEARTBEAT:
    case CP_SOUP_END:
        return role == CP_SOUP_SERVER;
    default:
        return false;
    }
}

/* ---- fields of a login ------------------------------------------------------------- */

static bool is_padding(uint8_t byte)
{
    return byte == ' ' || byte == '\0';
}

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte <= '~';
}

/* Take a field's padding off into a string of size + 1 bytes. */
static int read_text(const uint8_t *field, uint32_t size, char *text, uint32_t *padding)
{
    uint32_t from = 0, to = size;
    while (to > 0 && is_padding(field[to - 1]))
        to--;
    while (from < to && is_padding(field[from]))
        from++;
    for (uint32_t i = from; i < to; i++) {
        if (!is_printable(field[i]))
            return -EPROTO;
    }
    memset(text, 0, size + 1);
    memcpy(text, field + from, to - from);
    *padding = from == 0 && to > 0 && to < size ? CP_SOUP_PAD_RIGHT : CP_SOUP_PAD_LEFT;
    return 0;
}

static int read_sequence(const uint8_t *field, uint64_t *sequence, uint32_t *padding)
{
    char text[CP_SOUP_SEQUENCE_SIZE + 1];
    if (read_text(field, CP_SOUP_SEQUENCE_SIZE, text, padding) != 0)
        return -EPROTO;
    uint64_t value = 0;
    for (const char *digit = text; *digit != '\0'; digit++) {
        if (*digit < '0' || *digit > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*digit - '0'), &value))
            return -EPROTO;
    }
    *sequence = value;
    return 0;
}

/* Would the text come back as it is? */
static bool is_writable(const char *text, uint32_t size)
{
    uint32_t length = (uint32_t)strnlen(text, size + 1);
    if (length > size)
        return false;
    for (uint32_t i = 0; i < length; i++) {
        if (!is_printable((uint8_t)text[i]))
            return false;
    }
    return length == 0 || (text[0] != ' ' && text[length - 1] != ' ');
}

static void write_text(uint8_t *field, uint32_t size, const char *text, uint32_t padding)
{
    uint32_t length = (uint32_t)strnlen(text, size);
    memset(field, ' ', size);
    memcpy(field + (padding == CP_SOUP_PAD_RIGHT ? 0 : size - length), text, length);
}

static void write_sequence(uint8_t *field, uint64_t sequence, uint32_t padding)
{
    char text[CP_SOUP_SEQUENCE_SIZE + 1];
    uint32_t at = CP_SOUP_SEQUENCE_SIZE;
    text[at] = '\0';
    do {
        text[--at] = (char)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence > 0);
    write_text(field, CP_SOUP_SEQUENCE_SIZE, text + at, padding);
}

/* ---- logins and their answers ------------------------------------------------------ */

/* Where the fields of a Login Request and of a Login Accepted stand in the payload. */
enum {
    USERNAME_AT = 0,
    PASSWORD_AT = 6,
    WANTED_SESSION_AT = 16,
    WANTED_SEQUENCE_AT = 26
};
enum { SESSION_AT = 0, SEQUENCE_AT = 10 };

int cp_soup_decode_login(const cp_soup_packet *packet, cp_soup_login *login)
{
    CP_ASSERT(packet->type == CP_SOUP_LOGIN &&
              packet->payload_size == CP_SOUP_LOGIN_SIZE - CP_SOUP_HEADER_SIZE);
    const uint8_t *fields = packet->payload;
    uint32_t ignored;
    cp_soup_login read = { 0 };
    if (read_text(fields + USERNAME_AT, CP_SOUP_USERNAME_SIZE, read.username, &ignored) ||
        read_text(fields + PASSWORD_AT, CP_SOUP_PASSWORD_SIZE, read.password, &ignored) ||
        read_text(fields + WANTED_SESSION_AT, CP_SOUP_SESSION_SIZE, read.session,
                  &read.session_padding) ||
        read_sequence(fields + WANTED_SEQUENCE_AT, &read.sequence,
                      &read.sequence_padding))
        return -EPROTO;
    *login = read;
    return 0;
}

int cp_soup_decode_accepted(const cp_soup_packet *packet, cp_soup_accepted *accepted)
{
    CP_ASSERT(packet->type == CP_SOUP_ACCEPTED &&
              packet->payload_size == CP_SOUP_ACCEPTED_SIZE - CP_SOUP_HEADER_SIZE);
    const uint8_t *fields = packet->payload;
    cp_soup_accepted read = { 0 };
    if (read_text(fields + SESSION_AT, CP_SOUP_SESSION_SIZE, read.session,
                  &read.session_padding) ||
        read_sequence(fields + SEQUENCE_AT, &read.sequence, &read.sequence_padding))
        return -EPROTO;
    *accepted = read;
    return 0;
}

uint8_t cp_soup_decode_rejected(const cp_soup_packet *packet)
{
    CP_ASSERT(packet->type == CP_SOUP_REJECTED && packet->payload_size == 1);
    return packet->payload[0];
}

int cp_soup_encode_login(const cp_soup_login *login, uint8_t bytes[CP_SOUP_LOGIN_SIZE])
{
    if (!is_writable(login->username, CP_SOUP_USERNAME_SIZE) ||
        !is_writable(login->password, CP_SOUP_PASSWORD_SIZE) ||
        !is_writable(login->session, CP_SOUP_SESSION_SIZE))
        return -EINVAL;
    cp_soup_encode_header(bytes, CP_SOUP_LOGIN, CP_SOUP_LOGIN_SIZE - CP_SOUP_HEADER_SIZE);
    uint8_t *fields = bytes + CP_SOUP_HEADER_SIZE;
    write_text(fields + USERNAME_AT, CP_SOUP_USERNAME_SIZE, login->username,
               CP_SOUP_PAD_RIGHT);
    write_text(fields + PASSWORD_AT, CP_SOUP_PASSWORD_SIZE, login->password,
               CP_SOUP_PAD_RIGHT);
    write_text(fields + WANTED_SESSION_AT, CP_SOUP_SESSION_SIZE, login->session,
               login->session_padding);
    write_sequence(fields + WANTED_SEQUENCE_AT, login->sequence, login->sequence_padding);
    return 0;
}

int cp_soup_encode_accepted(const cp_soup_accepted *accepted,
                            uint8_t bytes[CP_SOUP_ACCEPTED_SIZE])
{
    if (!is_writable(accepted->session, CP_SOUP_SESSION_SIZE))
        return -EINVAL;
    cp_soup_encode_header(bytes, CP_SOUP_ACCEPTED,
                          CP_SOUP_ACCEPTED_SIZE - CP_SOUP_HEADER_SIZE);
    uint8_t *fields = bytes + CP_SOUP_HEADER_SIZE;
    write_text(fields + SESSION_AT, CP_SOUP_SESSION_SIZE, accepted->session,
               accepted->session_padding);
    write_sequence(fields + SEQUENCE_AT, accepted->sequence, accepted->sequence_padding);
    return 0;
}

void cp_soup_encode_rejected(uint8_t reason, uint8_t bytes[CP_SOUP_REJECTED_SIZE])
{
    cp_soup_encode_header(bytes, CP_SOUP_REJECTED, 1);
    bytes[CP_SOUP_HEADER_SIZE] = reason;
}

/* ---- any packet -------------------------------------------------------------------- */

void cp_soup_encode_header(uint8_t bytes[CP_SOUP_HEADER_SIZE], uint8_t type,
                           uint32_t payload_size)
{
    CP_ASSERT(payload_size <= CP_SOUP_PAYLOAD_MAX);
    CP_ASSERT(!length_is_wrong(type, payload_size + 1));
    cp_store_u16(bytes, (uint16_t)(payload_size + 1));
    bytes[2] = type;
}

int cp_soup_encode(uint8_t type, const uint8_t *payload, uint32_t payload_size,
                   uint8_t *bytes, uint32_t capacity, uint32_t *size)
{
    if (payload_size > CP_SOUP_PAYLOAD_MAX)
        return -EMSGSIZE;
    if (length_is_wrong(type, payload_size + 1))
        return -EINVAL;
    if (capacity < CP_SOUP_HEADER_SIZE + payload_size)
        return -ENOBUFS;
    cp_soup_encode_header(bytes, type, payload_size);
    if (payload_size > 0)
        memcpy(bytes + CP_SOUP_HEADER_SIZE, payload, payload_size);
    *size = CP_SOUP_HEADER_SIZE + payload_size;
    return 0;
}
