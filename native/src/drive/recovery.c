/* recovery.c: a desk goes on from its journal. */
#include "drive/engine.h"

#define DAY_NS 86400000000000u

typedef struct reading {
    cp_engine *engine;
    int64_t wall_ns;  /* of the segment being read */
    uint64_t last_ns; /* time of day of the latest record */
    uint64_t ids_end;
    char *error;
} reading;

static int take(void *context, const cp_journal_record *record)
{
    reading *r = context;
    if (record->kind == CP_JOURNAL_SEGMENT) {
        cp_journal_segment segment;
        memcpy(&segment, record->body, sizeof segment);
        r->wall_ns = segment.wall_ns;
    }
    if (record->kind == CP_JOURNAL_IDS) {
        cp_journal_ids ids;
        memcpy(&ids, record->body, sizeof ids);
        r->ids_end = ids.end > r->ids_end ? ids.end : r->ids_end;
    }
    if (record->kind == CP_JOURNAL_CHAIN)
        memcpy(r->engine->journal->chain, record->body, sizeof r->engine->journal->chain);
    r->last_ns = record->time_ns + (uint64_t)r->wall_ns;
    int result = cp_versions_take(&r->engine->versions, record);
    if (result == 0)
        result = cp_desk_recover(r->engine->desk, record);
    if (result != 0)
        snprintf(
            r->error, CP_ERROR_SIZE,
            "journal: record %llu (%s) does not follow from those before it; nothing "
            "was changed, and nothing is traded on it",
            (unsigned long long)record->sequence,
            cp_journal_kind_name(record->kind) ? cp_journal_kind_name(record->kind)
                                               : "of an unknown kind");
    return result;
}

static uint64_t wall_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* An exchange of its own process knows the ids of desks before this one, whose journals are
 * not here. They are given faster than 256 a millisecond by nobody, so that whoever begins
 * anew begins above them all. */
uint64_t cp_engine_first_id(const cp_engine *engine)
{
    const uint64_t year_2024_ns = 1704067200000000000u;
    uint64_t now_ns = wall_now_ns();
    if (engine->config.net.role != CP_ROLE_REMOTE || now_ns <= year_2024_ns)
        return 1;
    return (now_ns - year_2024_ns) / 1000000 * 256 + 1;
}

/* A strategy that goes on as it was has the version it had; else it is one more, and all
 * of these are the same one: a file that was read. */
static void go_on_with_versions(cp_engine *engine)
{
    cp_versions *versions = &engine->versions;
    uint64_t next = versions->latest + 1;
    bool is_fresh = versions->latest == 0;
    int64_t now_ns = engine->config.virtual_time ? 0 : (int64_t)wall_now_ns();
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        const cp_strategy_config *config = cp_desk_strategy(engine->desk, i);
        if (!config->used)
            continue;
        cp_strategy_version runs = cp_version_of(config, now_ns);
        const cp_strategy_version *last = cp_versions_find(versions, config->name);
        if (last && last->hash == runs.hash && last->layout == runs.layout) {
            cp_desk_set_version(engine->desk, i, last->version);
            continue;
        }
        if (!is_fresh)
            runs.version = next;
        cp_desk_set_version(engine->desk, i, runs.version);
        cp_versions_add(versions, &runs, engine->desk);
    }
}

static int restore(cp_engine *engine, char *error)
{
    cp_journal *journal = engine->journal;
    reading r = { .engine = engine, .error = error };
    uint64_t began_ns = cp_monotonic_ns();
    int result = cp_desk_recover_begin(engine->desk);
    if (result == 0)
        result = cp_journal_replay(journal, take, &r);
    if (result != 0) {
        journal->end = CP_END_QUARANTINED;
        return result;
    }
    if (journal->last == 0)
        r.ids_end = cp_engine_first_id(engine);
    /* Ids past those used may have been used: the blocks set aside are left behind. */
    cp_desk_skip_ids(engine->desk, r.ids_end);
    engine->recovered_hash = cp_desk_journal_hash(engine->desk);
    engine->ids_end = cp_desk_next_id(engine->desk);
    /* Where the clock was set back it is the same day still: its losses count. */
    if (journal->last != 0 && !engine->config.virtual_time &&
        wall_now_ns() / DAY_NS > r.last_ns / DAY_NS) {
        engine->new_day = true;
        cp_desk_recover_new_day(engine->desk);
    }
    result = cp_desk_recover_end(engine->desk, journal->last != 0, error);
    if (result == 0)
        go_on_with_versions(engine);
    journal->replayed_ns = cp_monotonic_ns() - began_ns;
    return result;
}

int cp_engine_recover(cp_engine *engine, const cp_store *given, char *error)
{
    cp_store store;
    const cp_journal_config *config = &engine->config.journal;
    int result = 0;
    engine->said_recorded = UINT64_MAX; /* of this desk nothing is recorded yet */
    if (given)
        store = *given;
    else
        result = cp_store_files(&store, config->directory, error);
    if (result == 0)
        result = cp_journal_open(&engine->journal, &store, config, error);
    if (result == 0 && engine->journal->end == CP_END_QUARANTINED)
        return -EBADMSG;
    if (result == 0 && engine->journal->level == CP_JOURNAL_SYNCED) {
        engine->held = calloc(CP_ORDER_RING_CAPACITY, sizeof *engine->held);
        result = engine->held ? 0 : -ENOMEM;
    }
    if (result == 0)
        result = restore(engine, error);
    if (result == 0)
        cp_engine_show_desk(engine, 0); /* what is held, before anything is traded */
    return result;
}

/* ---- beginning and ending ---------------------------------------------------------------- */

int cp_engine_record_start(cp_engine *engine)
{
    cp_journal *journal = engine->journal;
    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    int result = journal->slots ? 0 : cp_journal_begin(journal);
    if (result != 0)
        return result;
    if (engine->new_day)
        cp_journal_add(journal, CP_JOURNAL_NEW_DAY, 0, now_ns, "", 0);
    cp_engine_record_segment(engine, now_ns);
    cp_engine_record_timer(engine, now_ns); /* sets ids aside */
    result = cp_journal_flush(journal, now_ns);
    if (result != 0)
        return result;
    cp_engine_record_timer(engine, now_ns); /* which may be used now */
    result = engine->config.virtual_time ? 0 : cp_journal_start(journal);
    engine->has_run = result == 0;
    return result;
}

void cp_engine_record_stop(cp_engine *engine)
{
    cp_journal *journal = engine->journal;
    if (!journal || !journal->slots)
        return;
    cp_journal_stop(journal);
    uint64_t now_ns = cp_clock_now_ns(&engine->clock);
    cp_journal_state state;
    cp_desk_get_state(engine->desk, &state);
    state.state_hash = cp_desk_journal_hash(engine->desk);
    journal->cause = 0;
    /* Who could not start has not put in order what a crash left. */
    if (engine->has_run || journal->end != CP_END_CRASHED)
        cp_journal_add(journal, CP_JOURNAL_CLOSED, 0, now_ns, &state, sizeof state);
    cp_journal_publish(journal);
    if (cp_journal_flush(journal, now_ns) == 0)
        journal->store.drop_head(journal->store.self);
    journal->slots = NULL;
}
