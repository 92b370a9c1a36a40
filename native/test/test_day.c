/* The venue's day by the clock, and messages under way. */
#include "drive/day.h"
#include "drive/latency.h"
#include "test.h"

#define SECOND 1000000000ull
#define ME 7

static cp_config config;
static cp_venue *venue;
static cp_day day;

static void open_day(void)
{
    const uint16_t participants[] = { ME };
    config.symbol_count = 2;
    config.order_capacity = 1024;
    for (uint32_t i = 0; i < 2; i++)
        config.instruments[i] = (cp_instrument){
            .increment = 1, .point_value = 1, .price_max = 100000, .price_start = 10000
        };
    CHECK(cp_day_find_fault(&config.rules, 2) == NULL);
    CHECK_EQ(0, cp_venue_create(&venue, config.instruments, 2, 1024));
    CHECK_EQ(0, cp_day_init(&day, venue, &config, participants, 1));
    cp_day_start(&day, SECOND);
}

static void close_day(void)
{
    cp_venue_destroy(venue);
    memset(&config, 0, sizeof config);
}

static void run_to(uint64_t now_ns)
{
    uint32_t steps = 0;
    do {
        cp_outbox_clear(cp_venue_md(venue));
        cp_outbox_clear(cp_venue_reports(venue));
        CHECK(steps++ < 100); /* it comes to rest */
    } while (cp_day_step(&day, SECOND + now_ns));
}

static const cp_report *send(cp_order order, uint64_t now_ns)
{
    order.participant = ME;
    cp_outbox_clear(cp_venue_md(venue));
    cp_outbox_clear(cp_venue_reports(venue));
    cp_venue_on_order(venue, &order, SECOND + now_ns);
    return cp_outbox_at(cp_venue_reports(venue), 0);
}

static const cp_report *enter(uint64_t id, cp_side side, int64_t price, uint64_t now_ns)
{
    return send((cp_order){ .kind = CP_ORDER_NEW,
                            .client_id = id,
                            .side = (uint8_t)side,
                            .price = price,
                            .qty = 10 },
                now_ns);
}

static void phases_are(cp_phase first, cp_phase second)
{
    CHECK_EQ(first, cp_venue_phase(venue, 0));
    CHECK_EQ(second, cp_venue_phase(venue, 1));
}

static void goes_through_its_phases_and_begins_anew(void)
{
    config.rules = (cp_rules){ .pre_open_ns = 10 * SECOND,
                               .continuous_ns = 100 * SECOND,
                               .pre_close_ns = 5 * SECOND,
                               .closed_ns = 20 * SECOND };
    open_day();
    CHECK(day.used);
    for (uint64_t begins = 0; begins < 3 * 135 * SECOND; begins += 135 * SECOND) {
        run_to(begins);
        phases_are(CP_PHASE_PRE_OPEN, CP_PHASE_PRE_OPEN);
        run_to(begins + 10 * SECOND - 1);
        phases_are(CP_PHASE_PRE_OPEN, CP_PHASE_PRE_OPEN);
        run_to(begins + 10 * SECOND);
        phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
        run_to(begins + 110 * SECOND);
        phases_are(CP_PHASE_PRE_CLOSE, CP_PHASE_PRE_CLOSE);
        run_to(begins + 115 * SECOND);
        phases_are(CP_PHASE_CLOSED, CP_PHASE_CLOSED);
    }
    close_day();
}

static void what_was_collected_crosses_when_it_opens(void)
{
    config.rules = (cp_rules){ .pre_open_ns = 10 * SECOND };
    open_day();
    run_to(0);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(1, CP_BUY, 10010, SECOND)->kind);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(2, CP_SELL, 9990, SECOND)->kind);
    CHECK_EQ(0, cp_venue_counts(venue)->trade_count);
    CHECK_EQ(CP_PRICE_NONE, cp_venue_last(venue, 0));
    run_to(10 * SECOND);
    CHECK_EQ(1, cp_venue_counts(venue)->trade_count);
    CHECK(cp_venue_last(venue, 0) >= 9990 && cp_venue_last(venue, 0) <= 10010);
    run_to(1000000 * SECOND); /* and then it never closes */
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
    close_day();
}

