/* Memory that runs out while something is being started: for every way to start, the n-th
 * allocation fails, for every n. An error that says so, and nothing is kept: no memory, no
 * file, no socket.
 *
 * Without sanitizers malloc and its kin are replaced here, and what the C library asks for
 * on our behalf fails too. AddressSanitizer has replaced them already: there the linker
 * leads our own calls here (--wrap, see the Makefile), and its leak check is asked after
 * each way.
 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "cockpit_strategy.h"
#include "journal_kit.h"

#if defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
int main(void)
{
    puts("the sanitizer replaces malloc itself");
    return CP_TEST_SKIPPED;
}
#else

static char error[CP_ERROR_SIZE], directory[64];

/* ---- memory ------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
#define OURS(name) __wrap_##name
#define THEIRS(name) __real_##name
#define THEIRS_ALIGNED __real_aligned_alloc
int __lsan_do_recoverable_leak_check(void);
#else
#define OURS(name) name
#define THEIRS(name) __libc_##name
#define THEIRS_ALIGNED __libc_memalign
#endif

extern void *THEIRS(malloc)(size_t size);
extern void *THEIRS(calloc)(size_t count, size_t size);
extern void *THEIRS(realloc)(void *memory, size_t size);
extern void *THEIRS_ALIGNED(size_t alignment, size_t size);
extern void THEIRS(free)(void *memory);
void *OURS(malloc)(size_t size);
void *OURS(calloc)(size_t items, size_t size);
void *OURS(realloc)(void *old, size_t size);
void *OURS(aligned_alloc)(size_t alignment, size_t size);
void OURS(free)(void *memory);

static _Atomic bool counting;
static __thread bool is_starter; /* only what it asks for fails */
static uint64_t asked, failing;  /* the `failing`th fails */
static _Atomic int64_t held;

static bool fails(void)
{
    if (!is_starter || !atomic_load(&counting) || ++asked != failing)
        return false;
    errno = ENOMEM;
    return true;
}

static void *keep(void *memory)
{
    if (memory && atomic_load(&counting))
        atomic_fetch_add(&held, 1);
    return memory;
}

void *OURS(malloc)(size_t size)
{
    return keep(fails() ? NULL : THEIRS(malloc)(size));
}

void *OURS(calloc)(size_t items, size_t size)
{
    return keep(fails() ? NULL : THEIRS(calloc)(items, size));
}

void *OURS(realloc)(void *old, size_t size)
{
    void *memory = fails() ? NULL : THEIRS(realloc)(old, size);
    return old ? memory : keep(memory);
}

void *OURS(aligned_alloc)(size_t alignment, size_t size)
{
    return keep(fails() ? NULL : THEIRS_ALIGNED(alignment, size));
}

void OURS(free)(void *memory)
{
    if (memory && atomic_load(&counting))
        atomic_fetch_sub(&held, 1);
    THEIRS(free)(memory);
}

/* ---- every allocation of a way ---------------------------------------------------------- */

