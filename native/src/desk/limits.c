/* limits.c: the limits in force: set, shown, written down, restored.
 *
 * They are given as a whole, those of the desk, the breakers' triggers and those of single
 * symbols and strategies together, and hold from one message to the next. The hash shown
 * is worked out here, over what is enforced, whoever set it.
 */
#include "desk/inside.h"

/* ---- set --------------------------------------------------------------------------------- */

static uint32_t rank(const cp_scoped_limit *limit)
{
    return (uint32_t)limit->scope << 24 | (uint32_t)limit->target << 8 | limit->limit;
}

static bool is_of_something(const cp_scoped_limit *limit, uint32_t symbol_count)
{
    uint32_t count =
        limit->scope == CP_SCOPE_SYMBOL ? symbol_count : (uint32_t)CP_STRATEGY_MAX;
    return limit->target < count;
}

int cp_limits_take(cp_limits *limits, const cp_desk *desk, const int64_t *values,
                   const int64_t *triggers, const cp_scoped_limit *scoped,
                   uint32_t scoped_count, uint64_t hash)
{
    if (cp_risk_check_limits(values) != 0 || scoped_count > CP_SCOPED_MAX)
        return -EINVAL;
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        if (!cp_risk_trigger_is_valid(i, triggers[i]))
            return -EINVAL;
    for (uint32_t i = 0; i < scoped_count; i++)
        if (!cp_risk_scoped_is_valid(&scoped[i]) ||
            !is_of_something(&scoped[i], desk->symbol_count) ||
            (i > 0 && rank(&scoped[i - 1]) >= rank(&scoped[i])))
            return -EINVAL;
    limits->hash = cp_limits_hash(values, triggers, scoped, scoped_count);
    if (hash != 0 && hash != limits->hash)
        return -EBADMSG;
    memcpy(limits->values, values, sizeof(limits->values));
    memset(limits->triggers, 0, sizeof(limits->triggers));
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        limits->triggers[i] =
            triggers[i] != 0 ? triggers[i] : cp_risk_trigger_standard(i);
    limits->scoped_count = scoped_count;
    memcpy(limits->scoped, scoped, scoped_count * sizeof(*scoped));
    return 0;
}

static void fill_none(int64_t *limits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        limits[i] = CP_LIMIT_NONE;
}

void cp_limits_enforce(cp_desk *desk, const cp_limits *limits)
{
    cp_risk *risk = &desk->risk;
    desk->limits = *limits;
    memcpy(risk->limits, limits->values, sizeof(risk->limits));
    fill_none(risk->symbol_limits[0], CP_SYMBOL_MAX * CP_LIMIT_MAX);
    fill_none(risk->strategy_limits[0], CP_SLOT_COUNT * CP_LIMIT_MAX);
    for (uint32_t i = 0; i < limits->scoped_count; i++) {
        const cp_scoped_limit *limit = &limits->scoped[i];
        int64_t *of = limit->scope == CP_SCOPE_SYMBOL
                          ? risk->symbol_limits[limit->target]
                          : risk->strategy_limits[limit->target];
        of[limit->limit] = limit->value;
    }
    cp_risk_settle(risk);
    cp_breakers_configure(desk);
}

/* ---- losses of single strategies ----------------------------------------------------------- */

static int64_t loss_of(const cp_desk *desk, uint32_t slot)
{
    cp_i128 equity = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const cp_position *cell = &desk->cells[slot][i];
        int64_t point_value = desk->instruments[i].point_value;
        equity += cp_position_realised(cell, point_value);
        if (cell->qty != 0)
            equity +=
                cp_position_unrealised(cell, cp_desk_touch(desk, i)->mark2, point_value);
        equity -= cp_position_fees(cell);
    }
    return cp_saturate(-equity);
}

void cp_limits_evaluate(cp_desk *desk)
{
    cp_risk *risk = &desk->risk;
    uint32_t limited = risk->loss_limited & ((UINT32_C(1) << CP_STRATEGY_MAX) - 1);
    for (; limited != 0; limited &= limited - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(limited);
        int64_t most = risk->strategy_limits[i][CP_LIMIT_DAILY_LOSS];
        risk->strategy_loss[i] = loss_of(desk, i);
        uint32_t mode = desk->slots[i].config.mode;
        bool trades = mode == CP_MODE_LIVE || mode == CP_MODE_REDUCE;
        if (risk->strategy_loss[i] < most || !trades)
            continue;
        risk->refusal_count[CP_LIMIT_DAILY_LOSS]++;
        risk->strategy_refusals[i][CP_LIMIT_DAILY_LOSS]++;
        cp_seats_set_mode(desk, i, CP_MODE_OFF, CP_CAUSE_LOSS);
    }
}