static void a_late_clock_misses_no_step_on_the_way(void)
{
    config.rules = (cp_rules){ .pre_open_ns = SECOND,
                               .continuous_ns = SECOND,
                               .pre_close_ns = SECOND,
                               .closed_ns = SECOND };
    open_day();
    run_to(3 * SECOND + SECOND / 2);
    phases_are(CP_PHASE_CLOSED, CP_PHASE_CLOSED);
    run_to(5 * SECOND + SECOND / 2);
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
    run_to(11 * SECOND + SECOND / 2);
    phases_are(CP_PHASE_CLOSED, CP_PHASE_CLOSED);
    run_to(14 * SECOND + SECOND / 2);
    phases_are(CP_PHASE_PRE_CLOSE, CP_PHASE_PRE_CLOSE);
    close_day();
}

static void a_halt_is_of_one_symbol_or_of_all(void)
{
    config.rules = (cp_rules){
        .halt_count = 2,
        .halts = { { .from_ns = 10 * SECOND, .for_ns = 5 * SECOND, .symbol = 1 },
                   { .from_ns = 20 * SECOND,
                     .for_ns = 5 * SECOND,
                     .symbol = CP_SYMBOL_MAX } },
    };
    open_day();
    run_to(0);
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
    run_to(10 * SECOND);
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_HALT);
    run_to(15 * SECOND);
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
    run_to(24 * SECOND);
    phases_are(CP_PHASE_HALT, CP_PHASE_HALT);
    run_to(25 * SECOND);
    phases_are(CP_PHASE_CONTINUOUS, CP_PHASE_CONTINUOUS);
    close_day();
}

static void a_band_is_around_the_first_price_and_then_the_last(void)
{
    config.rules = (cp_rules){ .band_bp = 100, .reference_ns = 10 * SECOND };
    open_day();
    run_to(0);
    CHECK_EQ(CP_REASON_BAND, enter(1, CP_BUY, 10101, 0)->reason);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(2, CP_BUY, 10100, 0)->kind);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(3, CP_SELL, 10100, 0)->kind);
    run_to(9 * SECOND);
    CHECK_EQ(CP_REASON_BAND, enter(4, CP_BUY, 10101, 9 * SECOND)->reason);
    run_to(10 * SECOND);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(5, CP_BUY, 10201, 10 * SECOND)->kind);
    CHECK_EQ(CP_REASON_BAND, enter(6, CP_BUY, 10202, 10 * SECOND)->reason);
    close_day();
}

static void participants_are_held_to_throttle_and_dead_man(void)
{
    config.rules = (cp_rules){ .throttle_count = 2,
                               .throttle_window_ns = SECOND,
                               .dead_man_ns = 5 * SECOND };
    open_day();
    CHECK(day.used);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(1, CP_BUY, 100, 0)->kind);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(2, CP_BUY, 100, 0)->kind);
    CHECK_EQ(CP_REASON_THROTTLE, enter(3, CP_BUY, 100, 0)->reason);
    CHECK_EQ(CP_REPORT_ACCEPTED, enter(4, CP_BUY, 100, SECOND)->kind);
    CHECK_EQ(3, cp_venue_resting_count(venue));
    run_to(6 * SECOND - 1);
    CHECK_EQ(3, cp_venue_resting_count(venue));
    run_to(6 * SECOND);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    close_day();
}

static void fees_follow_the_tiers(void)
{
    config.rules = (cp_rules){ .tier_count = 2,
                               .tiers = { { .from_qty = 0, .taker_fee = 3 },
                                          { .from_qty = 20, .taker_fee = 1 } } };
    open_day();
    for (uint64_t i = 0; i < 2; i++) {
        enter(2 * i + 1, CP_BUY, 100, 0);
        enter(2 * i + 2, CP_SELL, 100, 0);
        const cp_report *taker = cp_outbox_at(cp_venue_reports(venue), 2);
        CHECK_EQ(CP_REPORT_EXECUTED, taker->kind);
        CHECK_EQ(i == 0 ? 30 : 10, taker->fee);
    }
    close_day();
}

