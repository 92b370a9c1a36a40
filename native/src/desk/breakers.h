/* breakers.h: signs that something is wrong although no limit is exceeded.
 *
 * A breaker trips at the first figure beyond its trigger, is noted with that figure, and
 * pauses an active desk at the end of the step, which pulls all its orders. It stays
 * tripped, and is not noted again, until CP_CONTROL_RESUME, which forgets what was
 * counted. What goes on after that trips it anew.
 *
 *     rejects     orders and changes the venue refused in a window
 *     latency     answers in a row that each took longer than they may
 *     fills       executions in a window; trigger: the limit of messages, unless set
 *     executions  of one strategy with the same symbol, side, price and size in a window;
 *                 trigger: the limit of same orders, unless set
 *     feed        milliseconds without market data of any symbol while orders work;
 *                 trigger: the limit of its age, unless set
 *
 * What they trip at is set with the limits (cp_trigger). A window is counted by clocks of
 * a second that run as much slower or faster.
 */
#ifndef CP_BREAKERS_H
#define CP_BREAKERS_H

#include "desk/orders.h"
#include "desk/rate.h"
#include "desk/recent.h"

typedef struct cp_desk cp_desk;

typedef struct cp_breakers {
    cp_breaker_picture pictures[CP_BREAKER_COUNT];
    bool due; /* one has tripped in the step under way */
    uint32_t slow_count;
    uint64_t md_count, md_ns; /* of the feed, as last looked at; and when it last moved */
    int64_t windows_ms[3];    /* of the three below */
    cp_rate rejects;
    cp_rate fills;
    cp_recent executions;
} cp_breakers;

/* The triggers have been set: a window of another length begins empty. */
void cp_breakers_configure(cp_desk *desk);
void cp_breakers_on_reject(cp_desk *desk, const cp_own_order *own);
/* The venue has taken an order or a change so long after it was sent. */
void cp_breakers_on_answer(cp_desk *desk, const cp_own_order *own, uint64_t took_ns);
void cp_breakers_on_fill(cp_desk *desk, const cp_fill *fill);
void cp_breakers_on_timer(cp_desk *desk);
/* At the end of a step: pause if one has tripped in it. */
void cp_breakers_settle(cp_desk *desk);
/* The operator goes on. */
void cp_breakers_reset(cp_desk *desk);

#endif /* CP_BREAKERS_H */
