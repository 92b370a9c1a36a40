/* record.c: the desk's steps, written down: before a step what it is told, after it and
 * before anything leaves what it has decided.
 *
 * Every record of a step names as its cause the report or control that the step was about;
 * an order sent on market data has none, since the market is not recorded here.
 */
#include "base/sha256.h"
#include "drive/engine.h"

/* The most one step can say: orders, notes, a state, a control with its parts, all limits. */
#define STEP_RECORDS (CP_DESK_ORDERS_MAX + CP_DESK_NOTES_MAX + 128u)
#define CONTROL_PARTS_MAX 40u

static_assert(CP_JOURNAL_RING > 8 * STEP_RECORDS, "several steps fit");

/* ---- trouble ---------------------------------------------------------------------------- */

/* What the desk says to this is recorded by the step it precedes. */
static void tell_desk(cp_engine *engine, cp_journal_trouble trouble, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    engine->seen = trouble;
    uint32_t error = atomic_load_explicit(&journal->error, memory_order_relaxed);
    uint64_t safe = atomic_load_explicit(&journal->synced, memory_order_relaxed);
    cp_desk_on_journal(engine->desk, trouble, error, safe, now_ns);
}

void cp_recorded_begin(cp_engine *engine, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    cp_journal_trouble trouble = cp_journal_in_trouble(journal);
    if (CP_UNLIKELY(cp_journal_room(journal, STEP_RECORDS) < STEP_RECORDS) &&
        trouble == CP_TROUBLE_NONE)
        trouble = CP_TROUBLE_STALLED;
    if (CP_UNLIKELY(trouble != engine->seen))
        tell_desk(engine, trouble, now_ns);
    journal->cause = 0;
}

/* ---- one step --------------------------------------------------------------------------- */

void cp_engine_record_report(cp_engine *engine, const cp_report *report, uint64_t now_ns)
{
    if (engine->journal)
        engine->journal->cause = cp_journal_add(engine->journal, CP_JOURNAL_REPORT, 0,
                                                now_ns, report, sizeof *report);
}

static void chain(cp_journal *journal, uint64_t first, uint64_t now_ns)
{
    cp_sha256 sha;
    cp_journal_chain body = { .first = first };
    cp_sha256_init(&sha);
    cp_sha256_add(&sha, journal->chain, sizeof journal->chain);
    for (uint64_t i = first; i < journal->next; i++)
        cp_sha256_add(&sha, &journal->slots[i % CP_JOURNAL_RING],
                      offsetof(cp_journal_record, crc));
    cp_sha256_finish(&sha, body.digest);
    memcpy(journal->chain, body.digest, sizeof body.digest);
    cp_journal_add(journal, CP_JOURNAL_CHAIN, 0, now_ns, &body, sizeof body);
}

/* `size` bytes as parts behind the control's first. */
static uint16_t add_parts(cp_journal *journal, uint16_t part, uint64_t now_ns,
                          const void *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += CP_JOURNAL_BODY) {
        size_t left = size - at;
        cp_journal_add(journal, CP_JOURNAL_CONTROL, part++, now_ns,
                       (const uint8_t *)bytes + at,
                       (uint32_t)(left < CP_JOURNAL_BODY ? left : CP_JOURNAL_BODY));
    }
    return part;
}

static uint32_t parts_of(size_t size)
{
    return (uint32_t)((size + CP_JOURNAL_BODY - 1) / CP_JOURNAL_BODY);
}

/* Of as many as can be there, whatever was asked. */
static size_t scoped_size(const cp_control *control)
{
    size_t count = control->scoped_count;
    return (count < CP_SCOPED_MAX ? count : CP_SCOPED_MAX) * sizeof control->scoped[0];
}

/* What a control of one structure says beside who and why. */
static const void *part_of(const cp_control *control, size_t *size)
{
    switch (control->kind) {
    case CP_CONTROL_STRATEGY:
        *size = sizeof control->strategy;
        return &control->strategy;
    case CP_CONTROL_ORDER:
    case CP_CONTROL_CANCEL:
        *size = sizeof control->ticket;
        return &control->ticket;
    case CP_CONTROL_LOOSENING:
        *size = scoped_size(control);
        return control->scoped;
    default:
        *size = 0;
        return NULL;
    }
}

