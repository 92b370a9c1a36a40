/* probe.c: a desk alone, driven by hand through cockpit.h: what would leave it?
 *
 * For those who want to try what can be got past its checks. Orders are asked for as a
 * strategy asks; the venue is whoever drives it, and nothing it says is believed more than
 * a venue's word. Its time stands still between two calls of cp_probe_pass.
 */
#include "desk/inside.h"

struct cp_probe {
    cp_desk *desk;
    uint64_t now_ns, sequence, next_ref;
};

static void stay_silent(void *state, cp_seat *seat)
{
    (void)state, (void)seat;
}

/* Whatever it is called for: what it asks is put in its seat before. */
static const cp_strategy_kind told = { .name = "told",
                                       .help = "Asks for what it is told to",
                                       .wants = CP_WANTS_TRADE,
                                       .two_symbols = true,
                                       .start = stay_silent,
                                       .on_trade = stay_silent };

static void seat_told(cp_desk *desk)
{
    cp_slot *slot = &desk->slots[CP_PROBE_SEAT];
    slot->config = (cp_strategy_config){ .used = 1, .symbol2 = 1 };
    slot->kind = &told;
    cp_seats_set_mode(desk, CP_PROBE_SEAT, CP_MODE_LIVE, CP_CAUSE_OPERATOR);
}

int cp_probe_create(cp_probe **probe, const cp_config *config, char *error)
{
    cp_probe *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    made->now_ns = 1000000000000u;
    made->next_ref = 1;
    int result = cp_desk_create(&made->desk, config, error);
    if (result != 0) {
        free(made);
        return result;
    }
    if (config->symbol_count > 1)
        seat_told(made->desk);
    *probe = made;
    return 0;
}

void cp_probe_destroy(cp_probe *probe)
{
    if (!probe)
        return;
    cp_desk_destroy(probe->desk);
    free(probe);
}

static void tell(cp_probe *probe, cp_md md)
{
    md.sequence = ++probe->sequence;
    cp_desk_on_md(probe->desk, &md, probe->now_ns, NULL);
}

void cp_probe_market(cp_probe *probe, uint16_t symbol, int64_t bid, int64_t ask,
                     int64_t last)
{
    tell(probe, (cp_md){ .kind = CP_MD_CLEAR, .symbol = symbol });
    for (int side = CP_BUY; side <= CP_SELL; side++)
        tell(probe, (cp_md){ .kind = CP_MD_ADD,
                             .symbol = symbol,
                             .side = (uint8_t)side,
                             .price = side == CP_BUY ? bid : ask,
                             .qty = 1000,
                             .leaves = 1000,
                             .order_ref = probe->next_ref++ });
    if (last > 0)
        tell(probe,
             (cp_md){ .kind = CP_MD_TRADE, .symbol = symbol, .price = last, .qty = 1 });
}

void cp_probe_pass(cp_probe *probe, uint64_t ns)
{
    probe->now_ns += ns;
    cp_desk_on_timer(probe->desk, probe->now_ns, NULL);
}

void cp_probe_report(cp_probe *probe, const cp_report *report)
{
    cp_desk_on_report(probe->desk, report, probe->now_ns, NULL);
}

void cp_probe_control(cp_probe *probe, const cp_control *control)
{
    cp_desk_on_control(probe->desk, control, probe->now_ns);
}

int cp_probe_new(cp_probe *probe, uint32_t slot, uint32_t symbol, uint32_t side,
                 int64_t price, uint32_t qty, bool rests)
{
    if (slot >= CP_STRATEGY_MAX || symbol >= probe->desk->symbol_count || side > CP_SELL)
        return -EINVAL;
    probe->desk->now_ns = probe->now_ns;
    uint32_t place = cp_desk_send_new(probe->desk, slot, symbol, (cp_side)side, price,
                                      qty, rests ? CP_PURPOSE_QUOTE : CP_PURPOSE_TAKE);
    return place == CP_NONE ? -EPERM : 0;
}

int cp_probe_wish(cp_probe *probe, uint32_t symbol, uint32_t side, int64_t price,
                  uint32_t qty, bool rests)
{
    if (probe->desk->symbol_count < 2 || symbol > 1 || side > CP_SELL ||
        (rests && symbol > 0))
        return -EINVAL;
    cp_seat *seat = &probe->desk->slots[CP_PROBE_SEAT].seat;
    if (rests)
        cp_seat_quote(seat, (cp_side)side, price, qty);
    else if (symbol == 0)
        cp_seat_take(seat, (cp_side)side, price, qty);
    else
        cp_seat_take2(seat, (cp_side)side, price, qty);
    return 0;
}

int cp_probe_change(cp_probe *probe, uint64_t client_id, int64_t price, uint32_t qty)
{
    cp_desk *desk = probe->desk;
    uint32_t place = cp_orders_find(&desk->orders, client_id);
    if (place == CP_NONE)
        return -ENOENT;
    desk->now_ns = probe->now_ns;
    const cp_own_order *own = &desk->orders.orders[place];
    if (qty == 0)
        cp_desk_pull(desk, place);
    else if (own->state != CP_STATE_LIVE && own->state != CP_STATE_PARTIAL)
        return -EBUSY;
    else if (!cp_desk_send_replace(desk, place, price, qty))
        return -EPERM;
    return 0;
}

void cp_probe_block(cp_probe *probe, bool full)
{
    cp_desk_orders(probe->desk)->limit = full ? 0 : CP_DESK_ORDERS_MAX;
}

uint32_t cp_probe_take(cp_probe *probe, cp_order *orders, uint32_t capacity)
{
    cp_outbox *out = cp_desk_orders(probe->desk);
    uint32_t count = 0;
    do {
        for (uint32_t i = 0; i < out->count && count < capacity; i++)
            orders[count++] = *(const cp_order *)cp_outbox_at(out, i);
        cp_outbox_clear(out);
        cp_outbox_clear(cp_desk_notes(probe->desk));
    } while (cp_desk_finish(probe->desk));
    return count;
}

void cp_probe_read(cp_probe *probe, cp_desk_picture *picture)
{
    cp_desk_read(probe->desk, picture, probe->now_ns);
}
