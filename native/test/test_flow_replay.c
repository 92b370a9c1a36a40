/* Recorded flow: does each execution meet the order it met, and what is said when not? */
#include "test.h"
#include "base/random.h"
#include "venue/flow.h"

#define DESK CP_PARTICIPANT_DESK
#define EVENT_MAX 20000

/* ---- a venue with a recording in it ---------------------------------------- */

static cp_flow_event events[EVENT_MAX];
static uint32_t event_count;
static cp_venue *venue;
static cp_flow_replay *flow;
static cp_replay_picture picture;
static uint64_t desk_id;
static cp_md latest_trade;

static const cp_instrument stock = {
    .name = "TEST", .increment = 1000000, .point_value = 1000000, .price_max = 1000000
};

static cp_flow_event *put(cp_md_kind kind, uint64_t ref, cp_side side, int64_t price,
                          uint32_t qty)
{
    CHECK(event_count < EVENT_MAX);
    cp_flow_event *event = &events[event_count];
    *event = (cp_flow_event){ .time_ns = 1000 + 10 * (uint64_t)event_count,
                              .ref = ref,
                              .price = price,
                              .qty = qty,
                              .row = CP_ROW_NONE,
                              .kind = (uint8_t)kind,
                              .side = (uint8_t)side };
    event_count++;
    return event;
}

static void open_venue(void)
{
    CHECK_EQ(0, cp_venue_create(&venue, &stock, 1, 8192));
}

static void open_with(const int64_t *reference, uint32_t levels)
{
    open_venue();
    CHECK_EQ(0, cp_flow_replay_create_events(&flow, events, event_count, reference,
                                             levels, 1, 8192, 0));
    cp_flow_replay_start(flow, 0);
}

static void begin(void)
{
    event_count = 0;
}

static void close_all(void)
{
    cp_book_check(cp_venue_book(venue, 0));
    cp_flow_replay_destroy(flow);
    cp_venue_destroy(venue);
}

/* As the drive does after each call: reports to whom they are for, outboxes emptied. */
static void carry(void)
{
    const cp_outbox *reports = cp_venue_reports(venue), *md = cp_venue_md(venue);
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (report->participant != DESK)
            cp_flow_replay_on_report(flow, report);
    }
    for (uint32_t i = 0; i < md->count; i++) {
        const cp_md *line = cp_outbox_at(md, i);
        if (line->kind == CP_MD_TRADE)
            latest_trade = *line;
    }
    cp_outbox_clear(cp_venue_reports(venue));
    cp_outbox_clear(cp_venue_md(venue));
    cp_flow_replay_read(flow, &picture);
}

static void play(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        CHECK(cp_flow_replay_next_ns(flow) != CP_NEVER);
        cp_flow_replay_step(flow, venue, i);
        carry();
    }
}

static void play_out(void)
{
    while (cp_flow_replay_next_ns(flow) != CP_NEVER)
        play(1);
    CHECK_EQ(1, picture.finished);
    CHECK_EQ(picture.total, picture.messages);
}

static void desk_sends(cp_side side, int64_t price, uint32_t qty)
{
    cp_order order = { .client_id = ++desk_id,
                       .price = price,
                       .qty = qty,
                       .participant = DESK,
                       .kind = CP_ORDER_NEW,
                       .side = (uint8_t)side };
    cp_venue_on_order(venue, &order, 0);
    carry();
}

static uint32_t rests(uint64_t ref)
{
    const cp_book_order *order = cp_venue_find(venue, CP_PARTICIPANT_BACKGROUND, ref);
    return order ? order->qty : 0;
}

static cp_mismatch only_mismatch(void)
{
    cp_mismatch found[4];
    CHECK_EQ(1, cp_flow_replay_mismatches(flow, found, 4));
    return found[0];
}

/* ---- alone ----------------------------------------------------------------- */

