/* would_be.c: see would_be.h. */
#include "desk/ask.h"

static cp_would_be_quote *quote_of(cp_desk *desk, uint32_t slot, cp_side side)
{
    return &desk->slots[slot].would_be.quotes[side];
}

static void drop(cp_desk *desk, cp_would_be_quote *quote)
{
    if (quote->leaves == 0)
        return;
    CP_ASSERT(desk->would_be_count > 0);
    desk->would_be_count--;
    *quote = (cp_would_be_quote){ .price = CP_PRICE_NONE };
}

/* What would take a message. */
static void take_off(cp_desk *desk, uint32_t slot, cp_side side)
{
    cp_would_be_quote *quote = quote_of(desk, slot, side);
    if (quote->leaves > 0)
        cp_rate_add(&desk->would_be_rates[slot], desk->now_ns);
    drop(desk, quote);
}

void cp_would_be_pull(cp_desk *desk, uint32_t slot)
{
    take_off(desk, slot, CP_BUY);
    take_off(desk, slot, CP_SELL);
}

void cp_would_be_begin(cp_desk *desk, uint32_t slot)
{
    cp_would_be_pull(desk, slot);
    desk->slots[slot].would_be = (cp_would_be){ .order_count = 0 };
}

/* ---- fills ---- */

static void book_fill(cp_desk *desk, uint32_t slot_index, bool second, cp_side side,
                      int64_t price, uint32_t qty, uint32_t leaves,
                      cp_liquidity liquidity)
{
    cp_slot *slot = &desk->slots[slot_index];
    uint32_t symbol = second ? slot->config.symbol2 : slot->config.symbol;
    int64_t fee =
        cp_scheduled_fee(&desk->instruments[symbol], liquidity == CP_MAKER, qty);
    cp_position *position = &slot->would_be.positions[second];
    cp_position_fill(position, side, price, qty, fee);
    *(second ? &slot->seat.position2 : &slot->seat.position) = position->qty;
    slot->would_be.fill_count++;
    desk->hash = cp_mix(desk->hash, (uint64_t)price);
    desk->hash =
        cp_mix(desk->hash, (uint64_t)qty << 8 | (uint64_t)side << 4 | slot_index);
    cp_note *note = cp_desk_note(desk, CP_NOTE_WOULD_BE_FILL, CP_INFO, (uint16_t)symbol,
                                 (uint16_t)slot_index);
    if (!note)
        return;
    note->a = price;
    note->b = qty;
    note->c = leaves;
    note->d = liquidity;
    note->side = (uint8_t)side;
}

/* Trade with what the other side shows, no worse than `price`; lots left. */
static uint32_t sweep(cp_desk *desk, uint32_t slot_index, bool second, cp_side side,
                      int64_t price, uint32_t qty)
{
    const cp_slot *slot = &desk->slots[slot_index];
    uint32_t symbol = second ? slot->config.symbol2 : slot->config.symbol;
    const cp_book *book = &desk->feed.symbols[symbol].book;
    cp_side other = side == CP_BUY ? CP_SELL : CP_BUY;
    int64_t best = cp_book_best(book, other);
    while (qty > 0 && best != CP_PRICE_NONE && !cp_price_is_better(side, best, price)) {
        uint64_t there = cp_book_level_at(book, other, best)->qty;
        uint32_t filled = there < qty ? (uint32_t)there : qty;
        qty -= filled;
        book_fill(desk, slot_index, second, side, best, filled, qty, CP_TAKER);
        best = cp_book_next_price(book, other, best);
    }
    return qty;
}

/* ---- wishes ---- */

