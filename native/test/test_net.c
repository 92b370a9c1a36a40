/* An exchange and a desk, two engines joined by sockets: they trade, and agree. */
#include <unistd.h>

#include "test.h"

static char error[CP_ERROR_SIZE];

static cp_config config_of(cp_role role, cp_net_placement placement)
{
    cp_config c = { .seed = 7,
                    .desk = role == CP_ROLE_REMOTE,
                    .symbol_count = 2,
                    .order_capacity = 1 << 14,
                    .desk_order_capacity = 256,
                    .ring_capacity = 1 << 14,
                    .waiting = CP_WAIT_YIELD,
                    .venue_cpu = -2,
                    .desk_cpu = -2 };
    c.flow = (cp_flow_config){ .kind = CP_FLOW_SYNTHETIC,
                               .rate = 2000,
                               .depth = 100,
                               .order_qty = 10,
                               .volatility = 3,
                               .drift = 1,
                               .half_spread = 1.5 };
    for (uint32_t i = 0; i < c.symbol_count; i++) {
        c.instruments[i] = (cp_instrument){ .increment = 1000000,
                                            .point_value = 1000000,
                                            .price_max = 1 << 20,
                                            .price_start = 15000 };
        snprintf(c.instruments[i].name, CP_NAME_SIZE, "S%u", i);
    }
    for (uint32_t i = 0; cp_limit_parameter(i); i++) {
        const cp_parameter *limit = cp_limit_parameter(i);
        double scale = limit->kind == CP_PARAMETER_MONEY ? CP_MONEY_SCALE : 1;
        c.limits[i] = (int64_t)(limit->standard * scale);
    }
    c.net = (cp_net_config){ .role = role,
                             .placement = placement,
                             .user_count = 1,
                             .connection_max = 4,
                             .net_cpu = -2,
                             .login_ns = 5000000000u,
                             .heartbeat_ns = 300000000u,
                             .silence_ns = 30000000000u,
                             .retry_ns = 10000000u,
                             .retry_max_ns = 100000000u,
                             .session_log_size = 4 << 20,
                             .feed_log_size = 16 << 20,
                             .host = "127.0.0.1",
                             .users = { { .name = "desk", .password = "secret" } } };
    return c;
}

static cp_engine *start(const cp_config *c)
{
    cp_engine *engine;
    int result = cp_engine_create(&engine, c, error);
    if (result != 0)
        fprintf(stderr, "%s\n", error);
    CHECK_EQ(0, result);
    CHECK_EQ(0, cp_engine_start(engine));
    return engine;
}

static const cp_picture *look(cp_engine *engine)
{
    static cp_picture picture;
    cp_engine_read(engine, &picture);
    return &picture;
}

static bool is_up(cp_engine *desk)
{
    const cp_net_picture *net = &look(desk)->net;
    return net->orders.state == CP_LINK_UP && net->feed.state == CP_LINK_UP;
}

#define WAIT(engine, what)                                                               \
    do {                                                                                 \
        int tries_ = 0;                                                                  \
        while (!(what)) {                                                                \
            CHECK(tries_++ < 6000);                                                      \
            usleep(5000);                                                                \
        }                                                                                \
    } while (0)

/* Every built-in strategy that asks for nothing special, on the first symbol. */
static void add_strategies(cp_config *c)
{
    uint32_t slot = 0;
    for (uint32_t kind = 0; kind < cp_strategy_kind_count() && slot < CP_STRATEGY_MAX;
         kind++) {
        if (cp_strategy_symbol_count(kind) != 1)
            continue;
        cp_strategy_config *s = &c->strategies[slot++];
        *s = (cp_strategy_config){ .kind = kind, .mode = CP_MODE_LIVE, .used = 1 };
        snprintf(s->name, CP_NAME_SIZE, "%.15s", cp_strategy_kind_name(kind));
        for (uint32_t i = 0; i < cp_strategy_parameter_count(kind); i++)
            s->parameters[i] = cp_strategy_parameter(kind, i)->standard;
    }
}

