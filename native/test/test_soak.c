/* The whole system from a seed, in one thread and virtual time, while things go wrong.
 *
 *     test_soak            1,000 seeds (CP_SOAK_SEEDS says otherwise)
 *     test_soak FIRST [COUNT]   those; of one, with what it did
 *     test_soak kill MISHAP [LEVEL]  a kill while that happens again and again: of a level
 *                           (halt, flatten, halt_symbol, ...), or one after the other
 *
 * Each seed arms some of the mishaps, lets the desk trade among them with its books checked
 * after everything that happens, then lets all be well and asks: do desk and venue agree
 * about every order, and is every position what the venue says it is, or in doubt? */
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "journal_kit.h"

#include "desk/inside.h"
#include "venue/inside.h"

#define QUIET_NS 16000000000u
#define STRANGE_ID ((uint64_t)1 << 60)
#define IDS_SEEN_MAX 65536

typedef struct soak {
    uint64_t seed;
    cp_engine *engine;
    cp_random random;
    memory_store store;
    bool quiet; /* nothing goes wrong any more */
    bool verbose;
    uint64_t md_sequence;         /* of the last line put on the link */
    uint64_t storm_count;         /* new orders still to be refused */
    int64_t truth[CP_SYMBOL_MAX]; /* lots, by the venue's executions */
    uint64_t next_strange;
    uint64_t resync_ns;  /* the feed is asked for again then */
    uint64_t highest_id; /* ever seen on the link */
    uint64_t steps, kills, losses;
    uint64_t recorded_hash;
    uint64_t own_match; /* the latest execution of an order the desk knows */
    uint64_t own_id;    /* which order that was */
    cp_sim_hooks hooks;
    bool clean;                    /* what is recorded is all that was done */
    const struct kill_level *kill; /* from here on nothing that it stops may leave */
} soak;

static uint64_t fired_ever[CP_MISHAP_COUNT];
static uint64_t armed_ever[CP_MISHAP_COUNT];
static uint64_t kills_ever, losses_ever, fills_ever, corrections_ever, doubts_ever;
static uint64_t by_hand_ever, closed_some_ever, reduced_ever, halted_kills_ever;

/* ---- how to see it again ------------------------------------------------------------------- */

static char again[PATH_MAX + 64]; /* the command; empty while nothing runs */
static char program[PATH_MAX];

/* However it ends: by a check of this file, one of the core, or a signal. */
static void say_again(void)
{
    static const char words[] = "  again: ";
    size_t length = strlen(again);
    if (length == 0 || write(STDERR_FILENO, words, sizeof words - 1) < 0)
        return;
    again[length] = '\n';
    ssize_t written = write(STDERR_FILENO, again, length + 1);
    (void)written;
    again[0] = 0;
}

static void on_signal(int number)
{
    say_again();
    signal(number, SIG_DFL);
    raise(number);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static void listen_for_ends(const char *name)
{
    if (!realpath(name, program))
        snprintf(program, sizeof program, "%s", name);
    atexit(say_again);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    __sanitizer_set_death_callback(say_again);
#else
    signal(SIGSEGV, on_signal);
#endif
    signal(SIGABRT, on_signal);
}

_Noreturn static void broken(const soak *s, const char *what)
{
    fprintf(stderr, "not ok: %s\n  after %llu steps, at %llu ns\n", what,
            (unsigned long long)s->steps, (unsigned long long)s->engine->clock.base_ns);
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++)
        if (atomic_load(&cp_mishap_fired[i]))
            fprintf(stderr, "  %s %llu\n", cp_mishap_name(i),
                    (unsigned long long)atomic_load(&cp_mishap_fired[i]));
    exit(1);
}

#define HOLDS(s, promise) ((promise) ? (void)0 : broken(s, #promise))

static bool happens(soak *s, cp_mishap_point point)
{
    return !s->quiet && cp_mishap(point);
}

static void hold_up(soak *s, cp_delay *delay, uint64_t most_ns)
{
    delay->late_ns =
        s->engine->clock.base_ns + delay->delay_ns + cp_random_below(&s->random, most_ns);
}

/* ---- from the desk to the venue ----------------------------------------------------------- */

static bool has_order_room(void *self)
{
    return !happens(self, CP_MISHAP_ORDER_LINK_FULL);
}

static void refuse_order(soak *s, const cp_order *order, uint64_t now_ns)
{
    bool is_new = order->kind == CP_ORDER_NEW;
    cp_report report = { .time_ns = now_ns,
                         .client_id = order->client_id,
                         .original_id = order->original_id,
                         .price = order->price,
                         .qty = order->qty,
                         .symbol = order->symbol,
                         .participant = CP_PARTICIPANT_DESK,
                         .kind = is_new ? CP_REPORT_REJECTED : CP_REPORT_CHANGE_REJECTED,
                         .side = order->side,
                         .reason = CP_REASON_CAPACITY };
    cp_delay_put(&s->engine->report_delay, &report, now_ns);
}

/* A way for the operator to stop trading: of all, or of the symbol or slot KILLED. */
typedef struct kill_level {
    const char *name;
    cp_control_kind kind;
    bool of_symbol, of_slot;
    bool closes; /* and positions are traded to none */
} kill_level;

#define KILLED 0u

static bool is_within(const kill_level *level, uint32_t symbol, uint32_t slot)
{
    return (!level->of_symbol || symbol == KILLED) && (!level->of_slot || slot == KILLED);
}

/* Once it is killed nothing leaves but what closes, of no more lots than there are. */
static void check_kill(const soak *s, const cp_order *order)
{
    if (!s->kill || !is_within(s->kill, order->symbol, order->strategy))
        return;
    int64_t held = s->engine->desk->cells[order->strategy][order->symbol].qty;
    int64_t owed = order->side == CP_SELL ? held : -held;
    HOLDS(s, s->kill->closes && order->kind == CP_ORDER_NEW &&
                 order->time_in_force == CP_IOC && (int64_t)order->qty <= owed);
}

