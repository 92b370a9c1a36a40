#include "drive/exchange.h"

#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#define LISTENER_TAG 0x80000000u /* + cp_door */
#define MOLD_TAG 0x80000010u
#define POLLED_MAX 4  /* users asked for orders in every round, the first to come */
#define LOOK_NS 20000 /* everybody else is looked at this often: 20 us */
#define SEND_MAX (256u << 10) /* bytes one connection is sent in one round */

/* ---- guests ------------------------------------------------------------------------------ */

static cp_port *port_of(cp_exchange *x, const cp_guest *guest)
{
    return guest->port == CP_NONE ? NULL : &x->ports[guest->port];
}

/* Forget a connection whose socket is closed. */
static void release(cp_exchange *x, uint32_t place)
{
    cp_guest *guest = &x->guests[place];
    if (guest->is_snapshot)
        x->snapshot_readers--;
    cp_port *port = port_of(x, guest);
    if (port && port->guest == place) {
        port->guest = CP_NONE;
        if (!port->user.keep_orders)
            cp_order_server_pull(x, port);
    }
    guest->port = CP_NONE;
    guest->is_snapshot = false;
    for (uint32_t i = 0; i < x->active_count; i++)
        if (x->active[i] == place)
            x->active[i] = x->active[--x->active_count];
}

static const char *who(const cp_guest *guest)
{
    return guest->user[0] ? guest->user : "nobody";
}

static const char *what_for(const cp_guest *guest)
{
    return guest->door == CP_DOOR_ORDERS ? "orders"
           : guest->is_snapshot          ? "snapshot"
                                         : "feed";
}

/* It broke a rule: log it and close without ceremony. */
static void cut_off(cp_exchange *x, uint32_t place, const char *why)
{
    cp_guest *guest = &x->guests[place];
    x->net.picture.cut_off_count++;
    cp_net_say(&x->net, CP_WARNING, "%s of %s (%s) cut off: %s", what_for(guest),
               who(guest), guest->peer, why);
    cp_stream_cut(&guest->stream);
    release(x, place);
}

/* It went, or its network did. */
static void let_go(cp_exchange *x, uint32_t place, const char *why)
{
    cp_guest *guest = &x->guests[place];
    cp_net_say(&x->net, CP_INFO, "%s of %s (%s) ended: %s", what_for(guest), who(guest),
               guest->peer, why);
    cp_stream_close(&guest->stream);
    release(x, place);
}

static void welcome(cp_exchange *x, cp_door door, int fd, const cp_address *peer)
{
    uint32_t place = 0;
    while (place < x->guest_count && cp_stream_is_open(&x->guests[place].stream))
        place++;
    char text[CP_PEER_SIZE];
    cp_address_text(peer, text);
    if (place == x->guest_count || cp_net_watch(&x->net, fd, place, false) != 0) {
        cp_net_say(&x->net, CP_WARNING,
                   "%s turned away: no place for one more connection", text);
        cp_socket_reset(fd);
        return;
    }
    cp_guest *guest = &x->guests[place];
    cp_stream stream = guest->stream;
    *guest = (cp_guest){ .stream = stream,
                         .door = (uint8_t)door,
                         .port = CP_NONE,
                         .since_ns = x->net.now_ns };
    memcpy(guest->peer, text, sizeof text);
    cp_stream_open(&guest->stream, fd, x->net.now_ns);
    x->active[x->active_count++] = place;
}

static void accept_all(cp_exchange *x, cp_door door)
{
    cp_address peer;
    int fd;
    while ((fd = cp_socket_accept(x->listeners[door], &peer)) >= 0)
        welcome(x, door, fd, &peer);
}

/* ---- logins ------------------------------------------------------------------------------ */

/* In a time that says nothing about where they differ. */
static bool is_password(const cp_user *user, const char *given)
{
    char padded[sizeof user->password] = { 0 };
    memcpy(padded, given, strnlen(given, sizeof padded - 1));
    uint8_t differs = 0;
    for (size_t i = 0; i < sizeof padded; i++)
        differs |= (uint8_t)(padded[i] ^ user->password[i]);
    return differs == 0;
}

