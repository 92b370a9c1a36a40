/* cockpit.h: everything Python may see or call.
 *
 * cffi reads this file itself (cockpit/_build.py), so each declaration is written
 * once. In return it keeps to what cffi parses: enums, structs of fixed-width
 * fields with explicit padding, prototypes, and #define of a plain integer.
 * Alignment, atomics, inline functions and static assertions live under src/.
 *
 * Conventions
 *   result     0 or -errno
 *   price      integer multiples of the instrument's increment; CP_PRICE_NONE: none
 *   qty        integer lots
 *   money      units of 1 / CP_MONEY_SCALE of the account's currency
 *   *_ns       nanoseconds; CLOCK_MONOTONIC in a live engine, virtual in a simulated one
 *   symbol     index into cp_config.instruments; strategy: index of its slot
 */
#ifndef COCKPIT_H
#define COCKPIT_H

#include <stdbool.h>
#include <stdint.h>

#define CP_MONEY_SCALE 100000000 /* money units in one unit of currency */
#define CP_PRICE_NONE -1

#define CP_NAME_SIZE 16       /* bytes of a name, NUL included */
#define CP_ERROR_SIZE 256     /* bytes of an error text, NUL included */
#define CP_SYMBOL_MAX 32      /* instruments of one engine */
#define CP_STRATEGY_MAX 16    /* strategy slots of one desk */
#define CP_PARAMETER_MAX 16   /* parameters of one strategy */
#define CP_LIMIT_MAX 16       /* risk limits */
#define CP_BREAKER_MAX 8      /* circuit breakers */
#define CP_TRIGGER_MAX 16     /* figures they trip at */
#define CP_SCOPED_MAX 128     /* limits of one symbol or one strategy */
#define CP_DEPTH_MAX 16       /* price levels shown per side */
#define CP_FILL_MAX 32        /* latest fills shown */
#define CP_WORKING_MAX 64     /* working orders shown */
#define CP_SWEEP_MAX 4096     /* resting orders one order may execute against */
#define CP_NOBODY 65535       /* "no symbol" or "no strategy" in a 16-bit field */
#define CP_OPERATOR 16        /* the operator's own place behind the strategy slots */
#define CP_SLOT_COUNT 17      /* places that orders and positions are of */
#define CP_TICKET_MAX 16      /* latest orders of the operator's shown */
#define CP_PATH_SIZE 256      /* bytes of a path, NUL included */
#define CP_WHO_SIZE 32        /* bytes of an operator's name, NUL included */
#define CP_WHY_SIZE 80        /* bytes of an operator's reason, NUL included */
#define CP_TIER_MAX 8         /* fee tiers */
#define CP_TALLY_ROWS 4       /* of cp_tally: sides up to some 4096 executions apart */
#define CP_HALT_MAX 16        /* halts of a day */
#define CP_LATENCY_POINTS 257 /* of a latency, from its shortest to its longest */

/* ---- words ------------------------------------------------------------------ */

typedef enum cp_side { CP_BUY = 0, CP_SELL = 1 } cp_side;

typedef enum cp_md_kind {
    CP_MD_ADD = 1,     /* order_ref rests: side, price, qty */
    CP_MD_EXECUTE = 2, /* order_ref traded qty at price, leaves remain */
    CP_MD_REDUCE = 3,  /* order_ref lost qty, leaves remain, place kept */
    CP_MD_DELETE = 4,  /* order_ref is gone; qty is what it had left */
    CP_MD_REPLACE = 5, /* order_ref is gone, other_ref rests at the back: price, qty */
    CP_MD_TRADE = 6,   /* a print against hidden interest: no effect on the book */
    CP_MD_CLEAR = 7,   /* every order of the symbol is gone */
    CP_MD_PHASE = 8    /* qty: the symbol's new cp_phase; price: of the cross it ends */
} cp_md_kind;

typedef enum cp_order_kind {
    CP_ORDER_NEW = 1,
    CP_ORDER_CANCEL = 2,      /* original_id */
    CP_ORDER_REPLACE = 3,     /* original_id becomes client_id with this price and qty */
    CP_ORDER_CANCEL_ALL = 4,  /* everything this participant has working */
    CP_ORDER_REDUCE = 5,      /* original_id loses qty and keeps its place */
    CP_ORDER_MASS_CANCEL = 6, /* of one symbol or CP_NOBODY, one side or CP_SIDE_BOTH */
    CP_ORDER_HEARTBEAT = 7,   /* the sender is alive; no answer */
    CP_ORDER_QUERY = 8        /* how does original_id stand; 0: all of them */
} cp_order_kind;

#define CP_SIDE_BOTH 2

typedef enum cp_order_type {
    CP_LIMIT = 0,
    CP_MARKET = 1,
    CP_STOP = 2,      /* a market order once a trade reaches stop_price */
    CP_STOP_LIMIT = 3 /* likewise a limit order */
} cp_order_type;

typedef enum cp_time_in_force {
    CP_DAY = 0, /* expires at the close */
    CP_IOC = 1,
    CP_FOK = 2,
    CP_GTC = 3
} cp_time_in_force;

/* Flags of an order. */
#define CP_POST_ONLY 1  /* refused when it would take */
#define CP_POST_SLIDE 2 /* moved one tick behind the best opposite price instead */
#define CP_TOTAL 4      /* REPLACE, REDUCE: qty counts what was executed already */

/* The ways of a message between desk and venue. */
typedef enum cp_leg {
    CP_LEG_ORDERS = 0,
    CP_LEG_REPORTS = 1,
    CP_LEG_FEED = 2,
    CP_LEG_COUNT = 3
} cp_leg;

/* What a taker's order does when it meets one of its own side of the house. */
typedef enum cp_smp {
    CP_SMP_NONE = 0,
    CP_SMP_NEWEST = 1,
    CP_SMP_OLDEST = 2,
    CP_SMP_BOTH = 3,
    CP_SMP_DECREMENT = 4
} cp_smp;

typedef enum cp_phase {
    CP_PHASE_CONTINUOUS = 0,
    CP_PHASE_PRE_OPEN = 1, /* orders gather, nothing trades; so in HALT and PRE_CLOSE */
    CP_PHASE_HALT = 2,
    CP_PHASE_PRE_CLOSE = 3,
    CP_PHASE_OPENING_CROSS = 4,
    CP_PHASE_CLOSING_CROSS = 5,
    CP_PHASE_CLOSED = 6,
    CP_PHASE_COUNT = 7
} cp_phase;

typedef enum cp_report_kind {
    CP_REPORT_ACCEPTED = 1,
    CP_REPORT_EXECUTED = 2,
    CP_REPORT_CANCELLED = 3, /* qty was taken off; leaves remain (a reduce) or 0 */
    CP_REPORT_REPLACED = 4,  /* client_id is the new id, qty = leaves is what now rests */
    CP_REPORT_REJECTED = 5,
    CP_REPORT_CHANGE_REJECTED = 6, /* a cancel, reduce or replace was refused */
    CP_REPORT_ALL_CANCELLED = 7,   /* answers a cancel of many; qty = orders pulled */
    CP_REPORT_TRIGGERED = 8,       /* a stop is an order now: order_ref, qty = leaves */
    CP_REPORT_STATUS = 9           /* answers CP_ORDER_QUERY */
} cp_report_kind;

typedef enum cp_liquidity { CP_MAKER = 0, CP_TAKER = 1, CP_CROSS = 2 } cp_liquidity;

/* Why the venue said no, or took an order off. */
typedef enum cp_reason {
    CP_REASON_NONE = 0,
    CP_REASON_USER = 1,         /* the participant asked */
    CP_REASON_IOC = 2,          /* the rest of an immediate-or-cancel order */
    CP_REASON_NO_LIQUIDITY = 3, /* the rest of a market order */
    CP_REASON_SYMBOL = 4,       /* no such symbol */
    CP_REASON_PRICE = 5,        /* outside 1 .. price_max */
    CP_REASON_QTY = 6,          /* zero, or more than the venue takes */
    CP_REASON_DUPLICATE_ID = 7, /* client id is in use */
    CP_REASON_UNKNOWN_ORDER = 8,
    CP_REASON_CAPACITY = 9, /* the venue's order pool or price pages are full */
    CP_REASON_SWEEP = 10,   /* CP_SWEEP_MAX orders met: the rest is cancelled */
    CP_REASON_MALFORMED = 11,
    CP_REASON_FOK = 12,
    CP_REASON_MIN_QTY = 13,
    CP_REASON_POST_ONLY = 14,
    CP_REASON_SMP = 15,   /* self-match prevention */
    CP_REASON_STOP = 16,  /* it waits for its trigger */
    CP_REASON_PHASE = 17, /* not now */
    CP_REASON_BAND = 18,  /* beyond the price band */
    CP_REASON_THROTTLE = 19,
    CP_REASON_EXPIRED = 20, /* a DAY order at the close */
    CP_REASON_DISCONNECT = 21,
    CP_REASON_DEAD_MAN = 22,
    CP_REASON_COUNT = 23
} cp_reason;

typedef enum cp_order_state {
    CP_STATE_FREE = 0,
    CP_STATE_PENDING_NEW = 1,
    CP_STATE_LIVE = 2,
    CP_STATE_PARTIAL = 3,
    CP_STATE_PENDING_CANCEL = 4,
    CP_STATE_PENDING_REPLACE = 5,
    CP_STATE_FILLED = 6,
    CP_STATE_CANCELLED = 7,
    CP_STATE_REJECTED = 8,
    CP_STATE_EXPIRED = 9,  /* over by its own terms: time in force, end of the session */
    CP_STATE_UNKNOWN = 10, /* the venue owes an answer too long: it may be live, or not */
    CP_STATE_COUNT = 11
} cp_order_state;

typedef enum cp_strategy_mode {
    CP_MODE_OFF = 0,
    CP_MODE_LIVE = 1,
    CP_MODE_SHADOW = 2, /* everything but sending: what would have come of it */
    CP_MODE_REDUCE = 3, /* only what brings its position nearer to none */
    CP_MODE_COUNT = 4
} cp_strategy_mode;

typedef enum cp_risk_state {
    CP_RISK_ACTIVE = 0,
    CP_RISK_PAUSED = 1,     /* nothing new from strategies, working orders pulled */
    CP_RISK_FLATTENING = 2, /* only orders that reduce; ends in PAUSED when flat */
    CP_RISK_HALTED = 3,     /* only cancels; left by an explicit CP_CONTROL_UNHALT */
    CP_RISK_REDUCING = 4,   /* from anyone only what brings positions nearer to none */
    CP_RISK_COUNT = 5
} cp_risk_state;

