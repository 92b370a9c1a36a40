/* order_client.c: the desk's orders over OUCH 5.0 (remote.h).
 *
 * The desk speaks of client ids and open quantities, OUCH of rising references and whole
 * sizes; what is under way is kept here to say one in terms of the other. OUCH answers no
 * cancel that came too late: once an order is over, what it still owed is answered here.
 *
 * After a break the exchange says again what we have not heard. Where that ends nobody
 * says, so we ask: how far our references have come, and on the answer with an order that
 * cannot be, of no quantity, under a name nobody has used before, and how far they have
 * come then. The first is rejected by that name; an answer to the second beyond that
 * order's reference comes after all that came before it. What has had no answer by then
 * never arrived, and the desk is told.
 *
 * OUCH has no question about an order. But an account query is answered after everything
 * before it, so that what the desk asks is answered from what the exchange has said once
 * it has answered a query sent after the question; and not at all before.
 *
 * Orders in the session that neither the desk nor its journal knows are strangers. They
 * have ids of their own, so that the desk can be told of them and take them off.
 */
#include "desk/positions.h"
#include "drive/remote.h"

#define BY_ID 0
#define BY_REF 1
#define ROOM_MIN 8  /* reports one message may make, with room to spare */
#define SEND_MAX 64 /* orders taken off the ring in one round */
#define LIST_MAX (CP_REPORT_RING_CAPACITY / 2) /* orders told of in one list */
#define STRANGER_ID (UINT64_C(1) << 52)

/* ---- orders under way ---------------------------------------------------------------------- */

static uint32_t name_give(cp_remote *r, uint16_t owner, uint64_t id, uint32_t place)
{
    uint32_t name = cp_pool_take(&r->names_pool);
    CP_ASSERT(name != CP_NONE); /* two a place */
    cp_book_order *entry = &r->names_pool.orders[name];
    entry->id = id;
    entry->owner = owner;
    entry->serial = place;
    cp_idmap_put(&r->names_map, name);
    return name;
}

static void name_take_back(cp_remote *r, uint32_t name)
{
    if (name == CP_NONE)
        return;
    cp_idmap_remove(&r->names_map, name);
    cp_pool_give(&r->names_pool, name);
}

static uint32_t find(const cp_remote *r, uint16_t owner, uint64_t id)
{
    uint32_t name = cp_idmap_get(&r->names_map, owner, id);
    return name == CP_NONE ? CP_NONE : r->names_pool.orders[name].serial;
}

static uint32_t open_order(cp_remote *r, const cp_sent *terms)
{
    bool named = terms->user_ref != 0;
    if (r->sent_free_count == 0 || (named && find(r, BY_REF, terms->user_ref) != CP_NONE))
        return CP_NONE;
    uint32_t place = r->sent_free[--r->sent_free_count];
    cp_sent *sent = &r->sent[place];
    *sent = *terms;
    sent->older = sent->newer = sent->next = CP_NONE;
    sent->by_ref = named ? name_give(r, BY_REF, sent->user_ref, place) : CP_NONE;
    sent->by_id = sent->client_id ? name_give(r, BY_ID, sent->client_id, place) : CP_NONE;
    sent->prev = r->last;
    if (r->last == CP_NONE)
        r->first = place;
    else
        r->sent[r->last].next = place;
    r->last = place;
    r->net.picture.foreign_count += sent->is_stranger;
    r->unanswered_count += sent->sent_ns != 0;
    return place;
}

static void close_order(cp_remote *r, uint32_t place)
{
    cp_sent *sent = &r->sent[place];
    r->net.picture.foreign_count -= sent->is_stranger;
    r->unanswered_count -= sent->sent_ns != 0;
    if (sent->older != CP_NONE)
        r->sent[sent->older].newer = CP_NONE;
    if (sent->newer != CP_NONE)
        r->sent[sent->newer].older = CP_NONE;
    if (sent->prev == CP_NONE)
        r->first = sent->next;
    else
        r->sent[sent->prev].next = sent->next;
    if (sent->next == CP_NONE)
        r->last = sent->prev;
    else
        r->sent[sent->next].prev = sent->prev;
    name_take_back(r, sent->by_ref);
    name_take_back(r, sent->by_id);
    r->sent_free[r->sent_free_count++] = place;
}

/* ---- reports to the desk -------------------------------------------------------------------- */

static bool has_report_room(cp_remote *r)
{
    uint64_t wanted = (uint64_t)r->reports_claimed + ROOM_MIN;
    return cp_ring_room(&r->engine->report_ring, wanted) >= wanted;
}

static bool has_stream_room(cp_remote *r)
{
    return cp_stream_claim(&r->orders.stream, CP_SOUP_HEADER_SIZE + CP_OUCH_SIZE_MAX) !=
           NULL;
}

bool cp_order_client_has_room(cp_remote *r)
{
    return !r->ending_all && !r->settling && has_report_room(r);
}

static cp_report *report(cp_remote *r, cp_report_kind kind, const cp_sent *sent)
{
    cp_report *line = cp_ring_claim(&r->engine->report_ring, r->reports_claimed++);
    *line = (cp_report){ .time_ns = r->net.now_ns,
                         .client_id = sent->client_id,
                         .price = sent->price,
                         .leaves = sent->leaves,
                         .symbol = sent->symbol,
                         .participant = CP_DESK_PARTICIPANT,
                         .kind = (uint8_t)kind,
                         .side = sent->side };
    return line;
}

static void publish(cp_remote *r)
{
    if (r->reports_claimed == 0)
        return;
    cp_ring_publish(&r->engine->report_ring, r->reports_claimed);
    r->reports_claimed = 0;
    if (!r->engine->net_inline && r->engine->desk_thread.waiting == CP_WAIT_PARK)
        cp_bell_ring(&r->engine->desk_thread.bell);
}

