/* feed_server.c: market data as ITCH 5.0, to everybody alike (exchange.h).
 *
 * Each event becomes one message of the log, and the log is what connections are sent. A
 * late comer asks for a snapshot first: all that rests, as Glimpse tells it, and the number
 * from which the log goes on. MoldUDP64 packs the same messages with the same numbers.
 */
#include <unistd.h>

#include "drive/exchange.h"
#include "wire/itch_record.h"

#define MOLD_PACKETS_MAX 64 /* sent, or asked for and answered, in one round */
#define MOLD_ENDS 3         /* the end is said so often, for datagrams get lost */

/* ---- messages ------------------------------------------------------------------------------ */

static uint16_t locate_of(uint32_t symbol)
{
    return (uint16_t)(symbol + 1);
}

static uint64_t stamp(cp_exchange *x, uint64_t core_ns)
{
    uint64_t day_ns = cp_net_day_ns(&x->net, core_ns);
    if (day_ns > x->last_day_ns)
        x->last_day_ns = day_ns;
    return x->last_day_ns;
}

static void put_record(cp_exchange *x, cp_log *log, cp_itch_record *record)
{
    record->time_ns = x->last_day_ns;
    uint8_t *room = cp_log_claim(log, CP_ITCH_LENGTH_MAX);
    int result = cp_itch_record_encode(record, room);
    CP_ASSERT(result == 0);
    cp_log_publish(log, cp_itch_length(record->type));
}

void cp_feed_server_say_event(cp_exchange *x, uint8_t event)
{
    cp_itch_record record = { .type = 'S', .code = event };
    stamp(x, x->net.now_ns);
    put_record(x, &x->feed, &record);
}

/* What is traded: test securities, for all of it is simulated. */
static void put_directory(cp_exchange *x, cp_log *log, uint32_t symbol)
{
    cp_itch_record r = { .type = 'R',
                         .locate = locate_of(symbol),
                         .code = 'Q',
                         .flag = 'N',
                         .count = 1,
                         .odd_lots = 'N',
                         .class = 'C',
                         .subtype = "Z ",
                         .state = 'T',
                         .short_sale = 'N',
                         .offering = 'N',
                         .luld_tier = ' ',
                         .traded_product = 'N',
                         .inverse = 'N' };
    memcpy(r.symbol, x->names[symbol], sizeof r.symbol);
    put_record(x, log, &r);
}

static void put_trading(cp_exchange *x, cp_log *log, uint32_t symbol, uint8_t code)
{
    cp_itch_record r = { .type = 'H',
                         .locate = locate_of(symbol),
                         .code = code,
                         .flag = ' ',
                         .reason = "    " };
    memcpy(r.symbol, x->names[symbol], sizeof r.symbol);
    put_record(x, log, &r);
}

/* A phase of the venue in ITCH's words: trading, quoting only, halted. */
static void put_phase(cp_exchange *x, const cp_md *md)
{
    bool collects = md->qty == CP_PHASE_PRE_OPEN || md->qty == CP_PHASE_PRE_CLOSE;
    uint8_t code = md->qty == CP_PHASE_CONTINUOUS ? 'T' : collects ? 'Q' : 'H';
    x->trading[md->symbol] = code;
    put_trading(x, &x->feed, md->symbol, code);
}

static void open_day(cp_exchange *x)
{
    cp_feed_server_say_event(x, 'O');
    for (uint32_t i = 0; i < x->engine->config.symbol_count; i++)
        put_directory(x, &x->feed, i);
    for (uint32_t i = 0; i < x->engine->config.symbol_count; i++)
        put_trading(x, &x->feed, i, x->trading[i] = 'T');
    cp_feed_server_say_event(x, 'S');
    cp_feed_server_say_event(x, 'Q');
}

/* A price of the venue on the wire. */
static uint32_t price4(const cp_exchange *x, const cp_md *md)
{
    uint64_t price = (uint64_t)md->price * x->steps[md->symbol];
    return (uint32_t)(price + md->price_rest / CP_ITCH_MONEY);
}

/* At another price than the order's own: the price of a cross. */
static void put_executed_at(cp_exchange *x, const cp_md *md)
{
    cp_itch_record r = { .type = 'C',
                         .locate = locate_of(md->symbol),
                         .order_ref = md->order_ref,
                         .shares = md->qty,
                         .match = md->other_ref,
                         .price = price4(x, md),
                         .code = 'Y' };
    put_record(x, &x->feed, &r);
}