static void rules_that_cannot_be_are_found(void)
{
    const cp_rules wrong[] = {
        { .pre_close_ns = 1 },
        { .closed_ns = 1 },
        { .throttle_count = 1 },
        { .band_bp = 10001 },
        { .smp = CP_SMP_DECREMENT + 1 },
        { .tier_count = CP_TIER_MAX + 1 },
        { .tier_count = 2 },
        { .halt_count = 1, .halts = { { .symbol = 2 } } },
        { .dead_man_ns = UINT64_MAX },
    };
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(cp_day_find_fault(&wrong[i], 2) != NULL);
    const cp_rules none = { 0 };
    CHECK(cp_day_find_fault(&none, 2) == NULL);
}

static void nothing_is_used_when_nothing_is_asked(void)
{
    open_day();
    CHECK(!day.used);
    close_day();
}

/* ---- latency ------------------------------------------------------------------------ */

static cp_latency model;

static void fill_model(uint64_t shortest, uint64_t step)
{
    model = (cp_latency){ .used = 1 };
    for (uint32_t i = 0; i < CP_LATENCY_POINTS; i++)
        model.points_ns[i] = shortest + i * step;
}

static void what_was_sent_first_arrives_first(void)
{
    cp_transit transit;
    fill_model(1000, 100);
    cp_transit_init(&transit, &model, 1);
    uint64_t before = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t sent_ns = 10 * i, arrives = sent_ns + 1000;
        CHECK(cp_transit_holds(&transit, sent_ns, sent_ns + 999));
        while (cp_transit_holds(&transit, sent_ns, arrives))
            arrives++;
        cp_transit_pass(&transit);
        CHECK(arrives >= before);
        CHECK(arrives <= sent_ns + 1000 + 25600 || arrives == before);
        before = arrives;
    }
}

static void draws_go_by_the_points(void)
{
    cp_transit transit;
    fill_model(0, 100);
    model.spike_ppm = 10000;
    model.spike_ns = SECOND;
    cp_transit_init(&transit, &model, 7);
    uint64_t spikes = 0, lower = 0, sum = 0;
    for (uint32_t i = 0; i < 1000000; i++) {
        uint64_t drawn = cp_transit_draw(&transit);
        spikes += drawn >= SECOND;
        drawn %= SECOND;
        CHECK(drawn <= 25600);
        lower += drawn < 12800;
        sum += drawn;
    }
    CHECK(spikes > 9500 && spikes < 10500);
    CHECK(lower > 498000 && lower < 502000);
    CHECK(sum / 1000000 > 12750 && sum / 1000000 < 12850);
}

static void without_a_model_nothing_waits(void)
{
    cp_transit transit;
    cp_latency none = { .used = 0 };
    cp_transit_init(&transit, &none, 1);
    CHECK(!cp_transit_holds(&transit, UINT64_MAX, 0));
}

int main(void)
{
    RUN(goes_through_its_phases_and_begins_anew);
    RUN(what_was_collected_crosses_when_it_opens);
    RUN(a_late_clock_misses_no_step_on_the_way);
    RUN(a_halt_is_of_one_symbol_or_of_all);
    RUN(a_band_is_around_the_first_price_and_then_the_last);
    RUN(participants_are_held_to_throttle_and_dead_man);
    RUN(fees_follow_the_tiers);
    RUN(rules_that_cannot_be_are_found);
    RUN(nothing_is_used_when_nothing_is_asked);
    RUN(what_was_sent_first_arrives_first);
    RUN(draws_go_by_the_points);
    RUN(without_a_model_nothing_waits);
    return 0;
}
