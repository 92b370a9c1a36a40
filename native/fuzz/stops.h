/* stops.h: what the operator has stopped, counted from what was asked alone, and what may
 * leave a desk then: docs/risk.md a second time, with nothing of the desk's own code.
 */
#ifndef CP_FUZZ_STOPS_H
#define CP_FUZZ_STOPS_H

#include "base/base.h"
#include "cockpit.h"

#define STOPS_SEAT 2u /* the slot with a strategy in it; of the others nobody is asked */

/* Why an order could leave although something was stopped. */
enum { STOPS_CLOSES, STOPS_PAUSED, STOPS_REDUCING, STOPS_MODE, STOPS_WHYS };

typedef struct stops {
    cp_risk_state state;
    cp_strategy_mode mode; /* of the seat */
    uint64_t halted;       /* bit a symbol */
    uint64_t closing_symbols, closing_slots;
    bool by_itself; /* nobody has asked for the state it is in */
    uint64_t let_out[STOPS_WHYS];
} stops;

/* An order that is leaving; the lots are those of its side at worst, with it. */
typedef struct stops_leaving {
    uint32_t symbol, slot;
    bool is_new, is_immediate;
    cp_i128 side_lots, own_lots;
} stops_leaving;

/* What an order has been let out for, and must keep while nothing is let go on. */
typedef struct stops_bounds {
    bool symbol, own;
} stops_bounds;

static inline bool stops_any(const stops *s)
{
    return s->state != CP_RISK_ACTIVE || s->halted != 0 || s->mode != CP_MODE_LIVE;
}

static inline bool stops_nothing_closes(stops *s)
{
    s->closing_symbols = s->closing_slots = 0;
    return true;
}

/* Of all; false where it does not lead anywhere from here. */
static inline bool stops_lead(stops *s, uint32_t kind)
{
    bool halted = s->state == CP_RISK_HALTED, flattening = s->state == CP_RISK_FLATTENING;
    bool paused = s->state == CP_RISK_PAUSED, reducing = s->state == CP_RISK_REDUCING;
    s->by_itself = false;
    switch (kind) {
    case CP_CONTROL_HALT:
        s->state = CP_RISK_HALTED;
        return stops_nothing_closes(s);
    case CP_CONTROL_PAUSE:
        s->state = halted ? s->state : CP_RISK_PAUSED;
        return !halted && stops_nothing_closes(s);
    case CP_CONTROL_REDUCE:
        s->state = halted || flattening ? s->state : CP_RISK_REDUCING;
        return !halted && !flattening;
    case CP_CONTROL_FLATTEN:
        s->state = halted ? s->state : CP_RISK_FLATTENING;
        return !halted;
    case CP_CONTROL_UNHALT:
        s->state = halted ? CP_RISK_PAUSED : s->state;
        return halted;
    case CP_CONTROL_RESUME:
        s->state = paused || reducing ? CP_RISK_ACTIVE : s->state;
        return paused || reducing;
    default:
        return false;
    }
}

static inline void stops_seat(stops *s, cp_strategy_mode mode)
{
    s->mode = mode;
    if (mode != CP_MODE_OFF)
        s->closing_slots &= ~(UINT64_C(1) << STOPS_SEAT);
}

/* Of a symbol or a slot. */
static inline void stops_some(stops *s, uint32_t kind, uint32_t target)
{
    uint64_t bit = UINT64_C(1) << target;
    bool halted = s->state == CP_RISK_HALTED;
    switch (kind) {
    case CP_CONTROL_HALT_SYMBOL:
        s->halted |= bit;
        s->closing_symbols &= ~bit;
        break;
    case CP_CONTROL_FLATTEN_SYMBOL:
        s->halted |= halted ? 0 : bit;
        s->closing_symbols |= halted ? 0 : bit;
        break;
    case CP_CONTROL_RESUME_SYMBOL:
        s->halted &= ~bit;
        s->closing_symbols &= ~bit;
        break;
    case CP_CONTROL_HALT_STRATEGY:
        s->mode = CP_MODE_OFF;
        s->closing_slots &= ~bit;
        break;
    case CP_CONTROL_FLATTEN_STRATEGY:
        if (!halted && target == STOPS_SEAT)
            s->mode = CP_MODE_OFF;
        s->closing_slots |= halted ? 0 : bit;
        break;
    default:
        break;
    }
}

/* The state it is in after a step. By itself a desk only gets stricter: a breaker trips,
 * everything is closed, it has lost too much. */
static inline void stops_see(stops *s, cp_risk_state shown)
{
    CP_ASSERT(shown == s->state || shown == CP_RISK_HALTED ||
              (shown == CP_RISK_PAUSED && s->state != CP_RISK_HALTED));
    s->by_itself |= shown != s->state;
    s->state = shown;
    if (shown == CP_RISK_HALTED)
        stops_nothing_closes(s);
}

static inline void stops_let_out(stops *s, int why)
{
    s->let_out[why]++;
}

/* May it leave? True: it closes a position, and most limits are not for it. */
static inline bool stops_check(stops *s, const stops_leaving *order, stops_bounds *bounds)
{
    bool asked = s->state == CP_RISK_FLATTENING ||
                 (s->closing_symbols >> order->symbol & 1) != 0 ||
                 (s->closing_slots >> order->slot & 1) != 0;
    bool nearer = order->side_lots <= 0, nearer_own = order->own_lots <= 0;
    *bounds = (stops_bounds){ false, false };
    if (asked && order->is_new && order->is_immediate && nearer_own) {
        stops_let_out(s, STOPS_CLOSES);
        return true;
    }
    bool by_hand = order->slot == CP_OPERATOR, seated = order->slot == STOPS_SEAT;
    CP_ASSERT(s->state != CP_RISK_HALTED && s->state != CP_RISK_FLATTENING);
    CP_ASSERT((s->halted >> order->symbol & 1) == 0);
    if (s->state == CP_RISK_PAUSED) {
        CP_ASSERT(by_hand && order->is_new && nearer);
        stops_let_out(s, STOPS_PAUSED);
    }
    if (s->state == CP_RISK_REDUCING) {
        CP_ASSERT(nearer && nearer_own);
        *bounds = (stops_bounds){ true, true };
        stops_let_out(s, STOPS_REDUCING);
    }
    CP_ASSERT(!seated || s->mode == CP_MODE_LIVE || s->mode == CP_MODE_REDUCE);
    if (seated && s->mode == CP_MODE_REDUCE) {
        CP_ASSERT(order->is_new && nearer_own);
        bounds->own = true;
        stops_let_out(s, STOPS_MODE);
    }
    return false;
}

#endif /* CP_FUZZ_STOPS_H */
