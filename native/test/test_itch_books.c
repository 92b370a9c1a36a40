/* The books of a whole feed against a list of orders that is searched from end to end, on
 * invented and recorded messages, and at every limit they have. */
#include "book/books.h"
#include "test.h"
#include "wire/itch_encode.h"

#define SYMBOLS 5u
#define MODEL_ORDERS 4096u
#define FILE_SIZE (8u << 20)

static uint8_t *file;
static uint64_t file_size;

static uint64_t random_state;
static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 32) * limit >> 32);
}

/* ---- the model: orders in the sequence they came ------------------------------------- */

typedef struct model_order {
    uint64_t ref;
    uint32_t price, qty;
    uint16_t locate;
    uint8_t side;
} model_order;

static model_order model[MODEL_ORDERS];
static uint32_t model_count;
static uint64_t model_unknown, model_refused, model_excess;

static model_order *model_find(uint64_t ref)
{
    for (uint32_t i = 0; i < model_count; i++)
        if (model[i].ref == ref)
            return &model[i];
    return NULL;
}

static void model_remove(model_order *order)
{
    uint32_t index = (uint32_t)(order - model);
    memmove(order, order + 1, (--model_count - index) * sizeof *order);
}

static void model_add(model_order order)
{
    if (order.qty == 0 || order.price > CP_FLAT_PRICE_MAX || order.side > CP_SELL ||
        order.locate >= SYMBOLS || model_find(order.ref)) {
        model_refused++;
        return;
    }
    CHECK(model_count < MODEL_ORDERS);
    model[model_count++] = order;
}

static void model_reduce(uint64_t ref, uint32_t qty)
{
    model_order *order = model_find(ref);
    if (qty == 0) {
        model_refused++;
    } else if (!order) {
        model_unknown++;
    } else {
        model_excess +=
            qty > order->qty && qty != UINT32_MAX; /* a delete says no number */
        order->qty -= qty < order->qty ? qty : order->qty;
        if (order->qty == 0)
            model_remove(order);
    }
}

static void model_replace(uint64_t ref, uint64_t new_ref, uint32_t qty, uint32_t price)
{
    model_order *order = model_find(ref);
    if (!order) {
        model_unknown++;
        return;
    }
    model_order next = *order;
    model_remove(order);
    next.ref = new_ref;
    next.qty = qty;
    next.price = price;
    model_add(next);
}

static void model_clear(void)
{
    model_count = 0;
    model_unknown = model_refused = model_excess = 0;
}

/* ---- both hold the same -------------------------------------------------------------- */

/* The best price of the model behind `than`, or CP_PRICE_NONE. */
static int64_t model_next_price(uint16_t locate, uint8_t side, int64_t than)
{
    int64_t found = CP_PRICE_NONE;
    for (uint32_t i = 0; i < model_count; i++) {
        const model_order *o = &model[i];
        if (o->locate != locate || o->side != side)
            continue;
        bool behind =
            than == CP_PRICE_NONE || (side == CP_BUY ? o->price < than : o->price > than);
        bool better = found == CP_PRICE_NONE ||
                      (side == CP_BUY ? o->price > found : o->price < found);
        if (behind && better)
            found = o->price;
    }
    return found;
}

static void level_is_the_models(const cp_books *books, uint16_t locate, uint8_t side,
                                const cp_level *level)
{
    static cp_books_place places[MODEL_ORDERS];
    uint32_t price = (uint32_t)level->price, count = 0, queued = 0;
    uint64_t qty = 0;
    if (books->queues.lines)
        queued = cp_books_queue(books, locate, side, price, places, MODEL_ORDERS);
    for (uint32_t i = 0; i < model_count; i++) {
        const model_order *o = &model[i];
        if (o->locate != locate || o->side != side || o->price != price)
            continue;
        if (books->queues.lines) {
            CHECK(count < queued);
            CHECK_EQ(o->ref, places[count].ref);
            CHECK_EQ(o->qty, places[count].qty);
        }
        qty += o->qty;
        count++;
    }
    CHECK_EQ(qty, level->qty);
    CHECK_EQ(count, level->order_count);
    if (books->queues.lines)
        CHECK_EQ(count, queued);
}

