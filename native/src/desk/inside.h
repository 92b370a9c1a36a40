/* inside.h: the desk from the inside, for its own files only.
 *
 *     desk.c      create, destroy, and the steps: market data, report, timer
 *     ask.c, .h   what the check of an order needs to know
 *     limits.c    the limits in force: set, shown, written down, restored
 *     send.c      orders out: check, stamp, send; cancels; notes
 *     after.c     what is left to do when they are on their way
 *     seats.c     strategies at work: calls, wishes, configuration
 *     breakers.c  signs that something is wrong although no limit is exceeded
 *     control.c   what an operator may ask
 *     tickets.c   the operator's own orders
 *     flatten.c   out of every position, or out of some
 *     reconcile.c do we and the venue agree about every order
 *     recover.c   what a journal says, before anything is traded
 *     would_be.c  the orders of strategies in SHADOW
 *     picture.c   what the screen sees
 *     warm.c      memory kept at hand while nothing happens
 */
#ifndef CP_DESK_INSIDE_H
#define CP_DESK_INSIDE_H

#include "desk/breakers.h"
#include "desk/costs.h"
#include "desk/desk.h"
#include "desk/exposure.h"
#include "desk/feed.h"
#include "desk/lots.h"
#include "desk/orders.h"
#include "desk/positions.h"
#include "desk/rate.h"
#include "desk/recent.h"
#include "desk/risk.h"
#include "desk/strategy.h"
#include "desk/warm.h"
#include "desk/would_be.h"
#include "desk/worth.h"

#define CP_SECOND_NS 1000000000u
#define CP_ANSWER_NS 1000000000u    /* the venue owes an answer for so long at most */
#define CP_RECONCILE_NS 5000000000u /* all orders are compared so often */
#define CP_DOUBT_LOOK_NS 100000000u /* and late answers looked for */
#define CP_FLATTEN_CROSS 5 /* increments past the far touch a closing order may pay */

#define CP_MODE_BITS                                                                     \
    4 /* a slot, in the journal's word of modes and that of their causes */
#define CP_MODE_MASK UINT64_C(15)
#define CP_STRATEGY_SLOTS ((UINT64_C(1) << CP_STRATEGY_MAX) - 1) /* bit a slot */

static_assert(CP_OPERATOR == CP_STRATEGY_MAX && CP_SLOT_COUNT == CP_OPERATOR + 1,
              "the last slot is the operator's");

static_assert(CP_STRATEGY_MAX * CP_MODE_BITS <= 64 && CP_MODE_COUNT <= CP_MODE_MASK &&
                  CP_CAUSE_PARENT <= CP_MODE_MASK,
              "they fit");

/* A strategy slot: what runs in it and what it has at the venue. Behind the strategies'
 * there is the operator's own: nothing runs in it. */
typedef struct cp_slot {
    cp_seat seat;
    const cp_strategy_kind *kind; /* NULL: empty */
    cp_wish wishes[2];  /* by cp_side: quotes asked for and not yet dealt with */
    uint32_t quotes[2]; /* places in the order table, or CP_NONE */
    uint32_t take;
    uint32_t take2; /* in the second symbol */
    uint32_t close;
    uint32_t working_count;
    uint32_t last_refusal;
    uint32_t fault;        /* cp_fault */
    uint32_t kill;         /* cp_strategy_kill */
    uint32_t strike_count; /* calls over their budget since strike_ns */
    uint64_t strike_ns;
    bool waiting; /* `next` comes into force when nothing is working any more */
    cp_strategy_config config; /* in force */
    cp_strategy_config next;
    uint64_t order_count, fill_count, refusal_count, reject_count;
    uint64_t refusal_noted_ns[CP_REFUSE_COUNT]; /* 0: never */
    cp_refused refused;
    cp_would_be would_be;
    alignas(CP_LINE) uint8_t state[CP_STRATEGY_STATE_SIZE];
} cp_slot;

/* The limits as they were given, beside what cp_risk makes of them. */
typedef struct cp_limits {
    uint64_t version, hash; /* hash: of those below, worked out here */
    int64_t values[CP_LIMIT_MAX];
    int64_t triggers[CP_TRIGGER_MAX]; /* none is 0 that does not mean another limit */
    uint32_t scoped_count;
    cp_scoped_limit scoped[CP_SCOPED_MAX]; /* ascending by scope, target, limit */
} cp_limits;