/* Lots of the order's side if all that may trade does: of everybody, or of a slot. */
static int64_t at_worst(const cp_desk *desk, const cp_order *order, uint32_t slot)
{
    int64_t held = slot == CP_NOBODY ? desk->positions[order->symbol].qty
                                     : desk->cells[slot][order->symbol].qty;
    int64_t lots = order->side == CP_BUY ? held : -held;
    for (uint32_t i = desk->orders.first; i != CP_NONE; i = desk->orders.orders[i].next) {
        const cp_own_order *own = &desk->orders.orders[i];
        if (cp_state_is_working(own->state) && own->symbol == order->symbol &&
            own->side == order->side && (slot == CP_NOBODY || own->strategy == slot))
            lots += (int64_t)own->leaves + (own->replace_sent ? own->pending_qty : 0);
    }
    return lots;
}

/* What may only reduce does: nobody's position can go further from none by it. */
static void check_reduces(const soak *s, const cp_order *order)
{
    const cp_desk *desk = s->engine->desk;
    bool of_all = desk->risk.state == CP_RISK_REDUCING;
    if (!of_all && desk->slots[order->strategy].config.mode != CP_MODE_REDUCE)
        return;
    HOLDS(s, at_worst(desk, order, order->strategy) <= 0);
    HOLDS(s, !of_all || at_worst(desk, order, CP_NOBODY) <= 0);
    HOLDS(s, of_all || order->kind == CP_ORDER_NEW);
    reduced_ever++;
}

/* In what the operator has stopped only closing goes on. */
static void check_stops(const soak *s, const cp_order *order)
{
    const cp_desk *desk = s->engine->desk;
    uint32_t place = cp_orders_find(&desk->orders, order->client_id);
    bool closes =
        place != CP_NONE && desk->orders.orders[place].purpose == CP_PURPOSE_CLOSE;
    if (!closes)
        check_reduces(s, order);
    HOLDS(s, (desk->halted >> order->symbol & 1) == 0 || closes);
    HOLDS(s, (desk->killed >> order->strategy & 1) == 0 || closes ||
                 order->strategy == CP_OPERATOR);
    by_hand_ever += order->strategy == CP_OPERATOR && !closes;
    closed_some_ever += closes && desk->risk.state != CP_RISK_FLATTENING;
}

static void on_order(void *self, const cp_order *order, uint64_t now_ns)
{
    soak *s = self;
    cp_delay *delay = &s->engine->order_delay;
    bool names = order->kind == CP_ORDER_NEW || order->kind == CP_ORDER_REPLACE;
    if (names) {
        /* Once halted nothing leaves that could trade, whatever else goes wrong. */
        HOLDS(s, s->engine->desk->risk.state != CP_RISK_HALTED);
        check_stops(s, order);
        check_kill(s, order);
        HOLDS(s, order->client_id > s->highest_id); /* no id is used again, ever */
        s->highest_id = order->client_id;
    }
    if (happens(s, CP_MISHAP_ORDER_LOST))
        return;
    if (happens(s, CP_MISHAP_REJECT_STORM))
        s->storm_count = 20;
    if (names && s->storm_count > 0) {
        s->storm_count--;
        refuse_order(s, order, now_ns);
        return;
    }
    if (happens(s, CP_MISHAP_ORDER_LATE))
        hold_up(s, delay, 50000000);
    if (happens(s, CP_MISHAP_VENUE_SILENT))
        hold_up(s, delay, 4000000000u);
    if (cp_delay_room(delay) < 2)
        return;
    ((cp_order *)cp_delay_put(delay, order, now_ns))->sent_ns = now_ns;
    if (happens(s, CP_MISHAP_ORDER_TWICE))
        cp_delay_put(delay, order, now_ns);
}

/* ---- back ----------------------------------------------------------------------------------- */

static bool has_room(void *self)
{
    soak *s = self;
    return !happens(s, CP_MISHAP_MD_RING_FULL) && !happens(s, CP_MISHAP_REPORT_RING_FULL);
}

/* The two lines put last change places. */
static void swap_last(cp_delay *delay)
{
    if (delay->put_count - delay->taken_count < 2)
        return;
    cp_delayed *a = &delay->lines[(delay->put_count - 2) & delay->mask];
    cp_delayed *b = &delay->lines[(delay->put_count - 1) & delay->mask];
    uint8_t line[CP_LINE];
    memcpy(line, a->line, CP_LINE);
    memcpy(a->line, b->line, CP_LINE);
    memcpy(b->line, line, CP_LINE);
}

static cp_report *last_but_one(cp_delay *delay)
{
    return (cp_report *)(void *)delay->lines[(delay->put_count - 2) & delay->mask].line;
}

/* The venue tells both sides of a match. Strangers, and orders lost with the power, are
 * not of the desk's doing. */
static void check_match(soak *s, const cp_report *report)
{
    if (cp_orders_find(&s->engine->desk->orders, report->client_id) == CP_NONE)
        return;
    HOLDS(s, report->match_ref != s->own_match || report->client_id == s->own_id);
    s->own_match = report->match_ref;
    s->own_id = report->client_id;
}

static void on_report(void *self, const cp_report *report, uint64_t now_ns)
{
    soak *s = self;
    cp_delay *delay = &s->engine->report_delay;
    cp_report counted = *report;
    cp_engine_count_report(s->engine, &counted);
    bool is_fill = report->kind == CP_REPORT_EXECUTED;
    bool is_ack =
        report->kind == CP_REPORT_ACCEPTED || report->kind == CP_REPORT_REPLACED;
    bool is_cancel =
        report->kind == CP_REPORT_CANCELLED || report->kind == CP_REPORT_CHANGE_REJECTED;
    if (is_fill)
        check_match(s, report);
    if (is_fill)
        s->truth[report->symbol] +=
            report->side == CP_BUY ? (int64_t)report->qty : -(int64_t)report->qty;
    if ((is_ack && happens(s, CP_MISHAP_ACK_LOST)) ||
        (is_fill && happens(s, CP_MISHAP_FILL_LOST)) ||
        (is_cancel && happens(s, CP_MISHAP_CANCEL_ACK_LOST)))
        return;
    if (happens(s, CP_MISHAP_REPORTS_LATE))
        hold_up(s, delay, 3000000000u);
    if (cp_delay_room(delay) < 4)
        return;
    cp_delay_put(delay, &counted, now_ns);
    if ((is_ack && happens(s, CP_MISHAP_ACK_TWICE)) ||
        (is_fill && happens(s, CP_MISHAP_FILL_TWICE)))
        cp_delay_put(delay, &counted, now_ns);
    else if (is_fill && delay->put_count - delay->taken_count >= 2 &&
             last_but_one(delay)->kind == CP_REPORT_ACCEPTED &&
             happens(s, CP_MISHAP_FILL_BEFORE_ACK))
        swap_last(delay);
}

