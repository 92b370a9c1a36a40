/* The synthetic market: what its config promises, at every rate, and that it heals. */
#include <math.h>

#include "test.h"
#include "venue/flow.h"

#define SYMBOLS 4u
#define PRICE_MAX 100000u
#define CAPACITY 16384u
#define UNINFORMED 6 /* participant: takes at random */
#define INFORMED 7   /* participant: takes what is stale */

static cp_venue *venue;
static cp_flow_synthetic *flow;
static cp_instrument instruments[SYMBOLS];
static uint64_t now_ns;
static uint64_t refused_count;
static uint64_t kind_count[CP_REPORT_ALL_CANCELLED + 1];

static cp_flow_config standard(void)
{
    return (cp_flow_config){ .kind = CP_FLOW_SYNTHETIC,
                             .rate = 2000,
                             .depth = 400,
                             .order_qty = 100,
                             .volatility = 3,
                             .drift = 1,
                             .half_spread = 1.5 };
}

static void set_up_with(cp_flow_config config, uint64_t seed, uint32_t capacity)
{
    for (uint32_t i = 0; i < SYMBOLS; i++)
        instruments[i] =
            (cp_instrument){ .price_max = PRICE_MAX, .price_start = 10000 + 5000 * i };
    CHECK_EQ(0, cp_venue_create(&venue, instruments, SYMBOLS, capacity));
    CHECK_EQ(0, cp_flow_synthetic_create(&flow, &config, instruments, SYMBOLS, seed));
    now_ns = 5000000000;
    cp_flow_synthetic_start(flow, now_ns);
    refused_count = 0;
    memset(kind_count, 0, sizeof(kind_count));
}

static void set_up(cp_flow_config config, uint64_t seed)
{
    set_up_with(config, seed, CAPACITY);
}

static void tear_down(void)
{
    for (uint16_t s = 0; s < SYMBOLS; s++)
        cp_book_check(cp_venue_book(venue, s));
    cp_flow_synthetic_destroy(flow);
    cp_venue_destroy(venue);
}

/* Hand the flow its reports; how many answered a message, rather than told of a trade. */
static uint32_t deliver(void)
{
    cp_outbox *box = cp_venue_reports(venue);
    uint32_t answers = 0;
    for (uint32_t i = 0; i < box->count; i++) {
        const cp_report *report = cp_outbox_at(box, i);
        kind_count[report->kind]++;
        refused_count += report->kind == CP_REPORT_REJECTED ||
                         report->kind == CP_REPORT_CHANGE_REJECTED;
        answers +=
            report->kind != CP_REPORT_EXECUTED &&
            (report->kind != CP_REPORT_CANCELLED || report->reason == CP_REASON_USER);
        if (report->participant != CP_PARTICIPANT_DESK)
            cp_flow_synthetic_on_report(flow, report);
    }
    cp_outbox_clear(box);
    cp_outbox_clear(cp_venue_md(venue));
    return answers;
}

static void play_one(void)
{
    uint64_t due_ns = cp_flow_synthetic_next_ns(flow);
    CHECK(due_ns >= now_ns);
    now_ns = due_ns;
    cp_flow_synthetic_step(flow, venue, now_ns);
    CHECK_EQ(1, deliver());
}

static void play(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        play_one();
}

static void play_seeds(uint32_t depth)
{
    play((uint64_t)depth * SYMBOLS);
}

static uint64_t hash_of(cp_flow_config config, uint64_t seed, uint64_t count)
{
    set_up(config, seed);
    play(count);
    uint64_t hash = cp_venue_counts(venue)->hash;
    tear_down();
    return hash;
}

/* ---- looking at books ------------------------------------------------------------ */

typedef struct looks {
    uint64_t count;
    uint64_t spread_sum;
    uint32_t spread_max, levels_min, orders_min, orders_max;
    int64_t farthest; /* increments from the touch of its side to the last order */
} looks;