static void executions_meet_the_order_they_met(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100);
    put(CP_MD_ADD, 2, CP_SELL, 105, 50);
    put(CP_MD_ADD, 3, CP_BUY, 104, 70);
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 30);
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 70);
    put(CP_MD_EXECUTE, 2, CP_SELL, 105, 20);
    put(CP_MD_EXECUTE, 3, CP_BUY, 104, 70);
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(4, picture.executions);
    CHECK_EQ(4, picture.executions_known);
    CHECK_EQ(4, picture.executions_matched);
    CHECK_EQ(4, picture.executions_at_best);
    CHECK_EQ(0, picture.orphans + picture.book_mismatches + picture.consumed_qty);
    CHECK_EQ(190, cp_venue_counts(venue)->traded_qty);
    CHECK_EQ(30, rests(2));
    CHECK_EQ(1, cp_venue_resting_count(venue));
    close_all();
}

static void references_never_seen_are_orphans_and_change_nothing(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_BUY, 100, 10);
    put(CP_MD_EXECUTE, 7, CP_BUY, 100, 10);
    put(CP_MD_DELETE, 8, CP_BUY, 100, 10);
    put(CP_MD_REDUCE, 9, CP_BUY, 100, 10);
    put(CP_MD_REPLACE, 10, CP_BUY, 100, 10)->new_ref = 11;
    put(CP_MD_DELETE, 11, CP_BUY, 100, 10); /* its side was never told either */
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(5, picture.orphans);
    CHECK_EQ(0, picture.executions);
    CHECK_EQ(10, rests(1));
    CHECK_EQ(1, cp_venue_resting_count(venue));
    close_all();
}

static void an_execution_behind_another_order_is_listed_and_carried_out(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100);
    put(CP_MD_ADD, 2, CP_SELL, 105, 50);
    put(CP_MD_EXECUTE, 2, CP_SELL, 105, 20);
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 100);
    open_with(NULL, 0);
    play_out();
    cp_mismatch mismatch = only_mismatch();
    CHECK_EQ(CP_MISMATCH_NOT_FRONT, mismatch.cause);
    CHECK_EQ(3, mismatch.message);
    CHECK_EQ(2, mismatch.ref);
    CHECK_EQ(1, mismatch.front_ref);
    CHECK_EQ(20, mismatch.qty);
    CHECK_EQ(1, picture.executions_matched);
    CHECK_EQ(2, picture.executions_at_best);
    CHECK_EQ(0, picture.consumed_qty); /* it was nobody's taking */
    CHECK_EQ(0, rests(1));
    CHECK_EQ(30, rests(2));
    close_all();
}

static void an_execution_behind_a_better_price_is_listed_and_carried_out(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_BUY, 105, 100);
    put(CP_MD_ADD, 2, CP_BUY, 104, 50);
    put(CP_MD_EXECUTE, 2, CP_BUY, 104, 50);
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(CP_MISMATCH_NOT_BEST, only_mismatch().cause);
    CHECK_EQ(0, picture.executions_at_best);
    CHECK_EQ(100, rests(1));
    CHECK_EQ(0, rests(2));
    close_all();
}

static void an_execution_of_more_than_there_is_takes_what_there_is(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_BUY, 105, 100);
    put(CP_MD_ADD, 2, CP_BUY, 105, 100);
    put(CP_MD_EXECUTE, 1, CP_BUY, 105, 150);
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(CP_MISMATCH_SHORT, only_mismatch().cause);
    CHECK_EQ(0, picture.executions_matched);
    CHECK_EQ(0, rests(1));
    CHECK_EQ(100, rests(2));
    close_all();
}

static void a_reduced_order_keeps_its_place(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_BUY, 105, 100);
    put(CP_MD_ADD, 2, CP_BUY, 105, 100);
    put(CP_MD_REDUCE, 1, CP_BUY, 105, 40);
    put(CP_MD_EXECUTE, 1, CP_BUY, 105, 60);
    put(CP_MD_REDUCE, 2, CP_BUY, 105, 130); /* more than it has: it goes, and is noted */
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(1, picture.executions_matched);
    CHECK_EQ(1, picture.book_mismatches);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    close_all();
}

static void a_replaced_order_goes_to_the_back_and_keeps_its_side(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100);
    put(CP_MD_ADD, 2, CP_SELL, 105, 100);
    put(CP_MD_REPLACE, 1, CP_BUY, 105, 60)->new_ref =
        3; /* less, same price, wrong side */
    put(CP_MD_REPLACE, 3, CP_BUY, 105, 50)->new_ref = 4;
    put(CP_MD_EXECUTE, 2, CP_SELL, 105, 100);
    put(CP_MD_EXECUTE, 4, CP_SELL, 105, 50);
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(2, picture.executions_matched);
    CHECK_EQ(0, picture.orphans);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    close_all();
}

