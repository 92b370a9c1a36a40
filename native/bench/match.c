/* match.c: how fast the venue is, in five shapes of market.
 *
 * The messages are made before the clock starts, by playing them into a venue of the same
 * kind: each cancel and replace names an order that will be alive when it comes. Then they
 * are played, as often as asked, into a new venue: every report and market data event goes
 * into a ring and is taken out again. Half of the messages are new orders (15 % of them
 * immediate or cancel), 41 % cancels and 9 % replaces; client ids are any 64 bits; who is
 * cancelled is drawn from all that rest.
 *
 * Beside it stands what the machine takes to read as many messages and to write and read as
 * many lines, with no exchange in between.
 */
#include "base/clock.h"
#include "base/histogram.h"
#include "base/outbox.h"
#include "base/random.h"
#include "base/ring.h"
#include "venue/venue.h"

#include <malloc.h>
#include <sys/resource.h>

#define PRICE_MAX 200000u
#define MIDDLE 100000
#define PARTICIPANTS 8u
#define ID_FACTOR 0x9e3779b97f4a7c15u  /* client id = number x this: any 64 bits */
#define ID_INVERSE 0xf1de83e19937733du /* and back */
#define RING_CAPACITY 16384u
#define BATCH 64u  /* messages taken at a time */
#define WARM_UP 8u /* one part of so many is not timed */
#define PARTS 64u  /* of the tape, timed apart */

/* ---- the tape --------------------------------------------------------------------- */

typedef struct shape {
    const char *name;
    uint32_t resting; /* orders there tend to be */
    uint32_t reach;   /* new orders lie within so many ticks of the middle */
    bool uniform;     /* over the reach; else most lie near the middle */
    int32_t swing;    /* how far the middle goes and comes back */
    uint32_t turns;   /* how often, over the tape */
    bool crash;       /* down in a twentieth of each turn */
} shape;

static const shape shapes[] = {
    { "static", 40000, 4, true, 0, 0, false },
    { "normal", 10000, 200, false, 20, 20, false },
    { "swing", 10000, 200, false, 1000, 10, false },
    { "flash_crash", 10000, 1000, false, 900, 3, true },
    { "wide", 1000, 50000, true, 0, 0, false },
};
#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

typedef struct tape {
    const shape *shape;
    cp_order *orders;
    uint32_t fill_count; /* of them, to fill the book first */
    uint32_t count;
    cp_random random;
    cp_venue *venue;
    uint32_t *alive; /* numbers of resting orders, in no order */
    uint32_t *where; /* by number: its place there, or CP_NONE */
    uint32_t alive_count;
    uint32_t number; /* of the next order */
} tape;

static uint16_t participant_of(uint32_t number)
{
    return (uint16_t)(10 + number % PARTICIPANTS);
}

static void live(tape *t, uint64_t client_id)
{
    uint32_t number = (uint32_t)(client_id * ID_INVERSE);
    t->where[number] = t->alive_count;
    t->alive[t->alive_count++] = number;
}

static void die(tape *t, uint64_t client_id)
{
    uint32_t number = (uint32_t)(client_id * ID_INVERSE);
    uint32_t place = t->where[number];
    if (place == CP_NONE)
        return;
    uint32_t last = t->alive[--t->alive_count];
    t->alive[place] = last;
    t->where[last] = place;
    t->where[number] = CP_NONE;
}

static void learn(tape *t)
{
    const cp_outbox *reports = cp_venue_reports(t->venue);
    for (uint32_t i = 0; i < reports->count; i++) {
        const cp_report *report = cp_outbox_at(reports, i);
        if (report->kind == CP_REPORT_REPLACED)
            die(t, report->original_id);
        bool rests = cp_venue_find(t->venue, report->participant, report->client_id);
        uint32_t number = (uint32_t)(report->client_id * ID_INVERSE);
        if (!rests)
            die(t, report->client_id);
        else if (t->where[number] == CP_NONE)
            live(t, report->client_id);
    }
    cp_outbox_clear(cp_venue_reports(t->venue));
    cp_outbox_clear(cp_venue_md(t->venue));
}

