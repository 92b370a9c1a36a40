/* The book against a model that shares nothing with it: an array of orders, searched from
 * end to end. */
#include "base/random.h"
#include "book/book.h"
#include "book/idmap.h"
#include "test.h"

#define CAPACITY 4096u
#define PRICE_MAX 300000u

static cp_pool pool;
static cp_pages pages;
static cp_book book;
static cp_idmap map;

static void set_up_with(uint32_t capacity, uint32_t page_capacity, uint32_t price_max)
{
    CHECK_EQ(0, cp_pool_init(&pool, capacity));
    CHECK_EQ(0, cp_pages_init(&pages, page_capacity));
    CHECK_EQ(0, cp_book_init(&book, &pool, &pages, price_max));
    CHECK_EQ(0, cp_idmap_init(&map, &pool));
}

static void set_up(void)
{
    set_up_with(CAPACITY, cp_pages_for(PRICE_MAX), PRICE_MAX);
}

static void tear_down(void)
{
    cp_idmap_free(&map);
    cp_book_free(&book);
    cp_pages_free(&pages);
    cp_pool_free(&pool);
}

static uint32_t fill_in(uint64_t id, cp_side side, uint32_t price, uint32_t qty)
{
    uint32_t index = cp_pool_take(&pool);
    CHECK(index != CP_NONE);
    cp_book_order *order = &pool.orders[index];
    order->id = id;
    order->price = price;
    order->qty = qty;
    order->owner = (uint16_t)(id % 5);
    order->side = side & 1;
    order->symbol = 0;
    return index;
}

static uint32_t add(uint64_t id, cp_side side, uint32_t price, uint32_t qty)
{
    uint32_t index = fill_in(id, side, price, qty);
    CHECK_EQ(0, cp_book_add(&book, index));
    return index;
}

static void take_off(uint32_t index)
{
    cp_book_remove(&book, index);
    cp_pool_give(&pool, index);
}

/* ---- single promises ------------------------------------------------------------ */

static void an_empty_book_has_no_price(void)
{
    set_up();
    cp_level levels[4];
    for (int s = 0; s < 2; s++) {
        cp_side side = (cp_side)s;
        CHECK_EQ(CP_PRICE_NONE, cp_book_best(&book, side));
        CHECK_EQ(CP_NONE, cp_book_front(&book, side));
        CHECK_EQ(0, cp_book_depth(&book, side, levels, 4));
        CHECK_EQ(CP_PRICE_NONE, cp_book_next_price(&book, side, 1000));
        CHECK(cp_book_level_at(&book, side, 1000) == NULL);
    }
    CHECK(cp_book_level_at(&book, CP_BUY, -1) == NULL);
    CHECK(cp_book_level_at(&book, CP_BUY, (int64_t)PRICE_MAX + 1) == NULL);
    cp_book_check(&book);
    tear_down();
}

static void finds_the_next_price_over_a_hundred_thousand_empty_ones(void)
{
    set_up();
    uint32_t low = add(1, CP_BUY, 0, 1);
    uint32_t high = add(2, CP_BUY, 150000, 1);
    uint32_t near = add(3, CP_SELL, 150001, 1);
    uint32_t far = add(4, CP_SELL, PRICE_MAX, 1);
    CHECK_EQ(150000, cp_book_best(&book, CP_BUY));
    CHECK_EQ(150001, cp_book_best(&book, CP_SELL));
    CHECK_EQ(0, cp_book_next_price(&book, CP_BUY, 150000));
    CHECK_EQ(PRICE_MAX, cp_book_next_price(&book, CP_SELL, 150001));
    take_off(high);
    take_off(near);
    cp_book_check(&book);
    CHECK_EQ(0, cp_book_best(&book, CP_BUY));
    CHECK_EQ(PRICE_MAX, cp_book_best(&book, CP_SELL));
    take_off(low);
    take_off(far);
    CHECK_EQ(CP_PRICE_NONE, cp_book_best(&book, CP_BUY));
    CHECK_EQ(CP_PRICE_NONE, cp_book_best(&book, CP_SELL));
    tear_down();
}

