#include "base/clock.h"

#include <stdio.h>

#define CALIBRATION_NS 20000000u

#if defined(__x86_64__)
static uint64_t counter(void)
{
    return __rdtsc();
}

/* The kernel's own verdict: it uses the counter as its clock only if it is invariant and
 * in step on all cores. */
static bool counter_is_trusted(void)
{
    char name[32] = "";
    FILE *file =
        fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
    if (file) {
        if (!fgets(name, sizeof name, file))
            name[0] = 0;
        fclose(file);
    }
    if (strncmp(name, "tsc", 3) == 0)
        return true;
    /* Paravirtual clocks are read through the counter too. */
    if (strncmp(name, "kvm-clock", 9) != 0)
        return false;
    unsigned int a = 0x80000007, b, c, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return (d & (1u << 8)) != 0; /* invariant TSC */
}
#else
static uint64_t counter(void)
{
    return 0;
}

static bool counter_is_trusted(void)
{
    return false;
}
#endif

/* A system time and a counter reading that belong together: of several tries, the one
 * with the least between its two counter readings. */
static void read_both(uint64_t *now_ns, uint64_t *count)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
        uint64_t before = counter();
        uint64_t now = cp_monotonic_ns();
        uint64_t after = counter();
        if (after - before < best) {
            best = after - before;
            *now_ns = now;
            *count = before + (after - before) / 2;
        }
    }
}

void cp_clock_init(cp_clock *clock)
{
    *clock = (cp_clock){ .kind = CP_CLOCK_SYSTEM };
    if (!counter_is_trusted())
        return;

    uint64_t ns0 = 0, count0 = 0, ns1 = 0, count1 = 0;
    read_both(&ns0, &count0);
    struct timespec pause = { .tv_nsec = CALIBRATION_NS };
    nanosleep(&pause, NULL);
    read_both(&ns1, &count1);
    if (count1 <= count0 || ns1 <= ns0)
        return;
    clock->ns_per_count = (uint64_t)(((cp_u128)(ns1 - ns0) << 32) / (count1 - count0));
    clock->base_ns = ns1;
    clock->base_count = count1;
    clock->kind = CP_CLOCK_COUNTER;
}

void cp_clock_init_virtual(cp_clock *clock, uint64_t now_ns)
{
    *clock = (cp_clock){ .kind = CP_CLOCK_VIRTUAL, .base_ns = now_ns };
}
