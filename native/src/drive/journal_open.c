/* journal_open.c: what is found of a journal, and how it is put in order.
 *
 *   a torn end          bytes behind the last whole record that never were one, or whose
 *                       records were not yet on disk when the power went: cut off, counted
 *   a damaged middle    something that was safe is not whole any more: nothing is touched
 *                       and nothing is traded
 *
 * Records say what was on disk when they were written, which tells the two apart. At level
 * 0 nothing is known to be on disk, so anything whole behind something that is not counts
 * as damage. And a record that one bit keeps from being whole was whole once: it did not
 * tear, wherever it stands.
 */
#include "base/mishap.h"
#include "drive/journal.h"

static const char magic[8] = "COCKPITJ";

/* ---- one file --------------------------------------------------------------------------- */

static cp_journal_record record_at(const uint8_t *bytes, uint64_t offset)
{
    cp_journal_record record;
    memcpy(&record, bytes + offset, sizeof record);
    return record;
}

/* At level 0, as the first record says. Where that is not whole the others' word counts:
 * a file is on disk at every level once its snapshot is. */
static bool knows_nothing(const uint8_t *bytes, uint64_t size)
{
    if (size < CP_JOURNAL_RECORD_SIZE)
        return false;
    cp_journal_record first = record_at(bytes, 0);
    cp_journal_segment segment;
    memcpy(&segment, first.body, sizeof segment);
    return cp_journal_is_whole(&first) && first.kind == CP_JOURNAL_SEGMENT &&
           segment.level == CP_JOURNAL_MAPPED;
}

/* Is it one bit away from a record of that sequence (0: of any)? */
static bool was_whole(const cp_journal_record *damaged, uint64_t sequence)
{
    cp_journal_record record = *damaged;
    uint8_t *bytes = (uint8_t *)&record;
    for (uint32_t bit = 0; bit < 8 * CP_JOURNAL_RECORD_SIZE; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cp_journal_is_whole(&record) &&
            (sequence == 0 || record.sequence == sequence))
            return true;
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return false;
}

/* Is there a whole record behind the bad one that knew it to be safe? Also one that has
 * slipped by some bytes counts where nothing is known. */
static bool is_damage(const uint8_t *bytes, uint64_t size, uint64_t from, uint64_t bad)
{
    bool none = knows_nothing(bytes, size);
    for (uint64_t at = from; at + CP_JOURNAL_RECORD_SIZE <= size;
         at += CP_JOURNAL_RECORD_SIZE) {
        cp_journal_record record = record_at(bytes, at);
        if (record.sequence == 0 || !cp_journal_is_whole(&record))
            continue;
        if (none || record.synced >= bad || record.sequence <= bad)
            return true;
    }
    return false;
}

void cp_journal_check_bytes(const uint8_t *bytes, uint64_t size, uint64_t expected,
                            cp_journal_check *check)
{
    *check = (cp_journal_check){ 0 };
    uint64_t at = 0;
    for (; at + CP_JOURNAL_RECORD_SIZE <= size; at += CP_JOURNAL_RECORD_SIZE) {
        cp_journal_record record = record_at(bytes, at);
        if (!cp_journal_is_whole(&record) ||
            (expected != 0 && record.sequence != expected))
            break;
        if (check->first == 0)
            check->first = record.sequence;
        check->last = record.sequence;
        expected = record.sequence + 1;
        if (record.synced > check->synced)
            check->synced = record.synced;
        check->record_count++;
    }
    check->bad_offset = at;
    if (at + CP_JOURNAL_RECORD_SIZE <= size) {
        cp_journal_record bad = record_at(bytes, at);
        check->is_damaged = !cp_journal_is_whole(&bad) && was_whole(&bad, expected);
    }
    uint64_t tail = size;
    while (tail > at && bytes[tail - 1] == 0)
        tail--;
    check->tail_size = tail - at < UINT32_MAX ? (uint32_t)(tail - at) : UINT32_MAX;
    uint64_t end = tail + CP_JOURNAL_RECORD_SIZE;
    if (tail > at)
        check->is_damaged |=
            is_damage(bytes, end < size ? end : size, at, expected != 0 ? expected : 1);
    /* What is bad itself was known to be safe. */
    if (check->synced > check->last)
        check->is_damaged = 1;
}

