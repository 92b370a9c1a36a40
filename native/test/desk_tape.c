/* desk_tape.c: what a live desk is told, in the order it is told, to be told to another.
 *
 * Linked with the core into a library of its own, with every call by which a drive changes
 * its desk wrapped: the drives are those of every day and know nothing of it. The first desk
 * of the process is the one that is taped; its understudy and later ones are not.
 *
 * The tape begins with the desk's config. Then come the calls, each with its time and the
 * room there was for orders, and between them the orders that left. Played to a second desk
 * there is no thread, no ring and no clock but what the tape says. */
#include "desk/desk.h"
#include "test.h"

typedef enum tape_kind {
    TAPE_CONFIG,
    TAPE_MD,
    TAPE_REPORT,
    TAPE_CONTROL,
    TAPE_TIMER,
    TAPE_SENT,
    TAPE_FINISH,
    TAPE_JOURNAL,
    TAPE_IDS,
    TAPE_RECOVER_BEGIN,
    TAPE_RECOVER_END,
    TAPE_SKIP_IDS,
    TAPE_VERSION
} tape_kind;

typedef struct tape_head {
    uint32_t kind; /* tape_kind */
    uint32_t size; /* of what follows */
    uint64_t now_ns;
    uint64_t limit; /* orders that the step could leave */
} tape_head;

/* What is said of the journal, or a number or two. */
typedef struct tape_words {
    uint64_t a, b, c;
} tape_words;

static cp_desk *taped;
static bool is_told; /* within a call: what the desk calls of itself is no news */
static uint8_t *bytes;
static uint64_t size, capacity;

static void add(tape_kind kind, const void *body, size_t body_size, uint64_t now_ns)
{
    tape_head head = { .kind = kind, .size = (uint32_t)body_size, .now_ns = now_ns };
    head.limit = kind == TAPE_CONFIG ? 0 : cp_desk_orders(taped)->limit;
    uint64_t wanted = size + sizeof head + body_size;
    if (wanted > capacity) {
        capacity = 2 * wanted;
        bytes = realloc(bytes, capacity);
        CHECK(bytes != NULL);
    }
    memcpy(bytes + size, &head, sizeof head);
    if (body_size > 0)
        memcpy(bytes + size + sizeof head, body, body_size);
    size = wanted;
}

static void add_words(tape_kind kind, uint64_t a, uint64_t b, uint64_t c, uint64_t now_ns)
{
    tape_words words = { a, b, c };
    add(kind, &words, sizeof words, now_ns);
}

/* Of the taped desk, and by its drive: is_told holds until the call is over. */
static bool is_outer(const cp_desk *desk)
{
    if (desk != taped || is_told)
        return false;
    is_told = true;
    return true;
}

/* ---- the calls ---- */

#define WRAP(RESULT, NAME, ...)                                                          \
    RESULT __real_##NAME(__VA_ARGS__);                                                   \
    RESULT __wrap_##NAME(__VA_ARGS__);                                                   \
    RESULT __wrap_##NAME(__VA_ARGS__)

WRAP(int, cp_desk_create, cp_desk **desk, const cp_config *config, char *error)
{
    int result = __real_cp_desk_create(desk, config, error);
    if (result == 0 && !taped) {
        taped = *desk;
        add(TAPE_CONFIG, config, sizeof *config, 0);
    }
    return result;
}

WRAP(void, cp_desk_on_md, cp_desk *desk, const cp_md *md, uint64_t now_ns,
     const cp_clock *clock)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_MD, md, sizeof *md, now_ns);
    __real_cp_desk_on_md(desk, md, now_ns, clock);
    is_told &= !is_news;
}

WRAP(void, cp_desk_on_report, cp_desk *desk, const cp_report *report, uint64_t now_ns,
     const cp_clock *clock)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_REPORT, report, sizeof *report, now_ns);
    __real_cp_desk_on_report(desk, report, now_ns, clock);
    is_told &= !is_news;
}

