/* feed_client.c: ITCH 5.0 as the desk's market data (remote.h).
 *
 * A shadow of all live orders says what a reference means. It also makes a break harmless:
 * from the break on the desk's books are stale, for a number is missing in what it hears;
 * trades it goes on hearing. Once the stream has been heard as far as it had come, every
 * book is cleared and told anew, best prices first, and trusted again.
 *
 * The stream is found in three steps. Snapshot: what rests, and the number at which the
 * stream goes on. Stream: from the next number on. After a break, probe: how far it has
 * come meanwhile. What is no longer kept makes a snapshot of it again.
 */
#include "drive/remote.h"
#include "wire/itch_record.h"

#define ROOM_MIN 8
#define TRADING_STATE_AT 19 /* of Stock Trading Action */

/* ---- to the desk --------------------------------------------------------------------------- */

static bool has_room(cp_remote *r)
{
    uint64_t wanted = (uint64_t)r->md_claimed + ROOM_MIN;
    return cp_ring_room(&r->engine->md_ring, wanted) >= wanted;
}

bool cp_feed_client_has_room(cp_remote *r)
{
    return !r->imaging && !r->break_due && has_room(r);
}

static cp_md *emit(cp_remote *r, cp_md_kind kind, uint16_t symbol, uint64_t time_ns)
{
    cp_md *md = cp_ring_claim(&r->engine->md_ring, r->md_claimed++);
    *md = (cp_md){ .sequence = ++r->md_sequence,
                   .time_ns = time_ns,
                   .sent_ns = r->net.now_ns, /* T1: see live.c */
                   .symbol = symbol,
                   .kind = (uint8_t)kind };
    return md;
}

static void publish(cp_remote *r)
{
    if (r->md_claimed == 0)
        return;
    cp_ring_publish(&r->engine->md_ring, r->md_claimed);
    r->md_claimed = 0;
    if (!r->engine->net_inline && r->engine->desk_thread.waiting == CP_WAIT_PARK)
        cp_bell_ring(&r->engine->desk_thread.bell);
}

/* A number goes missing on purpose, before a print of nothing: every book is stale. */
static void emit_break(cp_remote *r)
{
    r->md_sequence++;
    emit(r, CP_MD_TRADE, 0, r->net.now_ns)->price = CP_PRICE_NONE;
    r->break_due = false;
}

void cp_feed_client_doubt(cp_remote *r)
{
    if (r->md_sequence > 0 && !r->break_due)
        r->break_due = true;
    r->recovered = r->imaging = false;
}

/* ---- all that rests ------------------------------------------------------------------------- */

/* By symbol; its bids, then its asks; the best price first; in a price, by age. */
static bool comes_before(const cp_book_order *a, const cp_book_order *b)
{
    if (a->symbol != b->symbol)
        return a->symbol < b->symbol;
    if (a->side != b->side)
        return a->side < b->side;
    if (a->price != b->price)
        return (a->price < b->price) == (a->side == CP_SELL);
    return a->serial < b->serial;
}

static void sift_down(cp_remote *r, uint32_t from, uint32_t count)
{
    const cp_book_order *orders = r->shadow.pool.orders;
    uint32_t *image = r->image;
    for (uint32_t child; (child = 2 * from + 1) < count; from = child) {
        if (child + 1 < count &&
            comes_before(&orders[image[child]], &orders[image[child + 1]]))
            child++;
        if (!comes_before(&orders[image[from]], &orders[image[child]]))
            return;
        uint32_t moved = image[from];
        image[from] = image[child];
        image[child] = moved;
    }
}

/* Heapsort: in place, and no worse on any order of its input. */
static void sort_image(cp_remote *r, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift_down(r, i, count);
    for (uint32_t left = count; left-- > 1;) {
        uint32_t last = r->image[left];
        r->image[left] = r->image[0];
        r->image[0] = last;
        sift_down(r, 0, left);
    }
}

void cp_feed_client_trust(cp_remote *r)
{
    uint32_t count = 0;
    for (uint32_t i = r->shadow.first; i != CP_NONE;
         i = cp_shadow_at(&r->shadow, i)->next) {
        r->shadow.pool.orders[i].serial = count;
        r->image[count++] = i;
    }
    sort_image(r, count);
    r->image_count = count;
    r->image_at = r->image_symbol = 0;
    r->recovered = r->imaging = true;
}

static void tell_phase(cp_remote *r, uint16_t symbol, uint64_t time_ns)
{
    cp_md *md = emit(r, CP_MD_PHASE, symbol, time_ns);
    md->price = CP_PRICE_NONE;
    md->qty = r->phase_told[symbol] = r->phase_of[symbol];
}

