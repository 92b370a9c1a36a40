/* breakers.c: signs that something is wrong although no limit is exceeded. */
#include "desk/inside.h"

static const char *const names[CP_BREAKER_COUNT] = {
    [CP_BREAKER_REJECTS] = "rejects", [CP_BREAKER_LATENCY] = "latency",
    [CP_BREAKER_FILLS] = "fills",     [CP_BREAKER_EXECUTIONS] = "executions",
    [CP_BREAKER_FEED] = "feed",
};

static const char *const helps[CP_BREAKER_COUNT] = {
    [CP_BREAKER_REJECTS] = "orders and changes refused by the venue in the window",
    [CP_BREAKER_LATENCY] = "answers in a row that took too long",
    [CP_BREAKER_FILLS] = "executions in the window",
    [CP_BREAKER_EXECUTIONS] =
        "executions of one strategy at the same terms in the window",
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

/* Whose the last of them was. */
typedef struct author {
    uint64_t client_id; /* 0: nobody's */
    uint16_t symbol;
    uint16_t strategy;
} author;

static const author nobody = { 0, CP_NOBODY, CP_NOBODY };

static author author_of(const cp_own_order *own)
{
    return (author){ own->client_id, own->symbol, own->strategy };
}

static void judge(cp_desk *desk, cp_breaker which, int64_t figure, int64_t trigger,
                  author who)
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
        cp_desk_note(desk, CP_NOTE_BREAKER, CP_CRITICAL, who.symbol, who.strategy);
    if (!note)
        return;
    note->a = which;
    note->b = trigger;
    note->c = figure;
    note->client_id = who.client_id;
}

enum { REJECTS, FILLS, SAME_FILLS };

static int64_t trigger_of(const cp_desk *desk, cp_trigger trigger)
{
    return desk->limits.triggers[trigger];
}

/* Likewise, where none is set that of the limit that stands in. */
static int64_t trigger_or(const cp_desk *desk, cp_trigger trigger)
{
    int64_t set = trigger_of(desk, trigger);
    return set != 0 ? set : desk->risk.limits[cp_risk_stand_in(trigger)];
}

/* Now, by a clock on which the window is a second. */
static uint64_t clock_of(const cp_desk *desk, uint32_t window)
{
    int64_t ms = desk->breakers.windows_ms[window];
    return ms == 1000 ? desk->now_ns
                      : (uint64_t)((cp_u128)desk->now_ns * 1000u / (cp_u128)ms);
}

void cp_breakers_configure(cp_desk *desk)
{
    cp_breakers *breakers = &desk->breakers;
    int64_t windows_ms[] = { trigger_of(desk, CP_TRIGGER_REJECT_WINDOW),
                             trigger_of(desk, CP_TRIGGER_FILL_WINDOW),
                             trigger_of(desk, CP_TRIGGER_SAME_FILL_WINDOW) };
    if (windows_ms[REJECTS] != breakers->windows_ms[REJECTS])
        memset(&breakers->rejects, 0, sizeof(breakers->rejects));
    if (windows_ms[FILLS] != breakers->windows_ms[FILLS])
        memset(&breakers->fills, 0, sizeof(breakers->fills));
    if (windows_ms[SAME_FILLS] != breakers->windows_ms[SAME_FILLS])
        memset(&breakers->executions, 0, sizeof(breakers->executions));
    memcpy(breakers->windows_ms, windows_ms, sizeof(windows_ms));
}

void cp_breakers_on_reject(cp_desk *desk, const cp_own_order *own)
{
    cp_rate *rate = &desk->breakers.rejects;
    uint64_t now = clock_of(desk, REJECTS);
    uint32_t before = cp_rate_count(rate, now);
    cp_rate_add(rate, now);
    judge(desk, CP_BREAKER_REJECTS, (int64_t)before + 1,
          trigger_of(desk, CP_TRIGGER_REJECT_COUNT), author_of(own));
}

void cp_breakers_on_answer(cp_desk *desk, const cp_own_order *own, uint64_t took_ns)
{
    cp_breakers *breakers = &desk->breakers;
    uint64_t most_ns = (uint64_t)trigger_of(desk, CP_TRIGGER_SLOW_ANSWER) * 1000000u;
    breakers->slow_count = took_ns <= most_ns ? 0 : breakers->slow_count + 1;
    judge(desk, CP_BREAKER_LATENCY, breakers->slow_count,
          trigger_of(desk, CP_TRIGGER_SLOW_COUNT), author_of(own));
}

void cp_breakers_on_fill(cp_desk *desk, const cp_fill *fill)
{
    cp_breakers *breakers = &desk->breakers;
    author who = { fill->client_id, fill->symbol, fill->strategy };
    cp_terms terms = { .price = fill->price,
                       .qty = fill->qty,
                       .symbol = fill->symbol,
                       .strategy = (uint8_t)fill->strategy,
                       .side = fill->side };
    uint64_t fill_clock = clock_of(desk, FILLS), same_clock = clock_of(desk, SAME_FILLS);
    uint32_t fills = cp_rate_count(&breakers->fills, fill_clock);
    uint32_t same = cp_recent_count(&breakers->executions, &terms, same_clock);
    cp_rate_add(&breakers->fills, fill_clock);
    cp_recent_add(&breakers->executions, same_clock);
    judge(desk, CP_BREAKER_FILLS, (int64_t)fills + 1,
          trigger_or(desk, CP_TRIGGER_FILL_COUNT), who);
    judge(desk, CP_BREAKER_EXECUTIONS, (int64_t)same + 1,
          trigger_or(desk, CP_TRIGGER_SAME_FILL_COUNT), who);
}

/* A feed that stands still is only missed by orders that rest in its markets. */
void cp_breakers_on_timer(cp_desk *desk)
{
    cp_breakers *breakers = &desk->breakers;
    uint64_t now_ns = desk->now_ns;
    cp_rate_count(&breakers->rejects, clock_of(desk, REJECTS)); /* see move_windows */
    cp_rate_count(&breakers->fills, clock_of(desk, FILLS));
    bool has_begun =
        breakers->md_ns != 0; /* one that went on from a journal has orders */
    if (!has_begun || breakers->md_count != desk->feed.md_count ||
        desk->orders.working_count == 0) {
        breakers->md_count = desk->feed.md_count;
        breakers->md_ns = now_ns;
    }
    uint64_t age_ns = now_ns > breakers->md_ns ? now_ns - breakers->md_ns : 0;
    judge(desk, CP_BREAKER_FEED, cp_risk_age_ms(age_ns),
          trigger_or(desk, CP_TRIGGER_FEED_SILENCE), nobody);
}

void cp_breakers_settle(cp_desk *desk)
{
    if (CP_LIKELY(!desk->breakers.due))
        return;
    desk->breakers.due = false;
    if (desk->risk.state != CP_RISK_ACTIVE && desk->risk.state != CP_RISK_REDUCING)
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