static int64_t last_price(const cp_book *book, cp_side side)
{
    int64_t price = cp_book_best(book, side), next = price;
    while (next != CP_PRICE_NONE) {
        price = next;
        next = cp_book_next_price(book, side, price);
    }
    return price;
}

static void look(looks *seen, uint16_t symbol)
{
    const cp_book *book = cp_venue_book(venue, symbol);
    int64_t bid = cp_book_best(book, CP_BUY), ask = cp_book_best(book, CP_SELL);
    CHECK(bid != CP_PRICE_NONE && ask != CP_PRICE_NONE);
    uint32_t spread = (uint32_t)(ask - bid);
    seen->count++;
    seen->spread_sum += spread;
    if (spread > seen->spread_max)
        seen->spread_max = spread;
    for (int s = 0; s < 2; s++) {
        cp_level levels[CP_DEPTH_MAX];
        uint32_t count = cp_book_depth(book, (cp_side)s, levels, CP_DEPTH_MAX);
        if (count < seen->levels_min)
            seen->levels_min = count;
        int64_t far = last_price(book, (cp_side)s) - (s == CP_BUY ? bid : ask);
        far = far < 0 ? -far : far;
        if (far > seen->farthest)
            seen->farthest = far;
    }
    if (book->order_count < seen->orders_min)
        seen->orders_min = book->order_count;
    if (book->order_count > seen->orders_max)
        seen->orders_max = book->order_count;
}

static looks play_and_look(uint64_t count)
{
    looks seen = { .levels_min = UINT32_MAX, .orders_min = UINT32_MAX };
    for (uint64_t i = 0; i < count; i++) {
        play_one();
        if (i % 101 == 0)
            look(&seen, (uint16_t)(i / 101 % SYMBOLS));
    }
    return seen;
}

static double mid_of(uint16_t symbol)
{
    const cp_book *book = cp_venue_book(venue, symbol);
    return (double)(cp_book_best(book, CP_BUY) + cp_book_best(book, CP_SELL)) / 2;
}

/* ---- promises -------------------------------------------------------------------- */

static void the_same_seed_sends_the_same_orders(void)
{
    uint64_t hash = hash_of(standard(), 42, 30000);
    CHECK(hash == hash_of(standard(), 42, 30000));
    CHECK(hash != hash_of(standard(), 43, 30000));
    cp_flow_config other = standard();
    other.half_spread = 2;
    CHECK(hash != hash_of(other, 42, 30000));
}

static void playing_late_changes_nothing_but_the_times(void)
{
    uint64_t hash = hash_of(standard(), 42, 10000);
    set_up(standard(), 42);
    for (uint32_t i = 0; i < 10000; i++) {
        cp_flow_synthetic_step(flow, venue, now_ns + i * 1000000000ull);
        deliver();
    }
    CHECK(hash == cp_venue_counts(venue)->hash);
    tear_down();
}

static void the_books_are_deep_before_time_has_passed(void)
{
    set_up(standard(), 1);
    uint64_t start_ns = now_ns;
    for (uint32_t i = 0; i < 400 * SYMBOLS; i++) {
        CHECK_EQ(start_ns, cp_flow_synthetic_next_ns(flow));
        play_one();
    }
    CHECK(cp_flow_synthetic_next_ns(flow) > start_ns);
    for (uint16_t s = 0; s < SYMBOLS; s++)
        CHECK_EQ(400, cp_venue_book(venue, s)->order_count);
    looks seen = { .levels_min = UINT32_MAX, .orders_min = UINT32_MAX };
    for (uint16_t s = 0; s < SYMBOLS; s++) {
        look(&seen, s);
        CHECK(fabs(mid_of(s) - instruments[s].price_start) <= 2);
    }
    CHECK(seen.levels_min >= 10);
    CHECK_EQ(0, cp_venue_counts(venue)->trade_count);
    tear_down();
}

