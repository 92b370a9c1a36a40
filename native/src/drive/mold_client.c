/* mold_client.c: the feed as MoldUDP64 datagrams (remote.h).
 *
 * Datagrams are taken in the order of their numbers, each message once. What comes too
 * early waits, for a bounded while and in a bounded place; what is missing is asked for,
 * after a moment in which it may still come by itself. When it does not come at all, or
 * nothing does, a snapshot makes an end of it.
 */
#include <unistd.h>

#include "drive/remote.h"

#define ROUND_MAX 64        /* datagrams taken in one round */
#define REORDER_NS 1000000u /* how long the missing may come by itself: 1 ms */
#define ASK_NS 20000000u    /* between two requests for the same: 20 ms */
#define ASK_MAX 50          /* requests before a snapshot is taken */
#define SOCKET_BYTES (4 << 20)

void cp_mold_client_begin(cp_remote *r)
{
    r->mold_begun = true;
    r->gap_since_ns = 0;
    r->gap_told = false;
    r->ask_count = 0;
    r->mold_heard_ns = r->net.now_ns;
    r->held_count = 0;
    for (uint32_t i = 0; i < CP_MOLD_HELD_MAX; i++)
        r->held[i].size = 0;
    cp_net_say(&r->net, CP_INFO, "feed: by datagrams, session %s, message %llu",
               r->feed.session, (unsigned long long)r->feed.next);
    cp_link_set(r, &r->feed, CP_LINK_UP);
    cp_feed_client_trust(r);
}

/* ---- gaps --------------------------------------------------------------------------------- */

/* The first number beyond the gap: of what waits, or of the heartbeat that showed it. */
static uint64_t gap_end(const cp_remote *r)
{
    uint64_t end = r->target;
    for (uint32_t i = 0; i < CP_MOLD_HELD_MAX; i++)
        if (r->held[i].size > 0 && r->held[i].sequence < end)
            end = r->held[i].sequence;
    return end;
}

static void ask(cp_remote *r)
{
    uint64_t missing = gap_end(r) - r->feed.next;
    cp_mold_header request = { .sequence = r->feed.next,
                               .count = missing < CP_MOLD_COUNT_MAX ? (uint16_t)missing
                                                                    : CP_MOLD_COUNT_MAX };
    memcpy(request.session, r->feed.session, sizeof request.session);
    uint8_t bytes[CP_MOLD_HEADER_SIZE];
    cp_mold_encode_header(&request, bytes);
    sendto(r->mold_fd, bytes, sizeof bytes, MSG_DONTWAIT,
           (const struct sockaddr *)&r->mold_requests.storage, r->mold_requests.size);
    r->asked_ns = r->net.now_ns;
    r->ask_count++;
    r->net.picture.request_count++;
}

static void open_gap(cp_remote *r, uint64_t seen)
{
    if (seen > r->target)
        r->target = seen;
    if (r->gap_since_ns != 0)
        return;
    r->gap_since_ns = r->net.now_ns;
    r->ask_count = 0;
    r->net.picture.gap_count++;
}

static void close_gap(cp_remote *r)
{
    if (r->gap_since_ns == 0 || r->feed.next < r->target)
        return;
    r->gap_since_ns = 0;
    if (r->gap_told) {
        r->gap_told = false;
        cp_feed_client_trust(r);
        cp_net_say(&r->net, CP_INFO, "feed: whole again at message %llu",
                   (unsigned long long)r->feed.next);
    }
}

static void hold(cp_remote *r, uint64_t sequence, const uint8_t *bytes, uint32_t size)
{
    cp_held *room = NULL;
    for (uint32_t i = 0; i < CP_MOLD_HELD_MAX; i++) {
        if (r->held[i].size > 0 && r->held[i].sequence == sequence) {
            r->net.picture.duplicate_count++;
            return;
        }
        if (r->held[i].size == 0 && !room)
            room = &r->held[i];
    }
    if (!room || size > sizeof room->bytes)
        return; /* it will be asked for with the rest */
    room->sequence = sequence;
    room->size = size;
    memcpy(room->bytes, bytes, size);
    r->held_count++;
}

/* ---- datagrams ---------------------------------------------------------------------------- */

/* What of a packet is next; false: the desk takes no more now. */
static bool deliver(cp_remote *r, cp_mold_packet *packet)
{
    const uint8_t *message;
    uint32_t size;
    while (packet->left > 0 && r->phase == CP_FEED_MOLD) {
        if (packet->sequence == r->feed.next && !cp_feed_client_has_room(r))
            return false;
        if (!cp_mold_next(packet, &message, &size))
            return true;
        if (packet->sequence - 1 < r->feed.next)
            continue;
        if (size > 0)
            cp_feed_client_take(r, message, size);
        else
            r->feed.next++;
    }
    return true;
}

