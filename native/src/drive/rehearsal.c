/* rehearsal.c: see rehearsal.h. */
#include "drive/rehearsal.h"

#include "desk/strategy.h"

#define ORDER_CAPACITY 1024u
#define DESK_ORDER_CAPACITY 256u
#define RING_CAPACITY 256u    /* small, so as to keep nothing else out of the cache */
#define NOTE_CAPACITY 2048u   /* more than one step can say */
#define JOURNAL_RECORDS 4096u /* more than one step can write */
#define PRICE_MAX 4095u
#define MIDDLE 2048
#define REST_AWAY 32 /* from the middle to what rests, */
#define GUEST_AWAY                                                                       \
    4 /* and to the better price that comes and goes: far enough apart for any
                        quote to have to move */
#define TOY_QTY 100u
#define RESUME_EVERY 65536u /* rehearsals: should a breaker have tripped */

static_assert(NOTE_CAPACITY > CP_DESK_NOTES_MAX, "one step fits");
static_assert(JOURNAL_RECORDS > CP_DESK_NOTES_MAX + 2 * CP_DESK_ORDERS_MAX, "likewise");

/* One scene after the other, for a symbol: a better bid comes, trades in part, and goes;
 * the same of the other side; then a quote of the desk's own is filled. */
enum scene {
    BID_COMES,
    BID_TRADES,
    BID_GOES,
    ASK_COMES,
    ASK_TRADES,
    ASK_GOES,
    QUOTE_FILLS,
    SCENES
};

struct cp_rehearsal {
    cp_engine *engine;
    uint64_t count, order_count;
    uint64_t sequence, ref, match;   /* given last */
    uint32_t symbols[CP_SYMBOL_MAX]; /* those a strategy trades */
    uint32_t symbol_count, turn;
    uint32_t opened; /* orders of the opening */
    enum scene scene;
    uint64_t guest;                      /* the order that came last */
    cp_order quotes[CP_STRATEGY_MAX][2]; /* resting, by side; client_id 0: none */
    int64_t held[CP_STRATEGY_MAX];
    uint32_t filled; /* the slot whose quote was filled last */
};

/* ---- create ---------------------------------------------------------------------------- */

static int64_t most(const cp_parameter *limit)
{
    return (int64_t)(limit->maximum *
                     (limit->kind == CP_PARAMETER_MONEY ? (double)CP_MONEY_SCALE : 1.0));
}

/* The same desk, smaller, and with nothing in its way: what the real one may not do at the
 * moment is to be practised all the same. */
static cp_config config_for(const cp_config *config)
{
    cp_config own = *config;
    own.order_capacity = ORDER_CAPACITY;
    own.desk_order_capacity = DESK_ORDER_CAPACITY;
    for (uint32_t i = 0; i < own.symbol_count; i++)
        own.instruments[i].price_max = PRICE_MAX;
    own.limits_hash = 0;
    own.scoped_count = 0;
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
        own.limits[i] = most(cp_limit_parameter(i));
    for (uint32_t i = 0; i < CP_TRIGGER_COUNT; i++)
        own.triggers[i] = most(cp_trigger_parameter(i));
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_strategy_config *strategy = &own.strategies[i];
        const cp_strategy_kind *kind =
            strategy->used ? cp_strategy_kind_at(strategy->kind) : NULL;
        strategy->used = kind && !kind->plugin;
        strategy->mode = CP_MODE_LIVE;
    }
    return own;
}

/* A journal without a writer: each rehearsal begins it anew. */
static int create_journal(cp_engine *engine)
{
    cp_journal *journal = aligned_alloc(alignof(cp_journal), sizeof *journal);
    if (!journal)
        return -ENOMEM;
    memset(journal, 0, sizeof *journal);
    engine->journal = journal;
    size_t size = JOURNAL_RECORDS * sizeof(cp_journal_record);
    journal->slots = aligned_alloc(4096, size);
    if (!journal->slots)
        return -ENOMEM;
    memset(journal->slots, 0, size);
    journal->next = 1;
    return 0;
}