/* The risk limits, in the order of cp_limit_parameter(). */
typedef enum cp_limit {
    CP_LIMIT_ORDER_QTY = 0,
    CP_LIMIT_ORDER_VALUE = 1,
    CP_LIMIT_POSITION = 2,
    CP_LIMIT_GROSS_EXPOSURE = 3,
    CP_LIMIT_OPEN_ORDERS = 4,
    CP_LIMIT_MESSAGE_RATE = 5,
    CP_LIMIT_PRICE_COLLAR = 6,
    CP_LIMIT_DAILY_LOSS = 7,
    CP_LIMIT_NET_EXPOSURE = 8,
    CP_LIMIT_SAME_ORDERS = 9,
    CP_LIMIT_SELF_CROSS = 10,
    CP_LIMIT_DATA_AGE = 11,
    CP_LIMIT_SPREAD = 12,
    CP_LIMIT_LAST_COLLAR = 13,
    CP_LIMIT_DRAWDOWN = 14,
    CP_LIMIT_COUNT = 15
} cp_limit;

/* What a limit is of. A narrower one is asked besides: the tightest holds. */
typedef enum cp_scope {
    CP_SCOPE_GLOBAL = 0,
    CP_SCOPE_SYMBOL = 1,
    CP_SCOPE_STRATEGY = 2,
    CP_SCOPE_COUNT = 3
} cp_scope;

/* A limit of one symbol or of one strategy slot. */
typedef struct cp_scoped_limit {
    int64_t value;
    uint16_t target; /* symbol or slot */
    uint8_t scope;   /* cp_scope */
    uint8_t limit;   /* cp_limit */
    uint32_t reserved;
} cp_scoped_limit;

/* Why the desk did not send an order. The first CP_LIMIT_COUNT are the limits. */
typedef enum cp_refusal {
    CP_REFUSE_STATE = 15,    /* the risk state does not allow it */
    CP_REFUSE_STALE = 16,    /* the symbol's book is in doubt, or has no price */
    CP_REFUSE_LINK = 17,     /* the way to the venue is full */
    CP_REFUSE_CAPACITY = 18, /* the desk's order table is full */
    CP_REFUSE_MALFORMED = 19,
    CP_REFUSE_DOUBT = 20,         /* desk and venue do not agree about the symbol */
    CP_REFUSE_IDS = 21,           /* no client ids are set aside yet */
    CP_REFUSE_SYMBOL_HALTED = 22, /* by the operator, until it is resumed */
    CP_REFUSE_CLOSING = 23, /* it would meet the orders that close a position of ours */
    CP_REFUSE_COUNT = 24
} cp_refusal;

/* The hops of an order, in the order of cp_hop_name(). */
typedef enum cp_hop {
    CP_HOP_FEED = 0,          /* venue published -> T1 the desk has it */
    CP_HOP_DECIDE = 1,        /* T1 -> T2 strategy has decided */
    CP_HOP_RISK = 2,          /* T2 -> T3 risk has passed it */
    CP_HOP_SEND = 3,          /* T3 -> T4 it is on the link */
    CP_HOP_TICK_TO_ORDER = 4, /* T1 -> T4 */
    CP_HOP_ACK = 5,           /* T4 -> T5 the venue's answer is here */
    CP_HOP_QUEUE_WAIT = 6,    /* T5 -> first fill of an order that rested */
    CP_HOP_COUNT = 7
} cp_hop;

typedef enum cp_waiting {
    CP_WAIT_AUTO = 0, /* by the number of cores */
    CP_WAIT_SPIN = 1, /* a core of its own */
    CP_WAIT_YIELD = 2,
    CP_WAIT_PARK = 3 /* sleep on a futex, bounded */
} cp_waiting;

typedef enum cp_flow_kind {
    CP_FLOW_NONE = 0, /* nobody but the desk */
    CP_FLOW_SYNTHETIC = 1,
    CP_FLOW_REPLAY = 2
} cp_flow_kind;

typedef enum cp_note_kind {
    CP_NOTE_STATE = 1,       /* a: new cp_risk_state, b: old, c: cp_cause */
    CP_NOTE_MODE = 2,        /* strategy; a: new mode, b: old, c: cp_cause, d: of RECOVERY
                                the cause of before, else c */
    CP_NOTE_CONFIG = 3,      /* strategy, or CP_NOBODY for limits; a: version, b: hash */
    CP_NOTE_FILL = 4,        /* a: price, b: qty, c: leaves, d: cp_liquidity */
    CP_NOTE_REJECT = 5,      /* a: cp_reason, b: cp_order_kind */
    CP_NOTE_REFUSAL = 6,     /* a: cp_refusal, and of a limit 256 times its cp_scope; b:
                                limit, c: current, d: would be, client_id: the lots that
                                would have passed */
    CP_NOTE_GAP = 7,         /* a: expected sequence, b: received */
    CP_NOTE_FLAT = 8,        /* flattened: all, a strategy or a symbol */
    CP_NOTE_ORDER_STATE = 9, /* a report that the order table has no answer for */
    CP_NOTE_CONTROL = 10,    /* a control was refused: a: cp_control_kind, b: -errno */
    CP_NOTE_FAULT = 11,      /* strategy switched off; a: cp_fault */
    CP_NOTE_RECONCILE = 12,  /* a: cp_finding, b: our lots, c: the venue's, d: price */
    CP_NOTE_JOURNAL = 13,    /* a: cp_journal_trouble, b: errno, c: last sequence safe */
    CP_NOTE_WOULD_BE_FILL = 14, /* as FILL, of a strategy in SHADOW */
    CP_NOTE_BREAKER =
        15, /* a: cp_breaker, b: trigger, c: figure; with client_id: the order */
    CP_NOTE_SYMBOL = 16, /* a: new cp_symbol_halt, b: old, c: cp_cause */
    CP_NOTE_ORDER = 17,  /* sent by hand; a: price, b: qty, c: time in force */
    CP_NOTE_CANCEL = 18, /* orders the operator pulled; a: how many */
    CP_NOTE_COUNT = 19
} cp_note_kind;

typedef enum cp_severity { CP_INFO = 0, CP_WARNING = 1, CP_CRITICAL = 2 } cp_severity;

/* Who or what changed a state. */
typedef enum cp_cause {
    CP_CAUSE_OPERATOR = 0,
    CP_CAUSE_LOSS = 1,
    CP_CAUSE_FLAT = 2,
    CP_CAUSE_FAULT = 3,    /* the strategy's own */
    CP_CAUSE_JOURNAL = 4,  /* it cannot be written: nothing may leave unrecorded */
    CP_CAUSE_RECOVERY = 5, /* so it was before the restart */
    CP_CAUSE_DRAWDOWN = 6,
    CP_CAUSE_BREAKER = 7,
    CP_CAUSE_DROP_COPY = 8, /* venue and desk tell different trades */
    CP_CAUSE_PARENT = 9 /* a restart: how far its parent order had come is not known */
} cp_cause;

/* What pauses the desk although no limit is exceeded, in the order of cp_breaker_name().
 * Tripped until CP_CONTROL_RESUME. */
typedef enum cp_breaker {
    CP_BREAKER_REJECTS = 0,
    CP_BREAKER_LATENCY = 1,
    CP_BREAKER_FILLS = 2,
    CP_BREAKER_EXECUTIONS = 3,
    CP_BREAKER_FEED = 4,
    CP_BREAKER_COUNT = 5
} cp_breaker;

/* What the breakers trip at, in the order of cp_trigger_parameter(). */
typedef enum cp_trigger {
    CP_TRIGGER_REJECT_COUNT = 0,
    CP_TRIGGER_REJECT_WINDOW = 1,
    CP_TRIGGER_SLOW_COUNT = 2,
    CP_TRIGGER_SLOW_ANSWER = 3,
    CP_TRIGGER_FILL_COUNT = 4,
    CP_TRIGGER_FILL_WINDOW = 5,
    CP_TRIGGER_SAME_FILL_COUNT = 6,
    CP_TRIGGER_SAME_FILL_WINDOW = 7,
    CP_TRIGGER_FEED_SILENCE = 8,
    CP_TRIGGER_COUNT = 9
} cp_trigger;

/* What comparing our orders with the venue's has found. */
typedef enum cp_finding {
    CP_FOUND_UNANSWERED = 1, /* an order became UNKNOWN: the venue is asked */
    CP_FOUND_ALIVE = 2,      /* it is there */
    CP_FOUND_GONE = 3,       /* it is not, and nothing traded unseen: closed */
    CP_FOUND_LOST = 4,     /* it is not, and lots traded unseen: the symbol is in doubt */
    CP_FOUND_QTY = 5,      /* fewer lots are left than we knew: taken as filled at its
                                price where as many executions were missed */
    CP_FOUND_STRANGER = 6, /* an order of ours at the venue that we do not know */
    CP_FOUND_EXECUTIONS = 7, /* the venue counts more executions than came here */
    CP_FOUND_RESTART = 8,    /* the venue has begun anew: its orders of before are gone */
    CP_FOUND_ACCEPTED = 9,   /* the operator has taken the difference as it is */
    CP_FOUND_RECOVERED = 10, /* orders restored from the journal, not yet confirmed */
    CP_FOUND_DUPLICATE = 11, /* an execution that had been counted: ignored */
    CP_FOUND_FEWER = 12,     /* it counts fewer executions (c) than it told of (b) */
    CP_FOUND_LEFT = 13,      /* more lots are left than we knew: its symbol is in doubt */
    CP_FOUND_COUNT = 14
} cp_finding;

/* What is done with an order of ours at the venue that we do not know. */
typedef enum cp_stranger_policy {
    CP_STRANGER_CANCEL = 0,
    CP_STRANGER_ADOPT = 1, /* it becomes ours to cancel; no strategy's */
    CP_STRANGER_SHOW = 2   /* left alone; its symbol is in doubt */
} cp_stranger_policy;

