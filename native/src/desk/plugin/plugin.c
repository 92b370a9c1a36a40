/* plugin.c: see plugin.h, and "strategies of a user's" in cockpit.h. */
#include "desk/plugin/plugin.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "desk/plugin/guard.h"

static_assert(CP_PLUGIN_PRICE == CP_WANTS_PRICE && CP_PLUGIN_QTY == CP_WANTS_QTY &&
                  CP_PLUGIN_TRADE == CP_WANTS_TRADE,
              "bits have one meaning");
static_assert(CP_PLUGIN_STATE_SIZE == CP_STRATEGY_STATE_SIZE, "one size");

/* ---- calls ---- */

typedef struct call {
    const cp_plugin *plugin;
    cp_plugin_call which;
    void *state;
    const double *parameters;
    cp_plugin_seat *seat;
    uint32_t side, qty;
} call;

static void perform(void *argument)
{
    const call *c = argument;
    const cp_plugin *plugin = c->plugin;
    switch (c->which) {
    case CP_PLUGIN_START:
        plugin->start(c->state, c->seat, c->parameters);
        return;
    case CP_PLUGIN_BOOK:
        plugin->on_book(c->state, c->seat, c->parameters);
        return;
    case CP_PLUGIN_ON_TRADE:
        plugin->on_trade(c->state, c->seat, c->parameters);
        return;
    case CP_PLUGIN_FILL:
        plugin->on_fill(c->state, c->seat, c->parameters, c->side, c->qty);
        return;
    case CP_PLUGIN_TIMER:
        plugin->on_timer(c->state, c->seat, c->parameters);
        return;
    }
}

static bool listens(const cp_plugin *plugin, cp_plugin_call which)
{
    return which == CP_PLUGIN_BOOK || (which == CP_PLUGIN_START && plugin->start) ||
           (which == CP_PLUGIN_ON_TRADE && plugin->on_trade) ||
           (which == CP_PLUGIN_FILL && plugin->on_fill) ||
           (which == CP_PLUGIN_TIMER && plugin->on_timer);
}

static void show_touch(cp_plugin_seat *view, int i, const cp_touch *touch)
{
    view->bid[i] = touch->price[CP_BUY];
    view->ask[i] = touch->price[CP_SELL];
    view->bid_qty[i] = touch->qty[CP_BUY];
    view->ask_qty[i] = touch->qty[CP_SELL];
    view->last[i] = touch->last;
    view->last_qty[i] = touch->last_qty;
    view->last_side[i] = touch->last_side;
    view->is_open[i] = cp_touch_is_market(touch);
}

static void show(cp_plugin_seat *view, const cp_seat *seat)
{
    view->now_ns = seat->now_ns;
    show_touch(view, 0, seat->touch);
    view->position[0] = seat->position;
    view->is_taking[0] = seat->taking;
    if (!cp_seat_others(seat, CP_BUY, &view->others_bid, &view->others_bid_qty))
        view->others_bid = CP_PRICE_NONE;
    if (!cp_seat_others(seat, CP_SELL, &view->others_ask, &view->others_ask_qty))
        view->others_ask = CP_PRICE_NONE;
    if (seat->touch2) {
        show_touch(view, 1, seat->touch2);
        view->position[1] = seat->position2;
        view->is_taking[1] = seat->taking2;
    }
    for (int side = CP_BUY; side <= CP_SELL; side++) {
        view->working_price[side] = seat->working_price[side];
        view->working_qty[side] = seat->working_qty[side];
        view->is_changing[side] = seat->changing[side];
    }
    view->signal = seat->signal;
}

/* What it asked for, if it can be meant at all; sides and symbols are its own words. */
static void take_over(const cp_plugin_seat *view, cp_seat *seat)
{
    for (int side = CP_BUY; side <= CP_SELL; side++)
        if (view->quote_asked[side])
            cp_seat_quote(seat, (cp_side)side, view->quote_price[side],
                          view->quote_qty[side]);
    if (view->take_asked[0])
        cp_seat_take(seat, view->take_side[0] == CP_SELL ? CP_SELL : CP_BUY,
                     view->take_price[0], view->take_qty[0]);
    if (view->take_asked[1] && seat->touch2)
        cp_seat_take2(seat, view->take_side[1] == CP_SELL ? CP_SELL : CP_BUY,
                      view->take_price[1], view->take_qty[1]);
    seat->signal = view->signal;
}

cp_fault cp_plugin_run(const cp_plugin *plugin, cp_plugin_call which, void *state,
                       cp_seat *seat, cp_side side, uint32_t qty)
{
    if (!listens(plugin, which))
        return CP_FAULT_NONE;
    cp_plugin_seat view = { .now_ns = 0 };
    show(&view, seat);
    call c = { plugin, which, state, seat->parameters, &view, side, qty };
    cp_fault fault = cp_guard_run(perform, &c);
    if (CP_LIKELY(fault == CP_FAULT_NONE))
        take_over(&view, seat);
    return fault;
}

const char *cp_fault_name(uint32_t fault)
{
    static const char *const names[CP_FAULT_COUNT] = {
        [CP_FAULT_NONE] = "none",
        [CP_FAULT_MEMORY] = "it touched memory that is not there",
        [CP_FAULT_ARITHMETIC] = "it divided an integer by zero",
        [CP_FAULT_ILLEGAL] = "it ran into something that is no instruction",
        [CP_FAULT_BUDGET] = "its calls took too long, time and again",
        [CP_FAULT_ENDLESS] = "a call did not come to an end",
    };
    return fault < CP_FAULT_COUNT ? names[fault] : NULL;
}

