#include "drive/remote.h"

#include <sys/random.h>
#include <unistd.h>

#define ORDERS_TAG 0u
#define FEED_TAG 1u
#define PACKETS_MAX 8          /* taken from a link in one round */
#define CONNECT_NS 5000000000u /* how long a connection may take to be made */

/* ---- links -------------------------------------------------------------------------------- */

void cp_link_set(cp_remote *r, cp_link *link, cp_link_state state)
{
    link->state = state;
    link->since_ns = r->net.now_ns;
    if (link == &r->orders)
        atomic_store_explicit(&r->up, state == CP_LINK_UP, memory_order_relaxed);
}

/* Longer each time, and by chance, so that many desks do not come back at one instant. */
static uint64_t next_wait_ns(cp_remote *r, const cp_link *link)
{
    const cp_net_config *config = &r->engine->config.net;
    uint64_t wait_ns = config->retry_ns;
    for (uint32_t i = 1; i < link->tries && wait_ns < config->retry_max_ns; i++)
        wait_ns *= 2;
    if (wait_ns > config->retry_max_ns)
        wait_ns = config->retry_max_ns;
    return wait_ns / 2 + cp_random_below(&r->random, wait_ns / 2 + 1);
}

static void drop(cp_remote *r, cp_link *link)
{
    bool was_in = link->state >= CP_LINK_RECOVERING;
    cp_stream_close(&link->stream);
    cp_link_set(r, link, CP_LINK_DOWN);
    if (link == &r->orders)
        cp_order_client_broken(r);
    else if (was_in)
        cp_feed_client_broken(r);
}

void cp_link_break(cp_remote *r, cp_link *link, const char *why)
{
    if (link->state == CP_LINK_DOWN)
        return;
    bool was_in = link->state >= CP_LINK_RECOVERING;
    link->break_count += was_in;
    link->tries++;
    /* Of tries that fail alike, the first is news. */
    if (was_in || link->tries == 1)
        cp_net_say(&r->net, was_in ? CP_CRITICAL : CP_WARNING, "%s: %s: %s", link->name,
                   was_in ? "connection lost" : "no connection", why);
    drop(r, link);
    link->retry_at_ns = r->net.now_ns + next_wait_ns(r, link);
}

void cp_link_again(cp_remote *r, cp_link *link)
{
    cp_stream_put(&link->stream, CP_SOUP_LOGOUT, NULL, 0);
    cp_stream_flush(&link->stream, r->net.now_ns);
    cp_stream_close(&link->stream);
    cp_link_set(r, link, CP_LINK_DOWN);
    link->retry_at_ns = r->net.now_ns;
}

static void begin_connecting(cp_remote *r, cp_link *link)
{
    int fd = cp_socket_connect(&link->address);
    cp_link_set(r, link, CP_LINK_CONNECTING);
    if (fd >= 0) {
        cp_stream_open(&link->stream, fd, r->net.now_ns);
        link->waiting = false;
        link->armed = true;
        if (cp_net_watch(&r->net, fd, link->tag, true) == 0)
            return;
    }
    cp_link_break(r, link, strerror(fd < 0 ? -fd : ENOSPC));
}

static void log_in(cp_remote *r, cp_link *link)
{
    const cp_user *user = &r->engine->config.net.users[0];
    cp_soup_login login = { 0 };
    memcpy(login.username, user->name, sizeof login.username - 1);
    memcpy(login.password, user->password, sizeof login.password - 1);
    if (link == &r->orders)
        cp_order_client_login(r, &login);
    else
        cp_feed_client_login(r, &login);
    uint8_t *room = cp_stream_claim(&link->stream, CP_SOUP_LOGIN_SIZE);
    CP_ASSERT(room != NULL); /* the first thing we say */
    if (cp_soup_encode_login(&login, room) != 0) {
        cp_link_break(r, link, "user or password cannot be written in SoupBinTCP");
        return;
    }
    cp_stream_publish(&link->stream, CP_SOUP_LOGIN_SIZE);
    link->connect_count++;
    cp_link_set(r, link, CP_LINK_LOGGING_IN);
}

static void on_writable(cp_remote *r, cp_link *link)
{
    link->stream.blocked = false;
    if (link->state == CP_LINK_CONNECTING) {
        int result = cp_socket_outcome(link->stream.fd);
        if (result != 0)
            cp_link_break(r, link, strerror(-result));
        else
            log_in(r, link);
    }
    if (cp_stream_is_open(&link->stream)) {
        link->armed = false;
        if (r->net.polls && !link->stream.polled)
            cp_net_poll(&r->net, &link->stream);
        else
            cp_net_arm(&r->net, &link->stream, link->tag, false);
    }
}

