/* order_server.c: OUCH 5.0 as the exchange speaks it (exchange.h).
 *
 * To the venue a user is a participant and an order's client id is its UserRefNum. What
 * OUCH counts otherwise than the venue is settled here: sizes with executions included,
 * references that must rise, cancels that change nothing and get no answer.
 */
#include "drive/exchange.h"

#define FENCE_ID (1ull << 40) /* above every UserRefNum: an order that cannot be */
#define QTY_MAX CP_OUCH_QTY_MAX

/* ---- orders under way -------------------------------------------------------------------- */

static uint32_t find_order(const cp_exchange *x, uint32_t port, uint32_t user_ref)
{
    return cp_idmap_get(&x->order_map, (uint16_t)port, user_ref);
}

static uint32_t open_order(cp_exchange *x, uint32_t port, const cp_port_order *order)
{
    uint32_t index = cp_pool_take(&x->order_pool);
    if (index == CP_NONE)
        return CP_NONE;
    x->order_pool.orders[index].id = order->user_ref;
    x->order_pool.orders[index].owner = (uint16_t)port;
    cp_idmap_put(&x->order_map, index);
    cp_port *owner = &x->ports[port];
    x->orders[index] = *order;
    x->orders[index].port = port;
    x->orders[index].next = CP_NONE;
    x->orders[index].prev = owner->last;
    if (owner->last == CP_NONE)
        owner->first = index;
    else
        x->orders[owner->last].next = index;
    owner->last = index;
    return index;
}

static void close_order(cp_exchange *x, uint32_t index)
{
    const cp_port_order *order = &x->orders[index];
    cp_port *owner = &x->ports[order->port];
    if (order->prev == CP_NONE)
        owner->first = order->next;
    else
        x->orders[order->prev].next = order->next;
    if (order->next == CP_NONE)
        owner->last = order->prev;
    else
        x->orders[order->next].prev = order->prev;
    cp_idmap_remove(&x->order_map, index);
    cp_pool_give(&x->order_pool, index);
}

/* ---- to the venue ------------------------------------------------------------------------ */

static bool has_room(cp_exchange *x)
{
    return cp_ring_room(&x->engine->order_ring, x->orders_claimed + 1u) >
           x->orders_claimed;
}

/* A line on the way to the venue; the caller has asked for room. */
static cp_order *claim(cp_exchange *x, const cp_port *port, cp_order_kind kind)
{
    cp_order *order = cp_ring_claim(&x->engine->order_ring, x->orders_claimed++);
    memset(order, 0, sizeof *order);
    order->kind = (uint8_t)kind;
    order->participant = port->participant;
    order->strategy = CP_NOBODY;
    order->sent_ns = x->net.now_ns;
    return order;
}

static void send_cancel(cp_exchange *x, const cp_port *port, uint32_t user_ref)
{
    claim(x, port, CP_ORDER_CANCEL)->original_id = user_ref;
}

/* Asked of an order that cannot be: its refusal comes behind every earlier answer. It
 * carries the next reference as of now, so that whoever asks can tell which question an
 * answer is to. */
static void send_fence(cp_exchange *x, const cp_port *port)
{
    claim(x, port, CP_ORDER_CANCEL)->original_id = FENCE_ID + port->last_user_ref + 1;
}

static void send_sweep(cp_exchange *x, cp_port *port)
{
    cp_order *order = claim(x, port, CP_ORDER_MASS_CANCEL);
    order->symbol = port->sweep_symbol;
    order->side = port->sweep_side;
    port->sweep_asked = true;
}

void cp_order_server_pull(cp_exchange *x, cp_port *port)
{
    if (port->first == CP_NONE && !port->sweeping)
        return;
    port->sweeping = true;
    port->sweep_asked = false;
    port->sweep_symbol = CP_NOBODY;
    port->sweep_side = CP_SIDE_BOTH;
    port->mass_user_ref = 0;
    if (has_room(x))
        send_sweep(x, port);
}