static cp_config desk_of(cp_engine *exchange, cp_net_placement placement)
{
    cp_config c = config_of(CP_ROLE_REMOTE, placement);
    const cp_net_picture *net = &look(exchange)->net;
    c.net.orders_port = net->orders_port;
    c.net.feed_port = net->feed_port;
    add_strategies(&c);
    return c;
}

static void trade(cp_net_placement placement)
{
    cp_config of_exchange = config_of(CP_ROLE_EXCHANGE, placement);
    cp_engine *exchange = start(&of_exchange);
    cp_config of_desk = desk_of(exchange, placement);
    cp_engine *desk = start(&of_desk);
    WAIT(desk, is_up(desk));
    WAIT(desk, look(desk)->desk.counters.fill_count >= 5);
    cp_control halt = { .kind = CP_CONTROL_HALT };
    CHECK_EQ(0, cp_engine_command(desk, &halt));
    WAIT(desk, look(desk)->desk.risk_state == CP_RISK_HALTED &&
                   look(desk)->desk.working_count == 0 &&
                   look(desk)->desk.cancels_pending == 0);
    usleep(200000); /* every thread has shown its picture since */
    const cp_picture *picture = look(desk);
    CHECK_EQ(0, picture->desk.counters.unexpected_report_count);
    CHECK_EQ(0, picture->desk.counters.gap_count);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(picture->desk.symbols[i].position == picture->net.positions[i]);
    cp_engine_destroy(desk);
    cp_engine_destroy(exchange);
}

static void trades_with_threads_of_their_own_for_sockets(void)
{
    trade(CP_NET_THREAD);
}

static void trades_with_sockets_between_the_rounds(void)
{
    trade(CP_NET_INLINE);
}

static void comes_back_when_the_exchange_does(void)
{
    cp_config of_exchange = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    cp_engine *exchange = start(&of_exchange);
    cp_config of_desk = desk_of(exchange, CP_NET_INLINE);
    cp_engine *desk = start(&of_desk);
    WAIT(desk, is_up(desk));
    of_exchange.net.orders_port = of_desk.net.orders_port;
    of_exchange.net.feed_port = of_desk.net.feed_port;
    for (int i = 0; i < 3; i++) {
        cp_engine_destroy(exchange);
        WAIT(desk, !is_up(desk));
        exchange = start(&of_exchange);
        WAIT(desk, is_up(desk));
        WAIT(desk, !look(desk)->desk.symbols[0].stale);
    }
    CHECK_EQ(0, cp_engine_stop(desk));
    CHECK_EQ(0, look(desk)->desk.counters.unexpected_report_count);
    cp_engine_destroy(desk);
    cp_engine_destroy(exchange);
}

static void refuses(cp_config *c, const char *why)
{
    cp_engine *engine;
    error[0] = 0;
    CHECK(cp_engine_create(&engine, c, error) < 0);
    if (!strstr(error, why))
        fprintf(stderr, "want \"%s\", got \"%s\"\n", why, error);
    CHECK(strstr(error, why) != NULL);
}

static void says_what_cannot_go_over_the_wire(void)
{
    cp_config c = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    c.instruments[1].increment = 1000050;
    refuses(&c, "0.0001");
    c = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    snprintf(c.instruments[0].name, CP_NAME_SIZE, "NINELONG9");
    refuses(&c, "8 characters");
    c = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    c.instruments[0].price_max = 1 << 28;
    refuses(&c, "199,999.99");
    c = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    c.net.user_count = 0;
    refuses(&c, "no user");
    c = config_of(CP_ROLE_REMOTE, CP_NET_INLINE);
    refuses(&c, "port");
    c = config_of(CP_ROLE_EXCHANGE, CP_NET_INLINE);
    c.virtual_time = 1;
    refuses(&c, "virtual time");
}

int main(void)
{
    RUN(says_what_cannot_go_over_the_wire);
    RUN(trades_with_threads_of_their_own_for_sockets);
    RUN(trades_with_sockets_between_the_rounds);
    RUN(comes_back_when_the_exchange_does);
    return 0;
}