/* ---- shown --------------------------------------------------------------------------------- */

static int64_t used_by_symbol(const cp_desk *desk, const cp_scoped_limit *limit)
{
    const int64_t *working = desk->orders.working_qty[limit->target];
    switch (limit->limit) {
    case CP_LIMIT_POSITION:
        return cp_saturate(cp_risk_worst(desk->positions[limit->target].qty,
                                         working[CP_BUY], working[CP_SELL]));
    case CP_LIMIT_GROSS_EXPOSURE:
        return cp_desk_exposure(desk, limit->target);
    case CP_LIMIT_OPEN_ORDERS:
        return desk->orders.symbol_orders[limit->target];
    default:
        return cp_risk_passed(&desk->risk)->symbol == limit->target
                   ? cp_risk_latest(&desk->risk, limit->limit)
                   : 0;
    }
}

static int64_t worst_of_strategy(const cp_desk *desk, uint32_t slot)
{
    cp_i128 worst = 0;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const int64_t *working = desk->orders.slot_qty[slot][i];
        cp_i128 here =
            cp_risk_worst(desk->cells[slot][i].qty, working[CP_BUY], working[CP_SELL]);
        worst = here > worst ? here : worst;
    }
    return cp_saturate(worst);
}

static int64_t used_by_strategy(const cp_desk *desk, const cp_scoped_limit *limit,
                                uint64_t now_ns)
{
    int64_t loss;
    switch (limit->limit) {
    case CP_LIMIT_POSITION:
        return worst_of_strategy(desk, limit->target);
    case CP_LIMIT_OPEN_ORDERS:
        return desk->slots[limit->target].working_count;
    case CP_LIMIT_MESSAGE_RATE:
        return cp_rate_peek(&desk->slot_rates[limit->target], now_ns);
    case CP_LIMIT_DAILY_LOSS:
        loss = loss_of(desk, limit->target);
        return loss > 0 ? loss : 0;
    default:
        return cp_risk_passed(&desk->risk)->strategy == limit->target
                   ? cp_risk_latest(&desk->risk, limit->limit)
                   : 0;
    }
}

void cp_limits_read(const cp_desk *desk, cp_desk_picture *picture, uint64_t now_ns)
{
    const cp_limits *limits = &desk->limits;
    picture->limits_version = limits->version;
    picture->limits_hash = limits->hash;
    memcpy(picture->triggers, limits->triggers, sizeof(picture->triggers));
    picture->scoped_count = limits->scoped_count;
    for (uint32_t i = 0; i < limits->scoped_count; i++) {
        const cp_scoped_limit *limit = &limits->scoped[i];
        cp_scoped_picture *shown = &picture->scoped[i];
        bool is_symbol = limit->scope == CP_SCOPE_SYMBOL;
        shown->limit = *limit;
        shown->used = is_symbol ? used_by_symbol(desk, limit)
                                : used_by_strategy(desk, limit, now_ns);
        shown->refusal_count =
            is_symbol ? desk->risk.symbol_refusals[limit->target][limit->limit]
                      : desk->risk.strategy_refusals[limit->target][limit->limit];
    }
}

/* ---- written down ---------------------------------------------------------------------------- */

#define A_RECORD 3u

static uint32_t count_all(const cp_limits *limits)
{
    return CP_LIMIT_COUNT + CP_TRIGGER_COUNT + limits->scoped_count;
}

/* The global ones, the triggers, the others: one row. */
static cp_scoped_limit in_row(const cp_limits *limits, uint32_t index)
{
    if (index < CP_LIMIT_COUNT)
        return (cp_scoped_limit){ .value = limits->values[index],
                                  .scope = CP_SCOPE_GLOBAL,
                                  .limit = (uint8_t)index };
    index -= CP_LIMIT_COUNT;
    if (index < CP_TRIGGER_COUNT)
        return (cp_scoped_limit){ .value = limits->triggers[index],
                                  .scope = CP_SCOPE_COUNT,
                                  .limit = (uint8_t)index };
    return limits->scoped[index - CP_TRIGGER_COUNT];
}

void cp_desk_give_limits(const cp_desk *desk,
                         void (*add)(void *context, cp_journal_kind kind,
                                     const void *body, uint32_t size),
                         void *context)
{
    const cp_limits *limits = &desk->limits;
    uint32_t count = count_all(limits);
    for (uint32_t i = 0; i < count; i += A_RECORD) {
        cp_journal_limits body = { .version = limits->version,
                                   .hash = limits->hash,
                                   .first = (uint16_t)i,
                                   .count = (uint16_t)count };
        for (uint32_t k = 0; k < A_RECORD && i + k < count; k++)
            body.limits[k] = in_row(limits, i + k);
        add(context, CP_JOURNAL_LIMITS, &body, sizeof(body));
    }
}