static void put_md(soak *s, cp_md md, uint64_t now_ns)
{
    cp_delay *delay = &s->engine->md_delay;
    md.sequence = ++s->md_sequence;
    md.sent_ns = now_ns;
    if (cp_delay_room(delay) > 4)
        cp_delay_put(delay, &md, now_ns);
}

static void on_md(void *self, const cp_md *md, uint64_t now_ns)
{
    soak *s = self;
    if (happens(s, CP_MISHAP_MD_LATE))
        hold_up(s, &s->engine->md_delay, 20000000);
    if (happens(s, CP_MISHAP_MD_LOST)) {
        s->md_sequence++;
        return;
    }
    put_md(s, *md, now_ns);
    if (happens(s, CP_MISHAP_MD_TWICE)) {
        s->md_sequence--;
        put_md(s, *md, now_ns);
    }
    if (happens(s, CP_MISHAP_MD_SWAPPED))
        swap_last(&s->engine->md_delay);
}

/* The feed says everything again, as one that had missed something would ask it to. */
static void resync(soak *s)
{
    const cp_venue *venue = s->engine->venue;
    uint64_t now_ns = s->engine->clock.base_ns;
    for (uint16_t symbol = 0; symbol < s->engine->config.symbol_count; symbol++) {
        put_md(s, (cp_md){ .kind = CP_MD_CLEAR, .symbol = symbol, .time_ns = now_ns },
               now_ns);
        for (int i = CP_BUY; i <= CP_SELL; i++) {
            cp_side side = (cp_side)i;
            const cp_book *book = &venue->books[symbol];
            for (int64_t price = cp_book_best(book, side); price != CP_PRICE_NONE;
                 price = cp_book_next_price(book, side, price)) {
                uint32_t at = cp_book_level_at(book, side, price)->head;
                for (; at != CP_NONE; at = venue->pool.orders[at].next) {
                    const cp_book_order *order = &venue->pool.orders[at];
                    put_md(s,
                           (cp_md){ .kind = CP_MD_ADD,
                                    .symbol = symbol,
                                    .time_ns = now_ns,
                                    .side = order->side,
                                    .price = order->price,
                                    .qty = order->qty,
                                    .leaves = order->qty,
                                    .order_ref = cp_ref_of(venue, at) },
                           now_ns);
                }
            }
        }
    }
}

static bool is_stale(const soak *s)
{
    for (uint32_t i = 0; i < s->engine->config.symbol_count; i++)
        if (s->engine->desk->feed.symbols[i].touch.stale)
            return true;
    return false;
}

/* ---- what the venue does by itself ------------------------------------------------------------- */

/* Say to the venue; what it answers goes the usual way, or is not said to anybody. */
static void tell_venue(soak *s, cp_order order, bool in_silence)
{
    cp_engine *engine = s->engine;
    uint64_t now_ns = engine->clock.base_ns;
    order.participant = CP_PARTICIPANT_DESK;
    cp_venue_on_order(engine->venue, &order, now_ns);
    cp_outbox *md = cp_venue_md(engine->venue),
              *reports = cp_venue_reports(engine->venue);
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (!cp_engine_sort_report(engine, report))
            continue;
        if (!in_silence)
            on_report(s, report, now_ns);
        else
            HOLDS(s, report->kind != CP_REPORT_EXECUTED);
    }
    for (uint32_t i = 0; i < md->count; i++)
        on_md(s, cp_outbox_at(md, i), now_ns);
    cp_outbox_clear(reports);
    cp_outbox_clear(md);
}

static bool venue_may_step(soak *s)
{
    return cp_delay_room(&s->engine->md_delay) > CP_VENUE_MD_MAX &&
           cp_delay_room(&s->engine->report_delay) > CP_VENUE_REPORT_MAX;
}

static void pull_one(soak *s)
{
    const cp_venue *venue = s->engine->venue;
    for (uint32_t i = 0; i < venue->pool.fresh; i++) {
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->owner != CP_PARTICIPANT_DESK || order->qty == 0)
            continue;
        tell_venue(s, (cp_order){ .kind = CP_ORDER_CANCEL, .original_id = order->id },
                   false);
        return;
    }
}

static void leave_strange_order(soak *s)
{
    uint16_t symbol = (uint16_t)cp_random_below(&s->random, 2);
    cp_side side = cp_random_below(&s->random, 2) ? CP_SELL : CP_BUY;
    const cp_book *book = &s->engine->venue->books[symbol];
    int64_t best = cp_book_best(book, side);
    if (best == CP_PRICE_NONE)
        return;
    tell_venue(s,
               (cp_order){ .kind = CP_ORDER_NEW,
                           .client_id = STRANGE_ID + s->next_strange++,
                           .symbol = symbol,
                           .side = (uint8_t)side,
                           .price = best,
                           .qty = 7 },
               false);
}

static void begin_anew(soak *s)
{
    tell_venue(s, (cp_order){ .kind = CP_ORDER_CANCEL_ALL, .symbol = CP_NOBODY }, true);
    s->engine->executed_count = 0;
    /* What it had said is lost with it; what it did is not. */
}

static void report_something(soak *s)
{
    static const uint8_t kinds[] = { CP_REPORT_ACCEPTED,
                                     CP_REPORT_CANCELLED,
                                     CP_REPORT_REPLACED,
                                     CP_REPORT_REJECTED,
                                     CP_REPORT_TRIGGERED,
                                     CP_REPORT_CHANGE_REJECTED,
                                     0,
                                     255 };
    cp_report report = { .client_id = STRANGE_ID / 2 + cp_random_below(&s->random, 100),
                         .original_id =
                             cp_random_below(&s->random, 2) ? 0 : STRANGE_ID / 2,
                         .order_ref = cp_random_u64(&s->random),
                         .price = (int64_t)cp_random_below(&s->random, 20000),
                         .qty = (uint32_t)cp_random_u64(&s->random),
                         .leaves = (uint32_t)cp_random_u64(&s->random),
                         .symbol = (uint16_t)cp_random_u64(&s->random),
                         .participant = CP_PARTICIPANT_DESK,
                         .kind = kinds[cp_random_below(&s->random, sizeof kinds)],
                         .side = (uint8_t)cp_random_u64(&s->random),
                         .reason = (uint8_t)cp_random_u64(&s->random) };
    if (cp_delay_room(&s->engine->report_delay) > 4)
        cp_delay_put(&s->engine->report_delay, &report, s->engine->clock.base_ns);
}

