/* venue_pipe: the venue as a filter, for a comparison with a model written elsewhere.
 *
 *     venue_pipe            requests on stdin, replies on stdout, until stdin ends
 *     venue_pipe --layout   where each field of the messages stands, one a line
 *
 * A request is a pipe_request: 16 bytes of head and a payload of one message or of eight
 * numbers. Replies are kept back until PIPE_FLUSH, so a driver that flushes before its
 * requests fill a pipe cannot deadlock. A flush sends five counts (of 4 bytes each), then
 * as many pipe_reply, cp_md, cp_report, drop copies and pipe_line: what the venue said
 * between two flushes, each kind together, so that a slow reader takes it apart in a few
 * calls.
 *
 * What cannot be obeyed ends the program with 2; a broken promise of the core aborts it.
 */
#include "base/base.h"
#include "venue/inside.h" /* what an order hides is not for the public */

typedef enum pipe_verb {
    PIPE_INSTRUMENT = 1, /* cp_instrument: the next one of the venue to come; 0 starts */
    PIPE_TIER = 2,       /* the next one: from_qty, maker fee, taker fee */
    PIPE_CREATE = 3,     /* argument: order capacity; the venue before it is gone */
    PIPE_FLUSH = 4,      /* these four have no reply of their own */
    PIPE_ORDER = 5,      /* cp_order */
    PIPE_BOOK = 6,       /* argument: symbol; replies a line a level, then its orders */
    PIPE_COUNTS = 7,     /* replies one line */
    PIPE_CHECK = 8,      /* every invariant there is */
    PIPE_TIMER = 9,
    PIPE_PHASE = 10,      /* argument: symbol; the phase */
    PIPE_DISCONNECT = 11, /* argument: participant */
    PIPE_REFERENCE = 12,  /* argument: symbol; the price */
    PIPE_BAND = 13,       /* argument: symbol; the width */
    PIPE_SESSION = 14,    /* argument: participant; the fields of cp_session */
    PIPE_EXECUTE = 15,    /* argument: participant; client id, qty */
    PIPE_PRINT = 16       /* argument: symbol; side, price, price_rest, qty */
} pipe_verb;

typedef struct pipe_request {
    uint64_t now_ns;
    uint32_t verb;
    uint32_t argument;
    uint8_t payload[CP_LINE];
} pipe_request;

/* How much of what follows answers one request. */
typedef struct pipe_reply {
    uint32_t md_count;
    uint32_t report_count;
    uint32_t copy_count;
    uint32_t line_count;
    uint32_t verb;
    int32_t result;
} pipe_reply;

typedef enum pipe_line_kind {
    PIPE_LINE_LEVEL = 1,
    PIPE_LINE_ORDER = 2,
    PIPE_LINE_COUNTS = 3
} pipe_line_kind;

/* One line of a book, or the counters. */
typedef struct pipe_line {
    uint64_t id;   /* level: orders at it; counts: market data events */
    int64_t price; /* counts: executions */
    uint64_t qty;  /* shown; counts: lots traded */
    uint64_t hidden;
    uint32_t owner; /* counts: orders resting */
    uint16_t kind;  /* pipe_line_kind */
    uint16_t side;
} pipe_line;

static cp_instrument instruments[CP_SYMBOL_MAX];
static uint32_t instrument_count;
static cp_fee_tier tiers[CP_TIER_MAX];
static uint32_t tier_count;
static cp_venue *venue;

/* What is kept back, one kind of it. */
typedef struct kept {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    uint32_t count;
} kept;

static kept replies, md_kept, reports_kept, copies_kept, lines_kept;
static kept *const kinds[] = { &replies, &md_kept, &reports_kept, &copies_kept,
                               &lines_kept };
#define KINDS (sizeof kinds / sizeof kinds[0])

_Noreturn static void refuse(const char *why)
{
    fprintf(stderr, "venue_pipe: %s\n", why);
    exit(2);
}

static void keep(kept *where, const void *bytes, size_t size, uint32_t count)
{
    while (where->capacity - where->size < size) {
        where->capacity = where->capacity ? where->capacity * 2 : 1u << 20;
        where->bytes = realloc(where->bytes, where->capacity);
        if (where->bytes == NULL)
            refuse("no memory");
    }
    if (size > 0) /* an outbox with nothing in it may have no lines either */
        memcpy(where->bytes + where->size, bytes, size);
    where->size += size;
    where->count += count;
}

static uint32_t keep_outbox(kept *where, cp_outbox *outbox)
{
    uint32_t count = outbox->count;
    keep(where, outbox->lines, (size_t)count * CP_LINE, count);
    cp_outbox_clear(outbox);
    return count;
}

static void keep_line(pipe_line line)
{
    keep(&lines_kept, &line, sizeof line, 1);
}

/* ---- what is asked -------------------------------------------------------------- */

