/* What is kept of a stream, and every live order of a feed. */
#include "test.h"
#include "drive/log.h"
#include "drive/shadow.h"

/* ---- the log ------------------------------------------------------------------------- */

static void add(cp_log *log, uint64_t number)
{
    uint32_t size = 8 + (uint32_t)(number * 37 % 900);
    uint8_t *room = cp_log_claim(log, size);
    memset(room, (int)(number & 0xff), size);
    cp_store_u64(room, number);
    cp_log_publish(log, size);
}

/* Read everything from the cursor on, as a connection would, and check each message. */
static uint64_t read_on(const cp_log *log, cp_log_cursor cursor, uint64_t expected)
{
    const uint8_t *bytes;
    uint32_t size;
    while ((size = cp_log_read(log, &cursor, &bytes)) > 0) {
        cp_soup_packet packet;
        CHECK_EQ(0, cp_soup_frame(bytes, size, 2000, &packet));
        CHECK_EQ(CP_SOUP_SEQUENCED, packet.type);
        CHECK_EQ(8 + expected * 37 % 900, packet.payload_size);
        CHECK(cp_load_u64(packet.payload) == expected);
        if (packet.payload_size > 8)
            CHECK_EQ(expected & 0xff, packet.payload[packet.payload_size - 1]);
        cursor.offset += packet.size;
        expected++;
    }
    return expected;
}

static void gives_back_every_message_from_every_number_it_keeps(void)
{
    cp_log log;
    CHECK_EQ(0, cp_log_init(&log, 3 << 20));
    for (uint64_t n = 1; n <= 20000; n++)
        add(&log, n);
    CHECK_EQ(20001, log.next);
    CHECK(cp_log_first(&log) > 1);
    cp_log_cursor cursor;
    for (uint64_t from = cp_log_first(&log); from <= log.next; from += 97) {
        CHECK_EQ(0, cp_log_find(&log, from, &cursor));
        CHECK_EQ(20001, read_on(&log, cursor, from));
    }
    CHECK_EQ(-ERANGE, cp_log_find(&log, cp_log_first(&log) - 1, &cursor));
    CHECK_EQ(-ERANGE, cp_log_find(&log, log.next + 1, &cursor));
    CHECK_EQ(0, cp_log_find(&log, log.next, &cursor));
    CHECK_EQ(0, cp_log_behind(&log, cursor));
    cp_log_free(&log);
}

static void a_cursor_that_was_overtaken_knows_it(void)
{
    cp_log log;
    CHECK_EQ(0, cp_log_init(&log, 0));
    cp_log_cursor cursor;
    CHECK_EQ(0, cp_log_find(&log, 1, &cursor));
    uint64_t n = 1;
    while (cp_log_holds(&log, cursor))
        add(&log, n++);
    CHECK(cp_log_first(&log) > 1);
    CHECK(n > 2000); /* two segments of a megabyte at least */
    cp_log_clear(&log, 500);
    CHECK_EQ(500, cp_log_first(&log));
    CHECK(!cp_log_holds(&log, cursor));
    add(&log, 500);
    CHECK_EQ(0, cp_log_find(&log, 500, &cursor));
    CHECK_EQ(501, read_on(&log, cursor, 500));
    cp_log_free(&log);
}

/* ---- the shadow ------------------------------------------------------------------------ */

static void keeps_orders_in_order_of_arrival(void)
{
    cp_shadow shadow;
    CHECK_EQ(0, cp_shadow_init(&shadow, 4));
    CHECK_EQ(0, cp_shadow_add(&shadow, 50, 0, CP_BUY, 10, 5));
    CHECK_EQ(0, cp_shadow_add(&shadow, 40, 1, CP_SELL, 11, 6));
    CHECK_EQ(0, cp_shadow_add(&shadow, 60, 0, CP_BUY, 10, 7));
    CHECK_EQ(-EEXIST, cp_shadow_add(&shadow, 60, 0, CP_BUY, 10, 7));
    CHECK_EQ(-EINVAL, cp_shadow_add(&shadow, 61, 0, CP_BUY, 10, 0));
    cp_shadow_remove(&shadow, cp_shadow_find(&shadow, 40));
    cp_shadow_reduce(&shadow, cp_shadow_find(&shadow, 50), 2);
    CHECK_EQ(0, cp_shadow_add(&shadow, 40, 1, CP_SELL, 11, 6));
    CHECK_EQ(0, cp_shadow_add(&shadow, 70, 1, CP_SELL, 11, 6));
    CHECK_EQ(-ENOSPC, cp_shadow_add(&shadow, 80, 1, CP_SELL, 11, 6));
    const uint64_t refs[] = { 50, 60, 40, 70 };
    const uint32_t qtys[] = { 3, 7, 6, 6 };
    uint32_t i = shadow.first;
    for (uint32_t n = 0; n < 4; n++) {
        CHECK(cp_shadow_at(&shadow, i)->id == refs[n]);
        CHECK_EQ(qtys[n], cp_shadow_at(&shadow, i)->qty);
        i = cp_shadow_at(&shadow, i)->next;
    }
    CHECK_EQ(CP_NONE, i);
    cp_shadow_reduce(&shadow, cp_shadow_find(&shadow, 50), 3);
    CHECK_EQ(CP_NONE, cp_shadow_find(&shadow, 50));
    cp_shadow_clear(&shadow);
    CHECK_EQ(CP_NONE, shadow.first);
    CHECK_EQ(CP_NONE, shadow.last);
    cp_shadow_free(&shadow);
}

int main(void)
{
    RUN(gives_back_every_message_from_every_number_it_keeps);
    RUN(a_cursor_that_was_overtaken_knows_it);
    RUN(keeps_orders_in_order_of_arrival);
    return 0;
}