/* An order by hand, or a cancel by what it names; now and then one that nobody can mean. */
static cp_ticket any_ticket(soak *s, bool cancels)
{
    uint16_t symbol = (uint16_t)cp_random_below(&s->random, 2);
    int64_t mark2 = s->engine->desk->feed.symbols[symbol].touch.mark2;
    cp_ticket ticket = { .tag = cp_random_u64(&s->random),
                         .price =
                             mark2 / 2 + (int64_t)cp_random_below(&s->random, 21) - 10,
                         .qty = 1 + (uint32_t)cp_random_below(&s->random, 60),
                         .symbol = symbol,
                         .side = (uint8_t)cp_random_below(&s->random, 2),
                         .type = (uint8_t)cp_random_below(&s->random, 2),
                         .time_in_force = (uint8_t)cp_random_below(&s->random, 3),
                         .flags = cp_random_below(&s->random, 4) ? 0 : CP_POST_ONLY };
    if (!cancels && cp_random_below(&s->random, 8) > 0) { /* mostly it makes sense */
        ticket.time_in_force |= ticket.type == CP_MARKET;
        ticket.flags = ticket.time_in_force == CP_DAY ? ticket.flags : 0;
    }
    if (!cancels)
        return ticket;
    const cp_orders *orders = &s->engine->desk->orders;
    if (cp_random_below(&s->random, 3) == 0 && orders->last != CP_NONE)
        ticket.client_id = orders->orders[orders->last].client_id;
    if (cp_random_below(&s->random, 2) == 0)
        ticket.symbol = CP_NOBODY;
    if (cp_random_below(&s->random, 2) == 0)
        ticket.side = CP_SIDE_BOTH;
    ticket.strategy = cp_random_below(&s->random, 2) == 0 ? CP_NOBODY
                      : cp_random_below(&s->random, 2)    ? CP_OPERATOR
                                                          : 0;
    return ticket;
}

/* All there is but ACCEPT, which takes positions as they are although they are not. */
static void command_something(soak *s)
{
    /* What lets it trade comes oftener than what stops it. */
    static const struct {
        cp_control_kind kind;
        uint32_t weight;
    } table[] = {
        { CP_CONTROL_MODE, 3 },          { CP_CONTROL_PAUSE, 1 },
        { CP_CONTROL_RESUME, 6 },        { CP_CONTROL_FLATTEN, 1 },
        { CP_CONTROL_HALT, 1 },          { CP_CONTROL_UNHALT, 4 },
        { CP_CONTROL_CANCEL_ALL, 1 },    { CP_CONTROL_ORDER, 8 },
        { CP_CONTROL_PREVIEW, 2 },       { CP_CONTROL_CANCEL, 2 },
        { CP_CONTROL_HALT_STRATEGY, 1 }, { CP_CONTROL_FLATTEN_STRATEGY, 3 },
        { CP_CONTROL_HALT_SYMBOL, 1 },   { CP_CONTROL_FLATTEN_SYMBOL, 2 },
        { CP_CONTROL_RESUME_SYMBOL, 6 }, { CP_CONTROL_REDUCE, 3 },
    };
    static const uint32_t modes[] = { CP_MODE_LIVE,   CP_MODE_LIVE,   CP_MODE_LIVE,
                                      CP_MODE_REDUCE, CP_MODE_SHADOW, CP_MODE_OFF };
    uint32_t all = 0, which = 0;
    for (uint32_t i = 0; i < sizeof table / sizeof table[0]; i++)
        all += table[i].weight;
    for (uint32_t roll = (uint32_t)cp_random_below(&s->random, all);
         roll >= table[which].weight; which++)
        roll -= table[which].weight;
    cp_control control = { .kind = table[which].kind,
                           .target = (uint32_t)cp_random_below(&s->random, 4),
                           .mode = modes[cp_random_below(&s->random, 6)],
                           .who = "soak",
                           .why = "because" };
    control.ticket = any_ticket(s, control.kind == CP_CONTROL_CANCEL);
    if (control.kind == CP_CONTROL_FLATTEN_STRATEGY &&
        cp_random_below(&s->random, 3) == 0)
        control.target = CP_OPERATOR;
    cp_sim_command(s->engine, &control);
}

/* ---- a process that dies ------------------------------------------------------------------------- */