/* The user of that name and password, or CP_NONE. Names in either case. */
static uint32_t find_user(const cp_exchange *x, const cp_soup_login *login)
{
    for (uint32_t i = 0; i < x->port_count; i++)
        if (strcasecmp(x->ports[i].user.name, login->username) == 0)
            return is_password(&x->ports[i].user, login->password) ? i : CP_NONE;
    return CP_NONE;
}

static void refuse(cp_exchange *x, uint32_t place, uint8_t reason, const char *why)
{
    cp_guest *guest = &x->guests[place];
    x->net.picture.refused_count++;
    cp_net_say(&x->net, CP_WARNING, "login for %s from %s refused: %s", what_for(guest),
               guest->peer, why);
    cp_stream_put(&guest->stream, CP_SOUP_REJECTED, &reason, 1);
    guest->leaving = true;
}

/* Where in its log the login asks to begin; 0 when that cannot be had. */
static uint64_t find_start(const cp_soup_login *login, const cp_log *log,
                           cp_log_cursor *cursor)
{
    uint64_t wanted = login->sequence == 0 ? log->next : login->sequence;
    return cp_log_find(log, wanted, cursor) == 0 ? wanted : 0;
}

static void admit(cp_exchange *x, uint32_t place, const cp_soup_login *login,
                  const cp_log *log)
{
    cp_guest *guest = &x->guests[place];
    uint64_t start = find_start(login, log, &guest->cursor);
    if (start == 0) {
        if (guest->is_snapshot)
            x->snapshot_readers--;
        guest->is_snapshot = false;
        guest->port = CP_NONE;
        refuse(x, place, CP_SOUP_NO_SESSION, "the number asked for is not to be had");
        return;
    }
    cp_soup_accepted accepted = { .sequence = start };
    memcpy(accepted.session, x->session, sizeof accepted.session);
    uint8_t *room = cp_stream_claim(&guest->stream, CP_SOUP_ACCEPTED_SIZE);
    CP_ASSERT(room != NULL); /* the first thing it is sent */
    int result = cp_soup_encode_accepted(&accepted, room);
    CP_ASSERT(result == 0);
    cp_stream_publish(&guest->stream, CP_SOUP_ACCEPTED_SIZE);
    guest->log = log;
    guest->logged_in = true;
    x->net.picture.login_count++;
    cp_net_say(&x->net, CP_INFO, "%s logged in for %s from %s, from message %llu on",
               guest->user, what_for(guest), guest->peer, (unsigned long long)start);
}

static void log_in_for_orders(cp_exchange *x, uint32_t place, uint32_t user,
                              const cp_soup_login *login)
{
    cp_port *port = &x->ports[user];
    cp_log_cursor ignored;
    /* Only a login that will succeed takes the place of the one before. */
    if (port->guest != CP_NONE && find_start(login, &port->log, &ignored) != 0)
        cut_off(x, port->guest, "the same user has logged in again");
    cp_guest *guest = &x->guests[place];
    guest->port = user;
    admit(x, place, login, &port->log);
    if (!guest->logged_in)
        return;
    port->guest = place;
    uint32_t polled = 0;
    for (uint32_t i = 0; i < x->active_count; i++)
        polled += x->guests[x->active[i]].stream.polled;
    if (x->net.polls && polled < POLLED_MAX && !guest->armed)
        cp_net_poll(&x->net, &guest->stream);
}

static void log_in_for_feed(cp_exchange *x, uint32_t place, const cp_soup_login *login)
{
    cp_guest *guest = &x->guests[place];
    if (strcmp(login->session, CP_SNAPSHOT_SESSION) != 0) {
        admit(x, place, login, &x->feed);
        return;
    }
    cp_feed_server_take_snapshot(x);
    guest->is_snapshot = true;
    x->snapshot_readers++;
    cp_soup_login from_first = *login;
    from_first.sequence = 1;
    admit(x, place, &from_first, &x->snapshot);
}

