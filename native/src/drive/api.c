/* api.c: cockpit.h, implemented: an engine is made, started, read, commanded, freed. */
#include "drive/exchange.h"
#include "drive/rehearsal.h"
#include "drive/remote.h"

#define RING_CAPACITY_MIN 16384
#define RING_CAPACITY_MAX (1u << 24)
#define ORDER_CAPACITY_MAX (1u << 25)
#define FLOW_RATE_MAX 1000000u
#define LATENCY_MAX_NS 3600000000000u

static_assert(RING_CAPACITY_MIN > CP_VENUE_MD_MAX, "one step always fits");

/* ---- create and destroy ---------------------------------------------------------------- */

static bool is_latency(const cp_latency *latency)
{
    for (uint32_t i = 1; i < CP_LATENCY_POINTS; i++)
        if (latency->points_ns[i] < latency->points_ns[i - 1])
            return false;
    return latency->points_ns[CP_LATENCY_POINTS - 1] <= LATENCY_MAX_NS &&
           latency->spike_ns <= LATENCY_MAX_NS;
}

/* NULL, or what is wrong with the config. What belongs to the desk it checks itself. */
static const char *find_fault(const cp_config *config)
{
    if (config->symbol_count == 0 || config->symbol_count > CP_SYMBOL_MAX)
        return "symbol_count is not 1 .. 32";
    if (config->ring_capacity < RING_CAPACITY_MIN ||
        config->ring_capacity > RING_CAPACITY_MAX ||
        (config->ring_capacity & (config->ring_capacity - 1)) != 0)
        return "ring_capacity is not a power of two from 16384 to 16777216";
    if (config->order_capacity == 0 || config->order_capacity > ORDER_CAPACITY_MAX)
        return "order_capacity is not 1 .. 33554432";
    if (config->journal.used && (config->journal.level > CP_JOURNAL_SYNCED ||
                                 !memchr(config->journal.directory, 0, CP_PATH_SIZE) ||
                                 !config->journal.directory[0]))
        return "the journal's level or directory is not one";
    if (config->waiting > CP_WAIT_PARK)
        return "waiting is not auto, spin, yield or park";
    if (config->flow.kind > CP_FLOW_REPLAY)
        return "flow.kind is not known";
    if (config->flow.kind == CP_FLOW_SYNTHETIC &&
        (config->flow.rate == 0 || config->flow.rate > FLOW_RATE_MAX))
        return "flow.rate is not 1 .. 1000000 events a second";
    for (uint32_t i = 0; i < config->symbol_count; i++) {
        const cp_instrument *instrument = &config->instruments[i];
        if (instrument->increment <= 0 || instrument->point_value <= 0)
            return "an instrument's increment or point_value is not above 0";
        if (instrument->price_max == 0 || instrument->price_max > INT32_MAX)
            return "an instrument's price_max is not 1 .. 2147483647";
        if (instrument->price_start > instrument->price_max)
            return "an instrument's price_start is above its price_max";
    }
    for (uint32_t way = 0; way < CP_LEG_COUNT; way++)
        if (!is_latency(&config->latency[way]))
            return "a latency does not go up to an hour from point to point";
    return cp_day_find_fault(&config->rules, config->symbol_count);
}

#define TIMEOUT_MAX_NS 3600000000000u
#define LOG_SIZE_MAX (1ull << 40)

/* NULL, or what is wrong with what two processes need. */
static const char *find_net_fault(const cp_config *config)
{
    const cp_net_config *net = &config->net;
    if (net->role == CP_ROLE_EMBEDDED)
        return NULL;
    if (net->role > CP_ROLE_REMOTE || net->placement > CP_NET_INLINE)
        return "net.role or net.placement is not known";
    if (config->virtual_time)
        return "two processes cannot share virtual time";
    if ((net->role == CP_ROLE_REMOTE) != (config->desk != 0))
        return "an exchange has no desk, and what connects to one is a desk";
    if (net->user_count == 0 || net->user_count > CP_USER_MAX)
        return "there is no user, or there are more than 32";
    if (net->role == CP_ROLE_EXCHANGE &&
        (net->connection_max == 0 || net->connection_max > 1024))
        return "net.connection_max is not 1 .. 1024";
    if (net->role == CP_ROLE_REMOTE && (net->orders_port == 0 || net->feed_port == 0))
        return "a port of the exchange is 0";
    if (net->login_ns == 0 || net->heartbeat_ns == 0 || net->silence_ns == 0 ||
        net->login_ns > TIMEOUT_MAX_NS || net->heartbeat_ns > TIMEOUT_MAX_NS ||
        net->silence_ns > TIMEOUT_MAX_NS)
        return "a timeout is not 1 ns .. 1 h";
    if (net->role == CP_ROLE_REMOTE &&
        (net->retry_ns == 0 || net->retry_max_ns < net->retry_ns))
        return "net.retry_ns is 0 or above net.retry_max_ns";
    if (net->session_log_size > LOG_SIZE_MAX || net->feed_log_size > LOG_SIZE_MAX)
        return "a log is larger than 2^40 bytes";
    return NULL;
}

