/* recover.c: what a desk must not forget: given out for a journal, and taken in again.
 *
 * Taking in goes through the same tables as trading did, order table and positions, with
 * everything that would speak, send or decide left out. Orders come back as their slot's, but
 * no strategy's (CP_PURPOSE_INHERITED): it begins anew and knows nothing of them. They are
 * taken off as soon as the venue has said how they stand; the operator's own stay.
 */
#include "desk/inside.h"

/* ---- giving out ------------------------------------------------------------------------- */

void cp_desk_set_ids(cp_desk *desk, uint64_t end)
{
    desk->orders.id_end = end;
}

void cp_desk_skip_ids(cp_desk *desk, uint64_t end)
{
    if (end > desk->orders.next_id)
        desk->orders.next_id = end;
    desk->orders.id_end = desk->orders.next_id;
}

void cp_desk_be_guest(cp_desk *desk)
{
    desk->is_guest = desk->unconfirmed = true;
}

uint64_t cp_desk_now_ns(const cp_desk *desk)
{
    return desk->now_ns;
}

const cp_strategy_config *cp_desk_strategy(const cp_desk *desk, uint32_t slot)
{
    CP_ASSERT(slot < CP_STRATEGY_MAX);
    return &desk->slots[slot].config;
}

void cp_desk_set_version(cp_desk *desk, uint32_t slot, uint64_t version)
{
    CP_ASSERT(slot < CP_STRATEGY_MAX);
    desk->slots[slot].config.version = version;
}

void cp_desk_get_strategy(const cp_desk *desk, uint32_t slot, cp_journal_strategy *body)
{
    CP_ASSERT(slot < CP_STRATEGY_MAX);
    const cp_strategy_config *config = &desk->slots[slot].config;
    *body = (cp_journal_strategy){ .version = config->version,
                                   .hash = config->hash,
                                   .slot = slot,
                                   .used = config->used };
    memcpy(body->name, config->name, sizeof(body->name));
}

uint64_t cp_desk_next_id(const cp_desk *desk)
{
    return desk->orders.next_id;
}

void cp_desk_describe(const cp_desk *desk, cp_journal_order *body)
{
    uint32_t place = cp_orders_find(&desk->orders, body->order.client_id);
    if (place == CP_NONE)
        return;
    const cp_own_order *own = &desk->orders.orders[place];
    int64_t offset = own->expected - body->order.price;
    body->purpose = own->purpose;
    body->arrival2 = own->arrival2;
    if (offset >= INT32_MIN && offset <= INT32_MAX)
        body->expected_offset = (int32_t)offset;
}

void cp_desk_get_state(const cp_desk *desk, cp_journal_state *state)
{
    *state = (cp_journal_state){
        .risk_state = desk->stopping ? desk->state_before_stop : desk->risk.state,
        .cause = desk->state_cause,
        .next_id = desk->orders.next_id,
        .execution_count = desk->orders.execution_count,
        .equity_peak = desk->equity_peak,
        .doubt = desk->doubt,
        .halted = desk->halted,
        .killed = desk->killed & CP_STRATEGY_SLOTS,
        .modes = desk->modes,
        .mode_causes = desk->mode_causes,
    };
}

bool cp_desk_state_changed(cp_desk *desk)
{
    cp_journal_state now;
    cp_desk_get_state(desk, &now);
    const cp_journal_state *then = &desk->shown;
    bool changed = now.risk_state != then->risk_state || now.doubt != then->doubt ||
                   now.halted != then->halted || now.killed != then->killed ||
                   now.modes != then->modes || now.mode_causes != then->mode_causes ||
                   now.execution_count < then->execution_count;
    desk->shown = now;
    return changed;
}

static uint64_t mix_wide(uint64_t hash, cp_i128 value)
{
    hash = cp_mix(hash, (uint64_t)value);
    return cp_mix(hash, (uint64_t)((cp_u128)value >> 64));
}

static uint64_t mix_position(uint64_t hash, const cp_position *position)
{
    hash = cp_mix(hash, (uint64_t)position->qty);
    hash = mix_wide(hash, position->cost);
    hash = mix_wide(hash, position->realised);
    return mix_wide(hash, position->fees);
}

static bool is_empty(const cp_position *position)
{
    return position->qty == 0 && position->cost == 0 && position->realised == 0 &&
           position->fees == 0;
}

static uint64_t mix_costs(uint64_t hash, const cp_costs *costs)
{
    return mix_wide(mix_wide(hash, costs->arrival2), costs->expected);
}

static uint64_t mix_lots(uint64_t hash, const cp_lots *lots)
{
    hash = mix_wide(hash, lots->realised);
    for (uint32_t i = 0; i < lots->count; i++) {
        const cp_lot *lot = &lots->ring[(lots->first + i) % CP_LOTS_MAX];
        hash = mix_wide(cp_mix(hash, (uint64_t)lot->qty), lot->cost);
    }
    return hash;
}

