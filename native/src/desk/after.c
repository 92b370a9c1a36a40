/* after.c: what nobody waits for, done when the step's orders are on their way: how an order
 * came about, where a fill's profit comes from, what is said of it and whether it was one too
 * many, what strategies see of their quotes, and sums worked in. */
#include "base/tally.h"
#include "desk/inside.h"

/* ---- orders ---- */

/* For whoever asks later why there is such an order. */
static void remember_cause(const cp_desk *desk, cp_own_order *own,
                           const cp_leaving *leaving)
{
    const cp_touch *touch = cp_desk_touch(desk, own->symbol);
    cp_way *way = &own->way;
    way->received_ns = own->cause_ns;
    way->bid = touch->price[CP_BUY];
    way->ask = touch->price[CP_SELL];
    way->signal = leaving->signal;
    way->hop_ns[CP_WAY_FEED] = cp_way_span(desk->published_ns, own->cause_ns);
    way->hop_ns[CP_WAY_DECIDE] = cp_way_span(own->cause_ns, leaving->decided_ns);
    way->hop_ns[CP_WAY_RISK] = cp_way_span(leaving->decided_ns, own->passed_ns);
    way->hop_ns[CP_WAY_SEND] = cp_way_span(own->passed_ns, own->sent_ns);
    way->hop_ns[CP_WAY_ACK] = 0;
}

void cp_desk_tell_leaving(cp_desk *desk)
{
    cp_desk_stamp_passed(desk);
    for (uint32_t i = 0; i < desk->leaving_count; i++) {
        const cp_leaving *leaving = &desk->leaving[i];
        cp_own_order *own = &desk->orders.orders[leaving->place];
        remember_cause(desk, own, leaving);
        if (own->cause_ns == 0)
            continue;
        cp_desk_record(desk, CP_HOP_DECIDE, own->cause_ns, leaving->decided_ns);
        cp_desk_record(desk, CP_HOP_RISK, leaving->decided_ns, own->passed_ns);
    }
    desk->leaving_count = desk->stamped_count = 0;
}

/* ---- a fill ---- */

static void note_fill(cp_desk *desk, const cp_filled *filled)
{
    const cp_fill *fill = &filled->fill;
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_FILL, CP_INFO, fill->symbol, fill->strategy);
    if (!note)
        return;
    note->client_id = fill->client_id;
    note->a = fill->price;
    note->b = fill->qty;
    note->c = filled->leaves;
    note->d = fill->liquidity;
    note->side = fill->side;
}

static void book_costs(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_side side,
                       int64_t price, uint32_t qty, int64_t arrival2, int64_t expected)
{
    cp_costs_fill(&desk->costs[slot][symbol], side, price, qty, arrival2, expected);
    cp_lots_fill(&desk->lots[symbol], side, price, qty);
}

/* Who quotes can expect no other price than the quote's. */
static int64_t expected_of(int64_t expected, int64_t price, bool maker)
{
    return maker ? price : expected;
}

void cp_desk_replay_fill(cp_desk *desk, const cp_own_order *own, int64_t price,
                         uint32_t qty, bool maker, int64_t fee)
{
    cp_desk_book_position(desk, own, price, qty, fee);
    book_costs(desk, own->strategy, own->symbol, own->side == CP_SELL ? CP_SELL : CP_BUY,
               price, qty, own->arrival2, expected_of(own->expected, price, maker));
}

/* As much as the venue's drop copy says, worked out from what the desk goes by. */
static void tally_fill(cp_desk *desk, uint32_t symbol)
{
    const cp_position *held = &desk->positions[symbol];
    int64_t point_value = desk->instruments[symbol].point_value;
    cp_drop_copy now = { .execution_count = ++desk->booked_counts[symbol],
                         .position = held->qty,
                         .paid = cp_saturate((held->cost - held->realised) * point_value),
                         .fees = cp_position_fees(held) };
    cp_tally_put(&desk->tallies[symbol], &now);
}

static void end_fill(cp_desk *desk)
{
    const cp_filled *filled = &desk->filled;
    const cp_fill *fill = &filled->fill;
    bool maker = fill->liquidity == CP_MAKER;
    desk->has_filled = false;
    tally_fill(desk, fill->symbol);
    book_costs(desk, fill->strategy, fill->symbol,
               fill->side == CP_SELL ? CP_SELL : CP_BUY, fill->price, fill->qty,
               filled->arrival2, expected_of(filled->expected, fill->price, maker));
    if (filled->queued_ns != 0)
        cp_desk_record(desk, CP_HOP_QUEUE_WAIT, filled->queued_ns, desk->now_ns);
    desk->fills[desk->fill_next++ % CP_FILL_MAX] = *fill;
    note_fill(desk, filled);
    cp_breakers_on_fill(desk, fill);
    cp_breakers_settle(desk);
}

/* A step that sends orders would wait for it. But a full table must not be full for an order
 * that is over. */
void cp_desk_close(cp_desk *desk, uint32_t place)
{
    CP_ASSERT(desk->over == CP_NONE); /* a report is about one order */
    if (CP_LIKELY(!cp_orders_is_full(&desk->orders)))
        desk->over = place;
    else
        cp_orders_close(&desk->orders, place);
}

static void close_over(cp_desk *desk)
{
    cp_orders_close(&desk->orders, desk->over);
    desk->over = CP_NONE;
}

/* ---- sums ---- */

void cp_desk_add_worth(cp_desk *desk)
{
    cp_worth *worth = &desk->worth;
    uint32_t changed = worth->changed;
    worth->changed = 0;
    for (; changed != 0; changed &= changed - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(changed);
        cp_worth_put(worth, i, &desk->positions[i], cp_desk_touch(desk, i)->mark2,
                     desk->instruments[i].point_value);
    }
}

bool cp_desk_finish(cp_desk *desk)
{
    uint64_t said = desk->note_sequence;
    if (CP_UNLIKELY(desk->leaving_count > 0))
        cp_desk_tell_leaving(desk);
    if (CP_UNLIKELY(desk->has_filled))
        end_fill(desk);
    if (desk->over != CP_NONE)
        close_over(desk);
    cp_orders_list(&desk->orders);
    if (CP_UNLIKELY((desk->views_due[CP_BUY] | desk->views_due[CP_SELL]) != 0))
        cp_seats_refresh_due(desk, UINT32_MAX);
    cp_desk_count_taken(desk);
    if (cp_desk_is_live(desk)) {
        if ((desk->exposures.changed | desk->orders.changed) != 0)
            cp_desk_add_exposure(desk);
        cp_desk_add_worth(desk);
    }
    return desk->note_sequence != said || desk->orders_out.count > 0;
}
