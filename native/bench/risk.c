/* risk.c: what it costs to ask whether an order may go out.
 *
 * A desk with positions and working orders in every symbol, every limit set that can be
 * set of each symbol and each strategy, and asks that pass all of them: the longest way
 * there is. What the check needs to know is gathered each time. Between two asks time goes
 * on, and the price of another symbol has moved, so that its exposure is worked in anew.
 *
 * Beside it stand two readings of the clock, of which every check timed alone has as many
 * in its figure.
 */
#include "base/histogram.h"
#include "desk/ask.h"

#define SYMBOLS 4u
#define STRATEGIES 4u
#define MIDDLE 15000
#define PARTS 64u /* of the asks, timed apart */

static void set_all(cp_config *config)
{
    config->symbol_count = SYMBOLS;
    config->order_capacity = 4096;
    config->desk_order_capacity = 256;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        config->instruments[i] = (cp_instrument){ .increment = CP_MONEY_SCALE / 100,
                                                  .point_value = CP_MONEY_SCALE / 100,
                                                  .price_max = 100000 };
    for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        bool is_money = limit->kind == CP_PARAMETER_MONEY;
        config->limits[i] =
            (int64_t)(limit->maximum * (is_money ? (double)CP_MONEY_SCALE : 1.0));
    }
    for (uint32_t scope = CP_SCOPE_SYMBOL; scope < CP_SCOPE_COUNT; scope++) {
        uint32_t targets = scope == CP_SCOPE_SYMBOL ? SYMBOLS : STRATEGIES;
        for (uint32_t target = 0; target < targets; target++)
            for (uint32_t i = 0; i < CP_LIMIT_COUNT; i++)
                if (cp_limit_parameter(i)->scopes >> scope & 1)
                    config->scoped[config->scoped_count++] =
                        (cp_scoped_limit){ .value = config->limits[i],
                                           .target = (uint16_t)target,
                                           .scope = (uint8_t)scope,
                                           .limit = (uint8_t)i };
    }
}

static void add(cp_desk *desk, uint32_t symbol, cp_side side, int64_t price)
{
    uint64_t sequence = desk->feed.expected;
    cp_md md = { .sequence = sequence,
                 .kind = CP_MD_ADD,
                 .symbol = (uint16_t)symbol,
                 .side = (uint8_t)side,
                 .price = price,
                 .qty = 1000,
                 .leaves = 1000,
                 .order_ref = sequence };
    cp_desk_on_md(desk, &md, desk->now_ns, NULL);
}

/* A market, a position, and an order of each strategy on each side of each symbol. */
static bool trade(cp_desk *desk)
{
    bool sent = true;
    desk->now_ns = 1000000000000u;
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        add(desk, symbol, CP_BUY, MIDDLE - 2);
        add(desk, symbol, CP_SELL, MIDDLE + 2);
        cp_position_fill(&desk->positions[symbol], CP_BUY, MIDDLE, 100, 0);
        desk->exposures.changed |= UINT32_C(1) << symbol;
        for (uint32_t slot = 0; slot < STRATEGIES; slot++) {
            cp_position_fill(&desk->cells[slot][symbol], CP_BUY, MIDDLE, 10, 0);
            for (int side = CP_BUY; side <= CP_SELL; side++)
                sent &= cp_desk_send_new(desk, slot, symbol, (cp_side)side,
                                         side == CP_BUY ? MIDDLE - 5 : MIDDLE + 5, 10,
                                         CP_PURPOSE_QUOTE) != CP_NONE;
        }
    }
    cp_outbox_clear(&desk->orders_out);
    cp_outbox_clear(&desk->notes_out);
    return sent;
}

/* The n-th ask, which is of another strategy, symbol, side and price than the last. */
static uint32_t ask(cp_desk *desk, uint32_t n)
{
    cp_risk_finding finding;
    uint32_t slot = n / SYMBOLS % STRATEGIES, symbol = n % SYMBOLS;
    cp_side side = n & 1 ? CP_SELL : CP_BUY;
    cp_risk_ask asked = { .side = side,
                          .qty = 1 + n % 16,
                          .price =
                              side == CP_BUY ? MIDDLE - 1 - n % 8 : MIDDLE + 1 + n % 8 };
    desk->now_ns += 1000;
    desk->exposures.changed |= UINT32_C(1) << (n + 1) % SYMBOLS;
    cp_ask_complete(desk, slot, symbol, &asked);
    return cp_risk_check(&desk->risk, &asked, &finding);
}

static uint64_t time_clock(uint32_t count)
{
    uint64_t began_ns = cp_monotonic_ns(), last_ns = 0;
    for (uint32_t i = 0; i < count; i++)
        last_ns = cp_monotonic_ns();
    return last_ns - began_ns;
}

static int measure(cp_desk *desk, uint32_t count, cp_histogram *histogram,
                   cp_risk_figures *figures)
{
    uint32_t refused = 0, part = count / PARTS;
    uint64_t best_ns = UINT64_MAX;
    for (uint32_t i = 0; i < PARTS; i++) {
        uint64_t began_ns = cp_monotonic_ns();
        for (uint32_t n = 0; n < part; n++)
            refused += ask(desk, n) != CP_REFUSE_COUNT;
        uint64_t took_ns = cp_monotonic_ns() - began_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
    }
    for (uint32_t n = 0; n < count; n++) {
        uint64_t began_ns = cp_monotonic_ns();
        refused += ask(desk, n) != CP_REFUSE_COUNT;
        cp_histogram_record(histogram, cp_monotonic_ns() - began_ns);
    }
    figures->count = part;
    figures->elapsed_ns = best_ns;
    figures->clock_ns = 2 * time_clock(part);
    static uint64_t counts[CP_HISTOGRAM_COUNTS];
    cp_histogram_read(histogram, counts);
    cp_histogram_summarise(counts, atomic_load(&histogram->max), &figures->latency);
    return refused == 0 ? 0 : -EPROTO;
}

int cp_bench_risk(uint32_t count, cp_risk_figures *figures)
{
    memset(figures, 0, sizeof *figures);
    if (count < 1000 || count > 100000000)
        return -EINVAL;
    char error[CP_ERROR_SIZE];
    cp_config *config = calloc(1, sizeof *config);
    cp_histogram *histogram = calloc(1, sizeof *histogram);
    cp_desk *desk = NULL;
    int result = config && histogram ? 0 : -ENOMEM;
    if (result == 0) {
        set_all(config);
        result = cp_desk_create(&desk, config, error);
    }
    if (result == 0)
        result = trade(desk) ? measure(desk, count, histogram, figures) : -EPROTO;
    cp_desk_destroy(desk);
    free(histogram);
    free(config);
    return result;
}
