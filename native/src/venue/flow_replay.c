/* flow_replay.c: recorded order flow, played into the venue event by event.
 *
 *     source    an ITCH file in memory, decoded as it is played, or an array of events
 *     recorded  what the recording says is alive: reference -> price, lots left
 *     play      an event becomes orders of the background; an execution becomes an
 *               immediate order of somebody else, which meets the queue as it is
 *     fidelity  did it meet the order that the exchange's did? docs/replay.md
 *
 * With nobody else in the market the venue and the recording agree, so an execution that
 * would not meet its order is an exception of the exchange's: it is written down and
 * carried out directly. With the desk in the market they drift apart, and then the queue
 * decides.
 */
#include "venue/flow.h"

#include "venue/recorded.h"
#include "wire/itch.h"

#define BACKGROUND CP_PARTICIPANT_BACKGROUND
#define AGGRESSOR (CP_PARTICIPANT_BACKGROUND + 1)
#define LEVEL_MAX 64u      /* levels of a reference book that are compared */
#define SKIP_MAX 4096u     /* messages of other stocks that one step reads past */
#define MESSAGE_NOTHING 0u /* kind of an event that is a message and does nothing */

/* An ITCH file being read. */
typedef struct itch_source {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t offset;                     /* of the next record */
    uint16_t *symbol_of;                 /* by locate: symbol, or CP_NOBODY */
    uint32_t price_step[CP_SYMBOL_MAX];  /* 1/10000 in one increment */
    uint64_t crossed_qty[CP_SYMBOL_MAX]; /* executions a later cross will count again */
} itch_source;

struct cp_flow_replay {
    itch_source itch; /* bytes NULL: the events below are played */
    const cp_flow_event *events;
    uint64_t event_count;
    uint64_t event_index;
    const int64_t *reference;
    uint32_t levels;
    uint32_t symbol_count;

    cp_recorded_table orders;
    cp_venue *venue; /* of the step under way */
    uint64_t now_ns; /* of the step under way */
    uint64_t aggressor_id;
    uint64_t match_first, match_last; /* executions of the latest step's own orders */

    double speed;
    uint64_t start_ns;
    uint64_t first_ns; /* recorded time of the first event played */
    uint64_t next_ns;  /* recorded time of the next message */
    bool finished;

    cp_replay_picture picture;
    uint64_t mismatch_count;
    cp_mismatch mismatches[CP_MISMATCH_MAX];
};

/* ---- lifetime -------------------------------------------------------------- */

static void find_next(cp_flow_replay *flow, uint64_t skip_max);

static int create(cp_flow_replay **created, uint32_t symbol_count,
                  uint32_t order_capacity, double speed)
{
    *created = NULL;
    if (symbol_count == 0 || symbol_count > CP_SYMBOL_MAX || order_capacity == 0 ||
        !(speed >= 0))
        return -EINVAL;
    cp_flow_replay *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return -ENOMEM;
    flow->symbol_count = symbol_count;
    flow->speed = speed;
    flow->match_first = 1;
    int result = cp_recorded_init(&flow->orders, order_capacity);
    if (result != 0) {
        cp_flow_replay_destroy(flow);
        return result;
    }
    *created = flow;
    return 0;
}

void cp_flow_replay_destroy(cp_flow_replay *flow)
{
    if (flow == NULL)
        return;
    free(flow->itch.symbol_of);
    cp_recorded_free(&flow->orders);
    free(flow);
}

static int set_instruments(itch_source *itch, const cp_instrument *instruments,
                           uint32_t symbol_count, const uint16_t *locates)
{
    itch->symbol_of = malloc(65536 * sizeof *itch->symbol_of);
    if (itch->symbol_of == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < 65536; i++)
        itch->symbol_of[i] = CP_NOBODY;
    for (uint32_t i = 0; i < symbol_count; i++) {
        int64_t step = instruments[i].increment / CP_ITCH_MONEY;
        if (step < 1 || step * CP_ITCH_MONEY != instruments[i].increment ||
            instruments[i].increment > UINT32_MAX)
            return -EINVAL;
        if (itch->symbol_of[locates[i]] != CP_NOBODY)
            return -EINVAL;
        itch->symbol_of[locates[i]] = (uint16_t)i;
        itch->price_step[i] = (uint32_t)step;
    }
    return 0;
}