static void log_in(cp_exchange *x, uint32_t place, const cp_soup_packet *packet)
{
    cp_guest *guest = &x->guests[place];
    cp_soup_login login;
    if (cp_soup_decode_login(packet, &login) != 0) {
        cut_off(x, place, "a login that cannot be read");
        return;
    }
    uint32_t user = find_user(x, &login);
    if (user == CP_NONE) {
        refuse(x, place, CP_SOUP_NOT_AUTHORIZED, "unknown user or wrong password");
        return;
    }
    memcpy(guest->user, x->ports[user].user.name, sizeof guest->user);
    bool snapshot =
        guest->door == CP_DOOR_FEED && strcmp(login.session, CP_SNAPSHOT_SESSION) == 0;
    if (login.session[0] && !snapshot && strcmp(login.session, x->session) != 0) {
        refuse(x, place, CP_SOUP_NO_SESSION, "another session was asked for");
        return;
    }
    if (guest->door == CP_DOOR_ORDERS)
        log_in_for_orders(x, place, user, &login);
    else
        log_in_for_feed(x, place, &login);
}

/* ---- in ---------------------------------------------------------------------------------- */

/* One packet of a guest. False: it has to wait, nothing was taken. */
static bool take_packet(cp_exchange *x, uint32_t place, const cp_soup_packet *packet)
{
    cp_guest *guest = &x->guests[place];
    if (!cp_soup_may_send(CP_SOUP_CLIENT, packet->type)) {
        cut_off(x, place, "a packet no client sends");
        return true;
    }
    if (packet->type == CP_SOUP_DEBUG)
        return true;
    if (packet->type == CP_SOUP_LOGIN && !guest->logged_in) {
        log_in(x, place, packet);
        return true;
    }
    if (!guest->logged_in || packet->type == CP_SOUP_LOGIN) {
        cut_off(x, place, guest->logged_in ? "a second login" : "data before a login");
        return true;
    }
    cp_port *port = port_of(x, guest);
    switch (packet->type) {
    case CP_SOUP_UNSEQUENCED:
        if (!port) {
            cut_off(x, place, "orders on the feed");
            return true;
        }
        return cp_order_server_take(x, port, packet->payload, packet->payload_size);
    case CP_SOUP_LOGOUT:
        let_go(x, place, "logged out");
        return true;
    default:
        return true; /* a heartbeat: that it came is all it says */
    }
}

static void take_packets(cp_exchange *x, uint32_t place)
{
    cp_guest *guest = &x->guests[place];
    while (cp_stream_is_open(&guest->stream) && !guest->leaving) {
        cp_soup_packet packet;
        int result = cp_stream_next(&guest->stream, CP_CLIENT_PACKET_MAX, &packet);
        if (result == -EAGAIN)
            return;
        if (result != 0) {
            cut_off(x, place,
                    result == -EMSGSIZE ? "a packet longer than any client's"
                                        : "bytes that are not SoupBinTCP");
            return;
        }
        if (!take_packet(x, place, &packet)) {
            cp_stream_unread(&guest->stream, &packet);
            return;
        }
    }
}

static bool has_input(const cp_guest *guest)
{
    return guest->stream.in_from < guest->stream.in_to;
}

static void receive_from(cp_exchange *x, uint32_t place)
{
    cp_guest *guest = &x->guests[place];
    bool more = true;
    while (more && cp_stream_is_open(&guest->stream) && !guest->leaving) {
        int result = cp_stream_receive(&guest->stream, x->net.now_ns, &more);
        if (result != 0) {
            take_packets(x, place);
            if (cp_stream_is_open(&guest->stream))
                let_go(x, place,
                       result == -EPIPE ? "closed by the other side" : strerror(-result));
            return;
        }
        take_packets(x, place);
    }
}

/* ---- time -------------------------------------------------------------------------------- */

