/* wire.c: what an exchange in another process takes and gives, and what the sockets of
 * this machine can do at best. */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "base/thread.h"
#include "drive/net.h"
#include "wire/itch.h"
#include "wire/ouch.h"

#define WARM_UP 2000u
#define OUTSTANDING_MAX 65536u /* orders without an answer; a power of two */
#define BATCH_MAX 64u          /* orders sent in one call */
#define PACKET_MAX 4096u
#define PATIENCE_NS 5000000000u
#define HEARTBEAT_NS 1000000000u

static void idle(uint32_t waiting)
{
    if (waiting != CP_WAIT_SPIN)
        sched_yield();
}

static void pin(int32_t cpu)
{
    if (cpu < 0)
        return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static int summarise(cp_histogram *histogram, cp_hop_picture *picture)
{
    uint64_t *counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *counts);
    if (!counts)
        return -ENOMEM;
    cp_histogram_read(histogram, counts);
    cp_histogram_summarise(counts, atomic_load(&histogram->max), picture);
    free(counts);
    return 0;
}

/* ---- the sockets alone ------------------------------------------------------------------- */

typedef struct echo {
    int fd;
    uint32_t size, waiting;
    int32_t cpu;
} echo;

/* All `size` bytes of one message, however they come. False: the other side has gone. */
static bool receive_whole(int fd, uint8_t *bytes, uint32_t size, uint32_t waiting)
{
    for (uint32_t have = 0; have < size;) {
        ssize_t got = recv(fd, bytes + have, size - have, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return false;
        if (got < 0)
            idle(waiting);
        else
            have += (uint32_t)got;
    }
    return true;
}

static void *echo_run(void *argument)
{
    echo *e = argument;
    uint8_t bytes[PACKET_MAX];
    pin(e->cpu);
    while (receive_whole(e->fd, bytes, e->size, e->waiting))
        if (send(e->fd, bytes, e->size, MSG_NOSIGNAL) != (ssize_t)e->size)
            break;
    return NULL;
}

static int connect_pair(int fds[2])
{
    cp_address at;
    int result = cp_address_find(&at, "127.0.0.1", 0);
    int listener = result == 0 ? cp_socket_listen(&at) : result;
    if (listener < 0)
        return listener;
    result = cp_socket_local(listener, &at);
    fds[0] = result == 0 ? cp_socket_connect(&at) : result;
    cp_address peer;
    do
        fds[1] = fds[0] < 0 ? fds[0] : cp_socket_accept(listener, &peer);
    while (fds[1] == -EAGAIN);
    close(listener);
    return fds[1] < 0 ? fds[1] : 0;
}

static int call(int fd, uint32_t size, uint32_t count, uint32_t waiting,
                cp_histogram *histogram)
{
    cp_clock clock;
    cp_clock_init(&clock);
    uint8_t bytes[PACKET_MAX] = { 0 };
    for (uint32_t i = 0; i < WARM_UP + count; i++) {
        uint64_t begin_ns = cp_clock_now_ns(&clock);
        if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size ||
            !receive_whole(fd, bytes, size, waiting))
            return -EIO;
        if (i >= WARM_UP)
            cp_histogram_record(histogram, cp_clock_now_ns(&clock) - begin_ns);
    }
    return 0;
}

int cp_bench_tcp_round_trip(uint32_t size, uint32_t count, uint32_t waiting,
                            int32_t cpu_a, int32_t cpu_b, cp_hop_picture *result)
{
    int fds[2];
    if (size == 0 || size > PACKET_MAX || count == 0)
        return -EINVAL;
    cp_histogram *histogram = calloc(1, sizeof *histogram);
    if (!histogram)
        return -ENOMEM;
    int code = connect_pair(fds);
    if (code != 0) {
        free(histogram);
        return code;
    }
    cpu_set_t before;
    sched_getaffinity(0, sizeof before, &before);
    echo e = { .fd = fds[1], .size = size, .waiting = waiting, .cpu = cpu_b };
    pthread_t thread;
    code = -pthread_create(&thread, NULL, echo_run, &e);
    if (code == 0) {
        pin(cpu_a);
        code = call(fds[0], size, count, waiting, histogram);
        sched_setaffinity(0, sizeof before, &before);
        close(fds[0]);
        pthread_join(thread, NULL);
        close(fds[1]);
    }
    if (code == 0)
        code = summarise(histogram, result);
    free(histogram);
    return code;
}