/* That every record can be framed and decoded, so that playing need not doubt it; and
 * how many there are. */
static int count_records(const itch_source *itch, uint64_t *count)
{
    uint64_t offset = 0;
    for (*count = 0;; ++*count) {
        const uint8_t *record;
        uint32_t length;
        int result = cp_itch_frame(itch->bytes, itch->size, &offset, &record, &length);
        if ((result == -EPIPE || result == -ENODATA) && *count > 0)
            return 0;
        cp_itch_message message;
        if (result == 0 && cp_itch_is_flow(record[0]))
            result = cp_itch_decode(record, length, &message);
        if (result != 0)
            return -EPROTO;
    }
}

int cp_flow_replay_create_itch(cp_flow_replay **created, const uint8_t *bytes,
                               uint64_t size, const cp_instrument *instruments,
                               uint32_t symbol_count, const uint16_t *locates,
                               uint32_t order_capacity, double speed)
{
    int result = create(created, symbol_count, order_capacity, speed);
    if (result != 0)
        return result;
    cp_flow_replay *flow = *created;
    flow->itch.bytes = bytes;
    flow->itch.size = size;
    result = set_instruments(&flow->itch, instruments, symbol_count, locates);
    if (result == 0)
        result = count_records(&flow->itch, &flow->picture.total);
    if (result != 0) {
        cp_flow_replay_destroy(flow);
        *created = NULL;
        return result;
    }
    /* The clock of the recording begins with what is played of it, not with the
     * directory an hour before. */
    find_next(flow, UINT64_MAX);
    flow->first_ns = flow->next_ns;
    flow->picture.finished = flow->finished;
    return 0;
}

static int check_events(const cp_flow_event *events, uint64_t count,
                        uint32_t symbol_count, cp_flow_replay *flow)
{
    for (uint64_t i = 0; i < count; i++) {
        const cp_flow_event *event = &events[i];
        if (event->kind > CP_MD_TRADE || event->symbol >= symbol_count ||
            event->side > CP_SELL || (event->row != CP_ROW_NONE && !flow->reference))
            return -EINVAL;
        if (!(event->flags & CP_FLOW_REVEALED) && !(event->flags & CP_FLOW_UNSEEN))
            flow->picture.total++;
    }
    return 0;
}

int cp_flow_replay_create_events(cp_flow_replay **created, const cp_flow_event *events,
                                 uint64_t count, const int64_t *reference,
                                 uint32_t levels, uint32_t symbol_count,
                                 uint32_t order_capacity, double speed)
{
    int result = create(created, symbol_count, order_capacity, speed);
    if (result != 0)
        return result;
    cp_flow_replay *flow = *created;
    flow->events = events;
    flow->event_count = count;
    flow->reference = reference;
    flow->levels = levels;
    flow->picture.has_reference = reference != NULL;
    result =
        levels > LEVEL_MAX ? -EINVAL : check_events(events, count, symbol_count, flow);
    if (result != 0) {
        cp_flow_replay_destroy(flow);
        *created = NULL;
        return result;
    }
    find_next(flow, UINT64_MAX);
    flow->first_ns = flow->next_ns;
    flow->picture.finished = flow->finished;
    return 0;
}

/* ---- time ------------------------------------------------------------------ */

void cp_flow_replay_start(cp_flow_replay *flow, uint64_t start_ns)
{
    flow->start_ns = start_ns;
}

uint64_t cp_flow_replay_next_ns(const cp_flow_replay *flow)
{
    if (flow->finished)
        return CP_NEVER;
    if (flow->speed == 0 || flow->next_ns <= flow->first_ns)
        return flow->start_ns;
    double wait_ns = (double)(flow->next_ns - flow->first_ns) / flow->speed;
    /* Too far off to say in 64 bits: it will not be reached either. */
    return wait_ns < 9e18 ? flow->start_ns + (uint64_t)wait_ns : CP_NEVER - 1;
}