WRAP(void, cp_desk_on_control, cp_desk *desk, const cp_control *control, uint64_t now_ns)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_CONTROL, control, sizeof *control, now_ns);
    __real_cp_desk_on_control(desk, control, now_ns);
    is_told &= !is_news;
}

WRAP(void, cp_desk_on_timer, cp_desk *desk, uint64_t now_ns, const cp_clock *clock)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_TIMER, NULL, 0, now_ns);
    __real_cp_desk_on_timer(desk, now_ns, clock);
    is_told &= !is_news;
}

WRAP(void, cp_desk_on_sent, cp_desk *desk, const cp_order *order, uint64_t sent_ns)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_SENT, order, sizeof *order, sent_ns);
    __real_cp_desk_on_sent(desk, order, sent_ns);
    is_told &= !is_news;
}

WRAP(bool, cp_desk_finish, cp_desk *desk)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_FINISH, NULL, 0, 0);
    bool result = __real_cp_desk_finish(desk);
    is_told &= !is_news;
    return result;
}

WRAP(void, cp_desk_on_journal, cp_desk *desk, cp_journal_trouble trouble, uint32_t error,
     uint64_t safe, uint64_t now_ns)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add_words(TAPE_JOURNAL, trouble, error, safe, now_ns);
    __real_cp_desk_on_journal(desk, trouble, error, safe, now_ns);
    is_told &= !is_news;
}

WRAP(void, cp_desk_set_ids, cp_desk *desk, uint64_t end)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add_words(TAPE_IDS, end, 0, 0, 0);
    __real_cp_desk_set_ids(desk, end);
    is_told &= !is_news;
}

WRAP(int, cp_desk_recover_begin, cp_desk *desk)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add(TAPE_RECOVER_BEGIN, NULL, 0, 0);
    int result = __real_cp_desk_recover_begin(desk);
    is_told &= !is_news;
    return result;
}

WRAP(int, cp_desk_recover_end, cp_desk *desk, bool is_restored, char *error)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add_words(TAPE_RECOVER_END, is_restored, 0, 0, 0);
    int result = __real_cp_desk_recover_end(desk, is_restored, error);
    is_told &= !is_news;
    return result;
}

WRAP(void, cp_desk_skip_ids, cp_desk *desk, uint64_t end)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add_words(TAPE_SKIP_IDS, end, 0, 0, 0);
    __real_cp_desk_skip_ids(desk, end);
    is_told &= !is_news;
}

WRAP(void, cp_desk_set_version, cp_desk *desk, uint32_t slot, uint64_t version)
{
    bool is_news = is_outer(desk);
    if (is_news)
        add_words(TAPE_VERSION, slot, version, 0, 0);
    __real_cp_desk_set_version(desk, slot, version);
    is_told &= !is_news;
}

/* ---- what Python asks ---- */

uint64_t tape_read(uint8_t *to, uint64_t room);
uint64_t tape_hash(void);
int tape_play(const uint8_t *tape, uint64_t tape_size, uint64_t *hash, uint64_t *orders,
              uint64_t *others);

/* The tape so far, of a desk whose threads have ended; its size. */
uint64_t tape_read(uint8_t *to, uint64_t room)
{
    if (to)
        memcpy(to, bytes, size < room ? size : room);
    return size;
}

/* Of the taped desk, which has not been destroyed yet. */
uint64_t tape_hash(void)
{
    return cp_desk_hash(taped);
}

typedef struct player {
    cp_desk *desk;
    cp_clock clock;
    uint32_t left; /* orders of this step that the tape has */
    uint64_t orders, others;
} player;

/* An order left: is it the one that this desk has decided on? */
static void compare(player *p, const cp_order *sent)
{
    const cp_outbox *outbox = cp_desk_orders(p->desk);
    p->orders++;
    if (p->left == outbox->count) {
        p->others++;
        return;
    }
    cp_order own;
    memcpy(&own, cp_outbox_at(outbox, p->left++), sizeof own);
    own.sent_ns = sent->sent_ns; /* when, the drive says */
    p->others += memcmp(&own, sent, sizeof own) != 0;
}