static void an_add_that_crosses_is_counted_and_trades(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100);
    put(CP_MD_ADD, 2, CP_BUY, 106, 30);
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 100); /* has 70 left in the venue */
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(1, picture.book_mismatches);
    CHECK_EQ(0, picture.executions_matched);
    CHECK_EQ(CP_MISMATCH_SHORT, only_mismatch().cause);
    CHECK_EQ(0, rests(1));
    CHECK_EQ(0, rests(2));
    close_all();
}

static void adds_that_cannot_be_entered_are_counted(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 0);
    put(CP_MD_ADD, 2, CP_SELL, 0, 5);
    put(CP_MD_ADD, 3, CP_SELL, 2000000, 5); /* above the venue's highest price */
    put(CP_MD_ADD, 4, CP_SELL, 105, 5);
    put(CP_MD_ADD, 4, CP_SELL, 106, 5); /* one name, two orders */
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(4, picture.book_mismatches);
    CHECK_EQ(1, cp_venue_resting_count(venue));
    close_all();
}

static void orders_without_an_entry_are_told_apart(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100)->flags = CP_FLOW_REVEALED | CP_FLOW_UNSEEN;
    put(CP_MD_ADD, 2, CP_SELL, 105, 10)->flags = CP_FLOW_UNSEEN; /* on no evidence */
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 100);
    put(CP_MD_EXECUTE, 2, CP_SELL, 105, 10);
    open_with(NULL, 0);
    play_out();
    CHECK_EQ(2, picture.messages);
    CHECK_EQ(1, picture.revealed);
    CHECK_EQ(1, picture.orphans);
    CHECK_EQ(2, picture.executions);
    CHECK_EQ(0, picture.executions_known);
    CHECK_EQ(2, picture.executions_unseen_matched);
    close_all();
}

static void a_day_of_references_passes_through_a_small_table(void)
{
    begin();
    for (uint64_t ref = 1; ref <= 5000; ref++) {
        put(CP_MD_ADD, ref * 7919, CP_SELL, 105, 10);
        put(ref % 2 ? CP_MD_DELETE : CP_MD_EXECUTE, ref * 7919, CP_SELL, 105, 10);
    }
    open_venue();
    CHECK_EQ(0,
             cp_flow_replay_create_events(&flow, events, event_count, NULL, 0, 1, 4, 0));
    play_out();
    CHECK_EQ(0, picture.orphans + picture.book_mismatches);
    CHECK_EQ(2500, picture.executions_matched);
    close_all();
}

/* ---- with the desk --------------------------------------------------------- */

static void an_aggressor_meets_the_desk_that_stands_before_its_order(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10);
    put(CP_MD_ADD, 2, CP_SELL, 106, 100);
    put(CP_MD_DELETE, 1, CP_SELL, 105, 10);
    put(CP_MD_EXECUTE, 2, CP_SELL, 106, 100); /* the desk at 105 gets 60 of it */
    put(CP_MD_ADD, 3, CP_SELL, 106, 50);
    put(CP_MD_EXECUTE, 3, CP_SELL, 106, 50); /* meets 2, which should be gone */
    put(CP_MD_DELETE, 3, CP_SELL, 106, 0);
    open_with(NULL, 0);
    play(3);
    desk_sends(CP_SELL, 105, 60);
    play(1);
    CHECK_EQ(1, picture.displaced);
    CHECK_EQ(60, picture.displaced_qty);
    CHECK_EQ(60, rests(2));
    play(2);
    CHECK_EQ(1, picture.displaced);
    CHECK_EQ(10, rests(2));
    CHECK_EQ(50, rests(3));
    play_out();
    /* Its recorded life ended with its execution, of which the venue knows nothing. */
    CHECK_EQ(50, rests(3));
    CHECK_EQ(1, picture.orphans);
    CHECK_EQ(0, picture.executions_matched);
    CHECK_EQ(0, cp_flow_replay_mismatches(flow, NULL, 0));
    cp_mismatch none[1];
    CHECK_EQ(0, cp_flow_replay_mismatches(flow, none, 1));
    CHECK_EQ(0, picture.consumed);
    close_all();
}