/* ---- source ---------------------------------------------------------------- */

static bool is_ours(const itch_source *itch, const uint8_t *record)
{
    return cp_itch_is_flow(record[0]) &&
           itch->symbol_of[cp_itch_locate(record)] != CP_NOBODY;
}

/* Move to the next message to play, past at most skip_max others, which count as read. */
static void find_next_itch(cp_flow_replay *flow, uint64_t skip_max)
{
    itch_source *itch = &flow->itch;
    for (uint64_t skipped = 0;; skipped++) {
        uint64_t offset = itch->offset;
        const uint8_t *record;
        uint32_t length;
        if (cp_itch_frame(itch->bytes, itch->size, &offset, &record, &length) != 0) {
            flow->finished = true;
            return;
        }
        flow->next_ns = cp_itch_time_ns(record);
        if (skipped == skip_max || is_ours(itch, record))
            return;
        itch->offset = offset;
        flow->picture.messages++;
    }
}

static void find_next(cp_flow_replay *flow, uint64_t skip_max)
{
    if (flow->itch.bytes)
        find_next_itch(flow, skip_max);
    else if (flow->event_index == flow->event_count)
        flow->finished = true;
    else
        flow->next_ns = flow->events[flow->event_index].time_ns;
}

/* ---- orders to the venue --------------------------------------------------- */

static bool is_alive_at_venue(const cp_flow_replay *flow, uint64_t ref)
{
    return cp_venue_find(flow->venue, BACKGROUND, ref) != NULL;
}

static cp_order order_about(const cp_recorded *order, cp_order_kind kind)
{
    return (cp_order){ .original_id = order->ref,
                       .price = order->price,
                       .symbol = order->symbol,
                       .participant = BACKGROUND,
                       .kind = (uint8_t)kind,
                       .side = order->side,
                       .type = CP_LIMIT,
                       .time_in_force = CP_DAY };
}

static void submit(cp_flow_replay *flow, const cp_order *order)
{
    cp_venue_on_order(flow->venue, order, flow->now_ns);
}

/* An execution that an order of ours caused: none of the desk's. */
static void take_own_match(cp_flow_replay *flow, uint64_t match_ref)
{
    if (flow->match_first > flow->match_last)
        flow->match_first = match_ref;
    flow->match_last = match_ref;
}

/* What one order of ours met, read from the reports it left. */
typedef struct outcome {
    uint64_t met_qty;  /* traded by the order asked about */
    uint64_t desk_qty; /* traded by the desk */
    uint32_t others;   /* executions of resting orders other than that */
    bool refused;
} outcome;

/* A recorded order whose life is over stays known only while it still rests. */
static void forget_if_gone(cp_flow_replay *flow, uint64_t ref)
{
    cp_recorded *order = cp_recorded_get(&flow->orders, ref);
    if (order == NULL || order->qty > 0)
        return;
    cp_recorded_remove(&flow->orders, order);
}

static outcome submit_and_see(cp_flow_replay *flow, const cp_order *order, uint64_t ref)
{
    const cp_outbox *reports = cp_venue_reports(flow->venue);
    uint32_t from = reports->count;
    outcome seen = { 0 };
    submit(flow, order);
    for (uint32_t i = from; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        seen.refused |= report->kind == CP_REPORT_REJECTED;
        if (report->kind != CP_REPORT_EXECUTED)
            continue;
        take_own_match(flow, report->match_ref);
        if (report->participant == CP_PARTICIPANT_DESK)
            seen.desk_qty += report->qty;
        if (report->liquidity != CP_MAKER)
            continue;
        if (report->participant == BACKGROUND && report->client_id == ref)
            seen.met_qty += report->qty;
        else
            seen.others++;
        if (report->participant == BACKGROUND && report->leaves == 0 &&
            report->client_id != ref)
            forget_if_gone(flow, report->client_id);
    }
    return seen;
}