/* The middle of the market at a place of the tape. */
static int64_t middle(const tape *t, uint32_t at)
{
    const shape *s = t->shape;
    if (s->turns == 0 || at < t->fill_count)
        return MIDDLE;
    uint64_t length = (t->count - t->fill_count) / s->turns + 1;
    uint64_t phase = (at - t->fill_count) % length;
    if (s->crash) { /* calm, then down and up again in a twentieth each */
        uint64_t edge = length / 20;
        uint64_t from = length / 2;
        if (phase < from || phase >= from + 2 * edge)
            return MIDDLE;
        uint64_t gone = phase - from;
        uint64_t depth = gone < edge ? gone : 2 * edge - gone;
        return MIDDLE - (int64_t)((uint64_t)s->swing * depth / edge);
    }
    uint64_t half = length / 2 + 1;
    uint64_t depth = phase < half ? phase : 2 * half - phase;
    return MIDDLE + (int64_t)((uint64_t)s->swing * depth / half);
}

/* Ticks behind the middle for a passive order. */
static int64_t distance(tape *t)
{
    uint64_t reach = t->shape->reach;
    uint64_t a = cp_random_below(&t->random, reach);
    if (t->shape->uniform)
        return (int64_t)a + 1;
    uint64_t b = cp_random_below(&t->random, reach),
             c = cp_random_below(&t->random, reach);
    return (int64_t)(a * b / reach * c / reach) + 1;
}

/* Behind the middle, and but for one in fifty not through the best of the other side. */
static int64_t passive_price(tape *t, cp_side side, int64_t mid)
{
    int64_t away = distance(t);
    int64_t price = side == CP_BUY ? mid - away : mid + away;
    int64_t best =
        cp_book_best(cp_venue_book(t->venue, 0), side == CP_BUY ? CP_SELL : CP_BUY);
    bool takes = cp_random_below(&t->random, 50) == 0;
    if (best != CP_PRICE_NONE && !takes)
        price = side == CP_BUY ? (price < best ? price : best - 1)
                               : (price > best ? price : best + 1);
    return price < 1 ? 1 : price > (int64_t)PRICE_MAX ? (int64_t)PRICE_MAX : price;
}

/* Who is cancelled or replaced: an order the middle has run over, or any. */
static uint32_t choose(tape *t, int64_t mid)
{
    const cp_book *book = cp_venue_book(t->venue, 0);
    int64_t bid = cp_book_best(book, CP_BUY), ask = cp_book_best(book, CP_SELL);
    uint32_t index = CP_NONE;
    if (bid != CP_PRICE_NONE && bid >= mid)
        index = cp_book_front(book, CP_BUY);
    else if (ask != CP_PRICE_NONE && ask <= mid)
        index = cp_book_front(book, CP_SELL);
    if (index != CP_NONE)
        return (uint32_t)(book->pool->orders[index].id * ID_INVERSE);
    return t->alive[cp_random_below(&t->random, t->alive_count)];
}

static cp_order new_order(tape *t, int64_t mid, bool filling)
{
    uint32_t number = t->number++;
    cp_order order = { .kind = CP_ORDER_NEW,
                       .client_id = number * ID_FACTOR,
                       .participant = participant_of(number),
                       .side = (uint8_t)cp_random_below(&t->random, 2),
                       .qty = 1 + (uint32_t)cp_random_below(&t->random, 100) };
    order.price = passive_price(t, (cp_side)order.side, mid);
    if (!filling && cp_random_below(&t->random, 100) < 15) {
        const cp_book *book = cp_venue_book(t->venue, 0);
        int64_t best = cp_book_best(book, order.side == CP_BUY ? CP_SELL : CP_BUY);
        order.time_in_force = CP_IOC;
        if (best != CP_PRICE_NONE)
            order.price = best;
        /* What keeps the number that rests where it belongs. */
        order.qty =
            t->alive_count <= t->shape->resting ? 1 + order.qty / 10 : order.qty * 2;
    }
    return order;
}

