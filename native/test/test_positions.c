/* Positions against a plain account of cash, which knows nothing of average cost. */
#include "base/random.h"
#include "desk/positions.h"
#include "test.h"

#define SEED 20240611u

static void conserve(uint64_t seed, uint32_t fills, uint32_t price_span,
                     uint32_t qty_span)
{
    cp_random random;
    cp_random_init(&random, seed);
    cp_position position = { 0 };
    cp_i128 cash = 0, fees = 0;
    int64_t qty = 0;
    for (uint32_t i = 0; i < fills; i++) {
        cp_side side = cp_random_below(&random, 2) ? CP_SELL : CP_BUY;
        int64_t price = 1 + (int64_t)cp_random_below(&random, price_span);
        uint32_t lots = 1 + (uint32_t)cp_random_below(&random, qty_span);
        int64_t fee = (int64_t)cp_random_below(&random, 1000) - 500;
        int64_t sign = side == CP_BUY ? 1 : -1;
        cp_position_fill(&position, side, price, lots, fee);
        qty += sign * (int64_t)lots;
        cash -= (cp_i128)price * (int64_t)lots * sign;
        fees += fee;

        int64_t mark = 1 + (int64_t)cp_random_below(&random, price_span);
        cp_i128 unrealised = (cp_i128)position.qty * mark - position.cost;
        bool kept = position.qty == qty && position.fees == fees &&
                    position.realised + unrealised == cash + (cp_i128)qty * mark &&
                    (qty != 0 || position.cost == 0);
        if (!kept)
            fprintf(stderr, "seed %llu, fill %u\n", (unsigned long long)seed, i);
        CHECK(kept);
    }
}

static void loses_no_fraction_over_random_fills(void)
{
    for (uint64_t i = 0; i < 20; i++)
        conserve(SEED + i, 20000, 30000, 100);
}

static void loses_no_fraction_at_the_edges_of_price_and_size(void)
{
    for (uint64_t i = 0; i < 5; i++)
        conserve(SEED + 100 + i, 20000, UINT32_MAX, 1000000000);
}

static void realises_at_average_cost(void)
{
    cp_position position = { 0 };
    cp_position_fill(&position, CP_BUY, 100, 10, 0);
    cp_position_fill(&position, CP_BUY, 110, 10, 0);
    cp_position_fill(&position, CP_SELL, 120, 5, 0); /* bought at 105: 5 x 15 */
    CHECK_EQ(75, position.realised);
    CHECK_EQ(15, position.qty);
    CHECK_EQ(1575, position.cost);
    CHECK_EQ(7500, cp_position_realised(&position, 100));
}

static void rounds_the_cost_taken_out_toward_zero(void)
{
    cp_position position = { 0 };
    cp_position_fill(&position, CP_BUY, 10, 1, 0);
    cp_position_fill(&position, CP_BUY, 11, 2, 0); /* 32 for three: 10 2/3 each */
    cp_position_fill(&position, CP_SELL, 12, 1, 0);
    CHECK_EQ(2, position.realised);
    CHECK_EQ(22, position.cost);
    cp_position back = { 0 };
    cp_position_fill(&back, CP_SELL, 10, 1, 0);
    cp_position_fill(&back, CP_SELL, 11, 2, 0);
    cp_position_fill(&back, CP_BUY, 9, 1, 0); /* -32 / 3 is -10, not -11 */
    CHECK_EQ(1, back.realised);
    CHECK_EQ(-22, back.cost);
}

static void goes_through_zero_in_one_fill(void)
{
    cp_position position = { 0 };
    cp_position_fill(&position, CP_BUY, 100, 10, 0);
    cp_position_fill(&position, CP_SELL, 103, 25, 0);
    CHECK_EQ(-15, position.qty);
    CHECK_EQ(30, position.realised);
    CHECK_EQ(-15 * 103, position.cost);
}

static void values_at_half_an_increment(void)
{
    cp_position position = { 0 };
    cp_position_fill(&position, CP_BUY, 100, 3, 0);
    CHECK_EQ(150, cp_position_unrealised(&position, 201, 100)); /* mid 100.5 */
    CHECK_EQ(-150, cp_position_unrealised(&position, 199, 100));
}

static void saturates_what_money_cannot_hold(void)
{
    cp_position position = { 0 };
    for (int i = 0; i < 8; i++)
        cp_position_fill(&position, CP_BUY, UINT32_MAX, UINT32_MAX, INT64_MAX);
    CHECK_EQ(INT64_MAX, cp_position_fees(&position));
    CHECK_EQ(INT64_MIN, cp_position_unrealised(&position, 2, 1000));
    CHECK_EQ(8 * (int64_t)UINT32_MAX, position.qty);
}

int main(void)
{
    RUN(loses_no_fraction_over_random_fills);
    RUN(loses_no_fraction_at_the_edges_of_price_and_size);
    RUN(realises_at_average_cost);
    RUN(rounds_the_cost_taken_out_toward_zero);
    RUN(goes_through_zero_in_one_fill);
    RUN(values_at_half_an_increment);
    RUN(saturates_what_money_cannot_hold);
    return 0;
}