/* What a journal's names stand for in this desk, while it is read. */
typedef struct cp_recovery_map {
    uint32_t symbol_count; /* of the journal */
    bool is_read[CP_SYMBOL_MAX];
    uint16_t
        symbols[CP_SYMBOL_MAX]; /* the journal's to ours; from symbol_count on: none */
    uint16_t extra_count;
    cp_journal_strategy strategies[CP_STRATEGY_MAX]; /* the latest by slot */
    cp_instrument
        instruments[CP_SYMBOL_MAX]; /* the config's; the journal's rule until end */
    cp_journal_instrument names[CP_SYMBOL_MAX];
    uint64_t modes, mode_causes; /* of the latest state, by the journal's slots */
    cp_limits limits;
    cp_limits limits_read; /* as far as their records have come */
    bool has_limits;
    bool in_snapshot;
    bool fees_left_out; /* an execution without one is booked by the instrument's own */
    bool is_whole;      /* a snapshot has been taken in */
} cp_recovery_map;

#define CP_LEAVING_MAX 32u

/* An order sent in the step under way, and what is only worked out when it is gone. */
typedef struct cp_leaving {
    uint64_t decided_ns; /* T2 */
    double signal;       /* the strategy's, as it decided */
    uint32_t place;
    uint32_t reserved;
} cp_leaving;

/* A fill of the step under way, for what need not be worked out before its answer. Its order
 * may be another's, or changed, by then. */
typedef struct cp_filled {
    cp_fill fill;
    int64_t arrival2, expected; /* of the order, as it was decided on */
    uint64_t queued_ns;         /* since when it had waited untouched; 0: it had not */
    uint32_t leaves;
} cp_filled;

#define CP_TAKEN_MAX 32u

/* How long a hop took. */
typedef struct cp_taken {
    uint64_t took_ns;
    cp_hop hop;
} cp_taken;

/* A symbol that the operator has halted: since when, and whose doing it is. */
typedef struct cp_symbol_stop {
    uint64_t since_ns; /* 0: since before the start */
    uint32_t cause;    /* cp_cause */
    uint32_t reserved;
    char by[CP_WHO_SIZE];
} cp_symbol_stop;

struct cp_desk {
    /* of the step under way */
    uint64_t now_ns;
    uint64_t cause_ns;     /* T1; 0 when no message caused it */
    uint64_t decided_ns;   /* T2; 0 until it is known */
    uint64_t passed_ns;    /* T3 of the latest order sent; 0 before */
    uint64_t published_ns; /* when the venue says the cause happened; 0: not known */
    const cp_clock *clock; /* NULL in steps that stamp nothing */

    uint32_t symbol_count;
    uint16_t price_listeners[CP_SYMBOL_MAX]; /* bit a slot */
    uint16_t qty_listeners[CP_SYMBOL_MAX];
    uint16_t trade_listeners[CP_SYMBOL_MAX];
    cp_feed feed;
    cp_orders orders;
    cp_exposures exposures;
    cp_worth worth;
    cp_risk risk;
    cp_limits limits;
    cp_rate rate;
    cp_rate slot_rates[CP_SLOT_COUNT]; /* messages of each slot */
    cp_recent recent;
    cp_breakers breakers;
    int64_t own_best[CP_SYMBOL_MAX][2]; /* no order of ours is at a better price */
    cp_instrument instruments[CP_SYMBOL_MAX];
    cp_position positions[CP_SYMBOL_MAX];
    cp_position cells[CP_SLOT_COUNT][CP_SYMBOL_MAX]; /* the same, by slot */
    cp_costs costs[CP_SLOT_COUNT][CP_SYMBOL_MAX];    /* and what it came from */
    cp_lots lots[CP_SYMBOL_MAX];
    cp_slot slots[CP_SLOT_COUNT];

