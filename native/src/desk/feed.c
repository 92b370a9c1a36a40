/* feed.c: see feed.h. */
#include "desk/feed.h"

static uint32_t pages_needed(const cp_instrument *instruments, uint32_t symbol_count)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < symbol_count; i++)
        total += cp_pages_for(instruments[i].price_max);
    return total;
}

static void symbol_clear_touch(cp_touch *touch)
{
    touch->price[CP_BUY] = touch->price[CP_SELL] = CP_PRICE_NONE;
    touch->qty[CP_BUY] = touch->qty[CP_SELL] = 0;
}

int cp_feed_init(cp_feed *feed, const cp_instrument *instruments, uint32_t symbol_count,
                 uint32_t order_capacity)
{
    CP_ASSERT(symbol_count > 0 && symbol_count <= CP_SYMBOL_MAX);
    memset(feed, 0, sizeof(*feed));
    feed->expected = 1;
    feed->symbol_count = symbol_count;
    feed->symbols = aligned_alloc(
        CP_LINE,
        ((symbol_count * sizeof(cp_feed_symbol) + CP_LINE - 1) / CP_LINE) * CP_LINE);
    if (!feed->symbols)
        return -ENOMEM;
    memset(feed->symbols, 0, symbol_count * sizeof(cp_feed_symbol));
    int error = cp_pool_init(&feed->pool, order_capacity);
    if (!error)
        error = cp_pages_init(&feed->pages, pages_needed(instruments, symbol_count));
    if (!error)
        error = cp_idmap_init(&feed->refs, &feed->pool);
    for (uint32_t i = 0; i < symbol_count && !error; i++) {
        cp_feed_symbol *symbol = &feed->symbols[i];
        symbol_clear_touch(&symbol->touch);
        symbol->touch.last = CP_PRICE_NONE;
        symbol->touch.mark2 = CP_PRICE_NONE;
        error = cp_book_init(&symbol->book, &feed->pool, &feed->pages,
                             instruments[i].price_max);
    }
    if (error)
        cp_feed_free(feed);
    return error;
}

void cp_feed_free(cp_feed *feed)
{
    for (uint32_t i = 0; feed->symbols && i < feed->symbol_count; i++)
        cp_book_free(&feed->symbols[i].book);
    free(feed->symbols);
    cp_idmap_free(&feed->refs);
    cp_pages_free(&feed->pages);
    cp_pool_free(&feed->pool);
    memset(feed, 0, sizeof(*feed));
}

/* The mid while the book can be trusted, else the last trade, else what it was. */
static void touch_mark(cp_touch *touch)
{
    bool both =
        touch->price[CP_BUY] != CP_PRICE_NONE && touch->price[CP_SELL] != CP_PRICE_NONE;
    if (both && !touch->stale)
        touch->mark2 = touch->price[CP_BUY] + touch->price[CP_SELL];
    else if (touch->last != CP_PRICE_NONE)
        touch->mark2 = 2 * touch->last;
}

static uint32_t touch_refresh(cp_feed_symbol *symbol, cp_side side)
{
    cp_touch *touch = &symbol->touch;
    int64_t best = cp_book_best(&symbol->book, side);
    uint64_t qty =
        best == CP_PRICE_NONE ? 0 : cp_book_level_at(&symbol->book, side, best)->qty;
    uint32_t changed = 0;
    if (qty != touch->qty[side]) {
        touch->qty[side] = qty;
        changed = CP_FEED_QTY;
    }
    if (best != touch->price[side]) {
        touch->price[side] = best;
        touch_mark(touch);
        changed = CP_FEED_PRICE | CP_FEED_QTY;
    }
    return changed;
}

/* Most messages are about prices behind the best, which leave the touch as it is. */
static inline uint32_t touch_after(cp_feed_symbol *symbol, cp_side side, int64_t price)
{
    int64_t best = symbol->touch.price[side];
    bool behind = side == CP_BUY ? price < best : price > best;
    if (CP_LIKELY(behind && best != CP_PRICE_NONE))
        return 0;
    return touch_refresh(symbol, side);
}

static void make_stale(cp_feed_symbol *symbol)
{
    symbol->touch.stale = true;
    touch_mark(&symbol->touch);
}

static uint32_t misfit(cp_feed *feed, cp_feed_symbol *symbol)
{
    feed->misfit_count++;
    make_stale(symbol);
    return CP_FEED_DOUBT;
}

static void book_empty(cp_feed *feed, cp_feed_symbol *symbol)
{
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        uint32_t index;
        while ((index = cp_book_front(&symbol->book, (cp_side)side)) != CP_NONE) {
            cp_book_remove(&symbol->book, index);
            cp_idmap_remove(&feed->refs, index);
            cp_pool_give(&feed->pool, index);
        }
    }
}

/* Nothing is left half done: false means the book is as it was. */
static bool book_put(cp_feed *feed, cp_feed_symbol *symbol, const cp_md *md, cp_side side,
                     uint64_t order_ref)
{
    if (md->price < 0 || md->price > UINT32_MAX || md->qty == 0 ||
        cp_feed_find(feed, order_ref) != CP_NONE)
        return false;
    uint32_t index = cp_pool_take(&feed->pool);
    if (index == CP_NONE)
        return false;
    cp_book_order *order = &feed->pool.orders[index];
    order->id = order_ref;
    order->price = (uint32_t)md->price;
    order->qty = md->qty;
    order->serial = (uint32_t)feed->md_count; /* who came before whom */
    order->owner = CP_NOBODY;
    order->symbol = md->symbol & 0x7fffu;
    order->side = (unsigned)side & 1u;
    if (cp_book_add(&symbol->book, index) != 0) {
        cp_pool_give(&feed->pool, index);
        return false;
    }
    cp_idmap_put(&feed->refs, index);
    return true;
}