static void orders_that_outlive_their_recorded_life_are_forgotten_when_they_go(void)
{
    begin();
    for (uint64_t ref = 1; ref <= 1000; ref++) {
        put(CP_MD_ADD, ref, CP_SELL, 105, 10);
        put(CP_MD_EXECUTE, ref, CP_SELL, 105, 10); /* meets the one before it */
    }
    open_venue();
    CHECK_EQ(0,
             cp_flow_replay_create_events(&flow, events, event_count, NULL, 0, 1, 4, 0));
    play(1);
    desk_sends(CP_SELL, 104, 10);
    play_out();
    CHECK_EQ(10, picture.displaced_qty);
    CHECK_EQ(0, picture.orphans + picture.book_mismatches);
    CHECK_EQ(1, cp_venue_resting_count(venue));
    CHECK_EQ(10, rests(1000));
    close_all();
}

static void what_the_desk_takes_is_consumed_and_no_orphan(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 100);
    put(CP_MD_ADD, 2, CP_SELL, 105, 100);
    put(CP_MD_ADD, 3, CP_SELL, 105, 100);
    put(CP_MD_DELETE, 1, CP_SELL, 105, 100);
    put(CP_MD_REPLACE, 2, CP_SELL, 107, 80)->new_ref = 4;
    put(CP_MD_REDUCE, 4, CP_SELL, 107, 30);
    put(CP_MD_EXECUTE, 3, CP_SELL, 105, 100); /* the desk has had half of it */
    put(CP_MD_DELETE, 4, CP_SELL, 107, 50);
    open_with(NULL, 0);
    play(3);
    desk_sends(CP_BUY, 105, 250);
    CHECK_EQ(3, picture.consumed);
    CHECK_EQ(250, picture.consumed_qty);
    play_out();
    CHECK_EQ(0, picture.orphans);
    CHECK_EQ(0, picture.book_mismatches);
    CHECK_EQ(1, picture.executions);
    CHECK_EQ(0, picture.executions_matched);
    CHECK_EQ(0, picture.displaced);
    cp_mismatch none[1];
    CHECK_EQ(0, cp_flow_replay_mismatches(flow, none, 1));
    CHECK_EQ(0, cp_venue_resting_count(venue)); /* 4 could not replace what was gone */
    close_all();
}

static void an_add_that_meets_the_desk_is_no_fault_of_the_recording(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_BUY, 100, 10);
    put(CP_MD_ADD, 2, CP_BUY, 105, 100);
    put(CP_MD_DELETE, 2, CP_BUY, 105, 100);
    open_with(NULL, 0);
    play(1);
    desk_sends(CP_SELL, 104, 40);
    play_out();
    CHECK_EQ(0, picture.book_mismatches);
    CHECK_EQ(0, picture.orphans);
    CHECK_EQ(1, picture.consumed);
    CHECK_EQ(40, picture.consumed_qty);
    CHECK_EQ(0, rests(2));
    close_all();
}

static void one_message_cannot_overfill_the_outboxes(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10000);
    put(CP_MD_EXECUTE, 1, CP_SELL, 105, 10000);
    put(CP_MD_DELETE, 1, CP_SELL, 105, 0);
    open_with(NULL, 0);
    for (uint32_t i = 0; i < CP_SWEEP_MAX + 100; i++)
        desk_sends(CP_SELL, 104, 1);
    play_out();
    CHECK_EQ(CP_SWEEP_MAX, picture.displaced_qty);
    close_all();
}

/* ---- the published book ---------------------------------------------------- */

static void every_row_is_held_against_the_published_book(void)
{
    static const int64_t rows[3][8] = {
        { 105, 10, -1, 0, -1, 0, -1, 0 },
        { 105, 10, 104, 20, -1, 0, -1, 0 },
        { 105, 10, 104, 21, -1, 0, -1, 0 }, /* does not come */
    };
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10)->row = 0;
    put(CP_MD_ADD, 2, CP_BUY, 104, 20)->row = 1;
    put(CP_MD_TRADE, 0, CP_BUY, 104, 5)->row = 2;
    open_with(rows[0], 2);
    CHECK_EQ(0, picture.book_mismatches);
    play(2);
    CHECK_EQ(0, picture.book_mismatches);
    play_out();
    CHECK_EQ(3, picture.rows_checked);
    CHECK_EQ(1, picture.book_mismatches);
    CHECK_EQ(1, picture.has_reference);
    close_all();
}