/* Their sum, so that the order in which they stand in the table does not matter. */
static uint64_t hash_order(const cp_own_order *own)
{
    uint64_t hash = cp_mix(0, own->client_id);
    hash = cp_mix(hash, (uint64_t)own->price);
    hash = cp_mix(hash, (uint64_t)own->leaves << 32 | own->filled);
    hash = cp_mix(hash, (uint64_t)own->symbol << 16 | own->side);
    hash = cp_mix(hash, own->replace_sent ? own->pending_id : 0);
    hash = cp_mix(hash, own->replace_sent ? (uint64_t)own->pending_price : 0);
    return cp_mix(hash, own->replace_sent ? own->pending_qty : 0);
}

uint64_t cp_desk_journal_hash(const cp_desk *desk)
{
    uint64_t hash = 0, working = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        hash = mix_position(hash, &desk->positions[i]);
        hash = mix_lots(hash, &desk->lots[i]);
    }
    for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
        for (uint32_t i = 0; i < desk->symbol_count; i++) {
            const cp_position *cell = &desk->cells[slot][i];
            if (is_empty(cell))
                continue;
            hash = cp_mix(hash, (uint64_t)slot << 32 | i);
            hash = mix_position(hash, cell);
            hash = mix_costs(hash, &desk->costs[slot][i]);
        }
    }
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next)
        if (cp_state_is_working(desk->orders.orders[i].state))
            working += hash_order(&desk->orders.orders[i]);
    hash = cp_mix(hash, working);
    hash = cp_mix(hash, desk->stopping ? desk->state_before_stop : desk->risk.state);
    hash = cp_mix(hash, desk->doubt);
    hash = cp_mix(hash, desk->halted);
    hash = cp_mix(hash, desk->killed & CP_STRATEGY_SLOTS);
    hash = cp_mix(hash, desk->orders.execution_count);
    return cp_mix(hash, desk->orders.next_id);
}

typedef void add_record(void *context, cp_journal_kind kind, const void *body,
                        uint32_t size);

static void split(uint64_t halves[2], cp_i128 value)
{
    halves[0] = (uint64_t)value;
    halves[1] = (uint64_t)((cp_u128)value >> 64);
}

static cp_i128 join(const uint64_t halves[2])
{
    return (cp_i128)((cp_u128)halves[1] << 64 | halves[0]);
}

/* An amount that trading can come to: with room left for the sums made of it. */
static bool is_amount(const uint64_t halves[2])
{
    const cp_i128 most = (cp_i128)1 << 100;
    cp_i128 amount = join(halves);
    return amount > -most && amount < most;
}

static void give_instruments(const cp_desk *desk, add_record *add, void *context)
{
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const cp_instrument *instrument = &desk->instruments[i];
        cp_journal_instrument body = { .increment = instrument->increment,
                                       .point_value = instrument->point_value,
                                       .maker_fee = instrument->maker_fee,
                                       .taker_fee = instrument->taker_fee,
                                       .symbol = i,
                                       .price_max = instrument->price_max };
        memcpy(body.name, instrument->name, sizeof(body.name));
        add(context, CP_JOURNAL_INSTRUMENT, &body, sizeof(body));
    }
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        const cp_strategy_config *config = &desk->slots[i].config;
        if (!config->used)
            continue;
        cp_journal_strategy body;
        cp_desk_get_strategy(desk, i, &body);
        add(context, CP_JOURNAL_STRATEGY, &body, sizeof(body));
    }
}

static void give_position(const cp_position *position, uint16_t symbol, uint16_t strategy,
                          add_record *add, void *context)
{
    if (is_empty(position))
        return;
    cp_journal_position body = { .qty = position->qty,
                                 .symbol = symbol,
                                 .strategy = strategy };
    split(body.cost, position->cost);
    split(body.realised, position->realised);
    split(body.fees, position->fees);
    add(context, CP_JOURNAL_POSITION, &body, sizeof(body));
}

static void give_costs(const cp_costs *costs, const cp_lots *lots, uint16_t symbol,
                       uint16_t strategy, add_record *add, void *context)
{
    cp_journal_costs body = { .symbol = symbol, .strategy = strategy };
    if (costs) {
        split(body.arrival2, costs->arrival2);
        split(body.expected, costs->expected);
    }
    if (lots) {
        split(body.realised_fifo, lots->realised);
        body.lots_merged = lots->merged;
    }
    add(context, CP_JOURNAL_COSTS, &body, sizeof(body));
}

static void give_lots(const cp_lots *lots, uint16_t symbol, add_record *add,
                      void *context)
{
    for (uint32_t i = 0; i < lots->count; i++) {
        const cp_lot *lot = &lots->ring[(lots->first + i) % CP_LOTS_MAX];
        cp_journal_lots body = { .qty = lot->qty, .price = lot->price, .symbol = symbol };
        split(body.cost, lot->cost);
        add(context, CP_JOURNAL_LOTS, &body, sizeof(body));
    }
}

