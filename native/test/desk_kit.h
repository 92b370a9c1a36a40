/* desk_kit.h: a desk on a bench: market data and answers by hand, and a record of all it
 * says. The venue is whoever writes the test. */
#ifndef CP_DESK_KIT_H
#define CP_DESK_KIT_H

#include "desk/inside.h"
#include "test.h"

#define KIT_RECORD 65536
#define KIT_SECOND 1000000000u
#define KIT_MONEY ((int64_t)CP_MONEY_SCALE)

typedef struct kit {
    cp_config config;
    cp_desk *desk;
    cp_clock clock;
    uint64_t now_ns;
    uint64_t sequence;
    uint64_t next_ref;
    uint64_t next_match;
    uint32_t order_count, note_count;
    cp_order orders[KIT_RECORD];
    cp_note notes[KIT_RECORD];
} kit;

static inline void kit_limits(int64_t limits[CP_LIMIT_MAX])
{
    memset(limits, 0, CP_LIMIT_MAX * sizeof(*limits));
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        limits[i] =
            (int64_t)(limit->standard *
                      (limit->kind == CP_PARAMETER_MONEY ? (double)CP_MONEY_SCALE : 1.0));
    }
}

static inline cp_strategy_config kit_strategy(const char *name, uint32_t symbol)
{
    cp_strategy_config config = { .used = 1, .mode = CP_MODE_LIVE, .symbol = symbol };
    uint32_t kind = 0;
    while (strcmp(cp_strategy_kind_name(kind), name) != 0)
        kind++;
    config.kind = kind;
    snprintf(config.name, sizeof(config.name), "%s", "under test");
    for (uint32_t i = 0; i < cp_strategy_parameter_count(kind); i++)
        config.parameters[i] = cp_strategy_parameter(kind, i)->standard;
    /* The tests' prices are written for this one, whatever the standard becomes. */
    if (strcmp(name, "market_maker") == 0)
        config.parameters[0] = 1.5; /* half_spread */
    return config;
}

/* Four symbols, an increment of a cent, one lot one share. Strategies: none. */
static inline kit *kit_make(void)
{
    kit *k = calloc(1, sizeof(*k));
    CHECK(k != NULL);
    k->config.symbol_count = 4;
    k->config.desk = 1;
    k->config.order_capacity = 4096;
    k->config.desk_order_capacity = 64;
    for (uint32_t i = 0; i < 4; i++)
        k->config.instruments[i] = (cp_instrument){ .increment = CP_MONEY_SCALE / 100,
                                                    .point_value = CP_MONEY_SCALE / 100,
                                                    .maker_fee = -20000,
                                                    .taker_fee = 30000,
                                                    .price_max = 100000,
                                                    .price_start = 15000 };
    kit_limits(k->config.limits);
    k->now_ns = 1000 * (uint64_t)KIT_SECOND;
    k->next_ref = 1000000;
    return k;
}

static inline void kit_carry_once(kit *k)
{
    cp_outbox *orders = cp_desk_orders(k->desk), *notes = cp_desk_notes(k->desk);
    for (uint32_t i = 0; i < orders->count; i++) {
        CHECK(k->order_count < KIT_RECORD);
        k->orders[k->order_count] = *(const cp_order *)cp_outbox_at(orders, i);
        cp_desk_on_sent(k->desk, &k->orders[k->order_count++], k->now_ns);
    }
    for (uint32_t i = 0; i < notes->count; i++) {
        CHECK(k->note_count < KIT_RECORD);
        k->notes[k->note_count++] = *(const cp_note *)cp_outbox_at(notes, i);
    }
    cp_outbox_clear(orders);
    cp_outbox_clear(notes);
}

static inline void kit_carry(kit *k)
{
    do
        kit_carry_once(k);
    while (cp_desk_finish(k->desk));
    cp_desk_add_worth(k->desk); /* whatever has changed has said so */
    CHECK(k->desk->worth.all == cp_desk_equity(k->desk));
}

