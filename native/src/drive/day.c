#include "drive/day.h"

#define SPAN_MAX_NS (7ull * 86400 * 1000000000) /* a week: no sum of them overflows */
#define BAND_MAX_BP 10000

/* ---- checks ------------------------------------------------------------------------- */

const char *cp_day_find_fault(const cp_rules *rules, uint32_t symbol_count)
{
    if (rules->pre_open_ns > SPAN_MAX_NS || rules->continuous_ns > SPAN_MAX_NS ||
        rules->pre_close_ns > SPAN_MAX_NS || rules->closed_ns > SPAN_MAX_NS ||
        rules->reference_ns > SPAN_MAX_NS || rules->dead_man_ns > SPAN_MAX_NS ||
        rules->throttle_window_ns > SPAN_MAX_NS)
        return "a time of the venue's rules is longer than a week";
    if (rules->continuous_ns == 0 && (rules->pre_close_ns > 0 || rules->closed_ns > 0))
        return "the venue never closes, and yet there is a time after that";
    if (rules->throttle_count > 0 && rules->throttle_window_ns == 0)
        return "there is a throttle without a window";
    if (rules->band_bp > BAND_MAX_BP)
        return "the price band is wider than 10000 basis points";
    if (rules->smp > CP_SMP_DECREMENT)
        return "smp is not known";
    if (rules->tier_count > CP_TIER_MAX || rules->halt_count > CP_HALT_MAX)
        return "there are more than 8 fee tiers or 16 halts";
    for (uint32_t i = 1; i < rules->tier_count; i++)
        if (rules->tiers[i].from_qty <= rules->tiers[i - 1].from_qty)
            return "fee tiers do not ascend";
    for (uint32_t i = 0; i < rules->halt_count; i++) {
        const cp_halt *halt = &rules->halts[i];
        if (halt->from_ns > SPAN_MAX_NS || halt->for_ns > SPAN_MAX_NS ||
            (halt->symbol >= symbol_count && halt->symbol != CP_SYMBOL_MAX))
            return "a halt is of no symbol, or longer than a week";
    }
    return NULL;
}

/* ---- what holds from the start --------------------------------------------------------- */

static void set_band(cp_day *day, uint16_t symbol, int64_t reference)
{
    if (reference <= 0)
        return;
    int64_t width = reference * day->rules->band_bp / 10000;
    int result = cp_venue_set_reference(day->venue, symbol, reference);
    if (result == 0)
        result = cp_venue_set_band(day->venue, symbol, width > 0 ? (uint32_t)width : 1);
    CP_ASSERT(result == 0); /* a price of the venue's own */
}

int cp_day_init(cp_day *day, cp_venue *venue, const cp_config *config,
                const uint16_t *participants, uint32_t user_count)
{
    const cp_rules *rules = &config->rules;
    *day =
        (cp_day){ .rules = rules, .venue = venue, .symbol_count = config->symbol_count };
    bool has_day =
        rules->pre_open_ns > 0 || rules->continuous_ns > 0 || rules->halt_count > 0;
    bool follows = rules->band_bp > 0 && rules->reference_ns > 0;
    bool holds =
        rules->throttle_count > 0 || rules->dead_man_ns > 0 || rules->tier_count > 0;
    day->used = has_day || follows || holds;
    for (uint16_t s = 0; rules->band_bp > 0 && s < config->symbol_count; s++)
        set_band(day, s, config->instruments[s].price_start);
    int result = cp_venue_set_tiers(venue, rules->tiers, rules->tier_count);
    for (uint32_t i = 0; holds && i < user_count && result == 0; i++) {
        cp_session session = { .participant = participants[i],
                               .throttle_count = rules->throttle_count,
                               .throttle_window_ns = rules->throttle_window_ns,
                               .dead_man_ns = rules->dead_man_ns };
        result = cp_venue_set_session(venue, &session);
    }
    return result;
}

