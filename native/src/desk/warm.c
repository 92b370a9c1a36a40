/* warm.c: see warm.h. */
#include "desk/inside.h"

#define NEAR_LEVELS 24u /* prices on either side of a best one */
#define NEAR_ORDERS 64u /* of our own */
#define FREE_ORDERS 4u  /* places the next orders will take */
#define NEXT_LINES 4u   /* of an outbox */
/* Of one table. A larger one, of a market with very many orders, would drive all the rest
 * out: what lies further on is left to chance. */
#define TABLE_SIZE_MAX ((size_t)128 << 10)

static void add(cp_warm *warm, const void *start, size_t size)
{
    if (size == 0 || warm->count == CP_WARM_REGIONS)
        return;
    if (size > TABLE_SIZE_MAX)
        size = TABLE_SIZE_MAX;
    uintptr_t place = (uintptr_t)start % CP_LINE;
    warm->regions[warm->count++] =
        (cp_warm_region){ .from = (const uint8_t *)start - place,
                          .line_count = (uint32_t)((place + size - 1) / CP_LINE + 1) };
}

static void add_names(cp_warm *warm, const cp_idmap *map, const cp_pool *pool)
{
    add(warm, map->buckets, (map->mask + 1) * sizeof(cp_bucket));
    add(warm, pool->orders, pool->fresh * sizeof(cp_book_order));
}

/* The levels about the best price, where what we act on happens. */
static void add_side(cp_warm *warm, const cp_book *book, cp_side side)
{
    const cp_ladder *ladder = &book->ladders[side];
    if (ladder->best == CP_PRICE_NONE)
        return;
    uint32_t best = (uint32_t)ladder->best;
    cp_page *const *entry = &ladder->table[best >> CP_PAGE_BITS];
    const cp_page *page = *entry;
    uint32_t slot = best % CP_PAGE_LEVELS;
    uint32_t first = slot > NEAR_LEVELS ? slot - NEAR_LEVELS : 0;
    uint32_t end = slot + NEAR_LEVELS;
    if (end > CP_PAGE_LEVELS)
        end = CP_PAGE_LEVELS;
    add(warm, entry, sizeof(*entry));
    add(warm, &page->levels[first], (end - first) * sizeof(page->levels[0]));
    add(warm, page->occupied, sizeof(page->occupied) + sizeof(page->summary));
}

static void add_lots(cp_warm *warm, cp_lots *lots)
{
    add(warm, lots, offsetof(cp_lots, ring));
    add(warm, cp_lots_at(lots, 0), sizeof(cp_lot));
    add(warm, cp_lots_at(lots, lots->count + CP_LOTS_MAX - 1), sizeof(cp_lot));
    add(warm, cp_lots_at(lots, lots->count), sizeof(cp_lot));
}

static void add_rate(cp_warm *warm, const cp_rate *rate)
{
    add(warm, rate, offsetof(cp_rate, counts));
    uint64_t oldest = rate->step + 1 - CP_RATE_STEPS;
    add(warm, &rate->counts[rate->step % CP_RATE_SLOTS], sizeof(rate->counts[0]));
    add(warm, &rate->counts[oldest % CP_RATE_SLOTS], sizeof(rate->counts[0]));
}

static void add_limits(const cp_desk *desk, cp_warm *warm, uint32_t slot, uint32_t symbol)
{
    const cp_risk *risk = &desk->risk;
    add(warm, risk->symbol_limits[symbol], sizeof(risk->symbol_limits[0]));
    add(warm, risk->strategy_limits[slot], sizeof(risk->strategy_limits[0]));
    add(warm, risk->tightest[slot][symbol], sizeof(risk->tightest[0][0]));
}

static void add_slot(cp_desk *desk, cp_warm *warm, uint32_t index)
{
    const cp_slot *slot = &desk->slots[index];
    if (!slot->kind || slot->config.mode == CP_MODE_OFF)
        return;
    add(warm, slot, offsetof(cp_slot, next));
    add(warm, &slot->order_count,
        offsetof(cp_slot, state) - offsetof(cp_slot, order_count));
    add(warm, slot->state, slot->kind->state_size);
    add_rate(warm, &desk->slot_rates[index]);
    const uint32_t symbols[] = { slot->config.symbol, slot->config.symbol2 };
    for (uint32_t i = 0; i < (slot->kind->two_symbols ? 2u : 1u); i++) {
        add(warm, &desk->cells[index][symbols[i]], sizeof(cp_position));
        add(warm, &desk->costs[index][symbols[i]], sizeof(cp_costs));
        add(warm, desk->orders.slot_qty[index][symbols[i]], 2 * sizeof(int64_t));
        add_limits(desk, warm, index, symbols[i]);
        add_lots(warm, &desk->lots[symbols[i]]);
    }
}