static void the_desk_is_left_out_of_the_comparison(void)
{
    static const int64_t rows[2][4] = { { 105, 10, -1, 0 }, { 105, 10, -1, 0 } };
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10)->row = 0;
    put(CP_MD_TRADE, 0, CP_BUY, 104, 5)->row = 1;
    put(CP_MD_TRADE, 0, CP_BUY, 104, 5)->row = 1;
    open_with(rows[0], 1);
    play(1);
    desk_sends(CP_SELL, 105, 7);
    desk_sends(CP_BUY, 103, 7);
    play(1);
    CHECK_EQ(2, picture.rows_checked);
    CHECK_EQ(0, picture.book_mismatches);
    desk_sends(CP_BUY, 105, 4); /* now it has traded, and the row proves nothing */
    play_out();
    CHECK_EQ(2, picture.rows_checked);
    CHECK_EQ(0, picture.book_mismatches);
    close_all();
}

/* ---- time ------------------------------------------------------------------ */

static void events_are_due_at_their_distance_from_the_first(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10)->time_ns = 5000;
    put(CP_MD_DELETE, 1, CP_SELL, 105, 10)->time_ns = 6000;
    put(CP_MD_ADD, 2, CP_SELL, 105, 10)->time_ns = 5500; /* back in time: at once */
    open_venue();
    CHECK_EQ(0, cp_flow_replay_create_events(&flow, events, 3, NULL, 0, 1, 64, 2.0));
    cp_flow_replay_start(flow, 100);
    CHECK_EQ(100, cp_flow_replay_next_ns(flow));
    play(1);
    CHECK_EQ(600, cp_flow_replay_next_ns(flow));
    CHECK_EQ(5000, picture.time_ns);
    play(1);
    CHECK_EQ(350, cp_flow_replay_next_ns(flow));
    play(1);
    CHECK(cp_flow_replay_next_ns(flow) == CP_NEVER);
    close_all();
    open_with(NULL, 0);
    play(1);
    CHECK_EQ(0, cp_flow_replay_next_ns(flow)); /* speed 0 */
    close_all();
}

static void refuses_what_it_cannot_play(void)
{
    begin();
    put(CP_MD_ADD, 1, CP_SELL, 105, 10);
    flow = NULL;
    events[0].symbol = 1;
    CHECK_EQ(-EINVAL,
             cp_flow_replay_create_events(&flow, events, 1, NULL, 0, 1, 64, 1.0));
    events[0].symbol = 0;
    events[0].kind = CP_MD_CLEAR;
    CHECK_EQ(-EINVAL,
             cp_flow_replay_create_events(&flow, events, 1, NULL, 0, 1, 64, 1.0));
    events[0].kind = CP_MD_ADD;
    events[0].row = 0; /* of no book */
    CHECK_EQ(-EINVAL,
             cp_flow_replay_create_events(&flow, events, 1, NULL, 0, 1, 64, 1.0));
    events[0].row = CP_ROW_NONE;
    CHECK_EQ(-EINVAL,
             cp_flow_replay_create_events(&flow, events, 1, NULL, 0, 1, 64, -1.0));
    CHECK(flow == NULL);
}

/* ---- ITCH ------------------------------------------------------------------ */

static uint8_t file[1 << 20];
static uint64_t file_size;