typedef enum cp_control_kind {
    CP_CONTROL_STRATEGY =
        1,                 /* target slot := strategy (kind, symbol, parameters, mode) */
    CP_CONTROL_MODE = 2,   /* target slot := mode */
    CP_CONTROL_LIMITS = 3, /* all limits and triggers, with version and hash */
    CP_CONTROL_PAUSE = 4,
    CP_CONTROL_RESUME = 5, /* from PAUSED or REDUCING */
    CP_CONTROL_FLATTEN = 6,
    CP_CONTROL_HALT = 7,
    CP_CONTROL_UNHALT = 8, /* HALTED -> PAUSED */
    CP_CONTROL_CANCEL_ALL = 9,
    CP_CONTROL_ACCEPT = 10,  /* what reconciliation found is right: end the doubt */
    CP_CONTROL_STOP = 11,    /* HALT for the end of the session: a restart goes on from
                               the state of before */
    CP_CONTROL_ORDER = 12,   /* send `ticket` as the operator's own order */
    CP_CONTROL_PREVIEW = 13, /* check `ticket` as ORDER would, and send nothing: the
                                picture's `preview` says what came of it */
    CP_CONTROL_CANCEL = 14,  /* pull the orders that `ticket` names */
    CP_CONTROL_HALT_STRATEGY = 15,    /* target slot: OFF, its orders pulled */
    CP_CONTROL_HALT_SYMBOL = 16,      /* target symbol: nothing new, its orders pulled */
    CP_CONTROL_RESUME_SYMBOL = 17,    /* target symbol: it trades again */
    CP_CONTROL_FLATTEN_STRATEGY = 18, /* target slot, or CP_OPERATOR: OFF, and closed */
    CP_CONTROL_FLATTEN_SYMBOL = 19,   /* target symbol: halted, and closed */
    CP_CONTROL_REDUCE = 21,   /* ACTIVE, PAUSED -> REDUCING; RESUME leads out of it */
    CP_CONTROL_LOOSENING = 20 /* for the record alone: `mode` (cp_loosening) says how far
                                 it has come, `scoped` two rows a limit: as it is in force,
                                 as it is asked for; INT64_MAX: none */
} cp_control_kind;

/* How far the loosening of limits has come. */
typedef enum cp_loosening {
    CP_LOOSENING_ASKED = 0,     /* the first step: nothing has changed */
    CP_LOOSENING_CONFIRMED = 1, /* the second: it is handed over next */
    CP_LOOSENING_EXPIRED = 2,   /* the second did not come */
    CP_LOOSENING_COUNT = 3
} cp_loosening;

/* What the operator has stopped in one symbol. */
typedef enum cp_symbol_halt {
    CP_SYMBOL_TRADES = 0,
    CP_SYMBOL_HALTED = 1,
    CP_SYMBOL_FLATTENING = 2 /* halted, and its positions are being closed */
} cp_symbol_halt;

/* How a strategy was stopped by the operator's kill; ends with its next mode. */
typedef enum cp_strategy_kill {
    CP_KILL_NONE = 0,
    CP_KILL_HALTED = 1,
    CP_KILL_FLATTENING = 2 /* its position is being closed */
} cp_strategy_kill;

/* ---- tables: what the core says of itself -------------------------------------- */

typedef enum cp_parameter_kind {
    CP_PARAMETER_INTEGER = 0,
    CP_PARAMETER_FLOAT = 1,
    CP_PARAMETER_MONEY = 2 /* limits only: currency in files, money units in the core */
} cp_parameter_kind;

typedef struct cp_parameter {
    const char *name;
    const char *unit;
    const char *help;
    double minimum, maximum, standard; /* money: in currency */
    uint32_t kind;                     /* cp_parameter_kind */
    uint32_t scopes;                   /* of a limit: a bit a cp_scope it can be of */
} cp_parameter;

/* Why a strategy of a user's was switched off. */
typedef enum cp_fault {
    CP_FAULT_NONE = 0,
    CP_FAULT_MEMORY = 1,     /* it touched memory that is not there */
    CP_FAULT_ARITHMETIC = 2, /* it divided an integer by zero */
    CP_FAULT_ILLEGAL = 3,    /* it ran into something that is no instruction */
    CP_FAULT_BUDGET = 4,     /* its calls took too long, time and again */
    CP_FAULT_ENDLESS = 5,    /* a call did not come to an end */
    CP_FAULT_COUNT = 6
} cp_fault;

uint32_t cp_strategy_kind_count(void);
const char *cp_strategy_kind_name(uint32_t kind);
const char *cp_strategy_kind_help(uint32_t kind);
uint32_t cp_strategy_symbol_count(uint32_t kind); /* how many it trades: 1 or 2 */
uint32_t cp_strategy_parameter_count(uint32_t kind);
const cp_parameter *cp_strategy_parameter(uint32_t kind, uint32_t index);
/* Of its name and its parameters' names in order: what a row of values stands for. */
uint64_t cp_strategy_layout(uint32_t kind);

const cp_parameter *cp_limit_parameter(uint32_t limit);     /* NULL past the last */
const cp_parameter *cp_trigger_parameter(uint32_t trigger); /* likewise */
/* How tight a trigger of this value is: the less, the tighter. Of counts and delays the
 * value; of a window its negative, for the longer it is the more is counted. `limits`: by
 * cp_limit, of which one stands in where it is 0. */
int64_t cp_trigger_rank(uint32_t trigger, int64_t value, const int64_t *limits);
const char *cp_scope_name(uint32_t scope);
/* What stands for all of these together: CP_LIMIT_MAX limits, CP_TRIGGER_MAX triggers (0:
 * the standard), and the narrower limits in the order of scope, target and limit. */
uint64_t cp_limits_hash(const int64_t *limits, const int64_t *triggers,
                        const cp_scoped_limit *scoped, uint32_t scoped_count);
const char *cp_hop_name(uint32_t hop);
const char *cp_refusal_name(uint32_t refusal);
const char *cp_reason_name(uint32_t reason);
const char *cp_breaker_name(uint32_t breaker);
const char *cp_breaker_help(uint32_t breaker); /* what its figure counts */
const char *cp_order_state_name(uint32_t state);
const char *cp_fault_name(uint32_t fault);
const char *cp_risk_state_name(uint32_t state);

/* ---- strategies of a user's ----------------------------------------------------- */

/* Counts up when anything below changes. A strategy built for another is refused. */
#define CP_PLUGIN_ABI 1
#define CP_PLUGIN_STATE_SIZE 4096 /* bytes of its own memory, at most */
#define CP_PLUGIN_KIND_MAX 64     /* kinds a process can load, reloads included */

/* What it wants to be called for. */
#define CP_PLUGIN_PRICE 1 /* a best price changed */
#define CP_PLUGIN_QTY 2   /* the quantity at a best price changed */
#define CP_PLUGIN_TRADE 4 /* somebody traded */

/* What a strategy sees, and where it leaves what it wants. Arrays are by symbol (0 the
 * first, 1 the second of one that trades two) unless they say by side (CP_BUY, CP_SELL). */
typedef struct cp_plugin_seat {
    /* told by the desk */
    uint64_t now_ns;
    int64_t bid[2], ask[2]; /* CP_PRICE_NONE: none */
    uint64_t bid_qty[2], ask_qty[2];
    int64_t others_bid, others_ask; /* of the first symbol, without its own orders */
    uint64_t others_bid_qty, others_ask_qty;
    int64_t last[2]; /* price of the last trade */
    uint32_t last_qty[2];
    uint32_t last_side[2];    /* of the order that rested */
    uint32_t is_open[2];      /* both sides are there and can be trusted */
    int64_t position[2];      /* lots */
    uint32_t is_taking[2];    /* a take is under way: another would be ignored */
    int64_t working_price[2]; /* by side: its quote; CP_PRICE_NONE without one */
    uint32_t working_qty[2];  /* by side */
    uint32_t is_changing[2];  /* by side: a change of its quote is under way */
    /* left by the strategy */
    uint32_t
        quote_asked[2]; /* by side: 1 to rest quote_qty at quote_price; qty 0: none */
    uint32_t quote_qty[2];
    int64_t quote_price[2];
    uint32_t take_asked[2]; /* 1 to trade up to take_qty now, no worse than take_price */
    uint32_t take_side[2];
    uint32_t take_qty[2];
    uint32_t reserved[2];
    int64_t take_price[2];
    double signal; /* its own figure, for the screen */
} cp_plugin_seat;

/* A strategy of a user's. Everything it points to outlives the process's engines. NULL for
 * a callback it has no use for, but on_book. `state` is zeroed before start. */
typedef struct cp_plugin {
    uint32_t abi;       /* CP_PLUGIN_ABI */
    uint32_t seat_size; /* sizeof(cp_plugin_seat) */
    const char *name;
    const char *help;
    const cp_parameter *parameters;
    uint32_t parameter_count; /* at most CP_PARAMETER_MAX */
    uint32_t wants;           /* CP_PLUGIN_PRICE and others, added */
    uint32_t state_size;      /* at most CP_PLUGIN_STATE_SIZE */
    uint32_t symbol_count;    /* 1 or 2 */
    void (*start)(void *state, cp_plugin_seat *seat, const double *parameters);
    void (*on_book)(void *state, cp_plugin_seat *seat, const double *parameters);
    void (*on_trade)(void *state, cp_plugin_seat *seat, const double *parameters);
    void (*on_fill)(void *state, cp_plugin_seat *seat, const double *parameters,
                    uint32_t side, uint32_t qty);
    void (*on_timer)(void *state, cp_plugin_seat *seat, const double *parameters);
} cp_plugin;

/* Make it a kind of strategy like any other, for good; its number in `kind`. -EINVAL with
 * the reason in `error` (CP_ERROR_SIZE bytes), -ENOSPC. Not for the core's own threads. */
int cp_strategy_register(const cp_plugin *strategy, uint32_t *kind, char *error);
/* Likewise the one that a shared library exports as `cp_strategy`. */
int cp_strategy_load(const char *path, uint32_t *kind, char *error);

/* ---- config ------------------------------------------------------------------- */

typedef struct cp_instrument {
    char name[CP_NAME_SIZE];
    int64_t increment;   /* money: one step of price */
    int64_t point_value; /* money one lot gains when the price rises one increment */
    int64_t maker_fee;   /* money a lot; negative is a rebate */
    int64_t taker_fee;
    uint32_t price_max;   /* highest price, increments */
    uint32_t price_start; /* synthetic flow: first efficient price, increments */
} cp_instrument;

typedef struct cp_strategy_config {
    char name[CP_NAME_SIZE];
    uint32_t kind; /* index into the strategy kinds */
    uint32_t mode; /* cp_strategy_mode */
    uint32_t symbol;
    uint32_t used;    /* 0: the slot is empty */
    uint32_t symbol2; /* of a kind with two symbols; else 0 */
    uint32_t reserved;
    uint64_t version;
    uint64_t hash;
    double parameters[CP_PARAMETER_MAX];
} cp_strategy_config;