/* ---- a client ------------------------------------------------------------------------------ */

typedef struct client {
    cp_stream stream;
    cp_clock clock;
    uint64_t next;    /* number of the next message */
    uint64_t said_ns; /* when it said something last; of the feed's reader */
    uint32_t waiting;
} client;

static bool is_connected(const client *c)
{
    return cp_socket_outcome(c->stream.fd) == 0;
}

static int open_client(client *c, const char *host, uint16_t port)
{
    cp_address at;
    int result = cp_stream_init(&c->stream);
    cp_clock_init(&c->clock);
    if (result == 0)
        result = cp_address_find(&at, host, port);
    if (result != 0)
        return result;
    int fd = cp_socket_connect(&at);
    if (fd < 0)
        return fd;
    cp_stream_open(&c->stream, fd, 0);
    usleep(50000);
    return is_connected(c) ? 0 : -ECONNREFUSED;
}

/* The next packet, or an error when none comes. */
static int next_packet(client *c, cp_soup_packet *packet)
{
    uint64_t until_ns = cp_clock_now_ns(&c->clock) + PATIENCE_NS;
    for (;;) {
        int result = cp_stream_next(&c->stream, PACKET_MAX, packet);
        if (result != -EAGAIN)
            return result;
        bool more;
        result = cp_stream_receive(&c->stream, 0, &more);
        if (result != 0)
            return result;
        if (cp_clock_now_ns(&c->clock) > until_ns)
            return -ETIMEDOUT;
        idle(c->waiting);
    }
}

static int log_in(client *c, const cp_user *user, const char *session, uint64_t sequence)
{
    cp_soup_login login = { .sequence = sequence };
    memcpy(login.username, user->name, sizeof login.username - 1);
    memcpy(login.password, user->password, sizeof login.password - 1);
    snprintf(login.session, sizeof login.session, "%s", session);
    uint8_t *room = cp_stream_claim(&c->stream, CP_SOUP_LOGIN_SIZE);
    if (!room || cp_soup_encode_login(&login, room) != 0)
        return -EINVAL;
    cp_stream_publish(&c->stream, CP_SOUP_LOGIN_SIZE);
    int result = cp_stream_flush(&c->stream, 0);
    cp_soup_packet packet = { 0 };
    if (result == 0)
        result = next_packet(c, &packet);
    if (result != 0)
        return result;
    cp_soup_accepted accepted;
    if (packet.type != CP_SOUP_ACCEPTED ||
        cp_soup_decode_accepted(&packet, &accepted) != 0)
        return -EACCES;
    c->next = accepted.sequence;
    return 0;
}

/* ---- orders ---------------------------------------------------------------------------------- */

typedef struct order_run {
    client c;
    cp_bench_wire *found;
    cp_histogram *histogram;
    uint64_t sent_ns[OUTSTANDING_MAX];
    uint8_t order[CP_SOUP_HEADER_SIZE + CP_OUCH_SIZE_MAX];
    uint32_t order_size;
    uint32_t first_ref, sent_ref; /* references of the first and of the latest order */
    uint64_t answered_ref;
} order_run;

