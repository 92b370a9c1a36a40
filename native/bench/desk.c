/* desk.c: the desk's own work, alone in one thread.
 *
 * A market is played to the venue beforehand, and what it said is the tape. The desk is given
 * the tape event by event; its orders are answered at once by an exchange that takes them all
 * and fills none. A step begins when the clock is read for it (T1) and ends when its orders
 * lie in the outbox, checked (T3): the desk's own stamp, as everywhere.
 */
#include "base/clock.h"
#include "base/histogram.h"
#include "base/ring.h"
#include "desk/desk.h"
#include "venue/flow.h"

typedef struct stage {
    cp_clock clock;
    cp_desk *desk;
    cp_md *tape;
    uint64_t length;
    uint64_t timer_ns;
    uint64_t ref; /* the venue's name given last, above the tape's */
    cp_ring orders;
    cp_bench_desk_figures *figures;
    cp_histogram steps;
} stage;

/* ---- the tape ---- */

static void play(cp_flow_synthetic *flow, cp_venue *venue, stage *s, uint64_t length)
{
    cp_outbox *md = cp_venue_md(venue), *reports = cp_venue_reports(venue);
    while (s->length < length) {
        cp_flow_synthetic_step(flow, venue, cp_flow_synthetic_next_ns(flow));
        for (uint32_t i = 0; i < reports->count; i++)
            cp_flow_synthetic_on_report(flow, cp_outbox_at(reports, i));
        for (uint32_t i = 0; i < md->count && s->length < length; i++) {
            s->tape[s->length] = *(const cp_md *)cp_outbox_at(md, i);
            if (s->tape[s->length].order_ref > s->ref)
                s->ref = s->tape[s->length].order_ref;
            s->length++;
        }
        cp_outbox_clear(reports);
        cp_outbox_clear(md);
    }
}

static int record(stage *s, const cp_config *config, uint64_t length)
{
    cp_venue *venue = NULL;
    cp_flow_synthetic *flow = NULL;
    s->tape = aligned_alloc(CP_LINE, length * sizeof *s->tape);
    if (!s->tape)
        return -ENOMEM;
    int result = cp_venue_create(&venue, config->instruments, config->symbol_count,
                                 config->order_capacity);
    if (result == 0)
        result = cp_flow_synthetic_create(&flow, &config->flow, config->instruments,
                                          config->symbol_count, config->seed);
    if (result == 0) {
        cp_flow_synthetic_start(flow, 0);
        play(flow, venue, s, length);
    }
    cp_flow_synthetic_destroy(flow);
    cp_venue_destroy(venue);
    return result;
}

/* ---- the exchange ---- */

static void tell(stage *s, const cp_order *order, cp_report report)
{
    report.symbol = order->symbol;
    report.side = order->side;
    report.price = order->price;
    report.participant = CP_DESK_PARTICIPANT;
    report.time_ns = cp_clock_now_ns(&s->clock);
    cp_desk_on_report(s->desk, &report, report.time_ns, &s->clock);
}

static void answer(stage *s, const cp_order *order)
{
    cp_report taken = { .client_id = order->client_id,
                        .order_ref = ++s->ref,
                        .qty = order->qty,
                        .leaves = order->qty };
    cp_report ended = { .client_id = order->client_id, .qty = order->qty };
    switch (order->kind) {
    case CP_ORDER_REPLACE:
        taken.kind = CP_REPORT_REPLACED;
        taken.original_id = order->original_id;
        tell(s, order, taken);
        return;
    case CP_ORDER_CANCEL:
        ended.client_id = order->original_id;
        ended.kind = CP_REPORT_CANCELLED;
        ended.reason = CP_REASON_USER;
        tell(s, order, ended);
        return;
    case CP_ORDER_NEW:
        taken.kind = CP_REPORT_ACCEPTED;
        tell(s, order, taken);
        ended.kind = CP_REPORT_CANCELLED;
        ended.reason = CP_REASON_IOC;
        if (order->time_in_force == CP_IOC)
            tell(s, order, ended);
        return;
    default:
        return;
    }
}

