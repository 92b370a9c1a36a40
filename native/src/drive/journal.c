/* journal.c: the ring of records, and the writer that empties it. */
#include "drive/journal.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/mishap.h"

/* ---- recording ------------------------------------------------------------------------ */

uint64_t cp_journal_add(cp_journal *journal, cp_journal_kind kind, uint16_t part,
                        uint64_t time_ns, const void *body, uint32_t size)
{
    CP_ASSERT(size <= CP_JOURNAL_BODY);
    if (CP_UNLIKELY(cp_journal_room(journal, 1) == 0)) {
        journal->unrecorded_count++;
        return 0;
    }
    uint64_t sequence = journal->next++;
    cp_journal_record *record = &journal->slots[sequence % CP_JOURNAL_RING];
    record->sequence = sequence;
    record->time_ns = time_ns;
    record->cause = journal->cause;
    record->synced = atomic_load_explicit(&journal->synced, memory_order_relaxed);
    record->kind = (uint16_t)kind;
    record->part = part;
    record->epoch = journal->epoch;
    memcpy(record->body, body, size);
    memset(record->body + size, 0, CP_JOURNAL_BODY - size);
    record->crc = cp_crc32c(record, offsetof(cp_journal_record, crc));
    /* The last word, and the compiler is to leave it the last: who dies before it has
     * written nothing. */
    atomic_signal_fence(memory_order_release);
    *(volatile uint32_t *)&record->commit = cp_journal_commit(sequence);
    return sequence;
}

/* A record's time is when its step began, and a strategy may have kept that step busy for a
 * second: no fault of the writer's, who had nothing to write before the step was over. What
 * counts is how long a record has lain there published, and that is known from one look to
 * the next. */
static bool is_late(cp_journal *journal, uint64_t safe, uint64_t now_ns)
{
    while (journal->mark_count > 0 &&
           journal->marks[journal->mark_first].sequence <= safe) {
        journal->mark_first = (journal->mark_first + 1) % CP_JOURNAL_MARKS;
        journal->mark_count--;
    }
    uint64_t published = atomic_load_explicit(&journal->published, memory_order_relaxed);
    uint32_t end = journal->mark_first + journal->mark_count;
    uint64_t marked = journal->mark_count > 0
                          ? journal->marks[(end - 1) % CP_JOURNAL_MARKS].sequence
                          : safe;
    /* With all of them in use the oldest is late, or the looks come fast: then the next
     * that is free stands for what was published until then. */
    if (published > marked && journal->mark_count < CP_JOURNAL_MARKS) {
        journal->marks[end % CP_JOURNAL_MARKS] = (cp_journal_mark){ published, now_ns };
        journal->mark_count++;
    }
    return journal->mark_count > 0 &&
           now_ns > journal->marks[journal->mark_first].seen_ns + CP_JOURNAL_STALL_NS;
}

cp_journal_trouble cp_journal_look(cp_journal *journal, uint64_t now_ns)
{
    const _Atomic uint64_t *safe =
        journal->level == CP_JOURNAL_MAPPED ? &journal->written : &journal->synced;
    journal->stalled =
        is_late(journal, atomic_load_explicit(safe, memory_order_acquire), now_ns);
    return cp_journal_in_trouble(journal);
}

/* ---- the writer ----------------------------------------------------------------------- */

static void fail(cp_journal *journal, cp_journal_trouble trouble, int error)
{
    atomic_store_explicit(&journal->error, (uint32_t)-error, memory_order_relaxed);
    atomic_store_explicit(&journal->trouble, trouble, memory_order_release);
}

static int sync_now(cp_journal *journal)
{
    uint64_t written = atomic_load_explicit(&journal->written, memory_order_relaxed);
    if (atomic_load_explicit(&journal->synced, memory_order_relaxed) == written)
        return 0;
    uint64_t began_ns = cp_monotonic_ns();
    int result =
        CP_MISHAP(JOURNAL_SYNC) ? -EIO : journal->store.sync(journal->store.self);
    if (result != 0) {
        fail(journal, CP_TROUBLE_SYNC, result);
        return result;
    }
    uint64_t took_ns = cp_monotonic_ns() - began_ns;
    if (took_ns > atomic_load_explicit(&journal->sync_max_ns, memory_order_relaxed))
        atomic_store_explicit(&journal->sync_max_ns, took_ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&journal->sync_count, 1, memory_order_relaxed);
    /* Pairs with the acquires in cp_journal_safe and cp_journal_look. */
    atomic_store_explicit(&journal->synced, written, memory_order_release);
    journal->sync_due = false;
    return 0;
}

/* A segment ends where the next one's first record stands. What it holds is on disk before
 * anything is written behind it. */
static int turn(cp_journal *journal, uint64_t first)
{
    if (journal->is_open) {
        int result = sync_now(journal);
        if (result != 0)
            return result;
        journal->store.close(journal->store.self);
        journal->is_open = false;
    }
    uint64_t size = journal->segment_records * CP_JOURNAL_RECORD_SIZE;
    int result = CP_MISHAP(JOURNAL_NO_FILE)
                     ? -ENOSPC
                     : journal->store.open(journal->store.self, first, size);
    if (result != 0)
        fail(journal, CP_TROUBLE_WRITE, result);
    journal->is_open = result == 0;
    return result;
}

static int write_run(cp_journal *journal, const cp_journal_record *records,
                     uint64_t count)
{
    uint64_t size = count * CP_JOURNAL_RECORD_SIZE;
    int result = 0;
    if (CP_MISHAP(JOURNAL_WRITE)) {
        result = -EIO;
    } else if (CP_MISHAP(JOURNAL_SHORT)) {
        journal->store.write(journal->store.self, records, size / 2);
        result = -ENOSPC;
    } else {
        result = journal->store.write(journal->store.self, records, size);
    }
    if (result != 0)
        fail(journal, CP_TROUBLE_WRITE, result);
    return result;
}