/* ---- all of them ------------------------------------------------------------------------ */

static int invalid(char *error, int result, const char *what)
{
    snprintf(error, CP_ERROR_SIZE, "journal: %s", what);
    return result;
}

static bool has_whole_snapshot(const uint8_t *bytes, uint64_t record_count)
{
    for (uint64_t i = 0; i < record_count; i++)
        if (record_at(bytes, i * CP_JOURNAL_RECORD_SIZE).kind == CP_JOURNAL_SNAPSHOT_END)
            return true;
    return false;
}

/* Files newest first until one has a whole snapshot: there reading begins. */
static int find_start(cp_journal *journal, uint32_t count)
{
    for (uint32_t i = count; i-- > 0;) {
        const uint8_t *bytes;
        uint64_t size, first;
        int result = journal->store.map(journal->store.self, i, &bytes, &size, &first);
        if (result != 0)
            return result;
        cp_journal_check check;
        cp_journal_check_bytes(bytes, size, first, &check);
        journal->first_segment = i;
        if (has_whole_snapshot(bytes, check.record_count))
            return 0;
    }
    return 0;
}

static void read_identity(cp_journal *journal, const cp_journal_record *record)
{
    if (record->kind == CP_JOURNAL_SEGMENT) {
        cp_journal_segment segment;
        memcpy(&segment, record->body, sizeof segment);
        journal->journal_id = segment.journal_id;
    }
    journal->epoch = record->epoch;
    journal->end = record->kind == CP_JOURNAL_CLOSED ? CP_END_ENDED : CP_END_CRASHED;
}

static int check_version(const cp_journal_record *record, char *error)
{
    cp_journal_segment segment;
    memcpy(&segment, record->body, sizeof segment);
    if (record->kind != CP_JOURNAL_SEGMENT ||
        memcmp(segment.magic, magic, sizeof magic) != 0)
        return invalid(error, -EBADMSG, "a file that does not begin a segment");
    if (segment.version >= CP_JOURNAL_OLDEST && segment.version <= CP_JOURNAL_VERSION)
        return 0;
    snprintf(
        error, CP_ERROR_SIZE,
        "journal: of format %u; this cockpit reads %d to %d: nothing was changed, and "
        "nothing is traded on it",
        segment.version, CP_JOURNAL_OLDEST, CP_JOURNAL_VERSION);
    return -EBADMSG;
}

static int look_through(cp_journal *journal, uint32_t count, char *error)
{
    uint64_t expected = 0;
    for (uint32_t i = journal->first_segment; i < count; i++) {
        const uint8_t *bytes;
        uint64_t size, first;
        int result = journal->store.map(journal->store.self, i, &bytes, &size, &first);
        if (result != 0)
            return invalid(error, result, "a file that cannot be read");
        cp_journal_check check;
        cp_journal_check_bytes(bytes, size, first, &check);
        bool last = i + 1 == count;
        bool whole = check.tail_size == 0 && check.record_count > 0;
        if (check.is_damaged || (!last && !whole) || (expected != 0 && first != expected))
            journal->end = CP_END_QUARANTINED;
        if (journal->end == CP_END_QUARANTINED) {
            snprintf(error, CP_ERROR_SIZE,
                     "journal: damaged: record %llu is not whole and later ones are; "
                     "nothing was changed, and nothing is traded on it",
                     (unsigned long long)(check.last != 0 ? check.last + 1 : first));
            return 0;
        }
        journal->cut_size = check.tail_size;
        if (check.record_count == 0)
            continue; /* made and not written to before the end came */
        journal->kept_count = i + 1;
        journal->last_size = check.bad_offset;
        cp_journal_record record = record_at(bytes, 0);
        result = check_version(&record, error);
        if (result != 0)
            return result;
        read_identity(journal, &record);
        record = record_at(bytes, check.bad_offset - CP_JOURNAL_RECORD_SIZE);
        read_identity(journal, &record);
        expected = check.last + 1;
        journal->last = journal->file_last = check.last;
    }
    return 0;
}