typedef struct cp_flow_config {
    uint32_t kind;       /* cp_flow_kind */
    uint32_t rate;       /* synthetic: events a second, all symbols together */
    uint32_t depth;      /* synthetic: resting orders a symbol tends to */
    uint32_t order_qty;  /* synthetic: mean order size, lots */
    double volatility;   /* synthetic: efficient price, increments a root-second */
    double drift;        /* synthetic: size of the drift regimes, increments a second */
    double half_spread;  /* synthetic: increments from the efficient price to a quote */
    double replay_speed; /* 1 as recorded, N times; 0 as fast as it goes */
    double clustering;   /* synthetic: events set off by an event, on average; below 1 */
    double cluster_life; /* synthetic: seconds the setting off lasts */
    double crash_every; /* synthetic: seconds between a symbol's flash crashes; 0: none */
    double crash_size;  /* synthetic: how far one falls, increments */
} cp_flow_config;

/* ---- two processes ------------------------------------------------------------- */

typedef enum cp_role {
    CP_ROLE_EMBEDDED = 0, /* venue and desk in this process */
    CP_ROLE_EXCHANGE = 1, /* the venue, for others to connect to */
    CP_ROLE_REMOTE = 2    /* the desk, on an exchange elsewhere */
} cp_role;

typedef enum cp_net_placement {
    CP_NET_AUTO = 0,   /* by the number of cores */
    CP_NET_THREAD = 1, /* sockets have a thread of their own, joined by rings */
    CP_NET_INLINE = 2  /* the venue's or desk's thread sees to them itself */
} cp_net_placement;

#define CP_USER_MAX 32
#define CP_HOST_SIZE 64

typedef struct cp_user {
    char name[8];         /* SoupBinTCP: up to 6 characters */
    char password[16];    /* up to 10 */
    uint32_t keep_orders; /* 1: they stay when the connection breaks */
    uint32_t reserved;
} cp_user;

typedef struct cp_net_config {
    uint32_t role;      /* cp_role */
    uint32_t placement; /* cp_net_placement */
    uint32_t user_count;
    uint32_t connection_max; /* EXCHANGE: of each kind */
    uint16_t orders_port;    /* EXCHANGE: 0 takes a free one */
    uint16_t feed_port; /* TCP; on UDP of the same number what was missed is asked for */
    uint16_t mold_port; /* 0: no MoldUDP64 */
    uint16_t reserved;
    int32_t net_cpu;
    uint32_t reserved_2;
    uint64_t login_ns;     /* a connection has so long to log in */
    uint64_t heartbeat_ns; /* say something at least this often */
    uint64_t silence_ns;   /* nothing heard, or nothing taken, for so long: cut off */
    uint64_t retry_ns;     /* REMOTE: first wait before another try; doubles */
    uint64_t retry_max_ns;
    uint64_t session_log_size; /* EXCHANGE: bytes kept of what each user was told */
    uint64_t feed_log_size;    /* EXCHANGE: bytes kept of the feed */
    char host[CP_HOST_SIZE];   /* EXCHANGE: where to listen; REMOTE: where to connect */
    char mold_host[CP_HOST_SIZE];
    cp_user users[CP_USER_MAX]; /* REMOTE: the first is who we are */
} cp_net_config;

/* ---- messages between desk and venue, one cache line each -------------------------- */

/* What a participant asks of the venue. */
typedef struct cp_order {
    uint64_t client_id;   /* unique among the participant's orders */
    uint64_t original_id; /* CANCEL, REDUCE, REPLACE: the order meant */
    uint64_t cause_ns;    /* T1 of the data it answers */
    uint64_t sent_ns;     /* T4 */
    int64_t price;        /* unused by MARKET */
    uint32_t qty;         /* REPLACE: the new open quantity; REDUCE: what to take off */
    uint16_t symbol;
    uint16_t participant;
    uint8_t kind; /* cp_order_kind */
    uint8_t side;
    uint8_t type; /* cp_order_type */
    uint8_t time_in_force;
    uint16_t strategy;    /* for the desk's own books; the venue ignores it */
    uint8_t flags;        /* CP_POST_ONLY, CP_POST_SLIDE, CP_TOTAL */
    uint8_t smp;          /* cp_smp */
    uint32_t display_qty; /* shown at a time; 0: all */
    union {
        uint32_t min_qty;    /* LIMIT, MARKET: least to execute at once; 0: any */
        uint32_t stop_price; /* STOP, STOP_LIMIT */
    };
} cp_order;

/* What the venue answers. */
typedef struct cp_report {
    uint64_t time_ns;
    uint64_t client_id;
    union {
        uint64_t original_id; /* REPLACED, CHANGE_REJECTED: the order that was meant */
        int64_t fee;          /* EXECUTED: money for all of qty, a cost above 0 */
    };
    uint64_t order_ref;
    uint64_t match_ref; /* EXECUTED */
    int64_t price;
    uint32_t qty; /* EXECUTED: traded now; CANCELLED: taken off */
    uint32_t leaves;
    uint16_t symbol;
    uint16_t participant;
    uint8_t kind; /* cp_report_kind */
    uint8_t side;
    uint8_t reason;    /* cp_reason */
    uint8_t liquidity; /* cp_liquidity */
} cp_report;

/* ---- journal ------------------------------------------------------------------- */

/* What a record survives once the desk has acted on it. */
typedef enum cp_journal_level {
    CP_JOURNAL_MAPPED = 0,     /* the death of the process */
    CP_JOURNAL_BACKGROUND = 1, /* a loss of power, but for the last 10 ms */
    CP_JOURNAL_SYNCED = 2      /* a loss of power: nothing leaves before it is on disk */
} cp_journal_level;

/* How a journal was found. */
typedef enum cp_journal_end {
    CP_END_FRESH = 0,      /* there was none */
    CP_END_ENDED = 1,      /* stopped in order */
    CP_END_CRASHED = 2,    /* it ends in the middle: recovered */
    CP_END_QUARANTINED = 3 /* damaged before its end: not traded on */
} cp_journal_end;

/* Why nothing more may leave. */
typedef enum cp_journal_trouble {
    CP_TROUBLE_NONE = 0,
    CP_TROUBLE_STALLED = 1, /* the writer does not keep up */
    CP_TROUBLE_WRITE = 2,   /* the file took no more */
    CP_TROUBLE_SYNC = 3     /* it may not have reached the disk; never tried again */
} cp_journal_trouble;

typedef struct cp_journal_config {
    uint32_t used;
    uint32_t level;           /* cp_journal_level */
    uint32_t segment_records; /* a new file, with a snapshot, after so many; 0: 262144 */
    uint32_t stranger_policy; /* cp_stranger_policy */
    char directory[CP_PATH_SIZE];
} cp_journal_config;

/* The kinds of record. The numbers are on disk and are never used for another meaning. */
typedef enum cp_journal_kind {
    CP_JOURNAL_SEGMENT = 1, /* first of a file: cp_journal_segment; a snapshot follows */
    CP_JOURNAL_INSTRUMENT = 2,
    CP_JOURNAL_POSITION = 3,
    CP_JOURNAL_WORKING = 4,
    CP_JOURNAL_MATCHES = 5,
    CP_JOURNAL_STATE = 6,        /* also whenever it changes */
    CP_JOURNAL_SNAPSHOT_END = 7, /* the snapshot is whole: cp_journal_state */
    CP_JOURNAL_IDS = 8,          /* client ids set aside */
    CP_JOURNAL_ORDER = 16,       /* cp_order: a message about to leave */
    CP_JOURNAL_REPORT = 17,      /* cp_report: one about to be acted on */
    CP_JOURNAL_CONTROL = 18,     /* cp_journal_control; its other parts follow */
    CP_JOURNAL_CHAIN = 19,       /* cp_journal_chain over the control before it */
    CP_JOURNAL_NOTE = 20,        /* cp_note: what was decided and why */
    CP_JOURNAL_DROPPED = 21,     /* cp_order: it was recorded and never left */
    CP_JOURNAL_CLOSED = 22,      /* stopped in order */
    CP_JOURNAL_STRATEGY = 23,    /* who is in a slot from now on */
    CP_JOURNAL_NEW_DAY = 24,     /* realised and fees begin at zero again */
    CP_JOURNAL_COSTS = 25,       /* of a snapshot, after its position: cp_journal_costs */
    CP_JOURNAL_LOTS = 26,     /* of a snapshot, after its symbol's costs, oldest first */
    CP_JOURNAL_LIMITS = 27,   /* the limits from now on: cp_journal_limits, in turn */
    CP_JOURNAL_EXPECTED = 28, /* of a snapshot, after its order: cp_journal_expected */
    CP_JOURNAL_PARAMETERS =
        29 /* cp_strategy_version in three parts, each as many bytes of
                                  it as a body holds */
} cp_journal_kind;

#define CP_JOURNAL_BODY 80
#define CP_JOURNAL_VERSION 5 /* since 2 limits, 3 versions, 4 fees, 5 modes in force */
#define CP_JOURNAL_OLDEST 1
#define CP_JOURNAL_COMMIT 1129333578 /* xor the low half of the sequence: the last word */

/* One record, two cache lines. The checksum is CRC32C of the first 120 bytes. */
typedef struct cp_journal_record {
    uint64_t sequence; /* from 1, without a gap over all files */
    uint64_t time_ns;  /* of the desk; the segment's wall_ns makes it time of day */
    uint64_t cause;    /* sequence of the record it answers, 0: none */
    uint64_t synced;   /* what was on disk when it was written */
    uint16_t kind;     /* cp_journal_kind */
    uint16_t part;     /* of a control or of parameters, from 0 */
    uint32_t epoch;    /* how many times the journal had been opened */
    uint8_t body[CP_JOURNAL_BODY];
    uint32_t crc;
    uint32_t commit;
} cp_journal_record;

typedef struct cp_journal_segment {
    char magic[8];
    uint64_t journal_id;
    int64_t wall_ns; /* add to time_ns: nanoseconds since 1970, UTC */
    uint32_t version;
    uint32_t level;
    uint32_t symbol_count;
    uint32_t reserved;
} cp_journal_segment;

typedef struct cp_journal_instrument {
    char name[CP_NAME_SIZE];
    int64_t increment, point_value, maker_fee, taker_fee;
    uint32_t symbol;
    uint32_t price_max;
} cp_journal_instrument;

/* 128-bit figures are given as two halves, low first. */
typedef struct cp_journal_position {
    int64_t qty;
    uint64_t cost[2], realised[2], fees[2];
    uint16_t symbol;
    uint16_t strategy; /* CP_NOBODY: of all together */
    uint32_t reserved;
} cp_journal_position;

/* What a position's profit came from; of all together, what its lots have realised. */
typedef struct cp_journal_costs {
    uint64_t arrival2[2], expected[2];
    uint64_t realised_fifo[2];
    uint16_t symbol;
    uint16_t strategy; /* CP_NOBODY: of all together */
    uint32_t lots_merged;
} cp_journal_costs;