/* A position, and behind it what it came from. */
static void give_symbol(const cp_desk *desk, uint16_t i, add_record *add, void *context)
{
    give_position(&desk->positions[i], i, CP_NOBODY, add, context);
    if (!is_empty(&desk->positions[i])) {
        give_costs(NULL, &desk->lots[i], i, CP_NOBODY, add, context);
        give_lots(&desk->lots[i], i, add, context);
    }
    for (uint16_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
        give_position(&desk->cells[slot][i], i, slot, add, context);
        if (!is_empty(&desk->cells[slot][i]))
            give_costs(&desk->costs[slot][i], NULL, i, slot, add, context);
    }
}

static void give_orders(const cp_desk *desk, add_record *add, void *context)
{
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (!cp_state_is_working(own->state))
            continue;
        cp_journal_working body = { .client_id = own->client_id,
                                    .pending_id = own->pending_id,
                                    .order_ref = own->order_ref,
                                    .price = own->price,
                                    .pending_price = own->pending_price,
                                    .qty = own->qty,
                                    .asked = own->asked,
                                    .leaves = own->leaves,
                                    .filled = own->filled,
                                    .pending_qty = own->pending_qty,
                                    .symbol = own->symbol,
                                    .strategy = own->strategy,
                                    .side = own->side,
                                    .state = own->state,
                                    .time_in_force = own->time_in_force,
                                    .purpose = own->purpose,
                                    .accepted = own->accepted,
                                    .cancel_sent = own->cancel_sent,
                                    .replace_sent = own->replace_sent,
                                    .swept = own->swept,
                                    .arrival2 = own->arrival2 };
        add(context, CP_JOURNAL_WORKING, &body, sizeof(body));
        cp_journal_expected hoped = { own->client_id, own->expected };
        if (own->expected != own->price)
            add(context, CP_JOURNAL_EXPECTED, &hoped, sizeof(hoped));
    }
}

static void give_matches(const cp_desk *desk, add_record *add, void *context)
{
    cp_journal_matches body = { { 0 }, { 0 } };
    uint32_t count = 0;
    for (uint32_t set = 0; set < CP_MATCH_SETS; set++) {
        for (uint32_t way = 0; way < CP_MATCH_WAYS; way++) {
            const cp_counted *match = &desk->orders.matches.entries[set][way];
            if (match->match_ref == 0)
                continue;
            body.client_id[count] = match->client_id;
            body.match_ref[count] = match->match_ref;
            if (++count < 5)
                continue;
            add(context, CP_JOURNAL_MATCHES, &body, sizeof(body));
            body = (cp_journal_matches){ { 0 }, { 0 } };
            count = 0;
        }
    }
    if (count > 0)
        add(context, CP_JOURNAL_MATCHES, &body, sizeof(body));
}

void cp_desk_snapshot(const cp_desk *desk, add_record *add, void *context)
{
    give_instruments(desk, add, context);
    for (uint16_t i = 0; i < desk->symbol_count; i++)
        give_symbol(desk, i, add, context);
    give_orders(desk, add, context);
    cp_desk_give_limits(desk, add, context);
    give_matches(desk, add, context);
    cp_journal_state state;
    cp_desk_get_state(desk, &state);
    state.state_hash = cp_desk_journal_hash(desk);
    add(context, CP_JOURNAL_SNAPSHOT_END, &state, sizeof(state));
}

static void count_record(void *context, cp_journal_kind kind, const void *body,
                         uint32_t size)
{
    (void)kind, (void)body, (void)size;
    ++*(uint32_t *)context;
}

uint32_t cp_desk_snapshot_count(const cp_desk *desk)
{
    uint32_t count = 0;
    cp_desk_snapshot(desk, count_record, &count);
    return count;
}

void cp_desk_on_journal(cp_desk *desk, cp_journal_trouble trouble, uint32_t error,
                        uint64_t safe, uint64_t now_ns)
{
    desk->journal_trouble = trouble;
    if (trouble == CP_TROUBLE_NONE)
        return;
    desk->now_ns = now_ns;
    desk->cause_ns = 0;
    desk->clock = NULL;
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_JOURNAL, CP_CRITICAL, CP_NOBODY, CP_NOBODY);
    if (note) {
        note->a = trouble;
        note->b = error;
        note->c = (int64_t)safe;
    }
    cp_desk_set_state(desk, CP_RISK_HALTED, CP_CAUSE_JOURNAL);
    cp_desk_sweep(desk);
}

/* ---- taking in -------------------------------------------------------------------------- */