static cp_journal_record *head_slots(uint8_t *head)
{
    return (cp_journal_record *)(void *)(head + CP_JOURNAL_HEAD_PAGE);
}

static void quarantine_head(cp_journal *journal, uint64_t sequence, char *error)
{
    journal->end = CP_END_QUARANTINED;
    snprintf(error, CP_ERROR_SIZE,
             "journal: damaged: record %llu is missing between the files and memory; "
             "nothing was changed, and nothing is traded on it",
             (unsigned long long)sequence);
}

/* What the ring has beyond the files. A gap between the two cannot come about by dying:
 * slots are used again only when the files have them. */
static int look_at_head(cp_journal *journal, char *error)
{
    int result = journal->store.head(journal->store.self, journal->journal_id, false,
                                     &journal->old_head);
    if (result != 0)
        return invalid(error, result, "the memory file of its newest records");
    if (!journal->old_head)
        return 0;
    uint64_t id;
    memcpy(&id, journal->old_head, sizeof id);
    if (id != journal->journal_id)
        return 0; /* new, or another's: nothing in it is ours */
    cp_journal_record *slots = head_slots(journal->old_head);
    uint64_t highest = 0;
    for (uint64_t i = 0; i < CP_JOURNAL_RING; i++)
        if (slots[i].sequence > highest && slots[i].sequence % CP_JOURNAL_RING == i &&
            cp_journal_is_whole(&slots[i]))
            highest = slots[i].sequence;
    for (uint64_t next = journal->last + 1; next <= highest; next++) {
        const cp_journal_record *record = &slots[next % CP_JOURNAL_RING];
        if (record->sequence != next || !cp_journal_is_whole(record)) {
            quarantine_head(journal, next, error);
            return 0;
        }
        journal->last = next;
        read_identity(journal, record);
    }
    /* Who died while it wrote the next had not come to its last word yet. */
    uint64_t next = journal->last + 1;
    const cp_journal_record *record = &slots[next % CP_JOURNAL_RING];
    if (record->commit != cp_journal_commit(next - CP_JOURNAL_RING) &&
        was_whole(record, next))
        quarantine_head(journal, next, error);
    return 0;
}

static int find(cp_journal *journal, char *error)
{
    uint32_t count = journal->store.count(journal->store.self);
    journal->end = CP_END_FRESH;
    if (count == 0)
        return 0;
    int result = find_start(journal, count);
    if (result != 0)
        return invalid(error, result, "a file that cannot be read");
    result = look_through(journal, count, error);
    if (result == 0 && journal->end != CP_END_QUARANTINED && journal->last != 0)
        result = look_at_head(journal, error);
    return result;
}

int cp_journal_open(cp_journal **opened, const cp_store *store,
                    const cp_journal_config *config, char *error)
{
    *opened = NULL;
    cp_journal *journal = aligned_alloc(
        CP_LINE_PAIR, (sizeof *journal + CP_LINE_PAIR - 1) / CP_LINE_PAIR * CP_LINE_PAIR);
    if (!journal) {
        store->destroy(store->self);
        return -ENOMEM;
    }
    memset(journal, 0, sizeof *journal);
    journal->store = *store;
    journal->level = config->level;
    journal->segment_records = config->segment_records != 0 ? config->segment_records
                                                            : CP_JOURNAL_SEGMENT_RECORDS;
    int result = find(journal, error);
    if (result != 0) {
        cp_journal_destroy(journal);
        return result;
    }
    *opened = journal;
    return 0;
}

void cp_journal_destroy(cp_journal *journal)
{
    if (!journal)
        return;
    cp_journal_stop(journal);
    if (journal->is_open)
        journal->store.close(journal->store.self);
    journal->store.destroy(journal->store.self);
    free(journal);
}