static void bytes(uint64_t value, uint32_t count)
{
    CHECK(file_size + count <= sizeof file);
    for (uint32_t i = count; i-- > 0;)
        file[file_size++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
}

static void header(uint32_t length, char type, uint16_t locate)
{
    bytes(length, 2);
    bytes((uint8_t)type, 1);
    bytes(locate, 2);
    bytes(0, 2);
    bytes(1000000 + file_size, 6);
}

static void itch_add(uint16_t locate, uint64_t ref, char side, uint32_t qty,
                     uint32_t price)
{
    header(36, 'A', locate);
    bytes(ref, 8);
    bytes((uint8_t)side, 1);
    bytes(qty, 4);
    bytes(0x5445535420202020, 8);
    bytes(price, 4);
}

static void itch_execute(uint64_t ref, uint32_t qty, char printable, uint32_t price)
{
    header(printable ? 36 : 31, printable ? 'C' : 'E', 5);
    bytes(ref, 8);
    bytes(qty, 4);
    bytes(1, 8);
    if (printable) {
        bytes((uint8_t)printable, 1);
        bytes(price, 4);
    }
}

static void itch_replace(uint64_t ref, uint64_t new_ref, uint32_t qty, uint32_t price)
{
    header(35, 'U', 5);
    bytes(ref, 8);
    bytes(new_ref, 8);
    bytes(qty, 4);
    bytes(price, 4);
}

static void itch_print(uint32_t qty, uint32_t price)
{
    header(44, 'P', 5);
    bytes(0, 8);
    bytes('B', 1);
    bytes(qty, 4);
    bytes(0, 8);
    bytes(price, 4);
    bytes(2, 8);
}

static void itch_cross(uint64_t qty, uint32_t price)
{
    header(40, 'Q', 5);
    bytes(qty, 8);
    bytes(0, 8);
    bytes(price, 4);
    bytes(3, 8);
    bytes('O', 1);
}

static void open_itch(void)
{
    static const uint16_t locate = 5;
    open_venue();
    CHECK_EQ(0, cp_flow_replay_create_itch(&flow, file, file_size, &stock, 1, &locate,
                                           8192, 0));
    cp_flow_replay_start(flow, 0);
}

static void itch_executions_act_at_the_stored_price(void)
{
    file_size = 0;
    itch_add(5, 1, 'S', 100, 10500);
    itch_add(5, 2, 'S', 100, 10600);
    itch_execute(1, 40, 'Y', 10700); /* printed elsewhere, taken here */
    itch_execute(1, 60, 0, 0);
    itch_replace(2, 3, 80, 10400);
    itch_execute(3, 80, 0, 0);
    open_itch();
    play_out();
    CHECK_EQ(6, picture.messages);
    CHECK_EQ(3, picture.executions_matched);
    CHECK_EQ(180, cp_venue_counts(venue)->traded_qty);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    close_all();
}

static void itch_prices_off_the_increment_are_skipped_but_prints_keep_them(void)
{
    file_size = 0;
    itch_add(5, 1, 'S', 100, 10550); /* half a cent */
    itch_add(5, 2, 'S', 100, 10500);
    itch_replace(2, 3, 100, 10501); /* goes, and nothing comes */
    itch_print(33, 10450);
    open_itch();
    play_out();
    CHECK_EQ(2, picture.book_mismatches);
    CHECK_EQ(0, cp_venue_resting_count(venue));
    CHECK_EQ(104, latest_trade.price);
    CHECK_EQ(500000, latest_trade.price_rest); /* half of a cent, as money */
    CHECK_EQ(33, latest_trade.qty);
    close_all();
}

static void a_cross_prints_only_what_was_not_executed_before(void)
{
    file_size = 0;
    itch_add(5, 1, 'S', 100, 10500);
    itch_execute(1, 100, 'N', 10400);
    itch_cross(130, 10400);
    itch_cross(0, 0);
    open_itch();
    play_out();
    CHECK_EQ(30, latest_trade.qty);
    CHECK_EQ(130, cp_venue_counts(venue)->traded_qty);
    close_all();
}

static void other_stocks_are_read_past_in_bounded_steps(void)
{
    file_size = 0;
    header(39, 'R', 5);
    bytes(0, 28);
    itch_add(6, 1, 'S', 1, 10500);
    itch_add(5, 2, 'S', 1, 10500);
    for (uint32_t i = 0; i < 9000; i++)
        itch_add(6, 10 + i, 'S', 1, 10500);
    itch_add(5, 3, 'S', 1, 10500);
    itch_add(6, 4, 'S', 1, 10500);
    bytes(0, 2);
    open_itch();
    CHECK_EQ(0, cp_flow_replay_next_ns(flow));
    play(1);
    CHECK(picture.messages > 3 && picture.messages < 9000);
    play_out();
    CHECK_EQ(9005, picture.messages);
    CHECK_EQ(2, cp_venue_resting_count(venue));
    close_all();
}

static void refuses_files_and_instruments_it_cannot_play(void)
{
    static const uint16_t locates[2] = { 5, 5 };
    const cp_instrument twice[2] = { stock, stock };
    cp_instrument odd = stock;
    file_size = 0;
    itch_add(5, 1, 'S', 100, 10500);
    CHECK_EQ(-EPROTO, cp_flow_replay_create_itch(&flow, file, file_size - 1, &stock, 1,
                                                 locates, 64, 0));
    CHECK_EQ(-EPROTO,
             cp_flow_replay_create_itch(&flow, file, 0, &stock, 1, locates, 64, 0));
    CHECK_EQ(-EINVAL, cp_flow_replay_create_itch(&flow, file, file_size, twice, 2,
                                                 locates, 64, 0));
    odd.increment = 15000; /* one and a half of ITCH's smallest step */
    CHECK_EQ(-EINVAL,
             cp_flow_replay_create_itch(&flow, file, file_size, &odd, 1, locates, 64, 0));
}

/* ---- anything -------------------------------------------------------------- */

static void put_random(cp_random *random)
{
    static const cp_md_kind kinds[] = { CP_MD_ADD,     CP_MD_ADD,    CP_MD_ADD,
                                        CP_MD_EXECUTE, CP_MD_REDUCE, CP_MD_DELETE,
                                        CP_MD_REPLACE, CP_MD_TRADE };
    cp_flow_event *event = put(
        kinds[cp_random_below(random, 8)], 1 + cp_random_below(random, 60),
        cp_random_below(random, 2) ? CP_SELL : CP_BUY,
        95 + (int64_t)cp_random_below(random, 11), (uint32_t)cp_random_below(random, 50));
    event->new_ref = 1 + cp_random_below(random, 60);
    event->flags = cp_random_below(random, 4) ? 0 : CP_FLOW_REVEALED;
}

static void survives_any_recording_with_a_desk_in_it(void)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        cp_random random;
        cp_random_init(&random, seed);
        begin();
        for (uint32_t i = 0; i < 400; i++)
            put_random(&random);
        open_with(NULL, 0);
        while (cp_flow_replay_next_ns(flow) != CP_NEVER) {
            play(1);
            if (seed % 2 && cp_random_below(&random, 4) == 0)
                desk_sends(cp_random_below(&random, 2) ? CP_SELL : CP_BUY,
                           95 + (int64_t)cp_random_below(&random, 11),
                           1 + (uint32_t)cp_random_below(&random, 40));
        }
        CHECK(picture.executions_matched <= picture.executions_known);
        CHECK(seed % 2 || picture.displaced + picture.consumed == 0);
        close_all();
    }
}