/* What a stranger has done before we came is told as a whole, when all of it is here. */
static bool is_told(const cp_remote *r, const cp_sent *sent)
{
    return !sent->is_stranger || r->was_ready;
}

static void refuse_cancel(cp_remote *r, cp_sent *sent, cp_reason reason)
{
    sent->cancel_sent = false;
    cp_report *line = report(r, CP_REPORT_CHANGE_REJECTED, sent);
    line->original_id = sent->client_id;
    line->client_id = 0;
    line->reason = (uint8_t)reason;
}

static void refuse_replace(cp_remote *r, uint32_t place, cp_reason reason)
{
    cp_sent *sent = &r->sent[place];
    cp_report *line = report(r, CP_REPORT_CHANGE_REJECTED, sent);
    line->original_id = sent->older == CP_NONE ? 0 : r->sent[sent->older].client_id;
    line->reason = (uint8_t)reason;
    close_order(r, place);
}

/* The order is over: what it still owes an answer to will get none from the exchange. */
static void finish(cp_remote *r, uint32_t place)
{
    cp_sent *sent = &r->sent[place];
    if (sent->cancel_sent && !sent->is_stranger)
        refuse_cancel(r, sent, CP_REASON_UNKNOWN_ORDER);
    if (sent->newer != CP_NONE)
        refuse_replace(r, sent->newer, CP_REASON_UNKNOWN_ORDER);
    close_order(r, place);
}

/* It never was at the exchange. */
static void never_arrived(cp_remote *r, uint32_t place)
{
    cp_sent *sent = &r->sent[place];
    r->net.picture.lost_count++;
    if (sent->older != CP_NONE) {
        refuse_replace(r, place, CP_REASON_NONE);
        return;
    }
    sent->leaves = 0;
    report(r, CP_REPORT_REJECTED, sent)->qty = sent->total;
    finish(r, place);
}

/* The day in which it was entered is over, and so is it. */
static void end_with_day(cp_remote *r, uint32_t place)
{
    cp_sent *sent = &r->sent[place];
    if (!is_told(r, sent)) {
        close_order(r, place);
    } else if (!sent->answered) {
        never_arrived(r, place);
    } else {
        uint32_t qty = sent->leaves;
        sent->leaves = 0;
        report(r, CP_REPORT_CANCELLED, sent)->qty = qty;
        finish(r, place);
    }
}

/* ---- answers of the exchange ------------------------------------------------------------------ */

static int64_t increments(const cp_remote *r, uint16_t symbol, uint64_t price)
{
    return price > CP_OUCH_PRICE_MAX ? CP_PRICE_NONE
                                     : (int64_t)(price / r->steps[symbol]);
}

static uint32_t find_symbol(const cp_remote *r, const char name[CP_ITCH_SYMBOL_SIZE])
{
    for (uint32_t i = 0; i < r->engine->config.symbol_count; i++)
        if (memcmp(r->names[i], name, CP_ITCH_SYMBOL_SIZE) == 0)
            return i;
    return CP_NONE;
}