int cp_desk_recover_begin(cp_desk *desk)
{
    CP_ASSERT(desk->map == NULL && desk->orders.first == CP_NONE);
    desk->map = calloc(1, sizeof(*desk->map));
    if (!desk->map)
        return -ENOMEM;
    memcpy(desk->map->instruments, desk->instruments, sizeof(desk->instruments));
    desk->replaying = true;
    return 0;
}

static uint32_t find_instrument(const cp_desk *desk, const char *name)
{
    for (uint32_t i = 0; i < desk->symbol_count; i++)
        if (strncmp(desk->map->instruments[i].name, name, CP_NAME_SIZE) == 0)
            return i;
    return CP_NONE;
}

/* Ours of that name, or a place behind ours: what is left in one of those at the end has
 * no home. */
static int take_instrument(cp_desk *desk, const cp_journal_instrument *body)
{
    cp_recovery_map *map = desk->map;
    if (body->symbol >= CP_SYMBOL_MAX || map->is_read[body->symbol])
        return body->symbol >= CP_SYMBOL_MAX ? -EBADMSG : 0;
    uint32_t ours = find_instrument(desk, body->name);
    const cp_instrument *config = ours != CP_NONE ? &map->instruments[ours] : NULL;
    if (!config || config->increment != body->increment ||
        config->point_value != body->point_value)
        ours = desk->symbol_count + map->extra_count++;
    if (ours >= CP_SYMBOL_MAX)
        return -EBADMSG;
    map->is_read[body->symbol] = true;
    map->symbols[body->symbol] = (uint16_t)ours;
    map->names[ours] = *body;
    cp_instrument *rules = &desk->instruments[ours];
    rules->increment = body->increment;
    rules->point_value = body->point_value;
    rules->maker_fee = body->maker_fee;
    rules->taker_fee = body->taker_fee;
    return 0;
}

static bool map_symbol(const cp_desk *desk, uint16_t *symbol)
{
    if (*symbol >= CP_SYMBOL_MAX || !desk->map->is_read[*symbol])
        return false;
    *symbol = desk->map->symbols[*symbol];
    return true;
}

/* Of lots nobody has told us about: one, at what all of them cost on average. */
static void begin_lots(cp_lots *lots, const cp_position *position)
{
    *lots = (cp_lots){ .realised = position->realised };
    if (position->qty == 0)
        return;
    cp_lots_add(lots, position->qty, position->cost,
                cp_saturate(position->cost / position->qty));
    lots->merged = 1;
}

static int take_position(cp_desk *desk, cp_journal_position body)
{
    bool is_cell = body.strategy != CP_NOBODY;
    if (!map_symbol(desk, &body.symbol) || (is_cell && body.strategy >= CP_SLOT_COUNT) ||
        !is_amount(body.cost) || !is_amount(body.realised) || !is_amount(body.fees))
        return -EBADMSG;
    cp_position *position = is_cell ? &desk->cells[body.strategy][body.symbol]
                                    : &desk->positions[body.symbol];
    *position = (cp_position){ .cost = join(body.cost),
                               .realised = join(body.realised),
                               .fees = join(body.fees),
                               .qty = body.qty };
    /* A journal from before these were kept says no more of them. */
    if (is_cell)
        cp_costs_begin(&desk->costs[body.strategy][body.symbol], position);
    else
        begin_lots(&desk->lots[body.symbol], position);
    return 0;
}

static int take_costs(cp_desk *desk, cp_journal_costs body)
{
    bool is_lots = body.strategy == CP_NOBODY;
    if (!map_symbol(desk, &body.symbol) || (is_lots && !is_amount(body.realised_fifo)) ||
        (!is_lots && (!is_amount(body.arrival2) || !is_amount(body.expected))))
        return -EBADMSG;
    if (is_lots) {
        cp_lots *lots = &desk->lots[body.symbol];
        *lots = (cp_lots){ .realised = join(body.realised_fifo),
                           .merged = body.lots_merged != 0 };
        return 0;
    }
    if (body.strategy >= CP_SLOT_COUNT)
        return -EBADMSG;
    desk->costs[body.strategy][body.symbol] =
        (cp_costs){ .arrival2 = join(body.arrival2), .expected = join(body.expected) };
    return 0;
}

static int take_lots(cp_desk *desk, cp_journal_lots body)
{
    if (!map_symbol(desk, &body.symbol) || body.qty == 0 || !is_amount(body.cost) ||
        (body.qty < 0) != (desk->positions[body.symbol].qty < 0))
        return -EBADMSG;
    cp_lots_add(&desk->lots[body.symbol], body.qty, join(body.cost), body.price);
    return 0;
}