static cp_order change_order(tape *t, int64_t mid, bool cancel)
{
    uint32_t number = choose(t, mid);
    uint16_t participant = participant_of(number);
    cp_order order = { .kind = cancel ? CP_ORDER_CANCEL : CP_ORDER_REPLACE,
                       .original_id = number * ID_FACTOR,
                       .participant = participant };
    if (cancel)
        return order;
    const cp_book_order *resting =
        cp_venue_find(t->venue, participant, order.original_id);
    CP_ASSERT(resting);
    while (participant_of(t->number) != participant) /* an id of the same participant */
        t->number++;
    order.client_id = t->number++ * ID_FACTOR;
    order.side = resting->side;
    order.price = resting->price;
    order.qty = resting->qty > 1 ? resting->qty / 2 : 1;
    if (cp_random_below(&t->random, 2)) {
        order.price = passive_price(t, (cp_side)resting->side, mid);
        order.qty = resting->qty;
    }
    return order;
}

static void tape_free(tape *t)
{
    cp_venue_destroy(t->venue);
    free(t->orders);
    free(t->alive);
    free(t->where);
}

static int make_venue(cp_venue **venue, const shape *s)
{
    cp_instrument instrument = { .price_max = PRICE_MAX,
                                 .increment = 1,
                                 .point_value = 1 };
    int result = cp_venue_create(venue, &instrument, 1, s->resting * 4);
    if (result == 0)
        cp_venue_keep_hash(*venue, false); /* as a live engine does */
    return result;
}

static int tape_make(tape *t, const shape *s, uint32_t count, uint64_t seed)
{
    *t = (tape){ .shape = s, .fill_count = s->resting, .count = s->resting + count };
    uint32_t numbers = t->count * (1 + PARTICIPANTS);
    int result = make_venue(&t->venue, s);
    t->orders = aligned_alloc(CP_LINE, (size_t)t->count * sizeof(cp_order));
    t->alive = malloc(numbers * sizeof(uint32_t));
    t->where = malloc(numbers * sizeof(uint32_t));
    if (result != 0 || !t->orders || !t->alive || !t->where) {
        tape_free(t);
        return -ENOMEM;
    }
    memset(t->where, 0xff, numbers * sizeof(uint32_t));
    cp_random_init(&t->random, seed);
    for (uint32_t i = 0; i < t->count; i++) {
        int64_t mid = middle(t, i);
        uint64_t lot = cp_random_below(&t->random, 100);
        bool filling = i < t->fill_count;
        bool fresh = filling || lot < 50 || t->alive_count == 0;
        t->orders[i] =
            fresh ? new_order(t, mid, filling) : change_order(t, mid, lot < 91);
        cp_venue_on_order(t->venue, &t->orders[i], i);
        learn(t);
    }
    return 0;
}

/* ---- played ----------------------------------------------------------------------- */

typedef struct stage {
    cp_venue *venue;
    cp_ring md_ring, report_ring;
    uint64_t md_lines, report_lines;
    uint64_t sum; /* of what the consumer read, so that it must be read */
} stage;

static int stage_make(stage *s, const shape *what)
{
    *s = (stage){ 0 };
    int result = make_venue(&s->venue, what);
    if (result == 0)
        result = cp_ring_init(&s->md_ring, RING_CAPACITY, CP_LINE);
    if (result == 0)
        result = cp_ring_init(&s->report_ring, RING_CAPACITY, CP_LINE);
    if (result == 0) {
        cp_outbox_bind(cp_venue_md(s->venue), &s->md_ring);
        cp_outbox_bind(cp_venue_reports(s->venue), &s->report_ring);
    }
    return result;
}