typedef struct cp_journal_lots {
    uint64_t cost[2];
    int64_t qty, price;
    uint16_t symbol;
    uint16_t reserved[3];
} cp_journal_lots;

typedef struct cp_journal_working {
    uint64_t client_id, pending_id, order_ref;
    int64_t price, pending_price;
    uint32_t qty, asked, leaves, filled, pending_qty;
    uint16_t symbol, strategy;
    uint8_t side, state, time_in_force, purpose;
    uint8_t accepted, cancel_sent, replace_sent, swept;
    int64_t arrival2; /* twice the mid when it was decided on; 0: not known */
} cp_journal_working;

/* The price a working order was worth expecting to deal at, where it is not its own. */
typedef struct cp_journal_expected {
    uint64_t client_id;
    int64_t expected;
} cp_journal_expected;

typedef struct cp_journal_matches {
    uint64_t client_id[5], match_ref[5]; /* executions counted; 0: none */
} cp_journal_matches;

typedef struct cp_journal_state {
    uint32_t risk_state; /* cp_risk_state */
    uint32_t cause;      /* cp_cause */
    uint64_t next_id;
    uint64_t execution_count; /* heard of since the venue began */
    int64_t equity_peak;
    uint64_t doubt;      /* bit a symbol */
    uint64_t state_hash; /* cp_journal_hash() at this point */
    uint64_t halted;     /* bit a symbol: by the operator */
    uint64_t killed;     /* bit a slot: likewise */
    uint64_t modes; /* four bits a slot: cp_strategy_mode + 1; 0: not known, or none */
    uint64_t mode_causes; /* four bits a slot: cp_cause of its mode */
} cp_journal_state;

typedef struct cp_journal_order {
    cp_order order;
    uint8_t purpose; /* what the desk sent it for */
    uint8_t reserved[3];
    int32_t expected_offset; /* the price expected, less the order's */
    int64_t arrival2;        /* twice the mid at the decision; 0: there was none */
} cp_journal_order;

typedef struct cp_journal_strategy {
    char name[CP_NAME_SIZE];
    uint64_t version, hash;
    uint32_t slot;
    uint32_t used;
} cp_journal_strategy;

/* What a strategy ran with, and from when on. */
typedef struct cp_strategy_version {
    char name[CP_NAME_SIZE];
    uint64_t version, hash; /* as in its cp_strategy_config */
    uint64_t layout;        /* cp_strategy_layout() of its kind then */
    int64_t wall_ns;        /* since 1970, UTC; in virtual time the engine's */
    char who[CP_WHO_SIZE];  /* asked for it; empty: it was so when the desk began */
    double parameters[CP_PARAMETER_MAX];
} cp_strategy_version;

#define CP_VERSION_EACH 6  /* versions kept of a strategy: what runs, five before it */
#define CP_VERSION_MAX 112 /* and of all, gone ones among them */

typedef struct cp_journal_ids {
    uint64_t first, end; /* end is the first not set aside */
} cp_journal_ids;

/* Three of all limits in force, the triggers among them; they follow one another until
 * first + 3 >= count. The global ones come first, then the triggers, then the others. */
typedef struct cp_journal_limits {
    uint64_t version, hash;
    uint16_t first, count;
    uint32_t reserved;
    cp_scoped_limit limits[3]; /* a trigger's scope is CP_SCOPE_COUNT */
} cp_journal_limits;

/* Part 0. Part 1: the reason, as text. Then the strategy, three parts, or the ticket, one,
 * or the limits: two parts the global ones, and since version 2 two the triggers and five
 * of the others a part; each CP_JOURNAL_BODY bytes of the structure. */
typedef struct cp_journal_control {
    uint32_t kind; /* cp_control_kind */
    uint32_t target, mode, part_count;
    uint64_t version, hash;
    char who[CP_WHO_SIZE];
} cp_journal_control;

/* SHA-256 of the digest before, then of bytes 0 .. 119 of each record of the control. */
typedef struct cp_journal_chain {
    uint8_t digest[32];
    uint64_t first; /* the control's first record; 0: carried into a new file */
} cp_journal_chain;

/* What one look through a file found. */
typedef struct cp_journal_check {
    uint64_t record_count; /* whole ones, from the start on */
    uint64_t first, last;  /* their sequences; 0: none */
    uint64_t synced;       /* the highest any of them knew to be on disk */
    uint64_t bad_offset;   /* bytes before what is not whole */
    uint32_t is_damaged;   /* 1: whole records follow what is not */
    uint32_t tail_size;    /* bytes behind the last whole record that are not zero */
} cp_journal_check;

/* Look through a file in memory; `expected`: its first sequence, 0: whatever it says. */
void cp_journal_check_bytes(const uint8_t *bytes, uint64_t size, uint64_t expected,
                            cp_journal_check *check);
uint32_t cp_crc32c(const void *bytes, uint64_t size);
const char *cp_journal_kind_name(uint32_t kind); /* NULL: no such kind */
const char *cp_finding_name(uint32_t finding);

typedef struct cp_journal_picture {
    uint32_t used;
    uint32_t level;   /* cp_journal_level */
    uint32_t trouble; /* cp_journal_trouble */
    uint32_t error;   /* errno behind it */
    uint32_t end;     /* cp_journal_end: how the journal was found */
    uint32_t epoch;
    uint64_t sequence; /* of the latest record */
    uint64_t written;  /* in the file */
    uint64_t synced;   /* on disk */
    uint64_t lag_ns; /* age of the oldest record that is not as safe as the level says */
    uint64_t sync_count, sync_max_ns;
    uint64_t unrecorded_count; /* messages since the trouble that are nowhere */
    uint64_t replayed_count;   /* records read at the start */
    uint64_t replayed_ns;      /* and how long that took */
    uint64_t cut_size;         /* bytes of a torn end cut off at the start */
    uint64_t recovered_hash;   /* cp_journal_hash() of what was restored */
} cp_journal_picture;

/* Added to an instrument's fees once a session has traded from_qty lots. */
typedef struct cp_fee_tier {
    uint64_t from_qty;
    int64_t maker_fee; /* money a lot */
    int64_t taker_fee;
} cp_fee_tier;

/* A pause of trading while the symbol is in CONTINUOUS; a cross ends it. */
typedef struct cp_halt {
    uint64_t from_ns; /* after the day began */
    uint64_t for_ns;
    uint32_t symbol; /* CP_SYMBOL_MAX: all */
    uint32_t reserved;
} cp_halt;

/* The venue's day, and what it holds participants to; the flow is held to the day alone.
 * All zero: it trades without a break or a bound. */
typedef struct cp_rules {
    uint64_t pre_open_ns;   /* orders are collected before the opening cross */
    uint64_t continuous_ns; /* 0: it never closes */
    uint64_t pre_close_ns;  /* orders are collected before the closing cross */
    uint64_t closed_ns;     /* until the next day; 0: there is none */
    uint64_t reference_ns; /* a band's middle is the last price of so long ago at most; 0:
                               the instrument's first price */
    uint64_t throttle_window_ns;
    uint64_t dead_man_ns; /* silence after which a session's orders are pulled; 0: none */
    uint32_t throttle_count; /* new orders and replaces a window; 0: any number */
    uint32_t band_bp;        /* width to either side, of the reference; 0: none */
    uint32_t smp;            /* cp_smp of orders that name none */
    uint32_t tier_count;
    uint32_t halt_count;
    uint32_t reserved;
    cp_fee_tier tiers[CP_TIER_MAX];
    cp_halt halts[CP_HALT_MAX];
} cp_rules;

/* How long a message is under way on one hop: drawn from points between which it is even,
 * from the shortest to the longest. */
typedef struct cp_latency {
    uint32_t used;
    uint32_t spike_ppm; /* of a million messages so many take spike_ns longer */
    uint64_t spike_ns;
    uint64_t points_ns[CP_LATENCY_POINTS];
} cp_latency;

typedef struct cp_config {
    uint64_t seed;
    uint32_t virtual_time; /* 1: one thread, cp_engine_run drives it */
    uint32_t desk;         /* 0: the venue alone */
    uint32_t symbol_count;
    uint32_t order_capacity;      /* orders resting at the venue */
    uint32_t desk_order_capacity; /* orders the desk can have working */
    uint32_t ring_capacity;       /* slots of the market data ring, a power of two */
    uint32_t waiting;             /* cp_waiting */
    int32_t venue_cpu;            /* core, -1 to choose, -2 for none */
    int32_t desk_cpu;
    uint32_t lock_memory;     /* 1: what is there at start stays in memory, if allowed */
    uint64_t link_latency_ns; /* virtual time: each way */
    uint64_t limits_version;
    uint64_t limits_hash;             /* cp_limits_hash() of what follows, or 0 */
    int64_t limits[CP_LIMIT_MAX];     /* by cp_limit; money in money units */
    int64_t triggers[CP_TRIGGER_MAX]; /* by cp_trigger; 0: the standard */
    uint32_t scoped_count;
    uint32_t realtime; /* priority of the threads under SCHED_FIFO, if allowed; 0: none */
    cp_scoped_limit scoped[CP_SCOPED_MAX]; /* ascending by scope, target, limit */
    cp_flow_config flow;
    cp_instrument instruments[CP_SYMBOL_MAX];
    cp_strategy_config strategies[CP_STRATEGY_MAX];
    cp_net_config net;
    cp_journal_config journal;
    cp_rules rules;
    cp_latency latency[CP_LEG_COUNT]; /* by cp_leg; virtual time: beside link_latency */
} cp_config;

/* ---- commands ------------------------------------------------------------------ */

/* ORDER and PREVIEW: the operator's own order. CANCEL: the orders meant, all that fit
 * everything it names. */
typedef struct cp_ticket {
    uint64_t tag;       /* of whoever asks, to know it again by; 0: none */
    uint64_t client_id; /* CANCEL: this one; 0: any */
    int64_t price;      /* of CP_LIMIT */
    uint32_t qty;
    uint16_t symbol;   /* CANCEL: CP_NOBODY for any */
    uint16_t strategy; /* CANCEL: slot, CP_OPERATOR, or CP_NOBODY for any */
    uint8_t side;      /* CANCEL: CP_SIDE_BOTH for any */
    uint8_t type; /* CP_LIMIT; or CP_MARKET: at once, as far as the price collars allow */
    uint8_t time_in_force; /* CP_DAY, CP_IOC, CP_FOK; of MARKET not CP_DAY */
    uint8_t flags;         /* CP_POST_ONLY, of a LIMIT for the DAY */
    uint32_t reserved;
} cp_ticket;

