/* picture.c: what the screen sees, and what the desk is worth. */
#include "desk/inside.h"

cp_i128 cp_desk_equity(const cp_desk *desk)
{
    cp_i128 equity = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++)
        equity += cp_worth_of(&desk->positions[i], cp_desk_touch(desk, i)->mark2,
                              desk->instruments[i].point_value);
    return equity;
}

void cp_desk_evaluate(cp_desk *desk)
{
    cp_desk_add_worth(desk);
    /* After a restart positions are there before the market is. A gain or a loss made up of
     * what has no price would never go away again: the peak is kept, and a halt is for the
     * operator to end. */
    if (CP_UNLIKELY(desk->worth.unmarked != 0))
        return;
    cp_i128 equity = desk->worth.all;
    desk->risk.loss = cp_saturate(-equity);
    if (equity > desk->equity_peak)
        desk->equity_peak = cp_saturate(equity);
    desk->risk.drawdown = cp_saturate(desk->equity_peak - equity);
    cp_limits_evaluate(desk);
    /* Only what makes the loss is stopped: while closing, stopping would keep it. */
    if (desk->risk.state != CP_RISK_ACTIVE)
        return;
    const int64_t *limits = desk->risk.limits;
    bool lost = desk->risk.loss >= limits[CP_LIMIT_DAILY_LOSS];
    if (!lost && desk->risk.drawdown < limits[CP_LIMIT_DRAWDOWN])
        return;
    desk->risk.refusal_count[lost ? CP_LIMIT_DAILY_LOSS : CP_LIMIT_DRAWDOWN]++;
    cp_desk_set_state(desk, CP_RISK_HALTED, lost ? CP_CAUSE_LOSS : CP_CAUSE_DRAWDOWN);
    cp_desk_sweep(desk);
}

static void read_levels(const cp_feed_symbol *symbol, cp_symbol_picture *picture)
{
    for (int side = CP_BUY; side <= CP_SELL; side++)
        picture->level_count[side] = cp_book_depth(&symbol->book, (cp_side)side,
                                                   picture->levels[side], CP_DEPTH_MAX);
}

static void read_symbol(const cp_desk *desk, uint32_t index, cp_symbol_picture *picture)
{
    const cp_feed_symbol *symbol = &desk->feed.symbols[index];
    const cp_position *position = &desk->positions[index];
    const cp_touch *touch = &symbol->touch;
    int64_t point_value = desk->instruments[index].point_value;
    picture->position = position->qty;
    picture->worst_long = position->qty + desk->orders.working_qty[index][CP_BUY];
    picture->worst_short = position->qty - desk->orders.working_qty[index][CP_SELL];
    picture->cost = cp_saturate(position->cost);
    picture->realised = cp_position_realised(position, point_value);
    picture->unrealised = cp_position_unrealised(position, touch->mark2, point_value);
    picture->fees = cp_position_fees(position);
    picture->realised_fifo = cp_saturate(desk->lots[index].realised * point_value);
    picture->lots_merged = desk->lots[index].merged;
    picture->bid = touch->price[CP_BUY];
    picture->ask = touch->price[CP_SELL];
    picture->last = touch->last;
    picture->volume = symbol->volume;
    picture->md_count = symbol->md_count;
    picture->last_md_ns = symbol->last_md_ns;
    picture->stale = touch->stale;
    picture->phase = symbol->phase;
    if (desk->halted >> index & 1) {
        const cp_symbol_stop *stop = &desk->stops[index];
        picture->halt =
            desk->flattening >> index & 1 ? CP_SYMBOL_FLATTENING : CP_SYMBOL_HALTED;
        picture->halt_cause = stop->cause;
        picture->halt_ns = stop->since_ns;
        memcpy(picture->halt_by, stop->by, sizeof(picture->halt_by));
    }
    read_levels(symbol, picture);
}

static void read_would_be(const cp_desk *desk, const cp_slot *slot,
                          cp_strategy_picture *picture);

