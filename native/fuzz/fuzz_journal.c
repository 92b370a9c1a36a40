/* A journal's file, and what a desk makes of the records in it. An input is a file. */
#include "base/crc32c.h"
#include "desk/desk.h"
#include "drive/journal.h"
#include "fuzz.h"

#define RECORD CP_JOURNAL_RECORD_SIZE

static const uint8_t kinds[] = {
    CP_JOURNAL_INSTRUMENT, CP_JOURNAL_POSITION, CP_JOURNAL_WORKING,
    CP_JOURNAL_MATCHES,    CP_JOURNAL_STATE,    CP_JOURNAL_SNAPSHOT_END,
    CP_JOURNAL_IDS,        CP_JOURNAL_ORDER,    CP_JOURNAL_ORDER,
    CP_JOURNAL_REPORT,     CP_JOURNAL_REPORT,   CP_JOURNAL_REPORT,
    CP_JOURNAL_DROPPED,    CP_JOURNAL_STRATEGY, CP_JOURNAL_NEW_DAY,
    CP_JOURNAL_CLOSED,     CP_JOURNAL_COSTS,    CP_JOURNAL_LOTS
};

static void seal(cp_journal_record *record)
{
    record->crc = cp_crc32c(record, offsetof(cp_journal_record, crc));
    record->commit = cp_journal_commit(record->sequence);
}

/* Small figures, so that records speak of the same orders. */
static void make_body(cp_random *random, cp_journal_record *record)
{
    for (uint32_t i = 0; i < CP_JOURNAL_BODY; i++)
        record->body[i] =
            cp_fuzz_below(random, 3) ? 0 : (uint8_t)cp_fuzz_below(random, 12);
    if (record->kind == CP_JOURNAL_INSTRUMENT) {
        cp_journal_instrument body = { .name = "S0",
                                       .increment = 1,
                                       .point_value = 1,
                                       .symbol = cp_fuzz_below(random, 3),
                                       .price_max = 100 };
        memcpy(record->body, &body, sizeof body);
    }
}

static uint32_t make(cp_random *random, uint8_t *bytes)
{
    uint32_t count = 1 + cp_fuzz_below(random, CP_FUZZ_SIZE_MAX / 2 / RECORD - 1);
    for (uint32_t i = 0; i < count; i++) {
        cp_journal_record record = { .sequence = i + 1, .time_ns = i, .synced = i / 2 };
        record.kind = i == 0   ? CP_JOURNAL_SEGMENT
                      : i == 1 ? CP_JOURNAL_INSTRUMENT
                               : kinds[cp_fuzz_below(random, sizeof kinds)];
        make_body(random, &record);
        seal(&record);
        memcpy(bytes + i * RECORD, &record, RECORD);
    }
    return count * RECORD;
}

static void mend(uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; (i + 1) * RECORD <= size; i++) {
        cp_journal_record record;
        memcpy(&record, bytes + i * RECORD, RECORD);
        record.sequence = i + 1;
        seal(&record);
        memcpy(bytes + i * RECORD, &record, RECORD);
    }
}

static cp_desk *make_desk(void)
{
    cp_config config = { .symbol_count = 1,
                         .order_capacity = 16,
                         .desk_order_capacity = 16,
                         .instruments = { { .name = "S0",
                                            .increment = 1,
                                            .point_value = 1,
                                            .price_max = 100 } } };
    for (uint32_t i = 0; cp_limit_parameter(i); i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        config.limits[i] = (int64_t)(limit->standard * scale);
    }
    char error[CP_ERROR_SIZE];
    cp_desk *desk;
    CP_ASSERT(cp_desk_create(&desk, &config, error) == 0);
    return desk;
}

/* Whatever the records say, they are taken in or refused. */
static void take_in(const uint8_t *bytes, uint64_t count)
{
    char error[CP_ERROR_SIZE];
    cp_desk *desk = make_desk();
    CP_ASSERT(cp_desk_recover_begin(desk) == 0);
    int result = 0;
    for (uint64_t i = 0; i < count && result == 0; i++) {
        cp_journal_record record;
        memcpy(&record, bytes + i * RECORD, RECORD);
        result = cp_desk_recover(desk, &record);
        CP_ASSERT(result == 0 || result == -EBADMSG || result == -ENOSPC);
    }
    if (result == 0)
        cp_desk_recover_end(desk, true, error);
    cp_desk_destroy(desk);
}

static bool check(const uint8_t *bytes, uint32_t size)
{
    cp_journal_check found;
    cp_journal_check_bytes(bytes, size, 1, &found);
    CP_ASSERT(found.record_count * RECORD == found.bad_offset);
    CP_ASSERT(found.bad_offset <= size && found.tail_size <= size - found.bad_offset);
    CP_ASSERT(found.record_count == 0
                  ? found.last == 0
                  : found.last == found.first + found.record_count - 1);
    for (uint64_t i = 0; i < found.record_count; i++) {
        cp_journal_record record;
        memcpy(&record, bytes + i * RECORD, RECORD);
        CP_ASSERT(cp_journal_is_whole(&record) && record.sequence == i + 1);
    }
    if (found.record_count > 0)
        take_in(bytes, found.record_count);
    return found.record_count > 0 && found.bad_offset == size;
}

const cp_fuzz_target cp_fuzz_target_here = { "journal", make, mend, check };