static void holds_what_the_model_holds(const cp_books *books)
{
    static cp_level levels[MODEL_ORDERS];
    for (uint16_t locate = 0; locate < SYMBOLS; locate++) {
        for (uint8_t side = CP_BUY; side <= CP_SELL; side++) {
            uint32_t count = cp_books_depth(books, locate, side, levels, MODEL_ORDERS);
            CHECK_EQ(count, cp_books_level_count(books, locate, side));
            int64_t price = CP_PRICE_NONE;
            for (uint32_t i = 0; i < count; i++) {
                price = model_next_price(locate, side, price);
                CHECK_EQ(price, levels[i].price);
                level_is_the_models(books, locate, side, &levels[i]);
            }
            CHECK_EQ(CP_PRICE_NONE, model_next_price(locate, side, price));
        }
    }
    CHECK_EQ(model_count, books->counts.live_count);
    CHECK_EQ(model_unknown, books->counts.unknown_count);
    CHECK_EQ(model_refused, books->counts.refused_count);
    CHECK_EQ(model_excess, books->counts.excess_count);
    cp_books_check(books);
}

/* ---- messages ------------------------------------------------------------------------- */

static uint8_t *put(uint8_t type)
{
    uint32_t length = cp_itch_length(type);
    CHECK(file_size + 2 + length <= FILE_SIZE);
    uint8_t *message = file + file_size + 2;
    cp_store_u16(file + file_size, (uint16_t)length);
    memset(message, 0, length);
    message[0] = type;
    file_size += 2 + length;
    return message;
}

static void put_add(uint16_t locate, uint64_t ref, uint8_t side, uint32_t qty,
                    uint32_t price)
{
    if (random_below(8) > 0) {
        cp_itch_put_add(put('A'), locate, 1, ref, side, qty, "ACME    ", price);
    } else { /* with attribution: the same and four bytes */
        uint8_t *message = put('F');
        cp_itch_put_add(message, locate, 1, ref, side, qty, "ACME    ", price);
        message[0] = 'F';
        memcpy(message + 36, "BUYS", 4);
    }
    model_add((model_order){ ref, price, qty, locate, side });
}

static void put_reduce(uint16_t locate, uint64_t ref, uint32_t qty)
{
    uint8_t type = (uint8_t) "ECX"[random_below(3)];
    uint8_t *message = put(type);
    cp_itch_put_cancel(message, locate, 1, ref, qty); /* all three begin alike */
    message[0] = type;
    model_reduce(ref, qty);
}

static void put_delete(uint16_t locate, uint64_t ref)
{
    cp_itch_put_delete(put('D'), locate, 1, ref);
    model_reduce(ref, UINT32_MAX);
    model_order *order = model_find(ref);
    CHECK(order == NULL);
}

static void put_replace(uint16_t locate, uint64_t ref, uint64_t new_ref, uint32_t qty,
                        uint32_t price)
{
    cp_itch_put_replace(put('U'), locate, 1, ref, new_ref, qty, price);
    model_replace(ref, new_ref, qty, price);
}

/* ---- invented days --------------------------------------------------------------------- */

static uint64_t last_ref;

static uint32_t some_price(uint32_t spread)
{
    return random_below(200) == 0 ? (uint32_t)CP_FLAT_PRICE_MAX - random_below(3)
                                  : 1000000 + 100 * random_below(spread);
}