/* The client id that we, or a desk before us, wrote there; 0 for anything else. */
static uint64_t read_id(const char text[CP_OUCH_CL_ORD_ID_SIZE])
{
    uint64_t id = 0;
    for (uint32_t i = 0; i < CP_OUCH_CL_ORD_ID_SIZE && text[i] != ' '; i++) {
        char c = text[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'A' && c <= 'Z' ? (uint32_t)(c - 'A') + 10
                                                : 36;
        if (digit == 36 || __builtin_mul_overflow(id, 36, &id) ||
            __builtin_add_overflow(id, digit, &id))
            return 0;
    }
    return id;
}

/* What the desk calls the order of a stranger: the same at every start, for the journal's
 * sake. No desk's own ids come so far. */
static uint64_t stranger_id(const cp_remote *r, uint32_t user_ref)
{
    uint64_t session = 0;
    for (uint32_t i = 0; i < CP_SOUP_SESSION_SIZE; i++)
        session = cp_mix(session, (uint8_t)r->orders.session[i]);
    return STRANGER_ID | (session & 0xFFFFF) << 32 | user_ref;
}

/* An order of the desk's journal turns up in what the exchange says again: it goes by that
 * reference from now on. One the desk has adopted may have traded before it was. */
static uint32_t bind_restored(cp_remote *r, const cp_ouch_message *m)
{
    uint32_t place = find(r, BY_ID, stranger_id(r, m->user_ref_num));
    bool adopted = place != CP_NONE;
    uint64_t id = read_id(m->cl_ord_id);
    if (!adopted && id != 0 && id < STRANGER_ID)
        place = find(r, BY_ID, id);
    if (place == CP_NONE || r->sent[place].user_ref != 0 ||
        r->sent[place].symbol != find_symbol(r, m->symbol) ||
        r->sent[place].side != (m->side == 'B' ? CP_BUY : CP_SELL))
        return CP_NONE;
    cp_sent *sent = &r->sent[place];
    if (adopted && m->quantity > sent->leaves)
        sent->heard = m->quantity - sent->leaves;
    sent->user_ref = m->user_ref_num;
    sent->by_ref = name_give(r, BY_REF, sent->user_ref, place);
    sent->total = m->quantity;
    sent->leaves = m->quantity;
    return place;
}

/* An order that a desk before us has entered. One there is no place for counts as working
 * for good: nothing is known of its end. */
static void follow(cp_remote *r, const cp_ouch_message *m)
{
    uint32_t symbol = find_symbol(r, m->symbol);
    cp_sent sent = { .client_id = stranger_id(r, m->user_ref_num),
                     .price = symbol == CP_NONE
                                  ? CP_PRICE_NONE
                                  : increments(r, (uint16_t)symbol, m->price),
                     .user_ref = m->user_ref_num,
                     .total = m->quantity,
                     .leaves = m->quantity,
                     .symbol = symbol == CP_NONE ? CP_NOBODY : (uint16_t)symbol,
                     .side = m->side == 'B' ? CP_BUY : CP_SELL,
                     .answered = true,
                     .is_stranger = true };
    if (find(r, BY_ID, sent.client_id) != CP_NONE || open_order(r, &sent) == CP_NONE) {
        r->net.picture.ignored_count++;
        r->net.picture.foreign_count++;
        r->unfollowed_count++;
    }
}

/* Whether the desk's journal has it among what the desk has counted. */
static bool was_counted(const cp_remote *r, uint64_t client_id, uint64_t match_ref)
{
    for (uint32_t i = 0; i < r->counted_count; i++)
        if (r->counted[i].match_ref == match_ref && r->counted[i].client_id == client_id)
            return true;
    return false;
}

static void record_answer(cp_remote *r, cp_sent *sent)
{
    if (sent->sent_ns != 0 && r->orders.state == CP_LINK_UP)
        cp_histogram_record(r->order_to_ack, r->net.now_ns - sent->sent_ns);
    r->unanswered_count -= sent->sent_ns != 0;
    sent->sent_ns = 0;
}

static void on_order_accepted(cp_remote *r, uint32_t place, const cp_ouch_message *m)
{
    cp_sent *sent = &r->sent[place];
    record_answer(r, sent);
    sent->answered = true;
    sent->leaves = m->quantity;
    cp_report *line = report(r, CP_REPORT_ACCEPTED, sent);
    line->order_ref = m->order_ref;
    line->qty = m->quantity;
    line->price = increments(r, sent->symbol, m->price);
}

static void on_executed(cp_remote *r, uint32_t place, const cp_ouch_message *m)
{
    cp_sent *sent = &r->sent[place];
    int64_t qty = sent->side == CP_BUY ? (int64_t)m->quantity : -(int64_t)m->quantity;
    bool heard = sent->heard >= m->quantity;
    bool traded = sent->symbol < CP_SYMBOL_MAX; /* a stranger's symbol may not be ours */
    if (traded)
        r->net.picture.positions[sent->symbol] += qty;
    sent->leaves -= m->quantity < sent->leaves ? m->quantity : sent->leaves;
    sent->executed += m->quantity;
    if (m->match_number > r->match_max)
        r->match_max = m->match_number;
    if (heard) {
        sent->heard -= m->quantity;
    } else if (!is_told(r, sent)) {
        if (traded && m->match_number > r->heard_match) {
            r->unheard_count[sent->symbol]++;
            r->unheard_qty[sent->symbol] += qty;
        }
    } else if (!was_counted(r, sent->client_id, m->match_number)) {
        r->executed_count++;
        cp_report *line = report(r, CP_REPORT_EXECUTED, sent);
        line->qty = m->quantity;
        line->price = traded ? increments(r, sent->symbol, m->price) : CP_PRICE_NONE;
        line->match_ref = m->match_number;
        line->liquidity = m->liquidity == 'A' ? CP_MAKER : CP_TAKER;
        if (traded) /* OUCH says nothing of fees */
            line->fee = cp_scheduled_fee(&r->engine->config.instruments[sent->symbol],
                                         line->liquidity == CP_MAKER, m->quantity);
    }
    if (sent->leaves == 0)
        finish(r, place);
}

static cp_reason reason_of(uint8_t letter)
{
    return letter == 'U'   ? CP_REASON_USER
           : letter == 'I' ? CP_REASON_IOC
           : letter == 'Z' ? CP_REASON_SWEEP
                           : CP_REASON_NONE;
}

static void on_cancelled(cp_remote *r, uint32_t place, uint32_t qty, uint8_t letter)
{
    cp_sent *sent = &r->sent[place];
    qty = qty < sent->leaves ? qty : sent->leaves;
    sent->leaves -= qty;
    sent->heard -= qty < sent->heard ? qty : sent->heard;
    if (is_told(r, sent)) {
        cp_report *line = report(r, CP_REPORT_CANCELLED, sent);
        line->qty = qty;
        line->reason = (uint8_t)reason_of(letter);
    }
    if (sent->leaves > 0)
        return;
    /* What the user asked for is the answer to it; any other end leaves it owing one. */
    if (letter == 'U')
        sent->cancel_sent = false;
    finish(r, place);
}

static void on_replaced(cp_remote *r, uint32_t place, const cp_ouch_message *m)
{
    cp_sent *sent = &r->sent[place];
    uint32_t old = sent->older;
    record_answer(r, sent);
    sent->answered = true;
    sent->leaves = m->quantity;
    sent->price = increments(r, sent->symbol, m->price);
    cp_report *line = report(r, CP_REPORT_REPLACED, sent);
    line->original_id = old == CP_NONE ? 0 : r->sent[old].client_id;
    line->order_ref = m->order_ref;
    line->qty = m->quantity;
    if (old == CP_NONE)
        return;
    sent->executed = r->sent[old].executed;
    if (r->sent[old].cancel_sent)
        refuse_cancel(r, &r->sent[old], CP_REASON_UNKNOWN_ORDER);
    close_order(r, old);
}

static void on_unknown_accepted(cp_remote *r, const cp_ouch_message *m)
{
    uint32_t place = bind_restored(r, m);
    if (place == CP_NONE)
        follow(r, m);
    else if (r->sent[place].answered) /* the desk has heard that already */
        return;
    else
        on_order_accepted(r, place, m);
}

/* A replacement by a desk before us. */
static void on_unknown_replaced(cp_remote *r, const cp_ouch_message *m)
{
    uint32_t old = find(r, BY_REF, m->orig_user_ref_num);
    uint32_t place = bind_restored(r, m);
    if (place != CP_NONE && !r->sent[place].answered) {
        on_replaced(r, place, m);
        return;
    }
    if (old != CP_NONE)
        close_order(r, old);
    if (place == CP_NONE)
        follow(r, m);
}

static cp_reason reject_reason(uint16_t reject)
{
    switch (reject) {
    case CP_OUCH_REJECT_SYMBOL:
        return CP_REASON_SYMBOL;
    case CP_OUCH_REJECT_PRICE:
        return CP_REASON_PRICE;
    case CP_OUCH_REJECT_QTY:
        return CP_REASON_QTY;
    case CP_OUCH_REJECT_PROCESSING:
        return CP_REASON_CAPACITY;
    default:
        return CP_REASON_MALFORMED;
    }
}

static void on_rejected(cp_remote *r, uint32_t place, const cp_ouch_message *m)
{
    cp_sent *sent = &r->sent[place];
    cp_reason reason = reject_reason(m->reject);
    record_answer(r, sent);
    if (sent->older != CP_NONE) {
        refuse_replace(r, place, reason);
        return;
    }
    sent->leaves = 0;
    cp_report *line = report(r, CP_REPORT_REJECTED, sent);
    line->qty = sent->total;
    line->reason = (uint8_t)reason;
    finish(r, place);
}

/* An order of the desk's journal of which this exchange has said nothing. */
static void tell_gone(cp_remote *r, uint32_t place)
{
    cp_sent *sent = &r->sent[place];
    sent->leaves = 0;
    cp_report *line = report(r, CP_REPORT_STATUS, sent);
    line->match_ref = r->executed_count;
    line->reason = CP_REASON_UNKNOWN_ORDER;
    close_order(r, place);
}

/* How an order stands, by what the exchange has said. */
static void tell_order(cp_remote *r, const cp_sent *sent)
{
    cp_report *line = report(r, CP_REPORT_STATUS, sent);
    line->qty = sent->leaves;
    line->match_ref = r->executed_count;
}

/* What was traded before we came and is in no journal of ours. One that keeps a journal is
 * to know its position: without the operator's word it does not trade there. */
static void tell_unheard(cp_remote *r, uint16_t symbol)
{
    int64_t qty = r->unheard_qty[symbol];
    const char *name = r->engine->config.instruments[symbol].name;
    bool known = r->engine->journal == NULL;
    cp_net_say(&r->net, known || qty == 0 ? CP_WARNING : CP_CRITICAL,
               "%.*s: earlier desks of this session have traded %+lld lots, in %u "
               "executions that are not in this desk's positions",
               CP_NAME_SIZE, name, (long long)qty, r->unheard_count[symbol]);
    r->unheard_count[symbol] = 0;
    r->unheard_qty[symbol] = 0;
    if (known)
        return;
    uint64_t lots = (uint64_t)(qty < 0 ? -qty : qty);
    cp_sent none = { .price = CP_PRICE_NONE,
                     .symbol = symbol,
                     .side = qty < 0 ? CP_SELL : CP_BUY };
    cp_report *line = report(r, CP_REPORT_STATUS, &none);
    line->leaves = lots < UINT32_MAX ? (uint32_t)lots : UINT32_MAX;
    line->match_ref = r->match_max;
}

/* Everything we had sent before has been answered: what was not never arrived. As far as
 * there is room for what the desk is to hear; the rest the next time. */
static void settle(cp_remote *r)
{
    for (uint32_t i = r->first; i != CP_NONE;) {
        if (!has_report_room(r))
            return;
        cp_sent *sent = &r->sent[i];
        uint32_t next = sent->next;
        if (sent->is_stranger) {
            if (!sent->is_shown)
                tell_order(r, sent);
            sent->is_shown = true;
        } else if (sent->user_ref == 0) {
            tell_gone(r, i);
        } else if (!sent->answered) {
            if (next != CP_NONE && next == sent->newer) /* it goes with this one */
                next = r->sent[next].next;
            never_arrived(r, i);
        } else if (sent->cancel_sent) {
            refuse_cancel(r, sent, CP_REASON_NONE); /* it got lost on the way */
        }
        i = next;
    }
    for (uint16_t symbol = 0; symbol < CP_SYMBOL_MAX; symbol++) {
        if (!has_report_room(r))
            return;
        if (r->unheard_count[symbol] > 0)
            tell_unheard(r, symbol);
    }
    r->settling = false;
}

/* The exchange and we agree on every order. */
static void get_ready(cp_remote *r)
{
    if (r->net.picture.lost_count > r->lost_before)
        cp_net_say(&r->net, CP_WARNING, "%llu orders never reached the exchange",
                   (unsigned long long)(r->net.picture.lost_count - r->lost_before));
    r->lost_before = r->net.picture.lost_count;
    if (r->net.picture.foreign_count > 0)
        cp_net_say(&r->net, CP_CRITICAL,
                   "%u orders of an earlier desk are working at the exchange",
                   r->net.picture.foreign_count);
    cp_net_say(&r->net, CP_INFO, "orders: ready, session %s, message %llu",
               r->orders.session, (unsigned long long)r->orders.next);
    r->was_ready = true;
    r->query_count = r->query_heard_count = 0; /* all of before have been answered */
    cp_link_set(r, &r->orders, CP_LINK_UP);
}

static bool put_query(cp_remote *r)
{
    static const uint8_t query = 'Q';
    return cp_stream_put(&r->orders.stream, CP_SOUP_UNSEQUENCED, &query, 1) == 0;
}

static void ask_how_far(cp_remote *r)
{
    r->asked = put_query(r);
}

static void put_message(cp_remote *r, const cp_ouch_message *message)
{
    uint32_t size;
    uint8_t *room =
        cp_stream_claim(&r->orders.stream, CP_SOUP_HEADER_SIZE + CP_OUCH_SIZE_MAX);
    CP_ASSERT(room != NULL); /* asked for before */
    int result = cp_ouch_encode(CP_OUCH_INBOUND, message, room + CP_SOUP_HEADER_SIZE,
                                CP_OUCH_SIZE_MAX, &size);
    CP_ASSERT(result == 0);
    cp_soup_encode_header(room, CP_SOUP_UNSEQUENCED, size);
    cp_stream_publish(&r->orders.stream, CP_SOUP_HEADER_SIZE + size);
}

/* An answer about references may be an old one, said again. What is asked under one that
 * is too low gets no answer; but then a later answer about references is still to come. */
static void ask_by_name(cp_remote *r)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (!has_stream_room(r)) {
        r->asked = false; /* from the beginning, then */
        return;
    }
    r->named = r->name_due = false;
    r->asked_ref = r->next_user_ref;
    for (uint32_t i = 0; i < sizeof r->asked_name; i++)
        r->asked_name[i] = digits[cp_random_below(&r->random, 36)];
    cp_ouch_message message = { .type = 'O',
                                .user_ref_num = r->next_user_ref++,
                                .side = 'B',
                                .tif = '3',
                                .display = 'Y',
                                .capacity = 'P',
                                .iso = 'N',
                                .cross = 'N' };
    memcpy(message.symbol, r->names[0], sizeof message.symbol);
    memcpy(message.cl_ord_id, r->asked_name, sizeof message.cl_ord_id);
    put_message(r, &message);
    ask_how_far(r);
}

