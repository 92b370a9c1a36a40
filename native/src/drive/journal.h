/* journal.h: what the desk does is written down before it takes effect.
 *
 *     desk's thread    cp_journal_add .. cp_journal_publish: stores into a ring of records in
 *                      a memory file, which outlives the process but not the power. No
 *                      call of the system, no allocation, no page that is not there yet.
 *     writer's thread  copies what was published into segment files and syncs them, as the
 *                      level asks.
 *
 * After the death of the process the files and the ring together have every record that
 * was published; after a loss of power the files have all that were synced. What cannot be
 * written or synced is never tried again: the journal is in trouble from then on, and who
 * asks before acting (cp_journal_trouble) does not act.
 *
 * Where the files and the ring are is the store's affair, so that a test can keep them in
 * memory and break them as it likes.
 */
#ifndef CP_JOURNAL_H
#define CP_JOURNAL_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"

#define CP_JOURNAL_RING 65536u /* records */
#define CP_JOURNAL_RECORD_SIZE 128u
#define CP_JOURNAL_HEAD_PAGE 4096u /* before the records: whose they are */
#define CP_JOURNAL_HEAD_SIZE                                                             \
    (CP_JOURNAL_HEAD_PAGE + (uint64_t)CP_JOURNAL_RING * CP_JOURNAL_RECORD_SIZE)
#define CP_JOURNAL_SEGMENT_RECORDS 262144u
#define CP_JOURNAL_STALL_NS 1000000000u /* a record may wait so long for its safety */
#define CP_JOURNAL_MARKS 128u           /* looks within that time, and some to spare */
#define CP_JOURNAL_PASS_NS 4000000      /* the writer looks this often; level 2: sooner */
#define CP_JOURNAL_PASS_SYNCED_NS 50000

static_assert(sizeof(cp_journal_record) == CP_JOURNAL_RECORD_SIZE, "two lines");
static_assert(offsetof(cp_journal_record, crc) == 120, "what the checksum covers");

/* Segments in the order of their first sequences, and the ring's memory. */
typedef struct cp_store {
    void *self;
    uint32_t (*count)(void *self);
    /* Segment `index`, to be read until the next call; its first sequence by its name. */
    int (*map)(void *self, uint32_t index, const uint8_t **bytes, uint64_t *size,
               uint64_t *first);
    /* Keep the first `count` segments, of the last of them `size` bytes, and write on
     * behind those; all else goes. */
    int (*reopen)(void *self, uint32_t count, uint64_t size);
    int (*open)(void *self, uint64_t first, uint64_t size_max);
    int (*write)(void *self, const void *bytes, uint64_t size);
    int (*sync)(void *self);
    void (*close)(void *self);
    /* The ring's memory, CP_JOURNAL_HEAD_SIZE bytes, all of it present, as it was left. If
     * there is none: zeros, or NULL unless it is to be made. */
    int (*head)(void *self, uint64_t journal_id, bool make, uint8_t **memory);
    void (*drop_head)(void *self);
    void (*destroy)(void *self);
} cp_store;

/* A look of the desk's: what was published by then. */
typedef struct cp_journal_mark {
    uint64_t sequence, seen_ns;
} cp_journal_mark;

typedef struct cp_journal {
    cp_journal_record *slots;
    uint32_t level;
    uint32_t epoch;
    uint64_t journal_id;
    uint64_t segment_records;
    cp_store store;

    /* What was found when it was opened. */
    cp_journal_end end;
    uint32_t first_segment; /* where reading begins: at the latest whole snapshot */
    uint64_t last;          /* sequence of the last whole record */
    uint64_t file_last;     /* of them, in the files */
    uint32_t kept_count;    /* files that hold anything */
    uint64_t last_size;     /* bytes of the last of them that are whole */
    uint64_t cut_size;
    uint64_t replayed_count;
    uint64_t replayed_ns;
    uint8_t *old_head;

    /* Written by the desk's thread. */
    alignas(CP_LINE_PAIR) uint64_t next; /* sequence of the next record */
    uint64_t cause;                      /* what the step under way answers */
    uint64_t written_seen;
    uint64_t segment_first;
    uint64_t segment_ns;
    uint64_t unrecorded_count;
    bool stalled;
    uint32_t mark_first, mark_count; /* of `marks`, those that are not safe yet */
    uint8_t chain[32];
    _Atomic uint64_t published; /* the last record that counts */
    _Atomic uint64_t *mirror;   /* for a test: told what was published. Or NULL */
    cp_journal_mark marks[CP_JOURNAL_MARKS];

    /* Written by the writer's thread. */
    alignas(CP_LINE_PAIR) _Atomic uint64_t written; /* in the files */
    _Atomic uint64_t synced;                        /* on disk */
    _Atomic uint32_t trouble;                       /* cp_journal_trouble */
    _Atomic uint32_t error;
    _Atomic uint64_t sync_count, sync_max_ns;
    bool is_open; /* a segment is */
    bool sync_due;
    uint64_t sync_ns; /* when the level asks for the next */

    cp_thread writer;
    _Atomic bool running;
} cp_journal;