static inline void kit_open(kit *k)
{
    char error[CP_ERROR_SIZE];
    cp_clock_init_virtual(&k->clock, k->now_ns);
    int result = cp_desk_create(&k->desk, &k->config, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    CHECK_EQ(0, result);
    kit_carry(k);
}

static inline void kit_close(kit *k)
{
    cp_desk_destroy(k->desk);
    free(k);
}

static inline void kit_wait(kit *k, uint64_t ns)
{
    k->now_ns += ns;
    k->clock.base_ns = k->now_ns;
}

static inline void kit_timer(kit *k)
{
    cp_desk_on_timer(k->desk, k->now_ns, &k->clock);
    kit_carry(k);
}

static inline void kit_md(kit *k, cp_md md)
{
    md.sequence = ++k->sequence;
    md.time_ns = md.sent_ns = k->now_ns;
    cp_desk_on_md(k->desk, &md, k->now_ns, &k->clock);
    kit_carry(k);
}

static inline uint64_t kit_add(kit *k, uint16_t symbol, cp_side side, int64_t price,
                               uint32_t qty)
{
    uint64_t ref = k->next_ref++;
    kit_md(k, (cp_md){ .kind = CP_MD_ADD,
                       .symbol = symbol,
                       .side = (uint8_t)side,
                       .price = price,
                       .qty = qty,
                       .leaves = qty,
                       .order_ref = ref });
    return ref;
}

static inline void kit_delete(kit *k, uint16_t symbol, cp_side side, uint64_t ref,
                              int64_t price, uint32_t qty)
{
    kit_md(k, (cp_md){ .kind = CP_MD_DELETE,
                       .symbol = symbol,
                       .side = (uint8_t)side,
                       .price = price,
                       .qty = qty,
                       .order_ref = ref });
}

/* One order a side. */
static inline void kit_market(kit *k, uint16_t symbol, int64_t bid, int64_t ask,
                              uint32_t qty)
{
    kit_md(k, (cp_md){ .kind = CP_MD_CLEAR, .symbol = symbol });
    kit_add(k, symbol, CP_BUY, bid, qty);
    kit_add(k, symbol, CP_SELL, ask, qty);
}

static inline const cp_order *kit_last(const kit *k)
{
    CHECK(k->order_count > 0);
    return &k->orders[k->order_count - 1];
}

static inline void kit_report(kit *k, cp_report report)
{
    report.time_ns = k->now_ns;
    report.participant = CP_DESK_PARTICIPANT;
    cp_desk_on_report(k->desk, &report, k->now_ns, &k->clock);
    kit_carry(k);
}

/* Answers to an order; it is copied, since the record grows. */
static inline uint64_t kit_accept(kit *k, cp_order order)
{
    uint64_t ref = k->next_ref++;
    kit_report(k, (cp_report){ .kind = CP_REPORT_ACCEPTED,
                               .client_id = order.client_id,
                               .order_ref = ref,
                               .price = order.price,
                               .qty = order.qty,
                               .leaves = order.qty,
                               .symbol = order.symbol,
                               .side = order.side });
    return ref;
}

/* At what the instrument's own fees come to; where there is no such symbol, the first's. */
static inline void kit_fill(kit *k, cp_order order, int64_t price, uint32_t qty,
                            uint32_t leaves, cp_liquidity liquidity)
{
    bool known = order.symbol < k->config.symbol_count;
    const cp_instrument *instrument = &k->config.instruments[known ? order.symbol : 0];
    int64_t a_lot = liquidity == CP_MAKER ? instrument->maker_fee : instrument->taker_fee;
    kit_report(k, (cp_report){ .kind = CP_REPORT_EXECUTED,
                               .client_id = order.client_id,
                               .fee = a_lot * (int64_t)qty,
                               .match_ref = ++k->next_match,
                               .price = price,
                               .qty = qty,
                               .leaves = leaves,
                               .symbol = order.symbol,
                               .side = order.side,
                               .liquidity = (uint8_t)liquidity });
}

static inline void kit_cancelled(kit *k, uint64_t client_id, uint32_t qty,
                                 cp_reason reason)
{
    kit_report(k, (cp_report){ .kind = CP_REPORT_CANCELLED,
                               .client_id = client_id,
                               .qty = qty,
                               .reason = (uint8_t)reason });
}

static inline void kit_replaced(kit *k, cp_order order)
{
    kit_report(k, (cp_report){ .kind = CP_REPORT_REPLACED,
                               .client_id = order.client_id,
                               .original_id = order.original_id,
                               .order_ref = k->next_ref++,
                               .price = order.price,
                               .qty = order.qty,
                               .leaves = order.qty,
                               .symbol = order.symbol,
                               .side = order.side });
}

static inline void kit_change_rejected(kit *k, cp_order order, cp_reason reason)
{
    kit_report(k, (cp_report){ .kind = CP_REPORT_CHANGE_REJECTED,
                               .client_id = order.client_id,
                               .original_id = order.original_id,
                               .symbol = order.symbol,
                               .side = order.side,
                               .reason = (uint8_t)reason });
}

/* Answers to a question about one order; leaves 0: there is none. */
static inline void kit_status(kit *k, uint64_t client_id, uint32_t leaves,
                              uint64_t executions)
{
    uint32_t place = cp_orders_find(&k->desk->orders, client_id);
    cp_report report = { .kind = CP_REPORT_STATUS,
                         .client_id = client_id,
                         .order_ref = k->next_ref++,
                         .match_ref = executions,
                         .qty = leaves,
                         .leaves = leaves,
                         .symbol = CP_NOBODY,
                         .reason = leaves ? CP_REASON_NONE : CP_REASON_UNKNOWN_ORDER };
    if (place != CP_NONE) {
        const cp_own_order *own = &k->desk->orders.orders[place];
        bool is_new = own->replace_sent && own->pending_id == client_id;
        report.price = is_new ? own->pending_price : own->price;
        report.symbol = own->symbol;
        report.side = own->side;
    }
    kit_report(k, report);
}

/* The end of an answer about all of them. */
static inline void kit_list_end(kit *k, uint32_t count, uint64_t executions)
{
    kit_report(k, (cp_report){ .kind = CP_REPORT_STATUS,
                               .match_ref = executions,
                               .price = CP_PRICE_NONE,
                               .qty = count,
                               .symbol = CP_NOBODY });
}

static inline void kit_control(kit *k, cp_control control)
{
    cp_desk_on_control(k->desk, &control, k->now_ns);
    kit_carry(k);
}

/* The latest note of a kind, or NULL. */
static inline const cp_note *kit_note(const kit *k, cp_note_kind kind)
{
    for (uint32_t i = k->note_count; i-- > 0;)
        if (k->notes[i].kind == kind)
            return &k->notes[i];
    return NULL;
}

static inline cp_desk_picture *kit_picture(kit *k)
{
    static cp_desk_picture picture;
    cp_desk_read(k->desk, &picture, k->now_ns);
    return &picture;
}

#endif /* CP_DESK_KIT_H */