void cp_order_server_carry(cp_exchange *x)
{
    for (uint32_t i = 0; i < x->port_count; i++)
        if (x->ports[i].sweeping && !x->ports[i].sweep_asked && has_room(x))
            send_sweep(x, &x->ports[i]);
    uint32_t sent = 0;
    while (sent < x->due_count && has_room(x)) {
        send_cancel(x, &x->ports[x->dues[sent].port], x->dues[sent].user_ref);
        sent++;
    }
    if (sent > 0) {
        x->due_count -= sent;
        memmove(x->dues, x->dues + sent, x->due_count * sizeof x->dues[0]);
    }
    if (x->orders_claimed > 0) {
        cp_ring_publish(&x->engine->order_ring, x->orders_claimed);
        x->orders_claimed = 0;
        if (x->engine->venue_thread.waiting == CP_WAIT_PARK)
            cp_bell_ring(&x->engine->venue_thread.bell);
    }
}

/* ---- answers ------------------------------------------------------------------------------ */

static void say(cp_exchange *x, cp_port *port, cp_ouch_message *message)
{
    message->timestamp_ns = cp_net_day_ns(&x->net, x->net.now_ns);
    uint8_t *room = cp_log_claim(&port->log, CP_OUCH_SIZE_MAX);
    uint32_t size;
    int result = cp_ouch_encode(CP_OUCH_OUTBOUND, message, room, CP_OUCH_SIZE_MAX, &size);
    CP_ASSERT(result == 0);
    cp_log_publish(&port->log, size);
    x->net.picture.reports_out++;
}

void cp_order_server_say_event(cp_exchange *x, uint8_t event)
{
    for (uint32_t i = 0; i < x->port_count; i++) {
        cp_ouch_message message = { .type = 'S', .event = event };
        say(x, &x->ports[i], &message);
    }
}

static void say_rejected(cp_exchange *x, cp_port *port, uint32_t user_ref,
                         const char cl_ord_id[CP_OUCH_CL_ORD_ID_SIZE], uint16_t reject)
{
    cp_ouch_message message = { .type = 'J', .user_ref_num = user_ref, .reject = reject };
    memcpy(message.cl_ord_id, cl_ord_id, sizeof message.cl_ord_id);
    say(x, port, &message);
}

static uint64_t wire_price(const cp_exchange *x, const cp_port_order *order,
                           int64_t price)
{
    if (price < 0) /* of a market order that has none */
        return order->market ? CP_OUCH_PRICE_MARKET : 0;
    return (uint64_t)price * x->steps[order->symbol];
}

/* The fields that Accepted and Replaced have in common. */
static cp_ouch_message terms_of(const cp_exchange *x, const cp_port_order *order,
                                const cp_report *report, uint8_t type)
{
    cp_ouch_message message = {
        .type = type,
        .user_ref_num = order->user_ref,
        .price = wire_price(x, order, report->price),
        .order_ref = report->order_ref,
        .quantity = report->qty,
        .side = order->side,
        .tif = order->tif,
        .display = order->display,
        .capacity = order->capacity,
        .iso = 'N',
        .cross = 'N',
        .state = 'L',
    };
    memcpy(message.symbol, x->names[order->symbol], sizeof message.symbol);
    memcpy(message.cl_ord_id, order->cl_ord_id, sizeof message.cl_ord_id);
    return message;
}

static void on_accepted(cp_exchange *x, cp_port *port, uint32_t index,
                        const cp_report *report)
{
    cp_port_order *order = &x->orders[index];
    order->leaves = report->leaves;
    cp_ouch_message message = terms_of(x, order, report, 'A');
    say(x, port, &message);
}

static void on_replaced(cp_exchange *x, cp_port *port, uint32_t index,
                        const cp_report *report)
{
    cp_port_order *order = &x->orders[index];
    order->leaves = report->leaves;
    cp_ouch_message message = terms_of(x, order, report, 'U');
    message.orig_user_ref_num = (uint32_t)report->original_id;
    say(x, port, &message);
    uint32_t old = find_order(x, order->port, (uint32_t)report->original_id);
    if (old != CP_NONE)
        close_order(x, old);
}