static void put_delete(cp_exchange *x, uint16_t symbol, uint64_t day_ns, uint64_t ref)
{
    cp_itch_put_delete(cp_log_claim(&x->feed, 19), locate_of(symbol), day_ns, ref);
    cp_log_publish(&x->feed, 19);
}

/* ITCH has no word for it: each order goes by itself. */
static void put_clear(cp_exchange *x, const cp_md *md, uint64_t day_ns)
{
    for (uint32_t i = x->shadow.first; i != CP_NONE;) {
        const cp_book_order *order = cp_shadow_at(&x->shadow, i);
        uint32_t next = order->next;
        if (order->symbol == md->symbol) {
            put_delete(x, md->symbol, day_ns, order->id);
            cp_shadow_remove(&x->shadow, i);
        }
        i = next;
    }
}

static void put_md(cp_exchange *x, const cp_md *md)
{
    uint16_t locate = locate_of(md->symbol);
    uint64_t day_ns = stamp(x, md->time_ns);
    cp_shadow *shadow = &x->shadow;
    uint32_t index =
        md->kind == CP_MD_ADD || md->kind == CP_MD_TRADE || md->kind == CP_MD_CLEAR
            ? CP_NONE
            : cp_shadow_find(shadow, md->order_ref);
    switch (md->kind) {
    case CP_MD_ADD:
        cp_itch_put_add(cp_log_claim(&x->feed, 36), locate, day_ns, md->order_ref,
                        md->side, md->qty, x->names[md->symbol], price4(x, md));
        cp_log_publish(&x->feed, 36);
        cp_shadow_add(shadow, md->order_ref, md->symbol, md->side, (uint32_t)md->price,
                      md->qty);
        return;
    case CP_MD_EXECUTE:
        if (index != CP_NONE && cp_shadow_at(shadow, index)->price != md->price) {
            put_executed_at(x, md);
        } else {
            cp_itch_put_executed(cp_log_claim(&x->feed, 31), locate, day_ns,
                                 md->order_ref, md->qty, md->other_ref);
            cp_log_publish(&x->feed, 31);
        }
        if (index != CP_NONE)
            cp_shadow_reduce(shadow, index, md->qty);
        return;
    case CP_MD_REDUCE:
        cp_itch_put_cancel(cp_log_claim(&x->feed, 23), locate, day_ns, md->order_ref,
                           md->qty);
        cp_log_publish(&x->feed, 23);
        if (index != CP_NONE)
            cp_shadow_reduce(shadow, index, md->qty);
        return;
    case CP_MD_DELETE:
        put_delete(x, md->symbol, day_ns, md->order_ref);
        if (index != CP_NONE)
            cp_shadow_remove(shadow, index);
        return;
    case CP_MD_REPLACE:
        cp_itch_put_replace(cp_log_claim(&x->feed, 35), locate, day_ns, md->order_ref,
                            md->other_ref, md->qty, price4(x, md));
        cp_log_publish(&x->feed, 35);
        if (index != CP_NONE)
            cp_shadow_remove(shadow, index);
        cp_shadow_add(shadow, md->other_ref, md->symbol, md->side, (uint32_t)md->price,
                      md->qty);
        return;
    case CP_MD_TRADE:
        cp_itch_put_trade(cp_log_claim(&x->feed, 44), locate, day_ns, md->side, md->qty,
                          x->names[md->symbol], price4(x, md), md->other_ref);
        cp_log_publish(&x->feed, 44);
        return;
    case CP_MD_CLEAR:
        put_clear(x, md, day_ns);
        return;
    case CP_MD_PHASE:
        put_phase(x, md);
        return;
    default:
        return;
    }
}

bool cp_feed_server_publish(cp_exchange *x)
{
    cp_ring *ring = &x->engine->md_ring;
    uint64_t ready = cp_ring_ready(ring);
    uint64_t most = ready < CP_ROUND_MAX ? ready : CP_ROUND_MAX, count = 0;
    cp_transit *transit = &x->engine->transits[CP_LEG_FEED];
    for (; count < most; count++) {
        const cp_md *md = cp_ring_peek(ring, count);
        if (cp_transit_holds(transit, md->sent_ns, x->net.now_ns))
            break;
        cp_transit_pass(transit);
        put_md(x, md);
    }
    if (count > 0)
        cp_ring_release(ring, count);
    return ready > 0;
}

/* ---- snapshots ----------------------------------------------------------------------------- */

