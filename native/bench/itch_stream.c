/* itch_stream.c: a day of ITCH 5.0 made up for measuring, where there is no file.
 *
 * Symbols come by a power law, now and then the same one again; orders come around a middle
 * that wanders, closer ones more often, and of a symbol's orders the young leave first.
 * Types come in the shares of the days Nasdaq publishes. Orders that are too old to be
 * picked stay to the end, as most of those in a real book do.
 */
#include "base/random.h"
#include "wire/itch_encode.h"

#define SYMBOLS 8714u
#define TICK 100u        /* a cent, in 1/10000 */
#define YOUNG_MAX 128u   /* orders of a symbol that can still change */
#define MIDDLE_MIN 2000u /* ticks */

typedef struct stream_order {
    uint64_t ref;
    uint32_t qty;
    uint8_t side;
} stream_order;

typedef struct stream_symbol {
    stream_order young[YOUNG_MAX]; /* oldest first */
    uint32_t count;
    uint32_t middle; /* ticks */
    char name[CP_ITCH_SYMBOL_SIZE];
} stream_symbol;

typedef struct stream {
    cp_random random;
    stream_symbol *symbols;
    uint8_t *bytes;
    uint64_t size, capacity;
    uint64_t ref, match, time_ns;
} stream;

static uint8_t *put(stream *s, uint8_t type)
{
    uint32_t length = cp_itch_length(type);
    CP_ASSERT(s->size + 2 + length <= s->capacity);
    uint8_t *message = s->bytes + s->size + 2;
    cp_store_u16(s->bytes + s->size, (uint16_t)length);
    s->size += 2 + length;
    return message;
}

/* How many times in a row a coin of odds 1 : mean falls the same way, at most 64 x mean. */
static uint32_t geometric(stream *s, uint32_t mean)
{
    uint32_t count = 0;
    while (count < 64 * mean && cp_random_below(&s->random, mean + 1) != 0)
        count++;
    return count;
}

/* Of popularity 1 / rank: the logarithm of the rank is even. */
static uint32_t some_symbol(stream *s)
{
    uint32_t bits = (uint32_t)cp_random_below(&s->random, 14);
    uint64_t rank = (1ull << bits) + cp_random_below(&s->random, 1ull << bits);
    return (uint32_t)((rank - 1) % SYMBOLS);
}

static uint32_t some_qty(stream *s)
{
    return cp_random_below(&s->random, 3) != 0
               ? 100
               : 1 + (uint32_t)cp_random_below(&s->random, 1000);
}

static uint32_t some_price(stream *s, const stream_symbol *symbol, uint8_t side)
{
    uint32_t away = 1 + geometric(s, 4);
    if (cp_random_below(&s->random, 8) == 0)
        away *= 8;
    return TICK * (side == CP_BUY ? symbol->middle - away : symbol->middle + away);
}

/* The oldest makes room: it will not change any more. */
static void remember(stream_symbol *symbol, stream_order order)
{
    if (symbol->count == YOUNG_MAX)
        memmove(symbol->young, symbol->young + 1, --symbol->count * sizeof(stream_order));
    symbol->young[symbol->count++] = order;
}

static void forget(stream_symbol *symbol, stream_order *order)
{
    uint32_t index = (uint32_t)(order - symbol->young);
    memmove(order, order + 1, (--symbol->count - index) * sizeof *order);
}

static stream_order *some_order(stream *s, stream_symbol *symbol)
{
    uint32_t age = geometric(s, 6);
    return &symbol->young[symbol->count - 1 - age % symbol->count];
}

static void put_add(stream *s, uint16_t locate)
{
    stream_symbol *symbol = &s->symbols[locate - 1];
    uint8_t side = (uint8_t)cp_random_below(&s->random, 2);
    uint32_t qty = some_qty(s), price = some_price(s, symbol, side);
    bool attributed = cp_random_below(&s->random, 100) == 0;
    s->ref += 1 + cp_random_below(&s->random, 2);
    uint8_t *message = put(s, attributed ? 'F' : 'A');
    cp_itch_put_add(message, locate, s->time_ns, s->ref, side, qty, symbol->name, price);
    if (attributed) {
        message[0] = 'F';
        memcpy(message + 36, "NSDQ", 4);
    }
    remember(symbol, (stream_order){ s->ref, qty, side });
    if (cp_random_below(&s->random, 1000) == 0)
        symbol->middle += (uint32_t)cp_random_below(&s->random, 3) - 1;
}

static void put_replace(stream *s, uint16_t locate, stream_order *order)
{
    stream_symbol *symbol = &s->symbols[locate - 1];
    stream_order old = *order, new = old;
    new.ref = s->ref += 1 + cp_random_below(&s->random, 2);
    forget(symbol, order);
    cp_itch_put_replace(put(s, 'U'), locate, s->time_ns, old.ref, new.ref, new.qty,
                        some_price(s, symbol, new.side));
    remember(symbol, new);
}

static void put_reduce(stream *s, uint16_t locate, stream_order *order, bool executed)
{
    uint32_t qty = 1 + (uint32_t)cp_random_below(&s->random, order->qty);
    if (executed)
        cp_itch_put_executed(put(s, 'E'), locate, s->time_ns, order->ref, qty,
                             ++s->match);
    else
        cp_itch_put_cancel(put(s, 'X'), locate, s->time_ns, order->ref, qty);
    order->qty -= qty;
    if (order->qty == 0)
        forget(&s->symbols[locate - 1], order);
}

static void put_message(stream *s, uint16_t locate)
{
    stream_symbol *symbol = &s->symbols[locate - 1];
    uint64_t dice = cp_random_below(&s->random, 1000);
    s->time_ns += cp_random_below(&s->random, 2000);
    if (dice < 4) {
        cp_itch_put_trade(put(s, 'P'), locate, s->time_ns, CP_BUY, 100, symbol->name,
                          TICK * symbol->middle, ++s->match);
        return;
    }
    if (dice < 457 || symbol->count == 0) {
        put_add(s, locate);
        return;
    }
    stream_order *order = some_order(s, symbol);
    if (dice < 890) {
        cp_itch_put_delete(put(s, 'D'), locate, s->time_ns, order->ref);
        forget(symbol, order);
    } else if (dice < 964) {
        put_replace(s, locate, order);
    } else {
        put_reduce(s, locate, order, dice < 987);
    }
}

int cp_bench_itch_stream(uint64_t count, uint64_t order_count, uint64_t seed,
                         uint8_t *bytes, uint64_t capacity, uint64_t *size)
{
    if (capacity / (2 + CP_ITCH_LENGTH_MAX) < count || order_count > count)
        return -EINVAL;
    stream s = { .bytes = bytes, .capacity = capacity };
    s.symbols = calloc(SYMBOLS, sizeof *s.symbols);
    if (!s.symbols)
        return -ENOMEM;
    cp_random_init(&s.random, seed);
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        s.symbols[i].middle = MIDDLE_MIN + (uint32_t)cp_random_below(&s.random, 20000);
        char name[16];
        snprintf(name, sizeof name, "S%07u", i);
        memcpy(s.symbols[i].name, name, sizeof s.symbols[i].name);
    }
    uint16_t locate = 1;
    for (uint64_t i = 0; i < count; i++) {
        if (i < order_count) { /* the morning: all symbols alike */
            put_add(&s, (uint16_t)(1 + cp_random_below(&s.random, SYMBOLS)));
            continue;
        }
        if (cp_random_below(&s.random, 3) != 0)
            locate = (uint16_t)(1 + some_symbol(&s));
        put_message(&s, locate);
    }
    free(s.symbols);
    *size = s.size;
    return 0;
}
