#include "drive/latency.h"

#define LAST (CP_LATENCY_POINTS - 1)

void cp_transit_init(cp_transit *transit, const cp_latency *model, uint64_t seed)
{
    *transit = (cp_transit){ .model = model->used ? model : NULL };
    cp_random_init(&transit->random, seed);
}

/* Between the two points that a random place falls between. */
uint64_t cp_transit_draw(cp_transit *transit)
{
    const cp_latency *model = transit->model;
    uint64_t bits = cp_random_u64(&transit->random);
    uint64_t place = bits >> 32; /* of 2^32 along the points */
    uint64_t at = place * LAST, index = at >> 32, rest = at & UINT32_MAX;
    uint64_t low = model->points_ns[index], high = model->points_ns[index + 1];
    uint64_t drawn = low + (uint64_t)((cp_u128)(high - low) * rest >> 32);
    bool spike = (bits & UINT32_MAX) * 1000000 >> 32 < model->spike_ppm;
    return drawn + (spike ? model->spike_ns : 0);
}

bool cp_transit_waits(cp_transit *transit, uint64_t sent_ns, uint64_t now_ns)
{
    if (!transit->drawn) {
        uint64_t due_ns = sent_ns + cp_transit_draw(transit);
        transit->due_ns = due_ns > transit->due_ns ? due_ns : transit->due_ns;
        transit->drawn = true;
    }
    return now_ns < transit->due_ns;
}