/* At this rate: as many events as it says, books as deep as they should be, spreads as of
 * a market, nothing left behind, and no order that makes no sense. */
static void check_quality_at(uint32_t rate, uint64_t count)
{
    cp_flow_config config = standard();
    config.rate = rate;
    set_up(config, 7);
    play_seeds(config.depth);
    uint64_t start_ns = now_ns;
    looks seen = play_and_look(count);
    double rate_seen = (double)count / ((double)(now_ns - start_ns) * 1e-9);
    CHECK(rate_seen > 0.98 * rate && rate_seen < 1.02 * rate);
    double spread = (double)seen.spread_sum / (double)seen.count;
    CHECK(spread >= 1.5 && spread <= 5);
    CHECK(seen.spread_max <= 20);
    CHECK(seen.levels_min >= 10);
    CHECK(seen.orders_min >= 300 && seen.orders_max <= 500);
    CHECK(seen.farthest <= 400);
    CHECK_EQ(0, refused_count);
    for (int kind = CP_REPORT_ACCEPTED; kind <= CP_REPORT_REPLACED; kind++)
        CHECK(kind_count[kind] > count / 50);
    CHECK(cp_venue_counts(venue)->trade_count > count / 20);
    tear_down();
}

static void keeps_depth_spread_and_rate_at_one_event_a_second(void)
{
    check_quality_at(1, 100000);
}

static void keeps_depth_spread_and_rate_at_a_thousand_events_a_second(void)
{
    check_quality_at(1000, 100000);
}

static void keeps_depth_spread_and_rate_at_two_thousand_events_a_second(void)
{
    check_quality_at(2000, 200000);
}

static void keeps_depth_spread_and_rate_at_a_million_events_a_second(void)
{
    check_quality_at(1000000, 200000);
}

static void quotes_ten_levels_over_the_usual_settings(void)
{
    for (double half_spread = 1; half_spread <= 2; half_spread += 0.5) {
        cp_flow_config config = standard();
        config.volatility = 2;
        config.half_spread = half_spread;
        set_up(config, 3);
        play_seeds(config.depth);
        looks seen = play_and_look(50000);
        CHECK(seen.levels_min >= 10);
        double spread = (double)seen.spread_sum / (double)seen.count;
        CHECK(spread >= 1 && spread <= 5);
        tear_down();
    }
}

/* The mid's steps of one second, over ten minutes. */
static double mid_deviation(double volatility)
{
    cp_flow_config config = standard();
    config.volatility = volatility;
    config.drift = 0;
    set_up(config, 5);
    play_seeds(config.depth);
    double last = mid_of(0), sum = 0;
    for (int second = 0; second < 600; second++) {
        uint64_t until_ns = now_ns + 1000000000;
        while (cp_flow_synthetic_next_ns(flow) < until_ns)
            play_one();
        sum += (mid_of(0) - last) * (mid_of(0) - last);
        last = mid_of(0);
    }
    tear_down();
    return sqrt(sum / 600);
}

static void the_mid_moves_about_as_much_as_the_volatility_says(void)
{
    double two = mid_deviation(2), four = mid_deviation(4);
    CHECK(two > 1.4 && two < 2.8);
    CHECK(four > 2.8 && four < 5.6);
}

