/* desk.c: the desk's own work, in one thread: a market, a desk, and the orders it leaves.
 *
 * Venue and desk take turns over rings, each given the time the clock shows, as live.c's
 * threads would give it. The clock is read before the desk is told of a market data event
 * and when it has returned; events that leave an order in the outbox count.
 */
#include "base/clock.h"
#include "base/histogram.h"
#include "desk/desk.h"
#include "venue/flow.h"

typedef struct market {
    cp_clock clock;
    cp_venue *venue;
    cp_flow_synthetic *flow;
    cp_desk *desk;
    cp_ring md, reports, orders;
    uint64_t timer_ns;
    uint64_t order_count, md_count;
    cp_histogram steps;
} market;

static int build(market *m, const cp_config *config, char *error)
{
    int result = cp_ring_init(&m->md, config->ring_capacity, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&m->reports, config->ring_capacity, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&m->orders, config->ring_capacity, CP_LINE);
    if (result == 0)
        result = cp_venue_create(&m->venue, config->instruments, config->symbol_count,
                                 config->order_capacity);
    if (result == 0)
        result = cp_desk_create(&m->desk, config, error);
    if (result == 0)
        result = cp_flow_synthetic_create(&m->flow, &config->flow, config->instruments,
                                          config->symbol_count, config->seed);
    if (result != 0)
        return result;
    cp_venue_keep_hash(m->venue, false);
    cp_clock_init(&m->clock);
    uint64_t now_ns = cp_clock_now_ns(&m->clock);
    cp_flow_synthetic_start(m->flow, now_ns);
    m->timer_ns = now_ns + CP_DESK_TIMER_NS;
    return 0;
}

static void demolish(market *m)
{
    cp_flow_synthetic_destroy(m->flow);
    cp_desk_destroy(m->desk);
    cp_venue_destroy(m->venue);
    cp_ring_free(&m->orders);
    cp_ring_free(&m->reports);
    cp_ring_free(&m->md);
    free(m);
}

static void put(cp_ring *ring, const void *line)
{
    CP_ASSERT(cp_ring_room(ring, 1) > 0); /* both sides are here: nothing waits long */
    memcpy(cp_ring_claim(ring, 0), line, CP_LINE);
    cp_ring_publish(ring, 1);
}

/* ---- venue ---- */

static void carry_venue(market *m)
{
    cp_outbox *md = cp_venue_md(m->venue), *reports = cp_venue_reports(m->venue);
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (report->participant == CP_DESK_PARTICIPANT)
            put(&m->reports, report);
        else
            cp_flow_synthetic_on_report(m->flow, report);
    }
    for (uint32_t i = 0; i < md->count; i++)
        put(&m->md, cp_outbox_at(md, i));
    cp_outbox_clear(reports);
    cp_outbox_clear(md);
}

static void run_venue(market *m)
{
    uint64_t now_ns = cp_clock_now_ns(&m->clock);
    for (uint64_t left = cp_ring_ready(&m->orders); left > 0; left--) {
        cp_venue_on_order(m->venue, cp_ring_peek(&m->orders, 0), now_ns);
        cp_ring_release(&m->orders, 1);
        carry_venue(m);
    }
    if (cp_flow_synthetic_next_ns(m->flow) <= now_ns) {
        cp_flow_synthetic_step(m->flow, m->venue, now_ns);
        carry_venue(m);
    }
}

/* ---- desk ---- */

static void carry_desk(market *m)
{
    cp_outbox *orders = cp_desk_orders(m->desk);
    for (uint32_t i = 0; i < orders->count; i++) {
        const cp_order *order = cp_outbox_at(orders, i);
        put(&m->orders, order);
        cp_desk_on_sent(m->desk, order, cp_clock_now_ns(&m->clock));
        m->order_count += order->kind == CP_ORDER_NEW || order->kind == CP_ORDER_REPLACE;
    }
    cp_outbox_clear(orders);
    cp_outbox_clear(cp_desk_notes(m->desk));
    cp_desk_on_carried(m->desk);
}

static void hear(market *m)
{
    uint64_t began_ns = cp_clock_now_ns(&m->clock);
    cp_desk_on_md(m->desk, cp_ring_peek(&m->md, 0), began_ns, &m->clock);
    uint64_t ended_ns = cp_clock_now_ns(&m->clock);
    cp_ring_release(&m->md, 1);
    m->md_count++;
    if (cp_desk_orders(m->desk)->count > 0)
        cp_histogram_record(&m->steps, ended_ns - began_ns);
    carry_desk(m);
}

static void run_desk(market *m)
{
    for (uint64_t left = cp_ring_ready(&m->reports); left > 0; left--) {
        cp_desk_on_report(m->desk, cp_ring_peek(&m->reports, 0),
                          cp_clock_now_ns(&m->clock), &m->clock);
        cp_ring_release(&m->reports, 1);
        carry_desk(m);
    }
    for (uint64_t left = cp_ring_ready(&m->md); left > 0; left--)
        hear(m);
    uint64_t now_ns = cp_clock_now_ns(&m->clock);
    if (now_ns >= m->timer_ns) {
        m->timer_ns = now_ns + CP_DESK_TIMER_NS;
        cp_desk_on_timer(m->desk, now_ns, &m->clock);
        carry_desk(m);
    }
}

static void run_until(market *m, uint64_t order_count, uint64_t deadline_ns)
{
    while (m->order_count < order_count && cp_clock_now_ns(&m->clock) < deadline_ns) {
        run_venue(m);
        run_desk(m);
    }
}

#define WARM_UP_ORDERS 20000u

int cp_bench_desk(const cp_config *config, uint64_t order_count, uint64_t duration_ns,
                  cp_bench_desk_figures *figures, char *error)
{
    *figures = (cp_bench_desk_figures){ .orders = 0 };
    error[0] = 0;
    market *m = aligned_alloc(CP_LINE_PAIR, (sizeof *m + CP_LINE_PAIR - 1) /
                                                CP_LINE_PAIR * CP_LINE_PAIR);
    uint64_t *counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *counts);
    int result = m && counts ? 0 : -ENOMEM;
    if (m)
        memset(m, 0, sizeof *m);
    if (result == 0)
        result = build(m, config, error);
    if (result == 0) {
        uint64_t deadline_ns = cp_clock_now_ns(&m->clock) + duration_ns;
        run_until(m, WARM_UP_ORDERS, deadline_ns);
        cp_histogram_clear(&m->steps);
        m->order_count = m->md_count = 0;
        uint64_t began_ns = cp_clock_now_ns(&m->clock);
        run_until(m, order_count, deadline_ns);
        figures->elapsed_ns = cp_clock_now_ns(&m->clock) - began_ns;
        figures->orders = m->order_count;
        figures->md_events = m->md_count;
        cp_histogram_read(&m->steps, counts);
        cp_histogram_summarise(counts, m->steps.max, &figures->step);
    }
    free(counts);
    if (m)
        demolish(m);
    return result;
}