/* References only rise, so that an answer beyond the one we have just used up can only be
 * to a query sent after it; or another has used it up before us, and we ask once more. */
static void on_how_far(cp_remote *r, uint32_t next_user_ref)
{
    if (r->orders.state == CP_LINK_UP) {
        r->query_heard_count += r->query_heard_count < r->query_count;
        return;
    }
    if (r->asked_name[0] && r->named && next_user_ref > r->asked_ref) {
        r->settling = true;
        return;
    }
    if (r->next_user_ref < next_user_ref)
        r->next_user_ref = next_user_ref;
    r->name_due |= !r->asked_name[0] || next_user_ref > r->asked_ref;
}

static void on_message(cp_remote *r, const cp_ouch_message *m)
{
    uint32_t place = find(r, BY_REF, m->user_ref_num);
    if (m->type == 'Q') {
        on_how_far(r, m->user_ref_num);
        return;
    }
    if (m->type == 'J' && r->orders.state == CP_LINK_RECOVERING && r->asked_name[0] &&
        memcmp(m->cl_ord_id, r->asked_name, sizeof r->asked_name) == 0) {
        r->named = true;
        return;
    }
    if (m->type == 'X') {
        cp_sent everything = { .symbol = CP_NOBODY };
        report(r, CP_REPORT_ALL_CANCELLED, &everything);
        return;
    }
    if (place == CP_NONE) {
        if (m->type == 'A')
            on_unknown_accepted(r, m);
        else if (m->type == 'U')
            on_unknown_replaced(r, m);
        else if (m->type != 'S' && m->type != 'J')
            r->net.picture.ignored_count++;
        return;
    }
    switch (m->type) {
    case 'A':
        on_order_accepted(r, place, m);
        return;
    case 'E':
        on_executed(r, place, m);
        return;
    case 'C':
    case 'D':
        on_cancelled(r, place, m->quantity, m->reason);
        return;
    case 'U':
        on_replaced(r, place, m);
        return;
    case 'J':
        on_rejected(r, place, m);
        return;
    default:
        return;
    }
}

