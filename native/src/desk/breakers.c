/* breakers.c: signs that something is wrong although no limit is exceeded. */
#include "desk/inside.h"

static const char *const names[CP_BREAKER_COUNT] = {
    [CP_BREAKER_REJECTS] = "rejects", [CP_BREAKER_LATENCY] = "latency",
    [CP_BREAKER_FILLS] = "fills",     [CP_BREAKER_EXECUTIONS] = "executions",
    [CP_BREAKER_FEED] = "feed",
};

static const char *const helps[CP_BREAKER_COUNT] = {
    [CP_BREAKER_REJECTS] = "orders and changes refused by the venue in a second",
    [CP_BREAKER_LATENCY] = "answers in a row that took longer than half a second",
    [CP_BREAKER_FILLS] = "executions in a second",
    [CP_BREAKER_EXECUTIONS] = "executions of one strategy at the same terms in a second",
    [CP_BREAKER_FEED] = "ms without market data while orders work",
};

const char *cp_breaker_name(uint32_t breaker)
{
    return breaker < CP_BREAKER_COUNT ? names[breaker] : NULL;
}

const char *cp_breaker_help(uint32_t breaker)
{
    return breaker < CP_BREAKER_COUNT ? helps[breaker] : NULL;
}

/* `own`: the order that was the last of them, or NULL. */
static void judge(cp_desk *desk, cp_breaker which, int64_t figure, int64_t trigger,
                  const cp_own_order *own)
{
    cp_breaker_picture *picture = &desk->breakers.pictures[which];
    if (CP_LIKELY(figure <= trigger) || picture->tripped_ns != 0)
        return;
    picture->tripped_ns = desk->now_ns > 0 ? desk->now_ns : 1;
    picture->figure = figure;
    picture->trigger = trigger;
    picture->trip_count++;
    desk->breakers.due = true;
    cp_note *note =
        cp_desk_note(desk, CP_NOTE_BREAKER, CP_CRITICAL, own ? own->symbol : CP_NOBODY,
                     own ? own->strategy : CP_NOBODY);
    if (!note)
        return;
    note->a = which;
    note->b = trigger;
    note->c = figure;
    note->client_id = own ? own->client_id : 0;
}

void cp_breakers_on_reject(cp_desk *desk, const cp_own_order *own)
{
    cp_rate *rate = &desk->breakers.rejects;
    uint32_t before = cp_rate_count(rate, desk->now_ns);
    cp_rate_add(rate, desk->now_ns);
    judge(desk, CP_BREAKER_REJECTS, (int64_t)before + 1, CP_BREAKER_REJECTS_MAX, own);
}

void cp_breakers_on_answer(cp_desk *desk, const cp_own_order *own, uint64_t took_ns)
{
    cp_breakers *breakers = &desk->breakers;
    breakers->slow_count = took_ns <= CP_BREAKER_SLOW_NS ? 0 : breakers->slow_count + 1;
    judge(desk, CP_BREAKER_LATENCY, breakers->slow_count, CP_BREAKER_SLOW_MAX, own);
}

void cp_breakers_on_fill(cp_desk *desk, const cp_own_order *own, int64_t price,
                         uint32_t qty)
{
    cp_breakers *breakers = &desk->breakers;
    cp_terms terms = { .price = price,
                       .qty = qty,
                       .symbol = own->symbol,
                       .strategy = (uint8_t)own->strategy,
                       .side = own->side };
    uint32_t fills = cp_rate_count(&breakers->fills, desk->now_ns);
    uint32_t same = cp_recent_count(&breakers->executions, &terms, desk->now_ns);
    cp_rate_add(&breakers->fills, desk->now_ns);
    cp_recent_add(&breakers->executions, &terms, desk->now_ns);
    const int64_t *limits = desk->risk.limits;
    judge(desk, CP_BREAKER_FILLS, (int64_t)fills + 1, limits[CP_LIMIT_MESSAGE_RATE], own);
    judge(desk, CP_BREAKER_EXECUTIONS, (int64_t)same + 1, limits[CP_LIMIT_SAME_ORDERS],
          own);
}

/* A feed that stands still is only missed by orders that rest in its markets. */
void cp_breakers_on_timer(cp_desk *desk)
{
    cp_breakers *breakers = &desk->breakers;
    uint64_t now_ns = desk->now_ns;
    bool has_begun =
        breakers->md_ns != 0; /* one that went on from a journal has orders */
    if (!has_begun || breakers->md_count != desk->feed.md_count ||
        desk->orders.working_count == 0) {
        breakers->md_count = desk->feed.md_count;
        breakers->md_ns = now_ns;
    }
    uint64_t age_ns = now_ns > breakers->md_ns ? now_ns - breakers->md_ns : 0;
    judge(desk, CP_BREAKER_FEED, cp_risk_age_ms(age_ns),
          desk->risk.limits[CP_LIMIT_DATA_AGE], NULL);
}

void cp_breakers_settle(cp_desk *desk)
{
    if (CP_LIKELY(!desk->breakers.due))
        return;
    desk->breakers.due = false;
    if (desk->risk.state != CP_RISK_ACTIVE)
        return;
    cp_desk_set_state(desk, CP_RISK_PAUSED, CP_CAUSE_BREAKER);
    cp_desk_sweep(desk);
}

void cp_breakers_reset(cp_desk *desk)
{
    cp_breakers *breakers = &desk->breakers;
    for (uint32_t i = 0; i < CP_BREAKER_COUNT; i++)
        breakers->pictures[i].tripped_ns = 0;
    breakers->slow_count = 0;
    breakers->md_ns = desk->now_ns;
    memset(&breakers->rejects, 0, sizeof(breakers->rejects));
    memset(&breakers->fills, 0, sizeof(breakers->fills));
    memset(&breakers->executions, 0, sizeof(breakers->executions));
}