typedef struct cp_control {
    uint32_t kind;   /* cp_control_kind */
    uint32_t target; /* strategy slot, or symbol */
    uint32_t mode;   /* cp_strategy_mode */
    uint32_t reserved;
    uint64_t version;
    uint64_t hash;
    int64_t limits[CP_LIMIT_MAX]; /* these four as in cp_config */
    int64_t triggers[CP_TRIGGER_MAX];
    uint32_t scoped_count;
    uint32_t reserved_2;
    cp_scoped_limit scoped[CP_SCOPED_MAX];
    cp_strategy_config strategy;
    cp_ticket ticket;
    char who[CP_WHO_SIZE]; /* who asks */
    char why[CP_WHY_SIZE]; /* and for what reason */
} cp_control;

/* ---- replay --------------------------------------------------------------------- */

/* One recorded event of order flow, whatever file it came from. */
typedef struct cp_flow_event {
    uint64_t time_ns; /* since midnight, exchange time */
    uint64_t ref;
    uint64_t new_ref; /* replace: the reference from now on */
    int64_t price;    /* increments */
    uint32_t qty;
    uint32_t price_rest; /* money past `price` increments: a print between two steps */
    uint32_t row; /* of the reference book this event completes, from 0; or CP_ROW_NONE */
    uint16_t symbol;
    uint8_t kind;  /* cp_md_kind; 0: a message that does nothing (a halt) */
    uint8_t side;  /* of the resting order */
    uint8_t flags; /* CP_FLOW_* */
    uint8_t reserved[15];
} cp_flow_event;

#define CP_ROW_NONE 4294967295
#define CP_FLOW_REVEALED 1 /* volume that came or went without a message */
#define CP_FLOW_UNSEEN 2   /* the order's entry was never recorded */

/* What reading an ITCH file from end to end found. */
typedef struct cp_itch_symbol {
    char name[CP_NAME_SIZE];
    uint64_t message_count; /* that touch the book */
    uint64_t add_count;
    uint32_t price_gcd; /* of all displayed prices, 1/10000 */
    uint32_t price_max;
    uint32_t price_first;
    uint16_t locate;
    uint16_t reserved;
} cp_itch_symbol;

typedef struct cp_itch_scan {
    uint64_t message_count;
    uint64_t error_offset; /* byte of the message that could not be read */
    uint64_t first_ns, last_ns;
    uint64_t type_count[128]; /* by message type letter */
    uint32_t symbol_count;    /* locates seen with orders, at most capacity */
    uint32_t complete;        /* 1: ended by the end-of-session mark */
} cp_itch_scan;

/* Read all of an ITCH 5.0 file in memory (two-byte big-endian length, message).
 * Fills `symbols` for up to `capacity` locates that have orders. -EPROTO: not such a
 * file, error_offset says where. -ENOSPC: more symbols than capacity. */
int cp_itch_scan_file(const uint8_t *bytes, uint64_t size, cp_itch_scan *scan,
                      cp_itch_symbol *symbols, uint32_t capacity);

/* ---- picture: one consistent view ------------------------------------------------ */

typedef struct cp_level {
    int64_t price;
    uint64_t qty;
    uint32_t order_count;
    uint32_t own_qty; /* of it, ours */
} cp_level;

typedef struct cp_symbol_picture {
    int64_t position;    /* lots, confirmed */
    int64_t worst_long;  /* position if every working buy fills */
    int64_t worst_short; /* position if every working sell fills */
    int64_t cost;        /* increments x lots paid for the open position, signed */
    int64_t realised, unrealised, fees; /* money */
    int64_t bid, ask, last;             /* CP_PRICE_NONE when there is none */
    uint64_t volume;                    /* lots traded by all */
    uint64_t md_count;
    uint64_t last_md_ns;
    int64_t realised_fifo; /* money: the oldest lots closed first */
    uint32_t stale;
    uint32_t lots_merged; /* 1: too many lots at once, realised_fifo is only nearly so */
    uint32_t halt;        /* cp_symbol_halt */
    uint32_t halt_cause;  /* cp_cause */
    uint32_t phase;       /* cp_phase, as the market data told it last */
    uint32_t reserved;
    uint64_t halt_ns; /* since when; 0: since before the start */
    char halt_by[CP_WHO_SIZE];
    uint32_t level_count[2];
    cp_level levels[2][CP_DEPTH_MAX]; /* by cp_side, best first */
} cp_symbol_picture;

/* An order that risk refused, and what it answered: the latest that was noted down. */
typedef struct cp_refused {
    uint64_t time_ns;     /* of the note; 0: none yet */
    uint64_t received_ns; /* of the data or report it answers; 0: of neither */
    int64_t bid, ask;     /* of its symbol; CP_PRICE_NONE */
    int64_t price;
    double signal; /* of its strategy */
    uint32_t qty;
    uint16_t symbol;
    uint8_t side;
    uint8_t refusal; /* cp_refusal */
    uint32_t scope;  /* cp_scope of the limit that refused it */
    uint32_t reserved;
} cp_refused;

typedef struct cp_strategy_picture {
    cp_strategy_config config; /* what the core runs, with version and hash */
    int64_t position;
    int64_t realised, unrealised, fees; /* money */
    /* and where it came from: spread + slippage + inventory == realised + unrealised */
    int64_t spread;    /* earned by quoting less paid by taking, at the decision's mid */
    int64_t slippage;  /* fills at better prices than the decision saw, less worse ones */
    int64_t inventory; /* the market moving since the decision */
    uint64_t order_count, fill_count, refusal_count, reject_count;
    uint32_t working_count;
    uint32_t last_refusal; /* cp_refusal, or CP_REFUSE_COUNT for none */
    cp_refused refused;
    double signal;  /* the strategy's own figure, for the screen */
    uint32_t fault; /* cp_fault that switched it off, or CP_FAULT_NONE */
    uint32_t kill;  /* cp_strategy_kill */
    /* of its latest time in SHADOW: nothing of it is in any other figure */
    int64_t would_be_position;
    int64_t would_be_realised, would_be_unrealised, would_be_fees; /* money */
    uint64_t would_be_order_count, would_be_fill_count, would_be_refusal_count;
    int64_t would_be_price[2];  /* by side: its quote; CP_PRICE_NONE without one */
    uint64_t would_be_ahead[2]; /* lots before it in the real queue */
    uint32_t would_be_qty[2];
} cp_strategy_picture;

typedef struct cp_limit_picture {
    int64_t used; /* in the limit's own unit */
    int64_t limit;
    uint64_t refusal_count;
} cp_limit_picture;

/* A limit of a symbol or a strategy. */
typedef struct cp_scoped_picture {
    cp_scoped_limit limit;
    int64_t used; /* in the limit's own unit */
    uint64_t refusal_count;
} cp_scoped_picture;

typedef struct cp_breaker_picture {
    uint64_t tripped_ns; /* 0: it is not */
    int64_t figure;      /* that tripped it last ... */
    int64_t trigger;     /* ... being more than this */
    uint64_t trip_count;
} cp_breaker_picture;

#define CP_WAY_HOPS 5

/* What an order, as last sent, came of: the data it answers, what was seen then, and the
 * times it took since. */
typedef struct cp_way {
    uint64_t
        received_ns;  /* T1, of data or a report; 0: the desk or an operator wanted it */
    int64_t bid, ask; /* of its symbol; CP_PRICE_NONE */
    double signal;    /* of its strategy */
    uint32_t hop_ns[CP_WAY_HOPS]; /* feed, decide, risk, send, ack; 0: not known */
    uint32_t reserved;
} cp_way;

typedef struct cp_fill {
    uint64_t time_ns;
    uint64_t client_id;
    int64_t price;
    int64_t mid2; /* bid + ask when it came: twice the mid */
    uint64_t tick_to_order_ns;
    uint32_t qty;
    uint16_t symbol;
    uint16_t strategy;
    uint8_t side;
    uint8_t liquidity;
    uint8_t reserved[6];
    cp_way way;
} cp_fill;

typedef struct cp_working {
    uint64_t client_id;
    uint64_t sent_ns;
    int64_t price;
    uint32_t qty, leaves;
    uint64_t qty_ahead; /* lots before it at its price; 0 until the book shows it */
    uint16_t symbol;
    uint16_t strategy;
    uint8_t side;
    uint8_t state; /* cp_order_state */
    uint8_t reserved[2];
    cp_way way;
} cp_working;

/* One of the operator's own orders since the start, and what became of it. */
typedef struct cp_ticket_picture {
    uint64_t tag;       /* of who asked for it */
    uint64_t client_id; /* 0: it was refused and never left */
    uint64_t time_ns;
    int64_t price; /* that it was sent at */
    uint32_t qty, filled, leaves;
    uint16_t symbol;
    uint8_t side;
    uint8_t state;   /* cp_order_state; FREE when it was refused */
    uint8_t refusal; /* cp_refusal; CP_REFUSE_COUNT: it was not */
    uint8_t reason;  /* cp_reason, where the venue rejected it */
    uint8_t time_in_force;
    uint8_t flags;
    uint32_t passing_qty; /* of one refused: the lots that would have passed */
    uint32_t scope;       /* cp_scope of the limit that refused it; and its figures */
    uint32_t reserved;
    int64_t limit, current, would_be;
} cp_ticket_picture;

/* What the operator's own orders have come to: they are nobody else's. */
typedef struct cp_operator_picture {
    int64_t positions[CP_SYMBOL_MAX];
    int64_t realised, unrealised, fees;  /* money */
    int64_t spread, slippage, inventory; /* as of a strategy */
    uint64_t order_count, fill_count, refusal_count, reject_count;
    uint32_t working_count;
    uint32_t last_refusal; /* cp_refusal, or CP_REFUSE_COUNT for none */
    uint32_t kill;         /* cp_strategy_kill */
    uint32_t ticket_count; /* valid entries of tickets, newest first */
    cp_ticket_picture tickets[CP_TICKET_MAX];
} cp_operator_picture;

/* What would come of the ticket asked about last. */
typedef struct cp_preview {
    uint64_t tag;                     /* the ticket's */
    uint64_t time_ns;                 /* when it was checked */
    int64_t price;                    /* that it would be sent at */
    int64_t value;                    /* money */
    int64_t position, position_after; /* of the symbol; after: if it fills */
    int64_t worst_long, worst_short;  /* with it and everything working */
    int64_t limit, current, would_be; /* of the limit that refuses it */
    uint32_t refusal;                 /* cp_refusal; CP_REFUSE_COUNT: it would be sent */
    uint32_t passing_qty;         /* the most lots that would be sent, up to its own */
    uint32_t reduces;             /* 1: it can only bring the position nearer to none */
    uint32_t scope;               /* cp_scope of the limit that refuses it */
    int64_t limits[CP_LIMIT_MAX]; /* of each, the scope that it leaves the least */
    int64_t used[CP_LIMIT_MAX];   /* of it, with the order; in the limit's own unit */
} cp_preview;