/* ---- play: entries --------------------------------------------------------- */

static bool crosses(const cp_flow_replay *flow, const cp_flow_event *event)
{
    const cp_book *book = cp_venue_book(flow->venue, event->symbol);
    int64_t best = cp_book_best(book, event->side == CP_BUY ? CP_SELL : CP_BUY);
    if (best == CP_PRICE_NONE)
        return false;
    return event->side == CP_BUY ? event->price >= best : event->price <= best;
}

/* Has the desk traded with anybody here? Then the venue has drifted from the recording by
 * its doing, and what does not agree is no fault of the recording or the engine. */
static bool is_disturbed(const cp_flow_replay *flow)
{
    return flow->picture.consumed_qty > 0 || flow->picture.displaced_qty > 0;
}

static bool is_desks_front(const cp_flow_replay *flow, uint16_t symbol, cp_side side)
{
    const cp_book *book = cp_venue_book(flow->venue, symbol);
    uint32_t front = cp_book_front(book, side);
    return front != CP_NONE && book->pool->orders[front].owner == CP_PARTICIPANT_DESK;
}

static void take_entry_outcome(cp_flow_replay *flow, cp_recorded *order, outcome seen)
{
    if (seen.desk_qty > 0) {
        order->flags |= CP_RECORDED_TOUCHED;
        flow->picture.consumed++;
        flow->picture.consumed_qty += seen.desk_qty;
    }
}

static bool is_enterable(const cp_flow_event *event)
{
    return event->qty > 0 && event->price >= 1 && event->price <= UINT32_MAX;
}

/* Enter a recorded order into the table and the venue. */
static void play_add(cp_flow_replay *flow, const cp_flow_event *event)
{
    cp_replay_picture *picture = &flow->picture;
    cp_recorded *known = cp_recorded_get(&flow->orders, event->ref);
    if (known != NULL || !is_enterable(event)) {
        picture->book_mismatches++; /* two orders of one name, or no order at all */
        return;
    }
    if ((event->flags & CP_FLOW_UNSEEN) && !(event->flags & CP_FLOW_REVEALED))
        picture->orphans++;
    cp_recorded *order = cp_recorded_put(&flow->orders, event->ref);
    if (order == NULL) {
        picture->book_mismatches++;
        return;
    }
    order->price = (uint32_t)event->price;
    order->qty = event->qty;
    order->symbol = event->symbol;
    order->side = event->side;
    order->flags = event->flags & CP_FLOW_UNSEEN ? CP_RECORDED_UNSEEN : 0;
    cp_side other = event->side == CP_BUY ? CP_SELL : CP_BUY;
    if (crosses(flow, event) && !is_disturbed(flow) &&
        !is_desks_front(flow, event->symbol, other))
        picture->book_mismatches++;
    cp_order entry = order_about(order, CP_ORDER_NEW);
    entry.client_id = event->ref;
    entry.qty = event->qty;
    outcome seen = submit_and_see(flow, &entry, event->ref);
    if (seen.refused) {
        picture->book_mismatches++;
        cp_recorded_remove(&flow->orders, order);
        return;
    }
    /* Others may have moved in the table meanwhile. */
    take_entry_outcome(flow, cp_recorded_get(&flow->orders, event->ref), seen);
}

/* ---- play: removals -------------------------------------------------------- */

/* Its recorded life is over: forget it, unless it rests on because of the desk. */
static void end_life(cp_flow_replay *flow, cp_recorded *order)
{
    order->qty = 0;
    if (!is_alive_at_venue(flow, order->ref))
        cp_recorded_remove(&flow->orders, order);
}

static void play_delete(cp_flow_replay *flow, cp_recorded *order)
{
    cp_order cancel = order_about(order, CP_ORDER_CANCEL);
    if (is_alive_at_venue(flow, order->ref))
        submit(flow, &cancel);
    end_life(flow, order);
}