static void start_desk(soak *s)
{
    char error[CP_ERROR_SIZE];
    cp_store given = memory_as_store(&s->store);
    int result = cp_desk_create(&s->engine->desk, &s->engine->config, error);
    HOLDS(s, result == 0);
    s->engine->seen = CP_TROUBLE_NONE;
    s->engine->ids_sequence = 0;
    result = cp_engine_recover(s->engine, &given, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    HOLDS(s, result == 0);
}

static void die(soak *s, bool with_power)
{
    cp_engine *engine = s->engine;
    cp_journal *journal = engine->journal;
    bool clean = journal->unrecorded_count == 0 && journal->slots;
    uint64_t synced = atomic_load(&journal->synced), last = journal->next - 1;
    cp_desk_skip_ids(engine->desk, engine->ids_end);
    uint64_t modes = engine->desk->modes, causes = engine->desk->mode_causes;
    uint64_t hash = cp_desk_journal_hash(engine->desk);
    halted_kills_ever += (engine->desk->halted | engine->desk->killed) != 0;
    fills_ever += engine->desk->counters.fill_count;
    corrections_ever += engine->desk->counters.correction_count;
    journal->slots = NULL;
    cp_journal_destroy(journal);
    cp_desk_destroy(engine->desk);
    engine->journal = NULL;
    engine->desk = NULL;
    if (with_power)
        memory_lose_power(&s->store, &s->random);
    else
        s->store.is_open = false;
    /* What was on its way to it nobody hears. */
    engine->report_delay.taken_count = engine->report_delay.put_count;
    engine->md_delay.taken_count = engine->md_delay.put_count;
    start_desk(s);
    HOLDS(s, engine->journal->last >= synced);
    if (!with_power && clean) {
        HOLDS(s, engine->journal->last == last);
        HOLDS(s, engine->recovered_hash == hash);
        /* The files ask for LIVE: who was less goes on so, for the same reason. */
        HOLDS(s, engine->desk->modes == modes && engine->desk->mode_causes == causes);
    }
    engine->desk->feed.expected = s->md_sequence + 1;
    resync(s);
    int result = cp_engine_record_start(engine);
    if (result != 0) { /* its disk is in trouble: then there is no desk that trades */
        HOLDS(s, atomic_load(&engine->journal->trouble) != CP_TROUBLE_NONE);
        cp_mishaps_reset(s->seed);
        journal = engine->journal;
        journal->slots = NULL;
        cp_journal_destroy(journal);
        cp_desk_destroy(engine->desk);
        engine->journal = NULL;
        engine->desk = NULL;
        s->store.is_open = false;
        start_desk(s);
        engine->desk->feed.expected = s->md_sequence + 1;
        HOLDS(s, cp_engine_record_start(engine) == 0);
    }
}

/* ---- before and after each thing that happens ----------------------------------------------------- */

static void before(void *self)
{
    soak *s = self;
    cp_engine *engine = s->engine;
    cp_desk_notes(engine->desk)->limit =
        happens(s, CP_MISHAP_NOTES_UNREAD) ? 0 : CP_DESK_NOTES_MAX;
    if (s->resync_ns == 0 && is_stale(s))
        s->resync_ns = engine->clock.base_ns + cp_random_below(&s->random, 500000000);
    if (s->resync_ns != 0 && engine->clock.base_ns >= s->resync_ns) {
        s->resync_ns = 0;
        resync(s);
    }
    if (s->quiet)
        return;
    if (happens(s, CP_MISHAP_CLOCK_STEP))
        engine->clock.base_ns += cp_random_below(&s->random, 5000000000u);
    if (happens(s, CP_MISHAP_TIMER_STALL))
        engine->timer_ns =
            engine->clock.base_ns + cp_random_below(&s->random, 3000000000u);
    if (happens(s, CP_MISHAP_OPERATOR))
        command_something(s);
    if (happens(s, CP_MISHAP_STRANGE_REPORT))
        report_something(s);
    if (!venue_may_step(s))
        return;
    if (happens(s, CP_MISHAP_VENUE_PULLS))
        pull_one(s);
    if (happens(s, CP_MISHAP_STRANGE_ORDER))
        leave_strange_order(s);
    if (happens(s, CP_MISHAP_VENUE_ANEW))
        begin_anew(s);
}

static void check_kills(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    HOLDS(s, (desk->flattening & ~desk->halted) == 0);
    HOLDS(s, (desk->closing & ~desk->killed) == 0);
    HOLDS(s, desk->risk.state != CP_RISK_HALTED ||
                 (desk->flattening == 0 && desk->closing == 0));
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        bool killed = (desk->killed >> i & 1) != 0;
        HOLDS(s, killed == (desk->slots[i].kill != CP_KILL_NONE));
        HOLDS(s, !killed || desk->slots[i].config.mode == CP_MODE_OFF);
    }
}

/* Of a strategy's nothing rests, and is not on its way off, that is from before a restart or
 * where what is held is not known. */
static void check_leaving(const soak *s, const cp_own_order *own)
{
    bool rests = own->state == CP_STATE_LIVE || own->state == CP_STATE_PARTIAL;
    bool may_not = own->purpose == CP_PURPOSE_INHERITED ||
                   (s->engine->desk->doubt >> own->symbol & 1) != 0;
    if (own->strategy == CP_OPERATOR || !rests || !may_not || cp_order_is_immediate(own))
        return;
    HOLDS(s, own->pulled);
}

static void check_orders(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    const cp_orders *orders = &desk->orders;
    int64_t working[CP_SYMBOL_MAX][2] = { 0 };
    uint32_t count = 0, names = 0, of_slots = 0;
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next) {
        const cp_own_order *own = &orders->orders[i];
        HOLDS(s, own->state > CP_STATE_FREE && own->state < CP_STATE_COUNT);
        HOLDS(s, own->filled + own->leaves == own->qty || own->replace_sent);
        working[own->symbol][own->side] += cp_order_worst_qty(own);
        count += cp_state_is_working(own->state);
        names += 1u + own->replace_sent;
        HOLDS(s, cp_orders_find(orders, own->client_id) == i);
        check_leaving(s, own);
    }
    for (uint32_t i = 0; i < CP_SLOT_COUNT; i++)
        of_slots += desk->slots[i].working_count;
    HOLDS(s, count == orders->working_count && of_slots == count);
    HOLDS(s, names == orders->names.taken_count);
    HOLDS(s, orders->next_id <= orders->id_end);
    /* What nobody checked before it was sent: adopted strangers, and what a loss of power
     * has taken out of memory. */
    bool unchecked = s->losses > 0 ||
                     (s->next_strange > 0 && desk->stranger_policy == CP_STRANGER_ADOPT);
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        int64_t held = desk->positions[i].qty,
                limit = desk->risk.limits[CP_LIMIT_POSITION];
        HOLDS(s, working[i][CP_BUY] == orders->working_qty[i][CP_BUY]);
        HOLDS(s, working[i][CP_SELL] == orders->working_qty[i][CP_SELL]);
        HOLDS(s, held + working[i][CP_BUY] <= limit || unchecked);
        HOLDS(s, working[i][CP_SELL] - held <= limit || unchecked);
    }
}

/* Money: what was earned less what is tied up is the cash that came in, however the fills
 * are shared among strategies. */
