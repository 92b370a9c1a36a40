/* HdrHistogram's layout. That every count stands where the reference package puts it is
 * tests/test_histogram.py's to show; here is what the layout promises by itself. */
#include "base/histogram.h"

#include "base/random.h"
#include "test.h"

static cp_histogram histogram;
static uint64_t counts[CP_HISTOGRAM_COUNTS];

static cp_hop_picture summary(void)
{
    cp_hop_picture picture;
    cp_histogram_read(&histogram, counts);
    cp_histogram_summarise(counts, atomic_load(&histogram.max), &picture);
    return picture;
}

static void is_empty_at_first(void)
{
    cp_histogram_clear(&histogram);
    cp_hop_picture empty = summary();
    CHECK_EQ(0, empty.count);
    CHECK_EQ(0, empty.p50_ns);
    CHECK_EQ(0, empty.max_ns);
}

static void keeps_three_digits_of_any_value(void)
{
    cp_random random;
    cp_random_init(&random, 1);
    for (int i = 0; i < 100000; i++) {
        uint64_t value = cp_random_below(&random, CP_HISTOGRAM_VALUE_MAX) >>
                         cp_random_below(&random, 36);
        uint32_t index = cp_histogram_index(value);
        CHECK(index < CP_HISTOGRAM_COUNTS);
        uint64_t highest = cp_histogram_highest_at(index);
        CHECK(highest >= value);
        CHECK(highest - value <= value / 1000);
        CHECK(index == 0 || cp_histogram_highest_at(index - 1) < value);
    }
}

static void holds_the_whole_range_and_clamps_what_is_beyond(void)
{
    cp_histogram_clear(&histogram);
    cp_histogram_record(&histogram, 0);
    cp_histogram_record(&histogram, CP_HISTOGRAM_VALUE_MAX);
    cp_histogram_record(&histogram, UINT64_MAX);
    CHECK_EQ(1, atomic_load(&histogram.clamped_count));
    CHECK_EQ(3, summary().count);
    CHECK_EQ(CP_HISTOGRAM_VALUE_MAX, summary().max_ns);
    CHECK_EQ(CP_HISTOGRAM_VALUE_MAX, summary().p999_ns);
}

static void finds_percentiles_within_its_precision(void)
{
    cp_histogram_clear(&histogram);
    for (uint64_t value = 1; value <= 1000000; value++)
        cp_histogram_record(&histogram, value);
    cp_hop_picture got = summary();
    CHECK_EQ(1000000, got.count);
    CHECK(got.p50_ns >= 500000 && got.p50_ns <= 500500);
    CHECK(got.p90_ns >= 900000 && got.p90_ns <= 900900);
    CHECK(got.p95_ns >= 950000 && got.p95_ns <= 950950);
    CHECK(got.p99_ns >= 990000 && got.p99_ns <= 990990);
    CHECK(got.p999_ns >= 999000 && got.p999_ns <= 1000000);
    CHECK_EQ(1000000, got.max_ns);
}

int main(void)
{
    RUN(is_empty_at_first);
    RUN(keeps_three_digits_of_any_value);
    RUN(holds_the_whole_range_and_clamps_what_is_beyond);
    RUN(finds_percentiles_within_its_precision);
}