static int take_working(cp_desk *desk, cp_journal_working body)
{
    if (!map_symbol(desk, &body.symbol) || body.strategy >= CP_SLOT_COUNT ||
        !cp_state_is_working(body.state) || body.side > CP_SELL || body.qty == 0 ||
        cp_orders_find(&desk->orders, body.client_id) != CP_NONE ||
        (body.replace_sent && cp_orders_find(&desk->orders, body.pending_id) != CP_NONE))
        return -EBADMSG;
    cp_own_order own = { .client_id = body.client_id,
                         .pending_id = body.pending_id,
                         .order_ref = body.order_ref,
                         .price = body.price,
                         .pending_price = body.pending_price,
                         .qty = body.qty,
                         .asked = body.asked,
                         .leaves = body.leaves,
                         .filled = body.filled,
                         .pending_qty = body.pending_qty,
                         .symbol = body.symbol,
                         .strategy = body.strategy,
                         .side = body.side,
                         .state = body.state,
                         .purpose = CP_PURPOSE_INHERITED,
                         .arrival2 = body.arrival2,
                         .expected = body.price,
                         .time_in_force = body.time_in_force,
                         .accepted = body.accepted != 0,
                         .cancel_sent = body.cancel_sent != 0,
                         .replace_sent = body.replace_sent != 0,
                         .swept = body.swept != 0 };
    if (cp_orders_adopt(&desk->orders, &own) == CP_NONE)
        return -ENOSPC;
    desk->slots[body.strategy].working_count++;
    return 0;
}

static int take_expected(cp_desk *desk, const cp_journal_expected *body)
{
    uint32_t place = cp_orders_find(&desk->orders, body->client_id);
    if (place == CP_NONE)
        return -EBADMSG;
    desk->orders.orders[place].expected = body->expected;
    return 0;
}

static int64_t expected_of(const cp_journal_order *body)
{
    return cp_saturate((cp_i128)body->order.price + body->expected_offset);
}

static int take_new(cp_desk *desk, const cp_journal_order *body, uint16_t symbol)
{
    const cp_order *order = &body->order;
    cp_own_terms terms = { .price = order->price,
                           .qty = order->qty,
                           .symbol = symbol,
                           .strategy = order->strategy,
                           .side = order->side,
                           .purpose = CP_PURPOSE_INHERITED,
                           .time_in_force = order->time_in_force };
    if (order->strategy >= CP_SLOT_COUNT || order->side > CP_SELL || order->qty == 0 ||
        order->client_id < desk->orders.next_id)
        return -EBADMSG;
    desk->orders.next_id = order->client_id;
    uint32_t place = cp_orders_open(&desk->orders, &terms);
    if (place == CP_NONE)
        return -ENOSPC;
    cp_own_order *own = &desk->orders.orders[place];
    own->arrival2 = body->arrival2;
    own->expected = expected_of(body);
    own->told_ns = desk->now_ns;
    desk->slots[order->strategy].working_count++;
    return 0;
}

static int take_change(cp_desk *desk, const cp_journal_order *body)
{
    const cp_order *order = &body->order;
    uint32_t place = cp_orders_find(&desk->orders, order->original_id);
    if (place == CP_NONE) /* a stranger's cancel, or an order that is over by now */
        return 0;
    cp_own_order *own = &desk->orders.orders[place];
    own->told_ns = desk->now_ns;
    if (order->kind == CP_ORDER_CANCEL) {
        cp_orders_ask_cancel(&desk->orders, place, false);
        return 0;
    }
    if (order->client_id < desk->orders.next_id || order->qty == 0)
        return -EBADMSG;
    desk->orders.next_id = order->client_id;
    own->arrival2 = body->arrival2;
    own->expected = expected_of(body);
    return cp_orders_ask_replace(&desk->orders, place, order->price, order->qty)
               ? 0
               : -EBADMSG;
}

static int take_order(cp_desk *desk, const cp_journal_order *body)
{
    const cp_order *order = &body->order;
    uint16_t symbol = order->symbol;
    switch (order->kind) {
    case CP_ORDER_NEW:
        return map_symbol(desk, &symbol) ? take_new(desk, body, symbol) : -EBADMSG;
    case CP_ORDER_CANCEL:
    case CP_ORDER_REPLACE:
        return take_change(desk, body);
    case CP_ORDER_QUERY:
        cp_reconcile_asked(desk, order->original_id);
        return 0;
    case CP_ORDER_CANCEL_ALL:
        for (uint32_t i = desk->orders.first; i != CP_NONE;
             i = desk->orders.orders[i].next) {
            cp_own_order *own = &desk->orders.orders[i];
            bool again = own->swept;
            if (cp_orders_ask_cancel(&desk->orders, i, true) && !again)
                own->told_ns = desk->now_ns;
        }
        return 0;
    default:
        return 0;
    }
}

/* What was booked for it. Before version 4 an execution heard of over the wire was written
 * down with no fee, and booked by the instrument's own. */
