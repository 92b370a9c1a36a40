/* journal.c: a journal as a desk leaves it that has traded all day and was killed. */
#include "drive/engine.h"

typedef struct day {
    cp_engine *engine;
    uint64_t id;
    uint64_t match;
    uint64_t time_ns;
} day;

static int add(day *d, cp_journal_kind kind, const void *body, uint32_t size)
{
    cp_journal *journal = d->engine->journal;
    if (cp_journal_room(journal, 1) == 0) {
        cp_journal_publish(journal);
        int result = cp_journal_flush(journal, d->time_ns);
        if (result != 0)
            return result;
    }
    return cp_journal_add(journal, kind, 0, d->time_ns, body, size) ? 0 : -ENOSPC;
}

/* An order, its acknowledgement, and what becomes of it. */
static int trade_once(day *d)
{
    const cp_config *config = &d->engine->config;
    uint64_t id = d->id++;
    uint16_t symbol = (uint16_t)(id % config->symbol_count);
    cp_journal_order order = { .order = { .client_id = id,
                                          .price = 1000 + (int64_t)(id % 7),
                                          .qty = 10,
                                          .symbol = symbol,
                                          .participant = CP_DESK_PARTICIPANT,
                                          .kind = CP_ORDER_NEW,
                                          .side = (uint8_t)(id / 64 % 2) } };
    cp_report report = { .time_ns = d->time_ns++,
                         .client_id = id,
                         .order_ref = id,
                         .price = order.order.price,
                         .qty = 10,
                         .leaves = 10,
                         .symbol = symbol,
                         .participant = CP_DESK_PARTICIPANT,
                         .kind = CP_REPORT_ACCEPTED,
                         .side = order.order.side };
    int result = add(d, CP_JOURNAL_ORDER, &order, sizeof order);
    if (result == 0)
        result = add(d, CP_JOURNAL_REPORT, &report, sizeof report);
    report.kind = CP_REPORT_EXECUTED;
    report.leaves = 0;
    report.match_ref = ++d->match;
    return result == 0 ? add(d, CP_JOURNAL_REPORT, &report, sizeof report) : result;
}

int cp_bench_journal(const cp_config *config, uint64_t record_count, char *error)
{
    day d = { .id = 0 };
    int result = cp_engine_create(&d.engine, config, error);
    if (result != 0)
        return result;
    cp_journal *journal = d.engine->journal;
    result = journal ? cp_engine_record_start(d.engine) : -EINVAL;
    if (result == 0) {
        cp_journal_stop(journal);
        d.id = cp_desk_next_id(d.engine->desk);
        d.time_ns = cp_clock_now_ns(&d.engine->clock);
        while (result == 0 && journal->next <= record_count)
            result = trade_once(&d);
        cp_journal_publish(journal);
        if (result == 0)
            result = cp_journal_flush(journal, d.time_ns);
        journal->slots = NULL; /* it was killed: its books are not closed */
    }
    cp_engine_destroy(d.engine);
    return result;
}