/* What has waited for what came just now. */
static void drain_held(cp_remote *r)
{
    for (bool found = true; found && r->held_count > 0 && r->phase == CP_FEED_MOLD;) {
        found = false;
        for (uint32_t i = 0; i < CP_MOLD_HELD_MAX; i++) {
            cp_held *held = &r->held[i];
            if (held->size == 0 || held->sequence > r->feed.next)
                continue;
            cp_mold_packet packet;
            if (cp_mold_decode(held->bytes, held->size, &packet) == 0 &&
                !deliver(r, &packet))
                return; /* there is more of it when there is room */
            held->size = 0;
            r->held_count--;
            found = true;
        }
    }
}

static void take_datagram(cp_remote *r, const uint8_t *bytes, uint32_t size)
{
    cp_mold_packet packet;
    if (cp_mold_decode(bytes, size, &packet) != 0) {
        r->net.picture.ignored_count++;
        return;
    }
    if (memcmp(packet.header.session, r->feed.session, CP_MOLD_SESSION_SIZE) != 0) {
        cp_feed_client_restart(r, "datagrams of another session");
        return;
    }
    r->mold_heard_ns = r->net.now_ns;
    uint64_t first = packet.header.sequence, end = first + packet.left;
    if (first > r->feed.next) {
        open_gap(r, end);
        if (packet.left > 0)
            hold(r, first, bytes, size);
        return;
    }
    if (end <= r->feed.next) {
        r->net.picture.duplicate_count += packet.left > 0;
        return;
    }
    r->net.picture.reordered_count += r->held_count > 0;
    if (!deliver(r, &packet))
        hold(r, first, bytes, size);
    drain_held(r);
    close_gap(r);
    /* An answer holds what one datagram holds: on with the rest of it. */
    if (r->gap_since_ns != 0 && r->ask_count > 0) {
        r->ask_count = 0;
        ask(r);
    }
}

bool cp_mold_client_receive(cp_remote *r)
{
    uint8_t bytes[2048];
    bool busy = false;
    if (r->held_count > 0 && cp_feed_client_has_room(r)) {
        drain_held(r);
        close_gap(r);
    }
    for (uint32_t i = 0; i < ROUND_MAX && r->phase == CP_FEED_MOLD; i++) {
        if (!cp_feed_client_has_room(r))
            break;
        ssize_t size = recv(r->mold_fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (size < 0)
            break;
        r->net.now_ns = cp_clock_now_ns(r->net.clock);
        take_datagram(r, bytes, (uint32_t)size);
        busy = true;
    }
    return busy;
}

void cp_mold_client_on_timer(cp_remote *r)
{
    uint64_t now_ns = r->net.now_ns;
    if (now_ns - r->mold_heard_ns > r->engine->config.net.silence_ns) {
        cp_feed_client_restart(r, "no datagram for too long");
        return;
    }
    if (r->gap_since_ns == 0 || now_ns - r->gap_since_ns < REORDER_NS)
        return;
    if (!r->gap_told) { /* it did not come by itself */
        r->gap_told = true;
        cp_net_say(&r->net, CP_WARNING, "feed: messages %llu to %llu are missing",
                   (unsigned long long)r->feed.next, (unsigned long long)gap_end(r) - 1);
        cp_feed_client_doubt(r);
    }
    if (r->ask_count > ASK_MAX)
        cp_feed_client_restart(r, "what is missing is not to be had");
    else if (r->ask_count == 0 || now_ns - r->asked_ns > ASK_NS)
        ask(r);
}

/* ---- create and destroy ---------------------------------------------------------------------- */

int cp_mold_client_init(cp_remote *r, char *error)
{
    const cp_net_config *config = &r->engine->config.net;
    if (config->mold_port == 0)
        return 0;
    cp_address at;
    int result = cp_address_find(&at, config->mold_host, config->mold_port);
    if (result == 0)
        result = cp_address_find(&r->mold_requests, config->host, config->feed_port);
    if (result == 0)
        result = r->mold_fd = cp_socket_datagram(&at);
    if (result < 0) {
        snprintf(error, CP_ERROR_SIZE, "cannot receive at %s, UDP port %u: %s",
                 config->mold_host, config->mold_port, strerror(-result));
        return result;
    }
    cp_socket_widen(r->mold_fd, SOCKET_BYTES);
    r->held = calloc(CP_MOLD_HELD_MAX, sizeof *r->held);
    if (!r->held)
        return -ENOMEM;
    return cp_net_watch(&r->net, r->mold_fd, UINT32_MAX - 1, false);
}

void cp_mold_client_free(cp_remote *r)
{
    if (r->mold_fd >= 0)
        close(r->mold_fd);
    free(r->held);
}