static int create_engine(cp_rehearsal *rehearsal, const cp_config *config,
                         const cp_clock *clock, char *error)
{
    cp_engine *engine = aligned_alloc(CP_LINE_PAIR, sizeof *engine);
    if (!engine)
        return -ENOMEM;
    memset(engine, 0, sizeof *engine);
    rehearsal->engine = engine;
    engine->config = config_for(config);
    engine->clock = *clock;
    engine->timer_ns = UINT64_MAX;
    engine->venue_thread.waiting = CP_WAIT_SPIN; /* there is none to wake */
    int result = cp_ring_init(&engine->md_ring, RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->report_ring, RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->order_ring, RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->note_ring, NOTE_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_desk_create(&engine->desk, &engine->config, error);
    return result == 0 ? create_journal(engine) : result;
}

static void choose_symbols(cp_rehearsal *rehearsal)
{
    const cp_config *config = &rehearsal->engine->config;
    for (uint32_t i = 0; i < config->symbol_count; i++) {
        bool traded = false;
        for (uint32_t k = 0; k < CP_STRATEGY_MAX; k++)
            traded |= config->strategies[k].used && config->strategies[k].symbol == i;
        if (traded)
            rehearsal->symbols[rehearsal->symbol_count++] = i;
    }
}

int cp_rehearsal_create(cp_rehearsal **made, const cp_config *config,
                        const cp_clock *clock, char *error)
{
    cp_rehearsal *rehearsal = calloc(1, sizeof *rehearsal);
    *made = rehearsal;
    if (!rehearsal)
        return -ENOMEM;
    int result = create_engine(rehearsal, config, clock, error);
    if (result == 0)
        choose_symbols(rehearsal);
    return result;
}

void cp_rehearsal_destroy(cp_rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    cp_engine *engine = rehearsal->engine;
    if (engine) {
        cp_desk_destroy(engine->desk);
        cp_ring_free(&engine->md_ring);
        cp_ring_free(&engine->report_ring);
        cp_ring_free(&engine->order_ring);
        cp_ring_free(&engine->note_ring);
        if (engine->journal)
            free(engine->journal->slots);
        free(engine->journal);
        free(engine);
    }
    free(rehearsal);
}

/* ---- the toy market -------------------------------------------------------------------- */

static void say(cp_rehearsal *rehearsal, cp_md event, uint64_t now_ns)
{
    event.sequence = ++rehearsal->sequence;
    event.time_ns = event.sent_ns = now_ns;
    memcpy(cp_ring_claim(&rehearsal->engine->md_ring, 0), &event, CP_LINE);
    cp_ring_publish(&rehearsal->engine->md_ring, 1);
}

/* One order a side, which stays. */
static cp_md opening(cp_rehearsal *rehearsal)
{
    uint32_t symbol = rehearsal->opened / 2;
    cp_side side = rehearsal->opened++ % 2 == 0 ? CP_BUY : CP_SELL;
    return (cp_md){ .order_ref = ++rehearsal->ref,
                    .price = MIDDLE + (side == CP_BUY ? -REST_AWAY : REST_AWAY),
                    .qty = TOY_QTY,
                    .symbol = (uint16_t)symbol,
                    .kind = CP_MD_ADD,
                    .side = (uint8_t)side };
}

static cp_md play(cp_rehearsal *rehearsal)
{
    cp_side side = rehearsal->scene < ASK_COMES ? CP_BUY : CP_SELL;
    cp_md event = { .price = MIDDLE + (side == CP_BUY ? -GUEST_AWAY : GUEST_AWAY),
                    .symbol = (uint16_t)rehearsal->symbols[rehearsal->turn],
                    .side = (uint8_t)side };
    switch (rehearsal->scene) {
    case BID_COMES:
    case ASK_COMES:
        rehearsal->guest = ++rehearsal->ref;
        event.kind = CP_MD_ADD;
        event.qty = TOY_QTY;
        break;
    case BID_TRADES:
    case ASK_TRADES:
        event.kind = CP_MD_EXECUTE;
        event.other_ref = ++rehearsal->match;
        event.qty = event.leaves = TOY_QTY / 2;
        break;
    case BID_GOES:
    case ASK_GOES:
    case QUOTE_FILLS:
    case SCENES:
        event.kind = CP_MD_DELETE;
        event.qty = TOY_QTY / 2;
        break;
    }
    event.order_ref = rehearsal->guest;
    return event;
}

/* ---- its exchange ---------------------------------------------------------------------- */

static void report(cp_rehearsal *rehearsal, cp_report report, const cp_order *order,
                   uint64_t now_ns)
{
    report.time_ns = now_ns;
    report.price = order->price;
    report.symbol = order->symbol;
    report.participant = CP_DESK_PARTICIPANT;
    report.side = order->side;
    if (cp_ring_room(&rehearsal->engine->report_ring, 1) == 0)
        return; /* more than ever was answered at once: some stay unanswered */
    memcpy(cp_ring_claim(&rehearsal->engine->report_ring, 0), &report, CP_LINE);
    cp_ring_publish(&rehearsal->engine->report_ring, 1);
}

static void fill(cp_rehearsal *rehearsal, const cp_order *order, cp_liquidity liquidity,
                 uint64_t now_ns)
{
    report(rehearsal,
           (cp_report){ .client_id = order->client_id,
                        .match_ref = ++rehearsal->match,
                        .qty = order->qty,
                        .kind = CP_REPORT_EXECUTED,
                        .liquidity = (uint8_t)liquidity },
           order, now_ns);
    rehearsal->held[order->strategy] +=
        order->side == CP_BUY ? (int64_t)order->qty : -(int64_t)order->qty;
}

/* Whether it takes the strategy back to nothing, or away from it. */
static bool may_fill(const cp_rehearsal *rehearsal, const cp_order *order)
{
    int64_t held = rehearsal->held[order->strategy];
    return order->side == CP_BUY ? held <= 0 : held >= 0;
}

/* A quote of the next strategy that has one on the side that would take it home. */
static void fill_quote(cp_rehearsal *rehearsal, uint64_t now_ns)
{
    for (uint32_t i = 1; i <= CP_STRATEGY_MAX; i++) {
        uint32_t slot = (rehearsal->filled + i) % CP_STRATEGY_MAX;
        cp_side side = rehearsal->held[slot] > 0 ? CP_SELL : CP_BUY;
        cp_order *quote = &rehearsal->quotes[slot][side];
        if (quote->client_id == 0)
            continue;
        fill(rehearsal, quote, CP_MAKER, now_ns);
        quote->client_id = 0;
        rehearsal->filled = slot;
        return;
    }
}

static void take_new(cp_rehearsal *rehearsal, const cp_order *order, uint64_t now_ns)
{
    report(rehearsal,
           (cp_report){ .client_id = order->client_id,
                        .order_ref = ++rehearsal->ref,
                        .qty = order->qty,
                        .leaves = order->qty,
                        .kind = CP_REPORT_ACCEPTED },
           order, now_ns);
    if (order->time_in_force != CP_IOC)
        rehearsal->quotes[order->strategy][order->side] = *order;
    else if (may_fill(rehearsal, order))
        fill(rehearsal, order, CP_TAKER, now_ns);
    else
        report(rehearsal,
               (cp_report){ .client_id = order->client_id,
                            .qty = order->qty,
                            .kind = CP_REPORT_CANCELLED,
                            .reason = CP_REASON_IOC },
               order, now_ns);
}

/* Of a quote that was filled meanwhile it says so. */
static void take_change(cp_rehearsal *rehearsal, const cp_order *order, uint64_t now_ns)
{
    cp_order *quote = &rehearsal->quotes[order->strategy][order->side];
    bool there = quote->client_id == order->original_id;
    bool replace = order->kind == CP_ORDER_REPLACE;
    cp_report answer = { .client_id = replace ? order->client_id : order->original_id };
    if (!there) {
        answer.original_id = order->original_id;
        answer.kind = CP_REPORT_CHANGE_REJECTED;
        answer.reason = CP_REASON_UNKNOWN_ORDER;
    } else if (replace) {
        answer.original_id = order->original_id;
        answer.order_ref = ++rehearsal->ref;
        answer.qty = answer.leaves = order->qty;
        answer.kind = CP_REPORT_REPLACED;
        *quote = *order;
    } else {
        answer.qty = quote->qty;
        answer.kind = CP_REPORT_CANCELLED;
        answer.reason = CP_REASON_USER;
        quote->client_id = 0;
    }
    report(rehearsal, answer, order, now_ns);
}

static void next_scene(cp_rehearsal *rehearsal, uint64_t now_ns)
{
    if (rehearsal->scene == QUOTE_FILLS)
        fill_quote(rehearsal, now_ns);
    else
        say(rehearsal, play(rehearsal), now_ns);
    if (++rehearsal->scene == SCENES) {
        rehearsal->scene = BID_COMES;
        rehearsal->turn = (rehearsal->turn + 1) % rehearsal->symbol_count;
    }
}

cp_engine *cp_rehearsal_prompt(cp_rehearsal *rehearsal, uint64_t now_ns)
{
    cp_engine *engine = rehearsal->engine;
    if (rehearsal->opened < 2 * engine->config.symbol_count)
        say(rehearsal, opening(rehearsal), now_ns);
    else if (rehearsal->symbol_count > 0)
        next_scene(rehearsal, now_ns);
    return engine;
}

void cp_rehearsal_answer(cp_rehearsal *rehearsal, uint64_t now_ns)
{
    cp_engine *engine = rehearsal->engine;
    cp_journal *journal = engine->journal;
    for (uint64_t left = cp_ring_ready(&engine->order_ring); left > 0; left--) {
        const cp_order *order = cp_ring_peek(&engine->order_ring, 0);
        rehearsal->order_count++;
        if (order->kind == CP_ORDER_NEW)
            take_new(rehearsal, order, now_ns);
        else if (order->kind == CP_ORDER_REPLACE || order->kind == CP_ORDER_CANCEL)
            take_change(rehearsal, order, now_ns);
        cp_ring_release(&engine->order_ring, 1);
    }
    cp_ring_release(&engine->note_ring, cp_ring_ready(&engine->note_ring));
    /* A clean page for the next. */
    journal->next = 1;
    journal->cause = 0;
    atomic_store_explicit(&journal->published, 0, memory_order_relaxed);
    if (++rehearsal->count % RESUME_EVERY == 0) {
        const cp_control resume = { .kind = CP_CONTROL_RESUME };
        cp_desk_on_control(engine->desk, &resume, now_ns);
    }
}

uint64_t cp_rehearsal_order_count(const cp_rehearsal *rehearsal)
{
    return rehearsal->order_count;
}