/* Immediate orders far from any price: accepted, and at once cancelled. */
static int make_order(order_run *run, const char *symbol, uint64_t price)
{
    cp_ouch_message m = { .type = 'O',
                          .side = 'B',
                          .quantity = 1,
                          .price = price,
                          .tif = '3',
                          .display = 'Y',
                          .capacity = 'P',
                          .iso = 'N',
                          .cross = 'N' };
    cp_store_text(m.symbol, sizeof m.symbol, symbol);
    cp_store_text(m.cl_ord_id, sizeof m.cl_ord_id, "BENCH");
    uint32_t size;
    int result = cp_ouch_encode(CP_OUCH_INBOUND, &m, run->order + CP_SOUP_HEADER_SIZE,
                                CP_OUCH_SIZE_MAX, &size);
    if (result != 0)
        return result;
    cp_soup_encode_header(run->order, CP_SOUP_UNSEQUENCED, size);
    run->order_size = CP_SOUP_HEADER_SIZE + size;
    return 0;
}

static void send_orders(order_run *run, uint64_t due)
{
    cp_stream *stream = &run->c.stream;
    uint64_t sent = run->sent_ref - run->first_ref;
    uint64_t outstanding = run->sent_ref - run->answered_ref;
    uint64_t count = due > sent ? due - sent : 0;
    count = count < BATCH_MAX ? count : BATCH_MAX;
    if (count > OUTSTANDING_MAX - outstanding)
        count = OUTSTANDING_MAX - outstanding;
    if (cp_stream_has_output(stream) || count == 0)
        return;
    uint64_t now_ns = cp_clock_now_ns(&run->c.clock);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *room = cp_stream_claim(stream, run->order_size);
        memcpy(room, run->order, run->order_size);
        cp_store_u32(room + CP_SOUP_HEADER_SIZE + 1, ++run->sent_ref);
        run->sent_ns[run->sent_ref & (OUTSTANDING_MAX - 1)] = now_ns;
        cp_stream_publish(stream, run->order_size);
    }
}

static int take_answers(order_run *run)
{
    cp_stream *stream = &run->c.stream;
    bool more;
    int result = cp_stream_receive(stream, 0, &more);
    uint64_t now_ns = cp_clock_now_ns(&run->c.clock);
    cp_soup_packet packet;
    while (result == 0 && cp_stream_next(stream, PACKET_MAX, &packet) == 0) {
        if (packet.type != CP_SOUP_SEQUENCED)
            continue;
        uint8_t type = packet.payload[0];
        if (type != 'A' && type != 'J')
            continue;
        uint32_t ref = cp_load_u32(packet.payload + 9);
        if (ref != run->answered_ref + 1)
            return -EPROTO; /* one was left out, or came twice */
        run->answered_ref = ref;
        run->found->rejected_count += type == 'J';
        cp_histogram_record(run->histogram,
                            now_ns - run->sent_ns[ref & (OUTSTANDING_MAX - 1)]);
    }
    return result;
}

static int send_at_rate(order_run *run, uint64_t rate, uint64_t duration_ns)
{
    const cp_clock *clock = &run->c.clock;
    uint64_t begin_ns = cp_clock_now_ns(clock), heard_ns = begin_ns;
    uint64_t answered = run->answered_ref;
    for (;;) {
        uint64_t now_ns = cp_clock_now_ns(clock), spent_ns = now_ns - begin_ns;
        uint64_t due = (uint64_t)((cp_u128)rate * spent_ns / 1000000000u);
        uint64_t all = (uint64_t)((cp_u128)rate * duration_ns / 1000000000u);
        send_orders(run, due < all ? due : all);
        bool over = run->sent_ref - run->first_ref == all;
        int result = cp_stream_flush(&run->c.stream, 0);
        if (result == 0)
            result = take_answers(run);
        if (result != 0)
            return result;
        if (run->answered_ref != answered) {
            answered = run->answered_ref;
            heard_ns = now_ns;
        } else {
            idle(run->c.waiting);
        }
        run->found->elapsed_ns = spent_ns;
        if (over && run->answered_ref == run->sent_ref)
            return 0;
        if (run->answered_ref != run->sent_ref && now_ns - heard_ns > PATIENCE_NS)
            return -ETIMEDOUT;
    }
}