static void stage_free(stage *s)
{
    cp_venue_destroy(s->venue);
    cp_ring_free(&s->md_ring);
    cp_ring_free(&s->report_ring);
}

/* The lines are in the ring already: let the consumer have them. */
static uint64_t carry(cp_outbox *box, cp_ring *ring)
{
    uint32_t count = box->count;
    if (count > 0)
        cp_ring_publish(ring, count);
    cp_outbox_clear(box);
    return count;
}

static uint64_t drain(cp_ring *ring)
{
    uint64_t sum = 0, ready = cp_ring_ready(ring);
    for (uint64_t i = 0; i < ready; i++)
        sum += *(const uint64_t *)cp_ring_peek(ring, i);
    if (ready > 0)
        cp_ring_release(ring, ready);
    return sum;
}

static void carry_all(stage *s)
{
    s->md_lines += carry(cp_venue_md(s->venue), &s->md_ring);
    s->report_lines += carry(cp_venue_reports(s->venue), &s->report_ring);
    s->sum += drain(&s->md_ring) + drain(&s->report_ring);
}

/* As a drive takes messages that wait: some at a time, then what came of them. */
static void play(stage *s, const tape *t, uint32_t from, uint32_t to)
{
    while (from < to) {
        uint32_t count = to - from < BATCH ? to - from : BATCH;
        CP_ASSERT(cp_ring_room(&s->md_ring, CP_VENUE_MD_MAX) >= CP_VENUE_MD_MAX);
        CP_ASSERT(cp_ring_room(&s->report_ring, CP_VENUE_REPORT_MAX) >=
                  CP_VENUE_REPORT_MAX);
        from += cp_venue_on_orders(s->venue, &t->orders[from], count, from);
        carry_all(s);
    }
}

/* One at a time, with the time of each. */
static void play_timed(stage *s, const tape *t, uint32_t from, uint32_t to,
                       cp_histogram *histogram, const cp_clock *clock)
{
    for (uint32_t i = from; i < to; i++) {
        uint64_t begin_ns = cp_clock_now_ns(clock);
        cp_venue_on_order(s->venue, &t->orders[i], i);
        s->md_lines += carry(cp_venue_md(s->venue), &s->md_ring);
        s->report_lines += carry(cp_venue_reports(s->venue), &s->report_ring);
        cp_histogram_record(histogram, cp_clock_now_ns(clock) - begin_ns);
        s->sum += drain(&s->md_ring) + drain(&s->report_ring);
    }
}

static void write_line(cp_ring *ring, uint64_t word)
{
    CP_ASSERT(cp_ring_room(ring, 1) > 0);
    uint64_t *line = cp_ring_claim(ring, 0);
    for (uint32_t i = 0; i < CP_LINE / sizeof *line; i++)
        line[i] = word + i;
    cp_ring_publish(ring, 1);
}

/* As many messages read and lines written, and nothing else. */
static void stream(stage *s, const tape *t, uint32_t from, uint32_t to, uint64_t lines)
{
    uint64_t messages = to - from, written = 0;
    for (uint32_t i = from; i < to; i++) {
        uint64_t until = lines * (i - from + 1) / messages;
        for (; written < until; written++)
            write_line(written % 2 ? &s->md_ring : &s->report_ring,
                       t->orders[i].client_id + t->orders[i].qty);
        if (i % BATCH == 0)
            s->sum += drain(&s->md_ring) + drain(&s->report_ring);
    }
    s->sum += drain(&s->md_ring) + drain(&s->report_ring);
}

/* This thread's own time: on a machine that is shared, the others' is not ours. */
static uint64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

static uint64_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Each part of the tape for itself, the best of the times it was played: what else the
 * machine does comes and goes. */
typedef struct timing {
    uint64_t played_ns[PARTS], streamed_ns[PARTS];
} timing;

static void keep_best(uint64_t *best, uint64_t ns)
{
    if (*best == 0 || ns < *best)
        *best = ns;
}

