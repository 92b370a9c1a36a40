/* stream.c: one TCP connection as packets in and bytes out (net.h). */
#include <sys/socket.h>
#include <unistd.h>

#include "drive/net.h"

int cp_stream_init(cp_stream *stream)
{
    *stream = (cp_stream){ .fd = -1 };
    stream->in = malloc(CP_STREAM_IN_SIZE);
    stream->out = malloc(CP_STREAM_OUT_SIZE);
    if (!stream->in || !stream->out) {
        cp_stream_free(stream);
        return -ENOMEM;
    }
    return 0;
}

void cp_stream_free(cp_stream *stream)
{
    cp_stream_close(stream);
    free(stream->in);
    free(stream->out);
    stream->in = stream->out = NULL;
}

void cp_stream_open(cp_stream *stream, int fd, uint64_t now_ns)
{
    stream->fd = fd;
    stream->in_from = stream->in_to = stream->out_from = stream->out_to = 0;
    stream->polled = stream->blocked = false;
    stream->heard_ns = stream->said_ns = stream->took_ns = now_ns;
}

void cp_stream_close(cp_stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

void cp_stream_cut(cp_stream *stream)
{
    if (stream->fd >= 0)
        cp_socket_reset(stream->fd);
    stream->fd = -1;
}

/* ---- in ------------------------------------------------------------------------------ */

int cp_stream_receive(cp_stream *stream, uint64_t now_ns, bool *more)
{
    *more = false;
    if (stream->in_from > 0) {
        memmove(stream->in, stream->in + stream->in_from,
                stream->in_to - stream->in_from);
        stream->in_to -= stream->in_from;
        stream->in_from = 0;
    }
    uint32_t room = CP_STREAM_IN_SIZE - stream->in_to;
    if (room == 0)
        return 0;
    ssize_t got = recv(stream->fd, stream->in + stream->in_to, room, 0);
    if (got == 0)
        return -EPIPE;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    stream->in_to += (uint32_t)got;
    stream->heard_ns = now_ns;
    *more = (uint32_t)got == room;
    return 0;
}

int cp_stream_next(cp_stream *stream, uint32_t size_max, cp_soup_packet *packet)
{
    int result = cp_soup_frame(stream->in + stream->in_from,
                               stream->in_to - stream->in_from, size_max, packet);
    if (result == 0)
        stream->in_from += packet->size;
    return result;
}

void cp_stream_unread(cp_stream *stream, const cp_soup_packet *packet)
{
    CP_ASSERT(stream->in_from >= packet->size);
    stream->in_from -= packet->size;
}

/* ---- out ----------------------------------------------------------------------------- */

uint8_t *cp_stream_claim(cp_stream *stream, uint32_t size)
{
    if (stream->out_from == stream->out_to)
        stream->out_from = stream->out_to = 0;
    if (CP_STREAM_OUT_SIZE - stream->out_to < size && stream->out_from > 0) {
        memmove(stream->out, stream->out + stream->out_from,
                stream->out_to - stream->out_from);
        stream->out_to -= stream->out_from;
        stream->out_from = 0;
    }
    return CP_STREAM_OUT_SIZE - stream->out_to < size ? NULL
                                                      : stream->out + stream->out_to;
}

void cp_stream_publish(cp_stream *stream, uint32_t size)
{
    CP_ASSERT(size <= CP_STREAM_OUT_SIZE - stream->out_to);
    stream->out_to += size;
}

int cp_stream_put(cp_stream *stream, uint8_t type, const uint8_t *payload, uint32_t size)
{
    uint8_t *room = cp_stream_claim(stream, CP_SOUP_HEADER_SIZE + size);
    if (!room)
        return -ENOBUFS;
    cp_soup_encode_header(room, type, size);
    if (size > 0)
        memcpy(room + CP_SOUP_HEADER_SIZE, payload, size);
    cp_stream_publish(stream, CP_SOUP_HEADER_SIZE + size);
    return 0;
}

int cp_stream_send(cp_stream *stream, const uint8_t *bytes, uint32_t size, uint32_t *sent,
                   uint64_t now_ns)
{
    *sent = 0;
    ssize_t took = send(stream->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (took < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        stream->blocked = errno == EAGAIN;
        return 0;
    }
    *sent = (uint32_t)took;
    stream->blocked = *sent < size;
    stream->said_ns = stream->took_ns = now_ns;
    return 0;
}

int cp_stream_flush(cp_stream *stream, uint64_t now_ns)
{
    if (!cp_stream_has_output(stream))
        return 0;
    uint32_t sent;
    int result = cp_stream_send(stream, stream->out + stream->out_from,
                                stream->out_to - stream->out_from, &sent, now_ns);
    stream->out_from += sent;
    return result;
}