static void check_guest(cp_exchange *x, uint32_t place)
{
    cp_guest *guest = &x->guests[place];
    const cp_net_config *config = &x->engine->config.net;
    const cp_stream *stream = &guest->stream;
    uint64_t now_ns = x->net.now_ns;
    if (!guest->logged_in) {
        if (now_ns - guest->since_ns > config->login_ns)
            cut_off(x, place, "no login in time");
        return;
    }
    if (now_ns - stream->heard_ns > config->silence_ns) {
        cut_off(x, place, "nothing heard from it");
        return;
    }
    bool waits = stream->blocked && now_ns - stream->took_ns > config->silence_ns;
    if (waits) {
        cut_off(x, place, "it takes nothing of what it is sent");
        return;
    }
    if (now_ns - stream->said_ns > config->heartbeat_ns && !stream->blocked &&
        !cp_stream_has_output(stream) && cp_log_behind(guest->log, guest->cursor) == 0)
        cp_stream_put(&guest->stream, CP_SOUP_SERVER_HEARTBEAT, NULL, 0);
}

static void show(cp_exchange *x)
{
    cp_net_picture *picture = &x->net.picture;
    picture->connection_count = x->active_count;
    picture->session_count = 0;
    for (uint32_t i = 0; i < x->port_count; i++)
        picture->session_count += x->ports[i].guest != CP_NONE;
    picture->feed_count = x->feed.next - 1;
    cp_snapshot_write(&x->net.snapshot, picture);
}

static void on_timer(cp_exchange *x)
{
    for (uint32_t i = x->active_count; i-- > 0;)
        check_guest(x, x->active[i]);
    if (x->net.now_ns - x->net.shown_ns >= CP_SNAPSHOT_NS) {
        x->net.shown_ns = x->net.now_ns;
        show(x);
    }
}

/* ---- the round --------------------------------------------------------------------------- */

/* A few users are asked for orders directly, round after round: one call instead of two on
 * the way in. All the others are when there is something. */
static bool poll_users(cp_exchange *x)
{
    uint64_t before = x->net.picture.orders_in;
    for (uint32_t i = x->active_count; i-- > 0;) {
        const cp_guest *guest = &x->guests[x->active[i]];
        if (guest->stream.polled && !has_input(guest))
            receive_from(x, x->active[i]);
    }
    return x->net.picture.orders_in != before;
}

/* Everybody who has something to say. */
static bool look(cp_exchange *x)
{
    cp_net_ready ready[CP_NET_READY_MAX];
    uint32_t count = cp_net_look(&x->net, ready);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t tag = ready[i].tag;
        if (tag == MOLD_TAG) {
            cp_feed_server_mold_requests(x);
        } else if (tag >= LISTENER_TAG) {
            accept_all(x, tag == LISTENER_TAG ? CP_DOOR_ORDERS : CP_DOOR_FEED);
        } else if (cp_stream_is_open(&x->guests[tag].stream)) {
            x->guests[tag].stream.blocked &= !ready[i].writable;
            if (ready[i].readable)
                receive_from(x, tag);
        }
    }
    return count > 0;
}

bool cp_exchange_receive(cp_exchange *x, uint64_t now_ns)
{
    cp_net_begin(&x->net, now_ns);
    /* What had to wait for room comes before what is new. */
    cp_order_server_carry(x);
    for (uint32_t i = x->active_count; i-- > 0;)
        if (has_input(&x->guests[x->active[i]]))
            take_packets(x, x->active[i]);
    bool busy = poll_users(x);
    if (now_ns >= x->look_ns) {
        x->look_ns = now_ns + LOOK_NS;
        busy |= look(x);
    }
    cp_order_server_carry(x);
    if (cp_net_timer(&x->net))
        on_timer(x);
    return busy;
}

/* What of the log the guest has not had. -errno: the connection is broken. */
static int send_log(cp_exchange *x, cp_guest *guest)
{
    uint32_t budget = SEND_MAX;
    while (!guest->stream.blocked && budget > 0) {
        const uint8_t *bytes;
        uint32_t size = cp_log_read(guest->log, &guest->cursor, &bytes);
        if (size == 0)
            break;
        uint32_t sent;
        size = size < budget ? size : budget;
        int result = cp_stream_send(&guest->stream, bytes, size, &sent, x->net.now_ns);
        if (result != 0)
            return result;
        guest->cursor.offset += sent;
        budget -= sent;
    }
    return 0;
}