static void play_reduce(cp_flow_replay *flow, cp_recorded *order, uint32_t qty)
{
    if (qty > order->qty)
        flow->picture.book_mismatches++; /* takes off more than there is */
    if (qty >= order->qty) {
        play_delete(flow, order);
        return;
    }
    order->qty -= qty;
    cp_order reduce = order_about(order, CP_ORDER_REDUCE);
    reduce.qty = qty;
    if (qty > 0 && is_alive_at_venue(flow, order->ref))
        submit(flow, &reduce);
}

/* A replaced order goes to the back of its price whatever it asks. Where the desk has
 * traded it away there is nothing to replace: the exchange would have refused. */
static void play_replace(cp_flow_replay *flow, cp_recorded *order,
                         const cp_flow_event *event)
{
    cp_flow_event added = *event;
    bool gone = !is_alive_at_venue(flow, order->ref);
    uint8_t flags = order->flags;
    added.ref = event->new_ref;
    added.symbol = order->symbol;
    added.side = order->side;
    added.flags = 0;
    play_delete(flow, order);
    if (!gone) {
        play_add(flow, &added);
        cp_recorded *entered = cp_recorded_get(&flow->orders, added.ref);
        if (entered != NULL)
            entered->flags |= flags;
        return;
    }
    if (!is_enterable(&added) || cp_recorded_get(&flow->orders, added.ref) != NULL)
        return;
    cp_recorded *ended = cp_recorded_put(&flow->orders, added.ref);
    if (ended == NULL)
        return;
    ended->price = (uint32_t)added.price;
    ended->qty = added.qty;
    ended->symbol = added.symbol;
    ended->side = added.side;
    ended->flags = flags | CP_RECORDED_TOUCHED;
}

/* ---- play: executions ------------------------------------------------------ */

static void note_mismatch(cp_flow_replay *flow, const cp_recorded *order,
                          uint64_t front_ref, uint32_t qty, cp_mismatch_cause cause)
{
    if (flow->mismatch_count < CP_MISMATCH_MAX)
        flow->mismatches[flow->mismatch_count] =
            (cp_mismatch){ .message = flow->picture.messages,
                           .ref = order->ref,
                           .front_ref = front_ref,
                           .price = order->price,
                           .qty = qty,
                           .cause = (uint32_t)cause };
    flow->mismatch_count++;
}

/* Does a recorded order stand at the front that the recording says is alive? */
static bool is_recorded_alive(const cp_flow_replay *flow, const cp_book_order *front)
{
    if (front->owner != BACKGROUND)
        return false;
    const cp_recorded *order = cp_recorded_get(&flow->orders, front->id);
    return order != NULL && order->qty > 0;
}

/* Send the recorded aggressor and see what it met. */
static outcome aggress(cp_flow_replay *flow, const cp_recorded *order, uint32_t qty)
{
    cp_order aggressor = order_about(order, CP_ORDER_NEW);
    aggressor.original_id = 0;
    aggressor.client_id = ++flow->aggressor_id;
    aggressor.participant = AGGRESSOR;
    aggressor.side = order->side == CP_BUY ? CP_SELL : CP_BUY;
    aggressor.qty = qty;
    aggressor.time_in_force = CP_IOC;
    outcome seen = submit_and_see(flow, &aggressor, order->ref);
    if (seen.desk_qty > 0) {
        flow->picture.displaced++;
        flow->picture.displaced_qty += seen.desk_qty;
    }
    return seen;
}

/* Carry out an execution against an order that is not at the front. */
static void execute_directly(cp_flow_replay *flow, const cp_book_order *resting,
                             uint32_t qty)
{
    const cp_outbox *reports = cp_venue_reports(flow->venue);
    uint32_t at = reports->count;
    uint32_t directly = qty < resting->qty ? qty : resting->qty;
    int result = cp_venue_execute_directly(flow->venue, BACKGROUND, resting->id, directly,
                                           flow->now_ns);
    CP_ASSERT(result == 0 && reports->count == at + 1);
    const cp_report *report = cp_outbox_at(reports, at);
    take_own_match(flow, report->match_ref);
}