static void finish(player *p)
{
    cp_outbox *orders = cp_desk_orders(p->desk);
    p->others += orders->count - p->left;
    p->left = 0;
    orders->limit -= orders->count;
    cp_outbox_clear(orders);
    cp_outbox_clear(cp_desk_notes(p->desk));
    __real_cp_desk_finish(p->desk);
}

static void tell(player *p, const tape_head *head, const uint8_t *body)
{
    union {
        cp_md md;
        cp_report report;
        cp_control control;
        cp_order order;
        tape_words words;
        uint8_t bytes[sizeof(cp_control)];
    } told;
    CHECK(head->size <= sizeof told);
    memcpy(&told, body, head->size);
    char error[CP_ERROR_SIZE];
    p->clock.base_ns = head->now_ns;
    if (head->kind != TAPE_SENT && head->kind != TAPE_FINISH)
        cp_desk_orders(p->desk)->limit = (uint32_t)head->limit;
    switch ((tape_kind)head->kind) {
    case TAPE_CONFIG:
        break;
    case TAPE_MD:
        __real_cp_desk_on_md(p->desk, &told.md, head->now_ns, &p->clock);
        break;
    case TAPE_REPORT:
        __real_cp_desk_on_report(p->desk, &told.report, head->now_ns, &p->clock);
        break;
    case TAPE_CONTROL:
        __real_cp_desk_on_control(p->desk, &told.control, head->now_ns);
        break;
    case TAPE_TIMER:
        __real_cp_desk_on_timer(p->desk, head->now_ns, &p->clock);
        break;
    case TAPE_SENT:
        compare(p, &told.order);
        __real_cp_desk_on_sent(p->desk, &told.order, head->now_ns);
        break;
    case TAPE_FINISH:
        finish(p);
        break;
    case TAPE_JOURNAL:
        __real_cp_desk_on_journal(p->desk, (cp_journal_trouble)told.words.a,
                                  (uint32_t)told.words.b, told.words.c, head->now_ns);
        break;
    case TAPE_IDS:
        __real_cp_desk_set_ids(p->desk, told.words.a);
        break;
    case TAPE_RECOVER_BEGIN:
        CHECK_EQ(0, __real_cp_desk_recover_begin(p->desk));
        break;
    case TAPE_RECOVER_END:
        CHECK_EQ(0, __real_cp_desk_recover_end(p->desk, told.words.a != 0, error));
        break;
    case TAPE_SKIP_IDS:
        __real_cp_desk_skip_ids(p->desk, told.words.a);
        break;
    case TAPE_VERSION:
        __real_cp_desk_set_version(p->desk, (uint32_t)told.words.a, told.words.b);
        break;
    }
}

/* Play a tape to a new desk: its hash in the end, how many orders the tape has, and how many
 * orders differ. 0, or what creating the desk said. */
int tape_play(const uint8_t *tape, uint64_t tape_size, uint64_t *hash, uint64_t *orders,
              uint64_t *others)
{
    player p = { .orders = 0 };
    static cp_config config;
    char error[CP_ERROR_SIZE];
    memcpy(&config, tape + sizeof(tape_head), sizeof config);
    int result = __real_cp_desk_create(&p.desk, &config, error);
    if (result != 0)
        return result;
    cp_clock_init_virtual(&p.clock, 0);
    for (uint64_t at = 0; at < tape_size;) {
        tape_head head;
        memcpy(&head, tape + at, sizeof head);
        if (at > 0)
            tell(&p, &head, tape + at + sizeof head);
        at += sizeof head + head.size;
    }
    *hash = cp_desk_hash(p.desk);
    *orders = p.orders;
    *others = p.others;
    cp_desk_destroy(p.desk);
    return 0;
}