static void send_to(cp_exchange *x, uint32_t place)
{
    cp_guest *guest = &x->guests[place];
    if (guest->logged_in && !cp_log_holds(guest->log, guest->cursor)) {
        cut_off(x, place, "so slow that what it has not had is gone");
        return;
    }
    if (guest->stream.blocked)
        return;
    int result = cp_stream_flush(&guest->stream, x->net.now_ns);
    bool flushed = !cp_stream_has_output(&guest->stream);
    if (result == 0 && flushed && guest->logged_in)
        result = send_log(x, guest);
    if (result != 0) {
        let_go(x, place, strerror(-result));
        return;
    }
    if (guest->leaving && flushed) {
        cp_stream_close(&guest->stream);
        release(x, place);
        return;
    }
    if (guest->stream.blocked != guest->armed) {
        guest->armed = guest->stream.blocked;
        cp_net_arm(&x->net, &guest->stream, place, guest->armed);
    }
}

static void send_by(cp_exchange *x, cp_door door)
{
    for (uint32_t i = x->active_count; i-- > 0;) {
        const cp_guest *guest = &x->guests[x->active[i]];
        if (guest->door == door)
            send_to(x, x->active[i]);
    }
}

bool cp_exchange_send(cp_exchange *x, uint64_t now_ns)
{
    x->net.now_ns = now_ns;
    bool busy = cp_order_server_answer(x);
    cp_order_server_carry(x);
    send_by(x, CP_DOOR_ORDERS);
    if (cp_feed_server_publish(x)) {
        busy = true;
        /* A reader's place is looked at before the log goes round once more. */
        send_by(x, CP_DOOR_FEED);
    } else {
        send_by(x, CP_DOOR_FEED);
    }
    cp_feed_server_mold_publish(x, false);
    return busy;
}

bool cp_exchange_is_idle(void *exchange)
{
    cp_exchange *x = exchange;
    return cp_ring_ready(&x->engine->report_ring) == 0 &&
           cp_ring_ready(&x->engine->md_ring) == 0;
}

void cp_exchange_close(cp_exchange *x)
{
    cp_net_begin(&x->net, cp_clock_now_ns(x->net.clock));
    for (uint32_t way = 0; way < CP_LEG_COUNT; way++)
        x->engine->transits[way].model = NULL; /* what is under way arrives now */
    while (cp_order_server_answer(x) || cp_feed_server_publish(x))
        ;
    cp_order_server_say_event(x, 'E');
    for (const char *event = "MEC"; *event; event++)
        cp_feed_server_say_event(x, (uint8_t)*event);
    cp_feed_server_mold_publish(x, true);
    for (uint32_t i = x->active_count; i-- > 0;) {
        cp_guest *guest = &x->guests[x->active[i]];
        if (guest->logged_in && cp_log_holds(guest->log, guest->cursor)) {
            int result = cp_stream_flush(&guest->stream, x->net.now_ns);
            if (result == 0)
                result = send_log(x, guest);
            if (result == 0 && cp_log_behind(guest->log, guest->cursor) == 0) {
                cp_stream_put(&guest->stream, CP_SOUP_END, NULL, 0);
                cp_stream_flush(&guest->stream, x->net.now_ns);
            }
        }
        cp_stream_close(&guest->stream);
    }
    x->active_count = 0;
    show(x);
}

/* ---- create and destroy ------------------------------------------------------------------- */

/* Ten letters and digits that no other run has: the time in milliseconds and some chance. */
static void make_session(char session[CP_SOUP_SESSION_SIZE + 1])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t value = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (uint32_t i = 8; i-- > 0; value /= 36)
        session[i] = digits[value % 36];
    uint8_t chance[2] = { 0 };
    (void)!getrandom(chance, sizeof chance, 0);
    session[8] = digits[chance[0] % 36];
    session[9] = digits[chance[1] % 36];
    session[CP_SOUP_SESSION_SIZE] = '\0';
}