int main(void)
{
    RUN(executions_meet_the_order_they_met);
    RUN(references_never_seen_are_orphans_and_change_nothing);
    RUN(an_execution_behind_another_order_is_listed_and_carried_out);
    RUN(an_execution_behind_a_better_price_is_listed_and_carried_out);
    RUN(an_execution_of_more_than_there_is_takes_what_there_is);
    RUN(a_reduced_order_keeps_its_place);
    RUN(a_replaced_order_goes_to_the_back_and_keeps_its_side);
    RUN(an_add_that_crosses_is_counted_and_trades);
    RUN(adds_that_cannot_be_entered_are_counted);
    RUN(orders_without_an_entry_are_told_apart);
    RUN(a_day_of_references_passes_through_a_small_table);
    RUN(an_aggressor_meets_the_desk_that_stands_before_its_order);
    RUN(orders_that_outlive_their_recorded_life_are_forgotten_when_they_go);
    RUN(what_the_desk_takes_is_consumed_and_no_orphan);
    RUN(an_add_that_meets_the_desk_is_no_fault_of_the_recording);
    RUN(one_message_cannot_overfill_the_outboxes);
    RUN(every_row_is_held_against_the_published_book);
    RUN(the_desk_is_left_out_of_the_comparison);
    RUN(events_are_due_at_their_distance_from_the_first);
    RUN(refuses_what_it_cannot_play);
    RUN(itch_executions_act_at_the_stored_price);
    RUN(itch_prices_off_the_increment_are_skipped_but_prints_keep_them);
    RUN(a_cross_prints_only_what_was_not_executed_before);
    RUN(other_stocks_are_read_past_in_bounded_steps);
    RUN(refuses_files_and_instruments_it_cannot_play);
    RUN(survives_any_recording_with_a_desk_in_it);
    return 0;
}