/* ---- reading ---------------------------------------------------------------------------- */

int cp_journal_replay(cp_journal *journal,
                      int (*take)(void *context, const cp_journal_record *record),
                      void *context)
{
    uint32_t count = journal->last == 0 ? 0 : journal->store.count(journal->store.self);
    uint64_t done = 0;
    for (uint32_t i = journal->first_segment; i < count; i++) {
        const uint8_t *bytes;
        uint64_t size, first;
        int result = journal->store.map(journal->store.self, i, &bytes, &size, &first);
        if (result != 0)
            return result;
        for (uint64_t at = 0; at + CP_JOURNAL_RECORD_SIZE <= size &&
                              first + at / CP_JOURNAL_RECORD_SIZE <= journal->file_last;
             at += CP_JOURNAL_RECORD_SIZE) {
            cp_journal_record record = record_at(bytes, at);
            result = take(context, &record);
            if (result != 0)
                return result;
            done++;
        }
    }
    for (uint64_t next = journal->file_last + 1; next <= journal->last; next++, done++) {
        int result =
            take(context, &head_slots(journal->old_head)[next % CP_JOURNAL_RING]);
        if (result != 0)
            return result;
    }
    journal->replayed_count = done;
    return 0;
}

/* ---- putting it in order ---------------------------------------------------------------- */

/* What the file before holds is on disk first. */
static int begin_next(cp_journal *journal, uint64_t first)
{
    int result = journal->store.sync(journal->store.self);
    if (result != 0)
        return result;
    journal->store.close(journal->store.self);
    return journal->store.open(journal->store.self, first,
                               journal->segment_records * CP_JOURNAL_RECORD_SIZE);
}

/* Bring what only the ring has into the files, on disk, before the ring is used anew. */
static int save_head(cp_journal *journal)
{
    for (uint64_t next = journal->file_last + 1; next <= journal->last; next++) {
        const cp_journal_record *record =
            &head_slots(journal->old_head)[next % CP_JOURNAL_RING];
        if (record->kind == CP_JOURNAL_SEGMENT) {
            int result = begin_next(journal, next);
            if (result != 0)
                return result;
        }
        int result = journal->store.write(journal->store.self, record, sizeof *record);
        if (result != 0)
            return result;
    }
    return journal->store.sync(journal->store.self);
}

/* The store's last segment stays open: what is said before the first new one stands behind
 * what was there. */
static int put_in_order(cp_journal *journal)
{
    if (journal->store.count(journal->store.self) == 0)
        return 0;
    int result = journal->store.reopen(journal->store.self, journal->kept_count,
                                       journal->last_size);
    return result == 0 && journal->kept_count > 0 ? save_head(journal) : result;
}

int cp_journal_begin(cp_journal *journal)
{
    CP_ASSERT(journal->end != CP_END_QUARANTINED);
    uint8_t *head;
    int result = put_in_order(journal);
    if (result == 0) {
        journal->store.drop_head(journal->store.self);
        if (journal->journal_id == 0)
            journal->journal_id = cp_mix(cp_monotonic_ns(), (uintptr_t)journal) | 1;
        result =
            journal->store.head(journal->store.self, journal->journal_id, true, &head);
    }
    if (result != 0) {
        journal->store.close(journal->store.self);
        return result;
    }
    journal->is_open = journal->kept_count > 0;
    memset(head + CP_JOURNAL_HEAD_PAGE, 0, CP_JOURNAL_HEAD_SIZE - CP_JOURNAL_HEAD_PAGE);
    memcpy(head, &journal->journal_id, sizeof journal->journal_id);
    journal->slots = head_slots(head);
    journal->old_head = NULL;
    journal->epoch++;
    journal->next = journal->last + 1;
    journal->written_seen = journal->last;
    atomic_store_explicit(&journal->published, journal->last, memory_order_relaxed);
    atomic_store_explicit(&journal->written, journal->last, memory_order_relaxed);
    atomic_store_explicit(&journal->synced, journal->last, memory_order_relaxed);
    return 0;
}