static int64_t fee_of(const cp_desk *desk, const cp_own_order *own,
                      const cp_report *report, uint32_t qty)
{
    if (report->fee != 0 || !desk->map->fees_left_out)
        return cp_desk_fee(desk, own->symbol, report, qty);
    return cp_scheduled_fee(&desk->instruments[own->symbol],
                            report->liquidity == CP_MAKER, qty);
}

static int take_report(cp_desk *desk, const cp_report *told)
{
    cp_report report = *told;
    map_symbol(desk, &report.symbol);
    if (report.kind == CP_REPORT_STATUS) {
        cp_reconcile_on_status(desk, &report);
        return 0;
    }
    if (report.kind == CP_REPORT_ALL_CANCELLED)
        return 0;
    cp_order_outcome outcome = cp_orders_on_report(&desk->orders, &report, desk->now_ns);
    cp_reconcile_on_fill(desk, &report, &outcome);
    if (outcome.place == CP_NONE)
        return 0;
    const cp_own_order *own = &desk->orders.orders[outcome.place];
    if (outcome.filled > 0)
        cp_desk_replay_fill(desk, own, report.price, outcome.filled,
                            report.liquidity == CP_MAKER,
                            fee_of(desk, own, &report, outcome.filled));
    if (outcome.ended)
        cp_desk_detach(desk, own, false);
    if (outcome.done)
        cp_orders_close(&desk->orders, outcome.place);
    return 0;
}

/* A message that never left: as if the venue had refused it. */
static int take_dropped(cp_desk *desk, const cp_order *order)
{
    cp_report report = { .client_id = order->client_id,
                         .original_id = order->original_id,
                         .symbol = CP_NOBODY,
                         .kind = order->kind == CP_ORDER_NEW
                                     ? CP_REPORT_REJECTED
                                     : CP_REPORT_CHANGE_REJECTED };
    return take_report(desk, &report);
}

/* Bits by the journal's symbols, by ours; of one that we do not have nothing is left. */
static uint64_t map_symbols(const cp_desk *desk, uint64_t bits)
{
    uint64_t mapped = 0;
    for (uint16_t i = 0; i < CP_SYMBOL_MAX; i++) {
        uint16_t symbol = i;
        if ((bits >> i & 1) != 0 && map_symbol(desk, &symbol) &&
            symbol < desk->symbol_count)
            mapped |= UINT64_C(1) << symbol;
    }
    return mapped;
}

static int take_state(cp_desk *desk, const cp_journal_state *state)
{
    if (state->risk_state >= CP_RISK_COUNT || state->next_id < desk->orders.next_id)
        return -EBADMSG;
    desk->risk.state = (cp_risk_state)state->risk_state;
    desk->state_cause = (cp_cause)state->cause;
    desk->orders.next_id = state->next_id;
    desk->orders.execution_count = state->execution_count;
    desk->equity_peak = state->equity_peak;
    desk->doubt = map_symbols(desk, state->doubt);
    desk->halted = map_symbols(desk, state->halted);
    desk->map->modes = state->modes;
    desk->map->mode_causes = state->mode_causes;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        cp_slot_set_kill(desk, i, state->killed >> i & 1 ? CP_KILL_HALTED : CP_KILL_NONE);
    return 0;
}

static int take_strategy(cp_desk *desk, const cp_journal_strategy *body)
{
    if (body->slot >= CP_STRATEGY_MAX)
        return -EBADMSG;
    desk->map->strategies[body->slot] = *body;
    return 0;
}

static void take_matches(cp_desk *desk, const cp_journal_matches *body)
{
    for (uint32_t i = 0; i < 5; i++)
        cp_matches_add(&desk->orders.matches, body->client_id[i], body->match_ref[i]);
}

/* A later file repeats what is known by then. */
static bool is_repetition(cp_desk *desk, const cp_journal_record *record)
{
    cp_recovery_map *map = desk->map;
    if (record->kind == CP_JOURNAL_SEGMENT) {
        cp_journal_segment segment;
        memcpy(&segment, record->body, sizeof(segment));
        map->in_snapshot = map->is_whole;
        map->fees_left_out = segment.version < 4;
    }
    bool repeats = map->in_snapshot && record->kind != CP_JOURNAL_INSTRUMENT &&
                   record->kind != CP_JOURNAL_STRATEGY;
    if (record->kind == CP_JOURNAL_SNAPSHOT_END) {
        map->in_snapshot = false;
        map->is_whole = true;
    }
    return repeats;
}

void cp_desk_recover_new_day(cp_desk *desk)
{
    for (uint32_t i = 0; i < CP_SYMBOL_MAX; i++) {
        desk->positions[i].realised = desk->positions[i].fees = 0;
        desk->lots[i].realised = 0;
        for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
            desk->cells[slot][i].realised = desk->cells[slot][i].fees = 0;
            cp_costs_begin(&desk->costs[slot][i], &desk->cells[slot][i]);
        }
    }
    desk->equity_peak = 0;
}