/* ---- packets ------------------------------------------------------------------------------ */

static void on_accepted(cp_remote *r, cp_link *link, const cp_soup_packet *packet)
{
    cp_soup_accepted accepted;
    if (link->state != CP_LINK_LOGGING_IN ||
        cp_soup_decode_accepted(packet, &accepted) != 0 || accepted.sequence == 0) {
        cp_link_break(r, link, "an answer to the login that cannot be right");
        return;
    }
    link->tries = 0;
    cp_link_set(r, link, CP_LINK_RECOVERING);
    if (link == &r->orders)
        cp_order_client_accepted(r, &accepted);
    else
        cp_feed_client_accepted(r, &accepted);
}

static void on_refused(cp_remote *r, cp_link *link, const cp_soup_packet *packet)
{
    uint8_t reason = cp_soup_decode_rejected(packet);
    if (reason != CP_SOUP_NO_SESSION) {
        cp_link_break(r, link, "user or password refused");
        return;
    }
    if (link == &r->orders)
        cp_order_client_refused(r);
    else
        cp_feed_client_refused(r);
    link->tries = 0;
    cp_link_again(r, link);
    link->retry_at_ns = r->net.now_ns + r->engine->config.net.retry_ns;
}

static void take_packet(cp_remote *r, cp_link *link, const cp_soup_packet *packet)
{
    switch (packet->type) {
    case CP_SOUP_SEQUENCED:
        if (link->state < CP_LINK_RECOVERING) {
            cp_link_break(r, link, "data before the login was accepted");
        } else if (link == &r->orders) {
            link->next++;
            cp_order_client_take(r, packet->payload, packet->payload_size);
        } else {
            cp_feed_client_take(r, packet->payload, packet->payload_size);
        }
        return;
    case CP_SOUP_ACCEPTED:
        on_accepted(r, link, packet);
        return;
    case CP_SOUP_REJECTED:
        on_refused(r, link, packet);
        return;
    case CP_SOUP_END:
        cp_link_break(r, link, "the exchange has ended the session");
        return;
    default:
        if (!cp_soup_may_send(CP_SOUP_SERVER, packet->type))
            cp_link_break(r, link, "a packet no server sends");
        return;
    }
}

static bool has_room(cp_remote *r, const cp_link *link)
{
    return link == &r->orders ? cp_order_client_has_room(r) : cp_feed_client_has_room(r);
}

/* A few of the packets that have come; the desk has its turn in between. */
static void take_packets(cp_remote *r, cp_link *link)
{
    r->net.now_ns = link->read_ns; /* T1 of them all */
    for (uint32_t i = 0;
         i < PACKETS_MAX && cp_stream_is_open(&link->stream) && has_room(r, link); i++) {
        cp_soup_packet packet;
        int result = cp_stream_next(&link->stream, CP_SERVER_PACKET_MAX, &packet);
        link->waiting = result == 0;
        if (result == -EAGAIN)
            return;
        if (result != 0) {
            cp_link_break(r, link, "bytes that are not SoupBinTCP");
            return;
        }
        take_packet(r, link, &packet);
    }
}

/* One read. */
static void receive_from(cp_remote *r, cp_link *link)
{
    bool more;
    int result = cp_stream_receive(&link->stream, r->net.now_ns, &more);
    link->read_ns = cp_clock_now_ns(r->net.clock);
    link->waiting = true;
    if (result == 0)
        return;
    while (link->waiting && cp_stream_is_open(&link->stream) && has_room(r, link))
        take_packets(r, link); /* what came before the end */
    if (cp_stream_is_open(&link->stream))
        cp_link_break(r, link,
                      result == -EPIPE ? "closed by the exchange" : strerror(-result));
}

/* ---- time --------------------------------------------------------------------------------- */

static void check_link(cp_remote *r, cp_link *link)
{
    const cp_net_config *config = &r->engine->config.net;
    uint64_t now_ns = r->net.now_ns;
    switch (link->state) {
    case CP_LINK_DOWN:
        if (now_ns >= link->retry_at_ns &&
            !(link == &r->feed && r->phase == CP_FEED_MOLD))
            begin_connecting(r, link);
        return;
    case CP_LINK_CONNECTING:
        if (now_ns - link->since_ns > CONNECT_NS)
            cp_link_break(r, link, "no answer");
        return;
    case CP_LINK_LOGGING_IN:
        if (now_ns - link->since_ns > config->login_ns)
            cp_link_break(r, link, "no answer to the login");
        return;
    default:
        break;
    }
    if (!cp_stream_is_open(&link->stream))
        return;
    if (now_ns - link->stream.heard_ns > config->silence_ns && has_room(r, link))
        cp_link_break(r, link, "nothing heard from the exchange");
    else if (now_ns - link->stream.said_ns > config->heartbeat_ns &&
             !cp_stream_has_output(&link->stream))
        cp_stream_put(&link->stream, CP_SOUP_CLIENT_HEARTBEAT, NULL, 0);
}