/* What the desk has said leaves, as live.c lets it leave. */
static void carry_once(stage *s)
{
    cp_outbox *orders = cp_desk_orders(s->desk);
    uint32_t count = orders->count;
    for (uint32_t i = 0; i < count; i++)
        memcpy(cp_ring_claim(&s->orders, i), cp_outbox_at(orders, i), CP_LINE);
    cp_ring_publish(&s->orders, count);
    for (uint32_t i = 0; i < count; i++)
        cp_desk_on_sent(s->desk, cp_outbox_at(orders, i), cp_clock_now_ns(&s->clock));
    cp_outbox_clear(orders);
    cp_outbox_clear(cp_desk_notes(s->desk));
}

static void carry(stage *s)
{
    do
        carry_once(s);
    while (cp_desk_finish(s->desk));
}

/* Answers may bring up more orders, though not without end: nothing is filled. */
static void answer_all(stage *s)
{
    carry(s);
    while (cp_ring_ready(&s->orders) > 0) {
        cp_order order;
        memcpy(&order, cp_ring_peek(&s->orders, 0), sizeof order);
        cp_ring_release(&s->orders, 1);
        s->figures->orders += order.kind != CP_ORDER_CANCEL;
        answer(s, &order);
        carry(s);
    }
}

/* ---- the desk ---- */

static void hear(stage *s, cp_md *md)
{
    md->sent_ns = cp_clock_now_ns(&s->clock);
    uint64_t began_ns = cp_clock_now_ns(&s->clock);
    cp_desk_on_md(s->desk, md, began_ns, &s->clock);
    uint64_t passed_ns = cp_desk_passed_ns(s->desk);
    if (passed_ns != 0)
        cp_histogram_record(&s->steps, passed_ns - began_ns);
    answer_all(s);
    if (began_ns < s->timer_ns)
        return;
    s->timer_ns = began_ns + CP_DESK_TIMER_NS;
    cp_desk_on_timer(s->desk, cp_clock_now_ns(&s->clock), &s->clock);
    answer_all(s);
}

/* The first part of the tape builds the books. */
static void run(stage *s, uint64_t warm_up)
{
    s->timer_ns = cp_clock_now_ns(&s->clock) + CP_DESK_TIMER_NS;
    for (uint64_t i = 0; i < s->length; i++) {
        if (i == warm_up) {
            cp_histogram_clear(&s->steps);
            s->figures->orders = 0;
        }
        hear(s, &s->tape[i]);
    }
    s->figures->md_events = s->length - warm_up;
}

int cp_bench_desk(const cp_config *config, uint64_t md_events,
                  cp_bench_desk_figures *figures, char *error)
{
    *figures = (cp_bench_desk_figures){ .orders = 0 };
    error[0] = 0;
    if (md_events < 1000)
        return -EINVAL;
    size_t size = (sizeof(stage) + CP_LINE_PAIR - 1) / CP_LINE_PAIR * CP_LINE_PAIR;
    stage *s = aligned_alloc(CP_LINE_PAIR, size);
    uint64_t *counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *counts);
    int result = s && counts ? 0 : -ENOMEM;
    if (result == 0) {
        memset(s, 0, size);
        s->figures = figures;
        cp_clock_init(&s->clock);
        result = cp_ring_init(&s->orders, 4096, CP_LINE);
    }
    if (result == 0)
        result = record(s, config, md_events);
    if (result == 0)
        result = cp_desk_create(&s->desk, config, error);
    if (result == 0) {
        run(s, md_events / 10);
        cp_histogram_read(&s->steps, counts);
        cp_histogram_summarise(counts, s->steps.max, &figures->step);
    }
    if (s) {
        cp_desk_destroy(s->desk);
        cp_ring_free(&s->orders);
        free(s->tape);
    }
    free(counts);
    free(s);
    return result;
}