#define BODY(type) (*(const type *)memcpy(&(type){ 0 }, record->body, sizeof(type)))

int cp_desk_recover(cp_desk *desk, const cp_journal_record *record)
{
    desk->now_ns = record->time_ns;
    if (is_repetition(desk, record))
        return 0;
    switch (record->kind) {
    case CP_JOURNAL_INSTRUMENT:
        return take_instrument(desk, &BODY(cp_journal_instrument));
    case CP_JOURNAL_STRATEGY:
        return take_strategy(desk, &BODY(cp_journal_strategy));
    case CP_JOURNAL_POSITION:
        return take_position(desk, BODY(cp_journal_position));
    case CP_JOURNAL_COSTS:
        return take_costs(desk, BODY(cp_journal_costs));
    case CP_JOURNAL_LOTS:
        return take_lots(desk, BODY(cp_journal_lots));
    case CP_JOURNAL_WORKING:
        return take_working(desk, BODY(cp_journal_working));
    case CP_JOURNAL_EXPECTED:
        return take_expected(desk, &BODY(cp_journal_expected));
    case CP_JOURNAL_MATCHES:
        take_matches(desk, &BODY(cp_journal_matches));
        return 0;
    case CP_JOURNAL_STATE:
    case CP_JOURNAL_SNAPSHOT_END:
    case CP_JOURNAL_CLOSED:
        return take_state(desk, &BODY(cp_journal_state));
    case CP_JOURNAL_ORDER:
        return take_order(desk, &BODY(cp_journal_order));
    case CP_JOURNAL_DROPPED:
        return take_dropped(desk, &BODY(cp_journal_order).order);
    case CP_JOURNAL_REPORT:
        return take_report(desk, &BODY(cp_report));
    case CP_JOURNAL_LIMITS:
        return cp_limits_recover(desk->map, &BODY(cp_journal_limits));
    case CP_JOURNAL_NEW_DAY:
        cp_desk_recover_new_day(desk);
        return 0;
    case CP_JOURNAL_IDS: /* some of them may have been used: none is again */
        return 0;
    default:
        return 0;
    }
}

/* ---- at the end --------------------------------------------------------------------------- */

/* What the config has no instrument for must be nothing. */
static int check_homes(const cp_desk *desk, char *error)
{
    for (uint32_t i = desk->symbol_count;
         i < desk->symbol_count + (uint32_t)desk->map->extra_count; i++) {
        bool working = desk->orders.working_qty[i][CP_BUY] != 0 ||
                       desk->orders.working_qty[i][CP_SELL] != 0;
        if (desk->positions[i].qty == 0 && !working)
            continue;
        snprintf(error, CP_ERROR_SIZE,
                 "journal: it holds %lld lots of %.15s, which the config does not have "
                 "with the same tick and lot",
                 (long long)desk->positions[i].qty, desk->map->names[i].name);
        return -EINVAL;
    }
    return 0;
}

static bool is_named(const cp_slot *slot, const char *name)
{
    return slot->config.used && strncmp(slot->config.name, name, CP_NAME_SIZE) == 0;
}

/* Slots are known by the strategy's name: files may have been edited in between. What
 * belongs to none of today's goes to a slot that is free, or stays where it was. */
static void find_slots(const cp_desk *desk, uint32_t targets[CP_STRATEGY_MAX])
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        taken |= (uint32_t)(desk->slots[i].config.used != 0) << i;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        const cp_journal_strategy *old = &desk->map->strategies[i];
        targets[i] = CP_NONE;
        for (uint32_t k = 0; old->used && k < CP_STRATEGY_MAX; k++)
            if (is_named(&desk->slots[k], old->name))
                targets[i] = k;
    }
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        if (targets[i] != CP_NONE)
            continue;
        uint32_t free_slot = taken >> i & 1 ? (uint32_t)__builtin_ctz(~taken) : i;
        targets[i] = free_slot < CP_STRATEGY_MAX ? free_slot : i;
        taken |= 1u << targets[i];
    }
}

static void add_position(cp_position *to, const cp_position *from)
{
    to->qty += from->qty;
    to->cost += from->cost;
    to->realised += from->realised;
    to->fees += from->fees;
}

static void move_kills(cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX])
{
    uint64_t killed = 0;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        killed |= (desk->killed >> i & 1) << targets[i];
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        bool still = desk->slots[i].config.used && (killed >> i & 1) != 0;
        cp_slot_set_kill(desk, i, still ? CP_KILL_HALTED : CP_KILL_NONE);
    }
}