static void on_executed(cp_exchange *x, cp_port *port, uint32_t index,
                        const cp_report *report)
{
    cp_port_order *order = &x->orders[index];
    cp_ouch_message message = { .type = 'E',
                                .user_ref_num = order->user_ref,
                                .quantity = report->qty,
                                .price = wire_price(x, order, report->price),
                                .liquidity = report->liquidity == CP_MAKER   ? 'A'
                                             : report->liquidity == CP_TAKER ? 'R'
                                                                             : 'O',
                                .match_number = report->match_ref };
    say(x, port, &message);
    order->leaves = report->leaves;
    if (report->leaves == 0)
        close_order(x, index);
}

static uint8_t cancel_letter(const cp_port *port, uint8_t reason)
{
    switch (reason) {
    case CP_REASON_IOC:
    case CP_REASON_NO_LIQUIDITY:
    case CP_REASON_FOK:
    case CP_REASON_MIN_QTY:
        return 'I';
    case CP_REASON_SWEEP:
    case CP_REASON_CAPACITY:
        return 'Z';
    case CP_REASON_SMP:
        return 'Q';
    case CP_REASON_BAND:
        return 'K';
    case CP_REASON_EXPIRED:
        return 'E';
    case CP_REASON_DISCONNECT:
    case CP_REASON_DEAD_MAN:
        return 'S';
    default:
        /* Or nobody asked: the connection was gone. */
        return port->sweeping && port->mass_user_ref == 0 ? 'S' : 'U';
    }
}

static void on_cancelled(cp_exchange *x, cp_port *port, uint32_t index,
                         const cp_report *report)
{
    cp_port_order *order = &x->orders[index];
    order->leaves = report->leaves;
    if (report->leaves > 0 && order->modifying > 0) {
        order->modifying--;
        cp_ouch_message message = { .type = 'M',
                                    .user_ref_num = order->user_ref,
                                    .side = order->side,
                                    .quantity = report->leaves };
        say(x, port, &message);
        return;
    }
    cp_ouch_message message = { .type = 'C',
                                .user_ref_num = order->user_ref,
                                .quantity = report->qty,
                                .reason = cancel_letter(port, report->reason) };
    say(x, port, &message);
    if (report->leaves == 0)
        close_order(x, index);
}

static uint16_t reject_code(uint8_t reason)
{
    switch (reason) {
    case CP_REASON_SYMBOL:
        return CP_OUCH_REJECT_SYMBOL;
    case CP_REASON_PRICE:
    case CP_REASON_BAND:
        return CP_OUCH_REJECT_PRICE;
    case CP_REASON_QTY:
        return CP_OUCH_REJECT_QTY;
    case CP_REASON_CAPACITY:
        return CP_OUCH_REJECT_PROCESSING;
    case CP_REASON_MIN_QTY:
        return CP_OUCH_REJECT_MIN_QTY;
    case CP_REASON_PHASE:
        return CP_OUCH_REJECT_CLOSED;
    case CP_REASON_THROTTLE:
        return CP_OUCH_REJECT_RISK_PORT_RATE;
    case CP_REASON_POST_ONLY:
        return CP_OUCH_REJECT_CROSSED;
    default:
        return CP_OUCH_REJECT_OTHER;
    }
}

static void add_due(cp_exchange *x, uint32_t port, uint32_t user_ref)
{
    /* One for each refused replace, and as many of those as the ring holds at most. */
    CP_ASSERT(x->due_count < CP_DUE_MAX);
    x->dues[x->due_count++] = (cp_due){ port, user_ref };
}

/* A replace that was refused: OUCH takes the old order off, if it still stands, and says no
 * word about the new one. Refused cancels and reductions get no answer at all. */
static void on_change_rejected(cp_exchange *x, cp_port *port, const cp_report *report)
{
    uint32_t number = (uint32_t)(port - x->ports);
    if (report->original_id >= FENCE_ID) {
        cp_ouch_message message = { .type = 'Q',
                                    .user_ref_num =
                                        (uint32_t)(report->original_id - FENCE_ID) };
        say(x, port, &message);
        return;
    }
    if (report->client_id == 0)
        return;
    uint32_t index = find_order(x, number, (uint32_t)report->client_id);
    if (index != CP_NONE)
        close_order(x, index);
    if (find_order(x, number, (uint32_t)report->original_id) != CP_NONE)
        add_due(x, number, (uint32_t)report->original_id);
}