static uint32_t part_at(const tape *t, uint32_t from, uint32_t part)
{
    return from + (uint32_t)((uint64_t)(t->count - from) * part / PARTS);
}

static void measure_parts(stage *s, const tape *t, uint32_t from, timing *times,
                          cp_match_figures *figures)
{
    uint64_t lines[PARTS];
    uint64_t fault_count = faults(), bytes = allocated();
    for (uint32_t part = 0; part < PARTS; part++) {
        uint64_t before = s->md_lines + s->report_lines;
        uint64_t begin_ns = thread_ns();
        play(s, t, part_at(t, from, part), part_at(t, from, part + 1));
        keep_best(&times->played_ns[part], thread_ns() - begin_ns);
        lines[part] = s->md_lines + s->report_lines - before;
    }
    figures->fault_count += faults() - fault_count;
    figures->allocated_bytes += allocated() - bytes;
    for (uint32_t part = 0; part < PARTS; part++) {
        uint64_t begin_ns = thread_ns();
        stream(s, t, part_at(t, from, part), part_at(t, from, part + 1), lines[part]);
        keep_best(&times->streamed_ns[part], thread_ns() - begin_ns);
    }
}

static int measure(const tape *t, cp_match_figures *figures, timing *times,
                   cp_histogram *histogram)
{
    stage s;
    cp_clock clock;
    cp_clock_init(&clock);
    int result = stage_make(&s, t->shape);
    if (result == 0) {
        uint32_t from = t->fill_count + (t->count - t->fill_count) / WARM_UP;
        play(&s, t, 0, from);
        s.md_lines = s.report_lines = 0;
        if (histogram)
            play_timed(&s, t, from, t->count, histogram, &clock);
        else
            measure_parts(&s, t, from, times, figures);
        figures->messages = t->count - from;
        figures->md_lines = s.md_lines;
        figures->report_lines = s.report_lines;
        figures->resting_count = cp_venue_resting_count(s.venue);
        CP_ASSERT(s.sum != 0);
    }
    stage_free(&s);
    return result;
}

const char *cp_bench_match_shape(uint32_t index)
{
    return index < SHAPE_COUNT ? shapes[index].name : NULL;
}

static void summarise(const cp_histogram *histogram, cp_hop_picture *latency)
{
    uint64_t *counts = calloc(CP_HISTOGRAM_COUNTS, sizeof *counts);
    if (!counts)
        return;
    cp_histogram_read(histogram, counts);
    cp_histogram_summarise(counts, atomic_load(&histogram->max), latency);
    free(counts);
}

int cp_bench_match(uint32_t index, uint32_t message_count, uint32_t times, uint64_t seed,
                   cp_match_figures *figures)
{
    *figures = (cp_match_figures){ 0 };
    if (index >= SHAPE_COUNT || message_count < 1000 || message_count > 10000000)
        return -EINVAL;
    tape t;
    int result = tape_make(&t, &shapes[index], message_count, seed);
    if (result != 0)
        return result;
    cp_histogram *histogram = calloc(1, sizeof *histogram);
    result = histogram ? 0 : -ENOMEM;
    timing best = { .played_ns = { 0 } };
    for (uint32_t i = 0; result == 0 && i < times; i++)
        result = measure(&t, figures, &best, NULL);
    for (uint32_t part = 0; part < PARTS; part++) {
        figures->elapsed_ns += best.played_ns[part];
        figures->stream_ns += best.streamed_ns[part];
    }
    if (result == 0) {
        memset(histogram, 0, sizeof *histogram); /* map it before it is written to */
        result = measure(&t, figures, &best, histogram);
        summarise(histogram, &figures->latency);
    }
    free(histogram);
    tape_free(&t);
    return result;
}

/* ---- the bare book ----------------------------------------------------------------- */

#define BARE_ORDERS 1024u /* a power of two */
#define BARE_LEVELS 64u