static void move_slots(cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX])
{
    for (uint32_t symbol = 0; symbol < desk->symbol_count; symbol++) {
        cp_position moved[CP_STRATEGY_MAX];
        cp_costs costs[CP_STRATEGY_MAX];
        memset(moved, 0, sizeof(moved));
        memset(costs, 0, sizeof(costs));
        for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
            add_position(&moved[targets[i]], &desk->cells[i][symbol]);
            costs[targets[i]].arrival2 += desk->costs[i][symbol].arrival2;
            costs[targets[i]].expected += desk->costs[i][symbol].expected;
        }
        for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
            desk->cells[i][symbol] = moved[i];
            desk->costs[i][symbol] = costs[i];
        }
    }
    move_kills(desk, targets);
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        desk->slots[i].working_count = 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        cp_own_order *own = &desk->orders.orders[i];
        if (own->strategy == CP_OPERATOR)
            continue; /* has no name to go by, and needs none */
        own->strategy = (uint16_t)targets[own->strategy];
        desk->slots[own->strategy].working_count += cp_state_is_working(own->state);
    }
    cp_orders_recount(&desk->orders);
}

/* A strategy that is known is no more at work than it was; and one that was killed not at
 * all, which a journal from before modes were in it says alone. */
static void restore_modes(cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX])
{
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        const cp_journal_strategy *old = &desk->map->strategies[i];
        const cp_slot *slot = &desk->slots[targets[i]];
        if (!old->used || !is_named(slot, old->name))
            continue;
        uint64_t known = desk->map->modes >> CP_MODE_BITS * i & CP_MODE_MASK;
        uint64_t cause = desk->map->mode_causes >> CP_MODE_BITS * i & CP_MODE_MASK;
        uint32_t mode = known > 0 ? (uint32_t)known - 1 : CP_MODE_COUNT;
        if (slot->kill != CP_KILL_NONE)
            mode = CP_MODE_OFF;
        cp_seats_restore_mode(desk, targets[i], mode, (cp_cause)cause);
    }
}

/* What the operator had stopped stays so until the operator says otherwise. */
static void stop_again(cp_desk *desk)
{
    for (uint16_t i = 0; i < desk->symbol_count; i++) {
        if ((desk->halted >> i & 1) == 0)
            continue;
        desk->stops[i] = (cp_symbol_stop){ .cause = CP_CAUSE_RECOVERY };
        cp_note *note = cp_desk_note(desk, CP_NOTE_SYMBOL, CP_WARNING, i, CP_NOBODY);
        if (note) {
            note->a = note->b = CP_SYMBOL_HALTED;
            note->c = CP_CAUSE_RECOVERY;
        }
    }
}

/* Of a strategy's nothing is to rest that it does not know of. */
static void doubt_orders(cp_desk *desk)
{
    desk->round += desk->round == 0;
    for (uint32_t i = desk->orders.first; i != CP_NONE;) {
        cp_own_order *own = &desk->orders.orders[i];
        uint32_t next = own->next;
        own->told_ns = own->asked_ns = own->sent_ns = 0; /* by another clock */
        own->listed = desk->round; /* it is older than the list to come */
        own->pulled |= own->strategy != CP_OPERATOR;
        desk->pull_due |= own->pulled;
        if (cp_state_is_working(own->state))
            cp_orders_doubt(&desk->orders, i);
        else /* over, and who owed the answer may be gone too */
            cp_orders_close(&desk->orders, i);
        i = next;
    }
}

int cp_desk_recover_end(cp_desk *desk, bool is_restored, char *error)
{
    int result = check_homes(desk, error);
    memcpy(desk->instruments, desk->map->instruments, sizeof(desk->instruments));
    desk->replaying = false;
    if (result != 0 || !is_restored)
        return result;
    uint32_t targets[CP_STRATEGY_MAX];
    find_slots(desk, targets);
    move_slots(desk, targets);
    cp_limits_restore(desk, targets);
    doubt_orders(desk);
    cp_ask_forget(desk);
    cp_desk_has_moved(desk, UINT32_MAX >> (CP_SYMBOL_MAX - desk->symbol_count));
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++)
        for (uint32_t symbol = 0; symbol < desk->symbol_count; symbol++)
            cp_seats_show_position(&desk->slots[i], symbol, desk->cells[i][symbol].qty);
    for (uint32_t i = desk->symbol_count; i < CP_SYMBOL_MAX; i++) {
        desk->positions[i] = (cp_position){ .qty = 0 };
        desk->lots[i].count = 0;
    }
    restore_modes(desk, targets);
    stop_again(desk);
    desk->unconfirmed = true;
    desk->listing = false;
    desk->list_ns = desk->look_ns = desk->reconciled_ns = 0;
    cp_desk_get_state(desk, &desk->shown);
    if (desk->orders.working_count > 0) {
        cp_note *note =
            cp_desk_note(desk, CP_NOTE_RECONCILE, CP_WARNING, CP_NOBODY, CP_NOBODY);
        if (note) {
            note->a = CP_FOUND_RECOVERED;
            note->b = desk->orders.working_count;
        }
    }
    return 0;
}
