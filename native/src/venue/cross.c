/* cross.c: all orders that reach each other trade at one price (P3 .. P5). */
#include "venue/inside.h"

static uint64_t level_open_qty(const cp_venue *venue, const cp_book *book, cp_side side,
                               int64_t price)
{
    const cp_book_level *level = cp_book_level_at(book, side, price);
    if (!level)
        return 0;
    uint64_t qty = 0;
    for (uint32_t i = level->head; i != CP_NONE; i = venue->pool.orders[i].next)
        qty += cp_open_qty(venue, i);
    return qty;
}

/* The best candidate so far. */
typedef struct choice {
    int64_t reference;
    int64_t price;
    uint64_t volume, imbalance, distance;
} choice;

static uint64_t apart(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Candidates come from low to high: an equal one does not displace a lower one. */
static void consider(choice *best, int64_t price, uint64_t buys, uint64_t sells)
{
    uint64_t volume = buys < sells ? buys : sells;
    uint64_t imbalance = apart(buys, sells);
    uint64_t distance = apart((uint64_t)price, (uint64_t)best->reference);
    if (best->price != CP_PRICE_NONE) {
        if (volume != best->volume         ? volume < best->volume
            : imbalance != best->imbalance ? imbalance > best->imbalance
                                           : distance >= best->distance)
            return;
    }
    best->price = price;
    best->volume = volume;
    best->imbalance = imbalance;
    best->distance = distance;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t reference_of(const cp_symbol_state *symbol, int64_t low, int64_t high)
{
    if (symbol->reference > 0)
        return symbol->reference;
    return symbol->last != CP_PRICE_NONE ? symbol->last : (low + high) / 2;
}

/* The next price above with orders of either side, or CP_PRICE_NONE. */
static int64_t next_above(const cp_book *book, int64_t price)
{
    int64_t buy = cp_ladder_above(&book->ladders[CP_BUY], (uint32_t)price);
    int64_t sell = cp_ladder_above(&book->ladders[CP_SELL], (uint32_t)price);
    if (buy == CP_PRICE_NONE || sell == CP_PRICE_NONE)
        return buy == CP_PRICE_NONE ? sell : buy;
    return buy < sell ? buy : sell;
}

/* Between two prices with orders everything is constant but the distance to the
 * reference, so one candidate stands for all of them. */
static choice choose(const cp_venue *venue, const cp_book *book, int64_t low,
                     int64_t high, int64_t reference)
{
    choice best = { .reference = reference, .price = CP_PRICE_NONE };
    uint64_t buys = 0, sells = 0;
    for (int64_t p = high; p != CP_PRICE_NONE && p >= low;
         p = cp_book_next_price(book, CP_BUY, p))
        buys += level_open_qty(venue, book, CP_BUY, p);
    for (int64_t p = low; p != CP_PRICE_NONE && p <= high;) {
        sells += level_open_qty(venue, book, CP_SELL, p);
        consider(&best, p, buys, sells);
        buys -= level_open_qty(venue, book, CP_BUY, p);
        int64_t next = next_above(book, p);
        int64_t last = next == CP_PRICE_NONE || next > high ? high : next - 1;
        if (p + 1 <= last)
            consider(&best, clamp(reference, p + 1, last), buys, sells);
        p = next;
    }
    return best;
}

bool cp_cross_begin(cp_venue *venue, uint16_t symbol)
{
    cp_symbol_state *state = &venue->symbols[symbol];
    const cp_book *book = &venue->books[symbol];
    int64_t low = cp_book_best(book, CP_SELL), high = cp_book_best(book, CP_BUY);
    state->cross_price = CP_PRICE_NONE;
    state->cross_left = 0;
    if (low == CP_PRICE_NONE || high == CP_PRICE_NONE || low > high)
        return false;
    choice best = choose(venue, book, low, high, reference_of(state, low, high));
    CP_ASSERT(best.volume > 0);
    state->cross_price = best.price;
    state->cross_left = best.volume;
    return true;
}

/* ---- allocation ------------------------------------------------------------------- */

/* An order has traded qty in the cross: what it shows afterwards. */
static void take_off(cp_venue *venue, uint32_t index, uint32_t qty)
{
    cp_book_order *order = &venue->pool.orders[index];
    cp_book *book = &venue->books[order->symbol];
    uint64_t ref = cp_ref_of(venue, index);
    uint32_t left = cp_open_qty(venue, index) - qty;
    uint32_t shown = order->qty < left ? order->qty : left;
    if (left == 0) {
        cp_emit_md(venue, CP_MD_DELETE, order, ref, 0, order->qty, 0);
        cp_book_remove(book, index);
        cp_forget(venue, index);
        return;
    }
    cp_record *record = cp_record_for(venue, index);
    uint32_t less = order->qty - shown;
    if (less > 0) {
        cp_book_reduce(book, index, less);
        cp_emit_md(venue, CP_MD_REDUCE, order, ref, 0, less, shown);
    }
    if (!record) {
        cp_pull(venue, index, CP_REASON_CAPACITY);
        return;
    }
    cp_use(&record->used, qty);
    record->hidden = left - shown;
}

static void report_cross(cp_venue *venue, uint32_t index, uint64_t match, int64_t price,
                         uint32_t qty)
{
    const cp_book_order *order = &venue->pool.orders[index];
    cp_report_fill(venue, order->id, cp_ref_of(venue, index), match, price, qty,
                   cp_open_qty(venue, index) - qty, order->symbol, order->owner,
                   (cp_side)order->side, CP_CROSS, 0);
}

static void match_front(cp_venue *venue, uint16_t symbol)
{
    cp_symbol_state *state = &venue->symbols[symbol];
    const cp_book *book = &venue->books[symbol];
    uint32_t buy = cp_book_front(book, CP_BUY), sell = cp_book_front(book, CP_SELL);
    CP_ASSERT(buy != CP_NONE && sell != CP_NONE);
    uint32_t bought = cp_open_qty(venue, buy), sold = cp_open_qty(venue, sell);
    uint32_t qty = bought < sold ? bought : sold;
    if (qty > state->cross_left)
        qty = (uint32_t)state->cross_left;
    state->cross_left -= qty;
    uint64_t match = ++venue->counters.trade_count;
    venue->counters.traded_qty += qty;
    report_cross(venue, buy, match, state->cross_price, qty);
    report_cross(venue, sell, match, state->cross_price, qty);
    take_off(venue, buy, qty);
    take_off(venue, sell, qty);
    cp_emit_symbol_md(venue, CP_MD_TRADE, symbol, match, state->cross_price, qty);
}

void cp_cross_step(cp_venue *venue, uint16_t symbol)
{
    const cp_symbol_state *state = &venue->symbols[symbol];
    for (uint32_t i = 0; i < CP_CROSS_MATCHES_MAX && state->cross_left > 0; i++)
        match_front(venue, symbol);
}
