/* control.c: what an operator may ask, checked again here whoever has checked before. */
#include "desk/inside.h"

void cp_desk_set_state(cp_desk *desk, cp_risk_state state, cp_cause cause)
{
    cp_risk_state old = desk->risk.state;
    desk->state_cause = cause;
    if (state == old)
        return;
    desk->risk.state = state;
    desk->risk_changed_ns = desk->now_ns;
    memset(desk->state_by, 0, sizeof(desk->state_by));
    memset(desk->state_why, 0, sizeof(desk->state_why));
    if (state == CP_RISK_HALTED)
        cp_flatten_some_no_more(desk, cause);
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        desk->slots[i].refusal_noted_ns[CP_REFUSE_STATE] = 0;
    cp_severity severity = state == CP_RISK_HALTED   ? CP_CRITICAL
                           : state == CP_RISK_ACTIVE ? CP_INFO
                                                     : CP_WARNING;
    cp_note *note = cp_desk_note(desk, CP_NOTE_STATE, severity, CP_NOBODY, CP_NOBODY);
    if (note) {
        note->a = state;
        note->b = old;
        note->c = cause;
    }
}

static int set_limits(cp_desk *desk, const cp_control *control)
{
    cp_limits limits = { .version = control->version };
    int error = cp_limits_take(&limits, desk, control->limits, control->triggers,
                               control->scoped, control->scoped_count, control->hash);
    if (error)
        return error;
    cp_limits_enforce(desk, &limits);
    cp_desk_evaluate(desk); /* a loss that is too large already */
    cp_note *note = cp_desk_note(desk, CP_NOTE_CONFIG, CP_INFO, CP_NOBODY, CP_NOBODY);
    if (note) {
        note->a = (int64_t)control->version;
        note->b = (int64_t)limits.hash;
    }
    return 0;
}

static int change_state_for(cp_desk *desk, uint32_t from, cp_risk_state to,
                            cp_cause cause)
{
    if (!(from >> desk->risk.state & 1))
        return -EPERM;
    cp_desk_set_state(desk, to, cause);
    if (to != CP_RISK_ACTIVE)
        cp_desk_sweep(desk);
    return 0;
}

/* Which states a change of state may start from, as bits; and where it leads. */
static int change_state(cp_desk *desk, uint32_t from, cp_risk_state to)
{
    return change_state_for(desk, from, to, CP_CAUSE_OPERATOR);
}

/* Beside the operator only he asks for it who compares drop copies. */
static int pause(cp_desk *desk, uint32_t from, uint32_t cause)
{
    if (cause != CP_CAUSE_OPERATOR && cause != CP_CAUSE_DROP_COPY)
        return -EINVAL;
    cp_flatten_some_no_more(desk, (cp_cause)cause);
    return change_state_for(desk, from, CP_RISK_PAUSED, (cp_cause)cause);
}

static int resume(cp_desk *desk)
{
    int error =
        change_state(desk, 1u << CP_RISK_PAUSED | 1u << CP_RISK_REDUCING, CP_RISK_ACTIVE);
    if (!error)
        cp_breakers_reset(desk);
    return error;
}

static int set_strategy(cp_desk *desk, const cp_control *control)
{
    if (control->target >= CP_STRATEGY_MAX)
        return -EINVAL;
    int error = cp_seats_check(desk, &control->strategy);
    if (!error)
        cp_seats_configure(desk, control->target, &control->strategy);
    return error;
}

static int set_mode(cp_desk *desk, const cp_control *control)
{
    if (control->target >= CP_STRATEGY_MAX || control->mode >= CP_MODE_COUNT)
        return -EINVAL;
    const cp_slot *slot = &desk->slots[control->target];
    if (!slot->kind && !slot->waiting)
        return -ENOENT;
    cp_seats_set_mode(desk, control->target, control->mode, CP_CAUSE_OPERATOR);
    return 0;
}

/* What is asked about some orders, one strategy or one symbol. */
static int obey_some(cp_desk *desk, const cp_control *control)
{
    switch (control->kind) {
    case CP_CONTROL_ORDER:
        return cp_tickets_order(desk, &control->ticket);
    case CP_CONTROL_PREVIEW:
        cp_tickets_preview(desk, &control->ticket);
        return 0;
    case CP_CONTROL_CANCEL:
        return cp_tickets_cancel(desk, &control->ticket);
    case CP_CONTROL_HALT_STRATEGY:
        return cp_kill_strategy(desk, control->target, false);
    case CP_CONTROL_FLATTEN_STRATEGY:
        return cp_kill_strategy(desk, control->target, true);
    case CP_CONTROL_HALT_SYMBOL:
        return cp_halt_symbol(desk, control->target, false, control->who);
    case CP_CONTROL_FLATTEN_SYMBOL:
        return cp_halt_symbol(desk, control->target, true, control->who);
    case CP_CONTROL_RESUME_SYMBOL:
        return cp_resume_symbol(desk, control->target);
    default:
        return -EINVAL;
    }
}