/* One message in fifty is about an order that is not there, or cannot be. */
static void put_odd_message(uint16_t locate)
{
    switch (random_below(7)) {
    case 0:
        put_reduce(locate, last_ref + 1 + random_below(5000), 1 + random_below(100));
        break;
    case 1:
        put_replace(locate, last_ref + 77, last_ref + 1, 100, 1000000);
        break;
    case 2:
        put_add(locate, ++last_ref, CP_BUY, 0, 1000000);
        break;
    case 3:
        put_add(locate, ++last_ref, CP_SELL, 5, (uint32_t)CP_FLAT_PRICE_MAX + 1);
        break;
    case 4:
        if (model_count > 0)
            put_add(locate, model[random_below(model_count)].ref, CP_SELL, 5, 1000000);
        break;
    case 5:
        put_add(SYMBOLS, ++last_ref, CP_SELL, 5, 1000000);
        break;
    default:
        put((uint8_t) "SRHPIQ"[random_below(6)]);
        break;
    }
}

static void put_random_message(uint32_t spread, uint32_t target)
{
    uint16_t locate = (uint16_t)random_below(SYMBOLS);
    if (random_below(50) == 0) {
        put_odd_message(locate);
        return;
    }
    if (random_below(2 * target) >= model_count || model_count == 0) {
        last_ref += 1 + random_below(3);
        put_add(locate, last_ref, (uint8_t)random_below(2), 1 + random_below(500),
                some_price(spread));
        return;
    }
    model_order order = model[random_below(model_count)];
    uint32_t dice = random_below(10);
    if (dice < 5) {
        put_delete(order.locate, order.ref);
    } else if (dice < 8) { /* now and then all of it, or more */
        put_reduce(order.locate, order.ref, 1 + random_below(order.qty + 2));
    } else {
        last_ref += 1 + random_below(3);
        put_replace(order.locate, order.ref, last_ref, random_below(300),
                    some_price(spread));
    }
}

static const cp_books_limits roomy = { .ref_max = 1u << 20,
                                       .page_count = 256,
                                       .symbol_count = SYMBOLS,
                                       .level_count = 20000,
                                       .line_count = 20000 };

/* As many times as there are stretches: some messages, then one look at everything. */
static void plays_a_day(int kind, uint32_t seed, uint32_t spread, bool one_by_one)
{
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, kind, &roomy));
    model_clear();
    random_state = seed;
    last_ref = 0;
    for (uint32_t stretch = 0; stretch < 60; stretch++) {
        file_size = 0;
        uint32_t target = stretch < 30 ? 50 + 40 * stretch : 1250 - 40 * (stretch - 30);
        for (uint32_t i = 0; i < 500; i++)
            put_random_message(spread, target);
        uint64_t offset = 0;
        if (one_by_one) {
            for (; offset < file_size; offset += 2u + cp_load_u16(file + offset))
                (void)cp_books_apply(&books, file + offset + 2);
        } else {
            CHECK_EQ(-EPIPE, cp_books_play(&books, file, file_size, &offset));
        }
        CHECK_EQ(file_size, offset);
        holds_what_the_model_holds(&books);
    }
    CHECK(books.counts.unknown_count > 100 && books.counts.refused_count > 100);
    CHECK_EQ(0, books.counts.no_space_count);
    cp_books_free(&books);
}

static void keeps_the_books_of_invented_days(void)
{
    static const uint32_t spreads[] = { 3, 20, 2000 };
    for (uint32_t seed = 1; seed <= 3; seed++)
        for (int kind = CP_BOOKS_LEVELS; kind <= CP_BOOKS_QUEUES; kind++) {
            plays_a_day(kind, seed, spreads[seed - 1], false);
            plays_a_day(kind, seed, spreads[seed - 1], true);
        }
}