static void book_drop(cp_feed *feed, cp_feed_symbol *symbol, uint32_t index)
{
    cp_book_remove(&symbol->book, index);
    cp_idmap_remove(&feed->refs, index);
    cp_pool_give(&feed->pool, index);
}

static uint32_t on_add(cp_feed *feed, cp_feed_symbol *symbol, const cp_md *md)
{
    cp_side side = md->side == CP_SELL ? CP_SELL : CP_BUY;
    if (CP_UNLIKELY(!book_put(feed, symbol, md, side, md->order_ref)))
        return misfit(feed, symbol);
    return touch_after(symbol, side, md->price);
}

/* EXECUTE, REDUCE, DELETE, REPLACE: the order must be there, and of this symbol. */
static uint32_t on_change(cp_feed *feed, cp_feed_symbol *symbol, const cp_md *md)
{
    uint32_t index = cp_feed_find(feed, md->order_ref);
    if (CP_UNLIKELY(index == CP_NONE))
        return misfit(feed, symbol);
    cp_book_order *order = &feed->pool.orders[index];
    cp_side side = order->side ? CP_SELL : CP_BUY;
    int64_t price = order->price;
    if (CP_UNLIKELY(order->symbol != md->symbol))
        return misfit(feed, symbol);
    if (md->kind == CP_MD_REPLACE) {
        book_drop(feed, symbol, index);
        uint32_t changed = touch_after(symbol, side, price);
        if (CP_UNLIKELY(!book_put(feed, symbol, md, side, md->other_ref)))
            return changed | misfit(feed, symbol);
        return changed | touch_after(symbol, side, md->price);
    }
    bool gone = md->kind == CP_MD_DELETE || md->leaves == 0;
    if (CP_UNLIKELY(md->qty > order->qty ||
                    order->qty - md->qty != (gone ? 0 : md->leaves)))
        return misfit(feed, symbol);
    if (gone)
        book_drop(feed, symbol, index);
    else if (md->qty > 0)
        cp_book_reduce(&symbol->book, index, md->qty);
    return touch_after(symbol, side, price);
}

static uint32_t on_clear(cp_feed *feed, cp_feed_symbol *symbol)
{
    book_empty(feed, symbol);
    symbol_clear_touch(&symbol->touch);
    symbol->touch.stale = false;
    touch_mark(&symbol->touch);
    return CP_FEED_PRICE | CP_FEED_QTY;
}

static uint32_t on_trade(cp_feed_symbol *symbol, const cp_md *md)
{
    cp_touch *touch = &symbol->touch;
    symbol->volume += md->qty;
    if (md->price < 0 || md->price > UINT32_MAX)
        return 0;
    touch->last = md->price;
    touch->last_qty = md->qty;
    touch->last_side = md->side;
    if (touch->stale || touch->price[CP_BUY] == CP_PRICE_NONE ||
        touch->price[CP_SELL] == CP_PRICE_NONE)
        touch_mark(touch);
    return CP_FEED_TRADE;
}

static uint32_t on_gap(cp_feed *feed, uint64_t received)
{
    feed->gap_count++;
    feed->gap_expected = feed->expected;
    feed->gap_received = received;
    feed->expected = received;
    for (uint32_t i = 0; i < feed->symbol_count; i++)
        make_stale(&feed->symbols[i]);
    return CP_FEED_GAP;
}

uint32_t cp_feed_on_md(cp_feed *feed, const cp_md *md, uint64_t now_ns)
{
    uint32_t changed = 0;
    if (CP_UNLIKELY(md->sequence != feed->expected)) {
        if (md->sequence < feed->expected) {
            feed->duplicate_count++;
            return 0;
        }
        changed = on_gap(feed, md->sequence);
    }
    feed->expected++;
    feed->md_count++;
    if (CP_UNLIKELY(md->symbol >= feed->symbol_count)) {
        feed->misfit_count++;
        return changed;
    }
    cp_feed_symbol *symbol = &feed->symbols[md->symbol];
    symbol->md_count++;
    symbol->last_md_ns = now_ns;
    if (md->kind == CP_MD_EXECUTE || md->kind == CP_MD_TRADE)
        changed |= on_trade(symbol, md);
    if (md->kind == CP_MD_CLEAR)
        return changed | on_clear(feed, symbol);
    if (md->kind == CP_MD_PHASE) {
        symbol->pausing = md->qty != CP_PHASE_CONTINUOUS;
        symbol->phase = md->qty < CP_PHASE_COUNT ? (uint8_t)md->qty : CP_PHASE_HALT;
    }
    if (CP_UNLIKELY(symbol->touch.stale))
        return changed;
    switch (md->kind) {
    case CP_MD_ADD:
        return changed | on_add(feed, symbol, md);
    case CP_MD_EXECUTE:
    case CP_MD_REDUCE:
    case CP_MD_DELETE:
    case CP_MD_REPLACE:
        return changed | on_change(feed, symbol, md);
    case CP_MD_TRADE: /* nothing moves in the book by it */
    case CP_MD_PHASE:
        return changed;
    default:
        return changed | misfit(feed, symbol);
    }
}