static void check_money(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        const cp_position *all = &desk->positions[i];
        int64_t qty = 0;
        cp_i128 cash = 0, fees = 0;
        int64_t mark2 = desk->feed.symbols[i].touch.mark2;
        for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++) {
            const cp_position *cell = &desk->cells[slot][i];
            cp_attribution from = cp_costs_read(&desk->costs[slot][i], cell, mark2);
            cp_i128 held2 = mark2 > 0 ? (cp_i128)cell->qty * mark2 : 2 * cell->cost;
            HOLDS(s, from.spread2 + from.slippage2 + from.inventory2 ==
                         2 * (cell->realised - cell->cost) + held2);
            qty += cell->qty;
            cash += cell->realised - cell->cost;
            fees += cell->fees;
        }
        HOLDS(s, qty == all->qty);
        HOLDS(s, cash == all->realised - all->cost);
        HOLDS(s, fees == all->fees);
        const cp_lots *lots = &desk->lots[i];
        cp_i128 tied_up = 0;
        for (uint32_t k = 0; k < lots->count; k++) {
            const cp_lot *lot = &lots->ring[(lots->first + k) % CP_LOTS_MAX];
            HOLDS(s, lot->qty != 0 && (lot->qty < 0) == (all->qty < 0));
            qty -= lot->qty;
            tied_up += lot->cost;
        }
        HOLDS(s, qty == 0 && cash == lots->realised - tied_up);
    }
}

static void after(void *self)
{
    soak *s = self;
    s->steps++;
    check_orders(s);
    check_kills(s);
    check_money(s);
    if (s->steps % 64 == 0 && s->engine->desk->feed.symbols[0].touch.stale == false)
        cp_book_check(&s->engine->desk->feed.symbols[0].book);
    bool halted = s->engine->desk->risk.state == CP_RISK_HALTED;
    HOLDS(s, s->engine->seen == CP_TROUBLE_NONE || halted);
    bool power = happens(s, CP_MISHAP_POWER_LOSS);
    if (!power && !happens(s, CP_MISHAP_KILLED))
        return;
    s->kills += !power;
    s->losses += power;
    die(s, power);
}

/* ---- one seed -------------------------------------------------------------------------------------- */

/* How often there is an occasion for each: what is seldom asked for happens more readily. */
static uint32_t weight_of(uint32_t point)
{
    switch (point) {
    case CP_MISHAP_KILLED:
    case CP_MISHAP_POWER_LOSS:
    case CP_MISHAP_CLOCK_STEP:
    case CP_MISHAP_VENUE_ANEW:
    case CP_MISHAP_TIMER_STALL:
        return 1; /* each thing that happens is an occasion */
    case CP_MISHAP_OPERATOR:
        return 4; /* there is much that one can ask for */
    case CP_MISHAP_VENUE_SILENT:
    case CP_MISHAP_REPORTS_LATE:
        return 60; /* an order, a report */
    case CP_MISHAP_ORDER_LOST:
    case CP_MISHAP_ORDER_LATE:
    case CP_MISHAP_ORDER_TWICE:
    case CP_MISHAP_ACK_LOST:
    case CP_MISHAP_ACK_TWICE:
    case CP_MISHAP_FILL_LOST:
    case CP_MISHAP_FILL_TWICE:
    case CP_MISHAP_CANCEL_ACK_LOST:
    case CP_MISHAP_JOURNAL_WRITE:
    case CP_MISHAP_JOURNAL_SHORT:
    case CP_MISHAP_JOURNAL_SYNC:
        return 100;
    case CP_MISHAP_FILL_BEFORE_ACK:
    case CP_MISHAP_JOURNAL_NO_FILE:
        return 2000;
    default:
        return 20;
    }
}

static void arm(soak *s)
{
    /* Seldom enough that there is a system to speak of, often enough to meet each other. */
    static const uint32_t chances[] = { 2, 10, 50, 200 };
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++) {
        if (cp_random_below(&s->random, 4) != 0)
            continue;
        uint32_t chance = chances[cp_random_below(&s->random, 4)] * weight_of(i);
        atomic_store(&cp_mishap_chance[i], chance < 30000 ? chance : 30000);
        armed_ever[i]++;
    }
    /* At level 0 nothing is promised of power, but that damage is noticed. */
    if (s->engine->journal->level == CP_JOURNAL_MAPPED)
        atomic_store(&cp_mishap_chance[CP_MISHAP_POWER_LOSS], 0);
    /* A venue that forgets how many executions it told of, and executions that are lost on
     * the way or with the desk, cannot be told apart by counting. */
    if (atomic_load(&cp_mishap_chance[CP_MISHAP_VENUE_ANEW])) {
        atomic_store(&cp_mishap_chance[CP_MISHAP_FILL_LOST], 0);
        atomic_store(&cp_mishap_chance[CP_MISHAP_KILLED], 0);
        atomic_store(&cp_mishap_chance[CP_MISHAP_POWER_LOSS], 0);
    }
}

static void check_agreement(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    const cp_venue *venue = s->engine->venue;
    uint32_t at_venue = 0;
    for (uint32_t i = 0; i < venue->pool.fresh; i++) {
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->owner != CP_PARTICIPANT_DESK || order->qty == 0)
            continue;
        at_venue++;
        uint32_t place = cp_orders_find(&desk->orders, order->id);
        HOLDS(s, place != CP_NONE);
        HOLDS(s, desk->orders.orders[place].leaves == order->qty ||
                     desk->orders.orders[place].replace_sent);
    }
    HOLDS(s, at_venue == desk->orders.working_count);
    for (uint32_t i = 0; i < desk->symbol_count; i++) {
        bool doubtful = cp_desk_in_doubt(desk, i);
        HOLDS(s, desk->positions[i].qty == s->truth[i] || doubtful);
        doubts_ever += doubtful;
    }
    HOLDS(s, desk->reconciled_ns + QUIET_NS > s->engine->clock.base_ns);
}

/* Halt, so that nothing new comes up, and let everything that is due happen. */
static void calm_down(soak *s)
{
    cp_engine *engine = s->engine;
    s->quiet = true;
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++)
        fired_ever[i] += atomic_load(&cp_mishap_fired[i]);
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++)
        atomic_store(&cp_mishap_chance[i], 0);
    uint64_t end_ns = engine->clock.base_ns + QUIET_NS;
    while (engine->clock.base_ns < end_ns)
        CHECK_EQ(0, cp_engine_run(engine, 50));
    cp_sim_command(engine, &(cp_control){ .kind = CP_CONTROL_HALT, .who = "soak" });
    end_ns = engine->clock.base_ns + 2000000000u;
    while (engine->clock.base_ns < end_ns ||
           (engine->desk->orders.working_count > 0 && engine->clock.base_ns < 4 * end_ns))
        CHECK_EQ(0, cp_engine_run(engine, 50));
}