void cp_order_client_take(cp_remote *r, const uint8_t *bytes, uint32_t size)
{
    cp_ouch_message message;
    r->net.picture.reports_out++;
    if (cp_ouch_decode(CP_OUCH_OUTBOUND, bytes, size, &message) == 0)
        on_message(r, &message);
    else
        r->net.picture.ignored_count++;
}

/* ---- questions of the desk ---------------------------------------------------------------------- */

static void put_due_query(cp_remote *r)
{
    if (r->orders.state != CP_LINK_UP || !has_stream_room(r) || !put_query(r))
        return;
    r->query_count++;
    r->query_due = false;
}

/* It is answered behind a query of its own, or with others asked at once. Of too many the
 * desk asks the rest again by itself. */
static void take_question(cp_remote *r, uint64_t original_id)
{
    if (r->question_count == CP_QUESTIONS_MAX)
        return;
    uint32_t at = (r->question_first + r->question_count++) % CP_QUESTIONS_MAX;
    r->questions[at] = (cp_question){ original_id, r->query_count + 1 };
    r->query_due = true;
}

static bool works(const cp_sent *sent)
{
    return sent->answered && sent->leaves > 0;
}

/* More than there is room for at once are not told, and counted. */
static bool tell_all(cp_remote *r)
{
    uint32_t live = 0, told = 0;
    for (uint32_t i = r->first; i != CP_NONE; i = r->sent[i].next)
        live += works(&r->sent[i]);
    uint32_t most = live < LIST_MAX ? live : LIST_MAX;
    uint64_t wanted = (uint64_t)r->reports_claimed + most + ROOM_MIN;
    if (cp_ring_room(&r->engine->report_ring, wanted) < wanted)
        return false;
    for (uint32_t i = r->first; i != CP_NONE && told < most; i = r->sent[i].next) {
        if (!works(&r->sent[i]))
            continue;
        tell_order(r, &r->sent[i]);
        told++;
    }
    cp_sent end = { .symbol = CP_NOBODY,
                    .price = CP_PRICE_NONE,
                    .leaves = live - told + r->unfollowed_count };
    cp_report *line = report(r, CP_REPORT_STATUS, &end);
    line->qty = told;
    line->match_ref = r->executed_count;
    return true;
}