/* What buying at a trade and selling at the mid ten seconds later would bring, a lot. */
static void the_uninformed_lose_to_who_quotes_and_the_informed_win(void)
{
    enum { TRADES = 200000 };
    static struct {
        uint64_t due_ns;
        double price;
        int sign;
        uint16_t symbol, participant;
    } trades[TRADES];
    uint32_t count = 0, done = 0;
    double gain[2] = { 0 };
    uint32_t gain_count[2] = { 0 };
    set_up(standard(), 9);
    play_seeds(400);
    for (uint32_t i = 0; i < 600000; i++) {
        now_ns = cp_flow_synthetic_next_ns(flow);
        cp_flow_synthetic_step(flow, venue, now_ns);
        cp_outbox *box = cp_venue_reports(venue);
        for (uint32_t k = 0; k < box->count; k++) {
            const cp_report *report = cp_outbox_at(box, k);
            if (report->kind != CP_REPORT_EXECUTED || report->participant < UNINFORMED)
                continue;
            CHECK(count < TRADES);
            trades[count].due_ns = now_ns + 10000000000;
            trades[count].price = (double)report->price;
            trades[count].sign = report->side == CP_BUY ? 1 : -1;
            trades[count].symbol = report->symbol;
            trades[count++].participant = report->participant;
        }
        deliver();
        for (; done < count && trades[done].due_ns <= now_ns; done++) {
            int who = trades[done].participant == INFORMED;
            gain[who] +=
                trades[done].sign * (mid_of(trades[done].symbol) - trades[done].price);
            gain_count[who]++;
        }
    }
    CHECK(gain_count[0] > 10000 && gain_count[1] > 1000);
    CHECK(gain[0] / gain_count[0] < -0.5);
    CHECK(gain[1] / gain_count[1] > 0.25);
    tear_down();
}

/* A walk of a thousand times the usual size, for hours. */
static void prices_stay_in_range_however_wild_the_market(void)
{
    cp_flow_config config = standard();
    config.rate = 1000000;
    config.depth = 60;
    config.volatility = 300;
    config.drift = 5000;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        set_up(config, seed);
        int64_t lowest = INT64_MAX, highest = 0;
        for (uint32_t i = 0; i < 500000; i++) {
            play_one();
            int64_t bid = cp_book_best(cp_venue_book(venue, 0), CP_BUY);
            int64_t ask = cp_book_best(cp_venue_book(venue, 0), CP_SELL);
            lowest = ask != CP_PRICE_NONE && ask < lowest ? ask : lowest;
            highest = bid > highest ? bid : highest;
        }
        CHECK(lowest >= 2000 && highest <= PRICE_MAX / 2 + 1000);
        CHECK_EQ(0, refused_count);
        tear_down();
    }
}

static void a_price_at_the_floor_is_still_a_market(void)
{
    cp_flow_config config = standard();
    for (uint32_t i = 0; i < SYMBOLS; i++)
        instruments[i] = (cp_instrument){ .price_max = 20, .price_start = 1 + i };
    CHECK_EQ(0, cp_venue_create(&venue, instruments, SYMBOLS, CAPACITY));
    CHECK_EQ(0, cp_flow_synthetic_create(&flow, &config, instruments, SYMBOLS, 1));
    now_ns = 0;
    refused_count = 0;
    cp_flow_synthetic_start(flow, 0);
    play(100000);
    CHECK_EQ(0, refused_count);
    tear_down();
}

/* ---- clusters and crashes -------------------------------------------------------- */

typedef struct counts {
    double mean, dispersion; /* events a window, and their variance over it */
} counts;

/* Of the windows of one length, after the books have filled. */
static counts events_in_windows(cp_flow_config config, uint64_t window_ns, uint32_t count)
{
    set_up(config, 11);
    play_seeds(config.depth);
    double sum = 0, squares = 0;
    uint64_t end_ns = now_ns;
    for (uint32_t i = 0; i < count; i++) {
        double events = 0;
        for (end_ns += window_ns; cp_flow_synthetic_next_ns(flow) < end_ns; events++)
            play_one();
        sum += events;
        squares += events * events;
    }
    tear_down();
    double mean = sum / count;
    return (counts){ mean, (squares / count - mean * mean) / mean };
}

/* Of a Hawkes process with branching ratio n windows that are long beside a cluster have
 * the dispersion 1 / (1 - n)^2; of a Poisson process any have 1. */