static uint64_t number(const pipe_request *request, uint32_t at)
{
    uint64_t value;
    memcpy(&value, request->payload + at * sizeof value, sizeof value);
    return value;
}

static void add_instrument(const pipe_request *request)
{
    if (request->argument == 0) { /* a new list begins */
        instrument_count = 0;
        tier_count = 0;
    }
    if (instrument_count == CP_SYMBOL_MAX)
        refuse("too many instruments");
    memcpy(&instruments[instrument_count++], request->payload, sizeof(cp_instrument));
}

static void add_tier(const pipe_request *request)
{
    if (tier_count == CP_TIER_MAX)
        refuse("too many tiers");
    tiers[tier_count++] = (cp_fee_tier){ .from_qty = number(request, 0),
                                         .maker_fee = (int64_t)number(request, 1),
                                         .taker_fee = (int64_t)number(request, 2) };
}

static void create(uint32_t order_capacity)
{
    cp_venue_destroy(venue);
    venue = NULL;
    if (cp_venue_create(&venue, instruments, instrument_count, order_capacity) != 0 ||
        cp_venue_set_tiers(venue, tiers, tier_count) != 0)
        refuse("the venue cannot be created");
}

static int set_session(const pipe_request *request)
{
    cp_session session = { .participant = (uint16_t)request->argument,
                           .group = (uint16_t)number(request, 0),
                           .throttle_count = (uint32_t)number(request, 1),
                           .throttle_window_ns = number(request, 2),
                           .dead_man_ns = number(request, 3),
                           .cancel_on_disconnect = number(request, 4) != 0,
                           .drop_copy = number(request, 5) != 0 };
    return cp_venue_set_session(venue, &session);
}

static void keep_level(const cp_book *book, cp_side side, int64_t price)
{
    const cp_book_level *level = cp_book_level_at(book, side, price);
    keep_line((pipe_line){ .id = level->count,
                           .price = price,
                           .qty = level->qty,
                           .kind = PIPE_LINE_LEVEL,
                           .side = (uint16_t)side });
    for (uint32_t at = level->head; at != CP_NONE;) {
        const cp_book_order *order = &book->pool->orders[at];
        keep_line((pipe_line){ .id = order->id,
                               .price = order->price,
                               .qty = order->qty,
                               .hidden = cp_open_qty(venue, at) - order->qty,
                               .owner = order->owner,
                               .kind = PIPE_LINE_ORDER,
                               .side = (uint16_t)side });
        at = order->next;
    }
}

static void keep_book(uint32_t symbol)
{
    const cp_book *book = cp_venue_book(venue, (uint16_t)symbol);
    for (cp_side side = CP_BUY; side <= CP_SELL; side++) {
        int64_t price = cp_book_best(book, side);
        while (price != CP_PRICE_NONE) {
            keep_level(book, side, price);
            price = cp_book_next_price(book, side, price);
        }
    }
}

static void keep_counts(void)
{
    const cp_venue_counters *counters = cp_venue_counts(venue);
    keep_line((pipe_line){ .id = counters->md_count,
                           .price = (int64_t)counters->trade_count,
                           .qty = counters->traded_qty,
                           .owner = cp_venue_resting_count(venue),
                           .kind = PIPE_LINE_COUNTS });
}