static int create_links(cp_engine *engine)
{
    const cp_config *config = &engine->config;
    int result = cp_ring_init(&engine->note_ring, CP_NOTE_RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->control_ring, CP_CONTROL_RING_CAPACITY,
                              (sizeof(cp_control) + 7) / 8 * 8);
    if (config->virtual_time) {
        uint64_t delay_ns = config->link_latency_ns;
        if (result == 0)
            result = cp_delay_init(&engine->md_delay, config->ring_capacity, delay_ns);
        if (result == 0)
            result =
                cp_delay_init(&engine->report_delay, CP_REPORT_RING_CAPACITY, delay_ns);
        if (result == 0)
            result =
                cp_delay_init(&engine->order_delay, CP_ORDER_RING_CAPACITY, delay_ns);
        return result;
    }
    if (result == 0)
        result = cp_ring_init(&engine->md_ring, config->ring_capacity, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->report_ring, CP_REPORT_RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&engine->order_ring, CP_ORDER_RING_CAPACITY, CP_LINE);
    return result;
}

static int create_parts(cp_engine *engine, char *error)
{
    const cp_config *config = &engine->config;
    int result = create_links(engine);
    if (result == 0)
        result = cp_snapshot_init(&engine->venue_snapshot, sizeof(cp_venue_picture));
    if (result == 0)
        result = cp_snapshot_init(&engine->desk_snapshot, sizeof(cp_desk_picture));
    bool remote = config->net.role == CP_ROLE_REMOTE;
    if (result == 0 && !remote)
        result = cp_venue_create(&engine->venue, config->instruments,
                                 config->symbol_count, config->order_capacity);
    if (result == 0 && engine->venue && !config->virtual_time)
        cp_venue_keep_hash(engine->venue, false); /* nobody could compare it */
    if (result == 0 && engine->venue)
        result = cp_engine_set_rules(engine);
    if (result == 0 && !remote) /* what the desk connects to delays what it likes */
        cp_engine_set_latency(engine);
    if (result == 0 && config->desk)
        result = cp_desk_create(&engine->desk, config, error);
    if (result == 0 && config->flow.kind == CP_FLOW_SYNTHETIC && !remote)
        result = cp_flow_synthetic_create(&engine->synthetic, &config->flow,
                                          config->instruments, config->symbol_count,
                                          config->seed);
    if (result == 0 && config->journal.used && config->desk && !config->virtual_time)
        result = cp_engine_recover(engine, NULL, error);
    if (result != 0)
        return result;
    if (remote && !engine->journal) {
        cp_desk_skip_ids(engine->desk, cp_engine_first_id(engine));
        cp_desk_set_ids(engine->desk, UINT64_MAX);
    }
    if (remote)
        cp_desk_be_guest(engine->desk);

    engine->counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *engine->counts);
    if (!engine->counts)
        return -ENOMEM;
    engine->venue_thread.name = "venue";
    engine->desk_thread.name = "desk";
    if (config->virtual_time)
        cp_clock_init_virtual(&engine->clock, 1000000000u);
    else
        cp_clock_init(&engine->clock);
    bool never_sleeps = cp_thread_resolve((cp_waiting)config->waiting) != CP_WAIT_PARK;
    if (config->desk && !config->virtual_time && never_sleeps)
        result = cp_rehearsal_create(&engine->rehearsal, config, &engine->clock, error);
    if (result != 0)
        return result;
    engine->net_thread.name = "net";
    engine->has_listener = config->desk || config->net.role == CP_ROLE_EXCHANGE;
    if (config->net.role == CP_ROLE_EXCHANGE)
        return cp_exchange_create(&engine->exchange, engine, error);
    result = cp_engine_open_copies(engine);
    if (result != 0)
        return result;
    return remote ? cp_remote_create(&engine->remote, engine, error) : 0;
}

int cp_engine_create(cp_engine **created, const cp_config *config, char *error)
{
    *created = NULL;
    error[0] = 0;
    const char *fault = find_fault(config);
    if (!fault)
        fault = find_net_fault(config);
    if (fault) {
        snprintf(error, CP_ERROR_SIZE, "%s", fault);
        return -EINVAL;
    }

    cp_engine *engine = aligned_alloc(CP_LINE_PAIR, sizeof *engine);
    if (!engine)
        return -ENOMEM;
    memset(engine, 0, sizeof *engine);
    engine->config = *config;
    if (config->virtual_time)
        engine->config.flow.replay_speed = 1; /* virtual time runs as recorded */
    int result = create_parts(engine, error);
    if (result != 0) {
        cp_engine_destroy(engine);
        return result;
    }
    *created = engine;
    return 0;
}