static void says_what_a_message_changed(void)
{
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_QUEUES, &roomy));
    uint8_t m[50];
    cp_itch_put_add(m, 1, 0, 10, CP_SELL, 100, "ACME    ", 5000);
    CHECK_EQ(CP_BOOKS_LEVEL | CP_BOOKS_BEST, cp_books_apply(&books, m));
    CHECK_EQ(-EEXIST, cp_books_apply(&books, m));
    cp_itch_put_add(m, 1, 0, 11, CP_SELL, 100, "ACME    ", 5001);
    CHECK_EQ(CP_BOOKS_LEVEL, cp_books_apply(&books, m));
    cp_itch_put_replace(m, 1, 0, 11, 12, 100, 4999);
    CHECK_EQ(CP_BOOKS_LEVEL | CP_BOOKS_BEST, cp_books_apply(&books, m));
    cp_itch_put_cancel(m, 1, 0, 10, 40);
    CHECK_EQ(CP_BOOKS_LEVEL, cp_books_apply(&books, m));
    cp_itch_put_delete(m, 1, 0, 11);
    CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
    cp_itch_put_add(m, 1, 0, 13, CP_SELL, 100, "ACME    ", 5001);
    m[19] = 'X';
    CHECK_EQ(-EINVAL, cp_books_apply(&books, m));
    memset(m, 0, sizeof m);
    m[0] = 'S';
    CHECK_EQ(0, cp_books_apply(&books, m));
    CHECK_EQ(8, books.counts.message_count);
    CHECK_EQ(7, books.counts.change_count);
    cp_books_check(&books);
    cp_books_free(&books);
}

/* ---- limits ---------------------------------------------------------------------------- */

static void uses_the_pages_again_and_refuses_when_there_are_none(void)
{
    cp_books_limits limits = {
        .ref_max = 1000000000, .page_count = 2, .symbol_count = 2, .line_count = 2
    };
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_QUEUES, &limits));
    uint8_t m[50];
    for (uint64_t round = 0; round < 1000; round++) { /* far apart, up to the last one */
        uint64_t ref = 1000000000 - round * 999983;
        cp_itch_put_add(m, 1, 0, ref, CP_BUY, 7, "ACME    ", 100);
        CHECK(cp_books_apply(&books, m) > 0);
        cp_itch_put_add(m, 1, 0, ref - 600, CP_BUY, 7, "ACME    ", 100);
        CHECK(cp_books_apply(&books, m) > 0);
        cp_itch_put_add(m, 1, 0, ref - 1200, CP_BUY, 7, "ACME    ", 100);
        CHECK_EQ(-ENOSPC, cp_books_apply(&books, m));
        cp_itch_put_delete(m, 1, 0, ref - 1200);
        CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
        cp_books_place places[3];
        CHECK_EQ(2, cp_books_queue(&books, 1, CP_BUY, 100, places, 3));
        CHECK_EQ(ref, places[0].ref);
        CHECK_EQ(ref - 600, places[1].ref);
        cp_itch_put_delete(m, 1, 0, ref);
        CHECK(cp_books_apply(&books, m) > 0);
        cp_itch_put_delete(m, 1, 0, ref - 600);
        CHECK(cp_books_apply(&books, m) > 0);
        CHECK_EQ(2, books.refs.free_count);
    }
    CHECK_EQ(1000, books.counts.no_space_count);
    CHECK_EQ(0, books.refs.free_count_min);
    cp_itch_put_add(m, 1, 0, 1000001000, CP_BUY, 7, "ACME    ", 100);
    CHECK_EQ(-ERANGE, cp_books_apply(&books, m));
    cp_itch_put_add(m, 1, 0, UINT64_MAX, CP_BUY, 7, "ACME    ", 100);
    CHECK_EQ(-ERANGE, cp_books_apply(&books, m));
    cp_itch_put_delete(m, 1, 0, UINT64_MAX);
    CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
    cp_books_check(&books);
    cp_books_free(&books);
}