/* ---- kinds ---- */

static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;
static cp_strategy_kind kinds[CP_PLUGIN_KIND_MAX];
static _Atomic uint32_t kind_count;

uint32_t cp_plugin_kind_count(void)
{
    /* Pairs with the release in add: the kind is complete. */
    return atomic_load_explicit(&kind_count, memory_order_acquire);
}

const cp_strategy_kind *cp_plugin_kind(uint32_t index)
{
    return index < cp_plugin_kind_count() ? &kinds[index] : NULL;
}

__attribute__((format(printf, 2, 3))) static int refuse(char *error, const char *format,
                                                        ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, CP_ERROR_SIZE, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int check_parameter(const cp_parameter *p, uint32_t index, char *error)
{
    if (!p->name || !p->name[0] || !p->unit || !p->help)
        return refuse(error, "parameter %u needs a name, a unit and a help text", index);
    if (p->kind > CP_PARAMETER_FLOAT)
        return refuse(error, "parameter %s is neither integer nor float", p->name);
    const double far = 9007199254740992.0; /* 2^53: beyond it not every integer is one */
    if (!(p->minimum >= -far && p->minimum < p->maximum && p->maximum <= far &&
          p->standard >= p->minimum && p->standard <= p->maximum))
        return refuse(error,
                      "parameter %s: minimum, maximum and standard are out of order",
                      p->name);
    return 0;
}

static int check_plugin(const cp_plugin *plugin, char *error)
{
    if (plugin->abi != CP_PLUGIN_ABI || plugin->seat_size != sizeof(cp_plugin_seat))
        return refuse(error,
                      "built for interface %u (seat of %u bytes), this is interface %u "
                      "(seat of %zu): build it again",
                      plugin->abi, plugin->seat_size, CP_PLUGIN_ABI,
                      sizeof(cp_plugin_seat));
    if (!plugin->name || !plugin->name[0] || strlen(plugin->name) >= CP_NAME_SIZE)
        return refuse(error, "its name must have 1 to %d characters", CP_NAME_SIZE - 1);
    if (!plugin->help || !plugin->on_book)
        return refuse(error, "it needs a help text and on_book");
    if (plugin->state_size > CP_PLUGIN_STATE_SIZE)
        return refuse(error, "its state has %u bytes, at most %d are there",
                      plugin->state_size, CP_PLUGIN_STATE_SIZE);
    if (plugin->parameter_count > CP_PARAMETER_MAX ||
        (plugin->parameter_count > 0 && !plugin->parameters))
        return refuse(error, "it declares %u parameters, at most %d are allowed",
                      plugin->parameter_count, CP_PARAMETER_MAX);
    if (plugin->symbol_count < 1 || plugin->symbol_count > 2)
        return refuse(error, "it trades %u symbols: 1 or 2 are possible",
                      plugin->symbol_count);
    if (plugin->wants & ~(uint32_t)(CP_PLUGIN_PRICE | CP_PLUGIN_QTY | CP_PLUGIN_TRADE))
        return refuse(error, "it wants to be called for something unknown");
    if ((plugin->wants & CP_PLUGIN_TRADE) && !plugin->on_trade)
        return refuse(error, "it wants trades and has no on_trade");
    for (uint32_t i = 0; i < plugin->parameter_count; i++) {
        int failed = check_parameter(&plugin->parameters[i], i, error);
        if (failed)
            return failed;
    }
    return 0;
}

static int add(const cp_plugin *plugin, uint32_t *kind, char *error)
{
    uint32_t place = atomic_load_explicit(&kind_count, memory_order_relaxed);
    if (place == CP_PLUGIN_KIND_MAX) {
        refuse(error,
               "%d strategies have been loaded since the start, there is room for "
               "no more",
               CP_PLUGIN_KIND_MAX);
        return -ENOSPC;
    }
    kinds[place] = (cp_strategy_kind){ .name = plugin->name,
                                       .help = plugin->help,
                                       .parameters = plugin->parameters,
                                       .parameter_count = plugin->parameter_count,
                                       .wants = plugin->wants,
                                       .two_symbols = plugin->symbol_count == 2,
                                       .state_size = plugin->state_size,
                                       .plugin = plugin };
    *kind = cp_strategy_kind_count();
    atomic_store_explicit(&kind_count, place + 1, memory_order_release);
    return 0;
}

int cp_strategy_register(const cp_plugin *plugin, uint32_t *kind, char *error)
{
    error[0] = 0;
    int failed = check_plugin(plugin, error);
    if (failed)
        return failed;
    failed = cp_guard_prepare();
    if (failed) {
        refuse(error, "its crashes could not be caught: %s", strerror(-failed));
        return failed;
    }
    pthread_mutex_lock(&registering);
    failed = add(plugin, kind, error);
    pthread_mutex_unlock(&registering);
    return failed;
}

int cp_strategy_load(const char *path, uint32_t *kind, char *error)
{
    error[0] = 0;
    /* Never closed: a desk may be in the middle of it. */
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return refuse(error, "%s", dlerror());
    const cp_plugin *plugin = dlsym(library, "cp_strategy");
    if (!plugin) {
        dlclose(library);
        return refuse(error, "it exports no cp_strategy (CP_PLUGIN_EXPORT)");
    }
    int failed = cp_strategy_register(plugin, kind, error);
    if (failed)
        dlclose(library);
    return failed;
}