static bool tell_one(cp_remote *r, uint64_t client_id)
{
    if (!has_report_room(r))
        return false;
    uint32_t place = find(r, BY_ID, client_id);
    if (place != CP_NONE && r->sent[place].answered) {
        tell_order(r, &r->sent[place]);
    } else if (place != CP_NONE) {
        /* Of a replace that was refused the exchange says nothing but that the old order
         * is off, which is still to come. */
        if (r->sent[place].older == CP_NONE)
            never_arrived(r, place);
    } else {
        cp_sent none = { .client_id = client_id,
                         .price = CP_PRICE_NONE,
                         .symbol = CP_NOBODY };
        cp_report *line = report(r, CP_REPORT_STATUS, &none);
        line->match_ref = r->executed_count;
        line->reason = CP_REASON_UNKNOWN_ORDER;
    }
    return true;
}

/* The oldest question; false: its answer is not here yet, or there is no room for it. */
static bool answer_first(cp_remote *r)
{
    const cp_question *question = &r->questions[r->question_first];
    if (question->query > r->query_heard_count)
        return false;
    bool told =
        question->original_id == 0 ? tell_all(r) : tell_one(r, question->original_id);
    if (!told)
        return false;
    r->question_first = (r->question_first + 1) % CP_QUESTIONS_MAX;
    r->question_count--;
    return true;
}

/* ---- sessions --------------------------------------------------------------------------------- */

void cp_order_client_login(cp_remote *r, cp_soup_login *login)
{
    memcpy(login->session, r->orders.session, sizeof login->session);
    login->sequence = r->orders.next;
}

static void begin_day(cp_remote *r, const char *session)
{
    cp_link *link = &r->orders;
    bool was_in = link->session[0] != '\0';
    if (was_in)
        cp_net_say(
            &r->net, CP_CRITICAL,
            "the exchange has begun a new session (%s, before %s): its orders are gone",
            session, link->session);
    memcpy(link->session, session, sizeof link->session);
    memset(r->net.picture.positions, 0, sizeof r->net.picture.positions);
    r->net.picture.foreign_count -= r->unfollowed_count;
    r->unfollowed_count = 0;
    r->next_user_ref = 1;
    /* At the first login there are only those of the journal, of whichever session. */
    r->ending_all = was_in && r->first != CP_NONE;
}

void cp_order_client_accepted(cp_remote *r, const cp_soup_accepted *accepted)
{
    cp_link *link = &r->orders;
    if (strcmp(link->session, accepted->session) != 0)
        begin_day(r, accepted->session);
    else if (accepted->sequence != link->next)
        cp_net_say(&r->net, CP_CRITICAL, "reports %llu to %llu are lost",
                   (unsigned long long)link->next,
                   (unsigned long long)accepted->sequence - 1);
    link->next = accepted->sequence;
    ask_how_far(r);
}

/* That session is not to be had from there: take the one there is, from its beginning, or
 * if that is gone, from now on. */
void cp_order_client_refused(cp_remote *r)
{
    cp_link *link = &r->orders;
    if (link->session[0] == '\0') {
        cp_net_say(
            &r->net, CP_CRITICAL,
            "the exchange does not keep what it said from %llu on: reports are lost",
            (unsigned long long)link->next);
        link->next = 0;
        return;
    }
    cp_net_say(&r->net, CP_CRITICAL, "session %s is no more: its orders are gone",
               link->session);
    link->session[0] = '\0';
    link->next = 1;
    r->ending_all = r->first != CP_NONE;
}

void cp_order_client_broken(cp_remote *r)
{
    r->asked = r->settling = r->named = r->name_due = r->query_due = false;
    r->question_count = 0;   /* who asked asks again */
    r->asked_name[0] = '\0'; /* what was asked before may be answered again */
}

void cp_order_client_carry(cp_remote *r)
{
    while (r->ending_all && r->first != CP_NONE && has_report_room(r))
        end_with_day(r, r->first);
    if (r->first == CP_NONE)
        r->ending_all = false;
    if (r->settling) {
        settle(r);
        if (!r->settling)
            get_ready(r);
    }
    if (!r->asked && r->orders.state == CP_LINK_RECOVERING)
        ask_how_far(r);
    if (r->name_due && !r->orders.waiting) /* of many old answers the last will do */
        ask_by_name(r);
    if (r->query_due)
        put_due_query(r);
    while (r->question_count > 0 && answer_first(r))
        ;
    publish(r);
}

/* ---- orders of the desk ------------------------------------------------------------------------- */

/* The client id in letters and digits, so that whoever reads the wire can tell. */
static void write_id(char text[CP_OUCH_CL_ORD_ID_SIZE], uint64_t id)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char reversed[CP_OUCH_CL_ORD_ID_SIZE];
    uint32_t count = 0;
    do {
        reversed[count++] = digits[id % 36];
        id /= 36;
    } while (id > 0);
    memset(text, ' ', CP_OUCH_CL_ORD_ID_SIZE);
    for (uint32_t i = 0; i < count; i++)
        text[i] = reversed[count - 1 - i];
}

static uint64_t wire_price(const cp_remote *r, const cp_order *order)
{
    return order->type == CP_MARKET ? CP_OUCH_PRICE_MARKET
                                    : (uint64_t)order->price * r->steps[order->symbol];
}

static cp_sent sent_of(cp_remote *r, const cp_order *order)
{
    return (cp_sent){ .client_id = order->client_id,
                      .sent_ns = r->net.now_ns,
                      .price = order->type == CP_MARKET ? CP_PRICE_NONE : order->price,
                      .user_ref = r->next_user_ref,
                      .total = order->qty,
                      .leaves = order->qty,
                      .symbol = order->symbol,
                      .side = order->side };
}