/* Levels come best last, best first and anywhere; go likewise. */
static void keeps_long_sides_sorted(void)
{
    enum { COUNT = 3000 };
    for (int kind = CP_BOOKS_LEVELS; kind <= CP_BOOKS_QUEUES; kind++) {
        for (uint32_t step = 1; step < COUNT; step += step == 1 ? 1006 : 1992) {
            cp_books books;
            CHECK_EQ(0, cp_books_init(&books, kind, &roomy));
            model_clear();
            file_size = 0;
            for (uint32_t i = 0, at = 0; i < COUNT; i++, at = (at + step) % COUNT)
                put_add(1, 1 + i, CP_SELL, 5 + i, 10 + at);
            uint64_t offset = 0;
            CHECK_EQ(-EPIPE, cp_books_play(&books, file, file_size, &offset));
            CHECK_EQ(COUNT, cp_books_level_count(&books, 1, CP_SELL));
            holds_what_the_model_holds(&books);
            file_size = 0;
            for (uint32_t i = 0; i < COUNT - 10; i++)
                put_delete(1, 1 + (i * 7) % COUNT);
            offset = 0;
            CHECK_EQ(-EPIPE, cp_books_play(&books, file, file_size, &offset));
            CHECK_EQ(10, cp_books_level_count(&books, 1, CP_SELL));
            holds_what_the_model_holds(&books);
            cp_books_free(&books);
        }
    }
}

static void refuses_levels_when_there_is_no_room_for_more(void)
{
    cp_books_limits limits = {
        .ref_max = 100000, .page_count = 256, .symbol_count = 2, .level_count = 200
    };
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
    uint8_t m[50];
    uint32_t refused = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        cp_itch_put_add(m, 1, 0, i, CP_BUY, 1, "ACME    ", 100 + i % 500);
        refused += cp_books_apply(&books, m) == -ENOSPC;
    }
    uint32_t levels = cp_books_level_count(&books, 1, CP_BUY);
    CHECK(levels >= 64 && levels <= 128);
    CHECK_EQ(1000 - 2 * levels, refused);
    CHECK_EQ(refused, books.counts.no_space_count);
    cp_books_check(&books);
    cp_books_free(&books);

    limits.level_count = 5 * CP_FLAT_LEVELS_MAX;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
    for (uint32_t i = 0; i < CP_FLAT_LEVELS_MAX; i++) {
        cp_itch_put_add(m, 1, 0, i, CP_BUY, 1, "ACME    ", 100 + i);
        CHECK(cp_books_apply(&books, m) > 0);
    }
    cp_itch_put_add(m, 1, 0, CP_FLAT_LEVELS_MAX, CP_BUY, 1, "ACME    ", 7);
    CHECK_EQ(-ENOSPC, cp_books_apply(&books, m));
    cp_books_check(&books);
    cp_books_free(&books);
}

static void refuses_orders_when_no_line_of_a_queue_is_left(void)
{
    cp_books_limits limits = roomy;
    limits.line_count = 2;
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_QUEUES, &limits));
    uint8_t m[50];
    for (uint32_t i = 0; i < 2 * CP_QUEUE_SLOTS; i++) {
        cp_itch_put_add(m, 1, 0, i, CP_BUY, 1, "ACME    ", 100);
        CHECK(cp_books_apply(&books, m) > 0);
    }
    for (uint32_t price = 99; price <= 101; price++) { /* in the queue and beside it */
        cp_itch_put_add(m, 1, 0, 1000, CP_BUY, 1, "ACME    ", price);
        CHECK_EQ(-ENOSPC, cp_books_apply(&books, m));
        CHECK_EQ(1, cp_books_level_count(&books, 1, CP_BUY));
        cp_books_check(&books);
    }
    for (uint32_t i = 0; i < CP_QUEUE_SLOTS;
         i++) { /* from the middle of the first line on */
        cp_itch_put_delete(m, 1, 0, (i + 5) % CP_QUEUE_SLOTS);
        CHECK(cp_books_apply(&books, m) > 0);
        cp_books_check(&books);
    }
    cp_itch_put_add(m, 1, 0, 1000, CP_BUY, 1, "ACME    ", 101);
    CHECK(cp_books_apply(&books, m) > 0);
    CHECK_EQ(3, books.counts.no_space_count);
    cp_books_place places[2 * CP_QUEUE_SLOTS];
    CHECK_EQ(CP_QUEUE_SLOTS,
             cp_books_queue(&books, 1, CP_BUY, 100, places, 2 * CP_QUEUE_SLOTS));
    CHECK_EQ(CP_QUEUE_SLOTS, places[0].ref);
    CHECK_EQ(5, cp_books_queue(&books, 1, CP_BUY, 100, places, 5));
    cp_books_check(&books);
    cp_books_free(&books);
}

