/* day.h: the venue's rules as configured, and its trading day by the clock.
 *
 * A step object like the venue itself: the time comes in, and what the venue says of it is
 * carried off by the drive. One change a step.
 */
#ifndef CP_DAY_H
#define CP_DAY_H

#include "venue/venue.h"

typedef struct cp_day {
    const cp_rules *rules;
    cp_venue *venue;
    uint32_t symbol_count;
    bool used;             /* there is something to do by the clock, of the venue too */
    uint64_t start_ns;     /* the first day began */
    uint64_t reference_ns; /* when the references are looked at next */
} cp_day;

/* NULL, or what is wrong with the rules. */
const char *cp_day_find_fault(const cp_rules *rules, uint32_t symbol_count);
/* `user_count`: the desk, or an exchange's users, who are held to the rules. */
int cp_day_init(cp_day *day, cp_venue *venue, const cp_config *config,
                const uint16_t *participants, uint32_t user_count);
void cp_day_start(cp_day *day, uint64_t now_ns);
/* True: more is to do now. Afterwards carry off what the venue said. */
bool cp_day_step(cp_day *day, uint64_t now_ns);

#endif /* CP_DAY_H */