static void open_soak(soak *s, const cp_config *config)
{
    cp_mishaps_reset(s->seed);
    s->engine = journal_kit_open(config, &s->store);
    CHECK_EQ(0, cp_engine_record_start(s->engine));
    s->hooks = (cp_sim_hooks){ .has_room = has_room,
                               .on_order = on_order,
                               .on_report = on_report,
                               .on_md = on_md,
                               .has_order_room = has_order_room,
                               .before = before,
                               .after = after,
                               .self = s };
    s->engine->hooks = &s->hooks;
}

static void close_soak(soak *s)
{
    journal_kit_kill(s->engine);
    memory_free(&s->store);
}

static void run_seed(uint64_t seed, bool verbose)
{
    static soak s;
    s = (soak){ .seed = seed, .verbose = verbose };
    snprintf(again, sizeof again, "%s %llu", program, (unsigned long long)seed);
    cp_random_init(&s.random, seed);
    cp_config config = journal_kit_config(seed);
    config.flow.rate = 1000;
    config.journal.level = (uint32_t)cp_random_below(&s.random, 2);
    config.journal.segment_records = 256 + (uint32_t)cp_random_below(&s.random, 1024);
    config.journal.stranger_policy = (uint32_t)cp_random_below(&s.random, 2);
    open_soak(&s, &config);
    CHECK_EQ(0, cp_engine_run(s.engine, 600)); /* a market first */
    arm(&s);
    CHECK_EQ(0, cp_engine_run(s.engine, 4000));
    calm_down(&s);
    check_agreement(&s);
    if (verbose) {
        printf("seed %llu: %llu steps, %llu kills, %llu losses of power, %llu fills\n",
               (unsigned long long)seed, (unsigned long long)s.steps,
               (unsigned long long)s.kills, (unsigned long long)s.losses,
               (unsigned long long)s.engine->desk->counters.fill_count);
        for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++)
            if (atomic_load(&cp_mishap_fired[i]))
                printf("  %-20s %llu\n", cp_mishap_name(i),
                       (unsigned long long)atomic_load(&cp_mishap_fired[i]));
    }
    kills_ever += s.kills;
    losses_ever += s.losses;
    fills_ever += s.engine->desk->counters.fill_count;
    corrections_ever += s.engine->desk->counters.correction_count;
    close_soak(&s);
}

/* ---- the kill ---------------------------------------------------------------------------- */

#define KILL_RATE 10000.0 /* orders a second, at least */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KILL_STEP 5 /* of the troubles, each so many-th */
#else
#define KILL_STEP 1
#endif

static double slowest_kill = 1e9;
static uint32_t fired_at_kill, kill_count;

static double order_rate(soak *s, uint64_t events)
{
    uint64_t before = s->engine->desk->counters.order_count;
    uint64_t began_ns = s->engine->clock.base_ns;
    CHECK_EQ(0, cp_engine_run(s->engine, events));
    return (double)(s->engine->desk->counters.order_count - before) * 1e9 /
           (double)(s->engine->clock.base_ns - began_ns);
}

static bool is_halted(const soak *s)
{
    return s->engine->desk->risk.state == CP_RISK_HALTED;
}

static const kill_level kill_levels[] = {
    { "halt", CP_CONTROL_HALT, false, false, false },
    { "flatten", CP_CONTROL_FLATTEN, false, false, true },
    { "halt_symbol", CP_CONTROL_HALT_SYMBOL, true, false, false },
    { "flatten_symbol", CP_CONTROL_FLATTEN_SYMBOL, true, false, true },
    { "halt_strategy", CP_CONTROL_HALT_STRATEGY, false, true, false },
    { "flatten_strategy", CP_CONTROL_FLATTEN_STRATEGY, false, true, true },
};
#define KILL_LEVELS (sizeof kill_levels / sizeof kill_levels[0])

/* What it has stopped is stopped, whatever has happened since. */
static bool is_killed(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    if (is_halted(s))
        return true;
    if (s->kill->of_symbol)
        return (desk->halted >> KILLED & 1) != 0;
    if (s->kill->of_slot)
        return (desk->killed >> KILLED & 1) != 0 &&
               desk->slots[KILLED].config.mode == CP_MODE_OFF;
    return s->kill->closes &&
           (desk->risk.state == CP_RISK_FLATTENING || desk->risk.state == CP_RISK_PAUSED);
}

/* Of what it stops, by the desk and by the venue. */
static uint32_t count_left(const soak *s)
{
    const cp_orders *orders = &s->engine->desk->orders;
    const cp_venue *venue = s->engine->venue;
    uint32_t count = 0;
    for (uint32_t i = orders->first; i != CP_NONE; i = orders->orders[i].next)
        count += cp_state_is_working(orders->orders[i].state) &&
                 is_within(s->kill, orders->orders[i].symbol, orders->orders[i].strategy);
    for (uint32_t i = 0; i < venue->pool.fresh; i++) {
        const cp_book_order *order = &venue->pool.orders[i];
        if (order->owner != CP_PARTICIPANT_DESK || order->qty == 0)
            continue;
        uint32_t place = cp_orders_find(orders, order->id);
        count += is_within(s->kill, order->symbol,
                           place == CP_NONE ? KILLED : orders->orders[place].strategy);
    }
    return count;
}

/* Of a kill that closes: nothing is held any more, but where the desk does not know. */
static bool is_flat(const soak *s)
{
    const cp_desk *desk = s->engine->desk;
    for (uint32_t slot = 0; slot < CP_SLOT_COUNT; slot++)
        for (uint32_t i = 0; i < desk->symbol_count; i++)
            if (is_within(s->kill, i, slot) && desk->cells[slot][i].qty != 0 &&
                !cp_desk_in_doubt(desk, i))
                return false;
    return true;
}