cp_i128 cp_would_be_worth(const cp_desk *desk, uint32_t slot_index)
{
    const cp_slot *slot = &desk->slots[slot_index];
    const uint32_t symbols[] = { slot->config.symbol, slot->config.symbol2 };
    cp_i128 worth = 0;
    for (int i = 0; i < 2; i++) {
        const cp_position *position = &slot->would_be.positions[i];
        if (symbols[i] >= desk->symbol_count)
            continue;
        int64_t point_value = desk->instruments[symbols[i]].point_value;
        int64_t mark2 = cp_desk_touch(desk, symbols[i])->mark2;
        worth += cp_position_realised(position, point_value);
        worth += cp_position_unrealised(position, mark2, point_value);
        worth -= cp_position_fees(position);
    }
    return worth;
}

/* Lots of its own it would meet; a would-be quote is in the first symbol. */
static uint32_t met_of_own(const cp_slot *slot, cp_side side, int64_t price)
{
    cp_side other = side == CP_BUY ? CP_SELL : CP_BUY;
    const cp_would_be_quote *quote = &slot->would_be.quotes[other];
    bool meets = quote->leaves > 0 && cp_ask_meets(other, price, quote->price);
    return meets ? quote->leaves : 0;
}

/* What it would hold and have working in its other symbol, beyond what is real there. */
static void add_elsewhere(const cp_desk *desk, const cp_slot *slot, bool second,
                          cp_risk_ask *ask)
{
    if (!slot->kind->two_symbols)
        return;
    uint32_t symbol = second ? slot->config.symbol : slot->config.symbol2;
    int64_t mark2 = cp_desk_touch(desk, symbol)->mark2;
    int64_t point_value = desk->instruments[symbol].point_value;
    cp_i128 held =
        (cp_i128)desk->positions[symbol].qty + slot->would_be.positions[!second].qty;
    cp_i128 worst[2] = { held, -held }, net[2];
    for (int i = CP_BUY; i <= CP_SELL; i++) {
        worst[i] += desk->orders.working_qty[symbol][i];
        worst[i] += second ? slot->would_be.quotes[i].leaves : 0;
        net[i] = cp_risk_net(worst[i], mark2, point_value);
    }
    const cp_exposure *here = &desk->exposures.symbols[symbol];
    cp_i128 gross = net[CP_BUY] > net[CP_SELL] ? net[CP_BUY] : net[CP_SELL];
    ask->exposure_elsewhere += (gross <= 0 ? 0 : cp_saturate(gross)) - here->gross;
    ask->net_elsewhere += net[ask->side] - here->net[ask->side];
}

/* What is counted of real orders, with those it would have beside them. */
static void add_would_be(cp_desk *desk, uint32_t slot_index, bool second,
                         cp_risk_ask *ask)
{
    const cp_slot *slot = &desk->slots[slot_index];
    const cp_would_be_quote *quotes = slot->would_be.quotes;
    uint32_t quoted = quotes[CP_BUY].leaves > 0;
    quoted += quotes[CP_SELL].leaves > 0;
    uint32_t messages = cp_rate_count(&desk->would_be_rates[slot_index], desk->now_ns);
    cp_terms terms = cp_ask_terms_of(slot_index, ask->symbol, ask);
    ask->open_orders += quoted;
    ask->own_orders += quoted;
    ask->symbol_orders += second ? 0 : quoted;
    ask->message_count += messages;
    ask->own_messages += messages;
    ask->same_count += cp_recent_count(&desk->would_be_recent, &terms, desk->now_ns);
    ask->own_met += second ? 0 : met_of_own(slot, ask->side, ask->price);
    add_elsewhere(desk, slot, second, ask);
}

static int64_t more_lost(int64_t lost, cp_i128 worth)
{
    return worth < 0 ? cp_saturate(lost - worth) : lost;
}