typedef struct cp_counters {
    uint64_t md_count;
    uint64_t order_count; /* new orders and replaces sent */
    uint64_t cancel_count;
    uint64_t ack_count;
    uint64_t fill_count;
    uint64_t reject_count;
    uint64_t refusal_count;
    uint64_t gap_count;
    uint64_t note_lost_count;
    uint64_t unexpected_report_count;
    uint64_t unknown_count;    /* orders that became UNKNOWN */
    uint64_t query_count;      /* questions asked about orders */
    uint64_t correction_count; /* what reconciliation changed */
    uint64_t duplicate_count;  /* executions heard of more than once */
} cp_counters;

/* What the desk holds and has paid, as the venue's drop copies alone say, or as the desk
 * itself does: counted from what it held when it began. */
typedef struct cp_drop_copy {
    uint64_t execution_count;
    int64_t position; /* lots */
    int64_t paid;     /* money: bought less sold */
    int64_t fees;     /* money */
} cp_drop_copy;

/* The same as it was at some of the executions, so that what one side says can be held
 * against the other's at an equal count while both go on: in row i at the last two counts
 * that 16 to the i divides; of count 0, not yet. */
typedef struct cp_tally {
    cp_drop_copy at[CP_TALLY_ROWS][2];
} cp_tally;

typedef struct cp_desk_picture {
    uint64_t time_ns;
    uint64_t risk_changed_ns;
    uint64_t limits_version, limits_hash;
    int64_t realised, unrealised, fees, equity_peak; /* money, all symbols */
    uint32_t risk_state;                             /* cp_risk_state */
    uint32_t symbol_count, strategy_count;
    uint32_t fill_count;    /* valid entries of fills, newest first */
    uint32_t working_count; /* all working orders; the first CP_WORKING_MAX are shown */
    uint32_t cancels_pending;
    cp_counters counters;
    cp_limit_picture limits[CP_LIMIT_MAX];
    cp_symbol_picture symbols[CP_SYMBOL_MAX];
    cp_strategy_picture strategies[CP_STRATEGY_MAX];
    cp_fill fills[CP_FILL_MAX];
    cp_working working[CP_WORKING_MAX];
    uint64_t doubt;         /* bit a symbol: desk and venue do not agree */
    uint64_t reconciled_ns; /* when they last agreed about every order; 0: not yet */
    cp_journal_picture journal;
    cp_breaker_picture breakers[CP_BREAKER_MAX]; /* the first CP_BREAKER_COUNT */
    uint64_t halted;                             /* bit a symbol: by the operator */
    uint32_t state_cause;                        /* cp_cause of the risk state */
    uint32_t reserved;
    char state_by[CP_WHO_SIZE];  /* of a state the operator asked for: who ... */
    char state_why[CP_WHY_SIZE]; /* ... and why */
    cp_operator_picture by_hand;
    cp_preview preview;
    int64_t triggers[CP_TRIGGER_MAX]; /* in force, by cp_trigger */
    uint32_t scoped_count;
    uint32_t reserved_2;
    cp_scoped_picture scoped[CP_SCOPED_MAX];
    cp_tally tallies[CP_SYMBOL_MAX]; /* of the executions booked since it began */
} cp_desk_picture;

typedef struct cp_replay_picture {
    uint64_t messages; /* recorded messages played */
    uint64_t total;    /* recorded messages there are */
    uint64_t time_ns;  /* recorded time reached */
    uint64_t executions;
    uint64_t executions_known;          /* whose order's entry was recorded */
    uint64_t executions_matched;        /* met the same order, of those known */
    uint64_t executions_at_best;        /* whose order stood at the best price */
    uint64_t executions_unseen_matched; /* met the same order, entry never recorded */
    uint64_t orphans;                   /* references to orders never seen */
    uint64_t
        book_mismatches; /* rows that differ from the published book, or crossing adds */
    uint64_t rows_checked;
    uint64_t revealed;  /* events made for volume without a message */
    uint64_t displaced; /* recorded executions that met the desk instead */
    uint64_t displaced_qty;
    uint64_t consumed; /* recorded orders the desk traded away */
    uint64_t consumed_qty;
    uint32_t finished;
    uint32_t has_reference;
} cp_replay_picture;

/* Why a recorded execution did not meet its order. */
typedef enum cp_mismatch_cause {
    CP_MISMATCH_NOT_FRONT = 1, /* an earlier order stood before it at its price */
    CP_MISMATCH_NOT_BEST = 2,  /* a better price stood before it */
    CP_MISMATCH_SHORT = 3      /* it had less left than was executed */
} cp_mismatch_cause;

typedef struct cp_mismatch {
    uint64_t message;   /* from 1 */
    uint64_t ref;       /* recorded */
    uint64_t front_ref; /* what stood at the front */
    int64_t price;
    uint32_t qty;
    uint32_t cause; /* cp_mismatch_cause */
} cp_mismatch;

#define CP_MISMATCH_MAX 1024 /* kept for the report; all are counted */

typedef struct cp_venue_picture {
    uint64_t time_ns;
    uint64_t event_count; /* flow events: orders, cancels, replaces of the background */
    uint64_t md_count;
    uint64_t order_count; /* messages from the desk */
    uint64_t trade_count;
    uint64_t traded_qty;
    uint64_t late_ns; /* how far the flow lags its schedule */
    uint64_t resting_count;
    int64_t impact2;       /* sum, half-increments: mid moved our way by our taking */
    uint64_t impact_count; /* aggressive orders of the desk behind impact2 */
    cp_replay_picture replay;
    uint32_t drop_copy_used; /* 0: this venue gives none */
    uint32_t reserved;
    cp_drop_copy drop_copies[CP_SYMBOL_MAX];
    cp_tally tallies[CP_SYMBOL_MAX]; /* the same at executions of before */
} cp_venue_picture;

typedef struct cp_hop_picture {
    uint64_t count;
    uint64_t p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns;
} cp_hop_picture;

typedef struct cp_thread_picture {
    char name[CP_NAME_SIZE];
    int32_t cpu;
    uint32_t pinned;
    uint32_t waiting;  /* cp_waiting in force */
    uint32_t realtime; /* priority in force; 0: none */
    uint64_t busy_ns, total_ns;
    uint64_t heartbeat_ns;
} cp_thread_picture;

typedef struct cp_ring_picture {
    char name[CP_NAME_SIZE];
    uint64_t capacity, fill, high_water, full_count;
} cp_ring_picture;

typedef enum cp_link_state {
    CP_LINK_NONE = 0,
    CP_LINK_DOWN = 1, /* waiting before the next try */
    CP_LINK_CONNECTING = 2,
    CP_LINK_LOGGING_IN = 3,
    CP_LINK_RECOVERING = 4, /* hearing what was missed */
    CP_LINK_UP = 5
} cp_link_state;

/* One connection of a desk to its exchange. */
typedef struct cp_link_picture {
    char session[CP_NAME_SIZE];
    uint64_t sequence; /* of the next message */
    uint64_t since_ns; /* in this state */
    uint64_t connect_count;
    uint64_t break_count;
    uint32_t state; /* cp_link_state */
    uint32_t reserved;
} cp_link_picture;

typedef struct cp_net_picture {
    uint32_t role;
    uint32_t placement;              /* cp_net_placement in force */
    uint16_t orders_port, feed_port; /* EXCHANGE: where it listens */
    uint32_t connection_count;
    uint32_t session_count; /* EXCHANGE: users logged in for orders */
    uint32_t foreign_count; /* REMOTE: live orders that an earlier desk left */
    char session[CP_NAME_SIZE];
    uint64_t login_count, refused_count, cut_off_count;
    uint64_t ignored_count; /* messages without effect: resent, or not understood */
    uint64_t orders_in, reports_out; /* as the exchange or the desk sees them */
    uint64_t feed_count;             /* messages of the feed */
    uint64_t request_count;          /* MoldUDP64: asked for again */
    uint64_t gap_count, duplicate_count, reordered_count;
    uint64_t pulled_count; /* EXCHANGE: orders pulled because of a broken connection */
    uint64_t lost_count;   /* REMOTE: orders that never reached the exchange */
    cp_link_picture orders, feed; /* REMOTE */
    int64_t
        positions[CP_SYMBOL_MAX]; /* REMOTE: of this user, by the exchange's reports */
    cp_hop_picture tick_to_order; /* REMOTE: data out of the socket -> order into it */
    cp_hop_picture
        order_to_ack; /* REMOTE: order into the socket -> its answer out of it */
    cp_thread_picture thread;
} cp_net_picture;

/* Something that happened to a connection, for the log. */
typedef struct cp_net_event {
    uint64_t time_ns;
    uint32_t severity; /* cp_severity */
    uint32_t reserved;
    char text[112];
} cp_net_event;

#define CP_THREAD_COUNT 2
#define CP_RING_COUNT 5

typedef struct cp_picture {
    uint64_t time_ns; /* when it was read */
    uint64_t start_ns;
    uint64_t state_hash; /* virtual time only */
    uint32_t running;
    uint32_t virtual_time;
    uint32_t memory_locked;
    uint32_t reserved;
    cp_desk_picture desk;
    cp_venue_picture venue;
    cp_hop_picture hops[CP_HOP_COUNT];
    cp_thread_picture threads[CP_THREAD_COUNT];
    cp_ring_picture rings[CP_RING_COUNT];
    cp_net_picture net;
} cp_picture;

/* Something that happened on the desk, for the log. One cache line. */
typedef struct cp_note {
    uint64_t time_ns;
    uint64_t sequence;
    uint64_t client_id;
    int64_t a, b, c, d; /* by kind */
    uint16_t kind;      /* cp_note_kind */
    uint16_t symbol;    /* or CP_NOBODY */
    uint16_t strategy;  /* or CP_NOBODY */
    uint8_t severity;   /* cp_severity */
    uint8_t side;
} cp_note;

/* ---- engine --------------------------------------------------------------------- */

typedef struct cp_engine cp_engine;

/* Allocate everything the engine will ever need. -EINVAL with the reason in `error`
 * (CP_ERROR_SIZE bytes), -ENOMEM. */
int cp_engine_create(cp_engine **engine, const cp_config *config, char *error);
/* Stop the threads if they run, and free the engine. NULL is allowed. */
void cp_engine_destroy(cp_engine *engine);