/* Clear the symbols up to and with this one that have not been. */
static bool clear_to(cp_remote *r, uint32_t symbol)
{
    while (r->image_symbol <= symbol) {
        if (!has_room(r))
            return false;
        uint16_t cleared = (uint16_t)r->image_symbol++;
        emit(r, CP_MD_CLEAR, cleared, r->net.now_ns);
        if (r->phase_told[cleared] != r->phase_of[cleared])
            tell_phase(r, cleared, r->net.now_ns);
    }
    return true;
}

static void emit_image(cp_remote *r)
{
    while (r->image_at < r->image_count) {
        uint32_t index = r->image[r->image_at];
        const cp_book_order *order = cp_shadow_at(&r->shadow, index);
        if (!clear_to(r, order->symbol) || !has_room(r))
            return;
        cp_md *md = emit(r, CP_MD_ADD, order->symbol, r->net.now_ns);
        md->order_ref = order->id;
        md->price = order->price;
        md->qty = md->leaves = order->qty;
        md->side = order->side;
        r->image_at++;
    }
    if (clear_to(r, r->engine->config.symbol_count - 1))
        r->imaging = false;
}

void cp_feed_client_carry(cp_remote *r)
{
    if (r->break_due && has_room(r))
        emit_break(r);
    if (r->imaging && !r->break_due)
        emit_image(r);
    publish(r);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void on_directory(cp_remote *r, const cp_itch_message *m)
{
    for (uint32_t i = 0; i < r->engine->config.symbol_count; i++) {
        if (memcmp(r->names[i], m->symbol, CP_ITCH_SYMBOL_SIZE) != 0)
            continue;
        r->symbol_of[m->locate] = (uint16_t)i;
        r->listed[i] = true;
        return;
    }
    r->symbol_of[m->locate] = CP_NOBODY;
}

/* Increments, or CP_PRICE_NONE: this exchange prices in other steps than we were told. */
static int64_t increments(cp_remote *r, uint16_t symbol, uint32_t price)
{
    uint32_t rest = price % r->steps[symbol];
    uint64_t count = price / r->steps[symbol];
    if (rest == 0 && count <= r->engine->config.instruments[symbol].price_max)
        return (int64_t)count;
    if (!r->unusable[symbol])
        cp_net_say(
            &r->net, CP_CRITICAL,
            "%s is not traded as configured here (price %u/10000): its book is left out",
            r->engine->config.instruments[symbol].name, price);
    r->unusable[symbol] = true;
    return CP_PRICE_NONE;
}

/* A message that does not fit what we have heard: the stream cannot have been whole. */
static void misfit(cp_remote *r)
{
    r->net.picture.gap_count++;
    cp_feed_client_restart(r, "a message does not fit the book");
}

static void on_add(cp_remote *r, const cp_itch_message *m, uint16_t symbol, bool live)
{
    int64_t price = increments(r, symbol, m->price);
    if (price == CP_PRICE_NONE)
        return;
    if (cp_shadow_add(&r->shadow, m->ref, symbol, m->side, (uint32_t)price,
                      (uint32_t)m->shares) != 0) {
        misfit(r);
        return;
    }
    if (!live)
        return;
    cp_md *md = emit(r, CP_MD_ADD, symbol, cp_net_core_ns(&r->net, m->time_ns));
    md->order_ref = m->ref;
    md->price = price;
    md->qty = md->leaves = (uint32_t)m->shares;
    md->side = m->side;
}

static void on_replace(cp_remote *r, const cp_itch_message *m, uint32_t index)
{
    cp_book_order old = *cp_shadow_at(&r->shadow, index);
    int64_t price = increments(r, old.symbol, m->price);
    cp_shadow_remove(&r->shadow, index);
    if (price == CP_PRICE_NONE ||
        cp_shadow_add(&r->shadow, m->new_ref, old.symbol, old.side, (uint32_t)price,
                      (uint32_t)m->shares) != 0) {
        misfit(r);
        return;
    }
    cp_md *md = emit(r, CP_MD_REPLACE, old.symbol, cp_net_core_ns(&r->net, m->time_ns));
    md->order_ref = m->ref;
    md->other_ref = m->new_ref;
    md->price = price;
    md->qty = md->leaves = (uint32_t)m->shares;
    md->side = old.side;
}

/* E, C, X, D: an order that rests loses some or all. */
static void on_loss(cp_remote *r, const cp_itch_message *m, uint32_t index)
{
    cp_book_order order = *cp_shadow_at(&r->shadow, index);
    uint64_t qty = m->type == 'D' ? order.qty : m->shares;
    if (qty == 0 || qty > order.qty) {
        misfit(r);
        return;
    }
    cp_md_kind kind = m->type == 'D'                                       ? CP_MD_DELETE
                      : m->type == 'E' || (m->type == 'C' && m->printable) ? CP_MD_EXECUTE
                      : qty == order.qty                                   ? CP_MD_DELETE
                                                                           : CP_MD_REDUCE;
    cp_md *md = emit(r, kind, order.symbol, cp_net_core_ns(&r->net, m->time_ns));
    md->order_ref = m->ref;
    md->other_ref = m->match;
    md->price = m->type == 'C' ? increments(r, order.symbol, m->price) : order.price;
    md->qty = (uint32_t)qty;
    md->leaves = order.qty - (uint32_t)qty;
    md->side = order.side;
    cp_shadow_reduce(&r->shadow, index, (uint32_t)qty);
}

static void on_print(cp_remote *r, const cp_itch_message *m, uint16_t symbol)
{
    if (m->shares == 0 || m->shares > UINT32_MAX)
        return;
    cp_md *md = emit(r, CP_MD_TRADE, symbol, cp_net_core_ns(&r->net, m->time_ns));
    md->other_ref = m->match;
    md->price = m->price / r->steps[symbol];
    md->price_rest = m->price % r->steps[symbol] * CP_ITCH_MONEY;
    md->qty = (uint32_t)m->shares;
    md->side = m->side;
}

static void on_message(cp_remote *r, const cp_itch_message *m)
{
    uint16_t symbol = r->symbol_of[m->locate];
    if (m->type == 'R') {
        on_directory(r, m);
        return;
    }
    if (!cp_itch_is_flow(m->type) || symbol == CP_NOBODY || r->unusable[symbol])
        return;
    if (m->type == 'A' || m->type == 'F') {
        on_add(r, m, symbol, r->phase >= CP_FEED_STREAM);
        return;
    }
    if (m->type == 'P' || m->type == 'Q') {
        on_print(r, m, symbol);
        return;
    }
    uint32_t index = cp_shadow_find(&r->shadow, m->ref);
    if (index == CP_NONE)
        misfit(r);
    else if (m->type == 'U')
        on_replace(r, m, index);
    else
        on_loss(r, m, index);
}

/* Of the phases ITCH tells trading from quoting and from neither. */
static void on_trading(cp_remote *r, const cp_itch_message *m, uint8_t code)
{
    uint16_t symbol = r->symbol_of[m->locate];
    if (symbol == CP_NOBODY)
        return;
    r->phase_of[symbol] = code == 'T'   ? CP_PHASE_CONTINUOUS
                          : code == 'Q' ? CP_PHASE_PRE_OPEN
                                        : CP_PHASE_HALT;
    if (r->phase < CP_FEED_STREAM)
        return;
    tell_phase(r, symbol, cp_net_core_ns(&r->net, m->time_ns));
}

/* The snapshot is whole: the stream goes on from there. */
static void end_snapshot(cp_remote *r, uint64_t sequence)
{
    r->feed.next = r->target = sequence;
    for (uint32_t i = 0; i < r->engine->config.symbol_count; i++)
        if (!r->listed[i])
            cp_net_say(&r->net, CP_WARNING, "%s is not traded at this exchange",
                       r->engine->config.instruments[i].name);
    r->phase = r->mold_fd >= 0 ? CP_FEED_MOLD : CP_FEED_STREAM;
    cp_link_again(r, &r->feed);
    if (r->phase == CP_FEED_MOLD)
        cp_mold_client_begin(r);
}

void cp_feed_client_take(cp_remote *r, const uint8_t *bytes, uint32_t size)
{
    uint64_t sequence;
    cp_itch_message message;
    if (r->phase == CP_FEED_SNAPSHOT &&
        cp_itch_snapshot_end_decode(bytes, size, &sequence) == 0) {
        end_snapshot(r, sequence);
        return;
    }
    int result = cp_itch_decode(bytes, size, &message);
    if (r->phase >= CP_FEED_STREAM) {
        r->feed.next++;
        r->net.picture.feed_count++;
    }
    if (result == 0 && message.type == 'H')
        on_trading(r, &message, bytes[TRADING_STATE_AT]);
    else if (result == 0)
        on_message(r, &message);
    else
        r->net.picture.ignored_count++;
    if (r->phase == CP_FEED_STREAM && !r->recovered && r->feed.next >= r->target)
        cp_feed_client_trust(r);
}

void cp_feed_client_practise(void)
{
    static const uint8_t add[36] = { [0] = 'A', [19] = 'B' };
    static const uint8_t executed[31] = { [0] = 'E' };
    static const uint8_t deleted[19] = { [0] = 'D' };
    cp_itch_message message;
    int result = cp_itch_decode(add, sizeof add, &message);
    result |= cp_itch_decode(executed, sizeof executed, &message);
    result |= cp_itch_decode(deleted, sizeof deleted, &message);
    CP_ASSERT(result == 0);
}

/* ---- sessions ----------------------------------------------------------------------------------- */

void cp_feed_client_restart(cp_remote *r, const char *why)
{
    cp_net_say(&r->net, CP_CRITICAL, "feed: %s: starting over with a snapshot", why);
    cp_feed_client_doubt(r);
    r->phase = CP_FEED_SNAPSHOT;
    if (r->feed.state != CP_LINK_DOWN)
        cp_link_again(r, &r->feed);
    r->feed.retry_at_ns = r->net.now_ns + r->engine->config.net.retry_ns;
}

void cp_feed_client_login(cp_remote *r, cp_soup_login *login)
{
    if (r->phase == CP_FEED_SNAPSHOT) {
        memcpy(login->session, "GLIMPSE", sizeof "GLIMPSE");
        login->sequence = 1;
        return;
    }
    memcpy(login->session, r->feed.session, sizeof login->session);
    login->sequence = r->phase == CP_FEED_PROBE ? 0 : r->feed.next;
}

static void begin_snapshot(cp_remote *r, const cp_soup_accepted *accepted)
{
    bool new_day =
        r->feed.session[0] != '\0' && strcmp(r->feed.session, accepted->session) != 0;
    if (new_day)
        cp_net_say(&r->net, CP_CRITICAL, "feed: a new session (%s, before %s)",
                   accepted->session, r->feed.session);
    memcpy(r->feed.session, accepted->session, sizeof r->feed.session);
    cp_shadow_clear(&r->shadow);
    memset(r->listed, 0, sizeof r->listed);
    memset(r->unusable, 0, sizeof r->unusable);
    for (uint32_t i = 0; i <= UINT16_MAX; i++)
        r->symbol_of[i] = CP_NOBODY;
}

void cp_feed_client_accepted(cp_remote *r, const cp_soup_accepted *accepted)
{
    if (r->phase == CP_FEED_SNAPSHOT) {
        begin_snapshot(r, accepted);
        return;
    }
    if (strcmp(r->feed.session, accepted->session) != 0) {
        cp_feed_client_restart(r, "another session than the one asked for");
        return;
    }
    if (r->phase == CP_FEED_PROBE) {
        r->target = accepted->sequence;
        r->phase = CP_FEED_STREAM;
        cp_link_again(r, &r->feed);
        return;
    }
    if (accepted->sequence != r->feed.next) {
        cp_feed_client_restart(r, "another number than the one asked for");
        return;
    }
    cp_link_set(r, &r->feed, CP_LINK_UP);
    cp_net_say(&r->net, CP_INFO, "feed: session %s, message %llu", r->feed.session,
               (unsigned long long)r->feed.next);
    if (r->feed.next >= r->target)
        cp_feed_client_trust(r);
}

void cp_feed_client_refused(cp_remote *r)
{
    if (r->phase != CP_FEED_SNAPSHOT)
        cp_net_say(&r->net, CP_WARNING,
                   "feed: session %s is not to be had from message %llu on",
                   r->feed.session, (unsigned long long)r->feed.next);
    r->phase = CP_FEED_SNAPSHOT;
}

void cp_feed_client_broken(cp_remote *r)
{
    if (r->phase == CP_FEED_MOLD)
        return;
    cp_feed_client_doubt(r);
    if (r->phase == CP_FEED_STREAM)
        r->phase = CP_FEED_PROBE;
}

/* ---- create and destroy --------------------------------------------------------------------------- */

int cp_feed_client_init(cp_remote *r)
{
    uint32_t capacity = r->engine->config.order_capacity;
    r->symbol_of = malloc((UINT16_MAX + 1) * sizeof *r->symbol_of);
    r->image = malloc(capacity * sizeof *r->image);
    if (!r->symbol_of || !r->image)
        return -ENOMEM;
    for (uint32_t i = 0; i <= UINT16_MAX; i++)
        r->symbol_of[i] = CP_NOBODY;
    return cp_shadow_init(&r->shadow, capacity);
}

void cp_feed_client_free(cp_remote *r)
{
    cp_shadow_free(&r->shadow);
    free(r->image);
    free(r->symbol_of);
}