static void open_busy(soak *s, uint32_t point)
{
    cp_config config = journal_kit_config(s->seed);
    config.flow.rate = 200000;
    config.desk_order_capacity = 1024;
    config.limits[CP_LIMIT_MESSAGE_RATE] = config.limits[CP_LIMIT_SAME_ORDERS] = 1000000;
    config.limits[CP_LIMIT_OPEN_ORDERS] = 1000;
    /* Or what one strategy sells could have to wait for another to buy. */
    config.limits[CP_LIMIT_POSITION] = 100000;
    for (uint32_t slot = 2; slot < CP_STRATEGY_MAX; slot++) {
        config.strategies[slot] = config.strategies[slot % 2];
        snprintf(config.strategies[slot].name, CP_NAME_SIZE, "s%u", slot);
    }
    open_soak(s, &config);
    CHECK_EQ(0, cp_engine_run(s->engine, 5000)); /* a market first */
    double rate = order_rate(s, 5000);
    HOLDS(s, rate >= KILL_RATE);
    slowest_kill = rate < slowest_kill ? rate : slowest_kill;
    atomic_store(&cp_mishap_chance[point], weight_of(point) == 1 ? 40 : 60000);
    CHECK_EQ(0, cp_engine_run(s->engine, 2000));
}

/* Until all of it is pulled, and closed where it is to be. */
static void let_end(soak *s, bool closes)
{
    uint64_t end_ns = s->engine->clock.base_ns + QUIET_NS;
    while (s->engine->clock.base_ns < end_ns &&
           (count_left(s) > 0 || (closes && !is_halted(s) && !is_flat(s))))
        CHECK_EQ(0, cp_engine_run(s->engine, 1000));
    HOLDS(s, count_left(s) == 0);
    HOLDS(s, is_killed(s));
    HOLDS(s, !closes || is_halted(s) || is_flat(s));
}

/* One thing goes wrong again and again, and in the middle of it the desk is killed. That
 * nothing more leaves holds on_order(). */
static void kill_while(uint32_t point, const kill_level *level)
{
    static soak s;
    s = (soak){ .seed = 7000 + point };
    snprintf(again, sizeof again, "%s kill %s %s", program, cp_mishap_name(point),
             level->name);
    cp_random_init(&s.random, s.seed);
    open_busy(&s, point);
    bool was_halted = is_halted(&s); /* by itself: then all is stopped */
    cp_control control = { .kind = level->kind, .target = KILLED, .who = "soak" };
    s.kill = was_halted ? &kill_levels[0] : level;
    cp_sim_command(s.engine, &control);
    HOLDS(&s, is_killed(&s));
    if (point == CP_MISHAP_POWER_LOSS) /* a kill is safe from it once it is on disk */
        atomic_store(&cp_mishap_chance[point], 0);
    CHECK_EQ(0, cp_engine_run(s.engine, 2000));
    HOLDS(&s, is_killed(&s));
    fired_at_kill += atomic_load(&cp_mishap_fired[point]) > 0;
    s.quiet = true;
    atomic_store(&cp_mishap_chance[point], 0);
    /* A desk that died in the middle keeps what it was stopped, not what it was at. */
    let_end(&s, s.kill->closes && s.kills + s.losses == 0);
    die(&s, false);
    HOLDS(&s, is_killed(&s)); /* a kill survives the restart */
    CHECK_EQ(0, cp_engine_run(s.engine, 2000));
    HOLDS(&s, is_killed(&s));
    close_soak(&s);
    kill_count++;
}

/* Of all levels, or of the one named. */
static void kill_every_way(uint32_t point, const char *name)
{
    for (uint32_t i = 0; i < KILL_LEVELS; i++)
        if (!name || strcmp(name, kill_levels[i].name) == 0)
            kill_while(point, &kill_levels[i]);
}

static uint64_t seeds_wanted(void)
{
    const char *given = getenv("CP_SOAK_SEEDS");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    uint64_t usual = 60;
#else
    uint64_t usual = 1000;
#endif
    return given ? strtoull(given, NULL, 10) : usual;
}

static int kill_by_name(const char *name, const char *level)
{
    for (uint32_t point = 0; point < CP_MISHAP_COUNT; point++) {
        if (strcmp(cp_mishap_name(point), name) != 0)
            continue;
        kill_every_way(point, level);
        again[0] = 0;
        printf("ok killed in %u ways at %.0f orders/s or more while %s happened\n",
               kill_count, slowest_kill, name);
        return kill_count > 0 ? 0 : 2;
    }
    fprintf(stderr, "there is no mishap %s\n", name);
    return 2;
}

int main(int argc, char **argv)
{
    listen_for_ends(argv[0]);
    if (argc > 2 && strcmp(argv[1], "kill") == 0)
        return kill_by_name(argv[2], argc > 3 ? argv[3] : NULL);
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    uint64_t count = argc > 2   ? strtoull(argv[2], NULL, 10)
                     : argc > 1 ? 1
                                : seeds_wanted();
    for (uint64_t seed = first; seed < first + count; seed++)
        run_seed(seed, count == 1);
    for (uint32_t point = 0; point < CP_MISHAP_COUNT && argc == 1; point += KILL_STEP)
        if (point != CP_MISHAP_OPERATOR) /* who would end the halt */
            kill_every_way(point, NULL);
    again[0] = 0; /* what follows is of no one seed */
    CHECK(kill_count == 0 || fired_at_kill + KILL_LEVELS >= kill_count);
    if (kill_count > 0)
        printf(
            "ok killed %u times at %.0f orders/s or more, in all ways in each trouble, "
            "%u times while it was at work\n",
            kill_count, slowest_kill, fired_at_kill);
    printf("ok %llu seeds: %llu fills, %llu kills, %llu losses of power, %llu "
           "corrections, %llu symbols left in doubt\n",
           (unsigned long long)count, (unsigned long long)fills_ever,
           (unsigned long long)kills_ever, (unsigned long long)losses_ever,
           (unsigned long long)corrections_ever, (unsigned long long)doubts_ever);
    printf("   %llu orders by hand, %llu that closed a strategy or a symbol, %llu that "
           "could only reduce, %llu kills with something stopped\n",
           (unsigned long long)by_hand_ever, (unsigned long long)closed_some_ever,
           (unsigned long long)reduced_ever, (unsigned long long)halted_kills_ever);
    uint32_t idle = 0;
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++) {
        printf("  %-20s armed in %llu, fired %llu times\n", cp_mishap_name(i),
               (unsigned long long)armed_ever[i], (unsigned long long)fired_ever[i]);
        idle += fired_ever[i] < count / 1000; /* a journal fails once in a life */
    }
    if (idle > 0) {
        fprintf(stderr, "not ok: %u mishaps never happened\n", idle);
        return 1;
    }
}