static int obey(cp_desk *desk, const cp_control *control)
{
    const uint32_t active = 1u << CP_RISK_ACTIVE, paused = 1u << CP_RISK_PAUSED,
                   flattening = 1u << CP_RISK_FLATTENING, halted = 1u << CP_RISK_HALTED,
                   reducing = 1u << CP_RISK_REDUCING;
    switch (control->kind) {
    case CP_CONTROL_STRATEGY:
        return set_strategy(desk, control);
    case CP_CONTROL_MODE:
        return set_mode(desk, control);
    case CP_CONTROL_LIMITS:
        return set_limits(desk, control);
    case CP_CONTROL_PAUSE:
        return pause(desk, active | paused | flattening | reducing, control->mode);
    case CP_CONTROL_REDUCE:
        return change_state(desk, active | paused | reducing, CP_RISK_REDUCING);
    case CP_CONTROL_RESUME:
        return resume(desk);
    case CP_CONTROL_FLATTEN:
        return change_state(desk, active | paused | flattening | reducing,
                            CP_RISK_FLATTENING);
    case CP_CONTROL_HALT:
        return change_state(desk, active | paused | flattening | reducing | halted,
                            CP_RISK_HALTED);
    case CP_CONTROL_UNHALT:
        if (desk->journal_trouble != CP_TROUBLE_NONE)
            return -EIO;
        return change_state(desk, halted, CP_RISK_PAUSED);
    case CP_CONTROL_CANCEL_ALL:
        cp_desk_sweep(desk);
        return 0;
    case CP_CONTROL_STOP:
        if (!desk->stopping)
            desk->state_before_stop = desk->risk.state;
        desk->stopping = true;
        cp_desk_set_state(desk, CP_RISK_HALTED, CP_CAUSE_OPERATOR);
        cp_desk_sweep(desk);
        return 0;
    case CP_CONTROL_ACCEPT:
        cp_reconcile_accept(desk);
        return 0;
    case CP_CONTROL_LOOSENING: /* it is for the record that it was asked or answered */
        return control->mode < CP_LOOSENING_COUNT && control->scoped_count % 2 == 0 &&
                       control->scoped_count <= CP_SCOPED_MAX
                   ? 0
                   : -EINVAL;
    default:
        return obey_some(desk, control);
    }
}

/* Of a change of all: who asked for it, and why. */
static void sign_state(cp_desk *desk, const cp_control *control)
{
    const uint32_t kinds = 1u << CP_CONTROL_PAUSE | 1u << CP_CONTROL_RESUME |
                           1u << CP_CONTROL_FLATTEN | 1u << CP_CONTROL_HALT |
                           1u << CP_CONTROL_UNHALT | 1u << CP_CONTROL_STOP |
                           1u << CP_CONTROL_REDUCE;
    if (control->kind >= 32 || !(kinds >> control->kind & 1))
        return;
    memcpy(desk->state_by, control->who, sizeof(desk->state_by));
    memcpy(desk->state_why, control->why, sizeof(desk->state_why));
    desk->state_by[CP_WHO_SIZE - 1] = desk->state_why[CP_WHY_SIZE - 1] = 0;
}

enum { ALL, SLOT, SYMBOL };

/* What the target of such a control is: of one about all it says nothing. */
static uint32_t target_of(uint32_t kind)
{
    switch (kind) {
    case CP_CONTROL_STRATEGY:
    case CP_CONTROL_MODE:
    case CP_CONTROL_HALT_STRATEGY:
    case CP_CONTROL_FLATTEN_STRATEGY:
        return SLOT;
    case CP_CONTROL_HALT_SYMBOL:
    case CP_CONTROL_RESUME_SYMBOL:
    case CP_CONTROL_FLATTEN_SYMBOL:
        return SYMBOL;
    default:
        return ALL;
    }
}

void cp_desk_on_control(cp_desk *desk, const cp_control *control, uint64_t now_ns)
{
    cp_desk_finish(desk);
    desk->now_ns = now_ns;
    desk->cause_ns = 0;
    desk->decided_ns = desk->published_ns = desk->passed_ns = 0;
    desk->clock = NULL;
    int error = obey(desk, control);
    cp_desk_stamp_passed(desk);
    if (error == 0) {
        sign_state(desk, control);
        return;
    }
    uint32_t of = target_of(control->kind);
    bool is_slot = of == SLOT && control->target < CP_SLOT_COUNT;
    bool is_symbol = of == SYMBOL && control->target < desk->symbol_count;
    uint16_t slot = is_slot ? (uint16_t)control->target : CP_NOBODY;
    uint16_t symbol = is_symbol ? (uint16_t)control->target : CP_NOBODY;
    cp_note *note = cp_desk_note(desk, CP_NOTE_CONTROL, CP_WARNING, symbol, slot);
    if (note) {
        note->a = control->kind;
        note->b = error;
    }
}