static void events_cluster_as_much_as_asked(void)
{
    cp_flow_config config = standard();
    config.rate = 20000;
    counts alone = events_in_windows(config, 100000000, 1000);
    CHECK(fabs(alone.mean / 2000 - 1) < 0.01);
    CHECK(fabs(alone.dispersion - 1) < 0.15);
    config.clustering = 0.6;
    config.cluster_life = 0.002;
    counts together = events_in_windows(config, 100000000, 1000);
    CHECK(fabs(together.mean / 2000 - 1) < 0.02);
    CHECK(fabs(together.dispersion * 0.4 * 0.4 - 1) < 0.15);
    /* Windows that are short beside a cluster see little of it. */
    config.cluster_life = 2;
    counts slow = events_in_windows(config, 1000000, 20000);
    CHECK(slow.dispersion < 1.3);
}

static void a_crash_falls_rests_and_comes_back_most_of_the_way(void)
{
    cp_flow_config config = standard();
    config.rate = 20000;
    config.volatility = 1;
    config.drift = 0;
    config.crash_every = 20;
    config.crash_size = 1500;
    set_up(config, 5);
    play_seeds(config.depth);
    /* Falling takes 1500 / (0.15 x 5000 events/s) = 2 s, the way back four times that. */
    const double before = 10000; /* it hardly moves by itself */
    double last = before, lowest = before, back = 0;
    uint64_t fell_ns = 0, start_ns = now_ns;
    while (now_ns < start_ns + UINT64_C(120000000000) && back <= 0) {
        play_one();
        const cp_book *book = cp_venue_book(venue, 0);
        int64_t bid = cp_book_best(book, CP_BUY), ask = cp_book_best(book, CP_SELL);
        if (bid == CP_PRICE_NONE || ask == CP_PRICE_NONE)
            continue;
        last = 0.5 * (double)(bid + ask);
        if (fell_ns == 0) {
            if (last < before - 400)
                fell_ns = now_ns;
        } else {
            lowest = last < lowest ? last : lowest;
            if (now_ns > fell_ns + UINT64_C(12000000000))
                back = last;
        }
    }
    CHECK(fell_ns > 0);
    CHECK(before - lowest > 1200 && before - lowest < 1800);
    CHECK(back - lowest > 0.6 * 1500 && back - lowest < 1500);
    CHECK_EQ(0, refused_count);
    tear_down();
}

static void what_makes_no_sense_is_refused(void)
{
    cp_flow_config wrong[] = { standard(), standard(), standard(), standard() };
    wrong[0].clustering = 1;
    wrong[0].cluster_life = 1;
    wrong[1].clustering = 0.5; /* that lasts no time */
    wrong[2].crash_every = -1;
    wrong[3].crash_size = NAN;
    for (int i = 0; i < 4; i++)
        CHECK_EQ(-EINVAL,
                 cp_flow_synthetic_create(&flow, &wrong[i], instruments, SYMBOLS, 1));
}

/* ---- disturbed ------------------------------------------------------------------- */

static void desk_sends(uint64_t id, uint16_t symbol, cp_side side, uint32_t qty)
{
    cp_order order = { .kind = CP_ORDER_NEW,
                       .client_id = id,
                       .participant = CP_PARTICIPANT_DESK,
                       .symbol = symbol,
                       .side = (uint8_t)side,
                       .type = CP_MARKET,
                       .qty = qty };
    cp_venue_on_order(venue, &order, now_ns);
    deliver();
}

static void the_book_comes_back_after_the_desk_has_eaten_it(void)
{
    set_up(standard(), 4);
    play_seeds(400);
    for (uint64_t round = 0; round < 10; round++) {
        desk_sends(2 * round, 0, CP_BUY, CP_VENUE_QTY_MAX);
        desk_sends(2 * round + 1, 0, CP_SELL, CP_VENUE_QTY_MAX);
        CHECK_EQ(0, cp_venue_book(venue, 0)->order_count);
        play(10000);
        looks seen = { .levels_min = UINT32_MAX, .orders_min = UINT32_MAX };
        look(&seen, 0);
        CHECK(seen.orders_min > 300 && seen.levels_min >= 10);
    }
    CHECK_EQ(0, refused_count);
    tear_down();
}