void cp_engine_record_control(cp_engine *engine, const cp_control *control,
                              uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    if (!journal || control->kind == CP_CONTROL_PREVIEW) /* which changes nothing */
        return;
    if (control->kind == CP_CONTROL_STRATEGY && control->target < CP_STRATEGY_MAX)
        memcpy(engine->versions.asked_by[control->target], control->who, CP_WHO_SIZE);
    if (cp_journal_room(journal, CONTROL_PARTS_MAX + 1) < CONTROL_PARTS_MAX + 1) {
        journal->unrecorded_count++;
        return;
    }
    bool is_limits = control->kind == CP_CONTROL_LIMITS;
    size_t size;
    const void *more = part_of(control, &size);
    uint32_t parts = parts_of(size);
    if (is_limits)
        parts = parts_of(sizeof control->limits) + parts_of(sizeof control->triggers) +
                parts_of(scoped_size(control));
    cp_journal_control body = { .kind = control->kind,
                                .target = control->target,
                                .mode = control->mode,
                                .part_count = 2 + parts,
                                .version = control->version,
                                .hash = control->hash };
    memcpy(body.who, control->who, sizeof body.who);
    uint64_t first =
        cp_journal_add(journal, CP_JOURNAL_CONTROL, 0, now_ns, &body, sizeof body);
    uint16_t part = add_parts(journal, 1, now_ns, control->why, sizeof control->why);
    if (is_limits) {
        part = add_parts(journal, part, now_ns, control->limits, sizeof control->limits);
        part =
            add_parts(journal, part, now_ns, control->triggers, sizeof control->triggers);
        add_parts(journal, part, now_ns, control->scoped, scoped_size(control));
    } else {
        add_parts(journal, part, now_ns, more, size);
    }
    chain(journal, first, now_ns);
    journal->cause = first;
}

/* What was decided and cannot be told from orders and reports. Fills and refusals can be,
 * or are told by strategies a thousand times a second. */
static bool is_recorded(const cp_note *note)
{
    return note->kind != CP_NOTE_FILL && note->kind != CP_NOTE_REFUSAL &&
           note->kind != CP_NOTE_REJECT;
}

static void add_desk_record(void *context, cp_journal_kind kind, const void *body,
                            uint32_t size)
{
    cp_engine *engine = context;
    cp_journal_add(engine->journal, kind, 0, cp_desk_now_ns(engine->desk), body, size);
}

/* A strategy runs with something else from now on, or there is none in its slot any more. */
static void record_strategy(cp_engine *engine, uint32_t slot, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    cp_journal_strategy body;
    cp_desk_get_strategy(engine->desk, slot, &body);
    cp_journal_add(journal, CP_JOURNAL_STRATEGY, 0, now_ns, &body, sizeof body);
    if (!body.used)
        return;
    cp_strategy_version version = cp_version_of(
        cp_desk_strategy(engine->desk, slot), (int64_t)now_ns + engine->segment_wall_ns);
    memcpy(version.who, engine->versions.asked_by[slot], sizeof version.who);
    version.who[CP_WHO_SIZE - 1] = 0;
    cp_versions_add(&engine->versions, &version, engine->desk);
    cp_version_write(&version, journal, now_ns);
}

static void record_notes(cp_engine *engine, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    const cp_outbox *notes = cp_desk_notes(engine->desk);
    for (uint32_t i = 0; i < notes->count; i++) {
        const cp_note *note = cp_outbox_at(notes, i);
        if (!is_recorded(note))
            continue;
        cp_journal_add(journal, CP_JOURNAL_NOTE, 0, now_ns, note, sizeof *note);
        if (note->kind != CP_NOTE_CONFIG)
            continue;
        if (note->strategy == CP_NOBODY) {
            cp_desk_give_limits(engine->desk, add_desk_record, engine);
            continue;
        }
        record_strategy(engine, note->strategy, now_ns);
    }
}

static void record_orders(cp_engine *engine, uint64_t now_ns)
{
    const cp_outbox *orders = cp_desk_orders(engine->desk);
    for (uint32_t i = 0; i < orders->count; i++) {
        const cp_order *order = cp_outbox_at(orders, i);
        cp_journal_order body = { .order = *order };
        cp_desk_describe(engine->desk, &body);
        cp_journal_add(engine->journal, CP_JOURNAL_ORDER, 0, now_ns, &body, sizeof body);
    }
}

uint64_t cp_recorded_step(cp_engine *engine)
{
    cp_journal *journal = engine->journal;
    uint32_t orders = cp_desk_orders(engine->desk)->count;
    uint64_t said = cp_desk_said(engine->desk);
    uint64_t published = atomic_load_explicit(&journal->published, memory_order_relaxed);
    if (CP_LIKELY(orders == 0 && said == engine->said_recorded &&
                  published == journal->next - 1))
        return published;
    uint64_t now_ns = cp_desk_now_ns(engine->desk);
    /* The orders first: a state names the ids they have used. */
    if (orders > 0)
        record_orders(engine, now_ns);
    /* A state never changes without a word, though there may be no room to keep it. */
    if (CP_UNLIKELY(said != engine->said_recorded)) {
        engine->said_recorded = said;
        record_notes(engine, now_ns);
        if (cp_desk_state_changed(engine->desk)) {
            cp_journal_state state;
            cp_desk_get_state(engine->desk, &state);
            cp_journal_add(journal, CP_JOURNAL_STATE, 0, now_ns, &state, sizeof state);
        }
    }
    cp_journal_publish(journal);
    return journal->next - 1;
}