static void say_mass_cancelled(cp_exchange *x, cp_port *port)
{
    cp_ouch_message message = { .type = 'X', .user_ref_num = port->mass_user_ref };
    memcpy(message.firm, port->mass_firm, sizeof message.firm);
    memcpy(message.symbol, port->mass_symbol, sizeof message.symbol);
    if (port->sweep_side != CP_SIDE_BOTH)
        cp_ouch_set_option(&message, CP_OUCH_SIDE,
                           port->sweep_side == CP_BUY ? 'B' : 'S');
    say(x, port, &message);
}

static void on_all_cancelled(cp_exchange *x, cp_port *port, const cp_report *report)
{
    port->pulled += report->qty;
    if (!port->sweeping)
        return;
    if (report->leaves > 0) { /* the venue pulls so many at a time: once more */
        port->sweep_asked = false;
        return;
    }
    port->sweeping = false;
    if (port->mass_user_ref != 0) {
        say_mass_cancelled(x, port);
    } else {
        x->net.picture.pulled_count += port->pulled;
        cp_net_say(&x->net, CP_INFO, "%u orders of %s pulled: its connection is gone",
                   port->pulled, port->user.name);
    }
    port->pulled = 0;
}

static void on_report(cp_exchange *x, cp_port *port, const cp_report *report)
{
    if (report->kind == CP_REPORT_CHANGE_REJECTED) {
        on_change_rejected(x, port, report);
        return;
    }
    if (report->kind == CP_REPORT_ALL_CANCELLED) {
        on_all_cancelled(x, port, report);
        return;
    }
    uint32_t index =
        find_order(x, (uint32_t)(port - x->ports), (uint32_t)report->client_id);
    CP_ASSERT(index != CP_NONE); /* the venue speaks of nothing it was not asked */
    switch (report->kind) {
    case CP_REPORT_ACCEPTED:
        on_accepted(x, port, index, report);
        return;
    case CP_REPORT_REPLACED:
        on_replaced(x, port, index, report);
        return;
    case CP_REPORT_EXECUTED:
        on_executed(x, port, index, report);
        return;
    case CP_REPORT_CANCELLED:
        on_cancelled(x, port, index, report);
        return;
    case CP_REPORT_REJECTED:
        say_rejected(x, port, x->orders[index].user_ref, x->orders[index].cl_ord_id,
                     reject_code(report->reason));
        close_order(x, index);
        return;
    default:
        return;
    }
}

static cp_port *port_for(cp_exchange *x, uint16_t participant)
{
    for (uint32_t i = 0; i < x->port_count; i++)
        if (x->ports[i].participant == participant)
            return &x->ports[i];
    return NULL;
}

bool cp_order_server_answer(cp_exchange *x)
{
    cp_ring *ring = &x->engine->report_ring;
    uint64_t ready = cp_ring_ready(ring);
    uint64_t most = ready < CP_ROUND_MAX ? ready : CP_ROUND_MAX, count = 0;
    cp_transit *transit = &x->engine->transits[CP_LEG_REPORTS];
    for (; count < most; count++) {
        const cp_report *report = cp_ring_peek(ring, count);
        if (cp_transit_holds(transit, report->time_ns, x->net.now_ns))
            break;
        cp_transit_pass(transit);
        cp_port *port = port_for(x, report->participant);
        if (port)
            on_report(x, port, report);
    }
    if (count > 0)
        cp_ring_release(ring, count);
    return ready > 0;
}

/* ---- requests ------------------------------------------------------------------------------ */

static uint32_t find_symbol(const cp_exchange *x, const char name[CP_OUCH_SYMBOL_SIZE])
{
    for (uint32_t i = 0; i < x->engine->config.symbol_count; i++)
        if (memcmp(x->names[i], name, CP_OUCH_SYMBOL_SIZE) == 0)
            return i;
    return CP_NONE;
}