/* The venue's book does not have the order where the exchange's had it. Whose doing is
 * it? True: nobody's here, so that is how the exchange traded. */
static bool is_exception(const cp_flow_replay *flow, const cp_book_order *resting,
                         const cp_book_order *front)
{
    return resting != NULL && front != resting && is_recorded_alive(flow, front);
}

/* The aggressor meets the queue as it is. True: it met its order, and nobody else. */
static bool play_aggressor(cp_flow_replay *flow, const cp_recorded *order, uint32_t qty)
{
    cp_recorded meant = *order; /* the table may move while its neighbours go */
    outcome seen = aggress(flow, &meant, qty);
    bool matched = seen.met_qty == qty && seen.others == 0;
    /* Nobody was here to cause it: volume was lost to an add that crossed. */
    if (!matched && !is_disturbed(flow))
        note_mismatch(flow, &meant, meant.ref, qty, CP_MISMATCH_SHORT);
    return matched;
}

/* True: it met its order. */
static bool play_against(cp_flow_replay *flow, const cp_recorded *order, uint32_t qty)
{
    const cp_book_order *resting = cp_venue_find(flow->venue, BACKGROUND, order->ref);
    const cp_book *book = cp_venue_book(flow->venue, order->symbol);
    uint32_t index = cp_book_front(book, (cp_side)order->side);
    const cp_book_order *front = index == CP_NONE ? NULL : &book->pool->orders[index];
    bool best = resting != NULL && resting->price == front->price;
    flow->picture.executions_at_best += best;
    if (!is_exception(flow, resting, front))
        return play_aggressor(flow, order, qty);
    note_mismatch(flow, order, front->id, qty,
                  best ? CP_MISMATCH_NOT_FRONT : CP_MISMATCH_NOT_BEST);
    execute_directly(flow, resting, qty);
    return false;
}

static void play_execution(cp_flow_replay *flow, cp_recorded *order, uint32_t qty)
{
    cp_replay_picture *picture = &flow->picture;
    uint64_t ref = order->ref;
    bool known = !(order->flags & CP_RECORDED_UNSEEN);
    bool is_short = qty > order->qty;
    picture->executions++;
    picture->executions_known += known;
    if (is_short) { /* the recording contradicts itself: what there was is traded */
        note_mismatch(flow, order, ref, qty, CP_MISMATCH_SHORT);
        qty = order->qty;
    }
    bool matched = play_against(flow, order, qty) && !is_short;
    picture->executions_matched += matched && known;
    picture->executions_unseen_matched += matched && !known;
    order = cp_recorded_get(&flow->orders, ref);
    order->qty -= qty;
    if (order->qty == 0)
        end_life(flow, order);
}

/* ---- play: one event ------------------------------------------------------- */

static void play_event(cp_flow_replay *flow, const cp_flow_event *event)
{
    if (event->kind == CP_MD_ADD) {
        play_add(flow, event);
        return;
    }
    if (event->kind == CP_MD_TRADE) {
        if (event->qty > 0)
            cp_venue_print(flow->venue, event->symbol, event->side, event->price,
                           event->price_rest, event->qty, flow->now_ns);
        return;
    }
    if (event->kind == MESSAGE_NOTHING)
        return;
    cp_recorded *order = cp_recorded_get(&flow->orders, event->ref);
    if (order == NULL || order->qty == 0) {
        flow->picture.orphans++;
        return;
    }
    if (event->kind == CP_MD_DELETE)
        play_delete(flow, order);
    else if (event->kind == CP_MD_REDUCE)
        play_reduce(flow, order, event->qty);
    else if (event->kind == CP_MD_REPLACE)
        play_replace(flow, order, event);
    else if (event->qty > 0)
        play_execution(flow, order, event->qty);
}

/* ---- ITCH messages as events ----------------------------------------------- */