static void read_slot(const cp_desk *desk, uint32_t index, cp_strategy_picture *picture)
{
    const cp_slot *slot = &desk->slots[index];
    cp_i128 realised = 0, unrealised = 0, fees = 0;
    cp_i128 spread = 0, slippage = 0, inventory = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const cp_position *cell = &desk->cells[index][i];
        int64_t point_value = desk->instruments[i].point_value;
        cp_attribution from =
            cp_costs_read(&desk->costs[index][i], cell, cp_desk_touch(desk, i)->mark2);
        spread += cp_costs_money(from.spread2, point_value);
        slippage += cp_costs_money(from.slippage2, point_value);
        inventory += cp_costs_money(from.inventory2, point_value);
        realised += cp_position_realised(cell, point_value);
        unrealised +=
            cp_position_unrealised(cell, cp_desk_touch(desk, i)->mark2, point_value);
        fees += cp_position_fees(cell);
    }
    picture->config = slot->config;
    picture->position = slot->config.symbol < desk->symbol_count
                            ? desk->cells[index][slot->config.symbol].qty
                            : 0;
    picture->realised = cp_saturate(realised);
    picture->unrealised = cp_saturate(unrealised);
    picture->fees = cp_saturate(fees);
    picture->spread = cp_saturate(spread);
    picture->slippage = cp_saturate(slippage);
    picture->inventory = cp_saturate(inventory);
    picture->order_count = slot->order_count;
    picture->fill_count = slot->fill_count;
    picture->refusal_count = slot->refusal_count;
    picture->reject_count = slot->reject_count;
    picture->working_count = slot->working_count;
    picture->last_refusal = slot->last_refusal;
    picture->refused = slot->refused;
    picture->signal = slot->kind ? slot->seat.signal : 0.0;
    picture->fault = slot->fault;
    picture->kill = slot->kill;
    read_would_be(desk, slot, picture);
}

static void read_would_be(const cp_desk *desk, const cp_slot *slot,
                          cp_strategy_picture *picture)
{
    const cp_would_be *would_be = &slot->would_be;
    const uint32_t symbols[] = { slot->config.symbol, slot->config.symbol2 };
    cp_i128 realised = 0, unrealised = 0, fees = 0;
    for (int i = 0; i < 2; i++) {
        const cp_position *position = &would_be->positions[i];
        if (symbols[i] >= desk->symbol_count)
            continue;
        int64_t point_value = desk->instruments[symbols[i]].point_value;
        realised += cp_position_realised(position, point_value);
        unrealised += cp_position_unrealised(
            position, cp_desk_touch(desk, symbols[i])->mark2, point_value);
        fees += cp_position_fees(position);
    }
    picture->would_be_position = would_be->positions[0].qty;
    picture->would_be_realised = cp_saturate(realised);
    picture->would_be_unrealised = cp_saturate(unrealised);
    picture->would_be_fees = cp_saturate(fees);
    picture->would_be_order_count = would_be->order_count;
    picture->would_be_fill_count = would_be->fill_count;
    picture->would_be_refusal_count = would_be->refusal_count;
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        const cp_would_be_quote *quote = &would_be->quotes[side];
        picture->would_be_price[side] = quote->leaves ? quote->price : CP_PRICE_NONE;
        picture->would_be_ahead[side] = quote->leaves ? quote->ahead : 0;
        picture->would_be_qty[side] = quote->leaves;
    }
}

/* The operator's own place is a slot like any other, with more to tell of its orders. */
static void read_by_hand(const cp_desk *desk, cp_operator_picture *picture)
{
    cp_strategy_picture slot = { .kill = CP_KILL_NONE };
    read_slot(desk, CP_OPERATOR, &slot);
    for (uint32_t i = 0; i < desk->symbol_count; i++)
        picture->positions[i] = desk->cells[CP_OPERATOR][i].qty;
    picture->realised = slot.realised;
    picture->unrealised = slot.unrealised;
    picture->fees = slot.fees;
    picture->spread = slot.spread;
    picture->slippage = slot.slippage;
    picture->inventory = slot.inventory;
    picture->order_count = slot.order_count;
    picture->fill_count = slot.fill_count;
    picture->refusal_count = slot.refusal_count;
    picture->reject_count = slot.reject_count;
    picture->working_count = slot.working_count;
    picture->last_refusal = slot.last_refusal;
    picture->kill = slot.kill;
    cp_tickets_read(desk, picture);
}

static void read_limits(const cp_desk *desk, cp_limit_picture *limits, uint64_t now_ns)
{
    cp_i128 worst = 0, gross = 0, net[2] = { 0, 0 };
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const int64_t *working = desk->orders.working_qty[i];
        int64_t mark2 = cp_desk_touch(desk, i)->mark2, held = desk->positions[i].qty;
        int64_t point_value = desk->instruments[i].point_value;
        cp_i128 here = cp_risk_worst(held, working[CP_BUY], working[CP_SELL]);
        worst = here > worst ? here : worst;
        gross += cp_desk_exposure(desk, i);
        net[CP_BUY] += cp_risk_net((cp_i128)held + working[CP_BUY], mark2, point_value);
        net[CP_SELL] += cp_risk_net((cp_i128)working[CP_SELL] - held, mark2, point_value);
    }
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        limits[i] =
            (cp_limit_picture){ cp_risk_latest(&desk->risk, i), desk->risk.limits[i],
                                desk->risk.refusal_count[i] };
    cp_i128 equity = cp_desk_equity(desk), loss = -equity;
    cp_i128 drawdown = desk->equity_peak - equity;
    limits[CP_LIMIT_POSITION].used = cp_saturate(worst);
    limits[CP_LIMIT_GROSS_EXPOSURE].used = cp_saturate(gross);
    limits[CP_LIMIT_OPEN_ORDERS].used = desk->orders.working_count;
    limits[CP_LIMIT_MESSAGE_RATE].used = cp_rate_peek(&desk->rate, now_ns);
    limits[CP_LIMIT_DAILY_LOSS].used = loss > 0 ? cp_saturate(loss) : 0;
    limits[CP_LIMIT_DRAWDOWN].used = drawdown > 0 ? cp_saturate(drawdown) : 0;
    limits[CP_LIMIT_NET_EXPOSURE].used =
        cp_saturate(net[CP_BUY] > net[CP_SELL] ? net[CP_BUY] : net[CP_SELL]);
}