static uint32_t open_files(void)
{
    uint32_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* Start, and stop again. 0, or why not. */
typedef int way(void);

static int go(way *start, uint64_t n)
{
    asked = 0;
    failing = n;
    atomic_store(&held, 0);
    error[0] = 0;
    atomic_store(&counting, true);
    int result = start();
    atomic_store(&counting, false);
    return result;
}

/* The number that stands for it, of memory or of a thread there is none for; words, if
 * any, that say no other. */
static bool is_clear(int result)
{
    bool known = result == -ENOMEM || result == -EAGAIN;
    return known && (error[0] == 0 || strstr(error, strerror(-result)));
}

static void each_allocation_fails_once(const char *name, way *start, uint64_t least)
{
    CHECK_EQ(0, go(start, 0)); /* what is made once for all is there now */
    CHECK_EQ(0, go(start, 0));
    uint32_t files = open_files();
    uint64_t failed = 0, n = 1;
    for (int result = -1;; n++) {
        CHECK(n < 1000);
        result = go(start, n);
        if (result == 0 && asked < n)
            break;
        failed += result != 0;
        bool kept = atomic_load(&held) != 0;
#if defined(__SANITIZE_ADDRESS__)
        kept = false; /* its own leak check says more */
#endif
        if (kept || open_files() != files || (result != 0 && !is_clear(result)))
            fprintf(stderr, "%s, the %lluth: %d, %lld blocks kept: %s\n", name,
                    (unsigned long long)n, result, (long long)held, error);
        CHECK(result == 0 || is_clear(result));
        CHECK(!kept);
        CHECK_EQ(files, open_files());
    }
#if defined(__SANITIZE_ADDRESS__)
    CHECK_EQ(0, __lsan_do_recoverable_leak_check());
#endif
    printf("   %s: %llu allocations, without %llu of them it does not start\n", name,
           (unsigned long long)n - 1, (unsigned long long)failed);
    CHECK(failed >= least && failed <= n);
}

/* ---- ways ------------------------------------------------------------------------------- */

static cp_config config;

static cp_config live_config(void)
{
    cp_config c = journal_kit_config(1);
    c.virtual_time = 0;
    c.waiting = CP_WAIT_PARK;
    c.order_capacity = 1 << 10;
    return c;
}

static void with_journal(cp_config *c)
{
    c->journal.used = 1;
    c->journal.level = CP_JOURNAL_SYNCED;
    snprintf(c->journal.directory, CP_PATH_SIZE, "%s", directory);
}

static void with_net(cp_config *c, cp_role role)
{
    c->net = (cp_net_config){ .role = role,
                              .placement = CP_NET_THREAD,
                              .user_count = 2,
                              .connection_max = 4,
                              .net_cpu = -2,
                              .login_ns = 5000000000u,
                              .heartbeat_ns = 300000000u,
                              .silence_ns = 30000000000u,
                              .retry_ns = 10000000u,
                              .retry_max_ns = 100000000u,
                              .session_log_size = 1 << 20,
                              .feed_log_size = 2 << 20,
                              .host = "127.0.0.1",
                              .users = { { .name = "one", .password = "secret" },
                                         { .name = "two", .password = "secret" } } };
    c->desk = role == CP_ROLE_REMOTE;
    if (role == CP_ROLE_REMOTE)
        c->net.orders_port = c->net.feed_port = 9; /* where nobody is */
}

static int no_recording(cp_engine *engine)
{
    (void)engine;
    return 0;
}

static bool has_begun; /* it came so far that files may have changed */

static int start_with(int (*give)(cp_engine *engine))
{
    cp_engine *engine = NULL;
    int result = cp_engine_create(&engine, &config, error);
    CHECK((result == 0) == (engine != NULL));
    has_begun |= result == 0;
    if (result != 0)
        return result;
    result = give(engine);
    if (result == 0)
        result =
            config.virtual_time ? cp_engine_run(engine, 100) : cp_engine_start(engine);
    cp_engine_destroy(engine);
    return result;
}

static int start(void)
{
    return start_with(no_recording);
}

static void clear_directory(void)
{
    DIR *stream = opendir(directory);
    CHECK(stream != NULL);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
}

/* What is no part of what is tried is not counted. */
static int start_afresh(void)
{
    atomic_store(&counting, false);
    clear_directory();
    atomic_store(&counting, true);
    return start();
}

/* From one life each time, however the one before went. */
static int go_on(void)
{
    if (has_begun) {
        atomic_store(&counting, false);
        clear_directory();
        CHECK_EQ(0, start());
        has_begun = false;
        atomic_store(&counting, true);
    }
    return start();
}

static void a_desk_with_a_new_journal(void)
{
    config = live_config();
    with_journal(&config);
    each_allocation_fails_once("a new journal", start_afresh, 60);
}

static void a_desk_that_goes_on_from_its_journal(void)
{
    config = live_config();
    with_journal(&config);
    each_allocation_fails_once("a journal to go on from", go_on, 60);
}

static void on_book(void *state, cp_plugin_seat *seat, const double *values)
{
    (void)state, (void)seat, (void)values;
}

static const cp_plugin own = { CP_PLUGIN_HEAD,         .name = "own",
                               .help = "Does nothing", .wants = CP_PLUGIN_PRICE,
                               .symbol_count = 1,      .on_book = on_book };

/* A strategy of a user's among them, and a rehearsal of all of them: it spins. */
static void a_desk_that_rehearses(void)
{
    static uint32_t kind;
    CHECK_EQ(0, cp_strategy_register(&own, &kind, error));
    config = live_config();
    config.waiting = CP_WAIT_YIELD;
    for (uint32_t i = 0; i < CP_STRATEGY_MAX; i++) {
        cp_strategy_config *s = &config.strategies[i];
        *s = (cp_strategy_config){
            .kind = i < kind ? i : kind, .mode = CP_MODE_LIVE, .symbol2 = 1, .used = 1
        };
        snprintf(s->name, CP_NAME_SIZE, "s%u", i);
        for (uint32_t k = 0; k < cp_strategy_parameter_count(s->kind); k++)
            s->parameters[k] = cp_strategy_parameter(s->kind, k)->standard;
    }
    each_allocation_fails_once("a rehearsal", start, 80);
}

static void an_exchange_for_others(void)
{
    config = live_config();
    with_net(&config, CP_ROLE_EXCHANGE);
    each_allocation_fails_once("an exchange", start, 60);
}

static void a_desk_of_another_exchange(void)
{
    config = live_config();
    with_net(&config, CP_ROLE_REMOTE);
    with_journal(&config);
    each_allocation_fails_once("a desk elsewhere", start_afresh, 40);
}

/* ---- recordings ---- */

#define EVENT_COUNT 64

static cp_flow_event events[EVENT_COUNT];
static int64_t reference[EVENT_COUNT * 4];

static int give_events(cp_engine *engine)
{
    return cp_engine_replay_events(engine, events, EVENT_COUNT, reference, 1);
}

static int start_with_events(void)
{
    return start_with(give_events);
}

static void a_recording_of_events(void)
{
    config = live_config();
    config.flow.kind = CP_FLOW_REPLAY;
    config.flow.replay_speed = 1;
    config.virtual_time = 1;
    for (uint32_t i = 0; i < EVENT_COUNT; i++)
        events[i] = (cp_flow_event){ .time_ns = 1000 + i,
                                     .ref = 1 + i,
                                     .price = i % 2 ? 15001 + i : 15000 - i,
                                     .qty = 10,
                                     .row = CP_ROW_NONE,
                                     .kind = CP_MD_ADD,
                                     .side = i % 2 ? CP_SELL : CP_BUY };
    each_allocation_fails_once("recorded events", start_with_events, 60);
}

/* One order a message of 36 bytes behind its length. */
static uint8_t itch[EVENT_COUNT * 38];

static void put(uint8_t **at, uint64_t value, uint32_t size)
{
    while (size-- > 0)
        *(*at)++ = (uint8_t)(value >> 8 * size);
}

static int give_itch(cp_engine *engine)
{
    static const uint16_t locates[2] = { 5, 6 };
    return cp_engine_replay_itch(engine, itch, sizeof itch, locates);
}

static int start_with_itch(void)
{
    return start_with(give_itch);
}

static void a_recording_of_an_exchange(void)
{
    config = live_config();
    config.flow.kind = CP_FLOW_REPLAY;
    config.flow.replay_speed = 0; /* as fast as it goes */
    uint8_t *at = itch;
    for (uint32_t i = 0; i < EVENT_COUNT; i++) {
        put(&at, 36, 2);
        put(&at, 'A', 1);
        put(&at, 5 + i % 2, 2);
        put(&at, 0, 2);
        put(&at, 1000000 + i, 6);
        put(&at, 1 + i, 8);
        put(&at, i & 4 ? 'S' : 'B', 1);
        put(&at, 100, 4);
        put(&at, 0x5330202020202020, 8);
        put(&at, i & 4 ? 1500100 + 100 * i : 1500000 - 100 * i, 4);
    }
    CHECK(at == itch + sizeof itch);
    each_allocation_fails_once("recorded messages", start_with_itch, 60);
}

/* ---- a strategy in a file ---- */

static char library[128];

static int load(void)
{
    uint32_t kind;
    return cp_strategy_load(library, &kind, error);
}

/* One that is refused: what is loaded stays. */
static void a_library_that_is_no_strategy(void)
{
    char command[256];
    snprintf(library, sizeof library, "%s/none.so", directory);
    snprintf(command, sizeof command,
             "echo 'int nothing;' | cc -shared -fPIC -x c - -o %s", library);
    if (system(command) != 0) {
        puts("   no cc: skipped");
        return;
    }
    uint32_t files = open_files();
    for (uint64_t n = 0; n < 200; n++) {
        int result = go(load, n);
        CHECK(result < 0 && error[0] != 0);
        CHECK_EQ(files, open_files());
        if (n > 0 && asked < n)
            break;
    }
}

int main(void)
{
    is_starter = true;
    snprintf(directory, sizeof directory, "/tmp/cockpit-test-memory-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    RUN(a_desk_with_a_new_journal);
    RUN(a_desk_that_goes_on_from_its_journal);
    RUN(a_desk_that_rehearses);
    RUN(an_exchange_for_others);
    RUN(a_desk_of_another_exchange);
    RUN(a_recording_of_events);
    RUN(a_recording_of_an_exchange);
    RUN(a_library_that_is_no_strategy);
    clear_directory();
    rmdir(directory);
}
#endif