static void show_link(const cp_link *link, cp_link_picture *picture)
{
    memcpy(picture->session, link->session, sizeof link->session);
    picture->sequence = link->next;
    picture->since_ns = link->since_ns;
    picture->connect_count = link->connect_count;
    picture->break_count = link->break_count;
    picture->state = link->state;
}

static void show(cp_remote *r)
{
    show_link(&r->orders, &r->net.picture.orders);
    show_link(&r->feed, &r->net.picture.feed);
    r->net.picture.connection_count = (uint32_t)cp_stream_is_open(&r->orders.stream) +
                                      cp_stream_is_open(&r->feed.stream);
    memcpy(r->net.picture.session, r->orders.session, sizeof r->orders.session);
    cp_snapshot_write(&r->net.snapshot, &r->net.picture);
}

/* ---- the round ---------------------------------------------------------------------------- */

static bool flush(cp_remote *r, cp_link *link)
{
    if (!cp_stream_is_open(&link->stream) || link->state <= CP_LINK_CONNECTING)
        return false;
    if (link->stream.blocked) {
        if (!link->armed)
            cp_net_arm(&r->net, &link->stream, link->tag, true);
        link->armed = true;
        return false;
    }
    int result = cp_stream_flush(&link->stream, r->net.now_ns);
    if (result != 0)
        cp_link_break(r, link, strerror(-result));
    return true;
}

/* A link is asked for data directly: one call instead of two on the way in. What has come
 * is dealt with before more is read. */
static bool poll_link(cp_remote *r, cp_link *link, uint64_t now_ns)
{
    if (!cp_stream_is_open(&link->stream) || link->state < CP_LINK_LOGGING_IN)
        return false;
    uint64_t heard_ns = link->stream.heard_ns;
    bool had = link->waiting;
    if (!had) {
        r->net.now_ns = now_ns;
        receive_from(r, link);
    }
    if (cp_stream_is_open(&link->stream))
        take_packets(r, link);
    r->net.now_ns = now_ns;
    return had || link->stream.heard_ns != heard_ns;
}

static void look(cp_remote *r)
{
    cp_net_ready ready[CP_NET_READY_MAX];
    uint32_t count = cp_net_look(&r->net, ready);
    for (uint32_t i = 0; i < count; i++) {
        if (ready[i].tag > FEED_TAG)
            continue;
        cp_link *link = ready[i].tag == ORDERS_TAG ? &r->orders : &r->feed;
        if (!cp_stream_is_open(&link->stream))
            continue;
        if (ready[i].writable || link->state == CP_LINK_CONNECTING)
            on_writable(r, link);
    }
}

bool cp_remote_receive(cp_remote *r, uint64_t now_ns)
{
    cp_net_begin(&r->net, now_ns);
    bool connecting = r->orders.state == CP_LINK_CONNECTING || r->orders.armed ||
                      r->feed.state == CP_LINK_CONNECTING || r->feed.armed;
    bool timer = cp_net_timer(&r->net);
    if (connecting || timer)
        look(r);
    bool busy = poll_link(r, &r->orders, now_ns);
    /* Reports go to the desk before the feed is looked at; but not always. */
    r->feed_waits = busy && !r->feed_waits;
    if (!r->feed_waits)
        busy |= poll_link(r, &r->feed, now_ns);
    if (r->phase == CP_FEED_MOLD)
        busy |= cp_mold_client_receive(r);
    cp_order_client_carry(r);
    cp_feed_client_carry(r);
    if (timer) {
        check_link(r, &r->orders);
        check_link(r, &r->feed);
        if (r->phase == CP_FEED_MOLD)
            cp_mold_client_on_timer(r);
        if (now_ns - r->net.shown_ns >= CP_SNAPSHOT_NS) {
            r->net.shown_ns = now_ns;
            show(r);
        }
    }
    return busy;
}

bool cp_remote_send(cp_remote *r)
{
    bool busy = cp_order_client_send(r);
    flush(r, &r->orders);
    flush(r, &r->feed);
    return busy;
}