void cp_day_start(cp_day *day, uint64_t now_ns)
{
    day->start_ns = now_ns;
    day->reference_ns = now_ns + (day->rules ? day->rules->reference_ns : 0);
}

/* ---- by the clock ---------------------------------------------------------------------- */

static bool is_halted(const cp_rules *rules, uint32_t symbol, uint64_t at_ns)
{
    for (uint32_t i = 0; i < rules->halt_count; i++) {
        const cp_halt *halt = &rules->halts[i];
        if ((halt->symbol == symbol || halt->symbol == CP_SYMBOL_MAX) &&
            at_ns >= halt->from_ns && at_ns - halt->from_ns < halt->for_ns)
            return true;
    }
    return false;
}

/* The phase the symbol should be in, `at_ns` after its day began. */
static cp_phase wanted(const cp_rules *rules, uint32_t symbol, uint64_t at_ns)
{
    if (at_ns < rules->pre_open_ns)
        return CP_PHASE_PRE_OPEN;
    uint64_t close_ns = rules->pre_open_ns + rules->continuous_ns;
    if (rules->continuous_ns == 0 || at_ns < close_ns)
        return is_halted(rules, symbol, at_ns) ? CP_PHASE_HALT : CP_PHASE_CONTINUOUS;
    return at_ns < close_ns + rules->pre_close_ns ? CP_PHASE_PRE_CLOSE : CP_PHASE_CLOSED;
}

/* The next phase on the way from one to the other; `from` itself: none is due. */
static cp_phase toward(cp_phase from, cp_phase to)
{
    if (from == to || from == CP_PHASE_OPENING_CROSS || from == CP_PHASE_CLOSING_CROSS)
        return from; /* a cross goes on by itself */
    switch (to) {
    case CP_PHASE_CONTINUOUS:
        return from == CP_PHASE_CLOSED ? CP_PHASE_PRE_OPEN : CP_PHASE_OPENING_CROSS;
    case CP_PHASE_CLOSED:
        return CP_PHASE_CLOSING_CROSS;
    case CP_PHASE_PRE_CLOSE: /* a new day begins with PRE_OPEN */
        return from == CP_PHASE_CLOSED ? CP_PHASE_PRE_OPEN : to;
    default:
        return to;
    }
}

static uint64_t time_of_day(const cp_day *day, uint64_t now_ns)
{
    const cp_rules *rules = day->rules;
    uint64_t at_ns = now_ns > day->start_ns ? now_ns - day->start_ns : 0;
    if (rules->closed_ns == 0)
        return at_ns;
    return at_ns % (rules->pre_open_ns + rules->continuous_ns + rules->pre_close_ns +
                    rules->closed_ns);
}

static bool change_phase(cp_day *day, uint64_t now_ns)
{
    uint64_t at_ns = time_of_day(day, now_ns);
    for (uint16_t s = 0; s < day->symbol_count; s++) {
        cp_phase from = cp_venue_phase(day->venue, s);
        cp_phase next = toward(from, wanted(day->rules, s, at_ns));
        if (next == from)
            continue;
        int result = cp_venue_set_phase(day->venue, s, next, now_ns);
        CP_ASSERT(result == 0); /* toward() knows what may follow what */
        return true;
    }
    return false;
}

static void follow_prices(cp_day *day, uint64_t now_ns)
{
    const cp_rules *rules = day->rules;
    if (rules->band_bp == 0 || rules->reference_ns == 0 || now_ns < day->reference_ns)
        return;
    day->reference_ns = now_ns + rules->reference_ns;
    for (uint16_t s = 0; s < day->symbol_count; s++)
        set_band(day, s, cp_venue_last(day->venue, s));
}

bool cp_day_step(cp_day *day, uint64_t now_ns)
{
    follow_prices(day, now_ns);
    if (change_phase(day, now_ns))
        return true;
    return cp_venue_on_timer(day->venue, now_ns);
}
