/* Where a profit came from, and lots closed oldest first, against accounts kept plainly. */
#include "base/random.h"
#include "desk/costs.h"
#include "desk/lots.h"
#include "test.h"

#define SEED 20241121u

/* One lot a place, oldest at `first`: what FIFO means. */
typedef struct single_lots {
    int64_t prices[200000];
    uint32_t first, count;
    int64_t sign;
    cp_i128 realised;
} single_lots;

static void fill_singly(single_lots *plain, cp_side side, int64_t price, uint32_t qty)
{
    int64_t sign = side == CP_BUY ? 1 : -1;
    for (uint32_t i = 0; i < qty; i++) {
        if (plain->count > 0 && plain->sign != sign) {
            plain->realised += (price - plain->prices[plain->first]) * plain->sign;
            plain->first++;
            plain->count--;
            continue;
        }
        if (plain->count == 0)
            plain->first = 0;
        plain->sign = sign;
        plain->prices[plain->first + plain->count++] = price;
    }
}

static void closes_the_oldest_lots_first(void)
{
    static single_lots plain;
    static cp_lots lots;
    for (uint64_t seed = 0; seed < 20; seed++) {
        cp_random random;
        cp_random_init(&random, SEED + seed);
        memset(&plain, 0, sizeof plain);
        memset(&lots, 0, sizeof lots);
        for (uint32_t i = 0; i < 1000; i++) {
            /* Bought in some stretches and sold in others, at few prices and at many. */
            bool buys = cp_random_below(&random, 4) != 0;
            cp_side side = (i / 100 % 2 == 0) == buys ? CP_BUY : CP_SELL;
            int64_t price = 1000 + (int64_t)cp_random_below(&random, seed % 2 ? 3 : 3000);
            uint32_t qty = 1 + (uint32_t)cp_random_below(&random, 40);
            fill_singly(&plain, side, price, qty);
            cp_lots_fill(&lots, side, price, qty);
            CHECK(lots.realised == plain.realised);
        }
        CHECK_EQ(0, lots.merged);
    }
}

static void says_so_when_the_entries_are_used_up_and_loses_no_money(void)
{
    static cp_lots lots;
    memset(&lots, 0, sizeof lots);
    cp_i128 cash = 0;
    for (uint32_t i = 0; i < CP_LOTS_MAX; i++) {
        cp_lots_fill(&lots, CP_BUY, 100 + (int64_t)i, 3);
        cash -= (100 + (cp_i128)i) * 3;
    }
    CHECK_EQ(CP_LOTS_MAX, lots.count);
    CHECK_EQ(0, lots.merged);
    cp_lots_fill(&lots, CP_BUY, 7, 5);
    cash -= 35;
    CHECK_EQ(CP_LOTS_MAX, lots.count);
    CHECK_EQ(1, lots.merged);
    cp_lots_fill(&lots, CP_SELL, 1000, 3 * CP_LOTS_MAX + 5);
    cash += 1000 * (3 * (cp_i128)CP_LOTS_MAX + 5);
    CHECK_EQ(0, lots.count);
    CHECK(lots.realised == cash);
}

/* Kept apart fill by fill: what the mid was, what was hoped for, what was paid. */
static void attributes_every_unit_of_profit(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        cp_random random;
        cp_random_init(&random, SEED + 100 + seed);
        cp_position position = { 0 };
        cp_costs costs = { 0 };
        cp_i128 spread2 = 0, slippage2 = 0, inventory2 = 0, held = 0;
        int64_t mark2 = 20000;
        for (uint32_t i = 0; i < 5000; i++) {
            int64_t next2 = mark2 + (int64_t)cp_random_below(&random, 21) - 10;
            inventory2 +=
                held * (next2 - mark2); /* the market moves under what is held */
            mark2 = next2;
            cp_side side = cp_random_below(&random, 2) ? CP_SELL : CP_BUY;
            int64_t sign = side == CP_BUY ? 1 : -1;
            int64_t arrival2 = mark2 + (int64_t)cp_random_below(&random, 9) - 4;
            int64_t expected = arrival2 / 2 + (int64_t)cp_random_below(&random, 7) - 3;
            int64_t price = expected + (int64_t)cp_random_below(&random, 5) - 2;
            uint32_t qty = 1 + (uint32_t)cp_random_below(&random, 100);
            cp_i128 lots = (cp_i128)qty * sign;
            cp_position_fill(&position, side, price, qty, 1);
            cp_costs_fill(&costs, side, price, qty, arrival2, expected);
            spread2 += lots * (arrival2 - 2 * expected);
            slippage2 += lots * 2 * (expected - price);
            inventory2 += lots * (mark2 - arrival2); /* and between decision and fill */
            held += lots;
            cp_attribution from = cp_costs_read(&costs, &position, mark2);
            CHECK(from.spread2 == spread2);
            CHECK(from.slippage2 == slippage2);
            CHECK(from.inventory2 == inventory2);
            CHECK(from.spread2 + from.slippage2 + from.inventory2 ==
                  2 * position.realised +
                      ((cp_i128)position.qty * mark2 - 2 * position.cost));
        }
    }
}

static void an_order_that_saw_no_mid_earns_only_by_being_held(void)
{
    cp_position position = { 0 };
    cp_costs costs = { 0 };
    cp_position_fill(&position, CP_BUY, 100, 10, 0);
    cp_costs_fill(&costs, CP_BUY, 100, 10, 0, 90);
    cp_attribution from = cp_costs_read(&costs, &position, 210);
    CHECK(from.spread2 == 0);
    CHECK(from.slippage2 == 0);
    CHECK(from.inventory2 == 100);
}

static void a_position_that_is_inherited_begins_at_what_it_cost(void)
{
    cp_position position = { .cost = 1000, .qty = 10 };
    cp_costs costs;
    cp_costs_begin(&costs, &position);
    cp_attribution from = cp_costs_read(&costs, &position, 190);
    CHECK(from.spread2 == 0 && from.slippage2 == 0);
    CHECK(from.inventory2 == -100);
    from = cp_costs_read(&costs, &position, 0); /* nothing to value it at */
    CHECK(from.inventory2 == 0);
}

int main(void)
{
    RUN(closes_the_oldest_lots_first);
    RUN(says_so_when_the_entries_are_used_up_and_loses_no_money);
    RUN(attributes_every_unit_of_profit);
    RUN(an_order_that_saw_no_mid_earns_only_by_being_held);
    RUN(a_position_that_is_inherited_begins_at_what_it_cost);
    return 0;
}
