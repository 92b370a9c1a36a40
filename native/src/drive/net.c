#include "drive/net.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BELL_TAG UINT32_MAX
#define DAY_SECONDS 86400
#define ANCHOR_NS 1000000000u

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int cp_net_init(cp_net *net, const cp_clock *clock)
{
    net->epoll = net->bell = -1;
    net->clock = clock;
    int result = cp_ring_init(&net->events, CP_NET_EVENT_CAPACITY, sizeof(cp_net_event));
    if (result == 0)
        result = cp_snapshot_init(&net->snapshot, sizeof(cp_net_picture));
    if (result != 0)
        return result;
    net->epoll = epoll_create1(EPOLL_CLOEXEC);
    net->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (net->epoll < 0 || net->bell < 0)
        return -errno;
    uint64_t now = wall_ns();
    net->midnight_ns = now - now % ((uint64_t)DAY_SECONDS * 1000000000u);
    return cp_net_watch(net, net->bell, BELL_TAG, false);
}

void cp_net_free(cp_net *net)
{
    if (net->epoll > 0)
        close(net->epoll);
    if (net->bell > 0)
        close(net->bell);
    cp_ring_free(&net->events);
    cp_snapshot_free(&net->snapshot);
}

/* ---- waiting ------------------------------------------------------------------------- */

static int control(cp_net *net, int operation, int fd, uint32_t tag, bool writable)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };
    if (writable)
        event.events |= EPOLLOUT;
    event.data.u32 = tag;
    return epoll_ctl(net->epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

int cp_net_watch(cp_net *net, int fd, uint32_t tag, bool writable)
{
    return control(net, EPOLL_CTL_ADD, fd, tag, writable);
}

void cp_net_poll(cp_net *net, cp_stream *stream)
{
    stream->polled = true;
    epoll_ctl(net->epoll, EPOLL_CTL_DEL, stream->fd, NULL);
}

void cp_net_arm(cp_net *net, const cp_stream *stream, uint32_t tag, bool writable)
{
    if (!stream->polled) {
        control(net, EPOLL_CTL_MOD, stream->fd, tag, writable);
        return;
    }
    struct epoll_event event = { .events = EPOLLOUT, .data.u32 = tag };
    epoll_ctl(net->epoll, writable ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, stream->fd, &event);
}

uint32_t cp_net_look(cp_net *net, cp_net_ready *ready)
{
    struct epoll_event events[CP_NET_READY_MAX];
    int found = epoll_wait(net->epoll, events, CP_NET_READY_MAX, 0);
    uint32_t count = 0;
    for (int i = 0; i < found; i++) {
        if (events[i].data.u32 == BELL_TAG) {
            uint64_t rung;
            (void)!read(net->bell, &rung, sizeof rung);
            continue;
        }
        ready[count++] = (cp_net_ready){
            .tag = events[i].data.u32,
            .readable = (events[i].events & ~(uint32_t)EPOLLOUT) != 0,
            .writable = (events[i].events & EPOLLOUT) != 0,
        };
    }
    return count;
}

void cp_net_park(cp_net *net, uint64_t most_ns, bool (*is_idle)(void *), void *argument)
{
    /* Sequentially consistent with cp_net_ring: either it sees us parked and rings, or we
     * see in is_idle what was given before it looked. */
    atomic_store(&net->parked, 1);
    if (is_idle(argument)) {
        struct pollfd watched = { .fd = net->epoll, .events = POLLIN };
        struct timespec most = { .tv_sec = (time_t)(most_ns / 1000000000u),
                                 .tv_nsec = (long)(most_ns % 1000000000u) };
        ppoll(&watched, 1, &most, NULL);
    }
    atomic_store(&net->parked, 0);
}

void cp_net_ring(cp_net *net)
{
    /* A read-modify-write, so that what was given before is seen before this is read. */
    if (atomic_fetch_add(&net->parked, 0) == 0)
        return;
    uint64_t one = 1;
    (void)!write(net->bell, &one, sizeof one);
}

/* ---- time ---------------------------------------------------------------------------- */

void cp_net_begin(cp_net *net, uint64_t now_ns)
{
    net->now_ns = now_ns;
    if (net->anchor_ns != 0 && now_ns - net->anchor_ns < ANCHOR_NS)
        return;
    net->anchor_ns = now_ns;
    net->day_ns = wall_ns() - net->midnight_ns - cp_clock_now_ns(net->clock);
}

bool cp_net_timer(cp_net *net)
{
    if (net->now_ns < net->timer_ns)
        return false;
    net->timer_ns = net->now_ns + CP_NET_TIMER_NS;
    return true;
}

/* ---- events -------------------------------------------------------------------------- */

void cp_net_say(cp_net *net, cp_severity severity, const char *format, ...)
{
    if (cp_ring_room(&net->events, 1) == 0) {
        cp_ring_count_full(&net->events);
        return;
    }
    cp_net_event *event = cp_ring_claim(&net->events, 0);
    event->time_ns = cp_clock_now_ns(net->clock);
    event->severity = severity;
    event->reserved = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->text, sizeof event->text, format, arguments);
    va_end(arguments);
    cp_ring_publish(&net->events, 1);
}