static const uint8_t KIND_OF_TYPE[128] = {
    ['A'] = CP_MD_ADD,     ['F'] = CP_MD_ADD,    ['E'] = CP_MD_EXECUTE,
    ['C'] = CP_MD_EXECUTE, ['X'] = CP_MD_REDUCE, ['D'] = CP_MD_DELETE,
    ['U'] = CP_MD_REPLACE, ['P'] = CP_MD_TRADE,  ['Q'] = CP_MD_TRADE,
};

/* A cross counts again what was executed in it: print only what was hidden. */
static uint64_t hidden_of_cross(itch_source *itch, uint16_t symbol, uint64_t shares)
{
    uint64_t counted = itch->crossed_qty[symbol];
    itch->crossed_qty[symbol] = 0;
    return shares > counted ? shares - counted : 0;
}

/* False: its price is displayed off the increment, which no book here can hold. */
static bool translate(cp_flow_replay *flow, const cp_itch_message *message,
                      cp_flow_event *event)
{
    itch_source *itch = &flow->itch;
    uint16_t symbol = itch->symbol_of[message->locate];
    uint64_t shares = message->shares;
    uint32_t step = itch->price_step[symbol];
    if (message->type == 'Q')
        shares = hidden_of_cross(itch, symbol, shares);
    if (message->type == 'C' && !message->printable)
        itch->crossed_qty[symbol] += shares;
    *event = (cp_flow_event){ .time_ns = message->time_ns,
                              .ref = message->ref,
                              .new_ref = message->new_ref,
                              .price = message->price / step,
                              .qty = shares < UINT32_MAX ? (uint32_t)shares : UINT32_MAX,
                              .price_rest = message->price % step * CP_ITCH_MONEY,
                              .row = CP_ROW_NONE,
                              .symbol = symbol,
                              .kind = KIND_OF_TYPE[message->type & 127],
                              .side = message->side };
    bool displayed = event->kind == CP_MD_ADD || event->kind == CP_MD_REPLACE;
    return !displayed || event->price_rest == 0;
}

/* The replaced order goes although the one that replaces it cannot be held. */
static void play_off_increment(cp_flow_replay *flow, const cp_flow_event *event)
{
    flow->picture.book_mismatches++;
    if (event->kind != CP_MD_REPLACE)
        return;
    cp_flow_event gone = *event;
    gone.kind = CP_MD_DELETE;
    play_event(flow, &gone);
}

static void step_itch(cp_flow_replay *flow)
{
    itch_source *itch = &flow->itch;
    const uint8_t *record;
    uint32_t length;
    int result = cp_itch_frame(itch->bytes, itch->size, &itch->offset, &record, &length);
    CP_ASSERT(result == 0);
    flow->picture.messages++;
    if (!is_ours(itch, record))
        return;
    cp_itch_message message;
    result = cp_itch_decode(record, length, &message);
    CP_ASSERT(result == 0);
    flow->picture.time_ns = message.time_ns;
    cp_flow_event event;
    if (translate(flow, &message, &event))
        play_event(flow, &event);
    else
        play_off_increment(flow, &event);
}

/* ---- the published book ---------------------------------------------------- */

/* The best levels of one side without the desk's orders; how many. */
static uint32_t depth_without_desk(const cp_book *book, cp_side side, cp_level *levels,
                                   uint32_t capacity)
{
    uint32_t count = 0;
    int64_t price = cp_book_best(book, side);
    for (; price != CP_PRICE_NONE && count < capacity;
         price = cp_book_next_price(book, side, price)) {
        uint64_t qty = 0;
        uint32_t index = cp_book_level_at(book, side, price)->head;
        for (; index != CP_NONE; index = book->pool->orders[index].next)
            if (book->pool->orders[index].owner != CP_PARTICIPANT_DESK)
                qty += book->pool->orders[index].qty;
        if (qty > 0)
            levels[count++] = (cp_level){ .price = price, .qty = qty };
    }
    return count;
}