static bool is_market(uint64_t price)
{
    return price >= 0x77359400u && price <= CP_OUCH_PRICE_MARKET;
}

/* Increments, or CP_PRICE_NONE for a price this venue does not have. */
static int64_t price_of(const cp_exchange *x, uint32_t symbol, uint64_t price)
{
    if (price == 0 || price > CP_OUCH_PRICE_MAX || price % x->steps[symbol] != 0)
        return CP_PRICE_NONE;
    uint64_t increments = price / x->steps[symbol];
    return increments <= x->engine->config.instruments[symbol].price_max
               ? (int64_t)increments
               : CP_PRICE_NONE;
}

/* Why options ask for what this venue does not do, or 0. */
static uint16_t check_options(const cp_ouch_message *m)
{
    if (cp_ouch_option(m, CP_OUCH_PRICE_TYPE, 'L') != 'L')
        return CP_OUCH_REJECT_PEG_TYPE;
    if (cp_ouch_option(m, CP_OUCH_DISCRETION_PRICE, 0) != 0 ||
        cp_ouch_option(m, CP_OUCH_PEG_OFFSET, 0) != 0)
        return CP_OUCH_REJECT_PEGGING;
    return 0;
}

static uint16_t check_enter(const cp_exchange *x, const cp_port *port,
                            const cp_ouch_message *m, uint32_t symbol)
{
    if (port->disabled)
        return CP_OUCH_REJECT_FIRM;
    if (m->side != 'B' && m->side != 'S' && m->side != 'T' && m->side != 'E')
        return CP_OUCH_REJECT_SIDE;
    if (symbol == CP_NONE)
        return CP_OUCH_REJECT_SYMBOL;
    if (m->quantity == 0 || m->quantity > QTY_MAX)
        return CP_OUCH_REJECT_QTY;
    if (m->cross != 'N')
        return CP_OUCH_REJECT_CROSS;
    if (m->display != 'Y' && m->display != 'A')
        return CP_OUCH_REJECT_DISPLAY;
    if (m->iso == 'Y')
        return CP_OUCH_REJECT_ISO;
    if (m->tif != '0' && m->tif != '3' && m->tif != '5')
        return CP_OUCH_REJECT_OTHER;
    if (!is_market(m->price) && price_of(x, symbol, m->price) == CP_PRICE_NONE)
        return CP_OUCH_REJECT_PRICE;
    return check_options(m);
}

/* References rise; one that does not is a resend of what has been seen, and passes by. */
static bool takes_reference(cp_exchange *x, cp_port *port, uint32_t user_ref)
{
    if (user_ref <= port->last_user_ref) {
        x->net.picture.ignored_count++;
        return false;
    }
    port->last_user_ref = user_ref;
    return true;
}

static void on_enter(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    if (!takes_reference(x, port, m->user_ref_num))
        return;
    uint32_t symbol = find_symbol(x, m->symbol);
    uint16_t reject = check_enter(x, port, m, symbol);
    uint32_t index = CP_NONE;
    bool market = is_market(m->price);
    if (reject == 0) {
        cp_port_order order = {
            .user_ref = m->user_ref_num,
            .total = m->quantity,
            .price = market ? CP_PRICE_NONE : price_of(x, symbol, m->price),
            .symbol = (uint16_t)symbol,
            .side = m->side,
            .tif = m->tif == '5' ? '0' : m->tif,
            .display = m->display,
            .capacity = m->capacity,
            .display_qty = (uint32_t)cp_ouch_option(m, CP_OUCH_MAX_FLOOR, 0),
            .market = market
        };
        memcpy(order.cl_ord_id, m->cl_ord_id, sizeof order.cl_ord_id);
        index = open_order(x, (uint32_t)(port - x->ports), &order);
        reject = index == CP_NONE ? CP_OUCH_REJECT_PROCESSING : 0;
    }
    if (reject != 0) {
        say_rejected(x, port, m->user_ref_num, m->cl_ord_id, reject);
        return;
    }
    cp_order *order = claim(x, port, CP_ORDER_NEW);
    order->client_id = m->user_ref_num;
    order->price = x->orders[index].price;
    order->qty = m->quantity;
    order->symbol = (uint16_t)symbol;
    order->side = m->side == 'B' ? CP_BUY : CP_SELL;
    order->type = market ? CP_MARKET : CP_LIMIT;
    order->time_in_force = m->tif == '3' ? CP_IOC : CP_DAY;
    order->display_qty = x->orders[index].display_qty;
    order->min_qty = (uint32_t)cp_ouch_option(m, CP_OUCH_MIN_QTY, 0);
    if (cp_ouch_option(m, CP_OUCH_POST_ONLY, 'N') == 'P')
        order->flags = CP_POST_ONLY;
}