static void add_orders(cp_warm *warm, const cp_orders *orders)
{
    const cp_own_order *table = orders->orders;
    add(warm, orders, offsetof(cp_orders, slot_qty));
    add(warm, orders->symbol_orders,
        sizeof(*orders) - offsetof(cp_orders, symbol_orders));
    uint32_t left = NEAR_ORDERS;
    for (uint32_t i = orders->last; i != CP_NONE && left > 0; i = table[i].prev, left--)
        add(warm, &table[i], sizeof(table[i]));
    left = FREE_ORDERS;
    for (uint32_t i = orders->free_head; i != CP_NONE && left > 0;
         i = table[i].next, left--)
        add(warm, &table[i], sizeof(table[i]));
    add_names(warm, &orders->by_name, &orders->names);
}

static void add_outbox(cp_warm *warm, const cp_outbox *outbox)
{
    add(warm, cp_outbox_at(outbox, 0), (size_t)NEXT_LINES * CP_LINE);
}

static void add_risk(const cp_desk *desk, cp_warm *warm)
{
    const cp_risk *risk = &desk->risk;
    const cp_breakers *breakers = &desk->breakers;
    add(warm, &desk->exposures, sizeof(desk->exposures));
    add(warm, risk, offsetof(cp_risk, symbol_limits));
    add(warm, &risk->passed, sizeof(risk->passed) + sizeof(risk->asks));
    add(warm, desk->limits.triggers, sizeof(desk->limits.triggers));
    add_rate(warm, &desk->rate);
    add(warm, &desk->recent, sizeof(desk->recent));
    add(warm, breakers, offsetof(cp_breakers, rejects));
    add_rate(warm, &breakers->rejects);
    add_rate(warm, &breakers->fills);
    add(warm, &breakers->executions, sizeof(breakers->executions));
    add(warm, desk->own_best, sizeof(desk->own_best));
}

static void collect(cp_desk *desk, cp_warm *warm)
{
    warm->count = 0;
    add(warm, desk, offsetof(cp_desk, orders));
    add_orders(warm, &desk->orders);
    add_risk(desk, warm);
    add(warm, desk->instruments, desk->symbol_count * sizeof(cp_instrument));
    add(warm, desk->positions, desk->symbol_count * sizeof(cp_position));
    add(warm, &desk->replaying, offsetof(cp_desk, fills) - offsetof(cp_desk, replaying));
    add(warm, &desk->fills[desk->fill_next % CP_FILL_MAX], sizeof(cp_fill));
    add(warm, &desk->orders_out, offsetof(cp_desk, warm) - offsetof(cp_desk, orders_out));
    add_outbox(warm, &desk->orders_out);
    add_outbox(warm, &desk->notes_out);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        add_slot(desk, warm, i);
    add(warm, desk->feed.symbols, desk->symbol_count * sizeof(cp_feed_symbol));
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        add_side(warm, &desk->feed.symbols[i].book, CP_BUY);
        add_side(warm, &desk->feed.symbols[i].book, CP_SELL);
    }
    add_names(warm, &desk->feed.refs, &desk->feed.pool);
}

void cp_desk_keep_warm(cp_desk *desk)
{
    cp_warm *warm = &desk->warm;
    if (warm->region == warm->count) {
        collect(desk, warm);
        warm->region = warm->line = 0;
        return;
    }
    const cp_warm_region *region = &warm->regions[warm->region];
    uint32_t end = warm->line + CP_WARM_LINES;
    if (end > region->line_count)
        end = region->line_count;
    for (; warm->line < end; warm->line++)
        cp_fetch(region->from + (size_t)warm->line * CP_LINE);
    if (end == region->line_count) {
        warm->region++;
        warm->line = 0;
    }
}
