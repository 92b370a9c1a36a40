/* itch.c: how fast a day of ITCH 5.0 goes by: read whole, and into the books of all symbols.
 *
 * Beside each stands what cannot be undercut by much: walking from message to message and
 * looking at one field, and the least a book can do (itch_floor.c). All are measured one
 * after another on the same bytes, so what else the machine does hits them alike.
 */
#include "bench/itch.h"
#include "wire/itch_visit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- walking ---------------------------------------------------------------------------- */

static uint64_t walk(const uint8_t *bytes, uint64_t size, uint64_t *count)
{
    uint64_t offset = 0, sum = 0, n = 0;
    while (offset + 2 < size) {
        uint32_t length = cp_load_u16(bytes + offset);
        if (length == 0)
            break;
        sum += bytes[offset + 2];
        offset += 2 + length;
        n++;
    }
    *count = n;
    return sum;
}

/* ---- reading whole ------------------------------------------------------------------------ */

/* Every field of a record goes into the sum, so that none is left unread. */
static void add_header(uint64_t *sum, const cp_itch_record *r)
{
    *sum += r->locate + r->tracking + r->time_ns;
}

static void take_order(void *context, const cp_itch_record *r)
{
    uint64_t *sum = context, symbol;
    memcpy(&symbol, r->symbol, sizeof symbol);
    add_header(sum, r);
    *sum += r->order_ref + r->side + r->shares + symbol + r->price;
}

static void take_attributed(void *context, const cp_itch_record *r)
{
    uint32_t mpid;
    memcpy(&mpid, r->mpid, sizeof mpid);
    take_order(context, r);
    *(uint64_t *)context += mpid;
}

static void take_trade(void *context, const cp_itch_record *r)
{
    take_order(context, r);
    *(uint64_t *)context += r->match;
}

static void take_execution(void *context, const cp_itch_record *r)
{
    add_header(context, r);
    *(uint64_t *)context += r->order_ref + r->shares + r->match;
}

static void take_execution_at(void *context, const cp_itch_record *r)
{
    take_execution(context, r);
    *(uint64_t *)context += r->code + r->price;
}

static void take_cancel(void *context, const cp_itch_record *r)
{
    add_header(context, r);
    *(uint64_t *)context += r->order_ref + r->shares;
}

static void take_delete(void *context, const cp_itch_record *r)
{
    add_header(context, r);
    *(uint64_t *)context += r->order_ref;
}

static void take_replace(void *context, const cp_itch_record *r)
{
    add_header(context, r);
    *(uint64_t *)context += r->order_ref + r->new_ref + r->shares + r->price;
}

/* The types that come seldom: all there is of a record. */
static void take_any(void *context, const cp_itch_record *r)
{
    uint64_t words[sizeof *r / 8], *sum = context;
    memcpy(words, r, sizeof words);
    for (uint32_t i = 0; i < sizeof words / 8; i++)
        *sum += words[i];
}

static int decode(const uint8_t *bytes, uint64_t size, uint64_t *elapsed_ns)
{
    uint64_t sum = 0, offset = 0;
    cp_itch_visitors visitors = { .context = &sum };
    for (uint32_t type = 0; type < 128; type++)
        if (cp_itch_length((uint8_t)type) != 0)
            visitors.by_type[type] = take_any;
    visitors.by_type['A'] = take_order;
    visitors.by_type['F'] = take_attributed;
    visitors.by_type['P'] = take_trade;
    visitors.by_type['E'] = take_execution;
    visitors.by_type['C'] = take_execution_at;
    visitors.by_type['X'] = take_cancel;
    visitors.by_type['D'] = take_delete;
    visitors.by_type['U'] = take_replace;
    uint64_t begin_ns = cp_bench_thread_ns();
    int result = cp_itch_visit(bytes, size, &offset, &visitors);
    *elapsed_ns = cp_bench_thread_ns() - begin_ns;
    volatile uint64_t seen = sum; /* it was all wanted */
    (void)seen;
    return result;
}

/* ---- books ---------------------------------------------------------------------------------- */

/* The largest reference and locate, and pages for all references up to it if there are not
 * too many. */
static int size_up(const uint8_t *bytes, uint64_t size, cp_books_limits *limits)
{
    uint64_t offset = 0, ref_max = 0;
    uint32_t locate_max = 0, length;
    const uint8_t *m;
    int result;
    while ((result = cp_itch_frame(bytes, size, &offset, &m, &length)) == 0) {
        if (!cp_itch_is_book(m[0]))
            continue;
        uint64_t ref = cp_load_u64(m + (m[0] == 'U' ? 19 : 11));
        uint32_t locate = cp_itch_locate(m);
        ref_max = ref > ref_max ? ref : ref_max;
        locate_max = locate > locate_max ? locate : locate_max;
    }
    uint64_t pages = (ref_max >> CP_REFS_PAGE_BITS) + 1, most = 1u << 19; /* 2 GB */
    *limits = (cp_books_limits){ .ref_max = ref_max,
                                 .page_count = (uint32_t)(pages < most ? pages : most),
                                 .symbol_count = locate_max + 1,
                                 .level_count = 1u << 19,
                                 .line_count = 1u << 20 };
    return result;
}

static int keep_books(const uint8_t *bytes, uint64_t size, int kind,
                      cp_bench_itch_result *found)
{
    cp_books_limits limits;
    int result = size_up(bytes, size, &limits);
    if (result != -ENODATA && result != -EPIPE)
        return result;
    cp_books books;
    result = cp_books_init(&books, kind, &limits);
    if (result != 0)
        return result;
    uint64_t offset = 0, begin_ns = cp_bench_thread_ns();
    (void)cp_books_play(&books, bytes, size, &offset); /* ends as the sizing did */
    found->elapsed_ns = cp_bench_thread_ns() - begin_ns;
    found->live_count = books.counts.live_count;
    found->misfit_count = books.counts.unknown_count + books.counts.refused_count +
                          books.counts.excess_count;
    cp_books_free(&books);
    if (found->misfit_count > 0)
        return 0;
    return cp_bench_itch_floor(bytes, size, limits.ref_max, kind == CP_BOOKS_QUEUES,
                               &found->floor_ns);
}

/* ---- measuring -------------------------------------------------------------------------------- */

int cp_bench_itch(uint32_t what, const uint8_t *bytes, uint64_t size,
                  cp_bench_itch_result *found)
{
    *found = (cp_bench_itch_result){ 0 };
    uint64_t begin_ns = cp_bench_thread_ns();
    volatile uint64_t seen = walk(bytes, size, &found->message_count);
    (void)seen;
    found->walk_ns = cp_bench_thread_ns() - begin_ns;
    int result = -EINVAL;
    if (what == CP_BENCH_ITCH_DECODE)
        result = decode(bytes, size, &found->elapsed_ns);
    else if (what == CP_BENCH_ITCH_L2)
        result = keep_books(bytes, size, CP_BOOKS_LEVELS, found);
    else if (what == CP_BENCH_ITCH_L3)
        result = keep_books(bytes, size, CP_BOOKS_QUEUES, found);
    return result == -ENODATA || result == -EPIPE ? 0 : result;
}

int cp_bench_itch_file(uint32_t what, const char *path, cp_bench_itch_result *found)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    struct stat status;
    int result = fstat(file, &status) != 0 ? -errno : status.st_size == 0 ? -EPROTO : 0;
    if (result == 0) {
        size_t size = (size_t)status.st_size;
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
        if (bytes == MAP_FAILED) {
            result = -errno;
        } else {
            result = cp_bench_itch(what, bytes, size, found);
            munmap(bytes, size);
        }
    }
    close(file);
    return result;
}
