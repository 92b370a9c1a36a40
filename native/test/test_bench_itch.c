/* The made-up day that ITCH is measured with: a day like any other, and always the same. */
#include "book/books.h"
#include "test.h"

#define COUNT 60000u
#define ORDERS 20000u

static uint8_t day[COUNT * (2 + 50)], again[sizeof day];

static uint64_t make_day(uint64_t seed, uint8_t *bytes)
{
    uint64_t size = 0;
    CHECK_EQ(0, cp_bench_itch_stream(COUNT, ORDERS, seed, bytes, sizeof day, &size));
    return size;
}

static void is_the_same_for_a_seed(void)
{
    uint64_t size = make_day(1, day);
    CHECK_EQ(size, make_day(1, again));
    CHECK(memcmp(day, again, size) == 0);
    CHECK(make_day(2, again) != size || memcmp(day, again, size) != 0);
}

static void fits_the_books_without_a_misfit(void)
{
    uint64_t size = make_day(3, day), offset = 0;
    cp_books books;
    cp_books_limits limits = { 10 * COUNT, COUNT / 50, 10000, COUNT, COUNT, 0 };
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_QUEUES, &limits));
    CHECK_EQ(-EPIPE, cp_books_play(&books, day, size, &offset));
    CHECK_EQ(COUNT, books.counts.message_count);
    CHECK_EQ(0, books.counts.unknown_count + books.counts.refused_count);
    CHECK_EQ(0, books.counts.excess_count);
    CHECK(books.counts.live_count > ORDERS / 2);
    cp_books_check(&books);
    cp_books_free(&books);
}

static void is_measured_in_every_way(void)
{
    uint64_t size = make_day(4, day);
    for (uint32_t what = CP_BENCH_ITCH_DECODE; what <= CP_BENCH_ITCH_L3; what++) {
        cp_bench_itch_result found;
        CHECK_EQ(0, cp_bench_itch(what, day, size, &found));
        CHECK_EQ(COUNT, found.message_count);
        CHECK(found.elapsed_ns > 0 && found.walk_ns > 0);
        CHECK_EQ(what != CP_BENCH_ITCH_DECODE, found.floor_ns > 0);
        CHECK_EQ(0, found.misfit_count);
    }
}

/* The floor trusts a file, so it must not see one that begins in the middle. */
static void keeps_the_floor_away_from_misfits(void)
{
    uint64_t size = make_day(5, day), begin = 0;
    for (uint32_t i = 0; i < ORDERS + 10000; i++)
        begin += 2u + day[begin] * 256u + day[begin + 1];
    cp_bench_itch_result found;
    CHECK_EQ(0, cp_bench_itch(CP_BENCH_ITCH_L3, day + begin, size - begin, &found));
    CHECK(found.misfit_count > 100);
    CHECK_EQ(0, found.floor_ns);
    CHECK_EQ(-EPROTO, cp_bench_itch(CP_BENCH_ITCH_L2, day, size - 1, &found));
}

int main(void)
{
    RUN(is_the_same_for_a_seed);
    RUN(fits_the_books_without_a_misfit);
    RUN(is_measured_in_every_way);
    RUN(keeps_the_floor_away_from_misfits);
    return 0;
}
