/* net.h: what both ends of the wire have in common: waiting for sockets, the time of day,
 * events for the log, the picture, and the stream of packets a connection is.
 *
 * Everything here belongs to the thread that sees to the sockets: one of its own, or the
 * venue's or desk's.
 */
#ifndef CP_NET_H
#define CP_NET_H

#include "base/clock.h"
#include "base/histogram.h"
#include "base/ring.h"
#include "base/snapshot.h"
#include "drive/socket.h"
#include "wire/soup.h"

#define CP_NET_EVENT_CAPACITY 1024
#define CP_NET_TIMER_NS 2000000 /* how often timeouts are looked at: 2 ms */
#define CP_NET_READY_MAX 64     /* sockets one look at them tells of */

typedef struct cp_net {
    int epoll;
    int bell; /* eventfd: rung by whoever gives a parked thread something */
    _Atomic uint32_t parked;
    bool polls; /* the thread never sleeps */
    const cp_clock *clock;
    uint64_t now_ns;
    uint64_t timer_ns;    /* when timeouts are looked at next */
    uint64_t shown_ns;    /* when the picture was shown last */
    uint64_t anchor_ns;   /* when day_ns was last compared with the wall clock */
    uint64_t midnight_ns; /* of the day the process began, wall clock (UTC) */
    uint64_t day_ns;      /* add to a time of the core: nanoseconds since that midnight */
    cp_ring events;
    cp_snapshot snapshot;
    cp_net_picture picture;
} cp_net;

int cp_net_init(cp_net *net, const cp_clock *clock);
void cp_net_free(cp_net *net);

/* Watch a socket; `tag` comes back with it. */
int cp_net_watch(cp_net *net, int fd, uint32_t tag, bool writable);

struct cp_stream;
/* Its owner asks this connection for data in every round, and watching it costs whoever
 * sends to it: no more, except for being writable. */
void cp_net_poll(cp_net *net, struct cp_stream *stream);
/* Watch for its being writable, too, or no more. */
void cp_net_arm(cp_net *net, const struct cp_stream *stream, uint32_t tag, bool writable);

typedef struct cp_net_ready {
    uint32_t tag;
    bool readable;
    bool writable;
} cp_net_ready;

/* Which sockets have something, without waiting; at most CP_NET_READY_MAX. */
uint32_t cp_net_look(cp_net *net, cp_net_ready *ready);
/* Wait until one has, the bell is rung, or most_ns have passed. `is_idle` is asked once
 * more after the bell can be heard. */
void cp_net_park(cp_net *net, uint64_t most_ns, bool (*is_idle)(void *), void *argument);
/* From any thread. */
void cp_net_ring(cp_net *net);

/* A round begins at this time of the core. */
void cp_net_begin(cp_net *net, uint64_t now_ns);
/* True every CP_NET_TIMER_NS. */
bool cp_net_timer(cp_net *net);

static inline uint64_t cp_net_day_ns(const cp_net *net, uint64_t core_ns)
{
    return core_ns + net->day_ns;
}

/* The other way; at the latest now. */
static inline uint64_t cp_net_core_ns(const cp_net *net, uint64_t day_ns)
{
    uint64_t core_ns = day_ns - net->day_ns;
    return core_ns < net->now_ns ? core_ns : net->now_ns;
}

/* Say what happened, for the log. When nobody reads it, it is let go. */
__attribute__((format(printf, 3, 4))) void cp_net_say(cp_net *net, cp_severity severity,
                                                      const char *format, ...);

/* ---- a connection's input and its small output ---------------------------------------- */

#define CP_STREAM_IN_SIZE 65536
#define CP_STREAM_OUT_SIZE 65536

typedef struct cp_stream {
    int fd;                    /* -1: none */
    uint32_t in_from, in_to;   /* bytes that wait in `in` */
    uint32_t out_from, out_to; /* bytes that wait in `out` */
    bool polled;               /* asked for data round after round: not watched for it */
    bool blocked;              /* the kernel takes no more: wait until it is writable */
    uint64_t heard_ns, said_ns;
    uint64_t
        took_ns; /* when the other side last took what it was sent, or all was taken */
    uint8_t *in;
    uint8_t *out;
} cp_stream;

int cp_stream_init(cp_stream *stream);
void cp_stream_free(cp_stream *stream);
void cp_stream_open(cp_stream *stream, int fd, uint64_t now_ns);
void cp_stream_close(cp_stream *stream);
/* As cp_stream_close, with what was not sent thrown away. */
void cp_stream_cut(cp_stream *stream);

/* Take in what has arrived. 0: something or nothing; -EPIPE: the other side has closed;
 * -errno. *more: there may be more. */
int cp_stream_receive(cp_stream *stream, uint64_t now_ns, bool *more);
/* The next packet of at most size_max bytes, or -EAGAIN; -EPROTO, -EMSGSIZE as
 * cp_soup_frame. It stays readable until the next receive. */
int cp_stream_next(cp_stream *stream, uint32_t size_max, cp_soup_packet *packet);
/* Put the packet back: it will be the next again. */
void cp_stream_unread(cp_stream *stream, const cp_soup_packet *packet);

/* Room for `size` bytes behind what waits to be sent, or NULL. */
uint8_t *cp_stream_claim(cp_stream *stream, uint32_t size);
void cp_stream_publish(cp_stream *stream, uint32_t size);
/* A packet of any type; -ENOBUFS. */
int cp_stream_put(cp_stream *stream, uint8_t type, const uint8_t *payload, uint32_t size);
/* Send what waits. 0, or -errno when the connection is broken. */
int cp_stream_flush(cp_stream *stream, uint64_t now_ns);
/* Send bytes that lie elsewhere; *sent of them went. Only when nothing waits. */
int cp_stream_send(cp_stream *stream, const uint8_t *bytes, uint32_t size, uint32_t *sent,
                   uint64_t now_ns);

static inline bool cp_stream_is_open(const cp_stream *stream)
{
    return stream->fd >= 0;
}

static inline bool cp_stream_has_output(const cp_stream *stream)
{
    return stream->out_from < stream->out_to;
}

#endif /* CP_NET_H */