/* Before start, with flow.kind CP_FLOW_REPLAY. The memory must outlive the engine.
 * ITCH: locates[i] is the stock locate of instruments[i]. */
int cp_engine_replay_itch(cp_engine *engine, const uint8_t *bytes, uint64_t size,
                          const uint16_t *locates);
/* `reference`: rows of 4 x levels prices and sizes (ask price, ask size, bid price, bid
 * size, best level first; prices in increments, CP_PRICE_NONE empty), or NULL. */
int cp_engine_replay_events(cp_engine *engine, const cp_flow_event *events,
                            uint64_t count, const int64_t *reference, uint32_t levels);

/* The latest versions of each strategy, oldest first, by the journal; how many of at most
 * CP_VERSION_MAX. None without one. Before start only. */
uint32_t cp_engine_versions(const cp_engine *engine, cp_strategy_version *versions);

int cp_engine_start(cp_engine *engine); /* live: -EALREADY, or why no thread began */
int cp_engine_stop(cp_engine *engine);
/* Virtual time: play until `md_events` more market data events, or the flow ends. */
int cp_engine_run(cp_engine *engine, uint64_t md_events);

/* Hand a command to the desk. -EAGAIN: its ring is full, nothing was taken. */
int cp_engine_command(cp_engine *engine, const cp_control *control);
/* Copy the latest picture; never blocks the engine. One reader at a time. */
void cp_engine_read(cp_engine *engine, cp_picture *picture);
/* Take up to `capacity` notes; how many. One reader at a time. */
uint32_t cp_engine_notes(cp_engine *engine, cp_note *notes, uint32_t capacity);
/* Take up to `capacity` events of connections; how many. One reader at a time. */
uint32_t cp_engine_net_events(cp_engine *engine, cp_net_event *events, uint32_t capacity);
/* Mismatched executions of the replay, at most `capacity`; how many. None while a live
 * engine runs. */
uint32_t cp_engine_mismatches(cp_engine *engine, cp_mismatch *mismatches,
                              uint32_t capacity);
/* The counts of one hop in HdrHistogram's layout (1 ns .. 60 s, 3 digits). */
#define CP_HISTOGRAM_COUNTS 27648
int cp_engine_histogram(cp_engine *engine, uint32_t hop, uint64_t *counts);
/* Which of those counts a value adds to (more than 60 s counts as 60 s). */
uint32_t cp_histogram_bucket(uint64_t value_ns);
/* The largest value that adds to a count; index below CP_HISTOGRAM_COUNTS. */
uint64_t cp_histogram_bucket_top(uint32_t index);

/* ---- bench: limits of this machine, to measure the core against ----------------------- */

/* Round trips of one cache line between two threads, on the cores given (-1: anywhere),
 * in `counts` of CP_HISTOGRAM_COUNTS: through two rings, or (`bare`) by two plain words,
 * which is the least the machine can do. */
int cp_bench_round_trip(bool bare, int32_t cpu_a, int32_t cpu_b, uint32_t count,
                        cp_hop_picture *result);
/* Nanoseconds to write `count` market data lines into a ring and read them, one thread. */
int cp_bench_line_stream(uint64_t count, uint64_t *elapsed_ns);
/* Leave a journal of so many records where the config says, as a desk does that was killed;
 * `error` as for cp_engine_create. */
int cp_bench_journal(const cp_config *config, uint64_t record_count, char *error);

/* The config's desk alone, on so many events of the config's market. */
typedef struct cp_bench_desk_figures {
    uint64_t orders;     /* new orders and replaces it sent while timed */
    uint64_t md_events;  /* it heard of meanwhile */
    cp_hop_picture step; /* event given to the desk -> returned with an order */
} cp_bench_desk_figures;

/* `error` as for cp_engine_create; -EINVAL: fewer than 1000 events. */
int cp_bench_desk(const cp_config *config, uint64_t md_events,
                  cp_bench_desk_figures *figures, char *error);
/* The core that thread n of an engine would be given, -1 for none. */
int32_t cp_bench_cpu(uint32_t n);

/* The venue alone, in one thread, fed with messages made beforehand. */
typedef struct cp_match_figures {
    uint64_t messages;   /* timed */
    uint64_t elapsed_ns; /* best of the times played */
    uint64_t stream_ns;  /* best: the same messages read and lines written, no venue */
    uint64_t md_lines, report_lines;
    uint64_t resting_count; /* at the end */
    uint64_t fault_count;   /* page faults while timed, all times together */
    uint64_t allocated_bytes;
    cp_hop_picture latency; /* one more time, each message timed */
} cp_match_figures;

/* Name of a shape of market; NULL past the last. */
const char *cp_bench_match_shape(uint32_t index);
/* -EINVAL: no such shape, or message_count not 1000 .. 10,000,000. */
int cp_bench_match(uint32_t index, uint32_t message_count, uint32_t times, uint64_t seed,
                   cp_match_figures *figures);
/* `count` cancels and adds by handle in a small book: no ids, no reports. */
int cp_bench_match_bare(uint32_t count, uint64_t *elapsed_ns);
/* What so many resting orders take of memory, and how long they took to enter. */
int cp_bench_match_memory(uint32_t order_count, uint64_t *bytes, uint64_t *elapsed_ns);

/* The check of an order, all that it needs to know gathered, every limit set. */
typedef struct cp_risk_figures {
    uint64_t count;         /* checks timed together */
    uint64_t elapsed_ns;    /* best of the times they were */
    uint64_t clock_ns;      /* twice as many readings of the clock */
    cp_hop_picture latency; /* each check timed, two readings of the clock with it */
} cp_risk_figures;

/* -EINVAL: count not 1000 .. 100,000,000; -EPROTO: a check did not pass. */
int cp_bench_risk(uint32_t count, cp_risk_figures *figures);

/* A desk alone, driven by hand: for those who try what can be got past its checks. */
typedef struct cp_probe cp_probe;

#define CP_PROBE_SEAT 2 /* the slot with a strategy in it */

int cp_probe_create(cp_probe **probe, const cp_config *config, char *error);
void cp_probe_destroy(cp_probe *probe);
/* The symbol's book is these two prices from now on; last <= 0: nobody traded. */
void cp_probe_market(cp_probe *probe, uint16_t symbol, int64_t bid, int64_t ask,
                     int64_t last);
/* Time goes on, and its timer is called. */
void cp_probe_pass(cp_probe *probe, uint64_t ns);
void cp_probe_report(cp_probe *probe, const cp_report *report);
void cp_probe_control(cp_probe *probe, const cp_control *control);
/* As the strategy in a slot asks. -EPERM: refused. -EINVAL: no such slot, symbol, side. */
int cp_probe_new(cp_probe *probe, uint32_t slot, uint32_t symbol, uint32_t side,
                 int64_t price, uint32_t qty, bool rests);
/* What the strategy in CP_PROBE_SEAT asks for when it is called next: a quote in symbol 0,
 * or to take in symbol 0 or 1. It asks for nothing of its own, trades both, and begins
 * LIVE. -EINVAL: no such symbol or side, or it quotes in another. */
int cp_probe_wish(cp_probe *probe, uint32_t symbol, uint32_t side, int64_t price,
                  uint32_t qty, bool rests);
/* New terms, or with qty 0 a cancel. -ENOENT, -EPERM; -EBUSY: not in this state. */
int cp_probe_change(cp_probe *probe, uint64_t client_id, int64_t price, uint32_t qty);
/* The way out takes nothing; or it does again. */
void cp_probe_block(cp_probe *probe, bool full);
/* What leaves it since the last call; more than `capacity` are lost. */
uint32_t cp_probe_take(cp_probe *probe, cp_order *orders, uint32_t capacity);
void cp_probe_read(cp_probe *probe, cp_desk_picture *picture);

/* A day of ITCH 5.0, in nanoseconds for all its messages. */
#define CP_BENCH_ITCH_DECODE 0 /* every field of every message, handed over by type */
#define CP_BENCH_ITCH_L2 1     /* the levels of all symbols' books */
#define CP_BENCH_ITCH_L3 2     /* and the queues at them */

typedef struct cp_bench_itch_result {
    uint64_t message_count;
    uint64_t walk_ns;    /* from message to message, looking at one field */
    uint64_t elapsed_ns; /* what was asked for */
    uint64_t floor_ns;   /* books: the least they can cost; 0 when there were misfits */
    uint64_t live_count; /* books: orders alive at the end */
    uint64_t
        misfit_count; /* books: messages refused, or with more shares than there were */
} cp_bench_itch_result;

/* -EPROTO: bytes that are not such a day. -ENOMEM, -E2BIG (references above 2^28). */
int cp_bench_itch(uint32_t what, const uint8_t *bytes, uint64_t size,
                  cp_bench_itch_result *found);
/* The same of a file; also the errno of open and mmap. */
int cp_bench_itch_file(uint32_t what, const char *path, cp_bench_itch_result *found);
/* `count` messages made up, of which the first order_count are orders that come; the same
 * for the same seed. `capacity` is 52 bytes a message. -EINVAL, -ENOMEM. */
int cp_bench_itch_stream(uint64_t count, uint64_t order_count, uint64_t seed,
                         uint8_t *bytes, uint64_t capacity, uint64_t *size);

/* Round trips of `size` bytes over TCP on loopback between two threads, polling as `waiting`
 * (SPIN, or anything else: YIELD) says. */
int cp_bench_tcp_round_trip(uint32_t size, uint32_t count, uint32_t waiting,
                            int32_t cpu_a, int32_t cpu_b, cp_hop_picture *result);

typedef struct cp_bench_wire {
    uint64_t count; /* orders sent and answered; messages of the feed */
    uint64_t rejected_count;
    uint64_t elapsed_ns;
    uint64_t sequence;      /* of the feed's next message */
    cp_hop_picture latency; /* order -> answer */
} cp_bench_wire;

/* At an exchange in another process (net: host, ports, the first user): `rate` immediate
 * orders a second at `price` (1/10000), each of which must be answered, in order; -EPROTO
 * when one is not, -ETIMEDOUT, -EACCES. */
int cp_bench_wire_orders(const cp_net_config *net, const char *symbol, uint64_t price,
                         uint64_t rate, uint64_t duration_ns, uint32_t waiting,
                         cp_bench_wire *found);
/* Read its feed; -EPIPE when it cuts us off for being slow. */
int cp_bench_wire_feed(const cp_net_config *net, uint64_t duration_ns, uint32_t waiting,
                       cp_bench_wire *found);

#endif /* COCKPIT_H */