void cp_engine_destroy(cp_engine *engine)
{
    if (!engine)
        return;
    if (!engine->config.virtual_time)
        cp_live_stop(engine);
    cp_engine_record_stop(engine);
    cp_journal_destroy(engine->journal);
    cp_rehearsal_destroy(engine->rehearsal);
    cp_exchange_destroy(engine->exchange);
    cp_remote_destroy(engine->remote);
    cp_flow_replay_destroy(engine->replay);
    cp_flow_synthetic_destroy(engine->synthetic);
    cp_desk_destroy(engine->desk);
    cp_venue_destroy(engine->venue);
    cp_snapshot_free(&engine->venue_snapshot);
    cp_snapshot_free(&engine->desk_snapshot);
    cp_ring_free(&engine->md_ring);
    cp_ring_free(&engine->report_ring);
    cp_ring_free(&engine->order_ring);
    cp_ring_free(&engine->control_ring);
    cp_ring_free(&engine->note_ring);
    cp_delay_free(&engine->md_delay);
    cp_delay_free(&engine->report_delay);
    cp_delay_free(&engine->order_delay);
    free(engine->held);
    free(engine->counts);
    free(engine);
}

/* ---- replay ------------------------------------------------------------------------------ */

static int may_replay(const cp_engine *engine)
{
    if (engine->config.flow.kind != CP_FLOW_REPLAY)
        return -EINVAL;
    return engine->replay || engine->started ? -EALREADY : 0;
}

int cp_engine_replay_itch(cp_engine *engine, const uint8_t *bytes, uint64_t size,
                          const uint16_t *locates)
{
    const cp_config *config = &engine->config;
    int result = may_replay(engine);
    if (result != 0)
        return result;
    return cp_flow_replay_create_itch(&engine->replay, bytes, size, config->instruments,
                                      config->symbol_count, locates,
                                      config->order_capacity, config->flow.replay_speed);
}

int cp_engine_replay_events(cp_engine *engine, const cp_flow_event *events,
                            uint64_t count, const int64_t *reference, uint32_t levels)
{
    const cp_config *config = &engine->config;
    int result = may_replay(engine);
    if (result != 0)
        return result;
    return cp_flow_replay_create_events(&engine->replay, events, count, reference, levels,
                                        config->symbol_count, config->order_capacity,
                                        config->flow.replay_speed);
}

/* ---- start, stop, run ---------------------------------------------------------------------- */

uint32_t cp_engine_versions(const cp_engine *engine, cp_strategy_version *versions)
{
    const cp_versions *kept = &engine->versions;
    memcpy(versions, kept->kept, kept->count * sizeof *versions);
    return kept->count;
}

int cp_engine_start(cp_engine *engine)
{
    bool recorded = engine->config.flow.kind == CP_FLOW_REPLAY && engine->venue;
    if (engine->config.virtual_time || (recorded && !engine->replay))
        return -EINVAL;
    return cp_live_start(engine);
}

int cp_engine_stop(cp_engine *engine)
{
    return engine->config.virtual_time ? -EINVAL : cp_live_stop(engine);
}

int cp_engine_run(cp_engine *engine, uint64_t md_events)
{
    bool recorded = engine->config.flow.kind == CP_FLOW_REPLAY;
    if (!engine->config.virtual_time || (recorded && !engine->replay))
        return -EINVAL;
    return cp_sim_run(engine, md_events);
}

/* ---- commands and pictures -------------------------------------------------------------------- */

int cp_engine_command(cp_engine *engine, const cp_control *control)
{
    if (!engine->desk)
        return -ENODEV;
    if (engine->config.virtual_time) {
        cp_sim_command(engine, control);
        return 0;
    }
    if (cp_ring_room(&engine->control_ring, 1) == 0) {
        cp_ring_count_full(&engine->control_ring);
        return -EAGAIN;
    }
    memcpy(cp_ring_claim(&engine->control_ring, 0), control, sizeof *control);
    cp_ring_publish(&engine->control_ring, 1);
    cp_bell_ring(&engine->desk_thread.bell);
    return 0;
}

static void read_links(const cp_engine *engine, cp_ring_picture rings[CP_RING_COUNT])
{
    if (engine->config.virtual_time) {
        cp_delay_read(&engine->md_delay, "market data", &rings[0]);
        cp_delay_read(&engine->report_delay, "reports", &rings[1]);
        cp_delay_read(&engine->order_delay, "orders", &rings[2]);
    } else {
        cp_ring_read(&engine->md_ring, "market data", &rings[0]);
        cp_ring_read(&engine->report_ring, "reports", &rings[1]);
        cp_ring_read(&engine->order_ring, "orders", &rings[2]);
    }
    cp_ring_read(&engine->control_ring, "controls", &rings[3]);
    cp_ring_read(&engine->note_ring, "notes", &rings[4]);
}