static int listen_at(cp_exchange *x, cp_door door, uint16_t port, char *error)
{
    cp_address address;
    const char *host = x->engine->config.net.host;
    int result = cp_address_find(&address, host, port);
    if (result == 0)
        result = x->listeners[door] = cp_socket_listen(&address);
    if (result >= 0)
        result = cp_net_watch(&x->net, x->listeners[door], LISTENER_TAG + (uint32_t)door,
                              false);
    if (result < 0)
        snprintf(error, CP_ERROR_SIZE, "cannot listen at %s, port %u: %s", host, port,
                 strerror(-result));
    return result < 0 ? result : 0;
}

static int create_guests(cp_exchange *x)
{
    x->guest_count = 2 * x->engine->config.net.connection_max;
    x->guests = calloc(x->guest_count, sizeof *x->guests);
    x->active = calloc(x->guest_count, sizeof *x->active);
    for (uint32_t i = 0; x->guests && i < x->guest_count; i++)
        x->guests[i].stream.fd = -1; /* 0 would be somebody else's, to be closed */
    if (!x->guests || !x->active)
        return -ENOMEM;
    int result = 0;
    for (uint32_t i = 0; i < x->guest_count && result == 0; i++)
        result = cp_stream_init(&x->guests[i].stream);
    return result;
}

static uint16_t port_bound(int fd)
{
    cp_address address;
    return cp_socket_local(fd, &address) == 0 ? cp_address_port(&address) : 0;
}

static int create_parts(cp_exchange *x, char *error)
{
    const cp_net_config *config = &x->engine->config.net;
    int result = cp_net_init(&x->net, &x->engine->clock);
    cp_net_begin(&x->net, cp_clock_now_ns(&x->engine->clock));
    if (result == 0)
        result = create_guests(x);
    if (result == 0)
        result = cp_order_server_init(x);
    if (result == 0)
        result = listen_at(x, CP_DOOR_ORDERS, config->orders_port, error);
    if (result == 0)
        result = listen_at(x, CP_DOOR_FEED, config->feed_port, error);
    if (result == 0) {
        x->net.picture.orders_port = port_bound(x->listeners[CP_DOOR_ORDERS]);
        x->net.picture.feed_port = port_bound(x->listeners[CP_DOOR_FEED]);
        result = cp_feed_server_init(x, error);
    }
    if (result == 0)
        result = cp_net_watch(&x->net, x->mold_fd, MOLD_TAG, false);
    return result;
}

int cp_exchange_create(cp_exchange **created, cp_engine *engine, char *error)
{
    /* Its rings are kept apart by lines: the memory has to begin on one. */
    size_t size = (sizeof(cp_exchange) + CP_LINE_PAIR - 1) / CP_LINE_PAIR * CP_LINE_PAIR;
    cp_exchange *x = aligned_alloc(CP_LINE_PAIR, size);
    if (!x)
        return -ENOMEM;
    memset(x, 0, size);
    x->engine = engine;
    x->listeners[0] = x->listeners[1] = x->mold_fd = -1;
    make_session(x->session);
    memcpy(x->net.picture.session, x->session, sizeof x->session);
    x->net.picture.role = CP_ROLE_EXCHANGE;
    int result = create_parts(x, error);
    if (result != 0) {
        cp_exchange_destroy(x);
        return result;
    }
    show(x);
    *created = x;
    return 0;
}

void cp_exchange_destroy(cp_exchange *x)
{
    if (!x)
        return;
    for (uint32_t i = 0; x->guests && i < x->guest_count; i++)
        cp_stream_free(&x->guests[i].stream);
    for (int door = 0; door < 2; door++)
        if (x->listeners[door] >= 0)
            close(x->listeners[door]);
    cp_feed_server_free(x);
    cp_order_server_free(x);
    cp_net_free(&x->net);
    free(x->active);
    free(x->guests);
    free(x);
}