/* Checked as it is, it has passed: once more beside what would be there already. */
static uint32_t check_beside(cp_desk *desk, uint32_t slot, bool second, cp_risk_ask *ask,
                             cp_risk_finding *finding)
{
    cp_risk *risk = &desk->risk;
    cp_i128 worth = cp_would_be_worth(desk, slot);
    int64_t loss = risk->loss, drawdown = risk->drawdown;
    int64_t own_loss = risk->strategy_loss[slot];
    add_would_be(desk, slot, second, ask);
    risk->loss = more_lost(loss, worth);
    risk->drawdown = more_lost(drawdown, worth);
    risk->strategy_loss[slot] = more_lost(own_loss, worth);
    uint32_t refusal = cp_risk_check(risk, ask, finding);
    risk->loss = loss;
    risk->drawdown = drawdown;
    risk->strategy_loss[slot] = own_loss;
    return refusal;
}

static bool passes(cp_desk *desk, uint32_t slot_index, bool second, cp_risk_ask *ask)
{
    cp_slot *slot = &desk->slots[slot_index];
    uint32_t symbol = second ? slot->config.symbol2 : slot->config.symbol;
    cp_risk_finding finding;
    ask->would_be_position = slot->would_be.positions[second].qty;
    for (int i = CP_BUY; i <= CP_SELL; i++)
        ask->would_be_working[i] = second ? 0 : slot->would_be.quotes[i].leaves;
    uint32_t refusal = cp_desk_check(desk, slot_index, symbol, ask, false, &finding);
    if (refusal == CP_REFUSE_COUNT)
        refusal = check_beside(desk, slot_index, second, ask, &finding);
    if (refusal != CP_REFUSE_COUNT)
        cp_desk_refuse_would_be(desk, slot_index, symbol, refusal, ask, &finding);
    return refusal == CP_REFUSE_COUNT;
}

static void count_order(cp_desk *desk, uint32_t slot, cp_side side, int64_t price,
                        uint32_t qty)
{
    desk->slots[slot].would_be.order_count++;
    cp_rate_add(&desk->would_be_rates[slot], desk->now_ns);
    cp_recent_add(&desk->would_be_recent, desk->now_ns);
    desk->hash = cp_mix(desk->hash, (uint64_t)price);
    desk->hash = cp_mix(desk->hash, (uint64_t)qty << 8 | (uint64_t)side << 4 | slot);
}

void cp_would_be_ask_take(cp_desk *desk, uint32_t slot, bool second, cp_side side,
                          int64_t price, uint32_t qty)
{
    cp_risk_ask ask = { .side = side, .qty = qty, .price = price };
    if (!passes(desk, slot, second, &ask))
        return;
    count_order(desk, slot, side, price, qty);
    uint32_t leaves = sweep(desk, slot, second, side, price, qty);
    if (leaves < qty)
        cp_seats_on_fill(desk, slot, side, qty - leaves);
}

void cp_would_be_ask_quote(cp_desk *desk, uint32_t slot_index, cp_side side,
                           int64_t price, uint32_t qty)
{
    cp_slot *slot = &desk->slots[slot_index];
    cp_would_be_quote *quote = quote_of(desk, slot_index, side);
    bool stays = quote->leaves > 0 && quote->price == price && qty <= quote->leaves;
    if (qty == 0) {
        take_off(desk, slot_index, side);
        return;
    }
    if (stays && qty == quote->leaves)
        return;
    cp_risk_ask ask = {
        .side = side, .is_replace = quote->leaves > 0, .qty = qty, .price = price
    };
    if (!passes(desk, slot_index, false, &ask)) {
        /* Like a real one that may not move: where it stood, nobody wants it. */
        take_off(desk, slot_index, side);
        return;
    }
    count_order(desk, slot_index, side, price, qty);
    if (stays) {
        quote->leaves = qty; /* smaller at the same price: it keeps its place */
        return;
    }
    drop(desk, quote);
    uint32_t leaves = sweep(desk, slot_index, false, side, price, qty);
    if (leaves > 0) {
        const cp_feed *feed = &desk->feed;
        const cp_book *book = &feed->symbols[slot->config.symbol].book;
        const cp_book_level *level = cp_book_level_at(book, side, price);
        *quote = (cp_would_be_quote){ .price = price,
                                      .ahead = level ? level->qty : 0,
                                      .leaves = leaves,
                                      .serial = (uint32_t)feed->md_count };
        desk->would_be_count++;
    }
    if (leaves < qty)
        cp_seats_on_fill(desk, slot_index, side, qty - leaves);
}