/* The part of a displayed level that is ours; and the lots before it in the queue. */
static uint64_t find_in_book(const cp_desk *desk, const cp_own_order *own,
                             cp_desk_picture *picture)
{
    uint32_t index = own->accepted ? cp_feed_find(&desk->feed, own->order_ref) : CP_NONE;
    if (index == CP_NONE)
        return 0;
    const cp_book_order *order = &desk->feed.pool.orders[index];
    cp_symbol_picture *symbol = &picture->symbols[own->symbol];
    for (uint32_t i = 0; i < symbol->level_count[own->side]; i++) {
        cp_level *level = &symbol->levels[own->side][i];
        if (level->price == order->price)
            level->own_qty += order->qty;
    }
    return cp_book_qty_ahead(&desk->feed.symbols[own->symbol].book, index);
}

static void read_working(const cp_desk *desk, cp_desk_picture *picture)
{
    uint32_t shown = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (!cp_state_is_working(own->state))
            continue;
        picture->cancels_pending += own->state == CP_STATE_PENDING_CANCEL || own->pulled;
        uint64_t qty_ahead = find_in_book(desk, own, picture);
        if (shown == CP_WORKING_MAX)
            continue;
        picture->working[shown++] = (cp_working){ .client_id = own->client_id,
                                                  .sent_ns = own->sent_ns,
                                                  .price = own->price,
                                                  .qty = own->qty,
                                                  .leaves = own->leaves,
                                                  .qty_ahead = qty_ahead,
                                                  .symbol = own->symbol,
                                                  .strategy = own->strategy,
                                                  .side = own->side,
                                                  .state = own->state,
                                                  .way = own->way };
    }
    picture->working_count = desk->orders.working_count;
}

static void read_fills(const cp_desk *desk, cp_desk_picture *picture)
{
    uint64_t count = desk->fill_next < CP_FILL_MAX ? desk->fill_next : CP_FILL_MAX;
    picture->fill_count = (uint32_t)count;
    for (uint64_t i = 0; i < count; i++)
        picture->fills[i] = desk->fills[(desk->fill_next - 1 - i) % CP_FILL_MAX];
}

void cp_desk_read(const cp_desk *desk, cp_desk_picture *picture, uint64_t now_ns)
{
    memset(picture, 0, sizeof(*picture));
    picture->time_ns = now_ns;
    picture->risk_changed_ns = desk->risk_changed_ns;
    picture->equity_peak = desk->equity_peak;
    picture->risk_state = desk->risk.state;
    picture->symbol_count = desk->symbol_count;
    picture->strategy_count = CP_STRATEGY_MAX;
    cp_i128 realised = 0, unrealised = 0, fees = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        read_symbol(desk, i, &picture->symbols[i]);
        realised += picture->symbols[i].realised;
        unrealised += picture->symbols[i].unrealised;
        fees += picture->symbols[i].fees;
    }
    picture->realised = cp_saturate(realised);
    picture->unrealised = cp_saturate(unrealised);
    picture->fees = cp_saturate(fees);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        read_slot(desk, i, &picture->strategies[i]);
    read_limits(desk, picture->limits, now_ns);
    cp_limits_read(desk, picture, now_ns);
    memcpy(picture->breakers, desk->breakers.pictures, sizeof(desk->breakers.pictures));
    read_fills(desk, picture);
    read_working(desk, picture);
    memcpy(picture->tallies, desk->tallies, desk->symbol_count * sizeof(cp_tally));
    picture->halted = desk->halted;
    picture->state_cause = desk->state_cause;
    memcpy(picture->state_by, desk->state_by, sizeof(picture->state_by));
    memcpy(picture->state_why, desk->state_why, sizeof(picture->state_why));
    read_by_hand(desk, &picture->by_hand);
    picture->preview = desk->preview;
    picture->doubt = desk->unconfirmed ? UINT64_MAX : desk->doubt;
    picture->reconciled_ns = desk->reconciled_ns;
    picture->counters = desk->counters;
    picture->counters.duplicate_count = desk->orders.duplicate_count;
    picture->counters.md_count = desk->feed.md_count;
    picture->counters.gap_count = desk->feed.gap_count;
}