static bool must_be_synced(const cp_journal *journal, const cp_journal_record *record)
{
    /* Ids that come back would be worse than anything: they are on disk at every level. So
     * is a snapshot before older files may be looked away from. */
    return journal->level == CP_JOURNAL_SYNCED || record->kind == CP_JOURNAL_IDS ||
           record->kind == CP_JOURNAL_SNAPSHOT_END || record->kind == CP_JOURNAL_CLOSED ||
           record->kind == CP_JOURNAL_CHAIN;
}

/* Write records that lie together, up to where a new segment begins; how many. */
static uint64_t write_some(cp_journal *journal, const cp_journal_record *records,
                           uint64_t count)
{
    if (records[0].kind == CP_JOURNAL_SEGMENT && turn(journal, records[0].sequence) != 0)
        return 0;
    CP_ASSERT(journal->is_open);
    uint64_t run = 0;
    do
        journal->sync_due |= must_be_synced(journal, &records[run]);
    while (++run < count && records[run].kind != CP_JOURNAL_SEGMENT);
    return write_run(journal, records, run) == 0 ? run : 0;
}

bool cp_journal_pass(cp_journal *journal, uint64_t now_ns)
{
    if (atomic_load_explicit(&journal->trouble, memory_order_relaxed) != 0 ||
        CP_MISHAP(JOURNAL_STALL))
        return false;
    /* Pairs with the release in cp_journal_publish: the records are whole. */
    uint64_t published = atomic_load_explicit(&journal->published, memory_order_acquire);
    uint64_t written = atomic_load_explicit(&journal->written, memory_order_relaxed);
    bool busy = written < published;
    while (written < published) {
        uint64_t at = (written + 1) % CP_JOURNAL_RING;
        uint64_t count = published - written;
        uint64_t together = CP_JOURNAL_RING - at;
        uint64_t run =
            write_some(journal, &journal->slots[at], count < together ? count : together);
        if (run == 0)
            return true;
        written += run;
        /* Pairs with the acquire in cp_journal_room: the slots may be used again. */
        atomic_store_explicit(&journal->written, written, memory_order_release);
    }
    bool due = journal->level == CP_JOURNAL_BACKGROUND && now_ns >= journal->sync_ns;
    if (journal->sync_due || due) {
        sync_now(journal);
        journal->sync_ns = now_ns + CP_JOURNAL_PASS_NS;
    }
    return busy;
}

int cp_journal_flush(cp_journal *journal, uint64_t now_ns)
{
    while (cp_journal_pass(journal, now_ns))
        ;
    if (cp_journal_in_trouble(journal) == CP_TROUBLE_NONE)
        sync_now(journal);
    uint32_t error = atomic_load_explicit(&journal->error, memory_order_relaxed);
    return error != 0 ? -(int)error : 0;
}

static void writer_run(void *argument)
{
    cp_journal *journal = argument;
    bool soon = journal->level == CP_JOURNAL_SYNCED;
    struct timespec pause = { .tv_nsec =
                                  soon ? CP_JOURNAL_PASS_SYNCED_NS : CP_JOURNAL_PASS_NS };
    if (soon)
        prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
    while (atomic_load_explicit(&journal->running, memory_order_acquire)) {
        if (!cp_journal_pass(journal, cp_monotonic_ns()) || !soon)
            nanosleep(&pause, NULL);
    }
}

int cp_journal_start(cp_journal *journal)
{
    journal->writer.name = "journal";
    journal->writer.run = writer_run;
    journal->writer.argument = journal;
    journal->writer.cpu = -2;
    journal->writer.waiting = CP_WAIT_PARK;
    /* Pairs with the acquire in writer_run. */
    atomic_store_explicit(&journal->running, true, memory_order_release);
    return cp_thread_start(&journal->writer);
}

void cp_journal_stop(cp_journal *journal)
{
    atomic_store_explicit(&journal->running, false, memory_order_release);
    cp_thread_join(&journal->writer);
}

/* ---- the screen ------------------------------------------------------------------------- */

void cp_journal_read(cp_journal *journal, cp_journal_picture *picture, uint64_t now_ns)
{
    *picture = (cp_journal_picture){
        .used = 1,
        .level = journal->level,
        .trouble = cp_journal_in_trouble(journal),
        .error = atomic_load_explicit(&journal->error, memory_order_relaxed),
        .end = journal->end,
        .epoch = journal->epoch,
        .sequence = journal->slots ? journal->next - 1 : journal->last,
        .written = atomic_load_explicit(&journal->written, memory_order_acquire),
        .synced = atomic_load_explicit(&journal->synced, memory_order_acquire),
        .sync_count = atomic_load_explicit(&journal->sync_count, memory_order_relaxed),
        .sync_max_ns = atomic_load_explicit(&journal->sync_max_ns, memory_order_relaxed),
        .unrecorded_count = journal->unrecorded_count,
        .replayed_count = journal->replayed_count,
        .replayed_ns = journal->replayed_ns,
        .cut_size = journal->cut_size,
    };
    uint64_t safe =
        journal->level == CP_JOURNAL_MAPPED ? picture->sequence : picture->synced;
    if (journal->slots && safe < picture->sequence &&
        picture->sequence - safe <= CP_JOURNAL_RING) {
        uint64_t since_ns = journal->slots[(safe + 1) % CP_JOURNAL_RING].time_ns;
        picture->lag_ns = now_ns > since_ns ? now_ns - since_ns : 0;
    }
}