/* Four billion prices: the bitmap over pages has many words, and so has its summary. */
static void finds_the_next_price_over_four_billion_empty_ones(void)
{
    set_up_with(16, 16, UINT32_MAX - 1);
    uint32_t prices[] = { 0, 1023, 1024, 70000000, 2000000000, UINT32_MAX - 1 };
    uint32_t count = sizeof(prices) / sizeof(prices[0]);
    for (uint32_t i = 0; i < count; i++)
        add(i, CP_BUY, prices[i], 1);
    for (uint32_t i = count; i-- > 1;)
        CHECK_EQ(prices[i - 1], cp_book_next_price(&book, CP_BUY, prices[i]));
    CHECK_EQ(CP_PRICE_NONE, cp_book_next_price(&book, CP_BUY, 0));
    while (book.order_count > 0)
        take_off(cp_book_front(&book, CP_BUY));
    for (uint32_t i = 0; i < count; i++)
        add(i, CP_SELL, prices[i], 1);
    for (uint32_t i = 0; i + 1 < count; i++)
        CHECK_EQ(prices[i + 1], cp_book_next_price(&book, CP_SELL, prices[i]));
    CHECK_EQ(CP_PRICE_NONE, cp_book_next_price(&book, CP_SELL, UINT32_MAX - 1));
    tear_down();
}

static void orders_at_a_price_stand_in_the_order_they_came(void)
{
    set_up();
    uint32_t a = add(1, CP_SELL, 100, 10);
    uint32_t b = add(2, CP_SELL, 100, 20);
    uint32_t c = add(3, CP_SELL, 100, 30);
    CHECK_EQ(a, cp_book_front(&book, CP_SELL));
    CHECK_EQ(30, cp_book_qty_ahead(&book, c));
    cp_book_reduce(&book, a, 4);
    CHECK_EQ(a, cp_book_front(&book, CP_SELL));
    CHECK_EQ(26, cp_book_qty_ahead(&book, c));
    CHECK_EQ(56, cp_book_level_at(&book, CP_SELL, 100)->qty);
    take_off(b);
    CHECK_EQ(6, cp_book_qty_ahead(&book, c));
    take_off(a);
    CHECK_EQ(c, cp_book_front(&book, CP_SELL));
    CHECK_EQ(0, cp_book_qty_ahead(&book, c));
    cp_book_check(&book);
    tear_down();
}

static void refuses_a_price_above_the_highest(void)
{
    set_up();
    uint32_t index = fill_in(1, CP_BUY, PRICE_MAX + 1, 1);
    CHECK_EQ(-ERANGE, cp_book_add(&book, index));
    CHECK(!cp_book_has_room(&book, CP_BUY, PRICE_MAX + 1, 1));
    CHECK_EQ(0, book.order_count);
    tear_down();
}

static void says_when_the_pages_are_used_up_and_uses_them_again(void)
{
    set_up_with(16, 2, PRICE_MAX);
    uint32_t a = add(1, CP_BUY, 10, 1);
    add(2, CP_SELL, 20000, 1);
    uint32_t c = fill_in(3, CP_BUY, 5000, 1);
    CHECK(!cp_book_has_room(&book, CP_BUY, 5000, 1));
    CHECK_EQ(-ENOSPC, cp_book_add(&book, c));
    CHECK_EQ(1, cp_book_has_room(&book, CP_BUY, 11, 1)); /* a page that is open */
    cp_book_check(&book);
    take_off(a);
    CHECK(cp_book_has_room(&book, CP_BUY, 5000, 1));
    CHECK_EQ(0, cp_book_add(&book, c));
    CHECK_EQ(2, pages.taken_count);
    cp_book_check(&book);
    tear_down();
}

static void a_price_holds_no_more_lots_than_it_can_count(void)
{
    set_up();
    uint32_t each = UINT32_MAX; /* 256 of them and 256 lots are one more than 2^40 - 1 */
    for (uint64_t id = 0; id < 256; id++)
        add(id, CP_BUY, 77, each);
    CHECK(cp_book_has_room(&book, CP_BUY, 77, 255));
    CHECK(!cp_book_has_room(&book, CP_BUY, 77, 256));
    uint32_t index = fill_in(256, CP_BUY, 77, 256);
    CHECK_EQ(-EOVERFLOW, cp_book_add(&book, index));
    pool.orders[index].qty = 255;
    CHECK_EQ(0, cp_book_add(&book, index));
    CHECK_EQ(CP_LEVEL_QTY_MAX, cp_book_level_at(&book, CP_BUY, 77)->qty);
    cp_book_check(&book);
    tear_down();
}