/* ---- restored -------------------------------------------------------------------------------- */

/* A later desk may know more limits than the one that wrote: what is there is taken. */
static int take_one(cp_limits *limits, const cp_scoped_limit *one)
{
    if (one->scope == CP_SCOPE_GLOBAL && one->limit < CP_LIMIT_COUNT) {
        limits->values[one->limit] = one->value;
    } else if (one->scope == CP_SCOPE_COUNT && one->limit < CP_TRIGGER_COUNT) {
        limits->triggers[one->limit] = one->value;
    } else {
        if (!cp_risk_scoped_is_valid(one) || limits->scoped_count >= CP_SCOPED_MAX)
            return -EBADMSG;
        limits->scoped[limits->scoped_count++] = *one;
    }
    return 0;
}

int cp_limits_recover(cp_recovery_map *map, const cp_journal_limits *body)
{
    cp_limits *reading = &map->limits_read;
    if (body->first == 0) {
        memset(reading, 0, sizeof(*reading));
        fill_none(reading->values, CP_LIMIT_MAX);
    }
    int result = 0;
    for (uint32_t k = 0; k < A_RECORD && body->first + k < body->count; k++)
        if (result == 0)
            result = take_one(reading, &body->limits[k]);
    if (result != 0 || body->first + A_RECORD < body->count)
        return result;
    reading->version = body->version;
    reading->hash = body->hash;
    map->limits = *reading;
    map->has_limits = true;
    return 0;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Into the row where it belongs, or into the one that is there: the lesser value stays.
 * False: there is no more room. */
static bool tighten(cp_limits *limits, cp_scoped_limit old)
{
    uint32_t at = 0;
    while (at < limits->scoped_count && rank(&limits->scoped[at]) < rank(&old))
        at++;
    cp_scoped_limit *place = &limits->scoped[at];
    if (at < limits->scoped_count && rank(place) == rank(&old)) {
        place->value = lesser(place->value, old.value);
        return true;
    }
    if (limits->scoped_count == CP_SCOPED_MAX)
        return false;
    memmove(place + 1, place, (limits->scoped_count - at) * sizeof(*place));
    limits->scoped_count++;
    *place = old;
    return true;
}

/* What it is called today; false when there is no such symbol any more. */
static bool find_target(const cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX],
                        cp_scoped_limit *limit)
{
    if (limit->scope == CP_SCOPE_STRATEGY) {
        if (limit->target >= CP_STRATEGY_MAX ||
            !desk->map->strategies[limit->target].used)
            return false;
        limit->target = (uint16_t)targets[limit->target];
        return true;
    }
    if (limit->target >= CP_SYMBOL_MAX || !desk->map->is_read[limit->target])
        return false;
    limit->target = desk->map->symbols[limit->target];
    return limit->target < desk->symbol_count;
}

/* The tighter of what the files say and what was in force; one that was not written down,
 * or is outside today's range, says nothing. */
static int64_t tighter_trigger(const cp_limits *files, const cp_limits *old,
                               uint32_t trigger)
{
    int64_t mine = files->triggers[trigger], theirs = old->triggers[trigger];
    bool is_written = theirs != 0 || cp_risk_trigger_standard(trigger) == 0;
    if (!is_written || !cp_risk_trigger_is_valid(trigger, theirs))
        return mine;
    return cp_trigger_rank(trigger, theirs, old->values) <
                   cp_trigger_rank(trigger, mine, files->values)
               ? theirs
               : mine;
}

void cp_limits_restore(cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX])
{
    const cp_limits *old = &desk->map->limits;
    if (!desk->map->has_limits)
        return;
    cp_limits limits = desk->limits;
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        limits.values[i] = lesser(limits.values[i], old->values[i]);
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        limits.triggers[i] = tighter_trigger(&desk->limits, old, i);
    for (uint32_t i = 0; i < old->scoped_count; i++) {
        cp_scoped_limit limit = old->scoped[i];
        if (find_target(desk, targets, &limit) && !tighten(&limits, limit)) {
            /* No room for it: as tight a limit on everything is on the safe side. */
            int64_t *value = &limits.values[limit.limit];
            *value = lesser(*value, limit.value);
        }
    }
    limits.hash = cp_limits_hash(limits.values, limits.triggers, limits.scoped,
                                 limits.scoped_count);
    /* Numbers go on where they were. */
    limits.version = limits.hash == old->hash ? old->version : old->version + 1;
    cp_limits_enforce(desk, &limits);
}