void cp_feed_server_take_snapshot(cp_exchange *x)
{
    if (x->snapshot_readers > 0)
        return; /* as of a little earlier: the log goes on from its number all the same */
    cp_log_clear(&x->snapshot, 1);
    for (uint32_t i = 0; i < x->engine->config.symbol_count; i++)
        put_directory(x, &x->snapshot, i);
    for (uint32_t i = 0; i < x->engine->config.symbol_count; i++)
        if (x->trading[i] != 'T')
            put_trading(x, &x->snapshot, i, x->trading[i]);
    for (uint32_t i = x->shadow.first; i != CP_NONE;) {
        const cp_book_order *order = cp_shadow_at(&x->shadow, i);
        cp_itch_put_add(cp_log_claim(&x->snapshot, 36), locate_of(order->symbol),
                        x->last_day_ns, order->id, order->side, order->qty,
                        x->names[order->symbol], order->price * x->steps[order->symbol]);
        cp_log_publish(&x->snapshot, 36);
        i = order->next;
    }
    cp_itch_snapshot_end_encode(x->feed.next,
                                cp_log_claim(&x->snapshot, CP_ITCH_SNAPSHOT_END_SIZE));
    cp_log_publish(&x->snapshot, CP_ITCH_SNAPSHOT_END_SIZE);
}

/* ---- MoldUDP64 ----------------------------------------------------------------------------- */

/* Fill a datagram with messages from the cursor on; how many. */
static uint32_t pack(const cp_exchange *x, cp_log_cursor *cursor, uint64_t sequence,
                     uint32_t most, uint8_t *datagram, uint32_t *size)
{
    cp_mold_builder builder;
    cp_mold_begin(&builder, datagram, CP_MOLD_SIZE_ETHERNET, x->session, sequence);
    uint32_t count = 0;
    while (count < most) {
        const uint8_t *bytes;
        if (cp_log_read(&x->feed, cursor, &bytes) == 0)
            break;
        uint32_t length = cp_load_u16(bytes); /* of type and message */
        if (cp_mold_add(&builder, bytes + CP_SOUP_HEADER_SIZE, length - 1) != 0)
            break;
        cursor->offset += 2 + length;
        count++;
    }
    *size = builder.size;
    return count;
}

static bool mold_send(cp_exchange *x, const cp_address *to, const uint8_t *datagram,
                      uint32_t size)
{
    return sendto(x->mold_fd, datagram, size, MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&to->storage, to->size) == (ssize_t)size;
}

static void mold_header(cp_exchange *x, uint16_t count)
{
    cp_mold_header header = { .sequence = x->mold_sequence, .count = count };
    memcpy(header.session, x->session, sizeof header.session);
    uint8_t datagram[CP_MOLD_HEADER_SIZE];
    cp_mold_encode_header(&header, datagram);
    mold_send(x, &x->mold_to, datagram, sizeof datagram);
    x->mold_said_ns = x->net.now_ns;
}

void cp_feed_server_mold_publish(cp_exchange *x, bool is_end)
{
    if (!x->mold_publishes)
        return;
    uint8_t datagram[CP_MOLD_SIZE_ETHERNET];
    for (uint32_t i = 0; i < MOLD_PACKETS_MAX || is_end; i++) {
        if (!cp_log_holds(&x->feed,
                          x->mold_cursor)) { /* nobody has been listening to us */
            x->mold_cursor = cp_log_end(&x->feed);
            x->mold_sequence = x->feed.next;
        }
        cp_log_cursor cursor = x->mold_cursor;
        uint32_t size, count = pack(x, &cursor, x->mold_sequence, CP_MOLD_COUNT_MAX,
                                    datagram, &size);
        if (count == 0 || !mold_send(x, &x->mold_to, datagram, size))
            break;
        x->mold_cursor = cursor;
        x->mold_sequence += count;
        x->mold_said_ns = x->net.now_ns;
    }
    if (x->net.now_ns - x->mold_said_ns > x->engine->config.net.heartbeat_ns)
        mold_header(x, 0);
    for (uint32_t i = 0; is_end && i < MOLD_ENDS; i++)
        mold_header(x, CP_MOLD_END);
}

static void mold_answer(cp_exchange *x, const cp_mold_header *request,
                        const cp_address *to)
{
    cp_log_cursor cursor;
    /* What is not to be had is not answered: the asker falls back on a snapshot. */
    if (memcmp(request->session, x->session, CP_MOLD_SESSION_SIZE) != 0 ||
        cp_log_find(&x->feed, request->sequence, &cursor) != 0)
        return;
    uint8_t datagram[CP_MOLD_SIZE_ETHERNET];
    uint32_t size;
    if (pack(x, &cursor, request->sequence, request->count, datagram, &size) > 0)
        mold_send(x, to, datagram, size);
    x->net.picture.request_count++;
}