/* A locate that is not the order's own is told by its queue. */
static void refuses_the_orders_of_another_symbol(void)
{
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_QUEUES, &roomy));
    uint8_t m[50];
    for (uint16_t locate = 1; locate <= 2; locate++) {
        cp_itch_put_add(m, locate, 0, locate, CP_BUY, 100, "ACME    ", 100);
        CHECK(cp_books_apply(&books, m) > 0);
    }
    cp_itch_put_delete(m, 2, 0, 1);
    CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
    cp_itch_put_cancel(m, 1, 0, 2, 10);
    m[0] = 'X';
    CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
    cp_itch_put_replace(m, 1, 0, 2, 3, 100, 100);
    CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
    cp_books_check(&books);
    CHECK_EQ(2, books.counts.live_count);
    cp_books_free(&books);
}

static void refuses_more_shares_at_a_price_than_a_level_counts(void)
{
    for (int kind = CP_BOOKS_LEVELS; kind <= CP_BOOKS_QUEUES; kind++) {
        cp_books books;
        CHECK_EQ(0, cp_books_init(&books, kind, &roomy));
        uint8_t m[50];
        for (uint32_t i = 0; i < 256; i++) {
            cp_itch_put_add(m, 1, 0, i, CP_BUY, UINT32_MAX, "ACME    ", 100);
            CHECK(cp_books_apply(&books, m) > 0);
        }
        cp_itch_put_add(m, 1, 0, 256, CP_BUY, UINT32_MAX, "ACME    ", 100);
        CHECK_EQ(-EOVERFLOW, cp_books_apply(&books, m));
        cp_books_check(&books);
        cp_itch_put_delete(m, 1, 0, 256);
        CHECK_EQ(-ENOENT, cp_books_apply(&books, m));
        cp_books_free(&books);
    }
}

/* A locate that is not the order's own may spoil levels; it must not spoil memory. */
static void survives_locates_that_lie(void)
{
    for (int kind = CP_BOOKS_LEVELS; kind <= CP_BOOKS_QUEUES; kind++) {
        cp_books books;
        CHECK_EQ(0, cp_books_init(&books, kind, &roomy));
        model_clear();
        random_state = 9;
        last_ref = 0;
        for (uint32_t stretch = 0; stretch < 20; stretch++) {
            file_size = 0;
            for (uint32_t i = 0; i < 500; i++)
                put_random_message(5, 200);
            for (uint64_t at = 0; at < file_size; at += 2u + cp_load_u16(file + at))
                if (random_below(5) == 0)
                    cp_store_u16(file + at + 3, (uint16_t)random_below(SYMBOLS + 1));
            uint64_t offset = 0;
            CHECK_EQ(-EPIPE, cp_books_play(&books, file, file_size, &offset));
        }
        CHECK(books.counts.unknown_count > 100);
        cp_books_free(&books);
    }
}