/* ---- the queue ---- */

static uint32_t least(uint64_t a, uint32_t b)
{
    return a < b ? (uint32_t)a : b;
}

/* Lots of an order on the quote's side are about to trade or to leave. */
static void pass_by(cp_would_be_quote *quote, cp_side side, const cp_book_order *order,
                    uint32_t qty, bool trades)
{
    if (quote->leaves == 0)
        return;
    if (order->price != quote->price) {
        bool behind = cp_price_is_better(side, quote->price, order->price);
        if (trades && behind)
            quote->due = least((uint64_t)quote->due + qty, quote->leaves);
        return;
    }
    bool before = (int32_t)(order->serial - quote->serial) <= 0;
    if (before)
        quote->ahead -= qty < quote->ahead ? qty : quote->ahead;
    else if (trades)
        quote->due = least((uint64_t)quote->due + qty, quote->leaves);
}

static bool concerns(const cp_desk *desk, uint32_t slot_index, const cp_md *md)
{
    const cp_slot *slot = &desk->slots[slot_index];
    return slot->kind && slot->config.mode == CP_MODE_SHADOW &&
           slot->config.symbol == md->symbol;
}

void cp_would_be_before(cp_desk *desk, const cp_md *md)
{
    bool leaves = md->kind == CP_MD_EXECUTE || md->kind == CP_MD_REDUCE ||
                  md->kind == CP_MD_DELETE || md->kind == CP_MD_REPLACE;
    if (!leaves || md->sequence != desk->feed.expected)
        return;
    uint32_t index = cp_feed_find(&desk->feed, md->order_ref);
    if (index == CP_NONE)
        return;
    const cp_book_order *order = &desk->feed.pool.orders[index];
    cp_side side = order->side ? CP_SELL : CP_BUY;
    /* A replace takes all of the old order off, whatever the new one has. */
    uint32_t qty = md->kind == CP_MD_REPLACE ? order->qty : md->qty;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        if (concerns(desk, i, md))
            pass_by(quote_of(desk, i, side), side, order, qty, md->kind == CP_MD_EXECUTE);
}

static void fill_quote(cp_desk *desk, uint32_t slot, cp_side side, uint32_t qty)
{
    cp_would_be_quote *quote = quote_of(desk, slot, side);
    int64_t price = quote->price;
    quote->leaves -= qty;
    quote->due = 0;
    uint32_t leaves = quote->leaves;
    if (leaves == 0) {
        quote->leaves = qty; /* drop counts what is there */
        drop(desk, quote);
    }
    book_fill(desk, slot, false, side, price, qty, leaves, CP_MAKER);
    cp_seats_refresh(desk, slot, side);
    cp_seats_on_fill(desk, slot, side, qty);
}

/* Somebody's order that rests now where it would have met the quote. */
static uint32_t met_by(const cp_would_be_quote *quote, cp_side side, const cp_md *md)
{
    bool rests = md->kind == CP_MD_ADD;
    if (!rests || quote->leaves == 0 || (md->side == CP_SELL) == (side == CP_SELL) ||
        cp_price_is_better(side, md->price, quote->price))
        return 0;
    return least(md->qty, quote->leaves);
}

void cp_would_be_after(cp_desk *desk, const cp_md *md)
{
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        for (int s = CP_BUY; s <= CP_SELL && concerns(desk, i, md); s++) {
            const cp_would_be_quote *quote = quote_of(desk, i, (cp_side)s);
            uint32_t met = met_by(quote, (cp_side)s, md);
            uint32_t qty = quote->due > met ? quote->due : met;
            qty = qty < quote->leaves ? qty : quote->leaves;
            if (qty > 0)
                fill_quote(desk, i, (cp_side)s, qty);
        }
    }
}