static void lives_with_a_venue_that_has_no_room(void)
{
    set_up_with(standard(), 4, 500);
    play(50000);
    CHECK(refused_count > 0);
    CHECK(cp_venue_resting_count(venue) <= 500);
    CHECK(cp_venue_counts(venue)->trade_count > 1000);
    tear_down();
}

static void ignores_reports_that_are_not_about_its_orders(void)
{
    set_up(standard(), 4);
    play(5000);
    cp_report strange = { .kind = CP_REPORT_CANCELLED };
    uint64_t ids[] = { 0, UINT64_MAX, 12345, (uint64_t)7 << 32,
                       (uint64_t)1 << 32 | 999999 };
    for (uint32_t participant = 0; participant < 70000; participant += 7)
        for (uint32_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
            strange.participant = (uint16_t)participant;
            strange.client_id = strange.original_id = ids[i];
            if (participant < 2 || participant > 5)
                cp_flow_synthetic_on_report(flow, &strange);
        }
    play(5000);
    CHECK_EQ(0, refused_count);
    tear_down();
}

static void refuses_a_config_that_makes_no_market(void)
{
    cp_flow_synthetic *none;
    instruments[0] = (cp_instrument){ .price_max = 1000, .price_start = 500 };
    cp_flow_config bad[] = { standard(), standard(), standard(), standard(), standard(),
                             standard(), standard(), standard(), standard() };
    bad[0].rate = 0;
    bad[1].depth = 0;
    bad[2].order_qty = 0;
    bad[3].order_qty = CP_VENUE_QTY_MAX;
    bad[4].volatility = -1;
    bad[5].volatility = (double)NAN;
    bad[6].drift = (double)INFINITY;
    bad[7].half_spread = -0.5;
    bad[8].depth = UINT32_MAX;
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_EQ(-EINVAL, cp_flow_synthetic_create(&none, &bad[i], instruments, 1, 1));
    cp_flow_config good = standard();
    CHECK_EQ(-EINVAL, cp_flow_synthetic_create(&none, &good, instruments, 0, 1));
    instruments[0].price_start = 0;
    CHECK_EQ(-EINVAL, cp_flow_synthetic_create(&none, &good, instruments, 1, 1));
    instruments[0].price_start = 1001;
    CHECK_EQ(-EINVAL, cp_flow_synthetic_create(&none, &good, instruments, 1, 1));
    CHECK(none == NULL);
    cp_flow_synthetic_destroy(NULL);
}

int main(void)
{
    RUN(the_same_seed_sends_the_same_orders);
    RUN(playing_late_changes_nothing_but_the_times);
    RUN(the_books_are_deep_before_time_has_passed);
    RUN(keeps_depth_spread_and_rate_at_one_event_a_second);
    RUN(keeps_depth_spread_and_rate_at_a_thousand_events_a_second);
    RUN(keeps_depth_spread_and_rate_at_two_thousand_events_a_second);
    RUN(keeps_depth_spread_and_rate_at_a_million_events_a_second);
    RUN(quotes_ten_levels_over_the_usual_settings);
    RUN(the_mid_moves_about_as_much_as_the_volatility_says);
    RUN(the_uninformed_lose_to_who_quotes_and_the_informed_win);
    RUN(prices_stay_in_range_however_wild_the_market);
    RUN(a_price_at_the_floor_is_still_a_market);
    RUN(events_cluster_as_much_as_asked);
    RUN(a_crash_falls_rests_and_comes_back_most_of_the_way);
    RUN(what_makes_no_sense_is_refused);
    RUN(the_book_comes_back_after_the_desk_has_eaten_it);
    RUN(lives_with_a_venue_that_has_no_room);
    RUN(ignores_reports_that_are_not_about_its_orders);
    RUN(refuses_a_config_that_makes_no_market);
    return 0;
}