/* The desk is told no at once. */
static void refuse(cp_remote *r, const cp_order *order, cp_reason reason)
{
    bool one = order->kind == CP_ORDER_NEW || order->kind == CP_ORDER_CANCEL ||
               order->kind == CP_ORDER_REDUCE || order->kind == CP_ORDER_REPLACE;
    if (!one)
        return; /* about all of them: it asks again by itself */
    bool is_new = order->kind == CP_ORDER_NEW;
    cp_sent sent = sent_of(r, order);
    sent.leaves = 0;
    cp_report *line =
        report(r, is_new ? CP_REPORT_REJECTED : CP_REPORT_CHANGE_REJECTED, &sent);
    line->original_id = order->original_id;
    line->qty = order->qty;
    line->reason = (uint8_t)reason;
}

/* What goes beyond a plain order, as options. */
static void write_options(const cp_order *order, cp_ouch_message *m)
{
    uint32_t min_qty = order->time_in_force == CP_FOK ? order->qty : order->min_qty;
    if (min_qty > 0 && order->kind == CP_ORDER_NEW)
        cp_ouch_set_option(m, CP_OUCH_MIN_QTY, min_qty);
    if (order->display_qty > 0)
        cp_ouch_set_option(m, CP_OUCH_MAX_FLOOR, order->display_qty);
    if (order->flags & CP_POST_ONLY)
        cp_ouch_set_option(m, CP_OUCH_POST_ONLY, 'P');
}

/* Orders OUCH has a word for; this exchange's stops and sliding orders it has not. */
static bool can_be_said(const cp_order *order)
{
    return order->type <= CP_MARKET && order->time_in_force != CP_GTC &&
           !(order->flags & CP_POST_SLIDE) && order->smp == CP_SMP_NONE;
}

static cp_ouch_message enter_order(const cp_remote *r, const cp_order *order)
{
    cp_ouch_message m = { .type = 'O',
                          .user_ref_num = r->next_user_ref,
                          .side = order->side == CP_BUY ? 'B' : 'S',
                          .quantity = order->qty,
                          .price = wire_price(r, order),
                          .tif = order->time_in_force == CP_DAY ? '0' : '3',
                          .display = 'Y',
                          .capacity = 'P',
                          .iso = 'N',
                          .cross = 'N' };
    write_options(order, &m);
    memcpy(m.symbol, r->names[order->symbol], sizeof m.symbol);
    write_id(m.cl_ord_id, order->client_id);
    return m;
}

static bool write_new(cp_remote *r, const cp_order *order, cp_ouch_message *m)
{
    cp_sent sent = sent_of(r, order);
    if (!can_be_said(order)) {
        refuse(r, order, CP_REASON_MALFORMED);
        return false;
    }
    if (open_order(r, &sent) == CP_NONE) {
        refuse(r, order, CP_REASON_CAPACITY);
        return false;
    }
    *m = enter_order(r, order);
    r->next_user_ref++;
    return true;
}

static bool write_replace(cp_remote *r, const cp_order *order, uint32_t old,
                          cp_ouch_message *m)
{
    cp_sent sent = sent_of(r, order);
    sent.symbol = r->sent[old].symbol;
    sent.side = r->sent[old].side;
    sent.executed = r->sent[old].executed;
    sent.total = r->sent[old].executed + order->qty;
    uint32_t place = r->sent[old].newer == CP_NONE ? open_order(r, &sent) : CP_NONE;
    if (place == CP_NONE) {
        refuse(r, order, CP_REASON_CAPACITY);
        return false;
    }
    r->sent[place].older = old;
    r->sent[old].newer = place;
    *m = (cp_ouch_message){ .type = 'U',
                            .orig_user_ref_num = r->sent[old].user_ref,
                            .user_ref_num = r->next_user_ref++,
                            .quantity = sent.total,
                            .price = wire_price(r, order),
                            .tif = '0',
                            .display = 'Y',
                            .iso = 'N' };
    write_options(order, m);
    write_id(m->cl_ord_id, order->client_id);
    return true;
}

/* The message for an order of the desk; false: there is none, and the desk knows. */
static bool write_order(cp_remote *r, const cp_order *order, cp_ouch_message *m)
{
    uint32_t old =
        order->kind == CP_ORDER_NEW ? CP_NONE : find(r, BY_ID, order->original_id);
    if (order->kind == CP_ORDER_NEW)
        return write_new(r, order, m);
    if (order->kind == CP_ORDER_QUERY) {
        take_question(r, order->original_id);
        return false;
    }
    if (order->kind == CP_ORDER_CANCEL_ALL) {
        *m = (cp_ouch_message){ .type = 'C', .user_ref_num = r->next_user_ref++ };
        memset(m->firm, ' ', sizeof m->firm);
        memset(m->symbol, ' ', sizeof m->symbol);
        return true;
    }
    if (old == CP_NONE) {
        refuse(r, order, CP_REASON_UNKNOWN_ORDER);
        return false;
    }
    cp_sent *sent = &r->sent[old];
    if (order->kind == CP_ORDER_REPLACE)
        return write_replace(r, order, old, m);
    *m = (cp_ouch_message){ .type = 'X', .user_ref_num = sent->user_ref };
    if (order->kind == CP_ORDER_REDUCE && order->qty < sent->total - sent->executed) {
        sent->total -= order->qty;
        m->quantity = sent->total;
    } else {
        sent->cancel_sent = true;
    }
    return true;
}

static bool put_order(cp_remote *r, const cp_order *order)
{
    cp_ouch_message message;
    if (!write_order(r, order, &message))
        return false;
    put_message(r, &message);
    r->net.picture.orders_in++;
    return true;
}

/* All are written and leave with the next call: T4. Data out of the socket to order into
 * it, for each of `count` that data made us send. */
static void record_sent(cp_remote *r, uint32_t count)
{
    uint64_t now_ns = cp_clock_now_ns(r->net.clock);
    for (uint32_t i = r->last; i != CP_NONE && r->sent[i].sent_ns == r->net.now_ns;
         i = r->sent[i].prev)
        r->sent[i].sent_ns = now_ns;
    r->sent_ns = now_ns;
    for (uint32_t i = 0; i < count; i++)
        cp_histogram_record(r->tick_to_order,
                            now_ns > r->causes[i] ? now_ns - r->causes[i] : 0);
}