void cp_engine_record_drop(cp_engine *engine, const cp_order *order, uint64_t now_ns)
{
    cp_journal_order body = { .order = *order };
    cp_report report = { .time_ns = now_ns,
                         .client_id = order->client_id,
                         .original_id = order->original_id,
                         .price = order->price,
                         .qty = order->qty,
                         .symbol = order->symbol,
                         .participant = order->participant,
                         .side = order->side,
                         .kind = order->kind == CP_ORDER_NEW
                                     ? CP_REPORT_REJECTED
                                     : CP_REPORT_CHANGE_REJECTED };
    cp_journal_add(engine->journal, CP_JOURNAL_DROPPED, 0, now_ns, &body, sizeof body);
    cp_desk_on_report(engine->desk, &report, now_ns, &engine->clock);
}

/* ---- now and then ------------------------------------------------------------------------- */

static void add_snapshot_record(void *context, cp_journal_kind kind, const void *body,
                                uint32_t size)
{
    cp_engine *engine = context;
    cp_journal_add(engine->journal, kind, 0, engine->journal->segment_ns, body, size);
}

static uint64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void cp_engine_record_segment(cp_engine *engine, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    bool is_virtual = engine->config.virtual_time;
    engine->segment_wall_ns = is_virtual ? 0 : (int64_t)(wall_ns() - now_ns);
    cp_journal_segment segment = {
        .magic = { 'C', 'O', 'C', 'K', 'P', 'I', 'T', 'J' },
        .journal_id = journal->journal_id,
        .wall_ns = engine->segment_wall_ns,
        .version = CP_JOURNAL_VERSION,
        .level = journal->level,
        .symbol_count = engine->config.symbol_count,
    };
    journal->cause = 0;
    journal->segment_ns = now_ns;
    journal->segment_first =
        cp_journal_add(journal, CP_JOURNAL_SEGMENT, 0, now_ns, &segment, sizeof segment);
    /* Set aside before: who reads no further back has to know. */
    cp_journal_ids ids = { cp_desk_next_id(engine->desk), engine->ids_end };
    cp_journal_add(journal, CP_JOURNAL_IDS, 0, now_ns, &ids, sizeof ids);
    for (uint32_t i = 0; i < engine->versions.count; i++)
        cp_version_write(&engine->versions.kept[i], journal, now_ns);
    cp_desk_snapshot(engine->desk, add_snapshot_record, engine);
    cp_journal_chain carried = { .first = 0 };
    memcpy(carried.digest, journal->chain, sizeof carried.digest);
    cp_journal_add(journal, CP_JOURNAL_CHAIN, 0, now_ns, &carried, sizeof carried);
    cp_journal_publish(journal);
}

/* Ids are used when the record that sets them aside is on disk, and not before. */
static void set_ids_aside(cp_engine *engine, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    uint64_t synced = atomic_load_explicit(&journal->synced, memory_order_acquire);
    if (engine->ids_sequence != 0 && engine->ids_sequence <= synced) {
        cp_desk_set_ids(engine->desk, engine->ids_end);
        engine->ids_sequence = 0;
    }
    uint64_t next = cp_desk_next_id(engine->desk);
    if (engine->ids_sequence != 0 || next + CP_DESK_IDS / 2 < engine->ids_end)
        return;
    cp_journal_ids body = { engine->ids_end, engine->ids_end + CP_DESK_IDS };
    journal->cause = 0;
    engine->ids_sequence =
        cp_journal_add(journal, CP_JOURNAL_IDS, 0, now_ns, &body, sizeof body);
    if (engine->ids_sequence != 0)
        engine->ids_end = body.end;
    cp_journal_publish(journal);
}

void cp_engine_record_timer(cp_engine *engine, uint64_t now_ns)
{
    cp_journal *journal = engine->journal;
    if (!journal)
        return;
    if (engine->config.virtual_time)
        cp_journal_pass(journal, now_ns); /* there is no other thread */
    /* The round may have begun long before: a strategy may have kept it. */
    cp_journal_look(journal, cp_clock_now_ns(&engine->clock));
    if (cp_journal_in_trouble(journal) != CP_TROUBLE_NONE)
        return;
    set_ids_aside(engine, now_ns);
    /* A snapshot is as long as there are orders and lots: it has to fit beside the
     * steps, with the three records around it and the versions. */
    if (journal->next - journal->segment_first >= journal->segment_records &&
        cp_journal_room(journal, CP_JOURNAL_RING) >
            cp_desk_snapshot_count(engine->desk) + 3u + STEP_RECORDS +
                engine->versions.count * CP_VERSION_PARTS)
        cp_engine_record_segment(engine, now_ns);
}