/* ---- opening ---- */

/* Take over the store (and destroy it if this fails) and look through what it has. 0 also
 * for a journal that is damaged: `end` says. -EBADMSG: not of this version. -ENOMEM. */
int cp_journal_open(cp_journal **journal, const cp_store *store,
                    const cp_journal_config *config, char *error);
/* Sync, close and free; what was not stopped in order stays as it is. */
void cp_journal_destroy(cp_journal *journal);

/* Call `take` with each record from the latest whole snapshot on. 0, or what `take` said
 * first that was not. */
int cp_journal_replay(cp_journal *journal,
                      int (*take)(void *context, const cp_journal_record *record),
                      void *context);
/* Put the end in order and begin to record: a ring of its own, the next sequence. The
 * caller adds a segment's first record and its snapshot, and publishes. */
int cp_journal_begin(cp_journal *journal);

/* One look of the writer's at what there is to do; false: nothing. */
bool cp_journal_pass(cp_journal *journal, uint64_t now_ns);
/* The same until all that is published is in the files, and on disk. 0, or -errno. */
int cp_journal_flush(cp_journal *journal, uint64_t now_ns);
int cp_journal_start(cp_journal *journal);
void cp_journal_stop(cp_journal *journal);

/* A store of files: a directory of its own, made if need be. -EBUSY: another process has
 * it. The reason in `error`. */
int cp_store_files(cp_store *store, const char *directory, char *error);

/* ---- recording: the desk's thread ---- */

/* Records there is room for. */
static inline uint64_t cp_journal_room(cp_journal *journal, uint64_t wanted)
{
    uint64_t used = journal->next - 1 - journal->written_seen;
    if (CP_UNLIKELY(CP_JOURNAL_RING - used < wanted)) {
        /* Pairs with the release in cp_journal_pass: those records are in the file. */
        journal->written_seen =
            atomic_load_explicit(&journal->written, memory_order_acquire);
        used = journal->next - 1 - journal->written_seen;
    }
    return CP_JOURNAL_RING - used;
}

/* Add a record; its sequence, or 0 when there is no room: it is counted then. */
uint64_t cp_journal_add(cp_journal *journal, cp_journal_kind kind, uint16_t part,
                        uint64_t time_ns, const void *body, uint32_t size);

/* Fetch the next few records' lines, which will be written to. */
static inline void cp_journal_fetch(const cp_journal *journal, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const cp_journal_record *record =
            &journal->slots[(journal->next + i) % CP_JOURNAL_RING];
        cp_fetch(record);
        cp_fetch(record->body + CP_JOURNAL_BODY - 1);
    }
}

/* What was added counts from now on. */
static inline void cp_journal_publish(cp_journal *journal)
{
    /* Pairs with the acquire in cp_journal_pass: the records are whole. */
    atomic_store_explicit(&journal->published, journal->next - 1, memory_order_release);
    if (CP_UNLIKELY(journal->mirror != NULL))
        atomic_store_explicit(journal->mirror, journal->next - 1, memory_order_release);
}

/* The sequence up to which records are as safe as the level promises. */
static inline uint64_t cp_journal_safe(const cp_journal *journal)
{
    if (journal->level != CP_JOURNAL_SYNCED)
        return UINT64_MAX;
    /* Pairs with the release in cp_journal_pass: those records are on disk. */
    return atomic_load_explicit(&journal->synced, memory_order_acquire);
}

/* May anything new leave? Also notices a writer that does not keep up. Between two calls the
 * clock has to go on: `now_ns` is when this is called, not when the step under way began. */
cp_journal_trouble cp_journal_look(cp_journal *journal, uint64_t now_ns);

static inline cp_journal_trouble cp_journal_in_trouble(const cp_journal *journal)
{
    uint32_t trouble = atomic_load_explicit(&journal->trouble, memory_order_relaxed);
    return trouble != CP_TROUBLE_NONE ? (cp_journal_trouble)trouble
           : journal->stalled         ? CP_TROUBLE_STALLED
                                      : CP_TROUBLE_NONE;
}

void cp_journal_read(cp_journal *journal, cp_journal_picture *picture, uint64_t now_ns);

/* ---- one record ---- */

static inline uint32_t cp_journal_commit(uint64_t sequence)
{
    return (uint32_t)sequence ^ CP_JOURNAL_COMMIT;
}

static inline bool cp_journal_is_whole(const cp_journal_record *record)
{
    return record->sequence != 0 &&
           record->commit == cp_journal_commit(record->sequence) &&
           record->crc == cp_crc32c(record, offsetof(cp_journal_record, crc));
}

#endif /* CP_JOURNAL_H */