static void flush(void)
{
    for (uint32_t i = 0; i < KINDS; i++)
        fwrite(&kinds[i]->count, sizeof kinds[i]->count, 1, stdout);
    for (uint32_t i = 0; i < KINDS; i++) {
        fwrite(kinds[i]->bytes, 1, kinds[i]->size, stdout);
        kinds[i]->size = 0;
        kinds[i]->count = 0;
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        refuse("nobody reads the replies");
}

/* What it returns is the reply's result. */
static int act(const pipe_request *request)
{
    uint64_t now_ns = request->now_ns;
    uint16_t whom = (uint16_t)request->argument; /* or which symbol */
    cp_order order;
    switch (request->verb) {
    case PIPE_ORDER:
        memcpy(&order, request->payload, sizeof order);
        cp_venue_on_order(venue, &order, now_ns);
        return 0;
    case PIPE_BOOK:
        if (request->argument >= instrument_count)
            refuse("no such symbol");
        keep_book(request->argument);
        return 0;
    case PIPE_COUNTS:
        keep_counts();
        return 0;
    case PIPE_CHECK:
        cp_venue_check(venue);
        return 0;
    case PIPE_TIMER:
        return cp_venue_on_timer(venue, now_ns);
    case PIPE_PHASE:
        return cp_venue_set_phase(venue, whom, (cp_phase)number(request, 0), now_ns);
    case PIPE_DISCONNECT:
        cp_venue_on_disconnect(venue, whom, now_ns);
        return 0;
    case PIPE_REFERENCE:
        return cp_venue_set_reference(venue, whom, (int64_t)number(request, 0));
    case PIPE_BAND:
        return cp_venue_set_band(venue, whom, (uint32_t)number(request, 0));
    case PIPE_SESSION:
        return set_session(request);
    case PIPE_EXECUTE:
        return cp_venue_execute_directly(venue, whom, number(request, 0),
                                         (uint32_t)number(request, 1), now_ns);
    case PIPE_PRINT:
        cp_venue_print(venue, whom, (uint8_t)number(request, 0),
                       (int64_t)number(request, 1), (uint32_t)number(request, 2),
                       (uint32_t)number(request, 3), now_ns);
        return 0;
    default:
        refuse("no such verb");
    }
}

static void answer(const pipe_request *request)
{
    if (venue == NULL)
        refuse("no venue yet");
    uint32_t lines_before = lines_kept.count;
    pipe_reply reply = { .verb = request->verb, .result = act(request) };
    reply.md_count = keep_outbox(&md_kept, cp_venue_md(venue));
    reply.report_count = keep_outbox(&reports_kept, cp_venue_reports(venue));
    reply.copy_count = keep_outbox(&copies_kept, cp_venue_drop_copies(venue));
    reply.line_count = lines_kept.count - lines_before;
    keep(&replies, &reply, sizeof reply, 1);
}

/* ---- what the messages look like ------------------------------------------------ */

#define FIELD(type, name)                                                                \
    (void)printf(#type " " #name " %zu %zu\n", offsetof(type, name),                     \
                 sizeof(((type *)NULL)->name))

static void print_messages(void)
{
    FIELD(cp_order, client_id);
    FIELD(cp_order, original_id);
    FIELD(cp_order, price);
    FIELD(cp_order, qty);
    FIELD(cp_order, symbol);
    FIELD(cp_order, participant);
    FIELD(cp_order, kind);
    FIELD(cp_order, side);
    FIELD(cp_order, type);
    FIELD(cp_order, time_in_force);
    FIELD(cp_order, flags);
    FIELD(cp_order, smp);
    FIELD(cp_order, display_qty);
    FIELD(cp_order, min_qty);

    FIELD(cp_md, sequence);
    FIELD(cp_md, time_ns);
    FIELD(cp_md, order_ref);
    FIELD(cp_md, other_ref);
    FIELD(cp_md, price);
    FIELD(cp_md, qty);
    FIELD(cp_md, leaves);
    FIELD(cp_md, symbol);
    FIELD(cp_md, kind);
    FIELD(cp_md, side);
    FIELD(cp_md, price_rest);

    FIELD(cp_report, time_ns);
    FIELD(cp_report, client_id);
    FIELD(cp_report, original_id);
    FIELD(cp_report, order_ref);
    FIELD(cp_report, match_ref);
    FIELD(cp_report, price);
    FIELD(cp_report, qty);
    FIELD(cp_report, leaves);
    FIELD(cp_report, symbol);
    FIELD(cp_report, participant);
    FIELD(cp_report, kind);
    FIELD(cp_report, side);
    FIELD(cp_report, reason);
    FIELD(cp_report, liquidity);
}

static void print_layout(void)
{
    print_messages();
    FIELD(cp_instrument, name);
    FIELD(cp_instrument, increment);
    FIELD(cp_instrument, point_value);
    FIELD(cp_instrument, maker_fee);
    FIELD(cp_instrument, taker_fee);
    FIELD(cp_instrument, price_max);
    FIELD(cp_instrument, price_start);
    FIELD(pipe_request, now_ns);
    FIELD(pipe_request, verb);
    FIELD(pipe_request, argument);
    FIELD(pipe_request, payload);
    FIELD(pipe_reply, md_count);
    FIELD(pipe_reply, report_count);
    FIELD(pipe_reply, copy_count);
    FIELD(pipe_reply, line_count);
    FIELD(pipe_reply, verb);
    FIELD(pipe_reply, result);
    FIELD(pipe_line, id);
    FIELD(pipe_line, price);
    FIELD(pipe_line, qty);
    FIELD(pipe_line, hidden);
    FIELD(pipe_line, owner);
    FIELD(pipe_line, kind);
    FIELD(pipe_line, side);
}

int main(int argc, char **argv)
{
    static_assert(sizeof(cp_instrument) <= CP_LINE, "an instrument is a payload");
    if (argc == 2 && strcmp(argv[1], "--layout") == 0) {
        print_layout();
        return 0;
    }

    pipe_request request;
    while (fread(&request, sizeof request, 1, stdin) == 1) {
        if (request.verb == PIPE_INSTRUMENT)
            add_instrument(&request);
        else if (request.verb == PIPE_TIER)
            add_tier(&request);
        else if (request.verb == PIPE_CREATE)
            create(request.argument);
        else if (request.verb == PIPE_FLUSH)
            flush();
        else
            answer(&request);
    }
    cp_venue_destroy(venue);
    for (uint32_t i = 0; i < KINDS; i++)
        free(kinds[i]->bytes);
    return 0;
}