    uint64_t halted;        /* bit a symbol: by the operator, nothing new in it */
    uint64_t flattening;    /* of them: those whose positions are being closed */
    uint64_t killed;        /* bit a slot: stopped by the operator's kill */
    uint64_t closing;       /* of them: those whose positions are being closed */
    uint64_t making_way[2]; /* by cp_side, bit a symbol: own orders of that side would
                               meet those that close a position */
    cp_symbol_stop stops[CP_SYMBOL_MAX]; /* of those halted */
    uint64_t modes;                      /* as in cp_journal_state: those in force */
    uint64_t mode_causes;                /* and why */
    uint64_t ticket_next;                /* the operator's orders so far */
    cp_ticket_picture tickets[CP_TICKET_MAX];
    cp_preview preview;
    cp_risk trial;              /* for previews: limits to be tried one by one */
    char state_by[CP_WHO_SIZE]; /* of a state the operator asked for */
    char state_why[CP_WHY_SIZE];
    bool pull_due; /* an order is to be cancelled as soon as that can be said */

    bool replaying; /* nothing is said or sent: a journal is being read */
    cp_journal_trouble journal_trouble; /* nothing may leave that is not recorded */
    bool stopping;                      /* halted for the end of the session */
    cp_risk_state state_before_stop;
    cp_cause state_cause; /* of the risk state in force */
    bool unconfirmed; /* restored, and not yet compared with the venue: nothing trades */
    bool is_guest;    /* the venue may have orders of others in our name */
    bool listing;     /* a list of all orders has been asked for */
    uint32_t round;   /* of such lists */
    uint32_t stranger_policy; /* cp_stranger_policy */
    uint32_t missing_count;   /* orders in question since the latest list began */
    uint32_t found_count;     /* fills learnt from it */
    uint32_t gone_count;      /* orders an earlier list had, and it has not */
    bool has_older;           /* it has one that an earlier list had */
    uint64_t list_ns;         /* when it was asked for */
    uint64_t look_ns;         /* when late answers were last looked for */
    uint64_t reconciled_ns;
    uint64_t venue_executions;               /* as the venue last counted them */
    uint64_t doubt;                          /* bit a symbol */
    cp_journal_state shown;                  /* as cp_desk_state_changed last saw it */
    cp_recovery_map *map;                    /* while a journal is read */
    uint32_t would_be_count;                 /* quotes of strategies in SHADOW */
    cp_rate would_be_rates[CP_STRATEGY_MAX]; /* messages they would have sent */
    cp_recent would_be_recent;               /* and orders */
    bool sweep_due;                          /* a cancel of all found the link full */
    uint64_t sweep_ns;                       /* when the latest went out */
    uint64_t risk_changed_ns;
    int64_t equity_peak;
    uint64_t note_sequence;
    uint64_t hash;
    cp_counters counters;
    cp_tally tallies[CP_SYMBOL_MAX];       /* to be held against the venue's own */
    uint64_t booked_counts[CP_SYMBOL_MAX]; /* executions in them */
    uint64_t fill_next; /* fills so far; the ring's next place modulo its size */
    cp_fill fills[CP_FILL_MAX];
    cp_outbox orders_out;
    cp_outbox notes_out;
    cp_histogram *histograms; /* CP_HOP_COUNT */
    uint32_t leaving_count;
    uint32_t stamped_count; /* of them, those whose passing has its time */
    cp_leaving leaving[CP_LEAVING_MAX];
    uint32_t views_due[2]; /* by cp_side, bit a slot: what it sees of its quote is from
                              before the step */
    bool has_filled;
    cp_filled filled;
    uint32_t over; /* an order of which nothing more will come, to be closed; CP_NONE */
    uint32_t taken_count;
    cp_taken taken[CP_TAKEN_MAX]; /* times not counted yet */
    cp_warm warm;
};

/* ---- ask.c ---- */

/* Lots of the side working in the symbol that an order of the other side would meet at that
 * price, looked for among all orders of ours. */
cp_i128 cp_ask_count_met(cp_desk *desk, uint32_t symbol, cp_side side, int64_t price);
/* Orders have come to the table without having passed. */
void cp_ask_forget(cp_desk *desk);
/* Work the symbols that have changed into the sums. */
void cp_desk_add_exposure(cp_desk *desk);

/* ---- limits.c ---- */

/* Limits given by a config or a control. -EINVAL: one is outside its range, or of a
 * symbol or slot there is not, or out of order; -EBADMSG: they do not come to the hash. */