static void bare_put(cp_book *book, uint32_t index, uint32_t price)
{
    cp_book_order *order = &book->pool->orders[index];
    order->price = price;
    order->qty = 10;
    order->side = price < MIDDLE ? CP_BUY : CP_SELL;
    int result = cp_book_add(book, index);
    CP_ASSERT(result == 0);
}

int cp_bench_match_bare(uint32_t count, uint64_t *elapsed_ns)
{
    cp_pool pool = { 0 };
    cp_pages pages = { 0 };
    cp_book book = { 0 };
    uint32_t handles[BARE_ORDERS];
    uint32_t *steps = malloc(((size_t)count + 1) * sizeof *steps);
    int result = steps ? cp_pool_init(&pool, 2 * BARE_ORDERS) : -ENOMEM;
    if (result == 0)
        result = cp_pages_init(&pages, 8);
    if (result == 0)
        result = cp_book_init(&book, &pool, &pages, PRICE_MAX);
    if (result != 0)
        goto done;
    cp_random random;
    cp_random_init(&random, 7);
    for (uint32_t i = 0; i < count; i++)
        steps[i] =
            (uint32_t)(MIDDLE - BARE_LEVELS / 2 + cp_random_below(&random, BARE_LEVELS))
                << 10 |
            (uint32_t)cp_random_below(&random, BARE_ORDERS);
    for (uint32_t i = 0; i < BARE_ORDERS; i++) {
        handles[i] = cp_pool_take(&pool);
        bare_put(&book, handles[i], steps[i % count] >> 10);
    }
    uint64_t begin_ns = thread_ns();
    for (uint32_t i = 0; i < count; i++) { /* one cancel and one add */
        uint32_t slot = steps[i] & (BARE_ORDERS - 1);
        cp_book_remove(&book, handles[slot]);
        cp_pool_give(&pool, handles[slot]);
        handles[slot] = cp_pool_take(&pool);
        bare_put(&book, handles[slot], steps[i] >> 10);
    }
    *elapsed_ns = thread_ns() - begin_ns;
done:
    cp_book_free(&book);
    cp_pages_free(&pages);
    cp_pool_free(&pool);
    free(steps);
    return result;
}

/* ---- memory ------------------------------------------------------------------------- */

/* Bytes of this process that are in memory. */
static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long size = 0, resident = 0;
    if (file) {
        if (fscanf(file, "%lu %lu", &size, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return (uint64_t)resident * 4096u;
}

int cp_bench_match_memory(uint32_t order_count, uint64_t *bytes, uint64_t *elapsed_ns)
{
    cp_instrument instrument = { .price_max = PRICE_MAX,
                                 .increment = 1,
                                 .point_value = 1 };
    cp_venue *venue;
    uint64_t before = resident_bytes();
    int result = cp_venue_create(&venue, &instrument, 1, order_count);
    if (result != 0)
        return result;
    cp_venue_keep_hash(venue, false);
    cp_random random;
    cp_random_init(&random, 9);
    uint64_t begin_ns = thread_ns();
    for (uint32_t i = 0; i < order_count; i++) {
        uint64_t lot = cp_random_u64(&random);
        cp_order order = { .kind = CP_ORDER_NEW,
                           .client_id = i * ID_FACTOR,
                           .participant = participant_of(i),
                           .side = lot & 1,
                           .qty = 1 + (uint32_t)(lot >> 8 & 63) };
        int64_t away = 1 + (int64_t)((lot >> 32) % 5000);
        order.price = order.side == CP_BUY ? MIDDLE - away : MIDDLE + away;
        cp_venue_on_order(venue, &order, i);
        cp_outbox_clear(cp_venue_md(venue));
        cp_outbox_clear(cp_venue_reports(venue));
    }
    *elapsed_ns = thread_ns() - begin_ns;
    result = cp_venue_resting_count(venue) == order_count ? 0 : -ENOSPC;
    *bytes = resident_bytes() - before;
    cp_venue_destroy(venue);
    return result;
}