/* Which reference may be used next. */
static int ask_reference(order_run *run)
{
    static const uint8_t query = 'Q';
    cp_stream_put(&run->c.stream, CP_SOUP_UNSEQUENCED, &query, 1);
    int result = cp_stream_flush(&run->c.stream, 0);
    for (;;) {
        cp_soup_packet packet;
        if (result == 0)
            result = next_packet(&run->c, &packet);
        if (result != 0)
            return result;
        if (packet.type == CP_SOUP_SEQUENCED && packet.payload[0] == 'Q')
            break;
    }
    return 0;
}

int cp_bench_wire_orders(const cp_net_config *net, const char *symbol, uint64_t price,
                         uint64_t rate, uint64_t duration_ns, uint32_t waiting,
                         cp_bench_wire *found)
{
    memset(found, 0, sizeof *found);
    order_run *run = calloc(1, sizeof *run);
    cp_histogram *histogram = calloc(1, sizeof *histogram);
    int result = run && histogram ? 0 : -ENOMEM;
    if (result == 0) {
        run->found = found;
        run->histogram = histogram;
        run->c.waiting = waiting;
        run->c.stream.fd = -1;
        result = make_order(run, symbol, price);
    }
    if (result == 0)
        result = open_client(&run->c, net->host, net->orders_port);
    if (result == 0)
        result = log_in(&run->c, &net->users[0], "", 1);
    if (result == 0)
        result = ask_reference(run);
    if (result == 0)
        result = send_at_rate(run, rate, duration_ns);
    if (result == 0) {
        found->count = run->sent_ref - run->first_ref;
        result = summarise(histogram, &found->latency);
    }
    if (run)
        cp_stream_free(&run->c.stream);
    free(histogram);
    free(run);
    return result;
}

/* ---- the feed -------------------------------------------------------------------------------- */

/* Who says nothing for long is taken for dead. */
static int say_heartbeat(client *c, uint64_t now_ns)
{
    if (now_ns - c->said_ns < HEARTBEAT_NS)
        return 0;
    c->said_ns = now_ns;
    int result = cp_stream_put(&c->stream, CP_SOUP_CLIENT_HEARTBEAT, NULL, 0);
    return result == 0 ? cp_stream_flush(&c->stream, now_ns) : result;
}

/* Every message has to be one ITCH 5.0 has, of its length: a lost byte would show. */
static int read_feed(client *c, uint64_t duration_ns, cp_bench_wire *found)
{
    uint64_t begin_ns = cp_clock_now_ns(&c->clock);
    for (;;) {
        uint64_t now_ns = cp_clock_now_ns(&c->clock);
        found->elapsed_ns = now_ns - begin_ns;
        if (found->elapsed_ns >= duration_ns)
            return 0;
        bool more;
        int result = say_heartbeat(c, now_ns);
        if (result == 0)
            result = cp_stream_receive(&c->stream, 0, &more);
        cp_soup_packet packet;
        uint64_t before = found->count;
        while (result == 0 && cp_stream_next(&c->stream, PACKET_MAX, &packet) == 0) {
            if (packet.type != CP_SOUP_SEQUENCED)
                continue;
            if (packet.payload_size != cp_itch_length(packet.payload[0]))
                return -EPROTO;
            found->count++;
            c->next++;
        }
        if (result != 0)
            return result;
        if (found->count == before)
            idle(c->waiting);
    }
}

int cp_bench_wire_feed(const cp_net_config *net, uint64_t duration_ns, uint32_t waiting,
                       cp_bench_wire *found)
{
    memset(found, 0, sizeof *found);
    client c = { .waiting = waiting };
    c.stream.fd = -1;
    int result = open_client(&c, net->host, net->feed_port);
    if (result == 0)
        result = log_in(&c, &net->users[0], "", 0);
    if (result == 0)
        result = read_feed(&c, duration_ns, found);
    found->sequence = c.next;
    cp_stream_free(&c.stream);
    return result;
}