void cp_remote_practise(cp_remote *r)
{
    cp_feed_client_practise();
    cp_order_client_practise(r);
}

bool cp_remote_is_idle(void *remote)
{
    cp_remote *r = remote;
    return cp_ring_ready(&r->engine->order_ring) == 0;
}

void cp_remote_close(cp_remote *r)
{
    cp_net_begin(&r->net, cp_clock_now_ns(r->net.clock));
    cp_link *links[] = { &r->orders, &r->feed };
    for (uint32_t i = 0; i < 2; i++) {
        if (links[i]->state >= CP_LINK_RECOVERING &&
            cp_stream_is_open(&links[i]->stream)) {
            cp_stream_put(&links[i]->stream, CP_SOUP_LOGOUT, NULL, 0);
            cp_stream_flush(&links[i]->stream, r->net.now_ns);
        }
        cp_stream_close(&links[i]->stream);
        cp_link_set(r, links[i], CP_LINK_DOWN);
        links[i]->retry_at_ns = 0;
    }
    show(r);
}

/* ---- create and destroy ---------------------------------------------------------------------- */

static int create_link(cp_remote *r, cp_link *link, const char *name, uint16_t port,
                       uint32_t tag, char *error)
{
    const char *host = r->engine->config.net.host;
    *link = (cp_link){ .name = name, .tag = tag, .state = CP_LINK_DOWN, .next = 1 };
    link->stream.fd = -1;
    int result = cp_address_find(&link->address, host, port);
    if (result == -ENOENT)
        snprintf(error, CP_ERROR_SIZE, "no such host: %s", host);
    if (result != 0)
        return result;
    return cp_stream_init(&link->stream);
}

/* Prices go over the wire in 1/10000 of the currency. */
static int check_instrument(cp_remote *r, uint32_t i, char *error)
{
    const cp_instrument *instrument = &r->engine->config.instruments[i];
    if (strnlen(instrument->name, CP_NAME_SIZE) > CP_ITCH_SYMBOL_SIZE ||
        instrument->increment % CP_ITCH_MONEY != 0 ||
        instrument->increment / CP_ITCH_MONEY > CP_OUCH_PRICE_MAX) {
        snprintf(
            error, CP_ERROR_SIZE,
            "%s cannot be traded over OUCH and ITCH: names have 8 characters at most, "
            "ticks are multiples of 0.0001",
            instrument->name);
        return -EINVAL;
    }
    r->steps[i] = (uint32_t)(instrument->increment / CP_ITCH_MONEY);
    cp_store_text(r->names[i], CP_ITCH_SYMBOL_SIZE, instrument->name);
    return 0;
}

static int create_parts(cp_remote *r, char *error)
{
    const cp_config *config = &r->engine->config;
    uint64_t seed = 0;
    (void)!getrandom(&seed, sizeof seed, 0);
    cp_random_init(&r->random, seed);
    int result = cp_net_init(&r->net, &r->engine->clock);
    for (uint32_t i = 0; i < config->symbol_count && result == 0; i++)
        result = check_instrument(r, i, error);
    if (result == 0)
        result = create_link(r, &r->orders, "orders", config->net.orders_port, ORDERS_TAG,
                             error);
    if (result == 0)
        result = create_link(r, &r->feed, "feed", config->net.feed_port, FEED_TAG, error);
    if (result == 0)
        result = cp_order_client_init(r);
    if (result == 0)
        result = cp_feed_client_init(r);
    if (result == 0)
        result = cp_mold_client_init(r, error);
    return result;
}

int cp_remote_create(cp_remote **created, cp_engine *engine, char *error)
{
    cp_remote *r = aligned_alloc(CP_LINE_PAIR, (sizeof *r + CP_LINE_PAIR - 1) /
                                                   CP_LINE_PAIR * CP_LINE_PAIR);
    if (!r)
        return -ENOMEM;
    memset(r, 0, sizeof *r);
    r->engine = engine;
    r->mold_fd = r->orders.stream.fd = r->feed.stream.fd = -1;
    r->net.picture.role = CP_ROLE_REMOTE;
    int result = create_parts(r, error);
    if (result != 0) {
        cp_remote_destroy(r);
        return result;
    }
    show(r);
    *created = r;
    return 0;
}

void cp_remote_destroy(cp_remote *r)
{
    if (!r)
        return;
    cp_stream_free(&r->orders.stream);
    cp_stream_free(&r->feed.stream);
    cp_mold_client_free(r);
    cp_feed_client_free(r);
    cp_order_client_free(r);
    cp_net_free(&r->net);
    free(r);
}