static void a_full_pool_says_so(void)
{
    set_up_with(2, 2, PRICE_MAX);
    uint32_t a = cp_pool_take(&pool);
    CHECK(a != CP_NONE && cp_pool_take(&pool) != CP_NONE);
    CHECK_EQ(CP_NONE, cp_pool_take(&pool));
    cp_pool_give(&pool, a);
    CHECK_EQ(a, cp_pool_take(&pool));
    tear_down();
}

/* ---- random operations ---------------------------------------------------------- */

typedef struct model_order {
    uint64_t place; /* when it came: priority among equals */
    uint64_t id;
    uint32_t index;
    uint32_t price, qty;
    cp_side side;
} model_order;

static model_order model[CAPACITY];
static uint32_t model_count;

static bool model_comes_before(const model_order *a, const model_order *b)
{
    if (a->price != b->price)
        return cp_price_is_better(a->side, a->price, b->price);
    return a->place < b->place;
}

static const model_order *model_front(cp_side side)
{
    const model_order *front = NULL;
    for (uint32_t i = 0; i < model_count; i++)
        if (model[i].side == side && (!front || model_comes_before(&model[i], front)))
            front = &model[i];
    return front;
}

static void compare_depth(cp_side side)
{
    cp_level levels[CP_DEPTH_MAX];
    uint32_t count = cp_book_depth(&book, side, levels, CP_DEPTH_MAX);
    int64_t last = CP_PRICE_NONE;
    for (uint32_t n = 0; n < CP_DEPTH_MAX; n++) {
        cp_level want = { .price = CP_PRICE_NONE };
        for (uint32_t i = 0; i < model_count; i++) {
            const model_order *order = &model[i];
            bool behind =
                last == CP_PRICE_NONE || cp_price_is_better(side, last, order->price);
            if (order->side == side && behind &&
                (want.price == CP_PRICE_NONE ||
                 cp_price_is_better(side, order->price, want.price)))
                want = (cp_level){ .price = order->price };
        }
        if (want.price == CP_PRICE_NONE) {
            CHECK_EQ(n, count);
            return;
        }
        for (uint32_t i = 0; i < model_count; i++)
            if (model[i].side == side && model[i].price == want.price) {
                want.qty += model[i].qty;
                want.order_count++;
            }
        CHECK(n < count);
        CHECK_EQ(want.price, levels[n].price);
        CHECK_EQ(want.qty, levels[n].qty);
        CHECK_EQ(want.order_count, levels[n].order_count);
        last = want.price;
    }
}

static void compare(cp_random *random)
{
    for (int s = 0; s < 2; s++) {
        const model_order *front = model_front((cp_side)s);
        CHECK_EQ(front ? front->index : CP_NONE, cp_book_front(&book, (cp_side)s));
    }
    CHECK_EQ(model_count, book.order_count);
    if (model_count == 0)
        return;
    const model_order *some = &model[cp_random_below(random, model_count)];
    uint64_t ahead = 0;
    for (uint32_t i = 0; i < model_count; i++)
        if (model[i].side == some->side && model[i].price == some->price &&
            model[i].place < some->place)
            ahead += model[i].qty;
    CHECK_EQ(ahead, cp_book_qty_ahead(&book, some->index));
    CHECK_EQ(some->index, cp_idmap_get(&map, (uint16_t)(some->id % 5), some->id));
    CHECK_EQ(CP_NONE, cp_idmap_get(&map, (uint16_t)(some->id % 5 + 1), some->id));
}

/* Prices that crowd, that lie on the borders of pages and words, and that lie anywhere.
 */
static uint32_t random_price(cp_random *random, cp_side side)
{
    uint32_t middle = PRICE_MAX / 2;
    uint32_t away;
    switch (cp_random_below(random, 4)) {
    case 0:
        away = (uint32_t)cp_random_below(random, middle);
        break;
    case 1:
        away = (uint32_t)cp_random_below(random, 40) * 64;
        break;
    default:
        away = (uint32_t)cp_random_below(random, 30);
    }
    return side == CP_BUY ? middle - 1 - away : middle + away;
}