int cp_limits_take(cp_limits *limits, const cp_desk *desk, const int64_t *values,
                   const int64_t *triggers, const cp_scoped_limit *scoped,
                   uint32_t scoped_count, uint64_t hash);
/* They hold from now on. */
void cp_limits_enforce(cp_desk *desk, const cp_limits *limits);
/* Switch off a strategy that has lost as much as it may. */
void cp_limits_evaluate(cp_desk *desk);
void cp_limits_read(const cp_desk *desk, cp_desk_picture *picture, uint64_t now_ns);
/* A part of those of a journal; -EBADMSG. */
int cp_limits_recover(cp_recovery_map *map, const cp_journal_limits *body);
/* A restart loosens nothing: of what the journal held and the config says the tighter
 * holds, until it is said again. `targets`: the slots of today by those of the journal. */
void cp_limits_restore(cp_desk *desk, const uint32_t targets[CP_STRATEGY_MAX]);

/* ---- send.c ---- */

/* A note to fill in, or NULL when the step has no room for more: that is counted. */
cp_note *cp_desk_note(cp_desk *desk, cp_note_kind kind, cp_severity severity,
                      uint16_t symbol, uint16_t strategy);
/* Why an order may not be sent now, or CP_REFUSE_COUNT; completes `ask`. `closes`: it is
 * one of flatten.c's. */
uint32_t cp_desk_check(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_risk_ask *ask,
                       bool closes, cp_risk_finding *finding);
/* What was decided together has passed: T3 of all of it, by one look at the clock. */
void cp_desk_stamp_passed(cp_desk *desk);
/* Check and send an order with these terms and flags; its place, or CP_NONE when it was
 * refused, which was counted and noted. */
uint32_t cp_desk_send(cp_desk *desk, const cp_own_terms *terms, bool reduces_only,
                      uint8_t flags);
/* The same with the terms that the purpose has. */
uint32_t cp_desk_send_new(cp_desk *desk, uint32_t slot, uint32_t symbol, cp_side side,
                          int64_t price, uint32_t qty, cp_purpose purpose);
/* Check and send new terms for an order; false when they were refused. */
bool cp_desk_send_replace(cp_desk *desk, uint32_t place, int64_t price, uint32_t qty);
/* An order of a strategy in SHADOW would be refused: counted with what it would have, and
 * noted. */
void cp_desk_refuse_would_be(cp_desk *desk, uint32_t slot, uint32_t symbol,
                             uint32_t refusal, const cp_risk_ask *ask,
                             const cp_risk_finding *finding);
/* Cancel it now, or as soon as its state and the link allow. */
void cp_desk_pull(cp_desk *desk, uint32_t place);
/* Those that could not be cancelled before. */
void cp_desk_pull_again(cp_desk *desk);
/* Cancel all that work and fit: of a slot or CP_NOBODY, in a symbol or CP_NOBODY, of a
 * side or CP_SIDE_BOTH, closing ones left out. How many. */
uint32_t cp_desk_pull_some(cp_desk *desk, uint32_t slot, uint32_t symbol, uint32_t side);
/* Ask how an order stands, or with 0 how all do. False: the link is full. */
bool cp_desk_send_query(cp_desk *desk, uint64_t original_id);
/* Cancel an order at the venue that the table does not have. */
void cp_desk_send_stranger_cancel(cp_desk *desk, const cp_report *report);
/* Cancel everything, strategies' wishes included. */
void cp_desk_sweep(cp_desk *desk);

/* ---- seats.c ---- */