static void on_replace(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    uint32_t number = (uint32_t)(port - x->ports);
    uint32_t old = find_order(x, number, m->orig_user_ref_num);
    if (old == CP_NONE || m->user_ref_num <= port->last_user_ref) {
        x->net.picture.ignored_count++;
        return;
    }
    cp_port_order order = x->orders[old];
    order.price = price_of(x, order.symbol, m->price);
    order.user_ref = m->user_ref_num;
    order.total = m->quantity;
    order.tif = m->tif;
    order.display = m->display;
    order.leaves = 0;
    order.modifying = 0;
    memcpy(order.cl_ord_id, m->cl_ord_id, sizeof order.cl_ord_id);
    bool valid = m->quantity > 0 && m->quantity <= QTY_MAX &&
                 order.price != CP_PRICE_NONE && (m->tif == '0' || m->tif == '5') &&
                 check_options(m) == 0;
    uint32_t index = valid ? open_order(x, number, &order) : CP_NONE;
    if (index == CP_NONE) { /* the old order goes, and the reference is not used up */
        send_cancel(x, port, m->orig_user_ref_num);
        return;
    }
    port->last_user_ref = m->user_ref_num;
    cp_order *line = claim(x, port, CP_ORDER_REPLACE);
    line->client_id = m->user_ref_num;
    line->original_id = m->orig_user_ref_num;
    line->price = order.price;
    line->qty = m->quantity;
    line->flags = CP_TOTAL; /* whatever is executed on the way counts */
    if (cp_ouch_option(m, CP_OUCH_POST_ONLY, 'N') == 'P')
        line->flags |= CP_POST_ONLY;
    line->display_qty = (uint32_t)cp_ouch_option(m, CP_OUCH_MAX_FLOOR, order.display_qty);
    line->symbol = order.symbol;
    line->side = order.side == 'B' ? CP_BUY : CP_SELL;
}

/* Cancel and Modify: bring the whole down to `total`, executions included; 0: all of it. */
static void shrink(cp_exchange *x, cp_port *port, uint32_t index, uint32_t total)
{
    cp_port_order *order = &x->orders[index];
    if (total == 0) {
        send_cancel(x, port, order->user_ref);
        return;
    }
    cp_order *line = claim(x, port, CP_ORDER_REDUCE);
    line->original_id = order->user_ref;
    line->qty = total;
    line->flags = CP_TOTAL;
    line->symbol = order->symbol;
    order->total = total;
}

static void on_cancel(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    uint32_t index = find_order(x, (uint32_t)(port - x->ports), m->user_ref_num);
    if (index == CP_NONE || m->quantity >= x->orders[index].total)
        x->net.picture.ignored_count++;
    else
        shrink(x, port, index, m->quantity);
}

static void on_modify(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    uint32_t index = find_order(x, (uint32_t)(port - x->ports), m->user_ref_num);
    bool sells = m->side == 'S' || m->side == 'T' || m->side == 'E';
    if (index == CP_NONE || sells == (x->orders[index].side == 'B')) {
        x->net.picture.ignored_count++;
        return;
    }
    cp_port_order *order = &x->orders[index];
    order->side = m->side;
    if (m->quantity == 0) {
        shrink(x, port, index, 0);
    } else if (m->quantity < order->total) {
        order->modifying++;
        shrink(x, port, index, m->quantity);
    } else {
        cp_ouch_message answer = { .type = 'M',
                                   .user_ref_num = order->user_ref,
                                   .side = order->side,
                                   .quantity = order->leaves };
        say(x, port, &answer);
    }
}