/* Levels against one side's columns of a row: best first, price and lots. */
static bool is_published(const cp_level *levels, uint32_t count, const int64_t *columns,
                         uint32_t column_levels)
{
    for (uint32_t i = 0; i < column_levels; i++) {
        int64_t price = i < count ? levels[i].price : CP_PRICE_NONE;
        int64_t qty = i < count ? (int64_t)levels[i].qty : 0;
        if (columns[4 * i] != price || columns[4 * i + 1] != qty)
            return false;
    }
    return true;
}

/* The level's sums agree almost always; only where they do not is it worth asking which
 * of the orders are the desk's. */
static bool side_agrees(const cp_flow_replay *flow, const cp_book *book, cp_side side,
                        const int64_t *columns)
{
    cp_level levels[LEVEL_MAX];
    uint32_t count = cp_book_depth(book, side, levels, flow->levels);
    if (is_published(levels, count, columns, flow->levels))
        return true;
    count = depth_without_desk(book, side, levels, flow->levels);
    return is_published(levels, count, columns, flow->levels);
}

/* Once the desk has traded the books must differ: a row that does is then no evidence of
 * anything and is not counted as checked. */
static void check_row(cp_flow_replay *flow, const cp_flow_event *event)
{
    const cp_book *book = cp_venue_book(flow->venue, event->symbol);
    const int64_t *row = flow->reference + (uint64_t)event->row * 4 * flow->levels;
    bool agrees =
        side_agrees(flow, book, CP_SELL, row) && side_agrees(flow, book, CP_BUY, row + 2);
    if (!agrees && is_disturbed(flow))
        return;
    flow->picture.rows_checked++;
    flow->picture.book_mismatches += !agrees;
}

static void step_events(cp_flow_replay *flow)
{
    const cp_flow_event *event = &flow->events[flow->event_index++];
    flow->picture.time_ns = event->time_ns;
    if (event->flags & CP_FLOW_REVEALED)
        flow->picture.revealed++;
    else if (!(event->flags & CP_FLOW_UNSEEN))
        flow->picture.messages++;
    play_event(flow, event);
    if (event->row != CP_ROW_NONE)
        check_row(flow, event);
}

/* ---- the step -------------------------------------------------------------- */

void cp_flow_replay_step(cp_flow_replay *flow, cp_venue *venue, uint64_t now_ns)
{
    CP_ASSERT(!flow->finished);
    flow->venue = venue;
    flow->now_ns = now_ns;
    flow->match_first = 1;
    flow->match_last = 0;
    if (flow->itch.bytes)
        step_itch(flow);
    else
        step_events(flow);
    find_next(flow, SKIP_MAX);
    flow->picture.finished = flow->finished;
}

/* An execution that none of our own orders caused is the desk's. */
void cp_flow_replay_on_report(cp_flow_replay *flow, const cp_report *report)
{
    if (report->kind != CP_REPORT_EXECUTED || report->participant != BACKGROUND ||
        (report->match_ref >= flow->match_first && report->match_ref <= flow->match_last))
        return;
    cp_recorded *order = cp_recorded_get(&flow->orders, report->client_id);
    CP_ASSERT(order != NULL);
    flow->picture.consumed += !(order->flags & CP_RECORDED_TOUCHED);
    flow->picture.consumed_qty += report->qty;
    order->flags |= CP_RECORDED_TOUCHED;
    if (report->leaves == 0)
        forget_if_gone(flow, report->client_id);
}

void cp_flow_replay_read(const cp_flow_replay *flow, cp_replay_picture *picture)
{
    *picture = flow->picture;
}

uint32_t cp_flow_replay_mismatches(const cp_flow_replay *flow, cp_mismatch *mismatches,
                                   uint32_t capacity)
{
    uint64_t count =
        flow->mismatch_count < CP_MISMATCH_MAX ? flow->mismatch_count : CP_MISMATCH_MAX;
    if (count > capacity)
        count = capacity;
    if (count > 0)
        memcpy(mismatches, flow->mismatches, count * sizeof *mismatches);
    return (uint32_t)count;
}
