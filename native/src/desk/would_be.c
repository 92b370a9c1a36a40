/* would_be.c: see would_be.h. */
#include "desk/inside.h"

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

void cp_would_be_pull(cp_desk *desk, uint32_t slot)
{
    drop(desk, quote_of(desk, slot, CP_BUY));
    drop(desk, quote_of(desk, slot, CP_SELL));
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

static bool passes(cp_desk *desk, uint32_t slot_index, bool second, cp_side side,
                   int64_t price, uint32_t qty)
{
    cp_slot *slot = &desk->slots[slot_index];
    uint32_t symbol = second ? slot->config.symbol2 : slot->config.symbol;
    cp_risk_ask ask = { .side = side, .qty = qty, .price = price };
    ask.would_be_position = slot->would_be.positions[second].qty;
    for (int i = CP_BUY; i <= CP_SELL; i++)
        ask.would_be_working[i] = second ? 0 : slot->would_be.quotes[i].leaves;
    return cp_desk_would_pass(desk, slot_index, symbol, &ask);
}

static void count_order(cp_desk *desk, uint32_t slot, cp_side side, int64_t price,
                        uint32_t qty)
{
    desk->slots[slot].would_be.order_count++;
    desk->hash = cp_mix(desk->hash, (uint64_t)price);
    desk->hash = cp_mix(desk->hash, (uint64_t)qty << 8 | (uint64_t)side << 4 | slot);
}

void cp_would_be_ask_take(cp_desk *desk, uint32_t slot, bool second, cp_side side,
                          int64_t price, uint32_t qty)
{
    if (!passes(desk, slot, second, side, price, qty))
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
    if (quote->leaves > 0 && quote->price == price && qty > 0 && qty <= quote->leaves) {
        quote->leaves = qty; /* smaller at the same price: it keeps its place */
        return;
    }
    drop(desk, quote);
    if (qty == 0)
        return;
    if (!passes(desk, slot_index, false, side, price, qty))
        return; /* like a real one that may not move: where it stood, nobody wants it */
    count_order(desk, slot_index, side, price, qty);
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
