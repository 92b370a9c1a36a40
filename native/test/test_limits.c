/* The benchmarks' own measuring: it must count what it says. */
#include "test.h"

static void a_round_trip_is_measured_for_each_message(void)
{
    cp_hop_picture ring, bare;
    CHECK_EQ(-EINVAL, cp_bench_round_trip(false, -1, -1, 10, &ring));
    CHECK_EQ(0,
             cp_bench_round_trip(false, cp_bench_cpu(0), cp_bench_cpu(1), 12000, &ring));
    CHECK_EQ(0,
             cp_bench_round_trip(true, cp_bench_cpu(0), cp_bench_cpu(1), 12000, &bare));
    CHECK_EQ(10000, ring.count);
    CHECK_EQ(10000, bare.count);
    CHECK(ring.p50_ns > 0 && bare.p50_ns > 0);
    printf("ring %lu ns, bare %lu ns\n", ring.p50_ns, bare.p50_ns);
}

static void a_stream_takes_time(void)
{
    uint64_t elapsed_ns = 0;
    CHECK_EQ(0, cp_bench_line_stream(100000, &elapsed_ns));
    CHECK(elapsed_ns > 0);
}

int main(void)
{
    RUN(a_round_trip_is_measured_for_each_message);
    RUN(a_stream_takes_time);
}