static void random_operation(cp_random *random, uint64_t step, uint32_t target)
{
    uint64_t choice = cp_random_below(random, 10);
    bool grow = model_count < target ? choice < 6 : choice < 4;
    if (model_count == 0 || (grow && model_count < CAPACITY)) {
        cp_side side = (cp_side)cp_random_below(random, 2);
        uint32_t price = random_price(random, side);
        uint32_t qty = 1 + (uint32_t)cp_random_below(random, 1000);
        uint64_t id = cp_random_below(random, 2) ? step : cp_random_u64(random);
        uint32_t index = add(id, side, price, qty);
        cp_idmap_put(&map, index);
        model[model_count++] = (model_order){ step, id, index, price, qty, side };
        return;
    }
    uint32_t at = (uint32_t)cp_random_below(random, model_count);
    model_order *order = &model[at];
    if (choice == 9 && order->qty > 1) {
        uint32_t qty = 1 + (uint32_t)cp_random_below(random, order->qty - 1);
        cp_book_reduce(&book, order->index, qty);
        order->qty -= qty;
        return;
    }
    cp_idmap_remove(&map, order->index);
    CHECK_EQ(CP_NONE, cp_idmap_get(&map, (uint16_t)(order->id % 5), order->id));
    take_off(order->index);
    *order = model[--model_count];
}

static void behaves_like_a_plain_array_under_random_operations(void)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        set_up();
        model_count = 0;
        cp_random random;
        cp_random_init(&random, seed);
        uint32_t target = seed % 2 ? 12 : 300;
        for (uint64_t step = 0; step < 6000; step++) {
            random_operation(&random, step, target);
            compare(&random);
            if (step % 50 == 0) {
                cp_book_check(&book);
                compare_depth(CP_BUY);
                compare_depth(CP_SELL);
            }
        }
        while (model_count > 0) {
            cp_idmap_remove(&map, model[--model_count].index);
            take_off(model[model_count].index);
        }
        cp_book_check(&book);
        CHECK_EQ(0, pages.taken_count);
        CHECK_EQ(0, pool.taken_count);
        CHECK_EQ(0, map.count);
        tear_down();
    }
}

/* Full, where probes are longest, then emptied in another order; in maps that grow never,
 * once, and four times on the way. */
static void the_map_finds_every_order_of_a_full_pool(void)
{
    enum { MOST = 20000 };
    static uint32_t indices[MOST];
    uint32_t capacities[] = { 2048, 4096, MOST };
    cp_random random;
    cp_random_init(&random, 7);
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t capacity = capacities[round];
        set_up_with(capacity, 2, PRICE_MAX);
        for (uint32_t i = 0; i < capacity; i++) {
            indices[i] = fill_in((uint64_t)i << 32, CP_BUY, 1, 1);
            cp_idmap_put(&map, indices[i]);
        }
        for (uint32_t left = capacity; left > 0; left--) {
            uint32_t at = (uint32_t)cp_random_below(&random, left);
            uint32_t gone = indices[at];
            cp_idmap_remove(&map, gone);
            CHECK_EQ(CP_NONE,
                     cp_idmap_get(&map, pool.orders[gone].owner, pool.orders[gone].id));
            indices[at] = indices[left - 1];
            if (left % 512 != 0)
                continue;
            for (uint32_t i = 0; i + 1 < left; i++) {
                const cp_book_order *order = &pool.orders[indices[i]];
                CHECK_EQ(indices[i], cp_idmap_get(&map, order->owner, order->id));
            }
        }
        for (uint32_t i = 0; i < 2048; i++) /* and takes them again */
            cp_idmap_put(&map, i);
        for (uint32_t i = 0; i < 2048; i++)
            CHECK_EQ(i, cp_idmap_get(&map, pool.orders[i].owner, pool.orders[i].id));
        tear_down();
    }
}

int main(void)
{
    RUN(an_empty_book_has_no_price);
    RUN(finds_the_next_price_over_a_hundred_thousand_empty_ones);
    RUN(finds_the_next_price_over_four_billion_empty_ones);
    RUN(orders_at_a_price_stand_in_the_order_they_came);
    RUN(refuses_a_price_above_the_highest);
    RUN(says_when_the_pages_are_used_up_and_uses_them_again);
    RUN(a_price_holds_no_more_lots_than_it_can_count);
    RUN(a_full_pool_says_so);
    RUN(behaves_like_a_plain_array_under_random_operations);
    RUN(the_map_finds_every_order_of_a_full_pool);
    return 0;
}
