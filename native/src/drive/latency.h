/* latency.h: how long messages are made to be under way, hop by hop.
 *
 * Whoever takes messages off a link asks whether the first one has arrived yet. What was
 * sent first arrives first: one that would overtake waits for the one before it.
 */
#ifndef CP_LATENCY_H
#define CP_LATENCY_H

#include "base/random.h"
#include "cockpit.h"

typedef struct cp_transit {
    const cp_latency *model; /* NULL: none */
    cp_random random;
    uint64_t due_ns; /* of the first message, once that has been drawn */
    bool drawn;
} cp_transit;

void cp_transit_init(cp_transit *transit, const cp_latency *model, uint64_t seed);
uint64_t cp_transit_draw(cp_transit *transit);
bool cp_transit_waits(cp_transit *transit, uint64_t sent_ns, uint64_t now_ns);

/* Whether the first message, sent at sent_ns, is still under way. */
static inline bool cp_transit_holds(cp_transit *transit, uint64_t sent_ns,
                                    uint64_t now_ns)
{
    return transit->model && cp_transit_waits(transit, sent_ns, now_ns);
}

/* It has been taken: the next one is the first. */
static inline void cp_transit_pass(cp_transit *transit)
{
    transit->drawn = false;
}

#endif /* CP_LATENCY_H */