static void read_hop(cp_engine *engine, const cp_histogram *histogram,
                     cp_hop_picture *hop)
{
    /* Counts first: every value counted is then at or below the maximum. */
    cp_histogram_read(histogram, engine->counts);
    uint64_t max = atomic_load_explicit(&histogram->max, memory_order_relaxed);
    cp_histogram_summarise(engine->counts, max, hop);
}

static void read_net(cp_engine *engine, cp_net_picture *picture)
{
    if (engine->exchange)
        cp_snapshot_read(&engine->exchange->net.snapshot, picture);
    if (!engine->remote) {
        if (engine->exchange)
            cp_thread_read(&engine->net_thread, &picture->thread);
        return;
    }
    cp_snapshot_read(&engine->remote->net.snapshot, picture);
    cp_thread_read(&engine->net_thread, &picture->thread);
    read_hop(engine, engine->remote->tick_to_order, &picture->tick_to_order);
    read_hop(engine, engine->remote->order_to_ack, &picture->order_to_ack);
}

void cp_engine_read(cp_engine *engine, cp_picture *picture)
{
    picture->start_ns = engine->start_ns;
    picture->virtual_time = engine->config.virtual_time;
    picture->running = engine->config.virtual_time
                           ? engine->started
                           : atomic_load_explicit(&engine->running, memory_order_relaxed);
    picture->state_hash = engine->config.virtual_time ? cp_sim_hash(engine) : 0;

    cp_snapshot_read(&engine->venue_snapshot, &picture->venue);
    cp_snapshot_read(&engine->desk_snapshot, &picture->desk);
    picture->memory_locked = engine->memory_locked;
    cp_thread_read(&engine->venue_thread, &picture->threads[0]);
    cp_thread_read(&engine->desk_thread, &picture->threads[1]);
    read_links(engine, picture->rings);
    read_net(engine, &picture->net);
    for (uint32_t hop = 0; engine->desk && hop < CP_HOP_COUNT; hop++)
        read_hop(engine, cp_desk_histogram(engine->desk, (cp_hop)hop),
                 &picture->hops[hop]);
    picture->time_ns = cp_clock_now_ns(&engine->clock);
}

uint32_t cp_engine_notes(cp_engine *engine, cp_note *notes, uint32_t capacity)
{
    uint64_t ready = cp_ring_ready(&engine->note_ring);
    uint32_t count = ready < capacity ? (uint32_t)ready : capacity;
    for (uint32_t i = 0; i < count; i++)
        memcpy(&notes[i], cp_ring_peek(&engine->note_ring, i), sizeof *notes);
    if (count)
        cp_ring_release(&engine->note_ring, count);
    return count;
}

uint32_t cp_engine_net_events(cp_engine *engine, cp_net_event *events, uint32_t capacity)
{
    cp_ring *ring = engine->exchange ? &engine->exchange->net.events
                    : engine->remote ? &engine->remote->net.events
                                     : NULL;
    uint64_t ready = ring ? cp_ring_ready(ring) : 0;
    uint32_t count = ready < capacity ? (uint32_t)ready : capacity;
    for (uint32_t i = 0; i < count; i++)
        memcpy(&events[i], cp_ring_peek(ring, i), sizeof *events);
    if (count)
        cp_ring_release(ring, count);
    return count;
}

uint32_t cp_engine_mismatches(cp_engine *engine, cp_mismatch *mismatches,
                              uint32_t capacity)
{
    /* The list is the venue thread's while it runs. */
    if (!engine->replay || atomic_load_explicit(&engine->running, memory_order_acquire))
        return 0;
    return cp_flow_replay_mismatches(engine->replay, mismatches, capacity);
}

int cp_engine_histogram(cp_engine *engine, uint32_t hop, uint64_t *counts)
{
    if (hop >= CP_HOP_COUNT)
        return -EINVAL;
    if (!engine->desk)
        return -ENODEV;
    cp_histogram_read(cp_desk_histogram(engine->desk, (cp_hop)hop), counts);
    return 0;
}

uint32_t cp_histogram_bucket(uint64_t value_ns)
{
    return cp_histogram_index(value_ns < CP_HISTOGRAM_VALUE_MAX ? value_ns
                                                                : CP_HISTOGRAM_VALUE_MAX);
}

uint64_t cp_histogram_bucket_top(uint32_t index)
{
    return cp_histogram_highest_at(index);
}