void cp_feed_server_mold_requests(cp_exchange *x)
{
    for (uint32_t i = 0; i < MOLD_PACKETS_MAX; i++) {
        uint8_t bytes[64];
        cp_address from = { .size = sizeof from.storage };
        ssize_t size = recvfrom(x->mold_fd, bytes, sizeof bytes, MSG_DONTWAIT,
                                (struct sockaddr *)&from.storage, &from.size);
        if (size < 0)
            return;
        cp_mold_header request;
        if (cp_mold_decode_request(bytes, (uint32_t)size, &request) == 0)
            mold_answer(x, &request, &from);
        else
            x->net.picture.ignored_count++;
    }
}

static int open_mold(cp_exchange *x, char *error)
{
    const cp_net_config *config = &x->engine->config.net;
    cp_address address;
    int result = cp_address_find(&address, config->host, x->net.picture.feed_port);
    if (result == 0)
        result = x->mold_fd = cp_socket_datagram(&address);
    if (result < 0) {
        snprintf(error, CP_ERROR_SIZE, "cannot take requests at %s, UDP port %u: %s",
                 config->host, x->net.picture.feed_port, strerror(-result));
        return result;
    }
    x->mold_publishes = config->mold_port != 0;
    if (!x->mold_publishes)
        return 0;
    result = cp_address_find(&x->mold_to, config->mold_host, config->mold_port);
    if (result != 0)
        snprintf(error, CP_ERROR_SIZE, "no such host: %s", config->mold_host);
    return result;
}

/* ---- create and destroy ----------------------------------------------------------------------- */

/* Can the instrument be written in 1/10000 of the currency, in the fields there are? */
static int check_instrument(cp_exchange *x, uint32_t i, char *error)
{
    const cp_instrument *instrument = &x->engine->config.instruments[i];
    const char *name = instrument->name;
    size_t length = strnlen(name, sizeof instrument->name);
    const char *why = NULL;
    if (length == 0 || length > CP_ITCH_SYMBOL_SIZE)
        why = "its name is longer than the 8 characters of ITCH and OUCH";
    else if (instrument->increment % CP_ITCH_MONEY != 0)
        why = "its tick is not a multiple of 0.0001, the smallest step of ITCH and OUCH";
    else if (instrument->increment / CP_ITCH_MONEY > UINT32_MAX ||
             (cp_i128)instrument->price_max * (instrument->increment / CP_ITCH_MONEY) >
                 (cp_i128)CP_OUCH_PRICE_MAX)
        why = "its highest price is above 199,999.99, the highest of ITCH and OUCH";
    if (why) {
        snprintf(error, CP_ERROR_SIZE, "%s cannot be traded on this exchange: %s", name,
                 why);
        return -EINVAL;
    }
    x->steps[i] = (uint32_t)(instrument->increment / CP_ITCH_MONEY);
    cp_store_text(x->names[i], CP_ITCH_SYMBOL_SIZE, name);
    return 0;
}

int cp_feed_server_init(cp_exchange *x, char *error)
{
    const cp_config *config = &x->engine->config;
    int result = 0;
    for (uint32_t i = 0; i < config->symbol_count && result == 0; i++)
        result = check_instrument(x, i, error);
    if (result == 0)
        result = cp_shadow_init(&x->shadow, config->order_capacity);
    if (result == 0)
        result = cp_log_init(&x->feed, config->net.feed_log_size);
    /* A segment may end up to a message short. */
    uint64_t snapshot_size =
        (uint64_t)config->order_capacity * 40 + 4 * CP_LOG_SEGMENT_SIZE;
    if (result == 0)
        result = cp_log_init(&x->snapshot, snapshot_size);
    if (result == 0)
        result = open_mold(x, error);
    if (result != 0)
        return result;
    open_day(x);
    x->mold_cursor = (cp_log_cursor){ x->feed.oldest, 0 };
    x->mold_sequence = 1;
    return 0;
}

void cp_feed_server_free(cp_exchange *x)
{
    if (x->mold_fd >= 0)
        close(x->mold_fd);
    cp_log_free(&x->snapshot);
    cp_log_free(&x->feed);
    cp_shadow_free(&x->shadow);
}