static void on_mass_cancel(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    static const char blank[CP_OUCH_SYMBOL_SIZE] = "        ";
    if (!takes_reference(x, port, m->user_ref_num))
        return;
    uint64_t side = cp_ouch_option(m, CP_OUCH_SIDE, 0);
    bool all_symbols = memcmp(m->symbol, blank, sizeof blank) == 0;
    uint32_t symbol = all_symbols ? CP_NOBODY : find_symbol(x, m->symbol);
    port->mass_user_ref = m->user_ref_num;
    memcpy(port->mass_firm, m->firm, sizeof port->mass_firm);
    memcpy(port->mass_symbol, m->symbol, sizeof port->mass_symbol);
    if (symbol == CP_NONE) { /* of a symbol there is not, there is nothing */
        say_mass_cancelled(x, port);
        return;
    }
    port->sweep_symbol = (uint16_t)symbol;
    port->sweep_side = side == 0 ? CP_SIDE_BOTH : side == 'B' ? CP_BUY : CP_SELL;
    port->sweeping = true;
    send_sweep(x, port);
}

static void on_switch(cp_exchange *x, cp_port *port, const cp_ouch_message *m)
{
    if (!takes_reference(x, port, m->user_ref_num))
        return;
    port->disabled = m->type == 'D';
    cp_ouch_message answer = { .type = m->type == 'D' ? 'G' : 'K',
                               .user_ref_num = m->user_ref_num };
    memcpy(answer.firm, m->firm, sizeof answer.firm);
    say(x, port, &answer);
}

bool cp_order_server_take(cp_exchange *x, cp_port *port, const uint8_t *bytes,
                          uint32_t size)
{
    /* While its orders are being pulled nothing new may come between. */
    if (port->sweeping || !has_room(x))
        return false;
    cp_ouch_message message;
    x->net.picture.orders_in++;
    if (cp_ouch_decode(CP_OUCH_INBOUND, bytes, size, &message) != 0) {
        x->net.picture.ignored_count++;
        cp_net_say(&x->net, CP_WARNING, "%s sent a message that is not OUCH: dropped",
                   port->user.name);
        return true;
    }
    switch (message.type) {
    case 'O':
        on_enter(x, port, &message);
        break;
    case 'U':
        on_replace(x, port, &message);
        break;
    case 'X':
        on_cancel(x, port, &message);
        break;
    case 'M':
        on_modify(x, port, &message);
        break;
    case 'C':
        on_mass_cancel(x, port, &message);
        break;
    case 'Q':
        send_fence(x, port);
        break;
    default: /* D, E */
        on_switch(x, port, &message);
        break;
    }
    return true;
}

/* ---- create and destroy --------------------------------------------------------------------- */

int cp_order_server_init(cp_exchange *x)
{
    const cp_config *config = &x->engine->config;
    x->port_count = config->net.user_count;
    /* What rests, and what is on its way. */
    uint32_t capacity = config->order_capacity + 2 * CP_ORDER_RING_CAPACITY;
    x->orders = calloc(capacity, sizeof *x->orders);
    int result = x->orders ? cp_pool_init(&x->order_pool, capacity) : -ENOMEM;
    if (result == 0)
        result = cp_idmap_init(&x->order_map, &x->order_pool);
    for (uint32_t i = 0; i < x->port_count && result == 0; i++) {
        cp_port *port = &x->ports[i];
        port->user = config->net.users[i];
        port->participant = cp_engine_participant(i);
        port->guest = port->first = port->last = CP_NONE;
        result = cp_log_init(&port->log, config->net.session_log_size);
    }
    if (result == 0)
        cp_order_server_say_event(x, 'S');
    return result;
}

void cp_order_server_free(cp_exchange *x)
{
    for (uint32_t i = 0; i < x->port_count; i++)
        cp_log_free(&x->ports[i].log);
    cp_idmap_free(&x->order_map);
    cp_pool_free(&x->order_pool);
    free(x->orders);
}