/* Call the strategies that listen to these changes of the symbol (CP_FEED_*). */
void cp_seats_on_market(cp_desk *desk, uint32_t symbol, uint32_t changed);
void cp_seats_on_timer(cp_desk *desk);
/* Tell a strategy of its fill. */
void cp_seats_on_fill(cp_desk *desk, uint32_t slot, cp_side side, uint32_t qty);
/* Act on what the strategy asked of its quote, as far as the order's state allows. */
void cp_seats_settle(cp_desk *desk, uint32_t slot, cp_side side);
/* Show the seat its quote as it now stands. */
void cp_seats_refresh(cp_desk *desk, uint32_t slot, cp_side side);
/* The same before it is called next, or at the end of the step. */
static inline void cp_seats_refresh_later(cp_desk *desk, uint32_t slot, cp_side side)
{
    desk->views_due[side] |= UINT32_C(1) << slot;
}
/* Of these slots (bit each), those that are due. */
void cp_seats_refresh_due(cp_desk *desk, uint32_t slots);
/* Does the slot's strategy trade this symbol, as its first or its second? */
bool cp_seats_trade(const cp_slot *slot, uint32_t symbol);
/* Show the seat what its slot holds of this symbol now. */
void cp_seats_show_position(cp_slot *slot, uint32_t symbol, int64_t qty);
/* An order to take is over. */
void cp_seats_end_take(cp_slot *slot, const cp_own_order *own);
/* Take all of a slot's orders off, those of before a restart too, and forget what it
 * wished for. */
void cp_seats_pull(cp_desk *desk, uint32_t slot);
/* Bring a waiting configuration into force once nothing is working. */
void cp_seats_apply_waiting(cp_desk *desk, uint32_t slot);
/* 0, or -EINVAL. */
int cp_seats_check(const cp_desk *desk, const cp_strategy_config *config);
void cp_seats_configure(cp_desk *desk, uint32_t slot, const cp_strategy_config *config);
void cp_seats_set_mode(cp_desk *desk, uint32_t slot, uint32_t mode, cp_cause cause);
/* The mode it had before a restart, CP_MODE_COUNT: not known, and why; the tighter of that
 * and the config's holds. What works a parent order does not begin it again by itself. */
void cp_seats_restore_mode(cp_desk *desk, uint32_t slot, uint32_t mode, cp_cause cause);

/* ---- control.c ---- */

void cp_desk_set_state(cp_desk *desk, cp_risk_state state, cp_cause cause);

/* ---- reconcile.c ---- */

void cp_reconcile_on_timer(cp_desk *desk);
void cp_reconcile_on_status(cp_desk *desk, const cp_report *report);
/* An execution of an order we do not know, or of more than it had left: part of it is not
 * in our positions, and its symbol is in doubt. */
void cp_reconcile_on_fill(cp_desk *desk, const cp_report *report,
                          const cp_order_outcome *outcome);
/* What a question or a list that was sent means for the order or orders. */
void cp_reconcile_asked(cp_desk *desk, uint64_t original_id);
/* The operator takes what was found as it is. */
void cp_reconcile_accept(cp_desk *desk);

static inline bool cp_desk_in_doubt(const cp_desk *desk, uint32_t symbol)
{
    return desk->unconfirmed || (desk->doubt >> symbol & 1) != 0;
}

/* ---- after.c ---- */

/* What is told of orders that have left: how they came about, and how long it took. */
void cp_desk_tell_leaving(cp_desk *desk);
/* Nothing more will come of it: its place is given back, now or at the end of the step. */
void cp_desk_close(cp_desk *desk, uint32_t place);
/* Lots have traded, as a journal tells it: what is held, and where profit comes from. */
void cp_desk_replay_fill(cp_desk *desk, const cp_own_order *own, int64_t price,
                         uint32_t qty, bool maker, int64_t fee);
/* Work the symbols that have changed into what the desk is worth. */
void cp_desk_add_worth(cp_desk *desk);

/* ---- desk.c ---- */

/* What the venue charged for it; lots that it never told of cost what the instrument says. */
static inline int64_t cp_desk_fee(const cp_desk *desk, uint32_t symbol,
                                  const cp_report *report, uint32_t qty)
{
    if (CP_LIKELY(report->kind == CP_REPORT_EXECUTED))
        return report->fee;
    return cp_scheduled_fee(&desk->instruments[symbol], true, qty);
}
/* Lots have traded: what is held of the symbol, and by the slot; `fee` is of all of them. */
void cp_desk_book_position(cp_desk *desk, const cp_own_order *own, int64_t price,
                           uint32_t qty, int64_t fee);
/* The same, and all that is said and counted of it, part of which is
 * left to after.c. */
void cp_desk_on_fill(cp_desk *desk, const cp_own_order *own, const cp_report *report,
                     uint32_t qty);
/* The order is over: its slot lets go of it. */
void cp_desk_detach(cp_desk *desk, const cp_own_order *own, bool by_us);