bool cp_order_client_send(cp_remote *r)
{
    cp_ring *ring = &r->engine->order_ring;
    uint64_t ready = cp_ring_ready(ring);
    if (ready == 0)
        return false;
    uint32_t count = 0, caused = 0;
    r->net.now_ns = cp_clock_now_ns(r->net.clock);
    while (count < ready && count < SEND_MAX && cp_order_client_has_room(r)) {
        const cp_order *order = cp_ring_peek(ring, count);
        bool up = r->orders.state == CP_LINK_UP;
        if (up && !has_stream_room(r))
            break;
        if (!up)
            refuse(r, order, CP_REASON_NONE);
        else if (put_order(r, order) && order->cause_ns != 0)
            r->causes[caused++] = order->cause_ns;
        count++;
    }
    if (count > 0)
        cp_ring_release(ring, count);
    if (r->query_due)
        put_due_query(r);
    publish(r);
    record_sent(r, caused);
    return count > 0;
}

void cp_order_client_practise(cp_remote *r)
{
    const cp_order order = { .client_id = UINT64_MAX, .price = 1, .qty = 1 };
    uint8_t room[CP_SOUP_HEADER_SIZE + CP_OUCH_SIZE_MAX];
    uint32_t size;
    cp_ouch_message message = enter_order(r, &order);
    int result = cp_ouch_encode(CP_OUCH_INBOUND, &message, room + CP_SOUP_HEADER_SIZE,
                                CP_OUCH_SIZE_MAX, &size);
    CP_ASSERT(result == 0);
    cp_soup_encode_header(room, CP_SOUP_UNSEQUENCED, size);
    /* Where the next order will be written down. */
    r->practised_count += find(r, BY_REF, r->next_user_ref) == CP_NONE;
    if (r->sent_free_count > 0)
        cp_fetch(&r->sent[r->sent_free[r->sent_free_count - 1]]);
    if (r->last != CP_NONE)
        cp_fetch(&r->sent[r->last]);
    cp_fetch(r->orders.stream.out);
    cp_fetch(r->orders.stream.out + 64);
}

/* ---- what the desk's journal knows ---------------------------------------------------------------- */

static void restore_order(cp_remote *r, const cp_journal_working *body)
{
    cp_sent sent = { .client_id = body->client_id,
                     .price = body->price,
                     .total = body->qty,
                     .leaves = body->leaves,
                     .executed = body->filled,
                     .symbol = body->symbol,
                     .side = body->side,
                     .answered = body->accepted != 0 };
    uint32_t place = open_order(r, &sent);
    if (place == CP_NONE || body->replace_sent == 0)
        return;
    sent.client_id = body->pending_id;
    sent.price = body->pending_price;
    sent.leaves = body->pending_qty;
    sent.answered = false;
    uint32_t newer = open_order(r, &sent);
    if (newer == CP_NONE)
        return;
    r->sent[newer].older = place;
    r->sent[place].newer = newer;
}

static void restore(void *context, cp_journal_kind kind, const void *body, uint32_t size)
{
    cp_remote *r = context;
    if (kind == CP_JOURNAL_WORKING) {
        cp_journal_working working;
        CP_ASSERT(size == sizeof working);
        memcpy(&working, body, sizeof working);
        restore_order(r, &working);
    } else if (kind == CP_JOURNAL_MATCHES) {
        cp_journal_matches matches;
        CP_ASSERT(size == sizeof matches);
        memcpy(&matches, body, sizeof matches);
        for (uint32_t i = 0; i < 5 && r->counted_count < CP_COUNTED_MAX; i++) {
            if (matches.match_ref[i] == 0)
                continue;
            r->counted[r->counted_count++] =
                (cp_counted_match){ matches.client_id[i], matches.match_ref[i] };
            if (matches.match_ref[i] > r->heard_match)
                r->heard_match = matches.match_ref[i];
        }
    } else if (kind == CP_JOURNAL_STATE || kind == CP_JOURNAL_SNAPSHOT_END) {
        cp_journal_state state;
        CP_ASSERT(size == sizeof state);
        memcpy(&state, body, sizeof state);
        r->executed_count = state.execution_count;
    }
}

/* ---- create and destroy ------------------------------------------------------------------------- */

int cp_order_client_init(cp_remote *r)
{
    r->sent_capacity = 2 * r->engine->config.desk_order_capacity + CP_ORDER_RING_CAPACITY;
    r->first = r->last = CP_NONE;
    r->next_user_ref = 1;
    r->sent = calloc(r->sent_capacity, sizeof *r->sent);
    r->sent_free = calloc(r->sent_capacity, sizeof *r->sent_free);
    r->tick_to_order = calloc(1, sizeof *r->tick_to_order);
    r->order_to_ack = calloc(1, sizeof *r->order_to_ack);
    if (!r->sent || !r->sent_free || !r->tick_to_order || !r->order_to_ack)
        return -ENOMEM;
    for (uint32_t i = r->sent_capacity; i-- > 0;)
        r->sent_free[r->sent_free_count++] = i;
    int result = cp_pool_init(&r->names_pool, 2 * r->sent_capacity);
    if (result == 0)
        result = cp_idmap_init(&r->names_map, &r->names_pool);
    if (result == 0 && r->engine->journal)
        cp_desk_snapshot(r->engine->desk, restore, r);
    return result;
}

void cp_order_client_free(cp_remote *r)
{
    cp_idmap_free(&r->names_map);
    cp_pool_free(&r->names_pool);
    free(r->order_to_ack);
    free(r->tick_to_order);
    free(r->sent_free);
    free(r->sent);
}