static void refuses_limits_that_are_none(void)
{
    cp_books books;
    cp_books_limits limits = roomy;
    limits.page_count = 0;
    CHECK_EQ(-EINVAL, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
    limits = roomy;
    limits.page_count = CP_REFS_PAGES_MAX + 1;
    CHECK_EQ(-EINVAL, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
    limits = roomy;
    limits.symbol_count = 65537;
    CHECK_EQ(-EINVAL, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
    limits = roomy;
    limits.line_count = 0;
    CHECK_EQ(-EINVAL, cp_books_init(&books, CP_BOOKS_QUEUES, &limits));
    limits = roomy;
    limits.ref_max = UINT64_MAX;
    CHECK_EQ(-EINVAL, cp_books_init(&books, CP_BOOKS_LEVELS, &limits));
}

static void stops_where_the_records_stop(void)
{
    cp_books books;
    CHECK_EQ(0, cp_books_init(&books, CP_BOOKS_LEVELS, &roomy));
    model_clear();
    file_size = 0;
    for (uint32_t i = 0; i < 100; i++)
        put_add(1, 1 + i, CP_BUY, 5, 100 + i);
    uint64_t whole = file_size, offset = 0;
    uint8_t *copy =
        malloc(whole - 1); /* to the byte: a sanitizer sees one read too many */
    CHECK(copy != NULL);
    memcpy(copy, file, whole - 1);
    CHECK_EQ(-EPROTO, cp_books_play(&books, copy, whole - 1, &offset));
    CHECK(offset < whole - 1);
    CHECK_EQ(99, books.counts.live_count);
    free(copy);
    memset(file + whole, 0, 2);
    CHECK_EQ(-ENODATA, cp_books_play(&books, file, whole + 2, &offset));
    CHECK_EQ(whole + 2, offset);
    CHECK_EQ(100, books.counts.live_count);
    holds_what_the_model_holds(&books);
    cp_books_free(&books);
}

/* ---- recorded ---------------------------------------------------------------------------- */

static bool read_recording(void)
{
    const char *data = getenv("COCKPIT_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/itch50/nasdaq_itch50_aapl_20200130/locate-13-10k.bin",
             data ? data : "../../shared/data");
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return false;
    file_size = fread(file, 1, FILE_SIZE, stream);
    fclose(stream);
    return true;
}

static void sides_are(const cp_books *books, cp_side side, const uint32_t prices[5],
                      const uint32_t shares[5])
{
    cp_level levels[5];
    CHECK_EQ(5, cp_books_depth(books, 13, side, levels, 5));
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_EQ(prices[i], levels[i].price);
        CHECK_EQ(shares[i], levels[i].qty);
    }
}

static void ends_a_recorded_morning_as_published(void)
{
    if (!read_recording()) {
        puts("no recording: set COCKPIT_DATA");
        return;
    }
    cp_books_limits limits = { 1000000000, 4096, 14, 100000, 100000, 0 };
    for (int kind = CP_BOOKS_LEVELS; kind <= CP_BOOKS_QUEUES; kind++) {
        cp_books books;
        CHECK_EQ(0, cp_books_init(&books, kind, &limits));
        uint64_t offset = 0;
        CHECK_EQ(-EPIPE, cp_books_play(&books, file, file_size, &offset));
        CHECK_EQ(10000, books.counts.message_count);
        CHECK_EQ(0, books.counts.unknown_count + books.counts.refused_count);
        CHECK_EQ(0, books.counts.excess_count);
        CHECK_EQ(215, books.counts.live_count);
        CHECK_EQ(79, cp_books_level_count(&books, 13, CP_BUY));
        CHECK_EQ(63, cp_books_level_count(&books, 13, CP_SELL));
        sides_are(&books, CP_BUY,
                  (uint32_t[]){ 3201400, 3201100, 3200000, 3199900, 3198800 },
                  (uint32_t[]){ 25, 101, 417, 30, 100 });
        sides_are(&books, CP_SELL,
                  (uint32_t[]){ 3203000, 3204000, 3205000, 3207500, 3209000 },
                  (uint32_t[]){ 100, 100, 100, 100, 59 });
        cp_books_check(&books);
        cp_books_free(&books);
    }
}

int main(void)
{
    file = malloc(FILE_SIZE);
    CHECK(file != NULL);
    RUN(says_what_a_message_changed);
    RUN(keeps_the_books_of_invented_days);
    RUN(keeps_long_sides_sorted);
    RUN(uses_the_pages_again_and_refuses_when_there_are_none);
    RUN(refuses_levels_when_there_is_no_room_for_more);
    RUN(refuses_orders_when_no_line_of_a_queue_is_left);
    RUN(refuses_the_orders_of_another_symbol);
    RUN(refuses_more_shares_at_a_price_than_a_level_counts);
    RUN(survives_locates_that_lie);
    RUN(refuses_limits_that_are_none);
    RUN(stops_where_the_records_stop);
    RUN(ends_a_recorded_morning_as_published);
    free(file);
    return 0;
}