/* ---- tickets.c ---- */

/* 0, or -EINVAL for terms that no order has. What came of it is in the tickets. */
int cp_tickets_order(cp_desk *desk, const cp_ticket *ticket);
void cp_tickets_preview(cp_desk *desk, const cp_ticket *ticket);
int cp_tickets_cancel(cp_desk *desk, const cp_ticket *ticket);
/* One of the operator's orders is over. */
void cp_tickets_end(cp_desk *desk, const cp_own_order *own, const cp_report *report);
void cp_tickets_read(const cp_desk *desk, cp_operator_picture *picture);

/* ---- flatten.c ---- */

void cp_flatten_on_timer(cp_desk *desk);
/* Halt a symbol, or a strategy; with `flatten` its positions are closed then. */
int cp_halt_symbol(cp_desk *desk, uint32_t symbol, bool flatten, const char *who);
int cp_resume_symbol(cp_desk *desk, uint32_t symbol);
int cp_kill_strategy(cp_desk *desk, uint32_t slot, bool flatten);
/* What is being closed of some is left as it is; what was halted stays halted. */
void cp_flatten_some_no_more(cp_desk *desk, cp_cause cause);

/* ---- picture.c ---- */

/* Profit of all symbols at market prices, fees taken off; and halt if it is a loss
 * beyond the limit. */
void cp_desk_evaluate(cp_desk *desk);
cp_i128 cp_desk_equity(const cp_desk *desk);

static inline void cp_slot_set_kill(cp_desk *desk, uint32_t slot, cp_strategy_kill kill)
{
    uint64_t bit = UINT64_C(1) << slot;
    desk->slots[slot].kill = kill;
    desk->killed = kill != CP_KILL_NONE ? desk->killed | bit : desk->killed & ~bit;
    desk->closing =
        kill == CP_KILL_FLATTENING ? desk->closing | bit : desk->closing & ~bit;
}

/* The position or the mark of these symbols (bit each) has changed. */
static inline void cp_desk_has_moved(cp_desk *desk, uint32_t symbols)
{
    desk->exposures.changed |= symbols;
    desk->worth.changed |= symbols;
}

static inline const cp_touch *cp_desk_touch(const cp_desk *desk, uint32_t symbol)
{
    return &desk->feed.symbols[symbol].touch;
}

/* Money at worst in one symbol, as things stand. */
static inline int64_t cp_desk_exposure(const cp_desk *desk, uint32_t symbol)
{
    const int64_t *working = desk->orders.working_qty[symbol];
    cp_i128 worst =
        cp_risk_worst(desk->positions[symbol].qty, working[CP_BUY], working[CP_SELL]);
    return cp_risk_exposure(worst, cp_desk_touch(desk, symbol)->mark2,
                            desk->instruments[symbol].point_value);
}

/* Into the histograms with the times taken. */
static inline void cp_desk_count_taken(cp_desk *desk)
{
    for (uint32_t i = 0; i < desk->taken_count; i++)
        cp_histogram_record(&desk->histograms[desk->taken[i].hop],
                            desk->taken[i].took_ns);
    desk->taken_count = 0;
}

/* Somebody waits for the next order: what can be done before or after it is worth more
 * than what is not done at all. */
static inline bool cp_desk_is_live(const cp_desk *desk)
{
    return desk->clock && desk->clock->kind != CP_CLOCK_VIRTUAL;
}

static inline uint64_t cp_desk_clock(const cp_desk *desk)
{
    return desk->clock ? cp_clock_now_ns(desk->clock) : desk->now_ns;
}

/* A hop's time, to be counted when the step's orders are out: its count is as likely as not
 * in a line nobody has touched for seconds. */
static inline void cp_desk_record(cp_desk *desk, cp_hop hop, uint64_t from_ns,
                                  uint64_t to_ns)
{
    uint64_t took_ns = to_ns > from_ns ? to_ns - from_ns : 0;
    if (CP_UNLIKELY(desk->taken_count == CP_TAKEN_MAX))
        cp_desk_count_taken(desk);
    desk->taken[desk->taken_count++] = (cp_taken){ took_ns, hop };
}

#endif /* CP_DESK_INSIDE_H */
